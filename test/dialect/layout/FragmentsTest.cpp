//===- FragmentsTest.cpp - Fragments against the PTX ISA ------------------===//
//
// Where the elements of matrix instructions are is written here as the formulas of the PTX ISA, section "Warp-level
// matrix instructions", for each register and lane, independent of how the layouts are made. Blocked and shared layouts
// are checked against index arithmetic.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/Fragments.h"

#include <gtest/gtest.h>

using namespace tessera;

namespace {

struct Cell {
  int row, column;
};

/// The manual's tables: groupID = lane >> 2, threadID_in_group = lane % 4, and register i as an element's index in the
/// vector of fragment elements (a0, a1, ...).
struct Table {
  MmaShape shape;
  unsigned aRegisters, bRegisters, cRegisters;
  Cell (*a)(int lane, int i), (*b)(int lane, int i), (*c)(int lane, int i);
};

const Table kTables[] = {
    // mma.m16n8k16 with .f16 / .bf16
    {MmaShape::M16N8K16, 8, 4, 4,
     [](int lane, int i) {
       int group = lane >> 2, thread = lane % 4;
       return Cell{(i >= 0 && i < 2) || (i >= 4 && i < 6) ? group : group + 8, thread * 2 + (i & 1) + (i >= 4 ? 8 : 0)};
     },
     [](int lane, int i) { return Cell{lane % 4 * 2 + (i & 1) + (i >= 2 ? 8 : 0), lane >> 2}; },
     [](int lane, int i) { return Cell{i < 2 ? lane >> 2 : (lane >> 2) + 8, lane % 4 * 2 + (i & 1)}; }},
    // mma.m16n8k8 with .tf32
    {MmaShape::M16N8K8, 4, 2, 4,
     [](int lane, int i) {
       return Cell{i == 0 || i == 2 ? lane >> 2 : (lane >> 2) + 8, i < 2 ? lane % 4 : lane % 4 + 4};
     },
     [](int lane, int i) { return Cell{i == 0 ? lane % 4 : lane % 4 + 4, lane >> 2}; },
     [](int lane, int i) { return Cell{i < 2 ? lane >> 2 : (lane >> 2) + 8, lane % 4 * 2 + (i & 1)}; }},
    // mma.m16n8k32 with .s8 / .u8 / .e4m3 / .e5m2
    {MmaShape::M16N8K32, 16, 8, 4,
     [](int lane, int i) {
       int group = lane >> 2, thread = lane % 4;
       return Cell{(i >= 0 && i < 4) || (i >= 8 && i < 12) ? group : group + 8,
                   thread * 4 + (i & 3) + (i >= 8 ? 16 : 0)};
     },
     [](int lane, int i) { return Cell{lane % 4 * 4 + (i & 3) + (i >= 4 ? 16 : 0), lane >> 2}; },
     [](int lane, int i) { return Cell{i < 2 ? lane >> 2 : (lane >> 2) + 8, lane % 4 * 2 + (i & 1)}; }},
    // mma.m8n8k4 with .f64
    {MmaShape::M8N8K4, 1, 1, 2, [](int lane, int) { return Cell{lane >> 2, lane % 4}; },
     [](int lane, int) { return Cell{lane % 4, lane >> 2}; },
     [](int lane, int i) { return Cell{lane >> 2, lane % 4 * 2 + (i & 1)}; }},
};

void expectCells(const LinearLayout &layout, unsigned registers, Cell (*cell)(int, int), int64_t rows,
                 int64_t columns) {
  ASSERT_EQ(layout.shape(), (std::vector<int64_t>{rows, columns}));
  ASSERT_EQ(layout.numRegisters(), registers);
  ASSERT_EQ(layout.inSize(Dim::Lane), 32);
  for (int lane = 0; lane < 32; ++lane)
    for (unsigned reg = 0; reg < registers; ++reg) {
      Cell expected = cell(lane, int(reg));
      ASSERT_EQ(layout.element(reg, lane), (std::vector<int32_t>{expected.row, expected.column}))
          << "register " << reg << " of lane " << lane;
    }
}

} // namespace

TEST(Fragments, TilesAreThoseOfTheManual) {
  for (const Table &table : kTables) {
    MmaSize size = sizeOf(table.shape);
    expectCells(mmaOperandTile(table.shape, MmaOperand::A), table.aRegisters, table.a, size.m, size.k);
    expectCells(mmaOperandTile(table.shape, MmaOperand::B), table.bRegisters, table.b, size.k, size.n);
    expectCells(mmaAccumulatorTile(table.shape), table.cRegisters, table.c, size.m, size.n);
  }
}

