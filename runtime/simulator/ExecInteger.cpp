//===- ExecInteger.cpp - Integer arithmetic -------------------------------===//
//
// add sub mul mad sad div rem abs neg min max with carry, wide, high and 24-bit forms, dot products of bytes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"

#include <limits>

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Type;

namespace {

template <typename T> using Unsigned = std::make_unsigned_t<T>;
/// Twice as wide, of the same signedness.
template <typename T>
using Wide =
    std::conditional_t<sizeof(T) == 2, std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>,
                       std::conditional_t<sizeof(T) == 4, std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>,
                                          std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>>>;

/// Products of 16-bit values would overflow `int` if promoted to it.
template <typename T> T multiply(T a, T b) {
  using Product = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
  return static_cast<T>(static_cast<Product>(a) * static_cast<Product>(b));
}

struct Add {
  template <typename T> static T run(T a, T b) { return static_cast<T>(Unsigned<T>(a) + Unsigned<T>(b)); }
};
struct Sub {
  template <typename T> static T run(T a, T b) { return static_cast<T>(Unsigned<T>(a) - Unsigned<T>(b)); }
};
struct MulLo {
  template <typename T> static T run(T a, T b) { return multiply(a, b); }
};
struct MulHi {
  template <typename T> static T run(T a, T b) { return static_cast<T>((Wide<T>(a) * Wide<T>(b)) >> (8 * sizeof(T))); }
};
struct MulWide {
  template <typename T> static Wide<T> run(T a, T b) { return Wide<T>(a) * Wide<T>(b); }
};
struct MadLo {
  template <typename T> static T run(T a, T b, T c) { return Add::run(multiply(a, b), c); }
};
struct MadHi {
  template <typename T> static T run(T a, T b, T c) { return Add::run(MulHi::run(a, b), c); }
};
struct MadWide {
  template <typename T> static Wide<T> run(T a, T b, Wide<T> c) { return Add::run(MulWide::run(a, b), c); }
};
/// Bits above 24 of the sources are ignored.
template <typename T> Wide<T> product24(T a, T b) {
  const auto low = [](T x) { return std::is_signed_v<T> ? T(Unsigned<T>(x) << 8) >> 8 : T(x & 0xFFFFFF); };
  return Wide<T>(low(a)) * Wide<T>(low(b));
}
struct Mul24Lo {
  template <typename T> static T run(T a, T b) { return static_cast<T>(product24(a, b)); }
};
struct Mul24Hi {
  template <typename T> static T run(T a, T b) { return static_cast<T>(product24(a, b) >> 16); }
};
struct Mad24Lo {
  template <typename T> static T run(T a, T b, T c) { return Add::run(Mul24Lo::run(a, b), c); }
};
struct Mad24Hi {
  template <typename T> static T run(T a, T b, T c) { return Add::run(Mul24Hi::run(a, b), c); }
};
struct Sad {
  template <typename T> static T run(T a, T b, T c) { return Add::run(a < b ? Sub::run(b, a) : Sub::run(a, b), c); }
};
/// Division by zero gives all ones, as the hardware's routine does; the remainder is then the dividend.
struct Div {
  template <typename T> static T run(T a, T b) {
    if (b == 0)
      return static_cast<T>(-1);
    if (std::is_signed_v<T> && b == static_cast<T>(-1))
      return Sub::run(T(0), a);
    return static_cast<T>(a / b);
  }
};
struct Rem {
  template <typename T> static T run(T a, T b) {
    if (b == 0)
      return a;
    if (std::is_signed_v<T> && b == static_cast<T>(-1))
      return 0;
    return static_cast<T>(a % b);
  }
};
struct Abs {
  template <typename T> static T run(T a) { return a < 0 ? Sub::run(T(0), a) : a; }
};
struct Neg {
  template <typename T> static T run(T a) { return Sub::run(T(0), a); }
};
struct Min {
  template <typename T> static T run(T a, T b) { return b < a ? b : a; }
};
struct Max {
  template <typename T> static T run(T a, T b) { return a < b ? b : a; }
};
struct MinRelu {
  template <typename T> static T run(T a, T b) { return Max::run(Min::run(a, b), T(0)); }
};
struct MaxRelu {
  template <typename T> static T run(T a, T b) { return Max::run(Max::run(a, b), T(0)); }
};
struct AddSat {
  static int32_t run(int32_t a, int32_t b) {
    const int64_t sum = int64_t(a) + b;
    return static_cast<int32_t>(sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : sum);
  }
};
struct SubSat {
  static int32_t run(int32_t a, int32_t b) {
    const int64_t difference = int64_t(a) - b;
    return static_cast<int32_t>(difference > INT32_MAX ? INT32_MAX : difference < INT32_MIN ? INT32_MIN : difference);
  }
};
struct Mad24HiSat {
  static int32_t run(int32_t a, int32_t b, int32_t c) { return AddSat::run(Mul24Hi::run(a, b), c); }
};
struct MadHiSat {
  static int32_t run(int32_t a, int32_t b, int32_t c) { return AddSat::run(MulHi::run(a, b), c); }
};
/// Applies an operation to both 16-bit halves.
template <typename Op, typename T> struct Pairwise {
  static uint32_t run(uint32_t a, uint32_t b) {
    const auto low = static_cast<uint16_t>(Op::run(static_cast<T>(a), static_cast<T>(b)));
    const auto high = static_cast<uint16_t>(Op::run(static_cast<T>(a >> 16), static_cast<T>(b >> 16)));
    return uint32_t(high) << 16 | low;
  }
};

template <bool ASigned, bool BSigned> struct Dp4a {
  static uint32_t run(uint32_t a, uint32_t b, uint32_t c) {
    for (unsigned i = 0; i < 32; i += 8) {
      const int32_t x = ASigned ? int8_t(a >> i) : uint8_t(a >> i);
      const int32_t y = BSigned ? int8_t(b >> i) : uint8_t(b >> i);
      c += static_cast<uint32_t>(x * y);
    }
    return c;
  }
};
template <bool ASigned, bool BSigned, bool High> struct Dp2a {
  static uint32_t run(uint32_t a, uint32_t b, uint32_t c) {
    for (unsigned i = 0; i < 2; ++i) {
      const int32_t x = ASigned ? int16_t(a >> 16 * i) : uint16_t(a >> 16 * i);
      const unsigned shift = 8 * i + (High ? 16 : 0);
      const int32_t y = BSigned ? int8_t(b >> shift) : uint8_t(b >> shift);
      c += static_cast<uint32_t>(x * y);
    }
    return c;
  }
};

template <typename Op> Exec pickUnary(Type type) {
  switch (type) {
  case Type::S16:
    return map<Op, int16_t, int16_t>;
  case Type::S32:
    return map<Op, int32_t, int32_t>;
  case Type::S64:
    return map<Op, int64_t, int64_t>;
  default:
    return nullptr;
  }
}

template <typename Op> Exec pickBinary(Type type) {
  switch (type) {
  case Type::U16:
    return map<Op, uint16_t, uint16_t, uint16_t>;
  case Type::S16:
    return map<Op, int16_t, int16_t, int16_t>;
  case Type::U32:
    return map<Op, uint32_t, uint32_t, uint32_t>;
  case Type::S32:
    return map<Op, int32_t, int32_t, int32_t>;
  case Type::U64:
    return map<Op, uint64_t, uint64_t, uint64_t>;
  case Type::S64:
    return map<Op, int64_t, int64_t, int64_t>;
  default:
    return nullptr;
  }
}

template <typename Op> Exec pickTernary(Type type) {
  switch (type) {
  case Type::U16:
    return map<Op, uint16_t, uint16_t, uint16_t, uint16_t>;
  case Type::S16:
    return map<Op, int16_t, int16_t, int16_t, int16_t>;
  case Type::U32:
    return map<Op, uint32_t, uint32_t, uint32_t, uint32_t>;
  case Type::S32:
    return map<Op, int32_t, int32_t, int32_t, int32_t>;
  case Type::U64:
    return map<Op, uint64_t, uint64_t, uint64_t, uint64_t>;
  case Type::S64:
    return map<Op, int64_t, int64_t, int64_t, int64_t>;
  default:
    return nullptr;
  }
}

Exec pickWide(Type type, bool mad) {
  switch (type) {
  case Type::U16:
    return mad ? map<MadWide, uint32_t, uint16_t, uint16_t, uint32_t> : map<MulWide, uint32_t, uint16_t, uint16_t>;
  case Type::S16:
    return mad ? map<MadWide, int32_t, int16_t, int16_t, int32_t> : map<MulWide, int32_t, int16_t, int16_t>;
  case Type::U32:
    return mad ? map<MadWide, uint64_t, uint32_t, uint32_t, uint64_t> : map<MulWide, uint64_t, uint32_t, uint32_t>;
  case Type::S32:
    return mad ? map<MadWide, int64_t, int32_t, int32_t, int64_t> : map<MulWide, int64_t, int32_t, int32_t>;
  default:
    return nullptr;
  }
}

Type widened(Type type) {
  switch (type) {
  case Type::U16:
    return Type::U32;
  case Type::S16:
    return Type::S32;
  case Type::U32:
    return Type::U64;
  default:
    return Type::S64;
  }
}

bool operands(Decoder &d, Type type, unsigned sources) {
  d.instr.op[0] = d.define(0, storageBits(type));
  for (unsigned i = 1; i <= sources; ++i)
    d.instr.op[i] = d.use(i, type);
  return d.done(sources + 1);
}

// ---- Carry: op[4] is the flag read, op[5] the flag written ----------------------------------------------------------
// Hardware subtracts by adding the complement and one, so the flag that sub.cc leaves is set where nothing was
// borrowed. That shows only where addc reads it, as in nvcc's division of 128-bit integers.

enum CarryOp { CarryAdd, CarrySub, CarryMadLo, CarryMadHi };

template <typename T, CarryOp Op> void carryArithmetic(Warp &warp, const Instr &instr) {
  const T *a = in<T>(warp, instr.op[1]), *b = in<T>(warp, instr.op[2]);
  const T *c = Op == CarryMadLo || Op == CarryMadHi ? in<T>(warp, instr.op[3]) : nullptr;
  const uint32_t carryIn = instr.op[4] != NoRef ? *in<uint32_t>(warp, instr.op[4]) : Op == CarrySub ? AllLanes : 0;
  T results[WarpSize];
  uint32_t carryOut = 0;
  for (unsigned lane = 0; lane < WarpSize; ++lane) {
    const unsigned __int128 carry = carryIn >> lane & 1;
    unsigned __int128 x = a[lane], y = b[lane];
    if constexpr (Op == CarryMadLo || Op == CarryMadHi) {
      const auto product = static_cast<Wide<T>>(Wide<T>(a[lane]) * Wide<T>(b[lane]));
      x = static_cast<T>(Op == CarryMadLo ? product : product >> (8 * sizeof(T)));
      y = c[lane];
    }
    if constexpr (Op == CarrySub)
      y = static_cast<T>(~b[lane]);
    const unsigned __int128 result = x + y + carry;
    results[lane] = static_cast<T>(result);
    carryOut |= uint32_t(result >> (8 * sizeof(T)) & 1) << lane;
  }
  blend(warp.mask, out<T>(warp, instr.op[0]), results);
  if (instr.op[5] != NoRef)
    storePredicate(warp, instr.op[5], warp.mask, carryOut);
}

template <CarryOp Op> Exec pickCarry(Type type) {
  // The high half of a signed product differs from that of an unsigned one; no compiler asks for its carry.
  if (Op == CarryMadHi && ptx::isSigned(type))
    return nullptr;
  return ptx::bits(type) == 32 ? carryArithmetic<uint32_t, Op> : carryArithmetic<uint64_t, Op>;
}

bool decodeCarry(Decoder &d, bool setsCarry) {
  const std::string_view root = d.root();
  const bool readsCarry = root == "addc" || root == "subc" || root == "madc";
  const bool isMad = root.starts_with("mad");
  const bool hi = isMad && d.take("hi");
  if (isMad && !hi && !d.take("lo"))
    return false;
  const Type type = d.takeType();
  if (ptx::bits(type) != 32 && ptx::bits(type) != 64)
    return false;
  if (root.starts_with("add"))
    d.instr.exec = pickCarry<CarryAdd>(type);
  else if (root.starts_with("sub"))
    d.instr.exec = pickCarry<CarrySub>(type);
  else
    d.instr.exec = hi ? pickCarry<CarryMadHi>(type) : pickCarry<CarryMadLo>(type);
  // Read before written: the liveness of the flag follows the order of the accesses.
  d.instr.op[4] = readsCarry ? d.carry(true, false) : NoRef;
  d.instr.op[5] = setsCarry ? d.carry(false, true) : NoRef;
  return operands(d, type, isMad ? 3 : 2);
}

bool decodeMultiply(Decoder &d) {
  const bool isMad = d.root() == "mad";
  const int part = d.takeOneOf({"lo", "hi", "wide"});
  const bool saturates = d.take("sat");
  const Type type = d.takeType();
  if (part == 2) {
    const Type wide = widened(type);
    d.instr.exec = pickWide(type, isMad);
    d.instr.op[0] = d.define(0, storageBits(wide));
    d.instr.op[1] = d.use(1, type);
    d.instr.op[2] = d.use(2, type);
    if (isMad)
      d.instr.op[3] = d.use(3, wide);
    return d.done(isMad ? 4 : 3);
  }
  if (part < 0)
    return false;
  if (saturates) {
    if (!isMad || part != 1 || type != Type::S32)
      return false;
    d.instr.exec = map<MadHiSat, int32_t, int32_t, int32_t, int32_t>;
  } else if (isMad) {
    d.instr.exec = part ? pickTernary<MadHi>(type) : pickTernary<MadLo>(type);
  } else {
    d.instr.exec = part ? pickBinary<MulHi>(type) : pickBinary<MulLo>(type);
  }
  return operands(d, type, isMad ? 3 : 2);
}

bool decode24(Decoder &d) {
  const bool isMad = d.root() == "mad24", hi = d.take("hi");
  if (!hi && !d.take("lo"))
    return false;
  const Type type = d.takeType();
  if (type != Type::U32 && type != Type::S32)
    return false;
  if (isMad && hi && type == Type::S32 && d.take("sat"))
    d.instr.exec = map<Mad24HiSat, int32_t, int32_t, int32_t, int32_t>;
  else if (isMad)
    d.instr.exec = hi ? pickTernary<Mad24Hi>(type) : pickTernary<Mad24Lo>(type);
  else
    d.instr.exec = hi ? pickBinary<Mul24Hi>(type) : pickBinary<Mul24Lo>(type);
  return operands(d, type, isMad ? 3 : 2);
}

bool decodeDotProduct(Decoder &d) {
  const bool isFour = d.root() == "dp4a", hi = !isFour && d.take("hi");
  if (!isFour && !hi)
    d.take("lo");
  const bool a = ptx::isSigned(d.takeType()), b = ptx::isSigned(d.takeType());
  static constexpr Exec Four[2][2] = {{map<Dp4a<false, false>, uint32_t, uint32_t, uint32_t, uint32_t>,
                                       map<Dp4a<false, true>, uint32_t, uint32_t, uint32_t, uint32_t>},
                                      {map<Dp4a<true, false>, uint32_t, uint32_t, uint32_t, uint32_t>,
                                       map<Dp4a<true, true>, uint32_t, uint32_t, uint32_t, uint32_t>}};
  static constexpr Exec TwoLo[2][2] = {{map<Dp2a<false, false, false>, uint32_t, uint32_t, uint32_t, uint32_t>,
                                        map<Dp2a<false, true, false>, uint32_t, uint32_t, uint32_t, uint32_t>},
                                       {map<Dp2a<true, false, false>, uint32_t, uint32_t, uint32_t, uint32_t>,
                                        map<Dp2a<true, true, false>, uint32_t, uint32_t, uint32_t, uint32_t>}};
  static constexpr Exec TwoHi[2][2] = {{map<Dp2a<false, false, true>, uint32_t, uint32_t, uint32_t, uint32_t>,
                                        map<Dp2a<false, true, true>, uint32_t, uint32_t, uint32_t, uint32_t>},
                                       {map<Dp2a<true, false, true>, uint32_t, uint32_t, uint32_t, uint32_t>,
                                        map<Dp2a<true, true, true>, uint32_t, uint32_t, uint32_t, uint32_t>}};
  d.instr.exec = isFour ? Four[a][b] : hi ? TwoHi[a][b] : TwoLo[a][b];
  return operands(d, Type::U32, 3);
}

bool decodePacked(Decoder &d, Type type) {
  const std::string_view root = d.root();
  const bool isSigned = type == Type::S16x2, relu = d.take("relu");
  const auto pick = [&]<typename Op>(Op) -> Exec {
    return isSigned ? map<Pairwise<Op, int16_t>, uint32_t, uint32_t, uint32_t>
                    : map<Pairwise<Op, uint16_t>, uint32_t, uint32_t, uint32_t>;
  };
  if (relu && (!isSigned || (root != "min" && root != "max")))
    return d.fail("unknown modifier '.relu'");
  if (root == "add")
    d.instr.exec = pick(Add());
  else if (root == "sub")
    d.instr.exec = pick(Sub());
  else if (root == "min")
    d.instr.exec = relu ? pick(MinRelu()) : pick(Min());
  else if (root == "max")
    d.instr.exec = relu ? pick(MaxRelu()) : pick(Max());
  return operands(d, Type::B32, 2);
}

} // namespace

