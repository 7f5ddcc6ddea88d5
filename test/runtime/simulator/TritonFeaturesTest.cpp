//===- TritonFeaturesTest.cpp - Less usual features of Triton, against host references --===//
//
// Inputs/triton-feature-*-ARCH.ptx is what Triton 3.6.0 makes of Inputs/features.py.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/Bounds.h"
#include "test/runtime/simulator/SimulatorTest.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace tessera::sim {
namespace {

constexpr uint64_t NoScratch = 0;
constexpr unsigned SharedBytes = 48 * 1024;

class TritonFeatures : public SimulatorTest {
protected:
  template <typename... T>
  Report tryFeature(const std::string &name, const std::string &arch, Dim3 grid, const T &...arguments) {
    const auto module = load("triton-feature-" + name + "-" + arch + ".ptx");
    config.dynamicShared = SharedBytes;
    return tryRun(*module, name, grid, {128}, arguments..., NoScratch, NoScratch);
  }
  template <typename... T>
  void feature(const std::string &name, const std::string &arch, Dim3 grid, const T &...arguments) {
    const Report report = tryFeature(name, arch, grid, arguments...);
    EXPECT_TRUE(report.ok()) << report.text();
  }
  static double e4m3(uint8_t v) {
    const int exponent = v >> 3 & 15, fraction = v & 7;
    const double m = exponent ? std::ldexp(8 + fraction, exponent - 10) : std::ldexp(fraction, -9);
    return v & 0x80 ? -m : m;
  }
};

TEST_F(TritonFeatures, DevicePrint) {
  std::vector<float> x(128);
  std::iota(x.begin(), x.end(), 0.5f);
  DeviceArray<float> dx(memory, x);
  feature("printing", "80", {1}, dx, 128);
  EXPECT_NE(printed.find("pid (0, 0, 0) idx (  5) value: (operand 0) 5.500000"), std::string::npos)
      << printed.substr(0, 400);
  EXPECT_NE(printed.find("(operand 1) 127"), std::string::npos);
  EXPECT_NE(printed.find("hello"), std::string::npos);
  EXPECT_EQ(std::count(printed.begin(), printed.end(), '\n'), 3 * 128);
}

TEST_F(TritonFeatures, DeviceAssert) {
  std::vector<int> x(128);
  std::iota(x.begin(), x.end(), 0);
  DeviceArray<int> dx(memory, x);
  feature("asserting", "80", {1}, dx, 128);
  const Report report = tryFeature("asserting", "80", {1}, dx, 77);
  ASSERT_EQ(report.errors.size(), 1u);
  EXPECT_EQ(report.errors[0].kind, ErrorKind::Assert);
  EXPECT_NE(report.errors[0].message.find("too large"), std::string::npos) << report.text();
  EXPECT_EQ(report.errors[0].source.file, "features.py");
}

TEST_F(TritonFeatures, EightBitFloats) {
  const int n = 512;
  const auto x = randomFloats(n, -100, 100);
  DeviceArray<float> dx(memory, x), dz(memory, n);
  DeviceArray<uint8_t> dy(memory, std::vector<uint8_t>(2 * n, 0x3C)); // 1.0 in e5m2
  feature("fp8", "80", {1}, dx, dy, dz, n);
  auto z = dz.host();
  for (int i = 0; i < n; ++i) {
    // Cut to a half and from there rounded to two bits of fraction; the least values are 2^-24 and 2^-16 apart.
    const double size = std::fabs(double(x[i]));
    ASSERT_NEAR(z[i] - 1, x[i], std::max(size * 0x1p-10, 0x1p-24) + std::max(size * 0x1p-3, 0x1p-17));
  }
  feature("fp8e4", "89", {1}, dx, dy, dz, n);
  const auto y = dy.host();
  z = dz.host();
  for (int i = 0; i < n; ++i) {
    ASSERT_EQ(z[i], e4m3(y[i]));
    // Three bits of fraction; the least values are 2^-9 apart.
    ASSERT_NEAR(z[i], x[i], std::max(std::fabs(double(x[i])) * 0x1p-4, 0x1p-10));
  }
}

TEST_F(TritonFeatures, ProductOfEightBitFloats) {
  std::vector<uint8_t> a(4096), b(4096);
  for (auto *values : {&a, &b})
    for (uint8_t &v : *values)
      v = static_cast<uint8_t>(0x20 + random() % 0x20 + (random() % 2) * 0x80);
  DeviceArray<uint8_t> da(memory, a), db(memory, b);
  for (const char *arch : {"89", "90"}) {
    DeviceArray<float> dc(memory, 4096);
    feature("fp8dot", arch, {1}, da, db, dc);
    const auto c = dc.host();
    for (int i = 0; i < 64; ++i)
      for (int j = 0; j < 64; ++j) {
        double sum = 0;
        for (int k = 0; k < 64; ++k)
          sum += e4m3(a[i * 64 + k]) * e4m3(b[j * 64 + k]);
        // Products are multiples of 2^-12 below 4, so that the sum of 64 is exact in f32.
        ASSERT_EQ(c[i * 64 + j], sum) << arch;
      }
  }
}

TEST_F(TritonFeatures, HistogramAndGather) {
  const auto x = randomIntegers<int>(512, 0, 63);
  DeviceArray<int> dx(memory, x), counts(memory, 64);
  feature("hist", "80", {1}, dx, counts);
  std::vector<int> expected(64, 0);
  for (const int v : x)
    ++expected[v];
  EXPECT_EQ(counts.host(), expected);

  const auto values = randomFloats(512);
  const auto index = randomIntegers<int>(512, 0, 511);
  DeviceArray<float> dValues(memory, values), out(memory, 512);
  DeviceArray<int> dIndex(memory, index);
  feature("gather", "80", {1}, dValues, dIndex, out);
  const auto result = out.host();
  for (int i = 0; i < 512; ++i)
    ASSERT_EQ(result[i], values[index[i]]);
}

TEST_F(TritonFeatures, AssociativeScans) {
  const int m = 16, n = 64;
  const auto a = randomFloats(m * n, 0.5f, 1.2f), b = randomFloats(m * n);
  DeviceArray<float> da(memory, a), db(memory, b), out(memory, m * n);
  feature("assoc", "80", {1}, da, db, out);
  const auto result = out.host();
  // A value is the sum of b times all later a. However the scan of n values is bracketed, such a term is rounded in at
  // most n products and n additions; the two scans are added in one more.
  std::vector<double> expected(m * n), bound(m * n);
  const auto step = [&](int at, int length, double &q, double &absolutes) {
    expected[at] += q = q * a[at] + b[at];
    absolutes = absolutes * std::fabs(a[at]) + std::fabs(b[at]);
    bound[at] += sumBound(2 * length + 1, absolutes);
  };
  for (int i = 0; i < m; ++i) {
    double q = 0, absolutes = 0;
    for (int j = 0; j < n; ++j)
      step(i * n + j, n, q, absolutes);
  }
  for (int j = 0; j < n; ++j) {
    double q = 0, absolutes = 0;
    for (int i = m - 1; i >= 0; --i)
      step(i * n + j, m, q, absolutes);
  }
  for (int i = 0; i < m * n; ++i)
    ASSERT_NEAR(result[i], expected[i], bound[i]);
}

TEST_F(TritonFeatures, ProductsOfSeveralPrecisionsAndRanks) {
  const int m = 32;
  const auto a = randomFloats(2 * m * m), b = randomFloats(2 * m * m);
  DeviceArray<float> da(memory, a), db(memory, b);
  for (const char *arch : {"80", "90"}) {
    DeviceArray<float> exact(memory, m * m), three(memory, m * m), batch(memory, 2 * m * m);
    feature("dots", arch, {1}, da, db, exact, three, batch);
    const auto c = exact.host(), d = three.host(), e = batch.host();
    for (int t = 0; t < 2 * m * m; ++t) {
      const int z = t / (m * m), i = t / m % m, j = t % m;
      double sum = 0, absolutes = 0;
      for (int k = 0; k < m; ++k) {
        const double term = double(a[(z * m + i) * m + k]) * b[(z * m + k) * m + j];
        sum += term;
        absolutes += std::fabs(term);
      }
      // In tf32 each of two factors loses less than 2^-10 of itself.
      ASSERT_NEAR(e[t], sum, absolutes * 0x1p-9 + sumBound(m, absolutes));
      if (z == 0) {
        ASSERT_NEAR(c[t], sum, sumBound(m, absolutes));
        // Three products: of the factors' parts in tf32 and with what these leave, at most 2^-11, crosswise; what the
        // remainders leave again, 2^-21 each when cut, and their own product are lost. The small products come first,
        // so that their additions cost 2^-10 of the others'.
        ASSERT_NEAR(d[t], sum,
                    absolutes * (2 * 0x1p-21 + 0x1p-22) * (1 + 1e-3) + sumBound(m, absolutes) * (1 + 2 * 0x1p-10));
      }
    }
  }
}

TEST_F(TritonFeatures, ProductOfDoubles) {
  const int m = 32;
  std::vector<double> a(m * m), b(m * m);
  for (auto *values : {&a, &b})
    for (double &v : *values)
      v = randomFloats(1)[0];
  DeviceArray<double> da(memory, a), db(memory, b), dc(memory, m * m);
  feature("dot64", "80", {1}, da, db, dc);
  const auto c = dc.host();
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < m; ++j) {
      long double sum = 0, absolutes = 0;
      for (int k = 0; k < m; ++k) {
        const long double term = static_cast<long double>(a[i * m + k]) * b[k * m + j];
        sum += term;
        absolutes += std::fabs(term);
      }
      ASSERT_LE(std::fabs(c[i * m + j] - sum), sumBound(m, static_cast<double>(absolutes), 0x1p-53));
    }
}

