//===- TmaProbes.cpp - cp.async.bulk.tensor -------------------------------===//
//
// Tiles of tensors to shared memory and back, through maps that cuTensorMapEncodeTiled makes. Element (i0, i1, ...) of
// a box lies in shared memory at (i0 + b0 (i1 + b1 (i2 + ...))) * size, swizzled as SharedLayouts.h says; elements
// outside of the tensor are filled on loads and left alone on stores.
//
// Asked are 1 to 5 dimensions by all swizzles, all element types, boxes that stand out on every side with both fills,
// steps between elements, multicast in a cluster, stores and reductions.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/silicon/Probe.h"
#include "test/silicon/SharedLayouts.h"

#include <algorithm>
#include <cstring>

namespace tessera::silicon {

namespace {

constexpr unsigned Threads = 32;

std::string number(int64_t value) { return std::to_string(value); }

/// CUtensorMapDataType.
struct DataType {
  const char *name;
  unsigned value, bytes;
  Type type;
  bool rounds; ///< may change the bits of what passes: fed with what it cannot
               ///< change
};
constexpr DataType DataTypes[] = {
    {"u8", 0, 1, Type::U8, false},        {"u16", 1, 2, Type::U16, false},     {"u32", 2, 4, Type::U32, false},
    {"s32", 3, 4, Type::S32, false},      {"u64", 4, 8, Type::U64, false},     {"s64", 5, 8, Type::S64, false},
    {"f16", 6, 2, Type::F16, false},      {"f32", 7, 4, Type::F32, false},     {"f64", 8, 8, Type::F64, false},
    {"bf16", 9, 2, Type::BF16, false},    {"f32-ftz", 10, 4, Type::F32, true}, {"tf32", 11, 4, Type::F32, true},
    {"tf32-ftz", 12, 4, Type::F32, true},
};
const DataType &dataType(const std::string &name) {
  for (const DataType &type : DataTypes)
    if (name == type.name)
      return type;
  return DataTypes[0];
}

struct Form {
  std::string name;
  DataType type = DataTypes[1];
  unsigned rank = 2;
  uint64_t size[5] = {}; ///< of the tensor
  uint32_t box[5] = {};
  int32_t at[5] = {}; ///< where the box begins
  uint32_t step[5] = {1, 1, 1, 1, 1};
  Swizzle swizzle = Swizzle::None;
  bool fillsNaN = false;
  bool multicast = false;
  std::string reduction; ///< ".add" ...: a reducing store
};

/// What box and tensor come to.
struct Geometry {
  explicit Geometry(const Form &form) : form(form) {
    uint64_t stride = form.size[0] * form.type.bytes;
    strides[0] = form.type.bytes;
    for (unsigned d = 1; d < form.rank; ++d) {
      strides[d] = (stride + 15) / 16 * 16 + 16; // room between the rows
      stride = strides[d] * form.size[d];
    }
    tensorBytes = stride;
    for (unsigned d = 0; d < form.rank; ++d) {
      counts[d] = (form.box[d] + form.step[d] - 1) / form.step[d];
      elements *= counts[d];
    }
    boxBytes = elements * form.type.bytes;
  }
  /// Whether element `i` of the box is in the tensor, and where.
  bool inside(unsigned i, uint64_t &offset) const {
    offset = 0;
    for (unsigned d = 0; d < form.rank; ++d) {
      const int64_t coordinate = form.at[d] + int64_t(i % counts[d]) * form.step[d];
      i /= counts[d];
      if (coordinate < 0 || coordinate >= static_cast<int64_t>(form.size[d]))
        return false;
      offset += static_cast<uint64_t>(coordinate) * strides[d];
    }
    return true;
  }
  /// Where element `i` lies in shared memory.
  uint32_t place(unsigned i) const { return swizzled(form.swizzle, i * form.type.bytes); }

  const Form &form;
  uint64_t strides[5] = {}, tensorBytes = 0;
  unsigned counts[5] = {1, 1, 1, 1, 1}, elements = 1, boxBytes = 0;
};

TensorMap mapOf(const Form &form, const Geometry &geometry) {
  TensorMap map;
  map.dataType = form.type.value;
  map.rank = form.rank;
  for (unsigned d = 0; d < form.rank; ++d) {
    map.size[d] = form.size[d];
    map.strideBytes[d] = geometry.strides[d];
    map.box[d] = form.box[d];
    map.elementStride[d] = form.step[d];
  }
  map.swizzle = static_cast<unsigned>(form.swizzle);
  map.fill = form.fillsNaN;
  return map;
}

/// A value that passing through the type leaves as it is.
uint64_t valueFor(const DataType &type, Noise &source) {
  if (type.rounds)
    return encode(Type::F32, integer(source.between(-500, 500)));
  if (isFloat(type.type))
    return encode(type.type, integer(source.between(-200, 200)));
  return source.next() & (~uint64_t(0) >> (64 - 8 * type.bytes));
}

uint64_t load(const std::vector<std::byte> &bytes, std::size_t at, unsigned size) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, size);
  return value;
}

