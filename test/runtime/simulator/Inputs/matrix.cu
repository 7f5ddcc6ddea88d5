// Matrix products on tensor cores: mma.h in every type, shape and layout, and by mma.sync, ldmatrix and cp.async.
// nvcc: 80 90a without lines
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>
#include <type_traits>

using namespace nvcuda;

// ---- mma.h: C (m x n, row-major) = A B + C for one tile a block; what varies is the type, the shape and the layouts.

template <typename T> struct Storage {
  using type = T;
};
template <> struct Storage<wmma::precision::tf32> {
  using type = float;
};

template <int M, int N, int K, typename T, typename Acc, typename LayoutA, typename LayoutB>
__device__ void product(const typename Storage<T>::type *a, const typename Storage<T>::type *b, Acc *c, int k, float scale) {
  constexpr bool rowA = std::is_same_v<LayoutA, wmma::row_major>, rowB = std::is_same_v<LayoutB, wmma::row_major>;
  wmma::fragment<wmma::matrix_a, M, N, K, T, LayoutA> fa;
  wmma::fragment<wmma::matrix_b, M, N, K, T, LayoutB> fb;
  wmma::fragment<wmma::accumulator, M, N, K, Acc> acc;
  wmma::load_matrix_sync(acc, c, N, wmma::mem_row_major);
  for (int t = 0; t < k; t += K) {
    wmma::load_matrix_sync(fa, rowA ? a + t : a + t * M, rowA ? k : M);
    wmma::load_matrix_sync(fb, rowB ? b + t * N : b + t, rowB ? N : k);
    if constexpr (std::is_same_v<T, wmma::precision::tf32>) {
      for (auto &v : fa.x)
        v = wmma::__float_to_tf32(v);
      for (auto &v : fb.x)
        v = wmma::__float_to_tf32(v);
    }
    wmma::mma_sync(acc, fa, fb, acc);
  }
  for (int i = 0; i < acc.num_elements; ++i)
    acc.x[i] = acc.x[i] * (Acc)scale;
  wmma::store_matrix_sync(c, acc, N, wmma::mem_row_major);
}
#define PRODUCT(name, M, N, K, T, S, Acc, A, B) \
  extern "C" __global__ void name(const S *a, const S *b, Acc *c, int k, float scale) { product<M, N, K, T, Acc, wmma::A, wmma::B>(a, b, c, k, scale); }
PRODUCT(half_rr, 16, 16, 16, __half, __half, float, row_major, row_major)
PRODUCT(half_rc, 16, 16, 16, __half, __half, float, row_major, col_major)
PRODUCT(half_cr, 16, 16, 16, __half, __half, float, col_major, row_major)
PRODUCT(half_cc, 16, 16, 16, __half, __half, float, col_major, col_major)
PRODUCT(half_wide, 8, 32, 16, __half, __half, float, row_major, row_major)
PRODUCT(half_tall, 32, 8, 16, __half, __half, float, col_major, row_major)
PRODUCT(half_half, 16, 16, 16, __half, __half, __half, row_major, col_major)
PRODUCT(half_half_wide, 8, 32, 16, __half, __half, __half, col_major, col_major)
PRODUCT(bfloat_rr, 16, 16, 16, __nv_bfloat16, __nv_bfloat16, float, row_major, row_major)
PRODUCT(bfloat_cc, 16, 16, 16, __nv_bfloat16, __nv_bfloat16, float, col_major, col_major)
PRODUCT(bfloat_wide, 8, 32, 16, __nv_bfloat16, __nv_bfloat16, float, row_major, col_major)
PRODUCT(bfloat_tall, 32, 8, 16, __nv_bfloat16, __nv_bfloat16, float, col_major, row_major)
PRODUCT(tf32_rr, 16, 16, 8, wmma::precision::tf32, float, float, row_major, row_major)
PRODUCT(tf32_rc, 16, 16, 8, wmma::precision::tf32, float, float, row_major, col_major)
PRODUCT(tf32_cr, 16, 16, 8, wmma::precision::tf32, float, float, col_major, row_major)
PRODUCT(double_rr, 8, 8, 4, double, double, double, row_major, row_major)
PRODUCT(double_cc, 8, 8, 4, double, double, double, col_major, col_major)
PRODUCT(bytes_rc, 16, 16, 16, signed char, signed char, int, row_major, col_major)
PRODUCT(bytes_wide, 8, 32, 16, signed char, signed char, int, col_major, row_major)
PRODUCT(unsigned_rr, 16, 16, 16, unsigned char, unsigned char, int, row_major, row_major)
PRODUCT(unsigned_tall, 32, 8, 16, unsigned char, unsigned char, int, row_major, col_major)

