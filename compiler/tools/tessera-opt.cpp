//===- tessera-opt.cpp - Runs passes on IR --------------------------------===//
//
// Reads a module, runs the passes named on the command line, prints the module: the tool of the tests of dialect and
// compiler.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/Compile.h"
#include "compiler/lowering/Passes.h"
#include "compiler/transforms/Passes.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  tessera::registerCompilerDialects(registry);
  mlir::registerTransformsPasses();
  tessera::registerTilePassesAndPipeline();
  tessera::registerTileLoweringPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "the tile compiler's passes\n", registry));
}
