//===- CudaMutantsTest.cpp - Correct CUDA programs with one line less -----===//
//
// The other files of this kind show that the checks are silent on what nvcc makes of correct programs. Here one line is
// taken out of the same PTX, a barrier, a fence or a wait, and the checks must speak under every seed, with the kind of
// error that the line prevents.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/TensorMap.h"
#include "test/runtime/simulator/CudaTest.h"

#include <algorithm>

namespace tessera::sim {
namespace {

/// `text` with the `occurrence`-th line after the head of `kernel` that holds `line` replaced.
std::string mutated(std::string text, const std::string &kernel, const std::string &line, int occurrence,
                    const std::string &replacement = {}) {
  size_t at = text.find(".entry " + kernel + "(");
  const size_t next = at == std::string::npos ? at : text.find(".entry ", at + 1), end = std::min(next, text.size());
  for (int i = 0; i < occurrence && at != std::string::npos; ++i)
    at = text.find(line, at + 1);
  if (at == std::string::npos || at > end) {
    ADD_FAILURE() << "'" << line << "' is not found " << occurrence << " times in " << kernel;
    return text;
  }
  const size_t begin = text.rfind('\n', at) + 1, stop = text.find('\n', at);
  return text.replace(begin, stop - begin, replacement);
}

class CudaMutants : public CudaTest {
protected:
  CudaMutants() { planted = true; }

