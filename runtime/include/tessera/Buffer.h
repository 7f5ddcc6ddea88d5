// Memory on a device. A Buffer owns its memory and frees it when destroyed; it moves, it does not copy, and keeps its
// device alive.
//
//   tessera::Buffer<float> x(device, 1000);   // may fail: x.status() says so, and so does every use of x
//   auto y = tessera::Buffer<float>::from(device, host);   // Expected<Buffer<float>>, filled
//   x.copyFrom(host); y->copyTo(host);
//   x.free();                                 // a launch with x is an error from now on
//
// Copies without a stream are complete when the call returns and order with work on the default stream and on every
// Stream of this library. Copies on a stream are asynchronous: the host memory must live until the stream has passed
// them, and they overlap with the host only when that memory is pinned. SPDX-License-Identifier: Apache-2.0 WITH
// LLVM-exception
#ifndef TESSERA_BUFFER_H
#define TESSERA_BUFFER_H

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tessera/Device.h"
#include "tessera/Expected.h"
#include "tessera/Stream.h"
#include "tessera/Types.h"

namespace tessera {

/// Bytes on a device: what Buffer<T> is made of.
class RawBuffer {
public:
  RawBuffer() = default;
  RawBuffer(const Device &device, std::size_t bytes);
  static Expected<RawBuffer> create(const Device &device, std::size_t bytes);

  RawBuffer(RawBuffer &&other) noexcept;
  RawBuffer &operator=(RawBuffer &&other) noexcept;
  RawBuffer(const RawBuffer &) = delete;
  RawBuffer &operator=(const RawBuffer &) = delete;
  ~RawBuffer();

  /// Whether the memory could be had and is still held; the error is what every use of the buffer returns.
  Status status() const;
  /// The device address; 0 when there is none.
  std::uint64_t address() const { return deviceAddress; }
  std::size_t bytes() const { return length; }
  /// The device it is on, null for a buffer that never had one.
  const std::shared_ptr<detail::DeviceState> &state() const { return owner; }

  /// Gives the memory back now, when all work that was enqueued before is done.
  Status free();

  /// Copies of `count` bytes from and to `offset`; out of range is an error.
  Status copyFromHost(const void *host, std::size_t count, std::size_t offset = 0);
  Status copyToHost(void *host, std::size_t count, std::size_t offset = 0) const;
  Status copyFromHost(const Stream &stream, const void *host, std::size_t count, std::size_t offset = 0);
  Status copyToHost(const Stream &stream, void *host, std::size_t count, std::size_t offset = 0) const;
  Status copyFromDevice(const Stream &stream, const RawBuffer &source);
  /// Sets every byte, in the order of the stream.
  Status fillBytes(const Stream &stream, std::uint8_t value);
  Status fillBytes(std::uint8_t value);

private:
  enum class Condition : std::uint8_t { Empty, Held, Failed, Freed, MovedFrom };
  Status checkRange(std::size_t count, std::size_t offset) const;
  Status checkStream(const Stream &stream) const;
  void release() noexcept;

  std::shared_ptr<detail::DeviceState> owner;
  std::uint64_t deviceAddress = 0;
  std::size_t length = 0;
  Condition condition = Condition::Empty;
  std::optional<Error> failure;
};

/// `count` elements of type T on a device.
template <Element T> class Buffer {
public:
  Buffer() = default;
  Buffer(const Device &device, std::size_t count) : raw(device, bytesFor(count)), count(count) {}

  static Expected<Buffer> create(const Device &device, std::size_t count) {
    Buffer buffer(device, count);
    if (Status status = buffer.status(); !status)
      return status.takeError();
    return buffer;
  }
  /// A buffer of the size of `host`, filled with it.
  static Expected<Buffer> from(const Device &device, std::span<const T> host) {
    Buffer buffer(device, host.size());
    if (Status status = buffer.copyFrom(host); !status)
      return status.takeError();
    return buffer;
  }

  std::size_t size() const { return count; }
  std::size_t bytes() const { return raw.bytes(); }
  std::uint64_t address() const { return raw.address(); }
  Status status() const { return raw.status(); }
  Status free() { return raw.free(); }

  /// Copies the whole buffer; `host` must have exactly as many elements.
  Status copyFrom(std::span<const T> host) {
    if (Status status = checkSize(host.size()); !status)
      return status;
    return raw.copyFromHost(host.data(), host.size_bytes());
  }
  Status copyTo(std::span<T> host) const {
    if (Status status = checkSize(host.size()); !status)
      return status;
    return raw.copyToHost(host.data(), host.size_bytes());
  }
  Status copyFrom(const Stream &stream, std::span<const T> host) {
    if (Status status = checkSize(host.size()); !status)
      return status;
    return raw.copyFromHost(stream, host.data(), host.size_bytes());
  }
  Status copyTo(const Stream &stream, std::span<T> host) const {
    if (Status status = checkSize(host.size()); !status)
      return status;
    return raw.copyToHost(stream, host.data(), host.size_bytes());
  }
  /// The elements on the host.
  Expected<std::vector<T>> toVector() const
    requires(!std::is_same_v<T, bool>)
  {
    std::vector<T> host(count);
    if (Status status = copyTo(host); !status)
      return status.takeError();
    return host;
  }
  /// Sets every byte to zero.
  Status zero() { return raw.fillBytes(0); }
  Status zero(const Stream &stream) { return raw.fillBytes(stream, 0); }

  RawBuffer &rawBuffer() { return raw; }
  const RawBuffer &rawBuffer() const { return raw; }

private:
  static std::size_t bytesFor(std::size_t count) {
    return count > SIZE_MAX / sizeof(T) ? SIZE_MAX : count * sizeof(T); // too much for any device either way
  }
  Status checkSize(std::size_t given) const {
    if (Status status = raw.status(); !status)
      return status;
    if (given != count)
      return Error(ErrorCode::InvalidArgument,
                   "the buffer has " + std::to_string(count) + " elements, the host range " + std::to_string(given));
    return {};
  }

  RawBuffer raw;
  std::size_t count = 0;
};

/// A typed device address that somebody else owns: part of a buffer, memory of the CUDA runtime or of another library.
template <Element T> struct DevicePointer {
  std::uint64_t address = 0;
  DevicePointer() = default;
  explicit DevicePointer(std::uint64_t address) : address(address) {}
  explicit DevicePointer(const Buffer<T> &buffer, std::size_t offset = 0)
      : address(buffer.address() + offset * sizeof(T)) {}
};

} // namespace tessera

#endif // TESSERA_BUFFER_H
