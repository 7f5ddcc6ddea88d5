// The runtime's devices, errors and versions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/CudaRuntime.h"

#include <map>
#include <mutex>

using namespace tessera::cudart;

namespace {

thread_local cudaError_t lastError = cudaSuccess;
thread_local int threadDevice = 0; ///< what cudaSetDevice said

/// The primary context of a device, which the runtime holds as long as the process lives.
CUresult contextOf(int device, CUcontext &context) {
  static std::mutex mutex;
  static auto *held = new std::map<int, CUcontext>();
  const std::lock_guard lock(mutex);
  if (const auto found = held->find(device); found != held->end()) {
    context = found->second;
    return CUDA_SUCCESS;
  }
  const CUresult result = cuDevicePrimaryCtxRetain(&context, device);
  if (result == CUDA_SUCCESS)
    (*held)[device] = context;
  return result;
}

CUresult start() {
  static const CUresult result = cuInit(0);
  return result;
}

/// For questions that need no context.
template <typename Call> cudaError_t started(Call call) {
  const CUresult result = start();
  return keep(result == CUDA_SUCCESS ? call() : result);
}

} // namespace

namespace tessera::cudart {

cudaError_t keep(cudaError_t error) {
  if (error != cudaSuccess && error != cudaErrorNotReady)
    lastError = error;
  return error;
}

CUresult enter() {
  if (const CUresult result = start(); result != CUDA_SUCCESS)
    return result;
  CUcontext current = nullptr;
  if (const CUresult result = cuCtxGetCurrent(&current); result != CUDA_SUCCESS || current)
    return result;
  const CUresult result = contextOf(threadDevice, current);
  return result == CUDA_SUCCESS ? cuCtxSetCurrent(current) : result;
}

} // namespace tessera::cudart

TESSERA_CUDA_RUNTIME cudaError_t cudaGetLastError() {
  const cudaError_t error = lastError;
  lastError = cudaSuccess;
  return error;
}

TESSERA_CUDA_RUNTIME cudaError_t cudaPeekAtLastError() { return lastError; }

TESSERA_CUDA_RUNTIME const char *cudaGetErrorName(cudaError_t error) {
  switch (error) {
#define TESSERA_NAME(name, value, text)                                                                                \
  case name:                                                                                                           \
    return #name;
    TESSERA_CUDA_RUNTIME_ERRORS(TESSERA_NAME)
#undef TESSERA_NAME
  }
  return "unrecognized error code";
}

TESSERA_CUDA_RUNTIME const char *cudaGetErrorString(cudaError_t error) {
  switch (error) {
#define TESSERA_TEXT(name, value, text)                                                                                \
  case name:                                                                                                           \
    return text;
    TESSERA_CUDA_RUNTIME_ERRORS(TESSERA_TEXT)
#undef TESSERA_TEXT
  }
  return "unrecognized error code";
}

TESSERA_CUDA_RUNTIME cudaError_t cudaDriverGetVersion(int *version) { return keep(cuDriverGetVersion(version)); }

TESSERA_CUDA_RUNTIME cudaError_t cudaRuntimeGetVersion(int *version) {
  if (!version)
    return keep(cudaErrorInvalidValue);
  *version = 13000;
  return cudaSuccess;
}

TESSERA_CUDA_RUNTIME cudaError_t cudaGetDeviceCount(int *count) {
  return started([&] { return cuDeviceGetCount(count); });
}

TESSERA_CUDA_RUNTIME cudaError_t cudaSetDevice(int device) {
  return started([&] {
    CUcontext context = nullptr;
    CUresult result = contextOf(device, context);
    if (result == CUDA_SUCCESS)
      result = cuCtxSetCurrent(context);
    if (result == CUDA_SUCCESS)
      threadDevice = device;
    return result;
  });
}

TESSERA_CUDA_RUNTIME cudaError_t cudaInitDevice(int device, unsigned flags, unsigned) {
  return started([&] {
    CUcontext context = nullptr;
    return contextOf(device, context);
  });
}

TESSERA_CUDA_RUNTIME cudaError_t cudaGetDevice(int *device) {
  if (!device)
    return keep(cudaErrorInvalidValue);
  CUcontext current = nullptr;
  if (start() == CUDA_SUCCESS && cuCtxGetCurrent(&current) == CUDA_SUCCESS && current)
    return keep(cuCtxGetDevice(device));
  *device = threadDevice;
  return cudaSuccess;
}

TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceGetAttribute(int *value, CUdevice_attribute attribute, int device) {
  return started([&] { return cuDeviceGetAttribute(value, attribute, device); });
}

