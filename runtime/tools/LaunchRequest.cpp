// What the verbs that launch a kernel share: their options, the request they make, the launch.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/PtxModule.h"
#include "runtime/tools/Run.h"
#include "runtime/tools/Verbs.h"

#include <atomic>
#include <charconv>
#include <csignal>
#include <limits>

namespace tessera::tool {
namespace {

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

/// The arguments in the order given, which is that of the parameters. Buffers that `ptr` and `desc` refer to may be
/// there for that alone: where there are more arguments than parameters, or such a buffer stands where the kernel takes
/// no pointer, they are not passed themselves.
std::vector<Argument> inOrderOf(const std::vector<PtxParameter> &parameters, const ArgumentSet &arguments) {
  bool areTargetsPassed = arguments.size() <= parameters.size();
  for (std::size_t i = 0; areTargetsPassed && i < arguments.size(); ++i)
    areTargetsPassed =
        !arguments.isTarget(i) || (parameters[i].size == sizeof(std::uint64_t) && !parameters[i].isArray);
  std::vector<Argument> values;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (areTargetsPassed || !arguments.isTarget(i))
      values.push_back(arguments.argument(i));
  return values;
}

// What a signal handler can reach.
std::atomic<void (*)()> stopKernel{nullptr};
std::atomic<int> signalReceived{0};

/// While it lives, the first SIGINT or SIGTERM ends a kernel that runs on the simulator, and the next one the process.
class StopsOnSignal {
public:
  explicit StopsOnSignal(const Device &device) {
    stopKernel = device.stopFunction();
    if (stopKernel.load())
      each([](int signal) { std::signal(signal, handle); });
  }
  ~StopsOnSignal() {
    if (stopKernel.exchange(nullptr))
      each([](int signal) { std::signal(signal, SIG_DFL); });
  }
  StopsOnSignal(const StopsOnSignal &) = delete;
  StopsOnSignal &operator=(const StopsOnSignal &) = delete;

private:
  template <typename F> static void each(F f) {
    for (const int signal : {SIGINT, SIGTERM})
      f(signal);
  }
  static void handle(int signal) {
    std::signal(signal, SIG_DFL);
    signalReceived = signal;
    if (void (*stop)() = stopKernel.load())
      stop();
  }
};

Status runPtx(const RunRequest &request, const Device &device, const ArgumentSet &arguments) {
  Expected<PtxModule> module = PtxModule::load(device, request.file);
  if (!module)
    return module.takeError();
  if (!request.target.empty() && request.target != module->target())
    return Error(ErrorCode::InvalidArgument,
                 "'" + request.file + "' is for " + module->target() + ", not for " + request.target);
  Expected<PtxKernel> kernel = module->kernel(request.kernel);
  if (!kernel)
    return kernel.takeError();
  const std::vector<PtxParameter> &parameters = kernel->parameters();
  std::vector<Argument> values = inOrderOf(parameters, arguments);
  // Compilers add pointers to scratch memory at the end, which the kernel does not use.
  while (values.size() < parameters.size() && parameters[values.size()].isPointer)
    values.push_back(Argument::null());
  LaunchConfig config;
  config.grid = *request.grid;
  config.block = request.block.value_or(Dim3(0, 0, 0));
  config.cluster = request.cluster.value_or(Dim3(0, 0, 0));
  config.sharedBytes = std::size_t(request.sharedBytes.value_or(0));
  return kernel->launchWith(Stream::defaultOf(device), config, values);
}

} // namespace

Expected<NamedTexts> pairs(const Options &options, std::string_view option, const char *form) {
  NamedTexts result;
  for (const std::string &text : options.values(option)) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
      return Error(ErrorCode::InvalidArgument,
                   "option '" + std::string(option) + "' needs " + form + ", not '" + text + "'");
    result.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

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
  Expected<NamedTexts> constants = pairs(options, "--const", "NAME=VALUE");
  if (!constants)
    return constants.takeError();
  request.constants = std::move(*constants);
  request.target = options.value("--target").value_or("");
  request.cache = cacheOptions(options);
  for (const OptionSpec &option : kLaunchOptions)
    if (options.has(option.name) && option.files == (request.isPtx() ? Files::Compiled : Files::Ptx))
      return Error(ErrorCode::InvalidArgument,
                   "option '" + std::string(option.name) +
                       (request.isPtx() ? "' is for .tile and .py files: what PTX was compiled for is settled"
                                        : "' is for .ptx files: a kernel that is compiled here knows its own"));
  if (!request.grid)
    return Error(ErrorCode::InvalidArgument, "option '--grid' is needed: how many programs run");
  return request;
}

Expected<ArgumentTexts> readArguments(const Options &options) {
  ArgumentTexts texts;
  for (const std::string &text : options.values("--arg")) {
    Expected<std::pair<std::string, ArgumentText>> argument = parseNamedArgument(text);
    if (!argument)
      return argument.takeError();
    texts.push_back(std::move(*argument));
  }
  return texts;
}

int receivedSignal() { return signalReceived; }

Status launchOnce(const RunRequest &request, const Device &device, const ArgumentSet &arguments) {
  const StopsOnSignal stops(device);
  Status launched = request.isPtx() ? runPtx(request, device, arguments) : runTile(request, device, arguments);
  return launched ? device.synchronize() : std::move(launched);
}

} // namespace tessera::tool
