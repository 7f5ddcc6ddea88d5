//===- Casts.cpp - scalars from numbers, casts, shapes ---------------------===//
//
// Making run-time values of compile-time ones, converting element types, and
// the shape changes that operators imply (splat, expand, broadcast).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Emitter.h"

#include "dialect/layout/LinearLayout.h"
#include "dialect/tile/Tile.h"

#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;
namespace arith = mlir::arith;

mlir::Type Emitter::getType(ElementType element, llvm::ArrayRef<int64_t> shape) {
  mlir::Type type = element.getMLIRType(getContext());
  return shape.empty() ? type : mlir::RankedTensorType::get(shape, type);
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

ElementType Emitter::getNumberType(Value number) {
  if (number.is(ValueKind::Bool))
    return DType::Int1;
  if (number.is(ValueKind::Float)) {
    double magnitude = std::fabs(number.number);
    bool fits = std::isnan(magnitude) || std::isinf(magnitude) || magnitude == 0 ||
                (magnitude >= 0x1p-126 && magnitude <= 0x1.fffffep127);
    return fits ? DType::Float32 : DType::Float64;
  }
  Integer i = number.integer, one = 1;
  if (i >= -(one << 31) && i < (one << 31))
    return DType::Int32;
  if (i >= 0 && i < (one << 32))
    return DType::UInt32;
  if (i >= -(one << 63) && i < (one << 63))
    return DType::Int64;
  if (i >= 0 && i < (one << 64))
    return DType::UInt64;
  return DType::Void;
}

Value Emitter::toTensor(Value value, SourceLoc loc) {
  if (value.isTensor() || value.isPoison())
    return value;
  if (value.isNumber()) {
    ElementType type = getNumberType(value);
    if (type.isVoid())
      return error(loc, "the integer " + toPython(value, true) + " does not fit in 64 bits");
    return makeScalar(value, type, loc);
  }
  return error(loc, "expected a number or a tensor, but there is " + describe(value));
}

static mlir::TypedAttr getNumberAttr(Value number, ElementType type, mlir::Type mlirType) {
  if (type.isFloating())
    return mlir::FloatAttr::get(mlirType, number.asDouble());
  unsigned width = type.getBitWidth();
  Integer integer = number.integer;
  if (number.is(ValueKind::Float)) {
    double f = std::isfinite(number.number) ? number.number : 0;
    integer = std::fabs(f) < 0x1p126 ? static_cast<Integer>(f) : 0;
  }
  if (type.isBool())
    integer = number.is(ValueKind::Float) ? number.number != 0 : integer != 0;
  llvm::APInt bits(width, static_cast<uint64_t>(integer), /*isSigned=*/false, /*implicitTrunc=*/true);
  return mlir::IntegerAttr::get(mlirType, bits);
}

Value Emitter::makeScalar(Value number, ElementType type, SourceLoc loc) {
  if (type.isPointer()) {
    Value address = makeScalar(number, DType::Int64, loc);
    mlir::Value pointer =
        tile::IntToPtrOp::create(builder, this->loc(), type.getMLIRType(getContext()), address.getSSA());
    return Value::tensor(pointer, type);
  }
  if (!type.hasMLIRType())
    return error(loc, "type " + type.getName() + " is not supported on NVIDIA GPUs");
  mlir::Type mlirType = type.getMLIRType(getContext());
  return Value::tensor(arith::ConstantOp::create(builder, this->loc(), getNumberAttr(number, type, mlirType)), type);
}

Value Emitter::intConstant(int64_t value, ElementType type) { return makeScalar(Value::ofInt(value), type, here); }

mlir::Value Emitter::boolConstant(bool value) {
  return arith::ConstantOp::create(builder, loc(), builder.getBoolAttr(value));
}

mlir::Value Emitter::i32Constant(int32_t value) {
  return arith::ConstantOp::create(builder, loc(), builder.getI32IntegerAttr(value));
}

Value Emitter::zeroOf(mlir::Type type, ElementType element) {
  auto block = llvm::dyn_cast<mlir::RankedTensorType>(type);
  Value zero = makeScalar(Value::ofInt(0), element, here);
  return block ? splat(zero, block.getShape()) : zero;
}

Value Emitter::decay(Value value, SourceLoc loc) {
  if (isHost())
    return value;
  if (value.isNumber())
    return toTensor(value, loc);
  if (value.isTuple() && llvm::any_of(value.tupleData->elements,
                                      [](const Value &element) { return element.isNumber() || element.isTuple(); })) {
    TupleData *copy = arena.newTuple();
    *copy = *value.tupleData;
    for (Value &element : copy->elements)
      element = decay(element, loc);
    return ValueArena::wrap(copy);
  }
  return value;
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

Value Emitter::splat(Value scalar, llvm::ArrayRef<int64_t> shape) {
  if (scalar.isPoison() || shape.empty())
    return scalar;
  auto type = llvm::cast<mlir::RankedTensorType>(getType(scalar.element, shape));
  mlir::Attribute attribute;
  if (!scalar.element.isPointer() && mlir::matchPattern(scalar.getSSA(), mlir::m_Constant(&attribute))) {
    auto dense = mlir::DenseElementsAttr::get(type, attribute);
    return Value::tensor(arith::ConstantOp::create(builder, loc(), dense), scalar.element);
  }
  return Value::tensor(tile::SplatOp::create(builder, loc(), type, scalar.getSSA()), scalar.element);
}

Value Emitter::expandDims(Value value, unsigned axis) {
  if (value.isPoison())
    return value;
  llvm::SmallVector<int64_t> shape(value.getShape());
  shape.insert(shape.begin() + axis, 1);
  if (!checkShape(shape, here, "a tensor"))
    return Value::poison();
  if (!value.isBlock())
    return splat(value, shape);
  mlir::DenseElementsAttr dense;
  if (mlir::matchPattern(value.getSSA(), mlir::m_Constant(&dense)) && dense.isSplat())
    return Value::tensor(
        arith::ConstantOp::create(builder, loc(),
                                  dense.resizeSplat(llvm::cast<mlir::ShapedType>(getType(value.element, shape)))),
        value.element);
  return Value::tensor(tile::ExpandDimsOp::create(builder, loc(), getType(value.element, shape), value.getSSA(), axis),
                       value.element);
}

Value Emitter::reshape(Value value, llvm::ArrayRef<int64_t> shape, bool allowReorder) {
  if (value.isPoison())
    return value;
  if (!value.isBlock())
    return shape.empty() ? value : splat(value, shape);
  if (value.getShape() == shape)
    return value;
  if (shape.empty())
    return toScalar(value, here);
  mlir::DenseElementsAttr dense;
  if (mlir::matchPattern(value.getSSA(), mlir::m_Constant(&dense)) && dense.isSplat())
    return Value::tensor(
        arith::ConstantOp::create(builder, loc(),
                                  dense.resizeSplat(llvm::cast<mlir::ShapedType>(getType(value.element, shape)))),
        value.element);
  return Value::tensor(
      tile::ReshapeOp::create(builder, loc(), getType(value.element, shape), value.getSSA(), allowReorder),
      value.element);
}

static Value broadcastBlock(Emitter &emitter, Value value, llvm::ArrayRef<int64_t> shape) {
  if (value.getShape() == shape)
    return value;
  mlir::Type type = emitter.getType(value.element, shape);
  mlir::DenseElementsAttr dense;
  if (mlir::matchPattern(value.getSSA(), mlir::m_Constant(&dense)) && dense.isSplat())
    return Value::tensor(arith::ConstantOp::create(emitter.builder, emitter.loc(),
                                                   dense.resizeSplat(llvm::cast<mlir::ShapedType>(type))),
                         value.element);
  // The broadcast of a splat is a splat.
  if (auto splat = value.getSSA().getDefiningOp<tile::SplatOp>())
    return Value::tensor(tile::SplatOp::create(emitter.builder, emitter.loc(), type, splat.getSource()), value.element);
  return Value::tensor(tile::BroadcastOp::create(emitter.builder, emitter.loc(), type, value.getSSA()), value.element);
}

Value Emitter::broadcastTo(Value value, llvm::ArrayRef<int64_t> shape, SourceLoc loc) {
  value = toTensor(value, loc);
  if (value.isPoison())
    return value;
  if (!value.isBlock())
    return splat(value, shape);
  llvm::ArrayRef<int64_t> source = value.getShape();
  if (source.size() != shape.size())
    return error(loc, "cannot broadcast " + describeShape(source) + " to " + describeShape(shape) + ": " +
                          Twine(source.size()) + " dimensions against " + Twine(shape.size()));
  for (auto [i, side] : llvm::enumerate(source))
    if (side != shape[i] && side != 1)
      return error(loc, "cannot broadcast " + describeShape(source) + " to " + describeShape(shape) + ": dimension " +
                            Twine(i) + " is " + Twine(side) + ", neither 1 nor " + Twine(shape[i]));
  return broadcastBlock(*this, value, shape);
}

bool Emitter::broadcastPair(Value &a, Value &b, SourceLoc loc, StringRef what) {
  if (a.isPoison() || b.isPoison())
    return false;
  if (!a.isBlock() && !b.isBlock())
    return true;
  if (!a.isBlock()) {
    a = splat(a, b.getShape());
    return true;
  }
  if (!b.isBlock()) {
    b = splat(b, a.getShape());
    return true;
  }
  llvm::SmallVector<int64_t> aShape(a.getShape()), bShape(b.getShape());
  if (aShape == bShape)
    return true;
  llvm::SmallVector<int64_t> result;
  size_t rank = std::max(aShape.size(), bShape.size());
  for (size_t i = 0; i < rank; ++i) {
    // Right-aligned.
    int64_t x = i + aShape.size() < rank ? 1 : aShape[i + aShape.size() - rank];
    int64_t y = i + bShape.size() < rank ? 1 : bShape[i + bShape.size() - rank];
    if (x != y && x != 1 && y != 1) {
      error(loc, Twine(what) + " needs shapes that broadcast: " + describeShape(aShape) + " and " +
                     describeShape(bShape) + " differ in dimension " + Twine(i) + " (" + Twine(x) + " and " + Twine(y) +
                     ")");
      return false;
    }
    result.push_back(std::max(x, y));
  }
  while (a.getShape().size() < rank)
    a = expandDims(a, 0);
  while (b.getShape().size() < rank)
    b = expandDims(b, 0);
  a = broadcastBlock(*this, a, result);
  b = broadcastBlock(*this, b, result);
  return true;
}

bool Emitter::broadcastAll(llvm::MutableArrayRef<Value *> values, SourceLoc loc, StringRef what) {
  if (values.empty())
    return true;
  // Grow the first with each of the others, then all of them to it.
  for (Value *value : values.drop_front())
    if (!broadcastPair(*values[0], *value, loc, what))
      return false;
  for (Value *value : values.drop_front())
    if (!broadcastPair(*values[0], *value, loc, what))
      return false;
  return true;
}

Value Emitter::toScalar(Value value, SourceLoc loc) {
  if (!value.isBlock())
    return value;
  if (value.getNumElements() != 1)
    return error(loc, "only a tensor of one element can become a scalar, this one is " + describe(value));
  if (auto splat = value.getSSA().getDefiningOp<tile::SplatOp>())
    return Value::tensor(splat.getSource(), value.element);
  value = reshape(value, {1});
  auto reduce = tile::ReduceOp::create(builder, this->loc(), mlir::ValueRange{value.getSSA()}, /*axis=*/0);
  mlir::Block *block = reduce.createCombineBlock();
  mlir::OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(block);
  tile::YieldOp::create(builder, this->loc(), mlir::ValueRange{block->getArgument(0)});
  return Value::tensor(reduce.getResult(0), value.element);
}

bool Emitter::checkShape(llvm::ArrayRef<int64_t> shape, SourceLoc loc, StringRef what) {
  // As in Triton: a block of more elements would not fit in the registers of any GPU.
  constexpr int64_t maxElements = 1048576;
  int64_t elements = 1;
  if (shape.size() > kMaxRank) {
    error(loc, Twine(what) + " has " + Twine(shape.size()) + " dimensions, but at most " + Twine(kMaxRank) +
                   " are possible");
    return false;
  }
  for (auto [i, side] : llvm::enumerate(shape)) {
    if (side <= 0 || (side & (side - 1)) != 0) {
      error(loc, "the sides of " + Twine(what) + " must be powers of two, but side " + Twine(i) + " of " +
                     describeShape(shape) + " is " + Twine(side));
      return false;
    }
    if (side > maxElements || (elements *= side) > maxElements) {
      error(loc, Twine(what) + " of shape " + describeShape(shape) + " has more than the " + Twine(maxElements) +
                     " elements that are possible");
      return false;
    }
  }
  return true;
}

bool Emitter::getShapeArgument(Value value, SourceLoc loc, StringRef what, llvm::SmallVectorImpl<int64_t> &shape) {
  if (value.isPoison())
    return false;
  llvm::SmallVector<Value> sides;
  if (value.isTuple())
    sides.assign(value.tupleData->elements.begin(), value.tupleData->elements.end());
  else
    sides.push_back(value);
  // `f(x, (16, 16))` and `f(x, 16, 16)` mean the same.
  if (sides.size() == 1 && sides[0].isTuple()) {
    llvm::SmallVector<Value> inner(sides[0].tupleData->elements.begin(), sides[0].tupleData->elements.end());
    sides = std::move(inner);
  }
  for (const Value &side : sides) {
    if (side.isPoison())
      return false;
    std::optional<int64_t> known = getConstantInt(side);
    if (!known && isCompileTime(side)) {
      error(loc, "the shape of " + Twine(what) + " must consist of integers, but contains " + describe(side));
      return false;
    }
    if (!known) {
      error(loc, "the shape of " + Twine(what) + " must be known at compile time, but contains " + describe(side) +
                     "; make it a 'tl.constexpr'");
      return false;
    }
    shape.push_back(*known);
  }
  return checkShape(shape, loc, what);
}

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

Value Emitter::bitcast(Value value, ElementType to, SourceLoc loc) {
  value = toTensor(value, loc);
  if (value.isPoison() || value.element == to)
    return value;
  if (value.element.isPointer() || to.isPointer())
    return cast(value, to, loc);
  if (!to.hasMLIRType())
    return error(loc, "type " + to.getName() + " is not supported on NVIDIA GPUs");
  if (value.element.getBitWidth() != to.getBitWidth())
    return error(loc, "a bitcast keeps the width: " + value.element.getSpelling() + " has " +
                          Twine(value.element.getBitWidth()) + " bits, " + to.getSpelling() + " has " +
                          Twine(to.getBitWidth()));
  mlir::Type type = getType(to, value.getShape());
  if (type == value.getSSA().getType())
    return Value::tensor(value.getSSA(), to);
  return Value::tensor(builder.createOrFold<tile::BitcastOp>(this->loc(), type, value.getSSA()), to);
}

static Value castPointer(Emitter &emitter, Value value, ElementType to, SourceLoc loc) {
  mlir::Type type = emitter.getType(to, value.getShape());
  ElementType from = value.element;
  if (from.isPointer() && to.isPointer()) {
    if (type == value.getSSA().getType())
      return Value::tensor(value.getSSA(), to);
    return Value::tensor(emitter.builder.createOrFold<tile::BitcastOp>(emitter.loc(), type, value.getSSA()), to);
  }
  if (from.isPointer()) {
    if (!to.isInteger())
      return emitter.error(loc, "cannot convert a pointer to " + to.getSpelling());
    mlir::Type wide = emitter.getType(DType::Int64, value.getShape());
    Value address = Value::tensor(emitter.builder.createOrFold<tile::PtrToIntOp>(emitter.loc(), wide, value.getSSA()),
                                  DType::Int64);
    return emitter.cast(address, to, loc);
  }
  if (!from.isInteger())
    return emitter.error(loc, "cannot convert " + from.getSpelling() + " to a pointer");
  Value address = emitter.cast(value, DType::Int64, loc);
  return Value::tensor(emitter.builder.createOrFold<tile::IntToPtrOp>(emitter.loc(), type, address.getSSA()), to);
}

Value Emitter::cast(Value value, ElementType to, SourceLoc loc, StringRef rounding) {
  if (value.isNumber())
    return makeScalar(value, to, loc);
  value = toTensor(value, loc);
  if (value.isPoison())
    return value;
  ElementType from = value.element;
  if (from == to)
    return value;
  bool narrowsFloat = from.isFloating() && to.isFloating() && to.getBitWidth() < from.getBitWidth();
  if (!rounding.empty() && !narrowsFloat)
    return error(loc, "'fp_downcast_rounding' applies to conversions to a narrower float only, not from " +
                          from.getSpelling() + " to " + to.getSpelling());
  if (to.isVoid() || !to.hasMLIRType())
    return error(loc, "type " + to.getName() + " is not supported on NVIDIA GPUs");
  if (from.isPointer() || to.isPointer())
    return castPointer(*this, value, to, loc);

  mlir::Value x = value.getSSA();
  mlir::Type type = getType(to, value.getShape());
  mlir::Location at = this->loc();
  auto done = [&](mlir::Value result) { return Value::tensor(result, to); };

  if (from.isFloating() && to.isFloating()) {
    // fp16, bf16 and fp8 meet in fp32.
    if (to.getBitWidth() == from.getBitWidth() || (from.getBitWidth() < 32 && !to.is(DType::Float32)))
      return cast(cast(value, DType::Float32, loc), to, loc, rounding == "rtz" ? rounding : StringRef());
    if (narrowsFloat) {
      if (rounding == "rtz")
        return done(arith::TruncFOp::create(
            builder, at, type, x, arith::RoundingModeAttr::get(getContext(), arith::RoundingMode::toward_zero),
            arith::FastMathFlagsAttr()));
      return done(builder.createOrFold<arith::TruncFOp>(at, type, x));
    }
    return done(builder.createOrFold<arith::ExtFOp>(at, type, x));
  }
  if (to.isBool()) {
    Value zero = zeroOf(x.getType(), from);
    if (from.isFloating())
      return done(builder.createOrFold<arith::CmpFOp>(at, arith::CmpFPredicate::UNE, x, zero.getSSA()));
    return done(builder.createOrFold<arith::CmpIOp>(at, arith::CmpIPredicate::ne, x, zero.getSSA()));
  }
  if (from.isInteger() && to.isInteger()) {
    if (to.getBitWidth() == from.getBitWidth())
      return done(x);
    if (to.getBitWidth() < from.getBitWidth())
      return done(builder.createOrFold<arith::TruncIOp>(at, type, x));
    if (from.isSigned())
      return done(builder.createOrFold<arith::ExtSIOp>(at, type, x));
    return done(builder.createOrFold<arith::ExtUIOp>(at, type, x));
  }
  if (from.isFloating()) {
    if (from.getBitWidth() < 32)
      return cast(cast(value, DType::Float32, loc), to, loc);
    if (to.isSigned())
      return done(builder.createOrFold<arith::FPToSIOp>(at, type, x));
    return done(builder.createOrFold<arith::FPToUIOp>(at, type, x));
  }
  if (to.isFloat8())
    return cast(cast(value, DType::Float32, loc), to, loc);
  if (from.isSigned())
    return done(builder.createOrFold<arith::SIToFPOp>(at, type, x));
  return done(builder.createOrFold<arith::UIToFPOp>(at, type, x));
}

Value Emitter::toCondition(Value value, SourceLoc loc) {
  if (value.isNumber())
    return Value::tensor(boolConstant(isTruthy(value)), DType::Int1);
  return cast(value, DType::Int1, loc);
}
