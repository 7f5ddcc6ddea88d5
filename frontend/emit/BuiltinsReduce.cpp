//===- BuiltinsReduce.cpp - reductions, scans, dot, gather -------------------===//
//
// Built-ins that combine elements of a tensor. The combining function, one of
// the language's or one of the user's, is emitted on scalars inside the region
// of the operation.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/BuiltinHelpers.h"

#include <numeric>

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

using Values = llvm::SmallVector<Value, 4>;
/// Combines acc... and cur... to as many values.
using Combiner = llvm::function_ref<Values(llvm::ArrayRef<Value> acc, llvm::ArrayRef<Value> cur)>;

/// Fills the region of a reduce or scan. False if the combiner does not give what it takes.
template <typename OpTy>
static bool fillCombine(Emitter &emitter, OpTy op, llvm::ArrayRef<Value> inputs, Combiner combine, SourceLoc loc) {
  mlir::OpBuilder::InsertionGuard guard(emitter.builder);
  mlir::Block *block = op.createCombineBlock();
  emitter.builder.setInsertionPointToEnd(block);
  size_t count = inputs.size();
  Values acc, cur;
  for (size_t i = 0; i < count; ++i) {
    acc.push_back(Value::tensor(block->getArgument(i), inputs[i].element));
    cur.push_back(Value::tensor(block->getArgument(count + i), inputs[i].element));
  }
  Values combined = combine(acc, cur);
  llvm::SmallVector<mlir::Value> yielded;
  bool fine = combined.size() == count;
  if (!fine)
    emitter.error(loc, "the combining function must return " + Twine(count) + (count == 1 ? " value" : " values") +
                           ", but returns " + Twine(combined.size()));
  for (size_t i = 0; fine && i < count; ++i) {
    Value value = combined[i];
    if (value.isPoison())
      return false;
    // A number or a wider boolean becomes what is reduced.
    if (value.isNumber() || (value.isTensor() && value.element != inputs[i].element && !value.isBlock() &&
                             value.element.isInteger() && inputs[i].element.isInteger()))
      value = emitter.cast(value, inputs[i].element, loc);
    if (!value.isTensor() || value.isBlock() || value.element != inputs[i].element) {
      emitter.error(loc, "the combining function must return the types it takes: value " + Twine(i) + " is " +
                             inputs[i].element.getSpelling() + " and comes back as " + describe(value));
      return false;
    }
    yielded.push_back(value.getSSA());
  }
  if (fine)
    tile::YieldOp::create(emitter.builder, emitter.loc(), yielded);
  return fine;
}

/// Reduces along `axis`, or everything if there is none.
static Values reduceAlong(Emitter &emitter, Values inputs, std::optional<unsigned> axis, bool keepDims,
                          Combiner combine, SourceLoc loc) {
  llvm::SmallVector<int64_t> shape(inputs[0].getShape());
  size_t rank = shape.size();
  Values results;
  if (rank == 0) {
    return inputs;
  }
  if (!axis) {
    for (Value &input : inputs)
      input = emitter.reshape(input, {input.getNumElements()}, /*allowReorder=*/true);
  }
  unsigned along = axis.value_or(0);
  llvm::SmallVector<mlir::Value> operands;
  for (const Value &input : inputs)
    operands.push_back(input.getSSA());
  auto op = tile::ReduceOp::create(emitter.builder, emitter.loc(), operands, along);
  if (!fillCombine(emitter, op, inputs, combine, loc)) {
    op->erase();
    return Values(inputs.size(), Value::poison());
  }
  for (auto [input, result] : llvm::zip(inputs, op.getResults())) {
    Value value = Value::tensor(result, input.element);
    if (keepDims && axis)
      value = emitter.expandDims(value, along);
    else if (keepDims)
      value = emitter.splat(value, llvm::SmallVector<int64_t>(rank, 1));
    results.push_back(value);
  }
  return results;
}

static bool getReduceAxis(BuiltinCall &call, unsigned index, unsigned rank, std::optional<unsigned> &axis) {
  if (call[index].isNone())
    return true;
  if (rank == 0) {
    callError(call, "reduces a tensor, but the argument is a scalar");
    return false;
  }
  axis = getAxis(call, index, rank);
  return axis.has_value();
}

/// What is summed in more bits than it has.
static ElementType pickSumType(ElementType type) {
  if (type.isInteger() && type.getBitWidth() < 32)
    return type.isSigned() ? DType::Int32 : DType::UInt32;
  return type;
}

