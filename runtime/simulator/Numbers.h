//===- Numbers.h - Formats narrower than 32 bits, and exact roundings --*- C++ -*-===//
//
// f16, bf16, tf32, e4m3 and e5m2 as bits, to and from float, written so that loops over them become vector code.
//
//   format   exponent  fraction  infinities  NaN
//   f16         5         10     yes         0x7FFF is the one results have
//   bf16        8          7     yes         0x7FFF
//   tf32        8         10     yes         (bits of an f32)
//   e4m3        4          3     no          0x7F
//   e5m2        5          2     yes         0x7F
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_NUMBERS_H
#define TESSERA_RUNTIME_SIMULATOR_NUMBERS_H

#include <bit>
#include <cstdint>

#if defined(__F16C__)
#include <immintrin.h>
#endif

#ifndef TESSERA_SIM_ISA
#define TESSERA_SIM_ISA common
#endif

namespace tessera::sim::TESSERA_SIM_ISA {

enum class Rounding : uint8_t { NearestEven, Zero, Down, Up, Integer, NearestAway };

constexpr uint32_t CanonicalNan32 = 0x7FFFFFFF;
constexpr uint16_t CanonicalNan16 = 0x7FFF;

inline uint32_t bitsOf(float x) { return std::bit_cast<uint32_t>(x); }
inline float floatOf(uint32_t x) { return std::bit_cast<float>(x); }

/// Results that are not numbers are all the same on the hardware. The choice is one between integers: compilers take
/// the payload of a NaN for unspecified and leave out a choice between floats.
inline float canonical(float x) { return floatOf(x != x ? CanonicalNan32 : bitsOf(x)); }

/// Subnormals become zeros of their sign.
inline float flush(float x) {
  const uint32_t bits = bitsOf(x);
  return floatOf((bits & 0x7F800000) == 0 ? bits & 0x80000000 : bits);
}

inline float saturate(float x) { return x > 0 ? (x < 1 ? x : 1.0f) : 0.0f; }

// ---- f16 ------------------------------------------------------------------------------------------------------------

inline float halfToFloat(uint16_t h) {
  const uint32_t sign = uint32_t(h & 0x8000) << 16, rest = h & 0x7FFF;
  // Scaling by 2^112 moves the exponent and makes subnormals normal in one exact product.
  const float scaled = floatOf(rest << 13) * floatOf(0x77800000);
  const uint32_t bits = rest >= 0x7C00 ? (rest << 13) | 0x7F800000 : bitsOf(scaled);
  return floatOf(bits | sign);
}

/// To nearest, ties to even.
inline uint16_t floatToHalf(float x) {
  const uint32_t bits = bitsOf(x), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
  // Subnormal results: adding 0.5 aligns the fraction so that the addition itself rounds.
  const uint32_t small = bitsOf(floatOf(magnitude) + 0.5f) - bitsOf(0.5f);
  const uint32_t normal = (magnitude - 0x38000000 + 0xFFF + (magnitude >> 13 & 1)) >> 13;
  uint32_t result = magnitude < 0x38800000 ? small : normal;
  result = magnitude >= 0x477FF000 ? 0x7C00 : result;
  result = magnitude > 0x7F800000 ? 0x7FFF : result;
  return static_cast<uint16_t>(magnitude > 0x7F800000 ? CanonicalNan16 : result | sign);
}

// ---- bf16 -----------------------------------------------------------------------------------------------------------

inline float bfloatToFloat(uint16_t b) { return floatOf(uint32_t(b) << 16); }
inline uint16_t floatToBfloat(float x) {
  const uint32_t bits = bitsOf(x);
  const uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  return static_cast<uint16_t>((bits & 0x7FFFFFFF) > 0x7F800000 ? CanonicalNan16 : rounded);
}

// ---- Any small format -----------------------------------------------------------------------------------------------

/// A format of `Exponent` and `Fraction` bits with the usual bias.
struct Format {
  int exponent, fraction;
  bool infinities;
  bool finiteTop; ///< the largest exponent holds numbers too (e4m3)
};
constexpr Format HalfFormat{5, 10, true, false}, BfloatFormat{8, 7, true, false}, Tf32Format{8, 10, true, false},
    E4m3Format{4, 3, false, true}, E5m2Format{5, 2, true, false}, FloatFormat{8, 23, true, false};

/// |x| as a multiple of the format's step near it, rounded; the sign is needed for directed roundings. x is finite.
/// Returns the magnitude bits, which may be those of infinity or beyond when the number is too large.
inline uint32_t roundTo(const Format &format, double x, Rounding rounding) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  const bool negative = bits >> 63;
  const uint64_t magnitude = bits & ~(uint64_t(1) << 63);
  if (magnitude == 0)
    return 0;
  const int bias = (1 << (format.exponent - 1)) - 1;
  int exponent = static_cast<int>(magnitude >> 52);
  uint64_t significand = magnitude & ((uint64_t(1) << 52) - 1);
  if (exponent == 0)
    exponent = 1;
  else
    significand |= uint64_t(1) << 52;
  exponent -= 1023;
  // Value: significand * 2^(exponent - 52). Wanted: a multiple of 2^(target - fraction).
  const int target = exponent < 1 - bias ? 1 - bias : exponent;
  int shift = 52 - format.fraction + (target - exponent);
  uint64_t quotient = 0, rest = 0, half = 1;
  if (shift >= 63) {
    rest = 1;
    half = 2;
  } else {
    quotient = significand >> shift;
    rest = significand & ((uint64_t(1) << shift) - 1);
    half = uint64_t(1) << (shift - 1);
  }
  bool up = false;
  switch (rounding) {
  case Rounding::NearestEven:
  case Rounding::Integer:
    up = rest > half || (rest == half && (quotient & 1));
    break;
  case Rounding::NearestAway:
    up = rest >= half;
    break;
  case Rounding::Zero:
    break;
  case Rounding::Down:
    up = negative && rest;
    break;
  case Rounding::Up:
    up = !negative && rest;
    break;
  }
  quotient += up;
  // `quotient` has the implicit bit when normal; adding makes a carry into the exponent come out right.
  const int biased = target + bias;
  if (biased >= 1 << format.exponent)
    return 0x7FFFFFFF;
  const bool subnormal = quotient < (uint64_t(1) << format.fraction);
  return static_cast<uint32_t>(subnormal ? quotient : (uint64_t(biased - 1) << format.fraction) + quotient);
}

