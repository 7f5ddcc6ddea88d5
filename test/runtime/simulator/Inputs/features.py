# Triton kernels of less usual features, whose PTX the simulator's tests run.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import triton
import triton.language as tl
from triton.language.extra.cuda import libdevice

@triton.jit
def printing(x, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    v = tl.load(x + i)
    tl.device_print("value ", v, i)
    tl.device_print("hello")

@triton.jit
def asserting(x, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    v = tl.load(x + i)
    tl.device_assert(v < n, "too large")
    tl.store(x + i, v + 1)

@triton.jit
def fp8(x, y, z, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i)
    a = v.to(tl.float8e5)
    tl.store(y + i, a)
    tl.store(z + i, a.to(tl.float32) + tl.load(y + i + n).to(tl.float16).to(tl.float32))

@triton.jit
def fp8e4(x, y, z, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i)
    a = v.to(tl.float8e4nv)
    tl.store(y + i, a)
    tl.store(z + i, a.to(tl.float32))

@triton.jit
def fp8dot(a, b, c, BM: tl.constexpr, BK: tl.constexpr):
    m = tl.arange(0, BM)
    k = tl.arange(0, BK)
    x = tl.load(a + m[:, None] * BK + k[None, :])
    y = tl.load(b + k[:, None] + m[None, :] * BK)
    tl.store(c + m[:, None] * BM + m[None, :], tl.dot(x, y))

@triton.jit
def hist(x, out, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    h = tl.histogram(tl.load(x + i), 64)
    tl.store(out + tl.arange(0, 64), h)

@triton.jit
def gather(x, idx, out, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    tl.store(out + i, tl.gather(tl.load(x + i), tl.load(idx + i), 0))

@triton.jit
def combine(a1, b1, a2, b2):
    return a1 * a2, b1 * a2 + b2

@triton.jit
def assoc(x, y, out, BM: tl.constexpr, BN: tl.constexpr):
    m = tl.arange(0, BM)[:, None]
    n = tl.arange(0, BN)[None, :]
    a = tl.load(x + m * BN + n)
    b = tl.load(y + m * BN + n)
    p, q = tl.associative_scan((a, b), 1, combine)
    r, s = tl.associative_scan((a, b), 0, combine, reverse=True)
    tl.store(out + m * BN + n, q + s)

@triton.jit
def dots(a, b, c, d, e, BM: tl.constexpr, BK: tl.constexpr):
    m = tl.arange(0, BM)
    k = tl.arange(0, BK)
    x = tl.load(a + m[:, None] * BK + k[None, :])
    y = tl.load(b + k[:, None] * BM + m[None, :])
    tl.store(c + m[:, None] * BM + m[None, :], tl.dot(x, y, input_precision="ieee"))
    tl.store(d + m[:, None] * BM + m[None, :], tl.dot(x, y, input_precision="tf32x3"))
    bb = tl.arange(0, 2)
    x3 = tl.load(a + bb[:, None, None] * BM * BK + m[None, :, None] * BK + k[None, None, :])
    y3 = tl.load(b + bb[:, None, None] * BM * BK + k[None, :, None] * BM + m[None, None, :])
    tl.store(e + bb[:, None, None] * BM * BM + m[None, :, None] * BM + m[None, None, :], tl.dot(x3, y3))

@triton.jit
def dot64(a, b, c, BM: tl.constexpr, BK: tl.constexpr):
    m = tl.arange(0, BM)
    k = tl.arange(0, BK)
    x = tl.load(a + m[:, None] * BK + k[None, :])
    y = tl.load(b + k[:, None] * BM + m[None, :])
    tl.store(c + m[:, None] * BM + m[None, :], tl.dot(x, y, out_dtype=tl.float64))

@triton.jit
def locks(lock, data, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    while tl.atomic_cas(lock, 0, 1) == 1:
        pass
    v = tl.load(data + i)
    tl.store(data + i, v + 1)
    tl.debug_barrier()
    tl.atomic_xchg(lock, 0)

@triton.jit
def atomics(x, o16, obf, oi, o64, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i, mask=i < n, other=0)
    m = i < n
    tl.atomic_add(o16 + i % 64, v.to(tl.float16), mask=m)
    tl.atomic_add(obf + i % 64, v.to(tl.bfloat16), mask=m)
    tl.atomic_max(oi + i % 32, v.to(tl.int32), mask=m)
    tl.atomic_min(oi + 32 + i % 32, v.to(tl.int32), mask=m)
    tl.atomic_xor(oi + 64 + i % 32, v.to(tl.int32), mask=m)
    tl.atomic_add(o64 + i % 16, v.to(tl.int64), mask=m)

@triton.jit
def shapes(x, out, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    v = tl.load(x + i)
    a, b = tl.split(tl.reshape(v, (BLOCK // 2, 2)))
    w = tl.interleave(b, a)
    f = tl.flip(w, 0)
    tl.store(out + i, f + tl.cat(a, b, can_reorder=True) * 0)

@triton.jit
def lib(x, out, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    v = tl.load(x + i)
    r = libdevice.tan(v) + libdevice.log1p(tl.abs(v)) + libdevice.pow(tl.abs(v), 1.3) + libdevice.rint(v) + libdevice.atan2(v, 0.5) + libdevice.expm1(v)
    r += libdevice.tgamma(tl.abs(v) + 1) + libdevice.j0(v) + libdevice.fast_expf(v)
    u = v.to(tl.int32, bitcast=True)
    tl.store(out + i, r + libdevice.popc(u) + libdevice.clz(u) + libdevice.ffs(u) + libdevice.brev(u) % 7)

@triton.jit
def asm(x, out, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    v = tl.load(x + i)
    r = tl.inline_asm_elementwise("{ .reg .b32 t; shl.b32 t, $1, 3; add.u32 $0, t, 1; }", "=r,r", [v], dtype=tl.int32, is_pure=True, pack=1)
    s = tl.umulhi(v.to(tl.uint32), 123456789)
    tl.store(out + i, r + s.to(tl.int32))

@triton.jit
def topk(x, out, BM: tl.constexpr, BN: tl.constexpr):
    m = tl.arange(0, BM)[:, None]
    n = tl.arange(0, BN)[None, :]
    v = tl.load(x + m * BN + n)
    tl.store(out + m * BN + n, tl.sort(v, dim=1, descending=True))
    mx, ix = tl.max(v, 1, return_indices=True)
    tl.store(out + BM * BN + tl.arange(0, BM), ix.to(tl.float32) + mx)
    tl.store(out + BM * BN + BM + tl.arange(0, BM), tl.xor_sum(v.to(tl.int32), 1).to(tl.float32))

@triton.jit
def persistent(x, out, n, BLOCK: tl.constexpr):
    for t in tl.range(tl.program_id(0), tl.cdiv(n, BLOCK), tl.num_programs(0), num_stages=3):
        i = t * BLOCK + tl.arange(0, BLOCK)
        v = tl.load(x + i, mask=i < n, eviction_policy="evict_first", cache_modifier=".cg")
        tl.store(out + i, v * tl.sigmoid(v), mask=i < n, cache_modifier=".cs")
