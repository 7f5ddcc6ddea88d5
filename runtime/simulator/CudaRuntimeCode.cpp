// The runtime's code: what nvcc registers when a program starts, kernels, variables, launches.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/CudaRuntime.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

using namespace tessera::cudart;

namespace {

struct Program; ///< one fat binary of the process

struct Kernel {
  Program *program = nullptr;
  std::string name;
};

struct Variable {
  Program *program = nullptr;
  std::string name;
  void **managed = nullptr; ///< where the program reads the address of a managed variable
};

struct Program {
  const void *image = nullptr;
  CUlibrary library = nullptr;
  cudaError_t failure = cudaSuccess; ///< of its loading
  bool isLoaded = false;
};

struct Registry {
  std::recursive_mutex mutex;
  std::vector<std::unique_ptr<Program>> programs;
  std::map<const void *, std::unique_ptr<Kernel>> kernels; ///< by the address of the host's stub
  std::map<const void *, Variable> variables;              ///< by the address of the host's shadow
};

/// Made by the first constructor of the process that needs it, and never destroyed: destructors come late.
Registry &registry() {
  static auto *it = new Registry();
  return *it;
}

/// Loads a program's code, and tells it where its managed variables are. The registry is locked.
cudaError_t load(Program &program) {
  if (program.isLoaded)
    return program.failure;
  program.isLoaded = true;
  CUresult result = enter();
  if (result == CUDA_SUCCESS)
    result = cuLibraryLoadData(&program.library, program.image, nullptr, nullptr, 0, nullptr, nullptr, 0);
  program.failure = cudaError_t(unsigned(result));
  if (program.failure != cudaSuccess)
    return program.failure;
  for (auto &[address, variable] : registry().variables) {
    CUdeviceptr pointer = 0;
    if (variable.program == &program && variable.managed &&
        cuLibraryGetManaged(&pointer, nullptr, program.library, variable.name.c_str()) == CUDA_SUCCESS)
      *variable.managed = reinterpret_cast<void *>(pointer);
  }
  return cudaSuccess;
}

Kernel *findKernel(const void *named) {
  Registry &all = registry();
  if (const auto found = all.kernels.find(named); found != all.kernels.end())
    return found->second.get();
  for (const auto &[address, kernel] : all.kernels) // a handle that __cudaGetKernel gave
    if (kernel.get() == named)
      return kernel.get();
  return nullptr;
}

bool isPossible(const dim3 &grid, const dim3 &block) {
  const auto threads = std::uint64_t(block.x) * block.y * block.z;
  return grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.x <= 0x7fffffff && grid.y <= 65535 && grid.z <= 65535 &&
         threads > 0 && threads <= 1024 && block.z <= 64;
}

cudaError_t launch(const void *kernel, const cudaLaunchConfig_t &config, void **arguments) {
  CUfunction function = nullptr;
  if (const cudaError_t error = functionOf(kernel, function); error != cudaSuccess)
    return keep(error);
  const auto &[grid, block, shared, stream, attributes, count] = config;
  if (!isPossible(grid, block))
    return keep(cudaErrorInvalidConfiguration);
  int most = 0;
  if (cuFuncGetAttribute(&most, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, function) == CUDA_SUCCESS &&
      block.x * block.y * block.z > unsigned(most))
    return keep(cudaErrorInvalidConfiguration);
  const CUlaunchConfig launch{grid.x,  grid.y,           grid.z, block.x,    block.y,
                              block.z, unsigned(shared), stream, attributes, count};
  return keep(cuLaunchKernelEx(&launch, function, arguments, nullptr));
}

/// What <<<...>>> says, until the stub that the compiler calls next fetches it.
thread_local std::vector<cudaLaunchConfig_t> configurations;

} // namespace

namespace tessera::cudart {

cudaError_t functionOf(const void *named, CUfunction &function) {
  Registry &all = registry();
  const std::lock_guard lock(all.mutex);
  Kernel *kernel = findKernel(named);
  if (!kernel)
    return cudaErrorInvalidDeviceFunction;
  if (const cudaError_t error = load(*kernel->program); error != cudaSuccess)
    return error;
  CUkernel handle = nullptr;
  if (enter() != CUDA_SUCCESS ||
      cuLibraryGetKernel(&handle, kernel->program->library, kernel->name.c_str()) != CUDA_SUCCESS)
    return cudaErrorInvalidDeviceFunction;
  return cudaError_t(unsigned(cuKernelGetFunction(&function, handle)));
}

cudaError_t symbolOf(const void *symbol, CUdeviceptr &address, std::size_t &bytes) {
  Registry &all = registry();
  const std::lock_guard lock(all.mutex);
  const auto found = all.variables.find(symbol);
  if (found == all.variables.end())
    return cudaErrorInvalidSymbol;
  if (const cudaError_t error = load(*found->second.program); error != cudaSuccess)
    return error;
  if (const CUresult result = enter(); result != CUDA_SUCCESS)
    return cudaError_t(unsigned(result));
  const CUresult result =
      cuLibraryGetGlobal(&address, &bytes, found->second.program->library, found->second.name.c_str());
  return result == CUDA_ERROR_NOT_FOUND ? cudaErrorInvalidSymbol : cudaError_t(unsigned(result));
}

} // namespace tessera::cudart

