//===- ExecHalf.cpp - Arithmetic of f16 and bf16, single and packed -------===//
//
// Values are widened to f32, computed there and rounded once more, which is exact for sums, differences, products;
// fused multiply-add goes through double and rounding to odd.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Approximate.h"
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Type;

namespace {

struct Add {
  static float run(float a, float b) { return a + b; }
};
struct Sub {
  static float run(float a, float b) { return a - b; }
};
struct Mul {
  static float run(float a, float b) { return roundToOdd(static_cast<double>(a) * b); }
};
struct Fma {
  static float run(float a, float b, float c) { return roundToOdd(fmaToOdd(a, b, c)); }
};
struct Exp2 {
  static float run(float a) { return static_cast<float>(exponential2(a)); }
};
struct Tanh {
  static float run(float a) { return static_cast<float>(hyperbolicTangent(a)); }
};
struct Abs {
  static float run(float a) { return floatOf(bitsOf(a) & 0x7FFFFFFF); }
};
struct Neg {
  static float run(float a) { return floatOf(bitsOf(a) ^ 0x80000000); }
};
template <bool IsMax, bool Nan, bool XorSign> struct MinMax {
  static float pick(float a, float b) {
    const uint32_t x = bitsOf(a), y = bitsOf(b);
    const bool less = a < b || (a == b && (x >> 31) > (y >> 31));
    float result = less == IsMax ? b : a;
    result = a != a ? b : b != b ? a : result;
    const bool nan = Nan ? (a != a || b != b) : (a != a && b != b);
    return nan ? floatOf(CanonicalNan32) : result;
  }
  static float run(float a, float b) {
    if (!XorSign)
      return pick(a, b);
    const uint32_t sign = (bitsOf(a) ^ bitsOf(b)) & 0x80000000;
    const float magnitude = pick(floatOf(bitsOf(a) & 0x7FFFFFFF), floatOf(bitsOf(b) & 0x7FFFFFFF));
    return magnitude != magnitude ? magnitude : floatOf(bitsOf(magnitude) | sign);
  }
};

enum HalfFlags : uint8_t { HalfFtz = 1, HalfSat = 2, HalfRelu = 4 };

template <bool Bf, unsigned Count> [[gnu::always_inline]] inline void widen(const uint16_t *from, float *to) {
  if constexpr (Bf)
    for (unsigned i = 0; i < Count; ++i)
      to[i] = bfloatToFloat(from[i]);
  else
    widenHalves<Count>(from, to);
}

/// Subnormals of the narrow format to zero; those of bf16 are subnormals of f32.
template <bool Bf> [[gnu::always_inline]] inline float flushNarrow(float x) {
  const uint32_t bits = bitsOf(x);
  return floatOf((bits & 0x7FFFFFFF) < (Bf ? 0x00800000u : 0x38800000u) ? bits & 0x80000000 : bits);
}

template <typename Op, bool Bf, bool Packed, unsigned Sources> void half(Warp &warp, const Instr &instr) {
  constexpr unsigned Count = Packed ? 2 * WarpSize : WarpSize;
  alignas(64) float s[Sources][Count], r[Count];
  alignas(64) uint16_t narrow[Count];
  for (unsigned i = 0; i < Sources; ++i)
    widen<Bf, Count>(in<uint16_t>(warp, instr.op[1 + i]), s[i]);
  const bool ftz = instr.flags & HalfFtz;
  if (ftz)
    for (unsigned i = 0; i < Sources; ++i)
      for (unsigned e = 0; e < Count; ++e)
        s[i][e] = flushNarrow<Bf>(s[i][e]);
  TESSERA_LANES
  for (unsigned e = 0; e < Count; ++e) {
    if constexpr (Sources == 1)
      r[e] = Op::run(s[0][e]);
    else if constexpr (Sources == 2)
      r[e] = Op::run(s[0][e], s[1][e]);
    else
      r[e] = Op::run(s[0][e], s[1][e], s[2][e]);
  }
  if (instr.flags & HalfSat)
    for (unsigned e = 0; e < Count; ++e)
      r[e] = saturate(r[e]);
  if (instr.flags & HalfRelu)
    for (unsigned e = 0; e < Count; ++e)
      r[e] = r[e] < 0 ? 0 : r[e];
  if constexpr (Bf) {
    for (unsigned e = 0; e < Count; ++e)
      narrow[e] = floatToBfloat(r[e]);
  } else {
    narrowHalves<Count>(r, narrow);
  }
  if (ftz)
    for (unsigned e = 0; e < Count; ++e)
      narrow[e] = (narrow[e] & (Bf ? 0x7F80 : 0x7C00)) == 0 ? narrow[e] & 0x8000 : narrow[e];
  if constexpr (Packed) {
    alignas(64) uint32_t words[WarpSize];
    std::memcpy(words, narrow, sizeof words);
    blend(warp.mask, out<uint32_t>(warp, instr.op[0]), words);
  } else {
    blend(warp.mask, out<uint16_t>(warp, instr.op[0]), narrow);
  }
}

template <typename Op, unsigned Sources> Exec pick(Type type) {
  switch (type) {
  case Type::F16:
    return half<Op, false, false, Sources>;
  case Type::F16x2:
    return half<Op, false, true, Sources>;
  case Type::BF16:
    return half<Op, true, false, Sources>;
  case Type::BF16x2:
    return half<Op, true, true, Sources>;
  default:
    return nullptr;
  }
}

template <uint32_t Clear, uint32_t Flip> struct SignBits {
  template <typename T> static T run(T a) {
    return static_cast<T>((a & ~static_cast<T>(Clear)) ^ static_cast<T>(Flip));
  }
};

bool operands(Decoder &d, Type type, unsigned sources) {
  d.instr.op[0] = d.define(0, storageBits(type));
  for (unsigned i = 1; i <= sources; ++i)
    d.instr.op[i] = d.use(i, type);
  return d.done(sources + 1);
}

template <bool IsMax> Exec pickMinMax(Type type, bool nan, bool xorSign) {
  if (nan)
    return xorSign ? pick<MinMax<IsMax, true, true>, 2>(type) : pick<MinMax<IsMax, true, false>, 2>(type);
  return xorSign ? pick<MinMax<IsMax, false, true>, 2>(type) : pick<MinMax<IsMax, false, false>, 2>(type);
}

} // namespace

