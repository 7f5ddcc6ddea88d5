//===- LayoutRewriter.cpp - Puts chosen layouts into the IR ---------------===//
//
// Types are changed in place, so that values stay themselves and what the axis analysis knows about them stays true.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/transforms/layouts/LayoutRewriter.h"
#include "compiler/analysis/DotLayouts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tessera {

tile::LayoutAttr LayoutRewriter::getAttr(LayoutId id) {
  if (attributes.size() <= size_t(id))
    attributes.resize(layouts.size());
  if (!attributes[id])
    attributes[id] = tile::LayoutAttr::get(function->getContext(), layouts[id]);
  return attributes[id];
}

void LayoutRewriter::setLayout(Value value, LayoutId id) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || id == noLayout)
    return;
  RankedTensorType laidOut = tile::withLayout(type, getAttr(id));
  value.setType(laidOut);
  current[value] = id;
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  if (!constant)
    return;
  auto dense = cast<DenseElementsAttr>(constant.getValue());
  constant.setValueAttr(dense.isSplat() ? cast<TypedAttr>(dense.resizeSplat(laidOut))
                                        : cast<TypedAttr>(dense.reshape(laidOut)));
}

void LayoutRewriter::setAllTypes() {
  for (auto [number, node] : llvm::enumerate(graph.getNodes())) {
    LayoutId own = solver.getLayout(number);
    for (Value value : node.values)
      setLayout(value, own);
    if (node.op && node.role != LayoutRole::Histogram)
      for (OpResult result : node.op->getResults())
        setLayout(result, graph.getResult(number, result.getResultNumber(), own));
  }
}

LayoutId LayoutRewriter::getLayoutOf(Value value) {
  auto it = current.find(value);
  return it == current.end() ? noLayout : it->second;
}

// Before its first user in the block of its definition: outside of all loops that do not change it.
Value LayoutRewriter::convert(Value value, LayoutId wanted, Operation *user) {
  Value &result = converted[{value, wanted}];
  if (result)
    return result;
  OpBuilder builder(value.getParentBlock()->findAncestorOpInBlock(*user));
  auto type = cast<RankedTensorType>(value.getType());
  result = tile::ConvertLayoutOp::create(builder, value.getLoc(), tile::withLayout(type, getAttr(wanted)), value);
  axes.copy(value, result);
  ++numConversions;
  return result;
}

Value LayoutRewriter::recompute(Value value, LayoutId wanted) {
  if (getLayoutOf(value) == wanted)
    return value;
  // An operand that has been converted for its user already: what to compute anew is what it was converted from.
  if (auto conversion = value.getDefiningOp<tile::ConvertLayoutOp>())
    return recompute(conversion.getSource(), wanted);
  if (Value known = recomputed.lookup({value, wanted}))
    return known;
  Operation *op = value.getDefiningOp();
  LayoutId own = layouts.intern(getOwnFromResult(op, 0, layouts[wanted]));
  SmallVector<Value> operands;
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<RankedTensorType>(operand.get().getType())) {
      operands.push_back(operand.get());
      continue;
    }
    operands.push_back(
        recompute(operand.get(), layouts.intern(getOperandLayout(op, operand.getOperandNumber(), layouts[own]))));
  }
  OpBuilder builder(op->getContext());
  builder.setInsertionPointAfter(op);
  Operation *copy = builder.clone(*op);
  copy->setOperands(operands);
  setLayout(copy->getResult(0), wanted);
  axes.copy(value, copy->getResult(0));
  recomputed[{value, wanted}] = copy->getResult(0);
  ++numRecomputed;
  return copy->getResult(0);
}

void LayoutRewriter::replaceDots() {
  for (const LayoutNode &node : graph.getNodes()) {
    auto dot = dyn_cast_or_null<tile::DotOp>(node.op);
    if (!dot)
      continue;
    std::optional<tile::MmaKind> kind = getMmaKind(dot);
    if (!kind)
      continue;
    OpBuilder builder(dot);
    auto mma =
        tile::MmaOp::create(builder, dot.getLoc(), *kind, dot.getA(), dot.getB(), dot.getAcc(), dot.getPrecision());
    dot.getResult().replaceAllUsesWith(mma.getResult());
    dot.erase();
  }
}

void LayoutRewriter::setAccessWidths() {
  Builder builder(function->getContext());
  auto annotate = [&](Operation *op, Value pointer, Value mask) {
    const LinearLayout *layout = getLayout(pointer.getType());
    if (!layout)
      return;
    int64_t width = getAccessWidth(*layout, pointer, mask, axes);
    if (width > 1)
      op->setAttr(accessWidthAttrName, builder.getI32IntegerAttr(width));
  };
  function.walk([&](Operation *op) {
    llvm::TypeSwitch<Operation *>(op).Case<tile::LoadOp, tile::StoreOp>(
        [&](auto access) { annotate(op, access.getPointer(), access.getMask()); });
  });
}

void LayoutRewriter::eraseDeadOperations() {
  function.walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
}

void LayoutRewriter::rewrite() {
  struct Mismatch {
    OpOperand *use;
    LayoutId wanted;
    bool recompute;
  };
  SmallVector<Mismatch> mismatches;
  for (const LayoutEdge &edge : graph.getEdges())
    if (LayoutId wanted = solver.getDemanded(edge); wanted != solver.getDelivered(edge))
      mismatches.push_back({edge.use, wanted, solver.shouldRecompute(edge)});
  setAllTypes();
  for (const Mismatch &mismatch : mismatches) {
    Value value = mismatch.use->get();
    mismatch.use->set(mismatch.recompute ? recompute(value, mismatch.wanted)
                                         : convert(value, mismatch.wanted, mismatch.use->getOwner()));
  }
  replaceDots();
  eraseDeadOperations();
  setAccessWidths();
}

} // namespace tessera
