//===- LowerConvert.cpp - convert_layout ----------------------------------===//
//
// Carries out what dialect/layout/ConversionPlan.h plans: renaming, shuffles, or a way through shared memory.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/SharedTransfer.h"
#include "compiler/lowering/Words.h"
#include "compiler/target/Queries.h"

using namespace mlir;

namespace tessera {
namespace {

using Values = Lowering::Values;

/// True in the threads where a conditional swap takes place.
Value swapCondition(Lowering &l, const ConditionalSwap &swap) {
  llvm::SmallVector<uint64_t> bases(5 + llvm::Log2_32(l.numWarps), 0);
  uint64_t mask = swap.lanes | uint64_t(swap.warps) << 5;
  for (auto [bit, basis] : llvm::enumerate(bases))
    basis = (mask >> bit) & 1;
  return l.compare(LLVM::ICmpPredicate::ne, l.threadImage(bases), l.i32(0));
}

void applySwaps(Lowering &l, llvm::ArrayRef<ConditionalSwap> swaps, llvm::SmallVectorImpl<Value> &words) {
  for (const ConditionalSwap &swap : swaps) {
    Value condition = swapCondition(l, swap);
    llvm::SmallVector<Value> swapped;
    for (unsigned i = 0; i < words.size(); ++i)
      swapped.push_back(l.select(condition, words[i ^ swap.words], words[i]));
    words.assign(swapped.begin(), swapped.end());
  }
}

llvm::SmallVector<Value> convertByShuffles(Lowering &l, const ShufflePlan &plan, Values source, Type elementType) {
  llvm::SmallVector<Value> sent;
  for (const std::vector<uint32_t> &registers : plan.words) {
    llvm::SmallVector<Value> elements;
    for (uint32_t r : registers)
      elements.push_back(source[r]);
    sent.push_back(packWord(l, elements));
  }
  applySwaps(l, plan.before, sent);

  Value sourceLane;
  if (!plan.isButterfly)
    sourceLane = l.threadImage(l.threadBases(plan.sourceLane));
  llvm::SmallVector<Value> received(plan.shuffles.size());
  for (const ShuffleStep &step : plan.shuffles) {
    Value word = sent[step.source];
    if (!plan.isButterfly)
      word = shuffle(l, word, NVVM::ShflKind::idx, l.bitXor(sourceLane, l.i32(step.laneXor)));
    else if (step.laneXor != 0)
      word = shuffle(l, word, NVVM::ShflKind::bfly, l.i32(step.laneXor));
    received[step.target] = word;
  }
  applySwaps(l, plan.after, received);
  llvm::SmallVector<llvm::SmallVector<Value>> elements(received.size());
  for (auto [word, unpacked] : llvm::zip(received, elements))
    unpackWord(l, word, elementType, unpacked);
  llvm::SmallVector<Value> result;
  for (ShufflePlan::Element output : plan.outputs)
    result.push_back(elements[output.word][output.element]);
  return result;
}

void synchronize(Lowering &l, const SharedPlan &plan) {
  if (plan.crossesWarps)
    l.barrier();
  else
    NVVM::SyncWarpOp::create(l.b, l.loc, l.i32(-1));
}

FailureOr<llvm::SmallVector<Value>> convertByMemory(Lowering &l, tile::ConvertLayoutOp op, const SharedPlan &plan) {
  FailureOr<Value> scratch = l.scratchOf(op);
  if (failed(scratch))
    return failure();
  auto type = cast<RankedTensorType>(op.getType());
  Values source = l.registersOf(op.getSource());
  llvm::SmallVector<Value> result(Lowering::countOf(type));
  SharedTransfer store(l, plan.store, type.getElementType(), *scratch);
  SharedTransfer load(l, plan.load, type.getElementType(), *scratch);
  for (unsigned step = 0; step < plan.numSteps; ++step) {
    if (step != 0)
      synchronize(l, plan);
    store.store(source, step);
    synchronize(l, plan);
    load.load(result, step);
  }
  load.fillCopies(result);
  return result;
}

LogicalResult lowerConvertLayout(Lowering &l, tile::ConvertLayoutOp op) {
  ConversionPlan plan = planConversionOf(op, l.target);
  Values source = l.registersOf(op.getSource());
  switch (plan.kind) {
  case ConversionKind::Identity:
  case ConversionKind::Registers:
    l.defineEach(op.getResult(), [&](unsigned r) { return source[plan.registers[r]]; });
    return success();
  case ConversionKind::Shuffles:
    l.define(op.getResult(), convertByShuffles(l, *plan.shuffles, source, Lowering::elementTypeOf(op.getType())));
    return success();
  case ConversionKind::Shared: {
    auto result = convertByMemory(l, op, *plan.shared);
    if (failed(result))
      return failure();
    l.define(op.getResult(), *result);
    return success();
  }
  case ConversionKind::Unsupported:
    break;
  }
  return op.emitError() << "no conversion from layout " << op.getSource().getType() << " to " << op.getType();
}

} // namespace

void addConvertLayoutLowerings(LowerTable &table) { addLowering<tile::ConvertLayoutOp, lowerConvertLayout>(table); }

} // namespace tessera
