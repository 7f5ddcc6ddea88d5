// Checks of a launch and the launch itself.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/core/Launch.h"

namespace tessera::detail {

using namespace cuda;

namespace {

std::string text(const Dim3 &size) {
  return std::to_string(size.x) + "x" + std::to_string(size.y) + "x" + std::to_string(size.z);
}
std::string text(const std::array<unsigned, 3> &size) { return text(Dim3(size[0], size[1], size[2])); }

std::string describe(const Argument &argument) {
  switch (argument.kind()) {
  case Argument::Kind::Scalar:
    return "a scalar " + std::string(nameOf(argument.type()));
  case Argument::Kind::Pointer:
    return "a pointer to " + std::string(nameOf(argument.type()));
  case Argument::Kind::TensorMap:
    return "a tensor descriptor";
  case Argument::Kind::Null:
    return "a null pointer";
  case Argument::Kind::Defaulted:
    return "left out";
  case Argument::Kind::Unusable:
    break;
  }
  return "a DLPack tensor of an element type that kernels do not have";
}

std::string describe(const PtxParameter &parameter) {
  if (parameter.isPointer)
    return "a pointer";
  if (parameter.isArray)
    return std::to_string(parameter.size) + " bytes by value";
  return "." + parameter.type;
}

/// Why `argument` cannot be passed for `parameter`; null when it can. PTX says no more of a value than its width and a
/// class: u and s are integers, f is a float, b is either.
bool fits(const PtxParameter &parameter, const Argument &argument) {
  if (argument.kind() == Argument::Kind::Unusable || argument.kind() == Argument::Kind::Defaulted)
    return false;
  if (argument.kind() == Argument::Kind::TensorMap)
    return parameter.isArray && parameter.size == TensorMap::kBytes && parameter.alignment >= TensorMap::kAlignment;
  if (parameter.isArray)
    return argument.kind() == Argument::Kind::Scalar && sizeOf(argument.type()) == parameter.size;
  if (argument.isPointer())
    return parameter.isPointer || (parameter.size == 8 && parameter.type[0] != 'f');
  if (parameter.isPointer || sizeOf(argument.type()) != parameter.size)
    return false;
  const char kind = parameter.type[0];
  if (kind == 'b')
    return true;
  // There is no 16-bit float parameter before sm_53 and no 8-bit one at all: compilers pass their bits as integers.
  if (isFloat(argument.type()))
    return kind == 'f' || parameter.size <= 2;
  return kind != 'f';
}

std::string place(const FunctionState &function, std::size_t index) {
  if (index < function.places.size())
    return function.places[index];
  return "argument " + std::to_string(index + 1) + " ('" + function.info->parameters[index].name + "')";
}

std::string nameOf(const FunctionState &function) {
  return function.displayName.empty() ? function.info->name : function.displayName;
}

Error fail(const FunctionState &function, ErrorCode code, const std::string &message) {
  return Error(code, "launch of '" + nameOf(function) + "': " + message);
}

Status checkArguments(const FunctionState &function, std::span<const Argument> arguments, const std::uint16_t *order) {
  const auto &parameters = function.info->parameters;
  if (!order && arguments.size() != parameters.size()) [[unlikely]]
    return fail(function, ErrorCode::TypeMismatch,
                std::to_string(arguments.size()) + (arguments.size() == 1 ? " argument" : " arguments") +
                    " given, the kernel takes " + std::to_string(parameters.size()));
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Argument &argument = arguments[order ? order[i] : i];
    const PtxParameter &parameter = parameters[i];
    if (!fits(parameter, argument)) [[unlikely]]
      return fail(function, ErrorCode::TypeMismatch,
                  place(function, i) + " is " + describe(argument) + ", the kernel takes " + describe(parameter));
    if (!argument.isPointer())
      continue;
    if (const RawBuffer *buffer = argument.rawBuffer()) {
      if (Status usable = buffer->status(); !usable) [[unlikely]]
        return fail(function, usable.error().code(), place(function, i) + ": " + usable.error().text());
      if (buffer->state() != function.module->device) [[unlikely]]
        return fail(function, ErrorCode::InvalidBuffer,
                    place(function, i) + ": the buffer is on device " + Device(buffer->state()).spec() +
                        ", the kernel on device " + Device(function.module->device).spec());
    }
    if (parameter.pointeeAlignment > 1 && argument.bits() % parameter.pointeeAlignment != 0) [[unlikely]]
      return fail(function, ErrorCode::InvalidArgument,
                  place(function, i) + " is an address that is not aligned to " +
                      std::to_string(parameter.pointeeAlignment) + " bytes, as the kernel was promised");
  }
  return {};
}

/// The block of the launch: as given, else as the kernel has it.
Expected<Dim3> chooseBlock(const FunctionState &function, const LaunchConfig &config) {
  const DeviceProperties &device = function.device().properties;
  const auto &required = function.info->requiredBlock;
  const auto &most = function.info->maxBlock;
  Dim3 block = config.block;
  if (block == Dim3(0, 0, 0)) {
    if (required[0])
      return Dim3(required[0], required[1], required[2]);
    if (most[0])
      return Dim3(most[0], most[1], most[2]);
    return fail(function, ErrorCode::InvalidArgument,
                "the kernel does not say how many threads a block has, so the launch must");
  }
  if (block.x < 1 || block.y < 1 || block.z < 1)
    return fail(function, ErrorCode::InvalidArgument, "the block is " + text(block) + ", each side must be at least 1");
  if (required[0] && block != Dim3(required[0], required[1], required[2]))
    return fail(function, ErrorCode::InvalidArgument,
                "the block is " + text(block) + ", the kernel requires " + text(required) + " threads");
  const std::int64_t sides[3] = {block.x, block.y, block.z};
  for (int i = 0; i < 3; ++i)
    if (sides[i] > device.maxBlock[i])
      return fail(function, ErrorCode::Resources,
                  "the block is " + text(block) + ", the device's limit for its " + std::string("xyz").substr(i, 1) +
                      " side is " + std::to_string(device.maxBlock[i]));
  const std::int64_t threads = block.x * block.y * block.z;
  const std::int64_t limit = std::min<std::int64_t>(device.maxThreadsPerBlock, function.maxThreads);
  if (threads > limit)
    return fail(function, ErrorCode::Resources,
                "the block is " + text(block) + ", that is " + std::to_string(threads) +
                    " threads; the limit of this kernel on this device is " + std::to_string(limit));
  return block;
}

Status checkGrid(const FunctionState &function, const Dim3 &grid) {
  const std::int64_t sides[3] = {grid.x, grid.y, grid.z};
  for (int i = 0; i < 3; ++i) {
    if (sides[i] < 1) [[unlikely]]
      return fail(function, ErrorCode::InvalidArgument, "the grid is " + text(grid) + ", each side must be at least 1");
    if (sides[i] > function.device().properties.maxGrid[i]) [[unlikely]]
      return fail(function, ErrorCode::Resources,
                  "the grid is " + text(grid) + ", the device's limit for its " + std::string("xyz").substr(i, 1) +
                      " side is " + std::to_string(function.device().properties.maxGrid[i]));
  }
  return {};
}

/// Sees that the driver allows so much dynamic shared memory: beyond 48 KiB it wants to be asked.
Status allowShared(FunctionState &function, std::size_t bytes) {
  const DeviceProperties &device = function.device().properties;
  if (bytes + function.staticSharedBytes > std::size_t(device.sharedBytesPerBlockOptIn))
    return fail(function, ErrorCode::Resources,
                "the kernel needs " + std::to_string(bytes + function.staticSharedBytes) + " bytes of shared memory (" +
                    std::to_string(bytes) + " of it dynamic), device " + Device(function.module->device).spec() +
                    " has " + std::to_string(device.sharedBytesPerBlockOptIn) + " a block");
  std::lock_guard lock(function.allowing);
  if (bytes <= function.dynamicSharedAllowed.load())
    return {};
  if (Status status = check(function.device(),
                            function.device().driver().cuFuncSetAttribute(
                                function.handle, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, int(bytes)),
                            [&] { return "launch of '" + nameOf(function) + "': asking for shared memory"; });
      !status)
    return status;
  function.dynamicSharedAllowed.store(bytes);
  return {};
}

Expected<Dim3> chooseCluster(const FunctionState &function, const LaunchConfig &config) {
  const auto &required = function.info->cluster;
  Dim3 cluster = config.cluster;
  if (cluster == Dim3(0, 0, 0))
    return required[0] ? Dim3(required[0], required[1], required[2]) : Dim3();
  if (cluster.x < 1 || cluster.y < 1 || cluster.z < 1 || cluster.x > 16 || cluster.y > 16 || cluster.z > 16)
    return fail(function, ErrorCode::InvalidArgument,
                "the cluster is " + text(cluster) + ", each side must be 1 to 16");
  if (required[0] && cluster != Dim3(required[0], required[1], required[2]))
    return fail(function, ErrorCode::InvalidArgument,
                "the cluster is " + text(cluster) + ", the kernel requires " + text(required) + " CTAs");
  if (cluster != Dim3() && !function.device().properties.hasClusters)
    return fail(function, ErrorCode::Unsupported,
                "device " + Device(function.module->device).spec() + " has no clusters");
  if (config.grid.x % cluster.x || config.grid.y % cluster.y || config.grid.z % cluster.z)
    return fail(function, ErrorCode::InvalidArgument,
                "the grid " + text(config.grid) + " is no multiple of the cluster " + text(cluster));
  return cluster;
}

} // namespace

