// Memory: allocation, memory of the host, questions about pointers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

using namespace tessera::sim::api;

namespace tessera::sim::api {

cuda::CUresult allocateBlock(Device &device, cuda::CUdeviceptr *pointer, std::size_t bytes, Block block) {
  TESSERA_REQUIRE(pointer && bytes > 0)
  const std::uint64_t address = device.memory.allocate(bytes);
  if (!address)
    return fail(cuda::CUDA_ERROR_OUT_OF_MEMORY);
  const std::lock_guard lock(driver().mutex);
  block.bytes = bytes;
  block.id = ++driver().lastId;
  device.blocks[address] = block;
  *pointer = address;
  return cuda::CUDA_SUCCESS;
}

std::optional<std::pair<std::uint64_t, Block>> findBlock(Device &device, std::uint64_t address) {
  const std::lock_guard lock(driver().mutex);
  auto after = device.blocks.upper_bound(address);
  if (after == device.blocks.begin())
    return std::nullopt;
  --after;
  if (address - after->first >= after->second.bytes)
    return std::nullopt;
  return *after;
}

cuda::CUresult checkDeviceRange(std::uint64_t address, std::uint64_t bytes, const char *what) {
  Device *device = ownerOf(address);
  if (device && device->memory.contains(address, bytes))
    return cuda::CUDA_SUCCESS;
  char head[160];
  std::snprintf(head, sizeof(head), "%s, %llu bytes at 0x%llx, is outside the memory of the device", what,
                static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(address));
  std::string text = head;
  if (device)
    if (std::optional<sim::Allocation> near = device->memory.findAny(address))
      text += "; the nearest is " + near->describe();
  return fail(cuda::CUDA_ERROR_INVALID_VALUE, std::move(text));
}

} // namespace tessera::sim::api

