// Counted launches: what the library exports of them (SimulatorApi.h), and where launches leave theirs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_SIMULATOR_DRIVERAPICOUNTS_H
#define TESSERA_RUNTIME_SIMULATOR_DRIVERAPICOUNTS_H

#include "runtime/simulator/Engine.h"

namespace tessera::sim::api {

/// Whether launches are counted now.
bool countsLaunches();
/// Keeps the counts of a launch for tessera_simulator_last_counts.
void keepCounts(const Module &module, const Kernel &kernel, const LaunchConfig &config, LaunchCounts counts);

} // namespace tessera::sim::api

#endif // TESSERA_RUNTIME_SIMULATOR_DRIVERAPICOUNTS_H
