//===- TritonRowsTest.cpp - Rows of Triton's: norms, softmax, losses ------===//
//
// Inputs/triton/*.ptx of norm.py against double precision. In the bounds U = 2^-23 is what one operation or one step of
// a sum may cost; approximate functions are granted what the PTX ISA documents for them: ex2 and lg2 2^-22, rsqrt and
// rcp 2^-22.9, div.full 2 ulp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/TritonKernels.h"

#include <algorithm>
#include <numeric>

namespace tessera::sim {
namespace {

constexpr double U = 0x1p-23;

class TritonRows : public TritonKernels {
protected:
  struct Moments {
    double mean = 0, scale = 0, meanOff = 0, scaleOff = 0; ///< scaleOff relative
  };
  /// Mean and 1 / sqrt(variance + eps) of n values, and how far single precision may be off.
  static Moments moments(const double *x, int n, double eps) {
    Moments m;
    double size = 0, variance = 0, varianceOff = 0;
    for (int i = 0; i < n; ++i) {
      m.mean += x[i] / n;
      size += std::fabs(x[i]) / n;
    }
    m.meanOff = size * (n + 2) * U;
    for (int i = 0; i < n; ++i) {
      const double c = x[i] - m.mean;
      variance += c * c / n;
      varianceOff += (2 * std::fabs(c) * (m.meanOff + U * std::fabs(c)) + c * c * (n + 2) * U) / n;
    }
    m.scale = 1 / std::sqrt(variance + eps);
    m.scaleOff = varianceOff / (variance + eps) / 2 + 0x1p-21;
    return m;
  }

  /// Softmax of a row in double with the bound of each value.
  static void expectSoftmax(const double *x, int n, const double *got, Number result) {
    const double most = *std::max_element(x, x + n);
    double total = 0, worst = 0;
    for (int i = 0; i < n; ++i) {
      total += std::exp(x[i] - most);
      worst = std::max(worst, std::fabs(x[i] - most));
    }
    // The exponent times log2 e is off by two roundings of itself, the power by 2^-22, the sum by a step a value.
    for (int i = 0; i < n; ++i) {
      const double p = std::exp(x[i] - most) / total;
      const double off = 3 * U * std::fabs(x[i] - most) + 0x1p-21;
      ASSERT_TRUE(near(result, got[i], p, p * (off + 3 * U * worst + (n + 6) * U) + 0x1p-126)) << i;
    }
  }
};

TEST_F(TritonRows, LayerNorm) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int rows = 3, columns = 784;
      const float eps = 1e-5f;
      const auto x = uniform(Number::F16, rows * columns, -2, 3), w = uniform(Number::F16, columns),
                 b = uniform(Number::F16, columns);
      const Buffer dx = buffer(Number::F16, x), dw = buffer(Number::F16, w), db = buffer(Number::F16, b),
                   out = poisoned(Number::F16, x.size()), means = poisoned(Number::F32, rows),
                   scales = poisoned(Number::F32, rows);
      launchTriton("layer-norm", arch, {rows}, dx, out, dw, db, means, scales, columns, eps);
      const auto y = out.host(), mean = means.host(), scale = scales.host();
      for (int r = 0; r < rows; ++r) {
        const Moments m = moments(&x[r * columns], columns, eps);
        ASSERT_TRUE(near(Number::F32, mean[r], m.mean, m.meanOff));
        ASSERT_TRUE(near(Number::F32, scale[r], m.scale, m.scale * m.scaleOff));
        for (int i = 0; i < columns; ++i) {
          const double c = x[r * columns + i] - m.mean, expected = c * m.scale * w[i] + b[i];
          const double off = (m.meanOff + std::fabs(c) * (m.scaleOff + 4 * U)) * m.scale * std::fabs(w[i]);
          ASSERT_TRUE(near(Number::F16, y[r * columns + i], expected, off + 2 * U * std::fabs(b[i]))) << i;
        }
      }
    }
  });
}

