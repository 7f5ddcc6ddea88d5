//===- TileOps.cpp - Program, facts and debugging operations ---------------===//
//
// The generated definitions of all operations, what they share, and the verifiers and folders of those declared in
// TileOps.td itself.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/tile/TileOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;
using namespace tessera;
using namespace tessera::tile;

/// `(%acc: f32, %cur: f32) { ... }`
static ParseResult parseCombineRegion(OpAsmParser &parser, Region &region) {
  SmallVector<OpAsmParser::Argument> arguments;
  return failure(parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren, /*allowType=*/true) ||
                 parser.parseRegion(region, arguments));
}
static void printCombineRegion(OpAsmPrinter &printer, Operation *, Region &region) {
  printer << '(';
  if (!region.empty())
    llvm::interleaveComma(region.getArguments(), printer, [&](BlockArgument arg) { printer.printRegionArgument(arg); });
  printer << ") ";
  printer.printRegion(region, /*printEntryBlockArgs=*/false);
}

#define GET_OP_CLASSES
#include "dialect/tile/TileOps.cpp.inc"

//===----------------------------------------------------------------------===//
// What operations share
//===----------------------------------------------------------------------===//

LogicalResult trait::verifySameEncoding(Operation *op, bool withResults) {
  SmallVector<Type> types(op->getOperandTypes());
  if (withResults)
    llvm::append_range(types, op->getResultTypes());
  RankedTensorType first;
  for (Type type : types) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      continue;
    if (!first)
      first = tensor;
    if (tensor.getEncoding() != first.getEncoding())
      return op->emitOpError() << "expects all tensors to have the same layout, but found " << first << " and "
                               << tensor;
  }
  return success();
}

bool tile::isConstantTrue(Value value) { return value && matchPattern(value, m_One()); }
bool tile::isConstantFalse(Value value) { return value && matchPattern(value, m_Zero()); }

Value tile::createZero(OpBuilder &builder, Location loc, Type type) {
  TypedAttr zero = isNumberLike(type) ? builder.getZeroAttr(type) : TypedAttr();
  return zero ? arith::ConstantOp::create(builder, loc, zero) : Value();
}

bool tile::areCompatible(Type inferred, Type actual) {
  if (inferred == actual)
    return true;
  auto a = dyn_cast<RankedTensorType>(inferred), b = dyn_cast<RankedTensorType>(actual);
  LayoutAttr layoutA = tile::getLayout(inferred), layoutB = tile::getLayout(actual);
  return a && b && a.getShape() == b.getShape() && a.getElementType() == b.getElementType() && layoutA && layoutB &&
         equalUpToRegisters(layoutA.getLayout(), layoutB.getLayout());
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

/// C1 of program_id and num_programs.
static LogicalResult verifyGridAxis(Operation *op, int64_t axis) {
  if (axis >= 0 && axis <= 2)
    return success();
  return op->emitOpError() << "expects axis to be 0, 1 or 2, but it is " << axis;
}

LogicalResult ProgramIdOp::verify() { return verifyGridAxis(*this, int32_t(getAxis())); }
LogicalResult NumProgramsOp::verify() { return verifyGridAxis(*this, int32_t(getAxis())); }

//===----------------------------------------------------------------------===//
// Facts
//===----------------------------------------------------------------------===//

/// What is always true is no news.
LogicalResult AssumeOp::canonicalize(AssumeOp op, PatternRewriter &rewriter) {
  if (!isConstantTrue(op.getCondition()))
    return rewriter.notifyMatchFailure(op, "condition is not known to be true");
  rewriter.eraseOp(op);
  return success();
}

LogicalResult HintOp::verify() {
  Type type = getSource().getType();
  if (!getDivisibility() && !getContiguity() && !getConstancy()) // C1
    return emitOpError("expects a list of divisibility, contiguity or constancy, but has none");
  size_t rank = std::max<size_t>(tile::getShape(type).size(), 1);
  for (auto [name, list] : {std::pair("divisibility", getDivisibility()), std::pair("contiguity", getContiguity()),
                            std::pair("constancy", getConstancy())}) {
    if (!list)
      continue;
    if (list->size() != rank) // C2
      return emitOpError() << "expects " << rank << " number(s) in " << name << ", but found " << list->size();
    for (int32_t number : *list)
      if (number <= 0) // C3
        return emitOpError() << "expects positive numbers in " << name << ", but found " << number;
  }
  if (!isIntLike(type) && !isPtrLike(type)) // C4
    return emitOpError() << "expects integers or pointers, but found " << type;
  return success();
}

/// Constants need no promises.
OpFoldResult HintOp::fold(FoldAdaptor adaptor) { return adaptor.getSource(); }

/// hint(hint(x)) becomes one hint. Where both speak of the same thing, the outer must imply the inner.
LogicalResult HintOp::canonicalize(HintOp op, PatternRewriter &rewriter) {
  auto inner = op.getSource().getDefiningOp<HintOp>();
  if (!inner)
    return rewriter.notifyMatchFailure(op, "source is no hint");
  auto implies = [](std::optional<ArrayRef<int32_t>> outer, std::optional<ArrayRef<int32_t>> inner) {
    return !outer || !inner || llvm::all_of(llvm::zip(*outer, *inner), [](auto pair) {
      return std::get<0>(pair) % std::get<1>(pair) == 0;
    });
  };
  if (!implies(op.getDivisibility(), inner.getDivisibility()) || !implies(op.getContiguity(), inner.getContiguity()) ||
      !implies(op.getConstancy(), inner.getConstancy()))
    return rewriter.notifyMatchFailure(op, "the inner hint says more");
  rewriter.modifyOpInPlace(op, [&] {
    op.getSourceMutable().assign(inner.getSource());
    if (!op.getDivisibility())
      op.setDivisibilityAttr(inner.getDivisibilityAttr());
    if (!op.getContiguity())
      op.setContiguityAttr(inner.getContiguityAttr());
    if (!op.getConstancy())
      op.setConstancyAttr(inner.getConstancyAttr());
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Debugging
//===----------------------------------------------------------------------===//

LogicalResult PrintOp::verify() {
  if (getIsSigned().size() != getArgs().size()) // C1
    return emitOpError() << "expects one entry of is_signed an argument, " << getArgs().size() << ", but found "
                         << getIsSigned().size();
  return success();
}

LogicalResult AssertOp::canonicalize(AssertOp op, PatternRewriter &rewriter) {
  if (isConstantTrue(op.getCondition()) || isConstantFalse(op.getMask())) {
    rewriter.eraseOp(op);
    return success();
  }
  if (isConstantTrue(op.getMask())) {
    rewriter.modifyOpInPlace(op, [&] { op.getMaskMutable().clear(); });
    return success();
  }
  return rewriter.notifyMatchFailure(op, "neither condition nor mask is a constant");
}
