//===- BuiltinsShape.cpp - built-ins that rearrange tensors -----------------===//
//
// Broadcasting, reshaping, transposing, joining and splitting.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/BuiltinHelpers.h"

#include <numeric>

using namespace tessera;
using namespace tessera::emit;
using llvm::Twine;

static Value emitBroadcast(BuiltinCall &call) {
  std::optional<Value> a = getTensor(call, 0), b = getTensor(call, 1);
  if (!a || !b || !call.emitter.broadcastPair(*a, *b, call.loc, "'tl.broadcast'"))
    return Value::poison();
  return call.emitter.arena.tuple({*a, *b});
}

static Value emitBroadcastTo(BuiltinCall &call) {
  std::optional<Value> input = getTensor(call, 0);
  llvm::SmallVector<int64_t> shape;
  if (!input || !call.emitter.getShapeArgument(call[1], call.loc, "'tl.broadcast_to'", shape))
    return Value::poison();
  return call.emitter.broadcastTo(*input, shape, call.loc);
}

static Value emitExpandDims(BuiltinCall &call) {
  std::optional<Value> input = getTensor(call, 0);
  llvm::SmallVector<int64_t> axes;
  if (!input || !getInts(call, 1, axes))
    return Value::poison();
  int64_t rank = input->getShape().size() + axes.size();
  for (int64_t &axis : axes) {
    if (axis < -rank || axis >= rank)
      return callError(call, "cannot insert dimension " + Twine(axis) + " where the result has " + Twine(rank) +
                                 " dimensions");
    axis = axis < 0 ? axis + rank : axis;
  }
  llvm::sort(axes);
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end())
    return callError(call, "names a dimension twice");
  Value result = *input;
  for (int64_t axis : axes)
    result = call.emitter.expandDims(result, axis);
  return result;
}

static Value emitPermute(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  bool isTrans = call.builtin.variant;
  std::optional<Value> input = getBlock(call, 0);
  llvm::SmallVector<int64_t> dims;
  if (!input || !getInts(call, 1, dims))
    return Value::poison();
  int64_t rank = input->getShape().size();
  if (isTrans && dims.empty()) {
    if (rank < 2)
      return callError(call, "needs a tensor of at least 2 dimensions, this one is " + describe(*input));
    dims.resize(rank);
    std::iota(dims.begin(), dims.end(), 0);
    std::swap(dims[rank - 1], dims[rank - 2]);
  }
  llvm::SmallVector<int32_t> order;
  llvm::SmallVector<bool> seen(rank, false);
  for (int64_t dim : dims) {
    dim = dim < 0 ? dim + rank : dim;
    if (dim < 0 || dim >= rank || seen[dim] || static_cast<int64_t>(dims.size()) != rank)
      return callError(call, "needs a permutation of the " + Twine(rank) + " dimensions of " + describe(*input));
    seen[dim] = true;
    order.push_back(dim);
  }
  return Value::tensor(tile::TransOp::create(emitter.builder, emitter.loc(), input->getSSA(), order).getResult(),
                       input->element);
}

static Value emitReshape(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  bool isView = call.builtin.variant;
  std::optional<Value> input = getTensor(call, 0);
  llvm::SmallVector<int64_t> shape;
  std::optional<bool> reorder = isView ? std::optional<bool>(true) : getBool(call, 2);
  if (!input || !reorder ||
      !emitter.getShapeArgument(call[1], call.loc, "'" + getDisplayName(call.builtin) + "'", shape))
    return Value::poison();
  int64_t elements = std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
  if (elements != input->getNumElements())
    return callError(call, "keeps the number of elements: " + describeShape(input->getShape()) + " has " +
                               Twine(input->getNumElements()) + ", " + describeShape(shape) + " has " +
                               Twine(elements));
  return emitter.reshape(*input, shape, *reorder);
}

static Value emitRavel(BuiltinCall &call) {
  std::optional<Value> input = getTensor(call, 0);
  std::optional<bool> reorder = getBool(call, 1);
  if (!input || !reorder)
    return Value::poison();
  return call.emitter.reshape(*input, {input->getNumElements()}, *reorder);
}

