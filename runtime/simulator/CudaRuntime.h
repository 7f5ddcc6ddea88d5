// A CUDA runtime for the simulator: what programs built by nvcc call (cudaMalloc, kernel<<<...>>>,
// __cudaRegisterFatBinary), on top of the simulator's Driver API. NVIDIA's own runtime asks the driver for proof that
// it is NVIDIA's (docs/simulator.md), so it does not run on a simulator; programs that link the runtime as a shared
// library (nvcc -cudart shared) find this one in its place.
//
//   cudaMalloc, cudaMemcpy, ...   the public API of CUDA 13, by the Driver API call that means the same
//   __cudaRegister...             how the code that nvcc puts into a program makes kernels and variables known; the
//                                 code is loaded when the first of them is used
//
// Types have the layout of the ABI; a test compares them with <cuda_runtime.h> where there is one. Errors have the
// numbers of the Driver API, but for those the runtime adds. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_SIMULATOR_CUDARUNTIME_H
#define TESSERA_RUNTIME_SIMULATOR_CUDARUNTIME_H

#include "runtime/simulator/DriverApiFunctions.h"

#define TESSERA_CUDA_RUNTIME extern "C" __attribute__((visibility("default")))

// X(name, value, text)
#define TESSERA_CUDA_RUNTIME_ERRORS(X)                                                                                 \
  X(cudaSuccess, 0, "no error")                                                                                        \
  X(cudaErrorInvalidValue, 1, "invalid argument")                                                                      \
  X(cudaErrorMemoryAllocation, 2, "out of memory")                                                                     \
  X(cudaErrorInitializationError, 3, "initialization error")                                                           \
  X(cudaErrorCudartUnloading, 4, "driver shutting down")                                                               \
  X(cudaErrorProfilerDisabled, 5, "profiler disabled while using external profiling tool")                             \
  X(cudaErrorProfilerNotInitialized, 6, "profiler not initialized: call cudaProfilerInitialize()")                     \
  X(cudaErrorProfilerAlreadyStarted, 7, "profiler already started")                                                    \
  X(cudaErrorProfilerAlreadyStopped, 8, "profiler already stopped")                                                    \
  X(cudaErrorInvalidConfiguration, 9, "invalid configuration argument")                                                \
  X(cudaErrorInvalidPitchValue, 12, "invalid pitch argument")                                                          \
  X(cudaErrorInvalidSymbol, 13, "invalid device symbol")                                                               \
  X(cudaErrorInvalidHostPointer, 16, "invalid host pointer")                                                           \
  X(cudaErrorInvalidDevicePointer, 17, "invalid device pointer")                                                       \
  X(cudaErrorInvalidMemcpyDirection, 21, "invalid copy direction for memcpy")                                          \
  X(cudaErrorNotYetImplemented, 31, "feature not yet implemented")                                                     \
  X(cudaErrorStubLibrary, 34, "the loaded driver library is a stub")                                                   \
  X(cudaErrorInsufficientDriver, 35, "CUDA driver version is insufficient for CUDA runtime version")                   \
  X(cudaErrorCallRequiresNewerDriver, 36, "API call is not supported in the installed CUDA driver")                    \
  X(cudaErrorDevicesUnavailable, 46, "the device is busy or unavailable")                                              \
  X(cudaErrorIncompatibleDriverContext, 49, "incompatible driver context")                                             \
  X(cudaErrorMissingConfiguration, 52, "__global__ function call is not configured")                                   \
  X(cudaErrorPriorLaunchFailure, 53, "unspecified launch failure in prior launch")                                     \
  X(cudaErrorInvalidDeviceFunction, 98, "invalid device function")                                                     \
  X(cudaErrorNoDevice, 100, "no CUDA-capable device is detected")                                                      \
  X(cudaErrorInvalidDevice, 101, "invalid device ordinal")                                                             \
  X(cudaErrorDeviceNotLicensed, 102, "device doesn't have valid Grid license")                                         \
  X(cudaErrorStartupFailure, 127, "startup failure in cuda runtime")                                                   \
  X(cudaErrorInvalidKernelImage, 200, "device kernel image is invalid")                                                \
  X(cudaErrorDeviceUninitialized, 201, "invalid device context")                                                       \
  X(cudaErrorMapBufferObjectFailed, 205, "mapping of buffer object failed")                                            \
  X(cudaErrorUnmapBufferObjectFailed, 206, "unmapping of buffer object failed")                                        \
  X(cudaErrorArrayIsMapped, 207, "array is mapped")                                                                    \
  X(cudaErrorAlreadyMapped, 208, "resource already mapped")                                                            \
  X(cudaErrorNoKernelImageForDevice, 209, "no kernel image is available for execution on the device")                  \
  X(cudaErrorAlreadyAcquired, 210, "resource already acquired")                                                        \
  X(cudaErrorNotMapped, 211, "resource not mapped")                                                                    \
  X(cudaErrorNotMappedAsArray, 212, "resource not mapped as array")                                                    \
  X(cudaErrorNotMappedAsPointer, 213, "resource not mapped as pointer")                                                \
  X(cudaErrorECCUncorrectable, 214, "uncorrectable ECC error encountered")                                             \
  X(cudaErrorUnsupportedLimit, 215, "limit is not supported on this architecture")                                     \
  X(cudaErrorDeviceAlreadyInUse, 216, "exclusive-thread device already in use by a different thread")                  \
  X(cudaErrorPeerAccessUnsupported, 217, "peer access is not supported between these two devices")                     \
  X(cudaErrorInvalidPtx, 218, "a PTX JIT compilation failed")                                                          \
  X(cudaErrorInvalidGraphicsContext, 219, "invalid OpenGL or DirectX context")                                         \
  X(cudaErrorNvlinkUncorrectable, 220, "uncorrectable NVLink error detected during the execution")                     \
  X(cudaErrorJitCompilerNotFound, 221, "PTX JIT compiler library not found")                                           \
  X(cudaErrorUnsupportedPtxVersion, 222, "the provided PTX was compiled with an unsupported toolchain")                \
  X(cudaErrorJitCompilationDisabled, 223, "PTX JIT compilation was disabled")                                          \
  X(cudaErrorUnsupportedExecAffinity, 224, "the provided execution affinity is not supported")                         \
  X(cudaErrorUnsupportedDevSideSync, 225, "the provided PTX contains unsupported call to cudaDeviceSynchronize")       \
  X(cudaErrorContained, 226, "Invalid access of peer GPU memory over nvlink or a hardware error")                      \
  X(cudaErrorInvalidSource, 300, "device kernel image is invalid")                                                     \
  X(cudaErrorFileNotFound, 301, "file not found")                                                                      \
  X(cudaErrorSharedObjectSymbolNotFound, 302, "shared object symbol not found")                                        \
  X(cudaErrorSharedObjectInitFailed, 303, "shared object initialization failed")                                       \
  X(cudaErrorOperatingSystem, 304, "an operating system call failed")                                                  \
  X(cudaErrorInvalidResourceHandle, 400, "invalid resource handle")                                                    \
  X(cudaErrorIllegalState, 401, "the operation cannot be performed in the present state")                              \
  X(cudaErrorLossyQuery, 402, "attempted introspection would be semantically lossy")                                   \
  X(cudaErrorSymbolNotFound, 500, "named symbol not found")                                                            \
  X(cudaErrorNotReady, 600, "device not ready")                                                                        \
  X(cudaErrorIllegalAddress, 700, "an illegal memory access was encountered")                                          \
  X(cudaErrorLaunchOutOfResources, 701, "too many resources requested for launch")                                     \
  X(cudaErrorLaunchTimeout, 702, "the launch timed out and was terminated")                                            \
  X(cudaErrorLaunchIncompatibleTexturing, 703, "launch uses incompatible texturing mode")                              \
  X(cudaErrorPeerAccessAlreadyEnabled, 704, "peer access is already enabled")                                          \
  X(cudaErrorPeerAccessNotEnabled, 705, "peer access has not been enabled")                                            \
  X(cudaErrorSetOnActiveProcess, 708, "cannot set while device is active in this process")                             \
  X(cudaErrorContextIsDestroyed, 709, "context is destroyed")                                                          \
  X(cudaErrorAssert, 710, "device-side assert triggered")                                                              \
  X(cudaErrorTooManyPeers, 711, "peer mapping resources exhausted")                                                    \
  X(cudaErrorHostMemoryAlreadyRegistered, 712, "part or all of the requested memory range is already mapped")          \
  X(cudaErrorHostMemoryNotRegistered, 713, "pointer does not correspond to a registered memory region")                \
  X(cudaErrorHardwareStackError, 714, "hardware stack error")                                                          \
  X(cudaErrorIllegalInstruction, 715, "an illegal instruction was encountered")                                        \
  X(cudaErrorMisalignedAddress, 716, "misaligned address")                                                             \
  X(cudaErrorInvalidAddressSpace, 717, "operation not supported on global/shared address space")                       \
  X(cudaErrorInvalidPc, 718, "invalid program counter")                                                                \
  X(cudaErrorLaunchFailure, 719, "unspecified launch failure")                                                         \
  X(cudaErrorCooperativeLaunchTooLarge, 720, "too many blocks in cooperative launch")                                  \
  X(cudaErrorTensorMemoryLeak, 721, "tensor memory not completely freed")                                              \
  X(cudaErrorNotPermitted, 800, "operation not permitted")                                                             \
  X(cudaErrorNotSupported, 801, "operation not supported")                                                             \
  X(cudaErrorSystemNotReady, 802, "system not yet initialized")                                                        \
  X(cudaErrorSystemDriverMismatch, 803, "system has unsupported display driver / cuda driver combination")             \
  X(cudaErrorCompatNotSupportedOnDevice, 804, "forward compatibility was attempted on non supported HW")               \
  X(cudaErrorMpsConnectionFailed, 805, "MPS client failed to connect to the MPS control daemon or the MPS server")     \
  X(cudaErrorMpsRpcFailure, 806, "the remote procedural call between the MPS server and the MPS client failed")        \
  X(cudaErrorMpsServerNotReady, 807, "MPS server is not ready to accept new MPS client requests")                      \
  X(cudaErrorMpsMaxClientsReached, 808, "the hardware resources required to create MPS client have been exhausted")    \
  X(cudaErrorMpsMaxConnectionsReached, 809,                                                                            \
    "the hardware resources required to support device connections have been exhausted")                               \
  X(cudaErrorMpsClientTerminated, 810, "the MPS client has been terminated by the server")                             \
  X(cudaErrorCdpNotSupported, 811,                                                                                     \
    "is using CUDA Dynamic Parallelism, but the current configuration does not support it")                            \
  X(cudaErrorCdpVersionMismatch, 812,                                                                                  \
    "unsupported interaction between different versions of CUDA Dynamic Parallelism")                                  \
  X(cudaErrorStreamCaptureUnsupported, 900, "operation not permitted when stream is capturing")                        \
  X(cudaErrorStreamCaptureInvalidated, 901, "operation failed due to a previous error during capture")                 \
  X(cudaErrorStreamCaptureMerge, 902, "operation would result in a merge of separate capture sequences")               \
  X(cudaErrorStreamCaptureUnmatched, 903, "capture was not ended in the same stream as it began")                      \
  X(cudaErrorStreamCaptureUnjoined, 904, "capturing stream has unjoined work")                                         \
  X(cudaErrorStreamCaptureIsolation, 905, "dependency created on uncaptured work in another stream")                   \
  X(cudaErrorStreamCaptureImplicit, 906,                                                                               \
    "operation would make the legacy stream depend on a capturing blocking stream")                                    \
  X(cudaErrorCapturedEvent, 907, "operation not permitted on an event last recorded in a capturing stream")            \
  X(cudaErrorStreamCaptureWrongThread, 908,                                                                            \
    "attempt to terminate a thread-local capture sequence from another thread")                                        \
  X(cudaErrorTimeout, 909, "wait operation timed out")                                                                 \
  X(cudaErrorGraphExecUpdateFailure, 910,                                                                              \
    "the graph update was not performed because it included changes which violated constraints")                       \
  X(cudaErrorExternalDevice, 911, "an async error has occurred in external entity outside of CUDA")                    \
  X(cudaErrorInvalidClusterSize, 912, "invalid cluster size")                                                          \
  X(cudaErrorFunctionNotLoaded, 913, "requested function handle is not loaded in the current context")                 \
  X(cudaErrorInvalidResourceType, 914, "invalid resource type")                                                        \
  X(cudaErrorInvalidResourceConfiguration, 915, "invalid resource configuration")                                      \
  X(cudaErrorUnknown, 999, "unknown error")