  /// Launches the mutant with all checks on under several seeds; `launch` runs it and returns the report.
  template <typename Launch>
  void expectFound(const std::string &file, const std::string &kernel, const std::string &line, int occurrence,
                   std::initializer_list<ErrorKind> kinds, Launch launch, const std::string &replacement = {}) {
    SCOPED_TRACE(kernel + " without " + line + ", " + std::to_string(occurrence));
    module = parse(mutated(inputText(file), kernel, line, occurrence, replacement), file);
    if (!module)
      return;
    for (unsigned seed = 0; seed < 5; ++seed) {
      config.seed = seed;
      config.checks = allChecks();
      const Report report = launch();
      EXPECT_FALSE(report.ok()) << "seed " << seed;
      if (!report.ok())
        EXPECT_NE(std::find(kinds.begin(), kinds.end(), report.errors[0].kind), kinds.end())
            << "seed " << seed << ": " << report.text();
    }
  }
};

using enum ErrorKind;

TEST_F(CudaMutants, Barriers) {
  DeviceArray<int> x(memory, randomIntegers<int>(1024, 0, 100)), out(memory, poisoned<int>(1024));
  const auto reduce = [&] { return tryRun(*module, "reduce_i32", {1}, {192}, x, out, 1000); };
  expectFound("collectives-90a.ptx", "reduce_i32", "bar.sync", 1, {Race}, reduce);
  const auto scan = [&] { return tryRun(*module, "scan_block", {1}, {256}, x, out, 256); };
  expectFound("basics.ptx", "scan_block", "bar.sync", 1, {Race}, scan);
  expectFound("basics.ptx", "scan_block", "bar.sync", 2, {Race}, scan);
  const auto sort = [&] {
    config.dynamicShared = 512;
    const Report report = tryRun(*module, "bitonic_block", {1}, {128}, x, 128);
    config.dynamicShared = 0;
    return report;
  };
  expectFound("sorting-80.ptx", "bitonic_block", "bar.sync", 1, {Race}, sort);
  const auto transpose = [&] { return tryRun(*module, "transpose_padded", {1, 1}, {32, 8}, x, out, 32, 32); };
  expectFound("sorting-80.ptx", "transpose_padded", "bar.sync", 1, {Race}, transpose);
  DeviceArray<uint8_t> bytes(memory, randomIntegers<uint8_t>(512, 0, 255));
  DeviceArray<unsigned> bins(memory, std::vector<unsigned>(256, 0));
  const auto histogram = [&] { return tryRun(*module, "histogram", {1}, {128}, bytes, bins, 512); };
  expectFound("basics.ptx", "histogram", "bar.sync", 1, {Race}, histogram);
  expectFound("basics.ptx", "histogram", "bar.sync", 2, {Race}, histogram);
}

TEST_F(CudaMutants, ClusterBarriers) {
  DeviceArray<int> x(memory, randomIntegers<int>(256, 0, 100)), out(memory, poisoned<int>(256));
  config.cluster = {4, 1, 1};
  const auto ring = [&] { return tryRun(*module, "cluster_ring", {4}, {64}, out, 4); };
  // What the neighbour writes is read while nothing orders the two, or before it is written.
  expectFound("cooperative.ptx", "cluster_ring", "barrier.cluster.wait", 2, {Race, Uninitialized}, ring);
  // Two arrivals without a wait between them.
  const auto reduce = [&] { return tryRun(*module, "cluster_reduce", {4}, {64}, x, out, 256); };
  expectFound("cooperative.ptx", "cluster_reduce", "barrier.cluster.wait", 2, {InvalidInstruction}, reduce);
  expectFound("cooperative.ptx", "cluster_reduce", "barrier.cluster.wait", 3, {InvalidInstruction}, reduce);
}

TEST_F(CudaMutants, AsynchronousCopies) {
  const auto halves = [&](size_t count) {
    std::vector<uint16_t> values(count);
    for (uint16_t &v : values)
      v = hostHalf(randomFloats(1)[0]);
    return values;
  };
  DeviceArray<uint16_t> a(memory, halves(64 * 128)), b(memory, halves(128 * 64));
  DeviceArray<float> c(memory, poisoned<float>(64 * 64));
  const auto product = [&] { return tryRun(*module, "multistage_half_row", {1, 1}, {128}, a, b, c, 64, 64, 128); };
  expectFound("matrix-80.ptx", "multistage_half_row", "cp.async.wait_group", 1, {AsyncHazard}, product);
  expectFound("matrix-80.ptx", "multistage_half_row", "bar.sync", 1, {Race, AsyncHazard}, product);
  DeviceArray<int> x(memory, randomIntegers<int>(5 * 256, 0, 100)), out(memory, poisoned<int>(64));
  const auto pipeline = [&] { return tryRun(*module, "thread_pipeline", {1}, {64}, x, out, 5); };
  expectFound("pipelines-80.ptx", "thread_pipeline", "cp.async.wait_group", 1, {AsyncHazard}, pipeline);
}

TEST_F(CudaMutants, BulkCopies) {
  DeviceArray<int> x(memory, randomIntegers<int>(1024, 0, 100)), out(memory, poisoned<int>(1024));
  const auto trip = [&] { return tryRun(*module, "round_trip", {1}, {96}, x, out, 256); };
  expectFound("bulk.ptx", "round_trip", "fence.proxy.async", 2, {ProxyFence}, trip);
  expectFound("bulk.ptx", "round_trip", "bar.sync", 1, {Race, MbarrierMisuse}, trip);
  expectFound("bulk.ptx", "round_trip", "bar.sync", 2, {Race}, trip);
  expectFound("bulk.ptx", "round_trip", "1, 0, P_OUT", 1, {AsyncHazard, Race}, trip, "mov.b32 %r17, 1;");
  expectFound("bulk.ptx", "round_trip", "cp.async.bulk.wait_group", 1, {AsyncHazard}, trip);
  const auto stores = [&] { return tryRun(*module, "stores_in_flight", {1}, {128}, out, 6); };
  expectFound("bulk.ptx", "stores_in_flight", "cp.async.bulk.wait_group.read", 3, {AsyncHazard}, stores);
  expectFound("bulk.ptx", "stores_in_flight", "fence.proxy.async", 1, {ProxyFence}, stores);
  config.cluster = {2, 1, 1};
  const auto neighbours = [&] { return tryRun(*module, "neighbours", {2}, {64}, x, out); };
  expectFound("bulk.ptx", "neighbours", "fence.proxy.async", 1, {ProxyFence}, neighbours);
}

TEST_F(CudaMutants, WarpSpecialisedProduct) {
  const int m = 128, n = 64, k = 64 * 5;
  std::vector<uint16_t> a(m * k), b(n * k);
  for (auto *values : {&a, &b})
    for (uint16_t &v : *values)
      v = hostHalf(randomFloats(1)[0]);
  DeviceArray<uint16_t> da(memory, a), db(memory, b), c(memory, poisoned<uint16_t>(m * n));
  const auto map = [](uint64_t address, uint64_t rows, uint64_t length, uint32_t box) {
    return TensorMap::encode({.element = TensorElement::F16,
                              .rank = 2,
                              .address = address,
                              .size = {length, rows},
                              .stride = {length * 2},
                              .box = {64, box},
                              .swizzle = TensorSwizzle::Bytes128})
        .get();
  };
  config.dynamicShared = 3 * (128 + 64) * 64 * 2 + 128 * 64 * 2 + 6 * 8;
  const auto product = [&] {
    return tryRun(*module, "gemm_warps", {1}, {384}, map(da, m, k, 128), map(db, n, k, 64), map(c, m, n, 64), m, n, k);
  };
  const auto expect = [&](const std::string &line, int occurrence, std::initializer_list<ErrorKind> kinds) {
    expectFound("hopper.ptx", "gemm_warps", line, occurrence, kinds, product);
  };
  expect("wgmma.wait_group.sync.aligned 1", 1, {AsyncHazard});
  expect("wgmma.wait_group.sync.aligned 0", 1, {AsyncHazard});
  expect("wgmma.fence", 1, {WgmmaFence, AsyncHazard});
  expect("fence.proxy.async", 1, {ProxyFence});
  expect("bar.sync %r", 2, {Race});
}

} // namespace
} // namespace tessera::sim
