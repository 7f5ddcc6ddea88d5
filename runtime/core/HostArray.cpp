// Arrays on the host.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/HostArray.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>

namespace tessera {
namespace {

template <typename T> T load(const HostArray &array, std::size_t i) {
  T value;
  std::memcpy(&value, array.bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}
template <typename T> void save(HostArray &array, std::size_t i, T value) {
  std::memcpy(array.bytes.data() + i * sizeof(T), &value, sizeof(T));
}

std::string numberText(const HostArray &array, std::size_t i) {
  if (!isFloat(array.type))
    return array.type == ScalarType::I1    ? (array.integer(i) ? "True" : "False")
           : array.type == ScalarType::U64 ? std::to_string(std::uint64_t(array.integer(i)))
                                           : std::to_string(array.integer(i));
  char text[40];
  std::snprintf(text, sizeof(text), array.type == ScalarType::FP64 ? "%.10g" : "%.6g", array.real(i));
  return text;
}

void writeLevel(const HostArray &array, std::size_t level, std::size_t offset, std::size_t stride, std::string &out) {
  constexpr std::int64_t kEnds = 4; // so many elements of a long row at each of its ends
  const std::int64_t count = array.shape[level];
  const std::size_t inner = count ? stride / std::size_t(count) : 0;
  out += '[';
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0)
      out += level + 1 == array.shape.size() ? ", " : ",\n" + std::string(level + 1, ' ');
    if (count > 4 * kEnds && i == kEnds) {
      out += level + 1 == array.shape.size() ? "..., " : "...,\n" + std::string(level + 1, ' ');
      i = count - kEnds;
    }
    if (level + 1 == array.shape.size())
      out += numberText(array, offset + std::size_t(i));
    else
      writeLevel(array, level + 1, offset + std::size_t(i) * inner, inner, out);
  }
  out += ']';
}

} // namespace

HostArray::HostArray(ScalarType type, std::vector<std::int64_t> shape) : type(type), shape(std::move(shape)) {
  std::size_t count = sizeOf(type);
  for (std::int64_t side : this->shape)
    count *= std::size_t(side);
  bytes.assign(count, std::byte(0));
}

double HostArray::real(std::size_t i) const {
  switch (type) {
  case ScalarType::FP16:
    return floatFromHalf(load<std::uint16_t>(*this, i));
  case ScalarType::BF16:
    return floatFromBFloat16(load<std::uint16_t>(*this, i));
  case ScalarType::FP8E4NV:
    return floatFromFloat8E4M3(load<std::uint8_t>(*this, i));
  case ScalarType::FP8E5:
    return floatFromFloat8E5M2(load<std::uint8_t>(*this, i));
  case ScalarType::FP32:
    return load<float>(*this, i);
  case ScalarType::FP64:
    return load<double>(*this, i);
  case ScalarType::U64:
    return double(load<std::uint64_t>(*this, i));
  default:
    return double(integer(i));
  }
}

std::int64_t HostArray::integer(std::size_t i) const {
  switch (type) {
  case ScalarType::I1:
    return load<std::uint8_t>(*this, i) != 0;
  case ScalarType::I8:
    return load<std::int8_t>(*this, i);
  case ScalarType::I16:
    return load<std::int16_t>(*this, i);
  case ScalarType::I32:
    return load<std::int32_t>(*this, i);
  case ScalarType::I64:
  case ScalarType::U64:
    return load<std::int64_t>(*this, i);
  case ScalarType::U8:
    return load<std::uint8_t>(*this, i);
  case ScalarType::U16:
    return load<std::uint16_t>(*this, i);
  case ScalarType::U32:
    return load<std::uint32_t>(*this, i);
  default:
    return std::int64_t(real(i));
  }
}

