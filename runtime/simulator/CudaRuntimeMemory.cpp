// The runtime's memory: allocation, copies, fills, symbols, pools, pointers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/CudaRuntime.h"

using namespace tessera::cudart;

namespace {

/// A copy between places of the kinds that the caller names; `Default`: each address tells by itself.
CUresult copy(void *to, const void *from, std::size_t bytes, cudaMemcpyKind kind, CUstream stream, bool wait) {
  if (bytes == 0)
    return CUDA_SUCCESS;
  const CUdeviceptr target = addressOf(to), source = addressOf(from);
  switch (kind) {
  case cudaMemcpyHostToDevice:
    return wait ? cuMemcpyHtoD_v2(target, from, bytes) : cuMemcpyHtoDAsync_v2(target, from, bytes, stream);
  case cudaMemcpyDeviceToHost:
    return wait ? cuMemcpyDtoH_v2(to, source, bytes) : cuMemcpyDtoHAsync_v2(to, source, bytes, stream);
  case cudaMemcpyDeviceToDevice:
    return wait ? cuMemcpyDtoD_v2(target, source, bytes) : cuMemcpyDtoDAsync_v2(target, source, bytes, stream);
  case cudaMemcpyHostToHost:
  case cudaMemcpyDefault:
    return wait ? cuMemcpy(target, source, bytes) : cuMemcpyAsync(target, source, bytes, stream);
  }
  return CUresult(cudaErrorInvalidMemcpyDirection);
}

CUmemorytype sideOf(cudaMemcpyKind kind, bool source) {
  switch (kind) {
  case cudaMemcpyHostToHost:
    return CU_MEMORYTYPE_HOST;
  case cudaMemcpyHostToDevice:
    return source ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
  case cudaMemcpyDeviceToHost:
    return source ? CU_MEMORYTYPE_DEVICE : CU_MEMORYTYPE_HOST;
  case cudaMemcpyDeviceToDevice:
    return CU_MEMORYTYPE_DEVICE;
  case cudaMemcpyDefault:
    break;
  }
  return CU_MEMORYTYPE_UNIFIED;
}

CUresult copyRows(void *to, std::size_t toPitch, const void *from, std::size_t fromPitch, std::size_t width,
                  std::size_t height, cudaMemcpyKind kind, CUstream stream, bool wait) {
  if (kind > cudaMemcpyDefault)
    return CUresult(cudaErrorInvalidMemcpyDirection);
  if (width > toPitch || width > fromPitch)
    return CUresult(cudaErrorInvalidPitchValue);
  CUDA_MEMCPY2D rows{};
  rows.srcMemoryType = sideOf(kind, true);
  rows.srcHost = from;
  rows.srcDevice = addressOf(from);
  rows.srcPitch = fromPitch;
  rows.dstMemoryType = sideOf(kind, false);
  rows.dstHost = to;
  rows.dstDevice = addressOf(to);
  rows.dstPitch = toPitch;
  rows.WidthInBytes = width;
  rows.Height = height;
  return wait ? cuMemcpy2D_v2(&rows) : cuMemcpy2DAsync_v2(&rows, stream);
}

CUresult copyBox(const cudaMemcpy3DParms *box, CUstream stream, bool wait) {
  if (!box || box->kind > cudaMemcpyDefault)
    return CUDA_ERROR_INVALID_VALUE;
  if (box->srcArray || box->dstArray)
    return CUDA_ERROR_NOT_SUPPORTED;
  CUDA_MEMCPY3D copy{};
  copy.srcXInBytes = box->srcPos.x;
  copy.srcY = box->srcPos.y;
  copy.srcZ = box->srcPos.z;
  copy.srcMemoryType = sideOf(box->kind, true);
  copy.srcHost = box->srcPtr.ptr;
  copy.srcDevice = addressOf(box->srcPtr.ptr);
  copy.srcPitch = box->srcPtr.pitch;
  copy.srcHeight = box->srcPtr.ysize;
  copy.dstXInBytes = box->dstPos.x;
  copy.dstY = box->dstPos.y;
  copy.dstZ = box->dstPos.z;
  copy.dstMemoryType = sideOf(box->kind, false);
  copy.dstHost = box->dstPtr.ptr;
  copy.dstDevice = addressOf(box->dstPtr.ptr);
  copy.dstPitch = box->dstPtr.pitch;
  copy.dstHeight = box->dstPtr.ysize;
  copy.WidthInBytes = box->extent.width;
  copy.Height = box->extent.height;
  copy.Depth = box->extent.depth;
  return wait ? cuMemcpy3D_v2(&copy) : cuMemcpy3DAsync_v2(&copy, stream);
}

/// Allocations of nothing succeed, unlike the driver's.
template <typename Allocate> cudaError_t allocate(void **pointer, std::size_t bytes, Allocate call) {
  if (!pointer)
    return keep(cudaErrorInvalidValue);
  *pointer = nullptr;
  return with([&] {
    CUdeviceptr address = 0;
    const CUresult result = bytes == 0 ? CUDA_SUCCESS : call(&address);
    *pointer = reinterpret_cast<void *>(address);
    return result;
  });
}

/// Bytes of a variable that a copy may reach.
cudaError_t placeIn(const void *symbol, std::size_t offset, std::size_t bytes, void *&place) {
  CUdeviceptr address = 0;
  std::size_t size = 0;
  if (const cudaError_t error = symbolOf(symbol, address, size); error != cudaSuccess)
    return error;
  if (offset > size || bytes > size - offset)
    return cudaErrorInvalidValue;
  place = reinterpret_cast<void *>(address + offset);
  return cudaSuccess;
}

cudaError_t copyTo(const void *symbol, const void *from, std::size_t bytes, std::size_t offset, cudaMemcpyKind kind,
                   CUstream stream, bool wait) {
  void *place = nullptr;
  if (const cudaError_t error = placeIn(symbol, offset, bytes, place); error != cudaSuccess)
    return keep(error);
  return with([&] { return copy(place, from, bytes, kind, stream, wait); });
}

cudaError_t copyFrom(void *to, const void *symbol, std::size_t bytes, std::size_t offset, cudaMemcpyKind kind,
                     CUstream stream, bool wait) {
  void *place = nullptr;
  if (const cudaError_t error = placeIn(symbol, offset, bytes, place); error != cudaSuccess)
    return keep(error);
  return with([&] { return copy(to, place, bytes, kind, stream, wait); });
}

} // namespace

