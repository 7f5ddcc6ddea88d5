//===- SharedAccessTest.cpp - How registers meet shared memory ------------===//
//
// Bank conflicts by hand, and accesses run on a simulated memory with ldmatrix and stmatrix as the PTX ISA has them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "LayoutTestUtils.h"

#include "dialect/layout/Fragments.h"
#include "dialect/layout/SharedAccess.h"

#include <gtest/gtest.h>

using namespace tessera;
using namespace tessera::test;

namespace {

unsigned wavefrontsWithStride(uint64_t strideBytes, unsigned bytesPerLane, unsigned lanes = 32) {
  std::vector<std::optional<uint64_t>> addresses(32);
  for (unsigned lane = 0; lane < lanes; ++lane)
    addresses[lane] = lane * strideBytes;
  return wavefrontsOf(addresses, bytesPerLane);
}

LinearLayout operandOf64(MmaShape shape, MmaOperand operand) { return mmaOperand(shape, operand, {64, 64}, {2, 2}); }

} // namespace

TEST(Wavefronts, ByStride) {
  EXPECT_EQ(wavefrontsWithStride(4, 4), 1u);
  EXPECT_EQ(wavefrontsWithStride(8, 4), 2u);
  EXPECT_EQ(wavefrontsWithStride(128, 4), 32u);
  EXPECT_EQ(wavefrontsWithStride(132, 4), 1u); // padding
  EXPECT_EQ(wavefrontsWithStride(0, 4), 1u);   // a broadcast
  EXPECT_EQ(wavefrontsWithStride(2, 2), 1u);   // two lanes a word
  EXPECT_EQ(wavefrontsWithStride(64, 2), 16u);
  EXPECT_EQ(wavefrontsWithStride(8, 8), 2u); // two phases
  EXPECT_EQ(wavefrontsWithStride(16, 16), 4u);
  EXPECT_EQ(wavefrontsWithStride(32, 16), 8u);
  EXPECT_EQ(wavefrontsWithStride(128, 16), 32u);
  EXPECT_EQ(wavefrontsWithStride(4, 4, 0), 0u);
  EXPECT_EQ(wavefrontsWithStride(128, 4, 3), 3u);
}

TEST(SharedAccess, RowMajorTileWithWideVectors) {
  LinearLayout registers = coalesced({32, 64}, {1, 0}, 8, 4);
  SharedAccess access = planSharedAccess(plainShared({32, 64}, {1, 0}), registers, 16, {});
  EXPECT_EQ(access.form, AccessForm::Vector);
  EXPECT_EQ(access.elementsPerInstruction, 8u);
  EXPECT_EQ(access.instructions.size(), 2u);
  EXPECT_EQ(access.conflicts, 0u);
  EXPECT_EQ(access.repackedWords, 0u);
  // Every instruction's offset can be an immediate.
  for (const SharedInstruction &instruction : access.instructions)
    EXPECT_EQ(instruction.offset & access.variableBits(), 0u);
}

TEST(SharedAccess, ColumnsOfAPlainTileConflict) {
  LinearLayout registers = blocked({32, 32}, {1, 1}, {32, 1}, {1, 1}, {0, 1});
  SharedAccess plain = planSharedAccess(plainShared({32, 32}, {1, 0}), registers, 32, {.maxVectorBits = 32});
  EXPECT_EQ(plain.wavefronts, 32u * 32);
  EXPECT_EQ(plain.conflicts, 31u * 32);
  SharedAccess swizzled = planSharedAccess(swizzledShared({32, 32}, {1, 0}, 1, 1, 32), registers, 32, {});
  EXPECT_EQ(swizzled.wavefronts, 32u);
  EXPECT_EQ(swizzled.conflicts, 0u);
}

TEST(SharedAccess, MatrixLoadsOfOperands) {
  // A from row-major memory is plain, from column-major transposed; B the other way around. The swizzles are the usual
  // ones.
  struct Case {
    MmaOperand operand;
    std::vector<int32_t> order;
    AccessForm form;
  };
  for (const Case &test :
       {Case{MmaOperand::A, {1, 0}, AccessForm::Matrix}, Case{MmaOperand::A, {0, 1}, AccessForm::MatrixTransposed},
        Case{MmaOperand::B, {1, 0}, AccessForm::MatrixTransposed}, Case{MmaOperand::B, {0, 1}, AccessForm::Matrix}}) {
    LinearLayout operand = operandOf64(MmaShape::M16N8K16, test.operand);
    LinearLayout shared = swizzledShared({64, 64}, test.order, 8, 1, 8);
    std::optional<SharedAccess> access = planMatrixAccess(shared, operand, 16);
    ASSERT_TRUE(access);
    EXPECT_EQ(access->form, test.form);
    EXPECT_EQ(access->numMatrices, 4u);
    EXPECT_EQ(access->conflicts, 0u);
    EXPECT_EQ(access->repackedWords, 0u);
    EXPECT_EQ(access->instructions.size(), size_t(operand.numRegisters() / 8));
    EXPECT_EQ(simulateAccess(*access, false, shared, operand), "");
    // Without the swizzle all rows of a matrix start in the same bank, or half of them, where one row bit may be
    // chosen.
    std::optional<SharedAccess> plain = planMatrixAccess(plainShared({64, 64}, test.order), operand, 16);
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->wavefronts, (test.form == AccessForm::Matrix ? 8 : 4) * access->wavefronts);
  }
}

