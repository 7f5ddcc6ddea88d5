//===- ParsePatterns.cpp - patterns of match statements ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/ParserImpl.h"

using namespace tessera;
using namespace tessera::ast;
using llvm::isa;
using llvm::SmallVector;

/// After `case`: one pattern, or several with commas between them, which are a sequence.
Pattern *Parser::parsePatterns() {
  uint32_t begin = peek().begin;
  SmallVector<Pattern *> patterns;
  bool comma = false;
  do {
    if (!patterns.empty() && peek().isAny(TokenKind::Colon, TokenKind::KwIf))
      break;
    Pattern *pattern = parsePattern();
    if (!pattern)
      return nullptr;
    patterns.push_back(pattern);
    comma |= at(TokenKind::Comma);
  } while (consumeIf(TokenKind::Comma));
  if (!comma && !isa<MatchStar>(patterns[0]))
    return patterns[0];
  auto *sequence = make<MatchSequence>(rangeFrom(begin));
  sequence->patterns = copy(patterns);
  return sequence;
}

/// `or_pattern as name`, or `*name`
Pattern *Parser::parsePattern() {
  Level level(*this);
  if (!level.ok)
    return nullptr;
  if (at(TokenKind::Star))
    return parseStarPattern();
  uint32_t begin = peek().begin;
  Pattern *pattern = parseOrPattern();
  if (!pattern || !consumeIf(TokenKind::KwAs))
    return pattern;
  std::optional<Identifier> name = expectName("a name after 'as'");
  if (!name)
    return nullptr;
  auto *result = make<MatchAs>(rangeFrom(begin));
  result->pattern = pattern;
  result->name = *name;
  return result;
}

Pattern *Parser::parseStarPattern() {
  Token star = advance();
  std::optional<Identifier> name = expectName("a name after '*'");
  if (!name)
    return nullptr;
  auto *result = make<MatchStar>(rangeFrom(star.begin));
  if (name->text != "_")
    result->name = *name;
  return result;
}

Pattern *Parser::parseOrPattern() {
  uint32_t begin = peek().begin;
  SmallVector<Pattern *> patterns;
  do {
    Pattern *pattern = parseClosedPattern();
    if (!pattern)
      return nullptr;
    patterns.push_back(pattern);
  } while (consumeIf(TokenKind::Pipe));
  if (patterns.size() == 1)
    return patterns[0];
  auto *result = make<MatchOr>(rangeFrom(begin));
  result->patterns = copy(patterns);
  return result;
}

Pattern *Parser::parseClosedPattern() {
  using enum TokenKind;
  switch (peek().kind) {
  case Name:
    return parseNamePattern();
  case LParen:
  case LBracket:
    return parseGroupPattern();
  case LBrace:
    return parseMappingPattern();
  case Int:
  case Float:
  case Imaginary:
  case Minus:
  case String:
  case FStringStart:
  case KwNone:
  case KwTrue:
  case KwFalse:
    return parseLiteralPattern();
  default:
    return failExpected("a pattern");
  }
}

/// `-1`, `1 + 2j`
Expr *Parser::parseSignedNumber() {
  uint32_t begin = peek().begin;
  bool negative = at(TokenKind::Minus);
  Token minus = negative ? advance() : peek();
  if (!peek().isAny(TokenKind::Int, TokenKind::Float, TokenKind::Imaginary))
    return failExpected("a number");
  Expr *number = parseAtom();
  if (!number || !negative)
    return number;
  auto *result = make<UnaryOp>(rangeFrom(begin));
  result->op = UnaryOperator::Minus;
  result->opRange = range(minus);
  result->operand = number;
  return finish(result, {number});
}

Pattern *Parser::parseLiteralPattern() {
  Token first = peek();
  Expr *value = nullptr;
  if (first.isAny(TokenKind::KwNone, TokenKind::KwTrue, TokenKind::KwFalse)) {
    auto *result = make<MatchSingleton>(range(first));
    result->value = parseAtom();
    return result;
  }
  if (first.isAny(TokenKind::String, TokenKind::FStringStart)) {
    value = parseStrings();
  } else {
    value = parseSignedNumber();
    if (value && peek().isAny(TokenKind::Plus, TokenKind::Minus)) {
      Token op = advance();
      Expr *imaginary = parseSignedNumber();
      if (!imaginary)
        return nullptr;
      auto *sum = make<BinOp>(rangeFrom(first.begin));
      sum->op = op.is(TokenKind::Plus) ? BinaryOp::Add : BinaryOp::Sub;
      sum->opRange = range(op);
      sum->left = value;
      sum->right = imaginary;
      value = finish(sum, {sum->left, imaginary});
    }
  }
  if (!value)
    return nullptr;
  auto *result = make<MatchValue>(rangeFrom(first.begin));
  result->value = value;
  return result;
}

