//===- Builtins.cpp - looking up built-ins and reading their arguments -----===//
//
// The tables of all files become one map a module, made on first use.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/BuiltinHelpers.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Look-up
//===----------------------------------------------------------------------===//

namespace {
using Table = llvm::StringMap<const Builtin *>;

struct Tables {
  Table language, math, libdevice, cuda, targetInfo, triton, python, pyMath, tensorMethods, valueMethods;

  Tables() {
    for (llvm::ArrayRef<Builtin> list :
         {getProgramBuiltins(), getShapeBuiltins(), getMemoryBuiltins(), getAtomicBuiltins(), getMathBuiltins(),
          getReduceBuiltins(), getDebugBuiltins()})
      for (const Builtin &row : list) {
        if (!(row.flags & MethodOnly))
          language[row.name] = &row;
        if (row.flags & MathFunction)
          math[row.name] = &row;
        if (row.flags & (Method | MethodOnly))
          tensorMethods[row.name] = &row;
      }
    math["max"] = language.lookup("maximum");
    math["min"] = language.lookup("minimum");
    add(cuda, getCudaBuiltins());
    add(targetInfo, getTargetInfoBuiltins());
    add(triton, getTritonBuiltins());
    add(python, getPythonBuiltins());
    add(pyMath, getPyMathBuiltins());
    add(valueMethods, getMethodBuiltins());
    add(valueMethods, getBlockMethods());
    // What libdevice calls otherwise, or has at full precision.
    for (auto [name, row] :
         {std::pair("fabs", "abs"), {"fabsf", "abs"},       {"abs", "abs"},       {"sqrt", "sqrt_rn"},
          {"sqrtf", "sqrt_rn"},     {"sqrt_rn", "sqrt_rn"}, {"rsqrt", "rsqrt"},   {"rsqrtf", "rsqrt"},
          {"fma", "fma"},           {"fmaf", "fma"},        {"fma_rn", "fma"},    {"floor", "floor"},
          {"floorf", "floor"},      {"ceil", "ceil"},       {"ceilf", "ceil"},    {"max", "maximum"},
          {"min", "minimum"},       {"fmax", "maximum"},    {"fmaxf", "maximum"}, {"fmin", "minimum"},
          {"fminf", "minimum"},     {"div_rn", "div_rn"},   {"umulhi", "umulhi"}, {"mulhi", "umulhi"},
          {"add_rn", "add"},        {"sub_rn", "sub"},      {"mul_rn", "mul"}})
      libdevice[name] = language.lookup(row);
  }

  static void add(Table &table, llvm::ArrayRef<Builtin> list) {
    for (const Builtin &row : list)
      table[row.name] = &row;
  }
};
} // namespace

static const Tables &getTables() {
  static const Tables tables;
  return tables;
}

const Builtin *emit::findBuiltin(ModuleId module, StringRef name) {
  const Tables &tables = getTables();
  switch (module) {
  case ModuleId::Language:
  case ModuleId::Random:
    return tables.language.lookup(name);
  case ModuleId::Math:
    return tables.math.lookup(name);
  case ModuleId::LibDevice:
    return tables.libdevice.lookup(name);
  case ModuleId::Extra:
  case ModuleId::Cuda:
    return tables.cuda.lookup(name);
  case ModuleId::TargetInfo:
    return tables.targetInfo.lookup(name);
  case ModuleId::Triton:
    return tables.triton.lookup(name);
  case ModuleId::PyMath:
    return tables.pyMath.lookup(name);
  case ModuleId::Unknown:
    break;
  }
  return nullptr;
}

const Builtin *emit::findTensorMethod(StringRef name) { return getTables().tensorMethods.lookup(name); }
const Builtin *emit::findValueMethod(StringRef name) { return getTables().valueMethods.lookup(name); }
const Builtin *emit::findPythonBuiltin(StringRef name) { return getTables().python.lookup(name); }

