//===- Barrier.cpp - Barriers of a CTA and of a cluster, and deadlocks ----===//
//
// A barrier without a thread count waits for every thread of the CTA that has not exited, one with a count for so many
// threads, where an aligned arrival counts as a whole warp. When no warp can go on, the report says who waits where.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/ModuleImpl.h"
#include "runtime/simulator/Scheduler.h"

#include <bit>

namespace tessera::sim {

namespace {

/// Writes the result of a bar.red to the lanes of a group that waited at it.
void writeReduction(Warp &warp, const Group &group, const BarrierState &state) {
  const Instr &instr = group.frame->code->instrs[group.pc];
  if (instr.op[3] == NoRef)
    return;
  char *target = group.frame->registers + (instr.op[3] & ~3u);
  if (instr.flags & BarrierPopc) {
    for (uint32_t m = group.lanes; m; m &= m - 1)
      reinterpret_cast<uint32_t *>(target)[std::countr_zero(m)] = state.red;
    return;
  }
  const bool value = instr.flags & BarrierOr ? state.red != 0 : state.red == state.waiting;
  auto &predicate = *reinterpret_cast<uint32_t *>(target);
  predicate = (predicate & ~group.lanes) | (value ? group.lanes : 0);
}

void complete(Cta &cta, unsigned number) {
  BarrierState &state = cta.barriers[number];
  for (Warp &warp : cta.warps)
    for (uint32_t i = 0; i < warp.groupCount; ++i) {
      Group &group = warp.groups[i];
      if (group.state != Group::WaitsBarrier || group.barrier != number)
        continue;
      writeReduction(warp, group, state);
      group.state = Group::Ready;
      ++group.pc;
      if (cta.order)
        cta.order->leave(warp, number, !state.expected);
    }
  if (cta.order)
    cta.order->completed(cta, number);
  state = BarrierState{};
}

bool isComplete(const Cta &cta, const BarrierState &state) {
  return state.used && state.arrived >= (state.expected ? state.expected : cta.liveThreads);
}

uint32_t clusterThreads(const Cta &cta) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < cta.launch->config.cluster.count(); ++i)
    sum += cta.cluster[i]->liveThreads;
  return sum;
}

void completeCluster(Cta &cta) {
  Cta &first = *cta.cluster[0];
  if (first.clusterArrived && first.clusterArrived >= clusterThreads(cta)) {
    first.clusterArrived = 0;
    ++first.clusterPhase;
    if (cta.order)
      cta.order->completedCluster(first.clusterPhase);
  }
}

/// True when the barrier's phase at which each of the lanes arrived is over.
bool clusterPassed(const Warp &warp, uint32_t lanes) {
  const uint32_t phase = warp.cta->cluster[0]->clusterPhase;
  for (; lanes; lanes &= lanes - 1)
    if (warp.clusterPhase[std::countr_zero(lanes)] == phase)
      return false;
  return true;
}

/// Lanes have waited at barrier.cluster and go on.
void leaveCluster(Warp &warp, Group &group) {
  warp.clusterArrived &= ~group.lanes;
  group.state = Group::Ready;
  ++group.pc;
  if (warp.cta->order)
    warp.cta->order->leaveCluster(warp, warp.clusterPhase[std::countr_zero(group.lanes)]);
}

bool arriveAtCluster(Warp &warp, const Instr &instr, uint32_t mask) {
  Cta &first = *warp.cta->cluster[0];
  Group &group = warp.groups[warp.current];
  const bool arrives = instr.flags & BarrierArrive;
  if (const uint32_t wrong = mask & (arrives ? warp.clusterArrived : ~warp.clusterArrived)) {
    fault(warp, ErrorKind::InvalidInstruction, wrong, 0,
          arrives ? "barrier.cluster.arrive a second time, without barrier.cluster.wait in between"
                  : "barrier.cluster.wait without barrier.cluster.arrive before it");
    return false;
  }
  if (!arrives) {
    if (clusterPassed(warp, mask))
      leaveCluster(warp, group);
    else
      group.state = Group::WaitsCluster;
    return true;
  }
  warp.clusterArrived |= mask;
  for (uint32_t m = mask; m; m &= m - 1)
    warp.clusterPhase[std::countr_zero(m)] = first.clusterPhase;
  // Of a relaxed arrival, what a fence before it orders is not told apart from the rest.
  if (warp.cta->order)
    warp.cta->order->arriveCluster(warp, first.clusterPhase);
  first.clusterArrived += std::popcount(mask);
  completeCluster(*warp.cta);
  ++group.pc;
  return true;
}

