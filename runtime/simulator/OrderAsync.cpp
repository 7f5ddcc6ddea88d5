//===- OrderAsync.cpp - What is ordered before what: operations in flight -===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/OrderState.h"

#include <algorithm>
#include <bit>

namespace tessera::sim {

namespace {

/// Numbers of agents fit into a cell.
constexpr uint32_t MaximumAgents = 60000;

const char *describe(AsyncAgent agent, bool writes) {
  switch (agent) {
  case AsyncAgent::Copy:
    return "cp.async into shared memory";
  case AsyncAgent::Bulk:
    return writes ? "asynchronous write of shared memory" : "bulk copy out of shared memory";
  case AsyncAgent::Wgmma:
    return "wgmma on shared memory";
  }
  return "asynchronous operation";
}

} // namespace

const char *nameOf(AsyncAgent agent) {
  switch (agent) {
  case AsyncAgent::Copy:
    return "the cp.async";
  case AsyncAgent::Bulk:
    return "the bulk operation";
  case AsyncAgent::Wgmma:
    return "the wgmma";
  }
  return "the operation";
}

/// Checks one operation before it begins.
class Order::Issue {
public:
  Issue(State &s, Warp &warp, AsyncAgent agent)
      : s(s), warp(warp), agent(agent), me(s.numberOf(warp)), past(s.knownBy(me)), fenced(s.fencedBy(me)) {}

  bool allows(const AsyncRange &range) {
    const uint32_t rank = range.cta->rank;
    const uint32_t lanes = range.lane < WarpSize ? 1u << range.lane : warp.mask & -warp.mask;
    if (range.cta != warp.cta && !s.checkRemote(warp, rank, lanes, range.begin, describe(agent, range.writes)))
      return false;
    const Cell *cells = s.cellsOf(rank);
    const uint32_t begin = range.begin >> s.shift, end = (range.end - 1) >> s.shift;
    for (uint32_t c = begin; c <= end; ++c)
      if (!(range.writes ? mayWrite(cells[c], range) : isPlainlyRead(cells[c]) || mayRead(cells[c])))
        return report(rank, lanes, std::max(range.begin, c << s.shift), range);
    return true;
  }

private:
  bool ordered(uint32_t number, uint32_t time) const { return number == me || time <= past[number]; }

  bool isInFlight(Ticket ticket) {
    const Operation &operation = s.operations[ticket];
    kind = ErrorKind::AsyncHazard;
    site = operation.site;
    note = "issued here";
    text = std::string(nameOf(operation.agent)) + " of " + s.warpName(operation.warp);
    return false;
  }
  bool isUnordered(uint32_t number, Site where, bool wrote) {
    kind = ErrorKind::Race;
    site = where;
    note = s.warpName(number) + (wrote ? " wrote here" : " read here");
    text = s.warpName(number) + (wrote ? " wrote there" : " read there") + ", and nothing orders the two";
    return !s.races;
  }

  /// What mayRead finds in nearly every case: an ordered, fenced write, and none in flight.
  bool isPlainlyRead(const Cell &cell) const {
    return !cell.flightWrite && cell.writer != Several && ordered(cell.writer, cell.writeTime) &&
           (agent == AsyncAgent::Copy || (cell.flags & AsyncWrite) || cell.writeTime <= fenced[cell.writer]);
  }

  bool mayRead(const Cell &cell) {
    if (cell.flightWrite && s.async) {
      isInFlight(cell.flightWrite);
      text += " that writes there has not been waited for";
      return false;
    }
    bool isOrdered = false, isFenced = agent == AsyncAgent::Copy || (cell.flags & AsyncWrite);
    uint32_t other = cell.writer;
    Site where = cell.writeSite;
    if (cell.writer != Several) {
      isOrdered = ordered(cell.writer, cell.writeTime);
      isFenced |= cell.writeTime <= fenced[cell.writer];
    } else {
      for (uint32_t p = cell.writeTime; p; p = s.parties[p].next) {
        const Party &party = s.parties[p];
        isOrdered |= ordered(party.agent, party.time);
        isFenced |= party.time <= fenced[party.agent];
        other = party.agent;
        where = party.site;
      }
    }
    if (!isOrdered)
      return isUnordered(other, where, true);
    if (isFenced || !s.async)
      return true;
    kind = ErrorKind::ProxyFence;
    site = where;
    note = s.warpName(other) + " wrote here";
    text = s.warpName(other) + " wrote there through the generic proxy, and no fence.proxy.async follows that write";
    return false;
  }

