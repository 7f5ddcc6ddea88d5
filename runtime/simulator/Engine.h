//===- Engine.h - The PTX simulator's engine --------------------*- C++ -*-===//
//
// The engine executes PTX text on the CPU. It knows nothing of the CUDA Driver API; the exported API is a thin layer
// over the three things declared here:
//
//   Memory   a device's address space: allocations with guard gaps, found again from any address that a kernel touches
//   Module   PTX text, parsed and laid out: kernels, their parameters, global variables
//   launch   runs one grid to its end and returns a Report
//
//   tessera::sim::Memory memory;
//   auto module = tessera::sim::Module::parse(ptx, memory, "add.ptx");
//   if (!module)
//     return fail(module.error());                       // "add.ptx:17: unknown directive '.frob'"
//   uint64_t x = memory.allocate(4096);                  // a device pointer; also a host pointer to the same bytes
//   tessera::sim::LaunchConfig config{.grid = {8}, .block = {128}};
//   config.parameters = packed;                          // bytes laid out as Kernel::parameters says
//   Report report = tessera::sim::launch(*module.get(), *module.get()->kernel("add"), config);
//
// Nothing here throws, and nothing a kernel does harms the process: wrong programs end in a Report with errors.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_ENGINE_H
#define TESSERA_RUNTIME_SIMULATOR_ENGINE_H

#include "runtime/simulator/Counts.h"
#include "runtime/simulator/Memory.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::sim {

enum class ErrorKind {
  InvalidPtx,         ///< the text is at fault: ptxas would refuse it too
  UnsupportedVersion, ///< of the language: newer than what is read
  Unsupported,        ///< an instruction or symbol that the simulator lacks
  OutOfMemory,        ///< variables of the module that the device has no room for
  InvalidLaunch,      ///< impossible grid, block, shared size or parameters
  OutOfBounds,
  Misaligned,
  UseAfterFree,
  Uninitialized,
  Deadlock,
  BarrierDivergence,
  Timeout, ///< Checks::instructionLimit
  Stopped, ///< LaunchConfig::stop
  Trap,
  Assert,
  InvalidInstruction, ///< operands that the instruction does not allow (a lane mask without the executing lane, ...)
  StackOverflow,
  BrokenPromise,  ///< a pointer that `.ptr .align N` promised to be a multiple of N and is not
  Race,           ///< accesses of different warps to the same shared memory that nothing orders
  AsyncHazard,    ///< an asynchronous operation read, overwritten or reused before its wait
  ProxyFence,     ///< the async proxy reads what generic instructions wrote without a fence
  WgmmaFence,     ///< registers of a wgmma written after the last wgmma.fence
  MbarrierMisuse, ///< not initialised, too many arrivals, bytes that nobody expects
};

const char *name(ErrorKind kind);

/// A value or the text of the error that prevented it.
template <typename T> class Result {
public:
  Result(T value) : held(std::move(value)) {}
  static Result failure(std::string text, ErrorKind kind = ErrorKind::InvalidPtx) {
    Result result;
    result.text = std::move(text);
    result.errorKind = kind;
    return result;
  }
  explicit operator bool() const { return text.empty(); }
  T &get() { return held; }
  const T &get() const { return held; }
  const std::string &error() const { return text; }
  ErrorKind kind() const { return errorKind; }

private:
  Result() = default;
  T held{};
  std::string text;
  ErrorKind errorKind{};
};

/// One parameter of a kernel, at `offset` of the parameter buffer.
struct Parameter {
  std::string name;
  std::string type; ///< ".u64", ".f32", ...; for arrays (structs by value) the element type, usually ".b8"
  uint32_t offset = 0;
  uint32_t size = 0;
  uint32_t alignment = 1;
  bool isArray = false;
  bool isPointer = false;        ///< declared with `.ptr`
  uint32_t pointeeAlignment = 0; ///< promised by `.ptr ... .align N`; 0: nothing promised
};

/// A `.entry` function.
struct Kernel {
  std::string name;
  std::vector<Parameter> parameters;
  uint32_t parameterBytes = 0;             ///< length of the parameter buffer
  uint32_t staticShared = 0;               ///< bytes of `.shared` variables of known size
  uint32_t localBytes = 0;                 ///< per thread
  uint32_t maxThreads = 0;                 ///< `.maxntid`/`.reqntid` product; 0: not stated
  uint32_t requiredBlock[3] = {0, 0, 0};   ///< `.reqntid`; zeros: not stated
  uint32_t requiredCluster[3] = {0, 0, 0}; ///< `.reqnctapercluster`; zeros: not stated
  uint32_t registers = 0; ///< 32-bit registers a thread: an estimate from live ranges, not what ptxas allocates
  uint32_t line = 0;      ///< of the `.entry` in the PTX text
  uint32_t function = 0;  ///< index inside the module
};

/// A module-scope `.global` or `.const` variable, placed in Memory.
struct GlobalVariable {
  std::string name;
  uint64_t address = 0;
  uint64_t size = 0;
  bool isConstant = false;
  bool isManaged = false; ///< the host may touch it too: `.attribute(.managed)`
};

class ModuleImpl;

