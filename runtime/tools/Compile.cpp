// `tessera compile` and `tessera check`.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Compiler.h"

#include "runtime/core/Files.h"
#include "runtime/tools/Verbs.h"

#include <cstdio>
#include <cstdlib>

namespace tessera::tool {
namespace {

constexpr OptionSpec kCompileOptions[] = {
    {"--signature", "ITEMS", "types and constants of the parameters (see above)"},
    {"--emit", "FORM", "ast, tile, layout, llvm, ptx or cubin; default ptx"},
    {"-o", "OUT", "the file to write; default: standard output"},
    {"--kernel", "NAME", "the kernel; may be left out when the file has one"},
    {"--target", "SM", "sm_80, sm_86, sm_89, sm_90a, ...; default: the device's, else sm_90a"},
    {"--num-warps", "N", "warps of a program"},
    {"--num-stages", "N", "stages of software pipelines"},
    {"--num-ctas", "N", "CTAs of a cluster"},
    {"--maxnreg", "N", "registers a thread may have"},
    {"--device", "DEVICE", "auto, sim, cuda or cuda:N: where --target is taken from"},
    {"--timing", "", "prints how long each stage took, to standard error"},
    {"--stop-after", "PASS", "prints the IR after a pass instead of the form"},
    {"--print-after", "PASS", "prints the IR after a pass to standard error, and goes on"},
    {"--cache-dir", "DIR", "where compiled kernels are kept"},
    {"--no-cache", "", "compile anew, keep nothing"},
    {"--json", "", "diagnostics and --timing as JSON"},
};

constexpr OptionSpec kCheckOptions[] = {
    {"--signature", "ITEMS", "compiles to PTX for these types and constants as well"},
    {"--kernel", "NAME", "the kernel that --signature is for"},
    {"--target", "SM", "what to compile for; default: the device's, else sm_90a"},
    {"--num-warps", "N", "warps of a program"},
    {"--num-stages", "N", "stages of software pipelines"},
    {"--num-ctas", "N", "CTAs of a cluster"},
    {"--maxnreg", "N", "registers a thread may have"},
    {"--device", "DEVICE", "auto, sim, cuda or cuda:N: where --target is taken from"},
    {"--json", "", "diagnostics and results as JSON"},
};

constexpr const char *kDefaultTarget = "sm_90a";

/// What to compile for when nobody says: the device that is named, else the first GPU, else the newest that is first
/// class.
Expected<std::string> chooseTarget(const Options &options) {
  if (std::optional<std::string> target = options.value("--target"))
    return *target;
  const char *environment = std::getenv("TESSERA_DEVICE");
  const std::string which = options.value("--device").value_or(environment && *environment ? environment : "auto");
  if (which == "auto") {
    Expected<Device> gpu = Device::open("cuda");
    return gpu ? gpu->target() : std::string(kDefaultTarget);
  }
  Expected<Device> device = Device::open(which);
  if (!device)
    return device.takeError();
  return device->target();
}

/// Reads what both verbs have in common; an error is wrong usage.
Status readOptions(const Options &options, CompileRequest &request) {
  const std::pair<const char *, std::optional<int> KernelOptions::*> numbers[] = {
      {"--num-warps", &KernelOptions::numWarps},
      {"--num-stages", &KernelOptions::numStages},
      {"--num-ctas", &KernelOptions::numCtas}};
  for (auto [name, member] : numbers) {
    Expected<std::optional<std::int64_t>> value = options.integer(name, 1, 1024);
    if (!value)
      return value.takeError();
    if (*value)
      request.options.*member = int(**value);
  }
  Expected<std::optional<std::int64_t>> registers = options.integer("--maxnreg", 1, 255);
  if (!registers)
    return registers.takeError();
  request.options.maxRegisters = int(registers->value_or(0));
  request.kernel = options.value("--kernel").value_or("");
  request.signature = options.value("--signature").value_or("");
  request.diagnosticsAsJson = options.has("--json");
  return {};
}

void printTiming(const CompileResult &result, bool asJson) {
  double total = 0;
  for (const CompileStage &stage : result.stages)
    total += stage.milliseconds;
  if (asJson) {
    Json json;
    json.open('{').key("stages").open('[');
    for (const CompileStage &stage : result.stages)
      json.open('{').key("stage").string(stage.name).key("ms").number(stage.milliseconds).close('}');
    json.close(']').key("total_ms").number(total).key("from_cache").boolean(result.fromCache).close('}');
    std::fprintf(stderr, "%s\n", json.text().c_str());
    return;
  }
  std::vector<std::vector<std::string>> rows = {{"stage", "      ms"}};
  auto row = [&](const std::string &name, double milliseconds) {
    char text[32];
    std::snprintf(text, sizeof(text), "%8.3f", milliseconds);
    rows.push_back({name, text});
  };
  for (const CompileStage &stage : result.stages)
    row(stage.name, stage.milliseconds);
  row(result.fromCache ? "total (from the cache)" : "total", total);
  std::fputs(table(rows).c_str(), stderr);
}

int runCompile(const Options &options) {
  if (options.positional().size() != 1)
    return reportUsage(kCompileVerb, options.positional().empty()
                                         ? "expected a file to compile"
                                         : "unexpected argument '" + options.positional()[1] + "'");
  CompileRequest request;
  if (Status read = readOptions(options, request); !read)
    return reportUsage(kCompileVerb, read.error().text());
  const std::string form = options.value("--emit").value_or("ptx");
  if (form == "sass" || form == "launcher")
    return report(Error(ErrorCode::Unsupported, "'--emit=" + form + "' is not available yet"));
  std::optional<Form> known = formNamed(form);
  if (!known)
    return reportUsage(kCompileVerb, "unknown form '" + form + "'; there are ast, tile, layout, llvm, ptx, cubin");
  request.form = *known;
  request.stopAfter = options.value("--stop-after").value_or("");
  request.printAfter = options.value("--print-after").value_or("");
  request.name = options.positional().front();
  Expected<std::string> source = detail::readFile(request.name);
  if (!source)
    return report(source.error());
  request.source = std::move(*source);
  Expected<std::string> target = chooseTarget(options);
  if (!target)
    return report(target.error());
  request.options.target = *target;

  Cache cache(cacheOptions(options));
  Expected<CompileResult> result = compileCached(request, cache);
  if (!result)
    return report(result.error());
  std::fputs(result->warnings.c_str(), stderr);
  std::fputs(result->printed.c_str(), stderr);
  if (options.has("--timing"))
    printTiming(*result, options.has("--json"));
  if (std::optional<std::string> path = options.value("-o")) {
    if (Status written = detail::writeFileAtomically(*path, result->output); !written)
      return report(written.error());
    return kDone;
  }
  std::fwrite(result->output.data(), 1, result->output.size(), stdout);
  return kDone;
}

int runCheck(const Options &options) {
  if (options.positional().empty())
    return reportUsage(kCheckVerb, "expected a file to check");
  CompileRequest request;
  if (Status read = readOptions(options, request); !read)
    return reportUsage(kCheckVerb, read.error().text());
  const bool asJson = options.has("--json"), compiles = options.has("--signature");
  if (compiles) {
    Expected<std::string> target = chooseTarget(options);
    if (!target)
      return report(target.error());
    request.options.target = *target;
  }
  int status = kDone;
  Json json;
  json.open('[');
  for (const std::string &file : options.positional()) {
    Expected<std::string> source = detail::readFile(file);
    if (!source) {
      status = report(source.error());
      continue;
    }
    Expected<CheckResult> checked = checkSource(*source, file, asJson);
    if (!checked) {
      status = report(checked.error());
      continue;
    }
    std::fputs(checked->warnings.c_str(), stderr);
    if (compiles) {
      request.source = std::move(*source);
      request.name = file;
      Expected<CompileResult> result = compile(request);
      if (!result) {
        status = report(result.error());
        continue;
      }
      std::fputs(result->warnings.c_str(), stderr);
    }
    std::string names;
    json.open('{').key("file").string(file).key("kernels").open('[');
    for (const std::string &kernel : checked->kernels) {
      names += (names.empty() ? "" : ", ") + kernel;
      json.string(kernel);
    }
    json.close(']').close('}');
    if (!asJson)
      std::printf("%s: %s\n", file.c_str(), names.empty() ? "no kernels" : names.c_str());
  }
  json.close(']');
  if (asJson)
    std::puts(json.text().c_str());
  return status;
}

} // namespace

const Verb kCompileVerb = {
    "compile",
    "FILE --signature \"ITEMS\" [OPTION...]",
    "compiles a kernel to one of its forms",
    "FILE is .tile or .py. ITEMS, comma separated, by name or in the order of the parameters:\n"
    "  x: *fp32:16     a pointer to fp32 whose address is a multiple of 16\n"
    "  n: i32          an integer\n"
    "  s: 1            an integer known to be 1\n"
    "  BLOCK=1024      a constexpr: integer, float, True, False, None, string, tl.float16, a device function",
    "tessera compile softmax.tile --signature \"*fp32:16, *fp32:16, i32, i32, i32, BLOCK=1024\" --emit=ptx",
    kCompileOptions,
    runCompile};

const Verb kCheckVerb = {"check",
                         "FILE... [OPTION...]",
                         "parses and checks files as far as can be without a signature; with one, to PTX",
                         "",
                         "tessera check softmax.tile matmul.tile",
                         kCheckOptions,
                         runCheck};

} // namespace tessera::tool
