// Sorting, histograms, transposes: shared memory in many patterns, barriers, ballots, dynamic shared memory.
// nvcc: 80 89
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <climits>

// Bitonic sort of a block's share, padded to the block's power of two.
extern "C" __global__ void bitonic_block(int *x, int n) {
  extern __shared__ int keys[];
  int at = blockIdx.x * blockDim.x + threadIdx.x;
  keys[threadIdx.x] = at < n ? x[at] : INT_MAX;
  for (int size = 2; size <= blockDim.x; size *= 2)
    for (int stride = size / 2; stride > 0; stride /= 2) {
      __syncthreads();
      int partner = threadIdx.x ^ stride;
      if (partner > threadIdx.x) {
        bool up = (threadIdx.x & size) == 0;
        int a = keys[threadIdx.x], b = keys[partner];
        if ((a > b) == up) {
          keys[threadIdx.x] = b;
          keys[partner] = a;
        }
      }
    }
  __syncthreads();
  if (at < n)
    x[at] = keys[threadIdx.x];
}

// Bitonic sort of pairs within a warp, by shuffles alone.
extern "C" __global__ void bitonic_warp(float *keys, unsigned short *values) {
  float k = keys[threadIdx.x];
  unsigned short v = values[threadIdx.x];
  int lane = threadIdx.x % 32;
#pragma unroll
  for (int size = 2; size <= 32; size *= 2)
#pragma unroll
    for (int stride = size / 2; stride > 0; stride /= 2) {
      float otherKey = __shfl_xor_sync(~0u, k, stride);
      unsigned short otherValue = __shfl_xor_sync(~0u, (unsigned)v, stride);
      bool keepSmaller = ((lane & stride) == 0) == ((lane & size) == 0 || size == 32);
      bool take = keepSmaller ? otherKey < k : otherKey > k;
      if (take) {
        k = otherKey;
        v = otherValue;
      }
    }
  keys[threadIdx.x] = k;
  values[threadIdx.x] = v;
}

// One pass of a least-significant-digit radix sort of one block (4 bits): ranks from ballots, digits' starts from a
// scan. Stable, so eight passes sort 32-bit keys.
extern "C" __global__ void radix_pass(const unsigned *x, unsigned *out, int n, int shift) {
  constexpr int Warps = 8;
  __shared__ unsigned counts[16][Warps]; // digit-major: an exclusive scan gives each warp's start for each digit
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32, perWarp = (n + 32 * Warps - 1) / (32 * Warps) * 32;
  int from = warp * perWarp, to = min(n, from + perWarp);
  for (int i = threadIdx.x; i < 16 * Warps; i += blockDim.x)
    counts[i / Warps][i % Warps] = 0;
  __syncthreads();
  for (int base = from; base < to; base += 32) {
    int i = base + lane;
    unsigned digit = i < to ? x[i] >> shift & 15 : 16;
    unsigned peers = __match_any_sync(~0u, digit);
    if (digit < 16 && __ffs(peers) - 1 == lane)
      counts[digit][warp] += __popc(peers);
    __syncwarp();
  }
  __syncthreads();
  if (threadIdx.x < 16 * Warps) {
    // Four warps scan 128 counters; their totals are exchanged through shared memory.
    __shared__ unsigned totals[4];
    unsigned own = counts[threadIdx.x / Warps][threadIdx.x % Warps], v = own;
    for (int d = 1; d < 32; d *= 2) {
      unsigned u = __shfl_up_sync(~0u, v, d);
      v += lane >= d ? u : 0;
    }
    if (lane == 31)
      totals[warp] = v;
    asm volatile("bar.sync 1, 128;" ::: "memory");
    for (int w = 0; w < warp; ++w)
      v += totals[w];
    counts[threadIdx.x / Warps][threadIdx.x % Warps] = v - own;
  }
  __syncthreads();
  for (int base = from; base < to; base += 32) {
    int i = base + lane;
    unsigned key = i < to ? x[i] : 0, digit = i < to ? key >> shift & 15 : 16;
    unsigned peers = 0;
#pragma unroll
    for (unsigned bit = 0, same = ~0u; bit < 5; ++bit) {
      unsigned set = __ballot_sync(~0u, digit >> bit & 1);
      same &= digit >> bit & 1 ? set : ~set;
      peers = same;
    }
    if (digit < 16) {
      unsigned rank = __popc(peers & ((1u << lane) - 1));
      out[counts[digit][warp] + rank] = key;
    }
    __syncwarp();
    if (digit < 16 && __ffs(peers) - 1 == lane)
      counts[digit][warp] += __popc(peers);
    __syncwarp();
  }
}

// Odd-even merge of two sorted halves by binary search: divergent loops over global memory.
extern "C" __global__ void merge_path(const int *a, int na, const int *b, int nb, int *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= na + nb)
    return;
  bool first = i < na;
  int key = first ? a[i] : b[i - na];
  const int *other = first ? b : a;
  int low = 0, high = first ? nb : na;
  while (low < high) {
    int middle = (low + high) / 2;
    if (first ? other[middle] < key : other[middle] <= key)
      low = middle + 1;
    else
      high = middle;
  }
  out[(first ? i : i - na) + low] = key;
}

