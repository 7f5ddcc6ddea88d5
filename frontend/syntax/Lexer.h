//===- Lexer.h - from text to tokens ----------------------------*- C++ -*-===//
//
// Python's lexical rules: indentation, joined lines, numbers, strings, f-strings.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tokens are made on demand, so that the parser can have the lexer begin again at
// a line when a bracket was never closed. What the lexer finds wrong is not
// reported at once: it hangs on a token (`hasDiagnostics`) until the parser, which
// knows whether that is host code, takes it.
//
// An f-string comes in pieces, its expressions being ordinary tokens between them:
//
//   f"a{x:>{w}}b"   FStringStart f"   FStringMiddle a   {   Name x   :
//                   FStringMiddle >   {   Name w   }   }   FStringMiddle b   FStringEnd "
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_SYNTAX_LEXER_H
#define TESSERA_FRONTEND_SYNTAX_LEXER_H

#include "frontend/syntax/Diagnostics.h"
#include "frontend/syntax/Token.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <vector>

namespace tessera {

class Lexer {
public:
  /// `text` must be followed by a NUL byte; `base` is the place of its first byte.
  Lexer(llvm::StringRef text, SourceLoc base);

  /// The next token; EndOfFile for ever after the last.
  Token next();

  /// Forgets open brackets and goes on at the beginning of the line that holds `offset`: its indentation is measured
  /// against the blocks that are open now. All tokens from that line on must be forgotten by the caller.
  void restartAtLine(uint32_t offset);

  /// Moves the diagnostics that hang on the token to `out`.
  void takeDiagnostics(const Token &token, llvm::SmallVectorImpl<Diagnostic> &out);

  llvm::StringRef getText(const Token &token) const { return text.slice(token.begin, token.end); }
  llvm::StringRef getText(uint32_t begin, uint32_t end) const { return text.slice(begin, end); }
  SourceLoc getLoc(uint32_t offset) const { return base.advanced(offset); }
  /// Columns of white space that the line of `offset` begins with (tabs to multiples of 8).
  unsigned getIndentation(uint32_t offset) const;
  /// Whether brackets or f-strings are open after the last token made.
  bool isInsideBrackets() const { return !contexts.empty(); }

  /// More open brackets than this are refused.
  static constexpr unsigned maxBrackets = 200;
  /// More open blocks than this are refused.
  static constexpr unsigned maxBlocks = 100;

private:
  /// What the lexer is in. Only in `Paren` to `Field` are there ordinary tokens.
  enum class ContextKind : uint8_t {
    Paren,
    Bracket,
    Brace,
    Field,  ///< between `{` and `}` or `:` of an f-string
    Spec,   ///< after the `:` of a field
    String, ///< in the text of an f-string
  };
  struct Context {
    ContextKind kind;
    bool triple = false, raw = false; ///< of a String and the Specs in it
    char quote = 0;
    uint32_t begin = 0;
  };
  struct Indentation {
    unsigned columns;    ///< tabs to multiples of 8
    unsigned altColumns; ///< tabs as one column
  };

  // Lexer.cpp
  Token lexToken();
  bool lexLineStart(Token &token);
  bool setIndentation(Indentation indentation, uint32_t lineBegin, Token &token);
  bool skipSpace();
  void skipNewline();
  Token lexName();
  Token lexPunctuator();
  Token lexUnknown();
  void open(ContextKind kind);
  void close(ContextKind kind);
  Token make(TokenKind kind, uint32_t begin);
  Diagnostic &diagnose(uint32_t offset, const llvm::Twine &message);
  char peek(uint32_t ahead = 0) const { return pos + ahead < text.size() ? text.data()[pos + ahead] : '\0'; }
  bool atEnd() const { return pos >= text.size(); }
  bool inText() const {
    return !contexts.empty() &&
           (contexts.back().kind == ContextKind::String || contexts.back().kind == ContextKind::Spec);
  }

  // LexerLiterals.cpp
  Token lexNumber();
  void lexRadixDigits(unsigned radix);
  bool skipDigits(unsigned radix);
  void checkNumberEnd(uint32_t begin, llvm::StringRef what);
  Token lexString(uint32_t begin, llvm::StringRef prefix);
  Token lexText();
  Token failText(const llvm::Twine &message);
  Token endUnclosedField(uint32_t begin);
  bool isNestedString(char quote) const;

  llvm::StringRef text;
  SourceLoc base;
  uint32_t pos = 0;
  bool atLineStart = true;    ///< the indentation of a logical line is next
  bool lineIsFresh = true;    ///< no token on this line of the text yet
  bool lineHasTokens = false; ///< the logical line holds a token: its end is a Newline
  unsigned pendingDedents = 0;
  bool reachedEnd = false; ///< the blocks still open at the end of the text have been closed
  llvm::SmallVector<Context, 8> contexts;
  llvm::SmallVector<Indentation, 8> indentations;
  unsigned ignoredBrackets = 0;                             ///< open beyond maxBrackets
  std::vector<std::pair<uint32_t, Diagnostic>> diagnostics; ///< with the begin of the token each hangs on
  size_t numDiagnosticsBefore = 0;                          ///< how many there were before the token that is being made
};

} // namespace tessera

#endif // TESSERA_FRONTEND_SYNTAX_LEXER_H
