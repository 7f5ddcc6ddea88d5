//===- ParseDefinitions.cpp - functions, classes, decorators ----*- C++ -*-===//
//
// Also decides which functions are device code.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/ParserImpl.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace tessera;
using namespace tessera::ast;
using llvm::dyn_cast;
using llvm::isa;
using llvm::SaveAndRestore;
using llvm::SmallVector;
using llvm::SmallVectorImpl;
using llvm::StringRef;
using llvm::Twine;

//===----------------------------------------------------------------------===//
// What decorators mean
//===----------------------------------------------------------------------===//

/// Remembers what the names bound by an import stand for: `import triton as t` makes `t.jit` mean `triton.jit`.
void Parser::rememberImport(const Stmt *stmt) {
  if (const auto *import = dyn_cast<Import>(stmt)) {
    for (const Alias &alias : import->names)
      imports[alias.getBoundName()] = alias.asName.text.empty() ? alias.getBoundName().str() : alias.name.text.str();
  } else if (const auto *from = dyn_cast<ImportFrom>(stmt)) {
    std::string module = std::string(from->level, '.') + from->module.text.str();
    for (const Alias &alias : from->names)
      if (alias.name.text != "*")
        imports[alias.getBoundName()] = module + "." + alias.name.text.str();
  }
}

/// The dotted name of a decorator (of its callee, if it is a call) with what the file's imports say of its first part.
std::string Parser::resolve(const Expr *decorator) const {
  if (const auto *call = dyn_cast<Call>(decorator))
    decorator = call->callee;
  std::string name = getDottedName(decorator);
  StringRef first = StringRef(name).split('.').first;
  auto import = imports.find(first);
  if (import == imports.end())
    return name;
  return import->second + name.substr(first.size());
}

namespace {
/// Whether a dotted name is one of Triton's or Tessera's own. A name from a relative import may be anything.
bool isOwn(StringRef root) { return root == "triton" || root == "tl" || root == "tile" || root == "tessera"; }

FunctionRole classifyDecorator(StringRef name) {
  if (name.empty() || name.contains("gluon")) // another language with the same decorator
    return FunctionRole::Host;
  auto [path, last] = name.rsplit('.');
  if (last.empty()) { // no dot: nothing is known but the name
    last = name;
    path = "";
  }
  StringRef root = path.split('.').first;
  // `jit` alone, or imported from a module of the project, is Triton's; `numba.jit` is not.
  bool own = isOwn(root) || root.empty();
  if (own && (last == "constexpr_function" || name == "tile.constexpr"))
    return FunctionRole::Constexpr;
  if (own && last == "jit")
    return FunctionRole::Device;
  if ((root == "tile" || root == "tessera") && (last == "kernel" || last == "function"))
    return FunctionRole::Device;
  return FunctionRole::Host;
}
} // namespace

FunctionRole Parser::classify(llvm::ArrayRef<Expr *> decorators, const Expr *&marker) const {
  for (Expr *decorator : decorators) {
    FunctionRole role = classifyDecorator(resolve(decorator));
    if (role != FunctionRole::Host) {
      marker = decorator;
      return role;
    }
  }
  return FunctionRole::Host;
}

/// `__name__ == "__main__"`
bool Parser::isMainGuard(const Expr *condition) {
  const auto *compare = dyn_cast<Compare>(condition);
  if (!compare || compare->comparisons.size() != 1 || compare->comparisons[0].op != CompareOp::Eq)
    return false;
  const Expr *left = compare->left, *right = compare->comparisons[0].right;
  if (isa<StringLiteral>(left))
    std::swap(left, right);
  const auto *name = dyn_cast<Name>(left);
  const auto *value = dyn_cast<StringLiteral>(right);
  return name && value && name->id == "__name__" && value->value == "__main__";
}

//===----------------------------------------------------------------------===//
// Decorators
//===----------------------------------------------------------------------===//

/// What is wrong with decorators is reported (or not) once it is known what they decorate.
void Parser::parseDecorators(SmallVectorImpl<Expr *> &decorators, bool &failed) {
  while (at(TokenKind::At)) {
    statementBegin = peek().begin;
    advance();
    Expr *decorator = parseNamedExpr();
    if (decorator && at(TokenKind::Newline)) {
      advance();
      decorators.push_back(decorator);
      continue;
    }
    if (decorator)
      failExpected("the end of the line after the decorator");
    failed = true;
    resync();
  }
}

