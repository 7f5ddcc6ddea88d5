// Kernels that exercise the simulator's scalar instructions, shared memory, shuffles, atomics, divergence, calls and printf.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cooperative_groups.h>
#include <cstdio>
#include <cuda_fp16.h>

namespace cg = cooperative_groups;

extern "C" __global__ void vector_add(const float *x, const float *y, float *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    out[i] = x[i] + y[i];
}

extern "C" __global__ void reduce_shared(const float *x, float *out, int n) {
  __shared__ float part[256];
  float sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    sum += x[i];
  part[threadIdx.x] = sum;
  __syncthreads();
  for (int s = blockDim.x / 2; s > 0; s /= 2) {
    if (threadIdx.x < s)
      part[threadIdx.x] += part[threadIdx.x + s];
    __syncthreads();
  }
  if (threadIdx.x == 0)
    out[blockIdx.x] = part[0];
}

extern "C" __global__ void reduce_shuffle(const int *x, int *out, int n) {
  int sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    sum += x[i];
  for (int d = 16; d > 0; d /= 2)
    sum += __shfl_down_sync(0xffffffff, sum, d);
  if (threadIdx.x % 32 == 0)
    atomicAdd(out, sum);
}

// Inclusive scan of one block, by warps and then over warps.
extern "C" __global__ void scan_block(const int *x, int *out, int n) {
  __shared__ int warps[32];
  int i = threadIdx.x, lane = i % 32, warp = i / 32;
  int v = i < n ? x[i] : 0;
  for (int d = 1; d < 32; d *= 2) {
    int u = __shfl_up_sync(0xffffffff, v, d);
    if (lane >= d)
      v += u;
  }
  if (lane == 31)
    warps[warp] = v;
  __syncthreads();
  if (warp == 0) {
    int w = lane < blockDim.x / 32 ? warps[lane] : 0;
    for (int d = 1; d < 32; d *= 2) {
      int u = __shfl_up_sync(0xffffffff, w, d);
      if (lane >= d)
        w += u;
    }
    warps[lane] = w;
  }
  __syncthreads();
  if (warp > 0)
    v += warps[warp - 1];
  if (i < n)
    out[i] = v;
}

extern "C" __global__ void histogram(const unsigned char *x, unsigned *bins, int n) {
  __shared__ unsigned local[256];
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    local[i] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    atomicAdd(&local[x[i]], 1u);
  __syncthreads();
  for (int i = threadIdx.x; i < 256; i += blockDim.x)
    atomicAdd(&bins[i], local[i]);
}

template <int T> __device__ void tile_product(const float *a, const float *b, float *c, int m, int n, int k) {
  __shared__ float as[T][T], bs[T][T + 1];
  int row = blockIdx.y * T + threadIdx.y, column = blockIdx.x * T + threadIdx.x;
  float sum = 0;
  for (int t = 0; t < k; t += T) {
    as[threadIdx.y][threadIdx.x] = row < m && t + threadIdx.x < k ? a[row * k + t + threadIdx.x] : 0;
    bs[threadIdx.y][threadIdx.x] = t + threadIdx.y < k && column < n ? b[(t + threadIdx.y) * n + column] : 0;
    __syncthreads();
    for (int i = 0; i < T; ++i)
      sum += as[threadIdx.y][i] * bs[i][threadIdx.x];
    __syncthreads();
  }
  if (row < m && column < n)
    c[row * n + column] = sum;
}
extern "C" __global__ void gemm_tiled(const float *a, const float *b, float *c, int m, int n, int k) { tile_product<16>(a, b, c, m, n, k); }

// Lanes take paths of different lengths, with a nested branch and an early exit.
extern "C" __global__ void collatz(const unsigned *x, unsigned *steps, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  unsigned v = x[i], count = 0;
  while (v > 1) {
    if (v % 2 == 0) {
      v /= 2;
    } else if (v < 0x50000000u) {
      v = 3 * v + 1;
    } else {
      count = 0xffffffffu;
      break;
    }
    ++count;
  }
  steps[i] = count;
}

