//===- CudaBulkTest.cpp - Bulk copies and their barriers by nvcc ----------===//
//
// Inputs/bulk.ptx is what nvcc 13.0 makes of Inputs/bulk.cu for compute_90a.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CudaTest.h"

#include <algorithm>

namespace tessera::sim {
namespace {

class CudaBulk : public CudaTest {
protected:
  void each(const std::function<void()> &body) {
    CudaTest::each({"bulk.ptx"}, [&] {
      config.cluster = {1, 1, 1};
      body();
    });
  }

  template <typename T> std::vector<T> draw(size_t count) {
    std::vector<T> values(count);
    for (T &v : values)
      v = static_cast<T>(random());
    return values;
  }

  /// Three blocks of 64 reduce into `out`, which begins as `start`: op(old, value) for each.
  template <typename T, typename F> void reduceGlobal(const char *kernel, F op) {
    SCOPED_TRACE(kernel);
    const auto x = draw<T>(3 * 64), start = draw<T>(64);
    DeviceArray<T> dx(memory, x), out(memory, start);
    run(*module, kernel, {3}, {64}, dx, out);
    expectAll(out.host(), [&](size_t i) {
      T value = start[i];
      for (int b = 0; b < 3; ++b)
        value = op(value, x[b * 64 + i]);
      return value;
    });
  }

  /// The same for small whole numbers in a format of 16 bits, whose sums are exact.
  template <typename Make, typename Value, typename F>
  void reduceHalves(const char *kernel, Make make, Value value, F op) {
    SCOPED_TRACE(kernel);
    std::vector<uint16_t> x(3 * 64), start(64);
    for (auto *values : {&x, &start})
      for (uint16_t &v : *values)
        v = make(float(randomIntegers<int>(1, -20, 20)[0]));
    DeviceArray<uint16_t> dx(memory, x), out(memory, start);
    run(*module, kernel, {3}, {64}, dx, out);
    expectAll(out.host(), [&](size_t i) {
      double result = value(start[i]);
      for (int b = 0; b < 3; ++b)
        result = op(result, value(x[b * 64 + i]));
      return make(float(result));
    });
  }

