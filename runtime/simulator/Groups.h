//===- Groups.h - The groups of a warp: parting, meeting, calls -*- C++ -*-===//
//
// What the interpreter's loop calls when the lanes of a warp do not simply go on to the next instruction. All of it
// works on Warp::groups; the loop saves its program counter there before and loads it again after.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_GROUPS_H
#define TESSERA_RUNTIME_SIMULATOR_GROUPS_H

#include "runtime/simulator/Warp.h"

namespace tessera::sim {

/// Makes the group in the innermost call, of those the one furthest back, the current one; false when all wait.
bool choose(Warp &warp);
/// Gives the turn to another group that could run; false when there is none.
bool rotate(Warp &warp);
/// Lanes of the current group that are not in `mask` become a group of their own at `pc`.
void splitOff(Warp &warp, uint32_t mask, uint32_t pc);

/// All lanes that the executing lanes' member masks name.
uint32_t unionOfMembers(const Warp &warp, const Instr &instr, uint32_t mask);
/// Those lanes of `mask` whose member mask is that of the first.
uint32_t sameMembers(const Warp &warp, const Instr &instr, uint32_t mask);
/// bar.warp.sync may be reached at different places: once groups that wait at one make up `members`, all go on.
void releaseSynchronised(Warp &warp, uint32_t members);

/// The current group, whose lanes are all in `mask`, goes to the targets its lanes choose. False after a fault.
bool branchByTable(Warp &warp, const Instr &instr, uint32_t mask);
/// The same group enters a function, or executes one of the system. False after a fault.
bool enterFunction(Warp &warp, const Instr &instr, uint32_t mask);
void leaveFunction(Warp &warp, uint32_t mask);
void exitLanes(Warp &warp, uint32_t mask);

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_GROUPS_H
