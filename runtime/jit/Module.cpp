// Modules and kernels of `.tile` text: specialisation, compilation once, launch.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Module.h"

#include "runtime/core/Files.h"
#include "runtime/core/Spelling.h"
#include "runtime/include/tessera/Log.h"
#include "runtime/jit/Frontend.h"
#include "runtime/jit/Specialization.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <map>

namespace tessera {

using namespace detail;

namespace detail {

struct TileModuleState {
  Device device;
  std::string source, name;
  SourceOutline outline;
  std::mutex mutex;
  /// One state for each combination of kernel, constants and options, so that asking again for a kernel finds what is
  /// compiled.
  std::map<std::string, std::unique_ptr<TileKernelState>> kernels;
  TileModuleState(Device device, std::string source, std::string name, SourceOutline outline);
  ~TileModuleState();
};

/// Owned by its module; handles of it hold the module.
struct TileKernelState {
  TileModuleState *module = nullptr;
  const FunctionOutline *function = nullptr;
  Constexprs constants;
  KernelOptions options;
  /// Where the arguments of a launch stand among the parameters: those that are neither constexpr nor given as
  /// constants.
  std::vector<unsigned> runtimeParameters;

  SpecializationTable table;
  std::mutex compiling; ///< guards the writing of `table`, and the rest
  using Answer = std::shared_future<Expected<const Compiled *>>;
  std::map<std::vector<std::uint8_t>, Answer> underWay;
  std::map<std::vector<std::uint8_t>, Error> failures; ///< the same text fails in the same way

