//===- ExecConvert.cpp - cvt ----------------------------------------------===//
//
// Conversions between all integer and floating types. The frequent forms have loops of their own; the rest goes through
// one that reads any type, as a 64-bit integer or a double, both exact, and writes any type. Registers may be wider
// than the types.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"
#include "runtime/simulator/Rounding.h"

#include <cmath>
#include <limits>

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Type;

namespace {

/// What Instr::imm of a conversion holds.
struct Conversion {
  Type to, from;
  uint8_t toBits, fromBits; ///< of the registers
  Rounding rounding;
  uint8_t integral : 1, ftz : 1, sat : 1, relu : 1, finite : 1;
};
static_assert(sizeof(Conversion) <= sizeof(int64_t));
Conversion conversionOf(const Instr &instr) {
  Conversion c;
  std::memcpy(&c, &instr.imm, sizeof c);
  return c;
}

uint64_t readRegister(const Warp &warp, Ref ref, unsigned bits, unsigned lane) {
  switch (bits) {
  case 16:
    return in<uint16_t>(warp, ref)[lane];
  case 32:
    return in<uint32_t>(warp, ref)[lane];
  default:
    return in<uint64_t>(warp, ref)[lane];
  }
}
void writeRegister(Warp &warp, Ref ref, unsigned bits, unsigned lane, uint64_t value) {
  switch (bits) {
  case 16:
    out<uint16_t>(warp, ref)[lane] = static_cast<uint16_t>(value);
    break;
  case 32:
    out<uint32_t>(warp, ref)[lane] = static_cast<uint32_t>(value);
    break;
  default:
    out<uint64_t>(warp, ref)[lane] = value;
  }
}

int64_t signExtend(uint64_t value, unsigned bits) {
  return bits >= 64 ? static_cast<int64_t>(value) : static_cast<int64_t>(value << (64 - bits)) >> (64 - bits);
}
uint64_t zeroExtend(uint64_t value, unsigned bits) { return bits >= 64 ? value : value & ((uint64_t(1) << bits) - 1); }

/// A raw register value as an exact integer, which needs 65 bits.
__int128 readInteger(uint64_t raw, Type type) {
  const unsigned bits = ptx::bits(type);
  return ptx::isSigned(type) ? static_cast<__int128>(signExtend(raw, bits))
                             : static_cast<__int128>(zeroExtend(raw, bits));
}

double readFloat(uint64_t raw, Type type) {
  switch (type) {
  case Type::F16:
    return halfToFloat(static_cast<uint16_t>(raw));
  case Type::BF16:
    return bfloatToFloat(static_cast<uint16_t>(raw));
  case Type::F64:
    return std::bit_cast<double>(raw);
  default:
    return floatOf(static_cast<uint32_t>(raw));
  }
}

double roundToInteger(double x, Rounding rounding) {
  switch (rounding) {
  case Rounding::Zero:
    return std::trunc(x);
  case Rounding::Down:
    return std::floor(x);
  case Rounding::Up:
    return std::ceil(x);
  default:
    return std::nearbyint(x);
  }
}

/// .ftz is about values of f32 alone.
double flushDouble(double x) { return std::fabs(x) < 0x1p-126 ? std::copysign(0.0, x) : x; }

/// To the bits of a floating type.
uint64_t writeFloat(double x, const Conversion &c) {
  if (c.relu && x < 0)
    x = 0;
  if (c.sat)
    x = x > 0 ? (x < 1 ? x : 1.0) : 0.0;
  switch (c.to) {
  case Type::F16:
    return encode(HalfFormat, x, c.rounding, c.finite);
  case Type::BF16:
    return encode(BfloatFormat, x, c.rounding, c.finite);
  case Type::TF32:
    return x != x ? CanonicalNan32 : encode(Tf32Format, x, c.rounding, c.finite) << 13;
  case Type::F64:
    return std::bit_cast<uint64_t>(x);
  case Type::E4M3:
    return encode(E4m3Format, x, c.rounding, true);
  case Type::E5M2:
    return encode(E5m2Format, x, c.rounding, true);
  default:
    return encode(FloatFormat, c.ftz ? flushDouble(x) : x, c.rounding, c.finite);
  }
}

uint64_t floatToInteger(double x, const Conversion &c) {
  const unsigned bits = ptx::bits(c.to);
  const bool isSigned = ptx::isSigned(c.to);
  if (x != x) {
    // NaN becomes zero, but for 64-bit types the value that only the top bit gives.
    const bool wide = c.from == Type::F64 || bits == 64;
    return wide ? uint64_t(1) << (bits - 1) : 0;
  }
  const double rounded = roundToInteger(x, c.rounding);
  const double top = std::ldexp(1.0, static_cast<int>(isSigned ? bits - 1 : bits));
  const double bottom = isSigned ? -top : 0.0;
  if (rounded >= top)
    return isSigned ? (uint64_t(1) << (bits - 1)) - 1 : bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1;
  if (rounded <= bottom)
    return isSigned ? zeroExtend(uint64_t(1) << (bits - 1), bits) : 0;
  return isSigned ? static_cast<uint64_t>(static_cast<int64_t>(rounded)) : static_cast<uint64_t>(rounded);
}

/// To double, with the bits that do not fit gathered into the lowest, so that rounding again is exact.
double integerToDouble(__int128 value) {
  const bool negative = value < 0;
  auto magnitude = static_cast<uint64_t>(negative ? -value : value);
  if (magnitude >> 53)
    magnitude = (magnitude & ~uint64_t(0x7FF)) | (magnitude & 0x7FF ? 0x800 : 0);
  const auto x = static_cast<double>(magnitude);
  return negative ? -x : x;
}

uint64_t saturateInteger(__int128 value, Type type) {
  const unsigned bits = ptx::bits(type);
  const bool isSigned = ptx::isSigned(type);
  const __int128 top = isSigned ? (__int128(1) << (bits - 1)) - 1 : (__int128(1) << bits) - 1;
  const __int128 bottom = isSigned ? -(__int128(1) << (bits - 1)) : 0;
  return static_cast<uint64_t>(value > top ? top : value < bottom ? bottom : value);
}

uint64_t convertOne(uint64_t raw, const Conversion &c) {
  const bool fromFloat = ptx::isFloat(c.from), toFloat = ptx::isFloat(c.to) || c.to == Type::E4M3 || c.to == Type::E5M2;
  if (!fromFloat) {
    const __int128 value = readInteger(raw, c.from);
    if (!toFloat)
      return c.sat ? saturateInteger(value, c.to) : static_cast<uint64_t>(value);
    if (c.to == Type::F64 && (value > (__int128(1) << 53) || -value > (__int128(1) << 53))) {
      // The one float that can hold more than the detour keeps: round here.
      const int host = hostRounding(c.rounding);
      std::fesetround(host);
      volatile double x = value < 0 ? static_cast<double>(static_cast<int64_t>(value))
                                    : static_cast<double>(static_cast<uint64_t>(value));
      std::fesetround(FE_TONEAREST);
      return std::bit_cast<uint64_t>(static_cast<double>(x));
    }
    return writeFloat(integerToDouble(value), c);
  }
  double x = readFloat(raw, c.from);
  if (c.ftz && c.from == Type::F32)
    x = flushDouble(x);
  if (!toFloat)
    return floatToInteger(x, c);
  if (c.integral) {
    x = roundToInteger(x, c.rounding);
    Conversion exact = c;
    exact.rounding = Rounding::NearestEven;
    return writeFloat(x, exact);
  }
  return writeFloat(x, c);
}

void convertAny(Warp &warp, const Instr &instr) {
  const Conversion c = conversionOf(instr);
  const unsigned resultBits = ptx::bits(c.to);
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    uint64_t value = convertOne(readRegister(warp, instr.op[1], c.fromBits, lane), c);
    // In a wider register the value is extended as its type says.
    if (ptx::isSigned(c.to))
      value = static_cast<uint64_t>(signExtend(value, resultBits));
    else
      value = zeroExtend(value, resultBits);
    writeRegister(warp, instr.op[0], c.toBits, lane, value);
  }
}

