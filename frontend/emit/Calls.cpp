//===- Calls.cpp - calling functions, classes and built-ins ----------------===//
//
// Arguments are bound to parameters as Python binds them. A function of the
// program is then executed in a frame of its own, at the place of the call.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Emitter.h"

#include "llvm/ADT/StringExtras.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;

/// Calls nested deeper than this are taken for endless recursion.
static constexpr unsigned maxDepth = 64;

Value Emitter::evaluateCall(const ast::Call *callExpr) {
  Value callee = evaluate(callExpr->callee);
  llvm::SmallVector<Argument> args;
  bool failed = callee.isPoison();
  for (const ast::Expr *arg : callExpr->args) {
    if (auto *starred = llvm::dyn_cast<ast::Starred>(arg)) {
      llvm::SmallVector<Value> elements;
      failed |= !getIterable(evaluate(starred->value), starred->value->getLoc(), elements);
      for (const Value &element : elements)
        args.push_back({element, arg->range, {}});
      continue;
    }
    args.push_back({evaluate(arg), arg->range, {}});
    failed |= args.back().value.isPoison();
  }
  for (const ast::Keyword &keyword : callExpr->keywords) {
    Value value = evaluate(keyword.value);
    failed |= value.isPoison();
    if (!keyword.isUnpack()) {
      args.push_back({value, keyword.range, keyword.name.text});
      continue;
    }
    if (!value.is(ValueKind::Dict)) {
      if (!value.isPoison())
        error(keyword.value, "'**' in a call takes a dict, not " + describe(value));
      failed = true;
      continue;
    }
    for (auto &[key, element] : value.dictData->items)
      if (key.isString())
        args.push_back({element, keyword.range, key.getString()});
  }
  if (failed)
    return Value::poison();
  here = callExpr->getLoc();
  return call(callee, args, here);
}

Value Emitter::call(Value callee, llvm::ArrayRef<Argument> args, SourceLoc loc) {
  switch (callee.kind) {
  case ValueKind::Poison:
    return callee;
  case ValueKind::Function:
    return callFunction(*callee.functionData, args, loc);
  case ValueKind::Builtin:
    return callBuiltin(*callee.builtin, args, loc);
  case ValueKind::Class:
    return callClass(*callee.classData, args, loc);
  case ValueKind::Method: {
    llvm::SmallVector<Argument> all;
    all.push_back({callee.methodData->self, SourceRange(loc, loc), {}});
    all.append(args.begin(), args.end());
    return call(callee.methodData->function, all, loc);
  }
  case ValueKind::Opaque:
    return error(loc, callee.getString() + " cannot be called in device code");
  case ValueKind::Type:
    return error(loc, "a type cannot be called; convert with '.to(" + Twine("tl.") +
                          StringRef(callee.element.getName()) + ")' or 'tl.cast'");
  case ValueKind::String:
    return error(loc, describe(callee) + " cannot be called, and the file has no device function of that name");
  default:
    return error(loc, describe(callee) + " cannot be called");
  }
}

