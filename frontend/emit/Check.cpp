//===- Check.cpp - checking without a signature ------------------------------===//
//
// What can be said of device functions before anybody specialises them: names
// that nothing defines, built-ins and keyword arguments that do not exist, and
// calls with the wrong number of arguments.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/emit/Emitter.h"
#include "frontend/syntax/Walk.h"

#include "llvm/ADT/StringSet.h"

using namespace tessera;
using namespace tessera::emit;
using llvm::cast;
using llvm::StringRef;
using llvm::Twine;

namespace {
class Checker {
public:
  Checker(Emitter &emitter) : emitter(emitter) {}

  void check(const ast::FunctionDef &def);

private:
  void visit(const ast::Expr *expr);
  void visit(ast::StmtList body);
  void visit(const ast::Stmt *stmt);
  void visitCall(const ast::Call *call);
  void checkKeywords(const ast::Call *call, StringRef name, llvm::ArrayRef<StringRef> params);
  /// What a name or a dotted name means at the module level; undefined if it is a variable or not understood.
  Value resolve(const ast::Expr *expr);

  Emitter &emitter;
  const FunctionAnalysis *analysis = nullptr;
};
} // namespace

Value Checker::resolve(const ast::Expr *expr) {
  if (auto *name = llvm::dyn_cast<ast::Name>(expr)) {
    if (analysis->getSlot(name) >= 0 || analysis->findSlot(name->id) >= 0)
      return Value();
    return emitter.lookUpGlobal(*emitter.frame->unit, name->id);
  }
  if (auto *attribute = llvm::dyn_cast<ast::Attribute>(expr)) {
    Value object = resolve(attribute->value);
    if (!object.is(ValueKind::Module))
      return Value();
    return emitter.getModuleAttribute(object.moduleId, attribute->attr.text, attribute->attr.range.begin,
                                      attribute->attr.range);
  }
  return Value();
}

void Checker::checkKeywords(const ast::Call *call, StringRef name, llvm::ArrayRef<StringRef> params) {
  for (const ast::Keyword &keyword : call->keywords)
    if (!keyword.isUnpack() && !llvm::is_contained(params, keyword.name.text))
      emitter
          .error(keyword.range.begin, "'" + Twine(name) + "' has no parameter '" + keyword.name.text + "'" +
                                          emitter.suggest(keyword.name.text, params))
          .range(keyword.range);
}

void Checker::visitCall(const ast::Call *call) {
  Value callee = resolve(call->callee);
  llvm::SmallVector<StringRef> params;
  bool takesAny = false;
  size_t positional = 0;
  if (callee.is(ValueKind::Builtin)) {
    StringRef text = callee.builtin->params;
    while (!text.empty()) {
      auto [item, rest] = text.split(',');
      text = rest;
      item = item.trim();
      takesAny |= item.consume_front("*");
      params.push_back(item.split('=').first);
    }
    positional = params.size();
    checkKeywords(call, getDisplayName(*callee.builtin), params);
  } else if (callee.is(ValueKind::Function) && callee.functionData->def) {
    bool takesKeywords = false;
    for (const ast::Param &param : callee.functionData->def->params) {
      takesAny |= param.kind == ast::ParamKind::VarPositional;
      takesKeywords |= param.kind == ast::ParamKind::VarKeyword;
      positional += param.kind == ast::ParamKind::PositionalOnly || param.kind == ast::ParamKind::PositionalOrKeyword;
      params.push_back(param.name.text);
    }
    if (!takesKeywords)
      checkKeywords(call, callee.functionData->name, params);
  } else {
    return;
  }
  bool hasStar = llvm::any_of(call->args, [](const ast::Expr *arg) { return llvm::isa<ast::Starred>(arg); });
  if (!takesAny && !hasStar && call->args.size() > positional) {
    std::string name =
        callee.is(ValueKind::Builtin) ? getDisplayName(*callee.builtin) : callee.functionData->name.str();
    emitter.error(call->getLoc(), "'" + Twine(name) + "' takes at most " + Twine(positional) +
                                      (positional == 1 ? " argument" : " arguments") + ", but " +
                                      Twine(call->args.size()) + " are given");
  }
}

