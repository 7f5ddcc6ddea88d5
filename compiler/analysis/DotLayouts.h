//===- DotLayouts.h - The layouts that matrix products can have --*- C++ -*-===//
//
// Which instruction takes a dot, which accumulator layouts that allows, and what each of them asks of the operands.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A dot on tensor cores spreads the warps of the program over the grid of its accumulator; for 4 warps and a matrix
// that is
//
//   warps along M x N     1 x 4     2 x 2     4 x 1
//
// and each choice fixes the fragments of both operands. Warps along M alone keep every row within one warp: reductions
// along N need no shared memory, and the accumulator of one dot is the operand A of the next by renaming registers. A
// square grid reads the fewest operand elements. Which is best is for the solver to say. Dots by FMA take any layout of
// the accumulator; a few blocked ones are proposed.
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_ANALYSIS_DOTLAYOUTS_H
#define TESSERA_COMPILER_ANALYSIS_DOTLAYOUTS_H

#include "dialect/layout/LinearLayout.h"
#include "dialect/tile/Tile.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <vector>

namespace tessera {

/// The attribute of a layout-free `tile.dot` that names its instruction; set by tile-legalize-dots, absent for products
/// by FMA.
inline constexpr llvm::StringLiteral mmaKindAttrName = "tile.mma_kind";

/// Operands that a loop does not change stay in registers over it up to this many registers of 32 bits; larger ones are
/// read from shared memory again in every iteration.
inline constexpr int64_t maxResidentOperandRegisters = 16;

/// The instruction of a `tile.mma`, or that chosen for a `tile.dot`; none for products by FMA.
std::optional<tile::MmaKind> getMmaKind(mlir::Operation *dot);

/// The layouts proposed for the accumulator of a dot in a program of `numWarps`.
std::vector<LinearLayout> getAccumulatorLayouts(mlir::Operation *dot, int64_t numWarps);

/// What operand `index` (0 or 1) must look like for an accumulator of this layout; none where no accumulator of the dot
/// looks so.
std::optional<LinearLayout> getDotOperandLayout(mlir::Operation *dot, unsigned index, const LinearLayout &accumulator);

} // namespace tessera

#endif // TESSERA_COMPILER_ANALYSIS_DOTLAYOUTS_H
