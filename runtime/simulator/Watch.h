//===- Watch.h - Accesses looked at one by one ------------------*- C++ -*-===//
//
// Where a launch is checked or counted, every access of memory comes by here after its addresses were found good and
// before it is made: reads of bytes nobody wrote are found, the order of accesses to shared memory is checked, and what
// they cost is counted.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_WATCH_H
#define TESSERA_RUNTIME_SIMULATOR_WATCH_H

#include "runtime/simulator/Program.h"

#include <cstdint>

namespace tessera::sim {

struct Lanes64;
struct Warp;
enum class AccessKind : uint8_t;

/// The lanes of `warp.mask` access `bytes` bytes at host addresses. False after a fault.
bool watchAccess(Warp &warp, const Instr &instr, ptx::Space space, unsigned bytes, AccessKind kind,
                 const Lanes64 &addresses);

/// The same for a stretch of memory that one thread's instruction has copied: `host` in global memory or in the shared
/// memory of the cluster. Only whether bytes are read before they are written; order is Order's `begin`.
bool watchBytes(Warp &warp, uint64_t host, uint64_t bytes, AccessKind kind);

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_WATCH_H
