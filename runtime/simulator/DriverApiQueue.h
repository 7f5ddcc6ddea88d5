// The order in which a simulated device works. Each stream is a lane: work of one lane runs in the order in which it
// was added, work of different lanes in any order that the events between them and the rules of the default stream
// allow. Every piece of work has a ticket, by which others wait for it.
//
//   lane         waits for                                        is waited for by
//   Legacy       all that blocking lanes of its group have        all that comes later on blocking lanes of its group
//   Blocking     the last work of the legacy lane of its group    the legacy lane
//   NonBlocking  nothing but its own lane and what `after` says   nobody
//
// One thread works, one piece at a time (a grid uses all cores by itself); functions of the host run on a second one,
// so that they may wait for each other's streams. Of what is ready, the work added first runs first; with a seed, a
// random one, drawn when somebody waits or a moment has passed, so that a missing event shows.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_SIMULATOR_DRIVERAPIQUEUE_H
#define TESSERA_RUNTIME_SIMULATOR_DRIVERAPIQUEUE_H

#include "runtime/driver/CudaApi.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tessera::sim::api {

/// What a kernel did wrong.
struct Fault {
  cuda::CUresult result = cuda::CUDA_SUCCESS;
  std::string report;
};

class Queue {
public:
  using Ticket = std::uint64_t; ///< counts up from 1
  using Lane = std::uint64_t;
  enum class LaneKind { Legacy, Blocking, NonBlocking };

  // NOLINTBEGIN(readability-redundant-member-init): designated initialisers may leave these out
  struct Work {
    std::function<void()> run{}; ///< empty: only a mark
    Lane lane = 0;
    std::vector<Ticket> after{};   ///< what must be done before, besides what the lanes say
    std::function<bool()> ready{}; ///< asked again and again until it says yes; empty: at once
    bool always = false;           ///< runs even after a fault
    bool onHost = false;           ///< calls a function of the program
  };
  // NOLINTEND(readability-redundant-member-init)

  /// `group` is the context whose legacy lane orders its blocking lanes.
  Lane addLane(const void *group, LaneKind kind);
  /// What is on it still runs.
  void removeLane(Lane lane);

  /// Adds work and returns its ticket. Work is skipped while a fault waits to be returned, unless `always`.
  Ticket add(Work work);
  /// The same for a caller that waits: runs it on the calling thread when nothing is before it.
  void addAndWait(Work work);
  /// Waits until the work of that ticket is done.
  void wait(Ticket ticket);
  /// Waits until all work of a lane is done; on a legacy lane, that of the blocking lanes too.
  void waitForLane(Lane lane);
  void waitForAll();
  bool isDone(Ticket ticket);
  bool isLaneDone(Lane lane);
  bool isIdle();

  /// Called by work: a kernel failed.
  void setFault(Fault fault);
  /// The fault that waits, which is thereby returned and over; none most of the time.
  std::optional<Fault> takeFault();
  /// What the fault that waits is called; CUDA_SUCCESS where there is none.
  cuda::CUresult faultResult();

  /// Other than 0: the order of what is independent is drawn by lot. To be called before the first work.
  void setSeed(std::uint64_t value) { seed = value; }

private:
  struct LaneState {
    const void *group = nullptr;
    LaneKind kind = LaneKind::Blocking;
    Ticket last = 0;
    bool removed = false;
  };
  struct Item {
    Work work;
    std::vector<Ticket> blockers;
    bool running = false;
  };

  std::vector<Ticket> lastOf(Lane lane) const;
  Ticket insert(Work work);
  void runWorker(bool onHost);
  void execute(Ticket ticket, std::unique_lock<std::mutex> &lock);
  /// The ticket of the work to do next; 0 where there is none. `polls` is set when some work must be asked again.
  Ticket choose(bool onHost, bool &polls);
  bool isBlocked(Item &item);
  /// Wakes the workers that have something to look at.
  void wakeWorkers();
  void waitUntilDone(const std::vector<Ticket> &tickets, std::unique_lock<std::mutex> &lock);

  std::mutex mutex;
  std::condition_variable changed[2]; ///< for the workers, of the device and of the host: something may be ready
  std::condition_variable finished;   ///< for those who wait
  std::map<Ticket, Item> items;       ///< what is not done
  std::map<Lane, LaneState> lanes;
  Ticket lastTicket = 0;
  Lane lastLane = 0;
  std::size_t waiting[2] = {0, 0}; ///< items that nobody executes yet, of the device and of the host
  unsigned waiters = 0;
  bool hasWorkers = false;
  std::uint64_t seed = 0;
  std::chrono::steady_clock::time_point lastAdded;
  std::optional<Fault> fault;
};

} // namespace tessera::sim::api

#endif // TESSERA_RUNTIME_SIMULATOR_DRIVERAPIQUEUE_H
