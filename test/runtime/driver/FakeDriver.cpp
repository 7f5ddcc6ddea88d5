// A library with the functions that the runtime needs of a driver, which do next to nothing: memory is the host's,
// launches are counted. Those that are not here succeed without a word (FakeDriverRest.cpp). Built a second time as a
// driver that is too old. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/driver/CudaApi.h"

#include <cstdlib>

#define EXPORT __attribute__((visibility("default")))

namespace tessera::cuda {
namespace {
int handle = 0;
thread_local CUcontext current = nullptr;
unsigned long launches = 0;
} // namespace

extern "C" {

EXPORT unsigned long fakeLaunches() { return launches; }

EXPORT CUresult cuDriverGetVersion(int *version) {
#ifdef TESSERA_OLD_DRIVER
  *version = 11080;
#else
  *version = 13000;
#endif
  return CUDA_SUCCESS;
}

EXPORT CUresult cuGetErrorName(CUresult, const char **text) {
  *text = "FAKE";
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetCount(int *count) {
  *count = 1;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice) {
  *value = attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR   ? 9
           : attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR ? 0
                                                                       : 1024;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice) {
  *context = reinterpret_cast<CUcontext>(&handle);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxGetCurrent(CUcontext *context) {
  *context = current;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context) {
  current = context;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxPopCurrent_v2(CUcontext *context) {
  *context = current;
  current = nullptr;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemAlloc_v2(CUdeviceptr *pointer, std::size_t bytes) {
  *pointer = reinterpret_cast<std::uintptr_t>(std::aligned_alloc(256, (bytes + 255) / 256 * 256));
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemFree_v2(CUdeviceptr pointer) {
  std::free(reinterpret_cast<void *>(pointer));
  return CUDA_SUCCESS;
}

EXPORT CUresult cuModuleLoadDataEx(CUmodule *module, const void *, unsigned, CUjit_option *, void **) {
  *module = reinterpret_cast<CUmodule>(&handle);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuModuleGetFunction(CUfunction *function, CUmodule, const char *) {
  *function = reinterpret_cast<CUfunction>(&handle);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction) {
  *value = attribute == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK ? 1024 : 0;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuLaunchKernel(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                               CUstream, void **, void **) {
  ++launches;
  return CUDA_SUCCESS;
}

} // extern "C"
} // namespace tessera::cuda
