// Streams and events.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

/// The ticket up to which a stream must be waited for. The default stream waits for all blocking streams, which here
/// means for all.
std::uint64_t lastOf(Stream &stream) {
  if (&stream == &stream.device->defaultStream)
    return stream.device->queue.last();
  std::lock_guard lock(driver().mutex);
  return stream.last;
}

CUresult query(Device &device, std::uint64_t ticket) {
  if (!device.queue.isDone(ticket))
    return CUDA_ERROR_NOT_READY;
  return waitFor(device, ticket);
}

} // namespace

CUresult cuStreamCreateWithPriority(CUstream *handle, unsigned flags, int priority) {
  TESSERA_CURRENT_OR_RETURN(device)
  if (!handle || flags > kStreamNonBlocking)
    return fail(CUDA_ERROR_INVALID_VALUE);
  auto *stream = new Stream();
  stream->device = device;
  stream->context = contextStack().back();
  stream->flags = flags;
  stream->priority = priority;
  std::lock_guard lock(driver().mutex);
  driver().streams.insert(stream);
  *handle = reinterpret_cast<CUstream>(stream);
  return CUDA_SUCCESS;
}

CUresult cuStreamCreate(CUstream *stream, unsigned flags) { return cuStreamCreateWithPriority(stream, flags, 0); }

CUresult cuStreamDestroy_v2(CUstream handle) { // what is on it still runs
  TESSERA_STREAM_OR_RETURN(stream, handle)
  if (stream == &stream->device->defaultStream)
    return fail(CUDA_ERROR_INVALID_HANDLE);
  std::lock_guard lock(driver().mutex);
  driver().streams.erase(stream);
  delete stream;
  return CUDA_SUCCESS;
}

CUresult cuStreamSynchronize(CUstream handle) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  return waitFor(*stream->device, lastOf(*stream));
}

CUresult cuStreamQuery(CUstream handle) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  return query(*stream->device, lastOf(*stream));
}

CUresult cuStreamWaitEvent(CUstream handle, CUevent eventHandle, unsigned flags) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_EVENT_OR_RETURN(event, eventHandle)
  // Work runs in the order in which it was enqueued, so what the event marks is before what comes now.
  return CUDA_SUCCESS;
}

CUresult cuStreamGetFlags(CUstream handle, unsigned *flags) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  *flags = stream->flags;
  return CUDA_SUCCESS;
}

CUresult cuStreamGetPriority(CUstream handle, int *priority) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  *priority = stream->priority;
  return CUDA_SUCCESS;
}

CUresult cuStreamGetCtx(CUstream handle, CUcontext *context) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  *context = reinterpret_cast<CUcontext>(stream->context);
  return CUDA_SUCCESS;
}

CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus *status) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  *status = CU_STREAM_CAPTURE_STATUS_NONE;
  return CUDA_SUCCESS;
}

CUresult cuStreamAddCallback(CUstream handle, CUstreamCallback callback, void *userData, unsigned flags) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  if (!callback || flags != 0)
    return fail(CUDA_ERROR_INVALID_VALUE);
  enqueue(*stream, [=] { callback(handle, CUDA_SUCCESS, userData); });
  return CUDA_SUCCESS;
}

CUresult cuEventCreate(CUevent *handle, unsigned flags) {
  TESSERA_CURRENT_OR_RETURN(device)
  if (!handle)
    return fail(CUDA_ERROR_INVALID_VALUE);
  auto *event = new Event();
  event->device = device;
  event->flags = flags;
  std::lock_guard lock(driver().mutex);
  driver().events.insert(event);
  *handle = reinterpret_cast<CUevent>(event);
  return CUDA_SUCCESS;
}

CUresult cuEventDestroy_v2(CUevent handle) {
  TESSERA_EVENT_OR_RETURN(event, handle)
  std::lock_guard lock(driver().mutex);
  driver().events.erase(event);
  delete event;
  return CUDA_SUCCESS;
}

CUresult cuEventRecordWithFlags(CUevent handle, CUstream streamHandle, unsigned flags) {
  TESSERA_EVENT_OR_RETURN(event, handle)
  TESSERA_STREAM_OR_RETURN(stream, streamHandle)
  if (event->device != stream->device)
    return fail(CUDA_ERROR_INVALID_HANDLE, "the event and the stream are of different devices");
  auto when = std::make_shared<std::chrono::steady_clock::time_point>();
  // Even after a fault: who waits for the event must come to an end.
  const std::uint64_t ticket = stream->device->queue.add([when] { *when = std::chrono::steady_clock::now(); }, true);
  std::lock_guard lock(driver().mutex);
  stream->last = std::max(stream->last, ticket);
  event->ticket = ticket;
  event->when = std::move(when);
  return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream) { return cuEventRecordWithFlags(event, stream, 0); }

CUresult cuEventSynchronize(CUevent handle) {
  TESSERA_EVENT_OR_RETURN(event, handle)
  std::uint64_t ticket;
  {
    std::lock_guard lock(driver().mutex);
    ticket = event->ticket;
  }
  return waitFor(*event->device, ticket);
}

CUresult cuEventQuery(CUevent handle) {
  TESSERA_EVENT_OR_RETURN(event, handle)
  std::uint64_t ticket;
  {
    std::lock_guard lock(driver().mutex);
    ticket = event->ticket;
  }
  return query(*event->device, ticket);
}

CUresult cuEventElapsedTime_v2(float *milliseconds, CUevent startHandle, CUevent endHandle) {
  TESSERA_EVENT_OR_RETURN(start, startHandle)
  TESSERA_EVENT_OR_RETURN(end, endHandle)
  if (!milliseconds)
    return fail(CUDA_ERROR_INVALID_VALUE);
  std::lock_guard lock(driver().mutex);
  for (Event *event : {start, end}) {
    if (event->ticket == 0 || (event->flags & kEventDisableTiming))
      return fail(CUDA_ERROR_INVALID_HANDLE);
    if (!event->device->queue.isDone(event->ticket))
      return CUDA_ERROR_NOT_READY;
  }
  *milliseconds = std::chrono::duration<float, std::milli>(*end->when - *start->when).count();
  return CUDA_SUCCESS;
}

CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  return cuEventElapsedTime_v2(milliseconds, start, end);
}

} // namespace tessera::cuda
