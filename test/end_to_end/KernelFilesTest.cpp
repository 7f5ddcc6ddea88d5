// Kernels in files as users of Triton keep them, with host code around them, unchanged: they compile for every target
// of the first class and compute what they should. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

#include <numeric>

using namespace tessera;
using namespace tessera::endtoend;

namespace {

std::string file(const char *name) { return std::string(TESSERA_TEST_KERNELS) + "/" + name; }

std::size_t size(int a, int b = 1, int c = 1, int d = 1) {
  return std::size_t(a) * std::size_t(b) * std::size_t(c) * std::size_t(d);
}

std::vector<Configuration> firstClass(int warps) {
  return {{"sm_80", warps}, {"sm_86", warps}, {"sm_89", warps}, {"sm_90a", warps}};
}

} // namespace

TEST(KernelFiles, VectorAdd) {
  for (int n : {1, 1024, 98432, 5000}) {
    std::vector<float> x = normal<float>(size(n)), y = normal<float>(size(n)), out(size(n)), want;
    for (std::size_t i = 0; i != size(n); ++i)
      want.push_back(x[i] + y[i]);
    Launch launch(file("vector_add.py"), {{"BLOCK_SIZE", 1024}});
    launch.in(x)
        .in(y)
        .out(out)
        .scalar(n)
        .grid(ceilDiv(n, 1024))
        .configurations(n == 5000 ? firstClass(4) : firstClass(8));
    if (n > 5000)
      launch.configurations({{"sm_80", 4}});
    launch.everywhere([&] { expectSame(out, want); });
  }
}

TEST(KernelFiles, Softmax) {
  for (auto [rows, cols, block] : {std::tuple(23, 781, 1024), {5, 64, 64}, {3, 1, 2}}) {
    const int stride = cols + 5;
    std::vector<float> x = normal<float>(size(rows, stride), 3), out(size(rows, cols));
    std::vector<double> want;
    for (int r = 0; r != rows; ++r) {
      const float *row = x.data() + r * stride;
      const double top = *std::max_element(row, row + cols);
      double sum = 0;
      for (int c = 0; c != cols; ++c)
        sum += std::exp(row[c] - top);
      for (int c = 0; c != cols; ++c)
        want.push_back(std::exp(row[c] - top) / sum);
    }
    Launch launch(file("softmax.py"), {{"BLOCK_SIZE", block}, {"num_stages", 4}}, "softmax_kernel");
    launch.out(out).in(x).scalar(stride).scalar(cols).scalar(rows).scalar(cols).grid(7).configurations(firstClass(8));
    // The exponential: 2^-22 and 2^-23 for each unit of its argument (at most 25 or so); the sum as much again and 11
    // roundings; 2 ulp of the division.
    const double relative = 2 * (0x1p-22 + 25 * 0x1p-23) + 11 * 0x1p-24 + 2 * 0x1p-23;
    launch.everywhere([&] { expectNear(out, want, relative, 0x1p-126); });
  }
}

TEST(KernelFiles, Matmul) {
  for (auto [m, n, k, activation] :
       {std::tuple(100, 136, 72, ""), {64, 64, 64, "leaky_relu"}, {70, 30, 33, "leaky_relu"}}) {
    std::vector<Half> a = normal<Half>(size(m, k)), b = normal<Half>(size(k, n)), c(size(m, n));
    std::vector<double> want(c.size()), bound(c.size());
    for (int i = 0; i != m; ++i)
      for (int j = 0; j != n; ++j) {
        double sum = 0, magnitude = 0;
        for (int l = 0; l != k; ++l) {
          const double product = toDouble(a[size(i, k) + size(l)]) * toDouble(b[size(l, n) + size(j)]);
          sum += product, magnitude += std::abs(product);
        }
        const std::size_t at = size(i, n) + size(j);
        want[at] = *activation && sum < 0 ? 0.01 * sum : sum;
        bound[at] = magnitude * (k + 1) * 2 * 0x1p-24 + std::abs(want[at]) * 0x1p-11 + 0x1p-25;
      }
    // The second of the file's configurations; ExampleResources tries the first.
    Launch launch(file("matmul.py"),
                  {{"BLOCK_SIZE_M", 64},
                   {"BLOCK_SIZE_N", 64},
                   {"BLOCK_SIZE_K", 32},
                   {"GROUP_SIZE_M", 8},
                   {"ACTIVATION", activation}},
                  "matmul_kernel");
    launch.in(a).in(b).out(c).scalar(m).scalar(n).scalar(k).scalar(k).scalar(1).scalar(n).scalar(1).scalar(n).scalar(1);
    launch.stages(4).grid(ceilDiv(m, 64) * ceilDiv(n, 64)).configurations(firstClass(4));
    launch.everywhere([&] { expectNear<Half>(c, want, [&](std::size_t i) { return bound[i]; }); });
  }
}

