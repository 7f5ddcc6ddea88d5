//===- LexerLiterals.cpp - numbers, strings, f-strings ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Characters.h"
#include "frontend/syntax/Lexer.h"

using namespace tessera;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

static bool isDigitOf(char c, unsigned radix) { return llvm::hexDigitValue(c) < radix; }

static StringRef getRadixName(unsigned radix) {
  return radix == 2 ? "binary" : radix == 8 ? "octal" : radix == 16 ? "hexadecimal" : "decimal";
}

/// Skips digits with single underscores between them. False if there was none.
bool Lexer::skipDigits(unsigned radix) {
  bool any = false;
  for (;;) {
    if (isDigitOf(peek(), radix)) {
      any = true;
      ++pos;
    } else if (peek() == '_' && any) {
      ++pos;
      if (!isDigitOf(peek(), radix)) {
        diagnose(pos - 1, "expected a digit after '_' in a " + getRadixName(radix) + " literal");
        while (peek() == '_')
          ++pos;
      }
    } else {
      return any;
    }
  }
}

/// After a number no letter or digit may follow, except for keywords: `1if x else 2`.
void Lexer::checkNumberEnd(uint32_t begin, StringRef what) {
  if (!isNameCharacter(peek()) || atEnd())
    return;
  uint32_t end = pos;
  while (end < text.size() && isNameCharacter(text[end]) && static_cast<unsigned char>(text[end]) < 0x80)
    ++end;
  StringRef suffix = text.slice(pos, end);
  for (StringRef keyword : {"and", "else", "for", "if", "in", "is", "not", "or"})
    if (suffix == keyword)
      return;
  if (suffix.empty())
    return; // not ASCII: reported as a token of its own
  StringRef number = text.slice(begin, pos);
  SourceRange range(getLoc(pos), getLoc(end));
  std::string lower = suffix.lower();
  bool isC = false;
  for (StringRef known : {"f", "u", "l", "ul", "ll", "ull", "h"})
    isC |= lower == known;
  if (isC)
    diagnose(pos, "suffix '" + suffix + "' is not allowed on a number: expected plain '" + number + "'")
        .fixItRemove(range);
  else if (llvm::isDigit(suffix[0]))
    diagnose(pos, "invalid digit '" + suffix.take_front() + "' in " + what + " literal");
  else if (number.find_first_not_of("0123456789") == StringRef::npos)
    diagnose(begin, "invalid number '" + text.slice(begin, end) + "': a name cannot begin with a digit")
        .range({getLoc(begin), getLoc(end)});
  else
    diagnose(pos, "invalid characters '" + suffix + "' after " + what + " literal '" + number + "'").range(range);
  pos = end;
}

/// After `0x`, `0o` or `0b`.
void Lexer::lexRadixDigits(unsigned radix) {
  uint32_t begin = pos;
  pos += 2;
  if (peek() == '_')
    ++pos;
  if (!skipDigits(radix) && !isNameCharacter(peek()))
    diagnose(begin, "expected a digit after '" + text.slice(begin, begin + 2) + "'");
  checkNumberEnd(begin, ((radix == 10 ? "a " : radix == 8 ? "an " : "a ") + getRadixName(radix)).str());
}

Token Lexer::lexNumber() {
  uint32_t begin = pos;
  if (peek() == '0') {
    char letter = llvm::toLower(peek(1));
    if (unsigned radix = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0) {
      lexRadixDigits(radix);
      return make(TokenKind::Int, begin);
    }
  }
  TokenKind kind = TokenKind::Int;
  skipDigits(10);
  if (peek() == '.') {
    kind = TokenKind::Float;
    ++pos;
    if (llvm::isDigit(peek()))
      skipDigits(10);
  }
  if (peek() == 'e' || peek() == 'E') {
    bool isSigned = peek(1) == '+' || peek(1) == '-';
    if (llvm::isDigit(peek(isSigned ? 2 : 1))) {
      kind = TokenKind::Float;
      pos += isSigned ? 2 : 1;
      skipDigits(10);
    }
  }
  if (peek() == 'j' || peek() == 'J') {
    kind = TokenKind::Imaginary;
    ++pos;
  }
  StringRef number = text.slice(begin, pos);
  if (kind == TokenKind::Int && number[0] == '0' && number.find_first_not_of("0_") != StringRef::npos) {
    StringRef digits = number.ltrim("0_");
    diagnose(begin, "leading zeros are not allowed in a decimal literal: write '" + digits + "', or '0o" + digits +
                        "' for an octal number")
        .fixItRemove({getLoc(begin), getLoc(begin + (number.size() - digits.size()))});
  }
  checkNumberEnd(begin, kind == TokenKind::Int ? "a decimal" : "a floating-point");
  return make(kind, begin);
}

//===----------------------------------------------------------------------===//
// Strings
//===----------------------------------------------------------------------===//

/// Of a quote like that of the f-string around the field it is in: does it begin a string, or end the f-string whose
/// '}' was forgotten? It begins one if there is another such quote on the line.
bool Lexer::isNestedString(char quote) const {
  for (uint32_t i = pos + 1; i < text.size() && !isNewline(text[i]); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == quote)
      return true;
  }
  return false;
}

