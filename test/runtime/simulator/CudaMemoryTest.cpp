//===- CudaMemoryTest.cpp - Memory in all its forms by nvcc ---------------===//
//
// Inputs/memory-{80,90a}.ptx is what nvcc 13.0 makes of Inputs/memory.cu.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CudaTest.h"

#include <algorithm>

namespace tessera::sim {
namespace {

class CudaMemory : public CudaTest {
protected:
  void each(const std::function<void()> &body) { CudaTest::each({"memory-80.ptx", "memory-90a.ptx"}, body); }

  std::vector<uint8_t> draw(size_t count) {
    std::vector<uint8_t> values(count);
    for (uint8_t &v : values)
      v = static_cast<uint8_t>(random());
    return values;
  }
};

TEST_F(CudaMemory, CacheOperators) {
  each([&] {
    struct Kernel {
      const char *name;
      size_t bytes;
    };
    for (const auto &[name, bytes] :
         {Kernel{"cache_bytes", 1}, Kernel{"cache_shorts", 4}, Kernel{"cache_bytes4", 4}, Kernel{"cache_words", 16},
          Kernel{"cache_floats", 8}, Kernel{"cache_doubles", 16}}) {
      SCOPED_TRACE(name);
      const int n = 40;
      const auto x = draw(n * bytes);
      DeviceArray<uint8_t> dx(memory, x), out(memory, poisoned<uint8_t>(6 * n * bytes));
      run(*module, name, {1}, {n}, dx, out, n);
      expectAll(out.host(), [&, length = n * bytes](size_t i) { return x[i % length]; });
    }
  });
}

TEST_F(CudaMemory, Hints) {
  each([&] {
    const int n = 150;
    const auto x = randomIntegers<int>(n, -1000, 1000);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(2 * n));
    run(*module, "hints", {2}, {96}, dx, out, n);
    expectAll(out.host(), [&](size_t i) { return i < n ? x[i] + 2 * x[n - 1 - i] : x[i - n]; });
  });
}

TEST_F(CudaMemory, PointersIntoEverySpace) {
  struct Block {
    int values[8];
  };
  each([&] {
    Block parameter{};
    const auto global = randomIntegers<int>(8, -100, 100);
    for (int &v : parameter.values)
      v = randomIntegers<int>(1, -100, 100)[0];
    DeviceArray<int> dGlobal(memory, global), out(memory, poisoned<int>(128));
    run(*module, "spaces", {1}, {64}, parameter, dGlobal, out);
    const auto result = out.host();
    expectAll(result, [&](size_t at) -> int {
      const int t = int(at / 2), kind = t % 5;
      // What is global, shared, local, constant, a parameter. The window of parameters lies in that of global memory
      // (PTX ISA, isspacep); where that of constants lies is not said, so that its first bit is free.
      static constexpr int Facts[] = {1, 2, 4, 1 | 16, 8};
      if (at % 2)
        return Facts[kind] | (kind == 4 ? result[at] & 1 : 0);
      int sum = 0;
      for (int i = 0; i < 8; ++i) {
        const int e = (i + t) % 8;
        const int values[] = {global[e], e * 100, 1000 * t + e, parameter.values[e], 9 - e};
        sum = sum * 2 + values[kind];
      }
      return sum;
    });
    std::vector<int> counts(64, 2);
    DeviceArray<int> dCounts(memory, counts), bumped(memory, poisoned<int>(64));
    run(*module, "bumps", {1}, {64}, dCounts, bumped);
    expectAll(bumped.host(), [](size_t i) {
      const int t = int(i);
      return (t + (t % 3 == 0 ? 7 : 0)) * 10000 + (5 + (t % 3 == 1 ? 7 : 0)) * 100 + 2 + (t % 3 == 2 ? 7 : 0);
    });
  });
}

TEST_F(CudaMemory, BlockCopies) {
  each([&] {
    for (const int length : {0, 1, 13, 32, 85}) {
      const auto x = draw(64 + 96);
      DeviceArray<uint8_t> dx(memory, x), out(memory, poisoned<uint8_t>(64 * 96));
      run(*module, "copies", {1}, {64}, dx, out, length);
      const auto result = out.host();
      for (int t = 0; t < 64; ++t) {
        std::vector<uint8_t> buffer(96, 0x5A);
        std::copy_n(x.begin() + t, length, buffer.begin() + t % 7);
        std::memmove(&buffer[3], &buffer[0], 40);
        std::memset(&buffer[60], t, t % 20);
        EXPECT_TRUE(std::equal(buffer.begin(), buffer.end(), result.begin() + t * 96))
            << "thread " << t << ", " << length;
      }
    }
  });
}

int reversed(const int *x, int n) {
  int sum = 0;
  for (int i = n - 1; i >= 0; --i)
    sum = sum * 3 + x[i];
  return n > 2 ? sum + reversed(x + 1, n - 2) : sum;
}

TEST_F(CudaMemory, StackOfASizeKnownLate) {
  each([&] {
    const auto x = randomIntegers<int>(64 + 9, -100, 100);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(64));
    run(*module, "stacks", {1}, {64}, dx, out);
    expectAll(out.host(), [&](size_t t) { return reversed(&x[t], int(t % 9) + 1); });
  });
}

TEST_F(CudaMemory, PackedMembers) {
#pragma pack(push, 1)
  struct Packed {
    int8_t a;
    int b;
    int16_t c;
    double d;
  };
#pragma pack(pop)
  each([&] {
    std::vector<Packed> x(64);
    for (Packed &p : x)
      p = {static_cast<int8_t>(random()), randomIntegers<int>(1, -1000, 1000)[0], static_cast<int16_t>(random() % 1000),
           randomFloats(1)[0]};
    DeviceArray<Packed> dx(memory, x), out(memory, poisoned<Packed>(64));
    run(*module, "packed", {1}, {64}, dx, out);
    const auto result = out.host();
    for (int i = 0; i < 64; ++i) {
      const Packed expected{x[i].a, x[i].b * 3 + x[i].a, static_cast<int16_t>(x[i].c - x[i].a), x[i].d * 0.5};
      EXPECT_EQ(std::memcmp(&result[i], &expected, sizeof expected), 0) << i;
    }
  });
}

TEST_F(CudaMemory, Volatile) {
  each([&] {
    const auto x = randomIntegers<int>(64, -1000, 1000);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(64));
    run(*module, "volatiles", {1}, {64}, dx, out);
    expectAll(out.host(), [&](size_t i) { return 2 * x[i ^ 16 ^ 1] + x[i ^ 1]; });
  });
}

TEST_F(CudaMemory, TablesOfStructures) {
  each([&] {
    const float cells[4][8][3] = {{{0, 1, 0.5f}}, {{1, 2, 0.25f}, {3, 4, -1}}, {{5, 6, 2}}};
    DeviceArray<float> out(memory, poisoned<float>(32));
    run(*module, "tables", {1}, {32}, out);
    expectAll(out.host(), [&](size_t t) {
      const auto &c = cells[(t % 4 + 1) % 4][(t / 4 + 1) % 8];
      return c[0] * 100 + c[1] * 10 + c[2];
    });
  });
}

} // namespace
} // namespace tessera::sim