enum SumKind : uint8_t { SumAdd, SumXor, SumOr };

static Value emitSum(BuiltinCall &call) {
  // input, axis=None, keep_dims=False[, dtype=None]
  Emitter &emitter = call.emitter;
  std::optional<Value> input = getTensor(call, 0);
  std::optional<bool> keepDims = getBool(call, 2);
  std::optional<unsigned> axis;
  if (!input || !keepDims || !getReduceAxis(call, 1, input->getShape().size(), axis))
    return Value::poison();
  if (input->element.isPointer())
    return wrongArgument(call, 0, "a tensor of numbers");
  auto kind = static_cast<SumKind>(call.builtin.variant);
  if (kind == SumAdd) {
    ElementType type = pickSumType(input->element);
    if (!call[3].isNone()) {
      std::optional<ElementType> given = getType(call, 3);
      if (!given)
        return Value::poison();
      type = *given;
    }
    *input = emitter.cast(*input, type, call.loc);
  } else if (!input->element.isInteger()) {
    return wrongArgument(call, 0, "a tensor of integers");
  }
  ast::BinaryOp op = kind == SumAdd   ? ast::BinaryOp::Add
                     : kind == SumXor ? ast::BinaryOp::BitXor
                                      : ast::BinaryOp::BitOr;
  auto combine = [&](llvm::ArrayRef<Value> acc, llvm::ArrayRef<Value> cur) -> Values {
    return {emitter.binary(op, acc[0], cur[0], call.loc)};
  };
  return reduceAlong(emitter, {*input}, axis, *keepDims, combine, call.loc)[0];
}

/// The larger (or smaller) of two values, with their indices; the lower index wins a tie if asked to.
static Values combineWithIndex(Emitter &emitter, bool isMax, bool tieLeft, llvm::ArrayRef<Value> acc,
                               llvm::ArrayRef<Value> cur, SourceLoc loc) {
  Value better = emitter.compare(isMax ? ast::CompareOp::Greater : ast::CompareOp::Less, acc[0], cur[0], loc);
  if (tieLeft) {
    Value equal = emitter.compare(ast::CompareOp::Eq, acc[0], cur[0], loc);
    Value earlier = emitter.compare(ast::CompareOp::Less, acc[1], cur[1], loc);
    better = emitter.logical(false, better, emitter.logical(true, equal, earlier, loc), loc);
  }
  return {emitter.select(better, acc[0], cur[0], loc), emitter.select(better, acc[1], cur[1], loc)};
}

static Value emitExtremum(BuiltinCall &call, bool isMax, bool withIndex, bool tieLeft, bool keepDims,
                          unsigned axisIndex) {
  Emitter &emitter = call.emitter;
  std::optional<Value> input = getTensor(call, 0);
  std::optional<unsigned> axis;
  if (!input || !getReduceAxis(call, axisIndex, input->getShape().size(), axis))
    return Value::poison();
  ElementType type = input->element;
  if (type.isPointer())
    return wrongArgument(call, 0, "a tensor of numbers");
  if (type.is(DType::BFloat16) || type.isFloat8())
    *input = emitter.cast(*input, DType::Float32, call.loc);
  if (!withIndex) {
    if (type.getBitWidth() < 32)
      *input = emitter.cast(*input, type.isFloating() ? DType::Float32 : DType::Int32, call.loc);
    auto combine = [&](llvm::ArrayRef<Value> acc, llvm::ArrayRef<Value> cur) -> Values {
      return {emitter.minMax(isMax ? Emitter::MinMax::Max : Emitter::MinMax::Min, acc[0], cur[0], false, call.loc)};
    };
    return reduceAlong(emitter, {*input}, axis, keepDims, combine, call.loc)[0];
  }
  if (!input->isBlock())
    return wrongArgument(call, 0, "a tensor with at least one dimension");
  // Without an axis the index counts the elements in row-major order.
  llvm::SmallVector<int64_t> shape(input->getShape());
  if (!axis && shape.size() > 1)
    *input = emitter.reshape(*input, {input->getNumElements()});
  unsigned along = axis.value_or(0);
  int64_t side = input->getShape()[along];
  Value index = Value::tensor(
      tile::ArangeOp::create(emitter.builder, emitter.loc(), emitter.getType(DType::Int32, {side}), 0, side),
      DType::Int32);
  for (unsigned dim = 0; dim < input->getShape().size(); ++dim)
    if (dim != along)
      index = emitter.expandDims(index, dim);
  index = emitter.broadcastTo(index, input->getShape(), call.loc);
  auto combine = [&](llvm::ArrayRef<Value> acc, llvm::ArrayRef<Value> cur) {
    return combineWithIndex(emitter, isMax, tieLeft, acc, cur, call.loc);
  };
  Values results = reduceAlong(emitter, {*input, index}, along, keepDims && axis, combine, call.loc);
  if (keepDims && !axis && !results[0].isPoison())
    for (Value &result : results)
      result = emitter.splat(result, llvm::SmallVector<int64_t>(shape.size(), 1));
  return results[0].isPoison() ? results[0] : emitter.arena.tuple(results);
}

