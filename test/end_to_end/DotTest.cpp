// Matrix products of every type and many shapes, with the error bounds of their precision.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

using namespace tessera;
using namespace tessera::endtoend;

namespace {

struct Product {
  int m, n, k;
  std::string options = "";     ///< of tl.dot: ", input_precision='ieee'"
  std::string accumulator = ""; ///< "tl.float32": there is one, and it is loaded from the output's place in `c`
  bool transposedA = false, transposedB = false;
};

/// C = A B (+ C) of one tile. `bound` is the error relative to sum |a b| (+ |c|).
template <typename A, typename B, typename C>
void checkDot(const Product &p, double bound, double outputRounding, const std::vector<Configuration> &configurations) {
  SCOPED_TRACE(testing::Message() << p.m << "x" << p.n << "x" << p.k << p.options << (p.transposedA ? " A^T" : "")
                                  << (p.transposedB ? " B^T" : "")
                                  << (p.accumulator.empty() ? "" : " with accumulator"));
  const std::string text = R"(
@triton.jit
def f(a_ptr, b_ptr, c_ptr, o_ptr, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, AM: tl.constexpr, AK: tl.constexpr,
      BK: tl.constexpr, BN: tl.constexpr):
    m = tl.arange(0, M)
    n = tl.arange(0, N)
    k = tl.arange(0, K)
    a = tl.load(a_ptr + m[:, None] * AM + k[None, :] * AK)
    b = tl.load(b_ptr + k[:, None] * BK + n[None, :] * BN)
    c = tl.load(c_ptr + m[:, None] * N + n[None, :])
    tl.store(o_ptr + m[:, None] * N + n[None, :], tl.dot(a, b)" +
                           std::string(p.accumulator.empty() ? "" : ", c") + p.options + "))\n";
  const std::size_t m = std::size_t(p.m), n = std::size_t(p.n), k = std::size_t(p.k);
  std::vector<A> a;
  std::vector<B> b;
  std::vector<C> c, out(m * n);
  if constexpr (std::is_integral_v<A>) {
    a = anyIntegers<A>(m * k), b = anyIntegers<B>(k * n), c = integers<C>(m * n, -1000, 1000);
  } else {
    a = normal<A>(m * k), b = normal<B>(k * n), c = normal<C>(m * n, 4);
  }
  const std::size_t am = p.transposedA ? 1 : k, ak = p.transposedA ? m : 1, bk = p.transposedB ? 1 : n,
                    bn = p.transposedB ? k : 1;
  std::vector<double> want(m * n), magnitude(m * n);
  for (std::size_t i = 0; i != m; ++i)
    for (std::size_t j = 0; j != n; ++j) {
      double sum = p.accumulator.empty() ? 0 : toDouble(c[i * n + j]), size = std::abs(sum);
      for (std::size_t l = 0; l != k; ++l) {
        const double product = toDouble(a[i * am + l * ak]) * toDouble(b[l * bk + j * bn]);
        sum += product, size += std::abs(product);
      }
      want[i * n + j] = sum, magnitude[i * n + j] = size;
    }
  Launch launch(text, {{"M", p.m}, {"N", p.n}, {"K", p.k}, {"AM", am}, {"AK", ak}, {"BK", bk}, {"BN", bn}});
  launch.in(a).in(b).in(c).out(out).configurations(configurations);
  launch.everywhere([&] {
    expectNear<C>(out, want, [&](std::size_t i) {
      return bound * magnitude[i] + outputRounding * (std::abs(want[i]) + bound * magnitude[i]);
    });
  });
}

const Product kShapes[] = {{16, 16, 16},
                           {16, 8, 16},
                           {32, 64, 16},
                           {64, 32, 64},
                           {128, 16, 32},
                           {16, 128, 64},
                           {64, 64, 128},
                           {32, 32, 32, "", "", true},
                           {32, 32, 32, "", "", false, true},
                           {64, 16, 32, "", "", true, true}};
const std::vector<Configuration> kTwo = {{"sm_80", 4}, {"sm_90a", 2}};

/// Products of 16-bit floats are exact in float32; tensor cores add them with at least the accuracy of truncating
/// additions in float32: 2u each, K of them.
double accumulated(int k) { return (k + 1) * 2 * 0x1p-24; }

} // namespace

TEST(Dot, Float16) {
  int round = 0;
  for (Product p : kShapes) {
    if (round % 2)
      p.accumulator = "tl.float32";
    checkDot<Half, Half, float>(p, accumulated(p.k), 0x1p-24, round % 3 ? kTwo : everyConfiguration());
    ++round;
  }
}

TEST(Dot, BFloat16) {
  for (const Product &p : kShapes)
    checkDot<BFloat16, BFloat16, float>(p, accumulated(p.k), 0x1p-24, {{"sm_90a", 8}, {"sm_80", 1}});
}

// With out_dtype float16 each product of 16 is rounded to float16: one rounding (of a sum no larger than that of the
// magnitudes) for each instruction, truncation allowed.
TEST(Dot, Float16Output) {
  for (auto [m, n, k] : {std::tuple(16, 16, 16), {64, 32, 64}})
    checkDot<Half, Half, Half>({m, n, k, ", out_dtype=tl.float16"}, (k / 16 + 1) * 2 * 0x1p-11, 0x1p-11,
                               everyConfiguration());
}

// float32 is accurate unless TF32 is asked for.
TEST(Dot, Float32Ieee) {
  for (const Product &p : kShapes) {
    Product q = p;
    q.options = ", input_precision='ieee'";
    checkDot<float, float, float>(q, (p.k + 1) * 0x1p-24, 0x1p-24, kTwo);
  }
}
TEST(Dot, Float32Default) {
  // Three products of TF32 leave out the product of the two low parts: 2^-11 * 2^-11 relative, beside what the
  // additions lose.
  for (auto [m, n, k] : {std::tuple(16, 16, 16), {64, 32, 64}, {32, 32, 128}})
    for (const char *options : {"", ", input_precision='tf32x3'"})
      checkDot<float, float, float>({m, n, k, options}, 3 * accumulated(k) + 4 * 0x1p-22, 0x1p-24, kTwo);
}
TEST(Dot, Float32AsTF32) {
  // Operands of 11 bits: each rounded, or cut off, by at most 2^-10.
  for (auto [m, n, k] : {std::tuple(16, 16, 16), {64, 32, 64}})
    checkDot<float, float, float>({m, n, k, ", input_precision='tf32'"}, 2 * 0x1p-10 + 0x1p-20 + accumulated(k),
                                  0x1p-24, kTwo);
  checkDot<float, float, float>({32, 32, 32, ", allow_tf32=True"}, 2 * 0x1p-10 + 0x1p-20 + accumulated(32), 0x1p-24,
                                kTwo);
  checkDot<float, float, float>({32, 32, 32, ", allow_tf32=False"}, 33 * 0x1p-24, 0x1p-24, kTwo);
}
TEST(Dot, Float32WithAccumulator) {
  checkDot<float, float, float>({32, 64, 32, ", input_precision='ieee'", "tl.float32"}, 34 * 0x1p-24, 0x1p-24,
                                everyConfiguration());
}

TEST(Dot, Float64) {
  for (auto [m, n, k] : {std::tuple(16, 16, 16), {32, 32, 16}, {16, 64, 32}})
    checkDot<double, double, double>({m, n, k}, (k + 1) * 0x1p-53, 0x1p-53, kTwo);
}

TEST(Dot, Int8) {
  for (const Product &p : {Product{16, 16, 32},
                           {32, 32, 64},
                           {64, 16, 32, "", "tl.int32"},
                           {16, 64, 128, ", out_dtype=tl.int32"},
                           {32, 32, 32, "", "", true},
                           {32, 32, 32, "", "", false, true}})
    checkDot<std::int8_t, std::int8_t, std::int32_t>(p, 0, 0, everyConfiguration());
}

TEST(Dot, Float8E5) {
  checkDot<Float8E5M2, Float8E5M2, float>({32, 32, 32}, accumulated(32), 0x1p-24, {{"sm_89", 4}, {"sm_90a", 2}});
}
TEST(Dot, Float8E4) {
  checkDot<Float8E4M3, Float8E4M3, float>({16, 16, 32}, accumulated(32), 0x1p-24, {{"sm_89", 1}, {"sm_90a", 4}});
  checkDot<Float8E4M3, Float8E4M3, float>({64, 32, 64, "", "tl.float32"}, accumulated(64), 0x1p-24,
                                          {{"sm_89", 4}, {"sm_90a", 8}});
}

TEST(Dot, Batched) {
  const char *text = R"(
@triton.jit
def f(a_ptr, b_ptr, o_ptr, B: tl.constexpr, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
    i = tl.arange(0, B)[:, None, None]
    m = tl.arange(0, M)
    n = tl.arange(0, N)
    k = tl.arange(0, K)
    a = tl.load(a_ptr + (i * M + m[None, :, None]) * K + k[None, None, :])
    b = tl.load(b_ptr + (i * K + k[None, :, None]) * N + n[None, None, :])
    tl.store(o_ptr + (i * M + m[None, :, None]) * N + n[None, None, :], tl.dot(a, b))
)";
  for (auto [batch, m, n, k] : {std::tuple(2, 16, 16, 16), {4, 32, 16, 32}, {8, 16, 32, 16}}) {
    std::vector<Half> a = normal<Half>(std::size_t(batch * m * k)), b = normal<Half>(std::size_t(batch * k * n));
    std::vector<float> out(std::size_t(batch * m * n));
    std::vector<double> want(out.size()), magnitude(out.size());
    for (int p = 0; p != batch; ++p)
      for (int i = 0; i != m; ++i)
        for (int j = 0; j != n; ++j)
          for (int l = 0; l != k; ++l) {
            const double product =
                toDouble(a[std::size_t((p * m + i) * k + l)]) * toDouble(b[std::size_t((p * k + l) * n + j)]);
            want[std::size_t((p * m + i) * n + j)] += product,
                magnitude[std::size_t((p * m + i) * n + j)] += std::abs(product);
          }
    Launch launch(text, {{"B", batch}, {"M", m}, {"N", n}, {"K", k}});
    launch.in(a).in(b).out(out).everywhere(
        [&] { expectNear<float>(out, want, [&](std::size_t i) { return accumulated(k) * magnitude[i]; }); });
  }
}

// Two products in a row, the first one's result rounded and used as an operand: the heart of attention.
TEST(Dot, Chained) {
  const char *text = R"(
@triton.jit
def f(a_ptr, b_ptr, c_ptr, o_ptr, N: tl.constexpr):
    i = tl.arange(0, N)
    at = i[:, None] * N + i[None, :]
    p = tl.dot(tl.load(a_ptr + at), tl.load(b_ptr + at)).to(tl.float16)
    tl.store(o_ptr + at, tl.dot(p, tl.trans(tl.load(c_ptr + at))))
)";
  for (int n : {16, 32, 64}) {
    const auto size = std::size_t(n * n);
    std::vector<Half> a = integers<Half>(size, -2, 2), b = integers<Half>(size, -2, 2), c = integers<Half>(size, -2, 2);
    std::vector<float> out(size);
    std::vector<double> want(size);
    for (int i = 0; i != n; ++i)
      for (int j = 0; j != n; ++j) {
        double p = 0; // whole numbers below 2048: exact in float16
        for (int l = 0; l != n; ++l)
          p += toDouble(a[std::size_t(i * n + l)]) * toDouble(b[std::size_t(l * n + j)]);
        for (int q = 0; q != n; ++q)
          want[std::size_t(i * n + q)] += p * toDouble(c[std::size_t(q * n + j)]);
      }
    Launch(text, {{"N", n}}).in(a).in(b).in(c).out(out).everywhere([&] { expectNear(out, want, 0, 0); });
  }
}

