//===- BuiltinsPython.cpp - functions of Python, `math` and `triton` ---------===//
//
// The functions that Python itself has, as far as kernels and the host code
// that configures them use them; `math`; and the functions of `triton`. All of
// them compute at compile time, some also on scalars of the running kernel.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/BuiltinHelpers.h"

#include <cmath>
#include <numeric>

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

/// The hints that 'tl.range' takes are accepted and, as in Triton, of no effect.
static Value pyRange(BuiltinCall &call) {
  RangeData range;
  bool one = call[1].isNone();
  range.start = one ? Value::ofInt(0) : call[0];
  range.stop = one ? call[0] : call[1];
  range.step = call[2].isNone() ? Value::ofInt(1) : call[2];
  for (Value *flag : {&range.numStages, &range.unrollFactor, &range.disallowAccMultiBuffer, &range.flatten,
                      &range.warpSpecialize, &range.disableLicm})
    *flag = Value::none();
  return call.emitter.arena.range(range);
}

static Value pyLen(BuiltinCall &call) {
  switch (call[0].kind) {
  case ValueKind::Tuple:
    return Value::ofInt(call[0].tupleData->elements.size());
  case ValueKind::String:
    return Value::ofInt(call[0].chars.size);
  case ValueKind::Dict:
    return Value::ofInt(call[0].dictData->items.size());
  case ValueKind::Range: {
    llvm::SmallVector<Value> elements;
    if (!call.emitter.getIterable(call[0], call.loc, elements))
      return Value::poison();
    return Value::ofInt(elements.size());
  }
  case ValueKind::Tensor:
    if (call[0].isBlock())
      return Value::ofInt(call[0].getShape().front());
    [[fallthrough]];
  default:
    return wrongArgument(call, 0, "a tuple, a list or a string");
  }
}

static Value pyMinMax(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  bool isMax = call.builtin.variant;
  llvm::SmallVector<Value> values(call[0].tupleData->elements.begin(), call[0].tupleData->elements.end());
  if (values.size() == 1) {
    Value only = values[0];
    if (only.isTensor())
      return callError(call,
                       "needs at least two values; '" + Twine(isMax ? "tl.max" : "tl.min") + "' reduces a tensor");
    values.clear();
    if (!emitter.getIterable(only, call.loc, values))
      return Value::poison();
  }
  if (values.empty())
    return callError(call, "needs at least one value");
  Value result = values[0];
  for (const Value &value : llvm::drop_begin(values)) {
    if (result.isTensor() || value.isTensor()) {
      std::optional<Value> a = emitter.getConstant(result), b = emitter.getConstant(value);
      if (a && b && a->isIntLike() && b->isIntLike()) {
        bool takeNew = isMax ? b->integer > a->integer : b->integer < a->integer;
        result = takeNew ? value : result;
        continue;
      }
      result = emitter.minMax(isMax ? Emitter::MinMax::Max : Emitter::MinMax::Min, result, value, false, call.loc);
    } else {
      Value less =
          emitter.constantCompare(ast::CompareOp::Less, isMax ? result : value, isMax ? value : result, call.loc);
      if (less.isPoison())
        return less;
      result = isTruthy(less) ? value : result;
    }
  }
  return result;
}

static Value pySum(BuiltinCall &call) {
  llvm::SmallVector<Value> values;
  if (call[0].isTensor())
    return callError(call, "adds the elements of a list; 'tl.sum' reduces a tensor");
  if (!call.emitter.getIterable(call[0], call.loc, values))
    return Value::poison();
  Value result = call[1];
  for (const Value &value : values)
    result = call.emitter.binary(ast::BinaryOp::Add, result, value, call.loc);
  return result;
}

static Value pyAnyAll(BuiltinCall &call) {
  bool isAll = call.builtin.variant;
  llvm::SmallVector<Value> values;
  if (!call.emitter.getIterable(call[0], call.loc, values))
    return Value::poison();
  for (const Value &value : values) {
    std::optional<Value> known = call.emitter.getConstant(value);
    if (!known)
      return wrongArgument(call, 0, "known at compile time");
    if (isTruthy(*known) != isAll)
      return Value::ofBool(!isAll);
  }
  return Value::ofBool(isAll);
}

