// Arrays on the host with their type and shape: reading and writing NumPy files, filling, comparing, printing. What the
// command's `run` does with arguments and results is done with these. SPDX-License-Identifier: Apache-2.0 WITH
// LLVM-exception
#ifndef TESSERA_HOSTARRAY_H
#define TESSERA_HOSTARRAY_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/Expected.h"
#include "tessera/Types.h"

namespace tessera {

/// Row-major elements of one type.
struct HostArray {
  ScalarType type = ScalarType::FP32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;

  HostArray() = default;
  /// All zero.
  HostArray(ScalarType type, std::vector<std::int64_t> shape);

  std::size_t size() const { return bytes.size() / sizeOf(type); }
  /// Element i in the widest form: floats as they are, integers rounded where they have more than 53 bits.
  double real(std::size_t i) const;
  /// The value of an integer element; of u64 the bits.
  std::int64_t integer(std::size_t i) const;
  /// Stores a number, rounded to the type (to nearest even for floats, towards zero for integers).
  void set(std::size_t i, double value);
  /// Stores an integer, wrapped to the width of an integer type.
  void setInteger(std::size_t i, std::int64_t value);
  /// "[3, 5]": where element i stands.
  std::string indexText(std::size_t i) const;
  /// The same numbers in another type.
  HostArray as(ScalarType other) const;
};

/// "fp16[128,64]".
std::string describe(ScalarType type, const std::vector<std::int64_t> &shape);

/// How a buffer is filled: `randn rand zeros ones arange nan randint(lo,hi) const(v)`.
struct Fill {
  enum class Kind { Randn, Rand, Zeros, Ones, Arange, Nan, Randint, Const } kind = Kind::Zeros;
  double low = 0, high = 0; ///< randint: low <= x < high; const: low
};
Expected<Fill> parseFill(std::string_view text);
/// Fills an array. The same seed and stream give the same numbers on every machine; `stream` tells arrays of one seed
/// apart.
Status fill(HostArray &array, const Fill &how, std::uint64_t seed, std::string_view stream);

/// Reads a `.npy` file (versions 1 to 3, either byte order, C or Fortran order) as elements of its own type.
Expected<HostArray> readNpy(const std::string &path);
/// Reads it for a buffer of `type` and `shape`: the file must have that type, or, for bf16 and fp8, hold their bits as
/// unsigned integers or numbers as float32, which are rounded.
Expected<HostArray> readNpyAs(const std::string &path, ScalarType type, const std::vector<std::int64_t> &shape);
/// The same from the bytes of a file; `name` stands for it in errors.
Expected<HostArray> parseNpy(std::string_view bytes, const std::string &name);
/// Writes a `.npy` file, bf16 and fp8 as the unsigned integers of their bits.
Status writeNpy(const std::string &path, const HostArray &array);
std::string serializeNpy(const HostArray &array);

/// An array of results against what they should be: right where |got - want| <= atol + rtol * |want|, as numpy.allclose
/// has it, with NaN equal to NaN and infinities to themselves.
struct Comparison {
  bool isClose = true;
  std::size_t wrong = 0; ///< how many elements are not
  std::size_t worst = 0; ///< the element furthest beyond its tolerance, or with the largest error when all are right
  double got = 0, want = 0;
  double largestError = 0;
};
Expected<Comparison> compare(const HostArray &got, const HostArray &want, double rtol, double atol);

/// The elements as nested lists, with the middle of long rows left out.
std::string toText(const HostArray &array);

} // namespace tessera

#endif // TESSERA_HOSTARRAY_H
