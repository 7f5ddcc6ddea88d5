//===- Elementwise.h - Probes of one instruction on many operands -*- C++ -*-===//
//
// Most instructions take a few registers and give one. A probe of such a form runs it once for each tuple of operands,
// a thread each. Packed forms have `lanes` results a register, each judged by itself.
//
//   operands   registers a, b, c of the types' widths; memory holds 8 bytes for each
//   result     register d of lanes * bits(result) bits, 8-bit integers in 32
//
// Operand sets are fixed: the values that formats make special, then deterministic noise.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_SILICON_ELEMENTWISE_H
#define TESSERA_TEST_SILICON_ELEMENTWISE_H

#include "test/silicon/Probe.h"

#include <array>

namespace tessera::silicon {

using Operands = std::array<uint64_t, 4>;
using OperandList = std::vector<Operands>;

struct Elementwise {
  std::string opcode;               ///< "add.rz.ftz.f32": the probe's name
  std::string statement;            ///< where it is more than "OPCODE %d, %a, %b;"
  std::vector<unsigned> sourceBits; ///< of registers a, b, c, e
  Type result = Type::U32;
  unsigned lanes = 1;
  /// Bits of the destination register where it is not lanes * bits(result).
  unsigned resultBits = 0;
  std::string target = "sm_80";
  unsigned version = 80;
  OperandList operands;
  /// Fills `lanes` answers, lane 0 in the lowest bits.
  std::function<void(const Operands &, Wanted *)> derive;
};
Probe makeProbe(const Elementwise &form);

// ---- Operands ----

/// Patterns of the type that are special: zeros, units, limits, subnormals, infinities, NaNs, neighbours of powers of
/// two.
std::vector<uint64_t> specials(Type type);
/// `count` patterns of noise: for floats, half of them within moderate exponents.
std::vector<uint64_t> noise(Type type, unsigned count, uint64_t seed);
/// One operand each: specials, then noise.
OperandList unary(Type type, unsigned count = 200);
/// All pairs of a choice of specials, then noise; in part with values that cancel or nearly do.
OperandList binary(Type a, Type b, unsigned count = 200, unsigned specialsEach = 24);
OperandList ternary(Type type, unsigned count = 400);
/// Two lists side by side, the second `shift` bits up: for packed registers. Every operand of `low` meets another of
/// itself.
OperandList packed(const OperandList &list, unsigned shift);

} // namespace tessera::silicon

#endif // TESSERA_TEST_SILICON_ELEMENTWISE_H
