// Modules and their functions: loading, variables, attributes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

using namespace tessera::sim::api;

namespace tessera::sim::api {

namespace {

/// Decodes all kernels, as ptxas compiles all of a module: the report of what is wrong in them, each thing once, or
/// nothing. Kernels that only ask for what the simulator lacks are refused when they are launched.
std::string prepareAll(const sim::Module &code) {
  std::string report;
  std::set<std::string, std::less<>> told;
  for (const sim::Kernel &kernel : code.kernels()) {
    sim::ErrorKind kind{};
    const std::string errors = code.prepare(kernel, &kind);
    if (errors.empty() || kind != sim::ErrorKind::InvalidPtx)
      continue;
    for (std::size_t start = 0; start < errors.size();) { // functions that several kernels call are told of by each
      const std::size_t end = std::min(errors.find('\n', start), errors.size() - 1) + 1;
      if (const auto [line, isNew] = told.insert(errors.substr(start, end - start)); isNew)
        report += *line;
      start = end;
    }
  }
  return report;
}

} // namespace

cuda::CUresult loadModule(Device &device, const std::string &text, LoadedModule *&module) {
  auto code = sim::Module::parse(text, device.memory, "ptx");
  if (!code)
    return fail(resultOf(code.kind()), code.error());
  const std::string &target = code.get()->target();
  if (!runsOn(device.architecture, target))
    return fail(cuda::CUDA_ERROR_NO_BINARY_FOR_GPU,
                "the code is for " + target + ", the simulated device is " + device.architecture.target);
  if (std::string wrong = prepareAll(*code.get()); !wrong.empty())
    return fail(cuda::CUDA_ERROR_INVALID_PTX, std::move(wrong));
  auto *loaded = new LoadedModule();
  loaded->device = &device;
  loaded->code = std::move(code.get());
  for (const sim::Kernel &kernel : loaded->code->kernels()) {
    auto function = std::make_unique<Function>();
    function->module = loaded;
    function->kernel = &kernel;
    function->maxDynamicShared = std::max(0, 49152 - int(kernel.staticShared));
    loaded->functions.push_back(std::move(function));
  }
  const std::lock_guard lock(driver().mutex);
  driver().modules.insert(loaded);
  for (const auto &function : loaded->functions)
    driver().functions.insert(function.get());
  for (const sim::GlobalVariable &variable : loaded->code->globals())
    if (variable.size > 0)
      device.blocks[variable.address] = {.bytes = variable.size,
                                         .kind = variable.isManaged ? Block::Kind::Managed : Block::Kind::Variable,
                                         .id = ++driver().lastId};
  module = loaded;
  return cuda::CUDA_SUCCESS;
}

void unloadModule(LoadedModule *module) {
  module->device->queue.waitForAll();
  {
    const std::lock_guard lock(driver().mutex);
    driver().modules.erase(module);
    for (const auto &function : module->functions)
      driver().functions.erase(function.get());
    for (const sim::GlobalVariable &variable : module->code->globals())
      module->device->blocks.erase(variable.address);
  }
  delete module;
}

Function *functionNamed(LoadedModule &module, std::string_view name) {
  for (const auto &candidate : module.functions)
    if (candidate->kernel->name == name)
      return candidate.get();
  return nullptr;
}

} // namespace tessera::sim::api

