// The table of a kernel's specialisations: read without a lock, written under one.
//
// A key holds a byte for each argument, made from its type and from what the compiler may build on:
//
//   bit 0..3  ScalarType, of the scalar or of what the pointer points to
//   bit 4     it is a pointer
//   bit 5     its value or address is a multiple of 16
//   bit 6     its value is 1
//   0xff      nullptr: the parameter is None
//   0xfe      the parameter's own default
//
// and, for kernels whose @triton.heuristics read values, the values of the scalars behind it. Readers see a table that
// is never changed: a new one replaces it, and the old ones live as long as the kernel, for somebody may be reading
// them. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_JIT_SPECIALIZATION_H
#define TESSERA_RUNTIME_JIT_SPECIALIZATION_H

#include "runtime/core/Launch.h"
#include "runtime/include/tessera/Module.h"

#include <atomic>
#include <cstring>

namespace tessera::detail {

inline constexpr std::uint8_t kPointerBit = 1 << 4, kMultipleOf16Bit = 1 << 5, kIsOneBit = 1 << 6, kNullKey = 0xff,
                              kDefaultKey = 0xfe;

/// The byte of one argument. `specialise` false: the value does not matter.
inline std::uint8_t keyByte(const Argument &argument, bool specialise) {
  if (argument.kind() == Argument::Kind::Null)
    return kNullKey;
  if (argument.kind() == Argument::Kind::Defaulted)
    return kDefaultKey;
  std::uint8_t byte = std::uint8_t(argument.type());
  if (argument.isPointer())
    return std::uint8_t(byte | kPointerBit | (specialise && argument.bits() % 16 == 0 ? kMultipleOf16Bit : 0));
  if (!specialise || argument.type() == ScalarType::I1 || isFloat(argument.type()))
    return byte;
  if (argument.bits() % 16 == 0)
    byte |= kMultipleOf16Bit;
  return std::uint8_t(byte | (argument.bits() == 1 ? kIsOneBit : 0));
}

struct Key {
  const std::uint8_t *bytes;
  std::size_t size;

  std::uint64_t hash() const {
    std::uint64_t state = 0x9e3779b97f4a7c15ull ^ size;
    for (std::size_t i = 0; i < size; i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes + i, std::min<std::size_t>(8, size - i));
      state = (state ^ word) * 0xff51afd7ed558ccdull;
      state ^= state >> 32;
    }
    return state;
  }
};

/// A specialisation that is loaded and can be launched. Never changes once it is in a table.
struct Compiled {
  std::vector<std::uint8_t> key;
  std::shared_ptr<FunctionState> function;
  std::vector<std::uint16_t> order; ///< for each parameter of the entry the argument it takes
  std::size_t sharedBytes = 0;      ///< dynamic
  Specialization description;
};

class SpecializationTable {
public:
  SpecializationTable() { publish({}); }

  /// Null when there is none yet. Takes no lock and allocates nothing.
  const Compiled *find(Key key) const {
    const Snapshot *snapshot = current.load(std::memory_order_acquire);
    for (std::size_t slot = key.hash() & snapshot->mask;; slot = (slot + 1) & snapshot->mask) {
      const Compiled *candidate = snapshot->slots[slot];
      if (!candidate)
        return nullptr;
      if (candidate->key.size() == key.size && std::memcmp(candidate->key.data(), key.bytes, key.size) == 0)
        return candidate;
    }
  }

  /// Adds one; the caller sees to it that nobody else does at the same time.
  const Compiled *add(std::unique_ptr<Compiled> compiled) {
    entries.push_back(std::move(compiled));
    std::vector<const Compiled *> all;
    all.reserve(entries.size());
    for (const auto &entry : entries)
      all.push_back(entry.get());
    publish(all);
    return entries.back().get();
  }

private:
  struct Snapshot {
    std::size_t mask = 0;
    std::vector<const Compiled *> slots; ///< at least half of them null
  };

  void publish(const std::vector<const Compiled *> &all) {
    auto snapshot = std::make_unique<Snapshot>();
    std::size_t size = 8;
    while (size < 2 * all.size() + 2)
      size *= 2;
    snapshot->mask = size - 1;
    snapshot->slots.assign(size, nullptr);
    for (const Compiled *compiled : all) {
      std::size_t slot = Key{compiled->key.data(), compiled->key.size()}.hash() & snapshot->mask;
      while (snapshot->slots[slot])
        slot = (slot + 1) & snapshot->mask;
      snapshot->slots[slot] = compiled;
    }
    current.store(snapshot.get(), std::memory_order_release);
    snapshots.push_back(std::move(snapshot));
  }

  std::atomic<const Snapshot *> current{nullptr};
  std::vector<std::unique_ptr<Compiled>> entries;
  std::vector<std::unique_ptr<Snapshot>> snapshots;
};

} // namespace tessera::detail

#endif // TESSERA_RUNTIME_JIT_SPECIALIZATION_H
