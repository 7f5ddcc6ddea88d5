// What the example programs share: finding a kernel file, random data, comparison with a float64 reference, and the
// printed row. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_EXAMPLES_COMMON_EXAMPLE_H
#define TESSERA_EXAMPLES_COMMON_EXAMPLE_H

#include <tessera/tessera.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace example {

/// Ends the program with the diagnostic when `result` is an error.
template <typename Result> void check(const Result &result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().text().c_str());
    std::exit(1);
  }
}

/// The value of an Expected; ends the program with the diagnostic when there is none.
template <typename T> T take(tessera::Expected<T> result) {
  check(result);
  return std::move(*result);
}

/// The kernel file `name`: installed and built programs have their kernels in ../share/tessera/examples.
inline std::string kernelFile(const std::string &name) {
  std::error_code ignored;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return (program.parent_path().parent_path() / "share/tessera/examples" / name).string();
}

/// Elements to and from double: int8_t and int32_t are numbers as they stand, the rest goes through float.
template <typename T> double toDouble(T value) {
  if constexpr (std::is_arithmetic_v<T>)
    return double(value);
  else
    return double(float(value));
}

/// Normally distributed numbers as T stores them; small integers for integer types.
template <typename T> std::vector<T> randomVector(std::size_t count, std::mt19937 &generator) {
  std::vector<T> values(count);
  if constexpr (std::is_integral_v<T>) {
    std::uniform_int_distribution<int> uniform(-100, 100);
    std::generate(values.begin(), values.end(), [&] { return T(uniform(generator)); });
  } else {
    std::normal_distribution<float> normal;
    std::generate(values.begin(), values.end(), [&] { return T(normal(generator)); });
  }
  return values;
}

/// A buffer that holds NaN (integers: all ones): an element that a kernel forgets is found.
template <typename T> tessera::Buffer<T> poisoned(const tessera::Device &device, std::size_t count) {
  tessera::Buffer<T> buffer(device, count);
  check(buffer.rawBuffer().fillBytes(0xFF));
  return buffer;
}

/// Half a unit in the last place of T relative to a number: what rounding a result to T costs at most.
template <typename T> constexpr double roundoff() {
  if constexpr (std::is_same_v<T, tessera::Half>)
    return 0x1p-11;
  else if constexpr (std::is_same_v<T, tessera::BFloat16>)
    return 0x1p-8;
  else if constexpr (std::is_same_v<T, float>)
    return 0x1p-24;
  else
    return 0;
}

template <typename T> const char *typeName() { return tessera::nameOf(tessera::scalarTypeOf<T>).data(); }

/// The largest error, and the largest as a share of what the arithmetic may cost; beyond 1 the kernel is wrong.
struct Comparison {
  double largest = 0, share = 0;
  bool isRight() const { return share <= 1; }

  /// `bound`: the error that rounding alone can explain. A NaN is always wrong.
  void add(double got, double want, double bound) {
    double error = std::abs(got - want);
    if (got == want)
      error = 0;
    if (!(error <= std::numeric_limits<double>::max()))
      error = std::numeric_limits<double>::infinity();
    largest = std::max(largest, error);
    share = std::max(share, error == 0 ? 0 : error / bound);
  }
};

/// Runs `launch` once to warm up and some times more for the clock; the median in milliseconds, synchronised.
inline double medianMilliseconds(const tessera::Device &device, const std::function<void()> &launch) {
  using Clock = std::chrono::steady_clock;
  int repeats = device.isSimulator() ? 1 : 20;
  std::vector<double> times;
  for (int i = 0; i != repeats; ++i) {
    Clock::time_point start = Clock::now();
    launch();
    check(device.synchronize());
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

/// One line of the table; true when the kernel was right.
inline bool printRow(const tessera::Device &device, const std::string &kernel, const std::string &shape,
                     const Comparison &comparison, double milliseconds) {
  char error[64];
  std::snprintf(error, sizeof error, "%.2e (%3.0f%% of bound)", comparison.largest, 100 * comparison.share);
  std::printf("%-16s %-34s %-34s %-28s %9.3f ms%s\n", kernel.c_str(), shape.c_str(), device.name().c_str(), error,
              milliseconds, comparison.isRight() ? "" : "  WRONG");
  std::fflush(stdout);
  return comparison.isRight();
}

} // namespace example

#endif // TESSERA_EXAMPLES_COMMON_EXAMPLE_H
