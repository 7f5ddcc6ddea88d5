//===- Approximate.h - Elementary functions for vector loops ----*- C++ -*-===//
//
// Branch-free functions of a float, in double, good to about 1e-12: enough for an f32 result within one unit in the
// last place.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_APPROXIMATE_H
#define TESSERA_RUNTIME_SIMULATOR_APPROXIMATE_H

#include "runtime/simulator/Numbers.h"

namespace tessera::sim::TESSERA_SIM_ISA {

/// Adding and taking away 1.5 * 2^52 rounds to an integer, which then stands in the low bits.
constexpr double RoundingMagic = 6755399441055744.0;

inline double powerOfTwo(int64_t exponent) { return std::bit_cast<double>((exponent + 1023) << 52); }

/// 2^x: 2^n by the exponent, 2^f for |f| <= 1/2 by the series of e^(f ln 2).
inline double exponential2(float x) {
  double clamped = x < 1000.0f ? x : 1000.0f;
  clamped = clamped > -1000.0 ? clamped : -1000.0;
  const double shifted = clamped + RoundingMagic;
  const double n = shifted - RoundingMagic;
  const int64_t exponent = std::bit_cast<int64_t>(shifted) - std::bit_cast<int64_t>(RoundingMagic);
  const double y = (clamped - n) * 0.69314718055994530942;
  double p = 1.0 / 3628800;
  p = p * y + 1.0 / 362880;
  p = p * y + 1.0 / 40320;
  p = p * y + 1.0 / 5040;
  p = p * y + 1.0 / 720;
  p = p * y + 1.0 / 120;
  p = p * y + 1.0 / 24;
  p = p * y + 1.0 / 6;
  p = p * y + 0.5;
  p = p * y + 1.0;
  p = p * y + 1.0;
  const double result = p * powerOfTwo(exponent);
  return x != x ? static_cast<double>(x) : result;
}

/// log2(x): the exponent, and the series of 2 atanh((m-1)/(m+1)) / ln 2 for m in [0.7, 1.4].
inline double logarithm2(float x) {
  const double value = x;
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  // Subtracting the bits of sqrt(1/2) puts the boundary between exponents there.
  const int64_t exponent = static_cast<int64_t>(bits - 0x3FE6A09E667F3BCD) >> 52;
  const double m = std::bit_cast<double>(bits - (static_cast<uint64_t>(exponent) << 52));
  const double s = (m - 1.0) / (m + 1.0), t = s * s;
  double p = 1.0 / 17;
  p = p * t + 1.0 / 15;
  p = p * t + 1.0 / 13;
  p = p * t + 1.0 / 11;
  p = p * t + 1.0 / 9;
  p = p * t + 1.0 / 7;
  p = p * t + 1.0 / 5;
  p = p * t + 1.0 / 3;
  p = p * t + 1.0;
  const double result = static_cast<double>(static_cast<int32_t>(exponent)) + p * s * 2.88539008177792681472;
  const double infinity = floatOf(0x7F800000);
  double special = x == 0 ? -infinity : x > 0 ? infinity : static_cast<double>(floatOf(CanonicalNan32));
  return x > 0 && x < floatOf(0x7F800000) ? result : special;
}

/// sin(x + quarter * pi/2): reduction by pi/2 in three parts, good for |x| up to about 1e6; beyond, the hardware's
/// error is large too.
inline double circular(float x, int64_t quarter) {
  const double value = x;
  const double shifted = value * 0.63661977236758134308 + RoundingMagic;
  const double n = shifted - RoundingMagic;
  const int64_t turns = (std::bit_cast<int64_t>(shifted) - std::bit_cast<int64_t>(RoundingMagic)) + quarter;
  double r = value - n * 1.5707963267341256;
  r = r - n * 6.0771005063039634e-11;
  const double t = r * r;
  double s = -1.0 / 39916800;
  s = s * t + 1.0 / 362880;
  s = s * t - 1.0 / 5040;
  s = s * t + 1.0 / 120;
  s = s * t - 1.0 / 6;
  s = (s * t + 1.0) * r;
  double c = 1.0 / 479001600;
  c = c * t - 1.0 / 3628800;
  c = c * t + 1.0 / 40320;
  c = c * t - 1.0 / 720;
  c = c * t + 1.0 / 24;
  c = c * t - 0.5;
  c = c * t + 1.0;
  const double picked = turns & 1 ? c : s;
  const double result = turns & 2 ? -picked : picked;
  const bool huge = !(value < 1e9 && value > -1e9);
  const double beyond = value - value; // NaN for infinities and NaN, zero for merely huge ones
  return huge ? beyond : result;
}
inline double sine(float x) { return circular(x, 0); }
inline double cosine(float x) { return circular(x, 1); }

inline double hyperbolicTangent(float x) {
  const float magnitude = floatOf(bitsOf(x) & 0x7FFFFFFF);
  const double a = magnitude;
  const double e = exponential2(static_cast<float>(a * -2.8853900817779268));
  // The argument was rounded to float: correct to first order.
  const double rest = a * -2.8853900817779268 - static_cast<double>(static_cast<float>(a * -2.8853900817779268));
  const double exact = e * (1.0 + rest * 0.69314718055994530942);
  const double large = (1.0 - exact) / (1.0 + exact);
  const double small = a - a * a * a / 3 + 2 * a * a * a * a * a / 15;
  double result = magnitude < 0.01f ? small : large;
  result = magnitude > 20.0f ? 1.0 : result;
  result = x != x ? static_cast<double>(x) : result;
  return bitsOf(x) >> 31 ? -result : result;
}

} // namespace tessera::sim::TESSERA_SIM_ISA

#endif // TESSERA_RUNTIME_SIMULATOR_APPROXIMATE_H
