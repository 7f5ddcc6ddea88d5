//===- Order.h - What is ordered before what in shared memory ---*- C++ -*-===//
//
// The checks of ordering: races between warps, asynchronous operations that are read, overwritten or reused before
// their wait, and missing fences between the proxies. One Order watches the CTAs of one cluster while they run; it is
// there only where Checks::races or Checks::async asks for it, and every hook is called under `if (Order *order =
// ...)`.
//
// The method is that of vector clocks. Every warp has a time, and knows how much of every other warp's past is over. A
// warp that releases (arrives at a barrier, an mbarrier, stores with .release) leaves what it knows at a SyncPoint, one
// that acquires (leaves the barrier, sees the phase complete) takes over what lies there. Each granule of shared memory
// remembers its last write and the reads since; an access is a race when the earlier one is not in the warp's past:
//
//   warp 0 (time 5)   st.shared [s]      s: written by warp 0 at 5
//   warp 0            bar.sync           leaves 5 at the barrier; its time is now 6
//   warp 1            bar.sync           takes over: warp 0's past is over up to 5
//   warp 1            ld.shared [s]      5 <= 5: ordered. Without the barrier it would know 0 of warp 0: a race
//
// Two writes of equal values are none, whoever makes them: compilers let warps that hold copies of a value all store
// it. Atomic and volatile accesses do not race with each other. At their address they order what the memory model says:
// relaxed ones what came before the last fence of the one side, for what comes after the next fence of the other;
// volatile ones, as programs older than the model expect, like a release and an acquire.
//
// An operation that goes on after its instruction (cp.async, cp.async.bulk, wgmma) is in flight from `begin` to `end`:
//
//   begin    its ranges are checked against what others did before and are marked; until the end any access that
//            conflicts with them is an error, whoever makes it
//   end      they become accesses of the warp that waited, or of whoever acquires the mbarrier that was told
//
// What generic instructions wrote may be read by the async proxy (bulk copies out of shared memory, wgmma) only where a
// fence.proxy.async lies on the way from the write to the operation: besides what is over, each warp knows how much of
// it has been fenced. cp.async counts as generic for this rule in the manual, but compilers and libraries feed wgmma by
// it without a fence, so none is asked for.
//
// The memory of another CTA of the cluster may be touched only after something of that CTA has been acquired (it runs),
// and must have been touched before it exits.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_ORDER_H
#define TESSERA_RUNTIME_SIMULATOR_ORDER_H

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace tessera::sim {

struct Cta;
struct Instr;
struct Lanes64;
struct Warp;
enum class AccessKind : uint8_t;

/// How much of each agent's past is known, by its number: the warps of the cluster, then agents of SyncPoints.
using VectorTime = std::vector<uint32_t>;

/// Where a release meets an acquire: a barrier, one phase of an mbarrier, an address of an atomic operation.
struct SyncPoint {
  VectorTime time;    ///< what is known here
  VectorTime fenced;  ///< what of it the async proxy may read
  uint32_t agent = 0; ///< its own number in the vectors, for operations that end here; 0: none yet
  /// Nothing is known here any more: a new phase begins.
  void clear() {
    time.clear();
    fenced.clear();
  }
};

/// Who carries out an operation that goes on after its instruction.
enum class AsyncAgent : uint8_t {
  Copy,  ///< cp.async: generic proxy
  Bulk,  ///< cp.async.bulk, .tensor, cp.reduce.async.bulk, st.async, red.async: async proxy
  Wgmma, ///< async proxy
};

/// A stretch of some CTA's shared memory, by shared address without rank: [begin, end).
struct AsyncRange {
  Cta *cta = nullptr;
  uint32_t begin = 0, end = 0;
  bool writes = false;
  bool atomic = false; ///< a reduction: may overlap others
  uint8_t lane = 255;  ///< whose it is; 255: of the first executing lane
};

/// An operation in flight; 0: none.
using Ticket = uint32_t;

class Order {
public:
  Order();
  ~Order();
  Order(const Order &) = delete;
  Order &operator=(const Order &) = delete;

  /// A new cluster begins in the same objects.
  void start(std::span<Cta *const> cluster);

  // ---- Accesses
  /// Lanes of `warp` access `bytes` bytes at host addresses, wherever they lie. False after a fault.
  bool access(Warp &warp, const Instr &instr, unsigned bytes, AccessKind kind, const Lanes64 &addresses);

  // ---- Synchronisation
  /// `warp` leaves what it knows at `point`; what it does afterwards is not part of it.
  void release(Warp &warp, SyncPoint &point);
  /// `warp` takes over what is known at `point`.
  void acquire(Warp &warp, const SyncPoint &point);
  /// membar and fence: what came before is handed over by relaxed accesses from now on, and what they have seen is
  /// known.
  void fence(Warp &warp);
  /// A barrier of the warp's CTA (its number), step by step. `completed` follows when all that wait have left. One for
  /// all threads counts those that exited.
  void arrive(Warp &warp, unsigned barrier);
  void leave(Warp &warp, unsigned barrier, bool forAll);
  void completed(Cta &cta, unsigned barrier);
  /// The barrier of the cluster, in the phase that lanes of the warp arrive at or leave; `completed` when a phase
  /// begins.
  void arriveCluster(Warp &warp, uint32_t phase);
  void leaveCluster(Warp &warp, uint32_t phase);
  void completedCluster(uint32_t newPhase);
  /// fence.proxy.async: what the warp knows now may be read by the async proxy.
  void fenceProxy(Warp &warp);
  /// Lanes of the warp exit; barriers count them as arrived. May fault when they are the last of the CTA.
  void exits(Warp &warp, uint32_t lanes);

  // ---- Asynchronous operations
  /// Begins an operation that the current instruction of `warp` issues. 0 after a fault.
  Ticket begin(Warp &warp, AsyncAgent agent, std::span<const AsyncRange> ranges);
  /// The operation has read its sources (cp.async.bulk.wait_group.read), as `warp` now knows.
  void readsDone(Ticket ticket, Warp &warp);
  /// The operation is over, as `warp` now knows: it waited.
  void end(Ticket ticket, Warp &warp);
  /// The operation is over, as whoever acquires `point` will know.
  void end(Ticket ticket, SyncPoint &point);

  // ---- wgmma
  /// An instruction touches registers that some wgmma of the function works on. False after a fault.
  bool touchRegisters(Warp &warp, const Instr &instr);
  /// The current instruction of `warp` is a wgmma with operands in `ranges`. False after a fault.
  bool issueWgmma(Warp &warp, std::span<const AsyncRange> ranges);
  void fenceWgmma(Warp &warp);
  void commitWgmma(Warp &warp);
  /// All groups of `warp` but the last `keep` are over, as whoever leaves that barrier of the CTA will know.
  void waitWgmma(Warp &warp, uint32_t keep, unsigned barrier);

private:
  struct State;
  class Access;
  class Issue;
  void acquirePlaces(Warp &warp, const Lanes64 &addresses, bool relaxed);
  void releasePlaces(Warp &warp, const Lanes64 &addresses, bool relaxed);
  void forget(Ticket ticket);
  void settle(Ticket ticket, bool reads, bool writes, uint32_t agent, const uint32_t *past, uint32_t time);
  void drop(Ticket ticket);
  bool checkNothingInFlight(Warp &warp, uint32_t lanes);
  std::unique_ptr<State> state;
};

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_ORDER_H
