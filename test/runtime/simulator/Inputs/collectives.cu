// Reductions, scans and what cooperative groups offer: shuffle trees, shared trees, redux, votes, matches, partitions.
// nvcc: 80 90a without lines
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cooperative_groups.h>
#include <cooperative_groups/memcpy_async.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
#include <cuda/atomic>
#include <cuda/barrier>
#include <cuda_fp16.h>

namespace cg = cooperative_groups;

// ---- Reductions of a block: shuffles in the warp, then shared memory over warps.

struct Plus {
  template <typename T> __device__ T operator()(T a, T b) const { return a + b; }
};
struct Minimum {
  template <typename T> __device__ T operator()(T a, T b) const { return b < a ? b : a; }
};

template <typename T, typename F> __device__ void reduce_block(const T *x, T *out, int n, T neutral, F f) {
  __shared__ T parts[32];
  T v = neutral;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    v = f(v, x[i]);
  for (int d = 16; d; d >>= 1)
    v = f(v, __shfl_xor_sync(~0u, v, d));
  if (threadIdx.x % 32 == 0)
    parts[threadIdx.x / 32] = v;
  __syncthreads();
  if (threadIdx.x < 32) {
    v = threadIdx.x < blockDim.x / 32 ? parts[threadIdx.x] : neutral;
    for (int d = 16; d; d >>= 1)
      v = f(v, __shfl_down_sync(~0u, v, d));
    if (threadIdx.x == 0)
      out[blockIdx.x] = v;
  }
}
extern "C" __global__ void reduce_i32(const int *x, int *out, int n) { reduce_block(x, out, n, 0, Plus()); }
extern "C" __global__ void reduce_i64(const long long *x, long long *out, int n) { reduce_block(x, out, n, 0ll, Plus()); }
extern "C" __global__ void reduce_f32(const float *x, float *out, int n) { reduce_block(x, out, n, 0.f, Plus()); }
extern "C" __global__ void reduce_f64(const double *x, double *out, int n) { reduce_block(x, out, n, 0.0, Plus()); }
extern "C" __global__ void minimum_f64(const double *x, double *out, int n) { reduce_block(x, out, n, 1e300, Minimum()); }
extern "C" __global__ void minimum_u64(const unsigned long long *x, unsigned long long *out, int n) { reduce_block(x, out, n, ~0ull, Minimum()); }

// The last block to finish adds the parts of all: a counter with acquire and release.
extern "C" __global__ void reduce_last_block(const int *x, int *parts, unsigned *counter, int *out, int n) {
  __shared__ int tree[128];
  __shared__ bool last;
  int sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    sum += x[i];
  tree[threadIdx.x] = sum;
  __syncthreads();
  for (int s = 64; s > 0; s /= 2) {
    if (threadIdx.x < s)
      tree[threadIdx.x] += tree[threadIdx.x + s];
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    parts[blockIdx.x] = tree[0];
    cuda::atomic_ref<unsigned, cuda::thread_scope_device> count(*counter);
    last = count.fetch_add(1, cuda::std::memory_order_acq_rel) == gridDim.x - 1;
  }
  __syncthreads();
  if (last && threadIdx.x == 0) {
    int all = 0;
    for (int i = 0; i < gridDim.x; ++i)
      all += parts[i];
    *out = all;
  }
}

// ---- Warp reductions in hardware.

extern "C" __global__ void redux(const int *x, int *out) {
  int v = x[threadIdx.x];
  int *to = out + threadIdx.x * 8;
  to[0] = __reduce_add_sync(~0u, v);
  to[1] = __reduce_min_sync(~0u, v);
  to[2] = __reduce_max_sync(~0u, v);
  to[3] = __reduce_min_sync(~0u, (unsigned)v);
  to[4] = __reduce_max_sync(~0u, (unsigned)v);
  to[5] = __reduce_and_sync(~0u, (unsigned)v);
  to[6] = __reduce_or_sync(~0u, (unsigned)v);
  to[7] = __reduce_xor_sync(~0u, (unsigned)v);
}

// Two parts of the warp, each with a mask of its own, in divergent code.
extern "C" __global__ void redux_parts(const int *x, int *out) {
  int v = x[threadIdx.x];
  bool low = threadIdx.x % 32 < 11;
  if (low)
    v = __reduce_add_sync(0x7ffu, v);
  else
    v = __reduce_max_sync(~0x7ffu, v);
  out[threadIdx.x] = v;
}

// ---- cg::reduce over groups of every kind.

