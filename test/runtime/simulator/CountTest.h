//===- CountTest.h - Small kernels whose counts are known -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_RUNTIME_SIMULATOR_COUNTTEST_H
#define TESSERA_TEST_RUNTIME_SIMULATOR_COUNTTEST_H

#include "test/runtime/simulator/SimulatorTest.h"

#include <set>

namespace tessera::sim {

/// Kernels of a few instructions: what comes before them stands on line 1 of k.tile, they themselves on line 10, unless
/// they carry a .loc of their own.
class CountTest : public SimulatorTest {
protected:
  static constexpr uint32_t Body = 10;

  CountTest() {
    config.count = true;
    planted = true; // to be counted, not right: they read what nobody wrote
  }

  /// %rd1 = p, %r1 = thread, %r2 = &s, %r3 = &s + 4 thread, %rd2 = p + 4 thread.
  std::shared_ptr<Module> kernel(const std::string &body, const std::string &declarations = "") {
    return parse(".version 8.0\n.target sm_90a\n.address_size 64\n.file 1 \"k.tile\"\n" + declarations +
                 ".visible .entry k(.param .u64 p)\n{\n.reg .pred %p<8>;\n.reg .b16 %h<8>;\n.reg .b32 %r<64>;\n"
                 ".reg .b64 %rd<20>;\n.reg .f32 %f<20>;\n.shared .align 128 .b8 s[16384];\n"
                 ".loc 1 1 0\nld.param.u64 %rd1, [p];\nmov.u32 %r1, %tid.x;\nmov.u32 %r2, s;\n"
                 "mad.lo.u32 %r3, %r1, 4, %r2;\nmad.wide.u32 %rd2, %r1, 4, %rd1;\n.loc 1 10 0\n" +
                 body + "\n.loc 1 99 0\nret;\n}\n");
  }

  /// Counts of one launch; the same for every number of host threads and seed.
  LaunchCounts count(const std::string &body, Dim3 block = {32}, Dim3 grid = {1}, const std::string &declarations = "",
                     Dim3 cluster = {1}) {
    const auto module = kernel(body, declarations);
    if (!module)
      return {};
    config.cluster = cluster;
    DeviceArray<uint32_t> p(memory, std::vector<uint32_t>(8192));
    return countOf(*module, "k", grid, block, p);
  }
  template <typename... T>
  LaunchCounts countOf(const Module &module, const std::string &name, Dim3 grid, Dim3 block, const T &...arguments) {
    LaunchCounts first;
    for (const unsigned threads : {1u, 2u})
      for (const uint64_t seed : {0ull, 1ull, 77ull}) {
        config.threads = threads;
        config.seed = seed;
        config.checks.async = seed != 0; // draws the order of the warps anew in each round
        const LaunchCounts counts = run(module, name, grid, block, arguments...).counts;
        if (threads == 1 && seed == 0)
          first = counts;
        EXPECT_TRUE(counts == first) << "counts differ with " << threads << " host threads and seed " << seed;
      }
    return first;
  }

  /// What stands on a line.
  static Counts at(const LaunchCounts &counts, uint32_t line) {
    for (const LineCounts &each : counts.lines)
      if (each.line == line)
        return each.counts;
    return {};
  }
  Counts body(const std::string &text, Dim3 block = {32}, Dim3 grid = {1}) {
    return at(count(text, block, grid), Body);
  }
  static uint64_t classOf(const Counts &counts, InstrClass which) { return counts.classes[static_cast<size_t>(which)]; }
  static uint64_t flops(const Counts &counts, FlopKind which) { return counts.flops[static_cast<size_t>(which)]; }
};

} // namespace tessera::sim

#endif // TESSERA_TEST_RUNTIME_SIMULATOR_COUNTTEST_H
