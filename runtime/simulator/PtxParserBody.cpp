//===- PtxParserBody.cpp - PTX text to records: function bodies -----------===//
//
// Statements: register and variable declarations, labels, source locations, instructions and their operands.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/PtxParser.h"

#include <algorithm>

namespace tessera::sim::ptx {

namespace {

constexpr uint32_t MaximumRegisters = 1u << 22;
constexpr unsigned MaximumScopes = 64;
constexpr unsigned MaximumNesting = 8; ///< of brackets in operands

/// Splits "%r12" into "%r" and 12; false when there are no digits or too many.
bool splitNumber(std::string_view name, std::string_view &prefix, uint32_t &number) {
  size_t start = name.size();
  while (start > 0 && name[start - 1] >= '0' && name[start - 1] <= '9')
    --start;
  if (start == name.size() || name.size() - start > 9)
    return false;
  if (name[start] == '0' && name.size() - start > 1)
    return false;
  number = 0;
  for (size_t i = start; i < name.size(); ++i)
    number = number * 10 + (name[i] - '0');
  prefix = name.substr(0, start);
  return true;
}

} // namespace

/// The register of that name, or the first of the vector of that name.
bool Parser::findRegisters(std::string_view name, uint32_t &first, uint32_t &width) const {
  std::string_view prefix;
  uint32_t number = 0;
  const bool numbered = splitNumber(name, prefix, number);
  for (auto scope = names.rbegin(); scope != names.rend(); ++scope) {
    if (numbered)
      if (const auto range = scope->ranges.find(prefix); range != scope->ranges.end() && number < range->second.count) {
        width = range->second.width;
        first = range->second.base + number * width;
        return true;
      }
    if (const auto found = scope->registers.find(name); found != scope->registers.end()) {
      width = found->second.width;
      first = found->second.base;
      return true;
    }
  }
  return false;
}

/// A register, or one of a vector: v.x, v.y, v.z, v.w, or v.r, v.g, v.b, v.a.
bool Parser::findRegister(std::string_view name, uint32_t &index) const {
  uint32_t width;
  if (findRegisters(name, index, width))
    return width == 1;
  if (name.size() < 3 || name[name.size() - 2] != '.')
    return false;
  size_t component = std::string_view("xyzwrgba").find(name.back());
  if (component == std::string_view::npos)
    return false;
  component %= 4;
  if (!findRegisters(name.substr(0, name.size() - 2), index, width) || component >= width)
    return false;
  index += static_cast<uint32_t>(component);
  return true;
}

bool Parser::findVariable(std::string_view name, uint32_t &index) const {
  for (auto scope = names.rbegin(); scope != names.rend(); ++scope)
    if (const auto found = scope->variables.find(name); found != scope->variables.end()) {
      index = found->second;
      return true;
    }
  return false;
}

/// Notes a name of the innermost scope, in which it may not be declared twice.
bool Parser::declare(const Token &at, std::string_view name) {
  std::string_view prefix;
  uint32_t number = 0;
  bool isTaken = !names.back().taken.insert(name).second;
  if (splitNumber(name, prefix, number)) {
    const auto range = names.back().ranges.find(prefix);
    isTaken |= range != names.back().ranges.end() && number < range->second.count;
  }
  return !isTaken || fail(at, "'" + std::string(name) + "' is declared twice");
}

/// `.reg .b32 %r<10>, %x;` or `.reg .v2 .f32 %v;`
bool Parser::registerDeclaration(Function &function) {
  if (token.kind != Token::Directive)
    return unexpected("a type");
  const Token at = token;
  uint32_t width = 1;
  if (token.text == "v2" || token.text == "v4") {
    width = token.text == "v2" ? 2 : 4;
    advance();
    if (token.kind != Token::Directive)
      return unexpected("a type");
  }
  const Type type = typeNamed(token.text);
  if (type == Type::None)
    return fail(token, "unknown type '." + std::string(token.text) + "'");
  if (width > 1 && (type == Type::Pred || width * bits(type) > 128))
    return fail(at, "expected a vector of at most 128 bits, found '." + std::string(at.text) + " ." +
                        std::string(token.text) + "'");
  advance();
  do {
    std::string_view name;
    const Token place = token;
    if (!word(name, "a register"))
      return false;
    uint64_t count = 1;
    const bool isRange = accept('<');
    if (isRange && (!integer(count) || !expect('>')))
      return false;
    if (count > MaximumRegisters || function.registers.size() + count * width > MaximumRegisters)
      return fail(at, "more than " + std::to_string(MaximumRegisters) + " registers");
    const auto base = static_cast<uint32_t>(function.registers.size());
    if (isRange ? names.back().ranges.count(name) != 0 : !declare(place, name))
      return fail(place, "'" + std::string(name) + "' is declared twice");
    if (isRange)
      names.back().ranges[name] = {base, static_cast<uint32_t>(count), width};
    else
      names.back().registers[name] = {base, 1, width};
    function.registers.resize(base + count * width, Register{type});
  } while (accept(','));
  return expect(';');
}

/// `.loc 1 12 5, function_name $L, inlined_at 1 30 9`
bool Parser::location() {
  uint64_t file, line, column = 0;
  if (!integer(file) || !integer(line))
    return false;
  if (token.kind == Token::Integer && !integer(column))
    return false;
  Location location{static_cast<uint32_t>(file), static_cast<uint32_t>(line), static_cast<uint32_t>(column)};
  while (accept(',')) {
    std::string_view what, label;
    if (!word(what, "'function_name' or 'inlined_at'"))
      return false;
    if (what == "function_name") {
      if (!word(label, "a label"))
        return false;
      uint64_t ignored;
      if (accept('+') && !integer(ignored))
        return false;
    } else if (what == "inlined_at") {
      uint64_t atFile, atLine, atColumn;
      if (!integer(atFile) || !integer(atLine) || !integer(atColumn))
        return false;
      const std::tuple<uint32_t, uint32_t, uint32_t> place(atFile, atLine, atColumn);
      const auto known = lastAt.find(place);
      if (known != lastAt.end()) {
        location.inlinedAt = known->second;
      } else {
        location.inlinedAt = static_cast<uint32_t>(module.locations.size());
        module.locations.push_back(
            {static_cast<uint32_t>(atFile), static_cast<uint32_t>(atLine), static_cast<uint32_t>(atColumn)});
      }
    } else {
      return fail(token, "expected 'function_name' or 'inlined_at', found '" + std::string(what) + "'");
    }
  }
  currentLocation = static_cast<uint32_t>(module.locations.size());
  module.locations.push_back(location);
  lastAt[{location.file, location.line, location.column}] = currentLocation;
  return true;
}

bool Parser::bodyDirective(Function &function) {
  const Token at = token;
  const std::string_view text = token.text;
  advance();
  if (text == "reg")
    return registerDeclaration(function);
  if (text == "loc")
    return location();
  Space space;
  if (text == "local")
    space = Space::Local;
  else if (text == "shared" || text == "shared::cta")
    space = Space::Shared;
  else if (text == "param")
    space = Space::Param;
  else if (text == "global")
    space = Space::Global;
  else if (text == "const")
    space = Space::Const;
  else if (text == "pragma") {
    while (token.kind == Token::String) {
      advance();
      accept(',');
    }
    return expect(';');
  } else if (text == "file") {
    return fileDirective();
  } else {
    return functionDirective(function) || fail(at, "unknown directive '." + std::string(text) + "'");
  }
  const size_t first = function.variables.size();
  if (space == Space::Global || space == Space::Const) {
    const size_t start = module.variables.size();
    return variableDeclaration(space, false, module.variables) && checkVariables(module.variables, start, false);
  }
  if (!variableDeclaration(space, false, function.variables) || !checkVariables(function.variables, first, false))
    return false;
  for (size_t i = first; i < function.variables.size(); ++i) {
    if (!declare(at, function.variables[i].name))
      return false;
    names.back().variables[function.variables[i].name] = static_cast<uint32_t>(i);
  }
  return true;
}

/// What is added to a register or a variable, the sign being next. As ptxas does, "base+-4" is read and "base-4" is
/// not.
bool Parser::displacement(int64_t &value) {
  if (token.is('-'))
    return fail(token, "an offset is added, also a negative one: '+-' in place of '-'");
  advance();
  uint64_t addend;
  if (!integer(addend))
    return false;
  value += static_cast<int64_t>(addend);
  return true;
}

bool Parser::nameOperand(Function &function, Operand &operand) {
  const std::string_view text = token.text;
  uint32_t index, width;
  if (text == "_") {
    operand.kind = Operand::Sink;
  } else if (findRegisters(text, index, width) && width > 1) {
    operand.kind = Operand::Vector;
    operand.first = static_cast<uint32_t>(function.operands.size());
    operand.count = width;
    for (uint32_t i = 0; i < width; ++i) {
      Operand component;
      component.kind = Operand::Register;
      component.index = index + i;
      function.operands.push_back(component);
    }
  } else if (findRegister(text, index)) {
    operand.kind = Operand::Register;
    operand.index = index;
  } else if (text[0] == '%') {
    // Special registers are judged when the instruction is decoded; "%r7" that nobody declared is found there too.
    operand.kind = Operand::Special;
    operand.text = text;
  } else {
    operand.kind = Operand::Symbol;
    operand.text = text;
    if (findVariable(text, index))
      operand.index = index;
  }
  advance();
  if (operand.kind == Operand::Symbol && (token.is('+') || token.is('-')))
    return displacement(operand.value);
  return true;
}

/// Inside brackets, '[' read: base, base+imm, base, {coordinates}, base, [second address]...
bool Parser::address(Function &function, Operand &operand) {
  operand.kind = Operand::Address;
  if (token.kind == Token::Word) {
    Operand base;
    if (!nameOperand(function, base))
      return false;
    if (base.kind == Operand::Register) {
      operand.isRegister = true;
      operand.index = base.index;
      operand.text = {};
      while (token.is('+') || token.is('-'))
        if (!displacement(operand.value))
          return false;
    } else if (base.kind == Operand::Symbol) {
      operand.text = base.text;
      operand.index = base.index;
      operand.value = base.value;
    } else if (base.kind == Operand::Vector) {
      return fail(token, "expected an address, found a vector of registers");
    } else {
      return fail(token, "unknown register '" + std::string(base.text) + "' in an address");
    }
  } else {
    uint64_t value;
    if (!integer(value))
      return false;
    operand.value = static_cast<int64_t>(value);
  }
  std::vector<Operand> rest;
  while (accept(',')) {
    Operand further;
    if (!operandItem(function, further))
      return false;
    rest.push_back(further);
  }
  operand.first = static_cast<uint32_t>(function.operands.size());
  operand.count = static_cast<uint32_t>(rest.size());
  function.operands.insert(function.operands.end(), rest.begin(), rest.end());
  return expect(']');
}

/// A list in braces or parentheses, the opening one read.
bool Parser::operandList(Function &function, char close, Operand &operand) {
  operand.kind = Operand::Vector;
  std::vector<Operand> elements;
  if (!token.is(close)) {
    do {
      Operand element;
      if (!operandItem(function, element))
        return false;
      elements.push_back(element);
    } while (accept(','));
  }
  operand.first = static_cast<uint32_t>(function.operands.size());
  operand.count = static_cast<uint32_t>(elements.size());
  function.operands.insert(function.operands.end(), elements.begin(), elements.end());
  return expect(close);
}

bool Parser::operandItem(Function &function, Operand &operand) {
  if (accept('!')) {
    operand.negated = true;
    if (token.kind != Token::Word)
      return unexpected("a predicate");
    return nameOperand(function, operand);
  }
  const bool negative = token.is('-');
  if (negative) {
    advance();
    if (token.kind == Token::Word) { // `neg` of a source, which only mad-like video instructions have
      return unexpected("a number");
    }
  }
  switch (token.kind) {
  case Token::Integer:
    operand.kind = Operand::Immediate;
    operand.value = static_cast<int64_t>(negative ? -token.value : token.value);
    advance();
    return true;
  case Token::Float32:
    operand.kind = Operand::Float32;
    operand.value = static_cast<int64_t>(token.value ^ (negative ? 0x80000000u : 0u));
    advance();
    return true;
  case Token::Float64:
    operand.kind = Operand::Float64;
    operand.value = static_cast<int64_t>(token.value ^ (negative ? uint64_t(1) << 63 : 0));
    advance();
    return true;
  case Token::Word:
    return nameOperand(function, operand);
  case Token::Punctuation:
    if (!negative && (token.is('[') || token.is('{') || token.is('(')))
      return nestedOperand(function, operand);
    break;
  default:
    break;
  }
  return unexpected("an operand");
}

bool Parser::nestedOperand(Function &function, Operand &operand) {
  if (nesting >= MaximumNesting)
    return fail(token, "brackets nested more than " + std::to_string(MaximumNesting) + " deep");
  ++nesting;
  const char open = token.punctuation;
  advance();
  const bool ok = open == '[' ? address(function, operand) : operandList(function, open == '{' ? '}' : ')', operand);
  --nesting;
  return ok;
}

/// An operand, or two with '|' between: the second result of setp, shfl, match, elect.
bool Parser::operandAlternatives(Function &function, Operand &operand) {
  if (!operandItem(function, operand))
    return false;
  if (!accept('|'))
    return true;
  Operand second;
  if (!operandItem(function, second))
    return false;
  const Operand first = operand;
  operand = Operand{};
  operand.kind = Operand::Vector;
  operand.first = static_cast<uint32_t>(function.operands.size());
  operand.count = 2;
  function.operands.push_back(first);
  function.operands.push_back(second);
  return true;
}

bool Parser::instruction(Function &function) {
  Instruction instruction;
  instruction.line = token.line;
  instruction.location = currentLocation;
  instruction.scope = names.back().scope;
  const char *start = token.text.data();
  if (accept('@')) {
    instruction.guardNegated = accept('!');
    std::string_view predicate;
    const Token at = token;
    if (!word(predicate, "a predicate"))
      return false;
    if (!findRegister(predicate, instruction.guard))
      return fail(at, "unknown register '" + std::string(predicate) + "'");
    if (function.registers[instruction.guard].type != Type::Pred)
      return fail(at, "expected a predicate to guard the instruction, '" + std::string(predicate) + "' is none");
  }
  if (!word(instruction.opcode, "an instruction"))
    return false;
  std::vector<Operand> operands;
  if (!token.is(';')) {
    do {
      Operand operand;
      if (!operandAlternatives(function, operand))
        return false;
      operands.push_back(operand);
    } while (accept(','));
  }
  if (!token.is(';'))
    return unexpected("';'");
  const char *end = token.text.data();
  instruction.text = std::string_view(start, end - start);
  advance();
  instruction.first = static_cast<uint32_t>(function.operands.size());
  instruction.count = static_cast<uint32_t>(operands.size());
  function.operands.insert(function.operands.end(), operands.begin(), operands.end());
  function.instructions.push_back(instruction);
  return true;
}

/// After `label:`: `.branchtargets`, `.calltargets` and `.callprototype` belong to it.
bool Parser::labelled(Function &function, std::string_view label) {
  const auto [known, isNew] = function.scopes[names.back().scope].labels.try_emplace(
      label, static_cast<uint32_t>(function.instructions.size()));
  if (!isNew)
    return fail(token, "label '" + std::string(label) + "' is defined twice");
  if (!declare(token, label))
    return false;
  if (token.isDirective("branchtargets") || token.isDirective("calltargets")) {
    advance();
    auto &targets = function.branchTargets[label];
    do {
      std::string_view target;
      if (!word(target, "a label"))
        return false;
      targets.push_back(target);
    } while (accept(','));
    return expect(';');
  }
  if (token.isDirective("callprototype")) {
    advance();
    CallPrototype &prototype = function.prototypes[label];
    if (accept('(') && !parameterList(prototype.results))
      return false;
    std::string_view ignored;
    if (!word(ignored, "'_'") || !expect('(') || !parameterList(prototype.parameters))
      return false;
    while (token.kind == Token::Directive)
      if (!functionDirective(function))
        return false;
    return expect(';');
  }
  return true;
}

bool Parser::statement(Function &function) {
  if (token.kind == Token::Directive)
    return bodyDirective(function);
  if (token.is('{')) {
    if (names.size() >= MaximumScopes)
      return fail(token, "scopes nested more than " + std::to_string(MaximumScopes) + " deep");
    advance();
    Names inner;
    inner.scope = static_cast<uint32_t>(function.scopes.size());
    function.scopes.push_back(Scope{names.back().scope, {}});
    names.push_back(std::move(inner));
    return true;
  }
  if (token.kind == Token::Word) {
    // A label is a word before ':'; the lexer is asked to look ahead by a copy, which is two pointers.
    Lexer ahead = lexer;
    if (ahead.next().is(':')) {
      const std::string_view label = token.text;
      advance();
      advance();
      return labelled(function, label);
    }
  }
  if (token.kind == Token::Word || token.is('@'))
    return instruction(function);
  return unexpected("an instruction");
}

bool Parser::body(Function &function) {
  currentLocation = None;
  names.clear();
  names.emplace_back();
  function.scopes.assign(1, Scope{});
  for (const auto *list : {&function.results, &function.parameters})
    for (const Variable &variable : *list) {
      Token at = token;
      at.line = variable.line;
      if (!declare(at, variable.name))
        return false;
      names.back().variables[variable.name] = static_cast<uint32_t>(function.variables.size());
      function.variables.push_back(variable);
    }
  while (!names.empty()) {
    if (token.kind == Token::End)
      return unexpected("'}'");
    if (accept('}')) {
      names.pop_back();
      continue;
    }
    if (!statement(function))
      return false;
  }
  return true;
}

} // namespace tessera::sim::ptx
