//===- Access.cpp - From the addresses of a warp to host memory: the unusual cases, and faults --===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Hexadecimal.h"

#include <bit>

namespace tessera::sim {

using ptx::Space;

namespace {

constexpr unsigned RankShift = 24;

const char *verb(AccessKind kind) {
  switch (kind) {
  case AccessKind::Read:
  case AccessKind::ReadLater:
    return "load";
  case AccessKind::Write:
  case AccessKind::WriteLater:
    return "store";
  case AccessKind::Atomic:
    return "atomic operation";
  }
  return "access";
}

/// Puts the window of a found allocation first.
void remember(Warp &warp, uint64_t base, uint64_t end) {
  for (unsigned i = 2; i > 0; --i) {
    warp.olderBase[i] = warp.olderBase[i - 1];
    warp.olderEnd[i] = warp.olderEnd[i - 1];
  }
  warp.olderBase[0] = warp.windowBase;
  warp.olderEnd[0] = warp.windowEnd;
  warp.windowBase = base;
  warp.windowEnd = end;
}

/// Makes the allocation of a global address the warp's window; false where there is none.
bool enterWindow(Warp &warp, uint64_t address) {
  if (address >= warp.windowBase && address < warp.windowEnd)
    return true;
  for (unsigned i = 0; i < 3; ++i)
    if (address >= warp.olderBase[i] && address < warp.olderEnd[i]) {
      std::swap(warp.olderBase[i], warp.windowBase);
      std::swap(warp.olderEnd[i], warp.windowEnd);
      return true;
    }
  uint64_t base, end;
  if (!warp.cta->launch->memory->bounds(address, base, end))
    return false;
  remember(warp, base, end);
  return true;
}

struct Problem {
  ErrorKind kind;
  std::string message, allocation;
};

Problem globalProblem(const Warp &warp, uint64_t address, unsigned bytes, AccessKind kind) {
  const std::string what =
      std::string(verb(kind)) + " of " + std::to_string(bytes) + " bytes at " + hexadecimal(address);
  const auto nearest = warp.cta->launch->memory->findAny(address);
  if (!nearest)
    return {ErrorKind::OutOfBounds, what + ": no memory is allocated", {}};
  const std::string name = nearest->describe();
  if (address >= nearest->base && address < nearest->end()) {
    const std::string offset = std::to_string(address - nearest->base);
    if (!nearest->live)
      return {ErrorKind::UseAfterFree, what + ": offset " + offset + " of " + name, name};
    return {ErrorKind::OutOfBounds,
            what + ": starts at offset " + offset + " and passes the end of " + name + " by " +
                std::to_string(address + bytes - nearest->end()) + " bytes",
            name};
  }
  if (address >= nearest->end())
    return {ErrorKind::OutOfBounds,
            what + ": " + std::to_string(address - nearest->end()) + " bytes past the end of " + name, name};
  return {ErrorKind::OutOfBounds,
          what + ": " + std::to_string(nearest->base - address) + " bytes before the start of " + name, name};
}

class Resolver {
public:
  Resolver(Warp &warp, Space space, unsigned bytes, AccessKind kind)
      : warp(warp), space(space), bytes(bytes), kind(kind) {}

  bool run(Lanes64 &a) {
    uint32_t failing = 0;
    uint64_t firstAddress = 0;
    Problem first{};
    for (uint32_t m = warp.mask; m; m &= m - 1) {
      const unsigned lane = std::countr_zero(m);
      const uint64_t address = a.lane[lane];
      problem = {};
      if (one(lane, address, a.lane[lane]))
        continue;
      if (!failing) {
        first = problem;
        firstAddress = address;
      }
      failing |= 1u << lane;
    }
    if (!failing)
      return true;
    fault(warp, first.kind, failing, firstAddress, std::move(first.message), std::move(first.allocation));
    return false;
  }

private:
  bool fail(ErrorKind errorKind, std::string message) {
    problem = {errorKind, std::move(message), {}};
    return false;
  }
  std::string what(uint64_t address, const char *where) const {
    return std::string(where) + " " + verb(kind) + " of " + std::to_string(bytes) + " bytes at " + hexadecimal(address);
  }

  bool one(unsigned lane, uint64_t address, uint64_t &host) {
    Space actual = space;
    uint64_t local = address;
    if (space == Space::Generic) {
      actual = Space::Global;
      if (address - SharedWindow < WindowSize)
        actual = Space::Shared;
      else if (address - LocalWindow < WindowSize)
        actual = Space::Local;
      else if (address - ParameterWindow < WindowSize)
        actual = Space::Param;
      if (actual != Space::Global)
        local = address & (WindowSize - 1);
    }
    if (address % bytes != 0)
      return fail(ErrorKind::Misaligned,
                  what(address, spaceName(actual)) + ": not a multiple of " + std::to_string(bytes));
    switch (actual) {
    case Space::Shared:
      return shared(local, host);
    case Space::Local:
      return localMemory(lane, local, host);
    case Space::Param:
      return parameter(local, host);
    default:
      return global(address, host);
    }
  }

  static const char *spaceName(Space s) {
    switch (s) {
    case Space::Shared:
      return "shared";
    case Space::Local:
      return "local";
    case Space::Param:
      return "parameter";
    case Space::Const:
      return "constant";
    default:
      return "global";
    }
  }

