// The exported half of the simulator: the CUDA Driver API over the engine. This header declares the exported functions
// and the state behind them; the DriverApi*.cpp files define them by theme (device and context, memory, modules,
// launch, streams, lookup).
//
// How it behaves, where the API leaves room:
//   * All work of a device, whatever its stream, runs in the order in which it was enqueued, on one worker thread; a
//   grid uses all cores.
//     That is one of the orders the API allows, for every use of streams and events.
//   * Launches return at once. What a kernel did wrong is returned by the next call that waits; work enqueued between
//   is not executed.
//     After that call the device is usable again: the simulator has lost nothing.
//   * Every failing call leaves a text on its thread, for tessera_simulator_last_report; it is printed to standard
//   error as well,
//     unless tessera_simulator_print_reports(0) was called.
//
// Environment, read once by cuInit:
//   TESSERA_SIM_ARCH=sm_90            sm_80 sm_86 sm_89 sm_90 sm_100 sm_120: which device it looks like
//   TESSERA_SIM_DEVICES=1             how many of them
//   TESSERA_SIM_MEMORY=BYTES          their memory (suffixes K, M, G); default: the machine's, or the device's where
//   that is less TESSERA_SIM_THREADS=N             host threads that run CTAs; default: all cores TESSERA_SIM_SEED=N of
//   everything that is drawn by lot TESSERA_SIM_CHECK=uninitialized   also report reads of memory that nobody wrote
//   TESSERA_SIM_INSTRUCTION_LIMIT=N   warp instructions of a CTA before it counts as hanging
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_SIMULATOR_DRIVERAPI_H
#define TESSERA_RUNTIME_SIMULATOR_DRIVERAPI_H

#include "runtime/driver/CudaApi.h"
#include "runtime/simulator/DriverApiQueue.h"
#include "runtime/simulator/Engine.h"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#define TESSERA_SIMULATOR_EXPORT __attribute__((visibility("default")))

namespace tessera::cuda {
extern "C" {
#define TESSERA_DECLARE_EXPORT(symbol, parameters) TESSERA_SIMULATOR_EXPORT CUresult symbol parameters;
TESSERA_CUDA_FUNCTIONS(TESSERA_DECLARE_EXPORT)
#undef TESSERA_DECLARE_EXPORT

/// Copies the text that belongs to the last failing call of this thread and returns its length without the final zero,
/// which is written where there is room; an empty text where that call had nothing to say.
TESSERA_SIMULATOR_EXPORT std::size_t tessera_simulator_last_report(char *buffer, std::size_t size);
/// Whether reports are printed to standard error: 1 unless told otherwise.
TESSERA_SIMULATOR_EXPORT void tessera_simulator_print_reports(int print);
}
} // namespace tessera::cuda

