// Block-wide and warp-wide algorithms of CUB, which comes with the compiler: sorts, scans, reductions, histograms,
// exchanges; and cuRAND's counter-based generator.
// nvcc: 80 90a without lines
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cub/block/block_adjacent_difference.cuh>
#include <cub/block/block_discontinuity.cuh>
#include <cub/block/block_exchange.cuh>
#include <cub/block/block_histogram.cuh>
#include <cub/block/block_load.cuh>
#include <cub/block/block_merge_sort.cuh>
#include <cub/block/block_radix_sort.cuh>
#include <cub/block/block_reduce.cuh>
#include <cub/block/block_run_length_decode.cuh>
#include <cub/block/block_scan.cuh>
#include <cub/block/block_shuffle.cuh>
#include <cub/block/block_store.cuh>
#include <cub/warp/warp_merge_sort.cuh>
#include <cub/warp/warp_reduce.cuh>
#include <cub/warp/warp_scan.cuh>
#include <curand_philox4x32_x.h>

constexpr int Threads = 64, Items = 4, Tile = Threads * Items;

template <typename Key> __device__ void sort_keys(Key *keys, int *values, int n) {
  using Load = cub::BlockLoad<Key, Threads, Items, cub::BLOCK_LOAD_TRANSPOSE>;
  using Store = cub::BlockStore<Key, Threads, Items, cub::BLOCK_STORE_WARP_TRANSPOSE>;
  using Sort = cub::BlockRadixSort<Key, Threads, Items, int>;
  __shared__ union {
    typename Load::TempStorage load;
    typename Store::TempStorage store;
    typename Sort::TempStorage sort;
    typename cub::BlockStore<int, Threads, Items, cub::BLOCK_STORE_WARP_TRANSPOSE>::TempStorage values;
  } temp;
  Key k[Items];
  int v[Items];
  Load(temp.load).Load(keys, k, n, cub::NumericTraits<Key>::Max());
  for (int i = 0; i < Items; ++i)
    v[i] = threadIdx.x * Items + i;
  __syncthreads();
  Sort(temp.sort).Sort(k, v);
  __syncthreads();
  Store(temp.store).Store(keys, k, n);
  __syncthreads();
  cub::BlockStore<int, Threads, Items, cub::BLOCK_STORE_WARP_TRANSPOSE>(temp.values).Store(values, v, n);
}
extern "C" __global__ void sort_ints(int *keys, int *values, int n) { sort_keys(keys, values, n); }
extern "C" __global__ void sort_floats(float *keys, int *values, int n) { sort_keys(keys, values, n); }
extern "C" __global__ void sort_wide(unsigned long long *keys, int *values, int n) { sort_keys(keys, values, n); }

struct Less {
  template <typename T> __device__ bool operator()(const T &a, const T &b) const { return a < b; }
};
extern "C" __global__ void merge_sort(double *keys, int n) {
  using Sort = cub::BlockMergeSort<double, Threads, Items>;
  __shared__ typename Sort::TempStorage temp;
  double k[Items];
  for (int i = 0; i < Items; ++i) {
    int at = threadIdx.x * Items + i;
    k[i] = at < n ? keys[at] : 1e300;
  }
  Sort(temp).Sort(k, Less(), n, 1e300);
  for (int i = 0; i < Items; ++i)
    if (threadIdx.x * Items + i < n)
      keys[threadIdx.x * Items + i] = k[i];
}
extern "C" __global__ void warp_merge_sort(short *keys) {
  using Sort = cub::WarpMergeSort<short, Items, 16>;
  __shared__ typename Sort::TempStorage temp[Threads / 16];
  short k[Items];
  for (int i = 0; i < Items; ++i)
    k[i] = keys[threadIdx.x * Items + i];
  Sort(temp[threadIdx.x / 16]).Sort(k, Less());
  for (int i = 0; i < Items; ++i)
    keys[threadIdx.x * Items + i] = k[i];
}

template <cub::BlockScanAlgorithm Algorithm> __device__ void scan(const int *x, int *inclusive, int *exclusive, int *total) {
  using Scan = cub::BlockScan<int, Threads, Algorithm>;
  __shared__ typename Scan::TempStorage temp;
  int v[Items], in[Items], ex[Items], sum;
  cub::LoadDirectBlocked(threadIdx.x, x, v);
  Scan(temp).InclusiveSum(v, in, sum);
  __syncthreads();
  Scan(temp).ExclusiveScan(v, ex, -1000000, [](int a, int b) { return a > b ? a : b; });
  cub::StoreDirectBlocked(threadIdx.x, inclusive, in);
  cub::StoreDirectBlocked(threadIdx.x, exclusive, ex);
  if (threadIdx.x == 0)
    *total = sum;
}
extern "C" __global__ void scan_warps(const int *x, int *in, int *ex, int *total) { scan<cub::BLOCK_SCAN_WARP_SCANS>(x, in, ex, total); }
extern "C" __global__ void scan_raking(const int *x, int *in, int *ex, int *total) { scan<cub::BLOCK_SCAN_RAKING>(x, in, ex, total); }

