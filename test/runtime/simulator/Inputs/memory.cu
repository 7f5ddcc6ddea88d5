// Memory in all its forms: cache operators, policies, vectors, generic pointers into every space, the stack, block copies.
// nvcc: 80 90a
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cuda/annotated_ptr>
#include <cuda/discard_memory>
#include <alloca.h>

// Loads and stores of each cache operator, of several widths.
template <typename T> __device__ void operators(const T *x, T *out, int n) {
  int i = threadIdx.x;
  out[i] = __ldg(x + i);
  __stcg(out + n + i, __ldcg(x + i));
  __stcs(out + 2 * n + i, __ldcs(x + i));
  __stwt(out + 3 * n + i, __ldca(x + i));
  __stwb(out + 4 * n + i, __ldlu(x + i));
  out[5 * n + i] = __ldcv(x + i);
}
extern "C" __global__ void cache_bytes(const signed char *x, signed char *out, int n) { operators(x, out, n); }
extern "C" __global__ void cache_shorts(const short2 *x, short2 *out, int n) { operators(x, out, n); }
extern "C" __global__ void cache_bytes4(const uchar4 *x, uchar4 *out, int n) { operators(x, out, n); }
extern "C" __global__ void cache_words(const int4 *x, int4 *out, int n) { operators(x, out, n); }
extern "C" __global__ void cache_floats(const float2 *x, float2 *out, int n) { operators(x, out, n); }
extern "C" __global__ void cache_doubles(const double2 *x, double2 *out, int n) { operators(x, out, n); }

// Hints that change nothing but speed.
extern "C" __global__ void hints(const int *x, int *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  cuda::annotated_ptr<const int, cuda::access_property::streaming> once(x);
  cuda::annotated_ptr<int, cuda::access_property::persisting> kept(out);
  cuda::access_property range(const_cast<int *>(x), 64 * sizeof(int), n * sizeof(int), cuda::access_property::persisting{}, cuda::access_property::streaming{});
  cuda::annotated_ptr<const int, cuda::access_property> partly(x, range);
  if (i == 0) {
    cuda::apply_access_property(x, 32 * sizeof(int), cuda::access_property::persisting{});
    cuda::discard_memory(out, 128);
  }
  __syncthreads();
  if (i < n)
    kept[i] = once[i] + 2 * partly[n - 1 - i];
  asm volatile("prefetch.global.L1 [%0];\nprefetchu.L1 [%0];" ::"l"(x) : "memory");
  unsigned long long policy;
  asm volatile("createpolicy.fractional.L2::evict_first.L2::evict_unchanged.b64 %0, 0.5;" : "=l"(policy));
  if (i < n) {
    int v;
    asm volatile("ld.global.nc.L1::no_allocate.L2::cache_hint.L2::256B.s32 %0, [%1], %2;" : "=r"(v) : "l"(x + i), "l"(policy));
    asm volatile("st.global.L1::no_allocate.L2::cache_hint.s32 [%0], %1, %2;" ::"l"(out + n + i), "r"(v), "l"(policy) : "memory");
  }
}

