//===- TritonMatmulTest.cpp - Products of Triton's, by pointers -----------===//
//
// Inputs/triton/*.ptx of matmul.py whose operands come by pointers: cp.async in one to four stages into mma or wgmma,
// every type, either order of either operand, persistent and split loops, groups, operands widened on the way.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/TritonKernels.h"

#include <numeric>

namespace tessera::sim {
namespace {

constexpr int roundUp(int value, int to) { return (value + to - 1) / to * to; }
constexpr uint32_t ceilDiv(int value, int by) { return static_cast<uint32_t>((value + by - 1) / by); }

class TritonMatmul : public TritonKernels {
protected:
  struct Strided {
    std::string name;
    Number type, result;
    const char *order; ///< what is contiguous of a and of b: r(ows) or c(olumns)
    int m, n, k, bm, bn;
    double unit = 0x1p-23; ///< what adding one product may cost
    bool leaky = false;
  };

  void strided(const Strided &test, std::initializer_list<int> architectures) {
    repeat([&] {
      for (const int arch : architectures)
        stridedOnce(test, arch);
    });
  }

  void stridedOnce(const Strided &test, int arch) {
    const auto [name, type, result, order, m, n, k, bm, bn, unit, leaky] = test;
    const bool integers = type == Number::I8, aRows = order[0] == 'r', bRows = order[1] == 'r';
    const int sa = roundUp(aRows ? k : m, 16), sb = roundUp(bRows ? n : k, 16), sc = roundUp(n, 16) + 16;
    const auto values = [&](int count) { return integers ? whole(count, -128, 127) : uniform(type, count); };
    const auto a = values(sa * (aRows ? m : k)), b = values(sb * (bRows ? k : n));
    const Buffer da = buffer(type, a), db = buffer(type, b), dc = poisoned(result, size_t(m) * sc);
    launchTriton(name, arch, {ceilDiv(m, bm) * ceilDiv(n, bn)}, da, db, dc, m, n, k, sa, sb, sc);
    const auto c = dc.host();
    const auto av = [&](int i, int x) { return a[aRows ? i * sa + x : x * sa + i]; };
    const auto bv = [&](int x, int j) { return b[bRows ? x * sb + j : j * sb + x]; };
    const auto undone = [&](double v) { return leaky && v < 0 ? v / 0.01 : v; };
    // The slope after the sum is one more rounding: within the two more steps that the bound grants.
    expectProduct(m, n, k, av, bv, [&](int i, int j) { return undone(c[i * sc + j]); }, result, unit);
    for (int i = 0; i < m; ++i)
      ASSERT_TRUE(dc.untouched(size_t(i) * sc + n, sc - n)) << "row " << i;
  }
};

TEST_F(TritonMatmul, HalvesInFourStages) {
  strided({"matmul-f16-4-stages", Number::F16, Number::F16, "rr", 70, 130, 200, 64, 64, 0x1p-23, true}, {80, 90});
}
TEST_F(TritonMatmul, HalvesWithoutStages) {
  strided({"matmul-f16-1-stage", Number::F16, Number::F32, "cc", 70, 50, 77, 64, 64}, {80, 90});
}
TEST_F(TritonMatmul, BfloatsWithTransposedLeft) {
  strided({"matmul-bf16-transposed-a", Number::BF16, Number::BF16, "cr", 150, 70, 141, 128, 64}, {80, 90});
}
TEST_F(TritonMatmul, HalvesWithTransposedRight) {
  strided({"matmul-f16-transposed-b", Number::F16, Number::F16, "rc", 70, 150, 141, 64, 128}, {80, 90});
}
TEST_F(TritonMatmul, Tf32InFourStages) {
  strided({"matmul-tf32-4-stages", Number::TF32, Number::F32, "rc", 65, 70, 150, 64, 64}, {80, 90});
}
TEST_F(TritonMatmul, Tf32InNarrowTiles) {
  strided({"matmul-tf32-narrow", Number::TF32, Number::F32, "rr", 65, 45, 100, 64, 32}, {90});
  strided({"matmul-tf32-narrowest", Number::TF32, Number::F32, "rc", 65, 45, 100, 64, 16}, {90});
}
TEST_F(TritonMatmul, BytesInWideTiles) {
  strided({"matmul-i8-wide", Number::I8, Number::I32, "rc", 70, 150, 200, 64, 128, 0}, {90});
}
TEST_F(TritonMatmul, BytesInThreeStages) {
  strided({"matmul-i8-3-stages", Number::I8, Number::I32, "rc", 100, 70, 270, 64, 64, 0}, {80, 90});
}
// Sums kept in f16: every step rounds to eleven bits.
TEST_F(TritonMatmul, HalvesAddedInHalves) {
  strided({"matmul-f16-in-f16", Number::F16, Number::F16, "rr", 65, 66, 70, 64, 64, 0x1p-10}, {80, 90});
}
TEST_F(TritonMatmul, EightBitFloats) {
  strided({"matmul-e4m3", Number::E4M3, Number::F16, "rc", 70, 100, 200, 64, 64}, {89, 90});
  strided({"matmul-e5m2", Number::E5M2, Number::F16, "rc", 70, 100, 330, 64, 64}, {89, 90});
}
TEST_F(TritonMatmul, EightWarps) {
  strided({"matmul-f16-8-warps", Number::F16, Number::F16, "rr", 140, 140, 333, 128, 128}, {90});
}
TEST_F(TritonMatmul, ClustersOfTwo) {
  strided({"matmul-f16-cluster", Number::F16, Number::F16, "rr", 140, 140, 200, 128, 128}, {90});
}

class TritonMatmulLoops : public TritonKernels {
protected:
  /// Row-major a (m by k), b (k by n) and c, all dense.
  struct Dense {
    int m, n, k;
    std::vector<double> a, b;
  };
  Dense dense(Number type, int m, int n, int k) { return {m, n, k, uniform(type, m * k), uniform(type, k * n)}; }
  static void expectDense(const Dense &d, const Buffer &c, Number result, int splits = 1) {
    const auto values = c.host();
    // Sums of `splits` parts, each rounded: one more step a part.
    expectProduct(d.m, d.n, d.k, rowsOf(d.a, d.k), rowsOf(d.b, d.n), rowsOf(values, d.n), result,
                  0x1p-23 * (1 + double(splits) / d.k));
  }
};

TEST_F(TritonMatmulLoops, Persistent) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const Dense d = dense(Number::F16, 150, 144, 80);
      const Buffer a = buffer(Number::F16, d.a), b = buffer(Number::F16, d.b), c = poisoned(Number::F16, d.m * d.n);
      launchTriton("persistent", arch, {4}, a, b, c, d.m, d.n, d.k);
      expectDense(d, c, Number::F16);
    }
  });
}

