// Libraries: code that belongs to no context, loaded into a device when it is first used there. And the linker, which
// has nothing to do, for it takes one text. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

#define TESSERA_LIBRARY_OR_RETURN(name, handle) TESSERA_HANDLE_OR_RETURN(name, Library, handle, libraries)
#define TESSERA_KERNEL_OR_RETURN(name, handle) TESSERA_HANDLE_OR_RETURN(name, LibraryKernel, handle, kernels)

/// The library as a module of a device.
CUresult moduleOn(Library &library, Device &device, LoadedModule *&module) {
  {
    const std::lock_guard lock(driver().mutex);
    if (const auto found = library.modules.find(&device); found != library.modules.end()) {
      module = found->second;
      return CUDA_SUCCESS;
    }
  }
  TESSERA_RETURN_IF_FAILED(loadModule(device, library.text, module))
  const std::lock_guard lock(driver().mutex);
  library.modules[&device] = module; // two threads that come at once leave one module unused
  return CUDA_SUCCESS;
}

CUresult functionOn(LibraryKernel &kernel, Device &device, Function *&function) {
  LoadedModule *module = nullptr;
  TESSERA_RETURN_IF_FAILED(moduleOn(*kernel.library, device, module))
  function = functionNamed(*module, kernel.name);
  return function ? CUDA_SUCCESS : fail(CUDA_ERROR_NOT_FOUND);
}

/// A kernel as a function of the device with an ordinal.
CUresult functionOn(CUkernel handle, CUdevice ordinal, CUfunction &function) {
  TESSERA_KERNEL_OR_RETURN(kernel, handle)
  TESSERA_DEVICE_OR_RETURN(device, ordinal)
  Function *found = nullptr;
  TESSERA_RETURN_IF_FAILED(functionOn(*kernel, *device, found))
  function = reinterpret_cast<CUfunction>(found);
  return CUDA_SUCCESS;
}

const sim::GlobalVariable *variableOf(LoadedModule &module, const char *name) { return module.code->global(name); }

/// The text a link is given.
struct Link {
  std::string text;
  bool hasText = false;
};

} // namespace

CUresult cuLibraryLoadData(CUlibrary *handle, const void *image, CUjit_option *options, void **values, unsigned count,
                           unsigned *libraryOptions, void **libraryValues, unsigned libraryCount) {
  // Loading needs no context, but the architecture chooses among the texts of an image.
  TESSERA_DEVICE_OR_RETURN(device, 0)
  TESSERA_REQUIRE(handle && image)
  auto library = std::make_unique<Library>();
  TESSERA_RETURN_IF_FAILED(readImage(device->architecture, image, 0, library->text))
  // The kernels are those of the text, which is read here once so that a bad one fails here.
  LoadedModule *module = nullptr;
  TESSERA_RETURN_IF_FAILED(moduleOn(*library, *device, module))
  const std::lock_guard lock(driver().mutex);
  for (const auto &function : module->functions) {
    library->kernels.push_back(std::make_unique<LibraryKernel>(LibraryKernel{library.get(), function->kernel->name}));
    driver().kernels.insert(library->kernels.back().get());
  }
  driver().libraries.insert(library.get());
  *handle = reinterpret_cast<CUlibrary>(library.release());
  return CUDA_SUCCESS;
}

CUresult cuLibraryLoadFromFile(CUlibrary *library, const char *path, CUjit_option *options, void **values,
                               unsigned count, unsigned *libraryOptions, void **libraryValues, unsigned libraryCount) {
  std::ifstream file(path ? path : "", std::ios::binary);
  if (!file)
    return fail(CUDA_ERROR_FILE_NOT_FOUND, std::string("cannot read '") + (path ? path : "") + "'");
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return cuLibraryLoadData(library, bytes.str().c_str(), options, values, count, libraryOptions, libraryValues,
                           libraryCount);
}