namespace tessera::cuda {
namespace {

constexpr unsigned kAttachGlobal = 1, kAttachHost = 2; // CU_MEM_ATTACH_*
constexpr unsigned kHostAllocFlags = 7;                // portable, mapped, write-combined
constexpr unsigned kHostRegisterFlags = 0xf;           // portable, mapped, of a device, read-only

std::uint64_t addressOf(const void *pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

/// The block behind an address of whatever device, with that device.
struct Found {
  Device *device = nullptr;
  std::uint64_t base = 0;
  Block block;
};
std::optional<Found> findAnywhere(std::uint64_t address) {
  Device *device = ownerOf(address);
  if (!device)
    return std::nullopt;
  auto block = findBlock(*device, address);
  if (!block)
    return std::nullopt;
  return Found{device, block->first, block->second};
}

/// A range the host made known, with its base.
std::optional<std::pair<std::uint64_t, std::uint64_t>> findRegistered(Device &device, std::uint64_t address) {
  const std::lock_guard lock(driver().mutex);
  auto after = device.registered.upper_bound(address);
  if (after == device.registered.begin())
    return std::nullopt;
  --after;
  if (address - after->first >= after->second)
    return std::nullopt;
  return *after;
}

/// What a pointer's attribute is; false for memory that nobody knows and for what it has not.
bool answer(Device &current, void *data, CUpointer_attribute attribute, CUdeviceptr pointer) {
  const std::optional<Found> found = findAnywhere(pointer);
  if (!found) { // memory of the host that was registered, or any
    if (!findRegistered(current, pointer))
      return false;
    if (attribute == CU_POINTER_ATTRIBUTE_MEMORY_TYPE)
      *static_cast<unsigned *>(data) = CU_MEMORYTYPE_HOST;
    else if (attribute == CU_POINTER_ATTRIBUTE_HOST_POINTER)
      *static_cast<CUdeviceptr *>(data) = pointer;
    else
      return false;
    return true;
  }
  const auto &[device, base, block] = *found;
  const bool isHost = block.kind == Block::Kind::Host, isManaged = block.kind == Block::Kind::Managed;
  switch (attribute) {
  case CU_POINTER_ATTRIBUTE_CONTEXT:
    *static_cast<CUcontext *>(data) = reinterpret_cast<CUcontext>(&device->primary);
    return true;
  case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
    *static_cast<unsigned *>(data) = isHost ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
    return true;
  case CU_POINTER_ATTRIBUTE_HOST_POINTER:
    *static_cast<CUdeviceptr *>(data) = pointer;
    return isHost || isManaged;
  case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
    *static_cast<CUdeviceptr *>(data) = pointer;
    return true;
  case CU_POINTER_ATTRIBUTE_BUFFER_ID:
  case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
    *static_cast<unsigned long long *>(data) = block.id;
    return true;
  case CU_POINTER_ATTRIBUTE_IS_MANAGED:
    *static_cast<unsigned *>(data) = isManaged;
    return true;
  case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
    *static_cast<int *>(data) = device->ordinal;
    return true;
  case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
  case CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
    *static_cast<CUdeviceptr *>(data) = base;
    return true;
  case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
  case CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
    *static_cast<std::size_t *>(data) = block.bytes;
    return true;
  case CU_POINTER_ATTRIBUTE_MAPPED:
    *static_cast<unsigned *>(data) = 1;
    return true;
  case CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
    *static_cast<unsigned *>(data) = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
    return true;
  case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
    *static_cast<CUmemoryPool *>(data) = reinterpret_cast<CUmemoryPool>(block.pool);
    return true;
  case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
  case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
  case CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE:
  case CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE:
    *static_cast<unsigned char *>(data) = 0;
    return true;
  case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
    *static_cast<std::uint64_t *>(data) = CU_MEM_HANDLE_TYPE_NONE;
    return true;
  case CU_POINTER_ATTRIBUTE_P2P_TOKENS:
    break;
  }
  return false;
}

/// What cuPointerGetAttributes says where there is no answer.
void answerNothing(void *data, CUpointer_attribute attribute) {
  switch (attribute) {
  case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
  case CU_POINTER_ATTRIBUTE_IS_MANAGED:
  case CU_POINTER_ATTRIBUTE_MAPPED:
    *static_cast<unsigned *>(data) = 0;
    break;
  case CU_POINTER_ATTRIBUTE_CONTEXT:
  case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
  case CU_POINTER_ATTRIBUTE_HOST_POINTER:
  case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
    *static_cast<CUdeviceptr *>(data) = 0;
    break;
  case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
    *static_cast<int *>(data) = -2; // CU_DEVICE_INVALID
    break;
  default:
    break;
  }
}

} // namespace

CUresult cuMemAlloc_v2(CUdeviceptr *pointer, std::size_t bytes) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_RETURN_IF_FAILED(refuseUnsafe())
  return allocateBlock(*device, pointer, bytes, {});
}

CUresult cuMemAllocManaged(CUdeviceptr *pointer, std::size_t bytes, unsigned flags) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_RETURN_IF_FAILED(refuseUnsafe())
  TESSERA_REQUIRE(flags == kAttachGlobal || flags == kAttachHost)
  TESSERA_RETURN_IF_FAILED(allocateBlock(*device, pointer, bytes, {.kind = Block::Kind::Managed}))
  device->memory.markWritten(*pointer, bytes); // the host writes to it without a call
  return CUDA_SUCCESS;
}

CUresult cuMemAllocPitch_v2(CUdeviceptr *pointer, std::size_t *pitch, std::size_t width, std::size_t height,
                            unsigned element) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_RETURN_IF_FAILED(refuseUnsafe())
  TESSERA_REQUIRE(pitch && width > 0 && height > 0 && (element == 4 || element == 8 || element == 16))
  *pitch = (width + 511) / 512 * 512;
  return allocateBlock(*device, pointer, *pitch * height, {});
}

CUresult cuMemFree_v2(CUdeviceptr pointer) {
  if (pointer == 0)
    return CUDA_SUCCESS;
  TESSERA_CURRENT_OR_RETURN(current)
  TESSERA_RETURN_IF_FAILED(refuseUnsafe())
  const std::optional<Found> found = findAnywhere(pointer);
  if (!found || found->base != pointer || found->block.isFreed || found->block.kind == Block::Kind::Variable ||
      found->block.kind == Block::Kind::Mapped)
    return fail(CUDA_ERROR_INVALID_VALUE);
  found->device->queue.waitForAll(); // kernels that are under way may use it
  return releaseBlock(*found->device, pointer) ? CUDA_SUCCESS : fail(CUDA_ERROR_INVALID_VALUE);
}

