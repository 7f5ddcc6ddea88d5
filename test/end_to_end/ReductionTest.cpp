// Reductions, scans, sorting, gathers and histograms, along each axis, across registers, lanes and warps.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

#include <algorithm>
#include <numeric>

using namespace tessera;
using namespace tessera::endtoend;

namespace {

/// A tensor of rank 3 (sides that are 1 may stand in front), its places numbered row-major.
struct Shape {
  int sides[3];
  int size() const { return sides[0] * sides[1] * sides[2]; }
  int stride(int axis) const { return axis == 2 ? 1 : axis == 1 ? sides[2] : sides[1] * sides[2]; }
  /// Calls fn(first element of a line along `axis`, number of the line) for each line, in row-major order of the lines.
  template <typename F> void lines(int axis, F fn) const {
    int number = 0;
    for (int i = 0; i != size(); ++i)
      if (i / stride(axis) % sides[axis] == 0)
        fn(i, number++);
  }
};

/// Loads the tensor as `x`, evaluates `body`, which stores.
std::string withTensor(const Shape &shape, const std::string &parameters, const std::string &body,
                       const std::string &functions = "") {
  auto [a, b, c] = shape.sides;
  const std::string sides = std::to_string(a) + ", " + std::to_string(b) + ", " + std::to_string(c);
  return functions + "@triton.jit\ndef f(x_ptr, " + parameters + "):\n    N0: tl.constexpr = " + std::to_string(a) +
         "\n    N1: tl.constexpr = " + std::to_string(b) + "\n    N2: tl.constexpr = " + std::to_string(c) +
         "\n    i0 = tl.arange(0, N0)[:, None, None]\n    i1 = tl.arange(0, N1)[None, :, None]\n"
         "    i2 = tl.arange(0, N2)[None, None, :]\n    offsets = (i0 * N1 + i1) * N2 + i2\n    x = tl.load(x_ptr + "
         "offsets)\n" +
         body;
}

/// The offsets of the lines of a reduction along `axis`, as text of rank 2 (or 3 with keep_dims).
std::string lineOffsets(int axis, bool keepDims) {
  const char *all[] = {"i1 * N2 + i2", "i0 * N2 + i2", "i0 * N1 + i1"};
  if (keepDims)
    return all[axis];
  const char *reduced[] = {"tl.arange(0, N1)[:, None] * N2 + tl.arange(0, N2)[None, :]",
                           "tl.arange(0, N0)[:, None] * N2 + tl.arange(0, N2)[None, :]",
                           "tl.arange(0, N0)[:, None] * N1 + tl.arange(0, N1)[None, :]"};
  return reduced[axis];
}

const Shape kShapes[] = {{{1, 1, 1024}}, {{2, 16, 32}}, {{32, 8, 2}}, {{1, 64, 64}}, {{4, 1, 16}}, {{1, 2, 1}}};

} // namespace

template <typename T> class Reductions : public testing::Test {};
using ReductionTypes =
    testing::Types<std::int8_t, std::int32_t, std::int64_t, std::uint32_t, Half, BFloat16, float, double>;
TYPED_TEST_SUITE(Reductions, ReductionTypes);

