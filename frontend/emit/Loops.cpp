//===- Loops.cpp - for and while -------------------------------------------===//
//
// Loops over compile-time ranges of `tl.static_range` (and all loops of host
// code) are executed; the others become scf.for, or scf.while if a `break` or
// `return` may leave them:
//
//   carried    variables that the body assigns and that are read in the next
//              iteration or after the loop; each has one type throughout
//   code       of a loop that may be left early: 0 while it runs
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Emitter.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;
namespace arith = mlir::arith;
namespace scf = mlir::scf;

//===----------------------------------------------------------------------===//
// Carried variables
//===----------------------------------------------------------------------===//

namespace {
/// The variables that a loop hands from one iteration to the next.
class Carried {
public:
  Carried(Emitter &emitter, const ast::Stmt *stmt) : emitter(emitter), loc(stmt->getLoc()) {
    const Frame &frame = *emitter.frame;
    const RegionInfo &region = frame.analysis->getRegion(stmt);
    const ast::Name *target = nullptr;
    if (auto *loop = llvm::dyn_cast<ast::For>(stmt))
      target = llvm::dyn_cast<ast::Name>(loop->target);
    int targetSlot = target ? frame.analysis->getSlot(target) : -1;
    assigned = region.assigned;
    before = frame.slots;
    for (unsigned slot : region.assigned.set_bits()) {
      if (static_cast<int>(slot) == targetSlot)
        continue;
      if (frame.blockLive && !region.liveHeader.test(slot))
        continue;
      Value value = emitter.decay(frame.slots[slot], loc);
      if (value.isUndefined() || value.isPoison() || value.is(ValueKind::Deferred))
        continue;
      size_t first = inits.size();
      Value prototype = emitter.makeHoles(value, inits, elements, /*whole=*/false);
      variables.push_back({slot, prototype, inits.size() - first});
    }
    for (mlir::Value init : inits)
      types.push_back(init.getType());
  }

  /// Makes the variables what `values` holds.
  void enter(mlir::ValueRange values) {
    llvm::SmallVector<mlir::Value> list(values);
    llvm::ArrayRef<mlir::Value> holes = list;
    for (const Variable &variable : variables)
      emitter.frame->slots[variable.slot] = emitter.fillHoles(variable.prototype, holes);
  }

  /// The variables at the end of the body; reports those whose type changed.
  void leave(mlir::ValueRange current, llvm::SmallVectorImpl<mlir::Value> &out) {
    llvm::ArrayRef<mlir::Type> rest = types;
    size_t index = 0;
    for (const Variable &variable : variables) {
      llvm::ArrayRef<mlir::Type> own = rest.take_front(variable.count);
      rest = rest.drop_front(variable.count);
      size_t size = out.size();
      const Value &value = emitter.frame->slots[variable.slot];
      bool matches = emitter.matchHoles(value, variable.prototype, own, out);
      if (!matches) {
        out.resize(size);
        for (size_t i = 0; i < variable.count; ++i)
          out.push_back(current[index + i]);
        report(variable, value);
      }
      index += variable.count;
    }
  }

  /// The variables after the loop.
  void finish(mlir::ValueRange results) {
    llvm::SmallVector<Value, 0> inside = std::move(emitter.frame->slots);
    emitter.frame->slots = before;
    enter(results);
    llvm::SmallBitVector carried(before.size());
    for (const Variable &variable : variables)
      carried.set(variable.slot);
    for (unsigned slot : assigned.set_bits()) {
      if (carried.test(slot) || before[slot].isPoison() ||
          (!before[slot].isUndefined() && emitter.sameValue(inside[slot], before[slot])))
        continue;
      StringRef name = emitter.frame->analysis->getName(slot);
      emitter.frame->slots[slot] = emitter.arena.deferred(
          {("'" + name + "' may be unassigned here: it is assigned inside a loop that may not run").str(),
           emitter.frame->assignedAt[slot], "it is assigned here"});
    }
  }

