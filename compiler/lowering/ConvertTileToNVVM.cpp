//===- ConvertTileToNVVM.cpp - The lowering as a pass ---------------------===//
//
// Finds the target and lowers every kernel of the module.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"
#include "compiler/lowering/Passes.h"
#include "compiler/target/Queries.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace tessera {

#define GEN_PASS_DEF_CONVERTTILETONVVMPASS
#include "compiler/lowering/Passes.h.inc"

namespace {

struct ConvertTileToNVVMPass : impl::ConvertTileToNVVMPassBase<ConvertTileToNVVMPass> {
  using ConvertTileToNVVMPassBase::ConvertTileToNVVMPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    const Target *target = requireTarget(module);
    if (!target)
      return signalPassFailure();
    unsigned ptxVersion = target->basePtxVersion;
    for (auto kernel : llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      Lowering lowering(&getContext(), *target, module, lineInfo);
      if (failed(lowering.lowerKernel(kernel)))
        return signalPassFailure();
      ptxVersion = std::max(ptxVersion, lowering.ptxVersion);
    }
    module->setAttr(kPtxVersionAttr, IntegerAttr::get(IntegerType::get(&getContext(), 32), ptxVersion));
  }
};

} // namespace
} // namespace tessera
