//===- SharedLayouts.h - How matrices lie in shared memory for wgmma -*- C++ -*-===//
//
// The canonical layouts of the PTX manual ("Strides", in its notation of nested extents and strides), as data. T is the
// number of elements in 16 bytes; LBO and SBO are the leading and the stride byte offset of the descriptor.
//
//          K-major                               MN-major
//   none   ((8,m),(T,2)) : ((1T,SBO),(1,LBO))    ((T,1,m),(8,k)) : ((1,T,SBO),(1T,LBO))
//   32B    ((8,m),(T,2)) : ((2T,SBO),(1, T ))    ((T,2,m),(8,k)) : ((1,T,LBO),(2T,SBO))
//   64B    ((8,m),(T,4)) : ((4T,SBO),(1, T ))    ((T,4,m),(8,k)) : ((1,T,LBO),(4T,SBO))
//   128B   ((8,m),(T,8)) : ((8T,SBO),(1, T ))    ((T,8,m),(8,k)) : ((1,T,LBO),(8T,SBO))
//
// after which the address is swizzled: for 128B bits 4 to 6 are flipped by bits 7 to 9, for 64B bits 4 and 5 by 7 and
// 8, for 32B bit 4 by bit 7.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_SILICON_SHAREDLAYOUTS_H
#define TESSERA_TEST_SILICON_SHAREDLAYOUTS_H

#include <cstdint>

namespace tessera::silicon {

enum class Swizzle : uint8_t { None, Bytes32, Bytes64, Bytes128 };
constexpr Swizzle Swizzles[] = {Swizzle::None, Swizzle::Bytes32, Swizzle::Bytes64, Swizzle::Bytes128};
/// "none", "32B", "64B", "128B".
const char *name(Swizzle swizzle);
/// Bytes of the pattern's rows: 16, 32, 64, 128.
unsigned widthOf(Swizzle swizzle);
/// The address where what belongs to `address` lies.
uint32_t swizzled(Swizzle swizzle, uint32_t address);

struct SharedLayout {
  Swizzle swizzle = Swizzle::None;
  bool mnMajor = false;
  unsigned elementBytes = 2;
  uint32_t leading = 0, stride = 0; ///< byte offsets

  /// Byte offset of element (mn, k) from the matrix's start, before swizzling.
  uint32_t offset(unsigned mn, unsigned k) const;
  /// The descriptor but for its start address: 13..0 of address >> 4.
  uint64_t descriptorBits() const;
};

} // namespace tessera::silicon

#endif // TESSERA_TEST_SILICON_SHAREDLAYOUTS_H
