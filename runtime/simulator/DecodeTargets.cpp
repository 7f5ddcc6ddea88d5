//===- DecodeTargets.cpp - Which targets have an instruction --------------===//
//
// A module says what it is for: `.target sm_80`, `.version 7.4`. ptxas refuses in it what that hardware, or that
// version of the language, does not have, and so does the decoder, from a table. A row applies to an opcode that has
// all its words, the first as root; its `features` are 'a' where only the one architecture's own target will do.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Decode.h"

#include <algorithm>

namespace tessera::sim {

namespace {

struct Requirement {
  std::string_view words; ///< separated by blanks
  unsigned architecture, version;
  char features = 0;
};

/// From the "PTX ISA Notes" and "Target ISA Notes" of each instruction in the PTX ISA.
constexpr Requirement Requirements[] = {
    // Copies and barriers in flight.
    {"cp async", 80, 70},
    {"cp async bulk", 90, 80},
    {"cp reduce", 90, 80},
    {"mbarrier", 80, 70},
    {"mbarrier try_wait", 90, 78},
    {"mbarrier expect_tx", 90, 80},
    {"mbarrier complete_tx", 90, 80},
    {"mbarrier acquire", 80, 80},
    {"mbarrier release", 80, 80},
    {"mbarrier relaxed", 90, 80},
    {"createpolicy", 80, 74},
    {"applypriority", 80, 74},
    {"discard", 80, 74},
    {"st async", 90, 81},
    {"red async", 90, 81},
    {"tensormap replace", 90, 83, 'a'},
    {"tensormap cp_fenceproxy", 90, 83},
    {"multimem", 90, 81},
    // Clusters and what came with them.
    {"barrier cluster", 90, 78},
    {"mapa", 90, 78},
    {"getctarank", 90, 78},
    {"elect", 90, 80},
    {"griddepcontrol", 90, 78},
    {"setmaxnreg", 90, 80, 'a'},
    {"fence cluster", 90, 78},
    {"fence mbarrier_init", 90, 80},
    {"fence proxy", 70, 75},
    {"fence proxy async", 90, 80},
    {"fence proxy tensormap::generic", 90, 83},
    {"ld shared::cluster", 90, 78},
    {"st shared::cluster", 90, 78},
    {"atom shared::cluster", 90, 78},
    {"red shared::cluster", 90, 78},
    {"ld shared::cta", 30, 78},
    {"st shared::cta", 30, 78},
    {"ld cluster", 90, 78},
    {"st cluster", 90, 78},
    {"atom cluster", 90, 78},
    {"red cluster", 90, 78},
    {"clusterlaunchcontrol", 100, 86},
    // Tensor cores.
    {"wgmma", 90, 80, 'a'},
    {"ldmatrix", 75, 65},
    {"stmatrix", 90, 78},
    {"movmatrix", 75, 78},
    {"mma m16n8k8 tf32", 80, 70},
    {"mma m16n8k4 tf32", 80, 70},
    {"mma m16n8k8 bf16", 80, 70},
    {"mma m16n8k8", 75, 65},
    {"mma m16n8k16", 80, 70},
    {"mma m16n8k32", 80, 70},
    {"mma m16n8k64", 80, 70},
    {"mma m16n8k128", 80, 70},
    {"mma m16n8k256", 80, 70},
    {"mma m8n8k4 f64", 80, 70},
    {"mma m16n8k4 f64", 90, 78},
    {"mma m16n8k8 f64", 90, 78},
    {"mma m16n8k16 f64", 90, 78},
    {"mma e4m3", 89, 84},
    {"mma e5m2", 89, 84},
    {"mma e4m3 f16", 89, 87},
    {"mma e5m2 f16", 89, 87},
    {"mma e4m3 m16n8k16", 89, 87},
    {"mma e5m2 m16n8k16", 89, 87},
    {"mma sp", 80, 71},
    {"wmma bf16", 80, 70},
    {"wmma tf32", 80, 70},
    {"wmma f64", 80, 70},
    {"wmma m8n8k4", 80, 70},
    {"wmma m16n16k8", 80, 70},
    // Warps.
    {"activemask", 30, 62},
    {"match", 70, 60},
    {"nanosleep", 70, 63},
    {"redux", 80, 70},
    {"redux f32", 100, 86, 'a'},
    // Numbers.
    {"cvt bf16", 80, 70},
    {"cvt bf16x2", 80, 70},
    {"cvt f16x2", 80, 70},
    {"cvt tf32", 80, 70},
    {"cvt tf32 rn", 90, 78},
    {"cvt tf32 rz", 90, 78},
    {"cvt e4m3x2", 89, 78},
    {"cvt e5m2x2", 89, 78},
    {"cvt rs", 100, 87, 'a'},
    {"add bf16", 90, 78},
    {"add bf16x2", 90, 78},
    {"sub bf16", 90, 78},
    {"sub bf16x2", 90, 78},
    {"mul bf16", 90, 78},
    {"mul bf16x2", 90, 78},
    {"fma bf16", 80, 70},
    {"fma bf16x2", 80, 70},
    {"neg bf16", 80, 70},
    {"neg bf16x2", 80, 70},
    {"abs bf16", 80, 70},
    {"abs bf16x2", 80, 70},
    {"set bf16", 90, 78},
    {"set bf16x2", 90, 78},
    {"setp bf16", 90, 78},
    {"setp bf16x2", 90, 78},
    {"min f16", 80, 70},
    {"min f16x2", 80, 70},
    {"min bf16", 80, 70},
    {"min bf16x2", 80, 70},
    {"max f16", 80, 70},
    {"max f16x2", 80, 70},
    {"max bf16", 80, 70},
    {"max bf16x2", 80, 70},
    {"min NaN", 80, 70},
    {"max NaN", 80, 70},
    {"min xorsign", 86, 72},
    {"max xorsign", 86, 72},
    {"min relu", 80, 70},
    {"max relu", 80, 70},
    {"add s16x2", 90, 80},
    {"add u16x2", 90, 80},
    {"min s16x2", 90, 80},
    {"min u16x2", 90, 80},
    {"max s16x2", 90, 80},
    {"max u16x2", 90, 80},
    {"add f32x2", 100, 86},
    {"sub f32x2", 100, 86},
    {"mul f32x2", 100, 86},
    {"fma f32x2", 100, 86},
    {"ex2 f16", 75, 70},
    {"ex2 f16x2", 75, 70},
    {"ex2 bf16", 90, 78},
    {"ex2 bf16x2", 90, 78},
    {"tanh", 75, 70},
    {"tanh bf16", 90, 78},
    {"tanh bf16x2", 90, 78},
    {"bmsk", 70, 76},
    {"szext", 70, 76},
    // Memory.
    {"mov b128", 70, 83},
    {"ld b128", 70, 83},
    {"st b128", 70, 83},
    {"atom b128", 90, 83},
    {"ld v8", 100, 88},
    {"st v8", 100, 88},
    {"atom bf16", 90, 78},
    {"atom bf16x2", 90, 78},
    {"red bf16", 90, 78},
    {"red bf16x2", 90, 78},
    {"atom v2", 90, 81},
    {"atom v4", 90, 81},
    {"atom v8", 90, 81},
    {"red v2", 90, 81},
    {"red v4", 90, 81},
    {"red v8", 90, 81},
    {"ld L2::cache_hint", 80, 74},
    {"st L2::cache_hint", 80, 74},
};

/// Special registers by the beginning of their names.
constexpr Requirement Registers[] = {
    {"%cluster", 90, 78},       {"%ncluster", 90, 78},       {"%is_explicit_cluster", 90, 78},
    {"%reserved_smem", 80, 76}, {"%aggr_smem_size", 90, 81},
};

std::string versionText(unsigned version) { return std::to_string(version / 10) + "." + std::to_string(version % 10); }

/// What is missing, in words; empty where the module will do.
std::string missing(const ptx::Module &module, const Requirement &needed) {
  const bool family = needed.features && !module.features;
  if (module.architecture < needed.architecture || family)
    return "needs .target sm_" + std::to_string(needed.architecture) + (needed.features ? "a" : "") +
           " or higher, the module's is " + std::string(module.target);
  if (module.version < needed.version)
    return "needs .version " + versionText(needed.version) + " or later, the module's is " +
           versionText(module.version);
  return {};
}

} // namespace

/// Refuses an instruction that the module's target or version does not have.
bool Decoder::checkTarget() {
  for (const Requirement &row : Requirements) {
    std::string_view rest = row.words;
    const size_t end = rest.find(' ');
    if (rest.substr(0, end) != words[0])
      continue;
    bool applies = true;
    while (applies && rest.find(' ') != std::string_view::npos) {
      rest.remove_prefix(rest.find(' ') + 1);
      applies = std::find(words.begin() + 1, words.end(), rest.substr(0, rest.find(' '))) != words.end();
    }
    if (!applies)
      continue;
    if (const std::string why = missing(module, row); !why.empty())
      return fail("'" + std::string(source->opcode) + "' " + why);
  }
  for (unsigned i = 0; i < operandCount(); ++i)
    if (operand(i).kind == ptx::Operand::Special)
      for (const Requirement &row : Registers)
        if (operand(i).text.starts_with(row.words))
          if (const std::string why = missing(module, row); !why.empty())
            return fail("'" + std::string(operand(i).text) + "' " + why);
  return true;
}

} // namespace tessera::sim
