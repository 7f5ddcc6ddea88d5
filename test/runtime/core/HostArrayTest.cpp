// Arrays on the host: NumPy files, filling, comparing, printing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/HostArray.h"

#include "runtime/core/Files.h"

#include <cmath>
#include <cstdio>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace tessera;

namespace {
std::string npyOf(const std::string &header, const std::string &data, char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  bytes += char(header.size() & 255);
  bytes += char(header.size() >> 8);
  if (version > 1)
    bytes += std::string(2, '\0');
  return bytes + header + data;
}

std::string errorOf(const std::string &bytes) {
  Expected<HostArray> array = parseNpy(bytes, "x.npy");
  return array ? "none" : array.error().text();
}

std::string temporary(const std::string &name) {
  return testing::TempDir() + "tessera-" + std::to_string(getpid()) + "-" + name;
}
} // namespace

TEST(Npy, RoundTripsEveryType) {
  for (int i = 0; i <= int(ScalarType::FP64); ++i) {
    HostArray array(ScalarType(i), {2, 3});
    for (std::size_t k = 0; k < array.size(); ++k)
      array.set(k, double(k));
    const std::string path = temporary("round.npy");
    ASSERT_TRUE(writeNpy(path, array));
    Expected<HostArray> read = readNpyAs(path, array.type, array.shape);
    std::remove(path.c_str());
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->bytes, array.bytes) << nameOf(array.type);
  }
}

TEST(Npy, HeaderIsWhatNumpyWrites) {
  const std::string bytes = serializeNpy(HostArray(ScalarType::FP32, {2, 3}));
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ(bytes.size(), 128u + 24u);
  EXPECT_NE(bytes.find("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"), std::string::npos);
  EXPECT_NE(serializeNpy(HostArray(ScalarType::I64, {5})).find("'shape': (5,), }"), std::string::npos);
  EXPECT_NE(serializeNpy(HostArray(ScalarType::I64, {})).find("'shape': (), }"), std::string::npos);
}

TEST(Npy, ReadsFortranOrderAndBigEndian) {
  Expected<HostArray> array = parseNpy(
      npyOf("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }", std::string("\0\1\0\4\0\2\0\5\0\3\0\6", 12)),
      "x");
  ASSERT_TRUE(array) << array.error().text();
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_EQ(array->integer(i), std::int64_t(i + 1));
}

TEST(Npy, ReadsVersion2) {
  Expected<HostArray> array = parseNpy(npyOf("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }", "x", 2), "x");
  ASSERT_TRUE(array) << array.error().text();
  EXPECT_EQ(array->integer(0), 'x');
}

