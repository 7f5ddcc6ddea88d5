// `tessera run`: one launch of a kernel with arguments from the command line.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tools/Run.h"
#include "runtime/tools/Verbs.h"

namespace tessera::tool {
namespace {

int run(const Options &options) {
  Expected<RunRequest> request = readRequest(options);
  if (!request)
    return reportUsage(kRunVerb, request.error().text());
  Expected<ResultRequest> results = readResultRequest(options);
  if (!results)
    return reportUsage(kRunVerb, results.error().text());
  Expected<ArgumentTexts> texts = readArguments(options);
  if (!texts)
    return report(texts.error());
  Expected<Device> device = openDevice(options);
  if (!device)
    return report(device.error());
  Expected<ArgumentSet> arguments = ArgumentSet::create(*device, *texts, request->seed);
  if (!arguments)
    return report(arguments.error());
  if (Status launched = launchOnce(*request, *device, *arguments); !launched)
    return report(launched.error());
  return showResults(*results, *arguments);
}

} // namespace

const Verb kRunVerb = {
    "run",
    "FILE --grid X[,Y[,Z]] [OPTION...]",
    "launches a kernel once and prints, saves or checks what it made",
    kArgumentHelp,
    "tessera run add.py --kernel add_kernel --grid 8 --arg x_ptr=fp32[8000]:randn --arg y_ptr=fp32[8000]:randn \\\n"
    "      --arg output_ptr=fp32[8000]:zeros --arg n_elements=i32:8000 --const BLOCK_SIZE=1024 --save "
    "output_ptr=sum.npy",
    kLaunchOptions,
    run};

} // namespace tessera::tool
