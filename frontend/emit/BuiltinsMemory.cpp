//===- BuiltinsMemory.cpp - loads, stores, block pointers, descriptors -------===//
//
// Accesses through pointers, and the two ways to name a block of memory: block
// pointers and tensor descriptors. Both become pointers and masks here: the
// scalar part of the address is computed once, and each dimension adds its
// steps.
//
//   pointers[i, j] = (base + o0 * s0 + o1 * s1) + i * s0 + j * s1
//   mask[i, j]     = -o0 <= i < n0 - o0  and  -o1 <= j < n1 - o1
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
// Block pointers
//===----------------------------------------------------------------------===//

/// A 64-bit scalar, or the number if the value is known.
static Value toWide(Emitter &emitter, Value value, SourceLoc loc) {
  if (std::optional<Value> known = emitter.getConstant(value))
    return *known;
  return emitter.cast(value, DType::Int64, loc);
}

/// Puts a vector along dimension `dim` of `rank`.
static Value alongDimension(Emitter &emitter, Value vector, unsigned dim, unsigned rank) {
  for (unsigned i = 0; i < rank; ++i)
    if (i != dim)
      vector = emitter.expandDims(vector, i);
  return vector;
}

std::optional<BlockAccess> emit::getBlockAccess(Emitter &emitter, const BlockPointerData &data,
                                                llvm::ArrayRef<Value> offsets, llvm::ArrayRef<int64_t> checked,
                                                SourceLoc loc) {
  using ast::BinaryOp;
  using ast::CompareOp;
  unsigned rank = data.blockShape.size();
  Value base = data.base;
  BlockAccess access;
  llvm::SmallVector<Value> wideOffsets;
  for (unsigned dim = 0; dim < rank; ++dim) {
    Value offset = toWide(emitter, offsets[dim], loc), stride = toWide(emitter, data.strides[dim], loc);
    wideOffsets.push_back(offset);
    Value distance = emitter.binary(BinaryOp::Mul, offset, stride, loc);
    if (distance.isPoison())
      return std::nullopt;
    if (!(distance.isIntLike() && distance.integer == 0))
      base = emitter.binary(BinaryOp::Add, base, distance, loc);
  }
  access.pointers = base;
  for (unsigned dim = 0; dim < rank; ++dim) {
    int64_t side = data.blockShape[dim];
    mlir::Type type = emitter.getType(DType::Int32, {side});
    Value index = Value::tensor(tile::ArangeOp::create(emitter.builder, emitter.loc(), type, 0, side), DType::Int32);
    index = emitter.cast(index, DType::Int64, loc);
    Value stride = toWide(emitter, data.strides[dim], loc);
    bool isUnit = stride.isIntLike() && stride.integer == 1;
    Value steps = isUnit ? index : emitter.binary(BinaryOp::Mul, index, stride, loc);
    access.pointers = emitter.binary(BinaryOp::Add, access.pointers, alongDimension(emitter, steps, dim, rank), loc);
    if (access.pointers.isPoison())
      return std::nullopt;
    if (!llvm::is_contained(checked, dim))
      continue;
    Value offset = wideOffsets[dim];
    Value limit = emitter.binary(BinaryOp::Sub, toWide(emitter, data.shape[dim], loc), offset, loc);
    Value inside = emitter.compare(CompareOp::Less, index, limit, loc);
    if (!offset.isIntLike() || offset.integer < 0) {
      Value lowest = emitter.unary(ast::UnaryOperator::Minus, offset, loc);
      Value above = emitter.compare(CompareOp::GreaterEq, index, lowest, loc);
      inside = emitter.logical(/*isAnd=*/true, inside, above, loc);
    }
    inside = alongDimension(emitter, inside, dim, rank);
    access.mask = access.mask.isUndefined() ? inside : emitter.logical(/*isAnd=*/true, access.mask, inside, loc);
  }
  if (!access.mask.isUndefined() && access.mask.getShape() != llvm::ArrayRef(data.blockShape))
    access.mask = emitter.broadcastTo(access.mask, data.blockShape, loc);
  return access;
}

