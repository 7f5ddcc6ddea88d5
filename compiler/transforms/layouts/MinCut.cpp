//===- MinCut.cpp - Best choice between two options for many nodes at once
//-------------------------------------------------===//
//
// Dinic's maximum flow on the graph of a binary choice; nodes left on the side of the source keep what they have.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===--------------------------------------------------------------------------------------------------------------------===//

#include "compiler/transforms/layouts/MinCut.h"
#include <algorithm>
#include <limits>

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

bool BinaryChoice::buildLevels() {
  levels.assign(arcs.size(), -1);
  levels[source] = 0;
  std::vector<unsigned> queue{source};
  for (size_t head = 0; head < queue.size(); ++head)
    for (const Arc &arc : arcs[queue[head]])
      if (arc.capacity > 0 && levels[arc.to] < 0) {
        levels[arc.to] = levels[queue[head]] + 1;
        queue.push_back(arc.to);
      }
  return levels[sink] >= 0;
}

int64_t BinaryChoice::push(unsigned node, int64_t limit) {
  if (node == sink || limit == 0)
    return limit;
  int64_t pushed = 0;
  for (uint32_t &i = cursors[node]; i < arcs[node].size(); ++i) {
    Arc &arc = arcs[node][i];
    if (arc.capacity == 0 || levels[arc.to] != levels[node] + 1)
      continue;
    int64_t flow = push(arc.to, std::min(limit - pushed, arc.capacity));
    arc.capacity -= flow;
    arcs[arc.to][arc.reverse].capacity += flow;
    pushed += flow;
    if (pushed == limit)
      break;
  }
  return pushed;
}

// Nodes on the source's side keep; an arc a -> b is cut, and paid for, when a keeps and b changes.
llvm::BitVector BinaryChoice::solve() {
  unsigned numNodes = balance.size();
  for (unsigned node = 0; node < numNodes; ++node) {
    if (balance[node] > 0)
      addArc(source, node, balance[node], 0);
    else if (balance[node] < 0)
      addArc(node, sink, -balance[node], 0);
  }
  while (buildLevels()) {
    cursors.assign(arcs.size(), 0);
    while (push(source, std::numeric_limits<int64_t>::max() / 4) > 0)
      ;
  }
  // Levels of the last search say what the source still reaches. What neither side holds may as well keep: it is
  // reached from no side at no price, so ask which nodes still reach the sink and change only those.
  std::vector<char> reachesSink(arcs.size(), 0);
  std::vector<unsigned> queue{sink};
  reachesSink[sink] = 1;
  for (size_t head = 0; head < queue.size(); ++head)
    for (const Arc &arc : arcs[queue[head]])
      if (!reachesSink[arc.to] && arcs[arc.to][arc.reverse].capacity > 0) {
        reachesSink[arc.to] = 1;
        queue.push_back(arc.to);
      }
  llvm::BitVector changes(numNodes);
  for (unsigned node = 0; node < numNodes; ++node)
    if (reachesSink[node])
      changes.set(node);
  return changes;
}

} // namespace tessera
