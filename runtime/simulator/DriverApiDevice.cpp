// Devices, contexts, errors and the lookup of functions by name.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

/// The device of an ordinal; null after fail().
Device *findDevice(CUdevice ordinal, CUresult &result) {
  Driver &state = driver();
  std::lock_guard lock(state.mutex);
  if (!state.initialized) {
    result = fail(CUDA_ERROR_NOT_INITIALIZED);
    return nullptr;
  }
  if (ordinal < 0 || std::size_t(ordinal) >= state.devices.size()) {
    result = fail(CUDA_ERROR_INVALID_DEVICE);
    return nullptr;
  }
  return state.devices[std::size_t(ordinal)].get();
}

#define TESSERA_DEVICE_OR_RETURN(name, ordinal)                                                                        \
  CUresult name##Result = CUDA_SUCCESS;                                                                                \
  Device *name = findDevice(ordinal, name##Result);                                                                    \
  if (!name)                                                                                                           \
    return name##Result;

int attributeOf(const Device &device, CUdevice_attribute attribute) {
  const Architecture &architecture = device.architecture;
  switch (attribute) {
  case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y:
    return 1024;
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z:
    return 64;
  case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X:
    return 2147483647;
  case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
  case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z:
    return 65535;
  case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK:
    return 49152;
  case CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY:
    return 65536;
  case CU_DEVICE_ATTRIBUTE_WARP_SIZE:
    return 32;
  case CU_DEVICE_ATTRIBUTE_MAX_PITCH:
    return 2147483647;
  case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK:
  case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR:
    return 65536;
  case CU_DEVICE_ATTRIBUTE_CLOCK_RATE:
    return architecture.clockKiloHertz;
  case CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT:
    return 512;
  case CU_DEVICE_ATTRIBUTE_GPU_OVERLAP:
  case CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY:
  case CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS:
  case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
  case CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED:
  case CU_DEVICE_ATTRIBUTE_GLOBAL_L1_CACHE_SUPPORTED:
  case CU_DEVICE_ATTRIBUTE_LOCAL_L1_CACHE_SUPPORTED:
  case CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY:
  case CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED:
  case CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT:
    return 1;
  case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
    return architecture.multiprocessors;
  case CU_DEVICE_ATTRIBUTE_PCI_BUS_ID:
    return device.ordinal;
  case CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE:
    return architecture.memoryClockKiloHertz;
  case CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH:
    return architecture.busBits;
  case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE:
    return architecture.l2Bytes;
  case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR:
    return architecture.threadsPerMultiprocessor;
  case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
    return architecture.major;
  case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
    return architecture.minor;
  case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR:
    return architecture.sharedPerMultiprocessor;
  case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
    return architecture.sharedPerBlockOptIn;
  case CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK:
    return 1024;
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR:
    return architecture.blocksPerMultiprocessor;
  case CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH:
  case CU_DEVICE_ATTRIBUTE_TENSOR_MAP_ACCESS_SUPPORTED:
    return architecture.major >= 9;
  default: // what the simulated device does not have, cooperative launches and memory pools among it
    return 0;
  }
}

struct NamedFunction {
  std::string_view symbol;
  void *address;
};

const NamedFunction kFunctions[] = {
#define TESSERA_NAME_FUNCTION(symbol, parameters) {#symbol, reinterpret_cast<void *>(&symbol)},
    TESSERA_CUDA_FUNCTIONS(TESSERA_NAME_FUNCTION)
#undef TESSERA_NAME_FUNCTION
};

/// The function that cuda.h of that version means by a name without suffix: the newest one that is here.
void *findFunctionNamed(std::string_view name) {
  void *best = nullptr;
  char bestVersion = 0;
  for (const NamedFunction &function : kFunctions) {
    if (!function.symbol.starts_with(name))
      continue;
    const std::string_view suffix = function.symbol.substr(name.size());
    const bool isVersion = suffix.size() == 3 && suffix.starts_with("_v");
    const char version = suffix.empty() ? '1' : isVersion ? suffix[2] : 0;
    if (version > bestVersion) {
      bestVersion = version;
      best = function.address;
    }
  }
  return best;
}

} // namespace

