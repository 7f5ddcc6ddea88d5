// Element types: names, the small floats.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/Types.h"

#include "runtime/include/tessera/Argument.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace tessera;

TEST(Types, NamesAreTritons) {
  EXPECT_EQ(scalarTypeNamed("fp16"), ScalarType::FP16);
  EXPECT_EQ(scalarTypeNamed("fp8e4nv"), ScalarType::FP8E4NV);
  EXPECT_EQ(scalarTypeNamed("i1"), ScalarType::I1);
  EXPECT_EQ(scalarTypeNamed("fp17"), std::nullopt);
  for (int i = 0; i <= int(ScalarType::FP64); ++i)
    EXPECT_EQ(scalarTypeNamed(nameOf(ScalarType(i))), ScalarType(i));
}

TEST(Types, CppTypesHaveScalarTypes) {
  EXPECT_EQ(scalarTypeOf<int>, ScalarType::I32);
  EXPECT_EQ(scalarTypeOf<unsigned long long>, ScalarType::U64);
  EXPECT_EQ(scalarTypeOf<bool>, ScalarType::I1);
  EXPECT_EQ(scalarTypeOf<BFloat16>, ScalarType::BF16);
  static_assert(!Element<int *>);
  static_assert(!LaunchArgument<std::string>);
  static_assert(LaunchArgument<Buffer<Half>> && LaunchArgument<std::nullptr_t> && LaunchArgument<const float *>);
}

// Every bit pattern of the 8- and 16-bit formats goes through float and back unchanged (NaN stays NaN).
template <typename Bits, typename Expand, typename Round>
void roundTrip(Expand expand, Round round, unsigned patterns) {
  for (unsigned bits = 0; bits < patterns; ++bits) {
    const float value = expand(Bits(bits));
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(expand(round(value))));
    else if (!std::isinf(value)) // fp8 saturates infinities
      EXPECT_EQ(unsigned(round(value)), bits) << value;
  }
}

TEST(Types, SmallFloatsRoundTrip) {
  roundTrip<std::uint16_t>(floatFromHalf, halfFromFloat, 65536);
  roundTrip<std::uint16_t>(floatFromBFloat16, bfloat16FromFloat, 65536);
  roundTrip<std::uint8_t>(floatFromFloat8E4M3, float8E4M3FromFloat, 256);
  roundTrip<std::uint8_t>(floatFromFloat8E5M2, float8E5M2FromFloat, 256);
}

// Half way between two numbers of the format, the even one is taken.
TEST(Types, RoundsToNearestEven) {
  EXPECT_EQ(halfFromFloat(1 + 0x1p-11f), 0x3c00);
  EXPECT_EQ(halfFromFloat(1 + 3 * 0x1p-11f), 0x3c02);
  EXPECT_EQ(halfFromFloat(65519.0f), 0x7bff);
  EXPECT_EQ(halfFromFloat(65520.0f), 0x7c00);
  EXPECT_EQ(halfFromFloat(0x1p-25f), 0x0000);
  EXPECT_EQ(halfFromFloat(1.5f * 0x1p-25f), 0x0001);
  EXPECT_EQ(bfloat16FromFloat(1 + 0x1p-8f), 0x3f80);
  EXPECT_EQ(bfloat16FromFloat(1 + 3 * 0x1p-8f), 0x3f82);
  EXPECT_EQ(float8E4M3FromFloat(448.0f), 0x7e);
  EXPECT_EQ(float8E4M3FromFloat(1e9f), 0x7e);
  EXPECT_EQ(float8E4M3FromFloat(0x1p-10f), 0x00);
  EXPECT_EQ(float8E4M3FromFloat(1.5f * 0x1p-10f), 0x01);
  EXPECT_EQ(float8E5M2FromFloat(-1e9f), 0xfb);
}

TEST(Types, DLPackTypes) {
  EXPECT_EQ(Argument::typeOfDLPack(2, 16, 1), ScalarType::FP16);
  EXPECT_EQ(Argument::typeOfDLPack(4, 16, 1), ScalarType::BF16);
  EXPECT_EQ(Argument::typeOfDLPack(0, 32, 1), ScalarType::I32);
  EXPECT_EQ(Argument::typeOfDLPack(2, 32, 4), std::nullopt);
  EXPECT_EQ(Argument::typeOfDLPack(5, 64, 1), std::nullopt);
}
