// The part of the CUDA Driver API that the runtime calls and the simulator exports, declared here so that no CUDA
// header is needed to build: types with the layout of the ABI, enumerators with their true values, and one list of
// functions from which the table of pointers, the loader and the simulator's lookup are made. A test compares
// everything with <cuda.h> where there is one. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_DRIVER_CUDAAPI_H
#define TESSERA_RUNTIME_DRIVER_CUDAAPI_H

#include <cstddef>
#include <cstdint>

// X(name, value, text): the results a call may have, with what cuGetErrorString says of each.
#define TESSERA_CUDA_RESULTS(X)                                                                                        \
  X(CUDA_SUCCESS, 0, "no error")                                                                                       \
  X(CUDA_ERROR_INVALID_VALUE, 1, "invalid argument")                                                                   \
  X(CUDA_ERROR_OUT_OF_MEMORY, 2, "out of memory")                                                                      \
  X(CUDA_ERROR_NOT_INITIALIZED, 3, "initialization error")                                                             \
  X(CUDA_ERROR_DEINITIALIZED, 4, "driver shutting down")                                                               \
  X(CUDA_ERROR_PROFILER_DISABLED, 5, "profiler disabled while using external profiling tool")                          \
  X(CUDA_ERROR_PROFILER_NOT_INITIALIZED, 6, "profiler not initialized: call cudaProfilerInitialize()")                 \
  X(CUDA_ERROR_PROFILER_ALREADY_STARTED, 7, "profiler already started")                                                \
  X(CUDA_ERROR_PROFILER_ALREADY_STOPPED, 8, "profiler already stopped")                                                \
  X(CUDA_ERROR_STUB_LIBRARY, 34, "the loaded driver library is a stub")                                                \
  X(CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER, 36, "API call is not supported in the installed CUDA driver")               \
  X(CUDA_ERROR_DEVICE_UNAVAILABLE, 46, "the device is busy or unavailable")                                            \
  X(CUDA_ERROR_NO_DEVICE, 100, "no CUDA-capable device is detected")                                                   \
  X(CUDA_ERROR_INVALID_DEVICE, 101, "invalid device ordinal")                                                          \
  X(CUDA_ERROR_DEVICE_NOT_LICENSED, 102, "device doesn't have valid Grid license")                                     \
  X(CUDA_ERROR_INVALID_IMAGE, 200, "device kernel image is invalid")                                                   \
  X(CUDA_ERROR_INVALID_CONTEXT, 201, "invalid device context")                                                         \
  X(CUDA_ERROR_CONTEXT_ALREADY_CURRENT, 202, "context already current")                                                \
  X(CUDA_ERROR_MAP_FAILED, 205, "mapping of buffer object failed")                                                     \
  X(CUDA_ERROR_UNMAP_FAILED, 206, "unmapping of buffer object failed")                                                 \
  X(CUDA_ERROR_ARRAY_IS_MAPPED, 207, "array is mapped")                                                                \
  X(CUDA_ERROR_ALREADY_MAPPED, 208, "resource already mapped")                                                         \
  X(CUDA_ERROR_NO_BINARY_FOR_GPU, 209, "no kernel image is available for execution on the device")                     \
  X(CUDA_ERROR_ALREADY_ACQUIRED, 210, "resource already acquired")                                                     \
  X(CUDA_ERROR_NOT_MAPPED, 211, "resource not mapped")                                                                 \
  X(CUDA_ERROR_NOT_MAPPED_AS_ARRAY, 212, "resource not mapped as array")                                               \
  X(CUDA_ERROR_NOT_MAPPED_AS_POINTER, 213, "resource not mapped as pointer")                                           \
  X(CUDA_ERROR_ECC_UNCORRECTABLE, 214, "uncorrectable ECC error encountered")                                          \
  X(CUDA_ERROR_UNSUPPORTED_LIMIT, 215, "limit is not supported on this architecture")                                  \
  X(CUDA_ERROR_CONTEXT_ALREADY_IN_USE, 216, "exclusive-thread device already in use by a different thread")            \
  X(CUDA_ERROR_PEER_ACCESS_UNSUPPORTED, 217, "peer access is not supported between these two devices")                 \
  X(CUDA_ERROR_INVALID_PTX, 218, "a PTX JIT compilation failed")                                                       \
  X(CUDA_ERROR_INVALID_GRAPHICS_CONTEXT, 219, "invalid OpenGL or DirectX context")                                     \
  X(CUDA_ERROR_NVLINK_UNCORRECTABLE, 220, "uncorrectable NVLink error detected during the execution")                  \
  X(CUDA_ERROR_JIT_COMPILER_NOT_FOUND, 221, "PTX JIT compiler library not found")                                      \
  X(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, 222, "the provided PTX was compiled with an unsupported toolchain")            \
  X(CUDA_ERROR_JIT_COMPILATION_DISABLED, 223, "PTX JIT compilation was disabled")                                      \
  X(CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY, 224, "the provided execution affinity is not supported")                     \
  X(CUDA_ERROR_UNSUPPORTED_DEVSIDE_SYNC, 225, "the provided PTX contains unsupported call to cudaDeviceSynchronize")   \
  X(CUDA_ERROR_CONTAINED, 226, "Invalid access of peer GPU memory over nvlink or a hardware error")                    \
  X(CUDA_ERROR_INVALID_SOURCE, 300, "device kernel image is invalid")                                                  \
  X(CUDA_ERROR_FILE_NOT_FOUND, 301, "file not found")                                                                  \
  X(CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND, 302, "shared object symbol not found")                                  \
  X(CUDA_ERROR_SHARED_OBJECT_INIT_FAILED, 303, "shared object initialization failed")                                  \
  X(CUDA_ERROR_OPERATING_SYSTEM, 304, "an operating system call failed")                                               \
  X(CUDA_ERROR_INVALID_HANDLE, 400, "invalid resource handle")                                                         \
  X(CUDA_ERROR_ILLEGAL_STATE, 401, "the operation cannot be performed in the present state")                           \
  X(CUDA_ERROR_LOSSY_QUERY, 402, "attempted introspection would be semantically lossy")                                \
  X(CUDA_ERROR_NOT_FOUND, 500, "named symbol not found")                                                               \
  X(CUDA_ERROR_NOT_READY, 600, "device not ready")                                                                     \
  X(CUDA_ERROR_ILLEGAL_ADDRESS, 700, "an illegal memory access was encountered")                                       \
  X(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, 701, "too many resources requested for launch")                                \
  X(CUDA_ERROR_LAUNCH_TIMEOUT, 702, "the launch timed out and was terminated")                                         \
  X(CUDA_ERROR_LAUNCH_INCOMPATIBLE_TEXTURING, 703, "launch uses incompatible texturing mode")                          \
  X(CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED, 704, "peer access is already enabled")                                     \
  X(CUDA_ERROR_PEER_ACCESS_NOT_ENABLED, 705, "peer access has not been enabled")                                       \
  X(CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE, 708, "cannot set while device is active in this process")                       \
  X(CUDA_ERROR_CONTEXT_IS_DESTROYED, 709, "context is destroyed")                                                      \
  X(CUDA_ERROR_ASSERT, 710, "device-side assert triggered")                                                            \
  X(CUDA_ERROR_TOO_MANY_PEERS, 711, "peer mapping resources exhausted")                                                \
  X(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, 712, "part or all of the requested memory range is already mapped")     \
  X(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, 713, "pointer does not correspond to a registered memory region")           \
  X(CUDA_ERROR_HARDWARE_STACK_ERROR, 714, "hardware stack error")                                                      \
  X(CUDA_ERROR_ILLEGAL_INSTRUCTION, 715, "an illegal instruction was encountered")                                     \
  X(CUDA_ERROR_MISALIGNED_ADDRESS, 716, "misaligned address")                                                          \
  X(CUDA_ERROR_INVALID_ADDRESS_SPACE, 717, "operation not supported on global/shared address space")                   \
  X(CUDA_ERROR_INVALID_PC, 718, "invalid program counter")                                                             \
  X(CUDA_ERROR_LAUNCH_FAILED, 719, "unspecified launch failure")                                                       \
  X(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE, 720, "too many blocks in cooperative launch")                             \
  X(CUDA_ERROR_TENSOR_MEMORY_LEAK, 721, "tensor memory not completely freed")                                          \
  X(CUDA_ERROR_NOT_PERMITTED, 800, "operation not permitted")                                                          \
  X(CUDA_ERROR_NOT_SUPPORTED, 801, "operation not supported")                                                          \
  X(CUDA_ERROR_SYSTEM_NOT_READY, 802, "system not yet initialized")                                                    \
  X(CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, 803, "system has unsupported display driver / cuda driver combination")         \
  X(CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE, 804, "forward compatibility was attempted on non supported HW")         \
  X(CUDA_ERROR_MPS_CONNECTION_FAILED, 805, "MPS client failed to connect to the MPS control daemon or the MPS server") \
  X(CUDA_ERROR_MPS_RPC_FAILURE, 806, "the remote procedural call between the MPS server and the MPS client failed")    \
  X(CUDA_ERROR_MPS_SERVER_NOT_READY, 807, "MPS server is not ready to accept new MPS client requests")                 \
  X(CUDA_ERROR_MPS_MAX_CLIENTS_REACHED, 808,                                                                           \
    "the hardware resources required to create MPS client have been exhausted")                                        \
  X(CUDA_ERROR_MPS_MAX_CONNECTIONS_REACHED, 809,                                                                       \
    "the hardware resources required to support device connections have been exhausted")                               \
  X(CUDA_ERROR_MPS_CLIENT_TERMINATED, 810, "the MPS client has been terminated by the server")                         \
  X(CUDA_ERROR_CDP_NOT_SUPPORTED, 811,                                                                                 \
    "is using CUDA Dynamic Parallelism, but the current configuration does not support it")                            \
  X(CUDA_ERROR_CDP_VERSION_MISMATCH, 812,                                                                              \
    "unsupported interaction between different versions of CUDA Dynamic Parallelism")                                  \
  X(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, 900, "operation not permitted when stream is capturing")                    \
  X(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, 901, "operation failed due to a previous error during capture")             \
  X(CUDA_ERROR_STREAM_CAPTURE_MERGE, 902, "operation would result in a merge of separate capture sequences")           \
  X(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, 903, "capture was not ended in the same stream as it began")                  \
  X(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, 904, "capturing stream has unjoined work")                                     \
  X(CUDA_ERROR_STREAM_CAPTURE_ISOLATION, 905, "dependency created on uncaptured work in another stream")               \
  X(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, 906,                                                                           \
    "operation would make the legacy stream depend on a capturing blocking stream")                                    \
  X(CUDA_ERROR_CAPTURED_EVENT, 907, "operation not permitted on an event last recorded in a capturing stream")         \
  X(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, 908,                                                                       \
    "attempt to terminate a thread-local capture sequence from another thread")                                        \
  X(CUDA_ERROR_TIMEOUT, 909, "wait operation timed out")                                                               \
  X(CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE, 910,                                                                         \
    "the graph update was not performed because it included changes which violated constraints")                       \
  X(CUDA_ERROR_EXTERNAL_DEVICE, 911, "an async error has occurred in external entity outside of CUDA")                 \
  X(CUDA_ERROR_INVALID_CLUSTER_SIZE, 912, "invalid cluster size")                                                      \
  X(CUDA_ERROR_FUNCTION_NOT_LOADED, 913, "requested function handle is not loaded in the current context")             \
  X(CUDA_ERROR_INVALID_RESOURCE_TYPE, 914, "invalid resource type")                                                    \
  X(CUDA_ERROR_INVALID_RESOURCE_CONFIGURATION, 915, "invalid resource configuration")                                  \
  X(CUDA_ERROR_KEY_ROTATION, 916, "key rotation is in progress")                                                       \
  X(CUDA_ERROR_UNKNOWN, 999, "unknown error")