// ---- Frequent forms -------------------------------------------------------------------------------------------------

struct Cast {
  template <typename D, typename S> struct To {
    static D run(S s) { return static_cast<D>(s); }
  };
};
template <typename D, typename S> constexpr Exec cast = map<Cast::To<D, S>, D, S>;

void halfToSingle(Warp &warp, const Instr &instr) {
  alignas(64) float wide[WarpSize];
  widenHalves<WarpSize>(in<uint16_t>(warp, instr.op[1]), wide);
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    wide[lane] = canonical(wide[lane]);
  blend(warp.mask, out<float>(warp, instr.op[0]), wide);
}
void singleToHalf(Warp &warp, const Instr &instr) {
  alignas(64) uint16_t narrow[WarpSize];
  narrowHalves<WarpSize>(in<float>(warp, instr.op[1]), narrow);
  blend(warp.mask, out<uint16_t>(warp, instr.op[0]), narrow);
}
struct BfloatToSingle {
  static float run(uint16_t x) { return canonical(bfloatToFloat(x)); }
};
struct SingleToBfloat {
  static uint16_t run(float x) { return floatToBfloat(x); }
};

/// d = {a, b}: a in the upper half.
template <bool Bf, bool Relu> void pairToNarrow(Warp &warp, const Instr &instr) {
  const float *a = in<float>(warp, instr.op[1]), *b = in<float>(warp, instr.op[2]);
  alignas(64) float high[WarpSize], low[WarpSize];
  for (unsigned lane = 0; lane < WarpSize; ++lane) {
    high[lane] = Relu && a[lane] < 0 ? 0 : a[lane];
    low[lane] = Relu && b[lane] < 0 ? 0 : b[lane];
  }
  alignas(64) uint16_t narrowHigh[WarpSize], narrowLow[WarpSize];
  if constexpr (Bf) {
    for (unsigned lane = 0; lane < WarpSize; ++lane) {
      narrowHigh[lane] = floatToBfloat(high[lane]);
      narrowLow[lane] = floatToBfloat(low[lane]);
    }
  } else {
    narrowHalves<WarpSize>(high, narrowHigh);
    narrowHalves<WarpSize>(low, narrowLow);
  }
  const uint16_t *h = narrowHigh, *l = narrowLow;
  store<uint32_t>(warp.mask, out<uint32_t>(warp, instr.op[0]),
                  [=](unsigned lane) { return uint32_t(h[lane]) << 16 | l[lane]; });
}

