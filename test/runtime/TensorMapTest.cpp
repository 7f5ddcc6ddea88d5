// Tensor descriptors: what they are made from, and what is refused. That kernels find in them what they were compiled
// for is seen in tools/run-descriptor.test.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestKernels.h"

#include <cmath>

using namespace tessera;

namespace {

/// Copies a box of 8 x 32 halves from (row, column 4) of a tensor into shared memory and out to `y`.
constexpr const char *kFetch = R"(
.version 8.0
.target sm_90
.address_size 64
.shared .align 128 .b8 tile[512];
.shared .align 8 .b64 full;
.visible .entry fetch(.param .align 64 .b8 map[128], .param .u64 .ptr .global y, .param .u32 row)
.reqntid 32
{
  .reg .b64 %rd<8>;
  .reg .b32 %r<12>;
  .reg .pred %p<4>;
  mov.b64 %rd1, map;
  cvta.param.u64 %rd1, %rd1;
  mov.u32 %r1, tile;
  mov.u32 %r2, full;
  mov.u32 %r3, %tid.x;
  ld.param.u32 %r4, [row];
  setp.ne.u32 %p1, %r3, 0;
  @%p1 bra WAIT;
  mbarrier.init.shared.b64 [%r2], 1;
  fence.proxy.async.shared::cta;
  mbarrier.arrive.expect_tx.shared.b64 %rd2, [%r2], 512;
  mov.u32 %r5, 4;
  cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%r1], [%rd1, {%r5, %r4}], [%r2];
WAIT:
  bar.warp.sync 0xffffffff;
LOOP:
  mbarrier.try_wait.parity.shared.b64 %p2, [%r2], 0;
  @!%p2 bra LOOP;
  shl.b32 %r6, %r3, 4;
  add.u32 %r7, %r1, %r6;
  ld.shared.v4.b32 {%r8, %r9, %r10, %r11}, [%r7];
  ld.param.u64 %rd3, [y];
  cvt.u64.u32 %rd4, %r6;
  add.u64 %rd5, %rd3, %rd4;
  st.global.v4.b32 [%rd5], {%r8, %r9, %r10, %r11};
  ret;
}
)";

class TensorMapTest : public testing::Test {
protected:
  TensorMapTest() : device(test::device()), x(device, 20 * 64), y(device, 8 * 32) {
    std::vector<Half> values;
    for (int i = 0; i < 20 * 64; ++i)
      values.emplace_back(float(i));
    EXPECT_TRUE(x.copyFrom(values));
  }

  /// What the kernel fetches with a map, from rows [row, row + 8).
  std::vector<float> fetch(const TensorMap &map, int row, const std::string &source = kFetch) {
    auto module = PtxModule::fromSource(device, source, "fetch.ptx");
    EXPECT_TRUE(module) << module.error().text();
    const Status launched = module->kernel()->launch(Stream::defaultOf(device), {.grid = 1}, map, y, row);
    EXPECT_TRUE(launched) << launched.error().text();
    std::vector<float> values;
    for (const Half value : *y.toVector())
      values.push_back(float(value));
    return values;
  }
  std::string errorOf(const TensorShape &tensor, const TensorMapOptions &options = {}, std::uint64_t offset = 0,
                      ScalarType type = ScalarType::FP16) {
    const auto map = TensorMap::create(device, type, x.rawBuffer().address() + offset, tensor, options);
    return map ? "none" : map.error().text();
  }

  Device device;
  Buffer<Half> x, y;
};

} // namespace

TEST_F(TensorMapTest, BoxesLieRowByRow) {
  const auto map = TensorMap::create(x, {20, 60}, {64, 1}, {8, 32}, {.swizzle = TensorSwizzle::None});
  ASSERT_TRUE(map) << map.error().text();
  for (const int row : {0, 15}) { // of the second box three rows lie outside
    const std::vector<float> got = fetch(*map, row);
    for (int i = 0; i < 8; ++i)
      for (int j = 0; j < 32; ++j)
        EXPECT_EQ(got[i * 32 + j], row + i < 20 ? float((row + i) * 64 + 4 + j) : 0) << row << ", " << i << ", " << j;
  }
}

TEST_F(TensorMapTest, RowsOf64BytesAreSwizzledOverAsMany) {
  const auto map = TensorMap::create(x, {20, 64}, {64, 1}, {8, 32});
  ASSERT_TRUE(map) << map.error().text();
  const std::vector<float> got = fetch(*map, 3);
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 32; ++j) {
      const int chunk = (j / 8) ^ (i / 2 % 4); // bits 4 and 5 of the address, flipped by bits 7 and 8
      EXPECT_EQ(got[i * 32 + chunk * 8 + j % 8], float((3 + i) * 64 + 4 + j)) << i << ", " << j;
    }
}

