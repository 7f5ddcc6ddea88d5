//===- PtxMutator.cpp - Spoilt PTX for the reader's fuzzer ----------------===//
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

const char *const Numbers[] = {"0",
                               "1",
                               "-1",
                               "3",
                               "7",
                               "16",
                               "31",
                               "32",
                               "33",
                               "64",
                               "127",
                               "255",
                               "256",
                               "4095",
                               "4096",
                               "65535",
                               "65536",
                               "1048576",
                               "2147483647",
                               "2147483648",
                               "-2147483648",
                               "4294967295",
                               "4294967296",
                               "1099511627776",
                               "9223372036854775807",
                               "-9223372036854775808",
                               "18446744073709551615",
                               "18446744073709551616",
                               "99999999999999999999999999999999999",
                               "0x7fffffffffffffff",
                               "0xFFFFFFFFFFFFFFFF",
                               "0xfffffffffffffffff",
                               "0x",
                               "0b1011",
                               "0b2",
                               "017",
                               "089",
                               "-0",
                               "1U",
                               "0f7FC00000",
                               "0fFFFFFFFF",
                               "0f00000001",
                               "0f1",
                               "0d7FF0000000000000",
                               "0dFFFFFFFFFFFFFFFF",
                               "0d3FF0",
                               "1.0",
                               "1.5e300",
                               "1e999999999",
                               "1.5e-400",
                               "-"};

const char *const Types[] = {"pred", "b1",  "b8",   "b16",  "b32", "b64", "b128",   "u8",     "u16",    "u32",
                             "u64",  "s8",  "s16",  "s32",  "s64", "f16", "bf16",   "f16x2",  "bf16x2", "tf32",
                             "f32",  "f64", "e4m3", "e5m2", "u4",  "s4",  "e4m3x2", "e5m2x2", "f32x2",  "e2m1"};

const char *const Operands[] = {"_",
                                "%r1",
                                "%rd1",
                                "%f1",
                                "%p1",
                                "%rs1",
                                "%r99999",
                                "%tid.x",
                                "%tid.w",
                                "%nosuch",
                                "%clock64",
                                "WARP_SZ",
                                "!%p1",
                                "-%r1",
                                "[%rd1]",
                                "[%r1]",
                                "[%p1]",
                                "[0]",
                                "[_]",
                                "[]",
                                "[%rd1+]",
                                "{}",
                                "{%r1}",
                                "{%r1,%r2}",
                                "{{%r1}}",
                                "(%r1)",
                                "%r1|%p1",
                                "%r1|%r1|%r1",
                                "nosuch",
                                "[nosuch]",
                                "\"text\"",
                                "%r1+4",
                                "[%rd1+-9223372036854775808]",
                                "[%rd1, {%r1, %r2}]",
                                "[%rd1], [%r1]",
                                "{%r1,%r2,%r3,%r4,%r5}",
                                "{_,_,_,_}",
                                "[%rd1+4+4]",
                                "%laneid",
                                "%lanemask_lt",
                                "0",
                                "-1",
                                "0xFFFFFFFF",
                                "5.0"};

