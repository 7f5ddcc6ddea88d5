// Matrix products with matmul.tile in f16, bf16, f32 and int8, of any shape, with transposed operands and with bias and
// GELU, compared with float64. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../common/Example.h"

using namespace example;

namespace {
struct Problem {
  int m, n, k;
  bool transposeA = false, transposeB = false;
  const char *epilogue = "none";
};

double gelu(double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }

template <typename In, typename Out>
bool run(const tessera::Device &device, const tessera::Module &module, const tessera::Stream &stream,
         const Problem &p) {
  std::mt19937 generator(p.m + p.n + p.k);
  std::vector<In> a = randomVector<In>(std::size_t(p.m) * p.k, generator),
                  b = randomVector<In>(std::size_t(p.k) * p.n, generator);
  std::vector<Out> bias = randomVector<Out>(p.n, generator);
  auto deviceA = take(tessera::Buffer<In>::from(device, a));
  auto deviceB = take(tessera::Buffer<In>::from(device, b));
  auto deviceBias = take(tessera::Buffer<Out>::from(device, bias));
  auto deviceC = poisoned<Out>(device, std::size_t(p.m) * p.n);

  // A transposed operand is the same memory with its strides exchanged.
  int aRow = p.transposeA ? 1 : p.k, aCol = p.transposeA ? p.m : 1;
  int bRow = p.transposeB ? 1 : p.n, bCol = p.transposeB ? p.k : 1;
  constexpr int blockM = 64, blockN = 64, blockK = 32, groupM = 8;
  auto kernel = take(module.kernel(
      "matmul",
      {{"BLOCK_M", blockM}, {"BLOCK_N", blockN}, {"BLOCK_K", blockK}, {"GROUP_M", groupM}, {"EPILOGUE", p.epilogue}},
      {.numWarps = 4, .numStages = 3}));
  int tiles = ((p.m + blockM - 1) / blockM) * ((p.n + blockN - 1) / blockN);
  auto launch = [&] {
    check(kernel.launch(stream, {.grid = tiles}, deviceA, deviceB, deviceC, deviceBias, p.m, p.n, p.k, aRow, aCol, bRow,
                        bCol, p.n, 1));
  };
  launch();

  std::vector<Out> c = take(deviceC.toVector());
  bool hasBias = std::string(p.epilogue) != "none", hasGelu = std::string(p.epilogue) == "bias_gelu";
  Comparison comparison;
  for (int i = 0; i != p.m; ++i) {
    for (int j = 0; j != p.n; ++j) {
      double sum = 0, magnitude = 0;
      for (int k = 0; k != p.k; ++k) {
        double product = toDouble(a[std::size_t(i) * aRow + std::size_t(k) * aCol]) *
                         toDouble(b[std::size_t(k) * bRow + std::size_t(j) * bCol]);
        sum += product;
        magnitude += std::abs(product);
      }
      double want = sum + (hasBias ? toDouble(bias[j]) : 0);
      // Integers are exact. Else each addition into the float32 accumulator rounds once; tensor cores may truncate,
      // which doubles it. GELU has a slope of at most 1.13 and adds a few roundings of its own.
      double bound = std::is_integral_v<In> ? 0 : 2 * (p.k + 4) * 0x1p-24 * (magnitude + 1);
      if (hasGelu) {
        want = gelu(want);
        bound = 1.13 * bound + 0x1p-21 * std::abs(sum);
      }
      bound += roundoff<Out>() * std::abs(want);
      comparison.add(toDouble(c[std::size_t(i) * p.n + j]), want, bound);
    }
  }
  std::string shape = std::string(typeName<In>()) + " " + std::to_string(p.m) + "x" + std::to_string(p.n) + "x" +
                      std::to_string(p.k) + (p.transposeA ? " A'" : "") + (p.transposeB ? " B'" : "") +
                      (hasBias ? std::string(" ") + p.epilogue : "");
  return printRow(device, "matmul", shape, comparison, medianMilliseconds(device, launch));
}
} // namespace

int main() {
  tessera::Device device = take(tessera::Device::open());
  tessera::Module module = take(tessera::Module::load(device, kernelFile("matmul.tile")));
  tessera::Stream stream = take(tessera::Stream::create(device));
  bool right = run<tessera::Half, tessera::Half>(device, module, stream, {256, 256, 256});
  right &= run<tessera::Half, tessera::Half>(device, module, stream, {100, 75, 203, false, true, "bias_gelu"});
  right &= run<tessera::BFloat16, tessera::BFloat16>(device, module, stream, {129, 131, 96, true, false, "bias"});
  right &= run<float, float>(device, module, stream, {128, 96, 160});
  right &= run<float, float>(device, module, stream, {33, 65, 47, true, true});
  right &= run<std::int8_t, std::int32_t>(device, module, stream, {128, 130, 192});
  return right ? 0 : 1;
}