CUresult cuDriverGetVersion(int *version) {
  if (!version)
    return fail(CUDA_ERROR_INVALID_VALUE);
  *version = 13000;
  return CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult error, const char **text) {
  switch (error) {
#define TESSERA_NAME(name, value, words)                                                                               \
  case name:                                                                                                           \
    *text = #name;                                                                                                     \
    return CUDA_SUCCESS;
    TESSERA_CUDA_RESULTS(TESSERA_NAME)
#undef TESSERA_NAME
  }
  *text = nullptr;
  return CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult error, const char **text) {
  switch (error) {
#define TESSERA_WORDS(name, value, words)                                                                              \
  case name:                                                                                                           \
    *text = words;                                                                                                     \
    return CUDA_SUCCESS;
    TESSERA_CUDA_RESULTS(TESSERA_WORDS)
#undef TESSERA_WORDS
  }
  *text = nullptr;
  return CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetProcAddress_v2(const char *name, void **function, int version, std::uint64_t flags,
                             CUdriverProcAddressQueryResult *status) {
  if (!name || !function)
    return fail(CUDA_ERROR_INVALID_VALUE);
  *function = findFunctionNamed(name);
  // Programs older than CUDA 12 mean the form without status by this name.
  if (version < 12000 && std::string_view(name) == "cuGetProcAddress")
    *function = reinterpret_cast<void *>(&cuGetProcAddress);
  if (version < 13000 && std::string_view(name) == "cuCtxCreate")
    *function = version < 11040 ? reinterpret_cast<void *>(&cuCtxCreate_v2) : nullptr;
  if (status)
    *status = *function ? CU_GET_PROC_ADDRESS_SUCCESS : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  return *function ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

CUresult cuGetProcAddress(const char *name, void **function, int version, std::uint64_t flags) {
  return cuGetProcAddress_v2(name, function, version, flags, nullptr);
}

CUresult cuGetExportTable(const void **table, const CUuuid *id) {
  // Tables of undocumented functions between NVIDIA's own libraries.
  if (table)
    *table = nullptr;
  return fail(CUDA_ERROR_NOT_FOUND);
}

CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  TESSERA_DEVICE_OR_RETURN(found, ordinal)
  if (!device)
    return fail(CUDA_ERROR_INVALID_VALUE);
  *device = found->ordinal;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int *count) {
  Driver &state = driver();
  std::lock_guard lock(state.mutex);
  if (!state.initialized)
    return fail(CUDA_ERROR_NOT_INITIALIZED);
  *count = int(state.devices.size());
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char *name, int length, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  if (!name || length <= 0)
    return fail(CUDA_ERROR_INVALID_VALUE);
  std::snprintf(name, std::size_t(length), "%s", found->architecture.name);
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  std::memcpy(uuid->bytes, "tessera-simulate", 16);
  uuid->bytes[15] = char('0' + found->ordinal);
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice device) { return cuDeviceGetUuid_v2(uuid, device); }

CUresult cuDeviceTotalMem_v2(std::size_t *bytes, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  *bytes = found->memory.capacity();
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  if (!value || unsigned(attribute) == 0 || unsigned(attribute) >= CU_DEVICE_ATTRIBUTE_RANGE_END)
    return fail(CUDA_ERROR_INVALID_VALUE);
  *value = attributeOf(*found, attribute);
  return CUDA_SUCCESS;
}

CUresult cuDeviceComputeCapability(int *major, int *minor, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  *major = found->architecture.major;
  *minor = found->architecture.minor;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetPCIBusId(char *text, int length, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  if (!text || length < 13)
    return fail(CUDA_ERROR_INVALID_VALUE);
  std::snprintf(text, std::size_t(length), "0000:%02x:00.0", unsigned(found->ordinal));
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetByPCIBusId(CUdevice *device, const char *text) {
  unsigned domain = 0, bus = 0, slot = 0;
  if (!device || !text || std::sscanf(text, "%x:%x:%x", &domain, &bus, &slot) != 3)
    return fail(CUDA_ERROR_INVALID_VALUE);
  TESSERA_DEVICE_OR_RETURN(found, int(bus))
  *device = found->ordinal;
  return CUDA_SUCCESS;
}

CUresult cuDeviceCanAccessPeer(int *can, CUdevice device, CUdevice peer) {
  TESSERA_DEVICE_OR_RETURN(first, device)
  TESSERA_DEVICE_OR_RETURN(second, peer)
  *can = 0;
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  std::lock_guard lock(driver().mutex);
  ++found->primaryUsers;
  *context = reinterpret_cast<CUcontext>(&found->primary);
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  found->queue.wait(found->queue.last());
  found->queue.takeFault();
  std::vector<std::uint64_t> addresses;
  {
    std::lock_guard lock(driver().mutex);
    for (const auto &[address, block] : found->blocks)
      addresses.push_back(address);
  }
  for (std::uint64_t address : addresses)
    releaseBlock(*found, address);
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  bool last;
  {
    std::lock_guard lock(driver().mutex);
    if (found->primaryUsers == 0)
      return fail(CUDA_ERROR_INVALID_CONTEXT);
    last = --found->primaryUsers == 0;
  }
  return last ? cuDevicePrimaryCtxReset_v2(device) : CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  found->primary.flags = flags;
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned *flags, int *active) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  std::lock_guard lock(driver().mutex);
  if (flags)
    *flags = found->primary.flags;
  if (active)
    *active = found->primaryUsers > 0;
  return CUDA_SUCCESS;
}

CUresult cuCtxCreate_v2(CUcontext *context, unsigned flags, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  auto *created = new Context{found, flags, false};
  {
    std::lock_guard lock(driver().mutex);
    driver().contexts.insert(created);
  }
  contextStack().push_back(created);
  *context = reinterpret_cast<CUcontext>(created);
  return CUDA_SUCCESS;
}

CUresult cuCtxCreate_v4(CUcontext *context, void *parameters, unsigned flags, CUdevice device) {
  return cuCtxCreate_v2(context, flags, device); // the parameters limit what share of a device it gets
}

CUresult cuCtxDestroy_v2(CUcontext context) {
  auto *destroyed = reinterpret_cast<Context *>(context);
  {
    std::lock_guard lock(driver().mutex);
    if (!driver().contexts.contains(destroyed) || destroyed->isPrimary)
      return fail(CUDA_ERROR_INVALID_CONTEXT);
    driver().contexts.erase(destroyed);
  }
  std::vector<Context *> &stack = contextStack();
  if (!stack.empty() && stack.back() == destroyed)
    stack.pop_back();
  destroyed->device->queue.wait(destroyed->device->queue.last());
  delete destroyed;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetCurrent(CUcontext *context) {
  if (!context)
    return fail(CUDA_ERROR_INVALID_VALUE);
  const std::vector<Context *> &stack = contextStack();
  *context = stack.empty() ? nullptr : reinterpret_cast<CUcontext>(stack.back());
  return CUDA_SUCCESS;
}

CUresult cuCtxPushCurrent_v2(CUcontext context) {
  {
    std::lock_guard lock(driver().mutex);
    if (!driver().contexts.contains(context))
      return fail(CUDA_ERROR_INVALID_CONTEXT);
  }
  contextStack().push_back(reinterpret_cast<Context *>(context));
  return CUDA_SUCCESS;
}

CUresult cuCtxPopCurrent_v2(CUcontext *context) {
  std::vector<Context *> &stack = contextStack();
  if (stack.empty())
    return fail(CUDA_ERROR_INVALID_CONTEXT);
  if (context)
    *context = reinterpret_cast<CUcontext>(stack.back());
  stack.pop_back();
  return CUDA_SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext context) {
  std::vector<Context *> &stack = contextStack();
  if (!stack.empty())
    stack.pop_back();
  return context ? cuCtxPushCurrent_v2(context) : CUDA_SUCCESS;
}

CUresult cuCtxGetDevice(CUdevice *device) {
  TESSERA_CURRENT_OR_RETURN(current)
  *device = current->ordinal;
  return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize() {
  TESSERA_CURRENT_OR_RETURN(current)
  return waitFor(*current, current->queue.last());
}

CUresult cuCtxGetFlags(unsigned *flags) {
  TESSERA_CURRENT_OR_RETURN(current)
  *flags = contextStack().back()->flags;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetApiVersion(CUcontext context, unsigned *version) {
  *version = 13000;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetLimit(std::size_t *value, CUlimit limit) {
  TESSERA_CURRENT_OR_RETURN(current)
  *value = limit == CU_LIMIT_STACK_SIZE ? 1024 : limit == CU_LIMIT_PRINTF_FIFO_SIZE ? 1048576 : 8388608;
  return CUDA_SUCCESS;
}

CUresult cuCtxSetLimit(CUlimit limit, std::size_t value) { // the simulator has room for whatever is asked
  TESSERA_CURRENT_OR_RETURN(current)
  return CUDA_SUCCESS;
}

CUresult cuCtxGetCacheConfig(CUfunc_cache *config) {
  *config = CU_FUNC_CACHE_PREFER_NONE;
  return CUDA_SUCCESS;
}
CUresult cuCtxSetCacheConfig(CUfunc_cache config) { return CUDA_SUCCESS; }

CUresult cuCtxGetStreamPriorityRange(int *least, int *greatest) {
  if (least)
    *least = 0;
  if (greatest)
    *greatest = -5;
  return CUDA_SUCCESS;
}

} // namespace tessera::cuda
