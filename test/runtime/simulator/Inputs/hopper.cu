// Matrix products as Hopper's libraries make them: warp-specialised and persistent, copies by the tensor engine into a
// ring of stages, warpgroup products out of shared memory, results stored by the tensor engine; alone and in clusters that
// share an operand by multicast. Then single warpgroup products of each type and layout.
// nvcc: 90a without lines
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cuda.h>
#include <cuda/ptx>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace ptx = cuda::ptx;
using Word = uint64_t;

__device__ inline unsigned shared_address(const void *p) { return (unsigned)__cvta_generic_to_shared(p); }
__device__ inline void wait(Word *barrier, unsigned parity) {
  while (!ptx::mbarrier_try_wait_parity(ptx::sem_acquire, ptx::scope_cluster, barrier, parity)) {
  }
}
__device__ inline bool elected() {
  unsigned p;
  asm volatile("{\n.reg .pred p;\nelect.sync _|p, 0xffffffff;\nselp.u32 %0, 1, 0, p;\n}" : "=r"(p));
  return p;
}
// Swizzle: 1 128 bytes, 2 64 bytes, 3 32 bytes, 0 none. Offsets in bytes.
__device__ inline unsigned long long descriptor(const void *p, unsigned leading, unsigned stride, unsigned swizzle) {
  return (unsigned long long)((shared_address(p) & 0x3FFFF) >> 4) | (unsigned long long)(leading >> 4) << 16 | (unsigned long long)(stride >> 4) << 32 | (unsigned long long)swizzle << 62;
}
__device__ inline void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ inline void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int Left> __device__ inline void wgmma_wait() { asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Left) : "memory"); }

#define D4(c, d, i) c(d[i]), c(d[i + 1]), c(d[i + 2]), c(d[i + 3])
#define D8(c, d) D4(c, d, 0), D4(c, d, 4)
#define D16(c, d) D8(c, d), D4(c, d, 8), D4(c, d, 12)
#define D32(c, d) D16(c, d), D4(c, d, 16), D4(c, d, 20), D4(c, d, 24), D4(c, d, 28)
#define P8 "{%0, %1, %2, %3, %4, %5, %6, %7}"
#define P16 "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15}"
#define P32 "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}"

__device__ inline void multiply(float (&d)[32], unsigned long long a, unsigned long long b, int accumulate) {
  asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %34, 0;\nwgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 " P32 ", %32, %33, p, 1, 1, 0, 0;\n}" : D32("+f", d) : "l"(a), "l"(b), "r"(accumulate));
}

// ---- C = A B': A is m x k, B n x k, both row-major. Tiles of 128 x 64 x 64; two consumer warpgroups of 64 rows each.

constexpr int Stages = 3, TileM = 128, TileN = 64, TileK = 64;
constexpr unsigned BytesA = TileM * TileK * 2, BytesB = TileN * TileK * 2;
struct Storage {
  __half a[Stages][TileM * TileK];
  __half b[Stages][TileN * TileK];
  __half c[TileM * TileN];
  Word full[Stages], empty[Stages];
};
extern __shared__ __align__(1024) unsigned char raw[];

