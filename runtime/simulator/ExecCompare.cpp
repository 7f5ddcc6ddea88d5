//===- ExecCompare.cpp - Comparisons --------------------------------------===//
//
// setp and set with every comparison of integers and floats, combined with a predicate; testp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"
#include "runtime/simulator/Numbers.h"

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Operand;
using ptx::Type;

namespace {

enum class Relation : uint8_t { Eq, Ne, Lt, Le, Gt, Ge, Equ, Neu, Ltu, Leu, Gtu, Geu, Num, Nan };

template <Relation R, typename T> [[gnu::always_inline]] inline bool holds(T a, T b) {
  switch (R) {
  case Relation::Eq:
    return a == b;
  case Relation::Ne: // of floats: ordered and different
    return a < b || a > b;
  case Relation::Lt:
    return a < b;
  case Relation::Le:
    return a <= b;
  case Relation::Gt:
    return a > b;
  case Relation::Ge:
    return a >= b;
  case Relation::Equ:
    return !(a < b || a > b);
  case Relation::Neu:
    return a != b;
  case Relation::Ltu:
    return !(a >= b);
  case Relation::Leu:
    return !(a > b);
  case Relation::Gtu:
    return !(a <= b);
  case Relation::Geu:
    return !(a < b);
  case Relation::Num:
    return a == a && b == b;
  case Relation::Nan:
    return a != a || b != b;
  }
  return false;
}

struct Plain {
  template <typename T> static T run(T x) { return x; }
};
struct Flush {
  static float run(float x) { return flush(x); }
};
struct FromHalf {
  static float run(uint16_t x) { return halfToFloat(x); }
};
struct FromHalfFlushed {
  static float run(uint16_t x) { return halfToFloat((x & 0x7C00) == 0 ? x & 0x8000 : x); }
};
struct FromBfloat {
  static float run(uint16_t x) { return bfloatToFloat(x); }
};

/// What the boolean operation of the instruction makes of the comparison and its third source.
enum Combination : uint8_t {
  CombineNone = 0,
  CombineAnd = 1,
  CombineOr = 2,
  CombineXor = 3,
  CombineMask = 3,
  NegateSource = 4
};

uint32_t combined(const Warp &warp, const Instr &instr, uint32_t compared) {
  if ((instr.flags & CombineMask) == CombineNone)
    return compared;
  uint32_t source = *in<uint32_t>(warp, instr.op[4]);
  if (instr.flags & NegateSource)
    source = ~source;
  switch (instr.flags & CombineMask) {
  case CombineAnd:
    return compared & source;
  case CombineOr:
    return compared | source;
  default:
    return compared ^ source;
  }
}

/// op[0], op[1]: predicates written; op[2], op[3]: compared; op[4]: combined with.
template <Relation R, typename T, typename Read> void setPredicate(Warp &warp, const Instr &instr) {
  const T *a = in<T>(warp, instr.op[2]), *b = in<T>(warp, instr.op[3]);
  const uint32_t compared = testLanes([=](unsigned lane) { return holds<R>(Read::run(a[lane]), Read::run(b[lane])); });
  const uint32_t first = combined(warp, instr, compared);
  if (instr.op[1] != NoRef) {
    const uint32_t second = combined(warp, instr, ~compared);
    storePredicate(warp, instr.op[1], warp.mask, second);
  }
  storePredicate(warp, instr.op[0], warp.mask, first);
}

/// The same as a value: `imm` where it holds, 0 elsewhere.
template <Relation R, typename T, typename Read> void setValue(Warp &warp, const Instr &instr) {
  const T *a = in<T>(warp, instr.op[2]), *b = in<T>(warp, instr.op[3]);
  const uint32_t compared = testLanes([=](unsigned lane) { return holds<R>(Read::run(a[lane]), Read::run(b[lane])); });
  const uint32_t bits = combined(warp, instr, compared);
  const auto one = static_cast<uint32_t>(instr.imm);
  if (instr.bytes == 2)
    store<uint16_t>(warp.mask, out<uint16_t>(warp, instr.op[0]),
                    [=](unsigned lane) { return static_cast<uint16_t>(bits >> lane & 1 ? one : 0); });
  else
    store<uint32_t>(warp.mask, out<uint32_t>(warp, instr.op[0]),
                    [=](unsigned lane) { return bits >> lane & 1 ? one : 0; });
}

/// Packed halves: the low and the high one give a result each. As predicates op[0] and op[1]; as a value both halves of
/// op[0].
template <Relation R, typename Read, bool AsValue> void comparePairs(Warp &warp, const Instr &instr) {
  const auto *a = in<uint16_t>(warp, instr.op[2]), *b = in<uint16_t>(warp, instr.op[3]);
  const uint32_t low = combined(
      warp, instr, testLanes([=](unsigned lane) { return holds<R>(Read::run(a[2 * lane]), Read::run(b[2 * lane])); }));
  const uint32_t high = combined(warp, instr, testLanes([=](unsigned lane) {
                                   return holds<R>(Read::run(a[2 * lane + 1]), Read::run(b[2 * lane + 1]));
                                 }));
  if constexpr (AsValue) {
    const auto one = static_cast<uint32_t>(instr.imm);
    store<uint32_t>(warp.mask, out<uint32_t>(warp, instr.op[0]), [=](unsigned lane) {
      return (low >> lane & 1 ? one & 0xFFFF : 0) | (high >> lane & 1 ? one & 0xFFFF0000 : 0);
    });
  } else {
    storePredicate(warp, instr.op[0], warp.mask, low);
    if (instr.op[1] != NoRef)
      storePredicate(warp, instr.op[1], warp.mask, high);
  }
}

template <typename T, typename Read, bool AsValue, Relation R> constexpr Exec instance() {
  return AsValue ? setValue<R, T, Read> : setPredicate<R, T, Read>;
}

template <typename T, typename Read, bool AsValue> Exec pickInteger(Relation relation) {
  switch (relation) {
  case Relation::Eq:
    return instance<T, Read, AsValue, Relation::Eq>();
  case Relation::Ne:
    return instance<T, Read, AsValue, Relation::Neu>();
  case Relation::Lt:
    return instance<T, Read, AsValue, Relation::Lt>();
  case Relation::Le:
    return instance<T, Read, AsValue, Relation::Le>();
  case Relation::Gt:
    return instance<T, Read, AsValue, Relation::Gt>();
  case Relation::Ge:
    return instance<T, Read, AsValue, Relation::Ge>();
  default:
    return nullptr;
  }
}

#define TESSERA_RELATIONS(X) X(Eq) X(Ne) X(Lt) X(Le) X(Gt) X(Ge) X(Equ) X(Neu) X(Ltu) X(Leu) X(Gtu) X(Geu) X(Num) X(Nan)

template <typename T, typename Read, bool AsValue> Exec pickFloat(Relation relation) {
  switch (relation) {
#define TESSERA_CASE(R)                                                                                                \
  case Relation::R:                                                                                                    \
    return instance<T, Read, AsValue, Relation::R>();
    TESSERA_RELATIONS(TESSERA_CASE)
#undef TESSERA_CASE
  }
  return nullptr;
}

template <typename Read, bool AsValue> Exec pickPairs(Relation relation) {
  switch (relation) {
#define TESSERA_CASE(R)                                                                                                \
  case Relation::R:                                                                                                    \
    return comparePairs<Relation::R, Read, AsValue>;
    TESSERA_RELATIONS(TESSERA_CASE)
#undef TESSERA_CASE
  }
  return nullptr;
}

template <bool AsValue> Exec pick(Relation relation, Type type, bool ftz) {
  switch (type) {
  case Type::B16:
  case Type::U16:
    return pickInteger<uint16_t, Plain, AsValue>(relation);
  case Type::S16:
    return pickInteger<int16_t, Plain, AsValue>(relation);
  case Type::B32:
  case Type::U32:
    return pickInteger<uint32_t, Plain, AsValue>(relation);
  case Type::S32:
    return pickInteger<int32_t, Plain, AsValue>(relation);
  case Type::B64:
  case Type::U64:
    return pickInteger<uint64_t, Plain, AsValue>(relation);
  case Type::S64:
    return pickInteger<int64_t, Plain, AsValue>(relation);
  case Type::F32:
    return ftz ? pickFloat<float, Flush, AsValue>(relation) : pickFloat<float, Plain, AsValue>(relation);
  case Type::F64:
    return pickFloat<double, Plain, AsValue>(relation);
  case Type::F16:
    return ftz ? pickFloat<uint16_t, FromHalfFlushed, AsValue>(relation)
               : pickFloat<uint16_t, FromHalf, AsValue>(relation);
  case Type::BF16:
    return pickFloat<uint16_t, FromBfloat, AsValue>(relation);
  case Type::F16x2:
    return ftz ? pickPairs<FromHalfFlushed, AsValue>(relation) : pickPairs<FromHalf, AsValue>(relation);
  case Type::BF16x2:
    return pickPairs<FromBfloat, AsValue>(relation);
  default:
    return nullptr;
  }
}

/// The comparison named by the opcode; lo ls hi hs are unsigned names of lt le gt ge.
bool takeRelation(Decoder &d, Relation &relation) {
  const int index = d.takeOneOf({"eq", "ne", "lt", "le", "gt", "ge", "equ", "neu", "ltu", "leu", "gtu", "geu", "num",
                                 "nan", "lo", "ls", "hi", "hs"});
  if (index < 0)
    return d.fail("expected a comparison");
  constexpr Relation Unsigned[] = {Relation::Lt, Relation::Le, Relation::Gt, Relation::Ge};
  relation = index < 14 ? static_cast<Relation>(index) : Unsigned[index - 14];
  return true;
}

bool decodeSetp(Decoder &d, bool asValue) {
  Relation relation;
  if (!takeRelation(d, relation))
    return false;
  const int combination = d.takeOneOf({"and", "or", "xor"});
  d.instr.flags = static_cast<uint8_t>(combination + 1);
  const Type result = asValue ? d.takeType() : Type::Pred;
  const Type type = d.takeType();
  const bool ftz = (type == Type::F32 || type == Type::F16 || type == Type::F16x2) && d.take("ftz");
  if (asValue) {
    d.instr.op[0] = d.define(0, storageBits(result));
    d.instr.bytes = static_cast<uint8_t>(storageBits(result) / 8);
    switch (result) {
    case Type::F32:
      d.instr.imm = 0x3F800000;
      break;
    case Type::F16:
    case Type::F16x2:
      d.instr.imm = 0x3C003C00;
      break;
    case Type::BF16:
    case Type::BF16x2:
      d.instr.imm = 0x3F803F80;
      break;
    default:
      d.instr.imm = 0xFFFFFFFF;
    }
  } else if (d.isVector(0)) {
    if (d.operand(0).count != 2)
      return d.fail("expected one or two predicates to write in 'setp'");
    d.instr.op[0] = d.define(d.element(d.operand(0), 0), 1);
    d.instr.op[1] = d.define(d.element(d.operand(0), 1), 1);
  } else {
    d.instr.op[0] = d.define(0, 1);
  }
  d.instr.op[2] = d.use(1, type);
  d.instr.op[3] = d.use(2, type);
  if (combination >= 0) {
    if (d.operandCount() != 4)
      return d.done(4);
    bool negated = false;
    d.instr.op[4] = d.usePredicate(d.operand(3), negated);
    d.instr.flags |= negated ? NegateSource : 0;
  }
  d.instr.exec = asValue ? pick<true>(relation, type, ftz) : pick<false>(relation, type, ftz);
  if (!d.instr.exec)
    return false;
  return d.done(combination >= 0 ? 4 : 3);
}

template <typename T, typename U, U ExponentMask, U FractionMask> void testNumber(Warp &warp, const Instr &instr) {
  const U *a = in<U>(warp, instr.op[1]);
  const uint32_t exponentTop = testLanes([=](unsigned lane) { return (a[lane] & ExponentMask) == ExponentMask; });
  const uint32_t exponentZero = testLanes([=](unsigned lane) { return (a[lane] & ExponentMask) == 0; });
  const uint32_t fraction = testLanes([=](unsigned lane) { return (a[lane] & FractionMask) != 0; });
  uint32_t result = 0;
  switch (instr.flags) {
  case 0:
    result = ~exponentTop;
    break;
  case 1:
    result = exponentTop & ~fraction;
    break;
  case 2:
    result = ~(exponentTop & fraction);
    break;
  case 3:
    result = exponentTop & fraction;
    break;
  case 4:
    result = ~exponentTop & (~exponentZero | ~fraction);
    break;
  case 5:
    result = exponentZero & fraction;
    break;
  }
  storePredicate(warp, instr.op[0], warp.mask, result);
}

bool decodeTestp(Decoder &d) {
  const int test = d.takeOneOf({"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
  const Type type = d.takeType();
  if (test < 0)
    return false;
  d.instr.flags = static_cast<uint8_t>(test);
  d.instr.op[0] = d.define(0, 1);
  d.instr.op[1] = d.use(1, type);
  if (type == Type::F32)
    d.instr.exec = testNumber<float, uint32_t, 0x7F800000, 0x007FFFFF>;
  else if (type == Type::F64)
    d.instr.exec = testNumber<double, uint64_t, 0x7FF0000000000000, 0x000FFFFFFFFFFFFF>;
  return d.done(2);
}

} // namespace

bool decodeCompare(Decoder &d) {
  if (d.root() == "testp")
    return decodeTestp(d);
  return decodeSetp(d, d.root() == "set");
}

} // namespace tessera::sim::TESSERA_SIM_ISA