template <cub::BlockReduceAlgorithm Algorithm> __device__ void reduce(const float *x, float *out, int n) {
  using Reduce = cub::BlockReduce<float, Threads, Algorithm>;
  __shared__ typename Reduce::TempStorage temp;
  float v[Items];
  cub::LoadDirectStriped<Threads>(threadIdx.x, x, v, n, 0.0f);
  float sum = Reduce(temp).Sum(v);
  __syncthreads();
  float most = Reduce(temp).Reduce(v[0], [](float a, float b) { return a > b ? a : b; }, n < Threads ? n : Threads);
  if (threadIdx.x == 0) {
    out[0] = sum;
    out[1] = most;
  }
}
extern "C" __global__ void reduce_warps(const float *x, float *out, int n) { reduce<cub::BLOCK_REDUCE_WARP_REDUCTIONS>(x, out, n); }
extern "C" __global__ void reduce_raking(const float *x, float *out, int n) { reduce<cub::BLOCK_REDUCE_RAKING>(x, out, n); }
extern "C" __global__ void reduce_commutative(const float *x, float *out, int n) { reduce<cub::BLOCK_REDUCE_RAKING_COMMUTATIVE_ONLY>(x, out, n); }

template <cub::BlockHistogramAlgorithm Algorithm> __device__ void histogram(const unsigned char *x, unsigned *bins) {
  using Histogram = cub::BlockHistogram<unsigned char, Threads, Items, 256, Algorithm>;
  __shared__ typename Histogram::TempStorage temp;
  __shared__ unsigned counts[256];
  unsigned char v[Items];
  cub::LoadDirectBlockedVectorized(threadIdx.x, const_cast<unsigned char *>(x), v);
  Histogram(temp).Histogram(v, counts);
  __syncthreads();
  for (int i = threadIdx.x; i < 256; i += Threads)
    bins[i] = counts[i];
}
extern "C" __global__ void histogram_atomic(const unsigned char *x, unsigned *bins) { histogram<cub::BLOCK_HISTO_ATOMIC>(x, bins); }
extern "C" __global__ void histogram_sort(const unsigned char *x, unsigned *bins) { histogram<cub::BLOCK_HISTO_SORT>(x, bins); }

extern "C" __global__ void exchanges(const int *x, int *striped, int *shuffled, int *difference, unsigned char *heads) {
  using Exchange = cub::BlockExchange<int, Threads, Items>;
  using Shuffle = cub::BlockShuffle<int, Threads>;
  using Difference = cub::BlockAdjacentDifference<int, Threads>;
  using Discontinuity = cub::BlockDiscontinuity<int, Threads>;
  __shared__ union {
    typename Exchange::TempStorage exchange;
    typename Shuffle::TempStorage shuffle;
    typename Difference::TempStorage difference;
    typename Discontinuity::TempStorage discontinuity;
  } temp;
  int v[Items], w[Items];
  cub::LoadDirectBlocked(threadIdx.x, x, v);
  Exchange(temp.exchange).BlockedToStriped(v, w);
  for (int i = 0; i < Items; ++i)
    striped[threadIdx.x * Items + i] = w[i];
  __syncthreads();
  int rotated = 0;
  Shuffle(temp.shuffle).Rotate(v[0], rotated, 5);
  shuffled[threadIdx.x] = rotated;
  __syncthreads();
  Difference(temp.difference).SubtractLeft(v, w, [](int a, int b) { return a - b; });
  for (int i = 0; i < Items; ++i)
    difference[threadIdx.x * Items + i] = w[i];
  __syncthreads();
  unsigned char flags[Items];
  Discontinuity(temp.discontinuity).FlagHeads(flags, v, [](int a, int b) { return a != b; });
  for (int i = 0; i < Items; ++i)
    heads[threadIdx.x * Items + i] = flags[i];
}

extern "C" __global__ void run_lengths(const int *values, const int *lengths, int *out, int *total) {
  using Decode = cub::BlockRunLengthDecode<int, Threads, 1, Items>;
  __shared__ typename Decode::TempStorage temp;
  int value[1] = {values[threadIdx.x]}, length[1] = {lengths[threadIdx.x]}, size = 0;
  Decode decode(temp, value, length, size);
  for (int from = 0; from < size; from += Tile) {
    int v[Items];
    decode.RunLengthDecode(v, from);
    for (int i = 0; i < Items; ++i)
      if (from + threadIdx.x * Items + i < size)
        out[from + threadIdx.x * Items + i] = v[i];
    __syncthreads();
  }
  if (threadIdx.x == 0)
    *total = size;
}

extern "C" __global__ void warps(const int *x, int *out) {
  using Reduce = cub::WarpReduce<int, 8>;
  using Scan = cub::WarpScan<int>;
  __shared__ typename Reduce::TempStorage reduce[Threads / 8];
  __shared__ typename Scan::TempStorage scan[Threads / 32];
  int v = x[threadIdx.x], inclusive, exclusive;
  int sum = Reduce(reduce[threadIdx.x / 8]).Sum(v);
  int segmented = Reduce(reduce[threadIdx.x / 8]).HeadSegmentedSum(v, threadIdx.x % 8 == 0 || v % 3 == 0);
  Scan(scan[threadIdx.x / 32]).Scan(v, inclusive, exclusive, 0, [](int a, int b) { return a + b; });
  int *to = out + threadIdx.x * 4;
  to[0] = threadIdx.x % 8 == 0 ? sum : 0;
  to[1] = threadIdx.x % 8 == 0 || v % 3 == 0 ? segmented : 0;
  to[2] = inclusive;
  to[3] = exclusive;
}

extern "C" __global__ void philox(uint2 key, uint4 *out) {
  out[threadIdx.x] = curand_Philox4x32_10(make_uint4(threadIdx.x, 7, threadIdx.x * 1000003u, 9), key);
}
