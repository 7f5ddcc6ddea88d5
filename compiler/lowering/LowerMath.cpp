//===- LowerMath.cpp - math, element by element ---------------------------===//
//
// Functions that the hardware has: roots, exponentials and logarithms to base 2, rounding, bit counts. The base of the
// others is a factor away. In half precision the approximations run in f32, of which half precision shows nothing but
// the rounding.
//
//   exp(x)  = ex2.approx(x * log2 e)        log(x) = lg2.approx(x) * ln 2        rsqrt = rsqrt.approx
//   sqrt    = sqrt.rn, or sqrt.approx with fastmath<afn>
//
// f64 has no approximations in hardware: roots are rounded right, exponentials and logarithms are series
// (LowerMathF64.cpp). Everything else (sin, tanh, erf, pow ...) the frontend writes in the language itself, out of
// these.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Elementwise.h"
#include "compiler/lowering/MathF64.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tessera {
namespace {

using Values = Lowering::Values;

constexpr double kLog2E = 1.4426950408889634074;
constexpr double kLn2 = 0.69314718055994530942;
constexpr double kLog10Of2 = 0.30102999566398119521;

bool isHalfWidth(Type type) { return type.isF16() || type.isBF16(); }

/// Applies `function`, which works on f32, to a float of half the width.
template <typename Function> Value throughF32(Lowering &l, Value x, Function function) {
  Type type = x.getType();
  if (!isHalfWidth(type))
    return function(x);
  Value wide = LLVM::FPExtOp::create(l.b, l.loc, l.b.getF32Type(), x);
  return LLVM::FPTruncOp::create(l.b, l.loc, type, function(wide));
}

Value multiply(Lowering &l, Value x, double factor) {
  return LLVM::FMulOp::create(l.b, l.loc, x, l.constantFloat(x.getType(), factor));
}

Value exp2OfF32(Lowering &l, Value x) { return l.intrinsic("llvm.nvvm.ex2.approx", x.getType(), x); }
Value log2OfF32(Lowering &l, Value x) { return l.intrinsic("llvm.nvvm.lg2.approx.f", x.getType(), x); }

Value lowerExp2(Lowering &l, Operation *op, Values a) {
  if (failed(refuseFp8(op)))
    return {};
  if (a[0].getType().isF64())
    return exp2F64(l, a[0]);
  return throughF32(l, a[0], [&](Value x) { return exp2OfF32(l, x); });
}

Value lowerExp(Lowering &l, Operation *op, Values a) {
  if (failed(refuseFp8(op)))
    return {};
  if (a[0].getType().isF64())
    return expF64(l, a[0]);
  return throughF32(l, a[0], [&](Value x) { return exp2OfF32(l, multiply(l, x, kLog2E)); });
}

/// The logarithm to the base whose logarithm of 2 is `scale`.
template <typename Scale> Value lowerLogarithm(Lowering &l, Operation *op, Value a, Scale scale, double factor) {
  if (failed(refuseFp8(op)))
    return {};
  if (a.getType().isF64())
    return scale(l, a);
  return throughF32(l, a, [&](Value x) {
    Value result = log2OfF32(l, x);
    return factor == 1.0 ? result : multiply(l, result, factor);
  });
}

Value lowerSqrt(Lowering &l, Operation *op, Values a) {
  if (failed(refuseFp8(op)))
    return {};
  bool approximate = isApproximate(op) && !a[0].getType().isF64();
  return throughF32(l, a[0], [&](Value x) -> Value {
    if (approximate)
      return l.intrinsic("llvm.nvvm.sqrt.approx.f", x.getType(), x);
    return LLVM::SqrtOp::create(l.b, l.loc, x);
  });
}

Value lowerRsqrt(Lowering &l, Operation *op, Values a) {
  if (failed(refuseFp8(op)))
    return {};
  return throughF32(l, a[0], [&](Value x) -> Value {
    if (x.getType().isF32())
      return l.intrinsic("llvm.nvvm.rsqrt.approx.f", x.getType(), x);
    Value root = LLVM::SqrtOp::create(l.b, l.loc, x);
    return LLVM::FDivOp::create(l.b, l.loc, l.constantFloat(x.getType(), 1.0), root);
  });
}

/// A float op that LLVM's NVPTX back end has in every width.
template <typename Op, typename Llvm> void addUnary(LowerTable &table) {
  addElementwise<Op, [](Lowering &l, Operation *op, Values a) -> Value {
    if (failed(refuseFp8(op)))
      return {};
    return Llvm::create(l.b, l.loc, a[0]);
  }>(table);
}

/// A rounding to integer: in half precision through f32, which holds every integer that half precision has.
template <typename Op, typename Llvm> void addRounding(LowerTable &table) {
  addElementwise<Op, [](Lowering &l, Operation *op, Values a) -> Value {
    if (failed(refuseFp8(op)))
      return {};
    return throughF32(l, a[0], [&](Value x) -> Value { return Llvm::create(l.b, l.loc, x); });
  }>(table);
}

Value infinityLike(Lowering &l, Value x) {
  auto type = cast<FloatType>(x.getType());
  return l.constant(l.b.getFloatAttr(type, llvm::APFloat::getInf(type.getFloatSemantics())));
}

template <typename Op, LLVM::FCmpPredicate predicate> void addAgainstInfinity(LowerTable &table) {
  addElementwise<Op, [](Lowering &l, Operation *op, Values a) -> Value {
    if (failed(refuseFp8(op)))
      return {};
    Value magnitude = LLVM::FAbsOp::create(l.b, l.loc, a[0]);
    return LLVM::FCmpOp::create(l.b, l.loc, predicate, magnitude, infinityLike(l, a[0]), LLVM::FastmathFlags::none);
  }>(table);
}

} // namespace

