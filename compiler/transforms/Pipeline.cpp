//===- Pipeline.cpp - The order of the passes
//--------------------------------------------------------------------------------===//
//
// What runs between the frontend and the lowering.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===--------------------------------------------------------------------------------------------------------------------===//

#include "compiler/target/Target.h"
#include "compiler/transforms/Passes.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassRegistry.h"

namespace tessera {

namespace {

void addPasses(mlir::OpPassManager &passes) {
  passes.addPass(createSimplifyPass());
  passes.addPass(createCarryBasePointersPass());
  passes.addPass(createLegalizeDotsPass());
  passes.addPass(createAssignLayoutsPass());
  passes.addPass(createEliminateConversionsPass());
  passes.addPass(createStageOperandsPass());
  passes.addPass(createAllocateSharedPass());
  passes.addPass(createInsertBarriersPass());
}

} // namespace

void buildTilePipeline(mlir::OpPassManager &passes, const Target &target) { addPasses(passes); }

void registerTilePassesAndPipeline() {
  registerTilePasses();
  mlir::PassPipelineRegistration<>("tile-pipeline", "all passes from layout-free IR to what the lowering reads",
                                   addPasses);
}

} // namespace tessera
