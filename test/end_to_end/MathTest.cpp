// Elementary functions. The library functions (frontend/library) state their worst errors in ulp, as steps from the
// correctly rounded result; here they are held to them on samples over their whole range, and on special values. Those
// that are single instructions are held to what the PTX manual says of the instruction. SPDX-License-Identifier:
// Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

#include <array>
#include <bit>

using namespace tessera;
using namespace tessera::endtoend;

namespace {

const std::vector<Configuration> kOne = {{"sm_80", 4}};

/// Steps between two floats of the same type; NaN is nothing but NaN.
template <typename T> std::int64_t stepsBetween(T a, T b) {
  using Bits = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b) ? 0 : std::numeric_limits<std::int64_t>::max();
  auto ordered = [](T value) {
    const Bits bits = std::bit_cast<Bits>(value);
    return bits < 0 ? std::int64_t(std::numeric_limits<Bits>::min()) - bits : std::int64_t(bits);
  };
  const std::int64_t x = ordered(a), y = ordered(b);
  return x > y ? x - y : y - x;
}

struct Function {
  const char *call;                      ///< with x (and y)
  long double (*reference)(long double); ///< null where there are two arguments
  int ulp32, ulp64;                      ///< negative: not in that type
  double low, high;                      ///< where it is sampled; special values come on top
  bool specials = true;
};

std::string kernelText(const std::string &call, bool two) {
  return std::string("import triton\nfrom triton.language.extra import libdevice\n@triton.jit\ndef f(x_ptr, ") +
         (two ? "y_ptr, " : "") +
         "o, n, BLOCK: tl.constexpr):\n    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)\n"
         "    x = tl.load(x_ptr + i, mask=i < n, other=1.0)\n" +
         (two ? "    y = tl.load(y_ptr + i, mask=i < n, other=1.0)\n" : "") + "    tl.store(o + i, " + call +
         ", mask=i < n)\n";
}

/// Half of the samples evenly spread, half with every exponent that occurs in the range.
template <typename T> std::vector<T> samples(double low, double high, std::size_t count) {
  std::vector<T> x = uniform<T>(count, low, high);
  const double top = std::max(std::abs(low), std::abs(high));
  for (std::size_t i = 0; i < count; i += 2) {
    const double value = std::ldexp(top * std::abs(double(uniform<double>(1, 0.5, 1)[0])), -int(i % 60));
    const double sign = low < 0 && (i & 2) ? -1 : 1;
    if (sign * value >= low && sign * value <= high)
      x[i] = T(sign * value);
  }
  return x;
}

template <typename T>
void expectUlp(const std::vector<T> &got, const std::vector<T> &x, const std::vector<T> &y, const std::vector<T> &want,
               int ulp) {
  std::int64_t worst = 0;
  std::size_t place = 0;
  for (std::size_t i = 0; i != got.size(); ++i)
    if (const std::int64_t steps = stepsBetween(got[i], want[i]); steps > worst)
      worst = steps, place = i;
  EXPECT_LE(worst, ulp) << "ulp; of " << std::hexfloat << x[place] << (y.empty() ? "" : " and ")
                        << (y.empty() ? T(0) : y[place]) << " it is " << got[place] << ", should be " << want[place]
                        << std::defaultfloat << " (" << double(x[place]) << ": " << double(got[place]) << ", "
                        << double(want[place]) << ")";
}

template <typename T> void check(const Function &function, int ulp) {
  if (ulp < 0)
    return;
  SCOPED_TRACE(std::string(function.call) + (sizeof(T) == 8 ? " in float64" : " in float32"));
  std::vector<T> x = samples<T>(function.low, function.high, 1000);
  if (function.specials)
    for (T special : {T(0), T(-0.0), T(1), T(-1), T(INFINITY), T(-INFINITY), T(NAN), T(0.5), T(-0.5),
                      std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), std::numeric_limits<T>::lowest()})
      x.push_back(special);
  std::vector<T> out(x.size()), want;
  for (T value : x)
    want.push_back(T(function.reference(value)));
  Launch launch(kernelText(function.call, false), {{"BLOCK", 256}});
  launch.in(x).out(out).scalar(int(x.size())).grid(ceilDiv(std::int64_t(x.size()), 256)).configurations(kOne);
  launch.everywhere([&] { expectUlp(out, x, {}, want, ulp); });
}