// X(name, value): the device attributes, but for the sizes of textures and surfaces. The simulator answers those that
// it does not know with 0.
#define TESSERA_CUDA_DEVICE_ATTRIBUTES(X)                                                                              \
  X(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1)                                                                      \
  X(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, 2)                                                                            \
  X(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, 3)                                                                            \
  X(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z, 4)                                                                            \
  X(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, 5)                                                                             \
  X(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, 6)                                                                             \
  X(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, 7)                                                                             \
  X(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 8)                                                                \
  X(CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY, 9)                                                                      \
  X(CU_DEVICE_ATTRIBUTE_WARP_SIZE, 10)                                                                                 \
  X(CU_DEVICE_ATTRIBUTE_MAX_PITCH, 11)                                                                                 \
  X(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, 12)                                                                   \
  X(CU_DEVICE_ATTRIBUTE_CLOCK_RATE, 13)                                                                                \
  X(CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT, 14)                                                                         \
  X(CU_DEVICE_ATTRIBUTE_GPU_OVERLAP, 15)                                                                               \
  X(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 16)                                                                      \
  X(CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT, 17)                                                                       \
  X(CU_DEVICE_ATTRIBUTE_INTEGRATED, 18)                                                                                \
  X(CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY, 19)                                                                       \
  X(CU_DEVICE_ATTRIBUTE_COMPUTE_MODE, 20)                                                                              \
  X(CU_DEVICE_ATTRIBUTE_SURFACE_ALIGNMENT, 30)                                                                         \
  X(CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS, 31)                                                                        \
  X(CU_DEVICE_ATTRIBUTE_ECC_ENABLED, 32)                                                                               \
  X(CU_DEVICE_ATTRIBUTE_PCI_BUS_ID, 33)                                                                                \
  X(CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID, 34)                                                                             \
  X(CU_DEVICE_ATTRIBUTE_TCC_DRIVER, 35)                                                                                \
  X(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, 36)                                                                         \
  X(CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, 37)                                                                   \
  X(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, 38)                                                                             \
  X(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, 39)                                                            \
  X(CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT, 40)                                                                        \
  X(CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 41)                                                                        \
  X(CU_DEVICE_ATTRIBUTE_CAN_TEX2D_GATHER, 44)                                                                          \
  X(CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID, 50)                                                                             \
  X(CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT, 51)                                                                   \
  X(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 75)                                                                  \
  X(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 76)                                                                  \
  X(CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED, 78)                                                               \
  X(CU_DEVICE_ATTRIBUTE_GLOBAL_L1_CACHE_SUPPORTED, 79)                                                                 \
  X(CU_DEVICE_ATTRIBUTE_LOCAL_L1_CACHE_SUPPORTED, 80)                                                                  \
  X(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, 81)                                                      \
  X(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, 82)                                                          \
  X(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, 83)                                                                            \
  X(CU_DEVICE_ATTRIBUTE_MULTI_GPU_BOARD, 84)                                                                           \
  X(CU_DEVICE_ATTRIBUTE_MULTI_GPU_BOARD_GROUP_ID, 85)                                                                  \
  X(CU_DEVICE_ATTRIBUTE_HOST_NATIVE_ATOMIC_SUPPORTED, 86)                                                              \
  X(CU_DEVICE_ATTRIBUTE_SINGLE_TO_DOUBLE_PRECISION_PERF_RATIO, 87)                                                     \
  X(CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS, 88)                                                                    \
  X(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS, 89)                                                                 \
  X(CU_DEVICE_ATTRIBUTE_COMPUTE_PREEMPTION_SUPPORTED, 90)                                                              \
  X(CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM, 91)                                                   \
  X(CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_MEM_OPS_V1, 92)                                                                 \
  X(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS_V1, 93)                                                          \
  X(CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_WAIT_VALUE_NOR_V1, 94)                                                          \
  X(CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, 95)                                                                        \
  X(CU_DEVICE_ATTRIBUTE_COOPERATIVE_MULTI_DEVICE_LAUNCH, 96)                                                           \
  X(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 97)                                                         \
  X(CU_DEVICE_ATTRIBUTE_CAN_FLUSH_REMOTE_WRITES, 98)                                                                   \
  X(CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED, 99)                                                                   \
  X(CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS_USES_HOST_PAGE_TABLES, 100)                                             \
  X(CU_DEVICE_ATTRIBUTE_DIRECT_MANAGED_MEM_ACCESS_FROM_HOST, 101)                                                      \
  X(CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED, 102)                                                      \
  X(CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED, 103)                                              \
  X(CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_WIN32_HANDLE_SUPPORTED, 104)                                                       \
  X(CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_WIN32_KMT_HANDLE_SUPPORTED, 105)                                                   \
  X(CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR, 106)                                                            \
  X(CU_DEVICE_ATTRIBUTE_GENERIC_COMPRESSION_SUPPORTED, 107)                                                            \
  X(CU_DEVICE_ATTRIBUTE_MAX_PERSISTING_L2_CACHE_SIZE, 108)                                                             \
  X(CU_DEVICE_ATTRIBUTE_MAX_ACCESS_POLICY_WINDOW_SIZE, 109)                                                            \
  X(CU_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_WITH_CUDA_VMM_SUPPORTED, 110)                                                  \
  X(CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK, 111)                                                         \
  X(CU_DEVICE_ATTRIBUTE_SPARSE_CUDA_ARRAY_SUPPORTED, 112)                                                              \
  X(CU_DEVICE_ATTRIBUTE_READ_ONLY_HOST_REGISTER_SUPPORTED, 113)                                                        \
  X(CU_DEVICE_ATTRIBUTE_TIMELINE_SEMAPHORE_INTEROP_SUPPORTED, 114)                                                     \
  X(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, 115)                                                                   \
  X(CU_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_SUPPORTED, 116)                                                                \
  X(CU_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_FLUSH_WRITES_OPTIONS, 117)                                                     \
  X(CU_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_WRITES_ORDERING, 118)                                                          \
  X(CU_DEVICE_ATTRIBUTE_MEMPOOL_SUPPORTED_HANDLE_TYPES, 119)                                                           \
  X(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH, 120)                                                                           \
  X(CU_DEVICE_ATTRIBUTE_DEFERRED_MAPPING_CUDA_ARRAY_SUPPORTED, 121)                                                    \
  X(CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS, 122)                                                            \
  X(CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_WAIT_VALUE_NOR, 123)                                                            \
  X(CU_DEVICE_ATTRIBUTE_DMA_BUF_SUPPORTED, 124)                                                                        \
  X(CU_DEVICE_ATTRIBUTE_IPC_EVENT_SUPPORTED, 125)                                                                      \
  X(CU_DEVICE_ATTRIBUTE_MEM_SYNC_DOMAIN_COUNT, 126)                                                                    \
  X(CU_DEVICE_ATTRIBUTE_TENSOR_MAP_ACCESS_SUPPORTED, 127)                                                              \
  X(CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_FABRIC_SUPPORTED, 128)                                                             \
  X(CU_DEVICE_ATTRIBUTE_UNIFIED_FUNCTION_POINTERS, 129)                                                                \
  X(CU_DEVICE_ATTRIBUTE_NUMA_CONFIG, 130)                                                                              \
  X(CU_DEVICE_ATTRIBUTE_NUMA_ID, 131)                                                                                  \
  X(CU_DEVICE_ATTRIBUTE_MULTICAST_SUPPORTED, 132)                                                                      \
  X(CU_DEVICE_ATTRIBUTE_MPS_ENABLED, 133)                                                                              \
  X(CU_DEVICE_ATTRIBUTE_HOST_NUMA_ID, 134)                                                                             \
  X(CU_DEVICE_ATTRIBUTE_D3D12_CIG_SUPPORTED, 135)                                                                      \
  X(CU_DEVICE_ATTRIBUTE_MEM_DECOMPRESS_ALGORITHM_MASK, 136)                                                            \
  X(CU_DEVICE_ATTRIBUTE_MEM_DECOMPRESS_MAXIMUM_LENGTH, 137)                                                            \
  X(CU_DEVICE_ATTRIBUTE_VULKAN_CIG_SUPPORTED, 138)                                                                     \
  X(CU_DEVICE_ATTRIBUTE_GPU_PCI_DEVICE_ID, 139)                                                                        \
  X(CU_DEVICE_ATTRIBUTE_GPU_PCI_SUBSYSTEM_ID, 140)                                                                     \
  X(CU_DEVICE_ATTRIBUTE_HOST_NUMA_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED, 141)                                            \
  X(CU_DEVICE_ATTRIBUTE_HOST_NUMA_MEMORY_POOLS_SUPPORTED, 142)                                                         \
  X(CU_DEVICE_ATTRIBUTE_HOST_NUMA_MULTINODE_IPC_SUPPORTED, 143)                                                        \
  X(CU_DEVICE_ATTRIBUTE_HOST_MEMORY_POOLS_SUPPORTED, 144)                                                              \
  X(CU_DEVICE_ATTRIBUTE_HOST_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED, 145)                                                 \
  X(CU_DEVICE_ATTRIBUTE_HOST_ALLOC_DMA_BUF_SUPPORTED, 146)                                                             \
  X(CU_DEVICE_ATTRIBUTE_ONLY_PARTIAL_HOST_NATIVE_ATOMIC_SUPPORTED, 147)