/// Statements put in anywhere; most are right in some place.
const char *const Directives[] = {
    ".reg .b32 %big<4194304>;",
    ".reg .b32 %big<4194303>;",
    ".reg .b64 %big<99999999999>;",
    ".reg .b32 %neg<-5>;",
    ".reg .b32 %r<2>;",
    ".reg .pred %p<100>;",
    ".reg .v4 .b32 %v;",
    ".reg .f64 %r1;",
    ".reg .b128 %q<4>;",
    ".reg .s4 %tiny;",
    ".shared .align 16 .b8 large[262144];",
    ".shared .align 16 .b8 huge[4294967296];",
    ".shared .align 4 .b8 vast[1099511627775];",
    ".shared .align 1048576 .b8 far[16];",
    ".local .align 16 .b8 stack[65536];",
    ".local .align 8 .b8 stack2[1073741824];",
    ".local .align 8 .b8 stack3[1099511627776];",
    ".local .align 3 .b8 odd[4];",
    ".param .align 8 .b8 argument[4294967295];",
    ".param .b32 argument2;",
    ".global .align 16 .b8 memory[1099511627776];",
    ".global .align 16 .b8 memory2[34359738368];",
    ".global .b32 values[4] = {1, 2, 3, 4, 5};",
    ".global .b32 values2[2][2] = {{1, 2}, {3, 4}};",
    ".global .b64 self = self;",
    ".global .u64 cycle = cycle2; .global .u64 cycle2 = cycle;",
    ".global .f32 f = 1.0e999;",
    ".global .align 18446744073709551615 .b32 x;",
    ".global .align 0 .b32 x0;",
    ".global .b8 zero[0];",
    ".global .b8 open[];",
    ".const .b32 c[4] = {generic(x), y+99999999999};",
    ".const .align 4 .b8 manyconst[200000];",
    ".extern .shared .align 16 .b8 dynamic2[];",
    ".extern .global .b32 elsewhere;",
    ".extern .func (.param .b32 r) unknown(.param .b64 a);",
    ".extern .func nothing;",
    ".visible .func again(.param .b32 a) { call again, (a); ret; }",
    ".func ping(); .func pong() { call ping; ret; } .func ping() { call pong; ret; }",
    ".weak .global .b32 weak;",
    ".common .global .b32 common[5];",
    ".visible .entry twice() { ret; } .visible .entry twice() { ret; }",
    ".entry nobody();",
    ".visible .entry params(.param .u64 a, .param .u64 a) { ret; }",
    ".visible .entry wide(.param .align 128 .b8 a[1099511627776]) { ret; }",
    ".maxntid 0, 0, 0",
    ".maxntid 4294967295, 4294967295, 4294967295",
    ".reqntid 1024, 1024, 64",
    ".reqnctapercluster 0, 0, 0",
    ".reqnctapercluster 65536, 65536, 65536",
    ".maxnreg 9999999999999",
    ".minnctapersm -1",
    ".noreturn",
    ".pragma \"nounroll\";",
    ".pragma nounroll;",
    ".pragma \"\", \"x\"",
    ".version 99.99",
    ".version 0.0",
    ".version x",
    ".version 8.0 .version 1.0",
    ".target sm_10",
    ".target sm_999999, debug, texmode_unified",
    ".target 80",
    ".address_size 32",
    ".file 1 \"a\\\"b.tile\"",
    ".file 4294967296 \"x\", 1, 2",
    ".file 1",
    ".loc 1 1 1",
    ".loc 99 4294967295 4294967295",
    ".loc 1 2 3, function_name $L__info_string0, inlined_at 1 2 3",
    ".loc 1 2 3, function_name $L+5, inlined_at 1 1 1",
    ".loc 1 2 3, inlined_at",
    ".loc -1 -1 -1",
    ".section .debug_info { .b32 1, 2, 3 .b8 0 label: .b64 .debug_abbrev+4 }",
    ".section .debug_str { .b8 \"}\" ",
    ".section .x {{{{{{{{{{",
    ".alias a, b;",
    ".attribute(.managed) .global .b32 m;",
    ".global .attribute(.managed) .align 4 .b32 m2;",
    "L: .branchtargets L, L, L;",
    "L2: .branchtargets",
    "M: .calltargets again;",
    "P: .callprototype (.param .b32 _) _ (.param .b64 _);",
    "P2: .callprototype _",
    "bra L__never;",
    "ret;",
    "exit;",
    "trap;",
    "{ { { { { ret; } } } } }",
    "bar.sync 0;",
    "bar.sync 16;",
    "barrier.sync 0, 33;",
    "@%p1 bar.sync 0;",
    "here: bra here;",
    "call (x), y, (z), w;",
    "call vprintf, (1);",
    "call %rd1, (), P;",
    "brx.idx %r1, L;",
    "st.shared.b32 [99999999], 0;",
    "nanosleep.u32 4294967295;",
    "/*",
    "*/",
    "//",
    "\"",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    "@",
    "@!",
    "|",
    "<",
    "::",
    "\xEF\xBB\xBF",
    "\xC3\xA9\xE2\x82\xAC",
    "\xFF\xFE",
};

