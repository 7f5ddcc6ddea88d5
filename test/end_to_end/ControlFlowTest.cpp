// Loops, branches, device functions and compile-time values.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

using namespace tessera;
using namespace tessera::endtoend;

namespace {

/// Runs a kernel f(o, a, b) of int32 that writes as many numbers as `want` has, for runtime scalars a and b.
void expectInts(const std::string &text, int a, int b, const std::vector<int> &want, const Constexprs &constants = {}) {
  std::vector<int> out(want.size());
  Launch launch(text, constants);
  launch.out(out).scalar(a).scalar(b).configurations({{"sm_80", 1}, {"sm_90a", 4}});
  launch.everywhere([&] {
    SCOPED_TRACE("a = " + std::to_string(a) + ", b = " + std::to_string(b));
    expectSame(out, want);
  });
}

} // namespace

TEST(ControlFlow, ForLoops) {
  const char *text = R"(
@triton.jit
def f(o, a, b):
    total = 0
    for i in range(a, b):
        total += i
    tl.store(o, total)
    down = 0
    count = 0
    for i in range(b, a, -3):
        down = down * 2 + i
        count += 1
    tl.store(o + 1, down)
    tl.store(o + 2, count)
    squares = 0
    for i in tl.range(0, b, 2):
        for j in range(i):
            squares += j * j
    tl.store(o + 3, squares)
    for i in tl.static_range(4):
        tl.store(o + 4 + i, i * a)
)";
  for (auto [a, b] : {std::pair(0, 10), {5, 5}, {7, 3}, {-4, 9}, {1, 2}}) {
    std::vector<int> want(8);
    for (int i = a; i < b; ++i)
      want[0] += i;
    for (int i = b; i > a; i -= 3)
      want[1] = want[1] * 2 + i, ++want[2];
    for (int i = 0; i < b; i += 2)
      for (int j = 0; j < i; ++j)
        want[3] += j * j;
    for (int i = 0; i != 4; ++i)
      want[std::size_t(4 + i)] = i * a;
    expectInts(text, a, b, want);
  }
}

TEST(ControlFlow, WhileLoops) {
  const char *text = R"(
@triton.jit
def f(o, a, b):
    x = a
    y = b
    while y != 0:
        t = x % y
        x = y
        y = t
    tl.store(o, x)
    steps = 0
    n = a
    while (n != 1) & (steps < 200):
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    tl.store(o + 1, steps)
    zero = 0
    while zero > 0:
        zero -= 1
    tl.store(o + 2, zero)
)";
  for (auto [a, b] : {std::pair(48, 36), {17, 5}, {27, 9}, {1, 0}}) {
    int x = a, y = b, n = a, steps = 0;
    while (y)
      std::swap(x, y), y %= x;
    for (; n != 1 && steps < 200; ++steps)
      n = n % 2 ? 3 * n + 1 : n / 2;
    expectInts(text, a, b, {x, steps, 0});
  }
}

TEST(ControlFlow, Branches) {
  const char *text = R"(
@triton.jit
def classify(x):
    if x < 0:
        return -1
    elif x == 0:
        return 0
    return 1

@triton.jit
def f(o, a, b):
    if a < b:
        x = a
        y = 10
    elif a == b:
        x = b * 2
        y = 20
    else:
        x = b
        y = 30
    tl.store(o, x)
    tl.store(o + 1, y)
    tl.store(o + 2, classify(a))
    tl.store(o + 3, a if a > b else b)
    tl.store(o + 4, 1 if (a > 0 and b > 0) else 2)
    tl.store(o + 5, 1 if (a > 0 or b > 0) else 2)
    tl.store(o + 6, 1 if not (a == b) else 2)
    tl.store(o + 7, 0)
    if a > b:
        if a > 2 * b:
            tl.store(o + 7, 2)
        else:
            tl.store(o + 7, 1)
    if 0 < a < b:
        tl.store(o + 8, 1)
    else:
        tl.store(o + 8, 0)
)";
  for (auto [a, b] : {std::pair(0, 10), {5, 5}, {7, 3}, {7, 6}, {-4, 9}, {-4, -9}, {0, 0}}) {
    std::vector<int> want = {a < b    ? a
                             : a == b ? b * 2
                                      : b,
                             a < b    ? 10
                             : a == b ? 20
                                      : 30,
                             (a > 0) - (a < 0),
                             std::max(a, b),
                             a > 0 && b > 0 ? 1 : 2,
                             a > 0 || b > 0 ? 1 : 2,
                             a != b ? 1 : 2,
                             0,
                             0 < a && a < b};
    want[7] = a > b ? (a > 2 * b ? 2 : 1) : 0;
    expectInts(text, a, b, want);
  }
}

