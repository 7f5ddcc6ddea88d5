//===- Emitter.cpp - Small steps of emission ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Emitter.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/bit.h"

using namespace mlir;

namespace tessera {

Value Emitter::constant(TypedAttr value) {
  Value &slot = constants[value];
  if (!slot) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(entry);
    slot = LLVM::ConstantOp::create(b, loc, value.getType(), value);
  }
  return slot;
}

Value Emitter::zero(Type type) {
  if (isa<LLVM::LLVMPointerType>(type)) {
    return inEntry([&]() -> Value { return LLVM::ZeroOp::create(b, loc, type); });
  }
  return constant(cast<TypedAttr>(b.getZeroAttr(type)));
}

Value Emitter::poison(Type type) {
  Value &slot = poisons[type];
  if (!slot) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(entry);
    slot = LLVM::PoisonOp::create(b, loc, type);
  }
  return slot;
}

std::optional<int64_t> Emitter::constantOf(Value value) {
  if (auto op = value.getDefiningOp<LLVM::ConstantOp>())
    if (auto attr = dyn_cast<IntegerAttr>(op.getValue()))
      if (attr.getValue().getBitWidth() <= 64)
        return attr.getValue().getSExtValue();
  return std::nullopt;
}

Value Emitter::add(Value lhs, Value rhs) {
  auto left = constantOf(lhs), right = constantOf(rhs);
  if (left && right)
    return constantInt(lhs.getType(), *left + *right);
  if (left == 0)
    return rhs;
  if (right == 0)
    return lhs;
  return LLVM::AddOp::create(b, loc, lhs, rhs);
}

Value Emitter::sub(Value lhs, Value rhs) {
  if (constantOf(rhs) == 0)
    return lhs;
  return LLVM::SubOp::create(b, loc, lhs, rhs);
}

Value Emitter::mul(Value lhs, Value rhs) {
  auto left = constantOf(lhs), right = constantOf(rhs);
  if (left && right)
    return constantInt(lhs.getType(), *left * *right);
  if (left == 1)
    return rhs;
  if (right == 1)
    return lhs;
  return LLVM::MulOp::create(b, loc, lhs, rhs);
}

Value Emitter::bitAnd(Value lhs, Value rhs) {
  if (constantOf(lhs) == -1)
    return rhs;
  if (constantOf(rhs) == -1)
    return lhs;
  return LLVM::AndOp::create(b, loc, lhs, rhs);
}

Value Emitter::bitOr(Value lhs, Value rhs) {
  if (constantOf(lhs) == 0)
    return rhs;
  if (constantOf(rhs) == 0)
    return lhs;
  return LLVM::OrOp::create(b, loc, lhs, rhs);
}

Value Emitter::bitXor(Value lhs, Value rhs) {
  if (constantOf(lhs) == 0)
    return rhs;
  if (constantOf(rhs) == 0)
    return lhs;
  return LLVM::XOrOp::create(b, loc, lhs, rhs);
}

Value Emitter::shl(Value value, unsigned bits) {
  return bits == 0 ? value : LLVM::ShlOp::create(b, loc, value, constantInt(value.getType(), bits)).getResult();
}

Value Emitter::lshr(Value value, unsigned bits) {
  return bits == 0 ? value : LLVM::LShrOp::create(b, loc, value, constantInt(value.getType(), bits)).getResult();
}

Value Emitter::compare(LLVM::ICmpPredicate predicate, Value lhs, Value rhs) {
  return LLVM::ICmpOp::create(b, loc, predicate, lhs, rhs);
}

Value Emitter::select(Value condition, Value ifTrue, Value ifFalse) {
  if (ifTrue == ifFalse)
    return ifTrue;
  if (auto known = constantOf(condition))
    return *known ? ifTrue : ifFalse;
  return LLVM::SelectOp::create(b, loc, condition, ifTrue, ifFalse);
}

Value Emitter::bitcast(Value value, Type type) {
  return value.getType() == type ? value : LLVM::BitcastOp::create(b, loc, type, value).getResult();
}

Value Emitter::zext(Value value, Type type) {
  return value.getType() == type ? value : LLVM::ZExtOp::create(b, loc, type, value).getResult();
}

Value Emitter::trunc(Value value, Type type) {
  return value.getType() == type ? value : LLVM::TruncOp::create(b, loc, type, value).getResult();
}

Value Emitter::toBits(Value value) {
  Type type = value.getType();
  if (isa<IntegerType>(type))
    return value;
  if (auto pointer = dyn_cast<LLVM::LLVMPointerType>(type))
    return LLVM::PtrToIntOp::create(b, loc, intType(pointer.getAddressSpace() == kSharedSpace ? 32 : 64), value);
  unsigned width = type.isIntOrFloat() ? type.getIntOrFloatBitWidth() : 0;
  if (auto vector = dyn_cast<VectorType>(type))
    width = vector.getNumElements() * vector.getElementTypeBitWidth();
  return bitcast(value, intType(width));
}

Value Emitter::fromBits(Value bits, Type type) {
  if (isa<LLVM::LLVMPointerType>(type))
    return LLVM::IntToPtrOp::create(b, loc, type, bits);
  return bitcast(bits, type);
}

