//===- CostModel.h - What layouts cost --------------------------*- C++ -*-===//
//
// The prices by which tile-assign-layouts chooses. The unit is the time one scheduler of an SM takes to issue one
// instruction for one warp; an SM has four schedulers but one load-store unit, so whatever goes through that unit costs
// four a 32-lane word.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   what                                          price for each warp
//   conversion, same threads (registers renamed)  1 in all: nothing is done, yet equal layouts are preferred
//   conversion within warps                       6 a word of the wider side (shuffle and select)
//   conversion through shared memory              100 (two barriers, latency), 4 a word written, 4 a word read
//   recomputing the value instead                 its operations, a register each
//   operand of a dot kept over a loop             5 a word and iteration, if it has more than 16
//   operand of a dot loaded as it is              10 a word: it is there as a whole, and nothing can fetch it in
//   advance elementwise operation                         1 a register (divisions 8, transcendental 4, 64-bit integers
//   2) global load, store, atomic                    8 an access, 4 a sector of 32 bytes touched (atomics 8) reduce 1 a
//   register and operation, 7 a word and lane bit,
//                                                 across warps 60 and 8 a word
//   scan                                          3 a register, 8 a word and lane bit, across warps 80
//   dot                                           32 an instruction; by FMA 1 a register and step of K
//
// Everything inside a loop counts ten times for each level. A conversion is paid where its source is defined: whatever
// a loop does not change is converted before it; but operands of dots that are too large to wait in registers are read
// from shared memory wherever they are used. Copies that a layout makes are paid for like other elements, which keeps
// tensors spread out.
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_TRANSFORMS_LAYOUTS_COSTMODEL_H
#define TESSERA_COMPILER_TRANSFORMS_LAYOUTS_COSTMODEL_H

#include "compiler/analysis/AxisAnalysis.h"
#include "compiler/transforms/layouts/LayoutTable.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"

namespace tessera {

/// The attribute of loads and stores that says how many elements one access moves (i32; absent for one).
inline constexpr llvm::StringLiteral accessWidthAttrName = "tile.vector";

struct LayoutEdge;

/// How data gets from one layout to another.
enum class MoveKind : uint8_t { None, Registers, Lanes, Shared };

/// What it takes to go from `from` to `to`.
MoveKind classifyConversion(const LinearLayout &from, const LinearLayout &to);

/// The widest access that the registers of `layout` allow through `pointer` under `mask`: elements that follow each
/// other in the lowest registers and in memory, at most 16 bytes of them.
int64_t getAccessWidth(const LinearLayout &layout, mlir::Value pointer, mlir::Value mask, const AxisAnalysis &axes);

class CostModel {
public:
  /// The price of what cannot be.
  static constexpr int64_t impossible = int64_t(1) << 40;

  CostModel(LayoutTable &layouts, const AxisAnalysis &axes) : layouts(layouts), axes(axes) {}

  /// How often the code at this place counts.
  static int64_t getWeight(mlir::Block *block);

  /// Bringing what travels along the edge from one layout to another. What goes through shared memory to a dot and is
  /// too large to be kept in registers is written where it is defined and read where it is used.
  int64_t getConversionCost(LayoutId from, LayoutId to, const LayoutEdge &edge);

  /// What it takes to have an operand of a dot in registers without passing through shared memory.
  int64_t getResidenceCost(LayoutId layout, const LayoutEdge &edge);

  /// Executing `op` once with this layout of its own.
  int64_t getOperationCost(mlir::Operation *op, LayoutId own);

  /// The price for each element of computing `value` again instead of converting it; none where that is impossible or
  /// dear.
  std::optional<double> getRecomputeCost(mlir::Value value);

private:
  int64_t getMemoryCost(mlir::Operation *op, const LinearLayout &layout);
  int64_t getReduceCost(mlir::Operation *op, const LinearLayout &layout);
  int64_t getScanCost(mlir::Operation *op, const LinearLayout &layout);
  int64_t getDotCost(mlir::Operation *op, const LinearLayout &layout);

  LayoutTable &layouts;
  const AxisAnalysis &axes;
  llvm::DenseMap<uint64_t, MoveKind> kinds;
  llvm::DenseMap<mlir::Value, std::optional<double>> recomputeCosts;
};

} // namespace tessera

#endif // TESSERA_COMPILER_TRANSFORMS_LAYOUTS_COSTMODEL_H