void HostArray::set(std::size_t i, double value) {
  switch (type) {
  // From double to the small floats by way of float: rounding twice can differ from rounding once in one case of 2^29,
  // and only for numbers that were no floats to begin with.
  case ScalarType::FP16:
    return save(*this, i, halfFromFloat(float(value)));
  case ScalarType::BF16:
    return save(*this, i, bfloat16FromFloat(float(value)));
  case ScalarType::FP8E4NV:
    return save(*this, i, float8E4M3FromFloat(float(value)));
  case ScalarType::FP8E5:
    return save(*this, i, float8E5M2FromFloat(float(value)));
  case ScalarType::FP32:
    return save(*this, i, float(value));
  case ScalarType::FP64:
    return save(*this, i, value);
  case ScalarType::U64:
    return save(*this, i,
                value >= 18446744073709551616.0 ? ~std::uint64_t(0)
                : value > 0                     ? std::uint64_t(value)
                                                : std::uint64_t(0));
  default:
    break;
  }
  const double bounded = std::isnan(value) ? 0 : std::clamp(value, -9223372036854775808.0, 9223372036854774784.0);
  setInteger(i, std::int64_t(bounded));
}

void HostArray::setInteger(std::size_t i, std::int64_t value) {
  switch (type) {
  case ScalarType::I1:
    return save(*this, i, std::uint8_t(value != 0));
  case ScalarType::I8:
  case ScalarType::U8:
    return save(*this, i, std::uint8_t(value));
  case ScalarType::I16:
  case ScalarType::U16:
    return save(*this, i, std::uint16_t(value));
  case ScalarType::I32:
  case ScalarType::U32:
    return save(*this, i, std::uint32_t(value));
  case ScalarType::I64:
  case ScalarType::U64:
    return save(*this, i, value);
  default:
    set(i, double(value));
  }
}

std::string HostArray::indexText(std::size_t i) const {
  std::vector<std::size_t> index(shape.size());
  for (std::size_t level = shape.size(); level-- > 0;) {
    index[level] = i % std::size_t(shape[level]);
    i /= std::size_t(shape[level]);
  }
  std::string text = "[";
  for (std::size_t level = 0; level < index.size(); ++level)
    text += (level ? ", " : "") + std::to_string(index[level]);
  return text + "]";
}

HostArray HostArray::as(ScalarType other) const {
  HostArray result(other, shape);
  for (std::size_t i = 0; i < size(); ++i) {
    if (!isFloat(type) && !isFloat(other))
      result.setInteger(i, integer(i));
    else
      result.set(i, real(i));
  }
  return result;
}

std::string describe(ScalarType type, const std::vector<std::int64_t> &shape) {
  std::string text = std::string(nameOf(type)) + "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i ? "," : "") + std::to_string(shape[i]);
  return text + "]";
}

Expected<Comparison> compare(const HostArray &got, const HostArray &want, double rtol, double atol) {
  if (got.shape != want.shape)
    return Error(ErrorCode::InvalidArgument, "the result is " + describe(got.type, got.shape) + ", what is expected " +
                                                 describe(want.type, want.shape));
  Comparison comparison;
  double worstExcess = -1;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double a = got.real(i), b = want.real(i);
    double error = std::abs(a - b), excess;
    if (a == b || (std::isnan(a) && std::isnan(b)))
      error = excess = 0;
    else if (!std::isfinite(error)) // one of them is no number or infinite and the other is not the same
      error = excess = INFINITY;
    else
      excess = error / std::max(atol + rtol * std::abs(b), 5e-324);
    // Integers beyond 2^53 may differ where their doubles do not.
    if (error == 0 && !isFloat(got.type) && !isFloat(want.type) && got.integer(i) != want.integer(i))
      error = excess = 1;
    if (excess > 1) {
      comparison.isClose = false;
      ++comparison.wrong;
    }
    comparison.largestError = std::max(comparison.largestError, error);
    if (excess > worstExcess) {
      worstExcess = excess;
      comparison.worst = i;
      comparison.got = a;
      comparison.want = b;
    }
  }
  return comparison;
}

std::string toText(const HostArray &array) {
  if (array.shape.empty())
    return numberText(array, 0);
  std::string text;
  writeLevel(array, 0, 0, array.size(), text);
  return text;
}

} // namespace tessera
