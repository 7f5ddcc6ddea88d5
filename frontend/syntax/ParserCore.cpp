//===- ParserCore.cpp - tokens, reporting, recovery -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/ParserImpl.h"

#include "llvm/ADT/STLExtras.h"

using namespace tessera;
using llvm::StringRef;
using llvm::Twine;

Parser::Parser(FileId file, DiagnosticEngine &engine, const ParseOptions &options, Program &program)
    : engine(engine), options(options), builder(program), file(file),
      lexer(engine.getSources().getText(file), engine.getSources().getBegin(file)) {
  reportModuleLevel = options.reportModuleLevel.value_or(!engine.getSources().getName(file).ends_with(".py"));
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

Token Parser::peek(unsigned ahead) {
  while (index + ahead >= tokens.size())
    tokens.push_back(lexer.next());
  return tokens[index + ahead];
}

/// A string that goes to the end of the file takes with it whatever device code there is: never passed over.
bool Parser::isFatal(const Token &token) const {
  StringRef spelling = text(token).ltrim("rRbBuUfFtT");
  return token.is(TokenKind::Error) && (spelling.starts_with("\"\"\"") || spelling.starts_with("'''"));
}

void Parser::deliverLexed(const Token &token) {
  llvm::SmallVector<Diagnostic, 1> found;
  lexer.takeDiagnostics(token, found);
  for (Diagnostic &diagnostic : found)
    deliver(std::move(diagnostic), isFatal(token));
}

/// Takes the next token, whatever it is; at the end of the file it stays there.
Token Parser::advance() {
  Token token = peek();
  if (token.hasDiagnostics) {
    tokens[index].hasDiagnostics = false;
    deliverLexed(token);
  }
  if (!token.is(TokenKind::EndOfFile))
    ++index;
  if (!token.isAny(TokenKind::Newline, TokenKind::Indent, TokenKind::Dedent, TokenKind::EndOfFile))
    lastEnd = token.end;
  return token;
}

Token Parser::openBracket() {
  openBrackets.push_back(peek());
  return advance();
}

bool Parser::consumeIf(TokenKind kind) {
  if (!at(kind))
    return false;
  advance();
  return true;
}

bool Parser::canBeginExpr(const Token &token) const {
  using enum TokenKind;
  return token.isAny(Name, Int, Float, Imaginary, String, FStringStart, LParen, LBracket, LBrace, KwNot, KwLambda,
                     KwAwait, KwNone, KwTrue, KwFalse, Tilde, Minus, Plus, Ellipsis);
}

//===----------------------------------------------------------------------===//
// Reporting
//===----------------------------------------------------------------------===//

bool Parser::isReporting() const {
  switch (region) {
  case Region::Device:
    return true;
  case Region::Module:
    return reportModuleLevel || options.reportHost;
  case Region::Host:
    return options.reportHost;
  }
  return true;
}

Diagnostic &Parser::report(Severity severity, SourceLoc where, const Twine &message) {
  bool isError = severity == Severity::Error;
  failedHere |= isError;
  if (deferred) {
    Diagnostic &diagnostic = deferred->emplace_back();
    diagnostic.severity = severity;
    diagnostic.loc = where;
    diagnostic.message = message.str();
    return diagnostic;
  }
  if (!isReporting() || (!isError && region != Region::Device)) {
    scratch = Diagnostic();
    return scratch;
  }
  if (isError)
    builder.setErrors();
  return engine.report(severity, where, message);
}

/// Reports a diagnostic made by the lexer or deferred; `always`: even of host code.
void Parser::deliver(Diagnostic diagnostic, bool always) {
  if (always && !deferred) {
    builder.setErrors();
    failedHere = true;
    engine.add(std::move(diagnostic));
    return;
  }
  Diagnostic &reported = report(diagnostic.severity, diagnostic.loc, diagnostic.message);
  reported = std::move(diagnostic);
}

std::string Parser::describeFound(const Token &token) const {
  using enum TokenKind;
  switch (token.kind) {
  case Name:
  case Int:
  case Float:
  case Imaginary:
    return "'" + text(token).str() + "'";
  case Newline:
  case EndOfFile:
  case Dedent:
  case Indent:
    return getSpelling(token.is(EndOfFile) ? EndOfFile : Newline).str();
  default:
    return describe(token.kind);
  }
}

static TokenKind getClosing(TokenKind opening) {
  switch (opening) {
  case TokenKind::LParen:
    return TokenKind::RParen;
  case TokenKind::LBracket:
    return TokenKind::RBracket;
  default:
    return TokenKind::RBrace;
  }
}

/// Is a bracket, not the statement, what is wrong at this token? It is if the token looks like the beginning of another
/// statement, or there are no more tokens.
bool Parser::isBracketUnclosedAt(const Token &token) {
  if (openBrackets.empty())
    return false;
  if (token.isAny(TokenKind::Newline, TokenKind::EndOfFile, TokenKind::Indent, TokenKind::Dedent))
    return true;
  if (!token.startsLine || isClosingBracket(token.kind))
    return false;
  return isStatementKeyword(token.kind) || lexer.getIndentation(token.begin) <= lexer.getIndentation(statementBegin);
}

/// At an `if` or `for` that begins a line and whose line ends with a colon, not indented more than the statement: the
/// bracket before it was never closed, and it is no part of an expression.
bool Parser::atHeaderInBrackets() {
  Token first = peek();
  if (openBrackets.empty() || !first.startsLine ||
      lexer.getIndentation(first.begin) > lexer.getIndentation(statementBegin))
    return false;
  constexpr unsigned maxLookahead = 200;
  unsigned i = 1;
  while (i < maxLookahead && !peek(i).startsLine && !peek(i).isAny(TokenKind::Newline, TokenKind::EndOfFile))
    ++i;
  return peek(i - 1).is(TokenKind::Colon);
}

std::nullptr_t Parser::failUnclosed(const Token &opening) {
  StringRef closing = getSpelling(getClosing(opening.kind)), spelling = getSpelling(opening.kind);
  error(loc(lastEnd), "expected '" + closing + "' to match '" + spelling + "'")
      .note(loc(opening), "'" + spelling + "' is here");
  return nullptr;
}

std::nullptr_t Parser::failExpected(const Twine &what) {
  Token token = peek();
  if (token.is(TokenKind::Error)) {
    advance();
    return nullptr;
  }
  if (isBracketUnclosedAt(token))
    return failUnclosed(openBrackets.back());
  bool atEnd = token.isAny(TokenKind::Newline, TokenKind::EndOfFile, TokenKind::Dedent, TokenKind::Indent);
  error(atEnd ? loc(lastEnd) : loc(token), "expected " + what + ", found " + describeFound(token));
  return nullptr;
}

bool Parser::expect(TokenKind kind, const Twine &what) {
  if (consumeIf(kind))
    return true;
  failExpected(what);
  return false;
}

std::optional<ast::Identifier> Parser::expectName(const Twine &what) {
  Token token = peek();
  if (token.is(TokenKind::Name))
    return makeIdentifier(advance());
  if (token.isKeyword() && !isBracketUnclosedAt(token))
    error(loc(token), "expected " + what + ", found '" + text(token) + "', which is a keyword").range(range(token));
  else
    failExpected(what);
  return std::nullopt;
}

bool Parser::expectClosing(const Token &opening, const Twine &after, bool commaPossible) {
  TokenKind closing = getClosing(opening.kind);
  if (consumeIf(closing)) {
    openBrackets.pop_back();
    return true;
  }
  Token token = peek();
  if (token.is(TokenKind::Error)) {
    advance();
  } else if (isBracketUnclosedAt(token)) {
    failUnclosed(opening);
  } else {
    error(loc(token), "expected " + Twine(commaPossible ? "',' or " : "") + "'" + getSpelling(closing) + "' after " +
                          after + ", found " + describeFound(token))
        .note(loc(opening), "'" + getSpelling(opening.kind) + "' is here");
  }
  return false;
}

bool Parser::parseSeparator(TokenKind closing, const Twine &what, bool &failed) {
  if (consumeIf(TokenKind::Comma))
    return true;
  Token token = peek();
  if (token.is(closing) || !canBeginExpr(token) || isBracketUnclosedAt(token))
    return false;
  if (missingComma) {
    failed = true;
    return false;
  }
  missingComma = true;
  error(loc(lastEnd), "expected ',' between " + what).fixItInsert(loc(lastEnd), ",");
  return true;
}

//===----------------------------------------------------------------------===//
// Recovery
//===----------------------------------------------------------------------===//

/// Goes to the end of the statement that could not be read. Inside brackets that were never closed the line ends are
/// not tokens: there a line that is not indented more than the statement ends it, and so does a keyword that begins
/// statements. After the header of a compound statement also an indented line that follows a colon.
void Parser::resync(bool isHeader) {
  openBrackets.clear();
  missingComma = false;
  unsigned indentation = lexer.getIndentation(statementBegin);
  bool afterColon = lastEnd > statementBegin && lexer.getText(lastEnd - 1, lastEnd) == ":";
  for (;; ++index) {
    Token token = peek();
    if (token.isAny(TokenKind::EndOfFile, TokenKind::Indent, TokenKind::Dedent))
      return;
    if (token.is(TokenKind::Newline)) {
      ++index;
      return;
    }
    if (token.startsLine && token.begin > statementBegin && !isClosingBracket(token.kind)) {
      unsigned columns = lexer.getIndentation(token.begin);
      if (columns <= indentation || isStatementKeyword(token.kind) || (isHeader && afterColon)) {
        tokens.resize(index);
        lexer.restartAtLine(token.begin);
        return;
      }
    }
    afterColon = token.is(TokenKind::Colon);
    if (token.hasDiagnostics && isFatal(token))
      deliverLexed(token);
  }
}

Parser::Level::Level(Parser &parser) : parser(parser), ok(++parser.depth <= maxRecursion) {
  if (!ok)
    parser.error(parser.loc(parser.peek()), "this is nested too deeply: more than " + Twine(maxRecursion) + " levels");
}

bool Parser::setHeight(ast::Expr *node, llvm::ArrayRef<const ast::Expr *> children) {
  unsigned height = node->height;
  for (const ast::Expr *child : children)
    if (child)
      height = std::max<unsigned>(height, child->height + 1);
  node->height = height;
  if (height <= ast::maxDepth)
    return true;
  error(node->getLoc(), "this expression is too long: more than " + Twine(ast::maxDepth) + " operations deep");
  return false;
}
