//===- TensorMapTest.cpp - Tensor maps and copies of boxes of tensors -----===//
//
// Boxes of random tensors are loaded, stored and reduced, and compared with what the PTX ISA's rules say, computed here
// element by element: where a box's element lies in shared memory, what lies outside the tensor, how swizzles exchange
// chunks (by rows and columns of chunks, not by address bits).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/TensorMap.h"
#include "test/runtime/simulator/SimulatorTest.h"

#include <bit>
#include <cmath>
#include <cstdio>

namespace tessera::sim {
namespace {

constexpr uint32_t SharedBytes = 64 * 1024;

/// The coordinates of an instruction: "{%c0, %c1}".
std::string coordinates(unsigned rank) {
  std::string text = "{";
  for (unsigned i = 0; i < rank; ++i)
    text += (i ? ", %c" : "%c") + std::to_string(i);
  return text + "}";
}

/// A kernel (map, buffer, box bytes, c0..c4) around a body for thread 0; `before` and `after` are for all threads. %m
/// is the map, %s the box in shared memory, %bar an mbarrier for one arrival.
std::string kernel(const std::string &name, const std::string &before, const std::string &body,
                   const std::string &after) {
  std::string text =
      ".visible .entry " + name + "(.param .align 64 .b8 map[128], .param .u64 buffer, .param .u32 bytes";
  for (unsigned i = 0; i < TensorRanks; ++i)
    text += ", .param .u32 c" + std::to_string(i);
  text += ")\n{\n.reg .pred %p, %q;\n.reg .b32 %c<5>, %s, %bar, %bytes, %t, %i, %v, %a;\n.reg .b64 %m, %buffer, %g;\n"
          "mov.b64 %m, map;\ncvta.param.u64 %m, %m;\nld.param.u64 %buffer, [buffer];\nld.param.u32 %bytes, [bytes];\n";
  for (unsigned i = 0; i < TensorRanks; ++i)
    text += "ld.param.u32 %c" + std::to_string(i) + ", [c" + std::to_string(i) + "];\n";
  return text +
         "mov.u32 %s, tile;\nmov.u32 %bar, barrier;\nmov.u32 %t, %tid.x;\nsetp.eq.u32 %p, %t, 0;\n"
         "@%p mbarrier.init.shared::cta.b64 [%bar], 1;\n" +
         before + "bar.sync 0;\n@!%p bra REST;\n" + body + "REST:\n" + after + "ret;\n}\n";
}

/// Copies shared memory to the buffer, or back, word by word.
std::string copyWords(const std::string &label, bool toGlobal) {
  return "mov.u32 %i, %t;\n" + label + ":\nshl.b32 %a, %i, 2;\nsetp.ge.u32 %q, %a, %bytes;\n@%q bra " + label +
         "_END;\ncvt.u64.u32 %g, %a;\nadd.u64 %g, %g, %buffer;\nadd.u32 %a, %a, %s;\n" +
         (toGlobal ? "ld.shared.u32 %v, [%a];\nst.global.u32 [%g], %v;\n"
                   : "ld.global.u32 %v, [%g];\nst.shared.u32 [%a], %v;\n") +
         "add.u32 %i, %i, 32;\nbra " + label + ";\n" + label + "_END:\n";
}

const std::string Wait = "WAIT:\nmbarrier.try_wait.parity.shared::cta.b64 %q, [%bar], 0;\n@!%q bra WAIT;\n";

std::string moduleText(unsigned rank) {
  const std::string dimension = std::to_string(rank) + "d";
  std::string text = ".version 8.6\n.target sm_90a\n.address_size 64\n.shared .align 8 .b8 barrier[8];\n"
                     ".extern .shared .align 1024 .b8 tile[];\n";
  text += kernel("load", "",
                 "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%bar], %bytes;\ncp.async.bulk.tensor." + dimension +
                     ".shared::cluster.global.tile.mbarrier::complete_tx::bytes [%s], [%m, " + coordinates(rank) +
                     "], [%bar];\n",
                 Wait + copyWords("OUT", true));
  const auto out = [&](const std::string &name, const std::string &instruction) {
    text += kernel(name, copyWords("IN", false) + "fence.proxy.async.shared::cta;\n",
                   instruction + " [%m, " + coordinates(rank) +
                       "], [%s];\ncp.async.bulk.commit_group;\ncp.async.bulk.wait_group 0;\n",
                   "");
  };
  out("store", "cp.async.bulk.tensor." + dimension + ".global.shared::cta.tile.bulk_group");
  for (const std::string operation : {"add", "min", "max", "and", "or", "xor", "inc", "dec"})
    out("reduce_" + operation,
        "cp.reduce.async.bulk.tensor." + dimension + ".global.shared::cta." + operation + ".tile.bulk_group");
  text +=
      kernel("prefetch", "",
             "cp.async.bulk.prefetch.tensor." + dimension + ".L2.global.tile [%m, " + coordinates(rank) + "];\n", "");
  return text;
}

/// Where byte `offset` of a box lies: rows as wide as the swizzle, whose chunks of 16 bytes change places.
uint32_t placeOf(TensorSwizzle swizzle, uint32_t offset) {
  if (swizzle == TensorSwizzle::None)
    return offset;
  const unsigned chunks = 1u << static_cast<unsigned>(swizzle); // of a row: 2, 4, 8
  const uint32_t width = chunks * 16, row = offset / width, chunk = offset % width / 16;
  const uint32_t turn = row / (8 / chunks) % chunks;
  return row * width + (chunk ^ turn) * 16 + offset % 16;
}

float flushed(float x) { return std::fabs(x) < 1.17549435e-38f ? std::copysign(0.0f, x) : x; }

class TensorMaps : public SimulatorTest {
protected:
  TensorMaps() { config.dynamicShared = SharedBytes; }

