//===- LowerMemory.cpp - Loads and stores of global memory ----------------===//
//
// An access takes `tile.vector` registers at once: the axis analysis has proved that they are neighbours in memory,
// aligned, and under one mask. Without a mask and without cache hints it is an ordinary LLVM load or store, which LLVM
// can move and merge; otherwise it is one predicated instruction of inline PTX, so that no branch is made:
//
//   @%p ld.global.v4.b32 {%r0, %r1, %r2, %r3}, [%rd + 512];        the registers hold `other` before, zero if there is
//   none
//
// Threads that hold copies of the same elements all load, but only one of them stores.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Words.h"

#include "llvm/ADT/bit.h"

using namespace mlir;

namespace tessera {
namespace {

using Values = Lowering::Values;

unsigned vectorOf(Operation *op) {
  auto attr = op->getAttrOfType<IntegerAttr>("tile.vector");
  return attr ? unsigned(attr.getInt()) : 1;
}

/// The qualifiers of an instruction: ".cg", ".L1::evict_first" and their like.
std::string qualifiers(Lowering &l, tile::CacheModifier cache, tile::EvictionPolicy evict) {
  std::string text;
  if (cache != tile::CacheModifier::None)
    text += ("." + tile::stringifyCacheModifier(cache)).str();
  // An eviction priority says more than a cache level, and instructions take one of them.
  if (evict != tile::EvictionPolicy::Normal && cache == tile::CacheModifier::None) {
    text += ".L1::";
    text += tile::stringifyEvictionPolicy(evict);
    l.requirePtx(74);
  }
  return text;
}

/// ".v4.b32" for four words of 32 bits.
std::string wordSuffix(const WordShape &shape) {
  std::string text;
  if (shape.numWords > 1)
    text += ".v" + std::to_string(shape.numWords);
  return text + ".b" + std::to_string(shape.wordBits);
}

/// "{$0, $1}" from operand `first` on; "$0" for a single word.
std::string wordList(unsigned first, unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i)
    text += (i ? ", $" : "$") + std::to_string(first + i);
  return count > 1 ? "{" + text + "}" : text;
}

/// The letter of a register of so many bits in LLVM's constraints. A byte sits in a 16-bit register.
char registerLetter(unsigned bits) { return bits == 64 ? 'l' : bits == 32 ? 'r' : 'h'; }

Type wordType(Lowering &l, unsigned bits) { return l.intType(bits == 8 ? 16 : bits); }

struct LoadForm {
  std::string instruction; ///< "ld.global.cg"
  bool plain;              ///< nothing that an LLVM load does not have
};

/// One access of `count` elements: predicated inline PTX.
llvm::SmallVector<Value> loadPredicated(Lowering &l, const LoadForm &form, Type elementType, Value pointer, Value mask,
                                        Values other) {
  unsigned bytes = Lowering::bytesOf(elementType);
  WordShape shape = wordsOf(bytes, other.size());
  llvm::SmallVector<Value> arguments;
  std::string outputs, inputs;
  for (auto [i, word] : llvm::enumerate(packWords(l, other, bytes))) {
    arguments.push_back(l.zext(word, wordType(l, shape.wordBits)));
    outputs += std::string(i ? ",=" : "=") + registerLetter(shape.wordBits);
    inputs += "," + std::to_string(i);
  }
  Lowering::Split split = l.splitOf(pointer);
  arguments.push_back(split.base);
  std::string constraints = outputs + inputs + ",l";
  unsigned n = shape.numWords;
  std::string text;
  if (mask) {
    arguments.push_back(mask);
    constraints += ",b";
    text = "@$" + std::to_string(2 * n + 1) + " ";
  }
  text +=
      form.instruction + wordSuffix(shape) + " " + wordList(0, n) + ", " + l.addressText(2 * n, split.constant) + ";";
  llvm::SmallVector<Type> types(n, wordType(l, shape.wordBits));
  llvm::SmallVector<Value> words = l.inlinePtx(text, constraints, types, arguments, /*sideEffects=*/true);
  for (Value &word : words)
    word = l.trunc(word, l.intType(shape.wordBits));
  return unpackWords(l, words, elementType);
}

LogicalResult lowerLoad(Lowering &l, tile::LoadOp op) {
  Type elementType = Lowering::elementTypeOf(op.getType());
  Values pointers = l.registersOf(op.getPointer());
  Values masks = op.getMask() ? l.registersOf(op.getMask()) : Values();
  Values others = op.getOther() ? l.registersOf(op.getOther()) : Values();
  bool shared = cast<LLVM::LLVMPointerType>(pointers[0].getType()).getAddressSpace() == kSharedSpace;
  LoadForm form;
  std::string hints = qualifiers(l, op.getCache(), op.getEvict());
  form.plain = hints.empty() && !op.getIsVolatile();
  form.instruction = std::string(op.getIsVolatile() ? "ld.volatile" : "ld") + (shared ? ".shared" : ".global") +
                     (op.getIsVolatile() || shared ? "" : hints);
  unsigned vector = vectorOf(op);
  Value zero = l.zero(l.scalarType(elementType));

  llvm::SmallVector<Value> results;
  for (unsigned r = 0; r < pointers.size(); r += vector) {
    Value mask = masks.empty() ? Value() : masks[r];
    auto known = mask ? Emitter::constantOf(mask) : std::optional<int64_t>(1);
    llvm::SmallVector<Value> other(vector, zero);
    if (!others.empty())
      other.assign(others.begin() + r, others.begin() + r + vector);
    if (known && !*known)
      llvm::append_range(results, other);
    else if (known && form.plain)
      llvm::append_range(results, loadVector(l, elementType, vector, pointers[r]));
    else
      llvm::append_range(results, loadPredicated(l, form, elementType, pointers[r], known ? Value() : mask, other));
  }
  l.define(op.getResult(), results);
  return success();
}

void storePredicated(Lowering &l, llvm::StringRef instruction, Values elements, Value pointer, Value mask) {
  Type type = elements.front().getType();
  unsigned bytes = isa<LLVM::LLVMPointerType>(type) ? 8 : Lowering::bytesOf(type);
  WordShape shape = wordsOf(bytes, elements.size());
  Lowering::Split split = l.splitOf(pointer);
  llvm::SmallVector<Value> arguments = {split.base};
  std::string constraints = "l";
  for (Value word : packWords(l, elements, bytes)) {
    arguments.push_back(l.zext(word, wordType(l, shape.wordBits)));
    constraints += std::string(",") + registerLetter(shape.wordBits);
  }
  std::string text;
  if (mask) {
    text = "@$" + std::to_string(1 + shape.numWords) + " ";
    arguments.push_back(mask);
    constraints += ",b";
  }
  text += (instruction + wordSuffix(shape) + " " + l.addressText(0, split.constant) + ", " +
           wordList(1, shape.numWords) + ";")
              .str();
  l.inlinePtx(text, constraints, {}, arguments, /*sideEffects=*/true);
}

LogicalResult lowerStore(Lowering &l, tile::StoreOp op) {
  Values pointers = l.registersOf(op.getPointer()), values = l.registersOf(op.getValue());
  Values masks = op.getMask() ? l.registersOf(op.getMask()) : Values();
  const LinearLayout *layout = Lowering::layoutOf(op.getPointer().getType());
  Value owner = layout ? l.ownerPredicate(*layout) : l.firstThread();
  uint64_t copies = layout ? layout->freeMask(Dim::Register) : 0;
  bool shared = cast<LLVM::LLVMPointerType>(pointers[0].getType()).getAddressSpace() == kSharedSpace;
  std::string hints = qualifiers(l, op.getCache(), op.getEvict());
  std::string instruction = shared ? "st.shared" : "st.global" + hints;
  unsigned vector = vectorOf(op);
  for (unsigned r = 0; r < pointers.size(); r += vector) {
    if (r & copies)
      continue;
    Value mask = masks.empty() ? Value() : masks[r];
    if (auto known = mask ? Emitter::constantOf(mask) : std::optional<int64_t>()) {
      if (!*known)
        continue;
      mask = Value();
    }
    if (owner)
      mask = mask ? l.bitAnd(mask, owner) : owner;
    Values elements = values.slice(r, vector);
    if (!mask && hints.empty())
      storeVector(l, elements, pointers[r]);
    else
      storePredicated(l, instruction, elements, pointers[r], mask);
  }
  return success();
}

} // namespace

void addMemoryLowerings(LowerTable &table) {
  addLowering<tile::LoadOp, lowerLoad>(table);
  addLowering<tile::StoreOp, lowerStore>(table);
}

} // namespace tessera
