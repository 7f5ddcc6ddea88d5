// The functions of the CUDA Driver API that this project knows, once: X(symbol, parameters). `symbol` is the name the
// library exports (with its version suffix). All return CUresult. Included by CudaApi.h alone.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_DRIVER_CUDAFUNCTIONS_H
#define TESSERA_RUNTIME_DRIVER_CUDAFUNCTIONS_H

// What the runtime cannot do without.
#define TESSERA_CUDA_FUNCTIONS_NEEDED(X)                                                                               \
  X(cuInit, (unsigned flags))                                                                                          \
  X(cuDriverGetVersion, (int *version))                                                                                \
  X(cuGetErrorName, (CUresult error, const char **text))                                                               \
  X(cuGetErrorString, (CUresult error, const char **text))                                                             \
  X(cuDeviceGet, (CUdevice * device, int ordinal))                                                                     \
  X(cuDeviceGetCount, (int *count))                                                                                    \
  X(cuDeviceGetName, (char *name, int length, CUdevice device))                                                        \
  X(cuDeviceTotalMem_v2, (std::size_t *bytes, CUdevice device))                                                        \
  X(cuDeviceGetAttribute, (int *value, CUdevice_attribute attribute, CUdevice device))                                 \
  X(cuDevicePrimaryCtxRetain, (CUcontext * context, CUdevice device))                                                  \
  X(cuDevicePrimaryCtxRelease_v2, (CUdevice device))                                                                   \
  X(cuCtxGetCurrent, (CUcontext * context))                                                                            \
  X(cuCtxSetCurrent, (CUcontext context))                                                                              \
  X(cuCtxPushCurrent_v2, (CUcontext context))                                                                          \
  X(cuCtxPopCurrent_v2, (CUcontext * context))                                                                         \
  X(cuCtxSynchronize, (void))                                                                                          \
  X(cuMemAlloc_v2, (CUdeviceptr * pointer, std::size_t bytes))                                                         \
  X(cuMemFree_v2, (CUdeviceptr pointer))                                                                               \
  X(cuMemGetInfo_v2, (std::size_t *free, std::size_t *total))                                                          \
  X(cuMemHostAlloc, (void **pointer, std::size_t bytes, unsigned flags))                                               \
  X(cuMemFreeHost, (void *pointer))                                                                                    \
  X(cuMemcpyHtoD_v2, (CUdeviceptr to, const void *from, std::size_t bytes))                                            \
  X(cuMemcpyDtoH_v2, (void *to, CUdeviceptr from, std::size_t bytes))                                                  \
  X(cuMemcpyDtoD_v2, (CUdeviceptr to, CUdeviceptr from, std::size_t bytes))                                            \
  X(cuMemcpyHtoDAsync_v2, (CUdeviceptr to, const void *from, std::size_t bytes, CUstream stream))                      \
  X(cuMemcpyDtoHAsync_v2, (void *to, CUdeviceptr from, std::size_t bytes, CUstream stream))                            \
  X(cuMemcpyDtoDAsync_v2, (CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream))                      \
  X(cuMemsetD8Async, (CUdeviceptr to, unsigned char value, std::size_t count, CUstream stream))                        \
  X(cuMemsetD16Async, (CUdeviceptr to, unsigned short value, std::size_t count, CUstream stream))                      \
  X(cuMemsetD32Async, (CUdeviceptr to, unsigned value, std::size_t count, CUstream stream))                            \
  X(cuPointerGetAttribute, (void *data, CUpointer_attribute attribute, CUdeviceptr pointer))                           \
  X(cuModuleLoadDataEx, (CUmodule * module, const void *image, unsigned count, CUjit_option *options, void **values))  \
  X(cuModuleUnload, (CUmodule module))                                                                                 \
  X(cuModuleGetFunction, (CUfunction * function, CUmodule module, const char *name))                                   \
  X(cuModuleGetGlobal_v2, (CUdeviceptr * pointer, std::size_t *bytes, CUmodule module, const char *name))              \
  X(cuFuncGetAttribute, (int *value, CUfunction_attribute attribute, CUfunction function))                             \
  X(cuFuncSetAttribute, (CUfunction function, CUfunction_attribute attribute, int value))                              \
  X(cuLaunchKernel,                                                                                                    \
    (CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,            \
     unsigned blockZ, unsigned sharedBytes, CUstream stream, void **parameters, void **extra))                         \
  X(cuStreamCreate, (CUstream * stream, unsigned flags))                                                               \
  X(cuStreamDestroy_v2, (CUstream stream))                                                                             \
  X(cuStreamSynchronize, (CUstream stream))                                                                            \
  X(cuStreamQuery, (CUstream stream))                                                                                  \
  X(cuStreamWaitEvent, (CUstream stream, CUevent event, unsigned flags))                                               \
  X(cuEventCreate, (CUevent * event, unsigned flags))                                                                  \
  X(cuEventDestroy_v2, (CUevent event))                                                                                \
  X(cuEventRecord, (CUevent event, CUstream stream))                                                                   \
  X(cuEventSynchronize, (CUevent event))                                                                               \
  X(cuEventQuery, (CUevent event))                                                                                     \
  X(cuEventElapsedTime, (float *milliseconds, CUevent start, CUevent end))

