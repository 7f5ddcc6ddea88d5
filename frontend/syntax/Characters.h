//===- Characters.h - classes of characters ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_SYNTAX_CHARACTERS_H
#define TESSERA_FRONTEND_SYNTAX_CHARACTERS_H

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/ConvertUTF.h"

namespace tessera {

inline bool isNameStart(char c) { return llvm::isAlpha(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
inline bool isNameCharacter(char c) { return isNameStart(c) || llvm::isDigit(c); }
inline bool isNewline(char c) { return c == '\n' || c == '\r'; }
inline bool isQuote(char c) { return c == '"' || c == '\''; }

/// One code point and how many bytes it takes. Invalid UTF-8: one byte, and `valid` is false.
struct CodePoint {
  uint32_t value = 0;
  unsigned size = 1;
  bool valid = false;
};

inline CodePoint decodeCodePoint(llvm::StringRef text) {
  const auto *begin = reinterpret_cast<const llvm::UTF8 *>(text.data());
  unsigned size = llvm::getNumBytesForUTF8(*begin);
  if (size > text.size() || !llvm::isLegalUTF8Sequence(begin, begin + size))
    return {static_cast<unsigned char>(text[0]), 1, false};
  llvm::UTF32 value = 0;
  llvm::convertUTF8Sequence(&begin, begin + size, &value, llvm::strictConversion);
  return {value, size, true};
}

} // namespace tessera

#endif // TESSERA_FRONTEND_SYNTAX_CHARACTERS_H
