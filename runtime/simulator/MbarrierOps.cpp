//===- MbarrierOps.cpp - The mbarrier instructions ------------------------===//
//
// Lanes act one after the other. Orderings follow the instruction's semantics: an arrival leaves what the warp knows
// at the phase it arrives in, a wait that succeeds takes over what was left at the phase it waited for. So do .relaxed
// ones: what a fence beside them orders is not told apart from the rest.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Async.h"
#include "runtime/simulator/CommonFamilies.h"
#include "runtime/simulator/Watch.h"

#include <bit>
#include <utility>

namespace tessera::sim {

using namespace common;
using ptx::Operand;
using ptx::Space;
using ptx::Type;

namespace {

enum class Action : uint8_t { Init, Inval, Arrive, ArriveDrop, TestWait, TryWait, ExpectTx, CompleteTx, CopiesArrive };

/// Instr::bytes of mbarrier instructions.
enum MbarrierFlags : uint8_t { Generic = 1, Expects = 2, Parity = 4, NoComplete = 8, NoIncrement = 16 };

std::string at(const SharedPlace &place) { return describeShared(*place.cta->launch, place.address); }

bool fail(const Issuer &issuer, const SharedPlace &place, std::string message) {
  fault(issuer, ErrorKind::MbarrierMisuse, place.address, std::move(message));
  return false;
}

/// An mbarrier instruction of some lanes touches memory as an atomic access would, or a store. False after a fault.
bool watchBarrier(Warp &warp, const Instr &instr, uint32_t lanes, const SharedPlace &place, AccessKind kind) {
  if (!watched(warp))
    return true;
  Lanes64 addresses;
  for (uint32_t m = lanes; m; m &= m - 1)
    addresses.lane[std::countr_zero(m)] = reinterpret_cast<uint64_t>(place.cta->shared) + place.address;
  const uint32_t executing = std::exchange(warp.mask, lanes);
  const bool ok = watchAccess(warp, instr, Space::Shared, MbarrierBytes, kind, addresses);
  warp.mask = executing;
  return ok;
}

bool initialise(const Issuer &issuer, const SharedPlace &place, uint32_t count) {
  if (count == 0 || count > MbarrierCountLimit)
    return fail(issuer, place,
                "mbarrier for " + std::to_string(count) + " arrivals: expected 1 to " +
                    std::to_string(MbarrierCountLimit));
  if (const Mbarrier *old = place.cta->mbarriers.find(place.address); old && old->live && old->inFlight)
    return fail(issuer, place,
                "mbarrier initialised at " + at(place) + ", where one is that has to hear of operations in flight (" +
                    std::to_string(old->inFlight) + "): " + old->describe());
  Mbarrier &barrier = place.cta->mbarriers.make(place.address, place.cta->sharedEnd);
  barrier.pending = barrier.expected = count;
  mirror(place, barrier);
  if (place.cta->sharedShadow)
    std::memset(place.cta->sharedShadow + place.address, 1, MbarrierBytes);
  return true;
}

bool invalidate(const Issuer &issuer, const SharedPlace &place) {
  Mbarrier *barrier = mbarrierAt(issuer, place);
  if (!barrier)
    return false;
  if (barrier->inFlight)
    return fail(issuer, place,
                "mbarrier invalidated that has to hear of operations in flight (" + std::to_string(barrier->inFlight) +
                    "): " + barrier->describe());
  barrier->live = false;
  std::memset(place.cta->shared + place.address, 0, MbarrierBytes);
  return true;
}

bool arrive(const Issuer &issuer, const Instr &instr, const SharedPlace &place, bool drops, uint32_t argument) {
  Mbarrier *barrier = mbarrierAt(issuer, place);
  if (!barrier)
    return false;
  Warp &warp = *issuer.warp;
  const uint64_t before = barrier->word();
  const uint32_t count = instr.bytes & Expects ? 1 : argument;
  if (count == 0 || count > MbarrierCountLimit)
    return fail(issuer, place,
                "mbarrier arrival of " + std::to_string(count) + ": expected 1 to " +
                    std::to_string(MbarrierCountLimit));
  if (Order *order = warp.cta->order)
    order->release(warp, barrier->point());
  std::string wrong;
  if (instr.bytes & Expects)
    wrong = barrier->expect(argument);
  if (wrong.empty() && drops) {
    if (barrier->expected < count)
      return fail(issuer, place,
                  "mbarrier arrive_drop of " + std::to_string(count) + " where a phase takes " +
                      std::to_string(barrier->expected) + " arrivals");
    barrier->expected -= count;
  }
  const uint32_t phase = barrier->phase;
  if (wrong.empty())
    wrong = barrier->arrive(count);
  if (wrong.empty() && (instr.bytes & NoComplete) && barrier->phase != phase)
    wrong = "mbarrier arrival with .noComplete completes the phase";
  if (!wrong.empty())
    return fail(issuer, place, std::move(wrong));
  if (instr.op[2] != NoRef)
    out<uint64_t>(warp, instr.op[2])[issuer.lane] = before;
  mirror(place, *barrier);
  return true;
}

bool count(const Issuer &issuer, const SharedPlace &place, bool expects, uint32_t bytes) {
  Mbarrier *barrier = mbarrierAt(issuer, place);
  if (!barrier)
    return false;
  std::string wrong = expects ? barrier->expect(bytes) : barrier->bring(bytes);
  if (!wrong.empty())
    return fail(issuer, place, std::move(wrong));
  mirror(place, *barrier);
  return true;
}

/// cp.async.mbarrier.arrive: what arrives is an operation of its own, once the threads' copies so far are made.
bool copiesArrive(const Issuer &issuer, const Instr &instr, const SharedPlace &place, uint32_t lanes) {
  Mbarrier *barrier = mbarrierAt(issuer, place);
  if (!barrier)
    return false;
  const auto count = static_cast<uint32_t>(std::popcount(lanes));
  if (!(instr.bytes & NoIncrement)) {
    if (barrier->pending + count > MbarrierCountLimit)
      return fail(issuer, place, "mbarrier awaits " + std::to_string(barrier->pending) + " arrivals: no more can be");
    barrier->pending += count;
    mirror(place, *barrier);
  }
  Warp &warp = *issuer.warp;
  AsyncOperation &operation = warp.cta->async->make(warp, issuer.lane, AsyncOperation::CopiesArrive);
  operation.target = operation.barrier = place;
  operation.lanes = lanes;
  operation.elements = count;
  operation.copies = warp.copyNumber;
  return warp.cta->async->begin(operation, {});
}

/// op: 0 address, 1 count or bytes, 2 state written.
void mbarrierAction(Warp &warp, const Instr &instr) {
  const auto action = static_cast<Action>(instr.target);
  warp.wrote = true;
  for (uint32_t left = warp.mask; left;) {
    const unsigned lane = std::countr_zero(left);
    uint32_t lanes = 1u << lane;
    const uint64_t address = addressAt(warp, instr, 0, lane);
    if (action == Action::CopiesArrive) // lanes that name the same one together
      for (uint32_t m = left; m; m &= m - 1)
        lanes |= addressAt(warp, instr, 0, std::countr_zero(m)) == address ? m & -m : 0;
    left &= ~lanes;
    SharedPlace place;
    if (!sharedPlace(warp, lane, address, instr.bytes & Generic, MbarrierBytes, MbarrierBytes, "mbarrier", place))
      return;
    const Issuer issuer(warp, lane);
    const bool isWrite = action == Action::Init || action == Action::Inval;
    // Where there never was one, that is what to say, not that its bytes were not written.
    if (!isWrite && !place.cta->mbarriers.find(place.address) && !mbarrierAt(issuer, place))
      return;
    if (!watchBarrier(warp, instr, lanes, place, isWrite ? AccessKind::Write : AccessKind::Atomic))
      return;
    const uint32_t argument = instr.op[1] == NoRef ? 1 : in<uint32_t>(warp, instr.op[1])[lane];
    bool ok = true;
    switch (action) {
    case Action::Init:
      ok = initialise(issuer, place, argument);
      break;
    case Action::Inval:
      ok = invalidate(issuer, place);
      break;
    case Action::Arrive:
    case Action::ArriveDrop:
      ok = arrive(issuer, instr, place, action == Action::ArriveDrop, argument);
      break;
    case Action::ExpectTx:
    case Action::CompleteTx:
      ok = count(issuer, place, action == Action::ExpectTx, argument);
      break;
    case Action::CopiesArrive:
      ok = copiesArrive(issuer, instr, place, lanes);
      break;
    case Action::TestWait:
    case Action::TryWait:
      break;
    }
    if (!ok)
      return;
  }
}

/// Remembers a wait that did not succeed, for the report of a deadlock.
void noteWait(Warp &warp, uint32_t lanes, uint32_t address, uint32_t parity) {
  const uint32_t pc = warp.pc();
  MbarrierWait *place = nullptr;
  for (MbarrierWait &wait : warp.waits)
    if (wait.pc == pc && wait.frame == warp.frame)
      place = &wait;
  if (!place)
    place = &warp.waits[warp.nextWait++ % std::size(warp.waits)];
  *place = {warp.frame, pc, lanes, address, parity};
}

/// op: 0 address, 1 state (64 bits) or parity (32), 2 predicate written.
void mbarrierWait(Warp &warp, const Instr &instr) {
  uint32_t done = 0, left = warp.mask;
  Order *order = warp.cta->order;
  while (left) {
    // Mostly all lanes wait for the same.
    const unsigned lane = std::countr_zero(left);
    const uint64_t address = addressAt(warp, instr, 0, lane);
    const auto parityOf = [&](unsigned l) {
      return instr.bytes & Parity ? in<uint32_t>(warp, instr.op[1])[l] & 1
                                  : static_cast<uint32_t>(in<uint64_t>(warp, instr.op[1])[l] >> 63);
    };
    const uint32_t parity = parityOf(lane);
    uint32_t same = 0;
    for (uint32_t m = left; m; m &= m - 1) {
      const unsigned l = std::countr_zero(m);
      if (addressAt(warp, instr, 0, l) == address && parityOf(l) == parity)
        same |= m & -m;
    }
    left &= ~same;
    SharedPlace place;
    if (!sharedPlace(warp, lane, address, instr.bytes & Generic, MbarrierBytes, MbarrierBytes, "mbarrier", place))
      return;
    const Issuer issuer(warp, lane);
    if (place.cta != warp.cta) {
      fail(issuer, place, "wait for an mbarrier of another block of the cluster: only its own block can");
      return;
    }
    const Mbarrier *barrier = mbarrierAt(issuer, place);
    if (!barrier || !watchBarrier(warp, instr, same, place, AccessKind::Atomic))
      return;
    if ((barrier->phase & 1) == parity) {
      noteWait(warp, same, place.address, parity);
      continue;
    }
    done |= same;
    if (order)
      order->acquire(warp, barrier->lastPoint());
  }
  auto &predicate = *out<uint32_t>(warp, instr.op[2]);
  predicate = (predicate & ~warp.mask) | done;
  warp.yielded = static_cast<Action>(instr.target) == Action::TryWait && done != warp.mask;
}

void pendingCount(Warp &warp, const Instr &instr) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    out<uint32_t>(warp, instr.op[0])[lane] =
        static_cast<uint32_t>(in<uint64_t>(warp, instr.op[1])[lane] & MbarrierCountLimit);
  }
}

