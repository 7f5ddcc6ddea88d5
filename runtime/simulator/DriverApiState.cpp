// The state behind the exported functions: start-up, errors, handles.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApi.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

using namespace tessera::cuda;

namespace tessera::sim::api {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t(1) << 30;

// Public figures of the data sheets and of CUDA's table of compute capabilities.
constexpr Architecture kArchitectures[] = {
    {"sm_80", "Tessera simulator of an NVIDIA A100", 8, 0, 80 * kGiB, 108, 167936, 166912, 2048, 32, 1410000, 1593000,
     5120, 41943040},
    {"sm_86", "Tessera simulator of an NVIDIA A10", 8, 6, 24 * kGiB, 72, 102400, 101376, 1536, 16, 1695000, 6251000,
     384, 6291456},
    {"sm_89", "Tessera simulator of an NVIDIA L40S", 8, 9, 48 * kGiB, 142, 102400, 101376, 1536, 24, 2520000, 9001000,
     384, 100663296},
    {"sm_90", "Tessera simulator of an NVIDIA H200", 9, 0, 141 * kGiB, 132, 233472, 232448, 2048, 32, 1980000, 3201000,
     6144, 62914560},
    {"sm_100", "Tessera simulator of an NVIDIA B200", 10, 0, 180 * kGiB, 148, 233472, 232448, 2048, 32, 1965000,
     3996000, 8192, 132644864},
    {"sm_120", "Tessera simulator of an NVIDIA RTX PRO 6000", 12, 0, 96 * kGiB, 188, 102400, 101376, 1536, 24, 2617000,
     14001000, 512, 134217728},
};

thread_local std::string lastReport;
thread_local std::vector<Context *> contexts;
thread_local unsigned perThreadDefaults = 0, hostFunctions = 0, quietFailures = 0;
bool printReports = true;

/// A number with an optional suffix K, M or G; nothing when the text is none.
std::optional<std::uint64_t> readNumber(const char *text) {
  std::uint64_t value = 0;
  const char *end = text + std::strlen(text);
  auto [rest, failed] = std::from_chars(text, end, value);
  if (failed != std::errc())
    return std::nullopt;
  unsigned shift = 0;
  if (rest != end) {
    shift = *rest == 'K' ? 10 : *rest == 'M' ? 20 : *rest == 'G' ? 30 : 0;
    if (shift == 0 || rest + 1 != end || value >> (64 - shift))
      return std::nullopt;
  }
  return value << shift;
}

CUresult badVariable(const char *name, const char *value, const char *wanted) {
  return fail(CUDA_ERROR_INVALID_VALUE,
              std::string("the simulator does not understand ") + name + "='" + value + "': expected " + wanted);
}

/// "races,async": what is to be checked; "none". False where a name is unknown.
bool readChecks(std::string_view list, Checks &checks) {
  if (list == "none")
    return true;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view name = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    const bool all = name == "all";
    if (!all && name != "uninitialized" && name != "races" && name != "async")
      return false;
    checks.uninitialized |= all || name == "uninitialized";
    checks.races |= all || name == "races";
    checks.async |= all || name == "async";
  }
  return true;
}

/// A variable whose name is misspelt must not be passed over.
CUresult checkNames() {
  constexpr std::string_view Prefix = "TESSERA_SIM_";
  constexpr std::string_view Known[] = {"ARCH", "CHECK", "DEVICES", "INSTRUCTION_LIMIT", "MEMORY", "SEED", "THREADS"};
  for (char **entry = environ; entry && *entry; ++entry) {
    std::string_view name = *entry;
    if (!name.starts_with(Prefix))
      continue;
    name = name.substr(0, name.find('='));
    if (std::find(std::begin(Known), std::end(Known), name.substr(Prefix.size())) != std::end(Known))
      continue;
    std::string list;
    for (const std::string_view known : Known)
      list += (list.empty() ? "" : ", ") + std::string(Prefix) + std::string(known);
    return fail(CUDA_ERROR_INVALID_VALUE,
                "the simulator does not know the variable " + std::string(name) + "; there are: " + list);
  }
  return CUDA_SUCCESS;
}

