//===- LazyOperand.h - Operands of products, loaded as they are needed --*- C++ -*-===//
//
// An operand that comes straight from shared memory is not loaded as a whole before the product: all its fragments
// would be in registers at once, beside the accumulator. Each instruction of its load is made when the product first
// asks for one of the registers that it fills.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_LOWERING_LAZYOPERAND_H
#define TESSERA_COMPILER_LOWERING_LAZYOPERAND_H

#include "compiler/lowering/SharedTransfer.h"
#include <memory>

namespace tessera {

class LazyOperand {
public:
  /// `axis` is the dim that the product runs along, `slice` how far it goes in one step.
  LazyOperand(Lowering &l, mlir::Value operand, unsigned axis, int64_t slice);
  /// The scalar in register `r`.
  mlir::Value get(unsigned r);
  /// Registers r to r + count - 1.
  llvm::SmallVector<mlir::Value> get(unsigned r, unsigned count);

private:
  llvm::SmallVector<mlir::Value> registers;
  std::unique_ptr<SharedAccess> access;
  std::unique_ptr<SharedTransfer> transfer;
  /// Which instruction loads a register.
  llvm::SmallVector<const SharedInstruction *> loader;
};

} // namespace tessera

#endif // TESSERA_COMPILER_LOWERING_LAZYOPERAND_H
