//===- AsyncQueue.cpp - Operations in flight ------------------------------===//
//
// See the header for when operations end. Here is what happens when they do.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Async.h"
#include "runtime/simulator/Numbers.h"

#include <algorithm>
#include <bit>

namespace tessera::sim {

using ptx::Type;

namespace {

constexpr unsigned Chunk = 16;

std::string blockText(const Cta &cta) {
  return "block (" + std::to_string(cta.index.x) + ", " + std::to_string(cta.index.y) + ", " +
         std::to_string(cta.index.z) + ")";
}

uint64_t load(const char *from, unsigned bytes) {
  uint64_t value = 0;
  std::memcpy(&value, from, bytes);
  return value;
}

/// What elements outside the tensor read as.
uint64_t fillOf(const TensorDescription &map) {
  if (map.fill == TensorFill::Zero)
    return 0;
  switch (bytesOf(map.element)) {
  case 2:
    return 0x7FFF;
  case 4:
    return 0x7FFFFFFF;
  default:
    return 0x7FFFFFFFFFFFFFFF;
  }
}

/// What a load makes of an f32 on its way: .ftz flushes subnormals, tf32 rounds to 10 bits of fraction, ties to even.
uint32_t converted(TensorElement element, uint32_t bits) {
  constexpr uint32_t Exponent = 0x7F800000, Dropped = 13;
  if ((bits & Exponent) == Exponent)
    return bits;
  if (element != TensorElement::TF32)
    bits = common::bitsOf(common::flush(common::floatOf(bits)));
  if (element == TensorElement::F32Ftz)
    return bits;
  const uint32_t half = (1u << (Dropped - 1)) - 1 + (bits >> Dropped & 1);
  return (bits + half) & ~((1u << Dropped) - 1);
}

/// Where byte `offset` of a box lies whose first is at shared address `base`.
uint32_t swizzled(const TensorDescription &map, uint32_t base, uint32_t offset) {
  const uint32_t address = base + offset;
  return address ^ ((address >> 7 & map.swizzleMask()) << 4);
}

/// Copies one row of a box into shared memory, with what fills the rest.
void loadRow(const AsyncOperation &operation, const TensorTile::Row &row) {
  const TensorDescription &map = operation.tile.map;
  const Cta &cta = *operation.target.cta;
  const Memory &memory = *cta.launch->memory;
  const unsigned element = bytesOf(map.element), rowBytes = map.rowBytes();
  alignas(16) char chunk[Chunk];
  uint8_t written[Chunk];
  const uint64_t fill = fillOf(map);
  for (uint32_t at = 0; at < rowBytes; at += Chunk) {
    const uint32_t to = swizzled(map, operation.target.address, row.offset + at);
    const uint32_t begin = std::clamp(row.begin, at, at + Chunk) - at, end = std::clamp(row.end, at, at + Chunk) - at;
    if (end - begin < Chunk)
      for (unsigned i = 0; i < Chunk; i += element)
        std::memcpy(chunk + i, &fill, element);
    if (begin < end)
      std::memcpy(chunk + begin, reinterpret_cast<const void *>(row.global + at + begin), end - begin);
    if (map.element == TensorElement::F32Ftz || map.element == TensorElement::TF32 ||
        map.element == TensorElement::TF32Ftz)
      for (unsigned i = 0; i < Chunk; i += 4) {
        const uint32_t value = converted(map.element, static_cast<uint32_t>(load(chunk + i, 4)));
        std::memcpy(chunk + i, &value, sizeof value);
      }
    std::memcpy(cta.shared + to, chunk, Chunk);
    if (!cta.sharedShadow)
      continue;
    std::memset(written, 1, sizeof written);
    if (cta.launch->trackGlobal && begin < end)
      std::memcpy(written + begin, memory.shadow(row.global + at + begin), end - begin);
    std::memcpy(cta.sharedShadow + to, written, Chunk);
  }
}

/// Writes one row of a box from the staged bytes, which lie as shared memory did.
void storeRow(const AsyncOperation &operation, const TensorTile::Row &row) {
  const TensorDescription &map = operation.tile.map;
  const Launch &launch = *operation.issuer.warp->cta->launch;
  const unsigned element = bytesOf(map.element);
  for (uint32_t at = row.begin / Chunk * Chunk; at < row.end; at += Chunk) {
    const uint32_t from = swizzled(map, operation.source, row.offset + at) - operation.source;
    const uint32_t begin = std::clamp(row.begin, at, at + Chunk) - at, end = std::clamp(row.end, at, at + Chunk) - at;
    const char *chunk = operation.staged.data() + from;
    char *to = reinterpret_cast<char *>(row.global + at);
    if (operation.kind == AsyncOperation::TensorReduce) {
      for (uint32_t i = begin; i < end; i += element)
        reduceAt(to + i, operation.type, operation.operation, load(chunk + i, element));
    } else {
      std::memcpy(to + begin, chunk + begin, end - begin);
    }
    if (!launch.trackGlobal)
      continue;
    uint8_t *shadow = launch.memory->shadow(row.global + at);
    if (operation.stagedShadow.empty())
      std::memset(shadow + begin, 1, end - begin);
    else
      std::memcpy(shadow + begin, operation.stagedShadow.data() + from + begin, end - begin);
  }
}

void loadBytes(const AsyncOperation &operation) {
  const Cta &cta = *operation.target.cta;
  std::memcpy(cta.shared + operation.target.address, reinterpret_cast<const void *>(operation.global), operation.bytes);
  if (!cta.sharedShadow)
    return;
  uint8_t *shadow = cta.sharedShadow + operation.target.address;
  if (cta.launch->trackGlobal)
    std::memcpy(shadow, cta.launch->memory->shadow(operation.global), operation.bytes);
  else
    std::memset(shadow, 1, operation.bytes);
}

/// Elements of the staged bytes, combined with what is at `to`.
void reduceBytes(const AsyncOperation &operation, char *to) {
  const unsigned element = ptx::bits(operation.type) / 8;
  for (uint32_t i = 0; i < operation.bytes; i += element)
    reduceAt(to + i, operation.type, operation.operation, load(operation.staged.data() + i, element));
}

void storeBytes(const AsyncOperation &operation) {
  const Launch &launch = *operation.issuer.warp->cta->launch;
  char *to = reinterpret_cast<char *>(operation.global);
  if (operation.kind == AsyncOperation::Reduce)
    reduceBytes(operation, to);
  else
    std::memcpy(to, operation.staged.data(), operation.bytes);
  if (!launch.trackGlobal)
    return;
  uint8_t *shadow = launch.memory->shadow(operation.global);
  if (operation.stagedShadow.empty())
    std::memset(shadow, 1, operation.bytes);
  else
    std::memcpy(shadow, operation.stagedShadow.data(), operation.bytes);
}

/// From the shared memory of one CTA to that of another.
void moveBytes(const AsyncOperation &operation) {
  const Cta &cta = *operation.target.cta;
  char *to = cta.shared + operation.target.address;
  if (operation.kind == AsyncOperation::SharedReduce)
    reduceBytes(operation, to);
  else
    std::memcpy(to, operation.staged.data(), operation.bytes);
  if (cta.sharedShadow && !operation.stagedShadow.empty())
    std::memcpy(cta.sharedShadow + operation.target.address, operation.stagedShadow.data(), operation.bytes);
}

void storeValues(const AsyncOperation &operation) {
  const Cta &cta = *operation.target.cta;
  const unsigned element = ptx::bits(operation.type) / 8;
  for (uint32_t i = 0; i < operation.elements; ++i) {
    char *to = cta.shared + operation.target.address + i * element;
    if (operation.kind == AsyncOperation::ReduceValue)
      reduceAt(to, operation.type, operation.operation, operation.values[i]);
    else
      std::memcpy(to, &operation.values[i], element);
  }
  if (cta.sharedShadow)
    std::memset(cta.sharedShadow + operation.target.address, 1, size_t(operation.elements) * element);
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
    const auto agent = operation.kind == AsyncOperation::CopiesArrive ? AsyncAgent::Copy : AsyncAgent::Bulk;
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

void AsyncQueue::readSources(AsyncOperation &operation) {
  if (operation.hasRead)
    return;
  operation.hasRead = true;
  const Cta &cta = *operation.issuer.warp->cta;
  const bool isTensor = operation.kind == AsyncOperation::TensorStore || operation.kind == AsyncOperation::TensorReduce;
  const size_t bytes = isTensor ? operation.tile.map.boxBytes() : operation.bytes;
  operation.staged.resize(bytes);
  std::memcpy(operation.staged.data(), cta.shared + operation.source, bytes);
  operation.stagedShadow.clear();
  if (cta.sharedShadow)
    operation.stagedShadow.assign(cta.sharedShadow + operation.source, cta.sharedShadow + operation.source + bytes);
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

/// What the operation does, at last.
bool AsyncQueue::finish(AsyncOperation &operation) {
  switch (operation.kind) {
  case AsyncOperation::Load:
    loadBytes(operation);
    break;
  case AsyncOperation::SharedCopy:
  case AsyncOperation::SharedReduce:
    readSources(operation);
    moveBytes(operation);
    break;
  case AsyncOperation::TensorLoad:
    operation.tile.rows([&](const TensorTile::Row &row) {
      loadRow(operation, row);
      return true;
    });
    break;
  case AsyncOperation::StoreValue:
  case AsyncOperation::ReduceValue:
    storeValues(operation);
    break;
  case AsyncOperation::CopiesArrive: {
    Mbarrier *barrier = mbarrierAt(operation.issuer, operation.barrier);
    if (!barrier)
      return false;
    finishCopiesUpTo(*operation.issuer.warp, operation.lanes, operation.copies, barrier->point());
    break;
  }
  case AsyncOperation::Store:
  case AsyncOperation::Reduce:
    readSources(operation);
    storeBytes(operation);
    break;
  case AsyncOperation::TensorStore:
  case AsyncOperation::TensorReduce:
    readSources(operation);
    operation.tile.rows([&](const TensorTile::Row &row) {
      storeRow(operation, row);
      return true;
    });
    break;
  }
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
  return finish(operation) && (!operation.tellsMbarrier() || tell(operation));
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
                             "for the mbarrier that is told of its end");
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