// X(name, value): the attributes of a function.
#define TESSERA_CUDA_FUNCTION_ATTRIBUTES(X)                                                                            \
  X(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 0)                                                                        \
  X(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, 1)                                                                            \
  X(CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES, 2)                                                                             \
  X(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES, 3)                                                                             \
  X(CU_FUNC_ATTRIBUTE_NUM_REGS, 4)                                                                                     \
  X(CU_FUNC_ATTRIBUTE_PTX_VERSION, 5)                                                                                  \
  X(CU_FUNC_ATTRIBUTE_BINARY_VERSION, 6)                                                                               \
  X(CU_FUNC_ATTRIBUTE_CACHE_MODE_CA, 7)                                                                                \
  X(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 8)                                                                \
  X(CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, 9)                                                             \
  X(CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET, 10)                                                                    \
  X(CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH, 11)                                                                      \
  X(CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT, 12)                                                                     \
  X(CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH, 13)                                                                      \
  X(CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 14)                                                           \
  X(CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE, 15)

// X(name, value): what one may ask of a pointer.
#define TESSERA_CUDA_POINTER_ATTRIBUTES(X)                                                                             \
  X(CU_POINTER_ATTRIBUTE_CONTEXT, 1)                                                                                   \
  X(CU_POINTER_ATTRIBUTE_MEMORY_TYPE, 2)                                                                               \
  X(CU_POINTER_ATTRIBUTE_DEVICE_POINTER, 3)                                                                            \
  X(CU_POINTER_ATTRIBUTE_HOST_POINTER, 4)                                                                              \
  X(CU_POINTER_ATTRIBUTE_P2P_TOKENS, 5)                                                                                \
  X(CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, 6)                                                                               \
  X(CU_POINTER_ATTRIBUTE_BUFFER_ID, 7)                                                                                 \
  X(CU_POINTER_ATTRIBUTE_IS_MANAGED, 8)                                                                                \
  X(CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, 9)                                                                            \
  X(CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE, 10)                                                               \
  X(CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, 11)                                                                         \
  X(CU_POINTER_ATTRIBUTE_RANGE_SIZE, 12)                                                                               \
  X(CU_POINTER_ATTRIBUTE_MAPPED, 13)                                                                                   \
  X(CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES, 14)                                                                     \
  X(CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE, 15)                                                               \
  X(CU_POINTER_ATTRIBUTE_ACCESS_FLAGS, 16)                                                                             \
  X(CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE, 17)                                                                           \
  X(CU_POINTER_ATTRIBUTE_MAPPING_SIZE, 18)                                                                             \
  X(CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR, 19)                                                                        \
  X(CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID, 20)                                                                          \
  X(CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE, 21)

