//===- Banks.h - Wavefronts of shared memory --------------------*- C++ -*-===//
//
// The model of Counts.h as a function: from the addresses of a warp's lanes to the wavefronts they take.
//
// What is known of the hardware: shared memory has 32 banks of 4 bytes, delivers 128 bytes a cycle, and gives one word
// to any number of lanes at once (CUDA C++ Programming Guide); accesses of 8 and 16 bytes a lane are therefore served
// in parts of as many lanes as fill 128 bytes, fewer where lanes of several parts want the same words (NVIDIA's forum,
// on loads of 16 bytes).
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

/// Lanes that make up a part when each wants `bytes`.
constexpr unsigned lanesPerPart(unsigned bytes) {
  return bytes <= BankBytes ? BankCount : BankCount * BankBytes / bytes;
}

/// How lanes are served.
enum class BankAccess : uint8_t {
  Plain,  ///< lanes share words, parts that do not conflict go together
  Atomic, ///< every lane has its own turn at a word
  Matrix, ///< ldmatrix, stmatrix: each matrix has its own turn
};

struct BankUse {
  uint32_t wavefronts = 0;
  uint32_t least = 0; ///< that so many distinct bytes take
};

/// `addresses`: shared addresses of 32 lanes, aligned to `bytes`, those in `lanes` used. The words each bank delivers
/// are added to `bankWords`.
BankUse countBanks(std::span<const uint32_t, 32> addresses, uint32_t lanes, unsigned bytes, BankAccess access,
                   std::span<uint64_t, 32> bankWords);

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_BANKS_H
