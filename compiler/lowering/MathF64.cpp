//===- MathF64.cpp - Exponentials and logarithms in f64 -------------------===//
//
// exp:  x = n ln 2 + r with |r| <= ln 2 / 2, ln 2 in two parts so that r loses nothing; e^r by the Taylor polynomial of
// degree
//       13, whose rest is below 2^-57; times 2^n in two steps, so that results below the normal range round once.
// log:  x = 2^e m with m in [sqrt 1/2, sqrt 2); log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.1716, by the odd
// series up to s^21,
//       whose rest is below 2^-58 of the sum; e ln 2 again in two parts.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/MathF64.h"

#include <limits>

using namespace mlir;

namespace tessera {
namespace {

constexpr double kLn2High = 0x1.62e42fefa3800p-1; // the upper 42 bits of ln 2
constexpr double kLn2Low = 0x1.ef35793c76730p-45; // the rest
constexpr double kLog2E = 1.4426950408889634074;

class F64 {
public:
  explicit F64(Lowering &l) : l(l) {}

  Value constant(double value) { return l.constantFloat(l.b.getF64Type(), value); }
  Value add(Value a, Value b) { return LLVM::FAddOp::create(l.b, l.loc, a, b); }
  Value sub(Value a, Value b) { return LLVM::FSubOp::create(l.b, l.loc, a, b); }
  Value mul(Value a, Value b) { return LLVM::FMulOp::create(l.b, l.loc, a, b); }
  Value div(Value a, Value b) { return LLVM::FDivOp::create(l.b, l.loc, a, b); }
  Value fma(Value a, Value b, Value c) { return LLVM::FMAOp::create(l.b, l.loc, a, b, c); }
  Value compare(LLVM::FCmpPredicate predicate, Value a, double b) {
    return LLVM::FCmpOp::create(l.b, l.loc, predicate, a, constant(b), LLVM::FastmathFlags::none);
  }

  /// 2^n for an integer n (i64) within the normal exponents.
  Value powerOfTwo(Value n) { return l.bitcast(l.shl(l.add(n, l.i64(1023)), 52), l.b.getF64Type()); }

  /// e^r * 2^n for |r| <= ln 2 / 2; `x` decides overflow and underflow by the bounds given.
  Value finishExp(Value r, Value n, Value x, double overflow, double underflow) {
    double coefficient[14];
    coefficient[0] = 1.0;
    for (int i = 1; i < 14; ++i)
      coefficient[i] = coefficient[i - 1] / i;
    Value sum = constant(coefficient[13]);
    for (int i = 12; i >= 0; --i)
      sum = fma(sum, r, constant(coefficient[i]));
    Value whole = LLVM::FPToSIOp::create(l.b, l.loc, l.b.getI64Type(), n);
    Value half = LLVM::AShrOp::create(l.b, l.loc, whole, l.i64(1));
    Value scaled = mul(mul(sum, powerOfTwo(half)), powerOfTwo(l.sub(whole, half)));
    scaled = l.select(compare(LLVM::FCmpPredicate::ogt, x, overflow), constant(std::numeric_limits<double>::infinity()),
                      scaled);
    scaled = l.select(compare(LLVM::FCmpPredicate::olt, x, underflow), constant(0.0), scaled);
    return l.select(compare(LLVM::FCmpPredicate::uno, x, 0.0), x, scaled);
  }

  /// The exponent e (as f64) and log(m) for x = 2^e m; `x` positive and finite.
  std::pair<Value, Value> splitLog(Value x) {
    // Numbers below the normal range are brought into it.
    Value tiny = compare(LLVM::FCmpPredicate::olt, x, 0x1p-1022);
    Value normal = l.select(tiny, mul(x, constant(0x1p54)), x);
    Value bits = l.bitcast(normal, l.b.getI64Type());
    // The bits of sqrt 1/2, subtracted, make the exponent field step where m should.
    int64_t sqrtHalf = 0x3fe6a09e667f3bcd;
    Value exponent = LLVM::AShrOp::create(l.b, l.loc, l.sub(bits, l.i64(sqrtHalf)), l.i64(52));
    Value mantissa = l.bitcast(l.sub(bits, l.shl(exponent, 52)), l.b.getF64Type());
    exponent = l.add(exponent, l.select(tiny, l.i64(-54), l.i64(0)));
    Value e = LLVM::SIToFPOp::create(l.b, l.loc, l.b.getF64Type(), exponent);

    Value f = sub(mantissa, constant(1.0));
    Value s = div(f, add(mantissa, constant(1.0)));
    Value z = mul(s, s);
    Value tail = constant(2.0 / 21);
    for (int k = 19; k >= 3; k -= 2)
      tail = fma(tail, z, constant(2.0 / k));
    // log m = f - s (f - z tail): the leading term is exact, as f is.
    Value logarithm = sub(f, mul(s, sub(f, mul(z, tail))));
    return {e, logarithm};
  }

  /// The values that are not positive and finite.
  Value finishLog(Value x, Value result) {
    double infinity = std::numeric_limits<double>::infinity();
    result = l.select(compare(LLVM::FCmpPredicate::oeq, x, infinity), x, result);
    result = l.select(compare(LLVM::FCmpPredicate::oeq, x, 0.0), constant(-infinity), result);
    Value invalid = compare(LLVM::FCmpPredicate::ult, x, 0.0);
    return l.select(invalid, constant(std::numeric_limits<double>::quiet_NaN()), result);
  }

  Lowering &l;
};

} // namespace

Value expF64(Lowering &l, Value x) {
  F64 f(l);
  Value n = LLVM::RoundEvenOp::create(l.b, l.loc, f.mul(x, f.constant(kLog2E)));
  Value r = f.fma(n, f.constant(-kLn2High), x);
  r = f.fma(n, f.constant(-kLn2Low), r);
  return f.finishExp(r, n, x, 709.782712893384, -745.1332191019412);
}

Value exp2F64(Lowering &l, Value x) {
  F64 f(l);
  Value n = LLVM::RoundEvenOp::create(l.b, l.loc, x);
  Value r = f.mul(f.sub(x, n), f.constant(kLn2High + kLn2Low));
  return f.finishExp(r, n, x, 1023.9999999999999, -1075.0);
}

Value logF64(Lowering &l, Value x) {
  F64 f(l);
  auto [e, logarithm] = f.splitLog(x);
  Value low = f.fma(e, f.constant(kLn2Low), logarithm);
  return f.finishLog(x, f.fma(e, f.constant(kLn2High), low));
}

Value log2F64(Lowering &l, Value x) {
  F64 f(l);
  auto [e, logarithm] = f.splitLog(x);
  // log2 e in two parts, so that the product keeps its last bits.
  Value result = f.fma(logarithm, f.constant(2.0355273740931033e-17), e);
  return f.finishLog(x, f.fma(logarithm, f.constant(kLog2E), result));
}

} // namespace tessera
