//===- ExecVideo.cpp - SIMD video instructions ----------------------------===//
//
// vadd vsub vavrg vabsdiff vmin vmax vset of two halves or four bytes in a word: d's lanes from a's and b's, or, with
// `.add`, the sum of all lanes' results and c. CUDA's own headers use them (__vabsdiffu4, __vsadu4).
//
//   vabsdiff4.u32.u32.u32.add d, a, b, c      d = c + |a.b0 - b.b0| + ... + |a.b3 - b.b3|
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/CommonFamilies.h"
#include "runtime/simulator/Warp.h"

#include <algorithm>
#include <bit>

namespace tessera::sim {

using ptx::Type;

namespace {

enum Operation : uint8_t {
  Add,
  Sub,
  Average,
  AbsoluteDifference,
  Minimum,
  Maximum,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual
};

/// Instr::flags.
enum VideoFlags : uint8_t { SignedA = 1, SignedB = 2, SignedResult = 4, Saturate = 8, Accumulate = 16 };

int64_t laneOf(uint32_t word, unsigned lane, unsigned bits, bool isSigned) {
  const uint32_t value = word >> lane * bits & ((1u << bits) - 1);
  return isSigned ? static_cast<int32_t>(value << (32 - bits)) >> (32 - bits) : static_cast<int64_t>(value);
}

int64_t combine(Operation operation, int64_t a, int64_t b) {
  switch (operation) {
  case Add:
    return a + b;
  case Sub:
    return a - b;
  case Average: // halves of the sum round away from zero
    return (a + b + (a + b >= 0)) >> 1;
  case AbsoluteDifference:
    return a > b ? a - b : b - a;
  case Minimum:
    return std::min(a, b);
  case Maximum:
    return std::max(a, b);
  case Equal:
    return a == b;
  case NotEqual:
    return a != b;
  case Less:
    return a < b;
  case LessEqual:
    return a <= b;
  case Greater:
    return a > b;
  case GreaterEqual:
    return a >= b;
  }
  return 0;
}

/// op: 0 result, 1 a, 2 b, 3 c; `count` lanes.
void video(Warp &warp, const Instr &instr) {
  const unsigned bits = 32 / instr.count;
  const auto operation = static_cast<Operation>(instr.target);
  const bool isSigned = instr.flags & SignedResult;
  const int64_t least = isSigned ? -(int64_t(1) << (bits - 1)) : 0, most = (int64_t(1) << (bits - isSigned)) - 1;
  for (uint32_t m = warp.mask; m; m &= m - 1) {
    const unsigned lane = std::countr_zero(m);
    const uint32_t a = in<uint32_t>(warp, instr.op[1])[lane], b = in<uint32_t>(warp, instr.op[2])[lane];
    uint32_t packed = 0, sum = in<uint32_t>(warp, instr.op[3])[lane];
    for (unsigned part = 0; part < instr.count; ++part) {
      int64_t value = combine(operation, laneOf(a, part, bits, instr.flags & SignedA),
                              laneOf(b, part, bits, instr.flags & SignedB));
      if (instr.flags & Saturate)
        value = std::clamp(value, least, most);
      packed |= (static_cast<uint32_t>(value) & ((1u << bits) - 1)) << part * bits;
      sum += static_cast<uint32_t>(value);
    }
    out<uint32_t>(warp, instr.op[0])[lane] = instr.flags & Accumulate ? sum : packed;
  }
}

/// Types stand in the order d, a, b, before all else.
bool takeSigned(Decoder &d, bool &isSigned) {
  const std::string_view type = d.peek();
  isSigned = type == "s32";
  return (isSigned || type == "u32") && d.take(type);
}

} // namespace

bool common::decodeVideo(Decoder &d) {
  const std::string_view root = d.root();
  const std::string_view name = root.substr(1, root.size() - 2);
  static constexpr std::pair<std::string_view, Operation> Names[] = {{"add", Add},      {"sub", Sub},
                                                                     {"avrg", Average}, {"absdiff", AbsoluteDifference},
                                                                     {"min", Minimum},  {"max", Maximum}};
  const auto *found =
      std::find_if(std::begin(Names), std::end(Names), [&](const auto &entry) { return entry.first == name; });
  const bool compares = name == "set";
  bool result = false, a = false, b = false;
  if ((!compares && !takeSigned(d, result)) || !takeSigned(d, a) || !takeSigned(d, b))
    return false;
  int operation = found == std::end(Names) ? -1 : found->second;
  if (compares) {
    const int comparison = d.takeOneOf({"eq", "ne", "lt", "le", "gt", "ge"});
    operation = comparison < 0 ? -1 : Equal + comparison;
  }
  if (operation < 0)
    return false;
  const bool saturates = !compares && d.take("sat"), accumulates = d.take("add");
  if (saturates && accumulates)
    return false;
  d.instr.flags = static_cast<uint8_t>((a ? SignedA : 0) | (b ? SignedB : 0) | (result ? SignedResult : 0) |
                                       (saturates ? Saturate : 0) | (accumulates ? Accumulate : 0));
  d.instr.target = static_cast<uint32_t>(operation);
  d.instr.count = root.back() == '2' ? 2 : 4;
  d.instr.op[0] = d.define(0, 32);
  for (unsigned i = 1; i <= 3; ++i)
    d.instr.op[i] = d.use(i, Type::U32);
  d.instr.exec = video;
  return d.done(4);
}

} // namespace tessera::sim
