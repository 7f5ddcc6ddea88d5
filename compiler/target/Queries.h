//===- Queries.h - Questions of the tile dialect to the capability table --*- C++ -*-===//
//
// What passes and lowering ask alike, and must be answered alike, of a target: which instructions a kind of product
// needs, and with which options conversions and accesses to shared memory are planned (memory is set aside by the same
// plan that the lowering carries out).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_TARGET_QUERIES_H
#define TESSERA_COMPILER_TARGET_QUERIES_H

#include "compiler/target/Target.h"
#include "dialect/layout/ConversionPlan.h"
#include "dialect/tile/Tile.h"
#include "mlir/IR/BuiltinOps.h"

namespace tessera {

/// What the instruction of this kind is part of.
Feature featureOf(tile::MmaKind kind);
inline bool hasMma(const Target &target, tile::MmaKind kind) { return target.has(featureOf(kind)); }

/// The target that `tile.target` of the module around `op` names; null if there is none or it is unknown.
const Target *targetOf(mlir::Operation *op);
/// The same, for a pass that cannot do without: where there is none, an error at the module says why.
const Target *requireTarget(mlir::ModuleOp module);
/// What `tile.num_warps` says; nothing after an error at a module that does not.
std::optional<int64_t> requireNumWarps(mlir::ModuleOp module);

/// The bits an element takes in shared memory: i1 eight, pointers 64.
unsigned storageBits(mlir::Type elementType);

ConversionOptions conversionOptions(const Target &target);
/// How a convert_layout is done on `target`.
ConversionPlan planConversionOf(tile::ConvertLayoutOp op, const Target &target);

} // namespace tessera

#endif // TESSERA_COMPILER_TARGET_QUERIES_H