static Value emitMaxMin(BuiltinCall &call) {
  // input, axis=None, return_indices=False, return_indices_tie_break_left=True, keep_dims=False
  std::optional<bool> withIndex = getBool(call, 2), tieLeft = getBool(call, 3), keepDims = getBool(call, 4);
  if (!withIndex || !tieLeft || !keepDims)
    return Value::poison();
  return emitExtremum(call, call.builtin.variant, *withIndex, *tieLeft, *keepDims, 1);
}

static Value emitArgMaxMin(BuiltinCall &call) {
  // input, axis, tie_break_left=True, keep_dims=False
  std::optional<bool> tieLeft = getBool(call, 2), keepDims = getBool(call, 3);
  if (!tieLeft || !keepDims)
    return Value::poison();
  Value both = emitExtremum(call, call.builtin.variant, true, *tieLeft, *keepDims, 1);
  return both.isTuple() ? both.tupleData->elements[1] : both;
}

/// The tensors of an argument that may be one or a tuple of several, brought to one shape.
static bool getInputs(BuiltinCall &call, unsigned index, Values &inputs, bool &isTuple) {
  Value argument = call[index];
  isTuple = argument.isTuple();
  if (isTuple)
    inputs.assign(argument.tupleData->elements.begin(), argument.tupleData->elements.end());
  else
    inputs.push_back(argument);
  if (inputs.empty()) {
    wrongArgument(call, index, "a tensor or a tuple of tensors");
    return false;
  }
  for (Value &input : inputs) {
    if (input.isPoison())
      return false;
    if (!input.isTensor()) {
      wrongArgument(call, index, "a tensor or a tuple of tensors");
      return false;
    }
    if (input.getShape() != inputs[0].getShape()) {
      callError(call, "needs tensors of one shape: there are " + describe(inputs[0]) + " and " + describe(input));
      return false;
    }
  }
  if (!inputs[0].isBlock()) {
    callError(call, "needs a tensor with at least one dimension, but there is " + describe(inputs[0]));
    return false;
  }
  return true;
}

/// Calls a function of the user on the scalars of both sides.
static Values callCombiner(BuiltinCall &call, Value function, llvm::ArrayRef<Value> acc, llvm::ArrayRef<Value> cur) {
  llvm::SmallVector<Argument> args;
  for (const Value &value : acc)
    args.push_back({value, SourceRange(), {}});
  for (const Value &value : cur)
    args.push_back({value, SourceRange(), {}});
  Value result = call.emitter.call(function, args, call.loc);
  if (result.isTuple())
    return Values(result.tupleData->elements.begin(), result.tupleData->elements.end());
  return {result};
}

static bool checkCombiner(BuiltinCall &call, unsigned index) {
  ValueKind kind = call[index].kind;
  if (kind == ValueKind::Function || kind == ValueKind::Builtin || kind == ValueKind::Method)
    return true;
  wrongArgument(call, index, "a function");
  return false;
}

static Value emitReduce(BuiltinCall &call) {
  // input, axis, combine_fn, keep_dims=False
  Emitter &emitter = call.emitter;
  Values inputs;
  bool isTuple = false;
  std::optional<bool> keepDims = getBool(call, 3);
  std::optional<unsigned> axis;
  if (!keepDims || !checkCombiner(call, 2) || !getInputs(call, 0, inputs, isTuple) ||
      !getReduceAxis(call, 1, inputs[0].getShape().size(), axis))
    return Value::poison();
  auto combine = [&](llvm::ArrayRef<Value> acc, llvm::ArrayRef<Value> cur) {
    return callCombiner(call, call[2], acc, cur);
  };
  Values results = reduceAlong(emitter, inputs, axis, *keepDims, combine, call.loc);
  return isTuple ? emitter.arena.tuple(results) : results[0];
}