Value Emitter::callFunction(const FunctionData &function, llvm::ArrayRef<Value> args, SourceLoc loc) {
  llvm::SmallVector<Argument> list;
  for (const Value &arg : args)
    list.push_back({arg, SourceRange(), {}});
  return callFunction(function, list, loc);
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

static Value evaluateDefault(Emitter &emitter, const FunctionData &function, const ast::Expr *expr) {
  Frame module;
  module.unit = function.unit;
  module.isHost = true;
  module.name = "<module>";
  module.caller = emitter.frame;
  module.depth = emitter.frame->depth + 1;
  module.overlay.append(function.captured.begin(), function.captured.end());
  Frame *old = std::exchange(emitter.frame, &module);
  Value value = emitter.evaluate(expr);
  emitter.frame = old;
  return value;
}

bool Emitter::bindParameters(const FunctionData &function, llvm::ArrayRef<ast::Param> params,
                             llvm::ArrayRef<Argument> args, SourceLoc loc, Frame &callee) {
  std::string name = ("'" + function.name + "'").str();
  llvm::SmallVector<const Argument *> bound(params.size(), nullptr);
  llvm::SmallVector<Value> rest;
  DictData keywords;
  size_t next = 0, positional = 0;
  bool takesRest = false, takesKeywords = false;
  for (const ast::Param &param : params) {
    takesRest |= param.kind == ast::ParamKind::VarPositional;
    takesKeywords |= param.kind == ast::ParamKind::VarKeyword;
    positional += param.kind == ast::ParamKind::PositionalOnly || param.kind == ast::ParamKind::PositionalOrKeyword;
  }
  size_t given = llvm::count_if(args, [](const Argument &arg) { return arg.keyword.empty(); });
  for (const Argument &arg : args) {
    if (arg.keyword.empty()) {
      while (next < params.size() && params[next].kind > ast::ParamKind::PositionalOrKeyword)
        ++next;
      if (next < positional) {
        bound[next++] = &arg;
        continue;
      }
      if (!takesRest) {
        error(loc, name + " takes " + Twine(positional) + (positional == 1 ? " argument" : " arguments") + ", but " +
                       Twine(given) + (given == 1 ? " is given" : " are given"))
            .range(arg.range)
            .note(function.def ? function.def->name.range.begin : SourceLoc(), name + " is defined here");
        return false;
      }
      rest.push_back(arg.value);
      continue;
    }
    size_t index = 0;
    while (index < params.size() &&
           (params[index].name.text != arg.keyword || params[index].kind == ast::ParamKind::VarPositional ||
            params[index].kind == ast::ParamKind::VarKeyword))
      ++index;
    if (index == params.size()) {
      if (takesKeywords) {
        keywords.items.push_back({Value::ofString(arg.keyword), arg.value});
        continue;
      }
      llvm::SmallVector<StringRef> names;
      for (const ast::Param &param : params)
        names.push_back(param.name.text);
      error(arg.range.isValid() ? arg.range.begin : loc,
            name + " has no parameter '" + arg.keyword + "'" + suggest(arg.keyword, names))
          .range(arg.range)
          .note(function.def ? function.def->name.range.begin : SourceLoc(), name + " is defined here");
      return false;
    }
    if (bound[index]) {
      error(arg.range.isValid() ? arg.range.begin : loc,
            "the parameter '" + arg.keyword + "' of " + name + " is given twice")
          .range(arg.range);
      return false;
    }
    bound[index] = &arg;
  }
  for (auto [index, param] : llvm::enumerate(params)) {
    Value value;
    if (param.kind == ast::ParamKind::VarPositional) {
      value = arena.tuple(rest);
    } else if (param.kind == ast::ParamKind::VarKeyword) {
      value = arena.dict(std::move(keywords));
    } else if (bound[index]) {
      value = bound[index]->value;
    } else if (param.defaultValue) {
      value = evaluateDefault(*this, function, param.defaultValue);
    } else {
      error(loc, "the argument '" + param.name.text + "' of " + name + " is missing")
          .note(param.range.begin, "the parameter is declared here");
      return false;
    }
    // As in Triton, a parameter of a device function that is marked constexpr takes a run-time value all the same; what
    // needs it to be known says so.
    bool isConstexpr = isConstexprAnnotation(param.annotation);
    if ((isConstexpr || callee.isHost) && !value.isPoison()) {
      std::optional<Value> known = getConstant(value);
      if (!known && callee.isHost) {
        error(bound[index] && bound[index]->range.isValid() ? bound[index]->range.begin : loc,
              name + " runs at compile time, so its parameter '" + param.name.text +
                  "' must be known at compile time, but it is " + describe(value))
            .range(bound[index] ? bound[index]->range : SourceRange())
            .note(param.range.begin, "the parameter is declared here");
        return false;
      }
      if (known)
        value = *known;
    }
    if (isConstexpr && (value.isNumber() || value.isString() || value.isType()) && callee.specialisation.size() < 120)
      callee.specialisation +=
          (callee.specialisation.empty() ? "" : ", ") + param.name.text.str() + "=" + toPython(value, true);
    callee.slots[index] = value;
    callee.assignedAt[index] = param.range.begin;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

Value Emitter::callFunction(const FunctionData &function, llvm::ArrayRef<Argument> args, SourceLoc loc) {
  if (frame->depth + 1 > maxDepth) {
    Value poison = error(loc, "calls are nested more than " + Twine(maxDepth) + " deep; is '" + function.name +
                                  "' recursive without end?");
    abort();
    return poison;
  }
  if (!spend(loc))
    return Value::poison();
  if (function.def && function.def->hasErrors) {
    if (function.def->role == ast::FunctionRole::Host)
      return error(loc, "'" + function.name + "' could not be read, so it cannot be run at compile time");
    ++numErrors;
    return Value::poison();
  }
  Frame callee;
  callee.unit = function.unit;
  callee.analysis = &function.unit->getAnalysis(function);
  callee.name = function.name;
  callee.slots.resize(callee.analysis->getNumVariables());
  callee.assignedAt.resize(callee.slots.size());
  callee.isHost = function.isHost;
  callee.overlay.append(function.captured.begin(), function.captured.end());
  callee.depth = frame->depth + 1;
  llvm::ArrayRef<ast::Param> params = function.def ? function.def->params : function.lambda->params;
  // Parameters shadow what a lambda captured.
  for (const ast::Param &param : params)
    llvm::erase_if(callee.overlay, [&](auto &entry) { return entry.first == param.name.text; });
  if (!bindParameters(function, params, args, loc, callee))
    return Value::poison();
  callee.caller = frame;
  callee.callLoc = loc;
  if (!callee.isHost)
    callee.callSite = getLocation(loc);

  Frame *old = std::exchange(frame, &callee);
  SourceLoc oldHere = here;
  Value result = Value::none();
  if (function.lambda) {
    // The parameters of a lambda are its only variables.
    for (auto [index, param] : llvm::enumerate(params))
      callee.overlay.push_back({param.name.text, callee.slots[index]});
    callee.slots.clear();
    callee.analysis = nullptr;
    result = evaluate(function.lambda->body);
  } else {
    VariableSet none(callee.slots.size());
    Exit exit = emitBlock(function.def->body, callee.isHost ? nullptr : &none);
    if (exit.may(Returns))
      result = exit.result;
    if (exit.may(Breaks) || exit.may(Continues))
      result = error(function.def->name.range.begin, "'break' or 'continue' outside a loop");
  }
  frame = old;
  here = oldHere;
  return result;
}

Value Emitter::callClass(const ClassData &cls, llvm::ArrayRef<Argument> args, SourceLoc loc) {
  TupleData *data = arena.newTuple();
  data->cls = &cls;
  data->fields.assign(cls.fields.begin(), cls.fields.end());
  data->elements.resize(cls.fields.size());
  size_t next = 0;
  for (const Argument &arg : args) {
    size_t index = next;
    if (arg.keyword.empty()) {
      ++next;
    } else {
      index = llvm::find(cls.fields, arg.keyword) - cls.fields.begin();
      if (index == cls.fields.size())
        return std::move(error(arg.range.begin, "'" + cls.name + "' has no field '" + arg.keyword + "'" +
                                                    suggest(arg.keyword, cls.fields))
                             .range(arg.range));
    }
    if (index >= cls.fields.size())
      return error(loc, "'" + cls.name + "' has " + Twine(cls.fields.size()) + " fields, but " + Twine(args.size()) +
                            " values are given");
    data->elements[index] = arg.value;
  }
  for (auto [index, element] : llvm::enumerate(data->elements)) {
    if (!element.isUndefined())
      continue;
    if (index < cls.defaults.size() && cls.defaults[index]) {
      FunctionData maker;
      maker.unit = cls.unit;
      element = evaluateDefault(*this, maker, cls.defaults[index]);
      continue;
    }
    return error(loc, "the field '" + cls.fields[index] + "' of '" + cls.name + "' is missing");
  }
  return ValueArena::wrap(data);
}

const ClassData *Emitter::makeClass(Unit &unit, const ast::ClassDef *def) {
  ClassData data;
  data.unit = &unit;
  data.name = def->name.text;
  data.def = def;
  for (const ast::Stmt *stmt : def->body)
    if (auto *field = llvm::dyn_cast<ast::AnnAssign>(stmt))
      if (auto *name = llvm::dyn_cast<ast::Name>(field->target)) {
        data.fields.push_back(name->id);
        data.defaults.push_back(field->value);
      }
  return arena.cls(std::move(data)).classData;
}

//===----------------------------------------------------------------------===//
// Built-ins
//===----------------------------------------------------------------------===//

namespace {
/// One parameter of a row of the table.
struct BuiltinParam {
  StringRef name;
  StringRef defaultText;
  bool hasDefault = false, isRest = false;
};
} // namespace

static void readParams(StringRef text, llvm::SmallVectorImpl<BuiltinParam> &params) {
  while (!text.empty()) {
    auto [item, rest] = text.split(',');
    text = rest;
    BuiltinParam param;
    item = item.trim();
    param.isRest = item.consume_front("*");
    auto [name, value] = item.split('=');
    param.name = name;
    param.defaultText = value;
    param.hasDefault = item.contains('=');
    params.push_back(param);
  }
}

static Value readDefault(StringRef text) {
  if (text == "None")
    return Value::none();
  if (text == "True" || text == "False")
    return Value::ofBool(text == "True");
  int64_t integer = 0;
  double number = 0;
  if (!text.getAsInteger(10, integer))
    return Value::ofInt(integer);
  if (!text.getAsDouble(number))
    return Value::ofFloat(number);
  return Value::ofString(text.trim('\''));
}

Value Emitter::callBuiltin(const Builtin &builtin, llvm::ArrayRef<Argument> args, SourceLoc loc) {
  llvm::SmallVector<BuiltinParam, 12> params;
  readParams(builtin.params, params);
  size_t positional = 0;
  while (positional < params.size() && !params[positional].isRest)
    ++positional;
  bool takesRest = positional < params.size();

  BuiltinCall bound{*this, builtin, loc, {}, {}, {}};
  bound.args.resize(params.size());
  bound.ranges.resize(params.size());
  for (const BuiltinParam &param : params)
    bound.names.push_back(param.name);
  llvm::SmallVector<Value> rest;
  size_t next = 0;
  size_t given = llvm::count_if(args, [](const Argument &arg) { return arg.keyword.empty(); });
  for (const Argument &arg : args) {
    if (arg.value.is(ValueKind::Opaque) && !(builtin.flags & HostFunction))
      return std::move(
          error(arg.range.isValid() ? arg.range.begin : loc, arg.value.getString() + " cannot be used in device code")
              .range(arg.range));
    if (arg.keyword.empty()) {
      if (next < positional) {
        bound.args[next] = arg.value;
        bound.ranges[next++] = arg.range.isValid() ? arg.range : SourceRange(loc, loc);
      } else if (takesRest) {
        rest.push_back(arg.value);
        bound.ranges[positional] = arg.range;
      } else {
        // What a method belongs to is not among the arguments that its user counts.
        const size_t self = builtin.flags & MethodOnly ? 1 : 0;
        const size_t most = params.size() - self;
        return std::move(error(loc, "'" + getDisplayName(builtin) + "' takes at most " + Twine(most) +
                                        (most == 1 ? " argument" : " arguments") + ", but " + Twine(given - self) +
                                        (given - self == 1 ? " is given" : " are given"))
                             .range(arg.range));
      }
      continue;
    }
    size_t index = llvm::find_if(params, [&](const BuiltinParam &p) { return p.name == arg.keyword; }) - params.begin();
    SourceLoc place = arg.range.isValid() ? arg.range.begin : loc;
    if (index == params.size())
      return std::move(error(place, "'" + getDisplayName(builtin) + "' has no parameter '" + arg.keyword + "'" +
                                        suggest(arg.keyword, bound.names))
                           .range(arg.range));
    if (params[index].isRest && arg.value.isTuple()) {
      rest.assign(arg.value.tupleData->elements.begin(), arg.value.tupleData->elements.end());
      continue;
    }
    if (bound.isGiven(index))
      return std::move(
          error(place, "the parameter '" + arg.keyword + "' of '" + getDisplayName(builtin) + "' is given twice")
              .range(arg.range));
    bound.args[index] = arg.value;
    bound.ranges[index] = arg.range.isValid() ? arg.range : SourceRange(loc, loc);
  }
  for (auto [index, param] : llvm::enumerate(params)) {
    if (param.isRest) {
      bound.args[index] = arena.tuple(rest);
    } else if (!bound.isGiven(index)) {
      if (!param.hasDefault)
        return error(loc, "the argument '" + param.name + "' of '" + getDisplayName(builtin) + "' is missing");
      bound.args[index] = readDefault(param.defaultText);
    }
  }
  return builtin.handler(bound);
}
