# Attention: forward by pointers and by descriptors, backward, and the decoding step over parts of the keys.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import triton
import triton.language as tl


@triton.jit
def inner(acc, total, top, vq, k, v, rm, row, low, high, scale, length, MASKED: tl.constexpr, TRANSPOSED_V: tl.constexpr, D: tl.constexpr,
          BM: tl.constexpr, BN: tl.constexpr):
    """Blocks of keys from low to high; MASKED where they cross the diagonal or the end."""
    for start in range(low, high, BN):
        vk = k.load([row + start, 0]).T
        s = tl.dot(vq, vk) * scale
        if MASKED:
            at = start + tl.arange(0, BN)
            s = tl.where((rm[:, None] >= at[None, :]) & (at[None, :] < length), s, -1.0e6)
        now = tl.maximum(top, tl.max(s, 1))
        p = tl.exp2(s - now[:, None])
        alpha = tl.exp2(top - now)
        total = total * alpha + tl.sum(p, 1)
        acc = acc * alpha[:, None]
        if TRANSPOSED_V:
            vv = v.load([0, row + start]).T
        else:
            vv = v.load([row + start, 0])
        acc = tl.dot(p.to(vv.dtype), vv, acc)
        top = now
    return acc, total, top


@triton.jit
def described(q, k, v, out, sums, scale, length, CAUSAL: tl.constexpr, TRANSPOSED_V: tl.constexpr, D: tl.constexpr, BM: tl.constexpr,
              BN: tl.constexpr):
    """Two-dimensional descriptors of heads * length rows, length a multiple of BM; v transposed is D rows."""
    block = tl.program_id(0)
    row = tl.program_id(1) * length
    rm = block * BM + tl.arange(0, BM)
    top = tl.full((BM,), -float("inf"), tl.float32)
    total = tl.zeros((BM,), tl.float32)
    acc = tl.zeros((BM, D), tl.float32)
    vq = q.load([row + block * BM, 0])
    if CAUSAL:
        acc, total, top = inner(acc, total, top, vq, k, v, rm, row, 0, block * BM, scale, length, False, TRANSPOSED_V, D, BM, BN)
        acc, total, top = inner(acc, total, top, vq, k, v, rm, row, block * BM, (block + 1) * BM, scale, length, True, TRANSPOSED_V, D, BM, BN)
    else:
        acc, total, top = inner(acc, total, top, vq, k, v, rm, row, 0, length, scale, length, False, TRANSPOSED_V, D, BM, BN)
    tl.store(sums + row + rm, top + tl.log2(total))
    out.store([row + block * BM, 0], (acc / total[:, None]).to(out.dtype))


@triton.jit
def device_described(q, k, v, out, sums, scale, heads, length, CAUSAL: tl.constexpr, D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr):
    """Descriptors made in the kernel, one head each, so that a ragged length ends where it should."""
    block = tl.program_id(0)
    base = tl.program_id(1).to(tl.int64) * length * D
    dq = tl.make_tensor_descriptor(q + base, shape=[length, D], strides=[D, 1], block_shape=[BM, D])
    dk = tl.make_tensor_descriptor(k + base, shape=[length, D], strides=[D, 1], block_shape=[BN, D])
    dv = tl.make_tensor_descriptor(v + base, shape=[length, D], strides=[D, 1], block_shape=[BN, D])
    do = tl.make_tensor_descriptor(out + base, shape=[length, D], strides=[D, 1], block_shape=[BM, D])
    rm = block * BM + tl.arange(0, BM)
    top = tl.full((BM,), -float("inf"), tl.float32)
    total = tl.zeros((BM,), tl.float32)
    acc = tl.zeros((BM, D), tl.float32)
    vq = dq.load([block * BM, 0])
    end = min(length, (block + 1) * BM) if CAUSAL else length
    for start in range(0, end, BN):
        s = tl.dot(vq, dk.load([start, 0]).T) * scale
        at = start + tl.arange(0, BN)
        keep = at[None, :] < length
        if CAUSAL:
            keep = keep & (rm[:, None] >= at[None, :])
        s = tl.where(keep, s, -1.0e6)
        now = tl.maximum(top, tl.max(s, 1))
        p = tl.exp2(s - now[:, None])
        alpha = tl.exp2(top - now)
        total = total * alpha + tl.sum(p, 1)
        acc = tl.dot(p.to(v.dtype.element_ty), dv.load([start, 0]), acc * alpha[:, None])
        top = now
    tl.store(sums + tl.program_id(1) * length + rm, top + tl.log2(total), mask=rm < length)
    do.store([block * BM, 0], (acc / total[:, None]).to(out.dtype.element_ty))


