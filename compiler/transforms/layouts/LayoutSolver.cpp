//===- LayoutSolver.cpp - One layout for every node, at the lowest total cost --===//
//
// Expansion moves over a minimum cut; see the header.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/transforms/layouts/LayoutSolver.h"
#include "compiler/transforms/layouts/MinCut.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>

using namespace mlir;

namespace tessera {

namespace {
constexpr unsigned maxRounds = 4;

uint64_t keyOf(unsigned node, LayoutId layout) { return uint64_t(node) << 32 | uint32_t(layout); }
} // namespace

LayoutSolver::LayoutSolver(LayoutGraph &graph, LayoutTable &layouts, CostModel &costs, const AxisAnalysis &axes,
                           int64_t numWarps)
    : graph(graph), layouts(layouts), costs(costs), axes(axes), numWarps(numWarps) {
  for (const LayoutNode &node : graph.getNodes())
    labels.push_back(getInitialLayout(node, layouts, numWarps));
}

int64_t LayoutSolver::getNodeCost(unsigned node, LayoutId own) {
  const LayoutNode &candidate = graph.getNodes()[node];
  if (!candidate.op)
    return 0;
  auto [it, isNew] = nodeCosts.try_emplace(keyOf(node, own), 0);
  if (isNew)
    it->second = std::min(CostModel::impossible, candidate.weight * costs.getOperationCost(candidate.op, own));
  return it->second;
}

int64_t LayoutSolver::getRecomputeCost(const LayoutEdge &edge, LayoutId demanded) {
  std::optional<double> each = costs.getRecomputeCost(edge.use->get());
  if (!each || demanded == noLayout)
    return CostModel::impossible;
  return 2 + edge.weight * int64_t(std::ceil(*each * double(layouts[demanded].numRegisters())));
}

int64_t LayoutSolver::getEdgeCost(const LayoutEdge &edge, LayoutId from, LayoutId to) {
  LayoutId delivered = graph.getDelivered(edge, from), demanded = graph.getDemanded(edge, to);
  int64_t converting = costs.getConversionCost(delivered, demanded, edge);
  if (delivered == demanded || converting >= CostModel::impossible)
    return converting;
  return std::min(converting, getRecomputeCost(edge, demanded));
}

bool LayoutSolver::shouldRecompute(const LayoutEdge &edge) {
  LayoutId delivered = getDelivered(edge), demanded = getDemanded(edge);
  return getRecomputeCost(edge, demanded) < costs.getConversionCost(delivered, demanded, edge);
}

int64_t LayoutSolver::getTotalCost() {
  int64_t total = 0;
  for (unsigned node = 0; node < labels.size(); ++node)
    total += getNodeCost(node, labels[node]);
  for (const LayoutEdge &edge : graph.getEdges())
    total += getEdgeCost(edge, labels[edge.from], labels[edge.to]);
  return total;
}

// Breadth first, so that what is near the anchor takes the layout that it needs there.
std::vector<LayoutId> LayoutSolver::spread(const LayoutProposal &proposal) {
  std::vector<LayoutId> proposed(labels.size(), noLayout);
  std::vector<unsigned> queue{proposal.node};
  proposed[proposal.node] = proposal.layout;
  for (size_t head = 0; head < queue.size(); ++head) {
    unsigned node = queue[head];
    reached.insert(keyOf(node, proposed[node]));
    for (unsigned number : graph.getNodes()[node].edges) {
      const LayoutEdge &edge = graph.getEdges()[number];
      bool forward = edge.from == node;
      unsigned other = forward ? edge.to : edge.from;
      if (proposed[other] != noLayout)
        continue;
      LayoutId layout = forward ? graph.getUserFor(edge, graph.getDelivered(edge, proposed[node]))
                                : graph.getSourceFor(edge, graph.getDemanded(edge, proposed[node]));
      if (layout == noLayout || getNodeCost(other, layout) >= CostModel::impossible)
        continue;
      proposed[other] = layout;
      queue.push_back(other);
    }
  }
  return proposed;
}

bool LayoutSolver::tryMove(const LayoutProposal &proposal) {
  ++numMoves;
  std::vector<LayoutId> proposed = spread(proposal);
  // Only nodes that would change take part.
  std::vector<int> index(labels.size(), -1);
  std::vector<unsigned> members;
  for (unsigned node = 0; node < labels.size(); ++node)
    if (proposed[node] != noLayout && proposed[node] != labels[node]) {
      index[node] = members.size();
      members.push_back(node);
    }
  if (members.empty())
    return false;

  BinaryChoice choice(members.size());
  for (auto [number, node] : llvm::enumerate(members))
    choice.addNode(number, getNodeCost(node, labels[node]), getNodeCost(node, proposed[node]));
  std::vector<unsigned> touched;
  for (auto [number, edge] : llvm::enumerate(graph.getEdges())) {
    int from = index[edge.from], to = index[edge.to];
    if (from < 0 && to < 0)
      continue;
    touched.push_back(number);
    int64_t keepKeep = getEdgeCost(edge, labels[edge.from], labels[edge.to]);
    if (from >= 0 && to >= 0)
      choice.addPair(from, to, keepKeep, getEdgeCost(edge, labels[edge.from], proposed[edge.to]),
                     getEdgeCost(edge, proposed[edge.from], labels[edge.to]),
                     getEdgeCost(edge, proposed[edge.from], proposed[edge.to]));
    else if (from >= 0)
      choice.addNode(from, keepKeep, getEdgeCost(edge, proposed[edge.from], labels[edge.to]));
    else
      choice.addNode(to, keepKeep, getEdgeCost(edge, labels[edge.from], proposed[edge.to]));
  }
  llvm::BitVector changes = choice.solve();
  if (changes.none())
    return false;

  // Raised pair costs can make the cut see a gain that is none: count again before moving.
  auto labelAfter = [&](unsigned node) {
    return index[node] >= 0 && changes[index[node]] ? proposed[node] : labels[node];
  };
  int64_t gain = 0;
  for (unsigned node : members)
    gain += getNodeCost(node, labels[node]) - getNodeCost(node, labelAfter(node));
  for (unsigned number : touched) {
    const LayoutEdge &edge = graph.getEdges()[number];
    gain += getEdgeCost(edge, labels[edge.from], labels[edge.to]) -
            getEdgeCost(edge, labelAfter(edge.from), labelAfter(edge.to));
  }
  if (gain <= 0)
    return false;
  for (unsigned node : members)
    labels[node] = labelAfter(node);
  ++numImprovements;
  return true;
}

void LayoutSolver::solve() {
  std::vector<LayoutProposal> proposals = getProposals(graph, layouts, axes, numWarps);
  bool improved = true;
  for (unsigned round = 0; round < maxRounds && improved; ++round) {
    improved = false;
    // What an earlier proposal of the round has brought to a node as well need not start from there again.
    reached.clear();
    for (const LayoutProposal &proposal : proposals)
      if (!reached.contains(keyOf(proposal.node, proposal.layout)))
        improved |= tryMove(proposal);
  }
}

} // namespace tessera
