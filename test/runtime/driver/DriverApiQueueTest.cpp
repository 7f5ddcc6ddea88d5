// The queue of a simulated device: what orders the lanes leave open, and that a seed draws among them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/simulator/DriverApiQueue.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

using namespace tessera::sim::api;

namespace {

/// Queues live as long as the process, as those of devices do: their workers never end.
Queue &makeQueue(std::uint64_t seed) {
  auto *queue = new Queue();
  queue->setSeed(seed);
  return *queue;
}

/// The order in which four pieces of work on two lanes run.
std::vector<int> orderOf(Queue &queue, bool withEvent) {
  static int group;
  const Queue::Lane first = queue.addLane(&group, Queue::LaneKind::NonBlocking);
  const Queue::Lane second = queue.addLane(&group, Queue::LaneKind::NonBlocking);
  std::vector<int> order;
  const auto note = [&](int number) { return [&order, number] { order.push_back(number); }; };
  const Queue::Ticket one = queue.add({.run = note(1), .lane = first});
  queue.add({.run = note(2), .lane = first});
  queue.add({.run = note(3), .lane = second, .after = withEvent ? std::vector{one} : std::vector<Queue::Ticket>{}});
  queue.add({.run = note(4), .lane = second});
  queue.waitForAll();
  return order;
}

bool isBefore(const std::vector<int> &order, int first, int second) {
  return std::find(order.begin(), order.end(), first) < std::find(order.begin(), order.end(), second);
}

} // namespace

TEST(DriverApiQueue, WithoutASeedInTheOrderOfAdding) {
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(orderOf(makeQueue(0), false), (std::vector<int>{1, 2, 3, 4}));
}

TEST(DriverApiQueue, ASeedDrawsAmongWhatIsIndependent) {
  std::set<std::vector<int>> free, tied;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const std::vector<int> order = orderOf(makeQueue(seed * 7919), false),
                           event = orderOf(makeQueue(seed * 104729), true);
    for (const auto &each : {order, event}) { // lanes keep their order
      EXPECT_TRUE(isBefore(each, 1, 2));
      EXPECT_TRUE(isBefore(each, 3, 4));
    }
    EXPECT_TRUE(isBefore(event, 1, 3));
    free.insert(order);
    tied.insert(event);
  }
  EXPECT_EQ(free.size(), 6u); // of 4! / (2! 2!)
  EXPECT_EQ(tied.size(), 3u);
}

TEST(DriverApiQueue, FaultsSkipWhatFollows) {
  Queue &queue = makeQueue(0);
  int group = 0, plain = 0, always = 0;
  const Queue::Lane lane = queue.addLane(&group, Queue::LaneKind::Blocking);
  queue.add({.run = [&] { queue.setFault({tessera::cuda::CUDA_ERROR_ASSERT, "what"}); }, .lane = lane});
  queue.add({.run = [&] { ++plain; }, .lane = lane, .ready = [] { return false; }}); // never ready, but skipped
  queue.add({.run = [&] { ++always; }, .lane = lane, .always = true});
  queue.waitForLane(lane);
  EXPECT_EQ(plain, 0);
  EXPECT_EQ(always, 1);
  EXPECT_EQ(queue.faultResult(), tessera::cuda::CUDA_ERROR_ASSERT);
  EXPECT_EQ(queue.takeFault()->report, "what");
  EXPECT_FALSE(queue.takeFault().has_value());
  queue.addAndWait({.run = [&] { ++plain; }, .lane = lane});
  EXPECT_EQ(plain, 1);
}
