// Arithmetic, comparisons, logic, promotion and casts in every type, against C++'s own arithmetic.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

using namespace tessera;
using namespace tessera::endtoend;

namespace {

const std::vector<Configuration> kTwo = {{"sm_80", 1}, {"sm_90a", 4}};

/// A kernel that evaluates expressions of x (and y, z) element by element. Expression k is stored at `o + k * n` of the
/// output.
std::string elementwise(int operands, const std::vector<std::string> &expressions, const std::string &prelude = "") {
  const char *names[] = {"x", "y", "z"};
  std::string text = "@triton.jit\ndef f(";
  for (int k = 0; k != operands; ++k)
    text += std::string(names[k]) + "_ptr, ";
  text += "o, n, BLOCK: tl.constexpr):\n    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)\n    m = i < n\n";
  for (int k = 0; k != operands; ++k)
    text += std::string("    ") + names[k] + " = tl.load(" + names[k] + "_ptr + i, mask=m, other=1)\n";
  text += prelude;
  for (std::size_t k = 0; k != expressions.size(); ++k)
    text += "    tl.store(o + " + std::to_string(k) + " * n + i, " + expressions[k] + ", mask=m)\n";
  return text;
}

template <typename T, typename R> struct Case {
  std::string expression;
  std::function<R(T, T, T)> reference;
};

/// Runs the cases on vectors of operands and compares bit for bit, or within `bound` when that is given.
template <typename T, typename R>
void check(int operands, const std::vector<Case<T, R>> &cases, const std::vector<T> &x, const std::vector<T> &y = {},
           const std::vector<T> &z = {}, const std::function<double(double)> &bound = {},
           const std::string &prelude = "") {
  const std::size_t n = x.size();
  std::vector<std::string> expressions;
  for (const auto &item : cases)
    expressions.push_back(item.expression);
  Launch launch(elementwise(operands, expressions, prelude), {{"BLOCK", 128}});
  std::vector<R> out(n * cases.size());
  launch.in(x);
  if (operands > 1)
    launch.in(y);
  if (operands > 2)
    launch.in(z);
  launch.out(out).scalar(int(n)).grid(ceilDiv(std::int64_t(n), 128)).configurations(kTwo);
  launch.everywhere([&] {
    for (std::size_t k = 0; k != cases.size(); ++k) {
      SCOPED_TRACE(cases[k].expression);
      std::vector<R> got(out.begin() + std::ptrdiff_t(k * n), out.begin() + std::ptrdiff_t((k + 1) * n)), want(n);
      for (std::size_t i = 0; i != n; ++i)
        want[i] = cases[k].reference(x[i], operands > 1 ? y[i] : x[i], operands > 2 ? z[i] : x[i]);
      if (bound) {
        std::vector<double> exact(n);
        for (std::size_t i = 0; i != n; ++i)
          exact[i] = toDouble(want[i]);
        expectNear<R>(got, exact, [&](std::size_t i) { return bound(exact[i]); });
      } else {
        expectSame(got, want);
      }
    }
  });
}

template <typename T> using Unsigned = std::make_unsigned_t<T>;

} // namespace

// ---- integers -------------------------------------------------------------------------------------------------------

template <typename T> class IntegerArithmetic : public testing::Test {};
using Integers = testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t,
                                std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(IntegerArithmetic, Integers);

