// Counted launches: kept as the engine made them, handed out as plain C.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApiCounts.h"

#include "runtime/include/tessera/SimulatorApi.h"
#include "runtime/simulator/Occupancy.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>

#define TESSERA_SIMULATOR_EXPORT __attribute__((visibility("default")))

namespace tessera::sim::api {
namespace {

static_assert(TESSERA_INSTRUCTION_CLASSES == InstrClassCount && TESSERA_FLOP_KINDS == FlopKindCount);

std::atomic<bool> isCounting{false};

/// A launch with the texts and lists that its plain form points into.
struct Kept {
  LaunchCounts counts;
  std::string kernel, target;
  std::vector<TesseraLineCounts> lines;
  std::vector<TesseraSharedAccess> accesses;
  TesseraLaunchCounts plain{};
};

std::mutex mutex;
std::shared_ptr<const Kept> newest;    ///< of the last launch
std::shared_ptr<const Kept> handedOut; ///< to the last caller

TesseraCounts plainly(const Counts &from) {
  TesseraCounts to{};
  to.thread_instructions = from.threadInstructions;
  to.warp_instructions = from.warpInstructions;
  std::copy(from.classes.begin(), from.classes.end(), to.classes);
  to.global_sectors = from.globalSectors;
  to.global_sectors_least = from.globalSectorsLeast;
  to.shared_wavefronts = from.sharedWavefronts;
  to.shared_wavefronts_least = from.sharedWavefrontsLeast;
  to.global_bytes = from.globalBytes;
  to.l1_bypass_bytes = from.l1BypassBytes;
  to.local_bytes = from.localBytes;
  to.async_copy_bytes = from.asyncCopyBytes;
  to.tma_bytes = from.tmaBytes;
  to.tensor_flops = from.tensorFlops;
  to.divergent_branches = from.divergentBranches;
  to.barrier_waits = from.barrierWaits;
  std::copy(from.flops.begin(), from.flops.end(), to.flops);
  return to;
}

TesseraSharedAccess plainly(const SharedAccess &from) {
  TesseraSharedAccess to{};
  to.file = from.file.c_str();
  to.line = from.line;
  to.ptx_line = from.ptxLine;
  to.instruction = from.instruction.c_str();
  to.executions = from.executions;
  to.wavefronts = from.wavefronts;
  to.wavefronts_least = from.wavefrontsLeast;
  std::copy(from.bankWords.begin(), from.bankWords.end(), to.bank_words);
  to.bytes = from.bytes;
  to.lanes = from.lanes;
  std::copy(from.addresses.begin(), from.addresses.end(), to.addresses);
  to.worst_wavefronts = from.worstWavefronts;
  to.worst_least = from.worstLeast;
  to.kind = static_cast<uint32_t>(from.access);
  return to;
}

void copy(const Dim3 &from, uint32_t (&to)[3]) {
  to[0] = from.x;
  to[1] = from.y;
  to[2] = from.z;
}

} // namespace

bool countsLaunches() { return isCounting.load(std::memory_order_relaxed); }

void keepCounts(const Module &module, const Kernel &kernel, const LaunchConfig &config, LaunchCounts counts) {
  auto kept = std::make_shared<Kept>();
  kept->counts = std::move(counts);
  kept->kernel = kernel.name;
  kept->target = module.target();
  for (const LineCounts &line : kept->counts.lines)
    kept->lines.push_back({line.file.c_str(), line.line, plainly(line.counts)});
  for (const SharedAccess &access : kept->counts.sharedAccesses)
    kept->accesses.push_back(plainly(access));
  TesseraLaunchCounts &plain = kept->plain;
  plain.size = sizeof plain;
  plain.kernel = kept->kernel.c_str();
  plain.target = kept->target.c_str();
  copy(config.grid, plain.grid);
  copy(config.block, plain.block);
  copy(config.cluster, plain.cluster);
  plain.registers = kernel.registers;
  plain.static_shared = kernel.staticShared;
  plain.dynamic_shared = config.dynamicShared;
  plain.totals = plainly(kept->counts.totals);
  plain.footprint_read = kept->counts.footprintRead;
  plain.footprint_written = kept->counts.footprintWritten;
  plain.lines = kept->lines.data();
  plain.line_count = kept->lines.size();
  plain.shared_accesses = kept->accesses.data();
  plain.shared_access_count = kept->accesses.size();
  const std::lock_guard lock(mutex);
  newest = std::move(kept);
}

} // namespace tessera::sim::api

using namespace tessera::sim;

extern "C" {

TESSERA_SIMULATOR_EXPORT void tessera_simulator_count(int on) { api::isCounting = on != 0; }

TESSERA_SIMULATOR_EXPORT const TesseraLaunchCounts *tessera_simulator_last_counts(void) {
  const std::lock_guard lock(api::mutex);
  api::handedOut = api::newest;
  return api::handedOut ? &api::handedOut->plain : nullptr;
}

TESSERA_SIMULATOR_EXPORT const char *tessera_simulator_class_name(unsigned index) {
  return index < InstrClassCount ? name(static_cast<InstrClass>(index)).data() : nullptr;
}

TESSERA_SIMULATOR_EXPORT const char *tessera_simulator_flop_name(unsigned index) {
  return index < FlopKindCount ? name(static_cast<FlopKind>(index)).data() : nullptr;
}

TESSERA_SIMULATOR_EXPORT int tessera_simulator_occupancy(unsigned capability, unsigned threads, unsigned registers,
                                                         unsigned shared_bytes, TesseraOccupancy *occupancy) {
  const MultiprocessorLimits *limits = multiprocessorLimits(capability);
  if (!limits || !occupancy || threads == 0)
    return 0;
  const Occupancy found = occupancyOf(*limits, threads, registers, shared_bytes);
  *occupancy = {sizeof *occupancy, found.blocks, found.warps, found.maximumWarps, static_cast<uint32_t>(found.limit)};
  return 1;
}
}
