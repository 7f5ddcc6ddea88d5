//===- Scheduler.h - What the interpreter's loop and the barriers share --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_SCHEDULER_H
#define TESSERA_RUNTIME_SIMULATOR_SCHEDULER_H

#include "runtime/simulator/Warp.h"

namespace tessera::sim {

/// The current group, all of whose lanes are in `mask`, comes to a barrier. False after a fault.
bool arriveAtBarrier(Warp &warp, const Instr &instr, uint32_t mask);
/// Barriers that waited for threads which have now exited are complete.
void threadsExited(Cta &cta, uint32_t count);
/// Wakes the groups of a warp whose cluster barrier has completed.
void releaseFromCluster(Warp &warp);
/// Ends a CTA whose warps have long only repeated loops that wait for memory.
void reportEndlessWait(Cta &cta);
/// Ends a CTA in the middle, with an error that says where its warps stand.
void reportStopped(Cta &cta);
/// True when all that the CTAs of a cluster do, those that have not ended, is to wait at barriers and in loops for
/// mbarriers whose phase is not over: with no operation in flight that is for ever.
bool onlyAwaitsMbarriers(std::span<Cta *const> cluster);
/// True when some warp can go on once another CTA of its cluster has.
bool waitsForCluster(const Cta &cta);

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_SCHEDULER_H
