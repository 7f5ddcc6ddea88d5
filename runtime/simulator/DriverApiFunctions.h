// The functions of the CUDA Driver API that the simulator exports and this project's own runtime has no use for, once:
// X(symbol, parameters). `symbol` is the exported name, with its version suffix.
//
//   TESSERA_SIMULATED_FUNCTIONS   answered
//   TESSERA_REFUSED_FUNCTIONS     X(symbol): there so that programs load, and refused with CUDA_ERROR_NOT_SUPPORTED
//                                 and a text that names the call: arrays, textures, graphics, sharing between
//                                 processes, ...
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_SIMULATOR_DRIVERAPIFUNCTIONS_H
#define TESSERA_RUNTIME_SIMULATOR_DRIVERAPIFUNCTIONS_H

#include "runtime/simulator/DriverApiTypes.h"

// What cuda.h of CUDA 13 declares.
#define TESSERA_SIMULATED_FUNCTIONS_CURRENT(X)                                                                         \
  X(cuDeviceGetP2PAttribute, (int *value, unsigned attribute, CUdevice device, CUdevice peer))                         \
  X(cuDeviceGetProperties, (CUdevprop * properties, CUdevice device))                                                  \
  X(cuDeviceGetLuid, (char *luid, unsigned *mask, CUdevice device))                                                    \
  X(cuDeviceGetExecAffinitySupport, (int *supported, unsigned type, CUdevice device))                                  \
  X(cuDeviceGetDefaultMemPool, (CUmemoryPool * pool, CUdevice device))                                                 \
  X(cuDeviceGetMemPool, (CUmemoryPool * pool, CUdevice device))                                                        \
  X(cuDeviceSetMemPool, (CUdevice device, CUmemoryPool pool))                                                          \
  X(cuDeviceGetGraphMemAttribute, (CUdevice device, unsigned attribute, void *value))                                  \
  X(cuDeviceSetGraphMemAttribute, (CUdevice device, unsigned attribute, void *value))                                  \
  X(cuDeviceGraphMemTrim, (CUdevice device))                                                                           \
  X(cuFlushGPUDirectRDMAWrites, (unsigned target, unsigned scope))                                                     \
  X(cuCtxAttach, (CUcontext * context, unsigned flags))                                                                \
  X(cuCtxDetach, (CUcontext context))                                                                                  \
  X(cuCtxGetDevice_v2, (CUdevice * device, CUcontext context))                                                         \
  X(cuCtxGetId, (CUcontext context, unsigned long long *id))                                                           \
  X(cuCtxSetFlags, (unsigned flags))                                                                                   \
  X(cuCtxSynchronize_v2, (CUcontext context))                                                                          \
  X(cuCtxGetSharedMemConfig, (unsigned *config))                                                                       \
  X(cuCtxSetSharedMemConfig, (unsigned config))                                                                        \
  X(cuCtxResetPersistingL2Cache, (void))                                                                               \
  X(cuCtxEnablePeerAccess, (CUcontext peer, unsigned flags))                                                           \
  X(cuCtxDisablePeerAccess, (CUcontext peer))                                                                          \
  X(cuCtxRecordEvent, (CUcontext context, CUevent event))                                                              \
  X(cuCtxWaitEvent, (CUcontext context, CUevent event))                                                                \
  X(cuMemcpyPeer, (CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext, std::size_t bytes))   \
  X(cuMemcpyPeerAsync, (CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext,                  \
                        std::size_t bytes, CUstream stream))                                                           \
  X(cuMemcpy2D_v2, (const CUDA_MEMCPY2D *copy))                                                                        \
  X(cuMemcpy2DUnaligned_v2, (const CUDA_MEMCPY2D *copy))                                                               \
  X(cuMemcpy2DAsync_v2, (const CUDA_MEMCPY2D *copy, CUstream stream))                                                  \
  X(cuMemcpy3D_v2, (const CUDA_MEMCPY3D *copy))                                                                        \
  X(cuMemcpy3DAsync_v2, (const CUDA_MEMCPY3D *copy, CUstream stream))                                                  \
  X(cuMemcpy3DPeer, (const CUDA_MEMCPY3D *copy))                                                                       \
  X(cuMemcpy3DPeerAsync, (const CUDA_MEMCPY3D *copy, CUstream stream))                                                 \
  X(cuMemsetD2D8_v2, (CUdeviceptr to, std::size_t pitch, unsigned char value, std::size_t width, std::size_t height))  \
  X(cuMemsetD2D16_v2,                                                                                                  \
    (CUdeviceptr to, std::size_t pitch, unsigned short value, std::size_t width, std::size_t height))                  \
  X(cuMemsetD2D32_v2, (CUdeviceptr to, std::size_t pitch, unsigned value, std::size_t width, std::size_t height))      \
  X(cuMemsetD2D8Async,                                                                                                 \
    (CUdeviceptr to, std::size_t pitch, unsigned char value, std::size_t width, std::size_t height, CUstream stream))  \
  X(cuMemsetD2D16Async,                                                                                                \
    (CUdeviceptr to, std::size_t pitch, unsigned short value, std::size_t width, std::size_t height, CUstream stream)) \
  X(cuMemsetD2D32Async,                                                                                                \
    (CUdeviceptr to, std::size_t pitch, unsigned value, std::size_t width, std::size_t height, CUstream stream))       \
  X(cuMemAdvise_v2, (CUdeviceptr pointer, std::size_t bytes, unsigned advice, CUmemLocation location))                 \
  X(cuMemPrefetchAsync_v2,                                                                                             \
    (CUdeviceptr pointer, std::size_t bytes, CUmemLocation location, unsigned flags, CUstream stream))                 \
  X(cuMemRangeGetAttribute,                                                                                            \
    (void *data, std::size_t dataBytes, unsigned attribute, CUdeviceptr pointer, std::size_t bytes))                   \
  X(cuMemRangeGetAttributes, (void **data, std::size_t *dataBytes, unsigned *attributes, std::size_t count,            \
                              CUdeviceptr pointer, std::size_t bytes))                                                 \
  X(cuPointerSetAttribute, (const void *value, CUpointer_attribute attribute, CUdeviceptr pointer))                    \
  X(cuMemAllocFromPoolAsync, (CUdeviceptr * pointer, std::size_t bytes, CUmemoryPool pool, CUstream stream))           \
  X(cuMemPoolCreate, (CUmemoryPool * pool, const CUmemPoolProps *properties))                                          \
  X(cuMemPoolDestroy, (CUmemoryPool pool))                                                                             \
  X(cuMemPoolTrimTo, (CUmemoryPool pool, std::size_t bytesToKeep))                                                     \
  X(cuMemPoolSetAttribute, (CUmemoryPool pool, CUmemPool_attribute attribute, void *value))                            \
  X(cuMemPoolGetAttribute, (CUmemoryPool pool, CUmemPool_attribute attribute, void *value))                            \
  X(cuMemPoolSetAccess, (CUmemoryPool pool, const CUmemAccessDesc *access, std::size_t count))                         \
  X(cuMemPoolGetAccess, (unsigned *flags, CUmemoryPool pool, CUmemLocation *location))                                 \
  X(cuMemAddressReserve,                                                                                               \
    (CUdeviceptr * pointer, std::size_t size, std::size_t alignment, CUdeviceptr wish, unsigned long long flags))      \
  X(cuMemAddressFree, (CUdeviceptr pointer, std::size_t size))                                                         \
  X(cuMemCreate, (CUmemGenericAllocationHandle * handle, std::size_t size, const CUmemAllocationProp *properties,      \
                  unsigned long long flags))                                                                           \
  X(cuMemRelease, (CUmemGenericAllocationHandle handle))                                                               \
  X(cuMemMap, (CUdeviceptr pointer, std::size_t size, std::size_t offset, CUmemGenericAllocationHandle handle,         \
               unsigned long long flags))                                                                              \
  X(cuMemUnmap, (CUdeviceptr pointer, std::size_t size))                                                               \
  X(cuMemSetAccess, (CUdeviceptr pointer, std::size_t size, const CUmemAccessDesc *access, std::size_t count))         \
  X(cuMemGetAccess, (unsigned long long *flags, const CUmemLocation *location, CUdeviceptr pointer))                   \
  X(cuMemGetAllocationGranularity, (std::size_t *granularity, const CUmemAllocationProp *properties, unsigned option)) \
  X(cuMemGetAllocationPropertiesFromHandle, (CUmemAllocationProp * properties, CUmemGenericAllocationHandle handle))   \
  X(cuMemRetainAllocationHandle, (CUmemGenericAllocationHandle * handle, void *address))                               \
  X(cuLinkCreate_v2, (unsigned count, CUjit_option *options, void **values, CUlinkState *state))                       \
  X(cuLinkAddData_v2, (CUlinkState state, unsigned type, void *data, std::size_t size, const char *name,               \
                       unsigned count, CUjit_option *options, void **values))                                          \
  X(cuLinkAddFile_v2,                                                                                                  \
    (CUlinkState state, unsigned type, const char *path, unsigned count, CUjit_option *options, void **values))        \
  X(cuLinkComplete, (CUlinkState state, void **image, std::size_t *size))                                              \
  X(cuLinkDestroy, (CUlinkState state))                                                                                \
  X(cuFuncLoad, (CUfunction function))                                                                                 \
  X(cuFuncIsLoaded, (unsigned *state, CUfunction function))                                                            \
  X(cuFuncSetSharedMemConfig, (CUfunction function, unsigned config))                                                  \
  X(cuLibraryLoadData, (CUlibrary * library, const void *image, CUjit_option *options, void **values, unsigned count,  \
                        unsigned *libraryOptions, void **libraryValues, unsigned libraryCount))                        \
  X(cuLibraryLoadFromFile, (CUlibrary * library, const char *path, CUjit_option *options, void **values,               \
                            unsigned count, unsigned *libraryOptions, void **libraryValues, unsigned libraryCount))    \
  X(cuLibraryUnload, (CUlibrary library))                                                                              \
  X(cuLibraryGetKernel, (CUkernel * kernel, CUlibrary library, const char *name))                                      \
  X(cuLibraryGetKernelCount, (unsigned *count, CUlibrary library))                                                     \
  X(cuLibraryEnumerateKernels, (CUkernel * kernels, unsigned count, CUlibrary library))                                \
  X(cuLibraryGetModule, (CUmodule * module, CUlibrary library))                                                        \
  X(cuLibraryGetGlobal, (CUdeviceptr * pointer, std::size_t *bytes, CUlibrary library, const char *name))              \
  X(cuLibraryGetManaged, (CUdeviceptr * pointer, std::size_t *bytes, CUlibrary library, const char *name))             \
  X(cuLibraryGetUnifiedFunction, (void **function, CUlibrary library, const char *symbol))                             \
  X(cuKernelGetFunction, (CUfunction * function, CUkernel kernel))                                                     \
  X(cuKernelGetLibrary, (CUlibrary * library, CUkernel kernel))                                                        \
  X(cuKernelGetName, (const char **name, CUkernel kernel))                                                             \
  X(cuKernelGetParamInfo, (CUkernel kernel, std::size_t index, std::size_t *offset, std::size_t *size))                \
  X(cuKernelGetAttribute, (int *value, CUfunction_attribute attribute, CUkernel kernel, CUdevice device))              \
  X(cuKernelSetAttribute, (CUfunction_attribute attribute, int value, CUkernel kernel, CUdevice device))               \
  X(cuKernelSetCacheConfig, (CUkernel kernel, CUfunc_cache config, CUdevice device))                                   \
  X(cuStreamGetId, (CUstream stream, unsigned long long *id))                                                          \
  X(cuStreamGetDevice, (CUstream stream, CUdevice * device))                                                           \
  X(cuStreamGetCtx_v2, (CUstream stream, CUcontext * context, void **greenContext))                                    \
  X(cuStreamCopyAttributes, (CUstream to, CUstream from))                                                              \
  X(cuStreamGetAttribute, (CUstream stream, CUlaunchAttributeID attribute, CUlaunchAttributeValue * value))            \
  X(cuStreamSetAttribute, (CUstream stream, CUlaunchAttributeID attribute, const CUlaunchAttributeValue *value))       \
  X(cuStreamAttachMemAsync, (CUstream stream, CUdeviceptr pointer, std::size_t bytes, unsigned flags))                 \
  X(cuStreamWaitValue32_v2, (CUstream stream, CUdeviceptr address, std::uint32_t value, unsigned flags))               \
  X(cuStreamWaitValue64_v2, (CUstream stream, CUdeviceptr address, std::uint64_t value, unsigned flags))               \
  X(cuStreamWriteValue32_v2, (CUstream stream, CUdeviceptr address, std::uint32_t value, unsigned flags))              \
  X(cuStreamWriteValue64_v2, (CUstream stream, CUdeviceptr address, std::uint64_t value, unsigned flags))              \
  X(cuStreamBatchMemOp_v2, (CUstream stream, unsigned count, CUstreamBatchMemOpParams *operations, unsigned flags))    \
  X(cuOccupancyMaxPotentialBlockSizeWithFlags,                                                                         \
    (int *minGrid, int *blockSize, CUfunction function, CUoccupancyB2DSize sharedOfBlock, std::size_t sharedBytes,     \
     int limit, unsigned flags))                                                                                       \
  X(cuOccupancyMaxPotentialClusterSize, (int *size, CUfunction function, const CUlaunchConfig *config))                \
  X(cuOccupancyMaxActiveClusters, (int *count, CUfunction function, const CUlaunchConfig *config))                     \
  X(cuProfilerStart, (void))                                                                                           \
  X(cuProfilerStop, (void))                                                                                            \
  X(cuStreamBeginCapture_v2, (CUstream stream, unsigned mode))                                                         \
  X(cuStreamEndCapture, (CUstream stream, CUgraph * graph))                                                            \
  X(cuStreamGetCaptureInfo_v3, (CUstream stream, CUstreamCaptureStatus * status, std::uint64_t *id, CUgraph *graph,    \
                                const CUgraphNode **dependencies, const void **edges, std::size_t *count))             \
  X(cuTensorMapReplaceAddress, (void *map, void *address))                                                             \
  X(cuThreadExchangeStreamCaptureMode, (unsigned *mode))                                                               \
  X(cuGraphCreate, (CUgraph * graph, unsigned flags))                                                                  \
  X(cuGraphDestroy, (CUgraph graph))                                                                                   \
  X(cuGraphClone, (CUgraph * clone, CUgraph original))                                                                 \
  X(cuGraphAddKernelNode_v2, (CUgraphNode * node, CUgraph graph, const CUgraphNode *dependencies, std::size_t count,   \
                              const CUDA_KERNEL_NODE_PARAMS *parameters))                                              \
  X(cuGraphAddMemcpyNode, (CUgraphNode * node, CUgraph graph, const CUgraphNode *dependencies, std::size_t count,      \
                           const CUDA_MEMCPY3D *copy, CUcontext context))                                              \
  X(cuGraphAddMemsetNode, (CUgraphNode * node, CUgraph graph, const CUgraphNode *dependencies, std::size_t count,      \
                           const CUDA_MEMSET_NODE_PARAMS *parameters, CUcontext context))                              \
  X(cuGraphAddHostNode, (CUgraphNode * node, CUgraph graph, const CUgraphNode *dependencies, std::size_t count,        \
                         const CUDA_HOST_NODE_PARAMS *parameters))                                                     \
  X(cuGraphAddEmptyNode, (CUgraphNode * node, CUgraph graph, const CUgraphNode *dependencies, std::size_t count))      \
  X(cuGraphAddChildGraphNode,                                                                                          \
    (CUgraphNode * node, CUgraph graph, const CUgraphNode *dependencies, std::size_t count, CUgraph child))            \
  X(cuGraphDestroyNode, (CUgraphNode node))                                                                            \
  X(cuGraphGetNodes, (CUgraph graph, CUgraphNode * nodes, std::size_t *count))                                         \
  X(cuGraphGetRootNodes, (CUgraph graph, CUgraphNode * nodes, std::size_t *count))                                     \
  X(cuGraphNodeGetType, (CUgraphNode node, CUgraphNodeType * type))                                                    \
  X(cuGraphInstantiateWithFlags, (CUgraphExec * exec, CUgraph graph, unsigned long long flags))                        \
  X(cuGraphInstantiateWithParams, (CUgraphExec * exec, CUgraph graph, CUDA_GRAPH_INSTANTIATE_PARAMS * parameters))     \
  X(cuGraphUpload, (CUgraphExec exec, CUstream stream))                                                                \
  X(cuGraphLaunch, (CUgraphExec exec, CUstream stream))                                                                \
  X(cuGraphExecDestroy, (CUgraphExec exec))                                                                            \
  X(cuGraphExecGetFlags, (CUgraphExec exec, std::uint64_t *flags))                                                     \
  X(cuGraphAddDependencies_v2,                                                                                         \
    (CUgraph graph, const CUgraphNode *from, const CUgraphNode *to, const void *edges, std::size_t count))             \
  X(cuGraphGetEdges_v2, (CUgraph graph, CUgraphNode * from, CUgraphNode * to, void *edges, std::size_t *count))        \
  X(cuGraphNodeGetDependencies_v2, (CUgraphNode node, CUgraphNode * dependencies, void *edges, std::size_t *count))

