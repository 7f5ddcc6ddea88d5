//===- LowerIndexed.cpp - gather and histogram ----------------------------===//
//
// Both go through scratch memory, since where an element goes to or comes from is known only at run time.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Words.h"

#include "llvm/ADT/bit.h"

using namespace mlir;

namespace tessera {
namespace {

using Values = Lowering::Values;

/// The pointer to element number word(thread) ^ registerWord of a row-major array.
Value elementPointer(Lowering &l, Value base, const LinearLayout &layout, uint64_t registerWord, unsigned bytes) {
  llvm::SmallVector<uint64_t> bases = l.threadBases(layout);
  for (uint64_t &basis : bases)
    basis *= bytes;
  Lowering::Split split = l.splitOf(l.combine(bases, registerWord * bytes));
  return l.offsetBytes(l.gep(base, l.b.getI8Type(), split.base), split.constant);
}

/// A packed word of `indices` as one of `source` with coordinate 0 along the axis.
uint64_t dropAxis(const Space &indices, const Space &source, unsigned axis, uint64_t word) {
  uint64_t result = 0;
  for (unsigned d = 0; d < source.rank(); ++d)
    if (d != axis)
      result |= source.put(indices.get(word, tensorDim(d)), tensorDim(d));
  return result;
}

LogicalResult lowerGather(Lowering &l, tile::GatherOp op) {
  FailureOr<Value> scratch = l.scratchOf(op);
  if (failed(scratch))
    return failure();
  auto sourceType = cast<RankedTensorType>(op.getSource().getType());
  const LinearLayout &from = *Lowering::layoutOf(sourceType);
  const LinearLayout &to = *Lowering::layoutOf(op.getIndices().getType());
  unsigned bytes = Lowering::bytesOf(sourceType.getElementType());
  unsigned axis = op.getAxis();

  Values source = l.registersOf(op.getSource());
  llvm::SmallVector<uint64_t> words = Lowering::registerWords(from);
  uint64_t copies = from.freeMask(Dim::Register);
  l.inThreads(l.ownerPredicate(from), [&] {
    for (unsigned r = 0; r < words.size(); ++r)
      if (!(r & copies))
        storeVector(l, source[r], elementPointer(l, *scratch, from, words[r], bytes));
  });
  l.barrier();

  Values indices = l.registersOf(op.getIndices());
  llvm::SmallVector<uint64_t> bases = l.threadBases(to);
  for (uint64_t &basis : bases)
    basis = dropAxis(to.out(), from.out(), axis, basis);
  unsigned shift = from.out().shift(tensorDim(axis));
  llvm::SmallVector<uint64_t> resultWords = Lowering::registerWords(to);
  Type i32 = l.b.getI32Type();
  l.defineEach(op.getResult(), [&](unsigned r) -> Value {
    Value rest = l.combine(bases, dropAxis(to.out(), from.out(), axis, resultWords[r]));
    Value index = indices[r];
    unsigned width = index.getType().getIntOrFloatBitWidth();
    if (width > 32)
      index = l.trunc(index, i32);
    else if (width < 32)
      index = LLVM::SExtOp::create(l.b, l.loc, i32, index);
    Value element = l.add(rest, l.shl(index, shift));
    Value pointer = l.gep(*scratch, l.b.getI8Type(), l.mul(element, l.i32(bytes)));
    return loadVector(l, sourceType.getElementType(), 1, pointer).front();
  });
  return success();
}

/// Bins in scratch memory: cleared, counted up by atomics, read.
LogicalResult lowerHistogram(Lowering &l, tile::HistogramOp op) {
  FailureOr<Value> scratch = l.scratchOf(op);
  if (failed(scratch))
    return failure();
  const LinearLayout &from = *Lowering::layoutOf(op.getSource().getType());
  const LinearLayout &to = *Lowering::layoutOf(op.getType());
  int64_t numBins = to.outSize(tensorDim(0));
  int64_t numThreads = 32 * int64_t(l.numWarps);
  Type i32 = l.b.getI32Type();

  for (int64_t first = 0; first < numBins; first += numThreads) {
    Value active = first + numThreads > numBins
                       ? l.compare(LLVM::ICmpPredicate::ult, l.threadId(), l.i32(numBins - first))
                       : Value();
    l.inThreads(active, [&] { l.store(l.i32(0), l.offsetBytes(l.gep(*scratch, i32, l.threadId()), 4 * first), 4); });
  }
  l.barrier();

  Values source = l.registersOf(op.getSource());
  Values masks = op.getMask() ? l.registersOf(op.getMask()) : Values();
  Value owner = l.ownerPredicate(from);
  uint64_t copies = from.freeMask(Dim::Register);
  for (unsigned r = 0; r < source.size(); ++r) {
    if (r & copies)
      continue;
    Value bin = source[r];
    Value counts = l.compare(LLVM::ICmpPredicate::ult, bin, l.constantInt(bin.getType(), numBins));
    if (bin.getType().getIntOrFloatBitWidth() < 32) {
      // Signed: what is negative is no bin, and a narrow type may not hold the number of bins.
      bin = LLVM::SExtOp::create(l.b, l.loc, i32, bin);
      counts = l.compare(LLVM::ICmpPredicate::ult, bin, l.i32(numBins));
    }
    if (!masks.empty())
      counts = l.bitAnd(counts, masks[r]);
    if (owner)
      counts = l.bitAnd(counts, owner);
    bin = l.trunc(bin, i32);
    Value pointer = l.gep(*scratch, i32, bin);
    l.inlinePtx("@$2 red.shared.add.u32 [$0], $1;", "r,r,b", {}, {pointer, l.i32(1), counts}, /*sideEffects=*/true);
  }
  l.barrier();

  llvm::SmallVector<uint64_t> words = Lowering::registerWords(to);
  l.defineEach(op.getResult(),
               [&](unsigned r) { return l.load(i32, elementPointer(l, *scratch, to, words[r], 4), 4); });
  return success();
}

} // namespace

void addIndexedLowerings(LowerTable &table) {
  addLowering<tile::GatherOp, lowerGather>(table);
  addLowering<tile::HistogramOp, lowerHistogram>(table);
}

} // namespace tessera
