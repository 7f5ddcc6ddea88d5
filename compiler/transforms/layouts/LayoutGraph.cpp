//===- LayoutGraph.cpp - Operations to lay out and the values between them --===//
//
// Builds the graph from a function, and maps layouts along its edges by the rules of LayoutRules.h.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/transforms/layouts/LayoutGraph.h"
#include "compiler/analysis/DotLayouts.h"
#include "compiler/transforms/layouts/CostModel.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tessera {

LayoutGraph::LayoutGraph(FunctionOpInterface function, LayoutTable &layouts) : layouts(layouts) {
  Block &body = function.getFunctionBody().front();
  body.walk<WalkOrder::PreOrder>([&](Operation *op) {
    return addNodes(op), isa<tile::ReduceOp, tile::ScanOp>(op) ? WalkResult::skip() : WalkResult::advance();
  });
  body.walk<WalkOrder::PreOrder>([&](Operation *op) {
    return addEdges(op), isa<tile::ReduceOp, tile::ScanOp>(op) ? WalkResult::skip() : WalkResult::advance();
  });
}

std::optional<unsigned> LayoutGraph::getNode(Value value) const {
  auto it = owners.find(value);
  return it == owners.end() ? std::nullopt : std::optional<unsigned>(it->second);
}

unsigned LayoutGraph::addNode(Operation *op, RankedTensorType type, Block *block) {
  LayoutNode node;
  node.op = op;
  node.type = type;
  node.weight = CostModel::getWeight(block);
  if (op)
    node.role = getLayoutRole(op);
  nodes.push_back(std::move(node));
  return nodes.size() - 1;
}

// One node for each tensor; `others` are the same values seen from elsewhere.
void LayoutGraph::addCarried(ValueRange values, ValueRange others) {
  for (auto [index, value] : llvm::enumerate(values)) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      continue;
    unsigned node = addNode(nullptr, type, value.getParentBlock());
    owners[value] = node;
    nodes[node].values.push_back(value);
    if (others.empty())
      continue;
    owners[others[index]] = node;
    nodes[node].values.push_back(others[index]);
  }
}

void LayoutGraph::addNodes(Operation *op) {
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return addCarried(loop.getRegionIterArgs(), loop.getResults());
  if (auto loop = dyn_cast<scf::WhileOp>(op)) {
    addCarried(loop.getBeforeArguments(), {});
    return addCarried(loop.getAfterArguments(), loop.getResults());
  }
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return addCarried(branch.getResults(), {});
  RankedTensorType type = getOwnType(op);
  if (!type)
    return;
  unsigned node = addNode(op, type, op->getBlock());
  operations[op] = node;
  if (nodes[node].role == LayoutRole::Histogram)
    return addCarried(op->getResults(), {});
  for (Value result : op->getResults())
    if (isa<RankedTensorType>(result.getType()))
      owners[result] = node;
}

void LayoutGraph::addEdge(OpOperand &use, unsigned to) {
  auto owner = owners.find(use.get());
  if (owner == owners.end() || owner->second == to)
    return;
  LayoutEdge edge;
  edge.from = owner->second;
  edge.to = to;
  edge.use = &use;
  if (nodes[edge.from].op)
    edge.result = cast<OpResult>(use.get()).getResultNumber();
  edge.bits = tile::getBitWidth(use.get().getType());
  edge.weight = CostModel::getWeight(use.get().getParentBlock());
  if (nodes[to].role == LayoutRole::Dot && use.getOperandNumber() < 2)
    edge.readWeight = nodes[to].weight;
  Operation *producer = use.get().getDefiningOp();
  while (isa_and_nonnull<tile::TransOp>(producer))
    producer = producer->getOperand(0).getDefiningOp();
  edge.isLoaded = isa_and_nonnull<tile::LoadOp>(producer);
  unsigned number = edges.size();
  nodes[edge.from].edges.push_back(number);
  nodes[edge.to].edges.push_back(number);
  edges.push_back(edge);
}

void LayoutGraph::addFlow(MutableArrayRef<OpOperand> uses, ValueRange targets) {
  for (auto [use, target] : llvm::zip(uses, targets))
    if (auto owner = owners.find(target); owner != owners.end())
      addEdge(use, owner->second);
}

