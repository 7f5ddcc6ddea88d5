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

/// An i32 that is at least `least`, at most `most` and, if asked, a power of two.
static LogicalResult verifyInteger(Operation *op, NamedAttribute attr, int64_t least, int64_t most, bool powerOfTwo) {
  auto integer = dyn_cast<IntegerAttr>(attr.getValue());
  if (!integer || !integer.getType().isSignlessInteger(32))
    return op->emitOpError() << "expects attribute '" << attr.getName().getValue() << "' to be an i32, but it is "
                             << attr.getValue();
  int64_t value = integer.getInt();
  if (value < least || value > most)
    return op->emitOpError() << "expects attribute '" << attr.getName().getValue() << "' to be from " << least << " to "
                             << most << ", but it is " << value;
  if (powerOfTwo && !llvm::isPowerOf2_64(value))
    return op->emitOpError() << "expects attribute '" << attr.getName().getValue()
                             << "' to be a power of two, but it is " << value;
  return success();
}

LogicalResult TileDialect::verifyOperationAttribute(Operation *op, NamedAttribute attr) {
  constexpr int64_t maxInt = std::numeric_limits<int32_t>::max();
  StringRef name = attr.getName().getValue();
  if (name == kernelAttrName) {
    if (!isa<FunctionOpInterface>(op))
      return op->emitOpError() << "has attribute '" << name << "', which belongs on a function";
    if (!isa<UnitAttr>(attr.getValue()))
      return op->emitOpError() << "expects attribute '" << name << "' to be a unit attribute, but it is "
                               << attr.getValue();
    return success();
  }
  if (name == numWarpsAttrName)
    return verifyInteger(op, attr, 1, 32, /*powerOfTwo=*/true);
  if (name == numCtasAttrName)
    return verifyInteger(op, attr, 1, 16, /*powerOfTwo=*/true);
  if (name == numStagesAttrName)
    return verifyInteger(op, attr, 1, maxInt, /*powerOfTwo=*/false);
  if (name == sharedBytesAttrName)
    return verifyInteger(op, attr, 0, maxInt, /*powerOfTwo=*/false);
  if (name == vectorAttrName)
    return verifyInteger(op, attr, 1, 16, /*powerOfTwo=*/true);
  if (name == scratchOffsetAttrName) {
    if (failed(verifyInteger(op, attr, 0, maxInt, /*powerOfTwo=*/false)))
      return failure();
    int64_t offset = cast<IntegerAttr>(attr.getValue()).getInt();
    return offset % 16 == 0
               ? success()
               : op->emitOpError() << "expects attribute '" << name << "' to be a multiple of 16, but it is " << offset;
  }
  if (name == targetAttrName && !isa<StringAttr>(attr.getValue()))
    return op->emitOpError() << "expects attribute '" << name << "' to be a string, but it is " << attr.getValue();
  return success();
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
  if (failed(verifyInteger(op, attr, 1, int64_t(1) << 30, /*powerOfTwo=*/true)))
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
