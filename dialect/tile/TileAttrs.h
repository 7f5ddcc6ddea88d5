//===- TileAttrs.h - Layout attributes and enumerations --------------------===//
//
// `#tile.layout` and `#tile.shared` carry a LinearLayout; equal maps are the same attribute, so comparing two layouts
// compares two pointers. `getLayout()` returns the map.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_DIALECT_TILE_TILEATTRS_H
#define TESSERA_DIALECT_TILE_TILEATTRS_H

#include "dialect/layout/LinearLayout.h"
#include "dialect/tile/TileDialect.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/TensorEncoding.h"
#include "llvm/ADT/Hashing.h"

namespace tessera {
/// For LLVM's hash tables, found by argument-dependent lookup.
inline llvm::hash_code hash_value(const LinearLayout &layout) { return layout.hash(); }
} // namespace tessera

#include "dialect/tile/TileEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialect/tile/TileAttrs.h.inc"

namespace tessera::tile {

/// Whether two layouts put the same elements into each thread, in whatever order of its registers and with whatever
/// copies in them: going from one to the other then renames registers and moves nothing.
bool equalUpToRegisters(const LinearLayout &a, const LinearLayout &b);

/// `16x8`
std::string shapeToString(llvm::ArrayRef<int64_t> shape);

/// Shape of a tensor-core instruction.
struct MmaShape {
  int64_t m, n, k;
};
MmaShape getMmaShape(MmaKind kind);

} // namespace tessera::tile

#endif // TESSERA_DIALECT_TILE_TILEATTRS_H
