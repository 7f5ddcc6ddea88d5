//===- Classify.cpp - What an instruction is counted as -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Classify.h"

#include "runtime/simulator/PtxAst.h"

#include <algorithm>

namespace tessera::sim {

using ptx::Type;

std::string_view name(InstrClass instrClass) {
  static constexpr std::string_view Names[InstrClassCount] = {
      "alu",         "fma",          "mma",      "wgmma",    "sfu",        "global_load", "global_store",
      "shared_load", "shared_store", "ldmatrix", "stmatrix", "async_copy", "tma",         "atomic",
      "shuffle",     "barrier",      "branch",   "convert",  "move",       "other"};
  return Names[static_cast<size_t>(instrClass)];
}

std::string_view name(FlopKind kind) {
  static constexpr std::string_view Names[FlopKindCount] = {
      "none", "fp64", "fp32", "fp16", "tensor_fp64", "tensor_tf32", "tensor_fp16", "tensor_fp8", "tensor_int8"};
  return Names[static_cast<size_t>(kind)];
}

namespace {

/// The words of an opcode between its dots.
class Words {
public:
  explicit Words(std::string_view opcode) {
    while (count < Maximum) {
      const size_t dot = opcode.find('.');
      words[count++] = opcode.substr(0, dot);
      if (dot == std::string_view::npos)
        break;
      opcode.remove_prefix(dot + 1);
    }
  }
  std::string_view root() const { return words[0]; }
  std::string_view operator[](unsigned i) const { return i < count ? words[i] : std::string_view(); }
  bool has(std::string_view word) const { return std::find(words + 1, words + count, word) != words + count; }
  bool hasPrefix(std::string_view prefix) const {
    return std::any_of(words + 1, words + count, [&](std::string_view word) { return word.starts_with(prefix); });
  }
  Type last() const { return ptx::typeNamed(words[count - 1]); }
  /// The type of the n-th word that is one.
  Type type(unsigned n) const {
    for (unsigned i = 1; i < count; ++i)
      if (const Type found = ptx::typeNamed(words[i]); found != Type::None && n-- == 0)
        return found;
    return Type::None;
  }
  /// "m16n8k16" as three numbers; false where there is none.
  bool shape(uint64_t (&mnk)[3]) const {
    for (unsigned i = 1; i < count; ++i)
      if (parseShape(words[i], mnk))
        return true;
    return false;
  }

private:
  static constexpr unsigned Maximum = 31;
  static bool parseShape(std::string_view word, uint64_t (&mnk)[3]) {
    static constexpr char Letters[] = {'m', 'n', 'k'};
    size_t at = 0;
    for (unsigned i = 0; i < 3; ++i) {
      if (at >= word.size() || word[at] != Letters[i])
        return false;
      uint64_t value = 0;
      size_t digits = 0;
      for (++at; at < word.size() && word[at] >= '0' && word[at] <= '9' && digits < 5; ++at, ++digits)
        value = value * 10 + static_cast<uint64_t>(word[at] - '0');
      if (!digits)
        return false;
      mnk[i] = value;
    }
    return at == word.size();
  }
  std::string_view words[Maximum];
  unsigned count = 0;
};

/// Opcodes whose class is that of their first word.
struct Root {
  std::string_view word;
  InstrClass instrClass;
};
constexpr Root Roots[] = {
    {"mma", InstrClass::Mma},           {"wgmma", InstrClass::Wgmma},
    {"rcp", InstrClass::Sfu},           {"sqrt", InstrClass::Sfu},
    {"rsqrt", InstrClass::Sfu},         {"sin", InstrClass::Sfu},
    {"cos", InstrClass::Sfu},           {"ex2", InstrClass::Sfu},
    {"lg2", InstrClass::Sfu},           {"tanh", InstrClass::Sfu},
    {"ldmatrix", InstrClass::LdMatrix}, {"stmatrix", InstrClass::StMatrix},
    {"atom", InstrClass::Atomic},       {"red", InstrClass::Atomic},
    {"multimem", InstrClass::Atomic},   {"shfl", InstrClass::Shuffle},
    {"vote", InstrClass::Shuffle},      {"match", InstrClass::Shuffle},
    {"redux", InstrClass::Shuffle},     {"activemask", InstrClass::Shuffle},
    {"elect", InstrClass::Shuffle},     {"movmatrix", InstrClass::Shuffle},
    {"bar", InstrClass::Barrier},       {"barrier", InstrClass::Barrier},
    {"mbarrier", InstrClass::Barrier},  {"membar", InstrClass::Barrier},
    {"fence", InstrClass::Barrier},     {"bra", InstrClass::Branch},
    {"brx", InstrClass::Branch},        {"call", InstrClass::Branch},
    {"ret", InstrClass::Branch},        {"exit", InstrClass::Branch},
    {"cvt", InstrClass::Convert},       {"mov", InstrClass::Move},
    {"cvta", InstrClass::Move},         {"tensormap", InstrClass::Tma},
    {"and", InstrClass::Alu},           {"or", InstrClass::Alu},
    {"xor", InstrClass::Alu},           {"not", InstrClass::Alu},
    {"cnot", InstrClass::Alu},          {"shl", InstrClass::Alu},
    {"shr", InstrClass::Alu},           {"shf", InstrClass::Alu},
    {"prmt", InstrClass::Alu},          {"lop3", InstrClass::Alu},
    {"bfe", InstrClass::Alu},           {"bfi", InstrClass::Alu},
    {"bfind", InstrClass::Alu},         {"brev", InstrClass::Alu},
    {"clz", InstrClass::Alu},           {"popc", InstrClass::Alu},
    {"bmsk", InstrClass::Alu},          {"szext", InstrClass::Alu},
    {"fns", InstrClass::Alu},           {"rem", InstrClass::Alu},
    {"addc", InstrClass::Alu},          {"subc", InstrClass::Alu},
    {"madc", InstrClass::Alu},          {"mul24", InstrClass::Alu},
    {"mad24", InstrClass::Alu},         {"sad", InstrClass::Alu},
    {"dp4a", InstrClass::Alu},          {"dp2a", InstrClass::Alu},
    {"min", InstrClass::Alu},           {"max", InstrClass::Alu},
    {"abs", InstrClass::Alu},           {"neg", InstrClass::Alu},
    {"copysign", InstrClass::Alu},      {"setp", InstrClass::Alu},
    {"set", InstrClass::Alu},           {"testp", InstrClass::Alu},
    {"selp", InstrClass::Alu},          {"slct", InstrClass::Alu},
    {"isspacep", InstrClass::Alu},      {"mapa", InstrClass::Alu},
    {"getctarank", InstrClass::Alu},
};

FlopKind scalarKind(Type type) {
  switch (type) {
  case Type::F64:
    return FlopKind::Fp64;
  case Type::F32:
  case Type::F32x2:
    return FlopKind::Fp32;
  case Type::F16:
  case Type::F16x2:
  case Type::BF16:
  case Type::BF16x2:
    return FlopKind::Fp16;
  default:
    return FlopKind::None;
  }
}

FlopKind tensorKind(Type type) {
  switch (type) {
  case Type::F64:
    return FlopKind::TensorFp64;
  case Type::TF32:
  case Type::F32:
    return FlopKind::TensorTf32;
  case Type::F16:
  case Type::BF16:
    return FlopKind::TensorFp16;
  case Type::E4M3:
  case Type::E5M2:
  case Type::E2M1:
  case Type::E2M3:
  case Type::E3M2:
    return FlopKind::TensorFp8;
  default:
    return FlopKind::TensorInt8;
  }
}

bool isPacked(Type type) { return type == Type::F16x2 || type == Type::BF16x2 || type == Type::F32x2; }

/// add, sub, mul, mad, fma, div: by the type they work on.
Classified arithmetic(const Words &words) {
  Classified result;
  result.kind = scalarKind(words.last());
  if (result.kind == FlopKind::None) {
    result.instrClass = InstrClass::Alu;
    return result;
  }
  const bool fused = words.root() == "fma" || words.root() == "mad";
  result.instrClass = words.root() == "div" ? InstrClass::Sfu : InstrClass::Fma;
  result.laneFlops = (fused ? 2 : 1) * (isPacked(words.last()) ? 2 : 1);
  return result;
}

InstrClass ofSpace(const Words &words, InstrClass global, InstrClass shared) {
  if (words.hasPrefix("shared"))
    return shared;
  if (words.has("const") || words.hasPrefix("param"))
    return InstrClass::Move;
  return words.has("local") ? InstrClass::Other : global;
}

Classified access(const Words &words) {
  const bool loads = words.root() != "st";
  Classified result;
  result.instrClass = loads ? ofSpace(words, InstrClass::GlobalLoad, InstrClass::SharedLoad)
                            : ofSpace(words, InstrClass::GlobalStore, InstrClass::SharedStore);
  for (const std::string_view modifier :
       {"cg", "cv", "volatile", "relaxed", "acquire", "release", "mmio", "L1::no_allocate"})
    result.bypassesL1 |= loads && words.has(modifier);
  return result;
}

/// mma, wmma.mma, wgmma.mma_async: operations of one warp.
void countTensor(const Words &words, Classified &result) {
  uint64_t mnk[3];
  if (!words.shape(mnk))
    return;
  result.warpFlops = 2 * mnk[0] * mnk[1] * mnk[2];
  if (result.instrClass == InstrClass::Wgmma)
    result.warpFlops /= 4; // each warp of the four has its rows
  // D A B C in mma; D C in wmma of halves, D A B C else; D A B in wgmma.
  const Type a = words.type(1), d = words.type(0);
  const bool halves = words.root() == "wmma" && words.type(2) == Type::None;
  result.kind = halves ? FlopKind::TensorFp16 : tensorKind(a == Type::None ? d : a);
}

Classified copy(const Words &words) {
  Classified result;
  const bool bulk = words.has("bulk") || words.has("tensor");
  if (words.root() == "cp" && words.has("mbarrier"))
    result.instrClass = InstrClass::Barrier;
  else
    result.instrClass = bulk || words.root() != "cp" ? InstrClass::Tma : InstrClass::AsyncCopy;
  result.bypassesL1 = words.has("cg");
  return result;
}

bool isBarrierWait(const Words &words) {
  if (words.root() == "mbarrier")
    return words.has("try_wait") || words.has("test_wait");
  if (words[1] == "warp" || words[2] == "warp") // bar.warp.sync: lanes of one warp
    return false;
  if (words.has("cluster"))
    return words.has("wait");
  return !words.has("arrive") && (words.root() == "bar" || words.root() == "barrier");
}

} // namespace

Classified classify(std::string_view opcode) {
  const Words words(opcode);
  const std::string_view root = words.root();
  Classified result;
  for (const std::string_view each : {"add", "sub", "mul", "mad", "fma", "div"})
    if (root == each)
      return arithmetic(words);
  if (root == "ld" || root == "ldu" || root == "st")
    return access(words);
  if (root == "cp")
    return copy(words);
  if (root == "prefetch" && words.has("tensormap"))
    result.instrClass = InstrClass::Tma;
  if (root == "wmma")
    result.instrClass = words[1] == "mma"    ? InstrClass::Mma
                        : words[1] == "load" ? ofSpace(words, InstrClass::GlobalLoad, InstrClass::SharedLoad)
                                             : ofSpace(words, InstrClass::GlobalStore, InstrClass::SharedStore);
  for (const Root &known : Roots)
    if (known.word == root)
      result.instrClass = known.instrClass;
  switch (result.instrClass) {
  case InstrClass::Mma:
  case InstrClass::Wgmma:
    countTensor(words, result);
    break;
  case InstrClass::Barrier:
    result.waits = isBarrierWait(words);
    break;
  case InstrClass::Atomic:
    result.bypassesL1 = true;
    break;
  default:
    break;
  }
  return result;
}

} // namespace tessera::sim