template <int Cluster, bool EachWarp>
__device__ void product(const CUtensorMap &mapA, const CUtensorMap &mapB, const CUtensorMap &mapC, int m, int n, int k) {
  Storage &s = *reinterpret_cast<Storage *>(raw);
  const int group = threadIdx.x / 128, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int arrivals = (EachWarp ? 8 : 2) * Cluster;
  unsigned rank = 0;
  if (Cluster > 1)
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  if (warp == 0 && elected()) {
    for (int i = 0; i < Stages; ++i) {
      ptx::mbarrier_init(&s.full[i], 1);
      ptx::mbarrier_init(&s.empty[i], arrivals);
    }
    ptx::fence_mbarrier_init(ptx::sem_release, ptx::scope_cluster);
  }
  if (Cluster > 1) {
    ptx::barrier_cluster_arrive(ptx::sem_relaxed);
    ptx::barrier_cluster_wait();
  } else {
    __syncthreads();
  }
  asm volatile("griddepcontrol.wait;" ::: "memory");
  const int tilesM = (m + TileM - 1) / TileM, tilesN = (n + TileN - 1) / TileN, steps = (k + TileK - 1) / TileK;
  // A cluster takes two tiles above each other.
  const int pairs = (tilesM + Cluster - 1) / Cluster, tiles = pairs * tilesN, first = blockIdx.x / Cluster, stride = gridDim.x / Cluster;
  if (group == 0) {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
    if (warp == 0 && elected()) {
      int at = 0;
      for (int tile = first; tile < tiles; tile += stride) {
        const int row = (tile % pairs * Cluster + rank) * TileM, column = tile / pairs * TileN;
        for (int step = 0; step < steps; ++step, ++at) {
          const int stage = at % Stages;
          if (at >= Stages)
            wait(&s.empty[stage], at / Stages - 1 & 1);
          ptx::mbarrier_arrive_expect_tx(ptx::sem_release, ptx::scope_cta, ptx::space_shared, &s.full[stage], BytesA + BytesB);
          const int atA[2] = {step * TileK, row}, atB[2] = {step * TileK, column + int(rank) * (TileN / Cluster)};
          ptx::cp_async_bulk_tensor(ptx::space_cluster, ptx::space_global, s.a[stage], &mapA, atA, &s.full[stage]);
          if constexpr (Cluster > 1)
            ptx::cp_async_bulk_tensor(ptx::space_cluster, ptx::space_global, s.b[stage] + rank * (TileN / Cluster) * TileK, &mapB, atB, &s.full[stage], (uint16_t)((1 << Cluster) - 1));
          else
            ptx::cp_async_bulk_tensor(ptx::space_cluster, ptx::space_global, s.b[stage], &mapB, atB, &s.full[stage]);
        }
      }
    }
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
    const int half = group - 1, thread = threadIdx.x - 128 - half * 128;
    auto release = [&](int stage) {
      if (EachWarp ? lane != 0 : thread != 0)
        return;
      for (int to = 0; to < Cluster; ++to) {
        unsigned remote;
        asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(remote) : "r"(shared_address(&s.empty[stage])), "r"(to));
        asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(remote) : "memory");
      }
    };
    int at = 0;
    for (int tile = first; tile < tiles; tile += stride) {
      const int row = (tile % pairs * Cluster + rank) * TileM + half * 64, column = tile / pairs * TileN;
      float d[32];
      for (int step = 0; step < steps; ++step, ++at) {
        const int stage = at % Stages;
        wait(&s.full[stage], at / Stages & 1);
        wgmma_fence();
#pragma unroll
        for (int kk = 0; kk < TileK / 16; ++kk)
          multiply(d, descriptor(s.a[stage] + half * 64 * TileK, 16, 1024, 1) + kk * 2, descriptor(s.b[stage], 16, 1024, 1) + kk * 2, step > 0 || kk > 0);
        wgmma_commit();
        // The product before this one is done: its stage can be filled again.
        wgmma_wait<1>();
        if (step > 0)
          release((at - 1) % Stages);
      }
      wgmma_wait<0>();
      release((at - 1) % Stages);
      // Through shared memory, swizzled as the map of C says; each warpgroup stores its own half.
      __half *c = s.c + half * 64 * TileN;
      if (thread == 0)
        ptx::cp_async_bulk_wait_group_read(ptx::n32_t<0>());
      asm volatile("bar.sync %0, 128;" ::"r"(half + 1) : "memory");
#pragma unroll
      for (int j = 0; j < 8; j += 2) {
        unsigned r[4];
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          __half2 pair = __floats2half2_rn(d[j * 4 + i * 2], d[j * 4 + i * 2 + 1]);
          r[i] = reinterpret_cast<unsigned &>(pair);
        }
        int matrix = lane / 8, y = thread / 32 * 16 + matrix % 2 * 8 + lane % 8, chunk = j + matrix / 2;
        asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(shared_address(c + y * TileN + (chunk ^ y % 8) * 8)), "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3]) : "memory");
      }
      ptx::fence_proxy_async(ptx::space_shared);
      asm volatile("bar.sync %0, 128;" ::"r"(half + 1) : "memory");
      if (thread == 0) {
        const int atC[2] = {column, row};
        ptx::cp_async_bulk_tensor(ptx::space_global, ptx::space_shared, &mapC, atC, c);
        ptx::cp_async_bulk_commit_group();
      }
    }
    if (thread == 0)
      ptx::cp_async_bulk_wait_group(ptx::n32_t<0>());
  }
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
  if (Cluster > 1) { // no block ends while another may still arrive at its barriers
    ptx::barrier_cluster_arrive();
    ptx::barrier_cluster_wait();
  }
}
#define PRODUCT(name, Cluster, EachWarp) \
  extern "C" __global__ void __launch_bounds__(384, 1) name(const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, const __grid_constant__ CUtensorMap c, int m, int n, int k) { product<Cluster, EachWarp>(a, b, c, m, n, k); }
PRODUCT(gemm_warps, 1, true)
PRODUCT(gemm_groups, 1, false)
PRODUCT(gemm_cluster, 2, true)

// ---- Single products. A has 64 rows; rows hold Bytes bytes of k, laid in shared memory under a swizzle of as many bytes
// (none: core matrices of 8 rows x 16 bytes one after the other along k, then along the rows).

