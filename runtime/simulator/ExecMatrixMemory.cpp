//===- ExecMatrixMemory.cpp - ldmatrix, stmatrix, movmatrix
//-------------------------------------------------------------------===//
//
// An 8 x 8 matrix of 16-bit elements lies in shared memory as eight rows of 16 bytes, wherever the addresses say: lane
// 8 j + i has the address of row i of matrix j. In registers, register j of lane l has two elements of matrix j:
//
//   plain    row l / 4,             columns 2 (l % 4) and 2 (l % 4) + 1
//   .trans   column l / 4,          rows 2 (l % 4) and 2 (l % 4) + 1
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Space;
using ptx::Type;

namespace {

constexpr unsigned Side = 8, RowBytes = 16;

/// The lanes whose addresses are looked at.
constexpr uint32_t addressLanes(unsigned matrices) { return matrices == 4 ? AllLanes : (1u << Side * matrices) - 1; }

/// Host addresses of the rows. The lanes without one are left out of the checks.
bool resolveRows(Warp &warp, const Instr &instr, AccessKind kind, Lanes64 &a) {
  const uint32_t mask = warp.mask;
  warp.mask &= addressLanes(instr.count);
  const bool ok = resolve(warp, instr, 0, Space::Shared, RowBytes, kind, a);
  warp.mask = mask;
  return ok;
}

uint16_t *rowOf(const Lanes64 &a, unsigned matrix, unsigned row) {
  return reinterpret_cast<uint16_t *>(a.lane[Side * matrix + row]);
}

template <bool Transposed> void loadMatrix(Warp &warp, const Instr &instr) {
  Lanes64 a;
  if (!resolveRows(warp, instr, AccessKind::Read, a))
    return;
  for (unsigned j = 0; j < instr.count; ++j) {
    uint16_t values[Side][Side];
    for (unsigned row = 0; row < Side; ++row)
      std::memcpy(values[row], rowOf(a, j, row), RowBytes);
    store<uint32_t>(warp.mask, out<uint32_t>(warp, instr.list[j]), [&](unsigned lane) {
      const unsigned outer = lane / 4, inner = 2 * (lane % 4);
      return Transposed ? values[inner][outer] | uint32_t(values[inner + 1][outer]) << 16
                        : values[outer][inner] | uint32_t(values[outer][inner + 1]) << 16;
    });
  }
}

template <bool Transposed> void storeMatrix(Warp &warp, const Instr &instr) {
  Lanes64 a;
  if (!resolveRows(warp, instr, AccessKind::Write, a))
    return;
  for (unsigned j = 0; j < instr.count; ++j) {
    const auto *words = in<uint32_t>(warp, instr.list[j]);
    for (unsigned lane = 0; lane < WarpSize; ++lane) {
      if (!(warp.mask >> lane & 1))
        continue;
      for (unsigned i = 0; i < 2; ++i) {
        const unsigned outer = lane / 4, inner = 2 * (lane % 4) + i;
        const auto value = static_cast<uint16_t>(words[lane] >> 16 * i);
        std::memcpy(Transposed ? rowOf(a, j, inner) + outer : rowOf(a, j, outer) + inner, &value, sizeof value);
      }
    }
  }
}

void moveMatrix(Warp &warp, const Instr &instr) {
  const auto *words = in<uint32_t>(warp, instr.op[1]);
  uint16_t values[Side][Side];
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    for (unsigned i = 0; i < 2; ++i)
      values[lane / 4][2 * (lane % 4) + i] = static_cast<uint16_t>(words[lane] >> 16 * i);
  store<uint32_t>(warp.mask, out<uint32_t>(warp, instr.op[0]), [&](unsigned lane) {
    const unsigned outer = lane / 4, inner = 2 * (lane % 4);
    return values[inner][outer] | uint32_t(values[inner + 1][outer]) << 16;
  });
}

} // namespace

bool decodeMatrixMemory(Decoder &d) {
  const bool isLoad = d.root() == "ldmatrix", isMove = d.root() == "movmatrix";
  d.take("sync");
  d.take("aligned");
  d.instr.kind = Kind::WarpSync;
  if (!d.take("m8n8"))
    return d.fail(std::string(d.root()) + " is known for matrices of m8n8 only");
  const bool transposed = d.take("trans");
  if (isMove) {
    if (!d.take("b16") || !transposed)
      return d.fail("movmatrix is known as '.m8n8.trans.b16' only");
    d.instr.op[0] = d.define(0, 32);
    d.instr.op[1] = d.use(1, Type::B32);
    d.instr.exec = moveMatrix;
    return d.done(2);
  }
  const int count = d.takeOneOf({"x1", "x2", "x4"});
  if (count < 0 || !d.take("b16"))
    return d.fail(std::string(d.root()) + " is known for .x1, .x2 and .x4 of .b16 only");
  d.instr.count = static_cast<uint8_t>(1u << count);
  d.instr.bytes = RowBytes;
  const Space space = takeSpace(d);
  if (space != Space::Shared && space != Space::Generic)
    return d.fail(std::string(d.root()) + " takes shared memory");
  if (d.operandCount() != 2)
    return d.done(2);
  const unsigned values = isLoad ? 0 : 1;
  if (!d.address(d.operand(1 - values), 0, Space::Shared))
    return false;
  if (isLoad) {
    d.instr.exec = transposed ? loadMatrix<true> : loadMatrix<false>;
    if (!d.gatherDefinitions(d.operand(0), d.instr.count, 32))
      return false;
  } else {
    d.instr.exec = transposed ? storeMatrix<true> : storeMatrix<false>;
    if (!d.gatherUses(d.operand(1), d.instr.count, Type::B32))
      return false;
  }
  return d.done(2);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