__device__ __noinline__ unsigned long long fibonacci(unsigned n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
extern "C" __global__ void recursive(unsigned long long *out) { out[threadIdx.x] = fibonacci(threadIdx.x % 12); }

typedef int (*Operation)(int, int);
__device__ __noinline__ int op_add(int a, int b) { return a + b; }
__device__ __noinline__ int op_sub(int a, int b) { return a - b; }
__device__ __noinline__ int op_mul(int a, int b) { return a * b; }
__device__ Operation operations[3] = {op_add, op_sub, op_mul};
extern "C" __global__ void indirect(const int *a, const int *b, int *out) {
  int i = threadIdx.x;
  out[i] = operations[i % 3](a[i], b[i]);
}

extern "C" __global__ void locals(const int *order, int *out) {
  int values[16];
  for (int i = 0; i < 16; ++i)
    values[i] = i * i + threadIdx.x;
  int sum = 0;
  for (int i = 0; i < 8; ++i)
    sum = sum * 3 + values[order[threadIdx.x * 8 + i] & 15];
  out[threadIdx.x] = sum;
}

extern "C" __global__ void spin_lock(int *lock, int *counter) {
  while (atomicCAS(lock, 0, 1) != 0) {
  }
  __threadfence();
  *(volatile int *)counter = *(volatile int *)counter + 1;
  __threadfence();
  atomicExch(lock, 0);
}

extern "C" __global__ void say(int n) {
  if (threadIdx.x < n)
    printf("thread %d of block %u: %5.2f %s %llx %c%%\n", threadIdx.x, blockIdx.x, threadIdx.x * 0.5, "text", 0x123456789abcull + threadIdx.x, 'a' + threadIdx.x);
}

extern "C" __global__ void groups(const int *x, int *out, int *active) {
  auto block = cg::this_thread_block();
  auto tile = cg::tiled_partition<8>(block);
  int v = x[block.thread_rank()];
  for (int d = tile.size() / 2; d > 0; d /= 2)
    v += tile.shfl_xor(v, d);
  out[block.thread_rank()] = v;
  if (x[block.thread_rank()] % 3 == 0) {
    auto some = cg::coalesced_threads();
    active[block.thread_rank()] = some.size() * 100 + some.thread_rank();
  }
  block.sync();
}

extern "C" __global__ void votes(const int *x, unsigned *out) {
  int v = x[threadIdx.x];
  out[threadIdx.x * 6 + 0] = __ballot_sync(0xffffffff, v > 0);
  out[threadIdx.x * 6 + 1] = __all_sync(0xffffffff, v > -1000) | __any_sync(0xffffffff, v == 7) << 1;
  out[threadIdx.x * 6 + 2] = __match_any_sync(0xffffffff, v & 3);
  out[threadIdx.x * 6 + 3] = __reduce_add_sync(0xffffffff, v);
  out[threadIdx.x * 6 + 4] = __reduce_max_sync(0xffffffff, v);
  out[threadIdx.x * 6 + 5] = __syncthreads_count(v > 0);
}

extern "C" __global__ void halves(const __half2 *x, const __half2 *y, __half2 *out, float *wide) {
  int i = threadIdx.x;
  __half2 v = __hfma2(x[i], y[i], __floats2half2_rn(0.5f, -0.25f));
  v = __hmul2(__hadd2(v, x[i]), __hsub2(y[i], x[i]));
  v = __hmax2(v, __hneg2(y[i]));
  out[i] = v;
  wide[i] = __low2float(v) + __high2float(v);
}

extern "C" __global__ void doubles(const double *x, double *out) {
  int i = threadIdx.x;
  out[i * 4 + 0] = exp(x[i]);
  out[i * 4 + 1] = sin(x[i]) / (1.0 + x[i] * x[i]);
  out[i * 4 + 2] = sqrt(fabs(x[i]));
  out[i * 4 + 3] = log(1.0 + x[i] * x[i]);
}

extern "C" __global__ void floats(const float *x, float *out) {
  int i = threadIdx.x;
  float v = x[i];
  out[i * 8 + 0] = expf(v);
  out[i * 8 + 1] = sinf(v);
  out[i * 8 + 2] = rsqrtf(fabsf(v));
  out[i * 8 + 3] = logf(fabsf(v));
  out[i * 8 + 4] = tanhf(v);
  out[i * 8 + 5] = powf(fabsf(v), 1.7f);
  out[i * 8 + 6] = fmodf(v, 0.3f);
  out[i * 8 + 7] = erff(v);
}

extern "C" __global__ void grid_barrier(unsigned *counter, int *data, int rounds) {
  for (int r = 0; r < rounds; ++r) {
    if (threadIdx.x == 0) {
      data[blockIdx.x] += r + blockIdx.x;
      __threadfence();
      atomicAdd(counter, 1);
      while (*(volatile unsigned *)counter < (r + 1) * gridDim.x) {
      }
    }
    __syncthreads();
  }
}

struct Big {
  int values[10];
  double scale;
};
extern "C" __global__ void by_value(Big big, int index, double *out) { out[threadIdx.x] = big.values[(index + threadIdx.x) % 10] * big.scale; }

extern "C" __global__ void asserts(int limit) { 
  if (threadIdx.x >= limit)
    __trap();
}
