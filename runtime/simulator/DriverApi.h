// The exported half of the simulator: the CUDA Driver API over the engine. This header declares the exported functions
// and the state behind them; the DriverApi*.cpp files define them by theme (device and context, memory, modules,
// launch, streams, graphs, lookup).
//
// How it behaves, where the API leaves room:
//   * Streams are independent of each other but for events and the rules of the default stream (DriverApiQueue.h). One
//     piece of work runs at a time; a grid uses all cores.
//   * Launches return at once. What a kernel did wrong is returned by the next call that waits; work enqueued between
//     is not executed. After that call the device is usable again: the simulator has lost nothing.
//   * Every failing call leaves a text on its thread, for tessera_simulator_last_report; it is printed to standard
//     error as well, unless tessera_simulator_print_reports(0) was called.
//   * The number of registers of a kernel is an estimate from live ranges, not what ptxas would allocate. What follows
//     from it (occupancy, the largest cooperative grid) is computed by the documented rules from that estimate.
//   * What the simulator has not (arrays, textures, sharing between processes, ...) is CUDA_ERROR_NOT_SUPPORTED with a
//     text that names the call.
//
// Environment, read once by cuInit:
//   TESSERA_SIM_ARCH=sm_90            sm_80 sm_86 sm_89 sm_90 sm_100 sm_120: which device it looks like
//   TESSERA_SIM_DEVICES=1             how many of them
//   TESSERA_SIM_MEMORY=BYTES          their memory (suffixes K, M, G); default: the machine's, or the device's where
//                                     that is less
//   TESSERA_SIM_THREADS=N             host threads that run CTAs; default: all cores
//   TESSERA_SIM_SEED=N                of everything that is drawn by lot; other than 0: independent streams in an order
//                                     drawn by lot too
//   TESSERA_SIM_CHECK=LIST            what is checked besides: uninitialized, races, async, or all
//   TESSERA_SIM_INSTRUCTION_LIMIT=N   warp instructions of a CTA before it counts as hanging
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_SIMULATOR_DRIVERAPI_H
#define TESSERA_RUNTIME_SIMULATOR_DRIVERAPI_H

#include "runtime/driver/CudaApi.h"
#include "runtime/simulator/DriverApiFunctions.h"
#include "runtime/simulator/DriverApiQueue.h"
#include "runtime/simulator/Engine.h"

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#define TESSERA_SIMULATOR_EXPORT __attribute__((visibility("default")))

