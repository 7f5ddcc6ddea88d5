// The scanner of PTX directives.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/core/PtxInfo.h"

#include <algorithm>
#include <charconv>

namespace tessera::detail {
namespace {

bool isWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         c == '%' || c == '.';
}

class Scanner {
public:
  Scanner(std::string_view text, const std::string &name) : text(text), name(name) {}

  Expected<PtxInfo> run() {
    if (Status image = refuseBinaries(); !image)
      return image.takeError();
    while (position < text.size()) {
      std::string_view token = next();
      if (token.empty())
        break;
      if (Status status = directive(token); !status)
        return status.takeError();
    }
    if (info.version == 0)
      return Error(ErrorCode::BadFormat, name + ": not PTX: there is no '.version' directive");
    if (info.target.empty())
      return Error(ErrorCode::BadFormat, name + ": not PTX: there is no '.target' directive");
    return std::move(info);
  }

private:
  Status refuseBinaries() const {
    if (text.starts_with("\x7f"
                         "ELF"))
      return Error(ErrorCode::BadFormat, name + ": this is a cubin or another object file, PTX text is needed");
    if (text.starts_with("\x50\xed\x55\xba"))
      return Error(ErrorCode::BadFormat, name + ": this is a fat binary, PTX text is needed");
    if (text.empty())
      return Error(ErrorCode::BadFormat, name + ": the text is empty");
    return {};
  }

  Error fail(const std::string &message) const {
    const auto line = 1 + std::count(text.begin(), text.begin() + std::min(position, text.size()), '\n');
    return Error(ErrorCode::BadFormat, name + ":" + std::to_string(line) + ": " + message);
  }

  void skipSpace() {
    while (position < text.size()) {
      char c = text[position];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++position;
      } else if (text.substr(position, 2) == "//") {
        position = std::min(text.find('\n', position), text.size());
      } else if (text.substr(position, 2) == "/*") {
        std::size_t end = text.find("*/", position + 2);
        position = end == std::string_view::npos ? text.size() : end + 2;
      } else {
        break;
      }
    }
  }

  /// A word (directives with their dot), a string, or one character; empty at the end.
  std::string_view next() {
    skipSpace();
    if (position >= text.size())
      return {};
    const std::size_t start = position;
    if (text[position] == '"') {
      std::size_t end = text.find('"', position + 1);
      position = end == std::string_view::npos ? text.size() : end + 1;
    } else if (isWord(text[position])) {
      do
        ++position;
      while (position < text.size() && isWord(text[position]));
    } else {
      ++position;
    }
    return text.substr(start, position - start);
  }

  std::string_view peek() {
    const std::size_t before = position;
    std::string_view token = next();
    position = before;
    return token;
  }

  Expected<unsigned> number() {
    std::string_view token = next();
    unsigned value = 0;
    auto [end, failed] = std::from_chars(token.data(), token.data() + token.size(), value);
    if (failed != std::errc() || end != token.data() + token.size())
      return fail("expected a number, found '" + std::string(token) + "'");
    return value;
  }

  Status directive(std::string_view token) {
    if (token == ".version") {
      std::string_view value = next();
      unsigned major = 0, minor = 0;
      auto [dot, failed] = std::from_chars(value.data(), value.data() + value.size(), major);
      if (failed != std::errc() || dot == value.data() + value.size() || *dot != '.' ||
          std::from_chars(dot + 1, value.data() + value.size(), minor).ec != std::errc())
        return fail("expected a PTX version such as 8.7, found '" + std::string(value) + "'");
      info.version = major * 10 + minor;
    } else if (token == ".target") {
      info.target = std::string(next());
    } else if (token == ".entry") {
      return entry();
    } else if (token == "{") {
      skipBody();
    }
    return {};
  }

  void skipBody() { // the opening brace was read
    for (int depth = 1; depth > 0;) {
      std::string_view token = next();
      if (token.empty())
        return;
      depth += token == "{" ? 1 : token == "}" ? -1 : 0;
    }
  }

