//===- Order.cpp - What is ordered before what: times ---------------------===//
//
// Clusters, releases and acquires, barriers, exits, and how the other party of an error is named.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/ModuleImpl.h"
#include "runtime/simulator/OrderState.h"

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cstdio>

namespace tessera::sim {

namespace {

void join(uint32_t *target, const VectorTime &time) {
  const uint32_t *from = time.data();
  for (size_t i = 0, n = time.size(); i < n; ++i)
    target[i] = std::max(target[i], from[i]);
}

void joinInto(VectorTime &time, const uint32_t *row, uint32_t agents) {
  if (time.size() < agents)
    time.resize(agents, 0);
  for (uint32_t i = 0; i < agents; ++i)
    time[i] = std::max(time[i], row[i]);
}

/// Points of which nobody knows anything; their storage is kept.
template <typename Points> void renew(Points &points) {
  for (SyncPoint &point : points) {
    point.clear();
    point.agent = 0;
  }
}

} // namespace

Order::Order() : state(std::make_unique<State>()) {}
Order::~Order() = default;

// ---- State

void Order::State::reserve(uint32_t wanted) {
  if (wanted <= capacity)
    return;
  const uint32_t larger = std::max(wanted, 2 * capacity);
  const auto widen = [&](std::vector<uint32_t> &rows) {
    std::vector<uint32_t> wide(size_t(warps) * larger, 0);
    for (uint32_t w = 0; w < warps && capacity; ++w)
      std::copy_n(rows.data() + size_t(w) * capacity, capacity, wide.data() + size_t(w) * larger);
    rows = std::move(wide);
  };
  widen(known);
  widen(fenced);
  clock.resize(larger, 0);
  capacity = larger;
}

std::string Order::State::warpName(uint32_t agent) const {
  if (agent >= warps)
    return "an asynchronous operation";
  std::string text = "warp " + std::to_string(agent % warpsPerCta);
  if (ctas.size() > 1) {
    const Dim3 &block = ctas[agent / warpsPerCta]->index;
    text +=
        " of block (" + std::to_string(block.x) + ", " + std::to_string(block.y) + ", " + std::to_string(block.z) + ")";
  }
  return text;
}

Related Order::State::related(Site site, std::string text) const {
  Related result;
  result.text = std::move(text);
  const Program &program = *launch->program;
  const uint32_t function = site >> SiteBits, pc = site & ((1u << SiteBits) - 1);
  if (function >= program.codes.size() || pc >= program.codes[function]->origins.size())
    return result;
  const Origin &origin = program.codes[function]->origins[pc];
  const ModuleImpl &module = launch->module->impl();
  result.source = module.place(origin.location);
  result.ptxLine = origin.line;
  result.instruction = std::string(origin.text);
  return result;
}

std::string Order::State::where(const Warp &warp, uint32_t rank, uint32_t address) const {
  std::string text = "at " + describeShared(*launch, address);
  if (ctas[rank] != warp.cta) {
    const Dim3 &block = ctas[rank]->index;
    text +=
        " of block (" + std::to_string(block.x) + ", " + std::to_string(block.y) + ", " + std::to_string(block.z) + ")";
  }
  return text;
}

// ---- Clusters

void Order::start(std::span<Cta *const> cluster) {
  State &s = *state;
  const Launch *launch = cluster[0]->launch;
  s.ctas.assign(cluster.begin(), cluster.end());
  s.races = launch->config.checks.races;
  s.async = launch->config.checks.async;
  if (s.launch != launch) {
    s.launch = launch;
    s.warpsPerCta = static_cast<uint32_t>(cluster[0]->warps.size());
    s.warps = s.warpsPerCta * static_cast<uint32_t>(cluster.size());
    s.agents = s.warps;
    s.barriers.resize(cluster.size());
    s.exited.resize(cluster.size());
    s.remote.resize(cluster.size() * s.warps);
    s.fencePoints.resize(s.warps);
    s.seen.resize(s.warps);
    s.wgmma.resize(s.warps);
    s.reserve(s.warps + 16);
  }
  s.allocateCells();
  for (Cta *cta : cluster)
    cta->deferred.clear();
  // What was in flight is gone.
  for (Ticket ticket = 1; ticket < s.operations.size(); ++ticket)
    if (s.operations[ticket].active)
      drop(ticket);
  // All that happened in these objects is over, and everybody knows.
  s.begun.resize(s.warps);
  for (uint32_t w = 0; w < s.warps; ++w) {
    std::copy_n(s.clock.data(), s.capacity, s.knownBy(w));
    std::copy_n(s.clock.data(), s.capacity, s.fencedBy(w));
  }
  for (uint32_t w = 0; w < s.warps; ++w) {
    s.tick(w);
    s.begun[w] = s.clock[w];
  }
  s.agents = s.warps;
  for (auto &points : s.barriers)
    renew(points);
  renew(s.clusterBarrier);
  renew(s.exited);
  renew(s.fencePoints);
  renew(s.seen);
  if (s.placesUsed)
    renew(s.places);
  s.placesUsed = false;
  for (WgmmaState &wgmma : s.wgmma)
    wgmma.clear();
  std::fill(s.remote.begin(), s.remote.end(), State::Remote{});
}

// ---- Releases and acquires

void Order::release(Warp &warp, SyncPoint &point) {
  State &s = *state;
  const uint32_t me = s.numberOf(warp);
  joinInto(point.time, s.knownBy(me), s.agents);
  joinInto(point.fenced, s.fencedBy(me), s.agents);
  s.tick(me);
}

void Order::acquire(Warp &warp, const SyncPoint &point) {
  State &s = *state;
  const uint32_t me = s.numberOf(warp);
  join(s.knownBy(me), point.time);
  join(s.fencedBy(me), point.fenced);
}

void Order::fenceProxy(Warp &warp) {
  State &s = *state;
  const uint32_t me = s.numberOf(warp);
  std::copy_n(s.knownBy(me), s.agents, s.fencedBy(me));
  s.tick(me);
}

void Order::fence(Warp &warp) {
  State &s = *state;
  const uint32_t me = s.numberOf(warp);
  acquire(warp, s.seen[me]);
  s.fencePoints[me].clear();
  release(warp, s.fencePoints[me]);
}

// ---- Barriers

void Order::arrive(Warp &warp, unsigned barrier) {
  fence(warp);
  release(warp, state->barriers[warp.cta->rank][barrier]);
}
void Order::leave(Warp &warp, unsigned barrier, bool forAll) {
  acquire(warp, state->barriers[warp.cta->rank][barrier]);
  if (forAll)
    acquire(warp, state->exited[warp.cta->rank]);
  fence(warp);
}
void Order::completed(Cta &cta, unsigned barrier) { state->barriers[cta.rank][barrier].clear(); }

void Order::arriveCluster(Warp &warp, uint32_t phase) {
  fence(warp);
  release(warp, state->clusterBarrier[phase & 1]);
}
void Order::leaveCluster(Warp &warp, uint32_t phase) {
  acquire(warp, state->clusterBarrier[phase & 1]);
  fence(warp);
}
void Order::completedCluster(uint32_t newPhase) {
  SyncPoint &point = state->clusterBarrier[newPhase & 1];
  point.clear();
  for (const SyncPoint &exited : state->exited) { // they count as arrived from now on
    joinInto(point.time, exited.time.data(), static_cast<uint32_t>(exited.time.size()));
    joinInto(point.fenced, exited.fenced.data(), static_cast<uint32_t>(exited.fenced.size()));
  }
}

void Order::exits(Warp &warp, uint32_t lanes) {
  State &s = *state;
  const Cta &cta = *warp.cta;
  SyncPoint &point = s.exited[cta.rank];
  release(warp, point);
  release(warp, s.clusterBarrier[cta.cluster[0]->clusterPhase & 1]);
  if (cta.liveThreads > static_cast<uint32_t>(std::popcount(lanes)))
    return;
  if (!cta.deferred.empty()) {
    fault(warp, ErrorKind::Uninitialized, lanes, 0, {});
    return;
  }
  // The last of the CTA: whoever touched its memory must have been heard of.
  if (s.races)
    for (uint32_t w = 0; w < s.warps; ++w) {
      const State::Remote &last = s.remote[size_t(cta.rank) * s.warps + w];
      if (last.time <= point.time[w])
        continue;
      if (Error *error = fault(warp, ErrorKind::Race, lanes, 0,
                               "the block exits while " + s.warpName(w) +
                                   " may still access its shared memory: nothing orders that access before the exit"))
        error->related.push_back(s.related(last.site, "the access"));
      return;
    }
  if (s.async)
    checkNothingInFlight(warp, lanes);
}

} // namespace tessera::sim