TEST_F(TritonRows, LayerNormBackward) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int rows = 21, columns = 300, groups = 4;
      const auto x = uniform(Number::F16, rows * columns), dy = uniform(Number::F16, rows * columns),
                 w = uniform(Number::F16, columns), mean = uniform(Number::F32, rows, -0.1, 0.1),
                 scale = uniform(Number::F32, rows, 0.5, 2);
      const Buffer bx = buffer(Number::F16, x), bdy = buffer(Number::F16, dy), bw = buffer(Number::F16, w),
                   bm = buffer(Number::F32, mean), bs = buffer(Number::F32, scale),
                   locks = buffer(Number::I32, std::vector<double>(2 * groups, 0)),
                   dx = poisoned(Number::F16, x.size()), pw = poisoned(Number::F32, groups * columns),
                   pb = poisoned(Number::F32, groups * columns), dw = poisoned(Number::F32, columns),
                   db = poisoned(Number::F32, columns);
      launchTriton("layer-norm-backward", arch, {rows}, dx, bdy, pw, pb, bx, bw, bm, bs, locks, columns);
      launchTriton("column-sums", arch, {uint32_t(columns + 31) / 32}, pw, pb, dw, db, groups, columns);
      std::vector<double> lock(2 * groups, 0);
      std::fill(lock.begin() + groups, lock.end(), 1);
      EXPECT_EQ(locks.host(), lock);
      const auto gotX = dx.host(), gotW = dw.host(), gotB = db.host();
      std::vector<double> sumW(columns), sumB(columns), sizeW(columns), sizeB(columns);
      for (int r = 0; r < rows; ++r) {
        double a = 0, b = 0, sizeA = 0, size = 0;
        const auto normal = [&](int i) { return (x[r * columns + i] - mean[r]) * scale[r]; };
        for (int i = 0; i < columns; ++i) {
          const double g = dy[r * columns + i], wg = w[i] * g;
          a += normal(i) * wg / columns;
          sizeA += std::fabs(normal(i) * wg) / columns;
          b += wg / columns;
          size += std::fabs(wg) / columns;
          sumW[i] += g * normal(i);
          sizeW[i] += std::fabs(g * normal(i));
          sumB[i] += g;
          sizeB[i] += std::fabs(g);
        }
        for (int i = 0; i < columns; ++i) {
          const double wg = w[i] * dy[r * columns + i], expected = (wg - (normal(i) * a + b)) * scale[r];
          const double off = scale[r] * U * (6 * std::fabs(wg) + (columns + 8) * (std::fabs(normal(i)) * sizeA + size));
          ASSERT_TRUE(near(Number::F16, gotX[r * columns + i], expected, off)) << r << ", " << i;
        }
      }
      for (int i = 0; i < columns; ++i) {
        ASSERT_TRUE(near(Number::F32, gotW[i], sumW[i], sizeW[i] * (rows + 35) * U)) << i;
        ASSERT_TRUE(near(Number::F32, gotB[i], sumB[i], sizeB[i] * (rows + 35) * U)) << i;
      }
    }
  });
}

