//===- AxisAnalysis.cpp - Contiguity, divisibility and constancy of integer tensors --===//
//
// The rules by which facts pass through operations, and the walk that applies them: once down each block, repeatedly
// through loops.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/analysis/AxisAnalysis.h"
#include "compiler/analysis/AxisRules.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/bit.h"
#include <algorithm>

using namespace mlir;

namespace tessera {

//===----------------------------------------------------------------------===//
// AxisInfo
//===----------------------------------------------------------------------===//

AxisInfo AxisInfo::unknown(unsigned rank, uint8_t unit) {
  AxisInfo info;
  info.axes.resize(std::max(rank, 1u));
  info.unit = unit;
  return info;
}

AxisInfo AxisInfo::constantOf(int64_t value, ArrayRef<int64_t> shape) {
  AxisInfo info = unknown(shape.size());
  uint8_t divisor = value == 0 ? anyDivisor : std::min<uint8_t>(anyDivisor, llvm::countr_zero(uint64_t(value)));
  for (AxisFacts &axis : info.axes)
    axis.divisibility = divisor;
  for (auto [axis, size] : llvm::zip(info.axes, shape))
    axis.constancy = llvm::countr_zero(uint64_t(size));
  info.constant = value;
  info.nonNegative = value >= 0;
  return info;
}

uint8_t AxisInfo::divisibilityOfGroups(unsigned dim, uint8_t group) const {
  const AxisFacts &axis = axes[dim];
  return group >= axis.contiguity ? axis.divisibility : std::min<uint8_t>(axis.divisibility, group + unit);
}

uint8_t AxisInfo::divisibilityOfElements() const {
  uint8_t best = 0;
  for (unsigned dim = 0; dim < axes.size(); ++dim)
    best = std::max(best, divisibilityOfGroups(dim, 0));
  return best;
}

AxisInfo AxisInfo::join(const AxisInfo &a, const AxisInfo &b) {
  if (!a.isVisited())
    return b;
  if (!b.isVisited())
    return a;
  AxisInfo result = unknown(a.getRank(), a.unit);
  for (unsigned dim = 0; dim < a.getRank(); ++dim) {
    uint8_t group = std::min(a.axes[dim].contiguity, b.axes[dim].contiguity);
    result.axes[dim] = {group, std::min(a.divisibilityOfGroups(dim, group), b.divisibilityOfGroups(dim, group)),
                        std::min(a.axes[dim].constancy, b.axes[dim].constancy)};
  }
  if (a.constant == b.constant)
    result.constant = a.constant;
  result.nonNegative = a.nonNegative && b.nonNegative;
  return result;
}

//===----------------------------------------------------------------------===//
// AxisAnalysis
//===----------------------------------------------------------------------===//

namespace {

/// Whether facts are kept for values of this type.
bool isTracked(Type type) { return isa<IntegerType, IndexType, tile::PointerType>(getElementTypeOrSelf(type)); }

unsigned rankOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? tensor.getRank() : 0;
}

AxisInfo unknownOf(Type type) { return AxisInfo::unknown(rankOf(type), pointeeUnit(type)); }

} // namespace

AxisAnalysis::AxisAnalysis(FunctionOpInterface function) {
  Region &body = function.getFunctionBody();
  if (body.empty())
    return;
  for (BlockArgument argument : body.getArguments()) {
    AxisInfo info = unknownOf(argument.getType());
    auto divisor =
        function.getArgAttrOfType<IntegerAttr>(argument.getArgNumber(), tile::TileDialect::divisibilityAttrName);
    if (divisor && divisor.getInt() > 0)
      for (AxisFacts &axis : info.axes)
        axis.divisibility = std::min<uint8_t>(AxisInfo::anyDivisor, llvm::countr_zero(uint64_t(divisor.getInt())));
    set(argument, std::move(info));
  }
  visit(body.front());
}

AxisInfo AxisAnalysis::get(Value value) const {
  auto it = facts.find(value);
  return it != facts.end() ? it->second : unknownOf(value.getType());
}

