//===- LowerElementwise.cpp - arith, element by element -------------------===//
//
// Integer and float arithmetic, comparison and selection. Additions, and multiplications by constants, keep the
// decomposition into base and constant (Lowering.h).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Elementwise.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/UB/IR/UBOps.h"

using namespace mlir;

namespace tessera {

using Values = Lowering::Values;

LogicalResult lowerElementwise(Lowering &l, Operation *op, ScalarFn element) {
  llvm::SmallVector<Values> operands;
  for (Value operand : op->getOperands())
    operands.push_back(l.registersOf(operand));
  llvm::SmallVector<Value> results, arguments(operands.size());
  unsigned count = Lowering::countOf(op->getResult(0).getType());
  for (unsigned r = 0; r < count; ++r) {
    for (auto [argument, scalars] : llvm::zip(arguments, operands))
      argument = scalars.size() == 1 ? scalars[0] : scalars[r];
    Value result = element(l, op, arguments);
    if (!result)
      return failure();
    results.push_back(result);
  }
  l.define(op->getResult(0), results);
  return success();
}

LogicalResult refuseFp8(Operation *op) {
  for (Type type : op->getOperandTypes()) {
    Type element = Lowering::elementTypeOf(type);
    if (isa<FloatType>(element) && element.getIntOrFloatBitWidth() == 8)
      return op->emitError() << "no arithmetic on " << element << "; convert to f16 or f32 first";
  }
  return success();
}

LLVM::FastmathFlags fastmathOf(Operation *op) {
  auto from = dyn_cast<arith::ArithFastMathInterface>(op);
  if (!from || !from.getFastMathFlagsAttr())
    return LLVM::FastmathFlags::none;
  arith::FastMathFlags flags = from.getFastMathFlagsAttr().getValue();
  auto result = LLVM::FastmathFlags::none;
  for (auto [theirs, ours] : {std::pair(arith::FastMathFlags::reassoc, LLVM::FastmathFlags::reassoc),
                              std::pair(arith::FastMathFlags::nnan, LLVM::FastmathFlags::nnan),
                              std::pair(arith::FastMathFlags::ninf, LLVM::FastmathFlags::ninf),
                              std::pair(arith::FastMathFlags::nsz, LLVM::FastmathFlags::nsz),
                              std::pair(arith::FastMathFlags::arcp, LLVM::FastmathFlags::arcp),
                              std::pair(arith::FastMathFlags::contract, LLVM::FastmathFlags::contract),
                              std::pair(arith::FastMathFlags::afn, LLVM::FastmathFlags::afn)})
    if (bitEnumContainsAny(flags, theirs))
      result = result | ours;
  return result;
}

namespace {

// ---- Integers -------------------------------------------------------------------------------------------------------

/// As splitOf, but constants are all constant.
Lowering::Split splitConstants(Lowering &l, Value scalar) {
  if (auto constant = Emitter::constantOf(scalar))
    return {l.constantInt(scalar.getType(), 0), *constant, true};
  return l.splitOf(scalar);
}

bool hasAddressWidth(Value scalar) { return scalar.getType().isInteger(32) || scalar.getType().isInteger(64); }

/// lhs ± rhs on decompositions, or plainly where there is nothing to decompose. `bases` holds the sums of bases that
/// this op has made.
template <typename Plain>
LogicalResult lowerSum(Lowering &l, Operation *op, Plain plain, Value (Emitter::*onBases)(Value, Value), int64_t sign) {
  Values lhs = l.registersOf(op->getOperand(0)), rhs = l.registersOf(op->getOperand(1));
  llvm::DenseMap<std::pair<Value, Value>, Value> bases;
  l.defineEach(op->getResult(0), [&](unsigned r) -> Value {
    if (!hasAddressWidth(lhs[r]))
      return plain(lhs[r], rhs[r]);
    Lowering::Split left = splitConstants(l, lhs[r]), right = splitConstants(l, rhs[r]);
    if (left.constant == 0 && right.constant == 0)
      return plain(lhs[r], rhs[r]);
    Value &base = bases[{left.base, right.base}];
    if (!base)
      base = (l.*onBases)(left.base, right.base);
    Lowering::Split sum = {base, left.constant + sign * right.constant, left.exact && right.exact};
    if (sum.constant == 0 && sum.exact)
      return base;
    Value value = sum.exact ? l.add(base, l.constantInt(base.getType(), sum.constant)) : plain(lhs[r], rhs[r]);
    if (!Emitter::constantOf(value))
      l.recordSplit(value, sum);
    return value;
  });
  return success();
}

LLVM::IntegerOverflowFlags overflowOf(arith::IntegerOverflowFlags flags) {
  auto result = LLVM::IntegerOverflowFlags::none;
  if (bitEnumContainsAny(flags, arith::IntegerOverflowFlags::nsw))
    result = result | LLVM::IntegerOverflowFlags::nsw;
  if (bitEnumContainsAny(flags, arith::IntegerOverflowFlags::nuw))
    result = result | LLVM::IntegerOverflowFlags::nuw;
  return result;
}

LogicalResult lowerAddI(Lowering &l, arith::AddIOp op) {
  auto flags = overflowOf(op.getOverflowFlags());
  auto plain = [&](Value a, Value b) -> Value { return LLVM::AddOp::create(l.b, l.loc, a, b, flags); };
  return lowerSum(l, op, plain, &Emitter::add, 1);
}

LogicalResult lowerSubI(Lowering &l, arith::SubIOp op) {
  auto flags = overflowOf(op.getOverflowFlags());
  auto plain = [&](Value a, Value b) -> Value { return LLVM::SubOp::create(l.b, l.loc, a, b, flags); };
  return lowerSum(l, op, plain, &Emitter::sub, -1);
}

LogicalResult lowerMulI(Lowering &l, arith::MulIOp op) {
  auto flags = overflowOf(op.getOverflowFlags());
  Values lhs = l.registersOf(op.getLhs()), rhs = l.registersOf(op.getRhs());
  llvm::DenseMap<std::pair<Value, Value>, Value> bases;
  l.defineEach(op.getResult(), [&](unsigned r) -> Value {
    auto plain = [&]() -> Value { return LLVM::MulOp::create(l.b, l.loc, lhs[r], rhs[r], flags); };
    auto factor = Emitter::constantOf(rhs[r]);
    Value scaled = lhs[r];
    if (!factor) {
      factor = Emitter::constantOf(lhs[r]);
      scaled = rhs[r];
    }
    Lowering::Split split = l.splitOf(scaled);
    if (!factor || !hasAddressWidth(scaled) || split.constant == 0 || !split.exact)
      return plain();
    int64_t constant = split.constant * *factor;
    if (std::abs(*factor) > INT32_MAX || std::abs(constant) > INT32_MAX)
      return plain();
    Value &base = bases[{split.base, l.constantInt(scaled.getType(), *factor)}];
    if (!base)
      base = l.mul(split.base, l.constantInt(scaled.getType(), *factor));
    Value value = l.add(base, l.constantInt(scaled.getType(), constant));
    if (!Emitter::constantOf(value))
      l.recordSplit(value, {base, constant, true});
    return value;
  });
  return success();
}

/// Both halves of the product: results low and high.
template <typename Op, typename Extend> LogicalResult lowerMulExtended(Lowering &l, Op op) {
  Values lhs = l.registersOf(op.getLhs()), rhs = l.registersOf(op.getRhs());
  llvm::SmallVector<Value> low, high;
  for (auto [a, b] : llvm::zip(lhs, rhs)) {
    unsigned width = a.getType().getIntOrFloatBitWidth();
    Type wide = l.intType(2 * width);
    Value product = LLVM::MulOp::create(l.b, l.loc, Extend::create(l.b, l.loc, wide, a).getResult(),
                                        Extend::create(l.b, l.loc, wide, b).getResult());
    low.push_back(LLVM::MulOp::create(l.b, l.loc, a, b));
    high.push_back(l.trunc(l.lshr(product, width), a.getType()));
  }
  l.define(op.getLow(), low);
  l.define(op.getHigh(), high);
  return success();
}

/// Signed division rounded down (`up` = false) or up: the quotient, corrected where it was cut the other way.
Value divideRounded(Lowering &l, Value a, Value b, bool up) {
  using P = LLVM::ICmpPredicate;
  Value quotient = LLVM::SDivOp::create(l.b, l.loc, a, b);
  Value rest = LLVM::SRemOp::create(l.b, l.loc, a, b);
  Value zero = l.constantInt(a.getType(), 0);
  Value inexact = l.compare(P::ne, rest, zero);
  Value differ = l.compare(P::slt, l.bitXor(a, b), zero);
  Value wrong = up ? l.bitAnd(inexact, l.bitXor(differ, l.boolean(true))) : l.bitAnd(inexact, differ);
  Value corrected = l.add(quotient, l.constantInt(a.getType(), up ? 1 : -1));
  return l.select(wrong, corrected, quotient);
}

template <typename Op, typename Llvm> void addInteger(LowerTable &table) {
  addElementwise<Op, [](Lowering &l, Operation *, Values a) -> Value { return Llvm::create(l.b, l.loc, a[0], a[1]); }>(
      table);
}

Value lowerCmpI(Lowering &l, Operation *op, Values a) {
  // The predicates of the two dialects have the same numbers.
  auto predicate = LLVM::ICmpPredicate(uint64_t(cast<arith::CmpIOp>(op).getPredicate()));
  return l.compare(predicate, a[0], a[1]);
}

// ---- Floats ---------------------------------------------------------------------------------------------------------

template <typename Op, typename Llvm> void addFloat(LowerTable &table) {
  addElementwise<Op, [](Lowering &l, Operation *op, Values a) -> Value {
    if (failed(refuseFp8(op)))
      return {};
    return Llvm::create(l.b, l.loc, a[0], a[1], fastmathOf(op));
  }>(table);
}

Value lowerDivF(Lowering &l, Operation *op, Values a) {
  if (failed(refuseFp8(op)))
    return {};
  Type type = a[0].getType();
  if (type.isF32() && isApproximate(op))
    return l.intrinsic("llvm.nvvm.div.full", type, a);
  if (type.isF32() || type.isF64())
    return LLVM::FDivOp::create(l.b, l.loc, a[0], a[1]);
  // A quotient of half-width floats, computed in f32 and rounded again, is rounded right: f32 has more than twice the
  // bits.
  Type f32 = l.b.getF32Type();
  Value lhs = LLVM::FPExtOp::create(l.b, l.loc, f32, a[0]);
  Value rhs = LLVM::FPExtOp::create(l.b, l.loc, f32, a[1]);
  Value quotient = isApproximate(op) ? l.intrinsic("llvm.nvvm.div.full", f32, {lhs, rhs})
                                     : LLVM::FDivOp::create(l.b, l.loc, lhs, rhs).getResult();
  return LLVM::FPTruncOp::create(l.b, l.loc, type, quotient);
}

Value lowerCmpF(Lowering &l, Operation *op, Values a) {
  if (failed(refuseFp8(op)))
    return {};
  auto predicate = LLVM::FCmpPredicate(uint64_t(cast<arith::CmpFOp>(op).getPredicate()));
  return LLVM::FCmpOp::create(l.b, l.loc, predicate, a[0], a[1], fastmathOf(op));
}

// ---- The rest -------------------------------------------------------------------------------------------------------

LogicalResult lowerConstant(Lowering &l, arith::ConstantOp op) {
  TypedAttr value = op.getValue();
  if (auto dense = dyn_cast<DenseElementsAttr>(value)) {
    if (!dense.isSplat())
      return op.emitError() << "a constant tensor has the same element everywhere; this one has "
                            << dense.getNumElements() << " different ones";
    value = cast<TypedAttr>(dense.getSplatValue<Attribute>());
  }
  Type type = l.scalarType(value.getType());
  Value scalar;
  if (auto number = dyn_cast<FloatAttr>(value); number && type.isInteger(8))
    scalar = l.constantInt(type, number.getValue().bitcastToAPInt().getSExtValue());
  else if (isa<IndexType>(value.getType()))
    scalar = l.constantInt(type, cast<IntegerAttr>(value).getInt());
  else
    scalar = l.constant(value);
  l.defineEach(op.getResult(), [&](unsigned) { return scalar; });
  return success();
}

LogicalResult lowerPoison(Lowering &l, ub::PoisonOp op) {
  Value scalar = l.poison(l.scalarType(op.getType()));
  l.defineEach(op.getResult(), [&](unsigned) { return scalar; });
  return success();
}

} // namespace

void addElementwiseLowerings(LowerTable &table) {
  addLowering<arith::ConstantOp, lowerConstant>(table);
  addLowering<ub::PoisonOp, lowerPoison>(table);

  addLowering<arith::AddIOp, lowerAddI>(table);
  addLowering<arith::SubIOp, lowerSubI>(table);
  addLowering<arith::MulIOp, lowerMulI>(table);
  addLowering<arith::MulUIExtendedOp, lowerMulExtended<arith::MulUIExtendedOp, LLVM::ZExtOp>>(table);
  addLowering<arith::MulSIExtendedOp, lowerMulExtended<arith::MulSIExtendedOp, LLVM::SExtOp>>(table);
  addInteger<arith::DivSIOp, LLVM::SDivOp>(table);
  addInteger<arith::DivUIOp, LLVM::UDivOp>(table);
  addInteger<arith::RemSIOp, LLVM::SRemOp>(table);
  addInteger<arith::RemUIOp, LLVM::URemOp>(table);
  addInteger<arith::AndIOp, LLVM::AndOp>(table);
  addInteger<arith::OrIOp, LLVM::OrOp>(table);
  addInteger<arith::XOrIOp, LLVM::XOrOp>(table);
  addInteger<arith::ShLIOp, LLVM::ShlOp>(table);
  addInteger<arith::ShRSIOp, LLVM::AShrOp>(table);
  addInteger<arith::ShRUIOp, LLVM::LShrOp>(table);
  addInteger<arith::MaxSIOp, LLVM::SMaxOp>(table);
  addInteger<arith::MaxUIOp, LLVM::UMaxOp>(table);
  addInteger<arith::MinSIOp, LLVM::SMinOp>(table);
  addInteger<arith::MinUIOp, LLVM::UMinOp>(table);
  addElementwise<arith::FloorDivSIOp,
                 [](Lowering &l, Operation *, Values a) { return divideRounded(l, a[0], a[1], false); }>(table);
  addElementwise<arith::CeilDivSIOp,
                 [](Lowering &l, Operation *, Values a) { return divideRounded(l, a[0], a[1], true); }>(table);
  addElementwise<arith::CeilDivUIOp, [](Lowering &l, Operation *, Values a) -> Value {
    Value quotient = LLVM::UDivOp::create(l.b, l.loc, a[0], a[1]);
    Value rest = LLVM::URemOp::create(l.b, l.loc, a[0], a[1]);
    Value inexact = l.compare(LLVM::ICmpPredicate::ne, rest, l.constantInt(rest.getType(), 0));
    return l.add(quotient, l.zext(inexact, quotient.getType()));
  }>(table);
  addElementwise<arith::CmpIOp, lowerCmpI>(table);
  addElementwise<arith::SelectOp, [](Lowering &l, Operation *, Values a) { return l.select(a[0], a[1], a[2]); }>(table);

  addFloat<arith::AddFOp, LLVM::FAddOp>(table);
  addFloat<arith::SubFOp, LLVM::FSubOp>(table);
  addFloat<arith::MulFOp, LLVM::FMulOp>(table);
  addFloat<arith::RemFOp, LLVM::FRemOp>(table);
  addFloat<arith::MinNumFOp, LLVM::MinNumOp>(table);
  addFloat<arith::MaxNumFOp, LLVM::MaxNumOp>(table);
  addFloat<arith::MinimumFOp, LLVM::MinimumOp>(table);
  addFloat<arith::MaximumFOp, LLVM::MaximumOp>(table);
  addElementwise<arith::NegFOp, [](Lowering &l, Operation *op, Values a) -> Value {
    if (failed(refuseFp8(op)))
      return {};
    return LLVM::FNegOp::create(l.b, l.loc, a[0]);
  }>(table);
  addElementwise<arith::DivFOp, lowerDivF>(table);
  addElementwise<arith::CmpFOp, lowerCmpF>(table);
}

} // namespace tessera
