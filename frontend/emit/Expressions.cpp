//===- Expressions.cpp - evaluating expressions ---------------------------===//
//
// One function an expression kind. Children are evaluated in Python's order,
// then the place of the parent is set for the operations it creates.
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

Value Emitter::evaluateConstant(const ast::Expr *expr) {
  HostScope host(*this);
  return evaluate(expr);
}

bool Emitter::evaluateElements(ast::ExprList exprs, llvm::SmallVectorImpl<Value> &values) {
  bool fine = true;
  for (const ast::Expr *element : exprs) {
    if (auto *starred = llvm::dyn_cast<ast::Starred>(element)) {
      Value inner = evaluate(starred->value);
      fine &= getIterable(inner, starred->value->getLoc(), values);
      continue;
    }
    values.push_back(evaluate(element));
    fine &= !values.back().isPoison();
  }
  return fine;
}

Value Emitter::evaluate(const ast::Expr *expr) {
  switch (expr->kind) {
  case ast::ExprKind::Name:
    return lookUp(llvm::cast<ast::Name>(expr));
  case ast::ExprKind::IntLiteral: {
    auto *literal = llvm::cast<ast::IntLiteral>(expr);
    if (!literal->fits)
      return error(expr, "the integer " + Twine(literal->spelling) + " does not fit in 64 bits");
    return Value::ofInt(literal->value);
  }
  case ast::ExprKind::FloatLiteral:
    return Value::ofFloat(llvm::cast<ast::FloatLiteral>(expr)->value);
  case ast::ExprKind::StringLiteral:
    return Value::ofString(llvm::cast<ast::StringLiteral>(expr)->value);
  case ast::ExprKind::BoolLiteral:
    return Value::ofBool(llvm::cast<ast::BoolLiteral>(expr)->value);
  case ast::ExprKind::NoneLiteral:
    return Value::none();
  case ast::ExprKind::EllipsisLiteral:
    return Value::make(ValueKind::Ellipsis);
  case ast::ExprKind::JoinedString:
    return evaluateJoinedString(llvm::cast<ast::JoinedString>(expr));
  case ast::ExprKind::BoolOp:
    return evaluateBoolOp(llvm::cast<ast::BoolOp>(expr));
  case ast::ExprKind::BinOp: {
    auto *binOp = llvm::cast<ast::BinOp>(expr);
    Value left = evaluate(binOp->left);
    Value right = evaluate(binOp->right);
    here = binOp->opRange.begin;
    return binary(binOp->op, left, right, here);
  }
  case ast::ExprKind::UnaryOp: {
    auto *unaryOp = llvm::cast<ast::UnaryOp>(expr);
    Value operand = evaluate(unaryOp->operand);
    here = unaryOp->opRange.begin;
    return unary(unaryOp->op, operand, here);
  }
  case ast::ExprKind::Compare:
    return evaluateCompare(llvm::cast<ast::Compare>(expr));
  case ast::ExprKind::IfExp:
    return evaluateIfExp(llvm::cast<ast::IfExp>(expr));
  case ast::ExprKind::Lambda: {
    FunctionData data;
    data.unit = frame->unit;
    data.name = "<lambda>";
    data.lambda = llvm::cast<ast::Lambda>(expr);
    data.isHost = frame->isHost;
    for (auto &[name, value] : frame->overlay)
      data.captured.push_back({name, value});
    for (unsigned slot = 0; slot < frame->slots.size(); ++slot)
      if (!frame->slots[slot].isUndefined())
        data.captured.push_back({frame->analysis->getName(slot), frame->slots[slot]});
    return arena.function(std::move(data));
  }
  case ast::ExprKind::Call:
    return evaluateCall(llvm::cast<ast::Call>(expr));
  case ast::ExprKind::Attribute: {
    auto *attribute = llvm::cast<ast::Attribute>(expr);
    Value object = evaluate(attribute->value);
    here = attribute->attr.range.begin;
    return getAttribute(object, attribute->attr.text, here, attribute->attr.range);
  }
  case ast::ExprKind::Subscript:
    return evaluateSubscript(llvm::cast<ast::Subscript>(expr));
  case ast::ExprKind::Slice:
    return evaluateSlice(llvm::cast<ast::Slice>(expr));
  case ast::ExprKind::List:
  case ast::ExprKind::Tuple:
  case ast::ExprKind::Set: {
    llvm::SmallVector<Value> elements;
    ast::ExprList exprs = expr->kind == ast::ExprKind::List    ? llvm::cast<ast::List>(expr)->elements
                          : expr->kind == ast::ExprKind::Tuple ? llvm::cast<ast::Tuple>(expr)->elements
                                                               : llvm::cast<ast::Set>(expr)->elements;
    evaluateElements(exprs, elements);
    return arena.tuple(elements, expr->kind != ast::ExprKind::Tuple);
  }
  case ast::ExprKind::Dict: {
    DictData data;
    for (const ast::DictItem &item : llvm::cast<ast::Dict>(expr)->items) {
      if (!item.key) {
        Value inner = evaluate(item.value);
        if (!inner.is(ValueKind::Dict))
          return inner.isPoison() ? inner : error(item.value, "'**' in a dict takes a dict, not " + describe(inner));
        for (auto &entry : inner.dictData->items)
          data.items.push_back(entry);
        continue;
      }
      Value key = evaluate(item.key);
      data.items.push_back({key, evaluate(item.value)});
    }
    return arena.dict(std::move(data));
  }
  case ast::ExprKind::Comprehension:
    return evaluateComprehension(llvm::cast<ast::Comprehension>(expr));
  case ast::ExprKind::NamedExpr: {
    auto *named = llvm::cast<ast::NamedExpr>(expr);
    Value value = evaluate(named->value);
    assignName(named->target, value);
    return value;
  }
  case ast::ExprKind::ImaginaryLiteral:
    return error(expr, "complex numbers are not supported in device code");
  case ast::ExprKind::BytesLiteral:
    return error(expr, "bytes are not supported in device code");
  case ast::ExprKind::Starred:
    return error(expr, "'*' is possible only in a call, a list, a tuple or an assignment");
  case ast::ExprKind::Await:
    return error(expr, "'await' is not supported in device code");
  case ast::ExprKind::Yield:
    return error(expr, "'yield' is not supported in device code");
  case ast::ExprKind::FormattedValue:
    break;
  }
  return error(expr, "this expression is not supported in device code");
}

