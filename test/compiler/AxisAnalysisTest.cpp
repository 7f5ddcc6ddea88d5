//===- AxisAnalysisTest.cpp - Facts about random integer programs hold for their values --===//
//
// Builds random programs on tensors of integers, computes every value on the side, and checks each fact that the
// analysis claims against the numbers.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/analysis/AxisAnalysis.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace tessera;

namespace {

/// A value with its numbers, row-major.
struct Known {
  Value value;
  std::vector<int64_t> numbers;
};

class RandomProgram {
public:
  explicit RandomProgram(unsigned seed) : random(seed), builder(&context) {
    context.loadDialect<arith::ArithDialect, func::FuncDialect, tile::TileDialect>();
    module = ModuleOp::create(builder.getUnknownLoc());
    builder.setInsertionPointToEnd(module->getBody());
    auto type = builder.getFunctionType({builder.getI32Type(), builder.getI32Type(), builder.getI32Type()}, {});
    function = func::FuncOp::create(builder, builder.getUnknownLoc(), "random", type);
    builder.setInsertionPointToEnd(function.addEntryBlock());
    for (unsigned index = 0; index < 3; ++index) {
      int64_t divisor = int64_t(1) << pick(5);
      function.setArgAttr(index, tile::TileDialect::divisibilityAttrName, builder.getI32IntegerAttr(divisor));
      scalars.push_back({function.getArgument(index), {divisor * (int64_t(pick(9)) - 3)}});
    }
    for (unsigned step = 0; step < 24; ++step)
      addStep();
    func::ReturnOp::create(builder, loc());
  }

  /// Compares everything that is claimed with the numbers.
  void check() {
    AxisAnalysis axes(function);
    for (const Known &known : tensors) {
      AxisInfo info = axes.get(known.value);
      ArrayRef<int64_t> shape = tile::getShape(known.value.getType());
      for (unsigned dim = 0; dim < shape.size(); ++dim)
        checkAxis(known, info, shape, dim);
      for (int64_t number : known.numbers) {
        if (info.constant)
          EXPECT_EQ(number, *info.constant) << describe(known);
        if (info.nonNegative)
          EXPECT_GE(number, 0) << describe(known);
      }
    }
  }

private:
  unsigned pick(unsigned count) { return random() % count; }
  Location loc() { return builder.getUnknownLoc(); }

  std::string describe(const Known &known) {
    std::string text;
    llvm::raw_string_ostream os(text);
    known.value.print(os);
    os << " in\n";
    function.print(os);
    return text;
  }

  void checkAxis(const Known &known, const AxisInfo &info, ArrayRef<int64_t> shape, unsigned dim) {
    int64_t stride = 1;
    for (unsigned later = dim + 1; later < shape.size(); ++later)
      stride *= shape[later];
    int64_t contiguity = info.getContiguity(dim), constancy = info.getConstancy(dim);
    ASSERT_LE(contiguity, shape[dim]);
    ASSERT_LE(constancy, shape[dim]);
    for (int64_t i = 0; i < int64_t(known.numbers.size()); ++i) {
      int64_t position = i / stride % shape[dim];
      int64_t run = position % contiguity, group = position % constancy;
      EXPECT_EQ(known.numbers[i], known.numbers[i - run * stride] + run)
          << "contiguity along " << dim << " of " << describe(known);
      EXPECT_EQ(known.numbers[i], known.numbers[i - group * stride])
          << "constancy along " << dim << " of " << describe(known);
      if (run == 0)
        EXPECT_EQ(known.numbers[i] % info.getDivisibility(dim), 0)
            << "divisibility along " << dim << " of " << describe(known);
      if (::testing::Test::HasFailure())
        return;
    }
  }

  void addTensor(Value value, std::vector<int64_t> numbers) {
    // Rules hold for numbers that do not wrap around.
    for (int64_t number : numbers)
      if (std::abs(number) > (int64_t(1) << 24))
        return;
    tensors.push_back({value, std::move(numbers)});
  }

  RankedTensorType typeOf(ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, builder.getI32Type()); }

  void addConstant(ArrayRef<int64_t> shape, int64_t number) {
    auto attr = DenseElementsAttr::get(typeOf(shape), builder.getI32IntegerAttr(number));
    addTensor(arith::ConstantOp::create(builder, loc(), attr), std::vector<int64_t>(product(shape), number));
  }

  static int64_t product(ArrayRef<int64_t> shape) {
    int64_t result = 1;
    for (int64_t size : shape)
      result *= size;
    return result;
  }

  template <typename OpType, typename Function> void addBinary(const Known &a, const Known &b, Function compute) {
    std::vector<int64_t> numbers;
    for (auto [x, y] : llvm::zip(a.numbers, b.numbers))
      numbers.push_back(compute(x, y));
    addTensor(OpType::create(builder, loc(), a.value, b.value), std::move(numbers));
  }

