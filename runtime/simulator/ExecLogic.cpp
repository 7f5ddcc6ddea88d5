//===- ExecLogic.cpp - Logic, shifts and bit fields -----------------------===//
//
// and or xor not cnot on bits and predicates; shl shr shf; bfe bfi bfind brev clz popc bmsk szext fns; prmt; lop3.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Type;

namespace {

struct And {
  template <typename T> static T run(T a, T b) { return a & b; }
};
struct Or {
  template <typename T> static T run(T a, T b) { return a | b; }
};
struct Xor {
  template <typename T> static T run(T a, T b) { return a ^ b; }
};
struct Not {
  template <typename T> static T run(T a) { return static_cast<T>(~a); }
};
struct Cnot {
  template <typename T> static T run(T a) { return a == 0; }
};
/// Amounts above the width shift everything out.
struct Shl {
  template <typename T> static T run(T a, uint32_t b) { return b >= 8 * sizeof(T) ? T(0) : static_cast<T>(a << b); }
};
struct Shr {
  template <typename T> static T run(T a, uint32_t b) {
    constexpr uint32_t Width = 8 * sizeof(T);
    if (std::is_signed_v<T>)
      return static_cast<T>(a >> (b >= Width ? Width - 1 : b));
    return b >= Width ? T(0) : static_cast<T>(a >> b);
  }
};
template <bool Left, bool Clamp> struct Funnel {
  static uint32_t run(uint32_t a, uint32_t b, uint32_t c) {
    const uint64_t both = uint64_t(b) << 32 | a;
    const uint32_t n = Clamp ? (c > 32 ? 32 : c) : c & 31;
    return static_cast<uint32_t>(Left ? (both << n) >> 32 : both >> n);
  }
};
struct Bfe {
  template <typename T> static T run(T a, uint32_t b, uint32_t c) {
    constexpr uint32_t Width = 8 * sizeof(T);
    using U = std::make_unsigned_t<T>;
    const uint32_t position = b & 0xFF, length = c & 0xFF;
    if (length == 0)
      return 0;
    const bool isSigned = std::is_signed_v<T>;
    const uint32_t last = position + length - 1 < Width - 1 ? position + length - 1 : Width - 1;
    const bool sign = isSigned && (U(a) >> last & 1);
    const U shifted = position >= Width ? U(0) : U(U(a) >> position);
    const uint32_t kept = position >= Width ? 0 : (length < Width - position ? length : Width - position);
    const U fieldMask = kept >= Width ? ~U(0) : static_cast<U>((U(1) << kept) - 1);
    return static_cast<T>((shifted & fieldMask) | (sign ? U(~fieldMask) : U(0)));
  }
};
struct Bfi {
  template <typename T> static T run(T a, T b, uint32_t c, uint32_t d) {
    constexpr uint32_t Width = 8 * sizeof(T);
    const uint32_t position = c & 0xFF, length = d & 0xFF;
    if (length == 0 || position >= Width)
      return b;
    const T fieldMask = length >= Width ? ~T(0) : (T(1) << length) - 1;
    return (b & ~(fieldMask << position)) | ((a & fieldMask) << position);
  }
};
struct Clz {
  template <typename T> static uint32_t run(T a) { return static_cast<uint32_t>(std::countl_zero(a)); }
};
struct Popc {
  template <typename T> static uint32_t run(T a) { return static_cast<uint32_t>(std::popcount(a)); }
};
struct Brev {
  template <typename T> static T run(T a) {
    T result = 0;
    for (unsigned i = 0; i < 8 * sizeof(T); ++i)
      result |= (a >> i & 1) << (8 * sizeof(T) - 1 - i);
    return result;
  }
};
template <bool ShiftAmount> struct Bfind {
  template <typename T> static uint32_t run(T a) {
    using U = std::make_unsigned_t<T>;
    const U bits = std::is_signed_v<T> && a < 0 ? U(~a) : U(a);
    if (bits == 0)
      return ~0u;
    const auto zeros = static_cast<uint32_t>(std::countl_zero(bits));
    return ShiftAmount ? zeros : 8 * sizeof(T) - 1 - zeros;
  }
};
template <bool Clamp> struct Bmsk {
  static uint32_t run(uint32_t a, uint32_t b) {
    const uint64_t start = Clamp ? (a > 32 ? 32 : a) : a & 31, length = Clamp ? (b > 32 ? 32 : b) : b & 31;
    return static_cast<uint32_t>(((uint64_t(1) << length) - 1) << start);
  }
};
template <bool Clamp> struct Szext {
  template <typename T> static T run(T a, uint32_t b) {
    const uint32_t n = Clamp ? (b > 32 ? 32 : b) : b & 31;
    if (n == 0)
      return 0;
    if (n >= 32)
      return a;
    return static_cast<T>(static_cast<T>(uint32_t(a) << (32 - n)) >> (32 - n));
  }
};
/// The n-th set bit from a base, as the manual's pseudo code has it.
struct Fns {
  static uint32_t run(uint32_t mask, uint32_t base, int32_t offset) {
    if (offset == 0)
      return base < 32 && (mask >> base & 1) ? base : ~0u;
    const int step = offset > 0 ? 1 : -1;
    int left = offset > 0 ? offset : -offset;
    for (int64_t position = base; position >= 0 && position < 32; position += step)
      if ((mask >> position & 1) && --left == 0)
        return static_cast<uint32_t>(position);
    return ~0u;
  }
};

struct Permute {
  static uint32_t byte(uint64_t both, uint32_t selector) {
    const auto value = static_cast<uint32_t>(both >> (8 * (selector & 7)) & 0xFF);
    return selector & 8 ? (value & 0x80 ? 0xFF : 0) : value;
  }
  static uint32_t run(uint32_t a, uint32_t b, uint32_t c) {
    const uint64_t both = uint64_t(b) << 32 | a;
    return byte(both, c) | byte(both, c >> 4) << 8 | byte(both, c >> 8) << 16 | byte(both, c >> 12) << 24;
  }
};
template <unsigned Mode> struct PermuteMode {
  static uint32_t run(uint32_t a, uint32_t b, uint32_t c) {
    const uint32_t n = c & 3;
    uint32_t selector = 0;
    for (uint32_t i = 0; i < 4; ++i) {
      uint32_t from = 0;
      switch (Mode) {
      case 0: // f4e
        from = n + i;
        break;
      case 1: // b4e
        from = (n + 8 - i) & 7;
        break;
      case 2: // rc8
        from = n;
        break;
      case 3: // ecl
        from = i < n ? n : i;
        break;
      case 4: // ecr
        from = i < n ? i : n;
        break;
      case 5: // rc16
        from = (n & 1) * 2 + (i & 1);
        break;
      }
      selector |= from << (4 * i);
    }
    return Permute::run(a, b, selector);
  }
};

/// Any function of three bits: a term for each row of the truth table in Instr::flags.
void lop3(Warp &warp, const Instr &instr) {
  const auto *a = in<uint32_t>(warp, instr.op[1]), *b = in<uint32_t>(warp, instr.op[2]),
             *c = in<uint32_t>(warp, instr.op[3]);
  uint32_t row[8];
  for (unsigned i = 0; i < 8; ++i)
    row[i] = instr.flags >> i & 1 ? ~0u : 0;
  store<uint32_t>(warp.mask, out<uint32_t>(warp, instr.op[0]), [=](unsigned lane) {
    const uint32_t x = a[lane], y = b[lane], z = c[lane];
    const uint32_t low = (~y & ((~z & row[0]) | (z & row[1]))) | (y & ((~z & row[2]) | (z & row[3])));
    const uint32_t high = (~y & ((~z & row[4]) | (z & row[5]))) | (y & ((~z & row[6]) | (z & row[7])));
    return (~x & low) | (x & high);
  });
}

/// lop3.and, lop3.or: also whether any bit is set, combined with a predicate. op[4]: the outcome; op[5]: combined with;
/// imm: 1 and, 2 the predicate negated.
void lop3Test(Warp &warp, const Instr &instr) {
  lop3(warp, instr);
  const uint32_t *d = in<uint32_t>(warp, instr.op[0]);
  const uint32_t bits = testLanes([=](unsigned lane) { return d[lane] != 0; });
  const uint32_t other = *in<uint32_t>(warp, instr.op[5]) ^ (instr.imm & 2 ? ~0u : 0);
  storePredicate(warp, instr.op[4], warp.mask, instr.imm & 1 ? bits & other : bits | other);
}

template <typename Op> void predicateBinary(Warp &warp, const Instr &instr) {
  storePredicate(warp, instr.op[0], warp.mask,
                 Op::run(*in<uint32_t>(warp, instr.op[1]) ^ (instr.flags & 1 ? ~0u : 0),
                         *in<uint32_t>(warp, instr.op[2]) ^ (instr.flags & 2 ? ~0u : 0)));
}
void predicateNot(Warp &warp, const Instr &instr) {
  storePredicate(warp, instr.op[0], warp.mask, ~*in<uint32_t>(warp, instr.op[1]) ^ (instr.flags & 1 ? ~0u : 0));
}

template <typename Op> Exec pickUnary(unsigned bits) {
  return bits == 16   ? map<Op, uint16_t, uint16_t>
         : bits == 32 ? map<Op, uint32_t, uint32_t>
         : bits == 64 ? map<Op, uint64_t, uint64_t>
                      : nullptr;
}
template <typename Op> Exec pickBinary(unsigned bits) {
  return bits == 16   ? map<Op, uint16_t, uint16_t, uint16_t>
         : bits == 32 ? map<Op, uint32_t, uint32_t, uint32_t>
         : bits == 64 ? map<Op, uint64_t, uint64_t, uint64_t>
                      : nullptr;
}

/// d, a, and sources of 32 bits.
bool operands(Decoder &d, Type result, Type first, unsigned words) {
  d.instr.op[0] = d.define(0, storageBits(result));
  d.instr.op[1] = d.use(1, first);
  for (unsigned i = 0; i < words; ++i)
    d.instr.op[2 + i] = d.use(2 + i, Type::U32);
  return d.done(2 + words);
}

bool decodePredicate(Decoder &d) {
  const std::string_view root = d.root();
  bool negated = false;
  d.instr.op[0] = d.define(0, 1);
  const unsigned sources = root == "not" ? 1 : 2;
  for (unsigned i = 1; i <= sources && i < d.operandCount(); ++i) {
    d.instr.op[i] = d.usePredicate(d.operand(i), negated);
    d.instr.flags |= negated ? i : 0;
  }
  d.instr.exec = root == "and"   ? predicateBinary<And>
                 : root == "or"  ? predicateBinary<Or>
                 : root == "xor" ? predicateBinary<Xor>
                 : root == "not" ? predicateNot
                                 : nullptr;
  return d.done(1 + sources);
}

bool decodeLogic(Decoder &d) {
  const Type type = d.takeType();
  if (type == Type::Pred)
    return decodePredicate(d);
  const unsigned bits = storageBits(type);
  const std::string_view root = d.root();
  d.instr.op[0] = d.define(0, bits);
  d.instr.op[1] = d.use(1, type);
  if (root == "not" || root == "cnot") {
    d.instr.exec = root == "not" ? pickUnary<Not>(bits) : pickUnary<Cnot>(bits);
    return d.done(2);
  }
  d.instr.op[2] = d.use(2, type);
  d.instr.exec = root == "and" ? pickBinary<And>(bits) : root == "or" ? pickBinary<Or>(bits) : pickBinary<Xor>(bits);
  return d.done(3);
}

bool decodeShift(Decoder &d) {
  const Type type = d.takeType();
  if (d.root() == "shl") {
    const unsigned bits = storageBits(type);
    d.instr.exec = bits == 16   ? map<Shl, uint16_t, uint16_t, uint32_t>
                   : bits == 32 ? map<Shl, uint32_t, uint32_t, uint32_t>
                   : bits == 64 ? map<Shl, uint64_t, uint64_t, uint32_t>
                                : nullptr;
    return operands(d, type, type, 1);
  }
  switch (type) {
  case Type::S16:
    d.instr.exec = map<Shr, int16_t, int16_t, uint32_t>;
    break;
  case Type::S32:
    d.instr.exec = map<Shr, int32_t, int32_t, uint32_t>;
    break;
  case Type::S64:
    d.instr.exec = map<Shr, int64_t, int64_t, uint32_t>;
    break;
  case Type::U16:
  case Type::B16:
    d.instr.exec = map<Shr, uint16_t, uint16_t, uint32_t>;
    break;
  case Type::U32:
  case Type::B32:
    d.instr.exec = map<Shr, uint32_t, uint32_t, uint32_t>;
    break;
  case Type::U64:
  case Type::B64:
    d.instr.exec = map<Shr, uint64_t, uint64_t, uint32_t>;
    break;
  default:
    return false;
  }
  return operands(d, type, type, 1);
}

bool decodeFunnel(Decoder &d) {
  const bool right = d.take("r");
  if (!right && !d.take("l"))
    return false;
  const bool wrap = d.take("wrap");
  if (!wrap && !d.take("clamp"))
    return false;
  d.takeType();
  using T = uint32_t;
  d.instr.exec = right ? (wrap ? map<Funnel<false, false>, T, T, T, T> : map<Funnel<false, true>, T, T, T, T>)
                       : (wrap ? map<Funnel<true, false>, T, T, T, T> : map<Funnel<true, true>, T, T, T, T>);
  return operands(d, Type::B32, Type::B32, 2);
}

bool decodePermute(Decoder &d) {
  const int mode = d.takeOneOf({"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"});
  if (d.takeType() != Type::B32 && mode < 0)
    return false;
  d.take("b32");
  using T = uint32_t;
  static constexpr Exec Modes[] = {map<PermuteMode<0>, T, T, T, T>, map<PermuteMode<1>, T, T, T, T>,
                                   map<PermuteMode<2>, T, T, T, T>, map<PermuteMode<3>, T, T, T, T>,
                                   map<PermuteMode<4>, T, T, T, T>, map<PermuteMode<5>, T, T, T, T>};
  d.instr.exec = mode < 0 ? map<Permute, T, T, T, T> : Modes[mode];
  return operands(d, Type::B32, Type::B32, 2);
}

bool decodeLop3(Decoder &d) {
  const int combination = d.takeOneOf({"or", "and"});
  if (d.takeType() != Type::B32)
    return false;
  const unsigned count = combination < 0 ? 5 : 6;
  if (d.operandCount() != count || d.operand(4).kind != ptx::Operand::Immediate)
    return d.fail(combination < 0 ? "expected d, a, b, c and an immediate table in 'lop3'"
                                  : "expected d|p, a, b, c, an immediate table and a predicate in 'lop3'");
  if (combination >= 0) {
    if (!d.isVector(0) || d.operand(0).count != 2)
      return d.fail("expected d|p as first operand of 'lop3'");
    bool negated = false;
    d.instr.op[0] = d.define(d.element(d.operand(0), 0), 32);
    d.instr.op[4] = d.define(d.element(d.operand(0), 1), 1);
    d.instr.op[5] = d.usePredicate(d.operand(5), negated);
    d.instr.imm = combination | (negated ? 2 : 0);
  } else {
    d.instr.op[0] = d.define(0, 32);
  }
  for (unsigned i = 1; i < 4; ++i)
    d.instr.op[i] = d.use(i, Type::B32);
  d.instr.flags = static_cast<uint8_t>(d.operand(4).value);
  d.instr.exec = combination < 0 ? lop3 : lop3Test;
  return d.done(count);
}

bool decodeField(Decoder &d) {
  const Type type = d.takeType();
  if (d.root() == "bfi") {
    d.instr.op[0] = d.define(0, storageBits(type));
    d.instr.op[1] = d.use(1, type);
    d.instr.op[2] = d.use(2, type);
    d.instr.op[3] = d.use(3, Type::U32);
    d.instr.op[4] = d.use(4, Type::U32);
    d.instr.exec = type == Type::B32   ? map<Bfi, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t>
                   : type == Type::B64 ? map<Bfi, uint64_t, uint64_t, uint64_t, uint32_t, uint32_t>
                                       : nullptr;
    return d.done(5);
  }
  switch (type) {
  case Type::U32:
    d.instr.exec = map<Bfe, uint32_t, uint32_t, uint32_t, uint32_t>;
    break;
  case Type::S32:
    d.instr.exec = map<Bfe, int32_t, int32_t, uint32_t, uint32_t>;
    break;
  case Type::U64:
    d.instr.exec = map<Bfe, uint64_t, uint64_t, uint32_t, uint32_t>;
    break;
  case Type::S64:
    d.instr.exec = map<Bfe, int64_t, int64_t, uint32_t, uint32_t>;
    break;
  default:
    return false;
  }
  return operands(d, type, type, 2);
}

bool decodeCount(Decoder &d) {
  const std::string_view root = d.root();
  const bool amount = d.take("shiftamt");
  const Type type = d.takeType();
  const bool wide = ptx::bits(type) == 64;
  if (ptx::bits(type) != 32 && !wide)
    return false;
  if (root == "clz")
    d.instr.exec = wide ? map<Clz, uint32_t, uint64_t> : map<Clz, uint32_t, uint32_t>;
  else if (root == "popc")
    d.instr.exec = wide ? map<Popc, uint32_t, uint64_t> : map<Popc, uint32_t, uint32_t>;
  else if (root == "brev")
    d.instr.exec = wide ? map<Brev, uint64_t, uint64_t> : map<Brev, uint32_t, uint32_t>;
  else if (ptx::isSigned(type))
    d.instr.exec = wide ? (amount ? map<Bfind<true>, uint32_t, int64_t> : map<Bfind<false>, uint32_t, int64_t>)
                        : (amount ? map<Bfind<true>, uint32_t, int32_t> : map<Bfind<false>, uint32_t, int32_t>);
  else
    d.instr.exec = wide ? (amount ? map<Bfind<true>, uint32_t, uint64_t> : map<Bfind<false>, uint32_t, uint64_t>)
                        : (amount ? map<Bfind<true>, uint32_t, uint32_t> : map<Bfind<false>, uint32_t, uint32_t>);
  return operands(d, root == "brev" ? type : Type::U32, type, 0);
}

} // namespace

