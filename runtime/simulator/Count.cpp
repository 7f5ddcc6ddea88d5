//===- Count.cpp - Counting while a grid runs -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Count.h"

#include "runtime/simulator/ModuleImpl.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace tessera::sim {

// ---- Adding up ------------------------------------------------------------------------------------------------------

Counts &Counts::operator+=(const Counts &other) {
  threadInstructions += other.threadInstructions;
  warpInstructions += other.warpInstructions;
  for (size_t i = 0; i < classes.size(); ++i)
    classes[i] += other.classes[i];
  globalSectors += other.globalSectors;
  globalSectorsLeast += other.globalSectorsLeast;
  sharedWavefronts += other.sharedWavefronts;
  sharedWavefrontsLeast += other.sharedWavefrontsLeast;
  globalBytes += other.globalBytes;
  l1BypassBytes += other.l1BypassBytes;
  localBytes += other.localBytes;
  asyncCopyBytes += other.asyncCopyBytes;
  tmaBytes += other.tmaBytes;
  tensorFlops += other.tensorFlops;
  divergentBranches += other.divergentBranches;
  barrierWaits += other.barrierWaits;
  for (size_t i = 0; i < flops.size(); ++i)
    flops[i] += other.flops[i];
  return *this;
}

void AccessCounts::add(const AccessCounts &other) {
  sectors += other.sectors;
  sectorsLeast += other.sectorsLeast;
  wavefronts += other.wavefronts;
  wavefrontsLeast += other.wavefrontsLeast;
  globalBytes += other.globalBytes;
  localBytes += other.localBytes;
  bulkBytes += other.bulkBytes;
}

void AccessCounts::subtract(const AccessCounts &other) {
  sectors -= other.sectors;
  sectorsLeast -= other.sectorsLeast;
  wavefronts -= other.wavefronts;
  wavefrontsLeast -= other.wavefrontsLeast;
  globalBytes -= other.globalBytes;
  localBytes -= other.localBytes;
  bulkBytes -= other.bulkBytes;
}

bool SharedRecord::isWorse(uint32_t otherWavefronts, uint32_t otherLeast, uint64_t otherCta, uint32_t otherWarp) const {
  const uint32_t excess = worst - worstLeast, otherExcess = otherWavefronts - otherLeast;
  if (executions == 0 || excess != otherExcess)
    return executions == 0 || otherExcess > excess;
  return otherCta != cta ? otherCta < cta : otherWarp < warp;
}

void SharedRecord::add(const SharedRecord &other) {
  if (other.executions && isWorse(other.worst, other.worstLeast, other.cta, other.warp)) {
    cta = other.cta;
    warp = other.warp;
    bytes = other.bytes;
    lanes = other.lanes;
    worst = other.worst;
    worstLeast = other.worstLeast;
    addresses = other.addresses;
  }
  executions += other.executions;
  wavefronts += other.wavefronts;
  wavefrontsLeast += other.wavefrontsLeast;
  for (size_t i = 0; i < bankWords.size(); ++i)
    bankWords[i] += other.bankWords[i];
}

Footprint::Page &Footprint::page(uint64_t number) {
  if (number == lastNumber)
    return *last;
  std::unique_ptr<Page> &found = pages[number];
  if (!found)
    found = std::make_unique<Page>();
  lastNumber = number;
  last = found.get();
  return *last;
}

void Footprint::mark(uint64_t sector, bool reads, bool writes) {
  Page &marked = page(sector / SectorsPerPage);
  const uint64_t word = sector % SectorsPerPage / 64, bit = uint64_t(1) << sector % 64;
  if (reads)
    marked.read[word] |= bit;
  if (writes)
    marked.written[word] |= bit;
}

void Footprint::add(const Footprint &other) {
  for (const auto &[number, from] : other.pages) {
    Page &to = page(number);
    for (size_t i = 0; i < to.read.size(); ++i) {
      to.read[i] |= from->read[i];
      to.written[i] |= from->written[i];
    }
  }
}

uint64_t Footprint::bytes(std::array<uint64_t, SectorsPerPage / 64> Page::*set) const {
  uint64_t sectors = 0;
  for (const auto &[number, each] : pages)
    for (const uint64_t word : (*each).*set)
      sectors += static_cast<uint64_t>(std::popcount(word));
  return sectors * SectorBytes;
}

// ---- The plan and the tables ----------------------------------------------------------------------------------------

CountPlan::CountPlan(const Program &program) {
  for (const auto &code : program.codes) {
    std::unordered_map<const char *, const ptx::Instruction *> sources;
    for (const ptx::Instruction &source : code->source->instructions)
      sources.emplace(source.text.data(), &source);
    std::vector<Instruction> &made = instructions.emplace_back(code->instrs.size());
    for (size_t pc = 0; pc < made.size(); ++pc) {
      const auto found = sources.find(code->origins[pc].text.data());
      // The decoder adds a return at the end and jumps, which carry the text of the instruction before them.
      const std::string_view opcode = found == sources.end() ? std::string_view() : found->second->opcode;
      made[pc].synthetic = opcode.empty() || (code->instrs[pc].kind == Kind::Branch && !opcode.starts_with("bra"));
      if (!made[pc].synthetic)
        made[pc].classified = classify(opcode);
    }
    markWaitLoops(*code, made);
  }
}

