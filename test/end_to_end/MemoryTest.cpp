// Loads, stores, masks, strides, block pointers, descriptors and atomics.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

#include <numeric>

using namespace tessera;
using namespace tessera::endtoend;

// ---- masks and alignment --------------------------------------------------------------------------------------------

template <typename T> class Copies : public testing::Test {};
using CopyTypes = testing::Types<std::int8_t, std::uint16_t, std::int32_t, std::int64_t, Half, float, double>;
TYPED_TEST_SUITE(Copies, CopyTypes);

// Every length, from every alignment: vectors must not be wider than what is known of the address.
TYPED_TEST(Copies, RaggedAndMisaligned) {
  using T = TypeParam;
  const char *text = R"(
@triton.jit
def f(x_ptr, o, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(o + i, tl.load(x_ptr + i, mask=i < n), mask=i < n)
)";
  int round = 0;
  for (int n : {1, 16, 100, 1024, 1000, 999})
    for (auto [from, to] : {std::pair(0, 0), {1, 0}, {0, 3}, {4, 8}}) {
      SCOPED_TRACE(testing::Message() << n << " elements from +" << from << " to +" << to);
      std::vector<T> x = integers<T>(std::size_t(n), 0, 100), out(x.size());
      Launch launch(text, {{"BLOCK", 256}});
      launch.in(x).shifted(std::size_t(from)).out(out).shifted(std::size_t(to)).scalar(n).grid(ceilDiv(n, 256));
      if (launch.run(everyConfiguration()[std::size_t(round++ % 4)]))
        expectSame(out, x);
    }
}

TEST(Memory, MasksAndOther) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, lo, hi, value, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    x = x_ptr + i
    tl.store(o + i, tl.load(x, mask=i < hi, other=-1.5))
    tl.store(o + BLOCK + i, tl.load(x, mask=(i >= lo) & (i < hi), other=value))
    tl.store(o + 2 * BLOCK + i, tl.load(x, mask=i % 3 == 0, other=i * 2.0))
    tl.store(o + 3 * BLOCK + i, tl.load(x, mask=False, other=7.0))
    tl.store(o + 4 * BLOCK + i, tl.load(x, mask=True))
    tl.store(o + 5 * BLOCK + i, 0.0)
    tl.store(o + 5 * BLOCK + i, i, mask=(i & 5) == 4)
    tl.store(o + 6 * BLOCK + i, tl.load(x, mask=lo < hi, other=0.0))
    tl.store(o + 7 * BLOCK + i, tl.load(x, mask=lo > hi, other=0.0))
)";
  constexpr int n = 128;
  std::vector<float> x = normal<float>(n), out(8 * n), want(8 * n);
  const int lo = 13, hi = 77;
  for (int i = 0; i != n; ++i) {
    const std::size_t at = std::size_t(i);
    want[at] = i < hi ? x[at] : -1.5f;
    want[n + at] = i >= lo && i < hi ? x[at] : 2.25f;
    want[2 * n + at] = i % 3 == 0 ? x[at] : float(i) * 2;
    want[3 * n + at] = 7;
    want[4 * n + at] = x[at];
    want[5 * n + at] = (i & 5) == 4 ? float(i) : 0;
    want[6 * n + at] = x[at];
    want[7 * n + at] = 0;
  }
  Launch(text, {{"BLOCK", n}}).in(x).out(out).scalar(lo).scalar(hi).scalar(2.25f).everywhere([&] {
    expectSame(out, want);
  });
}

