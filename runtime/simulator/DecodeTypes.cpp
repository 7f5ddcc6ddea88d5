//===- DecodeTypes.cpp - Which types an instruction takes -----------------===//
//
// The executor goes by width: to it shl.s32 is shl.b32. PTX knows no shl.s32, and a module with one has a mistake, so
// what ptxas refuses is refused here too, from a table.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Decode.h"

#include <initializer_list>

namespace tessera::sim {

using ptx::Type;

namespace {

using Set = uint64_t;
constexpr Set set(std::initializer_list<Type> types) {
  Set bits = 0;
  for (const Type type : types)
    bits |= Set(1) << static_cast<unsigned>(type);
  return bits;
}
constexpr Set Words = set({Type::B32, Type::B64}), Bits = Words | set({Type::B16}), Logical = Bits | set({Type::Pred}),
              Unsigned = set({Type::U16, Type::U32, Type::U64}), Signed = set({Type::S16, Type::S32, Type::S64}),
              Integers = Unsigned | Signed, Floats = set({Type::F32, Type::F64}),
              Halves = set({Type::F16, Type::F16x2, Type::BF16, Type::BF16x2}),
              Bytes = set({Type::B8, Type::U8, Type::S8});

struct TypeRow {
  std::string_view root;
  Set types; ///< every type of the opcode is one of them
};

constexpr TypeRow Rows[] = {
    {"and", Logical},
    {"or", Logical},
    {"xor", Logical},
    {"not", Logical},
    {"cnot", Bits},
    {"shl", Bits},
    {"shr", Bits | Integers},
    {"shf", set({Type::B32})},
    {"lop3", set({Type::B32})},
    {"prmt", set({Type::B32})},
    {"popc", Words},
    {"clz", Words},
    {"brev", Words},
    {"bfi", Words},
    {"shfl", set({Type::B32})},
    {"mov", Logical | Integers | Floats | set({Type::B128})},
    {"selp", Bits | Integers | Floats},
    {"setp", Bits | Integers | Floats | Halves},
    {"ld", Bytes | Bits | Integers | Floats | set({Type::B128})},
    {"st", Bytes | Bits | Integers | Floats | set({Type::B128})},
    {"mad24", set({Type::U32, Type::S32})},
    {"mul24", set({Type::U32, Type::S32})},
    {"sad", Integers},
    {"rem", Integers},
};

} // namespace

bool Decoder::checkType() {
  for (const TypeRow &row : Rows) {
    if (row.root != words[0])
      continue;
    for (size_t i = 1; i < words.size(); ++i)
      if (const Type type = ptx::typeNamed(words[i]);
          type != Type::None && !(row.types >> static_cast<unsigned>(type) & 1))
        return fail("'" + std::string(row.root) + "' has no form for type ." + std::string(words[i]) + " in '" +
                    std::string(source->opcode) + "'");
    return true;
  }
  return true;
}

} // namespace tessera::sim
