// The element types of kernels as C++ types, and small value types that several headers share.
//
//   Triton   C++                     bytes   notes
//   i1       bool                    1       one byte in memory
//   i8..i64  std::int8_t ...         1..8    any integral C++ type of that width
//   u8..u64  std::uint8_t ...        1..8
//   fp16     tessera::Half           2       IEEE binary16
//   bf16     tessera::BFloat16       2
//   fp8e4nv  tessera::Float8E4M3     1       no infinities, 0x7f/0xff are NaN, largest 448
//   fp8e5    tessera::Float8E5M2     1
//   fp32     float                   4
//   fp64     double                  8
//
// The small floats are bits with conversions (round to nearest even; fp8 saturates to the largest finite number, as
// GPUs do); arithmetic on them belongs in kernels. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_TYPES_H
#define TESSERA_TYPES_H

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>

namespace tessera {

enum class ScalarType : std::uint8_t {
  I1,
  I8,
  I16,
  I32,
  I64,
  U8,
  U16,
  U32,
  U64,
  FP16,
  BF16,
  FP8E4NV,
  FP8E5,
  FP32,
  FP64
};

/// Bytes of one element in memory.
std::size_t sizeOf(ScalarType type);
/// Triton's name: "fp16".
std::string_view nameOf(ScalarType type);
/// The type of that name; also the alias spellings fp8e4b15 (no), f16, f32, f64.
std::optional<ScalarType> scalarTypeNamed(std::string_view name);
bool isFloat(ScalarType type);
bool isSigned(ScalarType type);

std::uint16_t halfFromFloat(float value);
float floatFromHalf(std::uint16_t bits);
std::uint16_t bfloat16FromFloat(float value);
float floatFromBFloat16(std::uint16_t bits);
std::uint8_t float8E4M3FromFloat(float value);
float floatFromFloat8E4M3(std::uint8_t bits);
std::uint8_t float8E5M2FromFloat(float value);
float floatFromFloat8E5M2(std::uint8_t bits);

struct Half {
  std::uint16_t bits = 0;
  Half() = default;
  explicit Half(float value) : bits(halfFromFloat(value)) {}
  explicit operator float() const { return floatFromHalf(bits); }
};

struct BFloat16 {
  std::uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float value) : bits(bfloat16FromFloat(value)) {}
  explicit operator float() const { return floatFromBFloat16(bits); }
};

struct Float8E4M3 {
  std::uint8_t bits = 0;
  Float8E4M3() = default;
  explicit Float8E4M3(float value) : bits(float8E4M3FromFloat(value)) {}
  explicit operator float() const { return floatFromFloat8E4M3(bits); }
};

struct Float8E5M2 {
  std::uint8_t bits = 0;
  Float8E5M2() = default;
  explicit Float8E5M2(float value) : bits(float8E5M2FromFloat(value)) {}
  explicit operator float() const { return floatFromFloat8E5M2(bits); }
};

namespace detail {
template <typename T> consteval std::optional<ScalarType> scalarTypeOf() {
  using U = std::remove_cv_t<T>;
  if constexpr (std::is_same_v<U, bool>)
    return ScalarType::I1;
  else if constexpr (std::is_same_v<U, Half>)
    return ScalarType::FP16;
  else if constexpr (std::is_same_v<U, BFloat16>)
    return ScalarType::BF16;
  else if constexpr (std::is_same_v<U, Float8E4M3>)
    return ScalarType::FP8E4NV;
  else if constexpr (std::is_same_v<U, Float8E5M2>)
    return ScalarType::FP8E5;
  else if constexpr (std::is_same_v<U, float>)
    return ScalarType::FP32;
  else if constexpr (std::is_same_v<U, double>)
    return ScalarType::FP64;
  else if constexpr (std::is_integral_v<U>) {
    constexpr bool isNegative = std::is_signed_v<U>;
    switch (sizeof(U)) {
    case 1:
      return isNegative ? ScalarType::I8 : ScalarType::U8;
    case 2:
      return isNegative ? ScalarType::I16 : ScalarType::U16;
    case 4:
      return isNegative ? ScalarType::I32 : ScalarType::U32;
    case 8:
      return isNegative ? ScalarType::I64 : ScalarType::U64;
    default:
      return std::nullopt;
    }
  } else
    return std::nullopt;
}
} // namespace detail

/// A C++ type that is an element type of kernels.
template <typename T>
concept Element = detail::scalarTypeOf<T>().has_value();

template <Element T> inline constexpr ScalarType scalarTypeOf = *detail::scalarTypeOf<T>();

/// Three sizes, of a grid, a block or a cluster. Any integral type goes in; what does not fit a launch is an error
/// there, not a silent conversion here.
struct Dim3 {
  std::int64_t x = 1, y = 1, z = 1;

  constexpr Dim3() = default;
  template <std::integral X> constexpr Dim3(X x) : x(clamp(x)) {}
  template <std::integral X, std::integral Y> constexpr Dim3(X x, Y y) : x(clamp(x)), y(clamp(y)) {}
  template <std::integral X, std::integral Y, std::integral Z>
  constexpr Dim3(X x, Y y, Z z) : x(clamp(x)), y(clamp(y)), z(clamp(z)) {}

  friend constexpr bool operator==(const Dim3 &, const Dim3 &) = default;

private:
  template <std::integral I> static constexpr std::int64_t clamp(I value) {
    if constexpr (std::is_unsigned_v<I> && sizeof(I) >= 8)
      return value > I(std::numeric_limits<std::int64_t>::max()) ? std::numeric_limits<std::int64_t>::max()
                                                                 : std::int64_t(value);
    else
      return std::int64_t(value);
  }
};

} // namespace tessera

#endif // TESSERA_TYPES_H