namespace tessera::cuda {
namespace {

/// Puts the text of the failure that just happened into the log that the caller gave, if any; the caller has it then.
CUresult logFailure(CUresult result, unsigned count, const CUjit_option *options, void *const *values) {
  char *buffer = nullptr;
  std::size_t size = 0;
  for (unsigned i = 0; options && values && i < count; ++i) {
    if (options[i] == CU_JIT_ERROR_LOG_BUFFER)
      buffer = static_cast<char *>(values[i]);
    else if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
      size = std::uint32_t(reinterpret_cast<std::uintptr_t>(values[i]));
  }
  if (buffer && size > 0)
    tessera_simulator_last_report(buffer, size), buffer[size - 1] = '\0';
  return result;
}

/// Whether the caller of a load takes the failure's text itself, so that it need not be printed.
bool hasLog(unsigned count, const CUjit_option *options) {
  return options && std::find(options, options + count, CU_JIT_ERROR_LOG_BUFFER) != options + count;
}

CUresult readFile(const char *path, std::string &bytes) {
  std::ifstream file(path ? path : "", std::ios::binary);
  if (!file)
    return fail(CUDA_ERROR_FILE_NOT_FOUND, std::string("cannot read '") + (path ? path : "") + "'");
  std::ostringstream text;
  text << file.rdbuf();
  bytes = text.str();
  return CUDA_SUCCESS;
}

} // namespace

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned count, CUjit_option *options, void **values) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(module && image && (count == 0 || (options && values)))
  const QuietFailures quiet(hasLog(count, options));
  std::string text;
  LoadedModule *loaded = nullptr;
  CUresult result = readImage(device->architecture, image, 0, text);
  if (result == CUDA_SUCCESS)
    result = loadModule(*device, text, loaded);
  if (result != CUDA_SUCCESS)
    return logFailure(result, count, options, values);
  *module = reinterpret_cast<CUmodule>(loaded);
  return CUDA_SUCCESS;
}

CUresult cuModuleLoadData(CUmodule *module, const void *image) {
  return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}
CUresult cuModuleLoadFatBinary(CUmodule *module, const void *image) { return cuModuleLoadData(module, image); }

CUresult cuModuleLoad(CUmodule *module, const char *path) {
  TESSERA_CURRENT_OR_RETURN(device)
  std::string bytes;
  TESSERA_RETURN_IF_FAILED(readFile(path, bytes))
  return cuModuleLoadData(module, bytes.c_str());
}

CUresult cuModuleUnload(CUmodule module) {
  TESSERA_MODULE_OR_RETURN(loaded, module)
  unloadModule(loaded);
  return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  TESSERA_MODULE_OR_RETURN(loaded, module)
  TESSERA_REQUIRE(function && name)
  Function *found = functionNamed(*loaded, name);
  if (!found)
    return fail(CUDA_ERROR_NOT_FOUND);
  *function = reinterpret_cast<CUfunction>(found);
  return CUDA_SUCCESS;
}

CUresult cuModuleGetGlobal_v2(CUdeviceptr *pointer, std::size_t *bytes, CUmodule module, const char *name) {
  TESSERA_MODULE_OR_RETURN(loaded, module)
  TESSERA_REQUIRE(name)
  const sim::GlobalVariable *variable = loaded->code->global(name);
  if (!variable)
    return fail(CUDA_ERROR_NOT_FOUND);
  if (pointer)
    *pointer = variable->address;
  if (bytes)
    *bytes = variable->size;
  return CUDA_SUCCESS;
}

CUresult cuModuleGetLoadingMode(CUmoduleLoadingMode *mode) {
  TESSERA_REQUIRE(mode)
  *mode = CU_MODULE_LAZY_LOADING;
  return CUDA_SUCCESS;
}

CUresult cuModuleGetFunctionCount(unsigned *count, CUmodule module) {
  TESSERA_MODULE_OR_RETURN(loaded, module)
  TESSERA_REQUIRE(count)
  *count = unsigned(loaded->functions.size());
  return CUDA_SUCCESS;
}

CUresult cuModuleEnumerateFunctions(CUfunction *functions, unsigned count, CUmodule module) {
  TESSERA_MODULE_OR_RETURN(loaded, module)
  TESSERA_REQUIRE(functions)
  for (unsigned i = 0; i < count && i < loaded->functions.size(); ++i)
    functions[i] = reinterpret_cast<CUfunction>(loaded->functions[i].get());
  return CUDA_SUCCESS;
}

