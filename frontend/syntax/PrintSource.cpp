//===- PrintSource.cpp - syntax trees as source text ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Dump.h"
#include "frontend/syntax/PrinterImpl.h"

#include "llvm/Support/ErrorHandling.h"

using namespace tessera;
using namespace tessera::ast;
using llvm::cast;
using llvm::dyn_cast;
using llvm::isa;
using llvm::StringRef;

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

void Printer::printBody(StmtList body) {
  for (const Stmt *stmt : body)
    printStmt(stmt);
}

/// After a header: `:` and the indented block.
void Printer::block(StmtList body) {
  os << ":\n";
  ++indent;
  if (body.empty()) // its statements could not be read
    line() << "pass\n";
  printBody(body);
  --indent;
}

void Printer::clause(StringRef head, StmtList body) {
  if (body.empty())
    return;
  line() << head;
  block(body);
}

void Printer::printDecorators(ExprList decorators) {
  for (const Expr *decorator : decorators) {
    line() << "@";
    print(decorator);
    os << "\n";
  }
}

void Printer::printTypeParams(llvm::ArrayRef<TypeParam> params) {
  if (params.empty())
    return;
  os << "[";
  commas(params, [&](const TypeParam &param) {
    os << (param.kind == TypeParam::Kind::TypeVar        ? ""
           : param.kind == TypeParam::Kind::TypeVarTuple ? "*"
                                                         : "**")
       << param.name.text;
    if (param.bound) {
      os << ": ";
      print(param.bound);
    }
    if (param.defaultValue) {
      os << " = ";
      printElement(param.defaultValue);
    }
  });
  os << "]";
}

void Printer::printFunction(const FunctionDef *def) {
  printDecorators(def->decorators);
  line() << (def->isAsync ? "async def " : "def ") << def->name.text;
  printTypeParams(def->typeParams);
  os << "(";
  printParams(def->params);
  os << ")";
  if (def->returnType) {
    os << " -> ";
    print(def->returnType);
  }
  block(def->body);
}

void Printer::printClass(const ClassDef *def) {
  printDecorators(def->decorators);
  line() << "class " << def->name.text;
  printTypeParams(def->typeParams);
  if (!def->bases.empty() || !def->keywords.empty())
    printArguments(def->bases, def->keywords);
  block(def->body);
}

void Printer::printIf(const If *stmt) {
  line() << (stmt->isElif ? "elif " : "if ");
  print(stmt->condition);
  block(stmt->body);
  if (stmt->orElse.size() == 1)
    if (const auto *next = dyn_cast<If>(stmt->orElse[0]); next && next->isElif)
      return printIf(next);
  clause("else", stmt->orElse);
}

void Printer::printTry(const Try *stmt) {
  line() << "try";
  block(stmt->body);
  for (const ExceptHandler &handler : stmt->handlers) {
    line() << (handler.isStar ? "except*" : "except");
    if (handler.type) {
      os << " ";
      print(handler.type);
    }
    if (!handler.name.text.empty())
      os << " as " << handler.name.text;
    block(handler.body);
  }
  clause("else", stmt->orElse);
  clause("finally", stmt->finalBody);
}

void Printer::printMatch(const Match *stmt) {
  line() << "match ";
  print(stmt->subject);
  os << ":\n";
  ++indent;
  for (const MatchCase &matchCase : stmt->cases) {
    line() << "case ";
    printPattern(matchCase.pattern);
    if (matchCase.guard) {
      os << " if ";
      print(matchCase.guard);
    }
    block(matchCase.body);
  }
  --indent;
}

void Printer::printWith(const With *stmt) {
  line() << (stmt->isAsync ? "async with " : "with ");
  commas(stmt->items, [&](const WithItem &item) {
    bool tuple = isa<Tuple>(item.context); // `with (a, b):` would be two items
    os << (tuple ? "(" : "");
    print(item.context);
    os << (tuple ? ")" : "");
    if (item.target) {
      os << " as ";
      print(item.target);
    }
  });
  block(stmt->body);
}

void Printer::printAliases(llvm::ArrayRef<Alias> names) {
  commas(names, [&](const Alias &alias) {
    os << alias.name.text;
    if (!alias.asName.text.empty())
      os << " as " << alias.asName.text;
  });
}

