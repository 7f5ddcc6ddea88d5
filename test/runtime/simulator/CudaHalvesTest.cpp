//===- CudaHalvesTest.cpp - Half precision, bfloat16 and fp8 by nvcc ------===//
//
// Inputs/halves-{80,89,90a}.ptx is what nvcc 13.0 makes of Inputs/halves.cu. On older targets the headers' own software
// stands in for instructions that are not there yet, so that one test compares instructions with NVIDIA's emulation of
// them, and both with a search over all values of the format.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CudaTest.h"

#include <algorithm>

namespace tessera::sim {
namespace {

/// A format by its values: bits 0 to `top` are the finite numbers from 0 up, in order.
struct Format {
  double (*value)(unsigned bits);
  unsigned top, sign;
};

double fp8Value(unsigned bits, int fractionBits, int bias) {
  const int exponent = int(bits & 127) >> fractionBits, fraction = int(bits & ((1u << fractionBits) - 1));
  const double magnitude = exponent ? std::ldexp(1 + std::ldexp(fraction, -fractionBits), exponent - bias)
                                    : std::ldexp(fraction, 1 - bias - fractionBits);
  return bits & 128 ? -magnitude : magnitude;
}

const Format HalfFormat{[](unsigned b) { return hostHalfValue(static_cast<uint16_t>(b)); }, 0x7BFF, 0x8000};
const Format BfloatFormat{[](unsigned b) { return hostBfloatValue(static_cast<uint16_t>(b)); }, 0x7F7F, 0x8000};
const Format E4M3{[](unsigned b) { return fp8Value(b, 3, 7); }, 0x7E, 0x80};
const Format E5M2{[](unsigned b) { return fp8Value(b, 2, 15); }, 0x7B, 0x80};

enum class Rounding { Nearest, Zero, Down, Up };

/// The bits of `value`, found by search. Past the largest number it is that number.
unsigned search(const Format &format, double value, Rounding rounding = Rounding::Nearest) {
  const double magnitude = std::fabs(value);
  const unsigned sign = std::signbit(value) ? format.sign : 0;
  unsigned low = 0, high = format.top + 1; // value(low) <= magnitude
  while (high - low > 1) {
    const unsigned middle = (low + high) / 2;
    (format.value(middle) <= magnitude ? low : high) = middle;
  }
  if (low == format.top || format.value(low) == magnitude)
    return low | sign;
  const double below = magnitude - format.value(low), above = format.value(low + 1) - magnitude;
  bool up = below > above || (below == above && (low & 1));
  if (rounding != Rounding::Nearest)
    up = rounding == (sign ? Rounding::Down : Rounding::Up);
  return (low + up) | sign;
}

class CudaHalves : public CudaTest {
protected:
  void each(const std::function<void()> &body) {
    CudaTest::each({"halves-80.ptx", "halves-89.ptx", "halves-90a.ptx"}, body, 5);
  }

  std::vector<uint16_t> draw(const Format &format, size_t count, float low, float high) {
    std::vector<uint16_t> values;
    for (const float v : randomFloats(count, low, high))
      values.push_back(static_cast<uint16_t>(search(format, v)));
    return values;
  }

