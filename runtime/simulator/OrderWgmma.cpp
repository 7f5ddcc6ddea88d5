//===- OrderWgmma.cpp - What is ordered before what: wgmma ----------------===//
//
// A wgmma is in flight from its instruction until a wgmma.wait_group covers the group it was committed with. Until then
// its operands in shared memory must not be written, its accumulators not be touched, and its fragments of A in
// registers not be written. Before a wgmma a wgmma.fence must order what other instructions wrote to its registers, and
// the first needs one in any case.
//
// What touches these registers is known by their places in the frame (Code::pinned). Moves between them are looked
// through: a compiler copies registers between the instructions that use them, and no copy is left once registers are
// assigned. The copy of a register in flight is itself in flight. For the same reason a move needs no wgmma.fence.
// Nor is a fragment of A accused that was written between a fence and the first wgmma after it: LLVM moves what
// computes it down past the fence (Triton 3.7's attention), and ptxas keeps the order.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/OrderState.h"

#include <algorithm>
#include <bit>

namespace tessera::sim {

namespace {

enum class Move : uint8_t { No, Copy, Constant };

/// Whether the instruction copies, or packs, registers.
Move moveAt(const Warp &warp) {
  const std::string_view text = warp.frame->code->origins[warp.pc()].text;
  if (!text.starts_with("mov"))
    return Move::No;
  const size_t source = text.find_first_not_of(" \t", text.rfind(',') + 1);
  return source != text.npos && (text[source] == '-' || (text[source] >= '0' && text[source] <= '9')) ? Move::Constant
                                                                                                      : Move::Copy;
}

const std::vector<PinnedAccess> &pinnedHere(const Warp &warp) { return warp.frame->code->pinned[warp.pc()]; }

} // namespace

bool Order::touchRegisters(Warp &warp, const Instr &instr) {
  State &s = *state;
  if (!s.async || (instr.ordering & AsyncRegisters))
    return true;
  WgmmaState &w = s.wgmma[s.numberOf(warp)];
  const std::vector<PinnedAccess> &touched = pinnedHere(warp);
  const Move move = moveAt(warp);
  const RegisterFlight *copied = nullptr;
  for (const PinnedAccess &access : touched) {
    const auto found = w.inFlight.find(access.place);
    const bool flying = found != w.inFlight.end() && w.isInFlight(found->second);
    if (flying && move == Move::Copy && access.read && !access.written)
      copied = &found->second;
    if (flying && move != Move::Copy && (access.written || found->second.isAccumulator)) {
      const bool isAccumulator = found->second.isAccumulator;
      std::string text = std::string(access.written ? "writes" : "reads") +
                         (isAccumulator ? " an accumulator" : " a fragment of A in registers") +
                         " of a wgmma that has not been waited for: no wgmma.wait_group covers its group";
      if (Error *error = fault(warp, ErrorKind::AsyncHazard, warp.mask, 0, std::move(text)))
        error->related.push_back(s.related(found->second.site, "issued here"));
      return false;
    }
  }
  for (const PinnedAccess &access : touched) {
    if (!access.written)
      continue;
    if (move == Move::No)
      w.written[access.place] = {s.siteOf(warp), w.issued};
    else if (copied)
      w.inFlight[access.place] = RegisterFlight(*copied);
    else
      w.inFlight.erase(access.place);
  }
  return true;
}

bool Order::issueWgmma(Warp &warp, std::span<const AsyncRange> ranges) {
  State &s = *state;
  const Ticket ticket = begin(warp, AsyncAgent::Wgmma, ranges);
  if (!ticket)
    return false;
  WgmmaState &w = s.wgmma[s.numberOf(warp)];
  w.operations.push_back({ticket, w.committed});
  if (!s.async)
    return true;
  const Site site = s.siteOf(warp);
  const auto unfenced = [&](const char *text, const Site *other) {
    if (Error *error = fault(warp, ErrorKind::WgmmaFence, warp.mask, 0, text))
      if (other)
        error->related.push_back(s.related(*other, "written here"));
    return false;
  };
  if (!w.fenced)
    return unfenced("no wgmma.fence comes before the first wgmma", nullptr);
  for (const PinnedAccess &access : pinnedHere(warp)) {
    if (const auto found = w.written.find(access.place);
        found != w.written.end() && (access.written || found->second.followsWgmma))
      return unfenced(access.written ? "an accumulator was written after the last wgmma.fence"
                                     : "a fragment of A in registers was written after the last wgmma.fence",
                      &found->second.site);
    const auto found = w.inFlight.find(access.place);
    if (found == w.inFlight.end() || !w.isInFlight(found->second) ||
        (access.written ? found->second.isAccumulator : !found->second.isAccumulator))
      continue;
    if (Error *error =
            fault(warp, ErrorKind::AsyncHazard, warp.mask, 0,
                  access.written ? "the accumulator is a fragment of A of a wgmma that has not been waited for"
                                 : "the fragment of A is an accumulator of a wgmma that has not been waited "
                                   "for"))
      error->related.push_back(s.related(found->second.site, "issued here"));
    return false;
  }
  for (const PinnedAccess &access : pinnedHere(warp))
    w.inFlight[access.place] = {site, w.committed, access.written};
  w.issued = true;
  return true;
}

void Order::fenceWgmma(Warp &warp) {
  WgmmaState &w = state->wgmma[state->numberOf(warp)];
  w.fenced = true;
  w.issued = false;
  w.written.clear();
}

void Order::commitWgmma(Warp &warp) { ++state->wgmma[state->numberOf(warp)].committed; }

void Order::waitWgmma(Warp &warp, uint32_t keep, unsigned barrier) {
  State &s = *state;
  SyncPoint &point = s.barriers[warp.cta->rank][barrier];
  WgmmaState &w = s.wgmma[s.numberOf(warp)];
  if (w.committed <= keep)
    return;
  w.done = std::max(w.done, w.committed - keep);
  std::erase_if(w.operations, [&](const WgmmaState::Issued &issued) {
    if (issued.group >= w.done)
      return false;
    end(issued.ticket, point);
    return true;
  });
  std::erase_if(w.inFlight, [&](const auto &entry) { return !w.isInFlight(entry.second); });
}

} // namespace tessera::sim
