//===- PtxCorpus.cpp - What the fuzzer's mutator knows of its seeds -------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/PtxMutator.h"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace tessera::sim::fuzz {

namespace {

bool isNameChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%'; }

std::string trimmed(const std::string &line) {
  const size_t begin = line.find_first_not_of(" \t\r"), end = line.find_last_not_of(" \t\r");
  return begin == std::string::npos ? "" : line.substr(begin, end - begin + 1);
}

/// The types of a function's registers by name without number: `.reg .b32 %r<10>, %x;`.
void readRegisters(const std::string &line, std::map<std::string, std::string> &classes) {
  std::istringstream words(line);
  std::string directive, type, rest;
  words >> directive >> type;
  std::getline(words, rest);
  std::string name;
  for (size_t i = 0; i <= rest.size(); ++i) {
    if (i < rest.size() && isNameChar(rest[i])) {
      name += rest[i];
      continue;
    }
    if (!name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])))
      classes[name] = type;
    name.clear();
  }
}

/// What names of registers usually mean, where no declaration was seen.
std::string usualType(const std::string &prefix) {
  static const std::map<std::string, std::string> usual = {
      {"%r", ".b32"},  {"%rd", ".b64"}, {"%f", ".f32"},   {"%fd", ".f64"}, {"%p", ".pred"},
      {"%rs", ".b16"}, {"%h", ".b16"},  {"%rq", ".b128"}, {"p", ".pred"},  {"q", ".pred"},
  };
  const auto found = usual.find(prefix);
  return found == usual.end() ? "" : found->second;
}

} // namespace

void Corpus::addInstruction(const std::string &line, const std::map<std::string, std::string> &classes) {
  if (line.size() < 4 || line.size() > 6000 || line.back() != ';' || line.find(';') != line.size() - 1)
    return;
  size_t begin = 0;
  if (line[0] == '@') {
    begin = line.find_first_of(" \t");
    begin = begin == std::string::npos ? begin : line.find_first_not_of(" \t", begin);
  }
  if (begin == std::string::npos || !std::islower(static_cast<unsigned char>(line[begin])))
    return;
  const size_t end = std::min(line.find_first_of(" \t;", begin), line.size());
  const std::string opcode = line.substr(begin, end - begin);
  const std::string root = opcode.substr(0, opcode.find('.'));
  if (opcode.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._:ABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
      std::string::npos)
    return;
  opcodes.push_back(opcode);
  for (size_t at = opcode.find('.'); at != std::string::npos; at = opcode.find('.', at + 1))
    modifiers.push_back(opcode.substr(at + 1, opcode.find('.', at + 1) - at - 1));

  std::string made = opcode + " ", name;
  const std::string rest = line.substr(end, line.size() - 1 - end);
  bool usable = root != "call" && root != "ret" && root != "exit";
  for (size_t i = 0; i <= rest.size(); ++i) {
    const char c = i < rest.size() ? rest[i] : ' ';
    if (isNameChar(c) || (c == '.' && !name.empty() && name[0] == '%')) {
      name += c;
      continue;
    }
    if (!name.empty()) {
      std::string prefix = name;
      while (!prefix.empty() && std::isdigit(static_cast<unsigned char>(prefix.back())))
        prefix.pop_back();
      const auto exact = classes.find(name), known = exact == classes.end() ? classes.find(prefix) : exact;
      const std::string type = known == classes.end() ? usualType(prefix) : known->second;
      if (!type.empty())
        made += "\x01" + type + "\x02";
      else if (std::isdigit(static_cast<unsigned char>(name[0])) || name == "_" ||
               name.find('.') != std::string::npos || name == "WARP_SZ" || name[0] == '%')
        made += name;
      else
        made += root == "bra" ? "\x01label\x02" : opcode.starts_with("ld.param") ? "p0" : "\x01symbol\x02";
      name.clear();
    }
    if (i < rest.size())
      made += c;
  }
  operands.push_back(trimmed(rest.substr(0, rest.find(','))));
  usable &= root != "brx" && made.find('"') == std::string::npos;
  if (usable)
    templates.push_back(made + ";");
}

void Corpus::addPtx(const std::string &text) {
  Seed seed;
  seed.text = text;
  std::map<std::string, std::string> classes;
  std::istringstream lines(text);
  std::string function, line;
  bool inside = false;
  long depth = 0;
  while (std::getline(lines, line)) {
    const std::string bare = trimmed(line);
    const bool begins = !inside && (bare.starts_with(".") || bare.starts_with("//")) &&
                        (bare.find(".entry") != std::string::npos || bare.find(".func") != std::string::npos);
    if (begins) {
      inside = true;
      depth = 0;
      function.clear();
      classes.clear();
    }
    (inside ? function : seed.head) += line + "\n";
    if (!inside)
      continue;
    if (bare.starts_with(".reg"))
      readRegisters(bare, classes);
    else
      addInstruction(bare, classes);
    const auto opened = std::count(bare.begin(), bare.end(), '{');
    depth += opened - std::count(bare.begin(), bare.end(), '}');
    const bool isDeclaration = bare.ends_with(";") && function.find('{') == std::string::npos;
    if (isDeclaration || (depth == 0 && bare.ends_with("}") && function.find('{') != std::string::npos)) {
      if (isDeclaration)
        seed.head += function;
      else
        seed.functions.push_back(function);
      inside = false;
    }
  }
  seeds.push_back(std::move(seed));
}

void Corpus::addInstructions(const std::string &text) {
  std::istringstream statements(text);
  std::string line;
  while (std::getline(statements, line)) {
    line = trimmed(line);
    const size_t end = line.find(';');
    if (end != std::string::npos && line.find('.') < end && line.find('%') < end && line[0] != '"')
      addInstruction(trimmed(line.substr(0, end + 1)), {});
  }
}

} // namespace tessera::sim::fuzz
