//===- FaultTest.cpp - Planted faults and their reports -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/SimulatorTest.h"

namespace tessera::sim {
namespace {

class Faults : public SimulatorTest {
protected:
  Faults() { planted = true; }

  /// A kernel `k(.u64 p)` around `body`, at line 12 of k.tile, inlined at line 40; %rd1 holds p, %r1 the thread, %rd2 =
  /// p + 4 thread.
  std::shared_ptr<Module> kernel(const std::string &body, const std::string &declarations = "") {
    return parse(".version 8.0\n.target sm_80\n.address_size 64\n.file 1 \"k.tile\"\n.file 2 \"main.tile\"\n" +
                 declarations +
                 ".visible .entry k(.param .u64 p)\n{\n.reg .pred %p<5>;\n.reg .b32 %r<20>;\n.reg .b64 %rd<10>;\n.reg "
                 ".f32 %f<5>;\n"
                 "ld.param.u64 %rd1, [p];\nmov.u32 %r1, %tid.x;\nmad.wide.u32 %rd2, %r1, 4, %rd1;\n"
                 ".loc 1 12 7, function_name $L1, inlined_at 2 40 3\n" +
                 body + "\nret;\n}\n");
  }
  Error onlyError(const Report &report) {
    EXPECT_EQ(report.errors.size(), 1u) << report.text();
    return report.errors.empty() ? Error{} : report.errors[0];
  }
  Error fails(const std::string &body, uint64_t p, Dim3 block = {64}, Dim3 grid = {1},
              const std::string &declarations = "") {
    const auto module = kernel(body, declarations);
    return module ? onlyError(tryRun(*module, "k", grid, block, p)) : Error{};
  }
};

TEST_F(Faults, GlobalOutOfBounds) {
  DeviceArray<float> x(memory, 40);
  const Error error = fails("ld.global.f32 %f1, [%rd2];", x);
  EXPECT_EQ(error.kind, ErrorKind::OutOfBounds);
  EXPECT_EQ(error.thread.x, 40u);
  EXPECT_EQ(error.address, x.address() + 160);
  EXPECT_EQ(error.occurrences, 24u);
  EXPECT_EQ(error.source.file, "k.tile");
  EXPECT_EQ(error.source.line, 12u);
  EXPECT_EQ(error.source.column, 7u);
  ASSERT_EQ(error.inlinedAt.size(), 1u);
  EXPECT_EQ(error.inlinedAt[0].file, "main.tile");
  EXPECT_EQ(error.inlinedAt[0].line, 40u);
  EXPECT_EQ(error.instruction, "ld.global.f32 %f1, [%rd2]");
  EXPECT_NE(error.message.find("global load of 4 bytes"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("0 bytes past the end of allocation 1 (160 bytes"), std::string::npos) << error.message;
  const std::string text = error.text();
  EXPECT_NE(text.find("k.tile:12:7: error: out of bounds: "), std::string::npos) << text;
  EXPECT_NE(text.find("main.tile:40:3: note: called from here"), std::string::npos) << text;
  EXPECT_NE(text.find("block (0, 0, 0), thread (40, 0, 0) and 23 more"), std::string::npos) << text;
}

TEST_F(Faults, OutOfBoundsBeforeTheStartAndAcrossTheEnd) {
  DeviceArray<float> x(memory, 63);
  EXPECT_NE(fails("st.global.f32 [%rd2+-4], 0f00000000;", x, {32}).message.find("4 bytes before the start of"),
            std::string::npos);
  const Error error = fails(
      "and.b32 %r2, %r1, 15; mad.wide.u32 %rd2, %r2, 16, %rd1; ld.global.v4.f32 {%f0,%f1,%f2,%f3}, [%rd2];", x, {32});
  EXPECT_NE(error.message.find("starts at offset 240 and passes the end of allocation 1"), std::string::npos)
      << error.message;
  EXPECT_NE(error.message.find("by 4 bytes"), std::string::npos) << error.message;
}

TEST_F(Faults, InactiveLanesMayPointAnywhere) {
  DeviceArray<float> x(memory, 40);
  const auto module =
      kernel("setp.lt.u32 %p1, %r1, 40;\n@%p1 ld.global.f32 %f1, [%rd2];\n@%p1 st.global.f32 [%rd2], %f1;");
  run(*module, "k", {1}, {64}, x);
}

TEST_F(Faults, OneLaneTooManyBehindAMask) {
  DeviceArray<float> x(memory, 40);
  Error error = fails("setp.le.u32 %p1, %r1, 40;\n@%p1 ld.global.f32 %f1, [%rd2];", x);
  EXPECT_EQ(error.kind, ErrorKind::OutOfBounds);
  EXPECT_EQ(error.thread.x, 40u);
  EXPECT_EQ(error.occurrences, 1u);
  EXPECT_NE(error.message.find("0 bytes past the end of allocation 1"), std::string::npos) << error.message;
  error =
      fails("mov.u32 %r2, s; mad.lo.u32 %r2, %r1, 4, %r2;\nsetp.le.u32 %p1, %r1, 40;\n@%p1 st.shared.u32 [%r2], %r1;",
            x, {64}, {1}, ".shared .align 4 .b8 s[160];\n");
  EXPECT_EQ(error.kind, ErrorKind::OutOfBounds);
  EXPECT_EQ(error.thread.x, 40u);
  EXPECT_EQ(error.occurrences, 1u);
  EXPECT_NE(error.message.find("the block's 160 bytes"), std::string::npos) << error.message;
}

TEST_F(Faults, Misaligned) {
  DeviceArray<float> x(memory, 400);
  const Error error = fails("ld.global.v2.f32 {%f1, %f2}, [%rd2];", x);
  EXPECT_EQ(error.kind, ErrorKind::Misaligned);
  EXPECT_EQ(error.thread.x, 1u);
  EXPECT_EQ(error.occurrences, 16u);
  EXPECT_NE(error.message.find("not a multiple of 8"), std::string::npos) << error.message;
}

TEST_F(Faults, UseAfterFree) {
  uint64_t address;
  {
    DeviceArray<float> x(memory, 400);
    address = x;
  }
  const Error error = fails("st.global.f32 [%rd2+8], %f1;", address);
  EXPECT_EQ(error.kind, ErrorKind::UseAfterFree);
  EXPECT_NE(error.message.find("offset 8 of allocation 1 (1600 bytes"), std::string::npos) << error.message;
  EXPECT_NE(error.allocation.find("freed"), std::string::npos);
}

TEST_F(Faults, NullPointer) {
  EXPECT_EQ(fails("ld.global.f32 %f1, [%rd2];", 0).kind, ErrorKind::OutOfBounds);
  EXPECT_EQ(fails("ld.f32 %f1, [%rd2];", 0).kind, ErrorKind::OutOfBounds);
  EXPECT_EQ(fails("atom.global.add.u32 %r2, [%rd2], 1;", 16).kind, ErrorKind::OutOfBounds);
}

TEST_F(Faults, VariableOfTheModule) {
  const Error error =
      fails("ld.global.u32 %r2, [table+16];", 0, {32}, {1}, ".global .align 4 .b32 table[4] = {1, 2, 3, 4};\n");
  EXPECT_EQ(error.kind, ErrorKind::OutOfBounds);
  EXPECT_NE(error.message.find("variable 'table' (16 bytes"), std::string::npos) << error.message;
}

TEST_F(Faults, SharedOutOfBounds) {
  const std::string declaration = ".shared .align 4 .b8 s[128];\n";
  const Error error =
      fails("mov.u32 %r2, s; mad.lo.u32 %r2, %r1, 4, %r2; st.shared.u32 [%r2], %r1;", 0, {64}, {1}, declaration);
  EXPECT_EQ(error.kind, ErrorKind::OutOfBounds);
  EXPECT_EQ(error.thread.x, 32u);
  EXPECT_NE(error.message.find("shared store of 4 bytes"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("the block's 128 bytes"), std::string::npos) << error.message;
  EXPECT_EQ(fails("mov.u32 %r2, s; st.shared.u32 [%r2+2], %r1;", 0, {64}, {1}, declaration).kind,
            ErrorKind::Misaligned);
  EXPECT_EQ(fails("st.shared.u32 [%r2], %r1;", 0).kind, ErrorKind::OutOfBounds);
  EXPECT_EQ(fails("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r3}, [%r2];", 0).kind, ErrorKind::OutOfBounds);
  EXPECT_EQ(fails("cp.async.cg.shared.global [%r2], [%rd1], 16;", 0).kind, ErrorKind::OutOfBounds);
}

TEST_F(Faults, LocalOutOfBounds) {
  const Error error = fails(
      ".local .align 8 .b8 l[32];\nmov.u32 %r2, l; mad.lo.u32 %r2, %r1, 8, %r2; st.local.u64 [%r2], %rd1;", 0, {32});
  EXPECT_EQ(error.kind, ErrorKind::OutOfBounds);
  EXPECT_EQ(error.thread.x, 4u);
  EXPECT_NE(error.message.find("local store of 8 bytes"), std::string::npos) << error.message;
}

TEST_F(Faults, BarrierThatSomeWarpNeverReaches) {
  // Warp 1 waits at a barrier for 64 threads, warp 0 has left.
  const Error error = fails("setp.lt.u32 %p1, %r1, 32;\n@%p1 ret;\nbar.sync 1, 64;", 0);
  EXPECT_EQ(error.kind, ErrorKind::Deadlock);
  EXPECT_EQ(error.source.line, 12u);
  EXPECT_NE(error.message.find("warp 0: all threads have exited"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("at barrier 1, where 32 of 64 threads have arrived"), std::string::npos)
      << error.message;
}

TEST_F(Faults, WarpsAtDifferentBarriers) {
  const Error error = fails("setp.lt.u32 %p1, %r1, 32;\n@%p1 bra A;\nbar.sync 1;\nbra.uni B;\nA: bar.sync 2;\nB:", 0);
  EXPECT_EQ(error.kind, ErrorKind::Deadlock);
  EXPECT_NE(error.message.find("at barrier 1"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("at barrier 2"), std::string::npos) << error.message;
}

TEST_F(Faults, BarrierWithDifferentCounts) {
  const Error error = fails("shr.u32 %r2, %r1, 5; add.u32 %r2, %r2, 2; shl.b32 %r2, %r2, 5;\nbar.sync 1, %r2;", 0);
  EXPECT_EQ(error.kind, ErrorKind::InvalidInstruction);
  EXPECT_NE(error.message.find("barrier 1 for 96 threads, but threads that wait there said 64"), std::string::npos)
      << error.message;
}

TEST_F(Faults, BarrierForMoreThreadsThanThereAre) {
  const Error error = fails("bar.sync 1, 96;", 0);
  EXPECT_EQ(error.kind, ErrorKind::Deadlock);
  EXPECT_NE(error.message.find("at barrier 1, where 64 of 96 threads have arrived"), std::string::npos)
      << error.message;
}

TEST_F(Faults, BarrierWithoutACountIgnoresExitedThreads) {
  const auto module = kernel("setp.lt.u32 %p1, %r1, 40;\n@%p1 ret;\nbar.sync 0;");
  run(*module, "k", {2}, {128}, uint64_t(0));
}

TEST_F(Faults, BarrierInDivergentCode) {
  const Error error =
      fails("setp.lt.u32 %p1, %r1, 16;\n@%p1 bra A;\nbar.sync 1;\nbra.uni B;\nA: bar.sync 2;\nB:", 0, {32});
  EXPECT_EQ(error.kind, ErrorKind::BarrierDivergence);
  EXPECT_NE(error.message.find("barrier in divergent code"), std::string::npos) << error.message;
}

TEST_F(Faults, ShuffleThatNamedLanesNeverReach) {
  const Error error =
      fails("setp.lt.u32 %p1, %r1, 16;\n@%p1 bra A;\nshfl.sync.idx.b32 %r2, %r1, 0, 31, -1;\nbra.uni B;\n"
            "A: bar.sync 0;\nB:",
            0, {32});
  EXPECT_EQ(error.kind, ErrorKind::BarrierDivergence);
}

TEST_F(Faults, MemberMaskWithoutTheLane) {
  Error error = fails("shfl.sync.idx.b32 %r2, %r1, 0, 31, 0xfffffffe;", 0, {32});
  EXPECT_EQ(error.kind, ErrorKind::InvalidInstruction);
  EXPECT_EQ(error.thread.x, 0u);
  error = fails("bar.warp.sync 0x0000000f;", 0, {32});
  EXPECT_EQ(error.kind, ErrorKind::InvalidInstruction);
  EXPECT_EQ(error.message, "member mask 0x0000000f does not name the executing lane 4");
  EXPECT_EQ(error.occurrences, 28u);
}

TEST_F(Faults, EndlessLoop) {
  config.checks.instructionLimit = 100000;
  const Error error = fails("L: add.u32 %r2, %r2, 1;\nbra.uni L;", 0);
  EXPECT_EQ(error.kind, ErrorKind::Timeout);
  EXPECT_EQ(fails("L: ld.volatile.global.u32 %r2, [%rd1];\nsetp.ne.u32 %p1, %r2, 77;\n@%p1 bra L;",
                  DeviceArray<int>(memory, 4), {64})
                .kind,
            ErrorKind::Timeout);
}

TEST_F(Faults, WaitForAFlagThatNobodySets) {
  DeviceArray<int> flag(memory, std::vector<int>{0});
  config.checks.waitSeconds = 0.2;
  config.checks.instructionLimit = ~uint64_t(0);
  const auto module = kernel("L: ld.volatile.global.u32 %r2, [%rd1];\nsetp.eq.u32 %p1, %r2, 0;\n@%p1 bra L;");
  config.checks.maximumErrors = 1;
  const Error error = onlyError(tryRun(*module, "k", {3}, {64}, flag));
  EXPECT_EQ(error.kind, ErrorKind::Deadlock);
  EXPECT_EQ(error.source.line, 12u);
  EXPECT_NE(error.message.find("waits for memory"), std::string::npos) << error.message;
}

TEST_F(Faults, UninitialisedReads) {
  MemoryOptions options;
  options.trackWrites = true;
  Memory tracked(options);
  const std::string text =
      ".version 8.0\n.target sm_80\n.address_size 64\n.shared .align 4 .b32 s[64];\n.visible .entry k(.param .u64 "
      "p)\n{\n"
      ".reg .b32 %r<5>;\n.reg .b64 %rd<5>;\n.reg .pred %p<3>;\nld.param.u64 %rd1, [p];\nmov.u32 %r1, %tid.x;\n"
      "mad.wide.u32 %rd2, %r1, 4, %rd1;\nshl.b32 %r2, %r1, 2;\nmov.u32 %r3, s;\nadd.u32 %r2, %r2, %r3;\n"
      "ld.global.u32 %r4, [%rd2];\nsetp.lt.u32 %p1, %r1, 8;\n@%p1 st.shared.u32 [%r2], %r4;\nbar.sync 0;\n"
      "ld.shared.u32 %r4, [%r2];\nret;\n}\n";
  auto module = Module::parse(text, tracked);
  ASSERT_TRUE(bool(module)) << module.error();
  LaunchConfig launchConfig;
  launchConfig.block = {32};
  launchConfig.checks.uninitialized = true;
  DeviceArray<int> half(tracked, 32), whole(tracked, std::vector<int>(32, 1));
  std::vector<int> few(20, 1);
  tracked.write(half, few.data(), 80);
  auto bytes = Arguments::pack(half);
  launchConfig.parameters = bytes;
  Error error = onlyError(launch(*module.get(), module.get()->kernels()[0], launchConfig));
  EXPECT_EQ(error.kind, ErrorKind::Uninitialized);
  EXPECT_EQ(error.thread.x, 20u);
  EXPECT_EQ(error.occurrences, 12u);
  bytes = Arguments::pack(whole);
  launchConfig.parameters = bytes;
  error = onlyError(launch(*module.get(), module.get()->kernels()[0], launchConfig));
  EXPECT_EQ(error.kind, ErrorKind::Uninitialized);
  EXPECT_EQ(error.thread.x, 8u);
  EXPECT_NE(error.message.find("shared load"), std::string::npos) << error.message;
}

TEST_F(Faults, MissingWaitForAnAsynchronousCopyShows) {
  DeviceArray<int> x(memory, std::vector<int>{7, 7, 7, 7}), out(memory, std::vector<int>(4, 0));
  const std::string copy = ".shared .align 16 .b8 s[16];\nmov.u32 %r2, s;\ncp.async.cg.shared.global [%r2], [%rd1], "
                           "16;\ncp.async.commit_group;\n";
  const std::string rest = "ld.shared.u32 %r3, [%r2];\nst.global.u32 [%rd1+4096], %r3;";
  DeviceArray<int> both(memory, std::vector<int>(2048, 7));
  run(*kernel(copy + rest), "k", {1}, {1}, both);
  EXPECT_NE(both.host()[1024], 7);
  run(*kernel(copy + "cp.async.wait_group 0;\n" + rest), "k", {1}, {1}, both);
  EXPECT_EQ(both.host()[1024], 7);
}

TEST_F(Faults, ErrorsComeInOrderOfTheBlocksAndStopAtTheLimit) {
  const auto module = kernel("mov.u32 %r2, %ctaid.x;\nsetp.gt.u32 %p1, %r2, 9;\n@%p1 trap;");
  config.checks.maximumErrors = 3;
  for (unsigned threads = 1; threads <= 4; ++threads) {
    config.threads = threads;
    const Report report = tryRun(*module, "k", {100}, {32}, uint64_t(0));
    ASSERT_EQ(report.errors.size(), 3u);
    for (unsigned i = 0; i < 3; ++i)
      EXPECT_EQ(report.errors[i].block.x, 10 + i);
  }
}

TEST_F(Faults, ImpossibleLaunches) {
  const auto module = parse(".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k(.param .u64 p)\n.maxntid "
                            "128, 1, 1\n{\nret;\n}\n"
                            ".visible .entry r()\n.reqntid 96\n{\nret;\n}\n");
  const auto expect = [&](const char *kernelName, Dim3 grid, Dim3 block, uint32_t shared, const char *text) {
    LaunchConfig launchConfig;
    launchConfig.grid = grid;
    launchConfig.block = block;
    launchConfig.dynamicShared = shared;
    std::vector<std::byte> bytes(8);
    launchConfig.parameters = bytes;
    const Report report = launch(*module, *module->kernel(kernelName), launchConfig);
    ASSERT_EQ(report.errors.size(), 1u);
    EXPECT_EQ(report.errors[0].kind, ErrorKind::InvalidLaunch);
    EXPECT_NE(report.errors[0].message.find(text), std::string::npos) << report.errors[0].message;
  };
  expect("k", {1}, {256}, 0, "at most 128");
  expect("r", {1}, {64}, 0, "requires 96 x 1 x 1");
  expect("k", {1}, {0}, 0, "none may be 0");
  expect("k", {0}, {32}, 0, "grid of 0 x 1 x 1");
  expect("k", {1, 70000}, {32}, 0, "65535");
  expect("k", {1}, {32}, 200000, "200000 bytes of shared memory");
  LaunchConfig launchConfig;
  const Report report = launch(*module, *module->kernel("k"), launchConfig);
  EXPECT_NE(report.text().find("parameter buffer of 0 bytes: the kernel takes 8"), std::string::npos) << report.text();
}

// PTX that is right, with forms that the simulator lacks (the PTX ISA has them, ptxas takes them): named as lacking,
// where the same form is the text's fault in a module that cannot have it.
TEST_F(Faults, WhatIsNotSimulatedIsNoFaultOfThePtx) {
  const auto refusal = [&](const std::string &instruction, const std::string &target, ErrorKind &kind) {
    const auto module = parse(".version 9.0\n.target " + target +
                              "\n.address_size 64\n.visible .entry k()\n{\n.reg .pred %p<3>; .reg .b8 %b<3>; .reg .b16 "
                              "%h<5>; .reg .b32 %r<10>; .reg .b64 %rd<3>; .reg .b128 %q<3>; .reg .f32 %f<9>;\n" +
                              instruction + "\nret;\n}\n");
    return module->prepare(module->kernels()[0], &kind);
  };
  const struct {
    const char *instruction, *target;
  } lacking[] = {
      {"tld4.r.2d.v4.f32.f32 {%f1,%f2,%f3,%f4}, [%rd1, {%f5,%f6}];", "sm_90a"},
      {"sust.b.1d.b32.trap [%rd1, {%r2}], %r1;", "sm_90a"},
      {"multimem.red.relaxed.sys.global.add.u32 [%rd1], %r1;", "sm_90a"},
      {"mma.sp::ordered_metadata.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f1,%f2,%f3,%f4}, {%r1,%r2}, "
       "{%r3,%r4}, {%f1,%f2,%f3,%f4}, %r5, 0x0;",
       "sm_90a"},
      {"mma.sync.aligned.m8n8k4.row.col.f16.f16.f16.f16 {%r1,%r2,%r3,%r4}, {%r5,%r6}, {%r7,%r8}, {%r1,%r2,%r3,%r4};",
       "sm_90a"},
      {"wmma.mma.xor.popc.sync.aligned.row.col.m8n8k128.s32.b1.b1.s32 {%r1,%r2}, {%r3}, {%r4}, {%r1,%r2};", "sm_90a"},
      {"wgmma.mma_async.sp.sync.aligned.m64n8k32.f32.f16.f16 {%f1,%f2,%f3,%f4}, %rd1, %rd2, %r1, 0, 1, 1, 1, 0, 0;",
       "sm_90a"},
      {"cp.async.bulk.tensor.3d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes [%r1], [%rd1, "
       "{%r2,%r3,%r4}], [%r5], {%h1};",
       "sm_90a"},
      {"cp.async.bulk.global.shared::cta.bulk_group.cp_mask [%rd1], [%r1], 16, %h1;", "sm_100a"},
      {"vmad.u32.u32.u32 %r1, %r2, %r3, %r4;", "sm_90a"},
      {"add.f32.f16 %f1, %h1, %f2;", "sm_100a"},
      {"cvt.rn.satfinite.e2m1x2.f32 %b1, %f1, %f2;", "sm_100a"},
      {"tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [%r1], 32;", "sm_100a"},
      {"clusterlaunchcontrol.query_cancel.is_canceled.pred.b128 %p1, %q1;", "sm_100a"},
      {"st.bulk.weak.shared::cta [%rd1], 8, 0;", "sm_100a"},
      {"ldmatrix.sync.aligned.m16n16.x1.trans.shared.b8 {%r1,%r2}, [%r3];", "sm_100a"},
      {"fma.rn.oob.bf16x2 %r1, %r2, %r3, %r4;", "sm_90a"},
      {"ld.mmio.relaxed.sys.global.u32 %r1, [%rd1];", "sm_90a"},
      {"mov.u64 %rd1, %pm0_64;", "sm_90a"},
  };
  for (const auto &[instruction, target] : lacking) {
    ErrorKind kind{};
    EXPECT_NE(refusal(instruction, target, kind).find("is not simulated: "), std::string::npos) << instruction;
    EXPECT_EQ(kind, ErrorKind::Unsupported) << instruction;
  }
  ErrorKind kind{};
  EXPECT_EQ(
      refusal("tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [%r1], 32;", "sm_90a", kind),
      "test.ptx:7: 'tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32' needs .target sm_100a or higher, the "
      "module's is sm_90a\n");
  EXPECT_EQ(kind, ErrorKind::InvalidPtx);
}

TEST_F(Faults, UnknownInstructionsAreNamed) {
  const auto module = parse(
      ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry good()\n{\nret;\n}\n.visible .entry bad()\n{\n"
      ".reg .b32 %r<3>;\n.reg .b64 %rd<3>;\nfrobnicate.b32 %r0, %r1;\nadd.frob.s32 %r0, %r1, %r2;\nadd.s32 %r0, %rd1, "
      "%r2;\n"
      "tex.2d.v4.f32.f32 {%r0}, [%rd1];\nadd.s32 %r0, %r9, 1;\nadd.s32 %r0, %r1;\nld.global.u32 %r0, "
      "[nowhere];\nret;\n}\n");
  ASSERT_TRUE(module);
  run(*module, "good", {1}, {32});
  const Report report = tryRun(*module, "bad", {1}, {32});
  ASSERT_EQ(report.errors.size(), 1u);
  EXPECT_EQ(report.errors[0].kind, ErrorKind::InvalidPtx);
  const std::string &text = report.errors[0].message;
  for (const char *line :
       {"test.ptx:12: unknown instruction 'frobnicate.b32'",
        "test.ptx:13: unknown modifier '.frob' of instruction 'add.frob.s32'",
        "test.ptx:14: expected a register of 32 bits, found one of 64",
        "test.ptx:15: 'tex.2d.v4.f32.f32' is not simulated: textures", "test.ptx:16: unknown register '%r9'",
        "test.ptx:17: ", "test.ptx:18: unknown name 'nowhere'"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

} // namespace
} // namespace tessera::sim
