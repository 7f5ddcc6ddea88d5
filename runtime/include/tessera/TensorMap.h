// A tensor descriptor: what the copy engine of sm_90 and later must know of a tensor to fetch or store a box of it with
// one instruction. It is made from a pointer, a shape, strides and a box, all in elements and with the innermost
// dimension last, and is passed to a kernel by value.
//
//   // 100 x 64 halves, rows side by side, copied 32 x 64 at a time
//   auto map = tessera::TensorMap::create(x, {100, 64}, {64, 1}, {32, 64});
//   kernel.launch(stream, {.grid = 4}, *map, y);
//
// A swizzle says how the 16-byte chunks of a box are exchanged in shared memory, which is a matter between the
// descriptor and the kernel that was compiled for it. By default it is what compilers of tiles expect: the rows of a
// box of at least 8 are cut to 128 bytes, or else 64 or 32, and swizzled over as many; a side is cut to 256 elements;
// the kernel copies the parts one after the other.
//
//   rows      row of the box   swizzle   box that one instruction copies
//   8         256 bytes        128       128 bytes wide
//   8         128 bytes        128       as given
//   8         64 bytes         64        as given
//   8         16 bytes         none      as given
//   1 to 7    any              none      as given, 256 elements wide at most
//
// The memory must outlive every launch with the map. Errors: no tensor descriptors on the device; not 1 to 5
// dimensions; a shape, strides and box of different lengths; an innermost stride other than 1; an address, a stride or
// a row of the box that is no multiple of 16 bytes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_TENSORMAP_H
#define TESSERA_TENSORMAP_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tessera/Buffer.h"

namespace tessera {

enum class TensorSwizzle : std::uint8_t { Automatic, None, Bytes32, Bytes64, Bytes128 };

struct TensorMapOptions {
  TensorSwizzle swizzle = TensorSwizzle::Automatic;
  /// What is read outside the tensor: NaN of a floating-point tensor, else zero.
  bool nanOutside = false;
};

/// What a TensorMap is made from.
struct TensorShape {
  std::vector<std::int64_t> shape;   ///< elements
  std::vector<std::int64_t> strides; ///< elements from one index to the next; 1 for the last dimension
  std::vector<std::int64_t> box;     ///< elements that are copied together
};

class TensorMap {
public:
  static constexpr std::size_t kBytes = 128, kAlignment = 64;

  static Expected<TensorMap> create(const Device &device, ScalarType element, std::uint64_t address,
                                    const TensorShape &tensor, const TensorMapOptions &options = {});
  template <Element T>
  static Expected<TensorMap> create(const Buffer<T> &buffer, std::vector<std::int64_t> shape,
                                    std::vector<std::int64_t> strides, std::vector<std::int64_t> box,
                                    const TensorMapOptions &options = {}) {
    if (Status usable = buffer.rawBuffer().status(); !usable)
      return usable.takeError();
    return create(Device(buffer.rawBuffer().state()), scalarTypeOf<T>, buffer.rawBuffer().address(),
                  {std::move(shape), std::move(strides), std::move(box)}, options);
  }

  /// The driver's object.
  const void *data() const { return object.data(); }

private:
  TensorMap() = default;

  alignas(kAlignment) std::array<std::byte, kBytes> object{};
};

} // namespace tessera

#endif // TESSERA_TENSORMAP_H