Status launchFunction(FunctionState &function, const Stream &stream, const LaunchConfig &config,
                      std::span<const Argument> arguments, const std::uint16_t *order) {
  if (!stream.isValid()) [[unlikely]]
    return fail(function, ErrorCode::InvalidArgument, "the stream was moved from");
  if (stream.nativeState() != function.module->device.get()) [[unlikely]]
    return fail(function, ErrorCode::InvalidArgument,
                "the stream is on device " + stream.device().spec() + ", the kernel on device " +
                    Device(function.module->device).spec());
  if (Status status = checkArguments(function, arguments, order); !status) [[unlikely]]
    return status;
  if (Status status = checkGrid(function, config.grid); !status) [[unlikely]]
    return status;
  Expected<Dim3> block = chooseBlock(function, config);
  if (!block) [[unlikely]]
    return block.takeError();
  Expected<Dim3> cluster = chooseCluster(function, config);
  if (!cluster) [[unlikely]]
    return cluster.takeError();
  if (config.sharedBytes > function.dynamicSharedAllowed.load(std::memory_order_relaxed)) [[unlikely]]
    if (Status status = allowShared(function, config.sharedBytes); !status)
      return status;

  void *parameters[kMaxArguments];
  for (std::size_t i = 0; i < function.info->parameters.size(); ++i)
    parameters[i] = const_cast<void *>(arguments[order ? order[i] : i].data());

  const DeviceState &device = function.device();
  ContextScope scope(device);
  CUresult result;
  const auto handle = static_cast<CUstream>(stream.native());
  const bool hasAttributes = config.cooperative || *cluster != Dim3();
  if (!hasAttributes) [[likely]] {
    result = device.driver().cuLaunchKernel(
        function.handle, unsigned(config.grid.x), unsigned(config.grid.y), unsigned(config.grid.z), unsigned(block->x),
        unsigned(block->y), unsigned(block->z), unsigned(config.sharedBytes), handle, parameters, nullptr);
  } else {
    if (!device.driver().cuLaunchKernelEx)
      return fail(function, ErrorCode::DriverTooOld,
                  "the driver has no cuLaunchKernelEx, which clusters and cooperative launches need");
    CUlaunchAttribute attributes[2] = {};
    unsigned count = 0;
    if (config.cooperative) {
      attributes[count].id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
      attributes[count++].value.cooperative = 1;
    }
    if (*cluster != Dim3()) {
      attributes[count].id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
      attributes[count++].value.clusterDim = {unsigned(cluster->x), unsigned(cluster->y), unsigned(cluster->z)};
    }
    CUlaunchConfig launch{unsigned(config.grid.x),
                          unsigned(config.grid.y),
                          unsigned(config.grid.z),
                          unsigned(block->x),
                          unsigned(block->y),
                          unsigned(block->z),
                          unsigned(config.sharedBytes),
                          handle,
                          attributes,
                          count};
    result = device.driver().cuLaunchKernelEx(&launch, function.handle, parameters, nullptr);
  }
  if (result == CUDA_SUCCESS) [[likely]]
    return {};
  return device.library->error(result, "launch of '" + nameOf(function) + "'", function.module->name);
}

} // namespace tessera::detail
