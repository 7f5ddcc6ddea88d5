//===- TritonDescriptorTest.cpp - Copies by Triton's tensor descriptors ---===//
//
// Inputs/triton/descriptor-*.ptx: loads, stores and reductions by descriptors of one to five dimensions and every type,
// what lies outside of a tensor, descriptors made anew in loops, parts of unequal length.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/TritonKernels.h"

#include <algorithm>
#include <map>

namespace tessera::sim {
namespace {

uint32_t tiles(int64_t value, int64_t by) { return static_cast<uint32_t>((value + by - 1) / by); }

class TritonDescriptor : public TritonKernels {
protected:
  std::vector<double> some(Number type, size_t count) {
    return roundingOf(type) ? uniform(type, count)
                            : whole(count,
                                    type == Number::I8                           ? -128
                                    : type == Number::U32 || type == Number::U64 ? 0
                                                                                 : -30000,
                                    type == Number::I8 ? 127 : 30000);
  }

  /// A copy in blocks that begin before the tensor and end behind it, of `rows` by `columns` of a wider buffer.
  void copies(const std::string &name, Number type, int rows, int columns, int bm, int bn,
              std::initializer_list<int> architectures = {90}) {
    repeat([&] {
      for (const int arch : architectures) {
        const int stride = (columns + 31) / 16 * 16;
        const auto x = some(type, rows * stride);
        const Buffer in = buffer(type, x), out = poisoned(type, rows * stride);
        launchTriton("descriptor-copy-" + name, arch, {tiles(rows + 8, bm), tiles(columns + 16, bn)},
                     HostTensor(in, {rows, columns}, {stride, 1}), HostTensor(out, {rows, columns}, {stride, 1}));
        const auto y = out.host();
        for (int i = 0; i < rows; ++i) {
          for (int j = 0; j < columns; ++j)
            ASSERT_EQ(y[i * stride + j], x[i * stride + j]) << i << ", " << j;
          ASSERT_TRUE(out.untouched(i * stride + columns, stride - columns)) << i;
        }
      }
    });
  }

  /// What blocks of a tensor (begun before it, as above) hold, where outside reads as `outside`.
  static void expectBlocks(const std::vector<double> &got, const std::vector<double> &x, int rows, int columns,
                           int stride, int bm, int bn, double outside) {
    const uint32_t across = tiles(columns + 16, bn);
    for (size_t at = 0; at < got.size(); ++at) {
      const auto block = static_cast<int>(at / (bm * bn)), in = static_cast<int>(at % (bm * bn));
      const int i = block / int(across) * bm - 8 + in / bn, j = block % int(across) * bn - 16 + in % bn;
      const bool inside = i >= 0 && i < rows && j >= 0 && j < columns;
      const double expected = inside ? x[i * stride + j] : outside;
      ASSERT_TRUE(std::isnan(expected) ? std::isnan(got[at]) : got[at] == expected)
          << i << ", " << j << ": " << got[at];
    }
  }

  void padded(const std::string &name, Number type, int bm, int bn, std::initializer_list<int> architectures) {
    repeat([&] {
      for (const int arch : architectures)
        for (const bool nan : {false, true}) {
          const int rows = 45, columns = 70, stride = 96;
          const auto x = uniform(type, rows * stride);
          const uint32_t down = tiles(rows + 8, bm), across = tiles(columns + 16, bn);
          const Buffer in = buffer(type, x), out = poisoned(type, size_t(down) * across * bm * bn);
          launchTriton("descriptor-padded-" + name, arch, {down, across},
                       HostTensor(in, {rows, columns}, {stride, 1}, nan), out);
          expectBlocks(out.host(), x, rows, columns, stride, bm, bn, nan ? NAN : 0);
        }
    });
  }

