//===- LowerScan.cpp - scan -----------------------------------------------===//
//
// The layout of a scan has, along the axis, registers in the lowest bits, then lanes, then warps. So:
//
//   registers   each thread scans what it holds; the last value is its total
//   lanes       for each lane bit j along the axis, ascending: lanes with the bit set take the other half's total in
//               front of their own prefix; the totals of both halves are combined for the next bit
//   warps       each warp writes its totals to scratch memory; each thread combines those of the warps before its own
//   registers   the prefix, where there is one, is combined with everything the thread holds
//
// A reverse scan is the same with the axis numbered from the end: the registers run backwards and bits count when
// clear.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/AxisSplit.h"
#include "compiler/lowering/Combine.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace tessera {
namespace {

using Values = Lowering::Values;

/// What a thread has of one row: its registers in the order of the axis, and what came of them.
struct Row {
  llvm::SmallVector<unsigned> registers;
  llvm::SmallVector<Tuple> values;
  Tuple total;
  /// What all before this thread combine to, where `hasPrefix` holds; null if nothing can be before.
  Tuple prefix;
  Value hasPrefix;
};

class ScanLowering {
public:
  ScanLowering(Lowering &l, tile::ScanOp op, AxisSplit split) : l(l), op(op), combine(l, op), split(std::move(split)) {}

  LogicalResult run() {
    if (failed(checkOrder()))
      return failure();
    scanRegisters();
    for (AxisBit lane : split.laneBits)
      for (auto &[key, row] : rows)
        scanLane(row, lane.bit);
    if (!split.warpBits.empty() && failed(scanWarps()))
      return failure();
    defineResults();
    return combine.failed ? failure() : success();
  }

private:
  /// Registers lowest, then lanes, then warps.
  LogicalResult checkOrder() {
    uint64_t registerBits = 0;
    for (auto [r, word] : llvm::enumerate(split.words))
      registerBits |= split.along(word);
    unsigned next = llvm::popcount(registerBits);
    bool ordered = registerBits == (uint64_t(1) << next) - 1;
    for (auto *bits : {&split.laneBits, &split.warpBits})
      for (AxisBit bit : *bits)
        ordered &= bit.axisBit == next++;
    if (ordered)
      return success();
    return op.emitError() << "a scan needs a layout with registers, lanes and warps in this order along dimension "
                          << op.getAxis();
  }

  void scanRegisters() {
    llvm::SmallVector<Values> operands;
    for (Value operand : op.getOperands())
      operands.push_back(l.registersOf(operand));
    llvm::SmallVector<unsigned> order(split.words.size());
    for (unsigned r = 0; r < order.size(); ++r)
      order[r] = r;
    llvm::stable_sort(order, [&](unsigned a, unsigned b) {
      uint64_t x = split.along(split.words[a]), y = split.along(split.words[b]);
      return op.getReverse() ? x > y : x < y;
    });
    for (unsigned r : order) {
      if (r & split.registerCopies)
        continue;
      Row &row = rows[split.across(split.words[r] & ~split.axisMask)];
      Tuple element;
      for (Values scalars : operands)
        element.push_back(scalars[r]);
      row.registers.push_back(r);
      row.values.push_back(row.values.empty() ? element : combine(row.values.back(), element));
      row.total = row.values.back();
    }
  }

  /// Whether bit `bit` of the thread's index says that the other half comes before.
  Value isLater(unsigned bit) {
    llvm::SmallVector<uint64_t> bases(split.acrossBases.size(), 0);
    bases[bit] = 1;
    auto predicate = op.getReverse() ? LLVM::ICmpPredicate::eq : LLVM::ICmpPredicate::ne;
    return l.compare(predicate, l.threadImage(bases), l.i32(0));
  }

  /// prefix := condition ? combine(before, prefix) : prefix, where there is a prefix; else `before`.
  void extendPrefix(Row &row, Value condition, const Tuple &before) {
    if (row.prefix.empty()) {
      row.prefix = before;
      row.hasPrefix = condition;
      return;
    }
    Tuple both = combine.select(row.hasPrefix, combine(before, row.prefix), before);
    row.prefix = combine.select(condition, both, row.prefix);
    row.hasPrefix = l.bitOr(row.hasPrefix, condition);
  }

