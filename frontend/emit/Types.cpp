//===- Types.cpp - element types as the language sees them ----------------===//
//
// Names, widths and MLIR types of the element types: one table and its readers.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Types.h"

#include "dialect/tile/Tile.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace tessera;
using llvm::StringRef;

namespace {
struct DTypeInfo {
  DType dtype;
  const char *name;     // Triton's own name of the dtype
  const char *spelling; // in signatures
  const char *language; // in `tl`
  uint8_t bits;
  uint8_t mantissa;
};
} // namespace

/// Indexed by DType.
static constexpr DTypeInfo dtypeTable[] = {
    {DType::Void, "void", "void", "void", 0, 0},
    {DType::Int1, "int1", "i1", "int1", 1, 0},
    {DType::Int8, "int8", "i8", "int8", 8, 0},
    {DType::Int16, "int16", "i16", "int16", 16, 0},
    {DType::Int32, "int32", "i32", "int32", 32, 0},
    {DType::Int64, "int64", "i64", "int64", 64, 0},
    {DType::UInt8, "uint8", "u8", "uint8", 8, 0},
    {DType::UInt16, "uint16", "u16", "uint16", 16, 0},
    {DType::UInt32, "uint32", "u32", "uint32", 32, 0},
    {DType::UInt64, "uint64", "u64", "uint64", 64, 0},
    {DType::Float8E4B15, "fp8e4b15", "fp8e4b15", "float8e4b15", 8, 3},
    {DType::Float8E4NV, "fp8e4nv", "fp8e4nv", "float8e4nv", 8, 3},
    {DType::Float8E4B8, "fp8e4b8", "fp8e4b8", "float8e4b8", 8, 3},
    {DType::Float8E5, "fp8e5", "fp8e5", "float8e5", 8, 2},
    {DType::Float8E5B16, "fp8e5b16", "fp8e5b16", "float8e5b16", 8, 2},
    {DType::Float16, "fp16", "fp16", "float16", 16, 10},
    {DType::BFloat16, "bf16", "bf16", "bfloat16", 16, 7},
    {DType::Float32, "fp32", "fp32", "float32", 32, 23},
    {DType::Float64, "fp64", "fp64", "float64", 64, 52},
};

static const DTypeInfo &getInfo(DType dtype) { return dtypeTable[static_cast<unsigned>(dtype)]; }

ElementType ElementType::getPointee() const {
  ElementType type = *this;
  if (type.depth)
    --type.depth;
  type.constant = false;
  return type;
}

TypeKind ElementType::getKind() const {
  if (isBool())
    return TypeKind::Boolean;
  return isFloating() ? TypeKind::Floating : TypeKind::Integral;
}

unsigned ElementType::getBitWidth() const { return depth ? 64 : getInfo(dtype).bits; }

unsigned ElementType::getMantissaWidth() const { return depth ? 0 : getInfo(dtype).mantissa; }

std::string ElementType::getName() const {
  if (!depth)
    return getInfo(dtype).name;
  return (constant ? "const_pointer<" : "pointer<") + getPointee().getName() + ">";
}

std::string ElementType::getSpelling() const {
  if (!depth)
    return getInfo(dtype).spelling;
  return (constant ? "*k" : "*") + getPointee().getSpelling();
}

std::optional<ElementType> ElementType::parse(StringRef spelling) {
  if (spelling.consume_front("*")) {
    bool isConst = spelling.consume_front("k");
    std::optional<ElementType> pointee = parse(spelling);
    if (!pointee || pointee->isVoid())
      return std::nullopt;
    return pointerTo(*pointee, isConst);
  }
  for (const DTypeInfo &info : dtypeTable)
    if (info.dtype != DType::Void && (spelling == info.spelling || spelling == info.name || spelling == info.language))
      return ElementType(info.dtype);
  // Other spellings in use.
  if (spelling == "B" || spelling == "u1" || spelling == "bool")
    return ElementType(DType::Int1);
  if (spelling == "f16")
    return ElementType(DType::Float16);
  if (spelling == "f32")
    return ElementType(DType::Float32);
  if (spelling == "f64")
    return ElementType(DType::Float64);
  return std::nullopt;
}

std::optional<ElementType> ElementType::fromLanguageName(StringRef name) {
  for (const DTypeInfo &info : dtypeTable)
    if (name == info.language)
      return ElementType(info.dtype);
  return std::nullopt;
}

ElementType ElementType::getInteger(unsigned width, bool isSigned) {
  switch (width) {
  case 1:
    return DType::Int1;
  case 8:
    return isSigned ? DType::Int8 : DType::UInt8;
  case 16:
    return isSigned ? DType::Int16 : DType::UInt16;
  case 32:
    return isSigned ? DType::Int32 : DType::UInt32;
  case 64:
    return isSigned ? DType::Int64 : DType::UInt64;
  default:
    return DType::Void;
  }
}

bool ElementType::hasMLIRType() const {
  return dtype != DType::Void && dtype != DType::Float8E4B15 && dtype != DType::Float8E4B8 &&
         dtype != DType::Float8E5B16;
}

mlir::Type ElementType::getMLIRType(mlir::MLIRContext *context) const {
  if (depth)
    return tile::PointerType::get(getPointee().getMLIRType(context));
  switch (dtype) {
  case DType::Float8E4NV:
  case DType::Float8E4B15:
  case DType::Float8E4B8:
    return mlir::Float8E4M3FNType::get(context);
  case DType::Float8E5:
  case DType::Float8E5B16:
    return mlir::Float8E5M2Type::get(context);
  case DType::Float16:
    return mlir::Float16Type::get(context);
  case DType::BFloat16:
    return mlir::BFloat16Type::get(context);
  case DType::Float32:
    return mlir::Float32Type::get(context);
  case DType::Float64:
    return mlir::Float64Type::get(context);
  case DType::Void:
    return mlir::NoneType::get(context);
  default:
    return mlir::IntegerType::get(context, getInfo(dtype).bits);
  }
}
