//===- ExecMove.cpp - Moves, packing, selection, address conversion -------===//
//
// mov in all its forms (values, predicates, packing and unpacking, addresses, clocks), selp, slct, cvta, isspacep,
// mapa.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"
#include "runtime/simulator/Numbers.h"

#include <chrono>

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Operand;
using ptx::Type;

namespace {

struct Wide128 {
  uint64_t low, high;
};

struct Copy {
  template <typename T> static T run(T a) { return a; }
};

void movePredicate(Warp &warp, const Instr &instr) {
  const uint32_t value = *in<uint32_t>(warp, instr.op[1]);
  storePredicate(warp, instr.op[0], warp.mask, instr.flags & 1 ? ~value : value);
}

/// {a, b, ...} into one wider register. E may be stored wider than its part: bytes live in 16-bit registers.
template <typename D, typename E, unsigned PartBits> void pack(Warp &warp, const Instr &instr) {
  constexpr unsigned Parts = 8 * sizeof(D) / PartBits;
  alignas(64) D values[WarpSize] = {};
  for (unsigned i = 0; i < Parts; ++i) {
    const E *part = in<E>(warp, instr.list[i]);
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      values[lane] |= static_cast<D>(static_cast<D>(static_cast<std::make_unsigned_t<E>>(part[lane]) &
                                                    (PartBits < 8 * sizeof(E) ? E((1u << PartBits) - 1) : E(~E(0))))
                                     << (PartBits * i));
  }
  blend(warp.mask, out<D>(warp, instr.op[0]), values);
}

template <typename S, typename E, unsigned PartBits> void unpack(Warp &warp, const Instr &instr) {
  constexpr unsigned Parts = 8 * sizeof(S) / PartBits;
  const S *source = in<S>(warp, instr.op[1]);
  for (unsigned i = 0; i < Parts; ++i)
    store<E>(warp.mask, out<E>(warp, instr.list[i]), [=](unsigned lane) {
      const auto part = static_cast<E>(source[lane] >> (PartBits * i));
      return static_cast<E>(PartBits < 8 * sizeof(E) ? part & E((1u << PartBits) - 1) : part);
    });
}

void pack128(Warp &warp, const Instr &instr) {
  const auto *low = in<uint64_t>(warp, instr.list[0]), *high = in<uint64_t>(warp, instr.list[1]);
  store<Wide128>(warp.mask, out<Wide128>(warp, instr.op[0]),
                 [=](unsigned lane) { return Wide128{low[lane], high[lane]}; });
}
void unpack128(Warp &warp, const Instr &instr) {
  const auto *source = in<Wide128>(warp, instr.op[1]);
  store<uint64_t>(warp.mask, out<uint64_t>(warp, instr.list[0]), [=](unsigned lane) { return source[lane].low; });
  store<uint64_t>(warp.mask, out<uint64_t>(warp, instr.list[1]), [=](unsigned lane) { return source[lane].high; });
}

template <typename T> void localAddress(Warp &warp, const Instr &instr) {
  const T address = static_cast<T>(instr.imm + warp.frame->localBase);
  store<T>(warp.mask, out<T>(warp, instr.op[0]), [=](unsigned) { return address; });
}

/// The clock counts what the warp has executed, so that it is the same in every run; only %globaltimer is real time.
template <typename T> void readClock(Warp &warp, const Instr &instr) {
  uint64_t value = warp.executed * 4;
  if (instr.flags == 1)
    value >>= 32;
  if (instr.flags >= 2) {
    value = static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
    if (instr.flags == 3)
      value >>= 32;
  }
  store<T>(warp.mask, out<T>(warp, instr.op[0]), [=](unsigned) { return static_cast<T>(value); });
}

template <typename T> void select(Warp &warp, const Instr &instr) {
  const T *a = in<T>(warp, instr.op[1]), *b = in<T>(warp, instr.op[2]);
  const uint32_t p = *in<uint32_t>(warp, instr.op[3]) ^ (instr.flags & 1 ? ~0u : 0);
  store<T>(warp.mask, out<T>(warp, instr.op[0]), [=](unsigned lane) { return p >> lane & 1 ? a[lane] : b[lane]; });
}

template <typename C> struct SelectSign {
  template <typename T> static T run(T a, T b, C c) { return c >= 0 ? a : b; }
};
/// Of floats whose subnormals count as zeros.
struct SelectSignFlushed {
  template <typename T> static T run(T a, T b, float c) { return flush(c) >= 0 ? a : b; }
};

template <typename T> void addWindow(Warp &warp, const Instr &instr) {
  const auto *a = in<T>(warp, instr.op[1]);
  const auto window = static_cast<T>(instr.imm);
  store<T>(warp.mask, out<T>(warp, instr.op[0]), [=](unsigned lane) { return static_cast<T>(a[lane] + window); });
}

/// Instr::flags of isspacep.
enum SpaceTest : uint8_t { InWindow, InGlobal, InOwnShared, InConstant };

bool isConstant(const Module &module, uint64_t address) {
  for (const GlobalVariable &variable : module.globals())
    if (variable.isConstant && address - variable.address < variable.size)
      return true;
  return false;
}

void isInSpace(Warp &warp, const Instr &instr) {
  const auto *a = in<uint64_t>(warp, instr.op[1]);
  const auto base = static_cast<uint64_t>(instr.imm);
  uint32_t inside = 0;
  switch (instr.flags) {
  case InGlobal: // kernel parameters count as global
    inside = testLanes([=](unsigned lane) { return a[lane] - SharedWindow >= ParameterWindow - SharedWindow; });
    break;
  case InOwnShared: // this CTA's own part of the shared window
    inside = testLanes([=](unsigned lane) { return a[lane] - base < (uint64_t(1) << 24); });
    break;
  case InConstant:
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      inside |= uint32_t(isConstant(*warp.cta->launch->module, a[lane])) << lane;
    break;
  default:
    inside = testLanes([=](unsigned lane) { return a[lane] - base < WindowSize; });
  }
  storePredicate(warp, instr.op[0], warp.mask, inside);
}

constexpr unsigned RankShift = 24;

template <typename T> void mapShared(Warp &warp, const Instr &instr) {
  const auto *a = in<T>(warp, instr.op[1]);
  const auto *rank = in<uint32_t>(warp, instr.op[2]);
  store<T>(warp.mask, out<T>(warp, instr.op[0]), [=](unsigned lane) {
    const T low = (T(1) << RankShift) - 1;
    const T window = a[lane] & ~T(0xFFFFFFFF);
    return static_cast<T>(window | ((T(rank[lane]) + 1) << RankShift) | (a[lane] & low));
  });
}
template <typename T> void sharedRank(Warp &warp, const Instr &instr) {
  const auto *a = in<T>(warp, instr.op[1]);
  const uint32_t own = warp.cta->rank;
  store<uint32_t>(warp.mask, out<uint32_t>(warp, instr.op[0]), [=](unsigned lane) {
    const auto above = static_cast<uint32_t>(a[lane] >> RankShift & 0xFF);
    return above ? above - 1 : own;
  });
}

constexpr unsigned LongestVector = 4;

/// list: `count` registers to write, as many to read; some may be both.
template <typename T> void moveVector(Warp &warp, const Instr &instr) {
  alignas(64) T values[LongestVector][WarpSize];
  for (unsigned i = 0; i < instr.count; ++i)
    std::memcpy(values[i], in<T>(warp, instr.list[instr.count + i]), sizeof values[i]);
  for (unsigned i = 0; i < instr.count; ++i)
    blend(warp.mask, out<T>(warp, instr.list[i]), values[i]);
}

bool decodeVectorMove(Decoder &d, unsigned count) {
  const Type type = d.takeType();
  const unsigned bits = storageBits(type);
  if (d.operandCount() != 2 || type == Type::None)
    return d.done(2);
  if (!d.gatherDefinitions(d.operand(0), count, bits) || !d.gatherUses(d.operand(1), count, type))
    return false;
  d.instr.count = static_cast<uint8_t>(count);
  d.instr.exec = bits == 16   ? moveVector<uint16_t>
                 : bits == 32 ? moveVector<uint32_t>
                 : bits == 64 ? moveVector<uint64_t>
                              : nullptr;
  return d.done(2);
}

bool decodeClock(Decoder &d, Type type, bool &matched) {
  const std::string_view text = d.operand(1).text;
  matched = true;
  if (text == "%clock" || text == "%clock64")
    d.instr.flags = 0;
  else if (text == "%clock_hi")
    d.instr.flags = 1;
  else if (text == "%globaltimer" || text == "%globaltimer_lo")
    d.instr.flags = 2;
  else if (text == "%globaltimer_hi")
    d.instr.flags = 3;
  else
    return matched = false;
  d.instr.exec = ptx::bits(type) == 64 ? readClock<uint64_t> : readClock<uint32_t>;
  d.instr.op[0] = d.define(0, storageBits(type));
  return d.done(2);
}

bool decodePacking(Decoder &d, Type type) {
  const bool packs = d.isVector(1);
  const unsigned bits = ptx::bits(type);
  const Operand &vector = d.operand(packs ? 1 : 0);
  const unsigned parts = vector.count;
  if (parts == 0 || bits % parts)
    return d.fail("cannot split " + std::to_string(bits) + " bits into " + std::to_string(parts) + " parts");
  const unsigned part = bits / parts;
  const Type partType = part == 8 ? Type::B8 : part == 16 ? Type::B16 : part == 32 ? Type::B32 : Type::B64;
  struct Form {
    unsigned bits, part;
    Exec pack, unpack;
  };
  static constexpr Form Forms[] = {
      {16, 8, pack<uint16_t, uint16_t, 8>, unpack<uint16_t, uint16_t, 8>},
      {32, 8, pack<uint32_t, uint16_t, 8>, unpack<uint32_t, uint16_t, 8>},
      {32, 16, pack<uint32_t, uint16_t, 16>, unpack<uint32_t, uint16_t, 16>},
      {64, 8, pack<uint64_t, uint16_t, 8>, unpack<uint64_t, uint16_t, 8>},
      {64, 16, pack<uint64_t, uint16_t, 16>, unpack<uint64_t, uint16_t, 16>},
      {64, 32, pack<uint64_t, uint32_t, 32>, unpack<uint64_t, uint32_t, 32>},
      {128, 64, pack128, unpack128},
  };
  for (const Form &form : Forms)
    if (form.bits == bits && form.part == part)
      d.instr.exec = packs ? form.pack : form.unpack;
  if (packs) {
    d.instr.op[0] = d.define(0, storageBits(type));
    d.gatherUses(vector, parts, partType);
  } else {
    d.instr.op[1] = d.use(1, type);
    d.gatherDefinitions(vector, parts, part);
  }
  return d.done(2);
}

bool decodeMov(Decoder &d) {
  if (const int length = d.takeOneOf({"v2", "v4"}); length >= 0)
    return decodeVectorMove(d, length == 0 ? 2 : LongestVector);
  const Type type = d.takeType();
  if (d.operandCount() != 2 || type == Type::None)
    return d.done(2);
  bool matched = false;
  if (d.operand(1).kind == Operand::Special)
    if (const bool ok = decodeClock(d, type, matched); matched)
      return ok;
  if (d.isVector(0) || d.isVector(1))
    return decodePacking(d, type);
  if (type == Type::Pred) {
    bool negated = false;
    d.instr.op[0] = d.define(0, 1);
    d.instr.op[1] = d.usePredicate(d.operand(1), negated);
    d.instr.flags = negated;
    d.instr.exec = movePredicate;
    return d.done(2);
  }
  const unsigned bits = storageBits(type);
  d.instr.op[0] = d.define(0, bits);
  uint64_t offset = 0;
  if (d.localSymbol(d.operand(1), offset)) {
    d.instr.imm = static_cast<int64_t>(offset);
    d.instr.exec = bits == 64 ? localAddress<uint64_t> : bits == 32 ? localAddress<uint32_t> : nullptr;
    return d.done(2);
  }
  d.instr.op[1] = d.use(1, type);
  d.instr.exec = bits == 16    ? map<Copy, uint16_t, uint16_t>
                 : bits == 32  ? map<Copy, uint32_t, uint32_t>
                 : bits == 64  ? map<Copy, uint64_t, uint64_t>
                 : bits == 128 ? map<Copy, Wide128, Wide128>
                               : nullptr;
  return d.done(2);
}

bool decodeSelp(Decoder &d) {
  const Type type = d.takeType();
  const unsigned bits = storageBits(type);
  d.instr.op[0] = d.define(0, bits);
  d.instr.op[1] = d.use(1, type);
  d.instr.op[2] = d.use(2, type);
  if (d.operandCount() != 4)
    return d.done(4);
  bool negated = false;
  d.instr.op[3] = d.usePredicate(d.operand(3), negated);
  d.instr.flags = negated;
  d.instr.exec = bits == 16   ? select<uint16_t>
                 : bits == 32 ? select<uint32_t>
                 : bits == 64 ? select<uint64_t>
                              : nullptr;
  return d.done(4);
}

bool decodeSlct(Decoder &d) {
  const bool ftz = d.take("ftz");
  const Type type = d.takeType(), condition = d.takeType();
  if (ftz && condition != Type::F32)
    return d.fail("unexpected .ftz");
  const unsigned bits = storageBits(type);
  d.instr.op[0] = d.define(0, bits);
  d.instr.op[1] = d.use(1, type);
  d.instr.op[2] = d.use(2, type);
  d.instr.op[3] = d.use(3, condition);
  using I = SelectSign<int32_t>;
  using F = SelectSign<float>;
  using Z = SelectSignFlushed;
  if (condition == Type::S32)
    d.instr.exec = bits == 16   ? map<I, uint16_t, uint16_t, uint16_t, int32_t>
                   : bits == 32 ? map<I, uint32_t, uint32_t, uint32_t, int32_t>
                                : map<I, uint64_t, uint64_t, uint64_t, int32_t>;
  else if (condition == Type::F32 && ftz)
    d.instr.exec = bits == 16   ? map<Z, uint16_t, uint16_t, uint16_t, float>
                   : bits == 32 ? map<Z, uint32_t, uint32_t, uint32_t, float>
                                : map<Z, uint64_t, uint64_t, uint64_t, float>;
  else if (condition == Type::F32)
    d.instr.exec = bits == 16   ? map<F, uint16_t, uint16_t, uint16_t, float>
                   : bits == 32 ? map<F, uint32_t, uint32_t, uint32_t, float>
                                : map<F, uint64_t, uint64_t, uint64_t, float>;
  return d.done(4);
}

/// The window of a space in generic addresses; 0 where they are the same.
bool takeWindow(Decoder &d, uint64_t &window) {
  switch (
      d.takeOneOf({"global", "const", "shared", "shared::cta", "shared::cluster", "local", "param", "param::entry"})) {
  case 0:
  case 1:
    window = 0;
    return true;
  case 2:
  case 3:
  case 4:
    window = SharedWindow;
    return true;
  case 5:
    window = LocalWindow;
    return true;
  case 6:
  case 7:
    window = ParameterWindow;
    return true;
  default:
    return false;
  }
}

bool decodeCvta(Decoder &d) {
  const bool to = d.take("to");
  uint64_t window = 0;
  if (!takeWindow(d, window))
    return false;
  const Type type = d.takeType();
  if (type != Type::U64)
    return false;
  d.instr.op[0] = d.define(0, 64);
  uint64_t offset = 0;
  if (d.operandCount() == 2 && d.localSymbol(d.operand(1), offset)) {
    d.instr.imm = static_cast<int64_t>(offset + window);
    d.instr.exec = localAddress<uint64_t>;
    return d.done(2);
  }
  d.instr.op[1] = d.use(1, type);
  d.instr.imm = static_cast<int64_t>(to ? -window : window);
  d.instr.exec = addWindow<uint64_t>;
  return d.done(2);
}

bool decodeIsspacep(Decoder &d) {
  const std::string_view space = d.peek();
  uint64_t window = 0;
  if (!takeWindow(d, window))
    return false;
  d.instr.flags = space == "global"                             ? InGlobal
                  : space == "const"                            ? InConstant
                  : space == "shared" || space == "shared::cta" ? InOwnShared
                                                                : InWindow;
  d.instr.imm = static_cast<int64_t>(window);
  d.instr.op[0] = d.define(0, 1);
  d.instr.op[1] = d.use(1, Type::U64);
  d.instr.exec = isInSpace;
  return d.done(2);
}

bool decodeMapa(Decoder &d) {
  d.take("shared::cluster");
  const Type type = d.takeType();
  const bool wide = type == Type::U64;
  if (d.root() == "getctarank") {
    d.instr.op[0] = d.define(0, 32);
    d.instr.op[1] = d.use(1, type);
    d.instr.exec = wide ? sharedRank<uint64_t> : sharedRank<uint32_t>;
    return d.done(2);
  }
  d.instr.op[0] = d.define(0, storageBits(type));
  d.instr.op[1] = d.use(1, type);
  d.instr.op[2] = d.use(2, Type::U32);
  d.instr.exec = wide ? mapShared<uint64_t> : mapShared<uint32_t>;
  return d.done(3);
}

} // namespace

bool decodeMove(Decoder &d) {
  const std::string_view root = d.root();
  if (root == "mov")
    return decodeMov(d);
  if (root == "selp")
    return decodeSelp(d);
  if (root == "slct")
    return decodeSlct(d);
  if (root == "cvta")
    return decodeCvta(d);
  if (root == "isspacep")
    return decodeIsspacep(d);
  return decodeMapa(d);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
