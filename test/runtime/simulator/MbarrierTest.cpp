//===- MbarrierTest.cpp - mbarriers: phases, bytes, misuse ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CheckTest.h"

namespace tessera::sim {
namespace {

/// Kernels of CheckTest: %r4 is the address of s, 4096 bytes at 0x400; %p2 holds in thread 0, %p1 in warp 0.
class Mbarriers : public CheckTest {
protected:
  DeviceArray<uint32_t> data{memory, std::vector<uint32_t>(1024, 7)};
  Setting setting(uint32_t threads = 64) const { return {.p = data, .block = {threads}}; }
};

// ---- What they do ---------------------------------------------------------------------------------------------------

TEST_F(Mbarriers, EveryThreadArrivesAndWaitsByState) {
  // Each thread writes its word, arrives, waits, and adds its neighbour's word of the other warp, in four phases.
  silent("@%p2 mbarrier.init.shared::cta.b64 [%r4+2048], 64;\n"
         "bar.sync 0;\n"
         "xor.b32 %r5, %r1, 32; shl.b32 %r5, %r5, 2; add.u32 %r5, %r5, %r4; mov.u32 %r6, %r1; mov.u32 %r7, 0;\n"
         "AGAIN: st.shared.u32 [%r2], %r6;\n"
         "mbarrier.arrive.shared::cta.b64 %rd2, [%r4+2048];\n"
         "W1: mbarrier.try_wait.shared::cta.b64 %p3, [%r4+2048], %rd2; @!%p3 bra W1;\n"
         "ld.shared.u32 %r8, [%r5]; add.u32 %r6, %r6, %r8;\n"
         "mbarrier.arrive.release.cta.shared::cta.b64 %rd2, [%r4+2048];\n"
         "W2: mbarrier.test_wait.acquire.cta.shared::cta.b64 %p3, [%r4+2048], %rd2; @!%p3 bra W2;\n"
         "add.u32 %r7, %r7, 1; setp.lt.u32 %p4, %r7, 4; @%p4 bra AGAIN;\n"
         "mad.wide.u32 %rd3, %r1, 4, %rd1; st.global.u32 [%rd3], %r6;",
         setting());
  const auto got = data.host();
  std::vector<uint32_t> wanted(64);
  for (uint32_t i = 0; i < 64; ++i)
    wanted[i] = i;
  for (unsigned round = 0; round < 4; ++round) {
    const auto before = wanted;
    for (uint32_t i = 0; i < 64; ++i)
      wanted[i] += before[i ^ 32];
  }
  EXPECT_EQ(std::vector<uint32_t>(got.begin(), got.begin() + 64), wanted);
}

TEST_F(Mbarriers, ParityAlternates) {
  // Thread 0 writes eight values for warp 1 to add up, one a phase, full and empty by turns.
  silent("@%p2 mbarrier.init.shared::cta.b64 [%r4+2048], 1;\n"
         "@%p2 mbarrier.init.shared::cta.b64 [%r4+2056], 32;\n"
         "bar.sync 0;\n"
         "mov.u32 %r5, 0; mov.u32 %r6, 0; @!%p1 bra READER; @!%p2 bra END;\n"
         "WRITE: and.b32 %r7, %r5, 1; xor.b32 %r8, %r7, 1;\n"
         "W1: mbarrier.try_wait.parity.shared::cta.b64 %p3, [%r4+2056], %r8; @!%p3 bra W1;\n"
         "mad.lo.u32 %r9, %r5, %r5, 3; st.shared.u32 [%r4], %r9;\n"
         "mbarrier.arrive.shared::cta.b64 _, [%r4+2048];\n"
         "add.u32 %r5, %r5, 1; setp.lt.u32 %p4, %r5, 8; @%p4 bra WRITE; bra END;\n"
         "READER: and.b32 %r7, %r5, 1;\n"
         "W2: mbarrier.try_wait.parity.shared::cta.b64 %p3, [%r4+2048], %r7, 1000; @!%p3 bra W2;\n"
         "ld.shared.u32 %r8, [%r4]; add.u32 %r6, %r6, %r8;\n"
         "mbarrier.arrive.shared::cta.b64 _, [%r4+2056];\n"
         "add.u32 %r5, %r5, 1; setp.lt.u32 %p4, %r5, 8; @%p4 bra READER;\n"
         "mad.wide.u32 %rd3, %r1, 4, %rd1; st.global.u32 [%rd3], %r6;\n"
         "END: ",
         setting());
  for (unsigned i = 32; i < 64; ++i)
    EXPECT_EQ(data.host()[i], 0u + 1 + 4 + 9 + 16 + 25 + 36 + 49 + 8 * 3);
}

TEST_F(Mbarriers, CountsInTheState) {
  silent("@!%p2 bra END;\n"
         "mbarrier.init.shared::cta.b64 [%r4], 5;\n"
         "mbarrier.arrive.shared::cta.b64 %rd2, [%r4], 2;\n"
         "mbarrier.pending_count.b64 %r5, %rd2; st.global.u32 [%rd1], %r5;\n"
         "mbarrier.arrive.noComplete.shared::cta.b64 %rd2, [%r4], 2;\n"
         "mbarrier.pending_count.b64 %r5, %rd2; st.global.u32 [%rd1+4], %r5;\n"
         "mbarrier.arrive_drop.shared::cta.b64 %rd2, [%r4];\n"
         "mbarrier.pending_count.b64 %r5, %rd2; st.global.u32 [%rd1+8], %r5;\n"
         "mbarrier.test_wait.shared::cta.b64 %p3, [%r4], %rd2; selp.u32 %r5, 1, 0, %p3; st.global.u32 [%rd1+12], %r5;\n"
         "mbarrier.arrive.shared::cta.b64 %rd2, [%r4], 3;\n"
         "mbarrier.pending_count.b64 %r5, %rd2; st.global.u32 [%rd1+16], %r5;\n"
         "mbarrier.test_wait.shared::cta.b64 %p3, [%r4], %rd2; selp.u32 %r5, 1, 0, %p3; st.global.u32 [%rd1+20], %r5;\n"
         "mbarrier.inval.shared::cta.b64 [%r4];\n"
         "st.shared.u64 [%r4], 0;\n"
         "END: ",
         setting(32));
  const auto got = data.host();
  // Before each arrival; a phase of 5 completed by 2 + 2 + 1, then one of 4.
  EXPECT_EQ(std::vector<uint32_t>(got.begin(), got.begin() + 6), (std::vector<uint32_t>{5, 3, 1, 1, 4, 0}));
}

TEST_F(Mbarriers, BytesThatThreadsTellOf) {
  silent("@!%p2 bra END;\n"
         "mbarrier.init.shared::cta.b64 [%r4], 1;\n"
         "mbarrier.complete_tx.relaxed.cta.shared::cta.b64 [%r4], 24;\n" // ahead of what announces it
         "mbarrier.arrive.expect_tx.shared::cta.b64 %rd2, [%r4], 40;\n"
         "mbarrier.test_wait.shared::cta.b64 %p3, [%r4], %rd2; selp.u32 %r5, 1, 0, %p3; st.global.u32 [%rd1], %r5;\n"
         "mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%r4], 4;\n"
         "mbarrier.complete_tx.relaxed.cta.shared::cta.b64 [%r4], 20;\n"
         "mbarrier.test_wait.shared::cta.b64 %p3, [%r4], %rd2; selp.u32 %r5, 1, 0, %p3; st.global.u32 [%rd1+4], %r5;\n"
         "END: ",
         setting(32));
  EXPECT_EQ(data.host()[0], 0u);
  EXPECT_EQ(data.host()[1], 1u);
}

TEST_F(Mbarriers, CopiesArrive) {
  for (const char *form : {".noinc", ""}) {
    const std::string count = *form ? "64" : "1",
                      last = *form ? "" : "@%p2 mbarrier.arrive.shared::cta.b64 _, [%r4+2048];";
    silent("@%p2 mbarrier.init.shared::cta.b64 [%r4+2048], " + count +
               ";\n"
               "bar.sync 0;\n"
               "mad.wide.u32 %rd3, %r1, 4, %rd1; cp.async.ca.shared.global [%r2], [%rd3], 4;\n"
               "cp.async.mbarrier.arrive" +
               form +
               ".shared::cta.b64 [%r4+2048];\n"
               "bar.sync 0;\n" +
               last +
               "\n"
               "W1: mbarrier.try_wait.parity.shared::cta.b64 %p3, [%r4+2048], 0; @!%p3 bra W1;\n"
               "xor.b32 %r5, %r1, 32; shl.b32 %r5, %r5, 2; add.u32 %r5, %r5, %r4; ld.shared.u32 %r6, [%r5];\n"
               "add.u32 %r6, %r6, 1; st.global.u32 [%rd3+1024], %r6;",
           setting());
    EXPECT_EQ(data.host()[256], 8u);
    EXPECT_EQ(data.host()[256 + 63], 8u);
  }
}

// ---- Misuse ---------------------------------------------------------------------------------------------------------

TEST_F(Mbarriers, NotInitialised) {
  for (const bool all : {true, false}) {
    config.checks.uninitialized = config.checks.races = all;
    for (const char *operation :
         {"mbarrier.arrive.shared::cta.b64 _, [%r4+16];", "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r4+16], 64;",
          "cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%r4+16];",
          "mbarrier.test_wait.parity.shared::cta.b64 %p3, [%r4+16], 0;"})
      expect(fails(ErrorKind::MbarrierMisuse, "mov.u32 %r5, 0;\n@%p2 " + std::string(operation), setting()), 2, 0,
             "no mbarrier was initialised at 0x410 (shared variable 's' + 16)");
  }
  expect(fails(ErrorKind::MbarrierMisuse,
               "@%p2 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [s], [%rd1], 64, [s+1024];",
               setting()),
         1, 0, "no mbarrier was initialised at 0x800 (shared variable 's' + 1024)");
}

TEST_F(Mbarriers, Invalidated) {
  expect(fails(ErrorKind::MbarrierMisuse,
               "@%p2 mbarrier.init.shared::cta.b64 [%r4], 1;\n"
               "@%p2 mbarrier.inval.shared::cta.b64 [%r4];\n"
               "@%p2 mbarrier.test_wait.parity.shared::cta.b64 %p3, [%r4], 0;",
               setting()),
         3, 0, "the mbarrier at 0x400 (shared variable 's' + 0) was invalidated");
}

TEST_F(Mbarriers, ImpossibleCounts) {
  expect(fails(ErrorKind::MbarrierMisuse, "@%p2 mbarrier.init.shared::cta.b64 [%r4], 0;", setting()), 1, 0,
         "mbarrier for 0 arrivals: expected 1 to 1048575");
  expect(fails(ErrorKind::MbarrierMisuse,
               "@%p2 mbarrier.init.shared::cta.b64 [%r4], 3;\n@%p2 mbarrier.arrive.shared::cta.b64 _, [%r4], 4;",
               setting()),
         2, 0, "mbarrier arrival of 4 where only 3 of 3 are awaited in this phase");
  expect(fails(ErrorKind::MbarrierMisuse,
               "@%p2 mbarrier.init.shared::cta.b64 [%r4], 1;\n"
               "@%p2 mbarrier.arrive.noComplete.shared::cta.b64 %rd2, [%r4], 1;",
               setting()),
         2, 0, "mbarrier arrival with .noComplete completes the phase");
  expect(fails(ErrorKind::MbarrierMisuse,
               "@%p2 mbarrier.init.shared::cta.b64 [%r4], 1;\n"
               "@%p2 mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%r4], 1048575;\n"
               "@%p2 mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%r4], 1;",
               setting()),
         3, 0, "mbarrier told to expect 1 byte, which makes 1048576 in all: at most 1048575 can be awaited");
}

TEST_F(Mbarriers, Misaligned) {
  const Error error = fails(ErrorKind::Misaligned, "@%p2 mbarrier.init.shared::cta.b64 [%r4+4], 1;", setting());
  expect(error, 1, 0, "mbarrier of 8 bytes at shared address 0x404: not a multiple of 8");
}

TEST_F(Mbarriers, StoreOverOne) {
  const std::string init =
      "@%p2 mbarrier.init.shared::cta.b64 [%r4], 2;\n@%p2 mbarrier.arrive.shared::cta.b64 _, [%r4];\n"
      "@%p2 st.shared.u32 [%r4+4], 1;\n";
  expect(fails(ErrorKind::MbarrierMisuse, init, setting()), 3, 0,
         "store of 4 bytes over the mbarrier at 0x400 (shared variable 's' + 0), which was not invalidated");
  // Without that check it is found when the mbarrier is used again.
  config.checks.async = false;
  expect(
      fails(ErrorKind::MbarrierMisuse, init + "@%p2 mbarrier.arrive.shared::cta.b64 _, [%r4];", setting()), 4, 0,
      "the mbarrier at 0x400 (shared variable 's' + 0) was overwritten by something that is no mbarrier instruction");
}

const std::string Load =
    "@%p2 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [s], [%rd1], 1024, [s+2048];\n";

TEST_F(Mbarriers, MissingExpectTx) {
  // The arrival completes the phase before any byte has come.
  expect(fails(ErrorKind::MbarrierMisuse,
               "@%p2 mbarrier.init.shared::cta.b64 [s+2048], 1;\nbar.sync 0;\n" + Load +
                   "@%p2 mbarrier.arrive.shared::cta.b64 _, [s+2048];\n"
                   "W: mbarrier.try_wait.parity.shared::cta.b64 %p3, [s+2048], 1; @!%p3 bra W;",
               setting()),
         3, 0,
         "1024 bytes of this operation reach the mbarrier at 0xc00 (shared variable 's' + 2048) in its phase 1, but it "
         "was "
         "issued in phase 0, which expected 0 bytes and ended with 0: expect_tx is missing or too small");
}

TEST_F(Mbarriers, TooFewBytesExpected) {
  const Error error = fails(
      ErrorKind::MbarrierMisuse,
      "@%p2 mbarrier.init.shared::cta.b64 [s+2048], 1;\nbar.sync 0;\n"
      "@%p2 mbarrier.arrive.expect_tx.shared::cta.b64 _, [s+2048], 1024;\n" +
          Load +
          "@%p2 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [s+1024], [%rd1], 1024, [s+2048];\n"
          "W: mbarrier.try_wait.parity.shared::cta.b64 %p3, [s+2048], 0; @!%p3 bra W;\n"
          "W2: mbarrier.try_wait.parity.shared::cta.b64 %p3, [s+2048], 1; @!%p3 bra W2;",
      setting());
  // Which of the two comes first is drawn by lot.
  EXPECT_TRUE(error.source.line == 4 || error.source.line == 5) << error.text();
  EXPECT_EQ(
      error.message,
      "1024 bytes of this operation reach the mbarrier at 0xc00 (shared variable 's' + 2048) in its phase 1, but it "
      "was issued in phase 0, which expected 1024 bytes and ended with 1024: expect_tx is missing or too small");
}

TEST_F(Mbarriers, TooManyBytesExpected) {
  const Error error = fails(ErrorKind::Deadlock,
                            "@%p2 mbarrier.init.shared::cta.b64 [s+2048], 1;\nbar.sync 0;\n"
                            "@%p2 mbarrier.arrive.expect_tx.shared::cta.b64 _, [s+2048], 1040;\n" +
                                Load + "W: mbarrier.try_wait.parity.shared::cta.b64 %p3, [s+2048], 0; @!%p3 bra W;",
                            setting());
  EXPECT_NE(error.message.find("no thread of the block can go on"), std::string::npos) << error.message;
  EXPECT_NE(
      error.message.find("warp 0, lanes 0xffffffff: waits for the end of a phase of parity 0 of the mbarrier at "
                         "0xc00 (shared variable 's' + 2048), which is in phase 0 (parity 0), 0 of 1 arrivals and "
                         "16 bytes to come"),
      std::string::npos)
      << error.message;
  EXPECT_NE(error.message.find("warp 1, lanes 0xffffffff: waits for the end of a phase of parity 0"), std::string::npos)
      << error.message;
}

TEST_F(Mbarriers, MissingArrival) {
  const Error error = fails(ErrorKind::Deadlock,
                            "@%p2 mbarrier.init.shared::cta.b64 [s+2048], 2;\nbar.sync 0;\n"
                            "@%p2 mbarrier.arrive.shared::cta.b64 _, [s+2048];\n"
                            "@!%p1 bra END;\n"
                            "W: mbarrier.try_wait.parity.shared::cta.b64 %p3, [s+2048], 0; @!%p3 bra W;\n"
                            "END: bar.sync 1;",
                            setting());
  EXPECT_NE(error.message.find("which is in phase 0 (parity 0), 1 of 2 arrivals and 0 bytes to come"),
            std::string::npos)
      << error.message;
  EXPECT_NE(error.message.find("warp 1, lanes 0xffffffff: at barrier 1, where 32 of 64 threads have arrived"),
            std::string::npos)
      << error.message;
}

TEST_F(Mbarriers, WaitForAPhaseThatDoesNotCome) {
  const Error error = fails(ErrorKind::Deadlock,
                            "@%p2 mbarrier.init.shared::cta.b64 [s+2048], 1;\nbar.sync 0;\n"
                            "@%p2 mbarrier.arrive.shared::cta.b64 _, [s+2048];\n"
                            "bar.sync 0;\n"
                            "W: mbarrier.try_wait.parity.shared::cta.b64 %p3, [s+2048], 1; @!%p3 bra W;",
                            setting());
  EXPECT_NE(
      error.message.find("waits for the end of a phase of parity 1 of the mbarrier at 0xc00 (shared variable 's' + "
                         "2048), which is in phase 1 (parity 1), 1 of 1 arrivals and 0 bytes to come"),
      std::string::npos)
      << error.message;
}

TEST_F(Mbarriers, TakenAwayFromAnOperation) {
  const std::string start = "@%p2 mbarrier.init.shared::cta.b64 [s+2048], 1;\nbar.sync 0;\n"
                            "@%p2 mbarrier.arrive.expect_tx.shared::cta.b64 _, [s+2048], 1024;\n" +
                            Load;
  const std::string state = "phase 0 (parity 0), 0 of 1 arrivals and 1024 bytes to come";
  expect(fails(ErrorKind::MbarrierMisuse, start + "@%p2 mbarrier.inval.shared::cta.b64 [s+2048];", setting()), 5, 0,
         "mbarrier invalidated that has to hear of operations in flight (1): " + state);
  expect(fails(ErrorKind::MbarrierMisuse, start + "@%p2 mbarrier.init.shared::cta.b64 [s+2048], 1;", setting()), 5, 0,
         "mbarrier initialised at 0xc00 (shared variable 's' + 2048), where one is that has to hear of operations in "
         "flight (1): " +
             state);
}

} // namespace
} // namespace tessera::sim