// Masks in two dimensions, rows whose length is no multiple of anything, all three strides of a matrix at run time.
TEST(Memory, StridedMatrices) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, M, N, sm, sn, om, on, BM: tl.constexpr, BN: tl.constexpr):
    m = tl.program_id(0) * BM + tl.arange(0, BM)
    n = tl.program_id(1) * BN + tl.arange(0, BN)
    mask = (m[:, None] < M) & (n[None, :] < N)
    x = tl.load(x_ptr + m[:, None] * sm + n[None, :] * sn, mask=mask, other=0.0)
    tl.store(o + m[:, None] * om + n[None, :] * on, x * 2, mask=mask)
)";
  struct Row {
    int m, n, sm, sn, om, on;
  };
  for (auto [m, n, sm, sn, om, on] : {Row{37, 45, 45, 1, 45, 1},
                                      {37, 45, 1, 37, 45, 1},
                                      {64, 32, 32, 1, 1, 64},
                                      {33, 16, 48, 3, 16, 1},
                                      {5, 7, 7, 1, 14, 2},
                                      {1, 1, 1, 1, 1, 1}}) {
    SCOPED_TRACE(testing::Message() << m << "x" << n << " strides " << sm << ", " << sn << " to " << om << ", " << on);
    std::vector<float> x = normal<float>(std::size_t((m - 1) * sm + (n - 1) * sn + 1)),
                       out(std::size_t((m - 1) * om + (n - 1) * on + 1));
    Launch launch(text, {{"BM", 16}, {"BN", 32}});
    launch.in(x).out(out).scalar(m).scalar(n).scalar(sm).scalar(sn).scalar(om).scalar(on).grid(
        {ceilDiv(m, 16), ceilDiv(n, 32)});
    launch.everywhere([&] {
      std::vector<float> want(out.size());
      std::memset(static_cast<void *>(want.data()), 0xff,
                  want.size() * sizeof(float)); // between the elements nothing is written
      for (int i = 0; i != m; ++i)
        for (int j = 0; j != n; ++j)
          want[std::size_t(i * om + j * on)] = 2 * x[std::size_t(i * sm + j * sn)];
      expectSame(out, want);
    });
  }
}

TEST(Memory, Scalars) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, n):
    pid = tl.program_id(0)
    v = tl.load(x_ptr + pid)
    w = tl.load(x_ptr + n - 1 - pid, mask=pid > 1, other=100)
    tl.store(o + pid, v * 2 + w, mask=pid < n)
    tl.store(o + n + pid, v, mask=pid == 3)
)";
  std::vector<int> x = integers<int>(6, -50, 50), out(12);
  Launch(text).in(x).out(out).scalar(6).grid(6).everywhere([&] {
    std::vector<int> want(12, -1);
    for (std::size_t i = 0; i != 6; ++i)
      want[i] = x[i] * 2 + (i > 1 ? x[5 - i] : 100);
    want[9] = x[3];
    expectSame(out, want);
  });
}

TEST(Memory, Booleans) {
  const char *text = R"(
@triton.jit
def f(m_ptr, x_ptr, o, turned, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    m = tl.load(m_ptr + i)
    tl.store(o + i, tl.load(x_ptr + i, mask=m, other=0.0))
    tl.store(turned + i, ~m.to(tl.int1))
)";
  std::vector<std::uint8_t> m = integers<std::uint8_t>(256, 0, 1), turned(256), wantTurned;
  std::vector<float> x = normal<float>(256), out(256), want;
  for (std::size_t i = 0; i != 256; ++i)
    want.push_back(m[i] ? x[i] : 0), wantTurned.push_back(!m[i]);
  Launch(text, {{"BLOCK", 256}}).inBool(m).in(x).out(out).outBool(turned).everywhere([&] {
    expectSame(out, want);
    expectSame(turned, wantTurned);
  });
}

// Offsets beyond 2^31 - 1 bytes and elements: base pointers moved back, so that only the full sum is right.
TEST(Memory, LargeOffsets) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, back, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    far = x_ptr - back
    tl.store(o + i, tl.load(far + (i.to(tl.int64) + back)))
    row = tl.full((), 100000, tl.int64)
    tl.store(o + BLOCK + i, tl.load(x_ptr - row * 100000 + i + row * 100000))
)";
  std::vector<float> x = normal<float>(128), out(256);
  Launch launch(text, {{"BLOCK", 128}});
  launch.in(x).out(out).scalar(std::int64_t(5'000'000'000)).everywhere([&] {
    std::vector<float> want = x;
    want.insert(want.end(), x.begin(), x.end());
    expectSame(out, want);
  });
}