TESSERA_CUDA_RUNTIME cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device) {
  return started([&] {
    if (!properties)
      return CUDA_ERROR_INVALID_VALUE;
    cudaDeviceProp &p = *properties;
    p = {};
    if (const CUresult result = cuDeviceGetName(p.name, sizeof p.name, device); result != CUDA_SUCCESS)
      return result;
    cuDeviceGetUuid_v2(&p.uuid, device);
    cuDeviceTotalMem_v2(&p.totalGlobalMem, device);
    const auto ask = [&](auto &to, CUdevice_attribute attribute) {
      int value = 0;
      cuDeviceGetAttribute(&value, attribute, device);
      to = static_cast<std::remove_reference_t<decltype(to)>>(value);
    };
    ask(p.sharedMemPerBlock, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
    ask(p.regsPerBlock, CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK);
    ask(p.warpSize, CU_DEVICE_ATTRIBUTE_WARP_SIZE);
    ask(p.memPitch, CU_DEVICE_ATTRIBUTE_MAX_PITCH);
    ask(p.maxThreadsPerBlock, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
    ask(p.maxThreadsDim[0], CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X);
    ask(p.maxThreadsDim[1], CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y);
    ask(p.maxThreadsDim[2], CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z);
    ask(p.maxGridSize[0], CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X);
    ask(p.maxGridSize[1], CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y);
    ask(p.maxGridSize[2], CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z);
    ask(p.totalConstMem, CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY);
    ask(p.major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    ask(p.minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    ask(p.textureAlignment, CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT);
    ask(p.texturePitchAlignment, CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT);
    ask(p.multiProcessorCount, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    ask(p.canMapHostMemory, CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY);
    ask(p.surfaceAlignment, CU_DEVICE_ATTRIBUTE_SURFACE_ALIGNMENT);
    ask(p.concurrentKernels, CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS);
    ask(p.pciBusID, CU_DEVICE_ATTRIBUTE_PCI_BUS_ID);
    ask(p.pciDeviceID, CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID);
    ask(p.pciDomainID, CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID);
    ask(p.asyncEngineCount, CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT);
    ask(p.unifiedAddressing, CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING);
    ask(p.memoryBusWidth, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH);
    ask(p.l2CacheSize, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
    ask(p.maxThreadsPerMultiProcessor, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR);
    ask(p.streamPrioritiesSupported, CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED);
    ask(p.globalL1CacheSupported, CU_DEVICE_ATTRIBUTE_GLOBAL_L1_CACHE_SUPPORTED);
    ask(p.localL1CacheSupported, CU_DEVICE_ATTRIBUTE_LOCAL_L1_CACHE_SUPPORTED);
    ask(p.sharedMemPerMultiprocessor, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR);
    ask(p.regsPerMultiprocessor, CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR);
    ask(p.managedMemory, CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY);
    ask(p.concurrentManagedAccess, CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS);
    ask(p.computePreemptionSupported, CU_DEVICE_ATTRIBUTE_COMPUTE_PREEMPTION_SUPPORTED);
    ask(p.cooperativeLaunch, CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH);
    ask(p.sharedMemPerBlockOptin, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
    ask(p.directManagedMemAccessFromHost, CU_DEVICE_ATTRIBUTE_DIRECT_MANAGED_MEM_ACCESS_FROM_HOST);
    ask(p.maxBlocksPerMultiProcessor, CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR);
    ask(p.reservedSharedMemPerBlock, CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK);
    ask(p.hostRegisterSupported, CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED);
    ask(p.memoryPoolsSupported, CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
    ask(p.clusterLaunch, CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH);
    ask(p.deviceNumaId, CU_DEVICE_ATTRIBUTE_NUMA_ID);
    ask(p.hostNumaId, CU_DEVICE_ATTRIBUTE_HOST_NUMA_ID);
    return CUDA_SUCCESS;
  });
}

TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceGetPCIBusId(char *text, int length, int device) {
  return started([&] { return cuDeviceGetPCIBusId(text, length, device); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceGetByPCIBusId(int *device, const char *text) {
  return started([&] { return cuDeviceGetByPCIBusId(device, text); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceCanAccessPeer(int *can, int device, int peer) {
  return started([&] { return cuDeviceCanAccessPeer(can, device, peer); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned flags) {
  return with([&] {
    CUcontext context = nullptr;
    const CUresult result = contextOf(peer, context);
    return result == CUDA_SUCCESS ? cuCtxEnablePeerAccess(context, flags) : result;
  });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceSynchronize() {
  return with([] { return cuCtxSynchronize(); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceReset() {
  return with([] {
    CUdevice device = 0;
    const CUresult result = cuCtxGetDevice(&device);
    return result == CUDA_SUCCESS ? cuDevicePrimaryCtxReset_v2(device) : result;
  });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceGetLimit(std::size_t *value, CUlimit limit) {
  return with([&] { return cuCtxGetLimit(value, limit); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceSetLimit(CUlimit limit, std::size_t value) {
  return with([&] { return cuCtxSetLimit(limit, value); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceGetCacheConfig(CUfunc_cache *config) {
  return with([&] { return cuCtxGetCacheConfig(config); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceSetCacheConfig(CUfunc_cache config) {
  return with([&] { return cuCtxSetCacheConfig(config); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceGetStreamPriorityRange(int *least, int *greatest) {
  return with([&] { return cuCtxGetStreamPriorityRange(least, greatest); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaGetDeviceFlags(unsigned *flags) {
  return with([&] { return cuCtxGetFlags(flags); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaSetDeviceFlags(unsigned flags) {
  return started([&] { return cuDevicePrimaryCtxSetFlags_v2(threadDevice, flags); });
}

TESSERA_CUDA_RUNTIME cudaError_t cudaGetDriverEntryPointByVersion(const char *name, void **function, unsigned version,
                                                                  unsigned long long flags,
                                                                  CUdriverProcAddressQueryResult *status) {
  return started([&] { return cuGetProcAddress_v2(name, function, int(version), flags, status); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaGetDriverEntryPoint(const char *name, void **function, unsigned long long flags,
                                                         CUdriverProcAddressQueryResult *status) {
  return cudaGetDriverEntryPointByVersion(name, function, 13000, flags, status);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaProfilerStart() { return cudaSuccess; }
TESSERA_CUDA_RUNTIME cudaError_t cudaProfilerStop() { return cudaSuccess; }
