//===- Value.h - what an expression of a kernel evaluates to ----*- C++ -*-===//
//
// A kernel mixes two worlds: values known while it is compiled (numbers,
// strings, types, functions, tuples of all these) and values known when it
// runs. A `Value` is either; operators look at both sides and decide.
//
//   kind          holds                                          known when
//   Bool ... Type Python's values; integers have 128 bits        compiling
//   Tensor        an SSA value (scalar or block) and the         running
//                 element type with its sign
//   Tuple         a list of values, each of either world         -
//   BlockPointer  base, shape, strides, offsets as values        running
//   Poison        an error that has been reported already        -
//   Deferred      an error that is reported if it is used        -
//
// Values are small and copied freely; what does not fit inside is owned by the
// ValueArena and lives as long as the emission.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_EMIT_VALUE_H
#define TESSERA_FRONTEND_EMIT_VALUE_H

#include "frontend/emit/Types.h"
#include "frontend/syntax/AST.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <deque>
#include <memory>
#include <string>

namespace tessera::emit {

struct Builtin;
class Unit;
struct Frame;
struct TupleData;
struct DictData;
struct TypeData;
struct FunctionData;
struct ClassData;
struct MethodData;
struct BlockPointerData;
struct SliceData;
struct RangeData;
struct DeferredData;

enum class ValueKind : uint8_t {
  Undefined, ///< a variable that no assignment has reached
  Poison,
  Deferred,
  None,
  Bool,
  Int,
  Float,
  String,
  Type, ///< a dtype or a block type
  Ellipsis,
  Tuple, ///< also a list or a named tuple
  Dict,
  Slice,
  Range,    ///< range, tl.range, tl.static_range
  Function, ///< a def of the program or of the library, or a lambda
  Builtin,
  Class,
  Module,
  Method,       ///< a function bound to its first argument
  Tensor,       ///< a scalar or block at run time
  BlockPointer, ///< of make_block_ptr
  Descriptor,   ///< of make_tensor_descriptor
  Opaque,       ///< something of the host; its text says what
};

/// The modules that the language knows. Attributes are looked up per module.
enum class ModuleId : uint8_t { Triton, Language, Math, Extra, Cuda, LibDevice, TargetInfo, Random, PyMath, Unknown };

using Integer = __int128;

struct Value {
  ValueKind kind = ValueKind::Undefined;
  /// Tensor: the element type. Type: the dtype.
  ElementType element;
  ModuleId moduleId = ModuleId::Unknown;
  union {
    Integer integer; ///< Bool, Int
    double number;   ///< Float
    struct {
      const char *data;
      size_t size;
    } chars; ///< String, Opaque
    void *ssa;
    TupleData *tupleData;
    DictData *dictData;
    const TypeData *typeData; ///< Type: null for a dtype
    const FunctionData *functionData;
    const Builtin *builtin;
    const ClassData *classData;
    const MethodData *methodData;
    const BlockPointerData *blockPointer; ///< BlockPointer, Descriptor
    const SliceData *sliceData;
    const RangeData *rangeData;
    const DeferredData *deferred;
  };

  Value() : integer(0) {}

  static Value make(ValueKind kind) {
    Value value;
    value.kind = kind;
    return value;
  }
  static Value poison() { return make(ValueKind::Poison); }
  static Value none() { return make(ValueKind::None); }
  static Value ofBool(bool b) {
    Value value = make(ValueKind::Bool);
    value.integer = b;
    return value;
  }
  static Value ofInt(Integer i) {
    Value value = make(ValueKind::Int);
    value.integer = i;
    return value;
  }
  static Value ofFloat(double f) {
    Value value = make(ValueKind::Float);
    value.number = f;
    return value;
  }
  /// The text must outlive the value: it lies in a source or the arena.
  static Value ofString(llvm::StringRef text, ValueKind kind = ValueKind::String) {
    Value value = make(kind);
    value.chars = {text.data(), text.size()};
    return value;
  }
  static Value ofType(ElementType type) {
    Value value = make(ValueKind::Type);
    value.element = type;
    value.typeData = nullptr;
    return value;
  }
  static Value ofModule(ModuleId id) {
    Value value = make(ValueKind::Module);
    value.moduleId = id;
    return value;
  }
  static Value ofBuiltin(const Builtin *builtin) {
    Value value = make(ValueKind::Builtin);
    value.builtin = builtin;
    return value;
  }
  static Value tensor(mlir::Value ssa, ElementType element) {
    Value value = make(ValueKind::Tensor);
    value.element = element;
    value.ssa = ssa.getAsOpaquePointer();
    return value;
  }

