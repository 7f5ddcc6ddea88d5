"""RMS normalisation with a residual, and rotary position embedding in place: two kernels of one model file."""
import triton
import triton.language as tl
from triton.language.extra import libdevice
from typing import Optional

rsqrt = libdevice.rsqrt


@triton.jit
def rms_norm_kernel(y_ptr, residual_ptr, x_ptr, w_ptr, row_stride: tl.int64, n_cols, eps: tl.float32, offset,
                    HAS_RESIDUAL: tl.constexpr, BLOCK_SIZE: tl.constexpr):
    row_idx = tl.program_id(0).to(tl.int64)
    col = tl.arange(0, BLOCK_SIZE)
    mask = col < n_cols
    x_ptr += row_idx * row_stride
    y_ptr += row_idx * row_stride
    x = tl.load(x_ptr + col, mask=mask, other=0)
    dtype = x.dtype
    x = x.to(tl.float32)
    if HAS_RESIDUAL:
        residual_ptr += row_idx * row_stride
        x += tl.load(residual_ptr + col, mask=mask, other=0).to(tl.float32)
        tl.store(residual_ptr + col, x.to(dtype), mask=mask)
    w = tl.load(w_ptr + col, mask=mask, other=0)
    mean_square = tl.sum(x * x, axis=0) / n_cols
    inv_rms = rsqrt(mean_square + eps)
    y = (x * inv_rms).to(dtype) * (offset + w)
    tl.store(y_ptr + col, y, mask=mask)


@triton.jit
def rope_kernel(q_ptr, q_row_stride, k_ptr, k_row_stride, cos, sin, sl, n_qh: tl.constexpr, n_kh: tl.constexpr, hd: tl.constexpr,
                pad_n_qh: tl.constexpr, pad_n_kh: tl.constexpr, BACKWARD_PASS: tl.constexpr = False):
    pid = tl.program_id(0)
    q_ptr = q_ptr + pid * q_row_stride
    k_ptr = k_ptr + pid * k_row_stride
    cos_row_idx = pid % sl
    cos = cos + cos_row_idx * (hd // 2)
    sin = sin + cos_row_idx * (hd // 2)
    cos_offsets = tl.arange(0, hd // 2)
    cos_row = tl.load(cos + cos_offsets)
    sin_row = tl.load(sin + cos_offsets)
    first_half_q_offsets = tl.arange(0, pad_n_qh)[:, None] * hd + tl.arange(0, hd // 2)[None, :]
    first_half_k_offsets = tl.arange(0, pad_n_kh)[:, None] * hd + tl.arange(0, hd // 2)[None, :]
    first_q_mask = (tl.arange(0, pad_n_qh)[:, None] < n_qh) & (tl.arange(0, hd // 2)[None, :] < hd // 2)
    first_k_mask = (tl.arange(0, pad_n_kh)[:, None] < n_kh) & (tl.arange(0, hd // 2)[None, :] < hd // 2)
    q_tile_1 = tl.load(q_ptr + first_half_q_offsets, mask=first_q_mask, other=0).to(sin_row.dtype)
    k_tile_1 = tl.load(k_ptr + first_half_k_offsets, mask=first_k_mask, other=0).to(sin_row.dtype)
    second_half_q_offsets = first_half_q_offsets + (hd // 2)
    second_half_k_offsets = first_half_k_offsets + (hd // 2)
    q_tile_2 = tl.load(q_ptr + second_half_q_offsets, mask=first_q_mask, other=0).to(sin_row.dtype)
    k_tile_2 = tl.load(k_ptr + second_half_k_offsets, mask=first_k_mask, other=0).to(sin_row.dtype)
    if not BACKWARD_PASS:
        # y = [x1, x2] * [cos, cos] + [-x2, x1] * [sin, sin]
        tl.store(q_ptr + first_half_q_offsets, q_tile_1 * cos_row - q_tile_2 * sin_row, mask=first_q_mask)
        tl.store(q_ptr + second_half_q_offsets, q_tile_2 * cos_row + q_tile_1 * sin_row, mask=first_q_mask)
        tl.store(k_ptr + first_half_k_offsets, k_tile_1 * cos_row - k_tile_2 * sin_row, mask=first_k_mask)
        tl.store(k_ptr + second_half_k_offsets, k_tile_2 * cos_row + k_tile_1 * sin_row, mask=first_k_mask)
    else:
        tl.store(q_ptr + first_half_q_offsets, q_tile_1 * cos_row + q_tile_2 * sin_row, mask=first_q_mask)
        tl.store(q_ptr + second_half_q_offsets, q_tile_2 * cos_row - q_tile_1 * sin_row, mask=first_q_mask)
        tl.store(k_ptr + first_half_k_offsets, k_tile_1 * cos_row + k_tile_2 * sin_row, mask=first_k_mask)
        tl.store(k_ptr + second_half_k_offsets, k_tile_2 * cos_row - k_tile_1 * sin_row, mask=first_k_mask)
