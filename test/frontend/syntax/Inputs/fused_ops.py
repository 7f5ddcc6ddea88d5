"""Fused operators as they live in a model's repository: kernels between host code of every kind.

Example in a docstring, which is no code:

    @triton.jit
    def not_a_kernel(x):
        pass
"""
from __future__ import annotations

import contextlib
import functools, logging
import math as m
from dataclasses import dataclass, field
from typing import (
    Any,
    Callable,
    NamedTuple,
    Optional,
)

import torch
import triton
import triton.language as tl
from torch import Tensor, nn
from triton import cdiv, next_power_of_2 as npo2
from .utils import (calculate_settings, get_device,)

try:
    from triton.language.extra import libdevice
except ImportError:  # an older Triton
    from triton.language import math as libdevice

if tuple(int(p) for p in triton.__version__.split(".")[:2]) >= (3, 0):
    rsqrt = libdevice.rsqrt
elif hasattr(tl, "math"):
    rsqrt = tl.math.rsqrt
else:
    rsqrt = None

logger = logging.getLogger(__name__)
LOG2E: tl.constexpr = tl.constexpr(1.4426950408889634)
MAX_FUSED_SIZE: tl.constexpr = 65536 // 2
BLOCKS, WARPS = [32 * 2**i for i in range(4)], {1, 2, 4, *(8, 16)}
_KEY = lambda args, *rest, scale=1.0, **kw: (args["N"], *rest)
ALIASES = {"a": 1, **{f"k{i}": i for i in range(3) if i % 2}}
assert MAX_FUSED_SIZE > 0, f"{MAX_FUSED_SIZE=} {m.pi:>{8}.{3}f} {'quoted' + "nested"!r}"


class Norm(NamedTuple):
    mean: Any
    rstd: Any = None


@dataclass(frozen=True)
class Config:
    block: int = 128
    names: list[str] = field(default_factory=lambda: ["x", "y"])

    @property
    def warps(self) -> int | None:
        return self.block // 32 if self.block else None

    def __getitem__(self, index):
        match index:
            case {"block": int(b), **rest} if b > 0:
                return b, rest
            case [first, *others] | (first, others):
                return first
            case -1 | 0.5 | "x" | None:
                return self.block
            case Norm(mean=m, rstd=[_, second]) as n:
                return n
            case tl.constexpr.value | _:
                raise IndexError(f"no {index!r}") from None


def configs():
    for block in BLOCKS:
        yield triton.Config({"BLOCK_M": block, "BLOCK_N": 64}, num_warps=4, num_stages=2)
    yield from ()


@contextlib.contextmanager
def timed(name, *, sync: bool = True):
    with torch.cuda.stream(None), open("/dev/null") as log, (
        torch.no_grad()
    ):
        try:
            yield
        except* (ValueError, TypeError) as group:
            print(group, file=log)
        else:
            pass
        finally:
            if (n := len(name)) > 3: logger.info("%s", n); del n


async def serve(requests):
    async with requests.session() as session:
        async for request in session:
            result = await request.run()
            yield [r async for r in result if await r.ok()]


@triton.autotune(configs=list(configs()), key=["M", "N"], reset_to_zero=["y_ptr"])
@triton.heuristics({
    "EVEN_N": lambda args: args["N"] % args["BLOCK_N"] == 0,
    "num_warps": lambda args: 8 if args["N"] > 4096 else 4,
})
@triton.jit(do_not_specialize=["eps"], launch_metadata=_KEY)
def layer_norm_fwd(
    x_ptr, y_ptr,  # pointers
    w_ptr, b_ptr,
    stride_m, M, N,
    eps,
    HAS_BIAS: tl.constexpr,
    EVEN_N: tl.constexpr,
    BLOCK_M: "tl.constexpr", BLOCK_N: tl.constexpr = 64,
):
    """Normalises rows.

    Several at a time."""
    pid = tl.program_id(axis=0)
    rows = pid * BLOCK_M + tl.arange(0, BLOCK_M)[:, None]
    cols = tl.arange(0, BLOCK_N)[None, :]
    mean = tl.zeros([BLOCK_M, 1], dtype=tl.float32)
    for start in range(0, tl.cdiv(N, BLOCK_N) * BLOCK_N, BLOCK_N):
        mask = (rows < M) & (cols + start < N) if not EVEN_N else rows < M
        x = tl.load(x_ptr + rows * stride_m + (cols + start), mask=mask, other=0.).to(tl.float32)
        mean += tl.sum(x, axis=1, keep_dims=True) / N
    rstd = rsqrt(mean * mean + eps)
    if HAS_BIAS and (b_ptr is not None):
        bias = tl.load(b_ptr + cols, mask=cols < N, other=0.0)
    elif not HAS_BIAS:
        bias = 0.0
    else:
        tl.static_assert(False, "no bias")
    y: tl.tensor = -x ** 2 // 3 % 5 @ x if 0 < BLOCK_N <= 128 != 7 else ~x
    tl.store(y_ptr + rows * stride_m + cols, y * rstd + bias, mask=mask, cache_modifier=".cg"); return


@triton.jit
def _combine(a_m, a_s, b_m, b_s): return tl.maximum(a_m, b_m), a_s + b_s


@functools.lru_cache
def make_kernel(activation: Callable[..., Any]):
    @triton.jit
    def inner(x_ptr, n, BLOCK: tl.constexpr, ACT: tl.constexpr = activation):
        offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
        m, s = tl.reduce((offsets, offsets), 0, _combine)
        tl.store(x_ptr + offsets, ACT(tl.load(x_ptr + offsets)), mask=offsets < n)

    return inner


class FusedNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, /, weight, bias=None, *args, eps: float = 1e-5, **kwargs) -> Tensor:
        y = torch.empty_like(x)
        grid = lambda meta: (triton.cdiv(x.shape[0], meta["BLOCK_M"]),)
        layer_norm_fwd[grid](x, y, weight, bias, x.stride(0), *x.shape, eps, HAS_BIAS=bias is not None, **kwargs)
        ctx.save_for_backward(x, weight)
        print("done" if y.numel() else
              "empty")
        return y

    @staticmethod
    @triton.jit
    def static_kernel(x_ptr):
        tl.store(x_ptr, 1)


@triton.constexpr_function
def log2(n):
    result = 0
    while n > 1:
        n, result = n >> 1, result + 1
    else:
        pass
    return result


def generic[T: (int, float), *Ts, **P](x: T, *args: *Ts) -> list[T]:
    type Pair[U] = tuple[U, U]
    nonlocal_free = [*args, *[x]]
    global counter
    counter = x[1:2, ::3, ...], x[()], x[a, :], {**ALIASES}, {*args}, not x, (yield)
    return nonlocal_free  # noqa


if __name__ == "__main__":
    x = torch.randn(8, 8)
    torch.testing.assert_close(FusedNorm.apply(x), x)
