//===- Bulk.cpp - cp.async.bulk, cp.reduce.async.bulk, st.async, red.async --===//
//
// Copies of stretches of memory, issued by one thread each:
//
//   cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes       [to], [from], size, [mbarrier]
//   cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes  [to], [from], size, [mbarrier]
//   cp.async.bulk.global.shared::cta.bulk_group                             [to], [from], size
//
// with .multicast::cluster as one operation for each CTA of the mask; cp.reduce.async.bulk in the latter two forms.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Async.h"
#include "runtime/simulator/CommonFamilies.h"
#include "runtime/simulator/Count.h"

#include <bit>

namespace tessera::sim {

using namespace common;
using ptx::Operand;
using ptx::Space;
using ptx::Type;

namespace {

constexpr unsigned BulkAlignment = 16;

/// What `target` of a bulk instruction packs: operation and type of a reduction.
uint32_t packReduction(AtomicOperation operation, Type type) {
  return static_cast<uint32_t>(operation) << 8 | static_cast<uint32_t>(type);
}
void unpackReduction(uint32_t packed, AsyncOperation &operation) {
  operation.operation = static_cast<AtomicOperation>(packed >> 8);
  operation.type = static_cast<Type>(packed & 0xFF);
}

bool checkSize(Warp &warp, unsigned lane, uint32_t bytes) {
  if (bytes % BulkAlignment == 0)
    return true;
  fault(warp, ErrorKind::InvalidInstruction, 1u << lane, 0,
        "bulk copy of " + std::to_string(bytes) + " bytes: expected a multiple of " + std::to_string(BulkAlignment));
  return false;
}

/// The mbarrier must lie where the data goes.
bool sameBlock(Warp &warp, unsigned lane, const SharedPlace &target, const SharedPlace &barrier) {
  if (target.cta == barrier.cta)
    return true;
  fault(warp, ErrorKind::InvalidInstruction, 1u << lane, barrier.address,
        "the destination is in block " + std::to_string(target.cta->rank) + " of the cluster, the mbarrier in block " +
            std::to_string(barrier.cta->rank) + ": expected both in the same");
  return false;
}

AsyncRange written(const SharedPlace &place, uint64_t bytes, bool reduces = false) {
  return {place.cta, place.address, static_cast<uint32_t>(place.address + bytes), true, reduces};
}

/// Global → shared of one CTA or, by multicast, of several.
/// op, slots: 0 target, 1 source, 2 mbarrier; op: 3 size, 4 mask of CTAs.
void bulkLoad(Warp &warp, const Instr &instr) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const uint32_t bytes = in<uint32_t>(warp, instr.op[3])[lane];
    const uint64_t global = addressAt(warp, instr, 1, lane);
    SharedPlace target, barrier;
    if (!checkSize(warp, lane, bytes) ||
        !sharedPlace(warp, lane, addressAt(warp, instr, 0, lane), false, bytes, BulkAlignment,
                     "bulk copy into shared memory", target) ||
        !globalRange(warp, lane, global, bytes, BulkAlignment, "bulk copy out of global memory") ||
        !sharedPlace(warp, lane, addressAt(warp, instr, 2, lane), false, MbarrierBytes, MbarrierBytes, "mbarrier",
                     barrier) ||
        !sameBlock(warp, lane, target, barrier))
      return;
    countTransfer(warp, global, bytes, true, false);
    const bool done = forEachTarget(warp, instr, lane, target, barrier, bytes, [&](SharedPlace to, SharedPlace told) {
      AsyncOperation &operation = warp.cta->async->make(warp, lane, AsyncOperation::Load);
      operation.bytes = bytes;
      operation.target = to;
      operation.global = global;
      operation.barrier = told;
      const AsyncRange range = written(to, bytes);
      return warp.cta->async->begin(operation, {&range, 1});
    });
    if (!done)
      return;
  }
}

/// Shared → shared of another CTA. The same slots.
void bulkMove(Warp &warp, const Instr &instr) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const uint32_t bytes = in<uint32_t>(warp, instr.op[3])[lane];
    SharedPlace target, source, barrier;
    if (!checkSize(warp, lane, bytes) ||
        !sharedPlace(warp, lane, addressAt(warp, instr, 0, lane), false, bytes, BulkAlignment,
                     "bulk copy into shared memory", target) ||
        !sharedPlace(warp, lane, addressAt(warp, instr, 1, lane), false, bytes, BulkAlignment,
                     "bulk copy out of shared memory", source) ||
        !sharedPlace(warp, lane, addressAt(warp, instr, 2, lane), false, MbarrierBytes, MbarrierBytes, "mbarrier",
                     barrier) ||
        !sameBlock(warp, lane, target, barrier) || !ownBlock(warp, lane, source, "bulk copy"))
      return;
    const bool reduces = instr.target != 0;
    AsyncOperation &operation =
        warp.cta->async->make(warp, lane, reduces ? AsyncOperation::SharedReduce : AsyncOperation::SharedCopy);
    if (reduces)
      unpackReduction(instr.target, operation);
    operation.bytes = bytes;
    operation.target = target;
    operation.source = source.address;
    operation.barrier = barrier;
    const AsyncRange ranges[] = {written(target, bytes, reduces),
                                 {source.cta, source.address, source.address + bytes, false}};
    if (!warp.cta->async->begin(operation, ranges))
      return;
  }
}

