// What the end-to-end tests are written with: a kernel's text, its arguments as vectors of the host, and a launch that
// is repeated in every configuration (targets and numbers of warps).
//
//   Launch launch(R"(
//   @triton.jit
//   def scale(x, y, n, BLOCK: tl.constexpr):
//       ...)", {{"BLOCK", 128}});
//   std::vector<float> x = normal<float>(1000), y(1000);
//   launch.in(x).out(y).scalar(1000).grid(8);
//   launch.everywhere([&] { expectNear(y, want, bound); });
//
// What a launch checks by itself, beside what the simulator reports (addresses out of bounds, misaligned, deadlocks):
//   - outputs are poisoned (every byte 0xff: NaN, -1) before each launch;
//   - inputs are as they were afterwards, and so are guard zones in front of and behind each array;
//   - the PTX is assembled by ptxas for its target, where there is a ptxas (TESSERA_TEST_PTXAS=0 leaves that out).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_TEST_END_TO_END_HARNESS_H
#define TESSERA_TEST_END_TO_END_HARNESS_H

#include "runtime/include/tessera/tessera.h"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace tessera::endtoend {

struct Configuration {
  std::string target;
  int warps;
};
/// Both kinds of target with few and many warps.
std::vector<Configuration> everyConfiguration();
std::ostream &operator<<(std::ostream &out, const Configuration &configuration);

/// The simulator, opened once a process.
const Device &simulator();

class Launch {
public:
  /// `text` may be a path that ends in ".py" or ".tile".
  explicit Launch(std::string text, Constexprs constants = {}, std::string kernel = {});

  template <typename T> Launch &in(const std::vector<T> &values) {
    return add(scalarTypeOf<T>, const_cast<T *>(values.data()), values.size(), Mode::In);
  }
  template <typename T> Launch &out(std::vector<T> &values) {
    return add(scalarTypeOf<T>, values.data(), values.size(), Mode::Out);
  }
  template <typename T> Launch &inout(std::vector<T> &values) {
    return add(scalarTypeOf<T>, values.data(), values.size(), Mode::InOut);
  }
  /// Bytes that are 0 or 1, as int1.
  Launch &inBool(const std::vector<std::uint8_t> &values) {
    return add(ScalarType::I1, const_cast<std::uint8_t *>(values.data()), values.size(), Mode::In);
  }
  Launch &outBool(std::vector<std::uint8_t> &values) {
    return add(ScalarType::I1, values.data(), values.size(), Mode::Out);
  }
  /// The last array starts that many elements behind an aligned address.
  Launch &shifted(std::size_t elements);
  template <Element T> Launch &scalar(T value) {
    items.push_back({Mode::Value, scalarTypeOf<T>, nullptr, 0, 0, {}, toArgument(value)});
    return *this;
  }
  Launch &null() {
    items.push_back({Mode::Value, ScalarType::I8, nullptr, 0, 0, {}, Argument::null()});
    return *this;
  }
  Launch &grid(Dim3 value) {
    launchGrid = value;
    return *this;
  }
  Launch &stages(int value) {
    numStages = value;
    return *this;
  }
  Launch &configurations(std::vector<Configuration> values) {
    chosen = std::move(values);
    return *this;
  }

  /// Launches once and takes the results back; what goes wrong is a failure of the test.
  bool run(const Configuration &configuration);
  /// Launches once in each configuration and calls `check` after each.
  void everywhere(const std::function<void()> &check);
  /// Launches where an error is expected, and returns its text; "" when there was none.
  std::string failure(const Configuration &configuration);

private:
  enum class Mode { In, Out, InOut, Value };
  struct Item {
    Mode mode;
    ScalarType type;
    void *data;
    std::size_t count;
    std::size_t shift;
    std::vector<std::byte> original;
    Argument value;
  };
  Launch &add(ScalarType type, void *data, std::size_t count, Mode mode);
  Status launch(const Configuration &configuration);

  std::string text, kernel;
  Constexprs constants;
  std::vector<Item> items;
  Dim3 launchGrid{1};
  std::optional<int> numStages;
  std::vector<Configuration> chosen = everyConfiguration();
};

/// Assembles PTX; the failure is the test's. Nothing where there is no ptxas. Returns what ptxas -v says.
std::string assemble(const std::string &ptx, const std::string &target);
bool hasAssembler();

// ---- numbers --------------------------------------------------------------------------------------------------------

/// The generator of a test, seeded by the test's name, so that cases are independent of their order, and by
/// TESSERA_TEST_SEED.
std::mt19937_64 &generator();