TEST(Fragments, WholeProductsHoldTheirTilesWhereTheHeaderSays) {
  struct Product {
    int64_t batch, m, n, k, warpsB, warpsM, warpsN;
  };
  for (const Table &table : kTables)
    for (Product p : {Product{1, 128, 64, 64, 1, 2, 2},
                      {1, 64, 32, 32, 1, 4, 1},
                      {1, 16, 16, 32, 1, 2, 4},
                      {4, 32, 32, 64, 2, 2, 1},
                      {2, 16, 64, 32, 4, 1, 1}}) {
      std::vector<int64_t> warps{p.warpsB, p.warpsM, p.warpsN};
      LinearLayout a = mmaOperand(table.shape, MmaOperand::A, {p.batch, p.m, p.k}, warps);
      LinearLayout b = mmaOperand(table.shape, MmaOperand::B, {p.batch, p.k, p.n}, warps);
      LinearLayout c = mmaAccumulator(table.shape, {p.batch, p.m, p.n}, warps);
      MmaRepeats repeats = mmaRepeats(table.shape, {p.batch, p.m, p.n}, p.k, warps);
      MmaSize size = sizeOf(table.shape);
      ASSERT_EQ(c.numRegisters(), repeats.batch * repeats.m * repeats.n * table.cRegisters);
      ASSERT_EQ(a.numRegisters(), repeats.batch * repeats.m * repeats.k * table.aRegisters);
      ASSERT_EQ(b.numRegisters(), repeats.batch * repeats.n * repeats.k * table.bRegisters);
      ASSERT_TRUE(a.isSurjective() && b.isSurjective() && c.isSurjective());
      int64_t numWarps = p.warpsB * p.warpsM * p.warpsN;
      ASSERT_EQ(a.inSize(Dim::Warp), numWarps);
      ASSERT_EQ(b.inSize(Dim::Warp), numWarps);
      ASSERT_EQ(c.inSize(Dim::Warp), numWarps);
      for (int64_t warp = 0; warp < numWarps; ++warp)
        for (int64_t batch = 0; batch < repeats.batch; ++batch)
          for (int64_t m = 0; m < repeats.m; ++m)
            for (int64_t n = 0; n < repeats.n; ++n)
              for (int64_t k = 0; k < repeats.k; ++k) {
                // The accumulator's origin says which rows and columns; the operands have to bring the same.
                int64_t cFirst = ((batch * repeats.m + m) * repeats.n + n) * table.cRegisters;
                int64_t aFirst = ((batch * repeats.m + m) * repeats.k + k) * table.aRegisters;
                int64_t bFirst = ((batch * repeats.n + n) * repeats.k + k) * table.bRegisters;
                std::vector<int32_t> origin = c.element(cFirst, 0, warp), depth = a.element(aFirst, 0, warp);
                ASSERT_EQ(depth[2], k * size.k);
                for (int lane = 0; lane < 32; ++lane) {
                  for (unsigned i = 0; i < table.cRegisters; ++i) {
                    Cell cell = table.c(lane, int(i));
                    ASSERT_EQ(c.element(cFirst + i, lane, warp),
                              (std::vector<int32_t>{origin[0], origin[1] + cell.row, origin[2] + cell.column}));
                  }
                  for (unsigned i = 0; i < table.aRegisters; ++i) {
                    Cell cell = table.a(lane, int(i));
                    ASSERT_EQ(a.element(aFirst + i, lane, warp),
                              (std::vector<int32_t>{origin[0], origin[1] + cell.row, depth[2] + cell.column}));
                  }
                  for (unsigned i = 0; i < table.bRegisters; ++i) {
                    Cell cell = table.b(lane, int(i));
                    ASSERT_EQ(b.element(bFirst + i, lane, warp),
                              (std::vector<int32_t>{origin[0], depth[2] + cell.row, origin[2] + cell.column}));
                  }
                }
              }
    }
}

TEST(Fragments, FmaOperandsHoldAllOfKForTheirElements) {
  LinearLayout c = blocked({32, 64}, {2, 4}, {4, 8}, {2, 2}, {1, 0});
  const int64_t k = 8;
  LinearLayout a = fmaOperand(MmaOperand::A, c, k), b = fmaOperand(MmaOperand::B, c, k);
  ASSERT_EQ(a.shape(), (std::vector<int64_t>{32, k}));
  ASSERT_EQ(b.shape(), (std::vector<int64_t>{k, 64}));
  for (int64_t warp = 0; warp < 4; ++warp)
    for (int64_t lane = 0; lane < 32; ++lane) {
      std::vector<int32_t> rows, columns;
      for (int64_t reg = 0; reg < c.numRegisters(); ++reg) {
        rows.push_back(c.element(reg, lane, warp)[0]);
        columns.push_back(c.element(reg, lane, warp)[1]);
      }
      for (int64_t reg = 0; reg < a.numRegisters(); ++reg)
        ASSERT_EQ(std::count(rows.begin(), rows.end(), a.element(reg, lane, warp)[0]) > 0, true);
      for (int64_t reg = 0; reg < b.numRegisters(); ++reg)
        ASSERT_EQ(std::count(columns.begin(), columns.end(), b.element(reg, lane, warp)[1]) > 0, true);
      int64_t perK = a.numRegisters() / k;
      for (int64_t reg = 0; reg < a.numRegisters(); ++reg)
        ASSERT_EQ(a.element(reg, lane, warp)[1], reg / perK);
    }
}

