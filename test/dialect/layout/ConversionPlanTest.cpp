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

#include <bit>
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
  std::mt19937 random = reproducible(1);
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
  std::mt19937 random = reproducible(2);
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

TEST(ConversionPlan, TheMachineNoticesWrongPlans) {
  LinearLayout rows = coalesced({32, 32}, {1, 0}, 4, 1), columns = coalesced({32, 32}, {0, 1}, 4, 1);
  SharedPlan shared = planShared(rows, columns, 32);
  EXPECT_EQ(simulate(shared, rows, columns), "");
  EXPECT_NE(simulate(shared, rows, rows), "");
  shared.store.instructions.pop_back();
  EXPECT_NE(simulate(shared, rows, columns), "");
  ShufflePlan shuffles = *planShuffles(rows, columns, 32);
  EXPECT_EQ(simulate(shuffles, rows, columns), "");
  shuffles.before.front().lanes ^= 1;
  EXPECT_NE(simulate(shuffles, rows, columns), "");
}

TEST(ConversionPlan, KindsOfConversions) {
  LinearLayout blockedRows = coalesced({64, 64}, {1, 0}, 4, 4);
  EXPECT_EQ(planConversion(blockedRows, blockedRows, 32).kind, ConversionKind::Identity);
  // Registers in another order, and copies of registers.
  LinearLayout other = LinearLayout::make({{Dim::Register, {{0}, {2}, {1}}}, {Dim::Lane, {{4}}}}, {8});
  LinearLayout few = LinearLayout::make({{Dim::Register, {{1}, {2}}}, {Dim::Lane, {{4}}}}, {8});
  ConversionPlan plan = planConversion(few, other, 32);
  EXPECT_EQ(plan.kind, ConversionKind::Registers);
  EXPECT_EQ(plan.registers, (std::vector<uint32_t>{0, 0, 2, 2, 1, 1, 3, 3}));
  EXPECT_EQ(plan.cost(32), 0);
  // One bit of registers against one of lanes: a swap, a shuffle for each register, a swap.
  LinearLayout swapped = LinearLayout::make({{Dim::Register, {{4}, {2}}}, {Dim::Lane, {{1}}}}, {8});
  plan = planConversion(few, swapped, 32);
  ASSERT_EQ(plan.kind, ConversionKind::Shuffles);
  EXPECT_EQ(plan.shuffles->before.size(), 1u);
  EXPECT_EQ(plan.shuffles->shuffles.size(), 4u);
  EXPECT_EQ(plan.shuffles->after.size(), 1u);
  // Lanes alone: nothing to swap. With half words, two travel together.
  LinearLayout lanes = LinearLayout::make({{Dim::Register, {{1}}}, {Dim::Lane, {{2}, {4}}}}, {8});
  LinearLayout lanesSwapped = LinearLayout::make({{Dim::Register, {{1}}}, {Dim::Lane, {{4}, {2}}}}, {8});
  plan = planConversion(lanes, lanesSwapped, 16);
  ASSERT_EQ(plan.kind, ConversionKind::Shuffles);
  EXPECT_TRUE(plan.shuffles->before.empty() && plan.shuffles->after.empty());
  EXPECT_EQ(plan.shuffles->elementsPerWord, 2u);
  EXPECT_EQ(plan.shuffles->shuffles.size(), 1u);
  // Between warps only shared memory will do.
  plan = planConversion(blockedRows, coalesced({64, 64}, {0, 1}, 4, 4), 32);
  ASSERT_EQ(plan.kind, ConversionKind::Shared);
  EXPECT_TRUE(plan.shared->crossesWarps);
  EXPECT_EQ(plan.scratchBytes(32), 64 * 64 * 4);
  // Different tensors.
  EXPECT_EQ(planConversion(blockedRows, blockedRows.reshapeOuts({4096}), 32).kind, ConversionKind::Unsupported);
}

TEST(ConversionPlan, AccumulatorsOfOneProductAreOperandsOfTheNext) {
  // Attention: with one warp along N, the accumulator of 16-bit elements is the A operand, register by register.
  LinearLayout accumulator = mmaAccumulator(MmaShape::M16N8K16, {128, 64}, {4, 1});
  LinearLayout operand = mmaOperand(MmaShape::M16N8K16, MmaOperand::A, {128, 64}, {4, 1});
  ConversionPlan plan = planConversion(accumulator, operand, 16);
  EXPECT_TRUE(plan.kind == ConversionKind::Identity || plan.kind == ConversionKind::Registers);
}

TEST(ConversionPlan, ConversionsWithinWarpsNeedNoBarrierOfTheBlock) {
  LinearLayout warps = LinearLayout::identity1D(4, Dim::Warp, Dim::Dim0);
  LinearLayout rows = coalesced({32, 32}, {1, 0}, 4, 1) * warps, columns = coalesced({32, 32}, {0, 1}, 4, 1) * warps;
  SharedPlan plan = planShared(rows, columns, 32);
  EXPECT_FALSE(plan.crossesWarps);
  EXPECT_EQ(simulate(plan, rows, columns), "");
  // Nor in several steps.
  LinearLayout tall = LinearLayout::identity1D(4, Dim::Register, Dim::Dim0);
  plan = planShared(rows * tall, columns * tall, 32, {.maxScratchBytes = 16 << 10});
  EXPECT_EQ(plan.numSteps, 4u);
  EXPECT_FALSE(plan.crossesWarps);
  EXPECT_EQ(simulate(plan, rows * tall, columns * tall), "");
}

