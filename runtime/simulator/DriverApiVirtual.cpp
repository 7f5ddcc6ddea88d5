// Virtual memory management: addresses reserved apart from the memory that is mapped to them later, as allocators with
// segments that grow do. Memory is a file without a name, so that it can be mapped at several addresses at once; it
// becomes reachable when cuMemSetAccess allows it. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

constexpr std::size_t kGranularity = 2 << 20; // as on all architectures that are simulated
constexpr int kPoison = 0xCB;                 // new memory is not zero (Memory.h)

/// What cuMemCreate makes. It lives until it is released and mapped nowhere.
struct Physical {
  Device *device = nullptr;
  std::size_t size = 0;
  int file = -1;
  CUmemAllocationProp properties{};
  unsigned users = 1; ///< handles and mappings
};

struct Mapping {
  std::size_t size = 0, offset = 0;
  Physical *memory = nullptr;
  unsigned access = CU_MEM_ACCESS_FLAGS_PROT_NONE;
};

/// Guarded by driver().mutex.
struct State {
  std::map<CUmemGenericAllocationHandle, Physical *> handles;
  std::map<std::uint64_t, std::size_t> reservations;
  std::map<std::uint64_t, Mapping> mappings;
};

State &state() {
  static auto *it = new State();
  return *it;
}

bool isAligned(std::uint64_t value) { return value % kGranularity == 0; }

CUresult checkProperties(const CUmemAllocationProp *properties) {
  TESSERA_REQUIRE(properties && properties->type == CU_MEM_ALLOCATION_TYPE_PINNED)
  if (properties->location.type != CU_MEM_LOCATION_TYPE_DEVICE || properties->requestedHandleTypes != 0)
    return fail(CUDA_ERROR_NOT_SUPPORTED,
                "the simulator maps memory of a device that is not shared with other processes");
  return CUDA_SUCCESS;
}

void dropUser(Physical *memory) {
  if (--memory->users > 0)
    return;
  close(memory->file);
  memory->device->memory.discharge(memory->size);
  delete memory;
}

Physical *findPhysical(CUmemGenericAllocationHandle handle) {
  const auto found = state().handles.find(handle);
  return found == state().handles.end() ? nullptr : found->second;
}

/// The reservation that all of a range is in.
bool isReserved(std::uint64_t address, std::size_t size) {
  auto after = state().reservations.upper_bound(address);
  if (after == state().reservations.begin())
    return false;
  --after;
  return address - after->first < after->second && size <= after->second - (address - after->first);
}

/// The mapping that an address is in.
std::map<std::uint64_t, Mapping>::iterator mappingAt(std::uint64_t address) {
  auto after = state().mappings.upper_bound(address);
  if (after == state().mappings.begin())
    return state().mappings.end();
  --after;
  return address - after->first < after->second.size ? after : state().mappings.end();
}

/// Mappings that fill a range exactly; none where they do not.
std::vector<std::map<std::uint64_t, Mapping>::iterator> mappingsOf(std::uint64_t address, std::size_t size) {
  std::vector<std::map<std::uint64_t, Mapping>::iterator> found;
  const std::uint64_t end = address + size;
  while (address < end) {
    const auto mapping = state().mappings.find(address);
    if (mapping == state().mappings.end() || mapping->second.size > end - address)
      return {};
    found.push_back(mapping);
    address += mapping->second.size;
  }
  return found;
}

CUresult setAccess(std::uint64_t address, Mapping &mapping, unsigned access) {
  Device &device = *mapping.memory->device;
  const bool was = mapping.access != CU_MEM_ACCESS_FLAGS_PROT_NONE, is = access != CU_MEM_ACCESS_FLAGS_PROT_NONE;
  mapping.access = access;
  if (is && !was) {
    if (!device.memory.attach(address, mapping.size, mapping.memory->file, mapping.offset))
      return fail(CUDA_ERROR_OUT_OF_MEMORY);
    device.blocks[address] = {.bytes = mapping.size, .kind = Block::Kind::Mapped, .id = ++driver().lastId};
  }
  if (was && !is) {
    device.memory.detach(address);
    device.blocks.erase(address);
  }
  return CUDA_SUCCESS;
}

} // namespace

