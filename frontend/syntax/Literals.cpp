//===- Literals.cpp - what literals mean ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Literals.h"
#include "frontend/syntax/Characters.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Unicode.h"

using namespace tessera;
using llvm::StringRef;
using llvm::Twine;

std::optional<uint64_t> tessera::decodeInt(StringRef spelling) {
  unsigned radix = 10;
  if (spelling.size() > 1 && spelling[0] == '0') {
    char letter = llvm::toLower(spelling[1]);
    radix = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (radix != 10)
      spelling = spelling.drop_front(2);
  }
  uint64_t value = 0;
  for (char c : spelling) {
    unsigned digit = llvm::hexDigitValue(c);
    if (digit >= radix)
      continue; // an underscore, or a mistake the lexer has reported
    if (value > (~uint64_t(0) - digit) / radix)
      return std::nullopt;
    value = value * radix + digit;
  }
  return value;
}

double tessera::decodeFloat(StringRef spelling) {
  llvm::SmallString<32> digits;
  for (char c : spelling)
    if (llvm::isDigit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-')
      digits.push_back(c);
  double value = 0;
  digits.str().getAsDouble(value);
  return value;
}

StringParts tessera::splitString(StringRef spelling) {
  StringParts parts;
  size_t prefix = spelling.find_first_of("\"'");
  for (char c : spelling.take_front(prefix)) {
    parts.raw |= c == 'r' || c == 'R';
    parts.bytes |= c == 'b' || c == 'B';
    parts.formatted |= c == 'f' || c == 'F' || c == 't' || c == 'T';
    parts.isTemplate |= c == 't' || c == 'T';
  }
  StringRef rest = spelling.drop_front(prefix);
  parts.triple = rest.size() >= 3 && rest[1] == rest[0] && rest[2] == rest[0];
  size_t quotes = parts.triple ? 3 : 1;
  if (!parts.formatted)
    parts.body = rest.drop_front(quotes).drop_back(quotes);
  return parts;
}

namespace {
/// Appends UTF-8; lone surrogates, which Python strings may hold, in the same way.
void appendCodePoint(uint32_t value, llvm::SmallVectorImpl<char> &out) {
  auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xC0 | value >> 6);
    put(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    put(0xE0 | value >> 12);
    put(0x80 | (value >> 6 & 0x3F));
    put(0x80 | (value & 0x3F));
  } else {
    put(0xF0 | value >> 18);
    put(0x80 | (value >> 12 & 0x3F));
    put(0x80 | (value >> 6 & 0x3F));
    put(0x80 | (value & 0x3F));
  }
}

class Decoder {
public:
  using Report = llvm::function_ref<void(size_t, size_t, bool, const Twine &)>;
  Decoder(StringRef body, DecodeOptions options, llvm::SmallVectorImpl<char> &out, Report report)
      : body(body), options(options), out(out), report(report) {}

  void decode();

private:
  void decodeEscape();
  void decodeHex(size_t begin, unsigned digits);
  void decodeOctal(size_t begin);
  void decodeNamed(size_t begin);
  char peek() const { return pos < body.size() ? body[pos] : '\0'; }

  StringRef body;
  DecodeOptions options;
  llvm::SmallVectorImpl<char> &out;
  Report report;
  size_t pos = 0;
  bool reportedNonAscii = false;
};

/// At the character after the digits' introducing letter.
void Decoder::decodeHex(size_t begin, unsigned digits) {
  uint32_t value = 0;
  for (unsigned i = 0; i < digits; ++i, ++pos) {
    if (pos >= body.size() || !llvm::isHexDigit(body[pos])) {
      report(begin, pos - begin, true,
             "escape '" + body.slice(begin, begin + 2) + "' needs " + Twine(digits) + " hexadecimal digits, found " +
                 Twine(i));
      return;
    }
    value = value << 4 | llvm::hexDigitValue(body[pos]);
  }
  if (options.bytes)
    out.push_back(static_cast<char>(value));
  else if (value > 0x10FFFF)
    report(begin, pos - begin, true,
           "escape '" + body.slice(begin, pos) + "' is not a character: the last one is U+10FFFF");
  else
    appendCodePoint(value, out);
}

void Decoder::decodeOctal(size_t begin) {
  uint32_t value = 0;
  for (unsigned i = 0; i < 3 && peek() >= '0' && peek() <= '7'; ++i, ++pos)
    value = value * 8 + (body[pos] - '0');
  if (value > 0xFF)
    report(begin, pos - begin, false, "octal escape '" + body.slice(begin, pos) + "' is larger than '\\377'");
  if (options.bytes)
    out.push_back(static_cast<char>(value));
  else
    appendCodePoint(value, out);
}

void Decoder::decodeNamed(size_t begin) {
  size_t end = peek() == '{' ? body.find('}', pos) : StringRef::npos;
  if (end == StringRef::npos) {
    report(begin, 2, true, "escape '\\N' needs the name of a character in braces");
    return;
  }
  StringRef name = body.slice(pos + 1, end);
  pos = end + 1;
  if (auto value = llvm::sys::unicode::nameToCodepointStrict(name.upper()))
    appendCodePoint(*value, out);
  else
    report(begin, pos - begin, true, "there is no character named '" + name + "'");
}

/// At a backslash.
void Decoder::decodeEscape() {
  size_t begin = pos;
  pos += 2;
  char c = begin + 1 < body.size() ? body[begin + 1] : '\0';
  switch (c) {
  case '\r':
    if (peek() == '\n')
      ++pos;
    return;
  case '\n':
    return;
  case '\\':
  case '\'':
  case '"':
    return out.push_back(c);
  case 'a':
    return out.push_back('\a');
  case 'b':
    return out.push_back('\b');
  case 'f':
    return out.push_back('\f');
  case 'n':
    return out.push_back('\n');
  case 'r':
    return out.push_back('\r');
  case 't':
    return out.push_back('\t');
  case 'v':
    return out.push_back('\v');
  case 'x':
    return decodeHex(begin, 2);
  default:
    break;
  }
  if (c >= '0' && c <= '7') {
    pos = begin + 1;
    return decodeOctal(begin);
  }
  if (!options.bytes && c == 'u')
    return decodeHex(begin, 4);
  if (!options.bytes && c == 'U')
    return decodeHex(begin, 8);
  if (!options.bytes && c == 'N')
    return decodeNamed(begin);
  // Python keeps the backslash of an escape that it does not know.
  pos = begin + 1;
  out.push_back('\\');
  unsigned size = begin + 1 < body.size() ? decodeCodePoint(body.substr(begin + 1)).size : 0;
  report(begin, 1 + size, false, "unknown escape '" + body.substr(begin, 1 + size) + "': the backslash is kept");
}

void Decoder::decode() {
  while (pos < body.size()) {
    char c = body[pos];
    if (c == '\\' && !options.raw) {
      decodeEscape();
      continue;
    }
    if (c == '\r') { // line ends in strings are newlines, however the file writes them
      out.push_back('\n');
      pos += pos + 1 < body.size() && body[pos + 1] == '\n' ? 2 : 1;
      continue;
    }
    if (options.bytes && static_cast<unsigned char>(c) >= 0x80 && !reportedNonAscii) {
      reportedNonAscii = true;
      report(pos, decodeCodePoint(body.substr(pos)).size, true, "a bytes literal can only hold ASCII characters");
    }
    if (options.braces && (c == '{' || c == '}') && pos + 1 < body.size() && body[pos + 1] == c)
      ++pos;
    out.push_back(c);
    ++pos;
  }
}
} // namespace

void tessera::decodeString(StringRef body, DecodeOptions options, llvm::SmallVectorImpl<char> &out,
                           llvm::function_ref<void(size_t, size_t, bool, const Twine &)> report) {
  Decoder(body, options, out, report).decode();
}