//===----------------------------------------------------------------------===//
// Scans
//===----------------------------------------------------------------------===//

static Values scanAlong(Emitter &emitter, Values inputs, unsigned axis, bool reverse, Combiner combine, SourceLoc loc) {
  llvm::SmallVector<mlir::Value> operands;
  for (const Value &input : inputs)
    operands.push_back(input.getSSA());
  auto op = tile::ScanOp::create(emitter.builder, emitter.loc(), operands, axis, reverse);
  if (!fillCombine(emitter, op, inputs, combine, loc)) {
    op->erase();
    return Values(inputs.size(), Value::poison());
  }
  Values results;
  for (auto [input, result] : llvm::zip(inputs, op.getResults()))
    results.push_back(Value::tensor(result, input.element));
  return results;
}

static Value emitScan(BuiltinCall &call) {
  // input, axis, combine_fn, reverse=False
  Emitter &emitter = call.emitter;
  Values inputs;
  bool isTuple = false;
  std::optional<bool> reverse = getBool(call, 3);
  if (!reverse || !checkCombiner(call, 2) || !getInputs(call, 0, inputs, isTuple))
    return Value::poison();
  std::optional<unsigned> axis = getAxis(call, 1, inputs[0].getShape().size());
  if (!axis)
    return Value::poison();
  auto combine = [&](llvm::ArrayRef<Value> acc, llvm::ArrayRef<Value> cur) {
    return callCombiner(call, call[2], acc, cur);
  };
  Values results = scanAlong(emitter, inputs, *axis, *reverse, combine, call.loc);
  return isTuple ? emitter.arena.tuple(results) : results[0];
}

static Value emitCumulative(BuiltinCall &call) {
  // input, axis=0, reverse=False[, dtype=None]
  Emitter &emitter = call.emitter;
  bool isSum = call.builtin.variant == 0;
  std::optional<Value> input = getBlock(call, 0);
  std::optional<bool> reverse = getBool(call, 2);
  if (!input || !reverse)
    return Value::poison();
  std::optional<unsigned> axis = getAxis(call, 1, input->getShape().size());
  if (!axis)
    return Value::poison();
  if (input->element.isPointer())
    return wrongArgument(call, 0, "a tensor of numbers");
  if (input->element.is(DType::BFloat16))
    *input = emitter.cast(*input, DType::Float32, call.loc);
  if (isSum) {
    ElementType type = pickSumType(input->element);
    if (!call[3].isNone()) {
      std::optional<ElementType> given = getType(call, 3);
      if (!given)
        return Value::poison();
      type = *given;
    }
    *input = emitter.cast(*input, type, call.loc);
  }
  auto combine = [&](llvm::ArrayRef<Value> acc, llvm::ArrayRef<Value> cur) -> Values {
    return {emitter.binary(isSum ? ast::BinaryOp::Add : ast::BinaryOp::Mul, acc[0], cur[0], call.loc)};
  };
  return scanAlong(emitter, {*input}, *axis, *reverse, combine, call.loc)[0];
}

//===----------------------------------------------------------------------===//
// Gather and histogram
//===----------------------------------------------------------------------===//

static Value emitGather(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  std::optional<Value> source = getBlock(call, 0), index = getBlock(call, 1);
  if (!source || !index)
    return Value::poison();
  if (!index->element.isInteger())
    return wrongArgument(call, 1, "a tensor of integers");
  size_t rank = source->getShape().size();
  std::optional<unsigned> axis = getAxis(call, 2, rank);
  if (!axis)
    return Value::poison();
  bool fits = index->getShape().size() == rank;
  for (size_t dim = 0; fits && dim < rank; ++dim)
    fits = dim == *axis || index->getShape()[dim] == source->getShape()[dim];
  if (!fits)
    return callError(call, "needs an index of the shape of the source but along axis " + Twine(*axis) +
                               ": the source is " + describeShape(source->getShape()) + ", the index is " +
                               describeShape(index->getShape()));
  auto gather = tile::GatherOp::create(emitter.builder, emitter.loc(), source->getSSA(), index->getSSA(), *axis);
  return Value::tensor(gather.getResult(), source->element);
}

