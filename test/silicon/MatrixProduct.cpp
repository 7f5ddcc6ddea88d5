//===- MatrixProduct.cpp - What tensor cores should give ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/MatrixProduct.h"

#include <bit>
#include <cmath>

namespace tessera::silicon {

namespace {

constexpr Operand Operands[] = {
    {"f16", 16, Type::F16, false, true}, {"bf16", 16, Type::BF16, false, true}, {"tf32", 32, Type::TF32, false, true},
    {"f64", 64, Type::F64, false, true}, {"e4m3", 8, Type::E4M3, false, true},  {"e5m2", 8, Type::E5M2, false, true},
    {"s8", 8, Type::S8, true, true},     {"u8", 8, Type::U8, true, false},      {"s4", 4, Type::S8, true, true},
    {"u4", 4, Type::U8, true, false},    {"b1", 1, Type::U8, true, false},
};

int64_t integerValue(const Operand &operand, uint64_t pattern) {
  const uint64_t sign = uint64_t(1) << (operand.bits - 1);
  return operand.isSigned && (pattern & sign) ? static_cast<int64_t>(pattern) - static_cast<int64_t>(2 * sign)
                                              : static_cast<int64_t>(pattern);
}

/// One element of A or B.
uint64_t element(const Operand &operand, Filling filling, Noise &source) {
  if (operand.isInteger)
    return source.next() & ((uint64_t(1) << operand.bits) - 1);
  if (filling == Filling::Reals) {
    // Exponents from -4 to 3, any fraction, either sign.
    const double magnitude =
        std::ldexp(1 + static_cast<double>(source.next() >> 12) * 0x1p-52, static_cast<int>(source.between(-4, 3)));
    const double value = source.next() & 1 ? -magnitude : magnitude;
    return encode(operand.type, decode(Type::F64, std::bit_cast<uint64_t>(value)));
  }
  if (filling == Filling::Specials && source.between(0, 40) == 0) {
    if (operand.type == Type::E4M3) // has no infinity
      return encode(Type::E4M3, notANumber());
    return encode(operand.type, source.between(0, 3) == 0 ? notANumber() : infinity(source.next() & 1));
  }
  return encode(operand.type, integer(source.between(-3, 3)));
}

uint64_t accumulator(Type type, Filling filling, bool saturates, Noise &source) {
  if (!isFloat(type)) // some near the limits
    return (saturates && source.between(0, 1) ? 0x7FFFFF00 + (source.next() & 0x1FF) : source.next()) & 0xFFFFFFFF;
  if (filling != Filling::Reals)
    return encode(type, integer(source.between(-50, 50)));
  const double value = static_cast<double>(source.between(-4000, 4000)) / 37;
  return encode(type, decode(Type::F64, std::bit_cast<uint64_t>(value)));
}

} // namespace

const Operand &operandNamed(std::string_view name) {
  for (const Operand &operand : Operands)
    if (name == operand.name)
      return operand;
  return Operands[0];
}

const char *name(Filling filling) {
  constexpr const char *Names[] = {"integers", "reals", "specials"};
  return Names[static_cast<unsigned>(filling)];
}

void MatrixProduct::fill(Filling filling, uint64_t seed) {
  Noise source(seed);
  aPatterns.resize(std::size_t(m) * k);
  bPatterns.resize(std::size_t(k) * n);
  cPatterns.resize(std::size_t(m) * n);
  for (uint64_t &pattern : aPatterns)
    pattern = element(a, filling, source);
  for (uint64_t &pattern : bPatterns)
    pattern = element(b, filling, source);
  for (uint64_t &pattern : cPatterns)
    pattern = accumulator(c, filling, saturates, source);
}

Wanted MatrixProduct::integerAt(unsigned row, unsigned column) const {
  int64_t sum = ignoresC ? 0 : static_cast<int32_t>(cPatterns[std::size_t(row) * n + column]);
  for (unsigned i = 0; i < k; ++i) {
    const uint64_t x = aPatterns[std::size_t(row) * k + i], y = bPatterns[std::size_t(i) * n + column];
    sum += combine == Combine::AndCount   ? static_cast<int64_t>(x & y)
           : combine == Combine::XorCount ? static_cast<int64_t>(x ^ y)
                                          : integerValue(a, x) * integerValue(b, y);
  }
  if (saturates)
    sum = sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : sum;
  return exactly(static_cast<uint32_t>(sum));
}

Wanted MatrixProduct::at(unsigned row, unsigned column) const {
  if (a.isInteger)
    return integerAt(row, column);
  Real sum = ignoresC ? Real{} : decode(c, cPatterns[std::size_t(row) * n + column]);
  long double size = std::fabs(approximate(sum));
  bool isInteger = sum.what == Real::Finite && compare(sum, roundToIntegral(sum, Rounding::Zero)) == 0;
  for (unsigned i = 0; i < k; ++i) {
    const Real x = decode(a.type, aPatterns[std::size_t(row) * k + i]);
    const Real y = decode(b.type, bPatterns[std::size_t(i) * n + column]);
    Real product = multiply(x, y);
    if (negatesA != negatesB)
      product.negative = !product.negative;
    isInteger &= product.what == Real::Finite && compare(product, roundToIntegral(product, Rounding::Zero)) == 0;
    sum = add(sum, product);
    size += std::fabs(approximate(product));
  }
  if (sum.isNaN() && d == Type::F64)
    return anyNaN();
  if (sum.isNaN() || sum.isInfinite())
    return exactly(encode(d, sum));
  if (isInteger) // also the sign of zero: exact cancellation gives +0, a sum of
                 // -0 alone need not be seen
    return sum.isZero() ? eitherOf(0, uint64_t(1) << (bits(d) - 1)) : exactly(encode(d, sum));
  const auto steps = static_cast<long double>(k);
  long double bound = 0;
  if (d == Type::F64)
    bound = (steps + 1) * 0x1p-52L * size;
  else
    bound = (3 * steps + 1) * (a.bits == 8 ? 0x1p-13L : 0x1p-23L) * size;
  if (d == Type::F16)
    bound += (steps / 4 + 1) * 0x1p-10L * size + 0x1p-24L;
  return close(approximate(sum), bound);
}

} // namespace tessera::silicon
