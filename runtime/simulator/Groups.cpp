//===- Groups.cpp - The groups of a warp: parting, meeting, calls ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Groups.h"

#include "runtime/simulator/Count.h"
#include "runtime/simulator/Scheduler.h"

#include <algorithm>
#include <bit>

namespace tessera::sim {

namespace {

/// How long a group keeps the turn that another of its warp gave up waiting.
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

} // namespace

// ---- Parting and meeting
// ----

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

void splitOff(Warp &warp, uint32_t mask, uint32_t pc) {
  Group &group = warp.groups[warp.current];
  const uint32_t rest = group.lanes & ~mask;
  if (!rest)
    return;
  group.lanes = mask;
  warp.groups[warp.groupCount++] = Group{pc, rest, group.frame, Group::Ready, 0};
}

uint32_t unionOfMembers(const Warp &warp, const Instr &instr, uint32_t mask) {
  const auto *masks = in<uint32_t>(warp, instr.op[5]);
  uint32_t all = 0;
  for (; mask; mask &= mask - 1)
    all |= masks[std::countr_zero(mask)];
  return all;
}

uint32_t sameMembers(const Warp &warp, const Instr &instr, uint32_t mask) {
  const auto *masks = in<uint32_t>(warp, instr.op[5]);
  const uint32_t wanted = masks[std::countr_zero(mask)];
  uint32_t same = 0;
  for (; mask; mask &= mask - 1)
    if (masks[std::countr_zero(mask)] == wanted)
      same |= mask & -mask;
  return same;
}

void releaseSynchronised(Warp &warp, uint32_t members) {
  uint32_t waiting = 0;
  const auto waits = [&](const Group &group) {
    const Instr &instr = group.frame->code->instrs[group.pc];
    return group.state == Group::WaitsLanes && (instr.flags & SyncOnly) && instr.kind == Kind::WarpSync;
  };
  for (uint32_t i = 0; i < warp.groupCount; ++i)
    if (waits(warp.groups[i]))
      waiting |= warp.groups[i].lanes;
  if (members & warp.live & ~waiting)
    return;
  for (uint32_t i = 0; i < warp.groupCount; ++i) {
    Group &group = warp.groups[i];
    if (!waits(group) || !(group.lanes & members))
      continue;
    if (warp.cta->counts)
      countIssue(warp, warp.cta->counts->of(group.frame->code)[group.pc], group.lanes);
    group.state = Group::Ready;
    ++group.pc;
  }
}

bool branchByTable(Warp &warp, const Instr &instr, uint32_t mask) {
  const uint32_t pc = warp.pc();
  const auto *index = in<uint32_t>(warp, instr.op[0]);
  const auto targets = static_cast<uint32_t>(warp.frame->code->lists[pc].size());
  for (uint32_t left = mask; left;) {
    const uint32_t wanted = index[std::countr_zero(left)];
    if (wanted >= targets) {
      warp.mask = left;
      fault(warp, ErrorKind::InvalidInstruction, left & -left, 0,
            "brx.idx with index " + std::to_string(wanted) + " into a list of " + std::to_string(targets) + " targets");
      return false;
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
  return true;
}

// ---- Calls
// ----

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
  constexpr uint32_t FrameAlignment = 16;
  const uint64_t localBase = uint64_t(caller->localBase) + caller->code->localBytes +
                             (caller->stackBytes + FrameAlignment - 1) / FrameAlignment * FrameAlignment;
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
  frame->stackBytes = 0;
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
  if (warp.cta->order)
    warp.cta->order->exits(warp, mask);
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

} // namespace tessera::sim
