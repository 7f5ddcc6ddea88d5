// The mathematical library of CUDA C++, in double and in single precision, and the fast functions of the hardware.
// Function k of element i goes to out[k * n + i].
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

extern "C" __global__ void doubles_any(const double *x, const double *y, double *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x, k = 0;
  if (i >= n)
    return;
  double a = x[i], b = y[i];
  auto put = [&](double v) { out[k++ * n + i] = v; };
  put(sin(a));
  put(cos(a));
  put(tan(a));
  put(atan(a));
  put(atan2(a, b));
  put(exp(a));
  put(exp2(a));
  put(exp10(a));
  put(expm1(a));
  put(sinh(a));
  put(cosh(a));
  put(tanh(a));
  put(asinh(a));
  put(erf(a));
  put(erfc(a));
  put(cbrt(a));
  put(hypot(a, b));
  put(fmod(a, b));
  put(remainder(a, b));
  put(sinpi(a));
  put(cospi(a));
  put(rint(a));
  put(floor(a));
  put(ceil(a));
  put(trunc(a));
  put(round(a));
  put(a / b);
  put(fma(a, b, a));
  put(fdim(a, b));
  put(copysign(a, b));
  put(nextafter(a, b));
  put(ldexp(a, (int)b));
  put((double)ilogb(a));
  put(logb(b));
  double whole, part = modf(a, &whole);
  put(whole + 16 * part);
  int exponent;
  double fraction = frexp(b, &exponent);
  put(fraction + exponent);
  put(normcdf(a));
  put(__dadd_rz(a, b));
  put(__dmul_ru(a, b));
  put(__ddiv_rd(a, b));
  put(__fma_rz(a, b, 0.1));
}

// Arguments above zero.
extern "C" __global__ void doubles_positive(const double *x, const double *y, double *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x, k = 0;
  if (i >= n)
    return;
  double a = x[i], b = y[i];
  auto put = [&](double v) { out[k++ * n + i] = v; };
  put(log(a));
  put(log2(a));
  put(log10(a));
  put(log1p(a));
  put(sqrt(a));
  put(rsqrt(a));
  put(1.0 / a);
  put(pow(a, b));
  put(acosh(1 + a));
  put(lgamma(a));
  put(tgamma(a));
  put(__dsqrt_ru(a));
  put(__drcp_rd(a));
  double u = a / (a + 1); // in (0, 1)
  out[k++ * n + i] = u;
  put(asin(u));
  put(acos(u));
  put(atanh(u));
}

extern "C" __global__ void floats_any(const float *x, const float *y, float *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x, k = 0;
  if (i >= n)
    return;
  float a = x[i], b = y[i];
  auto put = [&](float v) { out[k++ * n + i] = v; };
  put(sinf(a));
  put(cosf(a));
  put(tanf(a));
  put(atanf(a));
  put(atan2f(a, b));
  put(expf(a));
  put(exp2f(a));
  put(exp10f(a));
  put(expm1f(a));
  put(sinhf(a));
  put(coshf(a));
  put(tanhf(a));
  put(asinhf(a));
  put(erff(a));
  put(erfcf(a));
  put(cbrtf(a));
  put(hypotf(a, b));
  put(fmodf(a, b));
  put(remainderf(a, b));
  put(rintf(a));
  put(roundf(a));
  put(a / b);
  put(fmaf(a, b, a));
  put(normcdff(a));
  put(__fadd_rz(a, b));
  put(__fmul_ru(a, b));
  put(__fdiv_rd(a, b));
  put(__fmaf_rz(a, b, 0.1f));
  put(__expf(a));
  put(__sinf(a));
  put(__cosf(a));
  put(__fdividef(a, b));
  put(__saturatef(a));
  put(fminf(a, b) + fmaxf(a, b));
  put(scalbnf(a, 5));
  put(sinpif(a));
}

extern "C" __global__ void floats_positive(const float *x, const float *y, float *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x, k = 0;
  if (i >= n)
    return;
  float a = x[i], b = y[i];
  auto put = [&](float v) { out[k++ * n + i] = v; };
  put(logf(a));
  put(log2f(a));
  put(log10f(a));
  put(log1pf(a));
  put(sqrtf(a));
  put(rsqrtf(a));
  put(1.0f / a);
  put(powf(a, b));
  put(acoshf(1 + a));
  put(lgammaf(a));
  put(tgammaf(a));
  put(__fsqrt_rd(a));
  put(__frcp_ru(a));
  put(__frsqrt_rn(a));
  put(__log2f(a));
  float u = a / (a + 1);
  out[k++ * n + i] = u;
  put(asinf(u));
  put(acosf(u));
  put(atanhf(u));
}

// Large arguments take the slow path of the reduction.
extern "C" __global__ void large_arguments(const double *x, const float *y, double *out, int n) {
  int i = threadIdx.x;
  if (i >= n)
    return;
  out[i] = sin(x[i]);
  out[n + i] = cos(x[i]);
  out[2 * n + i] = sinf(y[i]);
  out[3 * n + i] = tanf(y[i]);
}

// What never ends in a number, or begins with none.
extern "C" __global__ void special_values(const double *x, double *out, int n) {
  int i = threadIdx.x, k = 0;
  if (i >= n)
    return;
  double a = x[i];
  float f = (float)a;
  auto put = [&](double v) { out[k++ * n + i] = v; };
  put(exp(a));
  put(log(a));
  put(sin(a));
  put(pow(a, 0.5));
  put(pow(a, -3.0));
  put(sqrt(a));
  put(1 / a);
  put(tanh(a));
  put(erf(a));
  put(expf(f));
  put(logf(f));
  put(sinf(f));
  put(powf(f, 0.5f));
  put(sqrtf(f));
  put(1 / f);
  put(tanhf(f));
  put(isnan(a) + 2 * isinf(a) + 4 * signbit(a) + 8 * isfinite(f));
  put(fmax(a, 1.0) + fmin(a, 1.0));
  put((double)(int)f);
  put((double)(unsigned long long)a);
}
