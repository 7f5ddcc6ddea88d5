//===- Simplify.cpp - Canonicalise, merge equal operations, hoist what loops do not change --===//
//
// The clean-up before layouts are chosen: the fewer operations, the less there is to decide, to lower and to optimise.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/transforms/Passes.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"

using namespace mlir;

namespace tessera {

#define GEN_PASS_DEF_SIMPLIFYPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

bool isZero(Value value) {
  if (auto splat = value.getDefiningOp<tile::SplatOp>())
    value = splat.getSource();
  return matchPattern(value, m_AnyZeroFloat()) || matchPattern(value, m_Zero());
}

/// dot(a, b, 0) + c ==> dot(a, b, c)
template <typename AddOp> struct AccumulateInDot : public OpRewritePattern<AddOp> {
  using OpRewritePattern<AddOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp add, PatternRewriter &rewriter) const override {
    for (auto [sum, other] : {std::pair(add.getLhs(), add.getRhs()), std::pair(add.getRhs(), add.getLhs())}) {
      auto dot = sum.template getDefiningOp<tile::DotOp>();
      if (!dot || !dot->hasOneUse() || dot->getBlock() != add->getBlock() || !isZero(dot.getAcc()))
        continue;
      rewriter.replaceOpWithNewOp<tile::DotOp>(add, dot.getA(), dot.getB(), other, dot.getPrecision(),
                                               dot.getMaxImpreciseAcc());
      return success();
    }
    return rewriter.notifyMatchFailure(add, "no operand is a dot with zero accumulator and no other use");
  }
};

class SimplifyPass : public impl::SimplifyPassBase<SimplifyPass> {
public:
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    for (Dialect *dialect : context->getLoadedDialects())
      dialect->getCanonicalizationPatterns(set);
    for (RegisteredOperationName name : context->getRegisteredOperations())
      name.getCanonicalizationPatterns(set, context);
    set.add<AccumulateInDot<arith::AddFOp>, AccumulateInDot<arith::AddIOp>>(context);
    patterns = FrozenRewritePatternSet(std::move(set));
    return success();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    GreedyRewriteConfig config;
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    config.enableFolding();
    config.setUseTopDownTraversal(true);
    // Patterns that do not converge leave valid IR: go on with that.
    (void)applyPatternsGreedily(module, patterns, config);
    IRRewriter rewriter(module.getContext());
    DominanceInfo dominance(module);
    eliminateCommonSubExpressions(rewriter, dominance, module);
    module.walk([](LoopLikeOpInterface loop) { moveLoopInvariantCode(loop); });
  }

private:
  FrozenRewritePatternSet patterns;
};

} // namespace
} // namespace tessera
