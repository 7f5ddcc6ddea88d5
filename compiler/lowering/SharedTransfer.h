//===- SharedTransfer.h - Registers to and from shared memory ---*- C++ -*-===//
//
// Carries out what dialect/layout/SharedAccess.h plans. A thread's address is an image of its index; instructions
// differ from it by a constant, which goes to the immediate where its bits are free, and costs one XOR for the thread
// where they are not.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_LOWERING_SHAREDTRANSFER_H
#define TESSERA_COMPILER_LOWERING_SHAREDTRANSFER_H

#include "compiler/lowering/Lowering.h"
#include "dialect/layout/ConversionPlan.h"
#include "dialect/layout/SharedAccess.h"

namespace tessera {

class SharedTransfer {
public:
  /// `base` points to offset 0 of the buffer.
  SharedTransfer(Lowering &l, const SharedAccess &access, mlir::Type elementType, mlir::Value base)
      : l(l), access(access), elementType(elementType), base(base) {}

  /// Stores (loads) the registers that move in `step`. Loaded registers are put at their place in `registers`.
  void store(llvm::ArrayRef<mlir::Value> registers, unsigned step = 0);
  void load(llvm::MutableArrayRef<mlir::Value> registers, unsigned step = 0);
  /// Loads by one instruction alone.
  void load(const SharedInstruction &instruction, llvm::MutableArrayRef<mlir::Value> registers);
  /// Fills in the registers that hold copies.
  void fillCopies(llvm::MutableArrayRef<mlir::Value> registers) const;

private:
  /// The address of an instruction: a register and an immediate.
  Lowering::Split address(uint64_t offset);
  void storeMatrices(llvm::ArrayRef<mlir::Value> elements, Lowering::Split address);
  llvm::SmallVector<mlir::Value> loadMatrices(Lowering::Split address);
  /// "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16" for `name` "ldmatrix".
  std::string matrixInstruction(llvm::StringRef name) const;

  Lowering &l;
  const SharedAccess &access;
  mlir::Type elementType;
  mlir::Value base;
  /// The thread's address, by the bits of the instruction's offset that do not fit the immediate.
  llvm::DenseMap<uint64_t, mlir::Value> pointers;
};

/// How the lowering plans accesses of a buffer on `target`. `slices` are register bits that no instruction is to span.
SharedAccess planBufferAccess(const Target &target, mlir::Type buffer, mlir::RankedTensorType tensor, bool isStore,
                              uint64_t slices = 0);

} // namespace tessera

#endif // TESSERA_COMPILER_LOWERING_SHAREDTRANSFER_H