static Value emitHistogram(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  std::optional<Value> input = getBlock(call, 0);
  std::optional<int64_t> bins = getInt(call, 1);
  if (!input || !bins)
    return Value::poison();
  if (input->getShape().size() != 1 || !input->element.isInteger())
    return wrongArgument(call, 0, "a vector of integers");
  if (!emitter.checkShape({*bins}, call.loc, "the result of 'tl.histogram'"))
    return Value::poison();
  mlir::Value mask;
  if (!call[2].isNone()) {
    std::optional<Value> given = getTensor(call, 2);
    if (!given)
      return Value::poison();
    Value condition = emitter.broadcastTo(emitter.toCondition(*given, call.loc), input->getShape(), call.loc);
    if (condition.isPoison())
      return condition;
    mask = condition.getSSA();
  }
  auto histogram = tile::HistogramOp::create(emitter.builder, emitter.loc(), emitter.getType(DType::Int32, {*bins}),
                                             input->getSSA(), mask);
  return Value::tensor(histogram.getResult(), DType::Int32);
}

//===----------------------------------------------------------------------===//
// Dot
//===----------------------------------------------------------------------===//

enum DotParam { DInput, DOther, DAcc, DPrecision, DAllowTF32, DMaxImprecise, DOutType };

static std::optional<tile::InputPrecision> getPrecision(BuiltinCall &call) {
  bool isGiven = !call[DPrecision].isNone(), tf32Given = !call[DAllowTF32].isNone();
  if (isGiven && tf32Given) {
    callError(call, "takes 'input_precision' or 'allow_tf32', not both");
    return std::nullopt;
  }
  if (tf32Given) {
    std::optional<bool> allow = getBool(call, DAllowTF32);
    if (!allow)
      return std::nullopt;
    return *allow ? tile::InputPrecision::TF32 : tile::InputPrecision::IEEE;
  }
  if (!isGiven)
    return tile::InputPrecision::TF32x3;
  std::optional<StringRef> text = getString(call, DPrecision);
  if (!text)
    return std::nullopt;
  std::string lower = text->lower();
  if (lower == "tf32")
    return tile::InputPrecision::TF32;
  if (lower == "tf32x3")
    return tile::InputPrecision::TF32x3;
  if (lower == "ieee")
    return tile::InputPrecision::IEEE;
  if (lower == "bf16x3")
    return tile::InputPrecision::BF16x3;
  if (lower == "bf16x6")
    return tile::InputPrecision::BF16x6;
  wrongArgument(call, DPrecision, "one of 'tf32', 'tf32x3', 'ieee', 'bf16x3', 'bf16x6'");
  return std::nullopt;
}

static bool checkDotTypes(BuiltinCall &call, const Value &a, const Value &b) {
  ElementType x = a.element, y = b.element;
  for (unsigned index : {DInput, DOther}) {
    ElementType type = index == DInput ? x : y;
    bool possible = type.is(DType::Int8) || type.isFloating();
    if (!possible) {
      wrongArgument(call, index, "of type int8, float8, float16, bfloat16, float32 or float64");
      return false;
    }
  }
  if (x != y && !(x.isFloat8() && y.isFloat8())) {
    callError(call, "needs operands of one type: a is " + describe(a) + ", b is " + describe(b));
    return false;
  }
  return true;
}

