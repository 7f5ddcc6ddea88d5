//===- Fragments.cpp - Constructors of layouts ----------------------------===//
//
// Blocked layouts, fragments of matrix instructions and shared-memory orders as products of small maps.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/Fragments.h"

#include <algorithm>

namespace tessera {

namespace {

/// The identity of `in` to the dims of a tensor, `sizes[d]` in dim d, filled in `order`.
LinearLayout grid(Shape sizes, Dim in, Order order) {
  LinearLayout layout(Space(), Space::tensor(std::vector<int64_t>(sizes.size(), 1)));
  for (int32_t dim : order)
    layout *= LinearLayout::identity1D(sizes[dim], in, tensorDim(dim));
  return layout;
}

/// A tile of rank 2 as one of `rank`, with dims of size 1 in front.
LinearLayout toRank(LinearLayout tile, size_t rank) {
  while (tile.tensorRank() < rank)
    tile = tile.expandDims(0);
  return tile;
}

} // namespace

std::vector<int32_t> rowMajorOrder(unsigned rank) {
  std::vector<int32_t> order(rank);
  for (unsigned i = 0; i < rank; ++i)
    order[i] = int32_t(rank - 1 - i);
  return order;
}

// ---- Blocked layouts ------------------------------------------------------------------------------------------------

LinearLayout fitToShape(const LinearLayout &layout, Shape shape, Order order) {
  assert(layout.tensorRank() == shape.size() && "one size a dim");
  // Cut: components beyond the shape go, and so do registers that had nothing else.
  Space cut = Space::tensor(shape);
  for (unsigned i = 0; i < shape.size(); ++i)
    cut.setBits(tensorDim(i), std::min(cut.bits(tensorDim(i)), layout.out().bits(tensorDim(i))));
  LinearLayout result(layout.in(), cut);
  for (unsigned i = 0; i < kNumHardwareDims; ++i)
    for (unsigned bit = 0; bit < layout.inBits(Dim(i)); ++bit) {
      uint64_t old = layout.basis(Dim(i), bit), word = 0;
      for (unsigned axis = 0; axis < shape.size(); ++axis) {
        Dim dim = tensorDim(axis);
        word |= cut.put(layout.out().get(old, dim) & (cut.size(dim) - 1), dim);
      }
      result.setBasis(Dim(i), bit, word);
    }
  result = result.removeZeroBases(Dim::Register);
  for (int32_t dim : order)
    result *= LinearLayout::identity1D(shape[dim] / cut.size(tensorDim(dim)), Dim::Register, tensorDim(dim));
  return result;
}

LinearLayout blocked(Shape shape, Shape sizePerThread, Shape lanes, Shape warps, Order order) {
  return fitToShape(grid(sizePerThread, Dim::Register, order) * grid(lanes, Dim::Lane, order) *
                        grid(warps, Dim::Warp, order),
                    shape, order);
}

LinearLayout coalesced(Shape shape, Order order, int64_t vectorElements, int64_t numWarps) {
  size_t rank = shape.size();
  std::vector<int64_t> perThread(rank, 1), lanes(rank, 1), warps(rank, 1);
  if (rank == 0)
    return LinearLayout::zeros1D(kNumLanes, Dim::Lane, Dim::Register) *
           LinearLayout::zeros1D(numWarps, Dim::Warp, Dim::Register);
  int64_t elements = 1;
  for (int64_t size : shape)
    elements *= size;
  int64_t share = std::max<int64_t>(1, elements / (kNumLanes * numWarps));
  perThread[order[0]] = std::min({vectorElements, shape[order[0]], share});
  int64_t lanesLeft = kNumLanes, warpsLeft = numWarps;
  for (int32_t dim : order) {
    lanes[dim] = std::min(lanesLeft, shape[dim] / perThread[dim]);
    lanesLeft /= lanes[dim];
    warps[dim] = std::min(warpsLeft, shape[dim] / perThread[dim] / lanes[dim]);
    warpsLeft /= warps[dim];
  }
  // What is left over finds no elements of its own and holds copies.
  lanes[order.back()] *= lanesLeft;
  warps[order.back()] *= warpsLeft;
  return blocked(shape, perThread, lanes, warps, order);
}

// ---- Matrix instructions --------------------------------------------------------------------------------------------

MmaSize sizeOf(MmaShape shape) {
  switch (shape) {
  case MmaShape::M16N8K16:
    return {16, 8, 16, 16};
  case MmaShape::M16N8K8:
    return {16, 8, 8, 32};
  case MmaShape::M16N8K32:
    return {16, 8, 32, 8};
  case MmaShape::M8N8K4:
    return {8, 8, 4, 64};
  }
  return {};
}

LinearLayout mmaAccumulatorTile(MmaShape instruction) {
  using enum Dim;
  LinearLayout half =
      LinearLayout::make({{Register, {{0, 1}}}, {Lane, {{0, 2}, {0, 4}, {1, 0}, {2, 0}, {4, 0}}}}, {8, 8});
  return sizeOf(instruction).m == 8 ? half : half * LinearLayout::identity1D(2, Register, Dim0);
}

LinearLayout mmaOperandTile(MmaShape instruction, MmaOperand operand) {
  // In both operands lanes 0 and 1 run along K above the elements of a 32-bit register (or the one element of a wider
  // one), lanes 2 to 4 along the other dim; then come further registers: rows 8 to 15 of A, and the upper half of K.
  MmaSize size = sizeOf(instruction);
  Dim other = operand == MmaOperand::A ? Dim::Dim0 : Dim::Dim1;
  Dim alongK = operand == MmaOperand::A ? Dim::Dim1 : Dim::Dim0;
  int64_t packed = std::max<int64_t>(1, 32 / size.operandBits);
  LinearLayout tile = LinearLayout::identity1D(packed, Dim::Register, alongK) *
                      LinearLayout::identity1D(4, Dim::Lane, alongK) * LinearLayout::identity1D(8, Dim::Lane, other);
  if (operand == MmaOperand::A)
    tile *= LinearLayout::identity1D(size.m / 8, Dim::Register, other);
  return tile * LinearLayout::identity1D(size.k / (4 * packed), Dim::Register, alongK);
}

LinearLayout mmaAccumulator(MmaShape instruction, Shape shape, Shape warps) {
  std::vector<int32_t> order = rowMajorOrder(shape.size());
  LinearLayout tile = toRank(mmaAccumulatorTile(instruction), shape.size());
  return fitToShape(tile * grid(warps, Dim::Warp, order), shape, order);
}

LinearLayout mmaOperand(MmaShape instruction, MmaOperand operand, Shape shape, Shape warps) {
  size_t rank = shape.size();
  bool isA = operand == MmaOperand::A;
  // Warps along the dim that the operand has not come as copies, in the place that their number has in the accumulator.
  LinearLayout layout = toRank(mmaOperandTile(instruction, operand), rank);
  for (int32_t dim : rowMajorOrder(rank)) {
    bool missing = size_t(dim) == (isA ? rank - 1 : rank - 2);
    layout *= missing ? LinearLayout::zeros1D(warps[dim], Dim::Warp, Dim::Register)
                      : LinearLayout::identity1D(warps[dim], Dim::Warp, tensorDim(dim));
  }
  // Repetitions along K come first, for A that is the last dim, for B the one before.
  std::vector<int32_t> order = rowMajorOrder(rank);
  if (!isA)
    std::swap(order[0], order[1]);
  return fitToShape(layout, shape, order);
}

MmaRepeats mmaRepeats(MmaShape instruction, Shape accumulatorShape, int64_t k, Shape warps) {
  MmaSize size = sizeOf(instruction);
  size_t rank = accumulatorShape.size();
  auto repeats = [&](size_t dim, int64_t tile) {
    return std::max<int64_t>(1, accumulatorShape[dim] / (tile * warps[dim]));
  };
  return {rank == 3 ? repeats(0, 1) : 1, repeats(rank - 2, size.m), repeats(rank - 1, size.n), k / size.k};
}

LinearLayout fmaOperand(MmaOperand operand, const LinearLayout &accumulator, int64_t k) {
  unsigned axis = accumulator.tensorRank() - (operand == MmaOperand::A ? 1 : 2);
  return accumulator.shrinkDim(axis) * LinearLayout::identity1D(k, Dim::Register, tensorDim(axis));
}

// ---- Shared memory --------------------------------------------------------------------------------------------------

LinearLayout plainShared(Shape shape, Order order) { return grid(shape, Dim::Offset, order); }

LinearLayout swizzledShared(Shape shape, Order order, int64_t vectorElements, int64_t rowsPerPhase, int64_t numPhases) {
  LinearLayout layout = plainShared(shape, order);
  if (shape.size() < 2)
    return layout;
  Dim fast = tensorDim(order[0]), slow = tensorDim(order[1]);
  unsigned rowBit = layout.out().bits(fast);
  for (unsigned bit = 0; bit < layout.out().bits(slow); ++bit) {
    int64_t vector = ((int64_t(1) << bit) / rowsPerPhase) % numPhases * vectorElements;
    if (vector < shape[order[0]])
      layout.setBasis(Dim::Offset, rowBit + bit,
                      layout.basis(Dim::Offset, rowBit + bit) | layout.out().put(vector, fast));
  }
  return layout;
}

LinearLayout hardwareSwizzledShared(Shape shape, Order order, unsigned elementBits, int64_t swizzleBytes) {
  std::vector<int64_t> panel(shape.begin(), shape.end()), panels(shape.size(), 1);
  int64_t width = std::min(panel[order[0]], swizzleBytes * 8 / elementBits);
  panels[order[0]] = panel[order[0]] / width;
  panel[order[0]] = width;
  LinearLayout plain = plainShared(panel, order) * plainShared(panels, order);
  // The permutation of offsets: the bits of the 16-byte chunk within the line get XORed with those of the line.
  unsigned elementShift = 0;
  while ((8u << elementShift) < elementBits)
    ++elementShift;
  LinearLayout swizzle = LinearLayout::identity1D(plain.inSize(Dim::Offset), Dim::Offset, Dim::Offset);
  for (int64_t bytes = 32, bit = 0; bytes <= swizzleBytes; bytes *= 2, ++bit) {
    unsigned chunk = 4 + bit - elementShift, line = 7 + bit - elementShift;
    if (line < swizzle.inBits(Dim::Offset))
      swizzle.setBasis(Dim::Offset, line, uint64_t(1) << line | uint64_t(1) << chunk);
  }
  return compose(plain, swizzle);
}

} // namespace tessera
