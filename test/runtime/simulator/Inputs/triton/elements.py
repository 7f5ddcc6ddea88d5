# Element by element and by index: activations, rotary positions, embeddings, optimisers, conversions, scans, sorting, counting.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait, globaltimer, libdevice, smid


@triton.jit
def seeded_dropout(x, out, n, p, seed, BLOCK: tl.constexpr):
    """Philox by the element's number: the test computes the same numbers."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    keep = tl.rand(seed, i) > p
    tl.store(out + i, tl.where(keep, tl.load(x + i, mask=i < n) / (1 - p), 0.0), mask=i < n)


@triton.jit
def philox_words(out, normals, n, seed, BLOCK: tl.constexpr):
    """All four words of a counter, and normal numbers."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a, b, c, d = tl.randint4x(seed, i)
    tl.store(out + i, a, mask=i < n)
    tl.store(out + n + i, b, mask=i < n)
    tl.store(out + 2 * n + i, c, mask=i < n)
    tl.store(out + 3 * n + i, d, mask=i < n)
    tl.store(normals + i, tl.randn(seed, i), mask=i < n)


@triton.jit
def rotary(q, cosines, sines, length, HEADS: tl.constexpr, HALF: tl.constexpr, BACKWARD: tl.constexpr):
    """Rotates the halves of each head in place; q is tokens by heads by 2 HALF."""
    token = tl.program_id(0)
    h = tl.arange(0, HEADS)[:, None]
    i = tl.arange(0, HALF)[None, :]
    c = tl.load(cosines + token % length * HALF + i)
    s = tl.load(sines + token % length * HALF + i)
    if BACKWARD:
        s = -s
    at = q + (token * HEADS + h) * 2 * HALF + i
    x = tl.load(at).to(tl.float32)
    y = tl.load(at + HALF).to(tl.float32)
    tl.store(at, (x * c - y * s).to(q.dtype.element_ty))
    tl.store(at + HALF, (y * c + x * s).to(q.dtype.element_ty))


@triton.jit
def swiglu(x, y, dz, z, dx, dy, n, BLOCK: tl.constexpr):
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(x + i, mask=i < n, other=0.0).to(tl.float32)
    b = tl.load(y + i, mask=i < n, other=0.0).to(tl.float32)
    g = tl.load(dz + i, mask=i < n, other=0.0).to(tl.float32)
    s = tl.sigmoid(a)
    tl.store(z + i, a * s * b, mask=i < n)
    tl.store(dx + i, g * b * (s + a * s * (1 - s)), mask=i < n)
    tl.store(dy + i, g * a * s, mask=i < n)


@triton.jit
def gelus(x, out, n, BLOCK: tl.constexpr):
    """By the error function, and by the hyperbolic tangent."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i, mask=i < n, other=0.0).to(tl.float32)
    tl.store(out + i, 0.5 * v * (1 + tl.erf(v * 0.7071067811865476)), mask=i < n)
    tl.store(out + n + i, 0.5 * v * (1 + libdevice.tanh(0.7978845608028654 * (v + 0.044715 * v * v * v))), mask=i < n)


@triton.jit
def packed_bfloats(x, y, out, n, BLOCK: tl.constexpr):
    """Pairs of bfloat16 by instructions that take two."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(x + i, mask=i < n, other=0.0)
    b = tl.load(y + i, mask=i < n, other=0.0)
    c = a * b
    d = tl.maximum(c, a)
    e = tl.fma(c, d, b)
    tl.store(out + i, tl.minimum(e, tl.abs(b)), mask=i < n)