void checkBoth(std::initializer_list<Function> functions) {
  for (const Function &function : functions) {
    check<float>(function, function.ulp32);
    check<double>(function, function.ulp64);
  }
}

long double normcdfReference(long double x) { return 0.5L * std::erfc(-x * 0.70710678118654752440084436210485L); }
/// By bisection on erfc, whose values near 1 and near 0 are both accurate.
long double erfinvReference(long double x) {
  if (!(std::abs(x) <= 1))
    return NAN;
  if (std::abs(x) == 1)
    return x * INFINITY;
  if (x == 0)
    return x;
  const long double a = std::abs(x);
  if (a < 1e-6L) // the series, whose next term is a^5
    return x * 0.88622692545275801364908374167L * (1 + a * a * 0.26179938779914943653855361527L);
  long double low = 0, high = 12;
  for (int i = 0; i != 200; ++i) {
    const long double middle = (low + high) / 2;
    const bool isBelow = a < 0.5L ? std::erf(middle) < a : std::erfc(middle) > 1 - a;
    (isBelow ? low : high) = middle;
  }
  return std::copysign(low, x);
}

} // namespace

TEST(Math, Exponentials) {
  checkBoth({{"libdevice.exp(x)", std::exp, 1, 1, -100, 100},
             {"libdevice.exp2(x)", std::exp2, 1, 1, -150, 130},
             {"libdevice.exp10(x)", [](long double x) { return std::pow(10.0L, x); }, 2, 2, -40, 39},
             {"libdevice.expm1(x)", std::expm1, 1, 1, -20, 80}});
}
TEST(Math, Logarithms) {
  checkBoth({{"libdevice.log(x)", std::log, 1, 1, 0, 1e10},
             {"libdevice.log2(x)", std::log2, 1, 1, 0, 1e10},
             {"libdevice.log10(x)", std::log10, 1, 1, 0, 1e10},
             {"libdevice.log1p(x)", std::log1p, 2, 2, -0.999, 100},
             {"tl.log(x)", std::log, 1, 1, 0.25, 4},
             {"tl.log2(x)", std::log2, 1, 1, 0.25, 4}});
}
TEST(Math, Circular) {
  checkBoth({{"tl.sin(x)", std::sin, 1, -1, -1000, 1000},
             {"tl.cos(x)", std::cos, 1, -1, -1000, 1000},
             {"libdevice.sin(x)", std::sin, 1, -1, -3.0e38, 3.0e38},
             {"libdevice.cos(x)", std::cos, 1, -1, -3.0e38, 3.0e38},
             {"libdevice.sin(x)", std::sin, -1, 1, -1e12, 1e12, false},
             {"libdevice.cos(x)", std::cos, -1, 1, -1e12, 1e12, false},
             {"libdevice.tan(x)", std::tan, 3, -1, -100, 100},
             {"libdevice.tan(x)", std::tan, -1, 3, -100, 100, false}});
}
TEST(Math, CircularInverses) {
  checkBoth({{"libdevice.asin(x)", std::asin, 2, 2, -1, 1},
             {"libdevice.acos(x)", std::acos, 2, 2, -1, 1},
             {"libdevice.atan(x)", std::atan, 2, 2, -100, 100}});
}
TEST(Math, Hyperbolic) {
  checkBoth({{"libdevice.tanh(x)", std::tanh, 1, 1, -12, 12},
             {"libdevice.sinh(x)", std::sinh, 2, 2, -80, 80},
             {"libdevice.cosh(x)", std::cosh, 2, 2, -80, 80},
             {"libdevice.asinh(x)", std::asinh, 3, 3, -1e4, 1e4},
             {"libdevice.acosh(x)", std::acosh, 3, 3, 1, 1e4},
             {"libdevice.atanh(x)", std::atanh, 3, 3, -1, 1}});
}
TEST(Math, Errors) {
  checkBoth({{"tl.erf(x)", std::erf, 1, 1, -5, 5},
             {"libdevice.erfc(x)", std::erfc, 1, 32, -5, 9},
             {"libdevice.normcdf(x)", normcdfReference, 1, 32, -6, 6},
             {"libdevice.erfinv(x)", erfinvReference, 1, 6, -1, 1},
             {"libdevice.erfinv(x)", erfinvReference, 1, 6, 0.999, 0.99999, false},
             {"libdevice.erfinv(x)", erfinvReference, 1, 6, 1 - 1e-9, 1 - 0x1p-53, false}});
}
TEST(Math, Roots) {
  // Roots are rounded correctly; the one in long double would be rounded twice.
  checkBoth(
      {{"libdevice.cbrt(x)", std::cbrt, 1, 1, -1e6, 1e6},
       {"tl.sqrt_rn(x)", [](long double x) { return static_cast<long double>(std::sqrt(float(x))); }, 0, -1, 0, 1e10},
       {"tl.sqrt_rn(x)", [](long double x) { return static_cast<long double>(std::sqrt(double(x))); }, -1, 0, 0, 1e10},
       {"libdevice.rsqrt_rn(x)", [](long double x) { return 1 / std::sqrt(x); }, 1, 1, 1e-10, 1e10, false}});
}
TEST(Math, Rounding) {
  checkBoth({{"tl.floor(x)", std::floor, 0, 0, -1000, 1000},
             {"tl.ceil(x)", std::ceil, 0, 0, -1000, 1000},
             {"libdevice.trunc(x)", std::trunc, 0, 0, -1000, 1000},
             {"libdevice.rint(x)", std::rint, 0, 0, -1000, 1000},
             {"libdevice.nearbyint(x)", std::rint, 0, 0, -1000, 1000},
             {"libdevice.round(x)", std::round, 0, 0, -1000, 1000},
             {"tl.abs(x)", std::fabs, 0, 0, -1000, 1000}});
}