template <int Bytes> __device__ inline int place(int row, int byte) {
  int at = row * Bytes + byte;
  return at ^ (at >> 7 & (Bytes / 16 - 1)) << 4;
}
template <int Bytes> __device__ void fill(unsigned char *to, const unsigned char *from, int rows) {
  for (int i = threadIdx.x; i < rows * Bytes; i += 128)
    to[place<Bytes>(i / Bytes, i % Bytes)] = from[i];
}
__device__ void fill_cores(unsigned char *to, const unsigned char *from, int rows, int bytes) {
  for (int i = threadIdx.x; i < rows * bytes; i += 128) {
    int row = i / bytes, byte = i % bytes;
    to[(row / 8 * (bytes / 16) + byte / 16) * 128 + row % 8 * 16 + byte % 16] = from[i];
  }
}
template <typename T, int N> __device__ void put(T *out, const T (&d)[N / 2]) {
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  for (int j = 0; j < N / 8; ++j)
    for (int e = 0; e < 4; ++e)
      out[(warp * 16 + e / 2 * 8 + lane / 4) * N + j * 8 + lane % 4 * 2 + e % 2] = d[j * 4 + e];
}
__device__ inline void ready() {
  ptx::fence_proxy_async(ptx::space_shared);
  __syncthreads();
  wgmma_fence();
}
__device__ inline void finish() {
  wgmma_commit();
  wgmma_wait<0>();
}

// Bytes, no swizzle: n = 32, k = 32; accumulated twice.
extern "C" __global__ void wgmma_bytes(const unsigned char *a, const unsigned char *b, int *out) {
  __shared__ alignas(128) unsigned char as[64 * 32], bs[32 * 32];
  fill_cores(as, a, 64, 32);
  fill_cores(bs, b, 32, 32);
  int d[16] = {};
  ready();
  unsigned long long da = descriptor(as, 128, 256, 0), db = descriptor(bs, 128, 256, 0);
  asm volatile("wgmma.mma_async.sync.aligned.m64n32k32.s32.s8.s8 " P16 ", %16, %17, 0;" : D16("+r", d) : "l"(da), "l"(db));
  asm volatile("wgmma.mma_async.sync.aligned.m64n32k32.s32.u8.s8 " P16 ", %16, %17, 1;" : D16("+r", d) : "l"(da), "l"(db));
  finish();
  put<int, 32>(out, d);
}
// fp8 of two kinds, rows of 64 bytes: n = 16, k = 64 in two steps.
extern "C" __global__ void wgmma_fp8(const unsigned char *a, const unsigned char *b, float *out) {
  __shared__ alignas(512) unsigned char as[64 * 64], bs[16 * 64];
  fill<64>(as, a, 64);
  fill<64>(bs, b, 16);
  float d[8] = {};
  ready();
  for (int step = 0; step < 2; ++step)
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %10, 0;\nwgmma.mma_async.sync.aligned.m64n16k32.f32.e4m3.e5m2 " P8 ", %8, %9, p, 1, 1;\n}" : D8("+f", d) : "l"(descriptor(as, 16, 512, 2) + step * 2), "l"(descriptor(bs, 16, 512, 2) + step * 2), "r"(step));
  finish();
  put<float, 16>(out, d);
}
// tf32, rows of 32 bytes: n = 16, k = 8; A negated.
extern "C" __global__ void wgmma_tf32(const unsigned char *a, const unsigned char *b, float *out) {
  __shared__ alignas(256) unsigned char as[64 * 32], bs[16 * 32];
  fill<32>(as, a, 64);
  fill<32>(bs, b, 16);
  float d[8] = {};
  ready();
  asm volatile("wgmma.mma_async.sync.aligned.m64n16k8.f32.tf32.tf32 " P8 ", %8, %9, 0, -1, 1;" : D8("+f", d) : "l"(descriptor(as, 16, 256, 3)), "l"(descriptor(bs, 16, 256, 3)));
  finish();
  put<float, 16>(out, d);
}
// A in registers, B transposed (rows of k with 64 n each, 128 bytes swizzled): bf16, n = 64, k = 16.
extern "C" __global__ void wgmma_registers(const __nv_bfloat16 *a, const unsigned char *b, float *out) {
  __shared__ alignas(1024) unsigned char bs[16 * 128];
  fill<128>(bs, b, 16);
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  unsigned fa[4];
  for (int i = 0; i < 4; ++i)
    fa[i] = *(const unsigned *)(a + (warp * 16 + i % 2 * 8 + lane / 4) * 16 + i / 2 * 8 + lane % 4 * 2);
  float d[32] = {};
  ready();
  asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " P32 ", {%32, %33, %34, %35}, %36, 0, 1, 1, 1;" : D32("+f", d) : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]), "l"(descriptor(bs, 1024, 1024, 1)));
  finish();
  put<float, 64>(out, d);
}
// f16 accumulators, both operands transposed: A is k x 64, B k x 64.
extern "C" __global__ void wgmma_half(const unsigned char *a, const unsigned char *b, __half *out) {
  __shared__ alignas(1024) unsigned char as[16 * 128], bs[16 * 128];
  fill<128>(as, a, 16);
  fill<128>(bs, b, 16);
  unsigned d[16] = {};
  ready();
  asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f16.f16.f16 " P16 ", %16, %17, 0, 1, 1, 1, 1;" : D16("+r", d) : "l"(descriptor(as, 1024, 1024, 1)), "l"(descriptor(bs, 1024, 1024, 1)));
  finish();
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  for (int j = 0; j < 8; ++j)
    for (int h = 0; h < 2; ++h)
      *(unsigned *)(out + (warp * 16 + h * 8 + lane / 4) * 64 + j * 8 + lane % 4 * 2) = d[j * 2 + h];
}
