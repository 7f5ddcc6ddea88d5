//===- CoverageTest.cpp - Every instruction form that compilers emit ------===//
//
// Inputs/forms.tsv lists the instruction forms in the PTX that Triton 3.6.0 makes of 897 public kernels for sm_80 and
// sm_90a, with how often each occurs. Each is given operands by its kind and decoded: all of sm_80's must be known; of
// sm_90a's those that are not must be refused by name.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "test/runtime/simulator/SimulatorTest.h"

#include <cctype>
#include <sstream>

namespace tessera::sim {
namespace {

/// Registers of every width, many of each, as %q0 (predicates), %h0, %r0, %d0.
std::string reg(unsigned bits, unsigned n) {
  const char *prefix = bits == 1 ? "%q" : bits <= 16 ? "%h" : bits == 32 ? "%r" : "%d";
  return prefix + std::to_string(n);
}
std::string vectorOf(unsigned bits, unsigned count, unsigned first) {
  std::string text = "{";
  for (unsigned i = 0; i < count; ++i)
    text += (i ? ", " : "") + reg(bits, first + i);
  return text + "}";
}

struct Form {
  std::string text, root;
  std::vector<std::string> words;

  explicit Form(const std::string &form) : text(form) {
    std::stringstream stream(form);
    for (std::string word; std::getline(stream, word, '.');)
      words.push_back(word);
    root = words[0];
  }
  bool has(const std::string &word) const { return std::find(words.begin(), words.end(), word) != words.end(); }
  static unsigned bitsOf(const std::string &word) {
    if (word == "pred")
      return 1;
    if (word == "bf16x2" || word == "f16x2" || word == "s16x2" || word == "u16x2" || word == "tf32")
      return 32;
    if (word == "bf16")
      return 16;
    if (word.size() >= 2 && std::string("busf").find(word[0]) != std::string::npos && std::isdigit(word[1]))
      return static_cast<unsigned>(std::stoul(word.substr(1)));
    return 0;
  }
  unsigned last() const { return bitsOf(words.back()); }
  unsigned vector() const { return has("v2") ? 2 : has("v4") ? 4 : has("v8") ? 8 : 1; }
  std::string values(unsigned first) const {
    return vector() == 1 ? reg(last(), first) : vectorOf(last(), vector(), first);
  }

