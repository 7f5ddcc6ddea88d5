//===- RaceTest.cpp - Races in shared memory, planted and absent ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CheckTest.h"

namespace tessera::sim {
namespace {

class Races : public CheckTest {};

/// Each thread writes its word and reads the word of the thread 32 further.
const std::string WriteThenRead = "st.shared.u32 [%r2], %r1;\n"
                                  "{BARRIER}\n"
                                  "xor.b32 %r5, %r2, 128;\n"
                                  "ld.shared.u32 %r6, [%r5];\n";

std::string with(std::string body, const std::string &barrier) {
  const size_t at = body.find("{BARRIER}");
  return body.replace(at, 9, barrier);
}

TEST_F(Races, ReadAfterWriteWithoutABarrier) {
  silent(with(WriteThenRead, "bar.sync 0;"));
  const Error error = fails(with(WriteThenRead, "mov.u32 %r7, 0;"));
  // Whichever warp comes first reads what nobody wrote; the other one races.
  EXPECT_EQ(error.kind, ErrorKind::Uninitialized);
  config.checks.uninitialized = false;
  const Error race = fails(with(WriteThenRead, "mov.u32 %r7, 0;"));
  EXPECT_EQ(race.kind, ErrorKind::Race);
  EXPECT_EQ(race.text(), "k.tile:1:3: error: race: shared store of 4 bytes at 0x480 (shared variable 's' + 128): warp 0 "
                         "read there, and nothing orders the two\n"
                         "  in kernel 'k', block (0, 0, 0), thread (32, 0, 0) and 31 more of its warp\n"
                         "  PTX line 21: st.shared.u32 [%r2], %r1\n"
                         "k.tile:4:3: note: warp 0 read here\n"
                         "  PTX line 27: ld.shared.u32 %r6, [%r5]\n");
}

} // namespace
} // namespace tessera::sim
