//===- BuiltinsProgram.cpp - identity, creation, types, hints --------------===//
//
// Built-ins about the program itself, tensors made of nothing, conversions, and
// promises to the compiler.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/BuiltinHelpers.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Identity and creation
//===----------------------------------------------------------------------===//

static Value emitProgramId(BuiltinCall &call) {
  std::optional<int64_t> axis = getInt(call, 0);
  if (!axis)
    return Value::poison();
  if (*axis < 0 || *axis > 2)
    return wrongArgument(call, 0, "0, 1 or 2");
  Emitter &emitter = call.emitter;
  mlir::Type type = emitter.builder.getI32Type();
  if (call.builtin.variant)
    return Value::tensor(tile::NumProgramsOp::create(emitter.builder, emitter.loc(), type, *axis), DType::Int32);
  return Value::tensor(tile::ProgramIdOp::create(emitter.builder, emitter.loc(), type, *axis), DType::Int32);
}

static Value emitArange(BuiltinCall &call) {
  std::optional<int64_t> start = getInt(call, 0), end = getInt(call, 1);
  if (!start || !end)
    return Value::poison();
  if (*start < INT32_MIN || *start > INT32_MAX || *end < INT32_MIN || *end > INT32_MAX)
    return callError(call, "makes 32-bit integers, but goes from " + Twine(*start) + " to " + Twine(*end));
  if (*end <= *start)
    return callError(call,
                     "needs an end greater than the start, but goes from " + Twine(*start) + " to " + Twine(*end));
  int64_t size = *end - *start;
  if (size & (size - 1))
    return callError(call, "needs a power of two of elements, but from " + Twine(*start) + " to " + Twine(*end) +
                               " there are " + Twine(size));
  Emitter &emitter = call.emitter;
  if (!emitter.checkShape({size}, call.loc, "a tensor"))
    return Value::poison();
  mlir::Type type = emitter.getType(DType::Int32, {size});
  return Value::tensor(tile::ArangeOp::create(emitter.builder, emitter.loc(), type, *start, *end), DType::Int32);
}

static Value makeFull(BuiltinCall &call, Value shapeValue, unsigned shapeIndex, Value value, ElementType type) {
  Emitter &emitter = call.emitter;
  llvm::SmallVector<int64_t> shape;
  if (!emitter.getShapeArgument(shapeValue, getArgumentLoc(call, shapeIndex), "'" + getDisplayName(call.builtin) + "'",
                                shape))
    return Value::poison();
  // As in C, the low bits are kept; a number that fits neither signed nor unsigned is a slip.
  unsigned width = type.getBitWidth();
  std::optional<int64_t> number = value.isNumber() ? emitter.getConstantInt(value) : std::nullopt;
  if (number && !type.isFloating() && !type.isPointer() && width > 1 && width < 64 &&
      (*number >= int64_t(1) << width || *number < -(int64_t(1) << (width - 1))))
    emitter.warning(call.loc, "the number " + Twine(*number) + " does not fit in " + type.getSpelling() +
                                  " and loses its upper bits");
  return emitter.splat(emitter.cast(value, type, call.loc), shape);
}

static Value emitFull(BuiltinCall &call) {
  std::optional<ElementType> type = getType(call, 2);
  if (!type)
    return Value::poison();
  Value value = call[1];
  if (value.isBlock())
    value = call.emitter.toScalar(value, getArgumentLoc(call, 1));
  if (value.isPoison())
    return value;
  if (!value.isNumber() && !value.isTensor())
    return wrongArgument(call, 1, "a number");
  return makeFull(call, call[0], 0, value, *type);
}

static Value emitZeros(BuiltinCall &call) {
  std::optional<ElementType> type = getType(call, 1);
  return type ? makeFull(call, call[0], 0, Value::ofInt(0), *type) : Value::poison();
}

static Value emitZerosLike(BuiltinCall &call) {
  std::optional<Value> input = getTensor(call, 0);
  if (!input)
    return Value::poison();
  return call.emitter.zeroOf(input->getSSA().getType(), input->element);
}

//===----------------------------------------------------------------------===//
// Types and conversions
//===----------------------------------------------------------------------===//

