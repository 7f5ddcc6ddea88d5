//===- LegalizeDots.cpp - Bring dots into the forms that the target multiplies --===//
//
// Picks the instruction of each dot, converting operands or accumulator where no instruction takes them as they are.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/analysis/DotLayouts.h"
#include "compiler/target/Queries.h"
#include "compiler/transforms/Passes.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace tessera {

#define GEN_PASS_DEF_LEGALIZEDOTSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

bool isFp8(Type type) { return type.getIntOrFloatBitWidth() == 8 && isa<FloatType>(type); }

/// Changes one dot; what is asked of it last is done to it first.
class DotLegalizer {
public:
  DotLegalizer(tile::DotOp dot, const Target &target) : dot(dot), target(target), builder(dot) {}

  void run() {
    Type a = elementOf(dot.getA()), b = elementOf(dot.getB());
    bool fp8 = isFp8(a) || isFp8(b);
    if (fp8 && !(a == b && target.has(Feature::MmaFp8) &&
                 fits(isa<Float8E5M2Type>(a) ? tile::MmaKind::M16N8K32_F32_E5M2 : tile::MmaKind::M16N8K32_F32_E4M3)))
      castOperands(builder.getF16Type());
    if (fp8 || elementOf(dot.getA()).isBF16())
      castAccumulator(builder.getF32Type());
    if (std::optional<tile::MmaKind> kind = findKind(); kind && fits(*kind)) {
      dot->setAttr(mmaKindAttrName, tile::MmaKindAttr::get(dot.getContext(), *kind));
      if (!elementOf(dot.getA()).isF32())
        dot.setPrecision(tile::InputPrecision::TF32);
      return;
    }
    if (elementOf(dot.getA()).isF16() || elementOf(dot.getA()).isBF16()) {
      castOperands(builder.getF32Type());
      castAccumulator(builder.getF32Type());
    }
    dot.setPrecision(tile::InputPrecision::IEEE);
  }

private:
  static Type elementOf(Value value) { return cast<RankedTensorType>(value.getType()).getElementType(); }

  std::optional<tile::MmaKind> findKind() {
    Type type = elementOf(dot.getA()), acc = elementOf(dot.getAcc());
    if (type.isF16())
      return acc.isF16() ? tile::MmaKind::M16N8K16_F16_F16 : tile::MmaKind::M16N8K16_F32_F16;
    if (type.isBF16())
      return tile::MmaKind::M16N8K16_F32_BF16;
    if (isa<Float8E4M3FNType>(type))
      return tile::MmaKind::M16N8K32_F32_E4M3;
    if (isa<Float8E5M2Type>(type))
      return tile::MmaKind::M16N8K32_F32_E5M2;
    if (type.isInteger(8))
      return tile::MmaKind::M16N8K32_S32_S8;
    if (type.isF64())
      return tile::MmaKind::M8N8K4_F64_F64;
    if (!type.isF32())
      return std::nullopt;
    switch (dot.getPrecision()) {
    case tile::InputPrecision::TF32:
    case tile::InputPrecision::TF32x3:
      return tile::MmaKind::M16N8K8_F32_TF32;
    case tile::InputPrecision::BF16x3:
    case tile::InputPrecision::BF16x6:
      return tile::MmaKind::M16N8K16_F32_BF16;
    case tile::InputPrecision::IEEE:
      return std::nullopt;
    }
    return std::nullopt;
  }

  /// Whether the target has the instruction and the product is large enough for it.
  bool fits(tile::MmaKind kind) {
    tile::MmaShape size = tile::getMmaShape(kind);
    ArrayRef<int64_t> a = dot.getA().getType().getShape(), acc = dot.getAcc().getType().getShape();
    return hasMma(target, kind) && acc[acc.size() - 2] >= size.m && acc.back() >= size.n && a.back() >= size.k;
  }

  Value cast(Value value, Type element) {
    auto from = llvm::cast<RankedTensorType>(value.getType());
    unsigned oldBits = from.getElementTypeBitWidth(), newBits = element.getIntOrFloatBitWidth();
    auto to = llvm::cast<RankedTensorType>(tile::withElementType(from, element));
    if (from == to)
      return value;
    if (newBits > oldBits)
      return arith::ExtFOp::create(builder, dot.getLoc(), to, value);
    return arith::TruncFOp::create(builder, dot.getLoc(), to, value);
  }

  void castOperands(Type element) {
    dot.getAMutable().set(cast(dot.getA(), element));
    dot.getBMutable().set(cast(dot.getB(), element));
  }

  void castAccumulator(Type element) {
    Type old = elementOf(dot.getAcc());
    if (old == element)
      return;
    dot.getAccMutable().set(cast(dot.getAcc(), element));
    dot.getResult().setType(llvm::cast<RankedTensorType>(dot.getAcc().getType()));
    builder.setInsertionPointAfter(dot);
    Value narrowed = cast(dot.getResult(), old);
    dot.getResult().replaceAllUsesExcept(narrowed, narrowed.getDefiningOp());
    builder.setInsertionPoint(dot);
  }

  tile::DotOp dot;
  const Target &target;
  OpBuilder builder;
};

class LegalizeDotsPass : public impl::LegalizeDotsPassBase<LegalizeDotsPass> {
public:
  void runOnOperation() override {
    ModuleOp module = getOperation();
    const Target *target = requireTarget(module);
    if (!target)
      return signalPassFailure();
    SmallVector<tile::DotOp> dots;
    module.walk([&](tile::DotOp dot) { dots.push_back(dot); });
    for (tile::DotOp dot : dots)
      DotLegalizer(dot, *target).run();
  }
};

} // namespace
} // namespace tessera