/// A list of integers for a block pointer, known or not.
static bool getIntegerList(BuiltinCall &call, unsigned index, llvm::SmallVectorImpl<Value> &values) {
  Value list = call[index];
  if (list.isTuple())
    values.append(list.tupleData->elements.begin(), list.tupleData->elements.end());
  else
    values.push_back(list);
  for (Value &value : values) {
    if (value.isBlock())
      value = call.emitter.toScalar(value, getArgumentLoc(call, index));
    if (value.isPoison())
      return false;
    if (!value.isIntLike() && !(value.isTensor() && value.element.isInteger())) {
      call.emitter
          .error(getArgumentLoc(call, index), "the argument '" + call.names[index] + "' of '" +
                                                  getDisplayName(call.builtin) +
                                                  "' must consist of integers, but contains " + describe(value))
          .range(call.ranges[index]);
      return false;
    }
  }
  return true;
}

static Value emitMakeBlockPtr(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  BlockPointerData data;
  data.base = call[0];
  if (!data.base.isScalarTensor() || !data.base.element.isPointer())
    return wrongArgument(call, 0, "a pointer");
  if (!getIntegerList(call, 1, data.shape) || !getIntegerList(call, 2, data.strides) ||
      !getIntegerList(call, 3, data.offsets) || !getInts(call, 4, data.blockShape) || !getInts(call, 5, data.order) ||
      !emitter.checkShape(data.blockShape, getArgumentLoc(call, 4), "a block pointer"))
    return Value::poison();
  size_t rank = data.blockShape.size();
  if (data.shape.size() != rank || data.strides.size() != rank || data.offsets.size() != rank ||
      data.order.size() != rank)
    return callError(call, "needs lists of one length: shape has " + Twine(data.shape.size()) + ", strides " +
                               Twine(data.strides.size()) + ", offsets " + Twine(data.offsets.size()) +
                               ", block_shape " + Twine(rank) + ", order " + Twine(data.order.size()));
  llvm::SmallVector<int64_t> sorted(data.order.begin(), data.order.end());
  llvm::sort(sorted);
  for (size_t i = 0; i < rank; ++i)
    if (sorted[i] != static_cast<int64_t>(i))
      return wrongArgument(call, 5, "a permutation of the dimensions");
  return emitter.arena.blockPointer(std::move(data));
}

static Value emitAdvance(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  if (!call[0].is(ValueKind::BlockPointer))
    return wrongArgument(call, 0, "a block pointer");
  BlockPointerData data = *call[0].blockPointer;
  llvm::SmallVector<Value> deltas;
  if (!getIntegerList(call, 1, deltas))
    return Value::poison();
  if (deltas.size() != data.offsets.size())
    return callError(call, "needs an offset for each of the " + Twine(data.offsets.size()) +
                               " dimensions, but is given " + Twine(deltas.size()));
  for (auto [offset, delta] : llvm::zip(data.offsets, deltas)) {
    if (delta.isIntLike() && delta.integer == 0)
      continue;
    offset = emitter.binary(ast::BinaryOp::Add, offset, delta, call.loc);
    if (offset.isPoison())
      return offset;
  }
  return emitter.arena.blockPointer(std::move(data));
}

static bool getBoundaryCheck(BuiltinCall &call, unsigned index, size_t rank, llvm::SmallVectorImpl<int64_t> &dims) {
  if (call[index].isNone())
    return true;
  if (!getInts(call, index, dims))
    return false;
  for (int64_t dim : dims)
    if (dim < 0 || dim >= static_cast<int64_t>(rank)) {
      callError(call, "cannot check dimension " + Twine(dim) + " of a block of " + Twine(rank) + " dimensions");
      return false;
    }
  return true;
}

//===----------------------------------------------------------------------===//
// Loads
//===----------------------------------------------------------------------===//

namespace {
struct AccessOptions {
  tile::CacheModifier cache = tile::CacheModifier::None;
  tile::EvictionPolicy evict = tile::EvictionPolicy::Normal;
  bool isVolatile = false;
};
} // namespace

/// Memory holds booleans as bytes.
static Value withByteBooleans(Emitter &emitter, Value pointer, SourceLoc loc) {
  if (pointer.element.getPointee().isBool())
    return emitter.cast(pointer, ElementType::pointerTo(DType::Int8), loc);
  return pointer;
}

