"""Small operators of one library file: gated activations, a causal convolution over time, a scan with carries, embeddings, a histogram."""
import torch
import triton
import triton.language as tl

PAD_SLOT_ID = -1


@triton.jit
def silu(x):
    return x * tl.sigmoid(x)


@triton.jit
def gelu(x):
    M_SQRT1_2 = 0.70710678118654752440
    ALPHA = M_SQRT1_2
    return 0.5 * x * (1 + tl.erf(x * ALPHA))


@triton.jit
def gated_activation_kernel(a_ptr, b_ptr, c_ptr, stride, n_cols: tl.constexpr, BLOCK_SIZE: tl.constexpr, ACT: tl.constexpr):
    program_id = tl.program_id(0).to(tl.int64)
    # locate start index
    a_ptr += program_id * stride
    b_ptr += program_id * stride
    c_ptr += program_id * stride
    col_offsets = tl.arange(0, BLOCK_SIZE)
    mask = col_offsets < n_cols
    # sigmoid requires type float32
    a_row = tl.load(a_ptr + col_offsets, mask=mask, other=0).to(tl.float32)
    b_row = tl.load(b_ptr + col_offsets, mask=mask, other=0)
    if ACT == "silu":
        act = silu(a_row)
    elif ACT == "gelu":
        act = gelu(a_row)
    else:
        tl.static_assert(ACT == "", f"Unsupported activation: {ACT}")
        act = a_row
    c_row = act.cast(b_row.dtype) * b_row
    tl.store(c_ptr + col_offsets, c_row, mask=mask)


@triton.heuristics({
    'HAS_BIAS': lambda args: args['bias_ptr'] is not None,
    'WIDTH_P2': lambda args: triton.next_power_of_2(args['WIDTH']),
})
@triton.jit
def causal_conv1d_kernel(x_ptr, w_ptr, bias_ptr, o_ptr, T, D, WIDTH: tl.constexpr, WIDTH_P2: tl.constexpr, HAS_BIAS: tl.constexpr,
                         BT: tl.constexpr, BD: tl.constexpr):
    i_t, i_d = tl.program_id(0), tl.program_id(1)
    offs_d = i_d * BD + tl.arange(0, BD)
    mask_d = offs_d < D
    offs_w = tl.arange(0, WIDTH_P2)
    acc = tl.zeros([BT, BD], dtype=tl.float32)
    for i_w in tl.static_range(-WIDTH + 1, 1):
        p_x = tl.make_block_ptr(x_ptr, (T, D), (D, 1), (i_t * BT + i_w, i_d * BD), (BT, BD), (1, 0))
        b_x = tl.load(p_x, boundary_check=(0, 1)).to(tl.float32)
        b_w = tl.load(w_ptr + offs_d * WIDTH + (i_w + WIDTH - 1), mask=mask_d, other=0)
        acc += b_x * b_w
    if HAS_BIAS:
        acc += tl.load(bias_ptr + offs_d, mask=mask_d).to(tl.float32)
    p_o = tl.make_block_ptr(o_ptr, (T, D), (D, 1), (i_t * BT, i_d * BD), (BT, BD), (1, 0))
    tl.store(p_o, silu(acc).to(p_o.dtype.element_ty), boundary_check=(0, 1))


@triton.jit
def chunked_cumsum_kernel(s, z, T, S: tl.constexpr, BT: tl.constexpr, BS: tl.constexpr):
    i_s = tl.program_id(0)
    b_z = tl.zeros([BS], dtype=tl.float32)
    for i_t in range(tl.cdiv(T, BT)):
        p_s = tl.make_block_ptr(s, (T, S), (S, 1), (i_t * BT, i_s * BS), (BT, BS), (1, 0))
        p_z = tl.make_block_ptr(z, (T, S), (S, 1), (i_t * BT, i_s * BS), (BT, BS), (1, 0))
        b_s = tl.load(p_s, boundary_check=(0, 1)).to(tl.float32)
        b_c = b_z[None, :] + tl.cumsum(b_s, axis=0)
        tl.store(p_z, b_c.to(p_z.dtype.element_ty), boundary_check=(0, 1))
        if i_t >= 0:
            b_z += tl.sum(b_s, 0)


@triton.jit
def embedding_kernel(embeddings_ptr, indices_ptr, output_ptr, n_elements, embedding_dim: tl.constexpr, BLOCK_SIZE_M: tl.constexpr,
                     BLOCK_SIZE_N: tl.constexpr):
    pid_m = tl.program_id(0)
    pid_n = tl.program_id(1)
    start_m = pid_m * BLOCK_SIZE_M
    start_n = pid_n * BLOCK_SIZE_N
    offsets_m = start_m + tl.arange(0, BLOCK_SIZE_M)
    mask_m = offsets_m < n_elements
    indices = tl.load(indices_ptr + offsets_m, mask=mask_m, other=0)
    offsets_n = start_n + tl.arange(0, BLOCK_SIZE_N)
    mask_n = offsets_n < embedding_dim
    block_mask = mask_m[:, None] & mask_n[None, :]
    embeddings = tl.load(embeddings_ptr + indices[:, None] * embedding_dim + offsets_n[None, :], mask=block_mask, other=0.0)
    tl.store(output_ptr + offsets_m[:, None] * embedding_dim + offsets_n[None, :], embeddings, mask=block_mask)


@triton.jit
def histogram_kernel(x_ptr, counts_ptr, n, BINS: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    bins = tl.load(x_ptr + offsets, mask=mask, other=0)
    tl.atomic_add(counts_ptr + bins, 1, mask=mask & (bins < BINS) & (bins >= 0))


@triton.jit
def _max_with_index(value_a, index_a, value_b, index_b):
    take_a = (value_a > value_b) | ((value_a == value_b) & (index_a < index_b))
    return tl.where(take_a, value_a, value_b), tl.where(take_a, index_a, index_b)


@triton.jit
def topk_rows_kernel(x_ptr, values_ptr, indices_ptr, n_cols, K: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    cols = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * n_cols + cols, mask=cols < n_cols, other=-float("inf"))
    for k in range(K):
        value, index = tl.reduce((x, cols), 0, _max_with_index)
        tl.store(values_ptr + row * K + k, value)
        tl.store(indices_ptr + row * K + k, index)
        x = tl.where(cols == index, -float("inf"), x)
