// The project's own declarations of the CUDA Driver API against those of NVIDIA's header: values, layouts, signatures.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/driver/CudaApi.h"
#include "runtime/simulator/DriverApiFunctions.h"

#include <cuda.h>
#include <cudaProfiler.h>

#include <gtest/gtest.h>

#if CUDA_VERSION >= 13000 // an earlier header knows fewer names

#define TESSERA_SAME_VALUE(name, value, ...) static_assert(unsigned(tessera::cuda::name) == unsigned(::name), #name);
TESSERA_CUDA_RESULTS(TESSERA_SAME_VALUE)
TESSERA_CUDA_DEVICE_ATTRIBUTES(TESSERA_SAME_VALUE)
TESSERA_CUDA_FUNCTION_ATTRIBUTES(TESSERA_SAME_VALUE)
TESSERA_CUDA_POINTER_ATTRIBUTES(TESSERA_SAME_VALUE)
TESSERA_CUDA_JIT_OPTIONS(TESSERA_SAME_VALUE)
TESSERA_CUDA_LAUNCH_ATTRIBUTES(TESSERA_SAME_VALUE)
TESSERA_CUDA_POOL_ATTRIBUTES(TESSERA_SAME_VALUE)
TESSERA_CUDA_GRAPH_NODE_TYPES(TESSERA_SAME_VALUE)
TESSERA_CUDA_SIMULATED_VALUES(TESSERA_SAME_VALUE)
TESSERA_SAME_VALUE(CU_MEMORYTYPE_HOST, )
TESSERA_SAME_VALUE(CU_MEMORYTYPE_DEVICE, )
TESSERA_SAME_VALUE(CU_MEMORYTYPE_UNIFIED, )
TESSERA_SAME_VALUE(CU_LIMIT_STACK_SIZE, )
TESSERA_SAME_VALUE(CU_LIMIT_PRINTF_FIFO_SIZE, )
TESSERA_SAME_VALUE(CU_LIMIT_MALLOC_HEAP_SIZE, )
TESSERA_SAME_VALUE(CU_FUNC_CACHE_PREFER_NONE, )
TESSERA_SAME_VALUE(CU_STREAM_CAPTURE_STATUS_NONE, )
TESSERA_SAME_VALUE(CU_GET_PROC_ADDRESS_SUCCESS, )
TESSERA_SAME_VALUE(CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND, )
TESSERA_SAME_VALUE(CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT, )
TESSERA_SAME_VALUE(CU_MODULE_EAGER_LOADING, )
TESSERA_SAME_VALUE(CU_MODULE_LAZY_LOADING, )

static_assert(tessera::cuda::kStreamDefault == CU_STREAM_DEFAULT &&
              tessera::cuda::kStreamNonBlocking == CU_STREAM_NON_BLOCKING);
static_assert(tessera::cuda::kEventDefault == CU_EVENT_DEFAULT &&
              tessera::cuda::kEventDisableTiming == CU_EVENT_DISABLE_TIMING);
static_assert(tessera::cuda::kMemHostAllocPortable == CU_MEMHOSTALLOC_PORTABLE);
static_assert(tessera::cuda::kMemHostRegisterPortable == CU_MEMHOSTREGISTER_PORTABLE);
static_assert(tessera::cuda::kLaunchParamEnd == CU_LAUNCH_PARAM_END_AS_INT);
static_assert(tessera::cuda::kLaunchParamBufferPointer == CU_LAUNCH_PARAM_BUFFER_POINTER_AS_INT);
static_assert(tessera::cuda::kLaunchParamBufferSize == CU_LAUNCH_PARAM_BUFFER_SIZE_AS_INT);
static_assert(unsigned(CU_DEVICE_ATTRIBUTE_MAX) <= tessera::cuda::CU_DEVICE_ATTRIBUTE_RANGE_END);

static_assert(sizeof(tessera::cuda::CUuuid) == sizeof(::CUuuid));
static_assert(sizeof(tessera::cuda::CUdevice) == sizeof(::CUdevice));
static_assert(sizeof(tessera::cuda::CUdeviceptr) == sizeof(::CUdeviceptr));
static_assert(sizeof(tessera::cuda::CUlaunchAttributeValue) == sizeof(::CUlaunchAttributeValue));
static_assert(sizeof(tessera::cuda::CUlaunchAttribute) == sizeof(::CUlaunchAttribute));
static_assert(offsetof(tessera::cuda::CUlaunchAttribute, value) == offsetof(::CUlaunchAttribute, value));
static_assert(sizeof(tessera::cuda::CUlaunchConfig) == sizeof(::CUlaunchConfig));
static_assert(offsetof(tessera::cuda::CUlaunchConfig, sharedMemBytes) == offsetof(::CUlaunchConfig, sharedMemBytes));
static_assert(offsetof(tessera::cuda::CUlaunchConfig, hStream) == offsetof(::CUlaunchConfig, hStream));
static_assert(offsetof(tessera::cuda::CUlaunchConfig, attrs) == offsetof(::CUlaunchConfig, attrs));
static_assert(offsetof(tessera::cuda::CUlaunchConfig, numAttrs) == offsetof(::CUlaunchConfig, numAttrs));

