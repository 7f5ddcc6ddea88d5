//===- Token.h - the words of the language ----------------------*- C++ -*-===//
//
// Kinds of tokens and the token itself: a kind and two offsets. What a literal
// means is found from its text when it is needed (Literals.h).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_SYNTAX_TOKEN_H
#define TESSERA_FRONTEND_SYNTAX_TOKEN_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace tessera {

/// Tokens without a fixed spelling: (enumerator, description for messages).
#define TESSERA_SPECIAL_TOKENS(X)                                                                                      \
  X(EndOfFile, "the end of the file")                                                                                  \
  X(Newline, "the end of the line")                                                                                    \
  X(Indent, "an indented line")                                                                                        \
  X(Dedent, "the end of the block")                                                                                    \
  X(Error, "an invalid token")                                                                                         \
  X(Name, "a name")                                                                                                    \
  X(Int, "an integer literal")                                                                                         \
  X(Float, "a floating-point literal")                                                                                 \
  X(Imaginary, "an imaginary literal")                                                                                 \
  X(String, "a string literal")                                                                                        \
  X(FStringStart, "an f-string")                                                                                       \
  X(FStringMiddle, "the text of an f-string")                                                                          \
  X(FStringEnd, "the end of an f-string")

#define TESSERA_PUNCTUATORS(X)                                                                                         \
  X(LParen, "(")                                                                                                       \
  X(RParen, ")")                                                                                                       \
  X(LBracket, "[")                                                                                                     \
  X(RBracket, "]")                                                                                                     \
  X(LBrace, "{")                                                                                                       \
  X(RBrace, "}")                                                                                                       \
  X(Comma, ",")                                                                                                        \
  X(Colon, ":")                                                                                                        \
  X(Semicolon, ";")                                                                                                    \
  X(Dot, ".")                                                                                                          \
  X(Ellipsis, "...")                                                                                                   \
  X(Arrow, "->")                                                                                                       \
  X(ColonEqual, ":=")                                                                                                  \
  X(Exclaim, "!")                                                                                                      \
  X(At, "@")                                                                                                           \
  X(Equal, "=")                                                                                                        \
  X(Plus, "+")                                                                                                         \
  X(Minus, "-")                                                                                                        \
  X(Star, "*")                                                                                                         \
  X(Slash, "/")                                                                                                        \
  X(SlashSlash, "//")                                                                                                  \
  X(Percent, "%")                                                                                                      \
  X(StarStar, "**")                                                                                                    \
  X(LessLess, "<<")                                                                                                    \
  X(GreaterGreater, ">>")                                                                                              \
  X(Amp, "&")                                                                                                          \
  X(Pipe, "|")                                                                                                         \
  X(Caret, "^")                                                                                                        \
  X(Tilde, "~")                                                                                                        \
  X(EqualEqual, "==")                                                                                                  \
  X(NotEqual, "!=")                                                                                                    \
  X(Less, "<")                                                                                                         \
  X(LessEqual, "<=")                                                                                                   \
  X(Greater, ">")                                                                                                      \
  X(GreaterEqual, ">=")                                                                                                \
  X(PlusEqual, "+=")                                                                                                   \
  X(MinusEqual, "-=")                                                                                                  \
  X(StarEqual, "*=")                                                                                                   \
  X(AtEqual, "@=")                                                                                                     \
  X(SlashEqual, "/=")                                                                                                  \
  X(SlashSlashEqual, "//=")                                                                                            \
  X(PercentEqual, "%=")                                                                                                \
  X(StarStarEqual, "**=")                                                                                              \
  X(LessLessEqual, "<<=")                                                                                              \
  X(GreaterGreaterEqual, ">>=")                                                                                        \
  X(AmpEqual, "&=")                                                                                                    \
  X(PipeEqual, "|=")                                                                                                   \
  X(CaretEqual, "^=")

/// The reserved words. `match`, `case`, `type` and `_` are names to the lexer.
#define TESSERA_KEYWORDS(X)                                                                                            \
  X(KwFalse, "False")                                                                                                  \
  X(KwNone, "None")                                                                                                    \
  X(KwTrue, "True")                                                                                                    \
  X(KwAnd, "and")                                                                                                      \
  X(KwAs, "as")                                                                                                        \
  X(KwAssert, "assert")                                                                                                \
  X(KwAsync, "async")                                                                                                  \
  X(KwAwait, "await")                                                                                                  \
  X(KwBreak, "break")                                                                                                  \
  X(KwClass, "class")                                                                                                  \
  X(KwContinue, "continue")                                                                                            \
  X(KwDef, "def")                                                                                                      \
  X(KwDel, "del")                                                                                                      \
  X(KwElif, "elif")                                                                                                    \
  X(KwElse, "else")                                                                                                    \
  X(KwExcept, "except")                                                                                                \
  X(KwFinally, "finally")                                                                                              \
  X(KwFor, "for")                                                                                                      \
  X(KwFrom, "from")                                                                                                    \
  X(KwGlobal, "global")                                                                                                \
  X(KwIf, "if")                                                                                                        \
  X(KwImport, "import")                                                                                                \
  X(KwIn, "in")                                                                                                        \
  X(KwIs, "is")                                                                                                        \
  X(KwLambda, "lambda")                                                                                                \
  X(KwNonlocal, "nonlocal")                                                                                            \
  X(KwNot, "not")                                                                                                      \
  X(KwOr, "or")                                                                                                        \
  X(KwPass, "pass")                                                                                                    \
  X(KwRaise, "raise")                                                                                                  \
  X(KwReturn, "return")                                                                                                \
  X(KwTry, "try")                                                                                                      \
  X(KwWhile, "while")                                                                                                  \
  X(KwWith, "with")                                                                                                    \
  X(KwYield, "yield")

enum class TokenKind : uint8_t {
#define TESSERA_TOKEN(name, text) name,
  TESSERA_SPECIAL_TOKENS(TESSERA_TOKEN) TESSERA_PUNCTUATORS(TESSERA_TOKEN) TESSERA_KEYWORDS(TESSERA_TOKEN)
#undef TESSERA_TOKEN
};

/// "=="; "while"; of tokens without a fixed spelling a description, "a name".
llvm::StringRef getSpelling(TokenKind kind);
/// For messages: "'=='", "a name".
std::string describe(TokenKind kind);

inline bool isKeyword(TokenKind kind) { return kind >= TokenKind::KwFalse; }
/// Keywords that begin a statement and cannot occur within an expression.
bool isStatementKeyword(TokenKind kind);
inline bool isOpeningBracket(TokenKind kind) {
  return kind == TokenKind::LParen || kind == TokenKind::LBracket || kind == TokenKind::LBrace;
}
inline bool isClosingBracket(TokenKind kind) {
  return kind == TokenKind::RParen || kind == TokenKind::RBracket || kind == TokenKind::RBrace;
}

/// A word of the text: the bytes from `begin` up to, not including, `end`.
struct Token {
  TokenKind kind = TokenKind::EndOfFile;
  bool startsLine = false;     ///< first token on its line of the text
  bool hasDiagnostics = false; ///< the lexer has something to say about it
  uint32_t begin = 0, end = 0;

  bool is(TokenKind other) const { return kind == other; }
  template <typename... Kinds> bool isAny(Kinds... kinds) const { return ((kind == kinds) || ...); }
  bool isKeyword() const { return tessera::isKeyword(kind); }
};

} // namespace tessera

#endif // TESSERA_FRONTEND_SYNTAX_TOKEN_H
