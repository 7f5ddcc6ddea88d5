//===- LinearLayout.h - Layouts as linear maps over GF(2) -----------------===//
//
// The one class that says where the elements of a tile are.
//
// A *layout* is a function from a place in the hardware to a coordinate of a tensor: "register 2 of lane 5 of warp 0
// holds element (1, 6)". Sizes are powers of two, so both sides are strings of bits, and every layout that GPUs use has
// the property that makes this file short: the coordinate is a *linear* function of the place over GF(2), that is, with
// XOR for plus. Such a function is given by what it does to each single bit, its *basis*:
//
//     L(x) = XOR of basis(i) over the bits i set in x
//
// A worked example, the 4 x 8 tile that 8 lanes hold in 4 registers each, two rows of two columns a lane:
//
//     register = [[0, 1], [1, 0]]            register bit 0 moves one column on, register bit 1 one row down
//     lane     = [[0, 2], [0, 4], [2, 0]]    lane bits 0 and 1 move by 2 and 4 columns, lane bit 2 two rows down
//
//     lane:register   column 0    1    2    3    4    5    6    7
//              row 0       0:0  0:1  1:0  1:1  2:0  2:1  3:0  3:1
//              row 1       0:2  0:3  1:2  1:3  2:2  2:3  3:2  3:3
//              row 2       4:0  4:1  5:0  5:1  6:0  6:1  7:0  7:1
//              row 3       4:2  4:3  5:2  5:3  6:2  6:3  7:2  7:3
//
// Register 3 of lane 5 (101 in binary): [0,1] ^ [1,0] ^ [0,2] ^ [2,0] = (3, 3). A basis of zero means a copy: were the
// last lane basis [0, 0], lanes 4 to 7 would hold what lanes 0 to 3 hold. An XOR swizzle of shared memory is a basis
// with more than one bit set. Nothing else is needed: blocked layouts, the fragments of matrix instructions, slices,
// transposes and swizzles are all constructors of this class (Fragments.h), and what code moves data from one to
// another is a question about the map `B⁻¹ ∘ A` (ConversionPlan.h). After "Linear Layouts", arXiv 2505.23819.
//
// Packing. A coordinate of a side is kept as one word. Of the hardware dims `register` has the lowest bits, then
// `lane`, `warp`, `block`, `offset`. Of the tensor dims the last has the lowest bits, so the word of an element is its
// row-major number in the tensor: reshaping a tensor changes no basis at all.
//
// Absent hardware dims and those of size 1 are the same thing. Tensor dims are counted: a 1 x 8 tensor is not an 8
// tensor.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_DIALECT_LAYOUT_LINEARLAYOUT_H
#define TESSERA_DIALECT_LAYOUT_LINEARLAYOUT_H

#include <array>
#include <cassert>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera {

/// The names of the dims of both sides: five of the hardware and eight of a tensor.
enum class Dim : uint8_t { Register, Lane, Warp, Block, Offset, Dim0, Dim1, Dim2, Dim3, Dim4, Dim5, Dim6, Dim7 };

inline constexpr unsigned kNumHardwareDims = 5;
inline constexpr unsigned kMaxRank = 8;
inline constexpr unsigned kNumDims = kNumHardwareDims + kMaxRank;

/// The dim of a tensor by number: 0 is the outermost.
constexpr Dim tensorDim(unsigned index) { return Dim(kNumHardwareDims + index); }
constexpr bool isTensorDim(Dim dim) { return unsigned(dim) >= kNumHardwareDims; }

/// `register`, `lane`, `warp`, `block`, `offset`, `dim0` ... and back.
std::string_view nameOf(Dim dim);
std::optional<Dim> dimByName(std::string_view name);

/// A borrowed list of numbers, made from a braced list, a vector, an ArrayRef or any other contiguous range.
template <typename T> class ListRef : public std::span<const T> {
public:
  ListRef(std::initializer_list<T> list) : std::span<const T>(list.begin(), list.size()) {}
  template <typename Range>
    requires std::convertible_to<const Range &, std::span<const T>>
  ListRef(const Range &range) : std::span<const T>(range) {}
};
/// Sizes of the dims of a tensor, outermost first.
using Shape = ListRef<int64_t>;
/// Numbers of dims of a tensor.
using Order = ListRef<int32_t>;

/// One side of a map: how many bits each dim has, and so how coordinates pack into a word.
class Space {
public:
  Space() = default;
  /// The coordinates of a tensor. Sizes are powers of two.
  static Space tensor(Shape shape);

  unsigned rank() const { return tensorRank; }
  unsigned bits(Dim dim) const { return logSizes[unsigned(dim)]; }
  int64_t size(Dim dim) const { return int64_t(1) << bits(dim); }
  unsigned totalBits() const;
  /// The lowest bit of `dim` in a packed word.
  unsigned shift(Dim dim) const;
  uint64_t mask(Dim dim) const { return ((uint64_t(1) << bits(dim)) - 1) << shift(dim); }

  /// The component `dim` of a packed word, and a word with only that component set.
  int64_t get(uint64_t word, Dim dim) const { return int64_t(word >> shift(dim) & (uint64_t(size(dim)) - 1)); }
  uint64_t put(uint64_t value, Dim dim) const { return value << shift(dim); }