static BankAccess bankAccessOf(InstrClass instrClass) {
  switch (instrClass) {
  case InstrClass::Atomic:
    return BankAccess::Atomic;
  case InstrClass::LdMatrix:
  case InstrClass::StMatrix:
    return BankAccess::Matrix;
  default:
    return BankAccess::Plain;
  }
}

CountTable::CountTable(const Program &program, const CountPlan &plan) {
  for (size_t i = 0; i < program.codes.size(); ++i) {
    codes.push_back(program.codes[i].get());
    std::vector<InstrCounts> &made = records.emplace_back(plan.codes()[i].size());
    for (size_t pc = 0; pc < made.size(); ++pc) {
      made[pc].pc = static_cast<uint32_t>(pc);
      made[pc].waitLoop = plan.codes()[i][pc].waitLoop;
      const InstrClass instrClass = plan.codes()[i][pc].classified.instrClass;
      made[pc].bankAccess = bankAccessOf(instrClass);
      made[pc].isOnBarrier = instrClass == InstrClass::Barrier;
      made[pc].isCopy = instrClass == InstrClass::AsyncCopy;
    }
  }
}

SharedRecord &CountTable::sharedOf(InstrCounts &record) {
  if (record.shared == ~0u) {
    record.shared = static_cast<uint32_t>(shared.size());
    shared.emplace_back();
  }
  return shared[record.shared];
}

void CountTable::add(const CountTable &other) {
  for (size_t i = 0; i < records.size(); ++i)
    for (size_t pc = 0; pc < records[i].size(); ++pc) {
      InstrCounts &to = records[i][pc];
      const InstrCounts &from = other.records[i][pc];
      to.issued += from.issued;
      to.effective += from.effective;
      to.lanes += from.lanes;
      to.divergent += from.divergent;
      to.access.add(from.access);
      if (from.shared != ~0u)
        sharedOf(to).add(other.shared[from.shared]);
    }
  footprint.add(other.footprint);
}

namespace {

Counts countsOf(const InstrCounts &record, const Classified &what) {
  Counts counts;
  counts.threadInstructions = record.lanes;
  counts.warpInstructions = record.issued;
  counts.classes[static_cast<size_t>(what.instrClass)] = record.issued;
  counts.globalSectors = record.access.sectors;
  counts.globalSectorsLeast = record.access.sectorsLeast;
  counts.sharedWavefronts = record.access.wavefronts;
  counts.sharedWavefrontsLeast = record.access.wavefrontsLeast;
  (what.instrClass == InstrClass::AsyncCopy ? counts.asyncCopyBytes : counts.globalBytes) = record.access.globalBytes;
  if (what.bypassesL1)
    counts.l1BypassBytes = record.access.globalBytes;
  counts.localBytes = record.access.localBytes;
  counts.tmaBytes = record.access.bulkBytes;
  counts.tensorFlops = record.effective * what.warpFlops;
  counts.divergentBranches = record.divergent;
  counts.barrierWaits = what.waits ? record.effective : 0;
  counts.flops[static_cast<size_t>(what.kind)] = counts.tensorFlops + record.lanes * what.laneFlops;
  return counts;
}

} // namespace

LaunchCounts CountTable::summarise(const Module &module, const CountPlan &plan) const {
  LaunchCounts result;
  result.counted = true;
  result.footprintRead = footprint.bytesRead();
  result.footprintWritten = footprint.bytesWritten();
  std::map<std::pair<std::string, uint32_t>, Counts> lines;
  const bool placed = std::any_of(codes.begin(), codes.end(), [](const Code *code) {
    return std::any_of(code->origins.begin(), code->origins.end(),
                       [](const Origin &origin) { return origin.location != ptx::None; });
  });
  for (size_t i = 0; i < records.size(); ++i)
    for (size_t pc = 0; pc < records[i].size(); ++pc) {
      const InstrCounts &record = records[i][pc];
      const CountPlan::Instruction &planned = plan.codes()[i][pc];
      if (planned.synthetic || record.issued == 0)
        continue;
      const Origin &origin = codes[i]->origins[pc];
      SourcePlace place = module.impl().place(origin.location);
      if (!place.line)
        place = {module.name(), placed ? 0 : origin.line, 0};
      const Counts counts = countsOf(record, planned.classified);
      result.totals += counts;
      lines[{place.file, place.line}] += counts;
      if (record.shared == ~0u)
        continue;
      const SharedRecord &from = shared[record.shared];
      result.sharedAccesses.push_back({place.file, place.line, origin.line, std::string(origin.text), from.executions,
                                       from.wavefronts, from.wavefrontsLeast, from.bankWords, from.bytes, from.lanes,
                                       from.addresses, from.worst, from.worstLeast, record.bankAccess});
    }
  for (auto &[place, counts] : lines)
    result.lines.push_back({place.first, place.second, counts});
  std::sort(
      result.sharedAccesses.begin(), result.sharedAccesses.end(), [](const SharedAccess &a, const SharedAccess &b) {
        return std::tie(a.file, a.line, a.ptxLine, a.instruction) < std::tie(b.file, b.line, b.ptxLine, b.instruction);
      });
  return result;
}

} // namespace tessera::sim
