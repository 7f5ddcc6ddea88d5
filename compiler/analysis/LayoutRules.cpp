//===- LayoutRules.cpp - How operations tie the layouts of their operands and results --===//
//
// The table of LayoutRules.h as code.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/analysis/LayoutRules.h"
#include "compiler/analysis/DotLayouts.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tessera {

namespace {

RankedTensorType tensorOf(Value value) { return dyn_cast<RankedTensorType>(value.getType()); }

bool hasTensor(Operation *op) {
  auto isTensor = [](Type type) { return isa<RankedTensorType>(type); };
  return llvm::any_of(op->getOperandTypes(), isTensor) || llvm::any_of(op->getResultTypes(), isTensor);
}

/// The dims in which a broadcast grows.
template <typename Function> void forEachGrownDim(Operation *op, Function function) {
  ArrayRef<int64_t> from = tensorOf(op->getOperand(0)).getShape(), to = tensorOf(op->getResult(0)).getShape();
  for (auto [dim, sizes] : llvm::enumerate(llvm::zip(from, to)))
    if (std::get<0>(sizes) != std::get<1>(sizes))
      function(unsigned(dim));
}

SmallVector<int32_t> inverseOrder(ArrayRef<int32_t> order) {
  SmallVector<int32_t> inverse(order.size());
  for (auto [position, dim] : llvm::enumerate(order))
    inverse[dim] = position;
  return inverse;
}

/// The layout of two such tensors one after the other, the choice between them in the highest register bit; and back.
LinearLayout concatenate(const LinearLayout &half) {
  return half * LinearLayout::identity1D(2, Dim::Register, Dim::Dim0);
}

std::optional<LinearLayout> firstHalf(const LinearLayout &whole) {
  unsigned bits = whole.inBits(Dim::Register);
  if (bits == 0)
    return std::nullopt;
  std::vector<int64_t> shape = whole.shape();
  if (whole.basis(Dim::Register, bits - 1) != uint64_t(shape[0]) / 2)
    return std::nullopt;
  return whole.divideRight(LinearLayout::identity1D(2, Dim::Register, Dim::Dim0));
}

} // namespace

LayoutRole getLayoutRole(Operation *op) {
  if (!hasTensor(op))
    return LayoutRole::None;
  return llvm::TypeSwitch<Operation *, LayoutRole>(op)
      .Case<tile::PrintOp, tile::ConvertLayoutOp, tile::LocalLoadOp, tile::LocalStoreOp, tile::AssumeOp>(
          [](auto) { return LayoutRole::None; })
      .Case<scf::ForOp, scf::IfOp, scf::WhileOp, scf::YieldOp, scf::ConditionOp>([](auto) { return LayoutRole::None; })
      .Case([](tile::BroadcastOp) { return LayoutRole::Broadcast; })
      .Case([](tile::ExpandDimsOp) { return LayoutRole::ExpandDims; })
      .Case([](tile::ReshapeOp) { return LayoutRole::Reshape; })
      .Case([](tile::TransOp) { return LayoutRole::Trans; })
      .Case([](tile::JoinOp) { return LayoutRole::Join; })
      .Case([](tile::SplitOp) { return LayoutRole::Split; })
      .Case([](tile::CatOp) { return LayoutRole::Cat; })
      .Case([](tile::ReduceOp) { return LayoutRole::Reduce; })
      .Case([](tile::ScanOp) { return LayoutRole::Scan; })
      .Case([](tile::GatherOp) { return LayoutRole::Gather; })
      .Case([](tile::HistogramOp) { return LayoutRole::Histogram; })
      .Case<tile::DotOp, tile::MmaOp>([](auto) { return LayoutRole::Dot; })
      .Default([](Operation *) { return LayoutRole::Elementwise; });
}

RankedTensorType getOwnType(Operation *op) {
  switch (getLayoutRole(op)) {
  case LayoutRole::None:
    return nullptr;
  case LayoutRole::Broadcast:
  case LayoutRole::ExpandDims:
  case LayoutRole::Reshape:
  case LayoutRole::Trans:
  case LayoutRole::Gather:
  case LayoutRole::Dot:
    return tensorOf(op->getResult(0));
  case LayoutRole::Join:
  case LayoutRole::Split:
  case LayoutRole::Cat:
  case LayoutRole::Reduce:
  case LayoutRole::Scan:
  case LayoutRole::Histogram:
    return tensorOf(op->getOperand(0));
  case LayoutRole::Elementwise:
    for (Value result : op->getResults())
      if (RankedTensorType type = tensorOf(result))
        return type;
    for (Value operand : op->getOperands())
      if (RankedTensorType type = tensorOf(operand))
        return type;
  }
  return nullptr;
}

bool takesAnyLayout(Operation *op, unsigned index) {
  LayoutRole role = getLayoutRole(op);
  return (role == LayoutRole::Gather && index == 0) ||
         (role == LayoutRole::None && !isa<scf::YieldOp, scf::ConditionOp>(op));
}