  /// A tensor of random shape, with gaps between its rows.
  struct Tensor {
    TensorDescription map;
    uint64_t bytes = 0; ///< from its first element to its last
  };
  uint64_t drawn(uint64_t low, uint64_t high) { return low + random() % (high - low + 1); }

  Tensor randomTensor(unsigned rank, TensorElement element, TensorSwizzle swizzle) {
    Tensor tensor;
    TensorDescription &map = tensor.map;
    map.rank = rank;
    map.element = element;
    map.swizzle = swizzle;
    const unsigned size = bytesOf(element);
    const unsigned row = swizzle == TensorSwizzle::None ? 16u * static_cast<unsigned>(drawn(1, 4))
                                                        : 16u << static_cast<unsigned>(swizzle);
    map.box[0] = row / size;
    uint64_t boxBytes = row;
    for (unsigned i = 1; i < rank; ++i) {
      map.elementStride[i] = static_cast<uint32_t>(random() % 3 == 0 ? drawn(1, 3) : 1);
      map.box[i] = static_cast<uint32_t>(drawn(1, rank == 2 ? 40 : 6));
      boxBytes *= map.steps(i);
    }
    EXPECT_LE(boxBytes, SharedBytes);
    uint64_t stride = 0;
    for (unsigned i = 0; i < rank; ++i) {
      map.size[i] = drawn(1, rank < 3 ? 60 : 9);
      const uint64_t below = i == 0 ? map.size[0] * size : stride * map.size[i];
      stride = (below + 15) / 16 * 16 + 16 * drawn(0, 1);
      if (i + 1 < rank)
        map.stride[i] = stride;
    }
    tensor.bytes = map.size[0] * size;
    for (unsigned i = 1; i < rank; ++i)
      tensor.bytes += (map.size[i] - 1) * map.stride[i - 1];
    return tensor;
  }

  std::array<int32_t, TensorRanks> randomCorner(const TensorDescription &map) {
    std::array<int32_t, TensorRanks> at{};
    for (unsigned i = 0; i < map.rank; ++i)
      at[i] = static_cast<int32_t>(drawn(0, map.size[i] + 8)) - 5;
    return at;
  }

  /// Calls visit(byte of the tensor or -1 where outside, byte of the box) for every element of a box.
  template <typename Visit>
  static void elements(const TensorDescription &map, const std::array<int32_t, TensorRanks> &at, Visit visit) {
    uint32_t steps[TensorRanks] = {1, 1, 1, 1, 1};
    for (unsigned i = 0; i < map.rank; ++i)
      steps[i] = i == 0 ? map.box[0] : static_cast<uint32_t>(std::ceil(double(map.box[i]) / map.elementStride[i]));
    uint32_t box = 0;
    for (uint32_t e = 0; e < steps[4]; ++e)
      for (uint32_t d = 0; d < steps[3]; ++d)
        for (uint32_t c = 0; c < steps[2]; ++c)
          for (uint32_t b = 0; b < steps[1]; ++b)
            for (uint32_t a = 0; a < steps[0]; ++a, box += bytesOf(map.element)) {
              const uint32_t step[TensorRanks] = {a, b, c, d, e};
              int64_t from = 0;
              bool inside = true;
              for (unsigned i = 0; i < map.rank; ++i) {
                const int64_t x = at[i] + int64_t(step[i]) * (i == 0 ? 1 : map.elementStride[i]);
                inside &= x >= 0 && x < static_cast<int64_t>(map.size[i]);
                from += x * static_cast<int64_t>(i == 0 ? bytesOf(map.element) : map.stride[i - 1]);
              }
              visit(inside ? from : -1, placeOf(map.swizzle, box));
            }
  }

