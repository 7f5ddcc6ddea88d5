// Shapes: transposition, reshaping, joining, broadcasting; what layouts and their conversions must get right.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

using namespace tessera;
using namespace tessera::endtoend;

namespace {

template <typename T> std::vector<T> numbered(std::size_t count) {
  std::vector<T> values(count);
  for (std::size_t i = 0; i != count; ++i)
    values[i] = fromDouble<T>(double(i % 1999));
  return values;
}

} // namespace

template <typename T> class Transpose : public testing::Test {};
using TransposeTypes = testing::Types<std::int8_t, Half, float, double>;
TYPED_TEST_SUITE(Transpose, TransposeTypes);

// Loaded row by row, transposed, stored row by row: both accesses coalesced, so that the conversion in between does the
// work.
TYPED_TEST(Transpose, EverySize) {
  using T = TypeParam;
  const char *text = R"(
@triton.jit
def f(x_ptr, o, M: tl.constexpr, N: tl.constexpr):
    i = tl.arange(0, M)
    j = tl.arange(0, N)
    x = tl.load(x_ptr + i[:, None] * N + j[None, :])
    tl.store(o + j[:, None] * M + i[None, :], tl.trans(x))
)";
  int round = 0;
  for (int m = 1; m <= 128; m *= 2)
    for (int n = 1; n <= 128; n *= 2) {
      if (m * n > 8192 || (m * n < 32 && m != 1))
        continue;
      SCOPED_TRACE(testing::Message() << m << "x" << n);
      std::vector<T> x, out(std::size_t(m * n)), want(out.size());
      if constexpr (std::is_integral_v<T>)
        x = anyIntegers<T>(out.size());
      else
        x = numbered<T>(out.size());
      for (int i = 0; i != m; ++i)
        for (int j = 0; j != n; ++j)
          want[std::size_t(j * m + i)] = x[std::size_t(i * n + j)];
      Launch launch(text, {{"M", m}, {"N", n}});
      launch.in(x).out(out);
      if (launch.run(everyConfiguration()[std::size_t(round++ % 4)]))
        expectSame(out, want);
    }
}

TEST(Shape, Permutations) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr, P: tl.constexpr, Q: tl.constexpr, R: tl.constexpr):
    x = tl.load(x_ptr + (tl.arange(0, A)[:, None, None] * B + tl.arange(0, B)[None, :, None]) * C + tl.arange(0, C)[None, None, :])
    y = tl.permute(x, (P, Q, R))
    L: tl.constexpr = y.shape[0]
    M: tl.constexpr = y.shape[1]
    N: tl.constexpr = y.shape[2]
    tl.store(o + (tl.arange(0, L)[:, None, None] * M + tl.arange(0, M)[None, :, None]) * N + tl.arange(0, N)[None, None, :], y)
)";
  const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  int round = 0;
  for (auto [a, b, c] : {std::tuple(4, 8, 32), {16, 2, 64}, {1, 32, 8}})
    for (auto &order : orders) {
      const int sides[] = {a, b, c}, strides[] = {b * c, c, 1};
      std::vector<float> x = numbered<float>(std::size_t(a * b * c)), out(x.size()), want;
      for (int i = 0; i != sides[order[0]]; ++i)
        for (int j = 0; j != sides[order[1]]; ++j)
          for (int k = 0; k != sides[order[2]]; ++k)
            want.push_back(x[std::size_t(i * strides[order[0]] + j * strides[order[1]] + k * strides[order[2]])]);
      Launch launch(text, {{"A", a}, {"B", b}, {"C", c}, {"P", order[0]}, {"Q", order[1]}, {"R", order[2]}});
      launch.in(x).out(out);
      if (launch.run(everyConfiguration()[std::size_t(round++ % 4)]))
        expectSame(out, want);
    }
}

