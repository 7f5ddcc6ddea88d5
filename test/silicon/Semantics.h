//===- Semantics.h - What modifiers make of exact results -------*- C++ -*-===//
//
// The rules of the PTX manual that all floating-point forms share, once: .ftz, .sat, .relu, rounding, NaN results, and
// which of two values is the greater.
//
// Left open by the manual, so that two answers are taken and a record tells which: whether .ftz looks at a result
// before or after it is rounded, and the sign of the zero that .relu makes of -0.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_SILICON_SEMANTICS_H
#define TESSERA_TEST_SILICON_SEMANTICS_H

#include "test/silicon/Probe.h"

namespace tessera::silicon {

struct Modifiers {
  bool ftz = false, sat = false, relu = false, finite = false;
};
/// ".ftz.sat" and so on, in the order PTX wants.
std::string spelling(const Modifiers &m);

/// An operand, subnormals flushed where the modifiers say so.
Real source(Type type, uint64_t pattern, const Modifiers &m);
/// A result from its exact value.
Wanted finish(Type type, const Real &exact, Rounding rounding, const Modifiers &m);
/// The smaller or greater: -0 is less than +0; a number is preferred to a NaN, unless `nan`; with `xorSign` of the
/// magnitudes, under the product of the signs.
Wanted extreme(Type type, const Real &a, const Real &b, bool isMax, bool nan, bool xorSign);

} // namespace tessera::silicon

#endif // TESSERA_TEST_SILICON_SEMANTICS_H