TEST(Npy, RefusesDamage) {
  EXPECT_EQ(errorOf("hello"), "'x.npy' is no usable NumPy file: it does not begin as one");
  EXPECT_EQ(errorOf(npyOf("{}", "", 9)), "'x.npy' is no usable NumPy file: its format has version 9, 1 to 3 are known");
  EXPECT_EQ(errorOf(npyOf("{'descr': 3}", "")), "'x.npy' is no usable NumPy file: its header cannot be read");
  EXPECT_EQ(errorOf(npyOf("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "xxxx")),
            "'x.npy' is no usable NumPy file: its header cannot be read");
  EXPECT_EQ(errorOf(npyOf("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "")),
            "'x.npy' is no usable NumPy file: its elements are '<c8', which kernels do not have");
  EXPECT_EQ(errorOf(npyOf("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "xxxx")),
            "'x.npy' is no usable NumPy file: it has 4 bytes of elements, its shape needs 8");
  EXPECT_EQ(errorOf(npyOf("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "")),
            "'x.npy' is no usable NumPy file: its shape is too large");
  const std::string good = serializeNpy(HostArray(ScalarType::FP32, {3}));
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_FALSE(parseNpy(good.substr(0, length), "x").ok()) << length;
}

TEST(Npy, ChecksTypeAndShapeOfTheBuffer) {
  const std::string path = temporary("checked.npy");
  ASSERT_TRUE(writeNpy(path, HostArray(ScalarType::FP32, {4})));
  EXPECT_EQ(readNpyAs(path, ScalarType::FP32, {2, 2}).error().text(),
            "'" + path + "' holds fp32[4], the buffer is fp32[2,2]");
  EXPECT_EQ(readNpyAs(path, ScalarType::I32, {4}).error().text(),
            "'" + path + "' holds elements of type fp32, the buffer is of i32");
  EXPECT_TRUE(readNpyAs(path, ScalarType::BF16, {4}).ok());
  ASSERT_TRUE(writeNpy(path, HostArray(ScalarType::I32, {4})));
  EXPECT_EQ(readNpyAs(path, ScalarType::BF16, {4}).error().text(),
            "'" + path +
                "' holds elements of type i32, the buffer is of bf16, which is read from u16 bits or from fp32");
  std::remove(path.c_str());
  EXPECT_EQ(readNpy("/nowhere/x.npy").error().text(), "cannot read '/nowhere/x.npy': no such file or directory");
}

TEST(Fill, ReadsAndRefuses) {
  EXPECT_EQ(parseFill("randn")->kind, Fill::Kind::Randn);
  EXPECT_EQ(parseFill("const(-1.5)")->low, -1.5);
  EXPECT_EQ(parseFill("randint(-3, 7)")->high, 7);
  EXPECT_EQ(parseFill("randint(7,3)").error().text(),
            "'randint(7,3)': randint takes two integers, the first below the second");
  EXPECT_EQ(parseFill("const(x)").error().text(), "'const(x)': const takes a number");
  EXPECT_EQ(
      parseFill("noise").error().text(),
      "unknown filling 'noise'; there are randn, rand, zeros, ones, arange, nan, randint(lo,hi), const(v), @FILE.npy");
}

// The very bits: what a seed means must not change from machine to machine, nor from release to release.
TEST(Fill, IsTheSameEverywhere) {
  HostArray normal(ScalarType::FP64, {4}), flat(ScalarType::FP32, {4}), whole(ScalarType::I32, {6});
  ASSERT_TRUE(fill(normal, {Fill::Kind::Randn, 0, 0}, 42, "x"));
  ASSERT_TRUE(fill(flat, {Fill::Kind::Rand, 0, 0}, 42, "x"));
  ASSERT_TRUE(fill(whole, {Fill::Kind::Randint, -3, 3}, 42, "x"));
  std::string text = toText(normal) + toText(flat) + toText(whole);
  EXPECT_EQ(text, "[-0.3688007149, -0.4538022908, 0.8712320001, -0.2143272247][0.356138, 0.324986, 0.808186, "
                  "0.415146][-1, -2, 1, -1, -2, -2]");
  HostArray other(ScalarType::FP64, {4});
  ASSERT_TRUE(fill(other, {Fill::Kind::Randn, 0, 0}, 42, "y"));
  EXPECT_NE(other.bytes, normal.bytes);
}

TEST(Fill, RandnIsNormal) {
  HostArray array(ScalarType::FP64, {200000});
  ASSERT_TRUE(fill(array, {Fill::Kind::Randn, 0, 0}, 7, "x"));
  double sum = 0, squares = 0, fourth = 0;
  std::size_t beyond2 = 0;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const double x = array.real(i);
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
    beyond2 += std::abs(x) > 2;
  }
  const double n = double(array.size());
  EXPECT_NEAR(sum / n, 0, 0.01);      // 4.5 standard errors
  EXPECT_NEAR(squares / n, 1, 0.015); // 4.7
  EXPECT_NEAR(fourth / n, 3, 0.1);    // 4.5
  EXPECT_NEAR(double(beyond2) / n, 0.0455, 0.0021);
}

TEST(Fill, RefusesRealFillingsOfIntegers) {
  HostArray array(ScalarType::I32, {4});
  EXPECT_EQ(fill(array, {Fill::Kind::Randn, 0, 0}, 0, "x").error().text(),
            "randn fills floating-point buffers, this one is i32[4]");
}

TEST(Fill, RefusesIntegersThatDoNotFit) {
  HostArray bytes(ScalarType::U8, {8}), wide(ScalarType::I64, {8}), flags(ScalarType::I1, {8});
  EXPECT_TRUE(fill(bytes, {Fill::Kind::Const, 255, 0}, 0, "x"));
  EXPECT_TRUE(fill(bytes, {Fill::Kind::Randint, 0, 256}, 0, "x"));
  EXPECT_TRUE(fill(wide, {Fill::Kind::Randint, -0x1p63, 0x1p63}, 0, "x"));
  EXPECT_TRUE(fill(flags, {Fill::Kind::Const, 1, 0}, 0, "x"));
  EXPECT_EQ(fill(bytes, {Fill::Kind::Const, -1, 0}, 0, "x").error().text(),
            "const(-1) makes numbers that u8 does not hold");
  EXPECT_EQ(fill(bytes, {Fill::Kind::Const, 1.5, 0}, 0, "x").error().text(),
            "const(1.5) makes numbers that u8 does not hold");
  EXPECT_EQ(fill(bytes, {Fill::Kind::Randint, 0, 257}, 0, "x").error().text(),
            "randint(0,257) makes numbers that u8 does not hold");
  EXPECT_FALSE(fill(wide, {Fill::Kind::Const, 0x1p63, 0}, 0, "x"));
}

TEST(Compare, FindsTheWorstElement) {
  HostArray got(ScalarType::FP32, {2, 2}), want(ScalarType::FP32, {2, 2});
  for (std::size_t i = 0; i < 4; ++i) {
    got.set(i, double(i));
    want.set(i, double(i));
  }
  EXPECT_TRUE(compare(got, want, 0, 0)->isClose);
  got.set(2, 2.5);
  got.set(3, 3.1);
  Expected<Comparison> comparison = compare(got, want, 0.01, 0);
  EXPECT_FALSE(comparison->isClose);
  EXPECT_EQ(comparison->wrong, 2u);
  EXPECT_EQ(comparison->worst, 2u);
  EXPECT_EQ(got.indexText(comparison->worst), "[1, 0]");
  EXPECT_TRUE(compare(got, want, 0.3, 0)->isClose);
}

TEST(Compare, NansAndInfinities) {
  HostArray got(ScalarType::FP32, {3}), want(ScalarType::FP32, {3});
  got.set(0, NAN);
  want.set(0, NAN);
  got.set(1, INFINITY);
  want.set(1, INFINITY);
  EXPECT_TRUE(compare(got, want, 0, 0)->isClose);
  want.set(1, -INFINITY);
  got.set(2, NAN);
  EXPECT_EQ(compare(got, want, 1, 1)->wrong, 2u);
  EXPECT_EQ(compare(got, HostArray(ScalarType::FP32, {4}), 1, 1).error().text(),
            "the result is fp32[3], what is expected fp32[4]");
}

TEST(HostArray, PrintsWithTheMiddleLeftOut) {
  HostArray array(ScalarType::I32, {2, 3});
  for (std::size_t i = 0; i < 6; ++i)
    array.setInteger(i, std::int64_t(i));
  EXPECT_EQ(toText(array), "[[0, 1, 2],\n [3, 4, 5]]");
  HostArray row(ScalarType::FP32, {100});
  EXPECT_EQ(toText(row), "[0, 0, 0, 0, ..., 0, 0, 0, 0]");
}