/// The wait for an mbarrier in whose loop a group stands; null where it is in none.
const MbarrierWait *waitOf(const Warp &warp, const Group &group) {
  constexpr uint32_t Near = 8;
  for (const MbarrierWait &wait : warp.waits)
    if (wait.frame == group.frame && wait.lanes == group.lanes && group.pc + Near >= wait.pc &&
        group.pc <= wait.pc + Near)
      return &wait;
  return nullptr;
}

/// True when a group does nothing but repeat the wait at `pc`: a loop of the wait, branches and what works on
/// registers.
bool loopsAround(const Group &group, uint32_t pc) {
  constexpr uint32_t Longest = 24;
  const std::vector<Instr> &code = group.frame->code->instrs;
  for (uint32_t end = pc + 1; end < code.size() && end < pc + Longest; ++end) {
    const Instr &branch = code[end];
    if (branch.kind != Kind::Branch && branch.kind != Kind::Simple)
      return false;
    if (branch.kind != Kind::Branch || std::min(branch.target, branch.other) > pc)
      continue;
    const uint32_t begin = std::min(branch.target, branch.other);
    if (group.pc < begin || group.pc > end || end - begin > Longest)
      return false;
    for (uint32_t i = begin; i < pc; ++i)
      if (code[i].kind != Kind::Simple && code[i].kind != Kind::Branch)
        return false;
    return true;
  }
  return false;
}

/// "the mbarrier at 0x410 (...) to end phase 3 (parity 1), where 1 of 2 arrivals and 0 bytes are to come"
std::string describe(Cta &cta, const MbarrierWait &wait) {
  std::string text = "the end of a phase of parity " + std::to_string(wait.parity) + " of the mbarrier at " +
                     describeShared(*cta.launch, wait.address);
  const Mbarrier *barrier = cta.mbarriers.find(wait.address);
  if (!barrier)
    return text;
  return text + ", which is in " + barrier->describe();
}

/// A line for each group of a CTA that waits for an mbarrier.
std::string awaitedMbarriers(Cta &cta) {
  std::string text;
  for (const Warp &warp : cta.warps)
    for (uint32_t i = 0; i < warp.groupCount; ++i)
      if (const MbarrierWait *wait = waitOf(warp, warp.groups[i]))
        text += "\n  warp " + std::to_string(warp.index) + ": waits for " + describe(cta, *wait);
  return text;
}

/// wgmma.wait_group: the four warps of a warpgroup, whose wgmma are one operation, go on together.
bool arriveAtWarpgroup(Warp &warp, const Instr &instr, uint32_t mask) {
  Cta &cta = *warp.cta;
  const uint32_t warpgroup = warp.index / WarpgroupWarps, number = NamedBarriers + warpgroup;
  BarrierState &state = cta.barriers[number];
  state.used = true;
  state.expected =
      WarpSize * std::min(WarpgroupWarps, static_cast<uint32_t>(cta.warps.size()) - warpgroup * WarpgroupWarps);
  state.arrived += WarpSize;
  state.waiting += std::popcount(mask);
  Group &group = warp.groups[warp.current];
  group.state = Group::WaitsBarrier;
  group.barrier = static_cast<uint8_t>(number);
  if (cta.order)
    cta.order->waitWgmma(warp, static_cast<uint32_t>(instr.imm), number);
  if (isComplete(cta, state))
    complete(cta, number);
  return true;
}

} // namespace