// X(name, value): options of loading a module.
#define TESSERA_CUDA_JIT_OPTIONS(X)                                                                                    \
  X(CU_JIT_MAX_REGISTERS, 0)                                                                                           \
  X(CU_JIT_THREADS_PER_BLOCK, 1)                                                                                       \
  X(CU_JIT_WALL_TIME, 2)                                                                                               \
  X(CU_JIT_INFO_LOG_BUFFER, 3)                                                                                         \
  X(CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES, 4)                                                                              \
  X(CU_JIT_ERROR_LOG_BUFFER, 5)                                                                                        \
  X(CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, 6)                                                                             \
  X(CU_JIT_OPTIMIZATION_LEVEL, 7)                                                                                      \
  X(CU_JIT_TARGET_FROM_CUCONTEXT, 8)                                                                                   \
  X(CU_JIT_TARGET, 9)                                                                                                  \
  X(CU_JIT_FALLBACK_STRATEGY, 10)                                                                                      \
  X(CU_JIT_GENERATE_DEBUG_INFO, 11)                                                                                    \
  X(CU_JIT_LOG_VERBOSE, 12)                                                                                            \
  X(CU_JIT_GENERATE_LINE_INFO, 13)                                                                                     \
  X(CU_JIT_CACHE_MODE, 14)                                                                                             \
  X(CU_JIT_NEW_SM3X_OPT, 15)                                                                                           \
  X(CU_JIT_FAST_COMPILE, 16)                                                                                           \
  X(CU_JIT_GLOBAL_SYMBOL_NAMES, 17)                                                                                    \
  X(CU_JIT_GLOBAL_SYMBOL_ADDRESSES, 18)                                                                                \
  X(CU_JIT_GLOBAL_SYMBOL_COUNT, 19)                                                                                    \
  X(CU_JIT_LTO, 20)                                                                                                    \
  X(CU_JIT_FTZ, 21)                                                                                                    \
  X(CU_JIT_PREC_DIV, 22)                                                                                               \
  X(CU_JIT_PREC_SQRT, 23)                                                                                              \
  X(CU_JIT_FMA, 24)                                                                                                    \
  X(CU_JIT_REFERENCED_KERNEL_NAMES, 25)                                                                                \
  X(CU_JIT_REFERENCED_KERNEL_COUNT, 26)                                                                                \
  X(CU_JIT_REFERENCED_VARIABLE_NAMES, 27)                                                                              \
  X(CU_JIT_REFERENCED_VARIABLE_COUNT, 28)                                                                              \
  X(CU_JIT_OPTIMIZE_UNUSED_DEVICE_VARIABLES, 29)                                                                       \
  X(CU_JIT_POSITION_INDEPENDENT_CODE, 30)                                                                              \
  X(CU_JIT_MIN_CTA_PER_SM, 31)                                                                                         \
  X(CU_JIT_MAX_THREADS_PER_BLOCK, 32)                                                                                  \
  X(CU_JIT_OVERRIDE_DIRECTIVE_VALUES, 33)                                                                              \
  X(CU_JIT_SPLIT_COMPILE, 34)

