//===- BuiltinsMethods.cpp - methods of types, strings, lists and dicts ------===//
//
// Methods of compile-time values. Their rows are called `kind.name`.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/BuiltinHelpers.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

enum TypeQuery : uint8_t {
  QFloating,
  QInt,
  QSigned,
  QUnsigned,
  QBool,
  QPtr,
  QBlock,
  QConst,
  QFp8,
  QStandard,
  QIs, // + DType
};

static Value queryType(BuiltinCall &call) {
  if (!call[0].isType())
    return wrongArgument(call, 0, "a type");
  bool isBlock = call[0].typeData != nullptr;
  // As in Triton, a block type is none of the scalar ones.
  ElementType type = call[0].element;
  switch (call.builtin.variant) {
  case QFloating:
    return Value::ofBool(!isBlock && type.isFloating());
  case QInt:
    return Value::ofBool(!isBlock && type.isInteger());
  case QSigned:
    return Value::ofBool(!isBlock && type.isSigned());
  case QUnsigned:
    return Value::ofBool(!isBlock && type.isUnsigned());
  case QBool:
    return Value::ofBool(!isBlock && type.isBool());
  case QPtr:
    return Value::ofBool(!isBlock && type.isPointer());
  case QBlock:
    return Value::ofBool(isBlock);
  case QConst:
    return Value::ofBool(type.isConstPointer());
  case QFp8:
    return Value::ofBool(!isBlock && type.isFloat8());
  case QStandard:
    return Value::ofBool(!isBlock && type.isStandardFloating());
  default:
    return Value::ofBool(!isBlock && type.is(static_cast<DType>(call.builtin.variant - QIs)));
  }
}

static Value typeLimit(BuiltinCall &call) {
  ElementType type = call[0].element;
  if (!call[0].isType() || !type.isInteger())
    return wrongArgument(call, 0, "an integer type");
  Integer one = 1;
  unsigned bits = type.getBitWidth();
  if (call.builtin.variant)
    return Value::ofInt(type.isSigned() ? (one << (bits - 1)) - 1 : (one << bits) - 1);
  return Value::ofInt(type.isSigned() ? -(one << (bits - 1)) : 0);
}

//===----------------------------------------------------------------------===//
// Strings
//===----------------------------------------------------------------------===//

enum StringMethod : uint8_t { SLower, SUpper, SStrip, SStarts, SEnds, SSplit, SReplace, SJoin, SFormat };

static Value stringMethod(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  StringRef text = call[0].getString();
  auto second = [&]() -> std::optional<StringRef> { return getString(call, 1); };
  switch (static_cast<StringMethod>(call.builtin.variant)) {
  case SLower:
    return emitter.arena.string(text.lower());
  case SUpper:
    return emitter.arena.string(text.upper());
  case SStrip:
    return Value::ofString(text.trim());
  case SStarts: {
    std::optional<StringRef> prefix = second();
    return prefix ? Value::ofBool(text.starts_with(*prefix)) : Value::poison();
  }
  case SEnds: {
    std::optional<StringRef> suffix = second();
    return suffix ? Value::ofBool(text.ends_with(*suffix)) : Value::poison();
  }
  case SSplit: {
    std::optional<StringRef> separator = second();
    if (!separator)
      return Value::poison();
    llvm::SmallVector<StringRef> parts;
    if (separator->empty())
      llvm::SplitString(text, parts);
    else
      text.split(parts, *separator);
    llvm::SmallVector<Value> values;
    for (StringRef part : parts)
      values.push_back(Value::ofString(part));
    return emitter.arena.tuple(values, true);
  }
  case SReplace: {
    std::optional<StringRef> from = second(), to = getString(call, 2);
    if (!from || !to || from->empty())
      return Value::poison();
    std::string result;
    while (true) {
      size_t at = text.find(*from);
      result += text.take_front(at).str();
      if (at == StringRef::npos)
        break;
      result += to->str();
      text = text.drop_front(at + from->size());
    }
    return emitter.arena.string(result);
  }
  case SJoin: {
    llvm::SmallVector<Value> parts;
    if (!emitter.getIterable(call[1], call.loc, parts))
      return Value::poison();
    std::string result;
    for (auto [i, part] : llvm::enumerate(parts))
      result += (i ? text.str() : "") + toPython(part, false);
    return emitter.arena.string(result);
  }
  case SFormat: {
    std::string result;
    size_t next = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '{') {
        result += text[i];
        continue;
      }
      size_t end = text.find('}', i);
      const auto &values = call[1].tupleData->elements;
      if (end == StringRef::npos || next >= values.size())
        return callError(call, "has more '{}' than values");
      result += toPython(values[next++], false);
      i = end;
    }
    return emitter.arena.string(result);
  }
  }
  return Value::poison();
}