extern "C" __global__ void cg_reduce(const int *x, int *out) {
  auto block = cg::this_thread_block();
  auto warp = cg::tiled_partition<32>(block);
  auto tile16 = cg::tiled_partition<16>(block);
  auto tile4 = cg::tiled_partition<4>(warp);
  int v = x[block.thread_rank()];
  int *to = out + block.thread_rank() * 12;
  to[0] = cg::reduce(warp, v, cg::plus<int>());
  to[1] = cg::reduce(tile16, v, cg::less<int>());
  to[2] = cg::reduce(tile4, v, cg::greater<int>());
  to[3] = cg::reduce(warp, v, cg::bit_and<int>());
  to[4] = cg::reduce(tile16, v, cg::bit_or<int>());
  to[5] = cg::reduce(tile4, v, cg::bit_xor<int>());
  to[6] = tile4.meta_group_rank() * 100 + tile4.meta_group_size();
  to[7] = cg::reduce(tile16, v, [](int a, int b) { return a + b + 1; });
  to[8] = -1;
  if (v % 3 == 0) {
    auto some = cg::coalesced_threads();
    to[8] = cg::reduce(some, v, cg::plus<int>());
  }
  auto same = cg::labeled_partition(warp, v & 3);
  to[9] = cg::reduce(same, v, cg::plus<int>());
  auto half = cg::binary_partition(warp, v > 0);
  to[10] = cg::reduce(half, v, cg::less<int>()) + half.size();
  to[11] = cg::reduce(warp, (float)v, cg::plus<float>());
}

extern "C" __global__ void cg_reduce_wide(const int *x, const double *y, int *out, double *wide, int *total) {
  __shared__ cg::block_tile_memory<256> scratch;
  auto block = cg::this_thread_block(scratch);
  auto tile = cg::tiled_partition<128>(block);
  int at = blockIdx.x * 256 + block.thread_rank();
  int sum = cg::reduce(tile, x[at], cg::plus<int>());
  double most = cg::reduce(tile, y[at], cg::greater<double>());
  int before = cg::exclusive_scan(tile, x[at]);
  if (tile.thread_rank() == 0)
    wide[at / 128] = most;
  out[at] = sum + before;
  auto warp = cg::tiled_partition<32>(block);
  cuda::atomic_ref<int, cuda::thread_scope_device> all(*total);
  cg::reduce_update_async(warp, all, x[at], cg::plus<int>());
}

// ---- Scans.

extern "C" __global__ void cg_scan(const int *x, int *out) {
  auto block = cg::this_thread_block();
  auto warp = cg::tiled_partition<32>(block);
  auto tile = cg::tiled_partition<8>(block);
  int v = x[block.thread_rank()];
  int *to = out + block.thread_rank() * 5;
  to[0] = cg::inclusive_scan(warp, v, cg::plus<int>());
  to[1] = cg::exclusive_scan(tile, v, cg::plus<int>());
  to[2] = cg::inclusive_scan(tile, v, cg::greater<int>());
  to[3] = to[4] = -1;
  if (v & 1) {
    auto some = cg::coalesced_threads();
    to[3] = cg::inclusive_scan(some, v, cg::plus<int>());
    to[4] = cg::exclusive_scan(some, 1);
  }
}

// Inclusive scan of any length in one pass: each block waits for what those before it publish (a value and its state
// in one 64-bit word, released and acquired).
extern "C" __global__ void scan_look_back(const unsigned *x, unsigned *out, unsigned long long *states, unsigned *ticket, int n) {
  constexpr unsigned long long Partial = 1ull << 32, Prefix = 2ull << 32;
  __shared__ unsigned warps[8], block, before;
  if (threadIdx.x == 0)
    block = atomicAdd(ticket, 1);
  __syncthreads();
  unsigned b = block, lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  int at = b * blockDim.x + threadIdx.x;
  unsigned v = at < n ? x[at] : 0;
  for (int d = 1; d < 32; d *= 2) {
    unsigned u = __shfl_up_sync(~0u, v, d);
    v += lane >= d ? u : 0;
  }
  if (lane == 31)
    warps[warp] = v;
  __syncthreads();
  for (int w = 0; w < warp; ++w)
    v += warps[w];
  if (threadIdx.x == blockDim.x - 1) {
    cuda::atomic_ref<unsigned long long, cuda::thread_scope_device> mine(states[b]);
    if (b == 0) {
      mine.store(Prefix | v, cuda::std::memory_order_release);
      before = 0;
    } else {
      mine.store(Partial | v, cuda::std::memory_order_release);
      unsigned sum = 0;
      for (int p = b - 1;;) {
        cuda::atomic_ref<unsigned long long, cuda::thread_scope_device> other(states[p]);
        unsigned long long state = other.load(cuda::std::memory_order_acquire);
        if (state >> 32 == 0)
          continue;
        sum += (unsigned)state;
        if (state >> 32 == 2)
          break;
        --p;
      }
      mine.store(Prefix | (sum + v), cuda::std::memory_order_release);
      before = sum;
    }
  }
  __syncthreads();
  if (at < n)
    out[at] = before + v;
}

