//===- BulkTensor.cpp - cp.async.bulk.tensor ------------------------------===//
//
// Copies of boxes of tensors that a tensor map describes:
//
//   cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes  [to], [map, {x, y}], [mbarrier]
//   cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group                        [map, {x, y}], [from]
//   cp.reduce.async.bulk.tensor.2d.global.shared::cta.add.tile.bulk_group             [map, {x, y}], [from]
//   cp.async.bulk.prefetch.tensor.2d.L2.global.tile                                   [map, {x, y}]
//
// Elements outside the tensor read as its fill and are not written. The mbarrier hears of the whole box's bytes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Async.h"
#include "runtime/simulator/CommonFamilies.h"
#include "runtime/simulator/Count.h"
#include "runtime/simulator/Hexadecimal.h"

#include <bit>

namespace tessera::sim {

using namespace common;
using ptx::Operand;
using ptx::Space;
using ptx::Type;

namespace {

constexpr unsigned TensorAlignment = 128;
/// Slots and places in Instr::list: first the offsets of the addresses, then the coordinates.
constexpr unsigned MapSlot = 0, SharedSlot = 1, BarrierSlot = 2;

std::string coordinates(const TensorTile &tile) {
  std::string text;
  for (unsigned i = 0; i < tile.map.rank; ++i)
    text += (i ? ", " : "(") + std::to_string(tile.at[i]);
  return text + ")";
}

/// What a lane's instruction names: the map and where the box begins.
class TileReader {
public:
  TileReader(Warp &warp, const Instr &instr, unsigned lane, unsigned firstCoordinate)
      : warp(warp), instr(instr), lane(lane), firstCoordinate(firstCoordinate) {}

  /// False after a fault.
  bool read(TensorTile &tile) {
    const uint64_t address = addressAt(warp, instr, MapSlot, lane);
    if (address % TensorMapAlignment != 0)
      return fail(ErrorKind::Misaligned, address, "not a multiple of " + std::to_string(TensorMapAlignment));
    TensorMap map;
    if (!fetch(address, map))
      return false;
    if (!map.decode(tile.map))
      return fail(ErrorKind::InvalidInstruction, address, "these 128 bytes are no tensor map");
    if (warp.cta->launch->config.checks.async && warp.cta->async->isStale(address))
      return fail(ErrorKind::ProxyFence, address,
                  "changed by this cluster and used without fence.proxy.tensormap::generic.acquire in between");
    const unsigned rank = instr.count;
    if (tile.map.rank != rank)
      return fail(ErrorKind::InvalidInstruction, address,
                  "it describes a tensor of rank " + std::to_string(tile.map.rank) + ", the instruction one of rank " +
                      std::to_string(rank));
    if (std::string wrong = tile.map.check(); !wrong.empty())
      return fail(ErrorKind::InvalidInstruction, address, wrong);
    if (std::string missing = tile.map.unsupported(); !missing.empty())
      return fail(ErrorKind::Unsupported, address, "the simulator does not know " + missing);
    for (unsigned i = 0; i < rank; ++i)
      tile.at[i] = static_cast<int32_t>(in<uint32_t>(warp, instr.list[firstCoordinate + i])[lane]);
    return true;
  }

private:
  bool fail(ErrorKind kind, uint64_t address, const std::string &why) {
    fault(warp, kind, 1u << lane, address, "tensor map at " + hexadecimal(address) + ": " + why);
    return false;
  }

  /// Reads the object from a parameter, or from constant or global memory.
  bool fetch(uint64_t address, TensorMap &map) {
    const Launch &launch = *warp.cta->launch;
    if (const uint64_t offset = address - ParameterWindow; offset < WindowSize) {
      if (offset + TensorMapBytes > launch.kernel->parameterBytes)
        return fail(ErrorKind::OutOfBounds, address,
                    "the kernel's parameters take " + std::to_string(launch.kernel->parameterBytes) + " bytes");
      std::memcpy(map.bytes.data(), launch.parameters.data() + offset, TensorMapBytes);
      return true;
    }
    if (address - SharedWindow < 2 * (LocalWindow - SharedWindow))
      return fail(ErrorKind::InvalidInstruction, address,
                  "it lies in shared or local memory: expected a parameter, constant or global memory");
    if (!globalRange(warp, lane, address, TensorMapBytes, TensorMapAlignment, "tensor map"))
      return false;
    std::memcpy(map.bytes.data(), reinterpret_cast<const void *>(address), TensorMapBytes);
    return true;
  }

