// The simulator's declarations of the CUDA runtime against those of NVIDIA's header: values and layouts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/CudaRuntime.h"

#include <cuda_runtime_api.h>

#include <gtest/gtest.h>

#if CUDART_VERSION >= 13000 && CUDART_VERSION < 14000 // types change with the major version

#define TESSERA_SAME_ERROR(name, value, text) static_assert(unsigned(tessera::cudart::name) == unsigned(::name), #name);
TESSERA_CUDA_RUNTIME_ERRORS(TESSERA_SAME_ERROR)

#define TESSERA_SAME_LAYOUT(type, last)                                                                                \
  static_assert(sizeof(tessera::cudart::type) == sizeof(::type), #type);                                               \
  static_assert(offsetof(tessera::cudart::type, last) == offsetof(::type, last), #type "::" #last);
TESSERA_SAME_LAYOUT(dim3, z)
TESSERA_SAME_LAYOUT(cudaLaunchConfig_t, numAttrs)
TESSERA_SAME_LAYOUT(cudaLaunchConfig_t, dynamicSmemBytes)
TESSERA_SAME_LAYOUT(cudaFuncAttributes, nonPortableClusterSizeAllowed)
TESSERA_SAME_LAYOUT(cudaFuncAttributes, maxThreadsPerBlock)
TESSERA_SAME_LAYOUT(cudaPointerAttributes, hostPointer)
TESSERA_SAME_LAYOUT(cudaMemcpy3DParms, kind)
TESSERA_SAME_LAYOUT(cudaMemcpy3DParms, dstPtr)
TESSERA_SAME_LAYOUT(cudaDeviceProp, multiProcessorCount)
TESSERA_SAME_LAYOUT(cudaDeviceProp, surfaceAlignment)
TESSERA_SAME_LAYOUT(cudaDeviceProp, maxThreadsPerMultiProcessor)
TESSERA_SAME_LAYOUT(cudaDeviceProp, cooperativeLaunch)
TESSERA_SAME_LAYOUT(cudaDeviceProp, sharedMemPerBlockOptin)
TESSERA_SAME_LAYOUT(cudaDeviceProp, reservedSharedMemPerBlock)
TESSERA_SAME_LAYOUT(cudaDeviceProp, clusterLaunch)
TESSERA_SAME_LAYOUT(cudaDeviceProp, hostNumaMultinodeIpcSupported)
TESSERA_SAME_LAYOUT(cudaDeviceProp, reserved)

static_assert(sizeof(tessera::cuda::CUlaunchAttribute) == sizeof(::cudaLaunchAttribute));
static_assert(sizeof(tessera::cuda::CUmemPoolProps) == sizeof(::cudaMemPoolProps));
static_assert(sizeof(tessera::cuda::CUmemLocation) == sizeof(::cudaMemLocation));
static_assert(unsigned(tessera::cudart::cudaMemcpyDeviceToDevice) == unsigned(::cudaMemcpyDeviceToDevice));
static_assert(unsigned(tessera::cudart::cudaMemcpyDefault) == unsigned(::cudaMemcpyDefault));
// Enumerators that are passed on as they are.
static_assert(unsigned(tessera::cuda::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES) ==
              unsigned(::cudaFuncAttributeMaxDynamicSharedMemorySize));
static_assert(unsigned(tessera::cuda::CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH) == unsigned(::cudaDevAttrClusterLaunch));
static_assert(unsigned(tessera::cuda::CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION) ==
              unsigned(::cudaLaunchAttributeClusterDimension));
static_assert(unsigned(tessera::cuda::CU_MEMPOOL_ATTR_USED_MEM_HIGH) == unsigned(::cudaMemPoolAttrUsedMemHigh));

TEST(CudaRuntimeTypes, AgreeWithCudaHeader) { SUCCEED() << "everything is compared by the compiler"; }

#else
TEST(CudaRuntimeTypes, AgreeWithCudaHeader) { GTEST_SKIP() << "cuda_runtime_api.h is not of CUDA 13"; }
#endif
