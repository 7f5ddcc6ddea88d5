//===- Atomic.cpp - atom and red ------------------------------------------===//
//
// Lanes take their turn in order. Global memory is shared with the CTAs that run on other host threads, so a new value
// goes in by compare-and-swap; shared memory belongs to one host thread.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Atomic.h"
#include "runtime/simulator/Access.h"
#include "runtime/simulator/CommonFamilies.h"
#include "runtime/simulator/Numbers.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

namespace tessera::sim {

using namespace common;
using ptx::Space;
using ptx::Type;

namespace {

using Operation = AtomicOperation;
using enum AtomicOperation;

template <typename T> T integer(Operation operation, T old, T b, T c) {
  using U = std::make_unsigned_t<T>;
  switch (operation) {
  case And:
    return old & b;
  case Or:
    return old | b;
  case Xor:
    return old ^ b;
  case Cas:
    return old == b ? c : old;
  case Exch:
    return b;
  case Add:
    return static_cast<T>(U(old) + U(b));
  case Inc:
    return U(old) >= U(b) ? 0 : static_cast<T>(U(old) + 1);
  case Dec:
    return old == 0 || U(old) > U(b) ? b : static_cast<T>(U(old) - 1);
  case Min:
    return std::min(old, b);
  case Max:
    return std::max(old, b);
  }
  return old;
}

float floating(Operation operation, float old, float b) {
  switch (operation) {
  case Min:
    return old != old ? b : b != b ? old : std::min(old, b);
  case Max:
    return old != old ? b : b != b ? old : std::max(old, b);
  default:
    return canonical(old + b);
  }
}

uint16_t halves(Type type, Operation operation, uint16_t old, uint16_t b) {
  if (operation == Exch)
    return b;
  if (type == Type::F16 || type == Type::F16x2)
    return floatToHalf(floating(operation, halfToFloat(old), halfToFloat(b)));
  return floatToBfloat(floating(operation, bfloatToFloat(old), bfloatToFloat(b)));
}

} // namespace

uint64_t combine(Type type, AtomicOperation operation, uint64_t old, uint64_t b, uint64_t c) {
  if (operation == Exch)
    return b;
  switch (type) {
  case Type::S32:
    return static_cast<uint32_t>(
        integer<int32_t>(operation, static_cast<int32_t>(old), static_cast<int32_t>(b), static_cast<int32_t>(c)));
  case Type::S64:
    return static_cast<uint64_t>(
        integer<int64_t>(operation, static_cast<int64_t>(old), static_cast<int64_t>(b), static_cast<int64_t>(c)));
  case Type::B16:
  case Type::U16:
    return integer<uint16_t>(operation, static_cast<uint16_t>(old), static_cast<uint16_t>(b), static_cast<uint16_t>(c));
  case Type::U32:
  case Type::B32:
    return integer<uint32_t>(operation, static_cast<uint32_t>(old), static_cast<uint32_t>(b), static_cast<uint32_t>(c));
  case Type::U64:
  case Type::B64:
    return integer<uint64_t>(operation, old, b, c);
  case Type::F32:
    return bitsOf(floating(operation, floatOf(static_cast<uint32_t>(old)), floatOf(static_cast<uint32_t>(b))));
  case Type::F64:
    return std::bit_cast<uint64_t>(std::bit_cast<double>(old) + std::bit_cast<double>(b));
  case Type::F16:
  case Type::BF16:
    return halves(type, operation, static_cast<uint16_t>(old), static_cast<uint16_t>(b));
  case Type::F16x2:
  case Type::BF16x2:
    return halves(type, operation, static_cast<uint16_t>(old), static_cast<uint16_t>(b)) |
           uint32_t(halves(type, operation, static_cast<uint16_t>(old >> 16), static_cast<uint16_t>(b >> 16))) << 16;
  default:
    return old;
  }
}

namespace {

uint32_t flushedSum(uint32_t old, uint32_t b) {
  return bitsOf(canonical(flush(flush(floatOf(old)) + flush(floatOf(b)))));
}

template <typename T> void reduceOne(char *place, Type type, Operation operation, uint64_t b) {
  const bool flushes = type == Type::F32 && operation == Add;
  const auto wanted = [&](T old) {
    return static_cast<T>(flushes ? flushedSum(static_cast<uint32_t>(old), static_cast<uint32_t>(b))
                                  : combine(type, operation, old, b));
  };
  T *target = reinterpret_cast<T *>(place);
  T old = __atomic_load_n(target, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(target, &old, wanted(old), false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
  }
}

} // namespace

void reduceAt(char *place, Type type, AtomicOperation operation, uint64_t b) {
  switch (ptx::bits(type)) {
  case 16:
    return reduceOne<uint16_t>(place, type, operation, b);
  case 32:
    return reduceOne<uint32_t>(place, type, operation, b);
  default:
    return reduceOne<uint64_t>(place, type, operation, b);
  }
}

namespace {

/// `flushes`: an addition of f32 in global memory.
template <typename T>
T update(Warp &warp, uint64_t host, Type type, Operation operation, T b, T c, bool flushes = false) {
  T *place = reinterpret_cast<T *>(host);
  T old = __atomic_load_n(place, __ATOMIC_RELAXED);
  while (true) {
    const T wanted = static_cast<T>(flushes ? flushedSum(static_cast<uint32_t>(old), static_cast<uint32_t>(b))
                                            : combine(type, operation, old, b, c));
    warp.wrote |= wanted != old;
    if (wanted == old && operation != Exch)
      return old;
    if (__atomic_compare_exchange_n(place, &old, wanted, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
      return old;
  }
}

Operation operationOf(const Instr &instr) { return static_cast<Operation>(instr.target); }
Type typeOf(const Instr &instr) { return static_cast<Type>(instr.other); }

/// The lanes whose additions of f32 flush subnormals: those on global memory. Shared memory keeps them.
uint32_t flushingLanes(const Warp &warp, const Instr &instr) {
  if (typeOf(instr) != Type::F32 || operationOf(instr) != Operation::Add || instr.space == Space::Shared)
    return 0;
  if (instr.space != Space::Generic)
    return AllLanes;
  Lanes64 a;
  computeAddresses(warp, instr, 0, a);
  uint32_t lanes = 0;
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    lanes |= uint32_t(a.lane[lane] - SharedWindow >= WindowSize) << lane;
  return lanes;
}

/// list: results (if `hasResult`), then sources, `count` of each. op[2], for cas the third source.
template <typename T, bool HasResult> void atomic(Warp &warp, const Instr &instr) {
  Lanes64 a;
  const unsigned n = instr.count;
  if (!resolve(warp, instr, 0, instr.space, sizeof(T) * n, AccessKind::Atomic, a))
    return;
  const Operation operation = operationOf(instr);
  const Type type = typeOf(instr);
  const Ref *results = instr.list, *sources = instr.list + (HasResult ? n : 0);
  const T *c = instr.op[2] == NoRef ? nullptr : in<T>(warp, instr.op[2]);
  const uint32_t flushing = flushingLanes(warp, instr);
  const bool wrote = std::exchange(warp.wrote, false);
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    T old[8], values[8];
    for (unsigned i = 0; i < n; ++i)
      values[i] = in<T>(warp, sources[i])[lane];
    for (unsigned i = 0; i < n; ++i)
      old[i] = update<T>(warp, a.lane[lane] + i * sizeof(T), type, operation, values[i], c ? c[lane] : T(0),
                         flushing >> lane & 1);
    if (HasResult)
      for (unsigned i = 0; i < n; ++i)
        out<T>(warp, results[i])[lane] = old[i];
  }
  warp.polls = warp.wrote ? 0 : warp.polls + 1;
  warp.wrote |= wrote;
}

struct Wide128 {
  uint64_t low, high;
  bool operator==(const Wide128 &) const = default;
};

/// Hosts need not have a 128-bit compare-and-swap; these are rare, one lock does.
template <bool HasResult> void atomic128(Warp &warp, const Instr &instr) {
  static std::mutex lock;
  Lanes64 a;
  if (!resolve(warp, instr, 0, instr.space, sizeof(Wide128), AccessKind::Atomic, a))
    return;
  const Wide128 *b = in<Wide128>(warp, instr.list[HasResult ? 1 : 0]);
  const Wide128 *c = instr.op[2] == NoRef ? nullptr : in<Wide128>(warp, instr.op[2]);
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const std::lock_guard guard(lock);
    Wide128 old;
    auto *place = reinterpret_cast<Wide128 *>(a.lane[lane]);
    std::memcpy(&old, place, sizeof old);
    if (!c)
      std::memcpy(place, &b[lane], sizeof old);
    else if (old == b[lane])
      std::memcpy(place, &c[lane], sizeof old);
    if (HasResult)
      out<Wide128>(warp, instr.list[0])[lane] = old;
  }
}

bool isKnown(Operation operation, Type type) {
  const unsigned bits = ptx::bits(type);
  switch (type) {
  case Type::B16:
    return operation == Cas;
  case Type::B128:
    return operation == Cas || operation == Exch;
  case Type::F32:
  case Type::F64:
    return operation == Add;
  case Type::F16:
  case Type::BF16:
  case Type::F16x2:
  case Type::BF16x2:
    return operation == Add || operation == Min || operation == Max;
  default:
    if (operation == Inc || operation == Dec)
      return type == Type::U32;
    return bits == 32 || bits == 64;
  }
}

} // namespace

bool common::decodeAtomic(Decoder &d) {
  const bool hasResult = d.root() == "atom";
  if (d.take("async"))
    return !hasResult && decodeReduceAsync(d);
  bool waits = false, policy = false;
  takeMemoryModifiers(d, waits, policy);
  d.instr.ordering |= StrongAccess;
  const Space space = takeSpace(d);
  const int operation = d.takeOneOf({"and", "or", "xor", "cas", "exch", "add", "inc", "dec", "min", "max"});
  d.take("noftz");
  const int vector = d.takeOneOf({"v2", "v4", "v8"});
  const unsigned n = vector < 0 ? 1 : 2u << vector;
  const Type type = d.takeType();
  if (operation < 0 || !isKnown(static_cast<Operation>(operation), type))
    return false;
  if (vector >= 0 && (!ptx::isFloat(type) || type == Type::F64))
    return false;
  const bool isCas = static_cast<Operation>(operation) == Cas;
  const unsigned first = hasResult ? 1 : 0, wanted = first + (isCas ? 3 : 2) + (policy ? 1 : 0);
  if (d.operandCount() != wanted)
    return d.done(wanted);
  d.instr.kind = space == Space::Shared ? Kind::Faulting : Kind::GlobalWrite;
  d.instr.spins = true;
  d.instr.count = static_cast<uint8_t>(n);
  d.instr.target = static_cast<uint32_t>(operation);
  d.instr.other = static_cast<uint32_t>(type);
  if (!d.address(d.operand(first), 0, space))
    return false;
  if (hasResult && !d.gatherDefinitions(d.operand(0), n, storageBits(type)))
    return false;
  if (!d.gatherUses(d.operand(first + 1), n, type))
    return false;
  if (isCas)
    d.instr.op[2] = d.use(first + 2, type);
  switch (storageBits(type)) {
  case 16:
    d.instr.exec = hasResult ? atomic<uint16_t, true> : atomic<uint16_t, false>;
    break;
  case 32:
    d.instr.exec = hasResult ? atomic<uint32_t, true> : atomic<uint32_t, false>;
    break;
  case 64:
    d.instr.exec = hasResult ? atomic<uint64_t, true> : atomic<uint64_t, false>;
    break;
  default:
    d.instr.exec = hasResult ? atomic128<true> : atomic128<false>;
  }
  return d.done(wanted);
}

} // namespace tessera::sim
