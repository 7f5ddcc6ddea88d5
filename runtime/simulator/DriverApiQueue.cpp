// The queue of a simulated device.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApiQueue.h"

#include <thread>
#include <utility>

namespace tessera::sim::api {

void Queue::execute(Item &item, std::unique_lock<std::mutex> &lock) {
  const bool skip = fault && !item.always;
  busy = true;
  lock.unlock();
  if (!skip)
    item.work();
  item.work = nullptr; // what it holds may be freed before anybody hears that it is done
  lock.lock();
  busy = false;
  ++lastDone;
  finished.notify_all();
}

void Queue::runWorker() {
  std::unique_lock lock(mutex);
  for (;;) {
    added.wait(lock, [&] { return !items.empty() && !busy; });
    Item item = std::move(items.front());
    items.pop_front();
    execute(item, lock);
  }
}

std::uint64_t Queue::add(std::function<void()> work, bool always) {
  std::lock_guard lock(mutex);
  if (!hasWorker) {
    hasWorker = true;
    std::thread([this] { runWorker(); }).detach(); // lives as long as the process, as the queue does
  }
  items.push_back({std::move(work), always});
  added.notify_one();
  return ++lastAdded;
}

void Queue::addAndWait(std::function<void()> work) {
  std::unique_lock lock(mutex);
  if (items.empty() && !busy) {
    Item item{std::move(work), false};
    ++lastAdded;
    execute(item, lock);
    added.notify_one();
    return;
  }
  lock.unlock();
  wait(add(std::move(work)));
}

void Queue::wait(std::uint64_t ticket) {
  std::unique_lock lock(mutex);
  finished.wait(lock, [&] { return lastDone >= ticket; });
}

bool Queue::isDone(std::uint64_t ticket) {
  std::lock_guard lock(mutex);
  return lastDone >= ticket;
}

std::uint64_t Queue::last() {
  std::lock_guard lock(mutex);
  return lastAdded;
}

void Queue::setFault(Fault what) {
  std::lock_guard lock(mutex);
  if (!fault)
    fault = std::move(what);
}

std::optional<Fault> Queue::takeFault() {
  std::lock_guard lock(mutex);
  return std::exchange(fault, std::nullopt);
}

} // namespace tessera::sim::api
