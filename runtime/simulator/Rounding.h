//===- Rounding.h - Executing a loop under another rounding mode of the host --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_ROUNDING_H
#define TESSERA_RUNTIME_SIMULATOR_ROUNDING_H

#include "runtime/simulator/Decode.h"
#include "runtime/simulator/Numbers.h"
#include "runtime/simulator/Program.h"

#include <cfenv>

namespace tessera::sim::TESSERA_SIM_ISA {

/// Consumes .rn .rz .rm .rp; nearest even where there is none.
inline Rounding takeRounding(Decoder &d) {
  switch (d.takeOneOf({"rn", "rz", "rm", "rp"})) {
  case 1:
    return Rounding::Zero;
  case 2:
    return Rounding::Down;
  case 3:
    return Rounding::Up;
  default:
    return Rounding::NearestEven;
  }
}

inline int hostRounding(Rounding rounding) {
  switch (rounding) {
  case Rounding::Zero:
    return FE_TOWARDZERO;
  case Rounding::Down:
    return FE_DOWNWARD;
  case Rounding::Up:
    return FE_UPWARD;
  default:
    return FE_TONEAREST;
  }
}

/// Runs `Inner` under the rounding mode in Instr::flags. It reads from memory and writes to it, and is called through a
/// pointer that the compiler cannot see through, so no arithmetic moves past the change of mode.
template <Exec Inner> void directed(Warp &warp, const Instr &instr) {
  Exec inner = Inner;
  std::fesetround(hostRounding(static_cast<Rounding>(instr.flags)));
  asm volatile("" : "+r"(inner) : : "memory");
  inner(warp, instr);
  asm volatile("" : : : "memory");
  std::fesetround(FE_TONEAREST);
}

} // namespace tessera::sim::TESSERA_SIM_ISA

#endif // TESSERA_RUNTIME_SIMULATOR_ROUNDING_H
