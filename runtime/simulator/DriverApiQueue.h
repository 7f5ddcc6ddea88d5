// The order in which a simulated device works: one queue, one worker, a ticket for each piece of work.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_SIMULATOR_DRIVERAPIQUEUE_H
#define TESSERA_RUNTIME_SIMULATOR_DRIVERAPIQUEUE_H

#include "runtime/driver/CudaApi.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace tessera::sim::api {

/// What a kernel did wrong.
struct Fault {
  cuda::CUresult result = cuda::CUDA_SUCCESS;
  std::string report;
};

class Queue {
public:
  /// Adds work and returns its ticket. Tickets count up from 1. Work is skipped while a fault waits to be returned,
  /// unless `always`.
  std::uint64_t add(std::function<void()> work, bool always = false);
  /// The same for a caller that waits: runs it on the calling thread when nothing is before it.
  void addAndWait(std::function<void()> work);
  /// Waits until the work of that ticket is done.
  void wait(std::uint64_t ticket);
  bool isDone(std::uint64_t ticket);
  /// The ticket of the last work added.
  std::uint64_t last();

  /// Called by work: a kernel failed.
  void setFault(Fault fault);
  /// The fault that waits, which is thereby returned and over; none most of the time.
  std::optional<Fault> takeFault();

private:
  struct Item {
    std::function<void()> work;
    bool always = false;
  };
  void runWorker();
  void execute(Item &item, std::unique_lock<std::mutex> &lock);

  std::mutex mutex;
  std::condition_variable added, finished;
  std::deque<Item> items;
  std::uint64_t lastAdded = 0, lastDone = 0;
  bool busy = false; ///< somebody executes the item of ticket lastDone + 1
  bool hasWorker = false;
  std::optional<Fault> fault;
};

} // namespace tessera::sim::api

#endif // TESSERA_RUNTIME_SIMULATOR_DRIVERAPIQUEUE_H
