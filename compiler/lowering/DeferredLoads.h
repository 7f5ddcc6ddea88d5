//===- DeferredLoads.h - Which loads from shared memory may wait --*- C++ -*-===//
//
// A load whose only user is a product is made there, slice by slice (LazyOperand.h). That reads the buffer later than
// the program says, so nothing may have written to it meanwhile:
//
//   - this thread: between the load and the product;
//   - other threads, if there is a barrier in between: after it they may run ahead to what stands behind the product,
//   up to the
//     next barrier, around the loop and beyond it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_LOWERING_DEFERREDLOADS_H
#define TESSERA_COMPILER_LOWERING_DEFERREDLOADS_H

#include "dialect/tile/Tile.h"

namespace tessera {

/// Whether `load` may be made where its user is.
bool mayWaitForUser(tile::LocalLoadOp load);

} // namespace tessera

#endif // TESSERA_COMPILER_LOWERING_DEFERREDLOADS_H