struct NumberVariable {
  const char *name;
  std::uint64_t *value;
  std::uint64_t least, most;
  const char *wanted;
};

CUresult startDevices(Driver &state) {
  TESSERA_RETURN_IF_FAILED(checkNames())
  const Architecture *architecture = findArchitecture("sm_90");
  if (const char *text = std::getenv("TESSERA_SIM_ARCH"); text && *text) {
    architecture = findArchitecture(text);
    const std::string_view name = text;
    const bool hasForm =
        architecture && (name == architecture->target || (name.ends_with('a') && architecture->major >= 9) ||
                         (name.ends_with('f') && architecture->major >= 10));
    if (!hasForm)
      return badVariable("TESSERA_SIM_ARCH", text, "one of sm_80, sm_86, sm_89, sm_90, sm_100, sm_120");
  }
  std::uint64_t count = 1, threads = 0;
  MemoryOptions options;
  options.capacity = std::min<std::uint64_t>(architecture->memoryBytes, std::uint64_t(sysconf(_SC_PHYS_PAGES)) *
                                                                            std::uint64_t(sysconf(_SC_PAGESIZE)));
  constexpr std::uint64_t Any = ~std::uint64_t(0);
  const NumberVariable numbers[] = {
      {"TESSERA_SIM_DEVICES", &count, 1, 16, "1 to 16"},
      {"TESSERA_SIM_MEMORY", &options.capacity, 1 << 20, 1024 * kGiB, "bytes, from 1M to 1024G"},
      {"TESSERA_SIM_THREADS", &threads, 0, 1024, "1 to 1024, or 0 for as many as there are cores"},
      {"TESSERA_SIM_SEED", &state.seed, 0, Any, "a number"},
      {"TESSERA_SIM_INSTRUCTION_LIMIT", &state.checks.instructionLimit, 0, Any, "a number, 0 for no limit"},
  };
  for (const NumberVariable &number : numbers)
    if (const char *text = std::getenv(number.name); text && *text) {
      const std::optional<std::uint64_t> value = readNumber(text);
      if (!value || *value < number.least || *value > number.most)
        return badVariable(number.name, text, number.wanted);
      *number.value = *value;
    }
  state.threads = unsigned(threads);
  if (const char *text = std::getenv("TESSERA_SIM_CHECK"); text && *text) {
    if (!readChecks(text, state.checks))
      return badVariable("TESSERA_SIM_CHECK", text, "a list of 'uninitialized', 'races', 'async', or 'all', or 'none'");
    options.trackWrites = state.checks.uninitialized;
  }
  // Room for programs that reserve far more addresses than memory.
  options.addressSpace = std::max(options.addressSpace, 4 * options.capacity);
  for (int ordinal = 0; ordinal < int(count); ++ordinal) {
    state.devices.push_back(std::make_unique<Device>(*architecture, options, ordinal));
    if (!state.devices.back()->memory.valid()) {
      state.devices.clear();
      return fail(CUDA_ERROR_OUT_OF_MEMORY, "the simulator cannot reserve address space for its memory");
    }
    state.devices.back()->queue.setSeed(state.seed);
  }
  return CUDA_SUCCESS;
}

} // namespace

const Architecture *findArchitecture(std::string_view target) {
  if (target.ends_with('a') || target.ends_with('f'))
    target.remove_suffix(1);
  for (const Architecture &architecture : kArchitectures)
    if (target == architecture.target)
      return &architecture;
  return nullptr;
}

Driver &driver() {
  static auto *state = new Driver();
  return *state;
}

CUresult fail(CUresult result, std::string report) {
  lastReport = std::move(report);
  if (printReports && quietFailures == 0 && !lastReport.empty())
    std::fprintf(stderr, "%s%s", lastReport.c_str(), lastReport.ends_with('\n') ? "" : "\n");
  return result;
}

