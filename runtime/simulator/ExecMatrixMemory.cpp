//===- ExecMatrixMemory.cpp - ldmatrix, stmatrix, movmatrix ---------------===//
//
// 8 x 8 matrices of 16-bit elements. Lane 8 i + r holds the address of row r of matrix i; in registers lane 4 r + c
// holds elements 2 c and 2 c + 1 of row r, so that a row is 16 contiguous bytes of a register too.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Space;
using ptx::Type;

namespace {

constexpr unsigned RowBytes = 16;

void transpose(uint16_t (&m)[8][8]) {
  for (unsigned i = 0; i < 8; ++i)
    for (unsigned j = 0; j < i; ++j)
      std::swap(m[i][j], m[j][i]);
}

/// The rows' host addresses; only the lanes that hold one are looked at.
bool rows(Warp &warp, const Instr &instr, AccessKind kind, Lanes64 &a) {
  const uint32_t executing = warp.mask;
  warp.mask = instr.count == 4 ? AllLanes : (1u << (8 * instr.count)) - 1;
  warp.mask &= executing;
  const bool ok = resolve(warp, instr, 0, Space::Shared, RowBytes, kind, a);
  warp.mask = executing;
  return ok;
}

template <bool Transposed> void loadMatrix(Warp &warp, const Instr &instr) {
  Lanes64 a;
  if (!rows(warp, instr, AccessKind::Read, a))
    return;
  // The address register may be one of the results: it has been read by now.
  for (unsigned i = 0; i < instr.count; ++i) {
    alignas(64) uint16_t m[8][8];
    for (unsigned r = 0; r < 8; ++r)
      std::memcpy(m[r], reinterpret_cast<const void *>(a.lane[8 * i + r]), RowBytes);
    if (Transposed)
      transpose(m);
    alignas(64) uint32_t words[WarpSize];
    std::memcpy(words, m, sizeof words);
    blend(warp.mask, out<uint32_t>(warp, instr.list[i]), words);
  }
}

template <bool Transposed> void storeMatrix(Warp &warp, const Instr &instr) {
  Lanes64 a;
  if (!rows(warp, instr, AccessKind::Write, a))
    return;
  for (unsigned i = 0; i < instr.count; ++i) {
    uint16_t m[8][8];
    std::memcpy(m, in<uint32_t>(warp, instr.list[i]), sizeof m);
    if (Transposed)
      transpose(m);
    for (unsigned r = 0; r < 8; ++r)
      std::memcpy(reinterpret_cast<void *>(a.lane[8 * i + r]), m[r], RowBytes);
  }
}

void moveMatrix(Warp &warp, const Instr &instr) {
  uint16_t m[8][8];
  std::memcpy(m, in<uint32_t>(warp, instr.op[1]), sizeof m);
  transpose(m);
  alignas(64) uint32_t words[WarpSize];
  std::memcpy(words, m, sizeof words);
  blend(warp.mask, out<uint32_t>(warp, instr.op[0]), words);
}

} // namespace

bool decodeMatrixMemory(Decoder &d) {
  d.take("sync");
  d.take("aligned");
  if (!d.take("m8n8"))
    return false;
  d.instr.kind = Kind::WarpSync;
  const bool transposed = d.take("trans");
  if (d.root() == "movmatrix") {
    if (!transposed || d.takeType() != Type::B16)
      return false;
    d.instr.op[0] = d.define(0, 32);
    d.instr.op[1] = d.use(1, Type::B32);
    d.instr.exec = moveMatrix;
    return d.done(2);
  }
  const int count = d.takeOneOf({"x1", "x2", "x4"});
  d.takeOneOf({"shared", "shared::cta"});
  if (count < 0 || d.takeType() != Type::B16)
    return false;
  d.instr.count = static_cast<uint8_t>(1 << count);
  if (d.operandCount() != 2)
    return d.done(2);
  const bool loads = d.root() == "ldmatrix";
  if (!d.address(d.operand(loads ? 1 : 0), 0, Space::Shared))
    return false;
  if (!(loads ? d.gatherDefinitions(d.operand(0), d.instr.count, 32)
              : d.gatherUses(d.operand(1), d.instr.count, Type::B32)))
    return false;
  d.instr.stores = loads ? StoredValues::Unknown : transposed ? StoredValues::Columns : StoredValues::Rows;
  d.instr.exec = loads ? (transposed ? loadMatrix<true> : loadMatrix<false>)
                       : (transposed ? storeMatrix<true> : storeMatrix<false>);
  return d.done(2);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
