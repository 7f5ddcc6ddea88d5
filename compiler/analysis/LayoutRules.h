//===- LayoutRules.h - How operations tie the layouts of their operands and results --*- C++ -*-===//
//
// For every operation on tensors: which layouts its operands must have and its results get, once one layout is chosen
// for it. The solver of tile-assign-layouts walks these rules in both directions, and tile-verify-laid-out checks them,
// so that the two cannot disagree.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each operation has one layout of its own, of the shape that `getOwnType` names. All others follow from it:
//
//   operation                     its own layout is that of  operands                     results
//   arith, math, load, store ...  any operand or result      own                          own
//   broadcast                     the result                 own, grown dims shrunk to 1  own
//   expand_dims                   the result                 own without the new dim      own
//   reshape, trans                the result                 own reshaped, permuted back  own
//   join                          an operand                 own                          own, new lowest register bit
//   split                         the source                 own                          own without its bit
//   cat                           an operand                 own                          own, new highest register bit
//   reduce                        an operand                 own                          own without the axis
//   gather                        the indices                source: any; indices: own    own
//   histogram                     the source                 own                          any
//   dot                           the accumulator            a, b: operand fragments      own
//
// No layout has register bits whose basis is zero: copies within a thread are of no use.
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_ANALYSIS_LAYOUTRULES_H
#define TESSERA_COMPILER_ANALYSIS_LAYOUTRULES_H

#include "dialect/layout/LinearLayout.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include <optional>

namespace tessera {

/// The row of the table above an operation belongs to.
enum class LayoutRole : uint8_t {
  /// No tensors, or none that are tied to each other: control flow, prints, conversions, shared memory.
  None,
  Elementwise,
  Broadcast,
  ExpandDims,
  Reshape,
  Trans,
  Join,
  Split,
  Cat,
  Reduce,
  Scan,
  Gather,
  Histogram,
  Dot,
};

LayoutRole getLayoutRole(mlir::Operation *op);

/// The type whose shape the operation's own layout has; null for role None.
mlir::RankedTensorType getOwnType(mlir::Operation *op);

/// The layout that operand `index` must have; none where `own` is impossible for the operation or the operand may have
/// any layout (see `takesAnyLayout`).
std::optional<LinearLayout> getOperandLayout(mlir::Operation *op, unsigned index, const LinearLayout &own);

/// The layout that result `index` gets; none where `own` is impossible for the operation or the result may have any
/// layout.
std::optional<LinearLayout> getResultLayout(mlir::Operation *op, unsigned index, const LinearLayout &own);

/// An own layout for which the operand's is `layout`, where that determines it.
std::optional<LinearLayout> getOwnFromOperand(mlir::Operation *op, unsigned index, const LinearLayout &layout);

/// An own layout for which the result's is `layout`, where that determines it.
std::optional<LinearLayout> getOwnFromResult(mlir::Operation *op, unsigned index, const LinearLayout &layout);

/// Whether the operand is fine in every layout: what goes through shared memory anyway.
bool takesAnyLayout(mlir::Operation *op, unsigned index);

/// Whether the result can be had in every layout at the same price.
bool givesAnyLayout(mlir::Operation *op, unsigned index);

/// Whether a scan along `axis` can be made in this layout: counted upwards the axis runs through registers first, then
/// lanes, then warps.
bool isScanLayout(const LinearLayout &layout, unsigned axis);

/// Without register bits that only make copies.
LinearLayout withoutRegisterCopies(const LinearLayout &layout);

/// The layout of an encoded tensor type; null where it has none.
const LinearLayout *getLayout(mlir::Type type);

} // namespace tessera

#endif // TESSERA_COMPILER_ANALYSIS_LAYOUTRULES_H
