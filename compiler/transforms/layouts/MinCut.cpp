//===- MinCut.cpp - Best choice between two options for many nodes at once --===//
//
// Push-relabel on the graph of a binary choice (Goldberg, Tarjan 1988): a preflow is pushed towards the sink until
// nothing more gets there, which is all that a minimum cut needs. Heights are set anew by breadth-first search now and
// then, so that what cannot reach the sink is given up at once.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/transforms/layouts/MinCut.h"
#include <algorithm>

namespace tessera {

BinaryChoice::BinaryChoice(unsigned numNodes)
    : source(numNodes), sink(numNodes + 1), balance(numNodes, 0), arcs(numNodes + 2) {}

void BinaryChoice::addNode(unsigned node, int64_t keep, int64_t change) { balance[node] += change - keep; }

void BinaryChoice::addPair(unsigned a, unsigned b, int64_t keepKeep, int64_t keepChange, int64_t changeKeep,
                           int64_t changeChange) {
  int64_t lack = keepKeep + changeChange - keepChange - changeKeep;
  if (lack > 0) {
    keepChange += (lack + 1) / 2;
    changeKeep += (lack + 1) / 2;
  }
  // E(a, b) = const + a (changeKeep - keepKeep) + b (changeChange - changeKeep) + (1 - a) b (keepChange + changeKeep -
  // keepKeep - changeChange)
  balance[a] += changeKeep - keepKeep;
  balance[b] += changeChange - changeKeep;
  int64_t disagreement = keepChange + changeKeep - keepKeep - changeChange;
  if (disagreement > 0)
    addArc(a, b, disagreement, 0);
}

void BinaryChoice::addArc(unsigned from, unsigned to, int64_t capacity, int64_t back) {
  arcs[from].push_back({to, uint32_t(arcs[to].size()), capacity});
  arcs[to].push_back({from, uint32_t(arcs[from].size() - 1), back});
}

// Distances to the sink along arcs that still take something; the number of nodes for what cannot reach it.
void BinaryChoice::findHeights() {
  uint32_t unreachable = arcs.size();
  heights.assign(arcs.size(), unreachable);
  heights[sink] = 0;
  std::vector<unsigned> queue{sink};
  for (size_t head = 0; head < queue.size(); ++head)
    for (const Arc &arc : arcs[queue[head]])
      if (heights[arc.to] == unreachable && arc.to != source && arcs[arc.to][arc.reverse].capacity > 0) {
        heights[arc.to] = heights[queue[head]] + 1;
        queue.push_back(arc.to);
      }
  numRelabels = 0;
  active.clear();
  for (unsigned node = 0; node < source; ++node) {
    cursors[node] = 0;
    if (excess[node] > 0 && heights[node] < unreachable)
      active.push_back(node);
  }
}

void BinaryChoice::discharge(unsigned node) {
  uint32_t unreachable = arcs.size();
  while (excess[node] > 0 && heights[node] < unreachable) {
    if (cursors[node] == arcs[node].size()) {
      uint32_t lowest = unreachable;
      for (const Arc &arc : arcs[node])
        if (arc.capacity > 0 && arc.to != source)
          lowest = std::min(lowest, heights[arc.to] + 1);
      heights[node] = lowest;
      cursors[node] = 0;
      ++numRelabels;
      continue;
    }
    Arc &arc = arcs[node][cursors[node]];
    if (arc.capacity == 0 || arc.to == source || heights[node] != heights[arc.to] + 1) {
      ++cursors[node];
      continue;
    }
    int64_t pushed = std::min(excess[node], arc.capacity);
    arc.capacity -= pushed;
    arcs[arc.to][arc.reverse].capacity += pushed;
    excess[node] -= pushed;
    if (arc.to != sink && excess[arc.to] == 0)
      active.push_back(arc.to);
    excess[arc.to] += pushed;
  }
}

// Nodes on the source's side keep; an arc a -> b is cut, and paid for, when a keeps and b changes.
llvm::BitVector BinaryChoice::solve() {
  unsigned numNodes = balance.size();
  excess.assign(arcs.size(), 0);
  cursors.assign(arcs.size(), 0);
  for (unsigned node = 0; node < numNodes; ++node) {
    excess[node] = std::max<int64_t>(balance[node], 0);
    if (balance[node] < 0)
      addArc(node, sink, -balance[node], 0);
  }
  findHeights();
  for (size_t head = 0; head < active.size(); ++head) {
    discharge(active[head]);
    if (numRelabels > arcs.size()) {
      findHeights();
      head = size_t(-1);
    }
  }
  // What no longer reaches the sink keeps; so does what costs the same either way.
  findHeights();
  llvm::BitVector changes(numNodes);
  for (unsigned node = 0; node < numNodes; ++node)
    if (heights[node] < arcs.size())
      changes.set(node);
  return changes;
}

} // namespace tessera
