// Memory: allocation, copies, fills, questions about pointers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <cstdio>
#include <cstring>
#include <memory>

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

CUresult allocate(Device &device, CUdeviceptr *pointer, std::size_t bytes, Block::Kind kind) {
  if (!pointer || bytes == 0)
    return fail(CUDA_ERROR_INVALID_VALUE);
  const std::uint64_t address = device.memory.allocate(bytes);
  if (!address)
    return fail(CUDA_ERROR_OUT_OF_MEMORY);
  std::lock_guard lock(driver().mutex);
  device.blocks[address] = {bytes, kind};
  *pointer = address;
  return CUDA_SUCCESS;
}

/// The block of host or device memory that holds an address, with its base.
std::optional<std::pair<std::uint64_t, Block>> findBlock(Device &device, std::uint64_t address) {
  std::lock_guard lock(driver().mutex);
  auto after = device.blocks.upper_bound(address);
  if (after == device.blocks.begin())
    return std::nullopt;
  --after;
  if (address - after->first >= after->second.bytes)
    return std::nullopt;
  return *after;
}

bool isRegistered(Device &device, std::uint64_t address, std::uint64_t bytes) {
  std::lock_guard lock(driver().mutex);
  auto after = device.registered.upper_bound(address);
  if (after == device.registered.begin())
    return false;
  --after;
  return address - after->first < after->second && bytes <= after->second - (address - after->first);
}

/// Device memory, or pinned host memory that lives in the same arena: good for the device's side of a copy.
CUresult checkDeviceRange(Device &device, std::uint64_t address, std::uint64_t bytes, const char *what) {
  if (device.memory.contains(address, bytes))
    return CUDA_SUCCESS;
  char head[160];
  std::snprintf(head, sizeof(head), "%s of %llu bytes at 0x%llx is outside the memory of the device", what,
                static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(address));
  std::string text = head;
  if (std::optional<sim::Allocation> near = device.memory.findAny(address))
    text += "; the nearest is " + near->describe();
  return fail(CUDA_ERROR_INVALID_VALUE, std::move(text));
}

enum class Direction { HostToDevice, DeviceToHost, DeviceToDevice };

/// The work of a copy. Host memory that is not pinned is read when the copy is enqueued, as the driver does.
CUresult copy(Stream &stream, Direction direction, std::uint64_t to, std::uint64_t from, std::size_t bytes, bool wait) {
  if (bytes == 0)
    return CUDA_SUCCESS;
  Device &device = *stream.device;
  if (direction != Direction::HostToDevice)
    if (CUresult result = checkDeviceRange(device, from, bytes, "a copy from"); result != CUDA_SUCCESS)
      return result;
  if (direction != Direction::DeviceToHost)
    if (CUresult result = checkDeviceRange(device, to, bytes, "a copy to"); result != CUDA_SUCCESS)
      return result;
  sim::Memory *memory = &device.memory;
  switch (direction) {
  case Direction::HostToDevice: {
    const void *source = reinterpret_cast<const void *>(from);
    if (wait) {
      device.queue.addAndWait([=] { memory->write(to, source, bytes); });
      break;
    }
    if (isRegistered(device, from, bytes) || memory->contains(from, bytes)) {
      enqueue(stream, [=] { memory->write(to, source, bytes); });
      return CUDA_SUCCESS;
    }
    std::shared_ptr<char[]> staged(new char[bytes]);
    std::memcpy(staged.get(), source, bytes);
    enqueue(stream, [=] { memory->write(to, staged.get(), bytes); });
    return CUDA_SUCCESS;
  }
  case Direction::DeviceToHost: {
    void *target = reinterpret_cast<void *>(to);
    if (!wait && (isRegistered(device, to, bytes) || memory->contains(to, bytes))) {
      enqueue(stream, [=] { memory->read(from, target, bytes); });
      return CUDA_SUCCESS;
    }
    device.queue.addAndWait([=] { memory->read(from, target, bytes); });
    break;
  }
  case Direction::DeviceToDevice:
    enqueue(stream, [=] { memory->copy(to, from, bytes); });
    return CUDA_SUCCESS;
  }
  if (std::optional<Fault> fault = device.queue.takeFault())
    return fail(*fault);
  return CUDA_SUCCESS;
}

CUresult copyHere(Direction direction, std::uint64_t to, std::uint64_t from, std::size_t bytes) {
  TESSERA_CURRENT_OR_RETURN(device)
  return copy(device->defaultStream, direction, to, from, bytes, true);
}

/// Unified addressing: which side an address is on is told by the address.
Direction directionOf(Device &device, std::uint64_t to, std::uint64_t from) {
  if (!device.memory.owns(from))
    return Direction::HostToDevice;
  return device.memory.owns(to) ? Direction::DeviceToDevice : Direction::DeviceToHost;
}

