// The `tessera` command.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/core/Spelling.h"
#include "runtime/tools/Verbs.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

using namespace tessera;
using namespace tessera::tool;

namespace {

const Verb *const kVerbs[] = {&kCompileVerb, &kCheckVerb, &kRunVerb, &kExplainVerb, &kDevicesVerb, &kCacheVerb};

const Verb *findVerb(std::string_view name) {
  for (const Verb *verb : kVerbs)
    if (verb->name == name)
      return verb;
  return nullptr;
}

std::string overview() {
  std::string text = "usage: tessera VERB ...\n\nverbs:\n";
  for (const Verb *verb : kVerbs) {
    std::string name(verb->name);
    name.resize(9, ' ');
    text += "  " + name + std::string(verb->summary) + "\n";
  }
  return text + "\n'tessera VERB --help' says more of each; 'tessera --version' what this is\n\nexample:\n  " +
         std::string(kRunVerb.example) + "\n";
}

} // namespace

int main(int count, char **arguments) {
  const std::span<const char *const> all(arguments, std::size_t(count));
  if (count < 2) {
    std::fputs(overview().c_str(), stderr);
    return kWrongUsage;
  }
  std::string_view first = all[1];
  if (first == "--help" || first == "-h" || (first == "help" && count == 2)) {
    std::fputs(overview().c_str(), stdout);
    return kDone;
  }
  if (first == "--version") {
    std::puts("tessera " TESSERA_VERSION);
    return kDone;
  }
  const bool isHelp = first == "help";
  if (isHelp)
    first = all[2];
  const Verb *verb = findVerb(first);
  if (!verb) {
    std::vector<std::string> names;
    for (const Verb *known : kVerbs)
      names.emplace_back(known->name);
    std::fprintf(stderr, "tessera: error: unknown verb '%.*s'%s\n", int(first.size()), first.data(),
                 detail::didYouMean(first, names).c_str());
    return kWrongUsage;
  }
  Expected<Options> options = Options::parse(*verb, all.subspan(isHelp ? 3 : 2));
  if (isHelp || (options && options->wantsHelp())) {
    std::fputs(helpText(*verb).c_str(), stdout);
    return kDone;
  }
  if (!options)
    return reportUsage(*verb, options.error().text());
  const int code = verb->run(*options);
  if (const int signal = receivedSignal()) { // the report is out: end as the signal would have ended the process
    std::fflush(stdout);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  // What was printed may have gone nowhere: a full disk, a closed pipe.
  if ((std::fflush(stdout) != 0 || std::ferror(stdout)) && code == kDone) {
    std::fprintf(stderr, "tessera: error: cannot write the output: %s\n", std::strerror(errno));
    return kInputAtFault;
  }
  return code;
}
