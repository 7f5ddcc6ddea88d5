//===- Order.h - What is ordered before what in shared memory ---*- C++ -*-===//
//
// The checks of ordering: races between warps, asynchronous operations that are read, overwritten or reused before
// their wait, and missing fences between the proxies. One Order watches the CTAs of one cluster while they run; it is
// there only where Checks::races or Checks::async asks for it, and every hook is called under `if (Order *order =
// ...)`.
//
// The method is that of vector clocks. Every warp has a time: how much of every other warp's past it knows to be over.
// A warp that releases (arrives at a barrier, an mbarrier, stores with .release) leaves its time at a SyncPoint, one
// that acquires (leaves the barrier, sees the phase complete) takes over what lies there. Each granule of shared memory
// remembers its last write and the reads since; an access is a race when the earlier one is not in the warp's past.
//
// An operation that goes on after its instruction (cp.async, cp.async.bulk, wgmma) is in flight from `begin` to `end`:
//
//   begin    its ranges are checked against what others did before and are marked; until the end any access that
//            conflicts with them is an error, whoever makes it
//   end      they become accesses of the warp that waited, or of whoever acquires the mbarrier that was told
//
// What generic instructions wrote may be read by the async proxy (bulk copies out of shared memory, wgmma) only where a
// fence.proxy.async lies on the way from the write to the operation.
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
struct Warp;

/// How much of each warp's (and each mbarrier's) past is known, by its number in the cluster.
using VectorTime = std::vector<uint32_t>;

/// Where a release meets an acquire: a barrier, one phase of an mbarrier, an address of an atomic operation.
struct SyncPoint {
  VectorTime time;    ///< what is known here
  VectorTime fenced;  ///< what of it the async proxy may read
  uint32_t agent = 0; ///< its own number in the vectors, for operations that end here; 0: none yet
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

  // ---- Synchronisation
  /// `warp` leaves what it knows at `point`; what it does afterwards is not part of it.
  void release(Warp &warp, SyncPoint &point);
  /// `warp` takes over what is known at `point`.
  void acquire(Warp &warp, const SyncPoint &point);
  /// Both, for a device address that atomic or strong operations name.
  void releaseAt(Warp &warp, uint64_t address);
  void acquireAt(Warp &warp, uint64_t address);
  /// fence.proxy.async: what the warp knows now may be read by the async proxy.
  void fenceProxy(Warp &warp);

  // ---- Asynchronous operations
  /// Begins an operation that the current instruction of `warp` issues. 0 after a fault.
  Ticket begin(Warp &warp, AsyncAgent agent, std::span<const AsyncRange> ranges);
  /// The operation has read its sources (cp.async.bulk.wait_group.read), as `warp` now knows.
  void readsDone(Ticket ticket, Warp &warp);
  /// The operation is over, as `warp` now knows: it waited.
  void end(Ticket ticket, Warp &warp);
  /// The operation is over, as whoever acquires `point` will know.
  void end(Ticket ticket, SyncPoint &point);

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_ORDER_H