std::string coordinates(const Form &form) {
  std::string text = "{";
  for (unsigned d = 0; d < form.rank; ++d)
    text += (d ? ", " : "") + std::string("%c") + number(d);
  return text + "}";
}
std::string prologue(const Form &form, unsigned sharedBytes) {
  std::string body = "  .shared .align 1024 .b8 tile[" + number(sharedBytes) +
                     "];\n  .shared .align 8 .b64 bar;\n"
                     "  .reg .pred %p, %q;\n  .reg .b32 %t, %at, %where, "
                     "%tile, %bar, %x<4>, %c<5>;\n"
                     "  .reg .b64 %map, %from, %to, %state;\n  mov.u32 %t, "
                     "%tid.x;\n  mov.u32 %tile, tile;\n"
                     "  mov.u32 %bar, bar;\n  mov.b64 %map, map0;\n  "
                     "cvta.param.u64 %map, %map;\n"
                     "  setp.ne.u32 %p, %t, 0;\n";
  for (unsigned d = 0; d < form.rank; ++d)
    body += "  mov.b32 %c" + number(d) + ", " + number(form.at[d]) + ";\n";
  return body;
}
/// Between the buffer at `global` and shared memory, 16 bytes a thread and turn.
std::string copyLoop(bool toShared, unsigned bytes, const char *global) {
  const std::string label = toShared ? "in" : "out";
  return "  shl.b32 %at, %t, 4;\n" + label + ":\n  setp.ge.u32 %q, %at, " + number(bytes) + ";\n  @%q bra " + label +
         "_done;\n  cvt.u64.u32 %from, %at;\n  add.s64 %from, %from, " + global + ";\n  add.s32 %where, %tile, %at;\n" +
         (toShared ? "  ld.global.v4.b32 {%x0, %x1, %x2, %x3}, [%from];\n  "
                     "st.shared.v4.b32 [%where], {%x0, %x1, %x2, %x3};\n"
                   : "  ld.shared.v4.b32 {%x0, %x1, %x2, %x3}, [%where];\n  "
                     "st.global.v4.b32 [%from], {%x0, %x1, %x2, %x3};\n") +
         "  add.s32 %at, %at, " + number(16 * Threads) + ";\n  bra " + label + ";\n" + label + "_done:\n";
}

std::vector<std::byte> tensorBytes(const Form &form, const Geometry &geometry, uint64_t seed) {
  Noise source(seed);
  std::vector<std::byte> bytes((geometry.tensorBytes + 15) / 16 * 16, std::byte{0x77});
  for (std::size_t at = 0; at + form.type.bytes <= bytes.size(); at += form.type.bytes) {
    const uint64_t value = valueFor(form.type, source);
    std::memcpy(bytes.data() + at, &value, form.type.bytes);
  }
  return bytes;
}

