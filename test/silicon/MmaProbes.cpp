//===- MmaProbes.cpp - mma.sync -------------------------------------------===//
//
// Every shape and type of mma.sync from sm_80 to sm_90: fragments are packed by the manual's tables, products computed
// element by element. The forms of sm_70 (m8n8k4 on f16) and sparse forms (mma.sp) are not among them: the simulator
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

/// The parts of a probe that depend on one another.
class MmaProbe {
public:
  MmaProbe(const Form &form, Filling filling)
      : form(form), table(*findFragments(form.m, form.n, form.k, operandNamed(form.a).bits)),
        a(table.aCount, table.bits), b(table.bCount, table.bits), c(table.cCount, bits(form.d)) {
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
    opcode = "mma.sync.aligned.m" + number(form.m) + "n" + number(form.n) + "k" + number(form.k) + ".row.col" +
             modifier + "." + name(form.d) + "." + form.a + "." + form.b + "." + name(form.d) + operation;
  }

  Probe make(Filling filling) const {
    Probe probe;
    probe.name = opcode.substr(17) + (product.a.isInteger ? "" : std::string(".") + name(filling));
    probe.target = form.target;
    probe.version = form.version;
    probe.threads = Lanes;
    for (unsigned lane = 0; lane < Lanes; ++lane)
      appendFragments(probe.input, lane >> 2, lane % 4);
    probe.body = body(probe.input.size() / Lanes);
    probe.element = form.d;
    probe.initialOutput.assign(std::size_t(Lanes) * c.registers * c.registerBits / 8, std::byte{0xCD});
    probe.derive = [product = product, &table = table] {
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

private:
  /// A lane's registers of A, B and C.
  void appendFragments(std::vector<std::byte> &bytes, unsigned g, unsigned t) const {
    a.add(bytes, table.aCount, [&](unsigned i) {
      const Place p = table.a(g, t, i);
      return product.aPatterns[p.row * form.k + p.column];
    });
    b.add(bytes, table.bCount, [&](unsigned i) {
      const Place p = table.b(g, t, i);
      return product.bPatterns[p.row * form.n + p.column];
    });
    c.add(bytes, table.cCount, [&](unsigned i) {
      const Place p = table.c(g, t, i);
      return product.cPatterns[p.row * form.n + p.column];
    });
  }

  std::string body(std::size_t bytesPerLane) const {
    const auto typeOf = [](const FragmentBytes &f) { return f.registerBits == 64 ? "f64" : "b32"; };
    std::string declared = "  .reg .b32 %lane;\n  .reg .b64 %from, %to;\n", loads, stores;
    std::size_t offset = 0;
    for (const auto &[prefix, fragment] : {std::pair{"a", &a}, std::pair{"b", &b}, std::pair{"c", &c}}) {
      declared +=
          std::string("  .reg .") + typeOf(*fragment) + " %" + prefix + "<" + number(fragment->registers) + ">;\n";
      for (unsigned i = 0; i < fragment->registers; ++i, offset += fragment->registerBits / 8)
        loads += "  ld.global.b" + number(fragment->registerBits) + " %" + prefix + number(i) + ", [%from+" +
                 number(offset) + "];\n";
    }
    declared += std::string("  .reg .") + typeOf(c) + " %d<" + number(c.registers) + ">;\n";
    for (unsigned i = 0; i < c.registers; ++i)
      stores += "  st.global.b" + number(c.registerBits) + " [%to+" + number(i * c.registerBits / 8) + "], %d" +
                number(i) + ";\n";
    return declared + "  mov.u32 %lane, %laneid;\n  mad.wide.u32 %from, %lane, " + number(bytesPerLane) +
           ", %input;\n  mad.wide.u32 %to, %lane, " + number(c.registers * c.registerBits / 8) + ", %output;\n" +
           loads + "  " + opcode + " " + braces("d", c.registers) + ", " + braces("a", a.registers) + ", " +
           braces("b", b.registers) + ", " + braces("c", c.registers) + ";\n" + stores;
  }

  const Form form;
  const FragmentTable &table;
  const FragmentBytes a, b, c;
  MatrixProduct product;
  std::string opcode;
};

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
  for (const Form &form : forms())
    for (const Filling filling : {Filling::Integers, Filling::Reals, Filling::Specials})
      if (filling == Filling::Integers || !operandNamed(form.a).isInteger)
        probes.push_back(MmaProbe(form, filling).make(filling));
  return probes;
}

} // namespace tessera::silicon
