//===- MinCutTest.cpp - The cheapest of all choices, against trying every one --===//
//
// Small random problems, solved by minimum cut and by enumeration.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/transforms/layouts/MinCut.h"
#include "gtest/gtest.h"
#include <random>

using namespace tessera;

namespace {

struct Pair {
  unsigned a, b;
  int64_t keepKeep, keepChange, changeKeep, changeChange;
};

int64_t costOf(unsigned choice, const std::vector<std::pair<int64_t, int64_t>> &nodes, const std::vector<Pair> &pairs) {
  int64_t cost = 0;
  for (unsigned node = 0; node < nodes.size(); ++node)
    cost += choice >> node & 1 ? nodes[node].second : nodes[node].first;
  for (const Pair &pair : pairs) {
    bool a = choice >> pair.a & 1, b = choice >> pair.b & 1;
    cost += a ? (b ? pair.changeChange : pair.changeKeep) : (b ? pair.keepChange : pair.keepKeep);
  }
  return cost;
}

TEST(BinaryChoice, FindsTheCheapest) {
  std::mt19937 random(1);
  for (unsigned round = 0; round < 500; ++round) {
    unsigned numNodes = 1 + random() % 9;
    BinaryChoice choice(numNodes);
    std::vector<std::pair<int64_t, int64_t>> nodes;
    for (unsigned node = 0; node < numNodes; ++node) {
      nodes.push_back({random() % 20, random() % 20});
      choice.addNode(node, nodes[node].first, nodes[node].second);
    }
    std::vector<Pair> pairs;
    for (unsigned count = numNodes > 1 ? random() % 16 : 0; count > 0; --count) {
      unsigned a = random() % numNodes, b = random() % numNodes;
      if (a == b)
        continue;
      // Agreement is never dearer than disagreement here: the exact case.
      Pair pair{
          a, b, int64_t(random() % 5), 5 + int64_t(random() % 20), 5 + int64_t(random() % 20), int64_t(random() % 5)};
      pairs.push_back(pair);
      choice.addPair(a, b, pair.keepKeep, pair.keepChange, pair.changeKeep, pair.changeChange);
    }
    llvm::BitVector changes = choice.solve();
    unsigned found = 0;
    for (unsigned node : changes.set_bits())
      found |= 1u << node;
    int64_t best = INT64_MAX;
    for (unsigned all = 0; all < 1u << numNodes; ++all)
      best = std::min(best, costOf(all, nodes, pairs));
    ASSERT_EQ(costOf(found, nodes, pairs), best) << "round " << round;
  }
}

TEST(BinaryChoice, KeepsWhatCostsTheSame) {
  BinaryChoice choice(2);
  choice.addNode(0, 3, 3);
  choice.addPair(0, 1, 0, 5, 5, 0);
  EXPECT_TRUE(choice.solve().none());
}

} // namespace
