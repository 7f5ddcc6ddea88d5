//===- Arithmetic.cpp - promotion and operators on tensors ----------------===//
//
// Triton's rules for operands of different types, and what each operator emits.
//
//   operands                       common type
//   tensor and Python number       the tensor's, unless the number is of a higher kind (bool < int < float)
//   fp64 / fp32 and anything       fp64 / fp32
//   fp16 and anything lower        fp16; fp32 for division
//   bf16 and bf16                  bf16; fp32 for division
//   bf16 and a lower kind          fp32, as Triton has it
//   integers                       the wider; of the same width the unsigned one
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Emitter.h"

#include "dialect/tile/Tile.h"

using namespace tessera;
using namespace tessera::emit;
using ast::BinaryOp;
using llvm::StringRef;
using llvm::Twine;
namespace arith = mlir::arith;

//===----------------------------------------------------------------------===//
// Promotion
//===----------------------------------------------------------------------===//

static ElementType promoteIntegers(ElementType a, ElementType b) {
  unsigned aWidth = a.getBitWidth(), bWidth = b.getBitWidth();
  if (a.isSigned() == b.isSigned())
    return aWidth > bWidth ? a : b;
  if (a.isUnsigned())
    return aWidth >= bWidth ? a : b;
  return bWidth >= aWidth ? b : a;
}

std::optional<ElementType> Emitter::getCommonType(ElementType a, bool aIsNumber, ElementType b, bool bIsNumber,
                                                  bool division, SourceLoc loc, StringRef what) {
  if (aIsNumber != bIsNumber) {
    ElementType number = aIsNumber ? a : b, tensor = aIsNumber ? b : a;
    if (number.getKind() <= tensor.getKind()) {
      if (division && (tensor.is(DType::Float16) || tensor.is(DType::BFloat16)))
        return ElementType(DType::Float32);
      return tensor;
    }
  }
  auto either = [&](DType type) { return a.is(type) || b.is(type); };
  if (either(DType::Float64))
    return ElementType(DType::Float64);
  if (either(DType::Float32))
    return ElementType(DType::Float32);
  if (either(DType::Float16))
    return ElementType(division ? DType::Float32 : DType::Float16);
  if (either(DType::BFloat16))
    return ElementType(a == b && !division ? DType::BFloat16 : DType::Float32);
  if (a.isFloat8() && b.isFloat8())
    return a == b ? a : ElementType(DType::Float16);
  if (!a.isInteger() || !b.isInteger()) {
    error(loc, Twine(what) + " is not defined for " + a.getSpelling() + " and " + b.getSpelling() +
                   "; convert the fp8 operand first");
    return std::nullopt;
  }
  if (division && a.isSigned() != b.isSigned()) {
    error(loc, Twine(what) + " of " + a.getSpelling() + " and " + b.getSpelling() +
                   " mixes signed and unsigned; convert one of them");
    return std::nullopt;
  }
  return promoteIntegers(a, b);
}

/// The range of an integer type.
static std::pair<Integer, Integer> getLimits(ElementType type) {
  Integer one = 1;
  unsigned width = type.getBitWidth();
  if (type.isSigned())
    return {-(one << (width - 1)), (one << (width - 1)) - 1};
  return {0, (one << width) - 1};
}

static bool checkNumberFits(Emitter &emitter, Value number, ElementType type, SourceLoc loc, StringRef what) {
  if (!number.isIntLike() || !type.isInteger())
    return true;
  auto [low, high] = getLimits(type);
  if (number.integer >= low && number.integer <= high)
    return true;
  emitter.error(loc, Twine(what) + ": the number " + toPython(number, true) + " is out of the range of " +
                         type.getSpelling() + "; convert the other operand first");
  return false;
}

