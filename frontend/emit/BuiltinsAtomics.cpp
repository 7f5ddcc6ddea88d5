//===- BuiltinsAtomics.cpp - atomic read-modify-write ------------------------===//
//
// The atomics of the language. Maxima and minima of floats are those of the
// bits as integers: the order of floats is that of signed integers for positive
// ones and the reverse of unsigned integers for negative ones.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/BuiltinHelpers.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;

static Value createRmw(Emitter &emitter, tile::RmwKind kind, Value pointer, Value value, Value mask,
                       tile::MemSemantic semantic, tile::MemScope scope) {
  auto op =
      tile::AtomicRmwOp::create(emitter.builder, emitter.loc(), value.getSSA().getType(), kind, pointer.getSSA(),
                                value.getSSA(), mask.isUndefined() ? mlir::Value() : mask.getSSA(), semantic, scope);
  return Value::tensor(op.getResult(), value.element);
}

/// atomic_max (or min) of floats in two halves: elements with the sign clear, and those with it set.
static Value emitFloatMinMax(Emitter &emitter, bool isMax, Value pointer, Value value, Value mask,
                             tile::MemSemantic semantic, tile::MemScope scope, SourceLoc loc) {
  ElementType element = value.element;
  bool isDouble = element.is(DType::Float64);
  ElementType bits = isDouble ? DType::Int64 : DType::Int32;
  Value asInteger = emitter.bitcast(value, bits, loc);
  Value integerPointer = emitter.cast(pointer, ElementType::pointerTo(bits), loc);
  Value positive = emitter.compare(ast::CompareOp::GreaterEq, asInteger, Value::ofInt(0), loc);
  Value negative = emitter.unary(ast::UnaryOperator::Not, positive, loc);
  auto masked = [&](Value half) { return mask.isUndefined() ? half : emitter.logical(true, mask, half, loc); };
  Value fromPositive = createRmw(emitter, isMax ? tile::RmwKind::Max : tile::RmwKind::Min, integerPointer, asInteger,
                                 masked(positive), semantic, scope);
  Value fromNegative = createRmw(emitter, isMax ? tile::RmwKind::UMin : tile::RmwKind::UMax, integerPointer, asInteger,
                                 masked(negative), semantic, scope);
  return emitter.bitcast(emitter.select(positive, fromPositive, fromNegative, loc), element, loc);
}

Value emit::emitAtomic(Emitter &emitter, StringRef name, Value pointer, Value value, Value mask,
                       tile::MemSemantic semantic, tile::MemScope scope, SourceLoc loc) {
  ElementType element = pointer.element.getPointee();
  auto refuse = [&]() -> Value {
    StringRef possible = name == "add"                    ? "integers of 32 or 64 bits, and floats of 16, 32 or 64"
                         : name == "max" || name == "min" ? "integers and floats of 32 or 64 bits"
                         : name == "xchg"                 ? "values of 32 or 64 bits"
                                                          : "integers of 32 or 64 bits";
    return emitter.error(loc, "'tl.atomic_" + Twine(name) + "' is not possible on " + element.getSpelling() +
                                  "; it takes " + possible);
  };
  if (element.getBitWidth() < 16 || element.is(DType::Int16) || element.is(DType::UInt16))
    return refuse();
  if (pointer.isBlock()) {
    value = emitter.broadcastTo(value, pointer.getShape(), loc);
    if (!mask.isUndefined())
      mask = emitter.broadcastTo(mask, pointer.getShape(), loc);
    if (!mask.isUndefined() && mask.isPoison())
      return mask;
  } else if (value.isBlock() || (!mask.isUndefined() && mask.isBlock())) {
    return emitter.error(loc, "'tl.atomic_" + Twine(name) + "' has a scalar pointer, but the " +
                                  (value.isBlock() ? "value is " + describe(value) : "mask is " + describe(mask)));
  }
  value = emitter.cast(value, element, loc);
  if (value.isPoison())
    return value;
  bool isFloat = element.isFloating(), isSigned = element.isSigned();
  auto rmw = [&](tile::RmwKind kind) { return createRmw(emitter, kind, pointer, value, mask, semantic, scope); };
  if (name == "add")
    return element.isPointer() ? refuse() : rmw(isFloat ? tile::RmwKind::FAdd : tile::RmwKind::Add);
  if (name == "xchg") {
    if (element.getBitWidth() == 16)
      return refuse();
    return rmw(tile::RmwKind::Xchg);
  }
  if (element.isPointer())
    return refuse();
  if (name == "max" || name == "min") {
    bool isMax = name == "max";
    if (!isFloat)
      return rmw(isMax ? (isSigned ? tile::RmwKind::Max : tile::RmwKind::UMax)
                       : (isSigned ? tile::RmwKind::Min : tile::RmwKind::UMin));
    if (!element.is(DType::Float32) && !element.is(DType::Float64))
      return refuse();
    return emitFloatMinMax(emitter, isMax, pointer, value, mask, semantic, scope, loc);
  }
  if (isFloat)
    return refuse();
  return rmw(name == "and" ? tile::RmwKind::And : name == "or" ? tile::RmwKind::Or : tile::RmwKind::Xor);
}

