//===- ParseExpressions.cpp - operators --------------------------*- C++ -*-===//
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
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Precedence
//===----------------------------------------------------------------------===//

namespace {
Precedence getPrecedence(TokenKind kind) {
  using enum TokenKind;
  switch (kind) {
  case KwOr:
    return Precedence::Or;
  case KwAnd:
    return Precedence::And;
  case KwNot: // of `not in`
  case KwIn:
  case KwIs:
  case EqualEqual:
  case NotEqual:
  case Less:
  case LessEqual:
  case Greater:
  case GreaterEqual:
    return Precedence::Compare;
  case Pipe:
    return Precedence::BitOr;
  case Caret:
    return Precedence::BitXor;
  case Amp:
    return Precedence::BitAnd;
  case LessLess:
  case GreaterGreater:
    return Precedence::Shift;
  case Plus:
  case Minus:
    return Precedence::Sum;
  case Star:
  case Slash:
  case SlashSlash:
  case Percent:
  case At:
    return Precedence::Term;
  default:
    return Precedence::None;
  }
}

/// For the right operand of a left-associative operator.
Precedence getTighter(Precedence precedence) { return Precedence(unsigned(precedence) + 1); }

BinaryOp getBinaryOp(TokenKind kind) {
  using enum TokenKind;
  switch (kind) {
  case Pipe:
    return BinaryOp::BitOr;
  case Caret:
    return BinaryOp::BitXor;
  case Amp:
    return BinaryOp::BitAnd;
  case LessLess:
    return BinaryOp::LShift;
  case GreaterGreater:
    return BinaryOp::RShift;
  case Plus:
    return BinaryOp::Add;
  case Minus:
    return BinaryOp::Sub;
  case Star:
    return BinaryOp::Mul;
  case Slash:
    return BinaryOp::Div;
  case SlashSlash:
    return BinaryOp::FloorDiv;
  case Percent:
    return BinaryOp::Mod;
  default:
    return BinaryOp::MatMul;
  }
}
} // namespace

//===----------------------------------------------------------------------===//
// Whole expressions
//===----------------------------------------------------------------------===//

Expr *Parser::parseExpr() {
  Level level(*this);
  if (!level.ok)
    return nullptr;
  if (at(TokenKind::KwLambda))
    return parseLambda();
  uint32_t begin = peek().begin;
  Expr *value = parseOperators(Precedence::Or);
  if (!value || !at(TokenKind::KwIf))
    return value;
  if (atHeaderInBrackets())
    return failUnclosed(openBrackets.back());
  advance();
  Expr *condition = parseOperators(Precedence::Or);
  if (!condition)
    return nullptr;
  if (!expect(TokenKind::KwElse, "'else' of the conditional expression"))
    return nullptr;
  Expr *elseValue = parseExpr();
  if (!elseValue)
    return nullptr;
  auto *result = make<IfExp>(rangeFrom(begin));
  result->condition = condition;
  result->thenValue = value;
  result->elseValue = elseValue;
  return finish(result, {condition, value, elseValue});
}

bool Parser::parseExprInto(Expr *&into) {
  into = parseExpr();
  return into != nullptr;
}

Expr *Parser::parseNamedExpr() {
  if (!at(TokenKind::Name) || !peek(1).is(TokenKind::ColonEqual)) {
    Expr *value = parseExpr();
    if (value && at(TokenKind::ColonEqual)) {
      error(loc(peek()), "expected a name before ':='").range(value->range);
      return nullptr;
    }
    return value;
  }
  Token token = advance();
  advance();
  auto *target = make<Name>(range(token));
  target->id = text(token);
  Expr *value = parseExpr();
  if (!value)
    return nullptr;
  auto *result = make<NamedExpr>(rangeFrom(token.begin));
  result->target = target;
  result->value = value;
  return finish(result, {target, value});
}

Expr *Parser::parseStarOrNamed() {
  if (!at(TokenKind::Star))
    return parseNamedExpr();
  Token star = advance();
  Expr *value = parseOperators(Precedence::BitOr);
  if (!value)
    return nullptr;
  auto *result = make<Starred>(rangeFrom(star.begin));
  result->value = value;
  return finish(result, {value});
}

/// One expression, or several with commas between them, which are a tuple: the right-hand side of an assignment.
Expr *Parser::parseExprList(bool allowYield, bool allowNamed) {
  if (allowYield && at(TokenKind::KwYield))
    return parseYield();
  uint32_t begin = peek().begin;
  auto parseElement = [&] { return allowNamed || at(TokenKind::Star) ? parseStarOrNamed() : parseExpr(); };
  Expr *first = parseElement();
  if (first && isa<Starred>(first) && !at(TokenKind::Comma)) {
    if (!at(TokenKind::Equal)) // `*a = b` is explained as a target
      error(first->range.begin, "'*' is not allowed here: expected a comma after it, as in '*x,'").range(first->range);
    return at(TokenKind::Equal) ? first : nullptr;
  }
  if (!first || !at(TokenKind::Comma))
    return first;
  SmallVector<Expr *> elements = {first};
  while (consumeIf(TokenKind::Comma)) {
    if (!canBeginExpr(peek()) && !at(TokenKind::Star))
      break;
    Expr *next = parseElement();
    if (!next)
      return nullptr;
    elements.push_back(next);
  }
  auto *tuple = make<Tuple>(rangeFrom(begin));
  tuple->elements = copy(elements);
  return finish(tuple, elements);
}