  Warp &warp;
  const Instr &instr;
  unsigned lane, firstCoordinate;
};

enum class TileAccess : uint8_t { Read, Write, Update, Prefetch };

/// Checks that what the box covers of the tensor is memory, and counts it. False after a fault.
bool checkTile(Warp &warp, unsigned lane, const TensorTile &tile, TileAccess access) {
  static constexpr const char *Verbs[] = {"reads", "writes", "updates", "prefetches"};
  const char *verb = Verbs[static_cast<unsigned>(access)];
  const Memory &memory = *warp.cta->launch->memory;
  uint64_t base = 1, end = 0;
  return tile.rows([&](const TensorTile::Row &row) {
    if (row.begin == row.end)
      return true;
    const uint64_t first = row.global + row.begin, bytes = row.end - row.begin;
    const bool known = first >= base && first < end && bytes <= end - first;
    if (known || (memory.bounds(first, base, end) && bytes <= end - first)) {
      if (warp.counting && access != TileAccess::Prefetch)
        countTransfer(warp, first, bytes, access != TileAccess::Write, access != TileAccess::Read);
      return true;
    }
    std::string allocation;
    ErrorKind kind;
    const std::string where = describeRange(memory, first, bytes, allocation, kind);
    fault(warp, kind, 1u << lane, first,
          "the box at " + coordinates(tile) + " of the tensor map (" + tile.map.describe() + ") " + verb + " " +
              std::to_string(bytes) + " bytes at " + hexadecimal(first) + ": " + where,
          std::move(allocation));
    return false;
  });
}

/// op: 4 mask of CTAs.
void tensorLoad(Warp &warp, const Instr &instr) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    TensorTile tile;
    if (!TileReader(warp, instr, lane, BarrierSlot + 1).read(tile) || !checkTile(warp, lane, tile, TileAccess::Read))
      return;
    const uint64_t bytes = tile.map.boxBytes();
    SharedPlace target, barrier;
    if (!sharedPlace(warp, lane, addressAt(warp, instr, SharedSlot, lane), false, static_cast<uint32_t>(bytes),
                     TensorAlignment, "tensor copy into shared memory", target) ||
        !sharedPlace(warp, lane, addressAt(warp, instr, BarrierSlot, lane), false, MbarrierBytes, MbarrierBytes,
                     "mbarrier", barrier))
      return;
    if (target.cta != barrier.cta) {
      fault(warp, ErrorKind::InvalidInstruction, 1u << lane, barrier.address,
            "the destination is in block " + std::to_string(target.cta->rank) +
                " of the cluster, the mbarrier in block " + std::to_string(barrier.cta->rank) +
                ": expected both in the same");
      return;
    }
    const bool done = forEachTarget(warp, instr, lane, target, barrier, bytes, [&](SharedPlace to, SharedPlace told) {
      AsyncOperation &operation = warp.cta->async->make(warp, lane, AsyncOperation::TensorLoad);
      operation.bytes = static_cast<uint32_t>(bytes);
      operation.target = to;
      operation.barrier = told;
      operation.tile = tile;
      const AsyncRange range{to.cta, to.address, static_cast<uint32_t>(to.address + bytes), true};
      return warp.cta->async->begin(operation, {&range, 1});
    });
    if (!done)
      return;
  }
}

/// The type that a reduction has for elements of a tensor map; None where it has none.
Type reductionType(TensorElement element, AtomicOperation operation) {
  const bool bitwise =
      operation == AtomicOperation::And || operation == AtomicOperation::Or || operation == AtomicOperation::Xor;
  Type type = Type::None;
  switch (element) {
  case TensorElement::U32:
    type = Type::U32;
    break;
  case TensorElement::S32:
    type = Type::S32;
    break;
  case TensorElement::U64:
    type = Type::U64;
    break;
  case TensorElement::S64:
    type = operation == AtomicOperation::Add ? Type::U64 : Type::S64;
    break;
  case TensorElement::F16:
    type = Type::F16;
    break;
  case TensorElement::BF16:
    type = Type::BF16;
    break;
  case TensorElement::F32:
  case TensorElement::F32Ftz:
    type = Type::F32;
    break;
  case TensorElement::F64:
    type = Type::F64;
    break;
  default:
    return Type::None;
  }
  if (bitwise)
    type = ptx::isFloat(type) ? Type::None : ptx::bits(type) == 64 ? Type::B64 : Type::B32;
  return isBulkReduction(operation, type, true) ? type : Type::None;
}

const char *name(AtomicOperation operation) {
  static constexpr const char *Names[] = {"and", "or", "xor", "cas", "exch", "add", "inc", "dec", "min", "max"};
  return Names[static_cast<unsigned>(operation)];
}

