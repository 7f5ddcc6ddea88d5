//===- Async.cpp - cp.async and mbarrier ----------------------------------===//
//
// A copy is made when something waits for it and not before: a program that reads too early reads what was there, every
// time.
//
// An mbarrier is one 64-bit word of shared memory:
//
//   63      phase parity          62      set when initialised
//   61..40  bytes still awaited   39..20  arrivals a phase takes      19..0  arrivals still awaited
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/CommonFamilies.h"

#include <bit>

namespace tessera::sim {

using namespace common;
using ptx::Operand;
using ptx::Space;
using ptx::Type;

namespace {

// ---- cp.async
// ------------------------------------------------------------------------------------------------------------------

/// Makes the part of a copy that belongs to `lanes`.
void finishCopy(Warp &warp, PendingCopy &copy, uint32_t lanes) {
  copy.lanes &= ~lanes;
  for (uint32_t m = lanes; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    char *target = warp.cta->shared + copy.target[lane];
    std::memcpy(target, reinterpret_cast<const void *>(copy.source[lane]), copy.sourceBytes[lane]);
    std::memset(target + copy.sourceBytes[lane], 0, copy.bytes - copy.sourceBytes[lane]);
    if (warp.cta->sharedShadow)
      std::memset(warp.cta->sharedShadow + copy.target[lane], 1, copy.bytes);
  }
}

/// Finishes the copies of the executing lanes whose group is at most `keep` groups old, or all.
void finishCopies(Warp &warp, uint32_t keep, bool all) {
  for (PendingCopy &copy : warp.copies) {
    uint32_t lanes = 0;
    for (uint32_t m = copy.lanes & warp.mask; m; m &= m - 1) {
      const unsigned lane = std::countr_zero(m);
      if (all || copy.group + keep < warp.copyGroup[lane])
        lanes |= m & -m;
    }
    if (lanes)
      finishCopy(warp, copy, lanes);
  }
  std::erase_if(warp.copies, [](const PendingCopy &copy) { return copy.lanes == 0; });
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
  }
  warp.mask = executing;
  if (!ok)
    return;
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
    warp.copies.push_back(copy);
  }
}

void commitGroup(Warp &warp, const Instr &) {
  for (uint32_t m = warp.mask; m; m &= m - 1)
    ++warp.copyGroup[std::countr_zero(m)];
}
void waitGroup(Warp &warp, const Instr &instr) { finishCopies(warp, static_cast<uint32_t>(instr.imm), false); }
void waitAll(Warp &warp, const Instr &) { finishCopies(warp, 0, true); }

// ---- mbarrier
// --------------------------------------------------------------------------------------------------------------------

constexpr uint64_t CountMask = (1u << 20) - 1;
constexpr unsigned ExpectedShift = 20, BytesShift = 40;
constexpr uint64_t BytesMask = (1u << 22) - 1, Initialised = uint64_t(1) << 62, Phase = uint64_t(1) << 63;

struct Mbarrier {
  uint64_t pending, expected, phase;
  int64_t bytes;

  explicit Mbarrier(uint64_t word)
      : pending(word & CountMask), expected(word >> ExpectedShift & CountMask), phase(word & Phase),
        bytes(static_cast<int64_t>((word >> BytesShift & BytesMask) << 42) >> 42) {}
  uint64_t word() const {
    return pending | expected << ExpectedShift | (static_cast<uint64_t>(bytes) & BytesMask) << BytesShift |
           Initialised | phase;
  }
  void completeIfDone() {
    if (pending != 0 || bytes != 0)
      return;
    phase ^= Phase;
    pending = expected;
  }
};

enum class Action : uint32_t {
  Init,
  Inval,
  ExpectTx,
  CompleteTx,
  Arrive,
  ArriveExpectTx,
  ArriveDrop,
  ArriveDropExpectTx,
  TestWait,
  TryWait,
  CopiesArrive,
  CopiesArriveNoInc
};

