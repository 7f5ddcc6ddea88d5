// The project's own declarations of the CUDA Driver API against those of NVIDIA's header: values, layouts, signatures.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/driver/CudaApi.h"

#include <cuda.h>

#include <gtest/gtest.h>

#define TESSERA_SAME_VALUE(name, value, ...) static_assert(unsigned(tessera::cuda::name) == unsigned(::name), #name);
TESSERA_CUDA_RESULTS(TESSERA_SAME_VALUE)
TESSERA_CUDA_DEVICE_ATTRIBUTES(TESSERA_SAME_VALUE)
TESSERA_CUDA_FUNCTION_ATTRIBUTES(TESSERA_SAME_VALUE)
TESSERA_CUDA_POINTER_ATTRIBUTES(TESSERA_SAME_VALUE)
TESSERA_CUDA_JIT_OPTIONS(TESSERA_SAME_VALUE)
TESSERA_CUDA_LAUNCH_ATTRIBUTES(TESSERA_SAME_VALUE)
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

TEST(CudaApi, AgreesWithCudaHeader) { SUCCEED() << "everything is compared by the compiler"; }
