//===- Memory.cpp - The simulated device's global memory ------------------===//
//
// Allocation, lookup and host access of device memory; see the header for the layout.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Memory.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace tessera::sim {

namespace {

constexpr uint64_t PageSize = 4096;
/// Where the first Memory of a process lies: the same in every run, so that addresses in reports can be compared.
constexpr uint64_t FirstArena = 0x2000'0000'0000;
constexpr uint64_t ArenaStride = 0x0100'0000'0000;
constexpr unsigned ArenaTries = 64;
constexpr uint8_t Poison = 0xCB;

uint64_t roundUp(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

uint64_t reserveArena(uint64_t size) {
  for (unsigned i = 0; i < ArenaTries; ++i) {
    void *wanted = reinterpret_cast<void *>(FirstArena + i * ArenaStride);
    void *got = mmap(wanted, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == MAP_FAILED)
      continue;
    if (got == wanted)
      return FirstArena + i * ArenaStride;
    munmap(got, size); // A kernel that does not know MAP_FIXED_NOREPLACE takes the address as a mere wish.
  }
  return 0;
}

/// From this size on, memory is poisoned page by page as it is touched.
constexpr uint64_t LazyPoisonBytes = 4 << 20;
constexpr uint64_t PoisonFileBytes = 16 << 20;

/// A file full of poison that lives in memory; -1 where there can be none.
int makePoisonFile() {
  const int file = memfd_create("poison", MFD_CLOEXEC);
  if (file < 0)
    return -1;
  const std::vector<char> bytes(1 << 20, static_cast<char>(Poison));
  for (uint64_t done = 0; done < PoisonFileBytes; done += bytes.size())
    if (write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      close(file);
      return -1;
    }
  return file;
}

/// Lets the pages from `base` on begin as private copies of poison: what a program allocates and does not touch costs
/// nothing.
bool poisonLazily(uint64_t base, uint64_t size) {
  static const int file = makePoisonFile();
  for (uint64_t done = 0; file >= 0 && done < size; done += PoisonFileBytes)
    if (mmap(reinterpret_cast<void *>(base + done), std::min(size - done, PoisonFileBytes), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file, 0) == MAP_FAILED)
      return false;
  return file >= 0;
}

} // namespace

std::string Allocation::describe() const {
  char text[96];
  std::snprintf(text, sizeof text, " (%llu bytes at 0x%llx%s)", static_cast<unsigned long long>(size),
                static_cast<unsigned long long>(base), live ? "" : ", freed");
  return (label.empty() ? "allocation " + std::to_string(id) : "variable '" + label + "'") + text;
}

Memory::Memory(const MemoryOptions &given) : options(given) {
  options.addressSpace = roundUp(options.addressSpace, PageSize);
  const uint64_t reserved = options.trackWrites ? 2 * options.addressSpace : options.addressSpace;
  arena = reserveArena(reserved);
  next = arena;
  if (arena && options.trackWrites)
    shadowOffset = options.addressSpace;
}

Memory::~Memory() {
  if (arena)
    munmap(reinterpret_cast<void *>(arena), options.trackWrites ? 2 * options.addressSpace : options.addressSpace);
}

/// Finds room for `span` bytes: never used addresses first, then the gaps that freed allocations left.
uint64_t Memory::place(uint64_t span) {
  const uint64_t arenaEnd = arena + options.addressSpace;
  if (next + span <= arenaEnd) {
    const uint64_t at = next;
    next += span;
    return at;
  }
  std::erase_if(allocations, [](const auto &entry) { return !entry.second.live; });
  std::map<uint64_t, uint64_t> taken = reservations; // ends by base
  for (auto &[base, end] : taken)
    end += base;
  for (const auto &[base, allocation] : allocations)
    taken[base] = std::max(taken[base], allocation.end());
  uint64_t at = arena;
  for (const auto &[base, end] : taken) {
    if (base > at && base - at >= span)
      return at;
    at = std::max(at, roundUp(end, PageSize) + PageSize);
  }
  return at + span <= arenaEnd ? at : 0;
}

uint64_t Memory::allocate(uint64_t size, std::string label) {
  if (!arena || size == 0 || size > options.capacity)
    return 0;
  const std::unique_lock lock(mutex);
  if (liveBytes.load() + size > options.capacity)
    return 0;
  const uint64_t mapped = roundUp(size, PageSize);
  const uint64_t base = place(mapped + PageSize);
  if (!base)
    return 0;
  if (mprotect(reinterpret_cast<void *>(base), mapped, PROT_READ | PROT_WRITE) != 0)
    return 0;
  if (shadowOffset)
    mprotect(shadow(base), mapped, PROT_READ | PROT_WRITE);
  if (options.poison && (size < LazyPoisonBytes || !poisonLazily(base, mapped)))
    std::memset(reinterpret_cast<void *>(base), Poison, size);
  allocations[base] = Allocation{base, size, ++lastId, true, std::move(label)};
  liveBytes += size;
  changes.fetch_add(1, std::memory_order_release);
  return base;
}

bool Memory::release(uint64_t address) {
  const std::unique_lock lock(mutex);
  const auto found = allocations.find(address);
  if (found == allocations.end() || !found->second.live)
    return false;
  found->second.live = false;
  liveBytes -= found->second.size;
  changes.fetch_add(1, std::memory_order_release);
  const uint64_t mapped = roundUp(found->second.size, PageSize);
  for (void *pages :
       {reinterpret_cast<void *>(address), static_cast<void *>(shadowOffset ? shadow(address) : nullptr)}) {
    if (!pages)
      continue;
    madvise(pages, mapped, MADV_DONTNEED);
    mprotect(pages, mapped, PROT_NONE);
  }
  return true;
}

uint64_t Memory::reserve(uint64_t size, uint64_t alignment) {
  if (!arena || size == 0 || size > options.addressSpace)
    return 0;
  const std::unique_lock lock(mutex);
  const uint64_t mapped = roundUp(size, PageSize);
  const uint64_t at = place(mapped + PageSize + alignment);
  if (!at)
    return 0;
  const uint64_t base = roundUp(at, std::max(alignment, PageSize));
  reservations[base] = mapped;
  return base;
}

bool Memory::unreserve(uint64_t address) {
  const std::unique_lock lock(mutex);
  return reservations.erase(address) > 0;
}

bool Memory::attach(uint64_t address, uint64_t size, int file, uint64_t offset) {
  const std::unique_lock lock(mutex);
  if (mmap(reinterpret_cast<void *>(address), size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
           static_cast<off_t>(offset)) == MAP_FAILED)
    return false;
  if (shadowOffset)
    mprotect(shadow(address), size, PROT_READ | PROT_WRITE);
  std::erase_if(allocations, [&](const auto &entry) { // what was here before
    return !entry.second.live && entry.second.end() > address && entry.first < address + size;
  });
  allocations[address] = Allocation{address, size, ++lastId, true, {}};
  changes.fetch_add(1, std::memory_order_release);
  return true;
}

bool Memory::detach(uint64_t address) {
  const std::unique_lock lock(mutex);
  const auto found = allocations.find(address);
  if (found == allocations.end() || !found->second.live)
    return false;
  found->second.live = false;
  changes.fetch_add(1, std::memory_order_release);
  const uint64_t size = found->second.size;
  mmap(reinterpret_cast<void *>(address), size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
       0);
  if (shadowOffset) {
    madvise(shadow(address), size, MADV_DONTNEED);
    mprotect(shadow(address), size, PROT_NONE);
  }
  return true;
}

bool Memory::charge(uint64_t bytes) {
  const std::unique_lock lock(mutex);
  if (bytes > options.capacity || liveBytes.load() + bytes > options.capacity)
    return false;
  liveBytes += bytes;
  return true;
}

std::optional<Allocation> Memory::find(uint64_t address) const {
  const std::shared_lock lock(mutex);
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin())
    return std::nullopt;
  const Allocation &candidate = std::prev(after)->second;
  if (!candidate.live || address >= candidate.end())
    return std::nullopt;
  return candidate;
}

