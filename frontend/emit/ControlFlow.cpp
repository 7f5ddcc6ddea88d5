//===- ControlFlow.cpp - branches and the merging of values ---------------===//
//
// A branch is emitted into a region of its own before the scf.if exists, for
// the types of its results follow from what the two branches did. Merging
// compares the variables at the ends of both and makes a result of each that
// differs and is read later.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Emitter.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::Twine;
namespace arith = mlir::arith;
namespace scf = mlir::scf;

//===----------------------------------------------------------------------===//
// Values with holes
//===----------------------------------------------------------------------===//

static bool isHole(const Value &value) { return value.isTensor() && !value.ssa; }

static Value makeHole(ElementType element) {
  Value value = Value::make(ValueKind::Tensor);
  value.element = element;
  value.ssa = nullptr;
  return value;
}

bool Emitter::sameValue(const Value &a, const Value &b) {
  if (a.kind != b.kind)
    return false;
  switch (a.kind) {
  case ValueKind::Undefined:
  case ValueKind::Poison:
  case ValueKind::None:
    return true;
  case ValueKind::Tuple:
    return a.tupleData == b.tupleData ||
           (a.tupleData->elements.size() == b.tupleData->elements.size() &&
            llvm::all_of(llvm::zip(a.tupleData->elements, b.tupleData->elements),
                         [&](auto pair) { return sameValue(std::get<0>(pair), std::get<1>(pair)); }));
  case ValueKind::BlockPointer:
  case ValueKind::Descriptor:
    return a.blockPointer == b.blockPointer;
  case ValueKind::Float:
    // By bits: a NaN is the same as itself.
    return a.integer == b.integer || a.number == b.number;
  case ValueKind::Bool:
  case ValueKind::Int:
    return a.integer == b.integer;
  default:
    return areEqual(a, b);
  }
}

/// Applies `visit` to every value inside a block pointer, giving a new one.
template <typename Visit> static Value mapBlockPointer(ValueArena &arena, const Value &value, Visit visit) {
  BlockPointerData copy = *value.blockPointer;
  copy.base = visit(copy.base);
  for (auto *list : {&copy.shape, &copy.strides, &copy.offsets})
    for (Value &part : *list)
      part = visit(part);
  return arena.blockPointer(std::move(copy), value.kind);
}

Value Emitter::makeHoles(Value value, llvm::SmallVectorImpl<mlir::Value> &out,
                         llvm::SmallVectorImpl<ElementType> &types, bool whole) {
  switch (value.kind) {
  case ValueKind::Tensor:
    out.push_back(value.getSSA());
    types.push_back(value.element);
    return makeHole(value.element);
  case ValueKind::Tuple: {
    if (isCompileTime(value) && llvm::none_of(value.tupleData->elements, [](const Value &e) { return e.isNumber(); }))
      return value;
    TupleData *copy = arena.newTuple();
    *copy = *value.tupleData;
    for (Value &element : copy->elements)
      element = makeHoles(element, out, types, whole);
    return ValueArena::wrap(copy);
  }
  case ValueKind::BlockPointer:
  case ValueKind::Descriptor: {
    if (whole)
      return mapBlockPointer(arena, value, [&](Value part) { return makeHoles(part, out, types, whole); });
    // Only the offsets change from one iteration to the next.
    BlockPointerData copy = *value.blockPointer;
    for (Value &offset : copy.offsets)
      offset = makeHoles(toTensor(offset, here), out, types, whole);
    return arena.blockPointer(std::move(copy), value.kind);
  }
  default:
    return value;
  }
}

Value Emitter::fillHoles(Value prototype, llvm::ArrayRef<mlir::Value> &values) {
  if (isHole(prototype)) {
    mlir::Value value = values.front();
    values = values.drop_front();
    return Value::tensor(value, prototype.element);
  }
  if (prototype.isTuple()) {
    if (isCompileTime(prototype))
      return prototype;
    TupleData *copy = arena.newTuple();
    *copy = *prototype.tupleData;
    for (Value &element : copy->elements)
      element = fillHoles(element, values);
    return ValueArena::wrap(copy);
  }
  if (prototype.is(ValueKind::BlockPointer) || prototype.is(ValueKind::Descriptor))
    return mapBlockPointer(arena, prototype, [&](Value part) { return fillHoles(part, values); });
  return prototype;
}

