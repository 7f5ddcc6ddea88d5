//===- CudaAtomicsTest.cpp - Atomics of every type, scope and order by nvcc --===//
//
// Inputs/atomics-{80,90a}.ptx is what nvcc 13.0 makes of Inputs/atomics.cu. What depends on the order of threads is
// compared by what must hold for every order.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CudaTest.h"

#include <algorithm>
#include <numeric>

namespace tessera::sim {
namespace {

class CudaAtomics : public CudaTest {
protected:
  void each(const std::function<void()> &body) { CudaTest::each({"atomics-80.ptx", "atomics-90a.ptx"}, body); }
  bool isHopper() const { return module->target() == "sm_90a"; }
  template <typename T, typename F> static T fold(const std::vector<T> &x, T start, F f) {
    return std::accumulate(x.begin(), x.end(), start, f);
  }
};

TEST_F(CudaAtomics, IntegersOf32Bits) {
  each([&] {
    const int n = 333;
    const auto x = randomIntegers<int>(n, -1000000, 1000000);
    DeviceArray<int> dx(memory, x), s(memory, std::vector<int>{1, 2, 3, 4, -1, 0, 77});
    DeviceArray<unsigned> u(memory, std::vector<unsigned>{~0u, 0, 0, 5, 9});
    run(*module, "integers32", {6}, {64}, dx, s, u, n);
    const int sum = std::accumulate(x.begin(), x.end(), 0);
    const auto less = [](int a, int b) { return unsigned(a) < unsigned(b); };
    const std::vector<int> expected{1 + sum,
                                    2 - sum,
                                    std::min(3, *std::min_element(x.begin(), x.end())),
                                    std::max(4, *std::max_element(x.begin(), x.end())),
                                    fold(x, -1, std::bit_and<int>()),
                                    fold(x, 0, std::bit_or<int>()),
                                    fold(x, 77, std::bit_xor<int>())};
    EXPECT_EQ(s.host(), expected);
    unsigned down = 5;
    for (int i = 0; i < n; ++i)
      down = down == 0 || down > 9 ? 9 : down - 1;
    const std::vector<unsigned> expectedUnsigned{unsigned(*std::min_element(x.begin(), x.end(), less)),
                                                 unsigned(*std::max_element(x.begin(), x.end(), less)), n % 13, down,
                                                 9 + unsigned(sum)};
    EXPECT_EQ(u.host(), expectedUnsigned);
  });
}

TEST_F(CudaAtomics, IntegersOf64Bits) {
  each([&] {
    const int n = 200;
    const auto x = randomIntegers<int64_t>(n, -(int64_t(1) << 60), int64_t(1) << 60);
    DeviceArray<int64_t> dx(memory, x), s(memory, std::vector<int64_t>{0, 0, -1, 0, 5});
    DeviceArray<uint64_t> u(memory, std::vector<uint64_t>{1, ~uint64_t(0), 0});
    run(*module, "integers64", {4}, {64}, dx, s, u, n);
    const auto less = [](int64_t a, int64_t b) { return uint64_t(a) < uint64_t(b); };
    const std::vector<int64_t> expected{*std::min_element(x.begin(), x.end()), *std::max_element(x.begin(), x.end()),
                                        fold(x, int64_t(-1), std::bit_and<int64_t>()),
                                        fold(x, int64_t(0), std::bit_or<int64_t>()),
                                        fold(x, int64_t(5), std::bit_xor<int64_t>())};
    EXPECT_EQ(s.host(), expected);
    uint64_t sum = 1;
    for (const int64_t v : x)
      sum += uint64_t(v);
    const std::vector<uint64_t> expectedUnsigned{sum, uint64_t(*std::min_element(x.begin(), x.end(), less)),
                                                 uint64_t(*std::max_element(x.begin(), x.end(), less))};
    EXPECT_EQ(u.host(), expectedUnsigned);
  });
}

TEST_F(CudaAtomics, ResultsAreTickets) {
  each([&] {
    const int n = 150;
    DeviceArray<unsigned> counters(memory, std::vector<unsigned>{0, n, 0, 0}),
        out(memory, std::vector<unsigned>(5 * n, ~0u));
    DeviceArray<uint64_t> wide(memory, std::vector<uint64_t>{0});
    run(*module, "tickets", {5}, {32}, counters, out, wide, n);
    auto result = out.host();
    for (const int row : {0, 1, 2, 4}) {
      std::sort(result.begin() + row * n, result.begin() + (row + 1) * n);
      for (int i = 0; i < n; ++i)
        EXPECT_EQ(result[row * n + i], unsigned(i)) << "row " << row;
    }
    // Exchanges: 0 and what each thread put there come back once each, but for what stays.
    std::vector<unsigned> found(result.begin() + 3 * n, result.begin() + 4 * n);
    found.push_back(counters.host()[3]);
    std::sort(found.begin(), found.end());
    expectAll(found, [](size_t i) { return i; });
    EXPECT_EQ(wide.host()[0], uint64_t(n) << 20 | n);
  });
}

TEST_F(CudaAtomics, FloatingPoint) {
  each([&] {
    const int n = 100;
    // Sums of so few ones are exact in every format, bf16 with its 8 bits included.
    std::vector<float> x(n);
    double sum = 0;
    for (float &v : x) {
      v = static_cast<float>(randomIntegers<int>(1, -1, 1)[0]);
      sum += v;
    }
    DeviceArray<float> dx(memory, x), f(memory, std::vector<float>{0.5f});
    DeviceArray<double> d(memory, std::vector<double>{0.25});
    DeviceArray<uint16_t> h(memory, std::vector<uint16_t>{hostHalf(1), 0}),
        b(memory, std::vector<uint16_t>{hostBfloat(2), 0}), h2(memory, std::vector<uint16_t>{0, hostHalf(3)}),
        b2(memory, std::vector<uint16_t>{0, hostBfloat(-1)});
    run(*module, "floats", {2}, {64}, dx, f, d, h, b, h2, b2, n);
    EXPECT_EQ(f.host()[0], sum + 0.5);
    EXPECT_EQ(d.host()[0], sum + 0.25);
    EXPECT_EQ(hostHalfValue(h.host()[0]), sum + 1);
    EXPECT_EQ(h.host()[1], 0);
    EXPECT_EQ(hostBfloatValue(b.host()[0]), sum + 2);
    EXPECT_EQ(b.host()[1], 0);
    EXPECT_EQ(hostHalfValue(h2.host()[0]), sum);
    EXPECT_EQ(hostHalfValue(h2.host()[1]), 3 - sum);
    EXPECT_EQ(hostBfloatValue(b2.host()[0]), sum);
    EXPECT_EQ(hostBfloatValue(b2.host()[1]), -1 - sum);
  });
}

TEST_F(CudaAtomics, VectorsOfFloatingPoint) {
  each([&] {
    if (!isHopper())
      return;
    const int n = 90;
    const auto x = randomIntegers<int>(n, -8, 8);
    const std::vector<float> floats(x.begin(), x.end());
    const float sum = static_cast<float>(std::accumulate(x.begin(), x.end(), 0));
    DeviceArray<float> dx(memory, floats), f2(memory, std::vector<float>{1, 2}),
        f4(memory, std::vector<float>{0, 0, 0, 4});
    run(*module, "float_vectors", {3}, {32}, dx, f2, f4, n);
    EXPECT_EQ(f2.host(), (std::vector<float>{1 + sum, 2 + 2 * sum}));
    EXPECT_EQ(f4.host(), (std::vector<float>{sum, float(n), -sum, 4 + sum / 2}));

    // Pairs of f16 in {-1, 0, 1}: sums are exact; their bits read as bf16 are numbers as well.
    std::vector<uint16_t> pairs(4 * n);
    for (uint16_t &v : pairs)
      v = hostHalf(randomIntegers<int>(1, -1, 1)[0]);
    DeviceArray<uint16_t> dPairs(memory, pairs);
    DeviceArray<uint16_t> out(memory, std::vector<uint16_t>(12, 0));
    run(*module, "half_vectors", {3}, {32}, dPairs, out, n);
    const auto result = out.host();
    for (int c = 0; c < 4; ++c) {
      double total = 0, most = 0, least = 0;
      for (int i = 0; i < n; ++i) {
        total += hostHalfValue(pairs[4 * i + c]);
        most = std::max(most, hostHalfValue(pairs[4 * i + c]));
        least = std::min(least, hostBfloatValue(pairs[4 * i + c]));
      }
      EXPECT_EQ(hostHalfValue(result[c]), total);
      EXPECT_EQ(hostHalfValue(result[4 + c]), most);
      EXPECT_EQ(hostBfloatValue(result[8 + c]), least);
    }
  });
}

TEST_F(CudaAtomics, WordsOf128Bits) {
  each([&] {
    if (!isHopper())
      return;
    const int n = 70;
    DeviceArray<uint64_t> place(memory, std::vector<uint64_t>{0, 0}), order(memory, poisoned<uint64_t>(n));
    run(*module, "exchange128", {3}, {32}, place, order, n);
    EXPECT_EQ(place.host(), (std::vector<uint64_t>{n, uint64_t(n) * (n - 1) / 2}));
    auto tickets = order.host();
    std::sort(tickets.begin(), tickets.end());
    expectAll(tickets, [](size_t i) { return i; });
  });
}

TEST_F(CudaAtomics, CompareAndSwapLoops) {
  each([&] {
    const int n = 100;
    DeviceArray<uint16_t> shorts(memory, std::vector<uint16_t>{7, 1000, 7, 7});
    run(*module, "short_add", {4}, {32}, shorts.address() + 2, n);
    EXPECT_EQ(shorts.host(), (std::vector<uint16_t>{7, 1000 + 3 * n, 7, 7}));
    std::vector<float> x(n);
    double product = 1;
    for (float &v : x) {
      v = randomIntegers<int>(1, 0, 1)[0] ? 2.0f : -0.5f;
      product *= v;
    }
    DeviceArray<float> dx(memory, x), narrow(memory, std::vector<float>{1});
    DeviceArray<double> wide(memory, std::vector<double>{1});
    run(*module, "products", {4}, {32}, dx, narrow, wide, n);
    EXPECT_EQ(narrow.host()[0], product);
    EXPECT_EQ(wide.host()[0], product);
  });
}

TEST_F(CudaAtomics, References) {
  each([&] {
    const int n = 150, blocks = 3;
    const auto x = randomIntegers<int>(n, -900, 900);
    DeviceArray<int> dx(memory, x), out(memory, std::vector<int>(4 + 2 * blocks, 0));
    DeviceArray<float> f(memory, std::vector<float>{0, 0});
    DeviceArray<double> d(memory, std::vector<double>{0, 0});
    DeviceArray<uint64_t> w(memory, std::vector<uint64_t>{0});
    run(*module, "references", {blocks}, {64}, dx, out, f, d, w, n);
    const int sum = std::accumulate(x.begin(), x.end(), 0), most = *std::max_element(x.begin(), x.end()),
              least = *std::min_element(x.begin(), x.end());
    const auto result = out.host();
    EXPECT_EQ(result[0], sum);
    EXPECT_EQ(result[1], std::max(0, most));
    EXPECT_EQ(result[2], fold(x, 0, std::bit_or<int>()));
    for (int b = 0; b < blocks; ++b) {
      const auto first = x.begin() + 64 * b, last = x.begin() + std::min(n, 64 * b + 64);
      EXPECT_EQ(result[4 + 2 * b], std::accumulate(first, last, 0));
      EXPECT_EQ(result[5 + 2 * b], std::accumulate(first, last, 0, std::bit_xor<int>()));
    }
    EXPECT_EQ(f.host(), (std::vector<float>{float(sum), float(std::max(0, most))}));
    EXPECT_EQ(d.host(), (std::vector<double>{double(-sum), double(std::min(0, least))}));
    EXPECT_EQ(w.host()[0], uint64_t(most + 1000) << 32);
  });
}

TEST_F(CudaAtomics, TypesSmallerThanAWord) {
  each([&] {
    const int n = 100;
    DeviceArray<uint8_t> bytes(memory, std::vector<uint8_t>{0, 1, 2, 3, 4, 5, 250, 9});
    DeviceArray<int16_t> shorts(memory, std::vector<int16_t>{0, 0, 0, 9});
    run(*module, "small_types", {2}, {64}, bytes, shorts, n);
    std::vector<uint8_t> expected{0, 1, 2, 3, 4, 5, 250, 9};
    std::vector<int16_t> expectedShorts{0, 0, 0, 9};
    for (int i = 0; i < n; ++i) {
      ++expected[i % 7];
      expectedShorts[i % 3] = static_cast<int16_t>(expectedShorts[i % 3] - i);
    }
    EXPECT_EQ(bytes.host(), expected);
    EXPECT_EQ(shorts.host(), expectedShorts);
  });
}

TEST_F(CudaAtomics, SpacesAndScopes) {
  each([&] {
    const auto x = randomIntegers<int>(64, -50, 50);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(3)), global(memory, std::vector<int>{0, 0});
    run(*module, "spaces", {1}, {64}, dx, out, global);
    const int sum = std::accumulate(x.begin(), x.end(), 0), most = *std::max_element(x.begin(), x.end());
    EXPECT_EQ(out.host(), (std::vector<int>{sum + 32, most + 100, 64}));
    EXPECT_EQ(global.host(), (std::vector<int>{32, sum}));
  });
}

TEST_F(CudaAtomics, TicketLock) {
  each([&] {
    DeviceArray<unsigned> lock(memory, std::vector<unsigned>{0, 0});
    DeviceArray<int> account(memory, std::vector<int>{0, 0});
    run(*module, "ticket_lock", {3}, {64}, lock, account, 2);
    const int turns = 3 * 4 * 2;
    EXPECT_EQ(account.host(), (std::vector<int>{5 * turns, -2 * turns}));
  });
}

TEST_F(CudaAtomics, MessagesBetweenBlocks) {
  each([&] {
    const int rounds = 4, threads = 64;
    DeviceArray<int> data(memory, poisoned<int>(2 * threads)), flags(memory, std::vector<int>{0, 0}),
        out(memory, poisoned<int>((rounds + 1) * threads));
    run(*module, "message", {2}, {threads}, data, flags, out, rounds);
    const auto result = out.host();
    for (int r = 1; r <= rounds; ++r)
      for (int t = 0; t < threads; ++t)
        EXPECT_EQ(result[r * threads + t], 2 * (r * 100 + threads - 1 - t));
  });
}

} // namespace
} // namespace tessera::sim
