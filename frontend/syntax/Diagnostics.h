//===- Diagnostics.h - errors, warnings, notes, fix-its ---------*- C++ -*-===//
//
// What is said to the user. Every stage reports to one DiagnosticEngine; the
// engine orders, removes duplicates, limits, and renders as text or as JSON.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Messages start in lower case, have no full stop, and state what was expected
// and what is there. A diagnostic is reported and then decorated:
//
//   engine.error(call->getLoc(), "'tl.dot' needs inner dimensions to agree: a is 64x32, b is 64x128")
//       .range(a->range).range(b->range)
//       .note(b->getLoc(), "b is loaded here");
//
// and is rendered like clang's:
//
//   matmul.tile:12:15: error: 'tl.dot' needs inner dimensions to agree: a is 64x32, b is 64x128
//        12 |     acc = tl.dot(a, b)
//           |           ~~~^~~ ~  ~
//   matmul.tile:9:9: note: b is loaded here
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_SYNTAX_DIAGNOSTICS_H
#define TESSERA_FRONTEND_SYNTAX_DIAGNOSTICS_H

#include "frontend/syntax/SourceManager.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

#include <deque>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace tessera {

enum class Severity : uint8_t { Note, Remark, Warning, Error };

/// "error", "warning", ...
llvm::StringRef getSeverityName(Severity severity);

/// A change of the text that mends the mistake: the range is replaced. An empty range inserts.
struct FixIt {
  SourceRange range;
  std::string replacement;
};

/// One message with its notes. A note's own notes are not rendered.
struct Diagnostic {
  Severity severity = Severity::Error;
  SourceLoc loc; ///< where the caret points; may be nowhere
  std::string message;
  llvm::SmallVector<SourceRange, 2> ranges; ///< underlined with '~'
  std::vector<Diagnostic> notes;
  std::vector<FixIt> fixIts;

  /// The following decorate and return *this, so that they can be chained.
  Diagnostic &range(SourceRange range);
  Diagnostic &note(SourceLoc loc, const llvm::Twine &message);
  Diagnostic &note(SourceLoc loc, const llvm::Twine &message, SourceRange range);
  Diagnostic &fixItReplace(SourceRange range, llvm::StringRef replacement);
  Diagnostic &fixItInsert(SourceLoc loc, llvm::StringRef text) { return fixItReplace({loc, loc}, text); }
  Diagnostic &fixItRemove(SourceRange range) { return fixItReplace(range, ""); }
};

/// Collects the diagnostics of one run.
class DiagnosticEngine {
public:
  explicit DiagnosticEngine(const SourceManager &sources) : sources(sources) {}
  DiagnosticEngine(const DiagnosticEngine &) = delete;
  DiagnosticEngine &operator=(const DiagnosticEngine &) = delete;

  const SourceManager &getSources() const { return sources; }

  /// Reports; the result is to be decorated at once (it is valid until the next report).
  Diagnostic &report(Severity severity, SourceLoc loc, const llvm::Twine &message);
  Diagnostic &error(SourceLoc loc, const llvm::Twine &message) { return report(Severity::Error, loc, message); }
  Diagnostic &warning(SourceLoc loc, const llvm::Twine &message) { return report(Severity::Warning, loc, message); }
  Diagnostic &remark(SourceLoc loc, const llvm::Twine &message) { return report(Severity::Remark, loc, message); }
  /// Reports a diagnostic made elsewhere.
  void add(Diagnostic diagnostic);

  bool hasErrors() const { return numErrors != 0; }
  unsigned getNumErrors() const { return numErrors; }
  unsigned getNumWarnings() const { return numWarnings; }
  void clear();

  /// Errors beyond this many are counted, not kept. 0: no limit.
  void setErrorLimit(unsigned limit) { errorLimit = limit; }
  /// Warnings become errors.
  void setWarningsAsErrors(bool value) { warningsAsErrors = value; }

  /// What was reported, ordered by place (those without one last, in the order reported), without duplicates.
  std::vector<const Diagnostic *> getSorted() const;

  /// Writes all of getSorted() like clang. Colours only if the stream has and wants them. With `summary`, a last line
  /// "2 errors and 1 warning generated".
  void render(llvm::raw_ostream &os, bool summary = false) const;
  /// As `render`, to a string without colours.
  std::string renderToString() const;
  /// Writes a JSON array: [{"severity", "message", "file", "line", "column", "ranges", "notes", "fixits"}].
  void renderJson(llvm::raw_ostream &os) const;

private:
  const SourceManager &sources;
  std::deque<Diagnostic> diagnostics;
  Diagnostic dropped; // beyond the limit: decorated by its reporter and never shown
  unsigned errorLimit = 20;
  unsigned numErrors = 0, numWarnings = 0, numDropped = 0;
  bool warningsAsErrors = false;
};

/// Renders one diagnostic with its notes, source lines, carets and fix-its.
void renderDiagnostic(llvm::raw_ostream &os, const SourceManager &sources, const Diagnostic &diagnostic);

} // namespace tessera

#endif // TESSERA_FRONTEND_SYNTAX_DIAGNOSTICS_H