  bool is(ValueKind other) const { return kind == other; }
  bool isPoison() const { return kind == ValueKind::Poison; }
  bool isUndefined() const { return kind == ValueKind::Undefined; }
  bool isNone() const { return kind == ValueKind::None; }
  bool isTensor() const { return kind == ValueKind::Tensor; }
  bool isString() const { return kind == ValueKind::String; }
  bool isType() const { return kind == ValueKind::Type; }
  bool isTuple() const { return kind == ValueKind::Tuple; }
  /// A Python number: the kind of operand that is weak in promotions.
  bool isNumber() const { return kind == ValueKind::Bool || kind == ValueKind::Int || kind == ValueKind::Float; }
  bool isIntLike() const { return kind == ValueKind::Bool || kind == ValueKind::Int; }

  double asDouble() const { return kind == ValueKind::Float ? number : static_cast<double>(integer); }
  llvm::StringRef getString() const { return {chars.data, chars.size}; }
  mlir::Value getSSA() const { return mlir::Value::getFromOpaquePointer(ssa); }

  /// Tensor: the type if it is a block, else null.
  mlir::RankedTensorType getBlockType() const {
    return isTensor() ? llvm::dyn_cast<mlir::RankedTensorType>(getSSA().getType()) : mlir::RankedTensorType();
  }
  bool isBlock() const { return static_cast<bool>(getBlockType()); }
  bool isScalarTensor() const { return isTensor() && !isBlock(); }
  /// Tensor: sides; empty for a scalar.
  llvm::ArrayRef<int64_t> getShape() const {
    mlir::RankedTensorType type = getBlockType();
    return type ? type.getShape() : llvm::ArrayRef<int64_t>();
  }
  int64_t getNumElements() const {
    mlir::RankedTensorType type = getBlockType();
    return type ? type.getNumElements() : 1;
  }
};

/// Of tuples, lists and named tuples. Lists of host code are changed in place.
struct TupleData {
  llvm::SmallVector<Value, 4> elements;
  llvm::SmallVector<llvm::StringRef, 0> fields; ///< named tuple: one a element
  const ClassData *cls = nullptr;               ///< named tuple or aggregate
  bool isList = false;
};

struct DictData {
  llvm::SmallVector<std::pair<Value, Value>, 4> items;
};

/// A type that is no dtype: the shape of a block. The element type is in the Value.
struct TypeData {
  llvm::SmallVector<int64_t, 4> shape;
};

/// A def or a lambda of a program (or of the library).
struct FunctionData {
  Unit *unit = nullptr;
  llvm::StringRef name;
  const ast::FunctionDef *def = nullptr;
  const ast::Lambda *lambda = nullptr;
  bool isHost = false; ///< ordinary Python, run at compile time
  /// Lambdas and nested functions: variables around it, by name, at the time it was made.
  llvm::SmallVector<std::pair<llvm::StringRef, Value>, 0> captured;
};

/// A class of the program: a named tuple, or an aggregate with methods.
struct ClassData {
  Unit *unit = nullptr;
  llvm::StringRef name;
  const ast::ClassDef *def = nullptr;
  llvm::SmallVector<llvm::StringRef, 4> fields;
  llvm::SmallVector<const ast::Expr *, 4> defaults; ///< one a field, may be null
};

struct MethodData {
  Value self;
  Value function; ///< Builtin or Function
};

/// A block pointer, or a tensor descriptor (then `offsets` is empty and every dimension is checked).
struct BlockPointerData {
  Value base;
  llvm::SmallVector<Value, 4> shape, strides, offsets;
  llvm::SmallVector<int64_t, 4> blockShape;
  llvm::SmallVector<int64_t, 4> order;
  bool padNaN = false;
};

struct SliceData {
  Value lower, upper, step;
};

struct RangeData {
  enum class Kind : uint8_t { Python, Tile, Static };
  Kind kind = Kind::Python;
  Value start, stop, step;
  Value numStages, unrollFactor, disallowAccMultiBuffer, flatten, warpSpecialize, disableLicm;
};

/// A variable whose value is not usable, with the reason: it is said if the variable is read.
struct DeferredData {
  std::string message;
  SourceLoc noteLoc;
  std::string note;
};

/// Owns what values point to.
class ValueArena {
public:
  llvm::StringRef save(llvm::StringRef text) { return *strings.emplace_back(std::make_unique<std::string>(text)); }
  Value string(llvm::StringRef text) { return Value::ofString(save(text)); }
  TupleData *newTuple() { return &tuples.emplace_back(); }
  Value tuple(llvm::ArrayRef<Value> elements, bool isList = false) {
    TupleData *data = newTuple();
    data->elements.assign(elements.begin(), elements.end());
    data->isList = isList;
    return wrap(data);
  }
  static Value wrap(TupleData *data) {
    Value value = Value::make(ValueKind::Tuple);
    value.tupleData = data;
    return value;
  }
  Value dict(DictData data) {
    Value value = Value::make(ValueKind::Dict);
    value.dictData = &dicts.emplace_back(std::move(data));
    return value;
  }
  Value blockType(ElementType element, llvm::ArrayRef<int64_t> shape) {
    Value value = Value::ofType(element);
    value.typeData = &types.emplace_back(TypeData{llvm::SmallVector<int64_t, 4>(shape)});
    return value;
  }
  Value function(FunctionData data) {
    Value value = Value::make(ValueKind::Function);
    value.functionData = &functions.emplace_back(std::move(data));
    return value;
  }
  Value cls(ClassData data) {
    Value value = Value::make(ValueKind::Class);
    value.classData = &classes.emplace_back(std::move(data));
    return value;
  }
  Value method(Value self, Value function) {
    Value value = Value::make(ValueKind::Method);
    value.methodData = &methods.emplace_back(MethodData{self, function});
    return value;
  }
  Value blockPointer(BlockPointerData data, ValueKind kind = ValueKind::BlockPointer) {
    Value value = Value::make(kind);
    value.blockPointer = &blockPointers.emplace_back(std::move(data));
    return value;
  }
  Value slice(SliceData data) {
    Value value = Value::make(ValueKind::Slice);
    value.sliceData = &slices.emplace_back(data);
    return value;
  }
  Value range(RangeData data) {
    Value value = Value::make(ValueKind::Range);
    value.rangeData = &ranges.emplace_back(data);
    return value;
  }
  Value deferred(DeferredData data) {
    Value value = Value::make(ValueKind::Deferred);
    value.deferred = &deferreds.emplace_back(std::move(data));
    return value;
  }

private:
  std::deque<std::unique_ptr<std::string>> strings;
  std::deque<TupleData> tuples;
  std::deque<DictData> dicts;
  std::deque<TypeData> types;
  std::deque<FunctionData> functions;
  std::deque<ClassData> classes;
  std::deque<MethodData> methods;
  std::deque<BlockPointerData> blockPointers;
  std::deque<SliceData> slices;
  std::deque<RangeData> ranges;
  std::deque<DeferredData> deferreds;
};

/// True if nothing in the value has to wait for the kernel to run.
bool isCompileTime(const Value &value);

/// What the value is, for messages: `64x32xfp16`, `i32`, `constexpr 3`, `None`, `a tuple of 2`.
std::string describe(const Value &value);
/// `64x32`; `scalar` for an empty shape.
std::string describeShape(llvm::ArrayRef<int64_t> shape);
/// The text that Python's `str` (or `repr`) gives of a compile-time value.
std::string toPython(const Value &value, bool repr);

/// Python's truth of a compile-time value.
bool isTruthy(const Value &value);
/// Python's `==` of two compile-time values.
bool areEqual(const Value &a, const Value &b);

} // namespace tessera::emit

#endif // TESSERA_FRONTEND_EMIT_VALUE_H
