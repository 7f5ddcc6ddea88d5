//===- Bounds.h - What floating point may cost, for tests -------*- C++ -*-===//
//
// The bounds of tests are derived from the number of roundings and from what the PTX ISA and the CUDA Programming Guide
// document of approximations; these are the parts that many tests share.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_RUNTIME_SIMULATOR_BOUNDS_H
#define TESSERA_TEST_RUNTIME_SIMULATOR_BOUNDS_H

#include <cmath>
#include <limits>

namespace tessera::sim {

/// The bound of |computed - exact| for a sum of `terms` in f32, in whatever order: terms · 2^-24 · Σ|x|, to first order
/// (Higham, Accuracy and Stability, 4.2), with room for the higher orders.
inline double sumBound(double terms, double absolutes, double unit = 0x1p-24) {
  return terms * unit * absolutes * (1 + 1e-3);
}

/// The distance of neighbours of `value` among T: the unit in which CUDA documents errors.
template <typename T> long double unitOf(long double value) {
  const T magnitude = std::fabs(static_cast<T>(value));
  if (!std::isfinite(magnitude))
    return std::numeric_limits<T>::max();
  const T above = std::nextafter(magnitude, std::numeric_limits<T>::infinity());
  return std::isfinite(above) ? static_cast<long double>(above) - magnitude
                              : static_cast<long double>(magnitude) - std::nextafter(magnitude, T(0));
}

} // namespace tessera::sim

#endif // TESSERA_TEST_RUNTIME_SIMULATOR_BOUNDS_H
