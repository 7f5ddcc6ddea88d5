//===- CudaSortingTest.cpp - Sorts, histograms and transposes by nvcc -----===//
//
// Inputs/sorting-{80,89}.ptx is what nvcc 13.0 makes of Inputs/sorting.cu.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CudaTest.h"

#include <algorithm>

namespace tessera::sim {
namespace {

class CudaSorting : public CudaTest {
protected:
  void each(const std::function<void()> &body) { CudaTest::each({"sorting-80.ptx", "sorting-89.ptx"}, body); }

  template <typename T> void transpose(const char *kernel, int rows, int columns) {
    std::vector<T> x(size_t(rows) * columns);
    for (T &v : x)
      v = static_cast<T>(random());
    DeviceArray<T> dx(memory, x), out(memory, poisoned<T>(x.size()));
    run(*module, kernel, {static_cast<uint32_t>(columns + 31) / 32, static_cast<uint32_t>(rows + 31) / 32}, {32, 8}, dx,
        out, rows, columns);
    expectAll(out.host(), [&](size_t i) { return x[i % rows * columns + i / rows]; });
  }
};

TEST_F(CudaSorting, BitonicSortOfBlocks) {
  each([&] {
    const int n = 300, block = 128;
    auto x = randomIntegers<int>(n, -100, 100);
    DeviceArray<int> dx(memory, x);
    config.dynamicShared = block * sizeof(int);
    run(*module, "bitonic_block", {(n + block - 1) / block}, {block}, dx, n);
    config.dynamicShared = 0;
    for (int from = 0; from < n; from += block)
      std::sort(x.begin() + from, x.begin() + std::min(n, from + block));
    expectAll(dx.host(), [&](size_t i) { return x[i]; });
  });
}

TEST_F(CudaSorting, BitonicSortOfAWarp) {
  each([&] {
    auto keys = randomFloats(96);
    std::vector<uint16_t> values(96);
    for (int i = 0; i < 96; ++i)
      values[i] = static_cast<uint16_t>(i);
    DeviceArray<float> dKeys(memory, keys);
    DeviceArray<uint16_t> dValues(memory, values);
    run(*module, "bitonic_warp", {1}, {96}, dKeys, dValues);
    auto sorted = keys;
    for (int w = 0; w < 96; w += 32)
      std::sort(sorted.begin() + w, sorted.begin() + w + 32);
    expectAll(dKeys.host(), [&](size_t i) { return sorted[i]; });
    const auto where = dValues.host();
    expectAll(dKeys.host(), [&](size_t i) { return keys[where[i]]; });
  });
}

TEST_F(CudaSorting, RadixSort) {
  each([&] {
    const int n = 1111;
    auto x = randomIntegers<unsigned>(n, 0, 0xFFFF);
    DeviceArray<unsigned> a(memory, x), b(memory, poisoned<unsigned>(n));
    for (int pass = 0; pass < 4; ++pass)
      run(*module, "radix_pass", {1}, {256}, pass % 2 ? b : a, pass % 2 ? a : b, n, pass * 4);
    std::sort(x.begin(), x.end());
    expectAll(a.host(), [&](size_t i) { return x[i]; });
  });
}

TEST_F(CudaSorting, MergeBySearch) {
  each([&] {
    auto a = randomIntegers<int>(203, 0, 150), b = randomIntegers<int>(97, 0, 150);
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    DeviceArray<int> da(memory, a), db(memory, b), out(memory, poisoned<int>(300));
    run(*module, "merge_path", {5}, {64}, da, int(a.size()), db, int(b.size()), out);
    std::vector<int> expected;
    std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(expected));
    expectAll(out.host(), [&](size_t i) { return expected[i]; });
  });
}

TEST_F(CudaSorting, Histograms) {
  each([&] {
    const int n = 16 * 99;
    const auto x = randomIntegers<uint8_t>(n, 0, 255);
    std::vector<unsigned> fine(256, 0), coarse(16, 0);
    for (const uint8_t v : x) {
      ++fine[v];
      ++coarse[v >> 4];
    }
    DeviceArray<uint8_t> dx(memory, x);
    DeviceArray<unsigned> bins(memory, std::vector<unsigned>(256, 0)), few(memory, poisoned<unsigned>(16));
    config.dynamicShared = 2 * 256 * sizeof(unsigned);
    run(*module, "histogram_warps", {2}, {64}, dx, bins, n / 16);
    config.dynamicShared = 0;
    EXPECT_EQ(bins.host(), fine);
    run(*module, "histogram_private", {1}, {64}, dx, few, n);
    EXPECT_EQ(few.host(), coarse);
  });
}

TEST_F(CudaSorting, Transposes) {
  each([&] {
    transpose<float>("transpose_padded", 40, 70);
    transpose<double>("transpose_swizzled", 33, 31);
    transpose<int8_t>("transpose_bytes", 64, 32);
    transpose<int16_t>("transpose_shorts", 5, 77);
  });
}

TEST_F(CudaSorting, TransposesByPermutes) {
  each([&] {
    const auto x = randomIntegers<uint8_t>(16 * 40, 0, 255);
    DeviceArray<uint8_t> dx(memory, x), out(memory, poisoned<uint8_t>(16 * 40));
    run(*module, "transpose_permute", {1}, {40}, dx, out);
    expectAll(out.host(), [&](size_t i) { return x[i / 16 * 16 + i % 4 * 4 + i % 16 / 4]; });
  });
}

TEST_F(CudaSorting, StencilWithTwoTypesInDynamicShared) {
  each([&] {
    const int n = 333, radius = 3, block = 64;
    const auto x = randomFloats(n);
    DeviceArray<float> dx(memory, x), out(memory, poisoned<float>(n));
    config.dynamicShared = (2 * radius + 1) * sizeof(double) + (block + 2 * radius) * sizeof(float);
    run(*module, "stencil", {(n + block - 1) / block}, {block}, dx, out, n, radius);
    config.dynamicShared = 0;
    const auto result = out.host();
    expectNear(
        n, [&](size_t i) { return result[i]; },
        [&](size_t i) {
          double sum = 0, absolutes = 0;
          for (int d = -radius; d <= radius; ++d) {
            const int j = static_cast<int>(i) + d;
            const double term = j >= 0 && j < n ? x[j] / (1.0 + std::abs(d)) : 0;
            sum += term;
            absolutes += std::fabs(term);
          }
          return Expected{sum, std::fabs(sum) * 0x1p-24 + sumBound(16, absolutes, 0x1p-53)};
        });
  });
}

} // namespace
} // namespace tessera::sim