CUresult cuLibraryUnload(CUlibrary handle) {
  TESSERA_LIBRARY_OR_RETURN(library, handle) {
    const std::lock_guard lock(driver().mutex);
    driver().libraries.erase(library);
    for (const auto &kernel : library->kernels)
      driver().kernels.erase(kernel.get());
  }
  for (const auto &[device, module] : library->modules)
    unloadModule(module);
  delete library;
  return CUDA_SUCCESS;
}

CUresult cuLibraryGetKernel(CUkernel *kernel, CUlibrary handle, const char *name) {
  TESSERA_LIBRARY_OR_RETURN(library, handle)
  TESSERA_REQUIRE(kernel && name)
  for (const auto &candidate : library->kernels)
    if (candidate->name == name) {
      *kernel = reinterpret_cast<CUkernel>(candidate.get());
      return CUDA_SUCCESS;
    }
  return fail(CUDA_ERROR_NOT_FOUND);
}

CUresult cuLibraryGetKernelCount(unsigned *count, CUlibrary handle) {
  TESSERA_LIBRARY_OR_RETURN(library, handle)
  TESSERA_REQUIRE(count)
  *count = unsigned(library->kernels.size());
  return CUDA_SUCCESS;
}

CUresult cuLibraryEnumerateKernels(CUkernel *kernels, unsigned count, CUlibrary handle) {
  TESSERA_LIBRARY_OR_RETURN(library, handle)
  TESSERA_REQUIRE(kernels)
  for (unsigned i = 0; i < count && i < library->kernels.size(); ++i)
    kernels[i] = reinterpret_cast<CUkernel>(library->kernels[i].get());
  return CUDA_SUCCESS;
}

CUresult cuLibraryGetModule(CUmodule *module, CUlibrary handle) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_LIBRARY_OR_RETURN(library, handle)
  TESSERA_REQUIRE(module)
  LoadedModule *found = nullptr;
  TESSERA_RETURN_IF_FAILED(moduleOn(*library, *device, found))
  *module = reinterpret_cast<CUmodule>(found);
  return CUDA_SUCCESS;
}

CUresult cuLibraryGetGlobal(CUdeviceptr *pointer, std::size_t *bytes, CUlibrary handle, const char *name) {
  CUmodule module = nullptr;
  TESSERA_RETURN_IF_FAILED(cuLibraryGetModule(&module, handle))
  return cuModuleGetGlobal_v2(pointer, bytes, module, name);
}

CUresult cuLibraryGetManaged(CUdeviceptr *pointer, std::size_t *bytes, CUlibrary handle, const char *name) {
  TESSERA_LIBRARY_OR_RETURN(library, handle)
  TESSERA_DEVICE_OR_RETURN(device, 0) // there is one such variable, whatever the device
  TESSERA_REQUIRE(name)
  LoadedModule *module = nullptr;
  TESSERA_RETURN_IF_FAILED(moduleOn(*library, *device, module))
  const sim::GlobalVariable *variable = variableOf(*module, name);
  if (!variable || !variable->isManaged)
    return fail(CUDA_ERROR_NOT_FOUND);
  if (pointer)
    *pointer = variable->address;
  if (bytes)
    *bytes = variable->size;
  return CUDA_SUCCESS;
}

CUresult cuLibraryGetUnifiedFunction(void **function, CUlibrary handle, const char *symbol) {
  TESSERA_LIBRARY_OR_RETURN(library, handle)
  return fail(CUDA_ERROR_NOT_FOUND); // CU_DEVICE_ATTRIBUTE_UNIFIED_FUNCTION_POINTERS is 0
}

CUresult cuKernelGetFunction(CUfunction *function, CUkernel handle) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_KERNEL_OR_RETURN(kernel, handle)
  TESSERA_REQUIRE(function)
  Function *found = nullptr;
  TESSERA_RETURN_IF_FAILED(functionOn(*kernel, *device, found))
  *function = reinterpret_cast<CUfunction>(found);
  return CUDA_SUCCESS;
}

CUresult cuKernelGetLibrary(CUlibrary *library, CUkernel handle) {
  TESSERA_KERNEL_OR_RETURN(kernel, handle)
  TESSERA_REQUIRE(library)
  *library = reinterpret_cast<CUlibrary>(kernel->library);
  return CUDA_SUCCESS;
}