// Sums of small integers are exact in every order; so are extremes.
TYPED_TEST(Reductions, SumMaxMin) {
  using T = TypeParam;
  // int8 is summed in int32, as in Triton; uint32 and up in themselves; small floats in themselves.
  using Sum = std::conditional_t<std::is_integral_v<T> && sizeof(T) < 4, std::int32_t, T>;
  int round = 0;
  for (const Shape &shape : kShapes)
    for (int axis = 0; axis != 3; ++axis) {
      if (shape.sides[axis] == 1 && shape.size() > 64)
        continue;
      const bool keepDims = (round + axis) % 2;
      const Configuration configuration = everyConfiguration()[std::size_t(round++ % 4)];
      SCOPED_TRACE(testing::Message() << shape.sides[0] << "x" << shape.sides[1] << "x" << shape.sides[2] << " along "
                                      << axis << (keepDims ? " kept" : ""));
      const std::string arguments = std::to_string(axis) + (keepDims ? ", keep_dims=True" : "");
      const std::string text =
          withTensor(shape, "sum_ptr, max_ptr, min_ptr",
                     "    at = " + lineOffsets(axis, keepDims) + "\n    tl.store(sum_ptr + at, tl.sum(x, " + arguments +
                         "))\n    tl.store(max_ptr + at, tl.max(x, " + arguments +
                         "))\n    tl.store(min_ptr + at, x.min(" + arguments + "))\n");
      std::vector<T> x =
          integers<T>(std::size_t(shape.size()), std::is_signed_v<T> || !std::is_integral_v<T> ? -1 : 0, 2);
      const std::size_t lines = std::size_t(shape.size() / shape.sides[axis]);
      std::vector<Sum> sum(lines);
      std::vector<T> max(lines), min(lines), wantMax(lines), wantMin(lines);
      std::vector<double> wantSum(lines);
      shape.lines(axis, [&](int first, int line) {
        double s = 0, hi = -1e9, lo = 1e9;
        for (int k = 0; k != shape.sides[axis]; ++k) {
          const double v = toDouble(x[std::size_t(first + k * shape.stride(axis))]);
          s += v, hi = std::max(hi, v), lo = std::min(lo, v);
        }
        wantSum[std::size_t(line)] = s, wantMax[std::size_t(line)] = fromDouble<T>(hi),
        wantMin[std::size_t(line)] = fromDouble<T>(lo);
      });
      Launch launch(text);
      launch.in(x).out(sum).out(max).out(min);
      if (!launch.run(configuration))
        continue;
      // Exact as long as partial sums have few enough bits: bfloat16 has 8, so that long lines may be rounded.
      const double loose =
          std::is_same_v<T, BFloat16> ? shape.sides[axis] * 2 * 0x1p-8 * std::sqrt(shape.sides[axis]) : 0;
      expectNear(sum, wantSum, [&](std::size_t) { return shape.sides[axis] > 64 ? loose : 0; }, "sum");
      expectSame(max, wantMax, "maximum");
      expectSame(min, wantMin, "minimum");
    }
}

// The error of a sum of n terms in any order is at most (n - 1) u sum |x|; a tree's is log2 n.
TEST(Reduction, SumOfFloats) {
  for (int n : {32, 512, 4096}) {
    const std::string text = "@triton.jit\ndef f(x, o, N: tl.constexpr):\n"
                             "    tl.store(o, tl.sum(tl.load(x + tl.arange(0, N)), axis=0))\n"
                             "    tl.store(o + 1, tl.load(x + tl.arange(0, N)).sum())\n";
    std::vector<float> x = normal<float>(std::size_t(n)), out(2);
    double want = 0, magnitude = 0;
    for (float v : x)
      want += v, magnitude += std::abs(v);
    Launch launch(text, {{"N", n}});
    launch.in(x).out(out).everywhere(
        [&] { expectNear(out, {want, want}, 0, (std::log2(n) + 1) * 0x1p-24 * magnitude); });
  }
}

TEST(Reduction, WholeTensor) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, M: tl.constexpr, N: tl.constexpr):
    x = tl.load(x_ptr + tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :])
    tl.store(o, tl.sum(x))
    tl.store(o + 1, tl.max(x))
    tl.store(o + 2, tl.xor_sum(x, axis=None))
    tl.store(o + 3, tl.sum(tl.sum(x, axis=1), axis=0))
    tl.store(o + 4, tl.sum((x > 0).to(tl.int32)))
    tl.store(o + 5, tl.sum(x > 0))
)";
  std::vector<int> x = anyIntegers<int>(64 * 32), out(6), want(6);
  want[1] = INT_MIN;
  for (int v : x) {
    want[0] = int(unsigned(want[0]) + unsigned(v)), want[1] = std::max(want[1], v), want[2] ^= v, want[4] += v > 0;
  }
  want[3] = want[0], want[5] = want[4];
  Launch(text, {{"M", 64}, {"N", 32}}).in(x).out(out).everywhere([&] { expectSame(out, want); });
}

