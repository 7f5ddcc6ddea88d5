//===- CoverageTest.cpp - Every instruction form that compilers emit ------===//
//
// Inputs/forms.tsv lists the instruction forms in the PTX that Triton 3.6.0 makes of 897 public kernels for sm_80 and
// sm_90a, with how often each occurs. Each is given operands by its kind, what must come before it (an mbarrier, a
// tensor map, a descriptor of a matrix) and after it (a wait), and executed by four warps. That is only that it runs;
// what it computes is compared by the tests of whole kernels: the second test counts how many of the forms stand in the
// PTX that those launch.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/TensorMap.h"
#include "test/runtime/simulator/SimulatorTest.h"

#include <cctype>
#include <filesystem>
#include <set>
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
  /// One thread executes it.
  bool isOfOne() const {
    return root == "mbarrier" || text.starts_with("cp.async.bulk") || text.starts_with("tensormap.replace");
  }
  std::string before() const;
  std::string after() const;
};

// In the kernels below: %d30 global memory, %d29 a tensor map, %r30 zeroed shared memory, %r29 an mbarrier in it, %r28
// zero, %q31 true in the first thread.
std::string Form::before() const {
  if (root == "wgmma" && has("mma_async")) // matrices at the start of shared memory, all of whose parts are the first
    return "shr.u32 %r27, %r30, 4; cvt.u64.u32 %d0, %r27; mov.b64 %d1, %d0; fence.proxy.async; "
           "wgmma.fence.sync.aligned;";
  const std::string init = "@%q31 mbarrier.init.shared::cta.b64 [%r29], 1; bar.sync 0;";
  if (root == "mbarrier")
    return has("init") ? "" : init;
  if (has("mbarrier::complete_tx::bytes"))
    return init + " @%q31 mbarrier.arrive.expect_tx.shared.b64 _, [%r29], 512;";
  return has("bulk_group") ? "fence.proxy.async; bar.sync 0;" : "";
}

std::string Form::after() const {
  if (root == "wgmma" && has("mma_async"))
    return "wgmma.commit_group.sync.aligned; wgmma.wait_group.sync.aligned 0;";
  if (has("mbarrier::complete_tx::bytes"))
    return "W: mbarrier.try_wait.parity.shared.b64 %q0, [%r29], %r28; @!%q0 bra W;";
  if (has("bulk_group"))
    return "cp.async.bulk.commit_group; cp.async.bulk.wait_group 0;";
  return text.starts_with("cp.async.c") ? "cp.async.wait_all;" : "";
}

