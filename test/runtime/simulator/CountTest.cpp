//===- CountTest.cpp - How often small kernels do what --------------------===//
//
// Every number here is computed by hand.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CountTest.h"

#include "runtime/simulator/Classify.h"
#include "runtime/simulator/Occupancy.h"

namespace tessera::sim {
namespace {

TEST_F(CountTest, NothingIsCountedUnlessAsked) {
  config.count = false;
  const auto module = kernel("ld.global.b32 %r5, [%rd2];");
  DeviceArray<uint32_t> p(memory, std::vector<uint32_t>(32));
  const Report report = run(*module, "k", {1}, {32}, p);
  EXPECT_TRUE(report.counts == LaunchCounts{});
  EXPECT_EQ(report.warpInstructions, 7u);
}

TEST_F(CountTest, EveryInstructionOfEveryWarp) {
  // 5 instructions before the body, one in it, ret: 7; 3 blocks of 2 warps of 48 threads in all.
  const LaunchCounts counts = count("add.u32 %r5, %r1, 1;", {48}, {3});
  EXPECT_TRUE(counts.counted);
  EXPECT_EQ(counts.totals.warpInstructions, 7u * 6);
  EXPECT_EQ(counts.totals.threadInstructions, 7u * 48 * 3);
  EXPECT_EQ(at(counts, Body).warpInstructions, 6u);
  EXPECT_EQ(at(counts, Body).threadInstructions, 144u);
  EXPECT_EQ(at(counts, 1).warpInstructions, 30u);
  EXPECT_EQ(at(counts, 99).warpInstructions, 6u);
  EXPECT_EQ(classOf(counts.totals, InstrClass::Move), 3u * 6); // ld.param, mov, mov
  EXPECT_EQ(classOf(counts.totals, InstrClass::Alu), 3u * 6);
  EXPECT_EQ(classOf(counts.totals, InstrClass::Branch), 6u);
  uint64_t classes = 0;
  for (const uint64_t each : counts.totals.classes)
    classes += each;
  EXPECT_EQ(classes, counts.totals.warpInstructions);
}

TEST_F(CountTest, Loops) {
  const LaunchCounts counts = count("mov.u32 %r4, 0;\n.loc 1 11 0\nloop:\nadd.u32 %r4, %r4, 1;\n"
                                    "setp.lt.u32 %p1, %r4, 10;\n@%p1 bra loop;");
  EXPECT_EQ(at(counts, 11).warpInstructions, 30u);
  EXPECT_EQ(classOf(at(counts, 11), InstrClass::Branch), 10u);
  EXPECT_EQ(at(counts, 11).threadInstructions, 2u * 10 * 32 + 9 * 32); // the last branch is not taken
  EXPECT_EQ(at(counts, 11).divergentBranches, 0u);
}

TEST_F(CountTest, LoopsOfDifferentLength) {
  // Lane i goes round i + 1 times: 32 rounds of the warp, lanes leave one at a time, 31 branches part.
  const LaunchCounts counts = count("mov.u32 %r4, 0;\n.loc 1 11 0\nloop:\nadd.u32 %r4, %r4, 1;\n"
                                    "setp.le.u32 %p1, %r4, %r1;\n@%p1 bra loop;");
  EXPECT_EQ(at(counts, 11).warpInstructions, 96u);
  EXPECT_EQ(at(counts, 11).divergentBranches, 31u);
  EXPECT_EQ(at(counts, 11).threadInstructions, 2u * (32 * 33 / 2) + 31 * 32 / 2);
}

TEST_F(CountTest, DivergentBranches) {
  const std::string two = "setp.lt.u32 %p1, %r1, 16;\n.loc 1 11 0\n@%p1 bra left;\n.loc 1 12 0\nadd.u32 %r4, %r1, 1;\n"
                          "bra.uni done;\nleft:\n.loc 1 13 0\nadd.u32 %r4, %r1, 2;\ndone:\n.loc 1 14 0\n"
                          "add.u32 %r5, %r4, 1;";
  const LaunchCounts parted = count(two);
  EXPECT_EQ(at(parted, 11).divergentBranches, 1u);
  EXPECT_EQ(at(parted, 12).warpInstructions, 2u);
  EXPECT_EQ(at(parted, 12).threadInstructions, 32u);
  EXPECT_EQ(at(parted, 13).warpInstructions, 1u);
  EXPECT_EQ(at(parted, 13).threadInstructions, 16u);
  EXPECT_EQ(at(parted, 14).warpInstructions, 1u); // they have met again
  // The second warp does not part.
  const LaunchCounts both = count(two, {64});
  EXPECT_EQ(both.totals.divergentBranches, 1u);
  EXPECT_EQ(at(both, 12).warpInstructions, 4u);
  EXPECT_EQ(at(both, 14).warpInstructions, 2u);
}

TEST_F(CountTest, BarrierWaits) {
  const LaunchCounts counts = count("mov.u32 %r4, 0;\nloop:\n.loc 1 11 0\nbar.sync 0;\n.loc 1 12 0\n"
                                    "add.u32 %r4, %r4, 1;\nsetp.lt.u32 %p1, %r4, 3;\n@%p1 bra loop;\n"
                                    ".loc 1 13 0\nbarrier.sync 1, 128;\nbar.warp.sync -1;",
                                    {128}, {2});
  EXPECT_EQ(at(counts, 11).barrierWaits, 24u); // 3 x 4 warps x 2 blocks
  EXPECT_EQ(at(counts, 13).barrierWaits, 8u);
  EXPECT_EQ(classOf(at(counts, 13), InstrClass::Barrier), 16u);
  EXPECT_EQ(counts.totals.barrierWaits, 32u);
}

TEST_F(CountTest, LanesThatWaitForOthersCountOnce) {
  // Both halves come to the same shuffle by ways of their own: it is one warp instruction.
  const LaunchCounts counts =
      count("setp.lt.u32 %p1, %r1, 16;\n@%p1 bra left;\nadd.u32 %r4, %r1, 1;\nleft:\n.loc 1 11 0\n"
            "shfl.sync.bfly.b32 %r5, %r1, 16, 31, -1;\n.loc 1 12 0\nbar.warp.sync -1;");
  EXPECT_EQ(at(counts, 11).warpInstructions, 1u);
  EXPECT_EQ(at(counts, 11).threadInstructions, 32u);
  EXPECT_EQ(at(counts, 12).warpInstructions, 1u);
  // At different places each half executes its own.
  const LaunchCounts apart = count("setp.lt.u32 %p1, %r1, 16;\n@%p1 bra left;\n.loc 1 11 0\nbar.warp.sync -1;\n"
                                   ".loc 1 12 0\nbra done;\nleft:\n.loc 1 13 0\nbar.warp.sync -1;\ndone:");
  EXPECT_EQ(at(apart, 11).warpInstructions, 1u);
  EXPECT_EQ(at(apart, 11).threadInstructions, 16u);
  EXPECT_EQ(at(apart, 13).warpInstructions, 1u);
  EXPECT_EQ(at(apart, 13).threadInstructions, 16u);
}

TEST_F(CountTest, Exchanges) {
  const Counts counts = body("shfl.sync.down.b32 %r4, %r1, 1, 31, -1;\nvote.sync.ballot.b32 %r5, 1, -1;\n"
                             "activemask.b32 %r6;\nredux.sync.add.s32 %r7, %r1, -1;\nmatch.any.sync.b32 %r8, %r1, -1;",
                             {64});
  EXPECT_EQ(classOf(counts, InstrClass::Shuffle), 10u);
}

TEST_F(CountTest, TensorOperations) {
  const std::string halves = "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f1, %f2, %f3, %f4}, "
                             "{%r4, %r5, %r6, %r7}, {%r8, %r9}, {%f1, %f2, %f3, %f4};";
  const Counts f16 = body("mov.u32 %r4, 0;\nmov.u32 %r5, 0;\nmov.u32 %r6, 0;\nmov.u32 %r7, 0;\nmov.u32 %r8, 0;\n"
                          "mov.u32 %r9, 0;\nmov.f32 %f1, 0f00000000;\nmov.f32 %f2, 0f00000000;\n"
                          "mov.f32 %f3, 0f00000000;\nmov.f32 %f4, 0f00000000;\n" +
                              halves,
                          {128});
  EXPECT_EQ(f16.tensorFlops, 4u * 2 * 16 * 8 * 16);
  EXPECT_EQ(flops(f16, FlopKind::TensorFp16), f16.tensorFlops);
  EXPECT_EQ(classOf(f16, InstrClass::Mma), 4u);
}

TEST_F(CountTest, ScalarOperations) {
  const Counts counts = body("mov.f32 %f1, 0f3F800000;\nfma.rn.f32 %f2, %f1, %f1, %f1;\nadd.f32 %f3, %f1, %f2;\n"
                             "mul.f32 %f4, %f3, %f3;\nex2.approx.f32 %f5, %f4;\ncvt.rn.f16.f32 %h1, %f5;\n"
                             "fma.rn.f16 %h2, %h1, %h1, %h1;\nmul.lo.u32 %r5, %r1, %r1;");
  EXPECT_EQ(flops(counts, FlopKind::Fp32), 32u * 4); // fma two, add, mul
  EXPECT_EQ(flops(counts, FlopKind::Fp16), 32u * 2);
  EXPECT_EQ(classOf(counts, InstrClass::Fma), 4u);
  EXPECT_EQ(classOf(counts, InstrClass::Sfu), 1u);
  EXPECT_EQ(classOf(counts, InstrClass::Convert), 1u);
  EXPECT_EQ(classOf(counts, InstrClass::Alu), 1u);
  EXPECT_EQ(classOf(counts, InstrClass::Move), 1u);
}

TEST_F(CountTest, CalledFunctions) {
  const LaunchCounts counts =
      count("{ .param .b32 a; .param .b32 b;\nst.param.b32 [a], %r1;\n.loc 1 11 0\n"
            "call (b), twice, (a);\n.loc 1 12 0\nld.param.b32 %r5, [b]; }",
            {64}, {1},
            ".func (.param .b32 r) twice(.param .b32 a)\n{\n.reg .b32 %r<3>;\n.loc 1 50 0\n"
            "ld.param.b32 %r1, [a];\nadd.u32 %r2, %r1, %r1;\nst.param.b32 [r], %r2;\nret;\n}\n");
  EXPECT_EQ(at(counts, 11).warpInstructions, 2u);
  EXPECT_EQ(at(counts, 50).warpInstructions, 8u);
  EXPECT_EQ(classOf(at(counts, 50), InstrClass::Move), 4u);
}

TEST_F(CountTest, LinesOfThePtxWithoutLoc) {
  const auto module = parse(".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k(.param .u64 p)\n{\n"
                            ".reg .b32 %r<4>;\nmov.u32 %r1, %tid.x;\nadd.u32 %r2, %r1, 1;\nret;\n}\n",
                            "plain.ptx");
  DeviceArray<uint32_t> p(memory, 1);
  const LaunchCounts counts = countOf(*module, "k", {1}, {32}, p);
  ASSERT_EQ(counts.lines.size(), 3u);
  EXPECT_EQ(counts.lines[0].file, "plain.ptx");
  EXPECT_EQ(counts.lines[0].line, 7u);
  EXPECT_EQ(counts.lines[1].line, 8u);
}

TEST_F(CountTest, InstructionsBeforeTheFirstLineStandTogether) {
  const auto module = parse(".version 8.0\n.target sm_80\n.address_size 64\n.file 1 \"k.tile\"\n"
                            ".visible .entry k(.param .u64 p)\n{\n.reg .b32 %r<4>;\nmov.u32 %r1, %tid.x;\n"
                            "mov.u32 %r2, %tid.y;\n.loc 1 10 0\nadd.u32 %r3, %r1, %r2;\nret;\n}\n",
                            "some.ptx");
  DeviceArray<uint32_t> p(memory, 1);
  const LaunchCounts counts = countOf(*module, "k", {1}, {32}, p);
  ASSERT_EQ(counts.lines.size(), 2u);
  EXPECT_EQ(counts.lines[0].file, "k.tile");
  EXPECT_EQ(counts.lines[0].line, 10u);
  EXPECT_EQ(counts.lines[1].file, "some.ptx");
  EXPECT_EQ(counts.lines[1].line, 0u);
  EXPECT_EQ(counts.lines[1].counts.warpInstructions, 2u);
}

// ---- Waiting loops --------------------------------------------------------------------------------------------------

TEST_F(CountTest, WaitingForAnMbarrierCountsOnce) {
  // Warp 0 arrives after 5000 rounds of a loop, the other three wait.
  const LaunchCounts counts =
      count("setp.ne.u32 %p1, %r1, 0;\n@%p1 bra ready;\nmbarrier.init.shared.b64 [%r2], 32;\nready:\nbar.sync 0;\n"
            "setp.ge.u32 %p1, %r1, 32;\n@%p1 bra wait;\nmov.u32 %r4, 0;\nwork:\nadd.u32 %r4, %r4, 1;\n"
            "setp.lt.u32 %p2, %r4, 5000;\n@%p2 bra work;\nmbarrier.arrive.shared.b64 %rd5, [%r2];\n.loc 1 11 0\nwait:\n"
            "mbarrier.try_wait.parity.shared::cta.b64 %p3, [%r2], 0;\n@%p3 bra done;\nbra wait;\ndone:",
            {128});
  EXPECT_EQ(at(counts, 11).warpInstructions, 8u);
  EXPECT_EQ(at(counts, 11).barrierWaits, 4u);
  EXPECT_EQ(counts.totals.sharedWavefronts, 0u);
}

TEST_F(CountTest, WaitingForAnotherBlockCountsOnce) {
  // Every block waits for all four to have come: a barrier of the grid.
  const LaunchCounts counts =
      count("setp.ne.u32 %p1, %r1, 0;\n@%p1 bra done;\nred.release.gpu.global.add.u32 [%rd1+1024], 1;\n.loc 1 11 0\n"
            "wait:\nld.acquire.gpu.global.b32 %r5, [%rd1+1024];\nand.b32 %r6, %r5, 3;\nsetp.ne.u32 %p2, %r6, 0;\n"
            "@%p2 bra wait;\ndone:",
            {32}, {4});
  // One round of four instructions a block; the sector of the word once each.
  EXPECT_EQ(at(counts, 11).warpInstructions, 16u);
  EXPECT_EQ(at(counts, 11).globalSectors, 4u);
}

TEST_F(CountTest, RoundsThatDoSomethingAllCount) {
  // Reads memory that others may write, as a waiting loop does, but adds up what it reads.
  const LaunchCounts counts =
      count("mov.u32 %r4, 0;\nmov.u32 %r6, 0;\n.loc 1 11 0\nloop:\nld.volatile.global.b32 %r5, [%rd1];\n"
            "add.u32 %r6, %r6, %r5;\nadd.u32 %r4, %r4, 1;\nsetp.lt.u32 %p1, %r4, 10;\n@%p1 bra loop;");
  EXPECT_EQ(at(counts, 11).warpInstructions, 50u);
  EXPECT_EQ(at(counts, 11).globalSectors, 10u);
}

// ---- Tables ---------------------------------------------------------------------------------------------------------

TEST(Classify, EveryClassHasOpcodes) {
  const std::pair<const char *, InstrClass> expected[] = {
      {"add.s32", InstrClass::Alu},
      {"mad.wide.u32", InstrClass::Alu},
      {"setp.lt.f32", InstrClass::Alu},
      {"div.u32", InstrClass::Alu},
      {"min.f32", InstrClass::Alu},
      {"fma.rn.f32", InstrClass::Fma},
      {"add.rn.f16x2", InstrClass::Fma},
      {"mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", InstrClass::Mma},
      {"wmma.mma.sync.aligned.row.col.m16n16k16.f32.f32", InstrClass::Mma},
      {"wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16", InstrClass::Wgmma},
      {"div.full.f32", InstrClass::Sfu},
      {"ex2.approx.ftz.f32", InstrClass::Sfu},
      {"ld.global.v4.b32", InstrClass::GlobalLoad},
      {"ld.b32", InstrClass::GlobalLoad},
      {"st.global.b32", InstrClass::GlobalStore},
      {"ld.shared::cta.b32", InstrClass::SharedLoad},
      {"st.shared.v2.b32", InstrClass::SharedStore},
      {"wmma.load.a.sync.aligned.row.m16n16k16.shared.f16", InstrClass::SharedLoad},
      {"ldmatrix.sync.aligned.m8n8.x4.shared.b16", InstrClass::LdMatrix},
      {"stmatrix.sync.aligned.m8n8.x4.shared.b16", InstrClass::StMatrix},
      {"cp.async.cg.shared.global", InstrClass::AsyncCopy},
      {"cp.async.wait_group", InstrClass::AsyncCopy},
      {"cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes", InstrClass::Tma},
      {"cp.async.bulk.commit_group", InstrClass::Tma},
      {"cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32", InstrClass::Tma},
      {"tensormap.replace.tile.global_address.shared::cta.b1024.b64", InstrClass::Tma},
      {"cp.async.mbarrier.arrive.shared.b64", InstrClass::Barrier},
      {"atom.global.add.f32", InstrClass::Atomic},
      {"red.shared.add.u32", InstrClass::Atomic},
      {"shfl.sync.bfly.b32", InstrClass::Shuffle},
      {"bar.sync", InstrClass::Barrier},
      {"mbarrier.try_wait.parity.shared::cta.b64", InstrClass::Barrier},
      {"fence.proxy.async.shared::cta", InstrClass::Barrier},
      {"bra.uni", InstrClass::Branch},
      {"call.uni", InstrClass::Branch},
      {"cvt.rn.f16.f32", InstrClass::Convert},
      {"mov.b64", InstrClass::Move},
      {"ld.param.u64", InstrClass::Move},
      {"ld.const.u32", InstrClass::Move},
      {"ld.local.u32", InstrClass::Other},
      {"trap", InstrClass::Other},
  };
  std::set<InstrClass> seen;
  for (const auto &[opcode, instrClass] : expected) {
    EXPECT_EQ(name(classify(opcode).instrClass), name(instrClass)) << opcode;
    seen.insert(instrClass);
  }
  EXPECT_EQ(seen.size(), InstrClassCount);
}

TEST(Classify, TensorOperationsByShapeAndType) {
  struct Expected {
    const char *opcode;
    uint64_t flops;
    FlopKind kind;
  };
  const Expected expected[] = {
      {"mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16", 4096, FlopKind::TensorFp16},
      {"mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", 2048, FlopKind::TensorTf32},
      {"mma.sync.aligned.m16n8k32.row.col.satfinite.s32.s8.s8.s32", 8192, FlopKind::TensorInt8},
      {"mma.sync.aligned.m16n8k32.row.col.kind::f8f6f4.f32.e4m3.e5m2.f32", 8192, FlopKind::TensorFp8},
      {"mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64", 512, FlopKind::TensorFp64},
      {"wmma.mma.sync.aligned.row.col.m16n16k16.f16.f16", 8192, FlopKind::TensorFp16},
      {"wmma.mma.sync.aligned.row.col.m16n16k16.f32.bf16.bf16.f32", 8192, FlopKind::TensorFp16},
      // A warp has a quarter of the 64 rows.
      {"wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16", 2 * 16 * 256 * 16, FlopKind::TensorFp16},
      {"wgmma.mma_async.sync.aligned.m64n8k32.f32.e4m3.e4m3", 2 * 16 * 8 * 32, FlopKind::TensorFp8},
      {"wgmma.commit_group.sync.aligned", 0, FlopKind::None},
  };
  for (const Expected &each : expected) {
    EXPECT_EQ(classify(each.opcode).warpFlops, each.flops) << each.opcode;
    EXPECT_EQ(name(classify(each.opcode).kind), name(each.kind)) << each.opcode;
  }
}

TEST(Occupancies, EachResourceCanBeTheLimit) {
  const MultiprocessorLimits &h = *multiprocessorLimits(90);
  const Occupancy warps = occupancyOf(h, 256, 32, 0);
  EXPECT_EQ(warps.blocks, 8u);
  EXPECT_EQ(warps.warps, 64u);
  EXPECT_EQ(warps.limit, OccupancyLimit::Warps);
  const Occupancy blocks = occupancyOf(h, 32, 32, 0);
  EXPECT_EQ(blocks.blocks, 32u);
  EXPECT_EQ(blocks.limit, OccupancyLimit::Blocks);
  // 168 registers: 5376 a warp, 3 warps in each quarter of 16384, 12 in all: 3 blocks of 4.
  const Occupancy registers = occupancyOf(h, 128, 168, 0);
  EXPECT_EQ(registers.blocks, 3u);
  EXPECT_EQ(registers.limit, OccupancyLimit::Registers);
  // 41 registers take as many as 48: 1312 a warp rounded up to 1536.
  EXPECT_EQ(occupancyOf(h, 128, 41, 0).blocksByRegisters, 10u);
  // 113 KiB and the system's 1 KiB, twice: exactly 228.
  EXPECT_EQ(occupancyOf(h, 128, 32, 113 * 1024).blocks, 2u);
  EXPECT_EQ(occupancyOf(h, 128, 32, 113 * 1024 + 1).blocks, 1u);
  EXPECT_EQ(occupancyOf(h, 128, 32, 113 * 1024 + 1).limit, OccupancyLimit::SharedMemory);
  EXPECT_EQ(occupancyOf(h, 128, 32, 230 * 1024).blocks, 0u);
  EXPECT_EQ(occupancyOf(*multiprocessorLimits(86), 1024, 32, 0).blocks, 1u); // 48 warps
  EXPECT_EQ(multiprocessorLimits(35), nullptr);
  EXPECT_EQ(sharedForBlocks(h, 2, 1024), 112u * 1024);
}

} // namespace
} // namespace tessera::sim
