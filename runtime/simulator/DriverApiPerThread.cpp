// Variants of functions for programs whose default stream is one of each thread's own: built with
// CUDA_API_PER_THREAD_DEFAULT_STREAM, they call names ending in _ptsz (which take a stream) or _ptds (which wait and so
// use the default stream). Each is the plain function with another meaning of stream 0. SPDX-License-Identifier:
// Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

using namespace tessera::sim::api;

namespace tessera::cuda {

// X(symbol, suffix, parameters, arguments)
#define TESSERA_PER_THREAD_FUNCTIONS(X)                                                                                \
  X(cuEventRecord, _ptsz, (CUevent event, CUstream stream), (event, stream))                                           \
  X(cuEventRecordWithFlags, _ptsz, (CUevent event, CUstream stream, unsigned flags), (event, stream, flags))           \
  X(cuGraphInstantiateWithParams, _ptsz,                                                                               \
    (CUgraphExec * exec, CUgraph graph, CUDA_GRAPH_INSTANTIATE_PARAMS * parameters), (exec, graph, parameters))        \
  X(cuGraphLaunch, _ptsz, (CUgraphExec exec, CUstream stream), (exec, stream))                                         \
  X(cuGraphUpload, _ptsz, (CUgraphExec exec, CUstream stream), (exec, stream))                                         \
  X(cuLaunchCooperativeKernel, _ptsz,                                                                                  \
    (CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,            \
     unsigned blockZ, unsigned sharedBytes, CUstream stream, void **parameters),                                       \
    (function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream, parameters))                          \
  X(cuLaunchHostFunc, _ptsz, (CUstream stream, CUhostFn function, void *userData), (stream, function, userData))       \
  X(cuLaunchKernel, _ptsz,                                                                                             \
    (CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,            \
     unsigned blockZ, unsigned sharedBytes, CUstream stream, void **parameters, void **extra),                         \
    (function, gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream, parameters, extra))                   \
  X(cuLaunchKernelEx, _ptsz, (const CUlaunchConfig *config, CUfunction function, void **parameters, void **extra),     \
    (config, function, parameters, extra))                                                                             \
  X(cuMemAllocAsync, _ptsz, (CUdeviceptr * pointer, std::size_t bytes, CUstream stream), (pointer, bytes, stream))     \
  X(cuMemAllocFromPoolAsync, _ptsz, (CUdeviceptr * pointer, std::size_t bytes, CUmemoryPool pool, CUstream stream),    \
    (pointer, bytes, pool, stream))                                                                                    \
  X(cuMemFreeAsync, _ptsz, (CUdeviceptr pointer, CUstream stream), (pointer, stream))                                  \
  X(cuMemPrefetchAsync_v2, _ptsz,                                                                                      \
    (CUdeviceptr pointer, std::size_t bytes, CUmemLocation location, unsigned flags, CUstream stream),                 \
    (pointer, bytes, location, flags, stream))                                                                         \
  X(cuMemcpy, _ptds, (CUdeviceptr to, CUdeviceptr from, std::size_t bytes), (to, from, bytes))                         \
  X(cuMemcpy2DAsync_v2, _ptsz, (const CUDA_MEMCPY2D *copy, CUstream stream), (copy, stream))                           \
  X(cuMemcpy2DUnaligned_v2, _ptds, (const CUDA_MEMCPY2D *copy), (copy))                                                \
  X(cuMemcpy2D_v2, _ptds, (const CUDA_MEMCPY2D *copy), (copy))                                                         \
  X(cuMemcpy3DAsync_v2, _ptsz, (const CUDA_MEMCPY3D *copy, CUstream stream), (copy, stream))                           \
  X(cuMemcpy3DPeer, _ptds, (const CUDA_MEMCPY3D *copy), (copy))                                                        \
  X(cuMemcpy3DPeerAsync, _ptsz, (const CUDA_MEMCPY3D *copy, CUstream stream), (copy, stream))                          \
  X(cuMemcpy3D_v2, _ptds, (const CUDA_MEMCPY3D *copy), (copy))                                                         \
  X(cuMemcpyAsync, _ptsz, (CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream),                      \
    (to, from, bytes, stream))                                                                                         \
  X(cuMemcpyDtoDAsync_v2, _ptsz, (CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream),               \
    (to, from, bytes, stream))                                                                                         \
  X(cuMemcpyDtoD_v2, _ptds, (CUdeviceptr to, CUdeviceptr from, std::size_t bytes), (to, from, bytes))                  \
  X(cuMemcpyDtoHAsync_v2, _ptsz, (void *to, CUdeviceptr from, std::size_t bytes, CUstream stream),                     \
    (to, from, bytes, stream))                                                                                         \
  X(cuMemcpyDtoH_v2, _ptds, (void *to, CUdeviceptr from, std::size_t bytes), (to, from, bytes))                        \
  X(cuMemcpyHtoDAsync_v2, _ptsz, (CUdeviceptr to, const void *from, std::size_t bytes, CUstream stream),               \
    (to, from, bytes, stream))                                                                                         \
  X(cuMemcpyHtoD_v2, _ptds, (CUdeviceptr to, const void *from, std::size_t bytes), (to, from, bytes))                  \
  X(cuMemcpyPeer, _ptds,                                                                                               \
    (CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext, std::size_t bytes),                 \
    (to, toContext, from, fromContext, bytes))                                                                         \
  X(cuMemcpyPeerAsync, _ptsz,                                                                                          \
    (CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext, std::size_t bytes,                  \
     CUstream stream),                                                                                                 \
    (to, toContext, from, fromContext, bytes, stream))                                                                 \
  X(cuMemsetD16Async, _ptsz, (CUdeviceptr to, unsigned short value, std::size_t count, CUstream stream),               \
    (to, value, count, stream))                                                                                        \
  X(cuMemsetD16_v2, _ptds, (CUdeviceptr to, unsigned short value, std::size_t count), (to, value, count))              \
  X(cuMemsetD2D16Async, _ptsz,                                                                                         \
    (CUdeviceptr to, std::size_t pitch, unsigned short value, std::size_t width, std::size_t height, CUstream stream), \
    (to, pitch, value, width, height, stream))                                                                         \
  X(cuMemsetD2D16_v2, _ptds,                                                                                           \
    (CUdeviceptr to, std::size_t pitch, unsigned short value, std::size_t width, std::size_t height),                  \
    (to, pitch, value, width, height))                                                                                 \
  X(cuMemsetD2D32Async, _ptsz,                                                                                         \
    (CUdeviceptr to, std::size_t pitch, unsigned value, std::size_t width, std::size_t height, CUstream stream),       \
    (to, pitch, value, width, height, stream))                                                                         \
  X(cuMemsetD2D32_v2, _ptds,                                                                                           \
    (CUdeviceptr to, std::size_t pitch, unsigned value, std::size_t width, std::size_t height),                        \
    (to, pitch, value, width, height))                                                                                 \
  X(cuMemsetD2D8Async, _ptsz,                                                                                          \
    (CUdeviceptr to, std::size_t pitch, unsigned char value, std::size_t width, std::size_t height, CUstream stream),  \
    (to, pitch, value, width, height, stream))                                                                         \
  X(cuMemsetD2D8_v2, _ptds,                                                                                            \
    (CUdeviceptr to, std::size_t pitch, unsigned char value, std::size_t width, std::size_t height),                   \
    (to, pitch, value, width, height))                                                                                 \
  X(cuMemsetD32Async, _ptsz, (CUdeviceptr to, unsigned value, std::size_t count, CUstream stream),                     \
    (to, value, count, stream))                                                                                        \
  X(cuMemsetD32_v2, _ptds, (CUdeviceptr to, unsigned value, std::size_t count), (to, value, count))                    \
  X(cuMemsetD8Async, _ptsz, (CUdeviceptr to, unsigned char value, std::size_t count, CUstream stream),                 \
    (to, value, count, stream))                                                                                        \
  X(cuMemsetD8_v2, _ptds, (CUdeviceptr to, unsigned char value, std::size_t count), (to, value, count))                \
  X(cuStreamAddCallback, _ptsz, (CUstream stream, CUstreamCallback callback, void *userData, unsigned flags),          \
    (stream, callback, userData, flags))                                                                               \
  X(cuStreamAttachMemAsync, _ptsz, (CUstream stream, CUdeviceptr pointer, std::size_t bytes, unsigned flags),          \
    (stream, pointer, bytes, flags))                                                                                   \
  X(cuStreamBatchMemOp_v2, _ptsz,                                                                                      \
    (CUstream stream, unsigned count, CUstreamBatchMemOpParams *operations, unsigned flags),                           \
    (stream, count, operations, flags))                                                                                \
  X(cuStreamBeginCapture_v2, _ptsz, (CUstream stream, unsigned mode), (stream, mode))                                  \
  X(cuStreamCopyAttributes, _ptsz, (CUstream to, CUstream from), (to, from))                                           \
  X(cuStreamEndCapture, _ptsz, (CUstream stream, CUgraph * graph), (stream, graph))                                    \
  X(cuStreamGetAttribute, _ptsz, (CUstream stream, CUlaunchAttributeID attribute, CUlaunchAttributeValue * value),     \
    (stream, attribute, value))                                                                                        \
  X(cuStreamGetCaptureInfo_v3, _ptsz,                                                                                  \
    (CUstream stream, CUstreamCaptureStatus * status, std::uint64_t *id, CUgraph *graph,                               \
     const CUgraphNode **dependencies, const void **edges, std::size_t *count),                                        \
    (stream, status, id, graph, dependencies, edges, count))                                                           \
  X(cuStreamGetCtx, _ptsz, (CUstream stream, CUcontext * context), (stream, context))                                  \
  X(cuStreamGetCtx_v2, _ptsz, (CUstream stream, CUcontext * context, void **greenContext),                             \
    (stream, context, greenContext))                                                                                   \
  X(cuStreamGetDevice, _ptsz, (CUstream stream, CUdevice * device), (stream, device))                                  \
  X(cuStreamGetFlags, _ptsz, (CUstream stream, unsigned *flags), (stream, flags))                                      \
  X(cuStreamGetId, _ptsz, (CUstream stream, unsigned long long *id), (stream, id))                                     \
  X(cuStreamGetPriority, _ptsz, (CUstream stream, int *priority), (stream, priority))                                  \
  X(cuStreamIsCapturing, _ptsz, (CUstream stream, CUstreamCaptureStatus * status), (stream, status))                   \
  X(cuStreamQuery, _ptsz, (CUstream stream), (stream))                                                                 \
  X(cuStreamSetAttribute, _ptsz,                                                                                       \
    (CUstream stream, CUlaunchAttributeID attribute, const CUlaunchAttributeValue *value), (stream, attribute, value)) \
  X(cuStreamSynchronize, _ptsz, (CUstream stream), (stream))                                                           \
  X(cuStreamWaitEvent, _ptsz, (CUstream stream, CUevent event, unsigned flags), (stream, event, flags))                \
  X(cuStreamWaitValue32_v2, _ptsz, (CUstream stream, CUdeviceptr address, std::uint32_t value, unsigned flags),        \
    (stream, address, value, flags))                                                                                   \
  X(cuStreamWaitValue64_v2, _ptsz, (CUstream stream, CUdeviceptr address, std::uint64_t value, unsigned flags),        \
    (stream, address, value, flags))                                                                                   \
  X(cuStreamWriteValue32_v2, _ptsz, (CUstream stream, CUdeviceptr address, std::uint32_t value, unsigned flags),       \
    (stream, address, value, flags))                                                                                   \
  X(cuStreamWriteValue64_v2, _ptsz, (CUstream stream, CUdeviceptr address, std::uint64_t value, unsigned flags),       \
    (stream, address, value, flags))

extern "C" {
// NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration
#define TESSERA_PER_THREAD(symbol, suffix, parameters, arguments)                                                      \
  TESSERA_SIMULATOR_EXPORT CUresult symbol##suffix parameters {                                                        \
    const PerThreadDefault scope;                                                                                      \
    return symbol arguments;                                                                                           \
  }
TESSERA_PER_THREAD_FUNCTIONS(TESSERA_PER_THREAD)
#undef TESSERA_PER_THREAD
}

void *perThreadVariant(const void *function) {
  static const std::pair<const void *, void *> variants[] = {
#define TESSERA_VARIANT(symbol, suffix, parameters, arguments)                                                         \
  {reinterpret_cast<const void *>(&symbol), reinterpret_cast<void *>(&symbol##suffix)},
      TESSERA_PER_THREAD_FUNCTIONS(TESSERA_VARIANT)
#undef TESSERA_VARIANT
  };
  for (const auto &[plain, variant] : variants)
    if (plain == function)
      return variant;
  return nullptr;
}

} // namespace tessera::cuda
