//===- Scheduler.cpp - Running the groups of a warp and the warps of a CTA --===//
//
// The interpreter's loop. It exists twice: the plain one, and one in which every instruction is watched, where a launch
// is counted or its accesses are checked. What happens when lanes part, meet, call or wait is in Groups.cpp and
// Barrier.cpp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Scheduler.h"

#include "runtime/simulator/Async.h"
#include "runtime/simulator/Count.h"
#include "runtime/simulator/Groups.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace tessera::sim {

namespace {

/// Warp instructions before another warp has its turn, looked at on the way back of loops.
constexpr uint64_t Quantum = 20000;
/// Rounds of a waiting loop before others have their turn.
constexpr uint32_t SpinTurns = 8;
/// Rounds of a loop that may wait before another group of the warp has its turn although memory was changed: code that
/// is not optimised stores variables to its stack while it waits for a lock that another lane holds.
constexpr uint32_t RoundsKept = 4096;
/// Atomic operations in a row that changed nothing before other CTAs have their turn: programs that wait for each other
/// by a counter, with a barrier in every round of the loop.
constexpr uint32_t PollsInVain = 32;
/// Turns of all warps for which an operation in flight may stay so while they find other work.
constexpr unsigned RoundsInFlight = 64;

/// What the loop keeps at hand of the group that runs.
template <bool Watched> struct Running {
  const Instr *code = nullptr;
  uint32_t pc = 0, lanes = 0, limit = 0;
  InstrCounts *records = nullptr;                    ///< by pc; null where the launch is not counted
  const std::vector<PinnedAccess> *pinned = nullptr; ///< by pc; null where no wgmma is checked

  void load(Warp &warp) {
    const Group &group = warp.groups[warp.current];
    warp.frame = group.frame;
    code = group.frame->code->instrs.data();
    warp.bank[FrameBank] = group.frame->registers;
    warp.bank[ConstantBank] = group.frame->code->constantBase;
    pc = group.pc;
    lanes = group.lanes;
    if constexpr (Watched) {
      records = warp.cta->counts ? warp.cta->counts->of(group.frame->code) : nullptr;
      pinned = warp.cta->order && !group.frame->code->pinned.empty() ? group.frame->code->pinned.data() : nullptr;
    }
    // Where the next group in the same frame stands: there lanes meet again.
    limit = ~0u;
    if (warp.groupCount > 1)
      for (uint32_t i = 0; i < warp.groupCount; ++i) {
        const Group &other = warp.groups[i];
        if (i != warp.current && other.frame == group.frame && other.state <= Group::WaitsLanes && other.pc > pc)
          limit = std::min(limit, other.pc);
      }
  }
  void save(Warp &warp) const { warp.groups[warp.current].pc = pc; }
};

/// True when the warp changed memory since it was last asked.
bool takeWrote(Warp &warp) {
  warp.stirred |= warp.wrote;
  warp.wroteInRound |= warp.wrote;
  return std::exchange(warp.wrote, false);
}

/// Counts the rounds of a loop in which the warp changed nothing; true when they are enough to let others run.
bool waitsInVain(Warp &warp) {
  warp.spins = takeWrote(warp) ? 0 : warp.spins + 1;
  if (warp.spins < SpinTurns)
    return false;
  warp.spins = 0;
  return true;
}

/// A group gives up its turn, having waited in vain: true when another group of the warp has it now. After all have
/// given it up again and again, other warps run.
bool passOn(Warp &warp) {
  warp.passed = takeWrote(warp) ? 0 : warp.passed + 1;
  return warp.passed <= SpinTurns * warp.groupCount && rotate(warp);
}

/// A warp comes to write global memory: true when the others should have a turn before, because they may yet have to
/// read what this one has read. Programs rely on it that warps which leave a barrier together read together (one thread
/// sets a flag that all have looked at); on hardware a write takes too long to overtake.
bool givesWay(Warp &warp) {
  warp.gaveWay = std::exchange(warp.ahead, false) && warp.cta->warps.size() > 1;
  return warp.gaveWay;
}

/// How a turn of a warp ends; None: it goes on, with the current group as it now stands.
enum class Stop { None, Blocked, Quantum, Spinning, Failed };

/// Goes on with whichever group is next.
Stop next(Warp &warp) { return choose(warp) ? Stop::None : Stop::Blocked; }

/// The lanes in `mask` come to an instruction that names lanes of the warp which are not there.
Stop awaitLanes(Warp &warp, const Instr &instr, uint32_t mask, uint32_t members) {
  splitOff(warp, mask, warp.pc() + 1);
  warp.groups[warp.current].state = Group::WaitsLanes;
  warp.forced = 0;
  if (instr.flags & SyncOnly)
    releaseSynchronised(warp, members);
  return next(warp);
}

/// Lanes with different member masks are different instances of the instruction.
bool executeByMembers(Warp &warp, const Instr &instr, uint32_t mask) {
  for (uint32_t left = mask; left && !warp.faulted;) {
    warp.mask = sameMembers(warp, instr, left);
    left &= ~warp.mask;
    instr.exec(warp, instr);
  }
  return !warp.faulted;
}

/// The instruction is done and asks to let others run.
Stop yieldTurn(Warp &warp) {
  warp.yielded = false;
  return passOn(warp) ? Stop::None : Stop::Spinning;
}

/// The lanes of the current group part: those in `taken` branch.
Stop part(Warp &warp, const Instr &instr, uint32_t taken) {
  splitOff(warp, taken, instr.other);
  warp.groups[warp.current].pc = instr.target;
  if (instr.spins && waitsInVain(warp) && passOn(warp))
    return Stop::None;
  return next(warp);
}

/// The current group has branched back.
Stop goRound(Warp &warp, const Instr &instr, uint64_t end) {
  if (warp.executed >= end)
    return Stop::Quantum;
  if (instr.spins && waitsInVain(warp))
    return passOn(warp) ? Stop::None : Stop::Spinning;
  if (warp.groupCount == 1)
    return Stop::None;
  if (instr.spins && ++warp.roundsKept >= RoundsKept) {
    warp.roundsKept = 0;
    if (rotate(warp))
      return Stop::None;
  }
  return next(warp);
}

Stop call(Warp &warp, const Instr &instr, uint32_t mask, uint64_t end) {
  splitOff(warp, mask, warp.pc() + 1);
  if (!enterFunction(warp, instr, mask))
    return Stop::Failed;
  if (warp.groups[warp.current].frame == warp.frame) // a function of the system
    ++warp.groups[warp.current].pc;
  const Stop stop = next(warp);
  return stop == Stop::None && warp.executed >= end ? Stop::Quantum : stop;
}

Stop exitThreads(Warp &warp, uint32_t mask) {
  exitLanes(warp, mask);
  if (warp.faulted)
    return Stop::Failed;
  return warp.groupCount == 0 ? Stop::Blocked : next(warp);
}

Stop arrive(Warp &warp, const Instr &instr, uint32_t mask) {
  splitOff(warp, mask, warp.pc() + 1);
  if (!arriveAtBarrier(warp, instr, mask))
    return Stop::Failed;
  if (warp.counting && warp.groups[warp.current].state == Group::WaitsLanes)
    retractIssue(warp);
  warp.forced = 0;
  return next(warp);
}

/// The instructions after which the loop starts over with the current group, saved before.
Stop change(Warp &warp, const Instr &instr, uint32_t mask, uint64_t end) {
  switch (instr.kind) {
  case Kind::BranchTable: {
    splitOff(warp, mask, warp.pc() + 1);
    const uint32_t groups = warp.groupCount;
    if (!branchByTable(warp, instr, mask))
      return Stop::Failed;
    if (warp.counting)
      warp.counting->divergent += warp.groupCount != groups;
    const Stop stop = next(warp);
    return stop == Stop::None && warp.executed >= end ? Stop::Quantum : stop; // it may have gone back
  }
  case Kind::Call:
    return call(warp, instr, mask, end);
  case Kind::Return:
    splitOff(warp, mask, warp.pc() + 1);
    leaveFunction(warp, mask);
    return next(warp);
  case Kind::Exit:
    return exitThreads(warp, mask);
  default:
    return arrive(warp, instr, mask);
  }
}

/// A warp's turn: the interpreter's loop, in one function so that what Running holds stays in registers of the host.
template <bool Watched> Stop runWarp(Warp &warp) {
  if (!choose(warp))
    return Stop::Blocked;
  const uint64_t end = warp.executed + std::min<uint64_t>(Quantum, warp.cta->instructionLimit);
  warp.spins = warp.passed = 0;
  warp.ahead = warp.gaveWay = false;
  Running<Watched> run;
  run.load(warp);
  // After a change of groups: what the loop returns, if anything, else it goes on with the current group.
#define TESSERA_GO_ON(stop)                                                                                            \
  if (const Stop ended = stop; ended != Stop::None)                                                                    \
    return ended;                                                                                                      \
  run.load(warp)

  while (true) {
    if (run.pc >= run.limit) [[unlikely]] {
      run.save(warp);
      if (choose(warp))
        run.load(warp);
    }
    const Instr &instr = run.code[run.pc];
    uint32_t mask = run.lanes;
    if (instr.guard != NoRef) {
      const uint32_t predicate = *in<uint32_t>(warp, instr.guard);
      mask &= instr.guardNegated ? ~predicate : predicate;
    }
    if constexpr (Watched)
      if (instr.kind == Kind::GlobalWrite && mask && givesWay(warp)) {
        run.save(warp);
        return Stop::Quantum;
      }
    ++warp.executed;
    warp.lanesExecuted += std::popcount(mask);
    if constexpr (Watched) {
      if (run.records)
        countIssue(warp, run.records[run.pc], mask);
      if (run.pinned && !run.pinned[run.pc].empty() && mask) {
        warp.mask = mask;
        run.save(warp);
        if (!warp.cta->order->touchRegisters(warp, instr))
          return Stop::Failed;
      }
    }
    switch (instr.kind) {
    case Kind::Simple:
      if (mask) {
        warp.mask = mask;
        instr.exec(warp, instr);
      }
      ++run.pc;
      continue;

    case Kind::GlobalWrite:
      if (!Watched && mask && givesWay(warp)) [[unlikely]] {
        --warp.executed;
        warp.lanesExecuted -= std::popcount(mask);
        run.save(warp);
        return Stop::Quantum;
      }
      [[fallthrough]];

    case Kind::Faulting:
      if (mask) {
        warp.mask = mask;
        run.save(warp);
        instr.exec(warp, instr);
        if (warp.faulted) [[unlikely]]
          return Stop::Failed;
      }
      ++run.pc;
      continue;

    case Kind::WarpSync:
      if (!mask) {
        ++run.pc;
        continue;
      }
      run.save(warp);
      if (mask != warp.live) [[unlikely]] {
        const uint32_t members = instr.op[5] == NoRef ? AllLanes : unionOfMembers(warp, instr, mask);
        if (members & warp.live & ~mask) {
          if (Watched && run.records)
            retractIssue(warp);
          TESSERA_GO_ON(awaitLanes(warp, instr, mask, members));
          continue;
        }
      }
      if (instr.op[5] == NoRef || (instr.op[5] & 3) == ConstantBank) {
        warp.mask = mask;
        instr.exec(warp, instr);
        if (warp.faulted) [[unlikely]]
          return Stop::Failed;
      } else if (!executeByMembers(warp, instr, mask)) {
        return Stop::Failed;
      }
      ++run.pc;
      continue;

    case Kind::Yield:
      if (mask) {
        warp.mask = mask;
        run.save(warp);
        instr.exec(warp, instr);
        if (warp.faulted) [[unlikely]]
          return Stop::Failed;
      }
      ++run.pc;
      if (warp.yielded) {
        run.save(warp);
        TESSERA_GO_ON(yieldTurn(warp));
      }
      continue;

    case Kind::Branch: {
      if (mask != run.lanes && mask != 0) {
        if (Watched && run.records)
          ++run.records[run.pc].divergent;
        run.save(warp);
        TESSERA_GO_ON(part(warp, instr, mask));
        continue;
      }
      const uint32_t to = mask ? instr.target : instr.other;
      const bool back = to <= run.pc;
      if constexpr (Watched)
        if (back && run.records && run.records[run.pc].waitLoop != NotWaiting)
          endRound(warp);
      run.pc = to;
      if (back) {
        run.save(warp);
        if (warp.executed < end && !instr.spins && warp.groupCount == 1) [[likely]]
          continue;
        TESSERA_GO_ON(goRound(warp, instr, end));
      } else if (warp.groupCount > 1) {
        run.save(warp);
        TESSERA_GO_ON(next(warp));
      }
      continue;
    }

    default:
      if (!mask) {
        ++run.pc;
        continue;
      }
      run.save(warp);
      TESSERA_GO_ON(change(warp, instr, mask, end));
      continue;
    }
  }
#undef TESSERA_GO_ON
}

Stop runTurn(Warp &warp) { return warp.cta->launch->watched ? runWarp<true>(warp) : runWarp<false>(warp); }

uint64_t executedBy(const Cta &cta) {
  uint64_t sum = 0;
  for (const Warp &warp : cta.warps)
    sum += warp.executed;
  return sum;
}

/// Ends a CTA that has executed more instructions than it may.
void stopAsHanging(Cta &cta) {
  for (Warp &warp : cta.warps)
    if (warp.groupCount) {
      fault(warp, ErrorKind::Timeout, warp.groups[warp.current].lanes, 0,
            "still running after " + std::to_string(cta.instructionLimit) + " warp instructions");
      return;
    }
}

/// The order in which the warps of a CTA have their turns: that of their numbers, or, where ordering is checked, a new
/// one each round, drawn from the seed, so that a missing wait shows.
class TurnOrder {
public:
  explicit TurnOrder(Cta &cta) : cta(cta), drawn(cta.order && cta.launch->config.seed != 0) { number(); }
  void nextRound() {
    if (drawn)
      shuffle();
    else if (std::exchange(changed, false))
      number();
    putOff();
  }
  Warp &operator[](uint32_t turn) { return cta.warps[order[turn]]; }

private:
  void number() {
    for (uint32_t i = 0; i < order.size(); ++i)
      order[i] = static_cast<uint8_t>(i);
  }
  /// Those that gave way come after the others, in the same order.
  void putOff() {
    std::array<uint8_t, 32> late;
    uint32_t early = 0, lates = 0;
    for (uint32_t i = 0; i < cta.warps.size(); ++i)
      (cta.warps[order[i]].gaveWay ? late[lates++] : order[early++]) = order[i];
    std::copy_n(late.begin(), lates, order.begin() + early);
    changed = lates != 0;
  }
  void shuffle() {
    for (auto left = static_cast<uint32_t>(cta.warps.size()); left > 1; --left)
      std::swap(order[left - 1], order[draw() % left]);
  }
  /// splitmix64 over the seed, the CTA and a counter that goes on from turn to turn.
  uint64_t draw() {
    uint64_t z = cta.launch->config.seed + 0x9E3779B97F4A7C15 * (cta.linear * 0x10001 + ++cta.draws);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  Cta &cta;
  bool drawn;
  bool changed = false; ///< the order is not that of the numbers
  std::array<uint8_t, 32> order{};
};

} // namespace

Progress runCta(Cta &cta) {
  TurnOrder order(cta);
  cta.progressed = false;
  for (unsigned rounds = 0;; ++rounds) {
    bool ran = false, progressed = false, polled = false;
    cta.stirred = false;
    order.nextRound();
    for (uint32_t turn = 0; turn < cta.warps.size(); ++turn) {
      Warp &warp = order[turn];
      if (warp.groupCount == 0)
        continue;
      releaseFromCluster(warp);
      const uint64_t before = warp.executed;
      const Stop stop = runTurn(warp);
      if (stop == Stop::Failed) {
        cta.failed = true;
        return Progress::Failed;
      }
      ran |= warp.executed != before;
      progressed |= warp.executed != before && stop != Stop::Spinning;
      takeWrote(warp);
      cta.stirred |= std::exchange(warp.stirred, false);
      if (warp.polls >= PollsInVain) {
        warp.polls = 0;
        polled = true;
      }
    }
    cta.progressed |= progressed;
    if (progressed)
      cta.launch->activity.fetch_add(1, std::memory_order_relaxed);
    if (cta.liveThreads == 0)
      return Progress::Done;
    if (cta.launch->isStopping()) {
      if (cta.launch->toldWhere.exchange(true) == false)
        reportStopped(cta);
      cta.failed = true;
      return Progress::Failed;
    }
    if (executedBy(cta) > cta.instructionLimit) {
      stopAsHanging(cta);
      cta.failed = true;
      return Progress::Failed;
    }
    if (!ran && !waitsForCluster(cta)) {
      reportDeadlock(cta);
      cta.failed = true;
      return Progress::Failed;
    }
    if (!progressed || polled || (rounds >= RoundsInFlight && cta.async->any()))
      return Progress::Waiting;
  }
}

} // namespace tessera::sim
