//===- Simulator.cpp - How fast the simulator executes --------------------===//
//
// Prints, as the tables of docs/benchmarks:
//
//   rates     thread instructions a second of one core, checks off and every check on, for whole kernels
//   products  seconds for a 1024^3 f16 product and for causal attention, on one core and on all
//   scale     what a grid of a million blocks that end at once costs, and buffers of 1 GB of which a warp reads a line
//   profile   nanoseconds a warp instruction by class: a loop of one kind of instruction each, the profile by which to
//             see where a kernel's time goes
//
// each beside the figure that it must reach (300 and 60 million thread instructions a second and core; products
// under 1 s and 4 s on two cores). An argument picks the rows whose name contains it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/TritonKernels.h"

#include <chrono>
#include <cstdio>
#include <ctime>

using namespace tessera::sim;

namespace {

constexpr double NeededRate = 300e6, NeededRateChecked = 60e6, NeededSeconds = 1, NeededSecondsChecked = 4;

std::string wanted; ///< rows whose names contain it

struct Benchmark {
  const char *name, *file, *kernel;
  Dim3 grid, block;
  uint32_t shared;
  std::vector<std::byte> (*arguments)(Memory &, const Kernel &);
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
const Benchmark Rates[] = {
    {"add, 4M floats",
     "triton-add.ptx",
     "add",
     {4096},
     {128},
     0,
     [](Memory &m, const Kernel &) {
       return Arguments::pack(floats(m, 1 << 22), floats(m, 1 << 22), floats(m, 1 << 22), 1 << 22, None, None);
     }},
    {"softmax, 4096 rows of 1000",
     "triton-softmax.ptx",
     "softmax",
     {4096},
     {128},
     1024,
     [](Memory &m, const Kernel &) {
       return Arguments::pack(floats(m, 1 << 22), floats(m, 1 << 22), 1024, 1000, None, None);
     }},
    {"layer norm, 4096 rows of 1000",
     "triton-layer-norm.ptx",
     "layer_norm",
     {4096},
     {128},
     1024,
     [](Memory &m, const Kernel &) {
       return Arguments::pack(halves(m, 1 << 22), halves(m, 1 << 22), halves(m, 1024), halves(m, 1024), 1024, 1000,
                              1e-5f, None, None);
     }},
    {"tiled f32 product, 256^3, nvcc",
     "basics.ptx",
     "gemm_tiled",
     {16, 16},
     {16, 16},
     0,
     [](Memory &m, const Kernel &) {
       return Arguments::pack(floats(m, 1 << 16), floats(m, 1 << 16), floats(m, 1 << 16), 256, 256, 256);
     }},
    {"scan and sort, 2000 rows of 512",
     "triton-scan-sort.ptx",
     "scan_sort",
     {2000},
     {128},
     16384,
     [](Memory &m, const Kernel &) {
       return Arguments::pack(floats(m, 512), floats(m, 512), floats(m, 512), floats(m, 2), None, None);
     }},
};

std::vector<std::byte> productArguments(Memory &m, const Kernel &) {
  return Arguments::pack(halves(m, 1 << 20), halves(m, 1 << 20), halves(m, 1 << 20), 1024, 1024, 1024, 1024, 1024, 1024,
                         None, None);
}
std::vector<std::byte> attentionArguments(Memory &m, const Kernel &) {
  return Arguments::pack(halves(m, 1 << 19), halves(m, 1 << 19), halves(m, 1 << 19), halves(m, 1 << 19), 0.125f, 8,
                         1024, None, None);
}

const Benchmark Products[] = {
    {"1024^3 f16 product, mma", "triton-matmul-large.ptx", "matmul", {64}, {256}, 98304, productArguments},
    {"causal attention 8x1024x64, mma",
     "triton-attention-True.ptx",
     "attention",
     {16, 8},
     {128},
     65536,
     attentionArguments},
};

struct Timing {
  double seconds = 1e9;
  Report report;
};

LaunchConfig configFor(Dim3 grid, Dim3 block, std::span<const std::byte> parameters, unsigned threads, bool checks) {
  LaunchConfig config;
  config.grid = grid;
  config.block = block;
  config.parameters = parameters;
  config.threads = threads;
  config.checks.uninitialized = config.checks.races = config.checks.async = checks;
  return config;
}

/// The best of three; of one thread its own time, whatever else the machine does.
Timing timed(const Module &module, const Kernel &kernel, const LaunchConfig &config) {
  Timing best;
  module.prepare(kernel);
  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    best.report = launch(module, kernel, config);
    const double used = double(std::clock() - cpu) / CLOCKS_PER_SEC;
    const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best.seconds = std::min(best.seconds, config.threads == 1 ? used : passed);
  }
  if (!best.report.ok())
    std::printf("%s", best.report.text().c_str());
  return best;
}

MemoryOptions memoryOptions(bool checks) {
  MemoryOptions options;
  options.trackWrites = checks;
  return options;
}

Timing measure(const Benchmark &benchmark, unsigned threads, bool checks) {
  Memory memory(memoryOptions(checks));
  auto module = Module::parse(inputText(benchmark.file), memory, benchmark.file);
  const Kernel *kernel = module ? module.get()->kernel(benchmark.kernel) : nullptr;
  if (!kernel) {
    std::printf("%s: %s\n", benchmark.file, module.error().c_str());
    return {};
  }
  const auto arguments = benchmark.arguments(memory, *kernel);
  LaunchConfig config = configFor(benchmark.grid, benchmark.block, arguments, threads, checks);
  config.dynamicShared = benchmark.shared;
  return timed(*module.get(), *kernel, config);
}

/// A product of tensor copies, mbarriers and wgmma.
Timing measureHopper(unsigned threads, bool checks) {
  constexpr int Side = 1024, Tile = 64;
  Memory memory(memoryOptions(checks));
  const std::string text = inputText("triton/described-f16-3-stages.sm_90.ptx");
  auto module = Module::parse(text, memory, "described");
  const TritonHead head = readTritonHead(text);
  const Kernel *kernel = module ? module.get()->kernel(head.kernel) : nullptr;
  if (!kernel)
    return {};
  const std::vector<double> values(size_t(Side) * Side, 0.25);
  const Buffer a(memory, Number::F16, values), b(memory, Number::F16, values), c(memory, Number::F16, values);
  TritonArguments list(head);
  list.add(HostTensor(a, {Side, Side}));
  list.add(HostTensor(b, {Side, Side}));
  list.add(HostTensor(c, {Side, Side}));
  for (int i = 0; i < 3; ++i)
    list.add(Side);
  list.add(uint64_t(0));
  list.add(uint64_t(0));
  const auto parameters = list.pack(*kernel);
  LaunchConfig config = configFor({(Side / Tile) * (Side / Tile)}, {32 * head.warps}, parameters, threads, checks);
  config.dynamicShared = head.shared;
  return timed(*module.get(), *kernel, config);
}

bool asked(const std::string &name) { return wanted.empty() || name.find(wanted) != std::string::npos; }
const char *verdict(bool good) { return good ? "reached" : "MISSED"; }

void printRates() {
  std::printf(
      "\n| one core | instructions, M | off, M/s | needed | on, M/s | needed | |\n|---|---|---|---|---|---|---|\n");
  for (const Benchmark &benchmark : Rates) {
    if (!asked(benchmark.name))
      continue;
    const Timing off = measure(benchmark, 1, false), on = measure(benchmark, 1, true);
    const double count = double(off.report.threadInstructions);
    std::printf("| %s | %.0f | %.0f | %.0f | %.0f | %.0f | %s |\n", benchmark.name, count / 1e6,
                count / off.seconds / 1e6, NeededRate / 1e6, count / on.seconds / 1e6, NeededRateChecked / 1e6,
                verdict(count / off.seconds >= NeededRate && count / on.seconds >= NeededRateChecked));
    std::fflush(stdout);
  }
}

/// Where one core needs less than the figure, two do: that is what the verdict goes by, whatever else the machine does.
void printProducts() {
  std::printf(
      "\n| | one core, CPU s, off | needed | on | needed | | M/s, off | needed | on | needed | | all cores, s, off | "
      "on |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  const auto row = [](const std::string &name, auto run) {
    if (!asked(name))
      return;
    const Timing off = run(1u, false), on = run(1u, true), offAll = run(0u, false), onAll = run(0u, true);
    const double count = double(off.report.threadInstructions);
    std::printf("| %s | %.2f | %.0f | %.2f | %.0f | %s | %.0f | %.0f | %.0f | %.0f | %s | %.2f | %.2f |\n",
                name.c_str(), off.seconds, NeededSeconds, on.seconds, NeededSecondsChecked,
                verdict(off.seconds < NeededSeconds && on.seconds < NeededSecondsChecked), count / off.seconds / 1e6,
                NeededRate / 1e6, count / on.seconds / 1e6, NeededRateChecked / 1e6,
                verdict(count / off.seconds >= NeededRate && count / on.seconds >= NeededRateChecked), offAll.seconds,
                onAll.seconds);
    std::fflush(stdout);
  };
  for (const Benchmark &benchmark : Products)
    row(benchmark.name, [&](unsigned threads, bool checks) { return measure(benchmark, threads, checks); });
  row("1024^3 f16 product, tensor copies and wgmma", measureHopper);
}

std::string kernelOf(const std::string &body) {
  return ".version 8.7\n.target sm_90a\n.address_size 64\n"
         ".visible .entry k(.param .u64 p)\n{\n.reg .pred %p<4>, %q;\n.reg .b16 %h<4>;\n.reg .b32 %r<24>, %i;\n"
         ".reg .f32 %f<8>;\n.reg .b64 %rd<4>;\n.shared .align 16 .b8 s[8192];\n" +
         body + "ret;\n}\n";
}

void printScale() {
  std::printf("\n| scale | seconds | |\n|---|---|---|\n");
  if (asked("blocks")) {
    Memory memory;
    auto module = Module::parse(kernelOf(""), memory, "empty");
    const std::vector<std::byte> parameters(8);
    for (const bool checks : {false, true}) {
      const Timing t =
          timed(*module.get(), module.get()->kernels()[0], configFor({1000000}, {128}, parameters, 1, checks));
      std::printf("| 1,000,000 blocks of 128 threads that end at once, checks %s | %.2f | %.0f ns a block |\n",
                  checks ? "on" : "off", t.seconds, t.seconds * 1e3);
    }
  }
  if (!asked("buffers"))
    return;
  for (const bool checks : {false, true}) {
    const auto start = std::chrono::steady_clock::now();
    Memory memory(memoryOptions(checks));
    const uint64_t large = memory.allocate(uint64_t(1) << 30), other = memory.allocate(uint64_t(1) << 30);
    memory.fill(large, 0, 4, 32);
    memory.fill(other, 0, 4, 32);
    auto module =
        Module::parse(kernelOf("mov.u32 %r1, %tid.x;\nld.param.u64 %rd1, [p];\nmad.wide.u32 %rd2, %r1, 4, %rd1;\n"
                               "ld.global.b32 %r2, [%rd2];\nst.global.b32 [%rd2], %r2;\n"),
                      memory, "touch");
    const auto parameters = Arguments::pack(large);
    const Report report =
        launch(*module.get(), module.get()->kernels()[0], configFor({1}, {32}, parameters, 1, checks));
    if (!report.ok())
      std::printf("%s", report.text().c_str());
    const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf(
        "| two buffers of 1 GB, one line read and written, checks %s | %.4f | allocation, reading the module, launch "
        "|\n",
        checks ? "on" : "off", passed);
  }
}

struct Class {
  const char *name, *instruction;
};
/// What a loop of 64 of them costs, less the loop itself.
constexpr Class Classes[] = {
    {"integer add", "add.s32 %r1, %r1, %r2;"},
    {"integer multiply-add", "mad.lo.s32 %r1, %r1, %r2, %r3;"},
    {"logic", "lop3.b32 %r1, %r1, %r2, %r3, 0x96;"},
    {"shift", "shl.b32 %r1, %r1, 1;"},
    {"f32 fused multiply-add", "fma.rn.f32 %f1, %f1, %f2, %f3;"},
    {"f16x2 fused multiply-add", "fma.rn.f16x2 %r1, %r1, %r2, %r3;"},
    {"approximate exponential", "ex2.approx.f32 %f1, %f2;"},
    {"conversion f32 to f16", "cvt.rn.f16.f32 %h1, %f1;"},
    {"comparison", "setp.lt.s32 %p1, %r1, %r2;"},
    {"selection", "selp.b32 %r1, %r2, %r3, %p1;"},
    {"shuffle", "shfl.sync.bfly.b32 %r1, %r2, 1, 31, -1;"},
    {"barrier", "bar.sync 0;"},
    {"global load, 4 bytes a lane", "ld.global.b32 %r1, [%rd2];"},
    {"global load, 16 bytes a lane", "ld.global.v4.b32 {%r8,%r9,%r10,%r11}, [%rd3];"},
    {"global store, 4 bytes a lane", "st.global.b32 [%rd2], %r1;"},
    {"shared load, 4 bytes a lane", "ld.shared.b32 %r1, [%r5];"},
    {"shared store, 4 bytes a lane", "st.shared.b32 [%r5], %r1;"},
    {"atomic addition, global", "atom.global.add.u32 %r1, [%rd2], 1;"},
    {"ldmatrix x4", "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r8,%r9,%r10,%r11}, [%r6];"},
    {"mma m16n8k16 f16", "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f4,%f5,%f6,%f7}, {%r8,%r9,%r10,%r11}, "
                         "{%r12,%r13}, {%f4,%f5,%f6,%f7};"},
};

/// Seconds for a loop of `rounds` with 64 of an instruction, four warps on one core.
double loopSeconds(const std::string &instruction, unsigned rounds, bool checks) {
  std::string body = "mov.u32 %r4, %tid.x;\nld.param.u64 %rd1, [p];\nmad.wide.u32 %rd2, %r4, 4, %rd1;\n"
                     "mad.wide.u32 %rd3, %r4, 16, %rd1;\nmov.u32 %r7, s;\nmad.lo.u32 %r5, %r4, 4, %r7;\n"
                     "mad.lo.u32 %r6, %r4, 16, %r7;\nmov.b32 %r1, %r4;\nmov.b32 %r2, 3;\nmov.b32 %r3, 5;\n"
                     "mov.b32 %f1, 0f3F800000;\nmov.b32 %f2, %f1;\nmov.b32 %f3, %f1;\nsetp.lt.u32 %p1, %r4, 16;\n"
                     "mov.b32 %r8, 0;\nst.shared.v4.b32 [%r6], {%r8,%r8,%r8,%r8};\nbar.sync 0;\n"
                     "mov.b32 %i, 0;\nLOOP:\n";
  for (unsigned i = 0; i < 64; ++i)
    body += instruction + "\n";
  body += "add.s32 %i, %i, 1;\nsetp.lt.s32 %q, %i, " + std::to_string(rounds) + ";\n@%q bra LOOP;\n";
  Memory memory(memoryOptions(checks));
  auto module = Module::parse(kernelOf(body), memory, "loop");
  if (!module) {
    std::printf("%s\n", module.error().c_str());
    return 0;
  }
  const auto parameters = Arguments::pack(floats(memory, 4096));
  return timed(*module.get(), module.get()->kernels()[0], configFor({1}, {128}, parameters, 1, checks)).seconds;
}

void printProfile() {
  constexpr unsigned Rounds = 400, Unrolled = 64, Warps = 4;
  std::printf("\n| class of instruction | ns a warp instruction, off | on |\n|---|---|---|\n");
  for (const Class &entry : Classes) {
    if (!asked(entry.name))
      continue;
    const auto nanoseconds = [&](bool checks) {
      return loopSeconds(entry.instruction, Rounds, checks) / (double(Rounds) * Unrolled * Warps) * 1e9;
    };
    std::printf("| %s | %.1f | %.1f |\n", entry.name, nanoseconds(false), nanoseconds(true));
    std::fflush(stdout);
  }
}

} // namespace

int main(int argc, char **argv) {
  wanted = argc > 1 ? argv[1] : "";
  printRates();
  printProducts();
  printScale();
  printProfile();
}
