//===- TritonElementsTest.cpp - Elements of Triton's ----------------------===//
//
// Inputs/triton/*.ptx of elements.py: random numbers, activations, conversions, atomics, scans, sorting, indices. What
// is exact is compared exactly; U = 2^-23 is what one operation of single precision may cost.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/TritonKernels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

namespace tessera::sim {
namespace {

constexpr double U = 0x1p-23;

double rounded(Number type, double value) {
  uint64_t raw = 0;
  encode(type, value, &raw);
  return decode(type, &raw);
}

class TritonElements : public TritonKernels {
protected:
  /// Philox 4x32 of ten rounds (Salmon et al., 2011) in the order of words that Triton has.
  static std::array<uint32_t, 4> philox(uint64_t seed, uint32_t counter) {
    std::array<uint32_t, 4> c = {counter, 0, 0, 0};
    auto key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round) {
      const uint64_t a = uint64_t(0xD2511F53) * c[0], b = uint64_t(0xCD9E8D57) * c[2];
      c = {uint32_t(b >> 32) ^ c[1] ^ key0, uint32_t(b), uint32_t(a >> 32) ^ c[3] ^ key1, uint32_t(a)};
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    return c;
  }
  static float unit(uint32_t word) {
    const auto x = static_cast<int32_t>(word);
    return static_cast<float>(x < 0 ? -x - 1 : x) * 4.6566127342e-10f;
  }
};

TEST_F(TritonElements, SeededDropout) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int n = 1000, seed = static_cast<int>(random() & 0x7FFFFFFF);
      const float p = 0.3f;
      const auto x = uniform(Number::F32, n, 1, 2);
      const Buffer in = buffer(Number::F32, x), out = poisoned(Number::F32, n + 24);
      launchTriton("seeded-dropout", arch, {4}, in, out, n, p, seed);
      const auto y = out.host();
      for (int i = 0; i < n; ++i) {
        const bool kept = unit(philox(static_cast<uint64_t>(seed), i)[0]) > p;
        ASSERT_TRUE(near(Number::F32, y[i], kept ? x[i] / (1 - p) : 0, kept * 4 * U * x[i])) << i;
      }
      ASSERT_TRUE(out.untouched(n, 24));
    }
  });
}

TEST_F(TritonElements, RandomWordsAndNormals) {
  repeat([&] {
    const int n = 300;
    const int64_t seed = static_cast<int64_t>(random());
    const Buffer out = poisoned(Number::U32, 4 * n), normals = poisoned(Number::F32, n);
    launchTriton("philox-words", 90, {3}, out, normals, n, seed);
    const auto words = out.host(), z = normals.host();
    for (int i = 0; i < n; ++i) {
      const auto expected = philox(static_cast<uint64_t>(seed), i);
      for (int w = 0; w < 4; ++w)
        ASSERT_EQ(words[w * n + i], expected[w]) << i;
      // Box and Muller: lg2.approx is off by 2^-22 absolutely, which the root of a small logarithm magnifies.
      const double u = std::max(1e-7f, unit(expected[0])), angle = 6.283185307179586 * unit(expected[1]);
      const double r = std::sqrt(-2 * std::log(u)), off = 2 * 0x1p-22 + 4 * U * r * r;
      const double magnified = r > 0 ? std::min(off / r, std::sqrt(off)) : std::sqrt(off);
      ASSERT_TRUE(near(Number::F32, z[i], r * std::cos(angle), magnified + r * (4 * U + 2 * U * angle))) << i;
    }
  });
}

