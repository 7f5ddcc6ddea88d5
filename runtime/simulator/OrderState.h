//===- OrderState.h - What Order keeps --------------------------*- C++ -*-===//
//
// Shared between the parts of Order: Order.cpp (times), OrderCells.cpp (what granules remember), OrderAccess.cpp
// (accesses), OrderAsync.cpp (operations in flight), OrderWgmma.cpp (their registers).
//
// A cell stands for a granule of shared memory. The granule begins as 16 bytes and is halved, with what the cells
// remember, when the first access comes that is smaller; so a cell always stands for bytes that were accessed together,
// and bytes of one word that different warps write are told apart. Times run on from CTA to CTA in the same objects,
// which makes all that a former CTA left behind old enough to be known to everybody.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_ORDERSTATE_H
#define TESSERA_RUNTIME_SIMULATOR_ORDERSTATE_H

#include "runtime/simulator/Access.h"
#include "runtime/simulator/Order.h"
#include "runtime/simulator/Warp.h"

#include <array>
#include <bit>
#include <cstdlib>
#include <unordered_map>

namespace tessera::sim {

/// In place of an agent's number: the time is the first entry of a list in Order::State::parties.
constexpr uint16_t Several = 0xFFFF;

/// Where an instruction stands in the program: number of the function and of the instruction.
using Site = uint32_t;
constexpr unsigned SiteBits = 20;

enum CellFlags : uint8_t {
  StrongWrite = 1, ///< the write was atomic or volatile
  StrongRead = 2,
  AsyncWrite = 4, ///< an asynchronous operation wrote: no proxy fence is needed
  WeakBefore = 8, ///< before strong writes there was a weak one: see CellArray::weak
};

/// All zeros: nobody has been here.
struct Cell {
  uint32_t writeTime, readTime;
  Site writeSite, readSite;
  uint16_t writer, reader;
  uint16_t flightReads; ///< operations in flight that read here
  uint8_t flags;
  Ticket flightWrite; ///< operation in flight that writes here
  Ticket flightRead;  ///< the last of those that read here
};

/// One of several readers of a cell that nothing orders, or of several writers of the same value.
struct Party {
  uint32_t time;
  Site site;
  uint32_t next; ///< 0: none
  uint16_t agent;
  bool strong;
};

/// "the cp.async", ...
const char *nameOf(AsyncAgent agent);

struct Operation {
  AsyncAgent agent{};
  uint16_t warp = 0; ///< that issued it
  Site site = 0;
  bool active = false;
  bool reads = false;  ///< some range is still being read
  bool atomic = false; ///< some range is reduced into
  std::vector<AsyncRange> ranges;
};

/// A register that a wgmma works on.
struct RegisterFlight {
  Site site = 0;
  uint32_t group = 0;
  bool isAccumulator = false;
};

/// What another instruction wrote to a register of a wgmma.
struct RegisterWrite {
  Site site = 0;
  bool followsWgmma = false; ///< a wgmma was issued between the last wgmma.fence and it
};

/// The wgmmas of one warp. Groups are numbered from 0 in order of their commit.
struct WgmmaState {
  struct Issued {
    Ticket ticket;
    uint32_t group;
  };
  uint32_t committed = 0; ///< groups so far; also the number of the one that is being filled
  uint32_t done = 0;      ///< groups with a smaller number have been waited for
  bool fenced = false;    ///< a wgmma.fence was executed
  bool issued = false;    ///< a wgmma was issued since the last one
  std::vector<Issued> operations;
  std::unordered_map<Ref, RegisterFlight> inFlight; ///< by place in the frame
  std::unordered_map<Ref, RegisterWrite> written;   ///< since the last wgmma.fence