// Single instructions, by their bounds in the PTX manual.
TEST(Math, Instructions) {
  struct Row {
    const char *call;
    double (*reference)(double);
    double low, high, relative, relativePerUnit;
  };
  // exp(x) is ex2(x * log2 e): 2^-22 of ex2 (2 ulp), and the argument's rounding, half an ulp of the constant and of
  // the product, each worth |x| * 2^-24 in the result.
  const Row rows[] = {
      {"tl.exp(x)", std::exp, -80, 80, 0x1p-22, 0x1p-23},
      {"tl.exp2(x)", std::exp2, -120, 120, 0x1p-22, 0},
      {"tl.sqrt(x)", std::sqrt, 0.001, 1e6, 0x1p-23, 0},
      {"tl.rsqrt(x)", [](double x) { return 1 / std::sqrt(x); }, 0.001, 1e6, 0x1p-22, 0},
      // 1 / (1 + e): the exponential's error, one rounding, 2 ulp of the division.
      {"tl.sigmoid(x)", [](double x) { return 1 / (1 + std::exp(-x)); }, -60, 60, 0x1p-22 + 4 * 0x1p-23, 0x1p-23}};
  for (const Row &row : rows) {
    SCOPED_TRACE(row.call);
    std::vector<float> x = uniform<float>(1000, row.low, row.high), out(1000);
    std::vector<double> want;
    for (float v : x)
      want.push_back(row.reference(v));
    Launch launch(kernelText(row.call, false), {{"BLOCK", 128}});
    launch.in(x).out(out).scalar(1000).grid(8).configurations({{"sm_80", 1}, {"sm_90a", 4}});
    launch.everywhere([&] {
      expectNear<float>(out, want, [&](std::size_t i) {
        return std::abs(want[i]) * (row.relative + row.relativePerUnit * std::abs(double(x[i]))) * 1.01;
      });
    });
  }
}

