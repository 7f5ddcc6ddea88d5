//===- ReaderTest.cpp - Reading PTX text ----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/ModuleImpl.h"
#include "test/runtime/simulator/SimulatorTest.h"

#include <array>
#include <set>

namespace tessera::sim {
namespace {

class Reader : public SimulatorTest {
protected:
  std::string errorOf(const std::string &text) {
    auto module = Module::parse(text, memory, "m");
    return bool(module) ? "" : module.error();
  }
};

constexpr const char *Head = ".version 8.4\n.target sm_90a, debug\n.address_size 64\n";

TEST_F(Reader, Kernels) {
  const auto module = parse(std::string(Head) + R"(
    .extern .func (.param .b32 r) vprintf(.param .b64 a, .param .b64 b);
    .extern .shared .align 16 .b8 dynamic[];
    .shared .align 8 .b8 mine[20];
    .shared .align 4 .b8 others[400];
    /* a comment
       over lines */
    .visible .entry first(
      .param .u64 .ptr .global .align 16 x,
      .param .u8 small,
      .param .align 8 .b8 structure[24],
      .param .f32 last
    )
    .maxntid 64, 2, 1
    .minnctapersm 2
    {
      .reg .b32 %r<3>;
      mov.u32 %r0, mine;
      mov.u32 %r1, dynamic;
      ret;
    }
    .visible .entry second() .reqntid 128, 1, 1 .reqnctapercluster 2, 1, 1 { ret; }
  )");
  ASSERT_TRUE(module);
  EXPECT_EQ(module->version(), 84u);
  EXPECT_EQ(module->target(), "sm_90a");
  const Kernel *first = module->kernel("first");
  ASSERT_TRUE(first);
  ASSERT_EQ(first->parameters.size(), 4u);
  EXPECT_TRUE(first->parameters[0].isPointer);
  EXPECT_EQ(first->parameters[0].pointeeAlignment, 16u);
  EXPECT_EQ(first->parameters[1].type, ".u8");
  EXPECT_EQ(first->parameters[2].offset, 16u);
  EXPECT_EQ(first->parameters[2].size, 24u);
  EXPECT_TRUE(first->parameters[2].isArray);
  EXPECT_EQ(first->parameters[3].offset, 40u);
  EXPECT_EQ(first->parameterBytes, 44u);
  EXPECT_EQ(first->maxThreads, 128u);
  EXPECT_EQ(first->staticShared, 20u);
  const Kernel *second = module->kernel("second");
  EXPECT_EQ(second->requiredBlock[0], 128u);
  EXPECT_EQ(second->requiredCluster[0], 2u);
  EXPECT_EQ(second->staticShared, 0u);
  EXPECT_EQ(module->kernel("third"), nullptr);
}

TEST_F(Reader, GlobalVariablesAndTheirValues) {
  const auto module = parse(std::string(Head) + R"(
    .visible .global .align 4 .u32 numbers[6] = {1, -2, 0x10, 010};
    .global .align 8 .u64 pointers[2] = {numbers, generic(numbers)+8};
    .const .align 4 .f32 scale = 0f3F000000;
    .global .align 1 .b8 text[6] = {104, 101, 108, 108, 111, 0};
    .global .align 8 .f64 pair[2] = {0d3FF0000000000000, 2.5};
    .global .align 4 .b8 empty[16];
  )");
  ASSERT_TRUE(module);
  const auto read = [&](const char *name, auto value) {
    memory.read(module->global(name)->address, &value, sizeof value);
    return value;
  };
  const auto numbers = read("numbers", std::array<uint32_t, 6>());
  EXPECT_EQ(numbers, (std::array<uint32_t, 6>{1, uint32_t(-2), 16, 8, 0, 0}));
  const auto pointers = read("pointers", std::array<uint64_t, 2>());
  EXPECT_EQ(pointers[0], module->global("numbers")->address);
  EXPECT_EQ(pointers[1], module->global("numbers")->address + 8);
  EXPECT_EQ(read("scale", 0.0f), 0.5f);
  EXPECT_TRUE(module->global("scale")->isConstant);
  EXPECT_EQ(read("text", std::array<char, 6>())[4], 'o');
  EXPECT_EQ(read("pair", std::array<double, 2>()), (std::array<double, 2>{1.0, 2.5}));
  EXPECT_EQ(read("empty", std::array<uint64_t, 2>())[1], 0u);
}

TEST_F(Reader, ScopesLabelsAndTables) {
  const auto module = parse(std::string(Head) + R"(
    .visible .entry k(.param .u64 out)
    {
      .reg .b32 %r<5>, %x;
      .reg .b64 %rd<3>;
      .reg .pred p, q;
      mov.u32 %r1, %tid.x;
      mov.u32 %x, 5;
      { .reg .b32 %x; .reg .b32 %r<3>; mov.u32 %x, 9; mov.u32 %r2, 3; { L: add.u32 %x, %x, %r2; } }
      and.b32 %r2, %r1, 3;
      table: .branchtargets A, B, C, D;
      brx.idx %r2, table;
    A: mov.u32 %r3, 10; bra.uni E;
    B: mov.u32 %r3, 20;
       bra.uni E;
    C: mov.u32 %r3, 30;
       bra.uni E;
    D: mov.u32 %r3, 40;
    E: add.u32 %r3, %r3, %x;
      ld.param.u64 %rd1, [out];
      mad.wide.u32 %rd2, %r1, 4, %rd1;
      setp.lt.u32 p|q, %r1, 16;
      @q add.u32 %r3, %r3, 100;
      st.global.u32 [%rd2], %r3;
    }
  )");
  ASSERT_TRUE(module);
  DeviceArray<uint32_t> out(memory, 32);
  run(*module, "k", {1}, {32}, out);
  const auto result = out.host();
  for (unsigned i = 0; i < 32; ++i)
    EXPECT_EQ(result[i], 10 * (i % 4 + 1) + 5 + (i < 16 ? 0 : 100));
}

TEST_F(Reader, ErrorsSayWhere) {
  const std::string head = Head;
  EXPECT_EQ(errorOf(""), "m:1: no .version directive: this is not PTX");
  EXPECT_EQ(errorOf(head + ".frob 3\n"), "m:4: unknown directive '.frob'");
  EXPECT_EQ(errorOf(head + ".visible .entry k(\n.param .u99 x)\n{ret;}"), "m:5: unknown type or attribute '.u99'");
  EXPECT_EQ(errorOf(head + ".visible .entry k()\n{\n.reg .b32 %r<3>;\nadd.s32 %r0, %r1, %r2\nret;\n}"),
            "m:8: expected ';', found 'ret'");
  EXPECT_EQ(errorOf(head + ".visible .entry k()\n{\nret;\n"), "m:7: expected '}', found the end of the text");
  EXPECT_EQ(errorOf(head + ".visible .entry k()\n{\n@%p1 ret;\n}"), "m:6: unknown register '%p1'");
  EXPECT_EQ(errorOf(head + ".visible .entry k()\n{\nL: ret;\nL: ret;\n}"), "m:7: label 'L' is defined twice");
  EXPECT_EQ(errorOf(head + ".global .b32 x = {1, 2};"), "m:4: initialiser of 8 bytes for a variable of 4");
  EXPECT_EQ(errorOf(head + ".global .b32 x = nothing;"), "m:4: unknown name 'nothing' in the initialiser of 'x'");
  EXPECT_EQ(errorOf(head + "/* never closed"), "m:4: unclosed comment");
  EXPECT_EQ(errorOf(head + ".file 1 \"abc\n"), "m:4: unclosed string");
  EXPECT_EQ(errorOf(head + ".visible .entry k()\n{\nbra NOWHERE;\n}"), "");
  const auto module = parse(head + ".visible .entry k()\n{\nbra NOWHERE;\n}", "m");
  EXPECT_EQ(module->prepare(module->kernels()[0]), "m:6: unknown label 'NOWHERE'\n");
  const std::string address = head + ".visible .entry k()\n{\n.reg .b64 %rd<2>;\n.reg .b32 %r<2>;\nld.b32 %r1, [%rd1";
  EXPECT_EQ(errorOf(address + "+-4];\nret;\n}"), "");
  EXPECT_EQ(errorOf(address + "-4];\nret;\n}"), "m:8: an offset is added, also a negative one: '+-' in place of '-'");
  EXPECT_EQ(errorOf(".version 8.0\n.target sm_80\n.address_size 32\n"), "m:3: expected .address_size 64, found 32");
}

/// Registers that wgmma works on while the program goes on keep their places to themselves; an estimate of the
/// registers that ptxas would need knows nothing of that.
TEST_F(Reader, AccumulatorsShareNoPlace) {
  const std::string text = std::string(Head) + R"(
    .visible .entry k(.param .u64 out)
    {
      .reg .f32 %f<4>, %g<4>;
      .reg .b32 %a<4>;
      .reg .b64 %rd<3>;
      mov.f32 %f0, 0f00000000; mov.f32 %f1, %f0; mov.f32 %f2, %f0; mov.f32 %f3, %f0;
      mov.b32 %a0, 0; mov.b32 %a1, 0; mov.b32 %a2, 0; mov.b32 %a3, 0;
      mov.b64 %rd1, 64;
      wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%f0,%f1,%f2,%f3}, {%a0,%a1,%a2,%a3}, %rd1, 1, 1, 1, 0;
      mov.f32 %g0, 0f3F800000; add.f32 %g1, %g0, %g0; add.f32 %g2, %g1, %g0; add.f32 %g3, %g2, %g1;
      ld.param.u64 %rd2, [out];
      st.global.f32 [%rd2], %g3;
      ret;
    })";
  const auto module = parse(text);
  ASSERT_TRUE(module);
  Defects defects;
  const Program *program = module->impl().program(module->kernels()[0], defects);
  ASSERT_TRUE(program) << defects.text;
  const Code &code = *program->codes[0];
  std::set<Ref> own, later;
  bool after = false;
  for (size_t i = 0; i < code.instrs.size(); ++i) {
    if (code.origins[i].text.starts_with("wgmma")) {
      own.insert(code.lists[i].begin(), code.lists[i].end());
      after = true;
      continue;
    }
    for (const Ref ref : code.instrs[i].op)
      if (after && ref != NoRef && (ref & 3) == FrameBank)
        later.insert(ref);
  }
  EXPECT_EQ(own.size(), 8u);
  EXPECT_GE(later.size(), 2u);
  for (const Ref ref : later)
    EXPECT_FALSE(own.count(ref)) << ref;
  // Which instructions touch them: each mov writes one, the one of %f0 is read by three; wgmma reads and writes.
  size_t reads = 0, writes = 0;
  for (const auto &accesses : code.pinned)
    for (const PinnedAccess &access : accesses) {
      EXPECT_TRUE(own.count(access.place));
      reads += access.read;
      writes += access.written;
    }
  EXPECT_EQ(reads, 3u + 8u);
  EXPECT_EQ(writes, 8u + 4u);
  EXPECT_EQ(code.pressure, 10u); // eight of 32 bits and one of 64 before the product
}

TEST_F(Reader, ResultsDoNotDependOnTheNumberOfHostThreads) {
  const auto module = load("triton-softmax.ptx");
  const auto x = randomFloats(64 * 1024);
  config.dynamicShared = 1024;
  std::vector<float> first;
  for (unsigned threads = 1; threads <= 5; ++threads) {
    config.threads = threads;
    DeviceArray<float> dx(memory, x), out(memory, 64 * 1024);
    run(*module, "softmax", {64}, {128}, dx, out, 1024, 1024, uint64_t(0), uint64_t(0));
    if (threads == 1)
      first = out.host();
    EXPECT_EQ(out.host(), first);
  }
}

} // namespace
} // namespace tessera::sim