CUresult cuMemGetInfo_v2(std::size_t *free, std::size_t *total) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(free && total)
  *total = device->memory.capacity();
  *free = *total - device->memory.used();
  return CUDA_SUCCESS;
}

CUresult cuMemGetAddressRange_v2(CUdeviceptr *base, std::size_t *size, CUdeviceptr pointer) {
  TESSERA_CURRENT_OR_RETURN(device)
  const std::optional<Found> found = findAnywhere(pointer);
  if (!found)
    return fail(CUDA_ERROR_NOT_FOUND);
  if (base)
    *base = found->base;
  if (size)
    *size = found->block.bytes;
  return CUDA_SUCCESS;
}

CUresult cuMemHostAlloc(void **pointer, std::size_t bytes, unsigned flags) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_RETURN_IF_FAILED(refuseUnsafe())
  TESSERA_REQUIRE(pointer && (flags & ~kHostAllocFlags) == 0)
  CUdeviceptr address = 0;
  TESSERA_RETURN_IF_FAILED(allocateBlock(*device, &address, bytes, {.kind = Block::Kind::Host, .flags = flags}))
  device->memory.markWritten(address, bytes); // the host writes to it without a call
  *pointer = reinterpret_cast<void *>(address);
  return CUDA_SUCCESS;
}

CUresult cuMemAllocHost_v2(void **pointer, std::size_t bytes) { return cuMemHostAlloc(pointer, bytes, 0); }

CUresult cuMemFreeHost(void *pointer) {
  if (!pointer)
    return CUDA_SUCCESS;
  const std::optional<Found> found = findAnywhere(addressOf(pointer));
  if (!found || found->block.kind != Block::Kind::Host)
    return fail(CUDA_ERROR_INVALID_VALUE);
  return cuMemFree_v2(addressOf(pointer));
}

CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr *pointer, void *host, unsigned flags) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(pointer && flags == 0)
  const std::optional<Found> found = findAnywhere(addressOf(host));
  if (!found && findRegistered(*device, addressOf(host)))
    return fail(CUDA_ERROR_NOT_SUPPORTED,
                "the simulator maps memory of cuMemHostAlloc into the device, not memory that was registered");
  TESSERA_REQUIRE(found && found->block.kind == Block::Kind::Host)
  *pointer = addressOf(host);
  return CUDA_SUCCESS;
}

CUresult cuMemHostGetFlags(unsigned *flags, void *host) {
  TESSERA_CURRENT_OR_RETURN(device)
  const std::optional<Found> found = findAnywhere(addressOf(host));
  TESSERA_REQUIRE(flags && found && found->block.kind == Block::Kind::Host)
  *flags = found->block.flags | 2; // all of it is mapped
  return CUDA_SUCCESS;
}

CUresult cuMemHostRegister_v2(void *host, std::size_t bytes, unsigned flags) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(host && bytes > 0 && (flags & ~kHostRegisterFlags) == 0)
  const std::uint64_t from = addressOf(host), to = from + bytes;
  const std::lock_guard lock(driver().mutex);
  const auto after = device->registered.lower_bound(to);
  if (after != device->registered.begin() && std::prev(after)->first + std::prev(after)->second > from)
    return fail(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
  device->registered.emplace(from, bytes);
  return CUDA_SUCCESS;
}

CUresult cuMemHostUnregister(void *host) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(host)
  device->queue.waitForAll();
  const std::lock_guard lock(driver().mutex);
  return device->registered.erase(addressOf(host)) ? CUDA_SUCCESS : fail(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
}

// Advice and prefetching of managed memory move nothing here: there is one memory for both sides.

CUresult cuMemAdvise(CUdeviceptr pointer, std::size_t bytes, unsigned advice, CUdevice device) {
  return cuMemAdvise_v2(pointer, bytes, advice, CUmemLocation{CU_MEM_LOCATION_TYPE_DEVICE, device});
}

