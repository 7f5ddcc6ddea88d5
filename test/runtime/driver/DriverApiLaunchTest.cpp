// Launches with attributes, cooperative grids, clusters, promises of parameters, occupancy, contexts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DriverApiTest.h"

#include <cstring>

#ifdef TESSERA_CUDA_OCCUPANCY
#include <cuda_occupancy.h>
#endif

using namespace tessera;
using namespace tessera::cuda;

namespace {

/// Every block adds one to `counter` and waits until all have; then block i writes what it saw to out[i].
const char *kMeet = R"(
.version 8.0
.target sm_80
.address_size 64
.visible .entry meet(.param .u64 counter, .param .u64 out)
{
  .reg .pred %p<3>;
  .reg .b32 %r<6>;
  .reg .b64 %rd<5>;
  ld.param.u64 %rd1, [counter];
  ld.param.u64 %rd2, [out];
  mov.u32 %r1, %tid.x;
  setp.ne.u32 %p1, %r1, 0;
  @%p1 bra done;
  mov.u32 %r2, %nctaid.x;
  mov.u32 %r3, %ctaid.x;
  atom.add.acq_rel.gpu.u32 %r4, [%rd1], 1;
again:
  ld.acquire.gpu.u32 %r5, [%rd1];
  setp.lt.u32 %p2, %r5, %r2;
  @%p2 bra again;
  mul.wide.u32 %rd3, %r3, 4;
  add.u64 %rd4, %rd2, %rd3;
  st.global.u32 [%rd4], %r5;
done:
  ret;
}
)";

/// Writes the number of blocks of its cluster to out[block].
const char *kCluster = R"(
.version 8.0
.target sm_90
.address_size 64
.visible .entry size(.param .u64 out)
{
  .reg .b32 %r<3>;
  .reg .b64 %rd<4>;
  ld.param.u64 %rd1, [out];
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %cluster_nctaid.x;
  mul.wide.u32 %rd2, %r1, 4;
  add.u64 %rd3, %rd1, %rd2;
  st.global.u32 [%rd3], %r2;
  ret;
}
.visible .entry fixed(.param .u64 out) .reqnctapercluster 2, 1, 1
{
  ret;
}
)";

/// Promised 16-byte alignment of the second pointer.
const char *kPromise = R"(
.version 8.0
.target sm_80
.address_size 64
.visible .entry promised(.param .u64 .ptr .global .align 4 x, .param .u64 .ptr .global .align 16 y)
{
  ret;
}
)";

CUlaunchConfig configOf(unsigned grid, unsigned block, CUlaunchAttribute *attributes, unsigned count) {
  return {grid, 1, 1, block, 1, 1, 0, nullptr, attributes, count};
}

} // namespace

