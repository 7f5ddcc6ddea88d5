// Tensor descriptors: from the order and units of the language to those of cuTensorMapEncodeTiled.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/TensorMap.h"

#include "runtime/core/DeviceState.h"

#include <algorithm>
#include <limits>

namespace tessera {

using namespace cuda;

namespace {

constexpr std::size_t kMaxRank = 5;
constexpr std::int64_t kMaxSide = std::int64_t(1) << 32;
constexpr std::int64_t kMaxBoxSide = 256;
constexpr std::int64_t kChunkBytes = 16; ///< what addresses, strides and rows are multiples of

CUtensorMapDataType dataType(ScalarType type) {
  switch (type) {
  case ScalarType::I1:
  case ScalarType::I8:
  case ScalarType::U8:
  case ScalarType::FP8E4NV:
  case ScalarType::FP8E5:
    return CU_TENSOR_MAP_DATA_TYPE_UINT8;
  case ScalarType::I16:
  case ScalarType::U16:
    return CU_TENSOR_MAP_DATA_TYPE_UINT16;
  case ScalarType::I32:
    return CU_TENSOR_MAP_DATA_TYPE_INT32;
  case ScalarType::U32:
    return CU_TENSOR_MAP_DATA_TYPE_UINT32;
  case ScalarType::I64:
    return CU_TENSOR_MAP_DATA_TYPE_INT64;
  case ScalarType::U64:
    return CU_TENSOR_MAP_DATA_TYPE_UINT64;
  case ScalarType::FP16:
    return CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
  case ScalarType::BF16:
    return CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
  case ScalarType::FP32:
    return CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
  case ScalarType::FP64:
    return CU_TENSOR_MAP_DATA_TYPE_FLOAT64;
  }
  return CU_TENSOR_MAP_DATA_TYPE_UINT8;
}

struct SwizzleSpan {
  TensorSwizzle swizzle;
  CUtensorMapSwizzle driver;
  std::int64_t bytes; ///< the longest row
};
constexpr SwizzleSpan kSwizzles[] = {
    {TensorSwizzle::Bytes128, CU_TENSOR_MAP_SWIZZLE_128B, 128},
    {TensorSwizzle::Bytes64, CU_TENSOR_MAP_SWIZZLE_64B, 64},
    {TensorSwizzle::Bytes32, CU_TENSOR_MAP_SWIZZLE_32B, 32},
    {TensorSwizzle::None, CU_TENSOR_MAP_SWIZZLE_NONE, std::numeric_limits<std::int64_t>::max()}};

/// A swizzle repeats after so many rows; compilers leave boxes with fewer as they are.
constexpr std::int64_t kSwizzledRows = 8;

/// The swizzle that is asked for, or the widest whose span a row of `bytes` is a multiple of.
const SwizzleSpan &chooseSwizzle(TensorSwizzle asked, std::int64_t rows, std::int64_t bytes) {
  return *std::find_if(std::begin(kSwizzles), std::end(kSwizzles) - 1, [&](const SwizzleSpan &span) {
    return asked == TensorSwizzle::Automatic ? rows >= kSwizzledRows && bytes % span.bytes == 0 : span.swizzle == asked;
  });
}

Error refuse(const std::string &message) { return Error(ErrorCode::InvalidArgument, "tensor descriptor: " + message); }

std::string dimension(std::size_t i) { return " of dimension " + std::to_string(i); }

/// Finds what the driver would refuse without a word.
Status checkTensor(ScalarType element, std::uint64_t address, const TensorShape &tensor) {
  const std::size_t rank = tensor.shape.size();
  const auto bytes = std::int64_t(sizeOf(element));
  if (rank < 1 || rank > kMaxRank)
    return refuse(std::to_string(rank) + " dimensions, expected 1 to " + std::to_string(kMaxRank));
  if (tensor.strides.size() != rank || tensor.box.size() != rank)
    return refuse("the shape has " + std::to_string(rank) + " dimensions, the strides " +
                  std::to_string(tensor.strides.size()) + ", the box " + std::to_string(tensor.box.size()));
  if (address % kChunkBytes != 0)
    return refuse("the address is no multiple of " + std::to_string(kChunkBytes) + " bytes");
  if (tensor.strides.back() != 1)
    return refuse("the innermost stride is " + std::to_string(tensor.strides.back()) + ", expected 1");
  for (std::size_t i = 0; i < rank; ++i) {
    for (auto [what, side] : {std::pair("size ", tensor.shape[i]), std::pair("side of the box ", tensor.box[i])})
      if (side < 1 || side > kMaxSide)
        return refuse("the " + (what + std::to_string(side)) + dimension(i) + " is not from 1 to 2^32");
    if (const std::int64_t stride = tensor.strides[i];
        i + 1 < rank && (stride < 0 || stride >= (std::int64_t(1) << 40) / bytes || stride * bytes % kChunkBytes != 0))
      return refuse("the stride " + std::to_string(stride) + dimension(i) + " is " +
                    (stride < 0 ? "negative" : "no multiple of " + std::to_string(kChunkBytes) + " bytes below 2^40"));
  }
  return {};
}

} // namespace

Expected<TensorMap> TensorMap::create(const Device &device, ScalarType element, std::uint64_t address,
                                      const TensorShape &tensor, const TensorMapOptions &options) {
  if (Status good = checkTensor(element, address, tensor); !good)
    return good.takeError();
  if (options.nanOutside && !(isFloat(element) && sizeOf(element) > 1))
    return refuse("NaN outside the tensor needs a floating-point type of at least 16 bits, not " +
                  std::string(nameOf(element)));
  const detail::DeviceState &state = *device.state();
  if (!state.driver().cuTensorMapEncodeTiled)
    return Error(ErrorCode::DriverTooOld, "the driver has no cuTensorMapEncodeTiled, which tensor descriptors need");

  const std::size_t rank = tensor.shape.size();
  const auto bytes = std::int64_t(sizeOf(element));
  const bool automatic = options.swizzle == TensorSwizzle::Automatic;
  std::int64_t rows = 1; // as far as chooseSwizzle looks: the product of the sides may be beyond 64 bits
  for (std::size_t i = 0; i + 1 < rank; ++i)
    rows = std::min(rows * tensor.box[i], kSwizzledRows);
  const SwizzleSpan &swizzle = chooseSwizzle(options.swizzle, rows, tensor.box.back() * bytes);
  // The driver counts dimensions from the innermost.
  std::uint64_t sizes[kMaxRank], strides[kMaxRank];
  std::uint32_t box[kMaxRank], elementStrides[kMaxRank];
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t from = rank - 1 - i;
    std::int64_t side = tensor.box[from];
    if (automatic)
      side = std::min({side, kMaxBoxSide, i == 0 ? swizzle.bytes / bytes : side});
    if (side > kMaxBoxSide)
      return refuse("the box has the side " + std::to_string(side) + dimension(from) + ", expected at most " +
                    std::to_string(kMaxBoxSide));
    sizes[i] = std::uint64_t(tensor.shape[from]);
    box[i] = std::uint32_t(side);
    elementStrides[i] = 1;
    if (i > 0)
      strides[i - 1] = std::uint64_t(tensor.strides[from] * bytes);
  }
  if (const std::int64_t row = box[0] * bytes; row % kChunkBytes != 0 || row > swizzle.bytes)
    return refuse("a row of the box has " + std::to_string(row) + " bytes, expected a multiple of " +
                  std::to_string(kChunkBytes) +
                  (row > swizzle.bytes ? " of at most the " + std::to_string(swizzle.bytes) + " of the swizzle" : ""));

  TensorMap map;
  detail::ContextScope scope(state);
  const CUresult result = state.driver().cuTensorMapEncodeTiled(
      map.object.data(), dataType(element), std::uint32_t(rank), reinterpret_cast<void *>(address), sizes, strides, box,
      elementStrides, CU_TENSOR_MAP_INTERLEAVE_NONE, swizzle.driver, CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
      options.nanOutside ? CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA : CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (Status made = detail::check(state, result, "making a tensor descriptor"); !made)
    return made.takeError();
  return map;
}

} // namespace tessera