//===----------------------------------------------------------------------===//
// Lists and dicts
//===----------------------------------------------------------------------===//

enum ListMethod : uint8_t { LAppend, LExtend, LIndex, LCount, LInsert, LPop };

static Value listMethod(BuiltinCall &call) {
  TupleData &data = *call[0].tupleData;
  auto method = static_cast<ListMethod>(call.builtin.variant);
  bool changes = method == LAppend || method == LExtend || method == LInsert || method == LPop;
  if (changes && (!data.isList || !call.emitter.isHost())) {
    callError(call, "changes a list, which is possible in host code only; build a new list");
    call.emitter.abort(); // what follows counts on the change
    return Value::poison();
  }
  switch (method) {
  case LAppend:
    data.elements.push_back(call[1]);
    return Value::none();
  case LExtend: {
    llvm::SmallVector<Value> more;
    if (!call.emitter.getIterable(call[1], call.loc, more))
      return Value::poison();
    data.elements.append(more.begin(), more.end());
    return Value::none();
  }
  case LInsert: {
    std::optional<int64_t> at = getInt(call, 1);
    if (!at)
      return Value::poison();
    int64_t size = data.elements.size();
    data.elements.insert(data.elements.begin() + std::clamp<int64_t>(*at < 0 ? *at + size : *at, 0, size), call[2]);
    return Value::none();
  }
  case LPop: {
    if (data.elements.empty())
      return callError(call, "takes an element from an empty list");
    return data.elements.pop_back_val();
  }
  case LIndex:
    for (auto [i, element] : llvm::enumerate(data.elements))
      if (areEqual(element, call[1]))
        return Value::ofInt(i);
    return callError(call, "does not find " + describe(call[1]));
  case LCount:
    return Value::ofInt(
        llvm::count_if(data.elements, [&](const Value &element) { return areEqual(element, call[1]); }));
  }
  return Value::poison();
}

enum DictMethod : uint8_t { DGet, DKeys, DValues, DItems, DUpdate, DCopy };

static Value dictMethod(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  DictData &data = *call[0].dictData;
  llvm::SmallVector<Value> values;
  switch (static_cast<DictMethod>(call.builtin.variant)) {
  case DGet:
    for (auto &[key, value] : data.items)
      if (areEqual(key, call[1]))
        return value;
    return call[2];
  case DKeys:
    for (auto &item : data.items)
      values.push_back(item.first);
    break;
  case DValues:
    for (auto &item : data.items)
      values.push_back(item.second);
    break;
  case DItems:
    for (auto &item : data.items)
      values.push_back(emitter.arena.tuple({item.first, item.second}));
    break;
  case DUpdate:
    if (!call[1].is(ValueKind::Dict))
      return wrongArgument(call, 1, "a dict");
    for (auto &item : call[1].dictData->items) {
      auto found = llvm::find_if(data.items, [&](auto &old) { return areEqual(old.first, item.first); });
      if (found != data.items.end())
        found->second = item.second;
      else
        data.items.push_back(item);
    }
    return Value::none();
  case DCopy:
    return emitter.arena.dict(data);
  }
  return emitter.arena.tuple(values, true);
}

static Value numberMethod(BuiltinCall &call) {
  Integer value = call[0].integer < 0 ? -call[0].integer : call[0].integer;
  int bits = 0;
  for (; value; value >>= 1)
    ++bits;
  return Value::ofInt(bits);
}

