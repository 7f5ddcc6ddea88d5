//===- Lexer.cpp - from text to tokens --------------------------*- C++ -*-===//
//
// Lines, indentation, names and punctuation. Numbers and strings are in
// LexerLiterals.cpp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Lexer.h"
#include "frontend/syntax/Characters.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/raw_ostream.h"

using namespace tessera;
using llvm::StringRef;
using llvm::Twine;

Lexer::Lexer(StringRef text, SourceLoc base) : text(text), base(base) {
  indentations.push_back({0, 0});
  if (text.starts_with("\xEF\xBB\xBF"))
    pos = 3;
}

Token Lexer::make(TokenKind kind, uint32_t begin) {
  Token token;
  token.kind = kind;
  token.begin = begin;
  token.end = pos;
  token.startsLine = lineIsFresh;
  lineIsFresh = false;
  return token;
}

Diagnostic &Lexer::diagnose(uint32_t offset, const Twine &message) {
  auto &[end, diagnostic] = diagnostics.emplace_back();
  diagnostic.loc = getLoc(offset);
  diagnostic.message = message.str();
  return diagnostic;
}

Token Lexer::next() {
  numDiagnosticsBefore = diagnostics.size();
  Token token = lexToken();
  for (size_t i = numDiagnosticsBefore; i < diagnostics.size(); ++i) {
    diagnostics[i].first = token.begin;
    token.hasDiagnostics = true;
  }
  return token;
}

void Lexer::takeDiagnostics(const Token &token, llvm::SmallVectorImpl<Diagnostic> &out) {
  llvm::erase_if(diagnostics, [&](auto &entry) {
    if (entry.first > token.begin)
      return false;
    out.push_back(std::move(entry.second));
    return true;
  });
}

unsigned Lexer::getIndentation(uint32_t offset) const {
  uint32_t begin = offset;
  while (begin > 0 && !isNewline(text[begin - 1]))
    --begin;
  unsigned columns = 0;
  for (; begin < text.size(); ++begin) {
    if (text[begin] == ' ')
      ++columns;
    else if (text[begin] == '\t')
      columns = (columns / 8 + 1) * 8;
    else if (text[begin] == '\f')
      columns = 0;
    else if (begin != 0 || !text.starts_with("\xEF\xBB\xBF"))
      break;
    else
      begin += 2;
  }
  return columns;
}

void Lexer::restartAtLine(uint32_t offset) {
  pos = offset;
  while (pos > 0 && !isNewline(text[pos - 1]))
    --pos;
  contexts.clear();
  ignoredBrackets = 0;
  pendingDedents = 0;
  reachedEnd = false;
  atLineStart = lineIsFresh = true;
  lineHasTokens = false;
  llvm::erase_if(diagnostics, [&](const auto &entry) { return entry.first >= pos; });
}

//===----------------------------------------------------------------------===//
// Lines
//===----------------------------------------------------------------------===//

void Lexer::skipNewline() {
  pos += peek() == '\r' && peek(1) == '\n' ? 2 : 1;
  lineIsFresh = true;
}

/// Skips blanks, comments and continued line ends. False if something that is no token was met: an Error token is due.
bool Lexer::skipSpace() {
  for (;;) {
    char c = peek();
    if (c == ' ' || c == '\t' || c == '\f') {
      ++pos;
    } else if (c == '#') {
      while (!atEnd() && !isNewline(text[pos]))
        ++pos;
    } else if (c == '\\' && !atEnd()) {
      if (!isNewline(peek(1)))
        return false;
      ++pos;
      skipNewline();
      if (atEnd()) {
        diagnose(pos, "expected the continued line after '\\', found the end of the file");
        return true;
      }
    } else {
      return true;
    }
  }
}

/// Measures the indentation of the next line that holds something. True if that gives a token.
bool Lexer::lexLineStart(Token &token) {
  for (;;) {
    uint32_t lineBegin = pos;
    Indentation indentation = {0, 0};
    std::optional<Indentation> continued; // of the first line of those joined by a backslash
    for (;; ++pos) {
      char c = peek();
      if (c == ' ')
        ++indentation.columns, ++indentation.altColumns;
      else if (c == '\t')
        indentation.columns = (indentation.columns / 8 + 1) * 8, ++indentation.altColumns;
      else if (c == '\f')
        indentation = {0, 0};
      else if (c == '\\' && isNewline(peek(1))) {
        if (!continued)
          continued = indentation;
        if (peek(1) == '\r' && peek(2) == '\n')
          ++pos;
        ++pos;
      } else
        break;
    }
    if (peek() == '#')
      while (!atEnd() && !isNewline(text[pos]))
        ++pos;
    if (atEnd()) {
      atLineStart = false;
      return false;
    }
    if (isNewline(peek())) {
      skipNewline();
      continue;
    }
    atLineStart = false;
    lineIsFresh = true;
    return setIndentation(continued.value_or(indentation), lineBegin, token);
  }
}

