//===- Statements.cpp - assignments and simple statements -----------------===//
//
// Executing statements one after the other. Branches and loops have files of
// their own.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Emitter.h"

#include "dialect/tile/Tile.h"
#include "frontend/syntax/Dump.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;

Exit Emitter::emitBlock(ast::StmtList body, const VariableSet *live) {
  const VariableSet *old = std::exchange(frame->blockLive, live);
  Exit exit;
  for (size_t i = 0; i < body.size(); ++i) {
    if (!spend(body[i]->range.begin))
      break;
    ast::StmtList rest = body.drop_front(i + 1);
    bool consumedRest = false;
    here = body[i]->getLoc();
    exit = emitStmt(body[i], rest, consumedRest);
    if (consumedRest || aborted)
      break;
    if (exit.only(FallsThrough))
      continue;
    if (!rest.empty())
      exit = continueAfter(exit, [&] { return emitBlock(rest, live); });
    break;
  }
  frame->blockLive = old;
  return exit;
}

Exit Emitter::emitStmt(const ast::Stmt *stmt, ast::StmtList rest, bool &consumedRest) {
  switch (stmt->kind) {
  case ast::StmtKind::ExprStmt:
    evaluate(llvm::cast<ast::ExprStmt>(stmt)->value);
    return Exit();
  case ast::StmtKind::Assign: {
    auto *assignment = llvm::cast<ast::Assign>(stmt);
    Value value = decay(evaluate(assignment->value), assignment->value->getLoc());
    for (const ast::Expr *target : assignment->targets)
      assign(target, value);
    return Exit();
  }
  case ast::StmtKind::AugAssign:
    emitAugAssign(llvm::cast<ast::AugAssign>(stmt));
    return Exit();
  case ast::StmtKind::AnnAssign:
    emitAnnAssign(llvm::cast<ast::AnnAssign>(stmt));
    return Exit();
  case ast::StmtKind::Return: {
    const ast::Expr *value = llvm::cast<ast::Return>(stmt)->value;
    Exit exit = Exit::of(Returns);
    if (value)
      exit.result = decay(evaluate(value), value->getLoc());
    if (exit.result.is(ValueKind::Undefined))
      exit.result = Value::poison();
    return exit;
  }
  case ast::StmtKind::Break:
    return Exit::of(Breaks);
  case ast::StmtKind::Continue:
    return Exit::of(Continues);
  case ast::StmtKind::Pass:
  case ast::StmtKind::Import:
    break;
  case ast::StmtKind::Global:
  case ast::StmtKind::Nonlocal:
    if (!frame->isHost)
      error(stmt->getLoc(), Twine("'") + (stmt->kind == ast::StmtKind::Global ? "global" : "nonlocal") +
                                "' is not supported in device code: variables outside the function cannot be assigned");
    break;
  case ast::StmtKind::ImportFrom:
    break;
  case ast::StmtKind::If:
    return emitIf(llvm::cast<ast::If>(stmt), rest, consumedRest);
  case ast::StmtKind::For:
    return emitFor(llvm::cast<ast::For>(stmt));
  case ast::StmtKind::While:
    return emitWhile(llvm::cast<ast::While>(stmt));
  case ast::StmtKind::Assert:
    emitAssert(llvm::cast<ast::Assert>(stmt));
    return Exit();
  case ast::StmtKind::Raise:
    reportRaise(llvm::cast<ast::Raise>(stmt));
    return Exit::of(Returns);
  case ast::StmtKind::Match:
    return emitMatch(llvm::cast<ast::Match>(stmt));
  case ast::StmtKind::FunctionDef: {
    auto *def = llvm::cast<ast::FunctionDef>(stmt);
    if (!frame->isHost) {
      error(def->name.range.begin,
            "a function cannot be defined inside device code; define '" + def->name.text + "' at the top of the file")
          .range(def->name.range);
      if (int unusable = frame->analysis->findSlot(def->name.text); unusable >= 0)
        frame->slots[unusable] = Value::poison();
      return Exit();
    }
    Value function = makeFunction(*frame->unit, def);
    int slot = frame->analysis->findSlot(def->name.text);
    if (slot >= 0)
      frame->slots[slot] = function;
    return Exit();
  }
  case ast::StmtKind::ClassDef:
    error(stmt->getLoc(), "a class cannot be defined inside device code");
    break;
  case ast::StmtKind::With:
    error(stmt->getLoc(), "'with' is not supported in device code");
    break;
  case ast::StmtKind::Try:
    if (frame->isHost)
      return emitBlock(llvm::cast<ast::Try>(stmt)->body, nullptr);
    error(stmt->getLoc(), "'try' is not supported in device code: there are no exceptions on the device");
    break;
  case ast::StmtKind::Delete:
    // The variable is simply not used any more.
    for (const ast::Expr *target : llvm::cast<ast::Delete>(stmt)->targets)
      if (auto *name = llvm::dyn_cast<ast::Name>(target); name && frame->analysis)
        if (int slot = frame->analysis->findSlot(name->id); slot >= 0)
          frame->slots[slot] =
              arena.deferred({("'" + name->id + "' is used after 'del'").str(), stmt->getLoc(), "it is deleted here"});
    break;
  case ast::StmtKind::TypeAlias:
    error(stmt->getLoc(), "'type' is not supported in device code");
    break;
  }
  return Exit();
}