/// What stands between `for` and `in`, or after `del`: no comparison, so that `in` ends it.
Expr *Parser::parseTargetList(StringRef verb) {
  uint32_t begin = peek().begin;
  SmallVector<Expr *> elements;
  bool comma = false;
  do {
    if (!elements.empty() && !canBeginExpr(peek()) && !at(TokenKind::Star))
      break;
    uint32_t elementBegin = peek().begin;
    bool starred = consumeIf(TokenKind::Star);
    Expr *element = parseOperators(Precedence::BitOr);
    if (!element)
      return nullptr;
    if (starred) {
      auto *star = make<Starred>(rangeFrom(elementBegin));
      star->value = element;
      element = finish(star, {element});
    }
    if (!element || !checkTarget(element, verb))
      return nullptr;
    elements.push_back(element);
    comma = at(TokenKind::Comma);
  } while (consumeIf(TokenKind::Comma));
  if (elements.size() == 1 && !comma)
    return elements[0];
  auto *tuple = make<Tuple>(rangeFrom(begin));
  tuple->elements = copy(elements);
  return finish(tuple, elements);
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

Expr *Parser::parseOperators(Precedence minPrecedence) {
  uint32_t begin = peek().begin;
  Expr *left = nullptr;
  if (at(TokenKind::KwNot) && minPrecedence <= Precedence::Not)
    left = parseNot();
  else
    left = parseUnary();
  while (left) {
    Precedence precedence = getPrecedence(peek().kind);
    if (precedence == Precedence::None || precedence < minPrecedence)
      break;
    if (at(TokenKind::KwNot) && !peek(1).is(TokenKind::KwIn))
      break;
    if (at(TokenKind::At) && isBracketUnclosedAt(peek())) // a decorator
      break;
    if (precedence <= Precedence::And)
      left = parseBoolOp(left, begin, precedence);
    else if (precedence == Precedence::Compare)
      left = parseCompare(left, begin);
    else
      left = parseBinOp(left, begin, precedence);
  }
  return left;
}

Expr *Parser::parseBoolOp(Expr *left, uint32_t begin, Precedence precedence) {
  TokenKind kind = peek().kind;
  SourceRange opRange = range(peek());
  SmallVector<Expr *> values = {left};
  while (consumeIf(kind)) {
    Expr *value = parseOperators(getTighter(precedence));
    if (!value)
      return nullptr;
    values.push_back(value);
  }
  auto *result = make<BoolOp>(rangeFrom(begin));
  result->isAnd = kind == TokenKind::KwAnd;
  result->opRange = opRange;
  result->values = copy(values);
  return finish(result, values);
}

/// The comparison operator at the next one or two tokens.
std::optional<CompareOp> Parser::getCompareOp(unsigned &numTokens) {
  numTokens = 1;
  switch (peek().kind) {
  case TokenKind::EqualEqual:
    return CompareOp::Eq;
  case TokenKind::NotEqual:
    return CompareOp::NotEq;
  case TokenKind::Less:
    return CompareOp::Less;
  case TokenKind::LessEqual:
    return CompareOp::LessEq;
  case TokenKind::Greater:
    return CompareOp::Greater;
  case TokenKind::GreaterEqual:
    return CompareOp::GreaterEq;
  case TokenKind::KwIn:
    return CompareOp::In;
  case TokenKind::KwIs:
    if (!peek(1).is(TokenKind::KwNot))
      return CompareOp::Is;
    numTokens = 2;
    return CompareOp::IsNot;
  case TokenKind::KwNot:
    if (!peek(1).is(TokenKind::KwIn))
      return std::nullopt;
    numTokens = 2;
    return CompareOp::NotIn;
  default:
    return std::nullopt;
  }
}

Expr *Parser::parseCompare(Expr *left, uint32_t begin) {
  SmallVector<Comparison> comparisons;
  SmallVector<const Expr *> children = {left};
  unsigned numTokens = 0;
  while (std::optional<CompareOp> op = getCompareOp(numTokens)) {
    Token first = advance();
    if (numTokens == 2)
      advance();
    Token next = peek();
    if (first.is(TokenKind::Less) && next.is(TokenKind::Greater) && next.begin == first.end) {
      advance();
      error(loc(first), "'<>' is not an operator: expected '!='").fixItReplace(rangeFrom(first.begin), "!=");
      op = CompareOp::NotEq;
    } else if (first.is(TokenKind::EqualEqual) && next.is(TokenKind::Equal) && next.begin == first.end) {
      advance();
      error(loc(first), "'===' is not an operator: expected '=='").fixItReplace(rangeFrom(first.begin), "==");
    }
    Comparison comparison{*op, rangeFrom(first.begin), nullptr};
    comparison.right = parseOperators(Precedence::BitOr);
    if (!comparison.right)
      return nullptr;
    comparisons.push_back(comparison);
    children.push_back(comparison.right);
  }
  auto *result = make<Compare>(rangeFrom(begin));
  result->left = left;
  result->comparisons = copy(comparisons);
  return setHeight(result, children) ? result : nullptr;
}

Expr *Parser::parseBinOp(Expr *left, uint32_t begin, Precedence precedence) {
  Token op = advance();
  Token next = peek();
  if (op.isAny(TokenKind::Amp, TokenKind::Pipe) && next.kind == op.kind && next.begin == op.end) {
    bool isAnd = op.is(TokenKind::Amp);
    advance();
    error(loc(op), Twine(isAnd ? "'&&'" : "'||'") + " is not an operator: expected " + (isAnd ? "'and'" : "'or'"))
        .fixItReplace(rangeFrom(op.begin), isAnd ? "and" : "or");
  } else if (op.isAny(TokenKind::Plus, TokenKind::Minus) && next.kind == op.kind && next.begin == op.end &&
             !canBeginExpr(peek(1))) {
    StringRef sign = text(op);
    advance();
    error(loc(op), "'" + sign + sign + "' is not an operator: expected '" + sign + "= 1'")
        .fixItReplace(rangeFrom(op.begin), (" " + sign + "= 1").str());
    return nullptr;
  }
  Expr *right = parseOperators(getTighter(precedence));
  if (!right)
    return nullptr;
  auto *result = make<BinOp>(rangeFrom(begin));
  result->op = getBinaryOp(op.kind);
  result->opRange = range(op);
  result->left = left;
  result->right = right;
  return finish(result, {left, right});
}

Expr *Parser::parseNot() {
  Level level(*this);
  if (!level.ok)
    return nullptr;
  Token op = advance();
  Expr *operand = parseOperators(Precedence::Not);
  if (!operand)
    return nullptr;
  auto *result = make<UnaryOp>(rangeFrom(op.begin));
  result->op = UnaryOperator::Not;
  result->opRange = range(op);
  result->operand = operand;
  return finish(result, {operand});
}

Expr *Parser::parseUnary() {
  UnaryOperator kind = UnaryOperator::Plus;
  switch (peek().kind) {
  case TokenKind::Plus:
    break;
  case TokenKind::Minus:
    kind = UnaryOperator::Minus;
    break;
  case TokenKind::Tilde:
    kind = UnaryOperator::Invert;
    break;
  case TokenKind::Exclaim:
    if (!canBeginExpr(peek(1)))
      return failExpected("an expression");
    error(loc(peek()), "'!' is not an operator: expected 'not'").fixItReplace(range(peek()), "not ");
    kind = UnaryOperator::Not;
    break;
  default:
    return parsePower();
  }
  Level level(*this);
  if (!level.ok)
    return nullptr;
  Token op = advance();
  Expr *operand = parseUnary();
  if (!operand)
    return nullptr;
  auto *result = make<UnaryOp>(rangeFrom(op.begin));
  result->op = kind;
  result->opRange = range(op);
  result->operand = operand;
  return finish(result, {operand});
}

Expr *Parser::parsePower() {
  uint32_t begin = peek().begin;
  Expr *base = at(TokenKind::KwAwait) ? parseAwait() : parsePrimary();
  if (!base || !at(TokenKind::StarStar))
    return base;
  Level level(*this);
  if (!level.ok)
    return nullptr;
  Token op = advance();
  Expr *exponent = parseUnary();
  if (!exponent)
    return nullptr;
  auto *result = make<BinOp>(rangeFrom(begin));
  result->op = BinaryOp::Pow;
  result->opRange = range(op);
  result->left = base;
  result->right = exponent;
  return finish(result, {base, exponent});
}

Expr *Parser::parseAwait() {
  Token keyword = advance();
  Expr *value = parsePrimary();
  if (!value)
    return nullptr;
  auto *result = make<Await>(rangeFrom(keyword.begin));
  result->value = value;
  return finish(result, {value});
}

Expr *Parser::parseYield() {
  Token keyword = advance();
  bool isFrom = consumeIf(TokenKind::KwFrom);
  Expr *value = nullptr;
  if (isFrom || canBeginExpr(peek()) || at(TokenKind::Star)) {
    value = isFrom ? parseExpr() : parseExprList(/*allowYield=*/false);
    if (!value)
      return nullptr;
  }
  auto *result = make<Yield>(rangeFrom(keyword.begin));
  result->value = value;
  result->isFrom = isFrom;
  return finish(result, {value});
}

Expr *Parser::parseLambda() {
  Token keyword = advance();
  SmallVector<Param> params;
  if (!parseParams(params, TokenKind::Colon, /*isLambda=*/true))
    return nullptr;
  if (!expect(TokenKind::Colon, "':' after the parameters of the lambda"))
    return nullptr;
  Expr *body = parseExpr();
  if (!body)
    return nullptr;
  SmallVector<const Expr *> children = {body};
  for (const Param &param : params)
    children.push_back(param.defaultValue);
  auto *result = make<Lambda>(rangeFrom(keyword.begin));
  result->params = copy(params);
  result->body = body;
  return setHeight(result, children) ? result : nullptr;
}
