// Attention forward with attention.tile: causal or not, several head dimensions, any sequence length, grouped-query
// heads; compared with float64. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../common/Example.h"

#include <bit>

using namespace example;

namespace {
struct Problem {
  int batch, heads, group, queries, keys, dim;
  bool causal;
};

template <typename T>
bool run(const tessera::Device &device, const tessera::Module &module, const tessera::Stream &stream,
         const Problem &p) {
  std::mt19937 generator(p.queries + p.keys);
  int kvHeads = p.heads / p.group;
  std::size_t qCount = std::size_t(p.batch) * p.heads * p.queries * p.dim,
              kvCount = std::size_t(p.batch) * kvHeads * p.keys * p.dim;
  std::vector<T> q = randomVector<T>(qCount, generator), k = randomVector<T>(kvCount, generator),
                 v = randomVector<T>(kvCount, generator);
  auto deviceQ = take(tessera::Buffer<T>::from(device, q));
  auto deviceK = take(tessera::Buffer<T>::from(device, k));
  auto deviceV = take(tessera::Buffer<T>::from(device, v));
  auto deviceO = poisoned<T>(device, qCount);

  // Wide heads leave registers for shorter blocks of keys only.
  const int blockM = 64, blockN = p.dim > 64 ? 32 : 64;
  float scale = 1 / std::sqrt(float(p.dim));
  auto kernel = take(module.kernel("attention",
                                   {{"HEAD_DIM", p.dim},
                                    {"BLOCK_D", int(std::bit_ceil(unsigned(p.dim)))},
                                    {"BLOCK_M", blockM},
                                    {"BLOCK_N", blockN},
                                    {"GROUP", p.group},
                                    {"CAUSAL", p.causal}},
                                   {.numWarps = 4, .numStages = 2}));
  int qHead = p.queries * p.dim, kvHead = p.keys * p.dim;
  auto launch = [&] {
    check(kernel.launch(stream, {.grid = {(p.queries + blockM - 1) / blockM, p.batch * p.heads}}, deviceO, deviceQ,
                        deviceK, deviceV, scale, p.heads, p.queries, p.keys, p.heads * qHead, qHead, p.dim,
                        p.heads * qHead, qHead, p.dim, kvHeads * kvHead, kvHead, p.dim, kvHeads * kvHead, kvHead,
                        p.dim));
  };
  launch();

  std::vector<T> o = take(deviceO.toVector());
  Comparison comparison;
  std::vector<double> score(p.keys);
  for (int bh = 0; bh != p.batch * p.heads; ++bh) {
    std::size_t kv = std::size_t((bh / p.heads) * kvHeads + (bh % p.heads) / p.group) * kvHead;
    for (int i = 0; i != p.queries; ++i) {
      const T *row = q.data() + std::size_t(bh) * qHead + std::size_t(i) * p.dim;
      int visible = p.causal ? std::min(p.keys, i + 1 + p.keys - p.queries) : p.keys;
      double max = -std::numeric_limits<double>::infinity(), sum = 0, roughest = 0;
      for (int j = 0; j < visible; ++j) {
        double dot = 0, magnitude = 0;
        for (int d = 0; d != p.dim; ++d) {
          double product = toDouble(row[d]) * toDouble(k[kv + std::size_t(j) * p.dim + d]);
          dot += product;
          magnitude += std::abs(product);
        }
        score[j] = dot * scale;
        roughest = std::max(roughest, magnitude * scale);
        max = std::max(max, score[j]);
      }
      for (int j = 0; j < visible; ++j)
        sum += std::exp(score[j] - max);
      for (int d = 0; d != p.dim; ++d) {
        double want = 0, magnitude = 0;
        for (int j = 0; j < visible; ++j) {
          double term = std::exp(score[j] - max) / sum * toDouble(v[kv + std::size_t(j) * p.dim + d]);
          want += term;
          magnitude += std::abs(term);
        }
        // A score is off by 2 (dim + 4) float32 roundings of its terms, and so, relatively, is its exponential; the
        // probabilities are rounded to T before the second product and the sum of keys + 64 terms rounds in float32;
        // the result is rounded to T.
        double relative = 4 * (p.dim + 8) * 0x1p-24 * (roughest + 1) + roundoff<T>() + 2 * (p.keys + 64) * 0x1p-24;
        comparison.add(toDouble(o[std::size_t(bh) * qHead + std::size_t(i) * p.dim + d]), want,
                       relative * magnitude + roundoff<T>() * std::abs(want) + 0x1p-25);
      }
    }
  }
  std::string shape = std::string(typeName<T>()) + " " + std::to_string(p.batch) + "x" + std::to_string(p.heads) + "/" +
                      std::to_string(p.group) + "x" + std::to_string(p.queries) + "x" + std::to_string(p.keys) + "x" +
                      std::to_string(p.dim) + (p.causal ? " causal" : "");
  return printRow(device, "attention", shape, comparison, medianMilliseconds(device, launch));
}
} // namespace

int main() {
  tessera::Device device = take(tessera::Device::open());
  tessera::Module module = take(tessera::Module::load(device, kernelFile("attention.tile")));
  tessera::Stream stream = take(tessera::Stream::create(device));
  bool right = run<tessera::Half>(device, module, stream, {1, 2, 1, 256, 256, 64, false});
  right &= run<tessera::Half>(device, module, stream, {1, 2, 1, 256, 256, 64, true});
  right &= run<tessera::BFloat16>(device, module, stream, {2, 4, 2, 77, 77, 32, true});
  right &= run<tessera::Half>(device, module, stream, {1, 4, 4, 50, 190, 128, true});
  right &= run<tessera::BFloat16>(device, module, stream, {1, 2, 1, 65, 129, 80, false});
  return right ? 0 : 1;
}
