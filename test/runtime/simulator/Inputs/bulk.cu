// Bulk copies of Hopper and the barriers that count their bytes, through cuda::ptx: global and shared memory, clusters,
// multicast, reductions of every type, stores and reductions to another block.
// nvcc: 90a without lines
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cooperative_groups.h>
#include <cuda/barrier>
#include <cuda/ptx>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace cg = cooperative_groups;
namespace ptx = cuda::ptx;
using Word = uint64_t; // an mbarrier

__device__ inline void wait(Word *barrier, unsigned parity) {
  while (!ptx::mbarrier_try_wait_parity(barrier, parity)) {
  }
}

// There and back: load a tile, work on it, store it.
extern "C" __global__ void round_trip(const int *x, int *out, int n) {
  __shared__ alignas(128) int tile[256];
  __shared__ Word barrier;
  int from = blockIdx.x * 256, count = min(256, n - from); // a multiple of 4
  if (threadIdx.x == 0) {
    ptx::mbarrier_init(&barrier, 1);
    ptx::fence_proxy_async(ptx::space_shared);
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    ptx::cp_async_bulk(ptx::space_cluster, ptx::space_global, tile, x + from, count * 4, &barrier);
    ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &barrier, count * 4);
  }
  wait(&barrier, 0);
  for (int i = threadIdx.x; i < count; i += blockDim.x)
    tile[i] = tile[i] * 2 + 1;
  ptx::fence_proxy_async(ptx::space_shared);
  __syncthreads();
  if (threadIdx.x == 0) {
    ptx::cp_async_bulk(ptx::space_global, ptx::space_shared, out + from, tile, count * 4);
    ptx::cp_async_bulk_commit_group();
    ptx::cp_async_bulk_wait_group_read(ptx::n32_t<0>());
  }
}

// A ring of stages: one thread fetches, all others consume and hand the stage back.
extern "C" __global__ void ring(const float *x, float *out, int tiles) {
  constexpr int Stages = 3, Threads = 64;
  __shared__ alignas(128) float buffer[Stages][Threads];
  __shared__ Word full[Stages], empty[Stages];
  if (threadIdx.x == 0) {
    for (int s = 0; s < Stages; ++s) {
      ptx::mbarrier_init(&full[s], 1);
      ptx::mbarrier_init(&empty[s], Threads);
    }
    ptx::fence_proxy_async(ptx::space_shared);
  }
  __syncthreads();
  if (threadIdx.x >= Threads) {
    if (threadIdx.x == Threads) {
      asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" ::"l"(x), "r"(Threads * 4) : "memory");
      for (int t = 0; t < tiles; ++t) {
        int s = t % Stages;
        if (t >= Stages)
          wait(&empty[s], t / Stages - 1 & 1);
        ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &full[s], Threads * 4);
        ptx::cp_async_bulk(ptx::space_cluster, ptx::space_global, buffer[s], x + t * Threads, Threads * 4, &full[s]);
      }
    }
  } else {
    float sum = 0;
    for (int t = 0; t < tiles; ++t) {
      int s = t % Stages;
      wait(&full[s], t / Stages & 1);
      sum = 0.5f * sum + buffer[s][Threads - 1 - threadIdx.x];
      ptx::mbarrier_arrive(&empty[s]);
    }
    out[threadIdx.x] = sum;
  }
}

// Stores kept in flight: a group is waited for only when its buffer is needed again.
extern "C" __global__ void stores_in_flight(int *out, int tiles) {
  __shared__ alignas(16) int buffer[2][128];
  for (int t = 0; t < tiles; ++t) {
    if (threadIdx.x == 0)
      ptx::cp_async_bulk_wait_group_read(ptx::n32_t<1>());
    __syncthreads();
    buffer[t & 1][threadIdx.x] = t * 1000 + threadIdx.x;
    ptx::fence_proxy_async(ptx::space_shared);
    __syncthreads();
    if (threadIdx.x == 0) {
      ptx::cp_async_bulk(ptx::space_global, ptx::space_shared, out + t * 128, buffer[t & 1], sizeof buffer[0]);
      ptx::cp_async_bulk_commit_group();
    }
  }
  if (threadIdx.x == 0)
    ptx::cp_async_bulk_wait_group(ptx::n32_t<0>());
}