/// PTX text made ready to run. Keeps its global variables allocated in the Memory it was parsed into as long as it
/// lives. Instructions are decoded when a kernel that reaches them is first launched (or by `prepare`), so that one
/// unknown instruction does not make the rest of a module unusable.
class Module {
public:
  /// `name` stands in error texts before the line: "name:LINE: message".
  static Result<std::shared_ptr<Module>> parse(std::string_view text, Memory &memory, std::string name = "ptx");
  ~Module();
  Module(const Module &) = delete;
  Module &operator=(const Module &) = delete;

  const std::vector<Kernel> &kernels() const;
  const Kernel *kernel(std::string_view name) const;
  const std::vector<GlobalVariable> &globals() const;
  const GlobalVariable *global(std::string_view name) const;
  /// "sm_80", "sm_90a", ...
  const std::string &target() const;
  /// 87 for `.version 8.7`.
  unsigned version() const;
  const std::string &name() const;
  Memory &memory() const;

  /// Decodes a kernel and all it calls. Empty on success, else "name:LINE: unknown instruction 'foo.bar'" for each, a
  /// line each, and `kind` says whether the PTX is at fault (InvalidPtx) or the simulator lacks what it asks for
  /// (Unsupported).
  std::string prepare(const Kernel &kernel, ErrorKind *kind = nullptr) const;

  ModuleImpl &impl() const { return *implementation; }

private:
  explicit Module(std::unique_ptr<ModuleImpl> impl);
  std::unique_ptr<ModuleImpl> implementation;
};

struct Dim3 {
  uint32_t x = 1, y = 1, z = 1;
  uint64_t count() const { return uint64_t(x) * y * z; }
};

/// What is checked beyond addresses, alignment, barriers and deadlocks, which always are.
struct Checks {
  bool uninitialized =
      false;          ///< reads of shared memory, and of global memory where Memory tracks writes, that nobody wrote
  bool races = false; ///< accesses of different warps to the same shared memory that nothing orders
  bool async = false; ///< operations read, overwritten or reused before their wait; missing fences between proxies
  uint64_t instructionLimit = 0; ///< warp instructions a CTA may execute before it is stopped as hanging; 0: no limit
  double waitSeconds = 10;       ///< all CTAs may only wait in loops for so long before that is a deadlock; 0: for ever
  unsigned maximumErrors = 8;    ///< a launch stops after so many
};

struct LaunchConfig {
  Dim3 grid, block;
  Dim3 cluster{1, 1, 1};
  bool cooperative = false; ///< threads of the whole grid may wait for each other: grid.sync() of cooperative groups
  uint32_t dynamicShared = 0;
  uint32_t multiprocessors = 132; ///< what %nsmid says; CTAs are dealt out to so many in turn
  uint32_t sharedLimit = 0;       ///< bytes of shared memory a CTA may have; 0: what the module's target allows
  std::span<const std::byte> parameters{}; ///< laid out as Kernel::parameters says
  uint64_t seed = 0;
  unsigned threads = 0; ///< host threads; 0: as many as the machine has cores
  Checks checks{};
  bool count = false; ///< fill Report::counts
  /// Where not null and true, now or later, the grid ends with an error of the kind Stopped.
  const std::atomic<bool> *stop = nullptr;
  /// Receives what the kernel printed, CTA by CTA in order of their index. Empty: standard output.
  std::function<void(std::string_view)> print{};
};

/// A place in the user's source: from `.loc`; `line` 0: unknown.
struct SourcePlace {
  std::string file;
  uint32_t line = 0, column = 0;
};

/// Another place that has part in an error.
struct Related {
  std::string text; ///< "warp 1 wrote here"
  SourcePlace source;
  uint32_t ptxLine = 0;
  std::string instruction;
};

struct Error {
  ErrorKind kind{};
  std::string kernel;
  SourcePlace source;
  std::vector<SourcePlace> inlinedAt; ///< from the inside out
  uint32_t ptxLine = 0;
  std::string instruction; ///< its text in the PTX
  Dim3 block{0, 0, 0};     ///< CTA index
  Dim3 thread{0, 0, 0};
  uint64_t address = 0;
  std::string allocation; ///< "allocation 3 (4096 bytes at 0x...)" the access is in or nearest to
  std::string message;    ///< one sentence with all numbers
  std::vector<Related> related;
  uint32_t occurrences = 1; ///< threads of this CTA that did the same at the same instruction
  /// The whole as a person reads it: "file.tile:12: error: ...", notes on lines of their own.
  std::string text() const;
};

struct Report {
  std::vector<Error> errors; ///< in order of CTA index; empty: the grid ran to its end
  uint64_t warpInstructions = 0;
  uint64_t threadInstructions = 0;
  LaunchCounts counts; ///< where LaunchConfig::count asked for them
  bool ok() const { return errors.empty(); }
  std::string text() const;
};

/// Runs a grid to its end. CTAs run in parallel on the host's cores. Results do not depend on the number of host
/// threads, except where they depend on the order of atomic operations of different CTAs, as on hardware.
Report launch(const Module &module, const Kernel &kernel, const LaunchConfig &config);

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_ENGINE_H