Token Lexer::lexString(uint32_t begin, StringRef prefix) {
  char quote = peek();
  bool triple = peek(1) == quote && peek(2) == quote;
  if (prefix.empty() && !contexts.empty() && contexts.back().kind == ContextKind::Field) {
    const Context &around = contexts[contexts.size() - 2];
    if (around.quote == quote && around.triple == triple && !isNestedString(quote))
      return endUnclosedField(begin);
  }
  bool raw = prefix.contains_insensitive('r');
  pos += triple ? 3 : 1;
  if (prefix.contains_insensitive('f') || prefix.contains_insensitive('t')) {
    if (contexts.size() >= maxBrackets) {
      diagnose(begin, "f-strings are nested too deeply: more than " + Twine(maxBrackets) + " brackets are open");
      return make(TokenKind::Error, begin);
    }
    Context context;
    context.kind = ContextKind::String;
    context.triple = triple;
    context.raw = raw;
    context.quote = quote;
    context.begin = begin;
    contexts.push_back(context);
    return make(TokenKind::FStringStart, begin);
  }
  for (; !atEnd(); ++pos) {
    char c = text[pos];
    if (c == '\\') {
      ++pos;
      if (peek() == '\r' && peek(1) == '\n')
        ++pos;
      if (atEnd())
        break;
    } else if (c == quote && (!triple || (peek(1) == quote && peek(2) == quote))) {
      pos += triple ? 3 : 1;
      return make(TokenKind::String, begin);
    } else if (!triple && isNewline(c)) {
      break;
    }
  }
  pos = std::min<size_t>(pos, text.size());
  std::string expected(triple ? 3 : 1, quote);
  diagnose(begin, triple
                      ? "unterminated string literal: expected a closing " + expected + " before the end of the file"
                      : "unterminated string literal: expected a closing " + expected + " before the end of the line")
      .range({getLoc(begin), getLoc(pos)});
  return make(TokenKind::Error, begin);
}

//===----------------------------------------------------------------------===//
// F-strings
//===----------------------------------------------------------------------===//

/// The f-string ends here without its quote.
Token Lexer::failText(const Twine &message) {
  uint32_t begin = pos;
  while (contexts.back().kind != ContextKind::String)
    contexts.pop_back();
  diagnose(contexts.back().begin, message);
  contexts.pop_back();
  return make(TokenKind::Error, begin);
}

/// At the quote that ends an f-string while a field of it is open.
Token Lexer::endUnclosedField(uint32_t begin) {
  SourceLoc field;
  while (contexts.back().kind != ContextKind::String) {
    if (contexts.back().kind == ContextKind::Field)
      field = getLoc(contexts.back().begin);
    contexts.pop_back();
  }
  pos += contexts.back().triple ? 3 : 1;
  contexts.pop_back();
  diagnose(begin, "expected '}' before the end of the f-string").note(field, "'{' is here");
  return make(TokenKind::Error, begin);
}

/// The next piece of an f-string's text: of the string itself or of a format.
Token Lexer::lexText() {
  Context context = contexts.back();
  bool isSpec = context.kind == ContextKind::Spec;
  uint32_t begin = pos;
  auto middle = [&] { return make(TokenKind::FStringMiddle, begin); };
  for (;;) {
    if (atEnd() || (!context.triple && isNewline(text[pos]))) {
      if (pos != begin)
        return middle();
      std::string quotes(context.triple ? 3 : 1, context.quote);
      return failText("unterminated f-string: expected " + Twine(isSpec ? "'}' and " : "") + "a closing " + quotes +
                      " before the end of the " + (context.triple ? "file" : "line"));
    }
    char c = text[pos];
    if (c == context.quote && (!context.triple || (peek(1) == c && peek(2) == c))) {
      if (pos != begin)
        return middle();
      if (isSpec)
        return endUnclosedField(begin);
      pos += context.triple ? 3 : 1;
      contexts.pop_back();
      return make(TokenKind::FStringEnd, begin);
    }
    if (c == '\\') {
      ++pos;
      char escaped = peek();
      if (escaped == 'N' && peek(1) == '{' && !context.raw) {
        while (!atEnd() && text[pos] != '}' && text[pos] != context.quote && !isNewline(text[pos]))
          ++pos;
        pos += peek() == '}';
      } else if (escaped == '\r' && peek(1) == '\n') {
        pos += 2;
      } else if (escaped != '{' && escaped != '}' && !atEnd()) {
        ++pos;
      }
    } else if (c == '{' && peek(1) == '{' && !isSpec) {
      pos += 2;
    } else if (c == '{') {
      if (pos != begin)
        return middle();
      ++pos;
      size_t before = diagnostics.size();
      open(ContextKind::Field);
      return make(diagnostics.size() == before ? TokenKind::LBrace : TokenKind::Error, begin);
    } else if (c == '}' && isSpec) {
      if (pos != begin)
        return middle();
      ++pos;
      contexts.pop_back();
      close(ContextKind::Brace);
      return make(TokenKind::RBrace, begin);
    } else if (c == '}') {
      if (peek(1) != '}')
        diagnose(pos, "single '}' in an f-string: expected '}}'").fixItInsert(getLoc(pos), "}");
      pos += peek(1) == '}' ? 2 : 1;
    } else {
      ++pos;
    }
  }
}