@triton.jit
def pointers(q, k, v, out, sums, scale, heads, length, CAUSAL: tl.constexpr, D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr):
    """By pointers; keeps the base-2 logarithm of each row's sum for the backward pass."""
    block = tl.program_id(0)
    base = tl.program_id(1) * length * D
    rm = block * BM + tl.arange(0, BM)
    rn = tl.arange(0, BN)
    rd = tl.arange(0, D)
    vq = tl.load(q + base + rm[:, None] * D + rd[None, :], mask=rm[:, None] < length, other=0.0)
    top = tl.full((BM,), -float("inf"), tl.float32)
    total = tl.zeros((BM,), tl.float32)
    acc = tl.zeros((BM, D), tl.float32)
    end = min(length, (block + 1) * BM) if CAUSAL else length
    for start in range(0, end, BN):
        at = start + rn
        vk = tl.load(k + base + at[None, :] * D + rd[:, None], mask=at[None, :] < length, other=0.0)
        s = tl.dot(vq, vk) * scale
        keep = at[None, :] < length
        if CAUSAL:
            keep = keep & (rm[:, None] >= at[None, :])
        s = tl.where(keep, s, -1.0e6)
        now = tl.maximum(top, tl.max(s, 1))
        p = tl.exp2(s - now[:, None])
        alpha = tl.exp2(top - now)
        total = total * alpha + tl.sum(p, 1)
        vv = tl.load(v + base + at[:, None] * D + rd[None, :], mask=at[:, None] < length, other=0.0)
        acc = tl.dot(p.to(vv.dtype), vv, acc * alpha[:, None])
        top = now
    tl.store(sums + tl.program_id(1) * length + rm, top + tl.log2(total), mask=rm < length)
    tl.store(out + base + rm[:, None] * D + rd[None, :], (acc / total[:, None]).to(out.dtype.element_ty), mask=rm[:, None] < length)


@triton.jit
def backward_dots(out, grad, delta, rows, D: tl.constexpr, BM: tl.constexpr):
    """delta of each row: the product of what came out and what comes back."""
    rm = tl.program_id(0) * BM + tl.arange(0, BM)
    at = rm[:, None] * D + tl.arange(0, D)[None, :]
    o = tl.load(out + at, mask=rm[:, None] < rows, other=0.0).to(tl.float32)
    g = tl.load(grad + at, mask=rm[:, None] < rows, other=0.0).to(tl.float32)
    tl.store(delta + rm, tl.sum(o * g, 1), mask=rm < rows)


@triton.jit
def backward_keys(q, k, v, grad, sums, delta, dk, dv, scale, length, CAUSAL: tl.constexpr, D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr):
    """One block of keys against all rows: gradients of keys and values. scale is that of exp2."""
    block = tl.program_id(0)
    head = tl.program_id(1)
    base = head * length * D
    rn = block * BN + tl.arange(0, BN)
    rd = tl.arange(0, D)
    inside = rn[:, None] < length
    vk = tl.load(k + base + rn[:, None] * D + rd[None, :], mask=inside, other=0.0)
    vv = tl.load(v + base + rn[:, None] * D + rd[None, :], mask=inside, other=0.0)
    ak = tl.zeros((BN, D), tl.float32)
    av = tl.zeros((BN, D), tl.float32)
    first = block * BN // BM * BM if CAUSAL else 0
    for start in range(first, length, BM):
        rm = start + tl.arange(0, BM)
        qt = tl.load(q + base + rm[None, :] * D + rd[:, None], mask=rm[None, :] < length, other=0.0)
        row = tl.load(sums + head * length + rm, mask=rm < length, other=0.0)
        pt = tl.exp2(tl.dot(vk, qt) * scale - row[None, :])
        keep = (rm[None, :] < length) & inside
        if CAUSAL:
            keep = keep & (rm[None, :] >= rn[:, None])
        pt = tl.where(keep, pt, 0.0)
        g = tl.load(grad + base + rm[:, None] * D + rd[None, :], mask=rm[:, None] < length, other=0.0)
        av = tl.dot(pt.to(g.dtype), g, av)
        d = tl.load(delta + head * length + rm, mask=rm < length, other=0.0)
        dst = pt * (tl.dot(vv, tl.trans(g)) - d[None, :])
        ak = tl.dot(dst.to(g.dtype), tl.trans(qt), ak)
    tl.store(dv + base + rn[:, None] * D + rd[None, :], av.to(dv.dtype.element_ty), mask=inside)
    tl.store(dk + base + rn[:, None] * D + rd[None, :], (ak * (scale * 0.6931471824645996)).to(dk.dtype.element_ty), mask=inside)