  /// Adds one to every element of a tensor.
  template <typename... More>
  void ranks(const std::string &name, Number type, std::vector<int64_t> shape, Dim3 grid, int arch,
             const More &...more) {
    int64_t count = 1;
    for (const int64_t side : shape)
      count *= side;
    const auto x = whole(static_cast<size_t>(count), -30000, 30000);
    const Buffer in = buffer(type, x), out = poisoned(type, static_cast<size_t>(count));
    launchTriton("descriptor-" + name, arch, grid, HostTensor(in, shape), HostTensor(out, shape), more...);
    expectOneMore(x, out);
  }
  static void expectOneMore(const std::vector<double> &x, const Buffer &out) {
    const auto y = out.host();
    for (size_t i = 0; i < x.size(); ++i)
      ASSERT_EQ(y[i], x[i] + 1) << i;
  }
};

TEST_F(TritonDescriptor, CopiesOfEveryTypeAndSwizzle) {
  copies("f16", Number::F16, 45, 70, 32, 64, {80, 90});
  copies("f32-wide", Number::F32, 20, 150, 16, 128);
  copies("i8-narrow", Number::I8, 70, 30, 64, 16);
  copies("i64", Number::I64, 20, 40, 16, 32);
  copies("u32", Number::U32, 20, 12, 8, 8);
  copies("f64", Number::F64, 20, 20, 16, 16);
}

TEST_F(TritonDescriptor, OutsideReadsAsZeroOrNan) {
  padded("f16", Number::F16, 32, 32, {80, 90});
  padded("f32", Number::F32, 32, 16, {90});
  padded("bf16", Number::BF16, 16, 128, {90});
}

TEST_F(TritonDescriptor, OutsideOfDescriptorsMadeInTheKernel) {
  repeat([&] {
    for (const auto &[arch, nan] : {std::pair{80, true}, {90, true}, {90, false}}) {
      const int rows = 45, columns = 80, block = 32;
      const auto x = uniform(Number::F32, rows * columns);
      const uint32_t down = tiles(rows + 8, block), across = tiles(columns + 16, block);
      const Buffer in = buffer(Number::F32, x), out = poisoned(Number::F32, size_t(down) * across * block * block);
      launchTriton(nan ? "descriptor-device-nan" : "descriptor-device-zero", arch, {down, across}, in, out, rows,
                   columns);
      expectBlocks(out.host(), x, rows, columns, columns, block, block, nan ? NAN : 0);
    }
  });
}

TEST_F(TritonDescriptor, OneDimension) {
  repeat([&] {
    const int n = 900;
    const auto x = uniform(Number::F32, n);
    const Buffer in = buffer(Number::F32, x), out = poisoned(Number::F32, n);
    launchTriton("descriptor-1d", 90, {tiles(n, 128)}, HostTensor(in, {n}), HostTensor(out, {n}));
    const auto y = out.host();
    for (int i = 0; i < n; ++i)
      ASSERT_EQ(y[i], 2 * x[i]) << i;
  });
}

TEST_F(TritonDescriptor, ThreeToFiveDimensions) {
  repeat([&] {
    for (const int arch : {80, 90})
      ranks("3d", Number::I32, {5, 11, 52}, {3, 2, 2}, arch);
    ranks("4d", Number::I16, {3, 6, 7, 40}, {2, 2, 2}, 90, 40);
    ranks("5d", Number::I32, {2, 3, 5, 3, 20}, {2, 2, 2}, 90, 3, 20);
    const std::vector<int> sides = {3, 3, 3, 3, 16};
    const auto x = whole(3 * 3 * 3 * 3 * 16, -30000, 30000);
    const Buffer in = buffer(Number::I16, x), out = poisoned(Number::I16, x.size());
    launchTriton("descriptor-device-5d", 90, {2, 2, 2}, in, out, 3, 3, 3, 3, 16);
    expectOneMore(x, out);
  });
}

TEST_F(TritonDescriptor, TransposedBetweenDescriptorsMadeInTheKernel) {
  repeat([&] {
    const int m = 80, n = 48;
    const auto x = uniform(Number::F16, m * n);
    const Buffer in = buffer(Number::F16, x), out = poisoned(Number::F16, m * n);
    launchTriton("descriptor-device-transpose", 90, {2, 2}, in, out, m, n);
    const auto y = out.host();
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j)
        ASSERT_EQ(y[j * m + i], x[i * n + j]);
  });
}

TEST_F(TritonDescriptor, Reductions) {
  static const std::map<std::string, Number> Types = {
      {"fp32", Number::F32}, {"fp16", Number::F16}, {"bf16", Number::BF16}, {"i32", Number::I32},
      {"u32", Number::U32},  {"i64", Number::I64},  {"u64", Number::U64}};
  const auto combine = [](const std::string &kind, double a, double b) {
    const auto i = static_cast<int64_t>(a), j = static_cast<int64_t>(b);
    return kind == "add"   ? a + b
           : kind == "min" ? std::min(a, b)
           : kind == "max" ? std::max(a, b)
           : kind == "and" ? static_cast<double>(i & j)
           : kind == "or"  ? static_cast<double>(i | j)
                           : static_cast<double>(i ^ j);
  };
  const std::vector<std::pair<std::string, std::vector<std::string>>> kinds = {
      {"add", {"fp32", "fp16", "bf16", "i32", "u32", "u64"}},
      {"min", {"i32", "u32", "i64", "u64"}},
      {"max", {"i32", "u32", "i64", "u64"}},
      {"and", {"i32", "i64"}},
      {"or", {"i32", "u64"}},
      {"xor", {"u32", "i64"}}};
  repeat([&] {
    for (const auto &[kind, types] : kinds)
      for (const std::string &name : types) {
        SCOPED_TRACE(kind + " of " + name);
        const Number type = Types.at(name);
        const bool isUnsigned = name[0] == 'u';
        // Small whole numbers: sums of any order are exact, even in bfloat16 (40 blocks' of at most 3).
        const int m = 40, n = 48, low = isUnsigned ? 0 : roundingOf(type) ? -3 : -30000;
        const int high = roundingOf(type) ? 3 : 30000;
        const auto x = whole(m * n, low, high);
        auto expected = whole(6 * n, low, high);
        const Buffer in = buffer(type, x), out = buffer(type, expected);
        launchTriton("descriptor-" + kind + "-" + name, 90, {tiles(m, 8), tiles(n, 32)}, HostTensor(in, {m, n}),
                     HostTensor(out, {6, n}));
        for (int i = 0; i < m; ++i)
          for (int j = 0; j < n; ++j)
            if (i % 8 < 6)
              expected[i % 8 * n + j] = combine(kind, expected[i % 8 * n + j], x[i * n + j]);
        EXPECT_EQ(out.host(), expected);
      }
  });
}

TEST_F(TritonDescriptor, SoftmaxOfRaggedRows) {
  repeat([&] {
    for (const int arch : {80, 90}) {
      const int rows = 45, columns = 200;
      const auto x = uniform(Number::BF16, rows * columns, -4, 4);
      const Buffer in = buffer(Number::BF16, x), out = poisoned(Number::BF16, x.size());
      launchTriton("descriptor-softmax", arch, {2}, HostTensor(in, {rows, columns}), HostTensor(out, {rows, columns}),
                   rows);
      const auto y = out.host();
      for (int i = 0; i < rows; ++i) {
        const double *row = &x[i * columns], most = *std::max_element(row, row + columns);
        double total = 0;
        for (int j = 0; j < columns; ++j)
          total += std::exp(row[j] - most);
        for (int j = 0; j < columns; ++j) { // powers within 2^-21 + 3 U of an exponent of at most 8; 200 sums
          const double p = std::exp(row[j] - most) / total;
          ASSERT_TRUE(near(Number::BF16, y[i * columns + j], p, p * (2 * (0x1p-21 + 24 * 0x1p-23) + 206 * 0x1p-23)));
        }
      }
    }
  });
}

TEST_F(TritonDescriptor, MadeAnewInALoop) {
  repeat([&] {
    const int rows = 7, columns = 80, block = 8;
    const auto x = whole(rows * block * columns, -100000, 100000);
    const Buffer in = buffer(Number::I32, x), out = poisoned(Number::I32, x.size());
    launchTriton("descriptor-several", 90, {2}, in, out, rows, columns);
    const auto y = out.host();
    for (int i = 0; i < rows * block; ++i)
      for (int j = 0; j < columns; ++j) {
        const bool inside = i % block < block - i / block % 3;
        ASSERT_EQ(y[i * columns + j], (inside ? x[i * columns + j] : 0) * 2 + 1) << i << ", " << j;
      }
  });
}

// Dimensions in front whose strides sum to a whole turn of the address let a box end where its part ends.
TEST_F(TritonDescriptor, RaggedParts) {
  repeat([&] {
    const std::vector<int> lengths = {20, 0, 7, 16, 33};
    const int columns = 32, parts = static_cast<int>(lengths.size());
    int rows = 0;
    std::vector<double> sizes;
    for (const int length : lengths) {
      sizes.insert(sizes.end(), {double(length), double(rows)});
      rows += length + 1; // a row between parts that belongs to none
    }
    const auto x = uniform(Number::F16, rows * columns);
    const Buffer in = buffer(Number::F16, x), out = poisoned(Number::F16, x.size()), s = buffer(Number::I32, sizes);
    const auto tensor = [&](const Buffer &b) {
      return HostTensor(b, {0x7FFF0000, 0x7FFF0000, 0x40000000, columns},
                        {(int64_t(1) << 34) - columns, columns, columns, 1});
    };
    launchTriton("descriptor-ragged", 90, {uint32_t(parts), 3}, tensor(in), tensor(out), s);
    const auto y = out.host();
    int row = 0;
    for (const int length : lengths) {
      for (int i = row * columns; i < (row + length) * columns; ++i)
        ASSERT_EQ(y[i], 2 * x[i]) << i / columns;
      row += length;
      ASSERT_TRUE(out.untouched(row * columns, columns)) << row;
      ++row;
    }
  });
}

} // namespace
} // namespace tessera::sim