// In float16 and bfloat16 the functions are computed in float32 and rounded once: half an ulp and a little.
TEST(Math, SmallFloats) {
  for (const char *call :
       {"tl.exp(x)", "tl.sqrt(x)", "tl.log(x)", "tl.sin(x)", "tl.erf(x)", "libdevice.tanh(x)", "tl.rsqrt(x)"}) {
    SCOPED_TRACE(call);
    auto reference = [&](double v) {
      const std::string name = call;
      return name == "tl.exp(x)"     ? std::exp(v)
             : name == "tl.sqrt(x)"  ? std::sqrt(v)
             : name == "tl.log(x)"   ? std::log(v)
             : name == "tl.sin(x)"   ? std::sin(v)
             : name == "tl.erf(x)"   ? std::erf(v)
             : name == "tl.rsqrt(x)" ? 1 / std::sqrt(v)
                                     : std::tanh(v);
    };
    // The library's functions take float32 and float64, as in Triton.
    const bool isNative =
        std::string(call).starts_with("tl.exp") || std::string(call).find("sqrt") != std::string::npos;
    std::string text = kernelText(call, false);
    if (!isNative)
      text.replace(text.find("(x)"), 3, "(x.to(tl.float32))");
    std::vector<Half> x = uniform<Half>(500, 0.1, 8), out(500);
    std::vector<double> want;
    for (Half v : x)
      want.push_back(reference(toDouble(v)));
    Launch launch(text, {{"BLOCK", 512}});
    launch.in(x).out(out).scalar(500).configurations(kOne);
    launch.everywhere([&] { expectNear(out, want, 0x1p-11 * 1.01, 0x1p-20); });
  }
}

TEST(Math, TwoArguments) {
  struct Row {
    const char *call;
    long double (*reference)(long double, long double);
    int ulp;
    double xLow, xHigh, yLow, yHigh;
  };
  const Row rows[] = {{"libdevice.pow(x, y)", std::pow, 2, 0.01, 100, -10, 10},
                      {"libdevice.atan2(x, y)", std::atan2, 3, -10, 10, -10, 10},
                      {"libdevice.hypot(x, y)", std::hypot, 2, -100, 100, -100, 100},
                      {"libdevice.fmod(x, y)", std::fmod, 0, -1000, 1000, 0.5, 10},
                      {"libdevice.copysign(x, y)", std::copysign, 0, -10, 10, -10, 10}};
  auto run = [&]<typename T>(const Row &row, T) {
    SCOPED_TRACE(std::string(row.call) + (sizeof(T) == 8 ? " in float64" : " in float32"));
    std::vector<T> x = uniform<T>(600, row.xLow, row.xHigh), y = uniform<T>(600, row.yLow, row.yHigh), out, want;
    for (T a : {T(0), T(-0.0), T(1), T(-1), T(INFINITY), T(-INFINITY), T(NAN), T(2), T(-3), T(0.5)})
      for (T b : {T(0), T(-0.0), T(1), T(-1), T(INFINITY), T(-INFINITY), T(NAN), T(2), T(-3), T(0.5)})
        x.push_back(a), y.push_back(b);
    for (std::size_t i = 0; i != x.size(); ++i)
      want.push_back(T(row.reference(x[i], y[i])));
    out.resize(x.size());
    Launch launch(kernelText(row.call, true), {{"BLOCK", 256}});
    launch.in(x).in(y).out(out).scalar(int(x.size())).grid(ceilDiv(std::int64_t(x.size()), 256)).configurations(kOne);
    launch.everywhere([&] { expectUlp(out, x, y, want, row.ulp); });
  };
  for (const Row &row : rows) {
    run(row, float());
    run(row, double());
  }
}

TEST(Math, Predicates) {
  const char *text = R"(
from triton.language.extra.cuda import libdevice
@triton.jit
def f(x_ptr, o, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + i, mask=i < n, other=0.0)
    bits = (libdevice.isnan(x) != 0).to(tl.int32) + (libdevice.isinf(x) != 0).to(tl.int32) * 2
    bits += (libdevice.finitef(x) != 0).to(tl.int32) * 4 + (libdevice.signbit(x) != 0).to(tl.int32) * 8
    tl.store(o + i, bits, mask=i < n)
)";
  std::vector<float> x = {0.0f, -0.0f, 1, -1, INFINITY, -INFINITY, NAN, 1e-40f, -1e-40f, 3e38f};
  std::vector<int> out(x.size()), want;
  for (float v : x)
    want.push_back(std::isnan(v) + 2 * std::isinf(v) + 4 * std::isfinite(v) + 8 * std::signbit(v));
  Launch(text, {{"BLOCK", 32}}).in(x).out(out).scalar(int(x.size())).everywhere([&] { expectSame(out, want); });
}

