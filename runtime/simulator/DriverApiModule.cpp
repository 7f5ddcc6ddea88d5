// Modules and functions: loading of PTX, attributes, occupancy.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

/// Fails with a text, which goes into the log that the caller gave, if any.
CUresult failWith(CUresult result, const std::string &text, unsigned count, const CUjit_option *options,
                  void *const *values) {
  char *buffer = nullptr;
  std::size_t size = 0;
  for (unsigned i = 0; options && values && i < count; ++i) {
    if (options[i] == CU_JIT_ERROR_LOG_BUFFER)
      buffer = static_cast<char *>(values[i]);
    else if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
      size = reinterpret_cast<std::uintptr_t>(values[i]);
  }
  if (!buffer || size == 0)
    return fail(result, text);
  std::snprintf(buffer, size, "%s", text.c_str());
  return fail(result); // the caller has the text already
}

/// Whether code for `target` runs on the device: later devices run it, unless it is of one architecture only.
bool runsOn(const Architecture &architecture, std::string_view target) {
  if (!target.starts_with("sm_"))
    return false;
  int capability = 0;
  auto [end, failed] = std::from_chars(target.data() + 3, target.data() + target.size(), capability);
  if (failed != std::errc())
    return false;
  const int have = architecture.major * 10 + architecture.minor;
  const bool exact = end != target.data() + target.size() && *end == 'a';
  return exact ? have == capability : have >= capability;
}

/// Registers a warp is given: multiples of 8 a thread, of 256 a warp.
int registersOfWarp(const Function &function) {
  return int((std::max<std::uint32_t>(function.kernel->registers, 16) + 7) / 8 * 8 * 32);
}

int residentBlocks(const Function &function, int blockSize, std::size_t dynamicShared) {
  const Architecture &architecture = function.module->device->architecture;
  const int warps = (blockSize + 31) / 32;
  const std::size_t shared = function.kernel->staticShared + dynamicShared;
  if (blockSize <= 0 || blockSize > 1024 || shared > std::size_t(architecture.sharedPerBlockOptIn))
    return 0;
  int blocks = std::min(architecture.blocksPerMultiprocessor, architecture.threadsPerMultiprocessor / (warps * 32));
  blocks = std::min(blocks, 65536 / (registersOfWarp(function) * warps));
  if (shared > 0)
    blocks = std::min(blocks, int(std::size_t(architecture.sharedPerMultiprocessor) / (shared + 1024)));
  return blocks;
}

} // namespace

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned count, CUjit_option *options, void **values) {
  TESSERA_CURRENT_OR_RETURN(device)
  if (!module || !image)
    return fail(CUDA_ERROR_INVALID_VALUE);
  unsigned magic = 0;
  std::memcpy(&magic, image, 4);
  if (magic == 0x464c457fu || magic == 0xba55ed50u)
    return failWith(CUDA_ERROR_NO_BINARY_FOR_GPU,
                    std::string("the simulator executes PTX text, this image is a ") +
                        (magic == 0x464c457fu ? "cubin or another object file" : "fat binary"),
                    count, options, values);
  auto code = sim::Module::parse(static_cast<const char *>(image), device->memory, "ptx");
  if (!code)
    return failWith(CUDA_ERROR_INVALID_PTX, code.error(), count, options, values);
  const std::string &target = code.get()->target();
  if (!runsOn(device->architecture, target))
    return failWith(CUDA_ERROR_NO_BINARY_FOR_GPU,
                    "the code is for " + target + ", the simulated device is " + device->architecture.target, count,
                    options, values);
  auto *loaded = new LoadedModule();
  loaded->device = device;
  loaded->code = std::move(code.get());
  for (const sim::Kernel &kernel : loaded->code->kernels()) {
    auto function = std::make_unique<Function>();
    function->module = loaded;
    function->kernel = &kernel;
    function->maxDynamicShared = std::max(0, 49152 - int(kernel.staticShared));
    loaded->functions.push_back(std::move(function));
  }
  std::lock_guard lock(driver().mutex);
  driver().modules.insert(loaded);
  for (const auto &function : loaded->functions)
    driver().functions.insert(function.get());
  *module = reinterpret_cast<CUmodule>(loaded);
  return CUDA_SUCCESS;
}

