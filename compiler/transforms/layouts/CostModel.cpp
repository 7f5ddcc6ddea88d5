//===- CostModel.cpp - What layouts cost ----------------------------------===//
//
// The price list of CostModel.h as code.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/transforms/layouts/CostModel.h"
#include "compiler/analysis/DotLayouts.h"
#include "compiler/analysis/LayoutRules.h"
#include "compiler/transforms/layouts/LayoutGraph.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>

using namespace mlir;

namespace tessera {

namespace {

constexpr int64_t loopFactor = 10;
constexpr double dearestRecomputation = 24;

/// Registers of 32 bits that a thread needs for its elements.
int64_t wordsOf(const LinearLayout &layout, unsigned bits) {
  return std::max<int64_t>(1, layout.numRegisters() * bits / 32);
}

/// Instructions for each element of an elementwise operation.
int64_t elementCost(Operation *op) {
  if (isa<tile::SplatOp, tile::HintOp, tile::BitcastOp, tile::PtrToIntOp, tile::IntToPtrOp>(op) ||
      op->hasTrait<OpTrait::ConstantLike>())
    return 0;
  if (isa<arith::DivFOp, arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp, arith::RemFOp,
          tile::InlineAsmOp>(op))
    return 8;
  if (isa<math::AbsFOp, math::AbsIOp, math::FmaOp>(op))
    return 1;
  if (isa_and_nonnull<math::MathDialect>(op->getDialect()))
    return 4;
  return op->getNumResults() == 1 && tile::getBitWidth(op->getResult(0).getType()) == 64 ? 2 : 1;
}

} // namespace

MoveKind classifyConversion(const LinearLayout &from, const LinearLayout &to) {
  if (from == to)
    return MoveKind::None;
  // Where in `from` each place of `to` finds its element.
  std::optional<LinearLayout> origin = invertAndCompose(from, to);
  if (!origin)
    return MoveKind::Shared;
  if (!origin->isTrivialOver({Dim::Warp}))
    return MoveKind::Shared;
  return origin->isTrivialOver({Dim::Lane}) ? MoveKind::Registers : MoveKind::Lanes;
}

int64_t getAccessWidth(const LinearLayout &layout, Value pointer, Value mask, const AxisAnalysis &axes) {
  Type pointee = tile::getElementType(tile::getPointeeLike(pointer.getType()));
  int64_t best = 1, limit = std::max<int64_t>(1, 16 / tile::getByteWidth(pointee));
  for (unsigned axis = 0; axis < layout.tensorRank(); ++axis) {
    int64_t width =
        std::min(layout.contiguousElements(Dim::Register, tensorDim(axis)), axes.getVectorWidth(pointer, mask, axis));
    best = std::max(best, std::min(width, limit));
  }
  return best;
}

int64_t CostModel::getWeight(Block *block) {
  int64_t weight = 1;
  for (Operation *parent = block->getParentOp(); parent; parent = parent->getParentOp())
    if (isa<scf::ForOp, scf::WhileOp>(parent) && weight < 1000)
      weight *= loopFactor;
  return weight;
}

int64_t CostModel::getResidenceCost(LayoutId layout, const LayoutEdge &edge) {
  if (edge.readWeight == 0)
    return 0;
  int64_t words = wordsOf(layouts[layout], edge.bits), cost = 0;
  if (edge.readWeight > edge.weight && words > maxResidentOperandRegisters)
    cost += 5 * words * edge.readWeight;
  if (edge.isLoaded)
    cost += 10 * words * edge.weight;
  return cost;
}

int64_t CostModel::getConversionCost(LayoutId from, LayoutId to, const LayoutEdge &edge) {
  if (from == noLayout || to == noLayout)
    return impossible;
  if (from == to)
    return getResidenceCost(to, edge);
  auto [it, isNew] = kinds.try_emplace(uint64_t(uint32_t(from)) << 32 | uint32_t(to), MoveKind::None);
  if (isNew)
    it->second = classifyConversion(layouts[from], layouts[to]);
  unsigned bits = std::max(edge.bits, 8u);
  int64_t written = wordsOf(layouts[from], bits), read = wordsOf(layouts[to], bits);
  switch (it->second) {
  case MoveKind::None:
  case MoveKind::Registers:
    return edge.weight + getResidenceCost(to, edge);
  case MoveKind::Lanes:
    return edge.weight * 6 * std::max(layouts[from].numRegisters(), layouts[to].numRegisters()) *
               std::max(1u, bits / 32) +
           getResidenceCost(to, edge);
  case MoveKind::Shared: {
    bool readWhereUsed = read > maxResidentOperandRegisters;
    return edge.weight * (100 + 4 * written) +
           (readWhereUsed ? std::max(edge.weight, edge.readWeight) : edge.weight) * 4 * read;
  }
  }
  return impossible;
}

int64_t CostModel::getOperationCost(Operation *op, LayoutId own) {
  if (own == noLayout)
    return impossible;
  const LinearLayout &layout = layouts[own];
  switch (getLayoutRole(op)) {
  case LayoutRole::Reduce:
    return getReduceCost(op, layout);
  case LayoutRole::Scan:
    return getScanCost(op, layout);
  case LayoutRole::Dot:
    return getDotCost(op, layout);
  case LayoutRole::Split:
    return layout.splitBit() ? 0 : impossible;
  case LayoutRole::Elementwise:
    if (isa<tile::LoadOp, tile::StoreOp, tile::AtomicRmwOp, tile::AtomicCasOp>(op))
      return getMemoryCost(op, layout);
    return elementCost(op) * layout.numRegisters();
  default:
    return 0;
  }
}

std::optional<double> CostModel::getRecomputeCost(Value value) {
  auto found = recomputeCosts.find(value);
  if (found != recomputeCosts.end())
    return found->second;
  Operation *op = value.getDefiningOp();
  auto type = dyn_cast<RankedTensorType>(value.getType());
  std::optional<double> result;
  auto compute = [&]() -> std::optional<double> {
    if (!op || !type)
      return std::nullopt;
    LayoutRole role = getLayoutRole(op);
    bool rearranges = llvm::is_contained(
        {LayoutRole::Broadcast, LayoutRole::ExpandDims, LayoutRole::Reshape, LayoutRole::Trans}, role);
    if (!rearranges && (role != LayoutRole::Elementwise || !isPure(op) || op->getNumResults() != 1))
      return std::nullopt;
    double cost = rearranges ? 0 : double(elementCost(op));
    for (Value operand : op->getOperands()) {
      auto operandType = dyn_cast<RankedTensorType>(operand.getType());
      if (!operandType)
        continue;
      std::optional<double> part = getRecomputeCost(operand);
      if (!part)
        return std::nullopt;
      cost += *part * double(operandType.getNumElements()) / double(type.getNumElements());
    }
    return cost <= dearestRecomputation ? std::optional<double>(cost) : std::nullopt;
  };
  result = compute();
  recomputeCosts[value] = result;
  return result;
}

int64_t CostModel::getMemoryCost(Operation *op, const LinearLayout &layout) {
  Value pointer, mask;
  llvm::TypeSwitch<Operation *>(op)
      .Case<tile::LoadOp, tile::StoreOp, tile::AtomicRmwOp>([&](auto access) {
        pointer = access.getPointer();
        mask = access.getMask();
      })
      .Case([&](tile::AtomicCasOp access) { pointer = access.getPointer(); });
  bool isAtomic = isa<tile::AtomicRmwOp, tile::AtomicCasOp>(op);
  int64_t bytes = tile::getByteWidth(tile::getElementType(tile::getPointeeLike(pointer.getType())));
  int64_t width = isAtomic ? 1 : getAccessWidth(layout, pointer, mask, axes);
  AxisInfo info = axes.get(pointer);

  // How lanes stand to each other: next to one another in memory, at the same address, or elsewhere.
  int64_t best = 32;
  for (unsigned axis = 0; axis < layout.tensorRank(); ++axis) {
    int64_t run = std::max<int64_t>(1, std::min(width, layout.contiguousElements(Dim::Register, tensorDim(axis))));
    int64_t runs = 32;
    for (uint64_t basis : layout.bases(Dim::Lane)) {
      bool copies = true;
      for (unsigned other = 0; other < layout.tensorRank(); ++other) {
        int64_t step = layout.out().get(basis, tensorDim(other));
        copies &= step == 0 || info.getConstancy(other) >= 2 * step;
      }
      if (copies)
        runs /= 2;
      else if (basis == layout.out().put(run, tensorDim(axis)) && info.getContiguity(axis) >= 2 * run) {
        run *= 2;
        runs /= 2;
      }
    }
    best = std::min(best, std::max<int64_t>(runs, 1) * std::max<int64_t>(1, run * bytes / 32));
  }
  int64_t accesses = std::max<int64_t>(1, layout.numRegisters() / width);
  return accesses * (8 + best * (isAtomic ? 8 : 4));
}

int64_t CostModel::getReduceCost(Operation *op, const LinearLayout &layout) {
  auto reduce = cast<tile::ReduceOp>(op);
  unsigned axis = reduce.getAxis();
  int64_t combining = std::max<int64_t>(1, int64_t(reduce.getCombine().front().getOperations().size()) - 1);
  int64_t results = layout.removeDim(axis).numRegisters(), words = 0;
  for (Value operand : reduce.getOperands())
    words += results * std::max(1u, tile::getBitWidth(operand.getType()) / 32);
  auto bitsAlong = [&](Dim in) { return llvm::popcount(layout.touching(in, tensorDim(axis))); };
  int64_t cost = (layout.numRegisters() - results) * combining;
  cost += bitsAlong(Dim::Lane) * (6 * words + combining * results);
  if (int warpBits = bitsAlong(Dim::Warp))
    cost += 60 + 4 * words + (4 * words + combining * results) * (int64_t(1) << warpBits);
  return cost;
}

int64_t CostModel::getScanCost(Operation *op, const LinearLayout &layout) {
  auto scan = cast<tile::ScanOp>(op);
  if (!isScanLayout(layout, scan.getAxis()))
    return impossible;
  auto bitsAlong = [&](Dim in) { return llvm::popcount(layout.touching(in, tensorDim(scan.getAxis()))); };
  int64_t operands = scan.getOperands().size(), lines = layout.removeDim(scan.getAxis()).numRegisters();
  int64_t cost = 3 * layout.numRegisters() * operands + 8 * lines * operands * bitsAlong(Dim::Lane);
  if (bitsAlong(Dim::Warp))
    cost += 80 + 16 * lines * operands;
  return cost;
}

int64_t CostModel::getDotCost(Operation *op, const LinearLayout &layout) {
  ArrayRef<int64_t> a = cast<RankedTensorType>(op->getOperand(0).getType()).getShape();
  std::optional<tile::MmaKind> kind = getMmaKind(op);
  if (!kind)
    return layout.numRegisters() * a.back();
  if (!getDotOperandLayout(op, 0, layout))
    return impossible;
  tile::MmaShape shape = tile::getMmaShape(*kind);
  return 32 * std::max<int64_t>(1, layout.numRegisters() * 32 / (shape.m * shape.n)) *
         std::max<int64_t>(1, a.back() / shape.k);
}

} // namespace tessera