CUresult cuMemGetAllocationGranularity(std::size_t *granularity, const CUmemAllocationProp *properties,
                                       unsigned option) {
  TESSERA_REQUIRE(granularity && option <= 1)
  TESSERA_RETURN_IF_FAILED(checkProperties(properties))
  TESSERA_DEVICE_OR_RETURN(device, properties->location.id)
  *granularity = kGranularity;
  return CUDA_SUCCESS;
}

CUresult cuMemAddressReserve(CUdeviceptr *pointer, std::size_t size, std::size_t alignment, CUdeviceptr wish,
                             unsigned long long flags) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(pointer && size > 0 && isAligned(size) && flags == 0 && (alignment & (alignment - 1)) == 0)
  const std::uint64_t address = device->memory.reserve(size, std::max(alignment, kGranularity));
  if (!address)
    return fail(CUDA_ERROR_OUT_OF_MEMORY, "the simulator has no addresses left");
  const std::lock_guard lock(driver().mutex);
  state().reservations[address] = size;
  *pointer = address;
  return CUDA_SUCCESS;
}

CUresult cuMemAddressFree(CUdeviceptr pointer, std::size_t size) {
  TESSERA_CURRENT_OR_RETURN(device)
  const std::lock_guard lock(driver().mutex);
  const auto found = state().reservations.find(pointer);
  TESSERA_REQUIRE(found != state().reservations.end() && found->second == size)
  const auto mapping = state().mappings.lower_bound(pointer);
  TESSERA_REQUIRE(mapping == state().mappings.end() || mapping->first >= pointer + size) // nothing is mapped in it
  state().reservations.erase(found);
  ownerOf(pointer)->memory.unreserve(pointer);
  return CUDA_SUCCESS;
}

CUresult cuMemCreate(CUmemGenericAllocationHandle *handle, std::size_t size, const CUmemAllocationProp *properties,
                     unsigned long long flags) {
  TESSERA_REQUIRE(handle && size > 0 && isAligned(size) && flags == 0)
  TESSERA_RETURN_IF_FAILED(checkProperties(properties))
  TESSERA_DEVICE_OR_RETURN(device, properties->location.id)
  if (!device->memory.charge(size))
    return fail(CUDA_ERROR_OUT_OF_MEMORY);
  const int file = memfd_create("tessera-simulated-memory", MFD_CLOEXEC);
  void *bytes = file >= 0 && ftruncate(file, off_t(size)) == 0
                    ? mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                    : MAP_FAILED;
  if (bytes == MAP_FAILED) {
    if (file >= 0)
      close(file);
    device->memory.discharge(size);
    return fail(CUDA_ERROR_OUT_OF_MEMORY);
  }
  std::memset(bytes, kPoison, size);
  munmap(bytes, size);
  auto *memory = new Physical{device, size, file, *properties};
  const std::lock_guard lock(driver().mutex);
  *handle = ++driver().lastId;
  state().handles[*handle] = memory;
  return CUDA_SUCCESS;
}

CUresult cuMemRelease(CUmemGenericAllocationHandle handle) {
  const std::lock_guard lock(driver().mutex);
  Physical *memory = findPhysical(handle);
  TESSERA_REQUIRE(memory)
  state().handles.erase(handle);
  dropUser(memory);
  return CUDA_SUCCESS;
}