  bool isInFlight(const RegisterFlight &flight) const { return flight.group >= done; }
  void clear() {
    committed = done = 0;
    fenced = issued = false;
    operations.clear();
    inFlight.clear();
    written.clear();
  }
};

/// The last write of a cell before strong ones.
struct WeakWrite {
  uint32_t time;
  Site site;
  uint16_t agent;
};

/// The cells of one CTA's shared memory.
struct CellArray {
  struct Free {
    void operator()(void *p) const { std::free(p); }
  };
  template <typename T> using Pages = std::unique_ptr<T[], Free>; ///< by calloc: what nobody touches costs nothing
  template <typename T> static Pages<T> make(size_t count) {
    return Pages<T>(static_cast<T *>(std::calloc(count, sizeof(T))));
  }
  Pages<Cell> cells;
  Pages<WeakWrite> weak; ///< of cells with WeakBefore
  uint64_t base = 0;     ///< host address of shared address 0
  uint32_t bytes = 0;
};

struct Order::State {
  std::vector<Cta *> ctas;
  const Launch *launch = nullptr;
  bool races = false, async = false;
  uint32_t warpsPerCta = 0, warps = 0;
  uint32_t agents = 0;                 ///< numbers in use: warps, then points
  uint32_t capacity = 0;               ///< length of a row of `known` and `fenced`
  std::vector<uint32_t> known, fenced; ///< by warp, by agent
  std::vector<uint32_t> clock;         ///< by agent: its own time
  std::vector<uint32_t> begun;         ///< by warp: its time when the cluster began
  std::vector<CellArray> shadow;       ///< by rank
  unsigned shift = 4;                  ///< bytes of a granule as a power of two
  std::vector<Party> parties{1};
  uint32_t freeParty = 0;
  std::vector<Operation> operations{1};
  std::vector<Ticket> freeTickets;
  std::vector<std::array<SyncPoint, CtaBarriers>> barriers; ///< by rank
  std::array<SyncPoint, 2> clusterBarrier;                  ///< by parity of the phase
  std::vector<SyncPoint> exited;                            ///< by rank: what exited threads knew
  std::vector<SyncPoint> places{64};                        ///< by hash of the address of an atomic or volatile access
  bool placesUsed = false;
  std::vector<SyncPoint> fencePoints; ///< by warp: what it knew at its last fence
  std::vector<SyncPoint> seen;        ///< by warp: what lay where it made relaxed accesses
  struct Remote {
    uint32_t time = 0;
    Site site = 0;
  };
  std::vector<WgmmaState> wgmma; ///< by warp
  std::vector<Remote> remote;    ///< by rank and warp: the last access of a warp to that CTA from another

  // ---- Times
  uint32_t numberOf(const Warp &warp) const { return warp.cta->rank * warpsPerCta + warp.index; }
  uint32_t *knownBy(uint32_t warp) { return known.data() + size_t(warp) * capacity; }
  uint32_t *fencedBy(uint32_t warp) { return fenced.data() + size_t(warp) * capacity; }
  void reserve(uint32_t agents);
  void tick(uint32_t warp) { knownBy(warp)[warp] = ++clock[warp]; }
  SyncPoint &place(uint64_t address) { return places[(address >> 2) * 0x9E3779B97F4A7C15u >> 58]; }
  /// Calls f(point) for the places of all executing lanes' addresses, once for each.
  template <typename F> void eachPlace(const Warp &warp, const Lanes64 &addresses, F f) {
    uint64_t done = 0;
    for (uint32_t m = warp.mask; m; m &= m - 1) {
      SyncPoint &point = place(addresses.lane[std::countr_zero(m)]);
      const uint64_t bit = uint64_t(1) << (&point - places.data());
      if (!(done & bit))
        f(point);
      done |= bit;
    }
  }

  // ---- Cells
  Cell *cellsOf(uint32_t rank) { return shadow[rank].cells.get(); }
  WeakWrite &weakWrite(const Cell &cell, uint32_t rank) {
    return shadow[rank].weak[static_cast<size_t>(&cell - shadow[rank].cells.get())];
  }
  void allocateCells();
  void refine(unsigned bytes);
  uint32_t newParty(const Party &party);
  void freeParties(uint32_t first);
  uint32_t copyParties(uint32_t first);
  /// Notes a read by `agent`, who knows `past`.
  void noteRead(Cell &cell, uint32_t agent, const uint32_t *past, uint32_t time, Site site, bool strong) {
    if (cell.reader == Several || !(cell.reader == agent || cell.readTime <= past[cell.reader])) [[unlikely]]
      return noteAnotherRead(cell, agent, past, time, site, strong);
    cell.reader = static_cast<uint16_t>(agent);
    cell.readTime = time;
    cell.readSite = site;
    cell.flags = static_cast<uint8_t>((cell.flags & ~StrongRead) | (strong ? StrongRead : 0));
  }
  /// The same where there is a reader before it that nothing orders.
  void noteAnotherRead(Cell &cell, uint32_t agent, const uint32_t *past, uint32_t time, Site site, bool strong);
  /// Notes a write that is ordered after all that was done to the cell.
  void noteWrite(Cell &cell, uint32_t agent, uint32_t time, Site site, uint8_t flags);

  /// False after a fault: nothing orders an access of another CTA's memory after its start, or it has exited.
  bool checkRemote(Warp &warp, uint32_t rank, uint32_t lanes, uint32_t address, const char *what);

  // ---- Reports
  Site siteOf(const Warp &warp) const { return warp.frame->code->number << SiteBits | warp.pc(); }
  /// "warp 3", and of which block where there are several.
  std::string warpName(uint32_t agent) const;
  Related related(Site site, std::string text) const;
  /// "at 0x410 (shared variable 's' + 16)", and of which block where it is not the warp's.
  std::string where(const Warp &warp, uint32_t rank, uint32_t address) const;
};

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_ORDERSTATE_H