TEST_F(DriverApiTest, CooperativeGridsAreResident) {
  CUfunction meet = load(kMeet, "meet");
  const int shared = 100000; // two blocks on each of 132 multiprocessors
  ASSERT_EQ(cu.cuFuncSetAttribute(meet, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shared), CUDA_SUCCESS);
  const CUdeviceptr counter = allocate(4), out = allocate(264 * 4);
  CUdeviceptr arguments[] = {counter, out};
  void *parameters[] = {&arguments[0], &arguments[1]};
  ASSERT_EQ(cu.cuMemsetD32_v2(counter, 0, 1), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuLaunchCooperativeKernel(meet, 264, 1, 1, 64, 1, 1, shared, nullptr, parameters), CUDA_SUCCESS);
  EXPECT_EQ(read<unsigned>(out, 264), std::vector<unsigned>(264, 264)) << library.takeReport();
  EXPECT_EQ(cu.cuLaunchCooperativeKernel(meet, 265, 1, 1, 64, 1, 1, shared, nullptr, parameters),
            CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
  EXPECT_EQ(library.takeReport(), "kernel 'meet': 265 blocks in a cooperative launch, 264 are resident at once on 132 "
                                  "multiprocessors");
  CUlaunchAttribute attribute{};
  attribute.id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
  attribute.value.cooperative = 1;
  CUlaunchConfig config = configOf(265, 64, &attribute, 1);
  config.sharedMemBytes = shared;
  EXPECT_EQ(cu.cuLaunchKernelEx(&config, meet, parameters, nullptr), CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
  config.gridDimX = 100;
  ASSERT_EQ(cu.cuMemsetD32_v2(counter, 0, 1), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuLaunchKernelEx(&config, meet, parameters, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(read<unsigned>(out, 100), std::vector<unsigned>(100, 100)) << library.takeReport();
  cu.cuMemFree_v2(counter);
  cu.cuMemFree_v2(out);
}

TEST_F(DriverApiTest, ClustersByAttribute) {
  CUfunction size = load(kCluster, "size"), fixed = load(kCluster, "fixed");
  CUdeviceptr out = allocate(32 * 4);
  void *parameters[] = {&out};
  CUlaunchAttribute attribute{};
  attribute.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
  attribute.value.clusterDim = {4, 1, 1};
  CUlaunchConfig config = configOf(32, 32, &attribute, 1);
  ASSERT_EQ(cu.cuLaunchKernelEx(&config, size, parameters, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(read<unsigned>(out, 32), std::vector<unsigned>(32, 4));
  attribute.value.clusterDim = {5, 1, 1};
  EXPECT_EQ(cu.cuLaunchKernelEx(&config, size, parameters, nullptr), CUDA_ERROR_INVALID_CLUSTER_SIZE);
  attribute.value.clusterDim = {16, 1, 1};
  EXPECT_EQ(cu.cuLaunchKernelEx(&config, size, parameters, nullptr), CUDA_ERROR_INVALID_CLUSTER_SIZE);
  ASSERT_EQ(cu.cuFuncSetAttribute(size, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuLaunchKernelEx(&config, size, parameters, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(read<unsigned>(out, 32), std::vector<unsigned>(32, 16));
  attribute.value.clusterDim = {0, 1, 1};
  EXPECT_EQ(cu.cuLaunchKernelEx(&config, size, parameters, nullptr), CUDA_ERROR_INVALID_CLUSTER_SIZE);

  attribute.value.clusterDim = {4, 1, 1};
  EXPECT_EQ(cu.cuLaunchKernelEx(&config, fixed, parameters, nullptr), CUDA_ERROR_INVALID_CLUSTER_SIZE);
  EXPECT_EQ(cu.cuLaunchKernel(fixed, 4, 1, 1, 32, 1, 1, 0, nullptr, parameters, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuLaunchKernel(fixed, 3, 1, 1, 32, 1, 1, 0, nullptr, parameters, nullptr),
            CUDA_ERROR_INVALID_CLUSTER_SIZE);
  int width = 0;
  EXPECT_EQ(cu.cuFuncGetAttribute(&width, CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH, fixed), CUDA_SUCCESS);
  EXPECT_EQ(width, 2);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
  cu.cuMemFree_v2(out);
}

TEST_F(DriverApiTest, WishesOfALaunch) {
  CUfunction size = load(kCluster, "size");
  CUdeviceptr out = allocate(4);
  void *parameters[] = {&out};
  CUevent event = nullptr;
  ASSERT_EQ(cu.cuEventCreate(&event, kEventDisableTiming), CUDA_SUCCESS);
  CUlaunchAttribute attributes[5]{};
  attributes[0].id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
  attributes[0].value.programmaticStreamSerializationAllowed = 1;
  attributes[1].id = CU_LAUNCH_ATTRIBUTE_PRIORITY;
  attributes[2].id = CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN;
  attributes[3].id = CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT;
  attributes[3].value.launchEvent = {event, 0, 0};
  attributes[4].id = CU_LAUNCH_ATTRIBUTE_IGNORE;
  CUlaunchConfig config = configOf(1, 32, attributes, 5);
  EXPECT_EQ(cu.cuLaunchKernelEx(&config, size, parameters, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuEventSynchronize(event), CUDA_SUCCESS);
  EXPECT_EQ(read<unsigned>(out, 1)[0], 1u);
  attributes[4].id = CUlaunchAttributeID(77);
  EXPECT_EQ(cu.cuLaunchKernelEx(&config, size, parameters, nullptr), CUDA_ERROR_INVALID_VALUE);
  attributes[4].id = CU_LAUNCH_ATTRIBUTE_DEVICE_UPDATABLE_KERNEL_NODE;
  EXPECT_EQ(cu.cuLaunchKernelEx(&config, size, parameters, nullptr), CUDA_ERROR_NOT_SUPPORTED);
  cu.cuEventDestroy_v2(event);
  cu.cuMemFree_v2(out);
}

TEST_F(DriverApiTest, BrokenPromisesAreErrors) {
  CUfunction promised = load(kPromise, "promised");
  const CUdeviceptr memory = allocate(64);
  CUdeviceptr x = memory + 4, y = memory + 16;
  void *parameters[] = {&x, &y};
  ASSERT_EQ(cu.cuLaunchKernel(promised, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS) << library.takeReport();
  y = memory + 24;
  char value[32];
  std::snprintf(value, sizeof value, "0x%llx", y);
  const std::string expected = std::string("error: broken promise: parameter 1 'y' is ") + value +
                               ", the kernel was promised a multiple of 16 (.ptr .align 16); it is in allocation ";
  ASSERT_EQ(cu.cuLaunchKernel(promised, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_ERROR_MISALIGNED_ADDRESS);
  std::string report = library.takeReport();
  EXPECT_EQ(report.substr(0, expected.size()), expected);
  EXPECT_NE(report.find("\n  in a launch of kernel 'promised'\n"), std::string::npos) << report;
  // The same through a packed buffer, and for the other parameter.
  CUdeviceptr packed[] = {memory + 2, memory};
  std::size_t size = sizeof packed;
  void *extra[] = {reinterpret_cast<void *>(kLaunchParamBufferPointer), packed,
                   reinterpret_cast<void *>(kLaunchParamBufferSize), &size, reinterpret_cast<void *>(kLaunchParamEnd)};
  ASSERT_EQ(cu.cuLaunchKernel(promised, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, extra), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_ERROR_MISALIGNED_ADDRESS);
  report = library.takeReport();
  EXPECT_NE(report.find("parameter 0 'x' is "), std::string::npos) << report;
  EXPECT_NE(report.find("promised a multiple of 4 "), std::string::npos) << report;
  EXPECT_EQ(cu.cuLaunchKernel(promised, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters, extra), CUDA_ERROR_INVALID_VALUE);
  size = 8;
  EXPECT_EQ(cu.cuLaunchKernel(promised, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, extra), CUDA_ERROR_INVALID_VALUE);
  cu.cuMemFree_v2(memory);
}

TEST_F(DriverApiTest, ImpossibleLaunches) {
  CUfunction add = load(test::kAdd, "add");
  int zero[8] = {};
  void *parameters[] = {zero, zero, zero, zero};
  const auto launch = [&](unsigned gridX, unsigned gridY, unsigned blockX, unsigned blockZ, unsigned shared) {
    return cu.cuLaunchKernel(add, gridX, gridY, 1, blockX, 1, blockZ, shared, nullptr, parameters, nullptr);
  };
  EXPECT_EQ(launch(0, 1, 32, 1, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(1, 65536, 32, 1, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(1, 1, 1025, 1, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(1, 1, 1, 65, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(1, 1, 32, 1, 49153), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(1, 1, 32, 1, 49152), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
  parameters[2] = nullptr;
  EXPECT_EQ(launch(1, 1, 32, 1, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuLaunchKernel(nullptr, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr), CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(DriverApiTest, OccupancyOfClusters) {
  CUfunction size = load(kCluster, "size"), fixed = load(kCluster, "fixed");
  CUlaunchConfig config = configOf(64, 1024, nullptr, 0);
  int value = 0;
  EXPECT_EQ(cu.cuOccupancyMaxPotentialClusterSize(&value, size, &config), CUDA_SUCCESS);
  EXPECT_EQ(value, 8);
  EXPECT_EQ(cu.cuOccupancyMaxPotentialClusterSize(&value, fixed, &config), CUDA_SUCCESS);
  EXPECT_EQ(value, 2);
  CUlaunchAttribute attribute{};
  attribute.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
  attribute.value.clusterDim = {8, 1, 1};
  config = configOf(64, 1024, &attribute, 1);
  EXPECT_EQ(cu.cuOccupancyMaxActiveClusters(&value, size, &config), CUDA_SUCCESS);
  EXPECT_EQ(value, 8 * 4 + 1); // two blocks a multiprocessor, 8 groups of 16 and one of 4
  attribute.value.clusterDim = {16, 1, 1};
  EXPECT_EQ(cu.cuOccupancyMaxActiveClusters(&value, size, &config), CUDA_ERROR_INVALID_CLUSTER_SIZE);
}

TEST_F(DriverApiTest, SharedMemoryThatIsLeft) {
  CUfunction add = load(test::kAdd, "add");
  for (const int blocks : {1, 2, 3, 8, 16}) {
    std::size_t bytes = 0;
    ASSERT_EQ(cu.cuOccupancyAvailableDynamicSMemPerBlock(&bytes, add, blocks, 128), CUDA_SUCCESS);
    int fit = 0, fewer = 0;
    ASSERT_EQ(cu.cuOccupancyMaxActiveBlocksPerMultiprocessor(&fit, add, 128, bytes), CUDA_SUCCESS);
    ASSERT_EQ(cu.cuOccupancyMaxActiveBlocksPerMultiprocessor(&fewer, add, 128, bytes + 1), CUDA_SUCCESS);
    EXPECT_GE(fit, blocks) << blocks;
    EXPECT_LT(fewer, blocks) << blocks;
  }
  std::size_t bytes = 0;
  EXPECT_EQ(cu.cuOccupancyAvailableDynamicSMemPerBlock(&bytes, add, 17, 128), CUDA_ERROR_INVALID_VALUE);
}

#ifdef TESSERA_CUDA_OCCUPANCY
TEST_F(DriverApiTest, OccupancyAgreesWithNvidiasHeader) {
  CUfunction functions[] = {load(test::kAdd, "add"), load(kMeet, "meet")};
  const auto device = [&](CUdevice_attribute attribute) {
    int value = 0;
    EXPECT_EQ(cu.cuDeviceGetAttribute(&value, attribute, 0), CUDA_SUCCESS);
    return value;
  };
  cudaOccDeviceProp properties;
  properties.computeMajor = device(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  properties.computeMinor = device(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  properties.maxThreadsPerBlock = device(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
  properties.maxThreadsPerMultiprocessor = device(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR);
  properties.regsPerBlock = device(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK);
  properties.regsPerMultiprocessor = device(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR);
  properties.warpSize = 32;
  properties.sharedMemPerBlock = std::size_t(device(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK));
  properties.sharedMemPerMultiprocessor = std::size_t(device(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR));
  properties.numSms = device(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  properties.sharedMemPerBlockOptin = std::size_t(device(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
  properties.reservedSharedMemPerBlock = std::size_t(device(CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK));
  for (CUfunction function : functions)
    for (int block = 1; block <= 1024; block += 37)
      for (int shared = 0; shared <= 200000; shared += 6661) {
        ASSERT_EQ(cu.cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shared),
                  CUDA_SUCCESS);
        cudaOccFuncAttributes attributes;
        const auto of = [&](CUfunction_attribute attribute) {
          int value = 0;
          EXPECT_EQ(cu.cuFuncGetAttribute(&value, attribute, function), CUDA_SUCCESS);
          return value;
        };
        attributes.maxThreadsPerBlock = of(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
        attributes.numRegs = of(CU_FUNC_ATTRIBUTE_NUM_REGS);
        attributes.sharedSizeBytes = std::size_t(of(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES));
        attributes.partitionedGCConfig = PARTITIONED_GC_OFF;
        attributes.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
        attributes.maxDynamicSharedSizeBytes = std::size_t(shared);
        attributes.numBlockBarriers = 1;
        const cudaOccDeviceState state;
        cudaOccResult result;
        ASSERT_EQ(cudaOccMaxActiveBlocksPerMultiprocessor(&result, &properties, &attributes, &state, block,
                                                          std::size_t(shared)),
                  CUDA_OCC_SUCCESS);
        int blocks = -1;
        ASSERT_EQ(cu.cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, function, block, std::size_t(shared)),
                  CUDA_SUCCESS);
        ASSERT_EQ(blocks, result.activeBlocksPerMultiprocessor) << block << " threads, " << shared << " bytes";
      }
}
#endif

TEST_F(DriverApiTest, Contexts) {
  CUcontext created = nullptr, current = nullptr, popped = nullptr;
  ASSERT_EQ(cu.cuCtxCreate_v4(&created, nullptr, 0, 1), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxCreate_v4(&popped, nullptr, 3, 1), CUDA_ERROR_INVALID_VALUE); // to spin and to yield
  EXPECT_EQ(cu.cuCtxGetCurrent(&current), CUDA_SUCCESS);
  EXPECT_EQ(current, created);
  CUdevice device = -1;
  EXPECT_EQ(cu.cuCtxGetDevice(&device), CUDA_SUCCESS);
  EXPECT_EQ(device, 1);
  EXPECT_EQ(cu.cuCtxGetDevice_v2(&device, context), CUDA_SUCCESS);
  EXPECT_EQ(device, 0);
  unsigned long long first = 0, second = 0;
  EXPECT_EQ(cu.cuCtxGetId(created, &first), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxGetId(context, &second), CUDA_SUCCESS);
  EXPECT_NE(first, second);
  std::size_t value = 0;
  EXPECT_EQ(cu.cuCtxGetLimit(&value, CU_LIMIT_STACK_SIZE), CUDA_SUCCESS);
  EXPECT_EQ(value, 1024u);
  EXPECT_EQ(cu.cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 4096), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxGetLimit(&value, CU_LIMIT_STACK_SIZE), CUDA_SUCCESS);
  EXPECT_EQ(value, 4096u);
  EXPECT_EQ(cu.cuCtxGetLimit(&value, CUlimit(77)), CUDA_ERROR_UNSUPPORTED_LIMIT);
  CUstream its = stream();
  EXPECT_EQ(cu.cuCtxPopCurrent_v2(&popped), CUDA_SUCCESS);
  EXPECT_EQ(popped, created);
  EXPECT_EQ(cu.cuCtxGetLimit(&value, CU_LIMIT_STACK_SIZE), CUDA_SUCCESS);
  EXPECT_EQ(value, 1024u); // of the other context
  EXPECT_EQ(cu.cuCtxPushCurrent_v2(created), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxPushCurrent_v2(context), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamQuery(its), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxDestroy_v2(created), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamQuery(its), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.cuCtxDestroy_v2(created), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cu.cuCtxPopCurrent_v2(&popped), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_ERROR_CONTEXT_IS_DESTROYED);
  EXPECT_EQ(cu.cuCtxPopCurrent_v2(&popped), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxDestroy_v2(context), CUDA_ERROR_INVALID_CONTEXT); // the primary one is released
  EXPECT_EQ(cu.cuCtxSetCurrent(nullptr), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_ERROR_INVALID_CONTEXT);
  unsigned flags = 0;
  int active = 0;
  EXPECT_EQ(cu.cuDevicePrimaryCtxGetState(0, &flags, &active), CUDA_SUCCESS);
  EXPECT_EQ(active, 1);
  EXPECT_EQ(cu.cuDevicePrimaryCtxRelease_v2(1), CUDA_ERROR_INVALID_CONTEXT); // never retained
  EXPECT_EQ(cu.cuCtxSetCurrent(context), CUDA_SUCCESS);
}
