//===- TensorMap.cpp - The 128-byte object that describes a tensor --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/TensorMap.h"
#include "runtime/simulator/Hexadecimal.h"

#include <algorithm>

namespace tessera::sim {

namespace {

constexpr uint64_t Signature = 0x5450'616D'546D'7354; ///< of an object that somebody encoded
constexpr uint64_t MaximumSize = uint64_t(1) << 32, MaximumStride = uint64_t(1) << 40;
constexpr uint32_t MaximumBox = 256, MaximumElementStride = 8;

/// The object's layout. Zeros are a map of rank 1 of which nothing else was set.
struct Fields {
  uint64_t signature;
  uint64_t address;
  uint64_t size[TensorRanks];
  uint64_t stride[TensorRanks - 1];
  uint16_t box[TensorRanks];
  uint8_t elementStride[TensorRanks];
  uint8_t rank; ///< less one
  uint8_t element, interleave, swizzle, atomicity, fill;
};
static_assert(sizeof(Fields) <= TensorMapBytes);

struct ElementFacts {
  const char *name;
  unsigned bytes;
  bool isFloat;
};
constexpr ElementFacts Elements[] = {
    {"u8", 1, false},      {"u16", 2, false},   {"u32", 4, false},       {"s32", 4, false},
    {"u64", 8, false},     {"s64", 8, false},   {"f16", 2, true},        {"f32", 4, true},
    {"f32.ftz", 4, true},  {"f64", 8, true},    {"bf16", 2, true},       {"tf32", 4, true},
    {"tf32.ftz", 4, true}, {"b4x16", 0, false}, {"b4x16_p64", 0, false}, {"b6x16_p32", 0, false},
};

std::string text(uint64_t value) { return std::to_string(value); }

template <typename T, size_t N> std::string product(const std::array<T, N> &values, unsigned count) {
  std::string all;
  for (unsigned i = 0; i < count; ++i)
    all += (i ? " x " : "") + text(values[i]);
  return all;
}

} // namespace

unsigned bytesOf(TensorElement element) { return Elements[static_cast<unsigned>(element)].bytes; }
const char *name(TensorElement element) { return Elements[static_cast<unsigned>(element)].name; }

uint64_t TensorDescription::boxBytes() const {
  uint64_t bytes = rowBytes();
  for (unsigned i = 1; i < rank; ++i)
    bytes *= steps(i);
  return bytes;
}

std::string TensorDescription::check() const {
  if (rank < 1 || rank > TensorRanks)
    return "rank " + text(rank) + ": expected 1 to " + text(TensorRanks);
  if (interleave != TensorInterleave::None && rank < 3)
    return "rank " + text(rank) + " of an interleaved tensor: expected at least 3";
  const bool packed = element >= TensorElement::B4x16P64, wide = interleave == TensorInterleave::Bytes32 || packed;
  const unsigned alignment = wide ? 32 : 16;
  if (address % alignment != 0)
    return "global address " + hexadecimal(address) + ": expected a multiple of " + text(alignment);
  for (unsigned i = 0; i < rank; ++i)
    if (size[i] == 0 || size[i] > MaximumSize)
      return "size " + text(size[i]) + " of dimension " + text(i) + ": expected 1 to " + text(MaximumSize);
  for (unsigned i = 0; i + 1 < rank; ++i)
    if (stride[i] % alignment != 0 || stride[i] >= MaximumStride)
      return "stride of " + text(stride[i]) + " bytes of dimension " + text(i + 1) + ": expected a multiple of " +
             text(alignment) + " below " + text(MaximumStride);
  for (unsigned i = 0; i < rank; ++i)
    if (box[i] == 0 || box[i] > MaximumBox)
      return "box of " + text(box[i]) + " elements along dimension " + text(i) + ": expected 1 to " + text(MaximumBox);
  for (unsigned i = 0; i < rank; ++i)
    if (elementStride[i] == 0 || elementStride[i] > MaximumElementStride)
      return "element stride " + text(elementStride[i]) + " of dimension " + text(i) + ": expected 1 to " +
             text(MaximumElementStride);
  if (interleave == TensorInterleave::Bytes32 && swizzle != TensorSwizzle::Bytes32)
    return "interleave of 32 bytes: expected a swizzle of 32 bytes";
  if (interleave == TensorInterleave::None && bytesOf(element)) {
    if (rowBytes() % 16 != 0)
      return "box dimension 0 of " + text(rowBytes()) + " bytes: expected a multiple of 16";
    const unsigned span = 16u << static_cast<unsigned>(swizzle);
    if (swizzle != TensorSwizzle::None && rowBytes() > span)
      return "box dimension 0 of " + text(rowBytes()) + " bytes: expected at most the " + text(span) +
             " of the swizzle";
  }
  if (fill == TensorFill::Nan && !Elements[static_cast<unsigned>(element)].isFloat)
    return std::string("fill with NaN of elements of type ") + name(element) + ": expected a floating-point type";
  return {};
}

std::string TensorDescription::unsupported() const {
  if (interleave != TensorInterleave::None)
    return std::string("interleave of ") + (interleave == TensorInterleave::Bytes16 ? "16" : "32") + " bytes";
  if (bytesOf(element) == 0)
    return std::string("element type ") + name(element);
  if (atomicity != TensorAtomicity::Bytes16)
    return "swizzle of chunks of other than 16 bytes";
  const unsigned span = 16u << static_cast<unsigned>(swizzle);
  if (swizzle != TensorSwizzle::None && rowBytes() < span)
    return "box dimension 0 of " + text(rowBytes()) + " bytes with a swizzle of " + text(span);
  return {};
}

std::string TensorDescription::describe() const {
  std::string all = std::string(name(element)) + " tensor of " + product(size, rank) + " at " + hexadecimal(address);
  if (rank > 1) {
    all += " with strides of ";
    for (unsigned i = 0; i + 1 < rank; ++i)
      all += (i ? ", " : "") + text(stride[i]);
    all += " bytes";
  }
  return all + ", box " + product(box, rank);
}

Result<TensorMap> TensorMap::encode(const TensorDescription &d) {
  if (std::string wrong = d.check(); !wrong.empty())
    return Result<TensorMap>::failure(std::move(wrong));
  Fields fields{};
  fields.signature = Signature;
  fields.address = d.address;
  for (unsigned i = 0; i < d.rank; ++i) {
    fields.size[i] = d.size[i];
    fields.box[i] = static_cast<uint16_t>(d.box[i]);
    fields.elementStride[i] = static_cast<uint8_t>(d.elementStride[i]);
    if (i + 1 < d.rank)
      fields.stride[i] = d.stride[i];
  }
  fields.rank = static_cast<uint8_t>(d.rank - 1);
  fields.element = static_cast<uint8_t>(d.element);
  fields.interleave = static_cast<uint8_t>(d.interleave);
  fields.swizzle = static_cast<uint8_t>(d.swizzle);
  fields.atomicity = static_cast<uint8_t>(d.atomicity);
  fields.fill = static_cast<uint8_t>(d.fill);
  TensorMap map;
  std::memcpy(map.bytes.data(), &fields, sizeof fields);
  return map;
}

Result<TensorMap> TensorMap::encodeTiled(unsigned dataType, unsigned rank, uint64_t address, const uint64_t *sizes,
                                         const uint64_t *strides, const uint32_t *box, const uint32_t *elementStrides,
                                         unsigned interleave, unsigned swizzle, unsigned l2Promotion, unsigned fill) {
  using enum TensorElement;
  static constexpr TensorElement DriverOrder[] = {U8,  U16,  U32,    S32,  U64,     S64,   F16,      F32,
                                                  F64, BF16, F32Ftz, TF32, TF32Ftz, B4x16, B4x16P64, B6x16P32};
  struct DriverSwizzle {
    TensorSwizzle swizzle;
    TensorAtomicity atomicity;
  };
  static constexpr DriverSwizzle Swizzles[] = {
      {TensorSwizzle::None, TensorAtomicity::Bytes16},     {TensorSwizzle::Bytes32, TensorAtomicity::Bytes16},
      {TensorSwizzle::Bytes64, TensorAtomicity::Bytes16},  {TensorSwizzle::Bytes128, TensorAtomicity::Bytes16},
      {TensorSwizzle::Bytes128, TensorAtomicity::Bytes32}, {TensorSwizzle::Bytes128, TensorAtomicity::Bytes32Flip8},
      {TensorSwizzle::Bytes128, TensorAtomicity::Bytes64}};
  const auto refuse = [](const char *what, unsigned value, size_t count) {
    return Result<TensorMap>::failure(std::string(what) + " " + text(value) + ": expected 0 to " + text(count - 1));
  };
  constexpr unsigned L2Promotions = 4;
  if (dataType >= std::size(DriverOrder))
    return refuse("data type", dataType, std::size(DriverOrder));
  if (interleave > 2)
    return refuse("interleave", interleave, 3);
  if (swizzle >= std::size(Swizzles))
    return refuse("swizzle", swizzle, std::size(Swizzles));
  if (l2Promotion >= L2Promotions)
    return refuse("L2 promotion", l2Promotion, L2Promotions);
  if (fill > 1)
    return refuse("fill", fill, 2);
  TensorDescription d;
  d.element = DriverOrder[dataType];
  d.rank = rank;
  d.address = address;
  for (unsigned i = 0; i < rank && i < TensorRanks; ++i) {
    d.size[i] = sizes[i];
    d.box[i] = box[i];
    d.elementStride[i] = elementStrides[i];
    if (i + 1 < rank && i + 1 < TensorRanks)
      d.stride[i] = strides[i];
  }
  d.interleave = static_cast<TensorInterleave>(interleave);
  d.swizzle = Swizzles[swizzle].swizzle;
  d.atomicity = Swizzles[swizzle].atomicity;
  d.fill = static_cast<TensorFill>(fill);
  return encode(d);
}

bool TensorMap::decode(TensorDescription &d) const {
  Fields fields;
  std::memcpy(&fields, bytes.data(), sizeof fields);
  if (fields.signature != Signature || fields.rank >= TensorRanks || fields.element >= std::size(Elements) ||
      fields.interleave > 2 || fields.swizzle > 3 || fields.atomicity > 3 || fields.fill > 1)
    return false;
  d = TensorDescription{};
  d.address = fields.address;
  d.rank = fields.rank + 1u;
  for (unsigned i = 0; i < d.rank; ++i) {
    d.size[i] = fields.size[i];
    d.box[i] = fields.box[i];
    d.elementStride[i] = fields.elementStride[i];
    if (i + 1 < d.rank)
      d.stride[i] = fields.stride[i];
  }
  d.element = static_cast<TensorElement>(fields.element);
  d.interleave = static_cast<TensorInterleave>(fields.interleave);
  d.swizzle = static_cast<TensorSwizzle>(fields.swizzle);
  d.atomicity = static_cast<TensorAtomicity>(fields.atomicity);
  d.fill = static_cast<TensorFill>(fields.fill);
  if (d.interleave == TensorInterleave::None)
    d.elementStride[0] = 1; // the hardware has none there
  return true;
}

std::string TensorMap::replace(TensorField field, unsigned ordinal, uint64_t value) {
  Fields fields;
  std::memcpy(&fields, bytes.data(), sizeof fields);
  if (fields.signature != Signature) {
    if (std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte(0); }))
      return "these 128 bytes are neither a tensor map nor zeros";
    fields.signature = Signature;
  }
  const unsigned ordinals = field == TensorField::GlobalStride ? TensorRanks - 1 : TensorRanks;
  if (ordinal >= ordinals)
    return "dimension " + text(ordinal) + ": expected 0 to " + text(ordinals - 1);
  const auto among = [&](uint64_t limit, uint8_t &target) {
    if (value >= limit)
      return "value " + text(value) + ": expected 0 to " + text(limit - 1);
    target = static_cast<uint8_t>(value);
    return std::string();
  };
  std::string wrong;
  switch (field) {
  case TensorField::GlobalAddress:
    fields.address = value;
    break;
  case TensorField::Rank:
    wrong = among(TensorRanks, fields.rank);
    break;
  case TensorField::BoxDim:
    if (value == 0 || value > MaximumBox)
      return "box of " + text(value) + " elements: expected 1 to " + text(MaximumBox);
    fields.box[ordinal] = static_cast<uint16_t>(value);
    break;
  case TensorField::GlobalDim:
    fields.size[ordinal] = value;
    break;
  case TensorField::GlobalStride:
    fields.stride[ordinal] = value;
    break;
  case TensorField::ElementStride:
    if (value == 0 || value > MaximumElementStride)
      return "element stride " + text(value) + ": expected 1 to " + text(MaximumElementStride);
    fields.elementStride[ordinal] = static_cast<uint8_t>(value);
    break;
  case TensorField::ElementType:
    wrong = among(std::size(Elements), fields.element);
    break;
  case TensorField::InterleaveLayout:
    wrong = among(3, fields.interleave);
    break;
  case TensorField::SwizzleMode:
    wrong = among(4, fields.swizzle);
    break;
  case TensorField::SwizzleAtomicity:
    wrong = among(4, fields.atomicity);
    break;
  case TensorField::FillMode:
    wrong = among(2, fields.fill);
    break;
  }
  if (wrong.empty())
    std::memcpy(bytes.data(), &fields, sizeof fields);
  return wrong;
}

} // namespace tessera::sim