TEST(Fragments, BlockedIsIndexArithmetic) {
  // 2 x 4 elements a thread, 4 x 8 lanes, 2 x 1 warps: a tile of 16 x 32, twice each way.
  LinearLayout layout = blocked({32, 64}, {2, 4}, {4, 8}, {2, 1}, {1, 0});
  ASSERT_EQ(layout.numRegisters(), 32);
  for (int32_t warp = 0; warp < 2; ++warp)
    for (int32_t lane = 0; lane < 32; ++lane)
      for (int32_t reg = 0; reg < 32; ++reg) {
        int32_t row = (reg / 4) % 2 + 2 * (lane / 8) + 8 * warp + 16 * (reg / 16);
        int32_t column = reg % 4 + 4 * (lane % 8) + 32 * (reg / 8 % 2);
        ASSERT_EQ(layout.element(reg, lane, warp), (std::vector<int32_t>{row, column}));
      }
  // Column-major: the mirror image.
  EXPECT_EQ(blocked({64, 32}, {4, 2}, {8, 4}, {1, 2}, {0, 1}).transposeOuts({1, 0}), layout);
}

TEST(Fragments, BlockedLayoutsLargerThanTheTensorHoldCopies) {
  LinearLayout layout = blocked({4, 8}, {1, 4}, {4, 8}, {2, 2}, {1, 0});
  EXPECT_EQ(layout.toString(), "{register = [[0, 1], [0, 2]], lane = [[0, 4], [0, 0], [0, 0], [1, 0], [2, 0]], "
                               "warp = [[0, 0], [0, 0]]}");
  EXPECT_EQ(layout.freeMask(Dim::Lane), 0b00110u);
  EXPECT_TRUE(layout.isSurjective());
}

TEST(Fragments, CoalescedLayoutsFillTheFastDimFirst) {
  EXPECT_EQ(coalesced({1024}, {0}, 4, 4).toString(),
            "{register = [[1], [2], [512]], lane = [[4], [8], [16], [32], [64]], warp = [[128], [256]]}");
  // No more in a thread than keeps all threads busy.
  EXPECT_EQ(coalesced({128}, {0}, 4, 4).numRegisters(), 1);
  EXPECT_EQ(
      coalesced({64, 64}, {1, 0}, 8, 4).toString(),
      "{register = [[0, 1], [0, 2], [0, 4], [16, 0], [32, 0]], lane = [[0, 8], [0, 16], [0, 32], [1, 0], [2, 0]], "
      "warp = [[4, 0], [8, 0]]}");
  // Too small a tensor, and a scalar.
  EXPECT_EQ(coalesced({16}, {0}, 4, 4).toString(), "{lane = [[1], [2], [4], [8], [0]], warp = [[0], [0]]}");
  EXPECT_EQ(coalesced({}, std::vector<int32_t>{}, 4, 2).toString(), "{lane = [[], [], [], [], []], warp = [[]]}");
  for (int64_t rows : {1, 2, 16, 256})
    for (int64_t columns : {1, 4, 64, 512})
      for (int64_t vector : {1, 2, 8})
        for (int64_t warps : {1, 4, 8}) {
          LinearLayout layout = coalesced({rows, columns}, {1, 0}, vector, warps);
          ASSERT_TRUE(layout.isSurjective());
          ASSERT_EQ(layout.inSize(Dim::Lane), 32);
          ASSERT_EQ(layout.inSize(Dim::Warp), warps);
          ASSERT_EQ(layout.numRegisters(), std::max<int64_t>(1, rows * columns / (32 * warps)));
        }
}

TEST(Fragments, SwizzledSharedPermutesVectors) {
  const int64_t vector = 4, perPhase = 2, phases = 4, columns = 32;
  LinearLayout layout = swizzledShared({16, columns}, {1, 0}, vector, perPhase, phases);
  ASSERT_TRUE(layout.isInvertible());
  for (int64_t row = 0; row < 16; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      int64_t stored = ((column / vector) ^ (row / perPhase % phases)) * vector + column % vector;
      uint64_t offset = row * columns + stored;
      ASSERT_EQ(layout.apply(Dim::Offset, offset), uint64_t(row * columns + column));
    }
  EXPECT_EQ(swizzledShared({16, columns}, {1, 0}, 1, 1, 1), plainShared({16, columns}, {1, 0}));
}

TEST(Fragments, HardwareSwizzleXorsChunksWithLines) {
  for (unsigned elementBits : {8u, 16u, 32u})
    for (int64_t bytes : {16, 32, 64, 128}) {
      const int64_t rows = 32, elementBytes = elementBits / 8, columns = 2 * bytes / elementBytes;
      LinearLayout layout = hardwareSwizzledShared({rows, columns}, {1, 0}, elementBits, bytes);
      ASSERT_TRUE(layout.isInvertible());
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t column = 0; column < columns; ++column) {
          int64_t inPanel = column * elementBytes % bytes, panel = column * elementBytes / bytes;
          int64_t address = (panel * rows + row) * bytes + inPanel;
          address ^= (address >> 7 & (bytes / 16 - 1)) << 4;
          ASSERT_EQ(layout.apply(Dim::Offset, address / elementBytes), uint64_t(row * columns + column));
        }
    }
}
