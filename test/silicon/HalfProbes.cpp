//===- HalfProbes.cpp - f16 and bf16 arithmetic, single and packed --------===//
//
// Results are those of one rounding of the exact value, whatever wider format computes them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Elementwise.h"
#include "test/silicon/Semantics.h"

namespace tessera::silicon {

namespace {

struct Shape {
  Type type;
  bool packed;
  std::string name() const { return std::string(silicon::name(type)) + (packed ? "x2" : ""); }
};
constexpr Shape Shapes[] = {{Type::F16, false}, {Type::F16, true}, {Type::BF16, false}, {Type::BF16, true}};

using Answer = std::function<Wanted(const Real &a, const Real &b, const Real &c)>;

/// A form over one or two halves: `answer` for each.
Probe halfProbe(const std::string &opcode, Shape shape, unsigned sources, const Modifiers &m, const std::string &target,
                const Answer &answer) {
  Elementwise form;
  form.opcode = opcode + "." + shape.name();
  form.target = target;
  form.result = shape.type;
  form.lanes = shape.packed ? 2 : 1;
  form.sourceBits.assign(sources, 16 * form.lanes);
  form.operands = sources == 1   ? unary(shape.type)
                  : sources == 2 ? binary(shape.type, shape.type)
                                 : ternary(shape.type);
  if (shape.packed)
    form.operands = packed(form.operands, 16);
  const unsigned lanes = form.lanes;
  form.derive = [=](const Operands &o, Wanted *wanted) {
    for (unsigned lane = 0; lane < lanes; ++lane)
      wanted[lane] = answer(source(shape.type, o[0] >> (16 * lane), m), source(shape.type, o[1] >> (16 * lane), m),
                            source(shape.type, o[2] >> (16 * lane), m));
  };
  return makeProbe(form);
}

void addArithmetic(std::vector<Probe> &probes) {
  const auto near = Rounding::NearestEven;
  for (const Shape shape : Shapes)
    for (const Modifiers m :
         {Modifiers{}, Modifiers{.ftz = true}, Modifiers{.sat = true}, Modifiers{.ftz = true, .sat = true},
          Modifiers{.relu = true}, Modifiers{.ftz = true, .relu = true}}) {
      const bool bf = shape.type == Type::BF16;
      if (bf && (m.ftz || m.sat))
        continue;
      const auto finished = [=](const Real &exact) { return finish(shape.type, exact, near, m); };
      probes.push_back(
          halfProbe("fma.rn" + spelling(m), shape, 3, m, "sm_80",
                    [=](const Real &a, const Real &b, const Real &c) { return finished(add(multiply(a, b), c)); }));
      if (m.relu)
        continue;
      const std::string target = bf ? "sm_90" : "sm_80";
      for (const char *rounding : {"", ".rn"}) {
        probes.push_back(halfProbe("add" + (rounding + spelling(m)), shape, 2, m, target,
                                   [=](const Real &a, const Real &b, const Real &) { return finished(add(a, b)); }));
        probes.push_back(
            halfProbe("sub" + (rounding + spelling(m)), shape, 2, m, target,
                      [=](const Real &a, const Real &b, const Real &) { return finished(add(a, negate(b))); }));
        probes.push_back(
            halfProbe("mul" + (rounding + spelling(m)), shape, 2, m, target,
                      [=](const Real &a, const Real &b, const Real &) { return finished(multiply(a, b)); }));
      }
    }
}

void addExtremes(std::vector<Probe> &probes) {
  for (const Shape shape : Shapes)
    for (const bool isMax : {false, true})
      for (const bool ftz : {false, true})
        for (const bool nan : {false, true})
          for (const bool xorSign : {false, true}) {
            if (ftz && shape.type == Type::BF16)
              continue;
            const std::string opcode = std::string(isMax ? "max" : "min") + (ftz ? ".ftz" : "") + (nan ? ".NaN" : "") +
                                       (xorSign ? ".xorsign.abs" : "");
            probes.push_back(halfProbe(opcode, shape, 2, {.ftz = ftz}, xorSign ? "sm_86" : "sm_80",
                                       [=](const Real &a, const Real &b, const Real &) {
                                         return extreme(shape.type, a, b, isMax, nan, xorSign);
                                       }));
          }
}

void addSigns(std::vector<Probe> &probes) {
  for (const Shape shape : Shapes)
    for (const bool isAbs : {false, true})
      for (const bool ftz : {false, true}) {
        if (ftz && shape.type == Type::BF16)
          continue;
        probes.push_back(halfProbe(std::string(isAbs ? "abs" : "neg") + (ftz ? ".ftz" : ""), shape, 1, {.ftz = ftz},
                                   "sm_80", [=](const Real &a, const Real &, const Real &) {
                                     Real value = a;
                                     value.negative = !isAbs && !value.negative;
                                     return value.isNaN() ? anyNaN() : exactly(encode(shape.type, value));
                                   }));
      }
}

} // namespace

std::vector<Probe> halfProbes() {
  std::vector<Probe> probes;
  addArithmetic(probes);
  addExtremes(probes);
  addSigns(probes);
  return probes;
}

} // namespace tessera::silicon