/// `target`: 0, or the operation of a reduction, plus 1.
void tensorStore(Warp &warp, const Instr &instr) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    TensorTile tile;
    if (!TileReader(warp, instr, lane, SharedSlot + 1).read(tile) ||
        !checkTile(warp, lane, tile, instr.target ? TileAccess::Update : TileAccess::Write))
      return;
    const auto bytes = static_cast<uint32_t>(tile.map.boxBytes());
    SharedPlace source;
    if (!sharedPlace(warp, lane, addressAt(warp, instr, SharedSlot, lane), false, bytes, TensorAlignment,
                     "tensor copy out of shared memory", source) ||
        !ownBlock(warp, lane, source, "tensor copy"))
      return;
    const bool reduces = instr.target != 0;
    AsyncOperation &operation =
        warp.cta->async->make(warp, lane, reduces ? AsyncOperation::TensorReduce : AsyncOperation::TensorStore);
    if (reduces) {
      operation.operation = static_cast<AtomicOperation>(instr.target - 1);
      operation.type = reductionType(tile.map.element, operation.operation);
      if (operation.type == Type::None) {
        fault(warp, ErrorKind::InvalidInstruction, 1u << lane, source.address,
              std::string("reduction .") + name(operation.operation) + " of elements of type " +
                  name(tile.map.element) + ": there is none");
        return;
      }
    }
    operation.source = source.address;
    operation.tile = tile;
    const AsyncRange range{source.cta, source.address, source.address + bytes, false};
    if (!warp.cta->async->begin(operation, {&range, 1}))
      return;
  }
}

void tensorPrefetch(Warp &warp, const Instr &instr) {
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    TensorTile tile;
    if (!TileReader(warp, instr, lane, MapSlot + 1).read(tile) || !checkTile(warp, lane, tile, TileAccess::Prefetch))
      return;
  }
}

// ---- Decoding -------------------------------------------------------------------------------------------------------

/// [map, {x, y}]
bool gatherMap(Decoder &d, const Operand &operand) { return gatherAddress(d, operand, MapSlot, Space::Generic); }
bool gatherCoordinates(Decoder &d, const Operand &operand, unsigned rank) {
  if (operand.kind != Operand::Address || operand.count != 1)
    return d.fail("expected a tensor map and coordinates in brackets");
  return d.gatherUses(d.element(operand, 0), rank, Type::B32);
}

bool decodeLoad(Decoder &d, unsigned rank, bool policy) {
  const bool multicast = d.take("multicast::cluster");
  const unsigned wanted = 3 + (multicast ? 1 : 0) + (policy ? 1 : 0);
  if (d.operandCount() != wanted)
    return d.done(wanted);
  if (!gatherMap(d, d.operand(1)) || !gatherAddress(d, d.operand(0), SharedSlot, Space::Shared) ||
      !gatherAddress(d, d.operand(2), BarrierSlot, Space::Shared) || !gatherCoordinates(d, d.operand(1), rank))
    return false;
  if (multicast)
    d.instr.op[4] = d.use(3, Type::B16);
  d.instr.exec = tensorLoad;
  return d.done(wanted);
}

bool decodeStore(Decoder &d, unsigned rank, bool policy, bool reduces) {
  if (reduces) {
    const int operation = d.takeOneOf({"and", "or", "xor", "cas", "exch", "add", "inc", "dec", "min", "max"});
    if (operation < 0)
      return false;
    d.instr.target = static_cast<uint32_t>(operation) + 1;
  }
  const unsigned wanted = 2 + (policy ? 1 : 0);
  if (d.operandCount() != wanted)
    return d.done(wanted);
  if (!gatherMap(d, d.operand(0)) || !gatherAddress(d, d.operand(1), SharedSlot, Space::Shared) ||
      !gatherCoordinates(d, d.operand(0), rank))
    return false;
  d.instr.exec = tensorStore;
  return d.done(wanted);
}

} // namespace

bool common::decodeBulkTensor(Decoder &d, bool reduces) {
  const int dimensions = d.takeOneOf({"1d", "2d", "3d", "4d", "5d"});
  if (dimensions < 0)
    return false;
  const auto rank = static_cast<unsigned>(dimensions) + 1;
  d.instr.count = static_cast<uint8_t>(rank);
  d.instr.kind = Kind::Faulting;
  d.take("tile");
  const bool policy = d.take("L2::cache_hint");
  if (!reduces && d.take("prefetch")) {
    const unsigned wanted = policy ? 2 : 1;
    if (!d.take("L2") || !d.take("global"))
      return false;
    if (d.operandCount() != wanted)
      return d.done(wanted);
    if (!gatherMap(d, d.operand(0)) || !gatherCoordinates(d, d.operand(0), rank))
      return false;
    d.instr.exec = tensorPrefetch;
    return d.done(wanted);
  }
  if (!d.take("global"))
    return false;
  const int space = d.takeOneOf({"shared::cluster", "shared::cta"});
  if (!reduces && d.take("mbarrier::complete_tx::bytes"))
    return space >= 0 && decodeLoad(d, rank, policy);
  return space == 1 && d.take("bulk_group") && decodeStore(d, rank, policy, reduces);
}

} // namespace tessera::sim
