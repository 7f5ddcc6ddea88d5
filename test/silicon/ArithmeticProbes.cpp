//===- ArithmeticProbes.cpp - f32 and f64 arithmetic ----------------------===//
//
// add sub mul fma div rcp sqrt in every rounding, flushing and saturation; min max with .NaN and .xorsign.abs; abs neg
// copysign testp. All of it is known to the bit, but for two things that the manual leaves open and a record will tell:
// the NaN that f64 results have, and whether .ftz looks at a result before or after it is rounded.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Elementwise.h"
#include "test/silicon/Semantics.h"

namespace tessera::silicon {

namespace {

constexpr Rounding Roundings[] = {Rounding::NearestEven, Rounding::Zero, Rounding::Down, Rounding::Up};

using Operation = Real (*)(const Real &, const Real &, const Real &, Rounding);
Real addition(const Real &a, const Real &b, const Real &, Rounding r) { return add(a, b, r); }
Real subtraction(const Real &a, const Real &b, const Real &, Rounding r) { return add(a, negate(b), r); }
Real product(const Real &a, const Real &b, const Real &, Rounding) { return multiply(a, b); }
Real fused(const Real &a, const Real &b, const Real &c, Rounding r) { return add(multiply(a, b), c, r); }
Real quotient(const Real &a, const Real &b, const Real &, Rounding) { return divide(a, b); }
Real reciprocal(const Real &a, const Real &, const Real &, Rounding) { return divide(integer(1), a); }
Real root(const Real &a, const Real &, const Real &, Rounding) { return squareRoot(a); }

struct Rooted {
  const char *name;
  Operation operation;
  unsigned sources;
  bool saturates;
};
constexpr Rooted Operations[] = {
    {"add", addition, 2, true},  {"sub", subtraction, 2, true}, {"mul", product, 2, true}, {"fma", fused, 3, true},
    {"div", quotient, 2, false}, {"rcp", reciprocal, 1, false}, {"sqrt", root, 1, false}};

OperandList operandsFor(Type type, unsigned sources) {
  return sources == 1 ? unary(type) : sources == 2 ? binary(type, type) : ternary(type);
}

void addRounded(std::vector<Probe> &probes) {
  for (const Type type : {Type::F32, Type::F64})
    for (const Rooted &operation : Operations)
      for (const Rounding rounding : Roundings)
        for (const bool ftz : {false, true})
          for (const bool sat : {false, true}) {
            if ((type == Type::F64 && (ftz || sat)) || (sat && !operation.saturates))
              continue;
            const Modifiers m{.ftz = ftz, .sat = sat};
            Elementwise form;
            form.opcode = std::string(operation.name) + "." + name(rounding) + spelling(m) + "." + name(type);
            form.sourceBits.assign(operation.sources, bits(type));
            form.result = type;
            form.operands = operandsFor(type, operation.sources);
            form.derive = [=](const Operands &o, Wanted *wanted) {
              const Real exact =
                  operation.operation(source(type, o[0], m), source(type, o[1], m), source(type, o[2], m), rounding);
              *wanted = finish(type, exact, rounding, m);
            };
            probes.push_back(makeProbe(form));
          }
}

void addExtremes(std::vector<Probe> &probes) {
  for (const Type type : {Type::F32, Type::F64})
    for (const bool isMax : {false, true})
      for (const bool ftz : {false, true})
        for (const bool nan : {false, true})
          for (const bool xorSign : {false, true}) {
            if (type == Type::F64 && (ftz || nan || xorSign))
              continue;
            Elementwise form;
            form.opcode = std::string(isMax ? "max" : "min") + (ftz ? ".ftz" : "") + (nan ? ".NaN" : "") +
                          (xorSign ? ".xorsign.abs" : "") + "." + name(type);
            form.target = xorSign ? "sm_86" : "sm_80";
            form.sourceBits = {bits(type), bits(type)};
            form.result = type;
            form.operands = binary(type, type);
            form.derive = [=](const Operands &o, Wanted *wanted) {
              const Modifiers m{.ftz = ftz};
              *wanted = extreme(type, source(type, o[0], m), source(type, o[1], m), isMax, nan, xorSign);
            };
            probes.push_back(makeProbe(form));
          }
}

void addSigns(std::vector<Probe> &probes) {
  for (const Type type : {Type::F32, Type::F64})
    for (const char *operation : {"abs", "neg"})
      for (const bool ftz : {false, true}) {
        if (ftz && type == Type::F64)
          continue;
        const bool isAbs = operation == std::string("abs");
        Elementwise form;
        form.opcode = std::string(operation) + (ftz ? ".ftz" : "") + "." + name(type);
        form.sourceBits = {bits(type)};
        form.result = type;
        form.operands = unary(type);
        form.derive = [=](const Operands &o, Wanted *wanted) {
          Real value = source(type, o[0], {.ftz = ftz});
          if (value.isNaN()) {
            *wanted = anyNaN(); // future hardware may keep the payload
            return;
          }
          value.negative = !isAbs && !value.negative;
          *wanted = exactly(encode(type, value));
        };
        probes.push_back(makeProbe(form));
      }
  for (const Type type : {Type::F32, Type::F64}) {
    Elementwise form;
    form.opcode = std::string("copysign.") + name(type);
    form.sourceBits = {bits(type), bits(type)};
    form.result = type;
    form.operands = binary(type, type);
    form.derive = [=](const Operands &o, Wanted *wanted) {
      const uint64_t sign = uint64_t(1) << (bits(type) - 1);
      *wanted = exactly((o[0] & sign) | (o[1] & (sign - 1)));
    };
    probes.push_back(makeProbe(form));
  }
}

void addTests(std::vector<Probe> &probes) {
  for (const Type type : {Type::F32, Type::F64})
    for (const char *test : {"finite", "infinite", "number", "notanumber", "normal", "subnormal"}) {
      const std::string which = test;
      Elementwise form;
      form.opcode = "testp." + which + "." + name(type);
      form.statement = form.opcode + " %p, %a; selp.b32 %d, 1, 0, %p;";
      form.sourceBits = {bits(type)};
      form.operands = unary(type);
      form.derive = [=](const Operands &o, Wanted *wanted) {
        const Real x = decode(type, o[0]);
        const bool finite = x.what == Real::Finite, subnormal = isSubnormal(type, x);
        const bool holds = which == "finite"       ? finite
                           : which == "infinite"   ? x.isInfinite()
                           : which == "number"     ? !x.isNaN()
                           : which == "notanumber" ? x.isNaN()
                           : which == "normal"     ? finite && !subnormal
                                                   : subnormal; // zeros count as normal
        *wanted = exactly(holds);
      };
      probes.push_back(makeProbe(form));
    }
}

} // namespace

std::vector<Probe> arithmeticProbes() {
  std::vector<Probe> probes;
  addRounded(probes);
  addExtremes(probes);
  addSigns(probes);
  addTests(probes);
  return probes;
}

} // namespace tessera::silicon
