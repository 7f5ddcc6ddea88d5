//===- DiagnosticText.cpp - diagnostics as text -----------------*- C++ -*-===//
//
// The message line, the source line, carets, underlines and fix-its, laid out by
// the width that characters have on a terminal.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>

using namespace tessera;
using llvm::raw_ostream;
using llvm::StringRef;

namespace {
constexpr unsigned tabWidth = 8;
/// Longer lines are cut around the caret.
constexpr unsigned maxLineWidth = 160;
constexpr unsigned contextLeftOfCaret = 100;

/// A source line as shown: tabs expanded, what cannot be printed written as `<U+0007>` or `<FF>`.
struct DisplayLine {
  struct Cell {
    std::string text;
    unsigned column, width;
  };
  std::vector<Cell> cells;
  std::vector<unsigned> columnOfByte; // one more than bytes

  unsigned getWidth() const { return columnOfByte.back(); }
};

std::string describeCodePoint(StringRef bytes) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (bytes.size() == 1 && static_cast<unsigned char>(bytes[0]) >= 0x80) {
    os << llvm::format("<%02X>", static_cast<unsigned char>(bytes[0]));
    return text;
  }
  const auto *begin = reinterpret_cast<const llvm::UTF8 *>(bytes.begin());
  const auto *end = reinterpret_cast<const llvm::UTF8 *>(bytes.end());
  llvm::UTF32 codePoint = 0;
  llvm::convertUTF8Sequence(&begin, end, &codePoint, llvm::lenientConversion);
  os << llvm::format("<U+%04X>", unsigned(codePoint));
  return text;
}

DisplayLine layOut(StringRef line) {
  DisplayLine display;
  unsigned column = 0;
  for (size_t i = 0; i < line.size();) {
    const auto *bytes = reinterpret_cast<const llvm::UTF8 *>(line.data());
    unsigned size = std::min<size_t>(llvm::getNumBytesForUTF8(bytes[i]), line.size() - i);
    if (!llvm::isLegalUTF8Sequence(bytes + i, bytes + i + size))
      size = 1;
    StringRef character = line.substr(i, size);
    DisplayLine::Cell cell;
    cell.column = column;
    if (character == "\t") {
      cell.text.assign(tabWidth - column % tabWidth, ' ');
      cell.width = cell.text.size();
    } else {
      int width = llvm::sys::unicode::columnWidthUTF8(character);
      bool printable = width >= 0 && !(size == 1 && static_cast<unsigned char>(character[0]) >= 0x80);
      cell.text = printable ? character.str() : describeCodePoint(character);
      cell.width = printable ? width : cell.text.size();
    }
    display.columnOfByte.insert(display.columnOfByte.end(), size, column);
    column += cell.width;
    display.cells.push_back(std::move(cell));
    i += size;
  }
  display.columnOfByte.push_back(column);
  return display;
}

/// Draws what is below the source line.
class Renderer {
public:
  Renderer(raw_ostream &os, const SourceManager &sources) : os(os), sources(sources), colors(os.has_colors()) {}

  void render(const Diagnostic &diagnostic);

private:
  void renderHeader(const Diagnostic &diagnostic);
  void renderSource(const Diagnostic &diagnostic);
  void put(unsigned column, char mark);
  void underline(SourceRange range, const DisplayLine &display);
  std::string layOutFixIts(const Diagnostic &diagnostic, const DisplayLine &display) const;
  void print(StringRef text, raw_ostream::Colors color, bool bold = true);
  void printGutter(unsigned line);
  void printClipped(StringRef marks, raw_ostream::Colors color);

  raw_ostream &os;
  const SourceManager &sources;
  bool colors;
  // Of the line that is shown:
  FileId file = 0;
  unsigned line = 0;
  SourceLoc lineBegin, lineEnd;
  std::string marks;
  unsigned firstColumn = 0, lastColumn = 0; // the window of display columns
};

void Renderer::print(StringRef text, raw_ostream::Colors color, bool bold) {
  if (colors)
    os.changeColor(color, bold);
  os << text;
  if (colors)
    os.resetColor();
}

raw_ostream::Colors getColor(Severity severity) {
  switch (severity) {
  case Severity::Note:
    return raw_ostream::CYAN;
  case Severity::Remark:
    return raw_ostream::BLUE;
  case Severity::Warning:
    return raw_ostream::MAGENTA;
  case Severity::Error:
    return raw_ostream::RED;
  }
  return raw_ostream::RED;
}