TEST(Reduction, ArgMaxAndMin) {
  for (const Shape &shape : kShapes)
    for (int axis = 0; axis != 3; ++axis) {
      if (shape.sides[axis] == 1)
        continue;
      SCOPED_TRACE(testing::Message() << shape.sides[0] << "x" << shape.sides[1] << "x" << shape.sides[2] << " along "
                                      << axis);
      const std::string a = std::to_string(axis);
      const std::string text =
          withTensor(shape, "first_ptr, low_ptr, value_ptr, index_ptr",
                     "    at = " + lineOffsets(axis, false) + "\n    tl.store(first_ptr + at, tl.argmax(x, " + a +
                         "))\n    tl.store(low_ptr + at, tl.argmin(x, axis=" + a +
                         ", tie_break_left=True))\n    value, index = tl.max(x, " + a +
                         ", return_indices=True)\n    tl.store(value_ptr + at, value)\n"
                         "    tl.store(index_ptr + at, index)\n");
      std::vector<float> x = integers<float>(std::size_t(shape.size()), -3, 3); // many ties
      const std::size_t lines = std::size_t(shape.size() / shape.sides[axis]);
      std::vector<int> first(lines), low(lines), index(lines), wantFirst(lines), wantLow(lines);
      std::vector<float> value(lines), wantValue(lines);
      shape.lines(axis, [&](int begin, int line) {
        int hi = 0, lo = 0;
        auto at = [&](int k) { return x[std::size_t(begin + k * shape.stride(axis))]; };
        for (int k = 1; k != shape.sides[axis]; ++k)
          hi = at(k) > at(hi) ? k : hi, lo = at(k) < at(lo) ? k : lo;
        wantFirst[std::size_t(line)] = hi, wantLow[std::size_t(line)] = lo, wantValue[std::size_t(line)] = at(hi);
      });
      Launch launch(text);
      launch.in(x).out(first).out(low).out(value).out(index).configurations({{"sm_80", 8}, {"sm_90a", 2}});
      launch.everywhere([&] {
        expectSame(first, wantFirst, "argmax");
        expectSame(low, wantLow, "argmin");
        expectSame(value, wantValue, "maximum");
        expectSame(index, wantFirst, "index of maximum");
      });
    }
}

TEST(Reduction, ArgMaxOfHalfAndInt) {
  const char *text = R"(
@triton.jit
def f(x_ptr, y_ptr, o, N: tl.constexpr):
    x = tl.load(x_ptr + tl.arange(0, N))
    y = tl.load(y_ptr + tl.arange(0, N))
    tl.store(o, tl.argmax(x, axis=0))
    tl.store(o + 1, tl.argmin(y, axis=0))
)";
  std::vector<Half> x = normal<Half>(512);
  std::vector<std::int64_t> y = anyIntegers<std::int64_t>(512);
  auto less = [](Half a, Half b) { return float(a) < float(b); };
  std::vector<int> out(2), want = {int(std::max_element(x.begin(), x.end(), less) - x.begin()),
                                   int(std::min_element(y.begin(), y.end()) - y.begin())};
  Launch(text, {{"N", 512}}).in(x).in(y).out(out).everywhere([&] { expectSame(out, want); });
}

