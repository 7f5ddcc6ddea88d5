//===- TensorMap.h - The 128-byte object that describes a tensor ------*- C++ -*-===//
//
// A tensor map tells the hardware's copy engine where a tensor lies in global memory and which box of it one
// instruction copies. Its layout on hardware is secret; here it is this project's own. Hosts make one by
// `cuTensorMapEncodeTiled`, kernels by `tensormap.replace` on 128 zeroed bytes or on a copy of another.
//
//   auto map = TensorMap::encode({.element = TensorElement::F16, .rank = 2, .address = x,
//                                 .size = {64, 128}, .stride = {128}, .box = {64, 32},
//                                 .swizzle = TensorSwizzle::Bytes128});
//   if (!map)
//     return fail(map.error());         // "box dimension 0 of 24 bytes: expected a multiple of 16"
//   launch(..., map.get());             // a kernel parameter by value
//
// Dimension 0 is the innermost, whose elements lie side by side; `stride[i]` is the distance in bytes along
// dimension i + 1. A box lies in shared memory row by row, without gaps; a swizzle then exchanges its 16-byte chunks:
// bits 4.. of the shared address are flipped by bits 7.. .
//
//   swizzle     bits flipped   by         inner box
//   32 bytes    4              7          32 bytes
//   64 bytes    4..5           7..8       64 bytes
//   128 bytes   4..6           7..9       128 bytes
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_TENSORMAP_H
#define TESSERA_RUNTIME_SIMULATOR_TENSORMAP_H

#include "runtime/simulator/Engine.h"
#include "runtime/simulator/PtxAst.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace tessera::sim {

constexpr unsigned TensorRanks = 5;
constexpr unsigned TensorMapBytes = 128, TensorMapAlignment = 64;

/// Numbered as `tensormap.replace` does.
enum class TensorElement : uint8_t {
  U8,
  U16,
  U32,
  S32,
  U64,
  S64,
  F16,
  F32,
  F32Ftz,
  F64,
  BF16,
  TF32,
  TF32Ftz,
  B4x16,
  B4x16P64,
  B6x16P32,
};
enum class TensorInterleave : uint8_t { None, Bytes16, Bytes32 };
enum class TensorSwizzle : uint8_t { None, Bytes32, Bytes64, Bytes128 };
/// Which chunks are exchanged; other than 16 bytes only on devices after sm_90.
enum class TensorAtomicity : uint8_t { Bytes16, Bytes32, Bytes32Flip8, Bytes64 };
enum class TensorFill : uint8_t { Zero, Nan };

/// Bytes of one element; 0 for packed types of less than a byte each.
unsigned bytesOf(TensorElement element);
const char *name(TensorElement element);

/// What a tensor map says.
struct TensorDescription {
  TensorElement element = TensorElement::U8;
  unsigned rank = 1;
  uint64_t address = 0;
  std::array<uint64_t, TensorRanks> size{};       ///< elements
  std::array<uint64_t, TensorRanks - 1> stride{}; ///< bytes
  std::array<uint32_t, TensorRanks> box{};        ///< elements, before element strides
  std::array<uint32_t, TensorRanks> elementStride{1, 1, 1, 1, 1};
  TensorInterleave interleave = TensorInterleave::None;
  TensorSwizzle swizzle = TensorSwizzle::None;
  TensorAtomicity atomicity = TensorAtomicity::Bytes16;
  TensorFill fill = TensorFill::Zero;

  /// What the driver would refuse it for, or nothing.
  std::string check() const;
  /// What the simulator cannot do of it, or nothing.
  std::string unsupported() const;
  /// "f16 tensor of 64 x 128 at 0x... with strides of 128 bytes, box 64 x 32"
  std::string describe() const;
  unsigned rowBytes() const { return box[0] * bytesOf(element); }
  /// Elements that one copy takes along a dimension.
  uint32_t steps(unsigned dimension) const {
    return dimension == 0 ? box[0] : (box[dimension] + elementStride[dimension] - 1) / elementStride[dimension];
  }
  uint64_t boxBytes() const;
  unsigned swizzleMask() const { return (1u << static_cast<unsigned>(swizzle)) - 1; }
};

/// The fields that `tensormap.replace` sets.
enum class TensorField : uint8_t {
  GlobalAddress,
  Rank, ///< one less than the rank
  BoxDim,
  GlobalDim,
  GlobalStride,
  ElementStride,
  ElementType,
  InterleaveLayout,
  SwizzleMode,
  SwizzleAtomicity,
  FillMode,
};

/// The object itself.
struct alignas(TensorMapAlignment) TensorMap {
  std::array<std::byte, TensorMapBytes> bytes{};

  static Result<TensorMap> encode(const TensorDescription &description);
  /// The same with the driver's arguments and numbers: cuTensorMapEncodeTiled. `strides` has one element less than the
  /// others and may be null where `rank` is 1.
  static Result<TensorMap> encodeTiled(unsigned dataType, unsigned rank, uint64_t address, const uint64_t *sizes,
                                       const uint64_t *strides, const uint32_t *box, const uint32_t *elementStrides,
                                       unsigned interleave, unsigned swizzle, unsigned l2Promotion, unsigned fill);
  /// False where the bytes are no tensor map.
  bool decode(TensorDescription &description) const;
  /// Sets a field of a map or of zeroed memory. What is wrong, or nothing.
  std::string replace(TensorField field, unsigned ordinal, uint64_t value);
};

/// A box of a tensor: what one instruction copies.
struct TensorTile {
  TensorDescription map;
  std::array<int32_t, TensorRanks> at{};

  /// One row of the box: `offset` bytes into it. Of its bytes [begin, end) lie inside the tensor; the first of the row
  /// would be at `global`.
  struct Row {
    uint32_t offset;
    uint64_t global;
    uint32_t begin, end;
  };
  /// Calls visit(Row) for each row until one returns false.
  template <typename Visit> bool rows(Visit visit) const {
    const unsigned element = bytesOf(map.element), rowBytes = map.rowBytes();
    const int64_t first = at[0], last = first + map.box[0], size = static_cast<int64_t>(map.size[0]);
    const int64_t from = first < 0 ? 0 : first, to = last < size ? last : size;
    const auto begin = static_cast<uint32_t>(from < to ? (from - first) * element : 0);
    const auto end = static_cast<uint32_t>(from < to ? (to - first) * element : 0);
    uint32_t step[TensorRanks] = {}, steps[TensorRanks] = {1, 1, 1, 1, 1};
    for (unsigned i = 1; i < map.rank; ++i)
      steps[i] = map.steps(i);
    for (uint32_t offset = 0;; offset += rowBytes) {
      bool inside = true;
      uint64_t global = map.address + static_cast<uint64_t>(first * element);
      for (unsigned i = 1; i < map.rank; ++i) {
        const int64_t x = at[i] + int64_t(step[i]) * map.elementStride[i];
        inside &= x >= 0 && static_cast<uint64_t>(x) < map.size[i];
        global += static_cast<uint64_t>(x) * map.stride[i - 1];
      }
      if (!visit(Row{offset, global, inside ? begin : 0, inside ? end : 0}))
        return false;
      unsigned i = 1;
      while (i < map.rank && ++step[i] == steps[i])
        step[i++] = 0;
      if (i >= map.rank)
        return true;
    }
  }
};

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_TENSORMAP_H
