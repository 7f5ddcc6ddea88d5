//===- BulkAddress.cpp - Places and ranges that asynchronous instructions name --===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Async.h"
#include "runtime/simulator/Hexadecimal.h"

#include <bit>

namespace tessera::sim {

using ptx::Operand;
using ptx::Space;

bool ownBlock(Warp &warp, unsigned lane, const SharedPlace &source, const char *what) {
  if (source.cta == warp.cta)
    return true;
  fault(warp, ErrorKind::InvalidInstruction, 1u << lane, source.address,
        std::string(what) + " out of the shared memory of block " + std::to_string(source.cta->rank) +
            " of the cluster: expected the block's own");
  return false;
}

bool sharedPlace(Warp &warp, unsigned lane, uint64_t address, bool generic, uint32_t bytes, uint32_t alignment,
                 const char *what, SharedPlace &place) {
  const auto fail = [&](ErrorKind kind, const std::string &why) {
    fault(warp, kind, 1u << lane, address,
          std::string(what) + " of " + std::to_string(bytes) + " bytes at shared address " + hexadecimal(address) +
              ": " + why);
    return false;
  };
  uint64_t local = address;
  if (generic || address - SharedWindow < WindowSize) {
    if (address - SharedWindow >= WindowSize)
      return fail(ErrorKind::OutOfBounds, "not an address of shared memory");
    local = address - SharedWindow;
  }
  const uint64_t count = warp.cta->launch->config.cluster.count();
  Cta *cta = warp.cta;
  if (const uint64_t above = local >> RankShift) {
    if (above > count)
      return fail(ErrorKind::OutOfBounds, "the cluster has " + std::to_string(count) + " blocks");
    cta = warp.cta->cluster[above - 1];
    local &= (1u << RankShift) - 1;
  }
  if (!cta->active)
    return fail(ErrorKind::OutOfBounds, "block " + std::to_string(cta->rank) + " of the cluster has exited");
  if (local % alignment != 0)
    return fail(ErrorKind::Misaligned, "not a multiple of " + std::to_string(alignment));
  if (local < SharedBase || local + bytes > cta->sharedEnd) {
    const uint32_t size = cta->sharedEnd - SharedBase;
    return fail(ErrorKind::OutOfBounds, size == 0
                                            ? std::string("the block has no shared memory")
                                            : "the block's " + std::to_string(size) + " bytes are [" +
                                                  hexadecimal(SharedBase) + ", " + hexadecimal(cta->sharedEnd) + ")");
  }
  place = {cta, static_cast<uint32_t>(local)};
  return true;
}

std::string describeRange(const Memory &memory, uint64_t address, uint64_t bytes, std::string &allocation,
                          ErrorKind &kind) {
  kind = ErrorKind::OutOfBounds;
  const auto nearest = memory.findAny(address);
  if (!nearest)
    return "no memory is allocated";
  allocation = nearest->describe();
  if (address >= nearest->base && address < nearest->end()) {
    const std::string offset = "offset " + std::to_string(address - nearest->base) + " of " + allocation;
    if (!nearest->live) {
      kind = ErrorKind::UseAfterFree;
      return offset;
    }
    return "starts at " + offset + " and passes its end by " + std::to_string(address + bytes - nearest->end()) +
           " bytes";
  }
  if (address >= nearest->end())
    return std::to_string(address - nearest->end()) + " bytes past the end of " + allocation;
  return std::to_string(nearest->base - address) + " bytes before the start of " + allocation;
}

bool globalRange(Warp &warp, unsigned lane, uint64_t address, uint64_t bytes, uint32_t alignment, const char *what) {
  const auto fail = [&](ErrorKind kind, const std::string &why, std::string allocation = {}) {
    fault(warp, kind, 1u << lane, address,
          std::string(what) + " of " + std::to_string(bytes) + " bytes at " + hexadecimal(address) + ": " + why,
          std::move(allocation));
    return false;
  };
  if (address % alignment != 0)
    return fail(ErrorKind::Misaligned, "not a multiple of " + std::to_string(alignment));
  const Memory &memory = *warp.cta->launch->memory;
  uint64_t base, end;
  if (bytes == 0 || (memory.bounds(address, base, end) && bytes <= end - address))
    return true;
  if (address - SharedWindow < FunctionWindow + WindowSize - SharedWindow)
    return fail(ErrorKind::OutOfBounds, "not an address of global memory");
  std::string allocation;
  ErrorKind kind;
  const std::string where = describeRange(memory, address, bytes, allocation, kind);
  return fail(kind, where, std::move(allocation));
}

bool gatherAddress(Decoder &d, const Operand &operand, unsigned slot, Space space) {
  const uint8_t flags = d.instr.flags;
  d.instr.flags = 0;
  if (!d.address(operand, slot, space))
    return false;
  const uint8_t kind = d.instr.flags;
  d.instr.flags = static_cast<uint8_t>(flags | (kind & AddressWide ? 1u << slot : 0));
  if (kind & AddressFrame)
    return d.fail("an address in local memory");
  auto offset = static_cast<uint64_t>(d.instr.imm);
  if (kind & AddressKernelParameter)
    offset += ParameterWindow;
  else if (space == Space::Generic && d.instr.space == Space::Shared)
    offset += SharedWindow;
  d.gathered.push_back(d.constant(offset, 64));
  d.instr.imm = 0;
  return true;
}

uint64_t addressAt(const Warp &warp, const Instr &instr, unsigned slot, unsigned lane) {
  const uint64_t offset = in<uint64_t>(warp, instr.list[slot])[0];
  if (instr.op[slot] == NoRef)
    return offset;
  if (instr.flags >> slot & 1)
    return in<uint64_t>(warp, instr.op[slot])[lane] + offset;
  return static_cast<uint32_t>(in<uint32_t>(warp, instr.op[slot])[lane] + static_cast<uint32_t>(offset));
}

} // namespace tessera::sim
