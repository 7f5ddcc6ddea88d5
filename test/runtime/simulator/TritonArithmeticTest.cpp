//===- TritonArithmeticTest.cpp - Single operations of Triton's -----------===//
//
// Inputs/triton/*.ptx of arithmetic.py: each operation of halves and of integers of either sign by itself, reductions
// of integers, cache operators, conversions, relaxed atomics. All of it is exact.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/TritonKernels.h"

#include <algorithm>
#include <numeric>

namespace tessera::sim {
namespace {

double rounded(Number type, double value) {
  uint64_t raw = 0;
  encode(type, value, &raw);
  return decode(type, &raw);
}

class TritonArithmetic : public TritonKernels {
protected:
  template <typename T> std::vector<T> words(int n, T most) {
    std::vector<T> values(n);
    for (T &value : values) // of every size
      value = static_cast<T>((random() % static_cast<uint64_t>(most)) >> random() % 25);
    return values;
  }
};

TEST_F(TritonArithmetic, Halves) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int n = 1008;
      auto x = uniform(Number::F16, n, -3, 3), y = uniform(Number::F16, n, -3, 3);
      const auto z = uniform(Number::F16, n, -3, 3);
      for (int i = 0; i < n; i += 5)
        y[i] = x[i];
      x[17] = INFINITY;
      const Buffer bx = buffer(Number::F16, x), by = buffer(Number::F16, y), bz = buffer(Number::F16, z),
                   out = poisoned(Number::F16, 8 * n), flags = poisoned(Number::I32, n);
      launchTriton("halves", arch, {2}, bx, by, bz, out, flags, n);
      const auto r = out.host(), f = flags.host();
      for (int i = 0; i < n; ++i) {
        const double a = x[i], b = y[i], c = z[i];
        const double expected[] = {a + b, a - b, a * b, a * b + c, std::max(a, b), std::min(a, b), std::fabs(a), -a};
        for (int k = 0; k < 8; ++k)
          ASSERT_EQ(r[k * n + i], rounded(Number::F16, expected[k])) << k << " of " << a << ", " << b << ", " << c;
        const int flag = (a > b) + (a < b) * 2 + (a >= b) * 4 + (a <= b) * 8 + (a == b) * 16 + (a != b) * 32;
        ASSERT_EQ(f[i], a > c ? flag : -flag) << a << ", " << b;
      }
    }
  });
}

TEST_F(TritonArithmetic, UnsignedIntegers) {
  repeat([&] {
    const int n = 300;
    const auto x = words<uint32_t>(n, UINT32_MAX);
    auto y = words<uint32_t>(n, UINT32_MAX);
    for (uint32_t &v : y)
      v = std::max(v, 1u);
    const DeviceArray<uint32_t> bx(memory, x), by(memory, y), out(memory, 6 * n);
    const DeviceArray<uint64_t> wide(memory, 4 * n);
    launchTriton("unsigned", 80, {3}, bx, by, out, wide, n);
    const auto r = out.host();
    const auto w = wide.host();
    for (int i = 0; i < n; ++i) {
      const uint32_t a = x[i], b = y[i];
      const uint32_t narrow[] = {std::min(a, b), std::max(a, b),       a % b,
                                 a / b,          a <= b ? a : b >> 3u, a >= b ? ~a : b ^ a};
      for (int k = 0; k < 6; ++k)
        ASSERT_EQ(r[k * n + i], narrow[k]) << k << " of " << a << ", " << b;
      const uint64_t c = uint64_t(a) * b, d = uint64_t(b) << 13;
      const uint64_t big[] = {std::min(c, d), std::max(c, d), c > d ? ~c : c % d, c <= d ? c / b : (c >> 7) & 15};
      for (int k = 0; k < 4; ++k)
        ASSERT_EQ(w[k * n + i], big[k]) << k << " of " << a << ", " << b;
    }
  });
}

TEST_F(TritonArithmetic, SignedIntegers) {
  repeat([&] {
    const int n = 300;
    auto x = words<int64_t>(n, INT64_MAX), y = words<int64_t>(n, INT64_MAX);
    for (int i = 0; i < n; ++i) {
      x[i] = random() % 2 ? -x[i] : x[i];
      y[i] = std::max<int64_t>(y[i] >> random() % 50, 1) * (random() % 2 ? -1 : 1);
    }
    const DeviceArray<int64_t> bx(memory, x), by(memory, y), out(memory, 8 * n);
    launchTriton("signed", 80, {3}, bx, by, out, n);
    const auto r = out.host();
    for (int i = 0; i < n; ++i) {
      const int64_t a = x[i], b = y[i];
      const int64_t expected[] = {std::min(a, b),
                                  std::max(a, b),
                                  a % b,
                                  a / b,
                                  -a,
                                  std::abs(a),
                                  static_cast<int64_t>(static_cast<uint64_t>(a) << 20) >> 40,
                                  int64_t(int8_t(a)) + int32_t(a)};
      for (int k = 0; k < 8; ++k)
        ASSERT_EQ(r[k * n + i], expected[k]) << k << " of " << a << ", " << b;
    }
  });
}

