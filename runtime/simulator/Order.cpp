//===- Order.cpp - What is ordered before what in shared memory -----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Order.h"

namespace tessera::sim {

struct Order::State {};

Order::Order() : state(std::make_unique<State>()) {}
Order::~Order() = default;

void Order::start(std::span<Cta *const>) {}
void Order::release(Warp &, SyncPoint &) {}
void Order::acquire(Warp &, const SyncPoint &) {}
void Order::releaseAt(Warp &, uint64_t) {}
void Order::acquireAt(Warp &, uint64_t) {}
void Order::fenceProxy(Warp &) {}
Ticket Order::begin(Warp &, AsyncAgent, std::span<const AsyncRange>) { return 1; }
void Order::readsDone(Ticket, Warp &) {}
void Order::end(Ticket, Warp &) {}
void Order::end(Ticket, SyncPoint &) {}

} // namespace tessera::sim
