//===- Banks.h - Wavefronts of shared memory --------------------*- C++ -*-===//
//
// The model of Counts.h as a function: from the addresses of a warp's lanes to the wavefronts they take.
//
// What is known of the hardware: shared memory has 32 banks of 4 bytes, delivers 128 bytes a cycle, and gives one word
// to any number of lanes at once (CUDA C++ Programming Guide); accesses of 8 and 16 bytes a lane therefore take two and
// four turns, each for so many lanes as fill 128 bytes. Hardware may serve lane pairs that read the same 8 or 16 bytes
// in fewer turns; the model does not.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_BANKS_H
#define TESSERA_RUNTIME_SIMULATOR_BANKS_H

#include <cstdint>
#include <span>

namespace tessera::sim {

constexpr unsigned BankCount = 32, BankBytes = 4;

/// Lanes that are served together when each wants `bytes`.
constexpr unsigned lanesPerPass(unsigned bytes) {
  return bytes <= BankBytes ? BankCount : BankCount * BankBytes / bytes;
}

struct BankUse {
  uint32_t wavefronts = 0;
  uint32_t least = 0;
};

/// `addresses`: shared addresses of 32 lanes, aligned to `bytes`, those in `lanes` used. The words each bank delivers
/// are added to `bankWords`. `sameWordApart`: lanes that want the same word do not share it.
BankUse countBanks(std::span<const uint32_t, 32> addresses, uint32_t lanes, unsigned bytes, bool sameWordApart,
                   std::span<uint64_t, 32> bankWords);

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_BANKS_H
