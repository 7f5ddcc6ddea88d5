//===- CudaBasicsTest.cpp - CUDA C++ compiled by nvcc, against host references --===//
//
// Inputs/basics.ptx is what nvcc 13.0 makes of Inputs/basics.cu for sm_80.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/Bounds.h"
#include "test/runtime/simulator/SimulatorTest.h"

#include <bit>
#include <cmath>
#include <numeric>

namespace tessera::sim {
namespace {

class CudaBasics : public SimulatorTest {
protected:
  std::shared_ptr<Module> module = load("basics.ptx");
};

TEST_F(CudaBasics, VectorAddOfARaggedLength) {
  const int n = 1000;
  const auto x = randomFloats(n), y = randomFloats(n);
  DeviceArray<float> dx(memory, x), dy(memory, y), out(memory, n);
  run(*module, "vector_add", {8}, {128}, dx, dy, out, n);
  const auto result = out.host();
  for (int i = 0; i < n; ++i)
    EXPECT_EQ(result[i], x[i] + y[i]);
}

TEST_F(CudaBasics, ReduceInSharedMemory) {
  const int n = 10000;
  const auto x = randomFloats(n);
  DeviceArray<float> dx(memory, x), out(memory, 4);
  run(*module, "reduce_shared", {4}, {256}, dx, out, n);
  // The same additions in the same order round alike.
  for (int block = 0; block < 4; ++block) {
    std::vector<float> part(256, 0.0f);
    for (int t = 0; t < 256; ++t)
      for (int i = block * 256 + t; i < n; i += 4 * 256)
        part[t] += x[i];
    for (int s = 128; s > 0; s /= 2)
      for (int t = 0; t < s; ++t)
        part[t] += part[t + s];
    EXPECT_EQ(out.host()[block], part[0]);
  }
}

TEST_F(CudaBasics, ReduceByShuffles) {
  const int n = 12345;
  const auto x = randomIntegers<int>(n, -1000, 1000);
  DeviceArray<int> dx(memory, x), out(memory, std::vector<int>{0});
  run(*module, "reduce_shuffle", {5}, {96}, dx, out, n);
  EXPECT_EQ(out.host()[0], std::accumulate(x.begin(), x.end(), 0));
}

TEST_F(CudaBasics, ScanOfABlock) {
  const int n = 777;
  const auto x = randomIntegers<int>(n, -50, 50);
  DeviceArray<int> dx(memory, x), out(memory, n);
  run(*module, "scan_block", {1}, {1024}, dx, out, n);
  std::vector<int> expected(n);
  std::partial_sum(x.begin(), x.end(), expected.begin());
  EXPECT_EQ(out.host(), expected);
}

TEST_F(CudaBasics, HistogramWithAtomics) {
  const int n = 20000;
  const auto x = randomIntegers<uint8_t>(n, 0, 255);
  DeviceArray<uint8_t> dx(memory, x);
  DeviceArray<unsigned> bins(memory, std::vector<unsigned>(256, 0));
  run(*module, "histogram", {7}, {128}, dx, bins, n);
  std::vector<unsigned> expected(256, 0);
  for (const uint8_t value : x)
    ++expected[value];
  EXPECT_EQ(bins.host(), expected);
}

TEST_F(CudaBasics, TiledMatrixProduct) {
  const int m = 50, n = 37, k = 45;
  const auto a = randomFloats(m * k), b = randomFloats(k * n);
  DeviceArray<float> da(memory, a), db(memory, b), c(memory, m * n);
  run(*module, "gemm_tiled", {3, 4}, {16, 16}, da, db, c, m, n, k);
  const auto result = c.host();
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      float sum = 0;
      for (int x = 0; x < k; ++x) // nvcc fuses the product and the addition
        sum = std::fma(a[i * k + x], b[x * n + j], sum);
      EXPECT_EQ(result[i * n + j], sum);
    }
}

TEST_F(CudaBasics, DivergentLoops) {
  const int n = 500;
  const auto x = randomIntegers<unsigned>(n, 1, 100000);
  DeviceArray<unsigned> dx(memory, x), out(memory, n);
  run(*module, "collatz", {4}, {128}, dx, out, n);
  const auto result = out.host();
  for (int i = 0; i < n; ++i) {
    unsigned v = x[i], steps = 0;
    for (; v > 1; ++steps) {
      if (v % 2 && v >= 0x50000000u) {
        steps = 0xffffffffu;
        break;
      }
      v = v % 2 ? 3 * v + 1 : v / 2;
    }
    EXPECT_EQ(result[i], steps) << x[i];
  }
}

TEST_F(CudaBasics, RecursiveCalls) {
  DeviceArray<uint64_t> out(memory, 64);
  run(*module, "recursive", {1}, {64}, out);
  const uint64_t fibonacci[] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89};
  const auto result = out.host();
  for (int i = 0; i < 64; ++i)
    EXPECT_EQ(result[i], fibonacci[i % 12]);
}

