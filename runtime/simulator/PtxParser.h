//===- PtxParser.h - Recursive descent over PTX's grammar -------*- C++ -*-===//
//
// Private to the reader: the parser's state and its productions. Every production returns false after it has set
// `error`.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_PTXPARSER_H
#define TESSERA_RUNTIME_SIMULATOR_PTXPARSER_H

#include "runtime/simulator/PtxAst.h"
#include "runtime/simulator/PtxLexer.h"

#include <map>
#include <tuple>
#include <unordered_set>

namespace tessera::sim::ptx {

class Parser {
public:
  Parser(std::string_view text, Module &into) : lexer(text), module(into) {}
  bool parse();
  std::string error;

private:
  /// `.reg .v2 .f32 %v<3>`: 3 times 2 registers side by side; of one name `count` is 1, of scalars `width`.
  struct RegisterRange {
    uint32_t base = 0, count = 0, width = 1;
  };
  /// What a `{ }` inside a body declares.
  struct Names {
    std::unordered_map<std::string_view, RegisterRange> ranges; ///< `%r<10>`: prefix → numbers
    std::unordered_map<std::string_view, RegisterRange> registers;
    std::unordered_map<std::string_view, uint32_t> variables;
    std::unordered_set<std::string_view> taken; ///< every name declared, labels too
    uint32_t scope = 0;
  };

  void advance() {
    lastEnd = lexer.at();
    token = lexer.next();
  }
  bool fail(const Token &at, std::string message);
  /// The same where the text is right and the simulator lacks what it asks for.
  bool lack(const Token &at, std::string message);
  bool unexpected(std::string_view wanted);
  bool expect(char c);
  bool accept(char c);
  bool integer(uint64_t &value);
  bool word(std::string_view &text, std::string_view wanted);
  bool threeIntegers(uint32_t *values);
  bool alignment(uint32_t &value);

  // Declarations.
  bool topLevel();
  bool typeAndAttributes(Variable &variable);
  bool declarator(Variable &variable);
  bool initialiser(Variable &variable);
  bool initialiserValue(Variable &variable, uint64_t offset, unsigned bytes);
  bool variableDeclaration(Space space, bool isExtern, std::vector<Variable> &into);
  bool parameterList(std::vector<Variable> &into);
  bool function(bool isEntry);
  bool functionDirective(Function &function);
  bool fileDirective();
  bool versionDirective();
  bool targetDirective();
  bool aliasDirective();

  // Bodies.
  bool body(Function &function);
  bool statement(Function &function);
  bool bodyDirective(Function &function);
  bool registerDeclaration(Function &function);
  bool location();
  bool labelled(Function &function, std::string_view label);
  bool instruction(Function &function);
  bool operandItem(Function &function, Operand &operand);
  bool nestedOperand(Function &function, Operand &operand);
  bool operandAlternatives(Function &function, Operand &operand);
  bool operandList(Function &function, char close, Operand &operand);
  bool address(Function &function, Operand &operand);
  bool displacement(int64_t &value);
  bool nameOperand(Function &function, Operand &operand);
  bool findRegisters(std::string_view name, uint32_t &first, uint32_t &width) const;
  bool findRegister(std::string_view name, uint32_t &index) const;
  bool declare(const Token &at, std::string_view name);
  bool findVariable(std::string_view name, uint32_t &index) const;

  bool checkVariables(const std::vector<Variable> &variables, size_t first, bool isModule);

  Lexer lexer;
  Module &module;
  Token token;
  const char *lastEnd = nullptr;                ///< end of the token before `token`
  std::vector<Names> names;                     ///< innermost last
  std::unordered_set<std::string_view> defined; ///< variables and functions of the module
  uint64_t constantBytes = 0;
  uint32_t currentLocation = None;
  unsigned nesting = 0;                                                ///< brackets around the operand that is read
  std::map<std::tuple<uint32_t, uint32_t, uint32_t>, uint32_t> lastAt; ///< the latest location at a place
};

} // namespace tessera::sim::ptx

#endif // TESSERA_RUNTIME_SIMULATOR_PTXPARSER_H
