// The harness finds what it is there to find.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

#include <gtest/gtest-spi.h>

using namespace tessera;
using namespace tessera::endtoend;

namespace {

/// Writes `n` elements from element `first` on to `o`, and one to `x`.
const char *kStray = R"(
@triton.jit
def f(x, o, first, n, BLOCK: tl.constexpr):
    i = tl.arange(0, BLOCK)
    tl.store(o + first + i, 1.0, mask=i < n)
    tl.store(x, 2.0, mask=n == 0)
)";

void stray(int first, int n) {
  static std::vector<float> x, o;
  x.assign(4, 1), o.assign(16, 0);
  Launch(kStray, {{"BLOCK", 32}}).in(x).out(o).scalar(first).scalar(n).run({"sm_80", 1});
}

} // namespace

TEST(Harness, FindsStrayWrites) {
  stray(0, 16);
  EXPECT_NONFATAL_FAILURE(stray(0, 17), "argument 1 was written behind its array");
  EXPECT_NONFATAL_FAILURE(stray(-1, 16), "argument 1 was written in front of its array");
  EXPECT_NONFATAL_FAILURE(stray(0, 0), "argument 0 is an input and was written");
}

TEST(Harness, PoisonsOutputs) {
  std::vector<float> x(4), o(16);
  Launch(kStray, {{"BLOCK", 32}}).in(x).out(o).scalar(0).scalar(8).run({"sm_90a", 2});
  for (std::size_t i = 0; i != 16; ++i)
    EXPECT_EQ(std::isnan(o[i]), i >= 8) << i;
}

TEST(Harness, Compares) {
  static const std::vector<float> got = {1, 2, NAN};
  EXPECT_NONFATAL_FAILURE(expectNear(got, {1, 2, 3}, 0, 1), "element 2 is nan, should be 3");
  EXPECT_NONFATAL_FAILURE(expectNear(got, {1, 2.125, NAN}, 0.05, 0), "element 1 is 2, should be 2.125");
  EXPECT_NONFATAL_FAILURE(expectSame(got, {1, -2, NAN}), "element 1 is 2, should be -2");
  EXPECT_FATAL_FAILURE(expectSame(got, {1}), "size");
  expectNear(got, {1.5, 2, NAN}, 0, 0.5);
}
