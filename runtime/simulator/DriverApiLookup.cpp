// The lookup of functions by name and version, the names of errors, and the functions that are refused by name.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <cstring>
#include <span>
#include <string_view>

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

/// One form of a function: what cuda.h of a version means by the plain name, until a later form takes its place.
struct Form {
  std::string_view name;
  int version; ///< of CUDA that brought it: 11030 is 11.3
  void *address;
};

// clang-format off
const Form kForms[] = {
    {"cuCtxAttach", 2000, reinterpret_cast<void *>(&cuCtxAttach)},
    {"cuCtxCreate", 3020, reinterpret_cast<void *>(&cuCtxCreate_v2)},
    {"cuCtxCreate", 11040, reinterpret_cast<void *>(&cuCtxCreate_v3)},
    {"cuCtxCreate", 12050, reinterpret_cast<void *>(&cuCtxCreate_v4)},
    {"cuCtxDestroy", 4000, reinterpret_cast<void *>(&cuCtxDestroy_v2)},
    {"cuCtxDetach", 2000, reinterpret_cast<void *>(&cuCtxDetach)},
    {"cuCtxDisablePeerAccess", 4000, reinterpret_cast<void *>(&cuCtxDisablePeerAccess)},
    {"cuCtxEnablePeerAccess", 4000, reinterpret_cast<void *>(&cuCtxEnablePeerAccess)},
    {"cuCtxGetApiVersion", 3020, reinterpret_cast<void *>(&cuCtxGetApiVersion)},
    {"cuCtxGetCacheConfig", 3020, reinterpret_cast<void *>(&cuCtxGetCacheConfig)},
    {"cuCtxGetCurrent", 4000, reinterpret_cast<void *>(&cuCtxGetCurrent)},
    {"cuCtxGetDevice", 2000, reinterpret_cast<void *>(&cuCtxGetDevice)},
    {"cuCtxGetDevice", 13000, reinterpret_cast<void *>(&cuCtxGetDevice_v2)},
    {"cuCtxGetFlags", 7000, reinterpret_cast<void *>(&cuCtxGetFlags)},
    {"cuCtxGetId", 12000, reinterpret_cast<void *>(&cuCtxGetId)},
    {"cuCtxGetLimit", 3010, reinterpret_cast<void *>(&cuCtxGetLimit)},
    {"cuCtxGetSharedMemConfig", 4020, reinterpret_cast<void *>(&cuCtxGetSharedMemConfig)},
    {"cuCtxGetStreamPriorityRange", 5050, reinterpret_cast<void *>(&cuCtxGetStreamPriorityRange)},
    {"cuCtxPopCurrent", 4000, reinterpret_cast<void *>(&cuCtxPopCurrent_v2)},
    {"cuCtxPushCurrent", 4000, reinterpret_cast<void *>(&cuCtxPushCurrent_v2)},
    {"cuCtxRecordEvent", 12050, reinterpret_cast<void *>(&cuCtxRecordEvent)},
    {"cuCtxResetPersistingL2Cache", 11000, reinterpret_cast<void *>(&cuCtxResetPersistingL2Cache)},
    {"cuCtxSetCacheConfig", 3020, reinterpret_cast<void *>(&cuCtxSetCacheConfig)},
    {"cuCtxSetCurrent", 4000, reinterpret_cast<void *>(&cuCtxSetCurrent)},
    {"cuCtxSetFlags", 12010, reinterpret_cast<void *>(&cuCtxSetFlags)},
    {"cuCtxSetLimit", 3010, reinterpret_cast<void *>(&cuCtxSetLimit)},
    {"cuCtxSetSharedMemConfig", 4020, reinterpret_cast<void *>(&cuCtxSetSharedMemConfig)},
    {"cuCtxSynchronize", 2000, reinterpret_cast<void *>(&cuCtxSynchronize)},
    {"cuCtxSynchronize", 13000, reinterpret_cast<void *>(&cuCtxSynchronize_v2)},
    {"cuCtxWaitEvent", 12050, reinterpret_cast<void *>(&cuCtxWaitEvent)},
    {"cuDeviceCanAccessPeer", 4000, reinterpret_cast<void *>(&cuDeviceCanAccessPeer)},
    {"cuDeviceComputeCapability", 2000, reinterpret_cast<void *>(&cuDeviceComputeCapability)},
    {"cuDeviceGet", 2000, reinterpret_cast<void *>(&cuDeviceGet)},
    {"cuDeviceGetAttribute", 2000, reinterpret_cast<void *>(&cuDeviceGetAttribute)},
    {"cuDeviceGetByPCIBusId", 4010, reinterpret_cast<void *>(&cuDeviceGetByPCIBusId)},
    {"cuDeviceGetCount", 2000, reinterpret_cast<void *>(&cuDeviceGetCount)},
    {"cuDeviceGetDefaultMemPool", 11020, reinterpret_cast<void *>(&cuDeviceGetDefaultMemPool)},
    {"cuDeviceGetExecAffinitySupport", 11040, reinterpret_cast<void *>(&cuDeviceGetExecAffinitySupport)},
    {"cuDeviceGetGraphMemAttribute", 11040, reinterpret_cast<void *>(&cuDeviceGetGraphMemAttribute)},
    {"cuDeviceGetLuid", 10000, reinterpret_cast<void *>(&cuDeviceGetLuid)},
    {"cuDeviceGetMemPool", 11020, reinterpret_cast<void *>(&cuDeviceGetMemPool)},
    {"cuDeviceGetName", 2000, reinterpret_cast<void *>(&cuDeviceGetName)},
    {"cuDeviceGetP2PAttribute", 8000, reinterpret_cast<void *>(&cuDeviceGetP2PAttribute)},
    {"cuDeviceGetPCIBusId", 4010, reinterpret_cast<void *>(&cuDeviceGetPCIBusId)},
    {"cuDeviceGetProperties", 2000, reinterpret_cast<void *>(&cuDeviceGetProperties)},
    {"cuDeviceGetUuid", 9020, reinterpret_cast<void *>(&cuDeviceGetUuid)},
    {"cuDeviceGetUuid", 11040, reinterpret_cast<void *>(&cuDeviceGetUuid_v2)},
    {"cuDeviceGraphMemTrim", 11040, reinterpret_cast<void *>(&cuDeviceGraphMemTrim)},
    {"cuDevicePrimaryCtxGetState", 7000, reinterpret_cast<void *>(&cuDevicePrimaryCtxGetState)},
    {"cuDevicePrimaryCtxRelease", 11000, reinterpret_cast<void *>(&cuDevicePrimaryCtxRelease_v2)},
    {"cuDevicePrimaryCtxReset", 11000, reinterpret_cast<void *>(&cuDevicePrimaryCtxReset_v2)},
    {"cuDevicePrimaryCtxRetain", 7000, reinterpret_cast<void *>(&cuDevicePrimaryCtxRetain)},
    {"cuDevicePrimaryCtxSetFlags", 11000, reinterpret_cast<void *>(&cuDevicePrimaryCtxSetFlags_v2)},
    {"cuDeviceSetGraphMemAttribute", 11040, reinterpret_cast<void *>(&cuDeviceSetGraphMemAttribute)},
    {"cuDeviceSetMemPool", 11020, reinterpret_cast<void *>(&cuDeviceSetMemPool)},
    {"cuDeviceTotalMem", 3020, reinterpret_cast<void *>(&cuDeviceTotalMem_v2)},
    {"cuDriverGetVersion", 2020, reinterpret_cast<void *>(&cuDriverGetVersion)},
    {"cuEventCreate", 2000, reinterpret_cast<void *>(&cuEventCreate)},
    {"cuEventDestroy", 4000, reinterpret_cast<void *>(&cuEventDestroy_v2)},
    {"cuEventElapsedTime", 2000, reinterpret_cast<void *>(&cuEventElapsedTime)},
    {"cuEventElapsedTime", 12080, reinterpret_cast<void *>(&cuEventElapsedTime_v2)},
    {"cuEventQuery", 2000, reinterpret_cast<void *>(&cuEventQuery)},
    {"cuEventRecord", 2000, reinterpret_cast<void *>(&cuEventRecord)},
    {"cuEventRecordWithFlags", 11010, reinterpret_cast<void *>(&cuEventRecordWithFlags)},
    {"cuEventSynchronize", 2000, reinterpret_cast<void *>(&cuEventSynchronize)},
    {"cuFlushGPUDirectRDMAWrites", 11030, reinterpret_cast<void *>(&cuFlushGPUDirectRDMAWrites)},
    {"cuFuncGetAttribute", 2020, reinterpret_cast<void *>(&cuFuncGetAttribute)},
    {"cuFuncGetModule", 11000, reinterpret_cast<void *>(&cuFuncGetModule)},
    {"cuFuncGetName", 12030, reinterpret_cast<void *>(&cuFuncGetName)},
    {"cuFuncGetParamInfo", 12040, reinterpret_cast<void *>(&cuFuncGetParamInfo)},
    {"cuFuncIsLoaded", 12040, reinterpret_cast<void *>(&cuFuncIsLoaded)},
    {"cuFuncLoad", 12040, reinterpret_cast<void *>(&cuFuncLoad)},
    {"cuFuncSetAttribute", 9000, reinterpret_cast<void *>(&cuFuncSetAttribute)},
    {"cuFuncSetCacheConfig", 3000, reinterpret_cast<void *>(&cuFuncSetCacheConfig)},
    {"cuFuncSetSharedMemConfig", 4020, reinterpret_cast<void *>(&cuFuncSetSharedMemConfig)},
    {"cuGetErrorName", 6000, reinterpret_cast<void *>(&cuGetErrorName)},
    {"cuGetErrorString", 6000, reinterpret_cast<void *>(&cuGetErrorString)},
    {"cuGetExportTable", 3000, reinterpret_cast<void *>(&cuGetExportTable)},
    {"cuGetProcAddress", 11030, reinterpret_cast<void *>(&cuGetProcAddress)},
    {"cuGetProcAddress", 12000, reinterpret_cast<void *>(&cuGetProcAddress_v2)},
    {"cuGraphAddChildGraphNode", 10000, reinterpret_cast<void *>(&cuGraphAddChildGraphNode)},
    {"cuGraphAddDependencies", 10000, reinterpret_cast<void *>(&cuGraphAddDependencies)},
    {"cuGraphAddDependencies", 12030, reinterpret_cast<void *>(&cuGraphAddDependencies_v2)},
    {"cuGraphAddEmptyNode", 10000, reinterpret_cast<void *>(&cuGraphAddEmptyNode)},
    {"cuGraphAddHostNode", 10000, reinterpret_cast<void *>(&cuGraphAddHostNode)},
    {"cuGraphAddKernelNode", 12000, reinterpret_cast<void *>(&cuGraphAddKernelNode_v2)},
    {"cuGraphAddMemcpyNode", 10000, reinterpret_cast<void *>(&cuGraphAddMemcpyNode)},
    {"cuGraphAddMemsetNode", 10000, reinterpret_cast<void *>(&cuGraphAddMemsetNode)},
    {"cuGraphClone", 10000, reinterpret_cast<void *>(&cuGraphClone)},
    {"cuGraphCreate", 10000, reinterpret_cast<void *>(&cuGraphCreate)},
    {"cuGraphDestroy", 10000, reinterpret_cast<void *>(&cuGraphDestroy)},
    {"cuGraphDestroyNode", 10000, reinterpret_cast<void *>(&cuGraphDestroyNode)},
    {"cuGraphExecDestroy", 10000, reinterpret_cast<void *>(&cuGraphExecDestroy)},
    {"cuGraphExecGetFlags", 12000, reinterpret_cast<void *>(&cuGraphExecGetFlags)},
    {"cuGraphGetEdges", 10000, reinterpret_cast<void *>(&cuGraphGetEdges)},
    {"cuGraphGetEdges", 12030, reinterpret_cast<void *>(&cuGraphGetEdges_v2)},
    {"cuGraphGetNodes", 10000, reinterpret_cast<void *>(&cuGraphGetNodes)},
    {"cuGraphGetRootNodes", 10000, reinterpret_cast<void *>(&cuGraphGetRootNodes)},
    {"cuGraphInstantiate", 11000, reinterpret_cast<void *>(&cuGraphInstantiate_v2)},
    {"cuGraphInstantiate", 12000, reinterpret_cast<void *>(&cuGraphInstantiateWithFlags)},
    {"cuGraphInstantiateWithFlags", 11040, reinterpret_cast<void *>(&cuGraphInstantiateWithFlags)},
    {"cuGraphInstantiateWithParams", 12000, reinterpret_cast<void *>(&cuGraphInstantiateWithParams)},
    {"cuGraphLaunch", 10000, reinterpret_cast<void *>(&cuGraphLaunch)},
    {"cuGraphNodeGetDependencies", 10000, reinterpret_cast<void *>(&cuGraphNodeGetDependencies)},
    {"cuGraphNodeGetDependencies", 12030, reinterpret_cast<void *>(&cuGraphNodeGetDependencies_v2)},
    {"cuGraphNodeGetType", 10000, reinterpret_cast<void *>(&cuGraphNodeGetType)},
    {"cuGraphUpload", 11010, reinterpret_cast<void *>(&cuGraphUpload)},
    {"cuInit", 2000, reinterpret_cast<void *>(&cuInit)},
    {"cuKernelGetAttribute", 12000, reinterpret_cast<void *>(&cuKernelGetAttribute)},
    {"cuKernelGetFunction", 12000, reinterpret_cast<void *>(&cuKernelGetFunction)},
    {"cuKernelGetLibrary", 12050, reinterpret_cast<void *>(&cuKernelGetLibrary)},
    {"cuKernelGetName", 12030, reinterpret_cast<void *>(&cuKernelGetName)},
    {"cuKernelGetParamInfo", 12040, reinterpret_cast<void *>(&cuKernelGetParamInfo)},
    {"cuKernelSetAttribute", 12000, reinterpret_cast<void *>(&cuKernelSetAttribute)},
    {"cuKernelSetCacheConfig", 12000, reinterpret_cast<void *>(&cuKernelSetCacheConfig)},
    {"cuLaunchCooperativeKernel", 9000, reinterpret_cast<void *>(&cuLaunchCooperativeKernel)},
    {"cuLaunchHostFunc", 10000, reinterpret_cast<void *>(&cuLaunchHostFunc)},
    {"cuLaunchKernel", 4000, reinterpret_cast<void *>(&cuLaunchKernel)},
    {"cuLaunchKernelEx", 11060, reinterpret_cast<void *>(&cuLaunchKernelEx)},
    {"cuLibraryEnumerateKernels", 12040, reinterpret_cast<void *>(&cuLibraryEnumerateKernels)},
    {"cuLibraryGetGlobal", 12000, reinterpret_cast<void *>(&cuLibraryGetGlobal)},
    {"cuLibraryGetKernel", 12000, reinterpret_cast<void *>(&cuLibraryGetKernel)},
    {"cuLibraryGetKernelCount", 12040, reinterpret_cast<void *>(&cuLibraryGetKernelCount)},
    {"cuLibraryGetManaged", 12000, reinterpret_cast<void *>(&cuLibraryGetManaged)},
    {"cuLibraryGetModule", 12000, reinterpret_cast<void *>(&cuLibraryGetModule)},
    {"cuLibraryGetUnifiedFunction", 12000, reinterpret_cast<void *>(&cuLibraryGetUnifiedFunction)},
    {"cuLibraryLoadData", 12000, reinterpret_cast<void *>(&cuLibraryLoadData)},
    {"cuLibraryLoadFromFile", 12000, reinterpret_cast<void *>(&cuLibraryLoadFromFile)},
    {"cuLibraryUnload", 12000, reinterpret_cast<void *>(&cuLibraryUnload)},
    {"cuLinkAddData", 6050, reinterpret_cast<void *>(&cuLinkAddData_v2)},
    {"cuLinkAddFile", 6050, reinterpret_cast<void *>(&cuLinkAddFile_v2)},
    {"cuLinkComplete", 5050, reinterpret_cast<void *>(&cuLinkComplete)},
    {"cuLinkCreate", 6050, reinterpret_cast<void *>(&cuLinkCreate_v2)},
    {"cuLinkDestroy", 5050, reinterpret_cast<void *>(&cuLinkDestroy)},
    {"cuMemAddressFree", 10020, reinterpret_cast<void *>(&cuMemAddressFree)},
    {"cuMemAddressReserve", 10020, reinterpret_cast<void *>(&cuMemAddressReserve)},
    {"cuMemAdvise", 8000, reinterpret_cast<void *>(&cuMemAdvise)},
    {"cuMemAdvise", 12020, reinterpret_cast<void *>(&cuMemAdvise_v2)},
    {"cuMemAlloc", 3020, reinterpret_cast<void *>(&cuMemAlloc_v2)},
    {"cuMemAllocAsync", 11020, reinterpret_cast<void *>(&cuMemAllocAsync)},
    {"cuMemAllocFromPoolAsync", 11020, reinterpret_cast<void *>(&cuMemAllocFromPoolAsync)},
    {"cuMemAllocHost", 3020, reinterpret_cast<void *>(&cuMemAllocHost_v2)},
    {"cuMemAllocManaged", 6000, reinterpret_cast<void *>(&cuMemAllocManaged)},
    {"cuMemAllocPitch", 3020, reinterpret_cast<void *>(&cuMemAllocPitch_v2)},
    {"cuMemCreate", 10020, reinterpret_cast<void *>(&cuMemCreate)},
    {"cuMemFree", 3020, reinterpret_cast<void *>(&cuMemFree_v2)},
    {"cuMemFreeAsync", 11020, reinterpret_cast<void *>(&cuMemFreeAsync)},
    {"cuMemFreeHost", 2000, reinterpret_cast<void *>(&cuMemFreeHost)},
    {"cuMemGetAccess", 10020, reinterpret_cast<void *>(&cuMemGetAccess)},
    {"cuMemGetAddressRange", 3020, reinterpret_cast<void *>(&cuMemGetAddressRange_v2)},
    {"cuMemGetAllocationGranularity", 10020, reinterpret_cast<void *>(&cuMemGetAllocationGranularity)},
    {"cuMemGetAllocationPropertiesFromHandle", 10020, reinterpret_cast<void *>(&cuMemGetAllocationPropertiesFromHandle)},
    {"cuMemGetInfo", 3020, reinterpret_cast<void *>(&cuMemGetInfo_v2)},
    {"cuMemHostAlloc", 2020, reinterpret_cast<void *>(&cuMemHostAlloc)},
    {"cuMemHostGetDevicePointer", 3020, reinterpret_cast<void *>(&cuMemHostGetDevicePointer_v2)},
    {"cuMemHostGetFlags", 2030, reinterpret_cast<void *>(&cuMemHostGetFlags)},
    {"cuMemHostRegister", 6050, reinterpret_cast<void *>(&cuMemHostRegister_v2)},
    {"cuMemHostUnregister", 4000, reinterpret_cast<void *>(&cuMemHostUnregister)},
    {"cuMemMap", 10020, reinterpret_cast<void *>(&cuMemMap)},
    {"cuMemPoolCreate", 11020, reinterpret_cast<void *>(&cuMemPoolCreate)},
    {"cuMemPoolDestroy", 11020, reinterpret_cast<void *>(&cuMemPoolDestroy)},
    {"cuMemPoolGetAccess", 11020, reinterpret_cast<void *>(&cuMemPoolGetAccess)},
    {"cuMemPoolGetAttribute", 11020, reinterpret_cast<void *>(&cuMemPoolGetAttribute)},
    {"cuMemPoolSetAccess", 11020, reinterpret_cast<void *>(&cuMemPoolSetAccess)},
    {"cuMemPoolSetAttribute", 11020, reinterpret_cast<void *>(&cuMemPoolSetAttribute)},
    {"cuMemPoolTrimTo", 11020, reinterpret_cast<void *>(&cuMemPoolTrimTo)},
    {"cuMemPrefetchAsync", 8000, reinterpret_cast<void *>(&cuMemPrefetchAsync)},
    {"cuMemPrefetchAsync", 12020, reinterpret_cast<void *>(&cuMemPrefetchAsync_v2)},
    {"cuMemRangeGetAttribute", 8000, reinterpret_cast<void *>(&cuMemRangeGetAttribute)},
    {"cuMemRangeGetAttributes", 8000, reinterpret_cast<void *>(&cuMemRangeGetAttributes)},
    {"cuMemRelease", 10020, reinterpret_cast<void *>(&cuMemRelease)},
    {"cuMemRetainAllocationHandle", 11000, reinterpret_cast<void *>(&cuMemRetainAllocationHandle)},
    {"cuMemSetAccess", 10020, reinterpret_cast<void *>(&cuMemSetAccess)},
    {"cuMemUnmap", 10020, reinterpret_cast<void *>(&cuMemUnmap)},
    {"cuMemcpy", 4000, reinterpret_cast<void *>(&cuMemcpy)},
    {"cuMemcpy2D", 3020, reinterpret_cast<void *>(&cuMemcpy2D_v2)},
    {"cuMemcpy2DAsync", 3020, reinterpret_cast<void *>(&cuMemcpy2DAsync_v2)},
    {"cuMemcpy2DUnaligned", 3020, reinterpret_cast<void *>(&cuMemcpy2DUnaligned_v2)},
    {"cuMemcpy3D", 3020, reinterpret_cast<void *>(&cuMemcpy3D_v2)},
    {"cuMemcpy3DAsync", 3020, reinterpret_cast<void *>(&cuMemcpy3DAsync_v2)},
    {"cuMemcpy3DPeer", 4000, reinterpret_cast<void *>(&cuMemcpy3DPeer)},
    {"cuMemcpy3DPeerAsync", 4000, reinterpret_cast<void *>(&cuMemcpy3DPeerAsync)},
    {"cuMemcpyAsync", 4000, reinterpret_cast<void *>(&cuMemcpyAsync)},
    {"cuMemcpyDtoD", 3020, reinterpret_cast<void *>(&cuMemcpyDtoD_v2)},
    {"cuMemcpyDtoDAsync", 3020, reinterpret_cast<void *>(&cuMemcpyDtoDAsync_v2)},
    {"cuMemcpyDtoH", 3020, reinterpret_cast<void *>(&cuMemcpyDtoH_v2)},
    {"cuMemcpyDtoHAsync", 3020, reinterpret_cast<void *>(&cuMemcpyDtoHAsync_v2)},
    {"cuMemcpyHtoD", 3020, reinterpret_cast<void *>(&cuMemcpyHtoD_v2)},
    {"cuMemcpyHtoDAsync", 3020, reinterpret_cast<void *>(&cuMemcpyHtoDAsync_v2)},
    {"cuMemcpyPeer", 4000, reinterpret_cast<void *>(&cuMemcpyPeer)},
    {"cuMemcpyPeerAsync", 4000, reinterpret_cast<void *>(&cuMemcpyPeerAsync)},
    {"cuMemsetD16", 3020, reinterpret_cast<void *>(&cuMemsetD16_v2)},
    {"cuMemsetD16Async", 3020, reinterpret_cast<void *>(&cuMemsetD16Async)},
    {"cuMemsetD2D16", 3020, reinterpret_cast<void *>(&cuMemsetD2D16_v2)},
    {"cuMemsetD2D16Async", 3020, reinterpret_cast<void *>(&cuMemsetD2D16Async)},
    {"cuMemsetD2D32", 3020, reinterpret_cast<void *>(&cuMemsetD2D32_v2)},
    {"cuMemsetD2D32Async", 3020, reinterpret_cast<void *>(&cuMemsetD2D32Async)},
    {"cuMemsetD2D8", 3020, reinterpret_cast<void *>(&cuMemsetD2D8_v2)},
    {"cuMemsetD2D8Async", 3020, reinterpret_cast<void *>(&cuMemsetD2D8Async)},
    {"cuMemsetD32", 3020, reinterpret_cast<void *>(&cuMemsetD32_v2)},
    {"cuMemsetD32Async", 3020, reinterpret_cast<void *>(&cuMemsetD32Async)},
    {"cuMemsetD8", 3020, reinterpret_cast<void *>(&cuMemsetD8_v2)},
    {"cuMemsetD8Async", 3020, reinterpret_cast<void *>(&cuMemsetD8Async)},
    {"cuModuleEnumerateFunctions", 12040, reinterpret_cast<void *>(&cuModuleEnumerateFunctions)},
    {"cuModuleGetFunction", 2000, reinterpret_cast<void *>(&cuModuleGetFunction)},
    {"cuModuleGetFunctionCount", 12040, reinterpret_cast<void *>(&cuModuleGetFunctionCount)},
    {"cuModuleGetGlobal", 3020, reinterpret_cast<void *>(&cuModuleGetGlobal_v2)},
    {"cuModuleGetLoadingMode", 11070, reinterpret_cast<void *>(&cuModuleGetLoadingMode)},
    {"cuModuleLoad", 2000, reinterpret_cast<void *>(&cuModuleLoad)},
    {"cuModuleLoadData", 2000, reinterpret_cast<void *>(&cuModuleLoadData)},
    {"cuModuleLoadDataEx", 2010, reinterpret_cast<void *>(&cuModuleLoadDataEx)},
    {"cuModuleLoadFatBinary", 2000, reinterpret_cast<void *>(&cuModuleLoadFatBinary)},
    {"cuModuleUnload", 2000, reinterpret_cast<void *>(&cuModuleUnload)},
    {"cuOccupancyAvailableDynamicSMemPerBlock", 10020, reinterpret_cast<void *>(&cuOccupancyAvailableDynamicSMemPerBlock)},
    {"cuOccupancyMaxActiveBlocksPerMultiprocessor", 6050, reinterpret_cast<void *>(&cuOccupancyMaxActiveBlocksPerMultiprocessor)},
    {"cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags", 7000, reinterpret_cast<void *>(&cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags)},
    {"cuOccupancyMaxActiveClusters", 11070, reinterpret_cast<void *>(&cuOccupancyMaxActiveClusters)},
    {"cuOccupancyMaxPotentialBlockSize", 6050, reinterpret_cast<void *>(&cuOccupancyMaxPotentialBlockSize)},
    {"cuOccupancyMaxPotentialBlockSizeWithFlags", 7000, reinterpret_cast<void *>(&cuOccupancyMaxPotentialBlockSizeWithFlags)},
    {"cuOccupancyMaxPotentialClusterSize", 11070, reinterpret_cast<void *>(&cuOccupancyMaxPotentialClusterSize)},
    {"cuPointerGetAttribute", 4000, reinterpret_cast<void *>(&cuPointerGetAttribute)},
    {"cuPointerGetAttributes", 7000, reinterpret_cast<void *>(&cuPointerGetAttributes)},
    {"cuPointerSetAttribute", 6000, reinterpret_cast<void *>(&cuPointerSetAttribute)},
    {"cuProfilerStart", 4000, reinterpret_cast<void *>(&cuProfilerStart)},
    {"cuProfilerStop", 4000, reinterpret_cast<void *>(&cuProfilerStop)},
    {"cuStreamAddCallback", 5000, reinterpret_cast<void *>(&cuStreamAddCallback)},
    {"cuStreamAttachMemAsync", 6000, reinterpret_cast<void *>(&cuStreamAttachMemAsync)},
    {"cuStreamBatchMemOp", 8000, reinterpret_cast<void *>(&cuStreamBatchMemOp_v2)},
    {"cuStreamBatchMemOp", 11070, reinterpret_cast<void *>(&cuStreamBatchMemOp_v2)},
    {"cuStreamBeginCapture", 10010, reinterpret_cast<void *>(&cuStreamBeginCapture_v2)},
    {"cuStreamCopyAttributes", 11000, reinterpret_cast<void *>(&cuStreamCopyAttributes)},
    {"cuStreamCreate", 2000, reinterpret_cast<void *>(&cuStreamCreate)},
    {"cuStreamCreateWithPriority", 5050, reinterpret_cast<void *>(&cuStreamCreateWithPriority)},
    {"cuStreamDestroy", 4000, reinterpret_cast<void *>(&cuStreamDestroy_v2)},
    {"cuStreamEndCapture", 10000, reinterpret_cast<void *>(&cuStreamEndCapture)},
    {"cuStreamGetAttribute", 11000, reinterpret_cast<void *>(&cuStreamGetAttribute)},
    {"cuStreamGetCaptureInfo", 11030, reinterpret_cast<void *>(&cuStreamGetCaptureInfo_v2)},
    {"cuStreamGetCaptureInfo", 12030, reinterpret_cast<void *>(&cuStreamGetCaptureInfo_v3)},
    {"cuStreamGetCtx", 9020, reinterpret_cast<void *>(&cuStreamGetCtx)},
    {"cuStreamGetCtx", 12050, reinterpret_cast<void *>(&cuStreamGetCtx_v2)},
    {"cuStreamGetDevice", 12080, reinterpret_cast<void *>(&cuStreamGetDevice)},
    {"cuStreamGetFlags", 5050, reinterpret_cast<void *>(&cuStreamGetFlags)},
    {"cuStreamGetId", 12000, reinterpret_cast<void *>(&cuStreamGetId)},
    {"cuStreamGetPriority", 5050, reinterpret_cast<void *>(&cuStreamGetPriority)},
    {"cuStreamIsCapturing", 10000, reinterpret_cast<void *>(&cuStreamIsCapturing)},
    {"cuStreamQuery", 2000, reinterpret_cast<void *>(&cuStreamQuery)},
    {"cuStreamSetAttribute", 11000, reinterpret_cast<void *>(&cuStreamSetAttribute)},
    {"cuStreamSynchronize", 2000, reinterpret_cast<void *>(&cuStreamSynchronize)},
    {"cuStreamWaitEvent", 3020, reinterpret_cast<void *>(&cuStreamWaitEvent)},
    {"cuStreamWaitValue32", 8000, reinterpret_cast<void *>(&cuStreamWaitValue32_v2)},
    {"cuStreamWaitValue32", 11070, reinterpret_cast<void *>(&cuStreamWaitValue32_v2)},
    {"cuStreamWaitValue64", 9000, reinterpret_cast<void *>(&cuStreamWaitValue64_v2)},
    {"cuStreamWaitValue64", 11070, reinterpret_cast<void *>(&cuStreamWaitValue64_v2)},
    {"cuStreamWriteValue32", 8000, reinterpret_cast<void *>(&cuStreamWriteValue32_v2)},
    {"cuStreamWriteValue32", 11070, reinterpret_cast<void *>(&cuStreamWriteValue32_v2)},
    {"cuStreamWriteValue64", 9000, reinterpret_cast<void *>(&cuStreamWriteValue64_v2)},
    {"cuStreamWriteValue64", 11070, reinterpret_cast<void *>(&cuStreamWriteValue64_v2)},
    {"cuTensorMapEncodeTiled", 12000, reinterpret_cast<void *>(&cuTensorMapEncodeTiled)},
    {"cuTensorMapReplaceAddress", 12000, reinterpret_cast<void *>(&cuTensorMapReplaceAddress)},
    {"cuThreadExchangeStreamCaptureMode", 10010, reinterpret_cast<void *>(&cuThreadExchangeStreamCaptureMode)},
};
// clang-format on

