// Streams and events.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"
#include "runtime/simulator/DriverApiGraph.h"

#include <algorithm>

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

constexpr unsigned kEventFlags = 7, kEventInterprocess = 4; // blocking, without time, between processes
constexpr unsigned kFlush = 1u << 30;                       // CU_STREAM_WAIT_VALUE_FLUSH

/// What the last record of an event left, as of now.
struct Recorded {
  Queue::Ticket ticket = 0;
  std::shared_ptr<Event::Record> record;
  std::shared_ptr<Capture> capture;
  std::vector<Node *> nodes;
};
Recorded recordedOf(const Event &event) {
  const std::lock_guard lock(driver().mutex);
  return {event.ticket, event.record, event.capture, event.captured};
}

/// Reads what a stream waits for, as memory of the device or of the host.
template <typename T> T read(CUdeviceptr address) {
  return std::atomic_ref<T>(*reinterpret_cast<T *>(address)).load(std::memory_order_acquire);
}

template <typename T> std::function<bool()> waitFor(CUdeviceptr address, T value, unsigned flags) {
  return [=] {
    const T now = read<T>(address);
    switch (flags & ~kFlush) {
    case CU_STREAM_WAIT_VALUE_GEQ: // the difference, which may wrap, is not negative
      return std::make_signed_t<T>(now - value) >= 0;
    case CU_STREAM_WAIT_VALUE_EQ:
      return now == value;
    case CU_STREAM_WAIT_VALUE_AND:
      return (now & value) != 0;
    default:
      return T(~(now | value)) != 0;
    }
  };
}

template <typename T> std::function<void()> write(CUdeviceptr address, T value) {
  return [=] {
    std::atomic_ref<T>(*reinterpret_cast<T *>(address)).store(value, std::memory_order_release);
    ownerOf(address)->memory.markWritten(address, sizeof(T));
  };
}

CUresult waitOnValue(Stream &stream, CUdeviceptr address, std::uint64_t value, unsigned bytes, unsigned flags) {
  TESSERA_REQUIRE(address % bytes == 0 && (flags & ~kFlush) <= CU_STREAM_WAIT_VALUE_NOR)
  TESSERA_RETURN_IF_FAILED(checkDeviceRange(address, bytes, "what a stream waits for"))
  Operation operation{.type = CU_GRAPH_NODE_TYPE_BATCH_MEM_OP};
  operation.ready = bytes == 4 ? waitFor<std::uint32_t>(address, std::uint32_t(value), flags)
                               : waitFor<std::uint64_t>(address, value, flags);
  return submit(stream, std::move(operation));
}

CUresult writeValue(Stream &stream, CUdeviceptr address, std::uint64_t value, unsigned bytes, unsigned flags) {
  TESSERA_REQUIRE(address % bytes == 0 && flags <= 1)
  TESSERA_RETURN_IF_FAILED(checkDeviceRange(address, bytes, "what a stream writes to"))
  Operation operation{.type = CU_GRAPH_NODE_TYPE_BATCH_MEM_OP};
  operation.run =
      bytes == 4 ? write<std::uint32_t>(address, std::uint32_t(value)) : write<std::uint64_t>(address, value);
  return submit(stream, std::move(operation));
}

} // namespace

CUresult cuStreamCreateWithPriority(CUstream *handle, unsigned flags, int priority) {
  CUresult result = CUDA_SUCCESS;
  Context *context = currentContext(result);
  if (!context)
    return result;
  TESSERA_REQUIRE(handle && flags <= kStreamNonBlocking)
  auto *stream = new Stream();
  stream->device = context->device;
  stream->context = context;
  stream->flags = flags;
  stream->priority = std::clamp(priority, -5, 0);
  stream->id = ++driver().lastId;
  stream->lane = context->device->queue.addLane(context, flags == kStreamNonBlocking ? Queue::LaneKind::NonBlocking
                                                                                     : Queue::LaneKind::Blocking);
  addHandle(stream, &Driver::streams);
  *handle = reinterpret_cast<CUstream>(stream);
  return CUDA_SUCCESS;
}