/// The space of an mbarrier instruction; none said: generic.
Space takeBarrierSpace(Decoder &d) {
  if (d.takeOneOf({"shared", "shared::cta", "shared::cluster"}) >= 0)
    return Space::Shared;
  d.instr.bytes |= Generic;
  return Space::Generic;
}

bool decodeWait(Decoder &d, bool tries) {
  if (d.take("parity"))
    d.instr.bytes |= Parity;
  d.take("relaxed");
  d.take("acquire");
  d.takeOneOf({"cta", "cluster"});
  d.instr.ordering = MbarrierAccess;
  const Space space = takeBarrierSpace(d);
  if (d.takeType() != Type::B64)
    return false;
  if (d.operandCount() < 3)
    return d.done(3, 4);
  d.instr.kind = tries ? Kind::Yield : Kind::Faulting;
  d.instr.spins = true;
  d.instr.op[2] = d.define(0, 1);
  if (!gatherAddress(d, d.operand(1), 0, space))
    return false;
  d.instr.op[1] = d.use(2, d.instr.bytes & Parity ? Type::U32 : Type::B64);
  d.instr.target = static_cast<uint32_t>(tries ? Action::TryWait : Action::TestWait);
  d.instr.exec = mbarrierWait;
  return d.done(3, tries ? 4 : 3); // a time hint may follow
}

