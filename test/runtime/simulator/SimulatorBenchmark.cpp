//===- SimulatorBenchmark.cpp - How fast the simulator executes -----------===//
//
// Runs kernels of Inputs/ and prints thread instructions a second: one core, and all. With the name of a kernel as
// argument, that one alone; with `checks` as a second argument, every check on.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/SimulatorTest.h"

#include <chrono>
#include <cstdio>
#include <ctime>

using namespace tessera::sim;

namespace {

struct Benchmark {
  const char *name, *file, *kernel;
  Dim3 grid, block;
  uint32_t shared;
  std::vector<std::byte> (*arguments)(Memory &);
};

uint64_t halves(Memory &memory, size_t count) {
  std::mt19937 random(1);
  std::vector<uint16_t> values(count);
  for (uint16_t &v : values)
    v = static_cast<uint16_t>(0x3000 + random() % 0x800 + (random() & 1) * 0x8000);
  const uint64_t base = memory.allocate(count * 2);
  memory.write(base, values.data(), count * 2);
  return base;
}
uint64_t floats(Memory &memory, size_t count) {
  std::vector<float> values(count, 0.5f);
  const uint64_t base = memory.allocate(count * 4);
  memory.write(base, values.data(), count * 4);
  return base;
}

constexpr uint64_t None = 0;
const Benchmark Benchmarks[] = {
    {"add 4M",
     "triton-add.ptx",
     "add",
     {4096},
     {128},
     0,
     [](Memory &m) {
       return Arguments::pack(floats(m, 1 << 22), floats(m, 1 << 22), floats(m, 1 << 22), 1 << 22, None, None);
     }},
    {"softmax 4096x1000",
     "triton-softmax.ptx",
     "softmax",
     {4096},
     {128},
     1024,
     [](Memory &m) { return Arguments::pack(floats(m, 1 << 22), floats(m, 1 << 22), 1024, 1000, None, None); }},
    {"layer norm 4096x1000",
     "triton-layer-norm.ptx",
     "layer_norm",
     {4096},
     {128},
     1024,
     [](Memory &m) {
       return Arguments::pack(halves(m, 1 << 22), halves(m, 1 << 22), halves(m, 1024), halves(m, 1024), 1024, 1000,
                              1e-5f, None, None);
     }},
    {"matmul 1024^3",
     "triton-matmul-large.ptx",
     "matmul",
     {64},
     {256},
     98304,
     [](Memory &m) {
       return Arguments::pack(halves(m, 1 << 20), halves(m, 1 << 20), halves(m, 1 << 20), 1024, 1024, 1024, 1024, 1024,
                              1024, None, None);
     }},
    {"causal attention 8x1024x64",
     "triton-attention-True.ptx",
     "attention",
     {16, 8},
     {128},
     65536,
     [](Memory &m) {
       return Arguments::pack(halves(m, 1 << 19), halves(m, 1 << 19), halves(m, 1 << 19), halves(m, 1 << 19), 0.125f, 8,
                              1024, None, None);
     }},
    {"tiled gemm 256^3",
     "basics.ptx",
     "gemm_tiled",
     {16, 16},
     {16, 16},
     0,
     [](Memory &m) {
       return Arguments::pack(floats(m, 1 << 16), floats(m, 1 << 16), floats(m, 1 << 16), 256, 256, 256);
     }},
    {"scan and sort 2000x512",
     "triton-scan-sort.ptx",
     "scan_sort",
     {2000},
     {128},
     16384,
     [](Memory &m) {
       return Arguments::pack(floats(m, 512), floats(m, 512), floats(m, 512), floats(m, 2), None, None);
     }},
};

void measure(const Benchmark &benchmark, unsigned threads, bool checks) {
  MemoryOptions options;
  options.trackWrites = checks;
  Memory memory(options);
  auto module = Module::parse(inputText(benchmark.file), memory, benchmark.file);
  if (!module) {
    std::printf("%s\n", module.error().c_str());
    return;
  }
  const Kernel *kernel = module.get()->kernel(benchmark.kernel);
  const auto arguments = benchmark.arguments(memory);
  LaunchConfig config;
  config.grid = benchmark.grid;
  config.block = benchmark.block;
  config.dynamicShared = benchmark.shared;
  config.parameters = arguments;
  config.threads = threads;
  config.checks.uninitialized = checks;
  double best = 1e9;
  Report report;
  module.get()->prepare(*kernel);
  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    report = launch(*module.get(), *kernel, config);
    const double used = double(std::clock() - cpu) / CLOCKS_PER_SEC;
    const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::min(best, threads == 1 ? used : passed); // of one thread its own time, whatever else the machine does
  }
  if (!report.ok())
    std::printf("%s", report.text().c_str());
  std::printf("%-28s %u thread%s%s  %8.1f ms  %9.1f M thread instructions  %8.1f M/s\n", benchmark.name, threads,
              threads == 1 ? " " : "s", checks ? " checked" : "        ", best * 1e3, report.threadInstructions / 1e6,
              report.threadInstructions / best / 1e6);
}

} // namespace

int main(int argc, char **argv) {
  for (const Benchmark &benchmark : Benchmarks) {
    if (argc > 1 && std::string(benchmark.name).find(argv[1]) == std::string::npos)
      continue;
    const bool checks = argc > 2;
    measure(benchmark, 1, checks);
    if (argc == 1) {
      measure(benchmark, 2, false);
      measure(benchmark, 1, true);
    }
  }
}
