//===- Walk.h - the parts of a syntax tree's node ----------------*- C++ -*-===//
//
// What every walk over a tree needs: the expressions in an expression, those a
// statement evaluates, and the blocks inside a statement.
//
//   void visit(const ast::Expr *expr) {
//     if (auto *name = llvm::dyn_cast<ast::Name>(expr)) ...
//     ast::forEachChild(expr, [&](const ast::Expr *child) { visit(child); });
//   }
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_SYNTAX_WALK_H
#define TESSERA_FRONTEND_SYNTAX_WALK_H

#include "frontend/syntax/AST.h"

#include "llvm/Support/Casting.h"

namespace tessera::ast {

/// Calls `visit` on every direct child expression; of lambdas and comprehensions on all that they read.
template <typename Visit> void forEachChild(const Expr *expr, Visit visit) {
  auto maybe = [&](const Expr *child) {
    if (child)
      visit(child);
  };
  auto list = [&](ExprList exprs) {
    for (const Expr *child : exprs)
      visit(child);
  };
  switch (expr->kind) {
  case ExprKind::JoinedString:
    return list(llvm::cast<JoinedString>(expr)->values);
  case ExprKind::FormattedValue:
    maybe(llvm::cast<FormattedValue>(expr)->value);
    return maybe(llvm::cast<FormattedValue>(expr)->format);
  case ExprKind::BoolOp:
    return list(llvm::cast<BoolOp>(expr)->values);
  case ExprKind::BinOp:
    visit(llvm::cast<BinOp>(expr)->left);
    return visit(llvm::cast<BinOp>(expr)->right);
  case ExprKind::UnaryOp:
    return visit(llvm::cast<UnaryOp>(expr)->operand);
  case ExprKind::Compare:
    visit(llvm::cast<Compare>(expr)->left);
    for (const Comparison &comparison : llvm::cast<Compare>(expr)->comparisons)
      visit(comparison.right);
    return;
  case ExprKind::IfExp:
    visit(llvm::cast<IfExp>(expr)->condition);
    visit(llvm::cast<IfExp>(expr)->thenValue);
    return visit(llvm::cast<IfExp>(expr)->elseValue);
  case ExprKind::Lambda:
    for (const Param &param : llvm::cast<Lambda>(expr)->params)
      maybe(param.defaultValue);
    return visit(llvm::cast<Lambda>(expr)->body);
  case ExprKind::Call:
    visit(llvm::cast<Call>(expr)->callee);
    list(llvm::cast<Call>(expr)->args);
    for (const Keyword &keyword : llvm::cast<Call>(expr)->keywords)
      visit(keyword.value);
    return;
  case ExprKind::Attribute:
    return visit(llvm::cast<Attribute>(expr)->value);
  case ExprKind::Subscript:
    visit(llvm::cast<Subscript>(expr)->value);
    return visit(llvm::cast<Subscript>(expr)->index);
  case ExprKind::Slice:
    maybe(llvm::cast<Slice>(expr)->lower);
    maybe(llvm::cast<Slice>(expr)->upper);
    return maybe(llvm::cast<Slice>(expr)->step);
  case ExprKind::Starred:
    return visit(llvm::cast<Starred>(expr)->value);
  case ExprKind::List:
    return list(llvm::cast<List>(expr)->elements);
  case ExprKind::Tuple:
    return list(llvm::cast<Tuple>(expr)->elements);
  case ExprKind::Set:
    return list(llvm::cast<Set>(expr)->elements);
  case ExprKind::Dict:
    for (const DictItem &item : llvm::cast<Dict>(expr)->items) {
      maybe(item.key);
      maybe(item.value);
    }
    return;
  case ExprKind::Comprehension: {
    auto *comprehension = llvm::cast<Comprehension>(expr);
    maybe(comprehension->element);
    maybe(comprehension->value);
    for (const Generator &generator : comprehension->generators) {
      visit(generator.iter);
      list(generator.conditions);
    }
    return;
  }
  case ExprKind::NamedExpr:
    return visit(llvm::cast<NamedExpr>(expr)->value);
  case ExprKind::Await:
    return visit(llvm::cast<Await>(expr)->value);
  case ExprKind::Yield:
    return maybe(llvm::cast<Yield>(expr)->value);
  default:
    return;
  }
}

/// Calls `visit` on every expression a statement evaluates itself: not those of statements inside it, nor annotations,
/// which are not evaluated in functions.
template <typename Visit> void forEachExpr(const Stmt *stmt, Visit visit) {
  auto maybe = [&](const Expr *child) {
    if (child)
      visit(child);
  };
  switch (stmt->kind) {
  case StmtKind::Return:
    return maybe(llvm::cast<Return>(stmt)->value);
  case StmtKind::ExprStmt:
    return visit(llvm::cast<ExprStmt>(stmt)->value);
  case StmtKind::Assign:
    visit(llvm::cast<Assign>(stmt)->value);
    for (const Expr *target : llvm::cast<Assign>(stmt)->targets)
      visit(target);
    return;
  case StmtKind::AugAssign:
    visit(llvm::cast<AugAssign>(stmt)->value);
    return visit(llvm::cast<AugAssign>(stmt)->target);
  case StmtKind::AnnAssign:
    maybe(llvm::cast<AnnAssign>(stmt)->value);
    return visit(llvm::cast<AnnAssign>(stmt)->target);
  case StmtKind::For:
    visit(llvm::cast<For>(stmt)->iter);
    return visit(llvm::cast<For>(stmt)->target);
  case StmtKind::While:
    return visit(llvm::cast<While>(stmt)->condition);
  case StmtKind::If:
    return visit(llvm::cast<If>(stmt)->condition);
  case StmtKind::With:
    for (const WithItem &item : llvm::cast<With>(stmt)->items) {
      visit(item.context);
      maybe(item.target);
    }
    return;
  case StmtKind::Match:
    visit(llvm::cast<Match>(stmt)->subject);
    for (const MatchCase &matchCase : llvm::cast<Match>(stmt)->cases)
      maybe(matchCase.guard);
    return;
  case StmtKind::Assert:
    visit(llvm::cast<Assert>(stmt)->condition);
    return maybe(llvm::cast<Assert>(stmt)->message);
  case StmtKind::Raise:
    return maybe(llvm::cast<Raise>(stmt)->exception);
  default:
    return;
  }
}

/// Calls `visit` on every block of statements inside a statement.
template <typename Visit> void forEachBlock(const Stmt *stmt, Visit visit) {
  switch (stmt->kind) {
  case StmtKind::For:
    visit(llvm::cast<For>(stmt)->body);
    return visit(llvm::cast<For>(stmt)->orElse);
  case StmtKind::While:
    visit(llvm::cast<While>(stmt)->body);
    return visit(llvm::cast<While>(stmt)->orElse);
  case StmtKind::If:
    visit(llvm::cast<If>(stmt)->body);
    return visit(llvm::cast<If>(stmt)->orElse);
  case StmtKind::With:
    return visit(llvm::cast<With>(stmt)->body);
  case StmtKind::Try:
    visit(llvm::cast<Try>(stmt)->body);
    for (const ExceptHandler &handler : llvm::cast<Try>(stmt)->handlers)
      visit(handler.body);
    visit(llvm::cast<Try>(stmt)->orElse);
    return visit(llvm::cast<Try>(stmt)->finalBody);
  case StmtKind::Match:
    for (const MatchCase &matchCase : llvm::cast<Match>(stmt)->cases)
      visit(matchCase.body);
    return;
  default:
    return;
  }
}

} // namespace tessera::ast

#endif // TESSERA_FRONTEND_SYNTAX_WALK_H