TEST(SharedAccess, MatrixLoadsOfOtherElements) {
  LinearLayout shared = swizzledShared({64, 64}, {1, 0}, 16, 2, 4);
  LinearLayout bytes = operandOf64(MmaShape::M16N8K32, MmaOperand::A);
  std::optional<SharedAccess> access = planMatrixAccess(shared, bytes, 8);
  ASSERT_TRUE(access);
  EXPECT_EQ(access->conflicts, 0u);
  EXPECT_EQ(simulateAccess(*access, false, shared, bytes), "");
  // Eight-bit elements cannot be transposed on the way.
  EXPECT_FALSE(planMatrixAccess(plainShared({64, 64}, {0, 1}), bytes, 8));

  LinearLayout words = operandOf64(MmaShape::M16N8K8, MmaOperand::A);
  LinearLayout wordShared = swizzledShared({64, 64}, {1, 0}, 4, 1, 8);
  access = planMatrixAccess(wordShared, words, 32);
  ASSERT_TRUE(access);
  EXPECT_EQ(access->conflicts, 0u);
  EXPECT_EQ(simulateAccess(*access, false, wordShared, words), "");

  LinearLayout doubles = operandOf64(MmaShape::M8N8K4, MmaOperand::A);
  EXPECT_FALSE(planMatrixAccess(plainShared({64, 64}, {1, 0}), doubles, 64));
}

TEST(SharedAccess, MatrixStoresOfAccumulators) {
  LinearLayout accumulator = mmaAccumulator(MmaShape::M16N8K16, {64, 64}, {2, 2});
  for (std::vector<int32_t> order : {std::vector<int32_t>{1, 0}, {0, 1}}) {
    LinearLayout shared = hardwareSwizzledShared({64, 64}, order, 16, 128);
    std::optional<SharedAccess> access = planMatrixAccess(shared, accumulator, 16, true);
    ASSERT_TRUE(access);
    EXPECT_EQ(access->form, order[0] == 1 ? AccessForm::Matrix : AccessForm::MatrixTransposed);
    EXPECT_EQ(access->conflicts, 0u);
    EXPECT_EQ(simulateAccess(*access, true, shared, accumulator), "");
  }
}

TEST(SharedAccess, CopiesAreStoredOnceAndLoadedOnceAThread) {
  LinearLayout registers = LinearLayout::make(
      {{Dim::Register, {{1}, {1}, {2}}}, {Dim::Lane, {{4}, {0}, {8}}}, {Dim::Warp, {{12}, {16}}}}, {32});
  LinearLayout shared = plainShared({32}, {0});
  SharedAccess store = planSharedAccess(shared, registers, 32, {.isStore = true});
  EXPECT_EQ(store.idleLanes, 0b010u);
  EXPECT_EQ(store.idleWarps, 0b01u);
  EXPECT_EQ(store.instructions.size(), 1u);
  EXPECT_EQ(simulateAccess(store, true, shared, registers), "");
  SharedAccess load = planSharedAccess(shared, registers, 32, {});
  EXPECT_EQ(load.idleLanes, 0u);
  EXPECT_EQ(load.copyOf, (std::vector<uint32_t>{0, 1, 1, 0, 4, 5, 5, 4}));
  EXPECT_EQ(simulateAccess(load, false, shared, registers), "");
}

TEST(SharedAccess, RandomLayouts) {
  std::mt19937 random = reproducible(3);
  unsigned matrixForms = 0;
  for (int round = 0; round < 3000; ++round) {
    unsigned elementBits = 8u << random() % 4, warps = random() % 3, elements = 5 + random() % 6;
    bool permutation = random() % 4 != 0;
    Space out = Space::tensor({int64_t(1) << elements}), offsets;
    offsets.setBits(Dim::Offset, elements);
    LinearLayout shared = randomSurjectiveMap(offsets, out, permutation, random);
    unsigned least = elements > 5 + warps ? elements - 5 - warps : 0;
    LinearLayout registers = randomSurjectiveMap(hardware(least + random() % 3, 5, warps), out, permutation, random);
    bool isStore = random() % 2;
    SharedAccess access = planSharedAccess(shared, registers, elementBits, {.isStore = isStore, .matrix = true});
    ASSERT_EQ(simulateAccess(access, isStore, shared, registers), "")
        << shared.toString() << " and " << registers.toString();
    if (std::optional<SharedAccess> matrix = planMatrixAccess(shared, registers, elementBits, isStore)) {
      ++matrixForms;
      ASSERT_EQ(simulateAccess(*matrix, isStore, shared, registers), "")
          << shared.toString() << " and " << registers.toString();
    }
  }
  // Random layouts rarely suit: make such that do.
  for (int round = 0; round < 500; ++round) {
    LinearLayout operand = mmaOperand(round % 3 ? MmaShape::M16N8K16 : MmaShape::M16N8K32,
                                      random() % 2 ? MmaOperand::A : MmaOperand::B, {32, 32}, {2, 1});
    unsigned elementBits = round % 3 ? 16 : 8;
    std::vector<int32_t> order = random() % 2 ? std::vector<int32_t>{1, 0} : std::vector<int32_t>{0, 1};
    LinearLayout shared = swizzledShared({32, 32}, order, 8 << random() % 2, 1 << random() % 3, 1 << random() % 3);
    if (std::optional<SharedAccess> matrix = planMatrixAccess(shared, operand, elementBits)) {
      ++matrixForms;
      ASSERT_EQ(simulateAccess(*matrix, false, shared, operand), "");
    }
  }
  EXPECT_GT(matrixForms, 300u);
}
