//===- AllocateShared.cpp - Give every shared-memory buffer and scratch area its place --===//
//
// Lifetimes as intervals of a numbering of operations, places by first fit, large areas first.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/analysis/Scratch.h"
#include "compiler/target/Queries.h"
#include "compiler/transforms/Passes.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tessera {

#define GEN_PASS_DEF_ALLOCATESHAREDPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

constexpr int64_t alignment = 16;

/// Something that needs bytes from operation number `first` to number `last`.
struct Area {
  Operation *op;
  int64_t bytes;
  unsigned first, last;
  /// The innermost loop around it.
  Operation *loop;
  int64_t offset = 0;
};

class Allocator {
public:
  explicit Allocator(func::FuncOp function) {
    number(function);
    collect(function);
  }

  /// Places all areas and returns the bytes that takes. With `keepLoopsApart`, areas of one loop never share bytes:
  /// reusing them within an iteration costs barriers.
  int64_t place(bool keepLoopsApart) {
    SmallVector<Area *> order;
    for (Area &area : areas)
      order.push_back(&area);
    llvm::sort(order,
               [](Area *a, Area *b) { return a->bytes != b->bytes ? a->bytes > b->bytes : a->first < b->first; });
    int64_t total = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      SmallVector<std::pair<int64_t, int64_t>> taken;
      for (size_t j = 0; j < i; ++j) {
        Area *other = order[j];
        bool together = order[i]->first <= other->last && other->first <= order[i]->last;
        if (together || (keepLoopsApart && order[i]->loop && order[i]->loop == other->loop))
          taken.push_back({other->offset, other->offset + other->bytes});
      }
      llvm::sort(taken);
      int64_t offset = 0;
      for (auto [begin, end] : taken) {
        if (begin >= offset + order[i]->bytes)
          break;
        offset = std::max(offset, int64_t(llvm::alignTo(end, alignment)));
      }
      order[i]->offset = offset;
      total = std::max(total, offset + order[i]->bytes);
    }
    return llvm::alignTo(total, alignment);
  }

  void annotate() {
    for (Area &area : areas) {
      Builder builder(area.op->getContext());
      IntegerAttr offset = builder.getI32IntegerAttr(area.offset);
      if (auto alloc = dyn_cast<tile::AllocOp>(area.op))
        alloc.setOffsetAttr(offset);
      else
        area.op->setAttr(scratchOffsetAttrName, offset);
    }
  }

  ArrayRef<Area> getAreas() const { return areas; }

private:
  /// Numbers all operations in order; one with regions ends after what is in them.
  void number(func::FuncOp function) {
    unsigned next = 0;
    auto visit = [&](auto &self, Operation *op) -> void {
      unsigned begin = next++;
      for (Region &region : op->getRegions())
        for (Block &block : region)
          for (Operation &inner : block)
            self(self, &inner);
      spans[op] = {begin, next++};
    };
    visit(visit, function);
  }

  static Operation *innermostLoop(Operation *op) {
    for (Operation *parent = op->getParentOp(); parent; parent = parent->getParentOp())
      if (isa<scf::ForOp, scf::WhileOp>(parent))
        return parent;
    return nullptr;
  }

  void collect(func::FuncOp function) {
    function.walk([&](Operation *op) {
      if (auto alloc = dyn_cast<tile::AllocOp>(op)) {
        Area area{op, cast<tile::BufferType>(alloc.getType()).getSizeInBytes(), spans[op].first, spans[op].second,
                  innermostLoop(op)};
        // Uses deeper inside, in a loop for instance, keep the buffer until the end of what they are in.
        for (Operation *user : alloc->getUsers())
          if (Operation *ancestor = op->getBlock()->findAncestorOpInBlock(*user))
            area.last = std::max(area.last, spans[ancestor].second);
        areas.push_back(area);
        return;
      }
      if (int64_t bytes = getScratchBytes(op))
        areas.push_back({op, bytes, spans[op].first, spans[op].second, innermostLoop(op)});
    });
  }

  llvm::DenseMap<Operation *, std::pair<unsigned, unsigned>> spans;
  std::vector<Area> areas;
};

class AllocateSharedPass : public impl::AllocateSharedPassBase<AllocateSharedPass> {
public:
  void runOnOperation() override {
    ModuleOp module = getOperation();
    const Target *target = targetOf(module);
    int64_t limit = target ? target->sharedPerCta : INT64_MAX;
    int64_t most = 0;
    for (auto function : module.getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      Allocator allocator(function);
      // Room for two programs an SM is worth more than a few barriers.
      int64_t bytes = allocator.place(/*keepLoopsApart=*/true);
      if (bytes > limit / 2)
        bytes = allocator.place(/*keepLoopsApart=*/false);
      if (bytes > limit) {
        // At what takes the most of it: that is what the user can make smaller.
        const Area &largest =
            *llvm::max_element(allocator.getAreas(), [](const Area &a, const Area &b) { return a.bytes < b.bytes; });
        InFlightDiagnostic error = largest.op->emitError("kernel '")
                                   << function.getName() << "' needs " << bytes << " bytes of shared memory, but "
                                   << target->name << " has " << limit << " for each program";
        error.attachNote(largest.op->getLoc())
            << "this needs " << largest.bytes << " of them; smaller blocks need less";
        return signalPassFailure();
      }
      allocator.annotate();
      numAreas += allocator.getAreas().size();
      most = std::max(most, bytes);
    }
    module->setAttr(sharedBytesAttrName, Builder(&getContext()).getI32IntegerAttr(most));
  }
};

} // namespace
} // namespace tessera
