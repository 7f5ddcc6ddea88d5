// What a kernel did on the simulator, counted exactly: instructions, sectors of global memory, wavefronts of shared
// memory, by source line; how many blocks a multiprocessor holds; and where that puts the kernel under the roofline of
// a GPU.
//
//   auto device = tessera::Device::open("sim");
//   tessera::countLaunches(*device, true);
//   kernel->launch(stream, {.grid = {8}}, x, y, z, n);
//   device->synchronize();
//   tessera::LaunchCounts counts = *tessera::lastCounts(*device);
//   counts.totals.shared_wavefronts == counts.totals.shared_wavefronts_least;      // no bank conflicts
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_COUNTS_H
#define TESSERA_COUNTS_H

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/Device.h"
#include "tessera/SimulatorApi.h"

namespace tessera {

/// What stands on one line; `file` is empty where the code says no source: the line is the PTX's own, or 0 for
/// instructions without a line among others that have one.
struct LineCounts {
  std::string file;
  unsigned line = 0;
  TesseraCounts counts{};
};

/// An instruction that accesses shared memory, with its worst execution: see TesseraSharedAccess.
struct SharedAccess {
  std::string file;
  unsigned line = 0, ptxLine = 0;
  std::string instruction;
  std::uint64_t executions = 0, wavefronts = 0, wavefrontsLeast = 0;
  std::array<std::uint64_t, TESSERA_BANKS> bankWords{};
  unsigned bytes = 0;
  std::uint32_t lanes = 0;
  std::array<std::uint32_t, TESSERA_BANKS> addresses{};
  unsigned worstWavefronts = 0, worstLeast = 0;
  unsigned kind = 0;
};

struct LaunchCounts {
  std::string kernel, target;
  std::array<unsigned, 3> grid{}, block{}, cluster{};
  unsigned registers = 0; ///< of a thread, estimated from live ranges
  unsigned staticShared = 0, dynamicShared = 0;
  TesseraCounts totals{};
  /// Distinct bytes of global memory that were read and written: what must come from and go to memory at the least.
  std::uint64_t footprintRead = 0, footprintWritten = 0;
  std::vector<LineCounts> lines;
  std::vector<SharedAccess> sharedAccesses;

  unsigned sharedBytes() const { return staticShared + dynamicShared; }
  std::uint64_t blocks() const { return std::uint64_t(grid[0]) * grid[1] * grid[2]; }
  unsigned threads() const { return block[0] * block[1] * block[2]; }
};

/// Turns counting on or off for launches from now on; an error where the device is no simulator.
Status countLaunches(const Device &device, bool on);
/// The counts of the last counted launch, waited for; an error where there is none.
Expected<LaunchCounts> lastCounts(const Device &device);
/// The names of TesseraCounts::classes and ::flops.
std::vector<std::string> instructionClassNames(const Device &device);
std::vector<std::string> flopKindNames(const Device &device);

/// What a GPU can do at most, by its maker's data sheets; without sparsity.
struct Gpu {
  std::string_view name;  ///< "h200"
  std::string_view title; ///< "NVIDIA H200"
  unsigned capability;    ///< 90
  unsigned multiprocessors;
  double clockGigahertz;
  double memoryGigabytes;                           ///< a second
  std::array<double, TESSERA_FLOP_KINDS> teraflops; ///< by kind; 0: it has no such unit
};

/// The GPUs that are known.
std::span<const Gpu> knownGpus();
/// By name or title, in capitals or not, whatever blanks and hyphens stand in it: "h200", "RTX 4090", "H100 SXM"; null
/// when there is none.
const Gpu *findGpu(std::string_view name);
/// The one meant where nobody says, by the target of the code; null for a target that is not known.
const Gpu *gpuOfTarget(std::string_view target);

/// How many blocks of a kernel a multiprocessor holds.
struct Occupancy {
  unsigned blocks = 0, warps = 0, maximumWarps = 0;
  std::string limit; ///< "warps", "blocks", "registers" or "shared memory"
};
Expected<Occupancy> occupancyOn(const Device &simulator, const LaunchCounts &counts, const Gpu &gpu);

/// One ceiling: how long the kernel would take if nothing else held it up.
struct Ceiling {
  std::string name; ///< "memory", "tensor_fp16", "issue", "shared"
  double amount = 0;
  double perSecond = 0;
  double seconds() const { return amount / perSecond; }
};

/// Where a kernel stands under the roofline.
struct Roofline {
  std::vector<Ceiling> ceilings;    ///< those that it touches; the slowest first
  unsigned busy = 0;                ///< multiprocessors that the grid has blocks for
  double bytes = 0;                 ///< that must move between memory and the GPU at the least
  std::string unit;                 ///< the arithmetic that would take longest; empty: there is none
  double flops = 0;                 ///< of that unit
  double intensity = 0;             ///< flops / bytes
  double peak = 0;                  ///< of that unit of the whole GPU, flops a second
  double ridge = 0;                 ///< peak / bandwidth: intensity from which the unit, not memory, is the limit
  double attainable = 0;            ///< flops a second
  double share = 0;                 ///< of the unit's peak
  std::vector<std::string> unrated; ///< kinds of operations for which the GPU's data sheet has no figure
  /// "memory", or the unit's or another ceiling's name.
  const std::string &bound() const { return ceilings.front().name; }
};
/// What a kind of operations is in: "float16 and bfloat16 on tensor cores" of "tensor_fp16".
std::string_view precisionOf(std::string_view flopKind);
Roofline rooflineOf(const LaunchCounts &counts, const Gpu &gpu, std::span<const std::string> flopKinds);

} // namespace tessera

#endif // TESSERA_COUNTS_H