const char *const Rubble[] = {
    "",
    "\n",
    " ",
    "\r\n\r\n",
    "\xEF\xBB\xBF",
    "\xEF\xBB\xBF.version 8.0\n.target sm_80\n.address_size 64\n",
    ".version",
    ".version 8.0",
    ".version 8.0\n.target",
    ".version 8.0\n.target sm_80\n.address_size",
    ".version 8.0\n.address_size 64\n.visible .entry k() { ret; }",
    ".target sm_80\n.version 8.0\n.address_size 64\n",
    ".version 8.0\n.target sm_80\n.visible .entry",
    ".version 8.0\n.target sm_80\n.visible .entry k(",
    ".version 8.0\n.target sm_80\n.visible .entry k() {",
    ".version 8.0\n.target sm_80\n.visible .entry k() { .reg .b32 %r<",
    ".version 8.0\n.target sm_80\n/* open",
    ".version 8.0\n.target sm_80\n.file 1 \"open",
    ".version 8.0\n.target sm_80\n.section .debug_str { .b8 1",
    "\177ELF\002\001\001",
    "#!/bin/sh\nexit 0\n",
    "int main() { return 0; }",
};

struct Pieces {
  std::vector<std::string> tokens;
  std::string text() const {
    std::string made;
    for (const std::string &token : tokens)
      made += token;
    return made;
  }
};

bool isNameChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%'; }

/// Words, runs of blanks, other characters one by one; put together again they are the text.
Pieces cut(const std::string &text) {
  Pieces pieces;
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i++;
    const char c = text[begin];
    if (isNameChar(c))
      while (i < text.size() && isNameChar(text[i]))
        ++i;
    else if (c == ' ' || c == '\t')
      while (i < text.size() && (text[i] == ' ' || text[i] == '\t'))
        ++i;
    pieces.tokens.push_back(text.substr(begin, i - begin));
  }
  return pieces;
}

std::vector<std::string> linesOf(const std::string &text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string> &lines) {
  std::string text;
  for (const std::string &line : lines)
    text += line + "\n";
  return text;
}

/// Splits at the commas outside brackets.
std::vector<std::string> operandsOf(const std::string &text) {
  std::vector<std::string> operands(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '{' || c == '[' || c == '(';
    depth -= c == '}' || c == ']' || c == ')';
    if (c == ',' && depth == 0)
      operands.emplace_back();
    else
      operands.back() += c;
  }
  return operands;
}

} // namespace

std::string Mutator::make() {
  const uint64_t kind = below(100);
  if (kind < 2)
    return rubble();
  if (kind < 40)
    return soup();
  return spoilt();
}

std::string Mutator::oneMistake() {
  const Corpus::Seed *seed;
  do
    seed = &any(corpus.seeds);
  while (seed->functions.empty());
  // Of a long kernel what ptxas needs seconds for says no more.
  std::string function = any(seed->functions);
  for (unsigned tries = 0; tries < 20 && function.size() > 12000; ++tries)
    function = any(seed->functions);
  const std::string text = seed->head + function;
  std::string made = text;
  for (unsigned tries = 0; tries < 20 && made == text; ++tries)
    made = below(12) ? spoilInstruction(text) : below(2) ? spoilTokens(text) : insertDirective(text);
  return made;
}

std::string Mutator::rubble() {
  if (below(2))
    return any(Rubble);
  std::string text = below(2) ? ".version 8.0\n.target sm_80\n.address_size 64\n" : "";
  const uint64_t kind = below(4);
  const uint64_t size = below(kind == 0 ? 4000 : 300);
  for (uint64_t i = 0; i < size; ++i) {
    if (kind == 0)
      text += static_cast<char>(random());
    else if (kind == 1)
      text += any(Directives) + std::string("\n");
    else if (kind == 2)
      text += "([{<@|"[below(6)];
    else
      text += any(corpus.opcodes) + (below(2) ? " " : ";") + any(Operands);
  }
  return text;
}

std::string Mutator::spoilt() {
  const Corpus::Seed &seed = any(corpus.seeds);
  std::string text = seed.text;
  if (!seed.functions.empty() && below(5)) {
    text = seed.head + any(seed.functions);
    if (below(8) == 0) // of another seed: other targets, other variables
      text = any(corpus.seeds).head + any(seed.functions);
  }
  for (unsigned count = 1 + below(3) * below(3); count > 0; --count) {
    switch (below(12)) {
    case 0:
      text = spoilBytes(std::move(text));
      break;
    case 1:
    case 2:
      text = spoilTokens(text);
      break;
    case 3:
      text = spoilLines(text);
      break;
    case 4:
      text = insertDirective(text);
      break;
    case 5:
      if (below(4) == 0)
        text = spoilForm(std::move(text));
      break;
    default:
      text = spoilInstruction(text);
      break;
    }
  }
  return text;
}