TEST_F(TritonElements, RotaryPositions) {
  repeat([&] {
    for (const bool backward : {false, true}) {
      const int tokens = 7, length = 5, heads = 4, half = 32;
      const auto q = uniform(Number::BF16, tokens * heads * 2 * half);
      std::vector<double> c(length * half), s(length * half);
      for (int i = 0; i < length * half; ++i) {
        const double angle = i / half * std::pow(10000.0, -(i % half) / double(half));
        c[i] = rounded(Number::F32, std::cos(angle));
        s[i] = rounded(Number::F32, std::sin(angle));
      }
      const Buffer dq = buffer(Number::BF16, q), dc = buffer(Number::F32, c), ds = buffer(Number::F32, s);
      launchTriton(backward ? "rotary-backward" : "rotary", backward ? 80 : 90, {tokens}, dq, dc, ds, length);
      const auto got = dq.host();
      for (int t = 0; t < tokens * heads; ++t)
        for (int i = 0; i < half; ++i) {
          const int at = t * 2 * half + i, angle = t / heads % length * half + i;
          const double x = q[at], y = q[at + half], sine = backward ? -s[angle] : s[angle];
          const double off = 2 * U * (std::fabs(x) + std::fabs(y));
          ASSERT_TRUE(near(Number::BF16, got[at], x * c[angle] - y * sine, off));
          ASSERT_TRUE(near(Number::BF16, got[at + half], y * c[angle] + x * sine, off));
        }
    }
  });
}

TEST_F(TritonElements, SwigluForwardAndBackward) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int n = 1111;
      const auto x = uniform(Number::BF16, n, -6, 6), y = uniform(Number::BF16, n), g = uniform(Number::BF16, n);
      const Buffer bx = buffer(Number::BF16, x), by = buffer(Number::BF16, y), bg = buffer(Number::BF16, g),
                   bz = poisoned(Number::BF16, n), dx = poisoned(Number::BF16, n), dy = poisoned(Number::BF16, n);
      launchTriton("swiglu", arch, {3}, bx, by, bg, bz, dx, dy, n);
      const auto z = bz.host(), gx = dx.host(), gy = dy.host();
      for (int i = 0; i < n; ++i) {
        // The power is off by 3 U of its exponent and 2^-21, which the sigmoid halves at most four times over.
        const double s = 1 / (1 + std::exp(-x[i])), off = s * (3 * U * std::fabs(x[i]) + 0x1p-21 + 4 * U);
        const double a = std::fabs(x[i]);
        ASSERT_TRUE(near(Number::BF16, z[i], x[i] * s * y[i], a * std::fabs(y[i]) * (off + 2 * U * s))) << i;
        ASSERT_TRUE(near(Number::BF16, gy[i], g[i] * x[i] * s, a * std::fabs(g[i]) * (off + 2 * U * s))) << i;
        ASSERT_TRUE(near(Number::BF16, gx[i], g[i] * y[i] * (s + x[i] * s * (1 - s)),
                         std::fabs(g[i] * y[i]) * (off * (1 + 2 * a) + 6 * U * (1 + a))))
            << i;
      }
    }
  });
}

TEST_F(TritonElements, Gelus) {
  repeat([&] {
    const int n = 700;
    const auto x = uniform(Number::F16, n, -4, 4);
    const Buffer bx = buffer(Number::F16, x), out = poisoned(Number::F32, 2 * n);
    launchTriton("gelus", 80, {3}, bx, out, n);
    const auto y = out.host();
    for (int i = 0; i < n; ++i) {
      const double v = x[i], inner = 0.7978845608028654 * (v + 0.044715 * v * v * v);
      ASSERT_TRUE(near(Number::F32, y[i], 0.5 * v * (1 + std::erf(v * 0.7071067811865476)), std::fabs(v) * 4 * U));
      ASSERT_TRUE(near(Number::F32, y[n + i], 0.5 * v * (1 + std::tanh(inner)),
                       std::fabs(v) * (4 * U + 3 * U * std::fabs(inner))));
    }
  });
}

TEST_F(TritonElements, PackedBfloats) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int n = 496;
      const auto x = uniform(Number::BF16, n, -2, 2), y = uniform(Number::BF16, n, -2, 2);
      const Buffer bx = buffer(Number::BF16, x), by = buffer(Number::BF16, y), out = poisoned(Number::BF16, n);
      launchTriton("packed-bfloats", arch, {2}, bx, by, out, n);
      const auto z = out.host();
      for (int i = 0; i < n; ++i) { // each operation rounds once
        const double c = rounded(Number::BF16, x[i] * y[i]), d = std::max(c, x[i]);
        ASSERT_EQ(z[i], std::min(rounded(Number::BF16, c * d + y[i]), std::fabs(y[i]))) << i;
      }
    }
  });
}

