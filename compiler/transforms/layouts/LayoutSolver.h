//===- LayoutSolver.h - One layout for every node, at the lowest total cost --*- C++ -*-===//
//
// Chooses all layouts of a function together.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The total cost of a choice is the sum over nodes (executing the operation in its layout) and edges (bringing what is
// delivered into what is demanded, by conversion or by recomputing), each times how often it is executed. Finding the
// minimum is hard in general; what makes it easy in practice is that good choices are made of few ideas: "everything as
// the load likes it", "everything as this dot on that grid of warps leaves it".
//
// So the solver takes one idea after the other (a proposal: a layout for one anchor), spreads it along the edges in
// both directions as far as the rules determine it, and then asks which of the reached nodes should take it over, all
// the others staying as they are. That question has an exact answer, a minimum cut. Each move lowers the total cost or
// is not made; the rounds end when no proposal helps. (Expansion moves after Boykov, Veksler, Zabih 2001.)
//
// Because a proposal spreads through loops, transposes, reductions and from the accumulator of one dot to the operand
// of the next, chains of operations switch as a whole: there is no local minimum in which each of them alone would be
// worse off.
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_TRANSFORMS_LAYOUTS_LAYOUTSOLVER_H
#define TESSERA_COMPILER_TRANSFORMS_LAYOUTS_LAYOUTSOLVER_H

#include "compiler/transforms/layouts/Anchors.h"
#include "compiler/transforms/layouts/CostModel.h"
#include "compiler/transforms/layouts/LayoutGraph.h"
#include "llvm/ADT/DenseSet.h"

namespace tessera {

class LayoutSolver {
public:
  LayoutSolver(LayoutGraph &graph, LayoutTable &layouts, CostModel &costs, const AxisAnalysis &axes, int64_t numWarps);

  /// Chooses; afterwards `getLayout` answers.
  void solve();

  LayoutId getLayout(unsigned node) const { return labels[node]; }
  /// What the edge brings, what it should bring, and whether recomputing the value is the cheapest way to get there.
  LayoutId getDelivered(const LayoutEdge &edge) { return graph.getDelivered(edge, labels[edge.from]); }
  LayoutId getDemanded(const LayoutEdge &edge) { return graph.getDemanded(edge, labels[edge.to]); }
  bool shouldRecompute(const LayoutEdge &edge);

  int64_t getTotalCost();
  /// Moves tried and made.
  unsigned getNumMoves() const { return numMoves; }
  unsigned getNumImprovements() const { return numImprovements; }

private:
  std::vector<LayoutId> spread(const LayoutProposal &proposal);
  bool tryMove(const LayoutProposal &proposal);
  int64_t getNodeCost(unsigned node, LayoutId own);
  int64_t getEdgeCost(const LayoutEdge &edge, LayoutId from, LayoutId to);
  int64_t getRecomputeCost(const LayoutEdge &edge, LayoutId demanded);

  LayoutGraph &graph;
  LayoutTable &layouts;
  CostModel &costs;
  const AxisAnalysis &axes;
  int64_t numWarps;
  std::vector<LayoutId> labels;
  llvm::DenseMap<uint64_t, int64_t> nodeCosts;
  llvm::DenseSet<uint64_t> reached;
  unsigned numMoves = 0, numImprovements = 0;
};

} // namespace tessera

#endif // TESSERA_COMPILER_TRANSFORMS_LAYOUTS_LAYOUTSOLVER_H