TEST_F(TritonRows, RmsNormAndBackward) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int rows = 7, columns = 464, programs = 3;
      const float eps = 1e-6f;
      const auto x = uniform(Number::BF16, rows * columns, -2, 2), dy = uniform(Number::BF16, rows * columns),
                 w = uniform(Number::BF16, columns);
      const Buffer bx = buffer(Number::BF16, x), bdy = buffer(Number::BF16, dy), bw = buffer(Number::BF16, w),
                   out = poisoned(Number::BF16, x.size()), scales = poisoned(Number::F32, rows),
                   dx = poisoned(Number::BF16, x.size()), parts = poisoned(Number::F32, programs * columns);
      launchTriton("rms-norm", arch, {rows}, bx, out, bw, scales, columns, eps);
      launchTriton("rms-norm-backward", arch, {programs}, bx, bdy, bw, scales, dx, parts, rows, columns);
      const auto y = out.host(), s = scales.host(), gx = dx.host(), gw = parts.host();
      std::vector<double> sums(columns), sizes(columns);
      for (int r = 0; r < rows; ++r) {
        const double *v = &x[r * columns], *g = &dy[r * columns];
        const double mean = std::inner_product(v, v + columns, v, 0.0) / columns, scale = 1 / std::sqrt(mean + eps);
        const double scaleOff = (columns + 4) * U / 2 + 0x1p-21;
        ASSERT_TRUE(near(Number::F32, s[r], scale, scale * scaleOff));
        double dot = 0, size = 0;
        for (int i = 0; i < columns; ++i) {
          dot += g[i] * w[i] * v[i] / columns;
          size += std::fabs(g[i] * w[i] * v[i]) / columns;
        }
        for (int i = 0; i < columns; ++i) {
          const double expected = v[i] * scale * w[i], m = g[i] * w[i];
          ASSERT_TRUE(near(Number::BF16, y[r * columns + i], expected, std::fabs(expected) * (scaleOff + 2 * U)));
          const double cubed = scale * scale * scale * v[i];
          const double off = std::fabs(scale * m) * (scaleOff + 3 * U) +
                             std::fabs(cubed) * ((3 * scaleOff + 6 * U) * std::fabs(dot) + (columns + 4) * U * size);
          ASSERT_TRUE(near(Number::BF16, gx[r * columns + i], scale * m - cubed * dot, off)) << r << ", " << i;
          sums[i] += g[i] * v[i] * scale;
          sizes[i] += std::fabs(g[i] * v[i] * scale) * (scaleOff + (rows + 3) * U);
        }
      }
      for (int i = 0; i < columns; ++i)
        ASSERT_TRUE(near(Number::F32, gw[i] + gw[columns + i] + gw[2 * columns + i], sums[i], sizes[i])) << i;
    }
  });
}

TEST_F(TritonRows, BatchNormByWelford) {
  repeat([&] {
    const int rows = 50, columns = 70;
    const auto x = uniform(Number::F32, rows * columns, 1, 3);
    const Buffer bx = buffer(Number::F32, x), means = poisoned(Number::F32, columns),
                 variances = poisoned(Number::F32, columns);
    launchTriton("batch-norm", 90, {3}, bx, means, variances, rows, columns);
    const auto mean = means.host(), variance = variances.host();
    for (int j = 0; j < columns; ++j) {
      double m = 0, v = 0;
      for (int i = 0; i < rows; ++i)
        m += x[i * columns + j] / rows;
      for (int i = 0; i < rows; ++i)
        v += std::pow(x[i * columns + j] - m, 2) / rows;
      // Six levels of combining, each five operations on values up to 3: at most 64 U of the largest value.
      ASSERT_TRUE(near(Number::F32, mean[j], m, 64 * U * 3));
      ASSERT_TRUE(near(Number::F32, variance[j], v, 64 * U * 9)) << j;
    }
  });
}

TEST_F(TritonRows, GroupNorm) {
  repeat([&] {
    const int images = 2, channels = 18, pixels = 99, per = 6;
    const float eps = 1e-5f;
    const auto x = uniform(Number::F16, images * channels * pixels, -1, 2), w = uniform(Number::F32, channels),
               b = uniform(Number::F32, channels);
    const Buffer bx = buffer(Number::F16, x), bw = buffer(Number::F32, w), bb = buffer(Number::F32, b),
                 out = poisoned(Number::F16, x.size());
    launchTriton("group-norm", 80, {3, images}, bx, out, bw, bb, channels, pixels, eps);
    const auto y = out.host();
    for (int g = 0; g < images * 3; ++g) {
      const Moments m = moments(&x[g * per * pixels], per * pixels, eps);
      for (int i = 0; i < per * pixels; ++i) {
        const int channel = g % 3 * per + i / pixels;
        const double c = x[g * per * pixels + i] - m.mean;
        const double off = (m.meanOff + std::fabs(c) * (m.scaleOff + 4 * U)) * m.scale * std::fabs(w[channel]);
        ASSERT_TRUE(near(Number::F16, y[g * per * pixels + i], c * m.scale * w[channel] + b[channel],
                         off + 2 * U * std::fabs(b[channel])));
      }
    }
  });
}

