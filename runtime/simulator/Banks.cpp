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

/// The words that the lanes of one pass want of each bank.
class Pass {
public:
  void want(uint32_t word, bool sameWordApart) {
    const uint32_t bank = word % BankCount;
    if (!sameWordApart)
      for (unsigned i = head[bank]; i; i = next[i - 1])
        if (words[i - 1] == word)
          return;
    words[count] = word;
    next[count] = head[bank];
    head[bank] = static_cast<uint8_t>(++count);
    ++perBank[bank];
  }
  uint32_t busiest() const { return *std::max_element(perBank.begin(), perBank.end()); }
  void addTo(std::span<uint64_t, 32> bankWords) const {
    for (unsigned bank = 0; bank < BankCount; ++bank)
      bankWords[bank] += perBank[bank];
  }

private:
  std::array<uint8_t, BankCount> head{}; ///< 1 + index of the bank's last word
  std::array<uint8_t, BankCount> next{};
  std::array<uint32_t, BankCount> words{};
  std::array<uint32_t, BankCount> perBank{};
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

BankUse countBanks(std::span<const uint32_t, 32> addresses, uint32_t lanes, unsigned bytes, bool sameWordApart,
                   std::span<uint64_t, 32> bankWords) {
  BankUse use;
  const unsigned together = lanesPerPass(bytes), wordsPerLane = std::max(1u, bytes / BankBytes);
  for (unsigned first = 0; first < 32; first += together) {
    Pass pass;
    for (unsigned lane = first; lane < first + together; ++lane)
      if (lanes >> lane & 1)
        for (unsigned word = 0; word < wordsPerLane; ++word)
          pass.want(addresses[lane] / BankBytes + word, sameWordApart);
    use.wavefronts += pass.busiest();
    pass.addTo(bankWords);
  }
  // Accesses are aligned and of one size: two lanes' bytes are the same or have none in common.
  use.least = (distinct(addresses, lanes) * bytes + BankCount * BankBytes - 1) / (BankCount * BankBytes);
  return use;
}

} // namespace tessera::sim