TEST(KernelFiles, LayerNorm) {
  for (bool hasBias : {true, false}) {
    const int rows = 5, cols = 1151, stride = 1160;
    std::vector<Half> x = normal<Half>(size(rows, stride), 2), y(size(rows, stride)),
                      w = uniform<Half>(size(cols), 0.5, 1.5), b = normal<Half>(size(cols));
    std::vector<float> mean(rows), rstd(rows);
    std::vector<double> wantMean, wantRstd, want;
    for (int r = 0; r != rows; ++r) {
      double sum = 0, squares = 0;
      for (int c = 0; c != cols; ++c)
        sum += toDouble(x[size(r, stride) + size(c)]);
      const double mu = sum / cols;
      for (int c = 0; c != cols; ++c)
        squares += std::pow(toDouble(x[size(r, stride) + size(c)]) - mu, 2);
      wantMean.push_back(mu), wantRstd.push_back(1 / std::sqrt(squares / cols + 1e-5));
    }
    Launch launch(file("layer_norm.py"), {{"BLOCK_SIZE", 512}}, "_layer_norm_fwd_fused");
    launch.in(x).out(y).in(w);
    hasBias ? launch.in(b) : launch.null();
    launch.out(mean).out(rstd).scalar(stride).scalar(cols).scalar(1e-5f).grid(rows).configurations(firstClass(2));
    launch.everywhere([&] {
      // Sums of numbers of size 8 at most: 12 levels of a tree; square root and division within 2^-22.
      expectNear(mean, wantMean, 0, 12 * 0x1p-24 * 8);
      expectNear(rstd, wantRstd, 0x1p-20, 0);
      for (int r = 0; r != rows; ++r)
        for (int c = 0; c != cols; ++c) {
          const std::size_t at = size(r, stride) + size(c);
          const double hat = (toDouble(x[at]) - wantMean[size(r)]) * wantRstd[size(r)];
          const double exact = hat * toDouble(w[size(c)]) + (hasBias ? toDouble(b[size(c)]) : 0);
          ASSERT_NEAR(toDouble(y[at]), exact, 0x1p-11 * std::abs(exact) + 0x1p-18 * 8) << r << ", " << c;
        }
    });
  }
}

