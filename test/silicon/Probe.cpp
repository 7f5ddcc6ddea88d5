//===- Probe.cpp - A small kernel that asks the hardware one thing --------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Probe.h"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace tessera::silicon {

Wanted exactly(uint64_t pattern) { return eitherOf(pattern, pattern); }
Wanted eitherOf(uint64_t pattern, uint64_t alternative) { return {Wanted::Exact, pattern, alternative, 0, 0}; }
Wanted anyNaN() { return {Wanted::NaN, 0, 0, 0, 0}; }
Wanted close(long double value, long double bound) { return {Wanted::Close, 0, 0, value, bound}; }
Wanted open() { return {}; }

std::string entryName(const Probe &probe) {
  std::string entry;
  for (const char c : probe.name)
    entry += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
  return "probe_" + entry;
}

std::string moduleHeader(const std::string &target, unsigned version) {
  return ".version " + std::to_string(version / 10) + "." + std::to_string(version % 10) + "\n.target " + target +
         "\n.address_size 64\n";
}

std::string entryText(const Probe &probe) {
  std::string text =
      probe.declarations + "\n.visible .entry " + entryName(probe) + "(.param .u64 input, .param .u64 output";
  for (std::size_t i = 0; i < probe.maps.size(); ++i)
    text += ", .param .align 64 .b8 map" + std::to_string(i) + "[128]";
  text += ") .reqntid " + std::to_string(probe.threads);
  if (probe.cluster > 1)
    text += " .explicitcluster .reqnctapercluster " + std::to_string(probe.cluster);
  return text +
         "\n{\n  .reg .b64 %input, %output;\n  ld.param.u64 %input, [input];\n "
         " ld.param.u64 %output, [output];\n" +
         "  cvta.to.global.u64 %input, %input;\n  cvta.to.global.u64 %output, "
         "%output;\n" +
         probe.body + "  ret;\n}\n";
}

std::string moduleText(const Probe &probe) { return moduleHeader(probe.target, probe.version) + entryText(probe); }

uint64_t fingerprint(const Probe &probe) {
  uint64_t hash = 0xCBF29CE484222325;
  const auto mix = [&](const void *data, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
      hash = (hash ^ static_cast<const unsigned char *>(data)[i]) * 0x100000001B3;
  };
  const std::string text = moduleText(probe);
  mix(text.data(), text.size());
  mix(probe.input.data(), probe.input.size());
  mix(probe.initialOutput.data(), probe.initialOutput.size());
  const unsigned shape[] = {probe.blocks, probe.threads, probe.cluster};
  mix(shape, sizeof shape);
  for (const TensorMap &map : probe.maps) {
    mix(map.size, sizeof map.size);
    mix(map.strideBytes, sizeof map.strideBytes);
    mix(map.box, sizeof map.box);
    mix(map.elementStride, sizeof map.elementStride);
    const unsigned rest[] = {map.dataType, map.rank, map.interleave, map.swizzle, map.fill, map.ofOutput ? 1U : 0U};
    mix(rest, sizeof rest);
  }
  return hash;
}

uint64_t patternAt(const std::vector<std::byte> &bytes, Type type, std::size_t i) {
  const std::size_t size = bits(type) / 8;
  uint64_t pattern = 0;
  std::memcpy(&pattern, bytes.data() + i * size, size);
  return pattern;
}

namespace {

std::string hex(uint64_t pattern, Type type) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%0*llx", static_cast<int>(bits(type) / 4),
                static_cast<unsigned long long>(pattern));
  return text;
}
std::string show(uint64_t pattern, Type type) {
  std::string text = hex(pattern, type);
  if (!isFloat(type))
    return text;
  char number[64];
  std::snprintf(number, sizeof number, " (%.9Lg)", approximate(decode(type, pattern)));
  return text + number;
}

/// |a - b|, zero where both are the same infinity.
long double distance(long double a, long double b) {
  return a == b ? 0.0L : std::isnan(a) || std::isnan(b) ? INFINITY : std::fabs(a - b);
}

/// One unit in the last place of a value in a format.
long double unit(Type type, long double value) {
  const int fraction = type == Type::F64 ? 52 : type == Type::F32 ? 23 : type == Type::BF16 ? 7 : 10;
  const int least = leastNormalExponent(type);
  const int exponent = value == 0 || !std::isfinite(value) ? least : std::ilogb(value);
  return std::ldexp(1.0L, (exponent < least ? least : exponent) - fraction);
}

} // namespace

std::string judge(const Wanted &wanted, Type type, uint64_t pattern) {
  switch (wanted.kind) {
  case Wanted::Exact:
    if (pattern == wanted.pattern || pattern == wanted.alternative)
      return {};
    return "is " + show(pattern, type) + ", not " + show(wanted.pattern, type) +
           (wanted.alternative != wanted.pattern ? " or " + show(wanted.alternative, type) : "");
  case Wanted::NaN:
    return decode(type, pattern).isNaN() ? "" : "is " + show(pattern, type) + ", not a NaN";
  case Wanted::Close: {
    const long double value = approximate(decode(type, pattern)), off = distance(value, wanted.value);
    if (off <= wanted.bound)
      return {};
    char text[160];
    std::snprintf(text, sizeof text, ", off %.12Lg by %.3Lg, bound %.3Lg", wanted.value, off, wanted.bound);
    return "is " + show(pattern, type) + text;
  }
  case Wanted::Open:
    return {};
  }
  return {};
}

std::string judgePair(const Wanted &wanted, Type type, uint64_t simulated, uint64_t silicon) {
  if (simulated == silicon || wanted.kind == Wanted::Open)
    return {};
  std::string both = "simulator " + show(simulated, type) + ", silicon " + show(silicon, type);
  const Real a = decode(type, simulated), b = decode(type, silicon);
  if (wanted.kind == Wanted::NaN && a.isNaN() && b.isNaN())
    return {};
  if (wanted.kind == Wanted::Close) {
    const long double bound = wanted.bound + unit(type, wanted.value);
    if (distance(approximate(a), approximate(b)) <= bound)
      return {};
  }
  return both;
}

const std::vector<Family> &families() {
  static const std::vector<Family> All = {
      {"arithmetic", arithmeticProbes},
      {"half", halfProbes},
      {"convert", convertProbes},
      {"approximate", approximateProbes},
      {"compare", compareProbes},
      {"integer", integerProbes},
      {"atomic", atomicProbes},
      {"warp", warpProbes},
      {"matrix-memory", matrixMemoryProbes},
      {"mma", mmaProbes},
      {"wmma", wmmaProbes},
      {"wgmma", wgmmaProbes},
      {"tma", tmaProbes},
      {"refused", refusedProbes},
  };
  return All;
}

} // namespace tessera::silicon