static Value emitCast(BuiltinCall &call) {
  std::optional<ElementType> type = getType(call, 1);
  std::optional<llvm::StringRef> rounding = getString(call, 2);
  std::optional<bool> bitcast = getBool(call, 3);
  if (!type || !rounding || !bitcast)
    return Value::poison();
  if (!rounding->empty() && *rounding != "rtne" && *rounding != "rtz")
    return wrongArgument(call, 2, "'rtne' or 'rtz'");
  if (type->is(DType::Float8E4B15))
    return callError(call, "does not convert to fp8e4b15, a format that no NVIDIA GPU has; use tl.float8e4nv");
  Value input = call[0];
  if (!input.isTensor() && !input.isNumber())
    return wrongArgument(call, 0, "a tensor or a number");
  // A number becomes the scalar it is first, as everywhere.
  if (input.isNumber() && !(input.is(ValueKind::Float) && type->is(DType::Float64)))
    input = call.emitter.toTensor(input, call.loc);
  if (*bitcast)
    return call.emitter.bitcast(input, *type, call.loc);
  return call.emitter.cast(input, *type, call.loc, *rounding);
}

static Value emitToTensor(BuiltinCall &call) {
  if (call[0].isTuple())
    return call[0];
  return getTensor(call, 0).value_or(Value::poison());
}

static Value emitConstexpr(BuiltinCall &call) {
  if (call[0].isTuple())
    return call[0];
  std::optional<Value> known = call.emitter.getConstant(call[0]);
  return known ? *known : wrongArgument(call, 0, "known at compile time");
}

static Value emitPointerType(BuiltinCall &call) {
  std::optional<ElementType> element = getType(call, 0);
  std::optional<bool> isConst = getBool(call, 2);
  if (!element || !isConst)
    return Value::poison();
  return Value::ofType(ElementType::pointerTo(*element, *isConst));
}

static Value emitBlockType(BuiltinCall &call) {
  std::optional<ElementType> element = getType(call, 0);
  llvm::SmallVector<int64_t> shape;
  if (!element || !call.emitter.getShapeArgument(call[1], call.loc, "a block type", shape))
    return Value::poison();
  return call.emitter.arena.blockType(*element, shape);
}

static Value emitGetIntDtype(BuiltinCall &call) {
  std::optional<int64_t> width = getInt(call, 0);
  std::optional<bool> isSigned = getBool(call, 1);
  if (!width || !isSigned)
    return Value::poison();
  ElementType type = ElementType::getInteger(*width, *isSigned);
  return type.isVoid() ? wrongArgument(call, 0, "1, 8, 16, 32 or 64") : Value::ofType(type);
}

/// Names that only stand in annotations and `isinstance`.
static Value emitNotCallable(BuiltinCall &call) { return callError(call, "is a type and cannot be called"); }

/// tl.dtype("fp32").
static Value emitDType(BuiltinCall &call) {
  std::optional<llvm::StringRef> name = getString(call, 0);
  if (!name)
    return Value::poison();
  std::optional<ElementType> type = ElementType::parse(*name);
  if (!type || type->isPointer())
    return wrongArgument(call, 0, "the name of a type (such as 'fp32')");
  return Value::ofType(*type);
}

static Value emitLog2Floor(BuiltinCall &call) {
  std::optional<int64_t> value = getInt(call, 0);
  if (!value)
    return Value::poison();
  int64_t log = 0;
  for (int64_t n = *value; n > 1; n >>= 1)
    ++log;
  return Value::ofInt(log);
}

static Value emitCondition(BuiltinCall &call) { return call[0]; }

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

static Value emitRange(BuiltinCall &call) {
  RangeData range;
  range.kind = call.builtin.variant ? RangeData::Kind::Static : RangeData::Kind::Tile;
  bool one = call[1].isNone();
  range.start = one ? Value::ofInt(0) : call[0];
  range.stop = one ? call[0] : call[1];
  range.step = call[2].isNone() ? Value::ofInt(1) : call[2];
  for (Value *flag : {&range.numStages, &range.unrollFactor, &range.disallowAccMultiBuffer, &range.flatten,
                      &range.warpSpecialize, &range.disableLicm})
    *flag = Value::none();
  if (range.kind == RangeData::Kind::Tile) {
    range.numStages = call[3];
    range.unrollFactor = call[4];
    range.disallowAccMultiBuffer = call[5];
    range.flatten = call[6];
    range.warpSpecialize = call[7];
    range.disableLicm = call[8];
    for (unsigned index : {3u, 4u}) {
      if (call[index].isNone())
        continue;
      std::optional<int64_t> count = getInt(call, index);
      if (!count)
        return Value::poison();
      if (*count < 0 || *count > 1024)
        return wrongArgument(call, index, "from 0 to 1024");
    }
    for (unsigned index : {5u, 6u, 7u, 8u})
      if (!getBool(call, index))
        return Value::poison();
  }
  for (unsigned index : {0u, 1u, 2u}) {
    std::optional<Value> known = call.emitter.getConstant(call[index]);
    if (range.kind == RangeData::Kind::Static && !known && !call[index].isPoison())
      return callError(call, "needs bounds known at compile time, but one is " + describe(call[index]) +
                                 "; use 'tl.range', or make it a 'tl.constexpr'");
  }
  return call.emitter.arena.range(range);
}

