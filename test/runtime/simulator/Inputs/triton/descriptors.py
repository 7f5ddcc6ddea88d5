# Tensor descriptors of every rank: copies with what lies outside, reductions, ragged ends, rows by number.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import triton
import triton.language as tl


@triton.jit
def copy_2d(x, y, BM: tl.constexpr, BN: tl.constexpr):
    """Descriptors from the host; blocks overhang both ends."""
    m = tl.program_id(0) * BM - 8
    n = tl.program_id(1) * BN - 16
    y.store([m, n], x.load([m, n]))


@triton.jit
def padded_2d(x, out, BM: tl.constexpr, BN: tl.constexpr):
    """What a load sees beyond the edges: all of it is stored."""
    m = tl.program_id(0) * BM - 8
    n = tl.program_id(1) * BN - 16
    v = x.load([m, n])
    block = tl.program_id(0) * tl.num_programs(1) + tl.program_id(1)
    tl.store(out + block * BM * BN + tl.arange(0, BM)[:, None] * BN + tl.arange(0, BN)[None, :], v)


@triton.jit
def padded_device(x, out, M, N, PADDING: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr):
    d = tl.make_tensor_descriptor(x, shape=[M, N], strides=[N, 1], block_shape=[BM, BN], padding_option=PADDING)
    v = d.load([tl.program_id(0) * BM - 8, tl.program_id(1) * BN - 16])
    block = tl.program_id(0) * tl.num_programs(1) + tl.program_id(1)
    tl.store(out + block * BM * BN + tl.arange(0, BM)[:, None] * BN + tl.arange(0, BN)[None, :], v)


@triton.jit
def copy_1d(x, y, B0: tl.constexpr):
    i = tl.program_id(0) * B0
    y.store([i], x.load([i]) + x.load([i]))


@triton.jit
def copy_3d(x, y, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr):
    i, j, k = tl.program_id(0) * A, tl.program_id(1) * B, tl.program_id(2) * C
    y.store([i, j, k], x.load([i, j, k]) + 1)


@triton.jit
def copy_4d(x, y, e, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr, D: tl.constexpr):
    i, j, k = tl.program_id(0) * A, tl.program_id(1) * B, tl.program_id(2) * C
    for start in range(0, e, D):
        y.store([i, j, k, start], x.load([i, j, k, start]) + 1)


@triton.jit
def copy_5d(x, y, d, e, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr, D: tl.constexpr, E: tl.constexpr):
    i, j, k = tl.program_id(0) * A, tl.program_id(1) * B, tl.program_id(2) * C
    for l in range(0, d, D):
        for m in range(0, e, E):
            y.store([i, j, k, l, m], x.load([i, j, k, l, m]) + 1)


@triton.jit
def device_5d(x, y, a, b, c, d, e, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr, D: tl.constexpr, E: tl.constexpr):
    dx = tl.make_tensor_descriptor(x, shape=[a, b, c, d, e], strides=[b * c * d * e, c * d * e, d * e, e, 1], block_shape=[A, B, C, D, E])
    dy = tl.make_tensor_descriptor(y, shape=[a, b, c, d, e], strides=[b * c * d * e, c * d * e, d * e, e, 1], block_shape=[A, B, C, D, E])
    i, j, k = tl.program_id(0) * A, tl.program_id(1) * B, tl.program_id(2) * C
    for l in range(0, d, D):
        for m in range(0, e, E):
            dy.store([i, j, k, l, m], dx.load([i, j, k, l, m]) + 1)


@triton.jit
def device_transpose(x, y, M, N, BM: tl.constexpr, BN: tl.constexpr):
    dx = tl.make_tensor_descriptor(x, shape=[M, N], strides=[N, 1], block_shape=[BM, BN])
    dy = tl.make_tensor_descriptor(y, shape=[N, M], strides=[M, 1], block_shape=[BN, BM])
    m = tl.program_id(0) * BM
    n = tl.program_id(1) * BN
    dy.store([n, m], tl.trans(dx.load([m, n])))


@triton.jit
def reductions(x, y, KIND: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr):
    """Each block of x into the same place of y, of which there are fewer rows."""
    n = tl.program_id(1) * BN
    v = x.load([tl.program_id(0) * BM, n])
    if KIND == "add":
        y.atomic_add([0, n], v)
    elif KIND == "min":
        y.atomic_min([0, n], v)
    elif KIND == "max":
        y.atomic_max([0, n], v)
    elif KIND == "and":
        y.atomic_and([0, n], v)
    elif KIND == "or":
        y.atomic_or([0, n], v)
    else:
        y.atomic_xor([0, n], v)


@triton.jit
def row_softmax(x, y, rows, BM: tl.constexpr, BN: tl.constexpr):
    """Rows that end before the block: what pads them is masked by the count from the descriptor's own shape."""
    for start in tl.range(tl.program_id(0) * BM, rows, tl.num_programs(0) * BM, num_stages=3):
        v = x.load([start, 0]).to(tl.float32)
        v = tl.where(tl.arange(0, BN)[None, :] < x.shape[1], v, -float("inf"))
        e = tl.exp(v - tl.max(v, 1)[:, None])
        y.store([start, 0], (e / tl.sum(e, 1)[:, None]).to(y.dtype))


@triton.jit
def several(x, y, rows, columns, BM: tl.constexpr, BN: tl.constexpr):
    """A descriptor made anew in a loop: another row's start each time."""
    for row in range(tl.program_id(0), rows, tl.num_programs(0)):
        dx = tl.make_tensor_descriptor(x + row * BM * columns, shape=[BM - row % 3, columns], strides=[columns, 1], block_shape=[BM, BN])
        dy = tl.make_tensor_descriptor(y + row * BM * columns, shape=[BM, columns], strides=[columns, 1], block_shape=[BM, BN])
        for n in range(0, columns, BN):
            dy.store([0, n], dx.load([0, n]) * 2 + 1)


@triton.jit
def ragged(x, y, sizes, BM: tl.constexpr, BN: tl.constexpr):
    """Parts of unequal length of one tensor by 4-dimensional descriptors whose strides wrap around: no part leaks into another."""
    part = tl.program_id(0)
    size = tl.load(sizes + 2 * part)
    begin = tl.load(sizes + 2 * part + 1)
    row = tl.program_id(1) * BM
    if row < size:
        top = 0x40000000
        v = x.load([top, begin + size, top - size + row, 0]).reshape(BM, BN)
        y.store([top, begin + size, top - size + row, 0], (v * 2).reshape(1, 1, BM, BN))


@triton.jit
def gather_rows(x, y, index, BM: tl.constexpr, BN: tl.constexpr):
    rows = tl.load(index + tl.program_id(0) * BM + tl.arange(0, BM))
    n = tl.program_id(1) * BN
    y.store([tl.program_id(0) * BM, n], x.gather(rows, n))


@triton.jit
def scatter_rows(x, y, index, BM: tl.constexpr, BN: tl.constexpr):
    rows = tl.load(index + tl.program_id(0) * BM + tl.arange(0, BM))
    n = tl.program_id(1) * BN
    y.scatter(x.load([tl.program_id(0) * BM, n]), rows, n)