CUresult cuStreamCreate(CUstream *stream, unsigned flags) { return cuStreamCreateWithPriority(stream, flags, 0); }

CUresult cuStreamDestroy_v2(CUstream handle) { // what is on it still runs
  TESSERA_STREAM_OR_RETURN(stream, handle)
  if (reinterpret_cast<std::uintptr_t>(handle) <= 2)
    return fail(CUDA_ERROR_INVALID_HANDLE);
  forgetStream(*stream);
  stream->device->queue.removeLane(stream->lane);
  const std::lock_guard lock(driver().mutex);
  driver().streams.erase(stream);
  delete stream;
  return CUDA_SUCCESS;
}

CUresult cuStreamSynchronize(CUstream handle) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  return synchronize(*stream);
}

CUresult cuStreamQuery(CUstream handle) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  if (stream->capture)
    return refuseCapture(*stream);
  if (!stream->device->queue.isLaneDone(stream->lane))
    return CUDA_ERROR_NOT_READY;
  return takeFault(*stream->device);
}

CUresult cuStreamWaitEvent(CUstream handle, CUevent eventHandle, unsigned flags) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_EVENT_OR_RETURN(event, eventHandle)
  TESSERA_REQUIRE(flags <= 1)
  Recorded recorded = recordedOf(*event);
  if (recorded.capture || stream->capture)
    return captureWait(*stream, recorded.capture, recorded.nodes);
  if (recorded.ticket == 0) // never recorded: nothing to wait for
    return CUDA_SUCCESS;
  Operation operation{.type = CU_GRAPH_NODE_TYPE_WAIT_EVENT, .always = true};
  if (event->device == stream->device)
    operation.after = {recorded.ticket};
  else
    operation.ready = [record = recorded.record] { return record->done.load(); };
  return submit(*stream, std::move(operation));
}

CUresult cuStreamGetFlags(CUstream handle, unsigned *flags) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(flags)
  *flags = stream->flags;
  return CUDA_SUCCESS;
}

CUresult cuStreamGetPriority(CUstream handle, int *priority) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(priority)
  *priority = stream->priority;
  return CUDA_SUCCESS;
}

CUresult cuStreamGetId(CUstream handle, unsigned long long *id) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(id)
  *id = stream->id;
  return CUDA_SUCCESS;
}

CUresult cuStreamGetDevice(CUstream handle, CUdevice *device) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(device)
  *device = stream->device->ordinal;
  return CUDA_SUCCESS;
}

CUresult cuStreamGetCtx(CUstream handle, CUcontext *context) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(context)
  *context = reinterpret_cast<CUcontext>(stream->context);
  return CUDA_SUCCESS;
}

CUresult cuStreamGetCtx_v2(CUstream handle, CUcontext *context, void **greenContext) {
  TESSERA_REQUIRE(greenContext)
  *greenContext = nullptr;
  return cuStreamGetCtx(handle, context);
}

CUresult cuStreamCopyAttributes(CUstream toHandle, CUstream fromHandle) {
  TESSERA_STREAM_OR_RETURN(to, toHandle)
  TESSERA_STREAM_OR_RETURN(from, fromHandle)
  to->attributes = from->attributes;
  return CUDA_SUCCESS;
}

CUresult cuStreamGetAttribute(CUstream handle, CUlaunchAttributeID attribute, CUlaunchAttributeValue *value) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(value)
  if (attribute == CU_LAUNCH_ATTRIBUTE_PRIORITY) {
    value->priority = stream->priority;
    return CUDA_SUCCESS;
  }
  const auto set = stream->attributes.find(attribute);
  *value = set == stream->attributes.end() ? CUlaunchAttributeValue{} : set->second;
  return CUDA_SUCCESS;
}

