// Launches: checks that the driver makes at once, packing of parameters, and the run itself in its turn.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <cstring>

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

struct Shape {
  sim::Dim3 grid, block, cluster{1, 1, 1};
  unsigned sharedBytes = 0;
};

std::string text(const sim::Dim3 &size) {
  return std::to_string(size.x) + "x" + std::to_string(size.y) + "x" + std::to_string(size.z);
}

/// What a fault is called in the API.
CUresult resultOf(sim::ErrorKind kind) {
  switch (kind) {
  case sim::ErrorKind::InvalidLaunch:
    return CUDA_ERROR_INVALID_VALUE;
  case sim::ErrorKind::Unsupported:
    return CUDA_ERROR_NOT_SUPPORTED;
  case sim::ErrorKind::OutOfBounds:
  case sim::ErrorKind::UseAfterFree:
  case sim::ErrorKind::Uninitialized:
    return CUDA_ERROR_ILLEGAL_ADDRESS;
  case sim::ErrorKind::Misaligned:
    return CUDA_ERROR_MISALIGNED_ADDRESS;
  case sim::ErrorKind::Deadlock:
  case sim::ErrorKind::Timeout:
    return CUDA_ERROR_LAUNCH_TIMEOUT;
  case sim::ErrorKind::Assert:
    return CUDA_ERROR_ASSERT;
  case sim::ErrorKind::StackOverflow:
    return CUDA_ERROR_HARDWARE_STACK_ERROR;
  case sim::ErrorKind::InvalidInstruction:
    return CUDA_ERROR_ILLEGAL_INSTRUCTION;
  case sim::ErrorKind::BarrierDivergence:
  case sim::ErrorKind::Trap:
    break;
  }
  return CUDA_ERROR_LAUNCH_FAILED;
}

CUresult checkShape(const Function &function, const Shape &shape) {
  const sim::Kernel &kernel = *function.kernel;
  const std::string name = "kernel '" + kernel.name + "': ";
  const auto &[grid, block, cluster, shared] = shape;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 2147483647u || grid.y > 65535 || grid.z > 65535)
    return fail(CUDA_ERROR_INVALID_VALUE, name + "impossible grid " + text(grid));
  if (block.count() == 0 || block.x > 1024 || block.y > 1024 || block.z > 64 || block.count() > 1024)
    return fail(CUDA_ERROR_INVALID_VALUE, name + "impossible block " + text(block));
  const std::uint32_t *required = kernel.requiredBlock;
  if (required[0] && (block.x != required[0] || block.y != required[1] || block.z != required[2]))
    return fail(CUDA_ERROR_INVALID_VALUE, name + "the block is " + text(block) + ", .reqntid says " +
                                              text({required[0], required[1], required[2]}));
  if (kernel.maxThreads && block.count() > kernel.maxThreads)
    return fail(CUDA_ERROR_INVALID_VALUE, name + "the block " + text(block) + " has more threads than the " +
                                              std::to_string(kernel.maxThreads) + " of .maxntid");
  if (shared > unsigned(function.maxDynamicShared))
    return fail(CUDA_ERROR_INVALID_VALUE, name + std::to_string(shared) + " bytes of dynamic shared memory, " +
                                              std::to_string(function.maxDynamicShared) +
                                              " are allowed (cuFuncSetAttribute allows more)");
  if (cluster.count() == 0 || cluster.count() > 16 || grid.x % cluster.x || grid.y % cluster.y || grid.z % cluster.z)
    return fail(CUDA_ERROR_INVALID_CLUSTER_SIZE,
                name + "impossible cluster " + text(cluster) + " in grid " + text(grid));
  if (cluster.count() > 1 && function.module->device->architecture.major < 9)
    return fail(CUDA_ERROR_INVALID_CLUSTER_SIZE, name + "the device has no clusters");
  return CUDA_SUCCESS;
}

/// The parameter buffer, from pointers to each value or from a buffer that is packed already.
CUresult packParameters(const sim::Kernel &kernel, void **parameters, void **extra, std::vector<std::byte> &packed) {
  packed.assign(kernel.parameterBytes, std::byte(0));
  if (parameters) {
    for (std::size_t i = 0; i < kernel.parameters.size(); ++i) {
      if (!parameters[i])
        return fail(CUDA_ERROR_INVALID_VALUE,
                    "kernel '" + kernel.name + "': parameter " + std::to_string(i) + " is missing");
      std::memcpy(packed.data() + kernel.parameters[i].offset, parameters[i], kernel.parameters[i].size);
    }
    return CUDA_SUCCESS;
  }
  const void *buffer = nullptr;
  std::size_t size = 0;
  for (void **entry = extra; entry && reinterpret_cast<std::uintptr_t>(*entry) != kLaunchParamEnd; entry += 2) {
    if (reinterpret_cast<std::uintptr_t>(entry[0]) == kLaunchParamBufferPointer)
      buffer = entry[1];
    else if (reinterpret_cast<std::uintptr_t>(entry[0]) == kLaunchParamBufferSize)
      size = *static_cast<const std::size_t *>(entry[1]);
    else
      return fail(CUDA_ERROR_INVALID_VALUE);
  }
  if (kernel.parameterBytes > 0 && (!buffer || size < kernel.parameterBytes))
    return fail(CUDA_ERROR_INVALID_VALUE, "kernel '" + kernel.name + "' takes " +
                                              std::to_string(kernel.parameterBytes) + " bytes of parameters, " +
                                              std::to_string(buffer ? size : 0) + " were given");
  if (kernel.parameterBytes > 0)
    std::memcpy(packed.data(), buffer, kernel.parameterBytes);
  return CUDA_SUCCESS;
}

