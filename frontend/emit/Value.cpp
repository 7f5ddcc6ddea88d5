//===- Value.cpp - what an expression of a kernel evaluates to ------------===//
//
// Texts, truth and equality of compile-time values.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Value.h"

#include "frontend/emit/Builtin.h"
#include "frontend/emit/Signature.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

#include <algorithm>
#include <cmath>

using namespace tessera;
using namespace tessera::emit;

bool emit::isCompileTime(const Value &value) {
  switch (value.kind) {
  case ValueKind::Tensor:
  case ValueKind::BlockPointer:
  case ValueKind::Descriptor:
    return false;
  case ValueKind::Tuple:
    return llvm::all_of(value.tupleData->elements, isCompileTime);
  case ValueKind::Method:
    return isCompileTime(value.methodData->self);
  default:
    return true;
  }
}

static std::string toDecimal(Integer value) {
  if (value == 0)
    return "0";
  bool negative = value < 0;
  unsigned __int128 magnitude =
      negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  std::string text;
  while (magnitude) {
    text += static_cast<char>('0' + static_cast<unsigned>(magnitude % 10));
    magnitude /= 10;
  }
  if (negative)
    text += '-';
  std::reverse(text.begin(), text.end());
  return text;
}

static std::string toText(double value) {
  if (std::isnan(value))
    return "nan";
  if (std::isinf(value))
    return value > 0 ? "inf" : "-inf";
  return ConstantValue::floating(value).getSpelling();
}

std::string emit::describeShape(llvm::ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "scalar";
  std::string text;
  for (int64_t side : shape)
    text += (text.empty() ? "" : "x") + std::to_string(side);
  return text;
}

std::string emit::toPython(const Value &value, bool repr) {
  switch (value.kind) {
  case ValueKind::None:
    return "None";
  case ValueKind::Bool:
    return value.integer ? "True" : "False";
  case ValueKind::Int:
    return toDecimal(value.integer);
  case ValueKind::Float:
    return toText(value.number);
  case ValueKind::String: {
    if (!repr)
      return value.getString().str();
    std::string text = "'";
    for (char c : value.getString()) {
      if (c == '\n') {
        text += "\\n";
        continue;
      }
      if (c == '\'' || c == '\\')
        text += '\\';
      text += c;
    }
    return text + "'";
  }
  case ValueKind::Type:
    if (value.typeData) {
      std::string text = "<[";
      for (auto [i, side] : llvm::enumerate(value.typeData->shape))
        text += (i ? ", " : "") + std::to_string(side);
      return text + "], " + value.element.getName() + ">";
    }
    return value.element.getName();
  case ValueKind::Ellipsis:
    return "Ellipsis";
  case ValueKind::Tuple: {
    const TupleData &data = *value.tupleData;
    std::string text = data.isList ? "[" : "(";
    for (auto [i, element] : llvm::enumerate(data.elements))
      text += (i ? ", " : "") + toPython(element, true);
    if (data.elements.size() == 1 && !data.isList)
      text += ',';
    return text + (data.isList ? "]" : ")");
  }
  case ValueKind::Dict: {
    std::string text = "{";
    for (auto &[key, element] : value.dictData->items)
      text += (text.size() > 1 ? ", " : "") + toPython(key, true) + ": " + toPython(element, true);
    return text + "}";
  }
  case ValueKind::Function:
    return value.functionData->name.str();
  case ValueKind::Builtin:
    return value.builtin->name;
  case ValueKind::Class:
    return value.classData->name.str();
  default:
    return describe(value);
  }
}

