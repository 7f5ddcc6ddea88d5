//===- DeferredLoads.cpp - Which loads from shared memory may wait --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/DeferredLoads.h"

#include "compiler/analysis/Scratch.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tessera {
namespace {

/// Bytes of shared memory, from `begin` to before `end`.
struct Range {
  int64_t begin, end;
  bool overlaps(Range other) const { return begin < other.end && other.begin < end; }
};

/// Where a buffer lies; none if that is not known here.
std::optional<Range> rangeOf(Value buffer) {
  auto alloc = buffer.getDefiningOp<tile::AllocOp>();
  if (!alloc || !alloc.getOffset())
    return std::nullopt;
  int64_t begin = *alloc.getOffset();
  return Range{begin, begin + cast<tile::BufferType>(alloc.getType()).getSizeInBytes()};
}

/// Whether `op` itself may write to `range`.
bool writes(Operation *op, Range range) {
  if (auto store = dyn_cast<tile::LocalStoreOp>(op)) {
    auto written = rangeOf(store.getBuffer());
    return !written || written->overlaps(range);
  }
  if (auto scratch = op->getAttrOfType<IntegerAttr>(scratchOffsetAttrName)) {
    int64_t begin = scratch.getInt();
    return range.overlaps({begin, begin + getScratchBytes(op)});
  }
  return isa<tile::InlineAsmOp>(op) && !cast<tile::InlineAsmOp>(op).getPure();
}

bool writesWithin(Operation *op, Range range) {
  return op
      ->walk([&](Operation *inner) { return writes(inner, range) ? WalkResult::interrupt() : WalkResult::advance(); })
      .wasInterrupted();
}

enum class Found { Write, Barrier, End };

/// What comes first from `op` on, up to `stop` or the end of the block: a write to `range` or a barrier.
Found scan(Operation *op, Operation *stop, Range range) {
  for (; op && op != stop; op = op->getNextNode()) {
    if (writesWithin(op, range))
      return Found::Write;
    if (isa<tile::BarrierOp>(op))
      return Found::Barrier;
  }
  return Found::End;
}

/// Whether no thread that has passed `user` can write to `range` before the next barrier that all pass.
bool isQuietAfter(Operation *load, Operation *user, Range range) {
  Operation *from = user->getNextNode();
  for (Operation *inner = load;; inner = inner->getParentOp()) {
    Found found = scan(from, nullptr, range);
    if (found != Found::End)
      return found == Found::Barrier;
    Operation *parent = inner->getParentOp();
    if (isa<func::FuncOp>(parent))
      return true;
    if (!isa<scf::ForOp>(parent))
      return false;
    // Around the loop: the next turn up to where we are. What stands between there and the user has been looked at.
    if (scan(&inner->getBlock()->front(), inner, range) == Found::Write)
      return false;
    from = parent->getNextNode();
  }
}

} // namespace

bool mayWaitForUser(tile::LocalLoadOp load) {
  if (!load->hasOneUse())
    return false;
  Operation *user = *load->user_begin();
  if (!isa<tile::MmaOp, tile::DotOp>(user) || user->getBlock() != load->getBlock() ||
      user->getOperand(2) == load.getResult())
    return false;
  auto range = rangeOf(load.getBuffer());
  if (!range)
    return false;
  bool passesBarrier = false;
  for (Operation *op = load->getNextNode(); op != user; op = op->getNextNode()) {
    if (writesWithin(op, *range))
      return false;
    // Operations with scratch memory, and whatever has regions, may hold barriers too.
    passesBarrier |= isa<tile::BarrierOp>(op) || op->getNumRegions() != 0 || op->hasAttr(scratchOffsetAttrName);
  }
  return !passesBarrier || isQuietAfter(load, user, *range);
}

} // namespace tessera
