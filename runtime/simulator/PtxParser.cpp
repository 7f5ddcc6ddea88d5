//===- PtxParser.cpp - PTX text to records: declarations ------------------===//
//
// Module-scope directives, variables with initialisers, function headers and their directives. Bodies are in
// PtxParserBody.cpp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/PtxParser.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

namespace tessera::sim::ptx {

namespace {

constexpr uint64_t MaximumConstantBytes = 64 << 10;

struct TypeName {
  std::string_view name;
  Type type;
  unsigned bits;
};

constexpr TypeName TypeNames[] = {
    {"pred", Type::Pred, 1},
    {"b8", Type::B8, 8},
    {"b16", Type::B16, 16},
    {"b32", Type::B32, 32},
    {"b64", Type::B64, 64},
    {"b128", Type::B128, 128},
    {"u8", Type::U8, 8},
    {"u16", Type::U16, 16},
    {"u32", Type::U32, 32},
    {"u64", Type::U64, 64},
    {"s8", Type::S8, 8},
    {"s16", Type::S16, 16},
    {"s32", Type::S32, 32},
    {"s64", Type::S64, 64},
    {"f16", Type::F16, 16},
    {"f16x2", Type::F16x2, 32},
    {"bf16", Type::BF16, 16},
    {"bf16x2", Type::BF16x2, 32},
    {"tf32", Type::TF32, 32},
    {"f32", Type::F32, 32},
    {"f32x2", Type::F32x2, 64},
    {"f64", Type::F64, 64},
    {"e4m3", Type::E4M3, 8},
    {"e5m2", Type::E5M2, 8},
    {"e4m3x2", Type::E4M3x2, 16},
    {"e5m2x2", Type::E5M2x2, 16},
    {"e2m1", Type::E2M1, 4},
    {"e2m3", Type::E2M3, 6},
    {"e3m2", Type::E3M2, 6},
    {"ue8m0", Type::UE8M0, 8},
    {"ue8m0x2", Type::UE8M0x2, 16},
    {"u16x2", Type::U16x2, 32},
    {"s16x2", Type::S16x2, 32},
    {"b1", Type::B1, 1},
    {"u4", Type::U4, 4},
    {"s4", Type::S4, 4},
};

} // namespace

Type typeNamed(std::string_view name) {
  for (const TypeName &entry : TypeNames)
    if (entry.name == name)
      return entry.type;
  return Type::None;
}

const char *name(Type type) {
  for (const TypeName &entry : TypeNames)
    if (entry.type == type)
      return entry.name.data();
  return "none";
}

unsigned bits(Type type) {
  for (const TypeName &entry : TypeNames)
    if (entry.type == type)
      return entry.bits;
  return 0;
}

bool Parser::fail(const Token &at, std::string message) {
  if (error.empty())
    error = std::to_string(at.line) + ": " + std::move(message);
  return false;
}

bool Parser::lack(const Token &at, std::string message) {
  module.unsupported |= error.empty();
  return fail(at, std::move(message));
}

bool Parser::unexpected(std::string_view wanted) {
  std::string found =
      token.kind == Token::End ? "the end of the text" : "'" + std::string(token.text.substr(0, 60)) + "'";
  if (token.kind == Token::Directive)
    found = "'." + std::string(token.text.substr(0, 60)) + "'";
  if (token.kind == Token::Bad && token.text.starts_with("unclosed"))
    return fail(token, std::string(token.text));
  return fail(token, "expected " + std::string(wanted) + ", found " + found);
}

bool Parser::expect(char c) {
  if (!token.is(c))
    return unexpected(std::string("'") + c + "'");
  advance();
  return true;
}

bool Parser::accept(char c) {
  if (!token.is(c))
    return false;
  advance();
  return true;
}

bool Parser::integer(uint64_t &value) {
  const bool negative = accept('-');
  if (token.kind != Token::Integer)
    return unexpected("an integer");
  value = negative ? -token.value : token.value;
  advance();
  return true;
}

bool Parser::word(std::string_view &text, std::string_view wanted) {
  if (token.kind != Token::Word)
    return unexpected(wanted);
  text = token.text;
  advance();
  return true;
}

/// `1, 2, 3`, at most three.
bool Parser::threeIntegers(uint32_t *values) {
  values[0] = values[1] = values[2] = 1;
  for (unsigned i = 0; i < 3; ++i) {
    uint64_t value;
    if (!integer(value))
      return false;
    values[i] = static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX));
    if (i == 2 || !accept(','))
      break;
  }
  return true;
}