//===----------------------------------------------------------------------===//
// Hints
//===----------------------------------------------------------------------===//

enum HintKind : uint8_t { HintDivisibility, HintContiguity, HintConstancy };

static Value emitHint(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  std::optional<Value> input = getTensor(call, 0);
  llvm::SmallVector<int64_t> values;
  if (!input || !getInts(call, 1, values))
    return Value::poison();
  size_t rank = std::max<size_t>(1, input->getShape().size());
  if (values.size() != rank)
    return callError(call, "needs one number for each of the " + Twine(rank) + " dimensions, but there are " +
                               Twine(values.size()));
  for (int64_t value : values)
    if (value < 1 || value > INT32_MAX)
      return wrongArgument(call, 1, "positive numbers");
  if (!input->element.isInteger() && !input->element.isPointer())
    return wrongArgument(call, 0, "a tensor of integers or pointers");
  // A promise about a constant says nothing new.
  if (emitter.getConstant(*input))
    return *input;
  llvm::SmallVector<int32_t> numbers(values.begin(), values.end());
  auto list = emitter.builder.getDenseI32ArrayAttr(numbers);
  auto none = mlir::DenseI32ArrayAttr();
  auto hint = tile::HintOp::create(
      emitter.builder, emitter.loc(), input->getSSA(), call.builtin.variant == HintDivisibility ? list : none,
      call.builtin.variant == HintContiguity ? list : none, call.builtin.variant == HintConstancy ? list : none);
  return Value::tensor(hint.getResult(), input->element);
}

static Value emitAssume(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  if (std::optional<Value> known = emitter.getConstant(call[0])) {
    if (!isTruthy(*known))
      emitter.warning(call.loc, "'tl.assume' of a condition that is false");
    return Value::none();
  }
  Value condition = emitter.toCondition(call[0], call.loc);
  if (condition.isPoison())
    return condition;
  tile::AssumeOp::create(emitter.builder, emitter.loc(), condition.getSSA());
  return Value::none();
}

static Value emitBarrier(BuiltinCall &call) {
  tile::BarrierOp::create(call.emitter.builder, call.emitter.loc());
  return Value::none();
}

llvm::ArrayRef<Builtin> emit::getProgramBuiltins() {
  static constexpr Builtin table[] = {
      {"program_id", "axis", emitProgramId},
      {"num_programs", "axis", emitProgramId, PlainFunction, 1},
      {"arange", "start, end", emitArange},
      {"full", "shape, value, dtype", emitFull},
      {"zeros", "shape, dtype", emitZeros},
      {"zeros_like", "input", emitZerosLike},
      {"cast", "input, dtype, fp_downcast_rounding=None, bitcast=False", emitCast, Method},
      {"to", "input, dtype, fp_downcast_rounding=None, bitcast=False", emitCast, MethodOnly},
      {"to_tensor", "x", emitToTensor},
      {"constexpr", "value", emitConstexpr},
      {"pointer_type", "element_ty, address_space=1, const=False", emitPointerType},
      {"block_type", "element_ty, shape", emitBlockType},
      {"get_int_dtype", "bitwidth, signed", emitGetIntDtype},
      {"_get_int_dtype", "bitwidth, signed", emitGetIntDtype},
      {"_log2", "i", emitLog2Floor},
      {"tensor", "*args", emitNotCallable},
      {"dtype", "name", emitDType},
      {"tuple", "*args", emitNotCallable},
      {"const", "*args", emitNotCallable},
      {"tensor_descriptor", "*args", emitNotCallable},
      {"tensor_descriptor_base", "*args", emitNotCallable},
      {"range",
       "arg1, arg2=None, step=None, num_stages=None, loop_unroll_factor=None, disallow_acc_multi_buffer=False, "
       "flatten=False, warp_specialize=False, disable_licm=False",
       emitRange},
      {"static_range", "arg1, arg2=None, step=None", emitRange, PlainFunction, 1},
      {"condition", "arg1, disable_licm=False", emitCondition},
      {"multiple_of", "input, values", emitHint, PlainFunction, HintDivisibility},
      {"max_contiguous", "input, values", emitHint, PlainFunction, HintContiguity},
      {"max_constancy", "input, values", emitHint, PlainFunction, HintConstancy},
      {"assume", "cond", emitAssume},
      {"debug_barrier", "", emitBarrier},
  };
  return table;
}
