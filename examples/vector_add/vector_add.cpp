// Adds vectors with vector_add.tile and compares with the sum in float64.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../common/Example.h"

using namespace example;

static bool run(const tessera::Device &device, const tessera::Module &module, const tessera::Stream &stream, int n) {
  constexpr int block = 1024;
  std::mt19937 generator(n);
  std::vector<float> x = randomVector<float>(n, generator), y = randomVector<float>(n, generator);
  auto deviceX = take(tessera::Buffer<float>::from(device, x));
  auto deviceY = take(tessera::Buffer<float>::from(device, y));
  auto out = poisoned<float>(device, n);

  auto kernel = take(module.kernel("vector_add", {{"BLOCK", block}}, {.numWarps = 4}));
  auto launch = [&] { check(kernel.launch(stream, {.grid = (n + block - 1) / block}, deviceX, deviceY, out, n)); };
  launch();

  std::vector<float> result = take(out.toVector());
  Comparison comparison;
  for (int i = 0; i != n; ++i) {
    double want = double(x[i]) + double(y[i]);
    comparison.add(result[i], want, roundoff<float>() * std::abs(want));
  }
  return printRow(device, "vector_add", "fp32 " + std::to_string(n), comparison, medianMilliseconds(device, launch));
}

int main() {
  tessera::Device device = take(tessera::Device::open());
  tessera::Module module = take(tessera::Module::load(device, kernelFile("vector_add.tile")));
  tessera::Stream stream = take(tessera::Stream::create(device));
  bool right = true;
  for (int n : {1, 1000, 98432, 1 << 20})
    right &= run(device, module, stream, n);
  return right ? 0 : 1;
}
