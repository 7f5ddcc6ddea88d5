//===- Emitter.h - Small steps of emission
//----------------------------------------------------------------------------===//
//
// What every file of the lowering uses to write LLVM-dialect ops: a builder with a place and a source location,
// constants that are made once, integer arithmetic that folds what is trivial, inline PTX, and images of linear maps.
//
// All constants, and everything that depends on the thread alone, go to the entry block and are made once a kernel. The
// code of the kernel starts in a block of its own behind it.
//
// Images of linear maps. The image of x under a linear map over GF(2) is the exclusive or of the bases of the bits set
// in x. Written out bit by bit that would be dozens of instructions; but pairs (bit i of x, bit o of the image) with
// the same distance o - i can be moved together by one mask and one shift. Layouts of practice have one or two
// distances:
//
//   bases of tid bits 0..6 = 4 8 16 32 64 128 256        distance 2 for all          image = tid << 2
//   bases of tid bits 0..4 = 1 2 8 16 32                 distances 0 and 1           image = (tid & 3) | (tid & 28) <<
//   1
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===------------------------------------------------------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_LOWERING_EMITTER_H
#define TESSERA_COMPILER_LOWERING_EMITTER_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include <map>
#include <vector>

namespace tessera {

/// Address spaces of PTX as LLVM numbers them.
enum : unsigned { kGlobalSpace = 1, kSharedSpace = 3 };

class Emitter {
public:
  using Value = mlir::Value;
  using Values = llvm::ArrayRef<mlir::Value>;

  Emitter(mlir::MLIRContext *context, mlir::Location loc) : b(context), loc(loc) {}

  // ---- Types -------------------------------------------------------------------------------------------------------

  mlir::IntegerType intType(unsigned width) { return b.getIntegerType(width); }
  mlir::LLVM::LLVMPointerType pointerType(unsigned space) {
    return mlir::LLVM::LLVMPointerType::get(b.getContext(), space);
  }
  mlir::LLVM::LLVMStructType structType(llvm::ArrayRef<mlir::Type> members) {
    return mlir::LLVM::LLVMStructType::getLiteral(b.getContext(), members);
  }

  // ---- Constants ---------------------------------------------------------------------------------------------------

  Value constant(mlir::TypedAttr value);
  Value constantInt(mlir::Type type, int64_t value) { return constant(b.getIntegerAttr(type, value)); }
  Value constantFloat(mlir::Type type, double value) { return constant(b.getFloatAttr(type, value)); }
  Value i32(int64_t value) { return constantInt(b.getI32Type(), int32_t(value)); }
  Value i64(int64_t value) { return constantInt(b.getI64Type(), value); }
  Value boolean(bool value) { return constantInt(b.getI1Type(), value); }
  Value zero(mlir::Type type);
  Value poison(mlir::Type type);
  /// The integer that `value` is, if it is a constant.
  static std::optional<int64_t> constantOf(Value value);

  // ---- Arithmetic, trivial cases folded ----------------------------------------------------------------------------

  Value add(Value lhs, Value rhs);
  Value sub(Value lhs, Value rhs);
  Value mul(Value lhs, Value rhs);
  Value bitAnd(Value lhs, Value rhs);
  Value bitOr(Value lhs, Value rhs);
  Value bitXor(Value lhs, Value rhs);
  Value shl(Value value, unsigned bits);
  Value lshr(Value value, unsigned bits);
  Value compare(mlir::LLVM::ICmpPredicate predicate, Value lhs, Value rhs);
  Value select(Value condition, Value ifTrue, Value ifFalse);
  Value bitcast(Value value, mlir::Type type);
  Value zext(Value value, mlir::Type type);
  Value trunc(Value value, mlir::Type type);
  /// An integer of the same width with the bits of `value`, be it an integer, a float, a vector or a pointer; and back.
  Value toBits(Value value);
  Value fromBits(Value bits, mlir::Type type);

  // ---- Calls -------------------------------------------------------------------------------------------------------

  /// A call of an LLVM intrinsic by name.
  Value intrinsic(llvm::StringRef name, mlir::Type result, Values arguments);
  /// Inline PTX. `results` are the types of its outputs (none, one, or several). Without `sideEffects` it may be moved,
  /// merged and removed as any pure instruction.
  llvm::SmallVector<Value> inlinePtx(llvm::StringRef text, llvm::StringRef constraints,
                                     llvm::ArrayRef<mlir::Type> results, Values arguments, bool sideEffects);
  /// "[$3+16]": an operand of inline PTX as the base of an address, and an immediate.
  static std::string addressText(unsigned operand, int64_t offset);
  Value extract(Value aggregate, unsigned index);

  // ---- Pointers ----------------------------------------------------------------------------------------------------

  /// base + index elements of `element`; index i32 or i64, signed.
  Value gep(Value base, mlir::Type element, Value index);
  /// base + a constant number of bytes.
  Value offsetBytes(Value base, int64_t bytes);
  Value load(mlir::Type type, Value pointer, unsigned alignment);
  void store(Value value, Value pointer, unsigned alignment);

  // ---- Threads -----------------------------------------------------------------------------------------------------

  /// The index of the thread in its program, 0 to 32 * warps - 1.
  Value threadId();
  Value laneId() { return image(threadId(), {1, 2, 4, 8, 16}); }
  Value warpId();
  /// The image of the thread's index under the map with these bases, one a bit of the index; made once.
  Value threadImage(llvm::ArrayRef<uint64_t> bases);
  /// The image of any integer.
  Value image(Value input, llvm::ArrayRef<uint64_t> bases);
  void barrier();

  /// `builder` is put at the end of the entry block for the time of `emit`.
  template <typename Function> Value inEntry(Function emit) {
    mlir::OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(entry);
    return emit();
  }

  mlir::OpBuilder b;
  mlir::Location loc;
  unsigned numWarps = 1;

protected:
  mlir::Block *entry = nullptr;

private:
  llvm::DenseMap<mlir::Attribute, Value> constants;
  llvm::DenseMap<mlir::Type, Value> poisons;
  std::map<std::vector<uint64_t>, Value> threadImages;
  Value thread;
};

} // namespace tessera

#endif // TESSERA_COMPILER_LOWERING_EMITTER_H