@triton.jit
def embedding(table, indices, out, columns, missing, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    index = tl.load(indices + row)
    i = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    there = (i < columns) & (index != missing)
    tl.store(out + row * columns + i, tl.load(table + index * columns + i, mask=there, other=0.0), mask=i < columns)


@triton.jit
def embedding_backward(grad, indices, out, columns, missing, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    index = tl.load(indices + row)
    i = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    g = tl.load(grad + row * columns + i, mask=i < columns, other=0.0).to(tl.float32)
    tl.atomic_add(out + index * columns + i, g, mask=(i < columns) & (index != missing))


@triton.jit
def adam(p, g, m, v, n, rate, beta1, beta2, eps, decay, step, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = i < n
    grad = tl.load(g + i, mask=inside).to(tl.float32)
    old = tl.load(p + i, mask=inside)
    first = beta1 * tl.load(m + i, mask=inside) + (1 - beta1) * grad
    second = beta2 * tl.load(v + i, mask=inside) + (1 - beta2) * grad * grad
    a = first / (1 - libdevice.pow(beta1, step.to(tl.float32)))
    b = second / (1 - libdevice.pow(beta2, step.to(tl.float32)))
    tl.store(p + i, old * (1 - rate * decay) - rate * a / (tl.sqrt_rn(b) + eps), mask=inside)
    tl.store(m + i, first, mask=inside)
    tl.store(v + i, second, mask=inside)


@triton.jit
def conversions(x, halves, bfloats, e5, integers, back, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i, mask=i < n, other=0.0)
    h = v.to(tl.float16)
    b = v.to(tl.bfloat16)
    f = v.to(tl.float8e5)
    tl.store(halves + i, h, mask=i < n)
    tl.store(bfloats + i, b, mask=i < n)
    tl.store(e5 + i, f, mask=i < n)
    tl.store(integers + i, v.to(tl.int32), mask=i < n)
    tl.store(back + i, h.to(tl.float32) + b.to(tl.float32) + f.to(tl.float32) + v.to(tl.int8).to(tl.float32) + v.to(tl.int64).to(tl.float32), mask=i < n)


@triton.jit
def eight_bit_floats(x, e4, e5, sums, n, BLOCK: tl.constexpr):
    """Saturating conversions to both kinds, and back in pairs."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i, mask=i < n, other=0.0)
    a = v.to(tl.float8e4nv)
    b = v.to(tl.float8e5)
    tl.store(e4 + i, a, mask=i < n)
    tl.store(e5 + i, b, mask=i < n)
    tl.store(sums + i, a.to(tl.float16).to(tl.float32) + b.to(tl.bfloat16).to(tl.float32), mask=i < n)


@triton.jit
def scans(x, sums, tops, products, reversed, M: tl.constexpr, N: tl.constexpr):
    """Along both dimensions of a tile, forward and back."""
    at = tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]
    v = tl.load(x + at)
    tl.store(sums + at, tl.cumsum(v, 0))
    tl.store(reversed + at, tl.cumsum(v, 1, reverse=True))
    tl.store(products + at, tl.cumprod(tl.where(v > 0, 1.5, -0.75).to(tl.float32), 1))
    tl.store(tops + at, tl.associative_scan(v, 1, larger))


@triton.jit
def larger(a, b):
    return tl.maximum(a, b)


@triton.jit
def linear_step(a, x, b, y):
    return a * b, x * b + y


@triton.jit
def recurrence(a, x, out, length, channels, BT: tl.constexpr, BC: tl.constexpr):
    """h[t] = a[t] h[t-1] + x[t] over a ragged length, a block of time at a time, the state carried."""
    rc = tl.program_id(0) * BC + tl.arange(0, BC)
    h = tl.zeros((BC,), tl.float32)
    rt = tl.arange(0, BT)
    for start in range(0, length, BT):
        at = (start + rt)[:, None] * channels + rc[None, :]
        inside = ((start + rt)[:, None] < length) & (rc[None, :] < channels)
        va = tl.load(a + at, mask=inside, other=1.0)
        vx = tl.load(x + at, mask=inside, other=0.0)
        pa, px = tl.associative_scan((va, vx), 0, linear_step)
        y = pa * h[None, :] + px
        tl.store(out + at, y, mask=inside)
        h = tl.sum(tl.where(rt[:, None] == BT - 1, y, 0.0), 0)


@triton.jit
def sort_rows(x, out, tops, columns, K: tl.constexpr, BLOCK: tl.constexpr):
    """Rows sorted downward, and the K largest with their places packed below them."""
    row = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    v = tl.load(x + row * columns + i, mask=i < columns, other=-32768).to(tl.int64)
    tl.store(out + row * BLOCK + i, tl.sort(v, descending=True).to(tl.int32))
    tl.store(tops + row * K + tl.arange(0, K), tl.topk((v << 32) | i, K))


@triton.jit
def compact(x, out, places, counts, n, limit, BLOCK: tl.constexpr):
    """Those above a limit to the front of each block, by the places a scan gives; how many; and a histogram of all."""
    block = tl.program_id(0)
    i = block * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i, mask=i < n, other=0)
    keep = (v > limit) & (i < n)
    place = tl.cumsum(keep.to(tl.int32), 0) - 1
    tl.store(out + block * BLOCK + place, v, mask=keep)
    tl.store(counts + block, tl.sum(keep.to(tl.int32), 0))
    tl.store(places + block * 128 + tl.arange(0, 128), tl.histogram(v, 128, mask=i < n))


@triton.jit
def gather_rows(x, index, out, M: tl.constexpr, N: tl.constexpr):
    """Within a tile: along rows, then along columns."""
    at = tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]
    v = tl.load(x + at)
    g = tl.gather(v, tl.load(index + at) % N, 1)
    tl.store(out + at, tl.gather(g, tl.load(index + at) % M, 0))


@triton.jit
def align_experts(chosen, sorted, starts, counts, n, EXPERTS: tl.constexpr, BM: tl.constexpr, BLOCK: tl.constexpr):
    """Numbers of elements by the expert they chose, each expert's part padded to BM: counted and placed by atomics."""
    e = tl.arange(0, EXPERTS)
    for start in range(0, n, BLOCK):
        i = start + tl.arange(0, BLOCK)
        c = tl.load(chosen + i, mask=i < n, other=0)
        tl.atomic_add(counts + c, 1, mask=i < n)
    tl.debug_barrier()
    padded = tl.cdiv(tl.load(counts + e), BM) * BM
    first = tl.cumsum(padded, 0) - padded
    tl.store(starts + e, first)
    tl.store(counts + EXPERTS + e, first)
    tl.debug_barrier()
    for start in range(0, n, BLOCK):
        i = start + tl.arange(0, BLOCK)
        c = tl.load(chosen + i, mask=i < n, other=0)
        place = tl.atomic_add(counts + EXPERTS + c, 1, mask=i < n)
        tl.store(sorted + place, i, mask=i < n)


@triton.jit
def atomic_kinds(x, counters, wide, n, BLOCK: tl.constexpr):
    """Old values come back; every order and scope."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i, mask=i < n, other=0)
    tl.atomic_and(counters + i % 8, v | 255, mask=i < n, sem="acquire")
    tl.atomic_or(counters + 8 + i % 8, v & 4095, mask=i < n, sem="release", scope="cta")
    tl.atomic_max(counters + 16 + i % 8, v, mask=i < n, scope="sys")
    tl.atomic_min(counters + 24 + i % 8, v, mask=i < n, sem="relaxed")
    old = tl.atomic_add(counters + 32, 1)
    tl.store(counters + 40 + old, 1)
    tl.atomic_max(wide + i % 4, v.to(tl.int64) << 20, mask=i < n)
    tl.atomic_xor(wide + 4 + i % 4, v.to(tl.int64) << 24, mask=i < n)


@triton.jit
def bytes_by_assembly(x, out, n, BLOCK: tl.constexpr):
    """Four bytes at once, two results."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i, mask=i < n, other=0)
    low, high = tl.inline_asm_elementwise("""
    {
        .reg .b32 a, b;
        prmt.b32 a, 0, $2, 0x7654;
        and.b32 b, a, 0x0f0f0f0f;
        mov.b32 $0, b;
        shr.u32 a, a, 4;
        lop3.b32 $1, a, 0x0f0f0f0f, b, 0x6a;
    }""", "=r,=r,r", [v], dtype=(tl.int8, tl.uint8), is_pure=True, pack=4)
    tl.store(out + i, low, mask=i < n)
    tl.store(out + n + i, high.to(tl.int8, bitcast=True), mask=i < n)


@triton.jit
def matrices(x, out, M, N, stride, BM: tl.constexpr, BN: tl.constexpr):
    """join, split, reshape, trans, flip, interleave, broadcast."""
    rm = tl.program_id(0) * BM + tl.arange(0, BM)[:, None]
    rn = tl.arange(0, BN)[None, :]
    v = tl.load(x + rm * stride + rn, mask=(rm < M) & (rn < N), other=0)
    a, b = v.reshape(BM, BN // 2, 2).split()
    c = tl.join(b, a).reshape(BM, BN)
    d = tl.flip(c, 1)
    e = tl.interleave(a, b) - v
    f = tl.trans(tl.trans(d).reshape(BN, BM))
    rows = tl.sum(v, 1)
    tl.store(out + rm * stride + rn, f + e + tl.broadcast_to(rows[:, None], BM, BN), mask=(rm < M) & (rn < N))


@triton.jit
def doubles(x, y, out, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(x + i, mask=i < n, other=1.0)
    b = tl.load(y + i, mask=i < n, other=1.0)
    r = tl.sqrt(a * a + b * b) + tl.exp(-a) * tl.log(tl.abs(b) + 1) + a / b + tl.floor(a) - tl.ceil(b) + tl.sin(a) * tl.cos(b)
    tl.store(out + i, tl.fma(a, b, r), mask=i < n)
    tl.atomic_add(out + n, tl.sum(tl.where(i < n, a, 0.0), 0))


@triton.jit
def integers(x, y, out, n, BLOCK: tl.constexpr):
    """Divisions of either sign, shifts, high halves, 64 bits, 8 and 16 bits."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(x + i, mask=i < n, other=1)
    b = tl.load(y + i, mask=i < n, other=1)
    w = a.to(tl.int64) * b * 977 - (a.to(tl.int64) << 21)
    r = w // (b.to(tl.int64) * 3) + w % 1000003 + tl.umulhi(a.to(tl.uint32), b.to(tl.uint32)).to(tl.int64)
    s = (a.to(tl.int8) + b.to(tl.int8)).to(tl.int64) + (a.to(tl.int16) * b.to(tl.int16)).to(tl.int64) + (a.to(tl.uint8) // 7).to(tl.int64)
    u = (a.to(tl.uint32) >> 3).to(tl.int64) + (a >> (b & 31)).to(tl.int64) + (a // b) + (a % b) + tl.minimum(a, b) * 3
    tl.store(out + i, r ^ (s << 1) ^ u, mask=i < n)


@triton.jit
def dependent(x, y, n, BLOCK: tl.constexpr):
    """Waits for the grid before it and lets the next begin (programmatic dependent launch); says where it ran."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    gdc_wait()
    v = tl.load(x + i, mask=i < n)
    gdc_launch_dependents()
    begun = globaltimer()
    tl.store(y + i, v + 1, mask=i < n)
    tl.store(y + n + tl.program_id(0), ((globaltimer() >= begun) & (smid() >= 0)).to(tl.int32))


@triton.jit
def bytes_with_four_bit_exponents(x, packed, out, n, BLOCK: tl.constexpr):
    """float8e4b15, which sm_80 converts by hand."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i, mask=i < n, other=0.0)
    f = v.to(tl.float8e4b15)
    tl.store(packed + i, f.to(tl.int8, bitcast=True), mask=i < n)
    tl.store(out + i, f.to(tl.float16), mask=i < n)


@triton.jit
def two_phases(x, parts, out, arrived, n, BLOCK: tl.constexpr, PROGRAMS: tl.constexpr):
    """All programs wait for each other in between: everyone needs everyone's largest."""
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i, mask=i < n, other=-float("inf"))
    tl.store(parts + tl.program_id(0), tl.max(v, 0))
    tl.debug_barrier()
    tl.atomic_add(arrived, 1, sem="acq_rel")
    while tl.atomic_add(arrived, 0, sem="acq_rel") < PROGRAMS:
        pass
    most = tl.max(tl.load(parts + tl.arange(0, PROGRAMS), volatile=True), 0)
    tl.store(out + i, v - most, mask=i < n)
