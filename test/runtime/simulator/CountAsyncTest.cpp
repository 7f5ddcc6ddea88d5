//===- CountAsyncTest.cpp - Counts of asynchronous instructions -----------===//
//
// Every number of the small kernels is computed by hand. What Triton compiled is counted under many schedules: with one
// and with two host threads, in the orders of several seeds, with every check on (which draws the order of the warps
// anew in each round) and with none.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CountTest.h"

#include "runtime/simulator/TensorMap.h"
#include "test/runtime/simulator/TritonKernels.h"

namespace tessera::sim {
namespace {

class CountAsync : public CountTest {
protected:
  /// Thread 0 of a block makes an mbarrier at s and expects `bytes`; then `copy` on line 11; then all wait on line 12.
  static std::string loading(const std::string &bytes, const std::string &copy) {
    return "setp.ne.u32 %p1, %r1, 0;\n@%p1 bra made;\nmbarrier.init.shared.b64 [%r2], 1;\n"
           "fence.mbarrier_init.release.cluster;\nmbarrier.arrive.expect_tx.shared.b64 %rd5, [%r2], " +
           bytes + ";\n.loc 1 11 0\n" + copy +
           "\n.loc 1 10 0\nmade:\nbar.sync 0;\n.loc 1 12 0\nwait:\n"
           "mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r2], 0;\n@!%p2 bra wait;\n";
  }
};

TEST_F(CountAsync, BulkCopies) {
  const LaunchCounts counts = count(
      loading("1024", "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2+128], [%rd1], 1024, "
                      "[%r2];") +
          ".loc 1 13 0\n@%p1 bra out;\ncp.async.bulk.global.shared::cta.bulk_group [%rd1+8192], [%r2+128], 512;\n"
          "cp.async.bulk.commit_group;\ncp.async.bulk.wait_group 0;\nout:\n",
      {64}, {2});
  const Counts loaded = at(counts, 11), stored = at(counts, 13);
  EXPECT_EQ(loaded.tmaBytes, 2048u); // two blocks
  EXPECT_EQ(classOf(loaded, InstrClass::Tma), 2u);
  EXPECT_EQ(loaded.globalBytes, 0u);
  EXPECT_EQ(loaded.globalSectors, 0u);
  EXPECT_EQ(stored.tmaBytes, 1024u);
  EXPECT_EQ(classOf(stored, InstrClass::Tma), 6u);
  EXPECT_EQ(counts.footprintRead, 1024u);
  EXPECT_EQ(counts.footprintWritten, 512u);
  // Each warp waits once for the phase, however often it looked: two instructions.
  EXPECT_EQ(at(counts, 12).warpInstructions, 8u);
  EXPECT_EQ(at(counts, 12).barrierWaits, 4u);
}

TEST_F(CountAsync, TensorCopiesCountWhatLiesInside) {
  // 16 x 8 floats at (8, 4) of 20 x 8: 12 of each of 4 rows are inside.
  DeviceArray<float> tensor(memory, std::vector<float>(160));
  const auto map = TensorMap::encode(
      {.element = TensorElement::F32, .rank = 2, .address = tensor, .size = {20, 8}, .stride = {80}, .box = {16, 8}});
  ASSERT_TRUE(map) << map.error();
  const auto module =
      parse(".version 8.0\n.target sm_90a\n.address_size 64\n.file 1 \"k.tile\"\n"
            ".visible .entry k(.param .align 64 .b8 map[128])\n{\n.reg .pred %p<4>;\n.reg .b32 %r<8>;\n"
            ".reg .b64 %rd<8>;\n.shared .align 128 .b8 s[2048];\n.loc 1 1 0\nmov.u32 %r1, %tid.x;\nmov.u32 %r2, s;\n"
            "mov.b64 %rd1, map;\ncvta.param.u64 %rd2, %rd1;\nmov.u32 %r3, 8;\nmov.u32 %r4, 4;\n.loc 1 10 0\n" +
            loading("512", "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
                           "[%r2+128], [%rd2, {%r3, %r4}], [%r2];") +
            "ret;\n}\n");
  ASSERT_TRUE(module);
  std::array<std::byte, TensorMapBytes> bytes = map.get().bytes;
  const LaunchCounts counts = countOf(*module, "k", {1}, {32}, bytes);
  EXPECT_EQ(at(counts, 11).tmaBytes, 4u * 12 * 4);
  // Rows of 48 bytes from 32-byte boundaries on: 80 r + 32 for r = 4 to 7 is 352, 432, 512, 592; of [352, 400), [432,
  // 480), [512, 560), [592, 640) the sectors are 11-12, 13-14, 16-17, 18-19.
  EXPECT_EQ(counts.footprintRead, 8u * 32);
}

TEST_F(CountAsync, WgmmaOfAWarpgroup) {
  const LaunchCounts counts = count(
      "mov.f32 %f1, 0f00000000;\nmov.f32 %f2, %f1;\nmov.f32 %f3, %f1;\nmov.f32 %f4, %f1;\nst.shared.v4.b32 [%r2], "
      "{%r1, %r1, %r1, %r1};\nfence.proxy.async;\nbar.sync 0;\nshr.u32 %r5, %r2, 4;\nor.b32 %r5, %r5, "
      "0x80000;\nmov.b64 %rd5, {%r5, 16};\n"
      ".loc 1 11 0\nwgmma.fence.sync.aligned;\n.loc 1 12 0\n"
      "wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%f1, %f2, %f3, %f4}, %rd5, %rd5, 1, 1, 1, 0, 0;\n"
      ".loc 1 11 0\nwgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;",
      {128});
  EXPECT_EQ(at(counts, 12).tensorFlops, 2u * 64 * 8 * 16);
  EXPECT_EQ(flops(at(counts, 12), FlopKind::TensorFp16), 2u * 64 * 8 * 16);
  EXPECT_EQ(classOf(at(counts, 12), InstrClass::Wgmma), 4u);
  EXPECT_EQ(classOf(at(counts, 11), InstrClass::Wgmma), 12u);
}

TEST_F(CountAsync, CopiesThatReadLessThanTheyWrite) {
  // Lane i reads min(i, 16) bytes of the 16 that it writes.
  const LaunchCounts counts =
      count("mad.wide.u32 %rd3, %r1, 32, %rd1;\nmad.lo.u32 %r4, %r1, 16, %r2;\nmin.u32 %r5, %r1, 16;\n.loc 1 11 0\n"
            "cp.async.cg.shared.global [%r4], [%rd3], 16, %r5;\n.loc 1 12 0\ncp.async.wait_all;");
  const Counts copied = at(counts, 11);
  EXPECT_EQ(copied.asyncCopyBytes, 120u + 16 * 16); // 0 + 1 + ... + 15, then 16 lanes of 16
  EXPECT_EQ(copied.globalSectors, 31u);             // lane 0 reads nothing
  EXPECT_EQ(copied.globalSectorsLeast, 12u);        // 376 / 32
  EXPECT_EQ(copied.sharedWavefronts, 4u);
}

/// Products of Triton's, counted.
class CountKernels : public TritonKernels {
protected:
  /// Runs `body` under many schedules, which must all count the same.
  LaunchCounts same(const std::function<void()> &body) {
    LaunchCounts first;
    bool isFirst = true;
    config.count = true;
    for (const bool checked : {false, true})
      for (const unsigned threads : {1u, 2u})
        for (const uint64_t seed : {0ull, 3ull, 99ull}) {
          config.threads = threads;
          config.seed = seed;
          config.checks.races = config.checks.async = checked;
          body();
          if (isFirst)
            first = counted;
          isFirst = false;
          EXPECT_TRUE(counted == first) << "counts differ with " << threads << " host threads, seed " << seed
                                        << (checked ? " and checks" : "") << difference(first, counted);
        }
    return first;
  }

