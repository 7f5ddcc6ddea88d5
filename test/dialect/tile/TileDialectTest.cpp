//===- TileDialectTest.cpp - The dialect as C++ sees it --------------------===//
//
// Builders that infer types, questions about types and layouts, side effects, and the uniquing of layouts.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::tile;

namespace {

class TileDialectTest : public testing::Test {
protected:
  TileDialectTest() : builder(&context), loc(builder.getUnknownLoc()) {
    context.loadDialect<TileDialect, arith::ArithDialect, func::FuncDialect>();
    module = ModuleOp::create(loc);
    builder.setInsertionPointToEnd(module->getBody());
    f32 = builder.getF32Type();
    pointer = PointerType::get(f32);
  }

  /// A function with arguments of these types, into which the test then builds.
  Block::BlockArgListType beginFunction(TypeRange types) {
    auto function = func::FuncOp::create(builder, loc, "f", builder.getFunctionType(types, {}));
    Block *body = function.addEntryBlock();
    builder.setInsertionPointToEnd(body);
    return body->getArguments();
  }

  /// Ends the function; whether all that was built verifies.
  bool endFunction() {
    func::ReturnOp::create(builder, loc);
    return succeeded(verify(*module));
  }

  RankedTensorType tensor(ArrayRef<int64_t> shape, Type element, LayoutAttr layout = {}) {
    return RankedTensorType::get(shape, element, layout);
  }

  MLIRContext context;
  OpBuilder builder;
  Location loc;
  OwningOpRef<ModuleOp> module;
  Type f32;
  PointerType pointer;
};

TEST_F(TileDialectTest, BuildersInferTypesWithoutLayouts) {
  auto args = beginFunction({pointer, builder.getI32Type(), tensor({8, 4}, f32)});
  Value range = ArangeOp::create(builder, loc, 0, 128);
  EXPECT_EQ(range.getType(), tensor({128}, builder.getI32Type()));
  Value pointers = SplatOp::create(builder, loc, tensor({128}, pointer), args[0]);
  Value addresses = AddPtrOp::create(builder, loc, pointers, range);
  Value loaded = LoadOp::create(builder, loc, addresses);
  EXPECT_EQ(loaded.getType(), tensor({128}, f32));
  Value column = ExpandDimsOp::create(builder, loc, loaded, 1);
  EXPECT_EQ(column.getType(), tensor({128, 1}, f32));
  Value row = TransOp::create(builder, loc, column, ArrayRef<int32_t>{1, 0});
  EXPECT_EQ(row.getType(), tensor({1, 128}, f32));
  Value pairs = JoinOp::create(builder, loc, loaded, loaded);
  EXPECT_EQ(pairs.getType(), tensor({128, 2}, f32));
  auto halves = SplitOp::create(builder, loc, pairs);
  EXPECT_EQ(halves.getLhs().getType(), tensor({128}, f32));
  EXPECT_EQ(CatOp::create(builder, loc, loaded, loaded).getType(), tensor({256}, f32));
  EXPECT_EQ(ReshapeOp::create(builder, loc, pairs, ArrayRef<int64_t>{2, 128}).getType(), tensor({2, 128}, f32));
  Value mask = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, range, range);
  Value masked = LoadOp::create(builder, loc, addresses, mask, loaded, CacheModifier::CG, EvictionPolicy::EvictFirst);
  StoreOp::create(builder, loc, addresses, masked, mask);
  Value old = AtomicRmwOp::create(builder, loc, RmwKind::FAdd, addresses, masked, mask);
  EXPECT_EQ(old.getType(), tensor({128}, f32));
  EXPECT_TRUE(endFunction());
}