TEST_F(TritonElements, Embeddings) {
  repeat([&] {
    const int words = 9, rows = 14, columns = 208, missing = 3;
    const auto table = uniform(Number::F16, words * columns), indices = whole(rows, 0, words - 1);
    const Buffer bt = buffer(Number::F16, table), bi = buffer(Number::I64, indices),
                 out = poisoned(Number::F16, rows * columns);
    launchTriton("embedding", 90, {rows, 2}, bt, bi, out, columns, missing);
    const auto y = out.host();
    for (int i = 0; i < rows * columns; ++i) {
      const int word = static_cast<int>(indices[i / columns]);
      ASSERT_EQ(y[i], word == missing ? 0 : table[word * columns + i % columns]);
    }
    for (const int arch : {80, 90}) {
      const auto grad = uniform(Number::F16, rows * columns);
      const Buffer bg = buffer(Number::F16, grad), sums = buffer(Number::F32, std::vector<double>(words * columns, 0));
      launchTriton("embedding-backward", arch, {rows, 2}, bg, bi, sums, columns, missing);
      std::vector<double> expected(words * columns), size(words * columns);
      for (int i = 0; i < rows * columns; ++i)
        if (indices[i / columns] != missing) {
          expected[static_cast<int>(indices[i / columns]) * columns + i % columns] += grad[i];
          size[static_cast<int>(indices[i / columns]) * columns + i % columns] += std::fabs(grad[i]);
        }
      const auto got = sums.host();
      for (size_t i = 0; i < got.size(); ++i)
        ASSERT_TRUE(near(Number::F32, got[i], expected[i], rows * U * size[i])) << i;
    }
  });
}

TEST_F(TritonElements, Adam) {
  repeat([&] {
    const int n = 600, step = 10;
    const float rate = 0.01f, beta1 = 0.9f, beta2 = 0.99f, eps = 1e-8f, decay = 0.1f;
    const auto p = uniform(Number::F32, n), g = uniform(Number::BF16, n), m = uniform(Number::F32, n),
               v = uniform(Number::F32, n, 0.01, 1);
    const Buffer bp = buffer(Number::F32, p), bg = buffer(Number::BF16, g), bm = buffer(Number::F32, m),
                 bv = buffer(Number::F32, v);
    launchTriton("adam", 80, {3}, bp, bg, bm, bv, n, rate, beta1, beta2, eps, decay, step);
    const auto gotP = bp.host(), gotM = bm.host(), gotV = bv.host();
    // 1 - beta^10 is at least 0.095, and pow is off by at most 8 ulp: 85 U, relatively.
    for (int i = 0; i < n; ++i) {
      const double first = beta1 * m[i] + (1 - double(beta1)) * g[i],
                   second = beta2 * v[i] + (1 - double(beta2)) * g[i] * g[i];
      const double a = first / (1 - std::pow(double(beta1), step)), b = second / (1 - std::pow(double(beta2), step));
      const double change = rate * a / (std::sqrt(b) + eps);
      const double firstOff = 3 * U * (std::fabs(m[i]) + std::fabs(g[i])), relative = 190 * U;
      ASSERT_TRUE(near(Number::F32, gotM[i], first, firstOff));
      ASSERT_TRUE(near(Number::F32, gotV[i], second, 4 * U * (v[i] + g[i] * g[i])));
      ASSERT_TRUE(near(Number::F32, gotP[i], p[i] * (1 - double(rate) * decay) - change,
                       3 * U * std::fabs(p[i]) + std::fabs(change) * relative + rate / 0.3 * firstOff / std::sqrt(b)))
          << i;
    }
  });
}

