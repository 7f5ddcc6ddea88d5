//===- Lowering.cpp - The walk and its state ------------------------------===//
//
// Values, layouts, shared memory and the kernel function itself; the operations are lowered in files of their own.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Lowering.h"

#include "llvm/ADT/bit.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace tessera {
namespace {

constexpr llvm::StringLiteral kSharedName = "tessera_shared";
constexpr llvm::StringLiteral kScratchAttr = "tile.scratch_offset";

const LowerTable &lowerTable() {
  static const LowerTable table = [] {
    LowerTable table;
    addControlFlowLowerings(table);
    addElementwiseLowerings(table);
    addMathLowerings(table);
    addConversionLowerings(table);
    addShapeLowerings(table);
    addMemoryLowerings(table);
    addAtomicLowerings(table);
    addReduceLowerings(table);
    addScanLowerings(table);
    addDotLowerings(table);
    addMmaLowerings(table);
    addConvertLayoutLowerings(table);
    addSharedLowerings(table);
    addIndexedLowerings(table);
    addDebugLowerings(table);
    return table;
  }();
  return table;
}

/// The innermost place in the source that `loc` names; null if it names none.
FileLineColLoc sourceOf(Location loc) {
  if (auto file = dyn_cast<FileLineColLoc>(loc))
    return file;
  if (auto name = dyn_cast<NameLoc>(loc))
    return sourceOf(name.getChildLoc());
  if (auto call = dyn_cast<CallSiteLoc>(loc)) {
    if (FileLineColLoc callee = sourceOf(call.getCallee()))
      return callee;
    return sourceOf(call.getCaller());
  }
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (FileLineColLoc found = sourceOf(part))
        return found;
  return {};
}

} // namespace

Lowering::Lowering(MLIRContext *context, const Target &target, ModuleOp module, bool lineInfo)
    : Emitter(context, UnknownLoc::get(context)), target(target), module(module), ptxVersion(target.basePtxVersion),
      lineInfo(lineInfo), table(lowerTable()) {
  if (auto warps = module->getAttrOfType<IntegerAttr>(tile::TileDialect::numWarpsAttrName))
    numWarps = warps.getInt();
}

// ---- Values ---------------------------------------------------------------------------------------------------------

Lowering::Values Lowering::registersOf(Value value) {
  auto deferred = deferredLoads.find(value);
  if (deferred != deferredLoads.end()) {
    Operation *op = deferred->second;
    deferredLoads.erase(deferred);
    deferLoads = false;
    (void)table.lookup(op->getName().getTypeID())(*this, op);
    deferLoads = true;
  }
  Values scalars = values.lookup(value);
  assert(!scalars.empty() && "a value is lowered before its uses");
  return scalars;
}

void Lowering::define(Value value, Values scalars) {
  assert(scalars.size() == countOf(value.getType()) && "one scalar a register");
  auto *copy = storage.Allocate<Value>(scalars.size());
  std::uninitialized_copy(scalars.begin(), scalars.end(), copy);
  values[value] = Values(copy, scalars.size());
}

// ---- Types and layouts ----------------------------------------------------------------------------------------------

Type Lowering::scalarType(Type type) {
  type = elementTypeOf(type);
  if (auto pointer = dyn_cast<tile::PointerType>(type))
    return pointerType(pointer.getAddressSpace() == tile::AddressSpace::Shared ? kSharedSpace : kGlobalSpace);
  if (isa<FloatType>(type) && type.getIntOrFloatBitWidth() == 8)
    return b.getI8Type();
  if (isa<IndexType>(type))
    return b.getI64Type();
  return type;
}

Type Lowering::elementTypeOf(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.getElementType();
  return type;
}

unsigned Lowering::bytesOf(Type elementType) {
  if (!elementType.isIntOrFloat())
    return 8;
  return std::max(1u, elementType.getIntOrFloatBitWidth() / 8);
}

const LinearLayout *Lowering::layoutOf(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return nullptr;
  auto layout = dyn_cast_if_present<tile::LayoutAttr>(tensor.getEncoding());
  return layout ? &layout.getLayout() : nullptr;
}

llvm::SmallVector<uint64_t> Lowering::registerWords(const LinearLayout &layout) {
  llvm::SmallVector<uint64_t> words(layout.numRegisters(), 0);
  for (unsigned r = 1; r < words.size(); ++r)
    words[r] = words[r & (r - 1)] ^ layout.basis(Dim::Register, llvm::countr_zero(r));
  return words;
}

llvm::SmallVector<uint64_t> Lowering::threadBases(const LinearLayout &layout) const {
  llvm::SmallVector<uint64_t> bases(5 + llvm::Log2_32(numWarps), 0);
  for (auto [bit, basis] : llvm::enumerate(layout.bases(Dim::Lane)))
    bases[bit] = basis;
  for (auto [bit, basis] : llvm::enumerate(layout.bases(Dim::Warp)))
    if (5 + bit < bases.size())
      bases[5 + bit] = basis;
  return bases;
}