bool Memory::bounds(uint64_t address, uint64_t &base, uint64_t &end) const {
  const std::shared_lock lock(mutex);
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin())
    return false;
  const Allocation &candidate = std::prev(after)->second;
  if (!candidate.live || address >= candidate.end())
    return false;
  base = candidate.base;
  end = candidate.end();
  return true;
}

std::optional<Allocation> Memory::findAny(uint64_t address) const {
  const std::shared_lock lock(mutex);
  if (allocations.empty())
    return std::nullopt;
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin())
    return after->second;
  const Allocation &below = std::prev(after)->second;
  if (address < below.end() || after == allocations.end())
    return below;
  return address - below.end() <= after->second.base - address ? below : after->second;
}

bool Memory::contains(uint64_t address, uint64_t size) const {
  for (;;) {
    const auto allocation = find(address);
    if (!allocation)
      return false;
    const uint64_t rest = allocation->end() - address;
    if (size <= rest)
      return true;
    address += rest;
    size -= rest;
  }
}

void Memory::markWritten(uint64_t address, uint64_t size) {
  if (shadowOffset)
    std::memset(shadow(address), 1, size);
}

void Memory::write(uint64_t address, const void *source, uint64_t size) {
  std::memcpy(reinterpret_cast<void *>(address), source, size);
  markWritten(address, size);
}

void Memory::read(uint64_t address, void *target, uint64_t size) const {
  std::memcpy(target, reinterpret_cast<const void *>(address), size);
}

void Memory::copy(uint64_t target, uint64_t source, uint64_t size) {
  std::memmove(reinterpret_cast<void *>(target), reinterpret_cast<const void *>(source), size);
  if (shadowOffset)
    std::memmove(shadow(target), shadow(source), size);
}

void Memory::fill(uint64_t address, uint64_t value, unsigned valueBytes, uint64_t count) {
  auto *out = reinterpret_cast<uint8_t *>(address);
  if (valueBytes == 1)
    std::memset(out, static_cast<int>(value & 0xFF), count);
  else
    for (uint64_t i = 0; i < count; ++i)
      std::memcpy(out + i * valueBytes, &value, valueBytes);
  markWritten(address, count * valueBytes);
}

} // namespace tessera::sim
