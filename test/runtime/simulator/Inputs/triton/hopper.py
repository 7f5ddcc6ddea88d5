# Kernels in Gluon, where barriers, copies and the parts of warps are written down: rings of buffers for Hopper.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
from triton.experimental import gluon
from triton.experimental.gluon import language as gl
from triton.experimental.gluon.language.nvidia.hopper import fence_async_shared, mbarrier, tma, warpgroup_mma, warpgroup_mma_init, warpgroup_mma_wait
from triton.experimental.gluon.language.nvidia.ampere import async_copy


@gluon.jit
def fill(da, db, ring_a, ring_b, ready, empty, pm, pn, steps, BK: gl.constexpr, STAGES: gl.constexpr):
    """The part that copies: waits for a free buffer, says what comes, starts the copies."""
    for k in range(steps):
        slot = k % STAGES
        mbarrier.wait(empty.index(slot), (k // STAGES & 1) ^ 1)
        mbarrier.expect(ready.index(slot), da.block_type.nbytes + db.block_type.nbytes)
        tma.async_copy_global_to_shared(da, [pm, k * BK], ready.index(slot), ring_a.index(slot))
        tma.async_copy_global_to_shared(db, [k * BK, pn], ready.index(slot), ring_b.index(slot))


@gluon.jit
def multiply(dc, ring_a, ring_b, ready, empty, pm, pn, steps, BM: gl.constexpr, BN: gl.constexpr, STAGES: gl.constexpr, WARPS: gl.constexpr):
    """The part that multiplies: one product always in flight, the buffer before it handed back."""
    layout: gl.constexpr = gl.NVMMADistributedLayout([3, 0], [WARPS, 1], [16, BN, 16])
    acc = warpgroup_mma_init(gl.zeros((BM, BN), gl.float32, layout))
    for k in range(steps):
        slot = k % STAGES
        mbarrier.wait(ready.index(slot), k // STAGES & 1)
        acc = warpgroup_mma(ring_a.index(slot), ring_b.index(slot), acc, is_async=True)
        acc = warpgroup_mma_init(warpgroup_mma_wait(1, deps=(acc,)))
        if k > 0:
            mbarrier.arrive(empty.index((k - 1) % STAGES), count=1)
    c = warpgroup_mma_wait(0, deps=(acc,))
    tile = gl.allocate_shared_memory(gl.float16, [BM, BN], dc.layout)
    tile.store(c.to(gl.float16))
    fence_async_shared()
    tma.async_copy_shared_to_global(dc, [pm, pn], tile)
    tma.store_wait(0)


@gluon.jit
def ring(a, b, c, M, N, K, BM: gl.constexpr, BN: gl.constexpr, BK: gl.constexpr, STAGES: gl.constexpr):
    """One warp copies, the others multiply; registers move from the former to the latter."""
    la: gl.constexpr = gl.NVMMASharedLayout.get_default_for([BM, BK], gl.float16)
    lb: gl.constexpr = gl.NVMMASharedLayout.get_default_for([BK, BN], gl.float16)
    lc: gl.constexpr = gl.NVMMASharedLayout.get_default_for([BM, BN], gl.float16)
    da = tma.make_tensor_descriptor(a, [M, K], [K, 1], [BM, BK], la)
    db = tma.make_tensor_descriptor(b, [K, N], [N, 1], [BK, BN], lb)
    dc = tma.make_tensor_descriptor(c, [M, N], [N, 1], [BM, BN], lc)
    ring_a = gl.allocate_shared_memory(gl.float16, [STAGES, BM, BK], la)
    ring_b = gl.allocate_shared_memory(gl.float16, [STAGES, BK, BN], lb)
    ready = gl.allocate_shared_memory(gl.int64, [STAGES, 1], mbarrier.MBarrierLayout())
    empty = gl.allocate_shared_memory(gl.int64, [STAGES, 1], mbarrier.MBarrierLayout())
    for i in gl.static_range(STAGES):
        mbarrier.init(ready.index(i), count=1)
        mbarrier.init(empty.index(i), count=1)
    fence_async_shared()
    pm = gl.program_id(0) * BM
    pn = gl.program_id(1) * BN
    steps = gl.cdiv(K, BK)
    gl.warp_specialize([
        (multiply, (dc, ring_a, ring_b, ready, empty, pm, pn, steps, BM, BN, STAGES, gl.num_warps())),
        (fill, (da, db, ring_a, ring_b, ready, empty, pm, pn, steps, BK, STAGES)),
    ], [1], [40])


@gluon.jit
def left_in_registers(a, b, c, N, K, BM: gl.constexpr, BN: gl.constexpr, BK: gl.constexpr):
    """a comes by plain loads and stays in registers; b by copies that each thread starts, ring of two."""
    acc_layout: gl.constexpr = gl.NVMMADistributedLayout([3, 0], [4, 1], [16, BN, 16])
    a_layout: gl.constexpr = gl.DotOperandLayout(0, acc_layout, 2)
    b_layout: gl.constexpr = gl.BlockedLayout([1, 8], [4, 8], [4, 1], [1, 0])
    shared: gl.constexpr = gl.NVMMASharedLayout.get_default_for([BK, BN], gl.float16)
    ring_b = gl.allocate_shared_memory(gl.float16, [2, BK, BN], shared)
    rm = gl.program_id(0) * BM + gl.arange(0, BM, gl.SliceLayout(1, a_layout))
    rk = gl.arange(0, BK, gl.SliceLayout(0, a_layout))
    bk = gl.arange(0, BK, gl.SliceLayout(1, b_layout))
    bn = gl.program_id(1) * BN + gl.arange(0, BN, gl.SliceLayout(0, b_layout))
    acc = gl.zeros((BM, BN), gl.float32, acc_layout)
    steps = K // BK
    async_copy.async_copy_global_to_shared(ring_b.index(0), b + bk[:, None] * N + bn[None, :], mask=bn[None, :] < N)
    async_copy.commit_group()
    for k in range(steps):
        next = k + 1
        async_copy.async_copy_global_to_shared(ring_b.index(next % 2), b + (next * BK + bk)[:, None] * N + bn[None, :],
                                               mask=(bn[None, :] < N) & (next < steps))
        async_copy.commit_group()
        va = gl.load(a + rm[:, None] * K + (k * BK + rk)[None, :])
        async_copy.wait_group(1)
        fence_async_shared()
        gl.thread_barrier()
        acc = warpgroup_mma(va, ring_b.index(k % 2), acc)
        gl.thread_barrier()
    cm = gl.program_id(0) * BM + gl.arange(0, BM, gl.SliceLayout(1, acc_layout))
    cn = gl.program_id(1) * BN + gl.arange(0, BN, gl.SliceLayout(0, acc_layout))
    gl.store(c + cm[:, None] * N + cn[None, :], acc, mask=cn[None, :] < N)


@gluon.jit
def copies_arrive(x, y, n, BLOCK: gl.constexpr):
    """Copies that each thread starts arrive at a barrier when they are done; two buffers, the phases alternate."""
    layout: gl.constexpr = gl.BlockedLayout([4], [32], [4], [0])
    flat: gl.constexpr = gl.SwizzledSharedLayout(1, 1, 1, [0])
    buffers = gl.allocate_shared_memory(gl.float32, [2, BLOCK], flat)
    bars = gl.allocate_shared_memory(gl.int64, [2, 1], mbarrier.MBarrierLayout())
    for i in gl.static_range(2):
        mbarrier.init(bars.index(i), count=128)
    gl.thread_barrier()
    i = gl.arange(0, BLOCK, layout)
    blocks = gl.cdiv(n, BLOCK)
    async_copy.async_copy_global_to_shared(buffers.index(0), x + i, mask=i < n)
    async_copy.mbarrier_arrive(bars.index(0), increment_count=False)
    for k in range(blocks):
        at = (k + 1) * BLOCK + i
        async_copy.async_copy_global_to_shared(buffers.index((k + 1) % 2), x + at, mask=at < n)
        async_copy.mbarrier_arrive(bars.index((k + 1) % 2), increment_count=False)
        mbarrier.wait(bars.index(k % 2), k // 2 & 1)
        v = buffers.index(k % 2).load(layout)
        gl.store(y + k * BLOCK + i, v * 2, mask=k * BLOCK + i < n)
        gl.thread_barrier()
    mbarrier.wait(bars.index(blocks % 2), blocks // 2 & 1)


@gluon.jit
def double_rows(left, right, done, BM: gl.constexpr, BN: gl.constexpr):
    layout: gl.constexpr = gl.BlockedLayout([1, 4], [4, 8], [gl.num_warps(), 1], [1, 0])
    v = left.load(layout)
    right.store(v * 2 + 1)
    fence_async_shared()
    mbarrier.arrive(done, count=1)


@gluon.jit
def three_parts(x, y, M, N, BM: gl.constexpr, BN: gl.constexpr):
    """Two groups of workers take half each of what the default part fetches, which then writes both back."""
    shared: gl.constexpr = gl.NVMMASharedLayout(64, 32, 2)
    dx = tma.make_tensor_descriptor(x, [M, N], [N, 1], [BM, BN], shared)
    dy = tma.make_tensor_descriptor(y, [M, N], [N, 1], [BM, BN], shared)
    tiles = gl.allocate_shared_memory(gl.int32, [4, BM, BN], shared)
    bars = gl.allocate_shared_memory(gl.int64, [3, 1], mbarrier.MBarrierLayout())
    for i in gl.static_range(3):
        mbarrier.init(bars.index(i), count=1)
    fence_async_shared()
    m = gl.program_id(0) * 2 * BM
    n = gl.program_id(1) * BN
    mbarrier.expect(bars.index(0), 2 * dx.block_type.nbytes)
    tma.async_copy_global_to_shared(dx, [m, n], bars.index(0), tiles.index(0))
    tma.async_copy_global_to_shared(dx, [m + BM, n], bars.index(0), tiles.index(1))
    mbarrier.wait(bars.index(0), 0)
    gl.warp_specialize([
        (write_back, (dy, tiles, bars, m, n, BM)),
        (double_rows, (tiles.index(0), tiles.index(2), bars.index(1), BM, BN)),
        (double_rows, (tiles.index(1), tiles.index(3), bars.index(2), BM, BN)),
    ], [4, 2], [48, 32])


@gluon.jit
def write_back(dy, tiles, bars, m, n, BM: gl.constexpr):
    for half in gl.static_range(2):
        mbarrier.wait(bars.index(1 + half), 0)
        tma.async_copy_shared_to_global(dy, [m + half * BM, n], tiles.index(2 + half))
    tma.store_wait(0)
