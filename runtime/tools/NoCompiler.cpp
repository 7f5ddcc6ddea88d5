// The verbs that need the compiler, for builds without it (TESSERA_BUILD_COMPILER=OFF).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tools/Run.h"
#include "runtime/tools/Verbs.h"

namespace tessera::tool {
namespace {

Error missing() {
  return Error(ErrorCode::Unsupported, "this 'tessera' was built without the compiler: it runs .ptx files only");
}
int refuse(const Options &) { return report(missing()); }

} // namespace

Status runTile(const RunRequest &, const Device &, const ArgumentSet &) { return missing(); }

const Verb kCompileVerb = {
    "compile", "FILE", "(not in this build) compiles a kernel to one of its forms", "", "tessera compile x.tile",
    {},        refuse};
const Verb kCheckVerb = {"check", "FILE...", "(not in this build) parses and checks files", "", "tessera check x.tile",
                         {},      refuse};

} // namespace tessera::tool
