//===- InsertBarriers.cpp - Insert barriers where memory demands them -----===//
//
// A forward walk with the bytes of shared memory, and the accesses to global memory, since the last barrier.
//
// Global memory: a program is sequential, its threads are not. A value that one thread stores may be loaded by another,
// or every thread loads a scalar that the first one then overwrites:
//
//   %c = tile.load %count              every thread
//   tile.store %count, %c1             the first thread: before the last one has loaded?
//
// so a barrier comes between two accesses, one of them a write, whose pointers stem from the same argument (or from who
// knows where), unless each element is certainly the business of one thread in both.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

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

/// An access to global memory.
struct GlobalAccess {
  enum Kind { Read, Write, Atomic };

  Value pointer;
  /// The argument that the pointer was computed from; null where that cannot be told.
  Value root;
  Kind kind;

  bool operator==(const GlobalAccess &other) const = default;

  /// Whether `later` must wait until all threads are done with this one.
  bool conflictsWith(const GlobalAccess &later) const {
    if ((kind == Read && later.kind == Read) || (kind == Atomic && later.kind == Atomic))
      return false;
    if (root && later.root && root != later.root)
      return false;
    // One owner writes each element; copies elsewhere read it too.
    return pointer != later.pointer || (kind != later.kind && hasCopies());
  }

private:
  bool hasCopies() const {
    auto type = dyn_cast<RankedTensorType>(pointer.getType());
    tile::LayoutAttr attr = type ? tile::getLayout(type) : tile::LayoutAttr();
    return !attr || (attr.getLayout().freeMask(Dim::Lane) | attr.getLayout().freeMask(Dim::Warp)) != 0;
  }
};

/// Where a pointer comes from: through arithmetic, changes of shape and layout, and what loops carry.
Value rootOf(Value pointer) {
  while (true) {
    if (auto argument = dyn_cast<BlockArgument>(pointer)) {
      auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
      OpOperand *init = loop ? loop.getTiedLoopInit(argument) : nullptr;
      if (!init)
        return isa<func::FuncOp>(argument.getOwner()->getParentOp()) ? pointer : Value();
      pointer = init->get();
      continue;
    }
    Operation *op = pointer.getDefiningOp();
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      pointer = loop.getInits()[cast<OpResult>(pointer).getResultNumber()];
      continue;
    }
    if (!isa<tile::AddPtrOp, tile::SplatOp, tile::BroadcastOp, tile::ExpandDimsOp, tile::ConvertLayoutOp, tile::HintOp,
             tile::BitcastOp, tile::ReshapeOp, tile::TransOp>(op))
      return {};
    pointer = op->getOperand(0);
  }
}

std::optional<GlobalAccess> globalAccessOf(Operation *op) {
  if (auto load = dyn_cast<tile::LoadOp>(op))
    return GlobalAccess{load.getPointer(), rootOf(load.getPointer()), GlobalAccess::Read};
  if (auto store = dyn_cast<tile::StoreOp>(op))
    return GlobalAccess{store.getPointer(), rootOf(store.getPointer()), GlobalAccess::Write};
  if (auto rmw = dyn_cast<tile::AtomicRmwOp>(op))
    return GlobalAccess{rmw.getPointer(), rootOf(rmw.getPointer()), GlobalAccess::Atomic};
  if (auto cas = dyn_cast<tile::AtomicCasOp>(op))
    return GlobalAccess{cas.getPointer(), rootOf(cas.getPointer()), GlobalAccess::Atomic};
  return std::nullopt;
}

/// What threads may have done since the last barrier.
struct Pending {
  ByteSet written, read;
  SmallVector<GlobalAccess, 4> global;
  /// Whether global memory was written.
  bool wroteGlobal = false;

  bool conflictsWith(const GlobalAccess &access) const {
    return llvm::any_of(global, [&](const GlobalAccess &mine) { return mine.conflictsWith(access); });
  }

  bool add(const GlobalAccess &access) {
    if (llvm::is_contained(global, access))
      return false;
    global.push_back(access);
    return true;
  }

  bool join(const Pending &other) {
    bool changed = written.addAll(other.written);
    changed |= read.addAll(other.read);
    for (const GlobalAccess &access : other.global)
      changed |= add(access);
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
    std::optional<GlobalAccess> access = globalAccessOf(op);
    if ((pending.wroteGlobal && releasesForAll(op)) || (access && pending.conflictsWith(*access)))
      barrierBefore(op, pending);
    if (access)
      pending.add(*access);
    if (isa<tile::StoreOp, tile::AtomicRmwOp, tile::AtomicCasOp, tile::InlineAsmOp>(op))
      pending.wroteGlobal = true;
    if (std::optional<Range> range = scratchOf(op)) {
      if (pending.written.overlaps(*range) || pending.read.overlaps(*range))
        barrierBefore(op, pending);
      if (!synchronizesBlock(op)) {
        pending.written.add(*range);
        pending.read.add(*range);
        return;
      }
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

  /// Whether the barrier between the writes and the reads of an operation with scratch memory is one of the block: a
  /// conversion within warps waits for its own warp only.
  bool synchronizesBlock(Operation *op) {
    auto convert = dyn_cast<tile::ConvertLayoutOp>(op);
    if (!convert)
      return true;
    auto [place, isNew] = convertsAcrossWarps.try_emplace(op, true);
    if (isNew) {
      ConversionPlan plan = planConversion(convert);
      place->second = plan.kind != ConversionKind::Shared || plan.shared->crossesWarps;
    }
    return place->second;
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
  llvm::DenseMap<Operation *, bool> convertsAcrossWarps;
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
