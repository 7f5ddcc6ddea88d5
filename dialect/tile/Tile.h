//===- Tile.h - The tile dialect -------------------------------------------===//
//
// Everything of the dialect. `tessera::tile` has the operations (LoadOp, DotOp, ...), types (PointerType, BufferType),
// attributes (LayoutAttr, SharedAttr) and enumerations (RmwKind, ...); the TableGen files beside this header document
// each of them.
//
//     OpBuilder b = ...;
//     Value i = tile::ArangeOp::create(b, loc, 0, 128);                       // tensor<128xi32>
//     Value p = tile::AddPtrOp::create(b, loc, pointers, i);                  // type of pointers
//     Value x = tile::LoadOp::create(b, loc, p, mask, other);                 // mask and other may be null
//     auto sum = tile::ReduceOp::create(b, loc, ValueRange{x}, /*axis=*/0);
//     Block *combine = sum.createCombineBlock();                              // arguments acc..., cur...
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_DIALECT_TILE_TILE_H
#define TESSERA_DIALECT_TILE_TILE_H

#include "dialect/tile/TileAttrs.h"
#include "dialect/tile/TileDialect.h"
#include "dialect/tile/TileOps.h"
#include "dialect/tile/TileTypes.h"

#endif // TESSERA_DIALECT_TILE_TILE_H
