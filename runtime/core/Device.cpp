// Finding and opening devices.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Device.h"

#include "runtime/core/DeviceState.h"

#include <charconv>
#include <cstdlib>
#include <map>
#include <mutex>

namespace tessera {

using namespace cuda;
using detail::ContextScope;
using detail::DeviceState;

detail::DeviceState::~DeviceState() {
  if (context)
    driver().cuDevicePrimaryCtxRelease_v2(handle);
}

namespace {

Expected<int> countDevices(const DriverLibrary &library) {
  int count = 0;
  if (CUresult result = library.functions().cuDeviceGetCount(&count);
      result != CUDA_SUCCESS && result != CUDA_ERROR_NO_DEVICE)
    return library.error(result, "the devices cannot be counted");
  return count;
}

void readProperties(DeviceState &state) {
  const DriverFunctions &driver = state.driver();
  DeviceProperties &properties = state.properties;
  char name[256] = {};
  driver.cuDeviceGetName(name, sizeof(name) - 1, state.handle);
  properties.name = name;
  properties.isSimulator = state.library->isSimulator();
  properties.driverVersion = state.library->version();
  driver.cuDeviceTotalMem_v2(&properties.memoryBytes, state.handle);
  auto get = [&](CUdevice_attribute attribute) {
    int value = 0;
    driver.cuDeviceGetAttribute(&value, attribute, state.handle);
    return value;
  };
  properties.major = get(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  properties.minor = get(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  properties.multiprocessors = get(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  properties.warpSize = get(CU_DEVICE_ATTRIBUTE_WARP_SIZE);
  properties.maxThreadsPerBlock = get(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
  properties.maxBlock[0] = get(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X);
  properties.maxBlock[1] = get(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y);
  properties.maxBlock[2] = get(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z);
  properties.maxGrid[0] = get(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X);
  properties.maxGrid[1] = get(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y);
  properties.maxGrid[2] = get(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z);
  properties.sharedBytesPerBlock = get(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
  properties.sharedBytesPerBlockOptIn = get(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  properties.registersPerBlock = get(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK);
  properties.clockKiloHertz = get(CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
  properties.l2Bytes = get(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
  properties.hasClusters = get(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH) != 0;
}

/// The state of a device, one as long as anybody uses it.
Expected<Device> openDevice(const DriverLibrary &library, int ordinal) {
  static std::mutex mutex;
  static auto *open = new std::map<std::pair<const DriverLibrary *, int>, std::weak_ptr<DeviceState>>();
  std::lock_guard lock(mutex);
  std::weak_ptr<DeviceState> &slot = (*open)[{&library, ordinal}];
  if (std::shared_ptr<DeviceState> state = slot.lock())
    return Device(std::move(state));
  auto state = std::make_shared<DeviceState>();
  state->library = &library;
  state->properties.ordinal = ordinal;
  const std::string what = (library.isSimulator() ? "simulated device " : "CUDA device ") + std::to_string(ordinal);
  if (CUresult result = library.functions().cuDeviceGet(&state->handle, ordinal); result != CUDA_SUCCESS)
    return library.error(result, what + " cannot be opened");
  if (CUresult result = library.functions().cuDevicePrimaryCtxRetain(&state->context, state->handle);
      result != CUDA_SUCCESS) {
    state->context = nullptr;
    return library.error(result, what + " has no usable context");
  }
  readProperties(*state);
  slot = state;
  return Device(std::move(state));
}

Expected<Device> openOrdinal(DriverLibrary::Kind kind, int ordinal) {
  Expected<const DriverLibrary *> library = DriverLibrary::get(kind);
  if (!library)
    return library.takeError();
  Expected<int> count = countDevices(**library);
  if (!count)
    return count.takeError();
  if (ordinal >= *count) {
    const std::string kindName = kind == DriverLibrary::Kind::Simulator ? "simulated" : "CUDA";
    const std::string have = *count == 0   ? "there is none"
                             : *count == 1 ? "there is one, number 0"
                                           : "there are " + std::to_string(*count) + ", numbered from 0";
    return Error(ErrorCode::NotFound, "no " + kindName + " device " + std::to_string(ordinal) + ": " + have);
  }
  return openDevice(**library, ordinal);
}

} // namespace

Expected<Device> Device::open() {
  const char *which = std::getenv("TESSERA_DEVICE");
  return open(which && *which ? std::string_view(which) : std::string_view("auto"));
}

Expected<Device> Device::open(std::string_view which) {
  if (which == "auto") {
    if (Expected<Device> device = openOrdinal(DriverLibrary::Kind::Cuda, 0))
      return device;
    return openOrdinal(DriverLibrary::Kind::Simulator, 0);
  }
  const std::string_view kindName = which.substr(0, which.find(':'));
  const bool hasNumber = kindName.size() != which.size();
  const std::string_view number = hasNumber ? which.substr(kindName.size() + 1) : std::string_view();
  int ordinal = 0;
  bool usable = kindName == "cuda" || kindName == "sim";
  if (usable && hasNumber) {
    auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), ordinal);
    usable = failed == std::errc() && end == number.data() + number.size() && ordinal >= 0;
  }
  if (!usable)
    return Error(ErrorCode::InvalidArgument,
                 "unknown device '" + std::string(which) + "'; a device is one of auto, cuda, cuda:N, sim");
  return openOrdinal(kindName == "cuda" ? DriverLibrary::Kind::Cuda : DriverLibrary::Kind::Simulator, ordinal);
}

std::vector<Device> Device::all() {
  std::vector<Device> devices;
  for (DriverLibrary::Kind kind : {DriverLibrary::Kind::Cuda, DriverLibrary::Kind::Simulator}) {
    Expected<const DriverLibrary *> library = DriverLibrary::get(kind);
    if (!library)
      continue;
    Expected<int> count = countDevices(**library);
    for (int ordinal = 0; count && ordinal < *count; ++ordinal)
      if (Expected<Device> device = openDevice(**library, ordinal))
        devices.push_back(*device);
  }
  return devices;
}

const DeviceProperties &Device::properties() const { return shared->properties; }

std::string Device::spec() const {
  const DeviceProperties &known = properties();
  if (known.isSimulator)
    return known.ordinal == 0 ? "sim" : "sim:" + std::to_string(known.ordinal);
  return "cuda:" + std::to_string(known.ordinal);
}

std::string Device::target() const {
  // From 9.0 on the architecture-specific instructions (wgmma, tcgen05) are what kernels are fast with.
  const DeviceProperties &known = properties();
  return "sm_" + std::to_string(known.major * 10 + known.minor) + (known.major >= 9 ? "a" : "");
}

void (*Device::stopFunction() const)() { return shared->library->simulator().stop; }

Status Device::synchronize() const {
  ContextScope scope(*shared);
  return check(*shared, shared->driver().cuCtxSynchronize(), "synchronizing device " + spec());
}

Expected<std::size_t> Device::freeMemory() const {
  ContextScope scope(*shared);
  std::size_t free = 0, total = 0;
  if (Status status = check(*shared, shared->driver().cuMemGetInfo_v2(&free, &total), "asking for free memory");
      !status)
    return status.takeError();
  return free;
}

} // namespace tessera