TEST(Shape, Reshapes) {
  const char *text = R"(
@triton.jit
def f(x_ptr, flat, square, cube, sums, N: tl.constexpr, A: tl.constexpr, B: tl.constexpr):
    n = tl.arange(0, N)
    x = tl.load(x_ptr + n)
    y = tl.reshape(x, (A, B))
    tl.store(square + tl.arange(0, A)[:, None] * B + tl.arange(0, B)[None, :], y)
    tl.store(flat + n, tl.ravel(tl.trans(y)))
    z = y.reshape(2, A // 2, B)
    tl.store(cube + (tl.arange(0, 2)[:, None, None] * (A // 2) + tl.arange(0, A // 2)[None, :, None]) * B + tl.arange(0, B)[None, None, :], z)
    tl.store(sums + tl.arange(0, A), tl.sum(tl.view(x, (A, B)), axis=1))
)";
  for (auto [a, b] : {std::pair(16, 64), {64, 4}, {2, 128}}) {
    const int n = a * b;
    const auto rows = std::size_t(a);
    std::vector<int> x = anyIntegers<int>(std::size_t(n)), flat(x.size()), square(x.size()), cube(x.size()), sums(rows),
                     wantFlat(x.size()), wantSums(sums.size());
    for (int i = 0; i != a; ++i)
      for (int j = 0; j != b; ++j) {
        wantFlat[std::size_t(j * a + i)] = x[std::size_t(i * b + j)];
        wantSums[std::size_t(i)] = int(unsigned(wantSums[std::size_t(i)]) + unsigned(x[std::size_t(i * b + j)]));
      }
    Launch launch(text, {{"N", n}, {"A", a}, {"B", b}});
    launch.in(x).out(flat).out(square).out(cube).out(sums).everywhere([&] {
      expectSame(square, x, "square");
      expectSame(flat, wantFlat, "flat");
      expectSame(cube, x, "cube");
      expectSame(sums, wantSums, "sum");
    });
  }
}

TEST(Shape, JoinSplitInterleaveCat) {
  const char *text = R"(
@triton.jit
def f(a_ptr, b_ptr, joined, even, odd, woven, catted, M: tl.constexpr, N: tl.constexpr):
    at = tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]
    a = tl.load(a_ptr + at)
    b = tl.load(b_ptr + at)
    c = tl.join(a, b)
    tl.store(joined + at[:, :, None] * 2 + tl.arange(0, 2)[None, None, :], c)
    x, y = tl.split(tl.reshape(a, (M, N // 2, 2)))
    half = tl.arange(0, M)[:, None] * (N // 2) + tl.arange(0, N // 2)[None, :]
    tl.store(even + half, x)
    tl.store(odd + half, y)
    tl.store(woven + tl.arange(0, M)[:, None] * (2 * N) + tl.arange(0, 2 * N)[None, :], tl.interleave(a, b))
    flat = tl.arange(0, M * N)
    tl.store(catted + tl.arange(0, 2 * M * N), tl.cat(tl.load(a_ptr + flat), tl.load(b_ptr + flat), can_reorder=False))
)";
  for (auto [m, n] : {std::pair(16, 32), {2, 64}, {64, 4}}) {
    const std::size_t size = std::size_t(m * n);
    std::vector<float> a = normal<float>(size), b = normal<float>(size), joined(2 * size), even(size / 2),
                       odd(size / 2), woven(2 * size), catted(2 * size), wantJoined(2 * size), wantEven(size / 2),
                       wantOdd(size / 2), wantCat = a;
    wantCat.insert(wantCat.end(), b.begin(), b.end());
    for (std::size_t i = 0; i != size; ++i) {
      wantJoined[2 * i] = a[i], wantJoined[2 * i + 1] = b[i];
      (i % 2 ? wantOdd : wantEven)[i / 2] = a[i];
    }
    Launch launch(text, {{"M", m}, {"N", n}});
    launch.in(a).in(b).out(joined).out(even).out(odd).out(woven).out(catted).everywhere([&] {
      expectSame(joined, wantJoined, "joined");
      expectSame(even, wantEven, "even");
      expectSame(odd, wantOdd, "odd");
      expectSame(woven, wantJoined, "interleaved");
      expectSame(catted, wantCat, "concatenated");
    });
  }
}

TEST(Shape, Broadcasts) {
  const char *text = R"(
@triton.jit
def f(x_ptr, y_ptr, sums, outer, filled, copies, M: tl.constexpr, N: tl.constexpr):
    i = tl.arange(0, M)
    j = tl.arange(0, N)
    x = tl.load(x_ptr + i)
    y = tl.load(y_ptr + j)
    at = i[:, None] * N + j
    tl.store(sums + at, x[:, None] + y)
    tl.store(outer + at, tl.expand_dims(x, 1) * y.expand_dims(0))
    tl.store(filled + at, tl.broadcast_to(x[:, None], (M, N)))
    p, q = tl.broadcast(x[:, None], y[None, :])
    tl.store(copies + at, p - q)
)";
  for (auto [m, n] : {std::pair(32, 16), {1, 64}, {128, 2}}) {
    const std::size_t size = std::size_t(m * n);
    std::vector<float> x = integers<float>(std::size_t(m), -99, 99), y = integers<float>(std::size_t(n), -99, 99),
                       sums(size), outer(size), filled(size), copies(size), wantSums, wantOuter, wantFilled, wantCopies;
    for (float a : x)
      for (float b : y)
        wantSums.push_back(a + b), wantOuter.push_back(a * b), wantFilled.push_back(a), wantCopies.push_back(a - b);
    Launch launch(text, {{"M", m}, {"N", n}});
    launch.in(x).in(y).out(sums).out(outer).out(filled).out(copies).everywhere([&] {
      expectSame(sums, wantSums, "sum");
      expectSame(outer, wantOuter, "product");
      expectSame(filled, wantFilled, "broadcast_to");
      expectSame(copies, wantCopies, "broadcast");
    });
  }
}

// Vectors made by reductions along different axes meet: each has a layout of its own, with copies of its elements in
// many threads.
TEST(Shape, ReducedVectorsMeet) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, N: tl.constexpr):
    i = tl.arange(0, N)
    x = tl.load(x_ptr + i[:, None] * N + i[None, :])
    rows = tl.sum(x, axis=1)
    columns = tl.sum(x, axis=0)
    y = x * rows[None, :] + columns[:, None] * tl.max(x, axis=1)[:, None]
    tl.store(o + i[:, None] * N + i[None, :], y + rows[:, None] * columns[None, :])
    tl.store(o + N * N + i, rows - columns)
)";
  for (int n : {4, 32, 64}) {
    const auto size = std::size_t(n * n);
    std::vector<int> x = integers<int>(size, -9, 9), out(size + std::size_t(n)), want(out.size()),
                     rows(std::size_t(n), 0), columns = rows, top(std::size_t(n), -99);
    for (int i = 0; i != n; ++i)
      for (int j = 0; j != n; ++j) {
        const int v = x[std::size_t(i * n + j)];
        rows[std::size_t(i)] += v, columns[std::size_t(j)] += v, top[std::size_t(i)] = std::max(top[std::size_t(i)], v);
      }
    for (std::size_t i = 0; i != std::size_t(n); ++i) {
      want[size + i] = rows[i] - columns[i];
      for (std::size_t j = 0; j != std::size_t(n); ++j)
        want[i * std::size_t(n) + j] = x[i * std::size_t(n) + j] * rows[j] + columns[i] * top[i] + rows[i] * columns[j];
    }
    Launch(text, {{"N", n}}).in(x).out(out).everywhere([&] { expectSame(out, want); });
  }
}

TEST(Shape, SqueezeUnsqueezeAndIndexing) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, N: tl.constexpr):
    i = tl.arange(0, N)
    x = tl.load(x_ptr + i)
    y = x[None, :, None]
    tl.static_assert(y.shape[0] == 1 and y.shape[1] == N and y.shape[2] == 1)
    tl.static_assert(len(y.shape) == 3)
    z = tl.reshape(y + tl.zeros((2, N, 4), tl.int32), (2 * N * 4,))
    tl.store(o + tl.arange(0, 8 * N), z)
)";
  std::vector<int> x = anyIntegers<int>(32), out(256), want;
  for (int k = 0; k != 2; ++k)
    for (int v : x)
      want.insert(want.end(), 4, v);
  Launch(text, {{"N", 32}}).in(x).out(out).everywhere([&] { expectSame(out, want); });
}
