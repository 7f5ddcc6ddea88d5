// Devices, buffers, streams and events, on the simulator.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestKernels.h"

#include <numeric>
#include <thread>

using namespace tessera;

TEST(DeviceTest, LooksLikeAnH200) {
  const Device device = test::device();
  const DeviceProperties &known = device.properties();
  EXPECT_TRUE(device.isSimulator());
  EXPECT_EQ(device.name(), "Tessera simulator of an NVIDIA H200");
  EXPECT_EQ(device.spec(), "sim");
  EXPECT_EQ(device.target(), "sm_90a");
  EXPECT_EQ(known.multiprocessors, 132);
  EXPECT_EQ(known.sharedBytesPerBlockOptIn, 232448);
  EXPECT_TRUE(known.hasClusters);
}

TEST(DeviceTest, HandlesOfOneDeviceAreEqual) {
  EXPECT_EQ(test::device(), test::device());
  EXPECT_FALSE(test::device(0) == test::device(1));
  EXPECT_EQ(test::device(1).spec(), "sim:1");
}

TEST(DeviceTest, AllHasTheSimulatorLast) {
  test::device();
  const std::vector<Device> devices = Device::all();
  ASSERT_GE(devices.size(), 2u);
  EXPECT_TRUE(devices.back().isSimulator());
}

TEST(BufferTest, CopiesThereAndBack) {
  const Device device = test::device();
  std::vector<float> host(1000), back(1000);
  std::iota(host.begin(), host.end(), 0.5f);
  Buffer<float> buffer(device, host.size());
  ASSERT_TRUE(buffer.status());
  EXPECT_EQ(buffer.address() % 256, 0u);
  ASSERT_TRUE(buffer.copyFrom(host));
  ASSERT_TRUE(buffer.copyTo(back));
  EXPECT_EQ(back, host);
  ASSERT_TRUE(buffer.zero());
  EXPECT_EQ(*buffer.toVector(), std::vector<float>(1000));
}

TEST(BufferTest, MovesAndFrees) {
  const Device device = test::device();
  const std::size_t before = *device.freeMemory();
  {
    Buffer<int> first(device, 1 << 20);
    Buffer<int> second = std::move(first);
    EXPECT_EQ(first.status().error().text(), "the buffer was moved from");
    EXPECT_TRUE(second.status());
    EXPECT_LE(*device.freeMemory(), before - (std::size_t(4) << 20));
    ASSERT_TRUE(second.free());
    EXPECT_EQ(second.status().error().text(), "the buffer was freed");
    EXPECT_EQ(second.free().error().text(), "the buffer was freed");
  }
  EXPECT_EQ(*device.freeMemory(), before);
}

TEST(BufferTest, EmptyOnesAreUsable) {
  Buffer<float> buffer(test::device(), 0);
  EXPECT_TRUE(buffer.status());
  EXPECT_TRUE(buffer.copyFrom(std::span<const float>()));
  EXPECT_TRUE(buffer.toVector()->empty());
}

TEST(BufferTest, CopiesOnStreams) {
  const Device device = test::device();
  Expected<Stream> stream = Stream::create(device);
  ASSERT_TRUE(stream);
  std::vector<int> host(4096), back(4096);
  std::iota(host.begin(), host.end(), 7);
  Buffer<int> a(device, host.size()), b(device, host.size());
  ASSERT_TRUE(a.copyFrom(*stream, host));
  std::vector<int> expected = host;
  std::fill(host.begin(), host.end(), 0); // memory that is not pinned was read already
  ASSERT_TRUE(b.rawBuffer().copyFromDevice(*stream, a.rawBuffer()));
  ASSERT_TRUE(b.copyTo(*stream, back));
  ASSERT_TRUE(stream->synchronize());
  EXPECT_EQ(back, expected);
  EXPECT_TRUE(*stream->isIdle());
}

TEST(StreamTest, EventsOrderAndMeasure) {
  const Device device = test::device();
  Expected<Stream> first = Stream::create(device), second = Stream::create(device);
  Expected<Event> start = Event::create(device), end = Event::create(device);
  ASSERT_TRUE(first && second && start && end);
  Buffer<int> buffer(device, 1 << 20);
  ASSERT_TRUE(start->record(*first));
  ASSERT_TRUE(buffer.zero(*first));
  ASSERT_TRUE(end->record(*first));
  ASSERT_TRUE(second->wait(*end));
  ASSERT_TRUE(second->synchronize());
  Expected<float> elapsed = end->millisecondsSince(*start);
  ASSERT_TRUE(elapsed) << elapsed.error().text();
  EXPECT_GT(*elapsed, 0);
  EXPECT_LE(*start->millisecondsSince(*end), 0);
}

TEST(StreamTest, MovedFromStreamsSaySo) {
  Expected<Stream> stream = Stream::create(test::device());
  Stream other = std::move(*stream);
  EXPECT_EQ(stream->synchronize().error().text(), "the stream was moved from");
  EXPECT_TRUE(other.synchronize());
}

// The context of the caller is what it was after every call.
TEST(DeviceTest, ThreadsUseItAtOnce) {
  const Device device = test::device();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        std::vector<int> host(1000, i * 100 + round);
        Expected<Buffer<int>> buffer = Buffer<int>::from(device, host);
        good += buffer && *buffer->toVector() == host;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(good.load(), 160);
}
