//===- Builtin.h - the table of built-in functions --------------*- C++ -*-===//
//
// Every function that the language has of its own is a row of one table: its
// name, its parameters as they would be written in Python, and what it does.
// Arguments are bound to parameters in one place, so each parameter can be
// given by position or by name, an unknown name is an error with a suggestion,
// and nothing is silently dropped.
//
//   {"load", "pointer, mask=None, other=None, ...", emitLoad, Method}
//
// Parameters: `name`, `name=default` with a default of None, True, False, an
// integer, a float or '' (an empty string); `*name` takes the rest of the
// positional arguments as a tuple; those after it can be given by name only.
//
// Functions that need no more than the language itself are not here: they are
// written in it, in frontend/library.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_EMIT_BUILTIN_H
#define TESSERA_FRONTEND_EMIT_BUILTIN_H

#include "frontend/emit/Value.h"

namespace tessera::emit {

class Emitter;

/// An argument of a call with the place it was written at.
struct Argument {
  Value value;
  SourceRange range;
  llvm::StringRef keyword; ///< empty: positional
};

/// A call of a built-in with its arguments bound: `args[i]` belongs to the i-th parameter. The argument of a `*name`
/// parameter is a tuple.
struct BuiltinCall {
  Emitter &emitter;
  const Builtin &builtin;
  SourceLoc loc;
  llvm::SmallVector<Value, 10> args;
  llvm::SmallVector<SourceRange, 10> ranges; ///< invalid where the default was taken
  llvm::SmallVector<llvm::StringRef, 10> names;

  Value &operator[](unsigned index) { return args[index]; }
  bool isGiven(unsigned index) const { return ranges[index].isValid(); }
};

using BuiltinHandler = Value (*)(BuiltinCall &call);

enum BuiltinFlags : uint8_t {
  PlainFunction = 0,
  Method = 1,       ///< also `x.name(...)` of tensors, with x as the first argument
  MethodOnly = 2,   ///< only as a method
  MathFunction = 4, ///< also in tl.math
  HostFunction = 8, ///< of Python or of a value: shown without `tl.`, may be given anything
};

struct Builtin {
  const char *name;
  const char *params;
  BuiltinHandler handler;
  uint8_t flags = PlainFunction;
  /// Distinguishes rows that share a handler.
  uint8_t variant = 0;
};

// The rows, by idea; each list is defined in a file of its own.
llvm::ArrayRef<Builtin> getProgramBuiltins(); // identity, creation, hints
llvm::ArrayRef<Builtin> getShapeBuiltins();   // shapes
llvm::ArrayRef<Builtin> getMemoryBuiltins();  // loads, stores, block pointers, descriptors
llvm::ArrayRef<Builtin> getAtomicBuiltins();  // atomics
llvm::ArrayRef<Builtin> getMathBuiltins();    // elementwise
llvm::ArrayRef<Builtin> getReduceBuiltins();  // reductions, scans, dot
llvm::ArrayRef<Builtin> getDebugBuiltins();   // printing, assertions, inline assembly
llvm::ArrayRef<Builtin> getPythonBuiltins();  // len, range, min, isinstance, ...
llvm::ArrayRef<Builtin> getPyMathBuiltins();  // math.log2, ...
llvm::ArrayRef<Builtin> getTritonBuiltins();  // triton.cdiv, triton.Config, ...
llvm::ArrayRef<Builtin> getCudaBuiltins();    // tl.extra.cuda
llvm::ArrayRef<Builtin> getTargetInfoBuiltins();
llvm::ArrayRef<Builtin> getMethodBuiltins(); // methods of other values: strings, lists, dtypes
llvm::ArrayRef<Builtin> getBlockMethods();   // methods of block pointers and descriptors

/// How messages call it: `tl.load`, `len`.
std::string getDisplayName(const Builtin &builtin);

/// The built-in called `name` in a module; null if there is none.
const Builtin *findBuiltin(ModuleId module, llvm::StringRef name);
/// The built-in that `x.name(...)` means for a tensor x.
const Builtin *findTensorMethod(llvm::StringRef name);
/// The one of `getMethodBuiltins` called `name`, `str.lower` for example.
const Builtin *findValueMethod(llvm::StringRef name);
/// The built-in of Python itself (`len`, `range`).
const Builtin *findPythonBuiltin(llvm::StringRef name);
/// All names of a module, for suggestions.
void collectBuiltinNames(ModuleId module, llvm::SmallVectorImpl<llvm::StringRef> &names);

} // namespace tessera::emit

#endif // TESSERA_FRONTEND_EMIT_BUILTIN_H
