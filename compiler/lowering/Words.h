//===- Words.h - Elements packed into words ---------------------*- C++ -*-===//
//
// Memory accesses, shuffles and matrix instructions move words of 32 (or 64) bits; elements narrower than that travel
// several to a word, the first in the lowest bits. In memory an i1 is a byte and a pointer a 64-bit integer.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_LOWERING_WORDS_H
#define TESSERA_COMPILER_LOWERING_WORDS_H

#include "compiler/lowering/Lowering.h"

namespace tessera {

/// The type an element has in memory: i1 as i8, fp8 as i8, global pointers as i64, the rest as itself.
mlir::Type storageType(Lowering &l, mlir::Type elementType);
/// An element (LLVM value) as it is stored, and back.
mlir::Value toStorage(Lowering &l, mlir::Value element);
mlir::Value fromStorage(Lowering &l, mlir::Value stored, mlir::Type elementType);

/// All elements, in order, in one integer of as many bits as they have together (at most 64).
mlir::Value packWord(Lowering &l, llvm::ArrayRef<mlir::Value> elements);
/// The elements of a word, as LLVM values of the tile type `elementType`.
void unpackWord(Lowering &l, mlir::Value word, mlir::Type elementType, llvm::SmallVectorImpl<mlir::Value> &elements);

/// How `count` elements of `bytes` bytes each make words: 64-bit words for 64-bit elements, else 32-bit words, or one
/// word of what there is.
struct WordShape {
  unsigned wordBits;
  unsigned numWords;
  unsigned elementsPerWord;
};
WordShape wordsOf(unsigned bytes, unsigned count);
/// The elements in order as words of that shape, and back.
llvm::SmallVector<mlir::Value> packWords(Lowering &l, llvm::ArrayRef<mlir::Value> elements, unsigned bytes);
llvm::SmallVector<mlir::Value> unpackWords(Lowering &l, llvm::ArrayRef<mlir::Value> words, mlir::Type elementType);

/// A vector access of consecutive elements at `pointer`, which is aligned to all of them together.
llvm::SmallVector<mlir::Value> loadVector(Lowering &l, mlir::Type elementType, unsigned count, mlir::Value pointer);
void storeVector(Lowering &l, llvm::ArrayRef<mlir::Value> elements, mlir::Value pointer);

/// Stores one element to shared memory where `predicate` holds (everywhere if it is null), without a branch.
void storeSharedIf(Lowering &l, mlir::Value element, mlir::Value pointer, mlir::Value predicate);

/// `value`, of any element type, from another lane: `lane` is a lane (Idx), a mask to XOR (Bfly), a distance (Up,
/// Down).
mlir::Value shuffle(Lowering &l, mlir::Value value, mlir::NVVM::ShflKind kind, mlir::Value lane);

} // namespace tessera

#endif // TESSERA_COMPILER_LOWERING_WORDS_H
