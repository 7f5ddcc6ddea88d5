// Types of the CUDA Driver API that only the simulator needs, since only it answers the functions that take them:
// copies of boxes, memory pools, virtual memory, stream memory operations, graphs. Layout and values are those of the
// ABI; a test compares them with <cuda.h> where there is one. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_SIMULATOR_DRIVERAPITYPES_H
#define TESSERA_RUNTIME_SIMULATOR_DRIVERAPITYPES_H

#include "runtime/driver/CudaApi.h"

// X(name, value): what a program may ask of a memory pool.
#define TESSERA_CUDA_POOL_ATTRIBUTES(X)                                                                                \
  X(CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES, 1)                                                                \
  X(CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC, 2)                                                                      \
  X(CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES, 3)                                                              \
  X(CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, 4)                                                                              \
  X(CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT, 5)                                                                           \
  X(CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH, 6)                                                                              \
  X(CU_MEMPOOL_ATTR_USED_MEM_CURRENT, 7)                                                                               \
  X(CU_MEMPOOL_ATTR_USED_MEM_HIGH, 8)

// X(name, value): kinds of nodes of a graph.
#define TESSERA_CUDA_GRAPH_NODE_TYPES(X)                                                                               \
  X(CU_GRAPH_NODE_TYPE_KERNEL, 0)                                                                                      \
  X(CU_GRAPH_NODE_TYPE_MEMCPY, 1)                                                                                      \
  X(CU_GRAPH_NODE_TYPE_MEMSET, 2)                                                                                      \
  X(CU_GRAPH_NODE_TYPE_HOST, 3)                                                                                        \
  X(CU_GRAPH_NODE_TYPE_GRAPH, 4)                                                                                       \
  X(CU_GRAPH_NODE_TYPE_EMPTY, 5)                                                                                       \
  X(CU_GRAPH_NODE_TYPE_WAIT_EVENT, 6)                                                                                  \
  X(CU_GRAPH_NODE_TYPE_EVENT_RECORD, 7)                                                                                \
  X(CU_GRAPH_NODE_TYPE_MEM_ALLOC, 10)                                                                                  \
  X(CU_GRAPH_NODE_TYPE_MEM_FREE, 11)                                                                                   \
  X(CU_GRAPH_NODE_TYPE_BATCH_MEM_OP, 12)

// X(name, value): single enumerators.
#define TESSERA_CUDA_SIMULATED_VALUES(X)                                                                               \
  X(CU_MEM_ALLOCATION_TYPE_PINNED, 1)                                                                                  \
  X(CU_MEM_LOCATION_TYPE_DEVICE, 1)                                                                                    \
  X(CU_MEM_LOCATION_TYPE_HOST, 2)                                                                                      \
  X(CU_MEM_HANDLE_TYPE_NONE, 0)                                                                                        \
  X(CU_MEM_ACCESS_FLAGS_PROT_NONE, 0)                                                                                  \
  X(CU_MEM_ACCESS_FLAGS_PROT_READ, 1)                                                                                  \
  X(CU_MEM_ACCESS_FLAGS_PROT_READWRITE, 3)                                                                             \
  X(CU_STREAM_WAIT_VALUE_GEQ, 0)                                                                                       \
  X(CU_STREAM_WAIT_VALUE_EQ, 1)                                                                                        \
  X(CU_STREAM_WAIT_VALUE_AND, 2)                                                                                       \
  X(CU_STREAM_WAIT_VALUE_NOR, 3)                                                                                       \
  X(CU_STREAM_MEM_OP_WAIT_VALUE_32, 1)                                                                                 \
  X(CU_STREAM_MEM_OP_WRITE_VALUE_32, 2)                                                                                \
  X(CU_STREAM_MEM_OP_FLUSH_REMOTE_WRITES, 3)                                                                           \
  X(CU_STREAM_MEM_OP_WAIT_VALUE_64, 4)                                                                                 \
  X(CU_STREAM_MEM_OP_WRITE_VALUE_64, 5)                                                                                \
  X(CU_STREAM_MEM_OP_BARRIER, 6)                                                                                       \
  X(CU_STREAM_CAPTURE_STATUS_ACTIVE, 1)                                                                                \
  X(CU_STREAM_CAPTURE_STATUS_INVALIDATED, 2)                                                                           \
  X(CU_STREAM_CAPTURE_MODE_GLOBAL, 0)                                                                                  \
  X(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL, 1)                                                                            \
  X(CU_STREAM_CAPTURE_MODE_RELAXED, 2)                                                                                 \
  X(CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH, 3)                                                                                \
  X(CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT, 4)                                                                      \
  X(CU_LIMIT_MAX_L2_FETCH_GRANULARITY, 5)                                                                              \
  X(CU_LIMIT_PERSISTING_L2_CACHE_SIZE, 6)                                                                              \
  X(CU_JIT_INPUT_PTX, 1)                                                                                               \
  X(CU_JIT_INPUT_FATBINARY, 2)                                                                                         \
  X(CU_DEVICE_P2P_ATTRIBUTE_ACCESS_SUPPORTED, 2)                                                                       \
  X(CU_DEVICE_P2P_ATTRIBUTE_NATIVE_ATOMIC_SUPPORTED, 3)                                                                \
  X(CU_GET_PROC_ADDRESS_DEFAULT, 0)                                                                                    \
  X(CU_GET_PROC_ADDRESS_LEGACY_STREAM, 1)                                                                              \
  X(CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM, 2)