/// Functions that are refused, with the versions that brought them.
const Form kRefused[] = {
    {"cuArray3DCreate", 2000, reinterpret_cast<void *>(&cuArray3DCreate_v2)},
    {"cuArray3DGetDescriptor", 2000, reinterpret_cast<void *>(&cuArray3DGetDescriptor_v2)},
    {"cuArrayCreate", 2000, reinterpret_cast<void *>(&cuArrayCreate_v2)},
    {"cuArrayDestroy", 2000, reinterpret_cast<void *>(&cuArrayDestroy)},
    {"cuArrayGetDescriptor", 2000, reinterpret_cast<void *>(&cuArrayGetDescriptor_v2)},
    {"cuArrayGetMemoryRequirements", 11060, reinterpret_cast<void *>(&cuArrayGetMemoryRequirements)},
    {"cuArrayGetPlane", 11020, reinterpret_cast<void *>(&cuArrayGetPlane)},
    {"cuArrayGetSparseProperties", 11010, reinterpret_cast<void *>(&cuArrayGetSparseProperties)},
    {"cuCheckpointProcessCheckpoint", 12080, reinterpret_cast<void *>(&cuCheckpointProcessCheckpoint)},
    {"cuCheckpointProcessGetRestoreThreadId", 12080, reinterpret_cast<void *>(&cuCheckpointProcessGetRestoreThreadId)},
    {"cuCheckpointProcessGetState", 12080, reinterpret_cast<void *>(&cuCheckpointProcessGetState)},
    {"cuCheckpointProcessLock", 12080, reinterpret_cast<void *>(&cuCheckpointProcessLock)},
    {"cuCheckpointProcessRestore", 12080, reinterpret_cast<void *>(&cuCheckpointProcessRestore)},
    {"cuCheckpointProcessUnlock", 12080, reinterpret_cast<void *>(&cuCheckpointProcessUnlock)},
    {"cuCoredumpGetAttribute", 12010, reinterpret_cast<void *>(&cuCoredumpGetAttribute)},
    {"cuCoredumpGetAttributeGlobal", 12010, reinterpret_cast<void *>(&cuCoredumpGetAttributeGlobal)},
    {"cuCoredumpSetAttribute", 12010, reinterpret_cast<void *>(&cuCoredumpSetAttribute)},
    {"cuCoredumpSetAttributeGlobal", 12010, reinterpret_cast<void *>(&cuCoredumpSetAttributeGlobal)},
    {"cuCtxFromGreenCtx", 12040, reinterpret_cast<void *>(&cuCtxFromGreenCtx)},
    {"cuCtxGetDevResource", 12040, reinterpret_cast<void *>(&cuCtxGetDevResource)},
    {"cuCtxGetExecAffinity", 11040, reinterpret_cast<void *>(&cuCtxGetExecAffinity)},
    {"cuDestroyExternalMemory", 10000, reinterpret_cast<void *>(&cuDestroyExternalMemory)},
    {"cuDestroyExternalSemaphore", 10000, reinterpret_cast<void *>(&cuDestroyExternalSemaphore)},
    {"cuDevResourceGenerateDesc", 12040, reinterpret_cast<void *>(&cuDevResourceGenerateDesc)},
    {"cuDevSmResourceSplitByCount", 12040, reinterpret_cast<void *>(&cuDevSmResourceSplitByCount)},
    {"cuDeviceGetDevResource", 12040, reinterpret_cast<void *>(&cuDeviceGetDevResource)},
    {"cuDeviceGetHostAtomicCapabilities", 13000, reinterpret_cast<void *>(&cuDeviceGetHostAtomicCapabilities)},
    {"cuDeviceGetNvSciSyncAttributes", 10020, reinterpret_cast<void *>(&cuDeviceGetNvSciSyncAttributes)},
    {"cuDeviceGetP2PAtomicCapabilities", 13000, reinterpret_cast<void *>(&cuDeviceGetP2PAtomicCapabilities)},
    {"cuDeviceGetTexture1DLinearMaxWidth", 11010, reinterpret_cast<void *>(&cuDeviceGetTexture1DLinearMaxWidth)},
    {"cuDeviceRegisterAsyncNotification", 12040, reinterpret_cast<void *>(&cuDeviceRegisterAsyncNotification)},
    {"cuDeviceUnregisterAsyncNotification", 12040, reinterpret_cast<void *>(&cuDeviceUnregisterAsyncNotification)},
    {"cuExternalMemoryGetMappedBuffer", 10000, reinterpret_cast<void *>(&cuExternalMemoryGetMappedBuffer)},
    {"cuExternalMemoryGetMappedMipmappedArray", 10000,
     reinterpret_cast<void *>(&cuExternalMemoryGetMappedMipmappedArray)},
    {"cuFuncSetBlockShape", 2000, reinterpret_cast<void *>(&cuFuncSetBlockShape)},
    {"cuFuncSetSharedSize", 2000, reinterpret_cast<void *>(&cuFuncSetSharedSize)},
    {"cuGraphAddBatchMemOpNode", 11070, reinterpret_cast<void *>(&cuGraphAddBatchMemOpNode)},
    {"cuGraphAddEventRecordNode", 11010, reinterpret_cast<void *>(&cuGraphAddEventRecordNode)},
    {"cuGraphAddEventWaitNode", 11010, reinterpret_cast<void *>(&cuGraphAddEventWaitNode)},
    {"cuGraphAddExternalSemaphoresSignalNode", 11020,
     reinterpret_cast<void *>(&cuGraphAddExternalSemaphoresSignalNode)},
    {"cuGraphAddExternalSemaphoresWaitNode", 11020, reinterpret_cast<void *>(&cuGraphAddExternalSemaphoresWaitNode)},
    {"cuGraphAddMemAllocNode", 11040, reinterpret_cast<void *>(&cuGraphAddMemAllocNode)},
    {"cuGraphAddMemFreeNode", 11040, reinterpret_cast<void *>(&cuGraphAddMemFreeNode)},
    {"cuGraphAddNode", 12020, reinterpret_cast<void *>(&cuGraphAddNode_v2)},
    {"cuGraphBatchMemOpNodeGetParams", 11070, reinterpret_cast<void *>(&cuGraphBatchMemOpNodeGetParams)},
    {"cuGraphBatchMemOpNodeSetParams", 11070, reinterpret_cast<void *>(&cuGraphBatchMemOpNodeSetParams)},
    {"cuGraphChildGraphNodeGetGraph", 10000, reinterpret_cast<void *>(&cuGraphChildGraphNodeGetGraph)},
    {"cuGraphConditionalHandleCreate", 12030, reinterpret_cast<void *>(&cuGraphConditionalHandleCreate)},
    {"cuGraphDebugDotPrint", 11030, reinterpret_cast<void *>(&cuGraphDebugDotPrint)},
    {"cuGraphEventRecordNodeGetEvent", 11010, reinterpret_cast<void *>(&cuGraphEventRecordNodeGetEvent)},
    {"cuGraphEventRecordNodeSetEvent", 11010, reinterpret_cast<void *>(&cuGraphEventRecordNodeSetEvent)},
    {"cuGraphEventWaitNodeGetEvent", 11010, reinterpret_cast<void *>(&cuGraphEventWaitNodeGetEvent)},
    {"cuGraphEventWaitNodeSetEvent", 11010, reinterpret_cast<void *>(&cuGraphEventWaitNodeSetEvent)},
    {"cuGraphExecBatchMemOpNodeSetParams", 11070, reinterpret_cast<void *>(&cuGraphExecBatchMemOpNodeSetParams)},
    {"cuGraphExecChildGraphNodeSetParams", 11010, reinterpret_cast<void *>(&cuGraphExecChildGraphNodeSetParams)},
    {"cuGraphExecEventRecordNodeSetEvent", 11010, reinterpret_cast<void *>(&cuGraphExecEventRecordNodeSetEvent)},
    {"cuGraphExecEventWaitNodeSetEvent", 11010, reinterpret_cast<void *>(&cuGraphExecEventWaitNodeSetEvent)},
    {"cuGraphExecExternalSemaphoresSignalNodeSetParams", 11020,
     reinterpret_cast<void *>(&cuGraphExecExternalSemaphoresSignalNodeSetParams)},
    {"cuGraphExecExternalSemaphoresWaitNodeSetParams", 11020,
     reinterpret_cast<void *>(&cuGraphExecExternalSemaphoresWaitNodeSetParams)},
    {"cuGraphExecHostNodeSetParams", 10020, reinterpret_cast<void *>(&cuGraphExecHostNodeSetParams)},
    {"cuGraphExecKernelNodeSetParams", 10010, reinterpret_cast<void *>(&cuGraphExecKernelNodeSetParams_v2)},
    {"cuGraphExecMemcpyNodeSetParams", 10020, reinterpret_cast<void *>(&cuGraphExecMemcpyNodeSetParams)},
    {"cuGraphExecMemsetNodeSetParams", 10020, reinterpret_cast<void *>(&cuGraphExecMemsetNodeSetParams)},
    {"cuGraphExecNodeSetParams", 12020, reinterpret_cast<void *>(&cuGraphExecNodeSetParams)},
    {"cuGraphExecUpdate", 10020, reinterpret_cast<void *>(&cuGraphExecUpdate_v2)},
    {"cuGraphExternalSemaphoresSignalNodeGetParams", 11020,
     reinterpret_cast<void *>(&cuGraphExternalSemaphoresSignalNodeGetParams)},
    {"cuGraphExternalSemaphoresSignalNodeSetParams", 11020,
     reinterpret_cast<void *>(&cuGraphExternalSemaphoresSignalNodeSetParams)},
    {"cuGraphExternalSemaphoresWaitNodeGetParams", 11020,
     reinterpret_cast<void *>(&cuGraphExternalSemaphoresWaitNodeGetParams)},
    {"cuGraphExternalSemaphoresWaitNodeSetParams", 11020,
     reinterpret_cast<void *>(&cuGraphExternalSemaphoresWaitNodeSetParams)},
    {"cuGraphHostNodeGetParams", 10000, reinterpret_cast<void *>(&cuGraphHostNodeGetParams)},
    {"cuGraphHostNodeSetParams", 10000, reinterpret_cast<void *>(&cuGraphHostNodeSetParams)},
    {"cuGraphKernelNodeCopyAttributes", 11000, reinterpret_cast<void *>(&cuGraphKernelNodeCopyAttributes)},
    {"cuGraphKernelNodeGetAttribute", 11000, reinterpret_cast<void *>(&cuGraphKernelNodeGetAttribute)},
    {"cuGraphKernelNodeGetParams", 10000, reinterpret_cast<void *>(&cuGraphKernelNodeGetParams_v2)},
    {"cuGraphKernelNodeSetAttribute", 11000, reinterpret_cast<void *>(&cuGraphKernelNodeSetAttribute)},
    {"cuGraphKernelNodeSetParams", 10000, reinterpret_cast<void *>(&cuGraphKernelNodeSetParams_v2)},
    {"cuGraphMemAllocNodeGetParams", 11040, reinterpret_cast<void *>(&cuGraphMemAllocNodeGetParams)},
    {"cuGraphMemFreeNodeGetParams", 11040, reinterpret_cast<void *>(&cuGraphMemFreeNodeGetParams)},
    {"cuGraphMemcpyNodeGetParams", 10000, reinterpret_cast<void *>(&cuGraphMemcpyNodeGetParams)},
    {"cuGraphMemcpyNodeSetParams", 10000, reinterpret_cast<void *>(&cuGraphMemcpyNodeSetParams)},
    {"cuGraphMemsetNodeGetParams", 10000, reinterpret_cast<void *>(&cuGraphMemsetNodeGetParams)},
    {"cuGraphMemsetNodeSetParams", 10000, reinterpret_cast<void *>(&cuGraphMemsetNodeSetParams)},
    {"cuGraphNodeFindInClone", 10000, reinterpret_cast<void *>(&cuGraphNodeFindInClone)},
    {"cuGraphNodeGetDependentNodes", 10000, reinterpret_cast<void *>(&cuGraphNodeGetDependentNodes_v2)},
    {"cuGraphNodeGetEnabled", 11060, reinterpret_cast<void *>(&cuGraphNodeGetEnabled)},
    {"cuGraphNodeSetEnabled", 11060, reinterpret_cast<void *>(&cuGraphNodeSetEnabled)},
    {"cuGraphNodeSetParams", 12020, reinterpret_cast<void *>(&cuGraphNodeSetParams)},
    {"cuGraphReleaseUserObject", 11030, reinterpret_cast<void *>(&cuGraphReleaseUserObject)},
    {"cuGraphRemoveDependencies", 10000, reinterpret_cast<void *>(&cuGraphRemoveDependencies_v2)},
    {"cuGraphRetainUserObject", 11030, reinterpret_cast<void *>(&cuGraphRetainUserObject)},
    {"cuGraphicsMapResources", 3000, reinterpret_cast<void *>(&cuGraphicsMapResources)},
    {"cuGraphicsResourceGetMappedMipmappedArray", 5000,
     reinterpret_cast<void *>(&cuGraphicsResourceGetMappedMipmappedArray)},
    {"cuGraphicsResourceGetMappedPointer", 3000, reinterpret_cast<void *>(&cuGraphicsResourceGetMappedPointer_v2)},
    {"cuGraphicsResourceSetMapFlags", 3000, reinterpret_cast<void *>(&cuGraphicsResourceSetMapFlags_v2)},
    {"cuGraphicsSubResourceGetMappedArray", 3000, reinterpret_cast<void *>(&cuGraphicsSubResourceGetMappedArray)},
    {"cuGraphicsUnmapResources", 3000, reinterpret_cast<void *>(&cuGraphicsUnmapResources)},
    {"cuGraphicsUnregisterResource", 3000, reinterpret_cast<void *>(&cuGraphicsUnregisterResource)},
    {"cuGreenCtxCreate", 12040, reinterpret_cast<void *>(&cuGreenCtxCreate)},
    {"cuGreenCtxDestroy", 12040, reinterpret_cast<void *>(&cuGreenCtxDestroy)},
    {"cuGreenCtxGetDevResource", 12040, reinterpret_cast<void *>(&cuGreenCtxGetDevResource)},
    {"cuGreenCtxGetId", 12090, reinterpret_cast<void *>(&cuGreenCtxGetId)},
    {"cuGreenCtxRecordEvent", 12040, reinterpret_cast<void *>(&cuGreenCtxRecordEvent)},
    {"cuGreenCtxStreamCreate", 12050, reinterpret_cast<void *>(&cuGreenCtxStreamCreate)},
    {"cuGreenCtxWaitEvent", 12040, reinterpret_cast<void *>(&cuGreenCtxWaitEvent)},
    {"cuImportExternalMemory", 10000, reinterpret_cast<void *>(&cuImportExternalMemory)},
    {"cuImportExternalSemaphore", 10000, reinterpret_cast<void *>(&cuImportExternalSemaphore)},
    {"cuIpcCloseMemHandle", 4010, reinterpret_cast<void *>(&cuIpcCloseMemHandle)},
    {"cuIpcGetEventHandle", 4010, reinterpret_cast<void *>(&cuIpcGetEventHandle)},
    {"cuIpcGetMemHandle", 4010, reinterpret_cast<void *>(&cuIpcGetMemHandle)},
    {"cuIpcOpenEventHandle", 4010, reinterpret_cast<void *>(&cuIpcOpenEventHandle)},
    {"cuIpcOpenMemHandle", 4010, reinterpret_cast<void *>(&cuIpcOpenMemHandle_v2)},
    {"cuLaunch", 2000, reinterpret_cast<void *>(&cuLaunch)},
    {"cuLaunchCooperativeKernelMultiDevice", 9000, reinterpret_cast<void *>(&cuLaunchCooperativeKernelMultiDevice)},
    {"cuLaunchGrid", 2000, reinterpret_cast<void *>(&cuLaunchGrid)},
    {"cuLaunchGridAsync", 2000, reinterpret_cast<void *>(&cuLaunchGridAsync)},
    {"cuLogsCurrent", 12090, reinterpret_cast<void *>(&cuLogsCurrent)},
    {"cuLogsDumpToFile", 12090, reinterpret_cast<void *>(&cuLogsDumpToFile)},
    {"cuLogsDumpToMemory", 12090, reinterpret_cast<void *>(&cuLogsDumpToMemory)},
    {"cuLogsRegisterCallback", 12090, reinterpret_cast<void *>(&cuLogsRegisterCallback)},
    {"cuLogsUnregisterCallback", 12090, reinterpret_cast<void *>(&cuLogsUnregisterCallback)},
    {"cuMemBatchDecompressAsync", 12060, reinterpret_cast<void *>(&cuMemBatchDecompressAsync)},
    {"cuMemDiscardAndPrefetchBatchAsync", 13000, reinterpret_cast<void *>(&cuMemDiscardAndPrefetchBatchAsync)},
    {"cuMemDiscardBatchAsync", 13000, reinterpret_cast<void *>(&cuMemDiscardBatchAsync)},
    {"cuMemExportToShareableHandle", 10020, reinterpret_cast<void *>(&cuMemExportToShareableHandle)},
    {"cuMemGetDefaultMemPool", 13000, reinterpret_cast<void *>(&cuMemGetDefaultMemPool)},
    {"cuMemGetHandleForAddressRange", 11070, reinterpret_cast<void *>(&cuMemGetHandleForAddressRange)},
    {"cuMemGetMemPool", 13000, reinterpret_cast<void *>(&cuMemGetMemPool)},
    {"cuMemImportFromShareableHandle", 10020, reinterpret_cast<void *>(&cuMemImportFromShareableHandle)},
    {"cuMemMapArrayAsync", 11010, reinterpret_cast<void *>(&cuMemMapArrayAsync)},
    {"cuMemPoolExportPointer", 11020, reinterpret_cast<void *>(&cuMemPoolExportPointer)},
    {"cuMemPoolExportToShareableHandle", 11020, reinterpret_cast<void *>(&cuMemPoolExportToShareableHandle)},
    {"cuMemPoolImportFromShareableHandle", 11020, reinterpret_cast<void *>(&cuMemPoolImportFromShareableHandle)},
    {"cuMemPoolImportPointer", 11020, reinterpret_cast<void *>(&cuMemPoolImportPointer)},
    {"cuMemPrefetchBatchAsync", 13000, reinterpret_cast<void *>(&cuMemPrefetchBatchAsync)},
    {"cuMemSetMemPool", 13000, reinterpret_cast<void *>(&cuMemSetMemPool)},
    {"cuMemcpy3DBatchAsync", 12080, reinterpret_cast<void *>(&cuMemcpy3DBatchAsync_v2)},
    {"cuMemcpyAtoA", 2000, reinterpret_cast<void *>(&cuMemcpyAtoA_v2)},
    {"cuMemcpyAtoD", 2000, reinterpret_cast<void *>(&cuMemcpyAtoD_v2)},
    {"cuMemcpyAtoHAsync", 2000, reinterpret_cast<void *>(&cuMemcpyAtoHAsync_v2)},
    {"cuMemcpyAtoH", 2000, reinterpret_cast<void *>(&cuMemcpyAtoH_v2)},
    {"cuMemcpyBatchAsync", 12080, reinterpret_cast<void *>(&cuMemcpyBatchAsync_v2)},
    {"cuMemcpyDtoA", 2000, reinterpret_cast<void *>(&cuMemcpyDtoA_v2)},
    {"cuMemcpyHtoAAsync", 2000, reinterpret_cast<void *>(&cuMemcpyHtoAAsync_v2)},
    {"cuMemcpyHtoA", 2000, reinterpret_cast<void *>(&cuMemcpyHtoA_v2)},
    {"cuMipmappedArrayCreate", 5000, reinterpret_cast<void *>(&cuMipmappedArrayCreate)},
    {"cuMipmappedArrayDestroy", 5000, reinterpret_cast<void *>(&cuMipmappedArrayDestroy)},
    {"cuMipmappedArrayGetLevel", 5000, reinterpret_cast<void *>(&cuMipmappedArrayGetLevel)},
    {"cuMipmappedArrayGetMemoryRequirements", 11060, reinterpret_cast<void *>(&cuMipmappedArrayGetMemoryRequirements)},
    {"cuMipmappedArrayGetSparseProperties", 11010, reinterpret_cast<void *>(&cuMipmappedArrayGetSparseProperties)},
    {"cuModuleGetSurfRef", 3000, reinterpret_cast<void *>(&cuModuleGetSurfRef)},
    {"cuModuleGetTexRef", 2000, reinterpret_cast<void *>(&cuModuleGetTexRef)},
    {"cuMulticastAddDevice", 12010, reinterpret_cast<void *>(&cuMulticastAddDevice)},
    {"cuMulticastBindAddr", 12010, reinterpret_cast<void *>(&cuMulticastBindAddr)},
    {"cuMulticastBindMem", 12010, reinterpret_cast<void *>(&cuMulticastBindMem)},
    {"cuMulticastCreate", 12010, reinterpret_cast<void *>(&cuMulticastCreate)},
    {"cuMulticastGetGranularity", 12010, reinterpret_cast<void *>(&cuMulticastGetGranularity)},
    {"cuMulticastUnbind", 12010, reinterpret_cast<void *>(&cuMulticastUnbind)},
    {"cuParamSetSize", 2000, reinterpret_cast<void *>(&cuParamSetSize)},
    {"cuParamSetTexRef", 2000, reinterpret_cast<void *>(&cuParamSetTexRef)},
    {"cuParamSetf", 2000, reinterpret_cast<void *>(&cuParamSetf)},
    {"cuParamSeti", 2000, reinterpret_cast<void *>(&cuParamSeti)},
    {"cuParamSetv", 2000, reinterpret_cast<void *>(&cuParamSetv)},
    {"cuSignalExternalSemaphoresAsync", 10000, reinterpret_cast<void *>(&cuSignalExternalSemaphoresAsync)},
    {"cuStreamBeginCaptureToGraph", 12030, reinterpret_cast<void *>(&cuStreamBeginCaptureToGraph)},
    {"cuStreamGetGreenCtx", 12040, reinterpret_cast<void *>(&cuStreamGetGreenCtx)},
    {"cuTensorMapEncodeIm2col", 12000, reinterpret_cast<void *>(&cuTensorMapEncodeIm2col)},
    {"cuTensorMapEncodeIm2colWide", 12080, reinterpret_cast<void *>(&cuTensorMapEncodeIm2colWide)},
    {"cuStreamUpdateCaptureDependencies", 11030, reinterpret_cast<void *>(&cuStreamUpdateCaptureDependencies_v2)},
    {"cuSurfObjectCreate", 5000, reinterpret_cast<void *>(&cuSurfObjectCreate)},
    {"cuSurfObjectDestroy", 5000, reinterpret_cast<void *>(&cuSurfObjectDestroy)},
    {"cuSurfObjectGetResourceDesc", 5000, reinterpret_cast<void *>(&cuSurfObjectGetResourceDesc)},
    {"cuSurfRefGetArray", 3000, reinterpret_cast<void *>(&cuSurfRefGetArray)},
    {"cuSurfRefSetArray", 3000, reinterpret_cast<void *>(&cuSurfRefSetArray)},
    {"cuTexObjectCreate", 5000, reinterpret_cast<void *>(&cuTexObjectCreate)},
    {"cuTexObjectDestroy", 5000, reinterpret_cast<void *>(&cuTexObjectDestroy)},
    {"cuTexObjectGetResourceDesc", 5000, reinterpret_cast<void *>(&cuTexObjectGetResourceDesc)},
    {"cuTexObjectGetResourceViewDesc", 5000, reinterpret_cast<void *>(&cuTexObjectGetResourceViewDesc)},
    {"cuTexObjectGetTextureDesc", 5000, reinterpret_cast<void *>(&cuTexObjectGetTextureDesc)},
    {"cuTexRefCreate", 2000, reinterpret_cast<void *>(&cuTexRefCreate)},
    {"cuTexRefDestroy", 2000, reinterpret_cast<void *>(&cuTexRefDestroy)},
    {"cuTexRefGetAddressMode", 2000, reinterpret_cast<void *>(&cuTexRefGetAddressMode)},
    {"cuTexRefGetAddress", 2000, reinterpret_cast<void *>(&cuTexRefGetAddress_v2)},
    {"cuTexRefGetArray", 2000, reinterpret_cast<void *>(&cuTexRefGetArray)},
    {"cuTexRefGetBorderColor", 8000, reinterpret_cast<void *>(&cuTexRefGetBorderColor)},
    {"cuTexRefGetFilterMode", 2000, reinterpret_cast<void *>(&cuTexRefGetFilterMode)},
    {"cuTexRefGetFlags", 2000, reinterpret_cast<void *>(&cuTexRefGetFlags)},
    {"cuTexRefGetFormat", 2000, reinterpret_cast<void *>(&cuTexRefGetFormat)},
    {"cuTexRefGetMaxAnisotropy", 5000, reinterpret_cast<void *>(&cuTexRefGetMaxAnisotropy)},
    {"cuTexRefGetMipmapFilterMode", 5000, reinterpret_cast<void *>(&cuTexRefGetMipmapFilterMode)},
    {"cuTexRefGetMipmapLevelBias", 5000, reinterpret_cast<void *>(&cuTexRefGetMipmapLevelBias)},
    {"cuTexRefGetMipmapLevelClamp", 5000, reinterpret_cast<void *>(&cuTexRefGetMipmapLevelClamp)},
    {"cuTexRefGetMipmappedArray", 5000, reinterpret_cast<void *>(&cuTexRefGetMipmappedArray)},
    {"cuTexRefSetAddress2D", 2020, reinterpret_cast<void *>(&cuTexRefSetAddress2D_v3)},
    {"cuTexRefSetAddressMode", 2000, reinterpret_cast<void *>(&cuTexRefSetAddressMode)},
    {"cuTexRefSetAddress", 2000, reinterpret_cast<void *>(&cuTexRefSetAddress_v2)},
    {"cuTexRefSetArray", 2000, reinterpret_cast<void *>(&cuTexRefSetArray)},
    {"cuTexRefSetBorderColor", 8000, reinterpret_cast<void *>(&cuTexRefSetBorderColor)},
    {"cuTexRefSetFilterMode", 2000, reinterpret_cast<void *>(&cuTexRefSetFilterMode)},
    {"cuTexRefSetFlags", 2000, reinterpret_cast<void *>(&cuTexRefSetFlags)},
    {"cuTexRefSetFormat", 2000, reinterpret_cast<void *>(&cuTexRefSetFormat)},
    {"cuTexRefSetMaxAnisotropy", 5000, reinterpret_cast<void *>(&cuTexRefSetMaxAnisotropy)},
    {"cuTexRefSetMipmapFilterMode", 5000, reinterpret_cast<void *>(&cuTexRefSetMipmapFilterMode)},
    {"cuTexRefSetMipmapLevelBias", 5000, reinterpret_cast<void *>(&cuTexRefSetMipmapLevelBias)},
    {"cuTexRefSetMipmapLevelClamp", 5000, reinterpret_cast<void *>(&cuTexRefSetMipmapLevelClamp)},
    {"cuTexRefSetMipmappedArray", 5000, reinterpret_cast<void *>(&cuTexRefSetMipmappedArray)},
    {"cuUserObjectCreate", 11030, reinterpret_cast<void *>(&cuUserObjectCreate)},
    {"cuUserObjectRelease", 11030, reinterpret_cast<void *>(&cuUserObjectRelease)},
    {"cuUserObjectRetain", 11030, reinterpret_cast<void *>(&cuUserObjectRetain)},
    {"cuWaitExternalSemaphoresAsync", 10000, reinterpret_cast<void *>(&cuWaitExternalSemaphoresAsync)},
};

