//===- AxisRules.h - How single operations pass axis facts on ---*- C++ -*-===//
//
// The transfer functions of AxisAnalysis, one operation at a time and without state.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_COMPILER_ANALYSIS_AXISRULES_H
#define TESSERA_COMPILER_ANALYSIS_AXISRULES_H

#include "compiler/analysis/AxisAnalysis.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace tessera {

/// The facts about `result` from those of its operation's operands; not visited where no rule applies.
AxisInfo inferAxisInfo(mlir::OpResult result, llvm::function_ref<AxisInfo(mlir::Value)> lookup);

/// The logarithm of the bytes of what a (tensor of) pointer points to, rounded down to a power of two; 0 for other
/// types.
uint8_t pointeeUnit(mlir::Type type);

} // namespace tessera

#endif // TESSERA_COMPILER_ANALYSIS_AXISRULES_H
