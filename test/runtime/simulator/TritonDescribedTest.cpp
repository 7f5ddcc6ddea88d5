//===- TritonDescribedTest.cpp - Products of Triton's, by descriptors -----===//
//
// Inputs/triton/*.ptx of matmul.py whose operands come by tensor descriptors of the host or made in the kernel: TMA
// into wgmma on sm_90a, plain accesses on sm_80. And Inputs/triton/hopper-*.ptx, in Gluon, where the barriers, the
// parts of warps and the rings of buffers are written down.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/TritonKernels.h"

namespace tessera::sim {
namespace {

uint32_t tiles(int value, int by) { return static_cast<uint32_t>((value + by - 1) / by); }

class TritonDescribed : public TritonKernels {
protected:
  /// A product whose tiles overhang: rows of a, of b (n by k, or k by n) and of c are `spare` elements longer than is
  /// said.
  struct Product {
    int m, n, k;
    Number type, result;
    bool transposed = true; ///< b is n by k
    int spare = 16;
  };

  struct Operands {
    Product p;
    std::vector<double> a, b;
    Buffer da, db, dc;
    int sa, sb, sc;
    HostTensor tensorA() const { return {da, {p.m, p.k}, {sa, 1}}; }
    HostTensor tensorB() const {
      return p.transposed ? HostTensor(db, {p.n, p.k}, {sb, 1}) : HostTensor(db, {p.k, p.n}, {sb, 1});
    }
    HostTensor tensorC() const { return {dc, {p.m, p.n}, {sc, 1}}; }
  };

  Operands operands(const Product &p) {
    const auto stride = [&](int length) { return (length + 15) / 16 * 16 + p.spare; };
    const int sa = stride(p.k), sb = stride(p.transposed ? p.k : p.n), sc = stride(p.n);
    const auto values = [&](int count) {
      return p.type == Number::I8 ? whole(count, -128, 127) : uniform(p.type, count);
    };
    const auto a = values(p.m * sa), b = values(sb * (p.transposed ? p.n : p.k));
    return {p, a, b, {memory, p.type, a}, {memory, p.type, b}, {memory, p.result, size_t(p.m) * sc}, sa, sb, sc};
  }

  static void expectProductOf(const Operands &o) {
    const auto c = o.dc.host();
    const auto &p = o.p;
    expectProduct(
        p.m, p.n, p.k, rowsOf(o.a, o.sa), [&](int x, int j) { return o.b[p.transposed ? j * o.sb + x : x * o.sb + j]; },
        rowsOf(c, o.sc), p.result, p.type == Number::I8 ? 0 : 0x1p-23);
    for (int i = 0; i < p.m; ++i)
      ASSERT_TRUE(o.dc.untouched(size_t(i) * o.sc + p.n, o.sc - p.n)) << "row " << i;
  }

  void described(const std::string &name, const Product &product, int bm, int bn,
                 std::initializer_list<int> architectures = {90}) {
    repeat([&] {
      for (const int arch : architectures) {
        const Operands o = operands(product);
        launchTriton(name, arch, {tiles(product.m, bm) * tiles(product.n, bn)}, o.tensorA(), o.tensorB(), o.tensorC(),
                     product.m, product.n, product.k);
        expectProductOf(o);
      }
    });
  }
  /// Programs that walk over the tiles.
  void persistent(const std::string &name, std::initializer_list<int> architectures) {
    repeat([&] {
      for (const int arch : architectures) {
        const Operands o = operands({150, 144, 176, Number::F16, Number::F16});
        launchTriton("persistent-described-" + name, arch, {4}, o.tensorA(), o.tensorB(), o.tensorC(), 150, 144, 176);
        expectProductOf(o);
      }
    });
  }
};

TEST_F(TritonDescribed, HalvesInThreeStages) {
  described("described-f16-3-stages", {100, 80, 150, Number::F16, Number::F16, false}, 64, 64, {80, 90});
}
TEST_F(TritonDescribed, BfloatsInFourStages) {
  described("described-bf16-4-stages", {70, 150, 170, Number::BF16, Number::BF16}, 64, 128);
}
TEST_F(TritonDescribed, Tf32) { described("described-tf32", {70, 70, 75, Number::TF32, Number::F32}, 64, 64); }
TEST_F(TritonDescribed, Bytes) { described("described-i8", {100, 70, 300, Number::I8, Number::I32}, 64, 64); }
TEST_F(TritonDescribed, NarrowTiles) {
  described("described-f16-narrow", {70, 40, 50, Number::F16, Number::F16}, 64, 16);
}
TEST_F(TritonDescribed, EightBitFloats) {
  described("described-e4m3", {70, 70, 300, Number::E4M3, Number::F16}, 64, 64);
  described("described-e5m2", {70, 70, 300, Number::E5M2, Number::BF16}, 64, 64);
}
TEST_F(TritonDescribed, EightWarps) {
  described("described-f16-8-warps", {140, 270, 260, Number::F16, Number::F16}, 128, 256);
}
TEST_F(TritonDescribed, ClustersOfTwo) {
  described("described-f16-cluster", {140, 150, 200, Number::F16, Number::F16}, 128, 128);
}

TEST_F(TritonDescribed, Persistent) { persistent("plain", {90}); }
TEST_F(TritonDescribed, PersistentFlattened) { persistent("flat", {80, 90}); }
// One warp group copies, the others multiply: setmaxnreg, named barriers, mbarriers between them.
TEST_F(TritonDescribed, PersistentSpecialized) {
  persistent("specialized", {90});
  persistent("specialized-flat", {90});
}

TEST_F(TritonDescribed, Batched) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int batch = 3, m = 70, n = 72, k = 48;
      const auto a = uniform(Number::F16, batch * m * k), b = uniform(Number::F16, batch * k * n);
      const Buffer da = buffer(Number::F16, a), db = buffer(Number::F16, b), dc = poisoned(Number::F16, batch * m * n);
      launchTriton("batched", arch, {4, batch}, HostTensor(da, {batch, m, k}), HostTensor(db, {batch, k, n}),
                   HostTensor(dc, {batch, m, n}), m, n, k);
      const auto c = dc.host();
      for (int z = 0; z < batch; ++z)
        expectProduct(
            m, n, k, [&](int i, int x) { return a[(z * m + i) * k + x]; },
            [&](int x, int j) { return b[(z * k + x) * n + j]; }, [&](int i, int j) { return c[(z * m + i) * n + j]; },
            Number::F16);
    }
  });
}

