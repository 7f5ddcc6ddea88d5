//===- AxisSplit.cpp - A layout seen along one dim ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/AxisSplit.h"

#include "llvm/ADT/bit.h"

using namespace mlir;

namespace tessera {

FailureOr<AxisSplit> AxisSplit::create(Lowering &l, Operation *op, const LinearLayout &layout, unsigned axis) {
  AxisSplit split;
  Dim dim = tensorDim(axis);
  split.axisMask = layout.out().mask(dim);
  split.axisShift = layout.out().shift(dim);
  split.axisBits = layout.out().bits(dim);
  split.words = Lowering::registerWords(layout);
  split.registerCopies = layout.freeMask(Dim::Register);
  split.numAcross = int64_t(1) << (layout.out().totalBits() - split.axisBits);

  uint64_t copies = layout.freeMask(Dim::Lane) | layout.freeMask(Dim::Warp) << 5;
  for (auto [bit, basis] : llvm::enumerate(l.threadBases(layout))) {
    split.acrossBases.push_back(split.across(basis & ~split.axisMask));
    uint64_t component = split.along(basis);
    if (basis == 0 || (copies >> bit) & 1) {
      split.copyThreads |= uint64_t(1) << bit;
      continue;
    }
    if (component == 0)
      continue;
    if ((basis & ~split.axisMask) != 0 || !llvm::has_single_bit(component))
      return op->emitError() << "the layout mixes dimension " << axis
                             << " with others across the threads: " << layout.toString();
    split.axisThreads |= uint64_t(1) << bit;
    AxisBit entry = {unsigned(bit), unsigned(llvm::countr_zero(component))};
    (bit < 5 ? split.laneBits : split.warpBits).push_back(entry);
  }
  auto byAxis = [](const AxisBit &a, const AxisBit &b) { return a.axisBit < b.axisBit; };
  llvm::sort(split.laneBits, byAxis);
  llvm::sort(split.warpBits, byAxis);
  return split;
}

} // namespace tessera