bool Emitter::promotePair(Value &a, Value &b, SourceLoc loc, StringRef what, PairRules rules) {
  if (a.isPoison() || b.isPoison())
    return false;
  for (const Value *value : {&a, &b})
    if (!value->isTensor() && !value->isNumber()) {
      if (value->is(ValueKind::Opaque))
        error(loc, value->getString() + " cannot be used in device code");
      else
        error(loc, Twine(what) + " is not defined for " + describe(a) + " and " + describe(b));
      return false;
    }
  bool aIsNumber = a.isNumber(), bIsNumber = b.isNumber();
  ElementType aType = aIsNumber ? getNumberType(a) : a.element, bType = bIsNumber ? getNumberType(b) : b.element;
  if (aType.isVoid() || bType.isVoid()) {
    error(loc, Twine(what) + ": the integer " + toPython(aType.isVoid() ? a : b, true) + " does not fit in 64 bits");
    return false;
  }
  if (aType.isPointer() || bType.isPointer()) {
    bool allowed = (!aType.isPointer() || rules.pointerLeft) && (!bType.isPointer() || rules.pointerRight) &&
                   !aType.isFloating() && !bType.isFloating() &&
                   (!aType.isPointer() || !bType.isPointer() || aType == bType);
    if (!allowed) {
      error(loc, Twine(what) + " is not defined for " + describe(a) + " and " + describe(b));
      return false;
    }
    a = toTensor(a, loc);
    b = toTensor(b, loc);
    return broadcastPair(a, b, loc, what);
  }
  if (rules.arithmetic) {
    std::optional<ElementType> common =
        getCommonType(aType, aIsNumber && !rules.strong, bType, bIsNumber && !rules.strong, rules.division, loc, what);
    if (!common)
      return false;
    if (aIsNumber && !checkNumberFits(*this, a, *common, loc, what))
      return false;
    if (bIsNumber && !checkNumberFits(*this, b, *common, loc, what))
      return false;
    a = cast(a, *common, loc);
    b = cast(b, *common, loc);
  } else {
    a = toTensor(a, loc);
    b = toTensor(b, loc);
  }
  return broadcastPair(a, b, loc, what);
}

//===----------------------------------------------------------------------===//
// Binary operators
//===----------------------------------------------------------------------===//

Value Emitter::addPointer(Value pointer, Value offset, SourceLoc loc) {
  if (offset.element.isUnsigned() && offset.element.getBitWidth() < 64)
    offset = cast(offset, DType::Int64, loc);
  return Value::tensor(
      builder.createOrFold<tile::AddPtrOp>(this->loc(), pointer.getSSA().getType(), pointer.getSSA(), offset.getSSA()),
      pointer.element);
}

Value Emitter::divide(Value a, Value b, bool ieee, SourceLoc loc) {
  // The hardware divides in fp32 with the error of the approximate instruction unless IEEE's result is asked for.
  arith::FastMathFlags flags =
      ieee || !a.element.is(DType::Float32) ? arith::FastMathFlags::none : arith::FastMathFlags::afn;
  return Value::tensor(builder.createOrFold<arith::DivFOp>(this->loc(), a.getSSA(), b.getSSA(), flags), a.element);
}

static Value emitShift(Emitter &emitter, BinaryOp op, Value a, Value b, bool isSigned, SourceLoc loc) {
  mlir::Value x = a.getSSA(), y = b.getSSA();
  if (op == BinaryOp::LShift)
    return Value::tensor(emitter.builder.createOrFold<arith::ShLIOp>(emitter.loc(), x, y), a.element);
  if (isSigned)
    return Value::tensor(emitter.builder.createOrFold<arith::ShRSIOp>(emitter.loc(), x, y), a.element);
  return Value::tensor(emitter.builder.createOrFold<arith::ShRUIOp>(emitter.loc(), x, y), a.element);
}

static bool isBitwise(BinaryOp op) {
  return op == BinaryOp::BitAnd || op == BinaryOp::BitOr || op == BinaryOp::BitXor || op == BinaryOp::LShift ||
         op == BinaryOp::RShift;
}

/// x ** n as products for a small whole n, else a call of the library.
static Value emitPower(Emitter &emitter, Value a, Value b, SourceLoc loc) {
  std::optional<Value> exponent = emitter.getConstant(b);
  if (exponent && exponent->isIntLike() && exponent->integer >= 1 && exponent->integer <= 64) {
    int64_t n = static_cast<int64_t>(exponent->integer);
    Value result, square = a;
    for (; n; n >>= 1) {
      if (n & 1)
        result = result.isUndefined() ? square : emitter.mul(result, square, loc);
      if (n > 1)
        square = emitter.mul(square, square, loc);
    }
    return result;
  }
  if (exponent && exponent->is(ValueKind::Float) && exponent->number == 2.0)
    return emitter.mul(a, a, loc);
  Value pow = emitter.lookUpLibrary(ModuleId::LibDevice, "pow");
  if (!pow.is(ValueKind::Function))
    return emitter.error(loc, "'**' is not defined for " + describe(a) + " and " + describe(b));
  Emitter::PairRules rules;
  rules.division = true; // half floats in fp32
  if (!emitter.promotePair(a, b, loc, "'**'", rules))
    return Value::poison();
  if (!a.element.isFloating())
    return emitter.error(loc, "'**' of integers needs an exponent from 1 to 64 that is known at compile time");
  return emitter.callFunction(*pow.functionData, {a, b}, loc);
}