CUresult cuModuleLoadData(CUmodule *module, const void *image) {
  return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}
CUresult cuModuleLoadFatBinary(CUmodule *module, const void *image) { return cuModuleLoadData(module, image); }

CUresult cuModuleLoad(CUmodule *module, const char *path) {
  std::ifstream file(path ? path : "", std::ios::binary);
  if (!file)
    return fail(CUDA_ERROR_FILE_NOT_FOUND);
  std::ostringstream text;
  text << file.rdbuf();
  return cuModuleLoadData(module, text.str().c_str());
}

CUresult cuModuleUnload(CUmodule module) {
  TESSERA_MODULE_OR_RETURN(loaded, module)
  loaded->device->queue.wait(loaded->device->queue.last());
  {
    std::lock_guard lock(driver().mutex);
    driver().modules.erase(loaded);
    for (const auto &function : loaded->functions)
      driver().functions.erase(function.get());
  }
  delete loaded;
  return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  TESSERA_MODULE_OR_RETURN(loaded, module)
  if (!function || !name)
    return fail(CUDA_ERROR_INVALID_VALUE);
  for (const auto &candidate : loaded->functions)
    if (candidate->kernel->name == name) {
      *function = reinterpret_cast<CUfunction>(candidate.get());
      return CUDA_SUCCESS;
    }
  return fail(CUDA_ERROR_NOT_FOUND);
}

CUresult cuModuleGetGlobal_v2(CUdeviceptr *pointer, std::size_t *bytes, CUmodule module, const char *name) {
  TESSERA_MODULE_OR_RETURN(loaded, module)
  const sim::GlobalVariable *variable = name ? loaded->code->global(name) : nullptr;
  if (!variable)
    return fail(CUDA_ERROR_NOT_FOUND);
  if (pointer)
    *pointer = variable->address;
  if (bytes)
    *bytes = variable->size;
  return CUDA_SUCCESS;
}

CUresult cuModuleGetLoadingMode(CUmoduleLoadingMode *mode) {
  *mode = CU_MODULE_LAZY_LOADING;
  return CUDA_SUCCESS;
}

CUresult cuModuleGetFunctionCount(unsigned *count, CUmodule module) {
  TESSERA_MODULE_OR_RETURN(loaded, module)
  *count = unsigned(loaded->functions.size());
  return CUDA_SUCCESS;
}

CUresult cuModuleEnumerateFunctions(CUfunction *functions, unsigned count, CUmodule module) {
  TESSERA_MODULE_OR_RETURN(loaded, module)
  for (unsigned i = 0; i < count && i < loaded->functions.size(); ++i)
    functions[i] = reinterpret_cast<CUfunction>(loaded->functions[i].get());
  return CUDA_SUCCESS;
}

CUresult cuFuncGetModule(CUmodule *module, CUfunction function) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  *module = reinterpret_cast<CUmodule>(found->module);
  return CUDA_SUCCESS;
}

CUresult cuFuncGetName(const char **name, CUfunction function) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  *name = found->kernel->name.c_str();
  return CUDA_SUCCESS;
}

CUresult cuFuncGetParamInfo(CUfunction function, std::size_t index, std::size_t *offset, std::size_t *size) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  if (index >= found->kernel->parameters.size())
    return fail(CUDA_ERROR_INVALID_VALUE);
  const sim::Parameter &parameter = found->kernel->parameters[index];
  *offset = parameter.offset;
  if (size)
    *size = parameter.size;
  return CUDA_SUCCESS;
}

CUresult cuFuncSetCacheConfig(CUfunction function, CUfunc_cache config) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  return CUDA_SUCCESS;
}

CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction function) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  if (!value)
    return fail(CUDA_ERROR_INVALID_VALUE);
  const sim::Kernel &kernel = *found->kernel;
  const Architecture &architecture = found->module->device->architecture;
  switch (attribute) {
  case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
    *value = kernel.maxThreads ? int(kernel.maxThreads) : 1024;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
    *value = int(kernel.staticShared);
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES: {
    *value = 0;
    for (const sim::GlobalVariable &variable : found->module->code->globals())
      *value += variable.isConstant ? int(variable.size) : 0;
    return CUDA_SUCCESS;
  }
  case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
    *value = int(kernel.localBytes);
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_NUM_REGS:
    *value = int(kernel.registers);
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_PTX_VERSION:
    *value = int(found->module->code->version());
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
    *value = architecture.major * 10 + architecture.minor;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
    *value = found->maxDynamicShared;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET:
    *value = 0;
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
    *value = int(kernel.requiredCluster[attribute - CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH]);
    return CUDA_SUCCESS;
  case CU_FUNC_ATTRIBUTE_CACHE_MODE_CA:
  case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
  case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
  case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE: {
    std::lock_guard lock(driver().mutex);
    auto set = found->settings.find(attribute);
    *value = set == found->settings.end() ? 0 : set->second;
    return CUDA_SUCCESS;
  }
  }
  return fail(CUDA_ERROR_INVALID_VALUE);
}

CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  switch (attribute) {
  case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES: {
    const int limit = found->module->device->architecture.sharedPerBlockOptIn - int(found->kernel->staticShared);
    if (value < 0 || value > limit)
      return fail(CUDA_ERROR_INVALID_VALUE,
                  "kernel '" + found->kernel->name + "' cannot have " + std::to_string(value) +
                      " bytes of dynamic shared memory: the limit is " + std::to_string(limit));
    found->maxDynamicShared = value;
    return CUDA_SUCCESS;
  }
  case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
  case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
  case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE: {
    std::lock_guard lock(driver().mutex);
    found->settings[attribute] = value;
    return CUDA_SUCCESS;
  }
  default:
    return fail(CUDA_ERROR_INVALID_VALUE);
  }
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, CUfunction function, int blockSize,
                                                              std::size_t sharedBytes, unsigned flags) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  if (!blocks || blockSize <= 0)
    return fail(CUDA_ERROR_INVALID_VALUE);
  *blocks = residentBlocks(*found, blockSize, sharedBytes);
  return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction function, int blockSize,
                                                     std::size_t sharedBytes) {
  return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, blockSize, sharedBytes, 0);
}

CUresult cuOccupancyMaxPotentialBlockSize(int *minGrid, int *blockSize, CUfunction function,
                                          CUoccupancyB2DSize sharedOfBlock, std::size_t sharedBytes, int limit) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  int most = found->kernel->maxThreads ? int(found->kernel->maxThreads) : 1024;
  if (limit > 0)
    most = std::min(most, limit);
  int bestThreads = 0;
  *minGrid = *blockSize = 0;
  for (int size = most / 32 * 32; size > 0; size -= 32) {
    const int blocks = residentBlocks(*found, size, sharedOfBlock ? sharedOfBlock(size) : sharedBytes);
    if (blocks * size > bestThreads) {
      bestThreads = blocks * size;
      *blockSize = size;
      *minGrid = blocks * found->module->device->architecture.multiprocessors;
    }
  }
  return CUDA_SUCCESS;
}

CUresult cuOccupancyAvailableDynamicSMemPerBlock(std::size_t *bytes, CUfunction function, int blocks, int blockSize) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  if (!bytes || blocks <= 0 || blockSize <= 0)
    return fail(CUDA_ERROR_INVALID_VALUE);
  const Architecture &architecture = found->module->device->architecture;
  const int share = architecture.sharedPerMultiprocessor / blocks - 1024;
  *bytes =
      std::size_t(std::max(0, std::min(share, architecture.sharedPerBlockOptIn) - int(found->kernel->staticShared)));
  return CUDA_SUCCESS;
}

} // namespace tessera::cuda
