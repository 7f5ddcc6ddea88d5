// Device memory.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Buffer.h"

#include "runtime/core/DeviceState.h"

namespace tessera {

using namespace cuda;
using detail::check;
using detail::ContextScope;

RawBuffer::RawBuffer(const Device &device, std::size_t bytes) : owner(device.state()), length(bytes) {
  if (bytes == 0) { // an empty buffer is a usable one: it has no address and nothing can be copied to or from it
    condition = Condition::Held;
    return;
  }
  ContextScope scope(*owner);
  CUdeviceptr pointer = 0;
  CUresult result = owner->driver().cuMemAlloc_v2(&pointer, bytes);
  if (result == CUDA_SUCCESS) {
    deviceAddress = pointer;
    condition = Condition::Held;
    return;
  }
  condition = Condition::Failed;
  std::string what = "allocating " + std::to_string(bytes) + " bytes on device " + device.spec();
  std::size_t free = 0, total = 0;
  if (result == CUDA_ERROR_OUT_OF_MEMORY && owner->driver().cuMemGetInfo_v2(&free, &total) == CUDA_SUCCESS)
    what += " (" + std::to_string(free) + " of " + std::to_string(total) + " bytes are free)";
  failure = owner->library->error(result, std::move(what));
  length = 0;
}

Expected<RawBuffer> RawBuffer::create(const Device &device, std::size_t bytes) {
  RawBuffer buffer(device, bytes);
  if (Status status = buffer.status(); !status)
    return status.takeError();
  return buffer;
}

RawBuffer::RawBuffer(RawBuffer &&other) noexcept
    : owner(std::move(other.owner)), deviceAddress(std::exchange(other.deviceAddress, 0)),
      length(std::exchange(other.length, 0)), condition(std::exchange(other.condition, Condition::MovedFrom)),
      failure(std::move(other.failure)) {
  other.owner = nullptr;
  other.failure.reset();
}

RawBuffer &RawBuffer::operator=(RawBuffer &&other) noexcept {
  if (this != &other) {
    release();
    owner = std::move(other.owner);
    other.owner = nullptr;
    deviceAddress = std::exchange(other.deviceAddress, 0);
    length = std::exchange(other.length, 0);
    condition = std::exchange(other.condition, Condition::MovedFrom);
    failure = std::move(other.failure);
    other.failure.reset();
  }
  return *this;
}

RawBuffer::~RawBuffer() { release(); }

void RawBuffer::release() noexcept {
  if (!deviceAddress)
    return;
  ContextScope scope(*owner);
  owner->driver().cuMemFree_v2(deviceAddress);
  deviceAddress = 0;
}

Status RawBuffer::status() const {
  switch (condition) {
  case Condition::Held:
    return {};
  case Condition::Empty:
    return Error(ErrorCode::InvalidBuffer, "the buffer is null: it was never given memory on a device");
  case Condition::Freed:
    return Error(ErrorCode::InvalidBuffer, "the buffer was freed");
  case Condition::MovedFrom:
    return Error(ErrorCode::InvalidBuffer, "the buffer was moved from");
  case Condition::Failed:
    break;
  }
  return *failure;
}

Status RawBuffer::free() {
  if (Status usable = status(); !usable)
    return usable;
  condition = Condition::Freed;
  length = 0;
  if (!deviceAddress)
    return {};
  ContextScope scope(*owner);
  return check(*owner, owner->driver().cuMemFree_v2(std::exchange(deviceAddress, 0)), "freeing a buffer");
}

Status RawBuffer::checkRange(std::size_t count, std::size_t offset) const {
  if (Status usable = status(); !usable)
    return usable;
  if (offset > length || count > length - offset)
    return Error(ErrorCode::InvalidArgument,
                 "bytes " + std::to_string(offset) + " to " + std::to_string(offset + count) +
                     " lie outside the buffer, which has " + std::to_string(length) + " bytes");
  return {};
}

Status RawBuffer::checkStream(const Stream &stream) const {
  if (!stream.isValid())
    return Error(ErrorCode::InvalidArgument, "the stream was moved from");
  if (stream.nativeState() != owner.get())
    return Error(ErrorCode::InvalidArgument, "the buffer is on device " + Device(owner).spec() +
                                                 ", the stream on device " + stream.device().spec());
  return {};
}

Status RawBuffer::copyFromHost(const void *host, std::size_t count, std::size_t offset) {
  if (Status range = checkRange(count, offset); !range || count == 0)
    return range;
  if (!host)
    return Error(ErrorCode::InvalidArgument, "the host pointer of a copy is null");
  ContextScope scope(*owner);
  return check(*owner, owner->driver().cuMemcpyHtoD_v2(deviceAddress + offset, host, count), "copying to a buffer");
}

Status RawBuffer::copyToHost(void *host, std::size_t count, std::size_t offset) const {
  if (Status range = checkRange(count, offset); !range || count == 0)
    return range;
  if (!host)
    return Error(ErrorCode::InvalidArgument, "the host pointer of a copy is null");
  ContextScope scope(*owner);
  return check(*owner, owner->driver().cuMemcpyDtoH_v2(host, deviceAddress + offset, count), "copying from a buffer");
}

Status RawBuffer::copyFromHost(const Stream &stream, const void *host, std::size_t count, std::size_t offset) {
  if (Status range = checkRange(count, offset); !range)
    return range;
  if (Status same = checkStream(stream); !same || count == 0)
    return same;
  if (!host)
    return Error(ErrorCode::InvalidArgument, "the host pointer of a copy is null");
  ContextScope scope(*owner);
  return check(
      *owner,
      owner->driver().cuMemcpyHtoDAsync_v2(deviceAddress + offset, host, count, static_cast<CUstream>(stream.native())),
      "copying to a buffer");
}

Status RawBuffer::copyToHost(const Stream &stream, void *host, std::size_t count, std::size_t offset) const {
  if (Status range = checkRange(count, offset); !range)
    return range;
  if (Status same = checkStream(stream); !same || count == 0)
    return same;
  if (!host)
    return Error(ErrorCode::InvalidArgument, "the host pointer of a copy is null");
  ContextScope scope(*owner);
  return check(
      *owner,
      owner->driver().cuMemcpyDtoHAsync_v2(host, deviceAddress + offset, count, static_cast<CUstream>(stream.native())),
      "copying from a buffer");
}

Status RawBuffer::copyFromDevice(const Stream &stream, const RawBuffer &source) {
  for (const RawBuffer *buffer : {static_cast<const RawBuffer *>(this), &source})
    if (Status usable = buffer->status(); !usable)
      return usable;
  if (Status same = checkStream(stream); !same)
    return same;
  if (length != source.length)
    return Error(ErrorCode::InvalidArgument, "the buffer has " + std::to_string(length) +
                                                 " bytes, the one to copy from " + std::to_string(source.length));
  if (length == 0)
    return {};
  ContextScope scope(*owner);
  return check(*owner,
               owner->driver().cuMemcpyDtoDAsync_v2(deviceAddress, source.deviceAddress, length,
                                                    static_cast<CUstream>(stream.native())),
               "copying between buffers");
}

Status RawBuffer::fillBytes(const Stream &stream, std::uint8_t value) {
  if (Status usable = status(); !usable)
    return usable;
  if (Status same = checkStream(stream); !same || length == 0)
    return same;
  ContextScope scope(*owner);
  return check(*owner,
               owner->driver().cuMemsetD8Async(deviceAddress, value, length, static_cast<CUstream>(stream.native())),
               "filling a buffer");
}

Status RawBuffer::fillBytes(std::uint8_t value) {
  if (Status usable = status(); !usable)
    return usable;
  Stream stream = Stream::defaultOf(Device(owner));
  if (Status filled = fillBytes(stream, value); !filled)
    return filled;
  return stream.synchronize();
}

} // namespace tessera
