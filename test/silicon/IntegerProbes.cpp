//===- IntegerProbes.cpp - Integer arithmetic -----------------------------===//
//
// Written from the manual's definitions. Division by zero and of the least number by -1 are not asked: the manual
// leaves them open.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/WordProbes.h"

#include <algorithm>

namespace tessera::silicon {

void WordProbes::add(const std::string &opcode, Type type, unsigned sources, const WordFunction &function, Type result,
                     const std::string &target) {
  const Type to = result == Type::Count ? type : result;
  const OperandList operands = sources == 1 ? unary(type) : sources == 2 ? binary(type, type) : ternary(type);
  add(opcode, std::vector<Type>(sources, type), to, operands, function, "", target);
}
void WordProbes::add(const std::string &opcode, const std::vector<Type> &sources, Type result,
                     const OperandList &operands, const WordFunction &function, const std::string &statement,
                     const std::string &target) {
  Elementwise form;
  form.opcode = opcode;
  form.statement = statement;
  form.target = target;
  for (const Type type : sources)
    form.sourceBits.push_back(registerBits(type));
  form.result = result;
  form.operands = operands;
  form.derive = [=](const Operands &o, Wanted *wanted) {
    *wanted = exactly(function(o[0], o[1], o[2]) & maskOf(bits(result)));
  };
  probes.push_back(makeProbe(form));
}

namespace {

__extension__ using Wide = __int128;
Wide widened(uint64_t value, Type type) {
  return isSigned(type) ? static_cast<Wide>(extend(value, bits(type))) : static_cast<Wide>(value & maskOf(bits(type)));
}

constexpr Type Arithmetic[] = {Type::S16, Type::U16, Type::S32, Type::U32, Type::S64, Type::U64};

void addArithmetic(WordProbes &list) {
  for (const Type type : Arithmetic) {
    const std::string suffix = std::string(".") + name(type);
    const unsigned width = bits(type);
    const auto wide = [=](uint64_t v) { return widened(v, type); };
    list.add("add" + suffix, type, 2, [](uint64_t a, uint64_t b, uint64_t) { return a + b; });
    list.add("sub" + suffix, type, 2, [](uint64_t a, uint64_t b, uint64_t) { return a - b; });
    list.add("mul.lo" + suffix, type, 2, [](uint64_t a, uint64_t b, uint64_t) { return a * b; });
    list.add("mul.hi" + suffix, type, 2, [=](uint64_t a, uint64_t b, uint64_t) {
      if (type == Type::U64) // the product needs all 128 bits
        return static_cast<uint64_t>(static_cast<Magnitude>(a) * b >> 64);
      return static_cast<uint64_t>(wide(a) * wide(b) >> width);
    });
    list.add("mad.lo" + suffix, type, 3, [](uint64_t a, uint64_t b, uint64_t c) { return a * b + c; });
    list.add("mad.hi" + suffix, type, 3, [=](uint64_t a, uint64_t b, uint64_t c) {
      if (type == Type::U64)
        return static_cast<uint64_t>(static_cast<Magnitude>(a) * b >> 64) + c;
      return static_cast<uint64_t>(wide(a) * wide(b) >> width) + c;
    });
    list.add("sad" + suffix, type, 3, [=](uint64_t a, uint64_t b, uint64_t c) {
      return static_cast<uint64_t>(wide(a) < wide(b) ? wide(b) - wide(a) : wide(a) - wide(b)) + c;
    });
    list.add("min" + suffix, type, 2, [=](uint64_t a, uint64_t b, uint64_t) { return wide(a) < wide(b) ? a : b; });
    list.add("max" + suffix, type, 2, [=](uint64_t a, uint64_t b, uint64_t) { return wide(a) > wide(b) ? a : b; });
    OperandList divisible = binary(type, type);
    const uint64_t least = uint64_t(1) << (width - 1);
    std::erase_if(divisible, [=](const Operands &o) {
      return o[1] == 0 || (isSigned(type) && o[0] == least && o[1] == maskOf(width));
    });
    list.add("div" + suffix, {type, type}, type, divisible,
             [=](uint64_t a, uint64_t b, uint64_t) { return static_cast<uint64_t>(wide(a) / wide(b)); });
    list.add("rem" + suffix, {type, type}, type, divisible,
             [=](uint64_t a, uint64_t b, uint64_t) { return static_cast<uint64_t>(wide(a) % wide(b)); });
    if (isSigned(type)) {
      list.add("abs" + suffix, type, 1,
               [=](uint64_t a, uint64_t, uint64_t) { return static_cast<uint64_t>(wide(a) < 0 ? -wide(a) : wide(a)); });
      list.add("neg" + suffix, type, 1, [](uint64_t a, uint64_t, uint64_t) { return 0 - a; });
    }
  }
}

Type twiceAsWide(Type type) {
  return type == Type::S16 ? Type::S32 : type == Type::U16 ? Type::U32 : type == Type::S32 ? Type::S64 : Type::U64;
}

void addWide(WordProbes &list) {
  for (const Type type : {Type::S16, Type::U16, Type::S32, Type::U32}) {
    const Type to = twiceAsWide(type);
    list.add(
        std::string("mul.wide.") + name(type), type, 2,
        [=](uint64_t a, uint64_t b, uint64_t) { return static_cast<uint64_t>(widened(a, type) * widened(b, type)); },
        to);
    OperandList operands = ternary(type);
    for (std::size_t i = 0; i < operands.size(); ++i)
      operands[i][2] = (operands[i][2] * 0x9E3779B97F4A7C15 + i) & maskOf(bits(to));
    list.add(std::string("mad.wide.") + name(type), {type, type, to}, to, operands,
             [=](uint64_t a, uint64_t b, uint64_t c) {
               return static_cast<uint64_t>(widened(a, type) * widened(b, type)) + c;
             });
  }
  for (const Type type : {Type::S32, Type::U32})
    for (const bool high : {false, true}) {
      const auto product = [=](uint64_t a, uint64_t b) {
        const auto low = [=](uint64_t v) {
          return isSigned(type) ? extend(v, 24) : static_cast<int64_t>(v & 0xFFFFFF);
        };
        return static_cast<uint64_t>(low(a) * low(b) >> (high ? 16 : 0));
      };
      const std::string suffix = std::string(high ? ".hi." : ".lo.") + name(type);
      list.add("mul24" + suffix, type, 2, [=](uint64_t a, uint64_t b, uint64_t) { return product(a, b); });
      list.add("mad24" + suffix, type, 3, [=](uint64_t a, uint64_t b, uint64_t c) { return product(a, b) + c; });
    }
}

int64_t clampTo32(int64_t value) { return std::clamp<int64_t>(value, INT32_MIN, INT32_MAX); }

void addSaturating(WordProbes &list) {
  const auto s = [](uint64_t v) { return extend(v, 32); };
  list.add("add.sat.s32", Type::S32, 2,
           [=](uint64_t a, uint64_t b, uint64_t) { return static_cast<uint64_t>(clampTo32(s(a) + s(b))); });
  list.add("sub.sat.s32", Type::S32, 2,
           [=](uint64_t a, uint64_t b, uint64_t) { return static_cast<uint64_t>(clampTo32(s(a) - s(b))); });
  list.add("mad24.hi.sat.s32", Type::S32, 3, [=](uint64_t a, uint64_t b, uint64_t c) {
    return static_cast<uint64_t>(clampTo32((extend(a, 24) * extend(b, 24) >> 16) + s(c)));
  });
  list.add("mad.hi.sat.s32", Type::S32, 3, [=](uint64_t a, uint64_t b, uint64_t c) {
    return static_cast<uint64_t>(clampTo32((s(a) * s(b) >> 32) + s(c)));
  });
}

/// Two halves in a 32-bit register, for sm_90.
void addPackedIntegers(WordProbes &list) {
  const OperandList operands = packed(binary(Type::S16, Type::S16), 16);
  const auto addForm = [&](const std::string &opcode, const std::function<int64_t(uint64_t, uint64_t)> &half) {
    list.add(
        opcode, {Type::U32, Type::U32}, Type::U32, operands,
        [=](uint64_t a, uint64_t b, uint64_t) {
          return (static_cast<uint64_t>(half(a & 0xFFFF, b & 0xFFFF)) & 0xFFFF) |
                 (static_cast<uint64_t>(half(a >> 16 & 0xFFFF, b >> 16 & 0xFFFF)) & 0xFFFF) << 16;
        },
        "", "sm_90");
  };
  for (const Type type : {Type::S16, Type::U16}) {
    const std::string suffix = std::string(".") + name(type) + "x2";
    const auto value = [=](uint64_t v) { return static_cast<int64_t>(widened(v, type)); };
    addForm("add" + suffix, [](uint64_t a, uint64_t b) { return static_cast<int64_t>(a + b); });
    addForm("min" + suffix, [=](uint64_t a, uint64_t b) { return std::min(value(a), value(b)); });
    addForm("max" + suffix, [=](uint64_t a, uint64_t b) { return std::max(value(a), value(b)); });
    if (type == Type::S16) {
      addForm("min.relu" + suffix,
              [=](uint64_t a, uint64_t b) { return std::max<int64_t>(std::min(value(a), value(b)), 0); });
      addForm("max.relu" + suffix,
              [=](uint64_t a, uint64_t b) { return std::max<int64_t>(std::max(value(a), value(b)), 0); });
    }
  }
  for (const bool isMax : {false, true})
    list.add(
        std::string(isMax ? "max" : "min") + ".relu.s32", Type::S32, 2,
        [=](uint64_t a, uint64_t b, uint64_t) {
          const int64_t x = extend(a, 32), y = extend(b, 32);
          return static_cast<uint64_t>(std::max<int64_t>(isMax ? std::max(x, y) : std::min(x, y), 0));
        },
        Type::S32, "sm_90");
}

void addDotProducts(WordProbes &list) {
  OperandList operands;
  Noise source(6);
  for (unsigned i = 0; i < 200; ++i)
    operands.push_back({source.next() & 0xFFFFFFFF, source.next() & 0xFFFFFFFF, source.next() & 0xFFFFFFFF});
  operands.push_back({0xFFFFFFFF, 0xFFFFFFFF, 0});
  operands.push_back({0x80808080, 0x80808080, 0x7FFFFFFF});
  operands.push_back({0x80008000, 0x7F7F7F7F, 0x80000000});
  for (const Type a : {Type::U32, Type::S32})
    for (const Type b : {Type::U32, Type::S32}) {
      const Type d = a == Type::U32 && b == Type::U32 ? Type::U32 : Type::S32;
      const auto part = [](uint64_t value, unsigned at, unsigned width, Type type) {
        const uint64_t field = value >> at & maskOf(width);
        return isSigned(type) ? extend(field, width) : static_cast<int64_t>(field);
      };
      const std::string suffix = std::string(".") + name(a) + "." + name(b);
      list.add("dp4a" + suffix, {a, b, d}, d, operands, [=](uint64_t x, uint64_t y, uint64_t z) {
        for (unsigned i = 0; i < 4; ++i)
          z += static_cast<uint64_t>(part(x, 8 * i, 8, a) * part(y, 8 * i, 8, b));
        return z;
      });
      for (const bool high : {false, true})
        list.add(std::string("dp2a.") + (high ? "hi" : "lo") + suffix, {a, b, d}, d, operands,
                 [=](uint64_t x, uint64_t y, uint64_t z) {
                   for (unsigned i = 0; i < 2; ++i)
                     z += static_cast<uint64_t>(part(x, 16 * i, 16, a) * part(y, 8 * i + (high ? 16 : 0), 8, b));
                   return z;
                 });
    }
}

/// Carries: two 32-bit steps are one of 64 bits.
void addCarries(WordProbes &list) {
  const OperandList operands = binary(Type::U64, Type::U64, 300);
  const std::vector<Type> sources = {Type::U64, Type::U64};
  const std::string split = "{ .reg .b32 %al, %ah, %bl, %bh, %l, %h; mov.b64 "
                            "{%al, %ah}, %a; mov.b64 {%bl, %bh}, %b; ",
                    join = " mov.b64 %d, {%l, %h}; }";
  list.add(
      "add.cc.addc.u32", sources, Type::U64, operands, [](uint64_t a, uint64_t b, uint64_t) { return a + b; },
      split + "add.cc.u32 %l, %al, %bl; addc.u32 %h, %ah, %bh;" + join);
  list.add(
      "sub.cc.subc.u32", sources, Type::U64, operands, [](uint64_t a, uint64_t b, uint64_t) { return a - b; },
      split + "sub.cc.u32 %l, %al, %bl; subc.u32 %h, %ah, %bh;" + join);
  // A carry out of 64 bits, and one that goes in and out.
  list.add(
      "add.cc.addc.u64", sources, Type::U64, operands,
      [](uint64_t a, uint64_t b, uint64_t) { return uint64_t(a + b < a); },
      "{ .reg .b64 %l; add.cc.u64 %l, %a, %b; addc.u64 %d, 0, 0; }");
  list.add(
      "add.cc.addc.cc.addc.u32", sources, Type::U64, operands,
      [](uint64_t a, uint64_t b, uint64_t) {
        return static_cast<uint64_t>((static_cast<Magnitude>(a) + b + (static_cast<Magnitude>(a & 0xFFFFFFFF) << 64)) >>
                                     32);
      },
      split + ".reg .b32 %t; add.cc.u32 %t, %al, %bl; addc.cc.u32 %l, %ah, %bh; addc.u32 %h, %al, 0;" + join);
  list.add(
      "mad.lo.cc.madc.hi.u32", sources, Type::U64, operands,
      [](uint64_t a, uint64_t b, uint64_t) { return (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF) + a; },
      split + "mad.lo.cc.u32 %l, %al, %bl, %al; madc.hi.u32 %h, %al, %bl, %ah;" + join);
}

} // namespace

std::vector<Probe> integerProbes() {
  WordProbes list;
  addArithmetic(list);
  addWide(list);
  addSaturating(list);
  addPackedIntegers(list);
  addDotProducts(list);
  addCarries(list);
  addBits(list);
  return std::move(list.probes);
}

} // namespace tessera::silicon
