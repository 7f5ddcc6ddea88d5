//===- CudaMatrixTest.cpp - Products on tensor cores by nvcc --------------===//
//
// Inputs/matrix-{80,90a}.ptx is what nvcc 13.0 makes of Inputs/matrix.cu: mma.h in every type, shape and layout;
// mma.sync, ldmatrix, stmatrix and cp.async by hand.
//
// Bounds: products of two f16, bf16 or tf32 numbers are exact in f32, so a sum of k of them and c is off by at most
// (k + 1) 2^-24 (Σ|a b| + |c|).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CudaTest.h"

#include <bit>

namespace tessera::sim {
namespace {

/// How an element type lies in memory and what it is worth on the host.
struct Half {
  using Bits = uint16_t;
  static Bits make(double v) { return hostHalf(v); }
  static double value(Bits b) { return hostHalfValue(b); }
};
struct Bfloat {
  using Bits = uint16_t;
  static Bits make(double v) { return hostBfloat(static_cast<float>(v)); }
  static double value(Bits b) { return hostBfloatValue(b); }
};
struct Tf32 {
  using Bits = float;
  static Bits make(double v) { return static_cast<float>(v); }
  /// Ties go away from zero when rounding to 10 bits of fraction.
  static double value(Bits v) { return std::bit_cast<float>((std::bit_cast<uint32_t>(v) + 0x1000) & 0xFFFFE000); }
};
struct Double {
  using Bits = double;
  static Bits make(double v) { return v; }
  static double value(Bits v) { return v; }
};
template <typename T> struct Byte {
  using Bits = T;
  static Bits make(double v) { return static_cast<T>(std::floor(v * 100) + (std::is_signed_v<T> ? 0 : 128)); }
  static double value(Bits v) { return v; }
};

class CudaMatrix : public CudaTest {
protected:
  void each(const std::function<void()> &body) { CudaTest::each({"matrix-80.ptx", "matrix-90a.ptx"}, body); }

  template <typename Element> std::vector<typename Element::Bits> draw(size_t count) {
    std::vector<typename Element::Bits> values;
    for (const float v : randomFloats(count))
      values.push_back(Element::make(v));
    return values;
  }