//===----------------------------------------------------------------------===//
// Assignments
//===----------------------------------------------------------------------===//

void Emitter::assignName(const ast::Name *name, Value value) {
  int slot = frame->analysis ? frame->analysis->getSlot(name) : -1;
  if (slot < 0) {
    // At module level, inside a comprehension of the host.
    frame->overlay.push_back({name->id, value});
    return;
  }
  frame->slots[slot] = value;
  frame->assignedAt[slot] = name->range.begin;
}

void Emitter::assign(const ast::Expr *target, Value value) { bind(target, value, /*decays=*/true); }

void Emitter::bind(const ast::Expr *target, Value value, bool decays) {
  switch (target->kind) {
  case ast::ExprKind::Name:
    assignName(llvm::cast<ast::Name>(target), decays ? decay(value, target->getLoc()) : value);
    return;
  case ast::ExprKind::Tuple:
  case ast::ExprKind::List: {
    ast::ExprList parts = target->kind == ast::ExprKind::Tuple ? llvm::cast<ast::Tuple>(target)->elements
                                                               : llvm::cast<ast::List>(target)->elements;
    llvm::SmallVector<Value> elements;
    bool fine = !value.isPoison();
    if (fine && value.isTensor()) {
      error(target, "cannot unpack " + describe(value) + " into " + Twine(parts.size()) +
                        " variables; only tuples can be unpacked");
      fine = false;
    }
    fine = fine && getIterable(value, target->getLoc(), elements);
    size_t star = parts.size();
    for (auto [i, part] : llvm::enumerate(parts))
      if (llvm::isa<ast::Starred>(part))
        star = i;
    bool hasStar = star != parts.size();
    if (fine && (hasStar ? elements.size() + 1 < parts.size() : elements.size() != parts.size())) {
      error(target,
            "there are " + Twine(elements.size()) + " values to unpack, but " + Twine(parts.size()) + " variables");
      fine = false;
    }
    for (auto [i, part] : llvm::enumerate(parts)) {
      if (!fine) {
        bind(llvm::isa<ast::Starred>(part) ? llvm::cast<ast::Starred>(part)->value : part, Value::poison(), false);
      } else if (i < star) {
        bind(part, elements[i], decays);
      } else if (i == star) {
        size_t count = elements.size() + 1 - parts.size();
        bind(llvm::cast<ast::Starred>(part)->value, arena.tuple(llvm::ArrayRef(elements).slice(star, count), true),
             decays);
      } else {
        bind(part, elements[elements.size() - (parts.size() - i)], decays);
      }
    }
    return;
  }
  case ast::ExprKind::Subscript: {
    auto *subscript = llvm::cast<ast::Subscript>(target);
    Value object = evaluate(subscript->value);
    Value index = evaluate(subscript->index);
    if (object.isPoison() || index.isPoison())
      return;
    if (object.isTuple() && object.tupleData->isList) {
      std::optional<int64_t> position = getConstantInt(index);
      int64_t size = object.tupleData->elements.size();
      if (position && *position >= -size && *position < size) {
        object.tupleData->elements[*position < 0 ? *position + size : *position] = value;
        return;
      }
    }
    if (object.is(ValueKind::Dict)) {
      for (auto &[key, old] : object.dictData->items)
        if (areEqual(key, index)) {
          old = value;
          return;
        }
      object.dictData->items.push_back({index, value});
      return;
    }
    if (object.isTensor() && object.element.isPointer()) {
      error(target, "a pointer cannot be indexed; write with 'tl.store(pointer + index, value)'");
      return;
    }
    error(target, object.isTensor()
                      ? Twine("elements of a tensor cannot be assigned; select with 'tl.where', or store to memory")
                      : "elements of " + describe(object) + " cannot be assigned");
    return;
  }
  case ast::ExprKind::Attribute:
    error(target, "attributes cannot be assigned in device code");
    return;
  default:
    error(target, "this cannot be assigned to");
    return;
  }
}

void Emitter::emitAugAssign(const ast::AugAssign *stmt) {
  Value old = evaluate(stmt->target);
  Value right = evaluate(stmt->value);
  here = stmt->opRange.begin;
  if (old.isTuple() && old.tupleData->isList && frame->isHost && stmt->op == ast::BinaryOp::Add && right.isTuple()) {
    old.tupleData->elements.append(right.tupleData->elements.begin(), right.tupleData->elements.end());
    return;
  }
  assign(stmt->target, binary(stmt->op, old, right, here));
}

bool Emitter::isConstexprAnnotation(const ast::Expr *annotation) {
  if (!annotation)
    return false;
  if (auto *text = llvm::dyn_cast<ast::StringLiteral>(annotation))
    return text->value.ends_with("constexpr");
  if (auto *name = llvm::dyn_cast<ast::Name>(annotation))
    return name->id == "constexpr";
  if (auto *attribute = llvm::dyn_cast<ast::Attribute>(annotation))
    return attribute->attr.text == "constexpr";
  return false;
}

