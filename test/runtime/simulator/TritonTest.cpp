//===- TritonTest.cpp - PTX made by Triton, against host references -------===//
//
// Inputs/triton-*.ptx is what Triton 3.6.0 makes of Inputs/kernels.py for sm_80: the simulator must agree with PTX that
// is known to be right on hardware, not merely with the compiler it is built beside. Triton adds two scratch pointers
// to every kernel.
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
constexpr unsigned SharedBytes = 160 * 1024; // as much as any of them asks for
constexpr double U = 0x1p-24; // what a rounding to f32 costs, relative

class Triton : public SimulatorTest {
protected:
  template <typename... T>
  void runTriton(const std::string &file, const std::string &kernel, Dim3 grid, unsigned warps, unsigned shared,
                 const T &...arguments) {
    const auto module = load("triton-" + file + ".ptx");
    ASSERT_TRUE(module);
    config.dynamicShared = shared;
    run(*module, kernel, grid, {32 * warps}, arguments..., NoScratch, NoScratch);
  }

  std::vector<uint16_t> narrow(const std::vector<float> &values, bool bfloat = false) {
    std::vector<uint16_t> result;
    for (const float v : values)
      result.push_back(bfloat ? hostBfloat(v) : hostHalf(v));
    return result;
  }
  static double tf32(float v) { return std::bit_cast<float>(std::bit_cast<uint32_t>(v) & 0xFFFFE000); }
  static double wide(uint16_t v, bool bfloat = false) { return bfloat ? hostBfloatValue(v) : hostHalfValue(v); }

