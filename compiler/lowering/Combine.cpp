//===- Combine.cpp - The combining region of reductions and scans ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Combine.h"
#include "compiler/lowering/Words.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tessera {

Tuple Combiner::operator()(const Tuple &acc, const Tuple &cur) {
  if (failed)
    return acc;
  Block &block = op->getRegion(0).front();
  for (auto [i, value] : llvm::enumerate(acc))
    l.define(block.getArgument(i), value);
  for (auto [i, value] : llvm::enumerate(cur))
    l.define(block.getArgument(acc.size() + i), value);
  Location loc = l.loc;
  if (mlir::failed(l.lowerBody(block))) {
    failed = true;
    return acc;
  }
  l.loc = loc;
  Tuple result;
  for (Value value : block.getTerminator()->getOperands())
    result.push_back(l.scalarOf(value));
  return result;
}

Tuple Combiner::select(Value condition, const Tuple &a, const Tuple &b) {
  Tuple result;
  for (auto [x, y] : llvm::zip(a, b))
    result.push_back(l.select(condition, x, y));
  return result;
}

Tuple Combiner::shuffle(const Tuple &tuple, NVVM::ShflKind kind, Value lane) {
  Tuple result;
  for (Value value : tuple)
    result.push_back(tessera::shuffle(l, value, kind, lane));
  return result;
}

Type Combiner::elementType(unsigned operand) const {
  return Lowering::elementTypeOf(op->getOperand(operand).getType());
}

PartialArrays::PartialArrays(Lowering &l, const Combiner &combiner, Value base, int64_t numElements)
    : l(l), combiner(combiner), base(base) {
  int64_t offset = 0;
  for (unsigned i = 0; i < combiner.size(); ++i) {
    offsets.push_back(offset);
    offset += int64_t(llvm::alignTo(numElements * Lowering::bytesOf(combiner.elementType(i)), 16));
  }
}

Value PartialArrays::pointer(unsigned operand, llvm::ArrayRef<uint64_t> bases, uint64_t constant) {
  uint64_t bytes = Lowering::bytesOf(combiner.elementType(operand));
  llvm::SmallVector<uint64_t> scaled;
  for (uint64_t basis : bases)
    scaled.push_back(basis * bytes);
  Value index = l.combine(scaled, constant * bytes);
  Lowering::Split split = l.splitOf(index);
  Value pointer = l.gep(base, l.b.getI8Type(), split.base);
  return l.offsetBytes(pointer, split.constant + offsets[operand]);
}

void PartialArrays::store(const Tuple &tuple, llvm::ArrayRef<uint64_t> bases, uint64_t constant, Value predicate) {
  for (auto [i, value] : llvm::enumerate(tuple))
    storeSharedIf(l, value, pointer(i, bases, constant), predicate);
}

Tuple PartialArrays::load(llvm::ArrayRef<uint64_t> bases, uint64_t constant) {
  Tuple result;
  for (unsigned i = 0; i < combiner.size(); ++i)
    result.push_back(loadVector(l, combiner.elementType(i), 1, pointer(i, bases, constant)).front());
  return result;
}

llvm::SmallVector<Tuple> PartialArrays::loadFirst(unsigned count) {
  llvm::SmallVector<Tuple> result(count);
  for (unsigned i = 0; i < combiner.size(); ++i) {
    unsigned bytes = Lowering::bytesOf(combiner.elementType(i));
    unsigned vector = std::min(count, 16 / bytes);
    for (unsigned first = 0; first < count; first += vector) {
      Value pointer = l.offsetBytes(base, offsets[i] + int64_t(first) * bytes);
      for (auto [k, element] : llvm::enumerate(loadVector(l, combiner.elementType(i), vector, pointer)))
        result[first + k].push_back(element);
    }
  }
  return result;
}

} // namespace tessera
