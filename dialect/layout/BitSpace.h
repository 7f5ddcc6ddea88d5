//===- BitSpace.h - Subspaces of GF(2)^64 ---------------------------------===//
//
// Vectors over GF(2) are 64-bit words here and addition is XOR. A `BitSpace` is the span of the vectors put into it,
// kept in echelon form, with a tag a vector: asked for a vector of the span it answers with the XOR of the tags of the
// vectors that make it up. With the number of a column as its tag that solves linear equations, inverts maps, finds
// ranks and intersections: all of the linear algebra that layouts need.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_DIALECT_LAYOUT_BITSPACE_H
#define TESSERA_DIALECT_LAYOUT_BITSPACE_H

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>

namespace tessera {

/// The parity of the set bits of `word`: the scalar product over GF(2) of x and y is `parity(x & y)`.
constexpr bool parity(uint64_t word) { return std::popcount(word) & 1; }

/// A short list of vectors that lives on the stack. A basis has at most 64.
class WordList {
public:
  WordList() = default;
  WordList(std::initializer_list<uint64_t> list) { append({list.begin(), list.size()}); }
  explicit WordList(std::span<const uint64_t> list) { append(list); }
  WordList(const WordList &other) { append(other); }
  WordList &operator=(const WordList &other) {
    count = 0;
    append(other);
    return *this;
  }

  void push_back(uint64_t word) {
    assert(count < words.size() && "more vectors than there are dimensions");
    words[count++] = word;
  }
  void append(std::span<const uint64_t> list) {
    for (uint64_t word : list)
      push_back(word);
  }
  /// Keeps the first `size`.
  void truncate(size_t size) { count = std::min(count, size); }

  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  uint64_t *data() { return words.data(); }
  const uint64_t *data() const { return words.data(); }
  uint64_t *begin() { return words.data(); }
  uint64_t *end() { return words.data() + count; }
  const uint64_t *begin() const { return words.data(); }
  const uint64_t *end() const { return words.data() + count; }
  uint64_t &operator[](size_t index) { return words[index]; }
  uint64_t operator[](size_t index) const { return words[index]; }
  bool operator==(const WordList &other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

private:
  std::array<uint64_t, 64> words;
  size_t count = 0;
};

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
  WordList basis() const {
    WordList result;
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
WordList intersect(std::span<const uint64_t> a, std::span<const uint64_t> b);

/// The rank of `vectors`.
inline unsigned rankOf(std::span<const uint64_t> vectors) { return BitSpace(vectors).dimension(); }

} // namespace tessera

#endif // TESSERA_DIALECT_LAYOUT_BITSPACE_H
