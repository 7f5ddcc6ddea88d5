//===- CudaCollectivesTest.cpp - Reductions, scans and cooperative groups by nvcc --===//
//
// Inputs/collectives-{80,90a}.ptx is what nvcc 13.0 makes of Inputs/collectives.cu.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CudaTest.h"

#include <algorithm>
#include <numeric>

namespace tessera::sim {
namespace {

class CudaCollectives : public CudaTest {
protected:
  void each(const std::function<void()> &body) { CudaTest::each({"collectives-80.ptx", "collectives-90a.ptx"}, body); }

  /// Reduces n random elements in a grid of 3 blocks and hands the parts to `check`.
  template <typename T, typename F> void reduce(const char *kernel, const std::vector<T> &x, F check) {
    DeviceArray<T> dx(memory, x), out(memory, poisoned<T>(3));
    run(*module, kernel, {3}, {192}, dx, out, static_cast<int>(x.size()));
    check(out.host());
  }
};

TEST_F(CudaCollectives, ReductionsOfABlock) {
  each([&] {
    const int n = 3001;
    const auto sum = [](const auto &values) {
      return std::accumulate(values.begin(), values.end(), values[0] - values[0]);
    };
    const auto narrow = randomIntegers<int>(n, -1000000, 1000000);
    reduce("reduce_i32", narrow, [&](auto parts) { EXPECT_EQ(sum(parts), sum(narrow)); });
    const auto wide = randomIntegers<int64_t>(n, -(int64_t(1) << 50), int64_t(1) << 50);
    reduce("reduce_i64", wide, [&](auto parts) { EXPECT_EQ(sum(parts), sum(wide)); });
    const auto floats = randomFloats(n, -2, 3);
    double exact = 0, absolutes = 0;
    for (const float v : floats) {
      exact += v;
      absolutes += std::fabs(v);
    }
    // Six additions a thread, ten in the tree.
    reduce("reduce_f32", floats,
           [&](auto parts) { EXPECT_NEAR(double(parts[0]) + parts[1] + parts[2], exact, sumBound(16, absolutes)); });
    const std::vector<double> doubles(floats.begin(), floats.end());
    reduce("reduce_f64", doubles, [&](auto parts) {
      EXPECT_NEAR(sum(parts), exact, sumBound(n, absolutes, 0x1p-53)); // the reference sums in order
    });
    reduce("minimum_f64", doubles, [&](auto parts) {
      EXPECT_EQ(*std::min_element(parts.begin(), parts.end()), *std::min_element(doubles.begin(), doubles.end()));
    });
    const auto unsignedWide = randomIntegers<uint64_t>(n, 1000, std::numeric_limits<int64_t>::max());
    reduce("minimum_u64", unsignedWide, [&](auto parts) {
      EXPECT_EQ(*std::min_element(parts.begin(), parts.end()),
                *std::min_element(unsignedWide.begin(), unsignedWide.end()));
    });
  });
}

TEST_F(CudaCollectives, LastBlockAddsTheParts) {
  each([&] {
    const int n = 2049;
    const auto x = randomIntegers<int>(n, -1000, 1000);
    DeviceArray<int> dx(memory, x), parts(memory, poisoned<int>(7)), out(memory, poisoned<int>(1));
    DeviceArray<unsigned> counter(memory, std::vector<unsigned>{0});
    run(*module, "reduce_last_block", {7}, {128}, dx, parts, counter, out, n);
    EXPECT_EQ(out.host()[0], std::accumulate(x.begin(), x.end(), 0));
  });
}

TEST_F(CudaCollectives, Redux) {
  each([&] {
    const auto x = randomIntegers<int>(64, -1000000, 1000000);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(64 * 8));
    run(*module, "redux", {1}, {64}, dx, out);
    expectAll(out.host(), [&](size_t i) {
      const auto first = x.begin() + static_cast<int>(i / 8 / 32 * 32), last = first + 32;
      const auto by = [&](auto f) { return std::accumulate(first + 1, last, *first, f); };
      const auto less = [](int a, int b) { return unsigned(a) < unsigned(b); };
      switch (i % 8) {
      case 0:
        return by(std::plus<int>());
      case 1:
        return *std::min_element(first, last);
      case 2:
        return *std::max_element(first, last);
      case 3:
        return *std::min_element(first, last, less);
      case 4:
        return *std::max_element(first, last, less);
      case 5:
        return by(std::bit_and<int>());
      case 6:
        return by(std::bit_or<int>());
      default:
        return by(std::bit_xor<int>());
      }
    });
  });
}

TEST_F(CudaCollectives, ReduxOfPartsOfAWarp) {
  each([&] {
    const auto x = randomIntegers<int>(64, -1000, 1000);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(64));
    run(*module, "redux_parts", {1}, {64}, dx, out);
    expectAll(out.host(), [&](size_t i) {
      const auto warp = x.begin() + static_cast<int>(i / 32 * 32);
      return i % 32 < 11 ? std::accumulate(warp, warp + 11, 0) : *std::max_element(warp + 11, warp + 32);
    });
  });
}

