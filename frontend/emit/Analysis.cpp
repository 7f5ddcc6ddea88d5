//===- Analysis.cpp - variables of a function and their lives -------------===//
//
// Two walks over the body: one forward that numbers the variables and gathers
// what each region assigns, one backward that computes what is live.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Analysis.h"
#include "frontend/syntax/Walk.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::cast;

namespace tessera::emit {
class AnalysisBuilder {
public:
  explicit AnalysisBuilder(FunctionAnalysis &result) : result(result) {}

  void run(llvm::ArrayRef<ast::Param> params, ast::StmtList body);

private:
  // Numbering.
  unsigned declare(llvm::StringRef name, SourceLoc loc);
  void declareTarget(const ast::Expr *target);
  void declarePattern(const ast::Pattern *pattern);
  void declareWalrus(const ast::Expr *expr);
  void declareBlock(ast::StmtList body);
  void declareStmt(const ast::Stmt *stmt);

  // Regions: assigned variables and exits.
  struct Summary {
    VariableSet assigned;
    bool mayReturn = false, mayBreak = false, mayContinue = false;
  };
  void assignTarget(const ast::Expr *target, VariableSet &set);
  void assignWalrus(const ast::Expr *expr, VariableSet &set);
  void assignPattern(const ast::Pattern *pattern, VariableSet &set);
  void summarise(ast::StmtList body, Summary &summary);
  void summarise(const ast::Stmt *stmt, Summary &summary);

  // Liveness, backward.
  void use(const ast::Expr *expr, VariableSet &live);
  void kill(const ast::Expr *target, VariableSet &live);
  void killPattern(const ast::Pattern *pattern, VariableSet &live);
  void flow(ast::StmtList body, VariableSet &live);
  void flow(const ast::Stmt *stmt, VariableSet &live);
  template <typename Body> void flowLoop(const ast::Stmt *stmt, VariableSet &live, Body body);

  RegionInfo &getRegion(const ast::Stmt *stmt) { return *result.regions[stmt]; }
  VariableSet none() const { return VariableSet(result.names.size()); }

  FunctionAnalysis &result;
  VariableSet breakLive, continueLive;
};
} // namespace tessera::emit

//===----------------------------------------------------------------------===//
// Numbering
//===----------------------------------------------------------------------===//

unsigned AnalysisBuilder::declare(llvm::StringRef name, SourceLoc loc) {
  auto [it, inserted] = result.slots.try_emplace(name, result.names.size());
  if (inserted) {
    result.names.push_back(name);
    result.firstAssignment.push_back(loc);
  }
  return it->second;
}

void AnalysisBuilder::declareTarget(const ast::Expr *target) {
  if (auto *name = llvm::dyn_cast<ast::Name>(target))
    declare(name->id, name->range.begin);
  else if (auto *tuple = llvm::dyn_cast<ast::Tuple>(target))
    for (const ast::Expr *element : tuple->elements)
      declareTarget(element);
  else if (auto *list = llvm::dyn_cast<ast::List>(target))
    for (const ast::Expr *element : list->elements)
      declareTarget(element);
  else if (auto *starred = llvm::dyn_cast<ast::Starred>(target))
    declareTarget(starred->value);
}

void AnalysisBuilder::declarePattern(const ast::Pattern *pattern) {
  if (auto *as = llvm::dyn_cast<ast::MatchAs>(pattern)) {
    if (!as->name.text.empty())
      declare(as->name.text, as->name.range.begin);
    if (as->pattern)
      declarePattern(as->pattern);
  } else if (auto *either = llvm::dyn_cast<ast::MatchOr>(pattern)) {
    for (const ast::Pattern *part : either->patterns)
      declarePattern(part);
  }
}

void AnalysisBuilder::declareWalrus(const ast::Expr *expr) {
  if (auto *named = llvm::dyn_cast<ast::NamedExpr>(expr))
    declare(named->target->id, named->target->range.begin);
  forEachChild(expr, [&](const ast::Expr *child) { declareWalrus(child); });
}

void AnalysisBuilder::declareBlock(ast::StmtList body) {
  for (const ast::Stmt *stmt : body)
    declareStmt(stmt);
}

