//===- Memory.h - The simulated device's global memory ----------*- C++ -*-===//
//
// Device memory lives in one reserved stretch of the process's address space, and a device pointer is the host pointer
// to the same byte, so kernels and copies touch it directly. Allocations start on a page, are followed by an unmapped
// gap, and their addresses are not reused while others are left, so that a stray or stale pointer meets nothing rather
// than a neighbour.
//
//   base                                     base + size
//   |<------------- allocation ------------->|<-- rest of the page, gap page -->| next allocation
//
// With `trackWrites` a second stretch of equal size holds one byte for each byte of memory: whether anybody wrote it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_MEMORY_H
#define TESSERA_RUNTIME_SIMULATOR_MEMORY_H

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>

namespace tessera::sim {

struct MemoryOptions {
  uint64_t capacity = uint64_t(16) << 30;      ///< bytes that may be live at once
  uint64_t addressSpace = uint64_t(256) << 30; ///< bytes reserved; nothing is committed before it is touched
  bool trackWrites = false;                    ///< needed by Checks::uninitialized for global memory
  bool poison = true;                          ///< new memory is filled with 0xCB bytes, not zeros
};

struct Allocation {
  uint64_t base = 0, size = 0;
  uint64_t id = 0; ///< counts up from 1 in order of allocation
  bool live = true;
  std::string label; ///< a variable's name; empty for memory allocated through the API
  uint64_t end() const { return base + size; }
  /// "allocation 3 (4096 bytes at 0x200000000000)", "variable 'table' (...)"; says when it was freed.
  std::string describe() const;
};

class Memory {
public:
  explicit Memory(const MemoryOptions &options = {});
  ~Memory();
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;

  /// False where the address space could not be reserved; every allocation then fails.
  bool valid() const { return arena != 0; }

  /// A device address aligned to at least 256 bytes; 0 when `capacity` is used up or `size` is 0.
  uint64_t allocate(uint64_t size, std::string label = {});
  /// False when `address` is not the base of a live allocation.
  bool release(uint64_t address);

  /// Addresses for memory that is attached later; nothing may touch them before. `alignment` is a power of two. 0 where
  /// there is no room.
  uint64_t reserve(uint64_t size, uint64_t alignment);
  /// Gives a reservation back; false when `address` is not the base of one.
  bool unreserve(uint64_t address);
  /// Makes reserved addresses a live allocation whose bytes are those of an open file from `offset` on, which may be
  /// seen at other addresses too. Address, size and offset are multiples of the page size.
  bool attach(uint64_t address, uint64_t size, int file, uint64_t offset);
  /// Makes them unreachable again.
  bool detach(uint64_t address);
  /// Counts bytes that are used without being at an address yet, as far as `capacity` allows.
  bool charge(uint64_t bytes);
  void discharge(uint64_t bytes) { liveBytes -= bytes; }

  /// The live allocation that contains `address`.
  std::optional<Allocation> find(uint64_t address) const;
  /// The bounds of the live allocation that contains `address`; false where there is none. What kernels ask.
  bool bounds(uint64_t address, uint64_t &base, uint64_t &end) const;
  /// The allocation, live or freed, that contains `address`, else the nearest one.
  std::optional<Allocation> findAny(uint64_t address) const;
  /// True when all of [address, address + size) lies in one live allocation, or in several that were attached side by
  /// side.
  bool contains(uint64_t address, uint64_t size) const;
  /// True when the address is one this Memory could ever give out.
  bool owns(uint64_t address) const { return address - arena < options.addressSpace; }

  /// Copies and sets from the host, to be called after `contains`; they mark what they write as written.
  void write(uint64_t address, const void *source, uint64_t size);
  void read(uint64_t address, void *target, uint64_t size) const;
  void copy(uint64_t target, uint64_t source, uint64_t size);
  void fill(uint64_t address, uint64_t value, unsigned valueBytes, uint64_t count);
  /// For host code that writes through the pointer itself.
  void markWritten(uint64_t address, uint64_t size);

  bool tracksWrites() const { return shadowOffset != 0; }
  /// One byte for each byte at `address`: 1 when written. Only where tracksWrites().
  uint8_t *shadow(uint64_t address) const { return reinterpret_cast<uint8_t *>(address + shadowOffset); }

  uint64_t capacity() const { return options.capacity; }
  uint64_t used() const { return liveBytes.load(); }
  /// Changes whenever an allocation is made or freed: caches of find() are good while it stays.
  uint64_t generation() const { return changes.load(std::memory_order_acquire); }

private:
  uint64_t place(uint64_t span);

  MemoryOptions options;
  uint64_t arena = 0;        ///< first reserved address
  uint64_t shadowOffset = 0; ///< from a byte to its shadow; 0: not tracked
  uint64_t next = 0;         ///< first address never given out
  uint64_t lastId = 0;
  std::atomic<uint64_t> liveBytes{0};
  std::atomic<uint64_t> changes{1};
  mutable std::shared_mutex mutex;
  std::map<uint64_t, Allocation> allocations; ///< by base, live and freed
  std::map<uint64_t, uint64_t> reservations;  ///< sizes by base
};

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_MEMORY_H