// ---- By hand: a multistage product of any size, C = A B with A row-major and B row-major (loaded transposed) or
// column-major, in f16 or bf16 with f32 accumulators.

__device__ inline unsigned shared_address(const void *p) { return (unsigned)__cvta_generic_to_shared(p); }
__device__ inline void copy16(void *to, const void *from, bool valid) {
  int bytes = valid ? 16 : 0; // zeros where there is nothing
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(bytes) : "memory");
}
template <bool Transposed> __device__ inline void load_matrices(unsigned (&r)[4], const void *p) {
  if constexpr (Transposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(p)) : "memory");
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(p)) : "memory");
}
template <typename T> __device__ inline void multiply(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  if constexpr (std::is_same_v<T, __half>)
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  else
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// 64 x 64 x 32 tiles, 4 warps of 32 x 32, 3 stages. Rows of shared memory are swizzled: 16-byte chunk c of row r lies
// at c ^ (r / 2 % 4) for rows of 4 chunks, at c ^ (r % 8) for rows of 8. K and N are multiples of 8.
template <typename T, bool ColumnB> __device__ void multistage(const T *a, const T *b, float *c, int m, int n, int k) {
  constexpr int Stages = 3;
  __shared__ alignas(128) T as[Stages][64][32];
  __shared__ alignas(128) T bs[Stages][64 * 32];
  int t = threadIdx.x, lane = t % 32, warp = t / 32, row0 = blockIdx.y * 64, column0 = blockIdx.x * 64;
  auto place4 = [](int r, int chunk) { return r * 32 + (chunk ^ (r / 2 % 4)) * 8; };
  auto place8 = [](int r, int chunk) { return r * 64 + (chunk ^ (r % 8)) * 8; };
  auto fetch = [&](int stage, int k0) {
    for (int i = t; i < 64 * 4; i += 128) {
      int r = i / 4, chunk = i % 4;
      bool valid = row0 + r < m && k0 + chunk * 8 < k;
      copy16(&as[stage][0][0] + place4(r, chunk), valid ? a + (row0 + r) * k + k0 + chunk * 8 : a, valid);
      if (ColumnB) {
        bool ok = column0 + r < n && k0 + chunk * 8 < k;
        copy16(bs[stage] + place4(r, chunk), ok ? b + (column0 + r) * k + k0 + chunk * 8 : b, ok);
      } else {
        int rb = i / 8, cb = i % 8;
        bool ok = k0 + rb < k && column0 + cb * 8 < n;
        copy16(bs[stage] + place8(rb, cb), ok ? b + (k0 + rb) * n + column0 + cb * 8 : b, ok);
      }
    }
    asm volatile("cp.async.commit_group;" ::: "memory");
  };
  float d[2][4][4] = {};
  int steps = (k + 31) / 32;
  for (int s = 0; s < Stages - 1; ++s)
    if (s < steps)
      fetch(s, s * 32);
    else
      asm volatile("cp.async.commit_group;" ::: "memory");
  for (int s = 0; s < steps; ++s) {
    asm volatile("cp.async.wait_group %0;" ::"n"(Stages - 2) : "memory");
    __syncthreads();
    if (s + Stages - 1 < steps)
      fetch((s + Stages - 1) % Stages, (s + Stages - 1) * 32);
    else
      asm volatile("cp.async.commit_group;" ::: "memory");
    int stage = s % Stages, rows = warp / 2 * 32, columns = warp % 2 * 32;
#pragma unroll
    for (int kk = 0; kk < 2; ++kk) {
      unsigned fa[2][4], fb[2][4];
#pragma unroll
      for (int i = 0; i < 2; ++i)
        load_matrices<false>(fa[i], &as[stage][0][0] + place4(rows + i * 16 + lane % 16, kk * 2 + lane / 16));
#pragma unroll
      for (int j = 0; j < 2; ++j)
        if (ColumnB)
          load_matrices<false>(fb[j], bs[stage] + place4(columns + j * 16 + lane % 8 + lane / 16 * 8, kk * 2 + lane / 8 % 2));
        else
          load_matrices<true>(fb[j], bs[stage] + place8(kk * 16 + lane % 16, columns / 8 + j * 2 + lane / 16));
#pragma unroll
      for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j)
          multiply<T>(d[i][j], fa[i], fb[j / 2][j % 2 * 2], fb[j / 2][j % 2 * 2 + 1]);
    }
  }
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 4; ++j)
      for (int e = 0; e < 4; ++e) {
        int r = row0 + warp / 2 * 32 + i * 16 + e / 2 * 8 + lane / 4, q = column0 + warp % 2 * 32 + j * 8 + lane % 4 * 2 + e % 2;
        if (r < m && q < n)
          c[r * n + q] = d[i][j][e];
      }
}
extern "C" __global__ void multistage_half_row(const __half *a, const __half *b, float *c, int m, int n, int k) { multistage<__half, false>(a, b, c, m, n, k); }
extern "C" __global__ void multistage_bfloat_column(const __nv_bfloat16 *a, const __nv_bfloat16 *b, float *c, int m, int n, int k) { multistage<__nv_bfloat16, true>(a, b, c, m, n, k); }