  /// Two clusters of three blocks reduce into the first block's shared memory.
  template <typename T, typename F> void reduceCluster(const char *kernel, T start, F op) {
    SCOPED_TRACE(kernel);
    const auto x = draw<T>(6 * 32);
    DeviceArray<T> dx(memory, x), out(memory, poisoned<T>(2 * 32));
    config.cluster = {3, 1, 1};
    run(*module, kernel, {6}, {32}, dx, out, start);
    expectAll(out.host(), [&](size_t i) {
      T value = start;
      for (size_t b = 0; b < 3; ++b)
        value = op(value, x[(i / 32 * 3 + b) * 32 + i % 32]);
      return value;
    });
  }
};

TEST_F(CudaBulk, ThereAndBack) {
  each([&] {
    const int n = 2 * 256 + 132;
    const auto x = randomIntegers<int>(n, -1000, 1000);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(n + 4));
    run(*module, "round_trip", {3}, {96}, dx, out, n);
    const int poison = poisoned<int>(1)[0];
    expectAll(out.host(), [&](size_t i) { return i < size_t(n) ? 2 * x[i] + 1 : poison; });
  });
}

TEST_F(CudaBulk, RingOfStages) {
  each([&] {
    for (const int tiles : {1, 3, 11}) {
      const auto x = randomFloats(tiles * 64);
      DeviceArray<float> dx(memory, x), out(memory, poisoned<float>(64));
      run(*module, "ring", {1}, {96}, dx, out, tiles);
      expectAll(out.host(), [&](size_t t) {
        float sum = 0; // halves are exact, so each step rounds once, fused or not
        for (int tile = 0; tile < tiles; ++tile)
          sum = 0.5f * sum + x[tile * 64 + 63 - t];
        return sum;
      });
    }
  });
}

TEST_F(CudaBulk, StoresInFlight) {
  each([&] {
    const int tiles = 7;
    DeviceArray<int> out(memory, poisoned<int>(tiles * 128));
    run(*module, "stores_in_flight", {1}, {128}, out, tiles);
    expectAll(out.host(), [](size_t i) { return int(i / 128 * 1000 + i % 128); });
  });
}

TEST_F(CudaBulk, ReductionsOfIntegers) {
  each([&] {
    const auto add = [](auto a, auto b) { return static_cast<decltype(a)>(uint64_t(a) + uint64_t(b)); };
    const auto least = [](auto a, auto b) { return std::min(a, b); };
    const auto most = [](auto a, auto b) { return std::max(a, b); };
    reduceGlobal<uint32_t>("add_u32", add);
    reduceGlobal<int32_t>("add_s32", add);
    reduceGlobal<uint64_t>("add_u64", add);
    reduceGlobal<int64_t>("add_s64", add);
    reduceGlobal<uint32_t>("min_u32", least);
    reduceGlobal<int32_t>("min_s32", least);
    reduceGlobal<uint64_t>("min_u64", least);
    reduceGlobal<int64_t>("min_s64", least);
    reduceGlobal<uint32_t>("max_u32", most);
    reduceGlobal<int32_t>("max_s32", most);
    reduceGlobal<uint64_t>("max_u64", most);
    reduceGlobal<int64_t>("max_s64", most);
    reduceGlobal<uint32_t>("and_b32", std::bit_and<uint32_t>());
    reduceGlobal<uint32_t>("or_b32", std::bit_or<uint32_t>());
    reduceGlobal<uint32_t>("xor_b32", std::bit_xor<uint32_t>());
    reduceGlobal<uint64_t>("and_b64", std::bit_and<uint64_t>());
    reduceGlobal<uint64_t>("or_b64", std::bit_or<uint64_t>());
    reduceGlobal<uint64_t>("xor_b64", std::bit_xor<uint64_t>());
  });
}

/// Incrementing and decrementing depend on the order where the bounds differ; here all blocks bring the same ones.
TEST_F(CudaBulk, ReductionsThatWrap) {
  each([&] {
    for (const bool up : {true, false}) {
      std::vector<unsigned> x(3 * 64), start = randomIntegers<unsigned>(64, 0, 12);
      for (size_t i = 0; i < x.size(); ++i)
        x[i] = i % 64 % 9;
      DeviceArray<unsigned> dx(memory, x), out(memory, start);
      run(*module, up ? "inc_u32" : "dec_u32", {3}, {64}, dx, out);
      expectAll(out.host(), [&](size_t i) {
        unsigned value = start[i];
        for (int b = 0; b < 3; ++b)
          value = up ? (value >= x[i] ? 0 : value + 1) : (value == 0 || value > x[i] ? x[i] : value - 1);
        return value;
      });
    }
  });
}

TEST_F(CudaBulk, ReductionsOfFloatingPoint) {
  each([&] {
    const auto add = [](double a, double b) { return a + b; };
    const auto least = [](double a, double b) { return std::min(a, b); };
    const auto most = [](double a, double b) { return std::max(a, b); };
    const auto toHalf = [](float v) { return hostHalf(v); };
    reduceHalves("add_f16", toHalf, hostHalfValue, add);
    reduceHalves("min_f16", toHalf, hostHalfValue, least);
    reduceHalves("max_f16", toHalf, hostHalfValue, most);
    reduceHalves("add_bf16", hostBfloat, hostBfloatValue, add);
    reduceHalves("min_bf16", hostBfloat, hostBfloatValue, least);
    reduceHalves("max_bf16", hostBfloat, hostBfloatValue, most);
    const auto check = [&](auto zero, const char *kernel, double unit) {
      using T = decltype(zero);
      const auto floats = randomFloats(4 * 64);
      const std::vector<T> x(floats.begin(), floats.begin() + 192), start(floats.begin() + 192, floats.end());
      DeviceArray<T> dx(memory, x), out(memory, start);
      run(*module, kernel, {3}, {64}, dx, out);
      const auto result = out.host();
      expectNear(
          64, [&](size_t i) { return double(result[i]); },
          [&](size_t i) {
            double sum = start[i], absolutes = std::fabs(sum);
            for (int b = 0; b < 3; ++b) {
              sum += x[b * 64 + i];
              absolutes += std::fabs(double(x[b * 64 + i]));
            }
            return Expected{sum, sumBound(3, absolutes, unit)};
          });
    };
    check(0.0f, "add_f32", 0x1p-24);
    check(0.0, "add_f64", 2 * 0x1p-53); // the reference rounds as well
  });
}

// ---- Clusters -------------------------------------------------------------------------------------------------------

TEST_F(CudaBulk, Multicast) {
  each([&] {
    const auto x = randomIntegers<int>(8 * 64, -100, 100);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(8 * 64));
    config.cluster = {4, 1, 1};
    run(*module, "multicast", {8}, {64}, dx, out);
    expectAll(out.host(), [&](size_t i) {
      const size_t block = i / 64;
      int sum = 0;
      for (size_t r = 0; r < 4; ++r)
        sum = sum * 3 + (block % 4 == 3 && r == 2 ? 0 : x[(block / 4 * 4 + r) * 64 + i % 64]);
      return sum;
    });
  });
}

