//===- TileTypes.cpp - Types and questions about them ----------------------===//
//
// Verification and text of pointers and buffers, and the questions of TileTypes.h.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/tile/TileTypes.h"
#include "dialect/tile/TileDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::tile;

/// `128x64xf16`
static ParseResult parseShapedElement(AsmParser &parser, SmallVectorImpl<int64_t> &shape, Type &elementType) {
  return failure(parser.parseDimensionList(shape, /*allowDynamic=*/false) || parser.parseType(elementType));
}
static void printShapedElement(AsmPrinter &printer, ArrayRef<int64_t> shape, Type elementType) {
  for (int64_t side : shape)
    printer << side << 'x';
  printer << elementType;
}

#define GET_TYPEDEF_CLASSES
#include "dialect/tile/TileTypes.cpp.inc"

void TileDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialect/tile/TileTypes.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Pointers and buffers
//===----------------------------------------------------------------------===//

LogicalResult PointerType::verify(function_ref<InFlightDiagnostic()> emitError, Type pointee, AddressSpace) {
  if (isScalar(pointee))
    return success();
  return emitError() << "expected a pointer to an integer of 1, 8, 16, 32 or 64 bits, a float or a pointer, but found "
                     << pointee;
}

unsigned PointerType::getPointeeBytes() const { return getByteWidth(getPointee()); }

LogicalResult BufferType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<int64_t> shape,
                                 Type elementType, SharedAttr layout) {
  if (shape.empty())
    return emitError() << "expected a buffer of rank 1 at least";
  for (int64_t side : shape)
    if (side <= 0)
      return emitError() << "expected positive sides of the buffer, but found " << side;
  if (!isScalar(elementType))
    return emitError() << "expected a buffer of integers of 1, 8, 16, 32 or 64 bits, floats or pointers, but found "
                       << elementType;
  if (layout && ArrayRef<int64_t>(layout.getLayout().shape()) != shape)
    return emitError() << "expected a buffer of shape " << shapeToString(layout.getLayout().shape())
                       << ", which its layout has, but found " << shapeToString(shape);
  return success();
}

int64_t BufferType::getNumElements() const {
  int64_t count = 1;
  for (int64_t side : getShape())
    count *= side;
  return count;
}

int64_t BufferType::getSizeInBytes() const { return getNumElements() * getByteWidth(getElementType()); }

//===----------------------------------------------------------------------===//
// Questions
//===----------------------------------------------------------------------===//

static bool isNumber(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.isSignless() && llvm::is_contained({1u, 8u, 16u, 32u, 64u}, integer.getWidth());
  return isa<Float16Type, BFloat16Type, Float32Type, Float64Type, Float8E4M3FNType, Float8E5M2Type>(type);
}

bool tile::isScalar(Type type) { return isNumber(type) || isa<PointerType>(type); }

bool tile::isTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getRank() > 0 && tensor.getRank() <= int64_t(kMaxRank) && isScalar(tensor.getElementType()) &&
         llvm::all_of(tensor.getShape(), [](int64_t side) { return side > 0 && llvm::isPowerOf2_64(side); }) &&
         (!tensor.getEncoding() || isa<LayoutAttr>(tensor.getEncoding()));
}

bool tile::isScalarOrTensor(Type type) { return isScalar(type) || isTensor(type); }

template <typename Predicate> static bool isLike(Type type, Predicate predicate) {
  return isScalarOrTensor(type) && predicate(getElementType(type));
}

bool tile::isBoolLike(Type type) {
  return isLike(type, [](Type element) { return element.isInteger(1); });
}
bool tile::isIntLike(Type type) {
  return isLike(type, [](Type element) { return isa<IntegerType>(element); });
}
bool tile::isFloatLike(Type type) {
  return isLike(type, [](Type element) { return isa<FloatType>(element); });
}
bool tile::isNumberLike(Type type) { return isLike(type, isNumber); }
bool tile::isPtrLike(Type type) {
  return isLike(type, [](Type element) { return isa<PointerType>(element); });
}
bool tile::isI32Tensor(Type type) { return isTensor(type) && getElementType(type).isInteger(32); }
bool tile::isIntTensor(Type type) { return isTensor(type) && isIntLike(type); }
bool tile::isBoolTensor(Type type) { return isTensor(type) && isBoolLike(type); }
bool tile::isNumberTensor(Type type) { return isTensor(type) && isNumberLike(type); }

Type tile::getElementType(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.getElementType();
  if (auto buffer = dyn_cast<BufferType>(type))
    return buffer.getElementType();
  return type;
}

ArrayRef<int64_t> tile::getShape(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.getShape();
  if (auto buffer = dyn_cast<BufferType>(type))
    return buffer.getShape();
  return {};
}

Type tile::withElementType(Type type, Type elementType) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.clone(elementType);
  return elementType;
}

RankedTensorType tile::withLayout(RankedTensorType type, LayoutAttr layout) {
  return RankedTensorType::get(type.getShape(), type.getElementType(), layout);
}

Type tile::getBoolLike(Type type) { return withElementType(type, IntegerType::get(type.getContext(), 1)); }

Type tile::getPointeeLike(Type type) {
  auto pointer = dyn_cast<PointerType>(getElementType(type));
  return pointer ? withElementType(type, pointer.getPointee()) : Type();
}

LayoutAttr tile::getLayout(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? dyn_cast_or_null<LayoutAttr>(tensor.getEncoding()) : LayoutAttr();
}

unsigned tile::getBitWidth(Type type) {
  Type element = getElementType(type);
  return isa<PointerType>(element) ? 64 : element.getIntOrFloatBitWidth();
}

unsigned tile::getByteWidth(Type type) { return llvm::divideCeil(getBitWidth(type), 8); }
