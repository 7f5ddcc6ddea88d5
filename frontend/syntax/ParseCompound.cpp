//===- ParseCompound.cpp - statements with blocks ---------------*- C++ -*-===//
//
// Functions and classes are in ParseDefinitions.cpp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A header that cannot be read does not take its block with it: the block is read,
// for the mistakes in it, and so are the `else`s that follow. Then the whole
// statement is left out, with `recovered` set: its end has been found.
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/ParserImpl.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace tessera;
using namespace tessera::ast;
using llvm::SmallVector;
using llvm::SmallVectorImpl;
using llvm::StringRef;
using llvm::Twine;

void Parser::parseIndented(SmallVectorImpl<Stmt *> &out) {
  advance();
  previousFailed = false;
  while (!peek().isAny(TokenKind::Dedent, TokenKind::EndOfFile))
    parseStatementOrRecover(out);
  consumeIf(TokenKind::Dedent);
}

/// From the `:` on. `after`: what stands before it, for messages. False if the header was bad or there is no block.
bool Parser::parseBlock(const Token &owner, const Twine &after, bool headerIsGood, StmtList &body) {
  moduleBlockDepth += region == Region::Module;
  llvm::scope_exit restore([&, outer = region] { moduleBlockDepth -= outer == Region::Module; });
  SmallVector<Stmt *> stmts;
  if (headerIsGood && !consumeIf(TokenKind::Colon)) {
    Token token = peek();
    if (token.is(TokenKind::Error)) {
      advance();
      headerIsGood = false;
    } else if (token.isAny(TokenKind::Newline, TokenKind::EndOfFile)) {
      error(loc(lastEnd), "expected ':' after " + after).fixItInsert(loc(lastEnd), ":");
    } else {
      error(loc(token), "expected ':' after " + after + ", found " + describeFound(token));
      headerIsGood = false;
    }
  }
  if (!headerIsGood) {
    resync(/*isHeader=*/true);
    if (at(TokenKind::Indent))
      parseIndented(stmts);
    body = copy(stmts);
    return false;
  }
  if (!at(TokenKind::Newline)) {
    if (!parseSimpleStatements(stmts))
      resync();
    body = copy(stmts);
    return true;
  }
  advance();
  if (!at(TokenKind::Indent)) {
    Token next = peek();
    missingBlockAt = next.begin;
    error(next.is(TokenKind::EndOfFile) ? loc(lastEnd) : loc(next), "expected an indented block after " + after)
        .note(loc(owner), "the block belongs to this '" + text(owner) + "'");
    return false;
  }
  parseIndented(stmts);
  body = copy(stmts);
  return true;
}

Stmt *Parser::finishCompound(Stmt *stmt, uint32_t begin, bool good) {
  stmt->range = rangeFrom(begin);
  recovered = true;
  return good ? stmt : nullptr;
}

/// A condition, in which `=` is taken for `==`.
Expr *Parser::parseCondition(StringRef keyword) {
  uint32_t begin = peek().begin;
  Expr *condition = parseNamedExpr();
  if (!condition || !at(TokenKind::Equal))
    return condition;
  Token equal = advance();
  error(loc(equal), "'=' is not a comparison: expected '==' in the condition of '" + keyword + "'")
      .fixItReplace(range(equal), "==");
  Expr *right = parseNamedExpr();
  if (!right)
    return nullptr;
  auto *result = make<Compare>(rangeFrom(begin));
  result->left = condition;
  result->comparisons = copy(SmallVector<Comparison>{{CompareOp::Eq, range(equal), right}});
  return finish(result, {condition, right});
}

/// `else:` or `finally:` and the block after it.
bool Parser::parseClause(TokenKind keyword, StmtList &body) {
  Token token = advance();
  return parseBlock(token, describe(keyword), /*headerIsGood=*/true, body);
}

/// At `if` or `elif`.
Stmt *Parser::parseIf() {
  Level level(*this);
  if (!level.ok)
    return nullptr;
  Token keyword = advance();
  auto *stmt = make<If>(range(keyword));
  stmt->isElif = keyword.is(TokenKind::KwElif);
  stmt->condition = parseCondition(text(keyword));
  bool good;
  {
    bool mainGuard = region == Region::Module && stmt->condition && isMainGuard(stmt->condition);
    llvm::SaveAndRestore saveRegion(region, mainGuard ? Region::Host : region);
    good = parseBlock(keyword, "the condition of '" + text(keyword) + "'", stmt->condition != nullptr, stmt->body);
  }
  if (at(TokenKind::KwElse) && peek(1).is(TokenKind::KwIf)) {
    Token elseToken = advance();
    error(loc(elseToken), "'else if' is written 'elif'").fixItReplace({loc(elseToken), loc(peek().end)}, "elif");
    Stmt *inner = parseIf();
    good &= inner != nullptr;
    stmt->orElse = copy(SmallVector<Stmt *>{inner});
  } else if (at(TokenKind::KwElif)) {
    moduleBlockDepth += region == Region::Module;
    Stmt *inner = parseIf();
    moduleBlockDepth -= region == Region::Module;
    good &= inner != nullptr;
    stmt->orElse = copy(SmallVector<Stmt *>{inner});
  } else if (at(TokenKind::KwElse)) {
    good &= parseClause(TokenKind::KwElse, stmt->orElse);
  }
  return finishCompound(stmt, keyword.begin, good);
}

