//===- AsyncCopy.cpp - cp.async -------------------------------------------===//
//
// A copy is made when something waits for it and not before: a program that reads too early reads what was there, every
// time.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Async.h"
#include "runtime/simulator/CommonFamilies.h"
#include "runtime/simulator/Count.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace tessera::sim {

using namespace common;
using ptx::Operand;
using ptx::Space;
using ptx::Type;

namespace {

/// Makes the part of a copy that belongs to `lanes`.
void finishCopy(Warp &warp, PendingCopy &copy, uint32_t lanes) {
  copy.lanes &= ~lanes;
  for (uint32_t m = lanes; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    char *target = warp.cta->shared + copy.target[lane];
    if (copy.sourceBytes[lane]) // else the source may be no address at all
      std::memcpy(target, reinterpret_cast<const void *>(copy.source[lane]), copy.sourceBytes[lane]);
    std::memset(target + copy.sourceBytes[lane], 0, copy.bytes - copy.sourceBytes[lane]);
    if (warp.cta->sharedShadow)
      std::memset(warp.cta->sharedShadow + copy.target[lane], 1, copy.bytes);
  }
}

void retire(Warp &warp) {
  std::erase_if(warp.copies, [](const PendingCopy &copy) { return copy.lanes == 0; });
}

/// Finishes the copies of the executing lanes whose group is at most `keep` groups old, or all.
void finishCopies(Warp &warp, uint32_t keep, bool all) {
  Order *order = warp.cta->order;
  for (PendingCopy &copy : warp.copies) {
    uint32_t lanes = 0;
    for (uint32_t m = copy.lanes & warp.mask; m; m &= m - 1) {
      const unsigned lane = std::countr_zero(m);
      if (all || copy.group + keep < warp.copyGroup[lane])
        lanes |= m & -m;
    }
    if (!lanes)
      continue;
    finishCopy(warp, copy, lanes);
    if (order && copy.ticket)
      order->end(std::exchange(copy.ticket, 0), warp);
  }
  if (order && warp.copiesDone.agent)
    order->acquire(warp, warp.copiesDone);
  retire(warp);
}

/// Adds the stretches of shared memory that a copy writes to `ranges`; those of neighbouring lanes mostly meet.
void collectRanges(Cta &cta, const PendingCopy &copy, std::vector<AsyncRange> &ranges) {
  for (uint32_t m = copy.lanes; m; m &= m - 1) {
    const uint32_t begin = copy.target[std::countr_zero(m)];
    if (!ranges.empty() && ranges.back().end == begin)
      ranges.back().end += copy.bytes;
    else
      ranges.push_back({&cta, begin, begin + copy.bytes, true});
  }
}

/// op: 0 target, 1 source, 2 bytes to read, 3 predicate to read nothing. The source's offset is in `other`, its flags
/// in `count`.
void asyncCopy(Warp &warp, const Instr &instr) {
  const unsigned bytes = instr.bytes;
  Lanes64 target, source;
  if (!resolve(warp, instr, 0, Space::Shared, bytes, AccessKind::WriteLater, target))
    return;
  PendingCopy copy;
  copy.bytes = instr.bytes;
  const uint32_t executing = warp.mask;
  uint32_t whole = 0, partial = 0;
  const uint32_t ignored = instr.op[3] == NoRef ? 0 : *in<uint32_t>(warp, instr.op[3]);
  for (unsigned lane = 0; lane < WarpSize; ++lane) {
    uint32_t wanted = instr.op[2] == NoRef ? bytes : in<uint32_t>(warp, instr.op[2])[lane];
    if (ignored >> lane & 1)
      wanted = 0;
    copy.sourceBytes[lane] = static_cast<uint8_t>(wanted > bytes ? bytes : wanted);
    whole |= uint32_t(wanted >= bytes) << lane;
    partial |= uint32_t(wanted > 0 && wanted < bytes) << lane;
  }
  Instr from = instr;
  from.imm = static_cast<int32_t>(instr.other);
  from.flags = instr.count;
  computeAddresses(warp, from, 1, source);
  bool ok = true;
  if (executing & whole) {
    warp.mask = executing & whole;
    ok = resolve(warp, from, 1, Space::Global, bytes, AccessKind::ReadLater, source);
  }
  if (ok && (executing & partial)) {
    Lanes64 last;
    computeAddresses(warp, from, 1, last);
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      last.lane[lane] += copy.sourceBytes[lane] ? copy.sourceBytes[lane] - 1 : 0;
    warp.mask = executing & partial;
    ok = resolveSlowly(warp, Space::Global, 1, AccessKind::ReadLater, last);
    for (uint32_t m = watched(warp) ? warp.mask : 0; ok && m; m &= m - 1) {
      const unsigned lane = std::countr_zero(m), wanted = copy.sourceBytes[lane];
      warp.mask = m & -m;
      ok = watchBytes(warp, last.lane[lane] - (wanted - 1), wanted, AccessKind::ReadLater);
    }
  }
  warp.mask = executing;
  if (!ok)
    return;
  if (warp.counting)
    countCopySource(warp, executing, source.lane, copy.sourceBytes, bytes);
  // Lanes of a warp are usually in the same group of copies.
  uint32_t left = executing;
  const auto shared = reinterpret_cast<uint64_t>(warp.cta->shared);
  for (unsigned lane = 0; lane < WarpSize; ++lane) {
    copy.target[lane] = static_cast<uint32_t>(target.lane[lane] - shared);
    copy.source[lane] = source.lane[lane];
  }
  while (left) {
    copy.group = warp.copyGroup[std::countr_zero(left)];
    copy.lanes = 0;
    for (uint32_t m = left; m; m &= m - 1)
      if (warp.copyGroup[std::countr_zero(m)] == copy.group)
        copy.lanes |= m & -m;
    left &= ~copy.lanes;
    copy.number = ++warp.copyNumber;
    copy.ticket = 0;
    if (Order *order = warp.cta->order) {
      std::vector<AsyncRange> ranges;
      collectRanges(*warp.cta, copy, ranges);
      copy.ticket = order->begin(warp, AsyncAgent::Copy, ranges);
      if (warp.faulted)
        return;
    }
    warp.copies.push_back(copy);
  }
}

void commitGroup(Warp &warp, const Instr &) {
  for (uint32_t m = warp.mask; m; m &= m - 1)
    ++warp.copyGroup[std::countr_zero(m)];
}
void waitGroup(Warp &warp, const Instr &instr) { finishCopies(warp, static_cast<uint32_t>(instr.imm), false); }
void waitAll(Warp &warp, const Instr &) { finishCopies(warp, 0, true); }

} // namespace

