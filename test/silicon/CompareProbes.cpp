//===- CompareProbes.cpp - setp, set, selp, slct --------------------------===//
//
// Every comparison of every type. Ordered comparisons with a NaN are false, unordered ones (.equ ...) true; .ftz
// compares flushed values; -0 equals +0. With p|q the second predicate has the opposite outcome.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Elementwise.h"
#include "test/silicon/Semantics.h"

namespace tessera::silicon {

namespace {

struct Comparison {
  const char *name;
  bool less, equal, greater, unordered;
  bool forSigned, forUnsigned, forFloat;
};
constexpr Comparison Comparisons[] = {
    {"eq", false, true, false, false, true, true, true},   {"ne", true, false, true, false, true, true, true},
    {"lt", true, false, false, false, true, true, true},   {"le", true, true, false, false, true, true, true},
    {"gt", false, false, true, false, true, true, true},   {"ge", false, true, true, false, true, true, true},
    {"lo", true, false, false, false, false, true, false}, {"ls", true, true, false, false, false, true, false},
    {"hi", false, false, true, false, false, true, false}, {"hs", false, true, true, false, false, true, false},
    {"equ", false, true, false, true, false, false, true}, {"neu", true, false, true, true, false, false, true},
    {"ltu", true, false, false, true, false, false, true}, {"leu", true, true, false, true, false, false, true},
    {"gtu", false, false, true, true, false, false, true}, {"geu", false, true, true, true, false, false, true},
    {"num", true, true, true, false, false, false, true},  {"nan", false, false, false, true, false, false, true},
};
constexpr Type Types[] = {Type::S16, Type::U16, Type::S32,  Type::U32, Type::S64,
                          Type::U64, Type::F16, Type::BF16, Type::F32, Type::F64};

bool exists(const Comparison &comparison, Type type) {
  return isFloat(type) ? comparison.forFloat : isSigned(type) ? comparison.forSigned : comparison.forUnsigned;
}

bool holds(const Comparison &comparison, const Real &a, const Real &b) {
  if (a.isNaN() || b.isNaN())
    return comparison.unordered;
  const int order = compare(a, b);
  return order < 0 ? comparison.less : order == 0 ? comparison.equal : comparison.greater;
}

const char *targetOf(Type type) { return type == Type::BF16 ? "sm_90" : "sm_80"; }

void addPredicates(std::vector<Probe> &probes) {
  for (const Type type : Types)
    for (const Comparison &comparison : Comparisons)
      for (const bool ftz : {false, true}) {
        if (!exists(comparison, type) || (ftz && type != Type::F32 && type != Type::F16))
          continue;
        Elementwise form;
        form.opcode = std::string("setp.") + comparison.name + (ftz ? ".ftz." : ".") + name(type);
        form.statement = form.opcode + " %p, %a, %b;\n  selp.b32 %d, 1, 0, %p;";
        form.target = targetOf(type);
        form.sourceBits = {bits(type), bits(type)};
        form.operands = binary(type, type, 60, 16);
        form.derive = [=, &comparison](const Operands &o, Wanted *wanted) {
          const Modifiers m{.ftz = ftz};
          *wanted = exactly(holds(comparison, source(type, o[0], m), source(type, o[1], m)));
        };
        probes.push_back(makeProbe(form));
      }
}

/// Both predicates of a comparison, combined with a third.
void addCombined(std::vector<Probe> &probes) {
  for (const char *combination : {"and", "or", "xor"})
    for (const Type type : {Type::S32, Type::F32})
      for (const Comparison &comparison : {Comparisons[2], Comparisons[5]}) {
        const std::string how = combination;
        Elementwise form;
        form.opcode = std::string("setp.") + comparison.name + "." + how + "." + name(type);
        form.statement = "{ .reg .pred %q, %r; .reg .b32 %x, %y; and.b32 %x, %c, 1; setp.ne.b32 %r, %x, 0; " +
                         form.opcode +
                         " %p|%q, %a, %b, %r; selp.b32 %x, 1, 0, %p; selp.b32 %y, 2, 0, %q; "
                         "or.b32 %d, %x, %y; }";
        form.sourceBits = {32, 32, 32};
        form.operands = ternary(type, 100);
        form.derive = [=](const Operands &o, Wanted *wanted) {
          const bool held = holds(comparison, decode(type, o[0]), decode(type, o[1])), third = o[2] & 1;
          const auto combine = [&](bool x) {
            return how == "and" ? x && third : how == "or" ? x || third : x != third;
          };
          *wanted = exactly((combine(held) ? 1 : 0) | (combine(!held) ? 2 : 0));
        };
        probes.push_back(makeProbe(form));
      }
}

/// The predicate that is written is also the one that is read.
void addInPlace(std::vector<Probe> &probes) {
  for (const char *combination : {"and", "or", "xor"}) {
    const std::string how = combination;
    Elementwise form;
    form.opcode = "setp.lt." + how + ".s32.in-place";
    form.statement = "{ .reg .pred %r; .reg .b32 %x; and.b32 %x, %c, 1; setp.ne.b32 %r, %x, 0; setp.lt." + how +
                     ".s32 %r, %a, %b, %r; selp.b32 %d, 1, 0, %r; }";
    form.sourceBits = {32, 32, 32};
    form.operands = ternary(Type::S32, 100);
    form.derive = [=](const Operands &o, Wanted *wanted) {
      const bool held = holds(Comparisons[2], decode(Type::S32, o[0]), decode(Type::S32, o[1])), third = o[2] & 1;
      *wanted = exactly(how == "and" ? held && third : how == "or" ? held || third : held != third);
    };
    probes.push_back(makeProbe(form));
  }
}

/// set gives all ones, or 1.0 where its result is a float.
void addSets(std::vector<Probe> &probes) {
  for (const Type type : {Type::S32, Type::U64, Type::F32, Type::F64})
    for (const Type to : {Type::U32, Type::S32, Type::F32})
      for (const Comparison &comparison : Comparisons) {
        if (!exists(comparison, type))
          continue;
        Elementwise form;
        form.opcode = std::string("set.") + comparison.name + "." + name(to) + "." + name(type);
        form.sourceBits = {bits(type), bits(type)};
        form.result = to;
        form.operands = binary(type, type, 20, 8);
        form.derive = [=, &comparison](const Operands &o, Wanted *wanted) {
          const bool held = holds(comparison, decode(type, o[0]), decode(type, o[1]));
          *wanted = exactly(!held ? 0 : to == Type::F32 ? 0x3F800000 : 0xFFFFFFFF);
        };
        probes.push_back(makeProbe(form));
      }
}

/// Two halves at once: a predicate for each, or a value for each.
void addPairs(std::vector<Probe> &probes) {
  for (const Type type : {Type::F16, Type::BF16})
    for (const Comparison &comparison : Comparisons)
      for (const bool ftz : {false, true})
        for (const bool asValue : {false, true}) {
          if (!comparison.forFloat || (ftz && type != Type::F16))
            continue;
          const std::string suffix = std::string(".") + name(type) + "x2";
          Elementwise form;
          form.opcode = std::string(asValue ? "set." : "setp.") + comparison.name + (ftz ? ".ftz" : "") +
                        (asValue ? suffix : "") + suffix;
          if (!asValue)
            form.statement = "{ .reg .pred %q; .reg .b32 %x; " + form.opcode +
                             " %p|%q, %a, %b; selp.b32 %d, 1, 0, %p; selp.b32 %x, 0x10000, 0, %q; or.b32 %d, %d, %x; }";
          form.target = targetOf(type);
          form.sourceBits = {32, 32};
          form.result = asValue ? type : Type::U16;
          form.lanes = 2;
          form.operands = packed(binary(type, type, 60, 16), 16);
          form.derive = [=, &comparison](const Operands &o, Wanted *wanted) {
            const Modifiers m{.ftz = ftz};
            for (unsigned lane = 0; lane < 2; ++lane) {
              const Real a = source(type, o[0] >> (16 * lane), m), b = source(type, o[1] >> (16 * lane), m);
              const uint64_t one = asValue ? encode(type, integer(1)) : 1;
              wanted[lane] = exactly(holds(comparison, a, b) ? one : 0);
            }
          };
          probes.push_back(makeProbe(form));
        }
}

/// slct: a where c >= 0, b elsewhere; a NaN selects b.
void addSelections(std::vector<Probe> &probes) {
  for (const unsigned width : {16U, 32U, 64U})
    for (const Type by : {Type::S32, Type::F32})
      for (const bool ftz : {false, true}) {
        if (ftz && by != Type::F32)
          continue;
        Elementwise form;
        form.opcode = std::string("slct") + (ftz ? ".ftz" : "") + ".b" + std::to_string(width) + "." + name(by);
        form.sourceBits = {width, width, 32};
        form.result = width == 16 ? Type::U16 : width == 32 ? Type::U32 : Type::U64;
        Noise noise(width);
        const uint64_t mask = ~uint64_t(0) >> (64 - width);
        for (const Operands &o : unary(by, 100))
          form.operands.push_back({noise.next() & mask, noise.next() & mask, o[0]});
        form.derive = [=](const Operands &o, Wanted *wanted) {
          const Real c = source(by, o[2], {.ftz = ftz});
          *wanted = exactly(!c.isNaN() && (!c.negative || c.isZero()) ? o[0] : o[1]);
        };
        probes.push_back(makeProbe(form));
      }
}

} // namespace

std::vector<Probe> compareProbes() {
  std::vector<Probe> probes;
  addPredicates(probes);
  addCombined(probes);
  addInPlace(probes);
  addSets(probes);
  addPairs(probes);
  addSelections(probes);
  return probes;
}

} // namespace tessera::silicon
