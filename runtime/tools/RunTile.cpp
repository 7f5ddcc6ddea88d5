// `tessera run` for files that are compiled first.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/core/Spelling.h"
#include "runtime/include/tessera/Module.h"
#include "runtime/tools/Run.h"

#include <algorithm>

namespace tessera::tool {

Status runTile(const RunRequest &request, const Device &device, const ArgumentSet &arguments) {
  Cache cache(request.cache);
  Expected<Module> module = Module::load(device, request.file);
  if (!module)
    return module.takeError();
  KernelOptions options;
  auto copy = [](const std::optional<std::int64_t> &from, std::optional<int> &to) {
    if (from)
      to = int(*from);
  };
  copy(request.numWarps, options.numWarps);
  copy(request.numStages, options.numStages);
  copy(request.numCtas, options.numCtas);
  options.maxRegisters = int(request.maxRegisters.value_or(0));
  options.target = request.target;
  options.cache = &cache;
  Constexprs constants;
  for (const auto &[name, value] : request.constants)
    constants.push_back({name, ConstexprValue::parse(value)});
  Expected<Kernel> kernel = module->kernel(request.kernel, constants, options);
  if (!kernel)
    return kernel.takeError();

  // Arguments by name, in the order of the parameters.
  std::vector<Argument> values;
  std::vector<std::string> missing, names;
  for (const KernelParameterInfo &parameter : kernel->parameters()) {
    names.push_back(parameter.name);
    if (const Argument *argument = arguments.find(parameter.name))
      values.push_back(*argument);
    else if (parameter.hasDefault)
      values.push_back(Argument::defaulted());
    else
      missing.push_back(parameter.name);
  }
  for (const std::string &name : arguments.names()) {
    if (std::find(names.begin(), names.end(), name) != names.end())
      continue;
    if (std::any_of(constants.begin(), constants.end(), [&](const auto &constant) { return constant.name == name; }))
      return Error(ErrorCode::InvalidArgument, "'" + name + "' is given by --arg and by --const");
    return Error(ErrorCode::NotFound,
                 "kernel '" + kernel->name() + "' takes no argument '" + name + "'" + detail::didYouMean(name, names));
  }
  if (!missing.empty()) {
    std::string list;
    for (const std::string &name : missing)
      list += (list.empty() ? "" : ", ") + name;
    return Error(ErrorCode::TypeMismatch, "kernel '" + kernel->name() + "' needs --arg for: " + list);
  }
  LaunchConfig config;
  config.grid = *request.grid;
  return kernel->launchWith(Stream::defaultOf(device), config, values);
}

} // namespace tessera::tool