#define TESSERA_SAME_LAYOUT(type, last)                                                                                \
  static_assert(sizeof(tessera::cuda::type) == sizeof(::type), #type);                                                 \
  static_assert(offsetof(tessera::cuda::type, last) == offsetof(::type, last), #type);
TESSERA_SAME_LAYOUT(CUmemLocation, id)
TESSERA_SAME_LAYOUT(CUmemAccessDesc, flags)
TESSERA_SAME_LAYOUT(CUmemPoolProps, maxSize)
TESSERA_SAME_LAYOUT(CUmemAllocationProp, allocFlags)
TESSERA_SAME_LAYOUT(CUDA_MEMCPY2D, Height)
TESSERA_SAME_LAYOUT(CUDA_MEMCPY2D, dstPitch)
TESSERA_SAME_LAYOUT(CUDA_MEMCPY3D, Depth)
TESSERA_SAME_LAYOUT(CUDA_MEMCPY3D, srcHeight)
TESSERA_SAME_LAYOUT(CUDA_MEMCPY3D, dstLOD)
TESSERA_SAME_LAYOUT(CUDA_MEMCPY3D, dstPitch)
TESSERA_SAME_LAYOUT(CUDA_KERNEL_NODE_PARAMS, ctx)
TESSERA_SAME_LAYOUT(CUDA_KERNEL_NODE_PARAMS, kernelParams)
TESSERA_SAME_LAYOUT(CUDA_MEMSET_NODE_PARAMS, height)
TESSERA_SAME_LAYOUT(CUDA_HOST_NODE_PARAMS, userData)
TESSERA_SAME_LAYOUT(CUDA_GRAPH_INSTANTIATE_PARAMS, result_out)
TESSERA_SAME_LAYOUT(CUdevprop, textureAlign)
static_assert(sizeof(tessera::cuda::CUDA_MEMCPY3D) == sizeof(::CUDA_MEMCPY3D_PEER));
static_assert(offsetof(tessera::cuda::CUDA_MEMCPY3D, dstContext) == offsetof(::CUDA_MEMCPY3D_PEER, dstContext));
static_assert(sizeof(tessera::cuda::CUstreamBatchMemOpParams) == sizeof(::CUstreamBatchMemOpParams));
static_assert(offsetof(decltype(tessera::cuda::CUstreamBatchMemOpParams::value), alias) ==
              offsetof(decltype(::CUstreamBatchMemOpParams::waitValue), alias));
static_assert(offsetof(decltype(tessera::cuda::CUstreamBatchMemOpParams::value), flags) ==
              offsetof(decltype(::CUstreamBatchMemOpParams::writeValue), flags));

namespace {

/// Parameters are the same when they are as wide and alike in being pointers; the names of opaque types differ on
/// purpose.
template <typename A, typename B>
constexpr bool sameParameter = sizeof(A) == sizeof(B) && std::is_pointer_v<A> == std::is_pointer_v<B>;

template <typename A, typename B> struct SameFunction;
template <typename... A, typename... B> struct SameFunction<tessera::cuda::CUresult (*)(A...), ::CUresult (*)(B...)> {
  static constexpr bool value = [] {
    if constexpr (sizeof...(A) == sizeof...(B))
      return (sameParameter<A, B> && ...);
    else
      return false;
  }();
};

} // namespace

#define TESSERA_SAME_FUNCTION(symbol, parameters)                                                                      \
  static_assert(SameFunction<decltype(tessera::cuda::DriverFunctions::symbol), decltype(&::symbol)>::value, #symbol);

TESSERA_CUDA_FUNCTIONS_NEEDED(TESSERA_SAME_FUNCTION)

// The functions that only the simulator has.
namespace tessera::cuda {
struct SimulatedFunctions {
// NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration
#define TESSERA_FUNCTION_POINTER(symbol, parameters) CUresult(*symbol) parameters;
  TESSERA_SIMULATED_FUNCTIONS_CURRENT(TESSERA_FUNCTION_POINTER)
#undef TESSERA_FUNCTION_POINTER
};
} // namespace tessera::cuda
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#define TESSERA_SAME_SIMULATED(symbol, parameters)                                                                     \
  static_assert(SameFunction<decltype(tessera::cuda::SimulatedFunctions::symbol), decltype(&::symbol)>::value, #symbol);
TESSERA_SIMULATED_FUNCTIONS_CURRENT(TESSERA_SAME_SIMULATED)

TEST(CudaApi, AgreesWithCudaHeader) { SUCCEED() << "everything is compared by the compiler"; }

#else
TEST(CudaApi, AgreesWithCudaHeader) { GTEST_SKIP() << "cuda.h is older than CUDA 13.0"; }
#endif
