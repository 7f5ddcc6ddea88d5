//===- ExecWmma.cpp - wmma.load, wmma.mma, wmma.store ---------------------===//
//
// Which element of a fragment a lane holds is not specified, only that load, mma and store agree. Here element s of a
// matrix in row-major order lies in lane s / p, place s % p, where p places are a lane's; fragments with more room than
// elements repeat them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Fragments.h"

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Space;
using ptx::Type;

namespace {

/// Packed into Instr::target and Instr::other, which only branches use.
struct Shape {
  uint8_t m, n, k, matrix; ///< matrix: 0 A, 1 B, 2 C or D
};
struct Types {
  Element d, a, b, c;
};

template <typename T> T unpackField(uint32_t field) {
  T value;
  static_assert(sizeof value == sizeof field);
  std::memcpy(&value, &field, sizeof value);
  return value;
}
template <typename T> uint32_t packField(const T &value) {
  uint32_t field;
  std::memcpy(&field, &value, sizeof field);
  return field;
}

enum WmmaFlags : uint8_t { ColumnMajor = 16, Saturate = 32 };

unsigned rowsOf(const Shape &s) { return s.matrix == 1 ? s.k : s.m; }
unsigned columnsOf(const Shape &s) { return s.matrix == 0 ? s.k : s.n; }
unsigned perRegister(Element e) { return e == Element::F64 ? 1 : 32 / elementBits(e); }

/// Host addresses for the place `place` of every lane.
bool placeAddresses(Warp &warp, const Instr &instr, const Shape &shape, Element e, unsigned places, unsigned place,
                    AccessKind kind, Lanes64 &a) {
  computeAddresses(warp, instr, 0, a);
  const unsigned rows = rowsOf(shape), columns = columnsOf(shape), bytes = elementBits(e) / 8;
  const bool columnMajor = instr.flags & ColumnMajor;
  const uint32_t stride = instr.op[1] == NoRef ? (columnMajor ? rows : columns)
                                               : in<uint32_t>(warp, instr.op[1])[std::countr_zero(warp.mask)];
  for (unsigned lane = 0; lane < WarpSize; ++lane) {
    const unsigned s = (lane * places + place) % (rows * columns), row = s / columns, column = s % columns;
    a.lane[lane] += uint64_t(bytes) * (columnMajor ? uint64_t(column) * stride + row : uint64_t(row) * stride + column);
  }
  if (instr.space <= Space::Global && allInside(a, warp.mask, warp.windowBase, warp.windowEnd, bytes))
    return !watched(warp) || watchAccess(warp, instr, instr.space, bytes, kind, a);
  return resolveSlowly(warp, instr.space, bytes, kind, a) &&
         (!watched(warp) || watchAccess(warp, instr, instr.space, bytes, kind, a));
}

void loadFragment(Warp &warp, const Instr &instr) {
  const auto shape = unpackField<Shape>(instr.target);
  const Element e = unpackField<Types>(instr.other).a;
  const unsigned per = perRegister(e), places = instr.count * per, bytes = elementBits(e) / 8;
  for (unsigned r = 0; r < instr.count; ++r) {
    alignas(64) char values[WarpSize * 8] = {};
    const unsigned registerBytes = e == Element::F64 ? 8 : 4;
    for (unsigned i = 0; i < per; ++i) {
      Lanes64 a;
      if (!placeAddresses(warp, instr, shape, e, places, r * per + i, AccessKind::Read, a))
        return;
      for (uint32_t m = warp.mask; m; m &= m - 1) {
        const unsigned lane = std::countr_zero(m);
        std::memcpy(values + lane * registerBytes + i * bytes, reinterpret_cast<const void *>(a.lane[lane]), bytes);
      }
    }
    std::memcpy(at(warp, instr.list[r]), values, size_t(WarpSize) * registerBytes);
  }
}

void storeFragment(Warp &warp, const Instr &instr) {
  const auto shape = unpackField<Shape>(instr.target);
  const Element e = unpackField<Types>(instr.other).a;
  const unsigned per = perRegister(e), places = instr.count * per, bytes = elementBits(e) / 8;
  const unsigned registerBytes = e == Element::F64 ? 8 : 4;
  for (unsigned r = 0; r < instr.count; ++r)
    for (unsigned i = 0; i < per; ++i) {
      Lanes64 a;
      if (!placeAddresses(warp, instr, shape, e, places, r * per + i, AccessKind::Write, a))
        return;
      const char *values = at(warp, instr.list[r]);
      for (uint32_t m = warp.mask; m; m &= m - 1) {
        const unsigned lane = std::countr_zero(m);
        std::memcpy(reinterpret_cast<void *>(a.lane[lane]), values + lane * registerBytes + i * bytes, bytes);
      }
    }
}

double elementValue(Element e, const char *from) {
  uint64_t raw = 0;
  std::memcpy(&raw, from, elementBits(e) / 8);
  switch (e) {
  case Element::F16:
    return halfToFloat(static_cast<uint16_t>(raw));
  case Element::BF16:
    return bfloatToFloat(static_cast<uint16_t>(raw));
  case Element::TF32:
    return floatOf(static_cast<uint32_t>(raw) & 0xFFFFE000);
  case Element::F32:
    return floatOf(static_cast<uint32_t>(raw));
  case Element::F64:
    return std::bit_cast<double>(raw);
  case Element::S8:
    return static_cast<int8_t>(raw);
  case Element::U8:
    return static_cast<uint8_t>(raw);
  case Element::S32:
    return static_cast<int32_t>(raw);
  default:
    return 0;
  }
}

constexpr unsigned MaximumElements = 512;

/// The matrix in row-major order; `registers` of the list from `refs`.
void gather(const Warp &warp, const Ref *refs, unsigned registers, Element e, unsigned elements, double *to) {
  const unsigned per = perRegister(e), places = registers * per, bytes = elementBits(e) / 8;
  const unsigned registerBytes = e == Element::F64 ? 8 : 4;
  for (unsigned s = 0; s < elements; ++s) {
    const unsigned lane = s / places, place = s % places;
    to[s] = elementValue(e, at(warp, refs[place / per]) + lane * registerBytes + place % per * bytes);
  }
}

void scatter(Warp &warp, const Ref *refs, unsigned registers, Element e, unsigned elements, const double *from) {
  const unsigned per = perRegister(e), places = registers * per, bytes = elementBits(e) / 8;
  const unsigned registerBytes = e == Element::F64 ? 8 : 4;
  for (unsigned s = 0; s < elements; ++s) {
    const unsigned lane = s / places, place = s % places;
    uint64_t raw = 0;
    switch (e) {
    case Element::F16:
      raw = floatToHalf(static_cast<float>(from[s]));
      break;
    case Element::F64:
      raw = std::bit_cast<uint64_t>(from[s]);
      break;
    case Element::S32:
      raw = static_cast<uint32_t>(static_cast<int64_t>(from[s]));
      break;
    default:
      raw = bitsOf(canonical(static_cast<float>(from[s])));
    }
    std::memcpy(at(warp, refs[place / per]) + lane * registerBytes + place % per * bytes, &raw, bytes);
  }
}

/// Registers of each operand stand in Instr::op: D, A, B, C counts.
void multiplyFragments(Warp &warp, const Instr &instr) {
  const auto shape = unpackField<Shape>(instr.target);
  const auto types = unpackField<Types>(instr.other);
  const auto counts = unpackField<Shape>(static_cast<uint32_t>(instr.imm)); // m: D, n: A, k: B, matrix: C
  const unsigned m = shape.m, n = shape.n, k = shape.k;
  double a[MaximumElements], b[MaximumElements], c[MaximumElements];
  const Ref *refs = instr.list;
  gather(warp, refs + counts.m, counts.n, types.a, m * k, a);
  gather(warp, refs + counts.m + counts.n, counts.k, types.b, k * n, b);
  gather(warp, refs + counts.m + counts.n + counts.k, counts.matrix, types.c, m * n, c);
  const bool isDouble = types.d == Element::F64, isInteger = types.d == Element::S32;
  for (unsigned i = 0; i < m; ++i)
    for (unsigned j = 0; j < n; ++j) {
      double sum = c[i * n + j];
      for (unsigned x = 0; x < k; ++x) {
        const double product = a[i * k + x] * b[x * n + j]; // exact but for f64
        if (isDouble)
          sum = __builtin_fma(a[i * k + x], b[x * n + j], sum);
        else
          sum = isInteger ? sum + product : static_cast<double>(static_cast<float>(sum + product));
      }
      if (isInteger && (instr.flags & Saturate))
        sum = sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : sum;
      c[i * n + j] = sum;
    }
  scatter(warp, refs, counts.m, types.d, m * n, c);
}

bool takeShape(Decoder &d, Shape &shape) {
  static constexpr struct {
    std::string_view text;
    uint8_t m, n, k;
  } Shapes[] = {{"m16n16k16", 16, 16, 16},
                {"m8n32k16", 8, 32, 16},
                {"m32n8k16", 32, 8, 16},
                {"m16n16k8", 16, 16, 8},
                {"m8n8k4", 8, 8, 4}};
  for (const auto &entry : Shapes)
    if (d.take(entry.text)) {
      shape = {entry.m, entry.n, entry.k, 0};
      return true;
    }
  return false;
}

Type registerType(Element e) { return e == Element::F64 ? Type::F64 : Type::B32; }
unsigned countOf(Decoder &d, unsigned operand) { return d.isVector(operand) ? d.operand(operand).count : 1; }

bool fits(unsigned registers, Element e, unsigned elements) {
  const unsigned room = registers * perRegister(e) * WarpSize;
  return room >= elements && room % elements == 0 && elements <= MaximumElements;
}

bool decodeTransfer(Decoder &d, bool loads) {
  Shape shape{};
  const int matrix = d.takeOneOf({"a", "b", "c", "d"});
  if (matrix < 0 || !takeShape(d, shape))
    return false;
  shape.matrix = static_cast<uint8_t>(matrix == 3 ? 2 : matrix);
  const bool column = d.take("col");
  if (!column && !d.take("row"))
    return false;
  d.instr.space = takeSpace(d);
  Types types{};
  if (!elementOf(d.takeType(), types.a))
    return false;
  const unsigned count = countOf(d, loads ? 0 : 1);
  if (!fits(count, types.a, rowsOf(shape) * columnsOf(shape)))
    return d.fail("a fragment of this shape has another number of registers");
  if (!d.address(d.operand(loads ? 1 : 0), 0, d.instr.space))
    return false;
  d.instr.flags |= column ? ColumnMajor : 0;
  d.instr.count = static_cast<uint8_t>(count);
  if (d.operandCount() == 3)
    d.instr.op[1] = d.use(2, Type::U32);
  if (!(loads ? d.gatherDefinitions(d.operand(0), count, storageBits(registerType(types.a)))
              : d.gatherUses(d.operand(1), count, registerType(types.a))))
    return false;
  d.instr.target = packField(shape);
  d.instr.other = packField(types);
  d.instr.exec = loads ? loadFragment : storeFragment;
  return d.done(2, 3);
}

bool decodeProduct(Decoder &d) {
  Shape shape{};
  if (!takeShape(d, shape) || d.takeOneOf({"row", "col"}) < 0)
    return false;
  d.takeOneOf({"row", "col"});
  d.take("rn");
  Types types{};
  Element named[4];
  unsigned count = 0;
  for (Type type = d.takeType(); type != Type::None && count < 4; type = d.takeType())
    if (!elementOf(type, named[count++]))
      return false;
  if (d.take("satfinite"))
    d.instr.flags |= Saturate;
  if (count == 2)
    types = {named[0], Element::F16, Element::F16, named[1]};
  else if (count == 4)
    types = {named[0], named[1], named[2], named[3]};
  else
    return false;
  if (d.operandCount() != 4)
    return d.done(4);
  const Shape counts{static_cast<uint8_t>(countOf(d, 0)), static_cast<uint8_t>(countOf(d, 1)),
                     static_cast<uint8_t>(countOf(d, 2)), static_cast<uint8_t>(countOf(d, 3))};
  if (!fits(counts.m, types.d, shape.m * shape.n) || !fits(counts.n, types.a, shape.m * shape.k) ||
      !fits(counts.k, types.b, shape.k * shape.n) || !fits(counts.matrix, types.c, shape.m * shape.n))
    return d.fail("a fragment of this shape has another number of registers");
  if (!d.gatherDefinitions(d.operand(0), counts.m, storageBits(registerType(types.d))) ||
      !d.gatherUses(d.operand(1), counts.n, registerType(types.a)) ||
      !d.gatherUses(d.operand(2), counts.k, registerType(types.b)) ||
      !d.gatherUses(d.operand(3), counts.matrix, registerType(types.c)))
    return false;
  d.instr.target = packField(shape);
  d.instr.other = packField(types);
  d.instr.imm = packField(counts);
  d.instr.exec = multiplyFragments;
  return d.done(4);
}

} // namespace

bool decodeWmma(Decoder &d) {
  const int what = d.takeOneOf({"load", "store", "mma"});
  if (!d.take("sync") || what < 0)
    return false;
  d.take("aligned");
  d.instr.kind = Kind::WarpSync;
  return what == 2 ? decodeProduct(d) : decodeTransfer(d, what == 0);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
