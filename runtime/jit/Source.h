// A source text with what was made of it: the sources, the diagnostics and the tree stay together, for each refers to
// the one before. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_JIT_SOURCE_H
#define TESSERA_RUNTIME_JIT_SOURCE_H

#include "frontend/syntax/Diagnostics.h"
#include "frontend/syntax/Parser.h"
#include "frontend/syntax/SourceManager.h"
#include "runtime/include/tessera/Expected.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <optional>
#include <string>

namespace tessera::detail {

struct Source {
  Source(std::string_view text, const std::string &name) : diagnostics(sources) {
    file = sources.addText(llvm::StringRef(text.data(), text.size()), name);
    if (file)
      program = parseProgram(*file, diagnostics);
    else
      tooLarge = "'" + name + "' is too large: sources may have up to 2 GiB";
  }

  bool isUsable() const { return program && !diagnostics.hasErrors(); }

  /// Everything that was reported.
  std::string render(bool asJson) const {
    if (!asJson)
      return diagnostics.renderToString();
    if (diagnostics.getSorted().empty())
      return {};
    std::string text;
    llvm::raw_string_ostream stream(text);
    diagnostics.renderJson(stream);
    return text;
  }
  Error takeError(bool asJson) const {
    if (!file)
      return Error(ErrorCode::BadFormat, tooLarge);
    return Error(ErrorCode::Compile, render(asJson));
  }

  SourceManager sources;
  DiagnosticEngine diagnostics;
  std::optional<FileId> file;
  std::unique_ptr<Program> program;
  std::string tooLarge;
};

} // namespace tessera::detail

#endif // TESSERA_RUNTIME_JIT_SOURCE_H