  template <typename... More>
  void launchTile(const Module &module, const std::string &name, const TensorDescription &map, uint64_t buffer,
                  const std::array<int32_t, TensorRanks> &at) {
    const auto encoded = TensorMap::encode(map);
    ASSERT_TRUE(bool(encoded)) << encoded.error();
    run(module, name, {1}, {32}, encoded.get(), buffer, static_cast<uint32_t>(map.boxBytes()), at[0], at[1], at[2],
        at[3], at[4]);
  }
};

constexpr TensorElement Plain[] = {TensorElement::U8,  TensorElement::U16, TensorElement::U32, TensorElement::S32,
                                   TensorElement::U64, TensorElement::S64, TensorElement::F16, TensorElement::F32,
                                   TensorElement::F64, TensorElement::BF16};

TEST_F(TensorMaps, LoadsOfRandomBoxes) {
  for (unsigned rank = 1; rank <= TensorRanks; ++rank) {
    const auto module = parse(moduleText(rank));
    ASSERT_TRUE(module);
    for (unsigned round = 0; round < 60; ++round) {
      config.seed = round;
      const auto swizzle = static_cast<TensorSwizzle>(round % 4);
      Tensor tensor = randomTensor(rank, Plain[drawn(0, std::size(Plain) - 1)], swizzle);
      const std::vector<uint8_t> values = randomIntegers<uint8_t>(tensor.bytes, 0, 255);
      DeviceArray<uint8_t> data(memory, values), out(memory, std::vector<uint8_t>(tensor.map.boxBytes(), 0xEE));
      tensor.map.address = data;
      const auto at = randomCorner(tensor.map);
      launchTile(*module, "load", tensor.map, out, at);
      const std::vector<uint8_t> got = out.host();
      std::vector<uint8_t> wanted(got.size(), 0xEE);
      const unsigned size = bytesOf(tensor.map.element);
      elements(tensor.map, at, [&](int64_t from, uint32_t to) {
        for (unsigned i = 0; i < size; ++i)
          wanted[to + i] = from < 0 ? 0 : values[static_cast<size_t>(from) + i];
      });
      ASSERT_EQ(got, wanted) << tensor.map.describe() << ", round " << round;
    }
  }
}

TEST_F(TensorMaps, StoresOfRandomBoxes) {
  for (unsigned rank = 1; rank <= TensorRanks; ++rank) {
    const auto module = parse(moduleText(rank));
    ASSERT_TRUE(module);
    for (unsigned round = 0; round < 40; ++round) {
      config.seed = round;
      const auto swizzle = static_cast<TensorSwizzle>(round % 4);
      Tensor tensor = randomTensor(rank, Plain[drawn(0, std::size(Plain) - 1)], swizzle);
      std::vector<uint8_t> wanted = randomIntegers<uint8_t>(tensor.bytes, 0, 255);
      const std::vector<uint8_t> box = randomIntegers<uint8_t>(tensor.map.boxBytes(), 0, 255);
      DeviceArray<uint8_t> data(memory, wanted), in(memory, box);
      tensor.map.address = data;
      const auto at = randomCorner(tensor.map);
      launchTile(*module, "store", tensor.map, in, at);
      const unsigned size = bytesOf(tensor.map.element);
      elements(tensor.map, at, [&](int64_t to, uint32_t from) {
        for (unsigned i = 0; to >= 0 && i < size; ++i)
          wanted[static_cast<size_t>(to) + i] = box[from + i];
      });
      ASSERT_EQ(data.host(), wanted) << tensor.map.describe() << ", round " << round;
    }
  }
}

TEST_F(TensorMaps, FillWithNanAndConversions) {
  const auto module = parse(moduleText(2));
  const std::vector<float> special = {1e-40f,     -1e-40f,     1.0f,          -3.25f, 1.00048828125f, 1.00146484375f,
                                      INFINITY,   0.1f,        3.4028235e38f, 0.0f,   -0.0f,          1.17549435e-38f,
                                      16777217.f, 1.00073242f, -2.0014648f,   7.f};
  DeviceArray<float> data(memory, special), out(memory, 32);
  TensorDescription map{.rank = 2, .address = data, .size = {8, 2}, .stride = {32}, .box = {8, 4}};
  const auto bits = [](float x) { return std::bit_cast<uint32_t>(x); };
  // Nearest of 10 bits of fraction, ties to even, by doubles: a spacing of 2^(e - 10).
  const auto rounded = [](float x) {
    if (!std::isfinite(x) || x == 0)
      return x;
    int exponent = 0;
    std::frexp(x, &exponent);
    const double spacing = std::ldexp(1.0, std::max(exponent - 11, -136));
    return static_cast<float>(std::nearbyint(x / spacing) * spacing);
  };
  for (const TensorElement element :
       {TensorElement::F32, TensorElement::F32Ftz, TensorElement::TF32, TensorElement::TF32Ftz})
    for (const TensorFill fill : {TensorFill::Zero, TensorFill::Nan}) {
      map.element = element;
      map.fill = fill;
      launchTile(*module, "load", map, out, {});
      const std::vector<float> got = out.host();
      for (unsigned i = 0; i < 32; ++i) {
        if (i >= 16) {
          EXPECT_EQ(bits(got[i]), fill == TensorFill::Zero ? 0u : 0x7FFFFFFFu) << i;
          continue;
        }
        float wanted = special[i];
        if (element == TensorElement::F32Ftz || element == TensorElement::TF32Ftz)
          wanted = flushed(wanted);
        if (element == TensorElement::TF32 || element == TensorElement::TF32Ftz)
          wanted = rounded(wanted);
        EXPECT_EQ(bits(got[i]), bits(wanted)) << name(element) << " " << special[i];
      }
    }
}

template <typename T, typename Combine>
std::vector<uint8_t> combined(const std::vector<uint8_t> &old, const std::vector<uint8_t> &box, int64_t to,
                              uint32_t from, Combine combine) {
  T a, b;
  std::memcpy(&a, old.data() + to, sizeof a);
  std::memcpy(&b, box.data() + from, sizeof b);
  const T c = combine(a, b);
  std::vector<uint8_t> bytes(sizeof c);
  std::memcpy(bytes.data(), &c, sizeof c);
  return bytes;
}

TEST_F(TensorMaps, Reductions) {
  const auto module = parse(moduleText(2));
  struct Case {
    const char *operation;
    TensorElement element;
    std::vector<uint8_t> (*apply)(const std::vector<uint8_t> &, const std::vector<uint8_t> &, int64_t, uint32_t);
  };
#define TESSERA_CASE(operation, element, T, expression)                                                                \
  Case {                                                                                                               \
    operation, TensorElement::element,                                                                                 \
        [](const std::vector<uint8_t> &old, const std::vector<uint8_t> &box, int64_t to, uint32_t from) {              \
          return combined<T>(old, box, to, from, [](T a, T b) -> T { return expression; });                            \
        }                                                                                                              \
  }
  const Case cases[] = {
      TESSERA_CASE("add", U32, uint32_t, a + b),
      TESSERA_CASE("add", S32, uint32_t, a + b),
      TESSERA_CASE("add", U64, uint64_t, a + b),
      TESSERA_CASE("add", F32, float, flushed(flushed(a) + flushed(b))),
      TESSERA_CASE("add", F64, double, a + b),
      TESSERA_CASE("add", F16, uint16_t, hostHalf(hostHalfValue(a) + hostHalfValue(b))),
      TESSERA_CASE("min", S32, int32_t, std::min(a, b)),
      TESSERA_CASE("max", U32, uint32_t, std::max(a, b)),
      TESSERA_CASE("min", U64, uint64_t, std::min(a, b)),
      TESSERA_CASE("max", S64, int64_t, std::max(a, b)),
      TESSERA_CASE("max", F16, uint16_t, hostHalfValue(a) > hostHalfValue(b) ? a : b),
      TESSERA_CASE("min", BF16, uint16_t, hostBfloatValue(a) < hostBfloatValue(b) ? a : b),
      TESSERA_CASE("and", U32, uint32_t, a &b),
      TESSERA_CASE("or", S64, uint64_t, a | b),
      TESSERA_CASE("xor", U64, uint64_t, a ^ b),
      TESSERA_CASE("inc", U32, uint32_t, a >= b ? 0 : a + 1),
      TESSERA_CASE("dec", U32, uint32_t, a == 0 || a > b ? b : a - 1),
  };
#undef TESSERA_CASE
  for (const Case &c : cases) {
    SCOPED_TRACE(std::string(c.operation) + " " + name(c.element));
    const unsigned size = bytesOf(c.element);
    Tensor tensor = randomTensor(2, c.element, TensorSwizzle::Bytes64);
    // Bytes without infinities and NaNs: no exponent of all ones.
    std::vector<uint8_t> old = randomIntegers<uint8_t>(tensor.bytes, 0, 255);
    std::vector<uint8_t> box = randomIntegers<uint8_t>(tensor.map.boxBytes(), 0, 255);
    for (std::vector<uint8_t> *bytes : {&old, &box})
      for (size_t i = size - 1; i < bytes->size(); i += size)
        (*bytes)[i] &= 0xBB;
    DeviceArray<uint8_t> data(memory, old), in(memory, box);
    tensor.map.address = data;
    const auto at = randomCorner(tensor.map);
    launchTile(*module, std::string("reduce_") + c.operation, tensor.map, in, at);
    std::vector<uint8_t> wanted = old;
    elements(tensor.map, at, [&](int64_t to, uint32_t from) {
      if (to < 0)
        return;
      const std::vector<uint8_t> bytes = c.apply(old, box, to, from);
      std::copy(bytes.begin(), bytes.end(), wanted.begin() + to);
    });
    ASSERT_EQ(data.host(), wanted);
  }
}

TEST_F(TensorMaps, PrefetchesChangeNothing) {
  const auto module = parse(moduleText(2));
  DeviceArray<float> data(memory, std::vector<float>(64, 1.5f));
  launchTile(*module, "prefetch",
             {.element = TensorElement::F32, .rank = 2, .address = data, .size = {8, 8}, .stride = {32}, .box = {8, 8}},
             data, {});
  EXPECT_EQ(data.host(), std::vector<float>(64, 1.5f));
}

TEST_F(TensorMaps, WhatTheDriverRefuses) {
  const TensorDescription good{.element = TensorElement::F16,
                               .rank = 3,
                               .address = 0x2000'0000'0000,
                               .size = {64, 32, 8},
                               .stride = {128, 4096},
                               .box = {64, 8, 2},
                               .swizzle = TensorSwizzle::Bytes128};
  EXPECT_TRUE(bool(TensorMap::encode(good)));
  const auto refused = [&](auto change) {
    TensorDescription map = good;
    change(map);
    return TensorMap::encode(map).error();
  };
  using Map = TensorDescription;
  EXPECT_EQ(refused([](Map &m) { m.rank = 0; }), "rank 0: expected 1 to 5");
  EXPECT_EQ(refused([](Map &m) { m.rank = 6; }), "rank 6: expected 1 to 5");
  EXPECT_EQ(refused([](Map &m) { m.address += 8; }), "global address 0x200000000008: expected a multiple of 16");
  EXPECT_EQ(refused([](Map &m) { m.size[1] = 0; }), "size 0 of dimension 1: expected 1 to 4294967296");
  EXPECT_EQ(refused([](Map &m) { m.size[2] = (uint64_t(1) << 32) + 1; }),
            "size 4294967297 of dimension 2: expected 1 to 4294967296");
  EXPECT_EQ(refused([](Map &m) { m.stride[0] = 136; }),
            "stride of 136 bytes of dimension 1: expected a multiple of 16 below 1099511627776");
  EXPECT_EQ(refused([](Map &m) { m.stride[1] = uint64_t(1) << 40; }),
            "stride of 1099511627776 bytes of dimension 2: expected a multiple of 16 below 1099511627776");
  EXPECT_EQ(refused([](Map &m) { m.box[1] = 257; }), "box of 257 elements along dimension 1: expected 1 to 256");
  EXPECT_EQ(refused([](Map &m) { m.box[0] = 60; }), "box dimension 0 of 120 bytes: expected a multiple of 16");
  EXPECT_EQ(refused([](Map &m) { m.box[0] = 72; }),
            "box dimension 0 of 144 bytes: expected at most the 128 of the swizzle");
  EXPECT_EQ(refused([](Map &m) { m.elementStride[1] = 9; }), "element stride 9 of dimension 1: expected 1 to 8");
  EXPECT_EQ(refused([](Map &m) { m.elementStride[2] = 0; }), "element stride 0 of dimension 2: expected 1 to 8");
  EXPECT_EQ(refused([](Map &m) {
              m.element = TensorElement::U16;
              m.fill = TensorFill::Nan;
            }),
            "fill with NaN of elements of type u16: expected a floating-point type");
  EXPECT_EQ(refused([](Map &m) { m.interleave = TensorInterleave::Bytes32; }),
            "interleave of 32 bytes: expected a swizzle of 32 bytes");
  EXPECT_EQ(refused([](Map &m) {
              m.rank = 2;
              m.interleave = TensorInterleave::Bytes16;
            }),
            "rank 2 of an interleaved tensor: expected at least 3");
}

TEST_F(TensorMaps, DriverNumbers) {
  const uint64_t sizes[] = {64, 32}, strides[] = {256};
  const uint32_t box[] = {32, 8}, steps[] = {1, 2};
  const auto map = TensorMap::encodeTiled(7, 2, 0x2000'0000'0000, sizes, strides, box, steps, 0, 3, 2, 1);
  ASSERT_TRUE(bool(map)) << map.error();
  TensorDescription d;
  ASSERT_TRUE(map.get().decode(d));
  EXPECT_EQ(d.element, TensorElement::F32);
  EXPECT_EQ(d.swizzle, TensorSwizzle::Bytes128);
  EXPECT_EQ(d.fill, TensorFill::Nan);
  EXPECT_EQ(d.elementStride[1], 2u);
  EXPECT_EQ(d.describe(), "f32 tensor of 64 x 32 at 0x200000000000 with strides of 256 bytes, box 32 x 8");
  // The driver counts bf16 as 9 and f64 as 8, the instruction as 10 and 9.
  const uint64_t wide[] = {512};
  ASSERT_TRUE(TensorMap::encodeTiled(8, 2, 0, sizes, wide, box, steps, 0, 0, 0, 0).get().decode(d));
  EXPECT_EQ(d.element, TensorElement::F64);
  ASSERT_TRUE(TensorMap::encodeTiled(9, 2, 0, sizes, wide, box, steps, 0, 0, 0, 0).get().decode(d));
  EXPECT_EQ(d.element, TensorElement::BF16);
  EXPECT_EQ(TensorMap::encodeTiled(16, 2, 0, sizes, wide, box, steps, 0, 0, 0, 0).error(),
            "data type 16: expected 0 to 15");
  EXPECT_EQ(TensorMap::encodeTiled(0, 2, 0, sizes, wide, box, steps, 0, 7, 0, 0).error(), "swizzle 7: expected 0 to 6");
}

// ---- Faults ---------------------------------------------------------------------------------------------------------

class TensorFaults : public TensorMaps {
protected:
  TensorFaults() { planted = true; }

