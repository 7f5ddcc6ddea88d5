// Built-ins that have no file of their own: compositions, hints, loops with options, inline assembly, named tuples and
// the like. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

using namespace tessera;
using namespace tessera::endtoend;

TEST(Builtins, Softmax) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, M: tl.constexpr, N: tl.constexpr):
    at = tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]
    x = tl.load(x_ptr + at)
    tl.store(o + at, tl.softmax(x, dim=1))
    tl.store(o + M * N + at, tl.softmax(x))
)";
  constexpr int m = 16, n = 32;
  std::vector<float> x = normal<float>(m * n, 2), out(2 * m * n);
  std::vector<double> want(out.size());
  for (int i = 0; i != m; ++i)
    for (int j = 0; j != n; ++j) {
      double row = 0, column = 0;
      for (int k = 0; k != n; ++k)
        row += std::exp(x[std::size_t(i * n + k)]);
      for (int k = 0; k != m; ++k)
        column += std::exp(x[std::size_t(k * n + j)]);
      want[std::size_t(i * n + j)] = std::exp(x[std::size_t(i * n + j)]) / row;
      want[std::size_t(m * n + i * n + j)] = std::exp(x[std::size_t(i * n + j)]) / column;
    }
  // Two exponentials of arguments down to -16, five levels of a sum, a division.
  Launch(text, {{"M", m}, {"N", n}}).in(x).out(out).everywhere([&] {
    expectNear(out, want, 2 * (0x1p-22 + 16 * 0x1p-23) + 5 * 0x1p-24 + 2 * 0x1p-23, 0);
  });
}

TEST(Builtins, Swizzle2d) {
  const char *text = R"(
@triton.jit
def f(o, M, N, G: tl.constexpr):
    i, j = tl.swizzle2d(tl.program_id(0), tl.program_id(1), M, N, G)
    tl.store(o + tl.program_id(0) * N + tl.program_id(1), i * 100 + j)
)";
  const int m = 5, n = 3, g = 2;
  std::vector<int> out(m * n), want(m * n);
  int position = 0;
  for (int first = 0; first < m; first += g)
    for (int j = 0; j != n; ++j)
      for (int i = first; i < std::min(m, first + g); ++i)
        want[std::size_t(position++)] = i * 100 + j;
  Launch(text, {{"G", g}}).out(out).scalar(m).scalar(n).grid({m, n}).everywhere([&] { expectSame(out, want); });
}

TEST(Builtins, LoopOptions) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    acc = tl.zeros((BLOCK,), tl.float32)
    for k in tl.range(0, n, num_stages=3):
        acc += tl.load(x_ptr + k * BLOCK + i)
    for k in tl.range(0, n, loop_unroll_factor=2):
        acc += tl.load(x_ptr + k * BLOCK + i) * 2
    for k in tl.range(n, flatten=True, disallow_acc_multi_buffer=True):
        for j in tl.range(2, loop_unroll_factor=4):
            acc += tl.load(x_ptr + k * BLOCK + i) * j
    for k in tl.range(0, n, 1, warp_specialize=False):
        acc -= tl.load(x_ptr + k * BLOCK + i)
    tl.store(o + i, acc)
)";
  for (int n : {0, 1, 2, 7}) {
    std::vector<float> x = integers<float>(std::size_t(n) * 128 + 1, -9, 9), out(128);
    std::vector<double> want(128);
    for (std::size_t k = 0; k != std::size_t(n) * 128; ++k)
      want[k % 128] += 3 * x[k];
    Launch(text, {{"BLOCK", 128}}).in(x).out(out).scalar(n).everywhere([&] { expectNear(out, want, 0, 0); });
  }
}