CUresult fail(const Fault &fault) { return fail(fault.result, fault.report); }

std::vector<Context *> &contextStack() { return contexts; }

Context::Context(Device *device, unsigned flags, bool isPrimary)
    : device(device), flags(flags), isPrimary(isPrimary), id(++driver().lastId) {
  legacy.device = device;
  legacy.context = this;
  legacy.id = ++driver().lastId;
  legacy.lane = device->queue.addLane(this, Queue::LaneKind::Legacy);
}

Context::~Context() {
  device->queue.removeLane(legacy.lane);
  for (auto &[thread, stream] : threadStreams)
    device->queue.removeLane(stream->lane);
}

QuietFailures::QuietFailures(bool quiet) : quiet(quiet) { quietFailures += quiet; }
QuietFailures::~QuietFailures() { quietFailures -= quiet; }
PerThreadDefault::PerThreadDefault() { ++perThreadDefaults; }
PerThreadDefault::~PerThreadDefault() { --perThreadDefaults; }
InsideHostFunction::InsideHostFunction() { ++hostFunctions; }
InsideHostFunction::~InsideHostFunction() { --hostFunctions; }

Context *currentContext(CUresult &result) {
  Driver &state = driver();
  const std::lock_guard lock(state.mutex);
  if (!state.initialized) {
    result = fail(CUDA_ERROR_NOT_INITIALIZED);
    return nullptr;
  }
  if (hostFunctions > 0) {
    result = fail(CUDA_ERROR_NOT_PERMITTED, "a function that a stream calls must not call the CUDA API");
    return nullptr;
  }
  if (contexts.empty() || !contexts.back()) {
    result = fail(CUDA_ERROR_INVALID_CONTEXT);
    return nullptr;
  }
  if (!state.contexts.contains(contexts.back())) {
    result = fail(CUDA_ERROR_CONTEXT_IS_DESTROYED);
    return nullptr;
  }
  return contexts.back();
}

Device *currentDevice(CUresult &result) {
  Context *context = currentContext(result);
  return context ? context->device : nullptr;
}

Device *findDevice(CUdevice ordinal, CUresult &result) {
  Driver &state = driver();
  const std::lock_guard lock(state.mutex);
  if (!state.initialized) {
    result = fail(CUDA_ERROR_NOT_INITIALIZED);
    return nullptr;
  }
  if (ordinal < 0 || std::size_t(ordinal) >= state.devices.size()) {
    result = fail(CUDA_ERROR_INVALID_DEVICE);
    return nullptr;
  }
  return state.devices[std::size_t(ordinal)].get();
}

namespace {

Stream *threadStream(Context &context) {
  const std::lock_guard lock(driver().mutex);
  std::unique_ptr<Stream> &stream = context.threadStreams[std::this_thread::get_id()];
  if (!stream) {
    stream = std::make_unique<Stream>();
    stream->device = context.device;
    stream->context = &context;
    stream->id = ++driver().lastId;
    stream->lane = context.device->queue.addLane(&context, Queue::LaneKind::Blocking);
  }
  return stream.get();
}

} // namespace

Stream *findStream(CUstream handle, CUresult &result) {
  const auto number = reinterpret_cast<std::uintptr_t>(handle);
  if (number > 2) {
    if (hostFunctions == 0)
      return findHandle<Stream>(handle, &Driver::streams, result);
    result = fail(CUDA_ERROR_NOT_PERMITTED, "a function that a stream calls must not call the CUDA API");
    return nullptr;
  }
  Context *context = currentContext(result);
  if (!context)
    return nullptr;
  return number == 2 || (number == 0 && perThreadDefaults > 0) ? threadStream(*context) : &context->legacy;
}
Event *findEvent(CUevent handle, CUresult &result) { return findHandle<Event>(handle, &Driver::events, result); }
LoadedModule *findModule(CUmodule handle, CUresult &result) {
  return findHandle<LoadedModule>(handle, &Driver::modules, result);
}
Function *findFunction(CUfunction handle, CUresult &result) {
  bool isKernel;
  {
    const std::lock_guard lock(driver().mutex);
    isKernel = driver().kernels.contains(handle);
  }
  if (isKernel) {
    CUfunction function = nullptr;
    result = cuKernelGetFunction(&function, reinterpret_cast<CUkernel>(handle));
    return result == CUDA_SUCCESS ? reinterpret_cast<Function *>(function) : nullptr;
  }
  return findHandle<Function>(handle, &Driver::functions, result);
}