//===----------------------------------------------------------------------===//
// Subscripts
//===----------------------------------------------------------------------===//

Value Emitter::evaluateSlice(const ast::Slice *slice) {
  SliceData data;
  data.lower = slice->lower ? evaluate(slice->lower) : Value::none();
  data.upper = slice->upper ? evaluate(slice->upper) : Value::none();
  data.step = slice->step ? evaluate(slice->step) : Value::none();
  return arena.slice(data);
}

/// Start, stop and step of a slice over `size` elements, as Python computes them.
static bool resolveSlice(Emitter &emitter, const SliceData &slice, int64_t size, SourceLoc loc, int64_t &start,
                         int64_t &stop, int64_t &step) {
  auto read = [&](Value value, int64_t fallback, int64_t &out) {
    out = fallback;
    if (value.isNone())
      return true;
    std::optional<int64_t> known = emitter.getConstantInt(value);
    if (!known) {
      if (!value.isPoison())
        emitter.error(loc, "the bounds of a slice must be integers known at compile time, not " + describe(value));
      return false;
    }
    out = *known;
    return true;
  };
  if (!read(slice.step, 1, step))
    return false;
  if (step == 0) {
    emitter.error(loc, "the step of a slice must not be 0");
    return false;
  }
  if (!read(slice.lower, step > 0 ? 0 : size - 1, start) || !read(slice.upper, step > 0 ? size : -1, stop))
    return false;
  int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  if (!slice.lower.isNone())
    start = std::clamp<int64_t>(start < 0 ? start + size : start, low, high);
  if (!slice.upper.isNone())
    stop = std::clamp<int64_t>(stop < 0 ? stop + size : stop, low, high);
  return true;
}

static bool isFullSlice(const Value &index) {
  return index.is(ValueKind::Slice) && index.sliceData->lower.isNone() && index.sliceData->upper.isNone() &&
         index.sliceData->step.isNone();
}

