//===- LowerShape.cpp - Programs, pointers, creation and rearrangement of tensors --===//
//
// Rearrangements make no code: the register of the source that holds an element of the result is found by coordinates,
// which as packed words (row-major numbers) go from result to source by dropping, permuting or keeping bits.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Elementwise.h"

using namespace mlir;

namespace tessera {
namespace {

using Values = Lowering::Values;

// ---- Programs and pointers ------------------------------------------------------------------------------------------

template <typename X, typename Y, typename Z> Value readAxis(Lowering &l, int64_t axis, uint32_t low, uint32_t high) {
  // Read once, in the entry block, where later reads are merged with it.
  return l.inEntry([&]() -> Value {
    Type i32 = l.b.getI32Type();
    // Only x goes up to 2^31 - 1; y and z stop at 65535.
    uint64_t limit = axis == 0 ? high : std::min<uint32_t>(high, 65535 + low);
    auto range = LLVM::ConstantRangeAttr::get(l.b.getContext(), llvm::APInt(32, low), llvm::APInt(32, limit));
    switch (axis) {
    case 0:
      return X::create(l.b, l.loc, i32, range);
    case 1:
      return Y::create(l.b, l.loc, i32, range);
    default:
      return Z::create(l.b, l.loc, i32, range);
    }
  });
}

LogicalResult lowerProgramId(Lowering &l, tile::ProgramIdOp op) {
  l.define(op.getResult(),
           readAxis<NVVM::BlockIdXOp, NVVM::BlockIdYOp, NVVM::BlockIdZOp>(l, op.getAxis(), 0, 0x7fffffff));
  return success();
}

LogicalResult lowerNumPrograms(Lowering &l, tile::NumProgramsOp op) {
  l.define(op.getResult(),
           readAxis<NVVM::GridDimXOp, NVVM::GridDimYOp, NVVM::GridDimZOp>(l, op.getAxis(), 1, 0x80000000));
  return success();
}

LogicalResult lowerAddPtr(Lowering &l, tile::AddPtrOp op) {
  Values pointers = l.registersOf(op.getPointer()), offsets = l.registersOf(op.getOffset());
  auto type = cast<tile::PointerType>(Lowering::elementTypeOf(op.getPointer().getType()));
  Type pointee = l.scalarType(type.getPointee());
  if (pointee.isInteger(1))
    pointee = l.b.getI8Type();
  int64_t bytes = type.getPointeeBytes();
  llvm::DenseMap<std::pair<Value, Value>, Value> bases;
  l.defineEach(op.getResult(), [&](unsigned r) -> Value {
    Lowering::Split pointer = l.splitOf(pointers[r]), offset = l.splitOf(offsets[r]);
    if (auto constant = Emitter::constantOf(offset.base)) {
      offset.constant += *constant;
      offset.base = l.constantInt(offset.base.getType(), 0);
    }
    // Only what certainly fits beside a base: see Lowering.h.
    bool fits = offset.constant > -(1 << 20) && offset.constant < (1 << 24) &&
                (offset.constant >= 0 || offset.base.getType().isInteger(64) || Emitter::constantOf(offset.base));
    if (!fits)
      offset = {offsets[r], 0, true};
    Value &base = bases[{pointer.base, offset.base}];
    if (!base)
      base = l.gep(pointer.base, pointee, offset.base);
    int64_t constant = pointer.constant + offset.constant * bytes;
    Value value = l.offsetBytes(base, constant);
    if (constant != 0)
      l.recordSplit(value, {base, constant, true});
    return value;
  });
  return success();
}

// ---- Creation -------------------------------------------------------------------------------------------------------

LogicalResult lowerArange(Lowering &l, tile::ArangeOp op) {
  const LinearLayout &layout = *Lowering::layoutOf(op.getType());
  llvm::SmallVector<uint64_t> words = Lowering::registerWords(layout);
  int64_t start = int32_t(op.getStart());
  l.defineEach(op.getResult(), [&](unsigned r) -> Value {
    Value word = l.elementWord(layout, words[r]);
    if (start == 0)
      return word;
    Lowering::Split split = l.splitOf(word);
    Value value = l.add(word, l.i32(start));
    if (!Emitter::constantOf(value))
      l.recordSplit(value, {split.base, split.constant + start, true});
    return value;
  });
  return success();
}

LogicalResult lowerSplat(Lowering &l, tile::SplatOp op) {
  Value scalar = l.scalarOf(op.getSource());
  l.defineEach(op.getResult(), [&](unsigned) { return scalar; });
  return success();
}

// ---- Rearrangement --------------------------------------------------------------------------------------------------

/// For each register of `to`, the register of `from` that holds the element which `sourceWord` names by the packed
/// coordinates of the result; failure, with a diagnostic, if lanes or warps would have to exchange elements.
template <typename Function>
FailureOr<llvm::SmallVector<unsigned>> matchRegisters(Lowering &l, Operation *op, const LinearLayout &from,
                                                      const LinearLayout &to, Function sourceWord) {
  llvm::SmallVector<uint64_t> have = l.threadBases(from), want = l.threadBases(to);
  for (auto [source, result] : llvm::zip(have, want))
    if (source != sourceWord(result))
      return op->emitError() << "the layouts of operand and result do not hold the same elements in each thread";
  llvm::DenseMap<uint64_t, unsigned> registers;
  for (auto [r, word] : llvm::enumerate(Lowering::registerWords(from)))
    registers.try_emplace(word, r);
  llvm::SmallVector<unsigned> matched;
  for (uint64_t word : Lowering::registerWords(to)) {
    auto it = registers.find(sourceWord(word));
    if (it == registers.end())
      return op->emitError() << "the layouts of operand and result do not hold the same elements in each thread";
    matched.push_back(it->second);
  }
  return matched;
}

template <typename Function>
LogicalResult rename(Lowering &l, Operation *op, Value source, Value result, Function sourceWord) {
  auto matched =
      matchRegisters(l, op, *Lowering::layoutOf(source.getType()), *Lowering::layoutOf(result.getType()), sourceWord);
  if (failed(matched))
    return failure();
  Values scalars = l.registersOf(source);
  l.defineEach(result, [&](unsigned r) { return scalars[(*matched)[r]]; });
  return success();
}

LogicalResult lowerBroadcast(Lowering &l, tile::BroadcastOp op) {
  const Space &from = Lowering::layoutOf(op.getSource().getType())->out();
  const Space &to = Lowering::layoutOf(op.getType())->out();
  return rename(l, op, op.getSource(), op.getResult(), [&](uint64_t word) {
    uint64_t source = 0;
    for (unsigned d = 0; d < from.rank(); ++d)
      if (from.bits(tensorDim(d)) != 0)
        source |= from.put(to.get(word, tensorDim(d)), tensorDim(d));
    return source;
  });
}

LogicalResult lowerTrans(Lowering &l, tile::TransOp op) {
  const Space &from = Lowering::layoutOf(op.getSource().getType())->out();
  const Space &to = Lowering::layoutOf(op.getType())->out();
  llvm::ArrayRef<int32_t> order = op.getOrder();
  return rename(l, op, op.getSource(), op.getResult(), [&](uint64_t word) {
    uint64_t source = 0;
    for (unsigned d = 0; d < to.rank(); ++d)
      source |= from.put(to.get(word, tensorDim(d)), tensorDim(order[d]));
    return source;
  });
}

LogicalResult lowerExpandDims(Lowering &l, tile::ExpandDimsOp op) {
  return rename(l, op, op.getSource(), op.getResult(), [](uint64_t word) { return word; });
}

LogicalResult lowerReshape(Lowering &l, tile::ReshapeOp op) {
  if (op.getAllowReorder() && Lowering::countOf(op.getType()) == Lowering::countOf(op.getSource().getType())) {
    const LinearLayout *from = Lowering::layoutOf(op.getSource().getType());
    const LinearLayout *to = Lowering::layoutOf(op.getType());
    // In any order will do, so long as copies stay copies of the same elements.
    if (from->freeMask() == to->freeMask() && !llvm::equal(from->bases(), to->bases())) {
      l.define(op.getResult(), l.registersOf(op.getSource()));
      return success();
    }
  }
  return rename(l, op, op.getSource(), op.getResult(), [](uint64_t word) { return word; });
}

/// join and cat: which of the two operands is told by one bit of the packed coordinate.
LogicalResult lowerPair(Lowering &l, Operation *op, unsigned bit) {
  Values lhs = l.registersOf(op->getOperand(0)), rhs = l.registersOf(op->getOperand(1));
  const LinearLayout &from = *Lowering::layoutOf(op->getOperand(0).getType());
  const LinearLayout &to = *Lowering::layoutOf(op->getResult(0).getType());
  uint64_t below = (uint64_t(1) << bit) - 1;
  auto matched =
      matchRegisters(l, op, from, to, [&](uint64_t word) { return (word & below) | ((word >> 1) & ~below); });
  if (failed(matched))
    return failure();
  llvm::SmallVector<uint64_t> words = Lowering::registerWords(to);
  l.defineEach(op->getResult(0), [&](unsigned r) {
    unsigned source = (*matched)[r];
    return (words[r] >> bit) & 1 ? rhs[source] : lhs[source];
  });
  return success();
}

LogicalResult lowerJoin(Lowering &l, tile::JoinOp op) { return lowerPair(l, op, 0); }

LogicalResult lowerCat(Lowering &l, tile::CatOp op) {
  return lowerPair(l, op, llvm::Log2_64(op.getLhs().getType().getNumElements()));
}

LogicalResult lowerSplit(Lowering &l, tile::SplitOp op) {
  for (unsigned half = 0; half < 2; ++half)
    if (failed(rename(l, op, op.getSource(), op->getResult(half), [&](uint64_t word) {
          // The bases of threads have no part in the last dim; registers carry the half.
          return word << 1;
        })))
      return failure();
  // Registers of the upper half: found by the word with the lowest bit set.
  const LinearLayout &from = *Lowering::layoutOf(op.getSource().getType());
  const LinearLayout &to = *Lowering::layoutOf(op.getRhs().getType());
  llvm::DenseMap<uint64_t, unsigned> registers;
  for (auto [r, word] : llvm::enumerate(Lowering::registerWords(from)))
    registers.try_emplace(word, r);
  Values scalars = l.registersOf(op.getSource());
  llvm::SmallVector<Value> upper;
  for (uint64_t word : Lowering::registerWords(to)) {
    auto it = registers.find(word << 1 | 1);
    if (it == registers.end())
      return op.emitError() << "the last dimension of the operand does not lie in a register bit of its own";
    upper.push_back(scalars[it->second]);
  }
  l.define(op.getRhs(), upper);
  return success();
}

/// A promise about values: taken note of by the analyses, of no use here.
LogicalResult lowerHint(Lowering &l, tile::HintOp op) {
  l.define(op.getResult(), l.registersOf(op.getSource()));
  return success();
}

LogicalResult lowerAssume(Lowering &l, tile::AssumeOp op) {
  for (Value condition : l.registersOf(op.getCondition()))
    LLVM::AssumeOp::create(l.b, l.loc, condition);
  return success();
}

} // namespace

void addShapeLowerings(LowerTable &table) {
  addLowering<tile::ProgramIdOp, lowerProgramId>(table);
  addLowering<tile::NumProgramsOp, lowerNumPrograms>(table);
  addLowering<tile::AddPtrOp, lowerAddPtr>(table);
  addElementwise<tile::PtrToIntOp, [](Lowering &l, Operation *op, Values a) -> Value {
    return LLVM::PtrToIntOp::create(l.b, l.loc, l.scalarType(op->getResult(0).getType()), a[0]);
  }>(table);
  addElementwise<tile::IntToPtrOp, [](Lowering &l, Operation *op, Values a) -> Value {
    return LLVM::IntToPtrOp::create(l.b, l.loc, l.scalarType(op->getResult(0).getType()), a[0]);
  }>(table);
  addLowering<tile::ArangeOp, lowerArange>(table);
  addLowering<tile::SplatOp, lowerSplat>(table);
  addLowering<tile::BroadcastOp, lowerBroadcast>(table);
  addLowering<tile::ExpandDimsOp, lowerExpandDims>(table);
  addLowering<tile::ReshapeOp, lowerReshape>(table);
  addLowering<tile::TransOp, lowerTrans>(table);
  addLowering<tile::JoinOp, lowerJoin>(table);
  addLowering<tile::SplitOp, lowerSplit>(table);
  addLowering<tile::CatOp, lowerCat>(table);
  addLowering<tile::HintOp, lowerHint>(table);
  addLowering<tile::AssumeOp, lowerAssume>(table);
}

} // namespace tessera
