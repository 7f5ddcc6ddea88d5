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
    if (shift == 0 || rest + 1 != end)
      return std::nullopt;
  }
  return value << shift;
}

CUresult badVariable(const char *name, const char *value, const char *wanted) {
  return fail(CUDA_ERROR_INVALID_VALUE,
              std::string("the simulator does not understand ") + name + "='" + value + "': expected " + wanted);
}

CUresult startDevices(Driver &state) {
  const Architecture *architecture = findArchitecture("sm_90");
  if (const char *text = std::getenv("TESSERA_SIM_ARCH"); text && *text) {
    architecture = findArchitecture(text);
    if (!architecture)
      return badVariable("TESSERA_SIM_ARCH", text, "one of sm_80, sm_86, sm_89, sm_90, sm_100, sm_120");
  }
  std::uint64_t count = 1, threads = 0;
  MemoryOptions options;
  options.capacity = std::min<std::uint64_t>(architecture->memoryBytes, std::uint64_t(sysconf(_SC_PHYS_PAGES)) *
                                                                            std::uint64_t(sysconf(_SC_PAGESIZE)));
  const std::pair<const char *, std::uint64_t *> numbers[] = {
      {"TESSERA_SIM_DEVICES", &count},
      {"TESSERA_SIM_MEMORY", &options.capacity},
      {"TESSERA_SIM_THREADS", &threads},
      {"TESSERA_SIM_SEED", &state.seed},
      {"TESSERA_SIM_INSTRUCTION_LIMIT", &state.checks.instructionLimit},
  };
  for (auto [name, target] : numbers)
    if (const char *text = std::getenv(name); text && *text) {
      std::optional<std::uint64_t> value = readNumber(text);
      if (!value)
        return badVariable(name, text, "a number");
      *target = *value;
    }
  if (count < 1 || count > 16)
    return badVariable("TESSERA_SIM_DEVICES", std::getenv("TESSERA_SIM_DEVICES"), "1 to 16");
  state.threads = unsigned(std::min<std::uint64_t>(threads, 1024));
  if (const char *text = std::getenv("TESSERA_SIM_CHECK"); text && *text) {
    if (std::strcmp(text, "uninitialized") != 0 && std::strcmp(text, "none") != 0)
      return badVariable("TESSERA_SIM_CHECK", text, "'uninitialized' or 'none'");
    state.checks.uninitialized = options.trackWrites = std::strcmp(text, "uninitialized") == 0;
  }
  options.addressSpace = std::max(options.addressSpace, 2 * options.capacity);
  for (int ordinal = 0; ordinal < int(count); ++ordinal) {
    state.devices.push_back(std::make_unique<Device>(*architecture, options, ordinal));
    if (!state.devices.back()->memory.valid()) {
      state.devices.clear();
      return fail(CUDA_ERROR_OUT_OF_MEMORY, "the simulator cannot reserve address space for its memory");
    }
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
  if (printReports && !lastReport.empty())
    std::fprintf(stderr, "%s%s", lastReport.c_str(), lastReport.ends_with('\n') ? "" : "\n");
  return result;
}

CUresult fail(const Fault &fault) { return fail(fault.result, fault.report); }

std::vector<Context *> &contextStack() { return contexts; }

Device *currentDevice(CUresult &result) {
  Driver &state = driver();
  std::lock_guard lock(state.mutex);
  if (!state.initialized) {
    result = fail(CUDA_ERROR_NOT_INITIALIZED);
    return nullptr;
  }
  if (contexts.empty() || !contexts.back() || !state.contexts.contains(contexts.back())) {
    result = fail(CUDA_ERROR_INVALID_CONTEXT);
    return nullptr;
  }
  return contexts.back()->device;
}

namespace {
template <typename T, typename Handle>
T *findHandle(Handle handle, std::unordered_set<const void *> Driver::*valid, CUresult &result) {
  Driver &state = driver();
  std::lock_guard lock(state.mutex);
  if ((state.*valid).contains(handle))
    return reinterpret_cast<T *>(handle);
  result = fail(CUDA_ERROR_INVALID_HANDLE);
  return nullptr;
}
} // namespace

Stream *findStream(CUstream handle, CUresult &result) {
  // 0 is the default stream, 1 the legacy one by name, 2 the one of the thread, which is the same here.
  if (reinterpret_cast<std::uintptr_t>(handle) <= 2) {
    Device *device = currentDevice(result);
    return device ? &device->defaultStream : nullptr;
  }
  return findHandle<Stream>(handle, &Driver::streams, result);
}
Event *findEvent(CUevent handle, CUresult &result) { return findHandle<Event>(handle, &Driver::events, result); }
Function *findFunction(CUfunction handle, CUresult &result) {
  return findHandle<Function>(handle, &Driver::functions, result);
}
LoadedModule *findModule(CUmodule handle, CUresult &result) {
  return findHandle<LoadedModule>(handle, &Driver::modules, result);
}

void enqueue(Stream &stream, std::function<void()> work) {
  const std::uint64_t ticket = stream.device->queue.add(std::move(work));
  std::lock_guard lock(driver().mutex);
  stream.last = std::max(stream.last, ticket);
}

CUresult waitFor(Device &device, std::uint64_t ticket) {
  device.queue.wait(ticket);
  if (std::optional<Fault> fault = device.queue.takeFault())
    return fail(*fault);
  return CUDA_SUCCESS;
}

bool releaseBlock(Device &device, std::uint64_t address) {
  {
    std::lock_guard lock(driver().mutex);
    if (device.blocks.erase(address) == 0)
      return false;
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
  for (auto &device : state.devices)
    state.contexts.insert(&device->primary);
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
