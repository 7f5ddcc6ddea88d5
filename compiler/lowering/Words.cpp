//===- Words.cpp - Elements packed into words -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Words.h"

using namespace mlir;

namespace tessera {

using Values = Lowering::Values;

Type storageType(Lowering &l, Type elementType) {
  Type type = l.scalarType(elementType);
  if (type.isInteger(1))
    return l.b.getI8Type();
  if (isa<LLVM::LLVMPointerType>(type))
    return l.b.getI64Type();
  return type;
}

Value toStorage(Lowering &l, Value element) {
  Type type = element.getType();
  if (type.isInteger(1))
    return l.zext(element, l.b.getI8Type());
  if (isa<LLVM::LLVMPointerType>(type))
    return LLVM::PtrToIntOp::create(l.b, l.loc, l.b.getI64Type(), element);
  return element;
}

Value fromStorage(Lowering &l, Value stored, Type elementType) {
  Type type = l.scalarType(elementType);
  if (type.isInteger(1))
    return l.compare(LLVM::ICmpPredicate::ne, stored, l.constantInt(stored.getType(), 0));
  if (isa<LLVM::LLVMPointerType>(type))
    return LLVM::IntToPtrOp::create(l.b, l.loc, type, stored);
  return stored;
}

static Value makeVector(Lowering &l, llvm::ArrayRef<Value> stored) {
  Value vector = l.poison(VectorType::get(int64_t(stored.size()), stored.front().getType()));
  for (auto [i, value] : llvm::enumerate(stored))
    vector = LLVM::InsertElementOp::create(l.b, l.loc, vector, value, l.i32(int64_t(i)));
  return vector;
}

/// The word that `elements` were unpacked from, if they are all of it and in order.
static Value originOf(Lowering &l, llvm::ArrayRef<Value> elements) {
  Value word;
  for (auto [i, element] : llvm::enumerate(elements)) {
    auto it = l.origins.find(element);
    if (it == l.origins.end() || it->second.index != i || (word && it->second.word != word))
      return {};
    word = it->second.word;
  }
  Type type = elements.front().getType();
  unsigned bits = type.isIntOrFloat() ? std::max(8u, type.getIntOrFloatBitWidth()) : 64;
  return word.getType().getIntOrFloatBitWidth() == bits * elements.size() ? word : Value();
}

Value packWord(Lowering &l, llvm::ArrayRef<Value> elements) {
  if (Value word = originOf(l, elements))
    return word;
  llvm::SmallVector<Value> stored;
  for (Value element : elements)
    stored.push_back(toStorage(l, element));
  return l.toBits(stored.size() == 1 ? stored.front() : makeVector(l, stored));
}

void unpackWord(Lowering &l, Value word, Type elementType, llvm::SmallVectorImpl<Value> &elements) {
  Type stored = storageType(l, elementType);
  unsigned count = word.getType().getIntOrFloatBitWidth() / stored.getIntOrFloatBitWidth();
  if (count == 1) {
    elements.push_back(fromStorage(l, l.bitcast(word, stored), elementType));
    return;
  }
  Value vector = l.bitcast(word, VectorType::get(int64_t(count), stored));
  for (unsigned i = 0; i < count; ++i) {
    elements.push_back(fromStorage(l, l.extract(vector, i), elementType));
    l.origins[elements.back()] = {word, i};
  }
}

WordShape wordsOf(unsigned bytes, unsigned count) {
  if (bytes == 8)
    return {64, count, 1};
  unsigned total = bytes * count;
  if (total <= 4)
    return {8 * total, 1, count};
  return {32, total / 4, 4 / bytes};
}

llvm::SmallVector<Value> packWords(Lowering &l, llvm::ArrayRef<Value> elements, unsigned bytes) {
  WordShape shape = wordsOf(bytes, elements.size());
  llvm::SmallVector<Value> words;
  for (unsigned w = 0; w < shape.numWords; ++w)
    words.push_back(packWord(l, elements.slice(size_t(w) * shape.elementsPerWord, shape.elementsPerWord)));
  return words;
}

llvm::SmallVector<Value> unpackWords(Lowering &l, llvm::ArrayRef<Value> words, Type elementType) {
  llvm::SmallVector<Value> elements;
  for (Value word : words)
    unpackWord(l, word, elementType, elements);
  return elements;
}

llvm::SmallVector<Value> loadVector(Lowering &l, Type elementType, unsigned count, Value pointer) {
  Type stored = storageType(l, elementType);
  unsigned bytes = Lowering::bytesOf(elementType);
  if (count == 1)
    return {fromStorage(l, l.load(stored, pointer, bytes), elementType)};
  WordShape shape = wordsOf(bytes, count);
  Type word = l.intType(shape.wordBits);
  if (shape.numWords == 1)
    return unpackWords(l, {l.load(word, pointer, bytes * count)}, elementType);
  Value vector = l.load(VectorType::get(int64_t(shape.numWords), word), pointer, bytes * count);
  llvm::SmallVector<Value> words;
  for (unsigned w = 0; w < shape.numWords; ++w)
    words.push_back(l.extract(vector, w));
  return unpackWords(l, words, elementType);
}

void storeVector(Lowering &l, llvm::ArrayRef<Value> elements, Value pointer) {
  Type type = elements.front().getType();
  unsigned bytes = isa<LLVM::LLVMPointerType>(type) ? 8 : Lowering::bytesOf(type);
  if (elements.size() == 1)
    return l.store(toStorage(l, elements.front()), pointer, bytes);
  llvm::SmallVector<Value> words = packWords(l, elements, bytes);
  l.store(words.size() == 1 ? words.front() : makeVector(l, words), pointer, bytes * elements.size());
}

void storeSharedIf(Lowering &l, Value element, Value pointer, Value predicate) {
  if (!predicate)
    return storeVector(l, element, pointer);
  Value bits = l.toBits(toStorage(l, element));
  unsigned width = bits.getType().getIntOrFloatBitWidth();
  llvm::StringRef letter = width == 64 ? "l" : width == 32 ? "r" : "h";
  if (width == 8)
    bits = l.zext(bits, l.intType(16));
  std::string text = "@$2 st.shared.b" + std::to_string(width) + " [$0], $1;";
  l.inlinePtx(text, ("r," + letter + ",b").str(), {}, {pointer, bits, predicate}, /*sideEffects=*/true);
}

static Value shuffleWord(Lowering &l, Value word, NVVM::ShflKind kind, Value lane) {
  // The clamp: for `up` the lowest lane, for the others the highest.
  Value clamp = l.i32(kind == NVVM::ShflKind::up ? 0 : 31);
  return NVVM::ShflOp::create(l.b, l.loc, l.b.getI32Type(), l.i32(-1), word, lane, clamp, kind, UnitAttr());
}

Value shuffle(Lowering &l, Value value, NVVM::ShflKind kind, Value lane) {
  Type type = value.getType(), i32 = l.b.getI32Type(), i64 = l.b.getI64Type();
  Value bits = l.toBits(value);
  unsigned width = bits.getType().getIntOrFloatBitWidth();
  if (width <= 32)
    return l.fromBits(l.trunc(shuffleWord(l, l.zext(bits, i32), kind, lane), l.intType(width)), type);
  Value low = shuffleWord(l, l.trunc(bits, i32), kind, lane);
  Value high = shuffleWord(l, l.trunc(l.lshr(bits, 32), i32), kind, lane);
  return l.fromBits(l.bitOr(l.zext(low, i64), l.shl(l.zext(high, i64), 32)), type);
}

} // namespace tessera