  bool global(uint64_t address, uint64_t &host) {
    if (enterWindow(warp, address) && bytes <= warp.windowEnd - address) {
      host = address;
      return true;
    }
    problem = globalProblem(warp, address, bytes, kind);
    problem.message = std::string(spaceName(space == Space::Const ? space : Space::Global)) + " " + problem.message;
    return false;
  }

  bool shared(uint64_t address, uint64_t &host) {
    const Cta *cta = warp.cta;
    uint64_t offset = address;
    if (const uint64_t above = address >> RankShift) {
      if (above > cta->launch->config.cluster.count())
        return fail(ErrorKind::OutOfBounds, what(address, "shared") + ": the cluster has " +
                                                std::to_string(cta->launch->config.cluster.count()) + " blocks");
      cta = cta->cluster[above - 1];
      offset = address & ((1u << RankShift) - 1);
      if (!cta->active)
        return fail(ErrorKind::OutOfBounds,
                    what(address, "shared") + ": block " + std::to_string(above - 1) + " of the cluster has exited");
    }
    const uint32_t begin = cta->launch->program->usesReservedShared ? ReservedShared : SharedBase;
    if (offset >= begin && offset + bytes <= cta->sharedEnd) {
      host = reinterpret_cast<uint64_t>(cta->shared) + offset;
      return true;
    }
    const uint32_t size = cta->sharedEnd - SharedBase;
    if (size == 0)
      return fail(ErrorKind::OutOfBounds, what(address, "shared") + ": the block has no shared memory");
    return fail(ErrorKind::OutOfBounds, what(address, "shared") + ": the block's " + std::to_string(size) +
                                            " bytes are [" + hexadecimal(SharedBase) + ", " +
                                            hexadecimal(cta->sharedEnd) + ")");
  }

  bool localMemory(unsigned lane, uint64_t address, uint64_t &host) {
    if (bytes > warp.localStride || address > warp.localStride - bytes)
      return fail(ErrorKind::OutOfBounds,
                  what(address, "local") + ": the thread has " + std::to_string(warp.localStride) + " bytes");
    host = reinterpret_cast<uint64_t>(warp.local) + uint64_t(lane) * warp.localStride + address;
    return true;
  }

  bool parameter(uint64_t address, uint64_t &host) {
    const Launch &launch = *warp.cta->launch;
    if (kind != AccessKind::Read && kind != AccessKind::ReadLater)
      return fail(ErrorKind::OutOfBounds, what(address, "parameter") + ": parameters cannot be written");
    if (bytes > launch.kernel->parameterBytes || address > launch.kernel->parameterBytes - bytes)
      return fail(ErrorKind::OutOfBounds, what(address, "parameter") + ": the kernel's parameters take " +
                                              std::to_string(launch.kernel->parameterBytes) + " bytes");
    host = reinterpret_cast<uint64_t>(launch.parameters.data()) + address;
    return true;
  }

  Warp &warp;
  Space space;
  unsigned bytes;
  AccessKind kind;
  Problem problem{};
};

} // namespace

bool resolveSlowly(Warp &warp, Space space, unsigned bytes, AccessKind kind, Lanes64 &addresses) {
  // Often the warp has merely moved on to another allocation.
  const bool isGlobal = space <= Space::Global || space == Space::Const;
  if (isGlobal && warp.mask && enterWindow(warp, addresses.lane[std::countr_zero(warp.mask)]) &&
      common::allInside(addresses, warp.mask, warp.windowBase, warp.windowEnd, bytes))
    return true;
  return Resolver(warp, space, bytes, kind).run(addresses);
}

Space takeSpace(Decoder &d) {
  switch (d.takeOneOf({"global", "shared", "shared::cta", "shared::cluster", "local", "param", "param::entry",
                       "param::func", "const"})) {
  case 0:
    return Space::Global;
  case 1:
  case 2:
  case 3:
    return Space::Shared;
  case 4:
    return Space::Local;
  case 5:
  case 6:
  case 7:
    return Space::Param;
  case 8:
    return Space::Const;
  default:
    return Space::Generic;
  }
}

void takeMemoryModifiers(Decoder &d, bool &waits, bool &policy) {
  // Programs older than the memory model hand over by volatile accesses alone.
  static constexpr uint8_t Orderings[] = {StrongAccess | Acquiring | Releasing, StrongAccess, StrongAccess | Acquiring,
                                          StrongAccess | Acquiring | Releasing, StrongAccess};
  const int ordering = d.takeOneOf({"volatile", "relaxed", "acquire", "acq_rel", "mmio"});
  waits = ordering >= 0;
  if (waits)
    d.instr.ordering |= Orderings[ordering];
  if (d.takeOneOf({"weak", "release"}) == 1)
    d.instr.ordering |= StrongAccess | Releasing;
  d.takeOneOf({"sys", "gpu", "cta", "cluster"});
  d.takeOneOf({"ca", "cg", "cs", "lu", "cv", "wb", "wt"});
  d.take("nc");
  d.take("unified");
  policy = false;
  for (std::string_view modifier = d.takePrefix("L"); !modifier.empty(); modifier = d.takePrefix("L"))
    policy |= modifier == "L2::cache_hint";
}

} // namespace tessera::sim
