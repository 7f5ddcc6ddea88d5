// Half precision, bfloat16 and fp8 by the intrinsics of cuda_fp16.h, cuda_bf16.h and cuda_fp8.h.
// Function k of element i goes to out[k * n + i].
// nvcc: 80 89 90a without lines
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

template <typename T> __device__ void arithmetic(const T *x, const T *y, T *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x, k = 0;
  if (i >= n)
    return;
  T a = x[i], b = y[i];
  auto put = [&](T v) { out[k++ * n + i] = v; };
  put(a + b);
  put(a - b);
  put(a * b);
  put(a / b);
  put(__hfma(a, b, a));
  put(__hfma_sat(a, b, a));
  put(__hfma_relu(a, b, a));
  put(__hadd_sat(a, b));
  put(__hmin(a, b));
  put(__hmax(a, b));
  put(__hmin_nan(a, b));
  put(__habs(a));
  put(__hneg(b));
  put(hsqrt(__habs(a)));
  put(hrcp(a));
  put(hrsqrt(__habs(a)));
  put(hexp(a));
  put(hexp2(a));
  put(hexp10(a));
  put(hlog(__habs(a)));
  put(hlog2(__habs(a)));
  put(hlog10(__habs(a)));
  put(hsin(a));
  put(hcos(a));
  put(hfloor(a));
  put(hceil(a));
  put(htrunc(a));
  put(hrint(a));
  put(T((float)(a < b) + 2 * (float)(a == b) + 4 * (float)__hgeu(a, b) + 8 * (float)__hisnan(a)));
}
extern "C" __global__ void half_arithmetic(const __half *x, const __half *y, __half *out, int n) { arithmetic(x, y, out, n); }
extern "C" __global__ void bfloat_arithmetic(const __nv_bfloat16 *x, const __nv_bfloat16 *y, __nv_bfloat16 *out, int n) { arithmetic(x, y, out, n); }

template <typename T, typename T2> __device__ void pairs(const T2 *x, const T2 *y, T2 *out, unsigned *masks, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x, k = 0;
  if (i >= n)
    return;
  T2 a = x[i], b = y[i];
  auto put = [&](T2 v) { out[k++ * n + i] = v; };
  put(__hadd2(a, b));
  put(__hsub2(a, b));
  put(__hmul2(a, b));
  put(__hfma2(a, b, b));
  put(__hfma2_relu(a, b, b));
  put(__hmin2(a, b));
  put(__hmax2(a, b));
  put(__hneg2(a));
  put(__habs2(a));
  put(__lowhigh2highlow(a));
  put(__lows2half2_any(a, b));
  masks[i] = __hgt2_mask(a, b);
  masks[n + i] = __heq2_mask(a, a);
  masks[2 * n + i] = __hbge2(a, b) | __hblt2(a, b) << 1;
}
__device__ __half2 __lows2half2_any(__half2 a, __half2 b) { return __lows2half2(a, b); }
__device__ __nv_bfloat162 __lows2half2_any(__nv_bfloat162 a, __nv_bfloat162 b) { return __lows2bfloat162(a, b); }
extern "C" __global__ void half_pairs(const __half2 *x, const __half2 *y, __half2 *out, unsigned *masks, int n) { pairs<__half>(x, y, out, masks, n); }
extern "C" __global__ void bfloat_pairs(const __nv_bfloat162 *x, const __nv_bfloat162 *y, __nv_bfloat162 *out, unsigned *masks, int n) { pairs<__nv_bfloat16>(x, y, out, masks, n); }

