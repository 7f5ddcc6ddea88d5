//===- Dump.h - syntax trees as text ----------------------------*- C++ -*-===//
//
// Two ways to look at a tree: as a tree (`--emit=ast`), and as source text again.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The text is stable: it depends on the tree alone. `printSource` writes valid source,
// and parsing that source gives a tree that dumps the same (without locations).
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_SYNTAX_DUMP_H
#define TESSERA_FRONTEND_SYNTAX_DUMP_H

#include "frontend/syntax/AST.h"

#include <string>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace tessera {

struct DumpOptions {
  /// If set, statements are followed by their places, `@12:5`.
  const SourceManager *sources = nullptr;
};

/// One statement a line, indented; expressions as `(+ x (* row stride))`.
void dump(llvm::raw_ostream &os, const ast::Module &module, const DumpOptions &options = {});
void dump(llvm::raw_ostream &os, const ast::Stmt *stmt, const DumpOptions &options = {});
void dump(llvm::raw_ostream &os, const ast::Expr *expr);

/// Source text in a plain format: four spaces, as many parentheses as needed.
void printSource(llvm::raw_ostream &os, const ast::Module &module);
void printSource(llvm::raw_ostream &os, const ast::Stmt *stmt, unsigned indent = 0);
/// An expression on one line, for messages.
std::string toSource(const ast::Expr *expr);

} // namespace tessera

#endif // TESSERA_FRONTEND_SYNTAX_DUMP_H