  Error fails(const std::string &kernel, const TensorMap &map, const std::array<int32_t, TensorRanks> &at,
              uint32_t bytes = 512) {
    const auto module = parse(moduleText(2));
    DeviceArray<uint8_t> buffer(memory, std::vector<uint8_t>(bytes, 1));
    const Report report = tryRun(*module, kernel, {1}, {32}, map, buffer, bytes, at[0], at[1], at[2], at[3], at[4]);
    EXPECT_EQ(report.errors.size(), 1u) << report.text();
    return report.errors.empty() ? Error{} : report.errors[0];
  }
  TensorDescription plain(uint64_t address, uint64_t rows) const {
    return {.element = TensorElement::F32,
            .rank = 2,
            .address = address,
            .size = {16, rows},
            .stride = {64},
            .box = {16, 8}};
  }
};

TEST_F(TensorFaults, TensorLargerThanItsMemory) {
  DeviceArray<float> data(memory, std::vector<float>(16 * 20, 1));
  const TensorMap map = TensorMap::encode(plain(data, 24)).get();
  const Error error = fails("load", map, {0, 16});
  EXPECT_EQ(error.kind, ErrorKind::OutOfBounds);
  EXPECT_EQ(error.address, data.address() + 20 * 64);
  char base[32], row[32];
  std::snprintf(base, sizeof base, "0x%llx", static_cast<unsigned long long>(data.address()));
  std::snprintf(row, sizeof row, "0x%llx", static_cast<unsigned long long>(data.address() + 1280));
  EXPECT_EQ(error.message, std::string("the box at (0, 16) of the tensor map (f32 tensor of 16 x 24 at ") + base +
                               " with strides of 64 bytes, box 16 x 8) reads 64 bytes at " + row +
                               ": 0 bytes past the end of allocation 1 (1280 bytes at " + base + ")");
  EXPECT_NE(error.allocation.find("allocation 1"), std::string::npos);
  EXPECT_EQ(fails("store", map, {0, 16}).kind, ErrorKind::OutOfBounds);
  EXPECT_EQ(fails("prefetch", map, {0, 16}).kind, ErrorKind::OutOfBounds);
  // Rows that are not touched may be anywhere.
  const auto module = parse(moduleText(2));
  DeviceArray<uint8_t> out(memory, 512);
  run(*module, "load", {1}, {32}, map, out, 512u, 0, 12, 0, 0, 0);
}

TEST_F(TensorFaults, NoTensorMap) {
  const Error error = fails("load", TensorMap{}, {});
  EXPECT_EQ(error.kind, ErrorKind::InvalidInstruction);
  EXPECT_EQ(error.message, "tensor map at 0x120000000000: these 128 bytes are no tensor map");
}

TEST_F(TensorFaults, WrongRank) {
  DeviceArray<float> data(memory, 64);
  TensorDescription map = plain(data, 4);
  map.rank = 1;
  EXPECT_EQ(fails("load", TensorMap::encode(map).get(), {}).message,
            "tensor map at 0x120000000000: it describes a tensor of rank 1, the instruction one of rank 2");
}

TEST_F(TensorFaults, WhatTheSimulatorDoesNotKnow) {
  DeviceArray<float> data(memory, 640);
  const auto refusal = [&](auto change) {
    TensorDescription map{.element = TensorElement::F32,
                          .rank = 2,
                          .address = data,
                          .size = {16, 8},
                          .stride = {64},
                          .box = {16, 8},
                          .swizzle = TensorSwizzle::Bytes64};
    change(map);
    const auto encoded = TensorMap::encode(map);
    EXPECT_TRUE(bool(encoded)) << encoded.error();
    const Error error = fails("load", encoded.get(), {});
    EXPECT_EQ(error.kind, ErrorKind::Unsupported);
    return error.message;
  };
  using Map = TensorDescription;
  const std::string head = "tensor map at 0x120000000000: the simulator does not know ";
  EXPECT_EQ(refusal([](Map &m) { m.box[0] = 8; }), head + "box dimension 0 of 32 bytes with a swizzle of 64");
  EXPECT_EQ(refusal([](Map &m) { m.element = TensorElement::B4x16; }), head + "element type b4x16");
  EXPECT_EQ(refusal([](Map &m) { m.atomicity = TensorAtomicity::Bytes32; }),
            head + "swizzle of chunks of other than 16 bytes");
}

TEST_F(TensorFaults, ReductionThatTheTypeHasNot) {
  DeviceArray<float> data(memory, 64);
  const TensorMap map = TensorMap::encode(plain(data, 4)).get();
  EXPECT_EQ(fails("reduce_min", map, {}).message, "reduction .min of elements of type f32: there is none");
  EXPECT_EQ(fails("reduce_xor", map, {}).message, "reduction .xor of elements of type f32: there is none");
}

// ---- Maps made on the device ----------------------------------------------------------------------------------------

/// A kernel that makes a map of a 16 x 24 f32 tensor in shared memory, copies it to global memory and loads a box of
/// it. "FENCE" and "FIELD" are replaced.
const std::string DeviceMade = R"(.version 8.6
.target sm_90a
.address_size 64
.shared .align 128 .b8 made[128];
.shared .align 8 .b8 barrier[8];
.shared .align 1024 .b8 tile[512];
.visible .entry k(.param .u64 data, .param .u64 scratch, .param .u64 out)
{
.reg .pred %p, %q;
.reg .b32 %r<20>;
.reg .b64 %rd<10>;
ld.param.u64 %rd1, [data];
ld.param.u64 %rd2, [scratch];
ld.param.u64 %rd3, [out];
mov.u32 %r1, %tid.x;
setp.eq.u32 %p, %r1, 0;
mov.u32 %r2, made;
cvt.u64.u32 %rd4, %r2;
mov.u32 %r3, barrier;
mov.u32 %r4, tile;
shl.b32 %r5, %r1, 2;
add.u32 %r6, %r5, %r2;
mov.u32 %r7, 0;
st.shared.b32 [%r6], %r7;
bar.warp.sync -1;
mov.u32 %r8, 16;
mov.u32 %r9, 24;
mov.u32 %r10, 8;
mov.u32 %r11, 1;
mov.u64 %rd5, 64;
@%p tensormap.replace.tile.global_address.shared::cta.b1024.b64 [%rd4 + 0], %rd1;
@%p tensormap.replace.tile.rank.shared::cta.b1024.b32 [%rd4 + 0], 0x1;
@%p tensormap.replace.tile.box_dim.shared::cta.b1024.b32 [%rd4 + 0], 0x0, %r8;
@%p tensormap.replace.tile.box_dim.shared::cta.b1024.b32 [%rd4 + 0], 0x1, %r10;
@%p tensormap.replace.tile.global_dim.shared::cta.b1024.b32 [%rd4 + 0], 0x0, %r8;
@%p tensormap.replace.tile.global_dim.shared::cta.b1024.b32 [%rd4 + 0], 0x1, %r9;
@%p tensormap.replace.tile.global_stride.shared::cta.b1024.b64 [%rd4 + 0], 0x0, %rd5;
@%p tensormap.replace.tile.element_stride.shared::cta.b1024.b32 [%rd4 + 0], 0x0, %r11;
@%p tensormap.replace.tile.element_stride.shared::cta.b1024.b32 [%rd4 + 0], 0x1, %r11;
@%p tensormap.replace.tile.elemtype.shared::cta.b1024.b32 [%rd4 + 0], 0x7;
@%p tensormap.replace.tile.interleave_layout.shared::cta.b1024.b32 [%rd4 + 0], 0x0;
@%p tensormap.replace.tile.swizzle_mode.shared::cta.b1024.b32 [%rd4 + 0], 0x0;
@%p tensormap.replace.tile.fill_mode.shared::cta.b1024.b32 [%rd4 + 0], 0x0;
FIELD
bar.warp.sync -1;
tensormap.cp_fenceproxy.global.shared::cta.tensormap::generic.release.gpu.sync.aligned [%rd2 + 0], [%rd4 + 0], 0x80;
FENCE
@%p mbarrier.init.shared::cta.b64 [%r3], 1;
bar.sync 0;
@%p mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r3], 512;
cvta.global.u64 %rd6, %rd2;
mov.u32 %r12, 4;
@%p cp.async.bulk.tensor.2d.shared::cta.global.mbarrier::complete_tx::bytes [%r4], [%rd6, {%r7, %r12}], [%r3];
WAIT:
mbarrier.try_wait.parity.shared::cta.b64 %q, [%r3], 0;
@!%q bra WAIT;
add.u32 %r6, %r5, %r4;
cvt.u64.u32 %rd7, %r5;
add.u64 %rd7, %rd7, %rd3;
ld.shared.u32 %r13, [%r6];
st.global.u32 [%rd7], %r13;
ld.shared.u32 %r13, [%r6+128];
st.global.u32 [%rd7+128], %r13;
ld.shared.u32 %r13, [%r6+256];
st.global.u32 [%rd7+256], %r13;
ld.shared.u32 %r13, [%r6+384];
st.global.u32 [%rd7+384], %r13;
ret;
}
)";
const std::string Acquire = "fence.proxy.tensormap::generic.acquire.gpu [%rd2 + 0], 0x80;";

