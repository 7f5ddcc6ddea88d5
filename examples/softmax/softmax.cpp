// Softmax over the rows of matrices of several types and widths with softmax.tile, compared with float64.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../common/Example.h"

#include <bit>

using namespace example;

// Rows up to this length are kept in registers; longer ones are walked block by block.
static constexpr int largestBlock = 8192;

template <typename T>
static bool run(const tessera::Device &device, const tessera::Module &module, const tessera::Stream &stream, int rows,
                int cols) {
  std::mt19937 generator(cols);
  std::vector<T> x = randomVector<T>(std::size_t(rows) * cols, generator);
  auto deviceX = take(tessera::Buffer<T>::from(device, x));
  auto deviceY = poisoned<T>(device, x.size());

  bool fits = cols <= largestBlock;
  int block = fits ? int(std::bit_ceil(unsigned(cols))) : 4096;
  int warps = std::clamp(block / 256, 1, 8);
  auto kernel = take(module.kernel(fits ? "softmax" : "softmax_online", {{"BLOCK", block}}, {.numWarps = warps}));
  auto launch = [&] { check(kernel.launch(stream, {.grid = rows}, deviceY, deviceX, cols, cols, cols)); };
  launch();

  std::vector<T> result = take(deviceY.toVector());
  Comparison comparison;
  for (int row = 0; row != rows; ++row) {
    const T *in = x.data() + std::size_t(row) * cols;
    double max = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int col = 0; col != cols; ++col)
      max = std::max(max, toDouble(in[col]));
    for (int col = 0; col != cols; ++col)
      sum += std::exp(toDouble(in[col]) - max);
    for (int col = 0; col != cols; ++col) {
      double want = std::exp(toDouble(in[col]) - max) / sum;
      // Each exponential: 2 ulp of the hardware's exp2, and the rounding of its argument (at most |x| * log2(e) ulp);
      // the sum adds one rounding a level of its tree, the division 2 ulp; the result is rounded to T (in fp16 below
      // 2^-14 absolutely).
      double exponent = 2 * std::abs(toDouble(in[col]) - max) + 4;
      double bound = want * (0x1p-23 * (2 * exponent + 32) + roundoff<T>()) + (sizeof(T) == 2 ? 0x1p-25 : 0x1p-126);
      comparison.add(toDouble(result[std::size_t(row) * cols + col]), want, bound);
    }
  }
  std::string shape = std::string(typeName<T>()) + " " + std::to_string(rows) + " x " + std::to_string(cols);
  return printRow(device, fits ? "softmax" : "softmax_online", shape, comparison, medianMilliseconds(device, launch));
}

int main() {
  tessera::Device device = take(tessera::Device::open());
  tessera::Module module = take(tessera::Module::load(device, kernelFile("softmax.tile")));
  tessera::Stream stream = take(tessera::Stream::create(device));
  bool right = run<float>(device, module, stream, 64, 1024);
  right &= run<float>(device, module, stream, 37, 781);
  right &= run<tessera::Half>(device, module, stream, 33, 4000);
  right &= run<tessera::BFloat16>(device, module, stream, 16, 2048);
  right &= run<float>(device, module, stream, 3, 1);
  right &= run<float>(device, module, stream, 5, 20011);
  return right ? 0 : 1;
}
