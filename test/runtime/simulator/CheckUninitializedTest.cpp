//===- CheckUninitializedTest.cpp - Reads of memory that nobody wrote -----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CheckTest.h"

namespace tessera::sim {
namespace {

class CheckUninitialized : public CheckTest {
protected:
  /// `count` words of which the first `written` were written.
  std::unique_ptr<DeviceArray<int>> words(size_t count, size_t written) {
    auto array = std::make_unique<DeviceArray<int>>(memory, count);
    const std::vector<int> values(written, 3);
    memory.write(*array, values.data(), written * 4);
    return array;
  }
  static std::string hex(uint64_t value) {
    char text[32];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
  }
};

/// %rd2: the thread's word of p.
const std::string OwnWord = "mul.wide.u32 %rd2, %r1, 4; add.u64 %rd2, %rd2, %rd1;\n";

TEST_F(CheckUninitialized, GlobalMemory) {
  const auto array = words(64, 40);
  const Error error = fails(ErrorKind::Uninitialized, OwnWord + "ld.global.u32 %r5, [%rd2];\n", {.p = *array});
  expect(error, 2, 0,
         "global load of 4 bytes at " + hex(*array + 160) +
             ": nobody wrote them, offset 160 of allocation 1 (256 bytes at " + hex(*array) + ")");
  EXPECT_EQ(error.thread.x, 40u);
  EXPECT_EQ(error.occurrences, 24u);
  // A mask keeps the threads away.
  silent(OwnWord + "setp.lt.u32 %p3, %r1, 40;\n@%p3 ld.global.u32 %r5, [%rd2];\n", {.p = *array});
  // One element too many behind the mask.
  const Error mask = fails(ErrorKind::Uninitialized,
                           OwnWord + "setp.le.u32 %p3, %r1, 40;\n@%p3 ld.global.u32 %r5, [%rd2];\n", {.p = *array});
  EXPECT_EQ(mask.thread.x, 40u);
  EXPECT_EQ(mask.occurrences, 1u);
}

TEST_F(CheckUninitialized, PartOfAVector) {
  const auto array = words(64, 7);
  const Error error =
      fails(ErrorKind::Uninitialized, "ld.global.v4.u32 {%r5, %r6, %r7, %r8}, [%rd1+16];\n", {.p = *array});
  EXPECT_EQ(error.message, "global load of 16 bytes at " + hex(*array + 16) +
                               ": nobody wrote 4 of them, offset 16 of "
                               "allocation 1 (256 bytes at " +
                               hex(*array) + ")");
}

TEST_F(CheckUninitialized, WhatAKernelWroteIsWritten) {
  const auto array = words(64, 0);
  silent(OwnWord + "st.global.u32 [%rd2], %r1;\nld.global.u32 %r5, [%rd2];\n", {.p = *array});
}

TEST_F(CheckUninitialized, AtomicsReadToo) {
  const auto array = words(64, 0);
  const Error error = fails(ErrorKind::Uninitialized, OwnWord + "red.global.add.u32 [%rd2], 1;\n", {.p = *array});
  EXPECT_NE(error.message.find("global atomic operation of 4 bytes"), std::string::npos) << error.text();
}

TEST_F(CheckUninitialized, SharedMemory) {
  const std::string body = "setp.lt.u32 %p3, %r1, 48;\n"
                           "@%p3 st.shared.u32 [%r2], %r1;\n"
                           "bar.sync 0;\n"
                           "ld.shared.u32 %r5, [%r2];\n";
  const Error error = fails(ErrorKind::Uninitialized, body);
  expect(error, 4, 0, "shared load of 4 bytes at 0x4c0 (shared variable 's' + 192): nobody wrote them");
  EXPECT_EQ(error.thread.x, 48u);
  EXPECT_EQ(error.occurrences, 16u);
  // What a former block left there does not count.
  fails(ErrorKind::Uninitialized,
        "mov.u32 %r5, %ctaid.x; setp.eq.u32 %p3, %r5, 0;\n@%p3 st.shared.u32 [%r2], %r1;\n"
        "bar.sync 0;\nld.shared.u32 %r5, [%r2];\n",
        {.grid = {2}});
}

TEST_F(CheckUninitialized, MatrixRows) {
  const Error error = fails(ErrorKind::Uninitialized,
                            "setp.lt.u32 %p3, %r1, 24; shl.b32 %r5, %r1, 4; add.u32 %r5, %r5, %r4;\n"
                            "@%p3 st.shared.v4.u32 [%r5], {%r1, %r1, %r1, %r1};\n"
                            "bar.warp.sync -1;\n"
                            "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r6, %r7, %r8, %r9}, [%r5];\n",
                            {.block = {32}});
  expect(error, 4, 0, "shared load of 16 bytes at 0x580 (shared variable 's' + 384): nobody wrote them");
}

TEST_F(CheckUninitialized, CopiesThatFillWithZeros) {
  const auto array = words(1024, 1022);
  // The last thread copies 8 of 16 bytes; the rest becomes zeros.
  const std::string body =
      "shl.b32 %r5, %r1, 4; add.u32 %r6, %r5, %r4; cvt.u64.u32 %rd2, %r5; add.u64 %rd2, %rd2, %rd1;\n"
      "add.u64 %rd2, %rd2, 3072; mov.u32 %r7, {N}; setp.eq.u32 %p3, %r1, 63; selp.u32 %r7, %r7, 16, "
      "%p3;\n"
      "cp.async.cg.shared.global [%r6], [%rd2], 16, %r7;\n"
      "cp.async.wait_all;\n"
      "ld.shared.v4.u32 {%r8, %r9, %r10, %r11}, [%r6];\n";
  std::string right = body, wrong = body;
  right.replace(right.find("{N}"), 3, "8");
  wrong.replace(wrong.find("{N}"), 3, "16");
  silent(right, {.p = *array});
  const Error error = fails(ErrorKind::Uninitialized, wrong, {.p = *array});
  EXPECT_EQ(error.source.line, 3u) << error.text();
  EXPECT_NE(error.message.find("nobody wrote 8 of them"), std::string::npos) << error.text();
}

TEST_F(CheckUninitialized, AsynchronousCopyThatNobodyWaitsFor) {
  // Without the other checks the missing wait shows as a read of what is not there yet.
  config.checks.races = config.checks.async = false;
  const auto array = words(1024, 1024);
  fails(ErrorKind::Uninitialized,
        "cp.async.ca.shared.global [%r2], [%rd1], 4;\ncp.async.commit_group;\nld.shared.u32 %r5, [%r2];\n"
        "cp.async.wait_all;\n",
        {.p = *array});
}

} // namespace
} // namespace tessera::sim
