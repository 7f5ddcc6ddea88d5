//===- DecodeTargets.cpp - Which targets have an instruction --------------===//
//
// A module says what it is for: `.target sm_80`, `.version 7.4`. ptxas refuses in it what that hardware, or that
// version of the language, does not have, and so does the decoder, from a table. A row applies to an opcode that has
// all its words, the first as root; its `features` are 'a' where only the one architecture's own target will do.
//
// A second table has the forms of the PTX ISA that the simulator lacks. One that the decoder refused is named as such,
// so that nobody looks for a mistake in text that has none.
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
    {"tcgen05", 100, 86, 'a'},
    {"st bulk", 100, 86},
    {"st async global", 100, 86},
    {"red async global", 100, 86},
    // Tensor cores.
    {"wgmma", 90, 80, 'a'},
    {"ldmatrix", 75, 65},
    {"ldmatrix m16n16", 100, 86, 'a'},
    {"ldmatrix m8n16", 100, 86, 'a'},
    {"stmatrix m16n8", 100, 86, 'a'},
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

/// Forms that are right and not simulated; a word that ends in '*' stands for all that begin so.
struct Missing {
  std::string_view words, what;
};
constexpr Missing NotSimulated[] = {
    {"tex", "textures"},
    {"tld4", "textures"},
    {"txq", "textures"},
    {"istypep", "textures"},
    {"suld", "surfaces"},
    {"sust", "surfaces"},
    {"sured", "surfaces"},
    {"suq", "surfaces"},
    {"multimem", "memory of several devices"},
    {"mma sp*", "sparse products"},
    {"mma kind::*", "what sm_100 and sm_120 add"},
    {"mma m8n8k4 f16", "products of halves in quarter warps"},
    {"wmma m8n8k32", "fragments of 4 bits"},
    {"wmma m8n8k128", "fragments of 1 bit"},
    {"wgmma sp", "sparse products"},
    {"wgmma b1", "products of 1 bit"},
    {"cp im2col*", "copies by im2col"},
    {"cp tile::*", "copies of chosen rows"},
    {"cp cp_mask", "byte masks"},
    {"cp ignore_oob", "copies that leave out bytes"},
    {"st bulk", "what sm_100 adds"},
    {"st async global", "what sm_100 adds"},
    {"red async global", "what sm_100 adds"},
    {"ldmatrix m16n16", "matrices of 8 bits"},
    {"ldmatrix m8n16", "matrices of 8 bits"},
    {"stmatrix m16n8", "matrices of 8 bits"},
    {"tcgen05", "what sm_100 adds"},
    {"clusterlaunchcontrol", "what sm_100 adds"},
    {"cvt rs", "what sm_100 adds"},
    {"cvt e2m1*", "elements of 4 bits"},
    {"cvt e2m3*", "elements of 6 bits"},
    {"cvt e3m2*", "elements of 6 bits"},
    {"cvt ue8m0*", "scales of blocks"},
    {"cvt s2f6*", "elements of 8 bits in fixed point"},
    {"add f32 f16", "arithmetic of mixed types"},
    {"add f32 bf16", "arithmetic of mixed types"},
    {"sub f32 f16", "arithmetic of mixed types"},
    {"sub f32 bf16", "arithmetic of mixed types"},
    {"fma f32 f16", "arithmetic of mixed types"},
    {"fma f32 bf16", "arithmetic of mixed types"},
    {"fma oob", "values that are out of bounds"},
    {"ld mmio", "memory-mapped devices"},
    {"st mmio", "memory-mapped devices"},
    {"vadd", "video instructions of one element"},
    {"vsub", "video instructions of one element"},
    {"vabsdiff", "video instructions of one element"},
    {"vmin", "video instructions of one element"},
    {"vmax", "video instructions of one element"},
    {"vshl", "video instructions of one element"},
    {"vshr", "video instructions of one element"},
    {"vmad", "video instructions of one element"},
    {"vset", "video instructions of one element"},
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

/// Whether the opcode with these words has all those that `row` names, the first as root.
bool applies(std::string_view row, const std::vector<std::string_view> &words) {
  const size_t end = std::min(row.find(' '), row.size());
  if (row.substr(0, end) != words[0])
    return false;
  for (row.remove_prefix(end); !row.empty();) {
    row.remove_prefix(1);
    std::string_view wanted = row.substr(0, row.find(' '));
    row.remove_prefix(wanted.size());
    const bool isPrefix = wanted.ends_with('*');
    wanted.remove_suffix(isPrefix);
    if (std::none_of(words.begin() + 1, words.end(),
                     [&](std::string_view word) { return isPrefix ? word.starts_with(wanted) : word == wanted; }))
      return false;
  }
  return true;
}

} // namespace

/// Refuses an instruction that the module's target or version does not have.
bool Decoder::checkTarget() {
  for (const Requirement &row : Requirements)
    if (applies(row.words, words))
      if (const std::string why = missing(module, row); !why.empty())
        return fail("'" + std::string(source->opcode) + "' " + why);
  for (unsigned i = 0; i < operandCount(); ++i)
    if (operand(i).kind == ptx::Operand::Special)
      for (const Requirement &row : Registers)
        if (operand(i).text.starts_with(row.words))
          if (const std::string why = missing(module, row); !why.empty())
            return fail("'" + std::string(operand(i).text) + "' " + why);
  return true;
}

/// Of an instruction that was refused: says so where the simulator lacks it and the module may have it.
void Decoder::nameWhatIsLacking() {
  const auto *found = std::find_if(std::begin(NotSimulated), std::end(NotSimulated),
                                   [&](const Missing &row) { return applies(row.words, words); });
  if (found == std::end(NotSimulated))
    return;
  message.clear();
  if (checkTarget())
    lack("'" + std::string(source->opcode) + "' is not simulated: " + std::string(found->what));
}

} // namespace tessera::sim
