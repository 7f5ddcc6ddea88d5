//===- WarpProbes.cpp - redux match vote shfl elect activemask ------------===//
//
// Exchanges among the lanes of a warp. Each probe runs many rounds, a warp (a block) each; lanes of a round that are
// not in its mask branch around the instruction and give 0xCDCDCDCD.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Probe.h"

#include <algorithm>

namespace tessera::silicon {

namespace {

constexpr unsigned Lanes = 32, Rounds = 24;
constexpr uint32_t Untouched = 0xCDCDCDCD;

std::string number(std::size_t value) { return std::to_string(value); }

struct Round {
  uint32_t mask;
  uint64_t a[Lanes];
  uint32_t b[Lanes];
};

/// Masks of all kinds; values that repeat, so that something matches; b small.
std::vector<Round> rounds(uint64_t seed) {
  Noise source(seed);
  std::vector<Round> list(Rounds);
  for (unsigned r = 0; r < Rounds; ++r) {
    Round &round = list[r];
    round.mask = r < 8     ? ~0U
                 : r == 8  ? 1U
                 : r == 9  ? 0x80000000U
                 : r == 10 ? 0xFFFF0000U
                           : static_cast<uint32_t>(source.next());
    if (round.mask == 0)
      round.mask = 0x10;
    const uint64_t common = source.next(), other = source.next();
    for (unsigned lane = 0; lane < Lanes; ++lane) {
      round.a[lane] = r % 4 == 0 ? source.next() : r % 4 == 1 ? common : source.next() & 1 ? common : other;
      round.b[lane] = static_cast<uint32_t>(source.next() & 0x3F);
    }
  }
  return list;
}

/// What a lane gives: up to two values.
struct Answer {
  uint32_t first = 0, second = 0;
  bool firstIsOpen = false;
};
using Function = std::function<Answer(const Round &round, unsigned lane)>;

/// `statement` computes %d (and %e) from %a (64 bits), %al (its lower half), %b, %mask and %lane.
Probe warpProbe(const std::string &name, const std::string &statement, bool two, const Function &function,
                const std::string &target = "sm_80") {
  Probe probe;
  probe.name = name;
  probe.target = target;
  probe.blocks = Rounds;
  const std::vector<Round> list = rounds(name.size());
  for (const Round &round : list)
    for (unsigned lane = 0; lane < Lanes; ++lane) {
      append(probe.input, round.a[lane]);
      append(probe.input, round.b[lane]);
      append(probe.input, round.mask);
    }
  const unsigned values = two ? 2 : 1;
  probe.body = "  .reg .pred %p, %q;\n  .reg .b32 %i, %lane, %b, %mask, %al, %d, %e, "
               "%bit;\n  .reg .b64 %a, %from, %to;\n"
               "  mov.u32 %lane, %laneid;\n  mov.u32 %i, %ctaid.x;\n  mad.lo.u32 %i, "
               "%i, 32, %lane;\n"
               "  mad.wide.u32 %from, %i, 16, %input;\n  mad.wide.u32 %to, %i, " +
               number(4UL * values) +
               ", %output;\n  ld.global.b64 %a, [%from];\n  ld.global.b32 %b, "
               "[%from+8];\n  ld.global.b32 %mask, [%from+12];\n"
               "  cvt.u32.u64 %al, %a;\n  mov.b32 %d, 0xCDCDCDCD;\n  mov.b32 %e, "
               "0xCDCDCDCD;\n"
               "  shr.u32 %bit, %mask, %lane;\n  and.b32 %bit, %bit, 1;\n  setp.eq.b32 "
               "%p, %bit, 0;\n  @%p bra skip;\n  " +
               statement + "\nskip:\n  st.global.b32 [%to], %d;\n" + (two ? "  st.global.b32 [%to+4], %e;\n" : "");
  probe.initialOutput.assign(std::size_t(Rounds) * Lanes * values * 4, std::byte{0});
  probe.derive = [=] {
    std::vector<Wanted> wanted;
    for (const Round &round : list)
      for (unsigned lane = 0; lane < Lanes; ++lane) {
        const bool in = round.mask >> lane & 1;
        const Answer answer = in ? function(round, lane) : Answer{Untouched, Untouched};
        wanted.push_back(answer.firstIsOpen ? open() : exactly(answer.first));
        if (two)
          wanted.push_back(exactly(answer.second));
      }
    return wanted;
  };
  return probe;
}

bool has(const Round &round, unsigned lane) { return round.mask >> lane & 1; }

void addReductions(std::vector<Probe> &probes) {
  struct Operation {
    const char *name;
    int64_t (*combine)(int64_t, int64_t);
    bool isSigned;
  };
  static constexpr Operation Operations[] = {
      {"add.s32", [](int64_t a, int64_t b) { return a + b; }, true},
      {"add.u32", [](int64_t a, int64_t b) { return a + b; }, false},
      {"min.s32", [](int64_t a, int64_t b) { return std::min(a, b); }, true},
      {"min.u32", [](int64_t a, int64_t b) { return std::min(a, b); }, false},
      {"max.s32", [](int64_t a, int64_t b) { return std::max(a, b); }, true},
      {"max.u32", [](int64_t a, int64_t b) { return std::max(a, b); }, false},
      {"and.b32", [](int64_t a, int64_t b) { return a & b; }, false},
      {"or.b32", [](int64_t a, int64_t b) { return a | b; }, false},
      {"xor.b32", [](int64_t a, int64_t b) { return a ^ b; }, false},
  };
  for (const Operation &operation : Operations) {
    const std::string opcode = std::string("redux.sync.") + operation.name;
    probes.push_back(warpProbe(opcode, opcode + " %d, %al, %mask;", false, [&operation](const Round &round, unsigned) {
      bool first = true;
      int64_t result = 0;
      for (unsigned lane = 0; lane < Lanes; ++lane) {
        if (!has(round, lane))
          continue;
        const auto low = static_cast<uint32_t>(round.a[lane]);
        const int64_t value = operation.isSigned ? static_cast<int32_t>(low) : static_cast<int64_t>(low);
        result = first ? value : operation.combine(result, value);
        first = false;
      }
      return Answer{static_cast<uint32_t>(result), 0};
    }));
  }
}

void addMatches(std::vector<Probe> &probes) {
  for (const bool wide : {false, true}) {
    const std::string suffix = wide ? ".b64" : ".b32", operand = wide ? "%a" : "%al";
    const auto same = [=](const Round &round, unsigned x, unsigned y) {
      return wide ? round.a[x] == round.a[y] : static_cast<uint32_t>(round.a[x]) == static_cast<uint32_t>(round.a[y]);
    };
    const auto peers = [=](const Round &round, unsigned lane) {
      uint32_t found = 0;
      for (unsigned other = 0; other < Lanes; ++other)
        found |= static_cast<uint32_t>(has(round, other) && same(round, lane, other)) << other;
      return found;
    };
    const std::string any = "match.any.sync" + suffix, all = "match.all.sync" + suffix;
    std::string anyText = any, allText = all;
    anyText.append(" %d, ").append(operand).append(", %mask;");
    allText.append(" %d|%q, ").append(operand).append(", %mask;\n  selp.b32 %e, 1, 0, %q;");
    probes.push_back(warpProbe(any, anyText, false,
                               [=](const Round &round, unsigned lane) { return Answer{peers(round, lane), 0}; }));
    probes.push_back(warpProbe(all, allText, true, [=](const Round &round, unsigned lane) {
      const bool agree = peers(round, lane) == round.mask;
      return Answer{agree ? round.mask : 0, agree};
    }));
  }
}

void addVotes(std::vector<Probe> &probes) {
  const auto holding = [](const Round &round) {
    uint32_t found = 0;
    for (unsigned lane = 0; lane < Lanes; ++lane)
      found |= static_cast<uint32_t>(has(round, lane) && (round.a[lane] & 1)) << lane;
    return found;
  };
  const std::string test = "  and.b32 %bit, %al, 1;\n  setp.ne.b32 %p, %bit, 0;\n  ";
  const auto addVote = [&](const char *mode, const std::function<bool(uint32_t held, uint32_t mask)> &result) {
    const std::string opcode = std::string("vote.sync.") + mode + ".pred";
    probes.push_back(
        warpProbe(opcode, test + opcode + " %q, %p, %mask;\n  selp.b32 %d, 1, 0, %q;", false,
                  [=](const Round &round, unsigned) { return Answer{result(holding(round), round.mask), 0}; }));
  };
  addVote("all", [](uint32_t held, uint32_t mask) { return held == mask; });
  addVote("any", [](uint32_t held, uint32_t) { return held != 0; });
  addVote("uni", [](uint32_t held, uint32_t mask) { return held == 0 || held == mask; });
  probes.push_back(warpProbe("vote.sync.ballot.b32", test + "vote.sync.ballot.b32 %d, %p, %mask;", false,
                             [=](const Round &round, unsigned) { return Answer{holding(round), 0}; }));
  probes.push_back(warpProbe("activemask.b32",
                             "activemask.b32 %d;\n  and.b32 %d, %d, %mask;\n  shr.u32 %d, %d, %lane;\n"
                             "  and.b32 %d, %d, 1;",
                             false,
                             [](const Round &, unsigned) { return Answer{1, 0}; })); // itself is always among them
  probes.push_back(warpProbe(
      "elect.sync", "elect.sync %d|%q, %mask;\n  selp.b32 %e, 1, 0, %q;", true,
      [](const Round &round, unsigned lane) {
        // Which lane is elected is left open; the hardware takes the lowest.
        unsigned leader = 0;
        while (!has(round, leader))
          ++leader;
        return Answer{leader, lane == leader};
      },
      "sm_90"));
}

/// By the manual's pseudo-code: c holds the clamp in bits 0 to 4, the segment mask in bits 8 to 12.
void addShuffles(std::vector<Probe> &probes) {
  for (const char *modeName : {"up", "down", "bfly", "idx"})
    for (const unsigned c : {0x1FU, 0x00U, 0x1800U, 0x181FU, 0x1C1FU, 0x0F07U, 0x1000U}) {
      const std::string mode = modeName, opcode = "shfl.sync." + mode + ".b32";
      probes.push_back(warpProbe(opcode + ".c" + number(c),
                                 opcode + " %d|%q, %al, %b, " + number(c) + ", %mask;\n  selp.b32 %e, 1, 0, %q;", true,
                                 [=](const Round &round, unsigned lane) {
                                   const unsigned clamp = c & 31, segment = c >> 8 & 31, b = round.b[lane] & 31;
                                   const unsigned most = (lane & segment) | (clamp & ~segment);
                                   const unsigned least = lane & segment;
                                   int from = 0;
                                   bool valid = false;
                                   if (mode == "up") {
                                     from = static_cast<int>(lane) - static_cast<int>(b);
                                     valid = from >= static_cast<int>(most);
                                   } else if (mode == "down") {
                                     from = static_cast<int>(lane + b);
                                     valid = from <= static_cast<int>(most);
                                   } else if (mode == "bfly") {
                                     from = static_cast<int>(lane ^ b);
                                     valid = from <= static_cast<int>(most);
                                   } else {
                                     from = static_cast<int>(least | (b & ~segment));
                                     valid = from <= static_cast<int>(most);
                                   }
                                   const unsigned source = valid ? static_cast<unsigned>(from) : lane;
                                   // What a lane that takes no part would have is undefined.
                                   return Answer{static_cast<uint32_t>(round.a[source]), valid, !has(round, source)};
                                 }));
    }
}

} // namespace

std::vector<Probe> warpProbes() {
  std::vector<Probe> probes;
  addReductions(probes);
  addMatches(probes);
  addVotes(probes);
  addShuffles(probes);
  return probes;
}

} // namespace tessera::silicon
