//===- ConversionPlanTest.cpp - Conversion plans, by simulation -----------===//
//
// Every plan is run on a simulated machine: all pairs of small layouts, random pairs of large ones, and the pairs that
// kernels have, for which bank conflicts are asserted to be none.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "LayoutTestUtils.h"

#include "dialect/layout/ConversionPlan.h"
#include "dialect/layout/Fragments.h"

#include <gtest/gtest.h>

using namespace tessera;
using namespace tessera::test;

namespace {

/// Plans and runs a conversion in every way that is open.
void checkAllWays(const LinearLayout &source, const LinearLayout &result, unsigned elementBits) {
  std::string pair = source.toString() + " -> " + result.toString();
  ConversionPlan plan = planConversion(source, result, elementBits);
  ASSERT_EQ(simulate(plan, source, result), "") << pair;
  if (std::optional<ShufflePlan> shuffles = planShuffles(source, result, elementBits))
    ASSERT_EQ(simulate(*shuffles, source, result), "") << pair;
  ConversionOptions options;
  options.stmatrix = true;
  ASSERT_EQ(simulate(planShared(source, result, elementBits, options), source, result), "") << pair;
  options.maxScratchBytes = (int64_t(1) << source.out().totalBits()) * elementBits / 8 / 4;
  ASSERT_EQ(simulate(planShared(source, result, elementBits, options), source, result), "") << pair;
}

} // namespace

TEST(ConversionPlan, AllPairsOfSmallLayouts) {
  struct Sizes {
    unsigned registers, lanes, warps, elements;
  };
  for (Sizes sizes : {Sizes{1, 1, 0, 2}, {1, 1, 1, 2}, {1, 2, 0, 2}, {2, 1, 0, 2}, {2, 0, 1, 2}}) {
    std::vector<LinearLayout> maps = allSurjectiveMaps(hardware(sizes.registers, sizes.lanes, sizes.warps),
                                                       Space::tensor({int64_t(1) << sizes.elements}));
    for (const LinearLayout &source : maps)
      for (const LinearLayout &result : maps)
        ASSERT_NO_FATAL_FAILURE(checkAllWays(source, result, 32));
  }
}

TEST(ConversionPlan, AllPairsOfBijectionsOfThreeBits) {
  std::vector<LinearLayout> maps = allSurjectiveMaps(hardware(1, 2), Space::tensor({2, 4}));
  ASSERT_EQ(maps.size(), 168u);
  for (const LinearLayout &source : maps)
    for (const LinearLayout &result : maps) {
      ConversionPlan plan = planConversion(source, result, 16);
      ASSERT_NE(plan.kind, ConversionKind::Unsupported);
      ASSERT_EQ(simulate(plan, source, result), "") << source.toString() << " -> " << result.toString();
      // Within one warp shuffles always do it.
      std::optional<ShufflePlan> shuffles = planShuffles(source, result, 16);
      ASSERT_TRUE(shuffles);
      ASSERT_EQ(simulate(*shuffles, source, result), "") << source.toString() << " -> " << result.toString();
    }
}

TEST(ConversionPlan, DifferentNumbersOfRegisters) {
  std::vector<LinearLayout> few = allSurjectiveMaps(hardware(0, 2), Space::tensor({4}));
  std::vector<LinearLayout> many = allSurjectiveMaps(hardware(2, 2), Space::tensor({4}));
  for (const LinearLayout &a : few)
    for (const LinearLayout &b : many) {
      ASSERT_NO_FATAL_FAILURE(checkAllWays(a, b, 8));
      ASSERT_NO_FATAL_FAILURE(checkAllWays(b, a, 8));
    }
}

TEST(ConversionPlan, RandomLayouts) {
  std::mt19937 random(1);
  for (int round = 0; round < 1500; ++round) {
    unsigned elementBits = 8u << random() % 4;
    bool permutation = random() % 4 != 0;
    unsigned warps = random() % 3, elements = 3 + random() % 7;
    unsigned least = elements > 5 + warps ? elements - 5 - warps : 0;
    Space out = Space::tensor({int64_t(1) << elements});
    Space sourceSpace = hardware(least + random() % 3, 5, warps),
          resultSpace = hardware(least + random() % 3, 5, warps);
    LinearLayout source = randomSurjectiveMap(sourceSpace, out, permutation, random);
    LinearLayout result = randomSurjectiveMap(resultSpace, out, permutation, random);
    ASSERT_NO_FATAL_FAILURE(checkAllWays(source, result, elementBits)) << "round " << round;
  }
}

TEST(ConversionPlan, RandomLayoutsThatStayInTheWarp) {
  std::mt19937 random(2);
  for (int round = 0; round < 1500; ++round) {
    unsigned elementBits = 8u << random() % 4, elements = 5 + random() % 4;
    bool permutation = random() % 2;
    Space out = Space::tensor({int64_t(1) << elements});
    LinearLayout warps = LinearLayout::identity1D(2, Dim::Warp, Dim::Dim0);
    LinearLayout source = randomSurjectiveMap(hardware(elements - 5 + random() % 3, 5), out, permutation, random);
    LinearLayout result = randomSurjectiveMap(hardware(elements - 5 + random() % 3, 5), out, permutation, random);
    std::optional<ShufflePlan> plan = planShuffles(source * warps, result * warps, elementBits);
    ASSERT_TRUE(plan) << source.toString() << " -> " << result.toString();
    ASSERT_EQ(simulate(*plan, source * warps, result * warps), "") << source.toString() << " -> " << result.toString();
  }
}