  void restore() { emitter.frame->slots = before; }

  llvm::SmallVector<mlir::Value> inits;
  llvm::SmallVector<mlir::Type> types;

private:
  struct Variable {
    unsigned slot;
    Value prototype;
    size_t count;
  };

  void report(const Variable &variable, const Value &after) {
    if (after.isPoison() || after.is(ValueKind::Deferred))
      return;
    StringRef name = emitter.frame->analysis->getName(variable.slot);
    const Value &first = before[variable.slot];
    SourceLoc place = emitter.frame->assignedAt[variable.slot];
    Value decayed = first;
    std::string was = describe(decayed);
    if (first.isNumber()) {
      ++emitter.silenced;
      was = emitter.getNumberType(first).getSpelling();
      --emitter.silenced;
    }
    emitter
        .error(place ? place : loc, "'" + name + "' changes its type in the loop: it is " + was + " before, and " +
                                        describe(after) + " after an iteration")
        .note(loc, "the loop starts here; give '" + name + "' the type it ends with before it");
  }

  Emitter &emitter;
  SourceLoc loc;
  VariableSet assigned;
  llvm::SmallVector<Value, 0> before;
  llvm::SmallVector<ElementType> elements;
  llvm::SmallVector<Variable> variables;
};

/// Sets what is live around a loop body while it lives.
class LoopScope {
public:
  LoopScope(Frame &frame, const RegionInfo &region) : frame(frame), old(frame.loopLive), oldTail(frame.atTail) {
    frame.loopLive = frame.blockLive ? &region.liveHeader : nullptr;
    frame.atTail = false;
  }
  ~LoopScope() {
    frame.loopLive = old;
    frame.atTail = oldTail;
  }

private:
  Frame &frame;
  const VariableSet *old;
  bool oldTail;
};
} // namespace

//===----------------------------------------------------------------------===//
// Loops executed at compile time
//===----------------------------------------------------------------------===//

Exit Emitter::emitStaticFor(const ast::For *stmt, llvm::ArrayRef<Value> elements) {
  const RegionInfo &region = frame->analysis->getRegion(stmt);
  const VariableSet *live = frame->blockLive ? &region.liveHeader : nullptr;
  LoopScope scope(*frame, region);
  auto run = [&](size_t i, auto &self) -> Exit {
    for (; i < elements.size(); ++i) {
      if (!spend(stmt->getLoc()))
        return Exit();
      bind(stmt->target, elements[i], /*decays=*/false);
      Exit exit = remap(emitBlock(stmt->body, live), Continues, FallsThrough);
      if (exit.only(FallsThrough))
        continue;
      const VariableSet *old = std::exchange(frame->blockLive, live);
      exit = continueAfter(exit, [&] { return self(i + 1, self); });
      frame->blockLive = old;
      return exit;
    }
    return emitBlock(stmt->orElse, live);
  };
  return remap(run(0, run), Breaks, FallsThrough);
}

Exit Emitter::emitStaticWhile(const ast::While *stmt) {
  while (spend(stmt->getLoc())) {
    Value condition;
    std::optional<bool> known = evaluateCondition(stmt->condition, condition);
    if (!known) {
      if (!condition.isPoison())
        error(stmt->condition, "the condition must be known at compile time here, but is " + describe(condition));
      return Exit();
    }
    if (!*known)
      return emitBlock(stmt->orElse, nullptr);
    Exit exit = remap(emitBlock(stmt->body, nullptr), Continues, FallsThrough);
    if (exit.only(FallsThrough))
      continue;
    return remap(exit, Breaks, FallsThrough);
  }
  return Exit();
}

//===----------------------------------------------------------------------===//
// Loops that may be left early, and while loops
//===----------------------------------------------------------------------===//

