//===- AxisAnalysis.h - Contiguity, divisibility and constancy of integer tensors --*- C++ -*-===//
//
// What the compiler knows about the values of integer and pointer tensors, dimension by dimension: enough to prove that
// a load may be a vector access, that it is aligned, and that its mask does not change within the vector.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Along each dimension three facts are kept, all of them powers of two:
//
//   contiguity c    the dimension falls into aligned groups of c elements, each of the form x, x+1, ..., x+c-1;
//   divisibility d  the first element of every such group is a multiple of d;
//   constancy k     the dimension falls into aligned groups of k elements that are all equal.
//
//   value (tensor<8xi32>)            elements                   contiguity  divisibility  constancy
//   arange(0, 8)                     0 1 2 3 4 5 6 7                 8          2^62          1
//   arange(0, 8) + 4                 4 5 6 7 8 9 10 11               8             4          1
//   arange(0, 8) * 16                0 16 32 48 ...                  1            16          1
//   arange(0, 8) / 4                 0 0 0 0 1 1 1 1                 1             1          4
//   arange(0, 8) % 4                 0 1 2 3 0 1 2 3                 4             4          1
//
// For pointers contiguity counts elements and divisibility counts bytes. A scalar is a tensor of one dimension and one
// element. What holds along a dimension of contiguity 1 holds for every element, so it carries over to any new
// dimension.
//
// Narrowing a group from c to g < c elements leaves first elements that are multiples of min(d, g) only:
// `divisibilityOfGroups` says so, and every rule goes through it. Signed division and remainder keep their facts only
// for values that cannot be negative, which is tracked as well. One thing is taken for granted there, as in every
// kernel that maps programs to tiles: what a non-negative index is divided by, is positive.
//
// Loops are solved by iteration from the facts of the initial values downwards: facts only ever get weaker, so that a
// few rounds suffice.
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_ANALYSIS_AXISANALYSIS_H
#define TESSERA_COMPILER_ANALYSIS_AXISANALYSIS_H

#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <optional>

namespace tessera {

/// The facts along one dimension, as base-two logarithms.
struct AxisFacts {
  uint8_t contiguity = 0;
  uint8_t divisibility = 0;
  uint8_t constancy = 0;

  bool operator==(const AxisFacts &) const = default;
};

/// The facts about one value. A default-constructed object is "nothing visited yet".
class AxisInfo {
public:
  /// Divisibility of zero: a multiple of anything.
  static constexpr uint8_t anyDivisor = 62;

  AxisInfo() = default;
  /// Nothing known about a value of `rank` dimensions; `unit` is the logarithm of the bytes of a pointee (0 for
  /// integers).
  static AxisInfo unknown(unsigned rank, uint8_t unit = 0);
  /// The same known constant everywhere.
  static AxisInfo constantOf(int64_t value, llvm::ArrayRef<int64_t> shape);

  unsigned getRank() const { return axes.size(); }
  bool isVisited() const { return !axes.empty(); }
  int64_t getContiguity(unsigned dim) const { return int64_t(1) << axes[dim].contiguity; }
  int64_t getDivisibility(unsigned dim) const { return int64_t(1) << axes[dim].divisibility; }
  int64_t getConstancy(unsigned dim) const { return int64_t(1) << axes[dim].constancy; }

  /// The logarithm of what divides the first element of every aligned group of 2^`group` elements along `dim`.
  uint8_t divisibilityOfGroups(unsigned dim, uint8_t group) const;
  /// The logarithm of what divides every element.
  uint8_t divisibilityOfElements() const;
  /// What holds for both values: the facts of a value that is one or the other.
  static AxisInfo join(const AxisInfo &a, const AxisInfo &b);

  bool operator==(const AxisInfo &) const = default;

  llvm::SmallVector<AxisFacts, 2> axes;
  /// The value of every element, where it is known.
  std::optional<int64_t> constant;
  /// Whether no element is negative as a signed number.
  bool nonNegative = false;
  /// For pointers the logarithm of the bytes of a pointee: the distance of contiguous elements.
  uint8_t unit = 0;
};

/// The facts about all integer and pointer values of a function, computed at construction. Values made later are
/// unknown.
class AxisAnalysis {
public:
  explicit AxisAnalysis(mlir::FunctionOpInterface function);

  /// The facts about `value`; nothing known for values of other types or made since.
  AxisInfo get(mlir::Value value) const;

  /// How many neighbours along `dim` may be accessed at once through `pointer`: contiguous, aligned to their joint
  /// size, and all or none of them enabled by `mask` (which may be null). A power of two, in elements.
  int64_t getVectorWidth(mlir::Value pointer, mlir::Value mask, unsigned dim) const;

  /// Makes `to` known by the facts of `from`.
  void copy(mlir::Value from, mlir::Value to);

private:
  void visit(mlir::Block &block);
  void visit(mlir::Operation *op);
  void visitLoopLike(mlir::Operation *op);
  void set(mlir::Value value, AxisInfo info);

  llvm::DenseMap<mlir::Value, AxisInfo> facts;
};

} // namespace tessera

#endif // TESSERA_COMPILER_ANALYSIS_AXISANALYSIS_H
