//===- TileAttrs.cpp - Layout attributes and enumerations ------------------===//
//
// Printing, parsing and verification of `#tile.layout` and `#tile.shared`, and facts about enumerations.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialect/tile/TileAttrs.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::tile;

#include "dialect/tile/TileEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialect/tile/TileAttrs.cpp.inc"

void TileDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/tile/TileAttrs.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// The shape that the bases alone tell: each side the smallest that holds all coordinates. Empty if there are no bases.
static std::vector<int64_t> impliedShape(const LinearLayout &layout) {
  if (layout.in().totalBits() == 0)
    return {};
  uint64_t reached = 0;
  for (uint64_t basis : layout.bases())
    reached |= basis;
  std::vector<int64_t> shape;
  for (int32_t coordinate : layout.out().coordinates(reached))
    shape.push_back(int64_t(llvm::PowerOf2Ceil(uint64_t(coordinate) + 1)));
  return shape;
}

/// `<{lane = [[0, 1], ...], warp = [...]}>`, with `, shape = [...]` after the brace where the bases do not tell the
/// shape.
static void printLayout(AsmPrinter &printer, const LinearLayout &layout) {
  printer << '<' << layout.toString();
  std::vector<int64_t> shape = layout.shape();
  if (shape != impliedShape(layout)) {
    printer << ", shape = [";
    llvm::interleaveComma(shape, printer);
    printer << ']';
  }
  printer << '>';
}

/// `[1, 2, ...]`
template <typename T> static ParseResult parseNumbers(AsmParser &parser, std::vector<T> &numbers) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
    SMLoc loc = parser.getCurrentLocation();
    T number = 0;
    if (parser.parseInteger(number))
      return failure();
    if (number < 0)
      return parser.emitError(loc) << "expected numbers that are not negative, but found " << number;
    numbers.push_back(number);
    return success();
  });
}

static FailureOr<LinearLayout> parseLayout(AsmParser &parser) {
  SMLoc start = parser.getCurrentLocation();
  std::vector<LinearLayout::InBases> bases;
  auto parseDim = [&]() -> ParseResult {
    SMLoc loc = parser.getCurrentLocation();
    StringRef keyword;
    if (parser.parseKeyword(&keyword) || parser.parseEqual())
      return failure();
    std::optional<Dim> dim = dimByName(keyword);
    if (!dim || isTensorDim(*dim))
      return parser.emitError(loc) << "expected 'register', 'lane', 'warp', 'block' or 'offset', but found '" << keyword
                                   << "'";
    LinearLayout::InBases &entry = bases.emplace_back(*dim, std::vector<LinearLayout::Basis>());
    return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
      return parseNumbers(parser, entry.second.emplace_back());
    });
  };
  std::vector<int64_t> shape;
  if (parser.parseLess() || parser.parseCommaSeparatedList(AsmParser::Delimiter::Braces, parseDim))
    return failure();
  if (succeeded(parser.parseOptionalComma())) {
    if (parser.parseKeyword("shape") || parser.parseEqual() || parseNumbers(parser, shape))
      return failure();
  } else {
    // Each side is the smallest that holds every coordinate.
    for (const LinearLayout::InBases &entry : bases)
      for (const LinearLayout::Basis &basis : entry.second) {
        shape.resize(std::max(shape.size(), basis.size()), 1);
        for (auto [side, coordinate] : llvm::zip(shape, basis))
          side = std::max(side, int64_t(llvm::PowerOf2Ceil(uint64_t(uint32_t(coordinate)) + 1)));
      }
    if (shape.empty())
      return parser.emitError(start, "expected a shape after a layout without bases"), failure();
  }
  if (parser.parseGreater())
    return failure();
  std::string error;
  std::optional<LinearLayout> layout = LinearLayout::fromBases(bases, shape, &error);
  if (!layout)
    return parser.emitError(start) << error, failure();
  return *layout;
}

