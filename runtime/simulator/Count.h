//===- Count.h - Counting while a grid runs ---------------------*- C++ -*-===//
//
// Every host thread has a CountTable: one InstrCounts for each instruction of each function of the program, found by
// the program counter. The interpreter's loop adds to it under LaunchConfig::count (in its watched variant: nothing of
// this is compiled into the other), accesses add what they ask of memory, and at the end the tables are added up and
// sorted by source line.
//
//   loop        countIssue(warp, record, mask)      before each instruction
//               retractIssue(warp)                  it did not execute after all: its lanes wait for others
//   accesses    countAccess(warp, ...)              addresses of one access, once it is known to be allowed
//               countTransfer(warp, ...)            a stretch of global memory that an asynchronous instruction moves
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_COUNT_H
#define TESSERA_RUNTIME_SIMULATOR_COUNT_H

#include "runtime/simulator/Classify.h"
#include "runtime/simulator/Counts.h"
#include "runtime/simulator/Warp.h"

#include <bit>
#include <memory>
#include <unordered_map>
#include <vector>

namespace tessera::sim {

struct Lanes64;
enum class AccessKind : uint8_t;

/// Global memory is asked for in sectors.
constexpr unsigned SectorBytes = 32;

/// The shared-memory accesses of one instruction.
struct SharedRecord {
  uint64_t executions = 0, wavefronts = 0, wavefrontsLeast = 0;
  std::array<uint64_t, 32> bankWords{};
  // The worst execution.
  uint64_t cta = 0;
  uint32_t warp = 0;
  uint32_t bytes = 0, lanes = 0, worst = 0, worstLeast = 0;
  std::array<uint32_t, 32> addresses{};

  void add(const SharedRecord &other);
  bool isWorse(uint32_t wavefronts, uint32_t least, uint64_t cta, uint32_t warp) const;
};

/// Where an instruction stands in a loop that only waits.
enum WaitLoop : uint8_t { NotWaiting, InWaitLoop, WaitLoopHead };

struct InstrCounts {
  uint64_t issued = 0;    ///< warp instructions
  uint64_t effective = 0; ///< those with a lane whose guard holds
  uint64_t lanes = 0;
  uint64_t divergent = 0;
  AccessCounts access;
  uint32_t shared = ~0u; ///< in CountTable::shared, once it accessed shared memory
  uint32_t pc = 0;
  WaitLoop waitLoop = NotWaiting;
  BankAccess bankAccess = BankAccess::Plain;
  bool isOnBarrier = false; ///< its memory is an mbarrier: not counted
  bool isCopy = false;      ///< cp.async: what it reads is counted by countCopySource
};

/// What is known of the program before it runs; shared by all host threads.
class CountPlan {
public:
  CountPlan(const Program &program);
  struct Instruction {
    Classified classified;
    WaitLoop waitLoop = NotWaiting;
    bool synthetic = false; ///< put in by the decoder: stands nowhere in the PTX
  };
  const std::vector<std::vector<Instruction>> &codes() const { return instructions; }

private:
  std::vector<std::vector<Instruction>> instructions; ///< by code and pc
};

/// Finds the loops of a function in which a warp only waits, and marks their instructions.
void markWaitLoops(const Code &code, std::vector<CountPlan::Instruction> &instructions);

/// Which sectors of global memory were touched.
class Footprint {
public:
  void mark(uint64_t sector, bool reads, bool writes);
  void add(const Footprint &other);
  uint64_t bytesRead() const { return bytes(&Page::read); }
  uint64_t bytesWritten() const { return bytes(&Page::written); }

private:
  static constexpr uint64_t SectorsPerPage = 2048;
  struct Page {
    std::array<uint64_t, SectorsPerPage / 64> read{}, written{};
  };
  uint64_t bytes(std::array<uint64_t, SectorsPerPage / 64> Page::*set) const;
  Page &page(uint64_t number);

  std::unordered_map<uint64_t, std::unique_ptr<Page>> pages;
  uint64_t lastNumber = ~uint64_t(0);
  Page *last = nullptr;
};

/// The counts of one host thread.
class CountTable {
public:
  CountTable(const Program &program, const CountPlan &plan);

  /// The records of a function, by pc.
  InstrCounts *of(const Code *code) {
    for (size_t i = 0; i < codes.size(); ++i)
      if (codes[i] == code)
        return records[i].data();
    return nullptr;
  }
  SharedRecord &sharedOf(InstrCounts &record);
  void add(const CountTable &other);
  /// The sums, by source line.
  LaunchCounts summarise(const Module &module, const CountPlan &plan) const;

  Footprint footprint;

private:
  std::vector<const Code *> codes;
  std::vector<std::vector<InstrCounts>> records;
  std::vector<SharedRecord> shared;
};

// ---- Called by the interpreter's loop -------------------------------------------------------------------------------

/// Notes an instruction inside a loop that may only wait, so that its round can be taken back.
void noteInRound(Warp &warp, InstrCounts &record, uint32_t mask);
/// The lanes go round such a loop once more: where they changed nothing, the round did not count.
void endRound(Warp &warp);

inline void countIssue(Warp &warp, InstrCounts &record, uint32_t mask) {
  ++record.issued;
  record.effective += mask != 0;
  record.lanes += static_cast<uint64_t>(std::popcount(mask));
  warp.counting = &record;
  warp.countedLanes = mask;
  if (record.waitLoop != NotWaiting) [[unlikely]]
    noteInRound(warp, record, mask);
}

/// The instruction did not execute: its lanes wait for others and come again.
inline void retractIssue(Warp &warp) {
  InstrCounts &record = *warp.counting;
  --record.issued;
  record.effective -= warp.countedLanes != 0;
  record.lanes -= static_cast<uint64_t>(std::popcount(warp.countedLanes));
}

// ---- Called by accesses, under LaunchConfig::count ------------------------------------------------------------------

/// `addresses` are host addresses of `bytes` aligned bytes for each lane of warp.mask.
void countAccess(Warp &warp, ptx::Space space, unsigned bytes, AccessKind kind, const Lanes64 &addresses);
/// What cp.async reads: `bytes` of each lane of `lanes`, at most `whole`, to which the addresses are aligned.
void countCopySource(Warp &warp, uint32_t lanes, const uint64_t *addresses, const uint8_t *bytes, unsigned whole);
/// An asynchronous instruction that was just issued moves `bytes` of global memory from `address` on.
void countTransfer(Warp &warp, uint64_t address, uint64_t bytes, bool reads, bool writes);

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_COUNT_H