Value Emitter::intrinsic(llvm::StringRef name, Type result, Values arguments) {
  auto attr = b.getStringAttr(name);
  if (!result) {
    LLVM::CallIntrinsicOp::create(b, loc, attr, arguments);
    return {};
  }
  return LLVM::CallIntrinsicOp::create(b, loc, result, attr, arguments).getResults();
}

llvm::SmallVector<Value> Emitter::inlinePtx(llvm::StringRef text, llvm::StringRef constraints,
                                            llvm::ArrayRef<Type> results, Values arguments, bool sideEffects) {
  Type type;
  if (results.size() == 1)
    type = results.front();
  else if (results.size() > 1)
    type = structType(results);
  auto op = LLVM::InlineAsmOp::create(b, loc, type ? TypeRange(type) : TypeRange(), arguments, text, constraints,
                                      sideEffects, /*is_align_stack=*/false, LLVM::TailCallKind::None,
                                      /*asm_dialect=*/LLVM::AsmDialectAttr(), /*operand_attrs=*/ArrayAttr());
  llvm::SmallVector<Value> values;
  if (results.size() == 1)
    values.push_back(op.getRes());
  for (unsigned i = 0; results.size() > 1 && i < results.size(); ++i)
    values.push_back(extract(op.getRes(), i));
  return values;
}

std::string Emitter::addressText(unsigned operand, int64_t offset) {
  std::string text = "[$" + std::to_string(operand);
  // Always a sum: ptxas reads "[%rd1+-4]", but not "[%rd1-4]".
  if (offset != 0)
    text += "+" + std::to_string(offset);
  return text + "]";
}

Value Emitter::extract(Value aggregate, unsigned index) {
  if (isa<VectorType>(aggregate.getType()))
    return LLVM::ExtractElementOp::create(b, loc, aggregate, i32(index));
  return LLVM::ExtractValueOp::create(b, loc, aggregate, index);
}

Value Emitter::gep(Value base, Type element, Value index) {
  if (constantOf(index) == 0)
    return base;
  return LLVM::GEPOp::create(b, loc, base.getType(), element, base, llvm::ArrayRef<LLVM::GEPArg>{index});
}

Value Emitter::offsetBytes(Value base, int64_t bytes) {
  if (bytes == 0)
    return base;
  return LLVM::GEPOp::create(b, loc, base.getType(), b.getI8Type(), base, llvm::ArrayRef<LLVM::GEPArg>{int32_t(bytes)});
}

Value Emitter::load(Type type, Value pointer, unsigned alignment) {
  return LLVM::LoadOp::create(b, loc, type, pointer, alignment);
}

void Emitter::store(Value value, Value pointer, unsigned alignment) {
  LLVM::StoreOp::create(b, loc, value, pointer, alignment);
}

Value Emitter::threadId() {
  if (!thread)
    thread = inEntry([&]() -> Value {
      auto range =
          LLVM::ConstantRangeAttr::get(b.getContext(), llvm::APInt(32, 0), llvm::APInt(32, 32 * uint64_t(numWarps)));
      return NVVM::ThreadIdXOp::create(b, loc, b.getI32Type(), range);
    });
  return thread;
}

Value Emitter::warpId() {
  std::vector<uint64_t> bases(5, 0);
  for (unsigned bit = 0; (1u << bit) < numWarps; ++bit)
    bases.push_back(uint64_t(1) << bit);
  return threadImage(bases);
}

Value Emitter::threadImage(llvm::ArrayRef<uint64_t> bases) {
  std::vector<uint64_t> key(bases.begin(), bases.end());
  auto it = threadImages.find(key);
  if (it != threadImages.end())
    return it->second;
  Value input = threadId();
  Value result = inEntry([&] { return image(input, bases); });
  threadImages.emplace(std::move(key), result);
  return result;
}

Value Emitter::image(Value input, llvm::ArrayRef<uint64_t> bases) {
  // Pairs of a bit of the input and a bit of the image, by their distance.
  std::map<int, uint64_t> masks;
  for (auto [bit, basis] : llvm::enumerate(bases))
    for (uint64_t rest = basis; rest; rest &= rest - 1)
      masks[llvm::countr_zero(rest) - int(bit)] |= uint64_t(1) << bit;
  Type type = input.getType();
  uint64_t all = bases.size() >= 64 ? ~uint64_t(0) : (uint64_t(1) << bases.size()) - 1;
  Value result;
  uint64_t covered = 0;
  for (auto [distance, mask] : masks) {
    Value part = mask == all ? input : bitAnd(input, constantInt(type, int64_t(mask)));
    part = distance >= 0 ? shl(part, distance) : lshr(part, -distance);
    uint64_t bits = distance >= 0 ? mask << distance : mask >> -distance;
    if (!result)
      result = part;
    else if (covered & bits)
      result = bitXor(result, part);
    else
      result = LLVM::OrOp::create(b, loc, result, part, /*isDisjoint=*/true);
    covered |= bits;
  }
  return result ? result : constantInt(type, 0);
}

void Emitter::barrier() { NVVM::Barrier0Op::create(b, loc); }

} // namespace tessera