void AnalysisBuilder::declareStmt(const ast::Stmt *stmt) {
  forEachExpr(stmt, [&](const ast::Expr *expr) { declareWalrus(expr); });
  switch (stmt->kind) {
  case ast::StmtKind::Assign:
    for (const ast::Expr *target : cast<ast::Assign>(stmt)->targets)
      declareTarget(target);
    break;
  case ast::StmtKind::AugAssign:
    declareTarget(cast<ast::AugAssign>(stmt)->target);
    break;
  case ast::StmtKind::AnnAssign:
    declareTarget(cast<ast::AnnAssign>(stmt)->target);
    break;
  case ast::StmtKind::For:
    declareTarget(cast<ast::For>(stmt)->target);
    break;
  case ast::StmtKind::With:
    for (const ast::WithItem &item : cast<ast::With>(stmt)->items)
      if (item.target)
        declareTarget(item.target);
    break;
  case ast::StmtKind::Match:
    for (const ast::MatchCase &matchCase : cast<ast::Match>(stmt)->cases)
      declarePattern(matchCase.pattern);
    break;
  case ast::StmtKind::FunctionDef:
    declare(cast<ast::FunctionDef>(stmt)->name.text, cast<ast::FunctionDef>(stmt)->name.range.begin);
    break;
  default:
    break;
  }
  forEachBlock(stmt, [&](ast::StmtList body) { declareBlock(body); });
}

//===----------------------------------------------------------------------===//
// What regions assign
//===----------------------------------------------------------------------===//

void AnalysisBuilder::assignTarget(const ast::Expr *target, VariableSet &set) {
  if (auto *name = llvm::dyn_cast<ast::Name>(target))
    set.set(result.slots.lookup(name->id));
  else if (auto *tuple = llvm::dyn_cast<ast::Tuple>(target))
    for (const ast::Expr *element : tuple->elements)
      assignTarget(element, set);
  else if (auto *list = llvm::dyn_cast<ast::List>(target))
    for (const ast::Expr *element : list->elements)
      assignTarget(element, set);
  else if (auto *starred = llvm::dyn_cast<ast::Starred>(target))
    assignTarget(starred->value, set);
}

void AnalysisBuilder::assignWalrus(const ast::Expr *expr, VariableSet &set) {
  if (auto *named = llvm::dyn_cast<ast::NamedExpr>(expr))
    set.set(result.slots.lookup(named->target->id));
  forEachChild(expr, [&](const ast::Expr *child) { assignWalrus(child, set); });
}

void AnalysisBuilder::assignPattern(const ast::Pattern *pattern, VariableSet &set) {
  if (auto *as = llvm::dyn_cast<ast::MatchAs>(pattern)) {
    if (!as->name.text.empty())
      set.set(result.slots.lookup(as->name.text));
    if (as->pattern)
      assignPattern(as->pattern, set);
  } else if (auto *either = llvm::dyn_cast<ast::MatchOr>(pattern)) {
    for (const ast::Pattern *part : either->patterns)
      assignPattern(part, set);
  }
}

void AnalysisBuilder::summarise(ast::StmtList body, Summary &summary) {
  for (const ast::Stmt *stmt : body)
    summarise(stmt, summary);
}

