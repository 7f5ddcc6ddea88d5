//===- TileMemoryOps.cpp - Pointers, loads, stores, atomics ----------------===//
//
// Verifiers, side effects and folders of the operations of TileMemoryOps.td.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/tile/TileOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::tile;

using Effects = SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

/// The memory that `pointer` points into.
static SideEffects::Resource *getMemory(Value pointer) {
  auto type = cast<PointerType>(tile::getElementType(pointer.getType()));
  if (type.getAddressSpace() == AddressSpace::Shared)
    return SharedMemory::get();
  return GlobalMemory::get();
}

//===----------------------------------------------------------------------===//
// Pointers
//===----------------------------------------------------------------------===//

OpFoldResult AddPtrOp::fold(FoldAdaptor adaptor) {
  if (matchPattern(adaptor.getOffset(), m_Zero()))
    return getPointer();
  return {};
}

namespace {
/// addptr(splat(p), splat(i)) is splat(addptr(p, i)): one addition in place of many.
struct MoveSplatOutOfAddPtr : public OpRewritePattern<AddPtrOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddPtrOp op, PatternRewriter &rewriter) const final {
    auto pointer = op.getPointer().getDefiningOp<SplatOp>();
    if (!pointer)
      return rewriter.notifyMatchFailure(op, "pointer is no splat");
    Value offset;
    DenseElementsAttr constant;
    if (auto splat = op.getOffset().getDefiningOp<SplatOp>())
      offset = splat.getSource();
    else if (matchPattern(op.getOffset(), m_Constant(&constant)) && constant.isSplat())
      offset = arith::ConstantOp::create(rewriter, op.getLoc(), constant.getSplatValue<TypedAttr>());
    else
      return rewriter.notifyMatchFailure(op, "offset is no splat");
    Value sum = AddPtrOp::create(rewriter, op.getLoc(), pointer.getSource(), offset);
    rewriter.replaceOpWithNewOp<SplatOp>(op, op.getType(), sum);
    return success();
  }
};
} // namespace

void AddPtrOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MoveSplatOutOfAddPtr>(context);
}

/// ptr_to_int(int_to_ptr(i)) is i if i has all bits of the address.
OpFoldResult PtrToIntOp::fold(FoldAdaptor) {
  auto inner = getSource().getDefiningOp<IntToPtrOp>();
  if (inner && inner.getSource().getType() == getType() && tile::getBitWidth(getType()) == 64)
    return inner.getSource();
  return {};
}

/// int_to_ptr(ptr_to_int(p)) is p if the integer had all bits of the address.
OpFoldResult IntToPtrOp::fold(FoldAdaptor) {
  auto inner = getSource().getDefiningOp<PtrToIntOp>();
  if (inner && inner.getSource().getType() == getType() && tile::getBitWidth(getSource().getType()) == 64)
    return inner.getSource();
  return {};
}

LogicalResult BitcastOp::verify() {
  Type from = tile::getElementType(getSource().getType()), to = tile::getElementType(getType());
  if (tile::getBitWidth(from) != tile::getBitWidth(to)) // C1
    return emitOpError() << "expects element types of the same width, but they are " << from << " and " << to;
  auto fromPointer = dyn_cast<PointerType>(from), toPointer = dyn_cast<PointerType>(to);
  if (!fromPointer != !toPointer || (fromPointer && fromPointer.getAddressSpace() != toPointer.getAddressSpace())) // C2
    return emitOpError() << "expects two pointers of one address space or two numbers, but found " << from << " and "
                         << to;
  return success();
}

OpFoldResult BitcastOp::fold(FoldAdaptor adaptor) {
  if (getSource().getType() == getType())
    return getSource();
  if (auto inner = getSource().getDefiningOp<BitcastOp>()) {
    getSourceMutable().assign(inner.getSource());
    return getResult();
  }
  Type element = tile::getElementType(getType());
  if (auto dense = dyn_cast_or_null<DenseElementsAttr>(adaptor.getSource()))
    return isa<IntegerType, FloatType>(element) ? dense.bitcast(element) : DenseElementsAttr();
  APInt bits;
  if (auto integer = dyn_cast_or_null<IntegerAttr>(adaptor.getSource()))
    bits = integer.getValue();
  else if (auto number = dyn_cast_or_null<FloatAttr>(adaptor.getSource()))
    bits = number.getValue().bitcastToAPInt();
  else
    return {};
  if (isa<IntegerType>(element))
    return IntegerAttr::get(element, bits);
  if (auto floatType = dyn_cast<FloatType>(element))
    return FloatAttr::get(floatType, APFloat(floatType.getFloatSemantics(), bits));
  return {};
}

//===----------------------------------------------------------------------===//
// Loads and stores
//===----------------------------------------------------------------------===//

