// Devices and what they say of themselves.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

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
  case CU_DEVICE_ATTRIBUTE_COMPUTE_PREEMPTION_SUPPORTED:
  case CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS:
  case CU_DEVICE_ATTRIBUTE_DIRECT_MANAGED_MEM_ACCESS_FROM_HOST:
  case CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH:
  case CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_MEM_OPS_V1:
  case CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS_V1:
  case CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS:
  case CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_WAIT_VALUE_NOR_V1:
  case CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_WAIT_VALUE_NOR:
  case CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED:
  case CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED:
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
  case CU_DEVICE_ATTRIBUTE_MEM_SYNC_DOMAIN_COUNT:
    return architecture.major >= 9 ? 4 : 1;
  case CU_DEVICE_ATTRIBUTE_SINGLE_TO_DOUBLE_PRECISION_PERF_RATIO:
    return architecture.minor == 0 && architecture.major < 12 ? 2 : 64;
  case CU_DEVICE_ATTRIBUTE_SURFACE_ALIGNMENT:
    return 512;
  case CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT:
    return 32;
  case CU_DEVICE_ATTRIBUTE_NUMA_ID:
  case CU_DEVICE_ATTRIBUTE_HOST_NUMA_ID:
    return -1;
  case CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH:
  case CU_DEVICE_ATTRIBUTE_TENSOR_MAP_ACCESS_SUPPORTED:
    return architecture.major >= 9;
  default: // what the simulated device does not have
    return 0;
  }
}

} // namespace

CUresult cuDriverGetVersion(int *version) {
  if (!version)
    return fail(CUDA_ERROR_INVALID_VALUE);
  *version = 13000;
  return CUDA_SUCCESS;
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
  const std::lock_guard lock(state.mutex);
  if (!state.initialized)
    return fail(CUDA_ERROR_NOT_INITIALIZED);
  TESSERA_REQUIRE(count)
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
  TESSERA_REQUIRE(uuid)
  std::memcpy(uuid->bytes, "tessera-simulate", 16);
  uuid->bytes[15] = char('0' + found->ordinal);
  return CUDA_SUCCESS;
}
CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice device) { return cuDeviceGetUuid_v2(uuid, device); }

CUresult cuDeviceTotalMem_v2(std::size_t *bytes, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  TESSERA_REQUIRE(bytes)
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
  TESSERA_REQUIRE(major && minor)
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
  TESSERA_REQUIRE(device && text)
  char *rest = nullptr;
  std::strtoul(text, &rest, 16); // the domain
  TESSERA_REQUIRE(rest != text && *rest == ':')
  const unsigned long bus = std::strtoul(rest + 1, &rest, 16);
  TESSERA_REQUIRE(*rest == ':')
  TESSERA_DEVICE_OR_RETURN(found, bus < 256 ? int(bus) : -1)
  *device = found->ordinal;
  return CUDA_SUCCESS;
}

CUresult cuDeviceCanAccessPeer(int *can, CUdevice device, CUdevice peer) {
  TESSERA_DEVICE_OR_RETURN(first, device)
  TESSERA_DEVICE_OR_RETURN(second, peer)
  TESSERA_REQUIRE(can)
  *can = 0; // kernels know the memory of their own device only; copies go between any two
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetP2PAttribute(int *value, unsigned attribute, CUdevice device, CUdevice peer) {
  TESSERA_DEVICE_OR_RETURN(first, device)
  TESSERA_DEVICE_OR_RETURN(second, peer)
  TESSERA_REQUIRE(value && attribute >= 1 && attribute <= 5)
  if (first == second)
    return fail(CUDA_ERROR_INVALID_DEVICE);
  *value = 0;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetProperties(CUdevprop *properties, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  TESSERA_REQUIRE(properties)
  const auto of = [&](CUdevice_attribute attribute) { return attributeOf(*found, attribute); };
  *properties = {of(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK),
                 {of(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X), of(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y),
                  of(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z)},
                 {of(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X), of(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y),
                  of(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z)},
                 of(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK),
                 of(CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY),
                 of(CU_DEVICE_ATTRIBUTE_WARP_SIZE),
                 of(CU_DEVICE_ATTRIBUTE_MAX_PITCH),
                 of(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK),
                 of(CU_DEVICE_ATTRIBUTE_CLOCK_RATE),
                 of(CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT)};
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetLuid(char *luid, unsigned *mask, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  return fail(CUDA_ERROR_NOT_SUPPORTED, "cuDeviceGetLuid: only Windows has such identifiers");
}

CUresult cuDeviceGetExecAffinitySupport(int *supported, unsigned type, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  TESSERA_REQUIRE(supported)
  *supported = 0;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetGraphMemAttribute(CUdevice device, unsigned attribute, void *value) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  TESSERA_REQUIRE(value && attribute <= 3)
  *static_cast<std::uint64_t *>(value) = 0; // graphs own no memory here
  return CUDA_SUCCESS;
}

CUresult cuDeviceSetGraphMemAttribute(CUdevice device, unsigned attribute, void *value) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  TESSERA_REQUIRE(value && (attribute == 1 || attribute == 3)) // the high-water marks, which may be reset
  return CUDA_SUCCESS;
}

CUresult cuDeviceGraphMemTrim(CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  return CUDA_SUCCESS;
}

CUresult cuFlushGPUDirectRDMAWrites(unsigned target, unsigned scope) {
  TESSERA_CURRENT_OR_RETURN(device)
  return fail(CUDA_ERROR_NOT_SUPPORTED, "cuFlushGPUDirectRDMAWrites: no other device writes to simulated memory");
}

} // namespace tessera::cuda
