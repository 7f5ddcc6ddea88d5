//===- ConvertProbes.cpp - cvt --------------------------------------------===//
//
// Every pair of integer and floating types in every rounding that PTX has for it, with .ftz, .sat, .relu, .satfinite,
// the packed forms of f16, bf16, e4m3 and e5m2, and cvt.pack. All of it is known to the bit, but for the payloads of
// NaNs that pass without loss of bits.
//
//   from integer to integer   the low bits; with .sat clamped to the range, where it can be passed
//   from integer to float     rounded
//   from float to integer     rounded and clamped; NaN becomes 0, but where f64 or a 64-bit integer takes part, the top
//                             bit alone
//   from float to float       rounded where bits are lost; with .rni ... rounded to an integral value
//
// Registers wider than the type: sources are read in their low bits, results extended as their type says.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Elementwise.h"
#include "test/silicon/Semantics.h"

#include <algorithm>

namespace tessera::silicon {

namespace {

constexpr Type Integers[] = {Type::S8, Type::U8, Type::S16, Type::U16, Type::S32, Type::U32, Type::S64, Type::U64};
constexpr Type Floats[] = {Type::F16, Type::BF16, Type::F32, Type::F64};
constexpr Rounding Roundings[] = {Rounding::NearestEven, Rounding::Zero, Rounding::Down, Rounding::Up};

std::string integralName(Rounding rounding) { return std::string(name(rounding)) + "i"; }

/// Conversions of bf16 but for those of f32 came with sm_90.
std::string targetOf(Type a, Type b) {
  const bool bf = a == Type::BF16 || b == Type::BF16, single = a == Type::F32 || b == Type::F32;
  return bf && !single ? "sm_90" : "sm_80";
}

Elementwise conversion(const std::string &opcode, Type to, Type from) {
  Elementwise form;
  form.opcode = opcode;
  form.target = targetOf(to, from);
  form.sourceBits = {registerBits(from)};
  form.result = to;
  form.resultBits = registerBits(to);
  // Registers may be wider than the type, but not where bf16 takes part.
  if (from == Type::BF16 && bits(to) == 8)
    form.resultBits = 8;
  if (to == Type::BF16 && bits(from) == 8)
    form.sourceBits = {8};
  form.operands = unary(from);
  // What stands above a narrow operand is of no interest.
  if (registerBits(from) > bits(from))
    for (std::size_t i = 0; i < form.operands.size(); ++i)
      form.operands[i][0] |= (i * 0x9E3779B9 << 8) & 0xFFFFFF00;
  return form;
}

/// Whether the type has values that the other cannot hold: only then is there something to saturate.
bool mayExceed(Type to, Type from) {
  const auto holds = [](Type type, uint64_t pattern, Type of) {
    const Real value = decode(of, pattern);
    return decode(type, encodeInteger(type, value, Rounding::Zero)).negative == value.negative &&
           compare(decode(type, encodeInteger(type, value, Rounding::Zero)), value) == 0;
  };
  const uint64_t all = ~uint64_t(0);
  const uint64_t top = isSigned(from) ? (all >> (65 - bits(from))) : all >> (64 - bits(from));
  const uint64_t bottom = isSigned(from) ? uint64_t(1) << (bits(from) - 1) : 0;
  return !holds(to, top, from) || !holds(to, bottom, from);
}

void addIntegers(std::vector<Probe> &probes) {
  for (const Type to : Integers)
    for (const Type from : Integers)
      for (const bool sat : {false, true}) {
        if (sat && !mayExceed(to, from))
          continue;
        Elementwise form =
            conversion(std::string("cvt") + (sat ? ".sat" : "") + "." + name(to) + "." + name(from), to, from);
        form.derive = [=](const Operands &o, Wanted *wanted) {
          const Real value = decode(from, o[0]);
          const Magnitude low = value.negative ? 0 - value.magnitude : value.magnitude;
          *wanted = exactly(sat ? encodeInteger(to, value, Rounding::Zero)
                                : static_cast<uint64_t>(low) & (~uint64_t(0) >> (64 - bits(to))));
        };
        probes.push_back(makeProbe(form));
      }
}

/// The whole destination register of narrow results.
void addExtensions(std::vector<Probe> &probes) {
  for (const Type to : {Type::S8, Type::U8, Type::S16, Type::U16})
    for (const Type from : {Type::S32, Type::F32}) {
      Elementwise form =
          conversion(std::string("cvt") + (isFloat(from) ? ".rzi." : ".") + name(to) + "." + name(from), to, from);
      form.statement = form.opcode + " %d, %a;";
      form.opcode += ".in-32-bits";
      form.result = isSigned(to) ? Type::S32 : Type::U32;
      form.resultBits = 32;
      form.derive = [=](const Operands &o, Wanted *wanted) {
        const Real value = decode(from, o[0]);
        const uint64_t narrow = isFloat(from) ? value.isNaN() ? 0 : encodeInteger(to, value, Rounding::Zero) : o[0];
        const Real result = decode(to, narrow);
        *wanted = exactly(encodeInteger(Type::S32, result, Rounding::Zero) & 0xFFFFFFFF);
      };
      probes.push_back(makeProbe(form));
    }
}

void addToFloat(std::vector<Probe> &probes) {
  for (const Type to : Floats)
    for (const Type from : Integers)
      for (const Rounding rounding : Roundings) {
        Elementwise form =
            conversion(std::string("cvt.") + name(rounding) + "." + name(to) + "." + name(from), to, from);
        form.derive = [=](const Operands &o, Wanted *wanted) {
          *wanted = rounded(to, decode(from, o[0]), {rounding, false});
        };
        probes.push_back(makeProbe(form));
      }
}

void addToInteger(std::vector<Probe> &probes) {
  for (const Type to : Integers)
    for (const Type from : Floats)
      for (const Rounding rounding : Roundings)
        for (const bool ftz : {false, true}) {
          if (ftz && from != Type::F32)
            continue;
          Elementwise form = conversion(
              "cvt." + integralName(rounding) + (ftz ? ".ftz." : ".") + name(to) + "." + name(from), to, from);
          form.derive = [=](const Operands &o, Wanted *wanted) {
            const Real value = source(from, o[0], {.ftz = ftz});
            const bool wide = from == Type::F64 || bits(to) == 64;
            *wanted = exactly(!value.isNaN() ? encodeInteger(to, value, rounding)
                              : wide         ? uint64_t(1) << (bits(to) - 1)
                                             : 0);
          };
          probes.push_back(makeProbe(form));
        }
}

/// .ftz is for f32 alone, on whichever side it stands.
Wanted converted(Type to, Type from, uint64_t pattern, Rounding rounding, Modifiers m, bool loses) {
  const Real value = from == Type::F32 ? source(from, pattern, m) : decode(from, pattern);
  m.ftz &= to == Type::F32;
  if (value.isNaN() && !m.sat && !loses)
    return anyNaN(); // a conversion that keeps all bits may keep the payload
  return finish(to, value, rounding, m);
}

bool losesBits(Type to, Type from) {
  const auto digits = [](Type type) {
    return type == Type::F64 ? 52 : type == Type::F32 ? 23 : type == Type::F16 ? 10 : 7;
  };
  return digits(to) < digits(from) || leastNormalExponent(to) > leastNormalExponent(from);
}

void addFloats(std::vector<Probe> &probes) {
  for (const Type to : Floats)
    for (const Type from : Floats)
      for (const bool ftz : {false, true})
        for (const bool sat : {false, true})
          for (const Rounding rounding : Roundings) {
            const bool loses = losesBits(to, from);
            if ((!loses && rounding != Rounding::NearestEven) || (ftz && to != Type::F32 && from != Type::F32) ||
                (sat && (to == Type::BF16 || from == Type::BF16)) || (to == Type::BF16 && from == Type::BF16))
              continue;
            // bf16 from f32 has forms of its own.
            if (to == Type::BF16 && from == Type::F32)
              continue;
            const Modifiers m{.ftz = ftz, .sat = sat};
            Elementwise form = conversion("cvt" + (loses ? std::string(".") + name(rounding) : "") + spelling(m) + "." +
                                              name(to) + "." + name(from),
                                          to, from);
            if (ftz && (to == Type::BF16 || from == Type::BF16))
              form.target = "sm_90";
            form.derive = [=](const Operands &o, Wanted *wanted) {
              *wanted = converted(to, from, o[0], rounding, m, loses);
            };
            probes.push_back(makeProbe(form));
          }
}

void addIntegral(std::vector<Probe> &probes) {
  for (const Type type : Floats)
    for (const Rounding rounding : Roundings)
      for (const bool ftz : {false, true})
        for (const bool sat : {false, true}) {
          if ((ftz && type != Type::F32) || (sat && type == Type::BF16))
            continue;
          const Modifiers m{.ftz = ftz, .sat = sat};
          Elementwise form = conversion(
              "cvt." + integralName(rounding) + spelling(m) + "." + name(type) + "." + name(type), type, type);
          form.derive = [=](const Operands &o, Wanted *wanted) {
            const Real value = roundToIntegral(source(type, o[0], m), rounding);
            *wanted = value.isNaN() && !m.sat ? anyNaN() : finish(type, value, Rounding::NearestEven, m);
          };
          probes.push_back(makeProbe(form));
        }
}

/// f16, bf16 and tf32 from f32 with .relu and .satfinite; single and packed.
void addNarrow(std::vector<Probe> &probes) {
  for (const Type to : {Type::F16, Type::BF16, Type::TF32})
    for (const bool packed : {false, true})
      for (const Rounding rounding : {Rounding::NearestEven, Rounding::Zero, Rounding::NearestAway})
        for (const bool relu : {false, true})
          for (const bool finite : {false, true}) {
            const bool tf = to == Type::TF32, away = rounding == Rounding::NearestAway;
            // .rna is for tf32 alone, which has no .relu there, and .satfinite nowhere else before sm_100.
            if (away != (tf && away) || (tf && (packed || (away && relu) || (!away && finite))))
              continue;
            if (to == Type::F16 && !packed && !relu && !finite)
              continue; // among the plain conversions
            const Modifiers m{.relu = relu, .finite = finite};
            Elementwise form = conversion(std::string("cvt.") + name(rounding) + spelling(m) + "." + name(to) +
                                              (packed ? "x2" : "") + ".f32",
                                          to, Type::F32);
            form.target = tf && !away ? "sm_90" : "sm_80";
            form.version = finite ? 81 : 80;
            if (packed) {
              form.sourceBits = {32, 32};
              form.lanes = 2;
              form.resultBits = 32;
              form.operands.clear();
              const OperandList single = unary(Type::F32);
              for (std::size_t i = 0; i < single.size(); ++i)
                form.operands.push_back({single[i][0], single[(i * 7 + 3) % single.size()][0]});
            }
            form.derive = [=](const Operands &o, Wanted *wanted) {
              for (unsigned lane = 0; lane < (packed ? 2U : 1U); ++lane)
                wanted[lane] = finish(to, decode(Type::F32, packed ? o[1 - lane] : o[0]), rounding, m);
            };
            probes.push_back(makeProbe(form));
          }
}

/// All patterns of two bytes that matter: each byte with another.
OperandList bytePairs() {
  OperandList list;
  for (unsigned i = 0; i < 256; ++i)
    list.push_back({i | (i * 37 + 11) % 256 << 8});
  return list;
}

void addEightBits(std::vector<Probe> &probes) {
  for (const Type to : {Type::E4M3, Type::E5M2})
    for (const Type from : {Type::F32, Type::F16})
      for (const bool relu : {false, true}) {
        const bool single = from == Type::F32;
        Elementwise form;
        form.opcode =
            std::string("cvt.rn.satfinite") + (relu ? ".relu." : ".") + name(to) + "x2." + (single ? "f32" : "f16x2");
        form.target = "sm_89";
        form.version = 81;
        form.result = to;
        form.lanes = 2;
        form.resultBits = 16;
        form.sourceBits = single ? std::vector<unsigned>{32, 32} : std::vector<unsigned>{32};
        std::vector<uint64_t> values;
        for (const Operands &o : unary(from, 100))
          values.push_back(o[0]);
        // Every value of the format, the middles between neighbours, and a little to both sides of those.
        for (unsigned pattern = 0; pattern < 127; ++pattern) {
          const Real here = decode(to, pattern), next = decode(to, pattern + 1);
          if (here.what != Real::Finite)
            continue;
          const Real middle = next.what == Real::Finite ? multiply(add(here, next), powerOfTwo(-1)) : here;
          for (const int off : {-1, 0, 1}) {
            const uint64_t p = encode(from, middle) + static_cast<uint64_t>(off);
            values.push_back(pattern % 2 ? p : p | uint64_t(1) << (bits(from) - 1));
          }
        }
        for (std::size_t i = 0; i < values.size(); ++i) {
          const uint64_t other = values[(i * 7 + 3) % values.size()];
          form.operands.push_back(single ? Operands{values[i], other} : Operands{values[i] & 0xFFFF, 0});
          if (!single)
            form.operands.back()[0] |= (other & 0xFFFF) << 16;
        }
        form.derive = [=](const Operands &o, Wanted *wanted) {
          for (unsigned lane = 0; lane < 2; ++lane) {
            const Real value = single ? decode(from, o[1 - lane]) : decode(from, o[0] >> (16 * lane));
            wanted[lane] = finish(to, value, Rounding::NearestEven, {.relu = relu, .finite = true});
          }
        };
        probes.push_back(makeProbe(form));
      }
  for (const Type from : {Type::E4M3, Type::E5M2})
    for (const bool relu : {false, true}) {
      Elementwise form;
      form.opcode = std::string("cvt.rn") + (relu ? ".relu" : "") + ".f16x2." + name(from) + "x2";
      form.target = "sm_89";
      form.version = 81;
      form.result = Type::F16;
      form.lanes = 2;
      form.sourceBits = {16};
      form.operands = bytePairs();
      form.derive = [=](const Operands &o, Wanted *wanted) {
        for (unsigned lane = 0; lane < 2; ++lane)
          wanted[lane] = finish(Type::F16, decode(from, o[0] >> (8 * lane)), Rounding::NearestEven, {.relu = relu});
      };
      probes.push_back(makeProbe(form));
    }
}

/// cvt.pack: two clamped integers side by side, the rest of the register moved up above them.
void addPacks(std::vector<Probe> &probes) {
  for (const unsigned width : {16U, 8U, 4U, 2U})
    for (const bool isSignedForm : {false, true}) {
      Elementwise form;
      form.opcode = std::string("cvt.pack.sat.") + (isSignedForm ? "s" : "u") + std::to_string(width) + ".s32" +
                    (width == 16 ? "" : ".b32");
      form.sourceBits.assign(width == 16 ? 2 : 3, 32);
      form.operands = ternary(Type::S32, 200);
      form.derive = [=](const Operands &o, Wanted *wanted) {
        const int64_t most = (int64_t(1) << (isSignedForm ? width - 1 : width)) - 1,
                      least = isSignedForm ? -most - 1 : 0;
        const auto part = [&](uint64_t pattern) {
          const int64_t value = static_cast<int32_t>(static_cast<uint32_t>(pattern));
          return static_cast<uint64_t>(std::clamp(value, least, most)) & ((uint64_t(1) << width) - 1);
        };
        *wanted = exactly(((width == 16 ? 0 : o[2] << (2 * width)) | part(o[0]) << width | part(o[1])) & 0xFFFFFFFF);
      };
      probes.push_back(makeProbe(form));
    }
}

} // namespace

std::vector<Probe> convertProbes() {
  std::vector<Probe> probes;
  addIntegers(probes);
  addExtensions(probes);
  addToFloat(probes);
  addToInteger(probes);
  addFloats(probes);
  addIntegral(probes);
  addNarrow(probes);
  addEightBits(probes);
  addPacks(probes);
  return probes;
}

} // namespace tessera::silicon