bool arriveAtBarrier(Warp &warp, const Instr &instr, uint32_t mask) {
  Group &group = warp.groups[warp.current];
  if ((instr.flags & BarrierAligned) && mask != warp.live) {
    group.state = Group::WaitsLanes;
    return true;
  }
  if (instr.flags & BarrierCluster)
    return arriveAtCluster(warp, instr, mask);
  if (instr.flags & BarrierWarpgroup)
    return arriveAtWarpgroup(warp, instr, mask);
  Cta &cta = *warp.cta;
  const unsigned lane = std::countr_zero(mask);
  const uint32_t number = in<uint32_t>(warp, instr.op[0])[lane];
  if (number >= NamedBarriers) {
    fault(warp, ErrorKind::InvalidInstruction, mask, 0,
          "barrier " + std::to_string(number) + " does not exist: a CTA has 16");
    return false;
  }
  uint32_t expected = 0;
  if (instr.op[1] != NoRef) {
    expected = in<uint32_t>(warp, instr.op[1])[lane];
    if (expected == 0 || expected % WarpSize != 0) {
      fault(warp, ErrorKind::InvalidInstruction, mask, 0,
            "barrier " + std::to_string(number) + " for " + std::to_string(expected) +
                " threads: expected a multiple of " + std::to_string(WarpSize));
      return false;
    }
  }
  BarrierState &state = cta.barriers[number];
  if (state.used && state.expected != expected) {
    const auto say = [](uint32_t count) { return count ? std::to_string(count) : std::string("all"); };
    fault(warp, ErrorKind::InvalidInstruction, mask, 0,
          "barrier " + std::to_string(number) + " for " + say(expected) +
              " threads, but threads that wait there said " + say(state.expected));
    return false;
  }
  state.used = true;
  state.expected = expected;
  if (cta.order)
    cta.order->arrive(warp, number);
  const uint32_t threads = std::popcount(mask);
  state.arrived += expected && (instr.flags & BarrierAligned) ? WarpSize : threads;
  if (instr.op[2] != NoRef) {
    const uint32_t predicate = *in<uint32_t>(warp, instr.op[2]);
    state.red += std::popcount((instr.count ? ~predicate : predicate) & mask);
  }
  if (instr.flags & BarrierArrive) {
    ++group.pc;
  } else {
    state.waiting += threads;
    group.state = Group::WaitsBarrier;
    group.barrier = static_cast<uint8_t>(number);
  }
  if (isComplete(cta, state))
    complete(cta, number);
  return true;
}

void threadsExited(Cta &cta, uint32_t count) {
  cta.liveThreads -= count;
  for (unsigned i = 0; i < cta.barriers.size(); ++i)
    if (isComplete(cta, cta.barriers[i]) && !cta.barriers[i].expected)
      complete(cta, i);
  completeCluster(cta);
}

void releaseFromCluster(Warp &warp) {
  for (uint32_t i = 0; i < warp.groupCount; ++i) {
    Group &group = warp.groups[i];
    if (group.state == Group::WaitsCluster && clusterPassed(warp, group.lanes))
      leaveCluster(warp, group);
  }
}

bool waitsForCluster(const Cta &cta) {
  for (const Warp &warp : cta.warps)
    for (uint32_t i = 0; i < warp.groupCount; ++i)
      if (warp.groups[i].state == Group::WaitsCluster)
        return cta.launch->config.cluster.count() > 1 || clusterPassed(warp, warp.groups[i].lanes);
  return false;
}

bool onlyAwaitsMbarriers(std::span<Cta *const> cluster) {
  for (const Cta *cta : cluster) {
    if (!cta->active)
      continue;
    for (const Warp &warp : cta->warps)
      for (uint32_t i = 0; i < warp.groupCount; ++i) {
        const Group &group = warp.groups[i];
        if (group.state != Group::Ready)
          continue;
        const MbarrierWait *wait = waitOf(warp, group);
        const Mbarrier *barrier = wait ? const_cast<Cta *>(cta)->mbarriers.find(wait->address) : nullptr;
        if (!barrier || !barrier->live || (barrier->phase & 1) != wait->parity || !loopsAround(group, wait->pc))
          return false;
      }
  }
  return true;
}

void reportEndlessWait(Cta &cta) {
  for (Warp &warp : cta.warps) {
    if (warp.groupCount == 0)
      continue;
    warp.frame = warp.groups[warp.current].frame;
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%g", cta.launch->config.checks.waitSeconds);
    fault(warp, ErrorKind::Deadlock, warp.groups[warp.current].lanes, 0,
          std::string("the block repeats a loop that waits for memory, which no thread of the grid has changed for ") +
              seconds + " seconds" + awaitedMbarriers(cta));
    return;
  }
}

