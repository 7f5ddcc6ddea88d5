//===- AsyncQueue.cpp - Operations in flight ------------------------------===//
//
// See the header for when operations end; what they then do to memory is in AsyncData.cpp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Async.h"

#include <algorithm>

namespace tessera::sim {

namespace {

std::string blockText(const Cta &cta) {
  return "block (" + std::to_string(cta.index.x) + ", " + std::to_string(cta.index.y) + ", " +
         std::to_string(cta.index.z) + ")";
}

} // namespace

void fault(const Issuer &issuer, ErrorKind kind, uint64_t address, std::string message) {
  faultAt(*issuer.warp, *issuer.code, issuer.pc, kind, issuer.lane, address, std::move(message));
}

void AsyncQueue::start(uint64_t seed) {
  count = unfinished = 0;
  state = seed;
  staleMaps.clear();
}

/// splitmix64.
uint64_t AsyncQueue::draw() {
  uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

AsyncOperation &AsyncQueue::make(Warp &warp, unsigned lane, AsyncOperation::Kind kind) {
  if (count == pool.size())
    pool.push_back(std::make_unique<AsyncOperation>());
  AsyncOperation &operation = *pool[count];
  operation.kind = kind;
  operation.hasRead = operation.isDone = false;
  operation.issuer = Issuer(warp, lane);
  operation.group = warp.bulkGroup[lane];
  operation.bytes = operation.elements = 0;
  operation.target = operation.barrier = {};
  operation.ticket = 0;
  return operation;
}

bool AsyncQueue::begin(AsyncOperation &operation, std::span<const AsyncRange> ranges) {
  Warp &warp = *operation.issuer.warp;
  warp.wrote = true;
  for (const AsyncRange &range : ranges)
    if (const Mbarrier *over = range.writes ? range.cta->mbarriers.overlapping(range.begin, range.end) : nullptr) {
      fault(operation.issuer, ErrorKind::MbarrierMisuse, over->address,
            "this operation writes over the mbarrier at " + describeShared(*range.cta->launch, over->address) +
                ", which was not invalidated");
      return false;
    }
  if (operation.tellsMbarrier()) {
    Mbarrier *barrier = mbarrierAt(operation.issuer, operation.barrier);
    if (!barrier)
      return false;
    operation.phase = barrier->phase;
    ++barrier->inFlight;
  }
  if (Order *order = warp.cta->order; order && !ranges.empty()) {
    // st.async and red.async are of the generic proxy, as cp.async is.
    const bool generic = operation.kind == AsyncOperation::StoreValue || operation.kind == AsyncOperation::ReduceValue;
    const auto agent = generic ? AsyncAgent::Copy : AsyncAgent::Bulk;
    operation.ticket = order->begin(warp, agent, ranges);
    if (warp.faulted)
      return false;
  }
  ++count;
  ++unfinished;
  return true;
}

void AsyncQueue::retire(size_t position) {
  std::swap(pool[position], pool[count - 1]);
  --count;
}

/// The mbarrier hears of the operation's bytes.
bool AsyncQueue::tell(AsyncOperation &operation) {
  Mbarrier *barrier = mbarrierAt(operation.issuer, operation.barrier);
  if (!barrier)
    return false;
  --barrier->inFlight;
  if (barrier->phase != operation.phase) {
    const bool before = barrier->phase == operation.phase + 1;
    fault(operation.issuer, ErrorKind::MbarrierMisuse, operation.barrier.address,
          std::to_string(operation.bytes) + " bytes of this operation reach the mbarrier at " +
              describeShared(*operation.barrier.cta->launch, operation.barrier.address) + " in its phase " +
              std::to_string(barrier->phase) + ", but it was issued in phase " + std::to_string(operation.phase) +
              (before ? ", which expected " + std::to_string(barrier->announcedBefore) + " bytes and ended with " +
                            std::to_string(barrier->arrivedBefore)
                      : std::string(", which ended without them")) +
              ": expect_tx is missing or too small");
    return false;
  }
  Order *order = operation.issuer.warp->cta->order;
  if (order && operation.ticket)
    order->end(operation.ticket, barrier->point());
  std::string wrong = operation.kind == AsyncOperation::CopiesArrive ? barrier->arrive(operation.elements)
                                                                     : barrier->bring(operation.bytes);
  if (!wrong.empty()) {
    fault(operation.issuer, ErrorKind::MbarrierMisuse, operation.barrier.address, std::move(wrong));
    return false;
  }
  mirror(operation.barrier, *barrier);
  return true;
}

bool AsyncQueue::end(AsyncOperation &operation) {
  operation.isDone = true;
  --unfinished;
  if (operation.tellsMbarrier() && !operation.target.cta->active) {
    fault(operation.issuer, ErrorKind::InvalidInstruction, operation.target.address,
          "this operation writes shared memory of " + blockText(*operation.target.cta) +
              " of the cluster, which has exited");
    return false;
  }
  return carryOut(operation) && (!operation.tellsMbarrier() || tell(operation));
}

AsyncQueue::Outcome AsyncQueue::endOne() {
  eligible.clear();
  for (size_t i = 0; i < count; ++i)
    if (!pool[i]->isDone && pool[i]->tellsMbarrier())
      eligible.push_back(i);
  if (eligible.empty())
    for (size_t i = 0; i < count; ++i)
      if (!pool[i]->isDone)
        eligible.push_back(i);
  if (eligible.empty())
    return Outcome::None;
  const size_t chosen = eligible[draw() % eligible.size()];
  AsyncOperation &operation = *pool[chosen];
  if (!end(operation))
    return Outcome::Failed;
  // One of a bulk group stays in view of the order's checks until its thread waits for it.
  if (operation.tellsMbarrier() || !operation.ticket)
    retire(chosen);
  return Outcome::Completed;
}

bool AsyncQueue::waitGroups(Warp &warp, uint32_t lanes, uint32_t keep, bool readsOnly) {
  const auto waitedFor = [&](const AsyncOperation &operation) {
    return !operation.tellsMbarrier() && operation.issuer.warp == &warp && (lanes >> operation.issuer.lane & 1) &&
           operation.group + keep < warp.bulkGroup[operation.issuer.lane];
  };
  Order *order = warp.cta->order;
  if (readsOnly) {
    for (size_t i = 0; i < count; ++i) {
      AsyncOperation &operation = *pool[i];
      if (!waitedFor(operation))
        continue;
      if (!operation.isDone)
        readSources(operation);
      if (order && operation.ticket)
        order->readsDone(operation.ticket, warp);
    }
    return true;
  }
  while (true) {
    eligible.clear();
    for (size_t i = 0; i < count; ++i)
      if (waitedFor(*pool[i]))
        eligible.push_back(i);
    if (eligible.empty())
      return true;
    const size_t chosen = eligible[draw() % eligible.size()];
    AsyncOperation &operation = *pool[chosen];
    if (!operation.isDone && !end(operation))
      return false;
    if (order && operation.ticket)
      order->end(operation.ticket, warp);
    retire(chosen);
  }
}

bool AsyncQueue::endBlock(Cta &cta) {
  for (size_t i = 0; i < count;) {
    AsyncOperation &operation = *pool[i];
    const bool issued = operation.issuer.warp->cta == &cta;
    const bool enters = operation.tellsMbarrier() && operation.target.cta == &cta;
    if (operation.kind == AsyncOperation::CopiesArrive && issued) { // nobody is left to care
      operation.isDone = true;
      --unfinished;
      retire(i);
      continue;
    }
    if (enters) {
      fault(operation.issuer, ErrorKind::AsyncHazard, operation.target.address,
            blockText(cta) + " exits while this operation is still in flight into its shared memory: nobody waited "
                             "for the mbarrier that is told of its end, or that expects too few bytes");
      return false;
    }
    const bool readsShared =
        operation.kind == AsyncOperation::SharedCopy || operation.kind == AsyncOperation::SharedReduce;
    if (!issued || (operation.tellsMbarrier() && !readsShared)) {
      ++i;
      continue;
    }
    if (!operation.isDone && !end(operation))
      return false;
    if (Order *order = cta.order; order && operation.ticket && !operation.tellsMbarrier())
      order->end(operation.ticket, *operation.issuer.warp);
    retire(i);
  }
  return true;
}

void AsyncQueue::mapChanged(uint64_t address) {
  if (!isStale(address))
    staleMaps.push_back(address);
}
void AsyncQueue::mapFenced(uint64_t address) { std::erase(staleMaps, address); }
bool AsyncQueue::isStale(uint64_t address) const {
  return std::find(staleMaps.begin(), staleMaps.end(), address) != staleMaps.end();
}

} // namespace tessera::sim
