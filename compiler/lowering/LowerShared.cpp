//===- LowerShared.cpp - Buffers in shared memory -------------------------===//
//
// alloc, local_load, local_store and barrier, and the transfers that SharedTransfer.h describes.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/DeferredLoads.h"
#include "compiler/lowering/SharedTransfer.h"
#include "compiler/lowering/Words.h"

using namespace mlir;

namespace tessera {

using Values = Lowering::Values;

// ---- Transfers ------------------------------------------------------------------------------------------------------

Lowering::Split SharedTransfer::address(uint64_t offset) {
  uint64_t bytes = access.elementBits / 8;
  uint64_t variable = offset & access.variableBits();
  Value &slot = pointers[variable];
  if (!slot) {
    llvm::SmallVector<uint64_t> bases = l.threadBases(access.address);
    for (uint64_t &basis : bases)
      basis *= bytes;
    Value byteOffset = l.bitXor(l.threadImage(bases), l.i32(int64_t(variable * bytes)));
    slot = l.gep(base, l.b.getI8Type(), byteOffset);
  }
  return {slot, int64_t((offset ^ variable) * bytes)};
}

std::string SharedTransfer::matrixInstruction(llvm::StringRef name) const {
  std::string text = (name + ".sync.aligned.m8n8.x" + llvm::Twine(access.numMatrices)).str();
  return text + (access.form == AccessForm::MatrixTransposed ? ".trans" : "") + ".shared.b16";
}

// Both in inline PTX: of an intrinsic's address LLVM takes the constant out of the loop, into a register of its own.
void SharedTransfer::storeMatrices(llvm::ArrayRef<Value> elements, Lowering::Split address) {
  unsigned perWord = 32 / access.elementBits;
  llvm::SmallVector<Value> arguments = {address.base};
  std::string constraints = "r", words;
  for (unsigned m = 0; m < access.numMatrices; ++m) {
    arguments.push_back(packWord(l, elements.slice(size_t(m) * perWord, perWord)));
    constraints += ",r";
    words += (m ? ", $" : "$") + std::to_string(m + 1);
  }
  std::string text = matrixInstruction("stmatrix") + " " + l.addressText(0, address.constant) + ", {" + words + "};";
  l.inlinePtx(text, constraints, {}, arguments, /*sideEffects=*/true);
  l.requirePtx(l.target.ptxVersionOf(Feature::StMatrix));
}

llvm::SmallVector<Value> SharedTransfer::loadMatrices(Lowering::Split address) {
  std::string constraints, words;
  for (unsigned m = 0; m < access.numMatrices; ++m) {
    constraints += "=r,";
    words += (m ? ", $" : "$") + std::to_string(m);
  }
  std::string text =
      matrixInstruction("ldmatrix") + " {" + words + "}, " + l.addressText(access.numMatrices, address.constant) + ";";
  llvm::SmallVector<Type> types(access.numMatrices, l.b.getI32Type());
  return l.inlinePtx(text, constraints + "r", types, {address.base}, /*sideEffects=*/true);
}

void SharedTransfer::store(llvm::ArrayRef<Value> registers, unsigned step) {
  uint64_t idle = access.idleLanes | access.idleWarps << 5;
  Value active;
  if (idle)
    active = l.compare(LLVM::ICmpPredicate::eq, l.bitAnd(l.threadId(), l.i32(int64_t(idle))), l.i32(0));
  l.inThreads(active, [&] {
    if (active)
      pointers.clear(); // what is made in here is not to be used outside
    for (const SharedInstruction &instruction : access.instructions) {
      if (instruction.step != step)
        continue;
      llvm::SmallVector<Value> elements;
      for (uint32_t r : instruction.registers)
        elements.push_back(registers[r]);
      Lowering::Split place = address(instruction.offset);
      if (access.form == AccessForm::Vector)
        storeVector(l, elements, l.offsetBytes(place.base, place.constant));
      else
        storeMatrices(elements, place);
    }
    if (active)
      pointers.clear();
  });
}

void SharedTransfer::load(const SharedInstruction &instruction, llvm::MutableArrayRef<Value> registers) {
  Lowering::Split place = address(instruction.offset);
  llvm::SmallVector<Value> elements;
  if (access.form == AccessForm::Vector)
    elements = loadVector(l, elementType, instruction.registers.size(), l.offsetBytes(place.base, place.constant));
  else
    elements = unpackWords(l, loadMatrices(place), elementType);
  for (auto [r, element] : llvm::zip(instruction.registers, elements))
    registers[r] = element;
}

void SharedTransfer::load(llvm::MutableArrayRef<Value> registers, unsigned step) {
  for (const SharedInstruction &instruction : access.instructions)
    if (instruction.step == step)
      load(instruction, registers);
}

void SharedTransfer::fillCopies(llvm::MutableArrayRef<Value> registers) const {
  for (auto [r, copy] : llvm::enumerate(access.copyOf))
    if (copy != r)
      registers[r] = registers[copy];
}

SharedAccess planBufferAccess(const Target &target, Type buffer, RankedTensorType tensor, bool isStore,
                              uint64_t slices) {
  auto type = cast<tile::BufferType>(buffer);
  SharedAccessOptions options;
  options.isStore = isStore;
  options.slices = slices;
  options.matrix = target.has(isStore ? Feature::StMatrix : Feature::LdMatrix);
  unsigned bits = 8 * Lowering::bytesOf(tensor.getElementType());
  return planSharedAccess(type.getLayout().getLayout(), *Lowering::layoutOf(tensor), bits, options);
}

// ---- Operations -----------------------------------------------------------------------------------------------------

namespace {

LogicalResult lowerAlloc(Lowering &l, tile::AllocOp op) {
  if (!op.getOffset())
    return op.emitError() << "has no offset; shared memory must be allocated before the lowering";
  l.define(op.getResult(), l.sharedPointer(*op.getOffset()));
  return success();
}

LogicalResult lowerLocalStore(Lowering &l, tile::LocalStoreOp op) {
  auto tensor = cast<RankedTensorType>(op.getValue().getType());
  SharedAccess access = planBufferAccess(l.target, op.getBuffer().getType(), tensor, /*isStore=*/true);
  SharedTransfer(l, access, tensor.getElementType(), l.scalarOf(op.getBuffer())).store(l.registersOf(op.getValue()));
  return success();
}

LogicalResult loadNow(Lowering &l, tile::LocalLoadOp op) {
  auto tensor = cast<RankedTensorType>(op.getType());
  SharedAccess access = planBufferAccess(l.target, op.getBuffer().getType(), tensor, /*isStore=*/false);
  SharedTransfer transfer(l, access, tensor.getElementType(), l.scalarOf(op.getBuffer()));
  llvm::SmallVector<Value> registers(Lowering::countOf(tensor));
  transfer.load(registers);
  transfer.fillCopies(registers);
  l.define(op.getResult(), registers);
  return success();
}

/// A load whose user is a product waits for it: the product loads slice by slice.
LogicalResult lowerLocalLoad(Lowering &l, tile::LocalLoadOp op) {
  if (l.deferLoads && mayWaitForUser(op)) {
    l.deferredLoads[op.getResult()] = op;
    return success();
  }
  return loadNow(l, op);
}

LogicalResult lowerBarrier(Lowering &l, tile::BarrierOp) {
  l.barrier();
  return success();
}

} // namespace

void addSharedLowerings(LowerTable &table) {
  addLowering<tile::AllocOp, lowerAlloc>(table);
  addLowering<tile::LocalStoreOp, lowerLocalStore>(table);
  addLowering<tile::LocalLoadOp, lowerLocalLoad>(table);
  addLowering<tile::BarrierOp, lowerBarrier>(table);
}

} // namespace tessera