TEST_F(TensorMapTest, FewerThanEightRowsAreNotSwizzled) {
  for (const int rows : {1, 2, 4}) { // each a box of 512 bytes
    const int width = 256 / rows;
    const auto map = TensorMap::create(x, {8, 160}, {160, 1}, {rows, width});
    ASSERT_TRUE(map) << map.error().text();
    const std::vector<float> got = fetch(*map, 3);
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < width; ++j)
        EXPECT_EQ(got[i * width + j], 4 + j < 160 ? float((3 + i) * 160 + 4 + j) : 0) << rows << ": " << i << ", " << j;
  }
  // One dimension: 512 bytes, where a row that is swizzled would be cut to 128.
  std::string source = kFetch;
  source.replace(source.find("tensor.2d"), 9, "tensor.1d");
  source.replace(source.find("{%r5, %r4}"), 10, "{%r5}");
  const auto map = TensorMap::create(x, {1280}, {1}, {256});
  ASSERT_TRUE(map) << map.error().text();
  const std::vector<float> got = fetch(*map, 0, source);
  for (int i = 0; i < 256; ++i)
    EXPECT_EQ(got[i], float(4 + i)) << i;
}

TEST_F(TensorMapTest, WhatIsOutsideMayBeNaN) {
  const auto map =
      TensorMap::create(x, {20, 20}, {64, 1}, {8, 32}, {.swizzle = TensorSwizzle::None, .nanOutside = true});
  ASSERT_TRUE(map) << map.error().text();
  const std::vector<float> got = fetch(*map, 16);
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 32; ++j)
      EXPECT_EQ(std::isnan(got[i * 32 + j]), i >= 4 || j >= 16) << i << ", " << j;
}

TEST_F(TensorMapTest, Mistakes) {
  const std::string start = "tensor descriptor: ";
  EXPECT_EQ(errorOf({{}, {}, {}}), start + "0 dimensions, expected 1 to 5");
  EXPECT_EQ(errorOf({{20, 64}, {64, 1}, {8}}), start + "the shape has 2 dimensions, the strides 2, the box 1");
  EXPECT_EQ(errorOf({{20, 64}, {64, 1}, {8, 32}}, {}, 2), start + "the address is no multiple of 16 bytes");
  EXPECT_EQ(errorOf({{20, 64}, {1, 64}, {8, 32}}), start + "the innermost stride is 64, expected 1");
  EXPECT_EQ(errorOf({{20, 0}, {64, 1}, {8, 32}}), start + "the size 0 of dimension 1 is not from 1 to 2^32");
  EXPECT_EQ(errorOf({{20, 64}, {64, 1}, {-8, 32}}),
            start + "the side of the box -8 of dimension 0 is not from 1 to 2^32");
  EXPECT_EQ(errorOf({{20, 63}, {63, 1}, {8, 32}}),
            start + "the stride 63 of dimension 0 is no multiple of 16 bytes below 2^40");
  EXPECT_EQ(errorOf({{20, 64}, {-64, 1}, {8, 32}}), start + "the stride -64 of dimension 0 is negative");
  EXPECT_EQ(errorOf({{20, 64}, {64, 1}, {8, 4}}), start + "a row of the box has 8 bytes, expected a multiple of 16");
  EXPECT_EQ(errorOf({{20, 64}, {64, 1}, {8, 64}}, {.swizzle = TensorSwizzle::Bytes64}),
            start + "a row of the box has 128 bytes, expected a multiple of 16 of at most the 64 of the swizzle");
  EXPECT_EQ(errorOf({{20, 64}, {64, 1}, {512, 32}}, {.swizzle = TensorSwizzle::None}),
            start + "the box has the side 512 of dimension 0, expected at most 256");
  EXPECT_EQ(errorOf({{20, 64}, {64, 1}, {512, 32}}), "none"); // cut to 256
  EXPECT_EQ(errorOf({{20, 64}, {64, 1}, {8, 32}}, {.nanOutside = true}, 0, ScalarType::I16),
            start + "NaN outside the tensor needs a floating-point type of at least 16 bits, not i16");
}

TEST_F(TensorMapTest, ParametersThatAreNone) {
  const auto map = TensorMap::create(x, {20, 64}, {64, 1}, {8, 32});
  ASSERT_TRUE(map);
  auto module = PtxModule::fromSource(device, kFetch, "fetch.ptx");
  ASSERT_TRUE(module);
  const auto errorOf = [&](const auto &...arguments) {
    return module->kernel()->launch(Stream::defaultOf(device), {.grid = 1}, arguments...).error().text();
  };
  EXPECT_EQ(errorOf(x, y, 3), "launch of 'fetch': argument 1 ('map') is a pointer to fp16, the kernel takes 128 bytes "
                              "by value");
  EXPECT_EQ(errorOf(*map, *map, 3), "launch of 'fetch': argument 2 ('y') is a tensor descriptor, the kernel takes a "
                                    "pointer");
}
