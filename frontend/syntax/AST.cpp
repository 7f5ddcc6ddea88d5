//===- AST.cpp - the syntax tree of a `.tile` or `.py` file -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/AST.h"

#include "llvm/Support/ErrorHandling.h"

using namespace tessera;
using namespace tessera::ast;
using llvm::cast;
using llvm::dyn_cast;
using llvm::StringRef;

#define TESSERA_AST_NAME(name)                                                                                         \
  case decltype(kind)::name:                                                                                           \
    return #name;

StringRef ast::getKindName(ExprKind kind) {
  switch (kind) { TESSERA_AST_EXPRS(TESSERA_AST_NAME) }
  llvm_unreachable("all kinds are listed");
}

StringRef ast::getKindName(StmtKind kind) {
  switch (kind) { TESSERA_AST_STMTS(TESSERA_AST_NAME) }
  llvm_unreachable("all kinds are listed");
}

StringRef ast::getKindName(PatternKind kind) {
  switch (kind) { TESSERA_AST_PATTERNS(TESSERA_AST_NAME) }
  llvm_unreachable("all kinds are listed");
}

#undef TESSERA_AST_NAME

StringRef ast::getSpelling(BinaryOp op) {
  static constexpr StringRef spellings[] = {"+", "-", "*", "@", "/", "//", "%", "**", "<<", ">>", "&", "|", "^"};
  return spellings[unsigned(op)];
}

StringRef ast::getSpelling(UnaryOperator op) {
  static constexpr StringRef spellings[] = {"+", "-", "~", "not"};
  return spellings[unsigned(op)];
}

StringRef ast::getSpelling(CompareOp op) {
  static constexpr StringRef spellings[] = {"==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"};
  return spellings[unsigned(op)];
}

SourceLoc Expr::getLoc() const {
  switch (kind) {
  case ExprKind::BoolOp:
    return cast<BoolOp>(this)->opRange.begin;
  case ExprKind::BinOp:
    return cast<BinOp>(this)->opRange.begin;
  case ExprKind::Compare:
    return cast<Compare>(this)->comparisons.front().opRange.begin;
  case ExprKind::Attribute:
    return cast<Attribute>(this)->attr.range.begin;
  case ExprKind::Call:
    return cast<Call>(this)->callee->getLoc();
  default:
    return range.begin;
  }
}

SourceLoc Stmt::getLoc() const {
  switch (kind) {
  case StmtKind::FunctionDef:
    return cast<FunctionDef>(this)->name.range.begin;
  case StmtKind::ClassDef:
    return cast<ClassDef>(this)->name.range.begin;
  case StmtKind::ExprStmt:
    return cast<ExprStmt>(this)->value->getLoc();
  case StmtKind::AugAssign:
    return cast<AugAssign>(this)->opRange.begin;
  default:
    return range.begin;
  }
}

const Param *FunctionDef::findParam(StringRef paramName) const {
  for (const Param &param : params)
    if (param.name.text == paramName)
      return &param;
  return nullptr;
}

std::string ast::getDottedName(const Expr *expr) {
  llvm::SmallVector<StringRef, 4> parts;
  while (const auto *attribute = dyn_cast<Attribute>(expr)) {
    parts.push_back(attribute->attr.text);
    expr = attribute->value;
  }
  const auto *name = dyn_cast<Name>(expr);
  if (!name)
    return {};
  std::string result = name->id.str();
  for (StringRef part : llvm::reverse(parts)) {
    result += '.';
    result += part;
  }
  return result;
}
