//===- ApproximateProbes.cpp - rcp sqrt rsqrt sin cos lg2 ex2 tanh div ----===//
//
// Approximations have the error that the PTX manual documents, measured from the true value, which comes from the
// host's long double functions. Special values are those of the manual's tables.
//
//   rcp.approx.f32        1 ulp
//   sqrt.approx.f32       2^-23 relative
//   rsqrt.approx.f32      2^-22.9 relative
//   div.approx, .full     2 ulp
//   sin, cos              2^-20.5 absolute in [-2 pi, 2 pi], 2^-14.7 in [-100 pi, 100 pi], nothing beyond
//   lg2                   2^-22, absolute in (0.5, 2), relative elsewhere
//   ex2 of f32            2 ulp from the correctly rounded value
//   ex2 of f16, bf16      2^-9.9, 2^-7 relative
//   tanh of f32           2^-11 relative
//   tanh of f16, bf16     2^-10.987, 2^-8 absolute
//
// No error is documented for the gross f64 approximations; taken are two units of the 21 bits that they have, and for
// rsqrt.approx.f64 two units in the last place.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Elementwise.h"
#include "test/silicon/Semantics.h"

#include <bit>
#include <cmath>
#include <numbers>

namespace tessera::silicon {

namespace {

using Extended = long double;
constexpr Extended Pi = std::numbers::pi_v<Extended>;

constexpr int fractionOf(Type type) {
  return type == Type::F64 ? 52 : type == Type::F32 ? 23 : type == Type::BF16 ? 7 : 10;
}
/// A unit in the last place of the format at a value.
Extended ulp(Type type, Extended value) {
  const int least = leastNormalExponent(type);
  const int exponent = value == 0 ? least : std::max(std::ilogb(value), least);
  return std::ldexp(1.0L, exponent - fractionOf(type));
}

struct Function {
  const char *name;
  Extended (*value)(Extended);
  /// The documented error at x of a result y; negative: none is documented.
  Extended (*error)(Type type, Extended x, Extended y);
};

Extended reciprocal(Extended x) { return 1 / x; }
Extended squareRootOf(Extended x) { return std::sqrt(x); }
Extended reciprocalRoot(Extended x) { return 1 / std::sqrt(x); }
Extended sine(Extended x) { return std::sin(x); }
Extended cosine(Extended x) { return std::cos(x); }
Extended logarithm(Extended x) { return std::log2(x); }
Extended power(Extended x) { return std::exp2(x); }
Extended tangent(Extended x) { return std::tanh(x); }

Extended circularError(Type, Extended x, Extended) {
  return std::fabs(x) <= 2 * Pi ? std::exp2(-20.5L) : std::fabs(x) <= 100 * Pi ? std::exp2(-14.7L) : -1;
}

constexpr Function Functions[] = {
    {"rcp", reciprocal, [](Type type, Extended, Extended y) { return ulp(type, y); }},
    {"sqrt", squareRootOf, [](Type, Extended, Extended y) { return std::ldexp(y, -23); }},
    {"rsqrt", reciprocalRoot, [](Type, Extended, Extended y) { return y * std::exp2(-22.9L); }},
    {"sin", sine, circularError},
    {"cos", cosine, circularError},
    {"lg2", logarithm,
     [](Type, Extended x, Extended y) {
       return x > 0.5L && x < 2 ? std::exp2(-22.0L) : std::fabs(y) * std::exp2(-22.0L);
     }},
    // Two units from the rounded value are two and a half from the true one.
    {"ex2", power, [](Type type, Extended, Extended y) { return 2.5L * ulp(type, y); }},
    {"tanh", tangent, [](Type, Extended, Extended y) { return std::fabs(y) * std::exp2(-11.0L); }},
};
/// The narrow types' own; a result below the normal numbers has a unit of them on top.
constexpr Function HalfFunctions[] = {
    {"ex2", power,
     [](Type type, Extended, Extended y) {
       return y * std::exp2(type == Type::F16 ? -9.9L : -7.0L) +
              std::ldexp(1.0L, leastNormalExponent(type) - fractionOf(type));
     }},
    {"tanh", tangent, [](Type type, Extended, Extended) { return std::exp2(type == Type::F16 ? -10.987L : -8.0L); }},
};

Wanted pattern(Type type, Extended value) {
  return exactly(encode(type, decode(Type::F64, std::bit_cast<uint64_t>(static_cast<double>(value)))));
}

/// Values that the tables fix to the bit: at zeros, infinities, NaN, and outside the domain.
bool isSpecial(const std::string &function, Type type, const Real &x, Wanted &wanted) {
  const Extended endless = INFINITY;
  const bool roots = function == "sqrt" || function == "rsqrt" || function == "lg2";
  if (x.isNaN() || (roots && x.negative && !x.isZero()) ||
      (x.isInfinite() && (function == "sin" || function == "cos"))) {
    wanted = pattern(type, NAN);
    return true;
  }
  if (x.isZero()) {
    const Extended zero = x.negative ? -0.0L : 0.0L;
    wanted = pattern(type, function == "cos" || function == "ex2"     ? 1
                           : function == "lg2"                        ? -endless
                           : function == "rcp" || function == "rsqrt" ? std::copysign(endless, zero)
                                                                      : zero);
    return true;
  }
  if (x.isInfinite()) {
    const Extended sign = x.negative ? -1 : 1;
    wanted = pattern(type, function == "tanh"                         ? sign
                           : function == "ex2"                        ? (x.negative ? 0 : endless)
                           : function == "rcp" || function == "rsqrt" ? 0 * sign
                                                                      : endless);
    return true;
  }
  return false;
}

Wanted answer(const Function &function, Type type, uint64_t operand, const Modifiers &m) {
  const Real x = source(type, operand, m);
  Wanted wanted;
  if (isSpecial(function.name, type, x, wanted))
    return wanted;
  if (function.name == std::string("tanh") && isSubnormal(type, x) && type == Type::F32)
    return exactly(operand); // passed through
  const Extended argument = approximate(x), value = function.value(argument);
  const Extended error = function.error(type, argument, value);
  if (error < 0)
    return open();
  const Extended largest = approximate(decode(type, encode(type, infinity(false), {Rounding::NearestEven, true})));
  if (std::fabs(value) - error > largest)
    return exactly(encode(type, infinity(value < 0)));
  if (std::fabs(value) + error > largest)
    return open(); // either side of the limit
  const Extended least = std::ldexp(1.0L, leastNormalExponent(type));
  if (m.ftz && std::fabs(value) + error < least)
    return pattern(type, value < 0 ? -0.0L : 0.0L);
  if (m.ftz && std::fabs(value) - error < least)
    return close(value, error + least); // flushed or not
  return close(value, error);
}

/// A number in the type, for ranges in which a function is used.
uint64_t patternOf(Type type, double value) { return encode(type, decode(Type::F64, std::bit_cast<uint64_t>(value))); }

OperandList operandsFor(const std::string &function, Type type) {
  OperandList list = unary(type, 100);
  Noise source(17);
  const auto uniform = [&](double low, double high, unsigned count) {
    for (unsigned i = 0; i < count; ++i)
      list.push_back({patternOf(type, low + (high - low) * static_cast<double>(source.next() >> 11) * 0x1p-53)});
  };
  if (function == "sin" || function == "cos") {
    uniform(-2 * M_PI, 2 * M_PI, 300);
    uniform(-100 * M_PI, 100 * M_PI, 200);
    for (int quarter = -8; quarter <= 8; ++quarter)
      list.push_back({patternOf(type, quarter * M_PI / 4)});
  } else if (function == "ex2") {
    uniform(-1, 1, 200);
    uniform(-155, 130, 300);
    uniform(-26, 17, 100);
    for (int i = -152; i <= 129; i += 3)
      list.push_back({patternOf(type, i)});
  } else if (function == "tanh") {
    uniform(-1, 1, 200);
    uniform(-10, 10, 200);
    uniform(-0.01, 0.01, 100);
  } else {
    uniform(0.25, 4, 300);
    uniform(0.98, 1.02, 100);
    for (int i = -140; i <= 127; i += 5)
      list.push_back({patternOf(type, std::ldexp(1.1, i))});
  }
  return list;
}

void addFunctions(std::vector<Probe> &probes) {
  for (const Function &function : Functions)
    for (const bool ftz : {false, true}) {
      if (ftz && function.name == std::string("tanh"))
        continue;
      Elementwise form;
      form.opcode = std::string(function.name) + ".approx" + (ftz ? ".ftz" : "") + ".f32";
      form.sourceBits = {32};
      form.result = Type::F32;
      form.operands = operandsFor(function.name, Type::F32);
      form.derive = [=, &function](const Operands &o, Wanted *wanted) {
        *wanted = answer(function, Type::F32, o[0], {.ftz = ftz});
      };
      probes.push_back(makeProbe(form));
    }
}

void addHalfFunctions(std::vector<Probe> &probes) {
  for (const Function &function : HalfFunctions)
    for (const Type type : {Type::F16, Type::BF16})
      for (const bool isPacked : {false, true}) {
        const bool ftz = type == Type::BF16 && function.name == std::string("ex2");
        Elementwise form;
        form.opcode =
            std::string(function.name) + ".approx" + (ftz ? ".ftz." : ".") + name(type) + (isPacked ? "x2" : "");
        form.target = type == Type::BF16 ? "sm_90" : "sm_80";
        form.lanes = isPacked ? 2 : 1;
        form.sourceBits = {16 * form.lanes};
        form.result = type;
        form.operands = operandsFor(function.name, type);
        if (isPacked)
          form.operands = packed(form.operands, 16);
        const unsigned lanes = form.lanes;
        form.derive = [=, &function](const Operands &o, Wanted *wanted) {
          for (unsigned lane = 0; lane < lanes; ++lane)
            wanted[lane] = answer(function, type, o[0] >> (16 * lane) & 0xFFFF, {.ftz = ftz});
        };
        probes.push_back(makeProbe(form));
      }
}

/// a / b as a * (1/b): a reciprocal below the normal numbers counts as zero.
Wanted quotient(const Operands &o, bool full, const Modifiers &m) {
  const Real a = source(Type::F32, o[0], m), b = source(Type::F32, o[1], m);
  const Real exact = divide(a, b);
  Real magnitude = b;
  magnitude.negative = false;
  const bool far = !full && b.what == Real::Finite && compare(magnitude, powerOfTwo(126)) > 0;
  if (far && a.isInfinite())
    return exactly(encode(Type::F32, notANumber()));
  if (exact.isNaN() || exact.isInfinite() || b.isInfinite() || a.isZero())
    return exactly(encode(Type::F32, exact));
  if (!full) {
    if (isSubnormal(Type::F32, b))
      return open(); // outside of the documented range
    if (far) {
      Real zero;
      zero.negative = exact.negative;
      return exactly(encode(Type::F32, zero));
    }
  }
  const Extended value = approximate(exact), error = 2 * ulp(Type::F32, value);
  const Extended largest = 0x1.fffffep127L, least = 0x1p-126L;
  if (std::fabs(value) - error > largest)
    return exactly(encode(Type::F32, infinity(exact.negative)));
  if (std::fabs(value) + error > largest)
    return open();
  if (m.ftz && std::fabs(value) + error < least)
    return pattern(Type::F32, exact.negative ? -0.0L : 0.0L);
  return close(value, m.ftz && std::fabs(value) - error < least ? error + least : error);
}

void addQuotients(std::vector<Probe> &probes) {
  for (const bool full : {false, true})
    for (const bool ftz : {false, true}) {
      Elementwise form;
      form.opcode = std::string("div.") + (full ? "full" : "approx") + (ftz ? ".ftz" : "") + ".f32";
      form.sourceBits = {32, 32};
      form.result = Type::F32;
      form.operands = binary(Type::F32, Type::F32, 300);
      for (int i = 120; i <= 127; ++i)
        for (const double a : {1.0, 3.0e38, static_cast<double>(INFINITY), 0.0, 1e-30})
          form.operands.push_back({patternOf(Type::F32, a), patternOf(Type::F32, std::ldexp(1.25, i))});
      form.derive = [=](const Operands &o, Wanted *wanted) { *wanted = quotient(o, full, {.ftz = ftz}); };
      probes.push_back(makeProbe(form));
    }
}

/// rcp.approx.ftz.f64 and rsqrt.approx.ftz.f64: of the upper words alone.
void addGross(std::vector<Probe> &probes) {
  for (const bool isRoot : {false, true})
    for (const bool lower : {false, true}) {
      Elementwise form;
      form.opcode = std::string(isRoot ? "rsqrt" : "rcp") + ".approx.ftz.f64";
      form.statement = form.opcode + " %d, %a;" + (lower ? " and.b64 %d, %d, 0xFFFFFFFF;" : "");
      form.opcode += lower ? ".lower-word" : "";
      form.sourceBits = {64};
      form.result = lower ? Type::U64 : Type::F64;
      form.operands = unary(Type::F64, 300);
      form.derive = [=](const Operands &o, Wanted *wanted) {
        const Real x = flush(Type::F64, decode(Type::F64, o[0] >> 32 << 32));
        const bool positive = !x.negative || x.isZero();
        if (lower) {
          *wanted = exactly(0);
        } else if (decode(Type::F64, o[0]).isNaN() != x.isNaN()) {
          *wanted = open(); // a NaN by its lower word alone
        } else if (x.isNaN() || (isRoot && !positive)) {
          *wanted = exactly(0x7FFFFFFF00000000);
        } else {
          const Real exact = isRoot ? divide(integer(1), squareRoot(x)) : divide(integer(1), x);
          const Real root = isRoot && x.isZero() ? infinity(x.negative) : exact;
          if (root.what != Real::Finite || root.isZero() || isSubnormal(Type::F64, root))
            *wanted = exactly(encode(Type::F64, flush(Type::F64, root)));
          else
            *wanted = close(approximate(root), std::fabs(approximate(root)) * 0x1p-19L);
        }
      };
      probes.push_back(makeProbe(form));
    }
  Elementwise form;
  form.opcode = "rsqrt.approx.f64";
  form.sourceBits = {64};
  form.result = Type::F64;
  form.operands = unary(Type::F64, 300);
  form.derive = [](const Operands &o, Wanted *wanted) {
    const Real x = decode(Type::F64, o[0]);
    if (x.isNaN() || (x.negative && !x.isZero())) {
      *wanted = anyNaN();
    } else if (x.isZero() || x.isInfinite()) {
      Real zero;
      *wanted = exactly(encode(Type::F64, x.isZero() ? infinity(x.negative) : zero));
    } else {
      const Extended value = 1 / std::sqrt(approximate(x));
      *wanted = close(value, 2 * ulp(Type::F64, value));
    }
  };
  probes.push_back(makeProbe(form));
}

} // namespace

std::vector<Probe> approximateProbes() {
  std::vector<Probe> probes;
  addFunctions(probes);
  addHalfFunctions(probes);
  addQuotients(probes);
  addGross(probes);
  return probes;
}

} // namespace tessera::silicon
