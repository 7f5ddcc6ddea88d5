//===- ExecWarp.cpp - Instructions across the lanes of a warp -------------===//
//
// shfl, vote, match, redux, activemask, elect, bar.warp.sync.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"
#include "runtime/simulator/Numbers.h"

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Type;

namespace {

constexpr unsigned MemberSlot = 5;

/// The lanes that an instruction with a member mask is about.
uint32_t membersOf(const Warp &warp, const Instr &instr) {
  if (instr.op[MemberSlot] == NoRef)
    return warp.mask;
  return in<uint32_t>(warp, instr.op[MemberSlot])[std::countr_zero(warp.mask)] & warp.mask;
}

/// The hardware leaves undefined what happens to a lane that does not name itself.
bool namesItself(Warp &warp, const Instr &instr) {
  if (instr.op[MemberSlot] == NoRef)
    return true;
  const auto *masks = in<uint32_t>(warp, instr.op[MemberSlot]);
  if ((instr.op[MemberSlot] & 3) == ConstantBank && (warp.mask & ~masks[0]) == 0)
    return true;
  uint32_t missing = 0;
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    if (!(masks[lane] >> lane & 1))
      missing |= 1u << lane;
  }
  if (!missing)
    return true;
  char text[96];
  std::snprintf(text, sizeof text, "member mask 0x%08x does not name the executing lane %d",
                masks[std::countr_zero(missing)], std::countr_zero(missing));
  fault(warp, ErrorKind::InvalidInstruction, missing, 0, text);
  return false;
}

enum class Shuffle { Up, Down, Bfly, Idx };

/// op: 0 result, 1 predicate, 2 value, 3 lane or distance, 4 clamp and segment, 5 members.
template <Shuffle Mode> void shuffle(Warp &warp, const Instr &instr) {
  if (!namesItself(warp, instr))
    return;
  const auto *a = in<uint32_t>(warp, instr.op[2]), *b = in<uint32_t>(warp, instr.op[3]),
             *c = in<uint32_t>(warp, instr.op[4]);
  alignas(64) uint32_t values[WarpSize];
  uint32_t valid = 0;
  for (unsigned lane = 0; lane < WarpSize; ++lane) {
    const uint32_t segment = c[lane] >> 8 & 31, clamp = c[lane] & 31, distance = b[lane] & 31;
    const uint32_t top = (lane & segment) | (clamp & ~segment), bottom = lane & segment;
    uint32_t from;
    bool inRange;
    switch (Mode) {
    case Shuffle::Up:
      from = lane - distance;
      inRange = static_cast<int32_t>(from) >= static_cast<int32_t>(top);
      break;
    case Shuffle::Down:
      from = lane + distance;
      inRange = from <= top;
      break;
    case Shuffle::Bfly:
      from = lane ^ distance;
      inRange = from <= top;
      break;
    default:
      from = bottom | (distance & ~segment);
      inRange = from <= top;
    }
    from = inRange ? from & 31 : lane;
    values[lane] = a[from];
    valid |= uint32_t(inRange) << lane;
  }
  blend(warp.mask, out<uint32_t>(warp, instr.op[0]), values);
  if (instr.op[1] != NoRef)
    storePredicate(warp, instr.op[1], warp.mask, valid);
}

enum VoteMode : uint8_t { VoteAll, VoteAny, VoteUni, VoteBallot };

void vote(Warp &warp, const Instr &instr) {
  if (!namesItself(warp, instr))
    return;
  const uint32_t members = membersOf(warp, instr);
  uint32_t source = *in<uint32_t>(warp, instr.op[1]);
  if (instr.count)
    source = ~source;
  const uint32_t yes = source & members;
  bool result = false;
  switch (instr.flags) {
  case VoteAll:
    result = yes == members;
    break;
  case VoteAny:
    result = yes != 0;
    break;
  case VoteUni:
    result = yes == members || yes == 0;
    break;
  default:
    store<uint32_t>(warp.mask, out<uint32_t>(warp, instr.op[0]), [=](unsigned) { return yes; });
    return;
  }
  storePredicate(warp, instr.op[0], warp.mask, result ? AllLanes : 0);
}

template <typename T> void matchAny(Warp &warp, const Instr &instr) {
  if (!namesItself(warp, instr))
    return;
  const T *a = in<T>(warp, instr.op[2]);
  const uint32_t members = membersOf(warp, instr);
  alignas(64) uint32_t equal[WarpSize] = {};
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    for (uint32_t n = members; n; n &= n - 1)
      if (a[std::countr_zero(n)] == a[lane])
        equal[lane] |= n & -n;
  }
  blend(warp.mask, out<uint32_t>(warp, instr.op[0]), equal);
}

