//===- TileComputeOps.cpp - Dots, reductions, scans ------------------------===//
//
// Type inference and verifiers of the operations of TileComputeOps.td.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/tile/TileOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::tile;

//===----------------------------------------------------------------------===//
// dot
//===----------------------------------------------------------------------===//

/// The table of dot.
static bool isDotType(Type a, Type b, Type acc) {
  if (isa<Float8E4M3FNType, Float8E5M2Type>(a) && isa<Float8E4M3FNType, Float8E5M2Type>(b))
    return acc.isF32() || acc.isF16();
  if (a != b)
    return false;
  if (a.isF16())
    return acc.isF32() || acc.isF16();
  if (a.isBF16())
    return acc.isF32() || acc.isBF16();
  if (a.isF32() || a.isF64())
    return acc == a;
  return a.isInteger(8) && acc.isInteger(32);
}

/// Ranks and sides of a matrix product: C1 to C4 of dot.
LogicalResult tile::verifyMatrixProduct(Operation *op, RankedTensorType a, RankedTensorType b, RankedTensorType acc) {
  int64_t rank = acc.getRank();
  if ((rank != 2 && rank != 3) || a.getRank() != rank || b.getRank() != rank) // C1
    return op->emitOpError() << "expects tensors of rank 2, or all of rank 3, but they are " << a << ", " << b
                             << " and " << acc;
  int64_t inner = a.getShape().back(), rows = a.getDimSize(rank - 2), columns = b.getShape().back();
  if (inner != b.getDimSize(rank - 2)) // C2
    return op->emitOpError() << "expects inner dimensions to agree, but they are " << inner << " and "
                             << b.getDimSize(rank - 2);
  if (acc.getDimSize(rank - 2) != rows || acc.getShape().back() != columns) // C3
    return op->emitOpError() << "expects an accumulator of " << rows << "x" << columns << ", but it is "
                             << acc.getDimSize(rank - 2) << "x" << acc.getShape().back();
  if (rank == 3 && (a.getDimSize(0) != acc.getDimSize(0) || b.getDimSize(0) != acc.getDimSize(0))) // C4
    return op->emitOpError() << "expects batch dimensions to agree, but they are " << a.getDimSize(0) << ", "
                             << b.getDimSize(0) << " and " << acc.getDimSize(0);
  return success();
}

LogicalResult DotOp::verify() {
  auto a = cast<RankedTensorType>(getA().getType()), b = cast<RankedTensorType>(getB().getType()),
       acc = cast<RankedTensorType>(getAcc().getType());
  if (failed(verifyMatrixProduct(*this, a, b, acc)))
    return failure();
  if (!isDotType(a.getElementType(), b.getElementType(), acc.getElementType())) // C5
    return emitOpError() << "does not multiply " << a.getElementType() << " by " << b.getElementType() << " into "
                         << acc.getElementType();
  if (int32_t(getMaxImpreciseAcc()) < 0) // C6
    return emitOpError() << "expects max_imprecise_acc not to be negative, but it is " << int32_t(getMaxImpreciseAcc());
  return success();
}

//===----------------------------------------------------------------------===//
// reduce and scan
//===----------------------------------------------------------------------===//

/// C1 and C2 of reduce and scan.
static LogicalResult verifyAxis(std::optional<Location> loc, StringRef name, ValueRange operands, int64_t axis) {
  if (operands.empty()) // C1
    return emitOptionalError(loc, "'", name, "' op expects one operand at least");
  int64_t rank = cast<RankedTensorType>(operands.front().getType()).getRank();
  if (axis < 0 || axis >= rank) // C2
    return emitOptionalError(loc, "'", name, "' op expects axis to be from 0 to ", rank - 1, ", but it is ", axis);
  return success();
}