  Expected<const Compiled *> get(Key key, std::span<const Argument> arguments);
  Expected<std::unique_ptr<Compiled>> compileFor(Key key, std::span<const Argument> arguments) const;
};

TileModuleState::TileModuleState(Device device, std::string source, std::string name, SourceOutline outline)
    : device(std::move(device)), source(std::move(source)), name(std::move(name)), outline(std::move(outline)) {}
TileModuleState::~TileModuleState() = default;

} // namespace detail

namespace {

/// The key of a launch on the stack: a byte an argument, and room for the values that heuristics read.
struct KeyBuffer {
  std::uint8_t bytes[kMaxArguments * 9];
  std::size_t size = 0;
};

std::string argumentNames(const TileKernelState &kernel) {
  std::string names;
  for (unsigned index : kernel.runtimeParameters)
    names += (names.empty() ? "" : ", ") + kernel.function->parameters[index].name;
  return names.empty() ? "none" : names;
}

Status makeKey(const TileKernelState &kernel, std::span<const Argument> arguments, KeyBuffer &key) {
  const auto &parameters = kernel.runtimeParameters;
  auto where = [&](std::size_t i) {
    return "launch of '" + kernel.function->name + "': argument " + std::to_string(i + 1) + " ('" +
           kernel.function->parameters[parameters[i]].name + "')";
  };
  const bool isShort =
      arguments.size() < parameters.size() && !kernel.function->parameters[parameters[arguments.size()]].hasDefault;
  if (isShort || arguments.size() > parameters.size()) [[unlikely]]
    return Error(ErrorCode::TypeMismatch,
                 "launch of '" + kernel.function->name + "': " + std::to_string(arguments.size()) +
                     (arguments.size() == 1 ? " argument" : " arguments") + " given, the kernel takes " +
                     std::to_string(parameters.size()) + ": " + argumentNames(kernel));
  if (parameters.size() > kMaxArguments) [[unlikely]]
    return Error(ErrorCode::Unsupported, "launch of '" + kernel.function->name + "': more than " +
                                             std::to_string(kMaxArguments) + " arguments");
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Argument &argument = arguments[i];
    if (argument.kind() == Argument::Kind::Unusable) [[unlikely]]
      return Error(ErrorCode::TypeMismatch,
                   where(i) + " is a DLPack tensor of an element type that kernels do not have");
    if (argument.kind() == Argument::Kind::TensorMap) [[unlikely]]
      return Error(ErrorCode::Unsupported,
                   where(i) + " is a tensor descriptor, which kernels of .tile files make themselves so far "
                              "(tl.make_tensor_descriptor)");
    // A buffer without memory has no address to specialise on.
    if (const RawBuffer *buffer = argument.rawBuffer(); buffer && argument.bits() == 0) [[unlikely]]
      if (Status usable = buffer->status(); !usable)
        return usable.error().in(where(i));
    key.bytes[i] = keyByte(argument, kernel.function->parameters[parameters[i]].specialise);
  }
  std::fill(key.bytes + arguments.size(), key.bytes + parameters.size(), kDefaultKey);
  key.size = parameters.size();
  if (kernel.function->readsLaunchValues) [[unlikely]]
    for (const Argument &argument : arguments)
      if (argument.kind() == Argument::Kind::Scalar) {
        std::memcpy(key.bytes + key.size, &argument.bits(), 8);
        key.size += 8;
      }
  return {};
}

/// The value of an integer argument with its sign.
std::int64_t integerOf(const Argument &argument) {
  const unsigned shift = 64 - 8 * unsigned(sizeOf(argument.type()));
  const std::uint64_t high = argument.bits() << shift;
  return isSigned(argument.type()) ? std::int64_t(high) >> shift : std::int64_t(high >> shift);
}

double realOf(const Argument &argument) {
  const auto low = std::uint32_t(argument.bits());
  switch (argument.type()) {
  case ScalarType::FP64:
    return std::bit_cast<double>(argument.bits());
  case ScalarType::FP16:
    return floatFromHalf(std::uint16_t(low));
  case ScalarType::BF16:
    return floatFromBFloat16(std::uint16_t(low));
  default:
    return std::bit_cast<float>(low);
  }
}

/// "x: *fp32:16" as the signature has it.
std::string signatureItem(const std::string &name, std::uint8_t key) {
  if (key == kNullKey)
    return name + "=None";
  if (key & kIsOneBit)
    return name + ": 1";
  std::string item = name + ": " + (key & kPointerBit ? "*" : "") + std::string(nameOf(ScalarType(key & 15)));
  return key & kMultipleOf16Bit ? item + ":16" : item;
}

std::optional<std::size_t> numberOf(std::string_view text) {
  std::size_t value = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

} // namespace

Expected<std::unique_ptr<Compiled>> TileKernelState::compileFor(Key key, std::span<const Argument> arguments) const {
  CompileRequest request;
  request.source = module->source;
  request.name = module->name;
  request.kernel = function->name;
  request.constants = constants;
  request.options = options;
  if (request.options.target.empty())
    request.options.target = module->device.target();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (key.bytes[i] == kDefaultKey)
      continue;
    const std::string &name = function->parameters[runtimeParameters[i]].name;
    request.signature += (request.signature.empty() ? "" : ", ") + signatureItem(name, key.bytes[i]);
    if (function->readsLaunchValues && arguments[i].kind() == Argument::Kind::Scalar) {
      const bool isReal = isFloat(arguments[i].type());
      request.launchValues.push_back(
          {name, isReal, isReal ? 0 : integerOf(arguments[i]), isReal ? realOf(arguments[i]) : 0.0});
    }
  }
  Expected<CompileResult> result = compileCached(request, options.cache ? *options.cache : Cache::standard());
  if (!result)
    return result.takeError();
  if (!result->warnings.empty())
    log(LogLevel::Warning, result->warnings);
  log(LogLevel::Info, (result->fromCache ? "from the cache: '" : "compiled: '") + function->name + "' for " +
                          request.options.target + ", " + request.signature);

