// Copies, fills, pools, virtual memory and what pointers say, through the simulator's Driver API.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DriverApiTest.h"

#include <cstring>
#include <numeric>

using namespace tessera;
using namespace tessera::cuda;

namespace {

std::vector<unsigned char> counting(std::size_t bytes) {
  std::vector<unsigned char> values(bytes);
  std::iota(values.begin(), values.end(), static_cast<unsigned char>(1));
  return values;
}

} // namespace

TEST_F(DriverApiTest, CopiesBoxes) {
  // A box of 5 x 3 x 2 bytes at (2, 1, 1) of an 8 x 4 x 3 host array into (1, 0, 0) of a device array of pitch 16,
  // height 3.
  const std::vector<unsigned char> source = counting(8 * 4 * 3);
  const CUdeviceptr target = allocate(16 * 3 * 2);
  ASSERT_EQ(cu.cuMemsetD8_v2(target, 0, 16 * 3 * 2), CUDA_SUCCESS);
  CUDA_MEMCPY3D copy{};
  copy.srcMemoryType = CU_MEMORYTYPE_HOST;
  copy.srcHost = source.data();
  copy.srcPitch = 8;
  copy.srcHeight = 4;
  copy.srcXInBytes = 2;
  copy.srcY = copy.srcZ = 1;
  copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.dstDevice = target;
  copy.dstPitch = 16;
  copy.dstHeight = 3;
  copy.dstXInBytes = 1;
  copy.WidthInBytes = 5;
  copy.Height = 3;
  copy.Depth = 2;
  ASSERT_EQ(cu.cuMemcpy3D_v2(&copy), CUDA_SUCCESS) << library.takeReport();
  std::vector<unsigned char> expected(16 * 3 * 2, 0);
  for (int z = 0; z < 2; ++z)
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 5; ++x)
        expected[std::size_t(z * 48 + y * 16 + x + 1)] = source[std::size_t((z + 1) * 32 + (y + 1) * 8 + x + 2)];
  EXPECT_EQ(read<unsigned char>(target, expected.size()), expected);

  copy.dstPitch = 5; // narrower than 1 + 5
  EXPECT_EQ(cu.cuMemcpy3D_v2(&copy), CUDA_ERROR_INVALID_VALUE);
  copy.dstPitch = 16;
  copy.Depth = 3; // a byte past the end of both
  EXPECT_EQ(cu.cuMemcpy3D_v2(&copy), CUDA_ERROR_INVALID_VALUE);
  EXPECT_NE(library.takeReport().find("the target of a copy, 133 bytes at"), std::string::npos) << library.takeReport();
  copy.Depth = 0;
  EXPECT_EQ(cu.cuMemcpy3D_v2(&copy), CUDA_SUCCESS); // nothing
  copy.Depth = 2;
  copy.dstMemoryType = CUmemorytype(3);
  EXPECT_EQ(cu.cuMemcpy3D_v2(&copy), CUDA_ERROR_NOT_SUPPORTED);
  cu.cuMemFree_v2(target);
}

TEST_F(DriverApiTest, CopiesRows) {
  CUdeviceptr image = 0;
  std::size_t pitch = 0;
  ASSERT_EQ(cu.cuMemAllocPitch_v2(&image, &pitch, 10, 4, 4), CUDA_SUCCESS);
  EXPECT_EQ(pitch, 512u);
  EXPECT_EQ(cu.cuMemAllocPitch_v2(&image, &pitch, 10, 4, 5), CUDA_ERROR_INVALID_VALUE);
  const std::vector<unsigned char> source = counting(40);
  CUDA_MEMCPY2D copy{};
  copy.srcMemoryType = CU_MEMORYTYPE_HOST;
  copy.srcHost = source.data();
  copy.srcPitch = 10;
  copy.dstMemoryType = CU_MEMORYTYPE_UNIFIED;
  copy.dstDevice = image;
  copy.dstPitch = pitch;
  copy.WidthInBytes = 10;
  copy.Height = 4;
  CUstream lane = stream();
  ASSERT_EQ(cu.cuMemcpy2DAsync_v2(&copy, lane), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuStreamSynchronize(lane), CUDA_SUCCESS);
  std::vector<unsigned char> back(40);
  CUDA_MEMCPY2D reverse{};
  reverse.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  reverse.srcDevice = image;
  reverse.srcPitch = pitch;
  reverse.dstMemoryType = CU_MEMORYTYPE_HOST;
  reverse.dstHost = back.data();
  reverse.WidthInBytes = 10; // a pitch of 0 is the width
  reverse.Height = 4;
  ASSERT_EQ(cu.cuMemcpy2D_v2(&reverse), CUDA_SUCCESS);
  EXPECT_EQ(back, source);
  cu.cuStreamDestroy_v2(lane);
  cu.cuMemFree_v2(image);
}

