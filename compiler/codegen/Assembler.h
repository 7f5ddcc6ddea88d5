//===- Assembler.h - PTX to cubin -------------------------------*- C++ -*-===//
//
// Machine code is optional: the driver assembles PTX itself. Where the CUDA toolkit's `ptxas` is found it gives a cubin
// ahead of time, and says how many registers a kernel takes and how much it spills, which tests and benchmarks read.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef TESSERA_COMPILER_CODEGEN_ASSEMBLER_H
#define TESSERA_COMPILER_CODEGEN_ASSEMBLER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace tessera {

/// What `ptxas -v` says of one kernel.
struct AssemblyReport {
  unsigned registers = 0;
  unsigned spillStoreBytes = 0;
  unsigned spillLoadBytes = 0;
  unsigned stackBytes = 0;
  unsigned staticSharedBytes = 0;
};

struct Cubin {
  std::vector<char> bytes;
  AssemblyReport report;
};

/// Where ptxas is: TESSERA_PTXAS, then CUDA_HOME/bin, then /usr/local/cuda/bin, then PATH. Empty if nowhere.
std::string findPtxas();

/// Assembles PTX for `target` ("sm_90a"). The error holds what ptxas wrote.
llvm::Expected<Cubin> assemblePtx(llvm::StringRef ptx, llvm::StringRef target);

} // namespace tessera

#endif // TESSERA_COMPILER_CODEGEN_ASSEMBLER_H