void Printer::printSimple(const Stmt *stmt) {
  auto names = [&](StringRef head, llvm::ArrayRef<Identifier> list) {
    os << head << " ";
    commas(list, [&](const Identifier &name) { os << name.text; });
  };
  auto optional = [&](StringRef before, const Expr *expr) {
    if (!expr)
      return;
    os << before;
    printElement(expr);
  };
  switch (stmt->kind) {
  case StmtKind::Return:
    os << "return";
    return optional(" ", cast<Return>(stmt)->value);
  case StmtKind::ExprStmt:
    return print(cast<ExprStmt>(stmt)->value);
  case StmtKind::Assign:
    for (const Expr *target : cast<Assign>(stmt)->targets) {
      print(target);
      os << " = ";
    }
    return print(cast<Assign>(stmt)->value);
  case StmtKind::AugAssign: {
    const auto *assign = cast<AugAssign>(stmt);
    print(assign->target);
    os << " " << getSpelling(assign->op) << "= ";
    return print(assign->value);
  }
  case StmtKind::AnnAssign: {
    const auto *assign = cast<AnnAssign>(stmt);
    print(assign->target);
    optional(": ", assign->annotation);
    return optional(" = ", assign->value);
  }
  case StmtKind::Break:
    os << "break";
    return;
  case StmtKind::Continue:
    os << "continue";
    return;
  case StmtKind::Pass:
    os << "pass";
    return;
  case StmtKind::Assert:
    os << "assert ";
    print(cast<Assert>(stmt)->condition);
    return optional(", ", cast<Assert>(stmt)->message);
  case StmtKind::Raise:
    os << "raise";
    optional(" ", cast<Raise>(stmt)->exception);
    return optional(" from ", cast<Raise>(stmt)->cause);
  case StmtKind::Delete:
    os << "del ";
    commas(cast<Delete>(stmt)->targets, [&](const Expr *target) { print(target); });
    return;
  case StmtKind::Global:
    return names("global", cast<Global>(stmt)->names);
  case StmtKind::Nonlocal:
    return names("nonlocal", cast<Nonlocal>(stmt)->names);
  case StmtKind::Import:
    os << "import ";
    return printAliases(cast<Import>(stmt)->names);
  case StmtKind::ImportFrom: {
    const auto *import = cast<ImportFrom>(stmt);
    os << "from " << std::string(import->level, '.') << import->module.text << " import ";
    return printAliases(import->names);
  }
  case StmtKind::TypeAlias: {
    const auto *alias = cast<TypeAlias>(stmt);
    os << "type " << alias->name.text;
    printTypeParams(alias->typeParams);
    return optional(" = ", alias->value);
  }
  default:
    llvm_unreachable("compound statements are printed by printStmt");
  }
}

void Printer::printStmt(const Stmt *stmt) {
  switch (stmt->kind) {
  case StmtKind::FunctionDef:
    return printFunction(cast<FunctionDef>(stmt));
  case StmtKind::ClassDef:
    return printClass(cast<ClassDef>(stmt));
  case StmtKind::If:
    return printIf(cast<If>(stmt));
  case StmtKind::Try:
    return printTry(cast<Try>(stmt));
  case StmtKind::Match:
    return printMatch(cast<Match>(stmt));
  case StmtKind::With:
    return printWith(cast<With>(stmt));
  case StmtKind::For: {
    const auto *loop = cast<For>(stmt);
    line() << (loop->isAsync ? "async for " : "for ");
    print(loop->target);
    os << " in ";
    print(loop->iter);
    block(loop->body);
    return clause("else", loop->orElse);
  }
  case StmtKind::While: {
    const auto *loop = cast<While>(stmt);
    line() << "while ";
    print(loop->condition);
    block(loop->body);
    return clause("else", loop->orElse);
  }
  default:
    line();
    printSimple(stmt);
    os << "\n";
  }
}
void tessera::printSource(llvm::raw_ostream &os, const ast::Module &module) { Printer(os, 0).printBody(module.body); }

void tessera::printSource(llvm::raw_ostream &os, const ast::Stmt *stmt, unsigned indent) {
  Printer(os, indent).printStmt(stmt);
}

std::string tessera::toSource(const ast::Expr *expr) {
  std::string text;
  llvm::raw_string_ostream os(text);
  Printer(os, 0).print(expr);
  return text;
}
