// One argument of a launch, as launches see it: a typed scalar or a typed pointer with what is needed to check it.
// Programs rarely name this class: `kernel.launch(stream, {.grid = n}, x, y, 3)` makes one of each argument, on the
// stack.
//
//   C++ argument                           becomes
//   bool, integers, float, double, Half…   a scalar of that type: 3 is i32, 3u u32, 3L i64, 0.5f fp32, 0.5 fp64
//   Buffer<T>                              a pointer, checked: usable, on this device
//   DevicePointer<T>, T *                  a pointer into device memory, trusted
//   nullptr                                a null pointer, of whatever type the kernel wants
//   TensorMap                              a tensor descriptor, by value
//   a DLPack tensor                        a pointer to its first element
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_ARGUMENT_H
#define TESSERA_ARGUMENT_H

#include <cstdint>
#include <cstring>
#include <optional>

#include "tessera/Buffer.h"
#include "tessera/TensorMap.h"
#include "tessera/Types.h"

namespace tessera {

/// What DLPack's tensors look like, from any version of its header.
template <typename T>
concept DLPackTensor = requires(const T &tensor) {
  tensor.data;
  tensor.byte_offset;
  tensor.dtype.code;
  tensor.dtype.bits;
  tensor.dtype.lanes;
};

class Argument {
public:
  enum class Kind : std::uint8_t { Scalar, Pointer, TensorMap, Null, Defaulted, Unusable };

  static Argument scalar(ScalarType type, std::uint64_t bits) { return Argument(Kind::Scalar, type, bits); }
  static Argument pointer(ScalarType pointee, std::uint64_t address) {
    return Argument(Kind::Pointer, pointee, address);
  }
  /// The default that the parameter has in the kernel's text.
  static Argument defaulted() { return Argument(Kind::Defaulted, ScalarType::I8, 0); }
  /// An element type that no kernel has: the launch says so.
  static Argument unusable() { return Argument(Kind::Unusable, ScalarType::I8, 0); }
  static Argument null() { return Argument(Kind::Null, ScalarType::I8, 0); }
  /// `buffer` must outlive the argument.
  static Argument buffer(ScalarType element, const RawBuffer &buffer) {
    Argument argument(Kind::Pointer, element, buffer.address());
    argument.source = &buffer;
    return argument;
  }
  /// `map` must outlive the argument.
  static Argument tensorMap(const TensorMap &map) {
    Argument argument(Kind::TensorMap, ScalarType::I8, 0);
    argument.map = &map;
    return argument;
  }
  /// The type of a DLPack tensor's elements: kDLInt 0, kDLUInt 1, kDLFloat 2, kDLBfloat 4, kDLBool 6, kDLFloat8 10
  /// and 12.
  static std::optional<ScalarType> typeOfDLPack(unsigned code, unsigned bits, unsigned lanes);

  Kind kind() const { return argumentKind; }
  bool isPointer() const { return argumentKind == Kind::Pointer || argumentKind == Kind::Null; }
  /// Of a scalar its type, of a pointer that of what it points to.
  ScalarType type() const { return scalarType; }
  /// The value in the low bytes, or the address.
  const std::uint64_t &bits() const { return value; }
  /// The bytes that a launch passes.
  const void *data() const { return argumentKind == Kind::TensorMap ? map->data() : &value; }
  /// The buffer behind a pointer, null when there is none.
  const RawBuffer *rawBuffer() const { return argumentKind == Kind::Pointer ? source : nullptr; }

private:
  Argument(Kind kind, ScalarType type, std::uint64_t bits) : value(bits), argumentKind(kind), scalarType(type) {}

  std::uint64_t value = 0;
  union {
    const RawBuffer *source = nullptr; ///< of a pointer
    const TensorMap *map;              ///< of a tensor descriptor
  };
  Kind argumentKind;
  ScalarType scalarType;
};

template <Element T> Argument toArgument(T value) {
  std::uint64_t bits = 0;
  if constexpr (std::is_same_v<T, bool>)
    bits = value ? 1 : 0;
  else
    std::memcpy(&bits, &value, sizeof(T));
  return Argument::scalar(scalarTypeOf<T>, bits);
}
template <Element T> Argument toArgument(const Buffer<T> &buffer) {
  return Argument::buffer(scalarTypeOf<T>, buffer.rawBuffer());
}
template <Element T> Argument toArgument(DevicePointer<T> pointer) {
  return Argument::pointer(scalarTypeOf<T>, pointer.address);
}
template <typename T>
  requires Element<std::remove_const_t<T>>
Argument toArgument(T *pointer) {
  return Argument::pointer(scalarTypeOf<std::remove_const_t<T>>, reinterpret_cast<std::uintptr_t>(pointer));
}
inline Argument toArgument(std::nullptr_t) { return Argument::null(); }
inline Argument toArgument(const TensorMap &map) { return Argument::tensorMap(map); }
inline Argument toArgument(const Argument &argument) { return argument; }
template <DLPackTensor T> Argument toArgument(const T &tensor) {
  std::optional<ScalarType> type = Argument::typeOfDLPack(tensor.dtype.code, tensor.dtype.bits, tensor.dtype.lanes);
  if (!type)
    return Argument::unusable();
  return Argument::pointer(*type, reinterpret_cast<std::uintptr_t>(tensor.data) + std::uint64_t(tensor.byte_offset));
}

/// What a launch takes: anything of the table above.
template <typename T>
concept LaunchArgument = requires(const T &value) {
  { toArgument(value) };
};

} // namespace tessera

#endif // TESSERA_ARGUMENT_H