Value Emitter::evaluateTensorIndex(Value tensor, const ast::Subscript *subscript, Value index) {
  llvm::SmallVector<Value> parts;
  if (index.isTuple())
    parts.assign(index.tupleData->elements.begin(), index.tupleData->elements.end());
  else
    parts.push_back(index);
  unsigned axis = 0, taken = 0, rank = tensor.getShape().size();
  for (const Value &part : parts)
    taken += isFullSlice(part);
  for (const Value &part : parts) {
    if (part.isPoison())
      return part;
    if (part.isNone()) {
      tensor = expandDims(tensor, axis++);
    } else if (isFullSlice(part)) {
      // As in Triton, a scalar takes any number of them, and they stand for nothing.
      if (rank == 0)
        continue;
      if (taken > rank)
        return error(subscript->index, "too many indices: the tensor has " + Twine(rank) +
                                           (rank == 1 ? " dimension, there are " : " dimensions, there are ") +
                                           Twine(taken) + " ':'");
      ++axis;
    } else if (part.is(ValueKind::Ellipsis)) {
      axis += rank - taken;
    } else if (tensor.element.isPointer()) {
      return error(subscript->index,
                   "a pointer cannot be indexed with " + describe(part) + "; read with 'tl.load(pointer + index)'");
    } else {
      return error(subscript->index, "a tensor can be indexed with 'None' and ':' only, not with " + describe(part) +
                                         "; load the element from memory, or use 'tl.gather'");
    }
  }
  return tensor;
}

Value Emitter::evaluateSubscript(const ast::Subscript *subscript) {
  Value object = evaluate(subscript->value);
  Value index = evaluate(subscript->index);
  here = subscript->range.begin;
  if (object.isPoison() || index.isPoison())
    return Value::poison();
  switch (object.kind) {
  case ValueKind::Tensor:
    return evaluateTensorIndex(object, subscript, index);
  case ValueKind::Tuple:
  case ValueKind::String: {
    bool isString = object.isString();
    int64_t size = isString ? object.chars.size : object.tupleData->elements.size();
    if (index.is(ValueKind::Slice)) {
      int64_t start, stop, step;
      if (!resolveSlice(*this, *index.sliceData, size, subscript->index->getLoc(), start, stop, step))
        return Value::poison();
      std::string text;
      llvm::SmallVector<Value> elements;
      for (int64_t i = start; step > 0 ? i < stop : i > stop; i += step) {
        if (isString)
          text += object.chars.data[i];
        else
          elements.push_back(object.tupleData->elements[i]);
      }
      return isString ? arena.string(text) : arena.tuple(elements, object.tupleData->isList);
    }
    std::optional<int64_t> position = getConstantInt(index);
    if (!position)
      return error(subscript->index, "the index of a " + Twine(isString ? "string" : "tuple") +
                                         " must be an integer known at compile time, not " + describe(index));
    if (*position < -size || *position >= size)
      return error(subscript->index,
                   "index " + Twine(*position) + " is out of range: there are " + Twine(size) + " elements");
    int64_t i = *position < 0 ? *position + size : *position;
    return isString ? Value::ofString(object.getString().substr(i, 1)) : object.tupleData->elements[i];
  }
  case ValueKind::Dict:
    for (auto &[key, value] : object.dictData->items)
      if (areEqual(key, index))
        return value;
    return error(subscript->index, "the dict has no key " + toPython(index, true));
  case ValueKind::Function:
    return error(subscript,
                 "'" + object.functionData->name + "' cannot be launched from device code; call it without '[...]'");
  case ValueKind::Opaque:
    if (frame->isHost)
      return error(subscript, object.getString() + " cannot be used at compile time");
    return error(subscript, object.getString() + " cannot be used in device code");
  case ValueKind::Builtin:
  case ValueKind::Class:
  case ValueKind::Type:
    // `tuple[int, int]` in an annotation.
    return Value::ofString("a generic type", ValueKind::Opaque);
  default:
    return error(subscript, describe(object) + " cannot be indexed");
  }
}

//===----------------------------------------------------------------------===//
// Logic
//===----------------------------------------------------------------------===//

Value Emitter::evaluateCompare(const ast::Compare *compareExpr) {
  Value left = evaluate(compareExpr->left);
  Value result;
  for (const ast::Comparison &link : compareExpr->comparisons) {
    Value right = evaluate(link.right);
    here = link.opRange.begin;
    Value holds = compare(link.op, left, right, here);
    if (holds.isPoison())
      return holds;
    if (result.isUndefined())
      result = holds;
    else if (!result.isTensor() && !holds.isTensor())
      result = Value::ofBool(isTruthy(result) && isTruthy(holds));
    else
      result = logical(/*isAnd=*/true, result, holds, here);
    // A false link ends the chain.
    if (!result.isTensor() && !isTruthy(result))
      return result;
    left = right;
  }
  return result;
}

