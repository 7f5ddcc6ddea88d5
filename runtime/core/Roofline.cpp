// GPUs' ceilings, and where a kernel's counts stand under them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Counts.h"

#include <algorithm>
#include <charconv>

namespace tessera {
namespace {

// Peaks by NVIDIA's data sheets and architecture white papers: at boost clock, dense, tensor cores with accumulation in
// float32 where the two differ. Columns: fp64, fp32, fp16 | tensor fp64, tf32, fp16 and bf16, fp8, int8. Where a data
// sheet has none for fp64 or for fp16 outside tensor cores it is the fp32 figure times the ratio of results a cycle in
// the CUDA C++ Programming Guide's table of arithmetic instructions: 2 to 128 in fp64 for 8.6, 8.9 and 12.0.
constexpr Gpu kGpus[] = {
    // "NVIDIA H200 Tensor Core GPU" data sheet, SXM; figures to a decimal: "NVIDIA H100 Tensor Core GPU Architecture"
    // white paper, performance specifications of the same chip.
    {"h200", "NVIDIA H200 SXM", 90, 132, 1.98, 4800, {0, 33.5, 66.9, 133.8, 66.9, 494.7, 989.4, 1978.9, 1978.9}},
    // "NVIDIA H100 Tensor Core GPU Architecture" white paper, H100 SXM5.
    {"h100", "NVIDIA H100 SXM", 90, 132, 1.98, 3352, {0, 33.5, 66.9, 133.8, 66.9, 494.7, 989.4, 1978.9, 1978.9}},
    // "NVIDIA A100 Tensor Core GPU" data sheet, 80GB SXM; fp16: "NVIDIA A100 Tensor Core GPU Architecture" white paper.
    {"a100", "NVIDIA A100 SXM 80GB", 80, 108, 1.41, 2039, {0, 9.7, 19.5, 78, 19.5, 156, 312, 0, 624}},
    // "NVIDIA A10 Tensor Core GPU" data sheet; fp64 and fp16 by the guide's ratios.
    {"a10", "NVIDIA A10", 86, 72, 1.695, 600, {0, 0.488, 31.2, 31.2, 0, 62.5, 125, 0, 250}},
    // "NVIDIA L40S" data sheet; fp64 and fp16 by the guide's ratios.
    {"l40s", "NVIDIA L40S", 89, 142, 2.52, 864, {0, 1.43, 91.6, 91.6, 0, 183, 362, 733, 733}},
    // "NVIDIA Ada GPU Architecture" white paper, GeForce RTX 4090.
    {"rtx4090", "NVIDIA GeForce RTX 4090", 89, 128, 2.52, 1008, {0, 1.29, 82.6, 82.6, 0, 82.6, 165.2, 330.3, 660.6}},
    // "NVIDIA HGX B200" data sheet, one GPU of its eight, without sparsity; fp16 by the guide's ratio, 256 to 128.
    {"b200", "NVIDIA B200", 100, 148, 1.965, 8000, {0, 37, 75, 150, 37, 1125, 2250, 4500, 4500}},
    // "NVIDIA RTX PRO 6000 Blackwell Workstation Edition" data sheet: fp32, memory, and 4000 sparse fp4 operations, of
    // which fp8 and int8 are a quarter, fp16 an eighth and tf32 a sixteenth in dense operations ("NVIDIA RTX Blackwell
    // GPU Architecture" white paper).
    {"rtxpro6000", "NVIDIA RTX PRO 6000", 120, 188, 2.617, 1792, {0, 1.95, 125, 125, 0, 250, 500, 1000, 1000}},
    // "NVIDIA RTX Blackwell GPU Architecture" white paper, GeForce RTX 5090.
    {"rtx5090", "NVIDIA GeForce RTX 5090", 120, 170, 2.407, 1792, {0, 1.64, 104.8, 104.8, 0, 104.8, 209.5, 419, 838}},
};

/// What each kind of operations is in, by the simulator's names of them.
struct Precision {
  std::string_view kind, text;
};
constexpr Precision kPrecisions[] = {
    {"fp64", "float64"},
    {"fp32", "float32"},
    {"fp16", "float16 and bfloat16"},
    {"tensor_fp64", "float64 on tensor cores"},
    {"tensor_tf32", "tf32 on tensor cores"},
    {"tensor_fp16", "float16 and bfloat16 on tensor cores"},
    {"tensor_fp8", "fp8 on tensor cores"},
    {"tensor_int8", "int8 on tensor cores"},
};

/// In small letters, without blanks, hyphens and the maker's words.
std::string plainly(std::string_view name) {
  std::string plain;
  for (const char c : name)
    if (c != ' ' && c != '-' && c != '_')
      plain += c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
  for (const std::string_view word : {"nvidia", "geforce"})
    if (plain.starts_with(word))
      plain.erase(0, word.size());
  return plain;
}

/// Warp instructions a multiprocessor issues in a cycle, and wavefronts that its shared memory serves.
constexpr double kIssuedPerCycle = 4, kWavefrontsPerCycle = 1;

} // namespace

std::span<const Gpu> knownGpus() { return kGpus; }

const Gpu *findGpu(std::string_view name) {
  const std::string plain = plainly(name);
  const auto *found = std::find_if(std::begin(kGpus), std::end(kGpus),
                                   [&](const Gpu &gpu) { return gpu.name == plain || plainly(gpu.title) == plain; });
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

std::string_view precisionOf(std::string_view flopKind) {
  const auto *found = std::find_if(std::begin(kPrecisions), std::end(kPrecisions),
                                   [&](const Precision &precision) { return precision.kind == flopKind; });
  return found == std::end(kPrecisions) ? flopKind : found->text;
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
    if (flops == 0)
      continue;
    if (most == 0) {
      result.unrated.push_back(flopKinds[i]);
      continue;
    }
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
  result.peak = peak;
  result.ridge = peak / bandwidth;
  result.attainable = result.flops / slowest;
  result.share = result.attainable / peak;
  return result;
}

} // namespace tessera