// Tables of pointers, made of integers: grouped kernels take their operands so.
TEST(Memory, PointersInMemory) {
  const char *text = R"(
@triton.jit
def make(table, a, b):
    tl.store(table, a.to(tl.int64))
    tl.store(table + 1, b.to(tl.int64, bitcast=True))

@triton.jit
def f(a, b, table, o, BLOCK: tl.constexpr):
    pid = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    tl.store(table + pid, tl.where(pid == 0, a.to(tl.int64), b.to(tl.int64)))
    tl.debug_barrier()
    p = tl.load(table + pid).to(tl.pointer_type(tl.float32))
    tl.store(o + pid * BLOCK + i, tl.load(p + i) + 1)
    q = (a if pid == 0 else b).to(tl.pointer_type(tl.int32), bitcast=True)
    tl.store((o + 2 * BLOCK).to(tl.pointer_type(tl.int32)) + pid * BLOCK + i, tl.load(q + i))
)";
  std::vector<float> a = normal<float>(64), b = normal<float>(64), out(256), want;
  std::vector<std::int64_t> table(2);
  for (const auto &v : {a, b})
    for (float x : v)
      want.push_back(x + 1);
  want.insert(want.end(), a.begin(), a.end());
  want.insert(want.end(), b.begin(), b.end());
  Launch(text, {{"BLOCK", 64}}, "f").in(a).in(b).out(table).out(out).grid(2).everywhere([&] { expectSame(out, want); });
}

TEST(Memory, GatherAndScatter) {
  const char *text = R"(
@triton.jit
def f(x_ptr, i_ptr, gathered, scattered, D, BLOCK: tl.constexpr, BD: tl.constexpr):
    i = tl.load(i_ptr + tl.program_id(0) * BLOCK + tl.arange(0, BLOCK))
    d = tl.arange(0, BD)
    at = (tl.program_id(0) * BLOCK + tl.arange(0, BLOCK))[:, None] * D + d[None, :]
    x = tl.load(x_ptr + i[:, None] * D + d[None, :], mask=d[None, :] < D)
    tl.store(gathered + at, x, mask=d[None, :] < D)
    tl.store(scattered + i[:, None] * D + d[None, :], x, mask=d[None, :] < D, eviction_policy="evict_first", cache_modifier=".cs")
)";
  constexpr int rows = 32, d = 20;
  std::vector<Half> x = normal<Half>(rows * d), gathered(x.size()), scattered(x.size()), want;
  std::vector<std::int64_t> index(rows);
  std::iota(index.begin(), index.end(), 0);
  std::shuffle(index.begin(), index.end(), generator());
  for (auto i : index)
    want.insert(want.end(), x.begin() + i * d, x.begin() + (i + 1) * d);
  Launch(text, {{"BLOCK", 16}, {"BD", 32}})
      .in(x)
      .in(index)
      .out(gathered)
      .out(scattered)
      .scalar(d)
      .grid(2)
      .everywhere([&] {
        expectSame(gathered, want, "gathered");
        expectSame(scattered, x, "scattered");
      });
}

TEST(Memory, CacheModifiersAndVolatile) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    a = tl.load(x_ptr + i, cache_modifier=".cg", eviction_policy="evict_last")
    b = tl.load(x_ptr + i, cache_modifier=".ca")
    c = tl.load(x_ptr + i, volatile=True)
    d = tl.load(x_ptr + i, cache_modifier=".cv", eviction_policy="")
    tl.store(o + i, a + b + c + d, cache_modifier=".wt")
    tl.store(o + BLOCK + i, a, cache_modifier=".wb", eviction_policy="evict_last")
    tl.store(o + 2 * BLOCK + i, a, cache_modifier=".cg")
)";
  std::vector<int> x = integers<int>(256, -99, 99), out(768), want;
  for (int v : x)
    want.push_back(4 * v);
  want.insert(want.end(), x.begin(), x.end());
  want.insert(want.end(), x.begin(), x.end());
  Launch(text, {{"BLOCK", 256}}).in(x).out(out).everywhere([&] { expectSame(out, want); });
}