CUresult cuStreamSetAttribute(CUstream handle, CUlaunchAttributeID attribute, const CUlaunchAttributeValue *value) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(value)
  switch (attribute) {
  case CU_LAUNCH_ATTRIBUTE_PRIORITY:
    stream->priority = std::clamp(value->priority, -5, 0);
    return CUDA_SUCCESS;
  case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW:
  case CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY:
  case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP:
  case CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN:
    stream->attributes[attribute] = *value; // wishes, kept to be told again
    return CUDA_SUCCESS;
  default:
    return fail(CUDA_ERROR_INVALID_VALUE);
  }
}

CUresult cuStreamAttachMemAsync(CUstream handle, CUdeviceptr pointer, std::size_t bytes, unsigned flags) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  Device *owner = ownerOf(pointer);
  const auto block = owner ? findBlock(*owner, pointer) : std::nullopt;
  TESSERA_REQUIRE(block && block->second.kind == Block::Kind::Managed && (flags == 1 || flags == 2 || flags == 4))
  return submit(*stream, {}); // both sides see all managed memory at all times
}

CUresult cuStreamAddCallback(CUstream handle, CUstreamCallback callback, void *userData, unsigned flags) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(callback && flags == 0)
  if (stream->capture)
    return refuseCapture(*stream);
  // Unlike a host function it is called after a fault too, and told of it.
  return submit(*stream, {.run =
                              [=, device = stream->device] {
                                const InsideHostFunction scope;
                                callback(handle, device->queue.faultResult(), userData);
                              },
                          .type = CU_GRAPH_NODE_TYPE_HOST,
                          .always = true,
                          .onHost = true});
}

CUresult cuStreamWaitValue32_v2(CUstream handle, CUdeviceptr address, std::uint32_t value, unsigned flags) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  return waitOnValue(*stream, address, value, 4, flags);
}
CUresult cuStreamWaitValue64_v2(CUstream handle, CUdeviceptr address, std::uint64_t value, unsigned flags) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  return waitOnValue(*stream, address, value, 8, flags);
}
CUresult cuStreamWriteValue32_v2(CUstream handle, CUdeviceptr address, std::uint32_t value, unsigned flags) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  return writeValue(*stream, address, value, 4, flags);
}
CUresult cuStreamWriteValue64_v2(CUstream handle, CUdeviceptr address, std::uint64_t value, unsigned flags) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  return writeValue(*stream, address, value, 8, flags);
}

CUresult cuStreamBatchMemOp_v2(CUstream handle, unsigned count, CUstreamBatchMemOpParams *operations, unsigned flags) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(count <= 256 && operations && flags == 0)
  for (unsigned i = 0; i < count; ++i) {
    const auto &[operation, address, value, valueFlags, alias] = operations[i].value;
    switch (operation) {
    case CU_STREAM_MEM_OP_WAIT_VALUE_32:
      TESSERA_RETURN_IF_FAILED(waitOnValue(*stream, address, std::uint32_t(value), 4, valueFlags))
      break;
    case CU_STREAM_MEM_OP_WAIT_VALUE_64:
      TESSERA_RETURN_IF_FAILED(waitOnValue(*stream, address, value, 8, valueFlags))
      break;
    case CU_STREAM_MEM_OP_WRITE_VALUE_32:
      TESSERA_RETURN_IF_FAILED(writeValue(*stream, address, std::uint32_t(value), 4, valueFlags))
      break;
    case CU_STREAM_MEM_OP_WRITE_VALUE_64:
      TESSERA_RETURN_IF_FAILED(writeValue(*stream, address, value, 8, valueFlags))
      break;
    case CU_STREAM_MEM_OP_BARRIER:
    case CU_STREAM_MEM_OP_FLUSH_REMOTE_WRITES:
      break; // all writes are seen by all at once
    default:
      return fail(CUDA_ERROR_INVALID_VALUE);
    }
  }
  return CUDA_SUCCESS;
}

