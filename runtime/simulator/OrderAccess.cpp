//===- OrderAccess.cpp - What is ordered before what: accesses ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/OrderState.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tessera::sim {

using ptx::Space;

namespace {

enum class Conflict : uint8_t { None, WriteBefore, ReadBefore, WrittenInFlight, ReadInFlight };

/// What is wrong with an access to a cell, and with whom.
struct Finding {
  Conflict conflict = Conflict::None;
  uint32_t agent = 0;
  Site site = 0;
  Ticket ticket = 0;
};

/// The bytes that a store instruction is about to write for a lane; false where they cannot be told.
bool storedValue(const Warp &warp, const Instr &instr, unsigned lane, unsigned bytes, char *value) {
  if (instr.stores == StoredValues::List) {
    const unsigned width = instr.target / 8;
    if (instr.bytes * instr.count != bytes)
      return false;
    for (unsigned i = 0; i < instr.count; ++i)
      std::memcpy(value + size_t(i) * instr.bytes, at(warp, instr.list[i]) + size_t(lane) * width, instr.bytes);
    return true;
  }
  if (instr.stores == StoredValues::Rows) {
    std::memcpy(value, at(warp, instr.list[lane / 8]) + size_t(lane % 8) * bytes, bytes);
    return true;
  }
  if (instr.stores == StoredValues::Columns) {
    const auto *matrix = in<uint16_t>(warp, instr.list[lane / 8]);
    for (unsigned i = 0; i < bytes / 2; ++i)
      std::memcpy(value + size_t(i) * 2, matrix + size_t(i) * 8 + lane % 8, 2);
    return true;
  }
  return false;
}

void joinInto(VectorTime &time, const VectorTime &other) {
  if (time.size() < other.size())
    time.resize(other.size(), 0);
  for (size_t i = 0; i < other.size(); ++i)
    time[i] = std::max(time[i], other[i]);
}

const char *pastVerb(bool wrote) { return wrote ? "wrote" : "read"; }

} // namespace

/// One access of a warp, lane by lane.
class Order::Access {
public:
  Access(State &s, Warp &warp, const Instr &instr, unsigned bytes, AccessKind kind)
      : s(s), warp(warp), instr(instr), bytes(bytes), kind(kind), writes(kind != AccessKind::Read),
        strong(kind == AccessKind::Atomic || (instr.ordering & StrongAccess)), me(s.numberOf(warp)), now(s.clock[me]),
        past(s.knownBy(me)), site(s.siteOf(warp)) {}

  /// Accesses the lanes of `lanes`, which all lie in the memory of the CTA of that rank.
  bool run(uint32_t rank, uint32_t lanes, const Lanes64 &a) {
    const uint64_t base = s.shadow[rank].base;
    uint32_t suspects = 0;
    uint64_t previous = ~uint64_t(0);
    bool good = true;
    for (uint32_t m = lanes; m; m &= m - 1) {
      const unsigned lane = std::countr_zero(m);
      const uint64_t offset = a.lane[lane] - base;
      if (offset != previous) // else a broadcast
        good = writes ? one<true>(rank, offset) : one<false>(rank, offset);
      previous = offset;
      if (!good)
        suspects |= 1u << lane;
    }
    return !suspects || judge(rank, suspects, a);
  }

private:
  bool ordered(uint32_t agent, uint32_t time) const { return agent == me || time <= past[agent]; }

  template <bool Writes> bool one(uint32_t rank, uint64_t offset) {
    Cell *cell = s.cellsOf(rank) + (offset >> s.shift);
    for (unsigned n = std::max(1u, bytes >> s.shift); n > 0; --n, ++cell) {
      const bool plain = cell->writer != Several && (!Writes || cell->reader != Several) && !cell->flightWrite &&
                         (!Writes || !cell->flightReads);
      const bool fine =
          plain && ordered(cell->writer, cell->writeTime) && (!Writes || ordered(cell->reader, cell->readTime));
      if ((!fine || (cell->flags & WeakBefore)) && look(*cell, rank, Writes).conflict != Conflict::None) [[unlikely]]
        return false;
      if constexpr (Writes) {
        note(*cell, rank);
      } else if (cell->reader == me && cell->readTime == now) {
        continue;
      } else {
        s.noteRead(*cell, me, past, now, site, strong);
      }
    }
    return true;
  }

