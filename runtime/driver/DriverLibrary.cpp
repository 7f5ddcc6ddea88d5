// Finds, loads and initialises the driver or the simulator.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/driver/DriverLibrary.h"

#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

namespace tessera::cuda {
namespace {

constexpr const char *kSimulatorFile = "libtessera_cuda_simulator.so";
constexpr const char *kCudaFile = "libcuda.so.1";
/// cuLaunchKernelEx and the versioned cuGetProcAddress came with 12.0; everything used here is there by then.
constexpr int kOldestDriver = 12000;

/// The folder of the binary or shared library that this code was linked into.
std::filesystem::path ownFolder() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<void *>(&ownFolder), &info) || !info.dli_fname)
    return {};
  std::error_code failed;
  std::filesystem::path path = std::filesystem::canonical(info.dli_fname, failed);
  if (failed) // argv[0] without a folder: ask the kernel
    path = std::filesystem::canonical("/proc/self/exe", failed);
  return failed ? std::filesystem::path() : path.parent_path();
}

std::vector<std::string> simulatorCandidates() {
  if (const char *given = std::getenv("TESSERA_SIMULATOR_PATH"); given && *given) {
    std::error_code ignored;
    if (std::filesystem::is_directory(given, ignored))
      return {(std::filesystem::path(given) / kSimulatorFile).string()};
    return {given};
  }
  std::vector<std::string> candidates;
  if (std::filesystem::path folder = ownFolder(); !folder.empty()) {
    for (const char *place : {"../lib", ".", "lib"}) {
      std::filesystem::path candidate = folder / place / kSimulatorFile;
      std::error_code ignored;
      if (std::filesystem::exists(candidate, ignored))
        candidates.push_back(candidate.lexically_normal().string());
    }
  }
  candidates.emplace_back(kSimulatorFile);
  return candidates;
}

} // namespace

std::string DriverLibrary::describe(CUresult result) const {
  const char *name = nullptr, *text = nullptr;
  if (table.cuGetErrorName(result, &name) != CUDA_SUCCESS || !name)
    return "CUDA error " + std::to_string(unsigned(result));
  std::string description = name;
  if (table.cuGetErrorString(result, &text) == CUDA_SUCCESS && text)
    description += std::string(" (") + text + ")";
  return description;
}

std::string DriverLibrary::takeReport() const {
  if (!reportFunction)
    return {};
  std::string report(reportFunction(nullptr, 0), '\0');
  if (!report.empty())
    report.resize(std::min(report.size(), reportFunction(report.data(), report.size())));
  return report;
}

namespace {

/// The simulator calls every text it is given "ptx": lines that begin so get the text's own name.
std::string withName(const std::string &report, std::string_view name) {
  constexpr std::string_view kUnnamed = "ptx:";
  std::string named;
  for (std::size_t begin = 0; begin < report.size();) {
    const std::size_t end = std::min(report.find('\n', begin), report.size() - 1) + 1;
    std::string_view line = std::string_view(report).substr(begin, end - begin);
    if (line.starts_with(kUnnamed)) {
      named += name;
      line.remove_prefix(kUnnamed.size() - 1);
    }
    named += line;
    begin = end;
  }
  return named;
}

} // namespace

Error DriverLibrary::error(CUresult result, std::string what, std::string_view ptxName) const {
  ErrorCode code = ErrorCode::Driver;
  switch (result) {
  case CUDA_ERROR_OUT_OF_MEMORY:
    code = ErrorCode::OutOfMemory;
    break;
  case CUDA_ERROR_ILLEGAL_ADDRESS:
  case CUDA_ERROR_MISALIGNED_ADDRESS:
  case CUDA_ERROR_ASSERT:
  case CUDA_ERROR_ILLEGAL_INSTRUCTION:
  case CUDA_ERROR_LAUNCH_FAILED:
  case CUDA_ERROR_LAUNCH_TIMEOUT:
  case CUDA_ERROR_HARDWARE_STACK_ERROR:
    code = ErrorCode::KernelFault;
    break;
  default:
    break;
  }
  std::string text = std::move(what) + ": " + describe(result);
  if (std::string report = takeReport(); !report.empty()) {
    while (!report.empty() && report.back() == '\n')
      report.pop_back();
    text += "\n" + (ptxName.empty() ? report : withName(report, ptxName));
  }
  return Error(code, std::move(text));
}