static Value pyTuple(BuiltinCall &call) {
  llvm::SmallVector<Value> values;
  if (!call[0].isNone() && !call.emitter.getIterable(call[0], call.loc, values))
    return Value::poison();
  return call.emitter.arena.tuple(values, call.builtin.variant);
}

static Value pyZip(BuiltinCall &call) {
  llvm::SmallVector<llvm::SmallVector<Value>> columns;
  size_t length = SIZE_MAX;
  for (const Value &column : call[0].tupleData->elements) {
    if (!call.emitter.getIterable(column, call.loc, columns.emplace_back()))
      return Value::poison();
    length = std::min(length, columns.back().size());
  }
  llvm::SmallVector<Value> rows;
  for (size_t i = 0; i < length && !columns.empty(); ++i) {
    llvm::SmallVector<Value> row;
    for (const auto &column : columns)
      row.push_back(column[i]);
    rows.push_back(call.emitter.arena.tuple(row));
  }
  return call.emitter.arena.tuple(rows, true);
}

static Value pyEnumerate(BuiltinCall &call) {
  llvm::SmallVector<Value> values, rows;
  std::optional<int64_t> start = getInt(call, 1);
  if (!start || !call.emitter.getIterable(call[0], call.loc, values))
    return Value::poison();
  for (auto [i, value] : llvm::enumerate(values))
    rows.push_back(call.emitter.arena.tuple({Value::ofInt(*start + static_cast<int64_t>(i)), value}));
  return call.emitter.arena.tuple(rows, true);
}

static Value pyMapFilter(BuiltinCall &call) {
  bool isFilter = call.builtin.variant;
  llvm::SmallVector<Value> values, results;
  if (!call.emitter.getIterable(call[1], call.loc, values))
    return Value::poison();
  for (const Value &value : values) {
    Value result = call[0].isNone() ? value : call.emitter.call(call[0], {{value, SourceRange(), {}}}, call.loc);
    if (result.isPoison())
      return result;
    if (!isFilter)
      results.push_back(result);
    else if (std::optional<Value> known = call.emitter.getConstant(result); known && isTruthy(*known))
      results.push_back(value);
  }
  return call.emitter.arena.tuple(results, true);
}

static Value pySortReverse(BuiltinCall &call) {
  llvm::SmallVector<Value> values;
  if (!call.emitter.getIterable(call[0], call.loc, values))
    return Value::poison();
  if (call.builtin.variant) {
    std::reverse(values.begin(), values.end());
    return call.emitter.arena.tuple(values, true);
  }
  std::optional<bool> reverse = getBool(call, 2);
  if (!reverse)
    return Value::poison();
  llvm::SmallVector<std::pair<Value, Value>> keyed;
  for (const Value &value : values) {
    Value key = call[1].isNone() ? value : call.emitter.call(call[1], {{value, SourceRange(), {}}}, call.loc);
    if (key.isPoison() || !isCompileTime(key))
      return key.isPoison() ? key : wrongArgument(call, 0, "known at compile time");
    keyed.push_back({key, value});
  }
  bool failed = false;
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto &a, const auto &b) {
    if (failed)
      return false;
    Value less = call.emitter.constantCompare(*reverse ? ast::CompareOp::Greater : ast::CompareOp::Less, a.first,
                                              b.first, call.loc);
    failed |= less.isPoison();
    return !failed && isTruthy(less);
  });
  if (failed)
    return Value::poison();
  for (auto [value, pair] : llvm::zip(values, keyed))
    value = pair.second;
  return call.emitter.arena.tuple(values, true);
}

