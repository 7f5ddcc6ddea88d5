//===- HazardTest.cpp - Asynchronous operations: missing waits and fences --===//
//
// cp.async and wgmma; bulk copies are in BulkHazardTest.cpp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/CheckTest.h"

namespace tessera::sim {
namespace {

std::string with(std::string body, const std::string &line, const std::string &mark = "{B}") {
  return body.replace(body.find(mark), mark.size(), line);
}

const std::string Nothing = "mov.u32 %r30, 0;";

// ---- cp.async

class CopyHazards : public CheckTest {
protected:
  DeviceArray<int> source{memory, std::vector<int>(4096, 7)};
};

/// Each thread copies 16 bytes to a place of its own. %r5: that place; %rd2: the source.
const std::string Copy = "shl.b32 %r5, %r1, 4; add.u32 %r5, %r5, %r4; mul.wide.u32 %rd2, %r1, 16; add.u64 %rd2, %rd2, "
                         "%rd1;\n"
                         "cp.async.cg.shared.global [%r5], [%rd2], 16;\n"
                         "cp.async.commit_group;\n";

TEST_F(CopyHazards, ReadBeforeTheWait) {
  const std::string body = Copy + "{B}\nld.shared.v4.u32 {%r6, %r7, %r8, %r9}, [%r5];\n";
  silent(with(body, "cp.async.wait_group 0;"), {.p = source});
  silent(with(body, "cp.async.wait_all;"), {.p = source});
  const Error error = fails(ErrorKind::AsyncHazard, with(body, Nothing), {.p = source});
  expect(error, 5, 2,
         "shared load of 16 bytes at 0x400 (shared variable 's' + 0): the cp.async of warp 0 that writes there has not "
         "been waited for");
  EXPECT_EQ(error.text(),
            "k.tile:5:3: error: missing wait: shared load of 16 bytes at 0x400 (shared variable 's' + 0): "
            "the cp.async of warp 0 that writes there has not been waited for\n"
            "  in kernel 'k', block (0, 0, 0), thread (0, 0, 0) and 31 more of its warp\n"
            "  PTX line 29: ld.shared.v4.u32 {%r6, %r7, %r8, %r9}, [%r5]\n"
            "k.tile:2:3: note: issued here\n"
            "  PTX line 23: cp.async.cg.shared.global [%r5], [%rd2], 16\n");
}

TEST_F(CopyHazards, WaitGroupOffByOne) {
  const std::string body = Copy + "cp.async.cg.shared.global [%r5+2048], [%rd2], 16;\n"
                                  "cp.async.commit_group;\n"
                                  "{B}\n"
                                  "ld.shared.u32 %r6, [%r5];\n"
                                  "{C}\n"
                                  "ld.shared.u32 %r6, [%r5+2048];\n"
                                  "cp.async.wait_all;\n";
  silent(with(with(body, "cp.async.wait_group 1;"), "cp.async.wait_group 0;", "{C}"), {.p = source});
  expect(fails(ErrorKind::AsyncHazard, with(with(body, "cp.async.wait_group 2;"), "cp.async.wait_group 0;", "{C}"),
               {.p = source}),
         7, 2,
         "shared load of 4 bytes at 0x400 (shared variable 's' + 0): the cp.async of warp 0 that writes there has not "
         "been waited for");
  expect(fails(ErrorKind::AsyncHazard, with(with(body, "cp.async.wait_group 1;"), "cp.async.wait_group 1;", "{C}"),
               {.p = source}),
         9, 4,
         "shared load of 4 bytes at 0xc00 (shared variable 's' + 2048): the cp.async of warp 0 that writes there has "
         "not been waited for");
}

TEST_F(CopyHazards, MissingCommit) {
  // A wait_group 0 covers only what was committed.
  std::string body = Copy + "cp.async.cg.shared.global [%r5+2048], [%rd2], 16;\ncp.async.wait_group 0;\n"
                            "ld.shared.u32 %r6, [%r5+2048];\n";
  expect(fails(ErrorKind::AsyncHazard, body, {.p = source}), 6, 4,
         "shared load of 4 bytes at 0xc00 (shared variable 's' + 2048): the cp.async of warp 0 that writes there has "
         "not been waited for");
}

TEST_F(CopyHazards, MissingBarrierAfterTheWait) {
  const std::string body = Copy + "cp.async.wait_group 0;\n{B}\nxor.b32 %r6, %r5, 512;\nld.shared.u32 %r7, [%r6];\n";
  silent(with(body, "bar.sync 0;"), {.p = source});
  // Whichever comes first: the read, or the wait of the other warp.
  const Error error = fails(ErrorKind::Race, with(body, Nothing), {.p = source}, ErrorKind::AsyncHazard);
  EXPECT_EQ(error.related.size(), 1u);
  // A barrier before the wait does not help: warp 1 may go on before warp 0 has waited.
  fails(ErrorKind::AsyncHazard,
        Copy + "bar.sync 0;\nxor.b32 %r6, %r5, 512;\nld.shared.u32 %r7, [%r6];\ncp.async.wait_group 0;\n",
        {.p = source}, ErrorKind::Race);
}

TEST_F(CopyHazards, BufferReusedWithoutABarrier) {
  // The other warp may still be reading when the second copy is issued.
  const std::string body = Copy + "cp.async.wait_group 0;\n"
                                  "bar.sync 0;\n"
                                  "xor.b32 %r6, %r5, 512;\n"
                                  "ld.shared.u32 %r7, [%r6];\n"
                                  "{B}\n"
                                  "cp.async.cg.shared.global [%r5], [%rd2], 16;\n"
                                  "cp.async.wait_all;\n";
  silent(with(body, "bar.sync 0;"), {.p = source});
  const Error error = fails(ErrorKind::Race, with(body, Nothing), {.p = source});
  // Warp 1 goes on first, and warp 0 reads what warp 1 has by then replaced.
  expect(error, 7, 9,
         "shared load of 4 bytes at 0x600 (shared variable 's' + 512): warp 1 wrote there, and nothing orders the two");
}

TEST_F(CopyHazards, TargetOverwrittenInFlight) {
  const std::string body = Copy + "{B}\nst.shared.u32 [%r5+4], %r1;\ncp.async.wait_all;\n";
  silent(with(body, "cp.async.wait_all;"), {.p = source});
  expect(fails(ErrorKind::AsyncHazard, with(body, Nothing), {.p = source}), 5, 2,
         "shared store of 4 bytes at 0x404 (shared variable 's' + 4): the cp.async of warp 0 that writes there has not "
         "been waited for");
  expect(fails(ErrorKind::AsyncHazard, Copy + "cp.async.cg.shared.global [%r5], [%rd2+1024], 16;\ncp.async.wait_all;\n",
               {.p = source}),
         4, 2,
         "cp.async into shared memory at 0x400 (shared variable 's' + 0): the cp.async of warp 0 that writes there has "
         "not been waited for");
}

TEST_F(CopyHazards, Pipeline) {
  // Two buffers, eight rounds.
  const std::string body = Copy + "add.u64 %rd2, %rd2, 1024;\n"
                                  "mov.u32 %r10, 0; mov.u32 %r12, %r5; mov.u32 %r13, 0;\n"
                                  "LOOP: sub.u32 %r13, 1024, %r13; add.u32 %r11, %r12, %r13;\n"
                                  "cp.async.cg.shared.global [%r11], [%rd2], 16;\n"
                                  "cp.async.commit_group;\n"
                                  "cp.async.wait_group {N};\n"
                                  "bar.sync 0;\n"
                                  "xor.b32 %r6, %r5, 512;\n"
                                  "ld.shared.u32 %r7, [%r6];\n"
                                  "{B}\n"
                                  "mov.u32 %r5, %r11;\n"
                                  "add.u32 %r10, %r10, 1;\n"
                                  "setp.lt.u32 %p3, %r10, 8;\n"
                                  "@%p3 bra LOOP;\n"
                                  "cp.async.wait_all;\n";
  silent(with(with(body, "bar.sync 0;"), "1", "{N}"), {.p = source});
  fails(ErrorKind::AsyncHazard, with(with(body, "bar.sync 0;"), "2", "{N}"), {.p = source});
  fails(ErrorKind::Race, with(with(body, Nothing), "1", "{N}"), {.p = source}, ErrorKind::AsyncHazard);
}

TEST_F(CopyHazards, SourcesThatNobodyWrote) {
  DeviceArray<int> unwritten(memory, 4096);
  const Error error = fails(ErrorKind::Uninitialized, Copy + "cp.async.wait_all;\n", {.p = unwritten});
  EXPECT_EQ(error.source.line, 2u) << error.text();
  EXPECT_NE(error.message.find("global load of 16 bytes"), std::string::npos) << error.text();
}

// ---- wgmma

class WgmmaHazards : public CheckTest {
protected:
  static Setting setting() { return {.block = {128}}; }
};

/// Zeros 1024 bytes of s by generic stores, {P} before the barrier, then one wgmma of 64 x 8 x 16, A in shared memory
/// or in registers, without swizzle. %rd5, %rd6: descriptors of A and B.
const std::string Operands =
    "mov.u32 %r5, 0; and.b32 %r6, %r1, 127; shl.b32 %r6, %r6, 4; add.u32 %r6, %r6, %r4;\n"
    "st.shared.v4.u32 [%r6], {%r5, %r5, %r5, %r5};\n"
    "st.shared.v4.u32 [%r6+2048], {%r5, %r5, %r5, %r5};\n"
    "{P}\n"
    "bar.sync 0;\n"
    "shr.u32 %r7, %r4, 4; cvt.u64.u32 %rd5, %r7; or.b64 %rd5, %rd5, 0x0000001000080000; add.u64 %rd6, %rd5, 128;\n"
    "mov.f32 %f1, 0f00000000; mov.f32 %f2, 0f00000000; mov.f32 %f3, 0f00000000; mov.f32 %f4, 0f00000000;\n";
const std::string Multiply =
    "wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%f1, %f2, %f3, %f4}, %rd5, %rd6, 1, 1, "
    "1, 0, 0;\n";
const std::string MultiplyRegisters =
    "wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%f1, %f2, %f3, %f4}, {%r10, %r11, %r12, %r13}, %rd6, 1, 1, 1, "
    "0;\n";
const std::string ProxyFence = "fence.proxy.async.shared::cta;", Fence = "wgmma.fence.sync.aligned;\n",
                  Commit = "wgmma.commit_group.sync.aligned;\n", Wait = "wgmma.wait_group.sync.aligned 0;\n",
                  Use = "add.f32 %f5, %f1, %f2;\n";

TEST_F(WgmmaHazards, MissingProxyFence) {
  const std::string body = Operands + Fence + Multiply + Commit + Wait + Use;
  silent(with(body, ProxyFence, "{P}"), setting());
  const Error error = fails(ErrorKind::ProxyFence, with(body, Nothing, "{P}"), setting());
  expect(error, 9, 2,
         "wgmma on shared memory at 0xa00 (shared variable 's' + 1536): warp 3 wrote there through the generic proxy, "
         "and no fence.proxy.async follows that write");
  // By the reader, once it knows of the writes.
  std::string late = with(body, Nothing, "{P}");
  silent(late.replace(late.find("bar.sync 0;"), 11, "bar.sync 0; " + ProxyFence), setting());
  // By the reader, before it does.
  std::string early = with(body, Nothing, "{P}");
  fails(ErrorKind::ProxyFence, early.replace(early.find("mov.u32 %r5, 0;"), 15, "mov.u32 %r5, 0; " + ProxyFence),
        setting());
}

TEST_F(WgmmaHazards, MissingFence) {
  const std::string operands = with(Operands, ProxyFence, "{P}");
  expect(fails(ErrorKind::WgmmaFence, operands + Multiply + Commit + Wait, setting()), 8, 0,
         "no wgmma.fence comes before the first wgmma");
  expect(
      fails(ErrorKind::WgmmaFence, operands + Fence + "add.f32 %f1, %f7, %f8;\n" + Multiply + Commit + Wait, setting()),
      10, 9, "an accumulator was written after the last wgmma.fence");
  // A fragment may be computed between the fence and the first product after it, where compilers move it, not later.
  silent(operands + Fence + "add.u32 %r11, %r1, %r2;\n" + MultiplyRegisters + Commit + Wait, setting());
  expect(fails(ErrorKind::WgmmaFence,
               operands + Fence + Multiply + Commit + Wait + "add.u32 %r11, %r1, %r2;\n" + MultiplyRegisters + Commit +
                   Wait,
               setting()),
         13, 12, "a fragment of A in registers was written after the last wgmma.fence");
  // Between two products: the accumulators need a fence only where something else wrote them.
  silent(operands + Fence + Multiply + Multiply + Commit + Wait + Multiply + Commit + Wait, setting());
  const std::string scaled =
      operands + Fence + Multiply + Commit + Wait + "mul.f32 %f2, %f2, %f7;\n{B}\n" + Multiply + Commit + Wait;
  silent(with(scaled, "wgmma.fence.sync.aligned;"), setting());
  expect(fails(ErrorKind::WgmmaFence, with(scaled, Nothing), setting()), 14, 12,
         "an accumulator was written after the last wgmma.fence");
}

TEST_F(WgmmaHazards, MissingWait) {
  const std::string operands = with(Operands, ProxyFence, "{P}");
  const std::string inFlight = " of a wgmma that has not been waited for: no wgmma.wait_group covers its group";
  expect(fails(ErrorKind::AsyncHazard, operands + Fence + Multiply + Commit + Use, setting()), 11, 9,
         "reads an accumulator" + inFlight);
  expect(fails(ErrorKind::AsyncHazard,
               operands + Fence + Multiply + Commit + "wgmma.wait_group.sync.aligned 1;\n" + Use, setting()),
         12, 9, "reads an accumulator" + inFlight);
  // Not committed.
  expect(fails(ErrorKind::AsyncHazard, operands + Fence + Multiply + Wait + Use, setting()), 11, 9,
         "reads an accumulator" + inFlight);
  expect(fails(ErrorKind::AsyncHazard, operands + Fence + Multiply + Commit + "add.f32 %f3, %f7, %f8;\n" + Wait,
               setting()),
         11, 9, "writes an accumulator" + inFlight);
  expect(fails(ErrorKind::AsyncHazard, operands + Fence + Multiply + Commit + "st.global.f32 [%rd1], %f3;\n" + Wait,
               setting()),
         11, 9, "reads an accumulator" + inFlight);
}

TEST_F(WgmmaHazards, FragmentOverwritten) {
  const std::string operands = with(Operands, ProxyFence, "{P}") + "mov.b32 %r10, 0;\n";
  const std::string body = operands + Fence + MultiplyRegisters + Commit + "{B}\nadd.u32 %r12, %r1, 1;\n" + Wait + Use;
  silent(with(body, "wgmma.wait_group.sync.aligned 0;"), setting());
  expect(fails(ErrorKind::AsyncHazard, with(body, Nothing), setting()), 13, 10,
         "writes a fragment of A in registers of a wgmma that has not been waited for: no wgmma.wait_group covers its "
         "group");
}

TEST_F(WgmmaHazards, MovesOfRegisters) {
  const std::string operands = with(Operands, ProxyFence, "{P}") + "mov.b32 %r10, 0;\n";
  const std::string second = "wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%f11, %f12, %f13, %f14}, %rd5, %rd6, "
                             "1, 1, 1, 0, 0;\n";
  // Accumulators handed on by moves, as compilers do, are no accesses; what the moves lead to is.
  const std::string handOn = operands + Fence + Multiply + Commit +
                             "mov.f32 %f11, %f1; mov.f32 %f12, %f2; mov.f32 %f13, %f3; mov.f32 %f14, %f4;\n" + second +
                             Commit + "{B}\n" + "add.f32 %f5, %f11, %f12;\n" + Wait;
  silent(with(handOn, "wgmma.wait_group.sync.aligned 0;"), setting());
  expect(fails(ErrorKind::AsyncHazard, with(handOn, Nothing), setting()), 16, 13,
         "reads an accumulator of a wgmma that has not been waited for: no wgmma.wait_group covers its group");
  // A constant is no copy.
  expect(fails(ErrorKind::AsyncHazard, operands + Fence + MultiplyRegisters + Commit + "mov.b32 %r11, 5;\n" + Wait,
               setting()),
         12, 10,
         "writes a fragment of A in registers of a wgmma that has not been waited for: no wgmma.wait_group covers its "
         "group");
}

TEST_F(WgmmaHazards, SharedMemoryOverwritten) {
  const std::string body =
      with(Operands, ProxyFence, "{P}") + Fence + Multiply + Commit + "{B}\nst.shared.u32 [%r6], %r1;\n" + Wait + Use;
  // The others of the warpgroup still read what this warp overwrites, until it has waited with them.
  silent(with(body, "wgmma.wait_group.sync.aligned 0;"), setting());
  const Error error = fails(ErrorKind::AsyncHazard, with(body, Nothing), setting(), ErrorKind::Race);
  EXPECT_NE(error.message.find("the wgmma of warp "), std::string::npos) << error.text();
  EXPECT_NE(error.message.find(" that reads there has not been waited for"), std::string::npos) << error.text();
}

TEST_F(WgmmaHazards, Pipeline) {
  // Two products in flight, the older one waited for.
  const std::string operands = with(Operands, ProxyFence, "{P}");
  const std::string second = "wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {%f11, %f12, %f13, %f14}, %rd5, %rd6, "
                             "0, 1, 1, 0, 0;\n";
  silent(operands + Fence + Multiply + Commit + second + Commit + "wgmma.wait_group.sync.aligned 1;\n" + Use + Wait +
             "add.f32 %f5, %f11, %f12;\n",
         setting());
  expect(fails(ErrorKind::AsyncHazard,
               operands + Fence + Multiply + Commit + second + Commit + "wgmma.wait_group.sync.aligned 1;\n" +
                   "add.f32 %f5, %f11, %f12;\n",
               setting()),
         14, 11, "reads an accumulator of a wgmma that has not been waited for: no wgmma.wait_group covers its group");
}

TEST_F(WgmmaHazards, OperandsThatNobodyWrote) {
  std::string body = with(Operands, ProxyFence, "{P}") + Fence + Multiply + Commit + Wait;
  const size_t at = body.find("st.shared.v4.u32 [%r6+2048]");
  body.replace(at, body.find('\n', at) - at, Nothing);
  const Error error = fails(ErrorKind::Uninitialized, body, setting());
  EXPECT_EQ(error.source.line, 9u) << error.text();
  EXPECT_NE(error.message.find("(shared variable 's' + 2048): nobody wrote them"), std::string::npos) << error.text();
}

TEST_F(WgmmaHazards, WarpsOfAWarpgroupWaitTogether) {
  // The first thread of the warpgroup alone lets another warp overwrite the operands, right after its own wait.
  const std::string body = with(Operands, ProxyFence, "{P}") +
                           "setp.lt.u32 %p3, %r3, 4;\n"
                           "@!%p3 bra PRODUCER;\n" +
                           Fence + Multiply + Commit + "{B}\n@%p1 bar.arrive 1, 64;\n" + Wait +
                           "bra.uni END;\n"
                           "PRODUCER: bar.sync 1, 64;\n"
                           "st.shared.u32 [s], %r1;\n"
                           "END:\n";
  silent(with(body, "wgmma.wait_group.sync.aligned 0;"), {.block = {160}});
  fails(ErrorKind::AsyncHazard, with(body, Nothing), {.block = {160}}, ErrorKind::Race);
}

} // namespace
} // namespace tessera::sim
