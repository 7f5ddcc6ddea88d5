//===- SourceManager.cpp - source texts and places in them ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/SourceManager.h"

#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>

using namespace tessera;
using llvm::StringRef;

namespace {
constexpr StringRef byteOrderMark = "\xEF\xBB\xBF";

/// Is this byte the second or a later one of a code point in UTF-8?
bool isContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

unsigned countCodePoints(StringRef text) { return text.size() - llvm::count_if(text, isContinuation); }
} // namespace

struct SourceManager::File {
  std::string name;
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  uint32_t base = 0;                // raw place of the first byte
  std::vector<uint32_t> lineStarts; // offsets; the first is that after a byte order mark

  StringRef getText() const { return buffer->getBuffer(); }
};

SourceManager::SourceManager() = default;
SourceManager::~SourceManager() = default;

/// Lines end with "\n", "\r\n", or "\r", as for Python.
static std::vector<uint32_t> findLineStarts(StringRef text) {
  std::vector<uint32_t> starts;
  starts.push_back(text.starts_with(byteOrderMark) ? byteOrderMark.size() : 0);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || (text[i] == '\r' && !(i + 1 < text.size() && text[i + 1] == '\n')))
      starts.push_back(i + 1);
  }
  return starts;
}

std::optional<FileId> SourceManager::addText(StringRef text, StringRef name) {
  uint64_t base = files.empty() ? 1 : uint64_t(files.back()->base) + files.back()->getText().size() + 1;
  if (base + text.size() + 1 > uint64_t(1) << 31)
    return std::nullopt;
  auto file = std::make_unique<File>();
  file->name = name.str();
  file->buffer = llvm::MemoryBuffer::getMemBufferCopy(text, name);
  file->base = base;
  file->lineStarts = findLineStarts(file->getText());
  files.push_back(std::move(file));
  return files.size() - 1;
}

std::optional<FileId> SourceManager::addFile(StringRef path, std::string &error) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer) {
    error = ("cannot read '" + path + "': " + buffer.getError().message()).str();
    return std::nullopt;
  }
  std::optional<FileId> file = addText((*buffer)->getBuffer(), path);
  if (!file)
    error = ("cannot read '" + path + "': the source texts are larger than 2 GiB together").str();
  return file;
}

StringRef SourceManager::getText(FileId file) const { return files[file]->getText(); }
StringRef SourceManager::getName(FileId file) const { return files[file]->name; }
SourceLoc SourceManager::getBegin(FileId file) const { return SourceLoc::fromRaw(files[file]->base); }
SourceLoc SourceManager::getEnd(FileId file) const {
  return SourceLoc::fromRaw(files[file]->base + files[file]->getText().size());
}

FileId SourceManager::getFile(SourceLoc loc) const {
  auto after = llvm::partition_point(files, [&](const auto &file) { return file->base <= loc.getRaw(); });
  return after == files.begin() ? 0 : after - files.begin() - 1;
}

uint32_t SourceManager::getOffset(SourceLoc loc) const {
  const File &file = *files[getFile(loc)];
  return std::min<uint32_t>(loc.getRaw() - file.base, file.getText().size());
}

LineColumn SourceManager::getLineColumn(SourceLoc loc) const {
  if (!loc || files.empty())
    return {};
  const File &file = *files[getFile(loc)];
  uint32_t offset = getOffset(loc);
  auto after = std::upper_bound(file.lineStarts.begin() + 1, file.lineStarts.end(), offset);
  uint32_t start = *(after - 1);
  unsigned column = offset <= start ? 1 : countCodePoints(file.getText().slice(start, offset)) + 1;
  return {file.name, unsigned(after - file.lineStarts.begin()), column};
}

StringRef SourceManager::getText(SourceRange range) const {
  if (!range.isValid() || files.empty() || range.end < range.begin || getFile(range.begin) != getFile(range.end))
    return {};
  return getText(getFile(range.begin)).slice(getOffset(range.begin), getOffset(range.end));
}

StringRef SourceManager::getLine(FileId fileId, unsigned line) const {
  const File &file = *files[fileId];
  if (line == 0 || line > file.lineStarts.size())
    return {};
  uint32_t start = file.lineStarts[line - 1];
  uint32_t end = line < file.lineStarts.size() ? file.lineStarts[line] : file.getText().size();
  return file.getText().slice(start, end).rtrim("\r\n");
}

SourceLoc SourceManager::getLoc(FileId fileId, unsigned line, unsigned column) const {
  const File &file = *files[fileId];
  if (line == 0 || line > file.lineStarts.size())
    return {};
  StringRef text = getLine(fileId, line);
  size_t offset = 0;
  for (unsigned i = 1; i < column && offset < text.size(); ++i) {
    ++offset;
    while (offset < text.size() && isContinuation(text[offset]))
      ++offset;
  }
  return SourceLoc::fromRaw(file.base + file.lineStarts[line - 1] + offset);
}

std::optional<FileId> SourceManager::findFile(StringRef name) const {
  for (FileId file = files.size(); file-- > 0;)
    if (files[file]->name == name)
      return file;
  return std::nullopt;
}