// One mma.sync of each type by hand-laid fragments as the PTX ISA draws them. A: 16 x K row-major, B: K x 8 column-major
// ("n rows of K"), C and D: 16 x 8.
template <typename F> __device__ void each_c(F f) {
  int g = threadIdx.x / 4, q = threadIdx.x % 4;
  for (int e = 0; e < 4; ++e)
    f(e, (g + e / 2 * 8) * 8 + q * 2 + e % 2);
}
extern "C" __global__ void mma_bytes(const signed char *a, const signed char *b, const int *c, int *d, int saturate) {
  int g = threadIdx.x / 4, q = threadIdx.x % 4, r[4];
  unsigned fa[4], fb[2];
  for (int i = 0; i < 4; ++i)
    fa[i] = *(const unsigned *)(a + (g + i % 2 * 8) * 32 + q * 4 + i / 2 * 16);
  for (int i = 0; i < 2; ++i)
    fb[i] = *(const unsigned *)(b + g * 32 + q * 4 + i * 16);
  each_c([&](int e, int at) { r[e] = c[at]; });
  if (saturate)
    asm("mma.sync.aligned.m16n8k32.row.col.satfinite.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" : "+r"(r[0]), "+r"(r[1]), "+r"(r[2]), "+r"(r[3]) : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]), "r"(fb[0]), "r"(fb[1]));
  else
    asm("mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" : "+r"(r[0]), "+r"(r[1]), "+r"(r[2]), "+r"(r[3]) : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]), "r"(fb[0]), "r"(fb[1]));
  each_c([&](int e, int at) { d[at] = r[e]; });
}
extern "C" __global__ void mma_tf32(const float *a, const float *b, const float *c, float *d) {
  int g = threadIdx.x / 4, q = threadIdx.x % 4;
  unsigned fa[4], fb[2];
  float r[4];
  for (int i = 0; i < 4; ++i)
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(fa[i]) : "f"(a[(g + i % 2 * 8) * 8 + q + i / 2 * 4]));
  for (int i = 0; i < 2; ++i)
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(fb[i]) : "f"(b[g * 8 + q + i * 4]));
  each_c([&](int e, int at) { r[e] = c[at]; });
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" : "+f"(r[0]), "+f"(r[1]), "+f"(r[2]), "+f"(r[3]) : "r"(fa[0]), "r"(fa[1]), "r"(fa[2]), "r"(fa[3]), "r"(fb[0]), "r"(fb[1]));
  each_c([&](int e, int at) { d[at] = r[e]; });
}
// Matrices through registers: ldmatrix of 1, 2 and 4, plain and transposed, then stmatrix (sm_90) or plain stores.
extern "C" __global__ void matrix_moves(const unsigned short *x, unsigned short *out) {
  __shared__ alignas(16) unsigned short in[4][8][8], moved[4][8][8];
  int lane = threadIdx.x;
  for (int i = lane; i < 256; i += 32)
    (&in[0][0][0])[i] = x[i];
  __syncwarp();
  unsigned row = shared_address(&in[lane / 8][lane % 8][0]), r[4], t[2], one;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(row) : "memory");
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];" : "=r"(t[0]), "=r"(t[1]) : "r"(row) : "memory");
  asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];" : "=r"(one) : "r"(row) : "memory");
#if __CUDA_ARCH__ >= 900
  unsigned to = shared_address(&moved[lane / 8][lane % 8][0]);
  asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(to), "r"(r[0]), "r"(r[1]), "r"(t[0]), "r"(one) : "memory");
  __syncwarp();
  asm volatile("stmatrix.sync.aligned.m8n8.x1.shared.b16 [%0], {%1};" ::"r"(to), "r"(t[1]) : "memory");
#else
  const unsigned words[] = {t[1], r[1], t[0], one};
  for (int i = 0; i < 4; ++i)
    for (int e = 0; e < 2; ++e) {
      unsigned short v = words[i] >> 16 * e;
      if (i == 0)
        moved[i][lane / 4][lane % 4 * 2 + e] = v;
      else
        moved[i][lane % 4 * 2 + e][lane / 4] = v;
    }
#endif
  __syncwarp();
  for (int i = lane; i < 256; i += 32)
    out[i] = (&moved[0][0][0])[i];
}
