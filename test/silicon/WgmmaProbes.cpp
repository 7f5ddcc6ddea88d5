//===- WgmmaProbes.cpp - wgmma.mma_async ----------------------------------===//
//
// A warpgroup's products. Shared memory is filled by the manual's canonical layouts (SharedLayouts.h), fragments in
// registers by its tables:
//
//   D                of lane l in warp w element i: row 16 w + l / 4 + 8 (i / 2 % 2),
//                    column 8 (i / 4) + 2 (l % 4) + i % 2
//   A in registers   of lane l in warp w register r: row 16 w + l / 4 + 8 (r % 2), its e elements from
//                    e (l % 4) + 4 e (r / 2) on
//
// Asked are all types, all swizzles of both operands, every N, A in registers, both majors where 16-bit elements allow
// them, other offsets than the closest, starts inside a swizzle pattern, negated operands, and D without C.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/MatrixProduct.h"
#include "test/silicon/SharedLayouts.h"

#include <algorithm>
#include <cstring>

namespace tessera::silicon {

namespace {

constexpr unsigned Threads = 128, M = 64, KBytes = 32, Pattern = 1024;

std::string number(std::size_t value) { return std::to_string(value); }
unsigned roundUp(unsigned value, unsigned to) { return (value + to - 1) / to * to; }

struct Form {
  const char *a, *b;
  Type d;
  unsigned n = 16;
  Swizzle aSwizzle = Swizzle::Bytes128, bSwizzle = Swizzle::Bytes128;
  bool aRegisters = false, aMnMajor = false, bMnMajor = false;
  bool spread = false; ///< offsets further apart than need be, in the other order
  unsigned kStep = 0;  ///< the product is the kStep-th along K inside the swizzle pattern
  int aSign = 1, bSign = 1;
  bool withC = true, saturates = false;
  Filling filling = Filling::Integers;
};

/// An operand's layout and the bytes it needs.
struct Placed {
  SharedLayout layout;
  uint32_t start = 0; ///< of the matrix inside the image
  unsigned bytes = 0;
};

Placed place(unsigned extent, unsigned elementBytes, Swizzle swizzle, bool mnMajor, bool spread, unsigned kStep) {
  Placed placed;
  SharedLayout &layout = placed.layout;
  layout.swizzle = swizzle;
  layout.mnMajor = mnMajor;
  layout.elementBytes = elementBytes;
  const unsigned width = widthOf(swizzle), atom = 8 * width, k = KBytes / elementBytes;
  const unsigned perRow = mnMajor ? roundUp(extent * elementBytes, width) / width : 0;
  if (!mnMajor && swizzle == Swizzle::None) {
    // Blocks of 8 rows and 16 bytes: the two along K side by side, or far apart.
    layout.leading = spread ? extent / 8 * 128 + 256 : 128;
    layout.stride = spread ? 128 : 256;
  } else if (!mnMajor) {
    layout.leading = 16; // of no meaning here
    layout.stride = spread ? 2 * std::max(atom, Pattern) : atom;
  } else if (swizzle == Swizzle::None) {
    layout.stride = spread ? k / 8 * 128 : 128;
    layout.leading = spread ? 128 : extent * elementBytes / 16 * 128;
  } else {
    layout.stride = spread ? perRow * atom : atom;
    layout.leading = spread ? atom : k / 8 * atom;
  }
  placed.start = kStep * KBytes;
  for (unsigned mn = 0; mn < extent; ++mn)
    for (unsigned i = 0; i < k; ++i)
      placed.bytes = std::max(placed.bytes, placed.start + layout.offset(mn, i) + elementBytes);
  placed.bytes = roundUp(placed.bytes, Pattern);
  return placed;
}

/// Writes the elements where hardware will look for them.
void write(std::vector<std::byte> &image, uint32_t base, const Placed &placed, unsigned extent, unsigned k,
           const std::function<uint64_t(unsigned mn, unsigned k)> &pattern) {
  for (unsigned mn = 0; mn < extent; ++mn)
    for (unsigned i = 0; i < k; ++i) {
      const uint64_t value = pattern(mn, i);
      const uint32_t at = swizzled(placed.layout.swizzle, base + placed.start + placed.layout.offset(mn, i));
      std::memcpy(image.data() + at, &value, placed.layout.elementBytes);
    }
}

std::string nameOf(const Form &form) {
  std::string text = "m64n" + number(form.n) + "k" + number(KBytes * 8 / operandNamed(form.a).bits) + "." +
                     name(form.d) + "." + form.a + "." + form.b;
  text += form.aRegisters ? ".a-registers" : std::string(".a-") + (form.aMnMajor ? "m-" : "k-") + name(form.aSwizzle);
  text += std::string(".b-") + (form.bMnMajor ? "n-" : "k-") + name(form.bSwizzle);
  text += form.spread ? ".spread" : "";
  text += form.kStep ? ".step" + number(form.kStep) : "";
  text += form.aSign < 0 ? ".minus-a" : "";
  text += form.bSign < 0 ? ".minus-b" : "";
  text += form.withC ? "" : ".no-c";
  text += form.saturates ? ".satfinite" : "";
  return text + (operandNamed(form.a).isInteger ? "" : std::string(".") + name(form.filling));
}

/// Row and column of element i of a thread's D.
struct At {
  unsigned row, column;
};
At accumulatorAt(unsigned thread, unsigned i) {
  const unsigned lane = thread % 32;
  return {16 * (thread / 32) + lane / 4 + 8 * (i / 2 % 2), 8 * (i / 4) + 2 * (lane % 4) + i % 2};
}

/// The kernel's text. Input: the image of shared memory, then for each thread its registers of A, then of C.
std::string bodyOf(const Form &form, const Placed &a, const Placed &b, uint32_t bBase, unsigned imageBytes) {
  const unsigned aRegisters = form.aRegisters ? 4 : 0, dRegisters = form.d == Type::F16 ? form.n / 4 : form.n / 2;
  const unsigned perThread = 4 * (aRegisters + dRegisters);
  std::string body = "  .shared .align 1024 .b8 image[" + number(imageBytes) + "];\n  .reg .pred %p, %c;\n" +
                     "  .reg .b32 %t, %at, %base, %x<4>, %a<4>, %d<" + number(dRegisters) + ">;\n" +
                     "  .reg .b64 %from, %to, %da, %db, %start;\n  mov.u32 %t, "
                     "%tid.x;\n  mov.u32 %base, image;\n" +
                     "  shl.b32 %at, %t, 4;\ncopy:\n  cvt.u64.u32 %from, "
                     "%at;\n  add.s64 %from, %from, %input;\n" +
                     "  ld.global.v4.b32 {%x0, %x1, %x2, %x3}, [%from];\n";
  body += "  .reg .b32 %where;\n  add.s32 %where, %base, %at;\n  st.shared.v4.b32 "
          "[%where], {%x0, %x1, %x2, %x3};\n"
          "  add.s32 %at, %at, 2048;\n  setp.lt.u32 %p, %at, " +
          number(imageBytes) + ";\n  @%p bra copy;\n  fence.proxy.async.shared::cta;\n  bar.sync 0;\n";
  body += "  mad.wide.u32 %from, %t, " + number(perThread) + ", %input;\n";
  for (unsigned i = 0; i < aRegisters; ++i)
    body += "  ld.global.b32 %a" + number(i) + ", [%from+" + number(imageBytes + 4UL * i) + "];\n";
  for (unsigned i = 0; i < dRegisters; ++i)
    body += "  ld.global.b32 %d" + number(i) + ", [%from+" + number(imageBytes + 4UL * (aRegisters + i)) + "];\n";
  const auto descriptor = [&](const char *to, uint32_t offset, const SharedLayout &layout) {
    body += "  add.s32 %at, %base, " + number(offset) + ";\n  bfe.u32 %at, %at, 4, 14;\n  cvt.u64.u32 " + to +
            ", %at;\n  or.b64 " + to + ", " + to + ", " +
            std::to_string(static_cast<int64_t>(layout.descriptorBits())) + ";\n";
  };
  if (!form.aRegisters)
    descriptor("%da", a.start, a.layout);
  descriptor("%db", bBase + b.start, b.layout);
  body += std::string("  setp.ne.b32 %c, ") + (form.withC ? "1" : "0") + ", 0;\n  wgmma.fence.sync.aligned;\n";
  const Operand operand = operandNamed(form.a);
  body += "  wgmma.mma_async.sync.aligned.m64n" + number(form.n) + "k" + number(KBytes * 8 / operand.bits) +
          (form.saturates ? ".satfinite." : ".") + name(form.d) + "." + form.a + "." + form.b + " {";
  for (unsigned i = 0; i < dRegisters; ++i)
    body += (i ? ", %d" : "%d") + number(i);
  body += std::string("}, ") + (form.aRegisters ? "{%a0, %a1, %a2, %a3}" : "%da") + ", %db, %c";
  if (!operand.isInteger)
    body += ", " + std::to_string(form.aSign) + ", " + std::to_string(form.bSign);
  if (operand.bits == 16)
    body += (form.aRegisters ? "" : form.aMnMajor ? ", 1" : ", 0") + std::string(form.bMnMajor ? ", 1" : ", 0");
  body += ";\n  wgmma.commit_group.sync.aligned;\n  "
          "wgmma.wait_group.sync.aligned 0;\n  mad.wide.u32 %to, %t, " +
          number(4UL * dRegisters) + ", %output;\n";
  for (unsigned i = 0; i < dRegisters; ++i)
    body += "  st.global.b32 [%to+" + number(4UL * i) + "], %d" + number(i) + ";\n";
  return body;
}

/// A thread's registers of A, where A is there, and of C.
void appendRegisters(std::vector<std::byte> &bytes, const Form &form, const MatrixProduct &product, unsigned thread) {
  const unsigned lane = thread % 32, width = product.a.bits, perRegister = 32 / width;
  for (unsigned r = 0; form.aRegisters && r < 4; ++r) {
    const unsigned row = 16 * (thread / 32) + lane / 4 + 8 * (r % 2);
    uint32_t word = 0;
    for (unsigned e = 0; e < perRegister; ++e) {
      const unsigned column = perRegister * (lane % 4) + 4 * perRegister * (r / 2) + e;
      word |= static_cast<uint32_t>(product.aPatterns[row * product.k + column] << (width * e));
    }
    append(bytes, word);
  }
  for (unsigned i = 0; i < form.n / 2; ++i) {
    const At at = accumulatorAt(thread, i);
    const uint64_t pattern = product.cPatterns[at.row * form.n + at.column];
    if (form.d == Type::F16)
      append(bytes, static_cast<uint16_t>(pattern));
    else
      append(bytes, static_cast<uint32_t>(pattern));
  }
}

Probe wgmmaProbe(const Form &form) {
  MatrixProduct product;
  product.a = operandNamed(form.a);
  product.b = operandNamed(form.b);
  const unsigned elementBytes = product.a.bits / 8, k = KBytes / elementBytes, n = form.n;
  product.m = M;
  product.n = n;
  product.k = k;
  product.c = product.d = form.d;
  product.saturates = form.saturates;
  product.negatesA = form.aSign < 0;
  product.negatesB = form.bSign < 0;
  product.ignoresC = !form.withC;
  product.fill(form.filling, n + k);

  const Placed a = place(M, elementBytes, form.aSwizzle, form.aMnMajor, form.spread, form.kStep);
  const Placed b = place(n, elementBytes, form.bSwizzle, form.bMnMajor, form.spread, form.kStep);
  const uint32_t bBase = form.aRegisters ? 0 : a.bytes;
  const unsigned imageBytes = roundUp(bBase + b.bytes, 2048);

  Probe probe;
  probe.name = nameOf(form);
  probe.target = "sm_90a";
  probe.version = product.a.isInteger && form.a != std::string(form.b) ? 84 : 80;
  probe.threads = Threads;
  probe.input.assign(imageBytes, std::byte{0x3C}); // what lies between is no zero
  if (!form.aRegisters)
    write(probe.input, 0, a, M, k, [&](unsigned row, unsigned i) { return product.aPatterns[row * k + i]; });
  write(probe.input, bBase, b, n, k, [&](unsigned column, unsigned i) { return product.bPatterns[i * n + column]; });
  const unsigned values = n / 2;
  for (unsigned thread = 0; thread < Threads; ++thread)
    appendRegisters(probe.input, form, product, thread);
  probe.body = bodyOf(form, a, b, bBase, imageBytes);
  probe.element = form.d;
  probe.initialOutput.assign(std::size_t(Threads) * values * bits(form.d) / 8, std::byte{0xCD});
  probe.derive = [product, values] {
    std::vector<Wanted> wanted;
    for (unsigned thread = 0; thread < Threads; ++thread)
      for (unsigned i = 0; i < values; ++i) {
        const At at = accumulatorAt(thread, i);
        wanted.push_back(product.at(at.row, at.column));
      }
    return wanted;
  };
  return probe;
}

struct Types {
  const char *a, *b;
  Type d;
};
constexpr Types AllTypes[] = {
    {"f16", "f16", Type::F32},   {"f16", "f16", Type::F16},   {"bf16", "bf16", Type::F32}, {"tf32", "tf32", Type::F32},
    {"e4m3", "e4m3", Type::F32}, {"e4m3", "e5m2", Type::F32}, {"e5m2", "e4m3", Type::F32}, {"e5m2", "e5m2", Type::F32},
    {"e4m3", "e4m3", Type::F16}, {"e4m3", "e5m2", Type::F16}, {"e5m2", "e4m3", Type::F16}, {"e5m2", "e5m2", Type::F16},
    {"s8", "s8", Type::S32},     {"s8", "u8", Type::S32},     {"u8", "s8", Type::S32},     {"u8", "u8", Type::S32},
};

} // namespace

std::vector<Probe> wgmmaProbes() {
  std::vector<Probe> probes;
  const auto add = [&](const Form &form) { probes.push_back(wgmmaProbe(form)); };
  for (const Types &t : AllTypes) {
    const bool isInteger = operandNamed(t.a).isInteger;
    for (const Swizzle swizzle : Swizzles) {
      add({.a = t.a, .b = t.b, .d = t.d, .aSwizzle = swizzle, .bSwizzle = swizzle});
      add({.a = t.a, .b = t.b, .d = t.d, .bSwizzle = swizzle, .aRegisters = true});
    }
    add({.a = t.a, .b = t.b, .d = t.d, .withC = false});
    if (isInteger) {
      add({.a = t.a, .b = t.b, .d = t.d, .saturates = true});
      continue;
    }
    for (const Filling filling : {Filling::Reals, Filling::Specials})
      add({.a = t.a, .b = t.b, .d = t.d, .filling = filling});
    add({.a = t.a, .b = t.b, .d = t.d, .aSign = -1});
    add({.a = t.a, .b = t.b, .d = t.d, .bSign = -1});
    add({.a = t.a, .b = t.b, .d = t.d, .aSign = -1, .bSign = -1});
  }
  // What concerns memory alone: a type of each width.
  for (const Types &t : {AllTypes[0], AllTypes[3], AllTypes[4], AllTypes[13]}) {
    for (const Swizzle a : Swizzles)
      for (const Swizzle b : Swizzles)
        if (a != b)
          add({.a = t.a, .b = t.b, .d = t.d, .n = 8, .aSwizzle = a, .bSwizzle = b});
    for (const Swizzle swizzle : Swizzles)
      add({.a = t.a, .b = t.b, .d = t.d, .n = 24, .aSwizzle = swizzle, .bSwizzle = swizzle, .spread = true});
    for (const unsigned step : {1U, 2U, 3U})
      add({.a = t.a, .b = t.b, .d = t.d, .kStep = step});
  }
  // Every number of columns; integers have fewer.
  for (unsigned n = 8; n <= 256; n += 8) {
    if (n != 16) // among the types
      add({.a = "f16", .b = "f16", .d = Type::F16, .n = n});
    if (n != 16 && (n <= 32 || n % 48 == 0))
      add({.a = "s8", .b = "u8", .d = Type::S32, .n = n});
  }
  // Both majors of 16-bit elements; 72 columns are more than a pattern of any swizzle holds.
  for (const Types &t : {AllTypes[0], AllTypes[1], AllTypes[2]})
    for (const Swizzle swizzle : Swizzles)
      for (const unsigned n : {16U, 72U})
        for (const bool aMn : {false, true})
          for (const bool bMn : {false, true})
            for (const bool spread : {false, true}) {
              if ((!aMn && !bMn) || (n == 72 && t.d != Type::F16))
                continue;
              Form form{.a = t.a, .b = t.b, .d = t.d, .n = n, .aSwizzle = swizzle, .bSwizzle = swizzle};
              form.aMnMajor = aMn;
              form.bMnMajor = bMn;
              form.spread = spread;
              add(form);
              form.aRegisters = true;
              if (!aMn)
                add(form);
            }
  return probes;
}

} // namespace tessera::silicon
