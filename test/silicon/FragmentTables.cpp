//===- FragmentTables.cpp - Which lane holds which element ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/FragmentTables.h"

namespace tessera::silicon {

namespace {

using U = unsigned;

/// C and D of 8 rows: row g, columns 2t, 2t+1.
constexpr Place c8(U g, U t, U i) { return {g, t * 2 + i}; }
/// C and D of 16 rows: c0 c1 in row g, c2 c3 in row g + 8.
constexpr Place c16(U g, U t, U i) { return {i < 2 ? g : g + 8, t * 2 + (i & 1)}; }

constexpr FragmentTable Tables[] = {
    // m8n8k4, .f64
    {8, 8, 4, 64, 1, 1, 2, [](U g, U t, U) { return Place{g, t}; }, [](U g, U t, U) { return Place{t, g}; }, c8},
    // m8n8k16, 8 bits
    {8, 8, 16, 8, 4, 4, 2, [](U g, U t, U i) { return Place{g, t * 4 + i}; },
     [](U g, U t, U i) { return Place{t * 4 + i, g}; }, c8},
    // m8n8k32, 4 bits
    {8, 8, 32, 4, 8, 8, 2, [](U g, U t, U i) { return Place{g, t * 8 + i}; },
     [](U g, U t, U i) { return Place{t * 8 + i, g}; }, c8},
    // m8n8k128, 1 bit
    {8, 8, 128, 1, 32, 32, 2, [](U g, U t, U i) { return Place{g, t * 32 + i}; },
     [](U g, U t, U i) { return Place{t * 32 + i, g}; }, c8},
    // m16n8k4, .tf32
    {16, 8, 4, 32, 2, 1, 4, [](U g, U t, U i) { return Place{i == 0 ? g : g + 8, t}; },
     [](U g, U t, U) { return Place{t, g}; }, c16},
    // m16n8k4, .f64
    {16, 8, 4, 64, 2, 1, 4, [](U g, U t, U i) { return Place{i == 0 ? g : g + 8, t}; },
     [](U g, U t, U) { return Place{t, g}; }, c16},
    // m16n8k8, .f16 .bf16
    {16, 8, 8, 16, 4, 2, 4, [](U g, U t, U i) { return Place{i < 2 ? g : g + 8, t * 2 + (i & 1)}; },
     [](U g, U t, U i) { return Place{t * 2 + i, g}; }, c16},
    // m16n8k8, .tf32
    {16, 8, 8, 32, 4, 2, 4, [](U g, U t, U i) { return Place{i == 0 || i == 2 ? g : g + 8, i < 2 ? t : t + 4}; },
     [](U g, U t, U i) { return Place{i == 0 ? t : t + 4, g}; }, c16},
    // m16n8k8, .f64
    {16, 8, 8, 64, 4, 2, 4, [](U g, U t, U i) { return Place{i == 0 || i == 2 ? g : g + 8, i < 2 ? t : t + 4}; },
     [](U g, U t, U i) { return Place{i == 0 ? t : t + 4, g}; }, c16},
    // m16n8k16, .f16 .bf16
    {16, 8, 16, 16, 8, 4, 4,
     [](U g, U t, U i) {
       return Place{i < 2 || (i >= 4 && i < 6) ? g : g + 8, i < 4 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8};
     },
     [](U g, U t, U i) { return Place{i < 2 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8, g}; }, c16},
    // m16n8k16, .f64
    {16, 8, 16, 64, 8, 4, 4,
     [](U g, U t, U i) { return Place{i % 2 == 0 ? g : g + 8, i % 2 == 0 ? i * 2 + t : i * 2 - 2 + t}; },
     [](U g, U t, U i) { return Place{t + i * 4, g}; }, c16},
    // m16n8k16, 8 bits
    {16, 8, 16, 8, 8, 4, 4, [](U g, U t, U i) { return Place{i < 4 ? g : g + 8, t * 4 + (i & 3)}; },
     [](U g, U t, U i) { return Place{t * 4 + i, g}; }, c16},
    // m16n8k32, 8 bits
    {16, 8, 32, 8, 16, 8, 4,
     [](U g, U t, U i) {
       return Place{i < 4 || (i >= 8 && i < 12) ? g : g + 8, i < 8 ? t * 4 + (i & 3) : t * 4 + (i & 3) + 16};
     },
     [](U g, U t, U i) { return Place{i < 4 ? t * 4 + (i & 3) : t * 4 + (i & 3) + 16, g}; }, c16},
    // m16n8k32, 4 bits
    {16, 8, 32, 4, 16, 8, 4, [](U g, U t, U i) { return Place{i < 8 ? g : g + 8, t * 8 + (i & 7)}; },
     [](U g, U t, U i) { return Place{t * 8 + i, g}; }, c16},
    // m16n8k64, 4 bits
    {16, 8, 64, 4, 32, 16, 4,
     [](U g, U t, U i) {
       return Place{i < 8 || (i >= 16 && i < 24) ? g : g + 8, i < 16 ? t * 8 + (i & 7) : t * 8 + (i & 7) + 32};
     },
     [](U g, U t, U i) { return Place{i < 8 ? t * 8 + (i & 7) : t * 8 + (i & 7) + 32, g}; }, c16},
    // m16n8k128, 1 bit
    {16, 8, 128, 1, 64, 32, 4, [](U g, U t, U i) { return Place{i < 32 ? g : g + 8, t * 32 + (i & 31)}; },
     [](U g, U t, U i) { return Place{t * 32 + i, g}; }, c16},
    // m16n8k256, 1 bit
    {16, 8, 256, 1, 128, 64, 4,
     [](U g, U t, U i) {
       return Place{i < 32 || (i >= 64 && i < 96) ? g : g + 8, i < 64 ? t * 32 + (i & 31) : t * 32 + (i & 31) + 128};
     },
     [](U g, U t, U i) { return Place{i < 32 ? t * 32 + (i & 31) : t * 32 + (i & 31) + 128, g}; }, c16},
};

} // namespace

std::span<const FragmentTable> allFragments() { return Tables; }

const FragmentTable *findFragments(unsigned m, unsigned n, unsigned k, unsigned bits) {
  for (const FragmentTable &table : Tables)
    if (table.m == m && table.n == n && table.k == k && table.bits == bits)
      return &table;
  return nullptr;
}

} // namespace tessera::silicon