TYPED_TEST(IntegerArithmetic, Binary) {
  using T = TypeParam;
  using U = Unsigned<T>;
  const std::size_t n = 389;
  std::vector<T> x = anyIntegers<T>(n), y = anyIntegers<T>(n);
  for (std::size_t i = 0; i != n; ++i) {
    if (y[i] == 0)
      y[i] = 3;
    if (std::is_signed_v<T> && y[i] == T(-1) && x[i] == std::numeric_limits<T>::min())
      x[i] = 5; // the one quotient that has no value
  }
  constexpr int mask = int(sizeof(T)) * 8 - 1;
  const std::string count = "(y & " + std::to_string(mask) + ")";
  check<T, T>(2,
              {{"x + y", [](T a, T b, T) { return T(std::uint64_t(a) + std::uint64_t(b)); }},
               {"x - y", [](T a, T b, T) { return T(std::uint64_t(a) - std::uint64_t(b)); }},
               {"x * y", [](T a, T b, T) { return T(std::uint64_t(a) * std::uint64_t(b)); }},
               {"x // y", [](T a, T b, T) { return T(a / b); }},
               {"x % y", [](T a, T b, T) { return T(a % b); }},
               {"x & y", [](T a, T b, T) { return T(a & b); }},
               {"x | y", [](T a, T b, T) { return T(a | b); }},
               {"x ^ y", [](T a, T b, T) { return T(a ^ b); }},
               {"x << " + count, [](T a, T b, T) { return T(U(a) << (int(b) & mask)); }},
               {"x >> " + count, [](T a, T b, T) { return T(a >> (int(b) & mask)); }},
               {"tl.minimum(x, y)", [](T a, T b, T) { return std::min(a, b); }},
               {"tl.maximum(x, y)", [](T a, T b, T) { return std::max(a, b); }},
               {"tl.where(x > y, x, y * 2)", [](T a, T b, T) { return a > b ? a : T(U(b) * 2u); }},
               {"-x", [](T a, T, T) { return T(U(0) - U(a)); }},
               {"~x", [](T a, T, T) { return T(~a); }},
               {"tl.abs(x)", [](T a, T, T) { return std::is_signed_v<T> && a < T(0) ? T(U(0) - U(a)) : a; }}},
              x, y, {}, {},
              "    tl.static_assert((x + y).dtype == x.dtype)\n    tl.static_assert((x // y).dtype == x.dtype)\n");
}

TYPED_TEST(IntegerArithmetic, Comparisons) {
  using T = TypeParam;
  std::vector<T> x = anyIntegers<T>(300), y = anyIntegers<T>(300);
  for (std::size_t i = 0; i < 300; i += 3)
    y[i] = x[i];
  check<T, std::int32_t>(2,
                         {{"x < y", [](T a, T b, T) { return a < b; }},
                          {"x <= y", [](T a, T b, T) { return a <= b; }},
                          {"x > y", [](T a, T b, T) { return a > b; }},
                          {"x >= y", [](T a, T b, T) { return a >= b; }},
                          {"x == y", [](T a, T b, T) { return a == b; }},
                          {"x != y", [](T a, T b, T) { return a != b; }},
                          {"(x < y) & (y != 0)", [](T a, T b, T) { return a < b && b != 0; }},
                          {"(x < y) | (y == 0)", [](T a, T b, T) { return a < b || b == 0; }},
                          {"(x < y) ^ (x > 7)", [](T a, T b, T) { return (a < b) != (a > T(7)); }},
                          {"~(x < y)", [](T a, T b, T) { return !(a < b); }},
                          {"not (x < y)", [](T a, T b, T) { return !(a < b); }},
                          {"(x < y).to(tl.int32) + (x > y)", [](T a, T b, T) { return (a < b) + (a > b); }},
                          {"tl.where(x, 1, 0)", [](T a, T, T) { return a != 0; }}},
                         x, y, {}, {}, "    tl.static_assert((x < y).dtype == tl.int1)\n");
}

// Divisors that the compiler knows: shifts, masks and multiplications must round towards zero like the division they
// stand for.
TYPED_TEST(IntegerArithmetic, KnownDivisors) {
  using T = TypeParam;
  std::vector<T> x = anyIntegers<T>(260);
  std::vector<Case<T, T>> cases;
  for (int divisor : {1, 2, 3, 7, 16, 64, 100})
    for (const char *op : {"//", "%"})
      cases.push_back({std::string("x ") + op + " " + std::to_string(divisor),
                       [=](T a, T, T) { return *op == '%' ? T(a % T(divisor)) : T(a / T(divisor)); }});
  if (std::is_signed_v<T>) {
    for (T &value : x)
      value = value == std::numeric_limits<T>::min() ? T(-9) : value;
    cases.push_back({"x // -3", [](T a, T, T) { return T(a / T(-3)); }});
    cases.push_back({"x % -16", [](T a, T, T) { return T(a % T(-16)); }});
  }
  check<T, T>(1, cases, x);
}