template <typename AttrT> static Attribute parseLayoutAttr(AsmParser &parser) {
  SMLoc start = parser.getCurrentLocation();
  FailureOr<LinearLayout> layout = parseLayout(parser);
  if (failed(layout))
    return {};
  return AttrT::getChecked([&] { return parser.emitError(start); }, parser.getContext(), *layout);
}

Attribute LayoutAttr::parse(AsmParser &parser, Type) { return parseLayoutAttr<LayoutAttr>(parser); }
void LayoutAttr::print(AsmPrinter &printer) const { printLayout(printer, getLayout()); }
Attribute SharedAttr::parse(AsmParser &parser, Type) { return parseLayoutAttr<SharedAttr>(parser); }
void SharedAttr::print(AsmPrinter &printer) const { printLayout(printer, getLayout()); }

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

static LogicalResult verifyLayout(function_ref<InFlightDiagnostic()> emitError, const LinearLayout &layout,
                                  ArrayRef<Dim> allowed) {
  for (unsigned i = 0; i < kNumHardwareDims; ++i)
    if (layout.inBits(Dim(i)) != 0 && !llvm::is_contained(allowed, Dim(i)))
      return emitError() << "layout has a dimension '" << nameOf(Dim(i)) << "', which has no place here";
  if (layout.tensorRank() == 0)
    return emitError() << "layout is of a tensor of rank 0, expected rank 1 at least";
  if (!layout.isSurjective())
    return emitError() << "layout does not cover the tensor: it reaches " << (int64_t(1) << layout.rank()) << " of "
                       << (int64_t(1) << layout.out().totalBits()) << " elements";
  return success();
}

LogicalResult LayoutAttr::verify(function_ref<InFlightDiagnostic()> emitError, LinearLayout layout) {
  return verifyLayout(emitError, layout, {Dim::Register, Dim::Lane, Dim::Warp, Dim::Block});
}

LogicalResult SharedAttr::verify(function_ref<InFlightDiagnostic()> emitError, LinearLayout layout) {
  if (failed(verifyLayout(emitError, layout, {Dim::Offset})))
    return failure();
  if (!layout.isInvertible())
    return emitError() << "layout puts an element at several offsets";
  return success();
}

std::string tile::shapeToString(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(shape, os, "x");
  return text;
}

LogicalResult LayoutAttr::verifyEncoding(ArrayRef<int64_t> shape, Type,
                                         function_ref<InFlightDiagnostic()> emitError) const {
  std::vector<int64_t> own = getLayout().shape();
  if (shape == ArrayRef<int64_t>(own))
    return success();
  return emitError() << "tensor of shape " << shapeToString(shape) << " has a layout of shape " << shapeToString(own);
}

//===----------------------------------------------------------------------===//
// Facts
//===----------------------------------------------------------------------===//

bool tile::equalUpToRegisters(const LinearLayout &a, const LinearLayout &b) {
  if (a == b)
    return true;
  if (a.out() != b.out())
    return false;
  for (Dim dim : {Dim::Lane, Dim::Warp, Dim::Block})
    if (!llvm::equal(a.bases(dim), b.bases(dim)))
      return false;
  LinearLayout registersA = a.restrictIns({Dim::Register}), registersB = b.restrictIns({Dim::Register});
  return registersA.rank() == registersB.rank() &&
         llvm::all_of(a.bases(Dim::Register), [&](uint64_t basis) { return registersB.imageContains(basis); });
}

MmaShape tile::getMmaShape(MmaKind kind) {
  switch (kind) {
  case MmaKind::M16N8K16_F32_F16:
  case MmaKind::M16N8K16_F32_BF16:
  case MmaKind::M16N8K16_F16_F16:
    return {16, 8, 16};
  case MmaKind::M16N8K8_F32_TF32:
    return {16, 8, 8};
  case MmaKind::M16N8K32_S32_S8:
  case MmaKind::M16N8K32_F32_E4M3:
  case MmaKind::M16N8K32_F32_E5M2:
    return {16, 8, 32};
  case MmaKind::M8N8K4_F64_F64:
    return {8, 8, 4};
  }
  llvm_unreachable("all kinds are handled");
}