TESSERA_CUDA_RUNTIME cudaError_t cudaMalloc(void **pointer, std::size_t bytes) {
  return allocate(pointer, bytes, [&](CUdeviceptr *address) { return cuMemAlloc_v2(address, bytes); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMallocManaged(void **pointer, std::size_t bytes, unsigned flags) {
  return allocate(pointer, bytes, [&](CUdeviceptr *address) { return cuMemAllocManaged(address, bytes, flags); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMallocPitch(void **pointer, std::size_t *pitch, std::size_t width,
                                                 std::size_t height) {
  return allocate(pointer, width * height,
                  [&](CUdeviceptr *address) { return cuMemAllocPitch_v2(address, pitch, width, height, 4); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMalloc3D(cudaPitchedPtr *pitched, cudaExtent extent) {
  if (!pitched)
    return keep(cudaErrorInvalidValue);
  pitched->xsize = extent.width;
  pitched->ysize = extent.height;
  return cudaMallocPitch(&pitched->ptr, &pitched->pitch, extent.width, extent.height * extent.depth);
}
TESSERA_CUDA_RUNTIME cudaError_t cudaHostAlloc(void **pointer, std::size_t bytes, unsigned flags) {
  return allocate(pointer, bytes, [&](CUdeviceptr *address) {
    return cuMemHostAlloc(reinterpret_cast<void **>(address), bytes, flags);
  });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMallocHost(void **pointer, std::size_t bytes) {
  return cudaHostAlloc(pointer, bytes, 0);
}
TESSERA_CUDA_RUNTIME cudaError_t cudaFree(void *pointer) {
  return with([&] { return cuMemFree_v2(addressOf(pointer)); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaFreeHost(void *pointer) {
  return with([&] { return cuMemFreeHost(pointer); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaHostRegister(void *pointer, std::size_t bytes, unsigned flags) {
  return with([&] { return cuMemHostRegister_v2(pointer, bytes, flags); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaHostUnregister(void *pointer) {
  return with([&] { return cuMemHostUnregister(pointer); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaHostGetDevicePointer(void **device, void *host, unsigned flags) {
  return with([&] { return cuMemHostGetDevicePointer_v2(reinterpret_cast<CUdeviceptr *>(device), host, flags); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaHostGetFlags(unsigned *flags, void *host) {
  return with([&] { return cuMemHostGetFlags(flags, host); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemGetInfo(std::size_t *free, std::size_t *total) {
  return with([&] { return cuMemGetInfo_v2(free, total); });
}

TESSERA_CUDA_RUNTIME cudaError_t cudaMallocAsync(void **pointer, std::size_t bytes, CUstream stream) {
  return allocate(pointer, bytes, [&](CUdeviceptr *address) { return cuMemAllocAsync(address, bytes, stream); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMallocFromPoolAsync(void **pointer, std::size_t bytes, CUmemoryPool pool,
                                                         CUstream stream) {
  return allocate(pointer, bytes,
                  [&](CUdeviceptr *address) { return cuMemAllocFromPoolAsync(address, bytes, pool, stream); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaFreeAsync(void *pointer, CUstream stream) {
  return with([&] { return cuMemFreeAsync(addressOf(pointer), stream); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceGetDefaultMemPool(CUmemoryPool *pool, int device) {
  return with([&] { return cuDeviceGetDefaultMemPool(pool, device); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceGetMemPool(CUmemoryPool *pool, int device) {
  return with([&] { return cuDeviceGetMemPool(pool, device); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaDeviceSetMemPool(int device, CUmemoryPool pool) {
  return with([&] { return cuDeviceSetMemPool(device, pool); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemPoolCreate(CUmemoryPool *pool, const CUmemPoolProps *properties) {
  return with([&] { return cuMemPoolCreate(pool, properties); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemPoolDestroy(CUmemoryPool pool) {
  return with([&] { return cuMemPoolDestroy(pool); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemPoolTrimTo(CUmemoryPool pool, std::size_t bytes) {
  return with([&] { return cuMemPoolTrimTo(pool, bytes); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemPoolSetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute,
                                                         void *value) {
  return with([&] { return cuMemPoolSetAttribute(pool, attribute, value); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemPoolGetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute,
                                                         void *value) {
  return with([&] { return cuMemPoolGetAttribute(pool, attribute, value); });
}

TESSERA_CUDA_RUNTIME cudaError_t cudaMemcpy(void *to, const void *from, std::size_t bytes, cudaMemcpyKind kind) {
  return with([&] { return copy(to, from, bytes, kind, nullptr, true); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemcpyAsync(void *to, const void *from, std::size_t bytes, cudaMemcpyKind kind,
                                                 CUstream stream) {
  return with([&] { return copy(to, from, bytes, kind, stream, false); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemcpyPeer(void *to, int, const void *from, int, std::size_t bytes) {
  return with([&] { return copy(to, from, bytes, cudaMemcpyDeviceToDevice, nullptr, true); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemcpyPeerAsync(void *to, int, const void *from, int, std::size_t bytes,
                                                     CUstream stream) {
  return with([&] { return copy(to, from, bytes, cudaMemcpyDeviceToDevice, stream, false); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemcpy2D(void *to, std::size_t toPitch, const void *from, std::size_t fromPitch,
                                              std::size_t width, std::size_t height, cudaMemcpyKind kind) {
  return with([&] { return copyRows(to, toPitch, from, fromPitch, width, height, kind, nullptr, true); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemcpy2DAsync(void *to, std::size_t toPitch, const void *from,
                                                   std::size_t fromPitch, std::size_t width, std::size_t height,
                                                   cudaMemcpyKind kind, CUstream stream) {
  return with([&] { return copyRows(to, toPitch, from, fromPitch, width, height, kind, stream, false); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemcpy3D(const cudaMemcpy3DParms *box) {
  return with([&] { return copyBox(box, nullptr, true); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemcpy3DAsync(const cudaMemcpy3DParms *box, CUstream stream) {
  return with([&] { return copyBox(box, stream, false); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemcpyToSymbol(const void *symbol, const void *from, std::size_t bytes,
                                                    std::size_t offset, cudaMemcpyKind kind) {
  return copyTo(symbol, from, bytes, offset, kind, nullptr, true);
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemcpyToSymbolAsync(const void *symbol, const void *from, std::size_t bytes,
                                                         std::size_t offset, cudaMemcpyKind kind, CUstream stream) {
  return copyTo(symbol, from, bytes, offset, kind, stream, false);
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemcpyFromSymbol(void *to, const void *symbol, std::size_t bytes,
                                                      std::size_t offset, cudaMemcpyKind kind) {
  return copyFrom(to, symbol, bytes, offset, kind, nullptr, true);
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemcpyFromSymbolAsync(void *to, const void *symbol, std::size_t bytes,
                                                           std::size_t offset, cudaMemcpyKind kind, CUstream stream) {
  return copyFrom(to, symbol, bytes, offset, kind, stream, false);
}

TESSERA_CUDA_RUNTIME cudaError_t cudaMemset(void *pointer, int value, std::size_t bytes) {
  return with([&] { return cuMemsetD8_v2(addressOf(pointer), static_cast<unsigned char>(value), bytes); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemsetAsync(void *pointer, int value, std::size_t bytes, CUstream stream) {
  return with([&] { return cuMemsetD8Async(addressOf(pointer), static_cast<unsigned char>(value), bytes, stream); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemset2D(void *pointer, std::size_t pitch, int value, std::size_t width,
                                              std::size_t height) {
  return with(
      [&] { return cuMemsetD2D8_v2(addressOf(pointer), pitch, static_cast<unsigned char>(value), width, height); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemset2DAsync(void *pointer, std::size_t pitch, int value, std::size_t width,
                                                   std::size_t height, CUstream stream) {
  return with([&] {
    return cuMemsetD2D8Async(addressOf(pointer), pitch, static_cast<unsigned char>(value), width, height, stream);
  });
}

TESSERA_CUDA_RUNTIME cudaError_t cudaMemPrefetchAsync(const void *pointer, std::size_t bytes, CUmemLocation location,
                                                      unsigned flags, CUstream stream) {
  return with([&] { return cuMemPrefetchAsync_v2(addressOf(pointer), bytes, location, flags, stream); });
}
TESSERA_CUDA_RUNTIME cudaError_t cudaMemAdvise(const void *pointer, std::size_t bytes, unsigned advice,
                                               CUmemLocation location) {
  return with([&] { return cuMemAdvise_v2(addressOf(pointer), bytes, advice, location); });
}

TESSERA_CUDA_RUNTIME cudaError_t cudaPointerGetAttributes(cudaPointerAttributes *attributes, const void *pointer) {
  return with([&] {
    if (!attributes)
      return CUDA_ERROR_INVALID_VALUE;
    unsigned type = 0, isManaged = 0;
    int device = -2;
    CUdeviceptr onDevice = 0, onHost = 0;
    CUpointer_attribute asked[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_IS_MANAGED,
                                   CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, CU_POINTER_ATTRIBUTE_DEVICE_POINTER,
                                   CU_POINTER_ATTRIBUTE_HOST_POINTER};
    void *data[] = {&type, &isManaged, &device, &onDevice, &onHost};
    const CUresult result = cuPointerGetAttributes(5, asked, data, addressOf(pointer));
    *attributes = {};
    attributes->type = isManaged ? 3 : type;
    attributes->device = device;
    attributes->devicePointer = reinterpret_cast<void *>(onDevice);
    attributes->hostPointer = type == 0 ? const_cast<void *>(pointer) : reinterpret_cast<void *>(onHost);
    return result;
  });
}