namespace tessera::cuda {
extern "C" {
#define TESSERA_DECLARE_EXPORT(symbol, parameters) TESSERA_SIMULATOR_EXPORT CUresult symbol parameters;
TESSERA_CUDA_FUNCTIONS(TESSERA_DECLARE_EXPORT)
TESSERA_SIMULATED_FUNCTIONS(TESSERA_DECLARE_EXPORT)
#undef TESSERA_DECLARE_EXPORT
/// What is not there: refused by name, whatever the arguments.
#define TESSERA_DECLARE_REFUSED(symbol) TESSERA_SIMULATOR_EXPORT CUresult symbol(void);
TESSERA_REFUSED_FUNCTIONS(TESSERA_DECLARE_REFUSED)
#undef TESSERA_DECLARE_REFUSED

/// Copies the text that belongs to the last failing call of this thread and returns its length without the final zero,
/// which is written where there is room; an empty text where that call had nothing to say.
TESSERA_SIMULATOR_EXPORT std::size_t tessera_simulator_last_report(char *buffer, std::size_t size);
/// Whether reports are printed to standard error: 1 unless told otherwise.
TESSERA_SIMULATOR_EXPORT void tessera_simulator_print_reports(int print);
}

/// The form of a function for a default stream of each thread's own; null where it has none.
void *perThreadVariant(const void *function);
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

struct Device;
struct Pool;
struct Capture;
struct Node;
struct LoadedModule;

/// Memory handed out through the API.
struct Block {
  std::uint64_t bytes = 0;
  enum class Kind { Device, Host, Managed, Variable, Mapped } kind = Kind::Device;
  unsigned flags = 0;   ///< of cuMemHostAlloc
  Pool *pool = nullptr; ///< it was taken from
  std::uint64_t id = 0; ///< unlike that of any other block of the process
  bool isFreed = false; ///< a stream will free it: it cannot be freed again
};

struct Context;

struct Stream {
  Device *device = nullptr;
  Context *context = nullptr;
  Queue::Lane lane = 0;
  unsigned flags = 0;
  int priority = 0;
  std::uint64_t id = 0;
  std::shared_ptr<Capture> capture; ///< the capture it takes part in
  std::vector<Node *> captured;     ///< what its next node will come after
  std::map<unsigned, cuda::CUlaunchAttributeValue> attributes;
};

struct Context {
  Context(Device *device, unsigned flags, bool isPrimary);
  ~Context();
  Device *device = nullptr;
  unsigned flags = 0;
  bool isPrimary = false;
  std::uint64_t id = 0;
  Stream legacy;                                                    ///< the default stream
  std::map<std::thread::id, std::unique_ptr<Stream>> threadStreams; ///< the default streams of threads
  std::map<unsigned, std::size_t> limits;                           ///< what cuCtxSetLimit said
};

struct Event {
  Device *device = nullptr;
  unsigned flags = 0;
  Queue::Ticket ticket = 0; ///< of its last record; 0: never recorded
  struct Record {
    std::chrono::steady_clock::time_point when;
    std::atomic<bool> done{false};
  };
  std::shared_ptr<Record> record;
  std::shared_ptr<Capture> capture; ///< where the last record was captured
  std::vector<Node *> captured;
};

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

/// Code that is loaded into a device when it is first used there.
struct Library;
struct LibraryKernel {
  Library *library = nullptr;
  std::string name;
};
struct Library {
  std::string text; ///< PTX
  std::map<Device *, LoadedModule *> modules;
  std::vector<std::unique_ptr<LibraryKernel>> kernels;
};

/// Memory that is handed out and taken back in the order of streams. What is free is not kept: the figures are those a
/// pool that keeps it would show.
struct Pool {
  Device *device = nullptr;
  cuda::CUmemPoolProps properties{};
  std::uint64_t threshold = 0, used = 0, usedHigh = 0, reserved = 0, reservedHigh = 0;
  int reuse[3] = {1, 1, 1};
};

struct Device {
  explicit Device(const Architecture &architecture, const MemoryOptions &options, int ordinal)
      : architecture(architecture), memory(options), ordinal(ordinal), primary(this, 0, true) {
    defaultPool.device = this;
    pool = &defaultPool;
  }
  const Architecture &architecture;
  Memory memory;
  int ordinal;
  Queue queue;
  Context primary;
  unsigned primaryUsers = 0;
  Pool defaultPool;
  Pool *pool = nullptr;                              ///< the one cuMemAllocAsync takes from
  std::map<std::uint64_t, Block> blocks;             ///< by address
  std::map<std::uint64_t, std::uint64_t> registered; ///< host ranges made known by cuMemHostRegister
};

/// Everything, once a process; never destroyed, for kernels may still run when the process ends.
struct Driver {
  std::mutex mutex; ///< guards all below but the queues and Memory, which guard themselves
  bool initialized = false;
  std::vector<std::unique_ptr<Device>> devices;
  std::unordered_set<const void *> contexts, streams, events, modules, functions, pools, libraries, kernels, graphs,
      nodes, executables, links; ///< handles that are valid
  std::atomic<std::uint64_t> lastId{0};
  // How kernels are run.
  unsigned threads = 0;
  std::uint64_t seed = 0;
  Checks checks;
};

Driver &driver();

/// What an error of the engine is called in the API.
cuda::CUresult resultOf(sim::ErrorKind kind);
/// Makes `result` the last failure of this thread, with the text that explains it, and returns it.
cuda::CUresult fail(cuda::CUresult result, std::string report = {});
/// The failure of a kernel, kept by the queue until a call returns it.
cuda::CUresult fail(const Fault &fault);

/// While one that is `quiet` lives on a thread, failures are kept but not printed: the caller has another way to tell.
struct QuietFailures {
  explicit QuietFailures(bool quiet);
  ~QuietFailures();
  QuietFailures(const QuietFailures &) = delete;
  QuietFailures &operator=(const QuietFailures &) = delete;

private:
  bool quiet;
};

/// The current context's device; null after fail() was called with the reason.
Device *currentDevice(cuda::CUresult &result);
/// The same for the context itself.
Context *currentContext(cuda::CUresult &result);
/// The contexts of this thread, the current one last.
std::vector<Context *> &contextStack();
/// The device of an ordinal; null after fail().
Device *findDevice(cuda::CUdevice ordinal, cuda::CUresult &result);

/// While one lives on a thread, stream 0 means the thread's own default stream there.
struct PerThreadDefault {
  PerThreadDefault();
  ~PerThreadDefault();
};
/// While one lives on a thread, calls of the API are refused there: a function of the host runs.
struct InsideHostFunction {
  InsideHostFunction();
  ~InsideHostFunction();
};

/// The stream behind a handle (0: the default stream, 1: the legacy one, 2: the thread's own); null after fail().
Stream *findStream(cuda::CUstream handle, cuda::CUresult &result);
Event *findEvent(cuda::CUevent handle, cuda::CUresult &result);
/// Takes kernels of libraries too, which programs may pass wherever a function is wanted.
Function *findFunction(cuda::CUfunction handle, cuda::CUresult &result);
LoadedModule *findModule(cuda::CUmodule handle, cuda::CUresult &result);
template <typename T>
T *findHandle(const void *handle, std::unordered_set<const void *> Driver::*valid, cuda::CUresult &result) {
  Driver &state = driver();
  const std::lock_guard lock(state.mutex);
  if ((state.*valid).contains(handle))
    return static_cast<T *>(const_cast<void *>(handle));
  result = fail(state.initialized ? cuda::CUDA_ERROR_INVALID_HANDLE : cuda::CUDA_ERROR_NOT_INITIALIZED);
  return nullptr;
}
template <typename T> void addHandle(T *handle, std::unordered_set<const void *> Driver::*valid) {
  const std::lock_guard lock(driver().mutex);
  (driver().*valid).insert(handle);
}

/// The device whose memory an address is in; null for memory of the host.
Device *ownerOf(std::uint64_t address);

// NOLINTBEGIN(readability-redundant-member-init): designated initialisers may leave these out
/// What a stream is asked to do: work, with what a graph must know of it.
struct Operation {
  std::function<void()> run{}; ///< may run any number of times
  cuda::CUgraphNodeType type = cuda::CU_GRAPH_NODE_TYPE_EMPTY;
  std::function<bool()> ready{};
  // NOLINTEND(readability-redundant-member-init)
  bool always = false;
  bool onHost = false;
  std::vector<Queue::Ticket> after{};
};
/// Enqueues it on a stream, or adds it to the graph that the stream is being captured into. It is not executed when a
/// kernel before it failed.
cuda::CUresult submit(Stream &stream, Operation operation, Queue::Ticket *ticket = nullptr);
/// Refuses what may not be done to a stream under capture; the capture is void from then on.
cuda::CUresult refuseCapture(Stream &stream);
/// Refuses what a capture of this thread, or a global one of any, forbids: allocations and waits for all of a device.
cuda::CUresult refuseUnsafe();
/// Adds a node to the graph that a stream is captured into.
cuda::CUresult captureNode(Stream &stream, Operation operation);
/// Refuses work on a legacy default stream that would have to wait for a stream under capture.
cuda::CUresult refuseImplicit(Stream &stream);
/// Waits for what was enqueued on a stream, and returns the failure that came up to then, if any.
cuda::CUresult synchronize(Stream &stream);
/// The same for all of a device.
cuda::CUresult synchronize(Device &device);
/// The fault of a device that nobody was told of yet.
cuda::CUresult takeFault(Device &device);

/// Frees a block of whatever kind; false when there is none at the address.
bool releaseBlock(Device &device, std::uint64_t address);
/// The block that holds an address, with its base.
std::optional<std::pair<std::uint64_t, Block>> findBlock(Device &device, std::uint64_t address);
cuda::CUresult allocateBlock(Device &device, cuda::CUdeviceptr *pointer, std::size_t bytes, Block block);
/// Fails unless all of a range is memory of some device.
cuda::CUresult checkDeviceRange(std::uint64_t address, std::uint64_t bytes, const char *what);

/// The PTX text in an image: PTX itself, or a fat binary that holds some which the device can run. Fails with a text
/// that says what it is otherwise; `size` 0: the image says itself how long it is.
cuda::CUresult readImage(const Architecture &architecture, const void *image, std::size_t size, std::string &text);
/// Whether code for `target` runs on the device: later devices run it, unless it is of one architecture only.
bool runsOn(const Architecture &architecture, std::string_view target);
cuda::CUresult loadModule(Device &device, const std::string &text, LoadedModule *&module);
void unloadModule(LoadedModule *module);
Function *functionNamed(LoadedModule &module, std::string_view name);

/// Grid, block, cluster and the rest of a launch.
struct Shape {
  sim::Dim3 grid, block, cluster{1, 1, 1};
  unsigned sharedBytes = 0;
  bool cooperative = false;
};
/// The work of a launch, checked as far as that can be done before.
cuda::CUresult prepareLaunch(Function &function, const Shape &shape, void **parameters, void **extra,
                             Operation &operation);
/// The same from the attributes of cuLaunchKernelEx.
cuda::CUresult shapeOf(const cuda::CUlaunchConfig &config, const Function &function, Shape &shape);

/// The work of a copy of a box and of a fill, checked. `now`: memory of the host is read before the call returns.
cuda::CUresult prepareCopy(const cuda::CUDA_MEMCPY3D &copy, bool now, Operation &operation, bool &waits);
cuda::CUresult prepareFill(const cuda::CUDA_MEMSET_NODE_PARAMS &fill, Operation &operation);

/// Blocks that fit on a multiprocessor together.
int residentBlocks(const Function &function, int blockSize, std::size_t dynamicShared);
/// Dynamic shared memory that each of so many resident blocks may have.
std::size_t sharedLeft(const Function &function, int blocks);

/// Drops what a capture holds of a stream that is destroyed.
void forgetStream(Stream &stream);

} // namespace tessera::sim::api