bool Parser::alignment(uint32_t &value) {
  uint64_t number;
  const Token at = token;
  if (!integer(number))
    return false;
  if (!std::has_single_bit(number) || number > 1u << 20)
    return fail(at, "expected an alignment that is a power of two, found " + std::to_string(number));
  value = static_cast<uint32_t>(number);
  return true;
}

/// What stands between a state space and a name: `.align 16 .b8`, `.u64 .ptr .global .align 4`, `.v4 .f32`.
bool Parser::typeAndAttributes(Variable &variable) {
  uint32_t explicitAlignment = 0, lanes = 1;
  variable.type = Type::None;
  while (token.kind == Token::Directive) {
    const std::string_view text = token.text;
    const Token at = token;
    advance();
    if (text == "align") {
      uint32_t &target = variable.isPointer ? variable.pointeeAlignment : explicitAlignment;
      if (!alignment(target))
        return false;
    } else if (text == "ptr") {
      variable.isPointer = true;
    } else if (text == "v2" || text == "v4" || text == "v8") {
      lanes = text[1] - '0';
    } else if (variable.isPointer && (text == "global" || text == "shared" || text == "local" || text == "const")) {
      continue;
    } else if (text == "attribute") {
      if (!expect('('))
        return false;
      while (!token.is(')') && token.kind != Token::End) {
        variable.isManaged |= token.kind == Token::Directive && token.text == "managed";
        advance();
      }
      if (!expect(')'))
        return false;
    } else if (typeNamed(text) != Type::None) {
      variable.type = typeNamed(text);
    } else if (text == "texref" || text == "samplerref" || text == "surfref") {
      variable.type = Type::B64;
    } else {
      return fail(at, "unknown type or attribute '." + std::string(text) + "'");
    }
  }
  if (variable.type == Type::None)
    return unexpected("a type");
  const uint32_t natural = std::max(1u, bits(variable.type) / 8) * lanes;
  variable.size = natural;
  variable.alignment = explicitAlignment ? explicitAlignment : natural;
  return true;
}

/// `name`, `name[12]`, `name[]`, `name[2][3]`: sizes multiply.
bool Parser::declarator(Variable &variable) {
  variable.line = token.line;
  if (!word(variable.name, "a name"))
    return false;
  while (token.is('[')) {
    const Token at = token;
    advance();
    uint64_t count = 0;
    if (!token.is(']') && !integer(count))
      return false;
    if (!expect(']'))
      return false;
    variable.isArray = true;
    if (count > uint64_t(1) << 40 || (variable.size && count > (uint64_t(1) << 40) / variable.size))
      return fail(at, "array of impossible size");
    variable.size *= count;
  }
  return true;
}

bool Parser::initialiserValue(Variable &variable, uint64_t offset, unsigned bytes) {
  Initialiser value;
  value.offset = offset;
  value.bytes = bytes;
  const bool negative = accept('-');
  if (token.kind == Token::Integer || token.kind == Token::Float32 || token.kind == Token::Float64) {
    value.value = token.value;
    if (token.kind == Token::Float64 && variable.type == Type::F32)
      value.value = std::bit_cast<uint32_t>(static_cast<float>(std::bit_cast<double>(token.value)));
    if (negative)
      value.value = token.kind == Token::Integer ? -value.value : value.value ^ uint64_t(1) << (8 * bytes - 1);
    advance();
    // A mask applied to an address: 0xFF00(symbol). Bytes of addresses are not split by any compiler in use.
    if (token.is('('))
      return lack(token, "masked addresses in initialisers are not supported");
  } else if (token.kind == Token::Word) {
    value.symbol = token.text;
    advance();
    if (value.symbol == "generic" && accept('(')) {
      value.generic = true;
      if (!word(value.symbol, "the name of a variable") || !expect(')'))
        return false;
    }
    const bool minus = token.is('-');
    if (minus || token.is('+')) {
      advance();
      uint64_t addend;
      if (!integer(addend))
        return false;
      value.value = minus ? -addend : addend;
    }
  } else {
    return unexpected("an initial value");
  }
  variable.values.push_back(value);
  return true;
}

/// `= 5`, `= {1, 2, {3, 4}}`: braces only group, elements follow each other.
bool Parser::initialiser(Variable &variable) {
  const unsigned bytes = std::max(1u, bits(variable.type) / 8);
  uint64_t offset = 0;
  unsigned depth = 0;
  const Token at = token;
  do {
    while (accept('{'))
      ++depth;
    if (!token.is('}')) {
      if (!initialiserValue(variable, offset, bytes))
        return false;
      offset += bytes;
    }
    while (depth > 0 && token.is('}')) {
      advance();
      --depth;
    }
    if (depth == 0)
      break;
  } while (accept(','));
  if (depth != 0)
    return unexpected("'}'");
  if (variable.size == 0)
    variable.size = offset;
  if (offset > variable.size)
    return fail(at, "initialiser of " + std::to_string(offset) + " bytes for a variable of " +
                        std::to_string(variable.size));
  return true;
}

