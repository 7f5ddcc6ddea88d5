//===- RaceTest.cpp - Races in shared memory, planted and absent ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CheckTest.h"

namespace tessera::sim {
namespace {

class Races : public CheckTest {};

/// The body with its line {B} replaced.
std::string with(std::string body, const std::string &line) { return body.replace(body.find("{B}"), 3, line); }

const std::string Nothing = "mov.u32 %r30, 0;", Barrier = "bar.sync 0;";

/// Each thread writes its word and reads the word of its neighbour in the other warp.
const std::string WriteThenRead = "st.shared.u32 [%r2], %r1;\n"
                                  "{B}\n"
                                  "xor.b32 %r5, %r2, 128;\n"
                                  "ld.shared.u32 %r6, [%r5];\n";

TEST_F(Races, ReadBeforeOrAfterAWriteWithoutABarrier) {
  silent(with(WriteThenRead, Barrier));
  const Error error = fails(ErrorKind::Race, with(WriteThenRead, Nothing));
  EXPECT_EQ(error.text(), "k.tile:1:3: error: race: shared store of 4 bytes at 0x480 (shared variable 's' + 128): warp "
                          "0 read there, and nothing orders the two\n"
                          "  in kernel 'k', block (0, 0, 0), thread (32, 0, 0) and 31 more of its warp\n"
                          "  PTX line 21: st.shared.u32 [%r2], %r1\n"
                          "k.tile:4:3: note: warp 0 read here\n"
                          "  PTX line 27: ld.shared.u32 %r6, [%r5]\n");
  EXPECT_EQ(error.allocation, "0x480 (shared variable 's' + 128)");
  EXPECT_EQ(error.address, 0x480u);
}

TEST_F(Races, ReadAfterAWriteThatAnotherBarrierCameBefore) {
  // Warp 0 writes after the barrier, warp 1 reads after it.
  const std::string body = "st.shared.u32 [%r2], %r1;\n"
                           "bar.sync 0;\n"
                           "@%p1 st.shared.u32 [%r2], %r4;\n"
                           "{B}\n"
                           "@!%p1 ld.shared.u32 %r6, [%r2+-128];\n";
  silent(with(body, Barrier));
  const Error error = fails(ErrorKind::Race, with(body, Nothing));
  expect(error, 3, 5,
         "shared store of 4 bytes at 0x400 (shared variable 's' + 0): warp 1 read there, and nothing orders the two");
  EXPECT_EQ(error.thread.x, 0u);
  EXPECT_EQ(error.occurrences, 32u);
  EXPECT_EQ(error.related[0].text, "warp 1 read here");
}

TEST_F(Races, WriteAfterReadWithoutABarrier) {
  const std::string body = "st.shared.u32 [%r2], %r1;\n"
                           "bar.sync 0;\n"
                           "xor.b32 %r5, %r2, 128;\n"
                           "ld.shared.u32 %r6, [%r5];\n"
                           "{B}\n"
                           "st.shared.u32 [%r2], %r6;\n";
  silent(with(body, Barrier));
  // Warp 1 goes on first: the barrier completes when it comes.
  expect(fails(ErrorKind::Race, with(body, Nothing)), 4, 6,
         "shared load of 4 bytes at 0x480 (shared variable 's' + 128): warp 1 wrote there, and nothing orders the two");
}

TEST_F(Races, WriteAfterWriteWithoutABarrier) {
  const std::string body = "@%p1 st.shared.u32 [s], 1;\n"
                           "{B}\n"
                           "@!%p1 st.shared.u32 [s], 2;\n";
  silent(with(body, Barrier));
  expect(fails(ErrorKind::Race, with(body, Nothing)), 3, 1,
         "shared store of 4 bytes at 0x400 (shared variable 's' + 0): warp 0 wrote there, and nothing orders the two");
}

TEST_F(Races, WritesOfTheSameValueAreNone) {
  // Warps that hold copies of a value all store it, and read back what they wrote themselves.
  silent("and.b32 %r5, %r1, 31;\nshl.b32 %r6, %r5, 2;\nadd.u32 %r6, %r6, %r4;\nst.shared.u32 [%r6], %r5;\n"
         "ld.shared.u32 %r7, [%r6];\nbar.sync 0;\nld.shared.u32 %r7, [%r6];\n",
         {.block = {256}});
  // A third warp that wrote nothing still has to wait.
  expect(fails(ErrorKind::Race,
               "setp.lt.u32 %p3, %r3, 2;\n@%p3 st.shared.u32 [s], 7;\nmov.u32 %r5, 0;\n@!%p3 ld.shared.u32 %r7, [s];\n",
               {.block = {96}}),
         4, 2,
         "shared load of 4 bytes at 0x400 (shared variable 's' + 0): warp 0 wrote there, and nothing orders the two");
}

TEST_F(Races, AllThatWroteTheSameMustBeOrderedBeforeAnotherWrite) {
  // Warps 0 and 1 write 7; only warp 0 meets warp 2 at a barrier before that writes 8.
  const std::string body = "setp.lt.u32 %p3, %r3, 2;\n"
                           "@%p3 st.shared.u32 [s], 7;\n"
                           "setp.eq.u32 %p4, %r3, 1;\n"
                           "@%p4 bra END;\n"
                           "bar.sync 1, 64;\n"
                           "@!%p1 st.shared.u32 [s], 8;\n"
                           "END:\n";
  fails(ErrorKind::Race, body, {.block = {96}});
}

TEST_F(Races, BytesOfAWordByDifferentWarps) {
  silent("shl.b32 %r5, %r1, 1;\nand.b32 %r5, %r5, 62;\nadd.u32 %r5, %r5, %r3;\nadd.u32 %r5, %r5, %r4;\n"
         "st.shared.u8 [%r5], %r1;\nbar.sync 0;\nld.shared.u32 %r6, [s];\n");
  // What was remembered of whole words stays known when the first byte is accessed.
  expect(fails(ErrorKind::Race, "@%p1 st.shared.v4.u32 [s], {%r1, %r1, %r1, %r1};\n@!%p1 ld.shared.u8 %r5, [s+13];\n"),
         2, 1,
         "shared load of 1 bytes at 0x40d (shared variable 's' + 13): warp 0 wrote there, and nothing orders the two");
}

TEST_F(Races, BarrierOfOneSideOnly) {
  // Each warp waits at a barrier, but not at the same one.
  const std::string body = "st.shared.u32 [%r2], %r1;\n"
                           "{B}\n"
                           "xor.b32 %r5, %r2, 128;\n"
                           "ld.shared.u32 %r6, [%r5];\n";
  silent(with(body, "barrier.sync 1, 64;"));
  fails(ErrorKind::Race, with(body, "add.u32 %r7, %r3, 1; bar.sync %r7, 32;"));
}

TEST_F(Races, ProducerAndConsumer) {
  // Warp 0 fills and arrives, warp 1 waits and reads, arrives at the second barrier; warp 0 waits there and refills.
  const std::string body = "@!%p1 bra CONSUMER;\n"
                           "st.shared.u32 [%r2], %r1;\n"
                           "bar.arrive 1, 64;\n"
                           "{B}\n"
                           "st.shared.u32 [%r2], %r4;\n"
                           "bra.uni END;\n"
                           "CONSUMER: bar.sync 1, 64;\n"
                           "ld.shared.u32 %r6, [%r2+-128];\n"
                           "bar.arrive 2, 64;\n"
                           "END:\n";
  silent(with(body, "bar.sync 2, 64;"));
  fails(ErrorKind::Race, with(body, "bar.arrive 2, 64;"));
  // The producer arrives before it has written.
  fails(ErrorKind::Race, "@!%p1 bra CONSUMER;\n"
                         "bar.arrive 1, 64;\n"
                         "st.shared.u32 [%r2], %r1;\n"
                         "bra.uni END;\n"
                         "CONSUMER: bar.sync 1, 64;\n"
                         "ld.shared.u32 %r6, [%r2+-128];\n"
                         "END:\n");
}

TEST_F(Races, OneOfSeveralReadersIsNotWaitedFor) {
  // Warps 0 to 3 read; warp 0 writes after a barrier at which warp 3 is missing.
  const std::string body = "st.shared.u32 [%r2], %r1;\n"
                           "bar.sync 0;\n"
                           "ld.shared.u32 %r5, [s];\n"
                           "setp.gt.u32 %p3, %r3, 2;\n"
                           "@%p3 bra END;\n"
                           "bar.sync 1, 96;\n"
                           "@%p1 st.shared.u32 [%r2], 9;\n"
                           "END:\n";
  const Error error = fails(ErrorKind::Race, body, {.block = {128}});
  EXPECT_EQ(error.related.size(), 1u);
  silent("st.shared.u32 [%r2], %r1;\nbar.sync 0;\nld.shared.u32 %r5, [s];\nbar.sync 1, 128;\n"
         "@%p1 st.shared.u32 [%r2], 9;\n",
         {.block = {128}});
}

TEST_F(Races, AtomicsRaceWithOthersOnly) {
  const std::string body = "@%p2 st.shared.u32 [s], 0;\n"
                           "bar.sync 0;\n"
                           "red.shared.add.u32 [s], 1;\n"
                           "{B}\n"
                           "ld.shared.u32 %r5, [s];\n";
  silent(with(body, Barrier));
  Error error = fails(ErrorKind::Race, with(body, Nothing));
  EXPECT_TRUE(error.source.line == 3 || error.source.line == 5) << error.text();
  // The start value and the first addition.
  error = fails(ErrorKind::Race, "@%p2 st.shared.u32 [s], 0;\nred.shared.add.u32 [s], 1;\n");
  expect(
      error, 2, 1,
      "shared atomic operation of 4 bytes at 0x400 (shared variable 's' + 0): warp 0 wrote there, and nothing orders "
      "the two");
}

TEST_F(Races, LocksAndFlagsOrder) {
  const std::string locked = "@%p2 st.shared.u32 [s], 0;\n"
                             "@%p2 st.shared.u32 [s+4], 0;\n"
                             "bar.sync 0;\n"
                             "and.b32 %r5, %r1, 31;\n"
                             "setp.ne.u32 %p3, %r5, 0;\n"
                             "@%p3 bra END;\n"
                             "LOCK: atom.shared.cas.b32 %r6, [s], 0, 1;\n"
                             "setp.ne.u32 %p4, %r6, 0;\n"
                             "@%p4 bra LOCK;\n"
                             "membar.cta;\n"
                             "ld.shared.u32 %r7, [s+4];\n"
                             "add.u32 %r7, %r7, 1;\n"
                             "st.shared.u32 [s+4], %r7;\n"
                             "membar.cta;\n"
                             "{B}\n"
                             "END:\n";
  silent(with(locked, "atom.shared.exch.b32 %r6, [s], 0;"), {.block = {256}});
  const std::string flagged = "@%p2 st.volatile.shared.u32 [s], 0;\n"
                              "bar.sync 0;\n"
                              "@!%p1 bra WAIT;\n"
                              "st.shared.u32 [%r2+256], %r1;\n"
                              "bar.warp.sync -1;\n"
                              "membar.cta;\n"
                              "@%p2 st.volatile.shared.u32 [s], 1;\n"
                              "bra.uni END;\n"
                              "WAIT: {B}\n"
                              "setp.eq.u32 %p4, %r6, 0;\n"
                              "@%p4 bra WAIT;\n"
                              "ld.shared.u32 %r7, [%r2+128];\n"
                              "END:\n";
  silent(with(flagged, "ld.volatile.shared.u32 %r6, [s];"));
  silent(with(flagged, "ld.acquire.cta.shared.u32 %r6, [s];"));
  // Without looking at the flag.
  fails(ErrorKind::Race, with(flagged, "mov.u32 %r6, 1;"));
}

TEST_F(Races, FlagsInGlobalMemoryOrder) {
  DeviceArray<int> flag(memory, std::vector<int>(4, 0));
  const std::string body = "@!%p1 bra WAIT;\n"
                           "st.shared.u32 [%r2], %r1;\n"
                           "bar.warp.sync -1;\n"
                           "membar.gl;\n"
                           "@%p2 st.release.gpu.global.u32 [%rd1], 1;\n"
                           "bra.uni END;\n"
                           "WAIT: ld.acquire.gpu.global.u32 %r6, [%rd1];\n"
                           "setp.eq.u32 %p4, %r6, 0;\n"
                           "@%p4 bra WAIT;\n"
                           "ld.shared.u32 %r7, [%r2+-128];\n"
                           "END:\n";
  config.seed = 0;
  for (; config.seed < 20; ++config.seed) {
    memory.fill(flag, 0, 1, 16);
    const Report report = launchBody(body, {.p = flag});
    ASSERT_TRUE(report.ok()) << report.text();
  }
}

TEST_F(Races, GenericAddressesAreSharedToo) {
  const std::string body = "cvta.shared.u64 %rd2, s;\n"
                           "mul.wide.u32 %rd3, %r1, 4;\n"
                           "add.u64 %rd3, %rd2, %rd3;\n"
                           "st.u32 [%rd3], %r1;\n"
                           "{B}\n"
                           "xor.b32 %r5, %r2, 128;\n"
                           "ld.shared.u32 %r6, [%r5];\n";
  std::string text = with(body, Barrier);
  text.replace(text.find("cvta.shared.u64 %rd2, s;"), 24, "mov.u64 %rd2, s; cvta.shared.u64 %rd2, %rd2;");
  silent(text);
  text = with(body, Nothing);
  text.replace(text.find("cvta.shared.u64 %rd2, s;"), 24, "mov.u64 %rd2, s; cvta.shared.u64 %rd2, %rd2;");
  const Error error = fails(ErrorKind::Race, text);
  EXPECT_EQ(error.source.line, 4u) << error.text();
}

TEST_F(Races, MatricesByRows) {
  const std::string body = "and.b32 %r5, %r1, 31;\n"
                           "shl.b32 %r5, %r5, 4;\n"
                           "add.u32 %r5, %r5, %r4;\n"
                           "@%p1 stmatrix.sync.aligned.m8n8.x4.shared.b16 [%r5], {%r1, %r1, %r1, %r1};\n"
                           "{B}\n"
                           "@!%p1 ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r6, %r7, %r8, %r9}, [%r5];\n";
  silent(with(body, Barrier));
  expect(fails(ErrorKind::Race, with(body, Nothing)), 6, 4,
         "shared load of 16 bytes at 0x400 (shared variable 's' + 0): warp 0 wrote there, and nothing orders the two");
}

TEST_F(Races, TensorMapsInSharedMemory) {
  // Warp 0 clears the map, and a thread sets a field.
  const auto setBy = [](const std::string &thread, const std::string &line) {
    return with("mov.u32 %r5, 0; cvt.u64.u32 %rd2, %r4; setp.eq.u32 %p3, %r1, " + thread +
                    ";\n@%p1 st.shared.u32 [%r2], %r5;\n{B}\n"
                    "@%p3 tensormap.replace.tile.rank.shared::cta.b1024.b32 [%rd2], 1;",
                line);
  };
  silent(setBy("0", "bar.warp.sync -1;"));
  silent(setBy("32", Barrier));
  const Error error = fails(ErrorKind::Race, setBy("32", Nothing), {}, ErrorKind::InvalidInstruction);
  EXPECT_TRUE(error.source.line == 2 || error.source.line == 4) << error.text();
}

TEST_F(Races, ThreadsThatExitHaveArrived) {
  silent("@%p1 st.shared.u32 [%r2], %r1;\n@%p1 ret;\nbar.sync 0;\nld.shared.u32 %r5, [%r2+-128];\n");
}

TEST_F(Races, NextBlocksStartAfresh) {
  // The same objects serve all blocks of the grid.
  silent(with(WriteThenRead, Barrier) + "bar.sync 0;\n", {.block = {128}, .grid = {50}});
}

TEST_F(Races, OffUnlessAskedFor) {
  config.checks.races = false;
  config.checks.uninitialized = false;
  silent(with(WriteThenRead, Nothing));
}

// ---- Clusters

const std::string Cluster2 = ".explicitcluster .reqnctapercluster 2, 1, 1";
/// %r5: the block's rank; %r6: the thread's word in the other block.
const std::string Neighbour =
    "mov.u32 %r5, %cluster_ctarank; xor.b32 %r6, %r5, 1; mapa.shared::cluster.u32 %r6, %r2, %r6;\n";
const std::string ClusterBarrier = "barrier.cluster.arrive; barrier.cluster.wait;";

TEST_F(Races, RemoteMemory) {
  const auto body = [](const std::string &first, const std::string &second, const std::string &last) {
    return Neighbour + "st.shared.u32 [%r2], %r1; " + first + "\nst.shared::cluster.u32 [%r6], %r5;\n" + second +
           "\nld.shared.u32 %r7, [%r2];\n" + last + "\n";
  };
  const Setting two{.block = {32}, .grid = {4}, .attributes = Cluster2};
  silent(body(ClusterBarrier, ClusterBarrier, Nothing), two);
  // Nothing orders the neighbour's store before the load.
  Error error = fails(ErrorKind::Race, body(ClusterBarrier, Nothing, ClusterBarrier), two);
  EXPECT_NE(error.message.find(", and nothing orders the two"), std::string::npos) << error.text();
  EXPECT_NE(error.message.find("warp 0 of block ("), std::string::npos) << error.text();
  // The neighbour may not have started.
  error = fails(ErrorKind::Race, body(Nothing, ClusterBarrier, Nothing), two);
  expect(error, 3, 0,
         "access of shared memory at 0x400 (shared variable 's' + 0) of block (1, 0, 0): nothing orders it after the "
         "start of that block");
}

TEST_F(Races, BlockExitsBeforeItsNeighbourIsDone) {
  const auto body = [](const std::string &guard, const std::string &last) {
    return Neighbour + ClusterBarrier + "\nst.shared.u32 [%r2], %r1;\n" + ClusterBarrier +
           "\nsetp.eq.u32 %p3, %r5, 0; " + guard + "ld.shared::cluster.u32 %r7, [%r6];\n" + last + "\n";
  };
  const Setting two{.block = {32}, .grid = {2}, .attributes = Cluster2};
  silent(body("", ClusterBarrier), two);
  // One block comes too late, the other has gone.
  Error error = fails(ErrorKind::OutOfBounds, body("", Nothing), two, ErrorKind::Race);
  EXPECT_NE(error.message.find(" of the cluster has exited"), std::string::npos) << error.text();
  // Block 0 came in time, but by luck alone.
  error = fails(ErrorKind::Race, body("@%p3 ", Nothing), two, ErrorKind::OutOfBounds);
  EXPECT_EQ(error.message,
            "the block exits while warp 0 of block (0, 0, 0) may still access its shared memory: nothing "
            "orders that access before the exit");
  ASSERT_EQ(error.related.size(), 1u);
  EXPECT_EQ(error.related[0].source.line, 5u) << error.text();
}

} // namespace
} // namespace tessera::sim
