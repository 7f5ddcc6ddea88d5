//===- Parser.h - from text to Program --------------------------*- C++ -*-===//
//
// Reads one `.tile` or `.py` file: the whole of Python's grammar, with errors
// reported where device code is wrong and host code passed over in silence.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A device function is one with `@triton.jit`, `@jit`, `@tile.kernel`,
// `@tile.function`, ... (called or not) among its decorators, wherever it stands:
// at the top, under a module-level `if` or `try`, or inside a host function or class.
//
//   where the mistake is                    what happens
//   --------------------------------------  ------------------------------------------
//   device or constexpr function            reported; the statement is left out of the
//                                           tree; reading goes on with the next one
//   body or header of a host function,      not reported; reading goes on with the
//   of a class, of a module-level           next statement
//   `if __name__ == "__main__"`
//   other module-level statement            `.tile`: reported; `.py`: not reported
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_SYNTAX_PARSER_H
#define TESSERA_FRONTEND_SYNTAX_PARSER_H

#include "frontend/syntax/AST.h"
#include "frontend/syntax/Diagnostics.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <memory>
#include <optional>
#include <vector>

namespace tessera {

struct ParseOptions {
  /// Are mistakes in module-level statements outside functions and classes errors? Unset: unless the file's name ends
  /// in
  /// ".py".
  std::optional<bool> reportModuleLevel;
  /// Are mistakes in host functions and classes errors, too? For tests and tools.
  bool reportHost = false;
};

/// A statement of the module level that may bind names: Import, ImportFrom, Assign, AnnAssign, AugAssign, FunctionDef,
/// ClassDef, TypeAlias. Those in blocks of module-level `if`, `try`, `with`, `for`, `while` are there as well (but not
/// those under `if __name__ == "__main__"`).
struct ModuleItem {
  const ast::Stmt *stmt = nullptr;
  bool conditional = false; ///< stands in such a block: whether it runs is not known
};

/// A device or constexpr function.
struct DeviceFunction {
  const ast::FunctionDef *def = nullptr;
  /// The decorator that made it one (`triton.jit`, `triton.jit(...)`).
  const ast::Expr *marker = nullptr;
  /// The other decorators, top to bottom: `triton.autotune(...)`, `triton.heuristics(...)`, and unknown host wrappers.
  llvm::SmallVector<const ast::Expr *, 2> wrappers;
  /// Functions and classes around it, outermost first. Empty: it is a global of the module.
  llvm::SmallVector<const ast::Stmt *, 1> parents;

  llvm::StringRef getName() const { return def->name.text; }
  /// The first wrapper that is a call of `name` or of something ending in ".name" ("autotune", "heuristics"); may be
  /// null.
  const ast::Call *findWrapper(llvm::StringRef name) const;
  /// The marker if it has arguments: `triton.jit(do_not_specialize=...)`; may be null.
  const ast::Call *getMarkerCall() const { return llvm::dyn_cast<ast::Call>(marker); }
};

/// What a file holds. Owns its tree; refers to the text in the SourceManager.
class Program {
public:
  FileId getFile() const { return module.file; }
  const ast::Module &getModule() const { return module; }

  /// Functions with role Device, in the order of the file.
  llvm::ArrayRef<DeviceFunction> getDeviceFunctions() const { return deviceFunctions; }
  /// Functions with role Constexpr, in the order of the file.
  llvm::ArrayRef<DeviceFunction> getConstexprFunctions() const { return constexprFunctions; }
  llvm::ArrayRef<ModuleItem> getItems() const { return items; }

  /// The device or constexpr function that the name means at the module level: the last definition wins, one of the
  /// module level before one inside something. May be null.
  const DeviceFunction *findFunction(llvm::StringRef name) const;

  /// Whether anything in this file was reported as an error.
  bool hasErrors() const { return errors; }

private:
  friend class ProgramBuilder;
  ast::AstContext context;
  ast::Module module;
  std::vector<DeviceFunction> deviceFunctions, constexprFunctions;
  std::vector<ModuleItem> items;
  bool errors = false;
};

/// Parses a text. Never null: what could be read is there, whatever was wrong; `hasErrors` tells.
std::unique_ptr<Program> parseProgram(FileId file, DiagnosticEngine &diagnostics, const ParseOptions &options = {});

} // namespace tessera

#endif // TESSERA_FRONTEND_SYNTAX_PARSER_H