  void note(Cell &cell, uint32_t rank) {
    uint8_t flags = strong ? StrongWrite : 0;
    if (strong && (cell.flags & (StrongWrite | WeakBefore)) != StrongWrite && cell.writer != Several &&
        cell.writeTime) {
      flags |= WeakBefore;
      if (!(cell.flags & WeakBefore))
        s.weakWrite(cell, rank) = {cell.writeTime, cell.writeSite, cell.writer};
    }
    s.noteWrite(cell, me, now, site, flags);
  }

  /// The whole rule.
  Finding look(const Cell &cell, uint32_t rank, bool isWrite) const {
    if (cell.flightWrite && !(strong && s.operations[cell.flightWrite].atomic))
      return {Conflict::WrittenInFlight, s.operations[cell.flightWrite].warp, s.operations[cell.flightWrite].site,
              cell.flightWrite};
    if (isWrite && cell.flightReads)
      return {Conflict::ReadInFlight, s.operations[cell.flightRead].warp, s.operations[cell.flightRead].site,
              cell.flightRead};
    if (strong && (cell.flags & WeakBefore))
      if (const WeakWrite &weak = s.weakWrite(cell, rank); !ordered(weak.agent, weak.time))
        return {Conflict::WriteBefore, weak.agent, weak.site, 0};
    if (const Finding found = lookAtWriters(cell, isWrite); found.conflict != Conflict::None)
      return found;
    return isWrite ? lookAtReaders(cell) : Finding{};
  }

  Finding lookAtWriters(const Cell &cell, bool isWrite) const {
    if (strong && (cell.flags & StrongWrite))
      return {};
    if (cell.writer != Several) {
      if (ordered(cell.writer, cell.writeTime))
        return {};
      return {Conflict::WriteBefore, cell.writer, cell.writeSite, 0};
    }
    // They all wrote the same: a reader needs one of them in its past, a writer all.
    Finding found;
    for (uint32_t p = cell.writeTime; p; p = s.parties[p].next) {
      const Party &party = s.parties[p];
      if (!ordered(party.agent, party.time))
        found = {Conflict::WriteBefore, party.agent, party.site, 0};
      else if (!isWrite)
        return {};
    }
    return found;
  }

  Finding lookAtReaders(const Cell &cell) const {
    if (cell.reader != Several) {
      if (ordered(cell.reader, cell.readTime) || (strong && (cell.flags & StrongRead)))
        return {};
      return {Conflict::ReadBefore, cell.reader, cell.readSite, 0};
    }
    for (uint32_t p = cell.readTime; p; p = s.parties[p].next) {
      const Party &party = s.parties[p];
      if (!ordered(party.agent, party.time) && !(strong && party.strong))
        return {Conflict::ReadBefore, party.agent, party.site, 0};
    }
    return {};
  }

  /// Reports a lane's conflict as it is asked for. Finding::None where the checks that are on do not.
  bool reported(const Finding &found) const {
    if (found.conflict == Conflict::None)
      return false;
    return found.conflict == Conflict::WriteBefore || found.conflict == Conflict::ReadBefore ? s.races : s.async;
  }

