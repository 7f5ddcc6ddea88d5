//===- PrintAxisFacts.cpp - Say what is known about integers and pointers --===//
//
// The axis analysis as remarks.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "compiler/analysis/AxisAnalysis.h"
#include "compiler/transforms/Passes.h"
#include "dialect/tile/Tile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace tessera {

#define GEN_PASS_DEF_PRINTAXISFACTSPASS
#include "compiler/transforms/Passes.h.inc"

namespace {

void print(Operation *op, StringRef what, unsigned number, Value value, const AxisAnalysis &axes) {
  if (!isa<IntegerType, IndexType, tile::PointerType>(getElementTypeOrSelf(value.getType())))
    return;
  AxisInfo info = axes.get(value);
  std::string text;
  llvm::raw_string_ostream os(text);
  auto list = [&](StringRef name, auto get) {
    os << name << " [";
    llvm::interleaveComma(llvm::seq(info.getRank()), os, [&](unsigned dim) { os << get(dim); });
    os << "]";
  };
  os << what << number << ": ";
  list("contiguity", [&](unsigned dim) { return info.getContiguity(dim); });
  list(", divisibility", [&](unsigned dim) { return info.getDivisibility(dim); });
  list(", constancy", [&](unsigned dim) { return info.getConstancy(dim); });
  if (info.constant)
    os << ", constant " << *info.constant;
  if (info.nonNegative)
    os << ", not negative";
  op->emitRemark(text);
}

class PrintAxisFactsPass : public impl::PrintAxisFactsPassBase<PrintAxisFactsPass> {
public:
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      AxisAnalysis axes(function);
      function.getFunctionBody().walk([&](Operation *op) {
        for (Region &region : op->getRegions())
          for (BlockArgument argument : region.getArguments())
            print(op, "argument ", argument.getArgNumber(), argument, axes);
        for (OpResult result : op->getResults())
          print(op, "#", result.getResultNumber(), result, axes);
      });
    }
    markAllAnalysesPreserved();
  }
};

} // namespace
} // namespace tessera