void Renderer::renderHeader(const Diagnostic &diagnostic) {
  if (diagnostic.loc) {
    LineColumn place = sources.getLineColumn(diagnostic.loc);
    if (colors)
      os.changeColor(raw_ostream::SAVEDCOLOR, true);
    os << place.file << ":" << place.line << ":" << place.column << ": ";
    if (colors)
      os.resetColor();
  }
  print(getSeverityName(diagnostic.severity), getColor(diagnostic.severity));
  os << ": ";
  if (colors && diagnostic.severity != Severity::Note)
    os.changeColor(raw_ostream::SAVEDCOLOR, true);
  os << diagnostic.message;
  if (colors)
    os.resetColor();
  os << "\n";
}

void Renderer::put(unsigned column, char mark) {
  if (marks.size() <= column)
    marks.resize(column + 1, ' ');
  if (mark == '^' || marks[column] == ' ')
    marks[column] = mark;
}

/// Underlines the part of the range that is on the shown line, without space at its ends.
void Renderer::underline(SourceRange range, const DisplayLine &display) {
  if (!range.isValid() || range.end <= lineBegin || lineEnd <= range.begin || sources.getFile(range.begin) != file)
    return;
  uint32_t begin = range.begin < lineBegin ? 0 : range.begin.getRaw() - lineBegin.getRaw();
  uint32_t end = std::min(range.end.getRaw(), lineEnd.getRaw()) - lineBegin.getRaw();
  StringRef text = sources.getText(SourceRange(lineBegin, lineEnd));
  while (begin < end && llvm::isSpace(text[begin]))
    ++begin;
  while (begin < end && llvm::isSpace(text[end - 1]))
    --end;
  for (unsigned column = display.columnOfByte[begin]; column < display.columnOfByte[end]; ++column)
    put(column, '~');
}

/// The replacements on this line, each under the place it goes to.
std::string Renderer::layOutFixIts(const Diagnostic &diagnostic, const DisplayLine &display) const {
  std::string result;
  for (const FixIt &fixIt : diagnostic.fixIts) {
    SourceLoc begin = fixIt.range.begin;
    StringRef text = fixIt.replacement;
    if (text.empty() || text.find_first_of("\n\t") != StringRef::npos || begin < lineBegin || lineEnd < begin)
      continue;
    unsigned column = display.columnOfByte[begin.getRaw() - lineBegin.getRaw()];
    if (!result.empty() && column <= result.size())
      continue;
    result.resize(column, ' ');
    result += text;
  }
  return result;
}

void Renderer::printGutter(unsigned number) {
  if (number != 0)
    os << llvm::format("%5u | ", number);
  else
    os << "      | ";
}

void Renderer::printClipped(StringRef text, raw_ostream::Colors color) {
  StringRef visible = text.substr(std::min<size_t>(firstColumn, text.size()), lastColumn - firstColumn).rtrim(' ');
  if (visible.empty())
    return;
  printGutter(0);
  if (firstColumn > 0)
    os << "    ";
  print(visible, color);
  os << "\n";
}

void Renderer::renderSource(const Diagnostic &diagnostic) {
  file = sources.getFile(diagnostic.loc);
  line = sources.getLineColumn(diagnostic.loc).line;
  StringRef text = sources.getLine(file, line);
  lineBegin = sources.getLoc(file, line, 1);
  lineEnd = lineBegin.advanced(text.size());
  DisplayLine display = layOut(text);

  marks.clear();
  for (SourceRange range : diagnostic.ranges)
    underline(range, display);
  for (const FixIt &fixIt : diagnostic.fixIts)
    underline(fixIt.range, display);
  uint32_t caretByte =
      diagnostic.loc < lineBegin ? 0 : std::min<size_t>(diagnostic.loc.getRaw() - lineBegin.getRaw(), text.size());
  unsigned caret = display.columnOfByte[caretByte];
  put(caret, '^');

  firstColumn = 0;
  lastColumn = maxLineWidth;
  if (display.getWidth() > maxLineWidth && caret > contextLeftOfCaret) {
    firstColumn = caret - contextLeftOfCaret;
    lastColumn = firstColumn + maxLineWidth;
  }
  printGutter(line);
  if (firstColumn > 0)
    os << "... ";
  for (const DisplayLine::Cell &cell : display.cells)
    if (cell.column >= firstColumn && cell.column + cell.width <= lastColumn)
      os << cell.text;
  if (display.getWidth() > lastColumn)
    os << " ...";
  os << "\n";
  printClipped(marks, raw_ostream::GREEN);
  printClipped(layOutFixIts(diagnostic, display), raw_ostream::GREEN);
}

void Renderer::render(const Diagnostic &diagnostic) {
  renderHeader(diagnostic);
  if (diagnostic.loc)
    renderSource(diagnostic);
}
} // namespace

void tessera::renderDiagnostic(raw_ostream &os, const SourceManager &sources, const Diagnostic &diagnostic) {
  Renderer renderer(os, sources);
  renderer.render(diagnostic);
  for (const Diagnostic &note : diagnostic.notes)
    renderer.render(note);
}