CUresult cuMemMap(CUdeviceptr pointer, std::size_t size, std::size_t offset, CUmemGenericAllocationHandle handle,
                  unsigned long long flags) {
  const std::lock_guard lock(driver().mutex);
  Physical *memory = findPhysical(handle);
  TESSERA_REQUIRE(memory && flags == 0 && size > 0 && isAligned(pointer) && isAligned(size) && isAligned(offset))
  TESSERA_REQUIRE(offset <= memory->size && size <= memory->size - offset && isReserved(pointer, size))
  if (ownerOf(pointer) != memory->device)
    return fail(CUDA_ERROR_NOT_SUPPORTED,
                "the simulator maps memory of a device only to addresses that were reserved with it current");
  const auto after = state().mappings.lower_bound(pointer + size);
  if (after != state().mappings.begin() && std::prev(after)->first + std::prev(after)->second.size > pointer)
    return fail(CUDA_ERROR_INVALID_VALUE, "something is mapped there");
  ++memory->users;
  state().mappings[pointer] = {size, offset, memory};
  return CUDA_SUCCESS;
}

CUresult cuMemUnmap(CUdeviceptr pointer, std::size_t size) {
  Device *device = ownerOf(pointer);
  TESSERA_REQUIRE(device)
  device->queue.waitForAll();
  const std::lock_guard lock(driver().mutex);
  const auto found = mappingsOf(pointer, size);
  TESSERA_REQUIRE(!found.empty())
  for (const auto &mapping : found) {
    setAccess(mapping->first, mapping->second, CU_MEM_ACCESS_FLAGS_PROT_NONE);
    dropUser(mapping->second.memory);
    state().mappings.erase(mapping);
  }
  return CUDA_SUCCESS;
}

CUresult cuMemSetAccess(CUdeviceptr pointer, std::size_t size, const CUmemAccessDesc *access, std::size_t count) {
  TESSERA_REQUIRE(access && count > 0)
  const std::lock_guard lock(driver().mutex);
  const auto found = mappingsOf(pointer, size);
  TESSERA_REQUIRE(!found.empty())
  for (std::size_t i = 0; i < count; ++i) {
    TESSERA_REQUIRE(access[i].location.type == CU_MEM_LOCATION_TYPE_DEVICE &&
                    (access[i].flags == CU_MEM_ACCESS_FLAGS_PROT_NONE ||
                     access[i].flags == CU_MEM_ACCESS_FLAGS_PROT_READ ||
                     access[i].flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE))
    for (const auto &mapping : found) {
      if (access[i].location.id != mapping->second.memory->device->ordinal)
        return fail(CUDA_ERROR_INVALID_DEVICE, "simulated kernels know the memory of their own device only");
      TESSERA_RETURN_IF_FAILED(setAccess(mapping->first, mapping->second, access[i].flags))
    }
  }
  return CUDA_SUCCESS;
}

CUresult cuMemGetAccess(unsigned long long *flags, const CUmemLocation *location, CUdeviceptr pointer) {
  TESSERA_REQUIRE(flags && location)
  const std::lock_guard lock(driver().mutex);
  const auto mapping = mappingAt(pointer);
  TESSERA_REQUIRE(mapping != state().mappings.end())
  const bool isOwn =
      location->type == CU_MEM_LOCATION_TYPE_DEVICE && location->id == mapping->second.memory->device->ordinal;
  *flags = isOwn ? mapping->second.access : unsigned(CU_MEM_ACCESS_FLAGS_PROT_NONE);
  return CUDA_SUCCESS;
}

CUresult cuMemGetAllocationPropertiesFromHandle(CUmemAllocationProp *properties, CUmemGenericAllocationHandle handle) {
  const std::lock_guard lock(driver().mutex);
  const Physical *memory = findPhysical(handle);
  TESSERA_REQUIRE(properties && memory)
  *properties = memory->properties;
  return CUDA_SUCCESS;
}

CUresult cuMemRetainAllocationHandle(CUmemGenericAllocationHandle *handle, void *address) {
  const std::lock_guard lock(driver().mutex);
  const auto mapping = mappingAt(reinterpret_cast<std::uintptr_t>(address));
  TESSERA_REQUIRE(handle && mapping != state().mappings.end())
  ++mapping->second.memory->users;
  *handle = ++driver().lastId;
  state().handles[*handle] = mapping->second.memory;
  return CUDA_SUCCESS;
}

} // namespace tessera::cuda
