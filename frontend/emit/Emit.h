//===- Emit.h - from the syntax tree to tile IR -----------------*- C++ -*-===//
//
// The one arrow of the frontend that knows semantics: a parsed program, the
// name of a kernel and a signature go in, a verified module of layout-free tile
// IR comes out. Everything a kernel calls is inlined on the way; locations keep
// the call stack. All errors go to the diagnostic engine, each with its place,
// a note for every call on the way and the values of the specialisation.
//
//   module attributes {tile.num_warps = 4 : i32, tile.num_stages = 3 : i32,
//                      tile.num_ctas = 1 : i32, tile.target = "sm_90a"} {
//     func.func @add(%x: !tile.ptr<f32> {tile.divisibility = 16 : i32,
//                                        tile.name = "x"}, ...)
//         attributes {tile.kernel}
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_EMIT_EMIT_H
#define TESSERA_FRONTEND_EMIT_EMIT_H

#include "frontend/emit/Signature.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <optional>
#include <string>
#include <vector>

namespace tessera {

class Program;
class DiagnosticEngine;

/// Choices that do not come from the arguments. A choice left open is taken
/// from the first `@triton.autotune` configuration, else from the defaults
/// 4 warps, 3 stages, 1 CTA.
struct EmitOptions {
  std::optional<int> numWarps;
  std::optional<int> numStages;
  std::optional<int> numCtas;
  std::string target = "sm_90a";
  /// Keep `assert` and `tl.device_assert` in the code.
  bool assertions = true;
};

/// A parameter of the entry that the emitted kernel has: one for each runtime
/// argument, none for constants. Tuples and descriptors appear as their parts
/// (`p.0`, `d.shape.0`).
struct ParamInfo {
  std::string name;
  /// `*fp32`, `i32`, ...
  std::string type;
  /// The parameter of the kernel, as written, that it belongs to.
  unsigned index = 0;
  int64_t divisibility = 1;
};

/// A parameter as written in the source, before any specialisation.
struct KernelParameter {
  std::string name;
  bool isConstexpr = false;
  bool hasDefault = false;
  /// False when `do_not_specialize` names it.
  bool specialise = true;
  /// The type in the annotation (`tl.int32`, `"*fp16:16"`), if there is one.
  std::optional<ArgumentSpec> annotated;
};

struct EmittedKernel {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<ParamInfo> params;
  int numWarps = 4;
  int numStages = 3;
  int numCtas = 1;
  /// The constants that were compiled in, by parameter.
  std::vector<std::pair<std::string, ConstantValue>> constants;

  explicit operator bool() { return static_cast<bool>(module); }
};

/// Loads the dialects the emitter builds with.
void loadFrontendDialects(mlir::MLIRContext &context);

/// Emits one kernel. The result is empty if and only if an error was reported.
EmittedKernel emitKernel(mlir::MLIRContext &context, const Program &program, llvm::StringRef kernel,
                         const Signature &signature, const EmitOptions &options, DiagnosticEngine &diagnostics);

/// The kernels of a file: device functions that no other device function of
/// the file calls, in the order of the file; all device functions if each is
/// called by another.
std::vector<std::string> listKernels(const Program &program);

/// The parameters of a kernel as written; empty if there is no such kernel.
std::optional<std::vector<KernelParameter>> getKernelParameters(const Program &program, llvm::StringRef kernel);

/// Reports what can be found without a signature: names that nothing defines,
/// unknown built-ins and keyword arguments, wrong argument counts. Returns true
/// if there was no error.
bool checkProgram(const Program &program, DiagnosticEngine &diagnostics);

} // namespace tessera

#endif // TESSERA_FRONTEND_EMIT_EMIT_H
