//===- ParseStatements.cpp - statements of one line -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/ParserImpl.h"

#include "llvm/Support/SaveAndRestore.h"

using namespace tessera;
using namespace tessera::ast;
using llvm::dyn_cast;
using llvm::isa;
using llvm::SmallVector;
using llvm::SmallVectorImpl;
using llvm::StringRef;
using llvm::Twine;

/// Does a statement of this kind say something about the names of a module?
static bool bindsNames(const Stmt *stmt) {
  return isa<Import, ImportFrom, Assign, AnnAssign, AugAssign, FunctionDef, ClassDef, TypeAlias>(stmt);
}

void Parser::parseModule() {
  SmallVector<Stmt *> body;
  while (!at(TokenKind::EndOfFile)) {
    parseStatementOrRecover(body);
    tokens.erase(tokens.begin(), tokens.begin() + index);
    index = 0;
  }
  advance(); // for what the lexer has to say about the end
  Module module;
  module.file = file;
  module.body = copy(body);
  builder.setModule(module);
}

void Parser::parseStatementOrRecover(SmallVectorImpl<Stmt *> &out) {
  uint32_t outerBegin = statementBegin;
  openBrackets.clear();
  missingComma = recovered = false;
  if (at(TokenKind::Indent)) {
    Token indent = advance();
    statementBegin = indent.end;
    if (!previousFailed)
      error(loc(indent.end), "unexpected indentation by " + Twine(lexer.getIndentation(indent.end)) +
                                 " columns: no block begins before this line")
          .range(range(indent));
    while (!peek().isAny(TokenKind::Dedent, TokenKind::EndOfFile))
      parseStatementOrRecover(out);
    consumeIf(TokenKind::Dedent);
    statementBegin = outerBegin;
    return;
  }
  if (consumeIf(TokenKind::Dedent)) // of an indentation that was reported
    return;
  size_t firstNew = out.size();
  uint32_t begin = statementBegin = peek().begin;
  bool good = parseStatement(out);
  if (!good && !recovered) {
    resync();
    if (at(TokenKind::Indent)) { // the block of a statement that could not be read
      advance();
      llvm::SaveAndRestore saveLoops(loopDepth, loopDepth + 1); // for all that is known
      llvm::SaveAndRestore saveFunctions(functionDepth, functionDepth + 1);
      SmallVector<Stmt *> lost;
      while (!peek().isAny(TokenKind::Dedent, TokenKind::EndOfFile))
        parseStatementOrRecover(lost);
      consumeIf(TokenKind::Dedent);
    }
  }
  recovered = false;
  previousFailed = !good;
  if (peek().begin == begin && !peek().isAny(TokenKind::Dedent, TokenKind::EndOfFile))
    advance();
  statementBegin = outerBegin;
  if (region != Region::Module || !parents.empty())
    return;
  for (size_t i = firstNew; i < out.size(); ++i) {
    rememberImport(out[i]);
    if (bindsNames(out[i]))
      builder.addItem({out[i], moduleBlockDepth != 0});
  }
}

bool Parser::parseStatement(SmallVectorImpl<Stmt *> &out) {
  using enum TokenKind;
  Token first = peek();
  if (first.isKeyword() && !first.isAny(KwNone, KwTrue, KwFalse) && peek(1).is(Equal)) {
    error(loc(first), "cannot assign to '" + text(first) + "', which is a keyword").range(range(first));
    return false;
  }
  if (!first.isAny(KwIf, KwWhile, KwFor, KwWith, KwTry, KwDef, KwClass, KwAsync, At, KwElse, KwElif, KwExcept,
                   KwFinally) &&
      !atMatch())
    return parseSimpleStatements(out);
  Stmt *stmt = parseCompound();
  if (stmt)
    out.push_back(stmt);
  return stmt != nullptr;
}

Stmt *Parser::parseCompound() {
  uint32_t begin = peek().begin;
  switch (peek().kind) {
  case TokenKind::KwIf:
    return parseIf();
  case TokenKind::KwWhile:
    return parseWhile();
  case TokenKind::KwFor:
    return parseFor(begin, /*isAsync=*/false);
  case TokenKind::KwWith:
    return parseWith(begin, /*isAsync=*/false);
  case TokenKind::KwTry:
    return parseTry();
  case TokenKind::KwDef:
    return parseFunction(begin, {}, /*isAsync=*/false, /*failed=*/false);
  case TokenKind::KwClass:
    return parseClass(begin, {}, /*failed=*/false);
  case TokenKind::KwAsync:
    return parseAsync();
  case TokenKind::At:
    return parseDecorated();
  case TokenKind::Name:
    return parseMatch();
  default:
    return failOrphan();
  }
}

