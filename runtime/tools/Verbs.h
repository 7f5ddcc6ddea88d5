// The verbs of the command and what they share. A verb reads its options, calls the library, prints what comes back.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_TOOLS_VERBS_H
#define TESSERA_RUNTIME_TOOLS_VERBS_H

#include "runtime/include/tessera/Cache.h"
#include "runtime/include/tessera/Device.h"
#include "runtime/tools/Options.h"

namespace tessera::tool {

enum ExitStatus { kDone = 0, kInputAtFault = 1, kWrongUsage = 2 };

extern const Verb kCompileVerb, kCheckVerb, kRunVerb, kExplainVerb, kDevicesVerb, kCacheVerb;

/// Prints an error to standard error and returns the exit status: diagnostics of a kernel's text as they are, others as
/// "tessera: error: ...".
int report(const Error &error);
/// The same for a mistake on the command line, with a pointer to the help.
int reportUsage(const Verb &verb, const std::string &message);

/// The signal that ended a launch, 0: none.
int receivedSignal();

/// The device of `--device`, else of the environment.
Expected<Device> openDevice(const Options &options);
/// The cache of `--cache-dir` and `--no-cache`.
CacheOptions cacheOptions(const Options &options);

/// Rows with the columns aligned, the first row being the head.
std::string table(const std::vector<std::vector<std::string>> &rows);

/// JSON, written as it comes: objects and lists are opened and closed by hand.
class Json {
public:
  Json &open(char bracket);
  Json &close(char bracket);
  Json &key(std::string_view name);
  Json &string(std::string_view value);
  Json &number(double value);
  Json &integer(std::int64_t value);
  Json &boolean(bool value);
  const std::string &text() const { return out; }

private:
  void separate();
  std::string out;
  bool needsComma = false;
};

} // namespace tessera::tool

#endif // TESSERA_RUNTIME_TOOLS_VERBS_H