TEST_F(TritonRows, SoftmaxWithLoadsInFlight) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int rows = 11, columns = 401, strideX = 416, strideOut = 432;
      const auto x = uniform(Number::F32, rows * strideX, -5, 5);
      const Buffer bx = buffer(Number::F32, x), out = poisoned(Number::F32, rows * strideOut);
      launchTriton("softmax-rows", arch, {3}, bx, out, strideX, strideOut, rows, columns);
      const auto y = out.host();
      for (int r = 0; r < rows; ++r) {
        expectSoftmax(&x[r * strideX], columns, &y[r * strideOut], Number::F32);
        ASSERT_TRUE(out.untouched(r * strideOut + columns, strideOut - columns)) << r;
      }
    }
  });
}

TEST_F(TritonRows, SoftmaxInTwoPassesAndBackward) {
  repeat([&] {
    const int rows = 4, columns = 1100;
    const auto x = uniform(Number::F16, rows * columns, -4, 4);
    const Buffer bx = buffer(Number::F16, x), out = poisoned(Number::F32, x.size());
    launchTriton("softmax-online", 80, {rows}, bx, out, columns);
    const auto y = out.host();
    for (int r = 0; r < rows; ++r)
      expectSoftmax(&x[r * columns], columns, &y[r * columns], Number::F32);

    const int short_ = 496;
    const auto p = uniform(Number::F16, rows * short_, 0, 0.01), g = uniform(Number::F16, rows * short_);
    const Buffer bp = buffer(Number::F16, p), bg = buffer(Number::F16, g), dx = poisoned(Number::F16, p.size());
    launchTriton("softmax-backward", 90, {rows}, bp, bg, dx, short_);
    const auto got = dx.host();
    for (int r = 0; r < rows; ++r) {
      double dot = 0, size = 0;
      for (int i = r * short_; i < (r + 1) * short_; ++i) {
        dot += p[i] * g[i];
        size += std::fabs(p[i] * g[i]);
      }
      for (int i = r * short_; i < (r + 1) * short_; ++i)
        ASSERT_TRUE(
            near(Number::F16, got[i], p[i] * (g[i] - dot), p[i] * (2 * U * std::fabs(g[i]) + (short_ + 3) * U * size)));
    }
  });
}

TEST_F(TritonRows, CrossEntropy) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int rows = 5, columns = 1300, ignored = -100;
      const float smoothing = 0.1f;
      const auto x = uniform(Number::BF16, rows * columns, -6, 6);
      auto labels = whole(rows, 0, columns - 1);
      labels[3] = ignored;
      const Buffer logits = buffer(Number::BF16, x), chosen = buffer(Number::I64, labels),
                   losses = poisoned(Number::F32, rows);
      launchTriton("cross-entropy", arch, {rows}, logits, chosen, losses, columns, ignored, smoothing);
      const auto g = logits.host(), loss = losses.host();
      for (int r = 0; r < rows; ++r) {
        if (labels[r] == ignored) {
          ASSERT_EQ(loss[r], 0);
          for (int i = 0; i < columns; ++i)
            ASSERT_EQ(g[r * columns + i], 0);
          continue;
        }
        const double *v = &x[r * columns], most = *std::max_element(v, v + columns);
        double total = 0, sum = 0, size = 0;
        for (int i = 0; i < columns; ++i) {
          total += std::exp(v[i] - most);
          sum += v[i];
          size += std::fabs(v[i]);
        }
        const double spread = double(smoothing) / columns, norm = most + std::log(total);
        const int label = static_cast<int>(labels[r]);
        const double totalOff = 3 * U * 12 + 0x1p-21 + (columns + 8) * U;
        ASSERT_TRUE(
            near(Number::F32, loss[r], (1 - double(smoothing)) * (norm - v[label]) + smoothing * norm - spread * sum,
                 totalOff + 8 * U * (std::fabs(norm) + std::fabs(v[label])) + spread * size * (columns + 4) * U));
        for (int i = 0; i < columns; ++i) {
          const double p = std::exp(v[i] - most) / total;
          ASSERT_TRUE(near(Number::BF16, g[r * columns + i], p - spread - (i == label ? 1 - double(smoothing) : 0),
                           p * (totalOff + 3 * U * (most - v[i]) + 4 * U) + 2 * U * (i == label) + spread * 4 * U))
              << i;
        }
      }
    }
  });
}