bool decodeInteger(Decoder &d) {
  const std::string_view root = d.root();
  const bool setsCarry = d.take("cc");
  if (setsCarry || root == "addc" || root == "subc" || root == "madc")
    return decodeCarry(d, setsCarry);
  if (root == "mul" || root == "mad")
    return decodeMultiply(d);
  if (root == "mul24" || root == "mad24")
    return decode24(d);
  if (root == "dp4a" || root == "dp2a")
    return decodeDotProduct(d);
  const bool saturates = d.take("sat");
  const Type type = d.takeType();
  if (type == Type::U16x2 || type == Type::S16x2)
    return decodePacked(d, type);
  if (saturates) {
    if (type != Type::S32)
      return d.fail("unknown modifier '.sat'");
    d.instr.exec = root == "add"   ? map<AddSat, int32_t, int32_t, int32_t>
                   : root == "sub" ? map<SubSat, int32_t, int32_t, int32_t>
                                   : nullptr;
    return operands(d, type, 2);
  }
  if (root == "abs" || root == "neg") {
    d.instr.exec = root == "abs" ? pickUnary<Abs>(type) : pickUnary<Neg>(type);
    return operands(d, type, 1);
  }
  if (root == "min" || root == "max") {
    const bool relu = d.take("relu");
    if (relu && type != Type::S32)
      return d.fail("unknown modifier '.relu'");
    if (relu)
      d.instr.exec = root == "min" ? map<MinRelu, int32_t, int32_t, int32_t> : map<MaxRelu, int32_t, int32_t, int32_t>;
    else
      d.instr.exec = root == "min" ? pickBinary<Min>(type) : pickBinary<Max>(type);
    return operands(d, type, 2);
  }
  if (root == "sad") {
    d.instr.exec = pickTernary<Sad>(type);
    return operands(d, type, 3);
  }
  if (root == "add")
    d.instr.exec = pickBinary<Add>(type);
  else if (root == "sub")
    d.instr.exec = pickBinary<Sub>(type);
  else if (root == "div")
    d.instr.exec = pickBinary<Div>(type);
  else if (root == "rem")
    d.instr.exec = pickBinary<Rem>(type);
  return operands(d, type, 2);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
