// What the tests of the simulator's Driver API share: every function it exports, and a current context.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_TEST_RUNTIME_DRIVER_DRIVERAPITEST_H
#define TESSERA_TEST_RUNTIME_DRIVER_DRIVERAPITEST_H

#include "../TestKernels.h"
#include "runtime/driver/DriverLibrary.h"
#include "runtime/simulator/DriverApiFunctions.h"

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

namespace tessera::cuda {

/// The functions that the runtime loads, and those that only the simulator's own programs call.
struct AllFunctions : DriverFunctions {
// NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration
#define TESSERA_FUNCTION_POINTER(symbol, parameters) CUresult(*symbol) parameters = nullptr;
  TESSERA_SIMULATED_FUNCTIONS(TESSERA_FUNCTION_POINTER)
#undef TESSERA_FUNCTION_POINTER
};

/// The simulator with two devices, the first of which is current.
class DriverApiTest : public testing::Test {
protected:
  DriverApiTest() : library(load()), cu(functions()) {
    EXPECT_EQ(cu.cuDevicePrimaryCtxRetain(&context, 0), CUDA_SUCCESS);
    EXPECT_EQ(cu.cuCtxSetCurrent(context), CUDA_SUCCESS);
  }
  ~DriverApiTest() override {
    cu.cuCtxSetCurrent(nullptr);
    cu.cuDevicePrimaryCtxRelease_v2(0);
  }

  static const DriverLibrary &load() {
    setenv("TESSERA_SIM_DEVICES", "2", 1);
    return **DriverLibrary::get(DriverLibrary::Kind::Simulator);
  }
  static void *symbol(const char *name) {
    static void *handle = dlopen(load().path().c_str(), RTLD_NOW | RTLD_LOCAL);
    return dlsym(handle, name);
  }
  static const AllFunctions &functions() {
    static const AllFunctions all = [] {
      AllFunctions table;
      static_cast<DriverFunctions &>(table) = load().functions();
#define TESSERA_LOAD(name, parameters) table.name = reinterpret_cast<decltype(table.name)>(symbol(#name));
      TESSERA_SIMULATED_FUNCTIONS(TESSERA_LOAD)
#undef TESSERA_LOAD
      return table;
    }();
    return all;
  }

  CUfunction load(const char *text, const char *name) {
    CUmodule module = nullptr;
    CUfunction function = nullptr;
    EXPECT_EQ(cu.cuModuleLoadData(&module, text), CUDA_SUCCESS) << library.takeReport();
    EXPECT_EQ(cu.cuModuleGetFunction(&function, module, name), CUDA_SUCCESS);
    return function;
  }
  CUdeviceptr allocate(std::size_t bytes) {
    CUdeviceptr pointer = 0;
    EXPECT_EQ(cu.cuMemAlloc_v2(&pointer, bytes), CUDA_SUCCESS);
    return pointer;
  }
  template <typename T> std::vector<T> read(CUdeviceptr from, std::size_t count) {
    std::vector<T> values(count);
    EXPECT_EQ(cu.cuMemcpyDtoH_v2(values.data(), from, count * sizeof(T)), CUDA_SUCCESS) << library.takeReport();
    return values;
  }
  CUstream stream(unsigned flags = kStreamNonBlocking) {
    CUstream created = nullptr;
    EXPECT_EQ(cu.cuStreamCreate(&created, flags), CUDA_SUCCESS);
    return created;
  }

  const DriverLibrary &library;
  const AllFunctions &cu;
  CUcontext context = nullptr;
};

} // namespace tessera::cuda

#endif // TESSERA_TEST_RUNTIME_DRIVER_DRIVERAPITEST_H