bool Emitter::matchHoles(Value value, Value prototype, llvm::ArrayRef<mlir::Type> &types,
                         llvm::SmallVectorImpl<mlir::Value> &out) {
  if (isHole(prototype)) {
    if (value.isNumber())
      value = toTensor(value, here);
    mlir::Type type = types.front();
    types = types.drop_front();
    if (!value.isTensor() || value.element != prototype.element || value.getSSA().getType() != type)
      return false;
    out.push_back(value.getSSA());
    return true;
  }
  if (value.kind != prototype.kind)
    return false;
  if (value.isTuple()) {
    if (value.tupleData->elements.size() != prototype.tupleData->elements.size())
      return false;
    for (auto [element, part] : llvm::zip(value.tupleData->elements, prototype.tupleData->elements))
      if (!matchHoles(element, part, types, out))
        return false;
    return true;
  }
  if (value.is(ValueKind::BlockPointer) || value.is(ValueKind::Descriptor)) {
    const BlockPointerData &a = *value.blockPointer, &b = *prototype.blockPointer;
    if (a.blockShape != b.blockShape || !sameValue(a.base, b.base) || a.offsets.size() != b.offsets.size())
      return false;
    for (unsigned i = 0; i < a.shape.size(); ++i)
      if (!sameValue(a.shape[i], b.shape[i]) || !sameValue(a.strides[i], b.strides[i]))
        return false;
    for (auto [offset, part] : llvm::zip(a.offsets, b.offsets))
      if (!matchHoles(offset, part, types, out))
        return false;
    return true;
  }
  return sameValue(value, prototype);
}

std::optional<Value> Emitter::mergeValues(Value a, Value b, mlir::Block *aBlock, mlir::Block *bBlock,
                                          llvm::SmallVectorImpl<mlir::Value> &aOut,
                                          llvm::SmallVectorImpl<mlir::Value> &bOut, SourceLoc loc) {
  if (a.isPoison() || b.isPoison())
    return Value::poison();
  if (sameValue(a, b))
    return a;
  auto materialise = [&](Value value, mlir::Block *block) {
    if (!value.isNumber())
      return value;
    mlir::OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(block);
    return toTensor(value, loc);
  };
  if ((a.isTensor() || a.isNumber()) && (b.isTensor() || b.isNumber())) {
    a = materialise(a, aBlock);
    b = materialise(b, bBlock);
    if (a.isPoison() || b.isPoison())
      return Value::poison();
    if (a.element != b.element || a.getSSA().getType() != b.getSSA().getType())
      return std::nullopt;
    aOut.push_back(a.getSSA());
    bOut.push_back(b.getSSA());
    return makeHole(a.element);
  }
  if (a.kind != b.kind)
    return std::nullopt;
  size_t before = aOut.size();
  auto fail = [&]() -> std::optional<Value> {
    aOut.resize(before);
    bOut.resize(before);
    return std::nullopt;
  };
  if (a.isTuple()) {
    if (a.tupleData->elements.size() != b.tupleData->elements.size())
      return std::nullopt;
    TupleData *copy = arena.newTuple();
    *copy = *a.tupleData;
    for (unsigned i = 0; i < copy->elements.size(); ++i) {
      std::optional<Value> part =
          mergeValues(a.tupleData->elements[i], b.tupleData->elements[i], aBlock, bBlock, aOut, bOut, loc);
      if (!part)
        return fail();
      copy->elements[i] = *part;
    }
    return ValueArena::wrap(copy);
  }
  if (a.is(ValueKind::BlockPointer) || a.is(ValueKind::Descriptor)) {
    const BlockPointerData &x = *a.blockPointer, &y = *b.blockPointer;
    if (x.blockShape != y.blockShape || x.order != y.order || x.padNaN != y.padNaN)
      return std::nullopt;
    BlockPointerData copy = x;
    auto merge = [&](Value &into, const Value &left, const Value &right) {
      std::optional<Value> part = mergeValues(left, right, aBlock, bBlock, aOut, bOut, loc);
      if (part)
        into = *part;
      return part.has_value();
    };
    if (!merge(copy.base, x.base, y.base))
      return fail();
    for (unsigned i = 0; i < x.shape.size(); ++i)
      if (!merge(copy.shape[i], x.shape[i], y.shape[i]) || !merge(copy.strides[i], x.strides[i], y.strides[i]))
        return fail();
    for (unsigned i = 0; i < x.offsets.size(); ++i)
      if (!merge(copy.offsets[i], x.offsets[i], y.offsets[i]))
        return fail();
    return arena.blockPointer(std::move(copy), a.kind);
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

Branch Emitter::emitBranch(llvm::function_ref<Exit()> body) {
  Branch branch;
  branch.region = std::make_unique<mlir::Region>();
  branch.region->push_back(new mlir::Block());
  llvm::SmallVector<Value, 0> saved = frame->slots;
  {
    mlir::OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&branch.getBlock());
    branch.exit = body();
  }
  branch.slots = std::move(frame->slots);
  frame->slots = std::move(saved);
  return branch;
}

void Emitter::extendBranch(Branch &branch, llvm::function_ref<Exit(Exit)> body) {
  std::swap(frame->slots, branch.slots);
  {
    mlir::OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&branch.getBlock());
    branch.exit = body(branch.exit);
  }
  std::swap(frame->slots, branch.slots);
}