static Value emitLoadOp(Emitter &emitter, Value pointer, Value mask, Value other, const AccessOptions &options,
                        SourceLoc loc) {
  bool isBool = pointer.element.getPointee().isBool();
  pointer = withByteBooleans(emitter, pointer, loc);
  ElementType element = pointer.element.getPointee();
  if (pointer.isPoison())
    return pointer;
  mlir::Value maskValue, otherValue;
  if (!mask.isUndefined())
    maskValue = mask.getSSA();
  if (!other.isUndefined()) {
    other = emitter.cast(other, element, loc);
    if (other.isPoison())
      return other;
    otherValue = other.getSSA();
  }
  auto load =
      tile::LoadOp::create(emitter.builder, emitter.loc(), emitter.getType(element, pointer.getShape()),
                           pointer.getSSA(), maskValue, otherValue, options.cache, options.evict, options.isVolatile);
  Value result = Value::tensor(load.getResult(), element);
  return isBool ? emitter.cast(result, DType::Int1, loc) : result;
}

static Value loadBlock(Emitter &emitter, const BlockPointerData &data, llvm::ArrayRef<Value> offsets,
                       llvm::ArrayRef<int64_t> checked, const AccessOptions &options, SourceLoc loc) {
  std::optional<BlockAccess> access = getBlockAccess(emitter, data, offsets, checked, loc);
  if (!access)
    return Value::poison();
  Value other;
  if (!access->mask.isUndefined()) {
    ElementType element = access->pointers.element.getPointee();
    double fill = data.padNaN ? __builtin_nan("") : 0.0;
    if (element.isBool())
      element = DType::Int8;
    other = element.isPointer()
                ? emitter.zeroOf(emitter.getType(element, data.blockShape), element)
                : emitter.splat(emitter.makeScalar(Value::ofFloat(fill), element, loc), data.blockShape);
  }
  return emitLoadOp(emitter, access->pointers, access->mask, other, options, loc);
}

/// A mask argument: absent, or a boolean.
static bool getMask(BuiltinCall &call, unsigned index, Value &mask) {
  mask = Value();
  if (call[index].isNone())
    return true;
  std::optional<Value> value = getTensor(call, index);
  if (!value)
    return false;
  if (!value->element.isBool()) {
    // 0 and 1 stand for False and True.
    if (call[index].isIntLike()) {
      mask = call.emitter.toCondition(call[index], call.loc);
      return true;
    }
    wrongArgument(call, index, "a tensor of booleans (such as 'x != 0')");
    return false;
  }
  mask = *value;
  return true;
}

static bool checkScalarAccess(BuiltinCall &call, Value pointer, Value other, StringRef what) {
  if (pointer.isBlock() || other.isUndefined() || !other.isBlock())
    return true;
  callError(call, "accesses a scalar, but the " + Twine(what) + " is " + describe(other) +
                      "; add an offset block to the pointer, such as 'ptr + tl.arange(0, N)'");
  return false;
}

enum LoadParam { LPointer, LMask, LOther, LBoundary, LPadding, LCache, LEvict, LVolatile };