std::string emit::describe(const Value &value) {
  switch (value.kind) {
  case ValueKind::Undefined:
    return "an unassigned variable";
  case ValueKind::Poison:
  case ValueKind::Deferred:
    return "an erroneous value";
  case ValueKind::None:
    return "None";
  case ValueKind::Bool:
  case ValueKind::Int:
  case ValueKind::Float:
    return toPython(value, true);
  case ValueKind::String:
    return "the string " + toPython(value, true);
  case ValueKind::Type:
    return "the type " + toPython(value, false);
  case ValueKind::Ellipsis:
    return "...";
  case ValueKind::Tuple:
    if (value.tupleData->cls)
      return ("a '" + value.tupleData->cls->name + "'").str();
    if (std::string text = isCompileTime(value) ? toPython(value, true) : ""; !text.empty() && text.size() <= 40)
      return (value.tupleData->isList ? "the list " : "the tuple ") + text;
    return (value.tupleData->isList ? "a list of " : "a tuple of ") + std::to_string(value.tupleData->elements.size());
  case ValueKind::Dict:
    return "a dict";
  case ValueKind::Slice:
    return "a slice";
  case ValueKind::Range:
    return "a range";
  case ValueKind::Function:
    return value.functionData->lambda ? "a lambda" : ("the function '" + value.functionData->name + "'").str();
  case ValueKind::Builtin:
    return std::string("the built-in '") + value.builtin->name + "'";
  case ValueKind::Class:
    return ("the class '" + value.classData->name + "'").str();
  case ValueKind::Module:
    return "a module";
  case ValueKind::Method:
    return "a method";
  case ValueKind::Tensor: {
    std::string text;
    if (value.isBlock())
      text = describeShape(value.getShape()) + "x";
    return text + value.element.getSpelling();
  }
  case ValueKind::BlockPointer:
    return "a block pointer to " + describeShape(value.blockPointer->blockShape) + "x" +
           value.blockPointer->base.element.getPointee().getSpelling();
  case ValueKind::Descriptor:
    return "a tensor descriptor of " + describeShape(value.blockPointer->blockShape) + "x" +
           value.blockPointer->base.element.getPointee().getSpelling();
  case ValueKind::Opaque:
    return value.getString().str();
  }
  return "a value";
}

bool emit::isTruthy(const Value &value) {
  switch (value.kind) {
  case ValueKind::None:
    return false;
  case ValueKind::Bool:
  case ValueKind::Int:
    return value.integer != 0;
  case ValueKind::Float:
    return value.number != 0;
  case ValueKind::String:
    return value.chars.size != 0;
  case ValueKind::Tuple:
    return !value.tupleData->elements.empty();
  case ValueKind::Dict:
    return !value.dictData->items.empty();
  default:
    return true;
  }
}

bool emit::areEqual(const Value &a, const Value &b) {
  if (a.isNumber() && b.isNumber()) {
    if (a.is(ValueKind::Float) || b.is(ValueKind::Float))
      return a.asDouble() == b.asDouble();
    return a.integer == b.integer;
  }
  // A function given where a string was meant (`--const ACTIVATION=leaky_relu`) answers to its name.
  if (a.is(ValueKind::Function) && b.isString())
    return a.functionData->name == b.getString();
  if (a.isString() && b.is(ValueKind::Function))
    return areEqual(b, a);
  if (a.kind != b.kind)
    return false;
  switch (a.kind) {
  case ValueKind::None:
  case ValueKind::Ellipsis:
    return true;
  case ValueKind::String:
  case ValueKind::Opaque:
    return a.getString() == b.getString();
  case ValueKind::Type: {
    llvm::ArrayRef<int64_t> aShape, bShape;
    if (a.typeData)
      aShape = a.typeData->shape;
    if (b.typeData)
      bShape = b.typeData->shape;
    return a.element == b.element && aShape == bShape;
  }
  case ValueKind::Tuple:
    return a.tupleData->elements.size() == b.tupleData->elements.size() &&
           std::equal(a.tupleData->elements.begin(), a.tupleData->elements.end(), b.tupleData->elements.begin(),
                      areEqual);
  case ValueKind::Dict:
    return a.dictData == b.dictData;
  case ValueKind::Module:
    return a.moduleId == b.moduleId;
  case ValueKind::Function:
    return a.functionData == b.functionData ||
           (a.functionData->def == b.functionData->def && a.functionData->lambda == b.functionData->lambda);
  case ValueKind::Tensor:
    return a.ssa == b.ssa && a.element == b.element;
  default:
    return a.ssa == b.ssa;
  }
}