template <typename T> void matchAll(Warp &warp, const Instr &instr) {
  if (!namesItself(warp, instr))
    return;
  const T *a = in<T>(warp, instr.op[2]);
  const uint32_t members = membersOf(warp, instr);
  bool same = true;
  for (uint32_t n = members; n; n &= n - 1)
    same &= a[std::countr_zero(n)] == a[std::countr_zero(members)];
  const uint32_t result = same ? members : 0;
  store<uint32_t>(warp.mask, out<uint32_t>(warp, instr.op[0]), [=](unsigned) { return result; });
  if (instr.op[1] != NoRef)
    storePredicate(warp, instr.op[1], warp.mask, same ? AllLanes : 0);
}

struct ReduceAdd {
  template <typename T> static T run(T a, T b) { return static_cast<T>(uint32_t(a) + uint32_t(b)); }
};
struct ReduceMin {
  template <typename T> static T run(T a, T b) { return b < a ? b : a; }
};
struct ReduceMax {
  template <typename T> static T run(T a, T b) { return a < b ? b : a; }
};
struct ReduceAnd {
  template <typename T> static T run(T a, T b) { return a & b; }
};
struct ReduceOr {
  template <typename T> static T run(T a, T b) { return a | b; }
};
struct ReduceXor {
  template <typename T> static T run(T a, T b) { return a ^ b; }
};

template <typename Op, typename T> void reduce(Warp &warp, const Instr &instr) {
  if (!namesItself(warp, instr))
    return;
  const T *a = in<T>(warp, instr.op[1]);
  uint32_t members = membersOf(warp, instr);
  T result = a[std::countr_zero(members)];
  for (members &= members - 1; members; members &= members - 1)
    result = Op::run(result, a[std::countr_zero(members)]);
  store<T>(warp.mask, out<T>(warp, instr.op[0]), [=](unsigned) { return result; });
}

/// flags: 1 maximum, 2 of magnitudes, 4 NaN wins.
void reduceFloat(Warp &warp, const Instr &instr) {
  if (!namesItself(warp, instr))
    return;
  const float *a = in<float>(warp, instr.op[1]);
  const auto value = [&](unsigned lane) { return instr.flags & 2 ? floatOf(bitsOf(a[lane]) & 0x7FFFFFFF) : a[lane]; };
  uint32_t members = membersOf(warp, instr);
  float result = value(std::countr_zero(members));
  bool nan = result != result;
  for (members &= members - 1; members; members &= members - 1) {
    const float x = value(std::countr_zero(members));
    nan |= x != x;
    if (result != result || (instr.flags & 1 ? x > result : x < result))
      result = x;
  }
  if (nan && (instr.flags & 4))
    result = floatOf(CanonicalNan32);
  result = canonical(result);
  store<float>(warp.mask, out<float>(warp, instr.op[0]), [=](unsigned) { return result; });
}

void activeMask(Warp &warp, const Instr &instr) {
  const uint32_t mask = warp.mask;
  store<uint32_t>(mask, out<uint32_t>(warp, instr.op[0]), [=](unsigned) { return mask; });
}

void elect(Warp &warp, const Instr &instr) {
  if (!namesItself(warp, instr))
    return;
  const uint32_t members = membersOf(warp, instr), leader = std::countr_zero(members);
  if (instr.op[0] != NoRef)
    store<uint32_t>(warp.mask, out<uint32_t>(warp, instr.op[0]), [=](unsigned) { return leader; });
  storePredicate(warp, instr.op[1], warp.mask, 1u << leader);
}

/// bar.warp.sync: the scheduler brings the lanes together.
void syncLanes(Warp &warp, const Instr &instr) { namesItself(warp, instr); }

/// d or d|p into op[0] and op[1].
bool resultAndPredicate(Decoder &d) {
  if (!d.isVector(0)) {
    d.instr.op[0] = d.define(0, 32);
    return true;
  }
  if (d.operand(0).count != 2)
    return d.fail("expected one or two results");
  d.instr.op[0] = d.define(d.element(d.operand(0), 0), 32);
  d.instr.op[1] = d.define(d.element(d.operand(0), 1), 1);
  return true;
}

bool decodeShuffle(Decoder &d) {
  const bool sync = d.take("sync");
  const int mode = d.takeOneOf({"up", "down", "bfly", "idx"});
  if (mode < 0 || !sync)
    return d.fail("unknown form of 'shfl'");
  d.takeType();
  resultAndPredicate(d);
  for (unsigned i = 1; i < 4; ++i)
    d.instr.op[1 + i] = d.use(i, Type::B32);
  d.instr.op[MemberSlot] = d.use(4, Type::B32);
  d.instr.kind = Kind::WarpSync;
  static constexpr Exec Modes[] = {shuffle<Shuffle::Up>, shuffle<Shuffle::Down>, shuffle<Shuffle::Bfly>,
                                   shuffle<Shuffle::Idx>};
  d.instr.exec = Modes[mode];
  return d.done(5);
}