static Value emitDot(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  std::optional<Value> a = getBlock(call, DInput), b = getBlock(call, DOther);
  if (!a || !b)
    return Value::poison();
  std::optional<tile::InputPrecision> precision = getPrecision(call);
  if (!precision || !checkDotTypes(call, *a, *b))
    return Value::poison();
  llvm::SmallVector<int64_t> aShape(a->getShape()), bShape(b->getShape());
  size_t rank = aShape.size();
  if (rank != bShape.size() || rank < 2)
    return callError(call, "needs two matrices, or batches of as many dimensions: a is " + describe(*a) + ", b is " +
                               describe(*b));
  for (size_t dim = 0; dim + 2 < rank; ++dim)
    if (aShape[dim] != bShape[dim])
      return callError(call, "needs batch dimensions to agree: a is " + describeShape(aShape) + ", b is " +
                                 describeShape(bShape));
  if (aShape[rank - 1] != bShape[rank - 2])
    return callError(call, "needs inner dimensions to agree: a is " + describeShape(aShape) + ", b is " +
                               describeShape(bShape));
  std::optional<ElementType> outType;
  if (!call[DOutType].isNone()) {
    outType = getType(call, DOutType);
    if (!outType)
      return Value::poison();
    if (outType->is(DType::BFloat16))
      return callError(call, "cannot accumulate in bfloat16; accumulate in float32 and convert the result with "
                             "'.to(tl.bfloat16)'");
  }
  bool hasAcc = !call[DAcc].isNone();
  std::optional<Value> acc;
  if (hasAcc) {
    acc = getBlock(call, DAcc);
    if (!acc)
      return Value::poison();
  }
  // The type of the result.
  ElementType type = a->element, result = DType::Float32;
  if (type.isInteger())
    result = DType::Int32;
  else if (type.is(DType::Float64))
    result = DType::Float64;
  else if (type.is(DType::Float16) || type.isFloat8())
    result = outType ? *outType : acc ? acc->element : result;
  bool accumulates = result.is(DType::Float16) || result.is(DType::Float32);
  if (type.isFloating() && !(type.is(DType::Float64) ? result == type : accumulates))
    return callError(call, "accumulates in float16 or float32, not in " + result.getSpelling());
  llvm::SmallVector<int64_t> shape(aShape);
  shape.back() = bShape.back();
  int64_t maxImprecise = 0;
  if (!call[DMaxImprecise].isNone()) {
    std::optional<int64_t> given = getInt(call, DMaxImprecise);
    if (!given)
      return Value::poison();
    if (*given < 0)
      return wrongArgument(call, DMaxImprecise, "0 or more");
    maxImprecise = *given;
  }
  if (acc && (acc->getShape() != llvm::ArrayRef(shape) || acc->element != result))
    return callError(call, "needs an accumulator of " + describeShape(shape) + "x" + result.getSpelling() +
                               ", but 'acc' is " + describe(*acc));
  Value accumulator = acc ? *acc : emitter.zeroOf(emitter.getType(result, shape), result);
  Value left = *a, right = *b;
  if (rank > 3) {
    int64_t batch = std::accumulate(shape.begin(), shape.end() - 2, int64_t(1), std::multiplies<>());
    auto flatten = [&](Value value) {
      llvm::ArrayRef<int64_t> sides = value.getShape().take_back(2);
      return emitter.reshape(value, {batch, sides[0], sides[1]});
    };
    left = flatten(left);
    right = flatten(right);
    accumulator = flatten(accumulator);
  }
  auto dot = tile::DotOp::create(emitter.builder, emitter.loc(), accumulator.getSSA().getType(), left.getSSA(),
                                 right.getSSA(), accumulator.getSSA(), *precision, maxImprecise);
  Value value = Value::tensor(dot.getResult(), result);
  return rank > 3 ? emitter.reshape(value, shape) : value;
}

static Value emitDotScaled(BuiltinCall &call) {
  return callError(call, "is not supported: block-scaled products need tensor cores that the targets of this version "
                         "lack");
}

llvm::ArrayRef<Builtin> emit::getReduceBuiltins() {
  static constexpr const char *extremum =
      "input, axis=None, return_indices=False, return_indices_tie_break_left=True, keep_dims=False";
  static constexpr const char *arg = "input, axis, tie_break_left=True, keep_dims=False";
  static constexpr Builtin table[] = {
      {"sum", "input, axis=None, keep_dims=False, dtype=None", emitSum, Method, SumAdd},
      {"xor_sum", "input, axis=None, keep_dims=False", emitSum, Method, SumXor},
      {"reduce_or", "input, axis=None, keep_dims=False", emitSum, Method, SumOr},
      {"max", extremum, emitMaxMin, Method, 1},
      {"min", extremum, emitMaxMin, Method, 0},
      {"argmax", arg, emitArgMaxMin, Method, 1},
      {"argmin", arg, emitArgMaxMin, Method, 0},
      {"reduce", "input, axis, combine_fn, keep_dims=False", emitReduce, Method},
      {"associative_scan", "input, axis, combine_fn, reverse=False", emitScan, Method},
      {"cumsum", "input, axis=0, reverse=False, dtype=None", emitCumulative, Method, 0},
      {"cumprod", "input, axis=0, reverse=False", emitCumulative, Method, 1},
      {"gather", "src, index, axis", emitGather, Method},
      {"histogram", "input, num_bins, mask=None", emitHistogram, Method},
      {"dot",
       "input, other, acc=None, input_precision=None, allow_tf32=None, max_num_imprecise_acc=None, out_dtype=None",
       emitDot},
      {"dot_scaled",
       "lhs, lhs_scale, lhs_format, rhs, rhs_scale, rhs_format, acc=None, fast_math=False, lhs_k_pack=True, "
       "rhs_k_pack=True, out_dtype=None",
       emitDotScaled},
  };
  return table;
}
