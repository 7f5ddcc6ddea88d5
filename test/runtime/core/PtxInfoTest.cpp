// What is read off PTX text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/core/PtxInfo.h"

#include <gtest/gtest.h>
#include <random>

using namespace tessera;
using namespace tessera::detail;

namespace {
const char *kText = R"(//
// made by hand
.version 8.7
.target sm_90a, debug
.address_size 64
.extern .shared .align 16 .b8 global_smem[];
.func (.param .b32 result) helper(.param .b32 x) { ret; }
/* an entry
   with everything */
.visible .entry everything(
	.param .u64 .ptr .global .align 16 x,
	.param .u64 y, .param .f32 scale,
	.param .align 64 .b8 map[128],
	.param .b16 h
)
.reqntid 128, 1, 1
.reqnctapercluster 2
{ .reg .b32 %r<3>; { .loc 1 2 3 } ret; }
.entry bare() .maxntid 64 { ret; }
)";

std::string errorOf(std::string_view text) {
  Expected<PtxInfo> info = readPtxInfo(text, "x.ptx");
  return info ? "none" : info.error().text();
}
} // namespace

TEST(PtxInfo, ReadsKernels) {
  Expected<PtxInfo> info = readPtxInfo(kText, "x.ptx");
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info->version, 87u);
  EXPECT_EQ(info->target, "sm_90a");
  ASSERT_EQ(info->kernels.size(), 2u);
  const PtxKernelInfo &kernel = info->kernels[0];
  EXPECT_EQ(kernel.name, "everything");
  EXPECT_EQ(kernel.requiredBlock, (std::array<unsigned, 3>{128, 1, 1}));
  EXPECT_EQ(kernel.cluster, (std::array<unsigned, 3>{2, 1, 1}));
  ASSERT_EQ(kernel.parameters.size(), 5u);
  EXPECT_TRUE(kernel.parameters[0].isPointer);
  EXPECT_EQ(kernel.parameters[0].pointeeAlignment, 16u);
  EXPECT_EQ(kernel.parameters[0].alignment, 8u);
  EXPECT_EQ(kernel.parameters[1].type, "u64");
  EXPECT_FALSE(kernel.parameters[1].isPointer);
  EXPECT_EQ(kernel.parameters[2].type, "f32");
  EXPECT_TRUE(kernel.parameters[3].isArray);
  EXPECT_EQ(kernel.parameters[3].size, 128u);
  EXPECT_EQ(kernel.parameters[3].alignment, 64u);
  EXPECT_EQ(kernel.parameters[4].size, 2u);
  EXPECT_EQ(info->kernels[1].maxBlock, (std::array<unsigned, 3>{64, 1, 1}));
  EXPECT_TRUE(info->kernels[1].parameters.empty());
}

TEST(PtxInfo, RefusesWhatIsNoPtx) {
  EXPECT_EQ(errorOf(""), "x.ptx: the text is empty");
  EXPECT_EQ(errorOf("\x7f"
                    "ELF..."),
            "x.ptx: this is a cubin or another object file, PTX text is needed");
  EXPECT_EQ(errorOf("\x50\xed\x55\xba..."), "x.ptx: this is a fat binary, PTX text is needed");
  EXPECT_EQ(errorOf("hello"), "x.ptx: not PTX: there is no '.version' directive");
  EXPECT_EQ(errorOf(".version 8.0\n"), "x.ptx: not PTX: there is no '.target' directive");
  EXPECT_EQ(errorOf(".version eight"), "x.ptx:1: expected a PTX version such as 8.7, found 'eight'");
  EXPECT_EQ(errorOf(".version 8.0\n.target sm_80\n.entry f(.param .u32 x\n.param"),
            "x.ptx:4: expected a parameter, found ''");
}

// Any beginning of a text, and texts with bytes exchanged, end in an answer.
TEST(PtxInfo, SurvivesDamage) {
  const std::string text = kText;
  for (std::size_t length = 0; length < text.size(); ++length)
    (void)readPtxInfo(std::string_view(text).substr(0, length), "x.ptx").ok();
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = text;
    for (int i = 0; i < 5; ++i)
      damaged[random() % damaged.size()] = char(random() % 128);
    (void)readPtxInfo(damaged, "x.ptx").ok();
  }
}
