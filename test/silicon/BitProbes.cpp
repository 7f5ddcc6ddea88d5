//===- BitProbes.cpp - Bits and bytes of integers -------------------------===//
//
// Written from the manual's pseudo-code, a bit at a time where it speaks of bits.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/WordProbes.h"

#include <algorithm>

namespace tessera::silicon {

namespace {

std::string number(uint64_t value) { return std::to_string(value); }

void addCounts(WordProbes &list) {
  for (const unsigned width : {32U, 64U}) {
    const Type type = width == 32 ? Type::U32 : Type::U64;
    const std::string suffix = ".b" + number(width);
    list.add(
        "popc" + suffix, type, 1,
        [=](uint64_t a, uint64_t, uint64_t) {
          uint64_t count = 0;
          for (unsigned i = 0; i < width; ++i)
            count += a >> i & 1;
          return count;
        },
        Type::U32);
    list.add(
        "clz" + suffix, type, 1,
        [=](uint64_t a, uint64_t, uint64_t) {
          uint64_t count = 0;
          while (count < width && !(a >> (width - 1 - count) & 1))
            ++count;
          return count;
        },
        Type::U32);
    list.add("brev" + suffix, type, 1, [=](uint64_t a, uint64_t, uint64_t) {
      uint64_t reversed = 0;
      for (unsigned i = 0; i < width; ++i)
        reversed |= (a >> i & 1) << (width - 1 - i);
      return reversed;
    });
    for (const bool isSignedForm : {false, true})
      for (const bool amount : {false, true})
        list.add(
            std::string("bfind") + (amount ? ".shiftamt" : "") + (isSignedForm ? ".s" : ".u") + number(width), type, 1,
            [=](uint64_t a, uint64_t, uint64_t) -> uint64_t {
              if (isSignedForm && (a >> (width - 1) & 1))
                a = ~a;
              for (int i = static_cast<int>(width) - 1; i >= 0; --i)
                if (a >> i & 1)
                  return amount ? width - 1 - static_cast<unsigned>(i) : static_cast<unsigned>(i);
              return 0xFFFFFFFF;
            },
            Type::U32);
  }
}

/// Positions and lengths of all kinds beside values.
OperandList fieldOperands(Type type, unsigned fields) {
  constexpr uint64_t Interesting[] = {0,  1,  3,   8,   15,  16,  31,  32,    33,        63,
                                      64, 65, 127, 128, 200, 255, 256, 0x101, 0xFFFFFFFF};
  OperandList list;
  std::vector<uint64_t> values = noise(type, 3, 21);
  values.push_back(maskOf(bits(type)) / 3 * 2);
  values.push_back(uint64_t(1) << (bits(type) - 1));
  for (const uint64_t value : values)
    for (const uint64_t x : Interesting)
      for (const uint64_t y : Interesting)
        list.push_back(fields == 1 ? Operands{value, x} : Operands{value, x, y});
  return list;
}

void addFields(WordProbes &list) {
  for (const Type type : {Type::U32, Type::S32, Type::U64, Type::S64}) {
    const unsigned width = bits(type), top = width - 1;
    list.add(std::string("bfe.") + name(type), {type, Type::U32, Type::U32}, type, fieldOperands(type, 2),
             [=](uint64_t a, uint64_t b, uint64_t c) {
               const uint64_t position = b & 0xFF, length = c & 0xFF;
               const uint64_t sign =
                   !isSigned(type) || length == 0 ? 0 : a >> std::min<uint64_t>(position + length - 1, top) & 1;
               uint64_t d = 0;
               for (unsigned i = 0; i <= top; ++i)
                 d |= (i < length && position + i <= top ? a >> (position + i) & 1 : sign) << i;
               return d;
             });
    if (isSigned(type))
      continue;
    Elementwise form;
    form.opcode = "bfi.b" + number(width);
    form.sourceBits = {width, width, 32, 32};
    form.result = type;
    for (const Operands &o : fieldOperands(type, 2))
      form.operands.push_back({o[0], ~o[0] * 0x9E3779B97F4A7C15 & maskOf(width), o[1], o[2]});
    form.derive = [=](const Operands &o, Wanted *wanted) {
      const uint64_t position = o[2] & 0xFF, length = o[3] & 0xFF;
      uint64_t f = o[1];
      for (unsigned i = 0; i < length && position + i <= top; ++i)
        f = (f & ~(uint64_t(1) << (position + i))) | (o[0] >> i & 1) << (position + i);
      *wanted = exactly(f);
    };
    list.probes.push_back(makeProbe(form));
  }
  for (const bool clamp : {false, true}) {
    const std::string mode = clamp ? ".clamp" : ".wrap";
    list.add("bmsk" + mode + ".b32", {Type::U32, Type::U32}, Type::U32, binary(Type::U32, Type::U32),
             [=](uint64_t a, uint64_t b, uint64_t) {
               const uint64_t start = a & 31, length = b & 31, sum = start + length;
               const bool outside = clamp && a >= 32, all = sum >= 32 || outside || (clamp && b >= 32);
               const uint64_t from = outside ? 0 : 0xFFFFFFFF << start;
               const uint64_t beyond = all ? 0 : length == 0 ? 0xFFFFFFFF : 0xFFFFFFFF << sum;
               return from & ~beyond;
             });
    for (const Type type : {Type::U32, Type::S32})
      list.add("szext" + mode + "." + name(type), {type, Type::U32}, type, fieldOperands(type, 1),
               [=](uint64_t a, uint64_t b, uint64_t) {
                 const uint64_t length = b & 31;
                 const bool tooLarge = clamp && b >= 32;
                 const uint64_t above = tooLarge ? 0 : 0xFFFFFFFF << length & 0xFFFFFFFF;
                 const bool sign = isSigned(type) && !tooLarge && length != 0 && (a >> (length - 1) & 1);
                 return (a & ~above) | (sign ? above : 0);
               });
  }
}

void addShifts(WordProbes &list) {
  for (const unsigned width : {16U, 32U, 64U}) {
    const Type type = width == 16 ? Type::U16 : width == 32 ? Type::U32 : Type::U64;
    const Type sign = width == 16 ? Type::S16 : width == 32 ? Type::S32 : Type::S64;
    list.add("shl.b" + number(width), {type, Type::U32}, type, fieldOperands(type, 1),
             [=](uint64_t a, uint64_t b, uint64_t) { return b >= width ? 0 : a << b; });
    list.add("shr.u" + number(width), {type, Type::U32}, type, fieldOperands(type, 1),
             [=](uint64_t a, uint64_t b, uint64_t) { return b >= width ? 0 : (a & maskOf(width)) >> b; });
    list.add("shr.s" + number(width), {sign, Type::U32}, sign, fieldOperands(sign, 1),
             [=](uint64_t a, uint64_t b, uint64_t) {
               return static_cast<uint64_t>(extend(a, width) >> std::min<uint64_t>(b, width - 1));
             });
  }
  OperandList operands;
  for (const Operands &o : fieldOperands(Type::U32, 1))
    operands.push_back({o[0], ~o[0] * 0x9E3779B1 & 0xFFFFFFFF, o[1]});
  for (const bool left : {false, true})
    for (const bool clamp : {false, true})
      list.add(std::string("shf.") + (left ? "l" : "r") + (clamp ? ".clamp" : ".wrap") + ".b32",
               {Type::U32, Type::U32, Type::U32}, Type::U32, operands, [=](uint64_t a, uint64_t b, uint64_t c) {
                 const uint64_t n = clamp ? std::min<uint64_t>(c, 32) : c & 31, both = b << 32 | a;
                 return left ? (n == 32 ? a : both << n >> 32) : both >> n;
               });
}

void addLogic(WordProbes &list) {
  for (const unsigned width : {16U, 32U, 64U}) {
    const Type type = width == 16 ? Type::U16 : width == 32 ? Type::U32 : Type::U64;
    const std::string suffix = ".b" + number(width);
    list.add("and" + suffix, type, 2, [](uint64_t a, uint64_t b, uint64_t) { return a & b; });
    list.add("or" + suffix, type, 2, [](uint64_t a, uint64_t b, uint64_t) { return a | b; });
    list.add("xor" + suffix, type, 2, [](uint64_t a, uint64_t b, uint64_t) { return a ^ b; });
    list.add("not" + suffix, type, 1, [](uint64_t a, uint64_t, uint64_t) { return ~a; });
    list.add("cnot" + suffix, type, 1, [](uint64_t a, uint64_t, uint64_t) { return uint64_t(a == 0); });
  }
  // Every eighth table and the ends.
  for (unsigned table = 0; table < 256; table += table % 8 == 0 && table != 248 ? 8 : 7)
    list.add(
        "lop3.b32." + number(table), {Type::U32, Type::U32, Type::U32}, Type::U32,
        {{0xF0F0F0F0, 0xCCCCCCCC, 0xAAAAAAAA}, {0x12345678, 0x9ABCDEF0, 0x0FEDCBA9}, {0, 0xFFFFFFFF, 0x55AA00FF}},
        [=](uint64_t a, uint64_t b, uint64_t c) {
          uint64_t d = 0;
          for (unsigned i = 0; i < 32; ++i)
            d |= static_cast<uint64_t>(table >> ((a >> i & 1) << 2 | (b >> i & 1) << 1 | (c >> i & 1)) & 1) << i;
          return d;
        },
        "lop3.b32 %d, %a, %b, %c, " + number(table) + ";");
}

/// lop3.or, lop3.and: whether any bit is set, combined with a predicate that is also the one written.
void addTests(WordProbes &list) {
  for (const bool isAnd : {false, true})
    for (const bool negated : {false, true}) {
      const std::string opcode = std::string("lop3.") + (isAnd ? "and" : "or") + ".b32";
      Elementwise form;
      form.opcode = opcode + (negated ? ".not" : "");
      form.statement = "{ .reg .pred %q; .reg .b32 %x, %y; and.b32 %x, %c, 1; setp.ne.b32 %q, %x, 0; " + opcode +
                       " %d|%q, %a, %b, %c, 0x80, " + (negated ? "!" : "") +
                       "%q; selp.b32 %y, 1, 0, %q; shl.b32 %d, %d, 1; or.b32 %d, %d, %y; }";
      form.sourceBits = {32, 32, 32};
      form.version = 82;
      Noise noise(4);
      for (unsigned i = 0; i < 200; ++i) // sparse, so that some have nothing in common
        form.operands.push_back({noise.next() & noise.next() & 0xFFFFFFFF, noise.next() & noise.next() & 0xFFFFFFFF,
                                 noise.next() & noise.next() & 0xFFFFFFFF});
      form.derive = [=](const Operands &o, Wanted *wanted) {
        const uint64_t d = o[0] & o[1] & o[2];
        const bool other = (o[2] & 1) != negated, outcome = isAnd ? d != 0 && other : d != 0 || other;
        *wanted = exactly((d << 1 | (outcome ? 1 : 0)) & 0xFFFFFFFF);
      };
      list.probes.push_back(makeProbe(form));
    }
}

uint64_t permuted(uint64_t a, uint64_t b, const unsigned (&from)[4]) {
  const uint64_t both = b << 32 | a;
  uint64_t d = 0;
  for (unsigned i = 0; i < 4; ++i)
    d |= (both >> (8 * from[i]) & 0xFF) << (8 * i);
  return d;
}

void addPermutations(WordProbes &list) {
  OperandList operands;
  Noise source(5);
  for (unsigned i = 0; i < 400; ++i)
    operands.push_back({source.next() & 0xFFFFFFFF, source.next() & 0xFFFFFFFF,
                        i < 20       ? i
                        : i % 3 == 0 ? source.next() & 0xFFFFFFFF
                                     : source.next() & 0xFFFF});
  const std::vector<Type> sources = {Type::U32, Type::U32, Type::U32};
  list.add("prmt.b32", sources, Type::U32, operands, [](uint64_t a, uint64_t b, uint64_t c) {
    const uint64_t both = b << 32 | a;
    uint64_t d = 0;
    for (unsigned i = 0; i < 4; ++i) {
      const uint64_t selector = c >> (4 * i) & 15, byte = both >> (8 * (selector & 7)) & 0xFF;
      d |= (selector & 8 ? (byte & 0x80 ? 0xFF : 0) : byte) << (8 * i);
    }
    return d;
  });
  struct Mode {
    const char *name;
    unsigned from[4][4]; ///< for each selector the source of bytes 0 to 3
  };
  // The manual's tables, read from the byte d.b0 on.
  static constexpr Mode Modes[] = {
      {"f4e", {{0, 1, 2, 3}, {1, 2, 3, 4}, {2, 3, 4, 5}, {3, 4, 5, 6}}},
      {"b4e", {{0, 7, 6, 5}, {1, 0, 7, 6}, {2, 1, 0, 7}, {3, 2, 1, 0}}},
      {"rc8", {{0, 0, 0, 0}, {1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}}},
      {"ecl", {{0, 1, 2, 3}, {1, 1, 2, 3}, {2, 2, 2, 3}, {3, 3, 3, 3}}},
      {"ecr", {{0, 0, 0, 0}, {0, 1, 1, 1}, {0, 1, 2, 2}, {0, 1, 2, 3}}},
      {"rc16", {{0, 1, 0, 1}, {2, 3, 2, 3}, {0, 1, 0, 1}, {2, 3, 2, 3}}},
  };
  for (const Mode &mode : Modes)
    list.add(std::string("prmt.b32.") + mode.name, sources, Type::U32, operands,
             [&mode](uint64_t a, uint64_t b, uint64_t c) { return permuted(a, b, mode.from[c & 3]); });
}

void addSearch(WordProbes &list) {
  OperandList operands;
  Noise source(8);
  for (unsigned i = 0; i < 400; ++i)
    operands.push_back({i % 5 ? source.next() & source.next() & 0xFFFFFFFF : source.next() & 0xFFFFFFFF,
                        source.next() & 31, static_cast<uint64_t>(source.between(-6, 6)) & 0xFFFFFFFF});
  list.add("fns.b32", {Type::U32, Type::U32, Type::S32}, Type::U32, operands,
           [](uint64_t mask, uint64_t base, uint64_t offsetPattern) -> uint64_t {
             const int64_t offset = extend(offsetPattern, 32);
             if (offset == 0)
               return mask >> base & 1 ? base : 0xFFFFFFFF;
             int64_t count = (offset < 0 ? -offset : offset) - 1;
             for (auto position = static_cast<int64_t>(base); position >= 0 && position < 32;
                  position += offset > 0 ? 1 : -1)
               if ((mask >> position & 1) && count-- == 0)
                 return static_cast<uint64_t>(position);
             return 0xFFFFFFFF;
           });
}

} // namespace

void addBits(WordProbes &list) {
  addCounts(list);
  addFields(list);
  addShifts(list);
  addLogic(list);
  addTests(list);
  addPermutations(list);
  addSearch(list);
}

} // namespace tessera::silicon
