// Memory in the order of streams: cuMemAllocAsync, cuMemFreeAsync, and the pools behind them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <algorithm>

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

/// Pools of a GPU grow by pieces of so many bytes; only the figures of the simulator's do.
constexpr std::uint64_t kPiece = 32 << 20;

#define TESSERA_POOL_OR_RETURN(name, handle) TESSERA_HANDLE_OR_RETURN(name, Pool, handle, pools)

CUresult allocateFrom(Pool &pool, Stream &stream, CUdeviceptr *pointer, std::size_t bytes) {
  if (stream.capture)
    return refuseCapture(stream);
  if (stream.device != pool.device)
    return fail(CUDA_ERROR_INVALID_VALUE, "the pool and the stream are of different devices");
  if (pool.properties.maxSize && pool.used + bytes > pool.properties.maxSize)
    return fail(CUDA_ERROR_OUT_OF_MEMORY, "the pool has " + std::to_string(pool.properties.maxSize) + " bytes at most");
  TESSERA_RETURN_IF_FAILED(allocateBlock(*stream.device, pointer, bytes, {.pool = &pool}))
  const std::lock_guard lock(driver().mutex);
  pool.used += bytes;
  pool.usedHigh = std::max(pool.usedHigh, pool.used);
  pool.reserved = std::max(pool.reserved, (pool.used + kPiece - 1) / kPiece * kPiece);
  pool.reservedHigh = std::max(pool.reservedHigh, pool.reserved);
  return CUDA_SUCCESS;
}

} // namespace

CUresult cuMemAllocAsync(CUdeviceptr *pointer, std::size_t bytes, CUstream handle) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  return allocateFrom(*stream->device->pool, *stream, pointer, bytes);
}

CUresult cuMemAllocFromPoolAsync(CUdeviceptr *pointer, std::size_t bytes, CUmemoryPool handle, CUstream streamHandle) {
  TESSERA_STREAM_OR_RETURN(stream, streamHandle)
  TESSERA_POOL_OR_RETURN(pool, handle)
  return allocateFrom(*pool, *stream, pointer, bytes);
}

CUresult cuMemFreeAsync(CUdeviceptr pointer, CUstream handle) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  if (pointer == 0)
    return CUDA_SUCCESS;
  if (stream->capture)
    return refuseCapture(*stream);
  Device *owner = ownerOf(pointer);
  TESSERA_REQUIRE(owner) {
    const std::lock_guard lock(driver().mutex);
    const auto block = owner->blocks.find(pointer);
    TESSERA_REQUIRE(block != owner->blocks.end() && block->second.kind == Block::Kind::Device && !block->second.isFreed)
    block->second.isFreed = true;
  }
  return submit(*stream, {.run = [owner, pointer] { releaseBlock(*owner, pointer); },
                          .type = CU_GRAPH_NODE_TYPE_MEM_FREE,
                          .always = true});
}

CUresult cuDeviceGetDefaultMemPool(CUmemoryPool *pool, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  TESSERA_REQUIRE(pool)
  *pool = reinterpret_cast<CUmemoryPool>(&found->defaultPool);
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetMemPool(CUmemoryPool *pool, CUdevice device) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  TESSERA_REQUIRE(pool)
  *pool = reinterpret_cast<CUmemoryPool>(found->pool);
  return CUDA_SUCCESS;
}

CUresult cuDeviceSetMemPool(CUdevice device, CUmemoryPool handle) {
  TESSERA_DEVICE_OR_RETURN(found, device)
  TESSERA_POOL_OR_RETURN(pool, handle)
  TESSERA_REQUIRE(pool->device == found)
  found->pool = pool;
  return CUDA_SUCCESS;
}

CUresult cuMemPoolCreate(CUmemoryPool *handle, const CUmemPoolProps *properties) {
  TESSERA_REQUIRE(handle && properties && properties->allocType == CU_MEM_ALLOCATION_TYPE_PINNED)
  if (properties->handleTypes != CU_MEM_HANDLE_TYPE_NONE || properties->location.type != CU_MEM_LOCATION_TYPE_DEVICE)
    return fail(CUDA_ERROR_NOT_SUPPORTED,
                "the simulator has pools of device memory that are not shared with other processes");
  TESSERA_DEVICE_OR_RETURN(device, properties->location.id)
  auto *pool = new Pool();
  pool->device = device;
  pool->properties = *properties;
  addHandle(pool, &Driver::pools);
  *handle = reinterpret_cast<CUmemoryPool>(pool);
  return CUDA_SUCCESS;
}

