//===- Hexadecimal.h - How error texts write addresses ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_HEXADECIMAL_H
#define TESSERA_RUNTIME_SIMULATOR_HEXADECIMAL_H

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string>

namespace tessera::sim {

/// "0x408"
inline std::string hexadecimal(uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%" PRIx64, value);
  return text;
}

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_HEXADECIMAL_H
