//===- CudaPipelinesTest.cpp - Pipelines and barriers of libcu++ by nvcc --===//
//
// Inputs/pipelines-{80,90a}.ptx is what nvcc 13.0 makes of Inputs/pipelines.cu.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CudaTest.h"

#include <algorithm>

namespace tessera::sim {
namespace {

class CudaPipelines : public CudaTest {
protected:
  void each(const std::function<void()> &body) { CudaTest::each({"pipelines-80.ptx", "pipelines-90a.ptx"}, body); }
};

TEST_F(CudaPipelines, OfAThread) {
  each([&] {
    for (const int batches : {1, 2, 7}) {
      const auto x = randomIntegers<int>(batches * 64 * 4, -1000, 1000);
      DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(64));
      run(*module, "thread_pipeline", {1}, {64}, dx, out, batches);
      expectAll(out.host(), [&](size_t t) {
        int sum = 0;
        for (int b = 0; b < batches; ++b) {
          const int *v = &x[(b * 64 + t) * 4];
          sum = sum * 3 + v[0] + 2 * v[1] + 3 * v[2] + 4 * v[3];
        }
        return sum;
      });
    }
  });
}

TEST_F(CudaPipelines, OfABlock) {
  each([&] {
    for (const int batches : {1, 5}) {
      const auto x = randomIntegers<int>(batches * 128, -1000, 1000);
      DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(128));
      run(*module, "block_pipeline", {1}, {128}, dx, out, batches);
      expectAll(out.host(), [&](size_t t) {
        int sum = 0;
        for (int b = 0; b < batches; ++b)
          sum = sum * 5 + x[b * 128 + (t + b) % 128];
        return sum;
      });
    }
  });
}

TEST_F(CudaPipelines, WithRoles) {
  each([&] {
    const int batches = 9;
    const auto x = randomFloats(batches * 96);
    DeviceArray<float> dx(memory, x), out(memory, poisoned<float>(96));
    run(*module, "role_pipeline", {1}, {128}, dx, out, batches);
    expectAll(out.host(), [&](size_t t) {
      float sum = 0; // halves are exact, so each step rounds once, fused or not
      for (int b = 0; b < batches; ++b)
        sum = 0.5f * sum + x[b * 96 + 95 - t];
      return sum;
    });
  });
}

TEST_F(CudaPipelines, Barriers) {
  each([&] {
    const int rounds = 4;
    const auto x = randomIntegers<int>(64, -10, 10);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(128));
    run(*module, "barriers", {1}, {64}, dx, out, rounds);
    auto v = x;
    for (int r = 0; r < rounds; ++r) {
      const auto old = v;
      for (int t = 0; t < 64; ++t)
        v[t] = old[t] * 3 + old[(t + r + 1) % 64];
    }
    expectAll(out.host(), [&](size_t i) {
      const size_t t = i / 2;
      return i % 2 ? rounds : t % 2 ? v[t] : v[t] + v[(t + 2) % 64];
    });
  });
}

TEST_F(CudaPipelines, CopiesThatABarrierAwaits) {
  each([&] {
    for (const auto &[aligned, ragged] : {std::pair{256, 77}, std::pair{1024, 1001}, std::pair{16, 1}}) {
      std::vector<int8_t> x = randomIntegers<int8_t>(aligned + ragged + 1, -128, 127);
      DeviceArray<int8_t> dx(memory, x), out(memory, poisoned<int8_t>(aligned + ragged));
      run(*module, "barrier_copies", {1}, {96}, dx, out, aligned, ragged);
      expectAll(out.host(), [&, large = aligned](size_t i) { return i < size_t(large) ? x[large - 1 - i] : x[i + 1]; });
    }
  });
}

TEST_F(CudaPipelines, LatchesAndSemaphores) {
  each([&] {
    DeviceArray<int> out(memory, poisoned<int>(65));
    run(*module, "latch_and_semaphore", {1}, {64}, out);
    auto result = out.host();
    const int most = result.back();
    result.pop_back();
    expectAll(result, [](size_t t) { return (63 - int(t)) * 7; });
    EXPECT_TRUE(most == 1 || most == 2) << most;
  });
}

} // namespace
} // namespace tessera::sim
