//===- Stack.cpp - alloca, stacksave, stackrestore ------------------------===//
//
// Memory of the thread's stack whose size is known only when the kernel runs. It lies in the local frame behind the
// function's own variables, and callees behind it. Lanes of a warp take as much as the one that asks for most.
//
//   frame of a function     [variables][alloca 1][alloca 2]...[frame of what it calls]
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/CommonFamilies.h"

#include <algorithm>
#include <bit>

namespace tessera::sim {

using ptx::Operand;
using ptx::Type;

namespace {

constexpr int64_t DefaultAlignment = 8;

uint64_t read(const Warp &warp, Ref ref, unsigned bytes, unsigned lane) {
  return bytes == 8 ? in<uint64_t>(warp, ref)[lane] : in<uint32_t>(warp, ref)[lane];
}
void write(Warp &warp, Ref ref, unsigned bytes, unsigned lane, uint64_t value) {
  if (bytes == 8)
    out<uint64_t>(warp, ref)[lane] = value;
  else
    out<uint32_t>(warp, ref)[lane] = static_cast<uint32_t>(value);
}

/// Where the next alloca of the frame would begin.
uint64_t topOf(const Frame &frame) { return uint64_t(frame.localBase) + frame.code->localBytes + frame.stackBytes; }

/// op: 0 address, 1 size; imm: alignment.
void take(Warp &warp, const Instr &instr) {
  Frame &frame = *warp.frame;
  const auto alignment = static_cast<uint64_t>(instr.imm);
  const uint64_t base = (topOf(frame) + alignment - 1) / alignment * alignment;
  uint64_t most = 0;
  for (uint32_t m = warp.mask; m; m &= m - 1)
    most = std::max(most, read(warp, instr.op[1], instr.bytes, std::countr_zero(m)));
  if (most > warp.localStride || base + most > warp.localStride) {
    fault(warp, ErrorKind::StackOverflow, warp.mask, 0,
          "alloca of " + std::to_string(most) + " bytes where " + std::to_string(base) + " of the stack's " +
              std::to_string(warp.localStride) + " are taken");
    return;
  }
  frame.stackBytes = static_cast<uint32_t>(base + most - frame.localBase - frame.code->localBytes);
  for (uint32_t m = warp.mask; m; m &= m - 1)
    write(warp, instr.op[0], instr.bytes, std::countr_zero(m), base);
}

void save(Warp &warp, const Instr &instr) {
  for (uint32_t m = warp.mask; m; m &= m - 1)
    write(warp, instr.op[0], instr.bytes, std::countr_zero(m), topOf(*warp.frame));
}

/// The stack shrinks only where all lanes inside the function say so: others may still use what lies above.
void restore(Warp &warp, const Instr &instr) {
  Frame &frame = *warp.frame;
  if (frame.lanes & ~warp.mask)
    return;
  const uint64_t least = uint64_t(frame.localBase) + frame.code->localBytes;
  uint64_t most = least;
  for (uint32_t m = warp.mask; m; m &= m - 1)
    most = std::max(most, read(warp, instr.op[0], instr.bytes, std::countr_zero(m)));
  frame.stackBytes = static_cast<uint32_t>(std::min(most, topOf(frame)) - least);
}

} // namespace

bool common::decodeStack(Decoder &d) {
  const std::string_view root = d.root();
  const Type type = d.takeType();
  const unsigned bits = ptx::bits(type);
  if (bits != 32 && bits != 64)
    return false;
  d.instr.bytes = static_cast<uint8_t>(bits / 8);
  d.needsStack();
  if (root == "stackrestore") {
    d.instr.op[0] = d.use(0, type);
    d.instr.exec = restore;
    return d.done(1);
  }
  d.instr.op[0] = d.define(0, bits);
  if (root == "stacksave") {
    d.instr.exec = save;
    return d.done(1);
  }
  d.instr.op[1] = d.use(1, type);
  d.instr.imm = DefaultAlignment;
  if (d.operandCount() == 3) {
    if (d.operand(2).kind != Operand::Immediate || d.operand(2).value <= 0 ||
        !std::has_single_bit(static_cast<uint64_t>(d.operand(2).value)))
      return d.fail("expected a power of two as alignment in 'alloca'");
    d.instr.imm = d.operand(2).value;
  }
  d.instr.kind = Kind::Faulting;
  d.instr.exec = take;
  return d.done(2, 3);
}

} // namespace tessera::sim