  static std::string difference(const LaunchCounts &a, const LaunchCounts &b) {
    std::string text;
    for (size_t i = 0; i < std::min(a.lines.size(), b.lines.size()); ++i)
      if (!(a.lines[i] == b.lines[i]))
        text += "\n" + a.lines[i].file + ":" + std::to_string(a.lines[i].line) + ": " +
                std::to_string(a.lines[i].counts.warpInstructions) + " and " +
                std::to_string(b.lines[i].counts.warpInstructions) + " warp instructions, " +
                std::to_string(a.lines[i].counts.barrierWaits) + " and " +
                std::to_string(b.lines[i].counts.barrierWaits) + " waits";
    return text;
  }

  /// A product of m x k and k x n halves by descriptors of the host; `transposed`: the right one lies n x k.
  LaunchCounts product(const std::string &name, int m, int n, int k, bool transposed) {
    const auto a = uniform(Number::F16, size_t(m) * k), b = uniform(Number::F16, size_t(n) * k);
    const Buffer da = buffer(Number::F16, a), db = buffer(Number::F16, b), dc = poisoned(Number::F16, size_t(m) * n);
    const HostTensor ta(da, {m, k}), tc(dc, {m, n});
    const HostTensor tb = transposed ? HostTensor(db, {n, k}) : HostTensor(db, {k, n});
    return same([&] { launchTriton(name, 90, {4}, ta, tb, tc, m, n, k); });
  }
};

TEST_F(CountKernels, CopiesInStagesIntoMma) {
  const int m = 128, n = 128, k = 192;
  const auto a = uniform(Number::F16, m * k), b = uniform(Number::F16, k * n);
  const Buffer da = buffer(Number::F16, a), db = buffer(Number::F16, b), dc = poisoned(Number::F16, m * n);
  const LaunchCounts counts = same([&] { launchTriton("persistent", 80, {4}, da, db, dc, m, n, k); });
  EXPECT_EQ(counts.totals.tensorFlops, 2u * m * n * k);
  // Each of four tiles takes 64 rows of a by loads and 64 columns of b by copies, and stores its part of c.
  EXPECT_EQ(counts.totals.asyncCopyBytes, 4u * 64 * k * 2);
  EXPECT_EQ(counts.totals.globalBytes, 4u * 64 * k * 2 + 2 * m * n);
  EXPECT_EQ(counts.footprintRead, 2u * (m * k + k * n));
  EXPECT_EQ(counts.footprintWritten, 2u * m * n);
  EXPECT_EQ(counts.totals.globalSectors, counts.totals.globalSectorsLeast);
}

TEST_F(CountKernels, TensorCopiesIntoWgmma) {
  const LaunchCounts counts = product("described-f16-3-stages", 128, 128, 192, false);
  EXPECT_EQ(counts.totals.tensorFlops, 2u * 128 * 128 * 192);
  EXPECT_EQ(counts.totals.tmaBytes, 4u * 2 * 64 * 192 * 2 + 2 * 128 * 128); // both operands, and the result
  EXPECT_EQ(counts.footprintRead, 2u * (128 * 192 + 192 * 128));
  EXPECT_EQ(counts.footprintWritten, 2u * 128 * 128);
}

TEST_F(CountKernels, WarpsWithPartsOfTheirOwn) {
  const LaunchCounts counts = product("persistent-described-specialized", 150, 144, 176, true);
  EXPECT_GT(counts.totals.tmaBytes, 0u);
  EXPECT_GT(counts.totals.barrierWaits, 0u);
}

TEST_F(CountKernels, Softmax) {
  const auto x = uniform(Number::F32, 11 * 416, -5, 5);
  const Buffer bx = buffer(Number::F32, x), out = poisoned(Number::F32, 11 * 432);
  const LaunchCounts counts = same([&] { launchTriton("softmax-rows", 80, {3}, bx, out, 416, 432, 11, 401); });
  EXPECT_EQ(counts.totals.asyncCopyBytes, 11u * 401 * 4);
  EXPECT_EQ(counts.totals.globalBytes, 11u * 401 * 4);
}

} // namespace
} // namespace tessera::sim
