//===- AtomicProbes.cpp - atom and red ------------------------------------===//
//
// One operation on one place by each thread: what the place held and what it holds afterwards. Floats are rounded to
// nearest; .f32 additions flush subnormals where the place is in global memory and do not in shared memory; halves
// never flush (.noftz).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Elementwise.h"
#include "test/silicon/Semantics.h"

#include <algorithm>

namespace tessera::silicon {

namespace {

constexpr unsigned Threads = 128;

std::string number(std::size_t value) { return std::to_string(value); }

struct Form {
  std::string operation; ///< "add"
  Type type = Type::U32;
  std::string suffix;                ///< the type as the instruction spells it: ".noftz.f16x2"
  unsigned registers = 1, lanes = 1; ///< of a vector; of a register
  bool shared = false, red = false, generic = false;
  std::string vector; ///< ".v2"
  std::string target = "sm_80";
  unsigned version = 80;
};

using Combine = std::function<Wanted(uint64_t old, uint64_t b, uint64_t c)>;

Wanted combined(const Form &form, uint64_t old, uint64_t b, uint64_t c) {
  const Type type = form.type;
  const std::string &operation = form.operation;
  const uint64_t mask = ~uint64_t(0) >> (64 - bits(type));
  if (operation == "exch")
    return exactly(b);
  if (operation == "cas")
    return exactly(old == b ? c : old);
  if (isFloat(type)) {
    const Modifiers m{.ftz = type == Type::F32 && !form.shared};
    const Real x = source(type, old, m), y = source(type, b, m);
    if (operation == "add")
      return finish(type, add(x, y), Rounding::NearestEven, m);
    return extreme(type, x, y, operation == "max", false, false);
  }
  const Real x = decode(type, old), y = decode(type, b);
  if (operation == "min")
    return exactly(compare(x, y) <= 0 ? old : b);
  if (operation == "max")
    return exactly(compare(x, y) >= 0 ? old : b);
  if (operation == "inc")
    return exactly(old >= b ? 0 : old + 1);
  if (operation == "dec")
    return exactly(old == 0 || old > b ? b : old - 1);
  const uint64_t result = operation == "add"   ? old + b
                          : operation == "and" ? old & b
                          : operation == "or"  ? old | b
                                               : old ^ b;
  return exactly(result & mask);
}

Probe atomicProbe(const Form &form) {
  Probe probe;
  const bool cas = form.operation == "cas";
  const std::string opcode = std::string(form.red ? "red" : "atom") +
                             (form.generic  ? ""
                              : form.shared ? ".shared"
                                            : ".global") +
                             "." + form.operation + form.vector + form.suffix;
  probe.name = opcode + (form.generic ? form.shared ? ".on-shared" : ".on-global" : "");
  probe.target = form.target;
  probe.version = form.version;
  const unsigned registerBits = bits(form.type) * form.lanes, cell = registerBits / 8 * form.registers;
  OperandList operands = cas ? ternary(form.type, 100) : binary(form.type, form.type, 100, 12);
  if (cas) // half of them compare equal
    for (std::size_t i = 0; i < operands.size(); i += 2)
      operands[i][1] = operands[i][0];
  const unsigned elements = form.lanes * form.registers;
  // Whole blocks: the list from its beginning again.
  const std::size_t unit = std::size_t(elements) * Threads, wanted = (operands.size() + unit - 1) / unit * unit;
  for (std::size_t i = 0; operands.size() < wanted; ++i)
    operands.push_back(Operands(operands[i]));
  const auto count = static_cast<unsigned>(operands.size()) / elements;
  probe.blocks = count / Threads;
  // Input: for each place its elements before, of b, of c.
  const auto put = [&](uint64_t value) {
    for (unsigned i = 0; i < bits(form.type) / 8; ++i)
      probe.input.push_back(static_cast<std::byte>(value >> (8 * i)));
  };
  for (unsigned place = 0; place < count; ++place)
    for (unsigned source = 0; source < 4; ++source)
      for (unsigned e = 0; e < elements; ++e)
        put(operands[std::size_t(place) * elements + e][source]);
  const std::string width = ".b" + number(registerBits);
  std::string body = form.shared ? "  .shared .align 16 .b8 cells[" + number(std::size_t(cell) * Threads) + "];\n" : "";
  body += "  .reg .b32 %t, %i, %place;\n  .reg .b64 %from, %to, %cell;\n";
  for (const char *prefix : {"m", "b", "c", "d"})
    body += "  .reg " + width + " %" + prefix + "<" + number(form.registers) + ">;\n";
  body += "  mov.u32 %t, %tid.x;\n  mov.u32 %i, %ctaid.x;\n  mad.lo.u32 %i, %i, " + number(Threads) + ", %t;\n" +
          "  mad.wide.u32 %from, %i, " + number(4UL * cell) + ", %input;\n  mad.wide.u32 %to, %i, " +
          number(2UL * cell) + ", %output;\n  add.s64 %cell, %to, " + number(cell) + ";\n";
  if (form.shared)
    body += "  mov.u32 %place, cells;\n  mad.lo.u32 %place, %t, " + number(cell) + ", %place;\n";
  if (form.generic)
    body += form.shared
                ? "  .reg .b64 %generic;\n  cvt.u64.u32 %generic, %place;\n  cvta.shared.u64 %generic, %generic;\n"
                : "  .reg .b64 %generic;\n  cvta.global.u64 %generic, %cell;\n";
  const std::string address = form.shared ? "[%place" : "[%cell", space = form.shared ? "st.shared" : "st.global";
  for (unsigned r = 0; r < form.registers; ++r) {
    const std::size_t at = std::size_t(r) * registerBits / 8;
    const std::string i = number(r), place = address + "+" + number(at) + "]";
    for (unsigned source = 0; source < 3; ++source)
      body.append("  ld.global")
          .append(width)
          .append(" %")
          .append(1, "mbc"[source])
          .append(i)
          .append(", [%from+")
          .append(number(std::size_t(source) * cell + at))
          .append("];\n");
    body.append("  mov")
        .append(width)
        .append(" %d")
        .append(i)
        .append(", %m")
        .append(i)
        .append(";\n  ")
        .append(space)
        .append(width)
        .append(" ")
        .append(place)
        .append(", %m")
        .append(i)
        .append(";\n");
  }
  const auto list = [&](const char *prefix) {
    std::string text = form.registers > 1 ? "{" : "";
    for (unsigned r = 0; r < form.registers; ++r)
      text += (r ? ", %" : "%") + std::string(prefix) + number(r);
    return text + (form.registers > 1 ? "}" : "");
  };
  body += "  " + opcode + (form.red ? " " : " " + list("d") + ", ") + (form.generic ? "[%generic" : address) + "], " +
          list("b") + (cas ? ", %c0" : "") + ";\n";
  for (unsigned r = 0; r < form.registers; ++r) {
    const std::string i = number(r), at = number(std::size_t(r) * registerBits / 8);
    body.append("  st.global").append(width).append(" [%to+").append(at).append("], %d").append(i).append(";\n");
    if (form.shared)
      body.append("  ld.shared")
          .append(width)
          .append(" %m")
          .append(i)
          .append(", [%place+")
          .append(at)
          .append("];\n  st.global")
          .append(width)
          .append(" [%cell+")
          .append(at)
          .append("], %m")
          .append(i)
          .append(";\n");
  }
  probe.body = body;
  probe.threads = Threads;
  probe.element = form.type;
  probe.initialOutput.assign(std::size_t(count) * 2 * cell, std::byte{0xCD});
  probe.derive = [=] {
    std::vector<Wanted> wanted;
    for (unsigned place = 0; place < count; ++place) {
      for (unsigned e = 0; e < elements; ++e)
        wanted.push_back(exactly(operands[std::size_t(place) * elements + e][0]));
      for (unsigned e = 0; e < elements; ++e) {
        const silicon::Operands &o = operands[std::size_t(place) * elements + e];
        wanted.push_back(combined(form, o[0], o[1], o[2]));
      }
    }
    return wanted;
  };
  return probe;
}

} // namespace

std::vector<Probe> atomicProbes() {
  std::vector<Probe> probes;
  const auto add = [&](Form form) {
    for (const bool red : {false, true}) {
      if (red && (form.operation == "exch" || form.operation == "cas"))
        continue;
      form.red = red;
      probes.push_back(atomicProbe(form));
    }
  };
  for (const bool shared : {false, true}) {
    const auto one = [&](const char *operation, Type type, const std::string &suffix, unsigned lanes = 1,
                         const char *target = "sm_80") {
      Form form;
      form.operation = operation;
      form.type = type;
      form.suffix = suffix;
      form.lanes = lanes;
      form.shared = shared;
      form.target = target;
      add(form);
    };
    for (const Type type : {Type::U32, Type::S32, Type::U64})
      one("add", type, std::string(".") + name(type));
    for (const Type type : {Type::U32, Type::S32, Type::U64, Type::S64})
      for (const char *operation : {"min", "max"})
        one(operation, type, std::string(".") + name(type));
    for (const char *operation : {"inc", "dec"})
      one(operation, Type::U32, ".u32");
    for (const Type type : {Type::U32, Type::U64})
      for (const char *operation : {"and", "or", "xor", "exch", "cas"})
        one(operation, type, ".b" + number(bits(type)));
    one("cas", Type::U16, ".b16");
    one("add", Type::F32, ".f32");
    one("add", Type::F64, ".f64");
    Form generic;
    generic.operation = "add";
    generic.type = Type::F32;
    generic.suffix = ".f32";
    generic.shared = shared;
    generic.generic = true;
    add(generic);
    one("add", Type::F16, ".noftz.f16");
    one("add", Type::F16, ".noftz.f16x2", 2);
    one("add", Type::BF16, ".noftz.bf16", 1, "sm_90");
    one("add", Type::BF16, ".noftz.bf16x2", 2, "sm_90");
  }
  // Vectors, in global memory of sm_90.
  const auto vector = [&](const char *operation, Type type, unsigned registers, unsigned lanes,
                          const std::string &suffix) {
    Form form;
    form.operation = operation;
    form.type = type;
    form.registers = registers;
    form.lanes = lanes;
    form.suffix = suffix;
    form.vector = ".v" + number(registers);
    form.target = "sm_90";
    form.version = 81;
    add(form);
  };
  for (const unsigned registers : {2U, 4U})
    vector("add", Type::F32, registers, 1, ".f32");
  for (const char *operation : {"add", "min", "max"})
    for (const Type type : {Type::F16, Type::BF16}) {
      for (const unsigned registers : {2U, 4U, 8U})
        vector(operation, type, registers, 1, std::string(".noftz.") + name(type));
      for (const unsigned registers : {2U, 4U})
        vector(operation, type, registers, 2, std::string(".noftz.") + name(type) + "x2");
    }
  return probes;
}

} // namespace tessera::silicon