TEST(KernelFiles, Attention) {
  for (auto [causal, context, dim] : {std::tuple(false, 128, 64), {true, 128, 64}, {true, 256, 32}}) {
    const int batch = 1, heads = 2;
    SCOPED_TRACE(testing::Message() << (causal ? "causal " : "full ") << context << ", head dimension " << dim);
    const std::size_t count = size(batch, heads, context, dim);
    std::vector<Half> q = normal<Half>(count), k = normal<Half>(count), v = normal<Half>(count), out(count);
    std::vector<float> lse(size(batch, heads, context));
    const float scale = 0.125f;
    std::vector<double> want(count), wantLse(lse.size());
    for (std::size_t h = 0; h != size(batch, heads); ++h)
      for (std::size_t i = 0; i != size(context); ++i) {
        const std::size_t base = h * size(context, dim);
        const std::size_t end = causal ? i + 1 : size(context);
        std::vector<double> score(end);
        for (std::size_t j = 0; j != end; ++j) {
          for (std::size_t d = 0; d != size(dim); ++d)
            score[j] += toDouble(q[base + i * size(dim) + d]) * toDouble(k[base + j * size(dim) + d]);
          score[j] *= scale;
        }
        const double top = *std::max_element(score.begin(), score.end());
        double sum = 0;
        for (double &s : score)
          sum += s = std::exp(s - top);
        wantLse[h * size(context) + i] = (top + std::log(sum)) * 1.4426950408889634;
        for (std::size_t j = 0; j != end; ++j)
          for (std::size_t d = 0; d != size(dim); ++d)
            want[base + i * size(dim) + d] += score[j] / sum * toDouble(v[base + j * size(dim) + d]);
      }
    Launch launch(file("attention.py"),
                  {{"HEAD_DIM", dim}, {"BLOCK_M", 64}, {"BLOCK_N", 32}, {"STAGE", causal ? 3 : 1}}, "_attn_fwd");
    launch.in(q).in(k).in(v).scalar(scale).out(lse).out(out);
    for (int tensor = 0; tensor != 4; ++tensor)
      launch.scalar(heads * context * dim).scalar(context * dim).scalar(dim).scalar(1);
    launch.scalar(batch).scalar(heads).scalar(context).grid({context / 64, batch * heads});
    launch.configurations(context == 128 ? firstClass(4) : std::vector<Configuration>{{"sm_80", 8}, {"sm_90a", 4}});
    // The weights are rounded to float16, relative to the largest of the row (2^-11), and multiply values of size 4.5
    // at most; the sums' and the exponentials' errors are far below. The result is rounded once more. The file's kernel
    // starts its sum at 1 and forgets that 1 when it meets its first maximum (alpha is then zero), so that nothing of
    // it is left.
    launch.everywhere([&] {
      expectNear(lse, wantLse, 0, 1e-4);
      expectNear(out, want, 0x1p-11, 4.5 * (0x1p-11 + 0x1p-16));
    });
  }
}

TEST(KernelFiles, SeededDropout) {
  const int n = 3000;
  std::vector<float> x = uniform<float>(size(n), 1, 2), out(size(n)), again(size(n));
  auto run = [&](std::vector<float> &result, int seed, const Configuration &configuration) {
    Launch launch(file("dropout.py"), {{"BLOCK_SIZE", 512}}, "_seeded_dropout");
    launch.in(x).out(result).scalar(n).scalar(0.25f).scalar(seed).grid(ceilDiv(n, 512)).run(configuration);
  };
  run(out, 123, {"sm_80", 4});
  int kept = 0;
  for (std::size_t i = 0; i != size(n); ++i) {
    if (out[i] != 0)
      EXPECT_NEAR(out[i], x[i] / 0.75, x[i] * 0x1p-21);
    kept += out[i] != 0;
  }
  EXPECT_NEAR(kept, 0.75 * n, 5 * std::sqrt(n * 0.25 * 0.75)) << "five standard deviations";
  run(again, 123, {"sm_90a", 1});
  expectSame(again, out, "the same seed: element");
  run(again, 512, {"sm_80", 2});
  EXPECT_NE(again, out);
}

