//===- Token.cpp - the words of the language --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Token.h"

using namespace tessera;

llvm::StringRef tessera::getSpelling(TokenKind kind) {
  static constexpr llvm::StringRef spellings[] = {
#define TESSERA_TOKEN(name, text) text,
      TESSERA_SPECIAL_TOKENS(TESSERA_TOKEN) TESSERA_PUNCTUATORS(TESSERA_TOKEN) TESSERA_KEYWORDS(TESSERA_TOKEN)
#undef TESSERA_TOKEN
  };
  return spellings[unsigned(kind)];
}

std::string tessera::describe(TokenKind kind) {
  if (kind < TokenKind::LParen)
    return getSpelling(kind).str();
  return "'" + getSpelling(kind).str() + "'";
}

bool tessera::isStatementKeyword(TokenKind kind) {
  switch (kind) {
  case TokenKind::KwAssert:
  case TokenKind::KwBreak:
  case TokenKind::KwClass:
  case TokenKind::KwContinue:
  case TokenKind::KwDef:
  case TokenKind::KwDel:
  case TokenKind::KwElif:
  case TokenKind::KwExcept:
  case TokenKind::KwFinally:
  case TokenKind::KwGlobal:
  case TokenKind::KwImport:
  case TokenKind::KwNonlocal:
  case TokenKind::KwPass:
  case TokenKind::KwRaise:
  case TokenKind::KwReturn:
  case TokenKind::KwTry:
  case TokenKind::KwWhile:
  case TokenKind::KwWith:
    return true;
  default:
    return false;
  }
}