// An address outside of every buffer is an error that names the kernel's line, not a crash and not a silent zero.
TEST(Memory, OutOfBoundsIsFound) {
  const char *text = "@triton.jit\ndef f(x, o, BLOCK: tl.constexpr):\n    i = tl.arange(0, BLOCK)\n"
                     "    tl.store(o + i, tl.load(x + i + 10000000))\n";
  std::vector<float> x(64), out(64);
  const std::string error = Launch(text, {{"BLOCK", 64}}).in(x).out(out).failure({"sm_90a", 1});
  EXPECT_NE(error.find("test.tile:4"), std::string::npos) << error;
}

// A program is sequential: what it stored it loads again, whichever threads do it, and what it loaded does not change
// by what it stores.
TEST(Memory, ProgramsAreSequential) {
  const char *text = R"(
@triton.jit
def f(x, y, counter, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    count = tl.load(counter)
    tl.store(counter, count + 1)
    if count == 0:
        tl.store(y + i, 0)
    else:
        tl.store(y + i, -1)
    tl.store(y + i, i, mask=i % 3 == 1)
    v = tl.load(x + i)
    tl.store(x + (BLOCK - 1 - i), v)
    for k in range(3):
        w = tl.load(x + (i ^ 1))
        tl.store(x + i, w + k)
    total = tl.sum(tl.load(x + i), axis=0)
    tl.store(x, total)
    tl.store(y + BLOCK, tl.load(x) + tl.load(counter))
)";
  for (int n : {16, 64, 512}) {
    const std::vector<int> x0 = integers<int>(std::size_t(n), -99, 99);
    std::vector<int> x = x0, y(std::size_t(n) + 1), counter(1), want(x0.rbegin(), x0.rend()), wantY;
    for (int k = 0; k != 3; ++k) {
      std::vector<int> next;
      for (std::size_t i = 0; i != want.size(); ++i)
        next.push_back(want[i ^ 1] + k);
      want = next;
    }
    for (int i = 0; i != n; ++i)
      wantY.push_back(i % 3 == 1 ? i : 0);
    want[0] = std::accumulate(want.begin(), want.end(), 0);
    wantY.push_back(want[0] + 1);
    Launch(text, {{"BLOCK", n}}).inout(x).out(y).inout(counter).everywhere([&] {
      expectSame(x, want);
      expectSame(y, wantY);
      EXPECT_EQ(counter[0], 1);
    });
  }
}

// A conversion of layouts within warps waits for its own warp only, and is no barrier for what stands around it.
TEST(Memory, ConversionsWithinWarpsAreNoBarriers) {
  const char *text = R"(
@triton.jit
def f(x, tmp, o):
    i = tl.arange(0, 1024)
    tl.store(tmp + i, tl.load(x + i))
    v = tl.load(tmp + (1023 - i))
    v = tl.permute(tl.reshape(v, (16, 4, 1, 16)), (2, 0, 3, 1))
    tl.store(tmp + i, tl.reshape(v, (1024,)))
    tl.store(o + i, tl.load(tmp + (1023 - i)))
)";
  std::vector<int> x = anyIntegers<int>(1024), tmp(1024), out(1024), want(1024);
  for (std::size_t i = 0; i != 1024; ++i) {
    const std::size_t a = i / 64, b = i / 16 % 4, c = i % 16;
    want[1023 - (a * 64 + c * 4 + b)] = x[1023 - i];
  }
  Launch(text).in(x).out(tmp).out(out).everywhere([&] { expectSame(out, want); });
}

// ---- block pointers and descriptors ---------------------------------------------------------------------------------

TEST(BlockPointers, LoadStoreAdvance) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, M, N, stride, BM: tl.constexpr, BN: tl.constexpr):
    x = tl.make_block_ptr(base=x_ptr, shape=(M, N), strides=(stride, 1), offsets=(tl.program_id(0) * BM, 0), block_shape=(BM, BN),
                          order=(1, 0))
    y = tl.make_block_ptr(o, (N, M), (1, N), (0, tl.program_id(0) * BM), (BN, BM), (0, 1))
    for _ in range(0, tl.cdiv(N, BN)):
        v = tl.load(x, boundary_check=(0, 1), padding_option="zero")
        tl.store(y, tl.trans(v) + 1, boundary_check=(0, 1))
        x = tl.advance(x, (0, BN))
        y = y.advance((BN, 0))
)";
  for (auto [m, n] : {std::pair(50, 70), {32, 32}, {1, 33}}) {
    const int stride = n + 3;
    std::vector<float> x = normal<float>(std::size_t(m * stride)), out(std::size_t(m * n)), want;
    for (int i = 0; i != m; ++i)
      for (int j = 0; j != n; ++j)
        want.push_back(x[std::size_t(i * stride + j)] + 1);
    Launch launch(text, {{"BM", 16}, {"BN", 32}});
    launch.in(x).out(out).scalar(m).scalar(n).scalar(stride).grid(ceilDiv(m, 16)).everywhere([&] {
      expectSame(out, want);
    });
  }
}

