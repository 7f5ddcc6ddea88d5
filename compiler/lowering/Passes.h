//===- Passes.h - The lowering as a pass ------------------------*- C++ -*-===//
//
// Declares convert-tile-to-nvvm, which Passes.td documents.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_LOWERING_PASSES_H
#define TESSERA_COMPILER_LOWERING_PASSES_H

#include "mlir/Pass/Pass.h"

namespace tessera {

#define GEN_PASS_DECL
#include "compiler/lowering/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/lowering/Passes.h.inc"

/// The module attribute with ten times the PTX version that the lowered code needs.
inline constexpr llvm::StringLiteral kPtxVersionAttr = "tile.ptx_version";

} // namespace tessera

#endif // TESSERA_COMPILER_LOWERING_PASSES_H
