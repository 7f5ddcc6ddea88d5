// What becomes of the buffers after a launch: printed, saved, compared.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tools/Run.h"
#include "runtime/tools/Verbs.h"

#include <cstdio>

namespace tessera::tool {
namespace {

/// What `--expect` compares with: numbers of any type, or the bits of the small floats.
Expected<HostArray> readWanted(const std::string &path, ScalarType type) {
  Expected<HostArray> wanted = readNpy(path);
  if (wanted && isFloat(type) && sizeOf(type) <= 2 && type != ScalarType::FP16 && !isFloat(wanted->type) &&
      sizeOf(wanted->type) == sizeOf(type))
    wanted->type = type;
  return wanted;
}

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

} // namespace

Expected<ResultRequest> readResultRequest(const Options &options) {
  ResultRequest request;
  Expected<NamedTexts> saves = pairs(options, "--save", "NAME=OUT.npy"),
                       expectations = pairs(options, "--expect", "NAME=@WANT.npy");
  Expected<std::optional<double>> rtol = options.real("--rtol"), atol = options.real("--atol");
  for (const Error *error : {saves ? nullptr : &saves.error(), expectations ? nullptr : &expectations.error(),
                             rtol ? nullptr : &rtol.error(), atol ? nullptr : &atol.error()})
    if (error)
      return *error;
  request.saves = std::move(*saves);
  request.expectations = std::move(*expectations);
  request.prints = options.values("--print");
  if (std::optional<std::string> text = options.value("--as")) {
    request.as = scalarTypeNamed(*text);
    if (!request.as)
      return Error(ErrorCode::InvalidArgument, "option '--as' needs a type such as fp32, not '" + *text + "'");
  }
  for (auto [name, of] :
       {std::pair("--as", "--save"), std::pair("--rtol", "--expect"), std::pair("--atol", "--expect")})
    if (options.has(name) && !options.has(of))
      return Error(ErrorCode::InvalidArgument,
                   std::string("option '") + name + "' belongs to '" + of + "', which is not given");
  request.rtol = rtol->value_or(request.rtol);
  request.atol = atol->value_or(request.atol);
  return request;
}

int showResults(const ResultRequest &request, const ArgumentSet &arguments) {
  for (const std::string &name : request.prints) {
    Expected<HostArray> array = arguments.read(name);
    if (!array)
      return report(array.error());
    std::printf("%s = %s %s\n", name.c_str(), describe(array->type, array->shape).c_str(), toText(*array).c_str());
  }
  for (const auto &[name, path] : request.saves) {
    Expected<HostArray> array = arguments.read(name);
    if (!array)
      return report(array.error());
    if (Status written = writeNpy(path, request.as ? array->as(*request.as) : *array); !written)
      return report(written.error());
  }
  int status = kDone;
  for (const auto &[name, path] : request.expectations) {
    Expected<HostArray> got = arguments.read(name);
    if (!got)
      return report(got.error());
    Expected<HostArray> want = readWanted(path.starts_with('@') ? path.substr(1) : path, got->type);
    if (!want)
      return report(want.error());
    Expected<Comparison> comparison = compare(*got, *want, request.rtol, request.atol);
    if (!comparison)
      return report(comparison.error().in("'" + name + "'"));
    if (comparison->isClose) {
      std::printf("%s: all %zu elements as expected, largest error %s\n", name.c_str(), got->size(),
                  number(comparison->largestError).c_str());
      continue;
    }
    status =
        report(Error(ErrorCode::InvalidArgument,
                     "'" + name + "' is not as expected: " + std::to_string(comparison->wrong) + " of " +
                         std::to_string(got->size()) + " elements are beyond rtol " + number(request.rtol) + ", atol " +
                         number(request.atol) + "; the worst is " + name + got->indexText(comparison->worst) + " = " +
                         number(comparison->got) + ", expected " + number(comparison->want)));
  }
  return status;
}

} // namespace tessera::tool