namespace tessera::cuda {
extern "C" {
#define TESSERA_DECLARE_IMPORT(symbol, parameters) CUresult symbol parameters;
TESSERA_CUDA_FUNCTIONS(TESSERA_DECLARE_IMPORT)
TESSERA_SIMULATED_FUNCTIONS(TESSERA_DECLARE_IMPORT)
#undef TESSERA_DECLARE_IMPORT
}
} // namespace tessera::cuda

namespace tessera::cudart {

using namespace tessera::cuda; // every name here stands for one of there

#define TESSERA_ENUMERATOR(name, value, text) name = value,
enum cudaError_t : unsigned { TESSERA_CUDA_RUNTIME_ERRORS(TESSERA_ENUMERATOR) };
#undef TESSERA_ENUMERATOR

enum cudaMemcpyKind : unsigned {
  cudaMemcpyHostToHost = 0,
  cudaMemcpyHostToDevice = 1,
  cudaMemcpyDeviceToHost = 2,
  cudaMemcpyDeviceToDevice = 3,
  cudaMemcpyDefault = 4
};

struct dim3 {
  unsigned x, y, z;
};

struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  std::size_t dynamicSmemBytes;
  CUstream stream;
  CUlaunchAttribute *attrs;
  unsigned numAttrs;
};