  /// Products of narrow values are exact in f32, k of them are added, and the sum is rounded once: to the result's
  /// format, by `resultEpsilon` of itself or half of the format's least.
  template <typename Get>
  void expectProduct(int m, int n, int k, const Get &a, const Get &b, const std::function<double(int)> &c,
                     double resultEpsilon) {
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        double sum = 0, magnitude = 0;
        for (int x = 0; x < k; ++x) {
          sum += a(i * k + x) * b(x * n + j);
          magnitude += std::fabs(a(i * k + x) * b(x * n + j));
        }
        const double bound = sumBound(k, magnitude);
        ASSERT_NEAR(c(i * n + j), sum, bound + std::max((std::fabs(sum) + bound) * resultEpsilon, 0x1p-25))
            << i << ", " << j;
      }
  }

  void matmul(const std::string &file, int m, int n, int k, int bm, int bn, unsigned warps, bool bfloat) {
    const auto a = narrow(randomFloats(m * k), bfloat), b = narrow(randomFloats(n * k), bfloat);
    DeviceArray<uint16_t> da(memory, a), db(memory, b), dc(memory, m * n);
    const auto blocks = static_cast<uint32_t>((m + bm - 1) / bm * ((n + bn - 1) / bn));
    runTriton(file, "matmul", {blocks}, warps, SharedBytes, da, db, dc, m, n, k, k, n, n);
    const auto c = dc.host();
    const std::function<double(int)> ga = [&](int i) { return wide(a[i], bfloat); },
                                     gb = [&](int i) { return wide(b[i], bfloat); };
    expectProduct(m, n, k, ga, gb, [&](int i) { return wide(c[i], bfloat); }, bfloat ? 0x1p-8 : 0x1p-11);
  }

  void matmulOfSingles(const std::string &file) {
    const int m = 70, n = 96, k = 64;
    const auto a = randomFloats(m * k), b = randomFloats(n * k);
    DeviceArray<float> da(memory, a), db(memory, b), dc(memory, m * n);
    runTriton(file, "matmul", {4}, 4, SharedBytes, da, db, dc, m, n, k, k, n, n);
    const auto c = dc.host();
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        // Tensor cores leave out the last 13 bits of a factor; what is left is multiplied exactly.
        double sum = 0, magnitude = 0;
        for (int x = 0; x < k; ++x) {
          const double term = tf32(a[i * k + x]) * tf32(b[x * n + j]);
          sum += term;
          magnitude += std::fabs(term);
        }
        ASSERT_NEAR(c[i * n + j], sum, sumBound(k, magnitude));
      }
  }

  void matmulOfBytes(const std::string &file) {
    const int m = 128, n = 64, k = 192;
    const auto a = randomIntegers<int8_t>(m * k, -128, 127), b = randomIntegers<int8_t>(n * k, -128, 127);
    DeviceArray<int8_t> da(memory, a), db(memory, b);
    DeviceArray<int> dc(memory, m * n);
    runTriton(file, "matmul_int8", {2, 1}, 4, SharedBytes, da, db, dc, m, n, k);
    const auto c = dc.host();
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        int sum = 0;
        for (int x = 0; x < k; ++x)
          sum += a[i * k + x] * b[j * k + x];
        ASSERT_EQ(c[i * n + j], sum);
      }
  }

  void attention(const std::string &file, int heads, int length, bool causal) {
    const int d = 64;
    const size_t size = size_t(heads) * length * d;
    const auto q = narrow(randomFloats(size)), k = narrow(randomFloats(size)), v = narrow(randomFloats(size));
    DeviceArray<uint16_t> dq(memory, q), dk(memory, k), dv(memory, v), out(memory, size);
    const float scale = 0.125f;
    runTriton(file, "attention", {static_cast<uint32_t>((length + 63) / 64), static_cast<uint32_t>(heads)}, 4, 65536,
              dq, dk, dv, out, scale, heads, length);
    const auto result = out.host();
    for (int h = 0; h < heads; ++h)
      for (int i = 0; i < length; ++i) {
        const size_t base = size_t(h) * length * d;
        std::vector<double> p(length);
        double total = 0, worst = 0; // worst: the relative error of a power, as TritonAttentionTest.cpp derives it
        const int end = causal ? i + 1 : length;
        for (int j = 0; j < end; ++j) {
          double s = 0, size = 0;
          for (int x = 0; x < d; ++x) {
            const double product = wide(q[base + i * d + x]) * wide(k[base + j * d + x]);
            s += product;
            size += std::fabs(product);
          }
          total += p[j] = std::exp(s * scale);
          worst = std::max(worst, ((d + 2) * 2 * U * size + 4 * 2 * U * std::fabs(s)) * scale + 0x1p-21);
        }
        worst += (end + 4) * 2 * U;
        for (int x = 0; x < d; ++x) {
          double sum = 0, size = 0, least = 0;
          for (int j = 0; j < end; ++j) {
            const double value = wide(v[base + j * d + x]);
            sum += p[j] * value / total;
            size += p[j] * std::fabs(value) / total;
            least += 0x1p-25 * std::fabs(value); // of probabilities too small for f16
          }
          const double bound = size * (2 * worst + 0x1p-11) + least;
          ASSERT_NEAR(wide(result[base + i * d + x]), sum,
                      bound + std::max((std::fabs(sum) + bound) * 0x1p-11, 0x1p-25));
        }
      }
  }
};

TEST_F(Triton, Add) {
  const int n = 5000;
  const auto x = randomFloats(n), y = randomFloats(n);
  DeviceArray<float> dx(memory, x), dy(memory, y), out(memory, n);
  runTriton("add", "add", {5}, 4, 0, dx, dy, out, n);
  const auto result = out.host();
  for (int i = 0; i < n; ++i)
    ASSERT_EQ(result[i], x[i] + y[i]);
}

TEST_F(Triton, Softmax) {
  const int rows = 5, columns = 781, stride = 800;
  const auto x = randomFloats(rows * stride, -5, 5);
  DeviceArray<float> dx(memory, x), out(memory, std::vector<float>(rows * stride, -1));
  runTriton("softmax", "softmax", {rows}, 4, 1024, dx, out, stride, columns);
  const auto result = out.host();
  for (int r = 0; r < rows; ++r) {
    const float *row = &x[r * stride];
    const double most = *std::max_element(row, row + columns), least = *std::min_element(row, row + columns);
    double sum = 0;
    for (int i = 0; i < columns; ++i)
      sum += std::exp(row[i] - most);
    // The distance to the largest is rounded, and its product with a rounded log2 e; the PTX ISA documents 2^-22 for
    // ex2.approx and two units, 2^-22, for div.full. The sum is off by its additions and by the worst of its terms.
    const auto power = [&](double v) { return 3 * 0x1p-24 * (most - v) + 0x1p-22; };
    for (int i = 0; i < columns; ++i) {
      const double expected = std::exp(row[i] - most) / sum;
      ASSERT_NEAR(result[r * stride + i], expected,
                  expected * (power(row[i]) + power(least) + sumBound(columns, 1) + 0x1p-22) * (1 + 1e-3));
    }
    for (int i = columns; i < stride; ++i)
      ASSERT_EQ(result[r * stride + i], -1);
  }
}