template <bool Unsigned> struct TruncateToInt {
  static uint32_t run(float x) {
    if (Unsigned) {
      if (!(x > 0))
        return 0;
      return x >= 4294967296.0f ? ~0u : static_cast<uint32_t>(static_cast<int64_t>(x));
    }
    if (x != x)
      return 0;
    if (x >= 2147483648.0f)
      return 0x7FFFFFFF;
    return x <= -2147483648.0f ? 0x80000000 : static_cast<uint32_t>(static_cast<int32_t>(x));
  }
};

struct Frequent {
  Type to, from;
  Rounding rounding;
  bool integral;
  Exec exec;
};
constexpr Rounding Near = Rounding::NearestEven;
constexpr Frequent FrequentForms[] = {
    {Type::U64, Type::U32, Near, false, cast<uint64_t, uint32_t>},
    {Type::S64, Type::U32, Near, false, cast<uint64_t, uint32_t>},
    {Type::S64, Type::S32, Near, false, cast<int64_t, int32_t>},
    {Type::U64, Type::S32, Near, false, cast<int64_t, int32_t>},
    {Type::U32, Type::U64, Near, false, cast<uint32_t, uint64_t>},
    {Type::S32, Type::S64, Near, false, cast<uint32_t, uint64_t>},
    {Type::U32, Type::S64, Near, false, cast<uint32_t, uint64_t>},
    {Type::S32, Type::U64, Near, false, cast<uint32_t, uint64_t>},
    {Type::U32, Type::U16, Near, false, cast<uint32_t, uint16_t>},
    {Type::S32, Type::U16, Near, false, cast<uint32_t, uint16_t>},
    {Type::S32, Type::S16, Near, false, cast<int32_t, int16_t>},
    {Type::U32, Type::S16, Near, false, cast<int32_t, int16_t>},
    {Type::U64, Type::U16, Near, false, cast<uint64_t, uint16_t>},
    {Type::S64, Type::S16, Near, false, cast<int64_t, int16_t>},
    {Type::U16, Type::U32, Near, false, cast<uint16_t, uint32_t>},
    {Type::S16, Type::S32, Near, false, cast<uint16_t, uint32_t>},
    {Type::U16, Type::S32, Near, false, cast<uint16_t, uint32_t>},
    {Type::S16, Type::U32, Near, false, cast<uint16_t, uint32_t>},
    {Type::U16, Type::U64, Near, false, cast<uint16_t, uint64_t>},
    {Type::F32, Type::S32, Near, false, cast<float, int32_t>},
    {Type::F32, Type::U32, Near, false, cast<float, uint32_t>},
    {Type::F32, Type::S16, Near, false, cast<float, int16_t>},
    {Type::F32, Type::U16, Near, false, cast<float, uint16_t>},
    {Type::F32, Type::S64, Near, false, cast<float, int64_t>},
    {Type::F64, Type::S32, Near, false, cast<double, int32_t>},
    {Type::F64, Type::U32, Near, false, cast<double, uint32_t>},
    {Type::F64, Type::F32, Near, false, cast<double, float>},
    {Type::F32, Type::F16, Near, false, halfToSingle},
    {Type::F16, Type::F32, Near, false, singleToHalf},
    {Type::F32, Type::BF16, Near, false, map<BfloatToSingle, float, uint16_t>},
    {Type::BF16, Type::F32, Near, false, map<SingleToBfloat, uint16_t, float>},
    {Type::S32, Type::F32, Rounding::Zero, true, map<TruncateToInt<false>, uint32_t, float>},
    {Type::U32, Type::F32, Rounding::Zero, true, map<TruncateToInt<true>, uint32_t, float>},
};