struct cudaFuncAttributes {
  std::size_t sharedSizeBytes, constSizeBytes, localSizeBytes;
  int maxThreadsPerBlock, numRegs, ptxVersion, binaryVersion, cacheModeCA, maxDynamicSharedSizeBytes;
  int preferredShmemCarveout, clusterDimMustBeSet, requiredClusterWidth, requiredClusterHeight, requiredClusterDepth;
  int clusterSchedulingPolicyPreference, nonPortableClusterSizeAllowed;
  int reserved[16];
};

struct cudaPointerAttributes {
  unsigned type; ///< 0 unknown, 1 host, 2 device, 3 managed
  int device;
  void *devicePointer, *hostPointer;
  long reserved[8];
};

struct cudaExtent {
  std::size_t width, height, depth;
};
struct cudaPos {
  std::size_t x, y, z;
};
struct cudaPitchedPtr {
  void *ptr;
  std::size_t pitch, xsize, ysize;
};
struct cudaMemcpy3DParms {
  CUarray srcArray;
  cudaPos srcPos;
  cudaPitchedPtr srcPtr;
  CUarray dstArray;
  cudaPos dstPos;
  cudaPitchedPtr dstPtr;
  cudaExtent extent;
  cudaMemcpyKind kind;
};

/// As of CUDA 13.
struct cudaDeviceProp {
  char name[256];
  CUuuid uuid;
  char luid[8];
  unsigned luidDeviceNodeMask;
  std::size_t totalGlobalMem, sharedMemPerBlock;
  int regsPerBlock, warpSize;
  std::size_t memPitch;
  int maxThreadsPerBlock, maxThreadsDim[3], maxGridSize[3];
  std::size_t totalConstMem;
  int major, minor;
  std::size_t textureAlignment, texturePitchAlignment;
  int multiProcessorCount, integrated, canMapHostMemory;
  int texturesAndSurfaces[39]; ///< sizes, all 0
  std::size_t surfaceAlignment;
  int concurrentKernels, ECCEnabled, pciBusID, pciDeviceID, pciDomainID, tccDriver, asyncEngineCount;
  int unifiedAddressing, memoryBusWidth, l2CacheSize, persistingL2CacheMaxSize, maxThreadsPerMultiProcessor;
  int streamPrioritiesSupported, globalL1CacheSupported, localL1CacheSupported;
  std::size_t sharedMemPerMultiprocessor;
  int regsPerMultiprocessor, managedMemory, isMultiGpuBoard, multiGpuBoardGroupID, hostNativeAtomicSupported;
  int pageableMemoryAccess, concurrentManagedAccess, computePreemptionSupported, canUseHostPointerForRegisteredMem;
  int cooperativeLaunch;
  std::size_t sharedMemPerBlockOptin;
  int pageableMemoryAccessUsesHostPageTables, directManagedMemAccessFromHost, maxBlocksPerMultiProcessor;
  int accessPolicyMaxWindowSize;
  std::size_t reservedSharedMemPerBlock;
  int hostRegisterSupported, sparseCudaArraySupported, hostRegisterReadOnlySupported;
  int timelineSemaphoreInteropSupported, memoryPoolsSupported, gpuDirectRDMASupported;
  unsigned gpuDirectRDMAFlushWritesOptions;
  int gpuDirectRDMAWritesOrdering;
  unsigned memoryPoolSupportedHandleTypes;
  int deferredMappingCudaArraySupported, ipcEventSupported, clusterLaunch, unifiedFunctionPointers;
  int deviceNumaConfig, deviceNumaId, mpsEnabled, hostNumaId;
  unsigned gpuPciDeviceID, gpuPciSubsystemID;
  int hostNumaMultinodeIpcSupported;
  int reserved[56];
};

/// Keeps a result as this thread's last error and returns it.
cudaError_t keep(cudaError_t error);
inline cudaError_t keep(CUresult result) { return keep(cudaError_t(unsigned(result))); }
/// Starts the driver and makes the context of the thread's device current, unless the thread has one.
CUresult enter();
/// How most functions are: a call of the Driver API with a context current.
template <typename Call> cudaError_t with(Call call) {
  CUresult result = enter();
  if (result == CUDA_SUCCESS)
    result = call();
  return keep(result);
}

inline CUdeviceptr addressOf(const void *pointer) { return reinterpret_cast<CUdeviceptr>(pointer); }

/// The function behind what programs name a kernel by: the address of the host's stub, or a kernel handle.
cudaError_t functionOf(const void *kernel, CUfunction &function);
/// Address and size of a variable on the current device, by the address of the host's shadow of it.
cudaError_t symbolOf(const void *symbol, CUdeviceptr &address, std::size_t &bytes);

} // namespace tessera::cudart

#endif // TESSERA_RUNTIME_SIMULATOR_CUDARUNTIME_H
