// Element types: names, sizes, and the conversions of the small floats.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Types.h"

#include "runtime/include/tessera/Argument.h"

#include <array>
#include <bit>
#include <cmath>

namespace tessera {
namespace {

struct TypeInfo {
  std::string_view name, alias;
  std::uint8_t bytes;
  bool isFloat, isSigned;
};

constexpr std::array<TypeInfo, 15> kTypes = {{
    {"i1", "bool", 1, false, false},
    {"i8", "int8", 1, false, true},
    {"i16", "int16", 2, false, true},
    {"i32", "int32", 4, false, true},
    {"i64", "int64", 8, false, true},
    {"u8", "uint8", 1, false, false},
    {"u16", "uint16", 2, false, false},
    {"u32", "uint32", 4, false, false},
    {"u64", "uint64", 8, false, false},
    {"fp16", "f16", 2, true, true},
    {"bf16", "bfloat16", 2, true, true},
    {"fp8e4nv", "f8E4M3FN", 1, true, true},
    {"fp8e5", "f8E5M2", 1, true, true},
    {"fp32", "f32", 4, true, true},
    {"fp64", "f64", 8, true, true},
}};

const TypeInfo &info(ScalarType type) { return kTypes[std::size_t(type)]; }

/// Rounds a finite float to a format of `mantissaBits` and `exponentBits` (bias as IEEE has it), to nearest even;
/// subnormals kept. Returns the magnitude bits without sign; may be past the largest finite number of the format.
std::uint32_t roundMagnitude(float value, int mantissaBits, int exponentBits) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value) & 0x7fffffffu;
  if (bits == 0)
    return 0;
  const int bias = (1 << (exponentBits - 1)) - 1;
  const int exponent = int(bits >> 23) - 127;
  std::uint64_t mantissa = (bits & 0x7fffffu) | ((bits >> 23) ? 0x800000u : 0u);
  int shift = 23 - mantissaBits;
  int field = exponent + bias;
  if (field < 1) { // subnormal in the format: more bits are dropped
    shift += 1 - field;
    field = 0;
  }
  if (shift > 40)
    return 0;
  const std::uint64_t half = std::uint64_t(1) << (shift - 1), rest = mantissa & ((half << 1) - 1);
  std::uint64_t rounded = mantissa >> shift;
  if (rest > half || (rest == half && (rounded & 1)))
    ++rounded;
  // A normal number still has its leading one, which adds one to the exponent field; so has a subnormal that rounded up
  // to one.
  return std::uint32_t(rounded + (field > 0 ? (std::uint64_t(field - 1) << mantissaBits) : 0));
}

float expand(std::uint32_t magnitude, bool negative, int mantissaBits, int exponentBits) {
  const int bias = (1 << (exponentBits - 1)) - 1;
  const int field = int(magnitude >> mantissaBits);
  const std::uint32_t mantissa = magnitude & ((1u << mantissaBits) - 1);
  const float value = field == 0 ? std::ldexp(float(mantissa), 1 - bias - mantissaBits)
                                 : std::ldexp(float(mantissa | (1u << mantissaBits)), field - bias - mantissaBits);
  return negative ? -value : value;
}

bool isNegative(float value) { return std::bit_cast<std::uint32_t>(value) >> 31; }

} // namespace

std::size_t sizeOf(ScalarType type) { return info(type).bytes; }
std::string_view nameOf(ScalarType type) { return info(type).name; }
bool isFloat(ScalarType type) { return info(type).isFloat; }
bool isSigned(ScalarType type) { return info(type).isSigned; }

std::optional<ScalarType> scalarTypeNamed(std::string_view name) {
  for (std::size_t i = 0; i < kTypes.size(); ++i)
    if (kTypes[i].name == name || kTypes[i].alias == name)
      return ScalarType(i);
  return std::nullopt;
}