void emit::collectBuiltinNames(ModuleId module, llvm::SmallVectorImpl<StringRef> &names) {
  const Tables &tables = getTables();
  auto add = [&](const Table &table) {
    for (const auto &entry : table)
      if (!entry.getKey().starts_with("_"))
        names.push_back(entry.getKey());
  };
  switch (module) {
  case ModuleId::Language:
  case ModuleId::Random:
    add(tables.language);
    for (const char *type : {"int1", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
                             "float16", "bfloat16", "float32", "float64", "float8e4nv", "float8e5", "math", "extra"})
      names.push_back(type);
    break;
  case ModuleId::Math:
    add(tables.math);
    break;
  case ModuleId::LibDevice:
    add(tables.libdevice);
    break;
  case ModuleId::Extra:
  case ModuleId::Cuda:
    add(tables.cuda);
    break;
  case ModuleId::TargetInfo:
    add(tables.targetInfo);
    break;
  case ModuleId::Triton:
    add(tables.triton);
    break;
  case ModuleId::PyMath:
    add(tables.pyMath);
    break;
  case ModuleId::Unknown:
    add(tables.python);
    names.push_back("tl");
    break;
  }
}

std::string emit::getDisplayName(const Builtin &builtin) {
  if (builtin.flags & HostFunction)
    return builtin.name;
  return (builtin.flags & MethodOnly ? "." : "tl.") + std::string(builtin.name);
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

Value emit::wrongArgument(BuiltinCall &call, unsigned index, const Twine &expected) {
  if (call[index].isPoison())
    return Value::poison();
  return std::move(call.emitter
                       .error(getArgumentLoc(call, index), "the argument '" + call.names[index] + "' of '" +
                                                               getDisplayName(call.builtin) + "' must be " + expected +
                                                               ", but is " + describe(call[index]))
                       .range(call.ranges[index]));
}

ErrorBuilder emit::callError(BuiltinCall &call, const Twine &message) {
  return call.emitter.error(call.loc, "'" + getDisplayName(call.builtin) + "' " + message);
}

std::optional<int64_t> emit::getInt(BuiltinCall &call, unsigned index) {
  if (std::optional<int64_t> known = call.emitter.getConstantInt(call[index]))
    return known;
  wrongArgument(call, index, "an integer known at compile time");
  return std::nullopt;
}

std::optional<bool> emit::getBool(BuiltinCall &call, unsigned index) {
  std::optional<Value> known = call.emitter.getConstant(call[index]);
  if (known && (known->isNumber() || known->isNone()))
    return isTruthy(*known);
  wrongArgument(call, index, "True or False, known at compile time");
  return std::nullopt;
}

std::optional<StringRef> emit::getString(BuiltinCall &call, unsigned index) {
  if (call[index].isString())
    return call[index].getString();
  if (call[index].isNone())
    return StringRef();
  wrongArgument(call, index, "a string");
  return std::nullopt;
}

std::optional<ElementType> emit::getType(BuiltinCall &call, unsigned index) {
  if (call[index].isType())
    return call[index].element;
  if (call[index].is(ValueKind::Builtin)) {
    // Python's own types stand for the ones that numbers have.
    auto type = llvm::StringSwitch<DType>(call[index].builtin->name)
                    .Case("int", DType::Int32)
                    .Case("float", DType::Float32)
                    .Case("bool", DType::Int1)
                    .Default(DType::Void);
    if (type != DType::Void)
      return ElementType(type);
  }
  wrongArgument(call, index, "a type such as tl.float32");
  return std::nullopt;
}

std::optional<Value> emit::getTensor(BuiltinCall &call, unsigned index) {
  Value value = call[index];
  if (value.isNumber())
    value = call.emitter.toTensor(value, getArgumentLoc(call, index));
  if (value.isTensor())
    return value;
  if (!value.isPoison())
    wrongArgument(call, index, "a tensor or a number");
  return std::nullopt;
}

std::optional<Value> emit::getBlock(BuiltinCall &call, unsigned index) {
  if (call[index].isBlock())
    return call[index];
  wrongArgument(call, index, "a tensor with at least one dimension");
  return std::nullopt;
}

std::optional<unsigned> emit::getAxis(BuiltinCall &call, unsigned index, unsigned rank) {
  std::optional<int64_t> axis = getInt(call, index);
  if (!axis)
    return std::nullopt;
  if (*axis < -static_cast<int64_t>(rank) || *axis >= static_cast<int64_t>(rank)) {
    call.emitter
        .error(getArgumentLoc(call, index),
               "the argument '" + call.names[index] + "' of '" + getDisplayName(call.builtin) + "' is " + Twine(*axis) +
                   ", but the tensor has " + Twine(rank) + (rank == 1 ? " dimension" : " dimensions"))
        .range(call.ranges[index]);
    return std::nullopt;
  }
  return *axis < 0 ? *axis + rank : *axis;
}

bool emit::getInts(BuiltinCall &call, unsigned index, llvm::SmallVectorImpl<int64_t> &values) {
  Value value = call[index];
  llvm::SmallVector<Value> elements;
  if (value.isTuple())
    elements.assign(value.tupleData->elements.begin(), value.tupleData->elements.end());
  else
    elements.push_back(value);
  if (elements.size() == 1 && elements[0].isTuple()) {
    llvm::SmallVector<Value> inner(elements[0].tupleData->elements.begin(), elements[0].tupleData->elements.end());
    elements = std::move(inner);
  }
  for (const Value &element : elements) {
    std::optional<int64_t> known = call.emitter.getConstantInt(element);
    if (!known) {
      wrongArgument(call, index, "integers known at compile time");
      return false;
    }
    values.push_back(*known);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Options of memory accesses
//===----------------------------------------------------------------------===//

tile::CacheModifier emit::getCacheModifier(BuiltinCall &call, unsigned index, bool isLoad, bool &fine) {
  std::optional<StringRef> text = getString(call, index);
  fine &= text.has_value();
  if (!text || text->empty())
    return tile::CacheModifier::None;
  auto modifier = llvm::StringSwitch<std::optional<tile::CacheModifier>>(*text)
                      .Case(".ca", tile::CacheModifier::CA)
                      .Case(".cg", tile::CacheModifier::CG)
                      .Case(".cs", tile::CacheModifier::CS)
                      .Case(".cv", tile::CacheModifier::CV)
                      .Case(".wb", tile::CacheModifier::WB)
                      .Case(".wt", tile::CacheModifier::WT)
                      .Default(std::nullopt);
  bool forLoad = modifier && *modifier != tile::CacheModifier::WB && *modifier != tile::CacheModifier::WT;
  bool forStore = modifier && *modifier != tile::CacheModifier::CA && *modifier != tile::CacheModifier::CV;
  if (isLoad ? forLoad : forStore)
    return *modifier;
  wrongArgument(call, index,
                isLoad ? "one of '', '.ca', '.cg', '.cs', '.cv'" : "one of '', '.wb', '.cg', '.cs', '.wt'");
  fine = false;
  return tile::CacheModifier::None;
}

tile::EvictionPolicy emit::getEvictionPolicy(BuiltinCall &call, unsigned index, bool &fine) {
  std::optional<StringRef> text = getString(call, index);
  fine &= text.has_value();
  if (!text || text->empty() || *text == "evict_normal")
    return tile::EvictionPolicy::Normal;
  if (*text == "evict_first")
    return tile::EvictionPolicy::EvictFirst;
  if (*text == "evict_last")
    return tile::EvictionPolicy::EvictLast;
  wrongArgument(call, index, "one of '', 'evict_first', 'evict_last'");
  fine = false;
  return tile::EvictionPolicy::Normal;
}

tile::MemSemantic emit::getSemantic(BuiltinCall &call, unsigned index, bool &fine) {
  std::optional<StringRef> text = getString(call, index);
  fine &= text.has_value();
  if (!text || text->empty() || *text == "acq_rel")
    return tile::MemSemantic::AcqRel;
  if (*text == "acquire")
    return tile::MemSemantic::Acquire;
  if (*text == "release")
    return tile::MemSemantic::Release;
  if (*text == "relaxed")
    return tile::MemSemantic::Relaxed;
  wrongArgument(call, index, "one of 'acquire', 'release', 'acq_rel', 'relaxed'");
  fine = false;
  return tile::MemSemantic::AcqRel;
}

tile::MemScope emit::getScope(BuiltinCall &call, unsigned index, bool &fine) {
  std::optional<StringRef> text = getString(call, index);
  fine &= text.has_value();
  if (!text || text->empty() || *text == "gpu")
    return tile::MemScope::GPU;
  if (*text == "cta")
    return tile::MemScope::CTA;
  if (*text == "sys")
    return tile::MemScope::Sys;
  wrongArgument(call, index, "one of 'gpu', 'cta', 'sys'");
  fine = false;
  return tile::MemScope::GPU;
}