  /// Operands that fit; empty where the form takes none, "?" where this table does not know.
  std::string operands() const;
};

std::string Form::operands() const {
  const unsigned b = last();
  const auto r = [&](unsigned n) { return reg(b, n); };
  const std::string address = has("param")                                          ? "[p]"
                              : has("shared") || has("shared::cta") || has("local") ? "[%r30+16]"
                                                                                    : "[%d30+16]";
  if (root == "ret" || root == "trap" || text == "membar.gl" || root == "griddepcontrol" || root == "fence" ||
      text == "cp.async.commit_group" || text == "cp.async.bulk.commit_group" || text.starts_with("wgmma.fence") ||
      text.starts_with("wgmma.commit"))
    return "";
  if (root == "bra")
    return "L";
  if (root == "bar")
    return has("warp") ? "-1" : "0";
  if (text == "cp.async.wait_group" || text.starts_with("cp.async.bulk.wait_group") || text.starts_with("wgmma.wait"))
    return "0";
  if (text.starts_with("cp.async.c"))
    return "[%r0], [%d0], " + std::string(has("cg") ? "16" : "4") + ", %r1";
  if (root == "ld")
    return values(0) + ", " + address;
  if (root == "st")
    return address + ", " + values(0);
  if (root == "atom")
    return values(0) + ", " + address + ", " + values(8) + (has("cas") ? ", " + r(9) : "");
  if (root == "ldmatrix" || root == "stmatrix") {
    const std::string registers = vectorOf(32, has("x4") ? 4 : has("x2") ? 2 : 1, 0);
    return root == "ldmatrix" ? registers + ", [%r30]" : "[%r30], " + registers;
  }
  if (root == "mma") {
    const bool half = words[6] == "f16", bytes = has("s8"), tf32 = has("tf32");
    const unsigned k = words[3] == "m16n8k16" ? 16 : words[3] == "m16n8k32" ? 32 : 8;
    const unsigned a = k * 16 / 32 / (bytes ? 4 : tf32 ? 1 : 2);
    return vectorOf(32, half ? 2 : 4, 0) + ", " + vectorOf(32, a, 4) + ", " + vectorOf(32, a / 2, 8) + ", " +
           vectorOf(32, half ? 2 : 4, 10);
  }
  if (root == "shfl")
    return "%r0|%q0, %r1, 1, 31, -1";
  if (root == "wgmma") { // m64nNkK.d.a.b
    const std::string &shape = words[4];
    const unsigned n = static_cast<unsigned>(std::stoul(shape.substr(4))), count = words[5] == "f16" ? n / 4 : n / 2;
    const std::string scales = words[5] == "s32" ? "" : words[6] == "tf32" ? ", 1, 1" : ", 1, 1, 0, 1";
    return vectorOf(32, count, 0) + ", %d0, %d1, 1" + scales;
  }
  if (root == "elect")
    return "%r0|%q0, -1";
  if (root == "redux")
    return "%r0, %r1, -1";
  if (root == "setp")
    return (b == 32 && has("f16x2") ? "%q0|%q1, " : "%q0, ") + r(1) + ", " + r(2);
  if (root == "selp")
    return r(0) + ", " + r(1) + ", " + r(2) + ", %q0";
  if (root == "cvt") {
    const unsigned to = bitsOf(words[words.size() - 2]);
    return reg(to == 8 ? 16 : to, 0) + ", " + r(1) + (has("f16x2") || has("bf16x2") ? ", " + r(2) : "");
  }
  if (root == "cvta")
    return "%d0, %d1";
  if (root == "mbarrier")
    return has("try_wait") ? "%q0, [%r0], %r1" : has("inval") ? "[%r0]" : has("arrive") ? "_, [%r0], 64" : "[%r0], 1";
  const std::string three = r(0) + ", " + r(1) + ", " + r(2);
  if (root == "shl" || root == "shr")
    return r(0) + ", " + r(1) + ", %r9";
  if (root == "bfe")
    return r(0) + ", " + r(1) + ", 3, 4";
  if (root == "mul" || root == "mad") {
    if (has("wide"))
      return reg(2 * b, 0) + ", " + r(1) + ", " + r(2) + (root == "mad" ? ", " + reg(2 * b, 3) : "");
    return three + (root == "mad" ? ", " + r(3) : "");
  }
  if (root == "madc" || root == "fma" || root == "shf" || root == "prmt")
    return three + ", " + r(3);
  if (root == "mov" || root == "neg" || root == "abs" || root == "not" || root == "rcp" || root == "sqrt" ||
      root == "rsqrt" || root == "ex2")
    return r(0) + ", " + r(1);
  if (root == "popc")
    return "%r0, " + r(1);
  if (root == "add" || root == "sub" || root == "and" || root == "or" || root == "xor" || root == "min" ||
      root == "max" || root == "div" || root == "rem" || root == "copysign")
    return three;
  return "?";
}

TEST(Coverage, FormsThatTritonEmits) {
  Memory memory;
  std::stringstream table(inputText("forms.tsv"));
  std::string line;
  std::getline(table, line);
  uint64_t known[2] = {}, all[2] = {};
  std::string refused;
  while (std::getline(table, line)) {
    std::stringstream row(line);
    std::string name;
    uint64_t counts[2] = {};
    row >> name >> counts[0] >> counts[1];
    const Form form(name);
    const std::string operands = form.operands();
    const std::string ptx = ".version 8.7\n.target sm_90a\n.address_size 64\n.visible .entry k(.param .align 16 .b8 "
                            "p[32])\n{\n.reg .pred %q<32>;\n"
                            ".reg .b16 %h<32>;\n.reg .b32 %r<300>;\n.reg .b64 %d<32>;\n" +
                            name + " " + (operands == "?" ? "" : operands) + ";\nL: ret;\n}\n";
    const auto module = Module::parse(ptx, memory, "form.ptx");
    ASSERT_TRUE(bool(module)) << module.error() << "\n" << ptx;
    const std::string error = module.get()->prepare(module.get()->kernels()[0]);
    for (int target = 0; target < 2; ++target) {
      all[target] += counts[target];
      known[target] += error.empty() ? counts[target] : 0;
    }
    if (error.empty())
      continue;
    if (counts[0])
      ADD_FAILURE() << name << " " << operands << ": " << error;
    EXPECT_NE(error.find("form.ptx:10: "), std::string::npos) << error;
    EXPECT_NE(error.find("'" + name + "'"), std::string::npos) << error;
    refused += "  " + name + "\n";
  }
  EXPECT_EQ(known[0], all[0]);
  RecordProperty("refused", refused);
  std::printf("sm_80: %llu of %llu instructions known; sm_90a: %llu of %llu (%.3f%%), refused by name:\n%s",
              (unsigned long long)known[0], (unsigned long long)all[0], (unsigned long long)known[1],
              (unsigned long long)all[1], 100.0 * known[1] / all[1], refused.c_str());
}

} // namespace
} // namespace tessera::sim