TEST_F(TritonDescribed, SplitAlongKWithReductions) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int m = 70, n = 80, k = 400;
      const auto a = uniform(Number::F16, m * k), b = uniform(Number::F16, k * n);
      const Buffer da = buffer(Number::F16, a), db = buffer(Number::F16, b),
                   dc = buffer(Number::F32, std::vector<double>(m * n, 0));
      launchTriton("split-described", arch, {4, 3}, HostTensor(da, {m, k}), HostTensor(db, {k, n}),
                   HostTensor(dc, {m, n}), m, n, k);
      const auto c = dc.host();
      expectProduct(m, n, k, rowsOf(a, k), rowsOf(b, n), rowsOf(c, n), Number::F32, 0x1p-23 * (1 + 3.0 / k));
    }
  });
}

TEST_F(TritonDescribed, DescriptorsMadeInTheKernel) {
  repeat([&] {
    for (const int arch : {80, 90})
      for (const bool walks : {false, true}) {
        const int m = 100, n = 80, k = 144;
        Operands o = operands({m, n, k, Number::F16, Number::F16, true, 0});
        launchTriton(walks ? "persistent-device-described" : "device-described", arch, {walks ? 3u : 4u}, o.da, o.db,
                     o.dc, m, n, k);
        expectProductOf(o);
      }
  });
}

TEST_F(TritonDescribed, GroupedWithDescriptorsForEach) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      std::vector<std::unique_ptr<Operands>> products;
      std::vector<double> pointers[3], sizes;
      for (const auto &[m, n, k] : {std::array{70, 48, 80}, {30, 96, 16}, {129, 64, 112}}) {
        products.emplace_back(new Operands(operands({m, n, k, Number::F16, Number::F16, true, 0})));
        const Operands &o = *products.back();
        for (const Buffer *b : {&o.da, &o.db, &o.dc})
          pointers[b == &o.da ? 0 : b == &o.db ? 1 : 2].push_back(static_cast<double>(b->address()));
        sizes.insert(sizes.end(), {double(m), double(n), double(k)});
      }
      const Buffer a = buffer(Number::U64, pointers[0]), b = buffer(Number::U64, pointers[1]),
                   c = buffer(Number::U64, pointers[2]), s = buffer(Number::I32, sizes);
      launchTriton("grouped-described", arch, {4}, a, b, c, s, 3);
      for (const auto &o : products)
        expectProductOf(*o);
    }
  });
}

class TritonHopper : public TritonDescribed {
protected:
  void ring(const std::string &name, int bm, int bn, int m, int n, int k) {
    repeat([&] {
      Operands o = operands({m, n, k, Number::F16, Number::F16, false, 0});
      launchTriton(name, 90, {tiles(m, bm), tiles(n, bn)}, o.da, o.db, o.dc, m, n, k);
      expectProductOf(o);
    });
  }
};

TEST_F(TritonHopper, RingOfThreeBuffers) { ring("hopper-ring", 64, 64, 100, 80, 432); }
TEST_F(TritonHopper, RingOfTwoForEightWarps) { ring("hopper-ring-wide", 128, 256, 140, 272, 208); }

TEST_F(TritonHopper, LeftFactorInRegisters) {
  repeat([&] {
    const int m = 128, n = 112, k = 160;
    Operands o = operands({m, n, k, Number::F16, Number::F32, false, 0});
    launchTriton("hopper-left-in-registers", 90, {2, 2}, o.da, o.db, o.dc, n, k);
    expectProductOf(o);
  });
}

TEST_F(TritonHopper, CopiesOfThreadsArriveAtBarriers) {
  repeat([&] {
    const int n = 2800;
    const auto x = uniform(Number::F32, n);
    const Buffer in = buffer(Number::F32, x), out = poisoned(Number::F32, n + 16);
    launchTriton("hopper-copies-arrive", 90, {1}, in, out, n);
    const auto y = out.host();
    for (int i = 0; i < n; ++i)
      ASSERT_EQ(y[i], 2 * x[i]) << i;
    ASSERT_TRUE(out.untouched(n, 16));
  });
}

TEST_F(TritonHopper, ThreePartsOfWarps) {
  repeat([&] {
    const int m = 75, n = 48;
    const auto x = whole(m * n, -100000, 100000);
    const Buffer in = buffer(Number::I32, x), out = poisoned(Number::I32, m * n);
    launchTriton("hopper-three-parts", 90, {3, 3}, in, out, m, n);
    const auto y = out.host();
    for (int i = 0; i < m * n; ++i)
      ASSERT_EQ(y[i], 2 * x[i] + 1) << i;
  });
}

} // namespace
} // namespace tessera::sim
