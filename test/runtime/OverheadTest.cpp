// What a launch costs of its own: over a driver that does nothing, no memory is allocated, and the time is a small part
// of a microsecond. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestKernels.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <dlfcn.h>
#include <new>

using namespace tessera;

static std::atomic<unsigned long> allocations{0};

void *operator new(std::size_t size) {
  ++allocations;
  if (void *memory = std::malloc(size))
    return memory;
  std::abort();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }

namespace {
Device fakeDevice() {
  setenv("TESSERA_SIMULATOR_PATH", TESSERA_FAKE_DRIVER, 1);
  Expected<Device> device = Device::open("sim");
  EXPECT_TRUE(device) << device.error().text();
  return *device;
}
} // namespace

TEST(Overhead, LaunchAllocatesNothing) {
  const Device device = fakeDevice();
  Expected<PtxModule> module = PtxModule::fromSource(device, test::kAdd);
  ASSERT_TRUE(module) << module.error().text();
  Expected<PtxKernel> kernel = module->kernel();
  Buffer<float> x(device, 64);
  const Stream stream = Stream::defaultOf(device);
  auto count = reinterpret_cast<unsigned long (*)()>(dlsym(dlopen(TESSERA_FAKE_DRIVER, RTLD_NOW), "fakeLaunches"));
  const unsigned long before = allocations, launchesBefore = count();
  constexpr int kLaunches = 100000;
  int good = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kLaunches; ++i)
    good += kernel->launch(stream, {.grid = 1, .block = 64}, x, x, x, 64).ok();
  const double ns =
      std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / kLaunches;
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_EQ(good, kLaunches);
  EXPECT_EQ(count() - launchesBefore, static_cast<unsigned long>(kLaunches));
  RecordProperty("nanoseconds_a_launch", std::to_string(ns));
  EXPECT_LT(ns, 1000) << "the goal of the runtime is less than a microsecond above the driver's call";
}

TEST(Overhead, OldDriversAreRefused) {
  testing::FLAGS_gtest_death_test_style = "threadsafe"; // a process loads its library once: this asks in another one
  EXPECT_EXIT(
      {
        setenv("TESSERA_SIMULATOR_PATH", TESSERA_OLD_DRIVER, 1);
        Expected<Device> device = Device::open("sim");
        std::fputs(device ? "opened" : device.error().text().c_str(), stderr);
        _exit(0);
      },
      testing::ExitedWithCode(0), "the CUDA driver is too old: it supports CUDA 11.8, at least 12.0 is needed");
}

TEST(Overhead, LibrariesThatAreNoDriverAreRefused) {
  testing::FLAGS_gtest_death_test_style = "threadsafe"; // a process loads its library once: this asks in another one
  EXPECT_EXIT(
      {
        setenv("TESSERA_SIMULATOR_PATH", "libm.so.6", 1);
        Expected<Device> device = Device::open("sim");
        std::fputs(device ? "opened" : device.error().text().c_str(), stderr);
        _exit(0);
      },
      testing::ExitedWithCode(0),
      "the CUDA driver 'libm.so.6' is too old or no driver at all: it lacks cuInit, cuDriverGetVersion");
}
