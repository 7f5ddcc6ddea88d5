//===- Literals.h - what literals mean --------------------------*- C++ -*-===//
//
// From the spelling of numbers and strings to their values.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_SYNTAX_LITERALS_H
#define TESSERA_FRONTEND_SYNTAX_LITERALS_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

#include <optional>

namespace tessera {

/// The value of an integer literal (`1_000`, `0xff`, `0o17`, `0b1`); nothing if it is larger than 2**64 - 1.
std::optional<uint64_t> decodeInt(llvm::StringRef spelling);

/// The value of a floating-point literal; of an imaginary one, the factor. Infinity if it is too large.
double decodeFloat(llvm::StringRef spelling);

/// A string literal token taken apart: `rb"""body"""`.
struct StringParts {
  llvm::StringRef body;
  bool raw = false, bytes = false, formatted = false, isTemplate = false, triple = false;
};
/// Takes apart a whole literal, or the beginning of an f-string (then the body is empty).
StringParts splitString(llvm::StringRef spelling);

struct DecodeOptions {
  bool raw = false;    ///< no escapes
  bool bytes = false;  ///< no `\u`, `\U`, `\N`; only ASCII
  bool braces = false; ///< `{{` and `}}` stand for one brace
};

/// Appends the meaning of a literal's body to `out`. Calls `report` with the begin and size (in the body) of what is
/// wrong, and whether that is an error or a warning.
void decodeString(llvm::StringRef body, DecodeOptions options, llvm::SmallVectorImpl<char> &out,
                  llvm::function_ref<void(size_t begin, size_t size, bool isError, const llvm::Twine &)> report);

} // namespace tessera

#endif // TESSERA_FRONTEND_SYNTAX_LITERALS_H
