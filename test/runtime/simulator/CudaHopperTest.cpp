//===- CudaHopperTest.cpp - Warp-specialised products on Hopper by nvcc ---===//
//
// Inputs/hopper.ptx is what nvcc 13.0 makes of Inputs/hopper.cu for compute_90a.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/TensorMap.h"
#include "test/runtime/simulator/CudaTest.h"

#include <bit>

namespace tessera::sim {
namespace {

class CudaHopper : public CudaTest {
protected:
  void each(const std::function<void()> &body, unsigned seeds = Seeds) {
    CudaTest::each(
        {"hopper.ptx"},
        [&] {
          config.cluster = {1, 1, 1};
          config.dynamicShared = 0;
          body();
        },
        seeds);
  }

  std::vector<uint16_t> halves(size_t count) {
    std::vector<uint16_t> values;
    for (const float v : randomFloats(count))
      values.push_back(hostHalf(v));
    return values;
  }

  TensorMap rows(uint64_t address, uint64_t count, uint64_t length, uint32_t boxRows) {
    const auto map = TensorMap::encode({.element = TensorElement::F16,
                                        .rank = 2,
                                        .address = address,
                                        .size = {length, count},
                                        .stride = {length * 2},
                                        .box = {64, boxRows},
                                        .swizzle = TensorSwizzle::Bytes128});
    EXPECT_TRUE(bool(map)) << map.error();
    return map.get();
  }

  void product(const char *kernel, uint32_t cluster, int m, int n, int k, uint32_t blocks) {
    SCOPED_TRACE(std::string(kernel) + " of " + std::to_string(m) + " x " + std::to_string(n) + " x " +
                 std::to_string(k));
    const auto a = halves(m * k), b = halves(n * k);
    DeviceArray<uint16_t> da(memory, a), db(memory, b), c(memory, poisoned<uint16_t>(m * n));
    config.cluster = {cluster, 1, 1};
    config.dynamicShared = 3 * (128 + 64) * 64 * 2 + 128 * 64 * 2 + 6 * 8;
    run(*module, kernel, {blocks}, {384}, rows(da, m, k, 128), rows(db, n, k, 64 / cluster), rows(c, m, n, 64), m, n,
        k);
    const auto result = c.host();
    expectNear(
        result.size(), [&](size_t at) { return hostHalfValue(result[at]); },
        [&](size_t at) {
          const size_t i = at / n, j = at % n;
          double sum = 0, absolutes = 0;
          for (int x = 0; x < k; ++x) {
            const double term = hostHalfValue(a[i * k + x]) * hostHalfValue(b[j * k + x]);
            sum += term;
            absolutes += std::fabs(term);
          }
          const double inner = sumBound(k, absolutes);
          return Expected{sum, inner + 0x1p-11 * (std::fabs(sum) + inner) + 0x1p-25}; // then rounded to f16
        });
  }