  void scanLane(Row &row, unsigned bit) {
    Value later = isLater(bit);
    Tuple other = combine.shuffle(row.total, NVVM::ShflKind::bfly, l.i32(1 << bit));
    extendPrefix(row, later, other);
    row.total = combine(combine.select(later, other, row.total), combine.select(later, row.total, other));
  }

  LogicalResult scanWarps() {
    FailureOr<Value> scratch = l.scratchOf(op);
    if (failed(scratch))
      return failure();
    unsigned numWarps = split.numWarpsAlong();
    PartialArrays partials(l, combine, *scratch, numWarps * split.numAcross);
    llvm::SmallVector<uint64_t> writeBases = split.acrossBases;
    llvm::SmallVector<uint64_t> warpBases(split.acrossBases.size(), 0);
    for (auto [i, warp] : llvm::enumerate(split.warpBits)) {
      writeBases[warp.bit] |= uint64_t(split.numAcross) << i;
      warpBases[warp.bit] = uint64_t(1) << i;
    }
    uint64_t others = split.copyThreads | (split.axisThreads & 31);
    Value writer =
        others ? l.compare(LLVM::ICmpPredicate::eq, l.bitAnd(l.threadId(), l.i32(int64_t(others))), l.i32(0)) : Value();
    for (auto &[key, row] : rows)
      partials.store(row.total, writeBases, key, writer);
    l.barrier();
    Value warp = l.threadImage(warpBases);
    for (auto &[key, row] : rows) {
      // What the warps before this one combine to: the first of them, then one after the other while they are before.
      Tuple before;
      Value any;
      for (unsigned i = 0; i + 1 < numWarps; ++i) {
        unsigned w = op.getReverse() ? numWarps - 1 - i : i;
        auto predicate = op.getReverse() ? LLVM::ICmpPredicate::ult : LLVM::ICmpPredicate::ugt;
        Value isBefore = l.compare(predicate, warp, l.i32(w));
        Tuple total = partials.load(split.acrossBases, key | uint64_t(split.numAcross) * w);
        before = before.empty() ? total : combine.select(isBefore, combine(before, total), before);
        any = any ? any : isBefore;
      }
      extendPrefix(row, any, before);
    }
    return success();
  }

  void defineResults() {
    unsigned count = split.words.size();
    llvm::SmallVector<llvm::SmallVector<Value>> results(op.getNumResults(), llvm::SmallVector<Value>(count));
    for (auto &[key, row] : rows)
      for (auto [r, value] : llvm::zip(row.registers, row.values)) {
        Tuple final = value;
        if (!row.prefix.empty())
          final = combine.select(row.hasPrefix, combine(row.prefix, value), value);
        for (auto [result, scalar] : llvm::zip(results, final))
          result[r] = scalar;
      }
    for (auto [value, scalars] : llvm::zip(op->getResults(), results)) {
      for (unsigned r = 0; r < count; ++r)
        if (!scalars[r])
          for (unsigned s = 0; s < r && !scalars[r]; ++s)
            if (split.words[s] == split.words[r])
              scalars[r] = scalars[s];
      l.define(value, scalars);
    }
  }

  Lowering &l;
  tile::ScanOp op;
  Combiner combine;
  AxisSplit split;
  llvm::MapVector<uint64_t, Row> rows;
};

LogicalResult lowerScan(Lowering &l, tile::ScanOp op) {
  const LinearLayout &layout = *Lowering::layoutOf(op.getOperands().front().getType());
  auto split = AxisSplit::create(l, op, layout, op.getAxis());
  if (failed(split))
    return failure();
  return ScanLowering(l, op, std::move(*split)).run();
}

} // namespace

void addScanLowerings(LowerTable &table) { addLowering<tile::ScanOp, lowerScan>(table); }

} // namespace tessera