// ---- Packed formats -------------------------------------------------------------------------------------------------

Type elementOf(Type packed) {
  switch (packed) {
  case Type::F16x2:
    return Type::F16;
  case Type::BF16x2:
    return Type::BF16;
  case Type::E4M3x2:
    return Type::E4M3;
  case Type::E5M2x2:
    return Type::E5M2;
  default:
    return Type::None;
  }
}

/// d = {a, b} of f32, to two of any narrow format.
void pairToAny(Warp &warp, const Instr &instr) {
  Conversion c = conversionOf(instr);
  const unsigned bits = ptx::bits(c.to);
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const uint64_t high = writeFloat(in<float>(warp, instr.op[1])[lane], c);
    const uint64_t low = writeFloat(in<float>(warp, instr.op[2])[lane], c);
    writeRegister(warp, instr.op[0], c.toBits, lane, high << bits | low);
  }
}

/// Two of a packed format to two of another.
void packedToPacked(Warp &warp, const Instr &instr) {
  Conversion c = conversionOf(instr);
  const unsigned to = ptx::bits(c.to), from = ptx::bits(c.from);
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const uint64_t raw = readRegister(warp, instr.op[1], c.fromBits, lane);
    uint64_t result = 0;
    for (unsigned i = 0; i < 2; ++i) {
      const uint64_t part = zeroExtend(raw >> (i * from), from);
      double x;
      if (c.from == Type::E4M3)
        x = decode8(E4m3Format, static_cast<uint8_t>(part));
      else if (c.from == Type::E5M2)
        x = decode8(E5m2Format, static_cast<uint8_t>(part));
      else
        x = readFloat(part, c.from);
      result |= writeFloat(x, c) << (i * to);
    }
    writeRegister(warp, instr.op[0], c.toBits, lane, result);
  }
}

/// cvt.pack: a and b clamped to the type, a above b, and c, moved up, above both. imm: bits, negative for signed types.
template <bool HasRest> void packIntegers(Warp &warp, const Instr &instr) {
  const auto width = static_cast<unsigned>(instr.imm < 0 ? -instr.imm : instr.imm);
  const bool isSigned = instr.imm < 0;
  const int64_t top = isSigned ? (int64_t(1) << (width - 1)) - 1 : (int64_t(1) << width) - 1;
  const int64_t bottom = isSigned ? -top - 1 : 0;
  const uint32_t mask = (1u << width) - 1;
  const int32_t *a = in<int32_t>(warp, instr.op[1]), *b = in<int32_t>(warp, instr.op[2]);
  const uint32_t *rest = HasRest ? in<uint32_t>(warp, instr.op[3]) : nullptr;
  const auto clamped = [=](int64_t x) { return static_cast<uint32_t>(x > top ? top : x < bottom ? bottom : x) & mask; };
  store<uint32_t>(warp.mask, out<uint32_t>(warp, instr.op[0]), [=](unsigned lane) {
    return clamped(a[lane]) << width | clamped(b[lane]) | (HasRest ? rest[lane] << 2 * width : 0);
  });
}

bool decodePack(Decoder &d) {
  static constexpr struct {
    std::string_view name;
    int bits;
  } Types[] = {{"u16", 16}, {"s16", -16}, {"u8", 8}, {"s8", -8}, {"u4", 4}, {"s4", -4}, {"u2", 2}, {"s2", -2}};
  if (!d.take("sat"))
    return d.fail("expected .sat");
  for (const auto &type : Types)
    if (d.instr.imm == 0 && d.take(type.name))
      d.instr.imm = type.bits;
  const bool wide = d.instr.imm == 16 || d.instr.imm == -16;
  if (d.instr.imm == 0 || !d.take("s32") || (!wide && !d.take("b32")))
    return d.fail("unknown conversion");
  d.instr.op[0] = d.define(0, 32);
  d.instr.op[1] = d.use(1, Type::S32);
  d.instr.op[2] = d.use(2, Type::S32);
  if (!wide && d.operandCount() == 4)
    d.instr.op[3] = d.use(3, Type::B32);
  d.instr.exec = wide ? packIntegers<false> : packIntegers<true>;
  return d.done(wide ? 3 : 4);
}