/// The code of an exit as an SSA value, made at the end of the branch if it is known.
static mlir::Value getCode(Emitter &emitter, Branch &branch) {
  if (branch.exit.code)
    return branch.exit.code;
  mlir::OpBuilder::InsertionGuard guard(emitter.builder);
  emitter.builder.setInsertionPointToEnd(&branch.getBlock());
  unsigned code = 0;
  while (!branch.exit.may(static_cast<ExitCode>(code)))
    ++code;
  return emitter.i32Constant(code);
}

namespace {
/// Gathers what two branches yield.
struct Merger {
  Emitter &emitter;
  Branch &a, &b;
  llvm::SmallVector<mlir::Value> aOut, bOut;

  /// A value that only one branch has: the other yields zeros, which nobody reads.
  Value fromOne(Value value, bool fromA) {
    llvm::SmallVectorImpl<mlir::Value> &out = fromA ? aOut : bOut, &zeros = fromA ? bOut : aOut;
    size_t before = out.size();
    llvm::SmallVector<ElementType> types;
    Value holes = emitter.makeHoles(value, out, types, /*whole=*/true);
    mlir::OpBuilder::InsertionGuard guard(emitter.builder);
    emitter.builder.setInsertionPointToEnd(&(fromA ? b : a).getBlock());
    for (size_t i = before; i < out.size(); ++i)
      zeros.push_back(emitter.zeroOf(out[i].getType(), types[i - before]).getSSA());
    return holes;
  }
};
} // namespace

static Value mergeVariable(Emitter &emitter, Merger &merger, unsigned slot, const Value &before) {
  const Value &a = merger.a.slots[slot], &b = merger.b.slots[slot];
  if (emitter.sameValue(a, b))
    return a;
  bool aGone = merger.a.exit.only(Returns), bGone = merger.b.exit.only(Returns);
  if (aGone && bGone)
    return before;
  if (aGone || bGone) {
    const Value &value = aGone ? b : a;
    return emitter.sameValue(value, before) ? value : merger.fromOne(value, /*fromA=*/bGone);
  }
  llvm::StringRef name = emitter.frame->analysis->getName(slot);
  SourceLoc place = slot < emitter.frame->assignedAt.size() ? emitter.frame->assignedAt[slot] : SourceLoc();
  auto defer = [&](const Twine &message, const Twine &note) {
    return emitter.arena.deferred({message.str(), place, note.str()});
  };
  if (a.isPoison() || b.isPoison())
    return Value::poison();
  if (a.isUndefined() || b.isUndefined())
    return defer("'" + name + "' may be unassigned here: only one of two branches assigns it", "it is assigned here");
  if (a.is(ValueKind::Deferred) || b.is(ValueKind::Deferred))
    return a.is(ValueKind::Deferred) ? a : b;
  std::optional<Value> merged =
      emitter.mergeValues(a, b, &merger.a.getBlock(), &merger.b.getBlock(), merger.aOut, merger.bOut, emitter.here);
  if (merged)
    return *merged;
  return defer("the type of '" + name + "' depends on a condition that is known only at run time: it is " +
                   describe(a) + " in one branch and " + describe(b) + " in the other",
               "it is assigned here");
}

