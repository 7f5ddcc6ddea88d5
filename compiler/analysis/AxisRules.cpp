//===- AxisRules.cpp - How single operations pass axis facts on -----------===//
//
// One rule an operation. Rules are sound for values that do not wrap around: offsets of tensors in memory never do.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/analysis/AxisRules.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/ADT/bit.h"
#include <algorithm>

using namespace mlir;

namespace tessera {

namespace {

uint8_t log2Floor(uint64_t value) { return value == 0 ? 0 : 63 - llvm::countl_zero(value); }

uint8_t largestPowerDividing(int64_t value) {
  return value == 0 ? AxisInfo::anyDivisor
                    : std::min<uint8_t>(AxisInfo::anyDivisor, llvm::countr_zero(uint64_t(value)));
}

ArrayRef<int64_t> shapeOf(Value value) {
  auto tensor = dyn_cast<RankedTensorType>(value.getType());
  return tensor ? tensor.getShape() : ArrayRef<int64_t>();
}

std::optional<bool> asPowerOfTwo(const AxisInfo &info) {
  if (!info.constant || *info.constant <= 0)
    return std::nullopt;
  return llvm::has_single_bit(uint64_t(*info.constant));
}

/// The rules for one result: operands are looked up once, rules are the members below.
class Rules {
public:
  Rules(OpResult result, function_ref<AxisInfo(Value)> lookup)
      : result(result), lookup(lookup), shape(shapeOf(result)), rank(std::max<unsigned>(shape.size(), 1)) {}

  AxisInfo infer();

private:
  AxisInfo start() const {
    AxisInfo info = AxisInfo::unknown(rank, pointeeUnit(result.getType()));
    return info;
  }
  AxisInfo operand(unsigned index) const { return lookup(result.getOwner()->getOperand(index)); }
  AxisInfo constantOr(std::optional<int64_t> value, AxisInfo info) const {
    return value ? AxisInfo::constantOf(*value, shape) : std::move(info);
  }

  AxisInfo constant(Attribute value);
  AxisInfo add(const AxisInfo &a, const AxisInfo &b, uint8_t scale, bool subtract);
  AxisInfo multiply(const AxisInfo &a, const AxisInfo &b);
  AxisInfo divide(const AxisInfo &a, const AxisInfo &b, bool isSigned);
  AxisInfo remainder(const AxisInfo &a, const AxisInfo &b, bool isSigned);
  AxisInfo bitwise(const AxisInfo &a, const AxisInfo &b, bool isAnd);
  AxisInfo shiftRight(const AxisInfo &a, const AxisInfo &b, bool isSigned);
  AxisInfo compare(arith::CmpIPredicate predicate, const AxisInfo &a, const AxisInfo &b);
  AxisInfo select(const AxisInfo &condition, bool scalarCondition, const AxisInfo &a, const AxisInfo &b);
  AxisInfo minOrMax(const AxisInfo &a, const AxisInfo &b, std::optional<int64_t> value, bool nonNegative);
  AxisInfo castOf(AxisInfo info, bool keepsSign);
  AxisInfo expandDims(const AxisInfo &a, unsigned axis);
  AxisInfo broadcast(AxisInfo a);
  AxisInfo splat(const AxisInfo &a);
  AxisInfo transpose(const AxisInfo &a, ArrayRef<int32_t> order);
  AxisInfo reshape(const AxisInfo &a, ArrayRef<int64_t> from);
  AxisInfo hint(AxisInfo a, tile::HintOp op);
  AxisInfo load(const AxisInfo &pointer, Value mask);