CUresult cuMemPoolDestroy(CUmemoryPool handle) {
  TESSERA_POOL_OR_RETURN(pool, handle)
  Device *device = pool->device;
  TESSERA_REQUIRE(pool != &device->defaultPool)
  const std::lock_guard lock(driver().mutex);
  if (device->pool == pool)
    device->pool = &device->defaultPool;
  for (auto &[address, block] : device->blocks) // which live on until they are freed
    if (block.pool == pool)
      block.pool = nullptr;
  driver().pools.erase(pool);
  delete pool;
  return CUDA_SUCCESS;
}

CUresult cuMemPoolTrimTo(CUmemoryPool handle, std::size_t bytesToKeep) {
  TESSERA_POOL_OR_RETURN(pool, handle)
  const std::lock_guard lock(driver().mutex);
  const std::uint64_t kept = std::max<std::uint64_t>(pool->used, bytesToKeep);
  pool->reserved = std::min(pool->reserved, (kept + kPiece - 1) / kPiece * kPiece);
  return CUDA_SUCCESS;
}

CUresult cuMemPoolSetAttribute(CUmemoryPool handle, CUmemPool_attribute attribute, void *value) {
  TESSERA_POOL_OR_RETURN(pool, handle)
  TESSERA_REQUIRE(value)
  const std::lock_guard lock(driver().mutex);
  switch (attribute) {
  case CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES:
  case CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC:
  case CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES:
    pool->reuse[attribute - CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES] = *static_cast<int *>(value);
    return CUDA_SUCCESS;
  case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD:
    pool->threshold = *static_cast<std::uint64_t *>(value);
    return CUDA_SUCCESS;
  case CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH: // high-water marks may be reset, to 0 only
    TESSERA_REQUIRE(*static_cast<std::uint64_t *>(value) == 0)
    pool->reservedHigh = pool->reserved;
    return CUDA_SUCCESS;
  case CU_MEMPOOL_ATTR_USED_MEM_HIGH:
    TESSERA_REQUIRE(*static_cast<std::uint64_t *>(value) == 0)
    pool->usedHigh = pool->used;
    return CUDA_SUCCESS;
  case CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT:
  case CU_MEMPOOL_ATTR_USED_MEM_CURRENT:
    break;
  }
  return fail(CUDA_ERROR_INVALID_VALUE);
}

CUresult cuMemPoolGetAttribute(CUmemoryPool handle, CUmemPool_attribute attribute, void *value) {
  TESSERA_POOL_OR_RETURN(pool, handle)
  TESSERA_REQUIRE(value)
  const std::lock_guard lock(driver().mutex);
  const auto say = [&](std::uint64_t figure) {
    *static_cast<std::uint64_t *>(value) = figure;
    return CUDA_SUCCESS;
  };
  switch (attribute) {
  case CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES:
  case CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC:
  case CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES:
    *static_cast<int *>(value) = pool->reuse[attribute - CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES];
    return CUDA_SUCCESS;
  case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD:
    return say(pool->threshold);
  case CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT:
    return say(pool->reserved);
  case CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH:
    return say(pool->reservedHigh);
  case CU_MEMPOOL_ATTR_USED_MEM_CURRENT:
    return say(pool->used);
  case CU_MEMPOOL_ATTR_USED_MEM_HIGH:
    return say(pool->usedHigh);
  }
  return fail(CUDA_ERROR_INVALID_VALUE);
}

CUresult cuMemPoolSetAccess(CUmemoryPool handle, const CUmemAccessDesc *access, std::size_t count) {
  TESSERA_POOL_OR_RETURN(pool, handle)
  TESSERA_REQUIRE(access && count > 0)
  for (std::size_t i = 0; i < count; ++i) {
    TESSERA_REQUIRE(access[i].location.type == CU_MEM_LOCATION_TYPE_DEVICE)
    TESSERA_DEVICE_OR_RETURN(device, access[i].location.id)
    if (device == pool->device) { // its own device always has access
      TESSERA_REQUIRE(access[i].flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE)
      continue;
    }
    if (access[i].flags != CU_MEM_ACCESS_FLAGS_PROT_NONE)
      return fail(CUDA_ERROR_INVALID_DEVICE, "simulated kernels know the memory of their own device only");
  }
  return CUDA_SUCCESS;
}

CUresult cuMemPoolGetAccess(unsigned *flags, CUmemoryPool handle, CUmemLocation *location) {
  TESSERA_POOL_OR_RETURN(pool, handle)
  TESSERA_REQUIRE(flags && location && location->type == CU_MEM_LOCATION_TYPE_DEVICE)
  TESSERA_DEVICE_OR_RETURN(device, location->id)
  *flags = device == pool->device ? CU_MEM_ACCESS_FLAGS_PROT_READWRITE : CU_MEM_ACCESS_FLAGS_PROT_NONE;
  return CUDA_SUCCESS;
}

} // namespace tessera::cuda
