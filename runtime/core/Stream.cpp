// Streams and events.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Stream.h"

#include "runtime/core/DeviceState.h"

namespace tessera {

using namespace cuda;
using detail::check;
using detail::ContextScope;

namespace {
CUstream streamOf(void *handle) { return static_cast<CUstream>(handle); }
CUevent eventOf(void *handle) { return static_cast<CUevent>(handle); }
Error movedFrom(const char *what) {
  return Error(ErrorCode::InvalidArgument, std::string("the ") + what + " was moved from");
}
} // namespace

Expected<Stream> Stream::create(const Device &device) {
  const auto &state = device.state();
  ContextScope scope(*state);
  CUstream handle = nullptr;
  if (Status status = check(*state, state->driver().cuStreamCreate(&handle, kStreamDefault), "creating a stream");
      !status)
    return status.takeError();
  return Stream(state, handle, true);
}

Stream Stream::defaultOf(const Device &device) { return Stream(device.state(), nullptr, false); }
Stream Stream::wrap(const Device &device, void *stream) { return Stream(device.state(), stream, false); }

Stream::Stream(Stream &&other) noexcept : state(std::move(other.state)), handle(other.handle), owned(other.owned) {
  other.state = nullptr;
  other.handle = nullptr;
  other.owned = false;
}

Stream &Stream::operator=(Stream &&other) noexcept {
  if (this != &other) {
    release();
    state = std::move(other.state);
    handle = std::exchange(other.handle, nullptr);
    owned = std::exchange(other.owned, false);
    other.state = nullptr;
  }
  return *this;
}

Stream::~Stream() { release(); }

void Stream::release() noexcept {
  if (!owned || !state)
    return;
  ContextScope scope(*state);
  state->driver().cuStreamDestroy_v2(streamOf(handle));
  owned = false;
}

Status Stream::synchronize() const {
  if (!state)
    return movedFrom("stream");
  ContextScope scope(*state);
  return check(*state, state->driver().cuStreamSynchronize(streamOf(handle)), "synchronizing a stream");
}

Expected<bool> Stream::isIdle() const {
  if (!state)
    return movedFrom("stream");
  ContextScope scope(*state);
  CUresult result = state->driver().cuStreamQuery(streamOf(handle));
  if (result == CUDA_SUCCESS || result == CUDA_ERROR_NOT_READY)
    return result == CUDA_SUCCESS;
  return state->library->error(result, "asking a stream");
}

Status Stream::wait(const Event &event) const {
  if (!state)
    return movedFrom("stream");
  if (!event.state)
    return movedFrom("event");
  ContextScope scope(*state);
  return check(*state, state->driver().cuStreamWaitEvent(streamOf(handle), eventOf(event.handle), 0),
               "making a stream wait for an event");
}

Expected<Event> Event::create(const Device &device) {
  const auto &state = device.state();
  ContextScope scope(*state);
  CUevent handle = nullptr;
  if (Status status = check(*state, state->driver().cuEventCreate(&handle, kEventDefault), "creating an event");
      !status)
    return status.takeError();
  return Event(state, handle);
}

Event::Event(Event &&other) noexcept : state(std::move(other.state)), handle(other.handle), recorded(other.recorded) {
  other.state = nullptr;
  other.handle = nullptr;
}

Event &Event::operator=(Event &&other) noexcept {
  if (this != &other) {
    release();
    state = std::move(other.state);
    handle = std::exchange(other.handle, nullptr);
    recorded = other.recorded;
    other.state = nullptr;
  }
  return *this;
}

Event::~Event() { release(); }

void Event::release() noexcept {
  if (!state || !handle)
    return;
  ContextScope scope(*state);
  state->driver().cuEventDestroy_v2(eventOf(handle));
  handle = nullptr;
}

Status Event::record(const Stream &stream) {
  if (!state)
    return movedFrom("event");
  if (!stream.state)
    return movedFrom("stream");
  if (stream.state != state)
    return Error(ErrorCode::InvalidArgument, "the event belongs to device " + Device(state).spec() +
                                                 ", the stream to device " + stream.device().spec());
  ContextScope scope(*state);
  Status status =
      check(*state, state->driver().cuEventRecord(eventOf(handle), streamOf(stream.handle)), "recording an event");
  recorded = recorded || status.ok();
  return status;
}

Status Event::synchronize() const {
  if (!state)
    return movedFrom("event");
  ContextScope scope(*state);
  return check(*state, state->driver().cuEventSynchronize(eventOf(handle)), "waiting for an event");
}

Expected<float> Event::millisecondsSince(const Event &earlier) const {
  if (!state || !earlier.state)
    return movedFrom("event");
  if (!recorded || !earlier.recorded)
    return Error(ErrorCode::InvalidArgument, std::string("no time between two events: the ") +
                                                 (recorded ? "earlier" : "later") + " one was never recorded");
  ContextScope scope(*state);
  for (const Event *event : {&earlier, this})
    if (Status status = event->synchronize(); !status)
      return status.takeError();
  float milliseconds = 0;
  if (Status status =
          check(*state, state->driver().cuEventElapsedTime(&milliseconds, eventOf(earlier.handle), eventOf(handle)),
                "measuring the time between two events");
      !status)
    return status.takeError();
  return milliseconds;
}

} // namespace tessera
