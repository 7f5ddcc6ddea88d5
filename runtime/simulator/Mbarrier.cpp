//===- Mbarrier.cpp - What an mbarrier is ---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Mbarrier.h"

#include <algorithm>

namespace tessera::sim {

namespace {

constexpr unsigned ExpectedShift = 20, BytesShift = 40;
constexpr uint64_t BytesMask = (1u << 22) - 1, Initialised = uint64_t(1) << 62;

std::string bytesText(int64_t bytes) { return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes"); }

} // namespace

uint64_t Mbarrier::word() const {
  return pending | uint64_t(expected) << ExpectedShift | (static_cast<uint64_t>(bytes) & BytesMask) << BytesShift |
         Initialised | uint64_t(phase & 1) << 63;
}

std::string Mbarrier::describe() const {
  return "phase " + std::to_string(phase) + " (parity " + std::to_string(phase & 1) + "), " + std::to_string(pending) +
         " of " + std::to_string(expected) + " arrivals and " +
         (bytes < 0 ? bytesText(-bytes) + " more than were expected" : bytesText(bytes) + " to come");
}

std::string Mbarrier::expect(uint32_t count) {
  announced += count;
  bytes += count;
  if (bytes <= MbarrierBytesLimit) {
    completeIfDone();
    return {};
  }
  return "mbarrier told to expect " + bytesText(count) + ", which makes " + std::to_string(bytes) +
         " in all: at most " + std::to_string(MbarrierBytesLimit) + " can be awaited";
}

std::string Mbarrier::bring(uint32_t count) {
  arrived += count;
  bytes -= count;
  if (bytes < -MbarrierBytesLimit)
    return "mbarrier told of " + bytesText(count) + ", which makes " + std::to_string(-bytes) +
           " that it does not expect: at most " + std::to_string(MbarrierBytesLimit) + " can come ahead";
  completeIfDone();
  return {};
}

std::string Mbarrier::arrive(uint32_t count) {
  if (pending < count)
    return "mbarrier arrival of " + std::to_string(count) + " where only " + std::to_string(pending) + " of " +
           std::to_string(expected) + " are awaited in this phase";
  pending -= count;
  completeIfDone();
  return {};
}

void Mbarrier::completeIfDone() {
  if (pending != 0 || bytes != 0)
    return;
  ++phase;
  pending = expected;
  announcedBefore = announced;
  arrivedBefore = arrived;
  announced = arrived = 0;
  // What was known two phases ago is of no use to those who wait for this one.
  point().time.clear();
  point().fenced.clear();
}

Mbarrier &MbarrierTable::make(uint32_t address, uint32_t sharedEnd) {
  Mbarrier *barrier = find(address);
  if (!barrier) {
    const size_t needed = sharedEnd / MbarrierBytes + 1;
    if (slots.size() < needed)
      slots.resize(needed);
    all.emplace_back();
    slots[address / MbarrierBytes] = static_cast<uint16_t>(all.size());
    barrier = &all.back();
  }
  SyncPoint points[2] = {std::move(barrier->points[0]), std::move(barrier->points[1])};
  for (SyncPoint &point : points) {
    point.time.clear();
    point.fenced.clear();
  }
  *barrier = Mbarrier{};
  barrier->address = address;
  barrier->live = true;
  barrier->points[0] = std::move(points[0]);
  barrier->points[1] = std::move(points[1]);
  return *barrier;
}

void MbarrierTable::clear() {
  for (const Mbarrier &barrier : all)
    slots[barrier.address / MbarrierBytes] = 0;
  all.clear();
}

} // namespace tessera::sim