// In a loop over k with runtime bounds, masked: the matmul of every tutorial, here exact.
TEST(Dot, LoopOverK) {
  const char *text = R"(
@triton.jit
def f(a_ptr, b_ptr, o_ptr, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    m = tl.program_id(0) * BM + tl.arange(0, BM)
    n = tl.program_id(1) * BN + tl.arange(0, BN)
    k = tl.arange(0, BK)
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for start in range(0, K, BK):
        a = tl.load(a_ptr + m[:, None] * K + (start + k)[None, :], mask=(m[:, None] < M) & (start + k[None, :] < K), other=0.0)
        b = tl.load(b_ptr + (start + k)[:, None] * N + n[None, :], mask=(start + k[:, None] < K) & (n[None, :] < N), other=0.0)
        acc += tl.dot(a, b)
    tl.store(o_ptr + m[:, None] * N + n[None, :], acc, mask=(m[:, None] < M) & (n[None, :] < N))
)";
  for (auto [m, n, k] : {std::tuple(33, 47, 51), {64, 64, 64}, {17, 16, 1}, {1, 100, 96}}) {
    std::vector<Half> a = integers<Half>(std::size_t(m * k), -4, 4), b = integers<Half>(std::size_t(k * n), -4, 4);
    std::vector<float> out(std::size_t(m * n));
    std::vector<double> want(out.size());
    for (int i = 0; i != m; ++i)
      for (int j = 0; j != n; ++j)
        for (int l = 0; l != k; ++l)
          want[std::size_t(i * n + j)] += toDouble(a[std::size_t(i * k + l)]) * toDouble(b[std::size_t(l * n + j)]);
    Launch launch(text, {{"BM", 32}, {"BN", 32}, {"BK", 32}});
    launch.in(a).in(b).out(out).scalar(m).scalar(n).scalar(k).grid({ceilDiv(m, 32), ceilDiv(n, 32)});
    launch.everywhere([&] { expectNear(out, want, 0, 0); });
  }
}
