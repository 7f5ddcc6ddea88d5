//===- SimulatorTest.cpp - Running kernels in tests -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/SimulatorTest.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tessera::sim {

std::string inputText(const std::string &name) {
  std::ifstream file(std::string(TESSERA_SIMULATOR_INPUTS) + "/" + name);
  EXPECT_TRUE(file.good()) << "no input " << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

static bool checksAreOn() {
  const char *text = std::getenv("TESSERA_TEST_CHECKS");
  return text && std::string_view(text) == "all";
}

void addChecksOfEnvironment(LaunchConfig &config) {
  if (checksAreOn())
    config.checks.races = config.checks.async = config.checks.uninitialized = true;
  if (const char *seed = std::getenv("TESSERA_TEST_SEED"))
    config.seed = std::strtoull(seed, nullptr, 10);
}

MemoryOptions withChecksOfEnvironment(MemoryOptions options) {
  options.trackWrites |= checksAreOn();
  return options;
}

std::shared_ptr<Module> SimulatorTest::parse(const std::string &ptx, const std::string &name) {
  auto module = Module::parse(ptx, memory, name);
  EXPECT_TRUE(bool(module)) << module.error();
  return module.get();
}

double hostHalfValue(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double value = exponent == 0    ? std::ldexp(fraction, -24)
                 : exponent == 31 ? (fraction ? NAN : INFINITY)
                                  : std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -value : value;
}

/// The nearest of all 65536, by search: slow and evidently right.
uint16_t hostHalf(double value) {
  if (std::isnan(value))
    return 0x7FFF;
  const double magnitude = std::fabs(value);
  uint16_t low = 0, high = 0x7C00; // bits of positive halves are in order
  while (high - low > 1) {
    const uint16_t middle = (low + high) / 2;
    (hostHalfValue(middle) <= magnitude ? low : high) = middle;
  }
  const double below = hostHalfValue(low), above = high == 0x7C00 ? 65536.0 : hostHalfValue(high);
  uint16_t result = low;
  if (magnitude - below > above - magnitude || (magnitude - below == above - magnitude && (low & 1)))
    result = high;
  if (std::isinf(value))
    result = 0x7C00;
  return std::signbit(value) ? result | 0x8000 : result;
}

double hostBfloatValue(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }
uint16_t hostBfloat(float value) {
  if (std::isnan(value))
    return 0x7FFF;
  const uint32_t bits = std::bit_cast<uint32_t>(value), low = bits & 0xFFFF, high = bits >> 16;
  return static_cast<uint16_t>(low > 0x8000 || (low == 0x8000 && (high & 1)) ? high + 1 : high);
}

} // namespace tessera::sim
