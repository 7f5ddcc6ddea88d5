//===- PtxLexer.h - Tokens of PTX text --------------------------*- C++ -*-===//
//
// Splits PTX text into tokens. A word keeps its dots, so that "ld.global.v4.b32", "shared::cta" inside an opcode and
// "%tid.x" are one token each; a directive is a dot followed by a word (".align").
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_PTXLEXER_H
#define TESSERA_RUNTIME_SIMULATOR_PTXLEXER_H

#include <cstdint>
#include <string_view>

namespace tessera::sim::ptx {

struct Token {
  enum Kind : uint8_t { End, Word, Directive, Integer, Float32, Float64, String, Punctuation, Bad };
  Kind kind = End;
  char punctuation = 0;
  uint32_t line = 0;
  uint64_t value = 0; ///< of numbers; of floats the bits
  std::string_view text;

  bool is(char c) const { return kind == Punctuation && punctuation == c; }
  bool isWord(std::string_view word) const { return kind == Word && text == word; }
  bool isDirective(std::string_view word) const { return kind == Directive && text == word; }
};

class Lexer {
public:
  explicit Lexer(std::string_view text) : position(text.data()), end(text.data() + text.size()) {}
  Token next();
  /// Skips to just after the '}' that closes a brace already read; false when there is none.
  bool skipBraces();
  const char *at() const { return position; }

private:
  bool skipBlank();
  Token number();

  const char *position;
  const char *end;
  uint32_t line = 1;
};

} // namespace tessera::sim::ptx

#endif // TESSERA_RUNTIME_SIMULATOR_PTXLEXER_H