TEST_F(CudaBasics, CallsThroughPointersThatDifferByLane) {
  const auto a = randomIntegers<int>(64, -100, 100), b = randomIntegers<int>(64, -100, 100);
  DeviceArray<int> da(memory, a), db(memory, b), out(memory, 64);
  run(*module, "indirect", {1}, {64}, da, db, out);
  const auto result = out.host();
  for (int i = 0; i < 64; ++i)
    EXPECT_EQ(result[i], i % 3 == 0 ? a[i] + b[i] : i % 3 == 1 ? a[i] - b[i] : a[i] * b[i]);
}

TEST_F(CudaBasics, LocalArrays) {
  const auto order = randomIntegers<int>(96 * 8, 0, 1000);
  DeviceArray<int> dOrder(memory, order), out(memory, 96);
  run(*module, "locals", {1}, {96}, dOrder, out);
  const auto result = out.host();
  for (int t = 0; t < 96; ++t) {
    unsigned sum = 0;
    for (int i = 0; i < 8; ++i) {
      const int at = order[t * 8 + i] & 15;
      sum = sum * 3 + at * at + t;
    }
    EXPECT_EQ(result[t], static_cast<int>(sum));
  }
}

TEST_F(CudaBasics, SpinLockWithinAndAcrossWarps) {
  DeviceArray<int> lock(memory, std::vector<int>{0}), counter(memory, std::vector<int>{0});
  run(*module, "spin_lock", {3}, {96}, lock, counter);
  EXPECT_EQ(counter.host()[0], 3 * 96);
}

TEST_F(CudaBasics, Printf) {
  run(*module, "say", {2}, {32}, 2);
  EXPECT_EQ(printed, "thread 0 of block 0:  0.00 text 123456789abc a%\n"
                     "thread 1 of block 0:  0.50 text 123456789abd b%\n"
                     "thread 0 of block 1:  0.00 text 123456789abc a%\n"
                     "thread 1 of block 1:  0.50 text 123456789abd b%\n");
}

TEST_F(CudaBasics, CooperativeGroups) {
  const auto x = randomIntegers<int>(64, 0, 99);
  DeviceArray<int> dx(memory, x), out(memory, 64), active(memory, std::vector<int>(64, -1));
  run(*module, "groups", {1}, {64}, dx, out, active);
  const auto sums = out.host(), ranks = active.host();
  for (int i = 0; i < 64; ++i) {
    int sum = 0, size = 0, rank = 0;
    for (int j = 0; j < 8; ++j)
      sum += x[i / 8 * 8 + j];
    EXPECT_EQ(sums[i], sum);
    for (int j = i / 32 * 32; j < i / 32 * 32 + 32; ++j) {
      size += x[j] % 3 == 0;
      rank += x[j] % 3 == 0 && j < i;
    }
    EXPECT_EQ(ranks[i], x[i] % 3 == 0 ? size * 100 + rank : -1);
  }
}

TEST_F(CudaBasics, VotesMatchesAndReductions) {
  const auto x = randomIntegers<int>(64, -9, 9);
  DeviceArray<int> dx(memory, x);
  DeviceArray<unsigned> out(memory, 64 * 6);
  run(*module, "votes", {1}, {64}, dx, out);
  const auto result = out.host();
  unsigned positive = 0;
  for (const int v : x)
    positive += v > 0;
  for (int i = 0; i < 64; ++i) {
    unsigned ballot = 0, any7 = 0, same = 0;
    int sum = 0, top = -100;
    for (int j = 0; j < 32; ++j) {
      const int v = x[i / 32 * 32 + j];
      ballot |= unsigned(v > 0) << j;
      any7 |= v == 7;
      same |= unsigned((v & 3) == (x[i] & 3)) << j;
      sum += v;
      top = std::max(top, v);
    }
    EXPECT_EQ(result[i * 6 + 0], ballot);
    EXPECT_EQ(result[i * 6 + 1], 1 | any7 << 1);
    EXPECT_EQ(result[i * 6 + 2], same);
    EXPECT_EQ(static_cast<int>(result[i * 6 + 3]), sum);
    EXPECT_EQ(static_cast<int>(result[i * 6 + 4]), top);
    EXPECT_EQ(result[i * 6 + 5], positive);
  }
}

