//===- CudaTensorsTest.cpp - Tensor maps and tensor copies by nvcc --------===//
//
// Inputs/tensors.ptx is what nvcc 13.0 makes of Inputs/tensors.cu for compute_90a. The reference here walks a box
// element by element, from the words of the CUDA Driver API's cuTensorMapEncodeTiled and the PTX ISA's section on
// swizzling.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/TensorMap.h"
#include "test/runtime/simulator/CudaTest.h"

#include <algorithm>

namespace tessera::sim {
namespace {

struct Coordinates {
  int at[TensorRanks] = {};
};

/// A tensor in memory, a box of it, and where the box begins.
struct Case {
  TensorElement element;
  unsigned bytes; ///< of an element
  unsigned rank;
  std::array<uint64_t, TensorRanks> size;
  std::array<uint32_t, TensorRanks> box;
  std::array<int, TensorRanks> at;
  TensorSwizzle swizzle = TensorSwizzle::None;
  std::array<uint32_t, TensorRanks> step{1, 1, 1, 1, 1};
  TensorFill fill = TensorFill::Zero;

  /// Rows are padded to a multiple of 16 bytes and by 16 more; planes have no padding of their own.
  uint64_t stride(unsigned dimension) const {
    if (dimension == 0)
      return bytes;
    return dimension == 1 ? (size[0] * bytes + 15) / 16 * 16 + 16 : stride(dimension - 1) * size[dimension - 1];
  }
  uint64_t allBytes() const { return stride(rank - 1) * size[rank - 1]; }
  uint32_t count(unsigned dimension) const {
    return dimension >= rank ? 1 : dimension == 0 ? box[0] : (box[dimension] + step[dimension] - 1) / step[dimension];
  }
  int boxBytes() const { return int(count(0) * count(1) * count(2) * count(3) * count(4) * bytes); }

  /// Calls visit(offset of the element in shared memory, offset in global memory or -1 outside the tensor).
  template <typename F> void elements(F visit) const {
    const uint64_t total = uint64_t(boxBytes()) / bytes;
    for (uint64_t i = 0; i < total; ++i) {
      uint64_t left = i;
      int64_t global = 0;
      bool inside = true;
      for (unsigned d = 0; d < rank; ++d) {
        const int64_t index = at[d] + int64_t(left % count(d)) * (d ? step[d] : 1);
        left /= count(d);
        inside &= index >= 0 && index < int64_t(size[d]);
        global += index * int64_t(stride(d));
      }
      // 16-byte chunks change places by the number of their 128-byte row, modulo 2, 4 or 8.
      const uint64_t linear = i * bytes, mask = (1u << static_cast<unsigned>(swizzle)) - 1;
      visit(linear ^ ((linear >> 7 & mask) << 4), inside ? global : -1);
    }
  }
};

using Bytes = std::vector<uint8_t>;

class CudaTensors : public CudaTest {
protected:
  void each(const std::function<void()> &body) {
    CudaTest::each({"tensors.ptx"}, [&] {
      config.cluster = {1, 1, 1};
      config.dynamicShared = 0;
      body();
    });
  }

  Bytes draw(size_t count) {
    Bytes values(count);
    for (uint8_t &v : values)
      v = static_cast<uint8_t>(random());
    return values;
  }

  TensorMap encode(const Case &c, uint64_t address) {
    TensorDescription description;
    description.element = c.element;
    description.rank = c.rank;
    description.address = address;
    description.box = c.box;
    description.size = c.size;
    description.elementStride = c.step;
    description.swizzle = c.swizzle;
    description.fill = c.fill;
    for (unsigned d = 1; d < c.rank; ++d)
      description.stride[d - 1] = c.stride(d);
    auto map = TensorMap::encode(description);
    EXPECT_TRUE(bool(map)) << map.error();
    return map.get();
  }

  static std::string kernel(const char *name, unsigned rank) { return std::string(name) + char('0' + rank) + "d"; }
  static Coordinates coordinates(const Case &c) {
    Coordinates result;
    std::copy(c.at.begin(), c.at.end(), result.at);
    return result;
  }

  void load(const Case &c) {
    const Bytes tensor = draw(c.allBytes());
    DeviceArray<uint8_t> device(memory, tensor), out(memory, poisoned<uint8_t>(c.boxBytes()));
    config.dynamicShared = c.boxBytes();
    run(*module, kernel("load_", c.rank), {1}, {64}, encode(c, device), coordinates(c), out, c.boxBytes());
    const auto result = out.host();
    unsigned wrong = 0;
    c.elements([&](uint64_t shared, int64_t global) {
      if (global >= 0) {
        wrong += std::memcmp(&result[shared], &tensor[global], c.bytes) != 0;
        return;
      }
      uint64_t value = 0;
      std::memcpy(&value, &result[shared], c.bytes);
      // Not a number: f32 and f16 have all bits of the exponent and some of the fraction.
      wrong += c.fill == TensorFill::Zero        ? value != 0
               : c.element == TensorElement::F32 ? (value & 0x7FFFFFFF) <= 0x7F800000
                                                 : (value & 0x7FFF) <= 0x7C00;
    });
    EXPECT_EQ(wrong, 0u) << "elements differ";
  }