// ---- what nvcc's code calls --------------------------------------------------------------------------------------

TESSERA_CUDA_RUNTIME void **__cudaRegisterFatBinary(void *wrapper) {
  Registry &all = registry();
  const std::lock_guard lock(all.mutex);
  all.programs.push_back(std::make_unique<Program>());
  all.programs.back()->image = wrapper;
  return reinterpret_cast<void **>(all.programs.back().get());
}

TESSERA_CUDA_RUNTIME void __cudaRegisterFatBinaryEnd(void **program) {}
/// The process ends: what still runs keeps its code.
TESSERA_CUDA_RUNTIME void __cudaUnregisterFatBinary(void **program) {}

TESSERA_CUDA_RUNTIME void __cudaRegisterFunction(void **program, const char *stub, char *device, const char *name,
                                                 int threads, void *, void *, void *, void *, int *) {
  Registry &all = registry();
  const std::lock_guard lock(all.mutex);
  all.kernels[stub] = std::make_unique<Kernel>(Kernel{reinterpret_cast<Program *>(program), name});
}

TESSERA_CUDA_RUNTIME void __cudaRegisterVar(void **program, char *shadow, char *device, const char *name,
                                            int isExternal, std::size_t bytes, int isConstant, int isGlobal) {
  Registry &all = registry();
  const std::lock_guard lock(all.mutex);
  all.variables[shadow] = {reinterpret_cast<Program *>(program), name};
}

TESSERA_CUDA_RUNTIME void __cudaRegisterManagedVar(void **program, void **pointer, char *device, const char *name,
                                                   int isExternal, std::size_t bytes, int isConstant, int isGlobal) {
  Registry &all = registry();
  const std::lock_guard lock(all.mutex);
  all.variables[pointer] = {reinterpret_cast<Program *>(program), name, pointer};
}

/// Called before the host first touches a managed variable.
TESSERA_CUDA_RUNTIME char __cudaInitModule(void **program) {
  const std::lock_guard lock(registry().mutex);
  return keep(load(*reinterpret_cast<Program *>(program))) == cudaSuccess;
}

TESSERA_CUDA_RUNTIME unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, std::size_t shared, CUstream stream) {
  configurations.push_back({grid, block, shared, stream, nullptr, 0});
  return 0;
}

TESSERA_CUDA_RUNTIME cudaError_t __cudaPopCallConfiguration(dim3 *grid, dim3 *block, std::size_t *shared,
                                                            void *stream) {
  if (configurations.empty())
    return keep(cudaErrorMissingConfiguration);
  const cudaLaunchConfig_t &last = configurations.back();
  *grid = last.gridDim;
  *block = last.blockDim;
  *shared = last.dynamicSmemBytes;
  *static_cast<CUstream *>(stream) = last.stream;
  configurations.pop_back();
  return cudaSuccess;
}

TESSERA_CUDA_RUNTIME cudaError_t __cudaGetKernel(void **handle, const void *stub) {
  Registry &all = registry();
  const std::lock_guard lock(all.mutex);
  Kernel *kernel = findKernel(stub);
  *handle = kernel;
  return kernel ? cudaSuccess : keep(cudaErrorInvalidDeviceFunction);
}

TESSERA_CUDA_RUNTIME cudaError_t __cudaLaunchKernel(const void *kernel, dim3 grid, dim3 block, void **arguments,
                                                    std::size_t shared, CUstream stream) {
  return launch(kernel, {grid, block, shared, stream, nullptr, 0}, arguments);
}

// ---- the public functions ----------------------------------------------------------------------------------------