std::string Form::operands() const {
  const unsigned b = last();
  const auto r = [&](unsigned n) { return reg(b, n); };
  const std::string address = has("param")                          ? "[p]"
                              : has("local")                        ? "[l]"
                              : has("shared") || has("shared::cta") ? "[%r30+32]"
                                                                    : "[%d30+32]";
  if (root == "ret" || root == "trap" || text == "membar.gl" || root == "griddepcontrol" ||
      text.starts_with("fence.proxy.async") || text == "cp.async.commit_group" ||
      text == "cp.async.bulk.commit_group" || text.starts_with("wgmma.fence") || text.starts_with("wgmma.commit"))
    return "";
  if (root == "bra")
    return "L";
  if (root == "bar")
    return has("warp") ? "-1" : "0";
  if (text == "cp.async.wait_group" || text.starts_with("cp.async.bulk.wait_group") || text.starts_with("wgmma.wait"))
    return "0";
  if (text.starts_with("cp.async.c"))
    return "[%r30], [%d30], " + std::string(has("cg") ? "16" : "4") + ", %r1";
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
    return has("try_wait") ? "%q0, [%r29], %r28"
           : has("inval")  ? "[%r29]"
           : has("arrive") ? "_, [%r29], 64"
                           : "[%r29], 1";
  if (text == "fence.proxy.tensormap::generic.acquire.gpu")
    return "[%d29], 128";
  if (has("mbarrier::complete_tx::bytes"))
    return "[%r30+1024], [%d29, {%r28, %r28}], [%r29]";
  if (has("bulk_group"))
    return "[%d29, {%r28, %r28}], [%r30+1024]";
  if (has("cp_fenceproxy"))
    return "[%d30], [%r30], 128";
  if (has("replace")) {
    const std::string &field = words[3];
    return field == "global_address"                                                  ? "[%r30], %d30"
           : field == "rank"                                                          ? "[%r30], %r1"
           : field == "global_stride"                                                 ? "[%r30], 0, %d15"
           : field == "global_dim" || field == "box_dim" || field == "element_stride" ? "[%r30], 0, %r1"
                                                                                      : "[%r30], 1";
  }
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

std::string kernelOf(const Form &form, const std::string &operands) {
  std::string ptx =
      ".version 8.7\n.target sm_90a\n.address_size 64\n"
      ".visible .entry k(.param .align 64 .b8 p[128], .param .u64 g) .reqntid 128\n{\n"
      ".reg .pred %q<32>; .reg .b16 %h<32>; .reg .b32 %r<300>; .reg .b64 %d<32>;\n"
      ".shared .align 1024 .b8 s[32768]; .local .align 32 .b8 l[64];\n"
      "ld.param.u64 %d30, [g]; mov.b64 %d29, p; cvta.param.u64 %d29, %d29; mov.u32 %r30, s; mov.u32 %r28, 0;\n"
      "mov.u32 %r27, %tid.x; setp.eq.u32 %q31, %r27, 0; shl.b32 %r27, %r27, 4; add.u32 %r27, %r27, %r30;\n"
      "add.u32 %r29, %r30, 16384;\n";
  for (int i = 0; i < 16; ++i) // every 16 bytes of 32 KB
    ptx += "st.shared.v4.b32 [%r27+" + std::to_string(2048 * i) + "], {%r28, %r28, %r28, %r28};\n";
  for (int i = 0; i < 16; ++i) {
    const std::string n = std::to_string(i), value = std::to_string(i + 1);
    ptx += "mov.b16 %h" + n + ", " + value + "; mov.b32 %r" + n + ", " + value + "; mov.b64 %d" + n + ", " + value +
           "; setp.ne.u32 %q" + n + ", %r28, 0;\n";
  }
  return ptx + "bar.sync 0; " + form.before() + "\n" + (form.isOfOne() ? "@%q31 " : "") + form.text + " " + operands +
         ";\n" + form.after() + "\nL: ret;\n}\n";
}

/// The rows of the list.
struct Listed {
  std::string name;
  uint64_t counts[2] = {}; ///< on sm_80, on sm_90a
};
std::vector<Listed> listedForms() {
  std::vector<Listed> result;
  std::stringstream table(inputText("forms.tsv"));
  std::string line;
  for (std::getline(table, line); std::getline(table, line);) {
    std::stringstream row(line);
    row >> result.emplace_back().name >> result.back().counts[0] >> result.back().counts[1];
  }
  return result;
}

class Coverage : public SimulatorTest {
protected:
  Coverage() { planted = true; } // instructions one by one: nothing orders their warps
};

TEST_F(Coverage, FormsThatTritonEmitsExecute) {
  DeviceArray<uint64_t> global(memory, std::vector<uint64_t>(8192, 0));
  const auto map = TensorMap::encode({.element = TensorElement::F16,
                                      .rank = 2,
                                      .address = global.address() + 32768,
                                      .size = {64, 64},
                                      .stride = {128},
                                      .box = {16, 16}});
  ASSERT_TRUE(bool(map)) << map.error();
  uint64_t executed[2] = {}, all[2] = {};
  const std::vector<Listed> forms = listedForms();
  EXPECT_EQ(forms.size(), 344u);
  for (const Listed &listed : forms) {
    const Form form(listed.name);
    const std::string ptx = kernelOf(form, form.operands());
    const auto module = Module::parse(ptx, memory, "form.ptx");
    ASSERT_TRUE(bool(module)) << listed.name << ": " << module.error();
    const Report report = tryRun(*module.get(), "k", {1}, {128}, map.get(), global.address());
    EXPECT_TRUE(report.ok()) << listed.name << ": " << report.text();
    for (int target = 0; target < 2; ++target) {
      all[target] += listed.counts[target];
      executed[target] += report.ok() ? listed.counts[target] : 0;
    }
  }
  for (int target = 0; target < 2; ++target)
    EXPECT_GE(static_cast<double>(executed[target]), 0.999 * static_cast<double>(all[target]));
  std::printf("executed: %llu of %llu on sm_80, %llu of %llu on sm_90a\n", (unsigned long long)executed[0],
              (unsigned long long)all[0], (unsigned long long)executed[1], (unsigned long long)all[1]);
}

/// The opcodes of the instructions in a text of PTX.
void collectOpcodes(const std::string &ptx, std::set<std::string> &opcodes) {
  std::stringstream lines(ptx);
  for (std::string line; std::getline(lines, line);) {
    std::stringstream words(line);
    std::string word;
    words >> word;
    if (word.starts_with("@"))
      words >> word;
    if (!word.empty() && std::islower(static_cast<unsigned char>(word[0])))
      opcodes.insert(word.substr(0, word.find(';')));
  }
}

TEST_F(Coverage, FormsThatTritonEmitsStandInKernelsWithReferences) {
  std::set<std::string> opcodes;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(TESSERA_SIMULATOR_INPUTS)) {
    const std::string name = std::filesystem::relative(entry.path(), TESSERA_SIMULATOR_INPUTS).string();
    if (name.starts_with("triton") && name.ends_with(".ptx"))
      collectOpcodes(inputText(name), opcodes);
  }
  uint64_t standing = 0, all = 0;
  unsigned absent = 0;
  for (const Listed &listed : listedForms()) {
    const uint64_t count = listed.counts[0] + listed.counts[1];
    all += count;
    const bool stands = opcodes.contains(listed.name);
    standing += stands ? count : 0;
    absent += !stands;
  }
  std::printf("%.2f%% of the instructions, by count; %u forms stand in none\n", 100.0 * standing / all, absent);
  EXPECT_GE(static_cast<double>(standing), 0.995 * static_cast<double>(all));
}

} // namespace
} // namespace tessera::sim