TEST_F(TritonFeatures, BlocksTakeALockInTurn) {
  DeviceArray<int> lock(memory, std::vector<int>{0}), data(memory, std::vector<int>(128, 5));
  feature("locks", "80", {40}, lock, data, 0);
  EXPECT_EQ(data.host(), std::vector<int>(128, 45));
}

TEST_F(TritonFeatures, AtomicsOfEveryType) {
  const int n = 700;
  std::vector<float> x(n);
  for (float &v : x)
    v = static_cast<float>(randomIntegers<int>(1, -9, 9)[0]);
  DeviceArray<float> dx(memory, x);
  for (const char *arch : {"80", "90"}) {
    DeviceArray<uint16_t> halves(memory, std::vector<uint16_t>(64, 0)), bfloats(memory, std::vector<uint16_t>(64, 0));
    DeviceArray<int> integers(memory, std::vector<int>(96, 0));
    DeviceArray<int64_t> wide(memory, std::vector<int64_t>(16, 0));
    feature("atomics", arch, {3}, dx, halves, bfloats, integers, wide, n);
    std::vector<double> sums(64, 0);
    std::vector<int> expected(96, 0);
    std::vector<int64_t> totals(16, 0);
    for (int i = 0; i < n; ++i) {
      const int v = static_cast<int>(x[i]);
      sums[i % 64] += v;
      expected[i % 32] = std::max(expected[i % 32], v);
      expected[32 + i % 32] = std::min(expected[32 + i % 32], v);
      expected[64 + i % 32] ^= v;
      totals[i % 16] += v;
    }
    EXPECT_EQ(integers.host(), expected);
    EXPECT_EQ(wide.host(), totals);
    const auto h = halves.host(), b = bfloats.host();
    for (int i = 0; i < 64; ++i) {
      EXPECT_EQ(hostHalfValue(h[i]), sums[i]);
      EXPECT_EQ(hostBfloatValue(b[i]), sums[i]);
    }
  }
}

