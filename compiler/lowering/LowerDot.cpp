//===- LowerDot.cpp - Products without tensor cores -----------------------===//
//
// A tile.dot that reaches the lowering multiplies by FMA. Each thread holds the rows of a and the columns of b that its
// elements of the accumulator need, with all of k; the products go k by k, so that operands straight from shared memory
// are loaded as the sum proceeds.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/LazyOperand.h"

using namespace mlir;

namespace tessera {
namespace {

class DotLowering {
public:
  DotLowering(Lowering &l, tile::DotOp op)
      : l(l), op(op), accType(l.scalarType(op.getType())), accLayout(*Lowering::layoutOf(op.getType())),
        a(l, op.getA(), accLayout.tensorRank() - 1, *this), b(l, op.getB(), accLayout.tensorRank() - 2, *this) {}

  LogicalResult run() {
    unsigned rank = accLayout.tensorRank();
    if (!a.isSupported() || !b.isSupported())
      return op.emitError() << "no product of " << op.getA().getType().getElementType() << " and "
                            << op.getB().getType().getElementType() << " without tensor cores";
    llvm::SmallVector<uint64_t> words = Lowering::registerWords(accLayout);
    llvm::SmallVector<Value> acc(l.registersOf(op.getAcc()));
    int64_t depth = Lowering::layoutOf(op.getA().getType())->outSize(tensorDim(rank - 1));
    for (int64_t k = 0; k < depth; ++k)
      for (auto [r, word] : llvm::enumerate(words)) {
        int64_t batch = rank == 3 ? accLayout.out().get(word, tensorDim(0)) : 0;
        Value left = a.get(batch, accLayout.out().get(word, tensorDim(rank - 2)), k);
        Value right = b.get(batch, k, accLayout.out().get(word, tensorDim(rank - 1)));
        if (!left || !right)
          return op.emitError() << "the operands' threads do not hold what the accumulator's need";
        acc[r] = multiplyAdd(left, right, acc[r]);
      }
    l.define(op.getResult(), acc);
    return success();
  }

private:
  /// An operand whose elements are found by coordinates and converted to the accumulator's type once.
  struct Operand {
    Operand(Lowering &l, Value value, unsigned axis, DotLowering &dot)
        : dot(dot), type(Lowering::elementTypeOf(value.getType())), source(l, value, axis, /*slice=*/1) {
      const LinearLayout &layout = *Lowering::layoutOf(value.getType());
      unsigned lead = layout.tensorRank() - 2;
      for (auto [r, word] : llvm::enumerate(Lowering::registerWords(layout)))
        registers.try_emplace({lead ? layout.out().get(word, tensorDim(0)) : 0, layout.out().get(word, tensorDim(lead)),
                               layout.out().get(word, tensorDim(lead + 1))},
                              r);
      converted.resize(layout.numRegisters());
    }

    bool isSupported() const {
      return type.isInteger() || (isa<FloatType>(type) && type.getIntOrFloatBitWidth() >= 16);
    }

    Value get(int64_t batch, int64_t row, int64_t column) {
      auto it = registers.find({batch, row, column});
      if (it == registers.end())
        return {};
      Value &value = converted[it->second];
      if (!value)
        value = convert(source.get(it->second));
      return value;
    }

    Value convert(Value x) {
      Lowering &l = dot.l;
      if (x.getType() == dot.accType)
        return x;
      if (type.isInteger())
        return LLVM::SExtOp::create(l.b, l.loc, dot.accType, x);
      return LLVM::FPExtOp::create(l.b, l.loc, dot.accType, x);
    }

    DotLowering &dot;
    Type type;
    LazyOperand source;
    std::map<std::array<int64_t, 3>, unsigned> registers;
    llvm::SmallVector<Value> converted;
  };

  Value multiplyAdd(Value x, Value y, Value sum) {
    if (isa<IntegerType>(accType))
      return l.add(LLVM::MulOp::create(l.b, l.loc, x, y), sum);
    return LLVM::FMAOp::create(l.b, l.loc, x, y, sum);
  }

  Lowering &l;
  tile::DotOp op;
  Type accType;
  const LinearLayout &accLayout;
  Operand a, b;
};

LogicalResult lowerDot(Lowering &l, tile::DotOp op) { return DotLowering(l, op).run(); }

} // namespace

void addDotLowerings(LowerTable &table) { addLowering<tile::DotOp, lowerDot>(table); }

} // namespace tessera
