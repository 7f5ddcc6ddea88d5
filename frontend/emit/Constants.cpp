//===- Constants.cpp - Python's arithmetic at compile time ----------------===//
//
// Operators on values that are known while the kernel is compiled: Python's
// semantics (`//` floors, `/` gives a float, `and` gives an operand), integers of
// 128 bits with an error where Python's would go on growing.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Emitter.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace tessera;
using namespace tessera::emit;
using ast::BinaryOp;
using llvm::Twine;

static std::string quoteOp(llvm::StringRef op) { return "'" + op.str() + "'"; }

static Integer floorDivide(Integer a, Integer b) {
  Integer quotient = a / b;
  return (a % b != 0 && (a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

static double floorModulo(double a, double b) {
  double result = std::fmod(a, b);
  return result != 0 && (result < 0) != (b < 0) ? result + b : result;
}

/// Base to a non-negative integer power; nothing on overflow.
static std::optional<Integer> power(Integer base, Integer exponent) {
  Integer result = 1;
  while (exponent) {
    if ((exponent & 1) && __builtin_mul_overflow(result, base, &result))
      return std::nullopt;
    exponent >>= 1;
    if (exponent && __builtin_mul_overflow(base, base, &base))
      return std::nullopt;
  }
  return result;
}

static Value integerBinary(Emitter &emitter, BinaryOp op, Value a, Value b, SourceLoc loc) {
  Integer x = a.integer, y = b.integer, result = 0;
  bool overflow = false;
  bool bothBool = a.is(ValueKind::Bool) && b.is(ValueKind::Bool);
  auto fitting = [bothBool](Integer value) { return bothBool ? Value::ofBool(value) : Value::ofInt(value); };
  switch (op) {
  case BinaryOp::Add:
    overflow = __builtin_add_overflow(x, y, &result);
    break;
  case BinaryOp::Sub:
    overflow = __builtin_sub_overflow(x, y, &result);
    break;
  case BinaryOp::Mul:
    overflow = __builtin_mul_overflow(x, y, &result);
    break;
  case BinaryOp::Div:
    if (y == 0)
      return emitter.error(loc, "division by zero in a constant expression");
    return Value::ofFloat(static_cast<double>(x) / static_cast<double>(y));
  case BinaryOp::FloorDiv:
    if (y == 0)
      return emitter.error(loc, "division by zero in a constant expression");
    result = floorDivide(x, y);
    break;
  case BinaryOp::Mod:
    if (y == 0)
      return emitter.error(loc, "modulo by zero in a constant expression");
    result = x - floorDivide(x, y) * y;
    break;
  case BinaryOp::Pow: {
    if (y < 0)
      return Value::ofFloat(std::pow(static_cast<double>(x), static_cast<double>(y)));
    std::optional<Integer> raised = power(x, y);
    overflow = !raised;
    result = raised.value_or(0);
    break;
  }
  case BinaryOp::LShift:
    if (y < 0)
      return emitter.error(loc, "negative shift count " + Twine(static_cast<int64_t>(y)) + " in a constant expression");
    overflow = y > 126 || (x != 0 && ((x << y) >> y) != x);
    result = overflow ? 0 : x << y;
    break;
  case BinaryOp::RShift:
    if (y < 0)
      return emitter.error(loc, "negative shift count " + Twine(static_cast<int64_t>(y)) + " in a constant expression");
    result = y > 127 ? (x < 0 ? -1 : 0) : x >> y;
    break;
  case BinaryOp::BitAnd:
    return fitting(x & y);
  case BinaryOp::BitOr:
    return fitting(x | y);
  case BinaryOp::BitXor:
    return fitting(x ^ y);
  case BinaryOp::MatMul:
    return emitter.error(loc, "'@' is not defined for integers; 'tl.dot' multiplies matrices");
  }
  if (overflow)
    return emitter.error(loc,
                         "the result of " + quoteOp(getSpelling(op)) + " does not fit in the 128 bits of a constant");
  return Value::ofInt(result);
}

static Value floatBinary(Emitter &emitter, BinaryOp op, double x, double y, SourceLoc loc) {
  switch (op) {
  case BinaryOp::Add:
    return Value::ofFloat(x + y);
  case BinaryOp::Sub:
    return Value::ofFloat(x - y);
  case BinaryOp::Mul:
    return Value::ofFloat(x * y);
  case BinaryOp::Div:
    if (y == 0)
      return emitter.error(loc, "division by zero in a constant expression");
    return Value::ofFloat(x / y);
  case BinaryOp::FloorDiv:
    if (y == 0)
      return emitter.error(loc, "division by zero in a constant expression");
    return Value::ofFloat(std::floor(x / y));
  case BinaryOp::Mod:
    if (y == 0)
      return emitter.error(loc, "modulo by zero in a constant expression");
    return Value::ofFloat(floorModulo(x, y));
  case BinaryOp::Pow:
    return Value::ofFloat(std::pow(x, y));
  default:
    return emitter.error(loc, quoteOp(getSpelling(op)) + " is not defined for floats");
  }
}

Value Emitter::constantBinary(BinaryOp op, Value a, Value b, SourceLoc loc) {
  if (a.isNumber() && b.isNumber()) {
    if (a.is(ValueKind::Float) || b.is(ValueKind::Float))
      return floatBinary(*this, op, a.asDouble(), b.asDouble(), loc);
    return integerBinary(*this, op, a, b, loc);
  }
  if (op == BinaryOp::Add && a.isString() && b.isString())
    return arena.string((a.getString() + b.getString()).str());
  if (op == BinaryOp::Add && a.isTuple() && b.isTuple()) {
    llvm::SmallVector<Value> elements(a.tupleData->elements.begin(), a.tupleData->elements.end());
    elements.append(b.tupleData->elements.begin(), b.tupleData->elements.end());
    return arena.tuple(elements, a.tupleData->isList);
  }
  if (op == BinaryOp::Mul && (a.isTuple() || a.isString() || b.isTuple() || b.isString())) {
    Value sequence = a.isIntLike() ? b : a, count = a.isIntLike() ? a : b;
    if (std::optional<Value> known = getConstant(count); known && known->isIntLike()) {
      int64_t times = std::max<Integer>(0, known->integer);
      size_t length = sequence.isString() ? sequence.chars.size : sequence.tupleData->elements.size();
      if (times * static_cast<Integer>(std::max<size_t>(length, 1)) > 65536)
        return error(loc, "the repeated sequence would have more than 65536 elements");
      if (sequence.isString()) {
        std::string text;
        for (int64_t i = 0; i < times; ++i)
          text += sequence.getString();
        return arena.string(text);
      }
      llvm::SmallVector<Value> elements;
      for (int64_t i = 0; i < times; ++i)
        elements.append(sequence.tupleData->elements.begin(), sequence.tupleData->elements.end());
      return arena.tuple(elements, sequence.tupleData->isList);
    }
  }
  if (op == BinaryOp::Mod && a.isString()) {
    // The old way to format: %s and %d, one after the other.
    llvm::SmallVector<Value> values;
    if (b.isTuple())
      values.assign(b.tupleData->elements.begin(), b.tupleData->elements.end());
    else
      values.push_back(b);
    std::string text;
    llvm::StringRef format = a.getString();
    unsigned next = 0;
    for (size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%' || i + 1 == format.size()) {
        text += format[i];
        continue;
      }
      ++i;
      if (format[i] == '%')
        text += '%';
      else if (next < values.size())
        text += toPython(values[next++], format[i] == 'r');
    }
    return arena.string(text);
  }
  // `X | None` and the like in annotations.
  if (op == BinaryOp::BitOr &&
      (a.isType() || a.isNone() || a.is(ValueKind::Class) || a.is(ValueKind::Opaque) || a.is(ValueKind::Builtin)))
    return Value::ofString("a union of types", ValueKind::Opaque);
  if (a.is(ValueKind::Opaque) || b.is(ValueKind::Opaque)) {
    Value opaque = a.is(ValueKind::Opaque) ? a : b;
    return error(loc, opaque.getString() + " cannot be used in device code");
  }
  return error(loc, quoteOp(getSpelling(op)) + " is not defined for " + describe(a) + " and " + describe(b));
}

Value Emitter::constantUnary(ast::UnaryOperator op, Value a, SourceLoc loc) {
  if (op == ast::UnaryOperator::Not)
    return Value::ofBool(!isTruthy(a));
  if (a.is(ValueKind::Float)) {
    if (op == ast::UnaryOperator::Minus)
      return Value::ofFloat(-a.number);
    if (op == ast::UnaryOperator::Plus)
      return a;
  }
  if (a.isIntLike()) {
    if (op == ast::UnaryOperator::Invert)
      return Value::ofInt(~a.integer);
    if (op == ast::UnaryOperator::Plus)
      return Value::ofInt(a.integer);
    Integer result;
    if (!__builtin_sub_overflow(static_cast<Integer>(0), a.integer, &result))
      return Value::ofInt(result);
  }
  if (a.is(ValueKind::Opaque))
    return error(loc, a.getString() + " cannot be used in device code");
  return error(loc, quoteOp(getSpelling(op)) + " is not defined for " + describe(a));
}

static bool holds(ast::CompareOp op, int order) {
  switch (op) {
  case ast::CompareOp::Less:
    return order < 0;
  case ast::CompareOp::LessEq:
    return order <= 0;
  case ast::CompareOp::Greater:
    return order > 0;
  default:
    return order >= 0;
  }
}

Value Emitter::constantCompare(ast::CompareOp op, Value a, Value b, SourceLoc loc) {
  using ast::CompareOp;
  switch (op) {
  case CompareOp::Eq:
    return Value::ofBool(areEqual(a, b));
  case CompareOp::NotEq:
    return Value::ofBool(!areEqual(a, b));
  case CompareOp::Is:
    return Value::ofBool(a.kind == b.kind && areEqual(a, b));
  case CompareOp::IsNot:
    return Value::ofBool(!(a.kind == b.kind && areEqual(a, b)));
  case CompareOp::In:
  case CompareOp::NotIn: {
    bool found = false;
    if (b.isString() && a.isString())
      found = b.getString().contains(a.getString());
    else if (b.is(ValueKind::Dict))
      found = llvm::any_of(b.dictData->items, [&](auto &item) { return areEqual(item.first, a); });
    else if (b.isTuple())
      found = llvm::any_of(b.tupleData->elements, [&](const Value &element) { return areEqual(element, a); });
    else
      return error(loc, "'in' is not defined for " + describe(b));
    return Value::ofBool(found == (op == CompareOp::In));
  }
  default:
    break;
  }
  if (a.isNumber() && b.isNumber()) {
    if (a.is(ValueKind::Float) || b.is(ValueKind::Float)) {
      double x = a.asDouble(), y = b.asDouble();
      if (std::isnan(x) || std::isnan(y))
        return Value::ofBool(false);
      return Value::ofBool(holds(op, x < y ? -1 : x > y));
    }
    return Value::ofBool(holds(op, a.integer < b.integer ? -1 : a.integer > b.integer));
  }
  if (a.isString() && b.isString())
    return Value::ofBool(holds(op, a.getString().compare(b.getString())));
  if (a.isTuple() && b.isTuple()) {
    auto &x = a.tupleData->elements, &y = b.tupleData->elements;
    for (size_t i = 0; i < std::min(x.size(), y.size()); ++i)
      if (!areEqual(x[i], y[i]))
        return constantCompare(op, x[i], y[i], loc);
    return Value::ofBool(holds(op, x.size() < y.size() ? -1 : x.size() > y.size()));
  }
  if (a.is(ValueKind::Opaque) || b.is(ValueKind::Opaque)) {
    Value opaque = a.is(ValueKind::Opaque) ? a : b;
    return error(loc, opaque.getString() + " cannot be used in device code");
  }
  return error(loc, quoteOp(getSpelling(op)) + " is not defined for " + describe(a) + " and " + describe(b));
}

//===----------------------------------------------------------------------===//
// Formatting
//===----------------------------------------------------------------------===//

/// Python's format mini-language as far as numbers and texts are commonly formatted:
/// [[fill]align][0][width][.precision][type].
Value Emitter::formatValue(Value value, char conversion, llvm::StringRef format, SourceLoc loc) {
  if (std::optional<Value> known = getConstant(value))
    value = *known;
  if (conversion == 'r' || conversion == 'a')
    value = arena.string(toPython(value, true));
  llvm::StringRef spec = format;
  char fill = ' ', align = 0;
  if (spec.size() >= 2 && llvm::StringRef("<>^=").contains(spec[1])) {
    fill = spec[0];
    align = spec[1];
    spec = spec.drop_front(2);
  } else if (!spec.empty() && llvm::StringRef("<>^=").contains(spec[0])) {
    align = spec[0];
    spec = spec.drop_front();
  }
  if (spec.consume_front("0"))
    fill = '0';
  unsigned width = 0, precision = 6;
  bool hasPrecision = false;
  spec.consumeInteger(10, width);
  if (spec.consume_front(".")) {
    hasPrecision = true;
    spec.consumeInteger(10, precision);
  }
  char type = spec.empty() ? 0 : spec.front();
  if (width > 4096 || precision > 60)
    return error(loc, "the format '" + format + "' asks for too many characters");
  std::string text;
  char buffer[400];
  if (value.isNumber() && llvm::StringRef("eEfFgG").contains(type) && type) {
    char pattern[] = {'%', '.', '*', type, 0};
    snprintf(buffer, sizeof(buffer), pattern, precision, value.asDouble());
    text = buffer;
  } else if (value.is(ValueKind::Float) && hasPrecision) {
    snprintf(buffer, sizeof(buffer), "%.*g", precision, value.number);
    text = buffer;
  } else if (value.isIntLike() && (type == 'x' || type == 'X')) {
    text = llvm::utohexstr(static_cast<uint64_t>(value.integer), type == 'x');
  } else if (value.isIntLike() && type == 'b') {
    for (uint64_t bits = static_cast<uint64_t>(value.integer); bits; bits >>= 1)
      text.insert(text.begin(), static_cast<char>('0' + (bits & 1)));
    if (text.empty())
      text = "0";
  } else {
    text = toPython(value, false);
  }
  if (text.size() < width) {
    size_t missing = width - text.size();
    bool right = align == '>' || align == '=' || (!align && value.isNumber());
    size_t before = align == '^' ? missing / 2 : right ? missing : 0;
    text = std::string(before, fill) + text + std::string(missing - before, fill);
  }
  return arena.string(text);
}

//===----------------------------------------------------------------------===//
// Constants behind run-time values
//===----------------------------------------------------------------------===//

std::optional<Value> Emitter::getConstant(Value value) {
  if (!value.isTensor()) {
    if (isCompileTime(value))
      return value;
    return std::nullopt;
  }
  if (value.isBlock())
    return std::nullopt;
  mlir::Attribute attribute;
  if (!mlir::matchPattern(value.getSSA(), mlir::m_Constant(&attribute)))
    return std::nullopt;
  if (auto integer = llvm::dyn_cast<mlir::IntegerAttr>(attribute)) {
    if (value.element.isBool())
      return Value::ofBool(!integer.getValue().isZero());
    if (value.element.isSigned())
      return Value::ofInt(integer.getValue().getSExtValue());
    return Value::ofInt(integer.getValue().getZExtValue());
  }
  if (auto number = llvm::dyn_cast<mlir::FloatAttr>(attribute))
    return Value::ofFloat(number.getValueAsDouble());
  return std::nullopt;
}

std::optional<int64_t> Emitter::getConstantInt(Value value) {
  std::optional<Value> known = getConstant(value);
  if (!known || !known->isIntLike() || known->integer > INT64_MAX || known->integer < INT64_MIN)
    return std::nullopt;
  return static_cast<int64_t>(known->integer);
}