// From single precision and back, in every rounding.
extern "C" __global__ void roundings(const float *x, unsigned short *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x, k = 0;
  if (i >= n)
    return;
  float v = x[i];
  auto half = [&](__half h) { out[k++ * n + i] = __half_as_ushort(h); };
  auto bfloat = [&](__nv_bfloat16 h) { out[k++ * n + i] = __bfloat16_as_ushort(h); };
  half(__float2half_rn(v));
  half(__float2half_rz(v));
  half(__float2half_rd(v));
  half(__float2half_ru(v));
  bfloat(__float2bfloat16_rn(v));
  bfloat(__float2bfloat16_rz(v));
  bfloat(__float2bfloat16_rd(v));
  bfloat(__float2bfloat16_ru(v));
  half(__double2half((double)v * (1 + 1e-9)));
  bfloat(__double2bfloat16((double)v * (1 + 1e-9)));
  __half2 pair = __floats2half2_rn(v, -v);
  half(__low2half(pair));
  half(__high2half(pair));
  __nv_bfloat162 wide = __floats2bfloat162_rn(v, -v);
  bfloat(__low2bfloat16(wide));
  bfloat(__high2bfloat16(wide));
}

extern "C" __global__ void to_integers(const __half *h, const __nv_bfloat16 *b, long long *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x, k = 0;
  if (i >= n)
    return;
  auto put = [&](long long v) { out[k++ * n + i] = v; };
  put(__half2int_rn(h[i]));
  put(__half2int_rz(h[i]));
  put(__half2int_rd(h[i]));
  put(__half2int_ru(h[i]));
  put(__half2short_rn(h[i]));
  put(__half2ushort_rz(h[i]));
  put(__half2uint_rn(h[i]));
  put(__half2ll_rd(h[i]));
  put(__half2char_rz(h[i]));
  put(__bfloat162int_rn(b[i]));
  put(__bfloat162uint_rz(b[i]));
  put(__bfloat162ll_ru(b[i]));
  put(__bfloat162short_rd(b[i]));
  put(__half_as_ushort(__int2half_rn((int)(i * 37) - 900)));
  put(__half_as_ushort(__uint2half_rz(i * 119)));
  put(__bfloat16_as_ushort(__int2bfloat16_rn((int)(i * 37) - 900)));
  put(__bfloat16_as_ushort(__short2bfloat16_rn((short)(i * 119))));
}

// fp8: both kinds, saturating and not, from every type, single and in pairs, and back.
extern "C" __global__ void fp8(const float *x, unsigned char *out, float *back, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x, k = 0;
  if (i >= n)
    return;
  float v = x[i];
  auto put = [&](unsigned char b) { out[k++ * n + i] = b; };
  put(__nv_cvt_float_to_fp8(v, __NV_SATFINITE, __NV_E4M3));
  put(__nv_cvt_float_to_fp8(v, __NV_SATFINITE, __NV_E5M2));
  put(__nv_cvt_float_to_fp8(v, __NV_NOSAT, __NV_E4M3));
  put(__nv_cvt_float_to_fp8(v, __NV_NOSAT, __NV_E5M2));
  put(__nv_cvt_halfraw_to_fp8(__float2half(v), __NV_SATFINITE, __NV_E4M3));
  put(__nv_cvt_bfloat16raw_to_fp8(__float2bfloat16(v), __NV_SATFINITE, __NV_E5M2));
  __nv_fp8x2_storage_t pair = __nv_cvt_float2_to_fp8x2(make_float2(v, -v * 0.75f), __NV_SATFINITE, __NV_E4M3);
  put(pair & 255);
  put(pair >> 8);
  __nv_fp8x4_e5m2 four(make_float4(v, 2 * v, -v, 0.5f * v));
  for (int e = 0; e < 4; ++e)
    put(four.__x >> 8 * e & 255);
  // Every one of the 256 bit patterns back.
  __half_raw a = __nv_cvt_fp8_to_halfraw((unsigned char)i, __NV_E4M3), b = __nv_cvt_fp8_to_halfraw((unsigned char)i, __NV_E5M2);
  back[i] = __half2float(__half(a));
  back[n + i] = __half2float(__half(b));
  __nv_fp8_e4m3 e;
  e.__x = (unsigned char)i;
  back[2 * n + i] = (float)e;
  __nv_fp8x2_e5m2 two;
  two.__x = (unsigned short)(i | (255 - i & 255) << 8);
  float2 f = (float2)two;
  back[3 * n + i] = f.x;
  back[4 * n + i] = f.y;
}
