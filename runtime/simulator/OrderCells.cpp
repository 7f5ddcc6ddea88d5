//===- OrderCells.cpp - What is ordered before what: cells ----------------===//
//
// What a granule of shared memory remembers of those who accessed it.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/OrderState.h"

#include <bit>
#include <cstring>

namespace tessera::sim {

void Order::State::allocateCells() {
  shadow.resize(ctas.size());
  for (uint32_t rank = 0; rank < ctas.size(); ++rank) {
    CellArray &array = shadow[rank];
    array.base = reinterpret_cast<uint64_t>(ctas[rank]->shared);
    if (array.cells && array.bytes == ctas[rank]->sharedEnd)
      continue;
    array.bytes = ctas[rank]->sharedEnd;
    array.cells = CellArray::make<Cell>((array.bytes >> shift) + 1);
    array.weak = CellArray::make<WeakWrite>((array.bytes >> shift) + 1);
  }
}

/// Makes the granule no larger than `bytes`. What a cell remembers holds for both its halves.
void Order::State::refine(unsigned bytes) {
  const unsigned finer = std::countr_zero(std::bit_floor(bytes));
  if (finer >= shift)
    return;
  const unsigned factor = 1u << (shift - finer);
  for (CellArray &array : shadow) {
    const size_t count = (array.bytes >> shift) + 1;
    auto cells = CellArray::make<Cell>(count * factor);
    auto weak = CellArray::make<WeakWrite>(count * factor);
    for (size_t i = 0; i < count; ++i) {
      const Cell &from = array.cells[i];
      static constexpr Cell Untouched{};
      if (std::memcmp(&from, &Untouched, sizeof from) == 0)
        continue;
      for (unsigned part = 0; part < factor; ++part) {
        Cell &to = cells[i * factor + part];
        to = from;
        if (from.flags & WeakBefore)
          weak[i * factor + part] = array.weak[i];
        if (part && from.writer == Several)
          to.writeTime = copyParties(from.writeTime);
        if (part && from.reader == Several)
          to.readTime = copyParties(from.readTime);
      }
    }
    array.cells = std::move(cells);
    array.weak = std::move(weak);
  }
  shift = finer;
}

uint32_t Order::State::newParty(const Party &party) {
  if (freeParty) {
    const uint32_t index = freeParty;
    freeParty = parties[index].next;
    parties[index] = party;
    return index;
  }
  parties.push_back(party);
  return static_cast<uint32_t>(parties.size() - 1);
}

void Order::State::freeParties(uint32_t first) {
  while (first) {
    const uint32_t next = parties[first].next;
    parties[first].next = freeParty;
    freeParty = first;
    first = next;
  }
}

uint32_t Order::State::copyParties(uint32_t first) {
  uint32_t copy = 0;
  for (; first; first = parties[first].next) {
    Party party = parties[first];
    party.next = copy;
    copy = newParty(party);
  }
  return copy;
}

void Order::State::noteAnotherRead(Cell &cell, uint32_t warp, const uint32_t *past, uint32_t time, Site site,
                                   bool strong) {
  if (cell.reader != Several) {
    const uint32_t first = newParty({cell.readTime, cell.readSite, 0, cell.reader, (cell.flags & StrongRead) != 0});
    cell.readTime = newParty({time, site, first, static_cast<uint16_t>(warp), strong});
    cell.reader = Several;
    return;
  }
  for (uint32_t p = cell.readTime; p; p = parties[p].next) {
    Party &party = parties[p];
    if (party.agent != warp && party.time > past[party.agent])
      continue;
    party.agent = static_cast<uint16_t>(warp);
    party.time = time;
    party.site = site;
    party.strong = strong;
    return;
  }
  cell.readTime = newParty({time, site, cell.readTime, static_cast<uint16_t>(warp), strong});
}

void Order::State::noteWrite(Cell &cell, uint32_t agent, uint32_t time, Site site, uint8_t flags) {
  if (cell.writer == Several)
    freeParties(cell.writeTime);
  if (cell.reader == Several)
    freeParties(cell.readTime);
  cell.writer = static_cast<uint16_t>(agent);
  cell.writeTime = time;
  cell.writeSite = site;
  cell.reader = static_cast<uint16_t>(agent);
  cell.readTime = 0;
  cell.flags = flags;
}

} // namespace tessera::sim