CUresult cuEventCreate(CUevent *handle, unsigned flags) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(handle && (flags & ~kEventFlags) == 0)
  if (flags & kEventInterprocess)
    return fail(CUDA_ERROR_NOT_SUPPORTED, "the simulator shares no events between processes");
  auto *event = new Event();
  event->device = device;
  event->flags = flags;
  addHandle(event, &Driver::events);
  *handle = reinterpret_cast<CUevent>(event);
  return CUDA_SUCCESS;
}

CUresult cuEventDestroy_v2(CUevent handle) {
  TESSERA_EVENT_OR_RETURN(event, handle)
  const std::lock_guard lock(driver().mutex);
  driver().events.erase(event);
  delete event;
  return CUDA_SUCCESS;
}

CUresult cuEventRecordWithFlags(CUevent handle, CUstream streamHandle, unsigned flags) {
  TESSERA_EVENT_OR_RETURN(event, handle)
  TESSERA_STREAM_OR_RETURN(stream, streamHandle)
  TESSERA_REQUIRE(flags <= 1)
  if (event->device != stream->device)
    return fail(CUDA_ERROR_INVALID_HANDLE, "the event and the stream are of different devices");
  if (stream->capture && flags == 0) { // marks a place of the graph
    const std::lock_guard lock(driver().mutex);
    event->capture = stream->capture;
    event->captured = stream->captured;
    return CUDA_SUCCESS;
  }
  auto record = std::make_shared<Event::Record>();
  Queue::Ticket ticket = 0;
  // Even after a fault: who waits for the event must come to an end.
  TESSERA_RETURN_IF_FAILED(submit(*stream,
                                  {.run =
                                       [record] {
                                         record->when = std::chrono::steady_clock::now();
                                         record->done = true;
                                       },
                                   .type = CU_GRAPH_NODE_TYPE_EVENT_RECORD,
                                   .always = true},
                                  &ticket))
  const std::lock_guard lock(driver().mutex);
  event->capture = nullptr;
  event->captured.clear();
  event->record = std::move(record);
  event->ticket = ticket;
  return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream) { return cuEventRecordWithFlags(event, stream, 0); }

CUresult cuEventSynchronize(CUevent handle) {
  TESSERA_EVENT_OR_RETURN(event, handle)
  const Recorded recorded = recordedOf(*event);
  if (recorded.capture)
    return refuseCapturedEvent(*recorded.capture);
  event->device->queue.wait(recorded.ticket);
  return takeFault(*event->device);
}

CUresult cuEventQuery(CUevent handle) {
  TESSERA_EVENT_OR_RETURN(event, handle)
  const Recorded recorded = recordedOf(*event);
  if (recorded.capture)
    return refuseCapturedEvent(*recorded.capture);
  if (!event->device->queue.isDone(recorded.ticket))
    return CUDA_ERROR_NOT_READY;
  return takeFault(*event->device);
}

CUresult cuEventElapsedTime_v2(float *milliseconds, CUevent startHandle, CUevent endHandle) {
  TESSERA_EVENT_OR_RETURN(start, startHandle)
  TESSERA_EVENT_OR_RETURN(end, endHandle)
  TESSERA_REQUIRE(milliseconds)
  const Recorded times[] = {recordedOf(*start), recordedOf(*end)};
  for (const Event *event : {start, end})
    if (event->flags & kEventDisableTiming)
      return fail(CUDA_ERROR_INVALID_HANDLE, "the event keeps no time");
  for (const Recorded &time : times) {
    if (!time.record)
      return fail(CUDA_ERROR_INVALID_HANDLE, "the event was never recorded");
    if (!time.record->done)
      return CUDA_ERROR_NOT_READY;
  }
  *milliseconds = std::chrono::duration<float, std::milli>(times[1].record->when - times[0].record->when).count();
  return CUDA_SUCCESS;
}

CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  return cuEventElapsedTime_v2(milliseconds, start, end);
}

} // namespace tessera::cuda