void AnalysisBuilder::summarise(const ast::Stmt *stmt, Summary &summary) {
  forEachExpr(stmt, [&](const ast::Expr *expr) { assignWalrus(expr, summary.assigned); });
  bool isLoop = stmt->kind == ast::StmtKind::For || stmt->kind == ast::StmtKind::While;
  switch (stmt->kind) {
  case ast::StmtKind::Assign:
    for (const ast::Expr *target : cast<ast::Assign>(stmt)->targets)
      assignTarget(target, summary.assigned);
    return;
  case ast::StmtKind::AugAssign:
    return assignTarget(cast<ast::AugAssign>(stmt)->target, summary.assigned);
  case ast::StmtKind::AnnAssign:
    if (cast<ast::AnnAssign>(stmt)->value)
      assignTarget(cast<ast::AnnAssign>(stmt)->target, summary.assigned);
    return;
  case ast::StmtKind::FunctionDef:
    summary.assigned.set(result.slots.lookup(cast<ast::FunctionDef>(stmt)->name.text));
    return;
  case ast::StmtKind::Return:
    summary.mayReturn = true;
    return;
  case ast::StmtKind::Break:
    summary.mayBreak = true;
    return;
  case ast::StmtKind::Continue:
    summary.mayContinue = true;
    return;
  case ast::StmtKind::For:
  case ast::StmtKind::While:
  case ast::StmtKind::If:
  case ast::StmtKind::With:
  case ast::StmtKind::Try:
  case ast::StmtKind::Match:
    break;
  default:
    return;
  }
  Summary inner;
  inner.assigned = none();
  if (auto *loop = llvm::dyn_cast<ast::For>(stmt))
    assignTarget(loop->target, inner.assigned);
  if (auto *with = llvm::dyn_cast<ast::With>(stmt))
    for (const ast::WithItem &item : with->items)
      if (item.target)
        assignTarget(item.target, inner.assigned);
  if (auto *match = llvm::dyn_cast<ast::Match>(stmt))
    for (const ast::MatchCase &matchCase : match->cases)
      assignPattern(matchCase.pattern, inner.assigned);
  forEachExpr(stmt, [&](const ast::Expr *expr) { assignWalrus(expr, inner.assigned); });
  forEachBlock(stmt, [&](ast::StmtList body) { summarise(body, inner); });
  auto info = std::make_unique<RegionInfo>();
  info->assigned = inner.assigned;
  info->mayReturn = inner.mayReturn;
  info->mayBreak = inner.mayBreak;
  info->mayContinue = inner.mayContinue;
  info->liveOut = none();
  info->liveHeader = none();
  result.regions[stmt] = std::move(info);
  summary.assigned |= inner.assigned;
  summary.mayReturn |= inner.mayReturn;
  summary.mayBreak |= inner.mayBreak && !isLoop;
  summary.mayContinue |= inner.mayContinue && !isLoop;
}

//===----------------------------------------------------------------------===//
// Liveness
//===----------------------------------------------------------------------===//

void AnalysisBuilder::use(const ast::Expr *expr, VariableSet &live) {
  if (auto *name = llvm::dyn_cast<ast::Name>(expr)) {
    auto it = result.slots.find(name->id);
    if (it == result.slots.end())
      return;
    result.nameSlots[name] = it->second;
    live.set(it->second);
    return;
  }
  if (auto *named = llvm::dyn_cast<ast::NamedExpr>(expr))
    result.nameSlots[named->target] = result.slots.lookup(named->target->id);
  forEachChild(expr, [&](const ast::Expr *child) { use(child, live); });
}

void AnalysisBuilder::kill(const ast::Expr *target, VariableSet &live) {
  if (auto *name = llvm::dyn_cast<ast::Name>(target)) {
    unsigned slot = result.slots.lookup(name->id);
    result.nameSlots[name] = slot;
    live.reset(slot);
  } else if (auto *tuple = llvm::dyn_cast<ast::Tuple>(target)) {
    for (const ast::Expr *element : tuple->elements)
      kill(element, live);
  } else if (auto *list = llvm::dyn_cast<ast::List>(target)) {
    for (const ast::Expr *element : list->elements)
      kill(element, live);
  } else if (auto *starred = llvm::dyn_cast<ast::Starred>(target)) {
    kill(starred->value, live);
  }
}

void AnalysisBuilder::killPattern(const ast::Pattern *pattern, VariableSet &live) {
  VariableSet set = none();
  assignPattern(pattern, set);
  live.reset(set);
}

/// Targets that are no names (`x[i] = ...`) read what they consist of.
static bool isPlainTarget(const ast::Expr *target) {
  return llvm::isa<ast::Name, ast::Tuple, ast::List, ast::Starred>(target);
}

void AnalysisBuilder::flow(ast::StmtList body, VariableSet &live) {
  for (const ast::Stmt *stmt : llvm::reverse(body))
    flow(stmt, live);
}

/// The head of a loop is a fixed point: what is live there is what one iteration reads first, and what is live after.
template <typename Body> void AnalysisBuilder::flowLoop(const ast::Stmt *stmt, VariableSet &live, Body body) {
  RegionInfo &region = getRegion(stmt);
  region.liveOut |= live;
  VariableSet oldBreak = breakLive, oldContinue = continueLive;
  VariableSet after = live, head = live;
  for (int round = 0; round < 3; ++round) {
    breakLive = after;
    continueLive = head;
    VariableSet inner = head;
    body(inner);
    inner |= after;
    if (inner == head)
      break;
    head = inner;
  }
  region.liveHeader |= head;
  breakLive = oldBreak;
  continueLive = oldContinue;
  live = head;
}

