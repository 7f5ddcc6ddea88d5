// Tensor maps: boxes of tensors with one to five dimensions loaded, stored, reduced and prefetched; multicast in a
// cluster; maps made on the device.
// nvcc: 90a without lines
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cooperative_groups.h>
#include <cuda.h>
#include <cuda/barrier>
#include <cuda/ptx>

namespace cg = cooperative_groups;
namespace cde = cuda::device::experimental;
namespace ptx = cuda::ptx;
using Word = uint64_t;

struct Coordinates {
  int at[5];
};
extern __shared__ __align__(1024) unsigned char box[];

__device__ inline void wait(Word *barrier, unsigned parity) {
  while (!ptx::mbarrier_try_wait_parity(barrier, parity)) {
  }
}

template <int Rank> __device__ inline void take(int (&to)[Rank], const Coordinates &from) {
#pragma unroll
  for (int i = 0; i < Rank; ++i)
    to[i] = from.at[i];
}

// The box at `c` as it lies in shared memory.
template <int Rank> __device__ void load(const CUtensorMap &map, Coordinates c, unsigned char *out, int bytes) {
  __shared__ Word barrier;
  int at[Rank];
  take(at, c);
  if (threadIdx.x == 0) {
    ptx::mbarrier_init(&barrier, 1);
    ptx::fence_proxy_async(ptx::space_shared);
    asm volatile("prefetch.tensormap [%0];" ::"l"(&map) : "memory");
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &barrier, bytes);
    ptx::cp_async_bulk_tensor(ptx::space_cluster, ptx::space_global, box, &map, at, &barrier);
  }
  wait(&barrier, 0);
  for (int i = threadIdx.x; i < bytes; i += blockDim.x)
    out[i] = box[i];
}
#define LOAD(name, Rank) \
  extern "C" __global__ void name(const __grid_constant__ CUtensorMap map, Coordinates c, unsigned char *out, int bytes) { load<Rank>(map, c, out, bytes); }
LOAD(load_1d, 1)
LOAD(load_2d, 2)
LOAD(load_3d, 3)
LOAD(load_4d, 4)
LOAD(load_5d, 5)

// Brings `in` into shared memory and stores it as the box at `c`.
template <int Rank, typename F> __device__ void store(const CUtensorMap &map, Coordinates c, const unsigned char *in, int bytes, F copy) {
  int at[Rank];
  take(at, c);
  for (int i = threadIdx.x; i < bytes; i += blockDim.x)
    box[i] = in[i];
  ptx::fence_proxy_async(ptx::space_shared);
  __syncthreads();
  if (threadIdx.x == 0) {
    copy(&map, at);
    ptx::cp_async_bulk_commit_group();
    ptx::cp_async_bulk_wait_group(ptx::n32_t<0>());
  }
}
#define STORE(name, Rank) \
  extern "C" __global__ void name(const __grid_constant__ CUtensorMap map, Coordinates c, const unsigned char *in, int bytes) { \
    store<Rank>(map, c, in, bytes, [](const CUtensorMap *m, const int (&at)[Rank]) { ptx::cp_async_bulk_tensor(ptx::space_global, ptx::space_shared, m, at, box); }); \
  }
STORE(store_1d, 1)
STORE(store_2d, 2)
STORE(store_3d, 3)
STORE(store_4d, 4)
STORE(store_5d, 5)
#define REDUCE(name, Rank, op) \
  extern "C" __global__ void name(const __grid_constant__ CUtensorMap map, Coordinates c, const unsigned char *in, int bytes) { \
    store<Rank>(map, c, in, bytes, [](const CUtensorMap *m, const int (&at)[Rank]) { ptx::cp_reduce_async_bulk_tensor(ptx::space_global, ptx::space_shared, ptx::op, m, at, box); }); \
  }
REDUCE(reduce_add_1d, 1, op_add)
REDUCE(reduce_add_2d, 2, op_add)
REDUCE(reduce_add_3d, 3, op_add)
REDUCE(reduce_add_4d, 4, op_add)
REDUCE(reduce_add_5d, 5, op_add)
REDUCE(reduce_min_2d, 2, op_min)
REDUCE(reduce_max_2d, 2, op_max)
REDUCE(reduce_inc_2d, 2, op_inc)
REDUCE(reduce_dec_2d, 2, op_dec)
REDUCE(reduce_and_2d, 2, op_and_op)
REDUCE(reduce_or_2d, 2, op_or_op)
REDUCE(reduce_xor_2d, 2, op_xor_op)

// Prefetches change nothing; the map may be one in global memory.
extern "C" __global__ void prefetch(const CUtensorMap *map, int *out) {
  if (threadIdx.x == 0) {
    asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
    asm volatile("cp.async.bulk.prefetch.tensor.2d.L2.global.tile [%0, {%1, %2}];" ::"l"(map), "r"(0), "r"(8) : "memory");
  }
  out[threadIdx.x] = threadIdx.x;
}

// The interface before cuda::ptx: a matrix is transposed tile by tile through cuda::barrier and cde::.
extern "C" __global__ void cde_transpose(const __grid_constant__ CUtensorMap from, const __grid_constant__ CUtensorMap to) {
#pragma nv_diag_suppress 20054
  __shared__ alignas(128) int in[32][32];
  __shared__ alignas(128) int out[32][32];
  __shared__ cuda::barrier<cuda::thread_scope_block> barrier;
  if (threadIdx.x == 0) {
    init(&barrier, blockDim.x);
    cde::fence_proxy_async_shared_cta();
  }
  __syncthreads();
  cuda::barrier<cuda::thread_scope_block>::arrival_token token;
  if (threadIdx.x == 0) {
    cde::cp_async_bulk_tensor_2d_global_to_shared(in, &from, blockIdx.x * 32, blockIdx.y * 32, barrier);
    token = cuda::device::barrier_arrive_tx(barrier, 1, sizeof in);
  } else {
    token = barrier.arrive();
  }
  barrier.wait(std::move(token));
  for (int i = threadIdx.x; i < 1024; i += blockDim.x)
    out[i % 32][i / 32] = in[i / 32][i % 32];
  cde::fence_proxy_async_shared_cta();
  __syncthreads();
  if (threadIdx.x == 0) {
    cde::cp_async_bulk_tensor_2d_shared_to_global(&to, blockIdx.y * 32, blockIdx.x * 32, out);
    cde::cp_async_bulk_commit_group();
    cde::cp_async_bulk_wait_group_read<0>();
  }
}

