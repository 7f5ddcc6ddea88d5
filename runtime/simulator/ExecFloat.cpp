//===- ExecFloat.cpp - Arithmetic of f32 and f64 --------------------------===//
//
// add sub mul fma mad div abs neg min max copysign, with rounding, flushing of subnormals and saturation. Directed
// roundings run the same loops under the host's rounding mode.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"
#include "runtime/simulator/Rounding.h"

#include <cmath>

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Type;

namespace {

struct Add {
  template <typename T> static T run(T a, T b) { return a + b; }
};
struct Sub {
  template <typename T> static T run(T a, T b) { return a - b; }
};
struct Mul {
  template <typename T> static T run(T a, T b) { return a * b; }
};
struct Div {
  template <typename T> static T run(T a, T b) { return a / b; }
};
/// div.approx multiplies by the reciprocal, which counts as zero where it is below the normal numbers. Elsewhere the
/// result may err by 2 units in the last place; the exact quotient is as good as any.
struct DivApproximate {
  static float run(float a, float b) {
    const bool far = bitsOf(b) << 1 > 0x7E800000u << 1 && b == b; // beyond 2^126
    return far ? a * floatOf(bitsOf(b) & 0x80000000) : a / b;
  }
};
struct Fma {
  static float run(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  static double run(double a, double b, double c) { return __builtin_fma(a, b, c); }
};

/// An f32 operation with its modifiers around it.
template <typename Op, bool Ftz, bool Sat> struct Modified {
  template <typename... S> static float run(S... s) {
    float result = Op::run((Ftz ? flush(s) : s)...);
    if (Ftz)
      result = flush(result);
    return Sat ? saturate(result) : canonical(result);
  }
};

template <typename Op, typename... S> Exec pickF32(bool ftz, bool sat, Rounding rounding) {
  if (rounding != Rounding::NearestEven)
    return ftz ? (sat ? directed<map<Modified<Op, true, true>, float, S...>>
                      : directed<map<Modified<Op, true, false>, float, S...>>)
               : (sat ? directed<map<Modified<Op, false, true>, float, S...>>
                      : directed<map<Modified<Op, false, false>, float, S...>>);
  return ftz ? (sat ? map<Modified<Op, true, true>, float, S...> : map<Modified<Op, true, false>, float, S...>)
             : (sat ? map<Modified<Op, false, true>, float, S...> : map<Modified<Op, false, false>, float, S...>);
}
template <typename Op, typename... S> Exec pickF64(Rounding rounding) {
  return rounding == Rounding::NearestEven ? map<Op, double, S...> : directed<map<Op, double, S...>>;
}

/// Both halves of a 64-bit register.
template <typename Op, bool Ftz> struct Both {
  template <typename... S> static uint64_t run(S... s) {
    const float low = Modified<Op, Ftz, false>::run(floatOf(static_cast<uint32_t>(s))...);
    const float high = Modified<Op, Ftz, false>::run(floatOf(static_cast<uint32_t>(s >> 32))...);
    return uint64_t(bitsOf(high)) << 32 | bitsOf(low);
  }
};
template <typename Op, typename... S> Exec pickF32x2(bool ftz, Rounding rounding) {
  if (rounding != Rounding::NearestEven)
    return ftz ? directed<map<Both<Op, true>, uint64_t, S...>> : directed<map<Both<Op, false>, uint64_t, S...>>;
  return ftz ? map<Both<Op, true>, uint64_t, S...> : map<Both<Op, false>, uint64_t, S...>;
}

bool operands(Decoder &d, Type type, unsigned sources) {
  d.instr.op[0] = d.define(0, storageBits(type));
  for (unsigned i = 1; i <= sources; ++i)
    d.instr.op[i] = d.use(i, type);
  return d.done(sources + 1);
}

template <typename Op> bool binary(Decoder &d, Type type, bool ftz, bool sat, Rounding rounding) {
  if (type == Type::F32)
    d.instr.exec = pickF32<Op, float, float>(ftz, sat, rounding);
  else if (type == Type::F64)
    d.instr.exec = pickF64<Op, double, double>(rounding);
  else
    d.instr.exec = pickF32x2<Op, uint64_t, uint64_t>(ftz, rounding);
  return operands(d, type, 2);
}

// ---- Signs, minimum and maximum -------------------------------------------------------------------------------------

template <bool Ftz> struct AbsF32 {
  static uint32_t run(uint32_t a) { return (Ftz ? bitsOf(flush(floatOf(a))) : a) & 0x7FFFFFFF; }
};
template <bool Ftz> struct NegF32 {
  static uint32_t run(uint32_t a) { return (Ftz ? bitsOf(flush(floatOf(a))) : a) ^ 0x80000000; }
};
struct AbsF64 {
  static uint64_t run(uint64_t a) { return a & ~(uint64_t(1) << 63); }
};
struct NegF64 {
  static uint64_t run(uint64_t a) { return a ^ uint64_t(1) << 63; }
};
/// copysign.f32 d, a, b: the sign of a, the magnitude of b.
struct CopySignF32 {
  static uint32_t run(uint32_t a, uint32_t b) { return (a & 0x80000000) | (b & 0x7FFFFFFF); }
};
struct CopySignF64 {
  static uint64_t run(uint64_t a, uint64_t b) {
    const uint64_t sign = uint64_t(1) << 63;
    return (a & sign) | (b & ~sign);
  }
};

/// -0 is less than +0; a NaN gives way to a number unless `PropagateNan`.
template <bool IsMax, bool Ftz, bool PropagateNan, bool XorSign> struct MinMaxF32 {
  static float pick(float a, float b) {
    const uint32_t x = bitsOf(a), y = bitsOf(b);
    const bool less = a < b || (a == b && (x >> 31) > (y >> 31));
    float result = less == IsMax ? b : a;
    result = a != a ? b : b != b ? a : result;
    const bool nan = PropagateNan ? (a != a || b != b) : (a != a && b != b);
    return nan ? floatOf(CanonicalNan32) : result;
  }
  static float run(float a, float b) {
    if (Ftz) {
      a = flush(a);
      b = flush(b);
    }
    if (!XorSign)
      return pick(a, b);
    const uint32_t sign = (bitsOf(a) ^ bitsOf(b)) & 0x80000000;
    const float magnitude = pick(floatOf(bitsOf(a) & 0x7FFFFFFF), floatOf(bitsOf(b) & 0x7FFFFFFF));
    return magnitude != magnitude ? magnitude : floatOf(bitsOf(magnitude) | sign);
  }
  static float run(float a, float b, float c) { return run(run(a, b), c); }
};
template <bool IsMax> struct MinMaxF64 {
  static double run(double a, double b) {
    const bool less = a < b || (a == b && std::signbit(a) && !std::signbit(b));
    const double result = less == IsMax ? b : a;
    return a != a ? b : b != b ? a : result;
  }
};

template <bool IsMax, bool Ftz, bool Nan> Exec pickMinMax(bool xorSign, bool three) {
  if (three)
    return xorSign ? nullptr : map<MinMaxF32<IsMax, Ftz, Nan, false>, float, float, float, float>;
  return xorSign ? map<MinMaxF32<IsMax, Ftz, Nan, true>, float, float, float>
                 : map<MinMaxF32<IsMax, Ftz, Nan, false>, float, float, float>;
}

bool decodeMinMax(Decoder &d) {
  const bool isMax = d.root() == "max", ftz = d.take("ftz"), nan = d.take("NaN"), xorSign = d.take("xorsign");
  if (xorSign && !d.take("abs"))
    return d.fail("expected .xorsign.abs");
  const Type type = d.takeType();
  const bool three = d.operandCount() == 4;
  if (type == Type::F64) {
    d.instr.exec = isMax ? map<MinMaxF64<true>, double, double, double> : map<MinMaxF64<false>, double, double, double>;
    return operands(d, type, 2);
  }
  if (type != Type::F32)
    return false;
  if (isMax)
    d.instr.exec =
        ftz ? (nan ? pickMinMax<true, true, true>(xorSign, three) : pickMinMax<true, true, false>(xorSign, three))
            : (nan ? pickMinMax<true, false, true>(xorSign, three) : pickMinMax<true, false, false>(xorSign, three));
  else
    d.instr.exec =
        ftz ? (nan ? pickMinMax<false, true, true>(xorSign, three) : pickMinMax<false, true, false>(xorSign, three))
            : (nan ? pickMinMax<false, false, true>(xorSign, three) : pickMinMax<false, false, false>(xorSign, three));
  return operands(d, type, three ? 3 : 2);
}

bool decodeSign(Decoder &d) {
  const bool isAbs = d.root() == "abs", ftz = d.take("ftz");
  const Type type = d.takeType();
  using W = uint32_t;
  if (type == Type::F32)
    d.instr.exec = isAbs ? (ftz ? map<AbsF32<true>, W, W> : map<AbsF32<false>, W, W>)
                         : (ftz ? map<NegF32<true>, W, W> : map<NegF32<false>, W, W>);
  else if (type == Type::F64)
    d.instr.exec = isAbs ? map<AbsF64, uint64_t, uint64_t> : map<NegF64, uint64_t, uint64_t>;
  return operands(d, type, 1);
}

} // namespace

bool decodeFloat(Decoder &d) {
  const std::string_view root = d.root();
  if (root == "min" || root == "max")
    return decodeMinMax(d);
  if (root == "abs" || root == "neg")
    return decodeSign(d);
  if (root == "copysign") {
    const Type type = d.takeType();
    d.instr.exec = type == Type::F32   ? map<CopySignF32, uint32_t, uint32_t, uint32_t>
                   : type == Type::F64 ? map<CopySignF64, uint64_t, uint64_t, uint64_t>
                                       : nullptr;
    return operands(d, type, 2);
  }
  const bool approximate = root == "div" && d.takeOneOf({"approx", "full"}) == 0;
  const Rounding rounding = takeRounding(d);
  const bool ftz = d.take("ftz"), sat = d.take("sat");
  const Type type = d.takeType();
  if (d.peek() == "f16" || d.peek() == "bf16")
    return d.fail("arithmetic of mixed types is not supported");
  d.instr.flags = static_cast<uint8_t>(rounding);
  if (root == "add")
    return binary<Add>(d, type, ftz, sat, rounding);
  if (root == "sub")
    return binary<Sub>(d, type, ftz, sat, rounding);
  if (root == "mul")
    return binary<Mul>(d, type, ftz, sat, rounding);
  if (approximate && type == Type::F32) {
    d.instr.exec = pickF32<DivApproximate, float, float>(ftz, sat, rounding);
    return operands(d, type, 2);
  }
  if (root == "div")
    return type == Type::F32x2 ? false : binary<Div>(d, type, ftz, sat, rounding);
  if (root == "fma" || root == "mad") {
    if (type == Type::F32)
      d.instr.exec = pickF32<Fma, float, float, float>(ftz, sat, rounding);
    else if (type == Type::F64)
      d.instr.exec = pickF64<Fma, double, double, double>(rounding);
    else
      d.instr.exec = pickF32x2<Fma, uint64_t, uint64_t, uint64_t>(ftz, rounding);
    return operands(d, type, 3);
  }
  return false;
}

} // namespace tessera::sim::TESSERA_SIM_ISA
