// Kernels from `.tile` text (or from the device functions of a Triton file), compiled when they are first launched.
//
//   auto module = tessera::Module::load(*device, "softmax.tile");
//   auto softmax = module->kernel("softmax", {{"BLOCK", 1024}}, {.numWarps = 4});
//   softmax->launch(stream, {.grid = rows}, y, x, cols, rows, cols);
//
// A launch specialises on the types of its arguments, on pointers and integers that are multiples of 16, on integers
// that are 1: each combination is compiled once, whoever asks. Threads that ask for the same one at the same time wait
// for one compilation; processes share the results through the cache (Cache.h). A later launch costs a hash, a look-up
// without a lock, and one call of the driver.
//
// Lifetimes: Module and Kernel are handles, cheap to copy, safe to use from any thread; a Kernel keeps what it needs of
// its Module and Device alive. Code stays loaded as long as a handle of its module lives. SPDX-License-Identifier:
// Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_MODULE_H
#define TESSERA_MODULE_H

#include <array>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/Argument.h"
#include "tessera/Compiler.h"
#include "tessera/PtxModule.h"

namespace tessera {

namespace detail {
struct TileModuleState;
struct TileKernelState;
} // namespace detail

/// What one specialisation became.
struct Specialization {
  std::string signature; ///< "x: *fp32:16, n: i32"
  std::string ptx;
  int numWarps = 0;
  std::size_t sharedBytes = 0;
  bool fromCache = false; ///< it was not compiled by this process
};

class Kernel {
public:
  const std::string &name() const;
  /// The parameters that a launch gives arguments for: those that are no constexpr and were not given as constants.
  std::vector<KernelParameterInfo> parameters() const;

  /// Launches with arguments for `parameters()`, in their order; those at the end that have a default may be left out.
  /// Compiles first when it must.
  template <LaunchArgument... Args>
  Status launch(const Stream &stream, const LaunchConfig &config, const Args &...args) const {
    const std::array<Argument, sizeof...(Args)> arguments{toArgument(args)...};
    return launchWith(stream, config, arguments);
  }
  /// The same for arguments that are known at run time only.
  Status launchWith(const Stream &stream, const LaunchConfig &config, std::span<const Argument> arguments) const;

  /// Compiles for such arguments without launching; says what came of it.
  template <LaunchArgument... Args> Expected<Specialization> compile(const Args &...args) const {
    const std::array<Argument, sizeof...(Args)> arguments{toArgument(args)...};
    return compileWith(arguments);
  }
  Expected<Specialization> compileWith(std::span<const Argument> arguments) const;
  /// The same in another thread. Buffers among the arguments must live until the future is ready.
  template <LaunchArgument... Args> std::future<Expected<Specialization>> compileAsync(const Args &...args) const {
    return std::async(std::launch::async,
                      [kernel = *this, arguments = std::array<Argument, sizeof...(Args)>{toArgument(args)...}] {
                        return kernel.compileWith(arguments);
                      });
  }

  explicit Kernel(std::shared_ptr<detail::TileKernelState> state) : shared(std::move(state)) {}

private:
  std::shared_ptr<detail::TileKernelState> shared;
};

class Module {
public:
  /// Reads a `.tile` or `.py` file. Mistakes that show without a signature are errors here.
  static Expected<Module> load(const Device &device, const std::string &path);
  /// The same for text in memory; `name` stands for it in diagnostics.
  static Expected<Module> fromSource(const Device &device, std::string_view text,
                                     const std::string &name = "kernel.tile");

  /// A kernel with values for its constexpr parameters; with an empty name the only one. Constexprs that are not given
  /// take their default, else what `@triton.heuristics` says, else the first `@triton.autotune` configuration.
  Expected<Kernel> kernel(std::string_view name = {}, const Constexprs &constants = {},
                          const KernelOptions &options = {}) const;
  std::vector<std::string> kernelNames() const;

  explicit Module(std::shared_ptr<detail::TileModuleState> state) : shared(std::move(state)) {}

private:
  std::shared_ptr<detail::TileModuleState> shared;
};

} // namespace tessera

#endif // TESSERA_MODULE_H