TEST(ConversionPlan, BlocksKeepToThemselves) {
  LinearLayout blocks = LinearLayout::identity1D(2, Dim::Block, Dim::Dim0);
  LinearLayout rows = coalesced({32, 32}, {1, 0}, 4, 2), columns = coalesced({32, 32}, {0, 1}, 4, 2);
  ConversionPlan plan = planConversion(rows * blocks, columns * blocks, 32);
  ASSERT_EQ(plan.kind, ConversionKind::Shared);
  EXPECT_EQ(plan.shared->scratchElements, 32 * 32);
  // The other way around each would need what the other block has.
  EXPECT_EQ(planConversion(rows * blocks, blocks * columns, 32).kind, ConversionKind::Unsupported);
}

namespace {

struct Pair {
  std::string name;
  LinearLayout source, result;
  unsigned elementBits;
};

/// The conversions that kernels have.
std::vector<Pair> realisticPairs() {
  std::vector<Pair> pairs;
  const std::vector<int32_t> rowMajor{1, 0}, columnMajor{0, 1};
  for (std::vector<int64_t> grid : {std::vector<int64_t>{2, 2}, {4, 1}, {1, 4}, {4, 2}}) {
    int64_t warps = grid[0] * grid[1];
    std::string suffix = " with " + std::to_string(grid[0]) + " x " + std::to_string(grid[1]) + " warps";
    LinearLayout accumulator = mmaAccumulator(MmaShape::M16N8K16, {128, 128}, grid);
    for (unsigned bits : {16u, 32u})
      for (const std::vector<int32_t> &order : {rowMajor, columnMajor})
        pairs.push_back(
            {"accumulator to coalesced" + suffix, accumulator, coalesced({128, 128}, order, 128 / bits, warps), bits});
    for (MmaShape shape : {MmaShape::M16N8K16, MmaShape::M16N8K8, MmaShape::M16N8K32, MmaShape::M8N8K4}) {
      unsigned bits = sizeOf(shape).operandBits;
      for (MmaOperand operand : {MmaOperand::A, MmaOperand::B})
        for (const std::vector<int32_t> &order : {rowMajor, columnMajor})
          pairs.push_back({std::string("coalesced to operand ") + (operand == MmaOperand::A ? "A" : "B") + suffix,
                           coalesced({64, 64}, order, 128 / bits, warps), mmaOperand(shape, operand, {64, 64}, grid),
                           bits});
    }
  }
  for (unsigned bits : {8u, 16u, 32u, 64u})
    for (int64_t warps : {1, 4, 8})
      for (int64_t size : {32, 64, 128})
        pairs.push_back({"transpose of " + std::to_string(size) + " with " + std::to_string(warps) + " warps",
                         coalesced({size, size}, rowMajor, 128 / bits, warps),
                         coalesced({size, size}, columnMajor, 128 / bits, warps), bits});
  for (unsigned bits : {8u, 16u, 32u, 64u})
    for (int64_t vector : {1, 2, 4, 8})
      pairs.push_back({"vectors of " + std::to_string(vector), coalesced({4096}, {0}, vector, 4),
                       coalesced({4096}, {0}, 16 / vector, 4), bits});
  return pairs;
}

} // namespace

TEST(ConversionPlan, RealisticPairsHaveNoBankConflicts) {
  for (const Pair &pair : realisticPairs())
    for (bool matrix : {true, false}) {
      ConversionOptions options{.ldmatrix = matrix, .stmatrix = matrix};
      ASSERT_EQ(simulate(planConversion(pair.source, pair.result, pair.elementBits, options), pair.source, pair.result),
                "")
          << pair.name;
      SharedPlan plan = planShared(pair.source, pair.result, pair.elementBits, options);
      ASSERT_EQ(simulate(plan, pair.source, pair.result), "") << pair.name << ", " << pair.elementBits << " bits";
      EXPECT_EQ(plan.store.conflicts, 0u) << pair.name << ", " << pair.elementBits << " bits";
      EXPECT_EQ(plan.load.conflicts, 0u) << pair.name << ", " << pair.elementBits << " bits";
    }
}