  /// Goes through the lanes that met a conflict: writes of a value that is there already join in, else it is an error.
  bool judge(uint32_t rank, uint32_t suspects, const Lanes64 &a) {
    const uint64_t base = s.shadow[rank].base;
    uint32_t failing = 0;
    Finding first;
    uint64_t firstOffset = 0;
    for (uint32_t m = suspects; m; m &= m - 1) {
      const unsigned lane = std::countr_zero(m);
      const uint64_t offset = a.lane[lane] - base;
      bool isSame = false;
      if (kind == AccessKind::Write) {
        char value[128];
        isSame = bytes <= sizeof value && storedValue(warp, instr, lane, bytes, value) &&
                 std::memcmp(value, reinterpret_cast<const void *>(a.lane[lane]), bytes) == 0;
      }
      Cell *cell = s.cellsOf(rank) + (offset >> s.shift);
      for (unsigned n = std::max(1u, bytes >> s.shift), i = 0; i < n; ++i) {
        const Finding found = look(cell[i], rank, writes);
        const bool joins = found.conflict == Conflict::WriteBefore || found.conflict == Conflict::ReadBefore;
        if (joins && isSame && onlyWritersRead(cell[i])) {
          joinWriters(cell[i]);
        } else if (reported(found)) {
          if (!failing) {
            first = found;
            firstOffset = offset;
          }
          failing |= 1u << lane;
        } else if (writes) {
          note(cell[i], rank);
        } else {
          s.noteRead(cell[i], me, past, now, site, strong);
        }
      }
    }
    return !failing || report(rank, failing, static_cast<uint32_t>(firstOffset), first);
  }

  bool isWriter(const Cell &cell, uint32_t agent) const {
    if (cell.writer != Several)
      return cell.writer == agent;
    uint32_t p = cell.writeTime;
    while (p && s.parties[p].agent != agent)
      p = s.parties[p].next;
    return p != 0;
  }

  /// True when warps that nothing orders before this one read only what they had written themselves.
  bool onlyWritersRead(const Cell &cell) const {
    if (cell.reader != Several)
      return ordered(cell.reader, cell.readTime) || isWriter(cell, cell.reader);
    for (uint32_t p = cell.readTime; p; p = s.parties[p].next)
      if (const Party &party = s.parties[p]; !ordered(party.agent, party.time) && !isWriter(cell, party.agent))
        return false;
    return true;
  }

  /// This warp wrote what another, unordered one wrote as well.
  void joinWriters(Cell &cell) {
    const Party mine{now, site, 0, static_cast<uint16_t>(me), strong};
    if (cell.writer == Several) {
      for (uint32_t p = cell.writeTime; p; p = s.parties[p].next)
        if (s.parties[p].agent == me) {
          s.parties[p].time = now;
          s.parties[p].site = site;
          return;
        }
      const uint32_t head = s.newParty(mine);
      s.parties[head].next = cell.writeTime;
      cell.writeTime = head;
    } else {
      const uint32_t other = s.newParty({cell.writeTime, cell.writeSite, 0, cell.writer, false});
      const uint32_t head = s.newParty(mine);
      s.parties[head].next = other;
      cell.writer = Several;
      cell.writeTime = head;
    }
    cell.flags &= ~(StrongWrite | AsyncWrite);
  }

  bool report(uint32_t rank, uint32_t lanes, uint32_t address, const Finding &found) {
    const char *what = kind == AccessKind::Read ? "load" : kind == AccessKind::Write ? "store" : "atomic operation";
    std::string text = "shared " + std::string(what) + " of " + std::to_string(bytes) + " bytes " +
                       s.where(warp, rank, address) + ": ";
    ErrorKind errorKind = ErrorKind::Race;
    std::string note;
    switch (found.conflict) {
    case Conflict::WriteBefore:
    case Conflict::ReadBefore: {
      const bool wrote = found.conflict == Conflict::WriteBefore;
      text += s.warpName(found.agent) + " " + pastVerb(wrote) + " there, and nothing orders the two";
      note = s.warpName(found.agent) + " " + pastVerb(wrote) + " here";
      break;
    }
    default: {
      const bool isWritten = found.conflict == Conflict::WrittenInFlight;
      const Operation &operation = s.operations[found.ticket];
      errorKind = ErrorKind::AsyncHazard;
      text += std::string(nameOf(operation.agent)) + " of " + s.warpName(operation.warp) + " that " +
              (isWritten ? "writes" : "reads") + " there has not been waited for";
      note = "issued here";
    }
    }
    if (Error *error = fault(warp, errorKind, lanes, address, std::move(text), describeShared(*s.launch, address)))
      error->related.push_back(s.related(found.site, std::move(note)));
    return false;
  }

