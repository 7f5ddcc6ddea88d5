// What `tessera run` was asked to do.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_TOOLS_RUN_H
#define TESSERA_RUNTIME_TOOLS_RUN_H

#include "runtime/include/tessera/ArgumentSet.h"
#include "runtime/include/tessera/Cache.h"

namespace tessera::tool {

struct RunRequest {
  std::string file, kernel, target;
  std::optional<Dim3> grid, block, cluster;
  std::optional<std::int64_t> numWarps, numStages, numCtas, maxRegisters, sharedBytes;
  std::uint64_t seed = 0;
  std::vector<std::pair<std::string, std::string>> constants;
  CacheOptions cache;
};

/// Launches a kernel of a `.tile` or `.py` file.
Status runTile(const RunRequest &request, const Device &device, const ArgumentSet &arguments);

} // namespace tessera::tool

#endif // TESSERA_RUNTIME_TOOLS_RUN_H
