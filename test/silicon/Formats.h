//===- Formats.h - Numbers written down from their formats ------*- C++ -*-===//
//
// The second opinion on every result: what a bit pattern means and what rounding makes of a value, written from the
// definitions of the formats with integers alone. Nothing here is shared with the simulator, and nothing uses the
// host's floating-point unit.
//
//   type    exponent fraction  bias   largest finite   beyond
//   F16         5      10       15    65504            infinity, NaN
//   BF16        8       7      127    0x7F7F           infinity, NaN
//   TF32        8      10      127                     infinity, NaN; in the upper 19 bits of 32
//   F32         8      23      127                     infinity, NaN
//   F64        11      52     1023                     infinity, NaN
//   E4M3        4       3        7    448, 0x7E        NaN only, 0x7F
//   E5M2        5       2       15    57344, 0x7B      infinity, NaN
//
// A Real is  ± magnitude * 2^exponent, and where `more` is set a little beyond that in magnitude (less than one unit of
// the last bit): enough to round any sum, product, quotient or root correctly without keeping its endless tail.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_SILICON_FORMATS_H
#define TESSERA_TEST_SILICON_FORMATS_H

#include <cstdint>

namespace tessera::silicon {

enum class Type : uint8_t { S8, U8, S16, U16, S32, U32, S64, U64, F16, BF16, TF32, F32, F64, E4M3, E5M2, Count };

const char *name(Type type);
unsigned bits(Type type);
bool isFloat(Type type);
bool isSigned(Type type);
/// Bits of the register that holds a value: 8-bit integers live in 32-bit registers, 8-bit floats come in pairs.
unsigned registerBits(Type type);

enum class Rounding : uint8_t { NearestEven, NearestAway, Zero, Down, Up };
/// "rn", "rna", "rz", "rm", "rp".
const char *name(Rounding rounding);

__extension__ using Magnitude = unsigned __int128;

struct Real {
  enum Class : uint8_t { Finite, Infinity, NaN } what = Finite;
  bool negative = false;
  bool more = false;
  int exponent = 0;
  Magnitude magnitude = 0;

  bool isNaN() const { return what == NaN; }
  bool isInfinite() const { return what == Infinity; }
  bool isZero() const { return what == Finite && magnitude == 0 && !more; }
};

Real notANumber();
Real infinity(bool negative);
Real integer(int64_t value);
Real unsignedInteger(uint64_t value);
/// 2^exponent.
Real powerOfTwo(int exponent);

/// The value of a bit pattern; bits above the type's are ignored.
Real decode(Type type, uint64_t pattern);

/// What rounding to a floating type does with what it cannot represent.
struct Encoding {
  Rounding rounding = Rounding::NearestEven;
  bool saturateFinite = false; ///< too large becomes the largest finite number
};
/// The pattern of the rounded value. NaN becomes the one NaN that results have: all ones below the sign.
uint64_t encode(Type type, const Real &value, Encoding how = {});
/// To an integer type: rounded, then clamped to its range. NaN is the caller's business.
uint64_t encodeInteger(Type type, const Real &value, Rounding rounding);
/// Rounded to an integral value, the sign kept where it becomes zero.
Real roundToIntegral(const Real &value, Rounding rounding);

Real negate(Real a);
/// Exact but for what `more` stands for. Operands of sums and products have at most 64 significant bits, or are such
/// products. A zero sum of opposite values is +0, or -0 when rounding downwards.
Real add(const Real &a, const Real &b, Rounding rounding = Rounding::NearestEven);
Real multiply(const Real &a, const Real &b);
Real divide(const Real &a, const Real &b);
Real squareRoot(const Real &a);
/// -1, 0, 1; neither is a NaN. -0 equals +0.
int compare(const Real &a, const Real &b);

/// Smallest normal number of the type as a power of two: -14 for F16.
int leastNormalExponent(Type type);
/// True for values that are not zero and lie below the type's normal numbers.
bool isSubnormal(Type type, const Real &value);
/// Subnormals of the type become zeros of their sign.
Real flush(Type type, const Real &value);

/// The nearest long double, good to its last place; for comparisons with bounds.
long double approximate(const Real &value);

} // namespace tessera::silicon

#endif // TESSERA_TEST_SILICON_FORMATS_H
