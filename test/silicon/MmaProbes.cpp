//===- MmaProbes.cpp - mma.sync -------------------------------------------===//
//
// Every shape and type of mma.sync from sm_80 to sm_90: fragments are packed by
// the manual's tables, products computed element by element. The forms of sm_70
// (m8n8k4 on f16) and sparse forms (mma.sp) are not among them: the simulator
// refuses those by name.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/FragmentTables.h"
#include "test/silicon/MatrixProduct.h"

namespace tessera::silicon {

namespace {

constexpr unsigned Lanes = 32;

struct Form {
  unsigned m, n, k;
  const char *a, *b;
  Type d; ///< and of C
  const char *target = "sm_80";
  unsigned version = 80;
  const char *modifier = "";  ///< before the types: ".satfinite", ".rz"
  const char *operation = ""; ///< after them: ".and.popc"
};

std::string number(std::size_t value) { return std::to_string(value); }

/// Registers of a fragment: elements side by side from the lowest bits on.
class FragmentBytes {
public:
  FragmentBytes(unsigned elements, unsigned width)
      : width(width), registerBits(width == 64 ? 64 : 32), registers(elements * width / registerBits) {}

  void add(std::vector<std::byte> &bytes, unsigned elements, const std::function<uint64_t(unsigned)> &pattern) const {
    const unsigned each = registerBits / width;
    for (unsigned i = 0; i < elements; i += each) {
      uint64_t word = 0;
      for (unsigned j = 0; j < each; ++j)
        word |= pattern(i + j) << (j * width);
      if (registerBits == 64)
        append(bytes, word);
      else
        append(bytes, static_cast<uint32_t>(word));
    }
  }
  unsigned width, registerBits, registers;
};

/// "%a0, %a1" in braces.
std::string braces(const std::string &prefix, unsigned count) {
  std::string text = "{";
  for (unsigned i = 0; i < count; ++i)
    text += (i ? ", %" : "%") + prefix + number(i);
  return text + "}";
}

Probe mmaProbe(const Form &form, Filling filling) {
  const FragmentTable &table = *findFragments(form.m, form.n, form.k, operandNamed(form.a).bits);
  MatrixProduct product;
  product.m = form.m;
  product.n = form.n;
  product.k = form.k;
  product.a = operandNamed(form.a);
  product.b = operandNamed(form.b);
  product.c = product.d = form.d;
  const std::string operation = form.operation, modifier = form.modifier;
  product.saturates = modifier == ".satfinite";
  product.combine = operation == ".and.popc"   ? Combine::AndCount
                    : operation == ".xor.popc" ? Combine::XorCount
                                               : Combine::Multiply;
  product.fill(filling, form.m * 1000 + form.k);

  const FragmentBytes a(table.aCount, table.bits), b(table.bCount, table.bits), c(table.cCount, bits(form.d));
  Probe probe;
  const std::string opcode = "mma.sync.aligned.m" + number(form.m) + "n" + number(form.n) + "k" + number(form.k) +
                             ".row.col" + modifier + "." + name(form.d) + "." + form.a + "." + form.b + "." +
                             name(form.d) + operation;
  probe.name = opcode.substr(17) + (product.a.isInteger ? "" : std::string(".") + name(filling));
  probe.target = form.target;
  probe.version = form.version;
  probe.threads = Lanes;
  for (unsigned lane = 0; lane < Lanes; ++lane) {
    const unsigned g = lane >> 2, t = lane % 4;
    a.add(probe.input, table.aCount, [&](unsigned i) {
      const Place p = table.a(g, t, i);
      return product.aPatterns[p.row * form.k + p.column];
    });
    b.add(probe.input, table.bCount, [&](unsigned i) {
      const Place p = table.b(g, t, i);
      return product.bPatterns[p.row * form.n + p.column];
    });
    c.add(probe.input, table.cCount, [&](unsigned i) {
      const Place p = table.c(g, t, i);
      return product.cPatterns[p.row * form.n + p.column];
    });
  }
  const std::size_t perLane = probe.input.size() / Lanes;
  const unsigned accumulators = c.registerBits;
  std::string &body = probe.body;
  body = "  .reg .b32 %lane;\n  .reg .b64 %from, %to;\n";
  std::size_t offset = 0;
  std::string loads;
  for (const auto &[prefix, fragment] :
       {std::pair<const char *, const FragmentBytes *>{"a", &a}, {"b", &b}, {"c", &c}}) {
    body += "  .reg ." + std::string(fragment->registerBits == 64 ? "f64" : "b32") + " %" + prefix + "<" +
            number(fragment->registers) + ">;\n";
    for (unsigned i = 0; i < fragment->registers; ++i, offset += fragment->registerBits / 8)
      loads += "  ld.global.b" + number(fragment->registerBits) + " %" + prefix + number(i) + ", [%from+" +
               number(offset) + "];\n";
  }
  body += "  .reg ." + std::string(accumulators == 64 ? "f64" : "b32") + " %d<" + number(c.registers) + ">;\n" +
          "  mov.u32 %lane, %laneid;\n  mad.wide.u32 %from, %lane, " + number(perLane) + ", %input;\n" +
          "  mad.wide.u32 %to, %lane, " + number(c.registers * accumulators / 8) + ", %output;\n" + loads + "  " +
          opcode + " " + braces("d", c.registers) + ", " + braces("a", a.registers) + ", " + braces("b", b.registers) +
          ", " + braces("c", c.registers) + ";\n";
  for (unsigned i = 0; i < c.registers; ++i)
    body +=
        "  st.global.b" + number(accumulators) + " [%to+" + number(i * accumulators / 8) + "], %d" + number(i) + ";\n";
  probe.element = form.d;
  probe.initialOutput.assign(std::size_t(Lanes) * c.registers * accumulators / 8, std::byte{0xCD});
  probe.derive = [product, &table] {
    std::vector<Wanted> wanted;
    for (unsigned lane = 0; lane < Lanes; ++lane)
      for (unsigned i = 0; i < table.cCount; ++i) {
        const Place p = table.c(lane >> 2, lane % 4, i);
        wanted.push_back(product.at(p.row, p.column));
      }
    return wanted;
  };
  return probe;
}

std::vector<Form> forms() {
  std::vector<Form> list;
  for (const unsigned k : {8U, 16U}) {
    list.push_back({16, 8, k, "f16", "f16", Type::F32});
    list.push_back({16, 8, k, "f16", "f16", Type::F16});
    list.push_back({16, 8, k, "bf16", "bf16", Type::F32});
  }
  for (const unsigned k : {4U, 8U})
    list.push_back({16, 8, k, "tf32", "tf32", Type::F32});
  for (const unsigned k : {16U, 32U})
    for (const char *a : {"e4m3", "e5m2"})
      for (const char *b : {"e4m3", "e5m2"})
        for (const Type d : {Type::F32, Type::F16})
          list.push_back({16, 8, k, a, b, d, "sm_89", k == 16 || d == Type::F16 ? 87U : 84U});
  for (const char *rounding : {"", ".rn", ".rz", ".rm", ".rp"}) {
    list.push_back({8, 8, 4, "f64", "f64", Type::F64, "sm_80", 80, rounding});
    for (const unsigned k : {4U, 8U, 16U})
      list.push_back({16, 8, k, "f64", "f64", Type::F64, "sm_90", 80, rounding});
  }
  for (const char *saturation : {"", ".satfinite"}) {
    for (const char *a : {"s8", "u8"})
      for (const char *b : {"s8", "u8"}) {
        list.push_back({8, 8, 16, a, b, Type::S32, "sm_80", 80, saturation});
        for (const unsigned k : {16U, 32U})
          list.push_back({16, 8, k, a, b, Type::S32, "sm_80", 80, saturation});
      }
    for (const char *a : {"s4", "u4"})
      for (const char *b : {"s4", "u4"}) {
        list.push_back({8, 8, 32, a, b, Type::S32, "sm_80", 80, saturation});
        for (const unsigned k : {32U, 64U})
          list.push_back({16, 8, k, a, b, Type::S32, "sm_80", 80, saturation});
      }
  }
  for (const char *operation : {".and.popc", ".xor.popc"}) {
    list.push_back({8, 8, 128, "b1", "b1", Type::S32, "sm_80", 80, "", operation});
    for (const unsigned k : {128U, 256U})
      list.push_back({16, 8, k, "b1", "b1", Type::S32, "sm_80", 80, "", operation});
  }
  return list;
}

} // namespace

std::vector<Probe> mmaProbes() {
  std::vector<Probe> probes;
  for (const Form &form : forms()) {
    probes.push_back(mmaProbe(form, Filling::Integers));
    if (operandNamed(form.a).isInteger)
      continue;
    probes.push_back(mmaProbe(form, Filling::Reals));
    probes.push_back(mmaProbe(form, Filling::Specials));
  }
  return probes;
}

} // namespace tessera::silicon