static std::string listLevels(llvm::ArrayRef<unsigned> levels) {
  std::string result;
  for (size_t i = 0; i < levels.size(); ++i) {
    if (i != 0)
      result += i + 1 == levels.size() ? " or " : ", ";
    result += std::to_string(levels[i]);
  }
  return result;
}

bool Lexer::setIndentation(Indentation indentation, uint32_t lineBegin, Token &token) {
  auto mixed = [&] {
    diagnose(lineBegin, "tabs and spaces are mixed: whether this line belongs to the block above depends on how wide a "
                        "tab is")
        .range({getLoc(lineBegin), getLoc(pos)});
  };
  if (indentation.columns == indentations.back().columns) {
    if (indentation.altColumns != indentations.back().altColumns)
      mixed();
    return false;
  }
  if (indentation.columns > indentations.back().columns) {
    if (indentation.altColumns <= indentations.back().altColumns)
      mixed();
    if (indentations.size() > maxBlocks) {
      diagnose(pos, "blocks are nested too deeply: more than " + Twine(maxBlocks) + " levels");
      return false;
    }
    indentations.push_back(indentation);
    token = make(TokenKind::Indent, lineBegin);
    lineIsFresh = true;
    return true;
  }
  llvm::SmallVector<unsigned> levels;
  for (Indentation level : indentations)
    levels.push_back(level.columns);
  while (indentation.columns < indentations.back().columns) {
    indentations.pop_back();
    ++pendingDedents;
  }
  if (indentation.columns != indentations.back().columns) {
    diagnose(pos, "this line is indented by " + Twine(indentation.columns) +
                      " columns, which matches no block: expected " + listLevels(levels))
        .range({getLoc(lineBegin), getLoc(pos)});
    // Taken as a line of the innermost block that it is nearest to; so are those that follow with the same indentation.
    indentations.push_back(indentation);
    --pendingDedents;
  } else if (indentation.altColumns != indentations.back().altColumns) {
    mixed();
  }
  if (pendingDedents == 0)
    return false;
  --pendingDedents;
  uint32_t end = pos;
  token = make(TokenKind::Dedent, end);
  lineIsFresh = true;
  return true;
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

Token Lexer::lexToken() {
  if (pendingDedents != 0) {
    --pendingDedents;
    Token token = make(TokenKind::Dedent, pos);
    lineIsFresh = true;
    return token;
  }
  if (inText())
    return lexText();
  Token token;
  if (atLineStart && lexLineStart(token))
    return token;

  for (;;) {
    if (!skipSpace()) {
      uint32_t begin = pos++;
      lineHasTokens = true;
      diagnose(begin, "expected the end of the line after '\\'");
      return make(TokenKind::Error, begin);
    }
    if (atEnd()) {
      if (lineHasTokens) {
        lineHasTokens = false;
        return make(TokenKind::Newline, pos);
      }
      if (!reachedEnd) {
        reachedEnd = true;
        pendingDedents = indentations.size() - 1;
        return lexToken();
      }
      return make(TokenKind::EndOfFile, pos);
    }
    if (!isNewline(peek()))
      break;
    if (contexts.empty()) {
      uint32_t begin = pos;
      token = make(TokenKind::Newline, begin);
      skipNewline();
      atLineStart = true;
      lineHasTokens = false;
      return token;
    }
    skipNewline();
  }

  lineHasTokens = true;
  char c = peek();
  if (isNameStart(c))
    return lexName();
  if (llvm::isDigit(c) || (c == '.' && llvm::isDigit(peek(1))))
    return lexNumber();
  if (isQuote(c))
    return lexString(pos, "");
  return lexPunctuator();
}

static TokenKind classifyName(StringRef text) {
  if (text.size() < 2 || text.size() > 8)
    return TokenKind::Name;
  return llvm::StringSwitch<TokenKind>(text)
#define TESSERA_TOKEN(name, spelling) .Case(spelling, TokenKind::name)
      TESSERA_KEYWORDS(TESSERA_TOKEN)
#undef TESSERA_TOKEN
          .Default(TokenKind::Name);
}

static bool isStringPrefix(StringRef text) {
  if (text.size() > 2)
    return false;
  std::string lower = text.lower();
  for (StringRef prefix : {"r", "u", "b", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"})
    if (lower == prefix)
      return true;
  return false;
}

/// Characters outside ASCII that may stand in a name. Not Unicode's tables, but what tells a letter from a typographic
/// sign.
static bool isNameCodePoint(uint32_t value) {
  struct Interval {
    uint32_t first, last;
  };
  static constexpr Interval others[] = {
      {0x80, 0xA9},       {0xAB, 0xB4},       {0xB6, 0xB6},       {0xB8, 0xB9},     {0xBB, 0xBF},     {0xD7, 0xD7},
      {0xF7, 0xF7},       {0x2000, 0x203E},   {0x2041, 0x2053},   {0x2055, 0x2070}, {0x207A, 0x207E}, {0x208A, 0x208E},
      {0x20A0, 0x20CF},   {0x2190, 0x2BFF},   {0x3000, 0x3004},   {0x3008, 0x3020}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE32},
      {0xFEFF, 0xFEFF},   {0xFF01, 0xFF0F},   {0xFF1A, 0xFF20},   {0xFF3B, 0xFF3E}, {0xFF5B, 0xFF65}, {0xFFF0, 0xFFFF},
      {0x1F000, 0x1FAFF}, {0xE0000, 0xE00FF}, {0xF0000, 0x10FFFF}};
  for (Interval interval : others)
    if (interval.first <= value && value <= interval.last)
      return false;
  return true;
}

Token Lexer::lexName() {
  uint32_t begin = pos;
  while (!atEnd() && isNameCharacter(text[pos])) {
    if (static_cast<unsigned char>(text[pos]) < 0x80) {
      ++pos;
      continue;
    }
    CodePoint codePoint = decodeCodePoint(text.substr(pos));
    if (!codePoint.valid || !isNameCodePoint(codePoint.value)) {
      if (pos == begin)
        return lexUnknown();
      break;
    }
    pos += codePoint.size;
  }
  StringRef name = text.slice(begin, pos);
  if (isQuote(peek()) && isStringPrefix(name))
    return lexString(begin, name);
  return make(classifyName(name), begin);
}

/// What people meant by a character that word processors and keyboards put in its place.
static StringRef getLookalike(uint32_t value) {
  switch (value) {
  case 0x201C:
  case 0x201D:
  case 0x201E:
  case 0xAB:
  case 0xBB:
  case 0xFF02:
    return "\"";
  case 0x2018:
  case 0x2019:
  case 0x201A:
  case 0xB4:
  case '`':
  case 0xFF07:
    return "'";
  case 0x2010:
  case 0x2011:
  case 0x2012:
  case 0x2013:
  case 0x2014:
  case 0x2212:
    return "-";
  case 0xD7:
    return "*";
  case 0xF7:
    return "/";
  case 0xA0:
  case 0x2002:
  case 0x2003:
  case 0x2009:
  case 0x3000:
    return " ";
  case 0x2264:
    return "<=";
  case 0x2265:
    return ">=";
  case 0x2260:
    return "!=";
  case 0x2192:
    return "->";
  case 0x2026:
    return "...";
  case 0xFF08:
    return "(";
  case 0xFF09:
    return ")";
  case 0xFF0C:
    return ",";
  case 0xFF1A:
    return ":";
  case 0xFF1B:
    return ";";
  case 0xFF1D:
    return "=";
  default:
    return "";
  }
}

Token Lexer::lexUnknown() {
  uint32_t begin = pos;
  CodePoint codePoint = decodeCodePoint(text.substr(pos));
  pos += codePoint.size;
  SourceRange range(getLoc(begin), getLoc(pos));
  std::string number;
  llvm::raw_string_ostream(number) << llvm::format("U+%04X", codePoint.value);
  StringRef lookalike = codePoint.valid ? getLookalike(codePoint.value) : "";
  if (!codePoint.valid) {
    std::string byte;
    llvm::raw_string_ostream(byte) << llvm::format("0x%02X", codePoint.value);
    diagnose(begin, "the byte " + byte + " is not valid UTF-8");
  } else if (codePoint.value == 0) {
    diagnose(begin, "the text contains a NUL byte");
  } else if (lookalike == " ") {
    diagnose(begin, "unexpected character " + number + ": expected a plain space").fixItReplace(range, lookalike);
  } else if (!lookalike.empty()) {
    diagnose(begin,
             "unexpected character '" + text.slice(begin, pos) + "' (" + number + "): did you mean '" + lookalike + "'")
        .fixItReplace(range, lookalike);
  } else {
    bool printable = llvm::sys::unicode::isPrintable(static_cast<int>(codePoint.value));
    diagnose(begin, printable ? "unexpected character '" + text.slice(begin, pos) + "'" +
                                    (codePoint.value < 0x80 ? "" : " (" + number + ")")
                              : "unexpected character " + Twine(number));
  }
  return make(TokenKind::Error, begin);
}

void Lexer::open(ContextKind kind) {
  if (contexts.size() < maxBrackets) {
    Context context;
    context.kind = kind;
    context.begin = pos - 1;
    contexts.push_back(context);
    return;
  }
  if (ignoredBrackets++ == 0)
    diagnose(pos - 1, "brackets are nested too deeply: more than " + Twine(maxBrackets) + " are open");
}

/// A bracket that matches nothing is left to the parser to report; here it only must not confuse what follows.
void Lexer::close(ContextKind kind) {
  if (ignoredBrackets != 0) {
    --ignoredBrackets;
    return;
  }
  auto isBracket = [](ContextKind kind) { return kind <= ContextKind::Field; };
  if (contexts.empty())
    return;
  ContextKind top = contexts.back().kind;
  if (top == kind || (kind == ContextKind::Brace && top == ContextKind::Field)) {
    contexts.pop_back();
    return;
  }
  if (top == ContextKind::Field)
    return;
  ContextKind below = contexts.size() > 1 ? contexts[contexts.size() - 2].kind : ContextKind::String;
  contexts.pop_back();
  if (isBracket(below) && (below == kind || (kind == ContextKind::Brace && below == ContextKind::Field)))
    contexts.pop_back();
}

Token Lexer::lexPunctuator() {
  using enum TokenKind;
  uint32_t begin = pos;
  auto take = [&](TokenKind kind, unsigned size) {
    pos += size;
    return make(kind, begin);
  };
  auto opening = [&](TokenKind kind, ContextKind context) {
    ++pos;
    size_t before = diagnostics.size();
    open(context);
    return make(diagnostics.size() == before ? kind : Error, begin);
  };
  auto closing = [&](TokenKind kind, ContextKind context) {
    ++pos;
    close(context);
    return make(kind, begin);
  };
  // One of `c`, `c=`, and for doubled characters `cc`, `cc=`.
  auto withEqual = [&](TokenKind plain, TokenKind equal) { return peek(1) == '=' ? take(equal, 2) : take(plain, 1); };
  auto doubled = [&](TokenKind plain, TokenKind equal, TokenKind twice, TokenKind twiceEqual) {
    if (peek(1) != peek())
      return withEqual(plain, equal);
    return peek(2) == '=' ? take(twiceEqual, 3) : take(twice, 2);
  };
  bool inField = !contexts.empty() && contexts.back().kind == ContextKind::Field;

  switch (peek()) {
  case '(':
    return opening(LParen, ContextKind::Paren);
  case ')':
    return closing(RParen, ContextKind::Paren);
  case '[':
    return opening(LBracket, ContextKind::Bracket);
  case ']':
    return closing(RBracket, ContextKind::Bracket);
  case '{':
    return opening(LBrace, ContextKind::Brace);
  case '}':
    return closing(RBrace, ContextKind::Brace);
  case ',':
    return take(Comma, 1);
  case ':':
    if (inField) {
      Context spec = contexts[contexts.size() - 2]; // a String or Spec
      spec.kind = ContextKind::Spec;
      spec.begin = begin;
      contexts.push_back(spec);
      return take(Colon, 1);
    }
    return withEqual(Colon, ColonEqual);
  case ';':
    return take(Semicolon, 1);
  case '.':
    return peek(1) == '.' && peek(2) == '.' ? take(Ellipsis, 3) : take(Dot, 1);
  case '-':
    return peek(1) == '>' ? take(Arrow, 2) : withEqual(Minus, MinusEqual);
  case '!':
    return withEqual(Exclaim, NotEqual);
  case '@':
    return withEqual(At, AtEqual);
  case '=':
    return withEqual(Equal, EqualEqual);
  case '+':
    return withEqual(Plus, PlusEqual);
  case '%':
    return withEqual(Percent, PercentEqual);
  case '&':
    return withEqual(Amp, AmpEqual);
  case '|':
    return withEqual(Pipe, PipeEqual);
  case '^':
    return withEqual(Caret, CaretEqual);
  case '~':
    return take(Tilde, 1);
  case '*':
    return doubled(Star, StarEqual, StarStar, StarStarEqual);
  case '/':
    return doubled(Slash, SlashEqual, SlashSlash, SlashSlashEqual);
  case '<':
    return doubled(Less, LessEqual, LessLess, LessLessEqual);
  case '>':
    return doubled(Greater, GreaterEqual, GreaterGreater, GreaterGreaterEqual);
  default:
    return lexUnknown();
  }
}