TEST_F(CudaCollectives, ReductionsOfGroups) {
  each([&] {
    const auto x = randomIntegers<int>(64, -9, 9);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(64 * 12));
    run(*module, "cg_reduce", {1}, {64}, dx, out);
    expectAll(out.host(), [&](size_t at) -> int {
      const int i = static_cast<int>(at / 12), v = x[i];
      // Folds the lanes of the group of `size` lanes around i that `member` accepts.
      const auto fold = [&](int size, auto member, auto f) {
        const int from = i / size * size;
        bool any = false;
        int result = 0;
        for (int j = from; j < from + size; ++j)
          if (member(x[j])) {
            result = any ? f(result, x[j]) : x[j];
            any = true;
          }
        return result;
      };
      const auto all = [](int) { return true; };
      const auto least = [](int a, int b) { return std::min(a, b); };
      switch (at % 12) {
      case 0:
      case 11:
        return fold(32, all, std::plus<int>());
      case 1:
        return fold(16, all, least);
      case 2:
        return fold(4, all, [](int a, int b) { return std::max(a, b); });
      case 3:
        return fold(32, all, std::bit_and<int>());
      case 4:
        return fold(16, all, std::bit_or<int>());
      case 5:
        return fold(4, all, std::bit_xor<int>());
      case 6:
        return i % 32 / 4 * 100 + 8;
      case 7:
        return fold(16, all, [](int a, int b) { return a + b + 1; });
      case 8:
        return v % 3 ? -1 : fold(32, [](int w) { return w % 3 == 0; }, std::plus<int>());
      case 9:
        return fold(32, [v](int w) { return (w & 3) == (v & 3); }, std::plus<int>());
      default: {
        const auto same = [v](int w) { return (w > 0) == (v > 0); };
        int size = 0;
        for (int j = i / 32 * 32; j < i / 32 * 32 + 32; ++j)
          size += same(x[j]);
        return fold(32, same, least) + size;
      }
      }
    });
  });
}

TEST_F(CudaCollectives, GroupsWiderThanAWarp) {
  each([&] {
    const int n = 3 * 256;
    const auto x = randomIntegers<int>(n, -1000, 1000);
    const auto floats = randomFloats(n);
    const std::vector<double> y(floats.begin(), floats.end());
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(n)), total(memory, std::vector<int>{0});
    DeviceArray<double> dy(memory, y), wide(memory, poisoned<double>(n / 128));
    run(*module, "cg_reduce_wide", {3}, {256}, dx, dy, out, wide, total);
    expectAll(out.host(), [&](size_t i) {
      const auto tile = x.begin() + static_cast<int>(i / 128 * 128);
      return std::accumulate(tile, tile + 128, 0) + std::accumulate(tile, x.begin() + static_cast<int>(i), 0);
    });
    expectAll(wide.host(), [&](size_t i) { return *std::max_element(y.begin() + 128 * i, y.begin() + 128 * i + 128); });
    EXPECT_EQ(total.host()[0], std::accumulate(x.begin(), x.end(), 0));
  });
}

