# Operations on single elements of types that the other kernels leave out, each result by itself so that nothing is fused.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import triton
import triton.language as tl
from triton.language.extra.cuda import libdevice


@triton.jit
def halves(x, y, z, out, flags, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(x + i, mask=i < n, other=0.0)
    b = tl.load(y + i, mask=i < n, other=0.0)
    c = tl.load(z + i, mask=i < n, other=0.0)
    tl.store(out + i, a + b, mask=i < n)
    tl.store(out + n + i, a - b, mask=i < n)
    tl.store(out + 2 * n + i, a * b, mask=i < n)
    tl.store(out + 3 * n + i, tl.fma(a, b, c), mask=i < n)
    tl.store(out + 4 * n + i, tl.maximum(a, b), mask=i < n)
    tl.store(out + 5 * n + i, tl.minimum(a, b), mask=i < n)
    tl.store(out + 6 * n + i, tl.abs(a), mask=i < n)
    tl.store(out + 7 * n + i, -a, mask=i < n)
    f = (a > b).to(tl.int32) + (a < b).to(tl.int32) * 2 + (a >= b).to(tl.int32) * 4 + (a <= b).to(tl.int32) * 8
    f += (a == b).to(tl.int32) * 16 + (a != b).to(tl.int32) * 32 + (a != a).to(tl.int32) * 64
    tl.store(flags + i, tl.where(a > c, f, -f), mask=i < n)


@triton.jit
def unsigned(x, y, out, wide, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(x + i, mask=i < n, other=1)
    b = tl.load(y + i, mask=i < n, other=1)
    tl.store(out + i, tl.minimum(a, b), mask=i < n)
    tl.store(out + n + i, tl.maximum(a, b), mask=i < n)
    tl.store(out + 2 * n + i, a % b, mask=i < n)
    tl.store(out + 3 * n + i, a // b, mask=i < n)
    tl.store(out + 4 * n + i, tl.where(a <= b, a, b >> 3), mask=i < n)
    tl.store(out + 5 * n + i, tl.where(a >= b, ~a, b ^ a), mask=i < n)
    c = a.to(tl.uint64) * b
    d = b.to(tl.uint64) << 13
    tl.store(wide + i, tl.minimum(c, d), mask=i < n)
    tl.store(wide + n + i, tl.maximum(c, d), mask=i < n)
    tl.store(wide + 2 * n + i, tl.where(c > d, ~c, c % d), mask=i < n)
    tl.store(wide + 3 * n + i, tl.where(c <= d, c // b, (c >> 7) & 15), mask=i < n)


@triton.jit
def signed(x, y, out, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(x + i, mask=i < n, other=1)
    b = tl.load(y + i, mask=i < n, other=1)
    tl.store(out + i, tl.minimum(a, b), mask=i < n)
    tl.store(out + n + i, tl.maximum(a, b), mask=i < n)
    tl.store(out + 2 * n + i, a % b, mask=i < n)
    tl.store(out + 3 * n + i, a // b, mask=i < n)
    tl.store(out + 4 * n + i, -a, mask=i < n)
    tl.store(out + 5 * n + i, tl.abs(a), mask=i < n)
    tl.store(out + 6 * n + i, (a << 20) >> 40, mask=i < n)
    tl.store(out + 7 * n + i, a.to(tl.int8).to(tl.int64) + a.to(tl.int32).to(tl.int64), mask=i < n)


@triton.jit
def rows_of_integers(x, u, out, unsigned, M: tl.constexpr, N: tl.constexpr):
    """Reductions of rows by every operation."""
    at = tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]
    m = tl.arange(0, M)
    v = tl.load(x + at)
    w = tl.load(u + at)
    tl.store(out + m, tl.sum(v, 1))
    tl.store(out + M + m, tl.max(v, 1))
    tl.store(out + 2 * M + m, tl.min(v, 1))
    tl.store(out + 3 * M + m, tl.xor_sum(v, 1))
    tl.store(out + 4 * M + m, tl.reduce(v, 1, both))
    tl.store(out + 5 * M + m, tl.reduce(v, 1, either))
    tl.store(unsigned + m, tl.max(w, 1))
    tl.store(unsigned + M + m, tl.min(w, 1))


@triton.jit
def both(a, b):
    return a & b


@triton.jit
def either(a, b):
    return a | b


@triton.jit
def kept(x, out, n, BLOCK: tl.constexpr):
    """Every way to keep in a cache, or not."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(x + i, mask=i < n, cache_modifier=".ca")
    b = tl.load(x + i, mask=i < n, cache_modifier=".cg")
    c = tl.load(x + i, mask=i < n, cache_modifier=".cv")
    d = tl.load(x + i, mask=i < n, volatile=True)
    e = tl.load(x + i, mask=i < n, eviction_policy="evict_first")
    f = tl.load(x + i, mask=i < n, eviction_policy="evict_last")
    tl.store(out + i, a + 1, mask=i < n, cache_modifier=".wb")
    tl.store(out + n + i, b + 2, mask=i < n, cache_modifier=".cg")
    tl.store(out + 2 * n + i, c + 3, mask=i < n, cache_modifier=".cs")
    tl.store(out + 3 * n + i, d + 4, mask=i < n, cache_modifier=".wt")
    tl.store(out + 4 * n + i, e + f, mask=i < n, eviction_policy="evict_last")


@triton.jit
def more_conversions(x, words, halves, singles, shorts, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i, mask=i < n, other=0.0)
    w = tl.load(words + i, mask=i < n, other=0)
    u = w.to(tl.uint64)
    tl.store(halves + i, w.to(tl.float16), mask=i < n)
    tl.store(halves + n + i, w.to(tl.int32).to(tl.float16), mask=i < n)
    tl.store(halves + 2 * n + i, u.to(tl.uint16).to(tl.float16), mask=i < n)
    tl.store(halves + 3 * n + i, (v.to(tl.float64) * 1.000030517578125).to(tl.float16), mask=i < n)
    tl.store(singles + i, u.to(tl.float32), mask=i < n)
    tl.store(singles + n + i, tl.ceil(v), mask=i < n)
    tl.store(singles + 2 * n + i, tl.floor(v), mask=i < n)
    tl.store(singles + 3 * n + i, libdevice.llrint(v * 1000).to(tl.float32), mask=i < n)
    tl.store(shorts + i, tl.abs(v * 10).to(tl.uint16), mask=i < n)
    tl.store(shorts + n + i, w.to(tl.int8).to(tl.uint8).to(tl.uint16), mask=i < n)


@triton.jit
def sums_of_fours(x, out, counters, n, BLOCK: tl.constexpr):
    """Atomic additions of neighbours at once; relaxed ones on words."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i, mask=i < n, other=0.0)
    tl.atomic_add(out + i, v, mask=i < n, sem="relaxed")
    w = v.to(tl.int32)
    old = tl.atomic_max(counters + i % 16, w, mask=i < n, sem="relaxed")
    tl.atomic_add(counters + 16 + i % 16, (old < w).to(tl.int32), mask=i < n, sem="relaxed")
