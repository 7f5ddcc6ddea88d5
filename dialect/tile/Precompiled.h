//===- Precompiled.h - Headers worth compiling once ------------------------===//
//
// What nearly every source of the dialect, the frontend and the compiler includes of LLVM and MLIR. Nothing of this
// project is in here, so that a change of a header of the project does not rebuild everything. Sources still include
// what they use; this header only makes it cheap.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_DIALECT_TILE_PRECOMPILED_H
#define TESSERA_DIALECT_TILE_PRECOMPILED_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

#include <optional>
#include <string>
#include <vector>

#endif // TESSERA_DIALECT_TILE_PRECOMPILED_H
