# Rows: normalisation forward and backward, softmax, losses, quantisation.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import triton
import triton.language as tl


@triton.jit
def layer_norm(x, out, weight, bias, means, scales, columns, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    inside = i < columns
    v = tl.load(x + row * columns + i, mask=inside, other=0.0).to(tl.float32)
    mean = tl.sum(v, 0) / columns
    centred = tl.where(inside, v - mean, 0.0)
    scale = tl.rsqrt(tl.sum(centred * centred, 0) / columns + eps)
    tl.store(means + row, mean)
    tl.store(scales + row, scale)
    w = tl.load(weight + i, mask=inside)
    b = tl.load(bias + i, mask=inside)
    tl.store(out + row * columns + i, centred * scale * w + b, mask=inside)


@triton.jit
def layer_norm_backward(dx, dy, dw, db, x, weight, means, scales, locks, columns, GROUPS: tl.constexpr, BLOCK: tl.constexpr):
    """The gradient of a row; those of weight and bias add up in GROUPS rows, each under a lock, the first to come sets."""
    row = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    inside = i < columns
    v = tl.load(x + row * columns + i, mask=inside, other=0.0).to(tl.float32)
    g = tl.load(dy + row * columns + i, mask=inside, other=0.0).to(tl.float32)
    w = tl.load(weight + i, mask=inside, other=0.0).to(tl.float32)
    scale = tl.load(scales + row)
    normal = tl.where(inside, (v - tl.load(means + row)) * scale, 0.0)
    wg = w * g
    a = tl.sum(normal * wg, 0) / columns
    b = tl.sum(wg, 0) / columns
    tl.store(dx + row * columns + i, (wg - (normal * a + b)) * scale, mask=inside)
    partial_w = g * normal
    partial_b = g
    group = row % GROUPS
    while tl.atomic_cas(locks + group, 0, 1) == 1:
        pass
    count = tl.load(locks + GROUPS + group)
    if count == 0:
        tl.atomic_xchg(locks + GROUPS + group, 1)
    else:
        partial_w += tl.load(dw + group * columns + i, mask=inside)
        partial_b += tl.load(db + group * columns + i, mask=inside)
    tl.store(dw + group * columns + i, partial_w, mask=inside)
    tl.store(db + group * columns + i, partial_b, mask=inside)
    tl.debug_barrier()
    tl.atomic_xchg(locks + group, 0)


@triton.jit
def column_sums(parts_w, parts_b, dw, db, rows, columns, BM: tl.constexpr, BN: tl.constexpr):
    rn = tl.program_id(0) * BN + tl.arange(0, BN)
    w = tl.zeros((BM, BN), tl.float32)
    b = tl.zeros((BM, BN), tl.float32)
    for start in range(0, rows, BM):
        rm = start + tl.arange(0, BM)
        inside = (rm[:, None] < rows) & (rn[None, :] < columns)
        w += tl.load(parts_w + rm[:, None] * columns + rn[None, :], mask=inside, other=0.0)
        b += tl.load(parts_b + rm[:, None] * columns + rn[None, :], mask=inside, other=0.0)
    tl.store(dw + rn, tl.sum(w, 0), mask=rn < columns)
    tl.store(db + rn, tl.sum(b, 0), mask=rn < columns)


@triton.jit
def rms_norm(x, out, weight, scales, columns, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    squares = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, columns, BLOCK):
        i = start + tl.arange(0, BLOCK)
        v = tl.load(x + row * columns + i, mask=i < columns, other=0.0).to(tl.float32)
        squares += v * v
    scale = tl.rsqrt(tl.sum(squares, 0) / columns + eps)
    tl.store(scales + row, scale)
    for start in range(0, columns, BLOCK):
        i = start + tl.arange(0, BLOCK)
        v = tl.load(x + row * columns + i, mask=i < columns, eviction_policy="evict_first").to(tl.float32)
        w = tl.load(weight + i, mask=i < columns, eviction_policy="evict_last").to(tl.float32)
        tl.store(out + row * columns + i, (v * scale * w).to(out.dtype.element_ty), mask=i < columns)


@triton.jit
def rms_norm_backward(x, dy, weight, scales, dx, dw, rows, columns, BLOCK: tl.constexpr):
    """Programs take every so many rows and keep their own sums for the weight."""
    i = tl.arange(0, BLOCK)
    inside = i < columns
    w = tl.load(weight + i, mask=inside, other=0.0).to(tl.float32)
    acc = tl.zeros((BLOCK,), tl.float32)
    for row in tl.range(tl.program_id(0), rows, tl.num_programs(0), num_stages=2):
        v = tl.load(x + row * columns + i, mask=inside, other=0.0).to(tl.float32)
        g = tl.load(dy + row * columns + i, mask=inside, other=0.0).to(tl.float32)
        scale = tl.load(scales + row)
        m = g * w
        tl.store(dx + row * columns + i, (scale * m - scale * scale * scale * v * (tl.sum(m * v, 0) / columns)).to(dx.dtype.element_ty), mask=inside)
        acc += g * v * scale
    tl.store(dw + tl.program_id(0) * columns + i, acc, mask=inside)


@triton.jit
def welford(mean_a, square_a, count_a, mean_b, square_b, count_b):
    count = count_a + count_b
    delta = mean_b - mean_a
    share = tl.where(count > 0, count_b / count, 0.0)
    return mean_a + delta * share, square_a + square_b + delta * delta * count_a * share, count


@triton.jit
def batch_norm(x, means, variances, rows, columns, BM: tl.constexpr, BN: tl.constexpr):
    """Mean and variance of columns by Welford's rule: a reduction of three values."""
    rm = tl.arange(0, BM)[:, None]
    rn = tl.program_id(0) * BN + tl.arange(0, BN)[None, :]
    inside = (rm < rows) & (rn < columns)
    v = tl.load(x + rm * columns + rn, mask=inside, other=0.0)
    mean, square, count = tl.reduce((v, tl.zeros_like(v), inside.to(tl.float32)), 0, welford)
    n = tl.program_id(0) * BN + tl.arange(0, BN)
    tl.store(means + n, mean, mask=n < columns)
    tl.store(variances + n, square / count, mask=n < columns)


@triton.jit
def group_norm(x, out, weight, bias, channels, pixels, eps, PER: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr):
    """Channels by PER; x is images, channels, pixels."""
    group = tl.program_id(0)
    image = tl.program_id(1)
    rm = tl.arange(0, BM)[:, None]
    rn = tl.arange(0, BN)[None, :]
    inside = (rm < PER) & (rn < pixels)
    at = (image * channels + group * PER + rm) * pixels + rn
    v = tl.load(x + at, mask=inside, other=0.0).to(tl.float32)
    count = PER * pixels
    mean = tl.sum(v) / count
    centred = tl.where(inside, v - mean, 0.0)
    scale = 1.0 / tl.sqrt(tl.sum(centred * centred) / count + eps)
    w = tl.load(weight + group * PER + rm, mask=rm < PER, other=0.0)
    b = tl.load(bias + group * PER + rm, mask=rm < PER, other=0.0)
    tl.store(out + at, centred * scale * w + b, mask=inside)


@triton.jit
def softmax_rows(x, out, stride_x, stride_out, rows, columns, BLOCK: tl.constexpr, STAGES: tl.constexpr):
    """Programs walk over rows with loads in flight."""
    for row in tl.range(tl.program_id(0), rows, tl.num_programs(0), num_stages=STAGES):
        i = tl.arange(0, BLOCK)
        v = tl.load(x + row * stride_x + i, mask=i < columns, other=-float("inf"))
        e = tl.exp(v - tl.max(v, 0))
        tl.store(out + row * stride_out + i, e / tl.sum(e, 0), mask=i < columns)


@triton.jit
def softmax_online(x, out, columns, BLOCK: tl.constexpr):
    """Rows longer than a block: a running maximum and sum, then a second pass."""
    row = tl.program_id(0)
    top = tl.full((BLOCK,), -float("inf"), tl.float32)
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, columns, BLOCK):
        i = start + tl.arange(0, BLOCK)
        v = tl.load(x + row * columns + i, mask=i < columns, other=-float("inf")).to(tl.float32)
        now = tl.maximum(top, v)
        total = tl.where(now == -float("inf"), 0.0, total * tl.exp(top - now) + tl.exp(v - now))
        top = now
    most = tl.max(top, 0)
    sum = tl.sum(total * tl.exp(top - most), 0)
    for start in range(0, columns, BLOCK):
        i = start + tl.arange(0, BLOCK)
        v = tl.load(x + row * columns + i, mask=i < columns).to(tl.float32)
        tl.store(out + row * columns + i, tl.math.div_rn(tl.exp(v - most), sum), mask=i < columns)


