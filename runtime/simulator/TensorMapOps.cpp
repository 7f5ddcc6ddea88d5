//===- TensorMapOps.cpp - tensormap.replace, tensormap.cp_fenceproxy, fence.proxy.tensormap --===//
//
// Kernels make tensor maps by setting fields of 128 bytes of shared or global memory, and copy them to where the copy
// engine may read them:
//
//   tensormap.replace.tile.global_address.shared::cta.b1024.b64 [map], %rd1;
//   tensormap.cp_fenceproxy.global.shared::cta.tensormap::generic.release.gpu.sync.aligned [to], [map], 128;
//   fence.proxy.tensormap::generic.acquire.gpu [to], 128;
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Access.h"
#include "runtime/simulator/Async.h"
#include "runtime/simulator/CommonFamilies.h"

#include <bit>
#include <utility>

namespace tessera::sim {

using namespace common;
using ptx::Operand;
using ptx::Space;
using ptx::Type;

namespace {

/// Instr::bytes: where the map lies.
enum MapSpace : uint8_t { InGlobal, InShared, AnyWhere };

/// False after a fault: nothing orders the access of a lane to a map in shared memory and that of another warp.
bool isOrdered(Warp &warp, const Instr &instr, unsigned lane, const char *place, AccessKind kind) {
  Order *order = warp.cta->order;
  if (!order)
    return true;
  Lanes64 addresses{};
  addresses.lane[lane] = reinterpret_cast<uint64_t>(place);
  const uint32_t executing = std::exchange(warp.mask, 1u << lane);
  const bool ok = order->access(warp, instr, TensorMapBytes, kind, addresses);
  warp.mask = executing;
  return ok;
}

/// The host address of a map that is changed. Null after a fault.
char *mapAt(Warp &warp, const Instr &instr, unsigned lane, uint64_t address, MapSpace space, uint8_t *&shadow) {
  const Launch &launch = *warp.cta->launch;
  shadow = nullptr;
  if (space == InShared || (space == AnyWhere && address - SharedWindow < WindowSize)) {
    SharedPlace place;
    if (!sharedPlace(warp, lane, address, space == AnyWhere, TensorMapBytes, TensorMapAlignment, "tensor map", place))
      return nullptr;
    if (place.cta->sharedShadow)
      shadow = place.cta->sharedShadow + place.address;
    char *map = place.cta->shared + place.address;
    return isOrdered(warp, instr, lane, map, AccessKind::Write) ? map : nullptr;
  }
  if (!globalRange(warp, lane, address, TensorMapBytes, TensorMapAlignment, "tensor map"))
    return nullptr;
  if (launch.trackGlobal)
    shadow = launch.memory->shadow(address);
  warp.cta->async->mapChanged(address);
  return reinterpret_cast<char *>(address);
}

/// Slot 0: map; op: 1 value; imm: dimension; target: TensorField.
void replaceField(Warp &warp, const Instr &instr) {
  const auto field = static_cast<TensorField>(instr.target);
  warp.wrote = true;
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const uint64_t address = addressAt(warp, instr, 0, lane);
    uint8_t *shadow;
    char *place = mapAt(warp, instr, lane, address, static_cast<MapSpace>(instr.bytes), shadow);
    if (!place)
      return;
    const uint64_t value = instr.other ? in<uint64_t>(warp, instr.op[1])[lane] : in<uint32_t>(warp, instr.op[1])[lane];
    TensorMap map;
    std::memcpy(map.bytes.data(), place, TensorMapBytes);
    if (std::string wrong = map.replace(field, static_cast<unsigned>(instr.imm), value); !wrong.empty()) {
      fault(warp, ErrorKind::InvalidInstruction, 1u << lane, address, "tensormap.replace: " + wrong);
      return;
    }
    std::memcpy(place, map.bytes.data(), TensorMapBytes);
    if (shadow)
      std::memset(shadow, 1, TensorMapBytes);
  }
}

/// Slots: 0 target in global, 1 source in shared memory. Lanes say the same; each copies.
void copyMap(Warp &warp, const Instr &instr) {
  warp.wrote = true;
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const uint64_t address = addressAt(warp, instr, 0, lane);
    SharedPlace source;
    if (!sharedPlace(warp, lane, addressAt(warp, instr, 1, lane), false, TensorMapBytes, TensorMapAlignment,
                     "tensor map", source) ||
        !isOrdered(warp, instr, lane, source.cta->shared + source.address, AccessKind::Read) ||
        !globalRange(warp, lane, address, TensorMapBytes, TensorMapAlignment, "tensor map"))
      return;
    std::memcpy(reinterpret_cast<void *>(address), source.cta->shared + source.address, TensorMapBytes);
    const Launch &launch = *warp.cta->launch;
    if (launch.trackGlobal)
      std::memset(launch.memory->shadow(address), 1, TensorMapBytes);
    warp.cta->async->mapChanged(address);
  }
}

