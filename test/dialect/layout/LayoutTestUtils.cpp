//===- LayoutTestUtils.cpp - Maps to test with, and a machine to run plans on -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "LayoutTestUtils.h"

#include "dialect/layout/BitSpace.h"

#include <algorithm>
#include <map>
#include <sstream>

namespace tessera::test {

void forAllMaps(const Space &in, const Space &out, const std::function<void(const LinearLayout &)> &visit) {
  unsigned inBits = in.totalBits(), outBits = out.totalBits();
  for (uint64_t code = 0; code < uint64_t(1) << (inBits * outBits); ++code) {
    LinearLayout layout(in, out);
    unsigned index = 0;
    for (unsigned i = 0; i < kNumDims; ++i)
      for (unsigned bit = 0; bit < in.bits(Dim(i)); ++bit, ++index)
        layout.setBasis(Dim(i), bit, code >> (index * outBits) & ((uint64_t(1) << outBits) - 1));
    visit(layout);
  }
}

std::vector<LinearLayout> allSurjectiveMaps(const Space &in, const Space &out) {
  std::vector<LinearLayout> maps;
  forAllMaps(in, out, [&](const LinearLayout &layout) {
    if (layout.isSurjective())
      maps.push_back(layout);
  });
  return maps;
}

LinearLayout randomSurjectiveMap(const Space &in, const Space &out, bool permutation, std::mt19937 &random) {
  unsigned inBits = in.totalBits(), outBits = out.totalBits();
  LinearLayout layout(in, out);
  do {
    std::vector<uint64_t> words(inBits, 0);
    for (unsigned i = 0; i < inBits; ++i)
      words[i] = permutation ? (i < outBits ? uint64_t(1) << i : 0) : random() & ((uint64_t(1) << outBits) - 1);
    std::shuffle(words.begin(), words.end(), random);
    unsigned index = 0;
    for (unsigned i = 0; i < kNumDims; ++i)
      for (unsigned bit = 0; bit < in.bits(Dim(i)); ++bit)
        layout.setBasis(Dim(i), bit, words[index++]);
  } while (!layout.isSurjective());
  return layout;
}

Space hardware(unsigned registerBits, unsigned laneBits, unsigned warpBits) {
  Space space;
  space.setBits(Dim::Register, registerBits);
  space.setBits(Dim::Lane, laneBits);
  space.setBits(Dim::Warp, warpBits);
  return space;
}

namespace {

constexpr int64_t kNothing = -1;

/// The registers of all threads, by what element they hold.
struct Machine {
  unsigned warps, lanes;
  std::vector<std::vector<int64_t>> threads;

  Machine(const LinearLayout &layout, bool filled)
      : warps(layout.inSize(Dim::Warp)), lanes(layout.inSize(Dim::Lane)),
        threads(size_t(warps) * lanes, std::vector<int64_t>(layout.numRegisters(), kNothing)) {
    for (unsigned warp = 0; filled && warp < warps; ++warp)
      for (unsigned lane = 0; lane < lanes; ++lane)
        for (int64_t reg = 0; reg < layout.numRegisters(); ++reg)
          at(warp, lane)[reg] = element(layout, warp, lane, reg);
  }

  std::vector<int64_t> &at(unsigned warp, unsigned lane) { return threads[warp * lanes + lane]; }

  static int64_t element(const LinearLayout &layout, unsigned warp, unsigned lane, int64_t reg) {
    return int64_t(layout.apply(Dim::Register, reg) ^ layout.apply(Dim::Lane, lane) ^ layout.apply(Dim::Warp, warp));
  }

  std::string compare(const LinearLayout &layout) {
    for (unsigned warp = 0; warp < warps; ++warp)
      for (unsigned lane = 0; lane < lanes; ++lane)
        for (int64_t reg = 0; reg < layout.numRegisters(); ++reg)
          if (at(warp, lane)[reg] != element(layout, warp, lane, reg)) {
            std::ostringstream text;
            text << "register " << reg << " of lane " << lane << " of warp " << warp << " holds element "
                 << at(warp, lane)[reg] << ", expected " << element(layout, warp, lane, reg);
            return text.str();
          }
    return "";
  }
};

struct Memory {
  std::map<uint64_t, int64_t> cells;
  std::string error;