/// Where lanes that stand together are, and what they wait for.
static std::string standing(Cta &cta, Warp &warp, const Group &group) {
  const Origin &origin = group.frame->code->origins[group.pc];
  char mask[16];
  std::snprintf(mask, sizeof mask, "0x%08x", group.lanes);
  std::string text = "\n  warp " + std::to_string(warp.index) + ", lanes " + mask;
  if (group.state == Group::WaitsBarrier) {
    const BarrierState &state = cta.barriers[group.barrier];
    text += (group.barrier < NamedBarriers ? ": at barrier " + std::to_string(group.barrier)
                                           : std::string(": waits with its warpgroup")) +
            ", where " + std::to_string(state.arrived) + " of " +
            std::to_string(state.expected ? state.expected : cta.liveThreads) + " threads have arrived";
  } else if (group.state == Group::WaitsCluster) {
    text += ": at the cluster barrier, where " + std::to_string(cta.cluster[0]->clusterArrived) + " of " +
            std::to_string(clusterThreads(cta)) + " threads have arrived";
  } else if (const MbarrierWait *wait = waitOf(warp, group)) {
    text += ": waits for " + describe(cta, *wait);
  } else {
    text += group.state == Group::WaitsLanes ? ": waits for the other lanes of the warp" : ": runs";
  }
  return text + ", PTX line " + std::to_string(origin.line) + ": " + std::string(origin.text);
}

void reportDeadlock(Cta &cta) {
  constexpr unsigned Listed = 16;
  std::string text;
  unsigned listed = 0;
  Warp *culprit = nullptr;
  bool divergent = false;
  for (Warp &warp : cta.warps) {
    if (warp.groupCount == 0 && ++listed <= Listed)
      text += "\n  warp " + std::to_string(warp.index) + ": all threads have exited";
    for (uint32_t i = 0; i < warp.groupCount; ++i) {
      const bool lanes = warp.groups[i].state == Group::WaitsLanes;
      if (!culprit || (lanes && !divergent)) {
        culprit = &warp;
        warp.current = i;
      }
      divergent |= lanes;
      if (++listed <= Listed)
        text += standing(cta, warp, warp.groups[i]);
    }
  }
  if (listed > Listed)
    text += "\n  and " + std::to_string(listed - Listed) + " more";
  if (!culprit)
    return;
  Warp &warp = *culprit;
  warp.frame = warp.groups[warp.current].frame;
  const bool atBarrier = warp.frame->code->instrs[warp.pc()].kind == Kind::Barrier;
  const ErrorKind kind = divergent ? ErrorKind::BarrierDivergence : ErrorKind::Deadlock;
  const std::string head = !divergent ? "no thread of the block can go on"
                           : atBarrier
                               ? "barrier in divergent code: lanes of the warp never come to it"
                               : "instruction for the whole warp in divergent code: lanes it names never come to it";
  fault(warp, kind, warp.groups[warp.current].lanes, 0, head + text);
}

void reportStopped(Cta &cta) {
  std::string text;
  Warp *culprit = nullptr; // the first that runs, if any does
  bool isRunning = false;
  for (Warp &warp : cta.warps)
    for (uint32_t i = 0; i < warp.groupCount; ++i) {
      const Group &group = warp.groups[i];
      text += standing(cta, warp, group);
      const SourcePlace place = cta.launch->module->impl().place(group.frame->code->origins[group.pc].location);
      if (place.line)
        text += " (" + place.file + ":" + std::to_string(place.line) + ")";
      if (!culprit || (group.state == Group::Ready && !isRunning)) {
        culprit = &warp;
        warp.current = i;
        isRunning = group.state == Group::Ready;
      }
    }
  if (!culprit)
    return;
  culprit->frame = culprit->groups[culprit->current].frame;
  fault(*culprit, ErrorKind::Stopped, culprit->groups[culprit->current].lanes, 0,
        "asked to end while it ran; the warps of this block stand here:" + text);
}

} // namespace tessera::sim