/// Slot 0: map.
void acquireMap(Warp &warp, const Instr &instr) {
  for (uint32_t m = warp.mask; m; m &= m - 1)
    warp.cta->async->mapFenced(addressAt(warp, instr, 0, std::countr_zero(m)));
}
void releaseMap(Warp &, const Instr &) {}

struct FieldName {
  std::string_view name;
  TensorField field;
  bool wide, hasOrdinal, immediate;
};
constexpr FieldName FieldNames[] = {
    {"global_address", TensorField::GlobalAddress, true, false, false},
    {"rank", TensorField::Rank, false, false, false},
    {"box_dim", TensorField::BoxDim, false, true, false},
    {"global_dim", TensorField::GlobalDim, false, true, false},
    {"global_stride", TensorField::GlobalStride, true, true, false},
    {"element_stride", TensorField::ElementStride, false, true, false},
    {"elemtype", TensorField::ElementType, false, false, true},
    {"interleave_layout", TensorField::InterleaveLayout, false, false, true},
    {"swizzle_mode", TensorField::SwizzleMode, false, false, true},
    {"swizzle_atomicity", TensorField::SwizzleAtomicity, false, false, true},
    {"fill_mode", TensorField::FillMode, false, false, true},
};

bool decodeReplace(Decoder &d) {
  const FieldName *field = nullptr;
  if (!d.take("tile"))
    return false;
  for (const FieldName &candidate : FieldNames)
    if (d.take(candidate.name)) {
      field = &candidate;
      break;
    }
  if (!field)
    return false;
  const int space = d.takeOneOf({"global", "shared::cta", "shared"});
  if (!d.take("b1024") || d.takeType() != (field->wide ? Type::B64 : Type::B32))
    return false;
  const unsigned wanted = field->hasOrdinal ? 3 : 2;
  if (d.operandCount() != wanted)
    return d.done(wanted);
  const Space where = space == 0 ? Space::Global : space > 0 ? Space::Shared : Space::Generic;
  if (!gatherAddress(d, d.operand(0), 0, where))
    return false;
  d.instr.bytes = space == 0 ? InGlobal : space > 0 ? InShared : AnyWhere;
  if (field->hasOrdinal) {
    if (d.operand(1).kind != Operand::Immediate)
      return d.fail("expected an immediate dimension in 'tensormap.replace'");
    d.instr.imm = d.operand(1).value;
  }
  if (field->immediate && d.operand(wanted - 1).kind != Operand::Immediate)
    return d.fail("expected an immediate value in 'tensormap.replace'");
  d.instr.op[1] = d.use(wanted - 1, field->wide ? Type::B64 : Type::B32);
  d.instr.target = static_cast<uint32_t>(field->field);
  d.instr.other = field->wide;
  d.instr.kind = Kind::Faulting;
  d.instr.exec = replaceField;
  return d.done(wanted);
}

/// True when the operand is the number of bytes that every tensor map takes.
bool isMapSize(Decoder &d, unsigned i) {
  if (d.operand(i).kind == Operand::Immediate && d.operand(i).value == TensorMapBytes)
    return true;
  return d.fail("expected the size 128 of a tensor map");
}

} // namespace

bool common::decodeTensorMap(Decoder &d) {
  if (d.take("replace"))
    return decodeReplace(d);
  if (!d.take("cp_fenceproxy") || !d.take("global") || !d.take("shared::cta") || !d.take("tensormap::generic") ||
      !d.take("release") || d.takeOneOf({"cta", "cluster", "gpu", "sys"}) < 0 || !d.take("sync") || !d.take("aligned"))
    return false;
  if (d.operandCount() != 3)
    return d.done(3);
  if (!isMapSize(d, 2) || !gatherAddress(d, d.operand(0), 0, Space::Global) ||
      !gatherAddress(d, d.operand(1), 1, Space::Shared))
    return false;
  d.instr.kind = Kind::WarpSync;
  d.instr.exec = copyMap;
  return d.done(3);
}

bool common::decodeTensorMapFence(Decoder &d) {
  const int what = d.takeOneOf({"acquire", "release"});
  if (what < 0 || d.takeOneOf({"cta", "cluster", "gpu", "sys"}) < 0)
    return false;
  if (what == 1) {
    d.instr.exec = releaseMap;
    return d.done(0);
  }
  if (d.operandCount() != 2)
    return d.done(2);
  if (!isMapSize(d, 1) || !gatherAddress(d, d.operand(0), 0, Space::Generic))
    return false;
  d.instr.exec = acquireMap;
  return d.done(2);
}

} // namespace tessera::sim
