//===- Elementwise.cpp - Probes of one instruction on many operands -------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Elementwise.h"

#include <algorithm>

namespace tessera::silicon {

namespace {

constexpr unsigned Threads = 128;
constexpr const char *Names[] = {"%a", "%b", "%c", "%e"};

std::string number(std::uint64_t value) { return std::to_string(value); }

/// The entry: a thread for each of `count` tuples.
std::string bodyOf(const Elementwise &form, unsigned count) {
  const auto sources = static_cast<unsigned>(form.sourceBits.size());
  const unsigned stored = form.lanes * bits(form.result);
  const unsigned wide = form.resultBits ? form.resultBits : std::max(16U, stored);
  std::string body =
      "  .reg .pred %p;\n  .reg .b32 %i, %n;\n  .reg .b64 %from, %to;\n  .reg .b" + number(wide) + " %d;\n";
  for (unsigned i = 0; i < sources; ++i)
    body += "  .reg .b" + number(form.sourceBits[i]) + " " + Names[i] + ";\n";
  body += "  mov.u32 %i, %ctaid.x;\n  mov.u32 %n, %tid.x;\n  mad.lo.u32 %i, %i, " + number(Threads) + ", %n;\n" +
          "  setp.ge.u32 %p, %i, " + number(count) + ";\n  @%p ret;\n" + "  mad.wide.u32 %from, %i, " +
          number(8UL * sources) + ", %input;\n  mad.wide.u32 %to, %i, " + number(stored / 8) + ", %output;\n";
  for (unsigned i = 0; i < sources; ++i)
    body += "  ld.global.b" + number(form.sourceBits[i]) + " " + Names[i] + ", [%from+" + number(8UL * i) + "];\n";
  std::string statement = form.statement;
  if (statement.empty()) {
    statement = form.opcode + " %d";
    for (unsigned i = 0; i < sources; ++i)
      statement += std::string(", ") + Names[i];
    statement += ";";
  }
  return body + "  " + statement + "\n  st.global.b" + number(stored) + " [%to], %d;\n";
}

} // namespace

Probe makeProbe(const Elementwise &form) {
  Probe probe;
  probe.name = form.opcode;
  probe.target = form.target;
  probe.version = form.version;
  probe.threads = Threads;
  const auto count = static_cast<unsigned>(form.operands.size());
  probe.blocks = (count + Threads - 1) / Threads;
  probe.body = bodyOf(form, count);
  for (const Operands &operands : form.operands)
    for (std::size_t i = 0; i < form.sourceBits.size(); ++i)
      append(probe.input, operands[i]);
  probe.element = form.result;
  probe.initialOutput.assign(std::size_t(count) * form.lanes * bits(form.result) / 8, std::byte{0xCD});
  probe.derive = [form] {
    std::vector<Wanted> wanted(form.operands.size() * form.lanes);
    for (std::size_t i = 0; i < form.operands.size(); ++i)
      form.derive(form.operands[i], &wanted[i * form.lanes]);
    return wanted;
  };
  return probe;
}

// ---- Operands ----

namespace {

/// Position of the exponent field, and its width.
struct Fields {
  unsigned fraction, exponent;
};
Fields fieldsOf(Type type) {
  switch (type) {
  case Type::F16:
    return {10, 5};
  case Type::BF16:
    return {7, 8};
  case Type::F64:
    return {52, 11};
  case Type::E4M3:
    return {3, 4};
  case Type::E5M2:
    return {2, 5};
  default:
    return {23, 8};
  }
}

std::vector<uint64_t> specialFloats(Type type) {
  const Fields f = fieldsOf(type);
  const uint64_t one = uint64_t(1) << f.fraction, top = (uint64_t(1) << f.exponent) - 1, sign = one << f.exponent;
  const uint64_t bias = top >> 1;
  const auto value = [&](uint64_t exponent, uint64_t fraction) { return exponent << f.fraction | fraction; };
  std::vector<uint64_t> list = {
      0,                               // zero
      value(bias, 0),                  // 1
      value(bias, one >> 1),           // 1.5
      value(bias + 1, 0),              // 2
      value(bias - 1, 0),              // 0.5
      value(bias, 1),                  // the next after 1
      value(bias - 1, one - 1),        // the last before 1
      value(bias + 1, one >> 1),       // 3
      1,                               // least subnormal
      one - 1,                         // largest subnormal
      one >> 1,                        // a middle subnormal
      value(1, 0),                     // least normal
      value(1, 1),                     //
      value(2, one - 1),               //
      value(top - 1, one - 1),         // largest finite (but for e4m3)
      value(top - 1, 0),               // largest power of two
      value(top, 0),                   // infinity (but for e4m3)
      value(top, one >> 1),            // NaN
      value(top, one - 1),             // NaN
      value(top, 1),                   // NaN, signalling
      value(bias + f.fraction, 1),     // an odd integer in the last place
      value(bias + f.fraction - 1, 1), // one with a half
      value(bias - 2, one / 2 + 1),    // 0.375 and a bit
  };
  const std::size_t positive = list.size();
  for (std::size_t i = 0; i < positive; ++i)
    list.push_back(list[i] | sign);
  return list;
}

} // namespace

std::vector<uint64_t> specials(Type type) {
  if (isFloat(type))
    return specialFloats(type);
  const unsigned width = bits(type);
  const uint64_t mask = width == 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1;
  std::vector<uint64_t> list = {0, 1, 2, 3, 5, 7, 8, 16, 31, 32, 33, 63, 64, 100, 127, 128, 129, 255, 256, 257};
  for (unsigned bit = 3; bit < width; bit += width > 16 ? 5 : 2)
    for (const uint64_t value : {uint64_t(1) << bit, (uint64_t(1) << bit) - 1, (uint64_t(1) << bit) + 1})
      list.push_back(value);
  list.push_back(mask >> 1);
  list.push_back((mask >> 1) + 1);
  list.push_back((mask >> 1) + 2);
  const std::size_t positive = list.size();
  for (std::size_t i = 0; i < positive; ++i)
    list.push_back(0 - list[i]);
  for (uint64_t &value : list)
    value &= mask;
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

std::vector<uint64_t> noise(Type type, unsigned count, uint64_t seed) {
  Noise source(seed * 64 + static_cast<uint64_t>(type));
  const unsigned width = bits(type);
  const uint64_t mask = width == 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1;
  std::vector<uint64_t> list;
  for (unsigned i = 0; i < count; ++i) {
    uint64_t pattern = source.next();
    if (isFloat(type) && i % 2 == 0) {
      const Fields f = fieldsOf(type);
      const uint64_t bias = ((uint64_t(1) << f.exponent) - 1) >> 1, one = uint64_t(1) << f.fraction;
      const uint64_t exponent = bias + static_cast<uint64_t>(source.between(0, 8)) - 4;
      pattern = (exponent << f.fraction | (pattern & (one - 1))) | (pattern >> 63) << (f.fraction + f.exponent);
    } else if (!isFloat(type)) {
      pattern >>= source.next() % width; // magnitudes of all sizes
    }
    list.push_back(pattern & mask);
  }
  return list;
}

OperandList unary(Type type, unsigned count) {
  OperandList list;
  for (const uint64_t a : specials(type))
    list.push_back({a});
  for (const uint64_t a : noise(type, count, 1))
    list.push_back({a});
  return list;
}

namespace {
/// Every other special where there are many: pairs of all would be thousands.
std::vector<uint64_t> chosen(Type type, unsigned most) {
  std::vector<uint64_t> all = specials(type), list;
  const std::size_t step = (all.size() + most - 1) / most;
  for (std::size_t i = 0; i < all.size(); i += step)
    list.push_back(all[i]);
  return list;
}
} // namespace

OperandList binary(Type a, Type b, unsigned count, unsigned specialsEach) {
  OperandList list;
  for (const uint64_t x : chosen(a, specialsEach))
    for (const uint64_t y : chosen(b, specialsEach))
      list.push_back({x, y});
  const std::vector<uint64_t> xs = noise(a, count, 2), ys = noise(b, count, 3);
  const uint64_t sign = isFloat(a) ? uint64_t(1) << (bits(a) - 1) : 0;
  for (unsigned i = 0; i < count; ++i)
    list.push_back({xs[i], i % 8 == 7 && a == b && isFloat(a) ? (xs[i] ^ sign) + (i / 8 % 3) - 1 : ys[i]});
  return list;
}

OperandList ternary(Type type, unsigned count) {
  OperandList list;
  for (const uint64_t x : chosen(type, 8))
    for (const uint64_t y : chosen(type, 8))
      for (const uint64_t z : chosen(type, 8))
        list.push_back({x, y, z});
  const std::vector<uint64_t> xs = noise(type, count, 4), ys = noise(type, count, 5), zs = noise(type, count, 6);
  for (unsigned i = 0; i < count; ++i) {
    uint64_t z = zs[i];
    if (isFloat(type) && i % 4 == 3) {
      // About minus the product: what is left shows whether the product was rounded before.
      const Real product = multiply(decode(type, xs[i]), decode(type, ys[i]));
      z = encode(type, negate(product));
    }
    list.push_back({xs[i], ys[i], z});
  }
  return list;
}

OperandList packed(const OperandList &list, unsigned shift) {
  OperandList result;
  const std::size_t count = list.size();
  for (std::size_t i = 0; i < count; ++i) {
    Operands both = list[i];
    for (std::size_t j = 0; j < both.size(); ++j)
      both[j] |= list[(i * 7 + 3) % count][j] << shift;
    result.push_back(both);
  }
  return result;
}

} // namespace tessera::silicon