TYPED_TEST(IntegerArithmetic, TrueDivisionIsFloat32) {
  using T = TypeParam;
  std::vector<T> x = integers<T>(200, 0, 100), y = integers<T>(200, 1, 50);
  check<T, float>(
      2, {{"x / y", [](T a, T b, T) { return float(double(a) / double(b)); }}}, x, y, {},
      [](double want) { return 2 * 0x1p-23 * std::abs(want); }, "    tl.static_assert((x / y).dtype == tl.float32)\n");
}

TEST(Arithmetic, Booleans) {
  const char *text = R"(
@triton.jit
def f(a, b, o, count, flag, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    x = tl.load(a + i)
    y = tl.load(b + i)
    tl.store(o + i, x & y)
    tl.store(o + BLOCK + i, x | y)
    tl.store(o + 2 * BLOCK + i, x ^ y)
    tl.store(o + 3 * BLOCK + i, x == y)
    tl.store(o + 4 * BLOCK + i, ~x)
    tl.store(o + 5 * BLOCK + i, tl.where(flag, x, y))
    tl.store(o + 6 * BLOCK + i, (x.to(tl.int32) * 2 + y > 1) & flag)
    tl.store(count, tl.sum(x.to(tl.int32), axis=0))
    tl.store(count + 1, tl.max(y.to(tl.int32), axis=0) * 10 + flag)
)";
  for (bool flag : {false, true}) {
    std::vector<std::uint8_t> x = integers<std::uint8_t>(128, 0, 1), y = integers<std::uint8_t>(128, 0, 1),
                              out(7 * 128), want;
    std::vector<int> count(2);
    for (int k = 0; k != 7; ++k)
      for (std::size_t i = 0; i != 128; ++i) {
        const int a = x[i], b = y[i];
        want.push_back(std::uint8_t(k == 0   ? a & b
                                    : k == 1 ? a | b
                                    : k == 2 ? a ^ b
                                    : k == 3 ? a == b
                                    : k == 4 ? !a
                                    : k == 5 ? (flag ? a : b)
                                             : a && flag));
      }
    int ones = 0;
    for (int v : x)
      ones += v;
    Launch launch(text, {{"BLOCK", 128}});
    launch.inBool(x).inBool(y).outBool(out).out(count).scalar(flag).everywhere([&] {
      expectSame(out, want);
      expectSame(count, {ones, 10 + flag});
    });
  }
}

TEST(Arithmetic, MultiplyHigh) {
  using U = std::uint32_t;
  check<U, U>(2, {{"tl.umulhi(x, y)", [](U a, U b, U) { return U((std::uint64_t(a) * b) >> 32); }}},
              anyIntegers<U>(200), anyIntegers<U>(200));
  using W = std::uint64_t;
  check<W, W>(2, {{"tl.umulhi(x, y)", [](W a, W b, W) { return W((static_cast<unsigned __int128>(a) * b) >> 64); }}},
              anyIntegers<W>(200), anyIntegers<W>(200));
}

TEST(Arithmetic, CeilingDivision) {
  using T = std::int32_t;
  check<T, T>(2, {{"tl.cdiv(x, y)", [](T a, T b, T) { return T((a + b - 1) / b); }}}, integers<T>(200, 0, 1000),
              integers<T>(200, 1, 40));
}

// ---- floats ---------------------------------------------------------------------------------------------------------