TEST(BlockPointers, Padding) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, N, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    x = tl.make_block_ptr(x_ptr, (N,), (1,), (0,), (BLOCK,), (0,))
    tl.store(o + i, tl.load(x, boundary_check=(0,), padding_option="nan"))
    tl.store(o + BLOCK + i, tl.load(x, boundary_check=(0,), padding_option="zero"))
)";
  std::vector<float> x = normal<float>(40), out(128);
  Launch(text, {{"BLOCK", 64}}).in(x).out(out).scalar(40).everywhere([&] {
    std::vector<float> want(128, 0.0f);
    for (std::size_t i = 0; i != 64; ++i)
      want[i] = i < 40 ? x[i] : NAN, want[64 + i] = i < 40 ? x[i] : 0;
    expectSame(out, want);
  });
}

TEST(Descriptors, LoadAndStore) {
  const char *text = R"(
@triton.jit
def f(x_ptr, o, M, N, BM: tl.constexpr, BN: tl.constexpr):
    x = tl.make_tensor_descriptor(x_ptr, shape=[M, N], strides=[N, 1], block_shape=[BM, BN])
    y = tl.make_tensor_descriptor(o, [M, N], [N, 1], [BM, BN])
    m = tl.program_id(0) * BM
    n = tl.program_id(1) * BN
    v = x.load([m, n])
    y.store([m, n], v * 2)
)";
  for (auto [m, n] : {std::pair(50, 72), {32, 64}}) {
    std::vector<Half> x = normal<Half>(std::size_t(m * n)), out(x.size()), want;
    for (Half v : x)
      want.push_back(Half(2 * float(v)));
    Launch launch(text, {{"BM", 16}, {"BN", 32}});
    launch.in(x).out(out).scalar(m).scalar(n).grid({ceilDiv(m, 16), ceilDiv(n, 32)}).everywhere([&] {
      expectSame(out, want);
    });
  }
}

// ---- atomics --------------------------------------------------------------------------------------------------------

template <typename T> class Atomics : public testing::Test {};
using AtomicTypes = testing::Types<std::int32_t, std::uint32_t, std::int64_t, std::uint64_t>;
TYPED_TEST_SUITE(Atomics, AtomicTypes);

// Many threads on few addresses: 4 programs of 128 elements on 16 places, with a mask.
TYPED_TEST(Atomics, IntegerOperationsUnderContention) {
  using T = TypeParam;
  const char *text = R"(
@triton.jit
def f(x_ptr, add, hi, lo, all, any, odd, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    m = i < n
    x = tl.load(x_ptr + i, mask=m, other=0)
    tl.atomic_add(add + i % 16, x, mask=m)
    tl.atomic_max(hi + i % 16, x, mask=m)
    tl.atomic_min(lo + i % 16, x, mask=m)
    tl.atomic_and(all + i % 16, x, mask=m, sem="relaxed")
    tl.atomic_or(any + i % 16, x, mask=m, sem="acq_rel", scope="gpu")
    tl.atomic_xor(odd + i % 16, x, m, scope="sys")
)";
  std::vector<T> x = anyIntegers<T>(500), add(16, 3), hi(16, T(5)), lo(16, T(5)), all(16, T(-1)), any(16, 0),
                 odd(16, 1);
  auto wantAdd = add, wantHi = hi, wantLo = lo, wantAll = all, wantAny = any, wantOdd = odd;
  for (std::size_t i = 0; i != 500; ++i) {
    const std::size_t k = i % 16;
    wantAdd[k] = T(std::uint64_t(wantAdd[k]) + std::uint64_t(x[i]));
    wantHi[k] = std::max(wantHi[k], x[i]), wantLo[k] = std::min(wantLo[k], x[i]);
    wantAll[k] &= x[i], wantAny[k] |= x[i], wantOdd[k] ^= x[i];
  }
  Launch launch(text, {{"BLOCK", 128}});
  launch.in(x).inout(add).inout(hi).inout(lo).inout(all).inout(any).inout(odd).scalar(500).grid(4).everywhere([&] {
    expectSame(add, wantAdd, "sum");
    expectSame(hi, wantHi, "maximum");
    expectSame(lo, wantLo, "minimum");
    expectSame(all, wantAll, "and");
    expectSame(any, wantAny, "or");
    expectSame(odd, wantOdd, "xor");
  });
}