TEST(KernelFiles, RmsNorm) {
  for (bool hasResidual : {false, true}) {
    const int rows = 4, cols = 300;
    std::vector<BFloat16> x = normal<BFloat16>(size(rows, cols)), y(x.size()),
                          w = uniform<BFloat16>(size(cols), -0.5, 0.5);
    const std::vector<BFloat16> residual = normal<BFloat16>(x.size());
    std::vector<BFloat16> sum = residual;
    Launch launch(file("rms_norm.py"), {{"HAS_RESIDUAL", hasResidual}, {"BLOCK_SIZE", 512}}, "rms_norm_kernel");
    launch.out(y);
    hasResidual ? launch.inout(sum) : launch.null();
    launch.in(x).in(w).scalar(std::int64_t(cols)).scalar(cols).scalar(1e-6f).scalar(1.0f).grid(rows).everywhere([&] {
      for (int r = 0; r != rows; ++r) {
        double squares = 0;
        std::vector<double> row;
        for (int c = 0; c != cols; ++c) {
          const std::size_t at = size(r, cols) + size(c);
          row.push_back(toDouble(x[at]) + (hasResidual ? toDouble(residual[at]) : 0));
          squares += row.back() * row.back();
        }
        const double factor = 1 / std::sqrt(squares / cols + 1e-6);
        for (int c = 0; c != cols; ++c) {
          const std::size_t at = size(r, cols) + size(c);
          const double weight = 1 + toDouble(w[size(c)]), want = row[size(c)] * factor * weight;
          // Rounded to bfloat16 in three places: the normalised value, 1 + w, the product.
          ASSERT_NEAR(toDouble(y[at]), want, std::abs(want) * 3.1 * 0x1p-8) << r << ", " << c;
          if (hasResidual)
            ASSERT_NEAR(toDouble(sum[at]), row[size(c)], std::abs(row[size(c)]) * 0x1p-8);
        }
      }
    });
  }
}

TEST(KernelFiles, RotaryEmbedding) {
  const int tokens = 6, context = 3, heads = 3, keyHeads = 2, dim = 32;
  const std::vector<float> q0 = normal<float>(size(tokens, heads, dim)),
                           k0 = normal<float>(size(tokens, keyHeads, dim));
  std::vector<float> cosine, sine;
  for (double angle : uniform<double>(size(context, dim / 2), -3, 3))
    cosine.push_back(float(std::cos(angle))), sine.push_back(float(std::sin(angle)));
  for (bool backward : {false, true}) {
    std::vector<float> q = q0, k = k0;
    Launch launch(file("rms_norm.py"),
                  {{"n_qh", heads},
                   {"n_kh", keyHeads},
                   {"hd", dim},
                   {"pad_n_qh", 4},
                   {"pad_n_kh", 2},
                   {"BACKWARD_PASS", backward}},
                  "rope_kernel");
    launch.inout(q)
        .scalar(heads * dim)
        .inout(k)
        .scalar(keyHeads * dim)
        .in(cosine)
        .in(sine)
        .scalar(context)
        .grid(tokens);
    launch.everywhere([&] {
      auto check = [&](const std::vector<float> &got, const std::vector<float> &from, int n) {
        std::vector<double> want(from.size());
        for (int t = 0; t != tokens; ++t)
          for (int h = 0; h != n; ++h)
            for (int d = 0; d != dim / 2; ++d) {
              const std::size_t at = size(t, n, dim) + size(h, dim) + size(d), half = size(dim / 2);
              const double c = cosine[size(t % context, dim / 2) + size(d)],
                           s = sine[size(t % context, dim / 2) + size(d)] * (backward ? -1 : 1);
              want[at] = from[at] * c - from[at + half] * s;
              want[at + half] = from[at + half] * c + from[at] * s;
            }
        expectNear(got, want, 0, 3 * 0x1p-24 * 8); // two products and a sum of numbers of size 4
      };
      check(q, q0, heads);
      check(k, k0, keyHeads);
    });
  }
}

