//===- BitSpace.cpp - Subspaces of GF(2)^64 -------------------------------===//
//
// Intersections, complements and annihilators by elimination.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/BitSpace.h"

namespace tessera {

std::vector<uint64_t> intersect(std::span<const uint64_t> a, std::span<const uint64_t> b) {
  // Zassenhaus: a vector of b that depends on a and the earlier vectors of b gives one of the intersection, the part
  // that comes from a. The tags carry that part along.
  BitSpace space;
  for (uint64_t vector : a)
    space.insert(vector, vector);
  std::vector<uint64_t> result;
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

std::vector<uint64_t> completion(std::span<const uint64_t> vectors, unsigned bits) {
  BitSpace space(vectors);
  std::vector<uint64_t> result;
  for (unsigned bit = 0; bit < bits; ++bit)
    if (space.insert(uint64_t(1) << bit))
      result.push_back(uint64_t(1) << bit);
  return result;
}

std::vector<uint64_t> annihilator(std::span<const uint64_t> vectors, unsigned bits) {
  // In a basis of GF(2)^bits that starts with the vectors, the annihilator is spanned by the coordinate functions of
  // the vectors that complete it.
  BitSpace space;
  unsigned completed = 0;
  for (uint64_t vector : vectors)
    space.insert(vector, 0);
  for (unsigned bit = 0; bit < bits; ++bit)
    if (space.insert(uint64_t(1) << bit, uint64_t(1) << completed))
      ++completed;
  std::vector<uint64_t> result(completed, 0);
  for (unsigned bit = 0; bit < bits; ++bit) {
    uint64_t coordinates = *space.express(uint64_t(1) << bit);
    for (unsigned i = 0; i < completed; ++i)
      result[i] |= (coordinates >> i & 1) << bit;
  }
  return result;
}

} // namespace tessera