// Welford's mean and variance: three operands at once, combined by a function of the kernel's file; not commutative in
// rounding only.
TEST(Reduction, CombineFunctions) {
  const char *functions = R"(
@triton.jit
def welford(mean_a, m2_a, n_a, mean_b, m2_b, n_b):
    delta = mean_b - mean_a
    n = n_a + n_b
    return mean_a + delta * n_b / n, m2_a + m2_b + delta * delta * n_a * n_b / n, n

@triton.jit
def keep_larger(a, b):
    return tl.where(a > b, a, b)

)";
  for (int axis : {0, 1, 2}) {
    const Shape shape = {{8, 16, 32}};
    const std::string a = std::to_string(axis);
    const std::string text =
        withTensor(shape, "mean_ptr, var_ptr, n_ptr, max_ptr",
                   "    mean, m2, n = tl.reduce((x, tl.zeros_like(x), tl.full(x.shape, 1.0, tl.float32)), " + a +
                       ", welford)\n    at = " + lineOffsets(axis, false) +
                       "\n    tl.store(mean_ptr + at, mean)\n    tl.store(var_ptr + at, m2 / n)\n"
                       "    tl.store(n_ptr + at, n)\n    tl.store(max_ptr + at, x.reduce(" +
                       a + ", keep_larger))\n",
                   functions);
    std::vector<float> x = normal<float>(std::size_t(shape.size()));
    const int length = shape.sides[axis];
    const std::size_t lines = std::size_t(shape.size() / length);
    std::vector<float> mean(lines), var(lines), n(lines), max(lines), wantMax(lines, -INFINITY);
    std::vector<double> wantMean(lines), wantVar(lines);
    shape.lines(axis, [&](int first, int line) {
      double s = 0, s2 = 0;
      for (int k = 0; k != length; ++k) {
        const float v = x[std::size_t(first + k * shape.stride(axis))];
        s += v, s2 += double(v) * v, wantMax[std::size_t(line)] = std::max(wantMax[std::size_t(line)], v);
      }
      wantMean[std::size_t(line)] = s / length, wantVar[std::size_t(line)] = s2 / length - (s / length) * (s / length);
    });
    Launch launch(text);
    launch.in(x).out(mean).out(var).out(n).out(max).everywhere([&] {
      // Numbers of size at most 4, at most 5 levels of a tree, about 6 roundings a level.
      expectNear(mean, wantMean, 0, 30 * 0x1p-24 * 4);
      expectNear(var, wantVar, 0, 30 * 0x1p-24 * 16);
      expectSame(n, std::vector<float>(lines, float(length)));
      expectSame(max, wantMax);
    });
  }
}

TEST(Reduction, NaN) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, N: tl.constexpr):
    x = tl.load(x_ptr + tl.arange(0, N))
    tl.store(o, tl.max(x, axis=0))
    tl.store(o + 1, tl.min(x, axis=0))
    tl.store(o + 2, tl.sum(x, axis=0))
)";
  std::vector<float> x = normal<float>(256), out(3);
  x[100] = NAN, x[0] = NAN;
  float hi = -INFINITY, lo = INFINITY;
  for (float v : x)
    hi = std::fmax(hi, v), lo = std::fmin(lo, v);
  Launch(text, {{"N", 256}}).in(x).out(out).everywhere([&] { expectSame(out, {hi, lo, NAN}); });
}

// ---- scans ----------------------------------------------------------------------------------------------------------

TEST(Scan, CumulativeSums) {
  for (const Shape &shape : kShapes)
    for (int axis = 0; axis != 3; ++axis)
      for (bool reverse : {false, true}) {
        if (shape.sides[axis] == 1)
          continue;
        SCOPED_TRACE(testing::Message() << shape.sides[0] << "x" << shape.sides[1] << "x" << shape.sides[2] << " along "
                                        << axis << (reverse ? " backwards" : ""));
        const std::string text = withTensor(shape, "o",
                                            "    tl.store(o + offsets, tl.cumsum(x, axis=" + std::to_string(axis) +
                                                (reverse ? ", reverse=True" : "") + "))\n");
        std::vector<int> x = anyIntegers<int>(std::size_t(shape.size())), out(x.size()), want(x.size());
        shape.lines(axis, [&](int first, int) {
          unsigned total = 0;
          for (int k = 0; k != shape.sides[axis]; ++k) {
            const std::size_t at = std::size_t(first + (reverse ? shape.sides[axis] - 1 - k : k) * shape.stride(axis));
            want[at] = int(total += unsigned(x[at]));
          }
        });
        Launch launch(text);
        launch.in(x).out(out).configurations({{"sm_80", reverse ? 8 : 1}, {"sm_90a", reverse ? 2 : 4}});
        launch.everywhere([&] { expectSame(out, want); });
      }
}