Stmt *Parser::parseWhile() {
  Token keyword = advance();
  auto *stmt = make<While>(range(keyword));
  stmt->condition = parseCondition("while");
  ++loopDepth;
  bool good = parseBlock(keyword, "the condition of 'while'", stmt->condition != nullptr, stmt->body);
  --loopDepth;
  if (at(TokenKind::KwElse))
    good &= parseClause(TokenKind::KwElse, stmt->orElse);
  return finishCompound(stmt, keyword.begin, good);
}

Stmt *Parser::parseFor(uint32_t begin, bool isAsync) {
  Token keyword = advance();
  auto *stmt = make<For>(range(keyword));
  stmt->isAsync = isAsync;
  stmt->target = parseTargetList("assign to");
  if (stmt->target && expect(TokenKind::KwIn, "'in' after the variable of 'for'"))
    stmt->iter = parseExprList(/*allowYield=*/false);
  ++loopDepth;
  bool good = parseBlock(keyword, "the header of 'for'", stmt->iter != nullptr, stmt->body);
  --loopDepth;
  if (at(TokenKind::KwElse))
    good &= parseClause(TokenKind::KwElse, stmt->orElse);
  return finishCompound(stmt, begin, good);
}

//===----------------------------------------------------------------------===//
// with
//===----------------------------------------------------------------------===//

bool Parser::parseWithItem(SmallVectorImpl<WithItem> &items) {
  WithItem item;
  item.context = parseExpr();
  if (!item.context)
    return false;
  if (consumeIf(TokenKind::KwAs)) {
    Expr *target = parseOperators(Precedence::BitOr);
    if (target && !checkTarget(target, "assign to"))
      target = nullptr;
    if (!target)
      return false;
    item.target = target;
  }
  items.push_back(item);
  return true;
}

/// `(a as b, c as d):` are parentheses around items; `(a).b():` and `(a, b)[0] as c:` are not.
bool Parser::atParenthesizedWithItems() {
  if (!at(TokenKind::LParen))
    return false;
  unsigned brackets = 0;
  bool several = false;
  for (unsigned i = 0;; ++i) {
    Token token = peek(i);
    if (token.isAny(TokenKind::Newline, TokenKind::EndOfFile, TokenKind::Error))
      return false;
    brackets += isOpeningBracket(token.kind);
    if (isClosingBracket(token.kind) && --brackets == 0)
      return several && peek(i + 1).is(TokenKind::Colon);
    several |= brackets == 1 && token.isAny(TokenKind::Comma, TokenKind::KwAs);
  }
}

bool Parser::parseWithItems(SmallVectorImpl<WithItem> &items) {
  if (!atParenthesizedWithItems()) {
    do {
      if (!parseWithItem(items))
        return false;
    } while (consumeIf(TokenKind::Comma));
    return true;
  }
  Token opening = openBracket();
  bool failed = false;
  do {
    if (at(TokenKind::RParen))
      break;
    if (!parseWithItem(items))
      return false;
  } while (parseSeparator(TokenKind::RParen, "the items of 'with'", failed));
  return !failed && expectClosing(opening, "an item of 'with'");
}

Stmt *Parser::parseWith(uint32_t begin, bool isAsync) {
  Token keyword = advance();
  auto *stmt = make<With>(range(keyword));
  stmt->isAsync = isAsync;
  SmallVector<WithItem> items;
  bool headerIsGood = parseWithItems(items);
  stmt->items = copy(items);
  bool good = parseBlock(keyword, "the header of 'with'", headerIsGood, stmt->body);
  return finishCompound(stmt, begin, good);
}

Stmt *Parser::parseAsync() {
  Token keyword = peek();
  Token next = peek(1);
  if (!next.isAny(TokenKind::KwDef, TokenKind::KwFor, TokenKind::KwWith)) {
    advance();
    return failExpected("'def', 'for' or 'with' after 'async'");
  }
  advance();
  if (next.is(TokenKind::KwDef))
    return parseFunction(keyword.begin, {}, /*isAsync=*/true, /*failed=*/false);
  return next.is(TokenKind::KwFor) ? parseFor(keyword.begin, /*isAsync=*/true)
                                   : parseWith(keyword.begin, /*isAsync=*/true);
}

