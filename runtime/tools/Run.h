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

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

struct RunRequest {
  std::string file, kernel, target;
  std::optional<Dim3> grid, block, cluster;
  std::optional<std::int64_t> numWarps, numStages, numCtas, maxRegisters, sharedBytes;
  std::uint64_t seed = 0;
  NamedTexts constants;
  CacheOptions cache;

  bool isPtx() const { return file.ends_with(".ptx"); }
};

/// What becomes of the buffers after the launch.
struct ResultRequest {
  NamedTexts saves, expectations; ///< name and path
  std::vector<std::string> prints;
  std::optional<ScalarType> as;
  double rtol = 1e-5, atol = 1e-8;
};

/// Options of every verb that launches a kernel.
inline constexpr std::array kLaunchOptions = std::to_array<OptionSpec>({
    {"--kernel", "NAME", "the kernel; may be left out when the file has one"},
    {"--grid", "X[,Y[,Z]]", "how many programs run"},
    {"--arg", "NAME=SPEC", "an argument (see above); for .ptx in the order of the parameters", true},
    {"--const", "NAME=VALUE", "a constexpr parameter", true, Files::Compiled},
    {"--seed", "N", "of randn, rand and randint; default 0"},
    {"--num-warps", "N", "warps of a program", false, Files::Compiled},
    {"--num-stages", "N", "stages of software pipelines", false, Files::Compiled},
    {"--num-ctas", "N", "CTAs of a cluster", false, Files::Compiled},
    {"--maxnreg", "N", "registers a thread may have", false, Files::Compiled},
    {"--target", "SM", "what to compile for; default: the device's; of .ptx what its text says"},
    {"--cache-dir", "DIR", "where compiled kernels are kept"},
    {"--no-cache", "", "compile anew, keep nothing"},
    {"--block", "X[,Y[,Z]]", "threads of a block; default: what the kernel requires", false, Files::Ptx},
    {"--shared", "BYTES", "dynamic shared memory", false, Files::Ptx},
    {"--cluster", "X[,Y[,Z]]", "blocks of a cluster", false, Files::Ptx},
    {"--device", "DEVICE", "auto, sim, cuda or cuda:N; default: TESSERA_DEVICE, else auto"},
    {"--save", "NAME=OUT.npy", "writes a buffer after the launch, bf16 and fp8 as raw bits", true},
    {"--as", "TYPE", "the type that --save converts to, such as fp32"},
    {"--print", "NAME", "prints a buffer after the launch", true},
    {"--expect", "NAME=@WANT.npy", "compares a buffer and fails with the worst element", true},
    {"--rtol", "R", "relative tolerance of --expect; default 1e-5"},
    {"--atol", "A", "absolute tolerance of --expect; default 1e-8"},
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

using ArgumentTexts = std::vector<std::pair<std::string, ArgumentText>>;

/// `NAME=REST` of an option that may be given several times.
Expected<NamedTexts> pairs(const Options &options, std::string_view option, const char *form);
/// Reads what the options say; an error is wrong usage.
Expected<RunRequest> readRequest(const Options &options);
/// Reads `--arg`; an error is the input's fault.
Expected<ArgumentTexts> readArguments(const Options &options);
/// Reads what is to become of the buffers; an error is wrong usage.
Expected<ResultRequest> readResultRequest(const Options &options);
/// Prints, saves and compares; the exit status.
int showResults(const ResultRequest &request, const ArgumentSet &arguments);
/// Launches the kernel and waits for it.
Status launchOnce(const RunRequest &request, const Device &device, const ArgumentSet &arguments);

/// Launches a kernel of a `.tile` or `.py` file.
Status runTile(const RunRequest &request, const Device &device, const ArgumentSet &arguments);

} // namespace tessera::tool

#endif // TESSERA_RUNTIME_TOOLS_RUN_H