static Value emitLoad(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  AccessOptions options;
  bool fine = true;
  options.cache = getCacheModifier(call, LCache, /*isLoad=*/true, fine);
  options.evict = getEvictionPolicy(call, LEvict, fine);
  std::optional<bool> isVolatile = getBool(call, LVolatile);
  std::optional<StringRef> padding = getString(call, LPadding);
  if (!fine || !isVolatile || !padding)
    return Value::poison();
  options.isVolatile = *isVolatile;
  if (!padding->empty() && *padding != "zero" && *padding != "nan")
    return wrongArgument(call, LPadding, "one of '', 'zero', 'nan'");

  if (call[LPointer].is(ValueKind::BlockPointer)) {
    if (!call[LMask].isNone() || !call[LOther].isNone())
      return callError(call, "through a block pointer takes 'boundary_check' and 'padding_option', not 'mask' and "
                             "'other'");
    BlockPointerData data = *call[LPointer].blockPointer;
    llvm::SmallVector<int64_t> checked;
    if (!getBoundaryCheck(call, LBoundary, data.blockShape.size(), checked))
      return Value::poison();
    data.padNaN = *padding == "nan";
    if (data.padNaN && !data.base.element.getPointee().isFloating())
      return wrongArgument(call, LPadding, "'zero' for a block of integers");
    return loadBlock(emitter, data, data.offsets, checked, options, call.loc);
  }
  Value pointer = call[LPointer];
  if (!pointer.isTensor() || !pointer.element.isPointer())
    return wrongArgument(call, LPointer, "a pointer or a tensor of pointers");
  llvm::SmallVector<int64_t> unused;
  if (!padding->empty() || (!call[LBoundary].isNone() && getInts(call, LBoundary, unused) && !unused.empty()))
    return callError(call, "takes 'boundary_check' and 'padding_option' only with a block pointer; use 'mask' and "
                           "'other'");
  Value mask, other;
  if (!getMask(call, LMask, mask))
    return Value::poison();
  if (!call[LOther].isNone()) {
    if (mask.isUndefined())
      return callError(call, "has 'other' without a 'mask'");
    other = call[LOther].isNumber() && !pointer.element.getPointee().isPointer()
                ? call[LOther]
                : getTensor(call, LOther).value_or(Value::poison());
    if (other.isPoison())
      return other;
  }
  if (!checkScalarAccess(call, pointer, mask, "mask") ||
      !checkScalarAccess(call, pointer, other.isTensor() ? other : Value(), "value of 'other'"))
    return Value::poison();
  ElementType element = pointer.element.getPointee();
  if (element.isBool())
    element = DType::Int8;
  if (other.isNumber())
    other = emitter.makeScalar(other, element, call.loc);
  if (pointer.isBlock()) {
    llvm::SmallVector<Value *> parts = {&pointer};
    if (!mask.isUndefined())
      parts.push_back(&mask);
    if (!other.isUndefined())
      parts.push_back(&other);
    if (!emitter.broadcastAll(parts, call.loc, "'tl.load'"))
      return Value::poison();
  }
  return emitLoadOp(emitter, pointer, mask, other, options, call.loc);
}

//===----------------------------------------------------------------------===//
// Stores
//===----------------------------------------------------------------------===//

static Value emitStoreOp(Emitter &emitter, Value pointer, Value value, Value mask, const AccessOptions &options,
                         SourceLoc loc) {
  bool isBool = pointer.element.getPointee().isBool();
  if (isBool)
    value = emitter.cast(value, DType::Int1, loc);
  pointer = withByteBooleans(emitter, pointer, loc);
  value = emitter.cast(value, pointer.element.getPointee(), loc);
  if (pointer.isPoison() || value.isPoison())
    return Value::poison();
  tile::StoreOp::create(emitter.builder, emitter.loc(), pointer.getSSA(), value.getSSA(),
                        mask.isUndefined() ? mlir::Value() : mask.getSSA(), options.cache, options.evict);
  return Value::none();
}

static Value storeBlock(Emitter &emitter, const BlockPointerData &data, llvm::ArrayRef<Value> offsets,
                        llvm::ArrayRef<int64_t> checked, Value value, const AccessOptions &options, StringRef what,
                        SourceLoc loc) {
  if (value.isBlock() && value.getShape() != llvm::ArrayRef(data.blockShape))
    return emitter.error(loc, Twine(what) + " needs a value of the block's shape: the block is " +
                                  describeShape(data.blockShape) + ", the value is " + describeShape(value.getShape()));
  value = emitter.broadcastTo(value, data.blockShape, loc);
  std::optional<BlockAccess> access = getBlockAccess(emitter, data, offsets, checked, loc);
  if (!access || value.isPoison())
    return Value::poison();
  return emitStoreOp(emitter, access->pointers, value, access->mask, options, loc);
}

enum StoreParam { SPointer, SValue, SMask, SBoundary, SCache, SEvict };