TEST(Builtins, Hints) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, n, stride, BLOCK: tl.constexpr):
    tl.assume(stride > 0)
    tl.assume(n % 16 == 0)
    stride = tl.multiple_of(stride, 8)
    i = tl.max_contiguous(tl.multiple_of(tl.arange(0, BLOCK), BLOCK), BLOCK)
    row = tl.max_constancy(i // 16, 16)
    m = tl.max_constancy(i < n, 16)
    tl.store(o + i, tl.load(x_ptr + row * stride + i % 16, mask=m, other=0), mask=m)
)";
  std::vector<int> x = anyIntegers<int>(8 * 24), out(112), want;
  for (int i = 0; i != 112; ++i)
    want.push_back(x[std::size_t(i / 16 * 24 + i % 16)]);
  Launch(text, {{"BLOCK", 128}}).in(x).out(out).scalar(112).scalar(24).everywhere([&] { expectSame(out, want); });
}

TEST(Builtins, InlineAssembly) {
  const char *text = R"(
@triton.jit
def f(x_ptr, y_ptr, o, packed, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + i)
    y = tl.load(y_ptr + i)
    tl.store(o + i, tl.inline_asm_elementwise("lop3.b32 $0, $1, $2, 0, 0x3c;", "=r,r,r", [x, y], dtype=tl.int32, is_pure=True, pack=1))
    b = (x & 127).to(tl.int8)
    c, d = tl.inline_asm_elementwise(
        asm="{ add.s32 $0, $2, $2; xor.b32 $1, $2, 0x01010101; }",
        constraints="=r,=r,r", args=[b], dtype=(tl.int8, tl.int8), is_pure=True, pack=4)
    tl.store(packed + i, c)
    tl.store(packed + BLOCK + i, d)
)";
  std::vector<int> x = anyIntegers<int>(256), y = anyIntegers<int>(256), out(256), want;
  for (int &v : x)
    v &= 63; // doubled bytes carry nothing over
  std::vector<std::int8_t> packed(512), wantPacked(512);
  for (std::size_t i = 0; i != 256; ++i) {
    want.push_back(x[i] ^ y[i]);
    wantPacked[i] = std::int8_t(2 * x[i]), wantPacked[256 + i] = std::int8_t(x[i] ^ 1);
  }
  Launch(text, {{"BLOCK", 256}}).in(x).in(y).out(out).out(packed).everywhere([&] {
    expectSame(out, want);
    expectSame(packed, wantPacked);
  });
}

TEST(Builtins, TuplesAndComprehensions) {
  const char *text = R"(
from typing import NamedTuple

class Pair(NamedTuple):
    first: tl.tensor
    second: tl.tensor

@triton.jit
def swap(p):
    return Pair(p.second, p.first)

@triton.jit
def f(x_ptr, o, SHAPE: tl.constexpr, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    p = swap(Pair(tl.load(x_ptr + i), i))
    tl.store(o + i, p.first * 2 + p.second)
    SIDES: tl.constexpr = [2 * k for k in range(1, 4)]
    total = 0
    for k in tl.static_range(len(SIDES)):
        total += SIDES[k] * (k + 1)
    a, (b, c) = (1, (2, 3))
    first, *rest = (4, 5, 6)
    tl.store(o + BLOCK, total + a * b * c + first + rest[1])
)";
  std::vector<int> x = anyIntegers<int>(32), out(33), want;
  for (int i = 0; i != 32; ++i)
    want.push_back(int(unsigned(2 * i) + unsigned(x[std::size_t(i)])));
  want.push_back(2 + 8 + 18 + 6 + 4 + 6);
  Launch launch(text, {{"SHAPE", 1}, {"BLOCK", 32}}, "f");
  launch.in(x).out(out).everywhere([&] { expectSame(out, want); });
}

