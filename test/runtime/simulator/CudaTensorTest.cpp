//===- CudaTensorTest.cpp - Tensor-core kernels compiled by nvcc, against host references --===//
//
// Inputs/tensor.ptx is what nvcc 13.0 makes of Inputs/tensor.cu for sm_80.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/SimulatorTest.h"

#include <bit>
#include <cmath>

namespace tessera::sim {
namespace {

class CudaTensor : public SimulatorTest {
protected:
  std::vector<uint16_t> randomHalves(size_t count) {
    std::vector<uint16_t> values(count);
    for (uint16_t &v : values)
      v = hostHalf(randomFloats(1)[0]);
    return values;
  }
  std::shared_ptr<Module> module = load("tensor.ptx");
};

TEST_F(CudaTensor, WmmaOfHalves) {
  const int m = 48, n = 32, k = 64;
  const auto a = randomHalves(m * k), b = randomHalves(n * k);
  DeviceArray<uint16_t> da(memory, a), db(memory, b);
  DeviceArray<float> c(memory, m * n);
  run(*module, "wmma_half", {n / 16, m / 16}, {32}, da, db, c, m, n, k);
  const auto result = c.host();
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int x = 0; x < k; ++x)
        sum += hostHalfValue(a[i * k + x]) * hostHalfValue(b[j * k + x]);
      EXPECT_NEAR(result[i * n + j], sum / 2, 1e-4);
    }
}

TEST_F(CudaTensor, WmmaOfAnotherShape) {
  const auto a = randomHalves(32 * 16), b = randomHalves(16 * 8), c = randomHalves(32 * 8);
  DeviceArray<uint16_t> da(memory, a), db(memory, b), dc(memory, c);
  DeviceArray<float> dd(memory, 32 * 8);
  run(*module, "wmma_shapes", {1}, {32}, da, db, dc, dd);
  const auto half = dc.host();
  const auto wide = dd.host();
  for (int i = 0; i < 32; ++i)
    for (int j = 0; j < 8; ++j) {
      double sum = 0;
      for (int x = 0; x < 16; ++x)
        sum += hostHalfValue(a[i * 16 + x]) * hostHalfValue(b[x * 8 + j]);
      EXPECT_NEAR(wide[j * 32 + i], sum + 1, 1e-5);
      EXPECT_NEAR(hostHalfValue(half[i * 8 + j]), sum + hostHalfValue(c[i * 8 + j]), 4e-3);
    }
}

TEST_F(CudaTensor, WmmaOfBytes) {
  const auto a = randomIntegers<int8_t>(256, -128, 127), b = randomIntegers<int8_t>(256, -128, 127);
  DeviceArray<int8_t> da(memory, a), db(memory, b);
  DeviceArray<int> c(memory, 256);
  run(*module, "wmma_bytes", {1}, {32}, da, db, c);
  const auto result = c.host();
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 16; ++j) {
      int sum = 3;
      for (int x = 0; x < 16; ++x)
        sum += a[i * 16 + x] * b[j * 16 + x];
      EXPECT_EQ(result[i * 16 + j], sum);
    }
}

TEST_F(CudaTensor, WmmaOfDoubles) {
  std::vector<double> a(32), b(32);
  for (int i = 0; i < 32; ++i) {
    a[i] = randomFloats(1)[0];
    b[i] = randomFloats(1)[0];
  }
  DeviceArray<double> da(memory, a), db(memory, b), c(memory, 64);
  run(*module, "wmma_double", {1}, {32}, da, db, c);
  const auto result = c.host();
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 8; ++j) {
      double sum = 0;
      for (int x = 0; x < 4; ++x)
        sum += a[i * 4 + x] * b[x * 8 + j];
      EXPECT_NEAR(result[i * 8 + j], sum, 1e-15);
    }
}

TEST_F(CudaTensor, WmmaOfTf32) {
  const auto a = randomFloats(128), b = randomFloats(128);
  DeviceArray<float> da(memory, a), db(memory, b), c(memory, 256);
  run(*module, "wmma_tf32", {1}, {32}, da, db, c);
  const auto result = c.host();
  // Ties go away from zero when rounding to 10 bits of fraction.
  const auto tf32 = [](float v) {
    return double(std::bit_cast<float>((std::bit_cast<uint32_t>(v) + 0x1000) & 0xFFFFE000));
  };
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 16; ++j) {
      double sum = 0;
      for (int x = 0; x < 8; ++x)
        sum += tf32(a[i * 8 + x]) * tf32(b[x * 16 + j]);
      EXPECT_NEAR(result[i * 16 + j], sum, 1e-6);
    }
}

TEST_F(CudaTensor, PipelinedAsynchronousCopies) {
  const int blocks = 7;
  const auto x = randomFloats(blocks * 64 * 4);
  DeviceArray<float> dx(memory, x), out(memory, 64);
  run(*module, "pipelined_sum", {1}, {64}, dx, out, blocks);
  const auto result = out.host();
  for (int t = 0; t < 64; ++t) {
    double sum = 0;
    for (int b = 0; b < blocks; ++b)
      for (int i = 0; i < 4; ++i)
        sum += (i + 1) * x[(b * 64 + 63 - t) * 4 + i];
    EXPECT_NEAR(result[t], sum, 1e-4);
  }
}

} // namespace
} // namespace tessera::sim
