//===- Unit.cpp - the module-level names of a source text -----------------===//
//
// The index from names to the statements that bind them, made on first use.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Unit.h"

using namespace tessera;
using namespace tessera::emit;

static void collectTargets(const ast::Expr *target, llvm::function_ref<void(llvm::StringRef)> add) {
  if (auto *name = llvm::dyn_cast<ast::Name>(target))
    add(name->id);
  else if (auto *tuple = llvm::dyn_cast<ast::Tuple>(target))
    for (const ast::Expr *element : tuple->elements)
      collectTargets(element, add);
}

void Unit::buildIndex() {
  indexed = true;
  for (const ModuleItem &item : program.getItems()) {
    auto add = [&](llvm::StringRef name) {
      llvm::SmallVector<const ModuleItem *, 1> &items = index[name];
      // A later unconditional binding replaces earlier ones; conditional ones are alternatives.
      if (!item.conditional)
        items.clear();
      items.push_back(&item);
    };
    switch (item.stmt->kind) {
    case ast::StmtKind::Import:
      for (const ast::Alias &alias : llvm::cast<ast::Import>(item.stmt)->names)
        add(alias.getBoundName());
      break;
    case ast::StmtKind::ImportFrom:
      for (const ast::Alias &alias : llvm::cast<ast::ImportFrom>(item.stmt)->names)
        if (alias.name.text != "*")
          add(alias.getBoundName());
      break;
    case ast::StmtKind::Assign:
      for (const ast::Expr *target : llvm::cast<ast::Assign>(item.stmt)->targets)
        collectTargets(target, add);
      break;
    case ast::StmtKind::AnnAssign:
      if (llvm::cast<ast::AnnAssign>(item.stmt)->value)
        collectTargets(llvm::cast<ast::AnnAssign>(item.stmt)->target, add);
      break;
    case ast::StmtKind::FunctionDef:
      add(llvm::cast<ast::FunctionDef>(item.stmt)->name.text);
      break;
    case ast::StmtKind::ClassDef:
      add(llvm::cast<ast::ClassDef>(item.stmt)->name.text);
      break;
    default:
      break;
    }
  }
}

llvm::ArrayRef<const ModuleItem *> Unit::findItems(llvm::StringRef name) {
  if (!indexed)
    buildIndex();
  auto it = index.find(name);
  return it == index.end() ? llvm::ArrayRef<const ModuleItem *>() : llvm::ArrayRef(it->second);
}

void Unit::collectNames(llvm::SmallVectorImpl<llvm::StringRef> &names) {
  if (!indexed)
    buildIndex();
  for (const auto &entry : index)
    names.push_back(entry.getKey());
}

const FunctionAnalysis &Unit::getAnalysis(const FunctionData &function) {
  const void *key = function.def ? static_cast<const void *>(function.def) : function.lambda;
  std::unique_ptr<FunctionAnalysis> &analysis = analyses[key];
  if (!analysis)
    analysis = function.def ? std::make_unique<FunctionAnalysis>(function.def->params, function.def->body)
                            : std::make_unique<FunctionAnalysis>(function.lambda->params, ast::StmtList());
  return *analysis;
}
