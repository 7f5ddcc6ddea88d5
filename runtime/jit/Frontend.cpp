// What the runtime asks of the frontend.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Frontend.h"

#include "frontend/emit/Emit.h"
#include "runtime/jit/Source.h"

namespace tessera {

Expected<detail::SourceOutline> detail::outlineSource(std::string_view text, const std::string &name) {
  Source source(text, name);
  if (!source.isUsable())
    return source.takeError(/*asJson=*/false);
  SourceOutline outline;
  const std::vector<std::string> kernels = listKernels(*source.program);
  for (const DeviceFunction &function : source.program->getDeviceFunctions()) {
    FunctionOutline &known = outline.functions.emplace_back();
    known.name = function.getName().str();
    known.isKernel = llvm::is_contained(kernels, known.name);
    known.readsLaunchValues = function.findWrapper("heuristics") != nullptr;
    if (std::optional<std::vector<KernelParameter>> parameters = getKernelParameters(*source.program, known.name))
      for (const KernelParameter &parameter : *parameters)
        known.parameters.push_back({parameter.name, parameter.isConstexpr, parameter.hasDefault, parameter.specialise});
  }
  outline.warnings = source.diagnostics.renderToString();
  return outline;
}

Expected<CheckResult> checkSource(std::string_view text, const std::string &name, bool diagnosticsAsJson) {
  detail::Source source(text, name);
  if (source.program)
    checkProgram(*source.program, source.diagnostics);
  if (!source.isUsable())
    return source.takeError(diagnosticsAsJson);
  return CheckResult{listKernels(*source.program), source.render(diagnosticsAsJson)};
}

} // namespace tessera