Device *ownerOf(std::uint64_t address) {
  for (const auto &device : driver().devices) // does not change after cuInit
    if (device->memory.owns(address))
      return device.get();
  return nullptr;
}

CUresult takeFault(Device &device) {
  if (std::optional<Fault> fault = device.queue.takeFault())
    return fail(*fault);
  return CUDA_SUCCESS;
}

CUresult synchronize(Stream &stream) {
  if (stream.capture)
    return refuseCapture(stream);
  stream.device->queue.waitForLane(stream.lane);
  return takeFault(*stream.device);
}

CUresult synchronize(Device &device) {
  TESSERA_RETURN_IF_FAILED(refuseUnsafe())
  device.queue.waitForAll();
  {
    const std::lock_guard lock(driver().mutex);
    // What pools hold beyond their thresholds goes back when somebody waits.
    for (const void *handle : driver().pools)
      if (Pool *pool = static_cast<Pool *>(const_cast<void *>(handle)); pool->device == &device)
        pool->reserved = std::max(pool->used, std::min(pool->reserved, pool->threshold));
  }
  return takeFault(device);
}

CUresult submit(Stream &stream, Operation operation, Queue::Ticket *ticket) {
  if (stream.capture)
    return captureNode(stream, std::move(operation));
  TESSERA_RETURN_IF_FAILED(refuseImplicit(stream))
  const Queue::Ticket added = stream.device->queue.add({.run = std::move(operation.run),
                                                        .lane = stream.lane,
                                                        .after = std::move(operation.after),
                                                        .ready = std::move(operation.ready),
                                                        .always = operation.always,
                                                        .onHost = operation.onHost});
  if (ticket)
    *ticket = added;
  return CUDA_SUCCESS;
}

bool releaseBlock(Device &device, std::uint64_t address) {
  {
    const std::lock_guard lock(driver().mutex);
    const auto found = device.blocks.find(address);
    if (found == device.blocks.end())
      return false;
    if (Pool *pool = found->second.pool; pool && driver().pools.contains(pool))
      pool->used -= found->second.bytes;
    device.blocks.erase(found);
  }
  return device.memory.release(address);
}

} // namespace tessera::sim::api

using namespace tessera::sim::api;

CUresult tessera::cuda::cuInit(unsigned flags) {
  if (flags != 0)
    return fail(CUDA_ERROR_INVALID_VALUE);
  Driver &state = driver();
  std::lock_guard lock(state.mutex);
  if (state.initialized)
    return CUDA_SUCCESS;
  if (CUresult result = startDevices(state); result != CUDA_SUCCESS)
    return result;
  for (auto &device : state.devices) {
    state.contexts.insert(&device->primary);
    state.pools.insert(&device->defaultPool);
  }
  state.initialized = true;
  return CUDA_SUCCESS;
}

std::size_t tessera::cuda::tessera_simulator_last_report(char *buffer, std::size_t size) {
  if (buffer && size > 0) {
    const std::size_t count = std::min(size, lastReport.size());
    std::memcpy(buffer, lastReport.data(), count);
    if (count < size)
      buffer[count] = '\0';
  }
  return lastReport.size();
}

void tessera::cuda::tessera_simulator_print_reports(int print) { printReports = print != 0; }