static Value pyDict(BuiltinCall &call) {
  if (call[0].is(ValueKind::Dict))
    return call.emitter.arena.dict(*call[0].dictData);
  DictData data;
  llvm::SmallVector<Value> pairs;
  if (!call[0].isNone() && !call.emitter.getIterable(call[0], call.loc, pairs))
    return Value::poison();
  for (const Value &pair : pairs) {
    if (!pair.isTuple() || pair.tupleData->elements.size() != 2)
      return wrongArgument(call, 0, "a list of pairs");
    data.items.push_back({pair.tupleData->elements[0], pair.tupleData->elements[1]});
  }
  return call.emitter.arena.dict(std::move(data));
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

static Value pyInt(BuiltinCall &call) {
  std::optional<Value> known = call.emitter.getConstant(call[0]);
  if (!known)
    return call[0].isTensor()
               ? call.emitter.cast(call[0], call[0].element.isInteger() ? call[0].element : DType::Int32, call.loc)
               : wrongArgument(call, 0, "a number");
  if (known->isIntLike())
    return Value::ofInt(known->integer);
  if (known->is(ValueKind::Float)) {
    if (!std::isfinite(known->number) || std::fabs(known->number) > 1e36)
      return wrongArgument(call, 0, "a number that an integer can hold");
    return Value::ofInt(static_cast<Integer>(known->number));
  }
  int64_t integer = 0;
  if (known->isString() && !known->getString().trim().getAsInteger(10, integer))
    return Value::ofInt(integer);
  return wrongArgument(call, 0, "a number");
}

static Value pyFloat(BuiltinCall &call) {
  std::optional<Value> known = call.emitter.getConstant(call[0]);
  if (!known)
    return call[0].isTensor() ? call.emitter.cast(call[0], DType::Float32, call.loc)
                              : wrongArgument(call, 0, "a number or a string");
  if (known->isNumber())
    return Value::ofFloat(known->asDouble());
  if (known->isString()) {
    std::string text = known->getString().trim().lower();
    StringRef digits = text;
    bool negative = digits.consume_front("-");
    if (!negative)
      digits.consume_front("+");
    double number = 0;
    if (digits == "inf" || digits == "infinity")
      number = __builtin_inf();
    else if (digits == "nan")
      number = __builtin_nan("");
    else if (digits.getAsDouble(number))
      return wrongArgument(call, 0, "a number, 'inf' or 'nan'");
    return Value::ofFloat(negative ? -number : number);
  }
  return wrongArgument(call, 0, "a number or a string");
}

static Value pyBool(BuiltinCall &call) {
  if (std::optional<Value> known = call.emitter.getConstant(call[0]))
    return Value::ofBool(isTruthy(*known));
  return call.emitter.toCondition(call[0], call.loc);
}

static Value pyStr(BuiltinCall &call) {
  std::optional<Value> known = call.emitter.getConstant(call[0]);
  return call.emitter.arena.string(toPython(known ? *known : call[0], call.builtin.variant));
}

static Value pyAbs(BuiltinCall &call) {
  if (call[0].isIntLike())
    return Value::ofInt(call[0].integer < 0 ? -call[0].integer : call[0].integer);
  if (call[0].is(ValueKind::Float))
    return Value::ofFloat(std::fabs(call[0].number));
  return call.emitter.callBuiltin(*findBuiltin(ModuleId::Language, "abs"), {{call[0], call.ranges[0], {}}}, call.loc);
}

static Value pyRound(BuiltinCall &call) {
  std::optional<Value> known = call.emitter.getConstant(call[0]);
  if (!known || !known->isNumber())
    return wrongArgument(call, 0, "a number known at compile time");
  if (known->isIntLike())
    return *known;
  if (call[1].isNone())
    return std::isfinite(known->number) ? Value::ofInt(static_cast<Integer>(std::nearbyint(known->number))) : *known;
  std::optional<int64_t> digits = getInt(call, 1);
  if (!digits)
    return Value::poison();
  double scale = std::pow(10.0, static_cast<double>(*digits));
  return Value::ofFloat(std::nearbyint(known->number * scale) / scale);
}

static Value pyPow(BuiltinCall &call) { return call.emitter.binary(ast::BinaryOp::Pow, call[0], call[1], call.loc); }

static Value pyDivmod(BuiltinCall &call) {
  Value quotient = call.emitter.binary(ast::BinaryOp::FloorDiv, call[0], call[1], call.loc);
  Value rest = call.emitter.binary(ast::BinaryOp::Mod, call[0], call[1], call.loc);
  return call.emitter.arena.tuple({quotient, rest});
}

//===----------------------------------------------------------------------===//
// Types and attributes
//===----------------------------------------------------------------------===//

/// `isinstance(value, cls)` for one class.
static std::optional<bool> isInstance(BuiltinCall &call, const Value &value, const Value &cls) {
  if (cls.is(ValueKind::Class))
    return value.isTuple() && value.tupleData->cls == cls.classData;
  if (cls.is(ValueKind::Opaque))
    return false;
  if (!cls.is(ValueKind::Builtin)) {
    wrongArgument(call, 1, "a class or a tuple of classes");
    return std::nullopt;
  }
  StringRef name = cls.builtin->name;
  if (name == "int")
    return value.isIntLike();
  if (name == "bool")
    return value.is(ValueKind::Bool);
  if (name == "float")
    return value.is(ValueKind::Float);
  if (name == "str")
    return value.isString();
  if (name == "tuple")
    return value.isTuple() && !value.tupleData->isList;
  if (name == "list")
    return value.isTuple() && value.tupleData->isList;
  if (name == "dict")
    return value.is(ValueKind::Dict);
  if (name == "constexpr")
    return isCompileTime(value) && !value.isTuple();
  if (name == "tensor")
    return value.isTensor() || value.is(ValueKind::BlockPointer);
  if (name == "tensor_descriptor" || name == "tensor_descriptor_base")
    return value.is(ValueKind::Descriptor);
  if (name == "dtype" || name == "pointer_type" || name == "block_type")
    return value.isType() && (name != "pointer_type" || value.element.isPointer()) &&
           (name != "block_type" || value.typeData);
  return false;
}

static Value pyIsInstance(BuiltinCall &call) {
  llvm::SmallVector<Value> classes;
  if (call[1].isTuple())
    classes.assign(call[1].tupleData->elements.begin(), call[1].tupleData->elements.end());
  else
    classes.push_back(call[1]);
  for (const Value &cls : classes) {
    std::optional<bool> result = isInstance(call, call[0], cls);
    if (!result)
      return Value::poison();
    if (*result)
      return Value::ofBool(true);
  }
  return Value::ofBool(false);
}

static Value pyGetAttr(BuiltinCall &call) {
  // variant 0: getattr(object, name[, default]); variant 1: hasattr(object, name)
  std::optional<StringRef> name = getString(call, 1);
  if (!name)
    return Value::poison();
  bool hasFallback = !call.builtin.variant && call.isGiven(2);
  if (!call.builtin.variant && !hasFallback)
    return call.emitter.getAttribute(call[0], *name, call.loc, call.ranges[1]);
  Attempt attempt(call.emitter);
  Value value = call.emitter.getAttribute(call[0], *name, call.loc, call.ranges[1]);
  bool found = !value.isPoison() && !value.is(ValueKind::Opaque);
  if (call.builtin.variant)
    return Value::ofBool(found);
  return found ? value : call[2];
}

static Value pyType(BuiltinCall &call) {
  StringRef name;
  switch (call[0].kind) {
  case ValueKind::Bool:
    name = "bool";
    break;
  case ValueKind::Int:
    name = "int";
    break;
  case ValueKind::Float:
    name = "float";
    break;
  case ValueKind::String:
    name = "str";
    break;
  case ValueKind::Tuple:
    name = call[0].tupleData->isList ? "list" : "tuple";
    break;
  case ValueKind::Tensor:
    return Value::ofBuiltin(findBuiltin(ModuleId::Language, "tensor"));
  default:
    return wrongArgument(call, 0, "a number, a string, a tuple or a tensor");
  }
  return Value::ofBuiltin(findPythonBuiltin(name));
}

static Value pyPrint(BuiltinCall &call) {
  // As in Triton, `print` in device code prints on the device.
  Emitter &emitter = call.emitter;
  if (emitter.isHost())
    return Value::none();
  llvm::SmallVector<Argument> args;
  std::string prefix;
  for (const Value &value : call[0].tupleData->elements) {
    if (value.isString() && args.empty())
      prefix += (prefix.empty() ? "" : " ") + value.getString().str();
    else
      args.push_back({value, call.ranges[0], {}});
  }
  args.insert(args.begin(), {emitter.arena.string(prefix), call.ranges[0], {}});
  return emitter.callBuiltin(*findBuiltin(ModuleId::Language, "device_print"), args, call.loc);
}

static Value pyNamedTuple(BuiltinCall &call) {
  std::optional<StringRef> name = getString(call, 0);
  if (!name)
    return Value::poison();
  ClassData data;
  data.unit = call.emitter.frame->unit;
  data.name = *name;
  llvm::SmallVector<Value> fields;
  if (call[1].isString()) {
    llvm::SmallVector<StringRef> names;
    call[1].getString().split(names, call[1].getString().contains(',') ? ',' : ' ', -1, false);
    for (StringRef field : names)
      data.fields.push_back(field.trim());
  } else if (call.emitter.getIterable(call[1], call.loc, fields)) {
    for (const Value &field : fields) {
      Value fieldName = field.isTuple() && !field.tupleData->elements.empty() ? field.tupleData->elements[0] : field;
      if (!fieldName.isString())
        return wrongArgument(call, 1, "a list of names");
      data.fields.push_back(fieldName.getString());
    }
  } else {
    return Value::poison();
  }
  return call.emitter.arena.cls(std::move(data));
}

static Value pyException(BuiltinCall &call) { return callError(call, "is an exception; it can only be raised"); }

llvm::ArrayRef<Builtin> emit::getPythonBuiltins() {
  static constexpr Builtin table[] = {
      {"range",
       "start, stop=None, step=None, num_stages=None, loop_unroll_factor=None, disallow_acc_multi_buffer=False, "
       "flatten=False, warp_specialize=False, disable_licm=False",
       pyRange, HostFunction},
      {"len", "obj", pyLen, HostFunction},
      {"min", "*args", pyMinMax, HostFunction, 0},
      {"max", "*args", pyMinMax, HostFunction, 1},
      {"sum", "iterable, start=0", pySum, HostFunction},
      {"any", "iterable", pyAnyAll, HostFunction, 0},
      {"all", "iterable", pyAnyAll, HostFunction, 1},
      {"tuple", "iterable=None", pyTuple, HostFunction, 0},
      {"list", "iterable=None", pyTuple, HostFunction, 1},
      {"set", "iterable=None", pyTuple, HostFunction, 1},
      {"zip", "*iterables", pyZip, HostFunction},
      {"enumerate", "iterable, start=0", pyEnumerate, HostFunction},
      {"map", "function, iterable", pyMapFilter, HostFunction, 0},
      {"filter", "function, iterable", pyMapFilter, HostFunction, 1},
      {"sorted", "iterable, key=None, reverse=False", pySortReverse, HostFunction, 0},
      {"reversed", "iterable", pySortReverse, HostFunction, 1},
      {"dict", "items=None", pyDict, HostFunction},
      {"int", "x=0", pyInt, HostFunction},
      {"float", "x=0", pyFloat, HostFunction},
      {"bool", "x=False", pyBool, HostFunction},
      {"str", "x=''", pyStr, HostFunction, 0},
      {"repr", "x", pyStr, HostFunction, 1},
      {"abs", "x", pyAbs, HostFunction},
      {"round", "x, ndigits=None", pyRound, HostFunction},
      {"pow", "x, y", pyPow, HostFunction},
      {"divmod", "x, y", pyDivmod, HostFunction},
      {"isinstance", "obj, cls", pyIsInstance, HostFunction},
      {"getattr", "obj, name, default=None", pyGetAttr, HostFunction, 0},
      {"hasattr", "obj, name", pyGetAttr, HostFunction, 1},
      {"type", "obj", pyType, HostFunction},
      {"print", "*args", pyPrint, HostFunction},
      {"namedtuple", "typename, field_names", pyNamedTuple, HostFunction},
      {"ValueError", "*args", pyException, HostFunction},
      {"TypeError", "*args", pyException, HostFunction},
      {"RuntimeError", "*args", pyException, HostFunction},
      {"NotImplementedError", "*args", pyException, HostFunction},
      {"AssertionError", "*args", pyException, HostFunction},
      {"Exception", "*args", pyException, HostFunction},
  };
  return table;
}

//===----------------------------------------------------------------------===//
// math
//===----------------------------------------------------------------------===//

enum MathFunctionId : uint8_t {
  MLog2,
  MLog,
  MLog10,
  MSqrt,
  MCeil,
  MFloor,
  MExp,
  MPow,
  MFabs,
  MIsInf,
  MIsNan,
  MGcd,
  MProd,
  MTrunc,
  MExp2,
  MSin,
  MCos,
  MTanh,
  MErf,
  MLcm
};

static Value pyMath(BuiltinCall &call) {
  auto function = static_cast<MathFunctionId>(call.builtin.variant);
  if (function == MProd) {
    llvm::SmallVector<Value> values;
    if (!call.emitter.getIterable(call[0], call.loc, values))
      return Value::poison();
    Value product = Value::ofInt(1);
    for (const Value &value : values)
      product = call.emitter.binary(ast::BinaryOp::Mul, product, value, call.loc);
    return product;
  }
  std::optional<Value> x = call.emitter.getConstant(call[0]);
  if (!x || !x->isNumber())
    return wrongArgument(call, 0, "a number known at compile time ('tl.math' has functions of tensors)");
  double value = x->asDouble();
  bool negative = value < 0;
  switch (function) {
  case MLog2:
  case MLog:
  case MLog10:
    if (value <= 0)
      return wrongArgument(call, 0, "positive");
    if (function == MLog && call.args.size() > 1 && !call[1].isNone()) {
      std::optional<Value> base = call.emitter.getConstant(call[1]);
      if (!base || !base->isNumber() || base->asDouble() <= 0)
        return wrongArgument(call, 1, "a positive number");
      return Value::ofFloat(std::log(value) / std::log(base->asDouble()));
    }
    return Value::ofFloat(function == MLog2  ? std::log2(value)
                          : function == MLog ? std::log(value)
                                             : std::log10(value));
  case MSqrt:
    return negative ? wrongArgument(call, 0, "0 or more") : Value::ofFloat(std::sqrt(value));
  case MCeil:
  case MFloor:
  case MTrunc:
    if (x->isIntLike())
      return Value::ofInt(x->integer);
    if (!std::isfinite(value) || std::fabs(value) > 1e36)
      return wrongArgument(call, 0, "finite");
    return Value::ofInt(static_cast<Integer>(function == MCeil    ? std::ceil(value)
                                             : function == MFloor ? std::floor(value)
                                                                  : std::trunc(value)));
  case MExp:
    return Value::ofFloat(std::exp(value));
  case MExp2:
    return Value::ofFloat(std::exp2(value));
  case MSin:
    return Value::ofFloat(std::sin(value));
  case MCos:
    return Value::ofFloat(std::cos(value));
  case MTanh:
    return Value::ofFloat(std::tanh(value));
  case MErf:
    return Value::ofFloat(std::erf(value));
  case MFabs:
    return Value::ofFloat(std::fabs(value));
  case MIsInf:
    return Value::ofBool(std::isinf(value));
  case MIsNan:
    return Value::ofBool(std::isnan(value));
  case MPow: {
    std::optional<Value> y = call.emitter.getConstant(call[1]);
    if (!y || !y->isNumber())
      return wrongArgument(call, 1, "a number known at compile time");
    return Value::ofFloat(std::pow(value, y->asDouble()));
  }
  case MGcd:
  case MLcm: {
    std::optional<int64_t> a = getInt(call, 0), b = getInt(call, 1);
    if (!a || !b)
      return Value::poison();
    if (*a < INT32_MIN || *a > INT32_MAX || *b < INT32_MIN || *b > INT32_MAX)
      return wrongArgument(call, 0, "a 32-bit integer");
    return Value::ofInt(function == MGcd ? std::gcd(*a, *b) : std::lcm(*a, *b));
  }
  case MProd:
    break;
  }
  return Value::poison();
}

llvm::ArrayRef<Builtin> emit::getPyMathBuiltins() {
  static constexpr Builtin table[] = {
      {"log2", "x", pyMath, HostFunction, MLog2},        {"log", "x, base=None", pyMath, HostFunction, MLog},
      {"log10", "x", pyMath, HostFunction, MLog10},      {"sqrt", "x", pyMath, HostFunction, MSqrt},
      {"ceil", "x", pyMath, HostFunction, MCeil},        {"floor", "x", pyMath, HostFunction, MFloor},
      {"exp", "x", pyMath, HostFunction, MExp},          {"pow", "x, y", pyMath, HostFunction, MPow},
      {"fabs", "x", pyMath, HostFunction, MFabs},        {"isinf", "x", pyMath, HostFunction, MIsInf},
      {"isnan", "x", pyMath, HostFunction, MIsNan},      {"gcd", "a, b", pyMath, HostFunction, MGcd},
      {"prod", "iterable", pyMath, HostFunction, MProd}, {"trunc", "x", pyMath, HostFunction, MTrunc},
      {"exp2", "x", pyMath, HostFunction, MExp2},        {"sin", "x", pyMath, HostFunction, MSin},
      {"cos", "x", pyMath, HostFunction, MCos},          {"tanh", "x", pyMath, HostFunction, MTanh},
      {"erf", "x", pyMath, HostFunction, MErf},          {"lcm", "a, b", pyMath, HostFunction, MLcm},
  };
  return table;
}

//===----------------------------------------------------------------------===//
// triton
//===----------------------------------------------------------------------===//

static Value tritonCdiv(BuiltinCall &call) {
  return call.emitter.callBuiltin(*findBuiltin(ModuleId::Language, "cdiv"),
                                  {{call[0], call.ranges[0], {}}, {call[1], call.ranges[1], {}}}, call.loc);
}

static Value tritonNextPower(BuiltinCall &call) {
  std::optional<int64_t> value = getInt(call, 0);
  if (!value)
    return Value::poison();
  int64_t power = 1;
  while (power < *value && power < (int64_t(1) << 62))
    power <<= 1;
  return Value::ofInt(power);
}

/// A configuration of the autotuner: a named tuple of its constants and options.
static Value tritonConfig(BuiltinCall &call) {
  if (!call[0].is(ValueKind::Dict))
    return wrongArgument(call, 0, "a dict");
  TupleData *data = call.emitter.arena.newTuple();
  data->elements.assign(call.args.begin(), call.args.end());
  for (llvm::StringRef name : call.names)
    data->fields.push_back(name);
  return ValueArena::wrap(data);
}

llvm::ArrayRef<Builtin> emit::getTritonBuiltins() {
  static constexpr Builtin table[] = {
      {"cdiv", "x, y", tritonCdiv, HostFunction},
      {"next_power_of_2", "n", tritonNextPower, HostFunction},
      {"Config",
       "kwargs, num_warps=4, num_stages=3, num_ctas=1, maxnreg=None, pre_hook=None, ir_override=None, "
       "num_buffers_warp_spec=0, num_consumer_groups=0, reg_dec_producer=0, reg_inc_consumer=0, minRegAutoWS=None, "
       "maxRegAutoWS=None, pingpongAutoWS=None",
       tritonConfig, HostFunction},
  };
  return table;
}
