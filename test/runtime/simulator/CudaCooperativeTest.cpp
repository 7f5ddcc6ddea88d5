//===- CudaCooperativeTest.cpp - Grid-wide barriers and clusters by nvcc --===//
//
// Inputs/cooperative.ptx is what nvcc 13.0 makes of Inputs/cooperative.cu for compute_90a.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CudaTest.h"

#include <algorithm>
#include <numeric>

namespace tessera::sim {
namespace {

class CudaCooperative : public CudaTest {
protected:
  void each(const std::function<void()> &body) {
    CudaTest::each({"cooperative.ptx"}, [&] {
      config.cooperative = false;
      config.cluster = {1, 1, 1};
      config.dynamicShared = 0;
      body();
    });
  }
};

TEST_F(CudaCooperative, GridBarrier) {
  each([&] {
    const int n = 700, steps = 3;
    auto a = randomFloats(n);
    DeviceArray<float> da(memory, a), db(memory, poisoned<float>(n));
    config.cooperative = true;
    run(*module, "grid_sync", {7}, {64}, da, db, n, steps);
    // Every operation is exact in double and rounded once in f32, in the order of the source with fused operations
    // allowed: three roundings a step of values below 1.
    std::vector<double> exact(a.begin(), a.end());
    for (int s = 0; s < steps; ++s) {
      const std::vector<double> old = exact;
      for (int i = 0; i < n; ++i)
        exact[i] = 0.5 * old[i] + 0.25 * ((i ? old[i - 1] : 0) + (i + 1 < n ? old[i + 1] : 0));
    }
    const auto result = db.host();
    expectNear(
        n, [&](size_t i) { return result[i]; }, [&](size_t i) { return Expected{exact[i], steps * 3 * 0x1p-24}; });
  });
}

TEST_F(CudaCooperative, GridBarrierInTwoHalves) {
  each([&] {
    const int n = 5 * 32;
    DeviceArray<int> data(memory, poisoned<int>(n)), out(memory, poisoned<int>(n));
    config.cooperative = true;
    run(*module, "grid_arrive_wait", {5}, {32}, data, out);
    expectAll(out.host(), [](size_t i) { return (n - 1 - int(i)) * 3 + int(i * i); });
  });
}

TEST_F(CudaCooperative, WithoutACooperativeLaunchThereIsNoGrid) {
  module = load("cooperative.ptx");
  DeviceArray<float> a(memory, randomFloats(8)), b(memory, poisoned<float>(8));
  run(*module, "grid_sync", {1}, {32}, a, b, 8, 1); // is_valid() says so and it returns
  EXPECT_EQ(b.host(), poisoned<float>(8));
}

TEST_F(CudaCooperative, HistogramOverACluster) {
  each([&] {
    const int n = 777, binsPerBlock = 37;
    for (const uint32_t size : {1u, 2u, 8u}) {
      const auto x = randomIntegers<int>(n, 0, int(size) * binsPerBlock - 1);
      std::vector<int> expected(size * binsPerBlock, 0);
      for (const int v : x)
        ++expected[v];
      DeviceArray<int> dx(memory, x), bins(memory, std::vector<int>(expected.size(), 0));
      config.cluster = {size, 1, 1};
      config.dynamicShared = binsPerBlock * sizeof(int);
      run(*module, "cluster_histogram", {8}, {64}, dx, bins, binsPerBlock, n);
      EXPECT_EQ(bins.host(), expected) << "cluster of " << size;
    }
  });
}

TEST_F(CudaCooperative, SumOverACluster) {
  each([&] {
    const int n = 8 * 64 - 5;
    const auto x = randomIntegers<int>(n, -1000, 1000);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(8));
    config.cluster = {4, 1, 1};
    run(*module, "cluster_reduce", {8}, {64}, dx, out, n);
    const auto result = out.host();
    for (int b = 0; b < 8; ++b)
      EXPECT_EQ(result[b], std::accumulate(x.begin() + b / 4 * 256, x.begin() + std::min(n, b / 4 * 256 + 256), 0));
  });
}

TEST_F(CudaCooperative, RingOfBlocks) {
  each([&] {
    const int rounds = 5;
    for (const int size : {2, 3, 4}) {
      const int blocks = size * 2;
      DeviceArray<int> out(memory, poisoned<int>(blocks * 64));
      config.cluster = {uint32_t(size), 1, 1};
      run(*module, "cluster_ring", {uint32_t(blocks)}, {64}, out, rounds);
      expectAll(out.host(), [&](size_t i) {
        const int block = int(i) / 64, first = block / size * size;
        const int origin = ((block - first - rounds) % size + size) % size;
        return (first + origin) * 1000 + int(i) % 64 + rounds;
      });
    }
  });
}

TEST_F(CudaCooperative, FactsOfAClusterInThreeDimensions) {
  each([&] {
    const Dim3 grid{4, 2, 2}, cluster{2, 1, 2};
    DeviceArray<unsigned> out(memory, poisoned<unsigned>(grid.count() * 14));
    config.cluster = cluster;
    run(*module, "cluster_facts", grid, {32}, out);
    const auto result = out.host();
    for (unsigned z = 0; z < grid.z; ++z)
      for (unsigned y = 0; y < grid.y; ++y)
        for (unsigned x = 0; x < grid.x; ++x) {
          const unsigned block = x + grid.x * (y + grid.y * z);
          const unsigned rank = x % 2 + 2 * z, other = (rank + 1) % 4;
          const unsigned there = (x / 2 * 2 + other % 2) + grid.x * (y + grid.y * (other / 2));
          const std::vector<unsigned> expected{
              x % 2 + 100 * z, 2 + 10 + 200, rank,     4, other, there * 14, 1, 1, x / 2, 2, 1,
              other,           there * 14,   rank * 32};
          EXPECT_EQ(std::vector<unsigned>(result.begin() + block * 14, result.begin() + block * 14 + 14), expected)
              << "block " << block;
        }
  });
}

TEST_F(CudaCooperative, RemoteArrivals) {
  each([&] {
    const auto x = randomIntegers<int>(8 * 4 * 32, -100, 100);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(8 * 32));
    config.cluster = {4, 1, 1};
    run(*module, "remote_arrive", {8}, {32}, dx, out);
    expectAll(out.host(), [&](size_t i) {
      const int block = int(i) / 32;
      int sum = 0;
      for (int from = 0; from < 4; ++from)
        sum = sum * 7 + x[((block / 4 * 4 + from) * 4 + block % 4) * 32 + int(i) % 32];
      return sum;
    });
  });
}

} // namespace
} // namespace tessera::sim