#define TYPE_IS(name, dtype)                                                                                           \
  {"dtype.is_" name, "self", queryType, HostFunction, static_cast<uint8_t>(QIs + static_cast<uint8_t>(DType::dtype))}

llvm::ArrayRef<Builtin> emit::getMethodBuiltins() {
  static constexpr Builtin table[] = {
      {"dtype.is_floating", "self", queryType, HostFunction, QFloating},
      {"dtype.is_int", "self", queryType, HostFunction, QInt},
      {"dtype.is_int_signed", "self", queryType, HostFunction, QSigned},
      {"dtype.is_int_unsigned", "self", queryType, HostFunction, QUnsigned},
      {"dtype.is_bool", "self", queryType, HostFunction, QBool},
      {"dtype.is_ptr", "self", queryType, HostFunction, QPtr},
      {"dtype.is_block", "self", queryType, HostFunction, QBlock},
      {"dtype.is_const", "self", queryType, HostFunction, QConst},
      {"dtype.is_fp8", "self", queryType, HostFunction, QFp8},
      {"dtype.is_standard_floating", "self", queryType, HostFunction, QStandard},
      TYPE_IS("int1", Int1),
      TYPE_IS("int8", Int8),
      TYPE_IS("int16", Int16),
      TYPE_IS("int32", Int32),
      TYPE_IS("int64", Int64),
      TYPE_IS("uint8", UInt8),
      TYPE_IS("uint16", UInt16),
      TYPE_IS("uint32", UInt32),
      TYPE_IS("uint64", UInt64),
      TYPE_IS("fp16", Float16),
      TYPE_IS("bf16", BFloat16),
      TYPE_IS("fp32", Float32),
      TYPE_IS("fp64", Float64),
      TYPE_IS("fp8e4nv", Float8E4NV),
      TYPE_IS("fp8e5", Float8E5),
      TYPE_IS("fp8e4b15", Float8E4B15),
      TYPE_IS("fp8e4b8", Float8E4B8),
      TYPE_IS("fp8e5b16", Float8E5B16),
      {"dtype.get_int_min_value", "self", typeLimit, HostFunction, 0},
      {"dtype.get_int_max_value", "self", typeLimit, HostFunction, 1},
      {"str.lower", "self", stringMethod, HostFunction, SLower},
      {"str.upper", "self", stringMethod, HostFunction, SUpper},
      {"str.strip", "self", stringMethod, HostFunction, SStrip},
      {"str.startswith", "self, prefix", stringMethod, HostFunction, SStarts},
      {"str.endswith", "self, suffix", stringMethod, HostFunction, SEnds},
      {"str.split", "self, separator=''", stringMethod, HostFunction, SSplit},
      {"str.replace", "self, old, new", stringMethod, HostFunction, SReplace},
      {"str.join", "self, iterable", stringMethod, HostFunction, SJoin},
      {"str.format", "self, *args", stringMethod, HostFunction, SFormat},
      {"list.append", "self, element", listMethod, HostFunction, LAppend},
      {"list.extend", "self, elements", listMethod, HostFunction, LExtend},
      {"list.insert", "self, index, element", listMethod, HostFunction, LInsert},
      {"list.pop", "self", listMethod, HostFunction, LPop},
      {"list.index", "self, element", listMethod, HostFunction, LIndex},
      {"list.count", "self, element", listMethod, HostFunction, LCount},
      {"dict.get", "self, key, default=None", dictMethod, HostFunction, DGet},
      {"dict.keys", "self", dictMethod, HostFunction, DKeys},
      {"dict.values", "self", dictMethod, HostFunction, DValues},
      {"dict.items", "self", dictMethod, HostFunction, DItems},
      {"dict.update", "self, other", dictMethod, HostFunction, DUpdate},
      {"dict.copy", "self", dictMethod, HostFunction, DCopy},
      {"number.bit_length", "self", numberMethod, HostFunction},
  };
  return table;
}

#undef TYPE_IS
