//===- TileDialect.cpp - The dialect itself --------------------------------===//
//
// Registration, aliases for printing, constants, and the verification of the attributes that the dialect puts on
// modules, functions, arguments and other operations.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tessera::tile;

#include "dialect/tile/TileDialect.cpp.inc"

namespace {
/// Layouts are long: IR names them at the top, as #layout, #layout1, #shared.
struct TileAsmInterface : public OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;

  AliasResult getAlias(Attribute attr, raw_ostream &os) const final {
    if (isa<LayoutAttr>(attr)) {
      os << "layout";
      return AliasResult::FinalAlias;
    }
    if (isa<SharedAttr>(attr)) {
      os << "shared";
      return AliasResult::FinalAlias;
    }
    return AliasResult::NoAlias;
  }
};
} // namespace

void TileDialect::initialize() {
  registerAttributes();
  registerTypes();
  addOperations<
#define GET_OP_LIST
#include "dialect/tile/TileOps.cpp.inc"
      >();
  addInterfaces<TileAsmInterface>();
}

Operation *TileDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

//===----------------------------------------------------------------------===//
// Discardable attributes
//===----------------------------------------------------------------------===//

namespace {
/// What the value of an attribute must be: an i32 in a range and a multiple of something, a power of two, a flag, a
/// string, an instruction.
struct AttributeRule {
  enum Kind { Integer, PowerOfTwo, Flag, String, Instruction };
  StringRef name;
  Kind kind;
  int64_t least = 0, most = std::numeric_limits<int32_t>::max(), multipleOf = 1;
};
} // namespace

/// The rules for operations. `tile.num_stages` of a loop may be 0, which asks for no pipeline.
static const AttributeRule *findRule(StringRef name) {
  static constexpr AttributeRule rules[] = {
      {TileDialect::kernelAttrName, AttributeRule::Flag},
      {TileDialect::numWarpsAttrName, AttributeRule::PowerOfTwo, 1, 32},
      {TileDialect::numCtasAttrName, AttributeRule::PowerOfTwo, 1, 16},
      {TileDialect::numStagesAttrName, AttributeRule::Integer},
      {TileDialect::targetAttrName, AttributeRule::String},
      {TileDialect::sharedBytesAttrName, AttributeRule::Integer},
      {TileDialect::ptxVersionAttrName, AttributeRule::Integer, 10, 999},
      {TileDialect::vectorAttrName, AttributeRule::PowerOfTwo, 1, 16},
      {TileDialect::scratchOffsetAttrName, AttributeRule::Integer, 0, std::numeric_limits<int32_t>::max(), 16},
      {TileDialect::mmaKindAttrName, AttributeRule::Instruction},
      {TileDialect::loopUnrollFactorAttrName, AttributeRule::Integer},
      {TileDialect::flattenAttrName, AttributeRule::Flag},
      {TileDialect::warpSpecializeAttrName, AttributeRule::Flag},
      {TileDialect::disallowAccMultiBufferAttrName, AttributeRule::Flag},
      {TileDialect::disableLicmAttrName, AttributeRule::Flag},
  };
  const AttributeRule *rule = llvm::find_if(rules, [&](const AttributeRule &rule) { return rule.name == name; });
  return rule == std::end(rules) ? nullptr : rule;
}

static LogicalResult verifyInteger(Operation *op, NamedAttribute attr, const AttributeRule &rule) {
  auto integer = dyn_cast<IntegerAttr>(attr.getValue());
  if (!integer || !integer.getType().isSignlessInteger(32))
    return op->emitOpError() << "expects attribute '" << rule.name << "' to be an i32, but it is " << attr.getValue();
  int64_t value = integer.getInt();
  if (value < rule.least || value > rule.most)
    return op->emitOpError() << "expects attribute '" << rule.name << "' to be from " << rule.least << " to "
                             << rule.most << ", but it is " << value;
  if (rule.kind == AttributeRule::PowerOfTwo && !llvm::isPowerOf2_64(value))
    return op->emitOpError() << "expects attribute '" << rule.name << "' to be a power of two, but it is " << value;
  if (value % rule.multipleOf != 0)
    return op->emitOpError() << "expects attribute '" << rule.name << "' to be a multiple of " << rule.multipleOf
                             << ", but it is " << value;
  return success();
}

LogicalResult TileDialect::verifyOperationAttribute(Operation *op, NamedAttribute attr) {
  const AttributeRule *rule = findRule(attr.getName().getValue());
  if (!rule)
    return success();
  if (rule->name == kernelAttrName && !isa<FunctionOpInterface>(op))
    return op->emitOpError() << "has attribute '" << rule->name << "', which belongs on a function";
  switch (rule->kind) {
  case AttributeRule::Integer:
  case AttributeRule::PowerOfTwo:
    return verifyInteger(op, attr, *rule);
  case AttributeRule::Flag:
    if (!isa<UnitAttr>(attr.getValue()))
      return op->emitOpError() << "expects attribute '" << rule->name << "' to be a unit attribute, but it is "
                               << attr.getValue();
    return success();
  case AttributeRule::String:
    if (!isa<StringAttr>(attr.getValue()))
      return op->emitOpError() << "expects attribute '" << rule->name << "' to be a string, but it is "
                               << attr.getValue();
    return success();
  case AttributeRule::Instruction:
    if (!isa<MmaKindAttr>(attr.getValue()))
      return op->emitOpError() << "expects attribute '" << rule->name << "' to be #tile<mma_kind ...>, but it is "
                               << attr.getValue();
    return success();
  }
  llvm_unreachable("all kinds are handled");
}

LogicalResult TileDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned argIndex, NamedAttribute attr) {
  StringRef name = attr.getName().getValue();
  if (name == argNameAttrName) {
    if (!isa<StringAttr>(attr.getValue()))
      return op->emitOpError() << "expects attribute '" << name << "' of argument " << argIndex
                               << " to be a string, but it is " << attr.getValue();
    return success();
  }
  if (name != divisibilityAttrName)
    return success();
  if (failed(verifyInteger(op, attr, {divisibilityAttrName, AttributeRule::PowerOfTwo, 1, int64_t(1) << 30})))
    return failure();
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return success();
  Type type = function.getArgumentTypes()[argIndex];
  if (!isa<PointerType, IntegerType>(type))
    return op->emitOpError() << "has attribute '" << name << "' on argument " << argIndex << " of type " << type
                             << ", which is neither an integer nor a pointer";
  return success();
}
