//===- ExecMemory.cpp - ld and st -----------------------------------------===//
//
// Loads and stores of every width, vector and space. Cache operators, eviction priorities and policies change nothing
// here.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/CommonFamilies.h"
#include "runtime/simulator/Families.h"
#include "runtime/simulator/Lanes.h"

namespace tessera::sim::TESSERA_SIM_ISA {

using ptx::Operand;
using ptx::Space;
using ptx::Type;

namespace {

struct Wide128 {
  uint64_t low, high;
};

template <typename M, typename R> [[gnu::always_inline]] inline R widened(M value) { return static_cast<R>(value); }

/// Calls f(lane) for the lanes of the mask.
template <typename F> [[gnu::always_inline]] inline void forLanes(uint32_t mask, F f) {
  if (mask == AllLanes) {
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      f(lane);
    return;
  }
  for (; mask; mask &= mask - 1)
    f(static_cast<unsigned>(std::countr_zero(mask)));
}

/// M: type in memory; R: register. Smaller values are extended as M says.
template <typename M, typename R, unsigned N> void load(Warp &warp, const Instr &instr) {
  Lanes64 a;
  if (!resolve(warp, instr, 0, instr.space, sizeof(M) * N, AccessKind::Read, a))
    return;
  warp.ahead |= instr.space == Space::Global || instr.space == Space::Generic;
  R *d[N];
  for (unsigned i = 0; i < N; ++i)
    d[i] = out<R>(warp, instr.list[i]);
  forLanes(warp.mask, [&](unsigned lane) {
    M values[N];
    std::memcpy(values, reinterpret_cast<const void *>(a.lane[lane]), sizeof values);
    for (unsigned i = 0; i < N; ++i)
      d[i][lane] = widened<M, R>(values[i]);
  });
}

template <typename M, typename R, unsigned N> void storeValues(Warp &warp, const Instr &instr) {
  Lanes64 a;
  if (!resolve(warp, instr, 0, instr.space, sizeof(M) * N, AccessKind::Write, a))
    return;
  if (instr.space != Space::Shared)
    warp.polls = 0;
  const R *s[N];
  for (unsigned i = 0; i < N; ++i)
    s[i] = in<R>(warp, instr.list[i]);
  forLanes(warp.mask, [&](unsigned lane) {
    M values[N];
    for (unsigned i = 0; i < N; ++i)
      values[i] = static_cast<M>(s[i][lane]);
    std::memcpy(reinterpret_cast<void *>(a.lane[lane]), values, sizeof values);
  });
}

/// A kernel parameter by name: the same for all lanes.
template <typename M, typename R, unsigned N> void loadParameter(Warp &warp, const Instr &instr) {
  const Launch &launch = *warp.cta->launch;
  const uint32_t size = launch.kernel->parameterBytes;
  if (N * sizeof(M) > size || static_cast<uint64_t>(instr.imm) > size - N * sizeof(M)) {
    fault(warp, ErrorKind::OutOfBounds, warp.mask, static_cast<uint64_t>(instr.imm),
          "parameter load of " + std::to_string(N * sizeof(M)) + " bytes at offset " + std::to_string(instr.imm) +
              ": the kernel's parameters take " + std::to_string(size) + " bytes");
    return;
  }
  for (unsigned i = 0; i < N; ++i) {
    M value;
    std::memcpy(&value, launch.parameters.data() + instr.imm + i * sizeof(M), sizeof value);
    const R wide = widened<M, R>(value);
    store<R>(warp.mask, out<R>(warp, instr.list[i]), [=](unsigned) { return wide; });
  }
}

struct Executors {
  Exec load, store, parameter;
};

template <typename M, typename R> Executors pick(unsigned n) {
  switch (n) {
  case 1:
    return {load<M, R, 1>, storeValues<M, R, 1>, loadParameter<M, R, 1>};
  case 2:
    return {load<M, R, 2>, storeValues<M, R, 2>, loadParameter<M, R, 2>};
  case 4:
    return {load<M, R, 4>, storeValues<M, R, 4>, loadParameter<M, R, 4>};
  case 8:
    return {load<M, R, 8>, storeValues<M, R, 8>, loadParameter<M, R, 8>};
  default:
    return {};
  }
}

template <typename M> Executors pickRegister(unsigned registerBits, unsigned n) {
  switch (registerBits) {
  case 16:
    if constexpr (sizeof(M) <= 2)
      return pick<M, uint16_t>(n);
    return {};
  case 32:
    if constexpr (sizeof(M) <= 4)
      return pick<M, uint32_t>(n);
    return {};
  case 64:
    return pick<M, uint64_t>(n);
  default:
    return {};
  }
}

Executors pickForm(Type type, unsigned registerBits, unsigned n) {
  const bool isSigned = ptx::isSigned(type);
  switch (ptx::bits(type)) {
  case 8:
    return isSigned ? pickRegister<int8_t>(registerBits, n) : pickRegister<uint8_t>(registerBits, n);
  case 16:
    return isSigned ? pickRegister<int16_t>(registerBits, n) : pickRegister<uint16_t>(registerBits, n);
  case 32:
    return isSigned ? pickRegister<int32_t>(registerBits, n) : pickRegister<uint32_t>(registerBits, n);
  case 64:
    return pickRegister<uint64_t>(registerBits, n);
  case 128:
    if (n == 1)
      return {load<Wide128, Wide128, 1>, storeValues<Wide128, Wide128, 1>, loadParameter<Wide128, Wide128, 1>};
    return {};
  default:
    return {};
  }
}

/// Registers of one vector have one width; immediates and `_` adapt.
unsigned registerBits(Decoder &d, const Operand &values, unsigned n, Type type) {
  for (unsigned i = 0; i < n; ++i) {
    const Operand &value = values.kind == Operand::Vector ? d.element(values, i < values.count ? i : 0) : values;
    if (const unsigned width = d.widthOf(value))
      return width;
  }
  return storageBits(type);
}

struct AccessForm {
  Space space;
  Type type;
  unsigned n = 1;
  bool policy = false;
};

bool takeForm(Decoder &d, AccessForm &form) {
  bool waits = false;
  takeMemoryModifiers(d, waits, form.policy);
  form.space = takeSpace(d);
  d.instr.spins = waits;
  const int vector = d.takeOneOf({"v2", "v4", "v8"});
  form.n = vector < 0 ? 1 : 2u << vector;
  form.type = d.takeType();
  return form.type != Type::None && form.type != Type::Pred;
}

} // namespace

bool decodeLoad(Decoder &d) {
  AccessForm form;
  if (!takeForm(d, form))
    return false;
  if (d.operandCount() < 2)
    return d.done(2);
  if (!d.address(d.operand(1), 0, form.space))
    return false;
  const unsigned width = registerBits(d, d.operand(0), form.n, form.type);
  if (!d.gatherDefinitions(d.operand(0), form.n, ptx::bits(form.type), true))
    return false;
  const Executors executors = pickForm(form.type, width, form.n);
  const bool parameter = d.instr.flags & AddressKernelParameter;
  d.instr.exec = parameter ? executors.parameter : executors.load;
  d.instr.kind = Kind::Faulting;
  return d.done(form.policy ? 3 : 2);
}

bool decodeStore(Decoder &d) {
  if (d.take("async"))
    return sim::common::decodeStoreAsync(d);
  AccessForm form;
  if (!takeForm(d, form))
    return false;
  if (d.operandCount() < 2)
    return d.done(2);
  if (!d.address(d.operand(0), 0, form.space))
    return false;
  d.instr.spins = false;
  const unsigned width = registerBits(d, d.operand(1), form.n, form.type);
  const Type read = width > storageBits(form.type) ? (width == 64   ? Type::B64
                                                      : width == 32 ? Type::B32
                                                                    : Type::B128)
                                                   : form.type;
  if (!d.gatherUses(d.operand(1), form.n, read))
    return false;
  d.instr.exec = pickForm(form.type, width, form.n).store;
  d.instr.stores = StoredValues::List;
  d.instr.bytes = static_cast<uint8_t>(ptx::bits(form.type) / 8);
  d.instr.count = static_cast<uint8_t>(form.n);
  d.instr.target = width;
  d.instr.kind = form.space == Space::Global || form.space == Space::Generic ? Kind::GlobalWrite : Kind::Faulting;
  return d.done(form.policy ? 3 : 2);
}

} // namespace tessera::sim::TESSERA_SIM_ISA
