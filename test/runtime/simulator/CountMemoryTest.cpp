//===- CountMemoryTest.cpp - What small kernels ask of memory -------------===//
//
// Every number here is computed by hand from the model of runtime/simulator/Counts.h.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CountTest.h"

namespace tessera::sim {
namespace {

class CountMemory : public CountTest {
protected:
  struct Pair {
    uint64_t asked, least;
    bool operator==(const Pair &) const = default;
    friend std::ostream &operator<<(std::ostream &out, const Pair &pair) {
      return out << pair.asked << " (least " << pair.least << ")";
    }
  };
  static Pair sectors(const Counts &counts) { return {counts.globalSectors, counts.globalSectorsLeast}; }
  static Pair wavefronts(const Counts &counts) { return {counts.sharedWavefronts, counts.sharedWavefrontsLeast}; }

  /// A shared load by each lane at the byte `scale` x lane.
  Pair sharedLoad(const std::string &instruction, unsigned scale, Dim3 block = {32}) {
    return wavefronts(
        at(count("mad.lo.u32 %r4, %r1, " + std::to_string(scale) + ", %r2;\n.loc 1 11 0\n" + instruction, block), 11));
  }
  /// A global load by each lane at the byte `scale` x lane + `offset`.
  Counts globalLoad(const std::string &instruction, unsigned scale, unsigned offset = 0) {
    return at(count("mad.wide.u32 %rd3, %r1, " + std::to_string(scale) + ", %rd1;\nadd.u64 %rd3, %rd3, " +
                    std::to_string(offset) + ";\n.loc 1 11 0\n" + instruction),
              11);
  }
};

constexpr const char *SharedWord = "ld.shared.b32 %r5, [%r4];";
constexpr const char *GlobalWord = "ld.global.b32 %r5, [%rd3];";

// ---- Shared memory --------------------------------------------------------------------------------------------------

TEST_F(CountMemory, BankConflictsOfEveryPowerOfTwo) {
  // Lane i reads word ways x i: lanes 32 / ways apart meet in a bank.
  for (const unsigned ways : {1u, 2u, 4u, 8u, 16u, 32u})
    EXPECT_EQ(sharedLoad(SharedWord, 4 * ways), (Pair{ways, 1})) << ways << " ways";
}

TEST_F(CountMemory, OddStridesHaveNoConflicts) {
  for (const unsigned stride : {3u, 5u, 31u, 33u})
    EXPECT_EQ(sharedLoad(SharedWord, 4 * stride), (Pair{1, 1})) << stride;
}

TEST_F(CountMemory, LanesShareAWord) {
  EXPECT_EQ(sharedLoad(SharedWord, 0), (Pair{1, 1}));
  // Lanes 0-15 want word 0, lanes 16-31 word 32 of the same bank.
  EXPECT_EQ(wavefronts(body("shr.u32 %r4, %r1, 4;\nmad.lo.u32 %r4, %r4, 128, %r2;\nld.shared.b32 %r5, [%r4];")),
            (Pair{2, 1}));
  // Four bytes of a word are one word.
  EXPECT_EQ(sharedLoad("ld.shared.u8 %r5, [%r4];", 1), (Pair{1, 1}));
  EXPECT_EQ(sharedLoad("ld.shared.b16 %h1, [%r4];", 2), (Pair{1, 1}));
  // 32 bytes, each of a word of its own in one bank.
  EXPECT_EQ(sharedLoad("ld.shared.u8 %r5, [%r4];", 128), (Pair{32, 1}));
}

TEST_F(CountMemory, SharedVectorWidths) {
  constexpr const char *V2 = "ld.shared.v2.b32 {%r5, %r6}, [%r4];";
  constexpr const char *V4 = "ld.shared.v4.b32 {%r5, %r6, %r7, %r8}, [%r4];";
  EXPECT_EQ(sharedLoad(V2, 8), (Pair{2, 2}));
  EXPECT_EQ(sharedLoad("ld.shared.b64 %rd5, [%r4];", 8), (Pair{2, 2}));
  EXPECT_EQ(sharedLoad(V4, 16), (Pair{4, 4}));
  // 8 bytes every 16: of 16 lanes, i and i + 8 meet. 16 bytes every 32: of 8 lanes, i and i + 4.
  EXPECT_EQ(sharedLoad(V2, 16), (Pair{4, 2}));
  EXPECT_EQ(sharedLoad(V4, 32), (Pair{8, 4}));
  // A row of 128 bytes for each lane: the 8 lanes of a pass all meet.
  EXPECT_EQ(sharedLoad(V4, 128), (Pair{32, 4}));
  // The same 8 or 16 bytes for all: parts that do not conflict go together.
  EXPECT_EQ(sharedLoad(V2, 0), (Pair{1, 1}));
  EXPECT_EQ(sharedLoad(V4, 0), (Pair{1, 1}));
  EXPECT_EQ(sharedLoad("ld.shared.v2.b64 {%rd5, %rd6}, [%r4];", 16), (Pair{4, 4}));
}

TEST_F(CountMemory, PartsOfWideAccessesGoTogether) {
  constexpr const char *V2 = "ld.shared.v2.b32 {%r5, %r6}, [%r4];";
  constexpr const char *V4 = "ld.shared.v4.b32 {%r5, %r6, %r7, %r8}, [%r4];";
  const auto load = [&](const std::string &address, const std::string &instruction) {
    return wavefronts(at(count(address + "\nmad.lo.u32 %r4, %r9, 8, %r2;\n.loc 1 11 0\n" + instruction), 11));
  };
  // Lanes i and i ^ 1 at the same 8 bytes: 16 places, 128 bytes.
  EXPECT_EQ(load("shr.u32 %r9, %r1, 1;", V2), (Pair{1, 1}));
  // Lanes i and i + 16 alike.
  EXPECT_EQ(load("and.b32 %r9, %r1, 15;", V2), (Pair{1, 1}));
  // 256 bytes apart: the same banks, other words.
  EXPECT_EQ(load("shr.u32 %r9, %r1, 4;\nshl.b32 %r9, %r9, 5;", V2), (Pair{2, 1}));
  // Four places of 16 bytes, one a part: 64 bytes in banks of their own.
  EXPECT_EQ(load("shr.u32 %r9, %r1, 3;\nshl.b32 %r9, %r9, 1;", V4), (Pair{1, 1}));
  // The first two parts meet in bank 0, the others have banks 8 and 16: the first alone, then the other three.
  EXPECT_EQ(load("shr.u32 %r10, %r1, 3;\nadd.u32 %r9, %r10, -1;\nshl.b32 %r9, %r9, 2;\n"
                 "setp.eq.u32 %p1, %r10, 0;\nselp.u32 %r9, 16, %r9, %p1;",
                 V4),
            (Pair{2, 1}));
  // A part that conflicts with itself stands alone: 8 lanes in one bank, then three at one place each.
  EXPECT_EQ(load("setp.lt.u32 %p1, %r1, 8;\nshl.b32 %r9, %r1, 4;\nselp.u32 %r9, %r9, 0, %p1;", V4), (Pair{9, 1}));
}

TEST_F(CountMemory, WideAccessesOfSomeLanes) {
  constexpr const char *V4 = "@%p1 ld.shared.v4.b32 {%r5, %r6, %r7, %r8}, [%r4];";
  const auto active = [&](const std::string &predicate) {
    return wavefronts(at(count("mad.lo.u32 %r4, %r1, 16, %r2;\n" + predicate + "\n.loc 1 11 0\n" + V4), 11));
  };
  EXPECT_EQ(active("setp.lt.u32 %p1, %r1, 8;"), (Pair{1, 1}));
  EXPECT_EQ(active("setp.lt.u32 %p1, %r1, 9;"), (Pair{2, 2}));
  // Lanes 0, 8, 16, 24: the same banks.
  EXPECT_EQ(active("and.b32 %r9, %r1, 7;\nsetp.eq.u32 %p1, %r9, 0;"), (Pair{4, 1}));
  // Lanes 0, 9, 18, 27: banks of their own.
  EXPECT_EQ(active("rem.u32 %r9, %r1, 9;\nsetp.eq.u32 %p1, %r9, 0;"), (Pair{1, 1}));
}

TEST_F(CountMemory, SharedStores) {
  EXPECT_EQ(sharedLoad("st.shared.b32 [%r4], %r1;", 4), (Pair{1, 1}));
  EXPECT_EQ(sharedLoad("st.shared.b32 [%r4], %r1;", 128), (Pair{32, 1}));
  EXPECT_EQ(sharedLoad("st.shared.v4.b32 [%r4], {%r1, %r1, %r1, %r1};", 16), (Pair{4, 4}));
}

TEST_F(CountMemory, LdmatrixTakesOnePassAMatrix) {
  // 8 rows of 16 bytes that follow each other: 128 bytes, every bank once.
  constexpr const char *Four = "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r5, %r6, %r7, %r8}, [%r4];";
  EXPECT_EQ(sharedLoad(Four, 16), (Pair{4, 4}));
  EXPECT_EQ(sharedLoad("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%r5, %r6}, [%r4];", 16), (Pair{2, 2}));
  EXPECT_EQ(sharedLoad("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r5}, [%r4];", 16), (Pair{1, 1}));
  // Rows of 64 halves without swizzle: the 8 rows of each matrix begin in the same bank.
  EXPECT_EQ(sharedLoad(Four, 128), (Pair{32, 4}));
  // Rows of 32 halves: every other row.
  EXPECT_EQ(sharedLoad(Four, 64), (Pair{16, 4}));
  // Padded by 16 bytes.
  EXPECT_EQ(sharedLoad(Four, 144), (Pair{4, 4}));
  // One row for all: each matrix has its own turn.
  EXPECT_EQ(sharedLoad(Four, 0), (Pair{4, 1}));
}

TEST_F(CountMemory, LdmatrixWithSwizzle) {
  // Rows of 128 bytes whose chunk of 16 is exchanged by the row: (lane % 8) x 16 added by xor.
  const std::string swizzled =
      "and.b32 %r5, %r1, 7;\nshl.b32 %r6, %r1, 7;\nshl.b32 %r5, %r5, 4;\nxor.b32 %r6, %r6, %r5;\n"
      "add.u32 %r4, %r6, %r2;\n";
  EXPECT_EQ(wavefronts(body(swizzled + "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r5, %r6, %r7, %r8}, [%r4];")),
            (Pair{4, 4}));
  EXPECT_EQ(wavefronts(body(swizzled + "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%r5, %r6, %r7, %r8}, [%r4];")),
            (Pair{4, 4}));
  const Counts stored = body(swizzled + "stmatrix.sync.aligned.m8n8.x4.shared.b16 [%r4], {%r1, %r1, %r1, %r1};");
  EXPECT_EQ(wavefronts(stored), (Pair{4, 4}));
  EXPECT_EQ(classOf(stored, InstrClass::StMatrix), 1u);
}

TEST_F(CountMemory, SharedAtomicsOfOneWordTakeTurns) {
  constexpr const char *Add = "red.shared.add.u32 [%r4], 1;";
  const std::string zero = "st.shared.b32 [%r3], 0;\n.loc 1 11 0\n";
  EXPECT_EQ(wavefronts(at(count(zero + "red.shared.add.u32 [%r3], 1;"), 11)), (Pair{1, 1}));
  EXPECT_EQ(wavefronts(at(count(zero + "red.shared.add.u32 [%r2], 1;"), 11)), (Pair{32, 1}));
  EXPECT_EQ(wavefronts(at(count(zero + "and.b32 %r5, %r1, 7; mad.lo.u32 %r4, %r5, 4, %r2;\n.loc 1 12 0\n" + Add), 12)),
            (Pair{4, 1}));
}

TEST_F(CountMemory, GenericAddressesCountWhereTheyLand) {
  const LaunchCounts counts = count("mov.u64 %rd5, s; cvta.shared.u64 %rd5, %rd5;\n"
                                    "mad.wide.u32 %rd6, %r1, 8, %rd5;\n.loc 1 11 0\nst.b32 [%rd6], %r1;\n"
                                    ".loc 1 12 0\nst.b32 [%rd2], %r1;");
  EXPECT_EQ(wavefronts(at(counts, 11)), (Pair{2, 1}));
  EXPECT_EQ(sectors(at(counts, 11)), (Pair{0, 0}));
  EXPECT_EQ(wavefronts(at(counts, 12)), (Pair{0, 0}));
  EXPECT_EQ(sectors(at(counts, 12)), (Pair{4, 4}));
  EXPECT_EQ(classOf(at(counts, 11), InstrClass::GlobalStore), 1u);
}

TEST_F(CountMemory, SharedMemoryOfAnotherBlock) {
  const LaunchCounts counts =
      count("mapa.shared::cluster.u32 %r5, %r2, 1;\nmad.lo.u32 %r5, %r1, 16, %r5;\n.loc 1 11 0\n"
            "st.shared::cluster.b32 [%r5], %r1;\n.loc 1 12 0\nbarrier.cluster.arrive;\nbarrier.cluster.wait;",
            {32}, {4}, "", {2});
  EXPECT_EQ(wavefronts(at(counts, 11)), (Pair{16, 4})); // 4 ways, 4 blocks
  EXPECT_EQ(at(counts, 12).barrierWaits, 4u);
}

TEST_F(CountMemory, TheWorstExecutionOfASharedAccess) {
  // Block b reads words 2^b lane: conflicts of 1, 2, 4 ways.
  const LaunchCounts counts = count("mov.u32 %r5, %ctaid.x;\nshl.b32 %r4, %r1, %r5;\nmad.lo.u32 %r4, %r4, 4, %r2;\n"
                                    ".loc 1 11 0\nld.shared.b32 %r6, [%r4];",
                                    {32}, {3});
  ASSERT_EQ(counts.sharedAccesses.size(), 1u);
  const SharedAccess &access = counts.sharedAccesses[0];
  EXPECT_EQ(access.line, 11u);
  EXPECT_EQ(access.instruction, "ld.shared.b32 %r6, [%r4]");
  EXPECT_EQ(access.executions, 3u);
  EXPECT_EQ(access.wavefronts, 7u);
  EXPECT_EQ(access.wavefrontsLeast, 3u);
  EXPECT_EQ(access.worstWavefronts, 4u);
  EXPECT_EQ(access.worstLeast, 1u);
  EXPECT_EQ(access.bytes, 4u);
  EXPECT_EQ(access.lanes, ~0u);
  for (unsigned lane = 0; lane < 32; ++lane)
    EXPECT_EQ(access.addresses[lane] - access.addresses[0], 16 * lane);
  // Bank 0: one word, two words, four words. Bank 1: one. Bank 2: one and two.
  EXPECT_EQ(access.bankWords[0], 7u);
  EXPECT_EQ(access.bankWords[1], 1u);
  EXPECT_EQ(access.bankWords[2], 3u);
}

// ---- Global memory --------------------------------------------------------------------------------------------------

TEST_F(CountMemory, GlobalStrides) {
  EXPECT_EQ(sectors(globalLoad(GlobalWord, 4)), (Pair{4, 4}));
  EXPECT_EQ(sectors(globalLoad(GlobalWord, 8)), (Pair{8, 4}));
  EXPECT_EQ(sectors(globalLoad(GlobalWord, 16)), (Pair{16, 4}));
  EXPECT_EQ(sectors(globalLoad(GlobalWord, 32)), (Pair{32, 4}));
  EXPECT_EQ(sectors(globalLoad(GlobalWord, 128)), (Pair{32, 4}));
}

TEST_F(CountMemory, GlobalMisaligned) {
  for (const unsigned offset : {4u, 16u, 28u})
    EXPECT_EQ(sectors(globalLoad(GlobalWord, 4, offset)), (Pair{5, 4})) << offset;
  EXPECT_EQ(sectors(globalLoad(GlobalWord, 4, 32)), (Pair{4, 4}));
  EXPECT_EQ(sectors(globalLoad("ld.global.v4.b32 {%r5, %r6, %r7, %r8}, [%rd3];", 16, 16)), (Pair{17, 16}));
}

TEST_F(CountMemory, GlobalBroadcastAndOrder) {
  const Counts same = globalLoad(GlobalWord, 0);
  EXPECT_EQ(sectors(same), (Pair{1, 1}));
  EXPECT_EQ(same.globalBytes, 4u);
  // Backwards.
  EXPECT_EQ(sectors(body("sub.u32 %r4, 31, %r1; mad.wide.u32 %rd3, %r4, 4, %rd1;\nld.global.b32 %r5, [%rd3];")),
            (Pair{4, 4}));
  // Eight words, four lanes each.
  const Counts eight = body("and.b32 %r4, %r1, 7; mad.wide.u32 %rd3, %r4, 4, %rd1;\nld.global.b32 %r5, [%rd3];");
  EXPECT_EQ(sectors(eight), (Pair{1, 1}));
  EXPECT_EQ(eight.globalBytes, 32u);
}

TEST_F(CountMemory, GlobalVectorWidths) {
  EXPECT_EQ(sectors(globalLoad("ld.global.u8 %r5, [%rd3];", 1)), (Pair{1, 1}));
  EXPECT_EQ(sectors(globalLoad("ld.global.b16 %h1, [%rd3];", 2)), (Pair{2, 2}));
  EXPECT_EQ(sectors(globalLoad("ld.global.v2.b32 {%r5, %r6}, [%rd3];", 8)), (Pair{8, 8}));
  const Counts four = globalLoad("ld.global.v4.b32 {%r5, %r6, %r7, %r8}, [%rd3];", 16);
  EXPECT_EQ(sectors(four), (Pair{16, 16}));
  EXPECT_EQ(four.globalBytes, 512u);
  EXPECT_EQ(classOf(four, InstrClass::GlobalLoad), 1u);
  // 16 bytes each in rows of 256 bytes: half a sector each.
  EXPECT_EQ(sectors(globalLoad("ld.global.v4.b32 {%r5, %r6, %r7, %r8}, [%rd3];", 256)), (Pair{32, 16}));
}

TEST_F(CountMemory, PartialWarpsAndGuards) {
  const Counts partial = body("ld.global.b32 %r5, [%rd2];", {40});
  EXPECT_EQ(sectors(partial), (Pair{5, 5}));
  EXPECT_EQ(partial.warpInstructions, 2u);
  EXPECT_EQ(partial.threadInstructions, 40u);
  EXPECT_EQ(partial.globalBytes, 160u);
  const LaunchCounts guarded = count("setp.lt.u32 %p1, %r1, 16;\n.loc 1 11 0\n@%p1 ld.global.b32 %r5, [%rd2];", {64});
  EXPECT_EQ(sectors(at(guarded, 11)), (Pair{2, 2}));
  EXPECT_EQ(at(guarded, 11).warpInstructions, 2u);
  EXPECT_EQ(at(guarded, 11).threadInstructions, 16u);
}

TEST_F(CountMemory, GlobalAtomics) {
  const Counts same = body("atom.global.add.u32 %r5, [%rd1], 1;");
  EXPECT_EQ(sectors(same), (Pair{1, 1}));
  EXPECT_EQ(same.globalBytes, 4u);
  EXPECT_EQ(same.l1BypassBytes, 4u);
  EXPECT_EQ(classOf(same, InstrClass::Atomic), 1u);
  EXPECT_EQ(sectors(body("red.global.add.u32 [%rd2], 1;")), (Pair{4, 4}));
}

TEST_F(CountMemory, AsyncCopies) {
  const LaunchCounts counts = count("mad.wide.u32 %rd3, %r1, 16, %rd1;\nmad.lo.u32 %r4, %r1, 16, %r2;\n.loc 1 11 0\n"
                                    "cp.async.cg.shared.global [%r4], [%rd3], 16;\n.loc 1 12 0\n"
                                    "cp.async.commit_group;\ncp.async.wait_group 0;\n.loc 1 13 0\n"
                                    "cp.async.ca.shared.global [%r3], [%rd2], 4;\ncp.async.wait_all;",
                                    {64});
  const Counts sixteen = at(counts, 11), four = at(counts, 13);
  EXPECT_EQ(sixteen.asyncCopyBytes, 1024u);
  EXPECT_EQ(sixteen.globalBytes, 0u);
  EXPECT_EQ(sectors(sixteen), (Pair{32, 32}));
  EXPECT_EQ(wavefronts(sixteen), (Pair{8, 8}));
  EXPECT_EQ(classOf(at(counts, 12), InstrClass::AsyncCopy), 4u);
  EXPECT_EQ(four.asyncCopyBytes, 256u);
  EXPECT_EQ(sectors(four), (Pair{8, 8}));
  EXPECT_EQ(wavefronts(four), (Pair{2, 2}));
}

TEST_F(CountMemory, L1Bypass) {
  EXPECT_EQ(globalLoad("ld.global.cg.b32 %r5, [%rd3];", 4).l1BypassBytes, 128u);
  EXPECT_EQ(globalLoad("ld.relaxed.gpu.global.b32 %r5, [%rd3];", 4).l1BypassBytes, 128u);
  EXPECT_EQ(globalLoad("ld.global.nc.L1::no_allocate.b32 %r5, [%rd3];", 4).l1BypassBytes, 128u);
  EXPECT_EQ(globalLoad(GlobalWord, 4).l1BypassBytes, 0u);
}

TEST_F(CountMemory, LocalMemoryAndParameters) {
  const LaunchCounts counts = count("{ .local .align 8 .b8 l[8];\nst.local.b32 [l], %r1;\nst.local.b32 [l+4], %r1;\n"
                                    "ld.local.v2.b32 {%r5, %r6}, [l]; }\n.loc 1 11 0\n"
                                    "ld.param.u64 %rd5, [p];\n.loc 1 12 0\nld.const.b32 %r5, [c];",
                                    {32}, {1}, ".const .align 4 .b32 c = 5;\n");
  const Counts local = at(counts, Body);
  EXPECT_EQ(local.localBytes, 32u * (4 + 4 + 8));
  EXPECT_EQ(classOf(local, InstrClass::Other), 3u);
  EXPECT_EQ(classOf(at(counts, 11), InstrClass::Move), 1u);
  EXPECT_EQ(classOf(at(counts, 12), InstrClass::Move), 1u);
  EXPECT_EQ(sectors(counts.totals), (Pair{0, 0}));
  EXPECT_EQ(wavefronts(counts.totals), (Pair{0, 0}));
}

TEST_F(CountMemory, FootprintCountsEverySectorOnce) {
  // Each block reads the same 64 words twice and writes 64 of its own from word 1024 on.
  const LaunchCounts counts =
      count("ld.global.b32 %r5, [%rd2];\nld.global.b32 %r6, [%rd2];\nmov.u32 %r7, %ctaid.x;\n"
            "mad.lo.u32 %r7, %r7, 64, %r1;\nmad.wide.u32 %rd3, %r7, 4, %rd1;\nst.global.b32 [%rd3+4096], %r5;",
            {64}, {4});
  EXPECT_EQ(counts.footprintRead, 256u);
  EXPECT_EQ(counts.footprintWritten, 1024u);
  EXPECT_EQ(counts.totals.globalBytes, 4u * 3 * 256);
}

} // namespace
} // namespace tessera::sim
