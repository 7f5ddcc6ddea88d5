//===- CudaTensorTest.cpp - Tensor-core kernels compiled by nvcc, against host references --===//
//
// Inputs/tensor.ptx is what nvcc 13.0 makes of Inputs/tensor.cu for sm_80. Products of two f16 or tf32 numbers are
// exact in f32: only the additions round.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/Bounds.h"
#include "test/runtime/simulator/SimulatorTest.h"

#include <algorithm>
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
      double sum = 0, absolutes = 0;
      for (int x = 0; x < k; ++x) {
        const double term = hostHalfValue(a[i * k + x]) * hostHalfValue(b[j * k + x]);
        sum += term;
        absolutes += std::fabs(term);
      }
      EXPECT_NEAR(result[i * n + j], sum / 2, sumBound(k, absolutes) / 2);
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
      const double from = hostHalfValue(c[i * 8 + j]);
      double sum = 0, absolutes = 0;
      for (int x = 0; x < 16; ++x) {
        const double term = hostHalfValue(a[i * 16 + x]) * hostHalfValue(b[x * 8 + j]);
        sum += term;
        absolutes += std::fabs(term);
      }
      EXPECT_NEAR(wide[j * 32 + i], sum + 1, sumBound(17, absolutes + 1));
      // Rounded once more, to a half.
      const double bound = sumBound(17, absolutes + std::fabs(from));
      EXPECT_NEAR(hostHalfValue(half[i * 8 + j]), sum + from,
                  bound + std::max((std::fabs(sum + from) + bound) * 0x1p-11, 0x1p-25));
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
      long double sum = 0, absolutes = 0;
      for (int x = 0; x < 4; ++x) {
        const long double term = static_cast<long double>(a[i * 4 + x]) * b[x * 8 + j];
        sum += term;
        absolutes += std::fabs(term);
      }
      EXPECT_LE(std::fabs(result[i * 8 + j] - sum), sumBound(4, static_cast<double>(absolutes), 0x1p-53));
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
      double sum = 0, absolutes = 0;
      for (int x = 0; x < 8; ++x) {
        const double term = tf32(a[i * 8 + x]) * tf32(b[x * 16 + j]);
        sum += term;
        absolutes += std::fabs(term);
      }
      EXPECT_NEAR(result[i * 16 + j], sum, sumBound(8, absolutes));
    }
}

TEST_F(CudaTensor, PipelinedAsynchronousCopies) {
  const int blocks = 7;
  const auto x = randomFloats(blocks * 64 * 4);
  DeviceArray<float> dx(memory, x), out(memory, 64);
  run(*module, "pipelined_sum", {1}, {64}, dx, out, blocks);
  const auto result = out.host();
  for (int t = 0; t < 64; ++t) {
    float sum = 0; // as nvcc fuses it, in the same order
    for (int b = 0; b < blocks; ++b) {
      const float *v = &x[(b * 64 + 63 - t) * 4];
      sum += std::fma(v[3], 4.0f, std::fma(v[2], 3.0f, std::fma(v[1], 2.0f, v[0])));
    }
    EXPECT_EQ(result[t], sum);
  }
}

} // namespace
} // namespace tessera::sim