// What newer drivers have besides, and what other programs than this runtime first ask the simulator for.
#define TESSERA_CUDA_FUNCTIONS_OPTIONAL(X)                                                                             \
  X(cuGetProcAddress, (const char *name, void **function, int version, std::uint64_t flags))                           \
  X(cuGetProcAddress_v2,                                                                                               \
    (const char *name, void **function, int version, std::uint64_t flags, CUdriverProcAddressQueryResult *status))     \
  X(cuGetExportTable, (const void **table, const CUuuid *id))                                                          \
  X(cuDeviceComputeCapability, (int *major, int *minor, CUdevice device))                                              \
  X(cuDeviceGetUuid, (CUuuid * uuid, CUdevice device))                                                                 \
  X(cuDeviceGetUuid_v2, (CUuuid * uuid, CUdevice device))                                                              \
  X(cuDeviceGetPCIBusId, (char *text, int length, CUdevice device))                                                    \
  X(cuDeviceGetByPCIBusId, (CUdevice * device, const char *text))                                                      \
  X(cuDeviceCanAccessPeer, (int *can, CUdevice device, CUdevice peer))                                                 \
  X(cuDevicePrimaryCtxReset_v2, (CUdevice device))                                                                     \
  X(cuDevicePrimaryCtxSetFlags_v2, (CUdevice device, unsigned flags))                                                  \
  X(cuDevicePrimaryCtxGetState, (CUdevice device, unsigned *flags, int *active))                                       \
  X(cuCtxCreate_v2, (CUcontext * context, unsigned flags, CUdevice device))                                            \
  X(cuCtxCreate_v4, (CUcontext * context, void *parameters, unsigned flags, CUdevice device))                          \
  X(cuCtxDestroy_v2, (CUcontext context))                                                                              \
  X(cuCtxGetDevice, (CUdevice * device))                                                                               \
  X(cuCtxGetFlags, (unsigned *flags))                                                                                  \
  X(cuCtxGetApiVersion, (CUcontext context, unsigned *version))                                                        \
  X(cuCtxGetLimit, (std::size_t *value, CUlimit limit))                                                                \
  X(cuCtxSetLimit, (CUlimit limit, std::size_t value))                                                                 \
  X(cuCtxGetCacheConfig, (CUfunc_cache * config))                                                                      \
  X(cuCtxSetCacheConfig, (CUfunc_cache config))                                                                        \
  X(cuCtxGetStreamPriorityRange, (int *least, int *greatest))                                                          \
  X(cuMemAllocPitch_v2,                                                                                                \
    (CUdeviceptr * pointer, std::size_t *pitch, std::size_t width, std::size_t height, unsigned element))              \
  X(cuMemAllocManaged, (CUdeviceptr * pointer, std::size_t bytes, unsigned flags))                                     \
  X(cuMemAllocAsync, (CUdeviceptr * pointer, std::size_t bytes, CUstream stream))                                      \
  X(cuMemFreeAsync, (CUdeviceptr pointer, CUstream stream))                                                            \
  X(cuMemGetAddressRange_v2, (CUdeviceptr * base, std::size_t *size, CUdeviceptr pointer))                             \
  X(cuMemAllocHost_v2, (void **pointer, std::size_t bytes))                                                            \
  X(cuMemHostGetDevicePointer_v2, (CUdeviceptr * device, void *host, unsigned flags))                                  \
  X(cuMemHostGetFlags, (unsigned *flags, void *host))                                                                  \
  X(cuMemHostRegister_v2, (void *host, std::size_t bytes, unsigned flags))                                             \
  X(cuMemHostUnregister, (void *host))                                                                                 \
  X(cuMemcpy, (CUdeviceptr to, CUdeviceptr from, std::size_t bytes))                                                   \
  X(cuMemcpyAsync, (CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream))                             \
  X(cuMemsetD8_v2, (CUdeviceptr to, unsigned char value, std::size_t count))                                           \
  X(cuMemsetD16_v2, (CUdeviceptr to, unsigned short value, std::size_t count))                                         \
  X(cuMemsetD32_v2, (CUdeviceptr to, unsigned value, std::size_t count))                                               \
  X(cuPointerGetAttributes, (unsigned count, CUpointer_attribute *attributes, void **data, CUdeviceptr pointer))       \
  X(cuModuleLoad, (CUmodule * module, const char *path))                                                               \
  X(cuModuleLoadData, (CUmodule * module, const void *image))                                                          \
  X(cuModuleLoadFatBinary, (CUmodule * module, const void *image))                                                     \
  X(cuModuleGetLoadingMode, (CUmoduleLoadingMode * mode))                                                              \
  X(cuModuleGetFunctionCount, (unsigned *count, CUmodule module))                                                      \
  X(cuModuleEnumerateFunctions, (CUfunction * functions, unsigned count, CUmodule module))                             \
  X(cuFuncGetModule, (CUmodule * module, CUfunction function))                                                         \
  X(cuFuncGetName, (const char **name, CUfunction function))                                                           \
  X(cuFuncGetParamInfo, (CUfunction function, std::size_t index, std::size_t *offset, std::size_t *size))              \
  X(cuFuncSetCacheConfig, (CUfunction function, CUfunc_cache config))                                                  \
  X(cuLaunchKernelEx, (const CUlaunchConfig *config, CUfunction function, void **parameters, void **extra))            \
  X(cuLaunchCooperativeKernel,                                                                                         \
    (CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,            \
     unsigned blockZ, unsigned sharedBytes, CUstream stream, void **parameters))                                       \
  X(cuLaunchHostFunc, (CUstream stream, CUhostFn function, void *userData))                                            \
  X(cuTensorMapEncodeTiled,                                                                                            \
    (void *map, unsigned dataType, std::uint32_t rank, void *address, const std::uint64_t *sizes,                      \
     const std::uint64_t *strides, const std::uint32_t *box, const std::uint32_t *elementStrides, unsigned interleave, \
     unsigned swizzle, unsigned l2Promotion, unsigned fill))                                                           \
  X(cuStreamCreateWithPriority, (CUstream * stream, unsigned flags, int priority))                                     \
  X(cuStreamGetFlags, (CUstream stream, unsigned *flags))                                                              \
  X(cuStreamGetPriority, (CUstream stream, int *priority))                                                             \
  X(cuStreamGetCtx, (CUstream stream, CUcontext * context))                                                            \
  X(cuStreamIsCapturing, (CUstream stream, CUstreamCaptureStatus * status))                                            \
  X(cuStreamAddCallback, (CUstream stream, CUstreamCallback callback, void *userData, unsigned flags))                 \
  X(cuEventRecordWithFlags, (CUevent event, CUstream stream, unsigned flags))                                          \
  X(cuEventElapsedTime_v2, (float *milliseconds, CUevent start, CUevent end))                                          \
  X(cuOccupancyMaxActiveBlocksPerMultiprocessor,                                                                       \
    (int *blocks, CUfunction function, int blockSize, std::size_t sharedBytes))                                        \
  X(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags,                                                              \
    (int *blocks, CUfunction function, int blockSize, std::size_t sharedBytes, unsigned flags))                        \
  X(cuOccupancyMaxPotentialBlockSize, (int *minGrid, int *blockSize, CUfunction function,                              \
                                       CUoccupancyB2DSize sharedOfBlock, std::size_t sharedBytes, int limit))          \
  X(cuOccupancyAvailableDynamicSMemPerBlock, (std::size_t *bytes, CUfunction function, int blocks, int blockSize))

#define TESSERA_CUDA_FUNCTIONS(X)                                                                                      \
  TESSERA_CUDA_FUNCTIONS_NEEDED(X)                                                                                     \
  TESSERA_CUDA_FUNCTIONS_OPTIONAL(X)

namespace tessera::cuda {

/// One pointer a function; a needed one is never null in a loaded DriverLibrary, an optional one may be.
struct DriverFunctions {
// NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration
#define TESSERA_FUNCTION_POINTER(symbol, parameters) CUresult(*symbol) parameters = nullptr;
  TESSERA_CUDA_FUNCTIONS(TESSERA_FUNCTION_POINTER)
#undef TESSERA_FUNCTION_POINTER
};

} // namespace tessera::cuda

#endif // TESSERA_RUNTIME_DRIVER_CUDAFUNCTIONS_H