/// Shared → global. Slots: 0 target, 1 source; op: 3 size.
void bulkStore(Warp &warp, const Instr &instr) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const uint32_t bytes = in<uint32_t>(warp, instr.op[3])[lane];
    const uint64_t global = addressAt(warp, instr, 0, lane);
    SharedPlace source;
    if (!checkSize(warp, lane, bytes) ||
        !globalRange(warp, lane, global, bytes, BulkAlignment, "bulk copy into global memory") ||
        !sharedPlace(warp, lane, addressAt(warp, instr, 1, lane), false, bytes, BulkAlignment,
                     "bulk copy out of shared memory", source) ||
        !ownBlock(warp, lane, source, "bulk copy"))
      return;
    const bool reduces = instr.target != 0;
    countTransfer(warp, global, bytes, reduces, true);
    AsyncOperation &operation =
        warp.cta->async->make(warp, lane, reduces ? AsyncOperation::Reduce : AsyncOperation::Store);
    if (reduces)
      unpackReduction(instr.target, operation);
    operation.bytes = bytes;
    operation.global = global;
    operation.source = source.address;
    const AsyncRange range{source.cta, source.address, source.address + bytes, false};
    if (!warp.cta->async->begin(operation, {&range, 1}))
      return;
  }
}

/// Slot 0: source; op: 3 size.
void bulkPrefetch(Warp &warp, const Instr &instr) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const uint32_t bytes = in<uint32_t>(warp, instr.op[3])[lane];
    if (!checkSize(warp, lane, bytes) || !globalRange(warp, lane, addressAt(warp, instr, 0, lane), bytes, BulkAlignment,
                                                      "bulk prefetch of global memory"))
      return;
  }
}

/// st.async and red.async; `bytes`: addresses are generic. Slots: 0 target, 1 mbarrier; list: then the values.
void storeAsync(Warp &warp, const Instr &instr) {
  const auto type = static_cast<Type>(instr.target & 0xFF);
  const unsigned element = ptx::bits(type) / 8, n = instr.count;
  const bool reduces = instr.other != 0;
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    SharedPlace target, barrier;
    if (!sharedPlace(warp, lane, addressAt(warp, instr, 0, lane), instr.bytes, element * n, element * n,
                     reduces ? "asynchronous reduction in shared memory" : "asynchronous store into shared memory",
                     target) ||
        !sharedPlace(warp, lane, addressAt(warp, instr, 1, lane), instr.bytes, MbarrierBytes, MbarrierBytes, "mbarrier",
                     barrier) ||
        !sameBlock(warp, lane, target, barrier))
      return;
    AsyncOperation &operation =
        warp.cta->async->make(warp, lane, reduces ? AsyncOperation::ReduceValue : AsyncOperation::StoreValue);
    unpackReduction(instr.target, operation);
    operation.bytes = element * n;
    operation.elements = n;
    operation.target = target;
    operation.barrier = barrier;
    for (unsigned i = 0; i < n; ++i)
      operation.values[i] =
          element == 8 ? in<uint64_t>(warp, instr.list[2 + i])[lane] : in<uint32_t>(warp, instr.list[2 + i])[lane];
    const AsyncRange range = written(target, operation.bytes, reduces);
    if (!warp.cta->async->begin(operation, {&range, 1}))
      return;
  }
}

void commitBulk(Warp &warp, const Instr &) {
  for (uint32_t m = warp.mask; m; m &= m - 1)
    ++warp.bulkGroup[std::countr_zero(m)];
}
void waitBulk(Warp &warp, const Instr &instr) {
  warp.cta->async->waitGroups(warp, warp.mask, static_cast<uint32_t>(instr.imm), instr.flags != 0);
}

// ---- Decoding -------------------------------------------------------------------------------------------------------

bool decodeBulkWait(Decoder &d) {
  d.instr.flags = d.take("read");
  if (d.operandCount() != 1 || d.operand(0).kind != Operand::Immediate)
    return d.fail("expected an immediate in 'cp.async.bulk.wait_group'");
  d.instr.imm = d.operand(0).value;
  d.instr.kind = Kind::Faulting;
  d.instr.exec = waitBulk;
  return d.done(1);
}

/// The operation and type of cp.reduce.async.bulk; 0 where the pair is not one it knows.
uint32_t takeReduction(Decoder &d, bool toGlobal) {
  const int operation = d.takeOneOf({"and", "or", "xor", "cas", "exch", "add", "inc", "dec", "min", "max"});
  const bool noFlush = d.take("noftz");
  const Type type = d.takeType();
  if (operation < 0 || !isBulkReduction(static_cast<AtomicOperation>(operation), type, toGlobal))
    return 0;
  const bool half = type == Type::F16 || type == Type::BF16;
  if (noFlush != (half && operation == static_cast<int>(AtomicOperation::Add)))
    return 0;
  return packReduction(static_cast<AtomicOperation>(operation), type);
}

} // namespace

