//===- Formats.cpp - Numbers written down from their formats --------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Formats.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace tessera::silicon {

namespace {

struct Layout {
  const char *name;
  unsigned bits;
  int exponentBits, fractionBits; ///< 0: an integer
  bool isSigned;
};
constexpr Layout Layouts[] = {
    {"s8", 8, 0, 0, true},     {"u8", 8, 0, 0, false},   {"s16", 16, 0, 0, true},   {"u16", 16, 0, 0, false},
    {"s32", 32, 0, 0, true},   {"u32", 32, 0, 0, false}, {"s64", 64, 0, 0, true},   {"u64", 64, 0, 0, false},
    {"f16", 16, 5, 10, true},  {"bf16", 16, 8, 7, true}, {"tf32", 32, 8, 10, true}, {"f32", 32, 8, 23, true},
    {"f64", 64, 11, 52, true}, {"e4m3", 8, 4, 3, true},  {"e5m2", 8, 5, 2, true},
};
static_assert(std::size(Layouts) == static_cast<size_t>(Type::Count));
const Layout &layout(Type type) { return Layouts[static_cast<unsigned>(type)]; }

int bias(Type type) { return (1 << (layout(type).exponentBits - 1)) - 1; }

/// Position of the highest set bit; -1 for zero.
int highestBit(Magnitude m) {
  int position = -1;
  for (; m; m >>= 1)
    ++position;
  return position;
}

/// |value| as a whole number of 2^quantum, rounded.
Magnitude quantise(const Real &value, int quantum, Rounding rounding) {
  const int shift = quantum - value.exponent;
  Magnitude whole = 0, rest = 0, half = 0;
  bool more = value.more;
  if (shift <= 0) {
    // The quantum is finer than the last bit: `more` is then below the quantum as long as the caller asked for no
    // precision that is not there.
    return value.magnitude << -shift;
  }
  if (shift >= 128) {
    more |= value.magnitude != 0;
  } else {
    whole = value.magnitude >> shift;
    rest = value.magnitude & ((Magnitude(1) << shift) - 1);
    half = Magnitude(1) << (shift - 1);
  }
  bool up = false;
  switch (rounding) {
  case Rounding::NearestEven:
    up = half && (rest > half || (rest == half && (more || (whole & 1))));
    break;
  case Rounding::NearestAway:
    up = half && rest >= half;
    break;
  case Rounding::Zero:
    break;
  case Rounding::Down:
    up = value.negative && (rest || more);
    break;
  case Rounding::Up:
    up = !value.negative && (rest || more);
    break;
  }
  return whole + (up ? 1 : 0);
}

} // namespace

const char *name(Type type) { return layout(type).name; }
unsigned bits(Type type) { return layout(type).bits; }
bool isFloat(Type type) { return layout(type).exponentBits != 0; }
bool isSigned(Type type) { return layout(type).isSigned; }
unsigned registerBits(Type type) { return bits(type) == 8 && !isFloat(type) ? 32 : bits(type); }

const char *name(Rounding rounding) {
  constexpr const char *Names[] = {"rn", "rna", "rz", "rm", "rp"};
  return Names[static_cast<unsigned>(rounding)];
}

Real notANumber() {
  Real r;
  r.what = Real::NaN;
  return r;
}
Real infinity(bool negative) {
  Real r;
  r.what = Real::Infinity;
  r.negative = negative;
  return r;
}
Real unsignedInteger(uint64_t value) {
  Real r;
  r.magnitude = value;
  return r;
}
Real integer(int64_t value) {
  Real r = unsignedInteger(value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value));
  r.negative = value < 0;
  return r;
}
Real powerOfTwo(int exponent) {
  Real r = unsignedInteger(1);
  r.exponent = exponent;
  return r;
}

Real decode(Type type, uint64_t pattern) {
  const Layout &l = layout(type);
  if (l.bits < 64)
    pattern &= (uint64_t(1) << l.bits) - 1;
  if (!isFloat(type)) {
    const bool negative = l.isSigned && (pattern >> (l.bits - 1));
    if (!negative)
      return unsignedInteger(pattern);
    Real r = unsignedInteger(l.bits == 64 ? 0 - pattern : (uint64_t(1) << l.bits) - pattern);
    r.negative = true;
    return r;
  }
  if (type == Type::TF32)
    pattern >>= 13;
  const int fractionBits = l.fractionBits;
  const uint64_t fraction = pattern & ((uint64_t(1) << fractionBits) - 1);
  const int exponent = static_cast<int>(pattern >> fractionBits & ((1u << l.exponentBits) - 1));
  const bool negative = pattern >> (fractionBits + l.exponentBits) & 1;
  const bool top = exponent == (1 << l.exponentBits) - 1;
  if (type == Type::E4M3 ? top && fraction == 7 : top && fraction != 0) {
    Real nan = notANumber();
    nan.negative = negative;
    return nan;
  }
  if (top && type != Type::E4M3)
    return infinity(negative);
  Real r = unsignedInteger(exponent == 0 ? fraction : fraction | uint64_t(1) << fractionBits);
  r.exponent = std::max(exponent, 1) - bias(type) - fractionBits;
  r.negative = negative;
  return r;
}

