//===- LowerReduce.cpp - reduce -------------------------------------------===//
//
// Three steps, each only where the layout has something along the axis there:
//
//   registers   each thread combines what it holds, in order
//   lanes       butterflies: for each lane bit along the axis, combine with the lane that differs in it; integers over
//               a whole warp by redux.sync
//   warps       each warp writes its partial results to scratch memory, all wait, each thread combines the partials it
//               needs
//
// After that every thread that held elements of a row has the row's result: lanes and warps along the axis hold copies,
// as the layout of the result says.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/AxisSplit.h"
#include "compiler/lowering/Combine.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tessera {
namespace {

using Values = Lowering::Values;

/// The intrinsic that combines i32 over the warp as `op` does; empty if there is none.
llvm::StringRef reduxFor(Lowering &l, tile::ReduceOp op) {
  Operation *combiner = op.getSingleCombiner();
  if (!combiner || !l.target.has(Feature::Redux) || !combiner->getResult(0).getType().isInteger(32))
    return {};
  return llvm::TypeSwitch<Operation *, llvm::StringRef>(combiner)
      .Case<arith::AddIOp>([](auto) { return "llvm.nvvm.redux.sync.add"; })
      .Case<arith::MaxSIOp>([](auto) { return "llvm.nvvm.redux.sync.max"; })
      .Case<arith::MinSIOp>([](auto) { return "llvm.nvvm.redux.sync.min"; })
      .Case<arith::MaxUIOp>([](auto) { return "llvm.nvvm.redux.sync.umax"; })
      .Case<arith::MinUIOp>([](auto) { return "llvm.nvvm.redux.sync.umin"; })
      .Case<arith::AndIOp>([](auto) { return "llvm.nvvm.redux.sync.and"; })
      .Case<arith::OrIOp>([](auto) { return "llvm.nvvm.redux.sync.or"; })
      .Case<arith::XOrIOp>([](auto) { return "llvm.nvvm.redux.sync.xor"; })
      .Default([](Operation *) { return ""; });
}

class ReduceLowering {
public:
  ReduceLowering(Lowering &l, tile::ReduceOp op, AxisSplit split)
      : l(l), op(op), combine(l, op), split(std::move(split)) {}

  LogicalResult run() {
    reduceRegisters();
    reduceLanes();
    if (!split.warpBits.empty() && failed(reduceWarps()))
      return failure();
    return combine.failed ? failure() : defineResults();
  }

private:
  /// groups: number across the axis (of the registers alone) → what this thread has of it.
  void reduceRegisters() {
    llvm::SmallVector<Values> operands;
    for (Value operand : op.getOperands())
      operands.push_back(l.registersOf(operand));
    for (auto [r, word] : llvm::enumerate(split.words)) {
      if (r & split.registerCopies)
        continue;
      Tuple element;
      for (Values scalars : operands)
        element.push_back(scalars[r]);
      auto [it, isNew] = groups.try_emplace(split.across(word & ~split.axisMask), element);
      if (!isNew)
        it->second = combine(it->second, element);
    }
  }

  void reduceLanes() {
    llvm::StringRef redux = split.laneBits.size() == 5 ? reduxFor(l, op) : "";
    if (!redux.empty()) {
      for (auto &[key, tuple] : groups)
        tuple[0] = l.intrinsic(redux, tuple[0].getType(), {tuple[0], l.i32(-1)});
      return;
    }
    // The groups step by step together: their shuffles do not wait for each other.
    for (AxisBit lane : split.laneBits)
      for (auto &[key, tuple] : groups)
        tuple = combine(tuple, combine.shuffle(tuple, NVVM::ShflKind::bfly, l.i32(1 << lane.bit)));
  }

  LogicalResult reduceWarps() {
    FailureOr<Value> scratch = l.scratchOf(op);
    if (failed(scratch))
      return failure();
    unsigned numPartials = split.numWarpsAlong();
    PartialArrays partials(l, combine, *scratch, numPartials * split.numAcross);
    llvm::SmallVector<uint64_t> writeBases = split.acrossBases;
    for (auto [i, warp] : llvm::enumerate(split.warpBits))
      writeBases[warp.bit] |= uint64_t(split.numAcross) << i;
    // One lane of those that have the same.
    uint64_t others = split.copyThreads | (split.axisThreads & 31);
    Value writer =
        others ? l.compare(LLVM::ICmpPredicate::eq, l.bitAnd(l.threadId(), l.i32(int64_t(others))), l.i32(0)) : Value();
    for (auto &[key, tuple] : groups)
      partials.store(tuple, writeBases, key, writer);
    l.barrier();
    for (auto &[key, tuple] : groups) {
      llvm::SmallVector<Tuple> parts;
      if (split.numAcross == 1)
        parts = partials.loadFirst(numPartials);
      else
        for (unsigned w = 0; w < numPartials; ++w)
          parts.push_back(partials.load(split.acrossBases, key | uint64_t(split.numAcross) * w));
      tuple = parts.front();
      for (const Tuple &part : llvm::drop_begin(parts))
        tuple = combine(tuple, part);
    }
    return success();
  }

  LogicalResult defineResults() {
    const LinearLayout *layout = Lowering::layoutOf(op->getResult(0).getType());
    llvm::SmallVector<uint64_t> words = layout ? Lowering::registerWords(*layout) : llvm::SmallVector<uint64_t>{0};
    if (layout && l.threadBases(*layout) != split.acrossBases)
      return op.emitError() << "the layout of the result is not that of the operand without dimension " << op.getAxis();
    for (auto [i, result] : llvm::enumerate(op->getResults())) {
      llvm::SmallVector<Value> scalars;
      for (uint64_t word : words) {
        auto it = groups.find(word);
        if (it == groups.end())
          return op.emitError() << "the layout of the result has elements that the operand's threads do not hold";
        scalars.push_back(it->second[i]);
      }
      l.define(result, scalars);
    }
    return success();
  }

  Lowering &l;
  tile::ReduceOp op;
  Combiner combine;
  AxisSplit split;
  llvm::MapVector<uint64_t, Tuple> groups;
};

LogicalResult lowerReduce(Lowering &l, tile::ReduceOp op) {
  const LinearLayout &layout = *Lowering::layoutOf(op.getOperands().front().getType());
  auto split = AxisSplit::create(l, op, layout, op.getAxis());
  if (failed(split))
    return failure();
  return ReduceLowering(l, op, std::move(*split)).run();
}

} // namespace

void addReduceLowerings(LowerTable &table) { addLowering<tile::ReduceOp, lowerReduce>(table); }

} // namespace tessera
