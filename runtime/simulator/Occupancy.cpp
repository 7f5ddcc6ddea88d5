//===- Occupancy.cpp - How many blocks a multiprocessor holds -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Occupancy.h"

#include <algorithm>
#include <iterator>

namespace tessera::sim {

namespace {

constexpr unsigned WarpThreads = 32, RegisterUnit = 256, RegisterParts = 4, SharedUnit = 128, SystemShared = 1024;

constexpr MultiprocessorLimits Limits[] = {
    {80, 64, 32, 65536, 164 * 1024},  {86, 48, 16, 65536, 100 * 1024},  {87, 48, 16, 65536, 164 * 1024},
    {89, 48, 24, 65536, 100 * 1024},  {90, 64, 32, 65536, 228 * 1024},  {100, 64, 32, 65536, 228 * 1024},
    {103, 64, 32, 65536, 228 * 1024}, {120, 48, 24, 65536, 100 * 1024},
};

unsigned roundUp(unsigned value, unsigned unit) { return (value + unit - 1) / unit * unit; }

} // namespace

const MultiprocessorLimits *multiprocessorLimits(unsigned capability) {
  const auto *found = std::find_if(std::begin(Limits), std::end(Limits),
                                   [&](const MultiprocessorLimits &limits) { return limits.capability == capability; });
  return found == std::end(Limits) ? nullptr : found;
}

Occupancy occupancyOf(const MultiprocessorLimits &limits, unsigned threads, unsigned registers, unsigned sharedBytes) {
  Occupancy result;
  result.maximumWarps = limits.warps;
  result.maximumBlocks = limits.blocks;
  const unsigned warps = std::max(1u, roundUp(threads, WarpThreads) / WarpThreads);
  result.blocksByWarps = limits.warps / warps;
  const unsigned perWarp = roundUp(std::max(1u, registers) * WarpThreads, RegisterUnit);
  result.blocksByRegisters = limits.registers / RegisterParts / perWarp * RegisterParts / warps;
  result.blocksByShared = limits.sharedBytes / roundUp(sharedBytes + SystemShared, SharedUnit);
  const struct {
    unsigned blocks;
    OccupancyLimit limit;
  } each[] = {{result.blocksByWarps, OccupancyLimit::Warps},
              {limits.blocks, OccupancyLimit::Blocks},
              {result.blocksByRegisters, OccupancyLimit::Registers},
              {result.blocksByShared, OccupancyLimit::SharedMemory}};
  result.blocks = ~0u;
  for (const auto &[blocks, limit] : each)
    if (blocks < result.blocks) {
      result.blocks = blocks;
      result.limit = limit;
    }
  result.warps = result.blocks * warps;
  return result;
}

unsigned sharedForBlocks(const MultiprocessorLimits &limits, unsigned blocks, unsigned staticShared) {
  const unsigned share = limits.sharedBytes / std::max(1u, blocks) / SharedUnit * SharedUnit;
  return share > SystemShared + staticShared ? share - SystemShared - staticShared : 0;
}

} // namespace tessera::sim
