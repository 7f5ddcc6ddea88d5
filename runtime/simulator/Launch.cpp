//===- Launch.cpp - Running a grid ----------------------------------------===//
//
// Host threads take clusters (usually of one CTA) in order of their index and run each to its end. A CTA that only
// waits for something outside it is laid aside and the next one started, so that CTAs which wait for each other, as in
// a grid-wide barrier, are all resident in the end.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Async.h"
#include "runtime/simulator/Count.h"
#include "runtime/simulator/Hexadecimal.h"
#include "runtime/simulator/ModuleImpl.h"
#include "runtime/simulator/Scheduler.h"
#include "runtime/simulator/Warp.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <thread>

namespace tessera::sim {

namespace {

constexpr size_t MaximumResident = 8192;
constexpr uint32_t CallStackBytes = 16384;
/// Rounds over waiting CTAs after some CTA failed: they may have waited for it.
constexpr unsigned RoundsAfterFailure = 200;
constexpr char SharedPoison = static_cast<char>(0xCB);

struct SharedLimit {
  unsigned sm, kilobytes;
};
/// The most shared memory of a CTA by compute capability.
constexpr SharedLimit SharedLimits[] = {{70, 96},   {72, 96},   {75, 64},   {80, 163}, {86, 99},
                                        {87, 163},  {88, 163},  {89, 99},   {90, 227}, {100, 227},
                                        {101, 227}, {103, 227}, {110, 227}, {120, 99}, {121, 99}};

uint32_t sharedLimit(const std::string &target) {
  unsigned sm = 0;
  for (const char c : target.substr(std::min<size_t>(3, target.size())))
    if (c >= '0' && c <= '9')
      sm = sm * 10 + (c - '0');
  for (const SharedLimit &limit : SharedLimits)
    if (limit.sm == sm)
      return limit.kilobytes * 1024;
  return 48 * 1024;
}

Dim3 indexOf(uint64_t linear, const Dim3 &grid) {
  return {static_cast<uint32_t>(linear % grid.x), static_cast<uint32_t>(linear / grid.x % grid.y),
          static_cast<uint32_t>(linear / grid.x / grid.y)};
}

char *aligned(std::vector<char> &storage, size_t bytes) {
  if (storage.size() < bytes + 64)
    storage.resize(bytes + 64);
  const auto address = reinterpret_cast<uintptr_t>(storage.data());
  return reinterpret_cast<char *>((address + 63) / 64 * 64);
}

/// Writes registers of the specials bank.
class SpecialWriter {
public:
  explicit SpecialWriter(const Warp &warp) : specials(reinterpret_cast<uint32_t *>(warp.bank[SpecialBank])) {}
  template <typename F> void each(Special special, F value) {
    uint32_t *lanes = specials + static_cast<uint32_t>(special) * WarpSize;
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      lanes[lane] = value(lane);
  }
  void all(Special special, uint32_t value) {
    each(special, [value](unsigned) { return value; });
  }
  /// x, y and z, which follow each other.
  void triple(Special first, const Dim3 &value) {
    all(first, value.x);
    all(static_cast<Special>(static_cast<uint32_t>(first) + 1), value.y);
    all(static_cast<Special>(static_cast<uint32_t>(first) + 2), value.z);
  }

private:
  uint32_t *specials;
};

/// What is the same for a warp of every CTA of a launch.
void setLaunchSpecials(const Warp &warp, const Cta &cta) {
  const LaunchConfig &config = cta.launch->config;
  SpecialWriter write(warp);
  write.each(Special::TidX, [&](unsigned lane) { return threadOf(warp, lane).x; });
  write.each(Special::TidY, [&](unsigned lane) { return threadOf(warp, lane).y; });
  write.each(Special::TidZ, [&](unsigned lane) { return threadOf(warp, lane).z; });
  write.triple(Special::NtidX, config.block);
  write.triple(Special::NctaidX, config.grid);
  write.each(Special::LaneId, [](unsigned lane) { return lane; });
  write.all(Special::WarpId, warp.index);
  write.all(Special::NwarpId, static_cast<uint32_t>(cta.warps.size()));
  write.all(Special::NsmId, config.multiprocessors);
  write.all(Special::WarpSz, WarpSize);
  write.each(Special::LanemaskEq, [](unsigned lane) { return 1u << lane; });
  write.each(Special::LanemaskLt, [](unsigned lane) { return (1u << lane) - 1; });
  write.each(Special::LanemaskLe, [](unsigned lane) { return (2u << lane) - 1; });
  write.each(Special::LanemaskGe, [](unsigned lane) { return ~((1u << lane) - 1); });
  write.each(Special::LanemaskGt, [](unsigned lane) { return ~((2u << lane) - 1); });
  write.all(Special::DynamicSmemSize, config.dynamicShared);
  write.all(Special::TotalSmemSize, cta.sharedEnd);
  write.all(Special::AggrSmemSize, cta.sharedEnd);
  const Dim3 &c = config.cluster;
  write.triple(Special::NclusterIdX, {config.grid.x / c.x, config.grid.y / c.y, config.grid.z / c.z});
  write.triple(Special::ClusterNctaidX, c);
  write.all(Special::ClusterNctarank, static_cast<uint32_t>(c.count()));
  write.all(Special::IsExplicitCluster, c.count() > 1 ? AllLanes : 0);
  write.all(Special::GridWorkspaceHigh, static_cast<uint32_t>(cta.launch->gridWorkspace >> 32));
  write.all(Special::GridWorkspaceLow, static_cast<uint32_t>(cta.launch->gridWorkspace));
  write.all(Special::Zero, 0);
  write.all(Special::GridId, 0);
  write.all(Special::GridIdHigh, 0);
}

void setCtaSpecials(const Warp &warp, const Cta &cta) {
  SpecialWriter write(warp);
  write.triple(Special::CtaidX, cta.index);
  write.all(Special::SmId, static_cast<uint32_t>(cta.linear % cta.launch->config.multiprocessors));
  const Dim3 &c = cta.launch->config.cluster;
  write.triple(Special::ClusterIdX, {cta.index.x / c.x, cta.index.y / c.y, cta.index.z / c.z});
  write.triple(Special::ClusterCtaidX, {cta.index.x % c.x, cta.index.y % c.y, cta.index.z % c.z});
  write.all(Special::ClusterCtarank, cta.rank);
}

/// A cluster of CTAs that run side by side on one host thread.
struct Unit {
  std::vector<std::unique_ptr<Cta>> ctas;
  std::vector<Cta *> pointers;
  std::unique_ptr<Order> order; ///< where ordering is checked
  AsyncQueue async;
  uint64_t executed() const {
    uint64_t sum = 0;
    for (const auto &cta : ctas)
      for (const Warp &warp : cta->warps)
        sum += warp.executed;
    return sum;
  }
};

void prepareUnit(Unit &unit, Launch &launch, uint64_t number, CountTable *counts) {
  const Dim3 &cluster = launch.config.cluster, &grid = launch.config.grid;
  const auto size = static_cast<size_t>(cluster.count());
  while (unit.ctas.size() < size)
    unit.ctas.push_back(std::make_unique<Cta>());
  unit.pointers.clear();
  for (const auto &cta : unit.ctas)
    unit.pointers.push_back(cta.get());
  const Dim3 clusters{grid.x / cluster.x, grid.y / cluster.y, grid.z / cluster.z};
  const Dim3 at = indexOf(number, clusters);
  for (uint32_t rank = 0; rank < size; ++rank) {
    Cta &cta = *unit.ctas[rank];
    const Dim3 inner = indexOf(rank, cluster);
    cta.index = {at.x * cluster.x + inner.x, at.y * cluster.y + inner.y, at.z * cluster.z + inner.z};
    cta.rank = rank;
    cta.cluster = unit.pointers.data();
    cta.async = &unit.async;
    prepareCta(cta, launch, cta.index.x + uint64_t(grid.x) * (cta.index.y + uint64_t(grid.y) * cta.index.z));
  }
  if (launch.config.checks.races || launch.config.checks.async) {
    if (!unit.order)
      unit.order = std::make_unique<Order>();
    unit.order->start({unit.pointers.data(), size});
  }
  unit.async.start(launch.config.seed * 0x9E3779B97F4A7C15 + number);
  for (uint32_t rank = 0; rank < size; ++rank)
    unit.ctas[rank]->order = unit.order.get();
  for (uint32_t rank = 0; rank < size; ++rank)
    unit.ctas[rank]->counts = counts;
}

/// Turns in which warps still change memory, though all of them end it waiting, before an operation in flight ends or
/// others have the host thread.
constexpr unsigned StirredRounds = 16;
/// Turns in which warps do nothing but wait for mbarriers that nothing will complete before that is a deadlock: a loop
/// may give up by itself after some rounds.
constexpr unsigned RoundsStuck = 20000;

/// Runs the CTAs of a cluster in turn until all ended, one failed, or all wait for something outside it. Where none can
/// go on otherwise, operations in flight end, one at a time.
Progress runUnit(Unit &unit) {
  unsigned stuckRounds = 0;
  for (unsigned rounds = 0;; ++rounds) {
    const uint64_t before = unit.executed();
    bool anyActive = false, anyEnded = false, stirred = false;
    for (const auto &cta : unit.ctas) {
      if (!cta->active)
        continue;
      const Progress progress = runCta(*cta);
      if (progress == Progress::Failed)
        return progress;
      if (progress == Progress::Done) {
        if (!unit.async.endBlock(*cta))
          return Progress::Failed;
        cta->active = false;
        anyEnded = true;
      } else {
        anyActive = true;
        stirred |= cta->stirred || (cta->progressed && unit.ctas.size() > 1);
      }
    }
    if (!anyActive)
      return Progress::Done;
    if (stirred && rounds < StirredRounds) {
      unit.ctas[0]->launch->activity.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    if (unit.async.any() && !anyEnded) {
      rounds = 0;
      unit.ctas[0]->launch->activity.fetch_add(1, std::memory_order_relaxed);
      if (unit.async.endOne() == AsyncQueue::Outcome::Failed)
        return Progress::Failed;
      continue;
    }
    const bool stuck = !anyEnded && !stirred && onlyAwaitsMbarriers({unit.pointers.data(), unit.ctas.size()});
    stuckRounds = stuck ? stuckRounds + 1 : 0;
    if (stuck && stuckRounds < RoundsStuck)
      continue;
    if (stuck) {
      for (const auto &cta : unit.ctas)
        if (cta->active) {
          reportDeadlock(*cta);
          return Progress::Failed;
        }
    }
    if (unit.executed() == before && !anyEnded) {
      for (const auto &cta : unit.ctas)
        if (cta->active) {
          reportDeadlock(*cta);
          return Progress::Failed;
        }
    }
    if (unit.ctas.size() == 1)
      return Progress::Waiting;
    // CTAs of a cluster may wait for each other for long; other clusters have their turn when all only spin.
    bool allSpin = !anyEnded;
    if (allSpin && unit.executed() - before < 64 * unit.ctas.size())
      return Progress::Waiting;
  }
}

class Grid {
public:
  Grid(Launch &launch, Report &report)
      : launch(launch), report(report),
        units(launch.config.grid.count() / std::max<uint64_t>(1, launch.config.cluster.count())) {
    if (launch.config.count) {
      plan = std::make_unique<CountPlan>(*launch.program);
      allCounts = std::make_unique<CountTable>(*launch.program, *plan);
    }
  }

  void run() {
    unsigned threads =
        launch.config.threads ? launch.config.threads : std::max(1u, std::thread::hardware_concurrency());
    threads = static_cast<unsigned>(std::min<uint64_t>(threads, units));
    std::vector<std::thread> helpers;
    for (unsigned i = 1; i < threads; ++i)
      helpers.emplace_back([this] { work(); });
    work();
    for (std::thread &helper : helpers)
      helper.join();
    finish();
  }

private:
  using Clock = std::chrono::steady_clock;

  /// True when no warp of the grid has done more than wait since `last`, for as long as a launch may.
  bool waitedTooLong(uint64_t &seen, Clock::time_point &last) const {
    const uint64_t now = launch.activity.load(std::memory_order_relaxed);
    if (now != seen) {
      seen = now;
      last = Clock::now();
      return false;
    }
    const double limit = launch.config.checks.waitSeconds;
    return limit > 0 && std::chrono::duration<double>(Clock::now() - last).count() > limit;
  }

  bool stopping() const {
    return launch.isStopping() || launch.errorCount.load() >= std::max(1u, launch.config.checks.maximumErrors);
  }

  void work() {
    std::vector<std::unique_ptr<Unit>> waiting, spare;
    unsigned idleRounds = 0;
    uint64_t lastActivity = 0;
    auto lastChange = Clock::now();
    uint64_t warpInstructions = 0, threadInstructions = 0;
    const std::unique_ptr<CountTable> counts = plan ? std::make_unique<CountTable>(*launch.program, *plan) : nullptr;
    const auto retire = [&](std::unique_ptr<Unit> unit) {
      for (const auto &cta : unit->ctas) {
        for (const Warp &warp : cta->warps) {
          warpInstructions += warp.executed;
          threadInstructions += warp.lanesExecuted;
        }
        collect(*cta);
      }
      endedUnits.fetch_add(1);
      spare.push_back(std::move(unit));
    };
    while (true) {
      bool ended = false;
      for (size_t i = 0; i < waiting.size();) {
        if (runUnit(*waiting[i]) == Progress::Waiting) {
          ++i;
          continue;
        }
        retire(std::move(waiting[i]));
        waiting.erase(waiting.begin() + static_cast<ptrdiff_t>(i));
        ended = true;
      }
      if (stopping())
        break;
      if (ended) {
        idleRounds = 0;
        continue;
      }
      uint64_t number = units;
      if (waiting.size() < MaximumResident)
        number = launch.next.fetch_add(1);
      if (number >= units) {
        if (waiting.empty())
          break;
        if (launch.errorCount.load() && ++idleRounds > RoundsAfterFailure)
          break;
        if (waitedTooLong(lastActivity, lastChange)) {
          for (const auto &cta : waiting.front()->ctas)
            if (cta->active)
              reportEndlessWait(*cta);
          retire(std::move(waiting.front()));
          waiting.erase(waiting.begin());
          continue;
        }
        std::this_thread::yield();
        continue;
      }
      std::unique_ptr<Unit> unit;
      if (spare.empty()) {
        unit = std::make_unique<Unit>();
      } else {
        unit = std::move(spare.back());
        spare.pop_back();
      }
      prepareUnit(*unit, launch, number, counts.get());
      if (runUnit(*unit) == Progress::Waiting)
        waiting.push_back(std::move(unit));
      else
        retire(std::move(unit));
    }
    const std::lock_guard lock(mutex);
    report.warpInstructions += warpInstructions;
    report.threadInstructions += threadInstructions;
    if (counts)
      allCounts->add(*counts);
  }

  void collect(Cta &cta) {
    if (cta.errors.empty() && cta.printed.empty())
      return;
    const std::lock_guard lock(mutex);
    if (!cta.printed.empty())
      printed[cta.linear] = std::move(cta.printed);
    for (Error &error : cta.errors) {
      errors.emplace(cta.linear, std::move(error));
      launch.errorCount.fetch_add(1);
    }
    cta.errors.clear();
    cta.printed.clear();
  }

  void finish() {
    for (const auto &[linear, text] : printed) {
      if (launch.config.print)
        launch.config.print(text);
      else
        std::fwrite(text.data(), 1, text.size(), stdout);
    }
    if (!printed.empty() && !launch.config.print)
      std::fflush(stdout);
    for (auto &[linear, error] : errors)
      if (report.errors.size() < std::max(1u, launch.config.checks.maximumErrors))
        report.errors.push_back(std::move(error));
    if (report.ok() && endedUnits.load() != units)
      report.errors.push_back(stoppedBetween());
    if (allCounts)
      report.counts = allCounts->summarise(*launch.module, *plan);
  }

  /// Of a grid that was asked to end when no block was in the middle of its work.
  Error stoppedBetween() const {
    Error error;
    error.kind = ErrorKind::Stopped;
    error.kernel = launch.kernel->name;
    error.message = "kernel '" + error.kernel + "' was asked to end; " + std::to_string(endedUnits.load()) + " of " +
                    std::to_string(units) + (launch.config.cluster.count() > 1 ? " clusters" : " blocks") +
                    " had run to their end";
    return error;
  }

  Launch &launch;
  Report &report;
  uint64_t units;
  std::atomic<uint64_t> endedUnits{0};
  std::unique_ptr<CountPlan> plan; ///< where the launch is counted
  std::unique_ptr<CountTable> allCounts;
  std::mutex mutex;
  std::map<uint64_t, std::string> printed;
  std::multimap<uint64_t, Error> errors;
};

/// Empty when the launch is possible.
std::string validate(const Module &module, const Kernel &kernel, const LaunchConfig &config) {
  const auto say = [](const Dim3 &d) {
    return std::to_string(d.x) + " x " + std::to_string(d.y) + " x " + std::to_string(d.z);
  };
  const Dim3 &block = config.block, &grid = config.grid, &cluster = config.cluster;
  if (block.count() == 0 || block.x > 1024 || block.y > 1024 || block.z > 64 || block.count() > 1024)
    return "block of " + say(block) + " threads: at most 1024 in all, 64 in z, and none may be 0";
  if (grid.count() == 0 || grid.x > 0x7FFFFFFF || grid.y > 65535 || grid.z > 65535)
    return "grid of " + say(grid) + " blocks: at most 2147483647 x 65535 x 65535, and none may be 0";
  if (kernel.maxThreads && block.count() > kernel.maxThreads)
    return "block of " + std::to_string(block.count()) + " threads: the kernel was compiled for at most " +
           std::to_string(kernel.maxThreads);
  const uint32_t *required = kernel.requiredBlock;
  if (required[0] && (block.x != required[0] || block.y != required[1] || block.z != required[2]))
    return "block of " + say(block) + " threads: the kernel requires " + say({required[0], required[1], required[2]});
  if (cluster.count() == 0 || cluster.count() > 16 || grid.x % cluster.x || grid.y % cluster.y || grid.z % cluster.z)
    return "clusters of " + say(cluster) + " blocks: at most 16 blocks, and they must divide the grid of " + say(grid);
  const uint32_t *clustered = kernel.requiredCluster;
  if (clustered[0] && (cluster.x != clustered[0] || cluster.y != clustered[1] || cluster.z != clustered[2]))
    return "clusters of " + say(cluster) + " blocks: the kernel requires " +
           say({clustered[0], clustered[1], clustered[2]});
  const uint64_t shared = uint64_t(kernel.staticShared) + config.dynamicShared;
  const uint32_t limit = config.sharedLimit ? config.sharedLimit : sharedLimit(module.target());
  if (shared > limit)
    return std::to_string(shared) + " bytes of shared memory: at most " + std::to_string(limit) + " a block";
  if (config.parameters.size() < kernel.parameterBytes)
    return "parameter buffer of " + std::to_string(config.parameters.size()) + " bytes: the kernel takes " +
           std::to_string(kernel.parameterBytes);
  return {};
}

/// Says which pointer among the parameters is not aligned as `.ptr .align` promised the compiler; empty when all are.
std::string brokenPromise(const Kernel &kernel, std::span<const std::byte> values, uint64_t &value) {
  for (size_t i = 0; i < kernel.parameters.size(); ++i) {
    const Parameter &parameter = kernel.parameters[i];
    if (!parameter.isPointer || parameter.pointeeAlignment < 2 || parameter.size > sizeof(value))
      continue;
    value = 0;
    std::memcpy(&value, values.data() + parameter.offset, parameter.size);
    if (value % parameter.pointeeAlignment == 0)
      continue;
    const std::string promised = std::to_string(parameter.pointeeAlignment);
    return "parameter " + std::to_string(i) + " '" + parameter.name + "' is " + hexadecimal(value) +
           ", the kernel was promised a multiple of " + promised + " (.ptr .align " + promised + ")";
  }
  return {};
}

} // namespace

void prepareCta(Cta &cta, Launch &launch, uint64_t linear) {
  const Program &program = *launch.program;
  const Code &code = *program.codes[0];
  const auto threads = static_cast<uint32_t>(launch.config.block.count());
  const uint32_t warps = (threads + WarpSize - 1) / WarpSize;
  cta.launch = &launch;
  cta.linear = linear;
  cta.active = true;
  cta.failed = false;
  cta.draws = 0;
  cta.errors.clear();
  cta.printed.clear();
  cta.barriers.fill({});
  cta.mbarriers.clear();
  cta.liveThreads = threads;
  cta.clusterArrived = 0;
  cta.clusterPhase = 1;
  cta.instructionLimit = launch.config.checks.instructionLimit ? launch.config.checks.instructionLimit : ~uint64_t(0);
  cta.sharedEnd = SharedBase + launch.sharedBytes;
  cta.shared = aligned(cta.sharedStorage, cta.sharedEnd);
  std::memset(cta.shared, 0, SharedBase);
  std::memset(cta.shared + SharedBase, SharedPoison, cta.sharedEnd - SharedBase);
  cta.sharedShadow = nullptr;
  if (launch.trackShared) {
    cta.shadowStorage.assign(cta.sharedEnd, 0);
    std::fill_n(cta.shadowStorage.begin(), SharedBase, 1);
    cta.sharedShadow = cta.shadowStorage.data();
  }
  const uint32_t frameBytes = (code.frameBytes + 63) / 64 * 64;
  const uint32_t localStride = code.localBytes + (program.usesCalls || program.usesStack ? CallStackBytes : 0);
  char *frames = aligned(cta.frameStorage, size_t(frameBytes) * warps);
  std::memset(frames, 0, size_t(frameBytes) * warps);
  char *local = aligned(cta.localStorage, size_t(localStride) * warps * WarpSize);
  std::memset(local, 0, size_t(localStride) * warps * WarpSize);
  constexpr size_t SpecialsBytes = static_cast<size_t>(Special::Count) * SpecialBytes;
  char *specials = aligned(cta.specialStorage, SpecialsBytes * warps);
  if (cta.warps.size() != warps)
    cta.warps = std::vector<Warp>(warps);
  for (uint32_t i = 0; i < warps; ++i) {
    Warp &warp = cta.warps[i];
    warp.cta = &cta;
    warp.index = i;
    warp.faulted = warp.yielded = warp.wrote = false;
    warp.windowBase = warp.windowEnd = 0;
    std::fill(std::begin(warp.olderBase), std::end(warp.olderBase), 0);
    std::fill(std::begin(warp.olderEnd), std::end(warp.olderEnd), 0);
    warp.local = local + size_t(localStride) * WarpSize * i;
    warp.localStride = localStride;
    warp.executed = warp.lanesExecuted = 0;
    warp.forced = 0;
    warp.roundsKept = 0;
    warp.current = 0;
    warp.groupCount = 1;
    const uint32_t lanes = std::min(WarpSize, threads - i * WarpSize);
    warp.live = lanes == WarpSize ? AllLanes : (1u << lanes) - 1;
    warp.entry.code = &code;
    warp.entry.registers = frames + size_t(frameBytes) * i;
    warp.entry.lanes = warp.live;
    warp.entry.localBase = 0;
    warp.entry.stackBytes = 0;
    warp.entry.depth = 0;
    for (const auto &frame : warp.frames)
      frame->lanes = 0;
    warp.groups[0] = Group{0, warp.live, &warp.entry, Group::Ready, 0};
    warp.frame = &warp.entry;
    warp.copies.clear();
    warp.counting = nullptr;
    warp.round.clear();
    std::fill(std::begin(warp.copyGroup), std::end(warp.copyGroup), 0);
    std::fill(std::begin(warp.bulkGroup), std::end(warp.bulkGroup), 0);
    std::fill(std::begin(warp.waits), std::end(warp.waits), MbarrierWait{});
    warp.copyNumber = warp.clusterArrived = warp.nextWait = 0;
    warp.stirred = false;
    warp.copiesDone = {};
    warp.bank[SpecialBank] = specials + SpecialsBytes * i;
    if (!cta.specialsSet)
      setLaunchSpecials(warp, cta);
    setCtaSpecials(warp, cta);
  }
  cta.specialsSet = true; // the object serves one launch
}

Report launch(const Module &module, const Kernel &kernel, const LaunchConfig &given) {
  LaunchConfig config = given;
  if (kernel.requiredCluster[0] && config.cluster.count() == 1)
    config.cluster = {kernel.requiredCluster[0], kernel.requiredCluster[1], kernel.requiredCluster[2]};
  Report report;
  const auto refuse = [&](ErrorKind kind, std::string message) {
    Error error;
    error.kind = kind;
    error.kernel = kernel.name;
    error.message = std::move(message);
    report.errors.push_back(std::move(error));
    return report;
  };
  if (std::string impossible = validate(module, kernel, config); !impossible.empty())
    return refuse(ErrorKind::InvalidLaunch, "kernel '" + kernel.name + "': " + impossible);
  uint64_t value = 0;
  if (std::string broken = brokenPromise(kernel, config.parameters, value); !broken.empty()) {
    refuse(ErrorKind::BrokenPromise, std::move(broken));
    Error &error = report.errors.back();
    error.address = value;
    if (const auto holder = module.memory().find(value)) {
      error.allocation = holder->describe();
      error.message += "; it is in " + error.allocation;
    }
    return report;
  }
  Defects defects;
  const Program *program = module.impl().program(kernel, defects);
  if (!program) {
    if (defects.text.ends_with('\n'))
      defects.text.pop_back();
    return refuse(defects.faulty ? ErrorKind::InvalidPtx : ErrorKind::Unsupported, defects.text);
  }
  Launch state;
  state.module = &module;
  state.kernel = &kernel;
  state.program = program;
  state.config = config;
  state.memory = &module.memory();
  const auto *bytes = reinterpret_cast<const char *>(config.parameters.data());
  state.parameters.assign(bytes, bytes + config.parameters.size());
  state.parameters.resize(state.parameters.size() + 16);
  state.config.parameters = {};
  state.sharedBytes = program->dynamicSharedOffset - SharedBase + config.dynamicShared;
  state.trackShared = config.checks.uninitialized;
  state.trackGlobal = state.memory->tracksWrites();
  state.checkUninitialized = config.checks.uninitialized;
  state.watched = state.trackGlobal || state.trackShared || config.checks.races || config.checks.async || config.count;
  constexpr uint64_t WorkspaceBytes = 8;
  if (config.cooperative) {
    state.gridWorkspace = state.memory->allocate(WorkspaceBytes, "grid workspace");
    if (!state.gridWorkspace)
      return refuse(ErrorKind::InvalidLaunch, "no memory for the grid's barrier");
    state.memory->fill(state.gridWorkspace, 0, 1, WorkspaceBytes);
  }
  Grid(state, report).run();
  if (config.cooperative)
    state.memory->release(state.gridWorkspace);
  return report;
}

} // namespace tessera::sim