  Status triple(std::array<unsigned, 3> &out) {
    out = {1, 1, 1};
    for (int i = 0; i < 3; ++i) {
      Expected<unsigned> value = number();
      if (!value)
        return value.takeError();
      out[i] = *value;
      if (peek() != ",")
        break;
      next();
    }
    return {};
  }

  Status entry() {
    PtxKernelInfo kernel;
    kernel.name = std::string(next());
    if (kernel.name.empty())
      return fail("expected the name of a kernel after '.entry'");
    if (peek() == "(") {
      next();
      while (peek() == ".param") {
        next();
        Expected<PtxParameter> parameter = this->parameter();
        if (!parameter)
          return parameter.takeError();
        kernel.parameters.push_back(std::move(*parameter));
        if (peek() == ",")
          next();
      }
      if (std::string_view token = next(); token != ")")
        return fail("expected ')' after the parameters of '" + kernel.name + "', found '" + std::string(token) + "'");
    }
    for (;;) {
      std::string_view token = next();
      Status status;
      if (token == ".reqntid")
        status = triple(kernel.requiredBlock);
      else if (token == ".maxntid")
        status = triple(kernel.maxBlock);
      else if (token == ".reqnctapercluster")
        status = triple(kernel.cluster);
      else if (token == "{") {
        skipBody();
        break;
      } else if (token == ";" || token.empty())
        break;
      if (!status)
        return status;
    }
    info.kernels.push_back(std::move(kernel));
    return {};
  }

  /// After `.param`: `[.align N] .type [.ptr [.space] [.align N]] name [ '[' count ']' ]`.
  Expected<PtxParameter> parameter() {
    PtxParameter parameter;
    bool aligned = false;
    for (;;) {
      std::string_view token = next();
      if (token == ".align") {
        Expected<unsigned> value = number();
        if (!value)
          return value.takeError();
        (parameter.isPointer ? parameter.pointeeAlignment : parameter.alignment) = *value;
        aligned = aligned || !parameter.isPointer;
      } else if (token == ".ptr") {
        parameter.isPointer = true;
      } else if (token.size() > 2 && token[0] == '.' &&
                 std::string_view("usfb").find(token[1]) != std::string_view::npos && token[2] >= '0' &&
                 token[2] <= '9') {
        parameter.type = std::string(token.substr(1));
        unsigned bits = 0;
        std::from_chars(token.data() + 2, token.data() + token.size(), bits);
        parameter.size = bits / 8;
      } else if (token.size() > 1 && token[0] == '.') {
        continue; // a state space or another property of the pointer
      } else if (!token.empty() && isWord(token[0])) {
        parameter.name = std::string(token);
        break;
      } else {
        return fail("expected a parameter, found '" + std::string(token) + "'");
      }
    }
    if (parameter.size == 0)
      return fail("the parameter '" + parameter.name + "' has no type known here");
    if (!aligned)
      parameter.alignment = parameter.size;
    if (peek() == "[") {
      next();
      Expected<unsigned> count = number();
      if (!count)
        return count.takeError();
      parameter.isArray = true;
      parameter.size *= *count;
      if (next() != "]")
        return fail("expected ']' after the size of '" + parameter.name + "'");
    }
    return parameter;
  }

  std::string_view text;
  const std::string &name;
  std::size_t position = 0;
  PtxInfo info;
};

} // namespace

const PtxKernelInfo *PtxInfo::kernel(std::string_view wanted) const {
  auto found =
      std::find_if(kernels.begin(), kernels.end(), [&](const PtxKernelInfo &kernel) { return kernel.name == wanted; });
  return found == kernels.end() ? nullptr : &*found;
}

Expected<PtxInfo> readPtxInfo(std::string_view text, const std::string &name) { return Scanner(text, name).run(); }

} // namespace tessera::detail