bool isBulkReduction(AtomicOperation operation, Type type, bool toGlobal) {
  const bool wide = type == Type::U64 || type == Type::S64 || type == Type::B64;
  switch (operation) {
  case AtomicOperation::And:
  case AtomicOperation::Or:
  case AtomicOperation::Xor:
    return type == Type::B32 || (toGlobal && wide && type == Type::B64);
  case AtomicOperation::Inc:
  case AtomicOperation::Dec:
    return type == Type::U32;
  case AtomicOperation::Add:
    return type == Type::U32 || type == Type::S32 || type == Type::U64 ||
           (toGlobal && (type == Type::F16 || type == Type::BF16 || type == Type::F32 || type == Type::F64));
  case AtomicOperation::Min:
  case AtomicOperation::Max:
    return type == Type::U32 || type == Type::S32 ||
           (toGlobal && (wide || type == Type::F16 || type == Type::BF16) && type != Type::B64);
  default:
    return false;
  }
}

bool common::decodeBulk(Decoder &d, bool reduces) {
  if (!reduces && d.take("commit_group")) {
    d.instr.exec = commitBulk;
    return d.done(0);
  }
  if (!reduces && d.take("wait_group"))
    return decodeBulkWait(d);
  const bool prefetches = !reduces && d.take("prefetch");
  if (prefetches && !d.take("L2"))
    return false;
  const bool policy = d.take("L2::cache_hint");
  d.instr.kind = Kind::Faulting;
  if (prefetches) {
    if (!d.take("global") || d.operandCount() < 2)
      return d.done(2, 3);
    if (!gatherAddress(d, d.operand(0), 0, Space::Global))
      return false;
    d.instr.op[3] = d.use(1, Type::U32);
    d.instr.exec = bulkPrefetch;
    return d.done(policy ? 3 : 2);
  }
  const bool cluster = d.take("shared::cluster"), global = d.take("global"), own = d.take("shared::cta");
  const bool tells = d.take("mbarrier::complete_tx::bytes"), groups = d.take("bulk_group");
  const bool multicast = d.take("multicast::cluster");
  const bool load = tells && global && cluster != own && !reduces, move = tells && cluster && own && !global;
  if (!load && !move && !(groups && global && own && !cluster))
    return false;
  if (multicast && !load)
    return false;
  if (reduces && (d.instr.target = takeReduction(d, !tells)) == 0)
    return false;
  const unsigned wanted = (tells ? 4 : 3) + (multicast ? 1 : 0) + (policy ? 1 : 0);
  if (d.operandCount() != wanted)
    return d.done(wanted);
  if (!gatherAddress(d, d.operand(0), 0, tells ? Space::Shared : Space::Global) ||
      !gatherAddress(d, d.operand(1), 1, load ? Space::Global : Space::Shared))
    return false;
  d.instr.op[3] = d.use(2, Type::U32);
  if (tells && !gatherAddress(d, d.operand(3), 2, Space::Shared))
    return false;
  if (multicast)
    d.instr.op[4] = d.use(4, Type::B16);
  d.instr.exec = load ? bulkLoad : tells ? bulkMove : bulkStore;
  return d.done(wanted);
}

/// [to], value, [mbarrier]
static bool finishAsyncStore(Decoder &d, Type type, unsigned n) {
  const bool shared = d.take("shared::cluster");
  if (!d.take("mbarrier::complete_tx::bytes"))
    return false;
  if (d.operandCount() != 3)
    return d.done(3);
  const Space space = shared ? Space::Shared : Space::Generic;
  d.instr.bytes = !shared;
  d.instr.count = static_cast<uint8_t>(n);
  if (!gatherAddress(d, d.operand(0), 0, space) || !gatherAddress(d, d.operand(2), 1, space) ||
      !d.gatherUses(d.operand(1), n, type))
    return false;
  d.instr.kind = Kind::Faulting;
  d.instr.exec = storeAsync;
  return d.done(3);
}

bool common::decodeStoreAsync(Decoder &d) {
  d.take("weak");
  const int vector = d.takeOneOf({"v2", "v4"});
  const unsigned n = vector < 0 ? 1 : 2u << vector;
  const Type type = d.takeType();
  const unsigned bits = ptx::bits(type);
  if ((bits != 32 && bits != 64) || n * bits > 128)
    return false;
  d.instr.target = static_cast<uint32_t>(type);
  return finishAsyncStore(d, type, n);
}

bool common::decodeReduceAsync(Decoder &d) {
  d.take("relaxed");
  d.take("cluster");
  if ((d.instr.target = takeReduction(d, false)) == 0)
    return false;
  d.instr.other = 1;
  return finishAsyncStore(d, static_cast<Type>(d.instr.target & 0xFF), 1);
}

} // namespace tessera::sim