TEST_F(TritonArithmetic, RowsOfIntegers) {
  repeat([&] {
    const int m = 8, n = 128;
    const auto x = randomIntegers<int32_t>(m * n, -(1 << 24), 1 << 24);
    auto u = randomIntegers<uint32_t>(m * n, 0, UINT32_MAX);
    const DeviceArray<int32_t> bx(memory, x), out(memory, 6 * m);
    const DeviceArray<uint32_t> bu(memory, u), tops(memory, 2 * m);
    launchTriton("rows-of-integers", 90, {1}, bx, bu, out, tops);
    const auto r = out.host();
    const auto t = tops.host();
    for (int i = 0; i < m; ++i) {
      const auto row = std::vector<int32_t>(x.begin() + i * n, x.begin() + (i + 1) * n);
      const auto fold = [&](int32_t start, auto f) { return std::accumulate(row.begin(), row.end(), start, f); };
      ASSERT_EQ(r[i], fold(0, std::plus<>()));
      ASSERT_EQ(r[m + i], *std::max_element(row.begin(), row.end()));
      ASSERT_EQ(r[2 * m + i], *std::min_element(row.begin(), row.end()));
      ASSERT_EQ(r[3 * m + i], fold(0, std::bit_xor<>()));
      ASSERT_EQ(r[4 * m + i], fold(-1, std::bit_and<>()));
      ASSERT_EQ(r[5 * m + i], fold(0, std::bit_or<>()));
      ASSERT_EQ(t[i], *std::max_element(u.begin() + i * n, u.begin() + (i + 1) * n));
      ASSERT_EQ(t[m + i], *std::min_element(u.begin() + i * n, u.begin() + (i + 1) * n));
    }
  });
}

TEST_F(TritonArithmetic, CacheOperators) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int n = 1008;
      const auto x = whole(n, -100000, 100000);
      const Buffer bx = buffer(Number::I32, x), out = poisoned(Number::I32, 5 * n);
      launchTriton("kept", arch, {2}, bx, out, n);
      const auto y = out.host();
      for (int i = 0; i < n; ++i) {
        for (int k = 0; k < 4; ++k)
          ASSERT_EQ(y[k * n + i], x[i] + k + 1);
        ASSERT_EQ(y[4 * n + i], 2 * x[i]);
      }
    }
  });
}

TEST_F(TritonArithmetic, MoreConversions) {
  repeat([&] {
    const int n = 300;
    const auto x = uniform(Number::F32, n, -1000, 1000);
    std::vector<int64_t> w(n);
    for (int64_t &v : w)
      v = static_cast<int64_t>(random()) >> (40 + random() % 20);
    const Buffer bx = buffer(Number::F32, x), halves = poisoned(Number::F16, 4 * n),
                 singles = poisoned(Number::F32, 4 * n), shorts = poisoned(Number::U16, 2 * n);
    const DeviceArray<int64_t> bw(memory, w);
    launchTriton("more-conversions", 80, {3}, bx, bw, halves, singles, shorts, n);
    const auto h = halves.host(), s = singles.host(), u = shorts.host();
    for (int i = 0; i < n; ++i) {
      const auto half = [](double v) { // too large becomes infinite
        return std::fabs(v) >= 65520 ? std::copysign(INFINITY, v) : rounded(Number::F16, v);
      };
      ASSERT_EQ(h[i], half(static_cast<double>(w[i]))) << w[i];
      ASSERT_EQ(h[n + i], half(static_cast<int32_t>(w[i]))) << w[i];
      ASSERT_EQ(h[2 * n + i], half(static_cast<uint16_t>(w[i]))) << w[i];
      ASSERT_EQ(h[3 * n + i], half(x[i] * 1.000030517578125)) << x[i];
      ASSERT_EQ(s[i], static_cast<float>(static_cast<uint64_t>(w[i]))) << w[i];
      ASSERT_EQ(s[n + i], std::ceil(x[i]));
      ASSERT_EQ(s[2 * n + i], std::floor(x[i]));
      ASSERT_EQ(s[3 * n + i], std::nearbyint(static_cast<float>(x[i]) * 1000.0f)) << x[i];
      ASSERT_EQ(u[i], std::trunc(std::fabs(static_cast<float>(x[i]) * 10.0f)));
      ASSERT_EQ(u[n + i], static_cast<uint8_t>(w[i]));
    }
  });
}

TEST_F(TritonArithmetic, RelaxedAtomics) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int n = 1008;
      const auto x = whole(n, -50, 50), start = whole(n, -50, 50);
      const Buffer bx = buffer(Number::F32, x), out = buffer(Number::F32, start),
                   counters = buffer(Number::I32, std::vector<double>(32, -40));
      launchTriton("sums-of-fours", arch, {2}, bx, out, counters, n);
      const auto y = out.host(), c = counters.host();
      std::vector<double> most(16, -40);
      for (int i = 0; i < n; ++i) {
        ASSERT_EQ(y[i], start[i] + x[i]);
        most[i % 16] = std::max(most[i % 16], x[i]);
      }
      for (int i = 0; i < 16; ++i) {
        ASSERT_EQ(c[i], most[i]);
        ASSERT_GE(c[16 + i], -40 + (most[i] > -40)); // it was raised at least once, if at all
        ASSERT_LE(c[16 + i], -40 + 90);              // and by one at least each time
      }
    }
  });
}

} // namespace
} // namespace tessera::sim