  /// The sizes of the tensor dims, and coordinates of the tensor from and to a packed word.
  std::vector<int64_t> shape() const;
  std::vector<int32_t> coordinates(uint64_t word) const;
  uint64_t pack(std::span<const int32_t> coordinates) const;

  void setBits(Dim dim, unsigned bits);
  void setRank(unsigned rank) { tensorRank = rank; }
  bool hasHardwareDims() const;

  bool operator==(const Space &) const = default;

private:
  std::array<uint8_t, kNumDims> logSizes{};
  uint8_t tensorRank = 0;
};

/// A linear map over GF(2) from one space to another. A value: cheap to copy, equal when the maps are equal.
class LinearLayout {
public:
  /// The most bits the in side can have.
  static constexpr unsigned kMaxInBits = 40;

  /// The bases of one in dim, lowest bit first, each as coordinates of the tensor: how layouts are written down.
  using Basis = std::vector<int32_t>;
  using InBases = std::pair<Dim, std::vector<Basis>>;

  // ---- Making layouts ----------------------------------------------------------------------------------------------

  /// The map from nothing to the tensor of rank 0: the unit of the product.
  LinearLayout() = default;
  /// The map of `in` to `out` that is zero everywhere.
  LinearLayout(const Space &in, const Space &out) : inSpace(in), outSpace(out) {}

  /// in → out, x ↦ x, for x < size. A tensor dim as `out` gives the tensor as many dims as it needs.
  static LinearLayout identity1D(int64_t size, Dim in, Dim out);
  /// in → out, x ↦ 0, for x < size: `size` copies of one element. The out dim has size `outSize`.
  static LinearLayout zeros1D(int64_t size, Dim in, Dim out, int64_t outSize = 1);

  /// The layout of a tensor of this shape by its bases. None, and words about it in `error`, where sizes are no powers
  /// of two, an in dim comes twice, or a basis has not one coordinate a dim or lies outside.
  static std::optional<LinearLayout> fromBases(std::span<const InBases> bases, Shape shape, std::string *error);
  /// The same for bases that are known to be right.
  static LinearLayout make(std::initializer_list<InBases> bases, Shape shape);

  // ---- Asking ------------------------------------------------------------------------------------------------------

  const Space &in() const { return inSpace; }
  const Space &out() const { return outSpace; }
  unsigned inBits(Dim dim) const { return inSpace.bits(dim); }
  int64_t inSize(Dim dim) const { return inSpace.size(dim); }
  int64_t outSize(Dim dim) const { return outSpace.size(dim); }
  /// The number of registers that each thread holds.
  int64_t numRegisters() const { return inSize(Dim::Register); }
  /// The shape of the tensor and its rank.
  std::vector<int64_t> shape() const { return outSpace.shape(); }
  unsigned tensorRank() const { return outSpace.rank(); }

  /// The image of bit `bit` of `dim` as a packed word, and as coordinates.
  uint64_t basis(Dim dim, unsigned bit) const { return words[inSpace.shift(dim) + bit]; }
  Basis basisCoordinates(Dim dim, unsigned bit) const { return outSpace.coordinates(basis(dim, bit)); }
  /// The images of all bits of `dim`, and of all bits of the in side.
  std::span<const uint64_t> bases(Dim dim) const { return {words.data() + inSpace.shift(dim), inSpace.bits(dim)}; }
  std::span<const uint64_t> bases() const { return {words.data(), inSpace.totalBits()}; }
  void setBasis(Dim dim, unsigned bit, uint64_t word) { words[inSpace.shift(dim) + bit] = word; }

  /// The image of a packed word of the in side, as a packed word of the out side.
  uint64_t apply(uint64_t word) const;
  /// The image of index `value` of one in dim, the others being zero.
  uint64_t apply(Dim dim, uint64_t value) const { return apply(inSpace.put(value, dim)); }
  /// The coordinates of the element in this register of this lane of this warp.
  std::vector<int32_t> element(int64_t reg, int64_t lane = 0, int64_t warp = 0, int64_t block = 0) const;

  unsigned rank() const;
  bool isInjective() const { return rank() == inSpace.totalBits(); }
  bool isSurjective() const { return rank() == outSpace.totalBits(); }
  bool isInvertible() const { return isInjective() && isSurjective(); }
  /// Whether some place has the element with this packed word.
  bool imageContains(uint64_t word) const;
  /// Whether bit i of `dim` goes to bit i of `dim` and nothing else goes there, for each of the dims: for a map from
  /// the hardware to the hardware, that nothing moves between lanes, for instance.
  bool isTrivialOver(std::initializer_list<Dim> dims) const;
  /// Whether each basis lies either within dim `axis` of the tensor or outside it.
  bool isSeparableAlong(unsigned axis) const;
  /// The bits of in dim `dim` whose image has a component along `out`.
  uint64_t touching(Dim dim, Dim out) const;