static Value emitStore(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  AccessOptions options;
  bool fine = true;
  options.cache = getCacheModifier(call, SCache, /*isLoad=*/false, fine);
  options.evict = getEvictionPolicy(call, SEvict, fine);
  std::optional<Value> value = getTensor(call, SValue);
  if (!fine || !value)
    return Value::poison();
  if (call[SPointer].is(ValueKind::BlockPointer)) {
    const BlockPointerData &data = *call[SPointer].blockPointer;
    llvm::SmallVector<int64_t> checked;
    if (!call[SMask].isNone())
      return callError(call, "through a block pointer takes 'boundary_check', not 'mask'");
    if (!getBoundaryCheck(call, SBoundary, data.blockShape.size(), checked))
      return Value::poison();
    return storeBlock(emitter, data, data.offsets, checked, *value, options, "'tl.store'", call.loc);
  }
  Value pointer = call[SPointer];
  if (!pointer.isTensor() || !pointer.element.isPointer())
    return wrongArgument(call, SPointer, "a pointer or a tensor of pointers");
  if (pointer.element.isConstPointer())
    return callError(call, "cannot write through a pointer to constant data");
  ElementType pointee = pointer.element.getPointee();
  if (value->element.isPointer() && !pointee.isPointer() && (pointee.isFloating() || pointee.getBitWidth() != 64))
    return wrongArgument(call, SValue, "of type " + pointee.getSpelling() + ", what 'pointer' points to");
  llvm::SmallVector<int64_t> unused;
  if (!call[SBoundary].isNone() && getInts(call, SBoundary, unused) && !unused.empty())
    return callError(call, "takes 'boundary_check' only with a block pointer; use 'mask'");
  Value mask;
  if (!getMask(call, SMask, mask) || !checkScalarAccess(call, pointer, mask, "mask") ||
      !checkScalarAccess(call, pointer, *value, "value"))
    return Value::poison();
  if (pointer.isBlock()) {
    llvm::SmallVector<int64_t> shape(pointer.getShape());
    // A number is converted as a scalar, which is cheaper and the same.
    if (!value->isBlock() && !pointer.element.getPointee().isBool())
      *value = emitter.cast(call[SValue].isNumber() ? call[SValue] : *value, pointer.element.getPointee(), call.loc);
    llvm::SmallVector<Value *> parts = {&pointer, &*value};
    if (!mask.isUndefined())
      parts.push_back(&mask);
    if (!emitter.broadcastAll(parts, call.loc, "'tl.store'"))
      return Value::poison();
    if (pointer.getShape() != llvm::ArrayRef(shape))
      return callError(call, "has pointers of shape " + describeShape(shape) + ", but the value and the mask are " +
                                 describeShape(pointer.getShape()));
  }
  return emitStoreOp(emitter, pointer, *value, mask, options, call.loc);
}

//===----------------------------------------------------------------------===//
// Tensor descriptors
//===----------------------------------------------------------------------===//

static Value emitMakeDescriptor(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  BlockPointerData data;
  data.base = call[0];
  std::optional<StringRef> padding = getString(call, 4);
  if (!data.base.isScalarTensor() || !data.base.element.isPointer())
    return wrongArgument(call, 0, "a pointer");
  if (!padding || !getIntegerList(call, 1, data.shape) || !getIntegerList(call, 2, data.strides) ||
      !getInts(call, 3, data.blockShape) ||
      !emitter.checkShape(data.blockShape, getArgumentLoc(call, 3), "a tensor descriptor"))
    return Value::poison();
  size_t rank = data.blockShape.size();
  if (rank < 1 || rank > 5)
    return callError(call, "describes tensors of 1 to 5 dimensions, not " + Twine(rank));
  if (data.shape.size() != rank || data.strides.size() != rank)
    return callError(call, "needs lists of one length: shape has " + Twine(data.shape.size()) + ", strides " +
                               Twine(data.strides.size()) + ", block_shape " + Twine(rank));
  ElementType element = data.base.element.getPointee();
  int64_t bytes = data.blockShape.back() * std::max(1u, element.getBitWidth() / 8);
  if (bytes < 16)
    return callError(call, "needs at least 16 bytes in the last dimension of the block, but there are " + Twine(bytes));
  std::optional<int64_t> last = emitter.getConstantInt(data.strides.back());
  if (last != 1)
    return callError(call,
                     "needs a last stride of 1, known at compile time, but it is " + describe(data.strides.back()));
  if (*padding != "zero" && *padding != "nan")
    return wrongArgument(call, 4, "'zero' or 'nan'");
  data.padNaN = *padding == "nan";
  if (data.padNaN && !element.isFloating())
    return wrongArgument(call, 4, "'zero' for a block of integers");
  return emitter.arena.blockPointer(std::move(data), ValueKind::Descriptor);
}

static bool getDescriptor(BuiltinCall &call, unsigned index, const BlockPointerData *&data) {
  if (!call[index].is(ValueKind::Descriptor)) {
    wrongArgument(call, index, "a tensor descriptor");
    return false;
  }
  data = call[index].blockPointer;
  return true;
}