TEST_F(TritonElements, Conversions) {
  repeat([&] {
    const int n = 600;
    auto x = uniform(Number::F32, n, -100, 100);
    for (int i = 0; i < n; i += 3)
      x[i] = rounded(Number::F32, std::ldexp(x[i], -20)); // too small for some to be normal
    const Buffer bx = buffer(Number::F32, x), halves = poisoned(Number::F16, n), bfloats = poisoned(Number::BF16, n),
                 e5 = poisoned(Number::E5M2, n), integers = poisoned(Number::I32, n), back = poisoned(Number::F32, n);
    launchTriton("conversions", 90, {3}, bx, halves, bfloats, e5, integers, back, n);
    const auto h = halves.host(), b = bfloats.host(), f = e5.host(), i32 = integers.host(), sum = back.host();
    for (int i = 0; i < n; ++i) {
      ASSERT_EQ(h[i], rounded(Number::F16, x[i])) << x[i];
      ASSERT_EQ(b[i], rounded(Number::BF16, x[i])) << x[i];
      ASSERT_EQ(f[i], rounded(Number::E5M2, x[i])) << x[i];
      ASSERT_EQ(i32[i], std::trunc(x[i]));
      const auto cut = static_cast<float>(std::trunc(x[i]));
      ASSERT_EQ(sum[i], static_cast<float>(h[i]) + static_cast<float>(b[i]) + static_cast<float>(f[i]) + cut + cut);
    }
  });
}

TEST_F(TritonElements, EightBitFloatsSaturate) {
  repeat([&] {
    const int n = 900;
    auto x = uniform(Number::F32, n, -1000, 1000);
    for (int i = 0; i < n; i += 2)
      x[i] = rounded(Number::F32, std::ldexp(x[i], static_cast<int>(random() % 30) - 20));
    const Buffer bx = buffer(Number::F32, x), e4 = poisoned(Number::E4M3, n), e5 = poisoned(Number::E5M2, n),
                 sums = poisoned(Number::F32, n);
    launchTriton("eight-bit-floats", 90, {2}, bx, e4, e5, sums, n);
    const auto a = e4.host(), b = e5.host(), s = sums.host();
    for (int i = 0; i < n; ++i) {
      ASSERT_EQ(a[i], rounded(Number::E4M3, x[i])) << x[i];
      ASSERT_EQ(b[i], rounded(Number::E5M2, x[i])) << x[i];
      ASSERT_EQ(s[i], static_cast<float>(a[i]) + static_cast<float>(b[i]));
    }
  });
}

// float8e4b15 is what is left of a half below 2 when its top exponent bit and seven of its fraction are cut off.
TEST_F(TritonElements, FourBitExponents) {
  repeat([&] {
    const int n = 700;
    const auto x = uniform(Number::F16, n, -1.9, 1.9);
    const Buffer bx = buffer(Number::F16, x), packed = poisoned(Number::U8, n), out = poisoned(Number::F16, n);
    launchTriton("four-bit-exponents", 80, {2}, bx, packed, out, n);
    const auto bits = packed.host(), y = out.host();
    for (int i = 0; i < n; ++i) {
      const auto byte = static_cast<uint8_t>(bits[i]);
      const auto half = static_cast<uint16_t>((byte & 0x80) << 8 | (byte & 0x7F) << 7);
      ASSERT_EQ(y[i], decode(Number::F16, &half));
      const double nearest = std::copysign(std::min(std::fabs(x[i]), 1.75), x[i]); // Triton stops there
      const double step = std::ldexp(1.0, std::max(std::ilogb(nearest), -14) - 3);
      ASSERT_LE(std::fabs(y[i] - nearest), step / 2) << x[i];
    }
  });
}

TEST_F(TritonElements, Scans) {
  repeat([&] {
    const int m = 16, n = 32;
    const auto x = whole(m * n, -1000, 1000);
    const Buffer bx = buffer(Number::I32, x), sums = poisoned(Number::I32, m * n), tops = poisoned(Number::I32, m * n),
                 products = poisoned(Number::F32, m * n), reversed = poisoned(Number::I32, m * n);
    launchTriton("scans", 80, {1}, bx, sums, tops, products, reversed);
    const auto s = sums.host(), t = tops.host(), p = products.host(), r = reversed.host();
    for (int i = 0; i < m; ++i) {
      double top = -1e9, product = 1, sum = 0;
      for (int j = 0; j < n; ++j) {
        ASSERT_EQ(s[i * n + j], x[i * n + j] + (i ? s[(i - 1) * n + j] : 0));
        ASSERT_EQ(t[i * n + j], top = std::max(top, x[i * n + j]));
        product *= x[i * n + j] > 0 ? 1.5 : -0.75;
        ASSERT_TRUE(near(Number::F32, p[i * n + j], product, std::fabs(product) * n * U));
      }
      for (int j = n; j-- > 0;)
        ASSERT_EQ(r[i * n + j], sum += x[i * n + j]);
    }
  });
}

