//===- Ptx.h - LLVM dialect to PTX text -------------------------*- C++ -*-===//
//
// The last part of the way: a module of LLVM and NVVM dialect ops becomes LLVM IR, goes through a short list of
// optimisations, and comes out of LLVM's NVPTX back end as text.
//
// The list is short on purpose. The lowering hands over code that is already in registers, with loops already rotated
// and addresses already split into base and offset, so what O3 would add is mostly its own running time:
//
//   sroa → early-cse → instcombine (one iteration) → simplifycfg → licm → early-cse<memssa> → instcombine → adce
//
// Every function here may run in several threads at once, each with an MLIRContext of its own.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_CODEGEN_PTX_H
#define TESSERA_COMPILER_CODEGEN_PTX_H

#include "compiler/target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <string>

namespace tessera {

struct PtxOptions {
  const Target *target = nullptr;
  /// PTX version times ten, at least the target's own.
  unsigned ptxVersion = 0;
  /// Whether a product and a sum may become one fused multiply-add.
  bool fpContract = true;
  /// Whether to run the optimisations; off only to look at what the lowering makes.
  bool optimize = true;
  /// Which texts the caller wants besides the PTX.
  bool wantLlvmIr = false;
};

struct PtxResult {
  std::string ptx;
  /// LLVM IR after the optimisations; empty unless asked for.
  std::string llvmIr;
};

/// Called with a stage's name and its time in milliseconds when the stage ends.
using StageTimer = llvm::function_ref<void(llvm::StringRef, double)>;

/// Compiles a module of LLVM and NVVM dialect ops. What goes wrong is emitted as a diagnostic on the module, or at the
/// op the fault belongs to where LLVM says so.
mlir::FailureOr<PtxResult> emitPtx(mlir::ModuleOp module, const PtxOptions &options, StageTimer onStage);

/// Registers the translations of the dialects that `emitPtx` reads.
void registerPtxTranslations(mlir::DialectRegistry &registry);

} // namespace tessera

#endif // TESSERA_COMPILER_CODEGEN_PTX_H