// One pointer, three spaces: some lanes in global, some in shared, some in local memory, some in a parameter.
struct Block {
  int values[8];
};
// Not inlined: else the compiler thinks it knows.
__device__ __noinline__ int facts(const void *p) { return __isGlobal(p) | __isShared(p) << 1 | __isLocal(p) << 2 | __isConstant(p) << 3 | __isGridConstant(p) << 4; }
__constant__ int constant[8] = {9, 8, 7, 6, 5, 4, 3, 2};
extern "C" __global__ void spaces(const __grid_constant__ Block parameter, int *global, int *out) {
  __shared__ int shared[8];
  int local[8];
  for (int i = 0; i < 8; ++i)
    local[i] = 1000 * threadIdx.x + i;
  if (threadIdx.x < 8)
    shared[threadIdx.x] = threadIdx.x * 100;
  __syncthreads();
  int kind = threadIdx.x % 5;
  const int *p = kind == 0 ? global : kind == 1 ? shared : kind == 2 ? local : kind == 3 ? parameter.values : constant;
  int sum = 0;
  for (int i = 0; i < 8; ++i)
    sum = sum * 2 + p[(i + threadIdx.x) % 8];
  out[threadIdx.x * 2] = sum;
  out[threadIdx.x * 2 + 1] = facts(p);
}
__device__ __noinline__ void bump(int *p, int by) { *p += by; }
extern "C" __global__ void bumps(int *global, int *out) {
  __shared__ int shared[64];
  int local = threadIdx.x;
  shared[threadIdx.x] = 5;
  int *p = threadIdx.x % 3 == 0 ? &local : threadIdx.x % 3 == 1 ? &shared[threadIdx.x] : &global[threadIdx.x];
  bump(p, 7);
  out[threadIdx.x] = local * 10000 + shared[threadIdx.x] * 100 + global[threadIdx.x];
}

// Block copies of any alignment and length, through the compiler's memcpyand memset.
extern "C" __global__ void copies(const unsigned char *x, unsigned char *out, int length) {
  unsigned char buffer[96];
  memset(buffer, 0x5A, sizeof buffer);
  memcpy(buffer + threadIdx.x % 7, x + threadIdx.x, length);
  for (int i = 39; i >= 0; --i)
    buffer[i + 3] = buffer[i];
  memset(buffer + 60, threadIdx.x, threadIdx.x % 20);
  memcpy(out + threadIdx.x * 96, buffer, 96);
}

// Stack memory of a size known only when it runs.
__device__ __noinline__ int reversed(const int *x, int n) {
  int *copy = static_cast<int *>(alloca(n * sizeof(int)));
  for (int i = 0; i < n; ++i)
    copy[n - 1 - i] = x[i];
  int sum = 0;
  for (int i = 0; i < n; ++i)
    sum = sum * 3 + copy[i];
  return n > 2 ? sum + reversed(x + 1, n - 2) : sum;
}
extern "C" __global__ void stacks(const int *x, int *out) { out[threadIdx.x] = reversed(x + threadIdx.x, threadIdx.x % 9 + 1); }

// Packed and oddly aligned members.
#pragma pack(push, 1)
struct Packed {
  char a;
  int b;
  short c;
  double d;
};
#pragma pack(pop)
extern "C" __global__ void packed(const Packed *x, Packed *out) {
  Packed p = x[threadIdx.x];
  p.b = p.b * 3 + p.a;
  p.c -= p.a;
  p.d *= 0.5;
  out[threadIdx.x] = p;
}

// A warp that passes values through volatile shared memory, and one through atomics' fences.
extern "C" __global__ void volatiles(const int *x, int *out) {
  __shared__ volatile int slot[64];
  slot[threadIdx.x] = x[threadIdx.x];
  __syncwarp();
  int v = slot[threadIdx.x ^ 1];
  __syncwarp();
  slot[threadIdx.x] = v * 2;
  __threadfence_block();
  __syncwarp();
  out[threadIdx.x] = slot[threadIdx.x ^ 16] + v;
}

// A matrix of structures in constant and global memory, indexed by lanes in all directions.
struct Cell {
  short row, column;
  float weight;
};
__constant__ Cell cells[4][8] = {{{0, 1, 0.5f}}, {{1, 2, 0.25f}, {3, 4, -1}}, {{5, 6, 2}}};
__device__ Cell table[8][4];
extern "C" __global__ void tables(float *out) {
  int i = threadIdx.x % 4, j = threadIdx.x / 4 % 8;
  table[j][i] = cells[i][j];
  __syncthreads();
  const Cell &c = table[(j + 1) % 8][(i + 1) % 4];
  out[threadIdx.x] = c.row * 100 + c.column * 10 + c.weight;
}