TEST_F(Triton, MatmulOfHalves) { matmul("matmul-fp16", 150, 144, 96, 64, 64, 4, false); }
TEST_F(Triton, MatmulOfBfloats) { matmul("matmul-bf16", 64, 112, 80, 64, 64, 4, true); }
TEST_F(Triton, MatmulOfLargeTiles) { matmul("matmul-large", 256, 256, 128, 128, 128, 8, false); }

TEST_F(Triton, MatmulOfSinglesInTf32) { matmulOfSingles("matmul-fp32"); }
TEST_F(Triton, MatmulOfBytes) { matmulOfBytes("matmul-int8"); }
TEST_F(Triton, Attention) { attention("attention-False", 2, 150, false); }
TEST_F(Triton, CausalAttention) { attention("attention-True", 1, 200, true); }

// The same for sm_90a: products by wgmma, operands in shared memory in every swizzle.
TEST_F(Triton, HopperMatmulOfHalves) { matmul("hopper-matmul-fp16", 150, 144, 96, 64, 64, 4, false); }
TEST_F(Triton, HopperMatmulOfBfloats) { matmul("hopper-matmul-bf16", 64, 112, 80, 64, 64, 4, true); }
TEST_F(Triton, HopperMatmulOfLargeTiles) { matmul("hopper-matmul-large", 256, 512, 256, 128, 256, 8, false); }
TEST_F(Triton, HopperMatmulOfSinglesInTf32) { matmulOfSingles("hopper-matmul-fp32"); }
TEST_F(Triton, HopperMatmulOfBytes) { matmulOfBytes("hopper-matmul-int8"); }
TEST_F(Triton, HopperAttention) { attention("hopper-attention-False", 2, 150, false); }
TEST_F(Triton, HopperCausalAttention) { attention("hopper-attention-True", 1, 200, true); }

TEST_F(Triton, LayerNorm) {
  const int rows = 3, columns = 700, stride = 704;
  const auto x = narrow(randomFloats(rows * stride, -2, 3)), w = narrow(randomFloats(columns)),
             b = narrow(randomFloats(columns));
  DeviceArray<uint16_t> dx(memory, x), dw(memory, w), db(memory, b), out(memory, rows * stride);
  runTriton("layer-norm", "layer_norm", {rows}, 4, 1024, dx, out, dw, db, stride, columns, 1e-5f);
  const auto result = out.host();
  for (int r = 0; r < rows; ++r) {
    const auto value = [&](int i) { return wide(x[r * stride + i]); };
    // U is what an operation may cost; the PTX ISA documents two units, 4 U, for div.full and 2^-23, 2 U, for
    // sqrt.approx. To first order, with room for the others in sumBound.
    double mean = 0, size = 0, variance = 0, varianceOff = 0;
    for (int i = 0; i < columns; ++i) {
      mean += value(i) / columns;
      size += std::fabs(value(i)) / columns;
    }
    const double meanOff = sumBound(columns + 4, size);
    for (int i = 0; i < columns; ++i) {
      const double c = std::fabs(value(i) - mean);
      variance += c * c / columns;
      varianceOff += (2 * c * (meanOff + U * c) + sumBound(columns + 6, c * c)) / columns;
    }
    variance += double(1e-5f);
    const double scale = 1 / std::sqrt(variance), scaleOff = varianceOff / variance / 2 + 6 * U; // relative
    for (int i = 0; i < columns; ++i) {
      const double weight = scale * std::fabs(wide(w[i])), c = std::fabs(value(i) - mean);
      const double expected = (value(i) - mean) * scale * wide(w[i]) + wide(b[i]);
      const double off = weight * (meanOff + c * (scaleOff + 3 * U)) * (1 + 1e-3) + U * std::fabs(expected);
      ASSERT_NEAR(wide(result[r * stride + i]), expected,
                  off + std::max((std::fabs(expected) + off) * 0x1p-11, 0x1p-25)); // rounded to a half
    }
  }
}