  const Artifact &artifact = result->artifact;
  auto compiled = std::make_unique<Compiled>();
  compiled->key.assign(key.bytes, key.bytes + key.size);
  Expected<std::shared_ptr<ModuleState>> loaded = loadModule(module->device, artifact.ptx, module->name);
  if (!loaded)
    return loaded.takeError();
  Expected<std::shared_ptr<FunctionState>> entry = loadFunction(std::move(*loaded), artifact.fact("entry"));
  if (!entry)
    return entry.takeError();
  compiled->function = std::move(*entry);
  compiled->order.reserve(1); // never null, for null means something else
  // The entry's parameters in terms of the launch's arguments: "0 1 3", parameters as written.
  for (std::string_view left = artifact.fact("parameters"); !left.empty();) {
    const std::size_t space = std::min(left.find(' '), left.size());
    std::optional<std::size_t> written = numberOf(left.substr(0, space));
    auto position =
        written ? std::find(runtimeParameters.begin(), runtimeParameters.end(), *written) : runtimeParameters.end();
    if (position == runtimeParameters.end())
      return Error(ErrorCode::Internal,
                   "the parameters of the compiled kernel '" + function->name + "' cannot be told apart");
    const auto index = std::uint16_t(position - runtimeParameters.begin());
    compiled->order.push_back(index);
    compiled->function->places.push_back("argument " + std::to_string(index + 1) + " ('" +
                                         function->parameters[*written].name + "')");
    left.remove_prefix(std::min(space + 1, left.size()));
  }
  if (compiled->order.size() != compiled->function->info->parameters.size())
    return Error(ErrorCode::Internal, "the compiled kernel '" + function->name + "' has other parameters than it says");
  compiled->function->displayName = function->name;
  compiled->sharedBytes = numberOf(artifact.fact("dynamic_shared_bytes")).value_or(0);
  compiled->description.signature = request.signature;
  compiled->description.ptx = artifact.ptx;
  compiled->description.numWarps = int(numberOf(artifact.fact("num_warps")).value_or(0));
  compiled->description.sharedBytes = numberOf(artifact.fact("shared_bytes")).value_or(0);
  compiled->description.fromCache = result->fromCache;
  return compiled;
}

Expected<const Compiled *> TileKernelState::get(Key key, std::span<const Argument> arguments) {
  if (const Compiled *compiled = table.find(key)) [[likely]]
    return compiled;
  std::vector<std::uint8_t> bytes(key.bytes, key.bytes + key.size);
  std::promise<Expected<const Compiled *>> promise;
  {
    std::unique_lock lock(compiling);
    if (const Compiled *compiled = table.find(key))
      return compiled;
    if (auto failed = failures.find(bytes); failed != failures.end())
      return failed->second;
    if (auto other = underWay.find(bytes); other != underWay.end()) {
      Answer answer = other->second;
      lock.unlock();
      return answer.get();
    }
    underWay.emplace(bytes, promise.get_future().share());
  }
  Expected<std::unique_ptr<Compiled>> compiled = compileFor(key, arguments);
  std::lock_guard lock(compiling);
  Expected<const Compiled *> answer = compiled ? Expected<const Compiled *>(table.add(std::move(*compiled)))
                                               : Expected<const Compiled *>(compiled.error());
  if (!answer && answer.error().code() == ErrorCode::Compile)
    failures.emplace(bytes, answer.error());
  promise.set_value(answer);
  underWay.erase(bytes);
  return answer;
}

const std::string &Kernel::name() const { return shared->function->name; }

std::vector<KernelParameterInfo> Kernel::parameters() const {
  std::vector<KernelParameterInfo> parameters;
  for (unsigned index : shared->runtimeParameters) {
    const ParameterOutline &parameter = shared->function->parameters[index];
    parameters.push_back({parameter.name, parameter.isConstexpr, parameter.hasDefault});
  }
  return parameters;
}

Status Kernel::launchWith(const Stream &stream, const LaunchConfig &config, std::span<const Argument> arguments) const {
  KeyBuffer key;
  if (Status status = makeKey(*shared, arguments, key); !status) [[unlikely]]
    return status;
  Expected<const Compiled *> found = shared->get({key.bytes, key.size}, arguments);
  if (!found) [[unlikely]]
    return found.takeError();
  const Compiled &compiled = **found;
  LaunchConfig complete = config;
  complete.sharedBytes = compiled.sharedBytes;
  return launchFunction(*compiled.function, stream, complete, arguments, compiled.order.data());
}

