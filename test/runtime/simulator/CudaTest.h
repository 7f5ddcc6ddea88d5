//===- CudaTest.h - Running what nvcc compiled, over architectures and seeds --*- C++ -*-===//
//
// Inputs/NAME.cu says for which architectures nvcc 13.0 made Inputs/NAME-ARCH.ptx of it. A test states inputs, launch
// and expectations once; `each` runs it on the PTX of every architecture with the checks off, and on the last one again
// with every check on for twenty seeds: the programs are correct, so no check may speak.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_RUNTIME_SIMULATOR_CUDATEST_H
#define TESSERA_TEST_RUNTIME_SIMULATOR_CUDATEST_H

#include "test/runtime/simulator/Bounds.h"
#include "test/runtime/simulator/SimulatorTest.h"

#include <cmath>
#include <functional>
#include <limits>

namespace tessera::sim {

class CudaTest : public SimulatorTest {
protected:
  static constexpr unsigned Seeds = 20;

  CudaTest() : SimulatorTest(MemoryOptions{.trackWrites = true}) {}

  /// Runs `body` with `module` set to each of `files`, then on the last with all checks on, `seeds` times.
  void each(std::initializer_list<const char *> files, const std::function<void()> &body, unsigned seeds = Seeds);

  static Checks allChecks();

  /// An array of `count` elements that holds what no kernel writes by chance.
  template <typename T> std::vector<T> poisoned(size_t count) {
    std::vector<T> values(count);
    std::memset(static_cast<void *>(values.data()), 0xA5, count * sizeof(T));
    return values;
  }

  std::shared_ptr<Module> module;
};

/// Expects results[i] to be what `expected(i)` returns, for all i, and says no more than ten times otherwise.
template <typename T, typename F> void expectAll(const std::vector<T> &results, F expected) {
  unsigned wrong = 0;
  for (size_t i = 0; i < results.size() && wrong < 10; ++i) {
    const T wanted = static_cast<T>(expected(i));
    if (!(results[i] == wanted)) {
      ++wrong;
      ADD_FAILURE() << "at " << i << ": " << +results[i] << ", expected " << +wanted;
    }
  }
}

/// The same for values in floating point; `expected` returns {value, bound}.
struct Expected {
  double value, bound;
};
template <typename F> void expectNear(size_t count, F result, const std::function<Expected(size_t)> &expected) {
  unsigned wrong = 0;
  for (size_t i = 0; i < count && wrong < 10; ++i) {
    const Expected wanted = expected(i);
    const double value = result(i);
    if (!(std::fabs(value - wanted.value) <= wanted.bound)) {
      ++wrong;
      ADD_FAILURE() << "at " << i << ": " << value << ", expected " << wanted.value << " up to " << wanted.bound;
    }
  }
}

} // namespace tessera::sim

#endif // TESSERA_TEST_RUNTIME_SIMULATOR_CUDATEST_H
