//===- Atomic.h - What atomic operations and reductions compute -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_ATOMIC_H
#define TESSERA_RUNTIME_SIMULATOR_ATOMIC_H

#include "runtime/simulator/PtxAst.h"

#include <cstdint>

namespace tessera::sim {

enum class AtomicOperation : uint8_t { And, Or, Xor, Cas, Exch, Add, Inc, Dec, Min, Max };

/// The new value where `old` was: all of them bits of `type`, `c` being the third operand of cas.
uint64_t combine(ptx::Type type, AtomicOperation operation, uint64_t old, uint64_t b, uint64_t c = 0);

/// Combines the value of `type` at a host address with `b`, as one step for other threads of the host. Sums of f32,
/// which are only made in global memory, flush subnormals.
void reduceAt(char *place, ptx::Type type, AtomicOperation operation, uint64_t b);

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_ATOMIC_H
