//===- fuzz_parser.cpp - libFuzzer target of the parser ---------*- C++ -*-===//
//
// Build with -DTESSERA_BUILD_FUZZERS=ON, run with a folder of inputs:
//   bin/tessera-fuzz-parser corpus test/frontend/syntax/Inputs -dict=test/frontend/syntax/parser.dict
// or, without the rest of the project (needs libclang-rt-22-dev), for ten minutes:
//   L=/usr/lib/llvm-22/bin/llvm-config
//   clang++-22 -std=c++20 -g -O1 -fno-rtti -fno-exceptions -fsanitize=fuzzer,address -I. -Itest/frontend/syntax \
//     $($L --cppflags) frontend/syntax/*.cpp test/frontend/syntax/fuzz_parser.cpp \
//     $($L --ldflags --link-static --libs support --system-libs) -o fuzz_parser
//   ./fuzz_parser corpus -dict=test/frontend/syntax/parser.dict -max_total_time=600 -timeout=10 -max_len=8192
// An input that breaks it goes to Inputs/found, where a test reads it from then on.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParseHelpers.h"

#include <cstdio>
#include <cstdlib>

using namespace tessera;
using namespace tessera::test;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  Parsed parsed(text, "a.tile", reportAll());
  parsed.diagnostics.renderToString();
  std::string dump = parsed.getDump();
  if (parsed.diagnostics.hasErrors())
    return 0;
  std::string source = parsed.getSource();
  Parsed again(source, "a.tile", reportAll());
  if (again.diagnostics.hasErrors() || again.getDump() != dump) {
    std::fprintf(stderr, "printed source does not give the same tree:\n%s\n%s\n%s\n", source.c_str(),
                 again.getMessages().c_str(), dump.c_str());
    std::abort();
  }
  return 0;
}