/// C3 to C5 of reduce and scan.
static LogicalResult verifyCombine(Operation *op, Region &combine) {
  if (combine.empty() || combine.front().empty() || !isa<YieldOp>(combine.front().back()))
    return op->emitOpError("expects combine to end with 'tile.yield'");
  Block &block = combine.front();
  SmallVector<Type> elements;
  for (Type type : op->getOperandTypes())
    elements.push_back(tile::getElementType(type));
  SmallVector<Type> twice(elements);
  twice.append(elements);
  if (!llvm::equal(block.getArgumentTypes(), twice)) // C3
    return op->emitOpError() << "expects combine to take the element types twice, (" << twice << "), but it takes ("
                             << block.getArgumentTypes() << ")";
  auto yield = cast<YieldOp>(block.back());
  if (!llvm::equal(yield.getOperandTypes(), elements)) // C4
    return op->emitOpError() << "expects combine to yield the element types, (" << elements << "), but it yields ("
                             << yield.getOperandTypes() << ")";
  for (Operation &inner : block)
    if (!isMemoryEffectFree(&inner)) // C5
      return inner.emitOpError("has side effects and cannot be part of combine");
  return success();
}

static Block *createCombine(Operation *op, Region &combine) {
  SmallVector<Type> types;
  for (int repeat = 0; repeat < 2; ++repeat)
    for (Type type : op->getOperandTypes())
      types.push_back(tile::getElementType(type));
  SmallVector<Location> locs(types.size(), op->getLoc());
  Block &block = combine.emplaceBlock();
  block.addArguments(types, locs);
  return &block;
}

static Operation *findSingleCombiner(Region &combine) {
  Block &block = combine.front();
  if (block.getNumArguments() != 2 || !llvm::hasNItems(block, 2))
    return nullptr;
  Operation &op = block.front();
  if (op.getNumOperands() != 2 || op.getNumResults() != 1 || block.back().getOperand(0) != op.getResult(0))
    return nullptr;
  bool direct = op.getOperand(0) == block.getArgument(0) && op.getOperand(1) == block.getArgument(1);
  bool swapped = op.getOperand(0) == block.getArgument(1) && op.getOperand(1) == block.getArgument(0);
  return direct || (swapped && op.hasTrait<OpTrait::IsCommutative>()) ? &op : nullptr;
}

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  int64_t axis = int32_t(adaptor.getAxis());
  if (failed(verifyAxis(loc, getOperationName(), adaptor.getOperands(), axis)))
    return failure();
  for (Value operand : adaptor.getOperands()) {
    auto type = cast<RankedTensorType>(operand.getType());
    if (type.getRank() == 1) {
      types.push_back(type.getElementType());
      continue;
    }
    SmallVector<int64_t> shape(type.getShape());
    shape.erase(shape.begin() + axis);
    LayoutAttr layout = tile::getLayout(type);
    if (layout)
      layout = LayoutAttr::get(context, layout.getLayout().removeDim(axis));
    types.push_back(RankedTensorType::get(shape, type.getElementType(), layout));
  }
  return success();
}

LogicalResult ReduceOp::verify() { return verifyInferredTypes(*this); }
LogicalResult ReduceOp::verifyRegions() { return verifyCombine(*this, getCombine()); }
Block *ReduceOp::createCombineBlock() { return createCombine(*this, getCombine()); }
Operation *ReduceOp::getSingleCombiner() { return findSingleCombiner(getCombine()); }

/// Along a dimension of size one there is nothing to combine.
LogicalResult ReduceOp::canonicalize(ReduceOp op, PatternRewriter &rewriter) {
  auto type = cast<RankedTensorType>(op.getOperands().front().getType());
  if (type.getRank() == 1 || type.getDimSize(op.getAxis()) != 1)
    return rewriter.notifyMatchFailure(op, "there is more than one element along the axis, or no tensor remains");
  SmallVector<Value> reshaped;
  for (auto [operand, result] : llvm::zip(op.getOperands(), op.getResultTypes()))
    reshaped.push_back(ReshapeOp::create(rewriter, op.getLoc(), result, operand, /*allow_reorder=*/false));
  rewriter.replaceOp(op, reshaped);
  return success();
}

