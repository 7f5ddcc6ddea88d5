//===- MatrixBlocks.h - Products of tensor cores, 8 x 8 at a time ---*- C++ -*-===//
//
// Accumulators of mma and wgmma lie in registers by blocks of 8 rows and 8 columns. With g = lane / 4 and t = lane % 4,
// lane 4 g + t holds of row g the columns 2 t and 2 t + 1: of 32-bit types in two registers, of f16 in the halves of
// one. So a row of a block is four lanes of one register beside four lanes of the other, if only its columns are taken
// in the order
//
//   0 2 4 6 1 3 5 7        of 32-bit accumulators
//   0 1 2 3 4 5 6 7        of f16
//
// and that is how B is laid out here: b[k][p] is column ColumnOrder<D>[p] of the block. Nothing is exchanged between
// lanes but where B is read.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_MATRIXBLOCKS_H
#define TESSERA_RUNTIME_SIMULATOR_MATRIXBLOCKS_H

#include "runtime/simulator/Fragments.h"

#include <array>

namespace tessera::sim::TESSERA_SIM_ISA {

/// Eight values side by side: the compiler's vector types, on any instruction set.
template <typename T> struct EightOf;
template <> struct EightOf<float> {
  using Type [[gnu::vector_size(32)]] = float;
};
template <> struct EightOf<int32_t> {
  using Type [[gnu::vector_size(32)]] = int32_t;
};
template <> struct EightOf<uint32_t> {
  using Type [[gnu::vector_size(32)]] = uint32_t;
};
template <typename T> using Eight = typename EightOf<T>::Type;

constexpr unsigned BlockSide = 8;
using Order8 = std::array<uint8_t, BlockSide>;
template <Element D> inline constexpr Order8 ColumnOrder = {0, 2, 4, 6, 1, 3, 5, 7};
template <> inline constexpr Order8 ColumnOrder<Element::F16> = {0, 1, 2, 3, 4, 5, 6, 7};

template <typename T> [[gnu::always_inline]] inline void loadEight(Eight<T> &to, const T *from) {
  std::memcpy(&to, from, sizeof to);
}
template <typename T> [[gnu::always_inline]] inline void storeEight(const Eight<T> &from, T *to) {
  std::memcpy(to, &from, sizeof from);
}

/// sum += a * b
[[gnu::always_inline]] inline void multiplyAdd(float a, const Eight<float> &b, Eight<float> &sum) {
#if defined(__FMA__)
  sum = Eight<float>(_mm256_fmadd_ps(_mm256_set1_ps(a), __m256(b), __m256(sum)));
#else
  sum = Eight<float>{a, a, a, a, a, a, a, a} * b + sum; // products of narrow floats are exact in f32
#endif
}
[[gnu::always_inline]] inline void multiplyAdd(int32_t a, const Eight<int32_t> &b, Eight<int32_t> &sum) {
  sum = a * b + sum;
}

/// Puts the values of eight columns into the order that accumulators of type D want.
template <Element D, typename T> [[gnu::always_inline]] inline void orderColumns(T (&values)[BlockSide]) {
  if constexpr (D != Element::F16) {
    Eight<T> columns;
    loadEight<T>(columns, values);
    columns = __builtin_shufflevector(columns, columns, 0, 2, 4, 6, 1, 3, 5, 7);
    storeEight<T>(columns, values);
  }
}

/// rows[i][j] becomes rows[j][i].
template <typename V> [[gnu::always_inline]] inline void transposeEight(V (&rows)[BlockSide]) {
  V pairs[BlockSide], fours[BlockSide];
  for (unsigned i = 0; i < BlockSide; i += 2) {
    pairs[i] = __builtin_shufflevector(rows[i], rows[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[i + 1] = __builtin_shufflevector(rows[i], rows[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (unsigned i = 0; i < BlockSide; i += 4)
    for (unsigned j = 0; j < 2; ++j) {
      fours[i + 2 * j] = __builtin_shufflevector(pairs[i + j], pairs[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      fours[i + 2 * j + 1] = __builtin_shufflevector(pairs[i + j], pairs[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (unsigned i = 0; i < 4; ++i) {
    rows[i] = __builtin_shufflevector(fours[i], fours[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    rows[i + 4] = __builtin_shufflevector(fours[i], fours[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/// b[k][p] = columns[p][k]: a block of B, given by its columns in the order wanted. K is a multiple of 8.
template <typename T, unsigned K>
[[gnu::always_inline]] inline void transposeColumns(const T (&columns)[BlockSide][K], T (&b)[K][BlockSide]) {
  static_assert(K % BlockSide == 0);
  for (unsigned k = 0; k < K; k += BlockSide) {
    Eight<T> rows[BlockSide];
    for (unsigned p = 0; p < BlockSide; ++p)
      loadEight<T>(rows[p], columns[p] + k);
    transposeEight(rows);
    for (unsigned i = 0; i < BlockSide; ++i)
      storeEight<T>(rows[i], b[k + i]);
  }
}

/// sums[m] += a[m][k] * b[k], each k in turn.
template <typename T, unsigned K>
[[gnu::always_inline]] inline void multiplyBlock(const T (*a)[K], const T (*b)[BlockSide],
                                                 Eight<T> (&sums)[BlockSide]) {
  for (unsigned k = 0; k < K; ++k) {
    Eight<T> row;
    loadEight<T>(row, b[k]);
    for (unsigned m = 0; m < BlockSide; ++m)
      multiplyAdd(a[m][k], row, sums[m]);
  }
}

/// A block of 32-bit accumulators from the two registers that hold its even and its odd columns.
template <typename T>
[[gnu::always_inline]] inline void loadBlock(const T *even, const T *odd, Eight<T> (&rows)[BlockSide]) {
  for (unsigned g = 0; g < BlockSide; ++g) {
    std::memcpy(&rows[g], even + 4 * g, 4 * sizeof(T));
    std::memcpy(reinterpret_cast<char *>(&rows[g]) + 4 * sizeof(T), odd + 4 * g, 4 * sizeof(T));
  }
}
template <typename T>
[[gnu::always_inline]] inline void storeBlock(const Eight<T> (&rows)[BlockSide], T *even, T *odd) {
  for (unsigned g = 0; g < BlockSide; ++g) {
    std::memcpy(even + 4 * g, &rows[g], 4 * sizeof(T));
    std::memcpy(odd + 4 * g, reinterpret_cast<const char *>(&rows[g]) + 4 * sizeof(T), 4 * sizeof(T));
  }
}
/// The same of f16, all in one register.
[[gnu::always_inline]] inline void loadHalfBlock(const uint16_t *halves, Eight<float> (&rows)[BlockSide]) {
  alignas(32) float values[BlockSide * BlockSide];
  widenHalves<BlockSide * BlockSide>(halves, values);
  std::memcpy(rows, values, sizeof values);
}
[[gnu::always_inline]] inline void storeHalfBlock(const Eight<float> (&rows)[BlockSide], uint16_t *halves) {
  alignas(32) float values[BlockSide * BlockSide];
  std::memcpy(values, rows, sizeof values);
  narrowHalves<BlockSide * BlockSide>(values, halves);
}

/// Results that are not numbers become the one that hardware gives.
[[gnu::always_inline]] inline void canonicalize(Eight<float> (&rows)[BlockSide]) {
  for (Eight<float> &row : rows) {
    const Eight<int32_t> nan = row != row;
    row = Eight<float>((Eight<int32_t>(row) & ~nan) | (nan & static_cast<int32_t>(CanonicalNan32)));
  }
}

/// Adds an accumulator to sums of products of integers, wrapping or clamped.
[[gnu::always_inline]] inline void addAccumulators(Eight<int32_t> (&sums)[BlockSide],
                                                   const Eight<int32_t> (&acc)[BlockSide], bool saturates) {
  for (unsigned m = 0; m < BlockSide; ++m)
    if (saturates)
      for (unsigned j = 0; j < BlockSide; ++j)
        sums[m][j] = saturatingAdd(sums[m][j], acc[m][j]);
    else
      sums[m] = Eight<int32_t>(Eight<uint32_t>(sums[m]) + Eight<uint32_t>(acc[m]));
}

} // namespace tessera::sim::TESSERA_SIM_ISA

#endif // TESSERA_RUNTIME_SIMULATOR_MATRIXBLOCKS_H