template <typename T> class FloatArithmetic : public testing::Test {
protected:
  /// Numbers of very different sizes, with zeros of both signs.
  static std::vector<T> numbers(std::size_t n) {
    std::vector<T> values = normal<T>(n, 4);
    for (std::size_t i = 0; i < n; i += 17)
      values[i] = fromDouble<T>(i % 2 ? 0.0 : -0.0);
    return values;
  }
};
using Floats = testing::Types<Half, BFloat16, float, double>;
TYPED_TEST_SUITE(FloatArithmetic, Floats);

// Sums, differences and products are correctly rounded in the type itself. (Going by way of float32 rounds twice, which
// for 11 and 8 bits gives the same: 24 >= 2 * 11 + 2. So does float64 for float32.)
TYPED_TEST(FloatArithmetic, Binary) {
  using T = TypeParam;
  auto d = [](T value) { return toDouble(value); };
  check<T, T>(
      2,
      {{"x + y", [=](T a, T b, T) { return fromDouble<T>(d(a) + d(b)); }},
       {"x - y", [=](T a, T b, T) { return fromDouble<T>(d(a) - d(b)); }},
       {"x * y", [=](T a, T b, T) { return fromDouble<T>(d(a) * d(b)); }},
       {"tl.minimum(x, y)", [=](T a, T b, T) { return d(a) < d(b) ? a : b; }},
       {"tl.maximum(x, y)", [=](T a, T b, T) { return d(a) > d(b) ? a : b; }},
       {"tl.where(x > y, x, y)", [=](T a, T b, T) { return d(a) > d(b) ? a : b; }},
       {"-x", [=](T a, T, T) { return fromDouble<T>(-d(a)); }},
       {"tl.abs(x)", [=](T a, T, T) { return fromDouble<T>(std::abs(d(a))); }},
       {"x + 1", [=](T a, T, T) { return fromDouble<T>(d(a) + 1); }},
       {"2.5 * x", [=](T a, T, T) { return fromDouble<T>(2.5 * d(a)); }},
       {"tl.clamp(x, -1.0, 2.0)", [=](T a, T, T) { return fromDouble<T>(std::min(std::max(d(a), -1.0), 2.0)); }}},
      normal<T>(333, 4), normal<T>(333, 4), {}, {}, "    tl.static_assert((x + y).dtype == x.dtype)\n");
}

TYPED_TEST(FloatArithmetic, Comparisons) {
  using T = TypeParam;
  std::vector<T> x = this->numbers(300), y = this->numbers(300);
  for (std::size_t i = 0; i < 300; i += 5)
    y[i] = x[i];
  for (std::size_t i = 0; i < 300; i += 23)
    x[i] = fromDouble<T>(NAN);
  auto d = [](T value) { return toDouble(value); };
  check<T, std::int8_t>(2,
                        {{"x < y", [=](T a, T b, T) { return d(a) < d(b); }},
                         {"x <= y", [=](T a, T b, T) { return d(a) <= d(b); }},
                         {"x > y", [=](T a, T b, T) { return d(a) > d(b); }},
                         {"x >= y", [=](T a, T b, T) { return d(a) >= d(b); }},
                         {"x == y", [=](T a, T b, T) { return d(a) == d(b); }},
                         {"x != y", [=](T a, T b, T) { return d(a) != d(b); }}},
                        x, y);
}

TYPED_TEST(FloatArithmetic, MinimaAndNaN) {
  using T = TypeParam;
  std::vector<T> x = normal<T>(256), y = normal<T>(256);
  for (std::size_t i = 0; i != 256; ++i) {
    if (i % 3 == 0)
      x[i] = fromDouble<T>(NAN);
    if (i % 5 == 0)
      y[i] = fromDouble<T>(NAN);
  }
  auto d = [](T value) { return toDouble(value); };
  auto propagating = [=](T a, T b, bool isMax) {
    if (std::isnan(d(a)) || std::isnan(d(b)))
      return fromDouble<T>(NAN);
    return (d(a) > d(b)) == isMax ? a : b;
  };
  check<T, T>(
      2,
      {{"tl.maximum(x, y)", [=](T a, T b, T) { return fromDouble<T>(std::fmax(d(a), d(b))); }},
       {"tl.minimum(x, y)", [=](T a, T b, T) { return fromDouble<T>(std::fmin(d(a), d(b))); }},
       {"tl.maximum(x, y, propagate_nan=tl.PropagateNan.ALL)", [=](T a, T b, T) { return propagating(a, b, true); }},
       {"tl.minimum(x, y, propagate_nan=tl.PropagateNan.ALL)", [=](T a, T b, T) { return propagating(a, b, false); }}},
      x, y);
}

