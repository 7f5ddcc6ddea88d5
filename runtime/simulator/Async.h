//===- Async.h - Operations in flight ---------------------------*- C++ -*-===//
//
// Bulk copies, reductions and stores go on after the instruction that issues them. Here they go on for as long as the
// rules allow, and end in an order drawn from the launch's seed, so that a program which does not wait for them finds
// what was there before:
//
//   told to an mbarrier   ends when no warp of the cluster can go on without one of them: memory is read and written
//   (global → shared)     at that moment, then the mbarrier is told
//   in a bulk group       reads shared memory when its thread waits for the group's reads, writes global memory when
//   (shared → global)     the thread waits for the group, or both when the CTA ends
//
// What an operation touches is checked when it is issued, with the instruction at hand; its faults afterwards (bytes
// that a phase did not wait for) are reported at the instruction that issued it.
//
// cp.async is kept by its warp and made when something waits for it (AsyncCopy.cpp).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_ASYNC_H
#define TESSERA_RUNTIME_SIMULATOR_ASYNC_H

#include "runtime/simulator/Atomic.h"
#include "runtime/simulator/Decode.h"
#include "runtime/simulator/TensorMap.h"
#include "runtime/simulator/Warp.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tessera::sim {

/// Addresses in shared::cluster: the rank of the CTA, plus 1, from this bit on.
constexpr unsigned RankShift = 24;

/// A place in the shared memory of some CTA of the cluster.
struct SharedPlace {
  Cta *cta = nullptr;
  uint32_t address = 0; ///< without rank
};

/// The instruction of a lane, to be blamed later.
struct Issuer {
  Warp *warp = nullptr;
  unsigned lane = 0;
  const Code *code = nullptr;
  uint32_t pc = 0;

  Issuer() = default;
  /// The instruction that `warp` executes.
  Issuer(Warp &warp, unsigned lane) : warp(&warp), lane(lane), code(warp.frame->code), pc(warp.pc()) {}
};

/// Reports a fault of the instruction that issued something.
void fault(const Issuer &issuer, ErrorKind kind, uint64_t address, std::string message);

struct AsyncOperation {
  enum Kind : uint8_t {
    // Told to an mbarrier:
    Load,         ///< global → shared
    SharedCopy,   ///< shared → shared of another CTA
    SharedReduce, ///< the same, combined with what is there
    TensorLoad,
    StoreValue,   ///< st.async
    ReduceValue,  ///< red.async
    CopiesArrive, ///< cp.async.mbarrier.arrive
    // In a bulk group:
    Store,  ///< shared → global
    Reduce, ///< the same, combined with what is there
    TensorStore,
    TensorReduce,
  };
  Kind kind = Load;
  bool hasRead = false; ///< has read its sources into `staged`
  bool isDone = false;  ///< only waits for its thread to wait
  Issuer issuer;
  uint32_t group = 0;  ///< of the thread's bulk groups
  uint32_t bytes = 0;  ///< that the mbarrier will be told of
  SharedPlace target;  ///< that is written
  uint32_t source = 0; ///< in the issuer's shared memory
  uint64_t global = 0;
  SharedPlace barrier;
  uint32_t phase = 0;  ///< of the mbarrier when issued
  uint32_t lanes = 0;  ///< CopiesArrive: whose copies,
  uint32_t copies = 0; ///< up to which number
  AtomicOperation operation = AtomicOperation::Add;
  ptx::Type type = ptx::Type::None;
  uint64_t values[4] = {}; ///< of st.async and red.async, one each element
  uint32_t elements = 0;
  TensorTile tile;
  Ticket ticket = 0;
  std::vector<char> staged;
  std::vector<uint8_t> stagedShadow; ///< whether anybody wrote those bytes

  bool tellsMbarrier() const { return kind <= CopiesArrive; }
};

/// The operations in flight of a cluster's CTAs.
class AsyncQueue {
public:
  enum class Outcome { None, Completed, Failed };

  /// A new cluster begins.
  void start(uint64_t seed);
  bool any() const { return unfinished != 0; }

  /// A new operation that the current instruction issues for one lane; the caller fills in the rest, then calls
  /// `begin`.
  AsyncOperation &make(Warp &warp, unsigned lane, AsyncOperation::Kind kind);
  /// Puts it in flight. `ranges`: what it touches of shared memory. False after a fault.
  bool begin(AsyncOperation &operation, std::span<const AsyncRange> ranges);

