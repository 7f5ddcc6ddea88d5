//===- Banks.cpp - Wavefronts of shared memory ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Banks.h"

#include <algorithm>
#include <array>

namespace tessera::sim {

namespace {

/// The words that the lanes of one part, or of parts that go together, want of each bank.
class Pass {
public:
  void want(uint32_t word, bool alone) {
    const uint32_t bank = word % BankCount;
    if (!alone)
      for (unsigned i = head[bank]; i; i = next[i - 1])
        if (words[i - 1] == word)
          return;
    words[count] = word;
    next[count] = head[bank];
    head[bank] = static_cast<uint8_t>(++count);
    busiest = std::max<uint32_t>(busiest, ++perBank[bank]);
  }
  /// What this pass wants and the other besides.
  Pass with(const Pass &other, bool alone) const {
    Pass both = *this;
    for (unsigned i = 0; i < other.count; ++i)
      both.want(other.words[i], alone);
    return both;
  }
  uint32_t wavefronts() const { return busiest; }
  void addTo(std::span<uint64_t, 32> bankWords) const {
    for (unsigned bank = 0; bank < BankCount; ++bank)
      bankWords[bank] += perBank[bank];
  }

private:
  static constexpr unsigned Most = 2 * BankCount; ///< two parts
  std::array<uint8_t, BankCount> head{};          ///< 1 + index of the bank's last word
  std::array<uint8_t, Most> next{};
  std::array<uint32_t, Most> words{};
  std::array<uint32_t, BankCount> perBank{};
  uint32_t busiest = 0;
  unsigned count = 0;
};

uint32_t distinct(std::span<const uint32_t, 32> addresses, uint32_t lanes) {
  std::array<uint32_t, 32> sorted{};
  unsigned count = 0;
  for (unsigned lane = 0; lane < 32; ++lane)
    if (lanes >> lane & 1)
      sorted[count++] = addresses[lane];
  std::sort(sorted.begin(), sorted.begin() + count);
  return static_cast<uint32_t>(std::unique(sorted.begin(), sorted.begin() + count) - sorted.begin());
}

} // namespace

BankUse countBanks(std::span<const uint32_t, 32> addresses, uint32_t lanes, unsigned bytes, BankAccess access,
                   std::span<uint64_t, 32> bankWords) {
  BankUse use;
  const bool alone = access == BankAccess::Atomic;
  const unsigned together = lanesPerPart(bytes), wordsPerLane = std::max(1u, bytes / BankBytes);
  Pass pass;
  const auto serve = [&](const Pass &next) {
    use.wavefronts += pass.wavefronts();
    pass.addTo(bankWords);
    pass = next;
  };
  for (unsigned first = 0; first < 32; first += together) {
    Pass part;
    for (unsigned lane = first; lane < first + together; ++lane)
      if (lanes >> lane & 1)
        for (unsigned word = 0; word < wordsPerLane; ++word)
          part.want(addresses[lane] / BankBytes + word, alone);
    if (access != BankAccess::Matrix && pass.wavefronts() <= 1 && part.wavefronts() <= 1) {
      if (const Pass both = pass.with(part, alone); both.wavefronts() <= 1) {
        pass = both;
        continue;
      }
    }
    serve(part);
  }
  serve({});
  // Accesses are aligned and of one size: two lanes' bytes are the same or have none in common.
  use.least = (distinct(addresses, lanes) * bytes + BankCount * BankBytes - 1) / (BankCount * BankBytes);
  return use;
}

} // namespace tessera::sim