  bool mayWrite(const Cell &cell, const AsyncRange &range) {
    if (s.async && cell.flightWrite && !(range.atomic && s.operations[cell.flightWrite].atomic)) {
      isInFlight(cell.flightWrite);
      text += " that writes there has not been waited for";
      return false;
    }
    if (s.async && cell.flightReads) {
      isInFlight(cell.flightRead);
      text += " that reads there has not been waited for";
      return false;
    }
    const bool sameKind = range.atomic && (cell.flags & StrongWrite);
    if (cell.writer != Several) {
      if (!sameKind && !ordered(cell.writer, cell.writeTime))
        return isUnordered(cell.writer, cell.writeSite, true);
    } else if (!sameKind) {
      for (uint32_t p = cell.writeTime; p; p = s.parties[p].next)
        if (const Party &party = s.parties[p]; !ordered(party.agent, party.time))
          return isUnordered(party.agent, party.site, true);
    }
    if (cell.reader != Several)
      return ordered(cell.reader, cell.readTime) || isUnordered(cell.reader, cell.readSite, false);
    for (uint32_t p = cell.readTime; p; p = s.parties[p].next)
      if (const Party &party = s.parties[p]; !ordered(party.agent, party.time))
        return isUnordered(party.agent, party.site, false);
    return true;
  }

  bool report(uint32_t rank, uint32_t lanes, uint32_t address, const AsyncRange &range) {
    if (Error *error =
            fault(warp, kind, lanes, address,
                  std::string(describe(agent, range.writes)) + " " + s.where(warp, rank, address) + ": " + text,
                  describeShared(*s.launch, address)))
      error->related.push_back(s.related(site, note));
    return false;
  }

