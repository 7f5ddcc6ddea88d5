// What can be read off PTX text without executing or assembling it: version, target, and for each kernel its parameters
// and the block it wants. The runtime checks launches against this; it is a scanner of directives, not a parser of
// instructions.
//
//   .version 8.7
//   .target sm_90a
//   .visible .entry add(.param .u64 .ptr .global .align 16 add_param_0, .param .u32 add_param_1)
//   .reqntid 128, 1, 1
//   { ... }
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_CORE_PTXINFO_H
#define TESSERA_RUNTIME_CORE_PTXINFO_H

#include "runtime/include/tessera/PtxModule.h"

#include <array>

namespace tessera::detail {

struct PtxKernelInfo {
  std::string name;
  std::vector<PtxParameter> parameters;
  std::array<unsigned, 3> requiredBlock{}; ///< `.reqntid`
  std::array<unsigned, 3> maxBlock{};      ///< `.maxntid`
  std::array<unsigned, 3> cluster{};       ///< `.reqnctapercluster`
};

struct PtxInfo {
  unsigned version = 0; ///< 87 for 8.7
  std::string target;
  std::vector<PtxKernelInfo> kernels;

  const PtxKernelInfo *kernel(std::string_view name) const;
};

/// `name` stands before the line in error texts. Text that is no PTX, an object file above all, is an error that says
/// so.
Expected<PtxInfo> readPtxInfo(std::string_view text, const std::string &name);

} // namespace tessera::detail

#endif // TESSERA_RUNTIME_CORE_PTXINFO_H
