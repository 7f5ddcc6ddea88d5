//===- BitSpace.cpp - Subspaces of GF(2)^64 -------------------------------===//
//
// Intersections by elimination.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/BitSpace.h"

namespace tessera {

WordList intersect(std::span<const uint64_t> a, std::span<const uint64_t> b) {
  // Zassenhaus: a vector of b that depends on a and the earlier vectors of b gives one of the intersection, the part
  // that comes from a. The tags carry that part along.
  BitSpace space;
  for (uint64_t vector : a)
    space.insert(vector, vector);
  WordList result;
  for (uint64_t vector : b) {
    if (std::optional<uint64_t> part = space.express(vector)) {
      if (*part)
        result.push_back(*part);
      continue;
    }
    space.insert(vector, 0);
  }
  return BitSpace(result).basis();
}

} // namespace tessera
