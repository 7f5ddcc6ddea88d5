//===- LayoutShapes.cpp - What shape operations do to layouts -------------===//
//
// expand_dims, broadcast, trans, reshape, join, split and the slice that a reduction leaves move no element: they only
// rename coordinates. Each is a change of the out side of a map.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/LinearLayout.h"

#include <algorithm>
#include <bit>

namespace tessera {

namespace {

/// `layout` with out side `out`, where `from(i)` says from which dim the components of tensor dim i come.
template <typename From> LinearLayout withOuts(const LinearLayout &layout, const Space &out, From from) {
  LinearLayout result(layout.in(), out);
  for (unsigned i = 0; i < kNumDims; ++i)
    for (unsigned bit = 0; bit < layout.inBits(Dim(i)); ++bit) {
      uint64_t old = layout.basis(Dim(i), bit), word = 0;
      for (unsigned axis = 0; axis < out.rank(); ++axis)
        if (out.bits(tensorDim(axis)))
          word |= out.put(layout.out().get(old, tensorDim(from(axis))), tensorDim(axis));
      result.setBasis(Dim(i), bit, word);
    }
  return result;
}

} // namespace

LinearLayout LinearLayout::reshapeOuts(Shape shape) const {
  LinearLayout result = *this;
  result.outSpace = Space::tensor(shape);
  assert(!outSpace.hasHardwareDims() && result.outSpace.totalBits() == outSpace.totalBits() &&
         "a reshape keeps the number of elements");
  return result;
}

LinearLayout LinearLayout::flattenOuts() const { return reshapeOuts({int64_t(1) << outSpace.totalBits()}); }

LinearLayout LinearLayout::transposeOuts(Order order) const {
  assert(order.size() == tensorRank() && "the order names every dim");
  std::vector<int64_t> old = shape(), shape;
  for (int32_t dim : order)
    shape.push_back(old[dim]);
  return withOuts(*this, Space::tensor(shape), [&](unsigned axis) { return order[axis]; });
}

LinearLayout LinearLayout::expandDims(unsigned axis) const {
  std::vector<int64_t> sizes = shape();
  assert(axis <= sizes.size() && "the axis is one of the result");
  sizes.insert(sizes.begin() + axis, 1);
  return reshapeOuts(sizes);
}

LinearLayout LinearLayout::removeDim(unsigned axis, bool removeRegisterCopies) const {
  std::vector<int64_t> sizes = shape();
  sizes.erase(sizes.begin() + axis);
  return shrinkDim(axis, removeRegisterCopies).reshapeOuts(sizes);
}

LinearLayout LinearLayout::shrinkDim(unsigned axis, bool removeRegisterCopies) const {
  std::vector<int64_t> sizes = shape();
  sizes[axis] = 1;
  LinearLayout result = withOuts(*this, Space::tensor(sizes), [](unsigned axis) { return axis; });
  if (!removeRegisterCopies)
    return result;
  // Only what this drops goes away; copies that were there stay.
  uint64_t gone = 0;
  for (unsigned bit = 0; bit < inBits(Dim::Register); ++bit)
    gone |= uint64_t(basis(Dim::Register, bit) != 0 && result.basis(Dim::Register, bit) == 0) << bit;
  return result.removeInBits(Dim::Register, gone);
}

LinearLayout LinearLayout::broadcastTo(Shape shape) const {
  assert(shape.size() == tensorRank() && "a broadcast keeps the number of dims");
  LinearLayout result = *this;
  for (unsigned i = tensorRank(); i-- > 0;) {
    if (outSize(tensorDim(i)) == shape[i])
      continue;
    assert(outSize(tensorDim(i)) == 1 && "only dims of size 1 grow");
    result *= identity1D(shape[i], Dim::Register, tensorDim(i));
  }
  return result;
}

LinearLayout LinearLayout::join() const {
  std::vector<int64_t> sizes = shape();
  sizes.push_back(1);
  return identity1D(2, Dim::Register, tensorDim(tensorRank())) * reshapeOuts(sizes);
}

std::optional<unsigned> LinearLayout::splitBit() const {
  if (tensorRank() == 0 || outSize(tensorDim(tensorRank() - 1)) != 2)
    return std::nullopt;
  // The innermost dim has the lowest bit of the word; one register bit is to be just that and no other may touch it.
  std::optional<unsigned> found;
  for (unsigned bit = 0; bit < inBits(Dim::Register); ++bit)
    if (basis(Dim::Register, bit) == 1 && !found)
      found = bit;
  if (!found || std::ranges::count_if(bases(), [](uint64_t word) { return word & 1; }) != 1)
    return std::nullopt;
  return found;
}

std::optional<LinearLayout> LinearLayout::split() const {
  std::optional<unsigned> bit = splitBit();
  if (!bit)
    return std::nullopt;
  return removeInBits(Dim::Register, uint64_t(1) << *bit).removeDim(tensorRank() - 1, false);
}

} // namespace tessera
