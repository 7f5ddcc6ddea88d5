//===- Warp.h - The state of executing warps and CTAs -----------*- C++ -*-===//
//
// A warp is a handful of groups: lanes that stand at the same instruction. Undiverged it is one. The group with the
// smallest program counter runs; since the decoder lays blocks out in topological order with loops contiguous, lanes
// that part at a branch meet again at its immediate post-dominator. Instructions that name a set of lanes (`shfl.sync`)
// or are `.aligned` wait until those lanes have come.
//
// Addresses as kernels see them:
//   global   host addresses inside Memory's arena
//   shared   32-bit offsets, the first SharedBase bytes reserved as on hardware; in another CTA of the cluster with
//            its rank + 1 from bit 24 on
//   local    32-bit offsets inside the thread's own frame
//   generic  global addresses as they are, the others inside windows
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_WARP_H
#define TESSERA_RUNTIME_SIMULATOR_WARP_H

#include "runtime/simulator/Engine.h"
#include "runtime/simulator/Mbarrier.h"
#include "runtime/simulator/Order.h"
#include "runtime/simulator/Program.h"

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace tessera::sim {

constexpr uint32_t SharedBase = 1024; ///< bytes at the start of shared memory that belong to the system
/// Where in them %reserved_smem_offset_1 points: zeros when a CTA starts, for kernels that name it.
constexpr uint32_t ReservedShared = 512;
constexpr uint64_t SharedWindow = 0x1000'0000'0000;
constexpr uint64_t LocalWindow = 0x1100'0000'0000;
constexpr uint64_t ParameterWindow = 0x1200'0000'0000;
constexpr uint64_t FunctionWindow = 0x1300'0000'0000;
constexpr uint64_t WindowSize = 0x0001'0000'0000;

/// Per-warp special registers, each one register of the specials bank.
enum class Special : uint32_t {
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  NwarpId,
  SmId,
  NsmId,
  WarpSz,
  LanemaskEq,
  LanemaskLe,
  LanemaskLt,
  LanemaskGe,
  LanemaskGt,
  DynamicSmemSize,
  TotalSmemSize,
  AggrSmemSize,
  ClusterIdX,
  ClusterIdY,
  ClusterIdZ,
  NclusterIdX,
  NclusterIdY,
  NclusterIdZ,
  ClusterCtaidX,
  ClusterCtaidY,
  ClusterCtaidZ,
  ClusterNctaidX,
  ClusterNctaidY,
  ClusterNctaidZ,
  ClusterCtarank,
  ClusterNctarank,
  IsExplicitCluster,
  GridWorkspaceHigh, // %envreg1 and %envreg2: where a cooperative grid keeps its barrier
  GridWorkspaceLow,
  Zero,   // registers that are constant 0 here: the other %envreg, ...
  GridId, // 64 bits: two places
  GridIdHigh,
  Count,
};
constexpr uint32_t SpecialBytes = WarpSize * 4;

struct Frame {
  const Code *code = nullptr;
  char *registers = nullptr;
  Frame *parent = nullptr;
  const Instr *call = nullptr;
  uint32_t returnPc = 0;
  uint32_t depth = 0;
  uint32_t lanes = 0;      ///< still inside
  uint32_t localBase = 0;  ///< of its variables in each thread's local memory
  uint32_t stackBytes = 0; ///< taken by alloca behind them
  std::unique_ptr<char[]> storage;
};

struct Group {
  enum State : uint8_t { Ready, WaitsLanes, WaitsBarrier, WaitsCluster };
  uint32_t pc = 0;
  uint32_t lanes = 0;
  Frame *frame = nullptr;
  State state = Ready;
  uint8_t barrier = 0;
};

/// cp.async whose completion is still to be seen: done when a wait asks for it.
struct PendingCopy {
  uint32_t lanes = 0;
  uint32_t group = 0;
  uint32_t number = 0; ///< counts up from 1 in the warp
  Ticket ticket = 0;
  uint8_t bytes = 0;
  uint32_t target[WarpSize];
  uint64_t source[WarpSize];
  uint8_t sourceBytes[WarpSize];
};

/// What accesses to memory add up to: see Counts.h.
struct AccessCounts {
  uint64_t sectors = 0, sectorsLeast = 0;
  uint64_t wavefronts = 0, wavefrontsLeast = 0;
  uint64_t globalBytes = 0, localBytes = 0, bulkBytes = 0;

  void add(const AccessCounts &other);
  void subtract(const AccessCounts &other);
};

struct InstrCounts;
class CountTable;

/// An instruction counted in the current round of a loop that may only wait: see CountWaits.cpp.
struct RoundEntry {
  InstrCounts *record = nullptr;
  uint32_t lanes = 0;
  AccessCounts access;
};

constexpr uint32_t WarpgroupWarps = 4;
constexpr uint32_t NamedBarriers = 16;
/// Barriers of a CTA: those that programs name, and one for each warpgroup.
constexpr uint32_t CtaBarriers = NamedBarriers + 32 / WarpgroupWarps;

struct Cta;
struct Launch;
class AsyncQueue;

/// A wait for an mbarrier that did not succeed.
struct MbarrierWait {
  const Frame *frame = nullptr;
  uint32_t pc = 0; ///< of the wait
  uint32_t lanes = 0;
  uint32_t address = 0;
  uint32_t parity = 0; ///< of the phase that is waited for
};

struct Warp {
  // What executing functions touch.
  char *bank[4] = {};
  uint32_t mask = 0; ///< lanes that execute the current instruction
  bool faulted = false;
  bool yielded = false; ///< the instruction asks to let others run
  bool wrote = false;   ///< changed memory since the last round of a loop that may wait: it does not merely wait
  bool ahead = false;   ///< read global memory in its turn: lets others do so before it writes there
  bool gaveWay = false; ///< ended its turn for that: in the next round it comes after all others
  uint32_t polls = 0;   ///< atomic operations in a row that changed nothing, with no store to global memory between
  Cta *cta = nullptr;
  uint64_t windowBase = 0, windowEnd = 0;       ///< the allocation last hit
  uint64_t olderBase[3] = {}, olderEnd[3] = {}; ///< those hit before it
  char *local = nullptr;                        ///< local memory of lane 0
  uint32_t localStride = 0;                     ///< bytes a thread
  Frame *frame = nullptr;

  // Scheduling.
  uint32_t live = 0; ///< lanes that have not exited
  uint32_t groupCount = 0;
  uint32_t current = 0; ///< group that runs
  uint32_t forced = 0;  ///< turns the current group keeps although others are further back
  uint32_t turns = 0;   ///< taken by the current group since it was chosen
  uint32_t index = 0;   ///< in the CTA
  uint64_t executed = 0, lanesExecuted = 0;
  Group groups[WarpSize];
  Frame entry;
  std::vector<std::unique_ptr<Frame>> frames; ///< pool of frames of called functions
  std::vector<PendingCopy> copies;
  uint32_t copyGroup[WarpSize] = {};
  uint32_t copyNumber = 0;              ///< of the last cp.async
  SyncPoint copiesDone;                 ///< what those that an mbarrier was told of have written
  uint32_t bulkGroup[WarpSize] = {};    ///< number of the bulk group that a thread fills
  uint32_t clusterArrived = 0;          ///< lanes that arrived at barrier.cluster and have yet to wait there
  uint32_t clusterPhase[WarpSize] = {}; ///< of the barrier.cluster at which a lane arrived last
  MbarrierWait waits[4];                ///< the last ones that did not succeed
  uint32_t nextWait = 0;                ///< which of them is replaced next
  uint32_t roundsKept = 0;              ///< of loops that may wait, while other groups could run
  uint32_t spins = 0;                   ///< rounds of a waiting loop in a row in which the warp changed nothing
  uint32_t passed = 0;  ///< times in a row that groups gave up their turn without having changed anything
  bool stirred = false; ///< changed memory in its turn

  // Counting.
  InstrCounts *counting = nullptr; ///< of the current instruction; null where the launch is not counted
  uint32_t countedLanes = 0;       ///< that execute it
  uint32_t roundLanes = 0;         ///< of the group that goes round
  bool wroteBeforeRound = false, wroteInRound = false;
  std::vector<RoundEntry> round;

  uint32_t pc() const { return groups[current].pc; }
};

struct BarrierState {
  uint32_t arrived = 0;  ///< threads
  uint32_t expected = 0; ///< threads; 0: all that live
  uint32_t red = 0;      ///< threads whose predicate held
  uint32_t waiting = 0;  ///< threads that wait
  bool used = false;
};

/// One CTA in execution. Objects are reused from CTA to CTA by the host thread that owns them.
struct Cta {
  Launch *launch = nullptr;
  Dim3 index;
  uint64_t linear = 0;
  uint32_t rank = 0; ///< in the cluster
  Cta **cluster = nullptr;
  char *shared = nullptr; ///< indexed by shared addresses
  uint32_t sharedEnd = 0; ///< first address past the CTA's shared memory
  uint8_t *sharedShadow = nullptr;
  std::vector<Warp> warps;
  std::array<BarrierState, CtaBarriers> barriers;
  uint32_t liveThreads = 0;
  bool failed = false;
  uint64_t instructionLimit = ~uint64_t(0);
  std::vector<Error> errors;
  std::vector<Error> deferred; ///< an uninitialised read of shared memory that may prove to be a race
  std::string printed;
  std::vector<char> sharedStorage, localStorage, specialStorage, frameStorage;
  std::vector<uint8_t> shadowStorage;
  uint32_t clusterArrived = 0;  ///< of the cluster's first CTA: threads at barrier.cluster
  uint32_t clusterPhase = 0;    ///< of the cluster's first CTA: how often that barrier completed
  Order *order = nullptr;       ///< of the cluster; null where ordering is not checked
  CountTable *counts = nullptr; ///< of the host thread; null where the launch is not counted
  AsyncQueue *async = nullptr;  ///< of the cluster: operations in flight
  MbarrierTable mbarriers;
  bool progressed = false;  ///< in its last turn the CTA did more than wait
  bool stirred = false;     ///< in the last round of that turn some warp changed memory
  uint64_t draws = 0;       ///< by lot so far
  bool active = false;      ///< holds a CTA that has not ended
  bool specialsSet = false; ///< those that are the same for all CTAs of the launch
};

/// What all CTAs of a launch share.
struct Launch {
  const Module *module = nullptr;
  const Kernel *kernel = nullptr;
  const Program *program = nullptr;
  LaunchConfig config;
  Memory *memory = nullptr;
  std::vector<char> parameters;
  uint32_t sharedBytes = 0;
  uint64_t gridWorkspace = 0; ///< of a cooperative launch: two words, the second the grid's barrier
  bool checkUninitialized = false;
  bool trackGlobal = false; ///< writes to global memory are noted
  bool trackShared = false;
  bool watched = false; ///< accesses are looked at one by one: for a check or to be counted
  std::atomic<uint64_t> next{0};
  std::atomic<uint32_t> errorCount{0};
  std::atomic<uint64_t> activity{0};  ///< grows while some warp does more than wait
  std::atomic<bool> toldWhere{false}; ///< a grid that was asked to end: one CTA has reported

  bool isStopping() const { return config.stop && config.stop->load(std::memory_order_relaxed); }
};

// ---- Faults: called by executing functions --------------------------------------------------------------------------

/// Reports `kind` for the lanes in `lanes`; `address` is the first lane's. The CTA stops after the instruction. The
/// error, to be added to; null where the CTA already has one.
Error *fault(Warp &warp, ErrorKind kind, uint32_t lanes, uint64_t address, std::string message,
             std::string allocation = {});
/// The same for an instruction that was issued before, and for one lane of it.
Error *faultAt(Warp &warp, const Code &code, uint32_t pc, ErrorKind kind, unsigned lane, uint64_t address,
               std::string message);
/// The same for a fault that is reported when the CTA ends or meets with another one, unless that is a race: the reader
/// of a word may have come before its writer.
void faultLater(Warp &warp, ErrorKind kind, uint32_t lanes, uint64_t address, std::string message,
                std::string allocation);
/// "0x410 (shared variable 'tile' + 16)" of a shared address without rank.
std::string describeShared(const Launch &launch, uint32_t address);

/// Runs a function that the system provides for the lanes of `warp.mask`.
void callSystem(Warp &warp, SystemCall call, const CallSite &site);

// ---- Scheduling -----------------------------------------------------------------------------------------------------

enum class Progress { Done, Failed, Waiting };

void prepareCta(Cta &cta, Launch &launch, uint64_t linear);
/// Ends a CTA that can never go on, with an error that says who waits where.
void reportDeadlock(Cta &cta);
/// The thread index of a lane.
Dim3 threadOf(const Warp &warp, unsigned lane);
/// Runs until the CTA ends, fails, or all its warps only wait for something outside it.
Progress runCta(Cta &cta);

inline char *at(const Warp &warp, Ref ref) { return warp.bank[ref & 3] + (ref & ~3u); }
template <typename T> const T *in(const Warp &warp, Ref ref) { return reinterpret_cast<const T *>(at(warp, ref)); }
template <typename T> T *out(const Warp &warp, Ref ref) { return reinterpret_cast<T *>(at(warp, ref)); }

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_WARP_H
