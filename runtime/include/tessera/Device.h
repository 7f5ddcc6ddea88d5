// A device: a GPU behind the CUDA driver, or the simulator, which is reached in the same way.
//
// Device is a handle: cheap to copy, safe to use from any thread. All handles of one device share its primary context,
// so that memory and streams are shared with the CUDA runtime, cuBLAS and PyTorch in the same process. The context is
// retained as long as a Device, Buffer, Stream, Event or module of it lives; it is made current only for the time of a
// call. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_DEVICE_H
#define TESSERA_DEVICE_H

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/Expected.h"

namespace tessera {

namespace detail {
struct DeviceState;
} // namespace detail

struct DeviceProperties {
  std::string name;
  bool isSimulator = false;
  int ordinal = 0;             ///< among the devices of its driver
  int major = 0, minor = 0;    ///< compute capability
  int driverVersion = 0;       ///< 13000: CUDA 13.0
  std::size_t memoryBytes = 0; ///< in all
  int multiprocessors = 0;
  int warpSize = 32;
  int maxThreadsPerBlock = 0;
  int maxBlock[3] = {0, 0, 0};
  int maxGrid[3] = {0, 0, 0};
  int sharedBytesPerBlock = 0;      ///< without asking for more
  int sharedBytesPerBlockOptIn = 0; ///< the most a kernel can have; launches ask for it by themselves
  int registersPerBlock = 0;
  int clockKiloHertz = 0;
  int l2Bytes = 0;
  bool hasClusters = false;
};

class Device {
public:
  /// The device that TESSERA_DEVICE names; `auto` when it is not set.
  static Expected<Device> open();
  /// `auto` (the first GPU, else the simulator), `cuda` or `cuda:N`, `sim` or `sim:N`.
  static Expected<Device> open(std::string_view which);
  /// Every device there is, the GPUs first, the simulator last. A driver that is missing contributes none.
  static std::vector<Device> all();

  const DeviceProperties &properties() const;
  const std::string &name() const { return properties().name; }
  bool isSimulator() const { return properties().isSimulator; }
  /// How `open` would find it again: "cuda:0", "sim".
  std::string spec() const;
  /// The target that code for it is compiled for: "sm_80", "sm_90a".
  std::string target() const;

  /// Waits for everything on the device; an error is that of a kernel that ran since the last wait.
  Status synchronize() const;
  /// What ends the kernel that runs on the simulator now, with an error that says where it stood; any thread and a
  /// signal handler may call it. Null for a GPU, which cannot be stopped.
  void (*stopFunction() const)();
  /// Free bytes of memory now.
  Expected<std::size_t> freeMemory() const;

  friend bool operator==(const Device &a, const Device &b) { return a.shared == b.shared; }
  const std::shared_ptr<detail::DeviceState> &state() const { return shared; }
  explicit Device(std::shared_ptr<detail::DeviceState> state) : shared(std::move(state)) {}

private:
  std::shared_ptr<detail::DeviceState> shared;
};

} // namespace tessera

#endif // TESSERA_DEVICE_H