namespace {
/// What is particular to a loop that becomes an scf.while.
struct WhileParts {
  llvm::SmallVector<mlir::Value> extraInits; ///< the induction variable of a for
  /// Whether the next iteration runs.
  llvm::function_ref<Value(mlir::ValueRange extra)> test;
  /// One iteration; leaves the next values of the extras in `next`.
  llvm::function_ref<Exit(mlir::ValueRange extra, llvm::SmallVectorImpl<mlir::Value> &next)> body;
  bool leavesEarly = false;
};
} // namespace

static std::unique_ptr<mlir::Region> makeRegion(llvm::ArrayRef<mlir::Type> types, mlir::Location loc) {
  auto region = std::make_unique<mlir::Region>();
  region->push_back(new mlir::Block());
  llvm::SmallVector<mlir::Location> locations(types.size(), loc);
  region->front().addArguments(types, locations);
  return region;
}

namespace {
/// An scf.while under construction. Its operands: [code] extras variables [returned values].
class WhileBuilder {
public:
  WhileBuilder(Emitter &emitter, const ast::Stmt *stmt, const WhileParts &parts)
      : emitter(emitter), builder(emitter.builder), parts(parts), carried(emitter, stmt), at(emitter.loc()) {}

  Exit run() {
    build();
    if (bodyExit.may(Returns)) {
      llvm::SmallVector<mlir::Type> types;
      for (mlir::Value value : returned)
        types.push_back(value.getType());
      if (!types.empty()) {
        // What a `return` inside gives is known only now: emit the body once more, with places for it.
        afterRegion.reset();
        beforeRegion.reset();
        carried.restore();
        for (auto [type, element] : llvm::zip(types, returnElements))
          returnZeros.push_back(emitter.zeroOf(type, element).getSSA());
        build();
      }
    }
    return finish();
  }

private:
  mlir::ValueRange slice(mlir::Block &block, size_t first, size_t count) {
    return mlir::ValueRange(block.getArguments()).slice(first, count);
  }
  mlir::ValueRange extrasOf(mlir::Block &block) { return slice(block, parts.leavesEarly, parts.extraInits.size()); }
  mlir::ValueRange variablesOf(mlir::Block &block) {
    return slice(block, parts.leavesEarly + parts.extraInits.size(), carried.inits.size());
  }

  void build() {
    inits.clear();
    if (parts.leavesEarly)
      inits.push_back(emitter.i32Constant(0));
    inits.append(parts.extraInits);
    inits.append(carried.inits);
    inits.append(returnZeros);
    llvm::SmallVector<mlir::Type> types;
    for (mlir::Value init : inits)
      types.push_back(init.getType());
    mlir::OpBuilder::InsertionGuard guard(builder);
    beforeRegion = makeRegion(types, at);
    builder.setInsertionPointToEnd(&beforeRegion->front());
    buildTest(beforeRegion->front());
    afterRegion = makeRegion(types, at);
    builder.setInsertionPointToEnd(&afterRegion->front());
    buildBody(afterRegion->front());
  }

  mlir::Value getTest(mlir::Block &block) {
    Value condition = emitter.toCondition(parts.test(extrasOf(block)), emitter.here);
    return condition.isPoison() ? emitter.boolConstant(false) : condition.getSSA();
  }

  void buildTest(mlir::Block &block) {
    carried.enter(variablesOf(block));
    llvm::SmallVector<mlir::Value> forwarded(block.getArguments().begin(), block.getArguments().end());
    mlir::Value condition;
    if (parts.leavesEarly) {
      // Once the loop was left, the condition is not evaluated any more.
      mlir::Value runs = arith::CmpIOp::create(builder, emitter.loc(), arith::CmpIPredicate::eq, block.getArgument(0),
                                               emitter.i32Constant(0));
      auto ifOp = scf::IfOp::create(builder, emitter.loc(), mlir::TypeRange{builder.getI1Type()}, runs, true);
      mlir::OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToEnd(ifOp.thenBlock());
      scf::YieldOp::create(builder, emitter.loc(), mlir::ValueRange{getTest(block)});
      builder.setInsertionPointToEnd(ifOp.elseBlock());
      scf::YieldOp::create(builder, emitter.loc(), mlir::ValueRange{emitter.boolConstant(false)});
      condition = ifOp.getResult(0);
    } else {
      condition = getTest(block);
      // The condition may assign (`:=`).
      forwarded.resize(parts.extraInits.size());
      carried.leave(variablesOf(block), forwarded);
    }
    builder.setInsertionPointToEnd(&block);
    scf::ConditionOp::create(builder, emitter.loc(), condition, forwarded);
  }

