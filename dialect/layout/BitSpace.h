//===- BitSpace.h - Subspaces of GF(2)^64 ---------------------------------===//
//
// Vectors over GF(2) are 64-bit words here and addition is XOR. A `BitSpace` is the span of the vectors put into it,
// kept in echelon form, with a tag a vector: asked for a vector of the span it answers with the XOR of the tags of the
// vectors that make it up. With the number of a column as its tag that solves linear equations, inverts maps, finds
// ranks, intersections and complements: all of the linear algebra that layouts need.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_DIALECT_LAYOUT_BITSPACE_H
#define TESSERA_DIALECT_LAYOUT_BITSPACE_H

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tessera {

/// The parity of the set bits of `word`: the scalar product over GF(2) of x and y is `parity(x & y)`.
constexpr bool parity(uint64_t word) { return std::popcount(word) & 1; }

/// The span of some vectors of GF(2)^64.
class BitSpace {
public:
  BitSpace() = default;
  explicit BitSpace(std::span<const uint64_t> vectors) { insertAll(vectors); }

  /// Adds `vector`; false, and no change, where the span holds it already. `tag` is what `express` answers for it.
  bool insert(uint64_t vector, uint64_t tag = 0) {
    reduce(vector, tag);
    if (!vector)
      return false;
    unsigned pivot = std::bit_width(vector) - 1;
    rows[pivot] = vector;
    tags[pivot] = tag;
    pivots |= uint64_t(1) << pivot;
    return true;
  }

  void insertAll(std::span<const uint64_t> vectors) {
    for (uint64_t vector : vectors)
      insert(vector);
  }

  unsigned dimension() const { return std::popcount(pivots); }

  bool contains(uint64_t vector) const {
    uint64_t tag = 0;
    reduce(vector, tag);
    return vector == 0;
  }

  /// The XOR of the tags of the inserted vectors whose XOR is `vector`; none where the span lacks it.
  std::optional<uint64_t> express(uint64_t vector) const {
    uint64_t tag = 0;
    reduce(vector, tag);
    return vector ? std::nullopt : std::optional<uint64_t>(tag);
  }

  /// A basis, in echelon form, lowest leading bit first.
  std::vector<uint64_t> basis() const {
    std::vector<uint64_t> result;
    for (uint64_t rest = pivots; rest; rest &= rest - 1)
      result.push_back(rows[std::countr_zero(rest)]);
    return result;
  }

private:
  /// Subtracts rows from `vector` until its leading bit is no pivot; the tags that were used are added to `tag`.
  void reduce(uint64_t &vector, uint64_t &tag) const {
    while (vector) {
      unsigned lead = std::bit_width(vector) - 1;
      if (!(pivots >> lead & 1))
        return;
      vector ^= rows[lead];
      tag ^= tags[lead];
    }
  }

  uint64_t pivots = 0;
  std::array<uint64_t, 64> rows;
  std::array<uint64_t, 64> tags;
};

/// A basis of the intersection of the spans of `a` and `b`.
std::vector<uint64_t> intersect(std::span<const uint64_t> a, std::span<const uint64_t> b);

/// Unit vectors below bit `bits` that complete `vectors` to a basis of GF(2)^bits.
std::vector<uint64_t> completion(std::span<const uint64_t> vectors, unsigned bits);

/// A basis of the words `y` below bit `bits` with `parity(x & y) == 0` for all `x` of `vectors`.
std::vector<uint64_t> annihilator(std::span<const uint64_t> vectors, unsigned bits);

/// The rank of `vectors`.
inline unsigned rankOf(std::span<const uint64_t> vectors) { return BitSpace(vectors).dimension(); }

} // namespace tessera

#endif // TESSERA_DIALECT_LAYOUT_BITSPACE_H