TEST_F(CudaBasics, PackedHalves) {
  std::vector<uint16_t> x(64), y(64);
  for (auto *values : {&x, &y})
    for (uint16_t &v : *values)
      v = hostHalf(randomFloats(1, -3, 3)[0]);
  DeviceArray<uint16_t> dx(memory, x), dy(memory, y), out(memory, 64);
  DeviceArray<float> wide(memory, 32);
  run(*module, "halves", {1}, {32}, dx, dy, out, wide);
  const auto result = out.host();
  const auto sums = wide.host();
  for (int i = 0; i < 64; ++i) {
    const auto round = [](double v) { return hostHalfValue(hostHalf(v)); };
    const double a = hostHalfValue(x[i]), b = hostHalfValue(y[i]);
    double v = round(a * b + (i % 2 ? -0.25 : 0.5));
    v = round(round(v + a) * round(b - a));
    v = std::max(v, -b);
    EXPECT_EQ(result[i], hostHalf(v)) << i;
  }
  for (int i = 0; i < 32; ++i)
    EXPECT_EQ(sums[i], static_cast<float>(hostHalfValue(result[2 * i]) + hostHalfValue(result[2 * i + 1])));
}

TEST_F(CudaBasics, DoublePrecisionLibrary) {
  std::vector<double> x(32);
  for (double &v : x)
    v = randomFloats(1, -8, 8)[0];
  DeviceArray<double> dx(memory, x), out(memory, 32 * 4);
  run(*module, "doubles", {1}, {32}, dx, out);
  const auto result = out.host();
  for (int i = 0; i < 32; ++i) {
    const long double v = x[i], sine = std::sin(v);
    const double square = std::fma(x[i], x[i], 1.0); // as nvcc fuses it
    const auto exponential = static_cast<double>(std::exp(v)),
               logarithm = static_cast<double>(std::log(static_cast<long double>(square)));
    // The CUDA Programming Guide documents one unit of the rounded result for exp and log, two for sin, none for sqrt.
    EXPECT_LE(std::fabs(result[i * 4 + 0] - exponential), unitOf<double>(exponential));
    EXPECT_EQ(result[i * 4 + 2], std::sqrt(std::fabs(x[i])));
    EXPECT_LE(std::fabs(result[i * 4 + 3] - logarithm), unitOf<double>(logarithm));
    // The sine's two units and a half against the exact one are divided, and the quotient is rounded.
    EXPECT_LE(std::fabs(result[i * 4 + 1] - sine / square),
              2.5L * unitOf<double>(sine) / square + unitOf<double>(sine / square) / 2);
  }
}

TEST_F(CudaBasics, SinglePrecisionLibrary) {
  const auto x = randomFloats(32, -4, 4);
  DeviceArray<float> dx(memory, x), out(memory, 32 * 8);
  run(*module, "floats", {1}, {32}, dx, out);
  const auto result = out.host();
  // What the CUDA Programming Guide documents: units between the result and the exact value rounded to nearest.
  const int units[] = {2, 2, 2, 1, 2, 4, 0, 2};
  for (int i = 0; i < 32; ++i) {
    const double v = x[i], a = std::fabs(v);
    const double exact[] = {std::exp(v),
                            std::sin(v),
                            1 / std::sqrt(a),
                            std::log(a),
                            std::tanh(v),
                            std::pow(a, double(1.7f)),
                            std::fmod(v, double(0.3f)),
                            std::erf(v)};
    for (int f = 0; f < 8; ++f) {
      const auto expected = static_cast<float>(exact[f]);
      EXPECT_LE(std::fabs(double(result[i * 8 + f]) - expected), units[f] * unitOf<float>(expected))
          << f << " of " << v;
    }
  }
}

TEST_F(CudaBasics, BlocksThatWaitForEachOther) {
  const int blocks = 64, rounds = 5;
  DeviceArray<unsigned> counter(memory, std::vector<unsigned>{0});
  DeviceArray<int> data(memory, std::vector<int>(blocks, 0));
  run(*module, "grid_barrier", {blocks}, {64}, counter, data, rounds);
  const auto result = data.host();
  for (int b = 0; b < blocks; ++b)
    EXPECT_EQ(result[b], 10 + rounds * b);
}

TEST_F(CudaBasics, StructByValue) {
  struct Big {
    int values[10];
    double scale;
  } big{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 1.5};
  DeviceArray<double> out(memory, 32);
  run(*module, "by_value", {1}, {32}, big, 3, out);
  const auto result = out.host();
  for (int i = 0; i < 32; ++i)
    EXPECT_EQ(result[i], ((i + 3) % 10 + 1) * 1.5);
}

TEST_F(CudaBasics, TrapIsReportedWithItsLine) {
  const Report report = tryRun(*module, "asserts", {2}, {64}, 40);
  ASSERT_EQ(report.errors.size(), 2u);
  EXPECT_EQ(report.errors[0].kind, ErrorKind::Trap);
  EXPECT_EQ(report.errors[0].thread.x, 40u);
  EXPECT_EQ(report.errors[0].source.file, "basics.cu");
  EXPECT_GT(report.errors[0].source.line, 200u);
}

} // namespace
} // namespace tessera::sim
