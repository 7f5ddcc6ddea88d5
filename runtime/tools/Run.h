// What the verbs that launch a kernel share: their options, the request they make, the launch.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_TOOLS_RUN_H
#define TESSERA_RUNTIME_TOOLS_RUN_H

#include "runtime/include/tessera/ArgumentSet.h"
#include "runtime/include/tessera/Cache.h"
#include "runtime/tools/Options.h"

#include <algorithm>
#include <array>

namespace tessera::tool {

struct RunRequest {
  std::string file, kernel, target;
  std::optional<Dim3> grid, block, cluster;
  std::optional<std::int64_t> numWarps, numStages, numCtas, maxRegisters, sharedBytes;
  std::uint64_t seed = 0;
  std::vector<std::pair<std::string, std::string>> constants;
  CacheOptions cache;

  bool isPtx() const { return file.ends_with(".ptx"); }
};

/// Options of every verb that launches a kernel.
inline constexpr std::array kLaunchOptions = std::to_array<OptionSpec>({
    {"--kernel", "NAME", "the kernel; may be left out when the file has one"},
    {"--grid", "X[,Y[,Z]]", "how many programs run"},
    {"--arg", "NAME=SPEC", "an argument (see above); for .ptx in the order of the parameters", true},
    {"--const", "NAME=VALUE", "a constexpr parameter", true},
    {"--seed", "N", "of randn, rand and randint; default 0"},
    {"--num-warps", "N", ".tile, .py: warps of a program"},
    {"--num-stages", "N", ".tile, .py: stages of software pipelines"},
    {"--num-ctas", "N", ".tile, .py: CTAs of a cluster"},
    {"--maxnreg", "N", ".tile, .py: registers a thread may have"},
    {"--target", "SM", ".tile, .py: what to compile for; default: the device's"},
    {"--cache-dir", "DIR", ".tile, .py: where compiled kernels are kept"},
    {"--no-cache", "", ".tile, .py: compile anew, keep nothing"},
    {"--block", "X[,Y[,Z]]", ".ptx: threads of a block; default: what the kernel requires"},
    {"--shared", "BYTES", ".ptx: dynamic shared memory"},
    {"--cluster", "X[,Y[,Z]]", ".ptx: blocks of a cluster"},
});

/// What SPECs of `--arg` may be, for the verbs' help.
inline constexpr std::string_view kArgumentHelp =
    "FILE is .tile, .py (its device functions are taken) or .ptx. A SPEC is one of\n"
    "  i32:7  fp32:0.5            a scalar\n"
    "  fp16[128,64]:randn         a buffer, filled: randn rand zeros ones arange nan randint(lo,hi) const(v)\n"
    "  fp16[128,64]:@in.npy       a buffer from a NumPy file\n"
    "  ptr(NAME+OFFSET)           a pointer to an element of another argument's buffer\n"
    "  desc(NAME,[100,64],[64,1],[32,64])\n"
    "                             a tensor descriptor on another argument's buffer: shape, strides, box, in elements\n"
    "  null                       a null pointer";

/// The options of a verb: its own, and then those of every launch.
template <std::size_t N> constexpr auto withLaunchOptions(const OptionSpec (&own)[N]) {
  std::array<OptionSpec, N + kLaunchOptions.size()> all;
  std::copy(kLaunchOptions.begin(), kLaunchOptions.end(), all.begin());
  std::copy(own, own + N, all.begin() + kLaunchOptions.size());
  return all;
}

using NamedTexts = std::vector<std::pair<std::string, std::string>>;
using ArgumentTexts = std::vector<std::pair<std::string, ArgumentText>>;

/// `NAME=REST` of an option that may be given several times.
Expected<NamedTexts> pairs(const Options &options, std::string_view option, const char *form);
/// Reads what the options say; an error is wrong usage.
Expected<RunRequest> readRequest(const Options &options);
/// Reads `--arg`; an error is the input's fault.
Expected<ArgumentTexts> readArguments(const Options &options);
/// Launches the kernel and waits for it.
Status launchOnce(const RunRequest &request, const Device &device, const ArgumentSet &arguments);

/// Launches a kernel of a `.tile` or `.py` file.
Status runTile(const RunRequest &request, const Device &device, const ArgumentSet &arguments);

} // namespace tessera::tool

#endif // TESSERA_RUNTIME_TOOLS_RUN_H
