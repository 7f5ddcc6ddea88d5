// GPUs' ceilings, and where a kernel's counts stand under them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Counts.h"

#include <algorithm>
#include <charconv>

namespace tessera {
namespace {

// Peaks by NVIDIA's data sheets and architecture white papers: at boost clock, dense, tensor cores with accumulation in
// float32 where the two differ. Columns: fp64, fp32, fp16 | tensor fp64, tf32, fp16 and bf16, fp8, int8.
constexpr Gpu kGpus[] = {
    // H200 and H100 SXM: Hopper architecture in depth; H200 data sheet.
    {"h200", "NVIDIA H200 SXM", 90, 132, 1.98, 4800, {0, 33.5, 66.9, 133.8, 66.9, 494.7, 989.4, 1978.9, 1978.9}},
    {"h100", "NVIDIA H100 SXM", 90, 132, 1.98, 3352, {0, 33.5, 66.9, 133.8, 66.9, 494.7, 989.4, 1978.9, 1978.9}},
    // A100 data sheet (SXM, 80 GB); A10 data sheet.
    {"a100", "NVIDIA A100 SXM 80GB", 80, 108, 1.41, 2039, {0, 9.7, 19.5, 78, 19.5, 156, 312, 0, 624}},
    {"a10", "NVIDIA A10", 86, 72, 1.695, 600, {0, 0.976, 31.2, 31.2, 0, 62.5, 125, 0, 250}},
    // L40S data sheet; Ada GPU architecture white paper.
    {"l40s", "NVIDIA L40S", 89, 142, 2.52, 864, {0, 1.43, 91.6, 91.6, 0, 183, 362, 733, 733}},
    {"rtx4090", "NVIDIA GeForce RTX 4090", 89, 128, 2.52, 1008, {0, 1.29, 82.6, 82.6, 0, 82.6, 165.2, 330.3, 660.6}},
    // HGX B200 data sheet, one GPU; RTX Blackwell architecture white paper.
    {"b200", "NVIDIA B200", 100, 148, 1.965, 8000, {0, 37, 75, 150, 37, 1125, 2250, 4500, 4500}},
    {"rtx5090", "NVIDIA GeForce RTX 5090", 120, 170, 2.407, 1792, {0, 1.64, 104.8, 104.8, 0, 104.8, 209.5, 419, 838}},
};

/// Warp instructions a multiprocessor issues in a cycle, and wavefronts that its shared memory serves.
constexpr double kIssuedPerCycle = 4, kWavefrontsPerCycle = 1;

} // namespace

std::span<const Gpu> knownGpus() { return kGpus; }

const Gpu *findGpu(std::string_view name) {
  const auto isSame = [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); };
  const auto *found = std::find_if(std::begin(kGpus), std::end(kGpus), [&](const Gpu &gpu) {
    return std::equal(gpu.name.begin(), gpu.name.end(), name.begin(), name.end(), isSame);
  });
  return found == std::end(kGpus) ? nullptr : found;
}

const Gpu *gpuOfTarget(std::string_view target) {
  unsigned capability = 0;
  if (!target.starts_with("sm_") ||
      std::from_chars(target.data() + 3, target.data() + target.size(), capability).ec != std::errc())
    return nullptr;
  const auto *found =
      std::find_if(std::begin(kGpus), std::end(kGpus), [&](const Gpu &gpu) { return gpu.capability == capability; });
  return found == std::end(kGpus) ? nullptr : found;
}

Roofline rooflineOf(const LaunchCounts &counts, const Gpu &gpu, std::span<const std::string> flopKinds) {
  Roofline result;
  // Blocks stay where they are: a grid of fewer blocks than multiprocessors leaves some without work.
  result.busy = unsigned(std::min<std::uint64_t>(counts.blocks(), gpu.multiprocessors));
  const double part = double(result.busy) / gpu.multiprocessors;
  const double cycles = result.busy * gpu.clockGigahertz * 1e9, bandwidth = gpu.memoryGigabytes * 1e9;
  result.bytes = double(counts.footprintRead + counts.footprintWritten);
  double longest = 0, peak = 0;
  for (std::size_t i = 0; i < flopKinds.size() && i < std::size(counts.totals.flops); ++i) {
    const auto flops = double(counts.totals.flops[i]);
    const double most = gpu.teraflops[i] * 1e12;
    if (flops == 0 || most == 0)
      continue;
    result.ceilings.push_back({flopKinds[i], flops, most * part});
    if (flops / most <= longest)
      continue;
    longest = flops / most;
    peak = most;
    result.unit = flopKinds[i];
    result.flops = flops;
  }
  result.ceilings.push_back({"memory", result.bytes, bandwidth});
  result.ceilings.push_back({"issue", double(counts.totals.warp_instructions), cycles * kIssuedPerCycle});
  if (counts.totals.shared_wavefronts)
    result.ceilings.push_back({"shared", double(counts.totals.shared_wavefronts), cycles * kWavefrontsPerCycle});
  std::sort(result.ceilings.begin(), result.ceilings.end(), [](const Ceiling &a, const Ceiling &b) {
    return a.seconds() != b.seconds() ? a.seconds() > b.seconds() : a.name < b.name;
  });
  if (result.unit.empty())
    return result;
  const double slowest = result.ceilings.front().seconds();
  result.intensity = result.bytes > 0 ? result.flops / result.bytes : 0;
  result.ridge = peak / bandwidth;
  result.attainable = result.flops / slowest;
  result.share = result.attainable / peak;
  return result;
}

} // namespace tessera