  void addStep() {
    if (tensors.empty() || pick(6) == 0)
      return addSource();
    Known a = tensors[pick(tensors.size())];
    SmallVector<int64_t> shape(tile::getShape(a.value.getType()));
    std::vector<Known> partners;
    for (const Known &other : tensors)
      if (other.value.getType() == a.value.getType())
        partners.push_back(other);
    Known b = partners[pick(partners.size())];
    switch (pick(14)) {
    case 0:
    case 1:
      return addBinary<arith::AddIOp>(a, b, [](int64_t x, int64_t y) { return x + y; });
    case 2:
      return addBinary<arith::SubIOp>(a, b, [](int64_t x, int64_t y) { return x - y; });
    case 3:
      return addBinary<arith::MulIOp>(a, b, [](int64_t x, int64_t y) { return x * y; });
    case 4:
    case 5:
      if (llvm::all_of(b.numbers, [](int64_t y) { return y > 0; }))
        return addBinary<arith::DivSIOp>(a, b, [](int64_t x, int64_t y) { return x / y; });
      return addConstant(shape, 1 << pick(5));
    case 6:
    case 7:
      if (llvm::all_of(b.numbers, [](int64_t y) { return y > 0; }))
        return addBinary<arith::RemSIOp>(a, b, [](int64_t x, int64_t y) { return x % y; });
      return addConstant(shape, 12);
    case 8:
      return addBinary<arith::AndIOp>(a, b, [](int64_t x, int64_t y) { return x & y; });
    case 9:
      return addBinary<arith::MaxSIOp>(a, b, [](int64_t x, int64_t y) { return std::max(x, y); });
    case 10:
      if (llvm::all_of(b.numbers, [](int64_t y) { return y >= 0 && y < 8; }))
        return addBinary<arith::ShRSIOp>(a, b, [](int64_t x, int64_t y) { return x >> y; });
      return addConstant(shape, 3);
    case 11: {
      Known c = partners[pick(partners.size())], d = partners[pick(partners.size())];
      Value less = arith::CmpIOp::create(builder, loc(), arith::CmpIPredicate::slt, a.value, b.value);
      std::vector<int64_t> numbers;
      for (size_t i = 0; i < a.numbers.size(); ++i)
        numbers.push_back(a.numbers[i] < b.numbers[i] ? c.numbers[i] : d.numbers[i]);
      return addTensor(arith::SelectOp::create(builder, loc(), less, c.value, d.value), std::move(numbers));
    }
    default:
      return addRearranged(a, shape);
    }
  }

  void addSource() {
    int64_t size = pick(2) ? 16 : 32;
    if (pick(3) == 0) {
      const Known &scalar = scalars[pick(scalars.size())];
      Value splat = tile::SplatOp::create(builder, loc(), typeOf({size}), scalar.value);
      return addTensor(splat, std::vector<int64_t>(size, scalar.numbers[0]));
    }
    int64_t start = pick(3) == 0 ? pick(20) : 0;
    std::vector<int64_t> numbers(size);
    std::iota(numbers.begin(), numbers.end(), start);
    addTensor(tile::ArangeOp::create(builder, loc(), typeOf({size}), start, start + size), std::move(numbers));
  }

  void addRearranged(const Known &a, ArrayRef<int64_t> shape) {
    if (shape.size() == 1) {
      unsigned axis = pick(2);
      Value expanded = tile::ExpandDimsOp::create(builder, loc(), a.value, axis);
      addTensor(expanded, a.numbers);
      SmallVector<int64_t> grown(shape);
      grown.insert(grown.begin() + axis, 16);
      std::vector<int64_t> numbers;
      for (int64_t i = 0; i < product(grown); ++i)
        numbers.push_back(a.numbers[axis == 0 ? i % shape[0] : i / 16]);
      return addTensor(tile::BroadcastOp::create(builder, loc(), typeOf(grown), expanded), std::move(numbers));
    }
    if (pick(2)) {
      std::vector<int64_t> numbers;
      for (int64_t i = 0; i < product(shape); ++i)
        numbers.push_back(a.numbers[i % shape[0] * shape[1] + i / shape[0]]);
      return addTensor(tile::TransOp::create(builder, loc(), a.value, ArrayRef<int32_t>{1, 0}), std::move(numbers));
    }
    int64_t rows = int64_t(1) << pick(llvm::Log2_64(product(shape)) + 1);
    SmallVector<int64_t> reshaped{rows, product(shape) / rows};
    addTensor(tile::ReshapeOp::create(builder, loc(), a.value, reshaped), a.numbers);
  }

  std::mt19937 random;
  MLIRContext context;
  OpBuilder builder;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  std::vector<Known> scalars, tensors;
};

TEST(AxisAnalysis, FactsHoldForRandomPrograms) {
  for (unsigned seed = 0; seed < 1500 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram(seed).check();
  }
}

} // namespace
