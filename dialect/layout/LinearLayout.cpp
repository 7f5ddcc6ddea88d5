//===- LinearLayout.cpp - Layouts as linear maps over GF(2) ---------------===//
//
// Spaces and the algebra of maps: products, composition, inverses. What the shape operations of tensors do to layouts
// is in LayoutShapes.cpp, printing in LayoutText.cpp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/layout/LinearLayout.h"

#include "dialect/layout/BitSpace.h"

#include <algorithm>
#include <bit>

namespace tessera {

namespace {

bool isPowerOfTwo(int64_t value) { return value > 0 && std::has_single_bit(uint64_t(value)); }
unsigned logOf(int64_t value) {
  assert(isPowerOfTwo(value) && "sizes are powers of two");
  return std::countr_zero(uint64_t(value));
}

/// The coordinate `word` of `from` as a word of `to`, each component moved up by the bits that `below` has in its dim.
uint64_t repack(uint64_t word, const Space &from, const Space &to, const Space *below = nullptr) {
  uint64_t result = 0;
  for (unsigned i = 0; i < kNumDims; ++i)
    if (from.bits(Dim(i)))
      result |= to.put(from.get(word, Dim(i)) << (below ? below->bits(Dim(i)) : 0), Dim(i));
  return result;
}

} // namespace

// ---- Space ----------------------------------------------------------------------------------------------------------

Space Space::tensor(Shape shape) {
  assert(shape.size() <= kMaxRank && "tensors have at most eight dims");
  Space space;
  space.tensorRank = shape.size();
  for (size_t i = 0; i < shape.size(); ++i)
    space.logSizes[kNumHardwareDims + i] = logOf(shape[i]);
  return space;
}

unsigned Space::totalBits() const {
  unsigned total = 0;
  for (uint8_t bits : logSizes)
    total += bits;
  return total;
}

unsigned Space::shift(Dim dim) const {
  unsigned shift = 0;
  unsigned hardwareEnd = std::min(unsigned(dim), kNumHardwareDims);
  for (unsigned i = 0; i < hardwareEnd; ++i)
    shift += logSizes[i];
  if (isTensorDim(dim))
    for (unsigned i = unsigned(dim) + 1; i < kNumDims; ++i)
      shift += logSizes[i];
  return shift;
}

std::vector<int64_t> Space::shape() const {
  std::vector<int64_t> result(tensorRank);
  for (unsigned i = 0; i < tensorRank; ++i)
    result[i] = size(tensorDim(i));
  return result;
}

std::vector<int32_t> Space::coordinates(uint64_t word) const {
  std::vector<int32_t> result(tensorRank);
  for (unsigned i = 0; i < tensorRank; ++i)
    result[i] = int32_t(get(word, tensorDim(i)));
  return result;
}

uint64_t Space::pack(std::span<const int32_t> coordinates) const {
  assert(coordinates.size() == tensorRank && "one coordinate a dim");
  uint64_t word = 0;
  for (unsigned i = 0; i < tensorRank; ++i) {
    assert(coordinates[i] >= 0 && coordinates[i] < size(tensorDim(i)) && "the coordinate is outside");
    word |= put(coordinates[i], tensorDim(i));
  }
  return word;
}

void Space::setBits(Dim dim, unsigned bits) {
  logSizes[unsigned(dim)] = bits;
  if (isTensorDim(dim))
    tensorRank = std::max<unsigned>(tensorRank, unsigned(dim) - kNumHardwareDims + 1);
}

bool Space::hasHardwareDims() const {
  return std::any_of(logSizes.begin(), logSizes.begin() + kNumHardwareDims, [](uint8_t bits) { return bits != 0; });
}

// ---- Making layouts -------------------------------------------------------------------------------------------------

LinearLayout LinearLayout::identity1D(int64_t size, Dim in, Dim out) {
  Space inSpace, outSpace;
  inSpace.setBits(in, logOf(size));
  outSpace.setBits(out, logOf(size));
  LinearLayout layout(inSpace, outSpace);
  for (unsigned bit = 0; bit < inSpace.bits(in); ++bit)
    layout.words[bit] = uint64_t(1) << bit;
  return layout;
}

LinearLayout LinearLayout::zeros1D(int64_t size, Dim in, Dim out, int64_t outSize) {
  Space inSpace, outSpace;
  inSpace.setBits(in, logOf(size));
  outSpace.setBits(out, logOf(outSize));
  return LinearLayout(inSpace, outSpace);
}

std::optional<LinearLayout> LinearLayout::fromBases(std::span<const InBases> bases, Shape shape, std::string *error) {
  auto fail = [&](std::string text) {
    if (error)
      *error = std::move(text);
    return std::nullopt;
  };
  if (shape.size() > kMaxRank)
    return fail("expected a tensor of at most " + std::to_string(kMaxRank) + " dims, got " +
                std::to_string(shape.size()));
  for (int64_t size : shape)
    if (!isPowerOfTwo(size) || size > INT32_MAX)
      return fail("expected sizes that are powers of two, got " + std::to_string(size));
  Space in, out = Space::tensor(shape);
  uint32_t seen = 0;
  for (const auto &[dim, images] : bases) {
    std::string name(nameOf(dim));
    if (seen >> unsigned(dim) & 1)
      return fail("in dim '" + name + "' comes twice");
    seen |= 1u << unsigned(dim);
    if (in.totalBits() + images.size() > kMaxInBits)
      return fail("expected at most " + std::to_string(kMaxInBits) + " bases in all");
    in.setBits(dim, images.size());
    for (const Basis &image : images) {
      if (image.size() != shape.size())
        return fail("expected a basis of '" + name + "' to have " + std::to_string(shape.size()) +
                    " coordinates, got " + std::to_string(image.size()));
      for (size_t i = 0; i < image.size(); ++i)
        if (image[i] < 0 || image[i] >= shape[i])
          return fail("basis of '" + name + "' lies outside: coordinate " + std::to_string(image[i]) + " of dim " +
                      std::to_string(i) + ", which has size " + std::to_string(shape[i]));
    }
  }
  LinearLayout layout(in, out);
  for (const auto &[dim, images] : bases)
    for (size_t bit = 0; bit < images.size(); ++bit)
      layout.setBasis(dim, bit, out.pack(images[bit]));
  return layout;
}

LinearLayout LinearLayout::make(std::initializer_list<InBases> bases, Shape shape) {
  std::optional<LinearLayout> layout = fromBases({bases.begin(), bases.size()}, shape, nullptr);
  assert(layout && "the bases fit the shape");
  return *layout;
}

// ---- Asking ---------------------------------------------------------------------------------------------------------

uint64_t LinearLayout::apply(uint64_t word) const {
  uint64_t result = 0;
  for (; word; word &= word - 1)
    result ^= words[std::countr_zero(word)];
  return result;
}

std::vector<int32_t> LinearLayout::element(int64_t reg, int64_t lane, int64_t warp, int64_t block) const {
  return outSpace.coordinates(apply(inSpace.put(reg, Dim::Register) | inSpace.put(lane, Dim::Lane) |
                                    inSpace.put(warp, Dim::Warp) | inSpace.put(block, Dim::Block)));
}

unsigned LinearLayout::rank() const { return rankOf(bases()); }

bool LinearLayout::imageContains(uint64_t word) const { return BitSpace(bases()).contains(word); }

bool LinearLayout::isTrivialOver(std::initializer_list<Dim> dims) const {
  for (Dim dim : dims) {
    if (inBits(dim) != outSpace.bits(dim))
      return false;
    uint64_t mask = outSpace.mask(dim);
    for (unsigned i = 0, e = inSpace.totalBits(); i < e; ++i) {
      bool own = inSpace.mask(dim) >> i & 1;
      uint64_t expected = own ? uint64_t(1) << (i - inSpace.shift(dim) + outSpace.shift(dim)) : 0;
      if (own ? words[i] != expected : (words[i] & mask) != 0)
        return false;
    }
  }
  return true;
}

bool LinearLayout::isSeparableAlong(unsigned axis) const {
  uint64_t mask = outSpace.mask(tensorDim(axis));
  return std::ranges::none_of(bases(), [&](uint64_t word) { return (word & mask) && (word & ~mask); });
}

uint64_t LinearLayout::touching(Dim dim, Dim out) const {
  uint64_t result = 0, mask = outSpace.mask(out);
  for (unsigned bit = 0; bit < inBits(dim); ++bit)
    result |= uint64_t((basis(dim, bit) & mask) != 0) << bit;
  return result;
}

uint64_t LinearLayout::freeMask() const {
  BitSpace space;
  uint64_t mask = 0;
  for (unsigned i = 0, e = inSpace.totalBits(); i < e; ++i)
    if (!space.insert(words[i]))
      mask |= uint64_t(1) << i;
  return mask;
}

uint64_t LinearLayout::freeMask(Dim dim) const { return inSpace.get(freeMask(), dim); }

int64_t LinearLayout::contiguousElements(Dim in, Dim out) const {
  unsigned bit = 0;
  while (bit < inBits(in) && bit < outSpace.bits(out) && basis(in, bit) == outSpace.put(int64_t(1) << bit, out))
    ++bit;
  return int64_t(1) << bit;
}

int64_t LinearLayout::contiguousElements(Dim in) const {
  return tensorRank() ? contiguousElements(in, tensorDim(tensorRank() - 1)) : 1;
}

bool LinearLayout::operator==(const LinearLayout &other) const {
  return inSpace == other.inSpace && outSpace == other.outSpace && std::ranges::equal(bases(), other.bases());
}

size_t LinearLayout::hash() const {
  // FNV-1a over words, with a last mix so that the low bits depend on all.
  uint64_t hash = 0xcbf29ce484222325;
  auto add = [&](uint64_t word) { hash = (hash ^ word) * 0x100000001b3; };
  for (unsigned i = 0; i < kNumDims; ++i)
    add(inSpace.bits(Dim(i)) | outSpace.bits(Dim(i)) << 8);
  add(inSpace.rank() | outSpace.rank() << 8);
  for (uint64_t word : bases())
    add(word);
  return hash ^ hash >> 32;
}

// ---- Algebra --------------------------------------------------------------------------------------------------------

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
