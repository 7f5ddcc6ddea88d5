//===- SourceManager.h - source texts and places in them --------*- C++ -*-===//
//
// Owns the texts that are compiled together (the user's file, the library
// written in the language itself) and gives every byte of them a number, so
// that a place is 4 bytes and a range is 8, whatever file they lie in.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   text 0 "a.tile", 100 bytes  ->  places   1 .. 101   (101: its end)
//   text 1 "b.tile",  20 bytes  ->  places 102 .. 122
//
// Place 0 is "nowhere". Lines and columns are made from a place only when they
// are shown. Both count from 1; columns count code points (not bytes, and a
// tab is one), which is what editors jump to.
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_SYNTAX_SOURCEMANAGER_H
#define TESSERA_FRONTEND_SYNTAX_SOURCEMANAGER_H

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera {

/// A place: one byte of one text. Default-constructed, it is nowhere.
class SourceLoc {
public:
  SourceLoc() = default;
  static SourceLoc fromRaw(uint32_t raw) {
    SourceLoc loc;
    loc.raw = raw;
    return loc;
  }
  uint32_t getRaw() const { return raw; }
  bool isValid() const { return raw != 0; }
  explicit operator bool() const { return isValid(); }
  SourceLoc advanced(uint32_t bytes) const { return isValid() ? fromRaw(raw + bytes) : *this; }

  friend bool operator==(SourceLoc a, SourceLoc b) { return a.raw == b.raw; }
  friend bool operator!=(SourceLoc a, SourceLoc b) { return a.raw != b.raw; }
  friend bool operator<(SourceLoc a, SourceLoc b) { return a.raw < b.raw; }
  friend bool operator<=(SourceLoc a, SourceLoc b) { return a.raw <= b.raw; }

private:
  uint32_t raw = 0;
};

/// The bytes from `begin` up to, not including, `end`.
struct SourceRange {
  SourceLoc begin, end;

  SourceRange() = default;
  SourceRange(SourceLoc begin, SourceLoc end) : begin(begin), end(end) {}
  bool isValid() const { return begin.isValid() && end.isValid(); }
  bool contains(SourceLoc loc) const { return begin <= loc && loc < end; }
  friend bool operator==(SourceRange a, SourceRange b) { return a.begin == b.begin && a.end == b.end; }
};

/// Number of a text within its SourceManager.
using FileId = unsigned;

/// A place as people read it.
struct LineColumn {
  llvm::StringRef file;
  unsigned line = 0;   ///< from 1; 0 if the place is nowhere
  unsigned column = 0; ///< from 1, in code points
};

class SourceManager {
public:
  SourceManager();
  ~SourceManager();
  SourceManager(const SourceManager &) = delete;
  SourceManager &operator=(const SourceManager &) = delete;

  /// Adds a text that is already in memory; it is copied. `name` is shown in diagnostics.
  /// Returns nothing when all texts together would pass 2 GiB.
  std::optional<FileId> addText(llvm::StringRef text, llvm::StringRef name);

  /// Adds the text of a file. On failure returns nothing and says why in `error`.
  std::optional<FileId> addFile(llvm::StringRef path, std::string &error);

  unsigned getNumFiles() const { return files.size(); }
  llvm::StringRef getText(FileId file) const;
  llvm::StringRef getName(FileId file) const;
  SourceLoc getBegin(FileId file) const;
  SourceLoc getEnd(FileId file) const;

  /// The text a (valid) place lies in.
  FileId getFile(SourceLoc loc) const;
  /// Offset of a (valid) place in its text.
  uint32_t getOffset(SourceLoc loc) const;
  LineColumn getLineColumn(SourceLoc loc) const;
  /// The bytes of a range; empty if it is invalid or spans two texts.
  llvm::StringRef getText(SourceRange range) const;
  /// Line `line` (from 1) of a text without its line end; empty past the end.
  llvm::StringRef getLine(FileId file, unsigned line) const;
  /// The place of a line (from 1) and column (from 1), clamped to the line; nowhere past the end. The inverse of
  /// getLineColumn: maps locations that went through the compiler back.
  SourceLoc getLoc(FileId file, unsigned line, unsigned column) const;
  /// The text called `name`, if there is one; the last added if there are several.
  std::optional<FileId> findFile(llvm::StringRef name) const;

private:
  struct File;
  std::vector<std::unique_ptr<File>> files;
};

} // namespace tessera

#endif // TESSERA_FRONTEND_SYNTAX_SOURCEMANAGER_H
