// Copies and fills. Every copy is one of a box of rows; a copy of bytes is a box of one row. Every fill is one of rows.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <cstring>
#include <memory>

using namespace tessera::sim::api;

namespace tessera::sim::api {
namespace {

using cuda::CUDA_MEMCPY3D;
using cuda::CUresult;

constexpr std::size_t kMostPitch = 2147483647;

/// One side of a copy.
struct Side {
  std::uint64_t first = 0; ///< address of the box's first byte
  std::size_t pitch = 0, slice = 0;
  bool onDevice = false; ///< in memory of a device, or pinned memory of the host in the same arena
};

struct Box {
  std::size_t width = 0, height = 0, depth = 0;
  std::size_t rows() const { return height * depth; }
};

std::uint64_t addressOf(const void *pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

/// Copies between any two places; what a device's memory is written becomes known as written.
void move(std::uint64_t to, std::uint64_t from, std::size_t bytes) {
  Device *target = ownerOf(to);
  if (target && target == ownerOf(from))
    target->memory.copy(to, from, bytes);
  else if (target)
    target->memory.write(to, reinterpret_cast<const void *>(from), bytes);
  else
    std::memmove(reinterpret_cast<void *>(to), reinterpret_cast<const void *>(from), bytes);
}

void moveBox(const Side &to, const Side &from, const Box &box) {
  const bool isDense = (box.rows() == 1) || (box.depth == 1 && to.pitch == box.width && from.pitch == box.width);
  if (isDense)
    return move(to.first, from.first, box.width * box.rows());
  for (std::size_t z = 0; z < box.depth; ++z)
    for (std::size_t y = 0; y < box.height; ++y)
      move(to.first + z * to.slice + y * to.pitch, from.first + z * from.slice + y * from.pitch, box.width);
}

std::size_t extentOf(const Side &side, const Box &box) {
  return (box.depth - 1) * side.slice + (box.height - 1) * side.pitch + box.width;
}

/// Whether the host's side of a copy may be read or written later, by the stream: pinned memory, of either kind.
bool isPinned(std::uint64_t address, std::size_t bytes) {
  if (Device *owner = ownerOf(address))
    return owner->memory.contains(address, bytes);
  const std::lock_guard lock(driver().mutex);
  for (const auto &device : driver().devices) {
    auto after = device->registered.upper_bound(address);
    if (after == device->registered.begin())
      continue;
    --after;
    if (address - after->first < after->second && bytes <= after->second - (address - after->first))
      return true;
  }
  return false;
}

CUresult resolve(const char *what, cuda::CUmemorytype type, const void *host, cuda::CUdeviceptr device,
                 std::size_t pitch, std::size_t height, std::size_t x, std::size_t y, std::size_t z, std::size_t lod,
                 const Box &box, Side &side) {
  if (type != cuda::CU_MEMORYTYPE_HOST && type != cuda::CU_MEMORYTYPE_DEVICE && type != cuda::CU_MEMORYTYPE_UNIFIED)
    return fail(type == 3 ? cuda::CUDA_ERROR_NOT_SUPPORTED : cuda::CUDA_ERROR_INVALID_VALUE,
                type == 3 ? "the simulator has no arrays to copy from or to" : "");
  const std::uint64_t base = type == cuda::CU_MEMORYTYPE_HOST ? addressOf(host) : device;
  TESSERA_REQUIRE(base != 0 && lod == 0)
  side.pitch = pitch ? pitch : x + box.width;
  if (box.rows() > 1)
    TESSERA_REQUIRE(side.pitch >= x + box.width && side.pitch <= kMostPitch)
  if (box.depth > 1)
    TESSERA_REQUIRE((height ? height : y + box.height) >= y + box.height)
  side.slice = side.pitch * (height ? height : y + box.height);
  side.first = base + x + y * side.pitch + z * side.slice;
  side.onDevice = type == cuda::CU_MEMORYTYPE_DEVICE || (type == cuda::CU_MEMORYTYPE_UNIFIED && ownerOf(base));
  return side.onDevice ? checkDeviceRange(side.first, extentOf(side, box), what) : cuda::CUDA_SUCCESS;
}

} // namespace

CUresult prepareCopy(const CUDA_MEMCPY3D &copy, bool now, Operation &operation, bool &waits) {
  const Box box{copy.WidthInBytes, copy.Height, copy.Depth};
  operation.type = cuda::CU_GRAPH_NODE_TYPE_MEMCPY;
  waits = false;
  if (box.width == 0 || box.rows() == 0)
    return cuda::CUDA_SUCCESS;
  Side from, to;
  TESSERA_RETURN_IF_FAILED(resolve("the source of a copy", copy.srcMemoryType, copy.srcHost, copy.srcDevice,
                                   copy.srcPitch, copy.srcHeight, copy.srcXInBytes, copy.srcY, copy.srcZ, copy.srcLOD,
                                   box, from))
  TESSERA_RETURN_IF_FAILED(resolve("the target of a copy", copy.dstMemoryType, copy.dstHost, copy.dstDevice,
                                   copy.dstPitch, copy.dstHeight, copy.dstXInBytes, copy.dstY, copy.dstZ, copy.dstLOD,
                                   box, to))
  if (now && !from.onDevice && !isPinned(from.first, extentOf(from, box))) {
    // The driver has read pageable memory when the call returns.
    Side staged{0, box.width, box.width * box.height, false};
    std::shared_ptr<char[]> bytes(new char[box.width * box.rows()]);
    staged.first = addressOf(bytes.get());
    moveBox(staged, from, box);
    operation.run = [to, staged, box, bytes] { moveBox(to, staged, box); };
    return cuda::CUDA_SUCCESS;
  }
  waits = !to.onDevice && !isPinned(to.first, extentOf(to, box)); // written when the call returns
  operation.run = [to, from, box] { moveBox(to, from, box); };
  return cuda::CUDA_SUCCESS;
}

CUresult prepareFill(const cuda::CUDA_MEMSET_NODE_PARAMS &fill, Operation &operation) {
  const unsigned bytes = fill.elementSize;
  TESSERA_REQUIRE(bytes == 1 || bytes == 2 || bytes == 4)
  operation.type = cuda::CU_GRAPH_NODE_TYPE_MEMSET;
  if (fill.width == 0 || fill.height == 0)
    return cuda::CUDA_SUCCESS;
  TESSERA_REQUIRE(fill.dst % bytes == 0)
  TESSERA_REQUIRE(fill.height == 1 || (fill.pitch % bytes == 0 && fill.pitch >= fill.width * bytes))
  const std::size_t extent = (fill.height - 1) * fill.pitch + fill.width * bytes;
  TESSERA_RETURN_IF_FAILED(checkDeviceRange(fill.dst, extent, "the target of a fill"))
  operation.run = [fill, memory = &ownerOf(fill.dst)->memory] {
    for (std::size_t y = 0; y < fill.height; ++y)
      memory->fill(fill.dst + y * fill.pitch, fill.value, fill.elementSize, fill.width);
  };
  return cuda::CUDA_SUCCESS;
}

} // namespace tessera::sim::api

namespace tessera::cuda {
namespace {

/// Copies a box in a stream's turn; `wait`: the call returns when it is done, as the forms without a stream do.
CUresult copyBox(CUstream handle, const CUDA_MEMCPY3D &copy, bool wait) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  if (stream->capture && wait)
    return refuseCapture(*stream);
  Operation operation;
  bool mustWait = false;
  TESSERA_RETURN_IF_FAILED(prepareCopy(copy, !wait && !stream->capture, operation, mustWait))
  if (!operation.run)
    return CUDA_SUCCESS;
  const bool toHost = mustWait || ownerOf(copy.dstMemoryType == CU_MEMORYTYPE_HOST ? 0 : copy.dstDevice) == nullptr;
  const bool fromHost = copy.srcMemoryType == CU_MEMORYTYPE_HOST || !ownerOf(copy.srcDevice);
  // Between places of a device, the host goes on at once even where it names no stream.
  const bool waits = stream->capture ? false : mustWait || (wait && (toHost || fromHost));
  if (!waits)
    return submit(*stream, std::move(operation));
  if (stream->device->queue.isIdle()) { // the common case, without a thread between
    TESSERA_RETURN_IF_FAILED(refuseImplicit(*stream))
    stream->device->queue.addAndWait({.run = std::move(operation.run), .lane = stream->lane});
    return takeFault(*stream->device);
  }
  Queue::Ticket ticket = 0;
  TESSERA_RETURN_IF_FAILED(submit(*stream, std::move(operation), &ticket))
  stream->device->queue.wait(ticket);
  return takeFault(*stream->device);
}

CUDA_MEMCPY3D bytesBetween(CUmemorytype toType, std::uint64_t to, CUmemorytype fromType, std::uint64_t from,
                           std::size_t bytes) {
  // NOLINTNEXTLINE(bugprone-invalid-enum-default-initialization): both kinds of memory are set below
  CUDA_MEMCPY3D copy{};
  copy.srcMemoryType = fromType;
  copy.srcHost = reinterpret_cast<const void *>(from);
  copy.srcDevice = from;
  copy.dstMemoryType = toType;
  copy.dstHost = reinterpret_cast<void *>(to);
  copy.dstDevice = to;
  copy.WidthInBytes = bytes;
  copy.Height = copy.Depth = 1;
  return copy;
}

CUDA_MEMCPY3D boxOf(const CUDA_MEMCPY2D &from) {
  // NOLINTNEXTLINE(bugprone-invalid-enum-default-initialization): both kinds of memory are set below
  CUDA_MEMCPY3D copy{};
  copy.srcXInBytes = from.srcXInBytes;
  copy.srcY = from.srcY;
  copy.srcMemoryType = from.srcMemoryType;
  copy.srcHost = from.srcHost;
  copy.srcDevice = from.srcDevice;
  copy.srcPitch = from.srcPitch;
  copy.dstXInBytes = from.dstXInBytes;
  copy.dstY = from.dstY;
  copy.dstMemoryType = from.dstMemoryType;
  copy.dstHost = from.dstHost;
  copy.dstDevice = from.dstDevice;
  copy.dstPitch = from.dstPitch;
  copy.WidthInBytes = from.WidthInBytes;
  copy.Height = from.Height;
  copy.Depth = 1;
  return copy;
}

CUresult fillRows(CUstream handle, CUdeviceptr to, std::size_t pitch, unsigned value, unsigned elementSize,
                  std::size_t width, std::size_t height) {
  TESSERA_STREAM_OR_RETURN(stream, handle)
  Operation operation;
  TESSERA_RETURN_IF_FAILED(prepareFill({to, pitch, value, elementSize, width, height}, operation))
  return operation.run ? submit(*stream, std::move(operation)) : CUDA_SUCCESS;
}

constexpr CUmemorytype kHost = CU_MEMORYTYPE_HOST, kDevice = CU_MEMORYTYPE_DEVICE, kEither = CU_MEMORYTYPE_UNIFIED;

std::uint64_t addressOf(const void *pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

} // namespace

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, std::size_t bytes) {
  return copyBox(nullptr, bytesBetween(kDevice, to, kHost, addressOf(from), bytes), true);
}
CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, std::size_t bytes) {
  return copyBox(nullptr, bytesBetween(kHost, addressOf(to), kDevice, from, bytes), true);
}
CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  return copyBox(nullptr, bytesBetween(kDevice, to, kDevice, from, bytes), true);
}
CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  return copyBox(nullptr, bytesBetween(kEither, to, kEither, from, bytes), true);
}
CUresult cuMemcpyPeer(CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext, std::size_t bytes) {
  return cuMemcpyDtoD_v2(to, from, bytes); // every address tells whose it is
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, std::size_t bytes, CUstream stream) {
  return copyBox(stream, bytesBetween(kDevice, to, kHost, addressOf(from), bytes), false);
}
CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  return copyBox(stream, bytesBetween(kHost, addressOf(to), kDevice, from, bytes), false);
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  return copyBox(stream, bytesBetween(kDevice, to, kDevice, from, bytes), false);
}
CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
  return copyBox(stream, bytesBetween(kEither, to, kEither, from, bytes), false);
}
CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext,
                           std::size_t bytes, CUstream stream) {
  return cuMemcpyDtoDAsync_v2(to, from, bytes, stream);
}

CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D *copy) {
  TESSERA_REQUIRE(copy)
  return copyBox(nullptr, boxOf(*copy), true);
}
CUresult cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D *copy) { return cuMemcpy2D_v2(copy); }
CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D *copy, CUstream stream) {
  TESSERA_REQUIRE(copy)
  return copyBox(stream, boxOf(*copy), false);
}
CUresult cuMemcpy3D_v2(const CUDA_MEMCPY3D *copy) {
  TESSERA_REQUIRE(copy && !copy->srcContext && !copy->dstContext) // reserved fields of this form
  return copyBox(nullptr, *copy, true);
}
CUresult cuMemcpy3DAsync_v2(const CUDA_MEMCPY3D *copy, CUstream stream) {
  TESSERA_REQUIRE(copy && !copy->srcContext && !copy->dstContext)
  return copyBox(stream, *copy, false);
}
CUresult cuMemcpy3DPeer(const CUDA_MEMCPY3D *copy) {
  TESSERA_REQUIRE(copy)
  return copyBox(nullptr, *copy, true);
}
CUresult cuMemcpy3DPeerAsync(const CUDA_MEMCPY3D *copy, CUstream stream) {
  TESSERA_REQUIRE(copy)
  return copyBox(stream, *copy, false);
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t count, CUstream stream) {
  return fillRows(stream, to, 0, value, 1, count, 1);
}
CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, std::size_t count, CUstream stream) {
  return fillRows(stream, to, 0, value, 2, count, 1);
}
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, std::size_t count, CUstream stream) {
  return fillRows(stream, to, 0, value, 4, count, 1);
}
CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, std::size_t count) {
  return fillRows(nullptr, to, 0, value, 1, count, 1);
}
CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, std::size_t count) {
  return fillRows(nullptr, to, 0, value, 2, count, 1);
}
CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, std::size_t count) {
  return fillRows(nullptr, to, 0, value, 4, count, 1);
}
CUresult cuMemsetD2D8_v2(CUdeviceptr to, std::size_t pitch, unsigned char value, std::size_t width,
                         std::size_t height) {
  return fillRows(nullptr, to, pitch, value, 1, width, height);
}
CUresult cuMemsetD2D16_v2(CUdeviceptr to, std::size_t pitch, unsigned short value, std::size_t width,
                          std::size_t height) {
  return fillRows(nullptr, to, pitch, value, 2, width, height);
}
CUresult cuMemsetD2D32_v2(CUdeviceptr to, std::size_t pitch, unsigned value, std::size_t width, std::size_t height) {
  return fillRows(nullptr, to, pitch, value, 4, width, height);
}
CUresult cuMemsetD2D8Async(CUdeviceptr to, std::size_t pitch, unsigned char value, std::size_t width,
                           std::size_t height, CUstream stream) {
  return fillRows(stream, to, pitch, value, 1, width, height);
}
CUresult cuMemsetD2D16Async(CUdeviceptr to, std::size_t pitch, unsigned short value, std::size_t width,
                            std::size_t height, CUstream stream) {
  return fillRows(stream, to, pitch, value, 2, width, height);
}
CUresult cuMemsetD2D32Async(CUdeviceptr to, std::size_t pitch, unsigned value, std::size_t width, std::size_t height,
                            CUstream stream) {
  return fillRows(stream, to, pitch, value, 4, width, height);
}

} // namespace tessera::cuda