// Division of small floats is done, and is typed, in float32.
TYPED_TEST(FloatArithmetic, Division) {
  using T = TypeParam;
  using R = std::conditional_t<sizeof(T) == 2, float, T>;
  std::vector<T> x = normal<T>(256, 10), y = uniform<T>(256, 0.5, 9);
  for (std::size_t i = 0; i < 256; i += 2)
    y[i] = fromDouble<T>(-toDouble(y[i]));
  auto d = [](T value) { return toDouble(value); };
  // div.full.f32 is off by 2 ulp at most (PTX); float64 is correctly rounded.
  check<T, R>(
      2, {{"x / y", [=](T a, T b, T) { return R(d(a) / d(b)); }}}, x, y, {},
      [](double want) { return (sizeof(T) == 8 ? 1 : 5) * roundoff<R>() * std::abs(want); },
      sizeof(T) == 2 ? "    tl.static_assert((x / y).dtype == tl.float32)\n" : "");
  if constexpr (sizeof(T) >= 4) {
    check<T, R>(2, {{"tl.div_rn(x, y)", [=](T a, T b, T) { return R(a / b); }}}, x, y);
    check<T, R>(2, {{"tl.fdiv(x, y, ieee_rounding=True)", [=](T a, T b, T) { return R(a / b); }}}, x, y);
  }
  // The remainder is exact and its sign is that of x; a zero may have either.
  check<T, R>(2, {{"x % y", [=](T a, T b, T) { return R(std::fmod(d(a), d(b))); }}}, x, y, {},
              [](double) { return 0.0; });
}

TYPED_TEST(FloatArithmetic, FusedMultiplyAdd) {
  using T = TypeParam;
  if constexpr (sizeof(T) >= 4) {
    check<T, T>(3, {{"tl.fma(x, y, z)", [](T a, T b, T c) { return std::fma(a, b, c); }}}, normal<T>(200),
                normal<T>(200), normal<T>(200));
  } else { // products of 22 bits and the sum with 11 more are exact in float64 for numbers of similar size
    check<T, T>(
        3, {{"tl.fma(x, y, z)", [](T a, T b, T c) { return fromDouble<T>(toDouble(a) * toDouble(b) + toDouble(c)); }}},
        integers<T>(200, -9, 9), integers<T>(200, -9, 9), integers<T>(200, -9, 9));
  }
}

// ---- promotion ------------------------------------------------------------------------------------------------------

