//===- MinCut.h - Best choice between two options for many nodes at once --*- C++ -*-===//
//
// Every node either keeps what it has or switches; both have a price, and so has disagreement between neighbours. The
// cheapest choice for all nodes together is a minimum cut (Greig, Porteous, Seheult 1989; the reduction of pairwise
// terms after Kolmogorov and Zabih 2004).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_TRANSFORMS_LAYOUTS_MINCUT_H
#define TESSERA_COMPILER_TRANSFORMS_LAYOUTS_MINCUT_H

#include "llvm/ADT/BitVector.h"
#include <cstdint>
#include <vector>

namespace tessera {

/// Collects prices, then finds the cheapest choice. Prices are non-negative.
class BinaryChoice {
public:
  explicit BinaryChoice(unsigned numNodes);

  /// Node `node` costs `keep` or `change`.
  void addNode(unsigned node, int64_t keep, int64_t change);
  /// The pair costs `keepKeep` ... `changeChange`, the first word being for `a`. Where the four do not form a
  /// submodular term (agreement dearer than disagreement), the mixed ones are raised until they do: the choice is then
  /// cautious, not wrong.
  void addPair(unsigned a, unsigned b, int64_t keepKeep, int64_t keepChange, int64_t changeKeep, int64_t changeChange);

  /// The nodes that change in the cheapest choice.
  llvm::BitVector solve();

private:
  struct Arc {
    uint32_t to;
    uint32_t reverse;
    int64_t capacity;
  };
  void addArc(unsigned from, unsigned to, int64_t capacity, int64_t back);
  void findHeights();
  void discharge(unsigned node);

  unsigned source, sink;
  /// What changing costs more than keeping, node by node.
  std::vector<int64_t> balance;
  std::vector<std::vector<Arc>> arcs;
  /// What has arrived at a node and not left it, how far it is from the sink, and the arc to try next.
  std::vector<int64_t> excess;
  std::vector<uint32_t> heights, cursors;
  std::vector<unsigned> active;
  unsigned numRelabels = 0;
};

} // namespace tessera

#endif // TESSERA_COMPILER_TRANSFORMS_LAYOUTS_MINCUT_H