TEST_F(TritonElements, RecurrenceOfARaggedLength) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int length = 75, channels = 50;
      const auto a = uniform(Number::F32, length * channels, 0.5, 1), x = uniform(Number::F32, length * channels);
      const Buffer ba = buffer(Number::F32, a), bx = buffer(Number::F32, x), out = poisoned(Number::F32, a.size());
      launchTriton("recurrence", arch, {2}, ba, bx, out, length, channels);
      const auto y = out.host();
      for (int c = 0; c < channels; ++c) {
        double h = 0, size = 0, off = 0; // in whatever order, a step costs a term at most four roundings
        for (int t = c; t < length * channels; t += channels) {
          h = a[t] * h + x[t];
          size = a[t] * size + std::fabs(x[t]);
          off = a[t] * off + 4 * U * size;
          ASSERT_TRUE(near(Number::F32, y[t], h, off)) << t / channels << ", " << c;
        }
      }
    }
  });
}

TEST_F(TritonElements, SortedRowsAndTheLargest) {
  repeat([&] {
    const int rows = 5, columns = 50, block = 64, k = 8;
    const auto x = whole(rows * columns, -1000, 1000);
    const Buffer bx = buffer(Number::I16, x), out = poisoned(Number::I32, rows * block),
                 tops = poisoned(Number::I64, rows * k);
    launchTriton("sort-rows", 90, {rows}, bx, out, tops, columns);
    const auto y = out.host(), t = tops.host();
    for (int r = 0; r < rows; ++r) {
      std::vector<double> row(x.begin() + r * columns, x.begin() + (r + 1) * columns), packed;
      for (int i = 0; i < columns; ++i)
        packed.push_back(row[i] * 0x1p32 + i);
      row.resize(block, -32768);
      std::sort(row.rbegin(), row.rend());
      std::sort(packed.rbegin(), packed.rend());
      ASSERT_TRUE(std::equal(row.begin(), row.end(), y.begin() + r * block));
      ASSERT_TRUE(std::equal(packed.begin(), packed.begin() + k, t.begin() + r * k));
    }
  });
}

TEST_F(TritonElements, CompactionAndHistogram) {
  repeat([&] {
    const int n = 900, limit = 70, block = 256, programs = 4;
    const auto x = whole(n, 0, 127);
    const Buffer bx = buffer(Number::I32, x), out = poisoned(Number::I32, programs * block),
                 bins = poisoned(Number::I32, programs * 128), counts = poisoned(Number::I32, programs);
    launchTriton("compact", 80, {programs}, bx, out, bins, counts, n, limit);
    const auto y = out.host(), h = bins.host(), c = counts.host();
    for (int b = 0; b < programs; ++b) {
      std::vector<double> kept, histogram(128);
      for (int i = b * block; i < std::min(n, (b + 1) * block); ++i) {
        if (x[i] > limit)
          kept.push_back(x[i]);
        ++histogram[static_cast<int>(x[i])];
      }
      ASSERT_EQ(c[b], kept.size());
      ASSERT_TRUE(std::equal(kept.begin(), kept.end(), y.begin() + b * block));
      ASSERT_TRUE(out.untouched(b * block + kept.size(), block - kept.size()));
      ASSERT_TRUE(std::equal(histogram.begin(), histogram.end(), h.begin() + b * 128));
    }
  });
}

TEST_F(TritonElements, GathersWithinATile) {
  repeat([&] {
    const int m = 32, n = 64;
    const auto x = uniform(Number::F32, m * n), index = whole(m * n, 0, 9999);
    const Buffer bx = buffer(Number::F32, x), bi = buffer(Number::I32, index), out = poisoned(Number::F32, m * n);
    launchTriton("gather-rows", 80, {1}, bx, bi, out);
    const auto y = out.host();
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        const int row = static_cast<int>(index[i * n + j]) % m, column = static_cast<int>(index[row * n + j]) % n;
        ASSERT_EQ(y[i * n + j], x[row * n + column]);
      }
  });
}

