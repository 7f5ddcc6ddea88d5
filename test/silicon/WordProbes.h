//===- WordProbes.h - Probes of functions of integers -----------*- C++ -*-===//
//
// A list to which forms are added with the function that they compute; results are known to the bit.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_TEST_SILICON_WORDPROBES_H
#define TESSERA_TEST_SILICON_WORDPROBES_H

#include "test/silicon/Elementwise.h"

namespace tessera::silicon {

using WordFunction = std::function<uint64_t(uint64_t a, uint64_t b, uint64_t c)>;

/// The lowest `width` bits set.
inline uint64_t maskOf(unsigned width) { return ~uint64_t(0) >> (64 - width); }
/// The lowest `width` bits as a signed number.
inline int64_t extend(uint64_t value, unsigned width) {
  const uint64_t sign = uint64_t(1) << (width - 1);
  value &= maskOf(width);
  return static_cast<int64_t>((value ^ sign) - sign);
}

class WordProbes {
public:
  std::vector<Probe> probes;

  /// A form whose operands are all of `type`.
  void add(const std::string &opcode, Type type, unsigned sources, const WordFunction &function,
           Type result = Type::Count, const std::string &target = "sm_80");
  void add(const std::string &opcode, const std::vector<Type> &sources, Type result, const OperandList &operands,
           const WordFunction &function, const std::string &statement = "", const std::string &target = "sm_80");
};

/// Bits, shifts, bytes: BitProbes.cpp.
void addBits(WordProbes &list);

} // namespace tessera::silicon

#endif // TESSERA_TEST_SILICON_WORDPROBES_H