CUresult launch(CUfunction functionHandle, const Shape &shape, CUstream streamHandle, void **parameters, void **extra,
                bool cooperative) {
  TESSERA_FUNCTION_OR_RETURN(function, functionHandle)
  TESSERA_STREAM_OR_RETURN(stream, streamHandle)
  if (stream->device != function->module->device)
    return fail(CUDA_ERROR_INVALID_HANDLE, "the stream and the kernel are of different devices");
  if (CUresult result = checkShape(*function, shape); result != CUDA_SUCCESS)
    return result;
  if (cooperative && shape.grid.count() > 1)
    return fail(CUDA_ERROR_NOT_SUPPORTED,
                "the simulator runs no cooperative launches of more than one block: its blocks are not all "
                "under way at once");
  std::vector<std::byte> packed;
  if (CUresult result = packParameters(*function->kernel, parameters, extra, packed); result != CUDA_SUCCESS)
    return result;
  bool prepared;
  {
    std::lock_guard lock(driver().mutex);
    prepared = function->prepared;
  }
  if (!prepared) {
    if (std::string unknown = function->module->code->prepare(*function->kernel); !unknown.empty())
      return fail(CUDA_ERROR_NOT_SUPPORTED, std::move(unknown));
    std::lock_guard lock(driver().mutex);
    function->prepared = true;
  }

  Device *device = stream->device;
  enqueue(*stream, [device, function, code = function->module->code, shape, packed = std::move(packed)] {
    sim::LaunchConfig config{
        .grid = shape.grid, .block = shape.block, .cluster = shape.cluster, .dynamicShared = shape.sharedBytes};
    config.parameters = packed;
    config.sharedLimit = unsigned(device->architecture.sharedPerBlockOptIn);
    config.seed = driver().seed;
    config.threads = driver().threads;
    config.checks = driver().checks;
    sim::Report report = sim::launch(*code, *function->kernel, config);
    if (!report.ok())
      device->queue.setFault({resultOf(report.errors.front().kind), report.text()});
  });
  return CUDA_SUCCESS;
}

} // namespace

CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                        unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream, void **parameters,
                        void **extra) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  Shape shape{{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, {1, 1, 1}, sharedBytes};
  if (const std::uint32_t *cluster = found->kernel->requiredCluster; cluster[0])
    shape.cluster = {cluster[0], cluster[1], cluster[2]};
  return launch(function, shape, stream, parameters, extra, false);
}

CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                                   unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream,
                                   void **parameters) {
  const Shape shape{{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, {1, 1, 1}, sharedBytes};
  return launch(function, shape, stream, parameters, nullptr, true);
}

CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function, void **parameters, void **extra) {
  if (!config)
    return fail(CUDA_ERROR_INVALID_VALUE);
  TESSERA_FUNCTION_OR_RETURN(found, function)
  Shape shape{{config->gridDimX, config->gridDimY, config->gridDimZ},
              {config->blockDimX, config->blockDimY, config->blockDimZ},
              {1, 1, 1},
              config->sharedMemBytes};
  if (const std::uint32_t *cluster = found->kernel->requiredCluster; cluster[0])
    shape.cluster = {cluster[0], cluster[1], cluster[2]};
  bool cooperative = false;
  for (unsigned i = 0; i < config->numAttrs; ++i) {
    const CUlaunchAttribute &attribute = config->attrs[i];
    switch (attribute.id) {
    case CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
      cooperative = attribute.value.cooperative != 0;
      break;
    case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION:
      shape.cluster = {attribute.value.clusterDim.x, attribute.value.clusterDim.y, attribute.value.clusterDim.z};
      break;
    default: // scheduling hints; one order of execution is as good as another
      break;
    }
  }
  return launch(function, shape, config->hStream, parameters, extra, cooperative);
}

CUresult cuLaunchHostFunc(CUstream handle, CUhostFn function, void *userData) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  if (!function)
    return fail(CUDA_ERROR_INVALID_VALUE);
  enqueue(*stream, [=] { function(userData); });
  return CUDA_SUCCESS;
}

} // namespace tessera::cuda
