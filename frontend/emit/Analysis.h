//===- Analysis.h - variables of a function and their lives -----*- C++ -*-===//
//
// What the emitter needs to know of a function before it turns assignments into
// SSA values: which names are its variables, which of them a loop or a branch
// assigns, and which are read later. It follows from the tree alone and is made
// once a function, however often the function is inlined.
//
//   for i in range(n):      assigned = {i, x, acc}
//       x = load(p + i)     live at the head of an iteration = {p, acc, ...}
//       acc += x            carried = assigned and live at the head or after
//   return acc              = {acc}: `x` stays inside the loop
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_EMIT_ANALYSIS_H
#define TESSERA_FRONTEND_EMIT_ANALYSIS_H

#include "frontend/syntax/AST.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/ADT/StringMap.h"

#include <memory>

namespace tessera::emit {

using VariableSet = llvm::SmallBitVector;

/// Of an if, for, while, with or match statement.
struct RegionInfo {
  VariableSet assigned;   ///< anywhere inside
  VariableSet liveOut;    ///< read after the statement, on some path
  VariableSet liveHeader; ///< loops: read in the next iteration or after
  bool mayReturn = false; ///< a return statement lies inside
  bool mayBreak =
      false; ///< a break lies inside: of a loop, one that leaves it; of others, one that leaves a loop around
  bool mayContinue = false; ///< likewise
};

class FunctionAnalysis {
public:
  FunctionAnalysis(llvm::ArrayRef<ast::Param> params, ast::StmtList body);

  unsigned getNumVariables() const { return names.size(); }
  llvm::StringRef getName(unsigned slot) const { return names[slot]; }
  /// The number of the variable called `name`, or -1.
  int findSlot(llvm::StringRef name) const {
    auto it = slots.find(name);
    return it == slots.end() ? -1 : static_cast<int>(it->second);
  }
  /// The number of the variable a name stands for, or -1 if the function never assigns the name.
  int getSlot(const ast::Name *name) const {
    auto it = nameSlots.find(name);
    return it == nameSlots.end() ? -1 : it->second;
  }
  const RegionInfo &getRegion(const ast::Stmt *stmt) const { return *regions.find(stmt)->second; }
  /// Where a variable was first assigned, for notes.
  SourceLoc getFirstAssignment(unsigned slot) const { return firstAssignment[slot]; }

private:
  friend class AnalysisBuilder;
  llvm::SmallVector<llvm::StringRef> names;
  llvm::SmallVector<SourceLoc> firstAssignment;
  llvm::StringMap<unsigned> slots;
  llvm::DenseMap<const ast::Name *, int> nameSlots;
  llvm::DenseMap<const ast::Stmt *, std::unique_ptr<RegionInfo>> regions;
};

} // namespace tessera::emit

#endif // TESSERA_FRONTEND_EMIT_ANALYSIS_H
