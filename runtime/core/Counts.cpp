// Counts of launches, fetched from the simulator's library.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Counts.h"

#include "runtime/core/DeviceState.h"

#include <algorithm>

namespace tessera {
namespace {

/// The simulator's functions; an error where the device is none.
Expected<const cuda::SimulatorFunctions *> functionsOf(const Device &device) {
  if (!device.isSimulator())
    return Error(ErrorCode::Unsupported,
                 "device " + device.spec() + " does not count: launches are counted by the simulator ('sim')");
  const cuda::SimulatorFunctions &functions = device.state()->library->simulator();
  if (!functions.complete())
    return Error(ErrorCode::DriverTooOld, "the simulator '" + device.state()->library->path() + "' does not count");
  return &functions;
}

template <typename T, std::size_t N> std::array<T, N> arrayOf(const T (&values)[N]) {
  std::array<T, N> result;
  std::copy(std::begin(values), std::end(values), result.begin());
  return result;
}

/// The simulator calls all modules so: they come to it as text without a name.
std::string fileOf(const char *file) { return std::string_view(file) == "ptx" ? std::string() : std::string(file); }

SharedAccess copyOf(const TesseraSharedAccess &from) {
  SharedAccess to;
  to.file = fileOf(from.file);
  to.line = from.line;
  to.ptxLine = from.ptx_line;
  to.instruction = from.instruction;
  to.executions = from.executions;
  to.wavefronts = from.wavefronts;
  to.wavefrontsLeast = from.wavefronts_least;
  to.bankWords = arrayOf(from.bank_words);
  to.bytes = from.bytes;
  to.lanes = from.lanes;
  to.addresses = arrayOf(from.addresses);
  to.worstWavefronts = from.worst_wavefronts;
  to.worstLeast = from.worst_least;
  to.kind = from.kind;
  return to;
}

std::vector<std::string> namesOf(const char *(*name)(unsigned)) {
  std::vector<std::string> names;
  for (unsigned i = 0; const char *each = name(i); ++i)
    names.emplace_back(each);
  return names;
}

} // namespace

Status countLaunches(const Device &device, bool on) {
  Expected<const cuda::SimulatorFunctions *> functions = functionsOf(device);
  if (!functions)
    return functions.takeError();
  (*functions)->count(on);
  return {};
}

Expected<LaunchCounts> lastCounts(const Device &device) {
  Expected<const cuda::SimulatorFunctions *> functions = functionsOf(device);
  if (!functions)
    return functions.takeError();
  const TesseraLaunchCounts *from = (*functions)->lastCounts();
  if (!from)
    return Error(ErrorCode::NotFound, "no launch has been counted");
  LaunchCounts to;
  to.kernel = from->kernel;
  to.target = from->target;
  to.grid = arrayOf(from->grid);
  to.block = arrayOf(from->block);
  to.cluster = arrayOf(from->cluster);
  to.registers = from->registers;
  to.staticShared = from->static_shared;
  to.dynamicShared = from->dynamic_shared;
  to.totals = from->totals;
  to.footprintRead = from->footprint_read;
  to.footprintWritten = from->footprint_written;
  for (const TesseraLineCounts &line : std::span(from->lines, from->line_count))
    to.lines.push_back({fileOf(line.file), line.line, line.counts});
  for (const TesseraSharedAccess &access : std::span(from->shared_accesses, from->shared_access_count))
    to.sharedAccesses.push_back(copyOf(access));
  return to;
}

std::vector<std::string> instructionClassNames(const Device &device) {
  Expected<const cuda::SimulatorFunctions *> functions = functionsOf(device);
  return functions ? namesOf((*functions)->className) : std::vector<std::string>();
}

std::vector<std::string> flopKindNames(const Device &device) {
  Expected<const cuda::SimulatorFunctions *> functions = functionsOf(device);
  return functions ? namesOf((*functions)->flopName) : std::vector<std::string>();
}

Expected<Occupancy> occupancyOn(const Device &simulator, const LaunchCounts &counts, const Gpu &gpu) {
  Expected<const cuda::SimulatorFunctions *> functions = functionsOf(simulator);
  if (!functions)
    return functions.takeError();
  TesseraOccupancy found{};
  if (!(*functions)->occupancy(gpu.capability, counts.threads(), counts.registers, counts.sharedBytes(), &found))
    return Error(ErrorCode::Unsupported,
                 "the limits of a multiprocessor of '" + std::string(gpu.name) + "' are not known");
  static constexpr const char *Limits[] = {"warps", "blocks", "registers", "shared memory"};
  return Occupancy{found.blocks, found.warps, found.maximum_warps, Limits[std::min(found.limit, 3u)]};
}

} // namespace tessera
