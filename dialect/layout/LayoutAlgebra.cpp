//===- LayoutAlgebra.cpp - Products, composition and inverses -------------===//
//
// The algebra of maps: products and division, composition, inverses, restriction. A basis being one word, composition
// is a XOR of words, and an inverse one elimination.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/BitSpace.h"
#include "dialect/layout/LinearLayout.h"

#include <algorithm>
#include <bit>

namespace tessera {

namespace {

/// The coordinate `word` of `from` as a word of `to`, each component moved up by the bits that `below` has in its dim.
uint64_t repack(uint64_t word, const Space &from, const Space &to, const Space *below = nullptr) {
  uint64_t result = 0;
  for (unsigned i = 0; i < kNumDims; ++i)
    if (from.bits(Dim(i)))
      result |= to.put(from.get(word, Dim(i)) << (below ? below->bits(Dim(i)) : 0), Dim(i));
  return result;
}

} // namespace

LinearLayout LinearLayout::operator*(const LinearLayout &other) const {
  Space in, out;
  for (unsigned i = 0; i < kNumDims; ++i) {
    Dim dim = Dim(i);
    if (unsigned bits = inBits(dim) + other.inBits(dim))
      in.setBits(dim, bits);
    if (unsigned bits = outSpace.bits(dim) + other.outSpace.bits(dim))
      out.setBits(dim, bits);
  }
  in.setRank(std::max(inSpace.rank(), other.inSpace.rank()));
  out.setRank(std::max(outSpace.rank(), other.outSpace.rank()));
  assert(in.totalBits() <= kMaxInBits && "the product has too many bits");
  LinearLayout result(in, out);
  for (unsigned i = 0; i < kNumDims; ++i) {
    Dim dim = Dim(i);
    unsigned lower = inBits(dim);
    for (unsigned bit = 0; bit < lower; ++bit)
      result.setBasis(dim, bit, repack(basis(dim, bit), outSpace, out));
    for (unsigned bit = 0; bit < other.inBits(dim); ++bit)
      result.setBasis(dim, lower + bit, repack(other.basis(dim, bit), other.outSpace, out, &outSpace));
  }
  return result;
}

LinearLayout compose(const LinearLayout &outer, const LinearLayout &inner) {
  LinearLayout result(inner.in(), outer.out());
  bool samePacking = inner.out() == outer.in();
  for (unsigned i = 0; i < kNumDims; ++i) {
    assert(inner.out().bits(Dim(i)) <= outer.in().bits(Dim(i)) && "what the inner map gives the outer one takes");
    for (unsigned bit = 0; bit < inner.inBits(Dim(i)); ++bit) {
      uint64_t word = inner.basis(Dim(i), bit);
      result.setBasis(Dim(i), bit, outer.apply(samePacking ? word : repack(word, inner.out(), outer.in())));
    }
  }
  return result;
}

LinearLayout LinearLayout::pseudoInvert() const {
  BitSpace space;
  for (unsigned i = 0, e = inSpace.totalBits(); i < e; ++i)
    space.insert(words[i], uint64_t(1) << i);
  // What the image lacks is completed by unit vectors that come from zero.
  unsigned outBits = outSpace.totalBits();
  assert(outBits <= kMaxInBits && "the tensor is too large to index by");
  for (unsigned bit = 0; bit < outBits; ++bit)
    space.insert(uint64_t(1) << bit, 0);
  LinearLayout result(outSpace, inSpace);
  for (unsigned bit = 0; bit < outBits; ++bit)
    result.words[bit] = *space.express(uint64_t(1) << bit);
  return result;
}

LinearLayout LinearLayout::invert() const {
  assert(isInvertible() && "only bijective maps have an inverse");
  return pseudoInvert();
}

std::optional<LinearLayout> invertAndCompose(const LinearLayout &b, const LinearLayout &a) {
  if (a.out() != b.out())
    return std::nullopt;
  BitSpace space;
  for (unsigned i = 0, e = b.in().totalBits(); i < e; ++i)
    space.insert(b.bases()[i], uint64_t(1) << i);
  LinearLayout result(a.in(), b.in());
  for (unsigned i = 0; i < kNumDims; ++i) {
    Dim dim = Dim(i);
    for (unsigned bit = 0; bit < a.inBits(dim); ++bit) {
      uint64_t image = a.basis(dim, bit);
      if (bit < b.inBits(dim) && b.basis(dim, bit) == image) {
        result.setBasis(dim, bit, b.in().put(int64_t(1) << bit, dim));
        continue;
      }
      std::optional<uint64_t> place = space.express(image);
      if (!place)
        return std::nullopt;
      result.setBasis(dim, bit, *place);
    }
  }
  return result;
}

std::optional<LinearLayout> LinearLayout::divideLeft(const LinearLayout &tile) const {
  Space in = inSpace, out = outSpace;
  for (unsigned i = 0; i < kNumDims; ++i) {
    Dim dim = Dim(i);
    if (tile.inBits(dim) > inBits(dim) || tile.outSpace.bits(dim) > outSpace.bits(dim))
      return std::nullopt;
    if (tile.inBits(dim))
      in.setBits(dim, inBits(dim) - tile.inBits(dim));
    if (tile.outSpace.bits(dim))
      out.setBits(dim, outSpace.bits(dim) - tile.outSpace.bits(dim));
  }
  if (tile.inSpace.rank() > in.rank() || tile.outSpace.rank() > out.rank())
    return std::nullopt;
  LinearLayout result(in, out);
  for (unsigned i = 0; i < kNumDims; ++i) {
    Dim dim = Dim(i);
    unsigned lower = tile.inBits(dim);
    for (unsigned bit = 0; bit < lower; ++bit)
      if (basis(dim, bit) != repack(tile.basis(dim, bit), tile.outSpace, outSpace))
        return std::nullopt;
    for (unsigned bit = lower; bit < inBits(dim); ++bit) {
      uint64_t word = basis(dim, bit), quotient = 0;
      for (unsigned j = 0; j < kNumDims; ++j)
        quotient |= out.put(outSpace.get(word, Dim(j)) >> tile.outSpace.bits(Dim(j)), Dim(j));
      if (repack(quotient, out, outSpace, &tile.outSpace) != word)
        return std::nullopt;
      result.setBasis(dim, bit - lower, quotient);
    }
  }
  return result;
}

std::optional<LinearLayout> LinearLayout::divideRight(const LinearLayout &tile) const {
  Space in = inSpace, out = outSpace;
  for (unsigned i = 0; i < kNumDims; ++i) {
    Dim dim = Dim(i);
    if (tile.inBits(dim) > inBits(dim) || tile.outSpace.bits(dim) > outSpace.bits(dim))
      return std::nullopt;
    if (tile.inBits(dim))
      in.setBits(dim, inBits(dim) - tile.inBits(dim));
    if (tile.outSpace.bits(dim))
      out.setBits(dim, outSpace.bits(dim) - tile.outSpace.bits(dim));
  }
  LinearLayout result(in, out);
  for (unsigned i = 0; i < kNumDims; ++i) {
    Dim dim = Dim(i);
    for (unsigned bit = 0; bit < in.bits(dim); ++bit) {
      uint64_t word = basis(dim, bit), kept = 0;
      for (unsigned j = 0; j < kNumDims; ++j)
        kept |= out.put(outSpace.get(word, Dim(j)) & (out.size(Dim(j)) - 1), Dim(j));
      if (repack(kept, out, outSpace) != word)
        return std::nullopt;
      result.setBasis(dim, bit, kept);
    }
  }
  if (result * tile != *this)
    return std::nullopt;
  return result;
}

LinearLayout LinearLayout::restrictIns(std::initializer_list<Dim> ins) const {
  Space in;
  for (Dim dim : ins)
    in.setBits(dim, inBits(dim));
  LinearLayout result(in, outSpace);
  for (Dim dim : ins)
    for (unsigned bit = 0; bit < inBits(dim); ++bit)
      result.setBasis(dim, bit, basis(dim, bit));
  return result;
}

LinearLayout LinearLayout::sublayout(std::initializer_list<Dim> ins, std::initializer_list<Dim> outs) const {
  LinearLayout result = restrictIns(ins);
  Space out;
  for (Dim dim : outs)
    out.setBits(dim, outSpace.bits(dim));
  for (unsigned i = 0, e = result.inSpace.totalBits(); i < e; ++i) {
    uint64_t kept = 0;
    for (Dim dim : outs)
      kept |= out.put(outSpace.get(result.words[i], dim), dim);
    result.words[i] = kept;
  }
  result.outSpace = out;
  return result;
}

LinearLayout LinearLayout::flattenIns(Dim dim) const {
  LinearLayout result = *this;
  result.inSpace = Space();
  result.inSpace.setBits(dim, inSpace.totalBits());
  return result;
}

LinearLayout LinearLayout::removeInBits(Dim dim, uint64_t mask) const {
  Space in = inSpace;
  in.setBits(dim, inBits(dim) - std::popcount(mask));
  LinearLayout result(in, outSpace);
  for (unsigned i = 0; i < kNumDims; ++i)
    for (unsigned bit = 0, to = 0; bit < inBits(Dim(i)); ++bit)
      if (Dim(i) != dim || !(mask >> bit & 1))
        result.setBasis(Dim(i), to++, basis(Dim(i), bit));
  return result;
}

LinearLayout LinearLayout::removeZeroBases(Dim dim) const {
  uint64_t mask = 0;
  for (unsigned bit = 0; bit < inBits(dim); ++bit)
    mask |= uint64_t(basis(dim, bit) == 0) << bit;
  return mask ? removeInBits(dim, mask) : *this;
}

LinearLayout LinearLayout::padIns(Dim dim, unsigned bits) const {
  if (bits <= inBits(dim))
    return *this;
  return *this * zeros1D(int64_t(1) << (bits - inBits(dim)), dim, Dim::Register);
}

} // namespace tessera