TEST(KernelFiles, CrossEntropy) {
  for (auto [cols, smoothing, reduction] : {std::tuple(1000, 0.0, "mean"), {777, 0.1, "mean"}, {128, 0.0, "sum"}}) {
    const int rows = 6;
    const std::vector<float> logits = normal<float>(size(rows, cols), 2);
    std::vector<float> x = logits, loss(rows);
    std::vector<std::int64_t> label = integers<std::int64_t>(rows, 0, cols - 1);
    label[2] = -100;
    const int counted = rows - 1;
    std::vector<double> wantLoss(rows), want(x.size());
    for (int r = 0; r != rows; ++r) {
      if (label[size(r)] == -100)
        continue;
      double sum = 0, total = 0;
      for (int c = 0; c != cols; ++c)
        sum += std::exp(double(logits[size(r, cols) + size(c)])), total += logits[size(r, cols) + size(c)];
      const double lse = std::log(sum), share = std::string(reduction) == "mean" ? counted : 1;
      const double plain = lse - logits[size(r, cols) + std::size_t(label[size(r)])];
      wantLoss[size(r)] = ((1 - smoothing) * plain + smoothing * (lse - total / cols)) / share;
      for (int c = 0; c != cols; ++c)
        want[size(r, cols) + size(c)] = (std::exp(logits[size(r, cols) + size(c)] - lse) - smoothing / cols -
                                         (c == label[size(r)] ? 1 - smoothing : 0)) /
                                        share;
    }
    Launch launch(file("cross_entropy.py"),
                  {{"label_smoothing", smoothing}, {"reduction", reduction}, {"BLOCK_SIZE", 256}});
    launch.inout(x).scalar(cols).in(label).scalar(1).out(loss).scalar(1).scalar(cols).scalar(counted).scalar(-100).grid(
        rows);
    // Exponentials of arguments down to -16, sums of 1000 in trees: 2^-18 is more than all of it, relative to numbers
    // of size 16 and 1.
    launch.everywhere([&] {
      expectNear(loss, wantLoss, 0, 16 * 0x1p-20);
      expectNear(x, want, 0x1p-18, 0x1p-22);
    });
  }
}

TEST(KernelFiles, QuantizedMatmul) {
  const int m = 45, n = 40, k = 96;
  std::vector<float> x = normal<float>(size(m, k)), top(size(m));
  std::vector<std::int8_t> rounded(size(m, k));
  Launch quantize(file("quantized.py"), {{"BLOCK_SIZE", k}, {"P2", 128}}, "_quantize_rowwise");
  quantize.in(x).out(rounded).out(top).scalar(m * k).grid(m).configurations({{"sm_80", 1}, {"sm_90a", 4}});
  quantize.everywhere([&] {
    for (int r = 0; r != m; ++r) {
      float largest = 0;
      for (int c = 0; c != k; ++c)
        largest = std::max(largest, std::abs(x[size(r, k) + size(c)]));
      ASSERT_EQ(top[size(r)], largest);
      for (int c = 0; c != k; ++c) // 127 * x / max within a few ulp of 127, so that only true ties may go either way
        ASSERT_NEAR(rounded[size(r, k) + size(c)], 127.0 * x[size(r, k) + size(c)] / largest, 0.5 + 127 * 0x1p-22);
    }
  });

  std::vector<std::int8_t> b = anyIntegers<std::int8_t>(size(k, n));
  std::vector<float> scaleN = uniform<float>(size(n), 0.5, 2), bias = normal<float>(size(n)), c(size(m, n));
  std::vector<double> want(c.size()), bound(c.size());
  for (int i = 0; i != m; ++i)
    for (int j = 0; j != n; ++j) {
      std::int64_t sum = 0;
      for (int l = 0; l != k; ++l)
        sum += rounded[size(i, k) + size(l)] * b[size(j, k) + size(l)]; // B is stored by columns
      const std::size_t at = size(i, n) + size(j);
      const double scaled = double(sum) * (1.0 / (127 * 127)) * top[size(i)] * scaleN[size(j)];
      want[at] = scaled + bias[size(j)];
      bound[at] = 5 * 0x1p-24 * std::abs(scaled) + 0x1p-24 * std::abs(want[at]);
    }
  // The bias is padded to whole tiles: the file's kernel reads it without a mask.
  std::vector<float> padded = bias;
  padded.resize(64);
  for (bool even : {true, false}) {
    Launch launch(file("quantized.py"),
                  {{"divfactor", 1.0 / (127 * 127)},
                   {"has_bias", true},
                   {"BLOCK_M", 32},
                   {"BLOCK_N", 32},
                   {"BLOCK_K", even ? 32 : 64},
                   {"GROUP_M", 8},
                   {"EVEN_K", even},
                   {"ACC_TYPE", ConstexprValue::parse("tl.int32")}},
                  "_int8_matmul_rowwise_dequantize");
    launch.in(rounded).in(b).out(c).in(padded).in(top).in(scaleN).scalar(m).scalar(n).scalar(k);
    launch.scalar(k).scalar(1).scalar(1).scalar(k).scalar(n).scalar(1).grid(ceilDiv(m, 32) * ceilDiv(n, 32));
    launch.configurations({{"sm_80", 4}, {"sm_90a", 2}});
    launch.everywhere([&] { expectNear<float>(c, want, [&](std::size_t i) { return bound[i]; }); });
  }
}

