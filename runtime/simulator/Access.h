//===- Access.h - From the addresses of a warp to host memory ---*- C++ -*-===//
//
// Every access of a kernel goes through here: addresses are computed for all lanes, checked against the space they are
// in, and turned into host addresses. The usual case, all lanes aligned and inside one allocation or inside the CTA's
// shared memory, is decided by a loop of a few vector instructions; everything else, faults included, by resolveSlowly.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_ACCESS_H
#define TESSERA_RUNTIME_SIMULATOR_ACCESS_H

#include "runtime/simulator/Decode.h"
#include "runtime/simulator/Warp.h"
#include "runtime/simulator/Watch.h"

#ifndef TESSERA_SIM_ISA
#define TESSERA_SIM_ISA common
#endif

namespace tessera::sim {

enum class AccessKind : uint8_t { Read, Write, Atomic, ReadLater, WriteLater };

/// One host address a lane; those of lanes that do not take part are undefined.
struct Lanes64 {
  alignas(64) uint64_t lane[WarpSize];
};

/// `addresses` holds the lanes' addresses in `space` on entry, host addresses on return. False after a fault.
bool resolveSlowly(Warp &warp, ptx::Space space, unsigned bytes, AccessKind kind, Lanes64 &addresses);
inline bool watched(const Warp &warp) { return warp.cta->launch->watched; }

/// Consumes a state space; Generic where there is none.
ptx::Space takeSpace(Decoder &d);
/// Consumes ordering, scope, cache and eviction modifiers of loads, stores and atomics. `waits` is set when others'
/// writes are meant to be seen, `policy` when a cache policy operand follows.
void takeMemoryModifiers(Decoder &d, bool &waits, bool &policy);

namespace TESSERA_SIM_ISA {

/// The lanes' addresses in the space of the instruction, from operand `slot`.
[[gnu::always_inline]] inline void computeAddresses(const Warp &warp, const Instr &instr, unsigned slot, Lanes64 &a) {
  const auto offset = static_cast<uint64_t>(instr.imm);
  if (instr.flags & AddressWide) {
    const auto *base = in<uint64_t>(warp, instr.op[slot]);
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      a.lane[lane] = base[lane] + offset;
  } else if (instr.flags & (AddressAbsolute | AddressKernelParameter)) {
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      a.lane[lane] = offset;
  } else if (instr.flags & AddressFrame) {
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      a.lane[lane] = offset + warp.frame->localBase;
  } else {
    const auto *base = in<uint32_t>(warp, instr.op[slot]);
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      a.lane[lane] = static_cast<uint32_t>(base[lane] + static_cast<uint32_t>(offset));
  }
}

/// True when every lane of `mask` has `bytes` aligned bytes inside [low, end).
[[gnu::always_inline]] inline bool allInside(const Lanes64 &a, uint32_t mask, uint64_t low, uint64_t end,
                                             unsigned bytes) {
  if (end - low < bytes)
    return false;
  const uint64_t limit = end - low - bytes, alignment = bytes - 1;
  uint64_t bad = 0;
  if (mask == AllLanes) {
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      bad |= static_cast<uint64_t>(a.lane[lane] - low > limit) | (a.lane[lane] & alignment);
  } else {
    for (unsigned lane = 0; lane < WarpSize; ++lane) {
      const uint64_t active = -static_cast<uint64_t>(mask >> lane & 1);
      bad |= (static_cast<uint64_t>(a.lane[lane] - low > limit) | (a.lane[lane] & alignment)) & active;
    }
  }
  return bad == 0;
}

/// Host addresses for `bytes` a lane at operand `slot`. False after a fault.
[[gnu::always_inline]] inline bool resolve(Warp &warp, const Instr &instr, unsigned slot, ptx::Space space,
                                           unsigned bytes, AccessKind kind, Lanes64 &a) {
  computeAddresses(warp, instr, slot, a);
  warp.wrote |= kind == AccessKind::Write || kind == AccessKind::WriteLater;
  bool ok;
  if (space == ptx::Space::Shared) {
    const Cta &cta = *warp.cta;
    if (allInside(a, warp.mask, SharedBase, cta.sharedEnd, bytes)) [[likely]] {
      const auto base = reinterpret_cast<uint64_t>(cta.shared);
      for (unsigned lane = 0; lane < WarpSize; ++lane)
        a.lane[lane] += base;
      ok = true;
    } else {
      ok = resolveSlowly(warp, space, bytes, kind, a);
    }
  } else if (space <= ptx::Space::Global || space == ptx::Space::Const) {
    ok = allInside(a, warp.mask, warp.windowBase, warp.windowEnd, bytes) || resolveSlowly(warp, space, bytes, kind, a);
  } else {
    ok = resolveSlowly(warp, space, bytes, kind, a);
  }
  if (watched(warp)) [[unlikely]]
    return ok && watchAccess(warp, instr, space, bytes, kind, a);
  return ok;
}

} // namespace TESSERA_SIM_ISA
} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_ACCESS_H