TESSERA_CUDA_RUNTIME cudaError_t cudaGetKernel(void **handle, const void *stub) {
  return __cudaGetKernel(handle, stub);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaGetFuncBySymbol(CUfunction *function, const void *kernel) {
  return keep(functionOf(kernel, *function));
}

TESSERA_CUDA_RUNTIME cudaError_t cudaLaunchKernel(const void *kernel, dim3 grid, dim3 block, void **arguments,
                                                  std::size_t shared, CUstream stream) {
  return launch(kernel, {grid, block, shared, stream, nullptr, 0}, arguments);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t *config, const void *kernel,
                                                     void **arguments) {
  return config ? launch(kernel, *config, arguments) : keep(cudaErrorInvalidValue);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaLaunchCooperativeKernel(const void *kernel, dim3 grid, dim3 block,
                                                             void **arguments, std::size_t shared, CUstream stream) {
  CUlaunchAttribute cooperative{};
  cooperative.id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
  cooperative.value.cooperative = 1;
  return launch(kernel, {grid, block, shared, stream, &cooperative, 1}, arguments);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaFuncGetName(const char **name, const void *kernel) {
  CUfunction function = nullptr;
  const cudaError_t error = functionOf(kernel, function);
  return keep(error == cudaSuccess ? cudaError_t(unsigned(cuFuncGetName(name, function))) : error);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attributes, const void *kernel) {
  CUfunction function = nullptr;
  if (const cudaError_t error = functionOf(kernel, function); error != cudaSuccess)
    return keep(error);
  if (!attributes)
    return keep(cudaErrorInvalidValue);
  *attributes = {};
  const auto ask = [&](auto &to, CUfunction_attribute which) {
    int value = 0;
    cuFuncGetAttribute(&value, which, function);
    to = static_cast<std::remove_reference_t<decltype(to)>>(value);
  };
  ask(attributes->sharedSizeBytes, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
  ask(attributes->constSizeBytes, CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES);
  ask(attributes->localSizeBytes, CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);
  ask(attributes->maxThreadsPerBlock, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
  ask(attributes->numRegs, CU_FUNC_ATTRIBUTE_NUM_REGS);
  ask(attributes->ptxVersion, CU_FUNC_ATTRIBUTE_PTX_VERSION);
  ask(attributes->binaryVersion, CU_FUNC_ATTRIBUTE_BINARY_VERSION);
  ask(attributes->cacheModeCA, CU_FUNC_ATTRIBUTE_CACHE_MODE_CA);
  ask(attributes->maxDynamicSharedSizeBytes, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
  ask(attributes->preferredShmemCarveout, CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT);
  ask(attributes->clusterDimMustBeSet, CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET);
  ask(attributes->requiredClusterWidth, CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH);
  ask(attributes->requiredClusterHeight, CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT);
  ask(attributes->requiredClusterDepth, CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH);
  ask(attributes->clusterSchedulingPolicyPreference, CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE);
  ask(attributes->nonPortableClusterSizeAllowed, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED);
  return cudaSuccess;
}

TESSERA_CUDA_RUNTIME cudaError_t cudaFuncSetAttribute(const void *kernel, CUfunction_attribute attribute, int value) {
  CUfunction function = nullptr;
  const cudaError_t error = functionOf(kernel, function);
  return keep(error == cudaSuccess ? cudaError_t(unsigned(cuFuncSetAttribute(function, attribute, value))) : error);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaFuncSetCacheConfig(const void *kernel, CUfunc_cache config) {
  CUfunction function = nullptr;
  const cudaError_t error = functionOf(kernel, function);
  return keep(error == cudaSuccess ? cudaError_t(unsigned(cuFuncSetCacheConfig(function, config))) : error);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, const void *kernel,
                                                                                        int blockSize,
                                                                                        std::size_t shared,
                                                                                        unsigned flags) {
  CUfunction function = nullptr;
  if (const cudaError_t error = functionOf(kernel, function); error != cudaSuccess)
    return keep(error);
  return keep(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, blockSize, shared, flags));
}

TESSERA_CUDA_RUNTIME cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, const void *kernel,
                                                                               int blockSize, std::size_t shared) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, kernel, blockSize, shared, 0);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaOccupancyAvailableDynamicSMemPerBlock(std::size_t *bytes, const void *kernel,
                                                                           int blocks, int blockSize) {
  CUfunction function = nullptr;
  const cudaError_t error = functionOf(kernel, function);
  return error != cudaSuccess ? keep(error)
                              : keep(cuOccupancyAvailableDynamicSMemPerBlock(bytes, function, blocks, blockSize));
}

namespace {
template <typename Ask>
cudaError_t askOfClusters(int *answer, const void *kernel, const cudaLaunchConfig_t *config, Ask ask) {
  CUfunction function = nullptr;
  if (const cudaError_t error = functionOf(kernel, function); error != cudaSuccess)
    return keep(error);
  if (!config)
    return keep(cudaErrorInvalidValue);
  const auto &[grid, block, shared, stream, attributes, count] = *config;
  const CUlaunchConfig launch{grid.x,  grid.y,           grid.z, block.x,    block.y,
                              block.z, unsigned(shared), stream, attributes, count};
  return keep(ask(answer, function, &launch));
}
} // namespace

TESSERA_CUDA_RUNTIME cudaError_t cudaOccupancyMaxPotentialClusterSize(int *size, const void *kernel,
                                                                      const cudaLaunchConfig_t *config) {
  return askOfClusters(size, kernel, config, cuOccupancyMaxPotentialClusterSize);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaOccupancyMaxActiveClusters(int *count, const void *kernel,
                                                                const cudaLaunchConfig_t *config) {
  return askOfClusters(count, kernel, config, cuOccupancyMaxActiveClusters);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaGetSymbolAddress(void **pointer, const void *symbol) {
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  const cudaError_t error = symbolOf(symbol, address, bytes);
  if (error == cudaSuccess)
    *pointer = reinterpret_cast<void *>(address);
  return keep(error);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaGetSymbolSize(std::size_t *bytes, const void *symbol) {
  CUdeviceptr address = 0;
  return keep(symbolOf(symbol, address, *bytes));
}
