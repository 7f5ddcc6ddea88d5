// The queue of a simulated device.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApiQueue.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace tessera::sim::api {

namespace {
/// How often work that waits for a value in memory is asked.
constexpr std::chrono::microseconds kPoll{100};
/// How long the order of independent work is left open where it is drawn by lot.
constexpr std::chrono::milliseconds kDraw{2};
} // namespace

Queue::Lane Queue::addLane(const void *group, LaneKind kind) {
  const std::lock_guard lock(mutex);
  lanes[++lastLane] = LaneState{group, kind};
  return lastLane;
}

void Queue::removeLane(Lane lane) {
  const std::lock_guard lock(mutex);
  if (auto found = lanes.find(lane); found != lanes.end())
    found->second.removed = true;
  std::erase_if(lanes, [&](const auto &entry) { return entry.second.removed && !items.contains(entry.second.last); });
}

/// What must be done before new work of the lane may run.
std::vector<Queue::Ticket> Queue::lastOf(Lane lane) const {
  std::vector<Ticket> tickets;
  const auto found = lanes.find(lane);
  if (found == lanes.end())
    return tickets;
  const LaneState &own = found->second;
  const auto add = [&](Ticket ticket) {
    if (ticket && items.contains(ticket))
      tickets.push_back(ticket);
  };
  add(own.last);
  if (own.kind == LaneKind::NonBlocking)
    return tickets;
  const LaneKind other = own.kind == LaneKind::Legacy ? LaneKind::Blocking : LaneKind::Legacy;
  for (const auto &[number, state] : lanes)
    if (state.group == own.group && state.kind == other)
      add(state.last);
  return tickets;
}

Queue::Ticket Queue::insert(Work work) {
  const Ticket ticket = ++lastTicket;
  Item item;
  item.blockers = lastOf(work.lane);
  for (const Ticket before : work.after)
    if (items.contains(before))
      item.blockers.push_back(before);
  if (auto lane = lanes.find(work.lane); lane != lanes.end())
    lane->second.last = ticket;
  item.work = std::move(work);
  ++waiting[item.work.onHost];
  items.emplace(ticket, std::move(item));
  lastAdded = std::chrono::steady_clock::now();
  return ticket;
}

Queue::Ticket Queue::add(Work work) {
  const std::lock_guard lock(mutex);
  if (!hasWorkers) { // they live as long as the process, as the queue does
    hasWorkers = true;
    for (const bool onHost : {false, true})
      std::thread([this, onHost] { runWorker(onHost); }).detach();
  }
  const bool onHost = work.onHost;
  const Ticket ticket = insert(std::move(work));
  changed[onHost].notify_one();
  return ticket;
}

void Queue::addAndWait(Work work) {
  std::unique_lock lock(mutex);
  if (items.empty() && !work.ready) {
    const Ticket ticket = insert(std::move(work));
    execute(ticket, lock);
    return;
  }
  lock.unlock();
  wait(add(std::move(work)));
}

void Queue::execute(Ticket ticket, std::unique_lock<std::mutex> &lock) {
  Item &item = items.at(ticket); // stays where it is: only who executes it erases it
  item.running = true;
  --waiting[item.work.onHost];
  const bool skip = fault && !item.work.always;
  lock.unlock();
  if (!skip && item.work.run)
    item.work.run();
  item.work.run = nullptr; // what it holds may be freed before anybody hears that it is done
  lock.lock();
  items.erase(ticket);
  finished.notify_all();
  wakeWorkers();
}

void Queue::wakeWorkers() {
  for (const bool onHost : {false, true})
    if (waiting[onHost] > 0)
      changed[onHost].notify_one();
}

bool Queue::isBlocked(Item &item) {
  std::erase_if(item.blockers, [&](Ticket before) { return !items.contains(before); });
  return !item.blockers.empty();
}

Queue::Ticket Queue::choose(bool onHost, bool &polls) {
  std::vector<Ticket> ready;
  if (waiting[onHost] == 0)
    return 0;
  for (auto &[ticket, item] : items) {
    if (item.work.onHost != onHost || item.running || isBlocked(item))
      continue;
    if (item.work.ready && !fault && !item.work.ready()) {
      polls = true;
      continue;
    }
    if (seed == 0)
      return ticket;
    ready.push_back(ticket);
  }
  if (ready.empty())
    return 0;
  if (waiters == 0 && std::chrono::steady_clock::now() - lastAdded < kDraw) {
    polls = true; // more may come that is to be drawn from
    return 0;
  }
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return ready[seed % ready.size()];
}

void Queue::runWorker(bool onHost) {
  std::unique_lock lock(mutex);
  for (;;) {
    bool polls = false;
    if (const Ticket ticket = choose(onHost, polls)) {
      execute(ticket, lock);
      continue;
    }
    if (polls)
      changed[onHost].wait_for(lock, kPoll);
    else
      changed[onHost].wait(lock);
  }
}

void Queue::waitUntilDone(const std::vector<Ticket> &tickets, std::unique_lock<std::mutex> &lock) {
  ++waiters;
  wakeWorkers();
  finished.wait(lock, [&] {
    return std::none_of(tickets.begin(), tickets.end(), [&](Ticket ticket) { return items.contains(ticket); });
  });
  --waiters;
}

void Queue::wait(Ticket ticket) {
  std::unique_lock lock(mutex);
  waitUntilDone({ticket}, lock);
}

void Queue::waitForLane(Lane lane) {
  std::unique_lock lock(mutex);
  waitUntilDone(lastOf(lane), lock);
}

void Queue::waitForAll() {
  std::unique_lock lock(mutex);
  std::vector<Ticket> all;
  all.reserve(items.size());
  for (const auto &[ticket, item] : items)
    all.push_back(ticket);
  waitUntilDone(all, lock);
}

bool Queue::isDone(Ticket ticket) {
  const std::lock_guard lock(mutex);
  return !items.contains(ticket);
}

bool Queue::isLaneDone(Lane lane) {
  const std::lock_guard lock(mutex);
  return lastOf(lane).empty();
}

bool Queue::isIdle() {
  const std::lock_guard lock(mutex);
  return items.empty();
}

void Queue::setFault(Fault what) {
  const std::lock_guard lock(mutex);
  if (!fault)
    fault = std::move(what);
}

std::optional<Fault> Queue::takeFault() {
  const std::lock_guard lock(mutex);
  return std::exchange(fault, std::nullopt);
}

cuda::CUresult Queue::faultResult() {
  const std::lock_guard lock(mutex);
  return fault ? fault->result : cuda::CUDA_SUCCESS;
}

} // namespace tessera::sim::api