  void store(uint64_t offset, int64_t value) {
    auto [cell, isNew] = cells.emplace(offset, value);
    if (!isNew)
      error = "offset " + std::to_string(offset) + " is stored to twice";
  }
  int64_t load(uint64_t offset) {
    auto cell = cells.find(offset);
    if (cell == cells.end())
      error = "offset " + std::to_string(offset) + " is read but was not stored";
    return cell == cells.end() ? kNothing : cell->second;
  }
};

uint64_t addressOf(const SharedAccess &access, unsigned warp, unsigned lane) {
  return access.address.apply(Dim::Lane, lane) ^ access.address.apply(Dim::Warp, warp);
}

/// Runs the instructions of one step and counts the wavefronts of each warp. `move(register, offset)` of a thread.
template <typename Move>
std::string runStep(const SharedAccess &access, unsigned step, Machine &machine, unsigned &wavefronts, Move move) {
  unsigned bits = access.elementBits, count = access.elementsPerInstruction;
  for (unsigned warp = 0; warp < machine.warps; ++warp) {
    if (warp & access.idleWarps)
      continue;
    for (const SharedInstruction &instruction : access.instructions) {
      if (instruction.step != step)
        continue;
      if (instruction.registers.size() != count)
        return "wrong number of registers";
      if (access.form == AccessForm::Vector) {
        std::vector<std::optional<uint64_t>> addresses(machine.lanes);
        for (unsigned lane = 0; lane < machine.lanes; ++lane) {
          if (lane & access.idleLanes)
            continue;
          uint64_t offset = addressOf(access, warp, lane) ^ instruction.offset;
          if (offset % count)
            return "a vector is not aligned";
          addresses[lane] = offset * bits / 8;
          for (unsigned i = 0; i < count; ++i)
            move(warp, lane, instruction.registers[i], offset + i);
        }
        if (warp == 0)
          wavefronts += wavefrontsOf(addresses, access.bytesPerInstruction());
        continue;
      }
      unsigned inWord = 32 / bits, inRow = 128 / bits;
      for (unsigned matrix = 0; matrix < access.numMatrices; ++matrix) {
        std::vector<uint64_t> rows(8);
        std::vector<std::optional<uint64_t>> addresses(8);
        for (unsigned row = 0; row < 8; ++row) {
          rows[row] = addressOf(access, warp, matrix * 8 + row) ^ instruction.offset;
          addresses[row] = rows[row] * bits / 8;
          if (rows[row] % inRow)
            return "a row of a matrix is not aligned";
        }
        if (warp == 0)
          wavefronts += wavefrontsOf(addresses, 16);
        for (unsigned lane = 0; lane < 32; ++lane)
          for (unsigned i = 0; i < inWord; ++i) {
            uint64_t offset = access.form == AccessForm::Matrix ? rows[lane / 4] + uint64_t(lane % 4) * inWord + i
                                                                : rows[lane % 4 * 2 + i] + lane / 4;
            move(warp, lane, instruction.registers[matrix * inWord + i], offset);
          }
      }
    }
  }
  return "";
}

void fillCopies(const SharedAccess &load, Machine &machine) {
  for (std::vector<int64_t> &registers : machine.threads)
    for (size_t reg = 0; reg < registers.size(); ++reg)
      registers[reg] = registers[load.copyOf[reg]];
}

} // namespace

std::string simulate(const ShufflePlan &plan, const LinearLayout &source, const LinearLayout &result) {
  Machine from(source, true), to(result, false);
  using Word = std::vector<int64_t>;
  auto swap = [](std::vector<Word> &words, const std::vector<ConditionalSwap> &swaps, unsigned warp, unsigned lane) {
    for (const ConditionalSwap &swap : swaps) {
      std::vector<Word> before = words;
      if (parity(lane & swap.lanes) ^ parity(warp & swap.warps))
        for (size_t i = 0; i < words.size(); ++i)
          words[i] = before[i ^ swap.words];
    }
  };
  for (unsigned warp = 0; warp < from.warps; ++warp) {
    std::vector<std::vector<Word>> sent(from.lanes);
    for (unsigned lane = 0; lane < from.lanes; ++lane) {
      for (const std::vector<uint32_t> &registers : plan.words) {
        Word word;
        for (uint32_t reg : registers)
          word.push_back(from.at(warp, lane)[reg]);
        sent[lane].push_back(word);
      }
      swap(sent[lane], plan.before, warp, lane);
    }
    for (unsigned lane = 0; lane < from.lanes; ++lane) {
      std::vector<Word> received(plan.shuffles.size());
      uint64_t base = plan.sourceLane.apply(Dim::Lane, lane) ^ plan.sourceLane.apply(Dim::Warp, warp);
      if (plan.isButterfly && base != lane)
        return "said to be a butterfly, but is not";
      for (const ShuffleStep &step : plan.shuffles)
        received[step.target] = sent[base ^ step.laneXor][step.source];
      swap(received, plan.after, warp, lane);
      for (size_t reg = 0; reg < to.at(warp, lane).size(); ++reg)
        to.at(warp, lane)[reg] = received[plan.outputs[reg].word][plan.outputs[reg].element];
    }
  }
  return to.compare(result);
}

std::string simulate(const SharedPlan &plan, const LinearLayout &source, const LinearLayout &result) {
  Machine from(source, true), to(result, false);
  unsigned storing = 0, loading = 0;
  // Without barriers of the block warps may be in different steps: each has to keep to offsets of its own.
  std::map<uint64_t, unsigned> owners;
  for (unsigned step = 0; step < plan.numSteps; ++step) {
    Memory memory;
    auto touch = [&](uint64_t offset, unsigned warp) {
      if (!plan.crossesWarps && owners.emplace(offset, warp).first->second != warp)
        memory.error = "offset " + std::to_string(offset) + " is used by two warps";
    };
    std::string error =
        runStep(plan.store, step, from, storing, [&](unsigned warp, unsigned lane, uint32_t reg, uint64_t offset) {
          if (offset >= uint64_t(plan.scratchElements))
            memory.error = "an offset lies outside the scratch memory";
          touch(offset, warp);
          memory.store(offset, from.at(warp, lane)[reg]);
        });
    if (error.empty())
      error = runStep(plan.load, step, to, loading, [&](unsigned warp, unsigned lane, uint32_t reg, uint64_t offset) {
        touch(offset, warp);
        to.at(warp, lane)[reg] = memory.load(offset);
      });
    if (error.empty())
      error = memory.error;
    if (!error.empty())
      return error;
  }
  fillCopies(plan.load, to);
  if (storing != plan.store.wavefronts || loading != plan.load.wavefronts)
    return "wavefronts are " + std::to_string(storing) + " + " + std::to_string(loading) + ", the plan says " +
           std::to_string(plan.store.wavefronts) + " + " + std::to_string(plan.load.wavefronts);
  return to.compare(result);
}

std::string simulate(const ConversionPlan &plan, const LinearLayout &source, const LinearLayout &result) {
  switch (plan.kind) {
  case ConversionKind::Identity:
  case ConversionKind::Registers: {
    Machine from(source, true), to(result, false);
    for (size_t thread = 0; thread < to.threads.size(); ++thread)
      for (size_t reg = 0; reg < to.threads[thread].size(); ++reg)
        to.threads[thread][reg] = from.threads[thread][plan.registers[reg]];
    return to.compare(result);
  }
  case ConversionKind::Shuffles:
    return simulate(*plan.shuffles, source, result);
  case ConversionKind::Shared:
    return simulate(*plan.shared, source, result);
  case ConversionKind::Unsupported:
    return "unsupported";
  }
  return "";
}

std::string simulateAccess(const SharedAccess &access, bool isStore, const LinearLayout &shared,
                           const LinearLayout &registers) {
  Machine machine(registers, isStore);
  Memory memory;
  unsigned wavefronts = 0;
  std::string error =
      runStep(access, 0, machine, wavefronts, [&](unsigned warp, unsigned lane, uint32_t reg, uint64_t offset) {
        if (isStore)
          memory.store(offset, machine.at(warp, lane)[reg]);
        else
          machine.at(warp, lane)[reg] = int64_t(shared.apply(Dim::Offset, offset));
      });
  if (!error.empty() || !memory.error.empty())
    return error + memory.error;
  if (wavefronts != access.wavefronts)
    return "wavefronts are " + std::to_string(wavefronts) + ", the plan says " + std::to_string(access.wavefronts);
  if (!isStore) {
    fillCopies(access, machine);
    return machine.compare(registers);
  }
  if (memory.cells.size() != uint64_t(shared.inSize(Dim::Offset)))
    return "not all elements were stored";
  for (auto [offset, value] : memory.cells)
    if (value != int64_t(shared.apply(Dim::Offset, offset)))
      return "offset " + std::to_string(offset) + " holds element " + std::to_string(value);
  return "";
}

} // namespace tessera::test
