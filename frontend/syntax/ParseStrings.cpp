//===- ParseStrings.cpp - strings and f-strings -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Literals.h"
#include "frontend/syntax/ParserImpl.h"

#include "llvm/ADT/SmallString.h"

using namespace tessera;
using namespace tessera::ast;
using llvm::isa;
using llvm::SmallVector;
using llvm::SmallVectorImpl;
using llvm::StringRef;
using llvm::Twine;

/// Appends the meaning of the text at offset `begin`.
void Parser::decodeInto(StringRef body, uint32_t begin, bool raw, bool bytes, bool braces, SmallVectorImpl<char> &out) {
  DecodeOptions decode;
  decode.raw = raw;
  decode.bytes = bytes;
  decode.braces = braces;
  decodeString(body, decode, out, [&](size_t at, size_t size, bool isError, const Twine &message) {
    report(isError ? Severity::Error : Severity::Warning, loc(begin + at), message)
        .range({loc(begin + at), loc(begin + at + size)});
  });
}

Expr *Parser::makeString(StringRef value, SourceRange range) {
  auto *literal = make<StringLiteral>(range);
  literal->value = builder.getContext().copy(value);
  return literal;
}

/// Makes one of neighbouring texts and leaves out empty ones.
SmallVector<Expr *> Parser::joinTexts(llvm::ArrayRef<Expr *> parts) {
  SmallVector<Expr *> joined;
  for (size_t i = 0; i < parts.size();) {
    if (!isa<StringLiteral>(parts[i])) {
      joined.push_back(parts[i++]);
      continue;
    }
    size_t end = i;
    llvm::SmallString<64> value;
    for (; end < parts.size() && isa<StringLiteral>(parts[end]); ++end)
      value += llvm::cast<StringLiteral>(parts[end])->value;
    if (!value.empty() && end - i > 1)
      joined.push_back(makeString(value, {parts[i]->range.begin, parts[end - 1]->range.end}));
    else if (!value.empty())
      joined.push_back(parts[i]);
    i = end;
  }
  return joined;
}

/// One string or several side by side. Those that are f-strings make the whole one.
Expr *Parser::parseStrings() {
  uint32_t begin = peek().begin;
  SmallVector<Expr *> parts; // StringLiterals and FormattedValues
  bool formatted = false, isTemplate = false;
  bool any = false, bytes = false;
  while (peek().isAny(TokenKind::String, TokenKind::FStringStart)) {
    Token token = peek();
    StringParts string = splitString(text(token));
    if (any && bytes != string.bytes) {
      error(loc(token), "bytes and other strings cannot stand side by side").range({loc(begin), loc(token.end)});
      return nullptr;
    }
    any = true;
    bytes = string.bytes;
    formatted |= string.formatted;
    isTemplate |= string.isTemplate;
    if (string.formatted) {
      if (!parseFString(parts))
        return nullptr;
      continue;
    }
    advance();
    llvm::SmallString<64> value;
    uint32_t bodyBegin = token.begin + (string.body.data() - text(token).data());
    decodeInto(string.body, bodyBegin, string.raw, string.bytes, /*braces=*/false, value);
    parts.push_back(makeString(value, range(token)));
  }
  SmallVector<Expr *> joined = joinTexts(parts);
  if (formatted) {
    auto *result = make<JoinedString>(rangeFrom(begin));
    result->values = copy(joined);
    result->isTemplate = isTemplate;
    return finish(result, joined);
  }
  StringRef value = joined.empty() ? "" : llvm::cast<StringLiteral>(joined[0])->value;
  if (bytes) {
    auto *result = make<BytesLiteral>(rangeFrom(begin));
    result->value = value;
    return result;
  }
  auto *result = make<StringLiteral>(rangeFrom(begin));
  result->value = value;
  return result;
}

/// From FStringStart to FStringEnd.
bool Parser::parseFString(SmallVectorImpl<Expr *> &parts) {
  Level level(*this);
  if (!level.ok)
    return false;
  Token start = advance();
  bool raw = splitString(text(start)).raw;
  for (;;) {
    Token token = peek();
    if (token.is(TokenKind::FStringMiddle)) {
      advance();
      llvm::SmallString<64> value;
      decodeInto(text(token), token.begin, raw, /*bytes=*/false, /*braces=*/true, value);
      parts.push_back(makeString(value, range(token)));
    } else if (token.is(TokenKind::LBrace)) {
      if (!parseField(parts, raw))
        return false;
    } else if (token.is(TokenKind::FStringEnd)) {
      advance();
      return true;
    } else {
      failExpected("the end of the f-string");
      return false;
    }
  }
}

/// `{expression = !conversion :format}`
bool Parser::parseField(SmallVectorImpl<Expr *> &parts, bool raw) {
  Token opening = openBracket();
  if (peek().isAny(TokenKind::RBrace, TokenKind::Exclaim, TokenKind::Colon)) {
    failExpected("an expression after '{' in the f-string");
    return false;
  }
  Expr *value = parseExprList(/*allowYield=*/true);
  if (!value)
    return false;
  auto *field = make<FormattedValue>(rangeFrom(opening.begin));
  field->value = value;
  bool selfDocumenting = consumeIf(TokenKind::Equal);
  if (selfDocumenting) {
    StringRef written = lexer.getText(opening.end, peek().begin);
    parts.push_back(makeString(written, {loc(opening.end), loc(peek().begin)}));
  }
  if (consumeIf(TokenKind::Exclaim)) {
    Token name = peek();
    StringRef conversion = text(name);
    if (!name.is(TokenKind::Name) || (conversion != "s" && conversion != "r" && conversion != "a")) {
      failExpected("'s', 'r' or 'a' after '!' in the f-string");
      return false;
    }
    field->conversion = conversion[0];
    advance();
  }
  if (consumeIf(TokenKind::Colon)) {
    field->format = parseFormatSpec(raw);
    if (!field->format)
      return false;
  } else if (selfDocumenting && field->conversion == 0) {
    field->conversion = 'r';
  }
  Token token = peek();
  if (!token.is(TokenKind::RBrace) && !token.is(TokenKind::Error) && !isBracketUnclosedAt(token)) {
    error(loc(token), "expected '}' after the expression in the f-string, found " + describeFound(token))
        .note(loc(opening), "'{' is here");
    return false;
  }
  if (!expectClosing(opening, "an expression", /*commaPossible=*/false))
    return false;
  field->range = rangeFrom(opening.begin);
  parts.push_back(field);
  return finish(field, {value, field->format}) != nullptr;
}

/// After the `:` of a field, up to its `}`.
JoinedString *Parser::parseFormatSpec(bool raw) {
  Level level(*this);
  if (!level.ok)
    return nullptr;
  uint32_t begin = lastEnd;
  SmallVector<Expr *> parts;
  while (peek().isAny(TokenKind::FStringMiddle, TokenKind::LBrace)) {
    Token token = peek();
    if (token.is(TokenKind::LBrace)) {
      if (!parseField(parts, raw))
        return nullptr;
      continue;
    }
    advance();
    llvm::SmallString<64> value;
    decodeInto(text(token), token.begin, raw, /*bytes=*/false, /*braces=*/false, value);
    parts.push_back(makeString(value, range(token)));
  }
  auto *format = make<JoinedString>(rangeFrom(begin));
  SmallVector<Expr *> joined = joinTexts(parts);
  format->values = copy(joined);
  return finish(format, joined);
}