  /// Expects out[i][j] to be near the sum of the products that `term(i, j, x)` gives for x below k; `unit` is that of
  /// the rounding of the result.
  template <typename Value, typename Term>
  void expectProduct(size_t columns, int k, double unit, size_t count, Value value, Term term) {
    expectNear(count, value, [&](size_t at) {
      double sum = 0, absolutes = 0;
      for (int x = 0; x < k; ++x) {
        const double v = term(at / columns, at % columns, x);
        sum += v;
        absolutes += std::fabs(v);
      }
      return Expected{sum, sumBound(k, absolutes) + unit * std::fabs(sum)};
    });
  }
};

/// Ragged, more steps than stages, several tiles a block.
TEST_F(CudaHopper, WarpSpecialisedProducts) {
  each(
      [&] {
        product("gemm_warps", 1, 200, 136, 264, 2);
        product("gemm_groups", 1, 150, 72, 328, 3);
        product("gemm_cluster", 2, 300, 72, 264, 4);
      },
      1);
}

/// One tile, or two of one block; five steps through three stages. Some threads of a warpgroup hand a stage back for
/// its warps, or one for all of them, as libraries do.
TEST_F(CudaHopper, SmallProductsUnderEverySeed) {
  each([&] {
    product("gemm_warps", 1, 96, 72, 136, 1);
    product("gemm_groups", 1, 80, 24, 264, 1);
    product("gemm_cluster", 2, 136, 40, 200, 2);
  });
}

// ---- Single products ------------------------------------------------------------------------------------------------

TEST_F(CudaHopper, Bytes) {
  each([&] {
    const auto a = randomIntegers<uint8_t>(64 * 32, 0, 255), b = randomIntegers<uint8_t>(32 * 32, 0, 255);
    DeviceArray<uint8_t> da(memory, a), db(memory, b);
    DeviceArray<int> out(memory, poisoned<int>(64 * 32));
    run(*module, "wgmma_bytes", {1}, {128}, da, db, out);
    expectAll(out.host(), [&](size_t at) {
      int sum = 0;
      for (int x = 0; x < 32; ++x)
        sum += (int8_t(a[at / 32 * 32 + x]) + a[at / 32 * 32 + x]) * int8_t(b[at % 32 * 32 + x]);
      return sum;
    });
  });
}

double fp8(uint8_t bits, int fractionBits, int bias) {
  const int exponent = (bits & 127) >> fractionBits, fraction = bits & ((1 << fractionBits) - 1);
  const double magnitude = exponent ? std::ldexp(1 + std::ldexp(fraction, -fractionBits), exponent - bias)
                                    : std::ldexp(fraction, 1 - bias - fractionBits);
  return bits & 128 ? -magnitude : magnitude;
}

TEST_F(CudaHopper, Fp8) {
  each([&] {
    auto a = randomIntegers<uint8_t>(64 * 64, 0, 0x7E), b = randomIntegers<uint8_t>(16 * 64, 0, 0x7B);
    for (auto *values : {&a, &b})
      for (uint8_t &v : *values)
        v |= random() & 0x80;
    DeviceArray<uint8_t> da(memory, a), db(memory, b);
    DeviceArray<float> out(memory, poisoned<float>(64 * 16));
    run(*module, "wgmma_fp8", {1}, {128}, da, db, out);
    const auto result = out.host();
    expectProduct(
        16, 64, 0, result.size(), [&](size_t at) { return result[at]; },
        [&](size_t i, size_t j, int x) { return fp8(a[i * 64 + x], 3, 7) * fp8(b[j * 64 + x], 2, 15); });
  });
}

TEST_F(CudaHopper, Tf32) {
  each([&] {
    auto a = randomFloats(64 * 8), b = randomFloats(16 * 8);
    for (auto *values : {&a, &b})
      for (float &v : *values) // what tf32 holds
        v = std::bit_cast<float>(std::bit_cast<uint32_t>(v) & 0xFFFFE000);
    DeviceArray<float> da(memory, a), db(memory, b), out(memory, poisoned<float>(64 * 16));
    run(*module, "wgmma_tf32", {1}, {128}, da, db, out);
    const auto result = out.host();
    expectProduct(
        16, 8, 0, result.size(), [&](size_t at) { return result[at]; },
        [&](size_t i, size_t j, int x) { return -double(a[i * 8 + x]) * b[j * 8 + x]; });
  });
}

TEST_F(CudaHopper, RegistersTimesTransposed) {
  each([&] {
    std::vector<uint16_t> a, b;
    for (const float v : randomFloats(64 * 16))
      a.push_back(hostBfloat(v));
    for (const float v : randomFloats(16 * 64))
      b.push_back(hostBfloat(v));
    DeviceArray<uint16_t> da(memory, a), db(memory, b);
    DeviceArray<float> out(memory, poisoned<float>(64 * 64));
    run(*module, "wgmma_registers", {1}, {128}, da, db, out);
    const auto result = out.host();
    expectProduct(
        64, 16, 0, result.size(), [&](size_t at) { return result[at]; },
        [&](size_t i, size_t j, int x) { return hostBfloatValue(a[i * 16 + x]) * hostBfloatValue(b[x * 64 + j]); });
  });
}

TEST_F(CudaHopper, BothTransposedIntoHalves) {
  each([&] {
    const auto a = halves(16 * 64), b = halves(16 * 64);
    DeviceArray<uint16_t> da(memory, a), db(memory, b), out(memory, poisoned<uint16_t>(64 * 64));
    run(*module, "wgmma_half", {1}, {128}, da, db, out);
    const auto result = out.host();
    expectProduct(
        64, 16, 0x1p-11, result.size(), [&](size_t at) { return hostHalfValue(result[at]); },
        [&](size_t i, size_t j, int x) { return hostHalfValue(a[x * 64 + i]) * hostHalfValue(b[x * 64 + j]); });
  });
}

} // namespace
} // namespace tessera::sim
