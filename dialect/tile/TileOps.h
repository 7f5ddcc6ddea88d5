//===- TileOps.h - Operations ----------------------------------------------===//
//
// The classes of the operations, the traits they share and the resources their side effects name.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_DIALECT_TILE_TILEOPS_H
#define TESSERA_DIALECT_TILE_TILEOPS_H

#include "dialect/tile/TileTypes.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace tessera::tile {

// ---- What side effects touch ---------------------------------------------------------------------------------------

struct GlobalMemory : public mlir::SideEffects::Resource::Base<GlobalMemory> {
  llvm::StringRef getName() final { return "global memory"; }
};
struct SharedMemory : public mlir::SideEffects::Resource::Base<SharedMemory> {
  llvm::StringRef getName() final { return "shared memory"; }
};
/// Output and traps of the kernel.
struct Console : public mlir::SideEffects::Resource::Base<Console> {
  llvm::StringRef getName() final { return "console"; }
};
/// What the compiler has been promised: keeps promises in their place.
struct Facts : public mlir::SideEffects::Resource::Base<Facts> {
  llvm::StringRef getName() final { return "facts"; }
};

// ---- Traits --------------------------------------------------------------------------------------------------------

namespace trait {
mlir::LogicalResult verifySameEncoding(mlir::Operation *op, bool withResults);

/// All tensors among operands and results agree. NOLINTNEXTLINE(bugprone-crtp-constructor-accessibility)
template <typename ConcreteOp> struct SameEncoding : public mlir::OpTrait::TraitBase<ConcreteOp, SameEncoding> {
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) { return verifySameEncoding(op, /*withResults=*/true); }
};
/// All tensors among the operands have the same encoding.
template <typename ConcreteOp> // NOLINTNEXTLINE(bugprone-crtp-constructor-accessibility)
struct SameOperandsEncoding : public mlir::OpTrait::TraitBase<ConcreteOp, SameOperandsEncoding> {
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) { return verifySameEncoding(op, /*withResults=*/false); }
};
} // namespace trait

// ---- Constants -----------------------------------------------------------------------------------------------------

/// Whether `value` is the scalar constant true (false), or a constant tensor of nothing else.
bool isConstantTrue(mlir::Value value);
bool isConstantFalse(mlir::Value value);
/// The constant zero of a number type, made with `arith.constant`; null for pointers.
mlir::Value createZero(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type);

/// Same shape and element type, and layouts that differ in the order of registers (and copies in them) at most.
bool areCompatible(mlir::Type inferred, mlir::Type actual);

// ---- Verification --------------------------------------------------------------------------------------------------

/// Whether ranks and sides are those of a product a * b added to acc, two-dimensional or batched; says what is wrong at
/// `op` otherwise.
mlir::LogicalResult verifyMatrixProduct(mlir::Operation *op, mlir::RankedTensorType a, mlir::RankedTensorType b,
                                        mlir::RankedTensorType acc);

/// Whether the results have the types that the operation infers, up to the order of registers; says what is wrong
/// otherwise.
template <typename OpT> mlir::LogicalResult verifyInferredTypes(OpT op) {
  llvm::SmallVector<mlir::Type> types;
  if (failed(OpT::inferReturnTypes(op->getContext(), op.getLoc(), typename OpT::Adaptor(op), types)))
    return mlir::failure();
  if (types.size() != op->getNumResults())
    return op.emitOpError() << "expects " << types.size() << " result(s), but has " << op->getNumResults();
  for (auto [expected, actual] : llvm::zip(types, op->getResultTypes()))
    if (!areCompatible(expected, actual))
      return op.emitOpError() << "expects a result of type " << expected << ", but it is " << actual;
  return mlir::success();
}

} // namespace tessera::tile

#define GET_OP_CLASSES
#include "dialect/tile/TileOps.h.inc"

#endif // TESSERA_DIALECT_TILE_TILEOPS_H