TEST_F(TritonRows, QuantisedToBytes) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int rows = 5, columns = 496;
      const auto x = uniform(Number::F16, rows * columns, -30, 30);
      const Buffer bx = buffer(Number::F16, x), out = poisoned(Number::I8, x.size()),
                   scales = poisoned(Number::F32, rows);
      launchTriton("quantise-rows", arch, {rows}, bx, out, scales, columns);
      const auto y = out.host(), s = scales.host();
      for (int r = 0; r < rows; ++r) {
        double most = 0;
        for (int i = 0; i < columns; ++i)
          most = std::max(most, std::fabs(x[r * columns + i]));
        ASSERT_TRUE(near(Number::F32, s[r], most / 127, most / 127 * 2 * U));
        for (int i = 0; i < columns; ++i) // everything is exact or correctly rounded in single precision
          ASSERT_EQ(y[r * columns + i],
                    std::floor(static_cast<float>(x[r * columns + i]) / static_cast<float>(s[r]) + 0.5f));
      }
    }
  });
}

TEST_F(TritonRows, QuantisedToEightBitFloats) {
  repeat([&] {
    for (const int arch : {89, 90}) {
      const int n = 2900;
      const auto x = uniform(Number::BF16, n, -3, 3);
      const Buffer bx = buffer(Number::BF16, x), out = poisoned(Number::E4M3, n),
                   scales = poisoned(Number::F32, (n + 127) / 128);
      launchTriton("quantise-blocks", arch, {3}, bx, out, scales, n);
      const auto y = out.host(), s = scales.host();
      for (int i = 0; i < n; ++i) {
        const double scale = s[i / 128];
        if (i % 128 == 0) {
          double most = 1e-4;
          for (int j = i; j < std::min(i + 128, n); ++j)
            most = std::max(most, std::fabs(x[j]));
          ASSERT_TRUE(near(Number::F32, scale, most / 448, most / 448 * 2 * U));
        }
        // One quotient of single precision, then rounded to even: a quotient near the middle may go either way.
        ASSERT_TRUE(near(Number::E4M3, y[i], x[i] / scale, std::fabs(x[i] / scale) * 4 * U)) << i;
      }
    }
  });
}

TEST_F(TritonRows, BlockPointersWithACarriedState) {
  repeat([&] {
    const int rows = 53, columns = 70;
    const float decay = 0.9f;
    const auto x = uniform(Number::F32, rows * columns), state = uniform(Number::F32, columns, 0, 1);
    const Buffer bx = buffer(Number::F32, x), bs = buffer(Number::F32, state), out = poisoned(Number::F32, x.size());
    launchTriton("block-pointers", 80, {3}, bx, bs, out, rows, columns, decay);
    const auto y = out.host(), last = bs.host();
    for (int j = 0; j < columns; ++j) {
      double s = state[j];
      for (int i = 0; i < rows; i += 16) {
        double most = 0;
        for (int r = i; r < std::min(i + 16, rows); ++r)
          most = std::max(most, std::fabs(x[r * columns + j]));
        s = s * decay + most * (1 - double(decay));
        for (int r = i; r < std::min(i + 16, rows); ++r) // at most four steps of three roundings of at most 1 each
          ASSERT_TRUE(near(Number::F32, y[r * columns + j], x[r * columns + j] / (s + 1),
                           std::fabs(x[r * columns + j]) * 20 * U));
      }
      ASSERT_TRUE(near(Number::F32, last[j], s, 12 * U));
    }
  });
}

} // namespace
} // namespace tessera::sim