TEST_F(TritonFeatures, Libdevice) {
  const auto x = randomFloats(128, -1.5, 1.5);
  DeviceArray<float> dx(memory, x), out(memory, 128);
  feature("lib", "80", {1}, dx, out, 128);
  const auto result = out.host();
  for (int i = 0; i < 128; ++i) {
    const double v = x[i], a = std::fabs(v);
    const auto u = std::bit_cast<uint32_t>(x[i]);
    uint32_t reversed = 0;
    for (int b = 0; b < 32; ++b)
      reversed |= (u >> b & 1) << (31 - b);
    // Each with the units of error that the CUDA Programming Guide documents.
    const struct {
      double value, units;
    } terms[] = {{std::tan(v), 4},
                 {std::log1p(a), 1},
                 {std::pow(a, double(1.3f)), 4},
                 {std::nearbyint(v), 0},
                 {std::atan2(v, 0.5), 3},
                 {std::expm1(v), 1},
                 {std::tgamma(double(static_cast<float>(a) + 1)), 5},
                 {::j0(v), 9},
                 {std::exp(v), 2 + std::floor(1.173 * a)},
                 {double(std::popcount(u)), 0},
                 {double(std::countl_zero(u)), 0},
                 {double(u ? std::countr_zero(u) + 1 : 0), 0},
                 {double(static_cast<int32_t>(reversed) % 7), 0}};
    double expected = 0, absolutes = 0, bound = 0;
    for (const auto &[value, units] : terms) {
      expected += value;
      absolutes += std::fabs(value);
      bound += units * double(unitOf<float>(value));
    }
    ASSERT_NEAR(result[i], expected, bound + sumBound(std::size(terms), absolutes)) << v;
  }
}

TEST_F(TritonFeatures, InlineAssembly) {
  const auto x = randomIntegers<int>(256, INT32_MIN, INT32_MAX);
  DeviceArray<int> dx(memory, x), out(memory, 256);
  feature("asm", "80", {1}, dx, out);
  const auto result = out.host();
  for (int i = 0; i < 256; ++i)
    ASSERT_EQ(static_cast<uint32_t>(result[i]),
              (uint32_t(x[i]) << 3) + 1 + uint32_t(uint64_t(uint32_t(x[i])) * 123456789 >> 32));
}

TEST_F(TritonFeatures, SortedRowsAndIndices) {
  const int m = 8, n = 64;
  const auto x = randomFloats(m * n, -50, 50);
  DeviceArray<float> dx(memory, x), out(memory, m * n + 2 * m);
  feature("topk", "80", {1}, dx, out);
  const auto result = out.host();
  for (int i = 0; i < m; ++i) {
    std::vector<float> row(x.begin() + i * n, x.begin() + (i + 1) * n);
    const auto top = std::max_element(row.begin(), row.end());
    ASSERT_EQ(result[m * n + i], static_cast<float>(top - row.begin()) + *top);
    int bits = 0;
    for (const float v : row)
      bits ^= static_cast<int>(v);
    ASSERT_EQ(result[m * n + m + i], static_cast<float>(bits));
    std::sort(row.rbegin(), row.rend());
    ASSERT_TRUE(std::equal(row.begin(), row.end(), result.begin() + i * n));
  }
}

} // namespace
} // namespace tessera::sim