TEST_F(TritonMatmulLoops, SplitAlongK) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const Dense d = dense(Number::F16, 50, 80, 208);
      const Buffer a = buffer(Number::F16, d.a), b = buffer(Number::F16, d.b);
      const Buffer c = buffer(Number::F32, std::vector<double>(d.m * d.n, 0));
      launchTriton("split", arch, {4, 3}, a, b, c, d.m, d.n, d.k);
      expectDense(d, c, Number::F32, 3);
    }
  });
}

TEST_F(TritonMatmulLoops, EqualSharesUnderLocks) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const Dense d = dense(Number::F16, 100, 80, 176);
      const Buffer a = buffer(Number::F16, d.a), b = buffer(Number::F16, d.b);
      const Buffer c = buffer(Number::F32, std::vector<double>(d.m * d.n, 0));
      const Buffer locks = buffer(Number::I32, std::vector<double>(4, 0));
      launchTriton("stream", arch, {5}, a, b, c, locks, d.m, d.n, d.k);
      expectDense(d, c, Number::F32, 3);
      EXPECT_EQ(locks.host(), std::vector<double>(4, 0));
    }
  });
}

TEST_F(TritonMatmulLoops, Grouped) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int sizes[3][3] = {{70, 48, 80}, {30, 96, 16}, {129, 64, 112}};
      std::vector<Dense> products;
      std::vector<std::unique_ptr<Buffer>> buffers;
      std::vector<double> lists[3], flat;
      for (const auto &[m, n, k] : sizes) {
        products.push_back(dense(Number::F16, m, n, k));
        buffers.push_back(std::make_unique<Buffer>(memory, Number::F16, products.back().a));
        buffers.push_back(std::make_unique<Buffer>(memory, Number::F16, products.back().b));
        buffers.push_back(std::make_unique<Buffer>(memory, Number::F16, size_t(m) * n));
        for (int i = 0; i < 3; ++i)
          lists[i].push_back(static_cast<double>(buffers[buffers.size() - 3 + i]->address()));
        flat.insert(flat.end(), {double(m), double(n), double(k)});
      }
      const Buffer a = buffer(Number::U64, lists[0]), b = buffer(Number::U64, lists[1]),
                   c = buffer(Number::U64, lists[2]), s = buffer(Number::I32, flat);
      launchTriton("grouped", arch, {4}, a, b, c, s, 3);
      for (int g = 0; g < 3; ++g)
        expectDense(products[g], *buffers[3 * g + 2], Number::F16);
    }
  });
}

