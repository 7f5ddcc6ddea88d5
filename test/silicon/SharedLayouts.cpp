//===- SharedLayouts.cpp - How matrices lie in shared memory for wgmma ----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/SharedLayouts.h"

namespace tessera::silicon {

namespace {

/// One mode of a layout: an extent, and a stride in bytes or by one of the offsets. The last mode of a dimension has no
/// end.
struct Mode {
  enum Unit : uint8_t { Element, Chunk, Leading, Stride } unit;
  unsigned factor; ///< of elements or 16-byte chunks
  unsigned extent; ///< 0: T; the last: as many as there are
};
struct Table {
  Mode mn[3], k[2];
};
using enum Mode::Unit;
constexpr unsigned T = 0, Rest = ~0U;

// Indexed by swizzle: none, 32, 64, 128 bytes. Where a dimension has two modes the third is never reached.
constexpr Table KMajor[] = {
    {{{Chunk, 1, 8}, {Stride, 1, Rest}, {Stride, 1, Rest}}, {{Element, 1, T}, {Leading, 1, Rest}}},
    {{{Chunk, 2, 8}, {Stride, 1, Rest}, {Stride, 1, Rest}}, {{Element, 1, T}, {Chunk, 1, Rest}}},
    {{{Chunk, 4, 8}, {Stride, 1, Rest}, {Stride, 1, Rest}}, {{Element, 1, T}, {Chunk, 1, Rest}}},
    {{{Chunk, 8, 8}, {Stride, 1, Rest}, {Stride, 1, Rest}}, {{Element, 1, T}, {Chunk, 1, Rest}}},
};
constexpr Table MnMajor[] = {
    {{{Element, 1, T}, {Chunk, 1, 1}, {Stride, 1, Rest}}, {{Chunk, 1, 8}, {Leading, 1, Rest}}},
    {{{Element, 1, T}, {Chunk, 1, 2}, {Leading, 1, Rest}}, {{Chunk, 2, 8}, {Stride, 1, Rest}}},
    {{{Element, 1, T}, {Chunk, 1, 4}, {Leading, 1, Rest}}, {{Chunk, 4, 8}, {Stride, 1, Rest}}},
    {{{Element, 1, T}, {Chunk, 1, 8}, {Leading, 1, Rest}}, {{Chunk, 8, 8}, {Stride, 1, Rest}}},
};

} // namespace

const char *name(Swizzle swizzle) {
  constexpr const char *Names[] = {"none", "32B", "64B", "128B"};
  return Names[static_cast<unsigned>(swizzle)];
}
unsigned widthOf(Swizzle swizzle) { return 16U << static_cast<unsigned>(swizzle); }

uint32_t swizzled(Swizzle swizzle, uint32_t address) {
  switch (swizzle) {
  case Swizzle::None:
    return address;
  case Swizzle::Bytes32:
    return address ^ (address >> 7 & 1) << 4;
  case Swizzle::Bytes64:
    return address ^ (address >> 7 & 3) << 4;
  case Swizzle::Bytes128:
    return address ^ (address >> 7 & 7) << 4;
  }
  return address;
}

uint32_t SharedLayout::offset(unsigned mn, unsigned k) const {
  const Table &table = (mnMajor ? MnMajor : KMajor)[static_cast<unsigned>(swizzle)];
  uint32_t result = 0;
  const auto walk = [&](const Mode &mode, unsigned &rest) {
    const unsigned extent = mode.extent == T ? 16 / elementBytes : mode.extent;
    const unsigned index = extent == Rest ? rest : rest % extent;
    rest = extent == Rest ? 0 : rest / extent;
    const uint32_t unit = mode.unit == Element   ? elementBytes
                          : mode.unit == Chunk   ? 16
                          : mode.unit == Leading ? leading
                                                 : stride;
    result += index * mode.factor * unit;
  };
  for (const Mode &mode : table.mn)
    walk(mode, mn);
  for (const Mode &mode : table.k)
    walk(mode, k);
  return result;
}

uint64_t SharedLayout::descriptorBits() const {
  constexpr uint64_t SwizzleField[] = {0, 3, 2, 1};
  return uint64_t(leading >> 4 & 0x3FFF) << 16 | uint64_t(stride >> 4 & 0x3FFF) << 32 |
         SwizzleField[static_cast<unsigned>(swizzle)] << 62;
}

} // namespace tessera::silicon