Expected<const DriverLibrary *> DriverLibrary::load(Kind kind) {
  const bool simulator = kind == Kind::Simulator;
  std::vector<std::string> candidates = simulator ? simulatorCandidates() : std::vector<std::string>{kCudaFile};
  void *handle = nullptr;
  std::string reasons;
  std::string file;
  for (const std::string &candidate : candidates) {
    handle = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle) {
      file = candidate;
      break;
    }
    const char *reason = dlerror();
    reasons += std::string(reasons.empty() ? "" : "; ") + (reason ? reason : candidate.c_str());
  }
  if (!handle)
    return Error(ErrorCode::DriverMissing,
                 std::string(simulator ? "the simulator cannot be loaded: " : "no CUDA driver: ") + reasons +
                     (simulator ? " (TESSERA_SIMULATOR_PATH may name the file or its folder)" : ""));

  std::unique_ptr<DriverLibrary> library(new DriverLibrary());
  library->libraryKind = kind;
  library->file = file;
  std::string missing;
#define TESSERA_LOAD_NEEDED(symbol, parameters)                                                                        \
  library->table.symbol = reinterpret_cast<decltype(library->table.symbol)>(dlsym(handle, #symbol));                   \
  if (!library->table.symbol)                                                                                          \
    missing += std::string(missing.empty() ? "" : ", ") + #symbol;
#define TESSERA_LOAD_OPTIONAL(symbol, parameters)                                                                      \
  library->table.symbol = reinterpret_cast<decltype(library->table.symbol)>(dlsym(handle, #symbol));
  TESSERA_CUDA_FUNCTIONS_NEEDED(TESSERA_LOAD_NEEDED)
  TESSERA_CUDA_FUNCTIONS_OPTIONAL(TESSERA_LOAD_OPTIONAL)
#undef TESSERA_LOAD_NEEDED
#undef TESSERA_LOAD_OPTIONAL
  if (!missing.empty())
    return Error(ErrorCode::DriverTooOld,
                 "the CUDA driver '" + file + "' is too old or no driver at all: it lacks " + missing);
  if (simulator) {
    library->reportFunction =
        reinterpret_cast<std::size_t (*)(char *, std::size_t)>(dlsym(handle, "tessera_simulator_last_report"));
    SimulatorFunctions &own = library->simulatorTable;
    const auto find = [&](auto &function, const char *symbol) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, symbol));
    };
    find(own.stop, "tessera_simulator_stop");
    find(own.count, "tessera_simulator_count");
    find(own.lastCounts, "tessera_simulator_last_counts");
    find(own.className, "tessera_simulator_class_name");
    find(own.flopName, "tessera_simulator_flop_name");
    find(own.occupancy, "tessera_simulator_occupancy");
    // The reports become part of this library's errors: the simulator need not print them as well.
    using PrintFunction = void (*)(int);
    if (auto print = reinterpret_cast<PrintFunction>(dlsym(handle, "tessera_simulator_print_reports")))
      print(0);
  }

  if (CUresult result = library->table.cuDriverGetVersion(&library->driverVersion); result != CUDA_SUCCESS)
    return library->error(result, "the CUDA driver does not tell its version");
  if (library->driverVersion < kOldestDriver)
    return Error(ErrorCode::DriverTooOld,
                 "the CUDA driver is too old: it supports CUDA " + std::to_string(library->driverVersion / 1000) + "." +
                     std::to_string(library->driverVersion % 1000 / 10) + ", at least 12.0 is needed");
  if (CUresult result = library->table.cuInit(0); result != CUDA_SUCCESS)
    return library->error(result, simulator ? "the simulator does not start" : "the CUDA driver does not start");
  return const_cast<const DriverLibrary *>(library.release()); // lives as long as the process
}

Expected<const DriverLibrary *> DriverLibrary::get(Kind kind) {
  struct Slot {
    std::once_flag once;
    std::unique_ptr<Expected<const DriverLibrary *>> answer;
  };
  static Slot slots[2];
  Slot &slot = slots[kind == Kind::Simulator];
  std::call_once(slot.once, [&] { slot.answer = std::make_unique<Expected<const DriverLibrary *>>(load(kind)); });
  return *slot.answer;
}

} // namespace tessera::cuda
