//===- Semantics.cpp - What modifiers make of exact results ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Semantics.h"

namespace tessera::silicon {

std::string spelling(const Modifiers &m) {
  return std::string(m.ftz ? ".ftz" : "") + (m.sat ? ".sat" : "") + (m.relu ? ".relu" : "") +
         (m.finite ? ".satfinite" : "");
}

Real source(Type type, uint64_t pattern, const Modifiers &m) {
  const Real value = decode(type, pattern);
  return m.ftz ? flush(type, value) : value;
}

namespace {

/// To [0, 1]; -0 becomes +0.
uint64_t saturate(Type type, uint64_t pattern) {
  const Real value = decode(type, pattern), one = integer(1);
  return value.negative || value.isZero() ? 0 : compare(value, one) > 0 ? encode(type, one) : pattern;
}

} // namespace

Wanted finish(Type type, const Real &exact, Rounding rounding, const Modifiers &m) {
  if (exact.isNaN())
    return m.sat ? exactly(0) : type == Type::F64 ? anyNaN() : exactly(encode(type, exact));
  uint64_t pattern = encode(type, exact, {rounding, m.finite}), alternative = pattern;
  const uint64_t signBit = uint64_t(1) << (bits(type) - 1), sign = pattern & signBit;
  if (m.ftz && isSubnormal(type, decode(type, pattern)))
    pattern = alternative = sign;
  else if (m.ftz && isSubnormal(type, exact))
    alternative = sign;
  if (m.sat) {
    pattern = saturate(type, pattern);
    alternative = saturate(type, alternative);
  }
  if (m.relu && sign) {
    alternative = pattern == signBit ? signBit : 0;
    pattern = 0;
  }
  return eitherOf(pattern, alternative);
}

Wanted extreme(Type type, const Real &first, const Real &second, bool isMax, bool nan, bool xorSign) {
  Real a = first, b = second;
  const bool sign = a.negative != b.negative;
  if (xorSign)
    a.negative = b.negative = false;
  if ((a.isNaN() && b.isNaN()) || (nan && (a.isNaN() || b.isNaN())))
    return type == Type::F64 ? anyNaN() : exactly(encode(type, notANumber()));
  Real result = a;
  if (a.isNaN()) {
    result = b;
  } else if (!b.isNaN()) {
    int order = compare(a, b);
    if (order == 0 && a.negative != b.negative)
      order = a.negative ? -1 : 1;
    result = (order < 0) == isMax ? b : a;
  }
  if (xorSign)
    result.negative = sign;
  return exactly(encode(type, result));
}

} // namespace tessera::silicon