// Each place's old values are all different and together those before each addition: 0 .. count - 1.
TYPED_TEST(Atomics, OldValues) {
  using T = TypeParam;
  const char *text = R"(
@triton.jit
def f(counter, old, scalar, BLOCK: tl.constexpr):
    pid = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    tl.store(old + pid * BLOCK + i, tl.atomic_add(counter + i % 4, 1))
    tl.store(scalar + pid, tl.atomic_add(counter + 4, 1))
)";
  std::vector<T> counter(5), old(256), scalar(4);
  Launch(text, {{"BLOCK", 64}}).inout(counter).out(old).out(scalar).grid(4).everywhere([&] {
    expectSame(counter, std::vector<T>{64, 64, 64, 64, 4});
    for (std::size_t k = 0; k != 4; ++k) {
      std::vector<T> seen, want(64);
      for (std::size_t i = k; i < 256; i += 4)
        seen.push_back(old[i]);
      std::sort(seen.begin(), seen.end());
      std::iota(want.begin(), want.end(), T(0));
      expectSame(seen, want, "old value");
    }
    std::sort(scalar.begin(), scalar.end());
    expectSame(scalar, std::vector<T>{0, 1, 2, 3});
  });
}

TYPED_TEST(Atomics, ExchangeAndCompare) {
  using T = TypeParam;
  const char *text = R"(
@triton.jit
def f(x, o, swapped, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    tl.store(o + i, tl.atomic_xchg(x + i, i * 10, mask=i < 50))
    y = x + BLOCK
    tl.store(swapped + i, tl.atomic_cas(y + i, i, i + 1000))
)";
  std::vector<T> x(128), o(64), swapped(64), want, wantSwapped;
  for (std::size_t i = 0; i != 64; ++i)
    x[i] = T(i + 7), x[64 + i] = T(i % 3 ? i : 5);
  want = x;
  for (std::size_t i = 0; i != 64; ++i) {
    wantSwapped.push_back(x[64 + i]);
    if (i < 50)
      want[i] = T(i * 10);
    if (x[64 + i] == T(i))
      want[64 + i] = T(i + 1000);
  }
  const std::vector<T> before = x;
  Launch(text, {{"BLOCK", 64}}).inout(x).out(o).out(swapped).everywhere([&] {
    expectSame(x, want);
    expectSame(swapped, wantSwapped, "old value");
    expectSame(std::vector<T>(o.begin(), o.begin() + 50), std::vector<T>(before.begin(), before.begin() + 50),
               "old value");
  });
}

// Tensors smaller than the number of threads have copies in many of them: each element acts once.
TEST(Atomics, CopiesActOnce) {
  const char *text = R"(
@triton.jit
def f(a, b, c, old, N: tl.constexpr):
    i = tl.arange(0, N)
    tl.atomic_add(a + i, 1)
    tl.store(old + i, tl.atomic_add(b + i, i))
    tl.atomic_add(c + i[:, None] * 2 + tl.arange(0, 2)[None, :], 1.0)
    tl.atomic_add(b + N, tl.sum(i, axis=0))
)";
  for (int n : {1, 2, 8, 32, 128}) {
    SCOPED_TRACE(n);
    const auto size = std::size_t(n);
    std::vector<int> a(size, 5), b(size + 1, 7), old(size), wantB(size + 1, 7);
    std::vector<float> c(2 * size, 1.0f);
    for (std::size_t i = 0; i != size; ++i)
      wantB[i] += int(i), wantB[size] += int(i);
    Launch(text, {{"N", n}}).inout(a).inout(b).inout(c).out(old).everywhere([&] {
      expectSame(a, std::vector<int>(size, 6));
      expectSame(b, wantB);
      expectSame(c, std::vector<float>(2 * size, 2.0f));
      expectSame(old, std::vector<int>(size, 7));
    });
  }
}