Value Lowering::combine(llvm::ArrayRef<uint64_t> bases, uint64_t constant) {
  uint64_t mask = 0;
  for (uint64_t basis : bases)
    mask |= basis;
  Value base = bitXor(threadImage(bases), i32(int64_t(constant & mask)));
  int64_t rest = int64_t(constant & ~mask);
  if (rest == 0)
    return base;
  Value sum = LLVM::OrOp::create(b, loc, base, i32(rest), /*isDisjoint=*/true);
  if (mask == 0)
    return i32(rest);
  recordSplit(sum, {base, rest, true});
  return sum;
}

Value Lowering::elementWord(const LinearLayout &layout, uint64_t registerWord, uint64_t mask, unsigned shift) {
  llvm::SmallVector<uint64_t> bases = threadBases(layout);
  for (uint64_t &basis : bases)
    basis = (basis & mask) >> shift;
  return combine(bases, (registerWord & mask) >> shift);
}

Value Lowering::ownerPredicate(const LinearLayout &layout) {
  uint64_t copies = layout.freeMask(Dim::Lane) | layout.freeMask(Dim::Warp) << 5;
  // A layout that says nothing of some lanes or warps has copies there too.
  for (unsigned bit = layout.inBits(Dim::Lane); bit < 5; ++bit)
    copies |= uint64_t(1) << bit;
  for (unsigned bit = layout.inBits(Dim::Warp); bit < llvm::Log2_32(numWarps); ++bit)
    copies |= uint64_t(1) << (5 + bit);
  copies &= 32 * numWarps - 1;
  if (copies == 0)
    return {};
  return compare(LLVM::ICmpPredicate::eq, bitAnd(threadId(), i32(int64_t(copies))), i32(0));
}

Lowering::Split Lowering::splitOf(Value scalar) const {
  auto it = splits.find(scalar);
  if (it != splits.end())
    return it->second;
  return {scalar, 0, true};
}

// ---- Shared memory --------------------------------------------------------------------------------------------------

Value Lowering::sharedPointer(int64_t offset) {
  if (!sharedBase) {
    if (!module.lookupSymbol(kSharedName)) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(module.getBody());
      auto type = LLVM::LLVMArrayType::get(b.getI8Type(), 0);
      LLVM::GlobalOp::create(b, loc, type, /*isConstant=*/false, LLVM::Linkage::External, kSharedName, Attribute(),
                             /*alignment=*/16, kSharedSpace);
    }
    sharedBase =
        inEntry([&]() -> Value { return LLVM::AddressOfOp::create(b, loc, pointerType(kSharedSpace), kSharedName); });
  }
  return offsetBytes(sharedBase, offset);
}

FailureOr<Value> Lowering::scratchOf(Operation *op) {
  if (auto offset = op->getAttrOfType<IntegerAttr>(kScratchAttr))
    return sharedPointer(offset.getInt());
  return op->emitError() << "needs scratch memory but has no '" << kScratchAttr
                         << "'; shared memory must be allocated before the lowering";
}

void Lowering::storeShared(Value value, Value pointer) {
  if (value.getType().isInteger(1))
    value = zext(value, b.getI8Type());
  Type type = value.getType();
  store(value, pointer, isa<LLVM::LLVMPointerType>(type) ? 8 : bytesOf(type));
}

Value Lowering::loadShared(Type type, Value pointer) {
  if (type.isInteger(1))
    return trunc(load(b.getI8Type(), pointer, 1), type);
  return load(type, pointer, bytesOf(type));
}

// ---- The rest -------------------------------------------------------------------------------------------------------

LogicalResult Lowering::require(Operation *op, Feature feature) {
  if (!target.has(feature))
    return op->emitError() << "target " << target.name << " does not have " << describe(feature);
  requirePtx(target.ptxVersionOf(feature));
  return success();
}

Block *Lowering::addBlock(TypeRange arguments) {
  OpBuilder::InsertionGuard guard(b);
  return b.createBlock(&function.getBody(), function.getBody().end(), arguments,
                       llvm::SmallVector<Location>(arguments.size(), loc));
}

void Lowering::branch(Block *to, Values arguments) { LLVM::BrOp::create(b, loc, arguments, to); }

void Lowering::branch(Value condition, Block *ifTrue, Values trueArguments, Block *ifFalse, Values falseArguments) {
  if (auto known = constantOf(condition))
    return *known ? branch(ifTrue, trueArguments) : branch(ifFalse, falseArguments);
  LLVM::CondBrOp::create(b, loc, condition, ifTrue, trueArguments, ifFalse, falseArguments);
}

Block *Lowering::splitBlock() {
  Block *next = addBlock();
  branch(next);
  b.setInsertionPointToEnd(next);
  return next;
}

void Lowering::inThreads(Value condition, llvm::function_ref<void()> emit) {
  if (!condition)
    return emit();
  Block *then = addBlock();
  Block *next = addBlock();
  branch(condition, then, {}, next, {});
  b.setInsertionPointToEnd(then);
  emit();
  branch(next);
  b.setInsertionPointToEnd(next);
}

