//===- Elementwise.h - Operations that go element by element ----*- C++ -*-===//
//
// Most operations of `arith` and `math` compute each element of their result from the elements at the same place of
// their operands. For them a handler says only what happens to one element:
//
//   addElementwise<arith::AndIOp, [](Lowering &l, Operation *, Values a) { return l.bitAnd(a[0], a[1]); }>(table);
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_LOWERING_ELEMENTWISE_H
#define TESSERA_COMPILER_LOWERING_ELEMENTWISE_H

#include "compiler/lowering/Lowering.h"

namespace tessera {

using ScalarFn = mlir::Value (*)(Lowering &, mlir::Operation *, llvm::ArrayRef<mlir::Value>);

/// Lowers an op with one result by `element`; a scalar operand of a tensor result goes to each element. A null value is
/// failure: `element` has emitted a diagnostic.
mlir::LogicalResult lowerElementwise(Lowering &l, mlir::Operation *op, ScalarFn element);

template <typename Op, auto element> void addElementwise(LowerTable &table) {
  table[mlir::TypeID::get<Op>()] = [](Lowering &l, mlir::Operation *op) { return lowerElementwise(l, op, element); };
}

/// Emits the diagnostic for arithmetic on fp8 if an operand has such elements.
mlir::LogicalResult refuseFp8(mlir::Operation *op);

/// The fast-math flags of an `arith` or `math` op, as LLVM's.
mlir::LLVM::FastmathFlags fastmathOf(mlir::Operation *op);
/// Whether approximate functions are allowed there.
inline bool isApproximate(mlir::Operation *op) {
  return bitEnumContainsAny(fastmathOf(op), mlir::LLVM::FastmathFlags::afn);
}

} // namespace tessera

#endif // TESSERA_COMPILER_LOWERING_ELEMENTWISE_H
