//===- LowerAtomics.cpp - Atomic operations on global memory --------------===//
//
// One predicated instruction an element, in one of the threads that hold copies of it:
//
//   @%p atom.global.acq_rel.gpu.add.u32 %old, [%address], %value;       red.... where nobody looks at the old value
//
// Where others want the result too (of a scalar all threads do) it goes through scratch memory. An atomic on a scalar
// that releases waits for all threads of the program first: what they wrote before it is what it releases.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/Words.h"

using namespace mlir;

namespace tessera {
namespace {

using Values = Lowering::Values;

/// ".add.u32": operation and type as PTX writes them; empty if there is none.
std::string operationName(tile::RmwKind kind, Type type) {
  unsigned bits = type.isIntOrFloat() ? type.getIntOrFloatBitWidth() : 64;
  std::string width = std::to_string(bits);
  switch (kind) {
  case tile::RmwKind::Add:
    return ".add.u" + width;
  case tile::RmwKind::FAdd:
    if (type.isBF16())
      return ".add.noftz.bf16";
    return (type.isF16() ? ".add.noftz.f" : ".add.f") + width;
  case tile::RmwKind::Max:
    return ".max.s" + width;
  case tile::RmwKind::Min:
    return ".min.s" + width;
  case tile::RmwKind::UMax:
    return ".max.u" + width;
  case tile::RmwKind::UMin:
    return ".min.u" + width;
  case tile::RmwKind::And:
    return ".and.b" + width;
  case tile::RmwKind::Or:
    return ".or.b" + width;
  case tile::RmwKind::Xor:
    return ".xor.b" + width;
  case tile::RmwKind::Xchg:
    return ".exch.b" + width;
  }
  return {};
}

std::string orderName(tile::MemSemantic semantic, tile::MemScope scope) {
  return ("." + tile::stringifyMemSemantic(semantic) + "." + tile::stringifyMemScope(scope)).str();
}

bool releases(tile::MemSemantic semantic) {
  return semantic == tile::MemSemantic::Release || semantic == tile::MemSemantic::AcqRel;
}

/// One atomic instruction: `operands` come after the address.
struct AtomicForm {
  /// The instruction; for an addition that the target lacks, the compare-and-swap that stands in for it.
  std::string instruction;
  bool isLoop = false; ///< the latter
  Type elementType;
  bool hasResult;    ///< the instruction has a destination
  bool resultIsUsed; ///< and somebody reads it
};

Value emitAtomic(Lowering &l, const AtomicForm &form, Value pointer, Values operands, Value predicate) {
  unsigned bits = 8 * Lowering::bytesOf(form.elementType);
  char letter = bits == 64 ? 'l' : bits == 32 ? 'r' : 'h';
  Type word = l.intType(bits);
  Lowering::Split split = l.splitOf(pointer);
  llvm::SmallVector<Value> arguments = {split.base};
  std::string constraints = form.hasResult ? std::string("=") + letter + ",l" : "l";
  unsigned next = form.hasResult ? 1 : 0;
  std::string text = " " + l.addressText(next, split.constant);
  for (Value operand : operands) {
    arguments.push_back(l.toBits(toStorage(l, operand)));
    constraints += std::string(",") + letter;
    text += ", $" + std::to_string(++next);
  }
  std::string guard;
  if (predicate) {
    arguments.push_back(predicate);
    constraints += ",b";
    guard = "@$" + std::to_string(++next) + " ";
  }
  text = guard + form.instruction + (form.hasResult ? " $0," : "") + text + ";";
  llvm::SmallVector<Type, 1> results;
  if (form.hasResult)
    results.push_back(word);
  llvm::SmallVector<Value> values = l.inlinePtx(text, constraints, results, arguments, /*sideEffects=*/true);
  if (!form.hasResult)
    return {};
  return fromStorage(l, l.bitcast(values.front(), storageType(l, form.elementType)), form.elementType);
}

/// A sum of bf16 where the target has no such atomic: swapped in once nobody has come between.
Value emitAdditionLoop(Lowering &l, const AtomicForm &form, Value pointer, Value operand, Value predicate) {
  Lowering::Split split = l.splitOf(pointer);
  std::string address = l.addressText(1, split.constant);
  llvm::SmallVector<Value> arguments = {split.base, l.toBits(toStorage(l, operand))};
  if (predicate)
    arguments.push_back(predicate);
  std::string text = "{\n\t.reg .pred again;\n\t.reg .b16 one, sum, seen;\n\tmov.b16 $0, 0;\n\t";
  if (predicate)
    text += "@!$3 bra DONE;\n\t";
  text += "mov.b16 one, 0x3F80;\n\tld.relaxed.gpu.global.b16 $0, " + address +
          ";\nAGAIN:\n\tmov.b16 seen, $0;\n\tfma.rn.bf16 sum, seen, one, $2;\n\t" + form.instruction + " $0, " +
          address + ", seen, sum;\n\tsetp.ne.b16 again, $0, seen;\n\t@again bra AGAIN;\nDONE:\n\t}";
  llvm::SmallVector<Value> values = l.inlinePtx(text, predicate ? "=&h,l,h,b" : "=&h,l,h", {l.intType(16)}, arguments,
                                                /*sideEffects=*/true);
  return fromStorage(l, l.bitcast(values.front(), storageType(l, form.elementType)), form.elementType);
}

/// Gives the results of the threads that did the atomics to those that hold copies.
FailureOr<llvm::SmallVector<Value>> shareResults(Lowering &l, Operation *op, const LinearLayout *layout, Value owner,
                                                 llvm::SmallVector<Value> results, Type elementType) {
  if (!owner)
    return results;
  FailureOr<Value> scratch = l.scratchOf(op);
  if (failed(scratch))
    return failure();
  unsigned bytes = Lowering::bytesOf(elementType);
  llvm::SmallVector<uint64_t> words = layout ? Lowering::registerWords(*layout) : llvm::SmallVector<uint64_t>{0};
  llvm::SmallVector<uint64_t> bases;
  if (layout)
    bases = l.threadBases(*layout);
  for (uint64_t &basis : bases)
    basis *= bytes;
  auto pointerTo = [&](uint64_t word) {
    if (!layout)
      return *scratch;
    Lowering::Split split = l.splitOf(l.combine(bases, word * bytes));
    return l.offsetBytes(l.gep(*scratch, l.b.getI8Type(), split.base), split.constant);
  };
  l.inThreads(owner, [&] {
    for (auto [word, result] : llvm::zip(words, results))
      storeVector(l, result, pointerTo(word));
  });
  l.barrier();
  for (auto [word, result] : llvm::zip(words, results))
    result = loadVector(l, elementType, 1, pointerTo(word)).front();
  return results;
}

/// What both operations share: `operands` of the instruction by register.
LogicalResult lowerAtomic(Lowering &l, Operation *op, Value pointer, Value mask, const AtomicForm &form,
                          llvm::ArrayRef<Value> operands, bool isRelease) {
  const LinearLayout *layout = Lowering::layoutOf(pointer.getType());
  if (!layout && isRelease)
    l.barrier();
  Values pointers = l.registersOf(pointer);
  Values masks = mask ? l.registersOf(mask) : Values();
  Value owner = layout ? l.ownerPredicate(*layout) : l.firstThread();
  uint64_t copies = layout ? layout->freeMask(Dim::Register) : 0;
  llvm::SmallVector<Values> scalars;
  for (Value operand : operands)
    scalars.push_back(l.registersOf(operand));
  llvm::SmallVector<Value> results;
  for (unsigned r = 0; r < pointers.size(); ++r) {
    if (r & copies) {
      results.push_back(results[r & ~copies]);
      continue;
    }
    Value predicate = masks.empty() ? Value() : masks[r];
    if (predicate && Emitter::constantOf(predicate) && *Emitter::constantOf(predicate))
      predicate = Value();
    if (owner)
      predicate = predicate ? l.bitAnd(predicate, owner) : owner;
    llvm::SmallVector<Value> arguments;
    for (Values values : scalars)
      arguments.push_back(values[r]);
    results.push_back(form.isLoop ? emitAdditionLoop(l, form, pointers[r], arguments.front(), predicate)
                                  : emitAtomic(l, form, pointers[r], arguments, predicate));
  }
  if (!form.resultIsUsed) {
    Value nothing = l.poison(l.scalarType(form.elementType));
    results.assign(results.size(), nothing);
  } else {
    auto shared = shareResults(l, op, layout, owner, results, form.elementType);
    if (failed(shared))
      return failure();
    results = *shared;
  }
  l.define(op->getResult(0), results);
  return success();
}

LogicalResult lowerAtomicRmw(Lowering &l, tile::AtomicRmwOp op) {
  Type type = Lowering::elementTypeOf(op.getValue().getType());
  if (op.getKind() == tile::RmwKind::FAdd && ((type.isF16() && failed(l.require(op, Feature::AtomicF16))) ||
                                              (type.isF64() && failed(l.require(op, Feature::AtomicF64)))))
    return failure();
  tile::MemSemantic semantic = op.getSem();
  bool resultIsUsed = !op.getResult().use_empty();
  // red knows no acquire, and no exchange.
  bool mayBeRed = semantic == tile::MemSemantic::Relaxed || semantic == tile::MemSemantic::Release;
  bool isReduction = !resultIsUsed && mayBeRed && op.getKind() != tile::RmwKind::Xchg;
  AtomicForm form;
  form.instruction = (isReduction ? "red.global" : "atom.global") + orderName(semantic, op.getScope()) +
                     operationName(op.getKind(), type);
  form.elementType = type;
  if (op.getKind() == tile::RmwKind::FAdd && type.isBF16() && !l.target.has(Feature::AtomicBf16)) {
    isReduction = false;
    form.isLoop = true;
    form.instruction = "atom.global" + orderName(semantic, op.getScope()) + ".cas.b16";
  }
  form.hasResult = !isReduction;
  form.resultIsUsed = resultIsUsed;
  return lowerAtomic(l, op, op.getPointer(), op.getMask(), form, {op.getValue()}, releases(semantic));
}

LogicalResult lowerAtomicCas(Lowering &l, tile::AtomicCasOp op) {
  Type type = Lowering::elementTypeOf(op.getValue().getType());
  AtomicForm form;
  form.instruction =
      "atom.global" + orderName(op.getSem(), op.getScope()) + ".cas.b" + std::to_string(8 * Lowering::bytesOf(type));
  form.elementType = type;
  form.hasResult = true;
  form.resultIsUsed = !op.getResult().use_empty();
  return lowerAtomic(l, op, op.getPointer(), Value(), form, {op.getCompare(), op.getValue()}, releases(op.getSem()));
}

} // namespace

void addAtomicLowerings(LowerTable &table) {
  addLowering<tile::AtomicRmwOp, lowerAtomicRmw>(table);
  addLowering<tile::AtomicCasOp, lowerAtomicCas>(table);
}

} // namespace tessera