  OpResult result;
  function_ref<AxisInfo(Value)> lookup;
  ArrayRef<int64_t> shape;
  unsigned rank;
};

AxisInfo Rules::constant(Attribute value) {
  if (auto integer = dyn_cast<IntegerAttr>(value))
    return AxisInfo::constantOf(integer.getType().isInteger(1) ? integer.getValue().getZExtValue() : integer.getInt(),
                                shape);
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense || !dense.isSplat() || !dense.getElementType().isIntOrIndex())
    return start();
  APInt element = dense.getSplatValue<APInt>();
  if (element.getSignificantBits() > 64)
    return start();
  return AxisInfo::constantOf(element.getBitWidth() == 1 ? element.getZExtValue() : element.getSExtValue(), shape);
}

// `scale` is what the second operand is multiplied by: 2^scale bytes for pointer offsets, which count elements.
AxisInfo Rules::add(const AxisInfo &a, const AxisInfo &b, uint8_t scale, bool subtract) {
  AxisInfo info = start();
  for (unsigned dim = 0; dim < rank; ++dim) {
    const AxisFacts &x = a.axes[dim], &y = b.axes[dim];
    AxisFacts &out = info.axes[dim];
    out.contiguity = std::min(x.contiguity, y.constancy);
    if (!subtract)
      out.contiguity = std::max(out.contiguity, std::min(x.constancy, y.contiguity));
    out.divisibility = std::min<uint8_t>(
        a.divisibilityOfGroups(dim, out.contiguity),
        std::min<unsigned>(AxisInfo::anyDivisor, b.divisibilityOfGroups(dim, out.contiguity) + scale));
    out.constancy = std::min(x.constancy, y.constancy);
  }
  info.nonNegative = !subtract && a.nonNegative && b.nonNegative;
  if (a.constant && b.constant && scale == 0)
    return AxisInfo::constantOf(subtract ? *a.constant - *b.constant : *a.constant + *b.constant, shape);
  return info;
}

AxisInfo Rules::multiply(const AxisInfo &a, const AxisInfo &b) {
  if (a.constant && b.constant)
    return AxisInfo::constantOf(int64_t(uint64_t(*a.constant) * uint64_t(*b.constant)), shape);
  if (b.constant == 1)
    return castOf(a, true);
  if (a.constant == 1)
    return castOf(b, true);
  AxisInfo info = start();
  for (unsigned dim = 0; dim < rank; ++dim) {
    info.axes[dim].divisibility = std::min<unsigned>(
        AxisInfo::anyDivisor, std::max(a.divisibilityOfGroups(dim, 0), a.divisibilityOfElements()) +
                                  std::max(b.divisibilityOfGroups(dim, 0), b.divisibilityOfElements()));
    info.axes[dim].constancy = std::min(a.axes[dim].constancy, b.axes[dim].constancy);
  }
  info.nonNegative = a.nonNegative && b.nonNegative;
  return info;
}

AxisInfo Rules::divide(const AxisInfo &a, const AxisInfo &b, bool isSigned) {
  if (a.constant && b.constant && *b.constant > 0 && *a.constant >= 0)
    return AxisInfo::constantOf(*a.constant / *b.constant, shape);
  if (b.constant == 1)
    return castOf(a, true);
  AxisInfo info = start();
  bool roundsDown = !isSigned || a.nonNegative;
  bool powerOfTwo = asPowerOfTwo(b).value_or(false);
  for (unsigned dim = 0; dim < rank; ++dim) {
    const AxisFacts &x = a.axes[dim], &y = b.axes[dim];
    AxisFacts &out = info.axes[dim];
    out.constancy = std::min(x.constancy, y.constancy);
    uint8_t divisor = b.divisibilityOfElements();
    // Groups of g neighbours that begin at a multiple of g lie between two multiples of any divisor that g divides.
    uint8_t group = std::min({x.contiguity, divisor, y.constancy});
    group = std::min(group, a.divisibilityOfGroups(dim, group));
    if (roundsDown)
      out.constancy = std::max(out.constancy, group);
    if (powerOfTwo && x.contiguity <= divisor && (roundsDown || x.contiguity == 0))
      out.divisibility = x.divisibility > divisor ? x.divisibility - divisor : 0;
  }
  // What indices are divided by are sizes and counts: a negative divisor is not reckoned with.
  info.nonNegative = a.nonNegative;
  return info;
}

AxisInfo Rules::remainder(const AxisInfo &a, const AxisInfo &b, bool isSigned) {
  if (a.constant && b.constant && *b.constant > 0 && *a.constant >= 0)
    return AxisInfo::constantOf(*a.constant % *b.constant, shape);
  if (b.constant == 1)
    return AxisInfo::constantOf(0, shape);
  AxisInfo info = start();
  bool roundsDown = !isSigned || a.nonNegative;
  uint8_t divisor = b.divisibilityOfElements();
  for (unsigned dim = 0; dim < rank; ++dim) {
    const AxisFacts &x = a.axes[dim], &y = b.axes[dim];
    AxisFacts &out = info.axes[dim];
    out.constancy = std::min(x.constancy, y.constancy);
    uint8_t group = std::min({x.contiguity, divisor, y.constancy});
    group = std::min(group, a.divisibilityOfGroups(dim, group));
    out.contiguity = roundsDown ? group : 0;
    out.divisibility = std::min(a.divisibilityOfGroups(dim, out.contiguity), divisor);
  }
  info.nonNegative = roundsDown && (isSigned || b.nonNegative);
  return info;
}

AxisInfo Rules::bitwise(const AxisInfo &a, const AxisInfo &b, bool isAnd) {
  if (a.constant && b.constant && isAnd)
    return AxisInfo::constantOf(*a.constant & *b.constant, shape);
  // x & (2^n - 1) is the remainder by 2^n, whatever the sign.
  if (isAnd && b.constant && *b.constant >= 0 && llvm::has_single_bit(uint64_t(*b.constant) + 1) &&
      !getElementTypeOrSelf(result.getType()).isInteger(1))
    return remainder(a, AxisInfo::constantOf(*b.constant + 1, shape), /*isSigned=*/false);
  AxisInfo info = start();
  for (unsigned dim = 0; dim < rank; ++dim) {
    uint8_t x = a.divisibilityOfGroups(dim, 0), y = b.divisibilityOfGroups(dim, 0);
    info.axes[dim].divisibility = isAnd ? std::max(x, y) : std::min(x, y);
    info.axes[dim].constancy = std::min(a.axes[dim].constancy, b.axes[dim].constancy);
    // A mask that is constant and zero or all ones neither adds nor removes changes of the other.
  }
  info.nonNegative = isAnd ? a.nonNegative || b.nonNegative : a.nonNegative && b.nonNegative;
  return info;
}

AxisInfo Rules::shiftRight(const AxisInfo &a, const AxisInfo &b, bool isSigned) {
  if (!b.constant || *b.constant < 0 || *b.constant > 62) {
    AxisInfo info = start();
    for (unsigned dim = 0; dim < rank; ++dim)
      info.axes[dim].constancy = std::min(a.axes[dim].constancy, b.axes[dim].constancy);
    info.nonNegative = isSigned && a.nonNegative;
    return info;
  }
  // A shift rounds down for both signs, unlike division.
  AxisInfo info = divide(a, AxisInfo::constantOf(int64_t(1) << *b.constant, shape), /*isSigned=*/false);
  info.nonNegative = a.nonNegative;
  return info;
}

AxisInfo Rules::compare(arith::CmpIPredicate predicate, const AxisInfo &a, const AxisInfo &b) {
  using P = arith::CmpIPredicate;
  AxisInfo info = start();
  bool lessOrNot = llvm::is_contained({P::slt, P::ult, P::sge, P::uge}, predicate);
  bool greaterOrNot = llvm::is_contained({P::sgt, P::ugt, P::sle, P::ule}, predicate);
  for (unsigned dim = 0; dim < rank; ++dim) {
    const AxisFacts &x = a.axes[dim], &y = b.axes[dim];
    AxisFacts &out = info.axes[dim];
    out.constancy = std::min(x.constancy, y.constancy);
    // x + i < n for all i of a group or for none, when the group and n are multiples of its size; likewise n > x + i.
    auto wholeGroup = [&](const AxisInfo &running, const AxisInfo &bound) {
      uint8_t group = std::min(running.axes[dim].contiguity, bound.axes[dim].constancy);
      group = std::min(group, bound.divisibilityOfElements());
      group = std::min(group, running.divisibilityOfGroups(dim, group));
      return group;
    };
    if (lessOrNot)
      out.constancy = std::max(out.constancy, wholeGroup(a, b));
    if (greaterOrNot)
      out.constancy = std::max(out.constancy, wholeGroup(b, a));
  }
  info.nonNegative = true;
  return info;
}

AxisInfo Rules::select(const AxisInfo &condition, bool scalarCondition, const AxisInfo &a, const AxisInfo &b) {
  if (condition.constant)
    return castOf(*condition.constant ? a : b, true);
  AxisInfo info = start();
  for (unsigned dim = 0; dim < rank; ++dim) {
    uint8_t limit = scalarCondition ? uint8_t(63) : condition.axes[dim].constancy;
    AxisFacts &out = info.axes[dim];
    out.contiguity = std::min({a.axes[dim].contiguity, b.axes[dim].contiguity, limit});
    out.divisibility =
        std::min(a.divisibilityOfGroups(dim, out.contiguity), b.divisibilityOfGroups(dim, out.contiguity));
    out.constancy = std::min({a.axes[dim].constancy, b.axes[dim].constancy, limit});
  }
  info.nonNegative = a.nonNegative && b.nonNegative;
  if (a.constant && a.constant == b.constant)
    return AxisInfo::constantOf(*a.constant, shape);
  return info;
}

AxisInfo Rules::minOrMax(const AxisInfo &a, const AxisInfo &b, std::optional<int64_t> value, bool nonNegative) {
  if (value)
    return AxisInfo::constantOf(*value, shape);
  AxisInfo info = start();
  for (unsigned dim = 0; dim < rank; ++dim)
    info.axes[dim] = {0, std::min(a.divisibilityOfGroups(dim, 0), b.divisibilityOfGroups(dim, 0)),
                      std::min(a.axes[dim].constancy, b.axes[dim].constancy)};
  info.nonNegative = nonNegative;
  return info;
}

AxisInfo Rules::castOf(AxisInfo info, bool keepsSign) {
  info.unit = pointeeUnit(result.getType());
  info.nonNegative &= keepsSign;
  return info;
}

AxisInfo Rules::expandDims(const AxisInfo &a, unsigned axis) {
  AxisInfo info = a;
  info.axes.insert(info.axes.begin() + axis, AxisFacts{0, a.divisibilityOfElements(), 0});
  return info;
}

AxisInfo Rules::broadcast(AxisInfo a) {
  ArrayRef<int64_t> from = shapeOf(result.getOwner()->getOperand(0));
  for (unsigned dim = 0; dim < rank; ++dim)
    if (from[dim] == 1 && shape[dim] > 1)
      a.axes[dim] = {0, a.divisibilityOfGroups(dim, 0), log2Floor(shape[dim])};
  return a;
}

AxisInfo Rules::splat(const AxisInfo &a) {
  AxisInfo info = start();
  for (unsigned dim = 0; dim < rank; ++dim)
    info.axes[dim] = {0, a.divisibilityOfElements(), shape.empty() ? uint8_t(0) : log2Floor(shape[dim])};
  info.constant = a.constant;
  info.nonNegative = a.nonNegative;
  return info;
}

AxisInfo Rules::transpose(const AxisInfo &a, ArrayRef<int32_t> order) {
  AxisInfo info = a;
  for (unsigned dim = 0; dim < rank; ++dim)
    info.axes[dim] = a.axes[order[dim]];
  return info;
}

// Elements keep their row-major order, so groups along the innermost dimension stay groups as long as they fit into the
// new one.
AxisInfo Rules::reshape(const AxisInfo &a, ArrayRef<int64_t> from) {
  AxisInfo info = start();
  info.constant = a.constant;
  info.nonNegative = a.nonNegative;
  if (a.constant)
    return AxisInfo::constantOf(*a.constant, shape);
  uint8_t everywhere = a.divisibilityOfElements();
  for (AxisFacts &axis : info.axes)
    axis.divisibility = everywhere;
  if (from.empty() || shape.empty())
    return info;
  // Skip dimensions of one element at the end on both sides: they carry no order.
  int last = from.size() - 1, newLast = rank - 1;
  while (last > 0 && from[last] == 1)
    --last;
  while (newLast > 0 && shape[newLast] == 1)
    --newLast;
  for (; last >= 0 && newLast >= 0; --last, --newLast) {
    uint8_t fits = log2Floor(shape[newLast]);
    AxisFacts &out = info.axes[newLast];
    out.contiguity = std::min(a.axes[last].contiguity, fits);
    out.divisibility = std::max(out.contiguity ? uint8_t(0) : everywhere, a.divisibilityOfGroups(last, out.contiguity));
    out.constancy = std::min(a.axes[last].constancy, fits);
    if (from[last] != shape[newLast])
      break;
  }
  return info;
}

AxisInfo Rules::hint(AxisInfo a, tile::HintOp op) {
  auto each = [&](std::optional<ArrayRef<int32_t>> values, auto apply) {
    if (!values)
      return;
    for (unsigned dim = 0; dim < std::min<unsigned>(rank, values->size()); ++dim)
      if ((*values)[dim] > 0)
        apply(a.axes[dim], (*values)[dim]);
  };
  auto clipped = [&](unsigned dim, int32_t value) {
    return std::min(largestPowerDividing(value), log2Floor(shape.empty() ? 1 : shape[dim]));
  };
  auto indexOf = [&](AxisFacts &axis) { return unsigned(&axis - a.axes.data()); };
  each(op.getContiguity(), [&](AxisFacts &axis, int32_t value) {
    axis.contiguity = std::max(axis.contiguity, clipped(indexOf(axis), value));
  });
  each(op.getConstancy(), [&](AxisFacts &axis, int32_t value) {
    axis.constancy = std::max(axis.constancy, clipped(indexOf(axis), value));
  });
  each(op.getDivisibility(), [&](AxisFacts &axis, int32_t value) {
    axis.divisibility = std::max(axis.divisibility, largestPowerDividing(value));
  });
  return a;
}

AxisInfo Rules::load(const AxisInfo &pointer, Value mask) {
  AxisInfo info = start();
  for (unsigned dim = 0; dim < rank; ++dim) {
    uint8_t constancy = pointer.axes[dim].constancy;
    info.axes[dim].constancy = mask ? std::min(constancy, lookup(mask).axes[dim].constancy) : constancy;
  }
  return info;
}

AxisInfo Rules::infer() {
  auto constants = [&](auto &&combine) -> std::optional<int64_t> {
    AxisInfo a = operand(0), b = operand(1);
    if (!a.constant || !b.constant)
      return std::nullopt;
    return combine(*a.constant, *b.constant);
  };
  auto smaller = [](int64_t x, int64_t y) { return std::min(x, y); };
  auto larger = [](int64_t x, int64_t y) { return std::max(x, y); };
  return llvm::TypeSwitch<Operation *, AxisInfo>(result.getOwner())
      .Case([&](arith::ConstantOp op) { return constant(op.getValue()); })
      .Case([&](arith::AddIOp) { return add(operand(0), operand(1), 0, false); })
      .Case([&](arith::SubIOp) { return add(operand(0), operand(1), 0, true); })
      .Case([&](tile::AddPtrOp) { return add(operand(0), operand(1), pointeeUnit(result.getType()), false); })
      .Case([&](arith::MulIOp) { return multiply(operand(0), operand(1)); })
      .Case([&](arith::ShLIOp) {
        AxisInfo amount = operand(1);
        if (!amount.constant || *amount.constant < 0 || *amount.constant > 62)
          return start();
        return multiply(operand(0), AxisInfo::constantOf(int64_t(1) << *amount.constant, shape));
      })
      .Case([&](arith::DivSIOp) { return divide(operand(0), operand(1), true); })
      .Case([&](arith::FloorDivSIOp) { return divide(operand(0), operand(1), true); })
      .Case([&](arith::DivUIOp) { return divide(operand(0), operand(1), false); })
      .Case([&](arith::RemSIOp) { return remainder(operand(0), operand(1), true); })
      .Case([&](arith::RemUIOp) { return remainder(operand(0), operand(1), false); })
      .Case([&](arith::AndIOp) { return bitwise(operand(0), operand(1), true); })
      .Case<arith::OrIOp, arith::XOrIOp>([&](auto) { return bitwise(operand(0), operand(1), false); })
      .Case([&](arith::ShRSIOp) { return shiftRight(operand(0), operand(1), true); })
      .Case([&](arith::ShRUIOp) { return shiftRight(operand(0), operand(1), false); })
      .Case([&](arith::CmpIOp op) { return compare(op.getPredicate(), operand(0), operand(1)); })
      .Case([&](arith::SelectOp op) {
        return select(operand(0), !isa<RankedTensorType>(op.getCondition().getType()), operand(1), operand(2));
      })
      .Case([&](arith::MinSIOp) {
        return minOrMax(operand(0), operand(1), constants(smaller), operand(0).nonNegative && operand(1).nonNegative);
      })
      .Case([&](arith::MaxSIOp) {
        return minOrMax(operand(0), operand(1), constants(larger), operand(0).nonNegative || operand(1).nonNegative);
      })
      .Case<arith::MinUIOp, arith::MaxUIOp>([&](auto) { return minOrMax(operand(0), operand(1), std::nullopt, false); })
      .Case<arith::ExtSIOp, arith::IndexCastOp, tile::HintOp>([&](auto op) {
        AxisInfo info = castOf(operand(0), true);
        if (auto hintOp = dyn_cast<tile::HintOp>(op.getOperation()))
          return hint(std::move(info), hintOp);
        return info;
      })
      .Case<arith::ExtUIOp, arith::IndexCastUIOp>([&](auto) {
        AxisInfo info = castOf(operand(0), true);
        if (info.constant && *info.constant < 0)
          return start();
        info.nonNegative = true;
        return info;
      })
      .Case<arith::TruncIOp>([&](auto) {
        AxisInfo info = castOf(operand(0), true);
        // Facts about groups survive the loss of high bits; a known value or sign may not.
        unsigned bits = getElementTypeOrSelf(result.getType()).getIntOrFloatBitWidth();
        if (info.constant && !llvm::isIntN(bits, *info.constant)) {
          info.constant.reset();
          info.nonNegative = false;
        }
        return info;
      })
      .Case<tile::PtrToIntOp, tile::IntToPtrOp>([&](auto) {
        // Neighbouring pointers are neighbouring numbers only for bytes.
        AxisInfo from = operand(0), info = start();
        for (unsigned dim = 0; dim < rank; ++dim)
          info.axes[dim] = {0, from.divisibilityOfGroups(dim, 0), from.axes[dim].constancy};
        return info;
      })
      .Case([&](tile::BitcastOp op) {
        AxisInfo from = operand(0), info = start();
        if (from.unit == info.unit)
          return castOf(from, false);
        for (unsigned dim = 0; dim < rank; ++dim)
          info.axes[dim] = {0, from.divisibilityOfGroups(dim, 0), from.axes[dim].constancy};
        return info;
      })
      .Case([&](tile::ArangeOp op) {
        AxisInfo info = start();
        info.axes[0] = {log2Floor(shape[0]), largestPowerDividing(int32_t(op.getStart())), 0};
        info.nonNegative = int32_t(op.getStart()) >= 0;
        return info;
      })
      .Case<tile::ProgramIdOp, tile::NumProgramsOp>([&](auto) {
        AxisInfo info = start();
        info.nonNegative = true;
        return info;
      })
      .Case([&](tile::SplatOp) { return splat(operand(0)); })
      .Case([&](tile::BroadcastOp) { return broadcast(operand(0)); })
      .Case([&](tile::ExpandDimsOp op) { return expandDims(operand(0), op.getAxis()); })
      .Case([&](tile::TransOp op) { return transpose(operand(0), op.getOrder()); })
      .Case([&](tile::ReshapeOp op) {
        return op.getAllowReorder() ? start() : reshape(operand(0), shapeOf(op.getSource()));
      })
      .Case([&](tile::LoadOp op) { return load(lookup(op.getPointer()), op.getMask()); })
      .Case([&](tile::ConvertLayoutOp) { return operand(0); })
      .Default([](Operation *) { return AxisInfo(); });
}

} // namespace

uint8_t pointeeUnit(Type type) {
  auto pointer = dyn_cast<tile::PointerType>(getElementTypeOrSelf(type));
  return pointer ? log2Floor(pointer.getPointeeBytes()) : 0;
}

AxisInfo inferAxisInfo(OpResult result, function_ref<AxisInfo(Value)> lookup) { return Rules(result, lookup).infer(); }

} // namespace tessera