//===----------------------------------------------------------------------===//
// try
//===----------------------------------------------------------------------===//

bool Parser::parseHandler(SmallVectorImpl<ExceptHandler> &handlers) {
  Token keyword = advance();
  ExceptHandler handler;
  handler.isStar = consumeIf(TokenKind::Star);
  bool headerIsGood = true;
  if (!peek().isAny(TokenKind::Colon, TokenKind::Newline)) {
    handler.type = parseExprList(/*allowYield=*/false);
    headerIsGood = handler.type != nullptr;
    if (headerIsGood && consumeIf(TokenKind::KwAs)) {
      std::optional<Identifier> name = expectName("a name after 'as'");
      headerIsGood = name.has_value();
      handler.name = name.value_or(Identifier());
    }
  }
  bool good = parseBlock(keyword, "the header of 'except'", headerIsGood, handler.body);
  handler.range = rangeFrom(keyword.begin);
  handlers.push_back(handler);
  return good;
}

Stmt *Parser::parseTry() {
  Token keyword = advance();
  auto *stmt = make<Try>(range(keyword));
  bool good = parseBlock(keyword, "'try'", /*headerIsGood=*/true, stmt->body);
  SmallVector<ExceptHandler> handlers;
  while (at(TokenKind::KwExcept))
    good &= parseHandler(handlers);
  stmt->handlers = copy(handlers);
  if (!handlers.empty() && at(TokenKind::KwElse))
    good &= parseClause(TokenKind::KwElse, stmt->orElse);
  bool hasFinally = at(TokenKind::KwFinally);
  if (hasFinally)
    good &= parseClause(TokenKind::KwFinally, stmt->finalBody);
  if (good && handlers.empty() && !hasFinally) {
    error(loc(peek()), "expected 'except' or 'finally' after the block of 'try'")
        .note(loc(keyword), "the 'try' is here");
    good = false;
  }
  return finishCompound(stmt, keyword.begin, good);
}

//===----------------------------------------------------------------------===//
// match
//===----------------------------------------------------------------------===//

/// `match` is a keyword only if its line ends with a colon and the next one begins with `case`.
bool Parser::atMatch() {
  if (!atName("match") || !(canBeginExpr(peek(1)) || peek(1).is(TokenKind::Star)))
    return false;
  constexpr unsigned maxLookahead = 2000;
  unsigned i = 1;
  while (!peek(i).isAny(TokenKind::Newline, TokenKind::EndOfFile) && i < maxLookahead)
    ++i;
  return peek(i).is(TokenKind::Newline) && peek(i - 1).is(TokenKind::Colon) && peek(i + 1).is(TokenKind::Indent) &&
         text(peek(i + 2)) == "case";
}

bool Parser::parseCase(SmallVectorImpl<MatchCase> &cases) {
  Token keyword = advance();
  MatchCase matchCase;
  matchCase.pattern = parsePatterns();
  bool headerIsGood = matchCase.pattern != nullptr;
  if (headerIsGood && consumeIf(TokenKind::KwIf)) {
    matchCase.guard = parseCondition("case");
    headerIsGood = matchCase.guard != nullptr;
  }
  bool good = parseBlock(keyword, "the pattern of 'case'", headerIsGood, matchCase.body);
  matchCase.range = rangeFrom(keyword.begin);
  cases.push_back(matchCase);
  return good;
}

Stmt *Parser::parseMatch() {
  Token keyword = advance();
  auto *stmt = make<Match>(range(keyword));
  stmt->subject = parseExprList(/*allowYield=*/false, /*allowNamed=*/true);
  bool good = stmt->subject != nullptr;
  if (good && !at(TokenKind::Colon)) {
    failExpected("':' after the subject of 'match'");
    good = false;
  }
  if (good) {
    advance(); // ':'
    advance(); // the end of the line; atMatch has seen both, and the indentation
  } else {
    resync(/*isHeader=*/true);
  }
  if (!consumeIf(TokenKind::Indent))
    return finishCompound(stmt, keyword.begin, /*good=*/false);
  SmallVector<MatchCase> cases;
  moduleBlockDepth += region == Region::Module;
  while (!peek().isAny(TokenKind::Dedent, TokenKind::EndOfFile)) {
    statementBegin = peek().begin;
    if (atName("case")) {
      good &= parseCase(cases);
      continue;
    }
    if (!previousFailed)
      failExpected("'case' in the block of 'match'");
    good = false;
    SmallVector<Stmt *> lost;
    parseStatementOrRecover(lost);
    previousFailed = true;
  }
  moduleBlockDepth -= region == Region::Module;
  consumeIf(TokenKind::Dedent);
  stmt->cases = copy(cases);
  return finishCompound(stmt, keyword.begin, good);
}
