//===- LowerControlFlow.cpp - scf to blocks -------------------------------===//
//
// Loops and conditionals become blocks whose arguments are the scalars of the values that flow. A `for` comes out
// rotated, with its test at the end and a guard before it, which is the form LLVM's loop passes want:
//
//   guard:  br lb < ub, body(lb, inits), exit(inits)
//   body(iv, args):  ...  next = iv + step;  br next < ub, body(next, yields), exit(yields)
//   exit(results):
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tessera {
namespace {

llvm::SmallVector<Value> flatten(Lowering &l, ValueRange values) {
  llvm::SmallVector<Value> scalars;
  for (Value value : values)
    llvm::append_range(scalars, l.registersOf(value));
  return scalars;
}

llvm::SmallVector<Type> flatTypes(Lowering &l, TypeRange types) {
  llvm::SmallVector<Type> flat;
  for (Type type : types)
    flat.append(Lowering::countOf(type), l.scalarType(type));
  return flat;
}

/// Defines `values` by consecutive arguments of `block`, from number `first` on.
void defineByArguments(Lowering &l, ValueRange values, Block *block, unsigned first = 0) {
  for (Value value : values) {
    llvm::SmallVector<Value> scalars;
    for (unsigned r = 0, e = Lowering::countOf(value.getType()); r < e; ++r)
      scalars.push_back(block->getArgument(first++));
    l.define(value, scalars);
  }
}

LogicalResult lowerFor(Lowering &l, scf::ForOp loop) {
  Location loc = l.loc;
  auto predicate = loop.getUnsignedCmp() ? LLVM::ICmpPredicate::ult : LLVM::ICmpPredicate::slt;
  Value lower = l.scalarOf(loop.getLowerBound());
  Value upper = l.scalarOf(loop.getUpperBound());
  Value step = l.scalarOf(loop.getStep());
  llvm::SmallVector<Value> inits = flatten(l, loop.getInitArgs());

  llvm::SmallVector<Type> types = flatTypes(l, loop.getResultTypes());
  Block *exit = l.addBlock(types);
  types.insert(types.begin(), lower.getType());
  Block *body = l.addBlock(types);

  llvm::SmallVector<Value> entering = {lower};
  entering.append(inits);
  l.branch(l.compare(predicate, lower, upper), body, entering, exit, inits);

  l.b.setInsertionPointToEnd(body);
  l.define(loop.getInductionVar(), Value(body->getArgument(0)));
  defineByArguments(l, loop.getRegionIterArgs(), body, 1);
  if (failed(l.lowerBody(*loop.getBody())))
    return failure();
  l.loc = loc;
  llvm::SmallVector<Value> yields = flatten(l, loop.getBody()->getTerminator()->getOperands());
  Value next = LLVM::AddOp::create(l.b, loc, body->getArgument(0), step, LLVM::IntegerOverflowFlags::nsw);
  llvm::SmallVector<Value> again = {next};
  again.append(yields);
  l.branch(l.compare(predicate, next, upper), body, again, exit, yields);

  l.b.setInsertionPointToEnd(exit);
  defineByArguments(l, loop.getResults(), exit);
  return success();
}

LogicalResult lowerIf(Lowering &l, scf::IfOp op) {
  Location loc = l.loc;
  Value condition = l.scalarOf(op.getCondition());
  Block *then = l.addBlock();
  Block *merge = l.addBlock(flatTypes(l, op.getResultTypes()));
  Block *otherwise = op.elseBlock() ? l.addBlock() : merge;
  LLVM::CondBrOp::create(l.b, loc, condition, then, otherwise);
  auto arm = [&](Block *block, Block *source) {
    l.b.setInsertionPointToEnd(block);
    if (failed(l.lowerBody(*source)))
      return failure();
    l.loc = loc;
    l.branch(merge, flatten(l, source->getTerminator()->getOperands()));
    return success();
  };
  if (failed(arm(then, op.thenBlock())) || (op.elseBlock() && failed(arm(otherwise, op.elseBlock()))))
    return failure();
  l.b.setInsertionPointToEnd(merge);
  defineByArguments(l, op.getResults(), merge);
  return success();
}

LogicalResult lowerWhile(Lowering &l, scf::WhileOp loop) {
  Location loc = l.loc;
  Block *before = l.addBlock(flatTypes(l, loop.getBeforeBody()->getArgumentTypes()));
  llvm::SmallVector<Type> carried = flatTypes(l, loop.getResultTypes());
  Block *after = l.addBlock(carried);
  Block *exit = l.addBlock(carried);
  l.branch(before, flatten(l, loop.getInits()));

  l.b.setInsertionPointToEnd(before);
  defineByArguments(l, loop.getBeforeArguments(), before);
  if (failed(l.lowerBody(*loop.getBeforeBody())))
    return failure();
  l.loc = loc;
  scf::ConditionOp condition = loop.getConditionOp();
  llvm::SmallVector<Value> passed = flatten(l, condition.getArgs());
  LLVM::CondBrOp::create(l.b, loc, l.scalarOf(condition.getCondition()), after, passed, exit, passed);

  l.b.setInsertionPointToEnd(after);
  defineByArguments(l, loop.getAfterArguments(), after);
  if (failed(l.lowerBody(*loop.getAfterBody())))
    return failure();
  l.loc = loc;
  l.branch(before, flatten(l, loop.getAfterBody()->getTerminator()->getOperands()));

  l.b.setInsertionPointToEnd(exit);
  defineByArguments(l, loop.getResults(), exit);
  return success();
}

} // namespace

void addControlFlowLowerings(LowerTable &table) {
  addLowering<scf::ForOp, lowerFor>(table);
  addLowering<scf::IfOp, lowerIf>(table);
  addLowering<scf::WhileOp, lowerWhile>(table);
}

} // namespace tessera
