//===- Probe.h - A small kernel that asks the hardware one thing -*- C++ -*-===//
//
// A probe is one instruction form wrapped in just enough PTX to feed it known inputs and see its raw outputs. Each has
// three answers that must agree:
//
//   the simulator's    the probe run on the simulator
//   silicon's          the probe run on a GPU, now or when a record was made of it (Record.h)
//   the derivation's   what the PTX manual and the definitions of the number formats say, written down here a second
//                      time, without a look at the simulator
//
// The derivation says of each output how sharply it is known:
//
//   kind    outputs may be                                  silicon and simulator may differ by
//   Exact   `pattern` or `alternative` (often the same)     nothing, where the two are the same
//   NaN     any NaN: the manual leaves the payload open     the payload
//   Close   within `bound` of `value`                       `bound`, and one unit in the last place of `value`
//   Open    anything: the manual says nothing               anything; the record says what the hardware does
//
// Close are approximate functions, within their documented error, and sums of tensor cores, within what any order and
// truncation gives. The unit is the simulator's own: it claims to be nearer to the true value than that.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_SILICON_PROBE_H
#define TESSERA_TEST_SILICON_PROBE_H

#include "test/silicon/Formats.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tessera::silicon {

struct Wanted {
  enum Kind : uint8_t { Exact, NaN, Close, Open } kind = Open;
  uint64_t pattern = 0, alternative = 0;
  long double value = 0, bound = 0;
};
Wanted exactly(uint64_t pattern);
Wanted eitherOf(uint64_t pattern, uint64_t alternative);
Wanted anyNaN();
Wanted close(long double value, long double bound);
Wanted open();
/// The rounded value as an exact pattern.
inline Wanted rounded(Type type, const Real &value, Encoding how = {}) { return exactly(encode(type, value, how)); }

/// What cuTensorMapEncodeTiled is asked for; the map of the probe's input. Dimensions from the fastest on.
struct TensorMap {
  unsigned dataType = 0; ///< CUtensorMapDataType
  unsigned rank = 0;
  uint64_t size[5] = {};
  uint64_t strideBytes[5] = {}; ///< of dimensions 1 and up
  uint32_t box[5] = {};
  uint32_t elementStride[5] = {1, 1, 1, 1, 1};
  unsigned interleave = 0, swizzle = 0, fill = 0;
  bool ofOutput = false; ///< over the output buffer: stores
};

struct Probe {
  std::string family;           ///< "convert": one file of a record
  std::string name;             ///< "cvt.rn.f16.f32": unique in the family
  std::string target = "sm_80"; ///< the least that has the instruction; with a letter only that architecture
  unsigned version = 80;        ///< of PTX that is needed: 80 for 8.0
  std::string declarations;     ///< variables at module scope
  std::string body;             ///< of the entry: %input and %output hold the addresses
  unsigned blocks = 1, threads = 32, cluster = 1;
  /// The simulator does not have the form: it says so, with the name.
  bool refused = false;
  std::vector<TensorMap> maps; ///< parameters `map0`, ...: a const CUtensorMap each

  std::vector<std::byte> input;
  std::vector<std::byte> initialOutput; ///< what the output holds before; its length is the output's
  Type element = Type::U32;             ///< what the output is an array of
  /// One answer for each element of the output.
  std::function<std::vector<Wanted>()> derive;

  std::size_t outputs() const { return initialOutput.size() / (bits(element) / 8); }
};

/// An identifier of PTX made of the probe's name.
std::string entryName(const Probe &probe);
/// ".version 8.0 .target sm_80 ...".
std::string moduleHeader(const std::string &target, unsigned version);
/// The entry alone, and the module with it.
std::string entryText(const Probe &probe);
std::string moduleText(const Probe &probe);
/// Changes whenever what the probe does changes: PTX, inputs, shape of the launch.
uint64_t fingerprint(const Probe &probe);

/// Appends the bytes of a value.
template <typename T> void append(std::vector<std::byte> &bytes, const T &value) {
  const auto *raw = reinterpret_cast<const std::byte *>(&value);
  bytes.insert(bytes.end(), raw, raw + sizeof value);
}
/// The pattern of element `i` of an array of `type`.
uint64_t patternAt(const std::vector<std::byte> &bytes, Type type, std::size_t i);

/// Whether an output is what was wanted; empty, or what is wrong with it.
std::string judge(const Wanted &wanted, Type type, uint64_t pattern);
/// Whether the simulator's output may stand beside silicon's; empty, or what is wrong.
std::string judgePair(const Wanted &wanted, Type type, uint64_t simulated, uint64_t silicon);

/// Deterministic noise: the same everywhere, for ever.
class Noise {
public:
  explicit Noise(uint64_t seed) : state(seed * 0x9E3779B97F4A7C15 + 0x1234567) {}
  uint64_t next() {
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
  }
  /// Uniform in [low, high].
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(next() % (static_cast<uint64_t>(high - low) + 1));
  }

private:
  uint64_t state;
};

/// All probes, family by family.
struct Family {
  std::string name;
  std::vector<Probe> (*make)();
};
const std::vector<Family> &families();

std::vector<Probe> arithmeticProbes();
std::vector<Probe> halfProbes();
std::vector<Probe> convertProbes();
std::vector<Probe> approximateProbes();
std::vector<Probe> compareProbes();
std::vector<Probe> integerProbes();
std::vector<Probe> atomicProbes();
std::vector<Probe> warpProbes();
std::vector<Probe> matrixMemoryProbes();
std::vector<Probe> mmaProbes();
std::vector<Probe> wmmaProbes();
std::vector<Probe> wgmmaProbes();
std::vector<Probe> tmaProbes();
std::vector<Probe> refusedProbes();

} // namespace tessera::silicon

#endif // TESSERA_TEST_SILICON_PROBE_H