Value Emitter::binary(BinaryOp op, Value a, Value b, SourceLoc loc) {
  if (a.isPoison() || b.isPoison())
    return Value::poison();
  if (!a.isTensor() && !b.isTensor())
    return constantBinary(op, a, b, loc);
  if ((a.isTuple() || b.isTuple()) && op == BinaryOp::Mul)
    return constantBinary(op, a, b, loc);
  std::string what = ("'" + getSpelling(op) + "'").str();
  PairRules rules;
  rules.pointerLeft = op == BinaryOp::Add || op == BinaryOp::Sub;
  rules.pointerRight = op == BinaryOp::Add;
  rules.division = op == BinaryOp::Div || op == BinaryOp::FloorDiv || op == BinaryOp::Mod;
  bool shiftSigned = (a.isTensor() ? a : b).element.isSigned();
  if (op == BinaryOp::Pow)
    return emitPower(*this, a, b, loc);
  if (op == BinaryOp::MatMul)
    return error(loc, "'@' is not defined for tensors; use 'tl.dot'");
  if ((op == BinaryOp::LShift || op == BinaryOp::RShift) && a.isTensor() && b.isIntLike() &&
      b.integer >= a.element.getBitWidth())
    warning(loc, what + " by " + toPython(b, true) + " shifts all " + Twine(a.element.getBitWidth()) + " bits of " +
                     a.element.getSpelling() + " out; the result is undefined");
  const Value left = a, right = b;
  if (!promotePair(a, b, loc, what, rules))
    return Value::poison();

  if (a.element.isPointer() || b.element.isPointer()) {
    if (a.element.isPointer() && b.element.isPointer())
      return error(loc, what + " of two pointers is not defined; convert them to integers with '.to(tl.int64)'");
    if (op == BinaryOp::Sub)
      b = unary(ast::UnaryOperator::Minus, b, loc);
    return a.element.isPointer() ? addPointer(a, b, loc) : addPointer(b, a, loc);
  }
  if (a.element.isFloat8() && !isBitwise(op)) {
    a = cast(a, DType::Float32, loc);
    b = cast(b, DType::Float32, loc);
  }

  ElementType type = a.element;
  mlir::Value x = a.getSSA(), y = b.getSSA();
  mlir::Location at = this->loc();
  auto done = [&](mlir::Value result) { return Value::tensor(result, type); };
  bool isFloat = type.isFloating(), isSigned = type.isSigned();
  // A product and a sum may become one instruction, as in Triton, but not where the error of each is accounted for: in
  // the library.
  arith::FastMathFlags fusible =
      frame && frame->unit->isLibrary ? arith::FastMathFlags::none : arith::FastMathFlags::contract;
  if (isBitwise(op) && isFloat)
    return error(loc, what + " is not defined for " + describe(left) + " and " + describe(right) +
                          "; bitwise operators take integers");
  switch (op) {
  case BinaryOp::Add:
    return isFloat ? done(builder.createOrFold<arith::AddFOp>(at, x, y, fusible))
                   : done(builder.createOrFold<arith::AddIOp>(at, x, y));
  case BinaryOp::Sub:
    return isFloat ? done(builder.createOrFold<arith::SubFOp>(at, x, y, fusible))
                   : done(builder.createOrFold<arith::SubIOp>(at, x, y));
  case BinaryOp::Mul:
    return isFloat ? done(builder.createOrFold<arith::MulFOp>(at, x, y, fusible))
                   : done(builder.createOrFold<arith::MulIOp>(at, x, y));
  case BinaryOp::Div:
    if (!isFloat) {
      a = cast(a, DType::Float32, loc);
      b = cast(b, DType::Float32, loc);
    }
    return divide(a, b, /*ieee=*/false, loc);
  case BinaryOp::FloorDiv:
    if (isFloat)
      return error(loc, "'//' takes integers, not " + describe(left) + " and " + describe(right) +
                            "; use 'tl.floor(a / b)' for floats");
    return isSigned ? done(builder.createOrFold<arith::DivSIOp>(at, x, y))
                    : done(builder.createOrFold<arith::DivUIOp>(at, x, y));
  case BinaryOp::Mod:
    if (isFloat)
      return done(builder.createOrFold<arith::RemFOp>(at, x, y));
    return isSigned ? done(builder.createOrFold<arith::RemSIOp>(at, x, y))
                    : done(builder.createOrFold<arith::RemUIOp>(at, x, y));
  case BinaryOp::LShift:
  case BinaryOp::RShift:
    return emitShift(*this, op, a, b, shiftSigned, loc);
  case BinaryOp::BitAnd:
    return done(builder.createOrFold<arith::AndIOp>(at, x, y));
  case BinaryOp::BitOr:
    return done(builder.createOrFold<arith::OrIOp>(at, x, y));
  case BinaryOp::BitXor:
    return done(builder.createOrFold<arith::XOrIOp>(at, x, y));
  default:
    return error(loc, what + " is not defined for " + describe(a) + " and " + describe(b));
  }
}

