//===- Registers.cpp - Packing a function's registers into a warp's frame --===//
//
// PTX has a new register for every value; a warp's frame that held them all would not fit any cache. Live ranges are
// found by the usual data flow over blocks, taken as intervals of the code, and packed by linear scan, one area for
// each width, so that registers that share a place overlap exactly, lane on lane. Sharing is right under divergence:
// each lane follows a path of its own and writes only its own part of a register.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Decode.h"

#include <algorithm>
#include <queue>

namespace tessera::sim {

namespace {

constexpr const auto &Widths = StorageWidths;
/// Places of a width are this far apart in the frame.
constexpr uint32_t placeBytes(unsigned width) { return width == 1 ? 4 : width * WarpSize / 8; }

struct Interval {
  uint32_t first = ptx::None, last = 0;
  bool used() const { return first != ptx::None; }
  void cover(uint32_t position) {
    first = std::min(first, position);
    last = std::max(last, position);
  }
};

using Bits = std::vector<uint64_t>;

} // namespace

void Decoder::assignRegisters() {
  const size_t registers = function.registers.size() + 1 + std::size(StorageWidths);
  const size_t blockCount = emittedBlocks.size();

  // Registers seen in one block alone need no data flow.
  std::vector<uint32_t> seenIn(registers, ptx::None), dense(registers, ptx::None);
  uint32_t globals = 0;
  for (uint32_t b = 0; b < blockCount; ++b)
    for (uint32_t i = emittedBlocks[b].first; i < emittedBlocks[b].second; ++i)
      for (const Access &access : emittedAccesses[i]) {
        if (seenIn[access.reg] == ptx::None)
          seenIn[access.reg] = b;
        else if (seenIn[access.reg] != b && dense[access.reg] == ptx::None)
          dense[access.reg] = globals++;
      }
  // A register that a block reads before it writes it may come around a loop.
  std::vector<uint32_t> writtenIn(registers, ptx::None);
  for (uint32_t b = 0; b < blockCount; ++b)
    for (uint32_t i = emittedBlocks[b].first; i < emittedBlocks[b].second; ++i) {
      for (const Access &access : emittedAccesses[i])
        if (!access.written && writtenIn[access.reg] != b && dense[access.reg] == ptx::None)
          dense[access.reg] = globals++;
      for (const Access &access : emittedAccesses[i])
        if (access.written)
          writtenIn[access.reg] = b;
    }

  const size_t words = (globals + 63) / 64;
  std::vector<Bits> liveIn(blockCount, Bits(words)), liveOut(blockCount, Bits(words)), uses(blockCount, Bits(words)),
      kills(blockCount, Bits(words));
  const auto test = [](const Bits &bits, uint32_t i) { return bits[i / 64] >> (i % 64) & 1; };
  const auto set = [](Bits &bits, uint32_t i) { bits[i / 64] |= uint64_t(1) << (i % 64); };
  for (uint32_t b = 0; b < blockCount; ++b)
    for (uint32_t i = emittedBlocks[b].first; i < emittedBlocks[b].second; ++i) {
      for (const Access &access : emittedAccesses[i])
        if (const uint32_t g = dense[access.reg]; !access.written && g != ptx::None && !test(kills[b], g))
          set(uses[b], g);
      for (const Access &access : emittedAccesses[i])
        if (const uint32_t g = dense[access.reg]; access.written && g != ptx::None && !test(uses[b], g))
          set(kills[b], g);
    }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t b = blockCount; b-- > 0;) {
      for (const uint32_t to : emittedSuccessors[b])
        for (size_t w = 0; w < words; ++w)
          liveOut[b][w] |= liveIn[to][w];
      for (size_t w = 0; w < words; ++w) {
        const uint64_t in = uses[b][w] | (liveOut[b][w] & ~kills[b][w]);
        changed |= in != liveIn[b][w];
        liveIn[b][w] = in;
      }
    }
  }

  // Positions: sources of instruction i are read at 2i, results written at 2i+1; with several results at 2i as well,
  // since one may be written before all sources are read.
  std::vector<Interval> intervals(registers);
  for (uint32_t b = 0; b < blockCount; ++b)
    for (uint32_t i = emittedBlocks[b].first; i < emittedBlocks[b].second; ++i) {
      unsigned results = 0;
      for (const Access &access : emittedAccesses[i])
        results += access.written;
      for (const Access &access : emittedAccesses[i]) {
        intervals[access.reg].cover(access.written && results < 2 ? 2 * i + 1 : 2 * i);
        if (access.written)
          intervals[access.reg].cover(2 * i + 1);
      }
    }
  for (uint32_t reg = 0; reg < registers; ++reg)
    if (const uint32_t g = dense[reg]; g != ptx::None)
      for (uint32_t b = 0; b < blockCount; ++b) {
        if (test(liveIn[b], g))
          intervals[reg].cover(2 * emittedBlocks[b].first);
        if (test(liveOut[b], g))
          intervals[reg].cover(2 * emittedBlocks[b].second - 1);
      }

  // Linear scan, a pool of places for each width.
  std::vector<uint32_t> byStart;
  for (uint32_t reg = 0; reg < registers; ++reg)
    if (intervals[reg].used())
      byStart.push_back(reg);
  std::sort(byStart.begin(), byStart.end(), [&](uint32_t a, uint32_t b) {
    return std::make_pair(intervals[a].first, a) < std::make_pair(intervals[b].first, b);
  });
  std::vector<uint32_t> place(registers, 0);
  uint32_t placeCount[std::size(Widths)] = {};
  for (size_t w = 0; w < std::size(Widths); ++w) {
    using Ending = std::pair<uint32_t, uint32_t>; // last position, place
    std::priority_queue<Ending, std::vector<Ending>, std::greater<>> active;
    std::vector<uint32_t> free;
    for (const uint32_t reg : byStart) {
      if (registerWidth(reg) != Widths[w])
        continue;
      while (!active.empty() && active.top().first < intervals[reg].first) {
        free.push_back(active.top().second);
        active.pop();
      }
      if (free.empty()) {
        place[reg] = placeCount[w]++;
      } else {
        place[reg] = free.back();
        free.pop_back();
      }
      active.push({intervals[reg].last, place[reg]});
    }
  }
  uint32_t base[std::size(Widths)], cursor = 0;
  for (size_t w = 0; w < std::size(Widths); ++w) {
    base[w] = cursor;
    cursor += (placeCount[w] * placeBytes(Widths[w]) + 63) / 64 * 64;
  }
  code.frameBytes = cursor;
  code.pressure = placeCount[1] + placeCount[2] + 2 * placeCount[3] + 4 * placeCount[4];

  const auto resolve = [&](Ref &ref) {
    if (ref == NoRef || (ref & 3) != FrameBank)
      return;
    const uint32_t reg = ref >> 2;
    const unsigned width = registerWidth(reg);
    for (size_t w = 0; w < std::size(Widths); ++w)
      if (Widths[w] == width)
        ref = base[w] + place[reg] * placeBytes(width);
  };
  for (size_t i = 0; i < code.instrs.size(); ++i) {
    Instr &instr = code.instrs[i];
    resolve(instr.guard);
    for (Ref &ref : instr.op)
      resolve(ref);
    if (instr.kind != Kind::BranchTable)
      for (Ref &ref : code.lists[i])
        resolve(ref);
    instr.list = code.lists[i].data();
  }
  // Vectors are read at 64-byte alignment.
  const size_t used = code.constants.size();
  code.constants.resize(used + 64);
  const size_t misalignment = reinterpret_cast<uintptr_t>(code.constants.data()) % 64;
  code.constantBase = code.constants.data() + (misalignment ? 64 - misalignment : 0);
  std::memmove(code.constantBase, code.constants.data(), used);
}

} // namespace tessera::sim
