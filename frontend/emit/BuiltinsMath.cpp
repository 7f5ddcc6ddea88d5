//===- BuiltinsMath.cpp - elementwise built-ins ------------------------------===//
//
// Elementwise functions with an instruction of their own. The others (sin, erf,
// pow, ...) are written in the language, in frontend/library.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/BuiltinHelpers.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;
namespace arith = mlir::arith;
namespace math = mlir::math;

//===----------------------------------------------------------------------===//
// Functions of one float
//===----------------------------------------------------------------------===//

enum FloatFunction : uint8_t { FExp, FExp2, FSqrt, FSqrtRn, FRsqrt, FFloor, FCeil, FLog, FLog2 };

/// A library function of the same name, for types the hardware has no instruction for.
static Value callLibrary(BuiltinCall &call, StringRef name, llvm::ArrayRef<Value> args) {
  Value function = call.emitter.lookUpLibrary(ModuleId::LibDevice, name);
  if (!function.is(ValueKind::Function))
    return callError(call, "is not available for " + args[0].element.getSpelling());
  return call.emitter.callFunction(*function.functionData, args, call.loc);
}

static Value emitFloatFunction(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  std::optional<Value> input = getTensor(call, 0);
  if (!input)
    return Value::poison();
  ElementType type = input->element;
  if (!type.isFloating())
    return wrongArgument(call, 0, "of a floating-point type (convert it with '.to(tl.float32)')");
  auto function = static_cast<FloatFunction>(call.builtin.variant);
  // Narrow floats are computed in fp32 and rounded once.
  bool isNarrow = type.getBitWidth() < 32;
  Value x = isNarrow ? emitter.cast(*input, DType::Float32, call.loc) : *input;
  bool isDouble = type.is(DType::Float64);
  mlir::OpBuilder &builder = emitter.builder;
  mlir::Location at = emitter.loc();
  mlir::Value in = x.getSSA(), out;
  arith::FastMathFlags approximate = isDouble ? arith::FastMathFlags::none : arith::FastMathFlags::afn;
  Value result;
  switch (function) {
  case FExp:
    if (isDouble)
      return callLibrary(call, "exp", {x});
    out = builder.createOrFold<math::ExpOp>(at, in);
    break;
  case FExp2:
    if (isDouble)
      return callLibrary(call, "exp2", {x});
    out = builder.createOrFold<math::Exp2Op>(at, in);
    break;
  case FLog:
  case FLog2:
    result = callLibrary(call, function == FLog ? "log" : "log2", {x});
    return isNarrow ? emitter.cast(result, type, call.loc) : result;
  case FSqrt:
    out = builder.createOrFold<math::SqrtOp>(at, in, approximate);
    break;
  case FSqrtRn:
    out = builder.createOrFold<math::SqrtOp>(at, in);
    break;
  case FRsqrt:
    if (isDouble) {
      Value root = Value::tensor(builder.createOrFold<math::SqrtOp>(at, in), type);
      return emitter.binary(ast::BinaryOp::Div, Value::ofFloat(1.0), root, call.loc);
    }
    out = builder.createOrFold<math::RsqrtOp>(at, in);
    break;
  case FFloor:
    out = builder.createOrFold<math::FloorOp>(at, in);
    break;
  case FCeil:
    out = builder.createOrFold<math::CeilOp>(at, in);
    break;
  }
  result = Value::tensor(out, x.element);
  return isNarrow ? emitter.cast(result, type, call.loc) : result;
}

static Value emitAbs(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  std::optional<Value> input = getTensor(call, 0);
  if (!input)
    return Value::poison();
  ElementType type = input->element;
  if (type.isPointer())
    return wrongArgument(call, 0, "a tensor of numbers");
  if (type.isFloat8())
    return emitter.cast(Value::tensor(emitter.builder.createOrFold<math::AbsFOp>(
                                          emitter.loc(), emitter.cast(*input, DType::Float32, call.loc).getSSA()),
                                      DType::Float32),
                        type, call.loc);
  if (type.isFloating())
    return Value::tensor(emitter.builder.createOrFold<math::AbsFOp>(emitter.loc(), input->getSSA()), type);
  if (type.isUnsigned())
    return *input;
  return Value::tensor(emitter.builder.createOrFold<math::AbsIOp>(emitter.loc(), input->getSSA()), type);
}

