//===- PtxLexer.cpp - Tokens of PTX text ----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/PtxLexer.h"

#include <bit>
#include <charconv>
#include <cstdlib>
#include <string>

namespace tessera::sim::ptx {

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '%';
}
bool isWordChar(char c) { return isWordStart(c) || isDigit(c); }
int hexDigit(char c) {
  if (isDigit(c))
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

} // namespace

/// Skips white space and comments; false at an unclosed comment.
bool Lexer::skipBlank() {
  while (position < end) {
    const char c = *position;
    if (c == '\n') {
      ++line;
      ++position;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' || c == 0) {
      ++position;
    } else if (c == '/' && position + 1 < end && position[1] == '/') {
      while (position < end && *position != '\n')
        ++position;
    } else if (c == '/' && position + 1 < end && position[1] == '*') {
      position += 2;
      while (position + 1 < end && !(position[0] == '*' && position[1] == '/')) {
        line += *position == '\n';
        ++position;
      }
      if (position + 1 >= end) {
        position = end;
        return false;
      }
      position += 2;
    } else {
      break;
    }
  }
  return true;
}

bool Lexer::skipBraces() {
  unsigned depth = 1;
  while (true) {
    if (!skipBlank() || position >= end)
      return false;
    if (*position == '"') {
      next();
      continue;
    }
    depth += *position == '{';
    depth -= *position == '}';
    ++position;
    if (depth == 0)
      return true;
  }
}

Token Lexer::number() {
  Token token;
  token.kind = Token::Integer;
  token.line = line;
  const char *start = position;
  const auto finish = [&] {
    token.text = std::string_view(start, position - start);
    return token;
  };
  const char second = position + 1 < end ? position[1] : 0;
  if (*position == '0' && (second == 'f' || second == 'F' || second == 'd' || second == 'D')) {
    const bool isDouble = second == 'd' || second == 'D';
    position += 2;
    unsigned digits = 0;
    while (position < end && hexDigit(*position) >= 0) {
      token.value = token.value << 4 | hexDigit(*position++);
      ++digits;
    }
    token.kind = isDouble ? Token::Float64 : Token::Float32;
    if (digits != (isDouble ? 16u : 8u))
      token.kind = Token::Bad;
    return finish();
  }
  unsigned base = 10;
  if (*position == '0' && (second == 'x' || second == 'X')) {
    base = 16;
    position += 2;
  } else if (*position == '0' && (second == 'b' || second == 'B')) {
    base = 2;
    position += 2;
  } else if (*position == '0' && isDigit(second)) {
    base = 8;
  }
  const char *digits = position;
  bool tooLarge = false;
  while (position < end && hexDigit(*position) >= 0 && hexDigit(*position) < int(base)) {
    tooLarge |= __builtin_mul_overflow(token.value, uint64_t(base), &token.value) ||
                __builtin_add_overflow(token.value, uint64_t(hexDigit(*position)), &token.value);
    ++position;
  }
  if (position == digits)
    token.kind = Token::Bad;
  // A fraction or an exponent makes it a double; "1.5", "2.0e-3".
  const bool fraction = position + 1 < end && *position == '.' && isDigit(position[1]);
  const bool exponent = base == 10 && position < end && (*position == 'e' || *position == 'E');
  if (base != 16 && (fraction || exponent)) {
    const char *p = position;
    if (fraction)
      for (++p; p < end && isDigit(*p);)
        ++p;
    if (p < end && (*p == 'e' || *p == 'E')) {
      ++p;
      if (p < end && (*p == '+' || *p == '-'))
        ++p;
      while (p < end && isDigit(*p))
        ++p;
    }
    token.kind = Token::Float64;
    token.value = std::bit_cast<uint64_t>(std::strtod(std::string(start, p).c_str(), nullptr));
    position = p;
    return finish();
  }
  if (position < end && (*position == 'U' || *position == 'u'))
    ++position;
  if (tooLarge)
    token.kind = Token::Bad;
  if (position < end && isWordChar(*position)) {
    token.kind = Token::Bad;
    while (position < end && isWordChar(*position))
      ++position;
  }
  return finish();
}

Token Lexer::next() {
  Token token;
  if (!skipBlank()) {
    token.kind = Token::Bad;
    token.text = "unclosed comment";
    token.line = line;
    return token;
  }
  token.line = line;
  if (position >= end)
    return token;
  const char *start = position;
  const char c = *position;
  if (isDigit(c))
    return number();
  if (isWordStart(c)) {
    ++position;
    while (position < end) {
      if (isWordChar(*position)) {
        ++position;
      } else if (*position == '.' && position + 1 < end && isWordChar(position[1])) {
        position += 2;
      } else if (*position == ':' && position + 2 < end && position[1] == ':' && isWordChar(position[2])) {
        position += 3;
      } else {
        break;
      }
    }
    token.kind = Token::Word;
    token.text = std::string_view(start, position - start);
    return token;
  }
  if (c == '.' && position + 1 < end && isWordStart(position[1])) {
    ++position;
    while (position < end && (isWordChar(*position) || (*position == ':' && position + 2 < end && position[1] == ':' &&
                                                        isWordChar(position[2])))) {
      position += *position == ':' ? 2 : 1;
    }
    token.kind = Token::Directive;
    token.text = std::string_view(start + 1, position - start - 1);
    return token;
  }
  if (c == '"') {
    ++position;
    while (position < end && *position != '"' && *position != '\n') {
      if (*position == '\\' && position + 1 < end)
        ++position;
      ++position;
    }
    if (position >= end || *position != '"') {
      if (position > end)
        position = end;
      token.kind = Token::Bad;
      token.text = "unclosed string";
      return token;
    }
    token.kind = Token::String;
    token.text = std::string_view(start + 1, position - start - 1);
    ++position;
    return token;
  }
  ++position;
  token.kind = Token::Punctuation;
  token.punctuation = c;
  token.text = std::string_view(start, 1);
  return token;
}

} // namespace tessera::sim::ptx