//===----------------------------------------------------------------------===//
// Unary operators, comparisons, logic
//===----------------------------------------------------------------------===//

Value Emitter::unary(ast::UnaryOperator op, Value a, SourceLoc loc) {
  if (a.isPoison())
    return a;
  if (!a.isTensor())
    return constantUnary(op, a, loc);
  std::string what = ("'" + getSpelling(op) + "'").str();
  mlir::Location at = this->loc();
  switch (op) {
  case ast::UnaryOperator::Plus:
    return a;
  case ast::UnaryOperator::Not: {
    Value condition = toCondition(a, loc);
    if (condition.isPoison())
      return condition;
    Value ones = splat(Value::tensor(boolConstant(true), DType::Int1), condition.getShape());
    return Value::tensor(builder.createOrFold<arith::XOrIOp>(at, condition.getSSA(), ones.getSSA()), DType::Int1);
  }
  case ast::UnaryOperator::Minus: {
    if (a.element.isPointer())
      return error(loc, "unary '-' is not defined for " + describe(a));
    if (a.element.isFloat8())
      a = cast(a, DType::Float32, loc);
    if (a.element.isFloating())
      return Value::tensor(builder.createOrFold<arith::NegFOp>(at, a.getSSA()), a.element);
    Value zero = zeroOf(a.getSSA().getType(), a.element);
    return Value::tensor(builder.createOrFold<arith::SubIOp>(at, zero.getSSA(), a.getSSA()), a.element);
  }
  case ast::UnaryOperator::Invert: {
    if (!a.element.isInteger())
      return error(loc, "'~' is not defined for " + describe(a) + "; it takes integers");
    Value ones = splat(makeScalar(Value::ofInt(-1), a.element, loc), a.getShape());
    return Value::tensor(builder.createOrFold<arith::XOrIOp>(at, a.getSSA(), ones.getSSA()), a.element);
  }
  }
  return Value::poison();
}

static arith::CmpIPredicate getPredicate(ast::CompareOp op, bool isSigned) {
  switch (op) {
  case ast::CompareOp::Eq:
    return arith::CmpIPredicate::eq;
  case ast::CompareOp::NotEq:
    return arith::CmpIPredicate::ne;
  case ast::CompareOp::Less:
    return isSigned ? arith::CmpIPredicate::slt : arith::CmpIPredicate::ult;
  case ast::CompareOp::LessEq:
    return isSigned ? arith::CmpIPredicate::sle : arith::CmpIPredicate::ule;
  case ast::CompareOp::Greater:
    return isSigned ? arith::CmpIPredicate::sgt : arith::CmpIPredicate::ugt;
  default:
    return isSigned ? arith::CmpIPredicate::sge : arith::CmpIPredicate::uge;
  }
}

static arith::CmpFPredicate getFloatPredicate(ast::CompareOp op) {
  switch (op) {
  case ast::CompareOp::Eq:
    return arith::CmpFPredicate::OEQ;
  case ast::CompareOp::NotEq:
    return arith::CmpFPredicate::UNE;
  case ast::CompareOp::Less:
    return arith::CmpFPredicate::OLT;
  case ast::CompareOp::LessEq:
    return arith::CmpFPredicate::OLE;
  case ast::CompareOp::Greater:
    return arith::CmpFPredicate::OGT;
  default:
    return arith::CmpFPredicate::OGE;
  }
}

