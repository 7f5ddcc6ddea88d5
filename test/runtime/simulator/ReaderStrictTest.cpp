//===- ReaderStrictTest.cpp - What the reader and decoder refuse, and where they say an error is --===//
//
// PTX that ptxas refuses is refused here too, in words that say what is wrong; compare_ptxas.py compares the two over
// any number of mistakes. Places: lines of the PTX, and of the source by `.loc` with its chains of inlining.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/SimulatorTest.h"

namespace tessera::sim {
namespace {

class ReaderStrict : public SimulatorTest {
protected:
  /// The first error of a module, or of its first kernel; its own lines count from 4 on.
  std::string refusal(const std::string &text, const std::string &target = "sm_90a",
                      const std::string &version = "8.7") {
    auto module =
        Module::parse(".version " + version + "\n.target " + target + "\n.address_size 64\n" + text, memory, "m");
    if (!module)
      return module.error();
    const auto &kernels = module.get()->kernels();
    const std::string errors = kernels.empty() ? "" : module.get()->prepare(kernels[0]);
    return errors.substr(0, errors.find('\n'));
  }
  /// The same of an instruction in a kernel with registers of every type; it stands in line 7.
  std::string instruction(const std::string &text, const std::string &target = "sm_90a",
                          const std::string &version = "8.7") {
    return refusal(".shared .b32 s; .const .b32 c; .func (.param .b32 r) f(.param .b64 a) { ret; }\n"
                   ".visible .entry k(.param .b32 p) { .reg .pred %p<2>; .reg .b16 %h<2>; .reg .b32 %r<4>; "
                   ".reg .u32 %u<2>; .reg .f32 %f<4>; .reg .b64 %rd<2>; .reg .f64 %d<2>; .local .b32 l; "
                   ".param .b32 x; .param .b64 y;\n.reg .f16 %hf;\n" +
                       text + "\nret; }",
                   target, version);
  }
};

TEST_F(ReaderStrict, TypesOfRegisters) {
  EXPECT_EQ(instruction("add.s32 %r1, %u0, %r2;"), "");
  EXPECT_EQ(instruction("and.b32 %f1, %f0, %r2;"), "");
  EXPECT_EQ(instruction("add.f32 %r1, %r0, %f2;"), "");
  EXPECT_EQ(instruction("add.f32 %f1, %u0, %f2;"),
            "m:7: expected a register of type .f32, found one of .u32 in 'add.f32'");
  EXPECT_EQ(instruction("add.s32 %f1, %r0, %r2;"),
            "m:7: expected a register of type .s32, found one of .f32 in 'add.s32'");
  EXPECT_EQ(instruction("add.rn.bf16 %h1, %hf, %h1;"),
            "m:7: expected a register of type .bf16, found one of .f16 in 'add.rn.bf16'");
  EXPECT_EQ(instruction("add.s32 %r1, %rd0, %r2;"),
            "m:7: expected a register of 32 bits, found one of 64 in 'add.s32'");
  EXPECT_EQ(instruction("ld.global.u8 %r1, [%rd0];"), ""); // integers and bits may be extended
  EXPECT_EQ(instruction("add.s32 %r1, %r9, %r2;"), "m:7: unknown register '%r9'");
}

TEST_F(ReaderStrict, Immediates) {
  EXPECT_EQ(instruction("mov.b32 %r1, 0f3F800000;"), "");
  EXPECT_EQ(instruction("add.f32 %f1, %f1, 0.5;"), "");
  EXPECT_EQ(instruction("add.f32 %f1, %f1, 1;"),
            "m:7: an immediate integer cannot be an operand of type .f32 in 'add.f32'");
  EXPECT_EQ(instruction("add.s32 %r1, %r1, 5.0;"),
            "m:7: an immediate floating point number cannot be an operand of type .s32 in 'add.s32'");
  EXPECT_EQ(instruction("mov.b64 %rd1, 0f3F800000;"),
            "m:7: an immediate floating point number cannot be an operand of type .b64 in 'mov.b64'");
  EXPECT_EQ(instruction("mov.b32 %r1, 18446744073709551616;"),
            "m:7: expected an operand, found '18446744073709551616'");
}

TEST_F(ReaderStrict, TargetsAndVersions) {
  const std::string wgmma = "wgmma.fence.sync.aligned;";
  EXPECT_EQ(instruction(wgmma), "");
  EXPECT_EQ(instruction(wgmma, "sm_90"),
            "m:7: 'wgmma.fence.sync.aligned' needs .target sm_90a or higher, the module's is sm_90");
  EXPECT_EQ(instruction(wgmma, "sm_90a", "7.8"),
            "m:7: 'wgmma.fence.sync.aligned' needs .version 8.0 or later, the module's is 7.8");
  EXPECT_EQ(instruction("mbarrier.init.shared.b64 [%r0], 1;", "sm_75"),
            "m:7: 'mbarrier.init.shared.b64' needs .target sm_80 or higher, the module's is sm_75");
  EXPECT_EQ(instruction("mov.u32 %r1, %cluster_ctarank;", "sm_80"),
            "m:7: '%cluster_ctarank' needs .target sm_90 or higher, the module's is sm_80");
  EXPECT_EQ(refusal("", "x86"), "m:2: expected a target such as 'sm_90a', found 'x86'");
  EXPECT_EQ(Module::parse(".version 2147483648.5\n", memory, "m").error(),
            "m:1: expected a version such as 8.7, found '2147483648.5'");
  EXPECT_EQ(Module::parse(".version 8.7\n", memory, "m").error(), "m:2: no .target directive");
}

TEST_F(ReaderStrict, SpacesAndAddresses) {
  EXPECT_EQ(instruction("ld.b32 %r1, [s];"), "");
  EXPECT_EQ(instruction("ld.shared.b32 %r1, [s];"), "");
  EXPECT_EQ(instruction("ld.global.b32 %r1, [s];"),
            "m:7: 's' is a variable in .shared memory, the instruction 'ld.global.b32' is for .global");
  EXPECT_EQ(instruction("ld.b32 %r1, [p];"),
            "m:7: 'p' is a variable in .param memory, the instruction 'ld.b32' is for .generic");
  EXPECT_EQ(instruction("ld.global.b32 %r1, [%r0];"),
            "m:7: expected an address in a register of 64 bits, found 32 in 'ld.global.b32'");
  EXPECT_EQ(instruction("ld.shared.b32 %r1, [1024];"),
            "m:7: only .local memory has addresses that are numbers, in 'ld.shared.b32'");
}

TEST_F(ReaderStrict, TypesThatAnInstructionHasNot) {
  EXPECT_EQ(instruction("shl.s32 %r1, %r1, 1;"), "m:7: 'shl' has no form for type .s32 in 'shl.s32'");
  EXPECT_EQ(instruction("mov.f16 %h1, %h1;"), "m:7: 'mov' has no form for type .f16 in 'mov.f16'");
  EXPECT_EQ(instruction("bar.sync 16;"), "m:7: expected a number from 0 to 15 as operand 1, found 16 in 'bar.sync'");
  EXPECT_EQ(instruction("barrier.sync 1, 33;"),
            "m:7: expected a number from 0 to 1024 divisible by 32 as operand 2, found 33 in 'barrier.sync'");
  EXPECT_EQ(instruction("bar.sync;"), "m:7: too few operands in 'bar.sync'");
}

TEST_F(ReaderStrict, Calls) {
  EXPECT_EQ(instruction("call (x), f, (y);"), "");
  EXPECT_EQ(instruction("call (x), f, (y, y);"), "m:7: expected 1 parameters, found 2 in 'call (x), f, (y, y)'");
  EXPECT_EQ(instruction("call f, (y);"), "m:7: expected 1 results, found 0 in 'call f, (y)'");
  EXPECT_EQ(instruction("call (x), f, (x);"),
            "m:7: expected 8 bytes as number 1 of the parameters, found 4 in 'call (x), f, (x)'");
  EXPECT_EQ(instruction("call (x), %rd0, (y), P;"), "m:7: no '.callprototype' or '.calltargets' at label 'P'");
}

TEST_F(ReaderStrict, NamesDeclaredTwice) {
  EXPECT_EQ(refusal(".global .b32 a;\n.global .b64 a;"), "m:5: 'a' is defined twice");
  EXPECT_EQ(refusal(".entry k() { ret; }\n.entry k()\n{ ret; }"), "m:6: 'k' is defined twice");
  EXPECT_EQ(refusal(".entry k() {\n.reg .b32 %r<3>;\n.reg .f32 %r1;\nret; }"), "m:6: '%r1' is declared twice");
  EXPECT_EQ(refusal(".entry k() {\n.reg .b32 %r<3>;\n.reg .f32 %r<2>;\nret; }"), "m:6: '%r' is declared twice");
  EXPECT_EQ(refusal(".entry k() {\n.reg .b32 x;\n{ .reg .f32 x; }\nret; }"), "");
  EXPECT_EQ(refusal(".entry k(.param .b32 a,\n.param .b32 a) { ret; }"), "m:5: 'a' is declared twice");
}

TEST_F(ReaderStrict, RegistersOfVectors) {
  EXPECT_EQ(refusal(".entry k() {\n.reg .v2 .f32 v;\nadd.f32 v.x, v.y, v.x;\nret; }"), "");
  EXPECT_EQ(refusal(".entry k() {\n.reg .v4 .f64 v;\nret; }"),
            "m:5: expected a vector of at most 128 bits, found '.v4 .f64'");
  EXPECT_EQ(refusal(".entry k() {\n.reg .v2 .pred v;\nret; }"),
            "m:5: expected a vector of at most 128 bits, found '.v2 .pred'");
  EXPECT_EQ(refusal(".entry k() {\n.reg .v2 .f32 v;\nadd.f32 v.x, v.z, v.x;\nret; }"), "m:6: unknown name 'v.z'");
  EXPECT_EQ(refusal(".entry k() {\n.reg .v2 .b32 v;\nld.global.b32 v.x, [v];\nret; }"),
            "m:6: expected an address, found a vector of registers");
  EXPECT_EQ(refusal(".entry k() {\n.reg .v2 .b32 v;\n.reg .b32 v;\nret; }"), "m:6: 'v' is declared twice");
}

TEST_F(ReaderStrict, Limits) {
  EXPECT_EQ(refusal(".global .b8 a[];"), "m:4: variable 'a' has no size");
  EXPECT_EQ(refusal(".const .b8 a[65537];"), "m:4: constant variables of 65537 bytes up to 'a': at most 65536");
  EXPECT_EQ(refusal(".shared .b8 a[50000];\n.entry k() { .reg .b32 r; mov.b32 r, a; ret; }", "sm_80"),
            "m:5: .shared variables of 50000 bytes in kernel 'k': at most 49152 for sm_80");
  EXPECT_EQ(refusal(".entry k() {\n.local .b8 a[600000]; ret; }"),
            "m:5: local variables of 600000 bytes up to 'a': at most 524288");
  EXPECT_EQ(refusal(".entry k(.param .b8 a[40000]) { ret; }"),
            "m:4: parameters of 40000 bytes up to 'a': at most 32764");
  EXPECT_EQ(refusal(".entry k() .maxntid 0 { ret; }"), "m:4: expected numbers from 1 on for '.maxntid'");
  EXPECT_EQ(refusal(".entry k() { .reg .b32 r;\nmov.b32 r, " + std::string(50, '{') + ";\nret; }"),
            "m:5: brackets nested more than 8 deep");
}

TEST_F(ReaderStrict, AliasesAreCalled) {
  const auto module = parse(R"(.version 8.7
.target sm_80
.address_size 64
.visible .func (.param .b32 r) other(.param .b32 a);
.visible .func (.param .b32 r) twice(.param .b32 a) {
  .reg .b32 %r<2>; ld.param.b32 %r1, [a]; shl.b32 %r1, %r1, 1; st.param.b32 [r], %r1; ret; }
.alias other, twice;
.visible .entry k(.param .u64 out) {
  .reg .b32 %r<2>; .reg .b64 %rd<2>;
  .param .b32 from; .param .b32 to;
  st.param.b32 [from], 21;
  call (to), other, (from);
  ld.param.b32 %r1, [to];
  ld.param.u64 %rd1, [out];
  st.global.b32 [%rd1], %r1;
  ret; })");
  ASSERT_TRUE(module);
  DeviceArray<uint32_t> out(memory, 1);
  run(*module, "k", {1}, {1}, out);
  EXPECT_EQ(out.host()[0], 42u);
}

TEST_F(ReaderStrict, PlacesInTheSource) {
  const std::string text = R"(.version 8.7
.target sm_80
.address_size 64
.file 1 "/home/me/kernel.tile", 1700000000, 5000
.file 2 "library.tile"
.visible .entry k(.param .u64 out) {
  .reg .b32 %r<2>; .reg .b64 %rd<2>; .reg .pred %p<2>;
  .loc 1 10 3
  mov.u32 %r1, %tid.x;
  .loc 1 12 5
  .loc 2 40 9, function_name $L__info_string0, inlined_at 1 12 5
  .loc 2 77 2, function_name $L__info_string1 + 5, inlined_at 2 40 9
  setp.eq.u32 %p1, %r1, 3;
  @%p1 trap;
  .loc 1 20 1
  ret; }
)";
  const auto module = parse(text, "m.ptx");
  ASSERT_TRUE(module);
  const Report report = tryRun(*module, "k", {1}, {32}, uint64_t(0));
  ASSERT_EQ(report.errors.size(), 1u);
  const Error &error = report.errors[0];
  EXPECT_EQ(error.source.file, "library.tile");
  EXPECT_EQ(error.source.line, 77u);
  ASSERT_EQ(error.inlinedAt.size(), 2u);
  EXPECT_EQ(error.inlinedAt[0].file, "library.tile");
  EXPECT_EQ(error.inlinedAt[0].line, 40u);
  EXPECT_EQ(error.inlinedAt[1].file, "/home/me/kernel.tile");
  EXPECT_EQ(error.inlinedAt[1].line, 12u);
  EXPECT_EQ(error.ptxLine, 14u);

  // Without a single .loc the PTX is the source.
  std::string plain;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at) + 1;
    const std::string line = text.substr(at, end - at);
    plain += line.find(".loc") == std::string::npos ? line : "\n";
    at = end;
  }
  const auto bare = parse(plain, "m.ptx");
  ASSERT_TRUE(bare);
  const Report unplaced = tryRun(*bare, "k", {1}, {32}, uint64_t(0));
  ASSERT_EQ(unplaced.errors.size(), 1u);
  EXPECT_EQ(unplaced.errors[0].source.line, 0u);
  EXPECT_EQ(unplaced.errors[0].ptxLine, 14u);
  EXPECT_NE(unplaced.errors[0].text().find("14"), std::string::npos) << unplaced.errors[0].text();
}

} // namespace
} // namespace tessera::sim
