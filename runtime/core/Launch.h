// Loaded modules and functions, and the one way in which all kernels are launched: checks that cost nanoseconds,
// parameters packed on the stack, one call of the driver. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_CORE_LAUNCH_H
#define TESSERA_RUNTIME_CORE_LAUNCH_H

#include "runtime/core/DeviceState.h"
#include "runtime/core/PtxInfo.h"

#include <atomic>
#include <mutex>

namespace tessera::detail {

/// A module loaded on a device.
struct ModuleState {
  std::shared_ptr<DeviceState> device;
  cuda::CUmodule handle = nullptr;
  PtxInfo info;
  std::string name;

  ModuleState() = default;
  ModuleState(const ModuleState &) = delete;
  ModuleState &operator=(const ModuleState &) = delete;
  ~ModuleState();
};

/// A kernel of a loaded module.
struct FunctionState {
  std::shared_ptr<ModuleState> module;
  const PtxKernelInfo *info = nullptr;
  /// What errors call the kernel and its arguments, where that is not what the PTX calls them.
  std::string displayName;
  std::vector<std::string> places;
  cuda::CUfunction handle = nullptr;
  int staticSharedBytes = 0;
  int maxThreads = 0;
  /// The most dynamic shared memory that the driver was told of; it grows on demand.
  std::atomic<std::size_t> dynamicSharedAllowed{0};
  std::mutex allowing;

  const DeviceState &device() const { return *module->device; }
};

/// Loads PTX text. `name` stands for it in diagnostics.
Expected<std::shared_ptr<ModuleState>> loadModule(const Device &device, std::string_view text, const std::string &name);
Expected<std::shared_ptr<FunctionState>> loadFunction(std::shared_ptr<ModuleState> module, std::string_view name);

/// The longest list of arguments a launch takes; PTX's parameter space holds no more of them.
inline constexpr std::size_t kMaxArguments = 512;

/// Checks everything that can be, then launches. `order` says for each parameter of the entry which argument it takes;
/// null: they stand in the order of the parameters.
Status launchFunction(FunctionState &function, const Stream &stream, const LaunchConfig &config,
                      std::span<const Argument> arguments, const std::uint16_t *order = nullptr);

} // namespace tessera::detail

#endif // TESSERA_RUNTIME_CORE_LAUNCH_H