Value Emitter::compare(ast::CompareOp op, Value a, Value b, SourceLoc loc) {
  using ast::CompareOp;
  if (a.isPoison() || b.isPoison())
    return Value::poison();
  std::string what = ("'" + getSpelling(op) + "'").str();
  if (op == CompareOp::Is || op == CompareOp::IsNot) {
    // Run-time values are never None, True or a type; identity of anything else is Python's business.
    bool same =
        isCompileTime(a) && isCompileTime(b) ? a.kind == b.kind && areEqual(a, b) : a.kind == b.kind && a.ssa == b.ssa;
    return Value::ofBool(same == (op == CompareOp::Is));
  }
  if (!a.isTensor() && !b.isTensor())
    return constantCompare(op, a, b, loc);
  if (op == CompareOp::In || op == CompareOp::NotIn)
    return error(loc, what + " needs values known at compile time, but there is " + describe(a.isTensor() ? a : b) +
                          "; compare with '==' and 'or'");
  // A tensor never equals None, a string or a type.
  if ((op == CompareOp::Eq || op == CompareOp::NotEq) && ((a.isNone() || a.isString()) || (b.isNone() || b.isString())))
    return Value::ofBool(op == CompareOp::NotEq);
  if (a.isTensor() && b.isTensor() && a.element.isPointer() && b.element.isPointer()) {
    a = cast(a, DType::UInt64, loc);
    b = cast(b, DType::UInt64, loc);
  }
  PairRules rules;
  rules.strong = true;
  if (!promotePair(a, b, loc, what, rules))
    return Value::poison();
  if (a.element.isFloat8()) {
    a = cast(a, DType::Float32, loc);
    b = cast(b, DType::Float32, loc);
  }
  mlir::Value result;
  if (a.element.isFloating())
    result = builder.createOrFold<arith::CmpFOp>(this->loc(), getFloatPredicate(op), a.getSSA(), b.getSSA());
  else
    result = builder.createOrFold<arith::CmpIOp>(this->loc(), getPredicate(op, a.element.isSigned()), a.getSSA(),
                                                 b.getSSA());
  return Value::tensor(result, DType::Int1);
}

Value Emitter::logical(bool isAnd, Value a, Value b, SourceLoc loc) {
  a = toCondition(a, loc);
  b = toCondition(b, loc);
  if (!broadcastPair(a, b, loc, isAnd ? "'and'" : "'or'"))
    return Value::poison();
  if (isAnd)
    return Value::tensor(builder.createOrFold<arith::AndIOp>(this->loc(), a.getSSA(), b.getSSA()), DType::Int1);
  return Value::tensor(builder.createOrFold<arith::OrIOp>(this->loc(), a.getSSA(), b.getSSA()), DType::Int1);
}

Value Emitter::select(Value condition, Value a, Value b, SourceLoc loc) {
  condition = toCondition(condition, loc);
  if (condition.isPoison())
    return condition;
  PairRules rules;
  rules.pointerLeft = rules.pointerRight = true;
  if (!promotePair(a, b, loc, "'tl.where'", rules))
    return Value::poison();
  if (condition.isBlock() || a.isBlock()) {
    Value *values[] = {&a, &condition, &b};
    if (!broadcastAll(values, loc, "'tl.where'"))
      return Value::poison();
  }
  return Value::tensor(builder.createOrFold<arith::SelectOp>(this->loc(), condition.getSSA(), a.getSSA(), b.getSSA()),
                       a.element);
}

Value Emitter::minMax(MinMax which, Value a, Value b, bool propagateNaN, SourceLoc loc) {
  bool isMax = which == MinMax::Max;
  StringRef what = isMax ? "'tl.maximum'" : "'tl.minimum'";
  PairRules rules;
  rules.strong = true;
  // The comparison of bf16 is done in fp32, and the result stays there.
  for (Value *value : {&a, &b})
    if (value->isTensor() && value->element.is(DType::BFloat16))
      *value = cast(*value, DType::Float32, loc);
  if (!promotePair(a, b, loc, what, rules))
    return Value::poison();
  if (a.element.isFloat8()) {
    a = cast(a, DType::Float32, loc);
    b = cast(b, DType::Float32, loc);
  }
  mlir::Value x = a.getSSA(), y = b.getSSA(), result;
  mlir::Location at = this->loc();
  if (a.element.isPointer())
    return error(loc, Twine(what) + " is not defined for pointers");
  if (a.element.isFloating()) {
    if (propagateNaN)
      result =
          isMax ? builder.createOrFold<arith::MaximumFOp>(at, x, y) : builder.createOrFold<arith::MinimumFOp>(at, x, y);
    else
      result =
          isMax ? builder.createOrFold<arith::MaxNumFOp>(at, x, y) : builder.createOrFold<arith::MinNumFOp>(at, x, y);
  } else if (a.element.isSigned()) {
    result = isMax ? builder.createOrFold<arith::MaxSIOp>(at, x, y) : builder.createOrFold<arith::MinSIOp>(at, x, y);
  } else {
    result = isMax ? builder.createOrFold<arith::MaxUIOp>(at, x, y) : builder.createOrFold<arith::MinUIOp>(at, x, y);
  }
  return Value::tensor(result, a.element);
}