void Emitter::emitAnnAssign(const ast::AnnAssign *stmt) {
  if (!stmt->value)
    return;
  Value value = evaluate(stmt->value);
  if (!isConstexprAnnotation(stmt->annotation)) {
    assign(stmt->target, value);
    return;
  }
  if (value.isPoison()) {
    bind(stmt->target, value, /*decays=*/false);
    return;
  }
  std::optional<Value> known = getConstant(value);
  if (!known && !value.isTuple()) {
    error(stmt->value, "a 'tl.constexpr' must be known at compile time, but this is " + describe(value));
    known = Value::poison();
  }
  bind(stmt->target, known.value_or(value), /*decays=*/false);
}

//===----------------------------------------------------------------------===//
// Assertions and errors of the program
//===----------------------------------------------------------------------===//

void Emitter::emitAssert(const ast::Assert *stmt) {
  Value condition = evaluate(stmt->condition);
  if (condition.isPoison())
    return;
  std::string message;
  if (stmt->message) {
    Value text = evaluate(stmt->message);
    if (text.isPoison())
      return;
    message = toPython(text, false);
  }
  if (std::optional<Value> known = getConstant(condition)) {
    if (!isTruthy(*known))
      error(stmt->condition, "assertion failed: " + (message.empty() ? toSource(stmt->condition) : message));
    return;
  }
  here = stmt->condition->getLoc();
  condition = toCondition(condition, here);
  if (condition.isPoison() || !options.assertions)
    return;
  if (message.empty())
    message = toSource(stmt->condition);
  tile::AssertOp::create(builder, loc(), condition.getSSA(), builder.getStringAttr(message), mlir::Value());
}

void Emitter::reportRaise(const ast::Raise *stmt) {
  // Reached only on a path that is taken at compile time.
  std::string message;
  const ast::Call *call = llvm::dyn_cast_or_null<ast::Call>(stmt->exception);
  if (call && !call->args.empty()) {
    Value text = evaluate(call->args.front());
    if (text.isPoison())
      return;
    message = toPython(text, false);
  }
  std::string name = call ? toSource(call->callee) : stmt->exception ? toSource(stmt->exception) : "an exception";
  error(stmt->getLoc(), "'raise " + name + "' is reached" + (message.empty() ? "" : ": " + message));
}

//===----------------------------------------------------------------------===//
// Match
//===----------------------------------------------------------------------===//

/// Whether a compile-time subject has the shape of a pattern; binds the names in it. Nothing: not decidable.
static std::optional<bool> matches(Emitter &emitter, const ast::Pattern *pattern, Value subject) {
  switch (pattern->kind) {
  case ast::PatternKind::MatchValue: {
    Value value = emitter.evaluate(llvm::cast<ast::MatchValue>(pattern)->value);
    if (value.isPoison())
      return std::nullopt;
    return areEqual(value, subject);
  }
  case ast::PatternKind::MatchSingleton: {
    Value value = emitter.evaluate(llvm::cast<ast::MatchSingleton>(pattern)->value);
    return value.kind == subject.kind && areEqual(value, subject);
  }
  case ast::PatternKind::MatchOr:
    for (const ast::Pattern *part : llvm::cast<ast::MatchOr>(pattern)->patterns) {
      std::optional<bool> result = matches(emitter, part, subject);
      if (!result || *result)
        return result;
    }
    return false;
  case ast::PatternKind::MatchAs: {
    auto *as = llvm::cast<ast::MatchAs>(pattern);
    if (as->pattern) {
      std::optional<bool> result = matches(emitter, as->pattern, subject);
      if (!result || !*result)
        return result;
    }
    if (!as->name.text.empty())
      if (int slot = emitter.frame->analysis->findSlot(as->name.text); slot >= 0)
        emitter.frame->slots[slot] = subject;
    return true;
  }
  default:
    emitter.error(pattern->getLoc(), "this pattern is not supported; device code matches literals, names and '_'");
    return std::nullopt;
  }
}

Exit Emitter::emitMatch(const ast::Match *stmt) {
  Value subject = evaluate(stmt->subject);
  if (subject.isPoison())
    return Exit();
  std::optional<Value> known = getConstant(subject);
  if (!known) {
    error(stmt->subject, "the subject of 'match' must be known at compile time, but this is " + describe(subject) +
                             "; use 'if' and 'elif'");
    return Exit();
  }
  const RegionInfo &region = frame->analysis->getRegion(stmt);
  for (const ast::MatchCase &matchCase : stmt->cases) {
    std::optional<bool> result = matches(*this, matchCase.pattern, *known);
    if (!result)
      return Exit();
    if (!*result)
      continue;
    if (matchCase.guard) {
      Value guard = evaluate(matchCase.guard);
      std::optional<Value> holds = getConstant(guard);
      if (!holds && !guard.isPoison())
        error(matchCase.guard, "the guard of a case must be known at compile time");
      if (!holds || !isTruthy(*holds))
        continue;
    }
    return emitBlock(matchCase.body, frame->blockLive ? &region.liveOut : nullptr);
  }
  return Exit();
}
