//===- MathF64.h - Exponentials and logarithms in f64 -----------*- C++ -*-===//
//
// The hardware approximates exp2 and log2 in f32 alone. These are series in f64, to about one unit in the last place.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_LOWERING_MATHF64_H
#define TESSERA_COMPILER_LOWERING_MATHF64_H

#include "compiler/lowering/Lowering.h"

namespace tessera {

mlir::Value expF64(Lowering &l, mlir::Value x);
mlir::Value exp2F64(Lowering &l, mlir::Value x);
mlir::Value logF64(Lowering &l, mlir::Value x);
mlir::Value log2F64(Lowering &l, mlir::Value x);

} // namespace tessera

#endif // TESSERA_COMPILER_LOWERING_MATHF64_H