// ---- Reductions into global memory, of every type and operation.

template <typename T, typename Op> __device__ void reduce_global(const T *x, T *out, Op op) {
  __shared__ alignas(16) T tile[64];
  tile[threadIdx.x] = x[blockIdx.x * 64 + threadIdx.x];
  ptx::fence_proxy_async(ptx::space_shared);
  __syncthreads();
  if (threadIdx.x == 0) {
    ptx::cp_reduce_async_bulk(ptx::space_global, ptx::space_shared, op, out, tile, (uint32_t)sizeof tile);
    ptx::cp_async_bulk_commit_group();
    ptx::cp_async_bulk_wait_group_read(ptx::n32_t<0>());
  }
}
#define REDUCE(name, T, op) \
  extern "C" __global__ void name(const T *x, T *out) { reduce_global(x, out, ptx::op); }
REDUCE(add_u32, uint32_t, op_add)
REDUCE(add_s32, int32_t, op_add)
REDUCE(add_u64, uint64_t, op_add)
REDUCE(add_s64, int64_t, op_add)
REDUCE(add_f32, float, op_add)
REDUCE(add_f64, double, op_add)
REDUCE(add_f16, __half, op_add)
REDUCE(add_bf16, __nv_bfloat16, op_add)
REDUCE(min_u32, uint32_t, op_min)
REDUCE(min_s32, int32_t, op_min)
REDUCE(min_u64, uint64_t, op_min)
REDUCE(min_s64, int64_t, op_min)
REDUCE(min_f16, __half, op_min)
REDUCE(min_bf16, __nv_bfloat16, op_min)
REDUCE(max_u32, uint32_t, op_max)
REDUCE(max_s32, int32_t, op_max)
REDUCE(max_u64, uint64_t, op_max)
REDUCE(max_s64, int64_t, op_max)
REDUCE(max_f16, __half, op_max)
REDUCE(max_bf16, __nv_bfloat16, op_max)
REDUCE(inc_u32, uint32_t, op_inc)
REDUCE(dec_u32, uint32_t, op_dec)
REDUCE(and_b32, uint32_t, op_and_op)
REDUCE(or_b32, uint32_t, op_or_op)
REDUCE(xor_b32, uint32_t, op_xor_op)
REDUCE(and_b64, uint64_t, op_and_op)
REDUCE(or_b64, uint64_t, op_or_op)
REDUCE(xor_b64, uint64_t, op_xor_op)

// ---- Clusters.

// One load reaches all blocks of the cluster; each block loads its share for all.
extern "C" __global__ void __cluster_dims__(4, 1, 1) multicast(const int *x, int *out) {
  __shared__ alignas(128) int tile[4][64];
  __shared__ Word barrier;
  auto cluster = cg::this_cluster();
  unsigned rank = cluster.block_rank();
  if (threadIdx.x == 0) {
    ptx::mbarrier_init(&barrier, 1);
    ptx::fence_mbarrier_init(ptx::sem_release, ptx::scope_cluster);
    ptx::fence_proxy_async(ptx::space_shared);
    ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &barrier, (rank == 3 ? 3 : 4) * 64 * 4);
  }
  cluster.sync();
  // The last block leaves the third block's share out: its own sum has only three.
  if (threadIdx.x == 0)
    ptx::cp_async_bulk(ptx::space_cluster, ptx::space_global, tile[rank], x + (blockIdx.x / 4 * 4 + rank) * 64, 256, &barrier, (uint16_t)(rank == 2 ? 7 : 15));
  wait(&barrier, 0);
  int sum = 0;
  for (int r = 0; r < 4; ++r)
    sum = sum * 3 + (rank == 3 && r == 2 ? 0 : tile[r][threadIdx.x]);
  out[blockIdx.x * 64 + threadIdx.x] = sum;
  cluster.sync();
}

