//===- ExecApproximate.cpp - rcp sqrt rsqrt sin cos lg2 ex2 tanh ----------===//
//
// The hardware's approximations have documented error bounds; results here are nearer to the true value than those ask
// for (within about one unit in the last place), computed in double by polynomials that loops can vectorise. The exact
// forms
// (.rn and so on) are correctly rounded.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Approximate.h"
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"
#include "runtime/simulator/Rounding.h"

#include <cmath>

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Type;

namespace {

struct Reciprocal {
  template <typename T> static T run(T x) { return T(1) / x; }
};
struct SquareRoot {
  static float run(float x) { return __builtin_sqrtf(x); }
  static double run(double x) { return __builtin_sqrt(x); }
};
struct ReciprocalSquareRoot {
  static float run(float x) { return static_cast<float>(1.0 / __builtin_sqrt(static_cast<double>(x))); }
  static double run(double x) { return 1.0 / __builtin_sqrt(x); }
};
/// rcp.approx.ftz.f64, rsqrt.approx.ftz.f64: of the upper word alone, to the 21 bits that an upper word holds.
template <typename Op> struct Gross {
  static double flushed(double x) {
    const uint64_t bits = std::bit_cast<uint64_t>(x);
    return std::bit_cast<double>((bits & 0x7FF0000000000000) == 0 ? bits & 0x8000000000000000 : bits);
  }
  static double run(double x) {
    const double upper = std::bit_cast<double>(std::bit_cast<uint64_t>(x) & 0xFFFFFFFF00000000);
    const double result = flushed(Op::run(flushed(upper)));
    const uint64_t bits = std::bit_cast<uint64_t>(result) + 0x80000000 & 0xFFFFFFFF00000000;
    return std::bit_cast<double>(result != result ? 0x7FFFFFFF00000000 : bits);
  }
};
struct Sine {
  static float run(float x) { return static_cast<float>(sine(x)); }
};
struct Cosine {
  static float run(float x) { return static_cast<float>(cosine(x)); }
};
struct Log2 {
  static float run(float x) { return static_cast<float>(logarithm2(x)); }
};
struct Exp2 {
  static float run(float x) { return static_cast<float>(exponential2(x)); }
};
struct Tanh {
  static float run(float x) { return static_cast<float>(hyperbolicTangent(x)); }
};

template <typename Op, bool Ftz> struct Modified {
  static float run(float x) {
    const float result = Op::run(Ftz ? flush(x) : x);
    // NaNs are told by their bits: compilers know that a square root of a NaN is one, and take any payload to be as
    // good.
    const uint32_t bits = bitsOf(Ftz ? flush(result) : result);
    return floatOf((bits & 0x7FFFFFFF) > 0x7F800000 ? CanonicalNan32 : bits);
  }
};

template <typename Op> Exec pick(bool ftz, Rounding rounding) {
  if (rounding != Rounding::NearestEven)
    return ftz ? directed<map<Modified<Op, true>, float, float>> : directed<map<Modified<Op, false>, float, float>>;
  return ftz ? map<Modified<Op, true>, float, float> : map<Modified<Op, false>, float, float>;
}
template <typename Op> Exec pickDouble(Rounding rounding) {
  return rounding == Rounding::NearestEven ? map<Op, double, double> : directed<map<Op, double, double>>;
}

} // namespace

bool decodeApproximate(Decoder &d) {
  const std::string_view root = d.root();
  const bool approximate = d.take("approx");
  const Rounding rounding = takeRounding(d);
  const bool ftz = d.take("ftz");
  const Type type = d.takeType();
  const bool exactForm = root == "rcp" || root == "sqrt";
  if (!approximate && !exactForm)
    return d.fail("expected .approx");
  d.instr.flags = static_cast<uint8_t>(rounding);
  d.instr.op[0] = d.define(0, storageBits(type));
  d.instr.op[1] = d.use(1, type);
  if (type == Type::F64 && ftz) {
    d.instr.exec = root == "rcp"     ? map<Gross<Reciprocal>, double, double>
                   : root == "rsqrt" ? map<Gross<ReciprocalSquareRoot>, double, double>
                                     : nullptr;
    return d.instr.exec && approximate && d.done(2);
  }
  if (type == Type::F64) {
    d.instr.exec = root == "rcp"     ? pickDouble<Reciprocal>(rounding)
                   : root == "sqrt"  ? pickDouble<SquareRoot>(rounding)
                   : root == "rsqrt" ? pickDouble<ReciprocalSquareRoot>(rounding)
                                     : nullptr;
    return d.done(2);
  }
  if (type != Type::F32)
    return false;
  d.instr.exec = root == "rcp"     ? pick<Reciprocal>(ftz, rounding)
                 : root == "sqrt"  ? pick<SquareRoot>(ftz, rounding)
                 : root == "rsqrt" ? pick<ReciprocalSquareRoot>(ftz, rounding)
                 : root == "sin"   ? pick<Sine>(ftz, rounding)
                 : root == "cos"   ? pick<Cosine>(ftz, rounding)
                 : root == "lg2"   ? pick<Log2>(ftz, rounding)
                 : root == "ex2"   ? pick<Exp2>(ftz, rounding)
                                   : pick<Tanh>(ftz, rounding);
  return d.done(2);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