/// `else` and its likes where no statement has use for them.
std::nullptr_t Parser::failOrphan() {
  Token token = advance();
  StringRef of = token.is(TokenKind::KwElif)   ? "'if'"
                 : token.is(TokenKind::KwElse) ? "'if', 'for', 'while' or 'try'"
                                               : "'try'";
  if (!previousFailed)
    error(loc(token), "'" + text(token) + "' without a matching " + of + " at the same indentation");
  StmtList body;
  parseBlock(token, "", /*headerIsGood=*/false, body);
  recovered = true;
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Lines of simple statements
//===----------------------------------------------------------------------===//

bool Parser::parseSimpleStatements(SmallVectorImpl<Stmt *> &out) {
  do {
    if (at(TokenKind::Newline))
      break;
    Stmt *stmt = parseSimple();
    if (!stmt)
      return false;
    out.push_back(stmt);
    if (!peek().isAny(TokenKind::Semicolon, TokenKind::Newline)) {
      out.pop_back();
      return failStatementEnd(stmt);
    }
  } while (consumeIf(TokenKind::Semicolon));
  advance();
  return true;
}

/// Are these the same but for two neighbouring letters that have changed places?
static bool isTransposition(StringRef a, StringRef b) {
  if (a.size() != b.size())
    return false;
  size_t i = 0;
  while (i < a.size() && a[i] == b[i])
    ++i;
  return i + 1 < a.size() && a[i] == b[i + 1] && a[i + 1] == b[i] && a.drop_front(i + 2) == b.drop_front(i + 2);
}

/// Of a statement that is nothing but a name, with something after it: was it to be a keyword?
bool Parser::failMisspelled(const Expr *expr) {
  const auto *name = dyn_cast<Name>(expr);
  if (!name || name->id.size() < 2)
    return false;
  StringRef nearest;
  unsigned distance = name->id.size() < 4 ? 2 : 3; // fewer edits than this
  for (StringRef keyword :
       {"assert", "break",  "class", "continue", "def",  "del",   "elif",   "else", "except", "finally", "for",
        "from",   "global", "if",    "import",   "pass", "raise", "return", "try",  "while",  "with"}) {
    if (name->id == keyword)
      continue;
    if (isTransposition(name->id, keyword)) {
      nearest = keyword;
      break;
    }
    unsigned found = name->id.edit_distance(keyword, /*AllowReplacements=*/true, distance);
    if (found < distance && found < keyword.size()) {
      nearest = keyword;
      distance = found;
    }
  }
  if (name->id == "elseif" || name->id == "elsif")
    nearest = "elif";
  if (name->id == "function" || name->id == "func" || name->id == "fn")
    nearest = "def";
  if (nearest.empty())
    return false;
  error(name->getLoc(), "unknown statement '" + name->id + "': did you mean '" + nearest + "'")
      .fixItReplace(name->range, nearest);
  return true;
}

/// Something follows the statement where it should end. Always false.
bool Parser::failStatementEnd(const Stmt *stmt) {
  Token token = peek();
  if (token.is(TokenKind::Error)) {
    if (text(token) == "?")
      tokens[index].hasDiagnostics = false,
      error(loc(token), "'?' is not an operator: a conditional expression is written 'a if condition else b'");
    advance();
    return false;
  }
  if (isClosingBracket(token.kind)) {
    error(loc(token), "unmatched '" + text(token) + "'");
    return false;
  }
  if (token.is(TokenKind::ColonEqual)) {
    error(loc(token), "':=' is not allowed as a statement: expected '='").fixItReplace(range(token), "=");
    return false;
  }
  if (const auto *expr = dyn_cast<ExprStmt>(stmt)) {
    const auto *name = dyn_cast<Name>(expr->value);
    if (name && name->id == "print" && canBeginExpr(token)) {
      error(name->getLoc(), "'print' is a function: expected '(' after it")
          .fixItReplace({name->range.end, loc(token)}, "(");
      return false;
    }
    if ((canBeginExpr(token) || token.is(TokenKind::Colon) || token.isKeyword()) && failMisspelled(expr->value))
      return false;
  }
  failExpected("the end of the statement");
  return false;
}

Stmt *Parser::parseSimple() {
  using enum TokenKind;
  switch (peek().kind) {
  case KwReturn:
    return parseReturn();
  case KwPass:
    return make<Pass>(range(advance()));
  case KwBreak:
    return parseLoopControl<Break>();
  case KwContinue:
    return parseLoopControl<Continue>();
  case KwAssert:
    return parseAssert();
  case KwRaise:
    return parseRaise();
  case KwDel:
    return parseDelete();
  case KwGlobal:
    return parseNames<Global>();
  case KwNonlocal:
    return parseNames<Nonlocal>();
  case KwImport:
    return parseImport();
  case KwFrom:
    return parseImportFrom();
  default:
    return atTypeAlias() ? parseTypeAlias() : parseExprStatement();
  }
}

template <typename Node> Stmt *Parser::parseLoopControl() {
  Token token = advance();
  if (loopDepth == 0)
    error(loc(token), "'" + text(token) + "' outside of a loop");
  return make<Node>(range(token));
}

Stmt *Parser::parseReturn() {
  Token keyword = advance();
  if (functionDepth == 0 && keyword.begin != missingBlockAt)
    error(loc(keyword), "'return' outside of a function");
  Expr *value = nullptr;
  if (!peek().isAny(TokenKind::Newline, TokenKind::Semicolon)) {
    value = parseExprList(/*allowYield=*/false);
    if (!value)
      return nullptr;
  }
  auto *stmt = make<Return>(rangeFrom(keyword.begin));
  stmt->value = value;
  return stmt;
}

Stmt *Parser::parseAssert() {
  Token keyword = advance();
  Expr *condition = parseCondition("assert"), *message = nullptr;
  if (!condition || (consumeIf(TokenKind::Comma) && !parseExprInto(message)))
    return nullptr;
  auto *stmt = make<Assert>(rangeFrom(keyword.begin));
  stmt->condition = condition;
  stmt->message = message;
  return stmt;
}

Stmt *Parser::parseRaise() {
  Token keyword = advance();
  Expr *exception = nullptr, *cause = nullptr;
  if (!peek().isAny(TokenKind::Newline, TokenKind::Semicolon)) {
    exception = parseExpr();
    if (!exception || (consumeIf(TokenKind::KwFrom) && !parseExprInto(cause)))
      return nullptr;
  }
  auto *stmt = make<Raise>(rangeFrom(keyword.begin));
  stmt->exception = exception;
  stmt->cause = cause;
  return stmt;
}

Stmt *Parser::parseDelete() {
  Token keyword = advance();
  Expr *target = parseTargetList("delete");
  if (!target)
    return nullptr;
  auto *stmt = make<Delete>(rangeFrom(keyword.begin));
  auto *tuple = dyn_cast<Tuple>(target);
  if (tuple && !tuple->parenthesized)
    stmt->targets = tuple->elements;
  else
    stmt->targets = copy(SmallVector<Expr *>{target});
  return stmt;
}

template <typename Node> Stmt *Parser::parseNames() {
  Token keyword = advance();
  SmallVector<Identifier> names;
  do {
    std::optional<Identifier> name = expectName("a name after '" + text(keyword) + "'");
    if (!name)
      return nullptr;
    names.push_back(*name);
  } while (consumeIf(TokenKind::Comma));
  auto *stmt = make<Node>(rangeFrom(keyword.begin));
  stmt->names = copy(names);
  return stmt;
}

//===----------------------------------------------------------------------===//
// Expressions and assignments
//===----------------------------------------------------------------------===//

static bool isAugmentedAssignment(TokenKind kind) {
  return kind >= TokenKind::PlusEqual && kind <= TokenKind::CaretEqual;
}

static BinaryOp getAugmentedOp(TokenKind kind) {
  switch (kind) {
  case TokenKind::PlusEqual:
    return BinaryOp::Add;
  case TokenKind::MinusEqual:
    return BinaryOp::Sub;
  case TokenKind::StarEqual:
    return BinaryOp::Mul;
  case TokenKind::AtEqual:
    return BinaryOp::MatMul;
  case TokenKind::SlashEqual:
    return BinaryOp::Div;
  case TokenKind::SlashSlashEqual:
    return BinaryOp::FloorDiv;
  case TokenKind::PercentEqual:
    return BinaryOp::Mod;
  case TokenKind::StarStarEqual:
    return BinaryOp::Pow;
  case TokenKind::LessLessEqual:
    return BinaryOp::LShift;
  case TokenKind::GreaterGreaterEqual:
    return BinaryOp::RShift;
  case TokenKind::AmpEqual:
    return BinaryOp::BitAnd;
  case TokenKind::PipeEqual:
    return BinaryOp::BitOr;
  default:
    return BinaryOp::BitXor;
  }
}

/// What an expression that is no target is called; empty for a target.
static StringRef describeNonTarget(const Expr *expr) {
  switch (expr->kind) {
  case ExprKind::Name:
  case ExprKind::Attribute:
  case ExprKind::Subscript:
  case ExprKind::Starred:
  case ExprKind::List:
  case ExprKind::Tuple:
    return "";
  case ExprKind::IntLiteral:
  case ExprKind::FloatLiteral:
  case ExprKind::ImaginaryLiteral:
  case ExprKind::StringLiteral:
  case ExprKind::BytesLiteral:
    return "a literal";
  case ExprKind::BoolLiteral:
    return llvm::cast<BoolLiteral>(expr)->value ? "'True'" : "'False'";
  case ExprKind::NoneLiteral:
    return "'None'";
  case ExprKind::EllipsisLiteral:
    return "'...'";
  case ExprKind::JoinedString:
  case ExprKind::FormattedValue:
    return "an f-string";
  case ExprKind::BoolOp:
  case ExprKind::BinOp:
  case ExprKind::UnaryOp:
    return "the result of an operator";
  case ExprKind::Compare:
    return "a comparison";
  case ExprKind::IfExp:
    return "a conditional expression";
  case ExprKind::Lambda:
    return "a lambda";
  case ExprKind::Call:
    return "a call";
  case ExprKind::Slice:
    return "a slice";
  case ExprKind::Set:
    return "a set";
  case ExprKind::Dict:
    return "a dictionary";
  case ExprKind::Comprehension:
    return "a comprehension";
  case ExprKind::NamedExpr:
    return "an assignment expression";
  case ExprKind::Await:
    return "an await expression";
  case ExprKind::Yield:
    return "a yield expression";
  }
  return "this expression";
}

bool Parser::checkTarget(const Expr *expr, StringRef verb) {
  ExprList elements;
  if (const auto *list = dyn_cast<List>(expr))
    elements = list->elements;
  else if (const auto *tuple = dyn_cast<Tuple>(expr))
    elements = tuple->elements;
  for (const Expr *element : elements)
    if (!checkTarget(element, verb))
      return false;
  if (const auto *starred = dyn_cast<Starred>(expr))
    return checkTarget(starred->value, verb);
  StringRef what = describeNonTarget(expr);
  if (what.empty())
    return true;
  error(expr->range.begin, "cannot " + verb + " " + what).range(expr->range);
  return false;
}

Stmt *Parser::parseExprStatement() {
  uint32_t begin = peek().begin;
  Expr *expr = parseExprList(/*allowYield=*/true);
  if (!expr)
    return nullptr;
  if (at(TokenKind::Equal))
    return parseAssign(expr, begin);
  if (isAugmentedAssignment(peek().kind))
    return parseAugAssign(expr, begin);
  if (at(TokenKind::Colon) && isa<Name, Attribute, Subscript>(expr))
    return parseAnnAssign(expr, begin);
  auto *stmt = make<ExprStmt>(rangeFrom(begin));
  stmt->value = expr;
  return stmt;
}

Stmt *Parser::parseAssign(Expr *first, uint32_t begin) {
  SmallVector<Expr *> targets;
  Expr *value = first;
  while (consumeIf(TokenKind::Equal)) {
    if (!checkTarget(value, "assign to"))
      return nullptr;
    if (isa<Starred>(value)) {
      error(value->range.begin, "a target with '*' must stand in a list or tuple").range(value->range);
      return nullptr;
    }
    targets.push_back(value);
    value = parseExprList(/*allowYield=*/true);
    if (!value)
      return nullptr;
  }
  auto *stmt = make<Assign>(rangeFrom(begin));
  stmt->targets = copy(targets);
  stmt->value = value;
  return stmt;
}

Stmt *Parser::parseAugAssign(Expr *target, uint32_t begin) {
  Token op = advance();
  if (isa<List, Tuple, Starred>(target)) {
    error(loc(op), "'" + text(op) + "' cannot assign to several targets").range(target->range);
    return nullptr;
  }
  if (!checkTarget(target, "assign to"))
    return nullptr;
  Expr *value = parseExprList(/*allowYield=*/true);
  if (!value)
    return nullptr;
  auto *stmt = make<AugAssign>(rangeFrom(begin));
  stmt->target = target;
  stmt->op = getAugmentedOp(op.kind);
  stmt->opRange = range(op);
  stmt->value = value;
  return stmt;
}

Stmt *Parser::parseAnnAssign(Expr *target, uint32_t begin) {
  if (peek(1).is(TokenKind::Newline) && failMisspelled(target))
    return nullptr;
  advance();
  Expr *annotation = parseExpr(), *value = nullptr;
  if (!annotation)
    return nullptr;
  if (consumeIf(TokenKind::Equal)) {
    value = parseExprList(/*allowYield=*/true);
    if (!value)
      return nullptr;
  }
  auto *stmt = make<AnnAssign>(rangeFrom(begin));
  stmt->target = target;
  stmt->annotation = annotation;
  stmt->value = value;
  return stmt;
}

bool Parser::atTypeAlias() {
  return atName("type") && peek(1).is(TokenKind::Name) && peek(2).isAny(TokenKind::Equal, TokenKind::LBracket);
}

Stmt *Parser::parseTypeAlias() {
  Token keyword = advance();
  Identifier name = makeIdentifier(advance());
  llvm::ArrayRef<TypeParam> params;
  if (!parseTypeParams(params) || !expect(TokenKind::Equal, "'=' after the name of the type"))
    return nullptr;
  Expr *value = parseExpr();
  if (!value)
    return nullptr;
  auto *stmt = make<TypeAlias>(rangeFrom(keyword.begin));
  stmt->name = name;
  stmt->typeParams = params;
  stmt->value = value;
  return stmt;
}

//===----------------------------------------------------------------------===//
// Imports
//===----------------------------------------------------------------------===//

std::optional<Identifier> Parser::parseDottedName(const Twine &what) {
  uint32_t begin = peek().begin;
  std::optional<Identifier> name = expectName(what);
  if (!name || !at(TokenKind::Dot))
    return name;
  std::string dotted = name->text.str();
  while (consumeIf(TokenKind::Dot)) {
    std::optional<Identifier> part = expectName("a name after '.'");
    if (!part)
      return std::nullopt;
    dotted += "." + part->text.str();
  }
  return Identifier{builder.getContext().copy(StringRef(dotted)), rangeFrom(begin)};
}

bool Parser::parseAlias(SmallVectorImpl<Alias> &names, bool dotted) {
  std::optional<Identifier> name =
      dotted ? parseDottedName("the name of a module after 'import'") : expectName("a name to import");
  if (!name)
    return false;
  Alias alias;
  alias.name = *name;
  if (consumeIf(TokenKind::KwAs)) {
    std::optional<Identifier> asName = expectName("a name after 'as'");
    if (!asName)
      return false;
    alias.asName = *asName;
  }
  names.push_back(alias);
  return true;
}

Stmt *Parser::parseImport() {
  Token keyword = advance();
  SmallVector<Alias> names;
  do {
    if (!parseAlias(names, /*dotted=*/true))
      return nullptr;
  } while (consumeIf(TokenKind::Comma));
  auto *stmt = make<Import>(rangeFrom(keyword.begin));
  stmt->names = copy(names);
  return stmt;
}

Stmt *Parser::parseImportFrom() {
  Token keyword = advance();
  unsigned level = 0;
  for (; peek().isAny(TokenKind::Dot, TokenKind::Ellipsis); advance())
    level += at(TokenKind::Dot) ? 1 : 3;
  Identifier module;
  if (level == 0 || at(TokenKind::Name)) {
    std::optional<Identifier> name = parseDottedName("the name of a module after 'from'");
    if (!name)
      return nullptr;
    module = *name;
  }
  if (!expect(TokenKind::KwImport, "'import' after the name of the module"))
    return nullptr;
  SmallVector<Alias> names;
  bool failed = false;
  if (at(TokenKind::Star)) {
    Alias all;
    all.name = makeIdentifier(advance());
    names.push_back(all);
  } else if (at(TokenKind::LParen)) {
    Token opening = openBracket();
    do {
      if (!names.empty() && at(TokenKind::RParen))
        break;
      if (!parseAlias(names, /*dotted=*/false))
        return nullptr;
    } while (parseSeparator(TokenKind::RParen, "the imported names", failed));
    if (failed || !expectClosing(opening, "a name"))
      return nullptr;
  } else {
    do {
      if (!parseAlias(names, /*dotted=*/false))
        return nullptr;
    } while (consumeIf(TokenKind::Comma));
  }
  auto *stmt = make<ImportFrom>(rangeFrom(keyword.begin));
  stmt->module = module;
  stmt->level = level;
  stmt->names = copy(names);
  return stmt;
}
