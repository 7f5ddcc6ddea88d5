//===- LinearLayoutTest.cpp - The laws of the layout algebra --------------===//
//
// Every law is checked on all maps of small size: all ways to fill the bases of one and two in dims over small tensors.
// Brute force over all places stands against the algebra.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/LinearLayout.h"
#include "dialect/layout/BitSpace.h"

#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <set>

using namespace tessera;

namespace {

/// Calls `visit` with every map from `in` to `out`.
void forAllMaps(const Space &in, const Space &out, const std::function<void(const LinearLayout &)> &visit) {
  unsigned inBits = in.totalBits(), outBits = out.totalBits();
  for (uint64_t code = 0; code < uint64_t(1) << (inBits * outBits); ++code) {
    LinearLayout layout(in, out);
    unsigned index = 0;
    for (unsigned i = 0; i < kNumDims; ++i)
      for (unsigned bit = 0; bit < in.bits(Dim(i)); ++bit, ++index)
        layout.setBasis(Dim(i), bit, code >> (index * outBits) & ((uint64_t(1) << outBits) - 1));
    visit(layout);
  }
}

Space hardware(unsigned registerBits, unsigned laneBits, unsigned warpBits = 0) {
  Space space;
  space.setBits(Dim::Register, registerBits);
  space.setBits(Dim::Lane, laneBits);
  space.setBits(Dim::Warp, warpBits);
  return space;
}

uint64_t numPlaces(const LinearLayout &layout) { return uint64_t(1) << layout.in().totalBits(); }

/// The example at the head of LinearLayout.h.
LinearLayout example() {
  return LinearLayout::make({{Dim::Register, {{0, 1}, {1, 0}}}, {Dim::Lane, {{0, 2}, {0, 4}, {2, 0}}}}, {4, 8});
}

} // namespace

TEST(LinearLayout, TheExampleOfTheHeader) {
  LinearLayout layout = example();
  EXPECT_EQ(layout.element(3, 5), (std::vector<int32_t>{3, 3}));
  EXPECT_EQ(layout.toTable(), "0:0  0:1  1:0  1:1  2:0  2:1  3:0  3:1\n"
                              "0:2  0:3  1:2  1:3  2:2  2:3  3:2  3:3\n"
                              "4:0  4:1  5:0  5:1  6:0  6:1  7:0  7:1\n"
                              "4:2  4:3  5:2  5:3  6:2  6:3  7:2  7:3\n");
  EXPECT_EQ(layout.toString(), "{register = [[0, 1], [1, 0]], lane = [[0, 2], [0, 4], [2, 0]]}");
  EXPECT_TRUE(layout.isInvertible());
}

TEST(LinearLayout, ApplyIsLinearAndPacksRowMajor) {
  forAllMaps(hardware(2, 1), Space::tensor({2, 4}), [](const LinearLayout &layout) {
    for (uint64_t x = 0; x < 8; ++x)
      for (uint64_t y = 0; y < 8; ++y)
        ASSERT_EQ(layout.apply(x ^ y), layout.apply(x) ^ layout.apply(y));
    for (int64_t reg = 0; reg < 4; ++reg)
      for (int64_t lane = 0; lane < 2; ++lane) {
        std::vector<int32_t> element = layout.element(reg, lane);
        ASSERT_EQ(uint64_t(element[0] * 4 + element[1]), layout.apply(uint64_t(reg | lane << 2)));
      }
  });
}