std::uint16_t halfFromFloat(float value) {
  const std::uint16_t sign = isNegative(value) ? 0x8000 : 0;
  if (std::isnan(value))
    return sign | 0x7e00;
  if (std::isinf(value))
    return sign | 0x7c00;
  const std::uint32_t magnitude = roundMagnitude(value, 10, 5);
  return sign | std::uint16_t(magnitude >= 0x7c00 ? 0x7c00 : magnitude);
}

float floatFromHalf(std::uint16_t bits) {
  const std::uint32_t magnitude = bits & 0x7fff;
  if (magnitude > 0x7c00)
    return std::bit_cast<float>(0x7fc00000u | (std::uint32_t(bits & 0x8000) << 16));
  if (magnitude == 0x7c00)
    return bits & 0x8000 ? -INFINITY : INFINITY;
  return expand(magnitude, bits & 0x8000, 10, 5);
}

std::uint16_t bfloat16FromFloat(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value))
    return std::uint16_t((bits >> 16) | 0x40);
  return std::uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

float floatFromBFloat16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t(bits) << 16); }

std::uint8_t float8E4M3FromFloat(float value) {
  const std::uint8_t sign = isNegative(value) ? 0x80 : 0;
  if (std::isnan(value))
    return 0x7f;
  const std::uint32_t magnitude = std::isinf(value) ? 0x7e : roundMagnitude(value, 3, 4);
  return sign | std::uint8_t(magnitude > 0x7e ? 0x7e : magnitude);
}

float floatFromFloat8E4M3(std::uint8_t bits) {
  return (bits & 0x7f) == 0x7f ? std::numeric_limits<float>::quiet_NaN() : expand(bits & 0x7f, bits & 0x80, 3, 4);
}

std::uint8_t float8E5M2FromFloat(float value) {
  const std::uint8_t sign = isNegative(value) ? 0x80 : 0;
  if (std::isnan(value))
    return 0x7f;
  const std::uint32_t magnitude = std::isinf(value) ? 0x7b : roundMagnitude(value, 2, 5);
  return sign | std::uint8_t(magnitude > 0x7b ? 0x7b : magnitude);
}

float floatFromFloat8E5M2(std::uint8_t bits) {
  const std::uint32_t magnitude = bits & 0x7f;
  if (magnitude > 0x7c)
    return std::numeric_limits<float>::quiet_NaN();
  if (magnitude == 0x7c)
    return bits & 0x80 ? -INFINITY : INFINITY;
  return expand(magnitude, bits & 0x80, 2, 5);
}

std::optional<ScalarType> Argument::typeOfDLPack(unsigned code, unsigned bits, unsigned lanes) {
  if (lanes != 1)
    return std::nullopt;
  switch (code) {
  case 0: // kDLInt
    return bits == 8    ? std::optional(ScalarType::I8)
           : bits == 16 ? std::optional(ScalarType::I16)
           : bits == 32 ? std::optional(ScalarType::I32)
           : bits == 64 ? std::optional(ScalarType::I64)
                        : std::nullopt;
  case 1: // kDLUInt
    return bits == 8    ? std::optional(ScalarType::U8)
           : bits == 16 ? std::optional(ScalarType::U16)
           : bits == 32 ? std::optional(ScalarType::U32)
           : bits == 64 ? std::optional(ScalarType::U64)
                        : std::nullopt;
  case 2: // kDLFloat
    return bits == 16   ? std::optional(ScalarType::FP16)
           : bits == 32 ? std::optional(ScalarType::FP32)
           : bits == 64 ? std::optional(ScalarType::FP64)
                        : std::nullopt;
  case 4: // kDLBfloat
    return bits == 16 ? std::optional(ScalarType::BF16) : std::nullopt;
  case 6: // kDLBool
    return ScalarType::I1;
  case 10: // kDLFloat8_e4m3fn
    return ScalarType::FP8E4NV;
  case 12: // kDLFloat8_e5m2
    return ScalarType::FP8E5;
  default:
    return std::nullopt;
  }
}

} // namespace tessera