TEST_F(CudaCollectives, ScansOfGroups) {
  each([&] {
    const auto x = randomIntegers<int>(64, -50, 50);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(64 * 5));
    run(*module, "cg_scan", {1}, {64}, dx, out);
    expectAll(out.host(), [&](size_t at) -> int {
      const auto i = static_cast<int>(at / 5), warp = i / 32 * 32, tile = i / 8 * 8;
      const auto begin = x.begin();
      int rank = 0, sum = 0;
      for (int j = warp; j < i; ++j)
        if (x[j] & 1) {
          ++rank;
          sum += x[j];
        }
      switch (at % 5) {
      case 0:
        return std::accumulate(begin + warp, begin + i + 1, 0);
      case 1:
        return std::accumulate(begin + tile, begin + i, 0);
      case 2:
        return *std::max_element(begin + tile, begin + i + 1);
      case 3:
        return x[i] & 1 ? sum + x[i] : -1;
      default:
        return x[i] & 1 ? rank : -1;
      }
    });
  });
}

TEST_F(CudaCollectives, ScanWithLookBack) {
  each([&] {
    const int n = 1777, blocks = (n + 127) / 128;
    const auto x = randomIntegers<unsigned>(n, 0, 1000);
    DeviceArray<unsigned> dx(memory, x), out(memory, poisoned<unsigned>(n)), ticket(memory, std::vector<unsigned>{0});
    DeviceArray<uint64_t> states(memory, std::vector<uint64_t>(blocks, 0));
    run(*module, "scan_look_back", {blocks}, {128}, dx, out, states, ticket, n);
    std::vector<unsigned> expected(n);
    std::partial_sum(x.begin(), x.end(), expected.begin());
    expectAll(out.host(), [&](size_t i) { return expected[i]; });
  });
}

TEST_F(CudaCollectives, Shuffles) {
  each([&] {
    const auto x = randomIntegers<int>(64, -500, 500); // exact in f16
    const auto floats = randomFloats(64);
    const std::vector<double> y(floats.begin(), floats.end());
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(64 * 6));
    DeviceArray<double> dy(memory, y), wide(memory, poisoned<double>(64));
    run(*module, "shuffles", {1}, {64}, dx, dy, out, wide);
    expectAll(out.host(), [&](size_t at) {
      const auto i = static_cast<int>(at / 6), lane = i % 32, warp = i - lane;
      switch (at % 6) {
      case 0:
        return x[warp + (i * 7 + 3) % 32];
      case 1:
        return x[warp + lane / 8 * 8 + 5];
      case 2:
        return x[lane % 16 >= 3 ? i - 3 : i];
      case 3:
        return x[lane % 4 + 2 < 4 ? i + 2 : i];
      case 4:
        return x[warp + (lane ^ 13)];
      default:
        return x[i ^ 1] * 1000 + x[i ^ 1] + 1;
      }
    });
    expectAll(wide.host(), [&](size_t i) {
      return y[i % 32 + 9 < 32 ? i + 9 : i] + double(int64_t(x[i % 32 ? i - 1 : i]) * (int64_t(1) << 33));
    });
  });
}

