//===- Diagnostics.cpp - collecting diagnostics -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Diagnostics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <tuple>
#include <utility>

using namespace tessera;
using llvm::StringRef;
using llvm::Twine;

StringRef tessera::getSeverityName(Severity severity) {
  switch (severity) {
  case Severity::Note:
    return "note";
  case Severity::Remark:
    return "remark";
  case Severity::Warning:
    return "warning";
  case Severity::Error:
    return "error";
  }
  return "error";
}

Diagnostic &Diagnostic::range(SourceRange range) {
  ranges.push_back(range);
  return *this;
}

Diagnostic &Diagnostic::note(SourceLoc loc, const Twine &message) { return note(loc, message, SourceRange()); }

Diagnostic &Diagnostic::note(SourceLoc loc, const Twine &message, SourceRange range) {
  Diagnostic &note = notes.emplace_back();
  note.severity = Severity::Note;
  note.loc = loc;
  note.message = message.str();
  if (range.isValid())
    note.ranges.push_back(range);
  return *this;
}

Diagnostic &Diagnostic::fixItReplace(SourceRange range, StringRef replacement) {
  fixIts.push_back({range, replacement.str()});
  return *this;
}

Diagnostic &DiagnosticEngine::report(Severity severity, SourceLoc loc, const Twine &message) {
  if (severity == Severity::Warning && warningsAsErrors)
    severity = Severity::Error;
  Diagnostic *diagnostic = &dropped;
  if (severity == Severity::Error && errorLimit != 0 && numErrors >= errorLimit) {
    ++numDropped;
    dropped = Diagnostic();
  } else {
    diagnostic = &diagnostics.emplace_back();
  }
  diagnostic->severity = severity;
  diagnostic->loc = loc;
  diagnostic->message = message.str();
  numErrors += severity == Severity::Error;
  numWarnings += severity == Severity::Warning;
  return *diagnostic;
}

void DiagnosticEngine::add(Diagnostic diagnostic) {
  Diagnostic &added = report(diagnostic.severity, diagnostic.loc, "");
  Severity severity = added.severity;
  added = std::move(diagnostic);
  added.severity = severity;
}

void DiagnosticEngine::clear() {
  diagnostics.clear();
  numErrors = numWarnings = numDropped = 0;
}

std::vector<const Diagnostic *> DiagnosticEngine::getSorted() const {
  std::vector<std::pair<const Diagnostic *, size_t>> sorted; // with the order in which they were reported
  sorted.reserve(diagnostics.size());
  for (const Diagnostic &diagnostic : diagnostics)
    sorted.emplace_back(&diagnostic, sorted.size());
  llvm::sort(sorted, [](const auto &a, const auto &b) {
    auto key = [](const auto &entry) {
      return std::tuple(!entry.first->loc.isValid(), entry.first->loc.getRaw(), entry.second);
    };
    return key(a) < key(b);
  });
  // Two that say the same at one place, in the same circumstances: notes tell circumstances apart.
  auto same = [](const Diagnostic *a, const Diagnostic *b) {
    return a->loc == b->loc && a->severity == b->severity && a->message == b->message &&
           llvm::equal(a->notes, b->notes, [](const Diagnostic &a, const Diagnostic &b) {
             return a.loc == b.loc && a.message == b.message;
           });
  };
  std::vector<const Diagnostic *> unique;
  for (const auto &[diagnostic, index] : sorted) {
    bool seen = false;
    for (const Diagnostic *previous : llvm::reverse(unique)) {
      if (previous->loc != diagnostic->loc)
        break;
      seen |= same(previous, diagnostic);
    }
    if (!seen)
      unique.push_back(diagnostic);
  }
  return unique;
}

void DiagnosticEngine::render(llvm::raw_ostream &os, bool summary) const {
  unsigned errors = numDropped, warnings = 0;
  for (const Diagnostic *diagnostic : getSorted()) {
    renderDiagnostic(os, sources, *diagnostic);
    errors += diagnostic->severity == Severity::Error;
    warnings += diagnostic->severity == Severity::Warning;
  }
  if (numDropped != 0)
    os << numDropped << (numDropped == 1 ? " more error is" : " more errors are") << " not shown\n";
  if (!summary || errors + warnings == 0)
    return;
  if (errors != 0)
    os << errors << (errors == 1 ? " error" : " errors");
  if (errors != 0 && warnings != 0)
    os << " and ";
  if (warnings != 0)
    os << warnings << (warnings == 1 ? " warning" : " warnings");
  os << " generated\n";
}

std::string DiagnosticEngine::renderToString() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  render(os);
  return text;
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static void writePlace(llvm::json::OStream &json, const SourceManager &sources, SourceLoc loc, StringRef lineKey,
                       StringRef columnKey) {
  LineColumn place = sources.getLineColumn(loc);
  json.attribute(lineKey, place.line);
  json.attribute(columnKey, place.column);
}

static void writeRange(llvm::json::OStream &json, const SourceManager &sources, SourceRange range) {
  writePlace(json, sources, range.begin, "line", "column");
  writePlace(json, sources, range.end, "endLine", "endColumn");
}

static void writeDiagnostic(llvm::json::OStream &json, const SourceManager &sources, const Diagnostic &diagnostic) {
  json.object([&] {
    json.attribute("severity", getSeverityName(diagnostic.severity));
    json.attribute("message", llvm::json::fixUTF8(diagnostic.message));
    if (diagnostic.loc) {
      json.attribute("file", llvm::json::fixUTF8(sources.getLineColumn(diagnostic.loc).file));
      writePlace(json, sources, diagnostic.loc, "line", "column");
    }
    json.attributeArray("ranges", [&] {
      for (SourceRange range : diagnostic.ranges)
        if (range.isValid())
          json.object([&] { writeRange(json, sources, range); });
    });
    if (diagnostic.severity == Severity::Note)
      return;
    json.attributeArray("fixits", [&] {
      for (const FixIt &fixIt : diagnostic.fixIts)
        json.object([&] {
          writeRange(json, sources, fixIt.range);
          json.attribute("replacement", llvm::json::fixUTF8(fixIt.replacement));
        });
    });
    json.attributeArray("notes", [&] {
      for (const Diagnostic &note : diagnostic.notes)
        writeDiagnostic(json, sources, note);
    });
  });
}

void DiagnosticEngine::renderJson(llvm::raw_ostream &os) const {
  llvm::json::OStream json(os, 2);
  json.array([&] {
    for (const Diagnostic *diagnostic : getSorted())
      writeDiagnostic(json, sources, *diagnostic);
  });
  json.flush();
  os << "\n";
}