//===----------------------------------------------------------------------===//
// Functions of several operands
//===----------------------------------------------------------------------===//

static bool checkOperand(BuiltinCall &call, unsigned index) {
  if (call[index].isTensor() || call[index].isNumber())
    return true;
  wrongArgument(call, index, "a tensor or a number");
  return false;
}

static Value emitMinMax(BuiltinCall &call) {
  std::optional<bool> propagate = getBool(call, 2);
  if (!propagate || !checkOperand(call, 0) || !checkOperand(call, 1))
    return Value::poison();
  auto which = call.builtin.variant ? Emitter::MinMax::Max : Emitter::MinMax::Min;
  return call.emitter.minMax(which, call[0], call[1], *propagate, call.loc);
}

static Value emitClamp(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  std::optional<bool> propagate = getBool(call, 3);
  if (!propagate || !checkOperand(call, 0) || !checkOperand(call, 1) || !checkOperand(call, 2))
    return Value::poison();
  Value raised = emitter.minMax(Emitter::MinMax::Max, call[0], call[1], *propagate, call.loc);
  return emitter.minMax(Emitter::MinMax::Min, raised, call[2], *propagate, call.loc);
}

static Value emitFma(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  for (unsigned index : {0u, 1u, 2u})
    if (!checkOperand(call, index))
      return Value::poison();
  Value x = call[0], y = call[1], z = call[2];
  Emitter::PairRules rules;
  rules.strong = true;
  // Numbers join a tensor rather than each other, so that none is rounded twice.
  if (!x.isTensor() && y.isTensor())
    std::swap(x, y);
  if (!x.isTensor() && z.isTensor()) {
    if (!emitter.promotePair(z, x, call.loc, "'tl.fma'", rules))
      return Value::poison();
  }
  if (!emitter.promotePair(x, y, call.loc, "'tl.fma'", rules) ||
      !emitter.promotePair(z, x, call.loc, "'tl.fma'", rules) ||
      !emitter.promotePair(z, y, call.loc, "'tl.fma'", rules) || !emitter.broadcastPair(x, y, call.loc, "'tl.fma'"))
    return Value::poison();
  if (!x.element.isFloating())
    return emitter.add(emitter.mul(x, y, call.loc), z, call.loc);
  return Value::tensor(emitter.builder.createOrFold<math::FmaOp>(emitter.loc(), x.getSSA(), y.getSSA(), z.getSSA()),
                       x.element);
}

static Value emitDivide(BuiltinCall &call) {
  // variant 0: fdiv(x, y, ieee_rounding), variant 1: div_rn(x, y)
  Emitter &emitter = call.emitter;
  bool ieee = true;
  if (!call.builtin.variant) {
    std::optional<bool> given = getBool(call, 2);
    if (!given)
      return Value::poison();
    ieee = *given;
  }
  if (!checkOperand(call, 0) || !checkOperand(call, 1))
    return Value::poison();
  Value x = call[0], y = call[1];
  Emitter::PairRules rules;
  rules.division = call.builtin.variant == 0;
  if (!x.isTensor() && !y.isTensor())
    x = emitter.toTensor(x, call.loc);
  if (!emitter.promotePair(x, y, call.loc, "'" + getDisplayName(call.builtin) + "'", rules))
    return Value::poison();
  if (!x.element.isFloating())
    return callError(call,
                     "needs floating-point operands, but they are " + describe(call[0]) + " and " + describe(call[1]));
  if (x.element.getBitWidth() < 32) {
    x = emitter.cast(x, DType::Float32, call.loc);
    y = emitter.cast(y, DType::Float32, call.loc);
  }
  return emitter.divide(x, y, ieee, call.loc);
}

static Value emitUmulhi(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  if (!checkOperand(call, 0) || !checkOperand(call, 1))
    return Value::poison();
  Value x = call[0], y = call[1];
  Emitter::PairRules rules;
  rules.strong = true;
  if (!emitter.promotePair(x, y, call.loc, "'tl.umulhi'", rules))
    return Value::poison();
  if (!x.element.isInteger() || x.element.getBitWidth() < 32)
    return callError(call, "needs integers of 32 or 64 bits, but they are " + describe(x));
  auto product = arith::MulUIExtendedOp::create(emitter.builder, emitter.loc(), x.getSSA(), y.getSSA());
  return Value::tensor(product.getHigh(), x.element);
}

