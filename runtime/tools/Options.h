// The command line: each verb is a table of its options, from which parsing, help and suggestions come.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_TOOLS_OPTIONS_H
#define TESSERA_RUNTIME_TOOLS_OPTIONS_H

#include "runtime/include/tessera/Expected.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::tool {

/// What kinds of file an option is for.
enum class Files { All, Compiled, Ptx };

struct OptionSpec {
  std::string_view name;  ///< "--grid", "-o"
  std::string_view value; ///< what stands for its value in the help; empty: it has none
  std::string_view help;
  bool isRepeatable = false;
  Files files = Files::All;
};

class Options;

struct Verb {
  std::string_view name;
  std::string_view usage; ///< what follows the name: "FILE --grid X[,Y[,Z]] [OPTION...]"
  std::string_view summary;
  std::string_view details; ///< more lines for its own help; may be empty
  std::string_view example;
  std::span<const OptionSpec> options;
  int (*run)(const Options &options);
};

/// What was given to a verb.
class Options {
public:
  /// Reads `arguments`; the error is for a person who mistyped.
  static Expected<Options> parse(const Verb &verb, std::span<const char *const> arguments);

  const std::vector<std::string> &positional() const { return positionals; }
  bool has(std::string_view name) const { return given.contains(std::string(name)); }
  /// The (last) value of an option.
  std::optional<std::string> value(std::string_view name) const;
  std::vector<std::string> values(std::string_view name) const;
  /// The value as a whole number in a range; nothing when it was not given.
  Expected<std::optional<std::int64_t>> integer(std::string_view name, std::int64_t least, std::int64_t most) const;
  Expected<std::optional<double>> real(std::string_view name) const;
  bool wantsHelp() const { return help; }

private:
  std::vector<std::string> positionals;
  std::map<std::string, std::vector<std::string>, std::less<>> given;
  bool help = false;
};

/// The help of a verb.
std::string helpText(const Verb &verb);

} // namespace tessera::tool

#endif // TESSERA_RUNTIME_TOOLS_OPTIONS_H