/// Encodes x; numbers too large become infinity, or the largest number where `finite` is set or the rounding goes
/// inwards.
inline uint32_t encode(const Format &format, double x, Rounding rounding, bool finite = false) {
  const unsigned width = 1 + format.exponent + format.fraction;
  const uint32_t sign = std::bit_cast<uint64_t>(x) >> 63 ? 1u << (width - 1) : 0;
  const uint32_t top = (1u << (width - 1)) - 1;
  if (x != x)
    return top; // the canonical NaN of every format here is all ones below the sign
  const uint32_t infinity = format.infinities ? ((1u << format.exponent) - 1) << format.fraction : top;
  const uint32_t largest = infinity - 1;
  const bool infinite = (std::bit_cast<uint64_t>(x) << 1) == (uint64_t(0x7FF) << 53);
  uint32_t magnitude = infinite ? infinity : roundTo(format, x, rounding);
  const bool inwards = !infinite && (rounding == Rounding::Zero || (rounding == Rounding::Down && !sign) ||
                                     (rounding == Rounding::Up && sign));
  if (magnitude >= infinity)
    magnitude = finite || inwards ? largest : infinity;
  return magnitude | sign;
}

inline float decode8(const Format &format, uint8_t value) {
  const int bias = (1 << (format.exponent - 1)) - 1;
  const uint32_t magnitude = value & 0x7F;
  const uint32_t exponent = magnitude >> format.fraction, fraction = magnitude & ((1u << format.fraction) - 1);
  float result;
  if (magnitude == 0x7F || (format.infinities && exponent == (1u << format.exponent) - 1))
    result = fraction == 0 ? floatOf(0x7F800000) : floatOf(CanonicalNan32);
  else if (exponent == 0)
    result = static_cast<float>(fraction) * floatOf(static_cast<uint32_t>(127 + 1 - bias - format.fraction) << 23);
  else
    result = floatOf((exponent + 127 - bias) << 23 | fraction << (23 - format.fraction));
  return value & 0x80 ? -result : result;
}

/// To the nearest f32, or its odd neighbour where that is not exact: rounding the result once more is then as good as
/// once.
inline float roundToOdd(double x) {
  const auto nearest = static_cast<float>(x);
  uint32_t bits = bitsOf(nearest);
  const double back = nearest;
  const bool inexact = back != x && x == x;
  const uint32_t sign = static_cast<uint32_t>(std::bit_cast<uint64_t>(x) >> 32) & 0x80000000;
  const bool outwards = (x > back) == (x > 0);
  const uint32_t neighbour = (bits & 0x7FFFFFFF) == 0 ? sign | 1 : outwards ? bits + 1 : bits - 1;
  bits = inexact && !(bits & 1) ? neighbour : bits;
  return floatOf(bits);
}

/// a * b + c to the nearest f64 or its odd neighbour, for a and b of at most 24 bits.
inline double fmaToOdd(double a, double b, double c) {
  const double p = a * b; // exact
  const double s = p + c;
  const double t = s - p;
  const double error = (p - (s - t)) + (c - t);
  uint64_t bits = std::bit_cast<uint64_t>(s);
  const bool inexact = error != 0 && error == error;
  const bool outwards = (error > 0) == (s > 0);
  bits = inexact && !(bits & 1) ? (outwards ? bits + 1 : bits - 1) : bits;
  return std::bit_cast<double>(bits);
}

// ---- Whole registers ------------------------------------------------------------------------------------------------

/// `Count` values; a multiple of 8.
template <unsigned Count> inline void widenHalves(const uint16_t *h, float *f) {
#if defined(__F16C__)
  for (unsigned i = 0; i < Count; i += 8)
    _mm256_storeu_ps(f + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(h + i))));
#else
  for (unsigned i = 0; i < Count; ++i)
    f[i] = halfToFloat(h[i]);
#endif
}
template <unsigned Count> inline void narrowHalves(const float *f, uint16_t *h) {
#if defined(__F16C__)
  for (unsigned i = 0; i < Count; i += 8) {
    const __m256 x = _mm256_loadu_ps(f + i);
    const __m128i narrow = _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
    const __m128i mask = _mm_packs_epi32(_mm256_castsi256_si128(nan), _mm256_extracti128_si256(nan, 1));
    const __m128i fixed = _mm_blendv_epi8(narrow, _mm_set1_epi16(CanonicalNan16), mask);
    _mm_storeu_si128(reinterpret_cast<__m128i *>(h + i), fixed);
  }
#else
  for (unsigned i = 0; i < Count; ++i)
    h[i] = floatToHalf(f[i]);
#endif
}

} // namespace tessera::sim::TESSERA_SIM_ISA

#endif // TESSERA_RUNTIME_SIMULATOR_NUMBERS_H
