//===- Watch.cpp - Accesses looked at one by one --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Watch.h"
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Count.h"
#include "runtime/simulator/Hexadecimal.h"

#include <bit>

namespace tessera::sim {

using ptx::Space;

namespace {

/// The block of the warp's cluster in whose shared memory `host` lies; null for other memory.
const Cta *sharedOwner(const Warp &warp, uint64_t host) {
  const Cta &own = *warp.cta;
  if (host - reinterpret_cast<uint64_t>(own.shared) < own.sharedEnd)
    return &own;
  const uint64_t size = own.launch->config.cluster.count();
  for (uint64_t rank = 0; size > 1 && rank < size; ++rank)
    if (host - reinterpret_cast<uint64_t>(own.cluster[rank]->shared) < own.cluster[rank]->sharedEnd)
      return own.cluster[rank];
  return nullptr;
}

/// One byte for each byte at `host`: whether it was written. Null where nobody keeps count.
uint8_t *shadowOf(const Warp &warp, uint64_t host, bool &isShared) {
  const Launch &launch = *warp.cta->launch;
  const Cta *owner = sharedOwner(warp, host);
  isShared = owner != nullptr;
  if (owner)
    return owner->sharedShadow ? owner->sharedShadow + (host - reinterpret_cast<uint64_t>(owner->shared)) : nullptr;
  return launch.trackGlobal && launch.memory->owns(host) ? launch.memory->shadow(host) : nullptr;
}

/// How many of the bytes nobody wrote.
uint64_t unwrittenIn(const uint8_t *shadow, uint64_t bytes) {
  uint64_t missing = 0;
  for (; bytes >= 8; bytes -= 8, shadow += 8) {
    uint64_t word;
    std::memcpy(&word, shadow, sizeof word);
    if (word != 0x0101010101010101) [[unlikely]]
      missing += 8 - std::popcount(word);
  }
  for (uint64_t i = 0; i < bytes; ++i)
    missing += !shadow[i];
  return missing;
}

bool reportUnwritten(Warp &warp, uint32_t lanes, uint64_t host, uint64_t bytes, uint64_t missing, AccessKind kind) {
  const Launch &launch = *warp.cta->launch;
  const Cta *owner = sharedOwner(warp, host);
  const uint64_t address = owner ? host - reinterpret_cast<uint64_t>(owner->shared) : host;
  std::string message = std::string(owner ? "shared " : "global ") +
                        (kind == AccessKind::Atomic ? "atomic operation" : "load") + " of " + std::to_string(bytes) +
                        " bytes at ";
  std::string allocation;
  if (owner) {
    message += describeShared(launch, static_cast<uint32_t>(address));
    allocation = describeShared(launch, static_cast<uint32_t>(address));
  } else {
    message += hexadecimal(address);
  }
  message += missing == bytes ? ": nobody wrote them" : ": nobody wrote " + std::to_string(missing) + " of them";
  if (!owner)
    if (const auto found = launch.memory->find(address)) {
      allocation = found->describe();
      message += ", offset " + std::to_string(address - found->base) + " of " + allocation;
    }
  if (owner && warp.cta->order && launch.config.checks.races) {
    faultLater(warp, ErrorKind::Uninitialized, lanes, address, std::move(message), std::move(allocation));
    return true;
  }
  fault(warp, ErrorKind::Uninitialized, lanes, address, std::move(message), std::move(allocation));
  return false;
}

/// Notes writes and checks reads of bytes nobody wrote. False after a fault.
bool trackWrites(Warp &warp, unsigned bytes, AccessKind kind, const Lanes64 &addresses) {
  const bool checks = warp.cta->launch->checkUninitialized;
  const bool writes = kind == AccessKind::Write || kind == AccessKind::WriteLater;
  const bool reads = checks && !writes;
  uint32_t unwritten = 0;
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    bool isShared = false;
    uint8_t *shadow = shadowOf(warp, addresses.lane[lane], isShared);
    if (!shadow || (kind == AccessKind::WriteLater && isShared)) // a copy: written when it is made
      continue;
    if (reads && unwrittenIn(shadow, bytes))
      unwritten |= 1u << lane;
    else if (writes || kind == AccessKind::Atomic)
      std::memset(shadow, 1, bytes);
  }
  if (!unwritten)
    return true;
  const uint64_t host = addresses.lane[std::countr_zero(unwritten)];
  bool isShared = false;
  return reportUnwritten(warp, unwritten, host, bytes, unwrittenIn(shadowOf(warp, host, isShared), bytes), kind);
}

/// False after a fault: an ordinary store or atomic operation goes over a live mbarrier.
bool sparesMbarriers(Warp &warp, unsigned bytes, const Lanes64 &addresses) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const uint64_t host = addresses.lane[std::countr_zero(m)];
    Cta *owner = const_cast<Cta *>(sharedOwner(warp, host));
    if (!owner)
      continue;
    const auto begin = static_cast<uint32_t>(host - reinterpret_cast<uint64_t>(owner->shared));
    const Mbarrier *barrier = owner->mbarriers.overlapping(begin, begin + bytes);
    if (!barrier)
      continue;
    fault(warp, ErrorKind::MbarrierMisuse, m & -m, begin,
          "store of " + std::to_string(bytes) + " bytes over the mbarrier at " +
              describeShared(*owner->launch, barrier->address) + ", which was not invalidated");
    return false;
  }
  return true;
}

} // namespace

bool watchAccess(Warp &warp, const Instr &instr, Space space, unsigned bytes, AccessKind kind,
                 const Lanes64 &addresses) {
  const Launch &launch = *warp.cta->launch;
  if (launch.config.checks.async && kind != AccessKind::Read && kind != AccessKind::ReadLater &&
      !(instr.ordering & MbarrierAccess) && !sparesMbarriers(warp, bytes, addresses))
    return false;
  if (Order *order = warp.cta->order)
    if (!order->access(warp, instr, bytes, kind, addresses))
      return false;
  if ((launch.trackGlobal || launch.trackShared) && !trackWrites(warp, bytes, kind, addresses))
    return false;
  if (launch.config.count)
    countAccess(warp, space, bytes, kind, addresses);
  return true;
}

bool watchBytes(Warp &warp, uint64_t host, uint64_t bytes, AccessKind kind) {
  bool isShared = false;
  uint8_t *shadow = bytes ? shadowOf(warp, host, isShared) : nullptr;
  if (!shadow)
    return true;
  if (kind == AccessKind::Write || kind == AccessKind::WriteLater) {
    std::memset(shadow, 1, bytes);
    return true;
  }
  if (!warp.cta->launch->checkUninitialized)
    return true;
  const uint64_t missing = unwrittenIn(shadow, bytes);
  if (!missing)
    return true;
  const auto *first = static_cast<const uint8_t *>(std::memchr(shadow, 0, bytes));
  const uint64_t skipped = first ? static_cast<uint64_t>(first - shadow) : 0;
  return reportUnwritten(warp, warp.mask & -warp.mask, host + skipped, bytes - skipped, missing, kind);
}

} // namespace tessera::sim
