// How long the kernels of kernels.json take from text to PTX, in process, warm, without the cache: one row a kernel and
// target, with the stages as counters (milliseconds). SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tessera/tessera.h>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

static std::string readFile(const std::string &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

static void compileKernel(benchmark::State &state, const tessera::CompileRequest &request) {
  std::map<std::string, double> stages;
  for (auto _ : state) {
    tessera::Expected<tessera::CompileResult> result = tessera::compile(request);
    if (!result) {
      state.SkipWithError(result.error().text().c_str());
      return;
    }
    for (const auto &stage : result->stages)
      stages[stage.name] += stage.milliseconds;
  }
  for (const auto &[name, milliseconds] : stages)
    state.counters[name] = benchmark::Counter(milliseconds, benchmark::Counter::kAvgIterations);
}

int main(int argc, char **argv) {
  const std::string root = TESSERA_SOURCE_DIR;
  for (const nlohmann::json &kernel : nlohmann::json::parse(readFile(root + "/test/benchmarks/kernels.json"))) {
    for (const char *target : {"sm_80", "sm_90a"}) {
      tessera::CompileRequest request;
      request.name = root + "/" + kernel["file"].get<std::string>();
      request.source = readFile(request.name);
      request.kernel = kernel["kernel"];
      request.signature = kernel["signature"];
      request.options.numWarps = kernel["warps"].get<int>();
      request.options.numStages = kernel["stages"].get<int>();
      request.options.target = target;
      benchmark::RegisterBenchmark((kernel["name"].get<std::string>() + " " + target).c_str(),
                                   [request](benchmark::State &state) { compileKernel(state, request); })
          ->Unit(benchmark::kMillisecond);
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