/// What is judged of variables once they are read: those from `first` on.
bool Parser::checkVariables(const std::vector<Variable> &variables, size_t first, bool isModule) {
  for (size_t i = first; i < variables.size(); ++i) {
    const Variable &variable = variables[i];
    Token at = token;
    at.line = variable.line;
    if (variable.size == 0 && !variable.isExtern)
      return fail(at, "variable '" + std::string(variable.name) + "' has no size");
    if (isModule && !variable.isExtern && !defined.insert(variable.name).second)
      return fail(at, "'" + std::string(variable.name) + "' is defined twice");
    if (variable.space == Space::Const)
      constantBytes += variable.size;
    if (constantBytes > MaximumConstantBytes)
      return fail(at, "constant variables of " + std::to_string(constantBytes) + " bytes up to '" +
                          std::string(variable.name) + "': at most " + std::to_string(MaximumConstantBytes));
  }
  return true;
}

bool Parser::variableDeclaration(Space space, bool isExtern, std::vector<Variable> &into) {
  Variable common;
  common.space = space;
  common.isExtern = isExtern;
  if (!typeAndAttributes(common))
    return false;
  do {
    Variable variable = common;
    if (!declarator(variable))
      return false;
    if (accept('=') && !initialiser(variable))
      return false;
    into.push_back(std::move(variable));
  } while (accept(','));
  return expect(';');
}

/// `(.param .u64 a, .param .align 8 .b8 b[16])`; the '(' has been read.
bool Parser::parameterList(std::vector<Variable> &into) {
  if (accept(')'))
    return true;
  do {
    if (token.kind != Token::Directive || (token.text != "param" && token.text != "reg"))
      return unexpected("'.param'");
    Variable variable;
    variable.space = Space::Param;
    variable.isRegister = token.text == "reg";
    advance();
    if (!typeAndAttributes(variable) || !declarator(variable))
      return false;
    into.push_back(std::move(variable));
  } while (accept(','));
  return expect(')');
}

bool Parser::functionDirective(Function &function) {
  const Token at = token;
  const std::string_view text = token.text;
  advance();
  uint64_t ignored;
  for (const auto &[name, values] : {std::pair<std::string_view, uint32_t *>{"maxntid", function.maxThreads},
                                     {"reqntid", function.requiredThreads},
                                     {"reqnctapercluster", function.requiredCluster}}) {
    if (text != name)
      continue;
    if (!threeIntegers(values))
      return false;
    if (!values[0] || !values[1] || !values[2])
      return fail(at, "expected numbers from 1 on for '." + std::string(text) + "'");
    return true;
  }
  if (text == "noreturn") {
    function.noReturn = true;
    return true;
  }
  if (text == "explicitcluster" || text == "blocksareclusters")
    return true;
  if (text == "maxnreg")
    return integer(function.maxRegisters);
  if (text == "minnctapersm")
    return integer(function.leastResident);
  if (text == "maxnctapersm" || text == "maxclusterrank" || text == "abi_preserve" || text == "abi_preserve_control")
    return integer(ignored);
  if (text == "pragma") {
    while (token.kind == Token::String) {
      advance();
      accept(',');
    }
    return expect(';');
  }
  return fail(at, "unknown directive '." + std::string(text) + "'");
}

bool Parser::function(bool isEntry) {
  Function function;
  function.isEntry = isEntry;
  function.line = token.line;
  while (token.kind == Token::Directive && (token.text == "noreturn" || token.text == "attribute")) {
    if (token.text == "noreturn")
      function.noReturn = true;
    advance();
    if (accept('(')) {
      while (!token.is(')') && token.kind != Token::End)
        advance();
      if (!expect(')'))
        return false;
    }
  }
  if (!isEntry && accept('(') && !parameterList(function.results))
    return false;
  if (!word(function.name, "the name of a function"))
    return false;
  if (accept('(') && !parameterList(function.parameters))
    return false;
  while (token.kind == Token::Directive)
    if (!functionDirective(function))
      return false;
  if (accept(';')) {
    module.functions.push_back(std::move(function));
    return true;
  }
  if (!token.is('{'))
    return unexpected("'{'");
  if (!defined.insert(function.name).second)
    return fail(token, "'" + std::string(function.name) + "' is defined twice");
  advance();
  function.hasBody = true;
  if (!body(function))
    return false;
  // A declaration before the definition is replaced by it.
  std::erase_if(module.functions, [&](const Function &f) { return f.name == function.name && !f.hasBody; });
  module.functions.push_back(std::move(function));
  return true;
}

