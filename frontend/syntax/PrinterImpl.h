//===- PrinterImpl.h - writes trees as source text --------------*- C++ -*-===//
//
// Internal to frontend/syntax: use Dump.h.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_SYNTAX_PRINTERIMPL_H
#define TESSERA_FRONTEND_SYNTAX_PRINTERIMPL_H

#include "frontend/syntax/AST.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

namespace tessera::ast {

/// How tightly the forms of expressions bind, from the loosest. What binds less than its place asks for gets
/// parentheses.
enum Binding : unsigned {
  Any,
  Test, // conditional, lambda
  Or,
  And,
  Not,
  Comparing,
  BitOr,
  BitXor,
  BitAnd,
  Shift,
  Sum,
  Term,
  Unary,
  Power,
  Awaiting,
  Primary,
};

class Printer {
public:
  Printer(llvm::raw_ostream &os, unsigned indent) : os(os), indent(indent) {}

  void printBody(StmtList body);
  void printStmt(const Stmt *stmt);
  void print(const Expr *expr, unsigned binding = Binding::Test);

private:
  llvm::raw_ostream &line() { return os.indent(indent * 4); }
  template <typename List, typename Each> void commas(const List &list, Each each) {
    llvm::interleave(list, os, each, ", ");
  }

  // Expressions.
  void printBare(const Expr *expr);
  void printElement(const Expr *expr);
  void printList(llvm::StringRef open, ExprList list, llvm::StringRef close);
  void printBinOp(const BinOp *op);
  void printSubscript(const Subscript *subscript);
  void printSlice(const Slice *slice);
  void printArguments(ExprList args, llvm::ArrayRef<Keyword> keywords);
  void printParams(llvm::ArrayRef<Param> params);
  void printComprehension(const Comprehension *comprehension);
  void printDict(const Dict *dict);
  void printString(llvm::StringRef text, bool inFString, bool inSpec, bool bytes);
  void printPieces(const JoinedString *string, bool inSpec);

  // Patterns.
  void printPattern(const Pattern *pattern);
  void printMapping(const MatchMapping *mapping);
  void printClassPattern(const MatchClass *cls);

  // Statements.
  void block(StmtList body);
  void clause(llvm::StringRef head, StmtList body);
  void printDecorators(ExprList decorators);
  void printTypeParams(llvm::ArrayRef<TypeParam> params);
  void printAliases(llvm::ArrayRef<Alias> names);
  void printFunction(const FunctionDef *def);
  void printClass(const ClassDef *def);
  void printIf(const If *stmt);
  void printTry(const Try *stmt);
  void printMatch(const Match *stmt);
  void printWith(const With *stmt);
  void printSimple(const Stmt *stmt);

  llvm::raw_ostream &os;
  unsigned indent;
};

} // namespace tessera::ast

#endif // TESSERA_FRONTEND_SYNTAX_PRINTERIMPL_H