TEST_F(DriverApiTest, FillsRows) {
  const CUdeviceptr memory = allocate(64);
  ASSERT_EQ(cu.cuMemsetD8_v2(memory, 0, 64), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuMemsetD2D16_v2(memory + 2, 16, 0xabcd, 3, 3), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuMemsetD2D32_v2(memory + 48, 16, 0x12345678, 2, 1), CUDA_SUCCESS);
  const std::vector<unsigned short> values = read<unsigned short>(memory, 32);
  for (unsigned y = 0; y < 3; ++y)
    for (unsigned x = 0; x < 8; ++x)
      EXPECT_EQ(values[y * 8 + x], x >= 1 && x < 4 ? 0xabcd : 0) << x << " " << y;
  EXPECT_EQ(values[24], 0x5678);
  EXPECT_EQ(values[27], 0x1234);
  EXPECT_EQ(values[28], 0);
  EXPECT_EQ(cu.cuMemsetD2D16_v2(memory, 4, 0, 3, 2), CUDA_ERROR_INVALID_VALUE); // rows overlap
  EXPECT_EQ(cu.cuMemsetD32_v2(memory + 2, 0, 1), CUDA_ERROR_INVALID_VALUE);     // not aligned
  EXPECT_EQ(cu.cuMemsetD2D8_v2(memory, 32, 0, 8, 3), CUDA_ERROR_INVALID_VALUE); // past the end
  cu.cuMemFree_v2(memory);
}

TEST_F(DriverApiTest, CopiesBetweenDevices) {
  CUcontext other = nullptr;
  ASSERT_EQ(cu.cuDevicePrimaryCtxRetain(&other, 1), CUDA_SUCCESS);
  const CUdeviceptr here = allocate(64);
  ASSERT_EQ(cu.cuMemsetD32_v2(here, 42, 16), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuCtxPushCurrent_v2(other), CUDA_SUCCESS);
  const CUdeviceptr there = allocate(64);
  EXPECT_EQ(cu.cuMemcpyPeer(there, other, here, context, 64), CUDA_SUCCESS);
  EXPECT_EQ(read<int>(there, 16), std::vector<int>(16, 42));
  int ordinal = -1;
  EXPECT_EQ(cu.cuPointerGetAttribute(&ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, here), CUDA_SUCCESS);
  EXPECT_EQ(ordinal, 0);
  EXPECT_EQ(cu.cuPointerGetAttribute(&ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, there), CUDA_SUCCESS);
  EXPECT_EQ(ordinal, 1);
  EXPECT_EQ(cu.cuCtxEnablePeerAccess(context, 0), CUDA_ERROR_PEER_ACCESS_UNSUPPORTED);
  EXPECT_EQ(cu.cuCtxDisablePeerAccess(context), CUDA_ERROR_PEER_ACCESS_NOT_ENABLED);
  cu.cuMemFree_v2(there);
  cu.cuCtxPopCurrent_v2(nullptr);
  cu.cuMemFree_v2(here);
  cu.cuDevicePrimaryCtxRelease_v2(1);
}