uint64_t readWord(uint64_t host) {
  uint64_t word;
  std::memcpy(&word, reinterpret_cast<const void *>(host), sizeof word);
  return word;
}

bool actOn(Warp &warp, const Instr &instr, Action action, unsigned lane, uint64_t host, uint64_t address) {
  const uint32_t argument = instr.op[1] == NoRef ? 1 : in<uint32_t>(warp, instr.op[1])[lane];
  const auto fail = [&](std::string text) {
    fault(warp, ErrorKind::InvalidInstruction, 1u << lane, address, std::move(text));
    return false;
  };
  const uint64_t old = readWord(host);
  Mbarrier barrier(old);
  if (action == Action::Init) {
    if (argument == 0 || argument > CountMask)
      return fail("mbarrier for " + std::to_string(argument) + " arrivals: expected 1 to " + std::to_string(CountMask));
    barrier = Mbarrier(0);
    barrier.pending = barrier.expected = argument;
  } else if (!(old & Initialised)) {
    return fail("no mbarrier was initialised at shared address " + std::to_string(address));
  }
  switch (action) {
  case Action::Init:
    break;
  case Action::Inval:
    std::memset(reinterpret_cast<void *>(host), 0, sizeof old);
    return true;
  case Action::ExpectTx:
    barrier.bytes += argument;
    break;
  case Action::CompleteTx:
    barrier.bytes -= argument;
    barrier.completeIfDone();
    break;
  case Action::ArriveDrop:
  case Action::ArriveDropExpectTx:
    barrier.expected -= barrier.expected ? 1 : 0;
    [[fallthrough]];
  case Action::Arrive:
  case Action::ArriveExpectTx: {
    const bool expects = action == Action::ArriveExpectTx || action == Action::ArriveDropExpectTx;
    const uint64_t count = expects ? 1 : argument;
    if (expects)
      barrier.bytes += argument;
    if (barrier.pending < count)
      return fail("mbarrier arrival of " + std::to_string(count) + " where only " + std::to_string(barrier.pending) +
                  " are awaited in this phase");
    barrier.pending -= count;
    barrier.completeIfDone();
    if (instr.op[2] != NoRef)
      out<uint64_t>(warp, instr.op[2])[lane] = old;
    break;
  }
  case Action::CopiesArriveNoInc:
    if (barrier.pending == 0)
      return fail("mbarrier arrival where none is awaited in this phase");
    --barrier.pending;
    barrier.completeIfDone();
    break;
  default:
    break;
  }
  const uint64_t word = barrier.word();
  std::memcpy(reinterpret_cast<void *>(host), &word, sizeof word);
  return true;
}

/// op: 0 address, 1 count or bytes, 2 state written.
void mbarrierAction(Warp &warp, const Instr &instr) {
  Lanes64 a;
  const auto action = static_cast<Action>(instr.target);
  if (!resolve(warp, instr, 0, Space::Shared, 8, AccessKind::Write, a))
    return;
  if (action == Action::CopiesArrive || action == Action::CopiesArriveNoInc)
    finishCopies(warp, 0, true);
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    if (!actOn(warp, instr, action, lane, a.lane[lane], a.lane[lane] - reinterpret_cast<uint64_t>(warp.cta->shared)))
      return;
  }
}

/// op: 0 address, 1 state (64 bits) or parity (32, `bytes` 4), 2 predicate written.
void mbarrierWait(Warp &warp, const Instr &instr) {
  Lanes64 a;
  if (!resolve(warp, instr, 0, Space::Shared, 8, AccessKind::Read, a))
    return;
  uint32_t done = 0;
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const uint64_t word = readWord(a.lane[lane]);
    if (!(word & Initialised)) {
      fault(warp, ErrorKind::InvalidInstruction, m & -m, a.lane[lane] - reinterpret_cast<uint64_t>(warp.cta->shared),
            "wait on an mbarrier that was not initialised");
      return;
    }
    const bool awaited =
        instr.bytes == 4 ? in<uint32_t>(warp, instr.op[1])[lane] & 1 : in<uint64_t>(warp, instr.op[1])[lane] >> 63;
    if ((word >> 63) != uint64_t(awaited))
      done |= m & -m;
  }
  auto &predicate = *out<uint32_t>(warp, instr.op[2]);
  predicate = (predicate & ~warp.mask) | done;
  warp.yielded = done != warp.mask;
}

