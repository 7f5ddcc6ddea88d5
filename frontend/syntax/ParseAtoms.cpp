//===- ParseAtoms.cpp - names, literals, displays ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Literals.h"
#include "frontend/syntax/ParserImpl.h"

using namespace tessera;
using namespace tessera::ast;
using llvm::isa;
using llvm::SmallVector;
using llvm::SmallVectorImpl;

Expr *Parser::parseAtom() {
  Token token = peek();
  switch (token.kind) {
  case TokenKind::Name: {
    auto *name = make<Name>(range(advance()));
    name->id = text(token);
    return name;
  }
  case TokenKind::Int: {
    auto *literal = make<IntLiteral>(range(advance()));
    literal->spelling = text(token);
    std::optional<uint64_t> value = decodeInt(literal->spelling);
    literal->fits = value.has_value();
    literal->value = value.value_or(0);
    return literal;
  }
  case TokenKind::Float: {
    auto *literal = make<FloatLiteral>(range(advance()));
    literal->spelling = text(token);
    literal->value = decodeFloat(literal->spelling);
    return literal;
  }
  case TokenKind::Imaginary: {
    auto *literal = make<ImaginaryLiteral>(range(advance()));
    literal->spelling = text(token);
    literal->value = decodeFloat(literal->spelling);
    return literal;
  }
  case TokenKind::KwTrue:
  case TokenKind::KwFalse: {
    auto *literal = make<BoolLiteral>(range(advance()));
    literal->value = token.is(TokenKind::KwTrue);
    return literal;
  }
  case TokenKind::KwNone:
    return make<NoneLiteral>(range(advance()));
  case TokenKind::Ellipsis:
    return make<EllipsisLiteral>(range(advance()));
  case TokenKind::String:
  case TokenKind::FStringStart:
    return parseStrings();
  case TokenKind::LParen:
    return parseParen();
  case TokenKind::LBracket:
    return parseList();
  case TokenKind::LBrace:
    return parseBrace();
  default:
    return failAtom();
  }
}

std::nullptr_t Parser::failAtom() {
  Token token = peek();
  if (token.isKeyword() && !isBracketUnclosedAt(token)) {
    bool asName = peek(1).isAny(TokenKind::Equal, TokenKind::Comma, TokenKind::RParen, TokenKind::Dot,
                                TokenKind::RBracket, TokenKind::Newline);
    if (asName)
      error(loc(token), "expected an expression, found '" + text(token) + "', which is a keyword").range(range(token));
    else
      error(loc(token), "expected an expression, found '" + text(token) + "'").range(range(token));
    return nullptr;
  }
  return failExpected("an expression");
}

//===----------------------------------------------------------------------===//
// Displays and comprehensions
//===----------------------------------------------------------------------===//

/// `(...)`: an expression in parentheses, a tuple, a generator, or a yield.
Expr *Parser::parseParen() {
  Token opening = openBracket();
  SmallVector<Expr *> elements;
  bool isTuple = at(TokenKind::RParen), failed = false;
  if (at(TokenKind::KwYield)) {
    Expr *yield = parseYield();
    if (!yield || !expectClosing(opening, "an expression", /*commaPossible=*/false))
      return nullptr;
    yield->parenthesized = true;
    return yield;
  }
  while (!at(TokenKind::RParen)) {
    Expr *element = parseStarOrNamed();
    if (!element)
      return nullptr;
    if (elements.empty() && peek().isAny(TokenKind::KwFor, TokenKind::KwAsync)) {
      Expr *result = parseComprehension(Comprehension::Form::Generator, element, nullptr, opening.begin);
      if (!result || !expectClosing(opening, "a generator expression", /*commaPossible=*/false))
        return nullptr;
      result->range = rangeFrom(opening.begin);
      return result;
    }
    elements.push_back(element);
    if (!parseSeparator(TokenKind::RParen, "the elements of a tuple", failed))
      break;
    isTuple = true;
  }
  if (failed || !expectClosing(opening, "an expression"))
    return nullptr;
  if (!isTuple && !isa<Starred>(elements[0])) {
    elements[0]->parenthesized = true;
    return elements[0];
  }
  if (!isTuple) {
    error(elements[0]->range.begin, "'*' is not allowed here: expected a comma after it, as in '(*x,)'")
        .range(elements[0]->range);
    return nullptr;
  }
  auto *tuple = make<Tuple>(rangeFrom(opening.begin));
  tuple->elements = copy(elements);
  tuple->parenthesized = true;
  return finish(tuple, elements);
}

Expr *Parser::parseList() {
  Token opening = openBracket();
  SmallVector<Expr *> elements;
  bool failed = false;
  while (!at(TokenKind::RBracket)) {
    Expr *element = parseStarOrNamed();
    if (!element)
      return nullptr;
    if (elements.empty() && peek().isAny(TokenKind::KwFor, TokenKind::KwAsync)) {
      Expr *result = parseComprehension(Comprehension::Form::List, element, nullptr, opening.begin);
      if (!result || !expectClosing(opening, "a list comprehension", /*commaPossible=*/false))
        return nullptr;
      result->range = rangeFrom(opening.begin);
      return result;
    }
    elements.push_back(element);
    if (!parseSeparator(TokenKind::RBracket, "the elements of a list", failed))
      break;
  }
  if (failed || !expectClosing(opening, "an element"))
    return nullptr;
  auto *list = make<List>(rangeFrom(opening.begin));
  list->elements = copy(elements);
  return finish(list, elements);
}

