//===- ClusterTest.cpp - Clusters: remote memory, multicast, barrier.cluster --===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CheckTest.h"

namespace tessera::sim {
namespace {

/// Kernels of CheckTest in clusters of four CTAs: %r10 is the rank, %r11 the rank of the next CTA, %r12 the address of
/// s in it. Every CTA stays until all have come to its end.
class Clusters : public CheckTest {
protected:
  static constexpr uint32_t Blocks = 8, Size = 4;

  DeviceArray<uint32_t> data{memory, std::vector<uint32_t>(4096, 7)};
  Setting setting(uint32_t threads = 32, uint32_t size = Size) const {
    return {
        .p = data, .block = {threads}, .grid = {Blocks}, .attributes = " .reqnctapercluster " + std::to_string(size)};
  }
  static std::string body(const std::string &inner, bool stays = true) {
    return "mov.u32 %r10, %cluster_ctarank; add.u32 %r11, %r10, 1; and.b32 %r11, %r11, 3; "
           "mapa.shared::cluster.u32 %r12, %r4, %r11;\n" +
           inner + (stays ? "\nbarrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;" : "");
  }
  std::vector<uint32_t> results(uint32_t from, uint32_t count) const {
    std::vector<uint32_t> got(count);
    memory.read(data.address() + uint64_t(from) * 4, got.data(), uint64_t(count) * 4);
    return got;
  }
};

const std::string Sync = "barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;\n";
/// The thread's place in the results: its CTA, then itself.
const std::string Result =
    "mov.u32 %r20, %ctaid.x; mad.lo.u32 %r20, %r20, 32, %r1; mad.wide.u32 %rd5, %r20, 4, %rd1;\n";

TEST_F(Clusters, WhereACtaIs) {
  silent(body(Result +
              "mov.u32 %r21, %clusterid.x; mov.u32 %r22, %cluster_nctarank; mov.u32 %r23, %nclusterid.x;\n"
              "getctarank.shared::cluster.u32 %r24, %r12; getctarank.shared::cluster.u32 %r25, %r4;\n"
              "mad.lo.u32 %r26, %r10, 10, %r21; mad.lo.u32 %r26, %r26, 10, %r22; mad.lo.u32 %r26, %r26, 10, %r23;\n"
              "mad.lo.u32 %r26, %r26, 10, %r24; mad.lo.u32 %r26, %r26, 10, %r25; st.global.u32 [%rd5], %r26;"),
         setting());
  for (uint32_t block = 0; block < Blocks; ++block) {
    const uint32_t rank = block % Size;
    EXPECT_EQ(results(block * 32, 1)[0],
              ((((rank * 10 + block / Size) * 10 + Size) * 10 + Blocks / Size) * 10 + (rank + 1) % Size) * 10 + rank);
  }
}

TEST_F(Clusters, RemoteLoadsStoresAndAtomics) {
  silent(body("mad.lo.u32 %r5, %r10, 100, %r1; st.shared.u32 [%r2], %r5; @%p2 st.shared.u32 [s+1024], 0;\n" + Sync +
              "add.u32 %r6, %r12, 128; shl.b32 %r7, %r1, 2; add.u32 %r8, %r12, %r7;\n"
              "ld.shared::cluster.u32 %r9, [%r8]; st.shared::cluster.u32 [%r8+128], %r9;\n"
              "cvt.u64.u32 %rd2, %r4; cvta.shared.u64 %rd3, %rd2; mapa.u64 %rd3, %rd3, 0; "
              "atom.add.u32 %r13, [%rd3+1024], 1;\n" +
              Sync + Result +
              "ld.shared.u32 %r14, [%r2+128]; st.global.u32 [%rd5], %r14; ld.shared.u32 %r15, [s+1024]; "
              "@%p2 st.global.u32 [%rd5+4096], %r15;"),
         setting());
  for (uint32_t block = 0; block < Blocks; ++block) {
    // What the block before wrote here is what it read here.
    for (uint32_t thread = 0; thread < 32; ++thread)
      EXPECT_EQ(results(block * 32 + thread, 1)[0], block % Size * 100 + thread);
    EXPECT_EQ(results(1024 + block * 32, 1)[0], block % Size == 0 ? Size * 32 : 0);
  }
}

TEST_F(Clusters, RemoteArrivals) {
  // Each CTA tells the next one's mbarrier that its words are there.
  silent(body("@%p2 mbarrier.init.shared::cta.b64 [%r4+2048], 32;\nfence.mbarrier_init.release.cluster;\n" + Sync +
              "shl.b32 %r7, %r1, 2; add.u32 %r8, %r12, %r7; mad.lo.u32 %r5, %r10, 100, %r1; "
              "st.shared::cluster.u32 [%r8], %r5;\n"
              "mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%r12+2048];\n"
              "W: mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 %p3, [%r4+2048], 0; @!%p3 bra W;\n" +
              Result + "ld.shared.u32 %r14, [%r2]; st.global.u32 [%rd5], %r14;"),
         setting());
  for (uint32_t block = 0; block < Blocks; ++block)
    for (uint32_t thread = 0; thread < 32; ++thread)
      EXPECT_EQ(results(block * 32 + thread, 1)[0], (block + Size - 1) % Size * 100 + thread);
}

TEST_F(Clusters, AsynchronousStoresAndReductions) {
  silent(body("@%p2 mbarrier.init.shared::cta.b64 [%r4+2048], 1;\nst.shared.v2.u32 [s+1024], {5, 6};\n"
              "fence.mbarrier_init.release.cluster;\n" +
              Sync +
              "@%p2 mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r4+2048], 384;\n"
              "shl.b32 %r7, %r1, 3; add.u32 %r8, %r12, %r7; mad.lo.u32 %r5, %r10, 100, %r1; add.u32 %r6, %r5, 1000;\n"
              "st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v2.b32 [%r8], {%r5, %r6}, [%r12+2048];\n"
              "red.async.relaxed.cluster.shared::cluster.mbarrier::complete_tx::bytes.add.u32 [%r12+1024], %r1, "
              "[%r12+2048];\n"
              "W: mbarrier.try_wait.parity.shared::cta.b64 %p3, [%r4+2048], 0; @!%p3 bra W;\n" +
              Result +
              "add.u32 %r9, %r4, %r7; ld.shared.v2.u32 {%r14, %r15}, [%r9]; st.global.u32 [%rd5], %r14; "
              "st.global.u32 [%rd5+1024], %r15; ld.shared.u32 %r16, [s+1024]; st.global.u32 [%rd5+2048], %r16;"),
         setting());
  for (uint32_t block = 0; block < Blocks; ++block)
    for (uint32_t thread = 0; thread < 32; ++thread) {
      const uint32_t from = (block + Size - 1) % Size * 100 + thread;
      EXPECT_EQ(results(block * 32 + thread, 1)[0], from);
      EXPECT_EQ(results(256 + block * 32 + thread, 1)[0], from + 1000);
      EXPECT_EQ(results(512 + block * 32 + thread, 1)[0], 5u + 31 * 32 / 2);
    }
}

TEST_F(Clusters, BulkCopiesAndReductionsBetweenBlocks) {
  silent(body("@%p2 mbarrier.init.shared::cta.b64 [%r4+2048], 1;\nmad.lo.u32 %r5, %r10, 100, %r1; st.shared.u32 [%r2], "
              "%r5;\n"
              "st.shared.u32 [%r2+512], %r1;\nfence.proxy.async.shared::cta;\nfence.mbarrier_init.release.cluster;\n" +
              Sync +
              "@%p2 mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r4+2048], 256;\n"
              "@%p2 cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [%r12+256], [%r4], 128, "
              "[%r12+2048];\n"
              "@%p2 cp.reduce.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes.add.u32 [%r12+512], "
              "[%r4], 128, [%r12+2048];\n"
              "W: mbarrier.try_wait.parity.shared::cta.b64 %p3, [%r4+2048], 0; @!%p3 bra W;\n" +
              Result +
              "ld.shared.u32 %r14, [%r2+256]; st.global.u32 [%rd5], %r14; ld.shared.u32 %r15, [%r2+512]; "
              "st.global.u32 [%rd5+1024], %r15;"),
         setting());
  for (uint32_t block = 0; block < Blocks; ++block)
    for (uint32_t thread = 0; thread < 32; ++thread) {
      const uint32_t from = (block + Size - 1) % Size * 100 + thread;
      EXPECT_EQ(results(block * 32 + thread, 1)[0], from);
      EXPECT_EQ(results(256 + block * 32 + thread, 1)[0], from + thread);
    }
}

TEST_F(Clusters, Multicast) {
  // Each CTA sends 128 bytes of its own to all, to a place of its own: every CTA awaits four.
  std::vector<uint32_t> source(128);
  for (uint32_t i = 0; i < 128; ++i)
    source[i] = i * i;
  memory.write(data.address() + 8192, source.data(), 512);
  silent(body("@%p2 mbarrier.init.shared::cta.b64 [%r4+2048], 1;\nfence.mbarrier_init.release.cluster;\n" + Sync +
              "@%p2 mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r4+2048], 512;\n"
              "mad.lo.u32 %r5, %r10, 128, %r4; mad.wide.u32 %rd2, %r10, 128, %rd1;\n"
              "@%p2 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%r5], "
              "[%rd2+8192], 128, [%r4+2048], 0xF;\n"
              "W: mbarrier.try_wait.parity.shared::cta.b64 %p3, [%r4+2048], 0; @!%p3 bra W;\n" +
              Result +
              "ld.shared.u32 %r14, [%r2]; ld.shared.u32 %r15, [%r2+128]; ld.shared.u32 %r16, [%r2+384]; "
              "st.global.u32 [%rd5], %r14; st.global.u32 [%rd5+1024], %r15; st.global.u32 [%rd5+2048], %r16;"),
         setting());
  for (uint32_t block = 0; block < Blocks; ++block)
    for (uint32_t thread = 0; thread < 32; ++thread) {
      EXPECT_EQ(results(block * 32 + thread, 1)[0], thread * thread);
      EXPECT_EQ(results(256 + block * 32 + thread, 1)[0], (thread + 32) * (thread + 32));
      EXPECT_EQ(results(512 + block * 32 + thread, 1)[0], (thread + 96) * (thread + 96));
    }
}

TEST_F(Clusters, SizeComesFromTheKernel) {
  const auto module = parse(text(body("mov.u32 %r5, 0;"), " .reqnctapercluster 4"));
  config.cluster = {};
  run(*module, "k", {8}, {32}, data);
  config.cluster = {2, 1, 1};
  Report report = tryRun(*module, "k", {8}, {32}, data);
  ASSERT_EQ(report.errors.size(), 1u);
  EXPECT_EQ(report.errors[0].message, "kernel 'k': clusters of 2 x 1 x 1 blocks: the kernel requires 4 x 1 x 1");
  config.cluster = {};
  report = tryRun(*module, "k", {6}, {32}, data);
  ASSERT_EQ(report.errors.size(), 1u);
  EXPECT_EQ(report.errors[0].message,
            "kernel 'k': clusters of 4 x 1 x 1 blocks: at most 16 blocks, and they must divide "
            "the grid of 6 x 1 x 1");
}

// ---- Misuse ---------------------------------------------------------------------------------------------------------

TEST_F(Clusters, BarrierOutOfTurn) {
  config.checks.races = config.checks.async = false;
  expect(fails(ErrorKind::InvalidInstruction,
               "barrier.cluster.arrive.aligned;\nbarrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;",
               {.p = data, .block = {32}}),
         2, 0, "barrier.cluster.arrive a second time, without barrier.cluster.wait in between");
  expect(fails(ErrorKind::InvalidInstruction, "mov.u32 %r5, 0;\nbarrier.cluster.wait.aligned;",
               {.p = data, .block = {32}}),
         2, 0, "barrier.cluster.wait without barrier.cluster.arrive before it");
}

TEST_F(Clusters, OneBlockDoesNotArrive) {
  config.checks.races = config.checks.async = false;
  const Setting one{.p = data, .block = {32}, .grid = {2}, .attributes = " .reqnctapercluster 2"};
  const Error error = fails(ErrorKind::Deadlock,
                            "mov.u32 %r10, %cluster_ctarank; setp.eq.u32 %p5, %r10, 0;\n"
                            "@%p2 mbarrier.init.shared::cta.b64 [%r4], 1;\n"
                            "@%p5 bra W;\nbarrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;\nbra END;\n"
                            "W: mbarrier.try_wait.parity.shared::cta.b64 %p3, [%r4], 0; @!%p3 bra W;\nEND: ",
                            one);
  EXPECT_NE(error.message.find("which is in phase 0 (parity 0), 1 of 1 arrivals and 0 bytes to come"),
            std::string::npos)
      << error.message;
}

TEST_F(Clusters, MemoryOfABlockThatHasExited) {
  config.checks.races = config.checks.async = config.checks.uninitialized = false;
  const Setting two{.p = data, .block = {32}, .grid = {2}, .attributes = " .reqnctapercluster 2"};
  const auto message = [&](const std::string &access) {
    const Error error =
        fails(ErrorKind::OutOfBounds,
              "mov.u32 %r10, %cluster_ctarank; setp.eq.u32 %p5, %r10, 1; mapa.shared::cluster.u32 %r12, %r4, 1;\n"
              "barrier.cluster.arrive.aligned;\n"
              "barrier.cluster.wait.aligned;\n"
              "@%p5 bra END;\nmov.u32 %r13, 0;\n"
              "AGAIN: add.u32 %r13, %r13, 1; st.shared.u32 [s+8], %r13; setp.lt.u32 %p6, %r13, 100000; "
              "@%p6 bra AGAIN;\n" +
                  access + "\nEND: ",
              two);
    EXPECT_EQ(error.source.line, 7u) << error.text();
    return error.message;
  };
  EXPECT_EQ(message("ld.shared::cluster.u32 %r5, [%r12];"),
            "shared load of 4 bytes at 0x2000400: block 1 of the cluster has exited");
  EXPECT_EQ(message("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%r12];"),
            "mbarrier of 8 bytes at shared address 0x2000400: block 1 of the cluster has exited");
}

TEST_F(Clusters, NoSuchBlock) {
  config.checks.races = config.checks.async = config.checks.uninitialized = false;
  const Error error =
      fails(ErrorKind::OutOfBounds, "mapa.shared::cluster.u32 %r12, %r4, 5;\nld.shared::cluster.u32 %r5, [%r12];",
            {.p = data, .block = {32}, .grid = {2}, .attributes = " .reqnctapercluster 2"});
  EXPECT_NE(error.message.find("the cluster has 2 blocks"), std::string::npos) << error.message;
}

TEST_F(Clusters, MbarrierInAnotherBlockThanTheData) {
  config.checks.races = config.checks.async = config.checks.uninitialized = false;
  expect(fails(ErrorKind::InvalidInstruction,
               body("@%p2 mbarrier.init.shared::cta.b64 [%r4+2048], 1;\n" + Sync +
                    "setp.eq.u32 %p5, %r10, 0; and.pred %p5, %p5, %p2; @%p5 "
                    "cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [%r12], [%r4], 128, "
                    "[%r4+2048];"),
               setting()),
         5, 0, "the destination is in block 1 of the cluster, the mbarrier in block 0: expected both in the same");
}

TEST_F(Clusters, WaitForAnotherBlocksMbarrier) {
  config.checks.races = config.checks.async = config.checks.uninitialized = false;
  expect(fails(ErrorKind::MbarrierMisuse,
               body("@%p2 mbarrier.init.shared::cta.b64 [%r4+2048], 1;\n" + Sync +
                    "mbarrier.test_wait.parity.shared::cta.b64 %p3, [%r12+2048], 0;"),
               setting()),
         5, 0, "wait for an mbarrier of another block of the cluster: only its own block can");
}

} // namespace
} // namespace tessera::sim