CUresult cuFuncGetModule(CUmodule *module, CUfunction function) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  TESSERA_REQUIRE(module)
  *module = reinterpret_cast<CUmodule>(found->module);
  return CUDA_SUCCESS;
}

CUresult cuFuncGetName(const char **name, CUfunction function) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  TESSERA_REQUIRE(name)
  *name = found->kernel->name.c_str();
  return CUDA_SUCCESS;
}

CUresult cuFuncGetParamInfo(CUfunction function, std::size_t index, std::size_t *offset, std::size_t *size) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  TESSERA_REQUIRE(offset && index < found->kernel->parameters.size())
  const sim::Parameter &parameter = found->kernel->parameters[index];
  *offset = parameter.offset;
  if (size)
    *size = parameter.size;
  return CUDA_SUCCESS;
}

CUresult cuFuncLoad(CUfunction function) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  return CUDA_SUCCESS;
}

CUresult cuFuncIsLoaded(unsigned *state, CUfunction function) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  TESSERA_REQUIRE(state)
  *state = 1; // CU_FUNCTION_LOADING_STATE_LOADED
  return CUDA_SUCCESS;
}

CUresult cuFuncSetCacheConfig(CUfunction function, CUfunc_cache config) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  TESSERA_REQUIRE(unsigned(config) <= 3)
  return CUDA_SUCCESS;
}

CUresult cuFuncSetSharedMemConfig(CUfunction function, unsigned config) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  TESSERA_REQUIRE(config <= 2)
  return CUDA_SUCCESS;
}

CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction function) {
  TESSERA_FUNCTION_OR_RETURN(found, function)
  TESSERA_REQUIRE(value)
  const sim::Kernel &kernel = *found->kernel;
  const Architecture &architecture = found->module->device->architecture;
  const auto say = [&](std::uint64_t answer) {
    *value = int(answer);
    return CUDA_SUCCESS;
  };
  switch (attribute) {
  case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
    return say(kernel.maxThreads ? kernel.maxThreads : 1024);
  case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
    return say(kernel.staticShared);
  case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES: { // what the programmer declared, in the whole module
    std::uint64_t bytes = 0;
    for (const sim::GlobalVariable &variable : found->module->code->globals())
      bytes += variable.isConstant ? variable.size : 0;
    return say(bytes);
  }
  case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
    return say(kernel.localBytes);
  case CU_FUNC_ATTRIBUTE_NUM_REGS:
    return say(kernel.registers); // an estimate: see DriverApi.h
  case CU_FUNC_ATTRIBUTE_PTX_VERSION: {
    const std::string &target = found->module->code->target(); // of the virtual architecture: sm_80
    return say(std::strtoul(target.c_str() + std::min<std::size_t>(3, target.size()), nullptr, 10));
  }
  case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
    return say(std::uint64_t(architecture.major) * 10 + std::uint64_t(architecture.minor));
  case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
    return say(std::uint64_t(found->maxDynamicShared));
  case CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET:
    return say(0);
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
  case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
    return say(kernel.requiredCluster[attribute - CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH]);
  case CU_FUNC_ATTRIBUTE_CACHE_MODE_CA:
  case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
  case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
  case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: {
    const std::lock_guard lock(driver().mutex);
    const auto set = found->settings.find(attribute);
    *value = set != found->settings.end() ? set->second
                                          : (attribute == CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT ? -1 : 0);
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
    TESSERA_REQUIRE(value >= -1 && value <= 100)
    break;
  case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
    TESSERA_REQUIRE(value == 0 || value == 1)
    break;
  case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE:
    TESSERA_REQUIRE(value >= 0 && value <= 2)
    break;
  default:
    return fail(CUDA_ERROR_INVALID_VALUE);
  }
  const std::lock_guard lock(driver().mutex);
  found->settings[attribute] = value;
  return CUDA_SUCCESS;
}

} // namespace tessera::cuda
