//===- Types.h - element types as the language sees them --------*- C++ -*-===//
//
// The MLIR types of the tile dialect are signless; the language is not. This
// header holds the element types a kernel is written in: integers with a sign,
// floating-point formats, and pointers to them. A block tensor has an element
// type here and its shape in the MLIR type of its value.
//
//   spelling in a signature   in the language      MLIR
//   i1                        tl.int1              i1
//   i32  u32                  tl.int32 tl.uint32   i32
//   fp16 bf16 fp32 fp64       tl.float16 ...       f16 bf16 f32 f64
//   fp8e4nv fp8e5             tl.float8e4nv ...    f8E4M3FN f8E5M2
//   *fp16                     tl.pointer_type(..)  !tile.ptr<f16>
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_EMIT_TYPES_H
#define TESSERA_FRONTEND_EMIT_TYPES_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>

namespace tessera {

/// A scalar format. The order inside each group is by width.
enum class DType : uint8_t {
  Void,
  Int1,
  Int8,
  Int16,
  Int32,
  Int64,
  UInt8,
  UInt16,
  UInt32,
  UInt64,
  Float8E4B15,
  Float8E4NV,
  Float8E4B8,
  Float8E5,
  Float8E5B16,
  Float16,
  BFloat16,
  Float32,
  Float64,
};

/// The order in which kinds win a promotion between a number and a tensor.
enum class TypeKind : uint8_t { Boolean, Integral, Floating };

/// A scalar format, or a pointer of some depth to one. Small enough to pass by
/// value.
class ElementType {
public:
  constexpr ElementType() = default;
  constexpr ElementType(DType dtype) : dtype(dtype) {}

  static constexpr ElementType pointerTo(ElementType pointee, bool isConst = false) {
    ElementType type = pointee;
    ++type.depth;
    type.constant = isConst;
    return type;
  }

  constexpr bool isPointer() const { return depth != 0; }
  /// True for a pointer through which nothing may be stored (`*k` types).
  constexpr bool isConstPointer() const { return depth != 0 && constant; }
  ElementType getPointee() const;
  /// The scalar format; for a pointer the format at the end of the chain.
  constexpr DType getDType() const { return dtype; }

  constexpr bool is(DType other) const { return depth == 0 && dtype == other; }
  constexpr bool isVoid() const { return is(DType::Void); }
  constexpr bool isBool() const { return is(DType::Int1); }
  constexpr bool isSigned() const { return depth == 0 && dtype >= DType::Int8 && dtype <= DType::Int64; }
  /// As in Triton, `int1` counts as unsigned.
  constexpr bool isUnsigned() const {
    return depth == 0 && (dtype == DType::Int1 || (dtype >= DType::UInt8 && dtype <= DType::UInt64));
  }
  constexpr bool isInteger() const { return isSigned() || isUnsigned(); }
  constexpr bool isFloating() const { return depth == 0 && dtype >= DType::Float8E4B15; }
  constexpr bool isFloat8() const { return depth == 0 && dtype >= DType::Float8E4B15 && dtype <= DType::Float8E5B16; }
  constexpr bool isStandardFloating() const { return isFloating() && !isFloat8(); }
  TypeKind getKind() const;
  /// Bits of a value; 64 for a pointer.
  unsigned getBitWidth() const;
  unsigned getMantissaWidth() const;

  /// `fp16`, `int32`, `pointer<fp16>`: what `str(tl.float16)` gives.
  std::string getName() const;
  /// `fp16`, `i32`, `*fp16`: the spelling of signatures and diagnostics.
  std::string getSpelling() const;
  /// Reads the spelling of a signature (`*fp16`, `i32`, `*ki8`).
  static std::optional<ElementType> parse(llvm::StringRef spelling);
  /// Reads the name of a dtype in `tl` (`float16`, `int32`, `uint8`).
  static std::optional<ElementType> fromLanguageName(llvm::StringRef name);
  static ElementType getInteger(unsigned width, bool isSigned);

  /// Whether the tile dialect has the type; the formats of other vendors exist
  /// only to be compared with.
  bool hasMLIRType() const;
  mlir::Type getMLIRType(mlir::MLIRContext *context) const;

  constexpr bool operator==(const ElementType &other) const {
    return dtype == other.dtype && depth == other.depth && (depth == 0 || constant == other.constant);
  }
  constexpr bool operator!=(const ElementType &other) const { return !(*this == other); }

private:
  DType dtype = DType::Void;
  uint8_t depth = 0;
  bool constant = false;
};

} // namespace tessera

#endif // TESSERA_FRONTEND_EMIT_TYPES_H
