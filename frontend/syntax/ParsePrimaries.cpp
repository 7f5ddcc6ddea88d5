//===- ParsePrimaries.cpp - attributes, calls, subscripts -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/ParserImpl.h"

#include "llvm/ADT/STLExtras.h"

using namespace tessera;
using namespace tessera::ast;
using llvm::isa;
using llvm::SmallVector;
using llvm::SmallVectorImpl;

Expr *Parser::parsePrimary() {
  uint32_t begin = peek().begin;
  Expr *value = parseAtom();
  while (value) {
    if (at(TokenKind::Dot))
      value = parseAttribute(value, begin);
    else if (at(TokenKind::LParen))
      value = parseCall(value, begin);
    else if (at(TokenKind::LBracket))
      value = parseSubscript(value, begin);
    else
      break;
  }
  return value;
}

Expr *Parser::parseAttribute(Expr *value, uint32_t begin) {
  advance();
  std::optional<Identifier> name = expectName("the name of an attribute after '.'");
  if (!name)
    return nullptr;
  auto *result = make<Attribute>(rangeFrom(begin));
  result->value = value;
  result->attr = *name;
  return finish(result, {value});
}

Expr *Parser::parseSubscript(Expr *value, uint32_t begin) {
  Token opening = openBracket();
  if (at(TokenKind::RBracket))
    return failExpected("an index");
  uint32_t indexBegin = peek().begin;
  SmallVector<Expr *> items;
  bool comma = false, failed = false;
  do {
    if (at(TokenKind::RBracket))
      break;
    Expr *item = parseSubscriptItem();
    if (!item)
      return nullptr;
    items.push_back(item);
    comma |= at(TokenKind::Comma);
  } while (parseSeparator(TokenKind::RBracket, "indices", failed));
  Expr *indexExpr = items[0];
  if (comma || items.size() > 1 || isa<Starred>(indexExpr)) {
    auto *tuple = make<Tuple>(rangeFrom(indexBegin));
    tuple->elements = copy(items);
    indexExpr = finish(tuple, items);
  }
  if (failed || !indexExpr || !expectClosing(opening, "an index"))
    return nullptr;
  auto *result = make<Subscript>(rangeFrom(begin));
  result->value = value;
  result->index = indexExpr;
  return finish(result, {value, indexExpr});
}

/// An index, or a slice `lower:upper:step` with any part left out.
Expr *Parser::parseSubscriptItem() {
  uint32_t begin = peek().begin;
  Expr *parts[3] = {};
  auto atEndOfPart = [&] { return peek().isAny(TokenKind::Colon, TokenKind::Comma, TokenKind::RBracket); };
  if (!at(TokenKind::Colon)) {
    parts[0] = parseStarOrNamed();
    if (!parts[0] || !at(TokenKind::Colon))
      return parts[0];
  }
  for (unsigned i = 1; i < 3 && consumeIf(TokenKind::Colon); ++i)
    if (!atEndOfPart() && !parseExprInto(parts[i]))
      return nullptr;
  auto *slice = make<Slice>(rangeFrom(begin));
  slice->lower = parts[0];
  slice->upper = parts[1];
  slice->step = parts[2];
  return finish(slice, {parts[0], parts[1], parts[2]});
}

Expr *Parser::parseCall(Expr *callee, uint32_t begin) {
  Token opening = openBracket();
  SmallVector<Expr *> args;
  SmallVector<Keyword> keywords;
  if (!parseArguments(opening, args, keywords))
    return nullptr;
  auto *result = make<Call>(rangeFrom(begin));
  result->callee = callee;
  result->args = copy(args);
  result->keywords = copy(keywords);
  result->parens = rangeFrom(opening.begin);
  SmallVector<const Expr *> children(args.begin(), args.end());
  children.push_back(callee);
  for (const Keyword &keyword : keywords)
    children.push_back(keyword.value);
  return setHeight(result, children) ? result : nullptr;
}

/// After '(' up to and with ')'.
bool Parser::parseArguments(const Token &opening, SmallVectorImpl<Expr *> &args, SmallVectorImpl<Keyword> &keywords) {
  bool failed = false;
  do {
    if (at(TokenKind::RParen))
      break;
    if (!parseArgument(args, keywords))
      return false;
  } while (parseSeparator(TokenKind::RParen, "arguments", failed));
  return !failed && expectClosing(opening, "an argument");
}

/// `name=value` or `**value`, whose beginning was seen.
bool Parser::parseKeyword(SmallVectorImpl<Keyword> &keywords) {
  Token first = advance();
  Keyword keyword;
  if (!first.is(TokenKind::StarStar)) {
    keyword.name = makeIdentifier(first);
    advance();
    const auto *same = llvm::find_if(keywords, [&](const Keyword &k) { return k.name.text == keyword.name.text; });
    if (same != keywords.end())
      error(loc(first), "argument '" + keyword.name.text + "' is given twice")
          .range(range(first))
          .note(same->name.range.begin, "it is first given here");
    if (peek().isAny(TokenKind::Comma, TokenKind::RParen)) {
      error(loc(lastEnd), "expected a value after '" + keyword.name.text + "='");
      return false;
    }
  }
  keyword.value = parseExpr();
  if (!keyword.value)
    return false;
  keyword.range = rangeFrom(first.begin);
  keywords.push_back(keyword);
  return true;
}

bool Parser::parseArgument(SmallVectorImpl<Expr *> &args, SmallVectorImpl<Keyword> &keywords) {
  Token first = peek();
  if (first.is(TokenKind::StarStar) || (first.is(TokenKind::Name) && peek(1).is(TokenKind::Equal)))
    return parseKeyword(keywords);
  if (first.isKeyword() && peek(1).is(TokenKind::Equal)) {
    error(loc(first), "'" + text(first) + "' is a keyword and cannot name an argument").range(range(first));
    return false;
  }
  Expr *value = nullptr;
  if (consumeIf(TokenKind::Star)) { // unlike elsewhere, a whole expression may follow
    Expr *unpacked = parseExpr();
    if (!unpacked)
      return false;
    auto *starred = make<Starred>(rangeFrom(first.begin));
    starred->value = unpacked;
    value = finish(starred, {unpacked});
  } else {
    value = parseNamedExpr();
  }
  if (!value)
    return false;
  if (peek().isAny(TokenKind::KwFor, TokenKind::KwAsync)) {
    value = parseComprehension(Comprehension::Form::Generator, value, nullptr, first.begin);
    if (!value)
      return false;
  }
  if (at(TokenKind::Equal)) {
    error(loc(peek()), "expected the name of a parameter before '='").range(value->range);
    return false;
  }
  if (!keywords.empty() && !isa<Starred>(value)) {
    error(value->range.begin, "positional argument after a keyword argument")
        .range(value->range)
        .note(keywords.back().range.begin, "the keyword argument is here");
  } else if (!keywords.empty() && keywords.back().isUnpack()) {
    error(value->range.begin, "'*' argument after a '**' argument")
        .range(value->range)
        .note(keywords.back().range.begin, "the '**' argument is here");
  }
  args.push_back(value);
  return true;
}
