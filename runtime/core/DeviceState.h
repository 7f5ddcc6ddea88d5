// What a Device handle points to, and the scope in which its context is current.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_CORE_DEVICESTATE_H
#define TESSERA_RUNTIME_CORE_DEVICESTATE_H

#include "runtime/driver/DriverLibrary.h"
#include "runtime/include/tessera/Device.h"

namespace tessera::detail {

/// One for each device in use; retains the primary context as long as it lives.
struct DeviceState {
  const cuda::DriverLibrary *library = nullptr;
  cuda::CUdevice handle = 0;
  cuda::CUcontext context = nullptr;
  DeviceProperties properties;

  DeviceState() = default;
  DeviceState(const DeviceState &) = delete;
  DeviceState &operator=(const DeviceState &) = delete;
  ~DeviceState();

  const cuda::DriverFunctions &driver() const { return library->functions(); }
};

/// Makes a device's context current for its life, and the caller's context again after it. Costs one thread-local read
/// when the context is current already.
class ContextScope {
public:
  explicit ContextScope(const DeviceState &device) : device(device) {
    cuda::CUcontext current = nullptr;
    if (device.driver().cuCtxGetCurrent(&current) == cuda::CUDA_SUCCESS && current == device.context)
      return;
    pushed = device.driver().cuCtxPushCurrent_v2(device.context) == cuda::CUDA_SUCCESS;
  }
  ~ContextScope() {
    cuda::CUcontext popped = nullptr;
    if (pushed)
      device.driver().cuCtxPopCurrent_v2(&popped);
  }
  ContextScope(const ContextScope &) = delete;
  ContextScope &operator=(const ContextScope &) = delete;

private:
  const DeviceState &device;
  bool pushed = false;
};

/// Success, or what the driver says about `what`, which is a text or a function that makes one.
template <typename What> Status check(const DeviceState &device, cuda::CUresult result, What &&what) {
  if (result == cuda::CUDA_SUCCESS) [[likely]]
    return {};
  if constexpr (std::is_invocable_v<What>)
    return device.library->error(result, what());
  else
    return device.library->error(result, std::forward<What>(what));
}

} // namespace tessera::detail

#endif // TESSERA_RUNTIME_CORE_DEVICESTATE_H