// Shared memory of one block to that of the next, the bytes counted there.
extern "C" __global__ void neighbours(const int *x, int *out) {
  __shared__ alignas(16) int mine[64], theirs[64];
  __shared__ Word barrier;
  auto cluster = cg::this_cluster();
  unsigned rank = cluster.block_rank(), next = (rank + 1) % cluster.num_blocks();
  mine[threadIdx.x] = x[blockIdx.x * 64 + threadIdx.x];
  if (threadIdx.x == 0) {
    ptx::mbarrier_init(&barrier, 1);
    ptx::fence_mbarrier_init(ptx::sem_release, ptx::scope_cluster);
    ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &barrier, sizeof mine);
  }
  ptx::fence_proxy_async(ptx::space_shared);
  cluster.sync();
  if (threadIdx.x == 0)
    ptx::cp_async_bulk(ptx::space_cluster, ptx::space_shared, cluster.map_shared_rank(theirs, next), mine, sizeof mine, cluster.map_shared_rank(&barrier, next));
  while (!ptx::mbarrier_try_wait_parity(ptx::sem_acquire, ptx::scope_cluster, &barrier, 0)) {
  }
  out[blockIdx.x * 64 + threadIdx.x] = theirs[63 - threadIdx.x];
  cluster.sync();
}

// Reductions into the shared memory of the cluster's first block.
template <typename T, typename Op> __device__ void reduce_cluster(const T *x, T *out, T start, Op op) {
  __shared__ alignas(16) T mine[32], total[32];
  __shared__ Word barrier;
  auto cluster = cg::this_cluster();
  mine[threadIdx.x] = x[blockIdx.x * 32 + threadIdx.x];
  total[threadIdx.x] = start;
  if (threadIdx.x == 0) {
    ptx::mbarrier_init(&barrier, 1);
    ptx::fence_mbarrier_init(ptx::sem_release, ptx::scope_cluster);
    ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &barrier, (uint32_t)sizeof mine * cluster.num_blocks());
  }
  ptx::fence_proxy_async(ptx::space_shared);
  cluster.sync();
  if (threadIdx.x == 0)
    ptx::cp_reduce_async_bulk(ptx::space_cluster, ptx::space_shared, op, cluster.map_shared_rank(total, 0), mine, (uint32_t)sizeof mine, cluster.map_shared_rank(&barrier, 0));
  if (cluster.block_rank() == 0) {
    while (!ptx::mbarrier_try_wait_parity(ptx::sem_acquire, ptx::scope_cluster, &barrier, 0)) {
    }
    out[blockIdx.x / cluster.num_blocks() * 32 + threadIdx.x] = total[threadIdx.x];
  }
  cluster.sync();
}
#define REDUCE_CLUSTER(name, T, op) \
  extern "C" __global__ void name(const T *x, T *out, T start) { reduce_cluster(x, out, start, ptx::op); }
REDUCE_CLUSTER(cluster_add_u32, uint32_t, op_add)
REDUCE_CLUSTER(cluster_add_s32, int32_t, op_add)
REDUCE_CLUSTER(cluster_add_u64, uint64_t, op_add)
REDUCE_CLUSTER(cluster_inc_u32, uint32_t, op_inc)
REDUCE_CLUSTER(cluster_dec_u32, uint32_t, op_dec)
REDUCE_CLUSTER(cluster_min_u32, uint32_t, op_min)
REDUCE_CLUSTER(cluster_max_s32, int32_t, op_max)
REDUCE_CLUSTER(cluster_and_b32, uint32_t, op_and_op)
REDUCE_CLUSTER(cluster_or_b32, uint32_t, op_or_op)
REDUCE_CLUSTER(cluster_xor_b32, uint32_t, op_xor_op)

