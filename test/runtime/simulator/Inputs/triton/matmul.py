# Matrix products in the shapes that Triton's users write them: pointers and descriptors, one tile a program and many,
# groups of products, products split along K, operands widened on the way.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import triton
import triton.language as tl


@triton.jit
def tile_of(index, M, N, BM: tl.constexpr, BN: tl.constexpr, GROUP: tl.constexpr):
    rows, columns = tl.cdiv(M, BM), tl.cdiv(N, BN)
    first = index // (GROUP * columns) * GROUP
    size = min(rows - first, GROUP)
    inside = index % (GROUP * columns)
    return first + inside % size, inside // size


@triton.jit
def strided(a, b, c, M, N, K, sam, sak, sbk, sbn, scm, ACC: tl.constexpr, ACTIVATION: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr,
            BK: tl.constexpr, GROUP: tl.constexpr):
    """Either operand in either order, by its strides."""
    pm, pn = tile_of(tl.program_id(0), M, N, BM, BN, GROUP)
    rm = (pm * BM + tl.arange(0, BM)) % M
    rn = (pn * BN + tl.arange(0, BN)) % N
    rk = tl.arange(0, BK)
    pa = a + rm[:, None] * sam + rk[None, :] * sak
    pb = b + rk[:, None] * sbk + rn[None, :] * sbn
    acc = tl.zeros((BM, BN), dtype=ACC)
    for k in range(0, tl.cdiv(K, BK)):
        left = K - k * BK
        va = tl.load(pa, mask=rk[None, :] < left, other=0.0)
        vb = tl.load(pb, mask=rk[:, None] < left, other=0.0)
        acc = tl.dot(va, vb, acc, out_dtype=ACC)
        pa += BK * sak
        pb += BK * sbk
    if ACTIVATION == "leaky":
        acc = tl.where(acc >= 0, acc, 0.01 * acc)
    om = pm * BM + tl.arange(0, BM)
    on = pn * BN + tl.arange(0, BN)
    tl.store(c + om[:, None] * scm + on[None, :], acc.to(c.dtype.element_ty), mask=(om[:, None] < M) & (on[None, :] < N))


@triton.jit
def described(a, b, c, M, N, K, TRANSPOSED: tl.constexpr, ACC: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
              GROUP: tl.constexpr):
    """Descriptors from the host; b is N by K where TRANSPOSED."""
    pm, pn = tile_of(tl.program_id(0), M, N, BM, BN, GROUP)
    acc = tl.zeros((BM, BN), dtype=ACC)
    for k in range(0, tl.cdiv(K, BK)):
        va = a.load([pm * BM, k * BK])
        if TRANSPOSED:
            vb = b.load([pn * BN, k * BK]).T
        else:
            vb = b.load([k * BK, pn * BN])
        acc = tl.dot(va, vb, acc, out_dtype=ACC)
    c.store([pm * BM, pn * BN], acc.to(c.dtype))


@triton.jit
def device_described(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr):
    """Descriptors made in the kernel."""
    da = tl.make_tensor_descriptor(a, shape=[M, K], strides=[K, 1], block_shape=[BM, BK])
    db = tl.make_tensor_descriptor(b, shape=[N, K], strides=[K, 1], block_shape=[BN, BK])
    dc = tl.make_tensor_descriptor(c, shape=[M, N], strides=[N, 1], block_shape=[BM, BN])
    pm, pn = tile_of(tl.program_id(0), M, N, BM, BN, GROUP)
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, tl.cdiv(K, BK)):
        acc = tl.dot(da.load([pm * BM, k * BK]), db.load([pn * BN, k * BK]).T, acc)
    dc.store([pm * BM, pn * BN], acc.to(c.dtype.element_ty))


@triton.jit
def persistent(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr):
    """Programs walk over tiles, by pointers."""
    rk = tl.arange(0, BK)
    tiles = tl.cdiv(M, BM) * tl.cdiv(N, BN)
    for tile in tl.range(tl.program_id(0), tiles, tl.num_programs(0), flatten=True):
        pm, pn = tile_of(tile, M, N, BM, BN, GROUP)
        rm = pm * BM + tl.arange(0, BM)
        rn = pn * BN + tl.arange(0, BN)
        sm = tl.max_contiguous(tl.multiple_of(tl.where(rm < M, rm, 0), BM), BM)
        sn = tl.max_contiguous(tl.multiple_of(tl.where(rn < N, rn, 0), BN), BN)
        acc = tl.zeros((BM, BN), dtype=tl.float32)
        for k in range(0, tl.cdiv(K, BK)):
            at = k * BK + rk
            va = tl.load(a + sm[:, None] * K + at[None, :], mask=at[None, :] < K, other=0.0)
            vb = tl.load(b + at[:, None] * N + sn[None, :], mask=at[:, None] < K, other=0.0)
            acc = tl.dot(va, vb, acc)
        tl.store(c + rm[:, None] * N + rn[None, :], acc.to(c.dtype.element_ty), mask=(rm[:, None] < M) & (rn[None, :] < N))


