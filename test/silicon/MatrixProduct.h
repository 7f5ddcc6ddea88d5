//===- MatrixProduct.h - What tensor cores should give ----------*- C++ -*-===//
//
// D = A * B + C over small matrices, element by element, for mma, wmma and wgmma alike. Matrices are filled in one of
// three ways:
//
//   Integers   small integers: every product and every partial sum is exact in every accumulator, in any order, so that
//              results are known to the bit and any misplaced element shows
//   Reals      numbers of many magnitudes: results within the bound below
//   Specials   Integers with infinities and NaNs strewn in: results are known to the bit
//
// The bound for sums of K products and c, from any order, grouping and truncation: with S = |c| + sum |a b| no term and
// no partial sum is larger than S. A term that is aligned to the largest one and cut at the accumulator's last place
// loses less than u S, with u = 2^-23 for f32. K products and at most K partial sums are aligned, at most K partial
// sums normalised: 3 K u S, and one more for what the errors themselves add. Of products of e4m3 and e5m2 tensor cores
// are known to keep 13 bits behind the leading one: u = 2^-13. f16 accumulators are rounded to f16 once in 4 products
// or more: (K / 4 + 1) 2^-10 S on top. f64 rounds each step, by half a unit or, directed, a whole one: (K + 1) 2^-52 S.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_SILICON_MATRIXPRODUCT_H
#define TESSERA_TEST_SILICON_MATRIXPRODUCT_H

#include "test/silicon/Probe.h"

#include <string_view>

namespace tessera::silicon {

/// What A and B are made of: number formats, and integers down to one bit.
struct Operand {
  const char *name;
  unsigned bits;
  Type type;      ///< of formats of 8 bits and more
  bool isInteger; ///< also s4, u4, b1
  bool isSigned;
};
const Operand &operandNamed(std::string_view name);

enum class Filling : uint8_t { Integers, Reals, Specials };
const char *name(Filling filling);

enum class Combine : uint8_t { Multiply, AndCount, XorCount };

struct MatrixProduct {
  unsigned m = 0, n = 0, k = 0;
  Operand a{}, b{};
  Type c = Type::F32, d = Type::F32;
  bool saturates = false; ///< integer sums are clamped, not wrapped
  bool negatesA = false, negatesB = false, ignoresC = false;
  Combine combine = Combine::Multiply;
  std::vector<uint64_t> aPatterns, bPatterns, cPatterns; ///< row-major

  void fill(Filling filling, uint64_t seed);
  Wanted at(unsigned row, unsigned column) const;

private:
  Wanted integerAt(unsigned row, unsigned column) const;
};

} // namespace tessera::silicon

#endif // TESSERA_TEST_SILICON_MATRIXPRODUCT_H