template <typename T> double toDouble(T value) {
  if constexpr (std::is_arithmetic_v<T>)
    return double(value);
  else
    return double(float(value));
}
/// To the nearest value of T (small floats by way of float32 only where that is exact or harmless).
template <typename T> T fromDouble(double value) {
  if constexpr (std::is_arithmetic_v<T>)
    return T(value);
  else
    return T(float(value));
}
template <typename T> std::vector<T> normal(std::size_t count, double scale = 1) {
  std::normal_distribution<double> distribution(0, scale);
  std::vector<T> values(count);
  for (T &value : values)
    value = fromDouble<T>(distribution(generator()));
  return values;
}
template <typename T> std::vector<T> uniform(std::size_t count, double low, double high) {
  std::uniform_real_distribution<double> distribution(low, high);
  std::vector<T> values(count);
  for (T &value : values)
    value = fromDouble<T>(distribution(generator()));
  return values;
}
/// Integers of low..high, both included, in any type.
template <typename T> std::vector<T> integers(std::size_t count, std::int64_t low, std::int64_t high) {
  std::uniform_int_distribution<std::int64_t> distribution(low, high);
  std::vector<T> values(count);
  for (T &value : values) {
    if constexpr (std::is_arithmetic_v<T>)
      value = T(distribution(generator()));
    else
      value = fromDouble<T>(double(distribution(generator())));
  }
  return values;
}
/// All bit patterns of an integer type, with its extremes and small numbers often.
template <typename T> std::vector<T> anyIntegers(std::size_t count) {
  std::vector<T> values(count);
  for (std::size_t i = 0; i != count; ++i) {
    const std::uint64_t bits = generator()();
    switch (bits >> 61) {
    case 0:
      values[i] = T(std::int64_t((bits & 31)) - 16);
      break;
    case 1:
      values[i] = (bits & 1) ? std::numeric_limits<T>::max() : std::numeric_limits<T>::min();
      break;
    default:
      values[i] = T(bits);
    }
  }
  return values;
}

/// Half a unit in the last place of 1: the relative error of one correct rounding.
template <typename T> constexpr double roundoff() {
  if constexpr (std::is_same_v<T, double>)
    return 0x1p-53;
  else if constexpr (std::is_same_v<T, float>)
    return 0x1p-24;
  else if constexpr (std::is_same_v<T, Half>)
    return 0x1p-11;
  else if constexpr (std::is_same_v<T, BFloat16>)
    return 0x1p-8;
  else if constexpr (std::is_same_v<T, Float8E4M3>)
    return 0x1p-4;
  else if constexpr (std::is_same_v<T, Float8E5M2>)
    return 0x1p-3;
  else
    return 0;
}
/// Each element within its bound of what it should be; NaN equal to NaN and infinities to themselves.
template <typename T>
void expectNear(const std::vector<T> &got, const std::vector<double> &want,
                const std::function<double(std::size_t)> &bound, const char *what = "element") {
  ASSERT_EQ(got.size(), want.size());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i != got.size(); ++i) {
    const double value = toDouble(got[i]);
    const bool isRight = std::isnan(want[i])   ? std::isnan(value)
                         : std::isinf(want[i]) ? value == want[i]
                                               : std::abs(value - want[i]) <= bound(i);
    if (!isRight && ++wrong <= 5)
      ADD_FAILURE() << what << " " << i << " is " << value << ", should be " << want[i] << " within " << bound(i);
  }
  if (wrong > 5)
    ADD_FAILURE() << wrong << " of " << got.size() << " are wrong";
}
template <typename T>
void expectNear(const std::vector<T> &got, const std::vector<double> &want, double relative, double absolute) {
  expectNear(got, want, [&](std::size_t i) { return relative * std::abs(want[i]) + absolute; });
}

/// Bit for bit, except that one NaN is as good as another.
template <typename T> bool isSame(T a, T b) {
  if (std::memcmp(&a, &b, sizeof(T)) == 0)
    return true;
  if constexpr (!std::is_integral_v<T>)
    return std::isnan(toDouble(a)) && std::isnan(toDouble(b));
  return false;
}
template <typename T>
void expectSame(const std::vector<T> &got, const std::vector<T> &want, const std::string &what = "element") {
  ASSERT_EQ(got.size(), want.size());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i != got.size(); ++i)
    if (!isSame(got[i], want[i]) && ++wrong <= 5)
      ADD_FAILURE() << what << " " << i << " is " << toDouble(got[i]) << ", should be " << toDouble(want[i]);
  if (wrong > 5)
    ADD_FAILURE() << wrong << " of " << got.size() << " are wrong, " << what;
}

inline int ceilDiv(std::int64_t a, std::int64_t b) { return int((a + b - 1) / b); }

} // namespace tessera::endtoend

#endif // TESSERA_TEST_END_TO_END_HARNESS_H