uint64_t encode(Type type, const Real &value, Encoding how) {
  const Layout &l = layout(type);
  const int fractionBits = l.fractionBits, shift = type == Type::TF32 ? 13 : 0;
  const uint64_t sign = uint64_t(1) << (fractionBits + l.exponentBits);
  if (value.isNaN())
    return type == Type::TF32 ? 0x7FFFFFFF : sign - 1;
  const uint64_t beyond =
      type == Type::E4M3 ? sign - 1 : ((uint64_t(1) << l.exponentBits) - 1) << fractionBits; // infinity, or e4m3's NaN
  const uint64_t largest = beyond - 1;
  uint64_t pattern = 0;
  if (value.isInfinite()) {
    pattern = how.saturateFinite ? largest : beyond;
  } else if (!value.isZero()) {
    const int least = leastNormalExponent(type);
    const int leading = highestBit(value.magnitude) + value.exponent;
    const int exponent = std::max(leading, least);
    const Magnitude whole = quantise(value, exponent - fractionBits, how.rounding);
    // With the leading bit at `fractionBits` the exponent field is one less than it says: the bit adds itself.
    const Magnitude full = (Magnitude(exponent - least) << fractionBits) + whole;
    pattern = full >= beyond ? beyond : static_cast<uint64_t>(full);
    const bool inwards = how.rounding == Rounding::Zero || (how.rounding == Rounding::Down && !value.negative) ||
                         (how.rounding == Rounding::Up && value.negative);
    if (pattern == beyond && (how.saturateFinite || inwards))
      pattern = largest;
  }
  return (pattern | (value.negative ? sign : 0)) << shift;
}

uint64_t encodeInteger(Type type, const Real &value, Rounding rounding) {
  const unsigned width = bits(type);
  const uint64_t mask = width == 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1;
  const Magnitude most = isSigned(type) ? (Magnitude(1) << (width - 1)) - (value.negative ? 0 : 1)
                                        : (value.negative ? 0 : Magnitude(mask));
  Magnitude magnitude = most;
  if (!value.isInfinite() && highestBit(value.magnitude) + value.exponent < 66)
    magnitude = std::min(quantise(value, 0, rounding), most);
  const auto low = static_cast<uint64_t>(magnitude);
  return (value.negative ? 0 - low : low) & mask;
}

Real roundToIntegral(const Real &value, Rounding rounding) {
  if (value.what != Real::Finite || value.exponent >= 0)
    return value;
  Real r = value;
  r.magnitude = quantise(value, 0, rounding);
  r.exponent = 0;
  r.more = false;
  return r;
}

Real negate(Real a) {
  a.negative = !a.negative;
  return a;
}

namespace {
/// The leading bit moved to bit 120, so that sums neither overflow nor lose what matters.
constexpr int Leading = 120;
Real normalise(Real a) {
  const int shift = Leading - highestBit(a.magnitude);
  a.magnitude = shift >= 0 ? a.magnitude << shift : a.magnitude >> -shift;
  a.exponent -= shift;
  return a;
}
} // namespace

Real add(const Real &a, const Real &b, Rounding rounding) {
  if (a.isNaN() || b.isNaN())
    return notANumber();
  if (a.isInfinite() || b.isInfinite())
    return a.isInfinite() && b.isInfinite() && a.negative != b.negative ? notANumber() : a.isInfinite() ? a : b;
  if (a.magnitude == 0 || b.magnitude == 0) {
    if (a.magnitude != 0 || b.magnitude != 0)
      return a.magnitude != 0 ? a : b;
    Real zero = a;
    zero.negative = a.negative == b.negative ? a.negative : rounding == Rounding::Down;
    return zero;
  }
  Real large = normalise(a), small = normalise(b);
  if (large.exponent < small.exponent || (large.exponent == small.exponent && large.magnitude < small.magnitude))
    std::swap(large, small);
  const int distance = large.exponent - small.exponent;
  const Magnitude aligned = distance >= 128 ? 0 : small.magnitude >> distance;
  const bool lost = small.more || distance >= 128 || (aligned << distance) != small.magnitude;
  Real r = large;
  if (large.negative == small.negative) {
    r.magnitude = large.magnitude + aligned;
    r.more = large.more || lost;
  } else {
    // What was lost is taken from the unit below, which leaves a rest there.
    r.magnitude = large.magnitude - aligned - (lost ? 1 : 0);
    r.more = large.more || lost;
  }
  if (r.magnitude == 0)
    r.negative = rounding == Rounding::Down;
  return r;
}