@triton.jit
def backward_queries(q, k, v, grad, sums, delta, dq, scale, length, CAUSAL: tl.constexpr, D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr):
    """One block of rows against all keys."""
    block = tl.program_id(0)
    head = tl.program_id(1)
    base = head * length * D
    rm = block * BM + tl.arange(0, BM)
    rd = tl.arange(0, D)
    inside = rm[:, None] < length
    vq = tl.load(q + base + rm[:, None] * D + rd[None, :], mask=inside, other=0.0)
    g = tl.load(grad + base + rm[:, None] * D + rd[None, :], mask=inside, other=0.0)
    row = tl.load(sums + head * length + rm, mask=rm < length, other=0.0)
    d = tl.load(delta + head * length + rm, mask=rm < length, other=0.0)
    acc = tl.zeros((BM, D), tl.float32)
    end = min(length, (block + 1) * BM) if CAUSAL else length
    for start in range(0, end, BN):
        rn = start + tl.arange(0, BN)
        kt = tl.load(k + base + rn[None, :] * D + rd[:, None], mask=rn[None, :] < length, other=0.0)
        vt = tl.load(v + base + rn[None, :] * D + rd[:, None], mask=rn[None, :] < length, other=0.0)
        p = tl.exp2(tl.dot(vq, kt) * scale - row[:, None])
        keep = (rn[None, :] < length) & inside
        if CAUSAL:
            keep = keep & (rm[:, None] >= rn[None, :])
        p = tl.where(keep, p, 0.0)
        ds = p * (tl.dot(g, vt) - d[:, None])
        acc = tl.dot(ds.to(kt.dtype), tl.trans(kt), acc)
    tl.store(dq + base + rm[:, None] * D + rd[None, :], (acc * (scale * 0.6931471824645996)).to(dq.dtype.element_ty), mask=inside)