Probe loadProbe(const Form &form) {
  const Geometry geometry(form);
  Probe probe;
  const unsigned ctas = form.multicast ? 2 : 1, rounded = (geometry.boxBytes + 15) / 16 * 16;
  probe.name = "load." + form.name;
  probe.target = "sm_90";
  probe.threads = Threads;
  probe.blocks = probe.cluster = ctas;
  probe.maps = {mapOf(form, geometry)};
  probe.input = tensorBytes(form, geometry, form.rank);
  std::string &body = probe.body;
  body = prologue(form, rounded) +
         "  @%p bra ready;\n  mbarrier.init.shared.b64 [%bar], 1;\n"
         "  fence.mbarrier_init.release.cluster;\n  "
         "fence.proxy.async.shared::cta;\n"
         "  mbarrier.arrive.expect_tx.shared.b64 %state, [%bar], " +
         number(geometry.boxBytes) + ";\nready:\n  bar.sync 0;\n";
  if (form.multicast)
    body += "  barrier.cluster.arrive.aligned;\n  "
            "barrier.cluster.wait.aligned;\n  mov.u32 %x0, %cluster_ctarank;\n"
            "  setp.ne.u32 %q, %x0, 0;\n  or.pred %p, %p, %q;\n";
  body += "  @%p bra issued;\n";
  if (form.multicast)
    body += "  .reg .b16 %mask;\n  mov.b16 %mask, 3;\n";
  body += "  cp.async.bulk.tensor." + number(form.rank) + "d.shared::cluster.global.tile.mbarrier::complete_tx::bytes" +
          (form.multicast ? ".multicast::cluster" : "") + " [%tile], [%map, " + coordinates(form) + "], [%bar]" +
          (form.multicast ? ", %mask" : "") + ";\nissued:\nwait:\n" +
          "  mbarrier.try_wait.parity.shared.b64 %q, [%bar], 0;\n  @!%q bra "
          "wait;\n";
  if (form.multicast)
    body += "  mov.u32 %x0, %cluster_ctarank;\n  mad.wide.u32 %output, %x0, " + number(rounded) + ", %output;\n";
  body += copyLoop(false, rounded, "%output");
  if (form.multicast)
    body += "  barrier.cluster.arrive.aligned;\n  barrier.cluster.wait.aligned;\n";
  probe.element = form.type.type;
  probe.initialOutput.assign(std::size_t(rounded) * ctas, std::byte{0xCD});
  probe.derive = [form, input = probe.input, ctas, rounded] {
    const Geometry inner(form);
    const std::size_t each = rounded / form.type.bytes;
    std::vector<Wanted> wanted(each * ctas, open()); // what rounding up to 16 bytes adds is nobody's
    for (unsigned cta = 0; cta < ctas; ++cta)
      for (unsigned i = 0; i < inner.elements; ++i) {
        uint64_t offset = 0;
        const bool inside = inner.inside(i, offset);
        wanted[cta * each + inner.place(i) / form.type.bytes] = inside ? exactly(load(input, offset, form.type.bytes))
                                                                : form.fillsNaN ? anyNaN()
                                                                                : exactly(0);
      }
    return wanted;
  };
  return probe;
}

uint64_t reduced(const Form &form, uint64_t old, uint64_t b) {
  const Type type = form.type.type;
  if (form.reduction.empty())
    return b;
  if (isFloat(type)) {
    const Real x = decode(type, old), y = decode(type, b);
    return form.reduction == ".add"   ? encode(type, add(x, y))
           : form.reduction == ".min" ? (compare(x, y) <= 0 ? old : b)
                                      : (compare(x, y) >= 0 ? old : b);
  }
  const uint64_t mask = ~uint64_t(0) >> (64 - bits(type));
  const int order = compare(decode(type, old), decode(type, b));
  return form.reduction == ".add"   ? (old + b) & mask
         : form.reduction == ".min" ? (order <= 0 ? old : b)
         : form.reduction == ".max" ? (order >= 0 ? old : b)
         : form.reduction == ".inc" ? (old >= b ? 0 : old + 1)
         : form.reduction == ".dec" ? (old == 0 || old > b ? b : old - 1)
         : form.reduction == ".and" ? old & b
         : form.reduction == ".or"  ? old | b
                                    : old ^ b;
}

Probe storeProbe(const Form &form) {
  const Geometry geometry(form);
  const unsigned rounded = (geometry.boxBytes + 15) / 16 * 16;
  Probe probe;
  probe.name = "store" + form.reduction + "." + form.name;
  probe.target = "sm_90";
  probe.threads = Threads;
  probe.maps = {mapOf(form, geometry)};
  probe.maps[0].ofOutput = true;
  probe.initialOutput = tensorBytes(form, geometry, 77);
  probe.input.assign(rounded, std::byte{0x11});
  Noise source(13);
  for (unsigned i = 0; i < geometry.elements; ++i) {
    const uint64_t value = valueFor(form.type, source);
    std::memcpy(probe.input.data() + geometry.place(i), &value, form.type.bytes);
  }
  const std::string opcode =
      std::string(form.reduction.empty() ? "cp.async.bulk.tensor." : "cp.reduce.async.bulk.tensor.") +
      number(form.rank) + "d.global.shared::cta" + form.reduction + ".tile.bulk_group";
  probe.body = prologue(form, rounded) + copyLoop(true, rounded, "%input") +
               "  fence.proxy.async.shared::cta;\n  bar.sync 0;\n  @%p bra issued;\n  " + opcode + " [%map, " +
               coordinates(form) +
               "], [%tile];\n  cp.async.bulk.commit_group;\n  cp.async.bulk.wait_group "
               "0;\nissued:\n"
               "  bar.sync 0;\n";
  probe.element = form.type.type;
  probe.derive = [form, input = probe.input, before = probe.initialOutput] {
    const Geometry inner(form);
    std::vector<Wanted> wanted;
    for (std::size_t i = 0; i < before.size() / form.type.bytes; ++i)
      wanted.push_back(exactly(load(before, i * form.type.bytes, form.type.bytes)));
    for (unsigned i = 0; i < inner.elements; ++i) {
      uint64_t offset = 0;
      if (inner.inside(i, offset))
        wanted[offset / form.type.bytes] =
            exactly(reduced(form, load(before, offset, form.type.bytes), load(input, inner.place(i), form.type.bytes)));
    }
    return wanted;
  };
  return probe;
}

