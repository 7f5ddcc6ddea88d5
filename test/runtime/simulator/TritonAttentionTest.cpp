//===- TritonAttentionTest.cpp - Attention of Triton's --------------------===//
//
// Inputs/triton/attention-*.ptx: forward by pointers, by descriptors of the host and by descriptors made in the kernel,
// backward, and decoding over pages of keys.
//
// How the bounds come about (u = 2^-23, e = half a unit in the last place of the type that probabilities are rounded
// to, D terms a score): a score is off by (D + 2) u sum|q k|, its exponent by that times the scale and by u of its own
// size, the probability by ln 2 of that, relatively, by 2^-22 of the approximate power and by e of its rounding.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/TritonKernels.h"

#include <algorithm>

namespace tessera::sim {
namespace {

constexpr double U = 0x1p-23, Ln2 = 0.6931471805599453;

/// One head's scores in double, with how far off single precision may be.
struct Head {
  int length, d;
  bool causal;
  double scale; ///< of the power of two
  const double *q, *k, *v;

  int end(int i) const { return causal ? i + 1 : length; }
  /// The exponent of row i and key j, and the bound of the relative error of its power.
  double exponent(int i, int j, double &relative) const {
    double s = 0, size = 0;
    for (int x = 0; x < d; ++x) {
      s += q[i * d + x] * k[j * d + x];
      size += std::fabs(q[i * d + x] * k[j * d + x]);
    }
    relative = Ln2 * ((d + 2) * U * size * scale + 4 * U * std::fabs(s * scale)) + 0x1p-21;
    return s * scale;
  }
};

class TritonAttention : public TritonKernels {
protected:
  static constexpr float Scale = 0.125f * 1.44269504f;

  struct Inputs {
    int heads, length, d;
    std::vector<double> q, k, v;
    Head head(int h, bool causal, double scale) const {
      const size_t base = size_t(h) * length * d;
      return {length, d, causal, scale, q.data() + base, k.data() + base, v.data() + base};
    }
  };
  Inputs inputs(Number type, int heads, int length, int d) {
    const size_t count = size_t(heads) * length * d;
    return {heads, length, d, uniform(type, count, -2, 2), uniform(type, count, -2, 2), uniform(type, count)};
  }
  /// Expects row i of `out` (d wide) to be that of the attention, and *sum the logarithm of the row's sum.
  static void expectRow(const Head &head, int i, const double *out, const double *sum, Number probability,
                        Number result) {
    const int d = head.d, end = head.end(i);
    std::vector<double> p(end), off(end);
    double total = 0, most = -1e300, worst = 0;
    for (int j = 0; j < end; ++j) {
      most = std::max(most, p[j] = head.exponent(i, j, off[j]));
      worst = std::max(worst, off[j]);
    }
    for (int j = 0; j < end; ++j)
      total += p[j] = std::exp2(p[j] - most);
    worst += (end + 4) * U; // the running sum and its corrections: one step a key
    if (sum)
      ASSERT_NEAR(*sum, most + std::log2(total), worst / Ln2 + 4 * U * (std::fabs(most) + std::log2(total) + 1));
    for (int x = 0; x < d; ++x) {
      double expected = 0, size = 0, least = 0;
      for (int j = 0; j < end; ++j) {
        expected += p[j] * head.v[j * d + x] / total;
        size += p[j] * std::fabs(head.v[j * d + x]) / total;
        least += leastRoundingOf(probability) * std::fabs(head.v[j * d + x]);
      }
      const double bound = size * (2 * worst + roundingOf(probability)) + least;
      ASSERT_TRUE(near(result, out[x], expected, bound)) << x;
    }
  }
  static void expectAll(const Inputs &in, bool causal, const Buffer &out, const Buffer &sums, Number probability,
                        Number result) {
    const auto o = out.host(), s = sums.host();
    for (int row = 0; row < in.heads * in.length; ++row) {
      expectRow(in.head(row / in.length, causal, Scale), row % in.length, &o[size_t(row) * in.d], &s[row], probability,
                result);
      ASSERT_FALSE(HasFatalFailure()) << "row " << row;
    }
  }