/// `{...}`: a dictionary or a set.
Expr *Parser::parseBrace() {
  Token opening = openBracket();
  if (peek().isAny(TokenKind::RBrace, TokenKind::StarStar))
    return parseDict(opening, {});
  // One expression tells which of the two it is; it is not read twice, as that would be exponential when nested.
  Expr *first = parseStarOrNamed();
  if (!first)
    return nullptr;
  if (at(TokenKind::Colon) && !isa<Starred>(first)) {
    advance();
    Expr *value = parseExpr();
    if (!value)
      return nullptr;
    return parseDict(opening, {first, value});
  }
  SmallVector<Expr *> elements = {first};
  bool failed = false;
  if (peek().isAny(TokenKind::KwFor, TokenKind::KwAsync)) {
    Expr *result = parseComprehension(Comprehension::Form::Set, first, nullptr, opening.begin);
    if (!result || !expectClosing(opening, "a set comprehension", /*commaPossible=*/false))
      return nullptr;
    result->range = rangeFrom(opening.begin);
    return result;
  }
  while (parseSeparator(TokenKind::RBrace, "the elements of a set", failed) && !at(TokenKind::RBrace)) {
    Expr *element = parseStarOrNamed();
    if (!element)
      return nullptr;
    elements.push_back(element);
  }
  if (failed || !expectClosing(opening, "an element"))
    return nullptr;
  auto *set = make<Set>(rangeFrom(opening.begin));
  set->elements = copy(elements);
  return finish(set, elements);
}

/// The rest of a dictionary; `first` is empty or its first item, which has been read.
Expr *Parser::parseDict(const Token &opening, DictItem first) {
  SmallVector<DictItem> items;
  bool failed = false;
  if (first.value && peek().isAny(TokenKind::KwFor, TokenKind::KwAsync)) {
    Expr *result = parseComprehension(Comprehension::Form::Dict, first.key, first.value, opening.begin);
    if (!result || !expectClosing(opening, "a dictionary comprehension", /*commaPossible=*/false))
      return nullptr;
    result->range = rangeFrom(opening.begin);
    return result;
  }
  if (first.value)
    items.push_back(first);
  bool more = !first.value || parseSeparator(TokenKind::RBrace, "the items of a dictionary", failed);
  while (more && !at(TokenKind::RBrace)) {
    DictItem item;
    if (consumeIf(TokenKind::StarStar)) {
      item.value = parseOperators(Precedence::BitOr);
    } else {
      item.key = parseExpr();
      if (!item.key || !expect(TokenKind::Colon, "':' after a key of the dictionary"))
        return nullptr;
      item.value = parseExpr();
    }
    if (!item.value)
      return nullptr;
    items.push_back(item);
    more = parseSeparator(TokenKind::RBrace, "the items of a dictionary", failed);
  }
  if (failed || !expectClosing(opening, "an item of the dictionary"))
    return nullptr;
  auto *dict = make<Dict>(rangeFrom(opening.begin));
  dict->items = copy(items);
  SmallVector<const Expr *> children;
  for (const DictItem &item : items) {
    children.push_back(item.key);
    children.push_back(item.value);
  }
  return setHeight(dict, children) ? dict : nullptr;
}

bool Parser::parseGenerators(SmallVectorImpl<Generator> &generators) {
  while (peek().isAny(TokenKind::KwFor, TokenKind::KwAsync)) {
    if (atHeaderInBrackets()) {
      failUnclosed(openBrackets.back());
      return false;
    }
    uint32_t begin = peek().begin;
    Generator generator;
    generator.isAsync = consumeIf(TokenKind::KwAsync);
    if (!expect(TokenKind::KwFor, "'for' after 'async'"))
      return false;
    generator.target = parseTargetList("assign to");
    if (!generator.target || !expect(TokenKind::KwIn, "'in' after the variables of 'for'"))
      return false;
    generator.iter = parseOperators(Precedence::Or);
    if (!generator.iter)
      return false;
    SmallVector<Expr *> conditions;
    while (consumeIf(TokenKind::KwIf)) {
      bool named = at(TokenKind::Name) && peek(1).is(TokenKind::ColonEqual);
      Expr *condition = named ? parseNamedExpr() : parseOperators(Precedence::Or);
      if (!condition)
        return false;
      conditions.push_back(condition);
    }
    generator.conditions = copy(conditions);
    generator.range = rangeFrom(begin);
    generators.push_back(generator);
  }
  return true;
}

/// After the element, at `for`.
Expr *Parser::parseComprehension(Comprehension::Form form, Expr *element, Expr *value, uint32_t begin) {
  if (isa<Starred>(element)) {
    error(element->range.begin, "'*' is not allowed in a comprehension").range(element->range);
    return nullptr;
  }
  SmallVector<Generator> generators;
  if (!parseGenerators(generators))
    return nullptr;
  auto *result = make<Comprehension>(rangeFrom(begin));
  result->form = form;
  result->element = element;
  result->value = value;
  result->generators = copy(generators);
  SmallVector<const Expr *> children = {element, value};
  for (const Generator &generator : generators) {
    children.push_back(generator.target);
    children.push_back(generator.iter);
    children.append(generator.conditions.begin(), generator.conditions.end());
  }
  return setHeight(result, children) ? result : nullptr;
}
