//===- Families.cpp - Which family knows which opcode ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Families.h"

namespace tessera::sim {

namespace TESSERA_SIM_ISA {
namespace {

/// Opcodes that integers, floats and halves share are told apart by the type they end with.
bool decodeArithmetic(Decoder &d) {
  using ptx::Type;
  switch (d.lastType()) {
  case Type::F16:
  case Type::F16x2:
  case Type::BF16:
  case Type::BF16x2:
    return decodeHalf(d);
  case Type::F32:
  case Type::F64:
  case Type::F32x2:
    return decodeFloat(d);
  default:
    return decodeInteger(d);
  }
}

bool decodeUnaryApproximate(Decoder &d) {
  using ptx::Type;
  const Type type = d.lastType();
  return type == Type::F32 || type == Type::F64 ? decodeApproximate(d) : decodeHalf(d);
}

std::vector<FamilyEntry> families() {
  std::vector<FamilyEntry> entries;
  const auto add = [&](Family family, std::initializer_list<std::string_view> roots) {
    for (const std::string_view root : roots)
      entries.push_back({root, family});
  };
  add(decodeArithmetic, {"add", "sub", "mul", "mad", "fma", "div", "min", "max", "abs", "neg"});
  add(decodeInteger, {"rem", "addc", "subc", "madc", "mul24", "mad24", "sad", "dp4a", "dp2a"});
  add(decodeBits, {"and", "or", "xor", "not", "cnot", "shl", "shr", "shf", "prmt", "lop3", "bfe", "bfi", "bfind",
                   "brev", "clz", "popc", "bmsk", "szext", "fns"});
  add(decodeMove, {"mov", "cvta", "isspacep", "selp", "slct", "mapa", "getctarank"});
  add(decodeCompare, {"setp", "set", "testp"});
  add(decodeFloat, {"copysign"});
  add(decodeUnaryApproximate, {"rcp", "sqrt", "rsqrt", "sin", "cos", "lg2", "ex2", "tanh"});
  add(decodeConvert, {"cvt"});
  add(decodeLoad, {"ld", "ldu"});
  add(decodeStore, {"st"});
  add(decodeWarp, {"shfl", "vote", "match", "redux", "activemask", "elect", "bar"});
  add(decodeMatrix, {"mma"});
  add(decodeMatrixMemory, {"ldmatrix", "stmatrix", "movmatrix"});
  add(decodeWmma, {"wmma"});
  add(decodeWgmma, {"wgmma"});
  return entries;
}

} // namespace
} // namespace TESSERA_SIM_ISA

#define TESSERA_CONCAT2(a, b) a##b
#define TESSERA_CONCAT(a, b) TESSERA_CONCAT2(a, b)
std::vector<FamilyEntry> TESSERA_CONCAT(TESSERA_SIM_ISA, Families)() { return TESSERA_SIM_ISA::families(); }

} // namespace tessera::sim
