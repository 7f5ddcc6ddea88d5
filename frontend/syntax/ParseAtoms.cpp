//===- ParseAtoms.cpp - names, literals, displays, strings ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Literals.h"
#include "frontend/syntax/ParserImpl.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"

using namespace tessera;
using namespace tessera::ast;
using llvm::dyn_cast;
using llvm::isa;
using llvm::SmallVector;
using llvm::SmallVectorImpl;
using llvm::StringRef;
using llvm::Twine;

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
  if (at(TokenKind::Colon)) {
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

//===----------------------------------------------------------------------===//
// Strings
//===----------------------------------------------------------------------===//

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

/// One string or several side by side. Those that are f-strings make the whole one.
Expr *Parser::parseStrings() {
  uint32_t begin = peek().begin;
  SmallVector<Expr *> parts; // StringLiterals and FormattedValues
  bool formatted = false, isTemplate = false;
  std::optional<bool> bytes;
  while (peek().isAny(TokenKind::String, TokenKind::FStringStart)) {
    Token token = peek();
    StringParts string = splitString(text(token));
    if (bytes && *bytes != string.bytes) {
      error(loc(token), "bytes and other strings cannot stand side by side").range({loc(begin), loc(token.end)});
      return nullptr;
    }
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
  // Join neighbouring texts and leave out empty ones.
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
  if (formatted) {
    auto *result = make<JoinedString>(rangeFrom(begin));
    result->values = copy(joined);
    result->isTemplate = isTemplate;
    return finish(result, joined);
  }
  StringRef value = joined.empty() ? "" : llvm::cast<StringLiteral>(joined[0])->value;
  if (*bytes) {
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
  format->values = copy(parts);
  return finish(format, parts);
}