TEST(ControlFlow, EarlyReturn) {
  const char *text = R"(
@triton.jit
def f(o, a, b):
    pid = tl.program_id(0)
    tl.store(o + pid, 100 + pid)
    if pid >= a:
        return
    tl.store(o + pid, pid)
    if pid == b:
        tl.store(o + pid, -pid)
        return
    tl.store(o + pid, 2 * pid)
)";
  std::vector<int> out(8);
  Launch launch(text);
  launch.out(out).scalar(5).scalar(2).grid(8).everywhere([&] { expectSame(out, {0, 2, -2, 6, 8, 105, 106, 107}); });
}

TEST(ControlFlow, BreakAndContinue) {
  const char *text = R"(
@triton.jit
def find(a, n):
    for i in range(n):
        if i * i >= a:
            return i
    return -1

@triton.jit
def f(o, a, b):
    total = 0
    for i in range(100):
        if i % 3 == 0:
            continue
        if i > a:
            break
        total += i
    tl.store(o, total)
    n = 0
    while True:
        n += b
        if n > a:
            break
    tl.store(o + 1, n)
    tl.store(o + 2, find(a, 100))
    tl.store(o + 3, find(a, 2))
)";
  for (auto [a, b] : {std::pair(10, 3), {0, 1}, {50, 7}}) {
    int total = 0, n = b, root = 0;
    for (int i = 0; i <= a && i < 100; ++i)
      total += i % 3 ? i : 0;
    while (n <= a)
      n += b;
    while (root * root < a)
      ++root;
    expectInts(text, a, b, {total, n, root, root < 2 ? root : -1});
  }
}

TEST(ControlFlow, TensorsCarriedByLoops) {
  const char *text = R"(
@triton.jit
def step(pair, k):
    x, y = pair
    return y + k, x - y

@triton.jit
def f(o, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    pair = (i, i * 2)
    flag = i > 100
    acc = tl.zeros((BLOCK,), dtype=tl.float32)
    for k in range(n):
        pair = step(pair, k)
        if k % 2 == 1:
            acc += pair[0]
            flag = flag | (pair[1] > 50)
        else:
            acc = acc * 0.5
    tl.store(o + i, pair[0] + pair[1] + acc.to(tl.int32) + flag.to(tl.int32))
)";
  for (int n : {0, 1, 5}) {
    std::vector<int> out(256), want(256);
    for (int i = 0; i != 256; ++i) {
      int x = i, y = 2 * i;
      bool flag = i > 100;
      float acc = 0;
      for (int k = 0; k != n; ++k) {
        std::tie(x, y) = std::pair(y + k, x - y);
        if (k % 2)
          acc += float(x), flag |= y > 50;
        else
          acc *= 0.5f;
      }
      want[std::size_t(i)] = x + y + int(acc) + flag;
    }
    Launch launch(text, {{"BLOCK", 256}});
    launch.out(out).scalar(n).everywhere([&] { expectSame(out, want); });
  }
}

TEST(ControlFlow, DeviceFunctions) {
  const char *text = R"(
SCALE: tl.constexpr = 3
OFFSET = tl.constexpr(7)

@triton.jit
def affine(x, scale=2, *, offset=OFFSET):
    return x * scale + offset

@triton.jit
def both(x, y):
    return affine(x), affine(y, scale=SCALE)

@triton.jit
def choose(x, y, FN: tl.constexpr):
    return FN(x, y)

@triton.jit
def larger(x, y):
    return tl.maximum(x, y)

@triton.jit
def nothing(o, value):
    tl.store(o, value)

@triton.jit
def f(o, a, b):
    p, q = both(a, y=b)
    tl.store(o, p)
    tl.store(o + 1, q)
    tl.store(o + 2, choose(a, b, larger))
    tl.store(o + 3, affine(offset=1, x=a))
    nothing(o + 4, a - b)
    values = (a, b, a + b)
    total = 0
    for k in tl.static_range(3):
        total += values[k] * (k + 1)
    tl.store(o + 5, total)
)";
  for (auto [a, b] : {std::pair(4, 9), {-3, 2}})
    expectInts(text, a, b, {2 * a + 7, 3 * b + 7, std::max(a, b), 2 * a + 1, a - b, a + 2 * b + 3 * (a + b)});
}