LogicalResult ScanOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  if (failed(verifyAxis(loc, getOperationName(), adaptor.getOperands(), int32_t(adaptor.getAxis()))))
    return failure();
  llvm::append_range(types, adaptor.getOperands().getTypes());
  return success();
}

LogicalResult ScanOp::verify() { return verifyInferredTypes(*this); }
LogicalResult ScanOp::verifyRegions() { return verifyCombine(*this, getCombine()); }
Block *ScanOp::createCombineBlock() { return createCombine(*this, getCombine()); }
Operation *ScanOp::getSingleCombiner() { return findSingleCombiner(getCombine()); }

/// Along a dimension of size one there is nothing to combine.
LogicalResult ScanOp::fold(FoldAdaptor, SmallVectorImpl<OpFoldResult> &results) {
  if (cast<RankedTensorType>(getOperands().front().getType()).getDimSize(getAxis()) != 1)
    return failure();
  llvm::append_range(results, getOperands());
  return success();
}

//===----------------------------------------------------------------------===//
// gather and histogram
//===----------------------------------------------------------------------===//

LogicalResult GatherOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  auto source = cast<RankedTensorType>(adaptor.getSource().getType());
  auto indices = cast<RankedTensorType>(adaptor.getIndices().getType());
  int64_t axis = int32_t(adaptor.getAxis());
  if (axis < 0 || axis >= source.getRank()) // C1
    return emitOptionalError(loc, "'tile.gather' op expects axis to be from 0 to ", source.getRank() - 1,
                             ", but it is ", axis);
  if (indices.getRank() != source.getRank()) // C2
    return emitOptionalError(loc, "'tile.gather' op expects source and indices of the same rank, but they are ", source,
                             " and ", indices);
  for (int64_t dim = 0; dim < source.getRank(); ++dim)
    if (dim != axis && source.getDimSize(dim) != indices.getDimSize(dim)) // C3
      return emitOptionalError(loc, "'tile.gather' op expects dimension ", dim, " of the indices to be ",
                               source.getDimSize(dim), ", but it is ", indices.getDimSize(dim));
  types.push_back(indices.clone(source.getElementType()));
  return success();
}

LogicalResult GatherOp::verify() { return verifyInferredTypes(*this); }

LogicalResult HistogramOp::verify() {
  auto source = cast<RankedTensorType>(getSource().getType()), result = cast<RankedTensorType>(getType());
  if (source.getRank() != 1) // C1
    return emitOpError() << "expects a source of rank 1, but it is " << source;
  if (result.getRank() != 1) // C2
    return emitOpError() << "expects a result of rank 1, but it is " << result;
  return success();
}

//===----------------------------------------------------------------------===//
// inline_asm
//===----------------------------------------------------------------------===//

void InlineAsmOp::getEffects(SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  if (getPure())
    return;
  for (SideEffects::Resource *memory : {static_cast<SideEffects::Resource *>(GlobalMemory::get()),
                                        static_cast<SideEffects::Resource *>(SharedMemory::get())}) {
    effects.emplace_back(MemoryEffects::Read::get(), memory);
    effects.emplace_back(MemoryEffects::Write::get(), memory);
  }
}

Speculation::Speculatability InlineAsmOp::getSpeculatability() {
  return getPure() ? Speculation::Speculatable : Speculation::NotSpeculatable;
}

LogicalResult InlineAsmOp::verify() {
  if (getResults().empty()) // C1
    return emitOpError("expects one result at least");
  RankedTensorType first;
  for (TypeRange types : {TypeRange(getArgs().getTypes()), TypeRange(getResultTypes())})
    for (Type type : types) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      if (!tensor)
        continue;
      if (!first)
        first = tensor;
      if (tensor.getShape() != first.getShape()) // C2
        return emitOpError() << "expects all tensors to have the same shape, but found " << first << " and " << tensor;
    }
  if (!llvm::isPowerOf2_64(getPack()) || int32_t(getPack()) < 0) // C3
    return emitOpError() << "expects pack to be a power of two, but it is " << int32_t(getPack());
  return success();
}
