//===- Passes.h - Passes on the tile dialect --------------------*- C++ -*-===//
//
// Declares the passes of Passes.td, which documents them, and the pipeline they form.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_TRANSFORMS_PASSES_H
#define TESSERA_COMPILER_TRANSFORMS_PASSES_H

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace tessera {

class Target;

#define GEN_PASS_DECL
#include "compiler/transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/transforms/Passes.h.inc"

/// Adds all passes that take what the frontend emits to what the lowering to NVVM reads, in order:
///
///     tile-simplify               canonical forms, fewer operations
///     tile-carry-base-pointers    loops carry scalars for tensors of pointers
///     tile-legalize-dots          an instruction for each dot
///     tile-assign-layouts         layout-free → laid out
///     tile-eliminate-conversions  fewer and narrower conversions
///     tile-stage-operands         operands of products through shared memory
///     tile-allocate-shared        where in shared memory
///     tile-insert-barriers        and in which order
///
/// `target` is what the module's `tile.target` names.
void buildTilePipeline(mlir::OpPassManager &passes, const Target &target);

/// Registers all passes, and the pipeline as `tile-pipeline`, for command lines.
void registerTilePassesAndPipeline();

} // namespace tessera

#endif // TESSERA_COMPILER_TRANSFORMS_PASSES_H
