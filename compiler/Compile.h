//===- Compile.h - From a kernel of the tile dialect to PTX -----*- C++ -*-===//
//
// The one entry of the compiler. A module that holds one kernel, as the frontend emits it, goes in; PTX and what a
// launch has to know come out:
//
//   tile IR ──buildTilePipeline──▶ laid-out tile IR ──convert-tile-to-nvvm──▶ LLVM dialect ──emitPtx──▶ PTX ──ptxas──▶
//   cubin
//
// Whatever goes wrong is an MLIR diagnostic at the place in the source that it is about; install a handler on the
// context to catch it. Compilations in several threads do not disturb each other if each has a context of its own.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_COMPILE_H
#define TESSERA_COMPILER_COMPILE_H

#include "compiler/codegen/Assembler.h"
#include "compiler/target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include <string>
#include <vector>

namespace tessera {

struct CompileOptions {
  /// The target; null for the one that the module's `tile.target` names.
  const Target *target = nullptr;
  /// Whether products and sums may become fused multiply-adds.
  bool fpContract = true;
  /// The most registers a thread may have; 0 for as many as it takes.
  unsigned maxRegisters = 0;
  /// Whether the PTX says which line of the source each instruction comes from.
  bool lineInfo = true;
  /// Whether the IR is verified after each pass, and what the laid-out stage promises.
  bool verifyEach = false;

  /// Ends after the pass of this name (its flag, "tile-assign-layouts"); the IR then is in `CompiledKernel::layoutIr`.
  std::string stopAfter;
  /// Passes after which the IR is printed to `printStream`; "all" for all of them.
  std::vector<std::string> printAfter;
  llvm::raw_ostream *printStream = nullptr;

  /// Texts to keep besides the PTX, and whether to assemble it.
  bool keepTileIr = false;
  bool keepLayoutIr = false;
  bool keepLlvmIr = false;
  bool assemble = false;
};

/// How long a stage took: a pass by its flag, or "translate", "optimize", "nvptx", "ptxas".
struct StageTime {
  std::string stage;
  double milliseconds;
};

struct CompiledKernel {
  std::string name;
  std::string target; ///< "sm_90a"
  std::string ptx;
  unsigned ptxVersion = 0; ///< times ten
  unsigned numWarps = 0;
  /// Dynamic shared memory to launch with, in bytes.
  unsigned sharedBytes = 0;
  std::string tileIr, layoutIr, llvmIr;
  /// Machine code and what ptxas says of it, if asked for.
  Cubin cubin;
  std::vector<StageTime> times;
};

/// Compiles the kernel of `module`, which is used up by it.
mlir::FailureOr<CompiledKernel> compile(mlir::ModuleOp module, const CompileOptions &options = {});

/// The flags of the passes, in the order in which they run: what `stopAfter` and `printAfter` may name.
std::vector<std::string> passNames(const Target &target);

/// Enters the dialects that the compiler reads and makes, and their translations.
void registerCompilerDialects(mlir::DialectRegistry &registry);

} // namespace tessera

#endif // TESSERA_COMPILER_COMPILE_H