  State &s;
  Warp &warp;
  const AsyncAgent agent;
  const uint32_t me;
  const uint32_t *past, *fenced;
  ErrorKind kind{};
  Site site = 0;
  std::string text, note;
};

Ticket Order::begin(Warp &warp, AsyncAgent agent, std::span<const AsyncRange> ranges) {
  State &s = *state;
  uint32_t bounds = 16;
  for (const AsyncRange &range : ranges)
    bounds |= range.begin | range.end;
  s.refine(bounds & -bounds);
  Issue issue(s, warp, agent);
  for (const AsyncRange &range : ranges)
    if (range.begin < range.end && !issue.allows(range))
      return 0;
  Ticket ticket;
  if (s.freeTickets.empty()) {
    ticket = static_cast<Ticket>(s.operations.size());
    s.operations.emplace_back();
  } else {
    ticket = s.freeTickets.back();
    s.freeTickets.pop_back();
  }
  Operation &operation = s.operations[ticket];
  operation.agent = agent;
  operation.warp = static_cast<uint16_t>(s.numberOf(warp));
  operation.site = s.siteOf(warp);
  operation.active = true;
  operation.reads = operation.atomic = false;
  operation.ranges.clear();
  for (const AsyncRange &range : ranges) {
    if (range.begin >= range.end)
      continue;
    operation.ranges.push_back(range);
    operation.reads |= !range.writes;
    operation.atomic |= range.atomic;
    Cell *cells = s.cellsOf(range.cta->rank);
    const uint32_t begin = range.begin >> s.shift, end = (range.end - 1) >> s.shift;
    if (range.writes)
      for (uint32_t c = begin; c <= end; ++c)
        cells[c].flightWrite = ticket;
    else
      for (uint32_t c = begin; c <= end; ++c) {
        cells[c].flightRead = ticket;
        ++cells[c].flightReads;
      }
  }
  return ticket;
}

/// Takes back the marks of an operation, and notes it as an access of `agent` at `time` where there is one.
void Order::settle(Ticket ticket, bool reads, bool writes, uint32_t agent, const uint32_t *past, uint32_t time) {
  State &s = *state;
  Operation &operation = s.operations[ticket];
  for (const AsyncRange &range : operation.ranges) {
    if (range.begin >= range.end || !(range.writes ? writes : reads && operation.reads))
      continue;
    const auto flags = static_cast<uint8_t>(AsyncWrite | (range.atomic ? StrongWrite : 0));
    Cell *cells = s.cellsOf(range.cta->rank);
    const uint32_t begin = range.begin >> s.shift, end = (range.end - 1) >> s.shift;
    for (uint32_t c = begin; c <= end; ++c) {
      Cell &cell = cells[c];
      if (!range.writes) {
        --cell.flightReads;
        if (past)
          s.noteRead(cell, agent, past, time, operation.site, false);
      } else if (cell.flightWrite == ticket) {
        cell.flightWrite = 0;
        if (past)
          s.noteWrite(cell, agent, time, operation.site, flags);
      }
    }
  }
  if (reads)
    operation.reads = false;
}

void Order::drop(Ticket ticket) {
  settle(ticket, true, true, 0, nullptr, 0);
  forget(ticket);
}

void Order::forget(Ticket ticket) {
  state->operations[ticket].active = false;
  state->freeTickets.push_back(ticket);
}

void Order::readsDone(Ticket ticket, Warp &warp) {
  if (ticket == 0 || !state->operations[ticket].active)
    return;
  const uint32_t me = state->numberOf(warp);
  settle(ticket, true, false, me, state->knownBy(me), state->clock[me]);
}

void Order::end(Ticket ticket, Warp &warp) {
  State &s = *state;
  if (ticket == 0 || !s.operations[ticket].active)
    return;
  const uint32_t me = s.numberOf(warp);
  settle(ticket, true, true, me, s.knownBy(me), s.clock[me]);
  forget(ticket);
}

void Order::end(Ticket ticket, SyncPoint &point) {
  State &s = *state;
  if (ticket == 0 || !s.operations[ticket].active)
    return;
  if (point.agent == 0) {
    s.reserve(s.agents + 1);
    point.agent = s.agents < MaximumAgents ? s.agents++ : MaximumAgents - 1;
  }
  const uint32_t time = ++s.clock[point.agent];
  static const std::vector<uint32_t> nothingKnown(MaximumAgents, 0);
  settle(ticket, true, true, point.agent, nothingKnown.data(), time);
  forget(ticket);
  if (point.time.size() <= point.agent)
    point.time.resize(point.agent + 1, 0);
  point.time[point.agent] = time;
}

bool Order::checkNothingInFlight(Warp &warp, uint32_t lanes) {
  State &s = *state;
  for (Ticket ticket = 1; ticket < s.operations.size(); ++ticket) {
    const Operation &operation = s.operations[ticket];
    if (!operation.active || operation.agent != AsyncAgent::Bulk)
      continue;
    for (const AsyncRange &range : operation.ranges) {
      if (range.cta != warp.cta || !(range.writes || operation.reads))
        continue;
      if (Error *error = fault(warp, ErrorKind::AsyncHazard, lanes, range.begin,
                               std::string("the block exits while ") + nameOf(operation.agent) + " of " +
                                   s.warpName(operation.warp) + " still " + (range.writes ? "writes" : "reads") +
                                   " its shared memory " + s.where(warp, warp.cta->rank, range.begin)))
        error->related.push_back(s.related(operation.site, "issued here"));
      return false;
    }
  }
  return true;
}

} // namespace tessera::sim