struct Lookup {
  void *address = nullptr;
  bool isKnown = false; ///< under this name, in whatever version
};

Lookup find(std::string_view name, int version) {
  Lookup found;
  int best = -1;
  for (const auto &forms : {std::span<const Form>(kForms), std::span<const Form>(kRefused)})
    for (const Form &form : forms)
      if (form.name == name) {
        found.isKnown = true;
        if (form.version <= version && form.version > best) {
          best = form.version;
          found.address = form.address;
        }
      }
  return found;
}

} // namespace

CUresult cuGetErrorName(CUresult error, const char **text) {
  TESSERA_REQUIRE(text)
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
  TESSERA_REQUIRE(text)
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
  constexpr std::uint64_t kFlags = CU_GET_PROC_ADDRESS_LEGACY_STREAM | CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
  TESSERA_REQUIRE(name && function && (flags & ~kFlags) == 0 && flags != kFlags)
  const Lookup found = find(name, version);
  *function = found.address;
  if (flags == CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM && found.address)
    if (void *variant = perThreadVariant(found.address))
      *function = variant;
  if (status)
    *status = found.address   ? CU_GET_PROC_ADDRESS_SUCCESS
              : found.isKnown ? CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT
                              : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  return CUDA_SUCCESS; // this form tells by `status` and the null pointer
}