/// A box of `rank` dimensions whose rows are as wide as the swizzle's pattern (64 bytes without), begun at `begin` of
/// every dimension.
Form boxForm(const DataType &type, unsigned rank, Swizzle swizzle, int begin) {
  Form form;
  form.type = type;
  form.rank = rank;
  form.swizzle = swizzle;
  const unsigned rowBytes = swizzle == Swizzle::None ? 64 : widthOf(swizzle);
  constexpr uint32_t Outer[] = {0, 9, 2, 2, 2};
  for (unsigned d = 0; d < rank; ++d) {
    form.box[d] = d == 0 ? rowBytes / type.bytes : Outer[d];
    form.size[d] = d == 0 ? rowBytes / type.bytes + 8 : Outer[d] + 1;
    form.at[d] = begin;
  }
  form.name = number(rank) + "d." + type.name + "." + name(swizzle) + ".from" + number(begin);
  return form;
}

} // namespace

std::vector<Probe> tmaProbes() {
  std::vector<Probe> probes;
  const auto both = [&](const Form &form) {
    probes.push_back(loadProbe(form));
    probes.push_back(storeProbe(form));
  };
  for (unsigned rank = 1; rank <= 5; ++rank)
    for (const Swizzle swizzle : Swizzles)
      for (const int begin : {0, 1, -1, 3})
        if (rank < 4 || (begin & 1)) // tensors of many dimensions have many elements
          both(boxForm(dataType("u16"), rank, swizzle, begin));
  for (const DataType &type : DataTypes)
    for (const Swizzle swizzle : {Swizzle::None, Swizzle::Bytes128})
      both(boxForm(type, 2, swizzle, 2));
  for (const char *type : {"f16", "bf16", "f32", "f64"})
    for (const int begin : {-2, 5}) {
      Form form = boxForm(dataType(type), 3, Swizzle::Bytes64, begin);
      form.fillsNaN = true;
      form.name += ".nan";
      probes.push_back(loadProbe(form));
    }
  for (const int begin : {-40, 2000}) { // wholly outside
    Form form = boxForm(dataType("u32"), 2, Swizzle::None, begin);
    both(form);
  }
  for (const Swizzle swizzle : {Swizzle::None, Swizzle::Bytes64}) {
    Form form = boxForm(dataType("u16"), 3, swizzle, 0);
    form.step[1] = 2;
    form.step[2] = 3;
    form.name += ".steps";
    probes.push_back(loadProbe(form));
  }
  for (const Swizzle swizzle : Swizzles) {
    Form form = boxForm(dataType("f16"), 2, swizzle, 1);
    form.multicast = true;
    form.name += ".multicast";
    probes.push_back(loadProbe(form));
  }
  const auto reduce = [&](const char *type, std::initializer_list<const char *> operations) {
    for (const char *operation : operations)
      for (const Swizzle swizzle : {Swizzle::None, Swizzle::Bytes128}) {
        Form form = boxForm(dataType(type), 2, swizzle, 3);
        form.reduction = operation;
        probes.push_back(storeProbe(form));
      }
  };
  reduce("u32", {".add", ".min", ".max", ".inc", ".dec", ".and", ".or", ".xor"});
  reduce("s32", {".add", ".min", ".max", ".and", ".or", ".xor"});
  reduce("u64", {".add", ".min", ".max", ".and", ".or", ".xor"});
  reduce("s64", {".min", ".max", ".and", ".or", ".xor"});
  reduce("f16", {".add", ".min", ".max"});
  reduce("bf16", {".add", ".min", ".max"});
  reduce("f32", {".add"});
  return probes;
}

} // namespace tessera::silicon