std::string Mutator::spoilBytes(std::string text) {
  if (text.empty())
    return text;
  for (unsigned count = 1 + below(4); count > 0 && !text.empty(); --count) {
    const size_t at = below(text.size());
    switch (below(4)) {
    case 0:
      text[at] = static_cast<char>(random());
      break;
    case 1:
      text.erase(at, 1 + below(20));
      break;
    case 2:
      text.insert(at, 1, static_cast<char>(below(2) ? random() : '!' + below(94)));
      break;
    default:
      text.insert(at, text.substr(below(text.size()), below(80)));
      break;
    }
  }
  return text;
}

std::string Mutator::spoilTokens(const std::string &text) {
  Pieces pieces = cut(text);
  auto &tokens = pieces.tokens;
  if (tokens.empty())
    return text;
  const auto find = [&](auto wanted) {
    size_t at = below(tokens.size());
    for (unsigned tries = 0; tries < 200 && !wanted(tokens[at]); ++tries)
      at = below(tokens.size());
    return at;
  };
  const auto solid = [](const std::string &t) { return !std::isspace(static_cast<unsigned char>(t[0])); };
  const auto number = [](const std::string &t) { return std::isdigit(static_cast<unsigned char>(t[0])) != 0; };
  const auto name = [](const std::string &t) {
    return isNameChar(t[0]) && !std::isdigit(static_cast<unsigned char>(t[0]));
  };
  const size_t at = find(solid), other = find(solid);
  switch (below(7)) {
  case 0:
    tokens[at].clear();
    break;
  case 1:
    tokens[at] += tokens[at];
    break;
  case 2:
    std::swap(tokens[at], tokens[other]);
    break;
  case 3:
    tokens[find(number)] = any(Numbers);
    break;
  case 4:
    tokens[find(name)] = tokens[find(name)];
    break;
  case 5:
    tokens[find([](const std::string &t) { return t[0] == '%'; })] = any(Operands);
    break;
  default:
    tokens[at].insert(0, below(2) ? tokens[other] : std::string(1, "()[]{}<>,;:@!|+-.%*\"/"[below(21)]));
    break;
  }
  return pieces.text();
}

std::string Mutator::spoilLines(const std::string &text) {
  std::vector<std::string> lines = linesOf(text);
  if (lines.size() < 2)
    return text;
  const size_t at = below(lines.size()), other = below(lines.size());
  switch (below(5)) {
  case 0:
    lines.erase(lines.begin() + static_cast<long>(at));
    break;
  case 1:
    lines.insert(lines.begin() + static_cast<long>(other), std::string(lines[at]));
    break;
  case 2:
    std::swap(lines[at], lines[other]);
    break;
  case 3: {
    const auto from = linesOf(any(corpus.seeds).text);
    if (from.empty())
      break;
    const size_t begin = below(from.size()), count = std::min<size_t>(1 + below(12), from.size() - begin);
    lines.insert(lines.begin() + static_cast<long>(at), from.begin() + static_cast<long>(begin),
                 from.begin() + static_cast<long>(begin + count));
    break;
  }
  default:
    lines.resize(std::max<size_t>(1, at));
    break;
  }
  return joined(lines);
}

std::string Mutator::insertDirective(const std::string &text) {
  std::vector<std::string> lines = linesOf(text);
  lines.insert(lines.begin() + static_cast<long>(below(lines.size() + 1)), any(Directives));
  return joined(lines);
}