// Forms of earlier versions that programs built with those still ask for.
#define TESSERA_SIMULATED_FUNCTIONS_FORMER(X)                                                                          \
  X(cuCtxCreate_v3, (CUcontext * context, void *affinity, int count, unsigned flags, CUdevice device))                 \
  X(cuStreamGetCaptureInfo_v2, (CUstream stream, CUstreamCaptureStatus * status, std::uint64_t *id, CUgraph *graph,    \
                                const CUgraphNode **dependencies, std::size_t *count))                                 \
  X(cuGraphInstantiate_v2,                                                                                             \
    (CUgraphExec * exec, CUgraph graph, CUgraphNode * errorNode, char *log, std::size_t logBytes))                     \
  X(cuMemAdvise, (CUdeviceptr pointer, std::size_t bytes, unsigned advice, CUdevice device))                           \
  X(cuMemPrefetchAsync, (CUdeviceptr pointer, std::size_t bytes, CUdevice device, CUstream stream))                    \
  X(cuGraphAddDependencies, (CUgraph graph, const CUgraphNode *from, const CUgraphNode *to, std::size_t count))        \
  X(cuGraphGetEdges, (CUgraph graph, CUgraphNode * from, CUgraphNode * to, std::size_t *count))                        \
  X(cuGraphNodeGetDependencies, (CUgraphNode node, CUgraphNode * dependencies, std::size_t *count))

