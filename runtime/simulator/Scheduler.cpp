//===- Scheduler.cpp - Running the groups of a warp and the warps of a CTA --===//
//
// The interpreter's loop, divergence and reconvergence, calls and returns. Barriers are in Barrier.cpp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Scheduler.h"

#include <algorithm>
#include <bit>

namespace tessera::sim {

namespace {

/// Warp instructions before another warp has its turn, looked at on the way back of loops.
constexpr uint64_t Quantum = 20000;
/// Rounds of a waiting loop before others have their turn, and how long a group of the same warp then keeps it.
constexpr uint32_t SpinTurns = 8;
constexpr uint32_t ForcedTurns = 64;
constexpr uint32_t MaximumCallDepth = 512;

void removeGroup(Warp &warp, uint32_t index) {
  warp.groups[index] = warp.groups[--warp.groupCount];
  if (warp.current == warp.groupCount)
    warp.current = index;
}

/// Unites groups that stand at the same instruction of the same frame. One that waits for lanes looks again when some
/// come.
void mergeGroups(Warp &warp) {
  for (uint32_t a = 0; a < warp.groupCount; ++a) {
    Group &first = warp.groups[a];
    if (first.state > Group::WaitsLanes)
      continue;
    for (uint32_t b = a + 1; b < warp.groupCount;) {
      const Group &second = warp.groups[b];
      if (second.state > Group::WaitsLanes || second.pc != first.pc || second.frame != first.frame) {
        ++b;
        continue;
      }
      first.lanes |= second.lanes;
      first.state = Group::Ready;
      if (warp.current == b)
        warp.current = a;
      removeGroup(warp, b);
    }
  }
}

/// All lanes that the executing lanes' member masks name.
uint32_t unionOfMembers(const Warp &warp, const Instr &instr, uint32_t mask) {
  const auto *masks = in<uint32_t>(warp, instr.op[5]);
  uint32_t all = 0;
  for (; mask; mask &= mask - 1)
    all |= masks[std::countr_zero(mask)];
  return all;
}

/// Those lanes of `mask` whose member mask is that of the first.
uint32_t sameMembers(const Warp &warp, const Instr &instr, uint32_t mask) {
  const auto *masks = in<uint32_t>(warp, instr.op[5]);
  const uint32_t wanted = masks[std::countr_zero(mask)];
  uint32_t same = 0;
  for (; mask; mask &= mask - 1)
    if (masks[std::countr_zero(mask)] == wanted)
      same |= mask & -mask;
  return same;
}

/// bar.warp.sync may be reached at different places: once groups that wait at one make up `members`, all go on.
void releaseSynchronised(Warp &warp, uint32_t members) {
  uint32_t waiting = 0;
  const auto waits = [&](const Group &group) {
    return group.state == Group::WaitsLanes && (group.frame->code->instrs[group.pc].flags & SyncOnly) &&
           group.frame->code->instrs[group.pc].kind == Kind::WarpSync;
  };
  for (uint32_t i = 0; i < warp.groupCount; ++i)
    if (waits(warp.groups[i]))
      waiting |= warp.groups[i].lanes;
  if (members & warp.live & ~waiting)
    return;
  for (uint32_t i = 0; i < warp.groupCount; ++i)
    if (waits(warp.groups[i]) && (warp.groups[i].lanes & members)) {
      warp.groups[i].state = Group::Ready;
      ++warp.groups[i].pc;
    }
}

Frame *newFrame(Warp &warp, const Code &code) {
  for (const auto &frame : warp.frames)
    if (frame->lanes == 0 && frame->code == &code)
      return frame.get();
  auto frame = std::make_unique<Frame>();
  frame->code = &code;
  frame->storage = std::make_unique<char[]>(code.frameBytes + 64);
  const auto address = reinterpret_cast<uintptr_t>(frame->storage.get());
  frame->registers = reinterpret_cast<char *>((address + 63) / 64 * 64);
  warp.frames.push_back(std::move(frame));
  return warp.frames.back().get();
}

void copySlots(const Warp &warp, uint32_t mask, const Frame &from, const std::vector<Slot> &sources, const Frame &to,
               const std::vector<Slot> &targets) {
  for (size_t i = 0; i < std::min(sources.size(), targets.size()); ++i)
    for (uint32_t m = mask; m; m &= m - 1) {
      char *local = warp.local + size_t(std::countr_zero(m)) * warp.localStride;
      std::memcpy(local + to.localBase + targets[i].offset, local + from.localBase + sources[i].offset,
                  std::min(sources[i].size, targets[i].size));
    }
}

/// What the loop keeps at hand of the group that runs.
struct Running {
  const Instr *code = nullptr;
  uint32_t pc = 0, lanes = 0, limit = 0;