void AnalysisBuilder::flow(const ast::Stmt *stmt, VariableSet &live) {
  switch (stmt->kind) {
  case ast::StmtKind::Return:
    live = none();
    if (const ast::Expr *value = cast<ast::Return>(stmt)->value)
      use(value, live);
    return;
  case ast::StmtKind::Break:
    live = breakLive;
    return;
  case ast::StmtKind::Continue:
    live = continueLive;
    return;
  case ast::StmtKind::Assign: {
    auto *assign = cast<ast::Assign>(stmt);
    for (const ast::Expr *target : llvm::reverse(assign->targets)) {
      if (isPlainTarget(target))
        kill(target, live);
      else
        use(target, live);
    }
    return use(assign->value, live);
  }
  case ast::StmtKind::AugAssign:
    use(cast<ast::AugAssign>(stmt)->target, live);
    return use(cast<ast::AugAssign>(stmt)->value, live);
  case ast::StmtKind::AnnAssign: {
    auto *assign = cast<ast::AnnAssign>(stmt);
    if (assign->value) {
      if (isPlainTarget(assign->target))
        kill(assign->target, live);
      else
        use(assign->target, live);
      use(assign->value, live);
    }
    return use(assign->annotation, live);
  }
  case ast::StmtKind::If: {
    auto *branch = cast<ast::If>(stmt);
    getRegion(stmt).liveOut |= live;
    VariableSet otherwise = live;
    flow(branch->body, live);
    flow(branch->orElse, otherwise);
    live |= otherwise;
    return use(branch->condition, live);
  }
  case ast::StmtKind::For: {
    auto *loop = cast<ast::For>(stmt);
    flow(loop->orElse, live);
    flowLoop(stmt, live, [&](VariableSet &inner) {
      flow(loop->body, inner);
      kill(loop->target, inner);
    });
    return use(loop->iter, live);
  }
  case ast::StmtKind::While: {
    auto *loop = cast<ast::While>(stmt);
    flow(loop->orElse, live);
    flowLoop(stmt, live, [&](VariableSet &inner) {
      flow(loop->body, inner);
      use(loop->condition, inner);
    });
    return use(loop->condition, live);
  }
  case ast::StmtKind::Match: {
    auto *match = cast<ast::Match>(stmt);
    getRegion(stmt).liveOut |= live;
    VariableSet after = live;
    for (const ast::MatchCase &matchCase : match->cases) {
      VariableSet inner = after;
      flow(matchCase.body, inner);
      if (matchCase.guard)
        use(matchCase.guard, inner);
      killPattern(matchCase.pattern, inner);
      live |= inner;
    }
    return use(match->subject, live);
  }
  default:
    break;
  }
  if (result.regions.count(stmt))
    getRegion(stmt).liveOut |= live;
  forEachBlock(stmt, [&](ast::StmtList body) {
    VariableSet inner = live;
    flow(body, inner);
    live |= inner;
  });
  if (auto *with = llvm::dyn_cast<ast::With>(stmt))
    for (const ast::WithItem &item : with->items)
      if (item.target)
        kill(item.target, live);
  if (auto *with = llvm::dyn_cast<ast::With>(stmt)) {
    for (const ast::WithItem &item : with->items)
      use(item.context, live);
    return;
  }
  forEachExpr(stmt, [&](const ast::Expr *expr) { use(expr, live); });
}

void AnalysisBuilder::run(llvm::ArrayRef<ast::Param> params, ast::StmtList body) {
  for (const ast::Param &param : params)
    declare(param.name.text, param.name.range.begin);
  declareBlock(body);
  Summary summary;
  summary.assigned = none();
  summarise(body, summary);
  breakLive = continueLive = none();
  VariableSet live = none();
  flow(body, live);
}

FunctionAnalysis::FunctionAnalysis(llvm::ArrayRef<ast::Param> params, ast::StmtList body) {
  AnalysisBuilder(*this).run(params, body);
}