TEST(ConversionPlan, WhatRealisticPairsTake) {
  const std::vector<int32_t> rowMajor{1, 0}, columnMajor{0, 1};
  using enum MmaShape;
  LinearLayout accumulator = mmaAccumulator(M16N8K16, {128, 64}, {2, 2});
  auto tile = [&](const std::vector<int32_t> &order, int64_t vector) { return coalesced({64, 64}, order, vector, 4); };
  auto operand = [&](MmaShape shape, MmaOperand which) { return mmaOperand(shape, which, {64, 64}, {2, 2}); };
  auto inWords = [](const LinearLayout &source, const LinearLayout &result, unsigned bits,
                    ConversionOptions options = {}) {
    return planConversion(source, result, bits, options).describe();
  };

  EXPECT_EQ(inWords(accumulator, coalesced({128, 64}, rowMajor, 4, 4), 32),
            "shared: 16 x st.shared.v4.b32; 16 x ld.shared.v4.b32");
  EXPECT_EQ(inWords(accumulator, coalesced({128, 64}, rowMajor, 8, 4), 16),
            "shared: 8 x st.shared.v4.b32; 8 x ld.shared.v4.b32");
  EXPECT_EQ(inWords(accumulator, coalesced({128, 64}, columnMajor, 8, 4), 16, {.stmatrix = true}),
            "shared: 8 x stmatrix.x4.trans; 8 x ld.shared.v4.b32");
  EXPECT_EQ(inWords(tile(rowMajor, 8), operand(M16N8K16, MmaOperand::A), 16),
            "shared: 4 x st.shared.v4.b32; 8 x ldmatrix.x4");
  EXPECT_EQ(inWords(tile(rowMajor, 8), operand(M16N8K16, MmaOperand::B), 16),
            "shared: 4 x st.shared.v4.b32; 8 x ldmatrix.x4.trans");
  EXPECT_EQ(inWords(tile(rowMajor, 8), operand(M16N8K16, MmaOperand::B), 16, {.ldmatrix = false}),
            "shared: 8 x st.shared.v2.b32; 8 x ld.shared.v4.b32");
  EXPECT_EQ(inWords(tile(rowMajor, 8), tile(columnMajor, 8), 16),
            "shared: 4 x st.shared.v4.b32; 4 x ldmatrix.x4.trans");
  EXPECT_EQ(inWords(tile(rowMajor, 4), tile(columnMajor, 4), 32), "shared: 8 x st.shared.v4.b32; 32 x ld.shared.b32");
  EXPECT_EQ(
      inWords(mmaAccumulator(M16N8K16, {64, 16}, {4, 1}), mmaOperand(M16N8K8, MmaOperand::A, {64, 16}, {4, 1}), 32),
      "shuffles: 8 x shfl.idx, 2 swaps");
  EXPECT_EQ(inWords(coalesced({32, 32}, rowMajor, 8, 1), coalesced({32, 32}, columnMajor, 8, 1), 16),
            "shared: 4 x st.shared.v4.b32; 4 x ldmatrix.x4.trans; within warps");
}

TEST(ConversionPlan, OperandsCanBeLoadedSliceBySlice) {
  for (MmaShape shape : {MmaShape::M16N8K16, MmaShape::M16N8K8, MmaShape::M16N8K32, MmaShape::M8N8K4})
    for (MmaOperand operand : {MmaOperand::A, MmaOperand::B})
      for (const std::vector<int32_t> &order : {std::vector<int32_t>{1, 0}, {0, 1}})
        for (bool matrix : {true, false}) {
          MmaSize size = sizeOf(shape);
          unsigned bits = size.operandBits, alongK = operand == MmaOperand::A ? 1 : 0;
          LinearLayout source = coalesced({128, 128}, order, 128 / bits, 4);
          LinearLayout result = mmaOperand(shape, operand, {128, 128}, {2, 2});
          uint64_t slices = sliceBits(result, alongK, size.k);
          ASSERT_EQ(std::popcount(slices), std::countr_zero(uint64_t(128 / size.k)));
          SharedPlan plan = planShared(source, result, bits, {.ldmatrix = matrix, .resultSlices = slices});
          ASSERT_EQ(simulate(plan, source, result), "");
          EXPECT_EQ(plan.store.conflicts + plan.load.conflicts, 0u) << result.toString();
          for (const SharedInstruction &load : plan.load.instructions)
            for (uint32_t reg : load.registers)
              ASSERT_EQ(reg & slices, load.registers.front() & slices);
        }
}

TEST(ConversionPlan, LargeTensorsGoInSteps) {
  LinearLayout accumulator = mmaAccumulator(MmaShape::M16N8K16, {128, 256}, {2, 4});
  LinearLayout rows = coalesced({128, 256}, {1, 0}, 4, 8);
  int64_t whole = int64_t(128) * 256 * 4;
  for (int64_t limit : {whole, whole / 2, whole / 4, whole / 8, int64_t(50000)}) {
    SharedPlan plan = planShared(accumulator, rows, 32, {.maxScratchBytes = limit});
    EXPECT_LE(plan.scratchElements * 4, limit);
    EXPECT_EQ(plan.scratchElements * plan.numSteps, 128 * 256);
    EXPECT_EQ(plan.store.conflicts + plan.load.conflicts, 0u);
    EXPECT_EQ(simulate(plan, accumulator, rows), "");
  }
  // Where lanes and warps span more than the limit there is no way to take less.
  SharedPlan plan = planShared(accumulator, rows, 32, {.maxScratchBytes = 16});
  EXPECT_EQ(simulate(plan, accumulator, rows), "");
}
