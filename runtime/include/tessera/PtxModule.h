// Kernels from PTX text, made by any compiler: loaded, checked and launched, without a compiler in the program. The
// same code serves the GPU (whose driver assembles the text) and the simulator (which executes it).
//
//   auto module = tessera::PtxModule::load(*device, "add.ptx");
//   auto add = module->kernel("add");
//   add->launch(stream, {.grid = 8}, x, y, z, 8000);
//
// A launch checks the number and types of its arguments against the parameters in the text, that buffers are usable and
// of this device, that promised alignments hold, that grid, block and shared memory are possible; what it cannot check
// (addresses a kernel computes) is the simulator's part. A kernel keeps its module loaded; both are safe to use from
// any thread. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_PTXMODULE_H
#define TESSERA_PTXMODULE_H

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/Argument.h"
#include "tessera/Device.h"
#include "tessera/Stream.h"

namespace tessera {

namespace detail {
struct ModuleState;
struct FunctionState;
} // namespace detail

/// The shape of a launch. What is not said has its default, so that `{.grid = {m, n}}` is enough.
struct LaunchConfig {
  Dim3 grid;
  /// Threads of a block; all zero: what the kernel requires (`.reqntid`, else `.maxntid`). Kernels of `.tile` files
  /// know theirs.
  Dim3 block{0, 0, 0};
  /// Dynamic shared memory in bytes, beyond what the kernel declares. Kernels of `.tile` files know theirs.
  std::size_t sharedBytes = 0;
  /// CTAs of a cluster; all zero: what the kernel requires.
  Dim3 cluster{0, 0, 0};
  /// All CTAs are on the device at once (grid-wide barriers).
  bool cooperative = false;
};

/// A parameter of a kernel's entry.
struct PtxParameter {
  std::string name;
  std::string type;                 ///< "u64", "f32", "b8" ...
  std::size_t size = 0;             ///< bytes, of all elements
  std::size_t alignment = 1;        ///< of the parameter
  bool isArray = false;             ///< a struct passed by value
  bool isPointer = false;           ///< declared `.ptr`
  std::size_t pointeeAlignment = 0; ///< promised of the address; 0: nothing
};

/// What a kernel needs of the device, as the driver says.
struct KernelResources {
  int registers = 0;
  int staticSharedBytes = 0;
  int localBytes = 0; ///< per thread: spills and arrays
  int maxThreads = 0;
};

class PtxKernel {
public:
  const std::string &name() const;
  const std::vector<PtxParameter> &parameters() const;
  /// Threads the text requires; zeros: not stated.
  std::array<unsigned, 3> requiredBlock() const;
  Expected<KernelResources> resources() const;

  template <LaunchArgument... Args>
  Status launch(const Stream &stream, const LaunchConfig &config, const Args &...args) const {
    const std::array<Argument, sizeof...(Args)> arguments{toArgument(args)...};
    return launchWith(stream, config, arguments);
  }
  /// The same for arguments that are known at run time only.
  Status launchWith(const Stream &stream, const LaunchConfig &config, std::span<const Argument> arguments) const;

  explicit PtxKernel(std::shared_ptr<detail::FunctionState> state) : shared(std::move(state)) {}

private:
  std::shared_ptr<detail::FunctionState> shared;
};

class PtxModule {
public:
  /// Reads and loads a file of PTX text.
  static Expected<PtxModule> load(const Device &device, const std::string &path);
  /// Loads PTX text; `name` stands for it in diagnostics.
  static Expected<PtxModule> fromSource(const Device &device, std::string_view text, const std::string &name = "ptx");

  /// The kernel of that name; with an empty name the only one.
  Expected<PtxKernel> kernel(std::string_view name = {}) const;
  std::vector<std::string> kernelNames() const;
  /// "sm_90a", from `.target`.
  const std::string &target() const;
  /// Address and bytes of a `.global` variable.
  Expected<std::pair<std::uint64_t, std::size_t>> global(const std::string &name) const;

  explicit PtxModule(std::shared_ptr<detail::ModuleState> state) : shared(std::move(state)) {}

private:
  std::shared_ptr<detail::ModuleState> shared;
};

} // namespace tessera

#endif // TESSERA_PTXMODULE_H
