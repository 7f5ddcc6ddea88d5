//===- Record.cpp - Outputs that a GPU gave, kept as text -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Record.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tessera::silicon {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t BytesPerLine = 72;
constexpr char Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Three bytes as four digits; '=' stands for what is missing at the end.
std::string toText(const std::byte *bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < count ? static_cast<unsigned>(bytes[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j)
      text += i + j > count ? '=' : Digits[group >> (18 - 6 * j) & 63];
  }
  return text;
}

bool fromText(const std::string &text, std::vector<std::byte> &bytes) {
  if (text.empty() || text.size() % 4 != 0)
    return false;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    unsigned group = 0, missing = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const char *digit = std::strchr(Digits, text[i + j]);
      const bool filler = text[i + j] == '=' && i + 4 == text.size() && j >= 2;
      if ((!digit || text[i + j] == 0) && !filler)
        return false;
      missing += filler;
      group = group << 6 | (filler ? 0 : static_cast<unsigned>(digit - Digits));
    }
    for (std::size_t j = 0; j < 3 - missing; ++j)
      bytes.push_back(static_cast<std::byte>(group >> (16 - 8 * j)));
  }
  return true;
}

Error broken(const std::string &path, unsigned line, const std::string &what) {
  return Error(ErrorCode::BadFormat, path + ":" + std::to_string(line) + ": " + what);
}

/// Reads lines until the probe's bytes are complete.
bool readBytes(std::istream &file, unsigned &line, std::size_t wanted, std::vector<std::byte> &bytes) {
  std::string text;
  while (bytes.size() < wanted && std::getline(file, text)) {
    ++line;
    if (!fromText(text, bytes))
      return false;
  }
  return bytes.size() == wanted;
}

} // namespace

Expected<Record> readRecord(const std::string &path) {
  std::ifstream file(path);
  if (!file)
    return Error(ErrorCode::Io, path + ": cannot be read");
  Record record;
  std::string text;
  for (unsigned line = 1; std::getline(file, text); ++line) {
    if (text.empty() || text[0] == '#')
      continue;
    std::istringstream words(text);
    std::string first;
    words >> first;
    if (first == "probe") {
      std::string name;
      std::size_t bytes = 0;
      RecordedOutput output;
      if (!(words >> name >> std::hex >> output.fingerprint >> std::dec >> bytes))
        return broken(path, line, "expected 'probe NAME FINGERPRINT BYTES'");
      if (!readBytes(file, line, bytes, output.bytes))
        return broken(path, line, "expected " + std::to_string(bytes) + " bytes of '" + name + "' in base64");
      record.outputs[name] = std::move(output);
      continue;
    }
    std::string *field = first == "gpu:"            ? &record.gpu
                         : first == "architecture:" ? &record.architecture
                         : first == "driver:"       ? &record.driver
                         : first == "date:"         ? &record.date
                                                    : nullptr;
    if (!field)
      return broken(path, line, "unknown entry '" + first + "'");
    std::getline(words >> std::ws, *field);
  }
  if (record.gpu.empty() || record.driver.empty() || record.date.empty())
    return broken(path, 1, "a record says its gpu, driver and date");
  return record;
}

Status writeRecord(const std::string &path, const Record &record) {
  std::error_code failed;
  fs::create_directories(fs::path(path).parent_path(), failed);
  std::ofstream file(path);
  file << "gpu: " << record.gpu << "\narchitecture: " << record.architecture << "\ndriver: " << record.driver
       << "\ndate: " << record.date << "\n";
  char word[32];
  for (const auto &[name, output] : record.outputs) {
    std::snprintf(word, sizeof word, "%016llx", static_cast<unsigned long long>(output.fingerprint));
    file << "\nprobe " << name << " " << word << " " << output.bytes.size() << "\n";
    for (std::size_t i = 0; i < output.bytes.size(); i += BytesPerLine)
      file << toText(output.bytes.data() + i, std::min(BytesPerLine, output.bytes.size() - i)) << "\n";
  }
  file.close();
  if (!file)
    return Error(ErrorCode::Io, path + ": cannot be written");
  return {};
}

std::string folderName(const std::string &gpu) {
  std::string folder;
  for (const char c : gpu) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain)
      folder += static_cast<char>(upper ? c - 'A' + 'a' : c);
    else if (!folder.empty() && folder.back() != '-')
      folder += '-';
  }
  return folder.empty() ? "gpu" : folder;
}

Expected<std::vector<std::pair<std::string, Record>>> findRecords(const std::string &folder,
                                                                  const std::string &family) {
  std::vector<std::pair<std::string, Record>> records;
  std::error_code failed;
  std::vector<std::string> paths;
  for (const fs::directory_entry &gpu : fs::directory_iterator(folder, failed))
    if (const fs::path path = gpu.path() / (family + ".txt"); fs::exists(path, failed))
      paths.push_back(path.string());
  std::sort(paths.begin(), paths.end());
  for (const std::string &path : paths) {
    Expected<Record> record = readRecord(path);
    if (!record)
      return record.takeError();
    records.emplace_back(path, std::move(*record));
  }
  return records;
}

} // namespace tessera::silicon
