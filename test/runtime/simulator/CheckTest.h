//===- CheckTest.h - Kernels with planted faults ----------------*- C++ -*-===//
//
// Small kernels whose every instruction has a line of its own in k.tile, so that a test can say which two lines a
// report must name: line N of k.tile is the Nth line of the body.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_RUNTIME_SIMULATOR_CHECKTEST_H
#define TESSERA_TEST_RUNTIME_SIMULATOR_CHECKTEST_H

#include "test/runtime/simulator/SimulatorTest.h"

namespace tessera::sim {

/// How a body is launched.
struct Setting {
  uint64_t p = 0;
  Dim3 block = {64}, grid = {1};
  std::string attributes = {};
};

class CheckTest : public SimulatorTest {
protected:
  CheckTest() : SimulatorTest(MemoryOptions{.trackWrites = true}) {
    planted = true;
    config.checks.maximumErrors = 1;
    config.checks.races = config.checks.async = config.checks.uninitialized = true;
  }

  /// A kernel k(.u64 p) for sm_90a. %rd1 holds p, %r1 the thread's index, %r2 the address of the thread's word of the
  /// shared array `s` of 4096 bytes, %r3 the warp, %r4 the address of s; %p1 holds in warp 0, %p2 in thread 0.
  static std::string text(const std::string &body, const std::string &attributes = "") {
    std::string ptx = ".version 8.6\n.target sm_90a\n.address_size 64\n.file 1 \"k.tile\"\n"
                      ".shared .align 1024 .b8 s[4096];\n.visible .entry k(.param .u64 p)" +
                      attributes +
                      "\n{\n.reg .pred %p<10>;\n.reg .b32 %r<40>;\n.reg .b64 %rd<20>;\n.reg .f32 %f<40>;\n"
                      "ld.param.u64 %rd1, [p];\nmov.u32 %r1, %tid.x;\nmov.u32 %r4, s;\nshl.b32 %r2, %r1, 2;\n"
                      "add.u32 %r2, %r2, %r4;\nshr.u32 %r3, %r1, 5;\nsetp.eq.u32 %p1, %r3, 0;\n"
                      "setp.eq.u32 %p2, %r1, 0;\n";
    unsigned line = 0;
    for (size_t start = 0; start < body.size();) {
      const size_t end = std::min(body.find('\n', start), body.size());
      ptx += ".loc 1 " + std::to_string(++line) + " 3\n" + body.substr(start, end - start) + "\n";
      start = end + 1;
    }
    return ptx + "ret;\n}\n";
  }

  Report launchBody(const std::string &body, const Setting &setting) {
    const auto module = parse(text(body, setting.attributes));
    if (!module)
      return {};
    const Kernel &kernel = module->kernels()[0];
    if (kernel.requiredCluster[0])
      config.cluster = {kernel.requiredCluster[0], kernel.requiredCluster[1], kernel.requiredCluster[2]};
    return tryRun(*module, "k", setting.grid, setting.block, setting.p);
  }

  /// The body runs without a word, whatever order the seed draws.
  void silent(const std::string &body, const Setting &setting = {}) {
    for (config.seed = 0; config.seed < 20; ++config.seed) {
      const Report report = launchBody(body, setting);
      ASSERT_TRUE(report.ok()) << "seed " << config.seed << "\n" << report.text();
    }
    config.seed = 0;
  }

  /// The body ends with one error of this kind, whatever order the seed draws. That of seed 0. Where the order decides
  /// which of the two parties comes second, `other` is what it is then.
  Error fails(ErrorKind kind, const std::string &body, const Setting &setting = {}, ErrorKind other = ErrorKind{}) {
    Error first;
    for (config.seed = 0; config.seed < 20; ++config.seed) {
      const Report report = launchBody(body, setting);
      EXPECT_EQ(report.errors.size(), 1u) << "seed " << config.seed << "\n" << report.text();
      if (report.errors.empty())
        break;
      const Error &error = report.errors[0];
      EXPECT_TRUE(error.kind == kind || (other != ErrorKind{} && error.kind == other))
          << "expected: " << name(kind) << ", seed " << config.seed << "\n"
          << report.text();
      if (config.seed == 0)
        first = error;
    }
    config.seed = 0;
    return first;
  }

  /// Asserts what a report says: the line at fault, the line of the other party (0: none), and the message.
  static void expect(const Error &error, unsigned line, unsigned related, const std::string &message) {
    const auto summary = [](unsigned at, unsigned other, unsigned ptx, const std::string &text) {
      return "line " + std::to_string(at) + " (PTX " + std::to_string(ptx) + "), other " + std::to_string(other) +
             ": " + text;
    };
    const unsigned other = error.related.empty() ? 0 : error.related[0].source.line;
    EXPECT_EQ(summary(error.source.line, other, error.ptxLine, error.message),
              summary(line, related, ptxLine(line), message));
    if (related && other == related)
      EXPECT_EQ(error.related[0].ptxLine, ptxLine(related)) << error.text();
  }

  /// Where the first instruction of a line of the body stands in the PTX.
  static unsigned ptxLine(unsigned line) { return 19 + 2 * line; }
};

} // namespace tessera::sim

#endif // TESSERA_TEST_RUNTIME_SIMULATOR_CHECKTEST_H
