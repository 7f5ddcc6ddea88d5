//===- ParseHelpers.h - what the tests of the syntax share ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_TEST_FRONTEND_SYNTAX_PARSEHELPERS_H
#define TESSERA_TEST_FRONTEND_SYNTAX_PARSEHELPERS_H

#include "frontend/syntax/Dump.h"
#include "frontend/syntax/Parser.h"

#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <string>

namespace tessera::test {

/// One diagnostic as "line:col severity: message", with its fix-its and notes on indented lines of their own.
inline void describe(llvm::raw_ostream &os, const SourceManager &sources, const Diagnostic &diagnostic,
                     llvm::StringRef indent = "") {
  LineColumn place = sources.getLineColumn(diagnostic.loc);
  os << indent << place.line << ":" << place.column << " " << getSeverityName(diagnostic.severity) << ": "
     << diagnostic.message << "\n";
  for (const FixIt &fixIt : diagnostic.fixIts) {
    LineColumn begin = sources.getLineColumn(fixIt.range.begin), end = sources.getLineColumn(fixIt.range.end);
    os << "  fix " << begin.line << ":" << begin.column << "-" << end.line << ":" << end.column << " '"
       << fixIt.replacement << "'\n";
  }
  for (const Diagnostic &note : diagnostic.notes)
    describe(os, sources, note, "  ");
}

/// A text and what became of it.
struct Parsed {
  SourceManager sources;
  DiagnosticEngine diagnostics{sources};
  std::unique_ptr<Program> program;

  explicit Parsed(llvm::StringRef text, llvm::StringRef name = "test.tile", const ParseOptions &options = {}) {
    if (std::optional<FileId> file = sources.addText(text, name))
      program = parseProgram(*file, diagnostics, options);
  }

  std::string getMessages() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    for (const Diagnostic *diagnostic : diagnostics.getSorted())
      describe(os, sources, *diagnostic);
    return text;
  }

  std::string getDump() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    dump(os, program->getModule());
    return text;
  }

  std::string getSource() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    printSource(os, program->getModule());
    return text;
  }
};

/// With mistakes in host code reported like any others.
inline ParseOptions reportAll() {
  ParseOptions options;
  options.reportHost = true;
  options.reportModuleLevel = true;
  return options;
}

/// A module of one statement `x = EXPR`, dumped, without the frame.
inline std::string dumpOf(llvm::StringRef expr) {
  Parsed parsed(("x = " + expr + "\n").str());
  if (parsed.diagnostics.hasErrors())
    return parsed.getMessages();
  std::string text = parsed.getDump();
  llvm::StringRef rest = text;
  rest.consume_front("module\n  assign x = ");
  return rest.rtrim().str();
}

} // namespace tessera::test

#endif // TESSERA_TEST_FRONTEND_SYNTAX_PARSEHELPERS_H
