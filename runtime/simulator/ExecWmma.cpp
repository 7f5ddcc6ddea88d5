//===- ExecWmma.cpp - wmma.load, wmma.mma, wmma.store
//---------------------------------------------------------------------------===//
//
// The matrix products behind CUDA's <mma.h>. Which lane holds which element of a fragment is not specified, so a plain
// order serves: with s elements a lane, slot i of lane l is element (l s + i) % (rows * columns) of the matrix in
// row-major order. (Hardware too keeps f16 operands twice.) The layouts of memory matter to loads and stores alone.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"
#include "runtime/simulator/Numbers.h"

#include <cmath>
#include <cstdio>

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Space;
using ptx::Type;

namespace {

/// What Instr::imm of a product holds; of loads and stores it is the address offset, and op[] has the rest.
struct Product {
  uint8_t m = 0, n = 0, k = 0;
  Type a = Type::None, b = Type::None, c = Type::None, d = Type::None;
  uint8_t saturate = 0;
};
static_assert(sizeof(Product) == sizeof(int64_t));

constexpr unsigned MaxElements = 32 * 16;

unsigned bytesOf(Type type) { return type == Type::TF32 ? 4 : ptx::bits(type) / 8; }
/// Elements of a register: 16-bit and 8-bit ones are packed into 32 bits.
unsigned perRegister(Type type) { return bytesOf(type) >= 4 ? 1 : 4 / bytesOf(type); }

/// Rows and columns of the matrix that a fragment holds.
struct Extent {
  unsigned rows = 0, columns = 0;
};
Extent extentOf(char matrix, unsigned m, unsigned n, unsigned k) {
  return matrix == 'a' ? Extent{m, k} : matrix == 'b' ? Extent{k, n} : Extent{m, n};
}

/// Host addresses of `bytes` at a.lane[], which hold addresses of the space.
bool resolveAt(Warp &warp, Space space, unsigned bytes, AccessKind kind, Lanes64 &a) {
  const bool ok = resolveSlowly(warp, space, bytes, kind, a);
  return ok && tracks(warp) ? trackAccess(warp, space, bytes, kind, a) : ok;
}

/// Loads and stores: flags of AddressFlags; op[0] the address, op[1] the stride in elements, op[2] the packed form.
struct Transfer {
  uint8_t rows, columns;
  Type type;
  bool columnMajor;
};
static_assert(sizeof(Transfer) == sizeof(uint32_t));

template <bool IsLoad> void transfer(Warp &warp, const Instr &instr) {
  const auto form = std::bit_cast<Transfer>(instr.target);
  const unsigned bytes = bytesOf(form.type), packed = perRegister(form.type), slots = instr.count * packed;
  const unsigned elements = form.rows * form.columns;
  Lanes64 base;
  computeAddresses(warp, instr, 0, base);
  const auto *stride = instr.op[1] == NoRef ? nullptr : in<uint32_t>(warp, instr.op[1]);
  for (unsigned slot = 0; slot < slots; ++slot) {
    Lanes64 a;
    for (unsigned lane = 0; lane < WarpSize; ++lane) {
      const unsigned element = (lane * slots + slot) % elements, row = element / form.columns,
                     column = element % form.columns;
      const unsigned outer = form.columnMajor ? column : row, inner = form.columnMajor ? row : column;
      const unsigned leading = stride ? stride[lane] : form.columnMajor ? form.rows : form.columns;
      a.lane[lane] = base.lane[lane] + uint64_t(outer * leading + inner) * bytes;
    }
    if (!resolveAt(warp, instr.space, bytes, IsLoad ? AccessKind::Read : AccessKind::Write, a))
      return;
    const Ref ref = instr.list[slot / packed];
    for (unsigned lane = 0; lane < WarpSize; ++lane) {
      if (!(warp.mask >> lane & 1))
        continue;
      char *reg = at(warp, ref) + (bytes == 8 ? 8 : 4) * lane + bytes * (slot % packed);
      auto *memory = reinterpret_cast<char *>(a.lane[lane]);
      std::memcpy(IsLoad ? reg : memory, IsLoad ? memory : reg, bytes);
    }
  }
}

/// The matrix of a fragment, as numbers.
template <typename T>
void gather(const Warp &warp, const Ref *refs, unsigned registers, Type type, unsigned elements, T *matrix) {
  const unsigned bytes = bytesOf(type), packed = perRegister(type), slots = registers * packed;
  for (unsigned slot = 0; slot < slots; ++slot) {
    const char *values = at(warp, refs[slot / packed]) + bytes * (slot % packed);
    for (unsigned lane = 0; lane < WarpSize; ++lane) {
      uint64_t word = 0;
      std::memcpy(&word, values + (bytes == 8 ? 8 : 4) * lane, bytes);
      T &target = matrix[(lane * slots + slot) % elements];
      if constexpr (std::is_same_v<T, double>)
        target = std::bit_cast<double>(word);
      else if constexpr (std::is_same_v<T, int32_t>)
        target = type == Type::S8 ? static_cast<int8_t>(word) : static_cast<int32_t>(word);
      else
        target = type == Type::F16    ? halfToFloat(static_cast<uint16_t>(word))
                 : type == Type::BF16 ? bfloatToFloat(static_cast<uint16_t>(word))
                 : type == Type::TF32 ? floatOf(static_cast<uint32_t>(word) & 0xFFFFE000)
                                      : floatOf(static_cast<uint32_t>(word));
    }
  }
}

template <typename T> void multiply(Warp &warp, const Instr &instr) {
  const auto p = std::bit_cast<Product>(instr.imm);
  const unsigned registersD = instr.flags, registersA = instr.target, registersB = instr.other,
                 registersC = instr.count;
  const Ref *d = instr.list, *refsA = d + registersD, *refsB = refsA + registersA, *refsC = refsB + registersB;
  T a[MaxElements], b[MaxElements], c[MaxElements];
  gather(warp, refsA, registersA, p.a, p.m * p.k, a);
  gather(warp, refsB, registersB, p.b, p.k * p.n, b);
  gather(warp, refsC, registersC, p.c, p.m * p.n, c);
  for (unsigned row = 0; row < p.m; ++row)
    for (unsigned column = 0; column < p.n; ++column) {
      T &sum = c[row * p.n + column];
      if constexpr (std::is_same_v<T, int32_t>) {
        int64_t exact = sum;
        for (unsigned k = 0; k < p.k; ++k)
          exact += int64_t(a[row * p.k + k]) * b[k * p.n + column];
        sum = p.saturate && exact > INT32_MAX   ? INT32_MAX
              : p.saturate && exact < INT32_MIN ? INT32_MIN
                                                : static_cast<int32_t>(exact);
      } else {
        for (unsigned k = 0; k < p.k; ++k)
          sum = std::fma(a[row * p.k + k], b[k * p.n + column], sum);
      }
    }
  const unsigned packed = perRegister(p.d), slots = registersD * packed, elements = p.m * p.n;
  for (unsigned r = 0; r < registersD; ++r) {
    if constexpr (std::is_same_v<T, float>)
      if (p.d == Type::F16) {
        store<uint32_t>(warp.mask, out<uint32_t>(warp, d[r]), [&](unsigned lane) {
          const unsigned first = (lane * slots + r * packed) % elements;
          return uint32_t(floatToHalf(c[first])) | uint32_t(floatToHalf(c[(first + 1) % elements])) << 16;
        });
        continue;
      }
    store<T>(warp.mask, out<T>(warp, d[r]), [&](unsigned lane) { return c[(lane * slots + r) % elements]; });
  }
}

bool takeShape(Decoder &d, unsigned &m, unsigned &n, unsigned &k) {
  const std::string text(d.takePrefix("m"));
  if (std::sscanf(text.c_str(), "m%un%uk%u", &m, &n, &k) != 3 || m * n * k == 0 || m > 32 || n > 32 || k > 16)
    return d.fail("unknown shape '" + text + "' of wmma");
  return true;
}

/// Registers of an operand that is a vector; 1 where it is a single one.
unsigned registersOf(Decoder &d, unsigned i) { return d.isVector(i) ? d.operand(i).count : 1; }

bool holds(Decoder &d, unsigned registers, Type type, Extent extent) {
  if (type == Type::None || bytesOf(type) == 0)
    return d.fail("wmma has no form of that type");
  const unsigned elements = extent.rows * extent.columns;
  if (elements > MaxElements || registers > 8 || WarpSize * registers * perRegister(type) < elements)
    return d.fail("a wmma fragment of " + std::to_string(extent.rows) + " x " + std::to_string(extent.columns) +
                  " does not fit into " + std::to_string(registers) + " registers");
  return true;
}

bool decodeTransfer(Decoder &d, bool isLoad) {
  const int matrix = isLoad ? d.takeOneOf({"a", "b", "c"}) : d.take("d") ? 2 : -1;
  d.take("sync");
  d.take("aligned");
  const int layout = d.takeOneOf({"row", "col"});
  unsigned m = 0, n = 0, k = 0;
  if (matrix < 0 || layout < 0)
    return d.fail("expected a matrix and its layout in wmma");
  if (!takeShape(d, m, n, k))
    return false;
  const Space space = takeSpace(d);
  const Type type = d.takeType();
  const Extent extent = extentOf("abc"[matrix], m, n, k);
  const unsigned values = isLoad ? 0 : 1, memory = 1 - values;
  if (d.operandCount() < 2)
    return d.done(2, 3);
  const unsigned registers = registersOf(d, values);
  if (!holds(d, registers, type, extent) || !d.address(d.operand(memory), 0, space))
    return false;
  if (d.operandCount() > 2)
    d.instr.op[1] = d.use(2, Type::B32);
  d.instr.count = static_cast<uint8_t>(registers);
  d.instr.target = std::bit_cast<uint32_t>(
      Transfer{static_cast<uint8_t>(extent.rows), static_cast<uint8_t>(extent.columns), type, layout == 1});
  const unsigned width = bytesOf(type) == 8 ? 64 : 32;
  d.instr.exec = isLoad ? transfer<true> : transfer<false>;
  const bool ok = isLoad ? d.gatherDefinitions(d.operand(0), registers, width)
                         : d.gatherUses(d.operand(1), registers, width == 64 ? Type::B64 : Type::B32);
  return ok && d.done(2, 3);
}

bool decodeProduct(Decoder &d) {
  d.take("sync");
  d.take("aligned");
  d.takeOneOf({"row", "col"});
  d.takeOneOf({"row", "col"});
  unsigned m = 0, n = 0, k = 0;
  if (!takeShape(d, m, n, k))
    return false;
  Product p;
  p.m = static_cast<uint8_t>(m);
  p.n = static_cast<uint8_t>(n);
  p.k = static_cast<uint8_t>(k);
  p.saturate = d.take("satfinite");
  Type types[4];
  unsigned count = 0;
  for (Type type = d.takeType(); type != Type::None && count < 4; type = d.takeType())
    types[count++] = type;
  if (count == 2) { // f16 operands are not spelled out
    p.d = types[0];
    p.c = types[1];
    p.a = p.b = Type::F16;
  } else if (count == 4) {
    p.d = types[0];
    p.a = types[1];
    p.b = types[2];
    p.c = types[3];
  } else {
    return d.fail("expected two or four types in wmma.mma");
  }
  const bool isInteger = p.c == Type::S32 && p.d == Type::S32 && (p.a == Type::S8 || p.a == Type::U8) && p.b == p.a;
  const bool isDouble = p.a == Type::F64 && p.b == Type::F64 && p.c == Type::F64 && p.d == Type::F64;
  const bool isFloat = (p.a == Type::F16 || p.a == Type::BF16 || p.a == Type::TF32) && p.b == p.a &&
                       (p.c == Type::F32 || p.c == Type::F16) && (p.d == Type::F32 || p.d == Type::F16);
  if (!isInteger && !isDouble && !isFloat)
    return d.fail("wmma.mma has no form of these types");
  if (d.operandCount() != 4)
    return d.done(4);
  const unsigned registersD = registersOf(d, 0), registersA = registersOf(d, 1), registersB = registersOf(d, 2),
                 registersC = registersOf(d, 3);
  if (!holds(d, registersD, p.d, {m, n}) || !holds(d, registersA, p.a, {m, k}) || !holds(d, registersB, p.b, {k, n}) ||
      !holds(d, registersC, p.c, {m, n}))
    return false;
  const Type word = isDouble ? Type::B64 : Type::B32;
  if (!d.gatherDefinitions(d.operand(0), registersD, isDouble ? 64 : 32) ||
      !d.gatherUses(d.operand(1), registersA, word) || !d.gatherUses(d.operand(2), registersB, word) ||
      !d.gatherUses(d.operand(3), registersC, word))
    return false;
  d.instr.imm = std::bit_cast<int64_t>(p);
  d.instr.flags = static_cast<uint8_t>(registersD);
  d.instr.target = registersA;
  d.instr.other = registersB;
  d.instr.count = static_cast<uint8_t>(registersC);
  d.instr.exec = isInteger ? multiply<int32_t> : isDouble ? multiply<double> : multiply<float>;
  return d.done(4);
}

} // namespace

bool decodeWmma(Decoder &d) {
  d.instr.kind = Kind::WarpSync;
  if (d.take("load"))
    return decodeTransfer(d, true);
  if (d.take("store"))
    return decodeTransfer(d, false);
  if (d.take("mma"))
    return decodeProduct(d);
  return d.fail("unknown form of wmma");
}

} // namespace tessera::sim::TESSERA_SIM_ISA