@triton.jit
def softmax_backward(y, dy, dx, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    p = tl.load(y + row * columns + i, mask=i < columns, other=0.0).to(tl.float32)
    g = tl.load(dy + row * columns + i, mask=i < columns, other=0.0).to(tl.float32)
    tl.store(dx + row * columns + i, p * (g - tl.sum(p * g, 0)), mask=i < columns)


@triton.jit
def cross_entropy(logits, labels, losses, columns, ignored, smoothing, BLOCK: tl.constexpr):
    """The loss of a row; the logits become their gradient."""
    row = tl.program_id(0).to(tl.int64)
    label = tl.load(labels + row)
    here = logits + row * columns
    if label == ignored:
        for start in range(0, columns, BLOCK):
            i = start + tl.arange(0, BLOCK)
            tl.store(here + i, 0.0, mask=i < columns)
        tl.store(losses + row, 0.0)
        return
    top = float("-inf")
    total = 0.0
    sums = 0.0
    wanted = tl.load(here + label).to(tl.float32)
    for start in range(0, columns, BLOCK):
        i = start + tl.arange(0, BLOCK)
        v = tl.load(here + i, mask=i < columns, other=float("-inf")).to(tl.float32)
        sums += tl.sum(tl.where(i < columns, v, 0.0))
        now = tl.maximum(top, tl.max(v))
        total = total * tl.exp(top - now) + tl.sum(tl.exp(v - now))
        top = now
    spread = smoothing / columns
    norm = top + tl.log(total)
    for start in range(0, columns, BLOCK):
        i = start + tl.arange(0, BLOCK)
        v = tl.load(here + i, mask=i < columns, other=float("-inf")).to(tl.float32)
        p = tl.exp(v - top) / total - spread
        tl.store(here + i, tl.where(i == label, p - (1 - smoothing), p), mask=i < columns)
    tl.debug_barrier()
    tl.store(losses + row, (1 - smoothing) * (norm - wanted) + smoothing * norm - spread * sums)


@triton.jit
def quantise_rows(x, out, scales, columns, BLOCK: tl.constexpr):
    """Bytes by the largest magnitude of a row, rounded to even."""
    row = tl.program_id(0)
    i = tl.arange(0, BLOCK)
    v = tl.load(x + row * columns + i, mask=i < columns, other=0.0).to(tl.float32)
    scale = tl.maximum(tl.max(tl.abs(v), 0), 1e-10) / 127.0
    scaled = tl.math.div_rn(v, scale)
    whole = tl.floor(scaled + 0.5)
    tl.store(out + row * columns + i, tl.clamp(whole, -127.0, 127.0).to(tl.int8), mask=i < columns)
    tl.store(scales + row, scale)


@triton.jit
def quantise_blocks(x, out, scales, n, BLOCK: tl.constexpr, GROUP: tl.constexpr):
    """Eight-bit floats, a scale a GROUP."""
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + at, mask=at < n, other=0.0).to(tl.float32).reshape(BLOCK // GROUP, GROUP)
    scale = tl.maximum(tl.max(tl.abs(v), 1), 1e-4) / 448.0
    tl.store(out + at, (v / scale[:, None]).reshape(BLOCK).to(out.dtype.element_ty), mask=at < n)
    group = tl.program_id(0) * (BLOCK // GROUP) + tl.arange(0, BLOCK // GROUP)
    tl.store(scales + group, scale, mask=group * GROUP < n)


@triton.jit
def ema_and_norm(x, state, out, rows, columns, decay, BM: tl.constexpr, BN: tl.constexpr):
    """A block pointer walk down the rows: a moving average that is carried."""
    px = tl.make_block_ptr(x, (rows, columns), (columns, 1), (0, tl.program_id(0) * BN), (BM, BN), (1, 0))
    po = tl.make_block_ptr(out, (rows, columns), (columns, 1), (0, tl.program_id(0) * BN), (BM, BN), (1, 0))
    rn = tl.program_id(0) * BN + tl.arange(0, BN)
    s = tl.load(state + rn, mask=rn < columns, other=0.0)
    for start in range(0, rows, BM):
        v = tl.load(px, boundary_check=(0, 1), padding_option="zero")
        m = tl.max(tl.abs(v), 0)
        s = s * decay + m * (1 - decay)
        tl.store(po, v / (s[None, :] + 1.0), boundary_check=(0, 1))
        px = tl.advance(px, (BM, 0))
        po = tl.advance(po, (BM, 0))
    tl.store(state + rn, s, mask=rn < columns)