// X(name, value): attributes of a launch.
#define TESSERA_CUDA_LAUNCH_ATTRIBUTES(X)                                                                              \
  X(CU_LAUNCH_ATTRIBUTE_IGNORE, 0)                                                                                     \
  X(CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW, 1)                                                                       \
  X(CU_LAUNCH_ATTRIBUTE_COOPERATIVE, 2)                                                                                \
  X(CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY, 3)                                                                     \
  X(CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION, 4)                                                                          \
  X(CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE, 5)                                                       \
  X(CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION, 6)                                                          \
  X(CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_EVENT, 7)                                                                         \
  X(CU_LAUNCH_ATTRIBUTE_PRIORITY, 8)                                                                                   \
  X(CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP, 9)                                                                        \
  X(CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN, 10)                                                                           \
  X(CU_LAUNCH_ATTRIBUTE_PREFERRED_CLUSTER_DIMENSION, 11)                                                               \
  X(CU_LAUNCH_ATTRIBUTE_LAUNCH_COMPLETION_EVENT, 12)                                                                   \
  X(CU_LAUNCH_ATTRIBUTE_DEVICE_UPDATABLE_KERNEL_NODE, 13)                                                              \
  X(CU_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, 14)                                                          \
  X(CU_LAUNCH_ATTRIBUTE_NVLINK_UTIL_CENTRIC_SCHEDULING, 16)