TEST_F(TritonElements, ElementsByExpert) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int n = 300, experts = 16, each = 16;
      const auto chosen = whole(n, 0, experts - 1);
      const Buffer bc = buffer(Number::I32, chosen), starts = poisoned(Number::I32, experts),
                   sorted = buffer(Number::I32, std::vector<double>(n + experts * each, -1)),
                   counts = buffer(Number::I32, std::vector<double>(2 * experts, 0));
      launchTriton("align-experts", arch, {1}, bc, sorted, starts, counts, n);
      const auto place = sorted.host(), first = starts.host();
      std::vector<std::vector<double>> wanted(experts);
      for (int i = 0; i < n; ++i)
        wanted[static_cast<int>(chosen[i])].push_back(i);
      size_t start = 0;
      for (int e = 0; e < experts; ++e) {
        ASSERT_EQ(first[e], start);
        auto got = std::vector<double>(place.begin() + start, place.begin() + start + wanted[e].size());
        std::sort(got.begin(), got.end()); // whichever thread came first
        ASSERT_EQ(got, wanted[e]);
        const size_t end = (start + wanted[e].size() + each - 1) / each * each;
        for (size_t i = start + wanted[e].size(); i < end; ++i)
          ASSERT_EQ(place[i], -1);
        start = end;
      }
    }
  });
}

TEST_F(TritonElements, AtomicsOfEveryOrder) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int n = 600, programs = 5, limit = 1 << 28;
      const auto x = whole(n, -limit, limit);
      std::vector<double> counters(40 + programs, 0), wide(8, 0);
      std::fill_n(counters.begin(), 8, -1);
      std::fill_n(counters.begin() + 16, 8, INT32_MIN);
      std::fill_n(counters.begin() + 24, 8, INT32_MAX);
      std::fill_n(wide.begin(), 4, -0x1p60);
      const Buffer bx = buffer(Number::I32, x), bc = buffer(Number::I32, counters), bw = buffer(Number::I64, wide);
      launchTriton("atomic-kinds", arch, {programs}, bx, bc, bw, n);
      for (int i = 0; i < n; ++i) {
        const auto v = static_cast<int>(x[i]), k = i % 8;
        counters[k] = static_cast<int>(counters[k]) & (v | 255);
        counters[8 + k] = static_cast<int>(counters[8 + k]) | (v & 4095);
        counters[16 + k] = std::max(counters[16 + k], x[i]);
        counters[24 + k] = std::min(counters[24 + k], x[i]);
        wide[i % 4] = std::max(wide[i % 4], x[i] * 0x1p20);
        wide[4 + i % 4] = static_cast<double>(static_cast<int64_t>(wide[4 + i % 4]) ^ (int64_t(v) << 24));
      }
      counters[32] = programs;
      std::fill_n(counters.begin() + 40, programs, 1);
      EXPECT_EQ(bc.host(), counters);
      EXPECT_EQ(bw.host(), wide);
    }
  });
}

TEST_F(TritonElements, AssemblyOnFourBytes) {
  repeat([&] {
    const int n = 900;
    const auto x = whole(n, -128, 127);
    const Buffer bx = buffer(Number::I8, x), out = poisoned(Number::I8, 2 * n);
    launchTriton("bytes-by-assembly", 80, {2}, bx, out, n);
    const auto y = out.host();
    for (int i = 0; i < n; ++i) {
      const auto byte = static_cast<uint8_t>(static_cast<int>(x[i]));
      ASSERT_EQ(y[i], byte & 15) << i;
      ASSERT_EQ(y[n + i], (byte >> 4) ^ (byte & 15)) << i;
    }
  });
}

TEST_F(TritonElements, ShapesOfTiles) {
  repeat([&] {
    const int m = 50, n = 27, stride = 48;
    const auto x = whole(m * stride, -1000, 1000);
    const Buffer bx = buffer(Number::I32, x), out = poisoned(Number::I32, m * stride);
    launchTriton("matrices", 80, {2}, bx, out, m, n, stride);
    const auto y = out.host();
    for (int i = 0; i < m; ++i) {
      const double *row = &x[i * stride], sum = std::accumulate(row, row + n, 0.0);
      for (int j = 0; j < n; ++j) {
        const int from = (31 - j) ^ 1; // neighbours exchanged, then turned round
        ASSERT_EQ(y[i * stride + j], sum + (from < n ? row[from] : 0)) << i << ", " << j;
      }
      ASSERT_TRUE(out.untouched(i * stride + n, stride - n));
    }
  });
}

