//===- tessera-translate.cpp - PTX from IR --------------------------------===//
//
// The tool of the tests of code generation:
//
//   tessera-translate --tile-to-ptx   kernels as the frontend emits them, through the whole compiler
//   tessera-translate --nvvm-to-ptx   modules of LLVM and NVVM dialect, as convert-tile-to-nvvm leaves them
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/Compile.h"
#include "compiler/codegen/Ptx.h"
#include "compiler/lowering/Passes.h"
#include "compiler/target/Queries.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace tessera;

namespace {

llvm::cl::opt<bool> showTimes("timing", llvm::cl::desc("Print how long each stage took"));
llvm::cl::opt<bool> assemble("assemble", llvm::cl::desc("Assemble the PTX, and print what ptxas says of it"));
llvm::cl::opt<bool> showShared("shared-bytes", llvm::cl::desc("Print how much shared memory to launch with"));
llvm::cl::opt<bool> showLlvm("llvm", llvm::cl::desc("Print LLVM IR in place of PTX"));
llvm::cl::opt<bool> contract("fp-contract", llvm::cl::init(true), llvm::cl::desc("Fuse products and sums"));
llvm::cl::opt<bool> optimize("optimize", llvm::cl::init(true), llvm::cl::desc("Run LLVM's optimisations"));
llvm::cl::opt<unsigned> maxRegisters("max-registers", llvm::cl::desc("The most registers a thread may have"));
llvm::cl::opt<std::string> stopAfter("stop-after-pass", llvm::cl::desc("Print the IR after this pass in place of PTX"));
llvm::cl::opt<std::string> targetName("target", llvm::cl::desc("The target, in place of the module's"));

void printTime(llvm::StringRef stage, double milliseconds) {
  if (showTimes)
    llvm::errs() << llvm::format("%8.2f ms  ", milliseconds) << stage << "\n";
}

LogicalResult nvvmToPtx(Operation *op, raw_ostream &output) {
  auto module = cast<ModuleOp>(op);
  PtxOptions options;
  options.target = requireTarget(module);
  if (!options.target)
    return failure();
  auto version = module->getAttrOfType<IntegerAttr>(kPtxVersionAttr);
  options.ptxVersion = version ? unsigned(version.getInt()) : options.target->basePtxVersion;
  options.fpContract = contract;
  options.optimize = optimize;
  options.wantLlvmIr = showLlvm;
  auto result = emitPtx(module, options, printTime);
  if (failed(result))
    return failure();
  output << (showLlvm ? result->llvmIr : result->ptx);
  if (assemble) {
    llvm::Expected<Cubin> cubin = assemblePtx(result->ptx, options.target->name);
    if (!cubin)
      return module.emitError() << llvm::toString(cubin.takeError());
    output << "// registers " << cubin->report.registers << ", spilled " << cubin->report.spillStoreBytes << "\n";
  }
  return success();
}

LogicalResult tileToPtx(Operation *op, raw_ostream &output) {
  CompileOptions options;
  if (!targetName.empty()) {
    std::string error;
    options.target = Target::parse(targetName, error);
    if (!options.target)
      return op->emitError() << error;
  }
  options.fpContract = contract;
  options.keepLlvmIr = showLlvm;
  options.stopAfter = stopAfter;
  options.assemble = assemble;
  options.maxRegisters = maxRegisters;
  auto kernel = compile(cast<ModuleOp>(op), options);
  if (failed(kernel))
    return failure();
  for (const StageTime &time : kernel->times)
    printTime(time.stage, time.milliseconds);
  output << (!stopAfter.empty() ? kernel->layoutIr : showLlvm ? kernel->llvmIr : kernel->ptx);
  if (showShared)
    output << "// shared " << kernel->sharedBytes << "\n";
  if (assemble)
    output << "// registers " << kernel->cubin.report.registers << ", spilled " << kernel->cubin.report.spillStoreBytes
           << ", shared " << kernel->sharedBytes << "\n";
  return success();
}

} // namespace

int main(int argc, char **argv) {
  TranslateFromMLIRRegistration nvvm("nvvm-to-ptx", "LLVM and NVVM dialect to PTX", nvvmToPtx,
                                     [](DialectRegistry &registry) { registerCompilerDialects(registry); });
  TranslateFromMLIRRegistration tile("tile-to-ptx", "kernels of the tile dialect to PTX", tileToPtx,
                                     [](DialectRegistry &registry) { registerCompilerDialects(registry); });
  return failed(mlirTranslateMain(argc, argv, "PTX from IR"));
}