// NOLINTBEGIN(bugprone-macro-parentheses): declarations
// How every exported function begins: what it works on, or back to the caller with the reason.
#define TESSERA_OR_RETURN(name, type, found)                                                                           \
  ::tessera::cuda::CUresult name##Result = ::tessera::cuda::CUDA_SUCCESS;                                              \
  type *name = found;                                                                                                  \
  if (!name)                                                                                                           \
    return name##Result;
#define TESSERA_CURRENT_OR_RETURN(name) TESSERA_OR_RETURN(name, Device, currentDevice(name##Result))
#define TESSERA_DEVICE_OR_RETURN(name, ordinal) TESSERA_OR_RETURN(name, Device, findDevice(ordinal, name##Result))
#define TESSERA_STREAM_OR_RETURN(name, handle) TESSERA_OR_RETURN(name, Stream, findStream(handle, name##Result))
#define TESSERA_EVENT_OR_RETURN(name, handle) TESSERA_OR_RETURN(name, Event, findEvent(handle, name##Result))
#define TESSERA_FUNCTION_OR_RETURN(name, handle) TESSERA_OR_RETURN(name, Function, findFunction(handle, name##Result))
#define TESSERA_MODULE_OR_RETURN(name, handle) TESSERA_OR_RETURN(name, LoadedModule, findModule(handle, name##Result))
/// `list` is the member of Driver that holds the valid handles.
#define TESSERA_HANDLE_OR_RETURN(name, type, handle, list)                                                             \
  TESSERA_OR_RETURN(name, type, findHandle<type>(handle, &Driver::list, name##Result))
#define TESSERA_RETURN_IF_FAILED(call)                                                                                 \
  if (::tessera::cuda::CUresult failure = (call); failure != ::tessera::cuda::CUDA_SUCCESS)                            \
    return failure;
/// A pointer the caller must give.
#define TESSERA_REQUIRE(condition)                                                                                     \
  if (!(condition))                                                                                                    \
    return ::tessera::sim::api::fail(::tessera::cuda::CUDA_ERROR_INVALID_VALUE);
// NOLINTEND(bugprone-macro-parentheses)

#endif // TESSERA_RUNTIME_SIMULATOR_DRIVERAPI_H