// Histograms: private to each warp, in shared memory, of bytes read sixteen at a time.
extern "C" __global__ void histogram_warps(const uint4 *x, unsigned *bins, int vectors) {
  extern __shared__ unsigned counts[]; // a histogram for each warp
  int warps = blockDim.x / 32;
  for (int i = threadIdx.x; i < 256 * warps; i += blockDim.x)
    counts[i] = 0;
  __syncthreads();
  unsigned *mine = counts + threadIdx.x / 32 * 256;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < vectors; i += gridDim.x * blockDim.x) {
    uint4 v = x[i];
    const unsigned words[] = {v.x, v.y, v.z, v.w};
#pragma unroll
    for (int w = 0; w < 4; ++w)
#pragma unroll
      for (int b = 0; b < 4; ++b)
        atomicAdd(&mine[words[w] >> 8 * b & 255], 1u);
  }
  __syncthreads();
  for (int bin = threadIdx.x; bin < 256; bin += blockDim.x) {
    unsigned sum = 0;
    for (int w = 0; w < warps; ++w)
      sum += counts[w * 256 + bin];
    if (sum)
      atomicAdd(&bins[bin], sum);
  }
}

// Counters of 8 bits packed in words, incremented without atomics by their own threads.
extern "C" __global__ void histogram_private(const unsigned char *x, unsigned *bins, int n) {
  __shared__ unsigned char counts[16][64];
  for (int b = 0; b < 16; ++b)
    counts[b][threadIdx.x] = 0;
  for (int i = threadIdx.x; i < n; i += 64)
    ++counts[x[i] >> 4][threadIdx.x];
  __syncthreads();
  if (threadIdx.x < 16) {
    unsigned sum = 0;
    for (int t = 0; t < 64; ++t)
      sum += counts[threadIdx.x][(t + threadIdx.x * 4) % 64];
    bins[threadIdx.x] = sum;
  }
}

// Transposes: a padded tile, a swizzled one, and one of 16-bit elements moved as pairs.
template <typename T, bool Swizzle> __device__ void transpose(const T *x, T *out, int rows, int columns) {
  __shared__ T tile[32][Swizzle ? 32 : 33];
  auto place = [](int r, int c) { return Swizzle ? c ^ r : c; };
  int column = blockIdx.x * 32 + threadIdx.x;
  for (int r = threadIdx.y; r < 32; r += blockDim.y)
    if (column < columns && blockIdx.y * 32 + r < rows)
      tile[r][place(r, threadIdx.x)] = x[(blockIdx.y * 32 + r) * columns + column];
  __syncthreads();
  column = blockIdx.y * 32 + threadIdx.x;
  for (int r = threadIdx.y; r < 32; r += blockDim.y)
    if (column < rows && blockIdx.x * 32 + r < columns)
      out[(blockIdx.x * 32 + r) * rows + column] = tile[threadIdx.x][place(threadIdx.x, r)];
}
extern "C" __global__ void transpose_padded(const float *x, float *out, int r, int c) { transpose<float, false>(x, out, r, c); }
extern "C" __global__ void transpose_swizzled(const double *x, double *out, int r, int c) { transpose<double, true>(x, out, r, c); }
extern "C" __global__ void transpose_bytes(const char *x, char *out, int r, int c) { transpose<char, true>(x, out, r, c); }
extern "C" __global__ void transpose_shorts(const short *x, short *out, int r, int c) { transpose<short, false>(x, out, r, c); }

// 4 x 4 bytes in registers, by byte permutes.
extern "C" __global__ void transpose_permute(const uint4 *x, uint4 *out) {
  uint4 v = x[threadIdx.x];
  unsigned a = __byte_perm(v.x, v.y, 0x5140), b = __byte_perm(v.z, v.w, 0x5140);
  unsigned c = __byte_perm(v.x, v.y, 0x7362), d = __byte_perm(v.z, v.w, 0x7362);
  out[threadIdx.x] = make_uint4(__byte_perm(a, b, 0x5410), __byte_perm(a, b, 0x7632), __byte_perm(c, d, 0x5410), __byte_perm(c, d, 0x7632));
}

// A stencil with halo, in dynamic shared memory of two types.
extern "C" __global__ void stencil(const float *x, float *out, int n, int radius) {
  extern __shared__ double raw[];
  double *weights = raw;
  float *values = reinterpret_cast<float *>(raw + 2 * radius + 1);
  int at = blockIdx.x * blockDim.x + threadIdx.x;
  if (threadIdx.x <= 2 * radius)
    weights[threadIdx.x] = 1.0 / (1 + abs((int)threadIdx.x - radius));
  for (int i = threadIdx.x; i < blockDim.x + 2 * radius; i += blockDim.x) {
    int from = (int)(blockIdx.x * blockDim.x) + i - radius;
    values[i] = from >= 0 && from < n ? x[from] : 0;
  }
  __syncthreads();
  if (at >= n)
    return;
  double sum = 0;
  for (int d = 0; d <= 2 * radius; ++d)
    sum += weights[d] * values[threadIdx.x + d];
  out[at] = (float)sum;
}
