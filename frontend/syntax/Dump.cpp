//===- Dump.cpp - syntax trees as trees -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Dump.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"

using namespace tessera;
using namespace tessera::ast;
using llvm::cast;
using llvm::raw_ostream;
using llvm::StringRef;

namespace {
class Dumper {
public:
  Dumper(raw_ostream &os, const DumpOptions &options) : os(os), options(options) {}

  void dumpBody(StmtList body);
  void dumpStmt(const Stmt *stmt);
  void dumpExpr(const Expr *expr);

private:
  raw_ostream &line() { return os.indent(indent * 2); }
  void endHeader(const Stmt *stmt);
  void dumpSection(StringRef title, StmtList body);
  void dumpExprs(ExprList list);
  void dumpOptional(StringRef title, const Expr *expr);
  void dumpKeywords(llvm::ArrayRef<Keyword> keywords);
  void dumpParam(const Param &param);
  void dumpTypeParams(llvm::ArrayRef<TypeParam> params);
  void dumpAliases(llvm::ArrayRef<Alias> names);
  void dumpFunction(const FunctionDef *def);
  void dumpClass(const ClassDef *def);
  void dumpTry(const Try *stmt);
  void dumpMatch(const Match *stmt);
  void dumpPattern(const Pattern *pattern);
  void dumpPatterns(PatternList patterns);
  void dumpLambda(const Lambda *lambda);
  void dumpComprehension(const Comprehension *comprehension);
  void dumpDict(const Dict *dict);
  void dumpCompare(const Compare *compare);
  void dumpString(StringRef prefix, StringRef value);
  void dumpField(const FormattedValue *field);