Value Lowering::stringConstant(llvm::StringRef text) {
  Value &slot = strings[text];
  if (slot)
    return slot;
  std::string bytes = text.str();
  bytes.push_back('\0');
  std::string name = (function.getName() + "_text_" + llvm::Twine(strings.size())).str();
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
    LLVM::GlobalOp::create(b, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal, name, b.getStringAttr(bytes),
                           /*alignment=*/1, kGlobalSpace);
  }
  return slot = inEntry([&]() -> Value {
           Value address = LLVM::AddressOfOp::create(b, loc, pointerType(kGlobalSpace), name);
           return LLVM::AddrSpaceCastOp::create(b, loc, pointerType(0), address);
         });
}

LLVM::LLVMFuncOp Lowering::declare(llvm::StringRef name, Type result, llvm::ArrayRef<Type> arguments) {
  if (auto existing = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return existing;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  return LLVM::LLVMFuncOp::create(b, UnknownLoc::get(b.getContext()), name,
                                  LLVM::LLVMFunctionType::get(result, arguments));
}

// ---- The kernel -----------------------------------------------------------------------------------------------------

Location Lowering::kernelLocation(Location place) const {
  if (FileLineColLoc source = sourceOf(place))
    return source;
  return UnknownLoc::get(place.getContext());
}

LogicalResult Lowering::lowerBody(Block &block) {
  for (Operation &op : block.without_terminator()) {
    LowerFn lower = table.lookup(op.getName().getTypeID());
    if (!lower)
      return op.emitError() << "operation '" << op.getName() << "' has no lowering to the device";
    loc = kernelLocation(op.getLoc());
    if (failed(lower(*this, &op)))
      return failure();
  }
  return success();
}

/// The debug information that gives instructions their source lines: a compile unit with line directives only.
static LLVM::DISubprogramAttr makeSubprogram(MLIRContext *context, FileLineColLoc place, StringAttr name) {
  llvm::StringRef path = place.getFilename().getValue();
  auto file = LLVM::DIFileAttr::get(context, llvm::sys::path::filename(path), llvm::sys::path::parent_path(path));
  auto unit = LLVM::DICompileUnitAttr::get(DistinctAttr::create(UnitAttr::get(context)), llvm::dwarf::DW_LANG_C, file,
                                           StringAttr::get(context, "tessera"), /*isOptimized=*/true,
                                           LLVM::DIEmissionKind::DebugDirectivesOnly);
  auto type = LLVM::DISubroutineTypeAttr::get(context, {});
  return LLVM::DISubprogramAttr::get(context, DistinctAttr::create(UnitAttr::get(context)), unit, file, name, name,
                                     file, place.getLine(), place.getLine(),
                                     LLVM::DISubprogramFlags::Definition | LLVM::DISubprogramFlags::Optimized, type,
                                     /*retainedNodes=*/{}, /*annotations=*/{});
}

LogicalResult Lowering::lowerKernel(func::FuncOp kernel) {
  if (!llvm::hasSingleElement(kernel.getBody()))
    return kernel.emitError() << "a kernel has one block before the lowering; this one has "
                              << kernel.getBody().getBlocks().size();
  MLIRContext *context = kernel.getContext();
  loc = UnknownLoc::get(context);
  llvm::SmallVector<Type> types;
  for (Type type : kernel.getArgumentTypes())
    types.push_back(scalarType(type));

  Location place = kernel.getLoc();
  if (FileLineColLoc source = lineInfo ? sourceOf(kernel.getLoc()) : FileLineColLoc())
    place = FusedLoc::get(context, {source}, makeSubprogram(context, source, kernel.getNameAttr()));
  b.setInsertionPoint(kernel);
  function = LLVM::LLVMFuncOp::create(b, place, kernel.getName(),
                                      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), types));
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), b.getUnitAttr());
  function->setAttr(NVVM::NVVMDialect::getReqntidAttrName(), b.getDenseI32ArrayAttr({int32_t(32 * numWarps), 1, 1}));
  for (auto [i, type] : llvm::enumerate(kernel.getArgumentTypes())) {
    auto pointer = dyn_cast<tile::PointerType>(type);
    if (!pointer)
      continue;
    int64_t alignment = bytesOf(pointer.getPointee());
    if (auto divisibility = kernel.getArgAttrOfType<IntegerAttr>(i, tile::TileDialect::divisibilityAttrName))
      alignment = std::max<int64_t>(alignment, divisibility.getInt());
    function.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(), b.getI64IntegerAttr(alignment));
  }

  entry = function.addEntryBlock(b);
  Block *body = addBlock();
  b.setInsertionPointToEnd(body);
  for (auto [argument, scalar] : llvm::zip(kernel.getArguments(), entry->getArguments()))
    define(argument, Value(scalar));
  if (failed(lowerBody(kernel.front())))
    return failure();
  LLVM::ReturnOp::create(b, loc, ValueRange());
  b.setInsertionPointToEnd(entry);
  branch(body);
  kernel.erase();
  return success();
}

} // namespace tessera
