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
constexpr size_t WidthCount = std::size(Widths);
/// Places of a width are this far apart in the frame.
constexpr uint32_t placeBytes(unsigned width) { return width == 1 ? 4 : width * WarpSize / 8; }
/// Words of a bit set for each block and kind; functions that need more keep what crosses blocks throughout.
constexpr size_t MaximumFlowWords = size_t(1) << 24;

size_t indexOfWidth(unsigned width) { return std::find(std::begin(Widths), std::end(Widths), width) - Widths; }

/// Sets of registers, one for each block.
class BlockSets {
public:
  BlockSets(size_t blocks, size_t members) : words((members + 63) / 64), bits(blocks * words) {}
  bool test(size_t block, uint32_t member) const { return row(block)[member / 64] >> (member % 64) & 1; }
  void set(size_t block, uint32_t member) { row(block)[member / 64] |= uint64_t(1) << (member % 64); }
  uint64_t *row(size_t block) { return bits.data() + block * words; }
  const uint64_t *row(size_t block) const { return bits.data() + block * words; }
  const size_t words;

private:
  std::vector<uint64_t> bits;
};

/// Places of one width, handed out as intervals begin and taken back as they end.
class PlacePool {
public:
  uint32_t take(uint32_t first, uint32_t last) {
    while (!active.empty() && active.top().first < first) {
      free.push_back(active.top().second);
      active.pop();
    }
    uint32_t place = count;
    if (free.empty()) {
      ++count;
    } else {
      place = free.back();
      free.pop_back();
    }
    active.push({last, place});
    return place;
  }
  uint32_t count = 0;

private:
  using Ending = std::pair<uint32_t, uint32_t>; // last position, place
  std::priority_queue<Ending, std::vector<Ending>, std::greater<>> active;
  std::vector<uint32_t> free;
};

} // namespace

/// Numbers the registers whose values cross blocks, or may come around a loop: only they need data flow.
uint32_t Decoder::numberCrossing(std::vector<uint32_t> &dense) const {
  std::vector<uint32_t> seenIn(dense.size(), ptx::None), writtenIn(dense.size(), ptx::None);
  uint32_t count = 0;
  for (uint32_t b = 0; b < emittedBlocks.size(); ++b)
    for (uint32_t i = emittedBlocks[b].first; i < emittedBlocks[b].second; ++i) {
      for (const Access &access : emittedAccesses[i]) {
        const bool elsewhere = seenIn[access.reg] != ptx::None && seenIn[access.reg] != b;
        const bool readFirst = !access.written && writtenIn[access.reg] != b;
        seenIn[access.reg] = b;
        if ((elsewhere || readFirst) && dense[access.reg] == ptx::None)
          dense[access.reg] = count++;
      }
      for (const Access &access : emittedAccesses[i])
        if (access.written)
          writtenIn[access.reg] = b;
    }
  return count;
}

/// Lengthens the intervals of registers that live into or out of blocks.
void Decoder::coverCrossing(std::vector<Interval> &intervals) const {
  std::vector<uint32_t> dense(intervals.size(), ptx::None);
  const uint32_t count = numberCrossing(dense);
  const size_t blockCount = emittedBlocks.size();
  if (blockCount * (count / 64 + 1) > MaximumFlowWords) {
    for (uint32_t reg = 0; reg < intervals.size(); ++reg)
      if (dense[reg] != ptx::None)
        intervals[reg] = {0, static_cast<uint32_t>(2 * code.instrs.size())};
    return;
  }
  BlockSets liveIn(blockCount, count), liveOut(blockCount, count), uses(blockCount, count), kills(blockCount, count);
  for (uint32_t b = 0; b < blockCount; ++b)
    for (uint32_t i = emittedBlocks[b].first; i < emittedBlocks[b].second; ++i) {
      for (const Access &access : emittedAccesses[i])
        if (const uint32_t g = dense[access.reg]; !access.written && g != ptx::None && !kills.test(b, g))
          uses.set(b, g);
      for (const Access &access : emittedAccesses[i])
        if (const uint32_t g = dense[access.reg]; access.written && g != ptx::None && !uses.test(b, g))
          kills.set(b, g);
    }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t b = blockCount; b-- > 0;) {
      uint64_t *out = liveOut.row(b), *in = liveIn.row(b);
      for (const uint32_t to : emittedSuccessors[b])
        for (size_t w = 0; w < liveIn.words; ++w)
          out[w] |= liveIn.row(to)[w];
      for (size_t w = 0; w < liveIn.words; ++w) {
        const uint64_t live = uses.row(b)[w] | (out[w] & ~kills.row(b)[w]);
        changed |= live != in[w];
        in[w] = live;
      }
    }
  }
  for (uint32_t reg = 0; reg < intervals.size(); ++reg)
    if (const uint32_t g = dense[reg]; g != ptx::None)
      for (uint32_t b = 0; b < blockCount; ++b) {
        if (liveIn.test(b, g))
          intervals[reg].cover(2 * emittedBlocks[b].first);
        if (liveOut.test(b, g))
          intervals[reg].cover(2 * emittedBlocks[b].second - 1);
      }
}

