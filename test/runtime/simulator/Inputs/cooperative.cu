// Kernels whose blocks wait for each other: grid.sync() of a cooperative launch, thread-block clusters and their
// distributed shared memory.
// nvcc: 90a
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cuda/atomic>
#include <cuda/barrier>

namespace cg = cooperative_groups;

// Jacobi steps over the whole grid, a grid-wide barrier between them.
extern "C" __global__ void grid_sync(float *a, float *b, int n, int steps) {
  auto grid = cg::this_grid();
  if (!grid.is_valid())
    return;
  for (int s = 0; s < steps; ++s) {
    for (int i = grid.thread_rank(); i < n; i += grid.size())
      b[i] = 0.5f * a[i] + 0.25f * ((i ? a[i - 1] : 0.0f) + (i + 1 < n ? a[i + 1] : 0.0f));
    grid.sync();
    float *t = a;
    a = b;
    b = t;
  }
}

// The barrier in two halves: what needs no waiting is done between them.
extern "C" __global__ void grid_arrive_wait(int *data, int *out) {
  auto grid = cg::this_grid();
  int at = grid.thread_rank(), n = grid.num_threads();
  data[at] = at * 3;
  auto token = grid.barrier_arrive();
  int own = at * at;
  grid.barrier_wait(std::move(token));
  out[at] = data[n - 1 - at] + own;
}

// ---- Clusters.

// A histogram spread over the shared memory of a cluster's blocks.
extern "C" __global__ void cluster_histogram(const int *x, int *bins, int binsPerBlock, int n) {
  extern __shared__ int mine[];
  auto cluster = cg::this_cluster();
  for (int i = threadIdx.x; i < binsPerBlock; i += blockDim.x)
    mine[i] = 0;
  cluster.sync();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    int *there = cluster.map_shared_rank(mine, x[i] / binsPerBlock);
    atomicAdd(there + x[i] % binsPerBlock, 1);
  }
  cluster.sync();
  int *out = bins + cluster.block_rank() * binsPerBlock;
  for (int i = threadIdx.x; i < binsPerBlock; i += blockDim.x)
    atomicAdd(&out[i], mine[i]);
}

// Each block hands its sum to the first, which adds them; then all read the first's total.
extern "C" __global__ void __cluster_dims__(4, 1, 1) cluster_reduce(const int *x, int *out, int n) {
  __shared__ int sum, all[4];
  auto cluster = cg::this_cluster();
  auto block = cg::this_thread_block();
  if (threadIdx.x == 0)
    sum = 0;
  block.sync();
  int i = blockIdx.x * blockDim.x + threadIdx.x, v = i < n ? x[i] : 0;
  auto warp = cg::tiled_partition<32>(block);
  v = cg::reduce(warp, v, cg::plus<int>());
  if (warp.thread_rank() == 0)
    atomicAdd(&sum, v);
  cluster.sync();
  if (threadIdx.x == 0)
    *cluster.map_shared_rank(&all[cluster.block_rank()], 0) = sum;
  cluster.sync();
  if (cluster.block_rank() == 0 && threadIdx.x == 0)
    sum = all[0] + all[1] + all[2] + all[3];
  cluster.sync();
  if (threadIdx.x == 0)
    out[blockIdx.x] = *cluster.map_shared_rank(&sum, 0);
  cluster.sync(); // the first block's memory lives until all have read it
}

// A ring: every block writes to the next one's memory with arrive and wait split, and reads what it was given.
extern "C" __global__ void cluster_ring(int *out, int rounds) {
  __shared__ int box[2][64];
  auto cluster = cg::this_cluster();
  unsigned rank = cluster.block_rank(), size = cluster.num_blocks(), next = (rank + 1) % size;
  int value = blockIdx.x * 1000 + threadIdx.x;
  cluster.sync();
  for (int r = 0; r < rounds; ++r) {
    *cluster.map_shared_rank(&box[r & 1][threadIdx.x], next) = value;
    auto token = cluster.barrier_arrive();
    cluster.barrier_wait(std::move(token));
    value = box[r & 1][threadIdx.x] + 1;
  }
  out[blockIdx.x * blockDim.x + threadIdx.x] = value;
  cluster.sync();
}