CUresult cuKernelGetName(const char **name, CUkernel handle) {
  TESSERA_KERNEL_OR_RETURN(kernel, handle)
  TESSERA_REQUIRE(name)
  *name = kernel->name.c_str();
  return CUDA_SUCCESS;
}

CUresult cuKernelGetParamInfo(CUkernel kernel, std::size_t index, std::size_t *offset, std::size_t *size) {
  CUfunction function = nullptr;
  TESSERA_RETURN_IF_FAILED(functionOn(kernel, 0, function))
  return cuFuncGetParamInfo(function, index, offset, size);
}

CUresult cuKernelGetAttribute(int *value, CUfunction_attribute attribute, CUkernel kernel, CUdevice device) {
  CUfunction function = nullptr;
  TESSERA_RETURN_IF_FAILED(functionOn(kernel, device, function))
  return cuFuncGetAttribute(value, attribute, function);
}

CUresult cuKernelSetAttribute(CUfunction_attribute attribute, int value, CUkernel kernel, CUdevice device) {
  CUfunction function = nullptr;
  TESSERA_RETURN_IF_FAILED(functionOn(kernel, device, function))
  return cuFuncSetAttribute(function, attribute, value);
}

CUresult cuKernelSetCacheConfig(CUkernel kernel, CUfunc_cache config, CUdevice device) {
  CUfunction function = nullptr;
  TESSERA_RETURN_IF_FAILED(functionOn(kernel, device, function))
  return cuFuncSetCacheConfig(function, config);
}

CUresult cuLinkCreate_v2(unsigned count, CUjit_option *options, void **values, CUlinkState *state) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_REQUIRE(state)
  auto *link = new Link();
  addHandle(link, &Driver::links);
  *state = reinterpret_cast<CUlinkState>(link);
  return CUDA_SUCCESS;
}

CUresult cuLinkAddData_v2(CUlinkState state, unsigned type, void *data, std::size_t size, const char *name,
                          unsigned count, CUjit_option *options, void **values) {
  TESSERA_CURRENT_OR_RETURN(device)
  TESSERA_HANDLE_OR_RETURN(link, Link, state, links)
  TESSERA_REQUIRE(data && size > 0)
  if (type != CU_JIT_INPUT_PTX && type != CU_JIT_INPUT_FATBINARY)
    return fail(CUDA_ERROR_NOT_SUPPORTED, "the simulator links PTX, not cubins, objects or libraries");
  if (link->hasText)
    return fail(CUDA_ERROR_NOT_SUPPORTED, "the simulator links one PTX text, not several");
  TESSERA_RETURN_IF_FAILED(readImage(device->architecture, data, size, link->text))
  link->hasText = true;
  return CUDA_SUCCESS;
}

CUresult cuLinkAddFile_v2(CUlinkState state, unsigned type, const char *path, unsigned count, CUjit_option *options,
                          void **values) {
  std::ifstream file(path ? path : "", std::ios::binary);
  if (!file)
    return fail(CUDA_ERROR_FILE_NOT_FOUND, std::string("cannot read '") + (path ? path : "") + "'");
  std::ostringstream bytes;
  bytes << file.rdbuf();
  std::string text = bytes.str();
  return cuLinkAddData_v2(state, type, text.data(), text.size(), path, count, options, values);
}

CUresult cuLinkComplete(CUlinkState state, void **image, std::size_t *size) {
  TESSERA_HANDLE_OR_RETURN(link, Link, state, links)
  TESSERA_REQUIRE(image)
  TESSERA_REQUIRE(link->hasText)
  *image = link->text.data(); // good for cuModuleLoadData, as a cubin would be
  if (size)
    *size = link->text.size() + 1;
  return CUDA_SUCCESS;
}

CUresult cuLinkDestroy(CUlinkState state) {
  TESSERA_HANDLE_OR_RETURN(link, Link, state, links)
  const std::lock_guard lock(driver().mutex);
  driver().links.erase(link);
  delete link;
  return CUDA_SUCCESS;
}

} // namespace tessera::cuda