Value Emitter::evaluateBoolOp(const ast::BoolOp *boolOp) {
  llvm::SmallVector<Value, 4> unknown;
  Value last;
  for (const ast::Expr *operand : boolOp->values) {
    last = evaluate(operand);
    if (last.isPoison())
      return last;
    Value known = last;
    if (std::optional<Value> constant = last.isTensor() ? getConstant(last) : std::nullopt)
      known = *constant;
    if (known.isTensor()) {
      unknown.push_back(last);
      continue;
    }
    if (known.is(ValueKind::Opaque))
      return error(operand, known.getString() + " cannot be used as a condition");
    // A compile-time operand decides, or has no effect.
    if (isTruthy(known) != boolOp->isAnd)
      return unknown.empty() ? last : Value::ofBool(!boolOp->isAnd);
  }
  if (unknown.empty())
    return last;
  here = boolOp->opRange.begin;
  Value result = unknown.front();
  for (const Value &value : llvm::drop_begin(unknown))
    result = logical(boolOp->isAnd, result, value, here);
  return result;
}

Value Emitter::evaluateIfExp(const ast::IfExp *ifExp) {
  Value condition = evaluate(ifExp->condition);
  if (condition.isPoison())
    return condition;
  SourceLoc place = ifExp->condition->getLoc();
  if (std::optional<Value> known = getConstant(condition)) {
    if (known->is(ValueKind::Opaque))
      return error(ifExp->condition, known->getString() + " cannot be used as a condition");
    return evaluate(isTruthy(*known) ? ifExp->thenValue : ifExp->elseValue);
  }
  here = place;
  condition = toScalar(condition, place);
  condition = toCondition(condition, place);
  if (condition.isPoison())
    return condition;
  Value thenValue, elseValue;
  Branch thenBranch = emitBranch([&] {
    thenValue = evaluate(ifExp->thenValue);
    return Exit();
  });
  Branch elseBranch = emitBranch([&] {
    elseValue = evaluate(ifExp->elseValue);
    return Exit();
  });
  if (thenValue.isPoison() || elseValue.isPoison())
    return Value::poison();
  here = ifExp->getLoc();
  // A number takes the type of the other value.
  auto adapt = [&](Value &number, const Value &other, Branch &branch) {
    if (!number.isNumber() || !other.isTensor() || other.element.isPointer())
      return;
    std::optional<ElementType> common =
        getCommonType(getNumberType(number), true, other.element, false, false, here, "the conditional expression");
    if (!common || *common != other.element)
      return;
    mlir::OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&branch.getBlock());
    number = makeScalar(number, other.element, here);
  };
  adapt(thenValue, elseValue, thenBranch);
  adapt(elseValue, thenValue, elseBranch);
  llvm::SmallVector<mlir::Value> thenOut, elseOut;
  std::optional<Value> merged =
      mergeValues(thenValue, elseValue, &thenBranch.getBlock(), &elseBranch.getBlock(), thenOut, elseOut, here);
  if (!merged)
    return error(ifExp, "the two values of the conditional expression differ in type: " + describe(thenValue) +
                            " and " + describe(elseValue));
  thenBranch.exit = elseBranch.exit = Exit();
  // The merged value leaves the branches like a variable.
  mlir::OperationState state(loc(), mlir::scf::IfOp::getOperationName());
  state.addOperands(condition.getSSA());
  for (mlir::Value value : thenOut)
    state.addTypes(value.getType());
  for (auto [branch, out] : {std::pair(&thenBranch, &thenOut), std::pair(&elseBranch, &elseOut)}) {
    mlir::OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(&branch->getBlock());
    mlir::scf::YieldOp::create(builder, loc(), *out);
  }
  state.addRegion(std::move(thenBranch.region));
  state.addRegion(std::move(elseBranch.region));
  mlir::Operation *op = builder.create(state);
  llvm::SmallVector<mlir::Value> results(op->getResults());
  llvm::ArrayRef<mlir::Value> holes = results;
  return fillHoles(*merged, holes);
}

//===----------------------------------------------------------------------===//
// Strings and comprehensions
//===----------------------------------------------------------------------===//

Value Emitter::evaluateJoinedString(const ast::JoinedString *joined) {
  std::string text;
  for (const ast::Expr *part : joined->values) {
    if (auto *literal = llvm::dyn_cast<ast::StringLiteral>(part)) {
      text += literal->value;
      continue;
    }
    auto *formatted = llvm::cast<ast::FormattedValue>(part);
    Value value = evaluate(formatted->value);
    if (value.isPoison())
      return value;
    Value format = formatted->format ? evaluateJoinedString(formatted->format) : Value::ofString("");
    if (format.isPoison())
      return format;
    if (!getConstant(value)) {
      // A message may name a run-time value: its type is what is known of it.
      text += "<" + describe(value) + ">";
      continue;
    }
    Value shown = formatValue(value, formatted->conversion, format.getString(), formatted->range.begin);
    if (shown.isPoison())
      return shown;
    text += shown.getString();
  }
  return arena.string(text);
}