@triton.jit
def persistent_described(a, b, c, M, N, K, FLATTEN: tl.constexpr, SPECIALIZE: tl.constexpr, SUBTILES: tl.constexpr, BM: tl.constexpr,
                         BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr):
    """The same by descriptors; the result leaves in SUBTILES parts."""
    tiles = tl.cdiv(M, BM) * tl.cdiv(N, BN)
    for tile in tl.range(tl.program_id(0), tiles, tl.num_programs(0), flatten=FLATTEN, warp_specialize=SPECIALIZE):
        pm, pn = tile_of(tile, M, N, BM, BN, GROUP)
        acc = tl.zeros((BM, BN), dtype=tl.float32)
        for k in range(0, tl.cdiv(K, BK)):
            acc = tl.dot(a.load([pm * BM, k * BK]), b.load([pn * BN, k * BK]).T, acc)
        if SUBTILES == 2:
            x, y = acc.reshape(BM, 2, BN // 2).permute(0, 2, 1).split()
            c.store([pm * BM, pn * BN], x.to(c.dtype))
            c.store([pm * BM, pn * BN + BN // 2], y.to(c.dtype))
        else:
            c.store([pm * BM, pn * BN], acc.to(c.dtype))


@triton.jit
def persistent_device_described(a, b, c, M, N, K, FLATTEN: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
                                GROUP: tl.constexpr):
    da = tl.make_tensor_descriptor(a, shape=[M, K], strides=[K, 1], block_shape=[BM, BK])
    db = tl.make_tensor_descriptor(b, shape=[N, K], strides=[K, 1], block_shape=[BN, BK])
    dc = tl.make_tensor_descriptor(c, shape=[M, N], strides=[N, 1], block_shape=[BM, BN])
    tiles = tl.cdiv(M, BM) * tl.cdiv(N, BN)
    for tile in tl.range(tl.program_id(0), tiles, tl.num_programs(0), flatten=FLATTEN):
        pm, pn = tile_of(tile, M, N, BM, BN, GROUP)
        acc = tl.zeros((BM, BN), dtype=tl.float32)
        for k in range(0, tl.cdiv(K, BK)):
            acc = tl.dot(da.load([pm * BM, k * BK]), db.load([pn * BN, k * BK]).T, acc)
        dc.store([pm * BM, pn * BN], acc.to(c.dtype.element_ty))


@triton.jit
def grouped(pointers_a, pointers_b, pointers_c, sizes, groups, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    """Many products of different sizes, tiles dealt round."""
    tile = tl.program_id(0)
    past = 0
    for g in range(groups):
        M = tl.load(sizes + 3 * g)
        N = tl.load(sizes + 3 * g + 1)
        K = tl.load(sizes + 3 * g + 2)
        columns = tl.cdiv(N, BN)
        tiles = tl.cdiv(M, BM) * columns
        while tile >= past and tile < past + tiles:
            a = tl.load(pointers_a + g).to(tl.pointer_type(tl.float16))
            b = tl.load(pointers_b + g).to(tl.pointer_type(tl.float16))
            c = tl.load(pointers_c + g).to(tl.pointer_type(tl.float16))
            rm = (tile - past) // columns * BM + tl.arange(0, BM)
            rn = (tile - past) % columns * BN + tl.arange(0, BN)
            rk = tl.arange(0, BK)
            acc = tl.zeros((BM, BN), dtype=tl.float32)
            for k in range(0, tl.cdiv(K, BK)):
                at = k * BK + rk
                va = tl.load(a + rm[:, None] * K + at[None, :], mask=(rm[:, None] < M) & (at[None, :] < K), other=0.0)
                vb = tl.load(b + at[:, None] * N + rn[None, :], mask=(at[:, None] < K) & (rn[None, :] < N), other=0.0)
                acc += tl.dot(va, vb)
            tl.store(c + rm[:, None] * N + rn[None, :], acc.to(tl.float16), mask=(rm[:, None] < M) & (rn[None, :] < N))
            tile += tl.num_programs(0)
        past += tiles


@triton.jit
def grouped_described(pointers_a, pointers_b, pointers_c, sizes, groups, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    """The same; each group's descriptors are made when a program comes to it."""
    tile = tl.program_id(0)
    past = 0
    for g in range(groups):
        M = tl.load(sizes + 3 * g)
        N = tl.load(sizes + 3 * g + 1)
        K = tl.load(sizes + 3 * g + 2)
        columns = tl.cdiv(N, BN)
        tiles = tl.cdiv(M, BM) * columns
        if tile >= past and tile < past + tiles:
            a = tl.load(pointers_a + g).to(tl.pointer_type(tl.float16))
            b = tl.load(pointers_b + g).to(tl.pointer_type(tl.float16))
            c = tl.load(pointers_c + g).to(tl.pointer_type(tl.float16))
            da = tl.make_tensor_descriptor(a, shape=[M, K], strides=[K, 1], block_shape=[BM, BK])
            db = tl.make_tensor_descriptor(b, shape=[N, K], strides=[K, 1], block_shape=[BN, BK])
            dc = tl.make_tensor_descriptor(c, shape=[M, N], strides=[N, 1], block_shape=[BM, BN])
            while tile >= past and tile < past + tiles:
                pm = (tile - past) // columns * BM
                pn = (tile - past) % columns * BN
                acc = tl.zeros((BM, BN), dtype=tl.float32)
                for k in range(0, tl.cdiv(K, BK)):
                    acc = tl.dot(da.load([pm, k * BK]), db.load([pn, k * BK]).T, acc)
                dc.store([pm, pn], acc.to(tl.float16))
                tile += tl.num_programs(0)
        past += tiles


@triton.jit
def split(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, SPLIT: tl.constexpr):
    """Parts of K by different programs, added atomically."""
    columns = tl.cdiv(N, BN)
    rm = tl.program_id(0) // columns * BM + tl.arange(0, BM)
    rn = tl.program_id(0) % columns * BN + tl.arange(0, BN)
    part = tl.program_id(1)
    rk = part * BK + tl.arange(0, BK)
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, tl.cdiv(K, BK * SPLIT)):
        at = k * BK * SPLIT + rk
        va = tl.load(a + rm[:, None] * K + at[None, :], mask=(rm[:, None] < M) & (at[None, :] < K), other=0.0)
        vb = tl.load(b + at[:, None] * N + rn[None, :], mask=(at[:, None] < K) & (rn[None, :] < N), other=0.0)
        acc = tl.dot(va, vb, acc)
    tl.atomic_add(c + rm[:, None] * N + rn[None, :], acc, mask=(rm[:, None] < M) & (rn[None, :] < N), sem="relaxed")


@triton.jit
def split_described(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, SPLIT: tl.constexpr):
    """The same by descriptors; the sums are reductions of whole tiles."""
    columns = tl.cdiv(N, BN)
    pm = tl.program_id(0) // columns * BM
    pn = tl.program_id(0) % columns * BN
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(tl.program_id(1), tl.cdiv(K, BK), SPLIT):
        acc = tl.dot(a.load([pm, k * BK]), b.load([k * BK, pn]), acc)
    c.atomic_add([pm, pn], acc)


@triton.jit
def stream(a, b, c, locks, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    """Equal numbers of K steps a program (stream-K): who does not begin a tile adds to what the others left, under a lock."""
    steps = tl.cdiv(K, BK)
    columns = tl.cdiv(N, BN)
    total = tl.cdiv(M, BM) * columns * steps
    share = tl.cdiv(total, tl.num_programs(0))
    at = tl.program_id(0) * share
    end = min(at + share, total)
    while at < end:
        tile = at // steps
        stop = min(end, (tile + 1) * steps)
        rm = tile // columns * BM + tl.arange(0, BM)
        rn = tile % columns * BN + tl.arange(0, BN)
        acc = tl.zeros((BM, BN), dtype=tl.float32)
        for s in range(at - tile * steps, stop - tile * steps):
            rk = s * BK + tl.arange(0, BK)
            va = tl.load(a + rm[:, None] * K + rk[None, :], mask=(rm[:, None] < M) & (rk[None, :] < K), other=0.0)
            vb = tl.load(b + rk[:, None] * N + rn[None, :], mask=(rk[:, None] < K) & (rn[None, :] < N), other=0.0)
            acc = tl.dot(va, vb, acc)
        place = c + rm[:, None] * N + rn[None, :]
        inside = (rm[:, None] < M) & (rn[None, :] < N)
        while tl.atomic_cas(locks + tile, 0, 1) == 1:
            pass
        tl.store(place, tl.load(place, mask=inside) + acc, mask=inside)
        tl.debug_barrier()
        tl.atomic_xchg(locks + tile, 0)
        at = stop


@triton.jit
def batched(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    """Three-dimensional descriptors from the host."""
    z = tl.program_id(1)
    columns = tl.cdiv(N, BN)
    pm = tl.program_id(0) // columns * BM
    pn = tl.program_id(0) % columns * BN
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, tl.cdiv(K, BK)):
        va = a.load([z, pm, k * BK]).reshape(BM, BK)
        vb = b.load([z, k * BK, pn]).reshape(BK, BN)
        acc = tl.dot(va, vb, acc)
    c.store([z, pm, pn], acc.to(c.dtype).reshape(1, BM, BN))


@triton.jit
def widened(a, b, c, scales, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    """a of bytes, widened to b's type: the left factor comes from registers."""
    rm = tl.program_id(0) * BM + tl.arange(0, BM)
    rn = tl.program_id(1) * BN + tl.arange(0, BN)
    rk = tl.arange(0, BK)
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, tl.cdiv(K, BK)):
        at = k * BK + rk
        va = tl.load(a + rm[:, None] * K + at[None, :], mask=(rm[:, None] < M) & (at[None, :] < K), other=0.0)
        vb = tl.load(b + at[:, None] * N + rn[None, :], mask=(at[:, None] < K) & (rn[None, :] < N), other=0.0)
        acc = tl.dot(va.to(b.dtype.element_ty), vb, acc)
    acc *= tl.load(scales + rm, mask=rm < M, other=0.0)[:, None]
    tl.store(c + rm[:, None] * N + rn[None, :], acc.to(c.dtype.element_ty), mask=(rm[:, None] < M) & (rn[None, :] < N))


@triton.jit
def four_bits(a, b, c, scales, zeros, M, N, K, PER: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    """b holds eight 4-bit integers a word along K, with a scale and a zero for each PER rows."""
    rm = tl.program_id(0) * BM + tl.arange(0, BM)
    rn = tl.program_id(1) * BN + tl.arange(0, BN)
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, tl.cdiv(K, BK)):
        rk = k * BK + tl.arange(0, BK)
        va = tl.load(a + rm[:, None] * K + rk[None, :], mask=(rm[:, None] < M) & (rk[None, :] < K), other=0.0)
        inside = (rk[:, None] < K) & (rn[None, :] < N)
        words = tl.load(b + rk[:, None] // 8 * N + rn[None, :], mask=inside, other=0.0)
        group = rk[:, None] // PER * N + rn[None, :]
        scale = tl.load(scales + group, mask=inside, other=0.0)
        zero = tl.load(zeros + group, mask=inside, other=0.0)
        value = ((words >> rk[:, None] % 8 * 4) & 15).to(tl.float16)
        acc = tl.dot(va, (value - zero) * scale, acc)
    tl.store(c + rm[:, None] * N + rn[None, :], acc.to(tl.float16), mask=(rm[:, None] < M) & (rn[None, :] < N))


@triton.jit
def block_scaled(a, b, c, scales_a, scales_b, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    """Eight-bit floats with a scale for each row and BK columns of a, for each BN by BK block of b (N by K)."""
    rm = tl.program_id(0) * BM + tl.arange(0, BM)
    rn = tl.program_id(1) * BN + tl.arange(0, BN)
    rk = tl.arange(0, BK)
    steps = K // BK
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, steps):
        at = k * BK + rk
        va = tl.load(a + rm[:, None] * K + at[None, :], mask=rm[:, None] < M, other=0.0)
        vb = tl.load(b + rn[None, :] * K + at[:, None], mask=rn[None, :] < N, other=0.0)
        sa = tl.load(scales_a + rm * steps + k, mask=rm < M, other=0.0)
        sb = tl.load(scales_b + tl.program_id(1) * steps + k)
        acc += tl.dot(va, vb) * sa[:, None] * sb
    tl.store(c + rm[:, None] * N + rn[None, :], acc.to(c.dtype.element_ty), mask=(rm[:, None] < M) & (rn[None, :] < N))


@triton.jit
def convolution(x, w, y, N, C, H, W, F, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    """3 by 3 with a border of zeros as a product: rows are pixels (N H W, channels last), columns filters, K is 9 C."""
    rm = tl.program_id(0) * BM + tl.arange(0, BM)
    rn = tl.program_id(1) * BN + tl.arange(0, BN)
    image = rm // (H * W)
    row = rm // W % H
    column = rm % W
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, tl.cdiv(9 * C, BK)):
        rk = k * BK + tl.arange(0, BK)
        tap = rk // C
        r = row[:, None] + tap[None, :] // 3 - 1
        s = column[:, None] + tap[None, :] % 3 - 1
        inside = (image[:, None] < N) & (r >= 0) & (r < H) & (s >= 0) & (s < W) & (rk[None, :] < 9 * C)
        va = tl.load(x + ((image[:, None] * H + r) * W + s) * C + (rk % C)[None, :], mask=inside, other=0.0)
        vb = tl.load(w + rk[:, None] * F + rn[None, :], mask=(rk[:, None] < 9 * C) & (rn[None, :] < F), other=0.0)
        acc = tl.dot(va, vb, acc)
    tl.store(y + rm[:, None] * F + rn[None, :], acc.to(y.dtype.element_ty), mask=(rm[:, None] < N * H * W) & (rn[None, :] < F))


@triton.jit
def experts(x, w, y, tokens, expert_of, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    """A mixture of experts: each program's BM rows are gathered by number and share one weight."""
    block = tl.program_id(0)
    token = tl.load(tokens + block * BM + tl.arange(0, BM))
    expert = tl.load(expert_of + block)
    rn = tl.program_id(1) * BN + tl.arange(0, BN)
    rk = tl.arange(0, BK)
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, tl.cdiv(K, BK)):
        at = k * BK + rk
        va = tl.load(x + token[:, None] * K + at[None, :], mask=(token[:, None] < M) & (at[None, :] < K), other=0.0)
        vb = tl.load(w + expert * K * N + at[:, None] * N + rn[None, :], mask=(at[:, None] < K) & (rn[None, :] < N), other=0.0)
        acc = tl.dot(va, vb, acc)
    tl.store(y + token[:, None] * N + rn[None, :], acc.to(y.dtype.element_ty), mask=(token[:, None] < M) & (rn[None, :] < N))


@triton.jit
def micro_scaled(a, b, c, scales_a, scales_b, N, K, FORMAT_A: tl.constexpr, FORMAT_B: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr,
                 BK: tl.constexpr):
    """Factors of eight or four bits with a power of two for each 32 along K: widened by hand before Blackwell."""
    pack_a: tl.constexpr = 2 if FORMAT_A == "e2m1" else 1
    pack_b: tl.constexpr = 2 if FORMAT_B == "e2m1" else 1
    rm = tl.program_id(0) * BM + tl.arange(0, BM)
    rn = tl.program_id(1) * BN + tl.arange(0, BN)
    ka = tl.arange(0, BK // pack_a)
    kb = tl.arange(0, BK // pack_b)
    ks = tl.arange(0, BK // 32)
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, K // BK):
        va = tl.load(a + rm[:, None] * (K // pack_a) + k * (BK // pack_a) + ka[None, :])
        vb = tl.load(b + (k * (BK // pack_b) + kb)[:, None] * N + rn[None, :])
        sa = tl.load(scales_a + rm[:, None] * (K // 32) + k * (BK // 32) + ks[None, :])
        sb = tl.load(scales_b + rn[:, None] * (K // 32) + k * (BK // 32) + ks[None, :])
        acc = tl.dot_scaled(va, sa, FORMAT_A, vb, sb, FORMAT_B, acc)
    tl.store(c + rm[:, None] * N + rn[None, :], acc)


@triton.jit
def precise(a, b, c, K, PRECISION: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    """Products of singles in parts of bfloat16 or tf32, or exact."""
    rm = tl.program_id(0) * BM + tl.arange(0, BM)
    rn = tl.arange(0, BN)
    rk = tl.arange(0, BK)
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, K, BK):
        va = tl.load(a + rm[:, None] * K + (k + rk)[None, :])
        vb = tl.load(b + (k + rk)[:, None] * BN + rn[None, :])
        acc = tl.dot(va, vb, acc, input_precision=PRECISION)
    tl.store(c + rm[:, None] * BN + rn[None, :], acc)
