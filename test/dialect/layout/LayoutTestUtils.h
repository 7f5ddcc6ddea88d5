//===- LayoutTestUtils.h - Maps to test with, and a machine to run plans on ---------------===//
//
// All maps of a size, random maps, and a simulation of what a conversion plan says: registers, shuffles, and shared
// memory with ldmatrix and stmatrix as the PTX ISA describes them. It knows nothing of how plans are made.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_DIALECT_LAYOUT_LAYOUTTESTUTILS_H
#define TESSERA_TEST_DIALECT_LAYOUT_LAYOUTTESTUTILS_H

#include "dialect/layout/ConversionPlan.h"
#include "dialect/layout/LinearLayout.h"

#include <functional>
#include <random>
#include <string>

namespace tessera::test {

/// Calls `visit` with every map from `in` to `out`.
void forAllMaps(const Space &in, const Space &out, const std::function<void(const LinearLayout &)> &visit);

/// Every map of `in` onto the whole of `out`.
std::vector<LinearLayout> allSurjectiveMaps(const Space &in, const Space &out);

/// A map of `in` onto the whole of `out`, at random: with `permutation`, each element bit comes from one place bit and
/// the rest make copies; without, any linear map.
LinearLayout randomSurjectiveMap(const Space &in, const Space &out, bool permutation, std::mt19937 &random);

/// Random numbers that are the same in every run.
inline std::mt19937 reproducible(unsigned seed) { return std::mt19937(seed); }

Space hardware(unsigned registerBits, unsigned laneBits, unsigned warpBits = 0);

/// Runs `plan`. The empty string where every place of `result` gets its element, or what went wrong first.
std::string simulate(const ConversionPlan &plan, const LinearLayout &source, const LinearLayout &result);
std::string simulate(const ShufflePlan &plan, const LinearLayout &source, const LinearLayout &result);
std::string simulate(const SharedPlan &plan, const LinearLayout &source, const LinearLayout &result);

/// One access to a memory that holds each element's number at its offset: runs a load and checks the registers, or a
/// store and checks the memory.
std::string simulateAccess(const SharedAccess &access, bool isStore, const LinearLayout &shared,
                           const LinearLayout &registers);

} // namespace tessera::test

#endif // TESSERA_TEST_DIALECT_LAYOUT_LAYOUTTESTUTILS_H