TEST_F(TritonMatmulLoops, BytesTimesHalves) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      Dense d = dense(Number::F16, 70, 80, 144);
      d.a = whole(d.a.size(), -128, 127);
      const auto scales = uniform(Number::F32, d.m, 0.001, 0.01);
      const Buffer a = buffer(Number::I8, d.a), b = buffer(Number::F16, d.b), c = poisoned(Number::F16, d.m * d.n);
      const Buffer s = buffer(Number::F32, scales);
      launchTriton("widened", arch, {2, 2}, a, b, c, s, d.m, d.n, d.k);
      const auto values = c.host();
      expectProduct(
          d.m, d.n, d.k, [&](int i, int x) { return d.a[i * d.k + x] * scales[i]; }, rowsOf(d.b, d.n),
          rowsOf(values, d.n), Number::F16);
    }
  });
}

TEST_F(TritonMatmulLoops, FourBitIntegers) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int m = 70, n = 80, k = 160, per = 32;
      const auto a = uniform(Number::F16, m * k), words = whole(k / 8 * n, INT32_MIN, INT32_MAX);
      const auto scales = uniform(Number::F16, k / per * n, 0.01, 0.1), zeros = whole(k / per * n, 0, 15);
      const Buffer da = buffer(Number::F16, a), db = buffer(Number::I32, words), dc = poisoned(Number::F16, m * n),
                   ds = buffer(Number::F16, scales), dz = buffer(Number::F16, zeros);
      launchTriton("four-bits", arch, {2, 2}, da, db, dc, ds, dz, m, n, k);
      const auto c = dc.host();
      const auto wide = [&](int x, int j) { // as the kernel does: the difference is exact, the product rounds to f16
        const auto word = static_cast<uint32_t>(static_cast<int64_t>(words[x / 8 * n + j]));
        const double product = ((word >> x % 8 * 4 & 15) - zeros[x / per * n + j]) * scales[x / per * n + j];
        uint16_t bits;
        encode(Number::F16, product, &bits);
        return decode(Number::F16, &bits);
      };
      expectProduct(m, n, k, rowsOf(a, k), wide, rowsOf(c, n), Number::F16);
    }
  });
}

TEST_F(TritonMatmulLoops, EightBitFloatsWithScales) {
  repeat([&] {
    for (const int arch : {89, 90}) {
      const int m = 70, n = 100, k = 384, steps = k / 128;
      const auto a = uniform(Number::E4M3, m * k, -10, 10), b = uniform(Number::E4M3, n * k, -10, 10);
      const auto sa = uniform(Number::F32, m * steps, 0.01, 0.1), sb = uniform(Number::F32, 2 * steps, 0.01, 0.1);
      const Buffer da = buffer(Number::E4M3, a), db = buffer(Number::E4M3, b), dc = poisoned(Number::BF16, m * n),
                   dsa = buffer(Number::F32, sa), dsb = buffer(Number::F32, sb);
      launchTriton("block-scaled", arch, {2, 2}, da, db, dc, dsa, dsb, m, n, k);
      const auto c = dc.host();
      // Two scales and an addition for each 128 steps: the bound grants a step each.
      expectProduct(
          m, n, k, [&](int i, int x) { return a[i * k + x] * sa[i * steps + x / 128]; },
          [&](int x, int j) { return b[j * k + x] * sb[j / 64 * steps + x / 128]; }, rowsOf(c, n), Number::BF16);
    }
  });
}

TEST_F(TritonMatmulLoops, MicroScaled) {
  static constexpr double Fours[8] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  repeat([&] {
    for (const bool fourBitsLeft : {false, true}) {
      const int m = 128, n = 64, k = 128;
      // Bytes hold a number of eight bits, or two of four, the first in the low half, along K.
      auto bytes = [&](int count, Number type) {
        std::vector<double> values = whole(count, 0, 255);
        for (double &v : values) // no infinities, no NaNs
          if (type == Number::E4M3 ? (int(v) & 127) == 127 : type == Number::E5M2 && (int(v) & 124) == 124)
            v = 60;
        return values;
      };
      const Number wideType = fourBitsLeft ? Number::E5M2 : Number::E4M3;
      const auto a = bytes(m * k / (fourBitsLeft ? 2 : 1), fourBitsLeft ? Number::U8 : wideType);
      const auto b = bytes(k * n / (fourBitsLeft ? 1 : 2), fourBitsLeft ? wideType : Number::U8);
      const auto sa = whole(m * k / 32, 120, 130), sb = whole(n * k / 32, 120, 130);
      const Buffer da = buffer(Number::U8, a), db = buffer(Number::U8, b), dc = poisoned(Number::F32, m * n),
                   dsa = buffer(Number::U8, sa), dsb = buffer(Number::U8, sb);
      launchTriton(fourBitsLeft ? "micro-scaled-e2m1-e5m2" : "micro-scaled-e4m3-e2m1", 90, {2, 2}, da, db, dc, dsa, dsb,
                   n, k);
      const auto four = [](double byte, int half) {
        const int bits = int(byte) >> half * 4 & 15;
        return bits & 8 ? -Fours[bits & 7] : Fours[bits];
      };
      const auto eight = [&](double byte) {
        const auto bits = static_cast<uint8_t>(byte);
        return decode(wideType, &bits);
      };
      const auto c = dc.host();
      expectProduct(
          m, n, k,
          [&](int i, int x) {
            const double v = fourBitsLeft ? four(a[i * k / 2 + x / 2], x % 2) : eight(a[i * k + x]);
            return v * std::exp2(sa[i * k / 32 + x / 32] - 127);
          },
          [&](int x, int j) {
            const double v = fourBitsLeft ? eight(b[x * n + j]) : four(b[x / 2 * n + j], x % 2);
            return v * std::exp2(sb[j * k / 32 + x / 32] - 127);
          },
          rowsOf(c, n), Number::F32);
    }
  });
}