CUresult fill(CUstream handle, std::uint64_t to, std::uint64_t value, unsigned width, std::size_t count) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  if (count == 0)
    return CUDA_SUCCESS;
  if (to % width != 0)
    return fail(CUDA_ERROR_INVALID_VALUE);
  if (CUresult result = checkDeviceRange(*stream->device, to, count * width, "a fill"); result != CUDA_SUCCESS)
    return result;
  sim::Memory *memory = &stream->device->memory;
  enqueue(*stream, [=] { memory->fill(to, value, width, count); });
  return CUDA_SUCCESS;
}

std::uint64_t addressOf(const void *pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

} // namespace

CUresult cuMemAlloc_v2(CUdeviceptr *pointer, std::size_t bytes) {
  TESSERA_CURRENT_OR_RETURN(device)
  return allocate(*device, pointer, bytes, Block::Kind::Device);
}

CUresult cuMemAllocManaged(CUdeviceptr *pointer, std::size_t bytes, unsigned flags) {
  TESSERA_CURRENT_OR_RETURN(device)
  return allocate(*device, pointer, bytes, Block::Kind::Managed);
}

CUresult cuMemAllocPitch_v2(CUdeviceptr *pointer, std::size_t *pitch, std::size_t width, std::size_t height,
                            unsigned element) {
  TESSERA_CURRENT_OR_RETURN(device)
  if (!pitch)
    return fail(CUDA_ERROR_INVALID_VALUE);
  *pitch = (width + 511) / 512 * 512;
  return allocate(*device, pointer, *pitch * height, Block::Kind::Device);
}

CUresult cuMemAllocAsync(CUdeviceptr *pointer, std::size_t bytes, CUstream stream) {
  return cuMemAlloc_v2(pointer, bytes);
}

CUresult cuMemFree_v2(CUdeviceptr pointer) {
  if (pointer == 0)
    return CUDA_SUCCESS;
  TESSERA_CURRENT_OR_RETURN(device)
  device->queue.wait(device->queue.last()); // kernels that are under way may use it
  if (!releaseBlock(*device, pointer))
    return fail(CUDA_ERROR_INVALID_VALUE);
  return CUDA_SUCCESS;
}

CUresult cuMemFreeAsync(CUdeviceptr pointer, CUstream handle) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  std::optional<std::pair<std::uint64_t, Block>> block = findBlock(*stream->device, pointer);
  if (!block || block->first != pointer)
    return fail(CUDA_ERROR_INVALID_VALUE);
  Device *device = stream->device;
  enqueue(*stream, [=] { releaseBlock(*device, pointer); });
  return CUDA_SUCCESS;
}

CUresult cuMemGetInfo_v2(std::size_t *free, std::size_t *total) {
  TESSERA_CURRENT_OR_RETURN(device)
  *total = device->memory.capacity();
  *free = *total - device->memory.used();
  return CUDA_SUCCESS;
}

CUresult cuMemGetAddressRange_v2(CUdeviceptr *base, std::size_t *size, CUdeviceptr pointer) {
  TESSERA_CURRENT_OR_RETURN(device)
  std::optional<std::pair<std::uint64_t, Block>> block = findBlock(*device, pointer);
  if (!block)
    return fail(CUDA_ERROR_NOT_FOUND);
  if (base)
    *base = block->first;
  if (size)
    *size = block->second.bytes;
  return CUDA_SUCCESS;
}

CUresult cuMemHostAlloc(void **pointer, std::size_t bytes, unsigned flags) {
  TESSERA_CURRENT_OR_RETURN(device)
  CUdeviceptr address = 0;
  CUresult result = allocate(*device, &address, bytes, Block::Kind::Host);
  if (result == CUDA_SUCCESS) {
    // The host writes to it without a call, so all of it counts as written.
    device->memory.markWritten(address, bytes);
    *pointer = reinterpret_cast<void *>(address);
  }
  return result;
}

CUresult cuMemAllocHost_v2(void **pointer, std::size_t bytes) { return cuMemHostAlloc(pointer, bytes, 0); }
CUresult cuMemFreeHost(void *pointer) { return cuMemFree_v2(addressOf(pointer)); }

CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr *device, void *host, unsigned flags) {
  TESSERA_CURRENT_OR_RETURN(current)
  if (!findBlock(*current, addressOf(host)))
    return fail(CUDA_ERROR_NOT_SUPPORTED,
                "the simulator maps memory of cuMemHostAlloc into the device, not memory that was registered");
  *device = addressOf(host);
  return CUDA_SUCCESS;
}

CUresult cuMemHostGetFlags(unsigned *flags, void *host) {
  TESSERA_CURRENT_OR_RETURN(device)
  std::optional<std::pair<std::uint64_t, Block>> block = findBlock(*device, addressOf(host));
  if (!block || block->second.kind != Block::Kind::Host)
    return fail(CUDA_ERROR_INVALID_VALUE);
  *flags = 0;
  return CUDA_SUCCESS;
}