TEST(ControlFlow, CompileTimeValues) {
  const char *text = R"(
TABLE = tl.constexpr((1, 2, 4))

@tl.constexpr_function
def power(base, exponent):
    result = 1
    for _ in range(exponent):
        result *= base
    return result

@triton.jit
def f(o, a, b, MODE: tl.constexpr, N: tl.constexpr, DTYPE: tl.constexpr, EXTRA: tl.constexpr = None):
    if MODE == "double":
        tl.store(o, a * 2)
    elif MODE == "square":
        tl.store(o, a * a)
    else:
        tl.static_assert(False, "no such mode")
    HALF: tl.constexpr = N // 2
    tl.store(o + 1, HALF + N % 3)
    tl.store(o + 2, power(2, N))
    tl.static_assert(N == 5 or N == 8)
    tl.static_assert(DTYPE == tl.float16)
    if EXTRA is None:
        tl.store(o + 3, 1)
    else:
        tl.store(o + 3, EXTRA)
    tl.store(o + 4, TABLE[1] + len(TABLE))
    tl.store(o + 5, tl.zeros((HALF * 0 + 16,), DTYPE).to(tl.int32).sum() + N.bit_length())
    tl.store(o + 6, a if N > 6 else b)
)";
  expectInts(text, 3, 4, {6, 2 + 2, 32, 1, 5, 3, 4}, {{"MODE", "double"}, {"N", 5}, {"DTYPE", ScalarType::FP16}});
  expectInts(text, 3, 4, {9, 4 + 2, 256, 6, 5, 4, 3},
             {{"MODE", "square"}, {"N", 8}, {"DTYPE", ScalarType::FP16}, {"EXTRA", 6}});
}

TEST(ControlFlow, StaticAssertionsStopCompilation) {
  Launch launch(
      "@triton.jit\ndef f(o, N: tl.constexpr):\n    tl.static_assert(N > 4, f'N is {N}')\n    tl.store(o, N)\n",
      {{"N", 3}});
  std::vector<int> out(1);
  const std::string error = launch.out(out).failure({"sm_80", 1});
  EXPECT_NE(error.find("N is 3"), std::string::npos) << error;
  EXPECT_NE(error.find("test.tile:3:"), std::string::npos) << error;
}

TEST(ControlFlow, DeviceAssertions) {
  const char *text = R"(
@triton.jit
def f(o, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    tl.device_assert(i < n, "index beyond the end")
    tl.store(o + i, i)
)";
  std::vector<int> out(64);
  Launch good(text, {{"BLOCK", 64}});
  good.out(out).scalar(64).everywhere([&] { EXPECT_EQ(out[63], 63); });
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const std::string error = Launch(text, {{"BLOCK", 64}}).out(out).scalar(60).failure({"sm_90a", 2});
  const std::string said = testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr() + error;
  EXPECT_NE(error, "");
  EXPECT_NE(said.find("index beyond the end"), std::string::npos) << said;
}

TEST(ControlFlow, DevicePrint) {
  const char *text = R"(
@triton.jit
def f(o, x, BLOCK: tl.constexpr):
    pid = tl.program_id(0)
    tl.device_print("value", x, pid)
    tl.store(o + tl.arange(0, BLOCK), x)
)";
  std::vector<float> out(32);
  testing::internal::CaptureStdout();
  Launch(text, {{"BLOCK", 32}}).out(out).scalar(2.5f).grid(2).run({"sm_80", 1});
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_NE(said.find("value"), std::string::npos) << said;
  EXPECT_NE(said.find("2.5"), std::string::npos) << said;
  EXPECT_NE(said.find("pid (1, 0, 0)"), std::string::npos) << said;
}

// Nothing to do is not an error for a loop; a grid of nothing is one for a launch, as in CUDA.
TEST(ControlFlow, EmptyGridIsRefused) {
  std::vector<int> out(1);
  EXPECT_NE(Launch("@triton.jit\ndef f(o):\n    tl.store(o, 1)\n").out(out).grid(0).failure({"sm_80", 1}), "");
}

TEST(ControlFlow, ProgramIds) {
  const char *text = R"(
@triton.jit
def f(o):
    x = tl.program_id(0)
    y = tl.program_id(axis=1)
    z = tl.program_id(2)
    nx = tl.num_programs(0)
    ny = tl.num_programs(1)
    tl.store(o + (z * ny + y) * nx + x, x + 10 * y + 100 * z + 1000 * tl.num_programs(2))
)";
  std::vector<int> out(24), want;
  for (int z = 0; z != 2; ++z)
    for (int y = 0; y != 3; ++y)
      for (int x = 0; x != 4; ++x)
        want.push_back(x + 10 * y + 100 * z + 2000);
  Launch(text).out(out).grid({4, 3, 2}).everywhere([&] { expectSame(out, want); });
}