  void byDescriptors(const std::string &name, Number type, Number result, int heads, int length, int d, int block,
                     bool causal, bool transposed = false) {
    repeat([&] {
      const Inputs in = inputs(type, heads, length, d);
      const int rows = heads * length;
      std::vector<double> v = in.v;
      if (transposed)
        for (int i = 0; i < rows; ++i)
          for (int x = 0; x < d; ++x)
            v[x * rows + i] = in.v[i * d + x];
      const Buffer dq = buffer(type, in.q), dk = buffer(type, in.k), dv = buffer(type, v);
      const Buffer out = poisoned(result, in.q.size()), sums = poisoned(Number::F32, rows);
      const auto tensor = [&](const Buffer &b) { return HostTensor(b, {rows, d}); };
      launchTriton(name, 90, {uint32_t(length / block), uint32_t(heads)}, tensor(dq), tensor(dk),
                   transposed ? HostTensor(dv, {d, rows}) : tensor(dv), tensor(out), sums, Scale, length);
      expectAll(in, causal, out, sums, type, result);
    });
  }

  void byPointers(const std::string &name, int heads, int length, bool causal) {
    repeat([&] {
      for (const int arch : {80, 90}) {
        const Inputs in = inputs(Number::F16, heads, length, 64);
        const Buffer dq = buffer(Number::F16, in.q), dk = buffer(Number::F16, in.k), dv = buffer(Number::F16, in.v);
        const Buffer out = poisoned(Number::F16, in.q.size()), sums = poisoned(Number::F32, size_t(heads) * length);
        launchTriton(name, arch, {uint32_t(length + 63) / 64, uint32_t(heads)}, dq, dk, dv, out, sums, Scale, heads,
                     length);
        expectAll(in, causal, out, sums, Number::F16, Number::F16);
      }
    });
  }
};

TEST_F(TritonAttention, Pointers) { byPointers("attention-pointers", 2, 150, true); }
TEST_F(TritonAttention, DescriptorsOfTheDevice) { byPointers("attention-device-full", 2, 150, false); }
TEST_F(TritonAttention, DescriptorsOfTheDeviceCausal) { byPointers("attention-device-causal", 2, 150, true); }
TEST_F(TritonAttention, DescriptorsOfTheHost) {
  byDescriptors("attention-described-full", Number::F16, Number::F16, 2, 128, 64, 64, false);
}
TEST_F(TritonAttention, DescriptorsOfTheHostCausal) {
  byDescriptors("attention-described-causal", Number::F16, Number::F16, 2, 192, 64, 64, true);
}
TEST_F(TritonAttention, WideHeadsOfBfloats) {
  byDescriptors("attention-described-wide", Number::BF16, Number::BF16, 1, 256, 128, 128, true);
}
// One group of warps copies, two share the products and the rest.
TEST_F(TritonAttention, SpecializedWarps) {
  byDescriptors("attention-specialized", Number::F16, Number::F16, 2, 192, 64, 64, false);
  byDescriptors("attention-specialized-wide", Number::F16, Number::F16, 1, 128, 128, 64, false);
}
TEST_F(TritonAttention, EightBitFloats) {
  byDescriptors("attention-described-e5m2", Number::E5M2, Number::F16, 2, 128, 64, 64, false, true);
}

class TritonAttentionBackward : public TritonAttention {
protected:
  /// What the backward kernels read, and the gradients in double.
  struct Backward {
    Inputs in;
    bool causal;
    std::vector<double> grad, sums, delta, dq, dk, dv, offQ, offK, offV;
  };

  Backward backward(int heads, int length, bool causal) {
    Backward b{inputs(Number::F16, heads, length, 64), causal, {}, {}, {}, {}, {}, {}, {}, {}, {}};
    const size_t count = b.in.q.size();
    b.grad = uniform(Number::F16, count);
    for (auto *list : {&b.dq, &b.dk, &b.dv, &b.offQ, &b.offK, &b.offV})
      list->assign(count, 0);
    for (int h = 0; h < heads; ++h)
      oneHead(b, h);
    return b;
  }