  /// Ends one operation, drawn by lot: those that some mbarrier waits for come first.
  Outcome endOne();
  /// Ends what a thread put into all but its last `keep` bulk groups, or only has it read.
  bool waitGroups(Warp &warp, uint32_t lanes, uint32_t keep, bool readsOnly);
  /// Ends what a CTA that has come to its end has issued. False after a fault: something was on its way into it.
  bool endBlock(Cta &cta);

  /// Tensor maps in global memory that the cluster changed and that no fence.proxy.tensormap was executed for since.
  void mapChanged(uint64_t address);
  void mapFenced(uint64_t address);
  bool isStale(uint64_t address) const;

private:
  bool end(AsyncOperation &operation);
  bool tell(AsyncOperation &operation);
  void retire(size_t position);
  uint64_t draw();

  std::vector<std::unique_ptr<AsyncOperation>> pool; ///< in flight first: `count` of them
  size_t count = 0;
  size_t unfinished = 0; ///< of them not yet done
  std::unique_ptr<AsyncOperation> made;
  uint64_t state = 0;
  std::vector<size_t> eligible;
  std::vector<uint64_t> staleMaps;
};

/// Has an operation read its sources, once.
void readSources(AsyncOperation &operation);
/// Does to memory what an operation is for. False after a fault.
bool carryOut(AsyncOperation &operation);

// ---- What several instructions share --------------------------------------------------------------------------------

/// The place that an address in shared::cluster names, `bytes` long and aligned; `generic` where the address is one.
/// False after a fault, whose text begins with `what`.
bool sharedPlace(Warp &warp, unsigned lane, uint64_t address, bool generic, uint32_t bytes, uint32_t alignment,
                 const char *what, SharedPlace &place);
/// True where the source of `what` is shared memory of the warp's own block; false after a fault.
bool ownBlock(Warp &warp, unsigned lane, const SharedPlace &source, const char *what);
/// Calls issue(target, mbarrier) for each CTA that a copy goes to: the one its addresses name or, where op[4] is a mask
/// of CTAs, the same places in each of those. False after a fault or when a call says so.
template <typename Issue>
bool forEachTarget(Warp &warp, const Instr &instr, unsigned lane, const SharedPlace &target, const SharedPlace &barrier,
                   uint64_t bytes, Issue issue) {
  if (instr.op[4] == NoRef)
    return issue(target, barrier);
  for (uint32_t left = in<uint16_t>(warp, instr.op[4])[lane], rank = 0; left; left >>= 1, ++rank) {
    if (!(left & 1))
      continue;
    SharedPlace to, told;
    const uint64_t above = uint64_t(rank + 1) << RankShift;
    if (!sharedPlace(warp, lane, above | target.address, false, static_cast<uint32_t>(bytes), 1, "multicast", to) ||
        !sharedPlace(warp, lane, above | barrier.address, false, MbarrierBytes, 1, "mbarrier", told) ||
        !issue(to, told))
      return false;
  }
  return true;
}
/// True when a range of global memory lies in one allocation. False after a fault.
bool globalRange(Warp &warp, unsigned lane, uint64_t address, uint64_t bytes, uint32_t alignment, const char *what);
/// "offset 12 of allocation 3 (...)", "64 bytes past the end of ...": where a range lies that is not in one allocation.
std::string describeRange(const Memory &memory, uint64_t address, uint64_t bytes, std::string &allocation,
                          ErrorKind &kind);

/// The live mbarrier at a place. Null after a fault.
Mbarrier *mbarrierAt(const Issuer &issuer, const SharedPlace &place);
/// Writes what the table says into the word.
void mirror(const SharedPlace &place, const Mbarrier &barrier);

/// Whether cp.reduce.async.bulk and red.async know the pair.
bool isBulkReduction(AtomicOperation operation, ptx::Type type, bool toGlobal);

/// Makes the copies of cp.async of some lanes, up to a number; `point` learns of them.
void finishCopiesUpTo(Warp &warp, uint32_t lanes, uint32_t number, SyncPoint &point);

// ---- Operands: an instruction with several addresses ----------------------------------------------------------------

/// Makes address operand `operand` number `slot` (0..3) of the instruction: base in op[slot], offset in list[slot],
/// width in bit `slot` of flags. Slots are to be gathered in order.
bool gatherAddress(Decoder &d, const ptx::Operand &operand, unsigned slot, ptx::Space space);
uint64_t addressAt(const Warp &warp, const Instr &instr, unsigned slot, unsigned lane);

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_ASYNC_H