// Each block of a pair loads half of a 16 x 32 tile for both.
extern "C" __global__ void __cluster_dims__(2, 1, 1) multicast_tensor(const __grid_constant__ CUtensorMap map, int *out) {
  __shared__ alignas(128) int tile[16][32];
  __shared__ Word barrier;
  auto cluster = cg::this_cluster();
  unsigned rank = cluster.block_rank();
  if (threadIdx.x == 0) {
    ptx::mbarrier_init(&barrier, 1);
    ptx::fence_mbarrier_init(ptx::sem_release, ptx::scope_cluster);
    ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &barrier, sizeof tile);
  }
  cluster.sync();
  if (threadIdx.x == 0) {
    const int at[2] = {0, int(blockIdx.x / 2 * 16 + rank * 8)};
    ptx::cp_async_bulk_tensor(ptx::space_cluster, ptx::space_global, tile[rank * 8], &map, at, &barrier, (uint16_t)3);
  }
  wait(&barrier, 0);
  for (int i = threadIdx.x; i < 512; i += blockDim.x)
    out[blockIdx.x * 512 + i] = (&tile[0][0])[i] * (rank ? -1 : 1);
  cluster.sync();
}

// A map made on the device from 128 zeroed bytes: a matrix of floats with `rows` x `columns`, boxes of 8 x 16. Another
// block's map is changed where it lies, for another address.
struct Problem {
  const float *x;
  int rows, columns;
};
extern "C" __global__ void device_maps(const Problem *problems, CUtensorMap *maps, float *out) {
  __shared__ alignas(128) unsigned made[32];
  __shared__ alignas(128) float tile[2][8][16];
  __shared__ Word barrier;
  Problem p = problems[blockIdx.x];
  CUtensorMap *map = maps + blockIdx.x;
  made[threadIdx.x] = 0;
  __syncwarp();
  if (threadIdx.x == 0) {
    ptx::tensormap_replace_global_address(ptx::space_shared, made, p.x);
    ptx::tensormap_replace_rank(ptx::space_shared, made, 1); // one less than the rank
    ptx::tensormap_replace_box_dim(ptx::space_shared, made, ptx::n32_t<0>(), 16);
    ptx::tensormap_replace_box_dim(ptx::space_shared, made, ptx::n32_t<1>(), 8);
    ptx::tensormap_replace_global_dim(ptx::space_shared, made, ptx::n32_t<0>(), p.columns);
    ptx::tensormap_replace_global_dim(ptx::space_shared, made, ptx::n32_t<1>(), p.rows);
    ptx::tensormap_replace_global_stride(ptx::space_shared, made, ptx::n32_t<0>(), (uint64_t)p.columns * 4);
    ptx::tensormap_replace_element_size(ptx::space_shared, made, ptx::n32_t<0>(), 1);
    ptx::tensormap_replace_element_size(ptx::space_shared, made, ptx::n32_t<1>(), 1);
    ptx::tensormap_replace_elemtype(ptx::space_shared, made, ptx::n32_t<7>());
    ptx::tensormap_replace_interleave_layout(ptx::space_shared, made, ptx::n32_t<0>());
    ptx::tensormap_replace_swizzle_mode(ptx::space_shared, made, ptx::n32_t<0>());
    ptx::tensormap_replace_fill_mode(ptx::space_shared, made, ptx::n32_t<0>());
    ptx::mbarrier_init(&barrier, 1);
    ptx::fence_proxy_async(ptx::space_shared);
  }
  __syncwarp();
  ptx::tensormap_cp_fenceproxy(ptx::sem_release, ptx::scope_gpu, map, made, ptx::n32_t<128>());
  if (threadIdx.x == 0) {
    ptx::fence_proxy_tensormap_generic(ptx::sem_acquire, ptx::scope_gpu, map, ptx::n32_t<128>());
    ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &barrier, sizeof tile[0]);
    const int at[2] = {8, 4};
    ptx::cp_async_bulk_tensor(ptx::space_cluster, ptx::space_global, tile[0], map, at, &barrier);
  }
  __syncwarp();
  wait(&barrier, 0);
  // The same map for the next row of the matrix, changed where it lies in global memory.
  if (threadIdx.x == 0) {
    ptx::tensormap_replace_global_address(ptx::space_global, map, p.x + p.columns);
    ptx::fence_proxy_tensormap_generic(ptx::sem_release, ptx::scope_gpu);
    ptx::fence_proxy_tensormap_generic(ptx::sem_acquire, ptx::scope_gpu, map, ptx::n32_t<128>());
    ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &barrier, sizeof tile[1]);
    const int at[2] = {-3, 0};
    ptx::cp_async_bulk_tensor(ptx::space_cluster, ptx::space_global, tile[1], map, at, &barrier);
  }
  __syncwarp();
  wait(&barrier, 1);
  for (int i = threadIdx.x; i < 256; i += 32)
    out[blockIdx.x * 256 + i] = (&tile[0][0][0])[i];
}