TEST(KernelFiles, LayerNormBackward) {
  const int rows = 11, cols = 100, groups = 4;
  std::vector<float> x = normal<float>(size(rows, cols)), dy = normal<float>(x.size()),
                     w = uniform<float>(size(cols), 0.5, 1.5), mean, rstd, dx(x.size()), dw(size(groups, cols)),
                     db(dw.size());
  std::vector<double> wantDx, wantDw(size(cols)), wantDb(size(cols));
  for (int r = 0; r != rows; ++r) {
    double sum = 0, squares = 0, c1 = 0, c2 = 0;
    for (int c = 0; c != cols; ++c)
      sum += x[size(r, cols) + size(c)];
    mean.push_back(float(sum / cols));
    for (int c = 0; c != cols; ++c)
      squares += std::pow(x[size(r, cols) + size(c)] - mean.back(), 2);
    rstd.push_back(float(1 / std::sqrt(squares / cols)));
    auto hat = [&](int c) { return (double(x[size(r, cols) + size(c)]) - mean.back()) * rstd.back(); };
    for (int c = 0; c != cols; ++c) {
      const double g = dy[size(r, cols) + size(c)];
      c1 += hat(c) * w[size(c)] * g / cols, c2 += w[size(c)] * g / cols;
      wantDw[size(c)] += g * hat(c), wantDb[size(c)] += g;
    }
    for (int c = 0; c != cols; ++c)
      wantDx.push_back((double(w[size(c)]) * dy[size(r, cols) + size(c)] - (hat(c) * c1 + c2)) * rstd.back());
  }
  for (const Configuration &configuration : {Configuration{"sm_80", 4}, {"sm_90a", 1}, {"sm_90a", 8}}) {
    SCOPED_TRACE(testing::PrintToString(configuration));
    std::vector<int> lock(size(2 * groups));
    Launch first(file("layer_norm_backward.py"), {{"GROUP_SIZE_M", groups}, {"BLOCK_SIZE_N", 128}},
                 "_layer_norm_bwd_dx_fused");
    first.out(dx).in(dy).out(dw).out(db).in(x).in(w).in(mean).in(rstd).inout(lock).scalar(cols).scalar(cols).grid(rows);
    ASSERT_TRUE(first.run(configuration));
    expectNear(dx, wantDx, 0, 0x1p-24 * 16 * 8); // a dozen roundings of numbers of size 16
    std::vector<float> finalDw(size(cols)), finalDb(size(cols));
    Launch second(file("layer_norm_backward.py"), {{"BLOCK_SIZE_M", 32}, {"BLOCK_SIZE_N", 128}},
                  "_layer_norm_bwd_dwdb");
    second.in(dw).in(db).out(finalDw).out(finalDb).scalar(groups).scalar(cols);
    ASSERT_TRUE(second.run(configuration));
    expectNear(finalDw, wantDw, 0, 0x1p-24 * 16 * rows * 3);
    expectNear(finalDb, wantDb, 0, 0x1p-24 * 16 * rows);
  }
}

