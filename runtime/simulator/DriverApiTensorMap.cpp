// Tensor maps made by the host. A map lies in host memory, is passed to kernels by value, and is laid out as the
// engine's TensorMap.h says, not as hardware does.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"
#include "runtime/simulator/TensorMap.h"

#include <cstring>

using namespace tessera::sim::api;

namespace tessera::cuda {
namespace {

/// What both kinds of encoding ask of the place they write to, and of the device.
CUresult checkPlace(const void *map, const Device &device) {
  if (!map || reinterpret_cast<std::uintptr_t>(map) % sim::TensorMapAlignment != 0)
    return fail(CUDA_ERROR_INVALID_VALUE, "a tensor map must be aligned to 64 bytes");
  if (device.architecture.major < 9)
    return fail(CUDA_ERROR_NOT_SUPPORTED, "the device has no tensor maps");
  return CUDA_SUCCESS;
}

} // namespace

extern "C" {

CUresult cuTensorMapEncodeTiled(void *tensorMap, unsigned dataType, std::uint32_t rank, void *address,
                                const std::uint64_t *sizes, const std::uint64_t *strides, const std::uint32_t *box,
                                const std::uint32_t *elementStrides, unsigned interleave, unsigned swizzle,
                                unsigned l2Promotion, unsigned fill) {
  TESSERA_CURRENT_OR_RETURN(device)
  if (CUresult result = checkPlace(tensorMap, *device); result != CUDA_SUCCESS)
    return result;
  if (!sizes || !box || !elementStrides || (rank > 1 && !strides))
    return fail(CUDA_ERROR_INVALID_VALUE, "cuTensorMapEncodeTiled: an array is null");
  const auto map = sim::TensorMap::encodeTiled(dataType, rank, reinterpret_cast<std::uint64_t>(address), sizes, strides,
                                               box, elementStrides, interleave, swizzle, l2Promotion, fill);
  if (!map)
    return fail(CUDA_ERROR_INVALID_VALUE, "cuTensorMapEncodeTiled: " + map.error());
  std::memcpy(tensorMap, map.get().bytes.data(), sim::TensorMapBytes);
  return CUDA_SUCCESS;
}

CUresult cuTensorMapReplaceAddress(void *tensorMap, void *address) {
  TESSERA_CURRENT_OR_RETURN(device)
  if (CUresult result = checkPlace(tensorMap, *device); result != CUDA_SUCCESS)
    return result;
  sim::TensorMap map;
  std::memcpy(map.bytes.data(), tensorMap, sim::TensorMapBytes);
  sim::TensorDescription description;
  if (!map.decode(description))
    return fail(CUDA_ERROR_INVALID_VALUE, "cuTensorMapReplaceAddress: these 128 bytes are no tensor map");
  description.address = reinterpret_cast<std::uint64_t>(address);
  const auto changed = sim::TensorMap::encode(description);
  if (!changed)
    return fail(CUDA_ERROR_INVALID_VALUE, "cuTensorMapReplaceAddress: " + changed.error());
  std::memcpy(tensorMap, changed.get().bytes.data(), sim::TensorMapBytes);
  return CUDA_SUCCESS;
}
}

} // namespace tessera::cuda