Exit Emitter::mergeBranches(mlir::Value condition, Branch thenBranch, Branch elseBranch, const VariableSet *live) {
  Merger merger{*this, thenBranch, elseBranch, {}, {}};
  llvm::SmallVector<Value, 0> slots = frame->slots;
  for (unsigned slot = 0; slot < slots.size(); ++slot) {
    if (live && !live->test(slot)) {
      if (!sameValue(thenBranch.slots[slot], slots[slot]) || !sameValue(elseBranch.slots[slot], slots[slot]))
        slots[slot] = Value();
      continue;
    }
    slots[slot] = mergeVariable(*this, merger, slot, slots[slot]);
  }

  Exit exit;
  exit.mask = thenBranch.exit.mask | elseBranch.exit.mask;
  if (exit.may(Returns)) {
    bool thenReturns = thenBranch.exit.may(Returns), elseReturns = elseBranch.exit.may(Returns);
    if (thenReturns && elseReturns) {
      const Value &a = thenBranch.exit.result, &b = elseBranch.exit.result;
      std::optional<Value> merged =
          mergeValues(a, b, &thenBranch.getBlock(), &elseBranch.getBlock(), merger.aOut, merger.bOut, here);
      if (!merged)
        error(here, "'" + frame->name + "' returns " + describe(a) + " in one place and " + describe(b) +
                        " in another, and which is known only at run time");
      exit.result = merged.value_or(Value::poison());
    } else {
      exit.result = merger.fromOne((thenReturns ? thenBranch : elseBranch).exit.result, thenReturns);
    }
  }
  bool needsCode = !llvm::isPowerOf2_32(exit.mask);
  if (needsCode) {
    merger.aOut.push_back(getCode(*this, thenBranch));
    merger.bOut.push_back(getCode(*this, elseBranch));
  }

  llvm::SmallVector<mlir::Value> results;
  bool isEmpty = merger.aOut.empty() && thenBranch.getBlock().empty() && elseBranch.getBlock().empty();
  if (!isEmpty) {
    mlir::OperationState state(loc(), scf::IfOp::getOperationName());
    state.addOperands(condition);
    for (mlir::Value value : merger.aOut)
      state.addTypes(value.getType());
    for (auto [branch, out] : {std::pair(&thenBranch, &merger.aOut), std::pair(&elseBranch, &merger.bOut)}) {
      // An else with nothing in it is left out.
      if (branch == &elseBranch && out->empty() && branch->getBlock().empty()) {
        branch->region = std::make_unique<mlir::Region>();
        continue;
      }
      mlir::OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToEnd(&branch->getBlock());
      scf::YieldOp::create(builder, loc(), *out);
    }
    state.addRegion(std::move(thenBranch.region));
    state.addRegion(std::move(elseBranch.region));
    mlir::Operation *op = builder.create(state);
    results.assign(op->getResults().begin(), op->getResults().end());
  }
  llvm::ArrayRef<mlir::Value> holes = results;
  for (unsigned slot = 0; slot < slots.size(); ++slot)
    slots[slot] = fillHoles(slots[slot], holes);
  exit.result = fillHoles(exit.result, holes);
  if (needsCode)
    exit.code = holes.front();
  frame->slots = std::move(slots);
  return exit;
}

/// What must survive a merge: `live`, and for exits to the loop around what that loop reads.
static VariableSet joinLive(const VariableSet *live, const VariableSet *loopLive, bool leavesLoop) {
  VariableSet joined = *live;
  if (leavesLoop && loopLive)
    joined |= *loopLive;
  return joined;
}

Exit Emitter::continueAfter(Exit exit, llvm::function_ref<Exit()> rest) {
  if (exit.only(FallsThrough))
    return rest();
  if (!exit.may(FallsThrough))
    return exit;
  mlir::Value falls = arith::CmpIOp::create(builder, loc(), arith::CmpIPredicate::eq, exit.code, i32Constant(0));
  Branch go = emitBranch(rest);
  Branch leave = emitBranch([&] {
    Exit left = exit;
    left.mask &= ~(1u << FallsThrough);
    if (llvm::isPowerOf2_32(left.mask))
      left.code = nullptr;
    return left;
  });
  if (!frame->blockLive)
    return mergeBranches(falls, std::move(go), std::move(leave), nullptr);
  unsigned mask = go.exit.mask | leave.exit.mask;
  VariableSet live = joinLive(frame->blockLive, frame->loopLive, mask & ((1u << Breaks) | (1u << Continues)));
  return mergeBranches(falls, std::move(go), std::move(leave), &live);
}

