// Arguments as text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/ArgumentSet.h"

#include <bit>
#include <gtest/gtest.h>

using namespace tessera;

namespace {
std::string errorOf(std::string_view text) {
  Expected<std::pair<std::string, ArgumentText>> argument = parseNamedArgument(text);
  return argument ? "none" : argument.error().text();
}
std::uint64_t bitsOf(std::string_view text) {
  Expected<ArgumentText> argument = parseArgument(text);
  EXPECT_TRUE(argument) << argument.error().text();
  return argument ? argument->bits : ~0ull;
}
} // namespace

TEST(ArgumentText, Scalars) {
  EXPECT_EQ(bitsOf("i32:7"), 7u);
  EXPECT_EQ(bitsOf("i32:-1"), 0xffffffffu);
  EXPECT_EQ(bitsOf("i64:-1"), ~0ull);
  EXPECT_EQ(bitsOf("u64:18446744073709551615"), ~0ull);
  EXPECT_EQ(bitsOf("i64:-9223372036854775808"), 1ull << 63);
  EXPECT_EQ(bitsOf("u8:0xff"), 0xffu);
  EXPECT_EQ(bitsOf("i8:-128"), 0x80u);
  EXPECT_EQ(bitsOf("i1:True"), 1u);
  EXPECT_EQ(bitsOf("fp32:0.5"), std::bit_cast<std::uint32_t>(0.5f));
  EXPECT_EQ(bitsOf("fp64:1e-3"), std::bit_cast<std::uint64_t>(1e-3));
  EXPECT_EQ(bitsOf("fp32:-inf"), 0xff800000u);
  EXPECT_EQ(bitsOf("fp16:1.0"), 0x3c00u);
  EXPECT_EQ(bitsOf("bf16:+1"), 0x3f80u);
}

TEST(ArgumentText, Buffers) {
  Expected<ArgumentText> argument = parseArgument("fp16[128, 64]:randint(-3,3)");
  ASSERT_TRUE(argument) << argument.error().text();
  EXPECT_EQ(argument->kind, ArgumentText::Kind::Filled);
  EXPECT_EQ(argument->shape, (std::vector<std::int64_t>{128, 64}));
  argument = parseArgument("bf16[7]:@a=b.npy");
  ASSERT_TRUE(argument);
  EXPECT_EQ(argument->kind, ArgumentText::Kind::File);
  EXPECT_EQ(argument->file, "a=b.npy");
}

TEST(ArgumentText, Pointers) {
  Expected<ArgumentText> argument = parseArgument("ptr(x+64)");
  ASSERT_TRUE(argument);
  EXPECT_EQ(argument->target, "x");
  EXPECT_EQ(argument->offset, 64);
  EXPECT_EQ(parseArgument("ptr( x )")->offset, 0);
  EXPECT_EQ(parseArgument("ptr(x-1)")->offset, -1);
  EXPECT_EQ(parseArgument("null")->kind, ArgumentText::Kind::Null);
}

TEST(ArgumentText, Descriptors) {
  Expected<ArgumentText> argument = parseArgument("desc(x+64, [100, 64], [64,1], [32,64], swizzle=64, fill=nan)");
  ASSERT_TRUE(argument) << argument.error().text();
  EXPECT_EQ(argument->kind, ArgumentText::Kind::Descriptor);
  EXPECT_EQ(argument->target, "x");
  EXPECT_EQ(argument->offset, 64);
  EXPECT_EQ(argument->tensor.shape, (std::vector<std::int64_t>{100, 64}));
  EXPECT_EQ(argument->tensor.strides, (std::vector<std::int64_t>{64, 1}));
  EXPECT_EQ(argument->tensor.box, (std::vector<std::int64_t>{32, 64}));
  EXPECT_EQ(argument->descriptorOptions.swizzle, TensorSwizzle::Bytes64);
  EXPECT_TRUE(argument->descriptorOptions.nanOutside);
  argument = parseArgument("desc(x,[8],[1],[8])");
  ASSERT_TRUE(argument);
  EXPECT_EQ(argument->descriptorOptions.swizzle, TensorSwizzle::Automatic);
  EXPECT_FALSE(argument->descriptorOptions.nanOutside);
}