// ---- random numbers -------------------------------------------------------------------------------------------------

namespace {

/// Philox 4x32-10, after the paper.
std::array<std::uint32_t, 4> philox(std::uint64_t seed, std::uint32_t offset) {
  std::array<std::uint32_t, 4> c = {offset, 0, 0, 0};
  std::uint32_t k0 = std::uint32_t(seed), k1 = std::uint32_t(seed >> 32);
  for (int round = 0; round != 10; ++round) {
    const std::uint64_t p0 = std::uint64_t(0xD2511F53u) * c[0], p1 = std::uint64_t(0xCD9E8D57u) * c[2];
    c = {std::uint32_t(p1 >> 32) ^ c[1] ^ k0, std::uint32_t(p1), std::uint32_t(p0 >> 32) ^ c[3] ^ k1,
         std::uint32_t(p0)};
    k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
  }
  return c;
}

float toUniform(std::uint32_t bits) {
  const std::int32_t value = std::int32_t(bits);
  return float(value < 0 ? -value - 1 : value) * 4.6566127342e-10f;
}

} // namespace

// The generator's own test: the first known answer of its authors (counter and key zero).
TEST(Random, ReferenceIsPhilox) {
  EXPECT_EQ(philox(0, 0), (std::array<std::uint32_t, 4>{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}));
}

TEST(Random, Streams) {
  const char *text = R"(
@triton.jit
def f(seed, bits, quad, real, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(bits + i, tl.randint(seed, i))
    a, b, c, d = tl.randint4x(seed, i)
    tl.store(quad + i * 4, a)
    tl.store(quad + i * 4 + 1, b)
    tl.store(quad + i * 4 + 2, c)
    tl.store(quad + i * 4 + 3, d)
    tl.store(real + i, tl.rand(seed, i))
)";
  for (std::int64_t seed : {std::int64_t(0), std::int64_t(1234), std::int64_t(0x123456789abcdef)}) {
    std::vector<std::uint32_t> bits(512), quad(2048), wantBits, wantQuad;
    std::vector<float> real(512), wantReal;
    for (std::uint32_t i = 0; i != 512; ++i) {
      const auto four = philox(std::uint64_t(seed), i);
      wantBits.push_back(four[0]);
      wantQuad.insert(wantQuad.end(), four.begin(), four.end());
      wantReal.push_back(toUniform(four[0]));
    }
    Launch launch(text, {{"BLOCK", 256}});
    launch.scalar(seed).out(bits).out(quad).out(real).scalar(512).grid(2).everywhere([&] {
      expectSame(bits, wantBits);
      expectSame(quad, wantQuad);
      expectSame(real, wantReal);
    });
  }
}

TEST(Random, Normal) {
  const char *text = R"(
@triton.jit
def f(seed, o, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(o + i, tl.randn(seed, i))
)";
  std::vector<float> out(4096);
  std::vector<double> want;
  for (std::uint32_t i = 0; i != 4096; ++i) {
    const auto four = philox(77, i);
    const double u1 = std::max(1e-7, double(toUniform(four[0]))), u2 = toUniform(four[1]);
    want.push_back(std::sqrt(-2 * std::log(u1)) * std::cos(6.283185307179586 * u2));
  }
  Launch launch(text, {{"BLOCK", 512}});
  // The radius is at most 5.7 with 4 ulp of error; the angle's rounding, 2 * pi * 2^-23, is worth that much of the
  // radius.
  launch.scalar(77).out(out).grid(8).everywhere([&] { expectNear(out, want, 0, 5.7 * (6.3 * 0x1p-23 + 4 * 0x1p-23)); });
}