Exit Emitter::remap(Exit exit, ExitCode from, ExitCode to) {
  if (!exit.may(from))
    return exit;
  exit.mask = (exit.mask & ~(1u << from)) | (1u << to);
  if (!exit.code)
    return exit;
  if (llvm::isPowerOf2_32(exit.mask)) {
    exit.code = nullptr;
    return exit;
  }
  mlir::Value matches = arith::CmpIOp::create(builder, loc(), arith::CmpIPredicate::eq, exit.code, i32Constant(from));
  exit.code = arith::SelectOp::create(builder, loc(), matches, i32Constant(to), exit.code);
  return exit;
}

std::optional<bool> Emitter::evaluateCondition(const ast::Expr *expr, Value &condition) {
  condition = evaluate(expr);
  if (condition.isPoison())
    return std::nullopt;
  here = expr->getLoc();
  if (std::optional<Value> known = getConstant(condition)) {
    if (known->is(ValueKind::Opaque)) {
      condition = error(expr, known->getString() + " cannot be used as a condition");
      return std::nullopt;
    }
    return isTruthy(*known);
  }
  if (!condition.isTensor()) {
    condition = error(expr, describe(condition) + " cannot be used as a condition");
    return std::nullopt;
  }
  if (condition.getNumElements() != 1) {
    condition = error(expr, "the truth of a tensor of " + describeShape(condition.getShape()) +
                                " elements is ambiguous; select with 'tl.where', or reduce it with 'tl.max'");
    return std::nullopt;
  }
  condition = toCondition(toScalar(condition, here), here);
  return std::nullopt;
}

Exit Emitter::emitIf(const ast::If *stmt, ast::StmtList rest, bool &consumedRest) {
  Value condition;
  std::optional<bool> known = evaluateCondition(stmt->condition, condition);
  const RegionInfo &region = frame->analysis->getRegion(stmt);
  const bool outerTail = frame->atTail;
  if (known) {
    frame->atTail = outerTail && rest.empty();
    Exit exit = emitBlock(*known ? stmt->body : stmt->orElse, frame->blockLive ? &region.liveOut : nullptr);
    frame->atTail = outerTail;
    return exit;
  }
  if (condition.isPoison()) {
    for (unsigned slot : region.assigned.set_bits())
      frame->slots[slot] = Value::poison();
    return Exit();
  }
  SourceLoc place = stmt->condition->getLoc();
  const VariableSet *outer = frame->blockLive;
  const VariableSet *inner = outer ? &region.liveOut : nullptr;
  frame->atTail = outerTail && rest.empty();
  Branch thenBranch = emitBranch([&] { return emitBlock(stmt->body, inner); });
  Branch elseBranch = emitBranch([&] { return emitBlock(stmt->orElse, inner); });
  frame->atTail = outerTail;
  // Where one branch leaves and the other goes on, what follows belongs to the one that goes on.
  if (thenBranch.exit.may(FallsThrough) != elseBranch.exit.may(FallsThrough) && !rest.empty()) {
    Branch &going = thenBranch.exit.may(FallsThrough) ? thenBranch : elseBranch;
    extendBranch(going, [&](Exit exit) { return continueAfter(exit, [&] { return emitBlock(rest, outer); }); });
    consumedRest = true;
  }
  // At the end of a function that returns nothing, going on and returning are the same.
  if (outerTail && (consumedRest || rest.empty()))
    for (Branch *branch : {&thenBranch, &elseBranch})
      if ((thenBranch.exit.may(Returns) || elseBranch.exit.may(Returns)) && thenBranch.exit.result.isNone() &&
          elseBranch.exit.result.isNone() && !branch->exit.may(Breaks) && !branch->exit.may(Continues))
        branch->exit = Exit::of(Returns);
  here = place;
  const VariableSet *live = consumedRest ? outer : inner;
  if (!live)
    return mergeBranches(condition.getSSA(), std::move(thenBranch), std::move(elseBranch), nullptr);
  VariableSet joined = joinLive(live, frame->loopLive, region.mayBreak || region.mayContinue || consumedRest);
  return mergeBranches(condition.getSSA(), std::move(thenBranch), std::move(elseBranch), &joined);
}
