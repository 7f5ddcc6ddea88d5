// `tessera run`: one launch of a kernel with arguments from the command line.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tools/Run.h"
#include "runtime/include/tessera/ArgumentSet.h"
#include "runtime/include/tessera/PtxModule.h"
#include "runtime/tools/Verbs.h"

#include <charconv>
#include <cstdio>
#include <limits>

namespace tessera::tool {
namespace {

constexpr OptionSpec kOptions[] = {
    {"--kernel", "NAME", "the kernel; may be left out when the file has one"},
    {"--grid", "X[,Y[,Z]]", "how many programs run"},
    {"--arg", "NAME=SPEC", "an argument (see above); for .ptx in the order of the parameters", true},
    {"--const", "NAME=VALUE", "a constexpr parameter", true},
    {"--seed", "N", "of randn, rand and randint; default 0"},
    {"--save", "NAME=OUT.npy", "writes a buffer after the launch, bf16 and fp8 as raw bits", true},
    {"--as", "TYPE", "the type that --save converts to, such as fp32"},
    {"--print", "NAME", "prints a buffer after the launch", true},
    {"--expect", "NAME=@WANT.npy", "compares a buffer and fails with the worst element", true},
    {"--rtol", "R", "relative tolerance of --expect; default 1e-5"},
    {"--atol", "A", "absolute tolerance of --expect; default 1e-8"},
    {"--device", "DEVICE", "auto, sim, cuda or cuda:N; default: TESSERA_DEVICE, else auto"},
    {"--num-warps", "N", ".tile, .py: warps of a program"},
    {"--num-stages", "N", ".tile, .py: stages of software pipelines"},
    {"--num-ctas", "N", ".tile, .py: CTAs of a cluster"},
    {"--maxnreg", "N", ".tile, .py: registers a thread may have"},
    {"--target", "SM", ".tile, .py: what to compile for; default: the device's"},
    {"--cache-dir", "DIR", ".tile, .py: where compiled kernels are kept"},
    {"--no-cache", "", ".tile, .py: compile anew, keep nothing"},
    {"--block", "X[,Y[,Z]]", ".ptx: threads of a block; default: what the kernel requires"},
    {"--shared", "BYTES", ".ptx: dynamic shared memory"},
    {"--cluster", "X[,Y[,Z]]", ".ptx: blocks of a cluster"},
};

/// A comparison that was asked for.
struct Expectation {
  std::string name, path;
};

/// `NAME=REST` of an option that may be given several times.
Expected<std::vector<std::pair<std::string, std::string>>> pairs(const Options &options, std::string_view option,
                                                                 const char *form) {
  std::vector<std::pair<std::string, std::string>> result;
  for (const std::string &text : options.values(option)) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
      return Error(ErrorCode::InvalidArgument,
                   "option '" + std::string(option) + "' needs " + form + ", not '" + text + "'");
    result.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

Expected<std::optional<Dim3>> size(const Options &options, std::string_view option) {
  std::optional<std::string> text = options.value(option);
  if (!text)
    return std::optional<Dim3>();
  std::int64_t sides[3] = {1, 1, 1};
  std::string_view left = *text;
  for (int i = 0;; ++i) {
    auto [end, failed] = std::from_chars(left.data(), left.data() + left.size(), sides[i < 3 ? i : 2]);
    if (failed == std::errc() && end == left.data() + left.size())
      return std::optional(Dim3(sides[0], sides[1], sides[2]));
    if (failed != std::errc() || *end != ',' || i >= 2)
      return Error(ErrorCode::InvalidArgument,
                   "option '" + std::string(option) + "' needs X[,Y[,Z]], not '" + *text + "'");
    left.remove_prefix(std::size_t(end - left.data()) + 1);
  }
}

/// Reads what the options say; an error is wrong usage.
Expected<RunRequest> readRequest(const Options &options) {
  RunRequest request;
  if (options.positional().size() != 1)
    return Error(ErrorCode::InvalidArgument, options.positional().empty()
                                                 ? "expected a file to run"
                                                 : "unexpected argument '" + options.positional()[1] + "'");
  request.file = options.positional().front();
  request.kernel = options.value("--kernel").value_or("");
  const std::pair<const char *, std::optional<Dim3> RunRequest::*> sizes[] = {
      {"--grid", &RunRequest::grid}, {"--block", &RunRequest::block}, {"--cluster", &RunRequest::cluster}};
  for (auto [name, member] : sizes) {
    Expected<std::optional<Dim3>> value = size(options, name);
    if (!value)
      return value.takeError();
    request.*member = *value;
  }
  const std::pair<const char *, std::optional<std::int64_t> RunRequest::*> numbers[] = {
      {"--num-warps", &RunRequest::numWarps},
      {"--num-stages", &RunRequest::numStages},
      {"--num-ctas", &RunRequest::numCtas},
      {"--maxnreg", &RunRequest::maxRegisters},
      {"--shared", &RunRequest::sharedBytes}};
  for (auto [name, member] : numbers) {
    Expected<std::optional<std::int64_t>> value = options.integer(name, 0, std::numeric_limits<std::int32_t>::max());
    if (!value)
      return value.takeError();
    request.*member = *value;
  }
  Expected<std::optional<std::int64_t>> seed = options.integer("--seed", 0, std::numeric_limits<std::int64_t>::max());
  if (!seed)
    return seed.takeError();
  request.seed = std::uint64_t(seed->value_or(0));
  Expected<std::vector<std::pair<std::string, std::string>>> constants = pairs(options, "--const", "NAME=VALUE");
  if (!constants)
    return constants.takeError();
  request.constants = std::move(*constants);
  request.target = options.value("--target").value_or("");
  request.cache = cacheOptions(options);
  if (!request.grid)
    return Error(ErrorCode::InvalidArgument, "option '--grid' is needed: how many programs run");
  return request;
}

Status runPtx(const RunRequest &request, const Device &device, const ArgumentSet &arguments) {
  Expected<PtxModule> module = PtxModule::load(device, request.file);
  if (!module)
    return module.takeError();
  Expected<PtxKernel> kernel = module->kernel(request.kernel);
  if (!kernel)
    return kernel.takeError();
  std::vector<Argument> values;
  values.reserve(arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i)
    values.push_back(arguments.argument(i));
  // Compilers add pointers to scratch memory at the end, which the kernel does not use.
  const std::vector<PtxParameter> &parameters = kernel->parameters();
  while (values.size() < parameters.size() && parameters[values.size()].isPointer)
    values.push_back(Argument::null());
  LaunchConfig config;
  config.grid = *request.grid;
  config.block = request.block.value_or(Dim3(0, 0, 0));
  config.cluster = request.cluster.value_or(Dim3(0, 0, 0));
  config.sharedBytes = std::size_t(request.sharedBytes.value_or(0));
  return kernel->launchWith(Stream::defaultOf(device), config, values);
}

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
  std::vector<std::pair<std::string, ArgumentText>> texts;
  for (const std::string &text : options.values("--arg")) {
    Expected<std::pair<std::string, ArgumentText>> argument = parseNamedArgument(text);
    if (!argument)
      return report(argument.error());
    texts.push_back(std::move(*argument));
  }
  Expected<Device> device = openDevice(options);
  if (!device)
    return report(device.error());
  const bool isPtx = request->file.ends_with(".ptx");
  if (isPtx && !request->constants.empty())
    return reportUsage(kRunVerb, "option '--const' is for .tile and .py files: PTX has its constants compiled in");
  Expected<ArgumentSet> arguments = ArgumentSet::create(*device, texts, request->seed);
  if (!arguments)
    return report(arguments.error());
  Status launched = isPtx ? runPtx(*request, *device, *arguments) : runTile(*request, *device, *arguments);
  if (launched)
    launched = device->synchronize();
  if (!launched)
    return report(launched.error());
  return finish(options, *arguments, rtol->value_or(1e-5), atol->value_or(1e-8));
}

} // namespace

const Verb kRunVerb = {
    "run",
    "FILE --grid X[,Y[,Z]] [OPTION...]",
    "launches a kernel once and prints, saves or checks what it made",
    "FILE is .tile, .py (its device functions are taken) or .ptx. A SPEC is one of\n"
    "  i32:7  fp32:0.5            a scalar\n"
    "  fp16[128,64]:randn         a buffer, filled: randn rand zeros ones arange nan randint(lo,hi) const(v)\n"
    "  fp16[128,64]:@in.npy       a buffer from a NumPy file\n"
    "  ptr(NAME+OFFSET)           a pointer to an element of another argument's buffer\n"
    "  null                       a null pointer",
    "tessera run add.py --kernel add_kernel --grid 8 --arg x_ptr=fp32[8000]:randn --arg y_ptr=fp32[8000]:randn \\\n"
    "      --arg output_ptr=fp32[8000]:zeros --arg n_elements=i32:8000 --const BLOCK_SIZE=1024 --save "
    "output_ptr=sum.npy",
    kOptions,
    run};

} // namespace tessera::tool