  static void oneHead(Backward &b, int h) {
    const Head head = b.in.head(h, b.causal, Scale);
    const int n = head.length, d = head.d;
    const size_t base = size_t(h) * n * d;
    const double *g = b.grad.data() + base, back = Scale * Ln2, half = 0x1p-11, least = 0x1p-25;
    std::vector<double> p(n), off(n), dp(n), dpOff(n);
    for (int i = 0; i < n; ++i) {
      double total = 0, most = -1e300;
      for (int j = 0; j < head.end(i); ++j)
        most = std::max(most, p[j] = head.exponent(i, j, off[j]));
      for (int j = 0; j < head.end(i); ++j)
        total += std::exp2(p[j] - most);
      const double row = static_cast<float>(most + std::log2(total));
      double delta = 0;
      for (int j = 0; j < head.end(i); ++j) {
        p[j] = std::exp2(p[j] - row);
        off[j] += Ln2 * 2 * U * std::fabs(row);
        dp[j] = dpOff[j] = 0;
        for (int x = 0; x < d; ++x) {
          dp[j] += head.v[j * d + x] * g[i * d + x];
          dpOff[j] += (d + 2) * U * std::fabs(head.v[j * d + x] * g[i * d + x]);
        }
        delta += p[j] * dp[j];
      }
      delta = static_cast<float>(delta);
      b.sums.push_back(row);
      b.delta.push_back(delta);
      for (int j = 0; j < head.end(i); ++j) {
        const double ds = p[j] * (dp[j] - delta), steps = (n + 4) * U;
        const double dsOff = std::fabs(ds) * (off[j] + half + 2 * U) + p[j] * (dpOff[j] + U * std::fabs(delta)) + least;
        const double pOff = p[j] * (off[j] + half) + least;
        for (int x = 0; x < d; ++x) {
          const size_t at = base + j * d + x, here = base + i * d + x;
          b.dv[at] += p[j] * g[i * d + x];
          b.offV[at] += (pOff + steps * p[j]) * std::fabs(g[i * d + x]);
          b.dk[at] += back * ds * head.q[i * d + x];
          b.offK[at] += back * (dsOff + steps * std::fabs(ds)) * std::fabs(head.q[i * d + x]);
          b.dq[here] += back * ds * head.k[j * d + x];
          b.offQ[here] += back * (dsOff + steps * std::fabs(ds)) * std::fabs(head.k[j * d + x]);
        }
      }
    }
  }

  static void expectGradient(const Buffer &got, const std::vector<double> &expected, const std::vector<double> &bound) {
    const auto values = got.host();
    for (size_t i = 0; i < values.size(); ++i)
      ASSERT_TRUE(near(Number::F16, values[i], expected[i], bound[i])) << i;
  }

  /// The device's copies of what the kernels read.
  struct Loaded {
    Buffer q, k, v, grad, sums, delta;
  };
  Loaded load(const Backward &b) {
    return {{memory, Number::F16, b.in.q}, {memory, Number::F16, b.in.k}, {memory, Number::F16, b.in.v},
            {memory, Number::F16, b.grad}, {memory, Number::F32, b.sums}, {memory, Number::F32, b.delta}};
  }

