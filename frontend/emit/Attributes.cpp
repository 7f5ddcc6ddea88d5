//===- Attributes.cpp - what stands behind a dot ---------------------------===//
//
// Attributes and methods of modules, tensors, types, tuples and the rest.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Emitter.h"

#include "dialect/tile/Tile.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::StringRef;
using llvm::Twine;

/// Library functions that are methods of tensors, too.
static bool isLibraryMethod(StringRef name) {
  static constexpr llvm::StringLiteral names[] = {"cdiv", "sigmoid", "softmax", "sort", "flip", "cos",
                                                  "sin",  "erf",     "log",     "log2", "topk"};
  return llvm::is_contained(names, name);
}

Value Emitter::getTensorAttribute(Value tensor, StringRef name, SourceLoc loc, SourceRange range) {
  if (name == "dtype")
    return Value::ofType(tensor.element);
  if (name == "type")
    return tensor.isBlock() ? arena.blockType(tensor.element, tensor.getShape()) : Value::ofType(tensor.element);
  if (name == "shape") {
    llvm::SmallVector<Value> sides;
    for (int64_t side : tensor.getShape())
      sides.push_back(Value::ofInt(side));
    return arena.tuple(sides);
  }
  if (name == "numel")
    return Value::ofInt(tensor.getNumElements());
  if (name == "ndim")
    return Value::ofInt(tensor.getShape().size());
  if (name == "T") {
    if (tensor.getShape().size() != 2)
      return std::move(
          error(loc, "'.T' needs a tensor of 2 dimensions, this one is " + describe(tensor) + "; use 'tl.permute'")
              .range(range));
    return Value::tensor(
        tile::TransOp::create(builder, this->loc(), tensor.getSSA(), llvm::ArrayRef<int32_t>({1, 0})).getResult(),
        tensor.element);
  }
  if (name == "value")
    return tensor;
  if (const Builtin *method = findTensorMethod(name))
    return arena.method(tensor, Value::ofBuiltin(method));
  if (isLibraryMethod(name))
    if (Value function = lookUpLibrary(ModuleId::Language, name); function.is(ValueKind::Function))
      return arena.method(tensor, function);
  llvm::SmallVector<StringRef> names = {"dtype", "type", "shape", "numel", "T"};
  for (llvm::ArrayRef<Builtin> list : {getShapeBuiltins(), getMemoryBuiltins(), getAtomicBuiltins(), getMathBuiltins(),
                                       getReduceBuiltins(), getProgramBuiltins()})
    for (const Builtin &row : list)
      if (row.flags & (Method | MethodOnly))
        names.push_back(row.name);
  return std::move(error(loc, "a tensor has no attribute '" + name + "'" + suggest(name, names)).range(range));
}

Value Emitter::getTypeAttribute(Value type, StringRef name, SourceLoc loc, SourceRange range) {
  ElementType element = type.element;
  if (name == "element_ty") {
    if (type.typeData)
      return Value::ofType(element);
    return Value::ofType(element.isPointer() ? element.getPointee() : element);
  }
  if (name == "scalar")
    return Value::ofType(element);
  if (name == "block_type" || name == "value" || name == "dtype")
    return type;
  if (name == "name")
    return arena.string(toPython(type, false));
  if (name == "primitive_bitwidth" || name == "int_bitwidth")
    return Value::ofInt(element.getBitWidth());
  if (name == "itemsize")
    return Value::ofInt(element.getBitWidth() / 8);
  if (name == "fp_mantissa_width")
    return Value::ofInt(element.getMantissaWidth());
  if (name == "int_signedness")
    return Value::ofBool(element.isUnsigned());
  if (name == "shape" || name == "numel") {
    llvm::SmallVector<Value> sides;
    int64_t count = 1;
    if (type.typeData)
      for (int64_t side : type.typeData->shape) {
        sides.push_back(Value::ofInt(side));
        count *= side;
      }
    return name == "shape" ? arena.tuple(sides) : Value::ofInt(count);
  }
  if (const Builtin *method = findValueMethod(("dtype." + name).str()))
    return arena.method(type, Value::ofBuiltin(method));
  return std::move(error(loc, "a type has no attribute '" + name + "'").range(range));
}

/// A constant, a method or a property in the body of a class.
static Value findInClass(Emitter &emitter, const ClassData &cls, StringRef name) {
  if (!cls.def)
    return Value();
  for (const ast::Stmt *stmt : cls.def->body) {
    if (auto *def = llvm::dyn_cast<ast::FunctionDef>(stmt); def && def->name.text == name) {
      // A method runs where its object lives.
      FunctionData data;
      data.unit = cls.unit;
      data.name = def->name.text;
      data.def = def;
      data.isHost = def->role == ast::FunctionRole::Constexpr || emitter.isHost();
      return emitter.arena.function(std::move(data));
    }
    const ast::Expr *value = nullptr;
    if (auto *assignment = llvm::dyn_cast<ast::Assign>(stmt)) {
      auto *target = llvm::dyn_cast<ast::Name>(assignment->targets.front());
      if (target && target->id == name)
        value = assignment->value;
    } else if (auto *annotated = llvm::dyn_cast<ast::AnnAssign>(stmt)) {
      auto *target = llvm::dyn_cast<ast::Name>(annotated->target);
      if (target && target->id == name)
        value = annotated->value;
    }
    if (!value)
      continue;
    Frame module;
    module.unit = cls.unit;
    module.isHost = true;
    module.name = cls.name;
    module.caller = emitter.frame;
    module.depth = emitter.frame->depth + 1;
    Frame *old = std::exchange(emitter.frame, &module);
    Value result = emitter.evaluate(value);
    emitter.frame = old;
    return result;
  }
  return Value();
}