// A linear recurrence h = a h + b as a scan of pairs: associative, not commutative, so that a swapped pair of operands
// shows.
TEST(Scan, Recurrences) {
  const char *text = R"(
@triton.jit
def compose(a1, b1, a2, b2):
    return a1 * a2, b1 * a2 + b2

@triton.jit
def f(a_ptr, b_ptr, h_ptr, back_ptr, prod_ptr, M: tl.constexpr, N: tl.constexpr):
    at = tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]
    a = tl.load(a_ptr + at)
    b = tl.load(b_ptr + at)
    _, h = tl.associative_scan((a, b), 1, compose)
    tl.store(h_ptr + at, h)
    _, back = tl.associative_scan((a, b), 1, compose, reverse=True)
    tl.store(back_ptr + at, back)
    tl.store(prod_ptr + at, tl.cumprod(a, axis=0))
)";
  constexpr int m = 8, n = 128;
  std::vector<int> a = integers<int>(m * n, -3, 3), b = integers<int>(m * n, -9, 9), h(m * n), back(m * n), prod(m * n),
                   wantH(m * n), wantBack(m * n), wantProd(m * n);
  for (int i = 0; i != m; ++i) {
    unsigned state = 0;
    for (int j = 0; j != n; ++j)
      wantH[std::size_t(i * n + j)] =
          int(state = state * unsigned(a[std::size_t(i * n + j)]) + unsigned(b[std::size_t(i * n + j)]));
    state = 0;
    for (int j = n; j-- != 0;)
      wantBack[std::size_t(i * n + j)] =
          int(state = state * unsigned(a[std::size_t(i * n + j)]) + unsigned(b[std::size_t(i * n + j)]));
  }
  for (int j = 0; j != n; ++j) {
    int product = 1;
    for (int i = 0; i != m; ++i)
      wantProd[std::size_t(i * n + j)] = product *= a[std::size_t(i * n + j)];
  }
  Launch(text, {{"M", m}, {"N", n}}).in(a).in(b).out(h).out(back).out(prod).everywhere([&] {
    expectSame(h, wantH, "forwards");
    expectSame(back, wantBack, "backwards");
    expectSame(prod, wantProd, "product");
  });
}

TEST(Scan, FloatTypes) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, h_ptr, N: tl.constexpr):
    x = tl.load(x_ptr + tl.arange(0, N))
    tl.store(o + tl.arange(0, N), tl.cumsum(x, 0))
    tl.store(h_ptr + tl.arange(0, N), x.to(tl.float16).cumsum(0))
)";
  std::vector<float> x = integers<float>(1024, -1, 1), out(1024);
  std::vector<Half> half(1024); // whole numbers below 2048 are exact
  std::vector<double> want(1024);
  std::partial_sum(x.begin(), x.end(), want.begin());
  Launch(text, {{"N", 1024}}).in(x).out(out).out(half).everywhere([&] {
    expectNear(out, want, 0, 0);
    expectNear(half, want, 0, 0);
  });
}

// ---- sorting, gathering, counting -----------------------------------------------------------------------------------

template <typename T> class Sorting : public testing::Test {};
using SortTypes = testing::Types<std::int32_t, float, Half, std::uint8_t>;
TYPED_TEST_SUITE(Sorting, SortTypes);