Real multiply(const Real &a, const Real &b) {
  if (a.isNaN() || b.isNaN())
    return notANumber();
  const bool negative = a.negative != b.negative;
  if (a.isInfinite() || b.isInfinite())
    return a.isZero() || b.isZero() ? notANumber() : infinity(negative);
  Real r;
  r.magnitude = a.magnitude * b.magnitude;
  r.exponent = a.exponent + b.exponent;
  r.negative = negative;
  return r;
}

Real divide(const Real &a, const Real &b) {
  if (a.isNaN() || b.isNaN() || (a.isInfinite() && b.isInfinite()) || (a.isZero() && b.isZero()))
    return notANumber();
  const bool negative = a.negative != b.negative;
  if (a.isInfinite() || b.isZero())
    return infinity(negative);
  Real r;
  r.negative = negative;
  if (a.isZero() || b.isInfinite())
    return r;
  const Real numerator = normalise(a);
  r.magnitude = numerator.magnitude / b.magnitude;
  r.more = numerator.magnitude % b.magnitude != 0;
  r.exponent = numerator.exponent - b.exponent;
  return r;
}

Real squareRoot(const Real &a) {
  if (a.isNaN() || a.isZero())
    return a;
  if (a.negative)
    return notANumber();
  if (a.isInfinite())
    return a;
  Real radicand = normalise(a);
  if (radicand.exponent & 1) {
    radicand.magnitude <<= 1;
    --radicand.exponent;
  }
  // Bit by bit from the top: the root of 121 bits has 61.
  Real r;
  for (int bit = 62; bit >= 0; --bit) {
    const Magnitude trial = r.magnitude | Magnitude(1) << bit;
    if (trial * trial <= radicand.magnitude)
      r.magnitude = trial;
  }
  r.more = r.magnitude * r.magnitude != radicand.magnitude;
  r.exponent = radicand.exponent / 2;
  return r;
}

int compare(const Real &a, const Real &b) {
  const auto sign = [](const Real &x) { return x.isZero() ? 0 : x.negative ? -1 : 1; };
  if (sign(a) != sign(b))
    return sign(a) < sign(b) ? -1 : 1;
  if (sign(a) == 0)
    return 0;
  if (a.isInfinite() || b.isInfinite())
    return a.isInfinite() && b.isInfinite() ? 0 : a.isInfinite() ? sign(a) : -sign(a);
  const Real x = normalise(a), y = normalise(b);
  if (x.exponent != y.exponent)
    return (x.exponent < y.exponent ? -1 : 1) * sign(a);
  if (x.magnitude != y.magnitude)
    return (x.magnitude < y.magnitude ? -1 : 1) * sign(a);
  return x.more == y.more ? 0 : (x.more ? 1 : -1) * sign(a);
}

int leastNormalExponent(Type type) { return 1 - bias(type); }
bool isSubnormal(Type type, const Real &value) {
  return value.what == Real::Finite && !value.isZero() &&
         highestBit(value.magnitude) + value.exponent < leastNormalExponent(type);
}
Real flush(Type type, const Real &value) {
  if (!isSubnormal(type, value))
    return value;
  Real zero;
  zero.negative = value.negative;
  return zero;
}

long double approximate(const Real &value) {
  if (value.isNaN())
    return std::numeric_limits<long double>::quiet_NaN();
  long double magnitude = std::numeric_limits<long double>::infinity();
  if (!value.isInfinite()) {
    const auto high = static_cast<uint64_t>(value.magnitude >> 64), low = static_cast<uint64_t>(value.magnitude);
    magnitude = std::ldexp(static_cast<long double>(high), value.exponent + 64) +
                std::ldexp(static_cast<long double>(low), value.exponent);
  }
  return value.negative ? -magnitude : magnitude;
}

} // namespace tessera::silicon
