//===- WmmaProbes.cpp - wmma.load, wmma.mma, wmma.store -------------------===//
//
// Which lane holds which element of a wmma fragment is left open, so that a probe goes from memory to memory: matrices
// are loaded in both layouts, with room between their rows, multiplied, and stored; the room must stay as it was. The
// experimental shapes for 4 bits and 1 bit are not among them: the simulator refuses those by name.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/MatrixProduct.h"

#include <cstring>

namespace tessera::silicon {

namespace {

struct Form {
  unsigned m, n, k;
  const char *type; ///< of A and B
  Type c, d;
  unsigned aRegisters, bRegisters;
  bool aColumns = false, bColumns = false, dColumns = false;
  bool shared = false;
  Filling filling = Filling::Integers;
};

std::string number(std::size_t value) { return std::to_string(value); }
const char *layoutName(bool columns) { return columns ? "col" : "row"; }

/// A matrix in memory: `stride` elements from a row (or column) to the next.
struct Stored {
  unsigned rows, columns, elementBytes;
  bool byColumns;
  /// Rows begin at multiples of 16 elements, which all types allow.
  unsigned stride() const { return ((byColumns ? rows : columns) + 15) / 16 * 16 + 16; }
  std::size_t bytes() const { return std::size_t(stride()) * (byColumns ? columns : rows) * elementBytes; }
  std::size_t at(unsigned row, unsigned column) const {
    return std::size_t(byColumns ? column * stride() + row : row * stride() + column);
  }
};

void put(std::vector<std::byte> &bytes, std::size_t base, const Stored &matrix, const std::vector<uint64_t> &patterns) {
  for (unsigned row = 0; row < matrix.rows; ++row)
    for (unsigned column = 0; column < matrix.columns; ++column)
      std::memcpy(bytes.data() + base + matrix.at(row, column) * matrix.elementBytes,
                  &patterns[std::size_t(row) * matrix.columns + column], matrix.elementBytes);
}

std::string braces(const char *prefix, unsigned count) {
  std::string text = "{";
  for (unsigned i = 0; i < count; ++i)
    text += (i ? ", %" : "%") + std::string(prefix) + number(i);
  return text + "}";
}

Probe wmmaProbe(const Form &form) {
  MatrixProduct product;
  product.m = form.m;
  product.n = form.n;
  product.k = form.k;
  product.a = product.b = operandNamed(form.type);
  product.c = form.c;
  product.d = form.d;
  product.fill(form.filling, form.m + form.n);
  const unsigned elementBytes = product.a.bits / 8;
  const Stored a{form.m, form.k, elementBytes, form.aColumns}, b{form.k, form.n, elementBytes, form.bColumns};
  const Stored c{form.m, form.n, bits(form.c) / 8, form.dColumns}, d{form.m, form.n, bits(form.d) / 8, form.dColumns};
  const std::string shape = "m" + number(form.m) + "n" + number(form.n) + "k" + number(form.k);
  const std::string layouts = std::string(layoutName(form.aColumns)) + "." + layoutName(form.bColumns);
  const bool isHalf = form.type == std::string("f16");
  const std::string types = isHalf ? std::string(name(form.d)) + "." + name(form.c)
                                   : std::string(name(form.d)) + "." + form.type + "." + form.type + "." + name(form.c);

  Probe probe;
  probe.name = layouts + "." + layoutName(form.dColumns) + "." + shape + "." + types + (isHalf ? ".of-f16" : "") +
               (form.shared ? ".shared" : ".global") +
               (product.a.isInteger ? "" : std::string(".") + name(form.filling));
  const std::size_t bBase = a.bytes(), cBase = bBase + b.bytes(), all = (cBase + c.bytes() + 511) / 512 * 512;
  probe.input.assign(all, std::byte{0x5A});
  put(probe.input, 0, a, product.aPatterns);
  put(probe.input, bBase, b, product.bPatterns);
  put(probe.input, cBase, c, product.cPatterns);
  const auto accumulators = [&](Type type) { return form.m * form.n / 32 / (type == Type::F16 ? 2 : 1); };
  const std::string space = form.shared ? "shared" : "global";
  const std::string wide = form.d == Type::F64 ? "f64" : "b32";
  std::string &body = probe.body;
  body = form.shared ? "  .shared .align 128 .b8 tile[" + number(all) + "];\n" : "";
  body += "  .reg .pred %p;\n  .reg .b32 %lane, %at, %where, %base, %x<4>;\n  "
          ".reg .b64 %from, %pa, %pb, %pc;\n  .reg ." +
          wide + " %a<" + number(form.aRegisters) + ">, %b<" + number(form.bRegisters) + ">, %c<" +
          number(accumulators(form.c)) + ">, %d<" + number(accumulators(form.d)) + ">;\n";
  std::string pa = "%pa", pb = "%pb", pc = "%pc";
  if (form.shared) {
    body += "  mov.u32 %lane, %laneid;\n  mov.u32 %base, tile;\n  shl.b32 %at, "
            "%lane, 4;\ncopy:\n  cvt.u64.u32 %from, %at;\n"
            "  add.s64 %from, %from, %input;\n  ld.global.v4.b32 {%x0, %x1, "
            "%x2, %x3}, [%from];\n"
            "  add.s32 %where, %base, %at;\n  st.shared.v4.b32 [%where], {%x0, "
            "%x1, %x2, %x3};\n  add.s32 %at, %at, 512;\n"
            "  setp.lt.u32 %p, %at, " +
            number(all) + ";\n  @%p bra copy;\n  bar.sync 0;\n";
    pa = "%base", pb = "%base+" + number(bBase), pc = "%base+" + number(cBase);
  } else {
    pa = "%input", pb = "%input+" + number(bBase), pc = "%input+" + number(cBase);
  }
  body += "  wmma.load.a.sync.aligned." + std::string(layoutName(form.aColumns)) + "." + shape + "." + space + "." +
          form.type + " " + braces("a", form.aRegisters) + ", [" + pa + "], " + number(a.stride()) + ";\n";
  body += "  wmma.load.b.sync.aligned." + std::string(layoutName(form.bColumns)) + "." + shape + "." + space + "." +
          form.type + " " + braces("b", form.bRegisters) + ", [" + pb + "], " + number(b.stride()) + ";\n";
  body += "  wmma.load.c.sync.aligned." + std::string(layoutName(form.dColumns)) + "." + shape + "." + space + "." +
          name(form.c) + " " + braces("c", accumulators(form.c)) + ", [" + pc + "], " + number(c.stride()) + ";\n";
  body += "  wmma.mma.sync.aligned." + layouts + "." + shape + "." + types + " " + braces("d", accumulators(form.d)) +
          ", " + braces("a", form.aRegisters) + ", " + braces("b", form.bRegisters) + ", " +
          braces("c", accumulators(form.c)) + ";\n";
  body += "  wmma.store.d.sync.aligned." + std::string(layoutName(form.dColumns)) + "." + shape + ".global." +
          name(form.d) + " [%output], " + braces("d", accumulators(form.d)) + ", " + number(d.stride()) + ";\n";
  probe.element = form.d;
  probe.initialOutput.assign(d.bytes(), std::byte{0xCD});
  probe.derive = [product, d] {
    std::vector<Wanted> wanted(d.bytes() / d.elementBytes, exactly(0xCDCDCDCDCDCDCDCD >> (64 - 8 * d.elementBytes)));
    for (unsigned row = 0; row < d.rows; ++row)
      for (unsigned column = 0; column < d.columns; ++column)
        wanted[d.at(row, column)] = product.at(row, column);
    return wanted;
  };
  return probe;
}

struct Shape {
  unsigned m, n;
  unsigned bfloatA, bfloatB, byteA, byteB; ///< registers
};
constexpr Shape Shapes[] = {{16, 16, 4, 4, 2, 2}, {8, 32, 2, 8, 1, 4}, {32, 8, 8, 2, 4, 1}};

} // namespace

std::vector<Probe> wmmaProbes() {
  std::vector<Probe> probes;
  // Each layout of each operand, the variants that are orthogonal to it in turn.
  const auto add = [&](Form form) {
    for (unsigned layouts = 0; layouts < 4; ++layouts)
      for (const Filling filling : {Filling::Integers, Filling::Reals}) {
        if (filling == Filling::Reals && (layouts != 1 || operandNamed(form.type).isInteger))
          continue;
        form.aColumns = layouts & 1;
        form.bColumns = layouts & 2;
        form.dColumns = layouts == 1 || layouts == 2;
        form.shared = layouts >= 2;
        form.filling = filling;
        probes.push_back(wmmaProbe(form));
      }
  };
  for (const Shape &s : Shapes) {
    for (const Type d : {Type::F16, Type::F32})
      for (const Type c : {Type::F16, Type::F32})
        add({s.m, s.n, 16, "f16", c, d, 8, 8});
    add({s.m, s.n, 16, "bf16", Type::F32, Type::F32, s.bfloatA, s.bfloatB});
    for (const char *type : {"s8", "u8"})
      add({s.m, s.n, 16, type, Type::S32, Type::S32, s.byteA, s.byteB});
  }
  add({16, 16, 8, "tf32", Type::F32, Type::F32, 4, 4});
  add({8, 8, 4, "f64", Type::F64, Type::F64, 1, 1});
  return probes;
}

} // namespace tessera::silicon
