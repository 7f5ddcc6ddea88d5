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

} // namespace tessera
