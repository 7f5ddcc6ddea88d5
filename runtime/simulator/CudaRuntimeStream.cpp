// The runtime's streams, events and graphs: the driver's under other names.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/CudaRuntime.h"

using namespace tessera::cudart;

TESSERA_CUDA_RUNTIME cudaError_t cudaStreamCreateWithPriority(CUstream *stream, unsigned flags, int priority) {
  return with([&] { return cuStreamCreateWithPriority(stream, flags, priority); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamCreateWithFlags(CUstream *stream, unsigned flags) {
  return with([&] { return cuStreamCreate(stream, flags); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamCreate(CUstream *stream) { return cudaStreamCreateWithFlags(stream, 0); }
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamDestroy(CUstream stream) {
  return with([&] { return cuStreamDestroy_v2(stream); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamSynchronize(CUstream stream) {
  return with([&] { return cuStreamSynchronize(stream); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamQuery(CUstream stream) {
  return with([&] { return cuStreamQuery(stream); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamWaitEvent(CUstream stream, CUevent event, unsigned flags) {
  return with([&] { return cuStreamWaitEvent(stream, event, flags); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamGetFlags(CUstream stream, unsigned *flags) {
  return with([&] { return cuStreamGetFlags(stream, flags); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamGetPriority(CUstream stream, int *priority) {
  return with([&] { return cuStreamGetPriority(stream, priority); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamGetId(CUstream stream, unsigned long long *id) {
  return with([&] { return cuStreamGetId(stream, id); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamGetDevice(CUstream stream, int *device) {
  return with([&] { return cuStreamGetDevice(stream, device); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamAddCallback(CUstream stream, void (*callback)(CUstream, cudaError_t, void *),
                                                       void *data, unsigned flags) {
  // Results have the same numbers on both sides.
  return with([&] { return cuStreamAddCallback(stream, reinterpret_cast<CUstreamCallback>(callback), data, flags); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaLaunchHostFunc(CUstream stream, CUhostFn function, void *data) {
  return with([&] { return cuLaunchHostFunc(stream, function, data); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamAttachMemAsync(CUstream stream, void *pointer, std::size_t bytes,
                                                          unsigned flags) {
  return with([&] { return cuStreamAttachMemAsync(stream, addressOf(pointer), bytes, flags); });
}

TESSERA_CUDA_RUNTIME cudaError_t cudaEventCreateWithFlags(CUevent *event, unsigned flags) {
  return with([&] { return cuEventCreate(event, flags); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaEventCreate(CUevent *event) { return cudaEventCreateWithFlags(event, 0); }
TESSERA_CUDA_RUNTIME cudaError_t cudaEventDestroy(CUevent event) {
  return with([&] { return cuEventDestroy_v2(event); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaEventRecordWithFlags(CUevent event, CUstream stream, unsigned flags) {
  return with([&] { return cuEventRecordWithFlags(event, stream, flags); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaEventRecord(CUevent event, CUstream stream) {
  return cudaEventRecordWithFlags(event, stream, 0);
}
TESSERA_CUDA_RUNTIME cudaError_t cudaEventQuery(CUevent event) {
  return with([&] { return cuEventQuery(event); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaEventSynchronize(CUevent event) {
  return with([&] { return cuEventSynchronize(event); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  return with([&] { return cuEventElapsedTime_v2(milliseconds, start, end); });
}

TESSERA_CUDA_RUNTIME cudaError_t cudaStreamBeginCapture(CUstream stream, unsigned mode) {
  return with([&] { return cuStreamBeginCapture_v2(stream, mode); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamEndCapture(CUstream stream, CUgraph *graph) {
  return with([&] { return cuStreamEndCapture(stream, graph); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaStreamIsCapturing(CUstream stream, CUstreamCaptureStatus *status) {
  return with([&] { return cuStreamIsCapturing(stream, status); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaThreadExchangeStreamCaptureMode(unsigned *mode) {
  return with([&] { return cuThreadExchangeStreamCaptureMode(mode); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaGraphCreate(CUgraph *graph, unsigned flags) {
  return with([&] { return cuGraphCreate(graph, flags); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaGraphDestroy(CUgraph graph) {
  return with([&] { return cuGraphDestroy(graph); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaGraphGetNodes(CUgraph graph, CUgraphNode *nodes, std::size_t *count) {
  return with([&] { return cuGraphGetNodes(graph, nodes, count); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaGraphInstantiate(CUgraphExec *exec, CUgraph graph, unsigned long long flags) {
  return with([&] { return cuGraphInstantiateWithFlags(exec, graph, flags); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph,
                                                               unsigned long long flags) {
  return cudaGraphInstantiate(exec, graph, flags);
}
TESSERA_CUDA_RUNTIME cudaError_t cudaGraphLaunch(CUgraphExec exec, CUstream stream) {
  return with([&] { return cuGraphLaunch(exec, stream); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaGraphUpload(CUgraphExec exec, CUstream stream) {
  return with([&] { return cuGraphUpload(exec, stream); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaGraphExecDestroy(CUgraphExec exec) {
  return with([&] { return cuGraphExecDestroy(exec); });
}