static Value emitItem(BuiltinCall &call) {
  std::optional<Value> input = getTensor(call, 0);
  return input ? call.emitter.toScalar(*input, call.loc) : Value::poison();
}

static Value emitSqueeze(BuiltinCall &call) {
  std::optional<Value> input = getBlock(call, 0);
  if (!input)
    return Value::poison();
  llvm::SmallVector<int64_t> shape(input->getShape());
  std::optional<unsigned> axis = getAxis(call, 1, shape.size());
  if (!axis)
    return Value::poison();
  if (shape[*axis] != 1)
    return callError(call, "removes a dimension of size 1, but dimension " + Twine(*axis) + " of " + describe(*input) +
                               " has size " + Twine(shape[*axis]));
  shape.erase(shape.begin() + *axis);
  return call.emitter.reshape(*input, shape);
}

static Value emitJoin(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  std::optional<Value> a = getTensor(call, 0), b = getTensor(call, 1);
  if (!a || !b || !emitter.broadcastPair(*a, *b, call.loc, "'tl.join'"))
    return Value::poison();
  if (a->element != b->element)
    return callError(call, "needs operands of one type: a is " + describe(*a) + ", b is " + describe(*b));
  bool scalars = !a->isBlock();
  if (scalars) {
    *a = emitter.splat(*a, {1});
    *b = emitter.splat(*b, {1});
  }
  Value result = Value::tensor(
      tile::JoinOp::create(emitter.builder, emitter.loc(), a->getSSA(), b->getSSA()).getResult(), a->element);
  return scalars ? emitter.reshape(result, {2}) : result;
}

static Value emitSplit(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  std::optional<Value> input = getBlock(call, 0);
  if (!input)
    return Value::poison();
  if (input->getShape().back() != 2)
    return callError(call, "needs a tensor whose last dimension is 2, this one is " + describe(*input));
  bool isPair = input->getShape().size() == 1;
  if (isPair)
    *input = emitter.expandDims(*input, 0);
  auto split = tile::SplitOp::create(emitter.builder, emitter.loc(), input->getSSA());
  Value left = Value::tensor(split.getLhs(), input->element), right = Value::tensor(split.getRhs(), input->element);
  if (isPair) {
    left = emitter.toScalar(left, call.loc);
    right = emitter.toScalar(right, call.loc);
  }
  return emitter.arena.tuple({left, right});
}

static Value emitCat(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  std::optional<Value> a = getBlock(call, 0), b = getBlock(call, 1);
  if (!a || !b || !getBool(call, 2))
    return Value::poison();
  if (a->getSSA().getType() != b->getSSA().getType() || a->element != b->element || a->getShape().size() != 1)
    return callError(call, "needs two tensors of one dimension, one length and one type: there are " + describe(*a) +
                               " and " + describe(*b));
  return Value::tensor(tile::CatOp::create(emitter.builder, emitter.loc(), a->getSSA(), b->getSSA()).getResult(),
                       a->element);
}

llvm::ArrayRef<Builtin> emit::getShapeBuiltins() {
  static constexpr Builtin table[] = {
      {"broadcast", "input, other", emitBroadcast},
      {"broadcast_to", "input, *shape", emitBroadcastTo, Method},
      {"expand_dims", "input, axis", emitExpandDims, Method},
      {"unsqueeze", "input, axis", emitExpandDims, Method},
      {"squeeze", "input, axis", emitSqueeze, Method},
      {"permute", "input, *dims", emitPermute, Method},
      {"trans", "input, *dims", emitPermute, Method, 1},
      {"reshape", "input, *shape, can_reorder=False", emitReshape, Method},
      {"view", "input, *shape", emitReshape, Method, 1},
      {"ravel", "x, can_reorder=False", emitRavel, Method},
      {"item", "input", emitItem, Method},
      {"join", "a, b", emitJoin},
      {"split", "a", emitSplit, Method},
      {"cat", "input, other, can_reorder=False", emitCat},
  };
  return table;
}