/// Positions: sources of instruction i are read at 2i, results written at 2i+1; with several results at 2i as well,
/// since one may be written before all sources are read.
std::vector<Decoder::Interval> Decoder::liveIntervals() const {
  std::vector<Interval> intervals(function.registers.size() + 1 + WidthCount);
  for (uint32_t i = 0; i < emittedAccesses.size(); ++i) {
    unsigned results = 0;
    for (const Access &access : emittedAccesses[i])
      results += access.written;
    for (const Access &access : emittedAccesses[i]) {
      intervals[access.reg].cover(access.written && results < 2 ? 2 * i + 1 : 2 * i);
      if (access.written)
        intervals[access.reg].cover(2 * i + 1);
    }
  }
  coverCrossing(intervals);
  return intervals;
}

void Decoder::assignRegisters() {
  const std::vector<Interval> intervals = liveIntervals();
  std::vector<uint32_t> byStart;
  for (uint32_t reg = 0; reg < intervals.size(); ++reg)
    if (intervals[reg].used())
      byStart.push_back(reg);
  std::sort(byStart.begin(), byStart.end(), [&](uint32_t a, uint32_t b) {
    return std::make_pair(intervals[a].first, a) < std::make_pair(intervals[b].first, b);
  });

  // Pinned registers have places of their own behind the shared ones; what is live at once is counted as if none were.
  std::vector<uint32_t> place(intervals.size(), 0);
  PlacePool pools[WidthCount], live[WidthCount];
  uint32_t ownPlaces[WidthCount] = {};
  for (const uint32_t reg : byStart) {
    const size_t w = indexOfWidth(registerWidth(reg));
    live[w].take(intervals[reg].first, intervals[reg].last);
    if (pinned.count(reg))
      place[reg] = ownPlaces[w]++;
    else
      place[reg] = pools[w].take(intervals[reg].first, intervals[reg].last);
  }
  code.pressure = live[1].count + live[2].count + 2 * live[3].count + 4 * live[4].count;

  uint32_t base[WidthCount], cursor = 0;
  for (size_t w = 0; w < WidthCount; ++w) {
    base[w] = cursor;
    cursor += ((pools[w].count + ownPlaces[w]) * placeBytes(Widths[w]) + 63) / 64 * 64;
  }
  code.frameBytes = cursor;

  std::vector<Ref> offsets(intervals.size(), 0);
  for (const uint32_t reg : byStart) {
    const size_t w = indexOfWidth(registerWidth(reg));
    const uint32_t shared = pinned.count(reg) ? pools[w].count : 0;
    offsets[reg] = base[w] + (shared + place[reg]) * placeBytes(Widths[w]);
  }
  resolveReferences(offsets);
  notePinned(offsets);
}

/// Which instructions touch registers that asynchronous ones work on.
void Decoder::notePinned(const std::vector<Ref> &offsets) {
  if (pinned.empty())
    return;
  code.pinned.resize(code.instrs.size());
  for (size_t i = 0; i < emittedAccesses.size(); ++i)
    for (const Access &access : emittedAccesses[i]) {
      if (access.kept || !pinned.count(access.reg))
        continue;
      std::vector<PinnedAccess> &list = code.pinned[i];
      const Ref place = offsets[access.reg];
      auto known = std::find_if(list.begin(), list.end(), [&](const PinnedAccess &p) { return p.place == place; });
      if (known == list.end())
        known = list.insert(known, PinnedAccess{place});
      (access.written ? known->written : known->read) = true;
    }
}

/// Puts offsets into the frame in place of the numbers of registers.
void Decoder::resolveReferences(const std::vector<Ref> &offsets) {
  const auto resolve = [&](Ref &ref) {
    if (ref != NoRef && (ref & 3) == FrameBank)
      ref = offsets[ref >> 2];
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
}

/// Vectors are read at 64-byte alignment.
void Decoder::alignConstants() {
  const size_t used = code.constants.size();
  code.constants.resize(used + 64);
  const size_t misalignment = reinterpret_cast<uintptr_t>(code.constants.data()) % 64;
  code.constantBase = code.constants.data() + (misalignment ? 64 - misalignment : 0);
  std::memmove(code.constantBase, code.constants.data(), used);
}

} // namespace tessera::sim