bool Emitter::getIterable(Value value, SourceLoc loc, llvm::SmallVectorImpl<Value> &elements) {
  constexpr size_t maxElements = 1 << 20;
  switch (value.kind) {
  case ValueKind::Poison:
    return false;
  case ValueKind::Tuple:
    elements.append(value.tupleData->elements.begin(), value.tupleData->elements.end());
    return true;
  case ValueKind::String:
    for (size_t i = 0; i < value.chars.size; ++i)
      elements.push_back(Value::ofString(value.getString().substr(i, 1)));
    return true;
  case ValueKind::Dict:
    for (auto &item : value.dictData->items)
      elements.push_back(item.first);
    return true;
  case ValueKind::Range: {
    const RangeData &range = *value.rangeData;
    std::optional<int64_t> start = getConstantInt(range.start), stop = getConstantInt(range.stop),
                           step = getConstantInt(range.step);
    if (!start || !stop || !step) {
      const Value &unknown = !start ? range.start : !stop ? range.stop : range.step;
      if (!unknown.isPoison())
        error(loc,
              "the bounds of the range must be known at compile time here, but one of them is " + describe(unknown));
      return false;
    }
    if (*step == 0) {
      error(loc, "the step of a range must not be 0");
      return false;
    }
    for (Integer i = *start; *step > 0 ? i < *stop : i > *stop; i += *step) {
      if (elements.size() >= maxElements) {
        error(loc, "the range has more than " + Twine(maxElements) + " elements, too many to unroll");
        return false;
      }
      elements.push_back(Value::ofInt(i));
    }
    return true;
  }
  case ValueKind::Opaque:
    error(loc, value.getString() + " cannot be used in device code");
    return false;
  default:
    error(loc, describe(value) + " cannot be iterated over" +
                   (value.isIntLike() || (value.isScalarTensor() && value.element.isInteger())
                        ? "; 'range' makes a loop of a number"
                        : " at compile time"));
    return false;
  }
}

Value Emitter::evaluateComprehension(const ast::Comprehension *comprehension) {
  llvm::SmallVector<Value> results;
  DictData dict;
  size_t depth = frame->overlay.size();
  bool failed = false;
  auto bind = [&](const ast::Expr *target, Value value, auto &self) -> void {
    if (auto *name = llvm::dyn_cast<ast::Name>(target)) {
      frame->overlay.push_back({name->id, value});
      return;
    }
    llvm::SmallVector<Value> parts;
    auto *tuple = llvm::dyn_cast<ast::Tuple>(target);
    if (!tuple || !getIterable(value, target->getLoc(), parts) || parts.size() != tuple->elements.size()) {
      if (!failed)
        error(target, "cannot unpack " + describe(value) + " here");
      failed = true;
      return;
    }
    for (auto [part, element] : llvm::zip(tuple->elements, parts))
      self(part, element, self);
  };
  auto run = [&](unsigned index, auto &self) -> void {
    if (failed || !spend(comprehension->range.begin))
      return;
    if (index == comprehension->generators.size()) {
      Value element = evaluate(comprehension->element);
      failed |= element.isPoison();
      if (comprehension->form == ast::Comprehension::Form::Dict)
        dict.items.push_back({element, evaluate(comprehension->value)});
      else
        results.push_back(element);
      return;
    }
    const ast::Generator &generator = comprehension->generators[index];
    llvm::SmallVector<Value> elements;
    if (!getIterable(evaluate(generator.iter), generator.iter->getLoc(), elements)) {
      failed = true;
      return;
    }
    for (const Value &element : elements) {
      size_t before = frame->overlay.size();
      bind(generator.target, element, bind);
      bool kept = !failed;
      for (const ast::Expr *condition : generator.conditions) {
        Value value = kept ? evaluate(condition) : Value::poison();
        std::optional<Value> known = getConstant(value);
        if (kept && !known)
          error(condition, "the condition of a comprehension must be known at compile time, not " + describe(value));
        failed |= kept && !known;
        kept = kept && known && isTruthy(*known);
      }
      if (kept)
        self(index + 1, self);
      frame->overlay.resize(before);
    }
  };
  run(0, run);
  frame->overlay.resize(depth);
  if (failed)
    return Value::poison();
  if (comprehension->form == ast::Comprehension::Form::Dict)
    return arena.dict(std::move(dict));
  return arena.tuple(results, comprehension->form != ast::Comprehension::Form::Generator);
}
