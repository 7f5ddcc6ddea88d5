//===- LowerDebug.cpp - print, assert, inline assembly --------------------===//
//
// print calls vprintf once for every element: "pid (0, 0, 0) idx (3, 1) prefix: value". assert calls __assertfail,
// which names message, file, line and kernel and stops the grid. Inline assembly runs once for every `pack` elements of
// a thread.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Words.h"

using namespace mlir;

namespace tessera {
namespace {

using Values = Lowering::Values;

// ---- print ----------------------------------------------------------------------------------------------------------

/// `value` as variadic functions take it, and how printf writes it.
std::pair<Value, std::string> printable(Lowering &l, Value value, Type type, bool hex, bool isSigned) {
  if (isa<tile::PointerType>(type))
    return {LLVM::PtrToIntOp::create(l.b, l.loc, l.b.getI64Type(), value), "0x%016llx"};
  unsigned bits = type.getIntOrFloatBitWidth();
  if (hex) {
    unsigned digits = std::max(1u, bits / 4);
    Value word = l.zext(l.toBits(value), l.intType(bits > 32 ? 64 : 32));
    return {word, "0x%0" + std::to_string(digits) + (bits > 32 ? "llx" : "x")};
  }
  if (isa<FloatType>(type)) {
    if (bits == 8) // the bits say it best
      return {l.zext(value, l.b.getI32Type()), "0x%02x"};
    return {bits == 64 ? value : LLVM::FPExtOp::create(l.b, l.loc, l.b.getF64Type(), value).getResult(), "%f"};
  }
  Type wide = l.intType(bits > 32 ? 64 : 32);
  if (bits < 32)
    value = isSigned && bits > 1 ? LLVM::SExtOp::create(l.b, l.loc, wide, value).getResult() : l.zext(value, wide);
  std::string length = bits > 32 ? "ll" : "";
  return {value, "%" + length + (isSigned || bits == 1 ? "d" : "u")};
}

void callPrintf(Lowering &l, llvm::StringRef format, llvm::ArrayRef<Value> arguments) {
  Type pointer = l.pointerType(0);
  llvm::SmallVector<Type> types;
  for (Value argument : arguments)
    types.push_back(argument.getType());
  Type record = l.structType(types);
  Value buffer = l.inEntry(
      [&]() -> Value { return LLVM::AllocaOp::create(l.b, l.loc, pointer, record, l.i32(1), /*alignment=*/8); });
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    Value field = LLVM::GEPOp::create(l.b, l.loc, pointer, record, buffer, llvm::ArrayRef<LLVM::GEPArg>{0, int32_t(i)});
    LLVM::StoreOp::create(l.b, l.loc, argument, field);
  }
  LLVM::LLVMFuncOp vprintf = l.declare("vprintf", l.b.getI32Type(), {pointer, pointer});
  LLVM::CallOp::create(l.b, l.loc, vprintf, ValueRange{l.stringConstant(format), buffer});
}

/// printf's percent signs doubled.
std::string escape(llvm::StringRef text) {
  std::string result;
  for (char c : text)
    result += c == '%' ? "%%" : std::string(1, c);
  return result;
}

LogicalResult lowerPrint(Lowering &l, tile::PrintOp op) {
  llvm::SmallVector<Value> program = {l.intrinsic("llvm.nvvm.read.ptx.sreg.ctaid.x", l.b.getI32Type(), {}),
                                      l.intrinsic("llvm.nvvm.read.ptx.sreg.ctaid.y", l.b.getI32Type(), {}),
                                      l.intrinsic("llvm.nvvm.read.ptx.sreg.ctaid.z", l.b.getI32Type(), {})};
  std::string prefix = "pid (%u, %u, %u) idx (";
  if (op.getArgs().empty()) {
    l.inThreads(l.firstThread(), [&] { callPrintf(l, prefix + ") " + escape(op.getPrefix()) + "\n", program); });
    return success();
  }
  for (auto [i, argument] : llvm::enumerate(op.getArgs())) {
    Type type = Lowering::elementTypeOf(argument.getType());
    const LinearLayout *layout = Lowering::layoutOf(argument.getType());
    Values scalars = l.registersOf(argument);
    llvm::SmallVector<uint64_t> words = layout ? Lowering::registerWords(*layout) : llvm::SmallVector<uint64_t>{0};
    uint64_t copies = layout ? layout->freeMask(Dim::Register) : 0;
    bool isSigned = op.getIsSigned()[i] != 0;
    std::string number = op.getArgs().size() > 1 ? "(operand " + std::to_string(i) + ") " : "";
    l.inThreads(layout ? l.ownerPredicate(*layout) : l.firstThread(), [&] {
      for (unsigned r = 0; r < scalars.size(); ++r) {
        if (r & copies)
          continue;
        llvm::SmallVector<Value> arguments = program;
        std::string format = prefix;
        for (unsigned d = 0; layout && d < layout->tensorRank(); ++d) {
          Dim dim = tensorDim(d);
          arguments.push_back(l.elementWord(*layout, words[r], layout->out().mask(dim), layout->out().shift(dim)));
          format += d ? ", %u" : "%u";
        }
        auto [value, conversion] = printable(l, scalars[r], type, op.getHex(), isSigned);
        arguments.push_back(value);
        callPrintf(l, format + ")" + escape(op.getPrefix()) + number + conversion + "\n", arguments);
      }
    });
  }
  return success();
}

// ---- assert ---------------------------------------------------------------------------------------------------------

LogicalResult lowerAssert(Lowering &l, tile::AssertOp op) {
  Values conditions = l.registersOf(op.getCondition());
  Values masks = op.getMask() ? l.registersOf(op.getMask()) : Values();
  Value violated;
  for (unsigned r = 0; r < conditions.size(); ++r) {
    Value wrong = l.bitXor(conditions[r], l.boolean(true));
    if (!masks.empty())
      wrong = l.bitAnd(wrong, masks[r]);
    violated = violated ? l.bitOr(violated, wrong) : wrong;
  }
  llvm::StringRef file = "unknown";
  int64_t line = 0;
  if (auto place = dyn_cast<FileLineColLoc>(l.loc)) {
    file = place.getFilename().getValue();
    line = place.getLine();
  }
  Type pointer = l.pointerType(0), i32 = l.b.getI32Type(), i64 = l.b.getI64Type();
  LLVM::LLVMFuncOp fail =
      l.declare("__assertfail", LLVM::LLVMVoidType::get(l.b.getContext()), {pointer, pointer, i32, pointer, i64});
  l.inThreads(violated, [&] {
    LLVM::CallOp::create(l.b, l.loc, fail,
                         ValueRange{l.stringConstant(op.getMessage()), l.stringConstant(file), l.i32(line),
                                    l.stringConstant(l.kernelName()), l.i64(1)});
  });
  return success();
}

// ---- Inline assembly ------------------------------------------------------------------------------------------------

/// `pack` elements as operands of assembly: narrow ones share words of 32 bits.
void packOperands(Lowering &l, llvm::ArrayRef<Value> elements, llvm::SmallVectorImpl<Value> &operands) {
  Type type = elements.front().getType();
  unsigned bits = type.isIntOrFloat() ? type.getIntOrFloatBitWidth() : 64;
  unsigned perWord = bits < 32 ? std::min<unsigned>(32 / std::max(8u, bits), elements.size()) : 1;
  for (unsigned i = 0; i < elements.size(); i += perWord)
    operands.push_back(perWord == 1 ? elements[i] : packWord(l, elements.slice(i, perWord)));
}

LogicalResult lowerInlineAsm(Lowering &l, tile::InlineAsmOp op) {
  unsigned pack = op.getPack();
  unsigned count = Lowering::countOf(op.getResult(0).getType());
  llvm::SmallVector<llvm::SmallVector<Value>> results(op.getNumResults());
  for (unsigned first = 0; first < count; first += pack) {
    llvm::SmallVector<Value> operands;
    for (Value argument : op.getArgs()) {
      Values scalars = l.registersOf(argument);
      llvm::SmallVector<Value> elements;
      // A tensor with fewer elements a thread than a pack has: the last one again.
      for (unsigned i = first; i < first + pack; ++i)
        elements.push_back(scalars[std::min<size_t>(i, scalars.size() - 1)]);
      packOperands(l, elements, operands);
    }
    llvm::SmallVector<Type> types;
    llvm::SmallVector<unsigned> numWords;
    for (Type resultType : op.getResultTypes()) {
      Type type = l.scalarType(resultType);
      unsigned bits = type.isIntOrFloat() ? type.getIntOrFloatBitWidth() : 64;
      unsigned perWord = bits < 32 ? std::min(32 / std::max(8u, bits), pack) : 1;
      numWords.push_back(pack / perWord);
      types.append(pack / perWord, perWord == 1 ? type : Type(l.intType(bits * perWord)));
    }
    llvm::SmallVector<Value> words =
        l.inlinePtx(op.getAsmString(), op.getConstraints(), types, operands, /*sideEffects=*/!op.getPure());
    llvm::ArrayRef<Value> rest = words;
    for (auto [i, resultType] : llvm::enumerate(op.getResultTypes())) {
      llvm::ArrayRef<Value> own = rest.take_front(numWords[i]);
      rest = rest.drop_front(numWords[i]);
      if (numWords[i] == pack)
        llvm::append_range(results[i], own);
      else
        llvm::append_range(results[i], unpackWords(l, own, Lowering::elementTypeOf(resultType)));
    }
  }
  for (auto [value, scalars] : llvm::zip(op->getResults(), results))
    l.define(value, Values(scalars).take_front(count));
  return success();
}

} // namespace

void addDebugLowerings(LowerTable &table) {
  addLowering<tile::PrintOp, lowerPrint>(table);
  addLowering<tile::AssertOp, lowerAssert>(table);
  addLowering<tile::InlineAsmOp, lowerInlineAsm>(table);
}

} // namespace tessera
