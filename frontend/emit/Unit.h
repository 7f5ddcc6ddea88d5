//===- Unit.h - the module-level names of a source text ---------*- C++ -*-===//
//
// A unit is a program with the bindings of its module level. A name is looked
// up when it is first used: its definition is found among the items of the
// program and evaluated as Python. So host code that a kernel does not touch
// costs nothing and cannot fail.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TESSERA_FRONTEND_EMIT_UNIT_H
#define TESSERA_FRONTEND_EMIT_UNIT_H

#include "frontend/emit/Analysis.h"
#include "frontend/emit/Value.h"
#include "frontend/syntax/Parser.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

namespace tessera::emit {

class Unit {
public:
  Unit(const Program &program, const SourceManager &sources, bool isLibrary)
      : program(program), sources(sources), isLibrary(isLibrary) {}

  /// Statements that bind a module-level name, in order; those not in a conditional block win over those in one.
  llvm::ArrayRef<const ModuleItem *> findItems(llvm::StringRef name);
  /// Every name bound at the module level, for suggestions.
  void collectNames(llvm::SmallVectorImpl<llvm::StringRef> &names);
  const FunctionAnalysis &getAnalysis(const FunctionData &function);

  const Program &program;
  const SourceManager &sources;
  const bool isLibrary;
  /// Values of names that were looked up; Undefined while one is being evaluated.
  llvm::StringMap<Value> globals;

private:
  void buildIndex();

  bool indexed = false;
  llvm::StringMap<llvm::SmallVector<const ModuleItem *, 1>> index;
  llvm::DenseMap<const void *, std::unique_ptr<FunctionAnalysis>> analyses;
};

} // namespace tessera::emit

#endif // TESSERA_FRONTEND_EMIT_UNIT_H
