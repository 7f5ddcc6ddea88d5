// Counts of launches through the runtime, as a program would ask for them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestKernels.h"

#include <algorithm>
#include <map>

using namespace tessera;

namespace {

/// One launch of the vector addition over `n` elements, 128 a block.
Status add(const Device &device, int n) {
  Expected<PtxModule> module = PtxModule::fromSource(device, test::kAdd, "add.ptx");
  if (!module)
    return module.takeError();
  Expected<PtxKernel> kernel = module->kernel("add");
  if (!kernel)
    return kernel.takeError();
  Buffer<float> x(device, n), y(device, n), z(device, n);
  if (Status launched = kernel->launch(Stream::defaultOf(device), {.grid = (n + 127) / 128, .block = 128}, x, y, z, n);
      !launched)
    return launched;
  return device.synchronize();
}

std::uint64_t classOf(const Device &device, const LaunchCounts &counts, const char *name) {
  const std::vector<std::string> names = instructionClassNames(device);
  return counts.totals.classes[std::find(names.begin(), names.end(), name) - names.begin()];
}

} // namespace

TEST(CountsTest, LaunchesAreCountedWhileAsked) {
  const Device device = test::device();
  Expected<LaunchCounts> none = lastCounts(device);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().text(), "no launch has been counted");
  ASSERT_TRUE(add(device, 1000));
  EXPECT_FALSE(lastCounts(device));

  ASSERT_TRUE(countLaunches(device, true));
  ASSERT_TRUE(add(device, 1000));
  ASSERT_TRUE(countLaunches(device, false));
  ASSERT_TRUE(add(device, 64));
  Expected<LaunchCounts> counts = lastCounts(device);
  ASSERT_TRUE(counts) << counts.error().text();
  EXPECT_EQ(counts->kernel, "add");
  EXPECT_EQ(counts->target, "sm_80");
  EXPECT_EQ(counts->blocks(), 8u);
  EXPECT_EQ(counts->threads(), 128u);
  EXPECT_EQ(counts->totals.global_sectors, 3u * 125);
  EXPECT_EQ(counts->totals.global_sectors_least, 3u * 125);
  EXPECT_EQ(counts->totals.global_bytes, 12000u);
  EXPECT_EQ(counts->footprintRead, 8000u);
  EXPECT_EQ(counts->footprintWritten, 4000u);
  EXPECT_EQ(classOf(device, *counts, "global_load"), 64u);
  EXPECT_EQ(classOf(device, *counts, "fma"), 32u);
  std::uint64_t instructions = 0, bytes = 0;
  for (const LineCounts &line : counts->lines) {
    EXPECT_EQ(line.file, ""); // the text has no .loc
    instructions += line.counts.warp_instructions;
    bytes += line.counts.global_bytes;
  }
  EXPECT_EQ(instructions, counts->totals.warp_instructions);
  EXPECT_EQ(bytes, counts->totals.global_bytes);
  EXPECT_TRUE(counts->sharedAccesses.empty());
}

TEST(CountsTest, OccupancyOfALaunch) {
  const Device device = test::device();
  LaunchCounts counts;
  counts.block = {128, 1, 1};
  counts.registers = 40;
  counts.staticShared = 20 * 1024;
  Expected<Occupancy> occupancy = occupancyOn(device, counts, *findGpu("h200"));
  ASSERT_TRUE(occupancy);
  EXPECT_EQ(occupancy->blocks, 10u);
  EXPECT_EQ(occupancy->warps, 40u);
  EXPECT_EQ(occupancy->maximumWarps, 64u);
  EXPECT_EQ(occupancy->limit, "shared memory");
  Gpu unknown = *findGpu("h200");
  unknown.capability = 35;
  unknown.name = "k40";
  Expected<Occupancy> refused = occupancyOn(device, counts, unknown);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(), "the limits of a multiprocessor of 'k40' are not known");
}

TEST(CountsTest, GpusByNameAndTarget) {
  EXPECT_EQ(gpuOfTarget("sm_90a")->name, "h200");
  EXPECT_EQ(gpuOfTarget("sm_80")->name, "a100");
  EXPECT_EQ(gpuOfTarget("sm_75"), nullptr);
  EXPECT_EQ(gpuOfTarget("x86"), nullptr);
  for (const Gpu &gpu : knownGpus()) {
    EXPECT_EQ(findGpu(gpu.name), &gpu);
    EXPECT_EQ(findGpu(gpu.title), &gpu);
  }
  EXPECT_EQ(findGpu("A100"), findGpu("a100"));
  EXPECT_EQ(findGpu("RTX 4090"), findGpu("rtx4090"));
  EXPECT_EQ(findGpu("h100-sxm"), findGpu("h100"));
  EXPECT_EQ(findGpu("h10"), nullptr);
  EXPECT_EQ(findGpu(""), nullptr);
}

