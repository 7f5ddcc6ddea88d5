//===- Scratch.cpp - Shared memory that single operations need ------------===//
//
// Sizes only; the arrangement is in the header.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/analysis/Scratch.h"
#include "compiler/analysis/LayoutRules.h"
#include "compiler/target/Queries.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tessera {

namespace {

int64_t alignedSize(int64_t bytes) { return llvm::alignTo(bytes, 16); }

int64_t acrossWarps(ValueRange operands, unsigned axis) {
  const LinearLayout *layout = getLayout(operands.front().getType());
  if (!layout)
    return 0;
  int64_t warps = getNumWarpsAlong(*layout, axis);
  if (warps == 1)
    return 0;
  int64_t total = 0;
  for (Value operand : operands) {
    auto type = cast<RankedTensorType>(operand.getType());
    total += alignedSize(warps * type.getNumElements() / type.getDimSize(axis) * tile::getByteWidth(type));
  }
  return total;
}

int64_t ofAtomic(Operation *op) {
  Value result = op->getResult(0);
  if (result.use_empty())
    return 0;
  auto type = dyn_cast<RankedTensorType>(result.getType());
  if (!type)
    return alignedSize(tile::getByteWidth(result.getType()));
  const LinearLayout *layout = getLayout(type);
  if (!layout || (layout->freeMask(Dim::Lane) == 0 && layout->freeMask(Dim::Warp) == 0))
    return 0;
  return alignedSize(type.getNumElements() * tile::getByteWidth(type));
}

} // namespace

int64_t getNumWarpsAlong(const LinearLayout &layout, unsigned axis) {
  return int64_t(1) << llvm::popcount(layout.touching(Dim::Warp, tensorDim(axis)));
}

const Target &getTarget(Operation *op) {
  const Target *target = targetOf(op);
  return target ? *target : Target::all().front();
}

ConversionPlan planConversion(tile::ConvertLayoutOp op) { return planConversionOf(op, getTarget(op)); }

int64_t getScratchBytes(Operation *op) {
  return llvm::TypeSwitch<Operation *, int64_t>(op)
      .Case([](tile::ConvertLayoutOp convert) {
        return alignedSize(planConversion(convert).scratchBytes(storageBits(tile::getElementType(convert.getType()))));
      })
      .Case([](tile::ReduceOp reduce) { return acrossWarps(reduce.getOperands(), reduce.getAxis()); })
      .Case([](tile::ScanOp scan) { return acrossWarps(scan.getOperands(), scan.getAxis()); })
      .Case([](tile::GatherOp gather) {
        auto type = cast<RankedTensorType>(gather.getSource().getType());
        return alignedSize(type.getNumElements() * tile::getByteWidth(type));
      })
      .Case([](tile::HistogramOp histogram) {
        return alignedSize(4 * cast<RankedTensorType>(histogram.getType()).getNumElements());
      })
      .Case<tile::AtomicRmwOp, tile::AtomicCasOp>([](Operation *atomic) { return ofAtomic(atomic); })
      .Default([](Operation *) { return 0; });
}

} // namespace tessera
