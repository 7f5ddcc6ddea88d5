//===- Combine.h - The combining region of reductions and scans --*- C++ -*-===//
//
// A tuple is one scalar for each operand of the reduction. The region that combines two tuples is lowered anew at each
// place where it is needed.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_LOWERING_COMBINE_H
#define TESSERA_COMPILER_LOWERING_COMBINE_H

#include "compiler/lowering/Lowering.h"

namespace tessera {

using Tuple = llvm::SmallVector<mlir::Value, 2>;

class Combiner {
public:
  Combiner(Lowering &l, mlir::Operation *op) : l(l), op(op) {}

  /// combine(acc, cur). After a failure `failed` is set and the result is `acc`.
  Tuple operator()(const Tuple &acc, const Tuple &cur);
  /// condition ? a : b, each member.
  Tuple select(mlir::Value condition, const Tuple &a, const Tuple &b);
  Tuple shuffle(const Tuple &tuple, mlir::NVVM::ShflKind kind, mlir::Value lane);
  /// The element types, by operand.
  mlir::Type elementType(unsigned operand) const;
  unsigned size() const { return op->getNumOperands(); }

  bool failed = false;

private:
  Lowering &l;
  mlir::Operation *op;
};

/// Partial results in shared memory: for each operand an array of elements, each array at a multiple of 16 bytes.
class PartialArrays {
public:
  PartialArrays(Lowering &l, const Combiner &combiner, mlir::Value base, int64_t numElements);
  /// The element with number image(thread) + constant, the image being that of `bases`; stored where `predicate`, if
  /// there is one, holds.
  void store(const Tuple &tuple, llvm::ArrayRef<uint64_t> bases, uint64_t constant, mlir::Value predicate);
  Tuple load(llvm::ArrayRef<uint64_t> bases, uint64_t constant);
  /// `count` consecutive elements from number 0 on.
  llvm::SmallVector<Tuple> loadFirst(unsigned count);

private:
  mlir::Value pointer(unsigned operand, llvm::ArrayRef<uint64_t> bases, uint64_t constant);

  Lowering &l;
  const Combiner &combiner;
  mlir::Value base;
  llvm::SmallVector<int64_t, 2> offsets;
};

} // namespace tessera

#endif // TESSERA_COMPILER_LOWERING_COMBINE_H
