//===- AsyncData.cpp - What asynchronous operations do to memory ----------===//
//
// Copies and reductions of stretches and boxes, with who wrote what: bytes that nobody wrote stay so where they are
// copied to.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Async.h"
#include "runtime/simulator/Numbers.h"

#include <algorithm>

namespace tessera::sim {

namespace {

constexpr unsigned Chunk = 16;

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

/// Asks the host's caches for a row that comes soon: rows lie too far apart for them to guess. Any address will do.
void fetchAhead(const TensorDescription &map, const TensorTile::Row &row) {
  constexpr uint64_t RowsAhead = 4, CacheLine = 64;
  if (map.rank > 1)
    for (uint64_t at = 0; at < map.rowBytes(); at += CacheLine)
      __builtin_prefetch(reinterpret_cast<const void *>(row.global + RowsAhead * map.stride[0] + at));
}

/// Copies one row of a box into shared memory, with what fills the rest.
void loadRow(const AsyncOperation &operation, const TensorTile::Row &row) {
  const TensorDescription &map = operation.tile.map;
  fetchAhead(map, row);
  const Cta &cta = *operation.target.cta;
  const Memory &memory = *cta.launch->memory;
  const unsigned element = bytesOf(map.element), rowBytes = map.rowBytes();
  alignas(16) char chunk[Chunk];
  uint8_t written[Chunk];
  const uint64_t fill = fillOf(map);
  const bool converts = map.element == TensorElement::F32Ftz || map.element == TensorElement::TF32 ||
                        map.element == TensorElement::TF32Ftz;
  for (uint32_t at = 0; at < rowBytes; at += Chunk) {
    const uint32_t to = swizzled(map, operation.target.address, row.offset + at);
    if (row.begin <= at && at + Chunk <= row.end && !converts) [[likely]] {
      std::memcpy(cta.shared + to, reinterpret_cast<const void *>(row.global + at), Chunk);
      if (cta.sharedShadow && cta.launch->trackGlobal)
        std::memcpy(cta.sharedShadow + to, memory.shadow(row.global + at), Chunk);
      else if (cta.sharedShadow)
        std::memset(cta.sharedShadow + to, 1, Chunk);
      continue;
    }
    const uint32_t begin = std::clamp(row.begin, at, at + Chunk) - at, end = std::clamp(row.end, at, at + Chunk) - at;
    if (end - begin < Chunk)
      for (unsigned i = 0; i < Chunk; i += element)
        std::memcpy(chunk + i, &fill, element);
    if (begin < end)
      std::memcpy(chunk + begin, reinterpret_cast<const void *>(row.global + at + begin), end - begin);
    if (converts)
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
    std::copy_n(operation.staged.data(), operation.bytes, to);
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
    std::copy_n(operation.staged.data(), operation.bytes, to);
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

void readSources(AsyncOperation &operation) {
  if (operation.hasRead)
    return;
  operation.hasRead = true;
  const Cta &cta = *operation.issuer.warp->cta;
  const bool isTensor = operation.kind == AsyncOperation::TensorStore || operation.kind == AsyncOperation::TensorReduce;
  const size_t bytes = isTensor ? operation.tile.map.boxBytes() : operation.bytes;
  operation.staged.resize(bytes);
  std::copy_n(cta.shared + operation.source, bytes, operation.staged.data());
  operation.stagedShadow.clear();
  if (cta.sharedShadow)
    operation.stagedShadow.assign(cta.sharedShadow + operation.source, cta.sharedShadow + operation.source + bytes);
}

bool carryOut(AsyncOperation &operation) {
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

} // namespace tessera::sim