// What the special registers, mapa, getctarank and isspacep say.
extern "C" __global__ void cluster_facts(unsigned *out) {
  __shared__ unsigned word;
  auto cluster = cg::this_cluster();
  unsigned at = (blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z)) * 14;
  if (threadIdx.x == 0)
    word = at;
  cluster.sync();
  if (threadIdx.x == 0) {
    dim3 b = cluster.block_index(), d = cluster.dim_blocks();
    unsigned other = (cluster.block_rank() + 1) % cluster.num_blocks();
    unsigned *there = cluster.map_shared_rank(&word, other);
    unsigned clusterX, clusterCount, explicitly;
    asm("mov.u32 %0, %%clusterid.x;" : "=r"(clusterX));
    asm("mov.u32 %0, %%nclusterid.x;" : "=r"(clusterCount));
    asm("{.reg .pred p; mov.pred p, %%is_explicit_cluster; selp.u32 %0, 1, 0, p;}" : "=r"(explicitly));
    unsigned *to = out + at;
    to[0] = b.x + 10 * b.y + 100 * b.z;
    to[1] = d.x + 10 * d.y + 100 * d.z;
    to[2] = cluster.block_rank();
    to[3] = cluster.num_blocks();
    to[4] = cluster.query_shared_rank(there);
    to[5] = *there;
    to[6] = __isShared(&word) | __isShared(there) << 1 | __isGlobal(there) << 2;
    unsigned inCluster;
    asm("{.reg .pred p; isspacep.shared::cluster p, %1; selp.u32 %0, 1, 0, p;}" : "=r"(inCluster) : "l"(there));
    to[7] = inCluster;
    to[8] = clusterX;
    to[9] = clusterCount;
    to[10] = explicitly;
    unsigned near = (unsigned)__cvta_generic_to_shared(&word), far, rank;
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(far) : "r"(near), "r"(other));
    asm("getctarank.shared::cluster.u32 %0, %1;" : "=r"(rank) : "r"(far));
    to[11] = rank;
    asm volatile("ld.shared::cluster.u32 %0, [%1];" : "=r"(rank) : "r"(far) : "memory");
    to[12] = rank;
    to[13] = cluster.thread_rank();
  }
  cluster.sync();
}

// mbarriers of other blocks: every block's thread arrives at the barrier of each, remotely, and all data has come.
extern "C" __global__ void __cluster_dims__(4, 1, 1) remote_arrive(const int *x, int *out) {
  __shared__ int inbox[4][32];
  __shared__ alignas(8) unsigned long long barrier;
  auto cluster = cg::this_cluster();
  unsigned rank = cluster.block_rank(), bar = (unsigned)__cvta_generic_to_shared(&barrier);
  if (threadIdx.x == 0) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(bar), "r"(4 * 32) : "memory");
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  cluster.sync();
  for (unsigned to = 0; to < 4; ++to) {
    *cluster.map_shared_rank(&inbox[rank][threadIdx.x], to) = x[(blockIdx.x * 4 + to) * 32 + threadIdx.x];
    unsigned remote;
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(remote) : "r"(bar), "r"(to));
    asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(remote) : "memory");
  }
  unsigned done = 0;
  while (!done)
    asm volatile("{.reg .pred p; mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 p, [%1], 0; selp.u32 %0, 1, 0, p;}" : "=r"(done) : "r"(bar) : "memory");
  int sum = 0;
  for (int from = 0; from < 4; ++from)
    sum = sum * 7 + inbox[from][threadIdx.x];
  out[blockIdx.x * 32 + threadIdx.x] = sum;
  cluster.sync();
}