// ---- Shuffles of all kinds and widths, votes, matches.

extern "C" __global__ void shuffles(const int *x, const double *y, int *out, double *wide) {
  int v = x[threadIdx.x], *to = out + threadIdx.x * 6;
  to[0] = __shfl_sync(~0u, v, threadIdx.x * 7 + 3);
  to[1] = __shfl_sync(~0u, v, 5, 8);
  to[2] = __shfl_up_sync(~0u, v, 3, 16);
  to[3] = __shfl_down_sync(~0u, v, 2, 4);
  to[4] = __shfl_xor_sync(~0u, v, 13);
  __half2 h = __halves2half2(__int2half_rn(v), __int2half_rn(v + 1));
  h = __shfl_xor_sync(~0u, h, 1);
  to[5] = __half2int_rn(__low2half(h)) * 1000 + __half2int_rn(__high2half(h));
  wide[threadIdx.x] = __shfl_down_sync(~0u, y[threadIdx.x], 9) + (double)__shfl_up_sync(~0u, (long long)v << 33, 1);
}

extern "C" __global__ void votes_and_matches(const int *x, unsigned *out) {
  int v = x[threadIdx.x];
  unsigned *to = out + threadIdx.x * 8;
  to[0] = __ballot_sync(~0u, v > 0);
  to[1] = __any_sync(~0u, v == 7) | __all_sync(~0u, v < 100) << 1 | __uni_sync(~0u, v > 0) << 2;
  to[2] = __match_any_sync(~0u, v & 3);
  to[3] = __match_any_sync(~0u, (unsigned long long)(v & 1) << 40);
  int all = 0, wideAll = 0;
  to[4] = __match_all_sync(~0u, v >> 16, &all);
  to[5] = __match_all_sync(~0u, (long long)(v & 1), &wideAll);
  to[6] = all | wideAll << 1;
  to[7] = 0;
  if (v > 0)
    to[7] = __activemask() | 0; // at least the lane itself and none that went the other way
}

extern "C" __global__ void block_votes(const int *x, int *out) {
  int v = x[threadIdx.x];
  out[threadIdx.x * 3] = __syncthreads_count(v & 1);
  out[threadIdx.x * 3 + 1] = __syncthreads_and(v > -9);
  out[threadIdx.x * 3 + 2] = __syncthreads_or(v > 8);
}

// Aggregated atomics: one lane of those that pass adds for all of them.
extern "C" __global__ void filter(const int *x, int *out, unsigned *count, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n || x[i] <= 0)
    return;
  auto active = cg::coalesced_threads();
  unsigned base = 0;
  if (active.thread_rank() == 0)
    base = atomicAdd(count, active.size());
  base = active.shfl(base, 0);
  out[base + active.thread_rank()] = x[i];
}

// Group's copies to shared memory, in two stages.
extern "C" __global__ void cg_copies(const int *x, int *out, int tiles) {
  __shared__ alignas(16) int stage[2][128];
  auto block = cg::this_thread_block();
  int sum = 0;
  cg::memcpy_async(block, stage[0], x, cuda::aligned_size_t<16>(sizeof stage[0]));
  for (int t = 0; t < tiles; ++t) {
    if (t + 1 < tiles) {
      cg::memcpy_async(block, stage[(t + 1) & 1], x + (t + 1) * 128, cuda::aligned_size_t<16>(sizeof stage[0]));
      cg::wait_prior<1>(block);
    } else {
      cg::wait(block);
    }
    sum = sum * 5 + stage[t & 1][127 - threadIdx.x];
    block.sync();
  }
  out[threadIdx.x] = sum;
}

// Multi-dimensional blocks and their ranks; one thread of a group works for it.
extern "C" __global__ void ranks(int *out) {
  auto block = cg::this_thread_block();
  auto grid = cg::this_grid();
  dim3 t = block.thread_index(), b = block.group_index();
  int at = grid.thread_rank();
  out[at * 3] = t.x + 10 * t.y + 100 * t.z + 1000 * b.x + 10000 * b.y;
  out[at * 3 + 1] = block.thread_rank() + 1000 * grid.block_rank();
  auto tile = cg::tiled_partition<4>(block);
  int chosen = 0;
  cg::invoke_one(tile, [&] { chosen = 1; });
  out[at * 3 + 2] = cg::reduce(tile, chosen, cg::plus<int>()) * 10 + cg::invoke_one_broadcast(tile, [&] { return 7; });
}