bool decodePacked(Decoder &d, Conversion &c, Type to, Type from) {
  c.to = elementOf(to);
  d.instr.op[0] = d.define(0, storageBits(to));
  c.toBits = static_cast<uint8_t>(storageBits(to));
  if (from == Type::F32) {
    c.from = Type::F32;
    d.instr.op[1] = d.use(1, Type::F32);
    d.instr.op[2] = d.use(2, Type::F32);
    const bool near = c.rounding == Rounding::NearestEven && !c.finite;
    if (near && to == Type::F16x2)
      d.instr.exec = c.relu ? pairToNarrow<false, true> : pairToNarrow<false, false>;
    else if (near && to == Type::BF16x2)
      d.instr.exec = c.relu ? pairToNarrow<true, true> : pairToNarrow<true, false>;
    else
      d.instr.exec = pairToAny;
    std::memcpy(&d.instr.imm, &c, sizeof c);
    return d.done(3);
  }
  c.from = elementOf(from);
  if (c.from == Type::None)
    return d.fail("unknown conversion");
  c.fromBits = static_cast<uint8_t>(storageBits(from));
  d.instr.op[1] = d.use(1, from);
  d.instr.exec = packedToPacked;
  std::memcpy(&d.instr.imm, &c, sizeof c);
  return d.done(2);
}

} // namespace

bool decodeConvert(Decoder &d) {
  if (d.take("pack"))
    return decodePack(d);
  Conversion c{};
  c.rounding = Rounding::NearestEven;
  switch (d.takeOneOf({"rni", "rzi", "rmi", "rpi", "rn", "rz", "rm", "rp", "rna"})) {
  case 0:
    c.integral = 1;
    break;
  case 1:
    c.integral = 1;
    c.rounding = Rounding::Zero;
    break;
  case 2:
    c.integral = 1;
    c.rounding = Rounding::Down;
    break;
  case 3:
    c.integral = 1;
    c.rounding = Rounding::Up;
    break;
  case 5:
    c.rounding = Rounding::Zero;
    break;
  case 6:
    c.rounding = Rounding::Down;
    break;
  case 7:
    c.rounding = Rounding::Up;
    break;
  case 8:
    c.rounding = Rounding::NearestAway;
    break;
  default:
    break;
  }
  c.ftz = d.take("ftz");
  c.sat = d.take("sat");
  c.finite = d.take("satfinite");
  c.relu = d.take("relu");
  const Type to = d.takeType(), from = d.takeType();
  if (to == Type::None || from == Type::None)
    return d.fail("unknown conversion");
  if (elementOf(to) != Type::None)
    return decodePacked(d, c, to, from);
  const bool known = (ptx::isFloat(to) || ptx::bits(to) >= 8) && from != Type::TF32 && ptx::bits(from) >= 8 &&
                     elementOf(from) == Type::None && to != Type::E4M3 && to != Type::E5M2 && from != Type::E4M3 &&
                     from != Type::E5M2 && from != Type::UE8M0 && to != Type::UE8M0;
  if (!known)
    return d.fail("unknown conversion");
  c.to = to;
  c.from = from;
  d.instr.op[0] = d.define(0, storageBits(to), true);
  d.instr.op[1] = d.use(1, from, true);
  const unsigned toWidth = d.widthOf(d.operand(0)), fromWidth = d.widthOf(d.operand(1));
  c.toBits = static_cast<uint8_t>(toWidth ? toWidth : storageBits(to));
  c.fromBits = static_cast<uint8_t>(fromWidth ? fromWidth : storageBits(from));
  d.instr.exec = convertAny;
  const bool plain =
      !c.ftz && !c.sat && !c.relu && !c.finite && c.toBits == ptx::bits(to) && c.fromBits == ptx::bits(from);
  // Flushing changes nothing where neither side can be a subnormal f32.
  const bool ftzIdle = c.ftz && !c.sat && c.toBits == ptx::bits(to) && c.fromBits == ptx::bits(from) &&
                       (to == Type::S32 || to == Type::U32) && c.rounding == Rounding::Zero;
  if (plain || ftzIdle)
    for (const Frequent &form : FrequentForms)
      if (form.to == to && form.from == from && form.rounding == c.rounding && form.integral == bool(c.integral))
        d.instr.exec = form.exec;
  std::memcpy(&d.instr.imm, &c, sizeof c);
  return d.done(2);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