static bool getOffsets(BuiltinCall &call, unsigned index, const BlockPointerData &data,
                       llvm::SmallVectorImpl<Value> &offsets) {
  if (!getIntegerList(call, index, offsets))
    return false;
  if (offsets.size() == data.blockShape.size())
    return true;
  callError(call, "needs an offset for each of the " + Twine(data.blockShape.size()) + " dimensions, but is given " +
                      Twine(offsets.size()));
  return false;
}

static llvm::SmallVector<int64_t> allDimensions(const BlockPointerData &data) {
  llvm::SmallVector<int64_t> dims;
  for (size_t i = 0; i < data.blockShape.size(); ++i)
    dims.push_back(i);
  return dims;
}

static Value emitDescriptorLoad(BuiltinCall &call) {
  const BlockPointerData *data = nullptr;
  llvm::SmallVector<Value> offsets;
  if (!getDescriptor(call, 0, data) || !getOffsets(call, 1, *data, offsets))
    return Value::poison();
  return loadBlock(call.emitter, *data, offsets, allDimensions(*data), {}, call.loc);
}

static Value emitDescriptorStore(BuiltinCall &call) {
  const BlockPointerData *data = nullptr;
  llvm::SmallVector<Value> offsets;
  std::optional<Value> value = getTensor(call, 2);
  if (!value || !getDescriptor(call, 0, data) || !getOffsets(call, 1, *data, offsets))
    return Value::poison();
  return storeBlock(call.emitter, *data, offsets, allDimensions(*data), *value, {}, "the store", call.loc);
}

static Value emitDescriptorAtomic(BuiltinCall &call) {
  static constexpr StringRef names[] = {"add", "min", "max", "and", "or", "xor"};
  Emitter &emitter = call.emitter;
  const BlockPointerData *data = nullptr;
  llvm::SmallVector<Value> offsets;
  std::optional<Value> value = getTensor(call, 2);
  if (!value || !getDescriptor(call, 0, data) || !getOffsets(call, 1, *data, offsets))
    return Value::poison();
  std::optional<BlockAccess> access = getBlockAccess(emitter, *data, offsets, allDimensions(*data), call.loc);
  if (!access)
    return Value::poison();
  Value result = emitAtomic(emitter, names[call.builtin.variant], access->pointers,
                            emitter.broadcastTo(*value, data->blockShape, call.loc), access->mask,
                            tile::MemSemantic::Relaxed, tile::MemScope::GPU, call.loc);
  return result.isPoison() ? result : Value::none();
}

/// Rows picked by `x_offsets`, columns from `y_offset` on: pointers and mask.
static std::optional<BlockAccess> getRowAccess(BuiltinCall &call, const BlockPointerData &data, Value rows,
                                               Value column) {
  using ast::BinaryOp;
  using ast::CompareOp;
  Emitter &emitter = call.emitter;
  if (data.blockShape.size() != 2 || data.blockShape[0] != 1) {
    callError(call, "needs a descriptor with blocks of one row, this one has " + describeShape(data.blockShape));
    return std::nullopt;
  }
  if (!rows.isBlock() || rows.getShape().size() != 1 || !rows.element.isInteger()) {
    callError(call, "needs a vector of row numbers, but there is " + describe(rows));
    return std::nullopt;
  }
  SourceLoc loc = call.loc;
  rows = emitter.expandDims(emitter.cast(rows, DType::Int64, loc), 1);
  mlir::Type type = emitter.getType(DType::Int32, {data.blockShape[1]});
  Value columns =
      Value::tensor(tile::ArangeOp::create(emitter.builder, emitter.loc(), type, 0, data.blockShape[1]), DType::Int32);
  columns = emitter.expandDims(
      emitter.binary(BinaryOp::Add, emitter.cast(columns, DType::Int64, loc), toWide(emitter, column, loc), loc), 0);
  Value row = emitter.binary(BinaryOp::Mul, rows, toWide(emitter, data.strides[0], loc), loc);
  BlockAccess access;
  access.pointers = emitter.binary(BinaryOp::Add, emitter.binary(BinaryOp::Add, data.base, row, loc), columns, loc);
  auto inside = [&](Value index, Value limit) {
    Value low = emitter.compare(CompareOp::GreaterEq, index, Value::ofInt(0), loc);
    return emitter.logical(true, low, emitter.compare(CompareOp::Less, index, toWide(emitter, limit, loc), loc), loc);
  };
  access.mask = emitter.logical(true, inside(rows, data.shape[0]), inside(columns, data.shape[1]), loc);
  if (access.pointers.isPoison() || access.mask.isPoison())
    return std::nullopt;
  return access;
}

