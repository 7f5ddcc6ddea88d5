//===- Occupancy.h - How many blocks a multiprocessor holds -----*- C++ -*-===//
//
// A block becomes resident where the multiprocessor has warps, a slot, registers and shared memory left for it:
//
//   warps       block size / 32, rounded up
//   registers   a warp takes 32 x the registers of a thread, rounded up to 256, from one of four equal parts
//   shared      static + dynamic + 1 KiB for the system, rounded up to 128 bytes
//
//   128 threads, 40 registers, 20 KiB on sm_90:  warps 64 / 4 = 16 blocks, registers 48 / 4 = 12, shared 228 / 21 = 10
//                                                → 10 blocks, 40 of 64 warps, limited by shared memory
//
// The limits are those of the CUDA C++ Programming Guide's table of compute capabilities.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_OCCUPANCY_H
#define TESSERA_RUNTIME_SIMULATOR_OCCUPANCY_H

#include <cstdint>

namespace tessera::sim {

/// What a multiprocessor has.
struct MultiprocessorLimits {
  unsigned capability; ///< 90 for 9.0
  unsigned warps, blocks;
  unsigned registers; ///< of 32 bits
  unsigned sharedBytes;
};

/// Null for a compute capability that is not known.
const MultiprocessorLimits *multiprocessorLimits(unsigned capability);

/// What keeps a multiprocessor from holding one more block.
enum class OccupancyLimit : uint8_t { Warps, Blocks, Registers, SharedMemory };

struct Occupancy {
  unsigned blocks = 0; ///< of a multiprocessor; 0: the kernel does not fit
  unsigned warps = 0;  ///< of those blocks
  unsigned maximumWarps = 0;
  OccupancyLimit limit = OccupancyLimit::Warps;
  // How many blocks each resource allows by itself.
  unsigned blocksByWarps = 0, blocksByRegisters = 0, blocksByShared = 0, maximumBlocks = 0;
};

/// `registers`: of a thread; `sharedBytes`: static and dynamic.
Occupancy occupancyOf(const MultiprocessorLimits &limits, unsigned threads, unsigned registers, unsigned sharedBytes);

/// The most dynamic shared memory with which `blocks` blocks are resident as far as shared memory goes, before the
/// limit of a single block.
unsigned sharedForBlocks(const MultiprocessorLimits &limits, unsigned blocks, unsigned staticShared);

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_OCCUPANCY_H