TEST_F(TritonElements, Doubles) {
  repeat([&] {
    const int n = 300;
    const auto x = uniform(Number::F64, n, -3, 3), y = uniform(Number::F64, n, 0.5, 3);
    std::vector<double> zero(n + 1, 0);
    const Buffer bx = buffer(Number::F64, x), by = buffer(Number::F64, y), out = buffer(Number::F64, zero);
    launchTriton("doubles", 80, {3}, bx, by, out, n);
    const auto z = out.host();
    for (int i = 0; i < n; ++i) {
      const double a = x[i], b = y[i];
      const long double terms[] = {std::sqrt(a * a + b * b),
                                   std::exp(-a) * std::log(std::fabs(b) + 1),
                                   a / b,
                                   std::floor(a),
                                   -std::ceil(b),
                                   std::sin(a) * std::cos(b),
                                   (long double)a * b};
      long double sum = 0, size = 0;
      for (const long double term : terms) {
        sum += term;
        size += std::fabs(term);
      }
      // Functions of libdevice are within 2 ulp each; seven sums.
      ASSERT_NEAR(z[i], static_cast<double>(sum), static_cast<double>(size) * 14 * 0x1p-53) << i;
    }
    ASSERT_NEAR(z[n], std::accumulate(x.begin(), x.end(), 0.0), 3 * n * n * 0x1p-53);
  });
}

TEST_F(TritonElements, Integers) {
  repeat([&] {
    const int n = 300, limit = 1 << 28;
    const auto x = randomIntegers<int32_t>(n, -limit, limit);
    auto y = randomIntegers<int32_t>(n, -limit, limit);
    for (int i = 0; i < n; i += 3)
      y[i] = static_cast<int32_t>(random() % 50) - 60; // small divisors, none zero
    const DeviceArray<int32_t> bx(memory, x), by(memory, y);
    const DeviceArray<int64_t> out(memory, n);
    launchTriton("integers", 80, {3}, bx, by, out, n);
    const auto z = out.host();
    for (int i = 0; i < n; ++i) {
      const int32_t a = x[i], b = y[i];
      const int64_t w = int64_t(a) * b * 977 - (int64_t(a) << 21);
      const int64_t r = w / (int64_t(b) * 3) + w % 1000003 + int64_t(uint64_t(uint32_t(a)) * uint32_t(b) >> 32);
      const int64_t s = int8_t(int8_t(a) + int8_t(b)) + int16_t(int16_t(a) * int16_t(b)) + uint8_t(a) / 7;
      const int64_t u = int64_t(uint32_t(a) >> 3) + (a >> (b & 31)) + a / b + a % b + std::min(a, b) * 3;
      ASSERT_EQ(z[i], r ^ (s << 1) ^ u) << a << ", " << b;
    }
  });
}

TEST_F(TritonElements, ProgramsWaitForEachOther) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int n = 1000, programs = 8;
      const auto x = uniform(Number::F32, n);
      const Buffer bx = buffer(Number::F32, x), parts = poisoned(Number::F32, programs), out = poisoned(Number::F32, n),
                   arrived = buffer(Number::I32, {0});
      launchTriton("two-phases", arch, {programs}, bx, parts, out, arrived, n);
      const auto y = out.host();
      const double most = *std::max_element(x.begin(), x.end());
      for (int i = 0; i < n; ++i)
        ASSERT_EQ(y[i], static_cast<float>(x[i]) - static_cast<float>(most)) << i;
    }
  });
}

TEST_F(TritonElements, DependentLaunch) {
  repeat([&] {
    const int n = 700, programs = 3;
    const auto x = whole(n, -1000, 1000);
    const Buffer bx = buffer(Number::I32, x), by = poisoned(Number::I32, n + programs);
    launchTriton("dependent", 90, {programs}, bx, by, n);
    const auto y = by.host();
    for (int i = 0; i < n; ++i)
      ASSERT_EQ(y[i], x[i] + 1);
    for (int p = 0; p < programs; ++p)
      ASSERT_EQ(y[n + p], 1);
  });
}

} // namespace
} // namespace tessera::sim