TEST(RooflineTest, TheSlowestCeilingIsTheBound) {
  const Device device = test::device();
  const std::vector<std::string> kinds = flopKindNames(device);
  const auto fp16 = std::size_t(std::find(kinds.begin(), kinds.end(), "tensor_fp16") - kinds.begin());
  ASSERT_LT(fp16, kinds.size());
  const Gpu &a100 = *findGpu("a100");
  LaunchCounts counts;
  counts.grid = {1080, 1, 1};
  counts.totals.flops[fp16] = 312'000'000'000;                    // 1 ms
  counts.footprintRead = counts.footprintWritten = 1'019'500'000; // 0.5 ms each
  counts.totals.warp_instructions = 1000;
  Roofline roofline = rooflineOf(counts, a100, kinds);
  EXPECT_EQ(roofline.unit, "tensor_fp16");
  EXPECT_NEAR(roofline.intensity, 312e9 / 2039e6, 1e-9);
  EXPECT_NEAR(roofline.ridge, 312e12 / 2039e9, 1e-9);
  EXPECT_NEAR(roofline.attainable, 312e12, 1);
  EXPECT_NEAR(roofline.share, 1, 1e-12);
  EXPECT_EQ(roofline.busy, 108u);

  counts.footprintRead *= 3; // memory takes twice as long as the tensor cores
  roofline = rooflineOf(counts, a100, kinds);
  EXPECT_EQ(roofline.bound(), "memory");
  EXPECT_NEAR(roofline.share, 0.5, 1e-12);

  counts.grid = {27, 1, 1}; // a quarter of the multiprocessors: their tensor cores take four times as long
  roofline = rooflineOf(counts, a100, kinds);
  EXPECT_EQ(roofline.bound(), "tensor_fp16");
  EXPECT_NEAR(roofline.share, 0.25, 1e-12);

  counts.totals.flops[fp16] = 0;
  counts.totals.shared_wavefronts = 27ull * 1'410'000'000; // a second
  roofline = rooflineOf(counts, a100, kinds);
  EXPECT_EQ(roofline.bound(), "shared");
  EXPECT_NEAR(roofline.ceilings.front().seconds(), 1, 1e-12);
  EXPECT_TRUE(roofline.unit.empty());
}

TEST(RooflineTest, OperationsWithoutAFigureAreNamed) {
  const Device device = test::device();
  const std::vector<std::string> kinds = flopKindNames(device);
  LaunchCounts counts;
  counts.grid = {1, 1, 1};
  counts.totals.warp_instructions = 1;
  for (std::size_t i = 1; i < kinds.size(); ++i) {
    counts.totals.flops[i] = 1000;
    EXPECT_NE(precisionOf(kinds[i]), kinds[i]);
  }
  const Roofline roofline = rooflineOf(counts, *findGpu("a100"), kinds);
  EXPECT_EQ(roofline.unrated, std::vector<std::string>{"tensor_fp8"});
  EXPECT_EQ(roofline.unit, "fp64"); // the slowest of them
  EXPECT_NEAR(roofline.peak, 9.7e12, 1);
  EXPECT_TRUE(rooflineOf(counts, *findGpu("h200"), kinds).unrated.empty());
}

// The table against itself: what a multiprocessor does in a cycle is a whole number, and the same for two GPUs of one
// compute capability. Programming guide: fused multiply-adds in float64 and float32. Figures of two digits (37) are
// within 0.5 / 37 of the product.
TEST(RooflineTest, PeaksAreThoseOfTheirMultiprocessors) {
  const Device device = test::device();
  const std::vector<std::string> kinds = flopKindNames(device);
  const auto fp64 = std::size_t(std::find(kinds.begin(), kinds.end(), "fp64") - kinds.begin());
  const auto fp32 = std::size_t(std::find(kinds.begin(), kinds.end(), "fp32") - kinds.begin());
  const std::map<unsigned, std::pair<double, double>> aCycle = {{80, {32, 64}},  {86, {2, 128}},   {89, {2, 128}},
                                                                {90, {64, 128}}, {100, {64, 128}}, {120, {2, 128}}};
  for (const Gpu &gpu : knownGpus()) {
    const double cycles = gpu.multiprocessors * gpu.clockGigahertz * 1e9;
    const auto [doubles, floats] = aCycle.at(gpu.capability);
    EXPECT_NEAR(gpu.teraflops[fp64] * 1e12 / 2 / cycles / doubles, 1, 0.5 / 37) << gpu.name;
    EXPECT_NEAR(gpu.teraflops[fp32] * 1e12 / 2 / cycles / floats, 1, 0.5 / 37) << gpu.name;
  }
}
