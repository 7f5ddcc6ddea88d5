// Tensor maps through the Driver API: made by the host, passed by value, and what is refused.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DriverApiTest.h"

namespace tessera::cuda {
namespace {

struct alignas(64) Map {
  unsigned char bytes[128] = {};
};

/// Copies a box of 16 x 4 f32 at (c0, c1), by tensor map, through shared memory to `out`.
constexpr const char *kCopyBox = R"(.version 8.0
.target sm_90
.address_size 64
.shared .align 128 .b8 tile[256];
.shared .align 8 .b8 barrier[8];
.visible .entry copy_box(.param .align 64 .b8 map[128], .param .u64 out, .param .u32 c0, .param .u32 c1)
{
  .reg .pred %p, %q;
  .reg .b32 %r<10>;
  .reg .b64 %rd<6>;
  mov.b64 %rd1, map;
  cvta.param.u64 %rd2, %rd1;
  ld.param.u64 %rd3, [out];
  ld.param.u32 %r1, [c0];
  ld.param.u32 %r2, [c1];
  mov.u32 %r3, %tid.x;
  setp.eq.u32 %p, %r3, 0;
  mov.u32 %r4, tile;
  mov.u32 %r5, barrier;
  @%p mbarrier.init.shared::cta.b64 [%r5], 1;
  bar.sync 0;
  @%p mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r5], 256;
  @%p cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%r4], [%rd2, {%r1, %r2}], [%r5];
WAIT:
  mbarrier.try_wait.parity.shared::cta.b64 %q, [%r5], 0;
  @!%q bra WAIT;
  shl.b32 %r6, %r3, 2;
  add.u32 %r7, %r6, %r4;
  ld.shared.u32 %r8, [%r7];
  mul.wide.u32 %rd4, %r3, 4;
  add.u64 %rd5, %rd3, %rd4;
  st.global.u32 [%rd5], %r8;
  ret;
}
)";

class DriverApiTensorMap : public DriverApiTest {
protected:
  CUresult encode(void *map, CUdeviceptr address, std::uint64_t stride = 64) {
    const std::uint64_t sizes[] = {16, 8}, strides[] = {stride};
    const std::uint32_t box[] = {16, 4}, steps[] = {1, 1};
    constexpr unsigned kFloat32 = 7;
    return cu.cuTensorMapEncodeTiled(map, kFloat32, 2, reinterpret_cast<void *>(address), sizes, strides, box, steps, 0,
                                     0, 2, 0);
  }
  std::vector<float> copyBox(const Map &map, int c0, int c1) {
    const CUdeviceptr out = allocate(256);
    Map given = map;
    CUdeviceptr to = out;
    void *arguments[] = {&given, &to, &c0, &c1};
    EXPECT_EQ(cu.cuLaunchKernel(function, 1, 1, 1, 64, 1, 1, 0, nullptr, arguments, nullptr), CUDA_SUCCESS);
    EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS) << library.takeReport();
    return read<float>(out, 64);
  }
  CUfunction function = load(kCopyBox, "copy_box");
};

TEST_F(DriverApiTensorMap, PassedByValue) {
  std::vector<float> values(16 * 8 * 2);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = float(i) + 0.5f;
  const CUdeviceptr data = allocate(values.size() * sizeof(float));
  ASSERT_EQ(cu.cuMemcpyHtoD_v2(data, values.data(), values.size() * sizeof(float)), CUDA_SUCCESS);
  Map map;
  ASSERT_EQ(encode(&map, data), CUDA_SUCCESS) << library.takeReport();
  const auto expected = [&](std::size_t first, int c0, int c1) {
    std::vector<float> box(64, 0.0f);
    for (int row = 0; row < 4; ++row)
      for (int column = 0; column < 16; ++column)
        if (const int x = c0 + column, y = c1 + row; x >= 0 && x < 16 && y >= 0 && y < 8)
          box[std::size_t(row * 16 + column)] = values[first + std::size_t(y * 16 + x)];
    return box;
  };
  EXPECT_EQ(copyBox(map, 0, 2), expected(0, 0, 2));
  EXPECT_EQ(copyBox(map, -3, 6), expected(0, -3, 6));
  ASSERT_EQ(cu.cuTensorMapReplaceAddress(&map, reinterpret_cast<void *>(data + 512)), CUDA_SUCCESS);
  EXPECT_EQ(copyBox(map, 5, -1), expected(128, 5, -1));
}

TEST_F(DriverApiTensorMap, WhatIsRefused) {
  const CUdeviceptr data = allocate(1024);
  Map map;
  EXPECT_EQ(encode(&map, data + 4), CUDA_ERROR_INVALID_VALUE);
  EXPECT_NE(library.takeReport().find("expected a multiple of 16"), std::string::npos);
  EXPECT_EQ(encode(&map, data, 68), CUDA_ERROR_INVALID_VALUE);
  EXPECT_NE(library.takeReport().find("stride of 68 bytes of dimension 1"), std::string::npos);
  EXPECT_EQ(encode(map.bytes + 32, data), CUDA_ERROR_INVALID_VALUE);
  EXPECT_NE(library.takeReport().find("aligned to 64 bytes"), std::string::npos);
  EXPECT_EQ(cu.cuTensorMapReplaceAddress(&map, reinterpret_cast<void *>(data)), CUDA_ERROR_INVALID_VALUE);
  EXPECT_NE(library.takeReport().find("no tensor map"), std::string::npos);
  const auto im2col = reinterpret_cast<CUresult (*)()>(symbol("cuTensorMapEncodeIm2col"));
  ASSERT_NE(im2col, nullptr);
  EXPECT_EQ(im2col(), CUDA_ERROR_NOT_SUPPORTED);
  EXPECT_NE(library.takeReport().find("cuTensorMapEncodeIm2col"), std::string::npos);
}

} // namespace
} // namespace tessera::cuda