  void buildBody(mlir::Block &block) {
    carried.enter(variablesOf(block));
    llvm::SmallVector<mlir::Value> next, yielded;
    bodyExit = emitter.remap(parts.body(extrasOf(block), next), Continues, FallsThrough);
    if (parts.leavesEarly) {
      mlir::Value code = bodyExit.code;
      if (!code)
        code = emitter.i32Constant(llvm::countr_zero(bodyExit.mask));
      yielded.push_back(code);
    }
    yielded.append(next);
    carried.leave(variablesOf(block), yielded);
    returned.clear();
    returnElements.clear();
    if (bodyExit.may(Returns)) {
      returnPrototype = emitter.makeHoles(bodyExit.result, returned, returnElements, /*whole=*/true);
      if (!returnZeros.empty())
        yielded.append(returned);
    }
    scf::YieldOp::create(builder, emitter.loc(), yielded);
  }

  Exit finish() {
    mlir::OperationState state(at, scf::WhileOp::getOperationName());
    state.addOperands(inits);
    for (mlir::Value init : inits)
      state.addTypes(init.getType());
    state.addRegion(std::move(beforeRegion));
    state.addRegion(std::move(afterRegion));
    mlir::Operation *op = builder.create(state);
    mlir::ValueRange results = op->getResults();
    carried.finish(results.slice(parts.leavesEarly + parts.extraInits.size(), carried.inits.size()));
    Exit exit;
    if (!bodyExit.may(Returns))
      return exit;
    exit.mask = (1u << FallsThrough) | (1u << Returns);
    exit.code = results[0];
    if (bodyExit.may(Breaks)) {
      mlir::Value broke = arith::CmpIOp::create(builder, emitter.loc(), arith::CmpIPredicate::eq, results[0],
                                                emitter.i32Constant(Breaks));
      exit.code = arith::SelectOp::create(builder, emitter.loc(), broke, emitter.i32Constant(0), results[0]);
    }
    llvm::SmallVector<mlir::Value> values(results.take_back(returnZeros.size()));
    llvm::ArrayRef<mlir::Value> holes = values;
    exit.result = emitter.fillHoles(returnPrototype, holes);
    return exit;
  }

  Emitter &emitter;
  mlir::OpBuilder &builder;
  const WhileParts &parts;
  Carried carried;
  mlir::Location at;
  std::unique_ptr<mlir::Region> beforeRegion, afterRegion;
  llvm::SmallVector<mlir::Value> inits, returnZeros, returned;
  llvm::SmallVector<ElementType> returnElements;
  Value returnPrototype = Value::none();
  Exit bodyExit;
};
} // namespace

Exit Emitter::emitWhile(const ast::While *stmt) {
  if (frame->isHost)
    return emitStaticWhile(stmt);
  const RegionInfo &region = frame->analysis->getRegion(stmt);
  if (!stmt->orElse.empty() && region.mayBreak) {
    error(stmt->orElse.front()->getLoc(), "'else' after a loop with 'break' is not supported");
    return Exit();
  }
  const VariableSet *outer = frame->blockLive;
  const VariableSet *live = outer ? &region.liveHeader : nullptr;
  LoopScope scope(*frame, region);
  WhileParts parts;
  parts.leavesEarly = region.mayBreak || region.mayReturn;
  auto test = [&](mlir::ValueRange) {
    Value condition;
    if (std::optional<bool> known = evaluateCondition(stmt->condition, condition))
      return Value::ofBool(*known);
    return condition;
  };
  auto body = [&](mlir::ValueRange, llvm::SmallVectorImpl<mlir::Value> &) { return emitBlock(stmt->body, live); };
  parts.test = test;
  parts.body = body;
  Exit exit = WhileBuilder(*this, stmt, parts).run();
  if (stmt->orElse.empty())
    return exit;
  return continueAfter(exit, [&] { return emitBlock(stmt->orElse, outer); });
}