static Value emitWhere(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  for (unsigned index : {0u, 1u, 2u})
    if (!checkOperand(call, index))
      return Value::poison();
  if (call[0].isTensor() && call[0].element.isFloating())
    emitter
        .warning(getArgumentLoc(call, 0), "the condition of 'tl.where' is " + describe(call[0]) +
                                              ", not booleans; say '!= 0' where that is meant")
        .range(call.ranges[0]);
  Value x = call[1], y = call[2];
  if (x.isNumber() && y.isNumber()) {
    // Two numbers have the types they would have alone, the wider of them.
    x = emitter.toTensor(x, call.loc);
    y = emitter.toTensor(y, call.loc);
  }
  return emitter.select(call[0], x, y, call.loc);
}

static Value emitArithmetic(BuiltinCall &call) {
  static constexpr ast::BinaryOp ops[] = {ast::BinaryOp::Add, ast::BinaryOp::Sub, ast::BinaryOp::Mul};
  if (!checkOperand(call, 0) || !checkOperand(call, 1) || !getBool(call, 2))
    return Value::poison();
  return call.emitter.binary(ops[call.builtin.variant], call[0], call[1], call.loc);
}

static Value emitCdiv(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  if (!checkOperand(call, 0) || !checkOperand(call, 1))
    return Value::poison();
  Value less = emitter.binary(ast::BinaryOp::Sub, call[1], Value::ofInt(1), call.loc);
  Value sum = emitter.binary(ast::BinaryOp::Add, call[0], less, call.loc);
  return emitter.binary(ast::BinaryOp::FloorDiv, sum, call[1], call.loc);
}

static Value emitLogical(BuiltinCall &call) {
  if (!checkOperand(call, 0) || !checkOperand(call, 1))
    return Value::poison();
  return call.emitter.logical(call.builtin.variant == 0, call[0], call[1], call.loc);
}

llvm::ArrayRef<Builtin> emit::getMathBuiltins() {
  static constexpr uint8_t both = Method | MathFunction;
  static constexpr Builtin table[] = {
      {"exp", "x", emitFloatFunction, both, FExp},
      {"exp2", "x", emitFloatFunction, both, FExp2},
      {"log", "x", emitFloatFunction, both, FLog},
      {"log2", "x", emitFloatFunction, both, FLog2},
      {"sqrt", "x", emitFloatFunction, both, FSqrt},
      {"sqrt_rn", "x", emitFloatFunction, both, FSqrtRn},
      {"rsqrt", "x", emitFloatFunction, both, FRsqrt},
      {"floor", "x", emitFloatFunction, both, FFloor},
      {"ceil", "x", emitFloatFunction, both, FCeil},
      {"abs", "x", emitAbs, both},
      {"minimum", "x, y, propagate_nan=False", emitMinMax, MathFunction, 0},
      {"maximum", "x, y, propagate_nan=False", emitMinMax, MathFunction, 1},
      {"clamp", "x, min, max, propagate_nan=False", emitClamp, MathFunction},
      {"fma", "x, y, z", emitFma, MathFunction},
      {"fdiv", "x, y, ieee_rounding=False", emitDivide, MathFunction},
      {"div_rn", "x, y", emitDivide, MathFunction, 1},
      {"umulhi", "x, y", emitUmulhi, MathFunction},
      {"where", "condition, x, y", emitWhere},
      {"add", "x, y, sanitize_overflow=True", emitArithmetic, PlainFunction, 0},
      {"sub", "x, y, sanitize_overflow=True", emitArithmetic, PlainFunction, 1},
      {"mul", "x, y, sanitize_overflow=True", emitArithmetic, PlainFunction, 2},
      {"cdiv", "x, div", emitCdiv, Method},
      {"logical_and", "x, y", emitLogical, MethodOnly, 0},
      {"logical_or", "x, y", emitLogical, MethodOnly, 1},
  };
  return table;
}
