// Occupancy: what of a kernel fits on a multiprocessor (Occupancy.h has the rules), and what of clusters on a GPU.
//
// Registers are the simulator's estimate. Clusters are counted as if a GPU were divided into groups of 16
// multiprocessors, none of which a cluster leaves; the division of a real one is not documented and differs between two
// of a kind.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"
#include "runtime/simulator/Occupancy.h"

#include <algorithm>

using namespace tessera::sim::api;

namespace tessera::sim::api {
namespace {

const MultiprocessorLimits &limitsOf(const Architecture &architecture) {
  return *multiprocessorLimits(unsigned(architecture.major * 10 + architecture.minor)); // known for all simulated ones
}

} // namespace

int residentBlocks(const Function &function, int blockSize, std::size_t dynamicShared) {
  const Architecture &architecture = function.module->device->architecture;
  const std::size_t shared = function.kernel->staticShared + dynamicShared;
  if (blockSize <= 0 || blockSize > 1024 || shared > std::size_t(architecture.sharedPerBlockOptIn))
    return 0;
  return int(
      occupancyOf(limitsOf(architecture), unsigned(blockSize), function.kernel->registers, unsigned(shared)).blocks);
}

std::size_t sharedLeft(const Function &function, int blocks) {
  const Architecture &architecture = function.module->device->architecture;
  const auto most =
      std::int64_t(sharedForBlocks(limitsOf(architecture), unsigned(blocks), function.kernel->staticShared));
  const std::int64_t ofBlock = architecture.sharedPerBlockOptIn - std::int64_t(function.kernel->staticShared);
  return std::size_t(std::max<std::int64_t>(0, std::min(most, ofBlock)));
}

} // namespace tessera::sim::api

namespace tessera::cuda {
namespace {

constexpr int kGroup = 16; ///< multiprocessors that one cluster may be spread over

/// Clusters of so many blocks that run at once.
int residentClusters(const Function &function, const Shape &shape, unsigned blocksOfCluster) {
  const int blocks = residentBlocks(function, int(shape.block.count()), shape.sharedBytes);
  int clusters = 0;
  for (int left = function.module->device->architecture.multiprocessors; left > 0; left -= kGroup)
    clusters += std::min(left, kGroup) * blocks / int(blocksOfCluster);
  return clusters;
}

unsigned largestCluster(const Function &function) {
  const auto allowed = function.settings.find(CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED);
  return allowed != function.settings.end() && allowed->second ? 16 : 8;
}

int mostThreads(const Function &function) {
  return function.kernel->maxThreads ? int(function.kernel->maxThreads) : 1024;
}

} // namespace

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, CUfunction function, int blockSize,
                                                              std::size_t sharedBytes, unsigned flags) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  TESSERA_REQUIRE(blocks && blockSize > 0 && flags <= 1)
  *blocks = blockSize > mostThreads(*found) ? 0 : residentBlocks(*found, blockSize, sharedBytes);
  return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction function, int blockSize,
                                                     std::size_t sharedBytes) {
  return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, blockSize, sharedBytes, 0);
}

CUresult cuOccupancyMaxPotentialBlockSizeWithFlags(int *minGrid, int *blockSize, CUfunction function,
                                                   CUoccupancyB2DSize sharedOfBlock, std::size_t sharedBytes, int limit,
                                                   unsigned flags) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  TESSERA_REQUIRE(minGrid && blockSize && flags <= 1)
  int most = mostThreads(*found);
  if (limit > 0)
    most = std::min(most, limit);
  int bestThreads = 0;
  *minGrid = *blockSize = 0;
  // From the largest size down, in whole warps; the first need not be one.
  for (int size = (most + 31) / 32 * 32; size > 0; size -= 32) {
    const int threads = std::min(size, most);
    const int blocks = residentBlocks(*found, threads, sharedOfBlock ? sharedOfBlock(threads) : sharedBytes);
    if (blocks * threads > bestThreads) {
      bestThreads = blocks * threads;
      *blockSize = threads;
      *minGrid = blocks * found->module->device->architecture.multiprocessors;
    }
  }
  return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxPotentialBlockSize(int *minGrid, int *blockSize, CUfunction function,
                                          CUoccupancyB2DSize sharedOfBlock, std::size_t sharedBytes, int limit) {
  return cuOccupancyMaxPotentialBlockSizeWithFlags(minGrid, blockSize, function, sharedOfBlock, sharedBytes, limit, 0);
}

CUresult cuOccupancyAvailableDynamicSMemPerBlock(std::size_t *bytes, CUfunction function, int blocks, int blockSize) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  TESSERA_REQUIRE(bytes && blocks > 0 && blockSize > 0)
  if (residentBlocks(*found, blockSize, 0) < blocks)
    return fail(CUDA_ERROR_INVALID_VALUE, "kernel '" + found->kernel->name + "': " + std::to_string(blocks) +
                                              " blocks of " + std::to_string(blockSize) +
                                              " threads do not fit on a multiprocessor at all");
  *bytes = sharedLeft(*found, blocks);
  return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxPotentialClusterSize(int *size, CUfunction function, const CUlaunchConfig *config) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  TESSERA_REQUIRE(size && config)
  Shape shape;
  TESSERA_RETURN_IF_FAILED(shapeOf(*config, *found, shape))
  if (found->module->device->architecture.major < 9)
    return fail(CUDA_ERROR_NOT_SUPPORTED, "the device has no clusters");
  *size = 0;
  if (const std::uint32_t *required = found->kernel->requiredCluster; required[0]) {
    *size = int(required[0] * required[1] * required[2]);
    return CUDA_SUCCESS;
  }
  for (unsigned candidate = largestCluster(*found); candidate > 0 && *size == 0; candidate /= 2)
    if (residentClusters(*found, shape, candidate) > 0)
      *size = int(candidate);
  return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxActiveClusters(int *count, CUfunction function, const CUlaunchConfig *config) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  TESSERA_REQUIRE(count && config)
  Shape shape;
  TESSERA_RETURN_IF_FAILED(shapeOf(*config, *found, shape))
  if (found->module->device->architecture.major < 9)
    return fail(CUDA_ERROR_NOT_SUPPORTED, "the device has no clusters");
  if (shape.cluster.count() > largestCluster(*found))
    return fail(CUDA_ERROR_INVALID_CLUSTER_SIZE);
  *count = residentClusters(*found, shape, unsigned(shape.cluster.count()));
  return CUDA_SUCCESS;
}

} // namespace tessera::cuda
