//===- LowerCast.cpp - Conversions between element types ------------------===//
//
// Integer and float conversions, element by element, and fp8. Targets with fp8 conversions take them in pairs; the
// others compute them on the bits:
//
//   e5m2 → f16   the upper byte of an f16 is an e5m2
//   e4m3 → f16   exponent and mantissa moved into place make the value * 2^-8, also for subnormals; one multiplication
//                mends it
//   f32 → fp8    round to nearest even by adding half of the last place; subnormals by adding a power of two whose last
//                place is theirs; beyond the largest finite number the largest finite number, as the hardware's
//                satfinite does
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Elementwise.h"
#include "compiler/lowering/Words.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace tessera {
namespace {

using Values = Lowering::Values;

bool isFp8(Type type) { return isa<FloatType>(type) && type.getIntOrFloatBitWidth() == 8; }
bool isE5M2(Type type) { return isa<Float8E5M2Type>(type); }

// ---- fp8 to wider ---------------------------------------------------------------------------------------------------

Value widenE4M3(Lowering &l, Value byte) {
  Type i16 = l.intType(16), f16 = l.b.getF16Type();
  Value bits = l.zext(byte, i16);
  Value sign = l.shl(l.bitAnd(bits, l.constantInt(i16, 0x80)), 8);
  Value magnitude = l.bitAnd(bits, l.constantInt(i16, 0x7f));
  Value scaled = l.bitcast(l.bitOr(sign, l.shl(magnitude, 7)), f16);
  Value value = LLVM::FMulOp::create(l.b, l.loc, scaled, l.constantFloat(f16, 256.0));
  Value isNan = l.compare(LLVM::ICmpPredicate::eq, magnitude, l.constantInt(i16, 0x7f));
  return l.select(isNan, l.constant(l.b.getFloatAttr(f16, llvm::APFloat::getNaN(llvm::APFloat::IEEEhalf()))), value);
}

/// All registers, as f16.
llvm::SmallVector<Value> widenToF16(Lowering &l, Type from, Values bytes) {
  Type i16 = l.intType(16), f16 = l.b.getF16Type();
  llvm::SmallVector<Value> result;
  if (isE5M2(from)) {
    for (Value byte : bytes)
      result.push_back(l.bitcast(l.shl(l.zext(byte, i16), 8), f16));
    return result;
  }
  if (!l.target.has(Feature::Fp8Convert)) {
    for (Value byte : bytes)
      result.push_back(widenE4M3(l, byte));
    return result;
  }
  l.requirePtx(l.target.ptxVersionOf(Feature::Fp8Convert));
  Type i32 = l.b.getI32Type(), f16x2 = VectorType::get(2, f16);
  for (unsigned r = 0; r < bytes.size(); r += 2) {
    bool pair = r + 1 < bytes.size();
    Value packed = l.zext(bytes[r], i16);
    if (pair)
      packed = l.bitOr(packed, l.shl(l.zext(bytes[r + 1], i16), 8));
    Value wide = l.inlinePtx("cvt.rn.f16x2.e4m3x2 $0, $1;", "=r,h", {i32}, {packed}, /*sideEffects=*/false).front();
    wide = l.bitcast(wide, f16x2);
    result.push_back(l.extract(wide, 0));
    if (pair)
      result.push_back(l.extract(wide, 1));
  }
  return result;
}

// ---- Wider to fp8 ---------------------------------------------------------------------------------------------------

/// One f32 to fp8, on the bits.
Value narrowToFp8(Lowering &l, Value x, bool e5m2) {
  using P = LLVM::ICmpPredicate;
  int mantissa = e5m2 ? 2 : 3, bias = e5m2 ? 15 : 7, drop = 23 - mantissa;
  uint32_t largest = e5m2 ? 0x47600000 : 0x43e00000;               // 57344, 448
  uint32_t smallestNormal = uint32_t(127 + 1 - bias) << 23;        // 2^(1 - bias)
  uint32_t magic = uint32_t(127 + 23 + 1 - bias - mantissa) << 23; // its last place is the smallest subnormal
  Type f32 = l.b.getF32Type();
  auto word = [&](uint32_t value) { return l.i32(int32_t(value)); };

  Value bits = l.bitcast(x, l.b.getI32Type());
  Value sign = l.lshr(l.bitAnd(bits, word(0x80000000)), 24);
  Value magnitude = l.bitAnd(bits, word(0x7fffffff));
  Value isNan = l.compare(P::ugt, magnitude, word(0x7f800000));
  magnitude = LLVM::UMinOp::create(l.b, l.loc, magnitude, word(largest));

  Value odd = l.bitAnd(l.lshr(magnitude, drop), word(1));
  uint32_t rebias = uint32_t(bias - 127) << 23;
  Value rounded = l.add(l.add(magnitude, word(rebias + (uint32_t(1) << (drop - 1)) - 1)), odd);
  rounded = l.lshr(rounded, drop);

  Value shifted = LLVM::FAddOp::create(l.b, l.loc, l.bitcast(magnitude, f32), l.bitcast(word(magic), f32));
  Value subnormal = l.sub(l.bitcast(shifted, l.b.getI32Type()), word(magic));

  Value result = l.select(l.compare(P::ult, magnitude, word(smallestNormal)), subnormal, rounded);
  result = l.bitOr(l.select(isNan, word(0x7f), result), sign);
  return l.trunc(result, l.b.getI8Type());
}

llvm::SmallVector<Value> narrowAllToFp8(Lowering &l, Type to, Values floats) {
  llvm::SmallVector<Value> result;
  if (!l.target.has(Feature::Fp8Convert)) {
    for (Value x : floats)
      result.push_back(narrowToFp8(l, x, isE5M2(to)));
    return result;
  }
  l.requirePtx(l.target.ptxVersionOf(Feature::Fp8Convert));
  llvm::StringRef text =
      isE5M2(to) ? "cvt.rn.satfinite.e5m2x2.f32 $0, $2, $1;" : "cvt.rn.satfinite.e4m3x2.f32 $0, $2, $1;";
  Type i16 = l.intType(16), i8 = l.b.getI8Type();
  for (unsigned r = 0; r < floats.size(); r += 2) {
    bool pair = r + 1 < floats.size();
    Value second = pair ? floats[r + 1] : l.constantFloat(l.b.getF32Type(), 0.0);
    Value packed = l.inlinePtx(text, "=h,f,f", {i16}, {floats[r], second}, /*sideEffects=*/false).front();
    result.push_back(l.trunc(packed, i8));
    if (pair)
      result.push_back(l.trunc(l.lshr(packed, 8), i8));
  }
  return result;
}

// ---- Float to float -------------------------------------------------------------------------------------------------

Value resize(Lowering &l, Value x, Type to) {
  Type from = x.getType();
  if (from == to)
    return x;
  unsigned have = from.getIntOrFloatBitWidth(), want = to.getIntOrFloatBitWidth();
  if (have < want)
    return LLVM::FPExtOp::create(l.b, l.loc, to, x);
  if (have > want)
    return LLVM::FPTruncOp::create(l.b, l.loc, to, x);
  // f16 ↔ bf16: f32 holds both.
  return LLVM::FPTruncOp::create(l.b, l.loc, to, LLVM::FPExtOp::create(l.b, l.loc, l.b.getF32Type(), x).getResult());
}

LogicalResult lowerExtF(Lowering &l, arith::ExtFOp op) {
  Type from = Lowering::elementTypeOf(op.getIn().getType());
  Type to = l.scalarType(op.getType());
  Values in = l.registersOf(op.getIn());
  if (!isFp8(from)) {
    l.defineEach(op.getResult(), [&](unsigned r) { return resize(l, in[r], to); });
    return success();
  }
  llvm::SmallVector<Value> halves = widenToF16(l, from, in);
  l.defineEach(op.getResult(), [&](unsigned r) { return resize(l, halves[r], to); });
  return success();
}

/// f32 to f16 or bf16 in pairs: one instruction rounds two and leaves them in one word, as stores and products want
/// them.
llvm::SmallVector<Value> narrowPairs(Lowering &l, Values floats, Type to) {
  Type vector = VectorType::get(2, to);
  llvm::StringRef name = to.isF16() ? "llvm.nvvm.ff2f16x2.rn" : "llvm.nvvm.ff2bf16x2.rn";
  llvm::SmallVector<Value> result;
  for (unsigned r = 0; r < floats.size(); r += 2) {
    Value pair = l.intrinsic(name, vector, {floats[r + 1], floats[r]}); // the first operand goes to the upper half
    unpackWord(l, l.bitcast(pair, l.b.getI32Type()), to, result);
  }
  return result;
}

/// Rounding towards zero, where PTX has it.
LogicalResult lowerTruncTowardsZero(Lowering &l, arith::TruncFOp op, Type from, Type to) {
  Values in = l.registersOf(op.getIn());
  Type i16 = l.intType(16), f32 = l.b.getF32Type();
  auto truncated = [&](Value x, llvm::StringRef text) {
    return l.inlinePtx(text, "=h,f", {i16}, {x}, /*sideEffects=*/false).front();
  };
  if (from.isF64() && to.isF32()) {
    l.defineEach(op.getResult(), [&](unsigned r) {
      return l.inlinePtx("cvt.rz.f32.f64 $0, $1;", "=f,d", {f32}, {in[r]}, /*sideEffects=*/false).front();
    });
    return success();
  }
  if (from.isF32() && (to.isF16() || to.isBF16())) {
    llvm::StringRef text = to.isF16() ? "cvt.rz.f16.f32 $0, $1;" : "cvt.rz.bf16.f32 $0, $1;";
    l.defineEach(op.getResult(), [&](unsigned r) { return l.bitcast(truncated(in[r], text), to); });
    return success();
  }
  if ((from.isF32() || from.isF16()) && isE5M2(to)) {
    l.defineEach(op.getResult(), [&](unsigned r) {
      Value half = from.isF16() ? l.toBits(in[r]) : truncated(in[r], "cvt.rz.f16.f32 $0, $1;");
      return l.trunc(l.lshr(half, 8), l.b.getI8Type());
    });
    return success();
  }
  return op.emitError() << "no conversion from " << from << " to " << to << " with rounding towards zero";
}

LogicalResult lowerTruncF(Lowering &l, arith::TruncFOp op) {
  Type from = Lowering::elementTypeOf(op.getIn().getType());
  Type to = Lowering::elementTypeOf(op.getType());
  arith::RoundingMode mode = op.getRoundingmode().value_or(arith::RoundingMode::to_nearest_even);
  if (mode == arith::RoundingMode::toward_zero)
    return lowerTruncTowardsZero(l, op, from, to);
  if (mode != arith::RoundingMode::to_nearest_even)
    return op.emitError() << "rounding mode " << arith::stringifyRoundingMode(mode)
                          << " is not supported; use to_nearest_even or toward_zero";
  if (isFp8(from))
    return op.emitError() << "no conversion from " << from << " to " << to;
  Values in = l.registersOf(op.getIn());
  if (from.isF32() && (to.isF16() || to.isBF16()) && in.size() % 2 == 0) {
    l.define(op.getResult(), narrowPairs(l, in, to));
    return success();
  }
  if (!isFp8(to)) {
    l.defineEach(op.getResult(), [&](unsigned r) { return resize(l, in[r], to); });
    return success();
  }
  llvm::SmallVector<Value> floats;
  for (Value x : in)
    floats.push_back(resize(l, x, l.b.getF32Type()));
  l.define(op.getResult(), narrowAllToFp8(l, to, floats));
  return success();
}

// ---- Integers -------------------------------------------------------------------------------------------------------

/// A sign extension keeps the decomposition of what it extends, for addresses.
LogicalResult lowerExtSI(Lowering &l, arith::ExtSIOp op) {
  Values in = l.registersOf(op.getIn());
  Type to = l.scalarType(op.getType());
  llvm::DenseMap<Value, Value> bases;
  l.defineEach(op.getResult(), [&](unsigned r) -> Value {
    Value value = LLVM::SExtOp::create(l.b, l.loc, to, in[r]);
    Lowering::Split split = l.splitOf(in[r]);
    if (to.isInteger(64) && split.constant > 0 && split.constant < (1 << 24)) {
      Value &base = bases[split.base];
      if (!base)
        base = LLVM::SExtOp::create(l.b, l.loc, to, split.base);
      l.recordSplit(value, {base, split.constant, false});
    }
    return value;
  });
  return success();
}

template <typename Op, typename Llvm> void addCast(LowerTable &table) {
  addElementwise<Op, [](Lowering &l, Operation *op, Values a) -> Value {
    return Llvm::create(l.b, l.loc, l.scalarType(op->getResult(0).getType()), a[0]);
  }>(table);
}

template <typename Op, typename Llvm> void addFloatCast(LowerTable &table) {
  addElementwise<Op, [](Lowering &l, Operation *op, Values a) -> Value {
    Type result = Lowering::elementTypeOf(op->getResult(0).getType());
    if (failed(refuseFp8(op)))
      return {};
    if (isFp8(result)) {
      op->emitError() << "no conversion from " << a[0].getType() << " to " << result << "; convert to f32 first";
      return {};
    }
    return Llvm::create(l.b, l.loc, l.scalarType(result), a[0]);
  }>(table);
}

Value lowerIndexCast(Lowering &l, Value x, Type to, bool isSigned) {
  unsigned have = x.getType().getIntOrFloatBitWidth(), want = to.getIntOrFloatBitWidth();
  if (have > want)
    return l.trunc(x, to);
  if (have == want)
    return x;
  return isSigned ? LLVM::SExtOp::create(l.b, l.loc, to, x).getResult() : l.zext(x, to);
}

} // namespace