bool decodeArrival(Decoder &d, Action action) {
  if (d.take("expect_tx"))
    d.instr.bytes |= Expects;
  if (d.take("noComplete"))
    d.instr.bytes |= NoComplete;
  d.take("relaxed");
  d.take("release");
  d.takeOneOf({"cta", "cluster"});
  d.instr.ordering = MbarrierAccess;
  const Space space = takeBarrierSpace(d);
  if (d.takeType() != Type::B64)
    return false;
  unsigned next = 0;
  if (d.operandCount() > 0 && d.operand(0).kind != Operand::Address) {
    if (d.operand(next).kind != Operand::Sink)
      d.instr.op[2] = d.define(next, 64);
    ++next;
  }
  if (d.operandCount() <= next)
    return d.done(next + 1, next + 2);
  if (!gatherAddress(d, d.operand(next++), 0, space))
    return false;
  const bool hasCount = d.operandCount() > next;
  if (hasCount)
    d.instr.op[1] = d.use(next++, Type::U32);
  else if (d.instr.bytes & (Expects | NoComplete))
    return d.done(next + 1);
  d.instr.target = static_cast<uint32_t>(action);
  d.instr.kind = Kind::Faulting;
  d.instr.exec = mbarrierAction;
  return d.done(next);
}

/// init, inval, expect_tx, complete_tx.
bool decodeSimple(Decoder &d, Action action) {
  if (action == Action::ExpectTx || action == Action::CompleteTx) {
    d.take("relaxed");
    d.takeOneOf({"cta", "cluster"});
  }
  d.instr.ordering = MbarrierAccess;
  const Space space = takeBarrierSpace(d);
  if (d.takeType() != Type::B64)
    return false;
  const unsigned wanted = action == Action::Inval ? 1 : 2;
  if (d.operandCount() != wanted)
    return d.done(wanted);
  if (!gatherAddress(d, d.operand(0), 0, space))
    return false;
  if (wanted == 2)
    d.instr.op[1] = d.use(1, Type::U32);
  d.instr.target = static_cast<uint32_t>(action);
  d.instr.kind = Kind::Faulting;
  d.instr.exec = mbarrierAction;
  return d.done(wanted);
}

} // namespace

