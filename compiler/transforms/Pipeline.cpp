//===- Pipeline.cpp - The order of the passes -----------------------------===//
//
// What runs between the frontend and the lowering.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/target/Target.h"
#include "compiler/transforms/Passes.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassRegistry.h"

namespace tessera {

namespace {

struct PipelineOptions : public mlir::PassPipelineOptions<PipelineOptions> {
  Option<bool> verify{*this, "verify", llvm::cl::desc("Check the laid-out stage after every pass"),
                      llvm::cl::init(false)};
};

void addPasses(mlir::OpPassManager &passes, bool verify) {
  auto addLaidOut = [&](std::unique_ptr<mlir::Pass> pass) {
    passes.addPass(std::move(pass));
    if (verify)
      passes.addPass(createVerifyLaidOutPass());
  };
  passes.addPass(createSimplifyPass());
  passes.addPass(createCarryBasePointersPass());
  passes.addPass(createLegalizeDotsPass());
  addLaidOut(createAssignLayoutsPass());
  addLaidOut(createEliminateConversionsPass());
  addLaidOut(createStageOperandsPass());
  addLaidOut(createAllocateSharedPass());
  addLaidOut(createInsertBarriersPass());
}

} // namespace

void buildTilePipeline(mlir::OpPassManager &passes, const Target &target) { addPasses(passes, /*verify=*/false); }

void registerTilePassesAndPipeline() {
  registerTilePasses();
  mlir::PassPipelineRegistration<PipelineOptions>(
      "tile-pipeline", "all passes from layout-free IR to what the lowering reads",
      [](mlir::OpPassManager &passes, const PipelineOptions &options) { addPasses(passes, options.verify); });
}

} // namespace tessera