Stmt *Parser::parseDecorated() {
  uint32_t begin = peek().begin;
  std::vector<Diagnostic> found;
  SmallVector<Expr *> decorators;
  bool failed = false;
  {
    SaveAndRestore saveDeferred(deferred, deferred ? deferred : &found);
    parseDecorators(decorators, failed);
  }
  bool isAsync = at(TokenKind::KwAsync) && peek(1).is(TokenKind::KwDef);
  bool isClass = at(TokenKind::KwClass);
  const Expr *marker = nullptr;
  {
    // The decorators of a device function are device code, others what is around them.
    Region of = region;
    if (!isClass && classify(decorators, marker) != FunctionRole::Host)
      of = Region::Device;
    else if (region == Region::Module && !(decorators.empty() && failed))
      of = Region::Host;
    SaveAndRestore saveRegion(region, of);
    for (Diagnostic &diagnostic : found)
      deliver(std::move(diagnostic));
  }
  if (isClass)
    return parseClass(begin, decorators, failed);
  if (isAsync)
    advance();
  if (at(TokenKind::KwDef))
    return parseFunction(begin, decorators, isAsync, failed);
  if (!failed)
    failExpected("a function or a class after the decorator");
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

bool Parser::parseFunctionHeader(FunctionDef *def) {
  if (!parseTypeParams(def->typeParams))
    return false;
  if (!at(TokenKind::LParen)) {
    failExpected("'(' after the name of the function");
    return false;
  }
  Token opening = openBracket();
  SmallVector<Param> params;
  bool good = parseParams(params, TokenKind::RParen, /*isLambda=*/false) && expectClosing(opening, "a parameter");
  def->params = copy(params);
  if (!good)
    return false;
  def->paramsRange = rangeFrom(opening.begin);
  if (consumeIf(TokenKind::Arrow)) {
    def->returnType = parseExpr();
    return def->returnType != nullptr;
  }
  return true;
}

/// At `def`.
Stmt *Parser::parseFunction(uint32_t begin, llvm::ArrayRef<Expr *> decorators, bool isAsync, bool failed) {
  Token keyword = advance();
  auto *def = make<FunctionDef>(range(keyword));
  const Expr *marker = nullptr;
  def->role = classify(decorators, marker);
  def->decorators = builder.getContext().copy(decorators);
  def->isAsync = isAsync;

  bool outerFailed = failedHere;
  Region outerRegion = region;
  SaveAndRestore saveLoops(loopDepth, 0u);
  SaveAndRestore saveFunctions(functionDepth, functionDepth + 1);
  failedHere = failed;
  if (def->role != FunctionRole::Host)
    region = Region::Device;
  else if (region == Region::Module)
    region = Region::Host;

  std::optional<Identifier> name = expectName("the name of the function after 'def'");
  def->name = name.value_or(Identifier());
  bool headerIsGood = name && parseFunctionHeader(def);
  if (name && def->role != FunctionRole::Host) {
    DeviceFunction function;
    function.def = def;
    function.marker = marker;
    for (const Expr *decorator : decorators)
      if (decorator != marker)
        function.wrappers.push_back(decorator);
    function.parents.assign(parents.begin(), parents.end());
    builder.addFunction(std::move(function));
  }
  parents.push_back(def);
  parseBlock(keyword, "the header of function '" + def->name.text + "'", headerIsGood, def->body);
  parents.pop_back();
  def->hasErrors = failedHere;
  region = outerRegion;
  failedHere = outerFailed || (failedHere && outerRegion == Region::Device);
  finishCompound(def, begin, true);
  return name ? def : nullptr;
}

/// One parameter after its star, if any.
bool Parser::parseParam(SmallVectorImpl<Param> &params, ParamKind kind, bool isLambda) {
  uint32_t begin = kind == ParamKind::VarPositional || kind == ParamKind::VarKeyword ? lastEnd : peek().begin;
  if (at(TokenKind::LParen)) {
    error(loc(peek()), "expected the name of a parameter, found '('");
    return false;
  }
  std::optional<Identifier> name = expectName("the name of a parameter");
  if (!name)
    return false;
  Param param;
  param.name = *name;
  param.kind = kind;
  if (!isLambda && consumeIf(TokenKind::Colon)) {
    param.annotation = kind == ParamKind::VarPositional ? parseStarOrNamed() : parseExpr();
    if (!param.annotation)
      return false;
  }
  if (at(TokenKind::Equal)) {
    Token equal = advance();
    if (kind == ParamKind::VarPositional || kind == ParamKind::VarKeyword) {
      error(loc(equal), "parameter '" + Twine(kind == ParamKind::VarKeyword ? "**" : "*") + name->text +
                            "' cannot have a default value");
      return false;
    }
    param.defaultValue = parseExpr();
    if (!param.defaultValue)
      return false;
  }
  param.range = rangeFrom(begin);
  params.push_back(param);
  return true;
}

/// Mistakes that do not keep the parameters from being read.
bool Parser::checkParams(llvm::ArrayRef<Param> params) {
  const Param *withDefault = nullptr;
  for (size_t i = 0; i < params.size(); ++i) {
    const Param &param = params[i];
    for (const Param &previous : params.take_front(i)) {
      if (previous.name.text != param.name.text)
        continue;
      error(param.name.range.begin, "parameter '" + param.name.text + "' is declared twice")
          .range(param.name.range)
          .note(previous.name.range.begin, "it is first declared here");
      break;
    }
    bool positional = param.kind == ParamKind::PositionalOnly || param.kind == ParamKind::PositionalOrKeyword;
    if (!positional)
      continue;
    if (param.defaultValue)
      withDefault = &param;
    else if (withDefault)
      error(param.name.range.begin, "parameter '" + param.name.text + "' without a default value after parameter '" +
                                        withDefault->name.text + "' with one")
          .range(param.range)
          .note(withDefault->name.range.begin, "the parameter with a default value is here", withDefault->range);
  }
  return true;
}

/// Up to, not including, the closing token.
bool Parser::parseParams(SmallVectorImpl<Param> &params, TokenKind closing, bool isLambda) {
  ParamKind kind = ParamKind::PositionalOrKeyword;
  std::optional<Token> slash, star, doubleStar;
  bool failed = false;
  do {
    if (at(closing))
      break;
    Token first = peek();
    if (doubleStar) {
      error(loc(first),
            "expected '" + getSpelling(closing) + "' after the '**' parameter, found " + describeFound(first))
          .note(loc(*doubleStar), "nothing may follow it");
      return false;
    }
    if (first.is(TokenKind::Slash)) {
      advance();
      if (params.empty() || slash || star) {
        error(loc(first), params.empty() ? "expected a parameter before '/'"
                          : slash        ? "'/' may be given only once"
                                         : "'/' must come before '*'");
        return false;
      }
      slash = first;
      for (Param &param : params)
        param.kind = ParamKind::PositionalOnly;
    } else if (first.is(TokenKind::Star)) {
      advance();
      if (star) {
        error(loc(first), "'*' may be given only once").note(loc(*star), "it is first given here");
        return false;
      }
      star = first;
      kind = ParamKind::KeywordOnly;
      if (at(TokenKind::Comma) || at(closing)) {
        if (!peek(1).is(TokenKind::Name)) {
          error(loc(first), "expected a parameter after '*'");
          return false;
        }
      } else if (!parseParam(params, ParamKind::VarPositional, isLambda)) {
        return false;
      }
    } else if (first.is(TokenKind::StarStar)) {
      doubleStar = advance();
      if (!parseParam(params, ParamKind::VarKeyword, isLambda))
        return false;
    } else if (!parseParam(params, kind, isLambda)) {
      return false;
    }
  } while (parseSeparator(closing, "parameters", failed));
  return !failed && checkParams(params);
}

//===----------------------------------------------------------------------===//
// Type parameters and classes
//===----------------------------------------------------------------------===//

/// `[T, *Ts, **P]`, or nothing.
bool Parser::parseTypeParams(llvm::ArrayRef<TypeParam> &result) {
  if (!at(TokenKind::LBracket))
    return true;
  Token opening = openBracket();
  SmallVector<TypeParam> params;
  bool failed = false;
  do {
    if (at(TokenKind::RBracket))
      break;
    TypeParam param;
    if (consumeIf(TokenKind::Star))
      param.kind = TypeParam::Kind::TypeVarTuple;
    else if (consumeIf(TokenKind::StarStar))
      param.kind = TypeParam::Kind::ParamSpec;
    std::optional<Identifier> name = expectName("the name of a type parameter");
    if (!name)
      return false;
    param.name = *name;
    if (consumeIf(TokenKind::Colon)) {
      param.bound = parseExpr();
      if (!param.bound)
        return false;
    }
    if (consumeIf(TokenKind::Equal)) {
      param.defaultValue = parseStarOrNamed();
      if (!param.defaultValue)
        return false;
    }
    params.push_back(param);
  } while (parseSeparator(TokenKind::RBracket, "type parameters", failed));
  result = copy(params);
  return !failed && expectClosing(opening, "a type parameter");
}

/// At `class`.
Stmt *Parser::parseClass(uint32_t begin, llvm::ArrayRef<Expr *> decorators, bool failed) {
  Token keyword = advance();
  auto *def = make<ClassDef>(range(keyword));
  def->decorators = builder.getContext().copy(decorators);
  bool outerFailed = failedHere;
  failedHere = failed;
  SaveAndRestore saveRegion(region, region == Region::Module ? Region::Host : region);
  SaveAndRestore saveLoops(loopDepth, 0u);

  std::optional<Identifier> name = expectName("the name of the class after 'class'");
  def->name = name.value_or(Identifier());
  bool headerIsGood = name && parseTypeParams(def->typeParams);
  if (headerIsGood && at(TokenKind::LParen)) {
    Token opening = openBracket();
    SmallVector<Expr *> bases;
    SmallVector<Keyword> keywords;
    headerIsGood = parseArguments(opening, bases, keywords);
    def->bases = copy(bases);
    def->keywords = copy(keywords);
  }
  parents.push_back(def);
  parseBlock(keyword, "the header of class '" + def->name.text + "'", headerIsGood, def->body);
  parents.pop_back();
  def->hasErrors = failedHere;
  failedHere = outerFailed || (failedHere && region == Region::Device);
  finishCompound(def, begin, true);
  return name ? def : nullptr;
}