  State &s;
  Warp &warp;
  const Instr &instr;
  const unsigned bytes;
  const AccessKind kind;
  const bool writes, strong;
  const uint32_t me, now;
  const uint32_t *past;
  const Site site;
};

/// The memory of another CTA is there from when something of that CTA has been heard until it exits.
bool Order::State::checkRemote(Warp &warp, uint32_t rank, uint32_t lanes, uint32_t address, const char *what) {
  const uint32_t me = numberOf(warp), first = rank * warpsPerCta;
  if (!races)
    return true;
  const uint32_t *past = knownBy(me);
  bool started = false;
  for (uint32_t w = first; w < first + warpsPerCta; ++w)
    started |= past[w] >= begun[w];
  const bool ended = ctas[rank]->liveThreads == 0;
  if (started && !ended)
    return true;
  fault(warp, ErrorKind::Race, lanes, address,
        std::string(what) + " " + where(warp, rank, address) +
            (ended ? ": the block has exited" : ": nothing orders it after the start of that block"));
  return false;
}

bool Order::access(Warp &warp, const Instr &instr, unsigned bytes, AccessKind kind, const Lanes64 &a) {
  State &s = *state;
  if (kind == AccessKind::ReadLater || kind == AccessKind::WriteLater || !warp.mask)
    return true;
  const bool synchronises = instr.ordering & StrongAccess;
  if (instr.space == Space::Global && !synchronises)
    return true;
  if (synchronises)
    acquirePlaces(warp, a, !(instr.ordering & Acquiring));
  uint32_t left = warp.mask;
  for (uint32_t k = 0; k < s.ctas.size() && left; ++k) {
    const uint32_t rank = (warp.cta->rank + k) % s.ctas.size();
    const uint64_t base = s.shadow[rank].base, size = s.shadow[rank].bytes;
    uint32_t lanes = 0;
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      lanes |= uint32_t(a.lane[lane] - base < size) << lane;
    lanes &= left;
    if (!lanes)
      continue;
    left &= ~lanes;
    if (bytes < 1u << s.shift)
      s.refine(bytes);
    const auto address = static_cast<uint32_t>(a.lane[std::countr_zero(lanes)] - base);
    if (k) {
      if (!s.checkRemote(warp, rank, lanes, address, "access of shared memory"))
        return false;
      const uint32_t me = s.numberOf(warp);
      s.remote[size_t(rank) * s.warps + me] = {s.clock[me], s.siteOf(warp)};
    }
    if (!Access(s, warp, instr, bytes, kind).run(rank, lanes, a))
      return false;
  }
  if (synchronises)
    releasePlaces(warp, a, !(instr.ordering & Releasing));
  return true;
}

// ---- Atomic and volatile accesses order what is around them

void Order::acquirePlaces(Warp &warp, const Lanes64 &a, bool relaxed) {
  State &s = *state;
  if (!s.placesUsed)
    return;
  SyncPoint &seen = s.seen[s.numberOf(warp)];
  s.eachPlace(warp, a, [&](SyncPoint &point) {
    if (!relaxed)
      return acquire(warp, point);
    joinInto(seen.time, point.time);
    joinInto(seen.fenced, point.fenced);
  });
}

void Order::releasePlaces(Warp &warp, const Lanes64 &a, bool relaxed) {
  State &s = *state;
  s.placesUsed = true;
  const SyncPoint &fenced = s.fencePoints[s.numberOf(warp)];
  s.eachPlace(warp, a, [&](SyncPoint &point) {
    if (!relaxed)
      return release(warp, point);
    joinInto(point.time, fenced.time);
    joinInto(point.fenced, fenced.fenced);
  });
}

} // namespace tessera::sim
