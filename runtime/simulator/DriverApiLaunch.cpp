// Launches: checks that the driver makes at once, packing of parameters, and the run itself in its turn.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/SimulatorApi.h"
#include "runtime/simulator/DriverApi.h"
#include "runtime/simulator/DriverApiCounts.h"

#include <atomic>
#include <cstring>

using namespace tessera::sim::api;

namespace tessera::sim::api {
namespace {

using cuda::CUresult;

/// Most blocks of a cluster: what every device with clusters has, and what a kernel may ask to go beyond.
constexpr unsigned kPortableCluster = 8, kLargestCluster = 16;

std::string text(const sim::Dim3 &size) {
  return std::to_string(size.x) + "x" + std::to_string(size.y) + "x" + std::to_string(size.z);
}

CUresult checkCluster(const Function &function, const Shape &shape, const std::string &name) {
  const sim::Dim3 &grid = shape.grid, &cluster = shape.cluster;
  const std::uint32_t *required = function.kernel->requiredCluster;
  if (required[0] && (cluster.x != required[0] || cluster.y != required[1] || cluster.z != required[2]))
    return fail(cuda::CUDA_ERROR_INVALID_CLUSTER_SIZE, name + "the cluster is " + text(cluster) +
                                                           ", .reqnctapercluster says " +
                                                           text({required[0], required[1], required[2]}));
  if (cluster.count() == 1)
    return cuda::CUDA_SUCCESS;
  if (function.module->device->architecture.major < 9)
    return fail(cuda::CUDA_ERROR_INVALID_CLUSTER_SIZE, name + "the device has no clusters");
  const auto allowed = function.settings.find(cuda::CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED);
  const unsigned limit = allowed != function.settings.end() && allowed->second ? kLargestCluster : kPortableCluster;
  if (cluster.count() == 0 || cluster.count() > limit)
    return fail(
        cuda::CUDA_ERROR_INVALID_CLUSTER_SIZE,
        name + "impossible cluster " + text(cluster) + ": at most " + std::to_string(limit) + " blocks" +
            (limit == kPortableCluster ? " (CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED allows more)" : ""));
  if (grid.x % cluster.x || grid.y % cluster.y || grid.z % cluster.z)
    return fail(cuda::CUDA_ERROR_INVALID_CLUSTER_SIZE,
                name + "clusters of " + text(cluster) + " do not divide the grid of " + text(grid));
  return cuda::CUDA_SUCCESS;
}

CUresult checkShape(const Function &function, const Shape &shape) {
  const sim::Kernel &kernel = *function.kernel;
  const Architecture &architecture = function.module->device->architecture;
  const std::string name = "kernel '" + kernel.name + "': ";
  const sim::Dim3 &grid = shape.grid, &block = shape.block;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 2147483647u || grid.y > 65535 || grid.z > 65535)
    return fail(cuda::CUDA_ERROR_INVALID_VALUE, name + "impossible grid " + text(grid));
  if (block.count() == 0 || block.x > 1024 || block.y > 1024 || block.z > 64 || block.count() > 1024)
    return fail(cuda::CUDA_ERROR_INVALID_VALUE, name + "impossible block " + text(block));
  const std::uint32_t *required = kernel.requiredBlock;
  if (required[0] && (block.x != required[0] || block.y != required[1] || block.z != required[2]))
    return fail(cuda::CUDA_ERROR_INVALID_VALUE, name + "the block is " + text(block) + ", .reqntid says " +
                                                    text({required[0], required[1], required[2]}));
  if (kernel.maxThreads && block.count() > kernel.maxThreads)
    return fail(cuda::CUDA_ERROR_INVALID_VALUE, name + "the block " + text(block) + " has more threads than the " +
                                                    std::to_string(kernel.maxThreads) + " of .maxntid");
  if (shape.sharedBytes > unsigned(function.maxDynamicShared))
    return fail(cuda::CUDA_ERROR_INVALID_VALUE,
                name + std::to_string(shape.sharedBytes) + " bytes of dynamic shared memory, " +
                    std::to_string(function.maxDynamicShared) + " are allowed (cuFuncSetAttribute allows more)");
  TESSERA_RETURN_IF_FAILED(checkCluster(function, shape, name))
  if (!shape.cooperative)
    return cuda::CUDA_SUCCESS;
  // All blocks of a cooperative launch are resident at once, or it is refused.
  const auto blocks = std::uint64_t(residentBlocks(function, int(block.count()), shape.sharedBytes)) *
                      std::uint64_t(architecture.multiprocessors);
  if (grid.count() > blocks)
    return fail(cuda::CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE,
                name + std::to_string(grid.count()) + " blocks in a cooperative launch, " + std::to_string(blocks) +
                    " are resident at once on " + std::to_string(architecture.multiprocessors) + " multiprocessors");
  return cuda::CUDA_SUCCESS;
}

/// The parameter buffer, from pointers to each value or from a buffer that is packed already.
CUresult packParameters(const sim::Kernel &kernel, void **parameters, void **extra, std::vector<std::byte> &packed) {
  packed.assign(kernel.parameterBytes, std::byte(0));
  if (parameters && extra)
    return fail(cuda::CUDA_ERROR_INVALID_VALUE, "kernel '" + kernel.name + "': parameters both as an array and packed");
  if (parameters) {
    for (std::size_t i = 0; i < kernel.parameters.size(); ++i) {
      if (!parameters[i])
        return fail(cuda::CUDA_ERROR_INVALID_VALUE,
                    "kernel '" + kernel.name + "': parameter " + std::to_string(i) + " is missing");
      std::memcpy(packed.data() + kernel.parameters[i].offset, parameters[i], kernel.parameters[i].size);
    }
    return cuda::CUDA_SUCCESS;
  }
  const void *buffer = nullptr;
  std::size_t size = 0;
  for (void **entry = extra; entry && reinterpret_cast<std::uintptr_t>(*entry) != cuda::kLaunchParamEnd; entry += 2) {
    if (reinterpret_cast<std::uintptr_t>(entry[0]) == cuda::kLaunchParamBufferPointer)
      buffer = entry[1];
    else if (reinterpret_cast<std::uintptr_t>(entry[0]) == cuda::kLaunchParamBufferSize)
      size = *static_cast<const std::size_t *>(entry[1]);
    else
      return fail(cuda::CUDA_ERROR_INVALID_VALUE);
  }
  if (kernel.parameterBytes > 0 && (!buffer || size < kernel.parameterBytes))
    return fail(cuda::CUDA_ERROR_INVALID_VALUE, "kernel '" + kernel.name + "' takes " +
                                                    std::to_string(kernel.parameterBytes) + " bytes of parameters, " +
                                                    std::to_string(buffer ? size : 0) + " were given");
  if (kernel.parameterBytes > 0)
    std::memcpy(packed.data(), buffer, kernel.parameterBytes);
  return cuda::CUDA_SUCCESS;
}

/// Set by tessera_simulator_stop for the launch that runs.
std::atomic<bool> stopAsked{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set by signal handlers");

void run(Device &device, const sim::Module &code, const sim::Kernel &kernel, const Shape &shape,
         const std::vector<std::byte> &packed) {
  sim::LaunchConfig config{
      .grid = shape.grid, .block = shape.block, .cluster = shape.cluster, .dynamicShared = shape.sharedBytes};
  config.parameters = packed;
  config.sharedLimit = unsigned(device.architecture.sharedPerBlockOptIn);
  config.multiprocessors = unsigned(device.architecture.multiprocessors);
  config.cooperative = shape.cooperative;
  config.seed = driver().seed;
  config.threads = driver().threads;
  config.checks = driver().checks;
  config.count = countsLaunches();
  config.stop = &stopAsked;
  stopAsked = false;
  sim::Report report = sim::launch(code, kernel, config);
  if (config.count && report.ok())
    keepCounts(code, kernel, config, std::move(report.counts));
  if (!report.ok())
    device.queue.setFault({resultOf(report.errors.front().kind), report.text()});
}

} // namespace

CUresult resultOf(sim::ErrorKind kind) {
  switch (kind) {
  case sim::ErrorKind::InvalidPtx:
    return cuda::CUDA_ERROR_INVALID_PTX;
  case sim::ErrorKind::UnsupportedVersion:
    return cuda::CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
  case sim::ErrorKind::OutOfMemory:
    return cuda::CUDA_ERROR_OUT_OF_MEMORY;
  case sim::ErrorKind::InvalidLaunch:
    return cuda::CUDA_ERROR_INVALID_VALUE;
  case sim::ErrorKind::Unsupported:
    return cuda::CUDA_ERROR_NOT_SUPPORTED;
  case sim::ErrorKind::OutOfBounds:
  case sim::ErrorKind::UseAfterFree:
  case sim::ErrorKind::Uninitialized:
    return cuda::CUDA_ERROR_ILLEGAL_ADDRESS;
  case sim::ErrorKind::Misaligned:
  case sim::ErrorKind::BrokenPromise:
    return cuda::CUDA_ERROR_MISALIGNED_ADDRESS;
  case sim::ErrorKind::Deadlock:
  case sim::ErrorKind::Timeout:
  case sim::ErrorKind::Stopped:
    return cuda::CUDA_ERROR_LAUNCH_TIMEOUT;
  case sim::ErrorKind::Assert:
    return cuda::CUDA_ERROR_ASSERT;
  case sim::ErrorKind::StackOverflow:
    return cuda::CUDA_ERROR_HARDWARE_STACK_ERROR;
  case sim::ErrorKind::InvalidInstruction:
    return cuda::CUDA_ERROR_ILLEGAL_INSTRUCTION;
  default:
    return cuda::CUDA_ERROR_LAUNCH_FAILED;
  }
}

CUresult prepareLaunch(Function &function, const Shape &shape, void **parameters, void **extra, Operation &operation) {
  TESSERA_RETURN_IF_FAILED(checkShape(function, shape))
  std::vector<std::byte> packed;
  TESSERA_RETURN_IF_FAILED(packParameters(*function.kernel, parameters, extra, packed))
  bool prepared;
  {
    const std::lock_guard lock(driver().mutex);
    prepared = function.prepared;
  }
  if (!prepared) {
    sim::ErrorKind kind{};
    if (std::string wrong = function.module->code->prepare(*function.kernel, &kind); !wrong.empty())
      return fail(resultOf(kind), std::move(wrong));
    const std::lock_guard lock(driver().mutex);
    function.prepared = true;
  }
  operation.type = cuda::CU_GRAPH_NODE_TYPE_KERNEL;
  operation.run = [device = function.module->device, kernel = function.kernel, code = function.module->code, shape,
                   packed = std::move(packed)] { run(*device, *code, *kernel, shape, packed); };
  return cuda::CUDA_SUCCESS;
}

CUresult shapeOf(const cuda::CUlaunchConfig &config, const Function &function, Shape &shape) {
  shape = {{config.gridDimX, config.gridDimY, config.gridDimZ},
           {config.blockDimX, config.blockDimY, config.blockDimZ},
           {1, 1, 1},
           config.sharedMemBytes};
  if (const std::uint32_t *cluster = function.kernel->requiredCluster; cluster[0])
    shape.cluster = {cluster[0], cluster[1], cluster[2]};
  TESSERA_REQUIRE(config.numAttrs == 0 || config.attrs)
  for (unsigned i = 0; i < config.numAttrs; ++i) {
    const cuda::CUlaunchAttribute &attribute = config.attrs[i];
    const auto &value = attribute.value;
    switch (attribute.id) {
    case cuda::CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
      shape.cooperative = value.cooperative != 0;
      break;
    case cuda::CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION:
      if (value.clusterDim.x == 0 || value.clusterDim.y == 0 || value.clusterDim.z == 0)
        return fail(cuda::CUDA_ERROR_INVALID_CLUSTER_SIZE, "kernel '" + function.kernel->name + "': a cluster of 0");
      shape.cluster = {value.clusterDim.x, value.clusterDim.y, value.clusterDim.z};
      break;
    case cuda::CU_LAUNCH_ATTRIBUTE_DEVICE_UPDATABLE_KERNEL_NODE:
      return fail(cuda::CUDA_ERROR_NOT_SUPPORTED, "the simulator has no graph nodes that kernels change");
    case cuda::CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION:
      // The grid may start before the one ahead of it ends; it starts after, which griddepcontrol.wait allows as well.
    case cuda::CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_EVENT:
    case cuda::CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT:     // recorded by cuLaunchKernelEx
    case cuda::CU_LAUNCH_ATTRIBUTE_PREFERRED_CLUSTER_DIMENSION: // a wish beside the cluster that is always possible
    case cuda::CU_LAUNCH_ATTRIBUTE_IGNORE:
    case cuda::CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW:
    case cuda::CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY:
    case cuda::CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
    case cuda::CU_LAUNCH_ATTRIBUTE_PRIORITY:
    case cuda::CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP:
    case cuda::CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN:
    case cuda::CU_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
    case cuda::CU_LAUNCH_ATTRIBUTE_NVLINK_UTIL_CENTRIC_SCHEDULING:
      break; // wishes about time, cache and order, any fulfilment of which is right
    default:
      return fail(cuda::CUDA_ERROR_INVALID_VALUE,
                  "launch attribute " + std::to_string(unsigned(attribute.id)) + " is not known");
    }
  }
  return cuda::CUDA_SUCCESS;
}

} // namespace tessera::sim::api