bool givesAnyLayout(Operation *op, unsigned index) { return getLayoutRole(op) == LayoutRole::Histogram; }

std::optional<LinearLayout> getOperandLayout(Operation *op, unsigned index, const LinearLayout &own) {
  switch (getLayoutRole(op)) {
  case LayoutRole::None:
    return std::nullopt;
  case LayoutRole::Broadcast: {
    LinearLayout layout = own;
    forEachGrownDim(op, [&](unsigned dim) { layout = layout.shrinkDim(dim); });
    return layout;
  }
  case LayoutRole::ExpandDims:
    return own.removeDim(cast<tile::ExpandDimsOp>(op).getAxis(), /*removeRegisterCopies=*/false);
  case LayoutRole::Reshape:
    return own.reshapeOuts(tensorOf(op->getOperand(0)).getShape());
  case LayoutRole::Trans:
    return own.transposeOuts(inverseOrder(cast<tile::TransOp>(op).getOrder()));
  case LayoutRole::Split:
    return own.splitBit() ? std::optional<LinearLayout>(own) : std::nullopt;
  case LayoutRole::Scan:
    return isScanLayout(own, cast<tile::ScanOp>(op).getAxis()) ? std::optional<LinearLayout>(own) : std::nullopt;
  case LayoutRole::Gather:
    return index == 0 ? std::nullopt : std::optional<LinearLayout>(own);
  case LayoutRole::Dot:
    return index == 2 ? std::optional<LinearLayout>(own) : getDotOperandLayout(op, index, own);
  case LayoutRole::Elementwise:
  case LayoutRole::Join:
  case LayoutRole::Cat:
  case LayoutRole::Reduce:
  case LayoutRole::Histogram:
    return own;
  }
  return std::nullopt;
}

std::optional<LinearLayout> getResultLayout(Operation *op, unsigned index, const LinearLayout &own) {
  switch (getLayoutRole(op)) {
  case LayoutRole::None:
  case LayoutRole::Histogram:
    return std::nullopt;
  case LayoutRole::Join:
    return own.join();
  case LayoutRole::Split:
    return own.split();
  case LayoutRole::Cat:
    return concatenate(own);
  case LayoutRole::Reduce:
    return own.removeDim(cast<tile::ReduceOp>(op).getAxis());
  default:
    return own;
  }
}

std::optional<LinearLayout> getOwnFromOperand(Operation *op, unsigned index, const LinearLayout &layout) {
  switch (getLayoutRole(op)) {
  case LayoutRole::None:
    return std::nullopt;
  case LayoutRole::Broadcast:
    // The lanes and warps that hold copies could take over the grown dims in many ways: not determined.
    return std::nullopt;
  case LayoutRole::ExpandDims:
    return layout.expandDims(cast<tile::ExpandDimsOp>(op).getAxis());
  case LayoutRole::Reshape:
    return layout.reshapeOuts(tensorOf(op->getResult(0)).getShape());
  case LayoutRole::Trans:
    return layout.transposeOuts(cast<tile::TransOp>(op).getOrder());
  case LayoutRole::Gather:
    return index == 0 ? std::nullopt : std::optional<LinearLayout>(layout);
  case LayoutRole::Dot:
    return index == 2 ? std::optional<LinearLayout>(layout) : std::nullopt;
  default:
    return layout;
  }
}

std::optional<LinearLayout> getOwnFromResult(Operation *op, unsigned index, const LinearLayout &layout) {
  switch (getLayoutRole(op)) {
  case LayoutRole::None:
  case LayoutRole::Histogram:
  case LayoutRole::Reduce:
    return std::nullopt;
  case LayoutRole::Join:
    return layout.split();
  case LayoutRole::Split:
    return layout.join();
  case LayoutRole::Cat:
    return firstHalf(layout);
  default:
    return layout;
  }
}

bool isScanLayout(const LinearLayout &layout, unsigned axis) {
  if (!layout.isSeparableAlong(axis))
    return false;
  Dim dim = tensorDim(axis);
  const Space &out = layout.out();
  int64_t next = 1;
  for (Dim in : {Dim::Register, Dim::Lane, Dim::Warp})
    for (uint64_t basis : layout.bases(in)) {
      int64_t step = out.get(basis, dim);
      if (step == 0)
        continue;
      if (step != next)
        return false;
      next *= 2;
    }
  return true;
}

LinearLayout withoutRegisterCopies(const LinearLayout &layout) { return layout.removeZeroBases(Dim::Register); }

const LinearLayout *getLayout(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return nullptr;
  auto attr = dyn_cast_or_null<tile::LayoutAttr>(tensor.getEncoding());
  return attr ? &attr.getLayout() : nullptr;
}

} // namespace tessera
