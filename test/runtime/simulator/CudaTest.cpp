//===- CudaTest.cpp - Running what nvcc compiled, over architectures and seeds --===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CudaTest.h"

#include <algorithm>
#include <cstdlib>

namespace tessera::sim {

void CudaTest::each(std::initializer_list<const char *> files, const std::function<void()> &body, unsigned seeds) {
  for (const char *file : files) {
    SCOPED_TRACE(file);
    config.checks = {};
    module = load(file);
    if (!module)
      return;
    body();
  }
  if (std::getenv("TESSERA_TEST_SEED")) // which overrides those drawn here
    seeds = std::min(seeds, 1u);
  for (unsigned seed = 1; seed <= seeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("all checks on, seed " + std::to_string(seed));
    config.seed = seed;
    config.checks = allChecks();
    body();
  }
}

Checks CudaTest::allChecks() {
  Checks checks;
  checks.uninitialized = checks.races = checks.async = true;
  return checks;
}

} // namespace tessera::sim
