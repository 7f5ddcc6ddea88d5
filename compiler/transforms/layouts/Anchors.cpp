//===- Anchors.cpp - Operations with opinions about layouts ---------------===//
//
// Loads and stores want neighbouring lanes at neighbouring addresses in the widest accesses; dots want fragments;
// reductions and scans want their axis within a warp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/transforms/layouts/Anchors.h"
#include "compiler/analysis/DotLayouts.h"
#include "compiler/analysis/LayoutRules.h"
#include "dialect/layout/Fragments.h"
#include "dialect/tile/Tile.h"

#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>

using namespace mlir;

namespace tessera {

namespace {

int64_t product(ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

/// As `coalesced`, but warps fill the slowest dims first: rows are then held by single warps, where there are enough of
/// them.
LinearLayout coalescedByRows(ArrayRef<int64_t> shape, ArrayRef<int32_t> order, int64_t vectorElements,
                             int64_t numWarps) {
  SmallVector<int64_t, 4> perThread(shape.size(), 1), lanes(shape.size(), 1), warps(shape.size(), 1);
  int64_t share = std::max<int64_t>(1, product(shape) / (kNumLanes * numWarps));
  int64_t lanesLeft = kNumLanes, warpsLeft = numWarps;
  for (int32_t dim : llvm::reverse(order.drop_front())) {
    warps[dim] = std::min(warpsLeft, shape[dim]);
    warpsLeft /= warps[dim];
  }
  perThread[order[0]] = std::min({vectorElements, shape[order[0]], share});
  for (int32_t dim : order) {
    lanes[dim] = std::min(lanesLeft, std::max<int64_t>(1, shape[dim] / (perThread[dim] * warps[dim])));
    lanesLeft /= lanes[dim];
  }
  warps[order[0]] *= warpsLeft;
  lanes[order.back()] *= lanesLeft;
  return withoutRegisterCopies(blocked(shape, perThread, lanes, warps, order));
}

/// The axis as low as possible: registers, then lanes, then warps, each as full as spreading the rest over the threads
/// allows.
LinearLayout scanLayout(ArrayRef<int64_t> shape, unsigned axis, int64_t numWarps) {
  SmallVector<int64_t, 4> perThread(shape.size(), 1), lanes(shape.size(), 1), warps(shape.size(), 1);
  int64_t size = shape[axis], others = product(shape) / size;
  int64_t lines = std::min(others, kNumLanes * numWarps);
  int64_t threadsAlong = std::min(size, std::max<int64_t>(1, kNumLanes * numWarps / lines));
  lanes[axis] = std::min(threadsAlong, kNumLanes);
  warps[axis] = std::max<int64_t>(1, threadsAlong / kNumLanes);
  perThread[axis] = size / (lanes[axis] * warps[axis]);
  int64_t lanesLeft = kNumLanes / lanes[axis], warpsLeft = numWarps / warps[axis];
  SmallVector<int32_t, 4> order{int32_t(axis)};
  for (int32_t dim : rowMajorOrder(shape.size()))
    if (dim != int32_t(axis))
      order.push_back(dim);
  for (int32_t dim : ArrayRef<int32_t>(order).drop_front()) {
    lanes[dim] = std::min(lanesLeft, shape[dim]);
    lanesLeft /= lanes[dim];
    warps[dim] = std::min(warpsLeft, shape[dim] / lanes[dim]);
    warpsLeft /= warps[dim];
  }
  lanes[order.back()] *= lanesLeft;
  warps[order.back()] *= warpsLeft;
  return withoutRegisterCopies(blocked(shape, perThread, lanes, warps, order));
}

/// The axis in neighbouring lanes of one warp, the other dims over the warps.
LinearLayout reduceLayout(ArrayRef<int64_t> shape, unsigned axis, int64_t numWarps) {
  SmallVector<int32_t, 4> order{int32_t(axis)};
  for (int32_t dim : rowMajorOrder(shape.size()))
    if (dim != int32_t(axis))
      order.push_back(dim);
  return coalescedByRows(shape, order, 4, numWarps);
}

/// Dims by how far memory is contiguous along them, the last dim first among equals.
SmallVector<int32_t, 4> memoryOrder(Value pointer, const AxisAnalysis &axes, unsigned rank) {
  AxisInfo info = axes.get(pointer);
  std::vector<int32_t> rowMajor = rowMajorOrder(rank);
  SmallVector<int32_t, 4> order(rowMajor.begin(), rowMajor.end());
  llvm::sort(order, [&](int32_t a, int32_t b) {
    return info.getContiguity(a) != info.getContiguity(b) ? info.getContiguity(a) > info.getContiguity(b) : a > b;
  });
  return order;
}

class ProposalCollector {
public:
  ProposalCollector(const LayoutGraph &graph, LayoutTable &layouts, const AxisAnalysis &axes, int64_t numWarps)
      : graph(graph), layouts(layouts), axes(axes), numWarps(numWarps) {}

  std::vector<LayoutProposal> collect();

private:
  void propose(std::vector<LayoutProposal> &into, unsigned node, const LinearLayout &layout) {
    LayoutId id = layouts.intern(layout);
    if (!llvm::any_of(into, [&](const LayoutProposal &other) { return other.node == node && other.layout == id; }))
      into.push_back({node, id});
  }
  void proposeAccess(unsigned node, Value pointer, Value mask);

  const LayoutGraph &graph;
  LayoutTable &layouts;
  const AxisAnalysis &axes;
  int64_t numWarps;
  std::vector<LayoutProposal> dots, accesses, reductions;
};

void ProposalCollector::proposeAccess(unsigned node, Value pointer, Value mask) {
  ArrayRef<int64_t> shape = graph.getNodes()[node].type.getShape();
  SmallVector<int32_t, 4> order = memoryOrder(pointer, axes, shape.size());
  int64_t bytes = tile::getByteWidth(tile::getElementType(tile::getPointeeLike(pointer.getType())));
  int64_t width = std::min(axes.getVectorWidth(pointer, mask, order[0]), std::max<int64_t>(1, 16 / bytes));
  propose(accesses, node, withoutRegisterCopies(coalesced(shape, order, width, numWarps)));
  if (shape.size() > 1)
    propose(accesses, node, coalescedByRows(shape, order, width, numWarps));
}

std::vector<LayoutProposal> ProposalCollector::collect() {
  for (auto [number, node] : llvm::enumerate(graph.getNodes())) {
    if (!node.op)
      continue;
    unsigned index = number;
    ArrayRef<int64_t> shape = node.type.getShape();
    llvm::TypeSwitch<Operation *>(node.op)
        .Case<tile::LoadOp, tile::StoreOp, tile::AtomicRmwOp>(
            [&](auto op) { proposeAccess(index, op.getPointer(), op.getMask()); })
        .Case([&](tile::AtomicCasOp op) { proposeAccess(index, op.getPointer(), Value()); })
        .Case([&](tile::DotOp op) {
          for (const LinearLayout &layout : getAccumulatorLayouts(op, numWarps))
            propose(dots, index, layout);
        })
        .Case([&](tile::ReduceOp op) { propose(reductions, index, reduceLayout(shape, op.getAxis(), numWarps)); })
        .Case([&](tile::ScanOp op) { propose(reductions, index, scanLayout(shape, op.getAxis(), numWarps)); });
  }
  std::vector<LayoutProposal> all = std::move(accesses);
  all.insert(all.end(), dots.begin(), dots.end());
  all.insert(all.end(), reductions.begin(), reductions.end());
  return all;
}

} // namespace

LayoutId getInitialLayout(const LayoutNode &node, LayoutTable &layouts, int64_t numWarps) {
  ArrayRef<int64_t> shape = node.type.getShape();
  if (node.role == LayoutRole::Dot)
    return layouts.intern(getAccumulatorLayouts(node.op, numWarps).front());
  if (node.role == LayoutRole::Scan)
    return layouts.intern(scanLayout(shape, cast<tile::ScanOp>(node.op).getAxis(), numWarps));
  if (node.role == LayoutRole::Split) {
    ArrayRef<int64_t> half = shape.drop_back();
    return layouts.intern(withoutRegisterCopies(coalesced(half, rowMajorOrder(half.size()), 1, numWarps)).join());
  }
  return layouts.intern(withoutRegisterCopies(coalesced(shape, rowMajorOrder(shape.size()), 1, numWarps)));
}

std::vector<LayoutProposal> getProposals(const LayoutGraph &graph, LayoutTable &layouts, const AxisAnalysis &axes,
                                         int64_t numWarps) {
  return ProposalCollector(graph, layouts, axes, numWarps).collect();
}

} // namespace tessera