void pendingCount(Warp &warp, const Instr &instr) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    out<uint32_t>(warp, instr.op[0])[lane] = static_cast<uint32_t>(in<uint64_t>(warp, instr.op[1])[lane] & CountMask);
  }
}

bool decodeCopiesArrive(Decoder &d) {
  const bool noIncrement = d.take("noinc");
  if (!d.take("arrive"))
    return false;
  d.takeOneOf({"shared", "shared::cta"});
  d.take("b64");
  if (d.operandCount() != 1 || !d.address(d.operand(0), 0, Space::Shared))
    return false;
  d.instr.target = static_cast<uint32_t>(noIncrement ? Action::CopiesArriveNoInc : Action::CopiesArrive);
  d.instr.kind = Kind::Faulting;
  d.instr.exec = mbarrierAction;
  return d.done(1);
}

} // namespace

bool common::decodeAsyncCopy(Decoder &d) {
  if (!d.take("async"))
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

bool common::decodeMbarrier(Decoder &d) {
  if (d.take("pending_count")) {
    d.takeType();
    d.instr.op[0] = d.define(0, 32);
    d.instr.op[1] = d.use(1, Type::B64);
    d.instr.exec = pendingCount;
    return d.done(2);
  }
  const int what =
      d.takeOneOf({"init", "inval", "arrive", "arrive_drop", "test_wait", "try_wait", "expect_tx", "complete_tx"});
  const bool expects = what != 6 && d.take("expect_tx"), parity = d.take("parity");
  d.take("noComplete");
  bool waits = false, policy = false;
  takeMemoryModifiers(d, waits, policy);
  d.instr.ordering = 0; // what mbarriers order is not told by their addresses
  d.takeOneOf({"shared", "shared::cta", "shared::cluster"});
  if (what < 0 || d.takeType() != Type::B64)
    return false;
  d.instr.kind = Kind::Faulting;
  unsigned next = 0;
  if (what == 4 || what == 5) {
    d.instr.kind = what == 5 ? Kind::Yield : Kind::Faulting;
    d.instr.spins = true;
    d.instr.op[2] = d.define(next++, 1);
    if (d.operandCount() < 3 || !d.address(d.operand(next++), 0, Space::Shared))
      return d.done(3, 4);
    d.instr.op[1] = d.use(next++, parity ? Type::U32 : Type::B64);
    d.instr.bytes = parity ? 4 : 8;
    d.instr.exec = mbarrierWait;
    return d.done(next, next + 1); // a time hint may follow
  }
  static constexpr Action Actions[] = {Action::Init,     Action::Inval,   Action::Arrive,   Action::ArriveDrop,
                                       Action::TestWait, Action::TryWait, Action::ExpectTx, Action::CompleteTx};
  Action action = Actions[what];
  if (expects)
    action = action == Action::Arrive ? Action::ArriveExpectTx : Action::ArriveDropExpectTx;
  d.instr.target = static_cast<uint32_t>(action);
  d.instr.exec = mbarrierAction;
  if ((what == 2 || what == 3) && d.operandCount() > 0 && d.operand(0).kind != Operand::Address)
    d.instr.op[2] = d.define(next++, 64);
  if (d.operandCount() <= next || !d.address(d.operand(next++), 0, Space::Shared))
    return d.done(1, 3);
  if (d.operandCount() > next)
    d.instr.op[1] = d.use(next++, Type::U32);
  return d.done(next);
}

} // namespace tessera::sim
