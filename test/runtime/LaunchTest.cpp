// Launches that work: PTX text on the simulator.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestKernels.h"

#include <numeric>
#include <thread>

using namespace tessera;

namespace {

struct AddProblem {
  explicit AddProblem(const Device &device, int n, float start = 0)
      : x(n), y(n), deviceX(device, n), deviceY(device, n), deviceZ(device, n) {
    std::iota(x.begin(), x.end(), start);
    std::iota(y.begin(), y.end(), 100.25f);
    EXPECT_TRUE(deviceX.copyFrom(x));
    EXPECT_TRUE(deviceY.copyFrom(y));
    EXPECT_TRUE(deviceZ.rawBuffer().fillBytes(0xff));
  }
  std::vector<float> want() const {
    std::vector<float> sum(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      sum[i] = x[i] + y[i];
    return sum;
  }
  std::vector<float> x, y;
  Buffer<float> deviceX, deviceY, deviceZ;
};

} // namespace

TEST(LaunchTest, Adds) {
  const Device device = test::device();
  Expected<PtxModule> module = PtxModule::fromSource(device, test::kAdd, "add.ptx");
  ASSERT_TRUE(module) << module.error().text();
  EXPECT_EQ(module->target(), "sm_80");
  EXPECT_EQ(module->kernelNames(), std::vector<std::string>{"add"});
  Expected<PtxKernel> kernel = module->kernel();
  ASSERT_TRUE(kernel);
  AddProblem problem(device, 1000);
  Status launched = kernel->launch(Stream::defaultOf(device), {.grid = 8, .block = 128}, problem.deviceX,
                                   problem.deviceY, problem.deviceZ, 1000);
  ASSERT_TRUE(launched) << launched.error().text();
  EXPECT_EQ(*problem.deviceZ.toVector(), problem.want());
}

TEST(LaunchTest, RawPointersAndOffsets) {
  const Device device = test::device();
  Expected<PtxModule> module = PtxModule::fromSource(device, test::kAdd);
  Expected<PtxKernel> kernel = module->kernel("add");
  AddProblem problem(device, 100);
  ASSERT_TRUE(kernel->launch(Stream::defaultOf(device), {.grid = 1, .block = 64},
                             DevicePointer<float>(problem.deviceX, 10), problem.deviceY,
                             reinterpret_cast<float *>(problem.deviceZ.address()), 50u));
  const std::vector<float> z = *problem.deviceZ.toVector();
  for (std::size_t i = 0; i < 50; ++i)
    EXPECT_EQ(z[i], problem.x[i + 10] + problem.y[i]);
}

TEST(LaunchTest, BlockFromTheKernel) {
  const Device device = test::device();
  Expected<PtxModule> module = PtxModule::fromSource(device, test::kMany, "many.ptx");
  ASSERT_TRUE(module) << module.error().text();
  Expected<PtxKernel> kernel = module->kernel("scale");
  EXPECT_EQ(kernel->requiredBlock(), (std::array<unsigned, 3>{32, 1, 1}));
  Buffer<float> x(device, 32);
  ASSERT_TRUE(x.copyFrom(std::vector<float>(32, 3.0f)));
  ASSERT_TRUE(kernel->launch(Stream::defaultOf(device), {.grid = 1}, x, 2.0f));
  EXPECT_EQ(*x.toVector(), std::vector<float>(32, 6.0f));
}

TEST(LaunchTest, GlobalsAndResources) {
  const Device device = test::device();
  Expected<PtxModule> module = PtxModule::fromSource(device, test::kMany, "many.ptx");
  auto variable = module->global("counter");
  ASSERT_TRUE(variable) << variable.error().text();
  EXPECT_EQ(variable->second, 4u);
  EXPECT_EQ(module->global("nothing").error().text(), "no variable 'nothing' in 'many.ptx'");
  Expected<KernelResources> resources = module->kernel("large")->resources();
  ASSERT_TRUE(resources);
  EXPECT_EQ(resources->staticSharedBytes, 40000);
  EXPECT_EQ(module->kernel("narrow")->resources()->maxThreads, 64);
}

TEST(LaunchTest, DLPackTensors) {
  struct { // as DLTensor has them
    void *data;
    struct {
      std::uint8_t code, bits;
      std::uint16_t lanes;
    } dtype;
    std::uint64_t byte_offset;
  } tensor{};
  const Device device = test::device();
  Expected<PtxModule> module = PtxModule::fromSource(device, test::kAdd);
  AddProblem problem(device, 64);
  tensor.data = reinterpret_cast<void *>(problem.deviceX.address());
  tensor.dtype = {2, 32, 1};
  tensor.byte_offset = 16;
  ASSERT_TRUE(module->kernel()->launch(Stream::defaultOf(device), {.grid = 1, .block = 32}, tensor, problem.deviceY,
                                       problem.deviceZ, 32));
  EXPECT_EQ((*problem.deviceZ.toVector())[0], problem.x[4] + problem.y[0]);
}

// One kernel, many threads, a stream each.
TEST(LaunchTest, ThreadsShareAKernel) {
  const Device device = test::device();
  Expected<PtxModule> module = PtxModule::fromSource(device, test::kAdd);
  Expected<PtxKernel> kernel = module->kernel();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      Expected<Stream> stream = Stream::create(device);
      for (int round = 0; round < 5; ++round) {
        AddProblem problem(device, 300, float(t * 10 + round));
        good +=
            kernel->launch(*stream, {.grid = 3, .block = 128}, problem.deviceX, problem.deviceY, problem.deviceZ, 300)
                .ok() &&
            stream->synchronize().ok() && *problem.deviceZ.toVector() == problem.want();
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(good.load(), 20);
}

// The handles keep each other alive in any order of destruction.
TEST(LaunchTest, KernelOutlivesItsModule) {
  std::optional<PtxKernel> kernel;
  {
    Expected<PtxModule> module = PtxModule::fromSource(test::device(), test::kMany, "many.ptx");
    kernel = *module->kernel("narrow");
  }
  const Device device = test::device();
  EXPECT_TRUE(kernel->launch(Stream::defaultOf(device), {.grid = {2, 3, 4}, .block = {8, 8}}, nullptr));
  EXPECT_TRUE(device.synchronize());
}
