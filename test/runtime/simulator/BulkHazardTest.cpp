//===- BulkHazardTest.cpp - Bulk copies and mbarriers: missing waits, fences and barriers --===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CheckTest.h"

namespace tessera::sim {
namespace {

class BulkHazards : public CheckTest {
protected:
  DeviceArray<int> data{memory, std::vector<int>(4096, 7)};
  Setting setting() const { return {.p = data}; }
};

/// The body with marks such as {INIT} replaced.
std::string fill(std::string body, const std::vector<std::pair<std::string, std::string>> &lines) {
  for (const auto &[mark, line] : lines)
    body.replace(body.find(mark), mark.size(), line);
  return body;
}

const std::string Nothing = "mov.u32 %r30, 0;";
const std::string Init = "@%p2 mbarrier.init.shared.b64 [s+4088], 1;\n";
const std::string Expect = "@%p2 mbarrier.arrive.expect_tx.shared.b64 %rd9, [s+4088], 1024;\n";
const std::string Load =
    "@%p2 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [s], [%rd1], 1024, [s+4088];\n";
const std::string Wait = "mbarrier.try_wait.parity.shared.b64 %p3, [s+4088], 0; @!%p3 bra WAIT;";
const std::string Read = "ld.shared.u32 %r6, [%r2];\n";

TEST_F(BulkHazards, LoadWithoutTheWait) {
  const std::string body = Init + "bar.sync 0;\n" + Expect + Load + "WAIT: {W}\n" + Read;
  silent(fill(body, {{"{W}", Wait}}), setting());
  // Warp 1 reads, and only then the load is issued; or the other way round.
  const Error error = fails(ErrorKind::AsyncHazard, fill(body, {{"{W}", Nothing}}), setting(), ErrorKind::Race);
  expect(
      error, 4, 6,
      "asynchronous write of shared memory at 0x480 (shared variable 's' + 128): warp 1 read there, and nothing orders "
      "the two");
  // One warp alone.
  expect(
      fails(ErrorKind::AsyncHazard, fill(body, {{"{W}", Nothing}}), {.p = data, .block = {32}}), 6, 4,
      "shared load of 4 bytes at 0x400 (shared variable 's' + 0): the bulk operation of warp 0 that writes there has "
      "not been waited for");
}

TEST_F(BulkHazards, WaitForTheWrongPhase) {
  const std::string body = Init + "bar.sync 0;\n" + Expect + Load + "WAIT: {W}\n" + Read;
  std::string wrong = Wait;
  wrong.replace(wrong.find(", 0;"), 4, ", 1;");
  const Error error = fails(ErrorKind::AsyncHazard, fill(body, {{"{W}", wrong}}), setting(), ErrorKind::Race);
  expect(
      error, 4, 6,
      "asynchronous write of shared memory at 0x480 (shared variable 's' + 128): warp 1 read there, and nothing orders "
      "the two");
  // One warp alone.
  expect(
      fails(ErrorKind::AsyncHazard, fill(body, {{"{W}", wrong}}), {.p = data, .block = {32}}), 6, 4,
      "shared load of 4 bytes at 0x400 (shared variable 's' + 0): the bulk operation of warp 0 that writes there has "
      "not been waited for");
}

TEST_F(BulkHazards, WaitByOneWarpOnly) {
  const std::string body = Init + "bar.sync 0;\n" + Expect + Load +
                           "@!%p1 bra READ;\n"
                           "WAIT: " +
                           Wait +
                           "\n"
                           "READ: {B}\n" +
                           Read;
  silent(fill(body, {{"{B}", "bar.sync 0;"}}), setting());
  const Error error = fails(ErrorKind::AsyncHazard, fill(body, {{"{B}", Nothing}}), setting(), ErrorKind::Race);
  EXPECT_EQ(error.related.size(), 1u) << error.text();
}

TEST_F(BulkHazards, InitialisationWithoutABarrier) {
  const std::string body = Init + "{B}\n" + Expect + Load + "WAIT: " + Wait + "\n" + Read;
  silent(fill(body, {{"{B}", "bar.sync 0;"}}), setting());
  const Error error = fails(ErrorKind::Race, fill(body, {{"{B}", Nothing}}), setting(), ErrorKind::MbarrierMisuse);
  EXPECT_TRUE(error.source.line == 5 || error.source.line == 1) << error.text();
}

TEST_F(BulkHazards, ExpectedBytes) {
  const std::string body = Init + "bar.sync 0;\n{E}\n" + Load + "WAIT: " + Wait + "\n" + Read;
  silent(fill(body, {{"{E}", Expect.substr(0, Expect.size() - 1)}}), setting());
  // Nobody told the mbarrier of the bytes: its phase ends without them.
  Error error = fails(ErrorKind::AsyncHazard, fill(body, {{"{E}", "@%p2 mbarrier.arrive.shared.b64 %rd9, [s+4088];"}}),
                      setting(), ErrorKind::MbarrierMisuse);
  // Too few: it never ends. Too many: neither.
  for (const char *bytes : {"512", "2048"}) {
    error = fails(
        ErrorKind::Deadlock,
        fill(body, {{"{E}", std::string("@%p2 mbarrier.arrive.expect_tx.shared.b64 %rd9, [s+4088], ") + bytes + ";"}}),
        setting(), ErrorKind::MbarrierMisuse);
    EXPECT_NE(error.text().find("mbarrier at 0x13f8 (shared variable 's' + 4088)"), std::string::npos) << error.text();
  }
}

TEST_F(BulkHazards, OneArrivalTooMany) {
  const std::string body = Init + "bar.sync 0;\n" + Expect + "{A}\n" + Load + "WAIT: " + Wait + "\n" + Read;
  silent(fill(body, {{"{A}", Nothing}}), setting());
  expect(fails(ErrorKind::MbarrierMisuse, fill(body, {{"{A}", "@%p2 mbarrier.arrive.shared.b64 %rd9, [s+4088];"}}),
               setting()),
         4, 0, "mbarrier arrival of 1 where only 0 of 1 are awaited in this phase");
}

TEST_F(BulkHazards, BufferReusedBeforeItWasRead) {
  // Warp 0 loads a second time into the buffer that both warps read.
  const std::string body = Init + "bar.sync 0;\n" + Expect + Load + "WAIT: " + Wait + "\n" + Read + "{B}\n" + Expect +
                           Load + "AGAIN: mbarrier.try_wait.parity.shared.b64 %p3, [s+4088], 1; @!%p3 bra AGAIN;\n" +
                           Read;
  silent(fill(body, {{"{B}", "bar.sync 0;"}}), setting());
  const Error error = fails(ErrorKind::Race, fill(body, {{"{B}", Nothing}}), setting(), ErrorKind::AsyncHazard);
  EXPECT_TRUE(error.source.line == 9 || error.source.line == 6) << error.text();
}

TEST_F(BulkHazards, FullAndEmpty) {
  // Warp 0 fills two buffers by turns, warps 1 and 2 read them; mbarriers tell which are full and which empty.
  const std::string body =
      "@%p2 mbarrier.init.shared.b64 [s+4064], 1; @%p2 mbarrier.init.shared.b64 [s+4072], 1;\n"
      "@%p2 mbarrier.init.shared.b64 [s+4080], 2; @%p2 mbarrier.init.shared.b64 [s+4088], 2;\n"
      "bar.sync 0;\n"
      "mov.u32 %r10, 0;\n"
      "ROUND: and.b32 %r11, %r10, 1; shl.b32 %r12, %r11, 3; add.u32 %r12, %r12, %r4;\n"
      "shl.b32 %r13, %r11, 10; add.u32 %r13, %r13, %r4; shr.u32 %r14, %r10, 1; and.b32 %r14, %r14, 1;\n"
      "@!%p1 bra CONSUMER;\n"
      "@!%p2 bra NEXT;\n"
      "xor.b32 %r15, %r14, 1;\n"
      "EMPTY: {EMPTY}\n"
      "mbarrier.arrive.expect_tx.shared.b64 %rd9, [%r12+4064], 1024;\n"
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r13], [%rd1], 1024, [%r12+4064];\n"
      "bra.uni NEXT;\n"
      "CONSUMER: mbarrier.try_wait.parity.shared.b64 %p3, [%r12+4064], %r14; @!%p3 bra CONSUMER;\n"
      "ld.shared.u32 %r6, [%r13+64];\n"
      "bar.warp.sync -1; and.b32 %r16, %r1, 31; setp.eq.u32 %p4, %r16, 0;\n"
      "@%p4 mbarrier.arrive.shared.b64 %rd9, [%r12+4080];\n"
      "NEXT: add.u32 %r10, %r10, 1; setp.lt.u32 %p5, %r10, 7; @%p5 bra ROUND;\n";
  silent(fill(body, {{"{EMPTY}", "mbarrier.try_wait.parity.shared.b64 %p3, [%r12+4080], %r15; @!%p3 bra EMPTY;"}}),
         {.p = data, .block = {96}});
  const Error error = fails(ErrorKind::AsyncHazard, fill(body, {{"{EMPTY}", Nothing}}), {.p = data, .block = {96}},
                            ErrorKind::MbarrierMisuse);
  EXPECT_FALSE(error.message.empty());
}

const std::string Store = "@%p2 cp.async.bulk.global.shared::cta.bulk_group [%rd1], [s], 256;\n"
                          "@%p2 cp.async.bulk.commit_group;\n";
const std::string StoreBody = "st.shared.u32 [%r2], %r1;\n"
                              "{F}\n"
                              "{B}\n" +
                              Store +
                              "{R}\n"
                              "bar.sync 0;\n"
                              "st.shared.u32 [%r2], %r4;\n"
                              "{W}\n";
const std::string Fence = "fence.proxy.async.shared::cta;", Barrier = "bar.sync 0;",
                  WaitRead = "@%p2 cp.async.bulk.wait_group.read 0;", WaitAll = "@%p2 cp.async.bulk.wait_group 0;";

TEST_F(BulkHazards, StoreOfWhatGenericInstructionsWrote) {
  silent(fill(StoreBody, {{"{F}", Fence}, {"{B}", Barrier}, {"{R}", WaitRead}, {"{W}", WaitAll}}), setting());
  silent(fill(StoreBody, {{"{F}", Fence}, {"{B}", Barrier}, {"{R}", WaitRead}, {"{W}", Nothing}}), setting());
  // The fence after the barrier, by the thread that stores.
  silent(fill(StoreBody, {{"{F}", Barrier}, {"{B}", Fence}, {"{R}", WaitRead}, {"{W}", WaitAll}}), setting());

  Error error =
      fails(ErrorKind::ProxyFence,
            fill(StoreBody, {{"{F}", Nothing}, {"{B}", Barrier}, {"{R}", WaitRead}, {"{W}", WaitAll}}), setting());
  expect(error, 4, 1,
         "bulk copy out of shared memory at 0x400 (shared variable 's' + 0): warp 0 wrote there through the generic "
         "proxy, and no fence.proxy.async follows that write");
  EXPECT_EQ(error.text(), "k.tile:4:3: error: missing proxy fence: bulk copy out of shared memory at 0x400 (shared "
                          "variable 's' + 0): warp 0 wrote there through the generic proxy, and no fence.proxy.async "
                          "follows that write\n"
                          "  in kernel 'k', block (0, 0, 0), thread (0, 0, 0)\n"
                          "  PTX line 27: @%p2 cp.async.bulk.global.shared::cta.bulk_group [%rd1], [s], 256\n"
                          "k.tile:1:3: note: warp 0 wrote here\n"
                          "  PTX line 21: st.shared.u32 [%r2], %r1\n");
  // Without a barrier the other warp's words may come late.
  error =
      fails(ErrorKind::Race, fill(StoreBody, {{"{F}", Fence}, {"{B}", Nothing}, {"{R}", WaitRead}, {"{W}", WaitAll}}),
            setting(), ErrorKind::AsyncHazard);
  EXPECT_EQ(error.related.size(), 1u) << error.text();
}

TEST_F(BulkHazards, SourceOverwrittenBeforeItWasRead) {
  const Error error =
      fails(ErrorKind::AsyncHazard,
            fill(StoreBody, {{"{F}", Fence}, {"{B}", Barrier}, {"{R}", Nothing}, {"{W}", WaitAll}}), setting());
  EXPECT_EQ(error.source.line, 8u) << error.text();
  EXPECT_NE(error.message.find("the bulk operation of warp 0 that reads there has not been waited for"),
            std::string::npos)
      << error.text();
  ASSERT_EQ(error.related.size(), 1u);
  EXPECT_EQ(error.related[0].source.line, 4u) << error.text();
  // Waiting for one group fewer than needed.
  fails(ErrorKind::AsyncHazard,
        fill(StoreBody,
             {{"{F}", Fence}, {"{B}", Barrier}, {"{R}", "@%p2 cp.async.bulk.wait_group.read 1;"}, {"{W}", WaitAll}}),
        setting());
}

TEST_F(BulkHazards, BlockExitsBeforeTheStoreHasReadItsSource) {
  const std::string body = "st.shared.u32 [%r2], %r1;\n" + Fence + "\n" + Barrier + "\n" + Store + "{R}\n";
  silent(fill(body, {{"{R}", WaitRead}}), setting());
  const Error error = fails(ErrorKind::AsyncHazard, fill(body, {{"{R}", Nothing}}), setting());
  EXPECT_EQ(error.message, "the block exits while the bulk operation of warp 0 still reads its shared memory at 0x400 "
                           "(shared variable 's' + 0)");
  ASSERT_EQ(error.related.size(), 1u);
  EXPECT_EQ(error.related[0].source.line, 4u) << error.text();
}

TEST_F(BulkHazards, BytesThatNobodyWroteAreCarriedAlong) {
  const std::string body = Init + "bar.sync 0;\n" + Expect + Load + "WAIT: " + Wait + "\n{R}\n";
  DeviceArray<int> half(memory, 256);
  const std::vector<int> few(32, 1);
  memory.write(half, few.data(), 128);
  silent(fill(body, {{"{R}", "@%p1 ld.shared.u32 %r6, [%r2];"}}), {.p = half});
  expect(fails(ErrorKind::Uninitialized, fill(body, {{"{R}", "ld.shared.u32 %r6, [%r2];"}}), {.p = half}), 6, 0,
         "shared load of 4 bytes at 0x480 (shared variable 's' + 128): nobody wrote them");
  // And out again.
  fails(ErrorKind::Uninitialized,
        "@%p1 st.shared.u32 [%r2], %r1;\n" + Fence + "\n" + Barrier + "\n" + Store + WaitAll + "\n" + Barrier +
            "\nadd.u64 %rd2, %rd1, 128; ld.global.u32 %r6, [%rd2];\n",
        setting());
}

} // namespace
} // namespace tessera::sim