CUresult cuGetProcAddress(const char *name, void **function, int version, std::uint64_t flags) {
  TESSERA_RETURN_IF_FAILED(cuGetProcAddress_v2(name, function, version, flags, nullptr))
  return *function ? CUDA_SUCCESS : fail(CUDA_ERROR_NOT_FOUND);
}

CUresult cuGetExportTable(const void **table, const CUuuid *id) {
  TESSERA_REQUIRE(table && id)
  *table = nullptr;
  // Tables of undocumented functions between NVIDIA's own libraries. This is the first that its CUDA runtime cannot do
  // without; further on it asks for proof that the driver is NVIDIA's, which the simulator has not and does not forge.
  constexpr unsigned char kRuntime[16] = {0x6b, 0xd5, 0xfb, 0x6c, 0x5b, 0xf4, 0xe7, 0x4a,
                                          0x89, 0x87, 0xd9, 0x39, 0x12, 0xfd, 0x9d, 0xf9};
  if (std::memcmp(id->bytes, kRuntime, sizeof kRuntime) != 0)
    return fail(CUDA_ERROR_NOT_FOUND);
  return fail(
      CUDA_ERROR_NOT_FOUND,
      "NVIDIA's CUDA runtime does not run on the simulator: link the program with nvcc -cudart shared and let the "
      "loader find the libcudart.so.13 beside the simulator's libcuda.so.1");
}

CUresult cuProfilerStart() { return CUDA_SUCCESS; } // nobody looks
CUresult cuProfilerStop() { return CUDA_SUCCESS; }

#define TESSERA_REFUSE(symbol)                                                                                         \
  CUresult symbol() { return fail(CUDA_ERROR_NOT_SUPPORTED, "the simulator has no " #symbol); }
TESSERA_REFUSED_FUNCTIONS(TESSERA_REFUSE)
#undef TESSERA_REFUSE

} // namespace tessera::cuda