Mbarrier *mbarrierAt(const Issuer &issuer, const SharedPlace &place) {
  Mbarrier *barrier = place.cta->mbarriers.find(place.address);
  if (!barrier || !barrier->live) {
    fail(issuer, place,
         barrier ? "the mbarrier at " + at(place) + " was invalidated" : "no mbarrier was initialised at " + at(place));
    return nullptr;
  }
  uint64_t word;
  std::memcpy(&word, place.cta->shared + place.address, sizeof word);
  if (word != barrier->word()) [[unlikely]] {
    fail(issuer, place,
         "the mbarrier at " + at(place) + " was overwritten by something that is no mbarrier instruction");
    return nullptr;
  }
  barrier->used = true;
  return barrier;
}

void mirror(const SharedPlace &place, const Mbarrier &barrier) {
  const uint64_t word = barrier.word();
  std::memcpy(place.cta->shared + place.address, &word, sizeof word);
}

bool common::decodeCopiesArrive(Decoder &d) {
  if (!d.take("arrive"))
    return false;
  if (d.take("noinc"))
    d.instr.bytes |= NoIncrement;
  d.instr.ordering = MbarrierAccess;
  const Space space = takeBarrierSpace(d);
  d.take("b64");
  if (d.operandCount() != 1 || !gatherAddress(d, d.operand(0), 0, space))
    return d.done(1);
  d.instr.target = static_cast<uint32_t>(Action::CopiesArrive);
  d.instr.kind = Kind::Faulting;
  d.instr.exec = mbarrierAction;
  return d.done(1);
}

bool common::decodeMbarrier(Decoder &d) {
  if (d.take("pending_count")) {
    d.takeType();
    d.instr.op[0] = d.define(0, 32);
    d.instr.op[1] = d.use(1, Type::B64);
    d.instr.exec = pendingCount;
    return d.done(2);
  }
  const int what = d.takeOneOf({"init", "inval", "arrive", "arrive_drop", "test_wait", "try_wait"});
  switch (what) {
  case 0:
    return decodeSimple(d, Action::Init);
  case 1:
    return decodeSimple(d, Action::Inval);
  case 2:
    return decodeArrival(d, Action::Arrive);
  case 3:
    return decodeArrival(d, Action::ArriveDrop);
  case 4:
  case 5:
    return decodeWait(d, what == 5);
  default:
    break;
  }
  if (d.take("expect_tx"))
    return decodeSimple(d, Action::ExpectTx);
  if (d.take("complete_tx"))
    return decodeSimple(d, Action::CompleteTx);
  return false;
}

} // namespace tessera::sim