TEST(Arithmetic, Promotion) {
  std::string text = "@triton.jit\ndef f(o):\n";
  for (const char *type : {"int1", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16",
                           "bfloat16", "float32", "float64"})
    text += std::string("    ") + type + "_v = tl.full((32,), 1, tl." + type + ")\n";
  const char *results[][3] = {
      {"int8", "int16", "int16"},           {"int32", "int8", "int32"},        {"int64", "int32", "int64"},
      {"uint8", "uint32", "uint32"},        {"int32", "uint32", "uint32"},     {"int64", "uint32", "int64"},
      {"uint64", "int64", "uint64"},        {"int8", "uint8", "uint8"},        {"int1", "int32", "int32"},
      {"float16", "int32", "float16"},      {"float16", "int64", "float16"},   {"float16", "float32", "float32"},
      {"bfloat16", "bfloat16", "bfloat16"}, {"float32", "float64", "float64"}, {"float16", "float64", "float64"},
      {"bfloat16", "float32", "float32"},   {"float32", "int64", "float32"},   {"float64", "uint8", "float64"},
  };
  for (auto &[a, b, result] : results)
    for (int side = 0; side != 2; ++side)
      text += std::string("    tl.static_assert((") + (side ? a : b) + "_v + " + (side ? b : a) + "_v).dtype == tl." +
              result + ", '" + a + " " + b + "')\n";
  // A number written down takes the tensor's type where it is of no higher kind.
  text += R"(
    tl.static_assert((int8_v + 1).dtype == tl.int8)
    tl.static_assert((float16_v + 1.5).dtype == tl.float16)
    tl.static_assert((bfloat16_v * 2).dtype == tl.bfloat16)
    tl.static_assert((int32_v * 1.5).dtype == tl.float32)
    tl.static_assert((float64_v * 1.5).dtype == tl.float64)
    tl.static_assert((float16_v / float16_v).dtype == tl.float32)
    tl.static_assert((int32_v / int32_v).dtype == tl.float32)
    tl.static_assert((int32_v < float16_v).dtype == tl.int1)
    tl.static_assert((uint8_v >> int32_v).dtype == tl.int32)
    i = tl.arange(0, 32)
    tl.store(o + i, (int8_v + uint8_v).to(tl.int32) + (float16_v * int32_v).to(tl.int32))
)";
  std::vector<int> out(32);
  Launch launch(text);
  launch.out(out).everywhere([&] { expectSame(out, std::vector<int>(32, 3)); });
}