/// A name alone is bound, a dotted one compared, one with parentheses a class.
Pattern *Parser::parseNamePattern() {
  Token first = advance();
  auto *name = make<Name>(range(first));
  name->id = text(first);
  Expr *value = name;
  while (consumeIf(TokenKind::Dot)) {
    std::optional<Identifier> attr = expectName("a name after '.'");
    if (!attr)
      return nullptr;
    auto *attribute = make<Attribute>(rangeFrom(first.begin));
    attribute->value = value;
    attribute->attr = *attr;
    value = finish(attribute, {attribute->value});
    if (!value)
      return nullptr;
  }
  if (at(TokenKind::LParen))
    return parseClassPattern(value, first.begin);
  if (value != name) {
    auto *result = make<MatchValue>(rangeFrom(first.begin));
    result->value = value;
    return result;
  }
  auto *result = make<MatchAs>(range(first));
  if (name->id != "_")
    result->name = makeIdentifier(first);
  return result;
}

Pattern *Parser::parseClassPattern(Expr *cls, uint32_t begin) {
  Token opening = openBracket();
  SmallVector<Pattern *> patterns, keywordPatterns;
  SmallVector<Identifier> names;
  bool failed = false;
  do {
    if (at(TokenKind::RParen))
      break;
    bool keyword = at(TokenKind::Name) && peek(1).is(TokenKind::Equal);
    if (keyword) {
      names.push_back(makeIdentifier(advance()));
      advance();
    }
    uint32_t patternBegin = peek().begin;
    Pattern *pattern = parsePattern();
    if (!pattern)
      return nullptr;
    if (!keyword && !names.empty())
      error(loc(patternBegin), "positional pattern after a keyword pattern").range(pattern->range);
    (keyword ? keywordPatterns : patterns).push_back(pattern);
  } while (parseSeparator(TokenKind::RParen, "patterns", failed));
  if (failed || !expectClosing(opening, "a pattern"))
    return nullptr;
  auto *result = make<MatchClass>(rangeFrom(begin));
  result->cls = cls;
  result->patterns = copy(patterns);
  result->keywordNames = copy(names);
  result->keywordPatterns = copy(keywordPatterns);
  return result;
}

/// `[...]` and `(...,)` are sequences, `(pattern)` is the pattern.
Pattern *Parser::parseGroupPattern() {
  Token opening = openBracket();
  bool isList = opening.is(TokenKind::LBracket);
  TokenKind closing = isList ? TokenKind::RBracket : TokenKind::RParen;
  SmallVector<Pattern *> patterns;
  bool isSequence = isList || at(closing), failed = false;
  while (!at(closing)) {
    Pattern *pattern = parsePattern();
    if (!pattern)
      return nullptr;
    patterns.push_back(pattern);
    isSequence |= isa<MatchStar>(pattern);
    if (!parseSeparator(closing, "patterns", failed))
      break;
    isSequence = true;
  }
  if (failed || !expectClosing(opening, "a pattern"))
    return nullptr;
  if (!isSequence)
    return patterns[0];
  auto *result = make<MatchSequence>(rangeFrom(opening.begin));
  result->patterns = copy(patterns);
  return result;
}

Pattern *Parser::parseMappingPattern() {
  Token opening = openBracket();
  SmallVector<Expr *> keys;
  SmallVector<Pattern *> patterns;
  Identifier rest;
  bool failed = false;
  do {
    if (at(TokenKind::RBrace))
      break;
    if (consumeIf(TokenKind::StarStar)) {
      std::optional<Identifier> name = expectName("a name after '**'");
      if (!name)
        return nullptr;
      rest = *name;
      continue;
    }
    Pattern *key = at(TokenKind::Name) ? parseNamePattern() : parseLiteralPattern();
    if (!key)
      return nullptr;
    Expr *keyValue = nullptr;
    if (auto *value = llvm::dyn_cast<MatchValue>(key))
      keyValue = value->value;
    else if (auto *singleton = llvm::dyn_cast<MatchSingleton>(key))
      keyValue = singleton->value;
    if (!keyValue) {
      error(key->range.begin, "a key of a mapping pattern must be a literal or a dotted name").range(key->range);
      return nullptr;
    }
    if (!expect(TokenKind::Colon, "':' after a key of the mapping pattern"))
      return nullptr;
    Pattern *pattern = parsePattern();
    if (!pattern)
      return nullptr;
    keys.push_back(keyValue);
    patterns.push_back(pattern);
  } while (parseSeparator(TokenKind::RBrace, "patterns", failed));
  if (failed || !expectClosing(opening, "a pattern"))
    return nullptr;
  auto *result = make<MatchMapping>(rangeFrom(opening.begin));
  result->keys = copy(keys);
  result->patterns = copy(patterns);
  result->rest = rest;
  return result;
}