static bool getPointer(BuiltinCall &call, Value &pointer) {
  pointer = call[0];
  if (!pointer.isTensor() || !pointer.element.isPointer()) {
    wrongArgument(call, 0, "a pointer or a tensor of pointers");
    return false;
  }
  if (pointer.element.isConstPointer()) {
    callError(call, "cannot write through a pointer to constant data");
    return false;
  }
  return true;
}

static Value emitRmw(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  Value pointer, mask;
  std::optional<Value> value = getTensor(call, 1);
  bool fine = true;
  tile::MemSemantic semantic = getSemantic(call, 3, fine);
  tile::MemScope scope = getScope(call, 4, fine);
  if (!value || !getPointer(call, pointer) || !fine)
    return Value::poison();
  if (!call[2].isNone()) {
    std::optional<Value> given = getTensor(call, 2);
    if (!given)
      return Value::poison();
    if (!given->element.isBool() && !call[2].isIntLike())
      return wrongArgument(call, 2, "a tensor of booleans (such as 'x != 0')");
    mask = emitter.toCondition(*given, call.loc);
  }
  return emitAtomic(emitter, StringRef(call.builtin.name).drop_front(strlen("atomic_")), pointer, *value, mask,
                    semantic, scope, call.loc);
}

static Value emitCas(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  Value pointer;
  std::optional<Value> compare = getTensor(call, 1), value = getTensor(call, 2);
  bool fine = true;
  tile::MemSemantic semantic = getSemantic(call, 3, fine);
  tile::MemScope scope = getScope(call, 4, fine);
  if (!compare || !value || !getPointer(call, pointer) || !fine)
    return Value::poison();
  ElementType element = pointer.element.getPointee();
  if (element.getBitWidth() < 16)
    return callError(call, "is not possible on " + element.getSpelling() + "; elements must have 16, 32 or 64 bits");
  Value *parts[] = {&pointer, &*compare, &*value};
  if ((pointer.isBlock() || compare->isBlock() || value->isBlock()) &&
      !emitter.broadcastAll(parts, call.loc, "'tl.atomic_cas'"))
    return Value::poison();
  *compare = emitter.cast(*compare, element, call.loc);
  *value = emitter.cast(*value, element, call.loc);
  if (compare->isPoison() || value->isPoison())
    return Value::poison();
  auto op = tile::AtomicCasOp::create(emitter.builder, emitter.loc(), value->getSSA().getType(), pointer.getSSA(),
                                      compare->getSSA(), value->getSSA(), semantic, scope);
  return Value::tensor(op.getResult(), element);
}

llvm::ArrayRef<Builtin> emit::getAtomicBuiltins() {
  static constexpr const char *params = "pointer, val, mask=None, sem=None, scope=None";
  static constexpr Builtin table[] = {
      {"atomic_add", params, emitRmw, Method},
      {"atomic_max", params, emitRmw, Method},
      {"atomic_min", params, emitRmw, Method},
      {"atomic_and", params, emitRmw, Method},
      {"atomic_or", params, emitRmw, Method},
      {"atomic_xor", params, emitRmw, Method},
      {"atomic_xchg", params, emitRmw, Method},
      {"atomic_cas", "pointer, cmp, val, sem=None, scope=None", emitCas, Method},
  };
  return table;
}
