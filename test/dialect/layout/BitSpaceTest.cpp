//===- BitSpaceTest.cpp - Subspaces of GF(2)^64 ---------------------------===//
//
// All sets of three vectors of four bits, against spans written out.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/BitSpace.h"

#include <gtest/gtest.h>
#include <set>
#include <vector>

using namespace tessera;

namespace {

std::set<uint64_t> spanOf(std::span<const uint64_t> vectors) {
  std::set<uint64_t> span;
  for (uint64_t choice = 0; choice < uint64_t(1) << vectors.size(); ++choice) {
    uint64_t sum = 0;
    for (size_t i = 0; i < vectors.size(); ++i)
      sum ^= choice >> i & 1 ? vectors[i] : 0;
    span.insert(sum);
  }
  return span;
}

template <typename Visit> void forAllTriples(Visit visit) {
  for (uint64_t code = 0; code < 4096; ++code)
    visit(std::vector<uint64_t>{code & 15, code >> 4 & 15, code >> 8});
}

} // namespace

TEST(BitSpace, HoldsTheSpanAndExpressesIt) {
  forAllTriples([](const std::vector<uint64_t> &vectors) {
    BitSpace space;
    for (size_t i = 0; i < vectors.size(); ++i)
      space.insert(vectors[i], uint64_t(1) << i);
    std::set<uint64_t> span = spanOf(vectors);
    ASSERT_EQ(uint64_t(1) << space.dimension(), span.size());
    ASSERT_EQ(spanOf(space.basis()), span);
    for (uint64_t word = 0; word < 16; ++word) {
      ASSERT_EQ(space.contains(word), span.count(word) == 1);
      std::optional<uint64_t> which = space.express(word);
      ASSERT_EQ(which.has_value(), span.count(word) == 1);
      uint64_t sum = 0;
      for (size_t i = 0; which && i < vectors.size(); ++i)
        sum ^= *which >> i & 1 ? vectors[i] : 0;
      ASSERT_EQ(sum, which ? word : 0);
    }
  });
}

TEST(BitSpace, Intersections) {
  forAllTriples([](const std::vector<uint64_t> &a) {
    for (uint64_t code = 0; code < 256; code += 3) {
      std::vector<uint64_t> b{code & 15, code >> 4};
      std::set<uint64_t> first = spanOf(a), second = spanOf(b), both;
      for (uint64_t word : first)
        if (second.count(word))
          both.insert(word);
      WordList basis = intersect(a, b);
      ASSERT_EQ(spanOf(basis), both);
      ASSERT_EQ(uint64_t(1) << basis.size(), both.size());
    }
  });
}