static Value emitDescriptorGather(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  const BlockPointerData *data = nullptr;
  if (!getDescriptor(call, 0, data))
    return Value::poison();
  std::optional<BlockAccess> access = getRowAccess(call, *data, call[1], call[2]);
  if (!access)
    return Value::poison();
  ElementType element = data->base.element.getPointee();
  Value other = emitter.zeroOf(emitter.getType(element, access->pointers.getShape()), element);
  return emitLoadOp(emitter, access->pointers, access->mask, other, {}, call.loc);
}

static Value emitDescriptorScatter(BuiltinCall &call) {
  Emitter &emitter = call.emitter;
  const BlockPointerData *data = nullptr;
  std::optional<Value> value = getTensor(call, 1);
  if (!value || !getDescriptor(call, 0, data))
    return Value::poison();
  std::optional<BlockAccess> access = getRowAccess(call, *data, call[2], call[3]);
  if (!access)
    return Value::poison();
  return emitStoreOp(emitter, access->pointers, emitter.broadcastTo(*value, access->pointers.getShape(), call.loc),
                     access->mask, {}, call.loc);
}

llvm::ArrayRef<Builtin> emit::getMemoryBuiltins() {
  static constexpr Builtin table[] = {
      {"load",
       "pointer, mask=None, other=None, boundary_check=None, padding_option='', cache_modifier='', eviction_policy='', "
       "volatile=False",
       emitLoad},
      {"store", "pointer, value, mask=None, boundary_check=None, cache_modifier='', eviction_policy=''", emitStore,
       Method},
      {"make_block_ptr", "base, shape, strides, offsets, block_shape, order", emitMakeBlockPtr},
      {"advance", "base, offsets", emitAdvance},
      {"make_tensor_descriptor", "base, shape, strides, block_shape, padding_option='zero'", emitMakeDescriptor},
      {"_experimental_make_tensor_descriptor", "base, shape, strides, block_shape, padding_option='zero'",
       emitMakeDescriptor},
      {"load_tensor_descriptor", "desc, offsets", emitDescriptorLoad},
      {"store_tensor_descriptor", "desc, offsets, value", emitDescriptorStore},
  };
  return table;
}

llvm::ArrayRef<Builtin> emit::getBlockMethods() {
  static constexpr Builtin table[] = {
      {"block_pointer.load",
       "pointer, mask=None, other=None, boundary_check=None, padding_option='', cache_modifier='', eviction_policy='', "
       "volatile=False",
       emitLoad, HostFunction},
      {"block_pointer.store", "pointer, value, mask=None, boundary_check=None, cache_modifier='', eviction_policy=''",
       emitStore, HostFunction},
      {"block_pointer.advance", "base, offsets", emitAdvance, HostFunction},
      {"descriptor.load", "desc, offsets", emitDescriptorLoad, HostFunction},
      {"descriptor.store", "desc, offsets, value", emitDescriptorStore, HostFunction},
      {"descriptor.gather", "desc, x_offsets, y_offset", emitDescriptorGather, HostFunction},
      {"descriptor.scatter", "desc, value, x_offsets, y_offset", emitDescriptorScatter, HostFunction},
      {"descriptor.atomic_add", "desc, offsets, value", emitDescriptorAtomic, HostFunction, 0},
      {"descriptor.atomic_min", "desc, offsets, value", emitDescriptorAtomic, HostFunction, 1},
      {"descriptor.atomic_max", "desc, offsets, value", emitDescriptorAtomic, HostFunction, 2},
      {"descriptor.atomic_and", "desc, offsets, value", emitDescriptorAtomic, HostFunction, 3},
      {"descriptor.atomic_or", "desc, offsets, value", emitDescriptorAtomic, HostFunction, 4},
      {"descriptor.atomic_xor", "desc, offsets, value", emitDescriptorAtomic, HostFunction, 5},
  };
  return table;
}