TEST_F(TileDialectTest, ReduceBuildsItsCombiner) {
  auto args = beginFunction({tensor({8, 4}, f32), tensor({8, 4}, builder.getI32Type())});
  auto reduce = ReduceOp::create(builder, loc, ValueRange{args[0]}, 1);
  EXPECT_EQ(reduce->getResult(0).getType(), tensor({8}, f32));
  {
    OpBuilder::InsertionGuard guard(builder);
    Block *block = reduce.createCombineBlock();
    ASSERT_EQ(block->getNumArguments(), 2u);
    builder.setInsertionPointToEnd(block);
    Value sum = arith::AddFOp::create(builder, loc, block->getArgument(1), block->getArgument(0));
    YieldOp::create(builder, loc, sum);
  }
  // Swapped operands are the same sum.
  EXPECT_TRUE(isa_and_nonnull<arith::AddFOp>(reduce.getSingleCombiner()));

  auto scan = ScanOp::create(builder, loc, ValueRange{args[0], args[1]}, 0, /*reverse=*/true);
  ASSERT_EQ(scan->getNumResults(), 2u);
  EXPECT_EQ(scan->getResult(1).getType(), args[1].getType());
  {
    OpBuilder::InsertionGuard guard(builder);
    Block *block = scan.createCombineBlock();
    ASSERT_EQ(block->getNumArguments(), 4u);
    builder.setInsertionPointToEnd(block);
    YieldOp::create(builder, loc, block->getArguments().take_front(2));
  }
  EXPECT_EQ(scan.getSingleCombiner(), nullptr);
  EXPECT_TRUE(endFunction());
}

TEST_F(TileDialectTest, SubtractionIsNoSwappedCombiner) {
  auto args = beginFunction({tensor({8}, f32)});
  auto reduce = ReduceOp::create(builder, loc, ValueRange{args[0]}, 0);
  EXPECT_EQ(reduce->getResult(0).getType(), f32);
  OpBuilder::InsertionGuard guard(builder);
  Block *block = reduce.createCombineBlock();
  builder.setInsertionPointToEnd(block);
  YieldOp::create(builder, loc,
                  Value(arith::SubFOp::create(builder, loc, block->getArgument(1), block->getArgument(0))));
  EXPECT_EQ(reduce.getSingleCombiner(), nullptr);
}

TEST_F(TileDialectTest, BuildersInferLayouts) {
  LinearLayout line = LinearLayout::make(
      {{Dim::Register, {{1}, {2}}}, {Dim::Lane, {{4}, {8}, {16}, {32}, {64}}}, {Dim::Warp, {{0}}}}, {128});
  auto attr = LayoutAttr::get(&context, line);
  auto args = beginFunction({tensor({128}, f32, attr)});
  Value column = ExpandDimsOp::create(builder, loc, args[0], 1);
  EXPECT_EQ(tile::getLayout(column.getType()).getLayout(), line.expandDims(1));
  Value row = TransOp::create(builder, loc, column, ArrayRef<int32_t>{1, 0});
  EXPECT_EQ(tile::getLayout(row.getType()).getLayout(), line.expandDims(0));
  Value pairs = JoinOp::create(builder, loc, args[0], args[0]);
  EXPECT_EQ(tile::getLayout(pairs.getType()).getLayout(), line.join());
  EXPECT_EQ(SplitOp::create(builder, loc, pairs).getLhs().getType(), args[0].getType());
  auto reduce = ReduceOp::create(builder, loc, ValueRange{pairs}, 1);
  EXPECT_EQ(reduce->getResult(0).getType(), args[0].getType());
}

TEST_F(TileDialectTest, LayoutsAreUniqued) {
  LinearLayout layout = LinearLayout::make({{Dim::Lane, {{1}, {2}, {4}}}}, {8});
  LinearLayout other = LinearLayout::make({{Dim::Lane, {{2}, {1}, {4}}}}, {8});
  EXPECT_EQ(LayoutAttr::get(&context, layout), LayoutAttr::get(&context, LinearLayout(layout)));
  EXPECT_NE(LayoutAttr::get(&context, layout), LayoutAttr::get(&context, other));
}

TEST_F(TileDialectTest, LayoutsEqualUpToRegisters) {
  LinearLayout layout = LinearLayout::make({{Dim::Register, {{1}, {2}}}, {Dim::Lane, {{4}, {8}}}}, {16});
  LinearLayout swapped = LinearLayout::make({{Dim::Register, {{2}, {1}}}, {Dim::Lane, {{4}, {8}}}}, {16});
  LinearLayout mixed = LinearLayout::make({{Dim::Register, {{3}, {1}}}, {Dim::Lane, {{4}, {8}}}}, {16});
  LinearLayout copied = LinearLayout::make({{Dim::Register, {{1}, {0}, {2}}}, {Dim::Lane, {{4}, {8}}}}, {16});
  LinearLayout lanes = LinearLayout::make({{Dim::Register, {{1}, {2}}}, {Dim::Lane, {{8}, {4}}}}, {16});
  LinearLayout moved = LinearLayout::make({{Dim::Register, {{1}, {8}}}, {Dim::Lane, {{4}, {2}}}}, {16});
  EXPECT_TRUE(equalUpToRegisters(layout, layout));
  EXPECT_TRUE(equalUpToRegisters(layout, swapped));
  EXPECT_TRUE(equalUpToRegisters(layout, mixed));
  EXPECT_TRUE(equalUpToRegisters(layout, copied));
  EXPECT_FALSE(equalUpToRegisters(layout, lanes));
  EXPECT_FALSE(equalUpToRegisters(layout, moved));
}