// Three products of two bfloat16 parts leave out 2^-16 of each; six products of three parts leave out 2^-24; exact
// products round like any chain of multiply-adds.
TEST_F(TritonMatmulLoops, SinglesInParts) {
  repeat([&] {
    for (const auto &[name, unit] :
         {std::pair{"precise-bf16x3", 0x1p-15}, {"precise-bf16x6", 0x1p-22}, {"precise-ieee", 0x1p-23}}) {
      const int m = 64, n = 32, k = 96;
      const auto a = uniform(Number::F32, m * k), b = uniform(Number::F32, k * n);
      const Buffer da = buffer(Number::F32, a), db = buffer(Number::F32, b), dc = poisoned(Number::F32, m * n);
      launchTriton(name, 90, {2}, da, db, dc, k);
      const auto c = dc.host();
      expectProduct(m, n, k, rowsOf(a, k), rowsOf(b, n), rowsOf(c, n), Number::F32,
                    unit == 0x1p-15 ? unit / k + 0x1p-23 : unit);
    }
  });
}

TEST_F(TritonMatmulLoops, Convolution) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int images = 2, channels = 16, h = 7, w = 9, filters = 48;
      const auto x = uniform(Number::F16, images * h * w * channels), f = uniform(Number::F16, 9 * channels * filters);
      const int pixels = images * h * w;
      const Buffer dx = buffer(Number::F16, x), df = buffer(Number::F16, f),
                   dy = poisoned(Number::F16, pixels * filters);
      launchTriton("convolution", arch, {2, 2}, dx, df, dy, images, channels, h, w, filters);
      const auto y = dy.host();
      const auto pixel = [&](int i, int t) {
        const int image = i / (h * w), r = i / w % h + t / channels / 3 - 1, s = i % w + t / channels % 3 - 1;
        const bool inside = r >= 0 && r < h && s >= 0 && s < w;
        return inside ? x[((image * h + r) * w + s) * channels + t % channels] : 0;
      };
      expectProduct(pixels, filters, 9 * channels, pixel, rowsOf(f, filters), rowsOf(y, filters), Number::F16);
    }
  });
}

TEST_F(TritonMatmulLoops, MixtureOfExperts) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int m = 40, n = 80, k = 48, blocks = 3;
      const auto x = uniform(Number::BF16, m * k), w = uniform(Number::BF16, 4 * k * n);
      std::vector<double> tokens(blocks * 32, 1000), chosen = {2, 0, 3}; // 1000: none
      std::vector<int> expert(m);
      for (int t = 0; t < m; ++t) {
        const int block = t % blocks;
        tokens[block * 32 + t / blocks] = t;
        expert[t] = static_cast<int>(chosen[block]);
      }
      const Buffer dx = buffer(Number::BF16, x), dw = buffer(Number::BF16, w), dy = poisoned(Number::BF16, m * n),
                   dt = buffer(Number::I32, tokens), de = buffer(Number::I32, chosen);
      launchTriton("experts", arch, {3, 2}, dx, dw, dy, dt, de, m, n, k);
      const auto y = dy.host();
      for (int t = 0; t < m; ++t)
        expectProduct(
            1, n, k, [&](int, int i) { return x[t * k + i]; },
            [&](int i, int j) { return w[(expert[t] * k + i) * n + j]; }, [&](int, int j) { return y[t * n + j]; },
            Number::BF16);
    }
  });
}

} // namespace
} // namespace tessera::sim
