//===- FormatsTest.cpp - The second opinion, checked itself ---------------===//
//
// Formats.h against the host's floating-point unit and compiler, the tables for being complete, and the records' files.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Elementwise.h"
#include "test/silicon/FragmentTables.h"
#include "test/silicon/Machine.h"
#include "test/silicon/Record.h"
#include "test/silicon/SharedLayouts.h"

#include <bit>
#include <cfenv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <set>

namespace tessera::silicon {
namespace {

constexpr std::pair<Rounding, int> HostRoundings[] = {{Rounding::NearestEven, FE_TONEAREST},
                                                      {Rounding::Zero, FE_TOWARDZERO},
                                                      {Rounding::Down, FE_DOWNWARD},
                                                      {Rounding::Up, FE_UPWARD}};

template <typename T> T hostValue(uint64_t pattern) {
  T value;
  std::memcpy(&value, &pattern, sizeof value);
  return value;
}
template <typename T> uint64_t hostPattern(T value) {
  uint64_t pattern = 0;
  std::memcpy(&pattern, &value, sizeof value);
  return pattern;
}

/// The same number, or both NaN.
template <typename T> void expectSame(T host, Type type, const Real &exact, Rounding rounding, const char *what) {
  const uint64_t pattern = encode(type, exact, {rounding, false});
  if (std::isnan(host))
    EXPECT_TRUE(exact.isNaN()) << what;
  else
    EXPECT_EQ(pattern, hostPattern(host)) << what << " in " << name(rounding);
}

template <typename T> void compareArithmetic(Type type) {
  unsigned compared = 0;
  for (const auto &[rounding, host] : HostRoundings)
    for (const Operands &o : ternary(type)) {
      const Real a = decode(type, o[0]), b = decode(type, o[1]), c = decode(type, o[2]);
      volatile T x = hostValue<T>(o[0]), y = hostValue<T>(o[1]), z = hostValue<T>(o[2]);
      std::fesetround(host);
      volatile T sum = x + y, difference = x - y, product = x * y, quotient = x / y, root = std::sqrt(x),
                 fused = std::fma(x, y, z);
      std::fesetround(FE_TONEAREST);
      expectSame<T>(sum, type, add(a, b, rounding), rounding, "sum");
      expectSame<T>(difference, type, add(a, negate(b), rounding), rounding, "difference");
      expectSame<T>(product, type, multiply(a, b), rounding, "product");
      expectSame<T>(quotient, type, divide(a, b), rounding, "quotient");
      expectSame<T>(root, type, squareRoot(a), rounding, "root");
      expectSame<T>(fused, type, add(multiply(a, b), c, rounding), rounding, "fused");
      if (testing::Test::HasFailure())
        return;
      ++compared;
    }
  EXPECT_GT(compared, 3000U);
}

TEST(Formats, ArithmeticOfSingles) { compareArithmetic<float>(Type::F32); }
TEST(Formats, ArithmeticOfDoubles) { compareArithmetic<double>(Type::F64); }

TEST(Formats, EveryNarrowPatternSurvives) {
  for (const Type type : {Type::F16, Type::BF16, Type::E4M3, Type::E5M2})
    for (uint64_t pattern = 0; pattern < uint64_t(1) << bits(type); ++pattern) {
      const Real value = decode(type, pattern);
      if (!value.isNaN()) {
        ASSERT_EQ(encode(type, value), pattern) << name(type);
      }
    }
}

TEST(Formats, HalvesAreTheCompilers) {
  for (uint32_t pattern = 0; pattern < 0x10000; ++pattern) {
    const auto half = hostValue<_Float16>(pattern);
    const Real value = decode(Type::F16, pattern);
    if (value.isNaN())
      ASSERT_TRUE(std::isnan(static_cast<float>(half)));
    else
      ASSERT_EQ(static_cast<long double>(static_cast<float>(half)), approximate(value));
  }
  for (const Operands &o : unary(Type::F32, 5000)) {
    const float value = hostValue<float>(o[0]);
    if (!std::isnan(value)) {
      ASSERT_EQ(encode(Type::F16, decode(Type::F32, o[0])), hostPattern(static_cast<_Float16>(value))) << value;
    }
  }
}

TEST(Formats, EightBitLandmarks) {
  const auto value = [](Type type, uint64_t pattern) { return approximate(decode(type, pattern)); };
  EXPECT_EQ(value(Type::E4M3, 0x01), 0x1p-9L);
  EXPECT_EQ(value(Type::E4M3, 0x08), 0x1p-6L);
  EXPECT_EQ(value(Type::E4M3, 0x38), 1.0L);
  EXPECT_EQ(value(Type::E4M3, 0x7E), 448.0L);
  EXPECT_TRUE(decode(Type::E4M3, 0x7F).isNaN());
  EXPECT_EQ(value(Type::E5M2, 0x01), 0x1p-16L);
  EXPECT_EQ(value(Type::E5M2, 0x04), 0x1p-14L);
  EXPECT_EQ(value(Type::E5M2, 0x3C), 1.0L);
  EXPECT_EQ(value(Type::E5M2, 0x7B), 57344.0L);
  EXPECT_TRUE(decode(Type::E5M2, 0x7C).isInfinite());
  EXPECT_EQ(encode(Type::E4M3, integer(1000), {Rounding::NearestEven, true}), 0x7EU);
  EXPECT_EQ(encode(Type::TF32, decode(Type::F32, 0x3F801000), {Rounding::NearestAway, false}), 0x3F802000U);
  EXPECT_EQ(encode(Type::TF32, decode(Type::F32, 0x3F801000)), 0x3F800000U);
}

TEST(Formats, IntegersAreClamped) {
  EXPECT_EQ(encodeInteger(Type::S8, integer(1000), Rounding::Zero), 0x7FU);
  EXPECT_EQ(encodeInteger(Type::S8, integer(-1000), Rounding::Zero), 0x80U);
  EXPECT_EQ(encodeInteger(Type::U8, integer(-1), Rounding::Zero), 0U);
  EXPECT_EQ(encodeInteger(Type::S32, decode(Type::F32, hostPattern(-2.5F)), Rounding::NearestEven), 0xFFFFFFFEU);
  EXPECT_EQ(encodeInteger(Type::S32, decode(Type::F32, hostPattern(-2.5F)), Rounding::Down), 0xFFFFFFFDU);
  EXPECT_EQ(encodeInteger(Type::U64, infinity(false), Rounding::Zero), ~uint64_t(0));
}

TEST(FragmentTables, EveryElementIsSomewhereOnce) {
  for (const FragmentTable &table : allFragments()) {
    const auto covers = [](PlaceRule rule, unsigned count, unsigned rows, unsigned columns) {
      std::set<std::pair<unsigned, unsigned>> seen;
      for (unsigned lane = 0; lane < 32; ++lane)
        for (unsigned i = 0; i < count; ++i) {
          const Place place = rule(lane >> 2, lane % 4, i);
          if (place.row >= rows || place.column >= columns || !seen.insert({place.row, place.column}).second)
            return false;
        }
      return seen.size() == std::size_t(rows) * columns;
    };
    EXPECT_TRUE(covers(table.a, table.aCount, table.m, table.k)) << "A of k" << table.k;
    EXPECT_TRUE(covers(table.b, table.bCount, table.k, table.n)) << "B of k" << table.k;
    EXPECT_TRUE(covers(table.c, table.cCount, table.m, table.n)) << "C of k" << table.k;
  }
}

TEST(SharedLayouts, SwizzlesPermuteTheirPatterns) {
  for (const Swizzle swizzle : Swizzles) {
    std::set<uint32_t> seen;
    for (uint32_t address = 0; address < 1024; ++address)
      seen.insert(swizzled(swizzle, address));
    EXPECT_EQ(seen.size(), 1024U);
    EXPECT_EQ(*seen.rbegin(), 1023U);
  }
  EXPECT_EQ(swizzled(Swizzle::Bytes128, 0x380), 0x380U ^ 0x70U);
  EXPECT_EQ(swizzled(Swizzle::Bytes64, 0x380), 0x380U ^ 0x30U);
  EXPECT_EQ(swizzled(Swizzle::Bytes32, 0x380), 0x380U ^ 0x10U);
}

std::string temporary(const char *file) { return testing::TempDir() + file; }

TEST(Record, ComesBackAsWritten) {
  Record record{"Test GPU", "sm_90", "13000", "2026-01-31", {}};
  Noise noise(1);
  for (unsigned size = 1; size < 300; size += 7) {
    RecordedOutput &output = record.outputs["probe-" + std::to_string(size)];
    output.fingerprint = noise.next();
    for (unsigned i = 0; i < size; ++i)
      output.bytes.push_back(static_cast<std::byte>(noise.next()));
  }
  const std::string path = temporary("silicon-record.txt");
  ASSERT_TRUE(writeRecord(path, record));
  const Expected<Record> read = readRecord(path);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->gpu, record.gpu);
  EXPECT_EQ(read->date, record.date);
  ASSERT_EQ(read->outputs.size(), record.outputs.size());
  for (const auto &[name, output] : record.outputs) {
    EXPECT_EQ(read->outputs.at(name).fingerprint, output.fingerprint);
    EXPECT_EQ(read->outputs.at(name).bytes, output.bytes);
  }
}

TEST(Record, DamageIsAnErrorWithItsLine) {
  const std::string path = temporary("silicon-damaged.txt");
  const auto read = [&](const char *text) {
    std::ofstream(path) << text;
    const Expected<Record> record = readRecord(path);
    return record ? std::string("no error") : record.error().text().substr(path.size());
  };
  EXPECT_EQ(read("gpu: G\ndriver: 1\ndate: d\nprobe x 12 3\nAAA=\n"), ":5: expected 3 bytes of 'x' in base64");
  EXPECT_EQ(read("gpu: G\ndriver: 1\ndate: d\nprobe x 12 3\nA*AA\n"), ":5: expected 3 bytes of 'x' in base64");
  EXPECT_EQ(read("gpu: G\ndriver: 1\ndate: d\nprobe x\n"), ":4: expected 'probe NAME FINGERPRINT BYTES'");
  EXPECT_EQ(read("gpu: G\nfrob: 1\n"), ":2: unknown entry 'frob:'");
  EXPECT_EQ(read("gpu: G\n"), ":1: a record says its gpu, driver and date");
}

/// The last line that the tool prints.
std::string lastLine(const std::string &arguments) {
  // NOLINTNEXTLINE(bugprone-command-processor): the words are the test's own
  std::FILE *pipe = popen((std::string(TESSERA_SILICON_TOOL) + " " + arguments + " 2>&1").c_str(), "r");
  std::string last;
  char line[4096];
  while (pipe && std::fgets(line, sizeof line, pipe))
    last = line;
  if (pipe)
    pclose(pipe);
  return last;
}

/// A file as a GPU's would be, of what the simulator gives: agreement, a wrong bit, and an older probe are told apart.
TEST(Record, IsComparedWith) {
  Expected<Machine> simulator = Machine::open(cuda::DriverLibrary::Kind::Simulator);
  ASSERT_TRUE(simulator) << simulator.error().text();
  Record record{"Test GPU", "sm_90", "13000", "2026-01-31", {}};
  for (Probe &probe : matrixMemoryProbes())
    if (probe.name.starts_with("ldmatrix") && probe.name.find("::cta") == std::string::npos) {
      Expected<std::vector<std::byte>> output = simulator->run(probe);
      ASSERT_TRUE(output) << output.error().text();
      record.outputs[probe.name] = {fingerprint(probe), *output};
    }
  ASSERT_EQ(record.outputs.size(), 6U);
  const std::string folder = temporary("silicon-records"), arguments = "--family matrix-memory --records " + folder;
  const std::string path = folder + "/test-gpu/matrix-memory.txt";
  ASSERT_TRUE(writeRecord(path, record));
  EXPECT_NE(lastLine(arguments).find("6 compared with records, 0 records out of date, 0 not for this GPU: 0 wrong"),
            std::string::npos)
      << lastLine(arguments);
  record.outputs.begin()->second.bytes[5] ^= std::byte{1};
  record.outputs.rbegin()->second.fingerprint ^= 1;
  ASSERT_TRUE(writeRecord(path, record));
  EXPECT_NE(lastLine(arguments).find("5 compared with records, 1 records out of date, 0 not for this GPU: 1 wrong"),
            std::string::npos)
      << lastLine(arguments);
}

TEST(Record, IsNotMadeOfTheSimulator) {
  EXPECT_EQ(lastLine("--record " + temporary("none")), "error: records are made on a GPU only: give --device cuda\n");
}

TEST(Record, IsNotMadeOfTheSimulatorUnderTheDriversName) {
  const Expected<const cuda::DriverLibrary *> library = cuda::DriverLibrary::get(cuda::DriverLibrary::Kind::Simulator);
  ASSERT_TRUE(library) << library.error().text();
  const std::string folder = temporary("silicon-driver");
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  std::filesystem::remove(folder + "/libcuda.so.1", failed);
  std::filesystem::create_symlink(std::filesystem::canonical((*library)->path()), folder + "/libcuda.so.1", failed);
  ASSERT_FALSE(failed);
  const char *before = std::getenv("LD_LIBRARY_PATH");
  const std::string kept = before ? before : "";
  setenv("LD_LIBRARY_PATH", folder.c_str(), 1);
  const std::string said = lastLine("--device cuda --record " + temporary("none"));
  if (before)
    setenv("LD_LIBRARY_PATH", kept.c_str(), 1);
  else
    unsetenv("LD_LIBRARY_PATH");
  EXPECT_EQ(said, "skipped: what was loaded as the CUDA driver is the simulator\n");
}

TEST(Record, FingerprintsTellProbesApart) {
  Probe probe;
  probe.name = "a";
  const uint64_t before = fingerprint(probe);
  probe.body = "  bar.sync 0;\n";
  EXPECT_NE(fingerprint(probe), before);
  const uint64_t withBody = fingerprint(probe);
  append(probe.input, 1);
  EXPECT_NE(fingerprint(probe), withBody);
}

TEST(Judge, SaysWhatIsWrong) {
  EXPECT_EQ(judge(exactly(1), Type::U32, 1), "");
  EXPECT_EQ(judge(exactly(1), Type::U32, 2), "is 0x00000002, not 0x00000001");
  EXPECT_EQ(judge(eitherOf(0, 0x8000), Type::F16, 0x8000), "");
  EXPECT_EQ(judge(anyNaN(), Type::F16, 0x7E00), "");
  EXPECT_NE(judge(anyNaN(), Type::F16, 0x7C00), "");
  EXPECT_EQ(judge(close(1, 0x1p-10L), Type::F16, 0x3C01), "");
  EXPECT_NE(judge(close(1, 0x1p-11L), Type::F16, 0x3C01), "");
  EXPECT_NE(judge(close(1, 1), Type::F16, 0x7E00), "");
  EXPECT_NE(judgePair(exactly(1), Type::U32, 1, 2), "");
  EXPECT_EQ(judgePair(open(), Type::U32, 1, 2), "");
  EXPECT_EQ(judgePair(close(1, 0), Type::F16, 0x3C00, 0x3C01), "") << "a unit is the simulator's own";
  EXPECT_NE(judgePair(close(1, 0), Type::F16, 0x3C00, 0x3C02), "");
}

} // namespace
} // namespace tessera::silicon