bool decodeVote(Decoder &d) {
  const bool sync = d.take("sync");
  const int mode = d.takeOneOf({"all", "any", "uni", "ballot"});
  if (mode < 0)
    return false;
  d.instr.flags = static_cast<uint8_t>(mode);
  const Type type = d.takeType();
  d.instr.op[0] = d.define(0, type == Type::Pred ? 1 : 32);
  if (d.operandCount() < 2)
    return d.done(2);
  bool negated = false;
  d.instr.op[1] = d.usePredicate(d.operand(1), negated);
  d.instr.count = negated;
  d.instr.exec = vote;
  if (!sync) {
    d.instr.kind = Kind::Faulting;
    return d.done(2);
  }
  d.instr.op[MemberSlot] = d.use(2, Type::B32);
  d.instr.kind = Kind::WarpSync;
  return d.done(3);
}

bool decodeMatch(Decoder &d) {
  const int mode = d.takeOneOf({"any", "all"});
  if (mode < 0 || !d.take("sync"))
    return false;
  const Type type = d.takeType();
  const bool wide = ptx::bits(type) == 64;
  resultAndPredicate(d);
  d.instr.op[2] = d.use(1, type);
  d.instr.op[MemberSlot] = d.use(2, Type::B32);
  d.instr.kind = Kind::WarpSync;
  d.instr.exec =
      mode ? (wide ? matchAll<uint64_t> : matchAll<uint32_t>) : (wide ? matchAny<uint64_t> : matchAny<uint32_t>);
  return d.done(3);
}

bool decodeRedux(Decoder &d) {
  if (!d.take("sync"))
    return false;
  const int operation = d.takeOneOf({"add", "min", "max", "and", "or", "xor"});
  const bool magnitude = d.take("abs"), nan = d.take("NaN");
  const Type type = d.takeType();
  d.instr.op[0] = d.define(0, 32);
  d.instr.op[1] = d.use(1, type);
  d.instr.op[MemberSlot] = d.use(2, Type::B32);
  d.instr.kind = Kind::WarpSync;
  if (type == Type::F32) {
    if (operation != 1 && operation != 2)
      return false;
    d.instr.flags = static_cast<uint8_t>((operation == 2 ? 1 : 0) | (magnitude ? 2 : 0) | (nan ? 4 : 0));
    d.instr.exec = reduceFloat;
    return d.done(3);
  }
  if (magnitude || nan || operation < 0 || ptx::bits(type) != 32)
    return false;
  static constexpr Exec Unsigned[] = {reduce<ReduceAdd, uint32_t>, reduce<ReduceMin, uint32_t>,
                                      reduce<ReduceMax, uint32_t>, reduce<ReduceAnd, uint32_t>,
                                      reduce<ReduceOr, uint32_t>,  reduce<ReduceXor, uint32_t>};
  d.instr.exec = Unsigned[operation];
  if (type == Type::S32 && operation == 1)
    d.instr.exec = reduce<ReduceMin, int32_t>;
  if (type == Type::S32 && operation == 2)
    d.instr.exec = reduce<ReduceMax, int32_t>;
  return d.done(3);
}

} // namespace

bool decodeWarp(Decoder &d) {
  const std::string_view root = d.root();
  if (root == "shfl")
    return decodeShuffle(d);
  if (root == "vote")
    return decodeVote(d);
  if (root == "match")
    return decodeMatch(d);
  if (root == "redux")
    return decodeRedux(d);
  if (root == "activemask") {
    d.takeType();
    d.instr.op[0] = d.define(0, 32);
    d.instr.exec = activeMask;
    return d.done(1);
  }
  if (root == "elect") {
    if (!d.take("sync") || !d.isVector(0))
      return false;
    resultAndPredicate(d);
    d.instr.op[MemberSlot] = d.use(1, Type::B32);
    d.instr.kind = Kind::WarpSync;
    d.instr.exec = elect;
    return d.done(2);
  }
  // bar.warp.sync
  if (!d.take("warp") || !d.take("sync"))
    return false;
  d.instr.op[MemberSlot] = d.use(0, Type::B32);
  d.instr.kind = Kind::WarpSync;
  d.instr.flags = SyncOnly;
  d.instr.exec = syncLanes;
  return d.done(1);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
