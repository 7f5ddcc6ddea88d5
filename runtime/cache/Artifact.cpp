// The file of an artifact:
//
//   tessera-artifact 1\n
//   <sha-256 of everything after this line>\n
//   key <key>\n  facts <bytes>\n  ptx <bytes>\n  cubin <bytes>\n          (one a line, in this order)
//   \n
//   facts, PTX and cubin, one after the other; a fact is a line `name=value`,
//   in whose value line ends and backslashes are escaped as in C
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cache/Sha256.h"
#include "runtime/include/tessera/Cache.h"

#include <charconv>

namespace tessera {
namespace {

constexpr std::string_view kMagic = "tessera-artifact 1\n";

std::string escape(std::string_view value) {
  std::string text;
  for (char c : value) {
    if (c == '\n')
      text += "\\n";
    else if (c == '\\')
      text += "\\\\";
    else
      text += c;
  }
  return text;
}

std::string unescape(std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size())
      text += value[++i] == 'n' ? '\n' : value[i];
    else
      text += value[i];
  }
  return text;
}

/// Takes the line `name value` off the front of `text`.
std::optional<std::string_view> takeLine(std::string_view &text, std::string_view name) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(name) || text.size() <= name.size() ||
      text[name.size()] != ' ' || end < name.size() + 1)
    return std::nullopt;
  std::string_view value = text.substr(name.size() + 1, end - name.size() - 1);
  text.remove_prefix(end + 1);
  return value;
}

std::optional<std::size_t> takeSize(std::string_view &text, std::string_view name) {
  std::optional<std::string_view> value = takeLine(text, name);
  std::size_t size = 0;
  if (!value ||
      std::from_chars(value->data(), value->data() + value->size(), size).ptr != value->data() + value->size())
    return std::nullopt;
  return size;
}

} // namespace

std::string_view Artifact::fact(std::string_view name) const {
  for (const auto &[key, value] : facts)
    if (key == name)
      return value;
  return {};
}

void Artifact::setFact(std::string name, std::string value) {
  for (auto &[key, old] : facts)
    if (key == name) {
      old = std::move(value);
      return;
    }
  facts.emplace_back(std::move(name), std::move(value));
}

std::string serializeArtifact(const std::string &key, const Artifact &artifact) {
  std::string facts;
  for (const auto &[name, value] : artifact.facts)
    facts += name + "=" + escape(value) + "\n";
  const std::string body = "key " + key + "\nfacts " + std::to_string(facts.size()) + "\nptx " +
                           std::to_string(artifact.ptx.size()) + "\ncubin " + std::to_string(artifact.cubin.size()) +
                           "\n\n" + facts + artifact.ptx + artifact.cubin;
  return std::string(kMagic) + detail::sha256(body) + "\n" + body;
}

Expected<Artifact> parseArtifact(std::string_view bytes, const std::string &key, const std::string &name) {
  auto bad = [&](const std::string &why) {
    return Error(ErrorCode::BadFormat, "cache entry '" + name + "' is damaged: " + why);
  };
  if (!bytes.starts_with(kMagic))
    return bad(bytes.empty() ? "it is empty" : "it does not begin as one");
  bytes.remove_prefix(kMagic.size());
  if (bytes.size() < 65 || bytes[64] != '\n')
    return bad("it has no checksum");
  const std::string_view checksum = bytes.substr(0, 64);
  bytes.remove_prefix(65);
  if (detail::sha256(bytes) != checksum)
    return bad("its checksum does not fit");
  std::optional<std::string_view> storedKey = takeLine(bytes, "key");
  if (!storedKey || *storedKey != key)
    return bad("it holds another key");
  std::optional<std::size_t> facts = takeSize(bytes, "facts"), ptx = takeSize(bytes, "ptx"),
                             cubin = takeSize(bytes, "cubin");
  if (!facts || !ptx || !cubin || !bytes.starts_with('\n') || bytes.size() - 1 != *facts + *ptx + *cubin)
    return bad("its sizes do not add up");
  bytes.remove_prefix(1);
  Artifact artifact;
  for (std::string_view left = bytes.substr(0, *facts); !left.empty();) {
    const std::size_t end = left.find('\n'), equals = left.find('=');
    if (end == std::string_view::npos || equals == std::string_view::npos || equals > end)
      return bad("its facts cannot be read");
    artifact.facts.emplace_back(std::string(left.substr(0, equals)),
                                unescape(left.substr(equals + 1, end - equals - 1)));
    left.remove_prefix(end + 1);
  }
  artifact.ptx = bytes.substr(*facts, *ptx);
  artifact.cubin = bytes.substr(*facts + *ptx);
  return artifact;
}

} // namespace tessera