class DeviceTensorMaps : public SimulatorTest {
protected:
  Report launchMade(const std::string &field, const std::string &fence) {
    std::string text = DeviceMade;
    text.replace(text.find("FIELD"), 5, field);
    text.replace(text.find("FENCE"), 5, fence);
    const auto module = parse(text);
    return module ? tryRun(*module, "k", {1}, {32}, data, scratch, out) : Report{};
  }
  std::vector<float> values = randomFloats(16 * 24);
  DeviceArray<float> data{memory, values}, out{memory, 128};
  DeviceArray<uint8_t> scratch{memory, 128};
};

TEST_F(DeviceTensorMaps, LoadOfABox) {
  config.checks.async = config.checks.races = true;
  for (config.seed = 0; config.seed < 20; ++config.seed) {
    const Report report = launchMade("", Acquire);
    ASSERT_TRUE(report.ok()) << report.text();
    EXPECT_EQ(out.host(), std::vector<float>(values.begin() + 64, values.begin() + 192));
  }
}

TEST_F(DeviceTensorMaps, MissingFence) {
  config.checks.async = true;
  const Report report = launchMade("", "");
  ASSERT_EQ(report.errors.size(), 1u) << report.text();
  EXPECT_EQ(report.errors[0].kind, ErrorKind::ProxyFence);
  char place[32];
  std::snprintf(place, sizeof place, "0x%llx", static_cast<unsigned long long>(scratch.address()));
  EXPECT_EQ(report.errors[0].message,
            std::string("tensor map at ") + place +
                ": changed by this cluster and used without fence.proxy.tensormap::generic.acquire in between");
}