  void gradients(bool causal) {
    const std::string kind = causal ? "causal" : "full";
    repeat([&] {
      for (const int arch : {80, 90}) {
        const int heads = 2, length = 100;
        const Backward b = backward(heads, length, causal);
        const Loaded l = load(b);
        const Buffer dq = poisoned(Number::F16, b.grad.size()), dk = poisoned(Number::F16, b.grad.size()),
                     dv = poisoned(Number::F16, b.grad.size());
        launchTriton("attention-keys-" + kind, arch, {2, heads}, l.q, l.k, l.v, l.grad, l.sums, l.delta, dk, dv, Scale,
                     length);
        launchTriton("attention-queries-" + kind, arch, {2, heads}, l.q, l.k, l.v, l.grad, l.sums, l.delta, dq, Scale,
                     length);
        expectGradient(dv, b.dv, b.offV);
        expectGradient(dk, b.dk, b.offK);
        expectGradient(dq, b.dq, b.offQ);
      }
    });
  }
};

TEST_F(TritonAttentionBackward, Full) { gradients(false); }
TEST_F(TritonAttentionBackward, Causal) { gradients(true); }

TEST_F(TritonAttentionBackward, KeysByDescriptors) {
  repeat([&] {
    const int heads = 2, length = 128, rows = heads * length;
    const Backward b = backward(heads, length, true);
    const Loaded l = load(b);
    const Buffer dk = poisoned(Number::F16, b.grad.size()), dv = poisoned(Number::F16, b.grad.size());
    const auto tensor = [&](const Buffer &x) { return HostTensor(x, {rows, 64}); };
    launchTriton("attention-keys-described", 90, {2, heads}, tensor(l.q), tensor(l.k), tensor(l.v), tensor(l.grad),
                 l.sums, l.delta, tensor(dk), tensor(dv), Scale, length);
    expectGradient(dv, b.dv, b.offV);
    expectGradient(dk, b.dk, b.offK);
  });
}

TEST_F(TritonAttentionBackward, ProductsOfRows) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int rows = 70, d = 64;
      const auto out = uniform(Number::F16, rows * d), grad = uniform(Number::F16, rows * d);
      const Buffer o = buffer(Number::F16, out), g = buffer(Number::F16, grad), delta = poisoned(Number::F32, rows);
      launchTriton("attention-dots", arch, {3}, o, g, delta, rows);
      const auto got = delta.host();
      for (int i = 0; i < rows; ++i)
        expectProduct(
            1, 1, d, [&](int, int x) { return out[i * d + x]; }, [&](int x, int) { return grad[i * d + x]; },
            [&](int, int) { return got[i]; }, Number::F32);
    }
  });
}

TEST_F(TritonAttention, DecodingOverPages) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int sequences = 4, heads = 16, d = 64, page = 32, most = 16, parts = 4, pages = 40;
      const std::vector<double> lengths = {5, 100, 333, 512};
      const auto q = uniform(Number::F16, sequences * heads * d, -2, 2);
      const auto keys = uniform(Number::F16, pages * 2 * page * d, -2, 2);
      const auto table = whole(sequences * most, 0, pages - 1);
      const Buffer dq = buffer(Number::F16, q), dp = buffer(Number::F16, keys), dt = buffer(Number::I32, table),
                   dl = buffer(Number::I32, lengths), out = poisoned(Number::F16, q.size()),
                   part = poisoned(Number::F32, q.size() * parts),
                   sums = poisoned(Number::F32, size_t(sequences) * parts * heads * 2);
      launchTriton("attention-decode", arch, {sequences, parts}, dq, dp, dt, dl, part, sums, Scale);
      launchTriton("attention-join", arch, {sequences, heads}, part, sums, out);
      const auto o = out.host();
      for (int s = 0; s < sequences; ++s) {
        // The sequence's keys and values in order; each head's query is the one row that is compared.
        const int length = static_cast<int>(lengths[s]);
        std::vector<double> k(size_t(length) * d), v(k.size());
        for (int j = 0; j < length; ++j)
          for (int x = 0; x < d; ++x) {
            const auto at = static_cast<size_t>(table[s * most + j / page]) * 2 * page;
            k[size_t(j) * d + x] = keys[(at + j % page) * d + x];
            v[size_t(j) * d + x] = keys[(at + page + j % page) * d + x];
          }
        for (int h = 0; h < heads; ++h) {
          const size_t row = size_t(s * heads + h) * d;
          expectRow({length, d, false, Scale, q.data() + row, k.data(), v.data()}, 0, o.data() + row, nullptr,
                    Number::F16, Number::F16);
        }
      }
    }
  });
}

} // namespace
} // namespace tessera::sim