namespace tessera::cuda {

#define TESSERA_ENUMERATOR(name, value, ...) name = value,
enum CUresult : unsigned { TESSERA_CUDA_RESULTS(TESSERA_ENUMERATOR) };
enum CUdevice_attribute : unsigned {
  TESSERA_CUDA_DEVICE_ATTRIBUTES(TESSERA_ENUMERATOR) CU_DEVICE_ATTRIBUTE_RANGE_END = 256
};
enum CUfunction_attribute : unsigned { TESSERA_CUDA_FUNCTION_ATTRIBUTES(TESSERA_ENUMERATOR) };
enum CUpointer_attribute : unsigned { TESSERA_CUDA_POINTER_ATTRIBUTES(TESSERA_ENUMERATOR) };
enum CUjit_option : unsigned { TESSERA_CUDA_JIT_OPTIONS(TESSERA_ENUMERATOR) };
enum CUlaunchAttributeID : unsigned { TESSERA_CUDA_LAUNCH_ATTRIBUTES(TESSERA_ENUMERATOR) };
#undef TESSERA_ENUMERATOR

enum CUmemorytype : unsigned { CU_MEMORYTYPE_HOST = 1, CU_MEMORYTYPE_DEVICE = 2, CU_MEMORYTYPE_UNIFIED = 4 };
enum CUlimit : unsigned { CU_LIMIT_STACK_SIZE = 0, CU_LIMIT_PRINTF_FIFO_SIZE = 1, CU_LIMIT_MALLOC_HEAP_SIZE = 2 };
enum CUfunc_cache : unsigned { CU_FUNC_CACHE_PREFER_NONE = 0 };
enum CUstreamCaptureStatus : unsigned { CU_STREAM_CAPTURE_STATUS_NONE = 0 };
enum CUdriverProcAddressQueryResult : unsigned {
  CU_GET_PROC_ADDRESS_SUCCESS = 0,
  CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND = 1,
  CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT = 2
};
enum CUmoduleLoadingMode : unsigned { CU_MODULE_EAGER_LOADING = 1, CU_MODULE_LAZY_LOADING = 2 };

enum CUtensorMapDataType : unsigned {
  CU_TENSOR_MAP_DATA_TYPE_UINT8 = 0,
  CU_TENSOR_MAP_DATA_TYPE_UINT16 = 1,
  CU_TENSOR_MAP_DATA_TYPE_UINT32 = 2,
  CU_TENSOR_MAP_DATA_TYPE_INT32 = 3,
  CU_TENSOR_MAP_DATA_TYPE_UINT64 = 4,
  CU_TENSOR_MAP_DATA_TYPE_INT64 = 5,
  CU_TENSOR_MAP_DATA_TYPE_FLOAT16 = 6,
  CU_TENSOR_MAP_DATA_TYPE_FLOAT32 = 7,
  CU_TENSOR_MAP_DATA_TYPE_FLOAT64 = 8,
  CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 = 9
};
enum CUtensorMapInterleave : unsigned { CU_TENSOR_MAP_INTERLEAVE_NONE = 0 };
enum CUtensorMapSwizzle : unsigned {
  CU_TENSOR_MAP_SWIZZLE_NONE = 0,
  CU_TENSOR_MAP_SWIZZLE_32B = 1,
  CU_TENSOR_MAP_SWIZZLE_64B = 2,
  CU_TENSOR_MAP_SWIZZLE_128B = 3
};
enum CUtensorMapL2promotion : unsigned { CU_TENSOR_MAP_L2_PROMOTION_L2_128B = 2 };
enum CUtensorMapFloatOOBfill : unsigned {
  CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE = 0,
  CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA = 1
};

inline constexpr unsigned kStreamDefault = 0, kStreamNonBlocking = 1;
inline constexpr unsigned kEventDefault = 0, kEventDisableTiming = 2;
inline constexpr unsigned kMemHostRegisterPortable = 1, kMemHostAllocPortable = 1;
/// Keys of the `extra` argument of cuLaunchKernel.
inline constexpr std::uintptr_t kLaunchParamEnd = 0, kLaunchParamBufferPointer = 1, kLaunchParamBufferSize = 2;

using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct CUctxHandle *;
using CUmodule = struct CUmodHandle *;
using CUfunction = struct CUfuncHandle *;
using CUstream = struct CUstreamHandle *;
using CUevent = struct CUeventHandle *;
using CUlibrary = struct CUlibHandle *;
using CUkernel = struct CUkernHandle *;
using CUhostFn = void (*)(void *userData);
using CUstreamCallback = void (*)(CUstream stream, CUresult status, void *userData);
using CUoccupancyB2DSize = std::size_t (*)(int blockSize);

struct CUuuid {
  char bytes[16];
};

union CUlaunchAttributeValue {
  char pad[64];
  int cooperative;
  struct {
    unsigned x, y, z;
  } clusterDim;
  int programmaticStreamSerializationAllowed;
  struct {
    CUevent event;
    int flags, triggerAtBlockStart;
  } launchEvent; ///< programmatic or of completion
  int priority;
};

struct CUlaunchAttribute {
  CUlaunchAttributeID id;
  char pad[8 - sizeof(CUlaunchAttributeID)];
  CUlaunchAttributeValue value;
};

struct CUlaunchConfig {
  unsigned gridDimX, gridDimY, gridDimZ;
  unsigned blockDimX, blockDimY, blockDimZ;
  unsigned sharedMemBytes;
  CUstream hStream;
  CUlaunchAttribute *attrs;
  unsigned numAttrs;
};

} // namespace tessera::cuda

#include "runtime/driver/CudaFunctions.h"

#endif // TESSERA_RUNTIME_DRIVER_CUDAAPI_H