  /// c = 2 (A B + c) for one m x n tile; `layouts` says how A and B lie: "rc" is row-major A and column-major B.
  /// `unit` is half the distance of neighbours of 1 in the accumulators; 0: exact.
  template <typename Element, typename Sum>
  void product(const std::string &kernel, int m, int n, int k, const char *layouts, double unit) {
    SCOPED_TRACE(kernel);
    using Bits = typename Element::Bits;
    const auto a = draw<Element>(m * k), b = draw<Element>(n * k);
    std::vector<typename Sum::Bits> c;
    for (const float v : randomFloats(m * n))
      c.push_back(Sum::make(v));
    DeviceArray<Bits> da(memory, a), db(memory, b);
    DeviceArray<typename Sum::Bits> dc(memory, c);
    run(*module, kernel, {1}, {32}, da, db, dc, k, 2.0f);
    const auto result = dc.host();
    expectNear(
        result.size(), [&](size_t at) { return Sum::value(result[at]); },
        [&](size_t at) {
          const int i = static_cast<int>(at) / n, j = static_cast<int>(at) % n;
          double sum = Sum::value(c[at]), absolutes = std::fabs(sum);
          for (int x = 0; x < k; ++x) {
            const double term = Element::value(layouts[0] == 'r' ? a[i * k + x] : a[x * m + i]) *
                                Element::value(layouts[1] == 'r' ? b[x * n + j] : b[j * k + x]);
            sum += term;
            absolutes += std::fabs(term);
          }
          return Expected{2 * sum, 2 * sumBound(k + 2, absolutes, unit)};
        });
  }
};

struct Int {
  using Bits = int32_t;
  static Bits make(double v) { return static_cast<int32_t>(v * 1000); }
  static double value(Bits v) { return v; }
};
struct Float {
  using Bits = float;
  static Bits make(double v) { return static_cast<float>(v); }
  static double value(Bits v) { return v; }
};

TEST_F(CudaMatrix, FragmentsOfHalves) {
  each([&] {
    product<Half, Float>("half_rr", 16, 16, 48, "rr", 0x1p-24);
    product<Half, Float>("half_rc", 16, 16, 32, "rc", 0x1p-24);
    product<Half, Float>("half_cr", 16, 16, 32, "cr", 0x1p-24);
    product<Half, Float>("half_cc", 16, 16, 16, "cc", 0x1p-24);
    product<Half, Float>("half_wide", 8, 32, 32, "rr", 0x1p-24);
    product<Half, Float>("half_tall", 32, 8, 32, "cr", 0x1p-24);
    product<Half, Half>("half_half", 16, 16, 32, "rc", 0x1p-11);
    product<Half, Half>("half_half_wide", 8, 32, 16, "cc", 0x1p-11);
  });
}

TEST_F(CudaMatrix, FragmentsOfBfloats) {
  each([&] {
    product<Bfloat, Float>("bfloat_rr", 16, 16, 32, "rr", 0x1p-24);
    product<Bfloat, Float>("bfloat_cc", 16, 16, 32, "cc", 0x1p-24);
    product<Bfloat, Float>("bfloat_wide", 8, 32, 16, "rc", 0x1p-24);
    product<Bfloat, Float>("bfloat_tall", 32, 8, 48, "cr", 0x1p-24);
  });
}

TEST_F(CudaMatrix, FragmentsOfTf32AndDoubles) {
  each([&] {
    product<Tf32, Float>("tf32_rr", 16, 16, 24, "rr", 0x1p-24);
    product<Tf32, Float>("tf32_rc", 16, 16, 16, "rc", 0x1p-24);
    product<Tf32, Float>("tf32_cr", 16, 16, 8, "cr", 0x1p-24);
    // The reference rounds as often in the same format.
    product<Double, Double>("double_rr", 8, 8, 12, "rr", 2 * 0x1p-53);
    product<Double, Double>("double_cc", 8, 8, 8, "cc", 2 * 0x1p-53);
  });
}

TEST_F(CudaMatrix, FragmentsOfBytes) {
  each([&] {
    product<Byte<int8_t>, Int>("bytes_rc", 16, 16, 32, "rc", 0);
    product<Byte<int8_t>, Int>("bytes_wide", 8, 32, 16, "cr", 0);
    product<Byte<uint8_t>, Int>("unsigned_rr", 16, 16, 48, "rr", 0);
    product<Byte<uint8_t>, Int>("unsigned_tall", 32, 8, 16, "rc", 0);
  });
}

TEST_F(CudaMatrix, MultistageProducts) {
  each([&] {
    const int m = 70, n = 72, k = 104;
    const auto check = [&](auto element, const char *kernel, bool columnB) {
      using Element = decltype(element);
      SCOPED_TRACE(kernel);
      const auto a = draw<Element>(m * k), b = draw<Element>(n * k);
      DeviceArray<uint16_t> da(memory, a), db(memory, b);
      DeviceArray<float> c(memory, poisoned<float>(m * n));
      run(*module, kernel, {2, 2}, {128}, da, db, c, m, n, k);
      const auto result = c.host();
      expectNear(
          result.size(), [&](size_t at) { return result[at]; },
          [&](size_t at) {
            const int i = static_cast<int>(at) / n, j = static_cast<int>(at) % n;
            double sum = 0, absolutes = 0;
            for (int x = 0; x < k; ++x) {
              const double term = Element::value(a[i * k + x]) * Element::value(columnB ? b[j * k + x] : b[x * n + j]);
              sum += term;
              absolutes += std::fabs(term);
            }
            return Expected{sum, sumBound(k + 1, absolutes)};
          });
    };
    check(Half(), "multistage_half_row", false);
    check(Bfloat(), "multistage_bfloat_column", true);
  });
}

TEST_F(CudaMatrix, InstructionsOfBytes) {
  each([&] {
    const auto a = randomIntegers<int8_t>(16 * 32, -128, 127), b = randomIntegers<int8_t>(8 * 32, -128, 127);
    auto c = randomIntegers<int>(128, -1000, 1000);
    for (int i = 0; i < 128; i += 3)
      c[i] = i % 2 ? INT32_MAX - 5 : INT32_MIN + 5; // saturates
    DeviceArray<int8_t> da(memory, a), db(memory, b);
    DeviceArray<int> dc(memory, c), d(memory, poisoned<int>(128)), wrapped(memory, poisoned<int>(128));
    run(*module, "mma_bytes", {1}, {32}, da, db, dc, d, 1);
    run(*module, "mma_bytes", {1}, {32}, da, db, dc, wrapped, 0);
    const auto sum = [&](size_t at, bool isUnsigned) {
      int64_t total = c[at];
      for (int k = 0; k < 32; ++k) {
        const int x = a[at / 8 * 32 + k];
        total += int64_t(isUnsigned ? x & 255 : x) * b[at % 8 * 32 + k];
      }
      return total;
    };
    expectAll(d.host(),
              [&](size_t at) { return std::min<int64_t>(std::max<int64_t>(sum(at, false), INT32_MIN), INT32_MAX); });
    expectAll(wrapped.host(), [&](size_t at) { return static_cast<int>(sum(at, true)); });
  });
}

TEST_F(CudaMatrix, InstructionsOfTf32) {
  each([&] {
    const auto a = randomFloats(16 * 8), b = randomFloats(8 * 8), c = randomFloats(128);
    DeviceArray<float> da(memory, a), db(memory, b), dc(memory, c), d(memory, poisoned<float>(128));
    run(*module, "mma_tf32", {1}, {32}, da, db, dc, d);
    const auto result = d.host();
    expectNear(
        128, [&](size_t at) { return result[at]; },
        [&](size_t at) {
          double sum = c[at], absolutes = std::fabs(sum);
          for (int k = 0; k < 8; ++k) {
            const double term = Tf32::value(a[at / 8 * 8 + k]) * Tf32::value(b[at % 8 * 8 + k]);
            sum += term;
            absolutes += std::fabs(term);
          }
          return Expected{sum, sumBound(9, absolutes)};
        });
  });
}

TEST_F(CudaMatrix, MatricesThroughRegisters) {
  each([&] {
    const auto x = randomIntegers<uint16_t>(256, 0, 65535);
    DeviceArray<uint16_t> dx(memory, x), out(memory, poisoned<uint16_t>(256));
    run(*module, "matrix_moves", {1}, {32}, dx, out);
    expectAll(out.host(), [&](size_t at) {
      const size_t matrix = at / 64, row = at / 8 % 8, column = at % 8;
      const auto element = [&](size_t m, size_t r, size_t c) { return x[m * 64 + r * 8 + c]; };
      switch (matrix) {
      case 0: // loaded transposed, stored plainly
        return element(1, column, row);
      case 1: // loaded plainly, stored transposed
        return element(1, column, row);
      default: // transposed twice
        return element(0, row, column);
      }
    });
  });
}

} // namespace
} // namespace tessera::sim
