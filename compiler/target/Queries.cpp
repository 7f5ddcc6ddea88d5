//===- Queries.cpp - Questions of the tile dialect to the capability table --===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/target/Queries.h"

#include <algorithm>

namespace tessera {

Feature featureOf(tile::MmaKind kind) {
  switch (kind) {
  case tile::MmaKind::M16N8K32_F32_E4M3:
  case tile::MmaKind::M16N8K32_F32_E5M2:
    return Feature::MmaFp8;
  case tile::MmaKind::M8N8K4_F64_F64:
    return Feature::MmaF64;
  default:
    return Feature::MmaF16;
  }
}

const Target *targetOf(mlir::Operation *op) {
  auto module = llvm::isa<mlir::ModuleOp>(op) ? llvm::cast<mlir::ModuleOp>(op) : op->getParentOfType<mlir::ModuleOp>();
  if (!module)
    return nullptr;
  auto name = module->getAttrOfType<mlir::StringAttr>(tile::TileDialect::targetAttrName);
  return name ? Target::find(name.getValue()) : nullptr;
}

const Target *requireTarget(mlir::ModuleOp module) {
  auto name = module->getAttrOfType<mlir::StringAttr>(tile::TileDialect::targetAttrName);
  if (!name) {
    module.emitError() << "expected attribute '" << tile::TileDialect::targetAttrName << "' on the module";
    return nullptr;
  }
  std::string error;
  const Target *target = Target::parse(name.getValue(), error);
  if (!target)
    module.emitError() << error;
  return target;
}

std::optional<int64_t> requireNumWarps(mlir::ModuleOp module) {
  if (auto count = module->getAttrOfType<mlir::IntegerAttr>(tile::TileDialect::numWarpsAttrName))
    return count.getInt();
  module.emitError() << "expected attribute '" << tile::TileDialect::numWarpsAttrName << "' on the module";
  return std::nullopt;
}

unsigned storageBits(mlir::Type elementType) {
  if (!elementType.isIntOrFloat())
    return 64;
  return std::max(8u, elementType.getIntOrFloatBitWidth());
}

ConversionOptions conversionOptions(const Target &target) {
  ConversionOptions options;
  options.ldmatrix = target.has(Feature::LdMatrix);
  options.stmatrix = target.has(Feature::StMatrix);
  // A large tile goes in several steps through little memory, rather than cost the program a second CTA on its SM.
  options.maxScratchBytes = 32 << 10;
  return options;
}

ConversionPlan planConversionOf(tile::ConvertLayoutOp op, const Target &target) {
  auto layoutOf = [](mlir::Value value) -> const LinearLayout & {
    return tile::getLayout(value.getType()).getLayout();
  };
  return planConversion(layoutOf(op.getSource()), layoutOf(op.getResult()),
                        storageBits(tile::getElementType(op.getType())), conversionOptions(target));
}

} // namespace tessera
