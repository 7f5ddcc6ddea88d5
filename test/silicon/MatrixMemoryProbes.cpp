//===- MatrixMemoryProbes.cpp - ldmatrix, stmatrix, movmatrix -------------===//
//
// 8 x 8 matrices of 16-bit elements. By the manual: rows of matrix j are named by the addresses of threads 8 j to 8 j +
// 7; thread T holds of each matrix elements 2 (T % 4) and 2 (T % 4) + 1 of row T / 4, or with .trans elements T / 4 of
// rows 2 (T % 4) and 2 (T % 4) + 1. Rows lie in shared memory in a scrambled order.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Probe.h"

namespace tessera::silicon {

namespace {

constexpr unsigned Lanes = 32, Rows = 32, RowBytes = 16, TileBytes = Rows * RowBytes;

std::string number(std::size_t value) { return std::to_string(value); }

/// Where row r lies.
unsigned slotOf(unsigned row) { return (row * 11 + 5) % Rows; }
/// Element `column` of row `row` of matrix `matrix`; all differ.
uint16_t elementOf(unsigned matrix, unsigned row, unsigned column) {
  return static_cast<uint16_t>(0x1000 + matrix * 64 + row * 8 + column);
}
/// What thread `lane` holds of a matrix, in half `half` of its register.
uint16_t heldBy(unsigned lane, unsigned matrix, unsigned half, bool trans) {
  const unsigned major = lane / 4, minor = 2 * (lane % 4) + half;
  return trans ? elementOf(matrix, minor, major) : elementOf(matrix, major, minor);
}

std::string registers(unsigned count) {
  std::string text = "{";
  for (unsigned i = 0; i < count; ++i)
    text += (i ? ", %r" : "%r") + number(i);
  return text + "}";
}

/// Each lane's row address in %address, the tile at %tile.
std::string prologue() {
  std::string body = "  .shared .align 16 .b8 tile[" + number(TileBytes) +
                     "];\n  .reg .b32 %lane, %tile, %address, %r<4>, %x<4>;\n"
                     "  .reg .b64 %from, %to;\n  mov.u32 %lane, %laneid;\n  "
                     "mov.u32 %tile, tile;\n";
  // slotOf, for the lane
  body += "  mad.lo.u32 %address, %lane, 11, 5;\n  and.b32 %address, %address, "
          "31;\n"
          "  mad.lo.u32 %address, %address, " +
          number(RowBytes) + ", %tile;\n";
  return body;
}

Probe loadProbe(unsigned count, bool trans, const char *space) {
  Probe probe;
  const std::string opcode = "ldmatrix.sync.aligned.m8n8.x" + number(count) + (trans ? ".trans" : "") + space + ".b16";
  probe.name = opcode;
  for (unsigned row = 0; row < Rows; ++row)
    for (unsigned column = 0; column < 8; ++column)
      append(probe.input, uint16_t(0));
  for (unsigned row = 0; row < Rows; ++row)
    for (unsigned column = 0; column < 8; ++column) {
      const uint16_t value = elementOf(row / 8, row % 8, column);
      const std::size_t at = slotOf(row) * RowBytes + 2 * column;
      probe.input[at] = static_cast<std::byte>(value & 0xFF);
      probe.input[at + 1] = static_cast<std::byte>(value >> 8);
    }
  probe.body = prologue() +
               "  mad.wide.u32 %from, %lane, 16, %input;\n  ld.global.v4.b32 {%x0, %x1, "
               "%x2, %x3}, [%from];\n"
               "  .reg .b32 %mine;\n  mad.lo.u32 %mine, %lane, 16, %tile;\n"
               "  st.shared.v4.b32 [%mine], {%x0, %x1, %x2, %x3};\n  bar.sync 0;\n  " +
               opcode + " " + registers(count) + ", [%address];\n  mad.wide.u32 %to, %lane, " + number(4UL * count) +
               ", %output;\n";
  for (unsigned i = 0; i < count; ++i)
    probe.body += "  st.global.b32 [%to+" + number(4UL * i) + "], %r" + number(i) + ";\n";
  probe.element = Type::U16;
  probe.initialOutput.assign(std::size_t(Lanes) * 4 * count, std::byte{0xCD});
  probe.derive = [=] {
    std::vector<Wanted> wanted;
    for (unsigned lane = 0; lane < Lanes; ++lane)
      for (unsigned matrix = 0; matrix < count; ++matrix)
        for (unsigned half = 0; half < 2; ++half)
          wanted.push_back(exactly(heldBy(lane, matrix, half, trans)));
    return wanted;
  };
  return probe;
}

/// Registers of each lane in the input.
void appendHeld(std::vector<std::byte> &bytes, unsigned count, bool trans) {
  for (unsigned lane = 0; lane < Lanes; ++lane)
    for (unsigned matrix = 0; matrix < count; ++matrix)
      for (unsigned half = 0; half < 2; ++half)
        append(bytes, heldBy(lane, matrix, half, trans));
}

Probe storeProbe(unsigned count, bool trans, const char *space) {
  Probe probe;
  const std::string opcode = "stmatrix.sync.aligned.m8n8.x" + number(count) + (trans ? ".trans" : "") + space + ".b16";
  probe.name = opcode;
  probe.target = "sm_90";
  appendHeld(probe.input, count, trans);
  probe.body = prologue() +
               "  .reg .b32 %mine;\n  mad.lo.u32 %mine, %lane, 16, %tile;\n  "
               "mov.u32 %x0, 0;\n"
               "  st.shared.v4.b32 [%mine], {%x0, %x0, %x0, %x0};\n  bar.sync "
               "0;\n  mad.wide.u32 %from, %lane, " +
               number(4UL * count) + ", %input;\n";
  for (unsigned i = 0; i < count; ++i)
    probe.body += "  ld.global.b32 %r" + number(i) + ", [%from+" + number(4UL * i) + "];\n";
  probe.body += "  " + opcode + " [%address], " + registers(count) +
                ";\n  bar.sync 0;\n  ld.shared.v4.b32 {%x0, %x1, %x2, %x3}, [%mine];\n"
                "  mad.wide.u32 %to, %lane, 16, %output;\n  st.global.v4.b32 [%to], "
                "{%x0, %x1, %x2, %x3};\n";
  probe.element = Type::U16;
  probe.initialOutput.assign(TileBytes, std::byte{0xCD});
  probe.derive = [=] {
    std::vector<Wanted> wanted(std::size_t(Rows) * 8, exactly(0));
    for (unsigned row = 0; row < 8 * count; ++row)
      for (unsigned column = 0; column < 8; ++column)
        wanted[slotOf(row) * 8 + column] = exactly(elementOf(row / 8, row % 8, column));
    return wanted;
  };
  return probe;
}

Probe moveProbe() {
  Probe probe;
  probe.name = "movmatrix.sync.aligned.m8n8.trans.b16";
  appendHeld(probe.input, 1, false);
  probe.body = "  .reg .b32 %lane, %a, %d;\n  .reg .b64 %from, %to;\n  mov.u32 "
               "%lane, %laneid;\n"
               "  mad.wide.u32 %from, %lane, 4, %input;\n  mad.wide.u32 %to, "
               "%lane, 4, %output;\n"
               "  ld.global.b32 %a, [%from];\n  "
               "movmatrix.sync.aligned.m8n8.trans.b16 %d, %a;\n"
               "  st.global.b32 [%to], %d;\n";
  probe.element = Type::U16;
  probe.initialOutput.assign(std::size_t(Lanes) * 4, std::byte{0xCD});
  probe.derive = [] {
    std::vector<Wanted> wanted;
    for (unsigned lane = 0; lane < Lanes; ++lane)
      for (unsigned half = 0; half < 2; ++half)
        wanted.push_back(exactly(heldBy(lane, 0, half, true)));
    return wanted;
  };
  return probe;
}

} // namespace

std::vector<Probe> matrixMemoryProbes() {
  std::vector<Probe> probes;
  for (const char *space : {".shared", ".shared::cta"})
    for (const unsigned count : {1U, 2U, 4U})
      for (const bool trans : {false, true}) {
        probes.push_back(loadProbe(count, trans, space));
        probes.push_back(storeProbe(count, trans, space));
      }
  probes.push_back(moveProbe());
  return probes;
}

} // namespace tessera::silicon