CUresult cuMemHostRegister_v2(void *host, std::size_t bytes, unsigned flags) {
  TESSERA_CURRENT_OR_RETURN(device)
  if (!host || bytes == 0)
    return fail(CUDA_ERROR_INVALID_VALUE);
  std::lock_guard lock(driver().mutex);
  if (!device->registered.emplace(addressOf(host), bytes).second)
    return fail(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
  return CUDA_SUCCESS;
}

CUresult cuMemHostUnregister(void *host) {
  TESSERA_CURRENT_OR_RETURN(device)
  device->queue.wait(device->queue.last());
  std::lock_guard lock(driver().mutex);
  return device->registered.erase(addressOf(host)) ? CUDA_SUCCESS : fail(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
}

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, std::size_t bytes) {
  return copyHere(Direction::HostToDevice, to, addressOf(from), bytes);
}
CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, std::size_t bytes) {
  return copyHere(Direction::DeviceToHost, addressOf(to), from, bytes);
}
CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  return copyHere(Direction::DeviceToDevice, to, from, bytes);
}
CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  TESSERA_CURRENT_OR_RETURN(device)
  return copyHere(directionOf(*device, to, from), to, from, bytes);
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, std::size_t bytes, CUstream handle) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  return copy(*stream, Direction::HostToDevice, to, addressOf(from), bytes, false);
}
CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, std::size_t bytes, CUstream handle) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  return copy(*stream, Direction::DeviceToHost, addressOf(to), from, bytes, false);
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream handle) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  return copy(*stream, Direction::DeviceToDevice, to, from, bytes, false);
}
CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream handle) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  return copy(*stream, directionOf(*stream->device, to, from), to, from, bytes, false);
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t count, CUstream stream) {
  return fill(stream, to, value, 1, count);
}
CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, std::size_t count, CUstream stream) {
  return fill(stream, to, value, 2, count);
}
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, std::size_t count, CUstream stream) {
  return fill(stream, to, value, 4, count);
}
CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, std::size_t count) {
  return fill(nullptr, to, value, 1, count);
}
CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, std::size_t count) {
  return fill(nullptr, to, value, 2, count);
}
CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, std::size_t count) {
  return fill(nullptr, to, value, 4, count);
}

CUresult cuPointerGetAttribute(void *data, CUpointer_attribute attribute, CUdeviceptr pointer) {
  if (!data)
    return fail(CUDA_ERROR_INVALID_VALUE);
  TESSERA_CURRENT_OR_RETURN(device)
  std::optional<std::pair<std::uint64_t, Block>> found = findBlock(*device, pointer);
  if (!found)
    return fail(CUDA_ERROR_INVALID_VALUE);
  const auto &[base, block] = *found;
  switch (attribute) {
  case CU_POINTER_ATTRIBUTE_CONTEXT:
    *static_cast<CUcontext *>(data) = reinterpret_cast<CUcontext>(&device->primary);
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
    *static_cast<unsigned *>(data) = block.kind == Block::Kind::Host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
    *static_cast<CUdeviceptr *>(data) = pointer;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_HOST_POINTER:
    if (block.kind == Block::Kind::Device)
      return fail(CUDA_ERROR_INVALID_VALUE);
    *static_cast<CUdeviceptr *>(data) = pointer;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_BUFFER_ID: {
    std::optional<sim::Allocation> allocation = device->memory.find(pointer);
    *static_cast<unsigned long long *>(data) = allocation ? allocation->id : 0;
    return CUDA_SUCCESS;
  }
  case CU_POINTER_ATTRIBUTE_IS_MANAGED:
    *static_cast<unsigned *>(data) = block.kind == Block::Kind::Managed;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
    *static_cast<int *>(data) = device->ordinal;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    *static_cast<CUdeviceptr *>(data) = base;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
    *static_cast<std::size_t *>(data) = block.bytes;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_MAPPED:
    *static_cast<unsigned *>(data) = 1;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
    break;
  }
  return fail(CUDA_ERROR_INVALID_VALUE);
}

CUresult cuPointerGetAttributes(unsigned count, CUpointer_attribute *attributes, void **data, CUdeviceptr pointer) {
  TESSERA_CURRENT_OR_RETURN(device)
  if (!attributes || !data)
    return fail(CUDA_ERROR_INVALID_VALUE);
  if (!findBlock(*device, pointer)) { // unlike the singular form: memory that nobody knows is no error, it is of type 0
    for (unsigned i = 0; i < count; ++i)
      if (attributes[i] == CU_POINTER_ATTRIBUTE_MEMORY_TYPE)
        *static_cast<unsigned *>(data[i]) = 0;
    return CUDA_SUCCESS;
  }
  for (unsigned i = 0; i < count; ++i)
    cuPointerGetAttribute(data[i], attributes[i], pointer);
  return CUDA_SUCCESS;
}

} // namespace tessera::cuda
