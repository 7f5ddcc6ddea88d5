//===- CarryBasePointers.cpp - Loops carry one pointer in place of a tensor of them --===//
//
// Finds tensors of pointers that a loop moves by the same amount everywhere, and moves the pointer that they are
// counted from.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/transforms/Passes.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace tessera {

#define GEN_PASS_DEF_CARRYBASEPOINTERSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// More operations than this between base and tensor, and they are not worth repeating.
constexpr unsigned longestChain = 6;

/// A tensor of pointers carried by a loop that can be counted from a carried scalar.
struct Candidate {
  unsigned index;
  /// From the splat of the base to the initial value.
  SmallVector<Operation *> chain;
  tile::SplatOp splat;
  /// The operation whose result is yielded, and the scalar it moves by (null for a constant).
  tile::AddPtrOp update;
};

/// The scalar that every element of `offset` equals, made before `builder`'s place if need be; null if elements may
/// differ.
Value getUniformOffset(Value offset, OpBuilder *builder) {
  if (auto splat = offset.getDefiningOp<tile::SplatOp>())
    return splat.getSource();
  auto constant = offset.getDefiningOp<arith::ConstantOp>();
  auto dense = constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
  if (!dense || !dense.isSplat())
    return nullptr;
  if (!builder)
    return offset;
  return arith::ConstantOp::create(*builder, offset.getLoc(), cast<TypedAttr>(dense.getSplatValue<Attribute>()));
}

std::optional<Candidate> findCandidate(scf::ForOp loop, unsigned index) {
  Value init = loop.getInitArgs()[index];
  auto type = dyn_cast<RankedTensorType>(init.getType());
  if (!type || !isa<tile::PointerType>(type.getElementType()))
    return std::nullopt;
  auto update = loop.getYieldedValues()[index].getDefiningOp<tile::AddPtrOp>();
  if (!update || update.getPointer() != loop.getRegionIterArg(index) || !getUniformOffset(update.getOffset(), nullptr))
    return std::nullopt;
  Candidate candidate{index, {}, {}, update};
  for (Value value = init; candidate.chain.size() < longestChain;) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return std::nullopt;
    if ((candidate.splat = dyn_cast<tile::SplatOp>(op)))
      return candidate;
    if (!isa<tile::AddPtrOp, tile::BroadcastOp, tile::ExpandDimsOp, tile::HintOp>(op))
      return std::nullopt;
    candidate.chain.insert(candidate.chain.begin(), op);
    value = op->getOperand(0);
  }
  return std::nullopt;
}

/// The initial tensor again, counted from `base`.
Value rebuild(Candidate &candidate, Value base, OpBuilder &builder) {
  Value value = tile::SplatOp::create(builder, candidate.splat.getLoc(), candidate.splat.getType(), base);
  for (Operation *op : candidate.chain) {
    IRMapping mapping;
    mapping.map(op->getOperand(0), value);
    value = builder.clone(*op, mapping)->getResult(0);
  }
  return value;
}

class CarryBasePointersPass : public impl::CarryBasePointersPassBase<CarryBasePointersPass> {
public:
  void runOnOperation() override {
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
    for (scf::ForOp loop : loops)
      rewrite(loop);
  }

private:
  void rewrite(scf::ForOp loop) {
    SmallVector<Candidate> candidates;
    for (unsigned index = 0; index < loop.getNumRegionIterArgs(); ++index)
      if (std::optional<Candidate> candidate = findCandidate(loop, index))
        candidates.push_back(std::move(*candidate));
    if (candidates.empty())
      return;
    numCarried += candidates.size();

    OpBuilder builder(loop);
    SmallVector<Value> inits(loop.getInitArgs());
    for (Candidate &candidate : candidates)
      inits[candidate.index] = candidate.splat.getSource();
    auto carrying = scf::ForOp::create(builder, loop.getLoc(), loop.getLowerBound(), loop.getUpperBound(),
                                       loop.getStep(), inits, nullptr, loop.getUnsignedCmp());
    carrying->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
    Block *body = carrying.getBody();
    body->clear();
    body->getOperations().splice(body->end(), loop.getBody()->getOperations());
    Operation *yield = body->getTerminator();
    for (Candidate &candidate : candidates) {
      builder.setInsertionPoint(candidate.update);
      Value offset = getUniformOffset(candidate.update.getOffset(), &builder);
      Value base = carrying.getRegionIterArg(candidate.index);
      yield->setOperand(candidate.index, tile::AddPtrOp::create(builder, candidate.update.getLoc(), base, offset));
    }

    SmallVector<Value> arguments{carrying.getInductionVar()}, results(carrying.getResults());
    llvm::append_range(arguments, carrying.getRegionIterArgs());
    for (Candidate &candidate : candidates) {
      builder.setInsertionPointToStart(body);
      arguments[candidate.index + 1] = rebuild(candidate, carrying.getRegionIterArg(candidate.index), builder);
      if (loop.getResult(candidate.index).use_empty())
        continue;
      builder.setInsertionPointAfter(carrying);
      results[candidate.index] = rebuild(candidate, carrying.getResult(candidate.index), builder);
    }
    for (auto [old, value] : llvm::zip(loop.getBody()->getArguments(), arguments))
      old.replaceAllUsesWith(value);
    for (auto [old, value] : llvm::zip(loop.getResults(), results))
      if (old.getType() == value.getType())
        old.replaceAllUsesWith(value);
    loop.erase();
    for (Candidate &candidate : candidates)
      if (candidate.update->use_empty())
        candidate.update->erase();
  }
};

} // namespace
} // namespace tessera
