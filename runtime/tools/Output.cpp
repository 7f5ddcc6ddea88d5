// What the verbs print: errors, tables, JSON.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tools/Verbs.h"

#include <algorithm>
#include <cstdio>

namespace tessera::tool {

int report(const Error &error) {
  const std::string &text = error.text();
  const bool hasPlace = error.code() == ErrorCode::Compile;
  std::fprintf(stderr, "%s%s%s", hasPlace ? "" : "tessera: error: ", text.c_str(), text.ends_with('\n') ? "" : "\n");
  return kInputAtFault;
}

int reportUsage(const Verb &verb, const std::string &message) {
  std::fprintf(stderr, "tessera: error: %s\n'tessera %.*s --help' shows what there is\n", message.c_str(),
               int(verb.name.size()), verb.name.data());
  return kWrongUsage;
}

Expected<Device> openDevice(const Options &options) {
  std::optional<std::string> which = options.value("--device");
  return which ? Device::open(*which) : Device::open();
}

CacheOptions cacheOptions(const Options &options) {
  CacheOptions cache;
  cache.directory = options.value("--cache-dir").value_or("");
  cache.enabled = !options.has("--no-cache");
  return cache;
}

std::string table(const std::vector<std::vector<std::string>> &rows) {
  std::vector<std::size_t> widths;
  for (const auto &row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths.resize(std::max(widths.size(), i + 1));
      widths[i] = std::max(widths[i], row[i].size());
    }
  std::string text;
  for (const auto &row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size())
        line.append(widths[i] - row[i].size() + 2, ' ');
    }
    text += line + "\n";
  }
  return text;
}

void Json::separate() {
  if (needsComma)
    out += ", ";
  needsComma = true;
}

Json &Json::open(char bracket) {
  separate();
  out += bracket;
  needsComma = false;
  return *this;
}

Json &Json::close(char bracket) {
  out += bracket;
  needsComma = true;
  return *this;
}

Json &Json::key(std::string_view name) {
  string(name);
  out += ": ";
  needsComma = false;
  return *this;
}

Json &Json::string(std::string_view value) {
  separate();
  out += '"';
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof(escaped), "\\u%04x", byte);
      out += escaped;
    } else {
      out += c;
    }
  }
  out += '"';
  return *this;
}

Json &Json::number(double value) {
  separate();
  char text[40];
  std::snprintf(text, sizeof(text), "%.9g", value);
  out += text;
  return *this;
}

Json &Json::integer(std::int64_t value) {
  separate();
  out += std::to_string(value);
  return *this;
}

Json &Json::boolean(bool value) {
  separate();
  out += value ? "true" : "false";
  return *this;
}

} // namespace tessera::tool
