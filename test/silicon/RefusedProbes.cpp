//===- RefusedProbes.cpp - Forms that the simulator does not have ---------===//
//
// Tensor-core forms of older generations and sparse ones: they exist, as an assembler says, and the simulator names
// them in an error instead of doing something else.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Probe.h"

namespace tessera::silicon {

namespace {

struct Form {
  const char *opcode, *operands;
  const char *target = "sm_80";
  unsigned version = 80;
};
constexpr Form Forms[] = {
    {"mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32",
     "{%r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7}, {%r8, %r9}, {%r10, %r11}, {%r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7}"},
    {"mma.sp.sync.aligned.m16n8k32.row.col.f32.f16.f16.f32",
     "{%r0, %r1, %r2, %r3}, {%r4, %r5, %r6, %r7}, {%r8, %r9, %r10, %r11}, {%r0, %r1, %r2, %r3}, %r12, 0"},
    {"mma.sp.sync.aligned.m16n8k64.row.col.s32.s8.s8.s32",
     "{%r0, %r1, %r2, %r3}, {%r4, %r5, %r6, %r7}, {%r8, %r9, %r10, %r11}, {%r0, %r1, %r2, %r3}, %r12, 0"},
    {"wmma.mma.sync.aligned.row.col.m8n8k32.s32.s4.s4.s32", "{%r0, %r1}, {%r2}, {%r3}, {%r0, %r1}"},
    {"wmma.mma.xor.popc.sync.aligned.row.col.m8n8k128.s32.b1.b1.s32", "{%r0, %r1}, {%r2}, {%r3}, {%r0, %r1}"},
    {"wgmma.mma_async.sync.aligned.m64n8k256.s32.b1.b1.and.popc", "{%r0, %r1, %r2, %r3}, %rd0, %rd1, 1", "sm_90a"},
    {"wgmma.mma_async.sp.sync.aligned.m64n8k32.f32.f16.f16", "{%r0, %r1, %r2, %r3}, %rd0, %rd1, %r4, 0, 1, 1, 1, 0, 0",
     "sm_90a", 82},
};

} // namespace

std::vector<Probe> refusedProbes() {
  std::vector<Probe> probes;
  for (const Form &form : Forms) {
    Probe probe;
    probe.name = form.opcode;
    probe.target = form.target;
    probe.version = form.version;
    probe.refused = true;
    probe.threads = 128;
    probe.body =
        std::string("  .reg .b32 %r<16>;\n  .reg .b64 %rd<2>;\n  ") + form.opcode + " " + form.operands + ";\n";
    probe.initialOutput.assign(4, std::byte{0});
    probe.derive = [] { return std::vector<Wanted>{open()}; };
    probes.push_back(probe);
  }
  return probes;
}

} // namespace tessera::silicon
