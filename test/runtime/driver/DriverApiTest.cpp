// The simulator's Driver API, used as a program of that API would.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DriverApiTest.h"

#include <cstring>
#include <set>
#include <string>

using namespace tessera;
using namespace tessera::cuda;

TEST_F(DriverApiTest, EveryFunctionIsThere) {
#define TESSERA_EXPECT_THERE(symbol, parameters) EXPECT_NE(cu.symbol, nullptr) << #symbol;
  TESSERA_CUDA_FUNCTIONS(TESSERA_EXPECT_THERE)
  TESSERA_SIMULATED_FUNCTIONS(TESSERA_EXPECT_THERE)
#undef TESSERA_EXPECT_THERE
}

namespace {
/// The name that cuda.h knows a symbol by: without its version.
std::string plainName(std::string symbol) {
  if (symbol.size() > 3 && symbol[symbol.size() - 3] == '_' && symbol[symbol.size() - 2] == 'v')
    symbol.resize(symbol.size() - 3);
  return symbol;
}
} // namespace

TEST_F(DriverApiTest, GetProcAddressFindsEveryFunction) {
  std::set<std::string> missing;
#define TESSERA_LOOK_UP(symbol, ...)                                                                                   \
  {                                                                                                                    \
    void *function = nullptr;                                                                                          \
    EXPECT_EQ(cu.cuGetProcAddress_v2(plainName(#symbol).c_str(), &function, 13000, 0, nullptr), CUDA_SUCCESS);         \
    if (!function)                                                                                                     \
      missing.insert(#symbol);                                                                                         \
  }
  TESSERA_CUDA_FUNCTIONS(TESSERA_LOOK_UP)
  TESSERA_SIMULATED_FUNCTIONS(TESSERA_LOOK_UP)
  TESSERA_REFUSED_FUNCTIONS(TESSERA_LOOK_UP)
#undef TESSERA_LOOK_UP
  EXPECT_EQ(missing, std::set<std::string>{});
}

TEST_F(DriverApiTest, GetProcAddressFindsVersions) {
  struct Case {
    const char *name;
    int version;
    std::uint64_t flags;
    const char *symbol; ///< null: none
    CUdriverProcAddressQueryResult status;
  };
  const Case cases[] = {
      {"cuMemAlloc", 13000, 0, "cuMemAlloc_v2", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuMemAlloc", 3020, 0, "cuMemAlloc_v2", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuMemAlloc", 3010, 0, nullptr, CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT},
      {"cuCtxCreate", 11030, 0, "cuCtxCreate_v2", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuCtxCreate", 11040, 0, "cuCtxCreate_v3", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuCtxCreate", 13000, 0, "cuCtxCreate_v4", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuGetProcAddress", 11030, 0, "cuGetProcAddress", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuGetProcAddress", 12000, 0, "cuGetProcAddress_v2", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuGraphInstantiate", 11000, 0, "cuGraphInstantiate_v2", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuGraphInstantiate", 12000, 0, "cuGraphInstantiateWithFlags", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuLaunchKernel", 13000, 1, "cuLaunchKernel", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuLaunchKernel", 13000, 2, "cuLaunchKernel_ptsz", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuMemcpyHtoD", 13000, 2, "cuMemcpyHtoD_v2_ptds", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuInit", 13000, 2, "cuInit", CU_GET_PROC_ADDRESS_SUCCESS},
      {"cuFlyToTheMoon", 13000, 0, nullptr, CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND},
  };
  for (const Case &it : cases) {
    SCOPED_TRACE(std::string(it.name) + " of " + std::to_string(it.version));
    void *function = &function;
    CUdriverProcAddressQueryResult status{};
    EXPECT_EQ(cu.cuGetProcAddress_v2(it.name, &function, it.version, it.flags, &status), CUDA_SUCCESS);
    EXPECT_EQ(status, it.status);
    EXPECT_EQ(function, it.symbol ? symbol(it.symbol) : nullptr);
  }
  void *function = nullptr;
  EXPECT_EQ(cu.cuGetProcAddress("cuFlyToTheMoon", &function, 11040, 0), CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(cu.cuGetProcAddress_v2("cuInit", &function, 13000, 3, nullptr), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(DriverApiTest, WhatIsNotThereIsRefusedByName) {
  auto refused = reinterpret_cast<CUresult (*)(void *, void *)>(symbol("cuArrayCreate_v2"));
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused(nullptr, nullptr), CUDA_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(library.takeReport(), "the simulator has no cuArrayCreate_v2");
}

TEST_F(DriverApiTest, ExportTablesAreNotFound) {
  const CUuuid id{};
  const void *table = &id;
  EXPECT_EQ(cu.cuGetExportTable(&table, &id), CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(table, nullptr);
}

TEST_F(DriverApiTest, NamesAndWordsOfErrors) {
  const char *text = nullptr;
#define TESSERA_EXPECT_WORDS(name, value, words)                                                                       \
  EXPECT_EQ(cu.cuGetErrorName(name, &text), CUDA_SUCCESS);                                                             \
  EXPECT_STREQ(text, #name);                                                                                           \
  EXPECT_EQ(cu.cuGetErrorString(name, &text), CUDA_SUCCESS);                                                           \
  EXPECT_STREQ(text, words);
  TESSERA_CUDA_RESULTS(TESSERA_EXPECT_WORDS)
#undef TESSERA_EXPECT_WORDS
  EXPECT_EQ(cu.cuGetErrorName(CUresult(12345), &text), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(text, nullptr);
  EXPECT_EQ(library.describe(CUresult(12345)), "CUDA error 12345");
}

TEST_F(DriverApiTest, LaunchesWithPackedParameters) {
  CUfunction add = load(test::kAdd, "add");
  CUdeviceptr x = 0, z = 0;
  ASSERT_EQ(cu.cuMemAlloc_v2(&x, 256), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuMemAlloc_v2(&z, 256), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuMemsetD32_v2(x, 0x3f800000, 64), CUDA_SUCCESS); // 1.0f
  struct {
    CUdeviceptr x, y, z;
    int n;
  } parameters{x, x, z, 64};
  std::size_t size = sizeof(parameters);
  void *extra[] = {reinterpret_cast<void *>(kLaunchParamBufferPointer), &parameters,
                   reinterpret_cast<void *>(kLaunchParamBufferSize), &size, reinterpret_cast<void *>(kLaunchParamEnd)};
  ASSERT_EQ(cu.cuLaunchKernel(add, 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra), CUDA_SUCCESS);
  float result[64];
  ASSERT_EQ(cu.cuMemcpyDtoH_v2(result, z, 256), CUDA_SUCCESS);
  EXPECT_EQ(result[63], 2.0f);
  cu.cuMemFree_v2(x);
  cu.cuMemFree_v2(z);
}

TEST_F(DriverApiTest, PointersAreKnown) {
  CUdeviceptr pointer = 0;
  ASSERT_EQ(cu.cuMemAlloc_v2(&pointer, 1000), CUDA_SUCCESS);
  unsigned type = 0;
  EXPECT_EQ(cu.cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, pointer + 999), CUDA_SUCCESS);
  EXPECT_EQ(type, unsigned(CU_MEMORYTYPE_DEVICE));
  EXPECT_EQ(cu.cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, pointer + 1000),
            CUDA_ERROR_INVALID_VALUE);
  CUdeviceptr base = 0;
  std::size_t size = 0;
  EXPECT_EQ(cu.cuMemGetAddressRange_v2(&base, &size, pointer + 10), CUDA_SUCCESS);
  EXPECT_EQ(base, pointer);
  EXPECT_EQ(size, 1000u);
  EXPECT_EQ(cu.cuMemFree_v2(pointer + 16), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuMemFree_v2(pointer), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemFree_v2(pointer), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(DriverApiTest, PinnedMemoryIsSeenByKernels) {
  CUfunction add = load(test::kAdd, "add");
  float *host = nullptr;
  ASSERT_EQ(cu.cuMemHostAlloc(reinterpret_cast<void **>(&host), 256, 0), CUDA_SUCCESS);
  std::fill(host, host + 64, 1.5f);
  int n = 64;
  void *parameters[] = {&host, &host, &host, &n};
  ASSERT_EQ(cu.cuLaunchKernel(add, 1, 1, 1, 64, 1, 1, 0, nullptr, parameters, nullptr), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT_EQ(host[0], 3.0f);
  EXPECT_EQ(cu.cuMemFreeHost(host), CUDA_SUCCESS);
}

TEST_F(DriverApiTest, FaultsComeWithReports) {
  CUfunction add = load(test::kAdd, "add");
  CUdeviceptr null = 0;
  int n = 64;
  void *parameters[] = {&null, &null, &null, &n};
  ASSERT_EQ(cu.cuLaunchKernel(add, 1, 1, 1, 64, 1, 1, 0, nullptr, parameters, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_NE(library.takeReport().find("add"), std::string::npos);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
}

TEST_F(DriverApiTest, HandlesAreChecked) {
  int value = 0;
  EXPECT_EQ(cu.cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_NUM_REGS, reinterpret_cast<CUfunction>(&value)),
            CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.cuStreamSynchronize(reinterpret_cast<CUstream>(&value)), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.cuEventSynchronize(nullptr), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.cuModuleUnload(nullptr), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.cuDeviceGet(&value, 99), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(cu.cuCtxPushCurrent_v2(reinterpret_cast<CUcontext>(&value)), CUDA_ERROR_INVALID_CONTEXT);
}

TEST_F(DriverApiTest, HostFunctionsRunInOrder) {
  CUstream stream = nullptr;
  ASSERT_EQ(cu.cuStreamCreate(&stream, kStreamNonBlocking), CUDA_SUCCESS);
  std::vector<int> order;
  struct Step {
    std::vector<int> *order;
    int number;
  } steps[] = {{&order, 1}, {&order, 2}, {&order, 3}};
  for (Step &step : steps)
    ASSERT_EQ(cu.cuLaunchHostFunc(
                  stream,
                  [](void *data) { static_cast<Step *>(data)->order->push_back(static_cast<Step *>(data)->number); },
                  &step),
              CUDA_SUCCESS);
  ASSERT_EQ(cu.cuStreamSynchronize(stream), CUDA_SUCCESS);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(cu.cuStreamDestroy_v2(stream), CUDA_SUCCESS);
}

TEST_F(DriverApiTest, Occupancy) {
  CUfunction add = load(test::kAdd, "add");
  int blocks = 0, minGrid = 0, blockSize = 0;
  ASSERT_EQ(cu.cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, add, 128, 0), CUDA_SUCCESS);
  EXPECT_EQ(blocks, 16); // 2048 threads
  ASSERT_EQ(cu.cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, add, 128, 100000), CUDA_SUCCESS);
  EXPECT_EQ(blocks, 2);
  ASSERT_EQ(cu.cuOccupancyMaxPotentialBlockSize(&minGrid, &blockSize, add, nullptr, 0, 0), CUDA_SUCCESS);
  EXPECT_EQ(minGrid * blockSize, 132 * 2048);
}

TEST_F(DriverApiTest, CubinsAreRefused) {
  CUmodule module = nullptr;
  const char cubin[64] = "\x7f"
                         "ELF";
  EXPECT_EQ(cu.cuModuleLoadData(&module, cubin), CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_EQ(library.takeReport(), "the simulator executes PTX text, this image is a cubin or another object file");
}