TEST_F(CudaCollectives, VotesAndMatches) {
  each([&] {
    auto x = randomIntegers<int>(96, -9, 9);
    for (int i = 64; i < 96; ++i)
      x[i] = 5; // a warp in which all match
    DeviceArray<int> dx(memory, x);
    DeviceArray<unsigned> out(memory, poisoned<unsigned>(96 * 8));
    run(*module, "votes_and_matches", {1}, {96}, dx, out);
    const auto result = out.host();
    expectAll(result, [&](size_t at) -> unsigned {
      const auto i = at / 8, warp = i / 32 * 32;
      const auto mask = [&](auto predicate) {
        unsigned bits = 0;
        for (size_t j = 0; j < 32; ++j)
          bits |= unsigned(predicate(x[warp + j])) << j;
        return bits;
      };
      const unsigned positive = mask([](int v) { return v > 0; });
      const bool allHigh = mask([&](int v) { return v >> 16 == x[i] >> 16; }) == ~0u,
                 allOdd = mask([&](int v) { return (v & 1) == (x[i] & 1); }) == ~0u;
      switch (at % 8) {
      case 0:
        return positive;
      case 1:
        return unsigned(mask([](int v) { return v == 7; }) != 0) | 2 | unsigned(positive == 0 || positive == ~0u) << 2;
      case 2:
        return mask([&](int v) { return (v & 3) == (x[i] & 3); });
      case 3:
        return mask([&](int v) { return (v & 1) == (x[i] & 1); });
      case 4:
        return allHigh ? ~0u : 0;
      case 5:
        return allOdd ? ~0u : 0;
      case 6:
        return unsigned(allHigh) | unsigned(allOdd) << 1;
      default: // any set of lanes that took the branch and holds the lane itself
        return x[i] > 0 && (result[at] >> i % 32 & 1) && !(result[at] & ~positive) ? result[at] : 0;
      }
    });
  });
}

TEST_F(CudaCollectives, VotesOfABlock) {
  each([&] {
    const auto x = randomIntegers<int>(72, -9, 9); // the last warp is not full
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(72 * 3));
    run(*module, "block_votes", {1}, {72}, dx, out);
    int odd = 0, all = 1, any = 0;
    for (const int v : x) {
      odd += v & 1;
      all &= v > -9;
      any |= v > 8;
    }
    const auto result = out.host();
    for (int i = 0; i < 72; ++i) {
      EXPECT_EQ(result[i * 3], odd);
      EXPECT_EQ(result[i * 3 + 1] != 0, all != 0);
      EXPECT_EQ(result[i * 3 + 2] != 0, any != 0);
    }
  });
}

TEST_F(CudaCollectives, FilterWithAggregatedAtomics) {
  each([&] {
    const int n = 901;
    const auto x = randomIntegers<int>(n, -50, 50);
    std::vector<int> expected;
    std::copy_if(x.begin(), x.end(), std::back_inserter(expected), [](int v) { return v > 0; });
    DeviceArray<int> dx(memory, x), out(memory, expected.size());
    DeviceArray<unsigned> count(memory, std::vector<unsigned>{0});
    run(*module, "filter", {8}, {128}, dx, out, count, n);
    EXPECT_EQ(count.host()[0], expected.size());
    auto result = out.host();
    std::sort(result.begin(), result.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(result, expected);
  });
}

TEST_F(CudaCollectives, CopiesOfAGroup) {
  each([&] {
    const int tiles = 5;
    const auto x = randomIntegers<int>(tiles * 128, -1000, 1000);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(128));
    run(*module, "cg_copies", {1}, {128}, dx, out, tiles);
    expectAll(out.host(), [&](size_t t) {
      int sum = 0;
      for (int tile = 0; tile < tiles; ++tile)
        sum = sum * 5 + x[tile * 128 + 127 - t];
      return sum;
    });
  });
}

TEST_F(CudaCollectives, RanksInThreeDimensions) {
  each([&] {
    const Dim3 grid{2, 3}, block{4, 2, 5};
    DeviceArray<int> out(memory, poisoned<int>(grid.count() * block.count() * 3));
    run(*module, "ranks", grid, block, out);
    expectAll(out.host(), [&](size_t at) -> int {
      const auto rank = static_cast<int>(at / 3), b = rank / 40, t = rank % 40;
      switch (at % 3) {
      case 0:
        return t % 4 + 10 * (t / 4 % 2) + 100 * (t / 8) + 1000 * (b % 2) + 10000 * (b / 2);
      case 1:
        return t + 1000 * b;
      default:
        return 17;
      }
    });
  });
}

} // namespace
} // namespace tessera::sim