TYPED_TEST(Sorting, SortTopKFlip) {
  using T = TypeParam;
  const char *text = R"(
@triton.jit
def f(x_ptr, up, down, top, turned, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
    at = tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]
    x = tl.load(x_ptr + at)
    tl.store(up + at, tl.sort(x))
    tl.store(down + at, tl.sort(x, descending=True))
    tl.store(top + tl.arange(0, M)[:, None] * K + tl.arange(0, K)[None, :], tl.topk(x, K))
    tl.store(turned + at, tl.flip(x, 1))
)";
  for (auto [m, n, k] : {std::tuple(1, 128, 8), {8, 32, 4}, {4, 16, 16}}) {
    const std::size_t size = std::size_t(m * n);
    std::vector<T> x, up(size), down(size), top(std::size_t(m * k)), turned(size), wantUp(size), wantDown(size),
        wantTop(top.size()), wantTurned(size);
    if constexpr (std::is_integral_v<T>)
      x = anyIntegers<T>(size);
    else
      x = integers<T>(size, -50, 50);
    auto less = [](T a, T b) { return toDouble(a) < toDouble(b); };
    for (int i = 0; i != m; ++i) {
      std::vector<T> row(x.begin() + i * n, x.begin() + (i + 1) * n);
      std::copy(row.rbegin(), row.rend(), wantTurned.begin() + i * n);
      std::sort(row.begin(), row.end(), less);
      std::copy(row.begin(), row.end(), wantUp.begin() + i * n);
      std::copy(row.rbegin(), row.rend(), wantDown.begin() + i * n);
      std::copy(row.rbegin(), row.rbegin() + k, wantTop.begin() + i * k);
    }
    Launch launch(text, {{"M", m}, {"N", n}, {"K", k}});
    launch.in(x).out(up).out(down).out(top).out(turned).configurations({{"sm_80", 1}, {"sm_90a", 4}});
    launch.everywhere([&] {
      expectSame(up, wantUp, "ascending");
      expectSame(down, wantDown, "descending");
      expectSame(top, wantTop, "top");
      expectSame(turned, wantTurned, "flipped");
    });
  }
}

TEST(Gather, AlongEachAxis) {
  const char *text = R"(
@triton.jit
def f(x_ptr, i_ptr, o, M: tl.constexpr, N: tl.constexpr, P: tl.constexpr, Q: tl.constexpr, AXIS: tl.constexpr):
    x = tl.load(x_ptr + tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :])
    at = tl.arange(0, P)[:, None] * Q + tl.arange(0, Q)[None, :]
    tl.store(o + at, tl.gather(x, tl.load(i_ptr + at), AXIS))
)";
  for (auto [m, n, p, q, axis] : {std::tuple(32, 16, 64, 16, 0),
                                  {32, 16, 8, 16, 0},
                                  {16, 32, 16, 64, 1},
                                  {16, 32, 16, 4, 1},
                                  {4, 64, 4, 64, 1}}) {
    std::vector<float> x = normal<float>(std::size_t(m * n)), out(std::size_t(p * q)), want(out.size());
    std::vector<int> index = integers<int>(out.size(), 0, (axis ? n : m) - 1);
    for (int i = 0; i != p; ++i)
      for (int j = 0; j != q; ++j) {
        const int k = index[std::size_t(i * q + j)];
        want[std::size_t(i * q + j)] = x[std::size_t(axis ? i * n + k : k * n + j)];
      }
    Launch launch(text, {{"M", m}, {"N", n}, {"P", p}, {"Q", q}, {"AXIS", axis}});
    launch.in(x).in(index).out(out).everywhere([&] { expectSame(out, want); });
  }
}

TEST(Histogram, Counts) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, masked, n, N: tl.constexpr, BINS: tl.constexpr):
    i = tl.arange(0, N)
    x = tl.load(x_ptr + i)
    tl.store(o + tl.arange(0, BINS), tl.histogram(x, BINS))
    tl.store(masked + tl.arange(0, BINS), tl.histogram(x, BINS, mask=i < n))
)";
  for (auto [n, bins] : {std::pair(512, 16), {256, 64}, {1024, 256}}) {
    const auto binCount = std::size_t(bins);
    std::vector<int> x = integers<int>(std::size_t(n), 0, bins - 1), out(binCount), masked(out.size()),
                     want(out.size()), wantMasked(out.size());
    for (int i = 0; i != n; ++i) {
      ++want[std::size_t(x[std::size_t(i)])];
      wantMasked[std::size_t(x[std::size_t(i)])] += i < n - 77;
    }
    Launch launch(text, {{"N", n}, {"BINS", bins}});
    launch.in(x).out(out).out(masked).scalar(n - 77).everywhere([&] {
      expectSame(out, want);
      expectSame(masked, wantMasked, "masked");
    });
  }
}