  void load(Warp &warp) {
    const Group &group = warp.groups[warp.current];
    warp.frame = group.frame;
    code = group.frame->code->instrs.data();
    warp.bank[FrameBank] = group.frame->registers;
    warp.bank[ConstantBank] = group.frame->code->constantBase;
    pc = group.pc;
    lanes = group.lanes;
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

/// The group in the innermost call, of those the furthest back; false when all wait.
bool choose(Warp &warp) {
  if (warp.groupCount > 1)
    mergeGroups(warp);
  if (warp.forced && warp.current < warp.groupCount && warp.groups[warp.current].state == Group::Ready) {
    --warp.forced;
    return true;
  }
  warp.forced = 0;
  const Group *best = nullptr;
  for (uint32_t i = 0; i < warp.groupCount; ++i) {
    const Group &group = warp.groups[i];
    if (group.state != Group::Ready)
      continue;
    if (!best || group.frame->depth > best->frame->depth ||
        (group.frame->depth == best->frame->depth && group.pc < best->pc)) {
      best = &group;
      warp.current = i;
    }
  }
  return best != nullptr;
}

/// Gives the turn to another group that could run; false when there is none.
bool rotate(Warp &warp) {
  for (uint32_t i = 1; i < warp.groupCount; ++i) {
    const uint32_t candidate = (warp.current + i) % warp.groupCount;
    if (warp.groups[candidate].state == Group::Ready) {
      warp.current = candidate;
      warp.forced = ForcedTurns;
      return true;
    }
  }
  return false;
}

/// Lanes of the current group that are not in `mask` become a group of their own at `pc`.
void splitOff(Warp &warp, uint32_t mask, uint32_t pc) {
  Group &group = warp.groups[warp.current];
  const uint32_t rest = group.lanes & ~mask;
  if (!rest)
    return;
  group.lanes = mask;
  warp.groups[warp.groupCount++] = Group{pc, rest, group.frame, Group::Ready, 0};
}

bool enterFunction(Warp &warp, const Instr &instr, uint32_t mask) {
  Cta &cta = *warp.cta;
  const Program &program = *cta.launch->program;
  const CallSite &site = program.calls[instr.imm];
  if (site.system != ~0u) {
    warp.mask = mask;
    callSystem(warp, static_cast<SystemCall>(site.system), site);
    return !warp.faulted;
  }
  uint32_t function = instr.target;
  if (instr.op[0] != NoRef) {
    const auto *addresses = in<uint64_t>(warp, instr.op[0]);
    const uint64_t wanted = addresses[std::countr_zero(mask)];
    function = static_cast<uint32_t>(wanted - FunctionWindow);
    if (wanted < FunctionWindow || wanted - FunctionWindow >= program.functionOf.size() ||
        program.functionOf[function] == ptx::None) {
      fault(warp, ErrorKind::InvalidInstruction, mask, wanted, "call of an address that is no function");
      return false;
    }
    uint32_t same = 0;
    for (uint32_t m = mask; m; m &= m - 1)
      if (addresses[std::countr_zero(m)] == wanted)
        same |= m & -m;
    splitOff(warp, same, warp.pc());
    mask = same;
  }
  const Code &code = *program.codes[program.functionOf[function]];
  Group &group = warp.groups[warp.current];
  Frame *caller = group.frame;
  const uint64_t localBase = caller->localBase + caller->code->localBytes;
  if (caller->depth + 1 >= MaximumCallDepth || localBase + code.localBytes > warp.localStride) {
    fault(warp, ErrorKind::StackOverflow, mask, 0,
          "call stack of more than " + std::to_string(warp.localStride) + " bytes or " +
              std::to_string(MaximumCallDepth) + " calls");
    return false;
  }
  Frame *frame = newFrame(warp, code);
  frame->parent = caller;
  frame->call = &instr;
  frame->returnPc = group.pc + 1;
  frame->depth = caller->depth + 1;
  frame->lanes = mask;
  frame->localBase = static_cast<uint32_t>(localBase);
  copySlots(warp, mask, *caller, site.arguments, *frame, code.parameters);
  group.frame = frame;
  group.pc = 0;
  return true;
}

void leaveFunction(Warp &warp, uint32_t mask) {
  Group &group = warp.groups[warp.current];
  Frame *frame = group.frame;
  const CallSite &site = warp.cta->launch->program->calls[frame->call->imm];
  copySlots(warp, mask, *frame, frame->code->results, *frame->parent, site.results);
  frame->lanes &= ~mask;
  group.frame = frame->parent;
  group.pc = frame->returnPc;
}

void exitLanes(Warp &warp, uint32_t mask) {
  Group &group = warp.groups[warp.current];
  for (Frame *frame = group.frame; frame; frame = frame->parent)
    frame->lanes &= ~mask;
  warp.live &= ~mask;
  group.lanes &= ~mask;
  if (group.lanes)
    ++group.pc;
  else
    removeGroup(warp, warp.current);
  for (uint32_t i = 0; i < warp.groupCount; ++i)
    if (warp.groups[i].state == Group::WaitsLanes)
      warp.groups[i].state = Group::Ready;
  threadsExited(*warp.cta, static_cast<uint32_t>(std::popcount(mask)));
}

/// Counts the rounds of a loop in which the warp changed nothing; true when they are enough to let others run.
bool waitsInVain(Warp &warp, uint32_t &rounds) {
  rounds = warp.wrote ? 0 : rounds + 1;
  warp.wrote = false;
  return rounds >= SpinTurns;
}

enum class Stop { Blocked, Quantum, Spinning, Failed };

Stop runWarp(Warp &warp) {
  if (!choose(warp))
    return Stop::Blocked;
  const uint64_t end = warp.executed + std::min<uint64_t>(Quantum, warp.cta->instructionLimit);
  uint32_t spins = 0;
  Running run;
  run.load(warp);

  // After a change of groups: go on with whichever is next.
  const auto reschedule = [&] {
    if (!choose(warp))
      return false;
    run.load(warp);
    return true;
  };

  while (true) {
    if (run.pc >= run.limit) [[unlikely]] {
      run.save(warp);
      reschedule();
    }
    const Instr &instr = run.code[run.pc];
    uint32_t mask = run.lanes;
    if (instr.guard != NoRef) {
      const uint32_t predicate = *in<uint32_t>(warp, instr.guard);
      mask &= instr.guardNegated ? ~predicate : predicate;
    }
    ++warp.executed;
    warp.lanesExecuted += std::popcount(mask);
    switch (instr.kind) {
    case Kind::Simple:
      if (mask) {
        warp.mask = mask;
        instr.exec(warp, instr);
      }
      ++run.pc;
      continue;

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

    case Kind::WarpSync: {
      if (!mask) {
        ++run.pc;
        continue;
      }
      run.save(warp);
      const bool uniform = instr.op[5] == NoRef || (instr.op[5] & 3) == ConstantBank;
      if (mask != warp.live) [[unlikely]] {
        const uint32_t members = instr.op[5] == NoRef ? AllLanes : unionOfMembers(warp, instr, mask);
        if (members & warp.live & ~mask) {
          splitOff(warp, mask, run.pc + 1);
          warp.groups[warp.current].state = Group::WaitsLanes;
          warp.forced = 0;
          if (instr.flags & SyncOnly)
            releaseSynchronised(warp, members);
          if (!reschedule())
            return Stop::Blocked;
          continue;
        }
      }
      if (!uniform) {
        // Lanes with different member masks are different instances of the instruction.
        for (uint32_t left = mask; left && !warp.faulted;) {
          warp.mask = sameMembers(warp, instr, left);
          left &= ~warp.mask;
          instr.exec(warp, instr);
        }
        if (warp.faulted) [[unlikely]]
          return Stop::Failed;
        ++run.pc;
        continue;
      }
      warp.mask = mask;
      instr.exec(warp, instr);
      if (warp.faulted) [[unlikely]]
        return Stop::Failed;
      ++run.pc;
      continue;
    }

    case Kind::Yield:
      run.save(warp);
      if (mask) {
        warp.mask = mask;
        instr.exec(warp, instr);
        if (warp.faulted) [[unlikely]]
          return Stop::Failed;
      }
      ++run.pc;
      run.save(warp);
      if (warp.yielded) {
        warp.yielded = false;
        if (!rotate(warp))
          return Stop::Spinning;
        run.load(warp);
      }
      continue;

    case Kind::Branch: {
      const uint32_t taken = mask;
      uint32_t next = instr.target;
      if (taken != run.lanes) {
        if (taken == 0) {
          next = instr.other;
        } else {
          // The lanes part.
          run.save(warp);
          splitOff(warp, taken, instr.other);
          warp.groups[warp.current].pc = instr.target;
          if (instr.spins && waitsInVain(warp, spins)) {
            spins = 0;
            if (rotate(warp)) {
              run.load(warp);
              continue;
            }
          }
          reschedule();
          continue;
        }
      }
      const bool back = next <= run.pc;
      run.pc = next;
      if (back) {
        run.save(warp);
        if (warp.executed >= end)
          return Stop::Quantum;
        if (instr.spins && waitsInVain(warp, spins)) {
          spins = 0;
          if (!rotate(warp))
            return Stop::Spinning;
          run.load(warp);
          continue;
        }
      }
      if (warp.groupCount > 1) {
        run.save(warp);
        reschedule();
      }
      continue;
    }

    case Kind::BranchTable: {
      run.save(warp);
      if (!mask) {
        ++run.pc;
        continue;
      }
      splitOff(warp, mask, run.pc + 1);
      const auto *index = in<uint32_t>(warp, instr.op[0]);
      const auto targets = static_cast<uint32_t>(warp.frame->code->lists[run.pc].size());
      uint32_t left = mask;
      while (left) {
        const uint32_t wanted = index[std::countr_zero(left)];
        if (wanted >= targets) {
          warp.mask = left;
          fault(warp, ErrorKind::InvalidInstruction, left & -left, 0,
                "brx.idx with index " + std::to_string(wanted) + " into a list of " + std::to_string(targets) +
                    " targets");
          return Stop::Failed;
        }
        uint32_t same = 0;
        for (uint32_t m = left; m; m &= m - 1)
          if (index[std::countr_zero(m)] == wanted)
            same |= m & -m;
        left &= ~same;
        if (left) {
          warp.groups[warp.groupCount++] = Group{instr.list[wanted], same, warp.frame, Group::Ready, 0};
          warp.groups[warp.current].lanes = left;
        } else {
          warp.groups[warp.current].pc = instr.list[wanted];
        }
      }
      reschedule();
      continue;
    }

    case Kind::Call:
      if (!mask) {
        ++run.pc;
        continue;
      }
      run.save(warp);
      splitOff(warp, mask, run.pc + 1);
      if (!enterFunction(warp, instr, mask))
        return Stop::Failed;
      if (warp.groups[warp.current].frame == warp.frame) // a function of the system
        ++warp.groups[warp.current].pc;
      reschedule();
      if (warp.executed >= end)
        return Stop::Quantum;
      continue;

    case Kind::Return:
      if (!mask) {
        ++run.pc;
        continue;
      }
      run.save(warp);
      splitOff(warp, mask, run.pc + 1);
      leaveFunction(warp, mask);
      reschedule();
      continue;

    case Kind::Exit:
      if (!mask) {
        ++run.pc;
        continue;
      }
      run.save(warp);
      exitLanes(warp, mask);
      if (warp.groupCount == 0 || !reschedule())
        return Stop::Blocked;
      continue;

    case Kind::Barrier:
      if (!mask) {
        ++run.pc;
        continue;
      }
      run.save(warp);
      splitOff(warp, mask, run.pc + 1);
      if (!arriveAtBarrier(warp, instr, mask))
        return Stop::Failed;
      warp.forced = 0;
      if (!reschedule())
        return Stop::Blocked;
      continue;
    }
  }
}

uint64_t executedBy(const Cta &cta) {
  uint64_t sum = 0;
  for (const Warp &warp : cta.warps)
    sum += warp.executed;
  return sum;
}

} // namespace

Progress runCta(Cta &cta) {
  while (true) {
    bool ran = false, progressed = false;
    for (Warp &warp : cta.warps) {
      if (warp.groupCount == 0)
        continue;
      releaseFromCluster(warp);
      const uint64_t before = warp.executed;
      const Stop stop = runWarp(warp);
      if (stop == Stop::Failed) {
        cta.failed = true;
        return Progress::Failed;
      }
      ran |= warp.executed != before;
      progressed |= warp.executed != before && stop != Stop::Spinning;
    }
    if (progressed)
      cta.launch->activity.fetch_add(1, std::memory_order_relaxed);
    if (cta.liveThreads == 0)
      return Progress::Done;
    if (executedBy(cta) > cta.instructionLimit) {
      for (Warp &warp : cta.warps)
        if (warp.groupCount) {
          fault(warp, ErrorKind::Timeout, warp.groups[warp.current].lanes, 0,
                "still running after " + std::to_string(cta.instructionLimit) + " warp instructions");
          break;
        }
      cta.failed = true;
      return Progress::Failed;
    }
    if (!ran && !waitsForCluster(cta)) {
      reportDeadlock(cta);
      cta.failed = true;
      return Progress::Failed;
    }
    if (!progressed)
      return Progress::Waiting;
  }
}

} // namespace tessera::sim
