//===- Scratch.h - Shared memory that single operations need ----*- C++ -*-===//
//
// Some operations of the laid-out stage exchange data between threads through shared memory of their own. Here is how
// much, and how it is arranged; the allocator reserves it (attribute `tile.scratch_offset`, in bytes), and the lowering
// uses it exactly so.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   operation        when                                arrangement
//   convert_layout   its plan says shared memory         the plan's (dialect/layout/ConversionPlan.h)
//   reduce           W > 1 warps along the axis          for each operand a block of W rows with an element for each
//                                                        element of a result: (w, r) at w * size(result) + r;
//                                                        blocks begin at multiples of 16 bytes
//   scan             W > 1 warps along the axis          the same, for a result without the axis
//   gather           always                              the source, row-major
//   histogram        always                              a 32-bit counter a bin
//   atomic_rmw, cas  scalar, result used                 one element: the thread that did it tells the others
//                    tensor held in copies, result used  the result, row-major: owners tell the copies
//
// Each such operation writes first, waits at a barrier that is part of it, and then reads.
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_ANALYSIS_SCRATCH_H
#define TESSERA_COMPILER_ANALYSIS_SCRATCH_H

#include "compiler/target/Target.h"
#include "dialect/layout/ConversionPlan.h"
#include "dialect/tile/Tile.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringRef.h"

namespace tessera {

/// The attributes that say where the scratch memory of an operation begins, and how much shared memory a module needs.
inline constexpr llvm::StringLiteral scratchOffsetAttrName = "tile.scratch_offset";
inline constexpr llvm::StringLiteral sharedBytesAttrName = "tile.shared_bytes";

/// Scratch bytes of `op`, a multiple of 16; 0 for operations that need none.
int64_t getScratchBytes(mlir::Operation *op);

/// The target of the module that `op` is in; where it names none, the oldest one, whose instructions all have.
const Target &getTarget(mlir::Operation *op);

/// The plan by which a conversion is lowered.
ConversionPlan planConversion(tile::ConvertLayoutOp op);

/// How many warps hold different parts of dim `axis`.
int64_t getNumWarpsAlong(const LinearLayout &layout, unsigned axis);

} // namespace tessera

#endif // TESSERA_COMPILER_ANALYSIS_SCRATCH_H
