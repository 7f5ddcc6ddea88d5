//===- CountAccess.cpp - What accesses ask of memory ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Async.h"
#include "runtime/simulator/Banks.h"
#include "runtime/simulator/Count.h"

#include <algorithm>

namespace tessera::sim {

using ptx::Space;

namespace {

uint64_t sectorsOf(uint64_t bytes) { return (bytes + SectorBytes - 1) / SectorBytes; }

/// The lanes of one access in each space.
struct Parted {
  uint32_t global = 0, shared = 0, local = 0;
  std::array<uint32_t, WarpSize> sharedAddresses{};
};

/// The shared address that a host address stands for, with the rank of the block above; false where it is none.
bool sharedAddress(const Cta &cta, uint64_t host, uint32_t &address) {
  const auto size = static_cast<uint32_t>(cta.launch->config.cluster.count());
  const uint64_t own = host - reinterpret_cast<uint64_t>(cta.shared);
  if (own < cta.sharedEnd) {
    address = static_cast<uint32_t>(own) | (size > 1 ? (cta.rank + 1) << RankShift : 0);
    return true;
  }
  for (uint32_t rank = 0; size > 1 && rank < size; ++rank) {
    const uint64_t offset = host - reinterpret_cast<uint64_t>(cta.cluster[rank]->shared);
    if (offset < cta.cluster[rank]->sharedEnd) {
      address = static_cast<uint32_t>(offset) | (rank + 1) << RankShift;
      return true;
    }
  }
  return false;
}

Parted part(const Warp &warp, Space space, const Lanes64 &addresses) {
  const Cta &cta = *warp.cta;
  Parted parted;
  if (space == Space::Global || space == Space::Local) {
    (space == Space::Global ? parted.global : parted.local) = warp.mask;
    return parted;
  }
  if (space == Space::Param || space == Space::Const)
    return parted;
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = static_cast<unsigned>(std::countr_zero(m));
    const uint64_t host = addresses.lane[lane];
    if (sharedAddress(cta, host, parted.sharedAddresses[lane]))
      parted.shared |= m & -m;
    else if (cta.launch->memory->owns(host))
      parted.global |= m & -m;
    else if (host - reinterpret_cast<uint64_t>(warp.local) < uint64_t(warp.localStride) * WarpSize)
      parted.local |= m & -m;
  }
  return parted;
}

void countGlobal(Footprint &footprint, AccessCounts &counts, const Lanes64 &addresses, uint32_t lanes, unsigned bytes,
                 AccessKind kind) {
  std::array<uint64_t, WarpSize> sorted;
  size_t count = 0;
  for (uint32_t m = lanes; m; m &= m - 1)
    sorted[count++] = addresses.lane[std::countr_zero(m)];
  std::sort(sorted.begin(), sorted.begin() + count);
  const bool reads = kind == AccessKind::Read || kind == AccessKind::ReadLater || kind == AccessKind::Atomic;
  const bool writes = kind == AccessKind::Write || kind == AccessKind::WriteLater || kind == AccessKind::Atomic;
  uint64_t distinct = 0, sectors = 0, lastAddress = ~uint64_t(0), lastSector = ~uint64_t(0);
  for (size_t i = 0; i < count; ++i) {
    distinct += sorted[i] != lastAddress;
    lastAddress = sorted[i];
    // Accesses are aligned and of at most 32 bytes: they lie in one sector.
    const uint64_t sector = sorted[i] / SectorBytes;
    if (sector == lastSector)
      continue;
    lastSector = sector;
    ++sectors;
    footprint.mark(sector, reads, writes);
  }
  counts.sectors += sectors;
  counts.sectorsLeast += sectorsOf(distinct * bytes);
  counts.globalBytes += distinct * bytes;
}

void countShared(Warp &warp, InstrCounts &record, AccessCounts &counts, const Parted &parted, unsigned bytes) {
  std::array<uint64_t, BankCount> bankWords{};
  const BankUse use = countBanks(parted.sharedAddresses, parted.shared, bytes, record.bankAccess, bankWords);
  counts.wavefronts += use.wavefronts;
  counts.wavefrontsLeast += use.least;
  if (record.waitLoop != NotWaiting) // how often it looks is not for certain
    return;
  SharedRecord &shared = warp.cta->counts->sharedOf(record);
  for (unsigned bank = 0; bank < BankCount; ++bank)
    shared.bankWords[bank] += bankWords[bank];
  if (shared.isWorse(use.wavefronts, use.least, warp.cta->linear, warp.index)) {
    shared.cta = warp.cta->linear;
    shared.warp = warp.index;
    shared.bytes = bytes;
    shared.lanes = parted.shared;
    shared.worst = use.wavefronts;
    shared.worstLeast = use.least;
    shared.addresses = parted.sharedAddresses;
  }
  ++shared.executions;
  shared.wavefronts += use.wavefronts;
  shared.wavefrontsLeast += use.least;
}

void addTo(Warp &warp, const AccessCounts &counts) {
  warp.counting->access.add(counts);
  if (!warp.round.empty() && warp.round.back().record == warp.counting)
    warp.round.back().access.add(counts);
}

} // namespace

void countAccess(Warp &warp, Space space, unsigned bytes, AccessKind kind, const Lanes64 &addresses) {
  if (!warp.counting || !warp.mask || warp.counting->isOnBarrier ||
      (warp.counting->isCopy && kind == AccessKind::ReadLater))
    return;
  const Parted parted = part(warp, space, addresses);
  AccessCounts counts;
  if (parted.global)
    countGlobal(warp.cta->counts->footprint, counts, addresses, parted.global, bytes, kind);
  if (parted.shared)
    countShared(warp, *warp.counting, counts, parted, bytes);
  counts.localBytes = uint64_t(bytes) * static_cast<uint64_t>(std::popcount(parted.local));
  addTo(warp, counts);
}

void countCopySource(Warp &warp, uint32_t lanes, const uint64_t *addresses, const uint8_t *bytes, unsigned whole) {
  if (!warp.counting)
    return;
  // By address, and lanes that read more of the same place first: they read what the others do.
  std::array<std::pair<uint64_t, unsigned>, WarpSize> sorted;
  size_t count = 0;
  for (uint32_t m = lanes; m; m &= m - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(m));
    if (bytes[lane])
      sorted[count++] = {addresses[lane], whole - bytes[lane]};
  }
  std::sort(sorted.begin(), sorted.begin() + count);
  AccessCounts counts;
  uint64_t distinct = 0, lastAddress = ~uint64_t(0), lastSector = ~uint64_t(0);
  for (size_t i = 0; i < count; ++i) {
    const auto [address, missing] = sorted[i];
    if (address == lastAddress)
      continue;
    lastAddress = address;
    distinct += whole - missing;
    if (address / SectorBytes == lastSector)
      continue;
    lastSector = address / SectorBytes;
    ++counts.sectors;
    warp.cta->counts->footprint.mark(lastSector, true, false);
  }
  counts.sectorsLeast = sectorsOf(distinct);
  counts.globalBytes = distinct;
  addTo(warp, counts);
}

void countTransfer(Warp &warp, uint64_t address, uint64_t bytes, bool reads, bool writes) {
  if (!warp.counting || !bytes)
    return;
  for (uint64_t sector = address / SectorBytes; sector <= (address + bytes - 1) / SectorBytes; ++sector)
    warp.cta->counts->footprint.mark(sector, reads, writes);
  AccessCounts counts;
  counts.bulkBytes = bytes;
  addTo(warp, counts);
}

} // namespace tessera::sim