// Single stores and reductions to another block that its barrier counts.
extern "C" __global__ void __cluster_dims__(2, 1, 1) remote_words(const int *x, int *out) {
  struct alignas(16) Box {
    int one[32];
    long long wide[32];
    int pair[32][2], four[32][4];
    unsigned counters[8];
  };
  __shared__ Box box;
  __shared__ Word barrier;
  auto cluster = cg::this_cluster();
  unsigned t = threadIdx.x, other = cluster.block_rank() ^ 1;
  if (t < 8)
    box.counters[t] = t == 5 ? ~0u : t == 2 ? 1000 : 0;
  if (t == 0) {
    ptx::mbarrier_init(&barrier, 1);
    ptx::fence_mbarrier_init(ptx::sem_release, ptx::scope_cluster);
    ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &barrier, 32 * (4 + 8 + 8 + 16 + 8 * 4));
  }
  cluster.sync();
  Box *there = cluster.map_shared_rank(&box, other);
  Word *done = cluster.map_shared_rank(&barrier, other);
  int v = x[blockIdx.x * 32 + t];
  ptx::st_async(&there->one[t], v, done);
  ptx::st_async(&there->wide[t], (long long)v << 20, done);
  ptx::st_async((int32_t *)there->pair[t], {v + 1, v + 2}, done);
  ptx::st_async((int32_t *)there->four[t], {v, v * 2, v * 3, v * 4}, done);
  unsigned *c = there->counters;
  ptx::red_async(ptx::op_add, &c[0], 3u, done);
  ptx::red_async(ptx::op_inc, &c[1], 9u, done);
  ptx::red_async(ptx::op_min, &c[2], (unsigned)(v & 1023), done);
  ptx::red_async(ptx::op_max, &c[3], (unsigned)(v & 1023), done);
  ptx::red_async(ptx::op_or_op, &c[4], (unsigned)v, done);
  ptx::red_async(ptx::op_and_op, &c[5], (unsigned)v, done);
  ptx::red_async(ptx::op_xor_op, &c[6], (unsigned)v, done);
  ptx::red_async(ptx::op_dec, &c[7], 6u, done);
  while (!ptx::mbarrier_try_wait_parity(ptx::sem_acquire, ptx::scope_cluster, &barrier, 0)) {
  }
  int *to = out + (blockIdx.x * 32 + t) * 9;
  to[0] = box.one[t];
  to[1] = (int)(box.wide[t] >> 20);
  to[2] = box.pair[t][0];
  to[3] = box.pair[t][1];
  for (int e = 0; e < 4; ++e)
    to[4 + e] = box.four[t][e];
  to[8] = t < 8 ? box.counters[t] : 0;
  cluster.sync();
}

// ---- What the barrier itself can do.

extern "C" __global__ void barrier_words(int *out) {
  __shared__ Word barrier;
  __shared__ int value[64];
  if (threadIdx.x == 0)
    ptx::mbarrier_init(&barrier, 64);
  __syncthreads();
  value[threadIdx.x] = threadIdx.x;
  Word state = ptx::mbarrier_arrive(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &barrier);
  while (!ptx::mbarrier_test_wait(&barrier, state)) {
  }
  int v = value[63 - threadIdx.x];
  __syncthreads();
  // One thread arrives for many; bytes are expected and completed by hand.
  if (threadIdx.x == 0) {
    ptx::mbarrier_expect_tx(ptx::sem_relaxed, ptx::scope_cta, ptx::space_shared, &barrier, 48);
    ptx::mbarrier_arrive(&barrier, 60);
  } else if (threadIdx.x < 4) {
    state = ptx::mbarrier_arrive_no_complete(&barrier, 1);
  }
  __syncthreads();
  bool early = ptx::mbarrier_test_wait_parity(&barrier, 1);
  __syncthreads();
  if (threadIdx.x == 4) {
    unsigned bar = (unsigned)__cvta_generic_to_shared(&barrier);
    asm volatile("mbarrier.complete_tx.relaxed.cta.shared::cta.b64 [%0], 48;" ::"r"(bar) : "memory");
    ptx::mbarrier_arrive(&barrier);
  }
  while (!ptx::mbarrier_try_wait_parity(&barrier, 1, 1000)) {
  }
  out[threadIdx.x] = v + (early ? 1000 : 0);
  __syncthreads();
  if (threadIdx.x == 0) {
    unsigned bar = (unsigned)__cvta_generic_to_shared(&barrier);
    asm volatile("mbarrier.inval.shared::cta.b64 [%0];" ::"r"(bar) : "memory");
  }
}