void finishCopiesUpTo(Warp &warp, uint32_t lanes, uint32_t number, SyncPoint &point) {
  Order *order = warp.cta->order;
  for (PendingCopy &copy : warp.copies) {
    if (copy.number > number || !(copy.lanes & lanes))
      continue;
    finishCopy(warp, copy, copy.lanes & lanes);
    if (order && copy.ticket && copy.lanes == 0)
      order->end(std::exchange(copy.ticket, 0), warp.copiesDone);
  }
  retire(warp);
  // An arrival tells of all copies before it, those that another has told of too.
  const VectorTime &done = warp.copiesDone.time;
  if (point.time.size() < done.size())
    point.time.resize(done.size(), 0);
  for (size_t i = 0; i < done.size(); ++i)
    point.time[i] = std::max(point.time[i], done[i]);
}

bool common::decodeAsyncCopy(Decoder &d) {
  const bool reduces = d.take("reduce");
  if (!d.take("async"))
    return false;
  if (d.take("bulk"))
    return d.take("tensor") ? decodeBulkTensor(d, reduces) : decodeBulk(d, reduces);
  if (reduces)
    return false;
  if (d.take("commit_group")) {
    d.instr.exec = commitGroup;
    return d.done(0);
  }
  if (d.take("wait_all")) {
    d.instr.exec = waitAll;
    return d.done(0);
  }
  if (d.take("wait_group")) {
    if (d.operandCount() != 1 || d.operand(0).kind != Operand::Immediate)
      return d.fail("expected an immediate in 'cp.async.wait_group'");
    d.instr.imm = d.operand(0).value;
    d.instr.exec = waitGroup;
    return d.done(1);
  }
  if (d.take("mbarrier"))
    return decodeCopiesArrive(d);
  if (d.takeOneOf({"ca", "cg"}) < 0)
    return false;
  if (d.takeOneOf({"shared", "shared::cta"}) < 0 || !d.take("global"))
    return false;
  bool policy = false;
  for (std::string_view modifier = d.takePrefix("L2::"); !modifier.empty(); modifier = d.takePrefix("L2::"))
    policy |= modifier == "L2::cache_hint";
  const unsigned given = d.operandCount() - (policy ? 1 : 0);
  if (given < 3 || given > 4 || d.operand(2).kind != Operand::Immediate)
    return d.fail("expected a target, a source and a size in 'cp.async'");
  const int64_t bytes = d.operand(2).value;
  if (bytes != 4 && bytes != 8 && bytes != 16)
    return d.fail("cp.async of " + std::to_string(bytes) + " bytes: expected 4, 8 or 16");
  if (!d.address(d.operand(1), 1, Space::Global))
    return false;
  const int64_t sourceOffset = d.instr.imm;
  const uint8_t sourceFlags = d.instr.flags;
  if (sourceOffset != static_cast<int32_t>(sourceOffset))
    return d.fail("cp.async with an absolute source address");
  d.instr.flags = 0;
  if (!d.address(d.operand(0), 0, Space::Shared))
    return false;
  d.instr.other = static_cast<uint32_t>(static_cast<int32_t>(sourceOffset));
  d.instr.count = sourceFlags;
  d.instr.bytes = static_cast<uint8_t>(bytes);
  if (given == 4) {
    if (d.widthOf(d.operand(3)) == 1) {
      bool negated = false;
      d.instr.op[3] = d.usePredicate(d.operand(3), negated);
      if (negated)
        return d.fail("negated predicate in 'cp.async'");
    } else {
      d.instr.op[2] = d.use(3, Type::U32);
    }
  }
  d.instr.kind = Kind::Faulting;
  d.instr.exec = asyncCopy;
  return d.done(given + (policy ? 1 : 0));
}

} // namespace tessera::sim