TEST_F(Triton, SeededDropout) {
  const int n = 4000;
  const auto x = randomFloats(n, 1, 2);
  DeviceArray<float> dx(memory, x), first(memory, n), second(memory, n);
  runTriton("dropout", "dropout", {8}, 4, 0, dx, first, n, 0.3f, 123);
  runTriton("dropout", "dropout", {8}, 4, 0, dx, second, n, 0.3f, 124);
  const auto a = first.host(), b = second.host();
  int kept = 0, same = 0;
  for (int i = 0; i < n; ++i) {
    kept += a[i] != 0;
    same += (a[i] != 0) == (b[i] != 0);
    if (a[i] != 0)
      ASSERT_FLOAT_EQ(a[i], x[i] / (1 - 0.3f));
  }
  EXPECT_NEAR(kept, 0.7 * n, 5 * std::sqrt(n * 0.21));
  EXPECT_NEAR(same, 0.58 * n, 5 * std::sqrt(n * 0.25));
}

TEST_F(Triton, ScanSortAndArgmax) {
  const auto x = randomIntegers<int>(512, -100000, 100000);
  DeviceArray<int> dx(memory, x), sums(memory, 512), sorted(memory, 512), tops(memory, 2);
  runTriton("scan-sort", "scan_sort", {1}, 4, 16384, dx, sums, sorted, tops);
  auto expected = x;
  std::partial_sum(x.begin(), x.end(), expected.begin());
  EXPECT_EQ(sums.host(), expected);
  expected = x;
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(sorted.host(), expected);
  EXPECT_EQ(tops.host()[0], std::max_element(x.begin(), x.end()) - x.begin());
  EXPECT_EQ(tops.host()[1], std::min_element(x.begin(), x.end()) - x.begin());
}

TEST_F(Triton, AtomicRowSums) {
  const int rows = 64, columns = 256;
  // Multiples of 2^-12: sums of 256 of them are exact in f32, in whatever order atomics come.
  std::vector<float> x;
  for (const int v : randomIntegers<int>(rows * columns, -4096, 4096))
    x.push_back(static_cast<float>(v) * 0x1p-12f);
  DeviceArray<float> dx(memory, x), out(memory, std::vector<float>(1001, 0));
  runTriton("row-sums", "row_sums", {2, 4}, 4, 16384, dx, out, columns);
  const auto result = out.host();
  for (int r = 0; r < rows; ++r)
    ASSERT_EQ(result[r], std::accumulate(x.begin() + r * columns, x.begin() + (r + 1) * columns, 0.0));
  EXPECT_EQ(result[1000], *std::max_element(x.begin(), x.end()));
}

TEST_F(Triton, Transpose) {
  const int m = 80, n = 144;
  const auto x = randomIntegers<uint16_t>(m * n, 0, 65535);
  DeviceArray<uint16_t> dx(memory, x), out(memory, m * n);
  runTriton("transpose", "transpose", {2, 3}, 4, 16384, dx, out, m, n);
  const auto result = out.host();
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j)
      ASSERT_EQ(result[j * m + i], x[i * n + j]);
}

TEST_F(Triton, LibraryFunctions) {
  const int n = 1000;
  auto x = randomFloats(n, -20, 20);
  x[3] = 123456.0f; // the slow reduction of large arguments
  DeviceArray<float> dx(memory, x), out(memory, n);
  runTriton("sin-erf", "sin_erf", {4}, 4, 0, dx, out, n);
  const auto result = out.host();
  for (int i = 0; i < n; ++i) {
    const double sine = std::sin(double(x[i])), erf = std::erf(double(x[i])), cosine = std::cos(double(x[i] * 100.0f));
    const double expected = sine + erf * cosine;
    // Each function is documented to 2 units; then the product and the sum are rounded.
    const double bound = 2 * unitOf<float>(sine) + 2 * unitOf<float>(erf) * std::fabs(cosine) +
                         2 * unitOf<float>(cosine) * std::fabs(erf) + unitOf<float>(erf * cosine) / 2 +
                         unitOf<float>(expected) / 2;
    ASSERT_NEAR(result[i], expected, bound * (1 + 1e-3)) << x[i];
  }
}

} // namespace
} // namespace tessera::sim