TEST(KernelFiles, GatedActivations) {
  for (const char *activation : {"silu", "gelu", ""}) {
    const int rows = 3, cols = 200;
    std::vector<Half> a = normal<Half>(size(rows, cols), 2), b = normal<Half>(size(rows, cols)), c(a.size());
    std::vector<double> want;
    for (std::size_t i = 0; i != a.size(); ++i) {
      const double v = toDouble(a[i]);
      const double act = *activation == 's'   ? v / (1 + std::exp(-v))
                         : *activation == 'g' ? 0.5 * v * (1 + std::erf(v * M_SQRT1_2))
                                              : v;
      want.push_back(act * toDouble(b[i]));
    }
    Launch launch(file("operators.py"), {{"n_cols", cols}, {"BLOCK_SIZE", 256}, {"ACT", activation}},
                  "gated_activation_kernel");
    // Two roundings to float16, and float32's in front of them: 1 + erf loses up to 2^-23 absolutely where x is very
    // negative.
    launch.in(a).in(b).out(c).scalar(cols).grid(rows).everywhere(
        [&] { expectNear(c, want, 2.05 * 0x1p-11, 0x1p-20 + 2 * 0x1p-25); });
  }
}

TEST(KernelFiles, CausalConvolution) {
  for (auto [width, hasBias] : {std::pair(4, true), {3, false}}) {
    const int time = 50, channels = 40;
    std::vector<float> x = normal<float>(size(time, channels)), w = normal<float>(size(channels, width)),
                       bias = normal<float>(size(channels)), out(x.size());
    std::vector<double> want;
    for (int t = 0; t != time; ++t)
      for (int d = 0; d != channels; ++d) {
        double sum = hasBias ? bias[size(d)] : 0;
        for (int k = 0; k != width; ++k)
          if (const int from = t + k - width + 1; from >= 0)
            sum += double(x[size(from, channels) + size(d)]) * w[size(d, width) + size(k)];
        want.push_back(sum / (1 + std::exp(-sum)));
      }
    Launch launch(file("operators.py"), {{"WIDTH", width}, {"BT", 16}, {"BD", 32}}, "causal_conv1d_kernel");
    launch.in(x).in(w);
    hasBias ? launch.in(bias) : launch.null();
    launch.out(out).scalar(time).scalar(channels).grid({ceilDiv(time, 16), ceilDiv(channels, 32)}).everywhere([&] {
      expectNear(out, want, 20 * 0x1p-23, 0x1p-24 * 64); // sums of five numbers of size 12; the exponential
    });
  }
}

TEST(KernelFiles, ChunkedCumulativeSum) {
  const int time = 100, width = 64;
  std::vector<float> x = integers<float>(size(time, width), -9, 9), out(x.size());
  std::vector<double> want(x.size());
  for (int t = 0; t != time; ++t)
    for (int s = 0; s != width; ++s)
      want[size(t, width) + size(s)] = x[size(t, width) + size(s)] + (t ? want[size(t - 1, width) + size(s)] : 0);
  Launch launch(file("operators.py"), {{"S", width}, {"BT", 32}, {"BS", 32}}, "chunked_cumsum_kernel");
  launch.in(x).out(out).scalar(time).grid(2).everywhere([&] { expectNear(out, want, 0, 0); });
}

