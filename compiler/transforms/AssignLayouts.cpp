//===- AssignLayouts.cpp - Choose which thread holds which element of every tensor --===//
//
// The pass around the solver: reads facts and hints, sets up graph and prices, has the layouts chosen and written into
// the IR.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/analysis/AxisAnalysis.h"
#include "compiler/target/Queries.h"
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/layouts/LayoutRewriter.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Debug.h"

#define DEBUG_TYPE "tile-assign-layouts"

using namespace mlir;

namespace tessera {

#define GEN_PASS_DEF_ASSIGNLAYOUTSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// Hints have been read: what they promise is from here on known of the value itself.
void dropHints(func::FuncOp function, AxisAnalysis &axes) {
  function.walk([&](tile::HintOp hint) {
    axes.copy(hint.getResult(), hint.getSource());
    hint.getResult().replaceAllUsesWith(hint.getSource());
    hint.erase();
  });
}

class AssignLayoutsPass : public impl::AssignLayoutsPassBase<AssignLayoutsPass> {
public:
  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::optional<int64_t> numWarps = requireNumWarps(module);
    if (!numWarps)
      return signalPassFailure();
    for (auto function : module.getOps<func::FuncOp>())
      if (!function.isExternal() && failed(assign(function, *numWarps)))
        return signalPassFailure();
  }

private:
  LogicalResult assign(func::FuncOp function, int64_t numWarps) {
    for (Type type : llvm::concat<const Type>(function.getArgumentTypes(), function.getResultTypes()))
      if (isa<RankedTensorType>(type))
        return function.emitError("expected a kernel whose parameters are scalars and pointers, got ") << type;
    WalkResult laidOut = function.walk([](Operation *op) {
      for (Type type : op->getResultTypes())
        if (auto tensor = dyn_cast<RankedTensorType>(type); tensor && tensor.getEncoding()) {
          op->emitError("expected a tensor without a layout, got ") << type;
          return WalkResult::interrupt();
        }
      return WalkResult::advance();
    });
    if (laidOut.wasInterrupted())
      return failure();

    AxisAnalysis axes(function);
    dropHints(function, axes);
    LayoutTable layouts;
    LayoutGraph graph(function, layouts);
    CostModel costs(layouts, axes);
    LayoutSolver solver(graph, layouts, costs, axes, numWarps);
    solver.solve();
    LLVM_DEBUG(llvm::dbgs() << graph.getNodes().size() << " nodes, " << graph.getEdges().size() << " edges, "
                            << layouts.size() << " layouts, cost " << solver.getTotalCost() << "\n");
    LayoutRewriter rewriter(function, graph, layouts, solver, axes);
    rewriter.rewrite();
    numConversions += rewriter.getNumConversions();
    numRecomputed += rewriter.getNumRecomputed();
    numMoves += solver.getNumMoves();
    numImprovements += solver.getNumImprovements();
    return success();
  }
};

} // namespace
} // namespace tessera
