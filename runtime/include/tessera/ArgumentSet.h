// Arguments written as text, as `tessera run --arg NAME=SPEC` takes them, turned into buffers and values on a device.
//
//   SPEC                              is
//   i32:7   fp32:0.5   i1:True        a scalar; integers also as 0x7f, floats also as inf, nan
//   fp16[128,64]:randn                a buffer, filled (HostArray.h says with what)
//   fp16[128,64]:@in.npy              a buffer with the contents of a NumPy file
//   ptr(x+64)                         a pointer to element 64 of the buffer of argument x
//   desc(x,[100,64],[64,1],[32,64])   a tensor descriptor on the buffer of argument x (or x+64, from element 64 on):
//                                     shape, strides and box in elements, the innermost dimension last; then, where
//                                     wanted, swizzle=none|32|64|128 and fill=nan|zero (TensorMap.h says what they are)
//   null                              a null pointer
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_ARGUMENTSET_H
#define TESSERA_ARGUMENTSET_H

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tessera/Argument.h"
#include "tessera/HostArray.h"
#include "tessera/TensorMap.h"

namespace tessera {

/// What a SPEC says.
struct ArgumentText {
  enum class Kind { Scalar, Filled, File, Pointer, Descriptor, Null } kind = Kind::Null;
  ScalarType type = ScalarType::I32;
  std::uint64_t bits = 0;             ///< Scalar: the value in the low bytes
  std::vector<std::int64_t> shape;    ///< Filled, File
  Fill filling;                       ///< Filled
  std::string file;                   ///< File
  std::string target;                 ///< Pointer, Descriptor: the other argument
  std::int64_t offset = 0;            ///< Pointer, Descriptor: in elements
  TensorShape tensor;                 ///< Descriptor
  TensorMapOptions descriptorOptions; ///< Descriptor
};

/// Reads a SPEC; the error says what was expected where.
Expected<ArgumentText> parseArgument(std::string_view text);

/// Reads `NAME=SPEC`.
Expected<std::pair<std::string, ArgumentText>> parseNamedArgument(std::string_view text);

/// Arguments on a device, with their names.
class ArgumentSet {
public:
  /// Allocates and fills the buffers. Names must differ, and what `ptr(...)` and `desc(...)` name must be
  /// buffers of the set.
  static Expected<ArgumentSet>
  create(const Device &device, const std::vector<std::pair<std::string, ArgumentText>> &arguments, std::uint64_t seed);

  std::size_t size() const { return entries.size(); }
  std::vector<std::string> names() const;
  /// The i-th argument, in the order given; it is good as long as the set lives.
  Argument argument(std::size_t i) const;
  /// Whether another argument points into the i-th.
  bool isTarget(std::size_t i) const { return entries[i].isTarget; }
  /// The argument of that name; null when there is none.
  const Argument *find(std::string_view name) const;

  /// The present contents of a buffer.
  Expected<HostArray> read(std::string_view name) const;

private:
  struct Entry {
    std::string name;
    std::unique_ptr<RawBuffer> buffer;
    std::unique_ptr<TensorMap> map;
    ScalarType type = ScalarType::I32;
    std::vector<std::int64_t> shape;
    Argument argument = Argument::null();
    bool isTarget = false;
  };
  /// Makes a buffer with what the text says is in it.
  static Status fillBuffer(Entry &entry, const Device &device, const ArgumentText &text, std::uint64_t seed);
  /// Makes a pointer or a descriptor into another entry's buffer.
  Status pointInto(Entry &entry, const Device &device, const ArgumentText &text);

  std::vector<Entry> entries;
};

} // namespace tessera

#endif // TESSERA_ARGUMENTSET_H
