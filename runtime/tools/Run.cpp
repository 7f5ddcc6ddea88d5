// `tessera run`: one launch of a kernel with arguments from the command line.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tools/Run.h"
#include "runtime/include/tessera/ArgumentSet.h"
#include "runtime/tools/Verbs.h"

#include <cstdio>

namespace tessera::tool {
namespace {

constexpr OptionSpec kOwnOptions[] = {
    {"--device", "DEVICE", "auto, sim, cuda or cuda:N; default: TESSERA_DEVICE, else auto"},
    {"--save", "NAME=OUT.npy", "writes a buffer after the launch, bf16 and fp8 as raw bits", true},
    {"--as", "TYPE", "the type that --save converts to, such as fp32"},
    {"--print", "NAME", "prints a buffer after the launch", true},
    {"--expect", "NAME=@WANT.npy", "compares a buffer and fails with the worst element", true},
    {"--rtol", "R", "relative tolerance of --expect; default 1e-5"},
    {"--atol", "A", "absolute tolerance of --expect; default 1e-8"},
};
constexpr auto kOptions = withLaunchOptions(kOwnOptions);

/// What `--expect` compares with: numbers of any type, or the bits of the small floats.
Expected<HostArray> readWanted(const std::string &path, ScalarType type) {
  Expected<HostArray> wanted = readNpy(path);
  if (wanted && isFloat(type) && sizeOf(type) <= 2 && type != ScalarType::FP16 && !isFloat(wanted->type) &&
      sizeOf(wanted->type) == sizeOf(type))
    wanted->type = type;
  return wanted;
}

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

int finish(const Options &options, const ArgumentSet &arguments, double rtol, double atol) {
  std::optional<ScalarType> as;
  if (std::optional<std::string> text = options.value("--as")) {
    as = scalarTypeNamed(*text);
    if (!as)
      return reportUsage(kRunVerb, "option '--as' needs a type such as fp32, not '" + *text + "'");
  }
  for (const std::string &name : options.values("--print")) {
    Expected<HostArray> array = arguments.read(name);
    if (!array)
      return report(array.error());
    std::printf("%s = %s %s\n", name.c_str(), describe(array->type, array->shape).c_str(), toText(*array).c_str());
  }
  // Named, so that they outlive the loops: a range-for keeps only the object itself alive, not what it was taken from.
  const auto saves = *pairs(options, "--save", "NAME=OUT.npy"),
             expectations = *pairs(options, "--expect", "NAME=@WANT.npy");
  for (const auto &[name, path] : saves) {
    Expected<HostArray> array = arguments.read(name);
    if (!array)
      return report(array.error());
    if (Status written = writeNpy(path, as ? array->as(*as) : *array); !written)
      return report(written.error());
  }
  int status = kDone;
  for (const auto &[name, path] : expectations) {
    Expected<HostArray> got = arguments.read(name);
    if (!got)
      return report(got.error());
    Expected<HostArray> want = readWanted(path.starts_with('@') ? path.substr(1) : path, got->type);
    if (!want)
      return report(want.error());
    Expected<Comparison> comparison = compare(*got, *want, rtol, atol);
    if (!comparison)
      return report(comparison.error().in("'" + name + "'"));
    if (comparison->isClose) {
      std::printf("%s: all %zu elements as expected, largest error %s\n", name.c_str(), got->size(),
                  number(comparison->largestError).c_str());
      continue;
    }
    status = report(Error(ErrorCode::InvalidArgument,
                          "'" + name + "' is not as expected: " + std::to_string(comparison->wrong) + " of " +
                              std::to_string(got->size()) + " elements are beyond rtol " + number(rtol) + ", atol " +
                              number(atol) + "; the worst is " + name + got->indexText(comparison->worst) + " = " +
                              number(comparison->got) + ", expected " + number(comparison->want)));
  }
  return status;
}

int run(const Options &options) {
  Expected<RunRequest> request = readRequest(options);
  if (!request)
    return reportUsage(kRunVerb, request.error().text());
  Expected<std::optional<double>> rtol = options.real("--rtol"), atol = options.real("--atol");
  if (!rtol || !atol)
    return reportUsage(kRunVerb, (rtol ? atol : rtol).error().text());
  for (auto [name, form] : {std::pair("--save", "NAME=OUT.npy"), std::pair("--expect", "NAME=@WANT.npy")})
    if (auto good = pairs(options, name, form); !good)
      return reportUsage(kRunVerb, good.error().text());
  Expected<ArgumentTexts> texts = readArguments(options);
  if (!texts)
    return report(texts.error());
  Expected<Device> device = openDevice(options);
  if (!device)
    return report(device.error());
  Expected<ArgumentSet> arguments = ArgumentSet::create(*device, *texts, request->seed);
  if (!arguments)
    return report(arguments.error());
  if (Status launched = launchOnce(*request, *device, *arguments); !launched)
    return report(launched.error());
  return finish(options, *arguments, rtol->value_or(1e-5), atol->value_or(1e-8));
}

} // namespace

const Verb kRunVerb = {
    "run",
    "FILE --grid X[,Y[,Z]] [OPTION...]",
    "launches a kernel once and prints, saves or checks what it made",
    kArgumentHelp,
    "tessera run add.py --kernel add_kernel --grid 8 --arg x_ptr=fp32[8000]:randn --arg y_ptr=fp32[8000]:randn \\\n"
    "      --arg output_ptr=fp32[8000]:zeros --arg n_elements=i32:8000 --const BLOCK_SIZE=1024 --save "
    "output_ptr=sum.npy",
    kOptions,
    run};

} // namespace tessera::tool