//===----------------------------------------------------------------------===//
// For
//===----------------------------------------------------------------------===//

Exit Emitter::emitFor(const ast::For *stmt) {
  Value iterable = evaluate(stmt->iter);
  here = stmt->iter->getLoc();
  if (iterable.isPoison()) {
    for (unsigned slot : frame->analysis->getRegion(stmt).assigned.set_bits())
      frame->slots[slot] = Value::poison();
    return Exit();
  }
  if (iterable.is(ValueKind::Range) && iterable.rangeData->kind != RangeData::Kind::Static && !frame->isHost)
    return emitRuntimeFor(stmt, *iterable.rangeData);
  llvm::SmallVector<Value> elements;
  if (iterable.isTensor()) {
    error(stmt->iter, "a tensor cannot be iterated over; loop over offsets and load, or use a reduction");
    return Exit();
  }
  if (!getIterable(iterable, stmt->iter->getLoc(), elements))
    return Exit();
  return emitStaticFor(stmt, elements);
}

/// The options of `tl.range`, for the passes that schedule loops.
static void setRangeAttributes(Emitter &emitter, mlir::Operation *op, const RangeData &range) {
  mlir::OpBuilder &builder = emitter.builder;
  auto integer = [&](const Value &value, StringRef name) {
    if (std::optional<int64_t> known = emitter.getConstantInt(value))
      op->setAttr(name, builder.getI32IntegerAttr(*known));
  };
  auto flag = [&](const Value &value, StringRef name) {
    std::optional<Value> known = emitter.getConstant(value);
    if (known && isTruthy(*known))
      op->setAttr(name, builder.getUnitAttr());
  };
  integer(range.numStages, "tile.num_stages");
  integer(range.unrollFactor, "tile.loop_unroll_factor");
  flag(range.disallowAccMultiBuffer, "tile.disallow_acc_multi_buffer");
  flag(range.flatten, "tile.flatten");
  flag(range.warpSpecialize, "tile.warp_specialize");
  flag(range.disableLicm, "tile.disable_licm");
}

namespace {
/// Bounds of a run-time loop that counts up.
struct LoopBounds {
  Value lower, upper, step;
  ElementType type;
  bool countsDown = false;
};
} // namespace

static bool getBounds(Emitter &emitter, const ast::For *stmt, const RangeData &range, LoopBounds &bounds) {
  SourceLoc loc = stmt->iter->getLoc();
  bounds.lower = range.start;
  bounds.upper = range.stop;
  bounds.step = range.step;
  if (std::optional<int64_t> step = emitter.getConstantInt(range.step)) {
    if (*step == 0) {
      emitter.error(stmt->iter, "the step of a range must not be 0");
      return false;
    }
    if (*step < 0) {
      bounds.countsDown = true;
      bounds.step = Value::ofInt(-static_cast<Integer>(*step));
      std::swap(bounds.lower, bounds.upper);
    }
  }
  for (auto [value, name] :
       {std::pair(&bounds.lower, "start"), std::pair(&bounds.upper, "end"), std::pair(&bounds.step, "step")}) {
    if (value->is(ValueKind::Float) || (!value->isTensor() && !value->isNumber()) ||
        (value->isTensor() && !value->element.isInteger())) {
      if (!value->isPoison())
        emitter.error(stmt->iter, "the " + Twine(name) + " of a range must be an integer, but is " + describe(*value));
      return false;
    }
    *value = emitter.toScalar(emitter.toTensor(*value, loc), loc);
    if (value->isPoison())
      return false;
  }
  auto widest = [&](const Value &a, ElementType b) {
    return emitter.getCommonType(a.element, false, b, false, false, loc, "'range'").value_or(ElementType(DType::Int32));
  };
  bounds.type = widest(bounds.lower, widest(bounds.upper, bounds.step.element));
  if (bounds.type.getBitWidth() < 32)
    bounds.type = DType::Int32;
  bounds.lower = emitter.cast(bounds.lower, bounds.type, loc);
  bounds.upper = emitter.cast(bounds.upper, bounds.type, loc);
  bounds.step = emitter.cast(bounds.step, bounds.type, loc);
  return true;
}