bool Parser::fileDirective() {
  uint64_t number, ignored;
  if (!integer(number))
    return false;
  if (token.kind != Token::String)
    return unexpected("a file name");
  module.files[static_cast<uint32_t>(number)] = std::string(token.text);
  advance();
  while (accept(','))
    if (!integer(ignored))
      return false;
  return true;
}

bool Parser::versionDirective() {
  // "8.7" is read as a double; exact to the digit for one decimal.
  double number = 0;
  if (token.kind == Token::Float64)
    number = std::bit_cast<double>(token.value);
  else if (token.kind == Token::Integer)
    number = static_cast<double>(token.value);
  if (!(number >= 1 && number < 100))
    return unexpected("a version such as 8.7");
  const Token at = token;
  module.version = static_cast<unsigned>(number * 10 + 0.5);
  advance();
  if (module.version > NewestVersion)
    return fail(at, "expected a .version of at most " + std::to_string(NewestVersion / 10) + "." +
                        std::to_string(NewestVersion % 10) + ", found " + std::to_string(module.version / 10) + "." +
                        std::to_string(module.version % 10));
  return true;
}

/// `.alias other, function;`
bool Parser::aliasDirective() {
  std::string_view other, name;
  if (!word(other, "a function"))
    return false;
  if (!expect(',') || !word(name, "a function"))
    return false;
  module.aliases.push_back({other, name, token.line});
  return expect(';');
}

/// `.target sm_90a, debug`
bool Parser::targetDirective() {
  const Token at = token;
  if (!word(module.target, "a target"))
    return false;
  std::string_view number = module.target;
  module.features = 0;
  module.architecture = 0;
  if (number.starts_with("sm_"))
    number.remove_prefix(3);
  if (number.ends_with('a') || number.ends_with('f')) {
    module.features = number.back();
    number.remove_suffix(1);
  }
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), module.architecture);
  if (!module.target.starts_with("sm_") || problem != std::errc() || end != number.data() + number.size())
    return fail(at, "expected a target such as 'sm_90a', found '" + std::string(module.target) + "'");
  std::string_view option;
  while (accept(','))
    if (!word(option, "a target option"))
      return false;
  return true;
}

bool Parser::topLevel() {
  bool isExtern = false;
  while (token.kind == Token::Directive &&
         (token.text == "visible" || token.text == "extern" || token.text == "weak" || token.text == "common")) {
    isExtern |= token.text == "extern";
    advance();
  }
  if (token.kind != Token::Directive)
    return unexpected("a directive");
  const Token at = token;
  const std::string_view text = token.text;
  advance();
  if (text == "entry" || text == "func")
    return function(text == "entry");
  if (text == "global" || text == "const" || text == "shared" || text == "shared::cta") {
    const Space space = text == "global" ? Space::Global : text == "const" ? Space::Const : Space::Shared;
    const size_t first = module.variables.size();
    return variableDeclaration(space, isExtern, module.variables) && checkVariables(module.variables, first, true);
  }
  if (text == "version")
    return versionDirective();
  if (text == "target")
    return targetDirective();
  if (text == "address_size") {
    uint64_t size;
    if (!integer(size))
      return false;
    if (size != 64)
      return fail(at, "expected .address_size 64, found " + std::to_string(size));
    return true;
  }
  if (text == "file")
    return fileDirective();
  if (text == "section") {
    if (token.kind == Token::Directive || token.kind == Token::Word)
      advance();
    if (!token.is('{'))
      return unexpected("'{'");
    if (!lexer.skipBraces())
      return fail(at, "section without an end");
    advance();
    return true;
  }
  if (text == "alias")
    return aliasDirective();
  if (text == "pragma") {
    while (!token.is(';') && token.kind != Token::End)
      advance();
    return expect(';');
  }
  return fail(at, "unknown directive '." + std::string(text) + "'");
}

bool Parser::parse() {
  advance();
  while (token.kind != Token::End)
    if (!topLevel())
      return false;
  if (module.version == 0)
    return fail(token, "no .version directive: this is not PTX");
  if (module.target.empty())
    return fail(token, "no .target directive");
  return true;
}

bool parse(std::string_view text, Module &module, std::string &error) {
  Parser parser(text, module);
  if (parser.parse())
    return true;
  error = parser.error;
  return false;
}

} // namespace tessera::sim::ptx
