//===- TileShapeOps.cpp - Creation and rearrangement of tensors ------------===//
//
// Type inference, verifiers and folders of the operations of TileShapeOps.td.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/tile/TileOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::tile;

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

/// A tensor of this shape with the elements of `source`, and the layout if the source has one.
static RankedTensorType makeTensor(RankedTensorType source, ArrayRef<int64_t> shape,
                                   function_ref<LinearLayout(const LinearLayout &)> makeLayout) {
  LayoutAttr layout = tile::getLayout(source);
  if (layout)
    layout = LayoutAttr::get(source.getContext(), makeLayout(layout.getLayout()));
  return RankedTensorType::get(shape, source.getElementType(), layout);
}

/// The constant splat of `type` with the element of the splat `attr`; null if it is none.
static Attribute resizeSplat(Attribute attr, Type type) {
  auto splat = dyn_cast_or_null<SplatElementsAttr>(attr);
  return splat ? splat.resizeSplat(cast<ShapedType>(type)) : DenseElementsAttr();
}

/// The constant `attr` with the elements in the same order in the shape of `type`; null if it is none.
static Attribute reshapeConstant(Attribute attr, Type type) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(attr);
  return dense ? dense.reshape(cast<ShapedType>(type)) : DenseElementsAttr();
}

namespace {
/// op(splat(x)) is a splat of the shape of the result.
template <typename OpT> struct MoveSplatOut : public OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const final {
    auto splat = op.getSource().template getDefiningOp<SplatOp>();
    if (!splat)
      return rewriter.notifyMatchFailure(op, "source is no splat");
    rewriter.replaceOpWithNewOp<SplatOp>(op, op.getType(), splat.getSource());
    return success();
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// arange
//===----------------------------------------------------------------------===//

LogicalResult ArangeOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  int64_t start = int32_t(adaptor.getStart()), end = int32_t(adaptor.getEnd());
  if (start >= end) // C1
    return emitOptionalError(loc, "'tile.arange' op expects start to be less than end, but they are ", start, " and ",
                             end);
  types.push_back(RankedTensorType::get({end - start}, IntegerType::get(context, 32)));
  return success();
}

LogicalResult ArangeOp::verify() {
  SmallVector<Type> types;
  if (failed(inferReturnTypes(getContext(), getLoc(), Adaptor(*this), types)))
    return failure();
  auto expected = cast<RankedTensorType>(types.front()), actual = cast<RankedTensorType>(getType());
  if (!isTensor(expected)) // C2
    return emitOpError() << "expects the number of elements to be a power of two, but it is " << expected.getDimSize(0);
  if (expected.getShape() != actual.getShape()) // C3, with any layout
    return emitOpError() << "expects a result of type " << expected << ", but it is " << actual;
  return success();
}

//===----------------------------------------------------------------------===//
// splat
//===----------------------------------------------------------------------===//

LogicalResult SplatOp::verify() {
  Type element = tile::getElementType(getType());
  if (getSource().getType() != element) // C1
    return emitOpError() << "expects a source of type " << element << " for " << getType() << ", but it is "
                         << getSource().getType();
  return success();
}

OpFoldResult SplatOp::fold(FoldAdaptor adaptor) {
  if (auto value = dyn_cast_or_null<TypedAttr>(adaptor.getSource()); isa_and_nonnull<IntegerAttr, FloatAttr>(value))
    return SplatElementsAttr::get(cast<ShapedType>(getType()), value);
  return {};
}

//===----------------------------------------------------------------------===//
// broadcast
//===----------------------------------------------------------------------===//

LogicalResult BroadcastOp::verify() {
  auto source = cast<RankedTensorType>(getSource().getType()), result = cast<RankedTensorType>(getType());
  if (source.getRank() != result.getRank()) // C1
    return emitOpError() << "expects source and result of the same rank, but they are " << source << " and " << result;
  if (source.getElementType() != result.getElementType()) // C2
    return emitOpError() << "expects source and result of the same element type, but they are " << source << " and "
                         << result;
  for (auto [dim, from, to] : llvm::enumerate(source.getShape(), result.getShape()))
    if (from != to && from != 1) // C3
      return emitOpError() << "expects dimension " << dim << " of the source to be 1 or " << to << ", but it is "
                           << from;
  LayoutAttr from = tile::getLayout(source), to = tile::getLayout(result);
  if (!from != !to) // C4
    return emitOpError() << "expects both or neither of source and result to have a layout, but they are " << source
                         << " and " << result;
  if (!from)
    return success();
  LinearLayout shrunk = to.getLayout();
  for (unsigned dim = 0; dim < source.getRank(); ++dim)
    if (source.getDimSize(dim) != result.getDimSize(dim))
      shrunk = shrunk.shrinkDim(dim);
  if (!equalUpToRegisters(shrunk, from.getLayout()))
    return emitOpError() << "expects a source with layout " << LayoutAttr::get(getContext(), shrunk) << ", but it has "
                         << from;
  return success();
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getSource().getType() == getType())
    return getSource();
  return resizeSplat(adaptor.getSource(), getType());
}