std::string Mutator::spoilOpcode(std::string opcode) {
  std::vector<std::string> words;
  std::istringstream stream(opcode);
  for (std::string word; std::getline(stream, word, '.');)
    words.push_back(word);
  if (words.empty())
    return opcode;
  const size_t at = below(words.size());
  switch (below(6)) {
  case 0:
    words.erase(words.begin() + static_cast<long>(at));
    break;
  case 1:
    words.insert(words.begin() + static_cast<long>(at) + 1, std::string(any(corpus.modifiers)));
    break;
  case 2:
    std::swap(words[at], words[below(words.size())]);
    break;
  case 3:
    words[at] = any(corpus.modifiers);
    break;
  case 4:
    words.back() = any(Types);
    break;
  default:
    return any(corpus.opcodes);
  }
  std::string made;
  for (const std::string &word : words)
    made += (made.empty() ? "" : ".") + word;
  return made;
}

std::string Mutator::spoilOperand(const std::vector<std::string> &operands, size_t index) {
  switch (below(6)) {
  case 0:
    return any(Numbers);
  case 1:
    return any(Operands);
  case 2:
    return any(corpus.operands);
  case 3:
    return operands[below(operands.size())];
  case 4: {
    std::string vector = "{" + operands[index];
    for (uint64_t n = below(below(8) ? 8 : 600); n > 0; --n)
      vector += "," + operands[index];
    return vector + "}";
  }
  default: {
    std::string changed = operands[index];
    if (const size_t digit = changed.find_first_of("0123456789"); digit != std::string::npos)
      changed[digit] = static_cast<char>('0' + below(10));
    return changed;
  }
  }
}

/// One instruction's opcode, operands or guard.
std::string Mutator::spoilInstruction(const std::string &text) {
  std::vector<std::string> lines = linesOf(text);
  for (unsigned tries = 0; tries < 40; ++tries) {
    std::string &line = lines[below(lines.size())];
    size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos || line.back() != ';' || line[begin] == '.' || line[begin] == '/')
      continue;
    std::string guard;
    if (line[begin] == '@') {
      const size_t end = line.find_first_of(" \t", begin);
      if (end == std::string::npos)
        continue;
      guard = line.substr(begin, end - begin) + " ";
      begin = line.find_first_not_of(" \t", end);
    }
    const size_t end = std::min(line.find_first_of(" \t", begin), line.size() - 1);
    std::string opcode = line.substr(begin, end - begin);
    std::vector<std::string> operands = operandsOf(line.substr(end, line.size() - 1 - end));
    const size_t at = below(operands.size());
    switch (below(10)) {
    case 0:
    case 1:
    case 2:
      opcode = spoilOpcode(opcode);
      break;
    case 3:
    case 4:
    case 5:
      operands[at] = " " + spoilOperand(operands, at);
      break;
    case 6:
      operands.erase(operands.begin() + static_cast<long>(at));
      break;
    case 7:
      operands.insert(operands.begin() + static_cast<long>(at), spoilOperand(operands, at));
      break;
    case 8:
      std::swap(operands[at], operands[below(operands.size())]);
      break;
    default:
      guard = below(2) ? "@%p1 " : "@!%p2 ";
      break;
    }
    std::string made = "\t" + guard + opcode + " ";
    for (size_t i = 0; i < operands.size(); ++i)
      made += (i ? "," : "") + operands[i];
    line = made + ";";
    break;
  }
  return joined(lines);
}

/// The form of the text as a whole.
std::string Mutator::spoilForm(std::string text) {
  const auto replaceAll = [&](char from, const std::string &to) {
    std::string made;
    for (const char c : text)
      if (c == from)
        made += to;
      else
        made += c;
    return made;
  };
  switch (below(8)) {
  case 0:
    return text.substr(0, below(text.size() + 1));
  case 1:
    return replaceAll('\n', "\r\n");
  case 2:
    return "\xEF\xBB\xBF" + text;
  case 3:
    text.insert(below(text.size() + 1), 1, '\0');
    return text;
  case 4:
    return text + text;
  case 5:
    return replaceAll('\n', " ");
  case 6: {
    const std::string brackets[][2] = {{"{", "}"}, {"(", ")"}, {"[", "]"}, {"{", ""}, {"(", ""}};
    const auto &pair = any(brackets);
    std::string open, close;
    for (uint64_t depth = below(below(4) ? 100 : 200000); depth > 0; --depth) {
      open += pair[0];
      close += pair[1];
    }
    return text.insert(below(text.size() + 1), open + close);
  }
  default:
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
      text.pop_back();
    return text;
  }
}

} // namespace tessera::sim::fuzz