TEST_F(TileDialectTest, QuestionsAboutTypes) {
  auto tensorOfPointers = tensor({8, 2}, pointer);
  EXPECT_TRUE(isPtrLike(pointer) && isPtrLike(tensorOfPointers));
  EXPECT_TRUE(isTensor(tensorOfPointers) && !isTensor(pointer));
  EXPECT_FALSE(isTensor(tensor({6}, f32)));
  EXPECT_FALSE(isTensor(tensor({}, f32)));
  EXPECT_FALSE(isTensor(tensor({1, 1, 1, 1, 1, 1, 1, 1, 1}, f32)));
  EXPECT_FALSE(isScalar(builder.getIndexType()));
  EXPECT_EQ(getPointeeLike(tensorOfPointers), tensor({8, 2}, f32));
  EXPECT_EQ(getPointeeLike(f32), Type());
  EXPECT_EQ(tile::getBoolLike(tensorOfPointers), tensor({8, 2}, builder.getI1Type()));
  EXPECT_EQ(tile::getBoolLike(f32), builder.getI1Type());
  EXPECT_EQ(getBitWidth(tensorOfPointers), 64u);
  EXPECT_EQ(getBitWidth(builder.getI1Type()), 1u);
  EXPECT_EQ(getByteWidth(builder.getI1Type()), 1u);
  EXPECT_EQ(PointerType::get(builder.getBF16Type()).getPointeeBytes(), 2u);
  EXPECT_EQ(BufferType::get({3, 5}, builder.getF16Type()).getSizeInBytes(), 30);
}

TEST_F(TileDialectTest, LoadsReadAndVolatileLoadsWriteToo) {
  auto args = beginFunction({pointer, PointerType::get(&context, f32, AddressSpace::Shared)});
  auto load = LoadOp::create(builder, loc, args[0]);
  auto fromShared = LoadOp::create(builder, loc, args[1]);
  auto isVolatile =
      LoadOp::create(builder, loc, args[0], Value(), Value(), CacheModifier::None, EvictionPolicy::Normal, true);
  EXPECT_TRUE(hasSingleEffect<MemoryEffects::Read>(load));
  EXPECT_FALSE(hasSingleEffect<MemoryEffects::Read>(isVolatile));
  EXPECT_TRUE(hasEffect<MemoryEffects::Write>(isVolatile));
  SmallVector<MemoryEffects::EffectInstance> effects;
  fromShared.getEffects(effects);
  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(effects.front().getResource(), SharedMemory::get());
}

TEST_F(TileDialectTest, ZeroOfNumbersOnly) {
  (void)beginFunction({});
  EXPECT_TRUE(isConstantFalse(createZero(builder, loc, tensor({4}, builder.getI1Type()))));
  EXPECT_FALSE(isConstantTrue(createZero(builder, loc, builder.getI1Type())));
  EXPECT_TRUE(createZero(builder, loc, builder.getType<Float8E5M2Type>()));
  EXPECT_FALSE(createZero(builder, loc, pointer));
}

TEST(MmaKindTest, ShapeIsWhatTheNameSays) {
  for (uint32_t i = 0; i <= getMaxEnumValForMmaKind(); ++i) {
    MmaKind kind = *symbolizeMmaKind(i);
    auto [m, n, k] = getMmaShape(kind);
    std::string shape = "m" + std::to_string(m) + "n" + std::to_string(n) + "k" + std::to_string(k) + ".";
    EXPECT_TRUE(stringifyMmaKind(kind).starts_with(shape)) << stringifyMmaKind(kind).str();
  }
}

} // namespace