CUresult cuMemAdvise_v2(CUdeviceptr pointer, std::size_t bytes, unsigned advice, CUmemLocation location) {
  TESSERA_CURRENT_OR_RETURN(device)
  const std::optional<Found> found = findAnywhere(pointer);
  TESSERA_REQUIRE(found && found->block.kind == Block::Kind::Managed && bytes > 0 && advice >= 1 && advice <= 6)
  return checkDeviceRange(pointer, bytes, "the range of an advice");
}

CUresult cuMemPrefetchAsync(CUdeviceptr pointer, std::size_t bytes, CUdevice device, CUstream stream) {
  return cuMemPrefetchAsync_v2(pointer, bytes, CUmemLocation{CU_MEM_LOCATION_TYPE_DEVICE, device}, 0, stream);
}

CUresult cuMemPrefetchAsync_v2(CUdeviceptr pointer, std::size_t bytes, CUmemLocation location, unsigned flags,
                               CUstream handle) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  const std::optional<Found> found = findAnywhere(pointer);
  TESSERA_REQUIRE(found && found->block.kind == Block::Kind::Managed && bytes > 0 && flags == 0)
  TESSERA_RETURN_IF_FAILED(checkDeviceRange(pointer, bytes, "the range of a prefetch"))
  return submit(*stream, {});
}

CUresult cuMemRangeGetAttribute(void *data, std::size_t dataBytes, unsigned attribute, CUdeviceptr pointer,
                                std::size_t bytes) {
  TESSERA_CURRENT_OR_RETURN(device)
  const std::optional<Found> found = findAnywhere(pointer);
  TESSERA_REQUIRE(data && found && found->block.kind == Block::Kind::Managed && attribute >= 1 && attribute <= 8 &&
                  dataBytes >= 4 && dataBytes % 4 == 0)
  TESSERA_RETURN_IF_FAILED(checkDeviceRange(pointer, bytes, "the range of a question"))
  // No advice is kept: not read mostly (0), no place preferred and none prefetched to (-2, CU_DEVICE_INVALID).
  const int answer = attribute == 1 || attribute == 5 || attribute == 7 ? 0 : -2;
  for (std::size_t i = 0; i < dataBytes / 4; ++i)
    static_cast<int *>(data)[i] = answer;
  return CUDA_SUCCESS;
}

CUresult cuMemRangeGetAttributes(void **data, std::size_t *dataBytes, unsigned *attributes, std::size_t count,
                                 CUdeviceptr pointer, std::size_t bytes) {
  TESSERA_REQUIRE(data && dataBytes && attributes && count > 0)
  for (std::size_t i = 0; i < count; ++i)
    TESSERA_RETURN_IF_FAILED(cuMemRangeGetAttribute(data[i], dataBytes[i], attributes[i], pointer, bytes))
  return CUDA_SUCCESS;
}

CUresult cuPointerGetAttribute(void *data, CUpointer_attribute attribute, CUdeviceptr pointer) {
  TESSERA_REQUIRE(data)
  TESSERA_CURRENT_OR_RETURN(device)
  if (attribute == CU_POINTER_ATTRIBUTE_P2P_TOKENS)
    return fail(CUDA_ERROR_NOT_SUPPORTED, "simulated memory has no tokens for other devices");
  return answer(*device, data, attribute, pointer) ? CUDA_SUCCESS : fail(CUDA_ERROR_INVALID_VALUE);
}

CUresult cuPointerGetAttributes(unsigned count, CUpointer_attribute *attributes, void **data, CUdeviceptr pointer) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(attributes && data)
  // Unlike with the singular form, memory that nobody knows is no error: it has no type, and no place.
  for (unsigned i = 0; i < count; ++i)
    if (!answer(*device, data[i], attributes[i], pointer))
      answerNothing(data[i], attributes[i]);
  return CUDA_SUCCESS;
}

CUresult cuPointerSetAttribute(const void *value, CUpointer_attribute attribute, CUdeviceptr pointer) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(value && attribute == CU_POINTER_ATTRIBUTE_SYNC_MEMOPS && findAnywhere(pointer))
  return CUDA_SUCCESS; // copies that return early are seen by nobody before they are done
}

} // namespace tessera::cuda