bool decodeHalf(Decoder &d) {
  const std::string_view root = d.root();
  const bool approximate = d.take("approx");
  d.take("rn"); // the only rounding these have
  if (d.take("ftz"))
    d.instr.flags |= HalfFtz;
  if (d.take("sat"))
    d.instr.flags |= HalfSat;
  if (d.take("relu"))
    d.instr.flags |= HalfRelu;
  const bool nan = d.take("NaN"), xorSign = d.take("xorsign");
  if (xorSign)
    d.take("abs");
  const Type type = d.takeType();
  const bool packed = storageBits(type) == 32;
  if ((root == "ex2" || root == "tanh") && !approximate)
    return d.fail("expected .approx");
  if (root == "add")
    d.instr.exec = pick<Add, 2>(type);
  else if (root == "sub")
    d.instr.exec = pick<Sub, 2>(type);
  else if (root == "mul")
    d.instr.exec = pick<Mul, 2>(type);
  else if (root == "min")
    d.instr.exec = pickMinMax<false>(type, nan, xorSign);
  else if (root == "max")
    d.instr.exec = pickMinMax<true>(type, nan, xorSign);
  else if (root == "fma") {
    d.instr.exec = pick<Fma, 3>(type);
    return operands(d, type, 3);
  } else {
    if (root == "ex2")
      d.instr.exec = pick<Exp2, 1>(type);
    else if (root == "tanh")
      d.instr.exec = pick<Tanh, 1>(type);
    else if (d.instr.flags & HalfFtz)
      d.instr.exec = root == "abs" ? pick<Abs, 1>(type) : pick<Neg, 1>(type);
    else if (root == "abs")
      d.instr.exec =
          packed ? map<SignBits<0x80008000, 0>, uint32_t, uint32_t> : map<SignBits<0x8000, 0>, uint16_t, uint16_t>;
    else if (root == "neg")
      d.instr.exec =
          packed ? map<SignBits<0, 0x80008000>, uint32_t, uint32_t> : map<SignBits<0, 0x8000>, uint16_t, uint16_t>;
    return operands(d, type, 1);
  }
  return operands(d, type, 2);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