namespace tessera::sim::api {

/// What a simulated device says of itself.
struct Architecture {
  const char *target; ///< "sm_90"
  const char *name;
  int major, minor;
  std::uint64_t memoryBytes;
  int multiprocessors;
  int sharedPerMultiprocessor, sharedPerBlockOptIn;
  int threadsPerMultiprocessor, blocksPerMultiprocessor;
  int clockKiloHertz, memoryClockKiloHertz, busBits;
  int l2Bytes;
};

/// Null for an architecture that is not simulated.
const Architecture *findArchitecture(std::string_view target);

/// Memory handed out through the API.
struct Block {
  std::uint64_t bytes = 0;
  enum class Kind { Device, Host, Managed } kind = Kind::Device;
};

struct Device;

struct Context {
  Device *device = nullptr;
  unsigned flags = 0;
  bool isPrimary = false;
};

struct Stream {
  Device *device = nullptr;
  Context *context = nullptr;
  unsigned flags = 0;
  int priority = 0;
  std::uint64_t last = 0; ///< ticket of the last work enqueued on it
};

struct Event {
  Device *device = nullptr;
  unsigned flags = 0;
  std::uint64_t ticket = 0; ///< of its last record; 0: never recorded
  std::shared_ptr<std::chrono::steady_clock::time_point> when;
};

struct LoadedModule;

struct Function {
  LoadedModule *module = nullptr;
  const sim::Kernel *kernel = nullptr;
  int maxDynamicShared = 0; ///< what cuFuncSetAttribute allowed
  std::map<unsigned, int> settings;
  bool prepared = false;
};

struct LoadedModule {
  Device *device = nullptr;
  std::shared_ptr<sim::Module> code;
  std::vector<std::unique_ptr<Function>> functions; ///< one for each kernel of `code`
};

struct Device {
  explicit Device(const Architecture &architecture, const MemoryOptions &options, int ordinal)
      : architecture(architecture), memory(options), ordinal(ordinal) {
    primary.device = this;
    primary.isPrimary = true;
    defaultStream.device = this;
    defaultStream.context = &primary;
  }
  const Architecture &architecture;
  Memory memory;
  int ordinal;
  Context primary;
  unsigned primaryUsers = 0;
  Stream defaultStream;
  Queue queue;
  std::map<std::uint64_t, Block> blocks;             ///< by address
  std::map<std::uint64_t, std::uint64_t> registered; ///< host ranges made known by cuMemHostRegister
};

/// Everything, once a process; never destroyed, for kernels may still run when the process ends.
struct Driver {
  std::mutex mutex; ///< guards all below but the queues and Memory, which guard themselves
  bool initialized = false;
  std::vector<std::unique_ptr<Device>> devices;
  std::unordered_set<const void *> contexts, streams, events, modules, functions; ///< handles that are valid
  // How kernels are run.
  unsigned threads = 0;
  std::uint64_t seed = 0;
  Checks checks;
};

Driver &driver();

/// Makes `result` the last failure of this thread, with the text that explains it, and returns it.
cuda::CUresult fail(cuda::CUresult result, std::string report = {});
/// The failure of a kernel, kept by the queue until a call returns it.
cuda::CUresult fail(const Fault &fault);

/// The current context's device; null after fail() was called with the reason.
Device *currentDevice(cuda::CUresult &result);
/// The contexts of this thread, the current one last.
std::vector<Context *> &contextStack();

/// The stream behind a handle (0, 1 and 2 are the default stream); null after fail().
Stream *findStream(cuda::CUstream handle, cuda::CUresult &result);
Event *findEvent(cuda::CUevent handle, cuda::CUresult &result);
Function *findFunction(cuda::CUfunction handle, cuda::CUresult &result);
LoadedModule *findModule(cuda::CUmodule handle, cuda::CUresult &result);

/// Enqueues work on a stream; it is not executed when a kernel before it failed.
void enqueue(Stream &stream, std::function<void()> work);
/// Waits for a ticket of the device's queue and returns the failure that came up to it, if any.
cuda::CUresult waitFor(Device &device, std::uint64_t ticket);
/// Frees a block of either kind; false when there is none at the address.
bool releaseBlock(Device &device, std::uint64_t address);

} // namespace tessera::sim::api

// NOLINTBEGIN(bugprone-macro-parentheses): declarations
// How every exported function begins: what it works on, or back to the caller with the reason.
#define TESSERA_OR_RETURN(name, type, found)                                                                           \
  ::tessera::cuda::CUresult name##Result = ::tessera::cuda::CUDA_SUCCESS;                                              \
  type *name = found;                                                                                                  \
  if (!name)                                                                                                           \
    return name##Result;
#define TESSERA_CURRENT_OR_RETURN(name) TESSERA_OR_RETURN(name, Device, currentDevice(name##Result))
#define TESSERA_STREAM_OR_RETURN(name, handle) TESSERA_OR_RETURN(name, Stream, findStream(handle, name##Result))
#define TESSERA_EVENT_OR_RETURN(name, handle) TESSERA_OR_RETURN(name, Event, findEvent(handle, name##Result))
#define TESSERA_FUNCTION_OR_RETURN(name, handle) TESSERA_OR_RETURN(name, Function, findFunction(handle, name##Result))
#define TESSERA_MODULE_OR_RETURN(name, handle) TESSERA_OR_RETURN(name, LoadedModule, findModule(handle, name##Result))

// NOLINTEND(bugprone-macro-parentheses)

#endif // TESSERA_RUNTIME_SIMULATOR_DRIVERAPI_H