@triton.jit
def backward_keys_described(q, k, v, grad, sums, delta, dk, dv, scale, length, D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr):
    """Gradients of keys and values by descriptors from the host, causal; length is a multiple of both blocks."""
    block = tl.program_id(0)
    row = tl.program_id(1) * length
    rn = block * BN + tl.arange(0, BN)
    vk = k.load([row + block * BN, 0])
    vv = v.load([row + block * BN, 0])
    ak = tl.zeros((BN, D), tl.float32)
    av = tl.zeros((BN, D), tl.float32)
    for start in range(block * BN // BM * BM, length, BM):
        rm = start + tl.arange(0, BM)
        vq = q.load([row + start, 0])
        pt = tl.exp2(tl.dot(vk, vq.T) * scale - tl.load(sums + row + rm)[None, :])
        pt = tl.where(rm[None, :] >= rn[:, None], pt, 0.0)
        g = grad.load([row + start, 0])
        av = tl.dot(pt.to(g.dtype), g, av)
        dst = pt * (tl.dot(vv, g.T) - tl.load(delta + row + rm)[None, :])
        ak = tl.dot(dst.to(g.dtype), vq, ak)
    dv.store([row + block * BN, 0], av.to(dv.dtype))
    dk.store([row + block * BN, 0], (ak * (scale * 0.6931471824645996)).to(dk.dtype))


@triton.jit
def decode_parts(q, pages, table, lengths, out, sums, scale, PAGE: tl.constexpr, MOST: tl.constexpr, HEADS: tl.constexpr, D: tl.constexpr,
                 PARTS: tl.constexpr):
    """One new row of each sequence against keys in pages (table[sequence, i] names the i-th; keys, then values, in a page), in PARTS."""
    sequence = tl.program_id(0)
    part = tl.program_id(1)
    length = tl.load(lengths + sequence)
    rh = tl.arange(0, HEADS)
    rd = tl.arange(0, D)
    rp = tl.arange(0, PAGE)
    vq = tl.load(q + (sequence * HEADS + rh[:, None]) * D + rd[None, :])
    top = tl.full((HEADS,), -1.0e30, tl.float32)
    total = tl.zeros((HEADS,), tl.float32)
    acc = tl.zeros((HEADS, D), tl.float32)
    each = tl.cdiv(tl.cdiv(length, PAGE), PARTS)
    for i in range(part * each, min((part + 1) * each, tl.cdiv(length, PAGE))):
        page = tl.load(table + sequence * MOST + i)
        inside = i * PAGE + rp < length
        kt = tl.load(pages + page * 2 * PAGE * D + rp[None, :] * D + rd[:, None], mask=inside[None, :], other=0.0)
        vv = tl.load(pages + (page * 2 + 1) * PAGE * D + rp[:, None] * D + rd[None, :], mask=inside[:, None], other=0.0)
        s = tl.where(inside[None, :], tl.dot(vq, kt) * scale, -1.0e30)
        now = tl.maximum(top, tl.max(s, 1))
        p = tl.where(inside[None, :], tl.exp2(s - now[:, None]), 0.0)
        alpha = tl.exp2(top - now)
        total = total * alpha + tl.sum(p, 1)
        acc = tl.dot(p.to(vv.dtype), vv, acc * alpha[:, None])
        top = now
    row = (sequence * PARTS + part) * HEADS + rh
    tl.store(out + row[:, None] * D + rd[None, :], acc)
    tl.store(sums + row * 2, top)
    tl.store(sums + row * 2 + 1, total)


@triton.jit
def decode_join(parts, sums, out, HEADS: tl.constexpr, D: tl.constexpr, PARTS: tl.constexpr):
    sequence = tl.program_id(0)
    head = tl.program_id(1)
    rp = tl.arange(0, PARTS)
    row = (sequence * PARTS + rp) * HEADS + head
    top = tl.load(sums + row * 2)
    weight = tl.exp2(top - tl.max(top, 0))
    total = tl.sum(tl.load(sums + row * 2 + 1) * weight, 0)
    values = tl.load(parts + row[:, None] * D + tl.arange(0, D)[None, :])
    tl.store(out + (sequence * HEADS + head) * D + tl.arange(0, D), (tl.sum(values * weight[:, None], 0) / total).to(out.dtype.element_ty))


@triton.jit
def specialized(q, k, v, out, sums, scale, length, D: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr):
    """The copies, the products and the rest of the loop are shared out among groups of warps by the compiler."""
    block = tl.program_id(0)
    row = tl.program_id(1) * length
    rm = block * BM + tl.arange(0, BM)
    top = tl.full((BM,), -float("inf"), tl.float32)
    total = tl.zeros((BM,), tl.float32)
    acc = tl.zeros((BM, D), tl.float32)
    vq = q.load([row + block * BM, 0])
    at_row = row
    for start in tl.range(0, length, BN, warp_specialize=True):
        start = tl.multiple_of(start, BN)
        s = tl.dot(vq, k.load([at_row, 0]).T)
        now = tl.maximum(top, tl.max(s, 1) * scale)
        s = s * scale - now[:, None]
        p = tl.exp2(s)
        alpha = tl.exp2(top - now)
        part = tl.sum(p, 1)
        acc = acc * alpha[:, None]
        vv = v.load([at_row, 0])
        acc = tl.dot(p.to(vv.dtype), vv, acc)
        total = total * alpha + part
        top = now
        at_row += BN
    tl.store(sums + row + rm, top + tl.log2(total))
    out.store([row + block * BM, 0], (acc / total[:, None]).to(out.dtype))