void addConversionLowerings(LowerTable &table) {
  addLowering<arith::ExtFOp, lowerExtF>(table);
  addLowering<arith::TruncFOp, lowerTruncF>(table);
  addLowering<arith::ExtSIOp, lowerExtSI>(table);
  addCast<arith::ExtUIOp, LLVM::ZExtOp>(table);
  addCast<arith::TruncIOp, LLVM::TruncOp>(table);
  addFloatCast<arith::SIToFPOp, LLVM::SIToFPOp>(table);
  addFloatCast<arith::UIToFPOp, LLVM::UIToFPOp>(table);
  addFloatCast<arith::FPToSIOp, LLVM::FPToSIOp>(table);
  addFloatCast<arith::FPToUIOp, LLVM::FPToUIOp>(table);
  addElementwise<arith::IndexCastOp, [](Lowering &l, Operation *op, Values a) {
    return lowerIndexCast(l, a[0], l.scalarType(op->getResult(0).getType()), /*isSigned=*/true);
  }>(table);
  addElementwise<arith::IndexCastUIOp, [](Lowering &l, Operation *op, Values a) {
    return lowerIndexCast(l, a[0], l.scalarType(op->getResult(0).getType()), /*isSigned=*/false);
  }>(table);
  auto bitcast = [](Lowering &l, Operation *op, Values a) -> Value {
    Type to = l.scalarType(op->getResult(0).getType());
    // Pointers of one address space are all one type.
    return l.bitcast(a[0], to);
  };
  addElementwise<arith::BitcastOp, bitcast>(table);
  addElementwise<tile::BitcastOp, bitcast>(table);
}

} // namespace tessera