  /// Stores or reduces: `combine` makes what stands in memory of the old bytes and the box's.
  template <typename F>
  void put(const std::string &name, const Case &c, const Bytes &tensor, const Bytes &box, F combine) {
    SCOPED_TRACE(name);
    DeviceArray<uint8_t> device(memory, tensor), in(memory, box);
    config.dynamicShared = c.boxBytes();
    run(*module, name, {1}, {64}, encode(c, device), coordinates(c), in, c.boxBytes());
    Bytes expected = tensor;
    c.elements([&](uint64_t shared, int64_t global) {
      if (global >= 0)
        combine(&expected[global], &box[shared]);
    });
    const Bytes result = device.host();
    unsigned wrong = 0;
    for (size_t i = 0; i < result.size(); ++i)
      wrong += result[i] != expected[i];
    EXPECT_EQ(wrong, 0u) << "bytes differ";
  }
};

/// Tiles within, across each edge, and wholly outside; element sizes 1, 2, 4, 8; all swizzles.
const Case Loads[] = {
    {TensorElement::U8, 1, 1, {100}, {64}, {50}},
    {TensorElement::U32, 4, 1, {77}, {32}, {-5}},
    {TensorElement::F16, 2, 2, {37, 21}, {16, 9}, {24, 15}},
    {TensorElement::U32, 4, 2, {40, 30}, {8, 16}, {-3, -7}},
    {TensorElement::U64, 8, 2, {20, 11}, {4, 5}, {18, 2}},
    {TensorElement::F32, 4, 2, {16, 16}, {8, 8}, {40, 3}},
    {TensorElement::U8, 1, 2, {90, 40}, {32, 17}, {70, 30}, TensorSwizzle::Bytes32},
    {TensorElement::F16, 2, 2, {100, 40}, {32, 24}, {16, 8}, TensorSwizzle::Bytes64},
    {TensorElement::F16, 2, 2, {100, 40}, {64, 16}, {64, 30}, TensorSwizzle::Bytes128},
    {TensorElement::F32, 4, 2, {100, 40}, {32, 20}, {-8, -4}, TensorSwizzle::Bytes128},
    {TensorElement::F32, 4, 2, {20, 20}, {8, 8}, {16, 17}, TensorSwizzle::None, {1, 1, 1, 1, 1}, TensorFill::Nan},
    {TensorElement::F16,
     2,
     3,
     {24, 9, 7},
     {16, 4, 3},
     {12, 7, 5},
     TensorSwizzle::Bytes32,
     {1, 1, 1, 1, 1},
     TensorFill::Nan},
    {TensorElement::U16, 2, 3, {33, 12, 6}, {8, 5, 4}, {-2, 9, -1}},
    {TensorElement::U16, 2, 3, {64, 20, 9}, {64, 3, 3}, {0, 18, 7}, TensorSwizzle::Bytes128},
    {TensorElement::U32, 4, 3, {30, 20, 9}, {8, 9, 5}, {4, 2, 1}, TensorSwizzle::None, {1, 2, 3, 1, 1}},
    {TensorElement::U32, 4, 4, {11, 6, 5, 4}, {4, 3, 2, 3}, {9, 4, -1, 2}},
    {TensorElement::F16, 2, 4, {40, 6, 5, 4}, {32, 2, 2, 2}, {8, 5, 1, 3}, TensorSwizzle::Bytes64},
    {TensorElement::U8, 1, 5, {40, 4, 3, 3, 3}, {16, 3, 2, 2, 2}, {30, 2, 2, -1, 1}},
    {TensorElement::F16,
     2,
     5,
     {20, 4, 3, 3, 3},
     {8, 2, 2, 2, 2},
     {0, 0, 1, 1, 2},
     TensorSwizzle::None,
     {1, 1, 2, 1, 2}},
};

TEST_F(CudaTensors, Loads) {
  each([&] {
    for (const Case &c : Loads) {
      SCOPED_TRACE(std::to_string(&c - Loads));
      load(c);
    }
  });
}

TEST_F(CudaTensors, Stores) {
  each([&] {
    for (const Case &c : Loads) {
      SCOPED_TRACE(std::to_string(&c - Loads));
      put(kernel("store_", c.rank), c, draw(c.allBytes()), draw(c.boxBytes()),
          [&](uint8_t *to, const uint8_t *from) { std::memcpy(to, from, c.bytes); });
    }
  });
}

template <typename T, typename F> auto combining(F f) {
  return [f](uint8_t *to, const uint8_t *from) {
    T a, b;
    std::memcpy(&a, to, sizeof a);
    std::memcpy(&b, from, sizeof b);
    a = static_cast<T>(f(a, b));
    std::memcpy(to, &a, sizeof a);
  };
}

TEST_F(CudaTensors, ReductionsOfIntegers) {
  each([&] {
    const auto add = [](auto a, auto b) { return a + b; };
    const auto reduce = [&](const std::string &name, const Case &c, auto combine) {
      put(name, c, draw(c.allBytes()), draw(c.boxBytes()), combine);
    };
    reduce("reduce_add_1d", {TensorElement::U32, 4, 1, {50}, {16}, {40}}, combining<uint32_t>(add));
    reduce("reduce_add_2d", {TensorElement::U64, 8, 2, {20, 9}, {16, 4}, {5, 7}, TensorSwizzle::Bytes128},
           combining<uint64_t>(add));
    reduce("reduce_add_3d", {TensorElement::U32, 4, 3, {20, 9, 4}, {8, 4, 2}, {15, -1, 3}}, combining<uint32_t>(add));
    reduce("reduce_add_4d", {TensorElement::U32, 4, 4, {20, 9, 4, 3}, {8, 2, 2, 2}, {1, 8, 1, 2}},
           combining<uint32_t>(add));
    reduce("reduce_add_5d", {TensorElement::U32, 4, 5, {20, 5, 4, 3, 3}, {4, 2, 2, 2, 2}, {-1, 4, 1, 2, 0}},
           combining<uint32_t>(add));
    const auto small = [](TensorElement element, unsigned bytes) {
      return Case{element, bytes, 2, {30, 11}, {16, 6}, {20, 7}};
    };
    const auto least = [](auto a, auto b) { return std::min(a, b); };
    const auto most = [](auto a, auto b) { return std::max(a, b); };
    reduce("reduce_min_2d", small(TensorElement::U32, 4), combining<uint32_t>(least));
    reduce("reduce_min_2d", small(TensorElement::S32, 4), combining<int32_t>(least));
    reduce("reduce_min_2d", small(TensorElement::S64, 8), combining<int64_t>(least));
    reduce("reduce_max_2d", small(TensorElement::U64, 8), combining<uint64_t>(most));
    reduce("reduce_max_2d", small(TensorElement::S32, 4), combining<int32_t>(most));
    reduce("reduce_and_2d", small(TensorElement::U32, 4), combining<uint32_t>(std::bit_and<uint32_t>()));
    reduce("reduce_or_2d", small(TensorElement::U64, 8), combining<uint64_t>(std::bit_or<uint64_t>()));
    reduce("reduce_xor_2d", small(TensorElement::S32, 4), combining<uint32_t>(std::bit_xor<uint32_t>()));
    reduce("reduce_inc_2d", small(TensorElement::U32, 4),
           combining<uint32_t>([](uint32_t a, uint32_t b) { return a >= b ? 0 : a + 1; }));
    reduce("reduce_dec_2d", small(TensorElement::U32, 4),
           combining<uint32_t>([](uint32_t a, uint32_t b) { return a == 0 || a > b ? b : a - 1; }));
  });
}

TEST_F(CudaTensors, ReductionsOfFloatingPoint) {
  each([&] {
    // Whole numbers, so that sums are exact.
    const auto fill = [&](Bytes bytes, auto make) {
      using T = decltype(make(0));
      for (size_t i = 0; i + sizeof(T) <= bytes.size(); i += sizeof(T)) {
        const T v = make(randomIntegers<int>(1, -50, 50)[0]);
        std::memcpy(&bytes[i], &v, sizeof v);
      }
      return bytes;
    };
    const auto reduce = [&](const char *name, const Case &c, auto make, auto combine) {
      put(name, c, fill(Bytes(c.allBytes()), make), fill(Bytes(c.boxBytes()), make), combine);
    };
    const auto half = [](int v) { return hostHalf(v); };
    const auto bfloat = [](int v) { return hostBfloat(float(v)); };
    const Case halves{TensorElement::F16, 2, 2, {30, 11}, {16, 6}, {20, 7}};
    Case bfloats = halves, floats{TensorElement::F32, 4, 2, {30, 11}, {16, 6}, {-5, 7}};
    bfloats.element = TensorElement::BF16;
    reduce(
        "reduce_add_2d", floats, [](int v) { return float(v); },
        combining<float>([](float a, float b) { return a + b; }));
    reduce("reduce_add_2d", halves, half,
           combining<uint16_t>([](uint16_t a, uint16_t b) { return hostHalf(hostHalfValue(a) + hostHalfValue(b)); }));
    reduce("reduce_min_2d", halves, half, combining<uint16_t>([](uint16_t a, uint16_t b) {
             return hostHalf(std::min(hostHalfValue(a), hostHalfValue(b)));
           }));
    reduce("reduce_max_2d", bfloats, bfloat, combining<uint16_t>([](uint16_t a, uint16_t b) {
             return hostBfloat(float(std::max(hostBfloatValue(a), hostBfloatValue(b))));
           }));
    reduce("reduce_add_2d", bfloats, bfloat, combining<uint16_t>([](uint16_t a, uint16_t b) {
             return hostBfloat(float(hostBfloatValue(a) + hostBfloatValue(b)));
           }));
  });
}

TEST_F(CudaTensors, Prefetches) {
  each([&] {
    const Case c{TensorElement::F32, 4, 2, {40, 30}, {8, 8}, {}};
    DeviceArray<uint8_t> tensor(memory, draw(c.allBytes()));
    DeviceArray<TensorMap> map(memory, std::vector<TensorMap>{encode(c, tensor)});
    DeviceArray<int> out(memory, poisoned<int>(32));
    run(*module, "prefetch", {1}, {32}, map, out);
    expectAll(out.host(), [](size_t i) { return int(i); });
  });
}

TEST_F(CudaTensors, TransposeThroughTheOlderInterface) {
  each([&] {
    const int rows = 72, columns = 44; // multiples of 4: rows of both begin at 16 bytes
    const auto x = randomIntegers<int>(rows * columns, -1000, 1000);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(rows * columns));
    const auto map = [&](uint64_t address, uint64_t r, uint64_t c) {
      const auto result = TensorMap::encode({.element = TensorElement::S32,
                                             .rank = 2,
                                             .address = address,
                                             .size = {c, r},
                                             .stride = {c * 4},
                                             .box = {32, 32}});
      EXPECT_TRUE(bool(result)) << result.error();
      return result.get();
    };
    run(*module, "cde_transpose", {(columns + 31) / 32, (rows + 31) / 32}, {128}, map(dx, rows, columns),
        map(out, columns, rows));
    expectAll(out.host(), [&](size_t i) { return x[i % rows * columns + i / rows]; });
  });
}

TEST_F(CudaTensors, MulticastInACluster) {
  each([&] {
    const int rows = 29;
    const auto x = randomIntegers<int>(rows * 32, -1000, 1000);
    DeviceArray<int> dx(memory, x), out(memory, poisoned<int>(4 * 512));
    const auto map = TensorMap::encode(
        {.element = TensorElement::S32, .rank = 2, .address = dx, .size = {32, rows}, .stride = {128}, .box = {32, 8}});
    ASSERT_TRUE(bool(map)) << map.error();
    config.cluster = {2, 1, 1};
    run(*module, "multicast_tensor", {4}, {64}, map.get(), out);
    expectAll(out.host(), [&](size_t i) {
      const size_t block = i / 512, row = block / 2 * 16 + i % 512 / 32;
      return row < size_t(rows) ? x[row * 32 + i % 32] * (block % 2 ? -1 : 1) : 0;
    });
  });
}

TEST_F(CudaTensors, MapsMadeOnTheDevice) {
  struct Problem {
    uint64_t x;
    int rows, columns;
  };
  each([&] {
    const int blocks = 3;
    const int rows[] = {10, 12, 31}, columns[] = {20, 12, 40};
    std::vector<std::vector<float>> x;
    std::vector<std::unique_ptr<DeviceArray<float>>> arrays;
    std::vector<Problem> problems;
    for (int b = 0; b < blocks; ++b) {
      x.push_back(randomFloats((rows[b] + 1) * columns[b]));
      arrays.push_back(std::make_unique<DeviceArray<float>>(memory, x.back()));
      problems.push_back({arrays.back()->address(), rows[b], columns[b]});
    }
    DeviceArray<Problem> dProblems(memory, problems);
    DeviceArray<TensorMap> maps(memory, poisoned<TensorMap>(blocks));
    DeviceArray<float> out(memory, poisoned<float>(blocks * 256));
    run(*module, "device_maps", {blocks}, {32}, dProblems, maps, out);
    expectAll(out.host(), [&](size_t i) {
      const size_t b = i / 256, second = i / 128 % 2;
      const int row = int(i / 16 % 8) + (second ? 0 : 4), column = int(i % 16) + (second ? -3 : 8);
      if (row >= rows[b] || column < 0 || column >= columns[b])
        return 0.0f;
      return x[b][(row + second) * columns[b] + column];
    });
  });
}

} // namespace
} // namespace tessera::sim
