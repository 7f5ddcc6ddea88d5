//===- PtxSoup.cpp - Kernels of instructions in no order ------------------===//
//
// Part of the fuzzer's mutator: a frame of declarations that are right, registers of every type that hold addresses,
// numbers and nonsense, and between them instructions of the seeds.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/PtxMutator.h"

namespace tessera::sim::fuzz {

namespace {

struct Bank {
  const char *type, *prefix;
  unsigned count;
};
/// Every type that the seeds declare registers of.
constexpr Bank Banks[] = {
    {".pred", "%p", 8}, {".b16", "%rs", 12}, {".b32", "%r", 24}, {".b64", "%rd", 16}, {".b128", "%rq", 4},
    {".f32", "%f", 24}, {".f64", "%fd", 12}, {".u32", "%u", 12}, {".u64", "%ud", 8},  {".s32", "%s", 12},
    {".s64", "%sd", 8}, {".u16", "%us", 8},  {".s16", "%ss", 8}, {".f16", "%h", 8},   {".f16x2", "%hh", 8},
    {".b8", "%b", 8},   {".u8", "%ub", 8},
};

const char *const Symbols[] = {"s_mem", "g_mem", "c_mem", "dynamic", "s_bar", "nosuch"};

} // namespace

/// The first four of the address-wide banks point into memory.
std::string Mutator::registerOf(const std::string &type, bool isAddress) {
  for (const Bank &bank : Banks)
    if (type == bank.type)
      return bank.prefix + std::to_string(isAddress && below(8) ? below(4) : below(bank.count));
  return "%r1";
}

std::string Mutator::soupInstruction(unsigned labels) {
  const std::string &from = any(corpus.templates);
  std::string made;
  if (below(6) == 0)
    made = "@" + std::string(below(2) ? "!" : "") + "%p" + std::to_string(below(8)) + " ";
  bool inBrackets = false;
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i] != '\x01') {
      inBrackets = from[i] == '[' || (inBrackets && from[i] != ']');
      made += from[i];
      continue;
    }
    const size_t end = from.find('\x02', i);
    const std::string type = from.substr(i + 1, end - i - 1);
    if (type == "label")
      made += "L" + std::to_string(below(labels + 1));
    else if (type == "symbol")
      made += any(Symbols);
    else
      made += registerOf(type, inBrackets);
    i = end;
  }
  return made;
}

std::string Mutator::soup() {
  const char *const targets[] = {"sm_80", "sm_89", "sm_90", "sm_90a", "sm_90a", "sm_90a", "sm_90a"};
  std::string text = std::string(".version 8.7\n.target ") + any(targets) + "\n.address_size 64\n";
  text += ".global .align 16 .b8 g_mem[4096];\n.const .align 16 .b8 c_mem[256] = {1, 2, 3};\n"
          ".shared .align 1024 .b8 s_mem[8192];\n.shared .align 8 .b8 s_bar[64];\n"
          ".extern .shared .align 16 .b8 dynamic[];\n"
          ".visible .entry soup(.param .u64 p0, .param .u64 p1, .param .u32 n, .param .f32 x, "
          ".param .align 64 .b8 map[128])\n{\n";
  for (const Bank &bank : Banks)
    text += std::string(".reg ") + bank.type + " " + bank.prefix + "<" + std::to_string(bank.count) + ">;\n";
  text += ".local .align 16 .b8 l_mem[256];\n"
          "ld.param.u64 %rd0, [p0];\nld.param.u64 %rd1, [p1];\nmov.b64 %rd2, g_mem;\n"
          "mov.u32 %r4, %tid.x;\nmul.wide.u32 %rd4, %r4, 16;\nadd.s64 %rd0, %rd0, %rd4;\n"
          "mov.b32 %r0, s_mem;\nmov.b32 %r1, s_bar;\nshl.b32 %r5, %r4, 4;\nadd.s32 %r2, %r0, %r5;\n"
          "mov.b64 %rd3, l_mem;\nmov.b32 %r3, dynamic;\n";
  if (below(2)) // a barrier object and a descriptor that are right
    text += "mbarrier.init.shared::cta.b64 [%r1], 32;\nmov.b64 %rd5, 0x4000004000010040;\n";
  text += "setp.lt.u32 %p1, %r4, 16;\nsetp.ne.u32 %p2, %r4, 0;\nmov.b32 %f1, %r4;\n";
  const unsigned count = 1 + static_cast<unsigned>(below(below(4) ? 24 : 120));
  const unsigned labels = static_cast<unsigned>(below(4));
  std::vector<std::string> lines;
  for (unsigned i = 0; i < count; ++i)
    lines.push_back(soupInstruction(labels));
  for (unsigned l = 0; l <= labels; ++l)
    lines.insert(lines.begin() + static_cast<long>(below(lines.size() + 1)), "L" + std::to_string(l) + ":");
  for (const std::string &line : lines)
    text += line + "\n";
  return text + "ret;\n}\n";
}

} // namespace tessera::sim::fuzz