bool decodeBits(Decoder &d) {
  const std::string_view root = d.root();
  if (root == "and" || root == "or" || root == "xor" || root == "not" || root == "cnot")
    return decodeLogic(d);
  if (root == "shl" || root == "shr")
    return decodeShift(d);
  if (root == "shf")
    return decodeFunnel(d);
  if (root == "prmt")
    return decodePermute(d);
  if (root == "lop3")
    return decodeLop3(d);
  if (root == "bfe" || root == "bfi")
    return decodeField(d);
  if (root == "bmsk" || root == "szext") {
    const bool clamp = d.take("clamp");
    if (!clamp && !d.take("wrap"))
      return false;
    const Type type = d.takeType();
    using T = uint32_t;
    if (root == "bmsk")
      d.instr.exec = clamp ? map<Bmsk<true>, T, T, T> : map<Bmsk<false>, T, T, T>;
    else if (type == Type::S32)
      d.instr.exec = clamp ? map<Szext<true>, int32_t, int32_t, T> : map<Szext<false>, int32_t, int32_t, T>;
    else
      d.instr.exec = clamp ? map<Szext<true>, T, T, T> : map<Szext<false>, T, T, T>;
    return operands(d, Type::B32, Type::B32, 1);
  }
  if (root == "fns") {
    d.takeType();
    d.instr.exec = map<Fns, uint32_t, uint32_t, uint32_t, int32_t>;
    return operands(d, Type::B32, Type::B32, 2);
  }
  return decodeCount(d);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