template <typename T> class FloatAtomics : public testing::Test {};
using FloatAtomicTypes = testing::Types<float, double, Half, BFloat16>;
TYPED_TEST_SUITE(FloatAtomics, FloatAtomicTypes);

// Whole numbers, whose sums are exact in every order.
TYPED_TEST(FloatAtomics, Add) {
  using T = TypeParam;
  const char *text = R"(
@triton.jit
def f(x_ptr, o, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.atomic_add(o + i % 32, tl.load(x_ptr + i, mask=i < n, other=0.0), mask=i < n)
    tl.atomic_add(o + 32, tl.sum(tl.load(x_ptr + i, mask=i < n, other=0.0), axis=0))
)";
  std::vector<T> x = integers<T>(480, -3, 3), out(33, fromDouble<T>(1));
  std::vector<double> want(33, 1);
  for (std::size_t i = 0; i != 480; ++i)
    want[i % 32] += toDouble(x[i]), want[32] += toDouble(x[i]);
  std::vector<Configuration> configurations = everyConfiguration();
  if (std::is_same_v<T, BFloat16>) // atom.add.bf16 came with sm_90
    configurations = {{"sm_90a", 2}, {"sm_90a", 4}};
  Launch(text, {{"BLOCK", 128}}).in(x).inout(out).scalar(480).grid(4).configurations(configurations).everywhere([&] {
    expectNear(out, want, 0, 0);
  });
}

TYPED_TEST(FloatAtomics, MaxAndMin) {
  using T = TypeParam;
  if constexpr (sizeof(T) >= 4) {
    const char *text = R"(
@triton.jit
def f(x_ptr, hi, lo, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + i, mask=i < n, other=0.0)
    tl.atomic_max(hi + i % 16, x, mask=i < n)
    tl.atomic_min(lo + i % 16, x, mask=i < n)
)";
    std::vector<T> x = normal<T>(400), hi(16, T(-0.25)), lo(16, T(0.25));
    auto wantHi = hi, wantLo = lo;
    for (std::size_t i = 0; i != 400; ++i)
      wantHi[i % 16] = std::max(wantHi[i % 16], x[i]), wantLo[i % 16] = std::min(wantLo[i % 16], x[i]);
    Launch(text, {{"BLOCK", 128}}).in(x).inout(hi).inout(lo).scalar(400).grid(4).everywhere([&] {
      expectSame(hi, wantHi, "maximum");
      expectSame(lo, wantLo, "minimum");
    });
  }
}

// A lock by atomic_cas and atomic_xchg guards a read, an addition and a write that are no atomics themselves.
TEST(Atomics, Locks) {
  const char *text = R"(
@triton.jit
def f(lock, count, sums, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    v = (i + tl.program_id(0)).to(tl.float32)
    while tl.atomic_cas(lock, 0, 1) == 1:
        pass
    c = tl.load(count)
    if c == 0:
        tl.store(sums + i, v)
    else:
        tl.store(sums + i, v + tl.load(sums + i))
    tl.store(count, c + 1)
    tl.debug_barrier()
    tl.atomic_xchg(lock, 0)
)";
  std::vector<int> lock(1), count(1);
  std::vector<float> sums(64), want(64);
  for (int p = 0; p != 7; ++p)
    for (int i = 0; i != 64; ++i)
      want[std::size_t(i)] += float(i + p);
  Launch(text, {{"BLOCK", 64}}).inout(lock).inout(count).out(sums).grid(7).everywhere([&] {
    expectSame(sums, want);
    EXPECT_EQ(count[0], 7);
    EXPECT_EQ(lock[0], 0);
  });
}