TEST(Arithmetic, MixedSigns) {
  const char *text = R"(
@triton.jit
def f(a, b, lt, total, quotient, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    m = i < n
    x = tl.load(a + i, mask=m, other=0)
    y = tl.load(b + i, mask=m, other=1)
    tl.store(lt + i, x < y, mask=m)
    tl.store(total + i, x + y, mask=m)
    tl.store(quotient + i, y // 3, mask=m)
)";
  std::vector<std::int32_t> x = anyIntegers<std::int32_t>(100), lt(100);
  std::vector<std::uint32_t> y = anyIntegers<std::uint32_t>(100), total(100), quotient(100);
  Launch launch(text, {{"BLOCK", 128}});
  launch.in(x).in(y).out(lt).out(total).out(quotient).scalar(100).everywhere([&] {
    std::vector<std::int32_t> wantLt(100);
    std::vector<std::uint32_t> want(100), wantQuotient(100);
    for (std::size_t i = 0; i != 100; ++i) {
      wantLt[i] = std::uint32_t(x[i]) < y[i];
      want[i] = std::uint32_t(x[i]) + y[i];
      wantQuotient[i] = y[i] / 3;
    }
    expectSame(lt, wantLt);
    expectSame(total, want);
    expectSame(quotient, wantQuotient);
  });
}

// ---- casts ----------------------------------------------------------------------------------------------------------

namespace {

template <typename D, typename S> D cast(S value) {
  if constexpr (std::is_integral_v<S> && std::is_integral_v<D>)
    return D(value);
  else if constexpr (std::is_integral_v<S> && !std::is_arithmetic_v<D>)
    return D(float(value)); // the inputs are small: exact in float32
  else if constexpr (std::is_integral_v<S>)
    return D(value);
  else
    return fromDouble<D>(toDouble(value)); // towards zero where D is an integer
}

template <typename S, typename D> void checkCast(const std::vector<S> &values, const char *type) {
  SCOPED_TRACE(type);
  const std::string text = "@triton.jit\ndef f(a, o, n, BLOCK: tl.constexpr):\n    i = tl.arange(0, BLOCK)\n"
                           "    x = tl.load(a + i, mask=i < n)\n    y = x.to(tl." +
                           std::string(type) + ")\n    tl.static_assert(y.dtype == tl." + type +
                           ")\n    tl.store(o + i, y, mask=i < n)\n";
  std::vector<D> out(values.size()), want;
  for (S value : values)
    want.push_back(cast<D>(value));
  Launch launch(text, {{"BLOCK", 512}});
  launch.in(values).out(out).scalar(int(values.size())).configurations({{"sm_90a", 2}});
  launch.everywhere([&] { expectSame(out, want, "cast"); });
}

template <typename S> void checkCasts(const std::vector<S> &values) {
  checkCast<S, std::int8_t>(values, "int8");
  checkCast<S, std::int16_t>(values, "int16");
  checkCast<S, std::int32_t>(values, "int32");
  checkCast<S, std::int64_t>(values, "int64");
  checkCast<S, Half>(values, "float16");
  checkCast<S, BFloat16>(values, "bfloat16");
  checkCast<S, float>(values, "float32");
  checkCast<S, double>(values, "float64");
}

} // namespace

template <typename T> class Casts : public testing::Test {};
using CastTypes = testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t,
                                 std::uint32_t, std::uint64_t, Half, BFloat16, float, double>;
TYPED_TEST_SUITE(Casts, CastTypes);

TYPED_TEST(Casts, ToSignedAndFloat) {
  using T = TypeParam;
  if constexpr (std::is_integral_v<T>)
    checkCasts(integers<T>(200, std::is_signed_v<T> ? -100 : 0, 100));
  else
    checkCasts(uniform<T>(200, -100, 100));
}

TYPED_TEST(Casts, ToUnsigned) {
  using T = TypeParam;
  std::vector<T> values;
  if constexpr (std::is_integral_v<T>)
    values = anyIntegers<T>(200);
  else
    values = uniform<T>(200, 0, 250);
  checkCast<T, std::uint8_t>(values, "uint8");
  checkCast<T, std::uint16_t>(values, "uint16");
  checkCast<T, std::uint32_t>(values, "uint32");
  checkCast<T, std::uint64_t>(values, "uint64");
}

// To int1 is "is not zero"; from it 0 and 1.
TYPED_TEST(Casts, Booleans) {
  using T = TypeParam;
  std::vector<T> values = integers<T>(200, 0, 2);
  values[3] = fromDouble<T>(100);
  const char *text = R"(
@triton.jit
def f(a, bits, back, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    x = tl.load(a + i, mask=i < n)
    y = x.to(tl.int1)
    tl.store(bits + i, y, mask=i < n)
    tl.store(back + i, y.to(x.dtype), mask=i < n)
)";
  std::vector<std::uint8_t> bits(200), wantBits(200);
  std::vector<T> back(200), wantBack(200);
  for (std::size_t i = 0; i != 200; ++i) {
    wantBits[i] = toDouble(values[i]) != 0;
    wantBack[i] = fromDouble<T>(wantBits[i]);
  }
  Launch launch(text, {{"BLOCK", 256}});
  launch.in(values).outBool(bits).out(back).scalar(200).configurations(kTwo);
  launch.everywhere([&] {
    expectSame(bits, wantBits, "bit");
    expectSame(back, wantBack, "bit as number");
  });
}

// float32 to the small types: halfway cases, overflow, subnormals, NaN, against the conversions that the host side is
// tested with.
TEST(Casts, RoundingToSmallFloats) {
  std::vector<float> x = normal<float>(500, 100);
  for (std::size_t i = 0; i != 500; ++i) {
    std::uint32_t bits = std::uint32_t(generator()());
    if (i % 4 == 0) // exactly halfway between two bfloat16, or two float16
      bits = (bits & 0xffff0000u) | 0x8000u;
    if (i % 4 == 1)
      bits = (bits & 0x8fffe000u) | 0x38001000u;
    if (i % 4 != 3)
      std::memcpy(&x[i], &bits, 4);
  }
  x[7] = INFINITY, x[11] = -INFINITY, x[15] = NAN, x[19] = 65520, x[23] = 65519.99f, x[27] = 1e-8f, x[31] = -0.0f;
  checkCast<float, Half>(x, "float16");
  checkCast<float, BFloat16>(x, "bfloat16");
}

TEST(Casts, RoundingTowardsZero) {
  const char *text = R"(
@triton.jit
def f(a, o, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    x = tl.load(a + i, mask=i < n)
    tl.store(o + i, x.to(tl.float16, fp_downcast_rounding="rtz"), mask=i < n)
)";
  std::vector<float> x = normal<float>(200);
  std::vector<Half> out(200), want(200);
  for (std::size_t i = 0; i != 200; ++i) {
    want[i] = Half(x[i]);
    if (std::abs(float(want[i])) > std::abs(x[i]))
      --want[i].bits;
  }
  Launch launch(text, {{"BLOCK", 256}});
  launch.in(x).out(out).scalar(200).everywhere([&] { expectSame(out, want); });
}

namespace {
template <typename F> void checkFloat8(const char *type, const std::string &target) {
  // All 256 numbers to float32 and float16, and float32 to them.
  const std::string text = std::string(R"(
@triton.jit
def f(bits, a, wide, half, narrow, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    x = tl.load(bits + i).to(tl.)") +
                           type +
                           ", bitcast=True)\n"
                           "    tl.store(wide + i, x.to(tl.float32))\n    tl.store(half + i, x.to(tl.float16))\n"
                           "    tl.store(narrow + i, tl.load(a + i).to(tl." +
                           type + ").to(tl.uint8, bitcast=True))\n";
  std::vector<std::uint8_t> bits(256), narrow(256), wantNarrow(256);
  std::vector<float> x = normal<float>(256, 30), wide(256), wantWide(256);
  std::vector<Half> half(256), wantHalf(256);
  for (std::size_t i = 0; i != 256; ++i) {
    bits[i] = std::uint8_t(i);
    F value;
    value.bits = bits[i];
    wantWide[i] = float(value);
    wantHalf[i] = Half(float(value));
    if (i % 3 == 0)
      x[i] = float(std::ldexp(double(x[i]), -int(i % 20)));
    F small{float(x[i])};
    wantNarrow[i] = small.bits;
  }
  Launch launch(text, {{"BLOCK", 256}});
  launch.in(bits).in(x).out(wide).out(half).out(narrow).configurations({{target, 4}, {target, 1}});
  launch.everywhere([&] {
    expectSame(wide, wantWide, "float32 of number");
    expectSame(half, wantHalf, "float16 of number");
    expectSame(narrow, wantNarrow, "rounded");
  });
}
} // namespace

TEST(Casts, Float8E5) {
  checkFloat8<Float8E5M2>("float8e5", "sm_80");
  checkFloat8<Float8E5M2>("float8e5", "sm_90a");
}
TEST(Casts, Float8E4) { checkFloat8<Float8E4M3>("float8e4nv", "sm_90a"); }

TEST(Casts, Bitcasts) {
  const char *text = R"(
@triton.jit
def f(a, i32, u16, back, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    x = tl.load(a + i, mask=i < n)
    tl.store(i32 + i, x.to(tl.int32, bitcast=True), mask=i < n)
    h = x.to(tl.float16)
    tl.store(u16 + i, tl.cast(h, tl.uint16, bitcast=True), mask=i < n)
    tl.store(back + i, (x.to(tl.uint32, bitcast=True) ^ 0x80000000).to(tl.float32, bitcast=True), mask=i < n)
)";
  std::vector<float> x = normal<float>(100), back(100), wantBack(100);
  std::vector<int> i32(100), wantI32(100);
  std::vector<std::uint16_t> u16(100), wantU16(100);
  for (std::size_t i = 0; i != 100; ++i) {
    std::memcpy(&wantI32[i], &x[i], 4);
    wantU16[i] = Half(x[i]).bits;
    wantBack[i] = -x[i];
  }
  Launch launch(text, {{"BLOCK", 128}});
  launch.in(x).out(i32).out(u16).out(back).scalar(100).everywhere([&] {
    expectSame(i32, wantI32);
    expectSame(u16, wantU16);
    expectSame(back, wantBack);
  });
}