TEST_F(DeviceTensorMaps, FieldsThatDoNotFit) {
  const auto message = [&](const std::string &field) {
    const Report report = launchMade(field, Acquire);
    EXPECT_EQ(report.errors.size(), 1u) << report.text();
    return report.errors.empty() ? "" : report.errors[0].message;
  };
  EXPECT_EQ(message("@%p tensormap.replace.tile.rank.shared::cta.b1024.b32 [%rd4], 5;"),
            "tensormap.replace: value 5: expected 0 to 4");
  EXPECT_EQ(message("@%p tensormap.replace.tile.box_dim.shared::cta.b1024.b32 [%rd4], 1, 300;"),
            "tensormap.replace: box of 300 elements: expected 1 to 256");
  EXPECT_EQ(message("@%p tensormap.replace.tile.swizzle_mode.shared::cta.b1024.b32 [%rd4], 4;"),
            "tensormap.replace: value 4: expected 0 to 3");
  EXPECT_EQ(message("@%p tensormap.replace.tile.global_stride.shared::cta.b1024.b64 [%rd4], 4, 64;"),
            "tensormap.replace: dimension 4: expected 0 to 3");
  EXPECT_EQ(message("@%p st.shared.b32 [%r2], 77;\n"
                    "@%p tensormap.replace.tile.rank.shared::cta.b1024.b32 [%rd4], 1;"),
            "tensormap.replace: these 128 bytes are neither a tensor map nor zeros");
}

} // namespace
} // namespace tessera::sim
