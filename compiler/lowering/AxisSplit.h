//===- AxisSplit.h - A layout seen along one dim ----------------*- C++ -*-===//
//
// Reductions and scans look at a layout along one dim, the axis, and across all others. This tells the two apart: which
// registers, lanes and warps move along the axis and which across it, and the number of an element in the tensor
// without the axis. Each basis has to lie in the axis or outside it, which the layouts of such operations do.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_LOWERING_AXISSPLIT_H
#define TESSERA_COMPILER_LOWERING_AXISSPLIT_H

#include "compiler/lowering/Lowering.h"

namespace tessera {

/// One bit of the lane or warp number that moves along the axis: by 2^axisBit elements.
struct AxisBit {
  unsigned bit;
  unsigned axisBit;
};

class AxisSplit {
public:
  /// Failure, with a diagnostic at `op`, for layouts that mix the axis with other dims or hold more than one bit of it
  /// in a basis.
  static mlir::FailureOr<AxisSplit> create(Lowering &l, mlir::Operation *op, const LinearLayout &layout, unsigned axis);

  /// The coordinate along the axis of a packed word, and the word without it, packed as the tensor without the axis.
  uint64_t along(uint64_t word) const { return (word & axisMask) >> axisShift; }
  uint64_t across(uint64_t word) const {
    uint64_t below = (uint64_t(1) << axisShift) - 1;
    return (word & below) | ((word >> axisBits) & ~below);
  }

  uint64_t axisMask = 0;
  unsigned axisShift = 0, axisBits = 0;
  /// Packed words of the registers, and which registers are copies of others.
  llvm::SmallVector<uint64_t> words;
  uint64_t registerCopies = 0;
  /// Lane and warp bits along the axis, by ascending axis bit.
  llvm::SmallVector<AxisBit> laneBits, warpBits;
  /// For each bit of the thread's index the image across the axis.
  llvm::SmallVector<uint64_t> acrossBases;
  /// Bits of the thread's index along the axis, and those that make copies.
  uint64_t axisThreads = 0, copyThreads = 0;
  /// Elements of the tensor without the axis.
  int64_t numAcross = 1;
  unsigned numWarpsAlong() const { return 1u << warpBits.size(); }
};

} // namespace tessera

#endif // TESSERA_COMPILER_LOWERING_AXISSPLIT_H
