//===- VerifyLaidOut.cpp - Check what the laid-out stage promises ---------===//
//
// The rules of LayoutRules.h, asked of every operation.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/analysis/LayoutRules.h"
#include "compiler/target/Queries.h"
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/layouts/CostModel.h"
#include "dialect/layout/Fragments.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/bit.h"

using namespace mlir;

namespace tessera {

#define GEN_PASS_DEF_VERIFYLAIDOUTPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

class Verifier {
public:
  explicit Verifier(int64_t numWarps) : warpBits(llvm::countr_zero(uint64_t(numWarps))) {}

  LogicalResult verify(Operation *op) {
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (BlockArgument argument : block.getArguments())
          if (failed(verifyType(op, argument.getType())))
            return failure();
    for (Type type : op->getResultTypes())
      if (failed(verifyType(op, type)))
        return failure();
    if (isa<tile::HintOp>(op))
      return op->emitOpError("must not be left in the laid-out stage");
    if (failed(verifyRules(op)) || failed(verifyAccessWidth(op)))
      return failure();
    return verifyFlow(op);
  }

private:
  LogicalResult verifyType(Operation *op, Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return success();
    const LinearLayout *layout = getLayout(tensor);
    if (!layout)
      return op->emitOpError("has a tensor without a layout: ") << type;
    if (layout->inBits(Dim::Lane) != kLaneBits)
      return op->emitOpError("has a layout of ") << layout->inBits(Dim::Lane) << " lane bits, expected " << kLaneBits;
    if (layout->inBits(Dim::Warp) != warpBits)
      return op->emitOpError("has a layout of ") << layout->inBits(Dim::Warp) << " warp bits, expected " << warpBits;
    if (llvm::is_contained(layout->bases(Dim::Register), uint64_t(0)))
      return op->emitOpError("has a layout with copies in registers: ") << type;
    return success();
  }

  LogicalResult expect(Operation *op, StringRef what, unsigned index, Type type,
                       const std::optional<LinearLayout> &expected) {
    const LinearLayout *actual = getLayout(type);
    if (!actual || (expected && *actual == *expected))
      return success();
    if (!expected)
      return op->emitOpError("cannot have the layout of its ") << what << " #" << index << ": " << actual->toString();
    return op->emitOpError("expects ") << what << " #" << index << " in layout " << expected->toString() << ", got "
                                       << actual->toString();
  }

  LogicalResult verifyRules(Operation *op) {
    RankedTensorType type = getOwnType(op);
    const LinearLayout *own = type ? getLayout(type) : nullptr;
    if (!own)
      return success();
    if (auto reshape = dyn_cast<tile::ReshapeOp>(op); reshape && reshape.getAllowReorder())
      return success();
    for (auto [index, type] : llvm::enumerate(op->getOperandTypes()))
      if (isa<RankedTensorType>(type) && !takesAnyLayout(op, index) &&
          failed(expect(op, "operand", index, type, getOperandLayout(op, index, *own))))
        return failure();
    for (auto [index, type] : llvm::enumerate(op->getResultTypes()))
      if (isa<RankedTensorType>(type) && !givesAnyLayout(op, index) &&
          failed(expect(op, "result", index, type, getResultLayout(op, index, *own))))
        return failure();
    return success();
  }

  LogicalResult verifyAccessWidth(Operation *op) {
    auto attr = op->getAttrOfType<IntegerAttr>(accessWidthAttrName);
    if (!attr)
      return success();
    int64_t width = attr.getInt();
    const LinearLayout *layout = op->getNumOperands() ? getLayout(op->getOperand(0).getType()) : nullptr;
    Type pointee = layout ? tile::getPointeeLike(op->getOperand(0).getType()) : Type();
    if (!pointee)
      return op->emitOpError("has '") << accessWidthAttrName << "' but no tensor of pointers as its first operand";
    if (width <= 0 || !llvm::has_single_bit(uint64_t(width)))
      return op->emitOpError("expects a power of two in '") << accessWidthAttrName << "', got " << width;
    int64_t bytes = width * tile::getByteWidth(pointee);
    if (bytes > 16)
      return op->emitOpError("accesses ") << bytes << " bytes at once, at most 16 are possible";
    int64_t contiguous = 1;
    for (unsigned axis = 0; axis < layout->tensorRank(); ++axis)
      contiguous = std::max(contiguous, layout->contiguousElements(Dim::Register, tensorDim(axis)));
    if (width > contiguous)
      return op->emitOpError("accesses ")
             << width << " elements at once, but its layout has " << contiguous << " in consecutive registers";
    return success();
  }

  /// Values handed from block to block keep their types; scf verifies that for loops, not for all terminators with
  /// layouts.
  LogicalResult verifyFlow(Operation *op) {
    auto yield = dyn_cast<scf::YieldOp>(op);
    if (!yield)
      return success();
    auto whileLoop = dyn_cast<scf::WhileOp>(op->getParentOp());
    TypeRange targets = whileLoop ? TypeRange(whileLoop.getBeforeBody()->getArgumentTypes())
                                  : TypeRange(op->getParentOp()->getResultTypes());
    for (auto [index, types] : llvm::enumerate(llvm::zip(yield.getOperandTypes(), targets)))
      if (std::get<0>(types) != std::get<1>(types))
        return op->emitOpError("yields ")
               << std::get<0>(types) << " as value #" << index << ", expected " << std::get<1>(types);
    return success();
  }

  unsigned warpBits;
};

class VerifyLaidOutPass : public impl::VerifyLaidOutPassBase<VerifyLaidOutPass> {
public:
  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::optional<int64_t> numWarps = requireNumWarps(module);
    if (!numWarps)
      return signalPassFailure();
    Verifier verifier(*numWarps);
    if (module.walk([&](Operation *op) { return WalkResult(verifier.verify(op)); }).wasInterrupted())
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};

} // namespace
} // namespace tessera
