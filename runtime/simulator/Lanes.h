//===- Lanes.h - Loops over the lanes of a warp -----------------*- C++ -*-===//
//
// The loops that executing functions are made of, in a form compilers turn into vector code: one iteration a lane,
// results blended under the execution mask when not all lanes take part. Everything is in a namespace named after the
// host instruction set it is compiled for.
//
//   struct Add { template <typename T> static T run(T a, T b) { return a + b; } };
//   exec = map<Add, uint32_t, uint32_t, uint32_t>;      // op[0] = Add::run(op[1], op[2])
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_LANES_H
#define TESSERA_RUNTIME_SIMULATOR_LANES_H

#include "runtime/simulator/Decode.h"
#include "runtime/simulator/Warp.h"

#include <bit>
#include <cstring>
#include <type_traits>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#ifndef TESSERA_SIM_ISA
#error "TESSERA_SIM_ISA names the host instruction set that this file is compiled for"
#endif

#if defined(__clang__)
#define TESSERA_LANES _Pragma("clang loop vectorize(assume_safety)")
#else
#define TESSERA_LANES _Pragma("GCC ivdep")
#endif

namespace tessera::sim::TESSERA_SIM_ISA {

/// d[lane] = f(lane) for the lanes of `mask`. Sources may be the same register as `d`.
template <typename T, typename F> [[gnu::always_inline]] inline void store(uint32_t mask, T *d, F f) {
  if (mask == AllLanes) [[likely]] {
    TESSERA_LANES
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      d[lane] = f(lane);
    return;
  }
  alignas(64) T values[WarpSize];
  TESSERA_LANES
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    values[lane] = f(lane);
  TESSERA_LANES
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    d[lane] = (mask >> lane & 1) ? values[lane] : d[lane];
}

/// Copies the lanes of `mask`.
template <typename T> [[gnu::always_inline]] inline void blend(uint32_t mask, T *d, const T *values) {
  store<T>(mask, d, [values](unsigned lane) { return values[lane]; });
}

/// Bit `lane` of the result is the lowest bit of flags[lane].
[[gnu::always_inline]] inline uint32_t packBits(const uint8_t (&flags)[WarpSize]) {
#if defined(__AVX2__)
  const __m256i bytes = _mm256_load_si256(reinterpret_cast<const __m256i *>(flags));
  return static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_slli_epi16(bytes, 7)));
#elif defined(__SSE2__)
  const __m128i low = _mm_load_si128(reinterpret_cast<const __m128i *>(flags));
  const __m128i high = _mm_load_si128(reinterpret_cast<const __m128i *>(flags + 16));
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_slli_epi16(low, 7))) |
         static_cast<uint32_t>(_mm_movemask_epi8(_mm_slli_epi16(high, 7))) << 16;
#else
  uint32_t bits = 0;
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    bits |= uint32_t(flags[lane] & 1) << lane;
  return bits;
#endif
}

/// Bit `lane` of the result is f(lane).
template <typename F> [[gnu::always_inline]] inline uint32_t testLanes(F f) {
  alignas(32) uint8_t flags[WarpSize];
  TESSERA_LANES
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    flags[lane] = f(lane) ? 1 : 0;
  return packBits(flags);
}

/// Writes the lanes of `mask` of a predicate.
[[gnu::always_inline]] inline void storePredicate(const Warp &warp, Ref ref, uint32_t mask, uint32_t value) {
  auto &predicate = *out<uint32_t>(warp, ref);
  predicate = (predicate & ~mask) | (value & mask);
}

template <typename Op, typename D, typename... S>
[[gnu::always_inline]] inline void mapPointers(uint32_t mask, D *d, const S *...s) {
  store<D>(mask, d, [=](unsigned lane) { return static_cast<D>(Op::run(s[lane]...)); });
}

template <typename Op, typename D, typename... S, size_t... I>
[[gnu::always_inline]] inline void mapIndexed(Warp &warp, const Instr &instr, std::index_sequence<I...>) {
  mapPointers<Op, D, S...>(warp.mask, out<D>(warp, instr.op[0]), in<S>(warp, instr.op[1 + I])...);
}

/// op[0] = Op::run(op[1], op[2], ...), lane by lane; D and S are the types of result and sources.
template <typename Op, typename D, typename... S> void map(Warp &warp, const Instr &instr) {
  mapIndexed<Op, D, S...>(warp, instr, std::index_sequence_for<S...>());
}

} // namespace tessera::sim::TESSERA_SIM_ISA

#endif // TESSERA_RUNTIME_SIMULATOR_LANES_H
