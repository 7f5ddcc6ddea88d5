//===- Classify.h - What an instruction is counted as -----------*- C++ -*-===//
//
// One class for each opcode, decided by its words alone:
//
//   alu           integer arithmetic (multiplications and divisions too), logic, shifts, comparisons, select, min, max
//   fma           floating-point add, sub, mul, fma
//   mma, wgmma    mma, wmma.mma; all of wgmma
//   sfu           floating-point div, rcp, sqrt, rsqrt, sin, cos, ex2, lg2, tanh
//   global_load   ld.global and generic ld; global_store, shared_load, shared_store alike; wmma.load and .store as
//                 their space
//   ldmatrix, stmatrix
//   async_copy    cp.async with its groups
//   tma           cp.async.bulk with its groups, prefetches of tensors, tensormap
//   atomic        atom, red, of any space
//   shuffle       what lanes exchange: shfl, vote, match, redux, activemask, elect, movmatrix
//   barrier       bar, barrier, mbarrier, membar, fence
//   branch        bra, brx, call, ret, exit
//   convert       cvt
//   move          mov, cvta, parameters (they are constants to the hardware), ld.const
//   other         local memory, prefetch, trap, nanosleep and whatever else there is
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_CLASSIFY_H
#define TESSERA_RUNTIME_SIMULATOR_CLASSIFY_H

#include "runtime/simulator/Counts.h"

#include <string_view>

namespace tessera::sim {

struct Classified {
  InstrClass instrClass = InstrClass::Other;
  FlopKind kind = FlopKind::None;
  uint32_t laneFlops = 0;  ///< operations of one lane
  uint64_t warpFlops = 0;  ///< operations of one warp: tensor cores
  bool bypassesL1 = false; ///< of accesses to global memory
  bool waits = false;      ///< counts as a barrier wait
};

/// `opcode` as in the PTX text: "ld.global.v4.b32".
Classified classify(std::string_view opcode);

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_CLASSIFY_H
