// Streams: work on one stream happens in order; work on different streams may overlap. Events mark places in a stream:
// other streams and the host wait for them, and two of them measure time.
//
// Both own their driver object and free it when destroyed; they move, they do not copy. A stream made here orders with
// the default stream of its device as CUDA's blocking streams do, so that a synchronous copy after a launch sees the
// launch's results. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_STREAM_H
#define TESSERA_STREAM_H

#include <memory>

#include "tessera/Device.h"
#include "tessera/Expected.h"

namespace tessera {

class Event;

class Stream {
public:
  static Expected<Stream> create(const Device &device);
  /// The device's default stream: always there, owned by nobody.
  static Stream defaultOf(const Device &device);
  /// A stream that other code made (a `CUstream`, `cudaStream_t`) on this device; not owned, it must outlive the
  /// handle.
  static Stream wrap(const Device &device, void *stream);

  Stream(Stream &&other) noexcept;
  Stream &operator=(Stream &&other) noexcept;
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;
  ~Stream();

  /// Waits for all work so far; an error is that of a kernel or copy on it.
  Status synchronize() const;
  /// True when all work so far is done.
  Expected<bool> isIdle() const;
  /// Work from now on waits until `event` has happened.
  Status wait(const Event &event) const;

  Device device() const { return Device(state); }
  /// The `CUstream`, for calls of the driver or the CUDA runtime.
  void *native() const { return handle; }
  /// What its device's handles share; null after the stream was moved from.
  const detail::DeviceState *nativeState() const { return state.get(); }
  /// False after the stream was moved from.
  bool isValid() const { return state != nullptr; }

private:
  Stream(std::shared_ptr<detail::DeviceState> state, void *handle, bool owned)
      : state(std::move(state)), handle(handle), owned(owned) {}
  void release() noexcept;
  friend class Event;

  std::shared_ptr<detail::DeviceState> state;
  void *handle = nullptr;
  bool owned = false;
};

class Event {
public:
  static Expected<Event> create(const Device &device);

  Event(Event &&other) noexcept;
  Event &operator=(Event &&other) noexcept;
  Event(const Event &) = delete;
  Event &operator=(const Event &) = delete;
  ~Event();

  /// Marks the present end of the stream; an event may be recorded again.
  Status record(const Stream &stream);
  /// Waits until the place it marks is reached.
  Status synchronize() const;
  /// Milliseconds between two recorded events of one device, the earlier one given; waits for both.
  Expected<float> millisecondsSince(const Event &earlier) const;

  void *native() const { return handle; }

private:
  Event(std::shared_ptr<detail::DeviceState> state, void *handle) : state(std::move(state)), handle(handle) {}
  void release() noexcept;
  friend class Stream;

  std::shared_ptr<detail::DeviceState> state;
  void *handle = nullptr;
  bool recorded = false;
};

} // namespace tessera

#endif // TESSERA_STREAM_H