TEST_F(DriverApiTest, PointersSayManyThings) {
  CUdeviceptr managed = 0;
  ASSERT_EQ(cu.cuMemAllocManaged(&managed, 64, 1), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemAllocManaged(&managed, 64, 0), CUDA_ERROR_INVALID_VALUE);
  unsigned type = 9, isManaged = 9;
  int ordinal = 9;
  CUdeviceptr host = 9;
  CUpointer_attribute attributes[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_IS_MANAGED,
                                      CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, CU_POINTER_ATTRIBUTE_HOST_POINTER};
  void *data[] = {&type, &isManaged, &ordinal, &host};
  ASSERT_EQ(cu.cuPointerGetAttributes(4, attributes, data, managed + 8), CUDA_SUCCESS);
  EXPECT_EQ(type, unsigned(CU_MEMORYTYPE_DEVICE));
  EXPECT_EQ(isManaged, 1u);
  EXPECT_EQ(ordinal, 0);
  EXPECT_EQ(host, managed + 8);
  const CUdeviceptr plain = allocate(64);
  ASSERT_EQ(cu.cuPointerGetAttributes(4, attributes, data, plain), CUDA_SUCCESS);
  EXPECT_EQ(type, unsigned(CU_MEMORYTYPE_DEVICE));
  EXPECT_EQ(isManaged, 0u);
  EXPECT_EQ(host, 0u);
  EXPECT_EQ(cu.cuPointerGetAttribute(&host, CU_POINTER_ATTRIBUTE_HOST_POINTER, plain), CUDA_ERROR_INVALID_VALUE);
  int local = 0; // memory that nobody told of
  ASSERT_EQ(cu.cuPointerGetAttributes(4, attributes, data, reinterpret_cast<CUdeviceptr>(&local)), CUDA_SUCCESS);
  EXPECT_EQ(type, 0u);
  EXPECT_EQ(ordinal, -2);
  EXPECT_EQ(cu.cuMemHostRegister_v2(&local, sizeof local, 0), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemHostRegister_v2(&local, 2, 0), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
  ASSERT_EQ(cu.cuPointerGetAttributes(1, attributes, data, reinterpret_cast<CUdeviceptr>(&local)), CUDA_SUCCESS);
  EXPECT_EQ(type, unsigned(CU_MEMORYTYPE_HOST));
  EXPECT_EQ(cu.cuMemHostUnregister(&local), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemHostUnregister(&local), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
  EXPECT_EQ(cu.cuMemFreeHost(reinterpret_cast<void *>(plain)), CUDA_ERROR_INVALID_VALUE);
  cu.cuMemFree_v2(plain);
  cu.cuMemFree_v2(managed);
}

TEST_F(DriverApiTest, PoolsCount) {
  CUmemPoolProps properties{};
  properties.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  properties.maxSize = 1 << 20;
  CUmemoryPool pool = nullptr;
  ASSERT_EQ(cu.cuMemPoolCreate(&pool, &properties), CUDA_SUCCESS);
  CUstream lane = stream();
  CUdeviceptr first = 0, second = 0;
  const auto figure = [&](CUmemPool_attribute attribute) {
    std::uint64_t value = ~0ull;
    EXPECT_EQ(cu.cuMemPoolGetAttribute(pool, attribute, &value), CUDA_SUCCESS);
    return value;
  };
  ASSERT_EQ(cu.cuMemAllocFromPoolAsync(&first, 1000, pool, lane), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuMemAllocFromPoolAsync(&second, 3000, pool, lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemAllocFromPoolAsync(&second, 1 << 20, pool, lane), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(figure(CU_MEMPOOL_ATTR_USED_MEM_CURRENT), 4000u);
  CUmemoryPool of = nullptr;
  EXPECT_EQ(cu.cuPointerGetAttribute(&of, CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE, first + 1), CUDA_SUCCESS);
  EXPECT_EQ(of, pool);
  EXPECT_EQ(cu.cuMemsetD8Async(first, 1, 1000, lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemFreeAsync(first + 1, lane), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuMemFreeAsync(first, lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamSynchronize(lane), CUDA_SUCCESS);
  EXPECT_EQ(figure(CU_MEMPOOL_ATTR_USED_MEM_CURRENT), 3000u);
  EXPECT_EQ(figure(CU_MEMPOOL_ATTR_USED_MEM_HIGH), 4000u);
  EXPECT_GE(figure(CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), 4000u);
  std::uint64_t value = 1;
  EXPECT_EQ(cu.cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH, &value), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT, &value), CUDA_ERROR_INVALID_VALUE);
  value = 0;
  EXPECT_EQ(cu.cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH, &value), CUDA_SUCCESS);
  EXPECT_EQ(figure(CU_MEMPOOL_ATTR_USED_MEM_HIGH), 3000u);
  EXPECT_EQ(cu.cuMemFree_v2(second), CUDA_SUCCESS); // the plain form frees it too
  EXPECT_EQ(figure(CU_MEMPOOL_ATTR_USED_MEM_CURRENT), 0u);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS); // the release threshold is 0
  EXPECT_EQ(figure(CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), 0u);
  value = 1ull << 40;
  EXPECT_EQ(cu.cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &value), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuMemAllocFromPoolAsync(&first, 1000, pool, lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemFreeAsync(first, lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT_GE(figure(CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), 1000u);
  EXPECT_EQ(cu.cuMemPoolTrimTo(pool, 0), CUDA_SUCCESS);
  EXPECT_EQ(figure(CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT), 0u);

  CUmemoryPool standard = nullptr, current = nullptr;
  EXPECT_EQ(cu.cuDeviceGetDefaultMemPool(&standard, 0), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuDeviceSetMemPool(0, pool), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuMemAllocAsync(&first, 500, lane), CUDA_SUCCESS);
  EXPECT_EQ(figure(CU_MEMPOOL_ATTR_USED_MEM_CURRENT), 500u);
  EXPECT_EQ(cu.cuMemFreeAsync(first, lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuStreamSynchronize(lane), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemPoolDestroy(pool), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuDeviceGetMemPool(&current, 0), CUDA_SUCCESS);
  EXPECT_EQ(current, standard);
  EXPECT_EQ(cu.cuMemPoolDestroy(standard), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuMemPoolTrimTo(pool, 0), CUDA_ERROR_INVALID_HANDLE);
  cu.cuStreamDestroy_v2(lane);
}

TEST_F(DriverApiTest, UseAfterFreeAsyncIsFound) {
  CUfunction add = load(test::kAdd, "add");
  CUdeviceptr memory = 0;
  ASSERT_EQ(cu.cuMemAllocAsync(&memory, 256, nullptr), CUDA_SUCCESS);
  int n = 64;
  void *parameters[] = {&memory, &memory, &memory, &n};
  ASSERT_EQ(cu.cuMemFreeAsync(memory, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemFreeAsync(memory, nullptr), CUDA_ERROR_INVALID_VALUE); // twice
  EXPECT_EQ(cu.cuMemFree_v2(memory), CUDA_ERROR_INVALID_VALUE);
  ASSERT_EQ(cu.cuLaunchKernel(add, 1, 1, 1, 64, 1, 1, 0, nullptr, parameters, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_NE(library.takeReport().find("freed"), std::string::npos);
}

TEST_F(DriverApiTest, VirtualMemory) {
  CUmemAllocationProp properties{};
  properties.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  std::size_t piece = 0;
  ASSERT_EQ(cu.cuMemGetAllocationGranularity(&piece, &properties, 0), CUDA_SUCCESS);
  CUdeviceptr space = 0;
  ASSERT_EQ(cu.cuMemAddressReserve(&space, 8 * piece, 0, 0, 0), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemAddressReserve(&space, piece + 1, 0, 0, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(space % piece, 0u);
  CUmemGenericAllocationHandle first = 0, second = 0;
  ASSERT_EQ(cu.cuMemCreate(&first, piece, &properties, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuMemCreate(&second, 2 * piece, &properties, 0), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemMap(space, 2 * piece, 0, first, 0), CUDA_ERROR_INVALID_VALUE); // more than it is
  ASSERT_EQ(cu.cuMemMap(space, piece, 0, first, 0), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemMap(space, piece, 0, second, 0), CUDA_ERROR_INVALID_VALUE); // taken
  ASSERT_EQ(cu.cuMemMap(space + piece, 2 * piece, 0, second, 0), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemsetD8_v2(space, 1, 16), CUDA_ERROR_INVALID_VALUE); // no access yet
  const CUmemAccessDesc access{{CU_MEM_LOCATION_TYPE_DEVICE, 0}, CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
  EXPECT_EQ(cu.cuMemSetAccess(space, 4 * piece, &access, 1), CUDA_ERROR_INVALID_VALUE); // not all of it is mapped
  ASSERT_EQ(cu.cuMemSetAccess(space, 3 * piece, &access, 1), CUDA_SUCCESS);
  unsigned long long flags = 0;
  EXPECT_EQ(cu.cuMemGetAccess(&flags, &access.location, space + piece + 5), CUDA_SUCCESS);
  EXPECT_EQ(flags, 3u);
  // Across the boundary of the two, which lie side by side.
  ASSERT_EQ(cu.cuMemsetD32_v2(space + piece - 64, 77, 32), CUDA_SUCCESS) << library.takeReport();
  EXPECT_EQ(read<int>(space + piece - 64, 32), std::vector<int>(32, 77));
  // The same memory at another address.
  ASSERT_EQ(cu.cuMemMap(space + 4 * piece, piece, piece, second, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuMemMap(space + 5 * piece, piece, 0, first, 0), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuMemSetAccess(space + 4 * piece, 2 * piece, &access, 1), CUDA_SUCCESS);
  EXPECT_EQ(read<int>(space + 6 * piece - 64, 16), std::vector<int>(16, 77));
  CUfunction add = load(test::kAdd, "add");
  CUdeviceptr x = space + piece - 64, z = space + 2 * piece;
  int n = 32;
  void *parameters[] = {&x, &x, &z, &n};
  ASSERT_EQ(cu.cuMemsetD32_v2(x, 0x3f800000, 32), CUDA_SUCCESS);
  ASSERT_EQ(cu.cuLaunchKernel(add, 1, 1, 1, 32, 1, 1, 0, nullptr, parameters, nullptr), CUDA_SUCCESS);
  EXPECT_EQ(read<float>(space + 4 * piece, 32), std::vector<float>(32, 2.0f)) << library.takeReport();
  EXPECT_EQ(cu.cuMemAddressFree(space, 8 * piece), CUDA_ERROR_INVALID_VALUE); // something is mapped
  EXPECT_EQ(cu.cuMemUnmap(space, 2 * piece), CUDA_ERROR_INVALID_VALUE);       // half of a mapping
  EXPECT_EQ(cu.cuMemUnmap(space, 3 * piece), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemsetD8_v2(space, 1, 16), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuMemUnmap(space + 4 * piece, 2 * piece), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemRelease(first), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemRelease(first), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuMemRelease(second), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuMemAddressFree(space, 8 * piece), CUDA_SUCCESS);
}
