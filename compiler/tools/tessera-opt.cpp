//===- tessera-opt.cpp - Runs passes on IR ---------------------------------===//
//
// Reads a module, runs the passes named on the command line, prints the module: the tool of the tests of dialect and compiler.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "compiler/transforms/Passes.h"
#include "dialect/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::math::MathDialect, mlir::scf::SCFDialect,
                  tessera::tile::TileDialect>();
  mlir::registerTransformsPasses();
  tessera::registerTilePassesAndPipeline();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "the tile compiler's passes\n", registry));
}
