//===- Program.cpp - what a file holds --------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "frontend/syntax/Parser.h"
#include "frontend/syntax/ParserImpl.h"

#include "llvm/ADT/STLExtras.h"

using namespace tessera;
using llvm::dyn_cast;
using llvm::StringRef;

const ast::Call *DeviceFunction::findWrapper(StringRef name) const {
  for (const ast::Expr *wrapper : wrappers) {
    const auto *call = dyn_cast<ast::Call>(wrapper);
    if (!call)
      continue;
    std::string dotted = ast::getDottedName(call->callee);
    StringRef rest = dotted;
    if (rest.consume_back(name) && (rest.empty() || rest.ends_with(".")))
      return call;
  }
  return nullptr;
}

const DeviceFunction *Program::findFunction(StringRef name) const {
  const DeviceFunction *found = nullptr;
  auto consider = [&](const DeviceFunction &function) {
    if (function.getName() != name)
      return;
    bool better =
        !found || (function.parents.empty() && !found->parents.empty()) ||
        (function.parents.empty() == found->parents.empty() && found->def->range.begin < function.def->range.begin);
    if (better)
      found = &function;
  };
  llvm::for_each(deviceFunctions, consider);
  llvm::for_each(constexprFunctions, consider);
  return found;
}

void ProgramBuilder::addFunction(DeviceFunction function) {
  bool isDevice = function.def->role == ast::FunctionRole::Device;
  (isDevice ? program.deviceFunctions : program.constexprFunctions).push_back(std::move(function));
}

std::unique_ptr<Program> tessera::parseProgram(FileId file, DiagnosticEngine &diagnostics,
                                               const ParseOptions &options) {
  auto program = std::make_unique<Program>();
  Parser(file, diagnostics, options, *program).parseModule();
  return program;
}
