//===- TileLaidOutOps.cpp - Operations of the laid-out stage ---------------===//
//
// Verifiers and folders of the operations of TileLaidOutOps.td.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/tile/TileOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::tile;

//===----------------------------------------------------------------------===//
// convert_layout
//===----------------------------------------------------------------------===//

LogicalResult ConvertLayoutOp::verify() {
  for (Type type : {getSource().getType(), getType()})
    if (!tile::getLayout(type)) // C3
      return emitOpError() << "expects tensors with layouts, but found " << type;
  return success();
}

OpFoldResult ConvertLayoutOp::fold(FoldAdaptor adaptor) {
  if (getSource().getType() == getType())
    return getSource();
  auto splat = dyn_cast_or_null<SplatElementsAttr>(adaptor.getSource());
  return splat ? splat.resizeSplat(cast<ShapedType>(getType())) : DenseElementsAttr();
}

/// convert(convert(x)) converts at once; any layout does for a splat and an arange.
LogicalResult ConvertLayoutOp::canonicalize(ConvertLayoutOp op, PatternRewriter &rewriter) {
  if (auto inner = op.getSource().getDefiningOp<ConvertLayoutOp>()) {
    rewriter.modifyOpInPlace(op, [&] { op.getSourceMutable().assign(inner.getSource()); });
    return success();
  }
  if (auto splat = op.getSource().getDefiningOp<SplatOp>()) {
    rewriter.replaceOpWithNewOp<SplatOp>(op, op.getType(), splat.getSource());
    return success();
  }
  if (auto arange = op.getSource().getDefiningOp<ArangeOp>()) {
    rewriter.replaceOpWithNewOp<ArangeOp>(op, op.getType(), arange.getStartAttr(), arange.getEndAttr());
    return success();
  }
  return rewriter.notifyMatchFailure(op, "source is no conversion, splat or arange");
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

LogicalResult AllocOp::verify() {
  std::optional<uint32_t> offset = getOffset();
  if (offset && (int32_t(*offset) < 0 || *offset % 16 != 0)) // C1
    return emitOpError() << "expects offset to be a multiple of 16 and not negative, but it is " << int32_t(*offset);
  return success();
}

/// What local_store and local_load ask of a tensor and its buffer.
static LogicalResult verifyTransfer(Operation *op, RankedTensorType tensor, BufferType buffer) {
  if (tensor.getShape() != buffer.getShape() || tensor.getElementType() != buffer.getElementType()) // C1
    return op->emitOpError() << "expects tensor and buffer of the same shape and element type, but they are " << tensor
                             << " and " << buffer;
  if (!tile::getLayout(tensor)) // C2
    return op->emitOpError() << "expects a tensor with a layout, but it is " << tensor;
  if (!buffer.getLayout()) // C3
    return op->emitOpError() << "expects a buffer with a layout, but it is " << buffer;
  return success();
}

LogicalResult LocalStoreOp::verify() {
  return verifyTransfer(*this, cast<RankedTensorType>(getValue().getType()), getBuffer().getType());
}
LogicalResult LocalLoadOp::verify() {
  return verifyTransfer(*this, cast<RankedTensorType>(getType()), getBuffer().getType());
}

//===----------------------------------------------------------------------===//
// mma
//===----------------------------------------------------------------------===//

/// The element types of the table of mma.
static bool isMmaType(MmaKind kind, InputPrecision precision, Type element, Type acc) {
  bool splits = precision == InputPrecision::BF16x3 || precision == InputPrecision::BF16x6;
  switch (kind) {
  case MmaKind::M16N8K16_F32_F16:
    return element.isF16() && acc.isF32();
  case MmaKind::M16N8K16_F32_BF16:
    return (element.isBF16() || (element.isF32() && splits)) && acc.isF32();
  case MmaKind::M16N8K16_F16_F16:
    return element.isF16() && acc.isF16();
  case MmaKind::M16N8K8_F32_TF32:
    return element.isF32() && acc.isF32();
  case MmaKind::M16N8K32_S32_S8:
    return element.isInteger(8) && acc.isInteger(32);
  case MmaKind::M16N8K32_F32_E4M3:
    return isa<Float8E4M3FNType>(element) && acc.isF32();
  case MmaKind::M16N8K32_F32_E5M2:
    return isa<Float8E5M2Type>(element) && acc.isF32();
  case MmaKind::M8N8K4_F64_F64:
    return element.isF64() && acc.isF64();
  }
  llvm_unreachable("all kinds are handled");
}

LogicalResult MmaOp::verify() {
  auto a = cast<RankedTensorType>(getA().getType()), b = cast<RankedTensorType>(getB().getType()),
       acc = cast<RankedTensorType>(getAcc().getType());
  if (failed(verifyMatrixProduct(*this, a, b, acc))) // C1
    return failure();
  if (a.getElementType() != b.getElementType() ||
      !isMmaType(getKind(), getPrecision(), a.getElementType(), acc.getElementType())) // C2
    return emitOpError() << "does not multiply " << a.getElementType() << " by " << b.getElementType() << " into "
                         << acc.getElementType() << " with kind " << stringifyMmaKind(getKind());
  auto [m, n, k] = getMmaShape(getKind());
  int64_t rows = acc.getDimSize(acc.getRank() - 2), columns = acc.getShape().back(), inner = a.getShape().back();
  if (rows < m || columns < n || inner < k) // C3
    return emitOpError() << "expects sides of " << m << "x" << n << "x" << k << " at least, but they are " << rows
                         << "x" << columns << "x" << inner;
  for (RankedTensorType type : {a, b, acc})
    if (!tile::getLayout(type)) // C4
      return emitOpError() << "expects tensors with layouts, but found " << type;
  return success();
}