Expected<Specialization> Kernel::compileWith(std::span<const Argument> arguments) const {
  KeyBuffer key;
  if (Status status = makeKey(*shared, arguments, key); !status)
    return status.takeError();
  Expected<const Compiled *> found = shared->get({key.bytes, key.size}, arguments);
  if (!found)
    return found.takeError();
  return (*found)->description;
}

Expected<Module> Module::load(const Device &device, const std::string &path) {
  Expected<std::string> text = readFile(path);
  if (!text)
    return text.takeError();
  return fromSource(device, *text, path);
}

Expected<Module> Module::fromSource(const Device &device, std::string_view text, const std::string &name) {
  Expected<SourceOutline> outline = outlineSource(text, name);
  if (!outline)
    return outline.takeError();
  if (!outline->warnings.empty())
    log(LogLevel::Warning, outline->warnings);
  return Module(std::make_shared<TileModuleState>(device, std::string(text), name, std::move(*outline)));
}

std::vector<std::string> Module::kernelNames() const {
  std::vector<std::string> names;
  for (const FunctionOutline &function : shared->outline.functions)
    if (function.isKernel)
      names.push_back(function.name);
  return names;
}

Expected<Kernel> Module::kernel(std::string_view name, const Constexprs &constants,
                                const KernelOptions &options) const {
  Expected<const FunctionOutline *> function = findFunction(shared->outline, name, shared->name);
  if (!function)
    return function.takeError();
  const std::string where = "kernel '" + (*function)->name + "': ";
  auto isPowerOfTwo = [](int value) { return value > 0 && (value & (value - 1)) == 0; };
  if (options.numWarps && (!isPowerOfTwo(*options.numWarps) || *options.numWarps > 32))
    return Error(ErrorCode::InvalidArgument, where + "numWarps is " + std::to_string(*options.numWarps) +
                                                 ", it must be a power of two from 1 to 32");
  if (options.numStages && (*options.numStages < 1 || *options.numStages > 64))
    return Error(ErrorCode::InvalidArgument,
                 where + "numStages is " + std::to_string(*options.numStages) + ", it must be 1 to 64");
  if (options.maxRegisters < 0 || options.maxRegisters > 255)
    return Error(ErrorCode::InvalidArgument, where + "maxRegisters is " + std::to_string(options.maxRegisters) +
                                                 ", it must be 1 to 255, or 0 for no limit");

  std::vector<std::string> names;
  for (const ParameterOutline &parameter : (*function)->parameters)
    names.push_back(parameter.name);
  std::string identity = (*function)->name;
  for (const Constexpr &constant : constants) {
    if (std::find(names.begin(), names.end(), constant.name) == names.end())
      return Error(ErrorCode::NotFound,
                   where + "no parameter '" + constant.name + "'" + didYouMean(constant.name, names));
    identity += "\n" + constant.name + "=" + constant.value.spelling();
  }
  auto add = [&](const std::optional<int> &value) {
    identity += "\n" + (value ? std::to_string(*value) : std::string("-"));
  };
  add(options.numWarps);
  add(options.numStages);
  add(options.numCtas);
  identity += "\n" + std::to_string(options.maxRegisters) + (options.assertions ? "a" : "") +
              std::to_string(reinterpret_cast<std::uintptr_t>(options.cache)) + options.target;

  std::lock_guard lock(shared->mutex);
  std::unique_ptr<TileKernelState> &slot = shared->kernels[identity];
  if (!slot) {
    auto state = std::make_unique<TileKernelState>();
    state->module = shared.get();
    state->function = *function;
    state->constants = constants;
    state->options = options;
    for (unsigned i = 0; i < names.size(); ++i) {
      const bool isGiven =
          std::any_of(constants.begin(), constants.end(), [&](const Constexpr &c) { return c.name == names[i]; });
      if (!(*function)->parameters[i].isConstexpr && !isGiven)
        state->runtimeParameters.push_back(i);
    }
    slot = std::move(state);
  }
  return Kernel(std::shared_ptr<TileKernelState>(shared, slot.get()));
}

} // namespace tessera