  raw_ostream &os;
  const DumpOptions &options;
  unsigned indent = 0;
};

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

/// Every element after a space.
void Dumper::dumpExprs(ExprList list) {
  for (const Expr *expr : list) {
    os << " ";
    dumpExpr(expr);
  }
}

void Dumper::dumpOptional(StringRef title, const Expr *expr) {
  if (!expr)
    return;
  os << title;
  dumpExpr(expr);
}

void Dumper::dumpString(StringRef prefix, StringRef value) {
  os << prefix << '"';
  llvm::printEscapedString(value, os);
  os << '"';
}

void Dumper::dumpKeywords(llvm::ArrayRef<Keyword> keywords) {
  for (const Keyword &keyword : keywords) {
    if (keyword.isUnpack())
      os << " **";
    else
      os << " " << keyword.name.text << "=";
    dumpExpr(keyword.value);
  }
}

void Dumper::dumpParam(const Param &param) {
  if (param.kind == ParamKind::VarPositional)
    os << "*";
  if (param.kind == ParamKind::VarKeyword)
    os << "**";
  os << param.name.text;
  dumpOptional(": ", param.annotation);
  dumpOptional(" = ", param.defaultValue);
  if (param.kind == ParamKind::PositionalOnly)
    os << " positional-only";
  if (param.kind == ParamKind::KeywordOnly)
    os << " keyword-only";
}

void Dumper::dumpLambda(const Lambda *lambda) {
  os << "(lambda (";
  llvm::interleave(lambda->params, os, [&](const Param &param) { dumpParam(param); }, ", ");
  os << ") ";
  dumpExpr(lambda->body);
  os << ")";
}

void Dumper::dumpComprehension(const Comprehension *comprehension) {
  static constexpr StringRef names[] = {"list", "set", "dict", "generator"};
  os << "(" << names[unsigned(comprehension->form)] << "-of ";
  dumpExpr(comprehension->element);
  dumpOptional(": ", comprehension->value);
  for (const Generator &generator : comprehension->generators) {
    os << (generator.isAsync ? " (async-for " : " (for ");
    dumpExpr(generator.target);
    os << " in ";
    dumpExpr(generator.iter);
    for (const Expr *condition : generator.conditions)
      dumpOptional(" if ", condition);
    os << ")";
  }
  os << ")";
}

void Dumper::dumpDict(const Dict *dict) {
  os << "(dict";
  for (const DictItem &item : dict->items) {
    os << (item.key ? " " : " **");
    if (item.key) {
      dumpExpr(item.key);
      os << ": ";
    }
    dumpExpr(item.value);
  }
  os << ")";
}

void Dumper::dumpCompare(const Compare *compare) {
  os << "(compare ";
  dumpExpr(compare->left);
  for (const Comparison &comparison : compare->comparisons) {
    os << " " << getSpelling(comparison.op) << " ";
    dumpExpr(comparison.right);
  }
  os << ")";
}

void Dumper::dumpField(const FormattedValue *field) {
  os << "(format ";
  dumpExpr(field->value);
  if (field->conversion)
    os << " !" << field->conversion;
  dumpOptional(" ", field->format);
  os << ")";
}

void Dumper::dumpExpr(const Expr *expr) {
  auto withList = [&](StringRef head, ExprList list) {
    os << "(" << head;
    dumpExprs(list);
    os << ")";
  };
  switch (expr->kind) {
  case ExprKind::Name:
    os << cast<Name>(expr)->id;
    return;
  case ExprKind::IntLiteral: {
    const auto *literal = cast<IntLiteral>(expr);
    if (literal->fits)
      os << literal->value;
    else
      os << literal->spelling;
    return;
  }
  case ExprKind::FloatLiteral:
    os << cast<FloatLiteral>(expr)->spelling;
    return;
  case ExprKind::ImaginaryLiteral:
    os << cast<ImaginaryLiteral>(expr)->spelling;
    return;
  case ExprKind::StringLiteral:
    return dumpString("", cast<StringLiteral>(expr)->value);
  case ExprKind::BytesLiteral:
    return dumpString("b", cast<BytesLiteral>(expr)->value);
  case ExprKind::BoolLiteral:
    os << (cast<BoolLiteral>(expr)->value ? "True" : "False");
    return;
  case ExprKind::NoneLiteral:
    os << "None";
    return;
  case ExprKind::EllipsisLiteral:
    os << "...";
    return;
  case ExprKind::JoinedString: {
    const auto *string = cast<JoinedString>(expr);
    return withList(string->isTemplate ? "t-string" : "f-string", string->values);
  }
  case ExprKind::FormattedValue:
    return dumpField(cast<FormattedValue>(expr));
  case ExprKind::BoolOp: {
    const auto *op = cast<BoolOp>(expr);
    return withList(op->isAnd ? "and" : "or", op->values);
  }
  case ExprKind::BinOp: {
    const auto *op = cast<BinOp>(expr);
    return withList(getSpelling(op->op), {op->left, op->right});
  }
  case ExprKind::UnaryOp: {
    const auto *op = cast<UnaryOp>(expr);
    return withList(getSpelling(op->op), {op->operand});
  }
  case ExprKind::Compare:
    return dumpCompare(cast<Compare>(expr));
  case ExprKind::IfExp: {
    const auto *op = cast<IfExp>(expr);
    return withList("if", {op->condition, op->thenValue, op->elseValue});
  }
  case ExprKind::Lambda:
    return dumpLambda(cast<Lambda>(expr));
  case ExprKind::Call: {
    const auto *call = cast<Call>(expr);
    os << "(call ";
    dumpExpr(call->callee);
    dumpExprs(call->args);
    dumpKeywords(call->keywords);
    os << ")";
    return;
  }
  case ExprKind::Attribute: {
    const auto *attribute = cast<Attribute>(expr);
    std::string name = getDottedName(attribute);
    if (!name.empty()) {
      os << name;
      return;
    }
    os << "(. ";
    dumpExpr(attribute->value);
    os << " " << attribute->attr.text << ")";
    return;
  }
  case ExprKind::Subscript: {
    const auto *subscript = cast<Subscript>(expr);
    return withList("index", {subscript->value, subscript->index});
  }
  case ExprKind::Slice: {
    const auto *slice = cast<Slice>(expr);
    os << "(slice";
    for (const Expr *part : {slice->lower, slice->upper, slice->step}) {
      os << " ";
      if (part)
        dumpExpr(part);
      else
        os << "_";
    }
    os << ")";
    return;
  }
  case ExprKind::Starred:
    os << "*";
    return dumpExpr(cast<Starred>(expr)->value);
  case ExprKind::List:
    return withList("list", cast<List>(expr)->elements);
  case ExprKind::Tuple:
    return withList("tuple", cast<Tuple>(expr)->elements);
  case ExprKind::Set:
    return withList("set", cast<Set>(expr)->elements);
  case ExprKind::Dict:
    return dumpDict(cast<Dict>(expr));
  case ExprKind::Comprehension:
    return dumpComprehension(cast<Comprehension>(expr));
  case ExprKind::NamedExpr: {
    const auto *named = cast<NamedExpr>(expr);
    return withList(":=", {named->target, named->value});
  }
  case ExprKind::Await:
    return withList("await", {cast<Await>(expr)->value});
  case ExprKind::Yield: {
    const auto *yield = cast<Yield>(expr);
    os << (yield->isFrom ? "(yield-from" : "(yield");
    dumpOptional(" ", yield->value);
    os << ")";
    return;
  }
  }
  llvm_unreachable("all kinds are listed");
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

void Dumper::dumpPatterns(PatternList patterns) {
  for (const Pattern *pattern : patterns) {
    os << " ";
    dumpPattern(pattern);
  }
}

void Dumper::dumpPattern(const Pattern *pattern) {
  switch (pattern->kind) {
  case PatternKind::MatchValue:
    return dumpExpr(cast<MatchValue>(pattern)->value);
  case PatternKind::MatchSingleton:
    return dumpExpr(cast<MatchSingleton>(pattern)->value);
  case PatternKind::MatchSequence:
    os << "(sequence";
    dumpPatterns(cast<MatchSequence>(pattern)->patterns);
    os << ")";
    return;
  case PatternKind::MatchMapping: {
    const auto *mapping = cast<MatchMapping>(pattern);
    os << "(mapping";
    for (size_t i = 0; i < mapping->keys.size(); ++i) {
      os << " ";
      dumpExpr(mapping->keys[i]);
      os << ": ";
      dumpPattern(mapping->patterns[i]);
    }
    if (!mapping->rest.text.empty())
      os << " **" << mapping->rest.text;
    os << ")";
    return;
  }
  case PatternKind::MatchClass: {
    const auto *cls = cast<MatchClass>(pattern);
    os << "(class ";
    dumpExpr(cls->cls);
    dumpPatterns(cls->patterns);
    for (size_t i = 0; i < cls->keywordNames.size(); ++i) {
      os << " " << cls->keywordNames[i].text << "=";
      dumpPattern(cls->keywordPatterns[i]);
    }
    os << ")";
    return;
  }
  case PatternKind::MatchStar: {
    StringRef name = cast<MatchStar>(pattern)->name.text;
    os << "*" << (name.empty() ? "_" : name);
    return;
  }
  case PatternKind::MatchAs: {
    const auto *as = cast<MatchAs>(pattern);
    if (!as->pattern) {
      os << "(bind " << (as->name.text.empty() ? "_" : as->name.text) << ")";
      return;
    }
    os << "(as ";
    dumpPattern(as->pattern);
    os << " " << as->name.text << ")";
    return;
  }
  case PatternKind::MatchOr:
    os << "(or";
    dumpPatterns(cast<MatchOr>(pattern)->patterns);
    os << ")";
    return;
  }
  llvm_unreachable("all kinds are listed");
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

void Dumper::endHeader(const Stmt *stmt) {
  if (options.sources) {
    LineColumn place = options.sources->getLineColumn(stmt->getLoc());
    os << "  @" << place.line << ":" << place.column;
  }
  os << "\n";
}

void Dumper::dumpBody(StmtList body) {
  ++indent;
  for (const Stmt *stmt : body)
    dumpStmt(stmt);
  --indent;
}

void Dumper::dumpSection(StringRef title, StmtList body) {
  if (body.empty())
    return;
  line() << title << "\n";
  dumpBody(body);
}

void Dumper::dumpTypeParams(llvm::ArrayRef<TypeParam> params) {
  for (const TypeParam &param : params) {
    line() << "type-param ";
    if (param.kind == TypeParam::Kind::TypeVarTuple)
      os << "*";
    if (param.kind == TypeParam::Kind::ParamSpec)
      os << "**";
    os << param.name.text;
    dumpOptional(": ", param.bound);
    dumpOptional(" = ", param.defaultValue);
    os << "\n";
  }
}

void Dumper::dumpFunction(const FunctionDef *def) {
  static constexpr StringRef roles[] = {"", " device", " constexpr"};
  line() << (def->isAsync ? "async-function " : "function ") << def->name.text << roles[unsigned(def->role)]
         << (def->hasErrors ? " with-errors" : "");
  endHeader(def);
  ++indent;
  for (const Expr *decorator : def->decorators) {
    line() << "decorator ";
    dumpExpr(decorator);
    os << "\n";
  }
  dumpTypeParams(def->typeParams);
  for (const Param &param : def->params) {
    line() << "param ";
    dumpParam(param);
    os << "\n";
  }
  if (def->returnType) {
    line() << "returns ";
    dumpExpr(def->returnType);
    os << "\n";
  }
  line() << "body\n";
  dumpBody(def->body);
  --indent;
}

void Dumper::dumpClass(const ClassDef *def) {
  line() << "class " << def->name.text;
  dumpExprs(def->bases);
  dumpKeywords(def->keywords);
  endHeader(def);
  ++indent;
  for (const Expr *decorator : def->decorators) {
    line() << "decorator ";
    dumpExpr(decorator);
    os << "\n";
  }
  dumpTypeParams(def->typeParams);
  line() << "body\n";
  dumpBody(def->body);
  --indent;
}

void Dumper::dumpTry(const Try *stmt) {
  line() << "try";
  endHeader(stmt);
  dumpBody(stmt->body);
  for (const ExceptHandler &handler : stmt->handlers) {
    line() << (handler.isStar ? "except*" : "except");
    dumpOptional(" ", handler.type);
    if (!handler.name.text.empty())
      os << " as " << handler.name.text;
    os << "\n";
    dumpBody(handler.body);
  }
  dumpSection("else", stmt->orElse);
  dumpSection("finally", stmt->finalBody);
}

void Dumper::dumpMatch(const Match *stmt) {
  line() << "match ";
  dumpExpr(stmt->subject);
  endHeader(stmt);
  ++indent;
  for (const MatchCase &matchCase : stmt->cases) {
    line() << "case ";
    dumpPattern(matchCase.pattern);
    dumpOptional(" if ", matchCase.guard);
    os << "\n";
    dumpBody(matchCase.body);
  }
  --indent;
}

void Dumper::dumpAliases(llvm::ArrayRef<Alias> names) {
  for (const Alias &alias : names) {
    os << " " << alias.name.text;
    if (!alias.asName.text.empty())
      os << " as " << alias.asName.text;
  }
}

void Dumper::dumpStmt(const Stmt *stmt) {
  auto names = [&](StringRef head, llvm::ArrayRef<Identifier> list) {
    line() << head;
    for (const Identifier &name : list)
      os << " " << name.text;
  };
  switch (stmt->kind) {
  case StmtKind::FunctionDef:
    return dumpFunction(cast<FunctionDef>(stmt));
  case StmtKind::ClassDef:
    return dumpClass(cast<ClassDef>(stmt));
  case StmtKind::Try:
    return dumpTry(cast<Try>(stmt));
  case StmtKind::Match:
    return dumpMatch(cast<Match>(stmt));
  case StmtKind::Return:
    line() << "return";
    dumpOptional(" ", cast<Return>(stmt)->value);
    break;
  case StmtKind::ExprStmt:
    line() << "expr ";
    dumpExpr(cast<ExprStmt>(stmt)->value);
    break;
  case StmtKind::Assign: {
    const auto *assign = cast<Assign>(stmt);
    line() << "assign";
    for (const Expr *target : assign->targets) {
      os << " ";
      dumpExpr(target);
      os << " =";
    }
    dumpOptional(" ", assign->value);
    break;
  }
  case StmtKind::AugAssign: {
    const auto *assign = cast<AugAssign>(stmt);
    line() << "assign ";
    dumpExpr(assign->target);
    os << " " << getSpelling(assign->op) << "= ";
    dumpExpr(assign->value);
    break;
  }
  case StmtKind::AnnAssign: {
    const auto *assign = cast<AnnAssign>(stmt);
    line() << "declare ";
    dumpExpr(assign->target);
    dumpOptional(": ", assign->annotation);
    dumpOptional(" = ", assign->value);
    break;
  }
  case StmtKind::For: {
    const auto *loop = cast<For>(stmt);
    line() << (loop->isAsync ? "async-for " : "for ");
    dumpExpr(loop->target);
    dumpOptional(" in ", loop->iter);
    endHeader(stmt);
    dumpBody(loop->body);
    return dumpSection("else", loop->orElse);
  }
  case StmtKind::While: {
    const auto *loop = cast<While>(stmt);
    line() << "while ";
    dumpExpr(loop->condition);
    endHeader(stmt);
    dumpBody(loop->body);
    return dumpSection("else", loop->orElse);
  }
  case StmtKind::If: {
    const auto *branch = cast<If>(stmt);
    line() << (branch->isElif ? "elif " : "if ");
    dumpExpr(branch->condition);
    endHeader(stmt);
    dumpBody(branch->body);
    if (branch->orElse.size() == 1)
      if (const auto *next = llvm::dyn_cast<If>(branch->orElse[0]); next && next->isElif)
        return dumpStmt(next);
    return dumpSection("else", branch->orElse);
  }
  case StmtKind::With: {
    const auto *with = cast<With>(stmt);
    line() << (with->isAsync ? "async-with" : "with");
    for (const WithItem &item : with->items) {
      os << " ";
      dumpExpr(item.context);
      dumpOptional(" as ", item.target);
    }
    endHeader(stmt);
    return dumpBody(with->body);
  }
  case StmtKind::Break:
    line() << "break";
    break;
  case StmtKind::Continue:
    line() << "continue";
    break;
  case StmtKind::Pass:
    line() << "pass";
    break;
  case StmtKind::Assert:
    line() << "assert ";
    dumpExpr(cast<Assert>(stmt)->condition);
    dumpOptional(", ", cast<Assert>(stmt)->message);
    break;
  case StmtKind::Raise:
    line() << "raise";
    dumpOptional(" ", cast<Raise>(stmt)->exception);
    dumpOptional(" from ", cast<Raise>(stmt)->cause);
    break;
  case StmtKind::Delete:
    line() << "delete";
    dumpExprs(cast<Delete>(stmt)->targets);
    break;
  case StmtKind::Global:
    names("global", cast<Global>(stmt)->names);
    break;
  case StmtKind::Nonlocal:
    names("nonlocal", cast<Nonlocal>(stmt)->names);
    break;
  case StmtKind::Import:
    line() << "import";
    dumpAliases(cast<Import>(stmt)->names);
    break;
  case StmtKind::ImportFrom: {
    const auto *import = cast<ImportFrom>(stmt);
    line() << "from " << std::string(import->level, '.') << import->module.text << " import";
    dumpAliases(import->names);
    break;
  }
  case StmtKind::TypeAlias: {
    const auto *alias = cast<TypeAlias>(stmt);
    line() << "type " << alias->name.text;
    dumpOptional(" = ", alias->value);
    endHeader(stmt);
    ++indent;
    dumpTypeParams(alias->typeParams);
    --indent;
    return;
  }
  }
  endHeader(stmt);
}
} // namespace

void tessera::dump(raw_ostream &os, const ast::Module &module, const DumpOptions &options) {
  os << "module\n";
  Dumper(os, options).dumpBody(module.body);
}

void tessera::dump(raw_ostream &os, const ast::Stmt *stmt, const DumpOptions &options) {
  Dumper(os, options).dumpStmt(stmt);
}

void tessera::dump(raw_ostream &os, const ast::Expr *expr) { Dumper(os, DumpOptions()).dumpExpr(expr); }
