//===- EliminateConversions.cpp - Fold, merge and sink layout conversions --===//
//
// Tidies up after layouts have been written into the IR: what that did edge by edge is seen here as a whole.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/transforms/Passes.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/CSE.h"

using namespace mlir;

namespace tessera {

#define GEN_PASS_DEF_ELIMINATECONVERSIONSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// A conversion of a conversion starts from the first source; one back to where the value came from is that value.
bool foldChain(tile::ConvertLayoutOp op) {
  Value source = op.getSource();
  while (auto earlier = source.getDefiningOp<tile::ConvertLayoutOp>())
    source = earlier.getSource();
  if (source.getType() == op.getType()) {
    op.getResult().replaceAllUsesWith(source);
    op.erase();
    return true;
  }
  bool changed = source != op.getSource();
  op.getSourceMutable().set(source);
  return changed;
}

/// The innermost block of the branches below `op`'s block that holds all its users, without going into loops: where a
/// conversion that only one branch needs is made.
Block *findUserBlock(Operation *op) {
  Block *home = op->getBlock(), *block = nullptr;
  for (Operation *user : op->getUsers()) {
    Block *candidate = user->getBlock();
    // Climb out of loops, up to the block that is entered by branches alone.
    Block *best = candidate;
    for (Block *walk = candidate; walk != home;) {
      Operation *parent = walk->getParentOp();
      walk = parent->getBlock();
      if (!isa<scf::IfOp>(parent))
        best = walk;
    }
    if (block && block != best)
      return nullptr;
    block = best;
  }
  return block == home ? nullptr : block;
}

class EliminateConversionsPass : public impl::EliminateConversionsPassBase<EliminateConversionsPass> {
public:
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<tile::ConvertLayoutOp> conversions;
    module.walk([&](tile::ConvertLayoutOp op) { conversions.push_back(op); });
    size_t before = conversions.size();
    for (tile::ConvertLayoutOp op : conversions)
      foldChain(op);
    IRRewriter rewriter(module.getContext());
    DominanceInfo dominance(module);
    eliminateCommonSubExpressions(rewriter, dominance, module);

    conversions.clear();
    module.walk<WalkOrder::PostOrder, ReverseIterator>([&](tile::ConvertLayoutOp op) { conversions.push_back(op); });
    size_t after = 0;
    for (tile::ConvertLayoutOp op : conversions) {
      if (isOpTriviallyDead(op)) {
        op.erase();
        continue;
      }
      ++after;
      Block *block = findUserBlock(op);
      if (!block)
        continue;
      Operation *first = nullptr;
      for (Operation *user : op->getUsers()) {
        Operation *ancestor = block->findAncestorOpInBlock(*user);
        if (!first || ancestor->isBeforeInBlock(first))
          first = ancestor;
      }
      op->moveBefore(first);
    }
    numEliminated += before - after;
  }
};

} // namespace
} // namespace tessera