void LoadOp::getEffects(Effects &effects) {
  effects.emplace_back(MemoryEffects::Read::get(), &getPointerMutable(), getMemory(getPointer()));
  if (getIsVolatile())
    effects.emplace_back(MemoryEffects::Write::get(), &getPointerMutable(), getMemory(getPointer()));
}

LogicalResult LoadOp::verify() {
  if (getOther() && !getMask()) // C4
    return emitOpError("has a value for masked-off elements, but no mask");
  if (getCache() == CacheModifier::WB || getCache() == CacheModifier::WT) // C5
    return emitOpError() << "expects cache to be none, ca, cg, cs or cv, but it is "
                         << stringifyCacheModifier(getCache());
  return success();
}

/// Nothing is read where the mask is false everywhere.
OpFoldResult LoadOp::fold(FoldAdaptor adaptor) {
  if (getMask() && getOther() && matchPattern(adaptor.getMask(), m_Zero()))
    return getOther();
  return {};
}

LogicalResult LoadOp::canonicalize(LoadOp op, PatternRewriter &rewriter) {
  if (isConstantTrue(op.getMask())) {
    rewriter.modifyOpInPlace(op, [&] {
      op.getMaskMutable().clear();
      op.getOtherMutable().clear();
    });
    return success();
  }
  if (!isConstantFalse(op.getMask()))
    return rewriter.notifyMatchFailure(op, "mask is no constant");
  // Undefined values may as well be zero.
  Value undefined = createZero(rewriter, op.getLoc(), op.getType());
  if (!undefined)
    return rewriter.notifyMatchFailure(op, "there is no constant pointer");
  rewriter.replaceOp(op, undefined);
  return success();
}

void StoreOp::getEffects(Effects &effects) {
  effects.emplace_back(MemoryEffects::Write::get(), &getPointerMutable(), getMemory(getPointer()));
}

LogicalResult StoreOp::verify() {
  if (getCache() == CacheModifier::CA || getCache() == CacheModifier::CV) // C3
    return emitOpError() << "expects cache to be none, cg, cs, wb or wt, but it is "
                         << stringifyCacheModifier(getCache());
  return success();
}

LogicalResult StoreOp::canonicalize(StoreOp op, PatternRewriter &rewriter) {
  if (isConstantFalse(op.getMask())) {
    rewriter.eraseOp(op);
    return success();
  }
  if (!isConstantTrue(op.getMask()))
    return rewriter.notifyMatchFailure(op, "mask is no constant");
  rewriter.modifyOpInPlace(op, [&] { op.getMaskMutable().clear(); });
  return success();
}

//===----------------------------------------------------------------------===//
// Atomics
//===----------------------------------------------------------------------===//

void AtomicRmwOp::getEffects(Effects &effects) {
  effects.emplace_back(MemoryEffects::Read::get(), &getPointerMutable(), getMemory(getPointer()));
  effects.emplace_back(MemoryEffects::Write::get(), &getPointerMutable(), getMemory(getPointer()));
}

/// The table of atomic_rmw.
static bool isAtomicType(RmwKind kind, Type element) {
  bool isInteger = element.isInteger(32) || element.isInteger(64);
  switch (kind) {
  case RmwKind::FAdd:
    return isa<Float16Type, BFloat16Type, Float32Type, Float64Type>(element);
  case RmwKind::Xchg:
    return isInteger || isa<Float32Type, Float64Type, PointerType>(element);
  default:
    return isInteger;
  }
}

LogicalResult AtomicRmwOp::verify() {
  Type element = tile::getElementType(getValue().getType());
  if (!isAtomicType(getKind(), element)) // C3
    return emitOpError() << "does not have kind " << stringifyRmwKind(getKind()) << " on elements of type " << element;
  return success();
}

LogicalResult AtomicRmwOp::canonicalize(AtomicRmwOp op, PatternRewriter &rewriter) {
  if (isConstantTrue(op.getMask())) {
    rewriter.modifyOpInPlace(op, [&] { op.getMaskMutable().clear(); });
    return success();
  }
  if (!isConstantFalse(op.getMask()) || !op.use_empty())
    return rewriter.notifyMatchFailure(op, "mask is no constant, or the result is used");
  rewriter.eraseOp(op);
  return success();
}

void AtomicCasOp::getEffects(Effects &effects) {
  effects.emplace_back(MemoryEffects::Read::get(), &getPointerMutable(), getMemory(getPointer()));
  effects.emplace_back(MemoryEffects::Write::get(), &getPointerMutable(), getMemory(getPointer()));
}

LogicalResult AtomicCasOp::verify() {
  Type element = tile::getElementType(getValue().getType());
  if (unsigned width = tile::getBitWidth(element); width != 16 && width != 32 && width != 64) // C2
    return emitOpError() << "expects elements of 16, 32 or 64 bits, but they are of type " << element;
  return success();
}