TEST(KernelFiles, EmbeddingHistogramTopK) {
  const int vocabulary = 50, tokens = 33, dim = 72;
  std::vector<BFloat16> table = normal<BFloat16>(size(vocabulary, dim)), out(size(tokens, dim)), want;
  std::vector<std::int32_t> index = integers<std::int32_t>(size(tokens), 0, vocabulary - 1);
  for (int i : index)
    want.insert(want.end(), table.begin() + i * dim, table.begin() + (i + 1) * dim);
  Launch embed(file("operators.py"), {{"embedding_dim", dim}, {"BLOCK_SIZE_M", 16}, {"BLOCK_SIZE_N", 64}},
               "embedding_kernel");
  embed.in(table).in(index).out(out).scalar(tokens).grid({ceilDiv(tokens, 16), ceilDiv(dim, 64)}).everywhere([&] {
    expectSame(out, want);
  });

  std::vector<int> x = integers<int>(3000, -1, 20), counts(16), wantCounts(16);
  for (int v : x)
    if (v >= 0 && v < 16)
      ++wantCounts[size(v)];
  Launch histogram(file("operators.py"), {{"BINS", 16}, {"BLOCK", 512}}, "histogram_kernel");
  histogram.in(x).inout(counts).scalar(3000).grid(6).everywhere([&] { expectSame(counts, wantCounts); });

  const int rows = 4, cols = 100, k = 5;
  std::vector<float> m = integers<float>(size(rows, cols), -30, 30), values(size(rows, k)), wantValues;
  std::vector<int> places(size(rows, k)), wantPlaces;
  for (int r = 0; r != rows; ++r) {
    std::vector<int> order(size(cols));
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int a, int b) {
      return std::pair(-m[size(r, cols) + size(a)], a) < std::pair(-m[size(r, cols) + size(b)], b);
    });
    for (int i = 0; i != k; ++i)
      wantPlaces.push_back(order[size(i)]), wantValues.push_back(m[size(r, cols) + size(order[size(i)])]);
  }
  Launch top(file("operators.py"), {{"K", k}, {"BLOCK", 128}}, "topk_rows_kernel");
  top.in(m).out(values).out(places).scalar(cols).grid(rows).everywhere([&] {
    expectSame(values, wantValues);
    expectSame(places, wantPlaces);
  });
}

TEST(KernelFiles, GroupedMatmul) {
  // The products' buffers are made here, since their addresses go into device memory.
  struct Problem {
    int m, n, k;
  };
  const Problem problems[] = {{64, 64, 64}, {32, 96, 32}, {96, 32, 128}};
  const Device &device = simulator();
  for (const Configuration &configuration : {Configuration{"sm_80", 4}, {"sm_90a", 2}}) {
    std::vector<Buffer<Half>> a, b, c;
    std::vector<std::vector<Half>> hostA, hostB;
    std::vector<std::int64_t> pointersA, pointersB, pointersC;
    std::vector<int> sizes, leading;
    for (auto [m, n, k] : problems) {
      hostA.push_back(integers<Half>(size(m, k), -3, 3)), hostB.push_back(integers<Half>(size(k, n), -3, 3));
      a.push_back(*Buffer<Half>::from(device, hostA.back())), b.push_back(*Buffer<Half>::from(device, hostB.back()));
      c.emplace_back(device, size(m, n));
      ASSERT_TRUE(c.back().rawBuffer().fillBytes(0xff));
      pointersA.push_back(std::int64_t(a.back().address())), pointersB.push_back(std::int64_t(b.back().address()));
      pointersC.push_back(std::int64_t(c.back().address()));
      sizes.insert(sizes.end(), {m, n, k}), leading.insert(leading.end(), {k, n, n});
    }
    Launch launch(file("grouped_gemm.py"),
                  {{"NUM_SM", 4}, {"BLOCK_SIZE_M", 32}, {"BLOCK_SIZE_N", 32}, {"BLOCK_SIZE_K", 32}},
                  "grouped_matmul_kernel");
    launch.in(pointersA).in(pointersB).in(pointersC).in(sizes).in(leading).scalar(3).grid(4);
    ASSERT_TRUE(launch.run(configuration));
    for (std::size_t p = 0; p != 3; ++p) {
      auto [m, n, k] = problems[p];
      std::vector<double> want(size(m, n));
      for (int i = 0; i != m; ++i)
        for (int j = 0; j != n; ++j)
          for (int l = 0; l != k; ++l) // whole numbers of at most 1152: exact in float16
            want[size(i, n) + size(j)] +=
                toDouble(hostA[p][size(i, k) + size(l)]) * toDouble(hostB[p][size(l, n) + size(j)]);
      expectNear(*c[p].toVector(), want, 0, 0);
    }
  }
}