Exit Emitter::emitRuntimeFor(const ast::For *stmt, const RangeData &range) {
  LoopBounds bounds;
  if (!getBounds(*this, stmt, range, bounds)) {
    for (unsigned slot : frame->analysis->getRegion(stmt).assigned.set_bits())
      frame->slots[slot] = Value::poison();
    return Exit();
  }
  const RegionInfo &region = frame->analysis->getRegion(stmt);
  const VariableSet *outer = frame->blockLive;
  const VariableSet *live = outer ? &region.liveHeader : nullptr;
  here = stmt->getLoc();
  auto bindTarget = [&](mlir::Value induction) {
    here = stmt->target->getLoc();
    Value index = Value::tensor(induction, bounds.type);
    // Counting down: start - (i - end), for what scf.for counts up.
    if (bounds.countsDown) {
      mlir::Value distance = arith::SubIOp::create(builder, loc(), induction, bounds.lower.getSSA());
      index = Value::tensor(arith::SubIOp::create(builder, loc(), bounds.upper.getSSA(), distance), bounds.type);
    }
    bind(stmt->target, index, /*decays=*/false);
  };
  Exit exit;
  if (region.mayBreak || region.mayReturn) {
    if (!stmt->orElse.empty() && region.mayBreak) {
      error(stmt->orElse.front()->getLoc(), "'else' after a loop with 'break' is not supported");
      return Exit();
    }
    LoopScope scope(*frame, region);
    WhileParts parts;
    parts.leavesEarly = true;
    parts.extraInits.push_back(bounds.lower.getSSA());
    auto test = [&](mlir::ValueRange extra) {
      return compare(ast::CompareOp::Less, Value::tensor(extra[0], bounds.type), bounds.upper, here);
    };
    auto body = [&](mlir::ValueRange extra, llvm::SmallVectorImpl<mlir::Value> &next) {
      bindTarget(extra[0]);
      Exit inner = emitBlock(stmt->body, live);
      next.push_back(arith::AddIOp::create(builder, loc(), extra[0], bounds.step.getSSA()));
      return inner;
    };
    parts.test = test;
    parts.body = body;
    exit = WhileBuilder(*this, stmt, parts).run();
  } else {
    Carried carried(*this, stmt);
    auto loop = scf::ForOp::create(builder, loc(), bounds.lower.getSSA(), bounds.upper.getSSA(), bounds.step.getSSA(),
                                   carried.inits);
    setRangeAttributes(*this, loop, range);
    LoopScope scope(*frame, region);
    {
      mlir::OpBuilder::InsertionGuard guard(builder);
      mlir::Block *block = loop.getBody();
      if (block->mightHaveTerminator())
        block->getTerminator()->erase();
      builder.setInsertionPointToEnd(block);
      carried.enter(loop.getRegionIterArgs());
      bindTarget(loop.getInductionVar());
      emitBlock(stmt->body, live);
      llvm::SmallVector<mlir::Value> yielded;
      carried.leave(loop.getRegionIterArgs(), yielded);
      here = stmt->getLoc();
      scf::YieldOp::create(builder, loc(), yielded);
    }
    carried.finish(loop.getResults());
  }
  if (stmt->orElse.empty())
    return exit;
  return continueAfter(exit, [&] { return emitBlock(stmt->orElse, outer); });
}
