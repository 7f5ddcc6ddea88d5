//===- CudaMathTest.cpp - CUDA's mathematical library by nvcc -------------===//
//
// Inputs/math.ptx is what nvcc 13.0 makes of Inputs/math.cu for compute_80. References are computed in the host's long
// double, with 11 bits more than double. Bounds are those that the CUDA Programming Guide documents for each function
// ("Mathematical Functions"): units of the last place between the result and the exact value rounded to nearest.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CudaTest.h"

#include <cfenv>

namespace tessera::sim {
namespace {

using Real = long double;

/// Rounds to T towards `direction`: 0 zero, -1 down, 1 up.
template <typename T> Real rounded(Real value, int direction) {
  T near = static_cast<T>(value);
  const T infinity = std::numeric_limits<T>::infinity();
  if (direction == 0)
    direction = value > 0 ? -1 : 1;
  if (direction < 0 && near > value)
    near = std::nextafter(near, -infinity);
  if (direction > 0 && near < value)
    near = std::nextafter(near, infinity);
  return near;
}

/// One operation of T in a directed rounding of the host: '*', '/', 's'quare root, 'f'used multiply-add.
template <typename T> T directed(T a, T b, double c, int mode, char operation) {
  volatile T x = a, y = b, z = static_cast<T>(c), r;
  std::fesetround(mode);
  switch (operation) {
  case '*':
    r = x * y;
    break;
  case '/':
    r = x / y;
    break;
  case 's':
    r = std::sqrt(x);
    break;
  default:
    r = std::fma(x, y, z);
  }
  std::fesetround(FE_TONEAREST);
  return r;
}

template <typename T> struct Function {
  const char *name;
  Real (*exact)(T, T);
  double units;        ///< documented; 0: exact
  double absolute = 0; ///< documented besides, for the fast functions
};

class CudaMath : public CudaTest {
protected:
  template <typename T> void check(const char *kernel, const std::vector<Function<T>> &functions, T low, T high) {
    const int n = 300;
    std::vector<T> x(n), y(n);
    std::uniform_real_distribution<T> distribution(low, high);
    for (int i = 0; i < n; ++i) {
      x[i] = distribution(random);
      y[i] = distribution(random);
      if (i % 7 == 0)
        x[i] = std::ldexp(x[i], -20); // small ones too
      if (i % 11 == 0)
        x[i] = std::round(x[i] * 2) / 2 + (low > 0 ? 1 : 0);
    }
    DeviceArray<T> dx(memory, x), dy(memory, y), out(memory, poisoned<T>(n * functions.size()));
    run(*module, kernel, {3}, {128}, dx, dy, out, n);
    const auto result = out.host();
    for (size_t k = 0; k < functions.size(); ++k)
      for (int i = 0, wrong = 0; i < n && wrong < 5; ++i) {
        const Real exact = functions[k].exact(x[i], y[i]), value = result[k * n + i];
        const Real expected = functions[k].absolute ? exact : Real(static_cast<T>(exact));
        const Real bound = functions[k].units * unitOf<T>(expected) + functions[k].absolute;
        if (!(std::fabs(value - expected) <= bound)) {
          ++wrong;
          ADD_FAILURE() << functions[k].name << "(" << x[i] << ", " << y[i] << ") = " << double(value) << ", expected "
                        << double(expected) << ": off by " << double(std::fabs(value - expected) / unitOf<T>(expected))
                        << " units, documented are " << functions[k].units;
        }
      }
  }
};

const Real Pi = acosl(-1.0L);
Real normalCumulative(Real a) { return 0.5L * erfcl(-a / sqrtl(2.0L)); }
/// Exact arguments of multiples of pi.
Real sineOfPi(Real a) {
  const Real r = remainderl(a, 2.0L);
  return fabsl(r) == 1 ? 0 : sinl(Pi * r);
}
Real cosineOfPi(Real a) { return sinl(Pi * (0.5L - fabsl(remainderl(a, 2.0L)))); }

TEST_F(CudaMath, Doubles) {
  const std::vector<Function<double>> functions{
      {"sin", [](double a, double) { return sinl(a); }, 2},
      {"cos", [](double a, double) { return cosl(a); }, 2},
      {"tan", [](double a, double) { return tanl(a); }, 2},
      {"atan", [](double a, double) { return atanl(a); }, 2},
      {"atan2", [](double a, double b) { return atan2l(a, b); }, 2},
      {"exp", [](double a, double) { return expl(a); }, 1},
      {"exp2", [](double a, double) { return exp2l(a); }, 1},
      {"exp10", [](double a, double) { return powl(10, a); }, 1},
      {"expm1", [](double a, double) { return expm1l(a); }, 1},
      {"sinh", [](double a, double) { return sinhl(a); }, 2},
      {"cosh", [](double a, double) { return coshl(a); }, 1},
      {"tanh", [](double a, double) { return tanhl(a); }, 1},
      {"asinh", [](double a, double) { return asinhl(a); }, 3},
      {"erf", [](double a, double) { return erfl(a); }, 2},
      {"erfc", [](double a, double) { return erfcl(a); }, 5},
      {"cbrt", [](double a, double) { return cbrtl(a); }, 1},
      {"hypot", [](double a, double b) { return hypotl(a, b); }, 2},
      {"fmod", [](double a, double b) -> Real { return std::fmod(a, b); }, 0},
      {"remainder", [](double a, double b) -> Real { return std::remainder(a, b); }, 0},
      {"sinpi", [](double a, double) { return sineOfPi(a); }, 2},
      {"cospi", [](double a, double) { return cosineOfPi(a); }, 2},
      {"rint", [](double a, double) -> Real { return std::rint(a); }, 0},
      {"floor", [](double a, double) -> Real { return std::floor(a); }, 0},
      {"ceil", [](double a, double) -> Real { return std::ceil(a); }, 0},
      {"trunc", [](double a, double) -> Real { return std::trunc(a); }, 0},
      {"round", [](double a, double) -> Real { return std::round(a); }, 0},
      {"divide", [](double a, double b) -> Real { return a / b; }, 0},
      {"fma", [](double a, double b) -> Real { return std::fma(a, b, a); }, 0},
      {"fdim", [](double a, double b) -> Real { return std::fdim(a, b); }, 0},
      {"copysign", [](double a, double b) -> Real { return std::copysign(a, b); }, 0},
      {"nextafter", [](double a, double b) -> Real { return std::nextafter(a, b); }, 0},
      {"ldexp", [](double a, double b) -> Real { return std::ldexp(a, int(b)); }, 0},
      {"ilogb", [](double a, double) -> Real { return std::ilogb(a); }, 0},
      {"logb", [](double, double b) -> Real { return std::logb(b); }, 0},
      {"modf", [](double a, double) -> Real { return std::trunc(a) + 16 * (a - std::trunc(a)); }, 0},
      {"frexp",
       [](double, double b) -> Real {
         int exponent;
         const double fraction = std::frexp(b, &exponent);
         return fraction + exponent;
       },
       0},
      {"normcdf", [](double a, double) { return normalCumulative(a); }, 5},
      {"__dadd_rz", [](double a, double b) { return rounded<double>(Real(a) + b, 0); }, 0},
      {"__dmul_ru", [](double a, double b) -> Real { return directed(a, b, 0, FE_UPWARD, '*'); }, 0},
      {"__ddiv_rd", [](double a, double b) -> Real { return directed(a, b, 0, FE_DOWNWARD, '/'); }, 0},
      {"__fma_rz", [](double a, double b) -> Real { return directed(a, b, 0.1, FE_TOWARDZERO, 'f'); }, 0},
  };
  each({"math.ptx"}, [&] { check<double>("doubles_any", functions, -8, 8); }, 3);
}

TEST_F(CudaMath, DoublesAboveZero) {
  const std::vector<Function<double>> functions{
      {"log", [](double a, double) { return logl(a); }, 1},
      {"log2", [](double a, double) { return log2l(a); }, 1},
      {"log10", [](double a, double) { return log10l(a); }, 1},
      {"log1p", [](double a, double) { return log1pl(a); }, 1},
      {"sqrt", [](double a, double) -> Real { return std::sqrt(a); }, 0},
      {"rsqrt", [](double a, double) { return 1 / sqrtl(a); }, 1},
      {"reciprocal", [](double a, double) -> Real { return 1 / a; }, 0},
      {"pow", [](double a, double b) { return powl(a, b); }, 2},
      {"acosh", [](double a, double) { return acoshl(1 + a); }, 3}, // the argument is rounded, as in the kernel
      {"lgamma", [](double a, double) { return lgammal(a); }, 4},
      {"tgamma", [](double a, double) { return tgammal(a); }, 10},
      {"__dsqrt_ru", [](double a, double) -> Real { return directed(a, 0.0, 0, FE_UPWARD, 's'); }, 0},
      {"__drcp_rd", [](double a, double) -> Real { return directed(1.0, a, 0, FE_DOWNWARD, '/'); }, 0},
      {"u", [](double a, double) -> Real { return a / (a + 1); }, 0},
      {"asin", [](double a, double) { return asinl(a / (a + 1)); }, 2},
      {"acos", [](double a, double) { return acosl(a / (a + 1)); }, 2},
      {"atanh", [](double a, double) { return atanhl(a / (a + 1)); }, 2},
  };
  each({"math.ptx"}, [&] { check<double>("doubles_positive", functions, 1e-3, 20); }, 3);
}

TEST_F(CudaMath, Floats) {
  const std::vector<Function<float>> functions{
      {"sin", [](float a, float) { return sinl(a); }, 2},
      {"cos", [](float a, float) { return cosl(a); }, 2},
      {"tan", [](float a, float) { return tanl(a); }, 4},
      {"atan", [](float a, float) { return atanl(a); }, 2},
      {"atan2", [](float a, float b) { return atan2l(a, b); }, 3},
      {"exp", [](float a, float) { return expl(a); }, 2},
      {"exp2", [](float a, float) { return exp2l(a); }, 2},
      {"exp10", [](float a, float) { return powl(10, a); }, 2},
      {"expm1", [](float a, float) { return expm1l(a); }, 1},
      {"sinh", [](float a, float) { return sinhl(a); }, 3},
      {"cosh", [](float a, float) { return coshl(a); }, 2},
      {"tanh", [](float a, float) { return tanhl(a); }, 2},
      {"asinh", [](float a, float) { return asinhl(a); }, 3},
      {"erf", [](float a, float) { return erfl(a); }, 2},
      {"erfc", [](float a, float) { return erfcl(a); }, 4},
      {"cbrt", [](float a, float) { return cbrtl(a); }, 1},
      {"hypot", [](float a, float b) { return hypotl(a, b); }, 3},
      {"fmod", [](float a, float b) -> Real { return std::fmod(a, b); }, 0},
      {"remainder", [](float a, float b) -> Real { return std::remainder(a, b); }, 0},
      {"rint", [](float a, float) -> Real { return std::rint(a); }, 0},
      {"round", [](float a, float) -> Real { return std::round(a); }, 0},
      {"divide", [](float a, float b) -> Real { return a / b; }, 0},
      {"fma", [](float a, float b) -> Real { return std::fma(a, b, a); }, 0},
      {"normcdf", [](float a, float) { return normalCumulative(a); }, 5},
      {"__fadd_rz", [](float a, float b) { return rounded<float>(Real(a) + b, 0); }, 0},
      {"__fmul_ru", [](float a, float b) { return rounded<float>(Real(a) * b, 1); }, 0},
      {"__fdiv_rd", [](float a, float b) -> Real { return directed(a, b, 0, FE_DOWNWARD, '/'); }, 0},
      {"__fmaf_rz", [](float a, float b) -> Real { return directed(a, b, 0.1f, FE_TOWARDZERO, 'f'); }, 0},
      // 2 + floor(|1.173 x|) units, up to |x| = 8.
      {"__expf", [](float a, float) { return expl(a); }, 2 + 9},
      // Documented for [-pi, pi]; the error of the reduction grows with the argument, which the hardware multiplies by
      // 1/(2 pi) in f32: an error of 2^-24 relative, so |x| 2^-24 absolute besides.
      {"__sinf", [](float a, float) { return sinl(a); }, 0, 0x1.8p-22 + 8 * 0x1p-24},
      {"__cosf", [](float a, float) { return cosl(a); }, 0, 0x1.8p-22 + 8 * 0x1p-24},
      {"__fdividef", [](float a, float b) { return Real(a) / b; }, 2},
      {"__saturatef", [](float a, float) -> Real { return std::min(std::max(a, 0.0f), 1.0f); }, 0},
      {"fmin + fmax", [](float a, float b) -> Real { return std::min(a, b) + std::max(a, b); }, 0},
      {"scalbn", [](float a, float) -> Real { return std::scalbn(a, 5); }, 0},
      {"sinpi", [](float a, float) { return sineOfPi(a); }, 1},
  };
  each({"math.ptx"}, [&] { check<float>("floats_any", functions, -8, 8); }, 3);
}

TEST_F(CudaMath, FloatsAboveZero) {
  const std::vector<Function<float>> functions{
      {"log", [](float a, float) { return logl(a); }, 1},
      {"log2", [](float a, float) { return log2l(a); }, 1},
      {"log10", [](float a, float) { return log10l(a); }, 2},
      {"log1p", [](float a, float) { return log1pl(a); }, 1},
      {"sqrt", [](float a, float) -> Real { return std::sqrt(a); }, 0},
      {"rsqrt", [](float a, float) { return 1 / sqrtl(a); }, 2},
      {"reciprocal", [](float a, float) -> Real { return 1 / a; }, 0},
      {"pow", [](float a, float b) { return powl(a, b); }, 4},
      {"acosh", [](float a, float) { return acoshl(1 + a); }, 4},
      {"lgamma", [](float a, float) { return lgammal(a); }, 6},
      {"tgamma", [](float a, float) { return tgammal(a); }, 5},
      {"__fsqrt_rd", [](float a, float) -> Real { return directed(a, 0.0f, 0, FE_DOWNWARD, 's'); }, 0},
      {"__frcp_ru", [](float a, float) -> Real { return directed(1.0f, a, 0, FE_UPWARD, '/'); }, 0},
      {"__frsqrt_rn", [](float a, float) -> Real { return float(1 / sqrtl(a)); }, 0},
      // 2^-22 absolute for arguments in [0.5, 2], else 2 units.
      {"__log2f", [](float a, float) { return log2l(a); }, 2, 0x1p-22},
      {"u", [](float a, float) -> Real { return a / (a + 1); }, 0},
      {"asin", [](float a, float) { return asinl(a / (a + 1)); }, 2},
      {"acos", [](float a, float) { return acosl(a / (a + 1)); }, 2},
      {"atanh", [](float a, float) { return atanhl(a / (a + 1)); }, 3},
  };
  each({"math.ptx"}, [&] { check<float>("floats_positive", functions, 1e-3f, 20); }, 3);
}

TEST_F(CudaMath, LargeArguments) {
  each(
      {"math.ptx"},
      [&] {
        const int n = 64;
        std::vector<double> x(n);
        std::vector<float> y(n);
        for (int i = 0; i < n; ++i) {
          x[i] = std::ldexp(1 + std::fabs(randomFloats(1)[0]), 10 + i % 40);
          y[i] = std::ldexp(1 + std::fabs(randomFloats(1)[0]), 10 + i % 80);
        }
        DeviceArray<double> dx(memory, x), out(memory, poisoned<double>(4 * n));
        DeviceArray<float> dy(memory, y);
        run(*module, "large_arguments", {1}, {n}, dx, dy, out, n);
        const auto result = out.host();
        // long double reduces exactly enough up to 2^63 only by x87; the host's double functions are correct to a unit.
        expectNear(
            n, [&](size_t i) { return result[i]; },
            [&](size_t i) { return Expected{std::sin(x[i]), 3 * double(unitOf<double>(std::sin(x[i])))}; });
        expectNear(
            n, [&](size_t i) { return result[n + i]; },
            [&](size_t i) { return Expected{std::cos(x[i]), 3 * double(unitOf<double>(std::cos(x[i])))}; });
        expectNear(
            n, [&](size_t i) { return result[2 * n + i]; },
            [&](size_t i) {
              return Expected{std::sin(double(y[i])), 2 * double(unitOf<float>(std::sin(double(y[i]))))};
            });
        expectNear(
            n, [&](size_t i) { return result[3 * n + i]; },
            [&](size_t i) {
              return Expected{std::tan(double(y[i])), 4 * double(unitOf<float>(std::tan(double(y[i]))))};
            });
      },
      3);
}

TEST_F(CudaMath, SpecialValues) {
  each(
      {"math.ptx"},
      [&] {
        const double infinity = INFINITY;
        const std::vector<double> x{0.0,    -0.0,   infinity, -infinity, NAN,  1.0, -1.0,
                                    5e-324, 1e-310, 1.7e308,  -1e300,    1e10, -4.0};
        const int n = static_cast<int>(x.size());
        DeviceArray<double> dx(memory, x), out(memory, poisoned<double>(20 * x.size()));
        run(*module, "special_values", {1}, {32}, dx, out, n);
        const auto result = out.host();
        const auto integer = [](float v) -> double {
          return std::isnan(v) ? 0 : v >= 0x1p31f ? INT32_MAX : v < -0x1p31f ? INT32_MIN : int(v);
        };
        const auto unsignedWide = [](double v) -> double {
          return std::isnan(v) ? 0x1p63 : v <= -1 ? 0 : v >= 0x1p64 ? 0x1p64 : double(uint64_t(std::max(v, 0.0)));
        };
        // Documented units; those of single precision begin at the tenth.
        const int units[20] = {1, 1, 2, 2, 2, 0, 0, 1, 2, 2, 1, 2, 4, 0, 0, 2};
        for (int i = 0; i < n; ++i) {
          const double a = x[i];
          const auto f = static_cast<float>(a);
          const double expected[] = {std::exp(a),
                                     std::log(a),
                                     std::sin(a),
                                     std::pow(a, 0.5),
                                     std::pow(a, -3.0),
                                     std::sqrt(a),
                                     1 / a,
                                     std::tanh(a),
                                     std::erf(a),
                                     std::exp(f),
                                     std::log(f),
                                     std::sin(f),
                                     std::pow(f, 0.5f),
                                     std::sqrt(f),
                                     1 / f,
                                     std::tanh(f),
                                     double(std::isnan(a)) + 2 * std::isinf(a) + 4 * std::signbit(a) +
                                         8 * std::isfinite(f),
                                     std::fmax(a, 1.0) + std::fmin(a, 1.0),
                                     integer(f),
                                     unsignedWide(a)};
          for (int k = 0; k < 20; ++k) {
            const double value = result[k * n + i];
            if (std::isnan(expected[k]))
              EXPECT_TRUE(std::isnan(value)) << "function " << k << " of " << a << " is " << value;
            else if (std::isinf(expected[k]) || expected[k] == 0)
              EXPECT_TRUE(value == expected[k] && std::signbit(value) == std::signbit(expected[k]))
                  << "function " << k << " of " << a << " is " << value << ", expected " << expected[k];
            else
              EXPECT_LE(std::fabs(value - expected[k]),
                        units[k] * (k < 9 ? unitOf<double>(expected[k]) : unitOf<float>(expected[k])))
                  << "function " << k << " of " << a;
          }
        }
      },
      3);
}

} // namespace
} // namespace tessera::sim