extern "C" TESSERA_SIMULATOR_EXPORT void tessera_simulator_stop(void) { stopAsked = true; }

namespace tessera::cuda {
namespace {

CUresult launch(CUfunction functionHandle, Shape shape, CUstream streamHandle, void **parameters, void **extra) {
  TESSERA_FUNCTION_OR_RETURN(function, functionHandle)
  TESSERA_STREAM_OR_RETURN(stream, streamHandle)
  if (stream->device != function->module->device)
    return fail(CUDA_ERROR_INVALID_HANDLE, "the stream and the kernel are of different devices");
  if (const std::uint32_t *cluster = function->kernel->requiredCluster; cluster[0] && shape.cluster.count() == 1)
    shape.cluster = {cluster[0], cluster[1], cluster[2]};
  Operation operation;
  TESSERA_RETURN_IF_FAILED(prepareLaunch(*function, shape, parameters, extra, operation))
  return submit(*stream, std::move(operation));
}

} // namespace

CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                        unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream, void **parameters,
                        void **extra) {
  return launch(function, {{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, {1, 1, 1}, sharedBytes}, stream, parameters,
                extra);
}

CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                                   unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream,
                                   void **parameters) {
  return launch(function, {{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, {1, 1, 1}, sharedBytes, true}, stream,
                parameters, nullptr);
}

CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction functionHandle, void **parameters, void **extra) {
  TESSERA_REQUIRE(config)
  TESSERA_FUNCTION_OR_RETURN(function, functionHandle)
  Shape shape;
  TESSERA_RETURN_IF_FAILED(shapeOf(*config, *function, shape))
  TESSERA_RETURN_IF_FAILED(launch(functionHandle, shape, config->hStream, parameters, extra))
  for (unsigned i = 0; i < config->numAttrs; ++i) { // events in the middle of a grid are recorded at its end
    const CUlaunchAttribute &attribute = config->attrs[i];
    if (attribute.id == CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_EVENT ||
        attribute.id == CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT)
      TESSERA_RETURN_IF_FAILED(cuEventRecord(attribute.value.launchEvent.event, config->hStream))
  }
  return CUDA_SUCCESS;
}

CUresult cuLaunchHostFunc(CUstream handle, CUhostFn function, void *userData) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  TESSERA_REQUIRE(function)
  return submit(*stream, {.run =
                              [=] {
                                const InsideHostFunction scope;
                                function(userData);
                              },
                          .type = CU_GRAPH_NODE_TYPE_HOST,
                          .onHost = true});
}

} // namespace tessera::cuda