TEST_F(CudaBulk, FromBlockToBlock) {
  each([&] {
    for (const int size : {1, 2, 5}) {
      const int blocks = 2 * size;
      const auto x = randomIntegers<int>(blocks * 64, -1000, 1000);
      DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(blocks * 64));
      config.cluster = {uint32_t(size), 1, 1};
      run(*module, "neighbours", {uint32_t(blocks)}, {64}, dx, out);
      expectAll(out.host(), [&](size_t i) {
        const int block = int(i) / 64, first = block / size * size;
        return x[(first + (block - first + size - 1) % size) * 64 + 63 - int(i) % 64];
      });
    }
  });
}

TEST_F(CudaBulk, ReductionsIntoAnotherBlock) {
  each([&] {
    reduceCluster<uint32_t>("cluster_add_u32", 5, std::plus<uint32_t>());
    reduceCluster<int32_t>("cluster_add_s32", -5, [](int a, int b) { return int(unsigned(a) + unsigned(b)); });
    reduceCluster<uint64_t>("cluster_add_u64", 7, std::plus<uint64_t>());
    reduceCluster<uint32_t>("cluster_min_u32", ~0u, [](unsigned a, unsigned b) { return std::min(a, b); });
    reduceCluster<int32_t>("cluster_max_s32", INT32_MIN, [](int a, int b) { return std::max(a, b); });
    reduceCluster<uint32_t>("cluster_and_b32", ~0u, std::bit_and<uint32_t>());
    reduceCluster<uint32_t>("cluster_or_b32", 0, std::bit_or<uint32_t>());
    reduceCluster<uint32_t>("cluster_xor_b32", 77, std::bit_xor<uint32_t>());
    // Random bounds are far above three steps from the start, from which every order goes the same way.
    reduceCluster<uint32_t>("cluster_inc_u32", 1, [](unsigned a, unsigned) { return a + 1; });
    reduceCluster<uint32_t>("cluster_dec_u32", 5, [](unsigned a, unsigned) { return a - 1; });
  });
}

TEST_F(CudaBulk, WordsToAnotherBlock) {
  each([&] {
    const auto x = randomIntegers<int>(4 * 32, -1000000, 1000000);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(4 * 32 * 9));
    config.cluster = {2, 1, 1};
    run(*module, "remote_words", {4}, {32}, dx, out);
    expectAll(out.host(), [&](size_t at) -> int {
      const size_t thread = at / 9 % 32, other = (at / 9 / 32) ^ 1;
      const int v = x[other * 32 + thread];
      if (at % 9 < 8)
        return std::vector<int>{v, v, v + 1, v + 2, v, v * 2, v * 3, v * 4}[at % 9];
      unsigned c[8] = {0, 0, 1000, 0, 0, ~0u, 0, 0};
      for (int t = 0; t < 32; ++t) {
        const auto w = static_cast<unsigned>(x[other * 32 + t]);
        c[0] += 3;
        c[1] = c[1] >= 9 ? 0 : c[1] + 1;
        c[2] = std::min(c[2], w & 1023);
        c[3] = std::max(c[3], w & 1023);
        c[4] |= w;
        c[5] &= w;
        c[6] ^= w;
        c[7] = c[7] == 0 || c[7] > 6 ? 6 : c[7] - 1;
      }
      return thread < 8 ? static_cast<int>(c[thread]) : 0;
    });
  });
}

TEST_F(CudaBulk, WordsOfABarrier) {
  each([&] {
    DeviceArray<int> out(memory, poisoned<int>(64));
    run(*module, "barrier_words", {1}, {64}, out);
    expectAll(out.host(), [](size_t t) { return 63 - int(t); });
  });
}

} // namespace
} // namespace tessera::sim