void AxisAnalysis::set(Value value, AxisInfo info) {
  if (isTracked(value.getType()))
    facts[value] = std::move(info);
}

void AxisAnalysis::copy(Value from, Value to) {
  auto it = facts.find(from);
  if (it == facts.end())
    return;
  AxisInfo info = it->second;
  facts[to] = std::move(info);
}

int64_t AxisAnalysis::getVectorWidth(Value pointer, Value mask, unsigned dim) const {
  AxisInfo info = get(pointer);
  const AxisFacts &axis = info.axes[dim];
  uint8_t aligned = axis.divisibility > info.unit ? axis.divisibility - info.unit : 0;
  uint8_t width = std::min(axis.contiguity, aligned);
  if (mask)
    width = std::min(width, get(mask).axes[dim].constancy);
  return int64_t(1) << width;
}

void AxisAnalysis::visit(Block &block) {
  for (Operation &op : block)
    visit(&op);
}

void AxisAnalysis::visit(Operation *op) {
  if (isa<scf::ForOp, scf::WhileOp, scf::IfOp>(op))
    return visitLoopLike(op);
  if (llvm::none_of(op->getResultTypes(), isTracked))
    return;
  auto lookup = [&](Value value) { return get(value); };
  for (OpResult result : op->getResults()) {
    AxisInfo info = inferAxisInfo(result, lookup);
    set(result, info.isVisited() ? std::move(info) : unknownOf(result.getType()));
  }
}

void AxisAnalysis::visitLoopLike(Operation *op) {
  // Joins what arrives into `target` and says whether that changed anything.
  auto flow = [&](Value source, Value target) {
    if (!isTracked(target.getType()))
      return false;
    auto it = facts.find(target);
    AxisInfo joined = it == facts.end() ? get(source) : AxisInfo::join(it->second, get(source));
    if (it != facts.end() && it->second == joined)
      return false;
    facts[target] = std::move(joined);
    return true;
  };
  auto flowAll = [&](ValueRange sources, ValueRange targets) {
    bool changed = false;
    for (auto [source, target] : llvm::zip(sources, targets))
      changed |= flow(source, target);
    return changed;
  };
  // An enclosing loop visits more than once: what this operation's values were in the last round is forgotten.
  auto forget = [&](ValueRange values) {
    for (Value value : values)
      facts.erase(value);
  };

  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    forget(loop.getRegionIterArgs());
    forget(loop.getResults());
    AxisInfo lower = get(loop.getLowerBound()), step = get(loop.getStep());
    AxisInfo induction = AxisInfo::unknown(0);
    induction.axes[0].divisibility = std::min(lower.axes[0].divisibility, step.axes[0].divisibility);
    induction.nonNegative = lower.nonNegative && step.nonNegative;
    set(loop.getInductionVar(), std::move(induction));
    flowAll(loop.getInitArgs(), loop.getRegionIterArgs());
    do
      visit(*loop.getBody());
    while (flowAll(loop.getBody()->getTerminator()->getOperands(), loop.getRegionIterArgs()));
    flowAll(loop.getRegionIterArgs(), loop.getResults());
    return;
  }
  if (auto loop = dyn_cast<scf::WhileOp>(op)) {
    forget(loop.getBeforeArguments());
    forget(loop.getAfterArguments());
    forget(loop.getResults());
    flowAll(loop.getInits(), loop.getBeforeArguments());
    do {
      visit(*loop.getBeforeBody());
      flowAll(loop.getConditionOp().getArgs(), loop.getAfterArguments());
      visit(*loop.getAfterBody());
    } while (flowAll(loop.getYieldOp().getOperands(), loop.getBeforeArguments()));
    flowAll(loop.getAfterArguments(), loop.getResults());
    return;
  }
  auto branch = cast<scf::IfOp>(op);
  forget(branch.getResults());
  visit(*branch.thenBlock());
  flowAll(branch.thenYield().getOperands(), branch.getResults());
  if (!branch.elseBlock())
    return;
  visit(*branch.elseBlock());
  flowAll(branch.elseYield().getOperands(), branch.getResults());
}

} // namespace tessera