void Checker::visit(const ast::Expr *expr) {
  switch (expr->kind) {
  case ast::ExprKind::Name: {
    auto *name = cast<ast::Name>(expr);
    if (analysis->findSlot(name->id) < 0 && resolve(expr).isUndefined()) {
      llvm::SmallVector<StringRef> names;
      for (unsigned i = 0; i < analysis->getNumVariables(); ++i)
        names.push_back(analysis->getName(i));
      emitter.frame->unit->collectNames(names);
      collectBuiltinNames(ModuleId::Unknown, names);
      emitter.error(expr, "'" + name->id + "' is not defined" + emitter.suggest(name->id, names));
    }
    return;
  }
  case ast::ExprKind::Attribute:
    if (resolve(expr).isUndefined())
      visit(cast<ast::Attribute>(expr)->value);
    return;
  case ast::ExprKind::Call:
    visitCall(cast<ast::Call>(expr));
    break;
  case ast::ExprKind::Comprehension:
  case ast::ExprKind::Lambda:
    // These bind names of their own; they are checked when they run.
    return;
  default:
    break;
  }
  ast::forEachChild(expr, [&](const ast::Expr *child) { visit(child); });
}

void Checker::visit(ast::StmtList body) {
  for (const ast::Stmt *stmt : body)
    visit(stmt);
}

void Checker::visit(const ast::Stmt *stmt) {
  ast::forEachExpr(stmt, [&](const ast::Expr *expr) { visit(expr); });
  ast::forEachBlock(stmt, [&](ast::StmtList body) { visit(body); });
}

void Checker::check(const ast::FunctionDef &def) {
  FunctionData data;
  data.unit = emitter.frame->unit;
  data.name = def.name.text;
  data.def = &def;
  analysis = &emitter.frame->unit->getAnalysis(data);
  visit(def.body);
}

bool tessera::checkProgram(const Program &program, DiagnosticEngine &diagnostics) {
  // Nothing is created here, but looking up a name may evaluate constants.
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  loadFrontendDialects(context);
  EmitOptions options;
  Emitter emitter(context, program, options, diagnostics);
  Frame module;
  module.unit = &emitter.getMainUnit();
  module.name = "<module>";
  module.isHost = true;
  emitter.frame = &module;
  Checker checker(emitter);
  for (const DeviceFunction &function : program.getDeviceFunctions())
    if (!function.def->hasErrors)
      checker.check(*function.def);
  emitter.frame = nullptr;
  return emitter.numErrors == 0;
}

//===----------------------------------------------------------------------===//
// Kernels of a file
//===----------------------------------------------------------------------===//

namespace {
/// Gathers the names that functions use: one may also be passed on as a value.
struct NameCollector {
  llvm::StringSet<> names;

  void visit(const ast::Expr *expr) {
    if (auto *name = llvm::dyn_cast<ast::Name>(expr))
      names.insert(name->id);
    ast::forEachChild(expr, [&](const ast::Expr *child) { visit(child); });
  }
  void visit(ast::StmtList body) {
    for (const ast::Stmt *stmt : body) {
      ast::forEachExpr(stmt, [&](const ast::Expr *expr) { visit(expr); });
      ast::forEachBlock(stmt, [&](ast::StmtList block) { visit(block); });
    }
  }
};
} // namespace

std::vector<std::string> tessera::listKernels(const Program &program) {
  std::vector<std::string> kernels, all;
  for (const DeviceFunction &function : program.getDeviceFunctions()) {
    StringRef name = function.getName();
    if (llvm::is_contained(all, name))
      continue;
    all.push_back(name.str());
    bool isCalled = false;
    for (const DeviceFunction &other : program.getDeviceFunctions()) {
      if (other.getName() == name)
        continue;
      NameCollector uses;
      uses.visit(other.def->body);
      isCalled |= uses.names.contains(name);
    }
    if (!isCalled)
      kernels.push_back(name.str());
  }
  return kernels.empty() ? all : kernels;
}