void addMathLowerings(LowerTable &table) {
  addElementwise<math::Exp2Op, lowerExp2>(table);
  addElementwise<math::ExpOp, lowerExp>(table);
  addElementwise<math::LogOp,
                 [](Lowering &l, Operation *op, Values a) { return lowerLogarithm(l, op, a[0], logF64, kLn2); }>(table);
  addElementwise<math::Log2Op,
                 [](Lowering &l, Operation *op, Values a) { return lowerLogarithm(l, op, a[0], log2F64, 1.0); }>(table);
  addElementwise<math::Log10Op, [](Lowering &l, Operation *op, Values a) {
    return lowerLogarithm(
        l, op, a[0], [](Lowering &l, Value x) { return multiply(l, log2F64(l, x), kLog10Of2); }, kLog10Of2);
  }>(table);
  addElementwise<math::SqrtOp, lowerSqrt>(table);
  addElementwise<math::RsqrtOp, lowerRsqrt>(table);

  addUnary<math::AbsFOp, LLVM::FAbsOp>(table);
  addRounding<math::FloorOp, LLVM::FFloorOp>(table);
  addRounding<math::CeilOp, LLVM::FCeilOp>(table);
  addRounding<math::TruncOp, LLVM::FTruncOp>(table);
  addRounding<math::RoundEvenOp, LLVM::RoundEvenOp>(table);
  addRounding<math::RoundOp, LLVM::RoundOp>(table);
  addElementwise<math::FmaOp, [](Lowering &l, Operation *op, Values a) -> Value {
    if (failed(refuseFp8(op)))
      return {};
    return LLVM::FMAOp::create(l.b, l.loc, a[0], a[1], a[2]);
  }>(table);
  addElementwise<math::CopySignOp, [](Lowering &l, Operation *op, Values a) -> Value {
    if (failed(refuseFp8(op)))
      return {};
    return LLVM::CopySignOp::create(l.b, l.loc, a[0], a[1]);
  }>(table);

  addElementwise<math::IsNaNOp, [](Lowering &l, Operation *op, Values a) -> Value {
    if (failed(refuseFp8(op)))
      return {};
    return LLVM::FCmpOp::create(l.b, l.loc, LLVM::FCmpPredicate::uno, a[0], a[0], LLVM::FastmathFlags::none);
  }>(table);
  addAgainstInfinity<math::IsInfOp, LLVM::FCmpPredicate::oeq>(table);
  addAgainstInfinity<math::IsFiniteOp, LLVM::FCmpPredicate::olt>(table);

  addElementwise<math::AbsIOp, [](Lowering &l, Operation *, Values a) -> Value {
    return LLVM::AbsOp::create(l.b, l.loc, a[0].getType(), a[0], /*is_int_min_poison=*/false);
  }>(table);
  addElementwise<math::CtPopOp, [](Lowering &l, Operation *, Values a) -> Value {
    return LLVM::CtPopOp::create(l.b, l.loc, a[0]);
  }>(table);
  addElementwise<math::CountLeadingZerosOp, [](Lowering &l, Operation *, Values a) -> Value {
    return LLVM::CountLeadingZerosOp::create(l.b, l.loc, a[0].getType(), a[0], /*is_zero_poison=*/false);
  }>(table);
  addElementwise<math::CountTrailingZerosOp, [](Lowering &l, Operation *, Values a) -> Value {
    return LLVM::CountTrailingZerosOp::create(l.b, l.loc, a[0].getType(), a[0], /*is_zero_poison=*/false);
  }>(table);
}

} // namespace tessera