static Value getBlockPointerAttribute(Emitter &emitter, Value object, StringRef name, SourceLoc loc,
                                      SourceRange range) {
  const BlockPointerData &data = *object.blockPointer;
  bool isDescriptor = object.is(ValueKind::Descriptor);
  ElementType element = data.base.element.getPointee();
  auto sides = [&] {
    llvm::SmallVector<Value> values;
    for (int64_t side : data.blockShape)
      values.push_back(Value::ofInt(side));
    return emitter.arena.tuple(values);
  };
  if (name == "dtype")
    return isDescriptor ? Value::ofType(element) : Value::ofType(data.base.element);
  if (name == "type")
    return isDescriptor ? emitter.arena.blockType(element, data.blockShape) : Value::ofType(data.base.element);
  if (name == "block_shape")
    return sides();
  if (name == "block_type")
    return emitter.arena.blockType(element, data.blockShape);
  if (name == "shape")
    return isDescriptor ? emitter.arena.tuple(data.shape) : sides();
  if (name == "strides")
    return emitter.arena.tuple(data.strides);
  std::string full = ((isDescriptor ? "descriptor." : "block_pointer.") + name).str();
  if (const Builtin *method = findValueMethod(full))
    return emitter.arena.method(object, Value::ofBuiltin(method));
  return std::move(emitter.error(loc, describe(object) + " has no attribute '" + name + "'").range(range));
}

Value Emitter::getAttribute(Value object, StringRef name, SourceLoc loc, SourceRange range) {
  auto method = [&](StringRef kind) -> Value {
    const Builtin *builtin = findValueMethod((kind + "." + name).str());
    return builtin ? arena.method(object, Value::ofBuiltin(builtin)) : Value();
  };
  auto unknown = [&]() -> Value {
    return std::move(error(loc, describe(object) + " has no attribute '" + name + "'").range(range));
  };
  switch (object.kind) {
  case ValueKind::Poison:
    return object;
  case ValueKind::Module:
    return getModuleAttribute(object.moduleId, name, loc, range);
  case ValueKind::Tensor:
    return getTensorAttribute(object, name, loc, range);
  case ValueKind::Type:
    return getTypeAttribute(object, name, loc, range);
  case ValueKind::BlockPointer:
  case ValueKind::Descriptor:
    return getBlockPointerAttribute(*this, object, name, loc, range);
  case ValueKind::None:
    return name == "value" ? object : unknown();
  case ValueKind::Bool:
  case ValueKind::Int:
  case ValueKind::Float:
    if (name == "value")
      return object;
    if (Value bound = method("number"); !bound.isUndefined())
      return bound;
    // A number has the attributes of the scalar it would become.
    return getTensorAttribute(toTensor(object, loc), name, loc, range);
  case ValueKind::String: {
    if (name == "value")
      return object;
    Value bound = method("str");
    return bound.isUndefined() ? unknown() : bound;
  }
  case ValueKind::Dict: {
    Value bound = method("dict");
    return bound.isUndefined() ? unknown() : bound;
  }
  case ValueKind::Tuple: {
    const TupleData &data = *object.tupleData;
    for (auto [field, element] : llvm::zip(data.fields, data.elements))
      if (field == name)
        return element;
    if (data.cls)
      if (Value member = findInClass(*this, *data.cls, name); !member.isUndefined())
        return member.is(ValueKind::Function) ? arena.method(object, member) : member;
    if (name == "type" || name == "value" || name == "values")
      return object;
    if (name == "__class__" || name == "_fields")
      return Value::ofString("the class of a tuple", ValueKind::Opaque);
    Value bound = method("list");
    return bound.isUndefined() ? unknown() : bound;
  }
  case ValueKind::Class: {
    Value member = findInClass(*this, *object.classData, name);
    if (member.isUndefined() && name == "value")
      return object;
    return member.isUndefined() ? unknown() : member;
  }
  case ValueKind::Function:
    if (name == "fn" || name == "value")
      return object;
    if (name == "__name__")
      return Value::ofString(object.functionData->name);
    return unknown();
  case ValueKind::Builtin:
    if (name == "__name__")
      return Value::ofString(object.builtin->name);
    return unknown();
  case ValueKind::Opaque: {
    StringRef text = object.getString();
    if (text == "tl.PropagateNan" && (name == "ALL" || name == "NONE"))
      return Value::ofBool(name == "ALL");
    if (name == "value")
      return object;
    if (text == "the module 'torch' of the host")
      if (std::optional<ElementType> type = ElementType::fromLanguageName(name))
        return Value::ofType(*type);
    return Value::ofString(arena.save(("'" + name + "' of " + text).str()), ValueKind::Opaque);
  }
  default:
    return unknown();
  }
}
