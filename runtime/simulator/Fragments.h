//===- Fragments.h - Elements of tensor-core operands -----------*- C++ -*-===//
//
// The types that mma, wmma and wgmma multiply, and loops that turn a register of a warp into their values.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_FRAGMENTS_H
#define TESSERA_RUNTIME_SIMULATOR_FRAGMENTS_H

#include "runtime/simulator/Lanes.h"
#include "runtime/simulator/Numbers.h"

namespace tessera::sim::TESSERA_SIM_ISA {

enum class Element : uint8_t { F16, BF16, TF32, F32, F64, E4M3, E5M2, S8, U8, S4, U4, B1, S32 };

constexpr unsigned elementBits(Element e) {
  switch (e) {
  case Element::F16:
  case Element::BF16:
    return 16;
  case Element::F64:
    return 64;
  case Element::E4M3:
  case Element::E5M2:
  case Element::S8:
  case Element::U8:
    return 8;
  case Element::S4:
  case Element::U4:
    return 4;
  case Element::B1:
    return 1;
  default:
    return 32;
  }
}

inline bool elementOf(ptx::Type type, Element &element) {
  switch (type) {
  case ptx::Type::F16:
    element = Element::F16;
    return true;
  case ptx::Type::BF16:
    element = Element::BF16;
    return true;
  case ptx::Type::TF32:
    element = Element::TF32;
    return true;
  case ptx::Type::F32:
    element = Element::F32;
    return true;
  case ptx::Type::F64:
    element = Element::F64;
    return true;
  case ptx::Type::E4M3:
    element = Element::E4M3;
    return true;
  case ptx::Type::E5M2:
    element = Element::E5M2;
    return true;
  case ptx::Type::S8:
    element = Element::S8;
    return true;
  case ptx::Type::U8:
    element = Element::U8;
    return true;
  case ptx::Type::S4:
    element = Element::S4;
    return true;
  case ptx::Type::U4:
    element = Element::U4;
    return true;
  case ptx::Type::B1:
    element = Element::B1;
    return true;
  case ptx::Type::S32:
    element = Element::S32;
    return true;
  default:
    return false;
  }
}

/// The values in `Bytes` bytes, one after the other.
template <Element E, unsigned Bytes, typename T> [[gnu::always_inline]] inline void widen(const char *from, T *to) {
  constexpr unsigned Count = 8 * Bytes / elementBits(E);
  if constexpr (E == Element::F16) {
    widenHalves<Count>(reinterpret_cast<const uint16_t *>(from), to);
  } else if constexpr (E == Element::BF16) {
    const auto *h = reinterpret_cast<const uint16_t *>(from);
    for (unsigned i = 0; i < Count; ++i)
      to[i] = bfloatToFloat(h[i]);
  } else if constexpr (E == Element::TF32) {
    // The unit reads the upper 19 bits.
    const auto *w = reinterpret_cast<const uint32_t *>(from);
    for (unsigned i = 0; i < Count; ++i)
      to[i] = floatOf(w[i] & 0xFFFFE000);
  } else if constexpr (E == Element::F64) {
    std::memcpy(to, from, Bytes);
  } else if constexpr (E == Element::E4M3 || E == Element::E5M2) {
    const auto *b = reinterpret_cast<const uint8_t *>(from);
    for (unsigned i = 0; i < Count; ++i)
      to[i] = decode8(E == Element::E4M3 ? E4m3Format : E5m2Format, b[i]);
  } else if constexpr (E == Element::S8) {
    const auto *b = reinterpret_cast<const int8_t *>(from);
    for (unsigned i = 0; i < Count; ++i)
      to[i] = b[i];
  } else if constexpr (E == Element::S4 || E == Element::U4) {
    const auto *b = reinterpret_cast<const uint8_t *>(from);
    constexpr int Flip = E == Element::S4 ? 8 : 0; // (x ^ 8) - 8 extends the sign
    for (unsigned i = 0; i < Count; ++i)
      to[i] = static_cast<T>(((b[i / 2] >> (i % 2 * 4) & 15) ^ Flip) - Flip);
  } else {
    const auto *b = reinterpret_cast<const uint8_t *>(from);
    for (unsigned i = 0; i < Count; ++i)
      to[i] = b[i];
  }
}

/// The values of one 32-bit register, lane after lane, 32 / bits of each: to[lane * perLane + i].
template <Element E, typename T> [[gnu::always_inline]] inline void widenRegister(const char *from, T *to) {
  widen<E, (E == Element::F64 ? 8 : 4) * WarpSize>(from, to);
}

inline int32_t saturatingAdd(int32_t a, int32_t b) {
  const int64_t sum = int64_t(a) + b;
  return static_cast<int32_t>(sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : sum);
}

} // namespace tessera::sim::TESSERA_SIM_ISA

#endif // TESSERA_RUNTIME_SIMULATOR_FRAGMENTS_H