TEST(ArgumentText, Mistakes) {
  const std::pair<const char *, const char *> mistakes[] = {
      {"x", "'x': expected NAME=SPEC"},
      {"=i32:7", "'=i32:7': expected NAME=SPEC"},
      {"x=", "argument 'x': '': expected TYPE:VALUE, TYPE[SHAPE]:FILL, ptr(NAME+OFFSET), desc(...) or "
             "null"},
      {"x=i32", "argument 'x': 'i32': expected ':' and a value, or '[' and a shape, after 'i32'"},
      {"x=int", "argument 'x': 'int': unknown type 'int'; there are: i1, i8, i16, i32, i64, u8, u16, u32, u64, fp16, "
                "bf16, fp8e4nv, fp8e5, fp32, fp64"},
      {"x=fp61:1", "argument 'x': 'fp61:1': unknown type 'fp61'; did you mean 'fp16'?"},
      {"x=i32:seven", "argument 'x': 'i32:seven': 'seven' is no integer"},
      {"x=i32:1.5", "argument 'x': 'i32:1.5': '1.5' is no integer"},
      {"x=i1:maybe", "argument 'x': 'i1:maybe': 'maybe' is no integer, True or False"},
      {"x=i8:128", "argument 'x': 'i8:128': 128 does not fit i8, which holds -128 to 127"},
      {"x=u8:-1", "argument 'x': 'u8:-1': -1 does not fit u8, which holds 0 to 255"},
      {"x=fp32:1,5", "argument 'x': 'fp32:1,5': '1,5' is no number"},
      {"x=fp32[4:ones", "argument 'x': 'fp32[4:ones': expected ']' after the shape"},
      {"x=fp32[]:ones", "argument 'x': 'fp32[]:ones': the shape is empty"},
      {"x=fp32[-4]:ones", "argument 'x': 'fp32[-4]:ones': '-4' is no side of a shape"},
      {"x=fp32[4]", "argument 'x': 'fp32[4]': expected ':' and what to fill the buffer with"},
      {"x=fp32[4]:noise", "argument 'x': 'fp32[4]:noise': unknown filling 'noise'; there are randn, rand, zeros, ones, "
                          "arange, nan, randint(lo,hi), "
                          "const(v), @FILE.npy"},
      {"x=fp32[99999999999,99999999999]:ones",
       "argument 'x': 'fp32[99999999999,99999999999]:ones': the buffer would have more bytes than can be addressed"},
      {"x=ptr()", "argument 'x': 'ptr()': expected ptr(NAME) or ptr(NAME+OFFSET)"},
      {"x=ptr(y+z)", "argument 'x': 'ptr(y+z)': the offset '+z' is no integer"},
      {"x=desc(y,1,1,1)", "argument 'x': 'desc(y,1,1,1)': expected desc(NAME,[SHAPE],[STRIDES],[BOX])"},
      {"x=desc(,[1],[1],[1])", "argument 'x': 'desc(,[1],[1],[1])': expected desc(NAME,[SHAPE],[STRIDES],[BOX])"},
      {"x=desc(y,[8],[1])", "argument 'x': 'desc(y,[8],[1])': expected desc(NAME,[SHAPE],[STRIDES],[BOX])"},
      {"x=desc(y,[8],[1],[8]8)", "argument 'x': 'desc(y,[8],[1],[8]8)': expected desc(NAME,[SHAPE],[STRIDES],[BOX])"},
      {"x=desc(y,[8],[1],[a])", "argument 'x': 'desc(y,[8],[1],[a])': 'a' is no integer"},
      {"x=desc(y,[8],[1],[8],swizzle=16)", "argument 'x': 'desc(y,[8],[1],[8],swizzle=16)': expected "
                                           "swizzle=none|32|64|128 or fill=nan|zero, not 'swizzle=16'"},
  };
  for (const auto &[text, error] : mistakes)
    EXPECT_EQ(errorOf(text), error);
}
