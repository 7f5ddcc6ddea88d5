//===- InsertBarriers.cpp - Insert barriers where shared memory demands them
//------------------------------------------------------===//
//
// A forward walk with the bytes accessed since the last barrier.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===--------------------------------------------------------------------------------------------------------------------===//

#include "compiler/analysis/Scratch.h"
#include "compiler/transforms/Passes.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace tessera {

#define GEN_PASS_DEF_INSERTBARRIERSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

struct Range {
  int64_t begin, end;
  bool overlaps(const Range &other) const { return begin < other.end && other.begin < end; }
};

/// A set of bytes as disjoint ranges in order.
class ByteSet {
public:
  bool overlaps(const Range &range) const {
    return llvm::any_of(ranges, [&](const Range &mine) { return mine.overlaps(range); });
  }

  /// Says whether anything was new.
  bool add(Range range) {
    if (llvm::any_of(ranges, [&](const Range &mine) { return mine.begin <= range.begin && range.end <= mine.end; }))
      return false;
    SmallVector<Range, 4> merged;
    for (const Range &mine : ranges) {
      if (mine.begin <= range.end && range.begin <= mine.end)
        range = {std::min(mine.begin, range.begin), std::max(mine.end, range.end)};
      else
        merged.push_back(mine);
    }
    merged.push_back(range);
    ranges = std::move(merged);
    return true;
  }

  bool addAll(const ByteSet &other) {
    bool changed = false;
    for (const Range &range : other.ranges)
      changed |= add(range);
    return changed;
  }

private:
  SmallVector<Range, 4> ranges;
};

/// What threads may have done since the last barrier.
struct Pending {
  ByteSet written, read;
  /// Whether global memory was written.
  bool wroteGlobal = false;

  bool join(const Pending &other) {
    bool changed = written.addAll(other.written);
    changed |= read.addAll(other.read);
    changed |= other.wroteGlobal && !wroteGlobal;
    wroteGlobal |= other.wroteGlobal;
    return changed;
  }
};

Range rangeOf(Value buffer) {
  auto alloc = buffer.getDefiningOp<tile::AllocOp>();
  // A buffer of unknown place may be anywhere.
  if (!alloc || !alloc.getOffset())
    return {0, INT64_MAX};
  int64_t begin = int32_t(*alloc.getOffset());
  return {begin, begin + cast<tile::BufferType>(buffer.getType()).getSizeInBytes()};
}

/// Whether one thread alone acts, for all of them, and releases what all of them wrote.
bool releasesForAll(Operation *op) {
  auto releases = [](auto atomic) {
    return !isa<RankedTensorType>(atomic.getResult().getType()) &&
           llvm::is_contained({tile::MemSemantic::Release, tile::MemSemantic::AcqRel}, atomic.getSem());
  };
  if (auto rmw = dyn_cast<tile::AtomicRmwOp>(op))
    return releases(rmw);
  if (auto cas = dyn_cast<tile::AtomicCasOp>(op))
    return releases(cas);
  return false;
}

class BarrierInserter {
public:
  void visit(Block &block, Pending &pending) {
    for (Operation &op : llvm::make_early_inc_range(block))
      visit(&op, pending);
  }
  unsigned getNumBarriers() const { return numBarriers; }

private:
  void barrierBefore(Operation *op, Pending &pending) {
    OpBuilder builder(op);
    tile::BarrierOp::create(builder, op->getLoc());
    pending = Pending();
    ++numBarriers;
  }

  void visit(Operation *op, Pending &pending) {
    if (isa<tile::BarrierOp>(op)) {
      pending = Pending();
      return;
    }
    if (isa<scf::ForOp, scf::WhileOp, scf::IfOp>(op))
      return visitControlFlow(op, pending);
    if (auto store = dyn_cast<tile::LocalStoreOp>(op)) {
      Range range = rangeOf(store.getBuffer());
      if (pending.written.overlaps(range) || pending.read.overlaps(range))
        barrierBefore(op, pending);
      pending.written.add(range);
      return;
    }
    if (auto load = dyn_cast<tile::LocalLoadOp>(op)) {
      Range range = rangeOf(load.getBuffer());
      if (pending.written.overlaps(range))
        barrierBefore(op, pending);
      pending.read.add(range);
      return;
    }
    if (pending.wroteGlobal && releasesForAll(op))
      barrierBefore(op, pending);
    if (isa<tile::StoreOp, tile::AtomicRmwOp, tile::AtomicCasOp, tile::InlineAsmOp>(op))
      pending.wroteGlobal = true;
    if (std::optional<Range> range = scratchOf(op)) {
      if (pending.written.overlaps(*range) || pending.read.overlaps(*range))
        barrierBefore(op, pending);
      // Its own barrier comes between its writes and its reads.
      bool wroteGlobal = isa<tile::AtomicRmwOp, tile::AtomicCasOp>(op);
      pending = Pending();
      pending.wroteGlobal = wroteGlobal;
      pending.read.add(*range);
    }
  }

  /// The scratch memory of an operation; nothing where it has none.
  static std::optional<Range> scratchOf(Operation *op) {
    auto offset = op->getAttrOfType<IntegerAttr>(scratchOffsetAttrName);
    return offset ? std::optional<Range>({offset.getInt(), offset.getInt() + getScratchBytes(op)}) : std::nullopt;
  }

  /// Whether something in `op` must not meet what is pending before it.
  static bool meets(Operation *op, const Pending &pending) {
    return op
        ->walk([&](Operation *inner) {
          std::optional<Range> range = scratchOf(inner);
          if (auto store = dyn_cast<tile::LocalStoreOp>(inner))
            range = rangeOf(store.getBuffer());
          if (auto load = dyn_cast<tile::LocalLoadOp>(inner))
            return WalkResult(success(!pending.written.overlaps(rangeOf(load.getBuffer()))));
          return WalkResult(success(!range || !(pending.written.overlaps(*range) || pending.read.overlaps(*range))));
        })
        .wasInterrupted();
  }

  void visitControlFlow(Operation *op, Pending &pending) {
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      Pending otherwise = pending;
      visit(*branch.thenBlock(), pending);
      if (branch.elseBlock())
        visit(*branch.elseBlock(), otherwise);
      pending.join(otherwise);
      return;
    }
    // One barrier before the loop rather than one in each iteration of which only the first needs it.
    if (meets(op, pending))
      barrierBefore(op, pending);
    // What is pending at the head of a loop is what was before it or is at the end of an iteration.
    Pending head = pending;
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      do {
        pending = head;
        visit(*loop.getBody(), pending);
      } while (head.join(pending));
      pending = head;
      return;
    }
    auto loop = cast<scf::WhileOp>(op);
    Pending exit;
    do {
      pending = head;
      visit(*loop.getBeforeBody(), pending);
      exit = pending;
      visit(*loop.getAfterBody(), pending);
    } while (head.join(pending));
    pending = exit;
  }

  unsigned numBarriers = 0;
};

class InsertBarriersPass : public impl::InsertBarriersPassBase<InsertBarriersPass> {
public:
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      BarrierInserter inserter;
      Pending pending;
      inserter.visit(function.getBody().front(), pending);
      numBarriers += inserter.getNumBarriers();
    }
  }
};

} // namespace
} // namespace tessera