namespace {
/// broadcast(broadcast(x)) grows at once.
struct MergeBroadcasts : public OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BroadcastOp op, PatternRewriter &rewriter) const final {
    auto inner = op.getSource().getDefiningOp<BroadcastOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "source is no broadcast");
    rewriter.modifyOpInPlace(op, [&] { op.getSourceMutable().assign(inner.getSource()); });
    return success();
  }
};
} // namespace

void BroadcastOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MoveSplatOut<BroadcastOp>, MergeBroadcasts>(context);
}

//===----------------------------------------------------------------------===//
// expand_dims
//===----------------------------------------------------------------------===//

LogicalResult ExpandDimsOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                             SmallVectorImpl<Type> &types) {
  auto source = cast<RankedTensorType>(adaptor.getSource().getType());
  int64_t axis = int32_t(adaptor.getAxis());
  if (axis < 0 || axis > source.getRank()) // C1
    return emitOptionalError(loc, "'tile.expand_dims' op expects axis to be from 0 to ", source.getRank(),
                             ", but it is ", axis);
  SmallVector<int64_t> shape(source.getShape());
  shape.insert(shape.begin() + axis, 1);
  types.push_back(makeTensor(source, shape, [&](const LinearLayout &layout) { return layout.expandDims(axis); }));
  return success();
}

LogicalResult ExpandDimsOp::verify() { return verifyInferredTypes(*this); }

OpFoldResult ExpandDimsOp::fold(FoldAdaptor adaptor) { return reshapeConstant(adaptor.getSource(), getType()); }

void ExpandDimsOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MoveSplatOut<ExpandDimsOp>>(context);
}

//===----------------------------------------------------------------------===//
// reshape
//===----------------------------------------------------------------------===//

void ReshapeOp::build(OpBuilder &builder, OperationState &state, Value source, ArrayRef<int64_t> shape,
                      bool allowReorder) {
  auto type = cast<RankedTensorType>(source.getType());
  RankedTensorType result =
      makeTensor(type, shape, [&](const LinearLayout &layout) { return layout.reshapeOuts(shape); });
  build(builder, state, result, source, allowReorder);
}

LogicalResult ReshapeOp::verify() {
  auto source = cast<RankedTensorType>(getSource().getType()), result = cast<RankedTensorType>(getType());
  if (source.getNumElements() != result.getNumElements()) // C1
    return emitOpError() << "expects as many elements in the result as in the source, " << source.getNumElements()
                         << ", but it has " << result.getNumElements();
  if (source.getElementType() != result.getElementType()) // C2
    return emitOpError() << "expects source and result of the same element type, but they are " << source << " and "
                         << result;
  LayoutAttr from = tile::getLayout(source), to = tile::getLayout(result);
  if (!from != !to) // C3
    return emitOpError() << "expects both or neither of source and result to have a layout, but they are " << source
                         << " and " << result;
  if (!from || getAllowReorder())
    return success();
  LinearLayout reshaped = from.getLayout().reshapeOuts(result.getShape());
  if (!equalUpToRegisters(reshaped, to.getLayout())) // C4
    return emitOpError() << "expects a result with layout " << LayoutAttr::get(getContext(), reshaped)
                         << ", but it has " << to;
  return success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getSource().getType() == getType() && !getAllowReorder())
    return getSource();
  return reshapeConstant(adaptor.getSource(), getType());
}

namespace {
/// reshape(reshape(x)) goes to the last shape at once. Laid out, this holds only where neither permutes elements.
struct MergeReshapes : public OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &rewriter) const final {
    auto inner = op.getSource().getDefiningOp<ReshapeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "source is no reshape");
    bool reorders = op.getAllowReorder() || inner.getAllowReorder();
    if (reorders && tile::getLayout(op.getType()))
      return rewriter.notifyMatchFailure(op, "one of the two permutes laid-out elements");
    rewriter.modifyOpInPlace(op, [&] {
      op.getSourceMutable().assign(inner.getSource());
      op.setAllowReorder(reorders);
    });
    return success();
  }
};
} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MoveSplatOut<ReshapeOp>, MergeReshapes>(context);
}

//===----------------------------------------------------------------------===//
// trans
//===----------------------------------------------------------------------===//

