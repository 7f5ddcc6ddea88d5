//===- TileTypes.h - Types and questions about them ------------------------===//
//
// PointerType and BufferType, and the questions that operations ask about the types of values. A *value* is a scalar
// (integer of 1, 8, 16, 32 or 64 bits, float, pointer) or a *tensor* of scalars: ranked, static, every side a power of
// two, with a `#tile.layout` encoding or none.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_DIALECT_TILE_TILETYPES_H
#define TESSERA_DIALECT_TILE_TILETYPES_H

#include "dialect/tile/TileAttrs.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Types.h"

#define GET_TYPEDEF_CLASSES
#include "dialect/tile/TileTypes.h.inc"

namespace tessera::tile {

bool isScalar(mlir::Type type);
bool isTensor(mlir::Type type);
bool isScalarOrTensor(mlir::Type type);
/// A scalar of that kind, or a tensor of such scalars.
bool isBoolLike(mlir::Type type);
bool isIntLike(mlir::Type type);
bool isFloatLike(mlir::Type type);
bool isNumberLike(mlir::Type type);
bool isPtrLike(mlir::Type type);
/// A tensor of such scalars.
bool isI32Tensor(mlir::Type type);
bool isIntTensor(mlir::Type type);
bool isBoolTensor(mlir::Type type);
bool isNumberTensor(mlir::Type type);

/// The element type of a tensor or buffer; the type itself of a scalar.
mlir::Type getElementType(mlir::Type type);
/// The shape of a tensor; empty for a scalar.
llvm::ArrayRef<int64_t> getShape(mlir::Type type);
/// `type` with another element type; the element type itself for a scalar. Shape and encoding stay.
mlir::Type withElementType(mlir::Type type, mlir::Type elementType);
/// `type` with another encoding, or none.
mlir::RankedTensorType withLayout(mlir::RankedTensorType type, LayoutAttr layout);
/// i1 in the shape and encoding of `type`.
mlir::Type getBoolLike(mlir::Type type);
/// What a pointer points to, in the shape and encoding of `type`; null if it is no pointer.
mlir::Type getPointeeLike(mlir::Type type);
/// The layout of a tensor; null if it has none or is a scalar.
LayoutAttr getLayout(mlir::Type type);

/// Width of a scalar, or of the elements of a tensor, in a register: pointers have 64 bits, i1 has 1.
unsigned getBitWidth(mlir::Type type);
/// Bytes that a scalar, or an element of a tensor, takes in memory: i1 takes one.
unsigned getByteWidth(mlir::Type type);

} // namespace tessera::tile

#endif // TESSERA_DIALECT_TILE_TILETYPES_H
