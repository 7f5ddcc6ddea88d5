//===- Mbarrier.h - What an mbarrier is -------------------------*- C++ -*-===//
//
// An mbarrier counts arrivals and bytes. A phase is over when neither is awaited any more; then the next begins, with
// as many arrivals to come. The table of a CTA holds the truth; the 64-bit word of shared memory that programs name it
// by mirrors it, so that a store over the word is found at the next use:
//
//   63      parity of the phase   62      set while it is one
//   61..40  bytes still awaited   39..20  arrivals a phase takes      19..0  arrivals still awaited
//
// Bytes are awaited once expect_tx announced them and gone once a copy brought them; where the copy comes first their
// number is negative for a while. A copy belongs to the phase in which it was issued: that phase cannot end without its
// bytes unless the program announced too few, which is an error when they come.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_MBARRIER_H
#define TESSERA_RUNTIME_SIMULATOR_MBARRIER_H

#include "runtime/simulator/Order.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::sim {

constexpr uint32_t MbarrierCountLimit = (1u << 20) - 1;
constexpr int64_t MbarrierBytesLimit = (1 << 20) - 1;
constexpr unsigned MbarrierBytes = 8;

struct Mbarrier {
  uint32_t address = 0; ///< shared
  bool live = false;
  bool used = false; ///< since it was initialised
  uint32_t pending = 0, expected = 0;
  int64_t bytes = 0;
  uint32_t phase = 0;                              ///< how many are over
  uint64_t announced = 0, arrived = 0;             ///< bytes of this phase
  uint64_t announcedBefore = 0, arrivedBefore = 0; ///< of the one before
  uint32_t inFlight = 0;                           ///< operations that will tell it when they are over
  SyncPoint points[2];                             ///< of even and odd phases

  uint64_t word() const;
  SyncPoint &point() { return points[phase & 1]; }
  /// Of the phase that was over last.
  const SyncPoint &lastPoint() const { return points[(phase & 1) ^ 1]; }
  /// "phase 3 (parity 1), 1 of 2 arrivals and 4096 bytes to come", "... and 512 bytes more than were expected"
  std::string describe() const;

  // Each says what is wrong, or nothing.
  std::string expect(uint32_t count);
  std::string bring(uint32_t count);
  std::string arrive(uint32_t count);
  void completeIfDone();
};

/// The mbarriers of a CTA.
class MbarrierTable {
public:
  /// The mbarrier at an address, live or invalidated; null where there never was one. References stay valid until the
  /// next `make`.
  Mbarrier *find(uint32_t address) {
    const uint32_t slot = address / MbarrierBytes;
    return slot < slots.size() && slots[slot] ? &all[slots[slot] - 1] : nullptr;
  }
  Mbarrier &make(uint32_t address, uint32_t sharedEnd);
  void clear();
  /// A live one that was used of which a byte lies in [begin, end); null where there is none. Compilers put mbarriers
  /// in places of which they make nothing but ordinary memory afterwards.
  const Mbarrier *overlapping(uint32_t begin, uint32_t end) const {
    for (const Mbarrier &barrier : all)
      if (barrier.live && barrier.used && barrier.address < end && barrier.address + MbarrierBytes > begin)
        return &barrier;
    return nullptr;
  }

private:
  std::vector<Mbarrier> all;
  std::vector<uint16_t> slots; ///< by address / 8: place in `all` + 1
};

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_MBARRIER_H
