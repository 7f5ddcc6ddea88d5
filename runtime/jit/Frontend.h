// What the runtime asks of the frontend before anything is compiled. No LLVM type shows here, so that only the sources
// that call the compiler are built against it. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_JIT_FRONTEND_H
#define TESSERA_RUNTIME_JIT_FRONTEND_H

#include "runtime/include/tessera/Compiler.h"

namespace tessera::detail {

struct ParameterOutline {
  std::string name;
  bool isConstexpr = false;
  bool hasDefault = false;
  bool specialise = true; ///< false: `do_not_specialize` names it
};

/// A device function as seen from outside.
struct FunctionOutline {
  std::string name;
  std::vector<ParameterOutline> parameters;
  bool isKernel = false;          ///< no other device function of the file calls it
  bool readsLaunchValues = false; ///< `@triton.heuristics` looks at the values of its arguments
};

struct SourceOutline {
  std::vector<FunctionOutline> functions;
  std::string warnings;
};

/// Parses a text. Mistakes are an error that holds them all, rendered.
Expected<SourceOutline> outlineSource(std::string_view source, const std::string &name);

/// The function of that name, with an empty name the only kernel.
Expected<const FunctionOutline *> findFunction(const SourceOutline &outline, std::string_view name,
                                               const std::string &source);

} // namespace tessera::detail

#endif // TESSERA_RUNTIME_JIT_FRONTEND_H