  void arithmetic(const char *kernel, const Format &format);
  void pairs(const char *kernel, const Format &format);
};

constexpr int Functions = 29;

/// What function `k` of the kernel is, exactly; `isExact` says whether the result is that value rounded to nearest,
/// else an approximation in f32 stands between.
double exactly(int k, double a, double b, bool &isExact) {
  isExact = k < 13 || k >= 24;
  switch (k) {
  case 0:
    return a + b;
  case 1:
    return a - b;
  case 2:
    return a * b;
  case 3:
    return a / b;
  case 4:
    return a * b + a;
  case 5:
    return std::clamp(a * b + a, 0.0, 1.0);
  case 6:
    return std::max(a * b + a, 0.0);
  case 7:
    return std::clamp(a + b, 0.0, 1.0);
  case 8:
  case 10:
    return std::min(a, b);
  case 9:
    return std::max(a, b);
  case 11:
    return std::fabs(a);
  case 12:
    return -b;
  case 13:
    return std::sqrt(std::fabs(a));
  case 14:
    return 1 / a;
  case 15:
    return 1 / std::sqrt(std::fabs(a));
  case 16:
    return std::exp(a);
  case 17:
    return std::exp2(a);
  case 18:
    return std::pow(10, a);
  case 19:
    return std::log(std::fabs(a));
  case 20:
    return std::log2(std::fabs(a));
  case 21:
    return std::log10(std::fabs(a));
  case 22:
    return std::sin(a);
  case 23:
    return std::cos(a);
  case 24:
    return std::floor(a);
  case 25:
    return std::ceil(a);
  case 26:
    return std::trunc(a);
  case 27:
    return std::rint(a);
  default:
    return (a < b) + 2 * (a == b) + 4 * (a >= b);
  }
}

/// What the approximation in f32 that stands for function `k` of `a` may be off before it is rounded to the format. The
/// PTX ISA documents 2^-22 relative for ex2.approx and lg2.approx (absolute where the logarithm is less than 1), at
/// most 2^-22 for rcp, sqrt and rsqrt; the CUDA Programming Guide two units for sinf and cosf, against the exact value
/// rounded.
double approximationBound(int k, double a, double exact) {
  const double documented = 0x1p-22, size = std::fabs(exact);
  switch (k) {
  case 16:
  case 17:
  case 18: {
    // a log2(base), from a constant off by a unit and rounded: 2^-23 + 2^-24 of it. The power is off by ln 2 of that.
    const double exponent = k == 17 ? 0 : std::fabs(a) * std::log2(k == 16 ? std::exp(1.0) : 10.0);
    return size * (documented + exponent * 0x1.8p-23 * std::log(2.0)) * (1 + 1e-3);
  }
  case 19:
  case 20:
  case 21: {
    const double logarithm = std::fabs(std::log2(std::fabs(a)));
    const double scale = std::log10(2.0) / std::log10(k == 19 ? std::exp(1.0) : k == 20 ? 2.0 : 10.0);
    // Then times a constant off by a unit, and rounded.
    return documented * std::max(logarithm, 1.0) * scale + (k == 20 ? 0 : 0x1.8p-23 * size * (1 + 1e-3));
  }
  case 22:
  case 23:
    return 2.5 * 0x1p-23 * size;
  default:
    return documented * size;
  }
}

void CudaHalves::arithmetic(const char *kernel, const Format &format) {
  SCOPED_TRACE(kernel);
  const int n = 200;
  auto x = draw(format, n, -3.5, 3.5), y = draw(format, n, -3.5, 3.5);
  for (int i = 0; i < n; i += 9)
    y[i] = x[i];
  x[0] = 0x7FFF; // not a number
  DeviceArray<uint16_t> dx(memory, x), dy(memory, y), out(memory, poisoned<uint16_t>(n * Functions));
  run(*module, kernel, {2}, {128}, dx, dy, out, n);
  const auto result = out.host();
  const auto at = [&](int k, int i) { return result[k * n + i]; };
  for (int k = 0; k < Functions; ++k)
    for (int i = 1; i < n; ++i) {
      bool isExact = false;
      const double exact = exactly(k, format.value(x[i]), format.value(y[i]), isExact);
      const double value = format.value(at(k, i));
      // What an approximation is off moves it across a tie at most.
      const unsigned bits = search(format, exact) & ~format.sign;
      const double unit = format.value(bits + 1) - format.value(bits);
      if (isExact)
        EXPECT_EQ(value, format.value(search(format, exact)))
            << "function " << k << " of " << format.value(x[i]) << ", " << format.value(y[i]);
      else
        EXPECT_NEAR(value, exact, unit / 2 + approximationBound(k, format.value(x[i]), exact))
            << "function " << k << " of " << format.value(x[i]);
    }
  for (const int k : {0, 1, 2, 4, 10, 13, 14, 16, 19, 22, 24, 27})
    EXPECT_TRUE(std::isnan(format.value(at(k, 0)))) << "function " << k;
  for (const int k : {8, 9}) // the number of the two
    EXPECT_EQ(at(k, 0), y[0]);
  for (const int k : {5, 7}) // saturation makes zero of it
    EXPECT_EQ(at(k, 0), 0);
  EXPECT_EQ(format.value(at(28, 0)), 4 + 8);
}

TEST_F(CudaHalves, Arithmetic) {
  each([&] { arithmetic("half_arithmetic", HalfFormat); });
}
TEST_F(CudaHalves, ArithmeticOfBfloats) {
  each([&] { arithmetic("bfloat_arithmetic", BfloatFormat); });
}

void CudaHalves::pairs(const char *kernel, const Format &format) {
  SCOPED_TRACE(kernel);
  const int n = 70;
  auto x = draw(format, 2 * n, -3.5, 3.5), y = draw(format, 2 * n, -3.5, 3.5);
  x[4] = 0x7FFF;
  DeviceArray<uint16_t> dx(memory, x), dy(memory, y), out(memory, poisoned<uint16_t>(2 * n * 11));
  DeviceArray<unsigned> masks(memory, poisoned<unsigned>(3 * n));
  run(*module, kernel, {3}, {32}, dx, dy, out, masks, n);
  const auto result = out.host();
  const auto mask = masks.host();
  for (int i = 0; i < n; ++i) {
    const auto both = [&](auto f) { return unsigned(f(2 * i)) | unsigned(f(2 * i + 1)) << 1; };
    const auto value = [&](const std::vector<uint16_t> &v, int e) { return format.value(v[e]); };
    const unsigned greater = both([&](int e) { return value(x, e) > value(y, e); });
    const unsigned equal = both([&](int e) { return value(x, e) == value(x, e); });
    EXPECT_EQ(mask[i], (greater & 1 ? 0xFFFFu : 0) | (greater & 2 ? 0xFFFF0000u : 0));
    EXPECT_EQ(mask[n + i], (equal & 1 ? 0xFFFFu : 0) | (equal & 2 ? 0xFFFF0000u : 0));
    const bool allLeast = both([&](int e) { return value(x, e) >= value(y, e); }) == 3,
               allLess = both([&](int e) { return value(x, e) < value(y, e); }) == 3;
    EXPECT_EQ(mask[2 * n + i], unsigned(allLeast) | unsigned(allLess) << 1);
    if (i == 2) // holds what is no number
      continue;
    for (int k = 0; k < 11; ++k)
      for (int e = 0; e < 2; ++e) {
        const double a = value(x, 2 * i + e), b = value(y, 2 * i + e);
        const double exact[] = {a + b,
                                a - b,
                                a * b,
                                a * b + b,
                                std::max(a * b + b, 0.0),
                                std::min(a, b),
                                std::max(a, b),
                                -a,
                                std::fabs(a),
                                value(x, 2 * i + 1 - e),
                                e ? value(y, 2 * i) : value(x, 2 * i)};
        EXPECT_EQ(format.value(result[2 * (k * n + i) + e]), format.value(search(format, exact[k])))
            << "function " << k << " of " << a << ", " << b;
      }
  }
}

TEST_F(CudaHalves, Pairs) {
  each([&] {
    pairs("half_pairs", HalfFormat);
    pairs("bfloat_pairs", BfloatFormat);
  });
}

TEST_F(CudaHalves, Roundings) {
  each([&] {
    const int n = 256;
    std::vector<float> x = randomFloats(n, 1, 2);
    for (int i = 0; i < n; ++i)
      x[i] = std::ldexp(i % 2 ? -x[i] : x[i], i % 42 - 27);
    for (int i = 0; i < n; i += 8) // ties
      x[i] = static_cast<float>(hostHalfValue(hostHalf(x[i])) * (1 + 0x1p-11));
    DeviceArray<float> dx(memory, x);
    DeviceArray<uint16_t> out(memory, poisoned<uint16_t>(n * 14));
    run(*module, "roundings", {2}, {128}, dx, out, n);
    const auto result = out.host();
    for (int i = 0; i < n; ++i) {
      const double v = x[i], wider = v * (1 + 1e-9);
      const unsigned expected[] = {search(HalfFormat, v),
                                   search(HalfFormat, v, Rounding::Zero),
                                   search(HalfFormat, v, Rounding::Down),
                                   search(HalfFormat, v, Rounding::Up),
                                   search(BfloatFormat, v),
                                   search(BfloatFormat, v, Rounding::Zero),
                                   search(BfloatFormat, v, Rounding::Down),
                                   search(BfloatFormat, v, Rounding::Up),
                                   search(HalfFormat, wider),
                                   search(BfloatFormat, wider),
                                   search(HalfFormat, v),
                                   search(HalfFormat, -v),
                                   search(BfloatFormat, v),
                                   search(BfloatFormat, -v)};
      for (int k = 0; k < 14; ++k)
        EXPECT_EQ(result[k * n + i], expected[k]) << "function " << k << " of " << v;
    }
  });
}

TEST_F(CudaHalves, Integers) {
  each([&] {
    const int n = 200;
    const auto h = draw(HalfFormat, n, -3000, 3000), b = draw(BfloatFormat, n, -60000, 60000);
    DeviceArray<uint16_t> dh(memory, h), db(memory, b);
    DeviceArray<int64_t> out(memory, poisoned<int64_t>(n * 17));
    run(*module, "to_integers", {2}, {128}, dh, db, out, n);
    const auto result = out.host();
    const auto clamped = [](double v, double low, double high) {
      return static_cast<int64_t>(std::clamp(v, low, high));
    };
    for (int i = 0; i < n; ++i) {
      const double x = hostHalfValue(h[i]), y = hostBfloatValue(b[i]);
      const int64_t expected[] = {clamped(std::rint(x), -0x1p31, 0x1p31 - 1),
                                  clamped(std::trunc(x), -0x1p31, 0x1p31 - 1),
                                  clamped(std::floor(x), -0x1p31, 0x1p31 - 1),
                                  clamped(std::ceil(x), -0x1p31, 0x1p31 - 1),
                                  clamped(std::rint(x), -32768, 32767),
                                  clamped(std::trunc(x), 0, 65535),
                                  clamped(std::rint(x), 0, 0x1p32 - 1),
                                  static_cast<int64_t>(std::floor(x)),
                                  clamped(std::trunc(x), -128, 127),
                                  clamped(std::rint(y), -0x1p31, 0x1p31 - 1),
                                  clamped(std::trunc(y), 0, 0x1p32 - 1),
                                  static_cast<int64_t>(std::ceil(y)),
                                  clamped(std::floor(y), -32768, 32767),
                                  search(HalfFormat, i * 37 - 900),
                                  search(HalfFormat, i * 119, Rounding::Zero),
                                  search(BfloatFormat, i * 37 - 900),
                                  search(BfloatFormat, static_cast<int16_t>(i * 119))};
      for (int k = 0; k < 17; ++k)
        EXPECT_EQ(result[k * n + i], expected[k]) << "function " << k << " of " << x << ", " << y << ", " << i;
    }
  });
}

TEST_F(CudaHalves, Fp8) {
  each([&] {
    const int n = 256;
    std::vector<float> x = randomFloats(n, 1, 2);
    for (int i = 0; i < n; ++i)
      x[i] = std::ldexp(i % 2 ? -x[i] : x[i], i % 30 - 18); // from below the least to 2^12
    for (int i = 0; i < n; i += 6)                          // ties
      x[i] = static_cast<float>(E4M3.value(search(E4M3, x[i]))) * 1.0625f;
    DeviceArray<float> dx(memory, x), back(memory, poisoned<float>(5 * n));
    DeviceArray<uint8_t> out(memory, poisoned<uint8_t>(12 * n));
    run(*module, "fp8", {2}, {128}, dx, out, back, n);
    const auto result = out.host();
    for (int i = 0; i < n; ++i) {
      const double v = x[i], half = hostHalfValue(hostHalf(v)), bfloat = hostBfloatValue(hostBfloat(x[i]));
      // Without saturation, what rounds past the largest number is none (e4m3) or infinite (e5m2).
      const auto open = [](const Format &format, double value, unsigned beyond) {
        const double top = format.value(format.top), half = (top - format.value(format.top - 1)) / 2;
        const bool past = std::fabs(value) > top + half || (std::fabs(value) == top + half && (format.top & 1));
        return past ? beyond | (std::signbit(value) ? 0x80 : 0) : search(format, value);
      };
      const unsigned expected[] = {
          search(E4M3, v),    search(E5M2, v),      open(E4M3, v, 0x7F), open(E5M2, v, 0x7C),
          search(E4M3, half), search(E5M2, bfloat), search(E4M3, v),     search(E4M3, -0.75f * x[i]),
          search(E5M2, v),    search(E5M2, 2 * v),  search(E5M2, -v),    search(E5M2, v / 2)};
      for (int k = 0; k < 12; ++k)
        EXPECT_EQ(result[k * n + i], expected[k]) << "function " << k << " of " << v;
    }
    const auto values = back.host();
    for (int i = 0; i < n; ++i) {
      const auto wide = [](unsigned b) {
        return (b & 127) > 0x7C ? NAN : (b & 127) == 0x7C ? (b & 128 ? -INFINITY : INFINITY) : E5M2.value(b);
      };
      const double fine = (i & 127) == 127 ? NAN : E4M3.value(i);
      const double expected[] = {fine, wide(i), fine, wide(i), wide(255 - i)};
      for (int k = 0; k < 5; ++k)
        if (std::isnan(expected[k]))
          EXPECT_TRUE(std::isnan(values[k * n + i])) << k << " of " << i;
        else
          EXPECT_EQ(values[k * n + i], expected[k]) << k << " of " << i;
    }
  });
}

} // namespace
} // namespace tessera::sim
