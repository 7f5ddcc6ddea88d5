// Filling arrays with numbers that are the same on every machine: a counter-based generator, and a normal distribution
// computed with nothing but the basic operations, which IEEE 754 rounds in one way (this file is compiled without
// contraction to fma). SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/HostArray.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace tessera {
namespace {

/// SplitMix64 (Steele, Lea, Flood 2014) of the i-th step from `seed`.
std::uint64_t mix(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

std::uint64_t seedOf(std::uint64_t seed, std::string_view stream) {
  std::uint64_t hash = 0xcbf29ce484222325ull; // FNV-1a
  for (char c : stream)
    hash = (hash ^ std::uint8_t(c)) * 0x100000001b3ull;
  return mix(seed ^ hash, 0);
}

/// In [0, 1), 53 bits.
double uniform(std::uint64_t bits) { return double(bits >> 11) * 0x1p-53; }

/// Natural logarithm of a positive normal number, to about 1e-15; the library's may round differently elsewhere.
double logarithm(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent); // 0.5 <= m < 1, exact
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1), s2 = s * s;
  double sum = 0;
  for (int k = 21; k >= 1; k -= 2)
    sum = sum * s2 + 1.0 / k;
  return exponent * 0.69314718055994530942 + 2 * s * sum;
}

/// The inverse of the normal distribution function, by Acklam's rational approximation (relative error below 1.2e-9).
double normalQuantile(double p) {
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
                          -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
  if (p > 0.5)
    return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const double q = std::sqrt(-2 * logarithm(p));
    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
           ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  }
  const double q = p - 0.5, r = q * q;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

std::optional<double> number(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  if (text.starts_with('+'))
    text.remove_prefix(1);
  double value = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                    : std::nullopt;
}

/// Whether an integer type holds the numbers that a filling makes; other numbers would be wrapped in silence.
Status checkRange(ScalarType type, const Fill &how) {
  const bool isRange = how.kind == Fill::Kind::Randint;
  if (isFloat(type) || (how.kind != Fill::Kind::Const && !isRange))
    return {};
  const int bits = type == ScalarType::I1 ? 1 : int(8 * sizeOf(type)) - (isSigned(type) ? 1 : 0);
  const double end = std::ldexp(1, bits), least = type != ScalarType::I1 && isSigned(type) ? -end : 0;
  if (how.low >= least && (isRange ? how.high <= end : how.low < end) && how.low == std::floor(how.low))
    return {};
  auto text = [](double value) {
    std::string digits(64, '\0');
    auto [to, failed] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    return digits.substr(0, failed == std::errc() ? std::size_t(to - digits.data()) : 0);
  };
  return Error(ErrorCode::InvalidArgument,
               (isRange ? "randint(" + text(how.low) + "," + text(how.high) : "const(" + text(how.low)) +
                   ") makes numbers that " + std::string(nameOf(type)) + " does not hold");
}

} // namespace

Expected<Fill> parseFill(std::string_view text) {
  constexpr std::pair<std::string_view, Fill::Kind> kPlain[] = {
      {"randn", Fill::Kind::Randn}, {"rand", Fill::Kind::Rand},     {"zeros", Fill::Kind::Zeros},
      {"ones", Fill::Kind::Ones},   {"arange", Fill::Kind::Arange}, {"nan", Fill::Kind::Nan},
  };
  for (const auto &[name, kind] : kPlain)
    if (text == name)
      return Fill{kind, 0, 0};
  const std::size_t open = text.find('(');
  if (open != std::string_view::npos && text.ends_with(')')) {
    const std::string_view name = text.substr(0, open), inside = text.substr(open + 1, text.size() - open - 2);
    if (name == "const") {
      if (std::optional<double> value = number(inside))
        return Fill{Fill::Kind::Const, *value, 0};
      return Error(ErrorCode::InvalidArgument, "'" + std::string(text) + "': const takes a number");
    }
    if (name == "randint") {
      const std::size_t comma = inside.find(',');
      std::optional<double> low = number(inside.substr(0, comma));
      std::optional<double> high = comma == std::string_view::npos ? std::nullopt : number(inside.substr(comma + 1));
      if (!low || !high || *low != std::floor(*low) || *high != std::floor(*high) || *low >= *high)
        return Error(ErrorCode::InvalidArgument,
                     "'" + std::string(text) + "': randint takes two integers, the first below the second");
      return Fill{Fill::Kind::Randint, *low, *high};
    }
  }
  return Error(ErrorCode::InvalidArgument,
               "unknown filling '" + std::string(text) +
                   "'; there are randn, rand, zeros, ones, arange, nan, randint(lo,hi), const(v), @FILE.npy");
}

Status fill(HostArray &array, const Fill &how, std::uint64_t seed, std::string_view stream) {
  const bool isReal = isFloat(array.type);
  if (!isReal && (how.kind == Fill::Kind::Nan || how.kind == Fill::Kind::Randn || how.kind == Fill::Kind::Rand))
    return Error(ErrorCode::InvalidArgument, std::string(how.kind == Fill::Kind::Nan     ? "nan"
                                                         : how.kind == Fill::Kind::Randn ? "randn"
                                                                                         : "rand") +
                                                 " fills floating-point buffers, this one is " +
                                                 describe(array.type, array.shape));
  if (Status fits = checkRange(array.type, how); !fits)
    return fits;
  const std::uint64_t start = seedOf(seed, stream);
  for (std::size_t i = 0; i < array.size(); ++i) {
    switch (how.kind) {
    case Fill::Kind::Randn: // never 0 or 1, where the quantile is infinite
      array.set(i, normalQuantile((double(mix(start, i) >> 12) + 0.5) * 0x1p-52));
      break;
    case Fill::Kind::Rand:
      array.set(i, uniform(mix(start, i)));
      break;
    case Fill::Kind::Zeros:
      break;
    case Fill::Kind::Ones:
      array.set(i, 1);
      break;
    case Fill::Kind::Arange:
      if (isReal)
        array.set(i, double(i));
      else
        array.setInteger(i, std::int64_t(i));
      break;
    case Fill::Kind::Nan:
      array.set(i, std::numeric_limits<double>::quiet_NaN());
      break;
    case Fill::Kind::Randint: {
      const double range = how.high - how.low; // exact: both are integers
      array.set(i, how.low + std::floor(uniform(mix(start, i)) * range));
      break;
    }
    case Fill::Kind::Const:
      array.set(i, how.low);
      break;
    }
  }
  return {};
}

} // namespace tessera