void LayoutGraph::addEdges(Operation *op) {
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return addFlow(loop.getInitArgsMutable(), loop.getRegionIterArgs());
  if (auto loop = dyn_cast<scf::WhileOp>(op))
    return addFlow(loop.getInitsMutable(), loop.getBeforeArguments());
  if (auto condition = dyn_cast<scf::ConditionOp>(op))
    return addFlow(condition.getArgsMutable(), cast<scf::WhileOp>(op->getParentOp()).getResults());
  if (auto yield = dyn_cast<scf::YieldOp>(op)) {
    if (auto loop = dyn_cast<scf::ForOp>(op->getParentOp()))
      return addFlow(yield->getOpOperands(), loop.getRegionIterArgs());
    if (auto loop = dyn_cast<scf::WhileOp>(op->getParentOp()))
      return addFlow(yield->getOpOperands(), loop.getBeforeArguments());
    return addFlow(yield->getOpOperands(), op->getParentOp()->getResults());
  }
  auto node = operations.find(op);
  if (node == operations.end())
    return;
  for (OpOperand &use : op->getOpOperands())
    if (isa<RankedTensorType>(use.get().getType()) && !takesAnyLayout(op, use.getOperandNumber()))
      addEdge(use, node->second);
}

template <typename Function>
LayoutId LayoutGraph::remember(unsigned which, unsigned node, unsigned index, LayoutId layout, Function compute) {
  auto key = std::pair<uint64_t, uint64_t>(uint64_t(node) << 32 | index << 2 | which, uint64_t(uint32_t(layout)));
  auto [it, isNew] = memory.try_emplace(key, noLayout);
  if (!isNew)
    return it->second;
  LayoutId result = layouts.intern(compute(layouts[layout]));
  memory[key] = result;
  return result;
}

LayoutId LayoutGraph::getResult(unsigned number, unsigned index, LayoutId own) {
  const LayoutNode &node = nodes[number];
  if (!node.op || node.role == LayoutRole::Elementwise || own == noLayout)
    return own;
  return remember(0, number, index, own,
                  [&](const LinearLayout &layout) { return getResultLayout(node.op, index, layout); });
}

LayoutId LayoutGraph::getDemanded(const LayoutEdge &edge, LayoutId own) {
  const LayoutNode &node = nodes[edge.to];
  if (!node.op || node.role == LayoutRole::Elementwise || own == noLayout)
    return own;
  unsigned index = edge.use->getOperandNumber();
  return remember(1, edge.to, index, own,
                  [&](const LinearLayout &layout) { return getOperandLayout(node.op, index, layout); });
}

LayoutId LayoutGraph::getSourceFor(const LayoutEdge &edge, LayoutId layout) {
  const LayoutNode &node = nodes[edge.from];
  if (!node.op || node.role == LayoutRole::Elementwise || layout == noLayout)
    return layout;
  return remember(2, edge.from, edge.result, layout,
                  [&](const LinearLayout &delivered) { return getOwnFromResult(node.op, edge.result, delivered); });
}

LayoutId LayoutGraph::getUserFor(const LayoutEdge &edge, LayoutId layout) {
  const LayoutNode &node = nodes[edge.to];
  if (!node.op || node.role == LayoutRole::Elementwise || layout == noLayout)
    return layout;
  unsigned index = edge.use->getOperandNumber();
  return remember(3, edge.to, index, layout, [&](const LinearLayout &demanded) -> std::optional<LinearLayout> {
    if (node.role != LayoutRole::Dot || index == 2)
      return getOwnFromOperand(node.op, index, demanded);
    // The accumulator whose operand is this one up to the order of registers: how the result of one dot becomes an
    // operand of the next for free.
    for (const LinearLayout &accumulator : getAccumulatorLayouts(node.op, demanded.inSize(Dim::Warp))) {
      std::optional<LinearLayout> operand = getDotOperandLayout(node.op, index, accumulator);
      if (operand && classifyConversion(demanded, *operand) <= MoveKind::Registers)
        return accumulator;
    }
    return std::nullopt;
  });
}

} // namespace tessera
