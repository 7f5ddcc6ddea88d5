//===- TileDialect.h - The dialect itself ----------------------------------===//
//
// Declares TileDialect, which a context must load to parse or build anything of the dialect, and the names of its
// discardable attributes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_DIALECT_TILE_TILEDIALECT_H
#define TESSERA_DIALECT_TILE_TILEDIALECT_H

#include "mlir/IR/Dialect.h"

#include "dialect/tile/TileDialect.h.inc"

#endif // TESSERA_DIALECT_TILE_TILEDIALECT_H
