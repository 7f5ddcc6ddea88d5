// The parts of compiling that need no compiler: values and their spelling, keys, the cache in front of it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/core/Spelling.h"
#include "runtime/jit/Frontend.h"

#include <cmath>
#include <cstdio>

namespace tessera {

std::string ConstexprValue::spelling() const {
  switch (valueKind) {
  case Kind::None:
    return "None";
  case Kind::Bool:
    return number ? "True" : "False";
  case Kind::Int:
    return std::to_string(number);
  case Kind::Float: {
    if (std::isnan(real))
      return "float(\"nan\")";
    if (std::isinf(real))
      return real < 0 ? "float(\"-inf\")" : "float(\"inf\")";
    char text[40];
    std::snprintf(text, sizeof(text), "%.17g", real);
    std::string spelled = text;
    return spelled.find_first_of(".e") == std::string::npos ? spelled + ".0" : spelled;
  }
  case Kind::String: {
    std::string text = "\"";
    for (char c : words) {
      if (c == '"' || c == '\\')
        text += '\\';
      text += c;
    }
    return text + "\"";
  }
  case Kind::Dtype:
    return "tl." + words;
  case Kind::Function:
  case Kind::Text:
    break;
  }
  return words;
}

std::optional<Form> formNamed(std::string_view name) {
  constexpr std::pair<std::string_view, Form> kForms[] = {{"ast", Form::Ast},       {"tile", Form::Tile},
                                                          {"layout", Form::Layout}, {"llvm", Form::Llvm},
                                                          {"ptx", Form::Ptx},       {"cubin", Form::Cubin}};
  for (const auto &[known, form] : kForms)
    if (known == name)
      return form;
  return std::nullopt;
}

namespace {

/// Everything that is baked into the PTX of a request.
std::string keyOf(const CompileRequest &request) {
  CacheKey key;
  key.add("compiler", compilerBuild())
      .add("source", request.source)
      .add("name", request.name)
      .add("kernel", request.kernel);
  key.add("signature", request.signature);
  for (const Constexpr &constant : request.constants)
    key.add("constant", constant.name).add("value", constant.value.spelling());
  for (const LaunchValue &value : request.launchValues) {
    char real[40];
    std::snprintf(real, sizeof(real), "%a", value.real);
    key.add("launch value", value.name)
        .add(value.isFloat ? "float" : "integer", value.isFloat ? real : std::to_string(value.integer));
  }
  const KernelOptions &options = request.options;
  key.add("warps", options.numWarps ? *options.numWarps : -1)
      .add("stages", options.numStages ? *options.numStages : -1);
  key.add("ctas", options.numCtas ? *options.numCtas : -1)
      .add("registers", options.maxRegisters)
      .add("target", options.target);
  key.add("assertions", options.assertions);
  return key.finish();
}

} // namespace

Expected<CompileResult> compileCached(const CompileRequest &request, Cache &cache) {
  const bool cachable = request.form == Form::Ptx && request.stopAfter.empty() && request.printAfter.empty();
  if (!cachable || cache.directory().empty())
    return compile(request);
  const std::string key = keyOf(request);
  if (std::optional<Artifact> artifact = cache.find(key)) {
    CompileResult result;
    result.output = artifact->ptx;
    result.artifact = std::move(*artifact);
    result.fromCache = true;
    return result;
  }
  Expected<CompileResult> result = compile(request);
  if (result)
    cache.store(key, result->artifact);
  return result;
}

Expected<const detail::FunctionOutline *> detail::findFunction(const SourceOutline &outline, std::string_view name,
                                                               const std::string &source) {
  std::vector<std::string> kernels, all;
  const FunctionOutline *only = nullptr;
  const FunctionOutline *found = nullptr;
  for (const FunctionOutline &function : outline.functions) {
    all.push_back(function.name);
    if (function.name == name)
      found = &function; // the last definition wins
    if (function.isKernel) {
      kernels.push_back(function.name);
      only = &function;
    }
  }
  if (!name.empty()) {
    if (!found)
      return Error(ErrorCode::NotFound,
                   "no kernel '" + std::string(name) + "' in '" + source + "'" + didYouMean(name, all));
    return found;
  }
  if (kernels.size() == 1)
    return only;
  std::string list;
  for (const std::string &kernel : kernels)
    list += (list.empty() ? "" : ", ") + kernel;
  return Error(ErrorCode::NotFound,
               "'" + source + "' has " +
                   (kernels.empty() ? "no kernels: no function is marked with @triton.jit or @tile.kernel"
                                    : "several kernels, one must be named: " + list));
}

Expected<std::pair<std::vector<KernelParameterInfo>, std::string>>
kernelParameters(std::string_view source, const std::string &name, const std::string &kernel) {
  Expected<detail::SourceOutline> outline = detail::outlineSource(source, name);
  if (!outline)
    return outline.takeError();
  Expected<const detail::FunctionOutline *> function = detail::findFunction(*outline, kernel, name);
  if (!function)
    return function.takeError();
  std::vector<KernelParameterInfo> parameters;
  for (const detail::ParameterOutline &parameter : (*function)->parameters)
    parameters.push_back({parameter.name, parameter.isConstexpr, parameter.hasDefault});
  return std::pair(std::move(parameters), (*function)->name);
}

} // namespace tessera