#define TESSERA_SIMULATED_FUNCTIONS(X)                                                                                 \
  TESSERA_SIMULATED_FUNCTIONS_CURRENT(X)                                                                               \
  TESSERA_SIMULATED_FUNCTIONS_FORMER(X)

#define TESSERA_REFUSED_FUNCTIONS(X)                                                                                   \
  X(cuArray3DCreate_v2)                                                                                                \
  X(cuArray3DGetDescriptor_v2)                                                                                         \
  X(cuArrayCreate_v2)                                                                                                  \
  X(cuArrayDestroy)                                                                                                    \
  X(cuArrayGetDescriptor_v2)                                                                                           \
  X(cuArrayGetMemoryRequirements)                                                                                      \
  X(cuArrayGetPlane)                                                                                                   \
  X(cuArrayGetSparseProperties)                                                                                        \
  X(cuCheckpointProcessCheckpoint)                                                                                     \
  X(cuCheckpointProcessGetRestoreThreadId)                                                                             \
  X(cuCheckpointProcessGetState)                                                                                       \
  X(cuCheckpointProcessLock)                                                                                           \
  X(cuCheckpointProcessRestore)                                                                                        \
  X(cuCheckpointProcessUnlock)                                                                                         \
  X(cuCoredumpGetAttribute)                                                                                            \
  X(cuCoredumpGetAttributeGlobal)                                                                                      \
  X(cuCoredumpSetAttribute)                                                                                            \
  X(cuCoredumpSetAttributeGlobal)                                                                                      \
  X(cuCtxFromGreenCtx)                                                                                                 \
  X(cuCtxGetDevResource)                                                                                               \
  X(cuCtxGetExecAffinity)                                                                                              \
  X(cuDestroyExternalMemory)                                                                                           \
  X(cuDestroyExternalSemaphore)                                                                                        \
  X(cuDevResourceGenerateDesc)                                                                                         \
  X(cuDevSmResourceSplitByCount)                                                                                       \
  X(cuDeviceGetDevResource)                                                                                            \
  X(cuDeviceGetHostAtomicCapabilities)                                                                                 \
  X(cuDeviceGetNvSciSyncAttributes)                                                                                    \
  X(cuDeviceGetP2PAtomicCapabilities)                                                                                  \
  X(cuDeviceGetTexture1DLinearMaxWidth)                                                                                \
  X(cuDeviceRegisterAsyncNotification)                                                                                 \
  X(cuDeviceUnregisterAsyncNotification)                                                                               \
  X(cuExternalMemoryGetMappedBuffer)                                                                                   \
  X(cuExternalMemoryGetMappedMipmappedArray)                                                                           \
  X(cuFuncSetBlockShape)                                                                                               \
  X(cuFuncSetSharedSize)                                                                                               \
  X(cuGraphAddBatchMemOpNode)                                                                                          \
  X(cuGraphAddEventRecordNode)                                                                                         \
  X(cuGraphAddEventWaitNode)                                                                                           \
  X(cuGraphAddExternalSemaphoresSignalNode)                                                                            \
  X(cuGraphAddExternalSemaphoresWaitNode)                                                                              \
  X(cuGraphAddMemAllocNode)                                                                                            \
  X(cuGraphAddMemFreeNode)                                                                                             \
  X(cuGraphAddNode_v2)                                                                                                 \
  X(cuGraphBatchMemOpNodeGetParams)                                                                                    \
  X(cuGraphBatchMemOpNodeSetParams)                                                                                    \
  X(cuGraphChildGraphNodeGetGraph)                                                                                     \
  X(cuGraphConditionalHandleCreate)                                                                                    \
  X(cuGraphDebugDotPrint)                                                                                              \
  X(cuGraphEventRecordNodeGetEvent)                                                                                    \
  X(cuGraphEventRecordNodeSetEvent)                                                                                    \
  X(cuGraphEventWaitNodeGetEvent)                                                                                      \
  X(cuGraphEventWaitNodeSetEvent)                                                                                      \
  X(cuGraphExecBatchMemOpNodeSetParams)                                                                                \
  X(cuGraphExecChildGraphNodeSetParams)                                                                                \
  X(cuGraphExecEventRecordNodeSetEvent)                                                                                \
  X(cuGraphExecEventWaitNodeSetEvent)                                                                                  \
  X(cuGraphExecExternalSemaphoresSignalNodeSetParams)                                                                  \
  X(cuGraphExecExternalSemaphoresWaitNodeSetParams)                                                                    \
  X(cuGraphExecHostNodeSetParams)                                                                                      \
  X(cuGraphExecKernelNodeSetParams_v2)                                                                                 \
  X(cuGraphExecMemcpyNodeSetParams)                                                                                    \
  X(cuGraphExecMemsetNodeSetParams)                                                                                    \
  X(cuGraphExecNodeSetParams)                                                                                          \
  X(cuGraphExecUpdate_v2)                                                                                              \
  X(cuGraphExternalSemaphoresSignalNodeGetParams)                                                                      \
  X(cuGraphExternalSemaphoresSignalNodeSetParams)                                                                      \
  X(cuGraphExternalSemaphoresWaitNodeGetParams)                                                                        \
  X(cuGraphExternalSemaphoresWaitNodeSetParams)                                                                        \
  X(cuGraphHostNodeGetParams)                                                                                          \
  X(cuGraphHostNodeSetParams)                                                                                          \
  X(cuGraphKernelNodeCopyAttributes)                                                                                   \
  X(cuGraphKernelNodeGetAttribute)                                                                                     \
  X(cuGraphKernelNodeGetParams_v2)                                                                                     \
  X(cuGraphKernelNodeSetAttribute)                                                                                     \
  X(cuGraphKernelNodeSetParams_v2)                                                                                     \
  X(cuGraphMemAllocNodeGetParams)                                                                                      \
  X(cuGraphMemFreeNodeGetParams)                                                                                       \
  X(cuGraphMemcpyNodeGetParams)                                                                                        \
  X(cuGraphMemcpyNodeSetParams)                                                                                        \
  X(cuGraphMemsetNodeGetParams)                                                                                        \
  X(cuGraphMemsetNodeSetParams)                                                                                        \
  X(cuGraphNodeFindInClone)                                                                                            \
  X(cuGraphNodeGetDependentNodes_v2)                                                                                   \
  X(cuGraphNodeGetEnabled)                                                                                             \
  X(cuGraphNodeSetEnabled)                                                                                             \
  X(cuGraphNodeSetParams)                                                                                              \
  X(cuGraphReleaseUserObject)                                                                                          \
  X(cuGraphRemoveDependencies_v2)                                                                                      \
  X(cuGraphRetainUserObject)                                                                                           \
  X(cuGraphicsMapResources)                                                                                            \
  X(cuGraphicsResourceGetMappedMipmappedArray)                                                                         \
  X(cuGraphicsResourceGetMappedPointer_v2)                                                                             \
  X(cuGraphicsResourceSetMapFlags_v2)                                                                                  \
  X(cuGraphicsSubResourceGetMappedArray)                                                                               \
  X(cuGraphicsUnmapResources)                                                                                          \
  X(cuGraphicsUnregisterResource)                                                                                      \
  X(cuGreenCtxCreate)                                                                                                  \
  X(cuGreenCtxDestroy)                                                                                                 \
  X(cuGreenCtxGetDevResource)                                                                                          \
  X(cuGreenCtxGetId)                                                                                                   \
  X(cuGreenCtxRecordEvent)                                                                                             \
  X(cuGreenCtxStreamCreate)                                                                                            \
  X(cuGreenCtxWaitEvent)                                                                                               \
  X(cuImportExternalMemory)                                                                                            \
  X(cuImportExternalSemaphore)                                                                                         \
  X(cuIpcCloseMemHandle)                                                                                               \
  X(cuIpcGetEventHandle)                                                                                               \
  X(cuIpcGetMemHandle)                                                                                                 \
  X(cuIpcOpenEventHandle)                                                                                              \
  X(cuIpcOpenMemHandle_v2)                                                                                             \
  X(cuLaunch)                                                                                                          \
  X(cuLaunchCooperativeKernelMultiDevice)                                                                              \
  X(cuLaunchGrid)                                                                                                      \
  X(cuLaunchGridAsync)                                                                                                 \
  X(cuLogsCurrent)                                                                                                     \
  X(cuLogsDumpToFile)                                                                                                  \
  X(cuLogsDumpToMemory)                                                                                                \
  X(cuLogsRegisterCallback)                                                                                            \
  X(cuLogsUnregisterCallback)                                                                                          \
  X(cuMemBatchDecompressAsync)                                                                                         \
  X(cuMemDiscardAndPrefetchBatchAsync)                                                                                 \
  X(cuMemDiscardBatchAsync)                                                                                            \
  X(cuMemExportToShareableHandle)                                                                                      \
  X(cuMemGetDefaultMemPool)                                                                                            \
  X(cuMemGetHandleForAddressRange)                                                                                     \
  X(cuMemGetMemPool)                                                                                                   \
  X(cuMemImportFromShareableHandle)                                                                                    \
  X(cuMemMapArrayAsync)                                                                                                \
  X(cuMemPoolExportPointer)                                                                                            \
  X(cuMemPoolExportToShareableHandle)                                                                                  \
  X(cuMemPoolImportFromShareableHandle)                                                                                \
  X(cuMemPoolImportPointer)                                                                                            \
  X(cuMemPrefetchBatchAsync)                                                                                           \
  X(cuMemSetMemPool)                                                                                                   \
  X(cuMemcpy3DBatchAsync_v2)                                                                                           \
  X(cuMemcpyAtoA_v2)                                                                                                   \
  X(cuMemcpyAtoD_v2)                                                                                                   \
  X(cuMemcpyAtoHAsync_v2)                                                                                              \
  X(cuMemcpyAtoH_v2)                                                                                                   \
  X(cuMemcpyBatchAsync_v2)                                                                                             \
  X(cuMemcpyDtoA_v2)                                                                                                   \
  X(cuMemcpyHtoAAsync_v2)                                                                                              \
  X(cuMemcpyHtoA_v2)                                                                                                   \
  X(cuMipmappedArrayCreate)                                                                                            \
  X(cuMipmappedArrayDestroy)                                                                                           \
  X(cuMipmappedArrayGetLevel)                                                                                          \
  X(cuMipmappedArrayGetMemoryRequirements)                                                                             \
  X(cuMipmappedArrayGetSparseProperties)                                                                               \
  X(cuModuleGetSurfRef)                                                                                                \
  X(cuModuleGetTexRef)                                                                                                 \
  X(cuMulticastAddDevice)                                                                                              \
  X(cuMulticastBindAddr)                                                                                               \
  X(cuMulticastBindMem)                                                                                                \
  X(cuMulticastCreate)                                                                                                 \
  X(cuMulticastGetGranularity)                                                                                         \
  X(cuMulticastUnbind)                                                                                                 \
  X(cuParamSetSize)                                                                                                    \
  X(cuParamSetTexRef)                                                                                                  \
  X(cuParamSetf)                                                                                                       \
  X(cuParamSeti)                                                                                                       \
  X(cuParamSetv)                                                                                                       \
  X(cuSignalExternalSemaphoresAsync)                                                                                   \
  X(cuStreamBeginCaptureToGraph)                                                                                       \
  X(cuStreamGetGreenCtx)                                                                                               \
  X(cuStreamUpdateCaptureDependencies_v2)                                                                              \
  X(cuSurfObjectCreate)                                                                                                \
  X(cuSurfObjectDestroy)                                                                                               \
  X(cuSurfObjectGetResourceDesc)                                                                                       \
  X(cuSurfRefGetArray)                                                                                                 \
  X(cuSurfRefSetArray)                                                                                                 \
  X(cuTexObjectCreate)                                                                                                 \
  X(cuTexObjectDestroy)                                                                                                \
  X(cuTexObjectGetResourceDesc)                                                                                        \
  X(cuTexObjectGetResourceViewDesc)                                                                                    \
  X(cuTexObjectGetTextureDesc)                                                                                         \
  X(cuTensorMapEncodeIm2col)                                                                                           \
  X(cuTensorMapEncodeIm2colWide)                                                                                       \
  X(cuTexRefCreate)                                                                                                    \
  X(cuTexRefDestroy)                                                                                                   \
  X(cuTexRefGetAddressMode)                                                                                            \
  X(cuTexRefGetAddress_v2)                                                                                             \
  X(cuTexRefGetArray)                                                                                                  \
  X(cuTexRefGetBorderColor)                                                                                            \
  X(cuTexRefGetFilterMode)                                                                                             \
  X(cuTexRefGetFlags)                                                                                                  \
  X(cuTexRefGetFormat)                                                                                                 \
  X(cuTexRefGetMaxAnisotropy)                                                                                          \
  X(cuTexRefGetMipmapFilterMode)                                                                                       \
  X(cuTexRefGetMipmapLevelBias)                                                                                        \
  X(cuTexRefGetMipmapLevelClamp)                                                                                       \
  X(cuTexRefGetMipmappedArray)                                                                                         \
  X(cuTexRefSetAddress2D_v3)                                                                                           \
  X(cuTexRefSetAddressMode)                                                                                            \
  X(cuTexRefSetAddress_v2)                                                                                             \
  X(cuTexRefSetArray)                                                                                                  \
  X(cuTexRefSetBorderColor)                                                                                            \
  X(cuTexRefSetFilterMode)                                                                                             \
  X(cuTexRefSetFlags)                                                                                                  \
  X(cuTexRefSetFormat)                                                                                                 \
  X(cuTexRefSetMaxAnisotropy)                                                                                          \
  X(cuTexRefSetMipmapFilterMode)                                                                                       \
  X(cuTexRefSetMipmapLevelBias)                                                                                        \
  X(cuTexRefSetMipmapLevelClamp)                                                                                       \
  X(cuTexRefSetMipmappedArray)                                                                                         \
  X(cuUserObjectCreate)                                                                                                \
  X(cuUserObjectRelease)                                                                                               \
  X(cuUserObjectRetain)                                                                                                \
  X(cuWaitExternalSemaphoresAsync)

#endif // TESSERA_RUNTIME_SIMULATOR_DRIVERAPIFUNCTIONS_H