  /// The bits of `dim` that only make copies: their images are spanned by those of the bits before them in packing
  /// order. Places with all free bits zero hold each element of the image exactly once.
  uint64_t freeMask(Dim dim) const;
  /// The free bits of the packed in side.
  uint64_t freeMask() const;
  /// The number of elements that consecutive indices of `in` from each multiple of that number run through along `out`:
  /// the widest vector that registers give as they are.
  int64_t contiguousElements(Dim in, Dim out) const;
  /// The same along the innermost dim of the tensor.
  int64_t contiguousElements(Dim in = Dim::Register) const;

  // ---- Algebra -----------------------------------------------------------------------------------------------------

  /// The product: in each dim, of both sides, the bits of `other` come above the bits of this one. A tile times its
  /// repetition is the repeated tile.
  LinearLayout operator*(const LinearLayout &other) const;
  LinearLayout &operator*=(const LinearLayout &other) { return *this = *this * other; }

  /// The inverse of an invertible map.
  LinearLayout invert() const;
  /// A map P with L(P(y)) = y for all y of the image, that takes copies from the place whose free bits are zero.
  LinearLayout pseudoInvert() const;
  /// The map C with `tile * C == *this`; none where there is none.
  std::optional<LinearLayout> divideLeft(const LinearLayout &tile) const;
  /// The map C with `C * tile == *this`; none where there is none.
  std::optional<LinearLayout> divideRight(const LinearLayout &tile) const;
  /// The map of some in dims to some out dims; the rest of the ins is zero, the rest of the outs is dropped.
  LinearLayout sublayout(std::initializer_list<Dim> ins, std::initializer_list<Dim> outs) const;
  /// The map of some in dims to the whole out side.
  LinearLayout restrictIns(std::initializer_list<Dim> ins) const;
  /// All ins as one dim, packed.
  LinearLayout flattenIns(Dim dim = Dim::Register) const;
  /// The whole tensor as one dim, row-major.
  LinearLayout flattenOuts() const;
  /// Without the bits of `dim` whose basis is zero.
  LinearLayout removeZeroBases(Dim dim) const;
  /// Without the bits `mask` of `dim`.
  LinearLayout removeInBits(Dim dim, uint64_t mask) const;
  /// With as many zero bases (copies) above the bits of `dim` as it takes to have `bits` of them.
  LinearLayout padIns(Dim dim, unsigned bits) const;

  // ---- What the shape operations do to layouts: no element moves --------------------------------------------------

  /// The tensor in row-major order in another shape.
  LinearLayout reshapeOuts(Shape shape) const;
  /// Dim i of the result is dim `order[i]` of this.
  LinearLayout transposeOuts(Order order) const;
  /// A new dim of size 1 at `axis`.
  LinearLayout expandDims(unsigned axis) const;
  /// Without dim `axis`: its components are dropped, so that what differed only there become copies. With
  /// `removeRegisterCopies`, register bits that became zero go away: the layout of what a reduction leaves.
  LinearLayout removeDim(unsigned axis, bool removeRegisterCopies = true) const;
  /// Dim `axis` with size 1: what the operand of a broadcast to this layout looks like.
  LinearLayout shrinkDim(unsigned axis, bool removeRegisterCopies = true) const;
  /// Dims of size 1 grown to `shape`, each thread holding all of them, in registers above those it has.
  LinearLayout broadcastTo(Shape shape) const;
  /// With a new innermost dim of 2, as register bit 0: registers 2i and 2i+1 are register i of both operands.
  LinearLayout join() const;
  /// The register bit that alone holds the innermost dim of 2, for splitting it off; none where the layout does not
  /// allow it. Register r of the results comes from the registers with that bit 0 and 1.
  std::optional<unsigned> splitBit() const;
  /// The layout of the results of the split.
  std::optional<LinearLayout> split() const;

  // ---- Text and hashing --------------------------------------------------------------------------------------------

  /// `{register = [[0, 1], [1, 0]], lane = [[0, 2], ...]}`, dims with no bits left out.
  std::string toString() const;
  /// The table of the example above: for every element the places that hold it, as warp.lane:register, or the offset.
  std::string toTable() const;
  size_t hash() const;
  bool operator==(const LinearLayout &other) const;

private:
  Space inSpace, outSpace;
  std::array<uint64_t, kMaxInBits> words{};
};

/// outer ∘ inner: x ↦ outer(inner(x)). The out side of `inner` fits into the in side of `outer`.
LinearLayout compose(const LinearLayout &outer, const LinearLayout &inner);

/// B⁻¹ ∘ A: a map C from the places of `a` to the places of `b` with b(C(x)) = a(x), that is, where in `b` to find what
/// `a` has at x. Where `b` has copies, a bit stays itself if it may, and otherwise the copy is taken whose free bits
/// are zero. None where `b` lacks elements of `a`.
std::optional<LinearLayout> invertAndCompose(const LinearLayout &b, const LinearLayout &a);

} // namespace tessera

template <> struct std::hash<tessera::LinearLayout> {
  size_t operator()(const tessera::LinearLayout &layout) const { return layout.hash(); }
};

#endif // TESSERA_DIALECT_LAYOUT_LINEARLAYOUT_H
