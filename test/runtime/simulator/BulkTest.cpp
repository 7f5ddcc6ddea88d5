//===- BulkTest.cpp - cp.async.bulk: copies, reductions, groups, and when they end --===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CheckTest.h"

#include <bit>
#include <cmath>
#include <set>

namespace tessera::sim {
namespace {

std::string number(uint64_t value) { return std::to_string(value); }

/// Kernels of CheckTest: %r4 is the address of s, 4096 bytes at 0x400; %p2 holds in thread 0. The mbarrier is at s +
/// 4088.
class BulkCopies : public CheckTest {
protected:
  std::vector<uint8_t> bytes = randomIntegers<uint8_t>(8192, 0, 255);
  DeviceArray<uint8_t> data{memory, bytes};
  Setting setting(uint32_t threads = 32) const { return {.p = data, .block = {threads}}; }
  void withoutChecks() { config.checks.races = config.checks.async = config.checks.uninitialized = false; }
};

const std::string Init = "@%p2 mbarrier.init.shared::cta.b64 [s+4088], 1;\nbar.sync 0;\n";
const std::string Wait = "W: mbarrier.try_wait.parity.shared::cta.b64 %p3, [s+4088], 0; @!%p3 bra W;\n";

std::string copyIn(uint32_t to, uint32_t from, uint32_t size) {
  return "@%p2 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [s+" + number(to) + "], [%rd1+" +
         number(from) + "], " + number(size) + ", [s+4088];\n";
}
std::string copyOut(uint32_t to, uint32_t from, uint32_t size) {
  return "@%p2 cp.async.bulk.global.shared::cta.bulk_group [%rd1+" + number(to) + "], [s+" + number(from) + "], " +
         number(size) + ";\n";
}
std::string expectBytes(uint64_t size) {
  return "@%p2 mbarrier.arrive.expect_tx.shared::cta.b64 _, [s+4088], " + number(size) + ";\n";
}
const std::string Commit = "@%p2 cp.async.bulk.commit_group;\n";

TEST_F(BulkCopies, ThereAndBack) {
  // Stretches of random sizes through shared memory: global 0.. → shared → global 4096.. .
  std::string loads, stores;
  uint64_t total = 0;
  std::vector<uint8_t> wanted = bytes;
  for (uint32_t at = 0; at < 4000;) {
    const auto size = static_cast<uint32_t>(std::min<uint64_t>(4000 - at, 16 + random() % 20 * 16));
    loads += copyIn(at, 4000 - at - size, size);
    stores += copyOut(4096 + at, at, size);
    std::copy_n(bytes.begin() + (4000 - at - size), size, wanted.begin() + 4096 + at);
    total += size;
    at += size;
  }
  silent(Init + expectBytes(total) + loads + Wait + "fence.proxy.async.shared::cta;\n" + stores + Commit +
             "@%p2 cp.async.bulk.wait_group 0;\n@%p2 cp.async.bulk.prefetch.L2.global [%rd1], 256;",
         setting());
  EXPECT_EQ(data.host(), wanted);
}

TEST_F(BulkCopies, NothingHasComeBeforeTheWait) {
  withoutChecks();
  // Without a wait a thread reads what was there before, whatever the seed; after it, what was copied.
  silent(Init + expectBytes(64) + "@%p2 st.shared.u32 [s], 77;\n" + copyIn(0, 64, 64) + "ld.shared.u32 %r5, [s];\n" +
             Wait +
             "ld.shared.u32 %r6, [s];\n@%p2 st.global.u32 [%rd1+4096], %r5;\n@%p2 st.global.u32 [%rd1+4100], %r6;",
         setting());
  uint32_t got[2], wanted;
  memory.read(data.address() + 4096, got, sizeof got);
  std::memcpy(&wanted, bytes.data() + 64, sizeof wanted);
  EXPECT_EQ(got[0], 77u);
  EXPECT_EQ(got[1], wanted);
}

TEST_F(BulkCopies, AStoreReadsAsLateAsItMay) {
  withoutChecks();
  const auto stored = [&](const std::string &wait) {
    silent("@%p2 st.shared.v4.u32 [s], {1, 1, 1, 1};\nfence.proxy.async.shared::cta;\n" + copyOut(4096, 0, 16) +
               Commit + wait + "@%p2 st.shared.v4.u32 [s], {2, 2, 2, 2};\n",
           setting());
    uint32_t got;
    memory.read(data.address() + 4096, &got, sizeof got);
    return got;
  };
  EXPECT_EQ(stored(""), 2u); // reused too early
  EXPECT_EQ(stored("@%p2 cp.async.bulk.wait_group.read 0;\n"), 1u);
  EXPECT_EQ(stored("@%p2 cp.async.bulk.wait_group 0;\n"), 1u);
}

TEST_F(BulkCopies, WritesAreSeenAfterTheFullWait) {
  withoutChecks();
  memory.fill(data.address() + 4096, 5, 4, 4);
  silent("@%p2 st.shared.v4.u32 [s], {9, 9, 9, 9};\nfence.proxy.async.shared::cta;\n" + copyOut(4096, 0, 16) + Commit +
             "@%p2 cp.async.bulk.wait_group.read 0;\n@%p2 ld.global.u32 %r5, [%rd1+4096];\n"
             "@%p2 cp.async.bulk.wait_group 0;\n@%p2 ld.global.u32 %r6, [%rd1+4096];\n"
             "@%p2 st.global.u32 [%rd1+4096], 5;\n@%p2 st.global.u32 [%rd1+4112], %r5;\n"
             "@%p2 st.global.u32 [%rd1+4116], %r6;",
         setting());
  uint32_t got[2];
  memory.read(data.address() + 4112, got, sizeof got);
  EXPECT_EQ(got[0], 5u);
  EXPECT_EQ(got[1], 9u);
}

TEST_F(BulkCopies, GroupsButTheLast) {
  withoutChecks();
  // Three groups; all but one are waited for, then their sources are overwritten: the last may hold either value.
  std::string body = "@%p2 st.shared.v4.u32 [s], {1, 1, 1, 1};\n@%p2 st.shared.v4.u32 [s+16], {2, 2, 2, 2};\n"
                     "@%p2 st.shared.v4.u32 [s+32], {3, 3, 3, 3};\nfence.proxy.async.shared::cta;\n";
  for (uint32_t i = 0; i < 3; ++i)
    body += copyOut(4096 + 16 * i, 16 * i, 16) + Commit;
  body += "@%p2 cp.async.bulk.wait_group.read 1;\n@%p2 st.shared.v4.u32 [s], {8, 8, 8, 8};\n"
          "@%p2 st.shared.v4.u32 [s+16], {8, 8, 8, 8};\n@%p2 st.shared.v4.u32 [s+32], {8, 8, 8, 8};";
  silent(body, setting());
  uint32_t got[12];
  memory.read(data.address() + 4096, got, sizeof got);
  EXPECT_EQ(got[0], 1u);
  EXPECT_EQ(got[4], 2u);
  EXPECT_EQ(got[8], 8u);
}

TEST_F(BulkCopies, OrderIsDrawnFromTheSeedAlone) {
  withoutChecks();
  // Two copies, an mbarrier each: which is over when the first of the two is?
  const std::string body =
      "@%p2 mbarrier.init.shared::cta.b64 [s+4088], 1;\n@%p2 mbarrier.init.shared::cta.b64 [s+4080], 1;\n"
      "@!%p2 bra END;\n" +
      expectBytes(64) + "mbarrier.arrive.expect_tx.shared::cta.b64 _, [s+4080], 64;\n" + copyIn(0, 0, 64) +
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [s+64], [%rd1], 64, [s+4080];\n"
      "AGAIN: mbarrier.try_wait.parity.shared::cta.b64 %p3, [s+4088], 0;\n"
      "mbarrier.test_wait.parity.shared::cta.b64 %p4, [s+4080], 0;\n"
      "or.pred %p5, %p3, %p4; @!%p5 bra AGAIN;\n"
      "selp.u32 %r5, 1, 2, %p3; mov.u32 %r6, %ctaid.x; mad.wide.u32 %rd2, %r6, 4, %rd1;\n"
      "st.global.u32 [%rd2+4096], %r5;\n" +
      Wait +
      "W2: mbarrier.try_wait.parity.shared::cta.b64 %p3, [s+4080], 0; @!%p3 bra W2;\n"
      "END: ";
  const auto module = parse(text(body));
  const auto outcome = [&](uint64_t seed, unsigned threads) {
    config.seed = seed;
    config.threads = threads;
    run(*module, "k", {32}, {32}, data);
    std::vector<uint32_t> got(32);
    memory.read(data.address() + 4096, got.data(), 128);
    return got;
  };
  std::set<std::vector<uint32_t>> outcomes;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const auto one = outcome(seed, 1);
    EXPECT_EQ(outcome(seed, 4), one);
    EXPECT_EQ(std::count(one.begin(), one.end(), 1u) + std::count(one.begin(), one.end(), 2u), 32);
    outcomes.insert(one);
  }
  EXPECT_EQ(outcomes.size(), 8u); // of 2^32: each seed another
}

TEST_F(BulkCopies, UnwrittenBytesStayUnwritten) {
  // A tile may cover bytes that nobody wrote; who reads them from shared memory is told.
  DeviceArray<uint32_t> fresh(memory, 64);
  const uint32_t value = 3;
  memory.write(fresh.address(), &value, sizeof value);
  const Setting setting{.p = fresh, .block = {32}};
  const std::string start = Init + expectBytes(64) + copyIn(0, 0, 64) + Wait;
  silent(start + "ld.shared.u32 %r5, [s];", setting);
  const Error error = fails(ErrorKind::Uninitialized, start + "ld.shared.u32 %r5, [s+4];", setting);
  EXPECT_EQ(error.source.line, 6u) << error.text();
}

// ---- Reductions -----------------------------------------------------------------------------------------------------

template <typename T> class Values {
public:
  static std::vector<T> of(const std::vector<uint8_t> &bytes, size_t from, size_t count) {
    std::vector<T> values(count);
    std::memcpy(values.data(), bytes.data() + from, count * sizeof(T));
    return values;
  }
};

class BulkReductions : public BulkCopies {
protected:
  /// 512 bytes at 0 are combined with 512 bytes at 512, which go by shared memory.
  template <typename T, typename Combine> void reduces(const std::string &operation, Combine combine) {
    SCOPED_TRACE(operation);
    std::vector<uint8_t> start = randomIntegers<uint8_t>(1024, 0, 255);
    for (size_t i = sizeof(T) - 1; i < start.size(); i += sizeof(T))
      start[i] &= 0xBB; // no infinities, no NaNs
    memory.write(data.address(), start.data(), start.size());
    config.seed = 3;
    const Report report =
        launchBody(Init + expectBytes(512) + copyIn(0, 512, 512) + Wait +
                       "fence.proxy.async.shared::cta;\n@%p2 cp.reduce.async.bulk.global.shared::cta.bulk_group." +
                       operation + " [%rd1], [s], 512;\n" + Commit + "@%p2 cp.async.bulk.wait_group 0;",
                   setting());
    ASSERT_TRUE(report.ok()) << report.text();
    constexpr size_t Count = 512 / sizeof(T);
    const auto a = Values<T>::of(start, 0, Count), b = Values<T>::of(start, 512, Count);
    const auto got = Values<T>::of(data.host(), 0, Count);
    for (size_t i = 0; i < Count; ++i)
      ASSERT_EQ(got[i], combine(a[i], b[i])) << i;
  }
};

TEST_F(BulkReductions, IntoGlobalMemory) {
  reduces<uint32_t>("and.b32", [](uint32_t a, uint32_t b) { return a & b; });
  reduces<uint32_t>("or.b32", [](uint32_t a, uint32_t b) { return a | b; });
  reduces<uint64_t>("xor.b64", [](uint64_t a, uint64_t b) { return a ^ b; });
  reduces<uint32_t>("add.u32", [](uint32_t a, uint32_t b) { return a + b; });
  reduces<uint32_t>("add.s32", [](uint32_t a, uint32_t b) { return a + b; });
  reduces<uint64_t>("add.u64", [](uint64_t a, uint64_t b) { return a + b; });
  reduces<uint32_t>("inc.u32", [](uint32_t a, uint32_t b) { return a >= b ? 0 : a + 1; });
  reduces<uint32_t>("dec.u32", [](uint32_t a, uint32_t b) { return a == 0 || a > b ? b : a - 1; });
  reduces<int32_t>("min.s32", [](int32_t a, int32_t b) { return std::min(a, b); });
  reduces<int64_t>("max.s64", [](int64_t a, int64_t b) { return std::max(a, b); });
  reduces<uint64_t>("min.u64", [](uint64_t a, uint64_t b) { return std::min(a, b); });
  reduces<double>("add.f64", [](double a, double b) { return a + b; });
  reduces<float>("add.f32", [](float a, float b) {
    const auto flushed = [](float x) { return std::fabs(x) < 1.17549435e-38f ? std::copysign(0.0f, x) : x; };
    return flushed(flushed(a) + flushed(b));
  });
  reduces<uint16_t>("add.noftz.f16",
                    [](uint16_t a, uint16_t b) { return hostHalf(hostHalfValue(a) + hostHalfValue(b)); });
  reduces<uint16_t>("max.f16", [](uint16_t a, uint16_t b) { return hostHalfValue(a) > hostHalfValue(b) ? a : b; });
  reduces<uint16_t>("min.bf16", [](uint16_t a, uint16_t b) { return hostBfloatValue(a) < hostBfloatValue(b) ? a : b; });
}

TEST_F(BulkReductions, BfloatSums) {
  // The exact sum of two bfloats may take more than 24 bits: values of near exponents, so that a float holds it.
  std::vector<uint16_t> start(512);
  for (uint16_t &value : start)
    value = static_cast<uint16_t>((random() & 0x807F) | (120 + random() % 8) << 7);
  memory.write(data.address(), start.data(), 1024);
  config.seed = 0;
  const Report report =
      launchBody(Init + expectBytes(512) + copyIn(0, 512, 512) + Wait +
                     "fence.proxy.async.shared::cta;\n"
                     "@%p2 cp.reduce.async.bulk.global.shared::cta.bulk_group.add.noftz.bf16 [%rd1], [s], 512;\n" +
                     Commit + "@%p2 cp.async.bulk.wait_group 0;",
                 setting());
  ASSERT_TRUE(report.ok()) << report.text();
  const auto got = Values<uint16_t>::of(data.host(), 0, 256);
  for (size_t i = 0; i < 256; ++i)
    ASSERT_EQ(got[i], hostBfloat(static_cast<float>(hostBfloatValue(start[i]) + hostBfloatValue(start[256 + i])))) << i;
}

TEST_F(BulkReductions, UnknownOnesAreRefusedByName) {
  const auto refused = [&](const std::string &operation) {
    const auto module =
        parse(text("cp.reduce.async.bulk.global.shared::cta.bulk_group." + operation + " [%rd1], [s], 512;"));
    return module->prepare(module->kernels()[0]);
  };
  for (const char *operation : {"add.f16", "min.f32", "add.noftz.f32", "inc.s32", "and.u32", "xor.f32", "exch.b32"})
    EXPECT_NE(refused(operation).find("cp.reduce.async.bulk.global.shared::cta.bulk_group." + std::string(operation)),
              std::string::npos)
        << operation << ": " << refused(operation);
}

// ---- Faults ---------------------------------------------------------------------------------------------------------

TEST_F(BulkCopies, OutsideOfMemory) {
  const std::string start = Init + expectBytes(64);
  char place[32], base[32];
  std::snprintf(base, sizeof base, "0x%llx", static_cast<unsigned long long>(data.address()));
  std::snprintf(place, sizeof place, "0x%llx", static_cast<unsigned long long>(data.address() + 8176));
  expect(fails(ErrorKind::OutOfBounds, start + copyIn(0, 8176, 64), setting()), 4, 0,
         std::string("bulk copy out of global memory of 64 bytes at ") + place +
             ": starts at offset 8176 of allocation 1 (8192 bytes at " + base + ") and passes its end by 48 bytes");
  expect(
      fails(ErrorKind::OutOfBounds, start + copyIn(4080, 0, 64), setting()), 4, 0,
      "bulk copy into shared memory of 64 bytes at shared address 0x13f0: the block's 4096 bytes are [0x400, 0x1400)");
  expect(
      fails(ErrorKind::OutOfBounds, copyOut(8192, 0, 16), setting()), 1, 0,
      "bulk copy into global memory of 16 bytes at " +
          [&] {
            char end[32];
            std::snprintf(end, sizeof end, "0x%llx", static_cast<unsigned long long>(data.address() + 8192));
            return std::string(end);
          }() +
          ": 0 bytes past the end of allocation 1 (8192 bytes at " + base + ")");
}

TEST_F(BulkCopies, Misaligned) {
  const std::string start = Init + expectBytes(64);
  EXPECT_EQ(fails(ErrorKind::Misaligned, start + copyIn(8, 0, 64), setting()).message,
            "bulk copy into shared memory of 64 bytes at shared address 0x408: not a multiple of 16");
  const Error error = fails(ErrorKind::Misaligned, start + copyIn(0, 4, 64), setting());
  EXPECT_EQ(error.address, data.address() + 4);
  EXPECT_NE(error.message.find("not a multiple of 16"), std::string::npos) << error.message;
  EXPECT_EQ(fails(ErrorKind::InvalidInstruction, start + copyIn(0, 0, 40), setting()).message,
            "bulk copy of 40 bytes: expected a multiple of 16");
}

TEST_F(BulkCopies, ExitBeforeTheCopyHasCome) {
  withoutChecks();
  expect(fails(ErrorKind::AsyncHazard, Init + expectBytes(64) + copyIn(0, 0, 64), setting()), 4, 0,
         "block (0, 0, 0) exits while this operation is still in flight into its shared memory: nobody waited for the "
         "mbarrier that is told of its end, or that expects too few bytes");
}

TEST_F(BulkCopies, OverAnMbarrierInUse) {
  EXPECT_EQ(
      fails(ErrorKind::MbarrierMisuse, Init + expectBytes(64) + copyIn(4032, 0, 64), setting()).message,
      "this operation writes over the mbarrier at 0x13f8 (shared variable 's' + 4088), which was not invalidated");
}

TEST_F(BulkCopies, MasksOfBytesAreRefusedByName) {
  const auto module = parse(text("cp.async.bulk.global.shared::cta.bulk_group.cp_mask [%rd1], [s], 512, 0xFFFF;"));
  const std::string error = module->prepare(module->kernels()[0]);
  EXPECT_NE(error.find("cp_mask"), std::string::npos) << error;
}

} // namespace
} // namespace tessera::sim