namespace tessera::cuda {

#define TESSERA_ENUMERATOR(name, value, ...) name = value,
enum CUmemPool_attribute : unsigned { TESSERA_CUDA_POOL_ATTRIBUTES(TESSERA_ENUMERATOR) };
enum CUgraphNodeType : unsigned { TESSERA_CUDA_GRAPH_NODE_TYPES(TESSERA_ENUMERATOR) };
enum SimulatedValue : unsigned { TESSERA_CUDA_SIMULATED_VALUES(TESSERA_ENUMERATOR) };
#undef TESSERA_ENUMERATOR

using CUarray = struct CUarrayHandle *;
using CUmemoryPool = struct CUmemPoolHandle *;
using CUgraph = struct CUgraphHandle *;
using CUgraphNode = struct CUgraphNodeHandle *;
using CUgraphExec = struct CUgraphExecHandle *;
using CUlinkState = struct CUlinkStateHandle *;
using CUmemGenericAllocationHandle = unsigned long long;

struct CUmemLocation {
  unsigned type;
  int id;
};

struct CUmemAccessDesc {
  CUmemLocation location;
  unsigned flags;
};

struct CUmemPoolProps {
  unsigned allocType, handleTypes;
  CUmemLocation location;
  void *win32SecurityAttributes;
  std::size_t maxSize;
  unsigned short usage;
  unsigned char reserved[54];
};

struct CUmemAllocationProp {
  unsigned type, requestedHandleTypes;
  CUmemLocation location;
  void *win32HandleMetaData;
  struct {
    unsigned char compressionType, gpuDirectRDMACapable;
    unsigned short usage;
    unsigned char reserved[4];
  } allocFlags;
};

struct CUDA_MEMCPY2D {
  std::size_t srcXInBytes, srcY;
  CUmemorytype srcMemoryType;
  const void *srcHost;
  CUdeviceptr srcDevice;
  CUarray srcArray;
  std::size_t srcPitch;
  std::size_t dstXInBytes, dstY;
  CUmemorytype dstMemoryType;
  void *dstHost;
  CUdeviceptr dstDevice;
  CUarray dstArray;
  std::size_t dstPitch;
  std::size_t WidthInBytes, Height;
};

/// The form between contexts has the same layout, with contexts where this one has reserved fields.
struct CUDA_MEMCPY3D {
  std::size_t srcXInBytes, srcY, srcZ, srcLOD;
  CUmemorytype srcMemoryType;
  const void *srcHost;
  CUdeviceptr srcDevice;
  CUarray srcArray;
  void *srcContext;
  std::size_t srcPitch, srcHeight;
  std::size_t dstXInBytes, dstY, dstZ, dstLOD;
  CUmemorytype dstMemoryType;
  void *dstHost;
  CUdeviceptr dstDevice;
  CUarray dstArray;
  void *dstContext;
  std::size_t dstPitch, dstHeight;
  std::size_t WidthInBytes, Height, Depth;
};

/// One operation of cuStreamBatchMemOp: waits and writes share a layout.
union CUstreamBatchMemOpParams {
  unsigned operation;
  struct {
    unsigned operation;
    CUdeviceptr address;
    std::uint64_t value;
    unsigned flags;
    CUdeviceptr alias;
  } value;
  std::uint64_t pad[6];
};

struct CUDA_KERNEL_NODE_PARAMS {
  CUfunction func;
  unsigned gridDimX, gridDimY, gridDimZ;
  unsigned blockDimX, blockDimY, blockDimZ;
  unsigned sharedMemBytes;
  void **kernelParams;
  void **extra;
  CUkernel kern;
  CUcontext ctx;
};

struct CUDA_MEMSET_NODE_PARAMS {
  CUdeviceptr dst;
  std::size_t pitch;
  unsigned value, elementSize;
  std::size_t width, height;
};

struct CUDA_HOST_NODE_PARAMS {
  CUhostFn fn;
  void *userData;
};

struct CUDA_GRAPH_INSTANTIATE_PARAMS {
  std::uint64_t flags;
  CUstream hUploadStream;
  CUgraphNode hErrNode_out;
  unsigned result_out;
};

/// What cuDeviceGetProperties fills in.
struct CUdevprop {
  int maxThreadsPerBlock, maxThreadsDim[3], maxGridSize[3];
  int sharedMemPerBlock, totalConstantMemory, SIMDWidth, memPitch, regsPerBlock, clockRate, textureAlign;
};

} // namespace tessera::cuda

#endif // TESSERA_RUNTIME_SIMULATOR_DRIVERAPITYPES_H