TEST(Builtins, SumTypesAndOr) {
  const char *text = R"(
@triton.jit
def f(x_ptr, h_ptr, wide, half, any_ptr, N: tl.constexpr):
    i = tl.arange(0, N)
    x = tl.load(x_ptr + i)
    tl.store(wide, tl.sum(x, axis=0, dtype=tl.int64))
    tl.store(wide + 1, tl.sum(x.to(tl.int64), axis=0))
    tl.store(half, tl.sum(tl.load(h_ptr + i), axis=0, dtype=tl.float32))
    tl.store(any_ptr, tl.reduce_or(x > 1000000000, axis=0))
    tl.store(any_ptr + 1, tl.reduce_or(x & 0xff, axis=0))
)";
  std::vector<int> x = anyIntegers<int>(512), any(2), wantAny(2);
  std::vector<Half> h = integers<Half>(512, 0, 100);
  std::vector<std::int64_t> wide(2), wantWide(2);
  std::vector<float> half(1), wantHalf(1);
  for (std::size_t i = 0; i != 512; ++i) {
    wantWide[0] += x[i], wantHalf[0] += float(h[i]);
    wantAny[0] |= x[i] > 1000000000, wantAny[1] |= x[i] & 0xff;
  }
  wantWide[1] = wantWide[0];
  Launch(text, {{"N", 512}}).in(x).in(h).out(wide).out(half).out(any).everywhere([&] {
    expectSame(wide, wantWide);
    expectSame(half, wantHalf);
    expectSame(any, wantAny);
  });
}

TEST(Builtins, DescriptorGatherScatterAtomics) {
  const char *text = R"(
@triton.jit
def f(x_ptr, i_ptr, o_ptr, s_ptr, a_ptr, M, N, BN: tl.constexpr):
    x = tl.make_tensor_descriptor(x_ptr, [M, N], [N, 1], [1, BN])
    rows = tl.load(i_ptr + tl.arange(0, 8))
    v = x.gather(rows, 32)
    tl.store(o_ptr + tl.arange(0, 8)[:, None] * BN + tl.arange(0, BN)[None, :], v)
    s = tl.make_tensor_descriptor(s_ptr, [M, N], [N, 1], [1, BN])
    s.scatter(v, rows, 0)
    a = tl.make_tensor_descriptor(a_ptr, [M, N], [N, 1], [8, BN])
    a.atomic_add([4, 32], v)
)";
  const int m = 16, n = 64, bn = 32;
  std::vector<float> x = integers<float>(m * n, -9, 9), out(8 * bn), scattered(m * n, 0.5f), added(m * n, 1.0f);
  std::vector<int> rows = {3, 15, 0, 7, 9, 1, 12, 4};
  std::vector<float> want, wantScattered = scattered, wantAdded = added;
  for (std::size_t r = 0; r != 8; ++r)
    for (std::size_t c = 0; c != bn; ++c) {
      const float v = x[std::size_t(rows[r]) * n + 32 + c];
      want.push_back(v);
      wantScattered[std::size_t(rows[r]) * n + c] = v;
      wantAdded[(4 + r) * n + 32 + c] += v;
    }
  Launch launch(text, {{"BN", bn}});
  launch.in(x).in(rows).out(out).inout(scattered).inout(added).scalar(m).scalar(n).everywhere([&] {
    expectSame(out, want);
    expectSame(scattered, wantScattered, "scattered");
    expectSame(added, wantAdded, "added");
  });
}

// Five dimensions, permuted and reduced in the middle.
TEST(Builtins, ManyDimensions) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, sums):
    x = tl.load(x_ptr + tl.arange(0, 1024))
    y = tl.reshape(x, (2, 4, 8, 4, 4))
    z = tl.permute(y, (4, 2, 0, 3, 1))
    tl.store(o + tl.arange(0, 1024), tl.reshape(z, (1024,)))
    tl.store(sums + tl.arange(0, 256), tl.reshape(tl.sum(y, axis=3), (256,)))
)";
  std::vector<int> x = integers<int>(1024, -99, 99), out(1024), sums(256), want, wantSums(256);
  for (int e = 0; e != 4; ++e)
    for (int c = 0; c != 8; ++c)
      for (int a = 0; a != 2; ++a)
        for (int d = 0; d != 4; ++d)
          for (int b = 0; b != 4; ++b)
            want.push_back(x[std::size_t((((a * 4 + b) * 8 + c) * 4 + d) * 4 + e)]);
  for (int i = 0; i != 1024; ++i)
    wantSums[std::size_t(i / 16 * 4 + i % 4)] += x[std::size_t(i)];
  Launch(text).in(x).out(out).out(sums).everywhere([&] {
    expectSame(out, want);
    expectSame(sums, wantSums);
  });
}