LogicalResult TransOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  auto source = cast<RankedTensorType>(adaptor.getSource().getType());
  ArrayRef<int32_t> order = adaptor.getOrder();
  SmallVector<bool> seen(source.getRank(), false);
  bool valid = int64_t(order.size()) == source.getRank();
  for (int32_t dim : order)
    valid = valid && dim >= 0 && dim < source.getRank() && !std::exchange(seen[dim], true);
  if (!valid) // C1
    return emitOptionalError(loc, "'tile.trans' op expects order to be a permutation of ", source.getRank(),
                             " dimensions, but it is [", order, "]");
  SmallVector<int64_t> shape;
  for (int32_t dim : order)
    shape.push_back(source.getDimSize(dim));
  types.push_back(makeTensor(source, shape, [&](const LinearLayout &layout) { return layout.transposeOuts(order); }));
  return success();
}

LogicalResult TransOp::verify() { return verifyInferredTypes(*this); }

OpFoldResult TransOp::fold(FoldAdaptor adaptor) {
  if (llvm::equal(getOrder(), llvm::seq<int32_t>(0, int32_t(getOrder().size()))) && getSource().getType() == getType())
    return getSource();
  return resizeSplat(adaptor.getSource(), getType());
}

namespace {
/// trans(trans(x)) permutes at once.
struct MergeTransposes : public OpRewritePattern<TransOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransOp op, PatternRewriter &rewriter) const final {
    auto inner = op.getSource().getDefiningOp<TransOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "source is no trans");
    SmallVector<int32_t> order;
    for (int32_t dim : op.getOrder())
      order.push_back(inner.getOrder()[dim]);
    rewriter.modifyOpInPlace(op, [&] {
      op.getSourceMutable().assign(inner.getSource());
      op.setOrder(order);
    });
    return success();
  }
};
} // namespace

void TransOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<MoveSplatOut<TransOp>, MergeTransposes>(context);
}

//===----------------------------------------------------------------------===//
// join, split, cat
//===----------------------------------------------------------------------===//

LogicalResult JoinOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  auto source = cast<RankedTensorType>(adaptor.getLhs().getType());
  SmallVector<int64_t> shape(source.getShape());
  shape.push_back(2);
  types.push_back(makeTensor(source, shape, [](const LinearLayout &layout) { return layout.join(); }));
  return success();
}

LogicalResult JoinOp::verify() { return verifyInferredTypes(*this); }

/// join(split(x)) is x.
OpFoldResult JoinOp::fold(FoldAdaptor) {
  auto split = getLhs().getDefiningOp<SplitOp>();
  if (split && getLhs() == split.getLhs() && getRhs() == split.getRhs() && split.getSource().getType() == getType())
    return split.getSource();
  return {};
}

LogicalResult SplitOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  auto source = cast<RankedTensorType>(adaptor.getSource().getType());
  if (source.getRank() < 2 || source.getShape().back() != 2) // C1
    return emitOptionalError(
        loc, "'tile.split' op expects a source of rank 2 at least whose last side is 2, but it is ", source);
  LayoutAttr layout = tile::getLayout(source);
  if (layout) {
    std::optional<LinearLayout> half = layout.getLayout().split();
    if (!half) // C2
      return emitOptionalError(
          loc, "'tile.split' op expects a layout that keeps the last dimension in a register bit, but it is ", layout);
    layout = LayoutAttr::get(source.getContext(), *half);
  }
  types.assign(2, RankedTensorType::get(source.getShape().drop_back(), source.getElementType(), layout));
  return success();
}

LogicalResult SplitOp::verify() { return verifyInferredTypes(*this); }

/// split(join(x, y)) is x, y; halves of a constant splat are constant splats.
LogicalResult SplitOp::fold(FoldAdaptor adaptor, SmallVectorImpl<OpFoldResult> &results) {
  if (auto join = getSource().getDefiningOp<JoinOp>(); join && join.getLhs().getType() == getLhs().getType()) {
    results.assign({join.getLhs(), join.getRhs()});
    return success();
  }
  if (Attribute half = resizeSplat(adaptor.getSource(), getLhs().getType())) {
    results.assign({half, half});
    return success();
  }
  return failure();
}

LogicalResult CatOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  auto source = cast<RankedTensorType>(adaptor.getLhs().getType());
  if (source.getRank() != 1) // C1
    return emitOptionalError(loc, "'tile.cat' op expects tensors of rank 1, but they are ", source);
  types.push_back(makeTensor(source, {source.getDimSize(0) * 2}, [](const LinearLayout &layout) {
    return layout * LinearLayout::identity1D(2, Dim::Register, Dim::Dim0);
  }));
  return success();
}

LogicalResult CatOp::verify() { return verifyInferredTypes(*this); }
