// Reading of the command line.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tools/Options.h"

#include "runtime/core/Spelling.h"

#include <algorithm>
#include <charconv>

namespace tessera::tool {
namespace {

Error wrong(const std::string &message) { return Error(ErrorCode::InvalidArgument, message); }

const OptionSpec *find(const Verb &verb, std::string_view name) {
  for (const OptionSpec &option : verb.options)
    if (option.name == name)
      return &option;
  return nullptr;
}

} // namespace

Expected<Options> Options::parse(const Verb &verb, std::span<const char *const> arguments) {
  Options options;
  bool onlyPositional = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view text = arguments[i];
    if (onlyPositional || text.size() < 2 || text[0] != '-') {
      options.positionals.emplace_back(text);
      continue;
    }
    if (text == "--") {
      onlyPositional = true;
      continue;
    }
    if (text == "--help" || text == "-h") {
      options.help = true;
      continue;
    }
    const std::size_t equals = text.starts_with("--") ? text.find('=') : std::string_view::npos;
    const std::string_view name = text.substr(0, equals);
    const OptionSpec *spec = find(verb, name);
    if (!spec) {
      std::vector<std::string> names = {"--help"};
      for (const OptionSpec &option : verb.options)
        names.emplace_back(option.name);
      const std::string nearest = detail::nearestName(name, names);
      return wrong("'" + std::string(verb.name) + "' has no option '" + std::string(name) + "'" +
                   (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
    }
    std::string value;
    if (spec->value.empty()) {
      if (equals != std::string_view::npos)
        return wrong("option '" + std::string(name) + "' takes no value");
    } else if (equals != std::string_view::npos) {
      value = std::string(text.substr(equals + 1));
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    } else {
      return wrong("option '" + std::string(name) + "' needs a value: " + std::string(spec->value));
    }
    std::vector<std::string> &values = options.given[std::string(name)];
    if (!values.empty() && !spec->isRepeatable && !spec->value.empty())
      return wrong("option '" + std::string(name) + "' is given twice");
    values.push_back(std::move(value));
  }
  return options;
}

std::optional<std::string> Options::value(std::string_view name) const {
  auto found = given.find(name);
  return found == given.end() ? std::nullopt : std::optional(found->second.back());
}

std::vector<std::string> Options::values(std::string_view name) const {
  auto found = given.find(name);
  return found == given.end() ? std::vector<std::string>() : found->second;
}

Expected<std::optional<std::int64_t>> Options::integer(std::string_view name, std::int64_t least,
                                                       std::int64_t most) const {
  std::optional<std::string> text = value(name);
  if (!text)
    return std::optional<std::int64_t>();
  std::int64_t number = 0;
  auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (failed != std::errc() || end != text->data() + text->size() || number < least || number > most)
    return wrong("option '" + std::string(name) + "' needs a whole number from " + std::to_string(least) + " to " +
                 std::to_string(most) + ", not '" + *text + "'");
  return std::optional(number);
}

Expected<std::optional<double>> Options::real(std::string_view name) const {
  std::optional<std::string> text = value(name);
  if (!text)
    return std::optional<double>();
  double number = 0;
  auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (failed != std::errc() || end != text->data() + text->size() || !(number >= 0))
    return wrong("option '" + std::string(name) + "' needs a number that is not negative, not '" + *text + "'");
  return std::optional(number);
}

std::string helpText(const Verb &verb) {
  std::string text = "usage: tessera " + std::string(verb.name) + " " + std::string(verb.usage) + "\n\n" +
                     std::string(verb.summary) + "\n";
  if (!verb.details.empty())
    text += "\n" + std::string(verb.details) + "\n";
  text += "\noptions:\n";
  std::size_t width = std::string_view("--help").size();
  for (const OptionSpec &option : verb.options)
    width = std::max(width, option.name.size() + (option.value.empty() ? 0 : option.value.size() + 1));
  const auto prefix = [](Files files) {
    return files == Files::Compiled ? ".tile, .py: " : files == Files::Ptx ? ".ptx: " : "";
  };
  auto row = [&](std::string_view name, std::string_view value, std::string_view help) {
    std::string left = std::string(name) + (value.empty() ? "" : " " + std::string(value));
    left.resize(std::max(width, left.size()), ' ');
    text += "  " + left + "  " + std::string(help) + "\n";
  };
  for (const OptionSpec &option : verb.options)
    row(option.name, option.value, prefix(option.files) + std::string(option.help));
  row("--help", "", "this text");
  return text + "\nexample:\n  " + std::string(verb.example) + "\n";
}

} // namespace tessera::tool
