//===- LazyOperand.cpp - Operands of products, loaded as they are needed --===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/lowering/LazyOperand.h"

using namespace mlir;

namespace tessera {

LazyOperand::LazyOperand(Lowering &l, Value operand, unsigned axis, int64_t slice) {
  auto deferred = l.deferredLoads.find(operand);
  if (deferred == l.deferredLoads.end()) {
    llvm::append_range(registers, l.registersOf(operand));
    return;
  }
  auto load = cast<tile::LocalLoadOp>(deferred->second);
  l.deferredLoads.erase(deferred);
  auto tensor = cast<RankedTensorType>(load.getType());
  access = std::make_unique<SharedAccess>(planBufferAccess(l.target, load.getBuffer().getType(), tensor,
                                                           /*isStore=*/false,
                                                           sliceBits(*Lowering::layoutOf(tensor), axis, slice)));
  transfer = std::make_unique<SharedTransfer>(l, *access, tensor.getElementType(), l.scalarOf(load.getBuffer()));
  registers.resize(Lowering::countOf(tensor));
  loader.resize(registers.size());
  for (const SharedInstruction &instruction : access->instructions)
    for (uint32_t r : instruction.registers)
      loader[r] = &instruction;
}

Value LazyOperand::get(unsigned r) {
  if (!registers[r]) {
    unsigned source = access->copyOf.empty() ? r : access->copyOf[r];
    if (!registers[source])
      transfer->load(*loader[source], registers);
    registers[r] = registers[source];
  }
  return registers[r];
}

llvm::SmallVector<Value> LazyOperand::get(unsigned r, unsigned count) {
  llvm::SmallVector<Value> values;
  for (unsigned i = 0; i < count; ++i)
    values.push_back(get(r + i));
  return values;
}

} // namespace tessera
