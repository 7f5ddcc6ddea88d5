//===- StageOperands.cpp - Pass operands of matrix products through shared memory --===//
//
// Splits conversions to operands into a store and a load, so that the load can be done slice by slice where it is used.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/analysis/DotLayouts.h"
#include "compiler/analysis/LayoutRules.h"
#include "compiler/analysis/Scratch.h"
#include "compiler/target/Queries.h"
#include "compiler/transforms/Passes.h"
#include "dialect/layout/ConversionPlan.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace tessera {

#define GEN_PASS_DEF_STAGEOPERANDSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

bool isInLoopBelow(Operation *op, Block *block) {
  for (Operation *parent = op->getParentOp(); parent && op->getBlock() != block; parent = parent->getParentOp()) {
    if (isa<scf::ForOp, scf::WhileOp>(parent))
      return true;
    if (parent->getBlock() == block)
      return false;
  }
  return false;
}

class StageOperandsPass : public impl::StageOperandsPassBase<StageOperandsPass> {
public:
  void runOnOperation() override {
    SmallVector<tile::ConvertLayoutOp> conversions;
    getOperation().walk([&](tile::ConvertLayoutOp op) { conversions.push_back(op); });
    for (tile::ConvertLayoutOp op : conversions)
      stage(op);
  }

private:
  static bool isOperandUse(OpOperand &use) {
    return isa<tile::MmaOp, tile::DotOp>(use.getOwner()) && use.getOperandNumber() < 2;
  }

  /// The register bits that tell apart what different steps of K use.
  static uint64_t getSliceBits(OpOperand &use, const LinearLayout &layout) {
    std::optional<tile::MmaKind> kind = getMmaKind(use.getOwner());
    unsigned axis = layout.tensorRank() - (use.getOperandNumber() == 0 ? 1 : 2);
    return sliceBits(layout, axis, kind ? tile::getMmaShape(*kind).k : 1);
  }

  void stage(tile::ConvertLayoutOp op) {
    if (op.getResult().use_empty() || !llvm::all_of(op.getResult().getUses(), isOperandUse))
      return;
    if (planConversion(op).kind != tessera::ConversionKind::Shared)
      return;
    RankedTensorType type = cast<RankedTensorType>(op.getType());
    unsigned bits = storageBits(type.getElementType());
    ConversionOptions options = conversionOptions(getTarget(op));
    options.maxScratchBytes = INT64_MAX;
    const LinearLayout &wanted = *getLayout(type);
    options.resultSlices = getSliceBits(*op.getResult().use_begin(), wanted);
    SharedPlan plan = planShared(*getLayout(op.getSource().getType()), wanted, bits, options);
    auto shared = tile::SharedAttr::get(op.getContext(), plan.shared);
    auto bufferType = tile::BufferType::get(type.getShape(), type.getElementType(), shared);

    OpBuilder builder(op);
    Value buffer = tile::AllocOp::create(builder, op.getLoc(), bufferType);
    tile::LocalStoreOp::create(builder, op.getLoc(), op.getSource(), buffer);
    bool resident = wanted.numRegisters() * bits / 32 <= maxResidentOperandRegisters;
    for (OpOperand &use : llvm::make_early_inc_range(op.getResult().getUses())) {
      Operation *user = use.getOwner();
      if (resident && isInLoopBelow(user, op->getBlock()))
        builder.setInsertionPoint(op);
      else
        builder.setInsertionPoint(user);
      use.set(tile::LocalLoadOp::create(builder, op.getLoc(), type, buffer));
    }
    op.erase();
    ++numStaged;
  }
};

} // namespace
} // namespace tessera
