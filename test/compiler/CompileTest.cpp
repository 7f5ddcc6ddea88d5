//===- CompileTest.cpp - Tests of the compiler's entry --------------------===//
//
// compile() as its callers see it: what it returns, where it stops, what it says, and that threads do not disturb each
// other.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "compiler/Compile.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <thread>

using namespace tessera;

namespace {

// A reduction, so that shared memory and barriers are in it.
constexpr const char *kSum = R"(
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_80"} {
func.func @sum(%x: !tile.ptr<f32> {tile.divisibility = 16 : i32}, %o: !tile.ptr<f32>) attributes {tile.kernel} {
  %r = tile.arange 0 to 1024 : tensor<1024xi32>
  %s = tile.splat %x : !tile.ptr<f32> -> tensor<1024x!tile.ptr<f32>>
  %p = tile.addptr %s, %r : tensor<1024x!tile.ptr<f32>>, tensor<1024xi32>
  %v = tile.load %p : tensor<1024x!tile.ptr<f32>> loc("sum.tile":7:9)
  %y = tile.reduce (%v) axis 0 combine (%a: f32, %b: f32) {
    %0 = arith.addf %a, %b : f32
    tile.yield %0 : f32
  } : (tensor<1024xf32>) -> f32
  tile.store %o, %y : !tile.ptr<f32>
  return
} loc("sum.tile":5:1)
}
)";

/// A context with the compiler's dialects that keeps what is diagnosed.
class Session {
public:
  Session()
      : context(registry(), mlir::MLIRContext::Threading::DISABLED), handler(&context, [this](mlir::Diagnostic &d) {
          llvm::raw_string_ostream stream(said);
          stream << d.getLocation() << ": " << d << "\n";
          for (mlir::Diagnostic &note : d.getNotes())
            stream << "note: " << note << "\n";
          return mlir::success();
        }) {
    context.loadAllAvailableDialects();
  }

  mlir::FailureOr<CompiledKernel> compile(llvm::StringRef text, const CompileOptions &options = {}) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module)
      return mlir::failure();
    return tessera::compile(*module, options);
  }

  std::string said;

private:
  static const mlir::DialectRegistry &registry() {
    static const mlir::DialectRegistry registry = [] {
      mlir::DialectRegistry all;
      registerCompilerDialects(all);
      return all;
    }();
    return registry;
  }

  mlir::MLIRContext context;
  mlir::ScopedDiagnosticHandler handler;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

bool contains(llvm::StringRef text, llvm::StringRef part) { return text.contains(part); }

TEST(Compile, GivesPtxAndWhatALaunchNeeds) {
  Session session;
  CompileOptions options;
  options.keepTileIr = options.keepLayoutIr = options.keepLlvmIr = true;
  options.verifyEach = true;
  auto kernel = session.compile(kSum, options);
  ASSERT_TRUE(mlir::succeeded(kernel)) << session.said;
  EXPECT_EQ(kernel->name, "sum");
  EXPECT_EQ(kernel->target, "sm_80");
  EXPECT_EQ(kernel->ptxVersion, 70u);
  EXPECT_EQ(kernel->numWarps, 4u);
  EXPECT_EQ(kernel->sharedBytes, 16u);
  EXPECT_TRUE(contains(kernel->ptx, ".version 7.0"));
  EXPECT_TRUE(contains(kernel->ptx, ".visible .entry sum("));
  EXPECT_TRUE(contains(kernel->ptx, ".loc\t1 7 9"));
  EXPECT_TRUE(contains(kernel->tileIr, "tile.reduce"));
  EXPECT_FALSE(contains(kernel->tileIr, "#tile.layout"));
  EXPECT_TRUE(contains(kernel->layoutIr, "#tile.layout"));
  EXPECT_TRUE(contains(kernel->llvmIr, "define ptx_kernel void @sum"));
  EXPECT_TRUE(session.said.empty()) << session.said;
}

TEST(Compile, TheOptionsTargetComesBeforeTheModules) {
  Session session;
  CompileOptions options;
  options.target = Target::find("sm_90a");
  options.lineInfo = false;
  options.maxRegisters = 64;
  auto kernel = session.compile(kSum, options);
  ASSERT_TRUE(mlir::succeeded(kernel)) << session.said;
  EXPECT_TRUE(contains(kernel->ptx, ".target sm_90a"));
  EXPECT_TRUE(contains(kernel->ptx, ".maxnreg 64"));
  EXPECT_FALSE(contains(kernel->ptx, ".loc"));
}

TEST(Compile, TimesEveryStage) {
  Session session;
  auto kernel = session.compile(kSum);
  ASSERT_TRUE(mlir::succeeded(kernel)) << session.said;
  std::vector<std::string> expected = passNames(*Target::find("sm_80"));
  expected.insert(expected.end(), {"translate", "optimize", "nvptx"});
  std::vector<std::string> stages;
  for (const StageTime &time : kernel->times) {
    stages.push_back(time.stage);
    EXPECT_GE(time.milliseconds, 0.0);
  }
  EXPECT_EQ(stages, expected);
}

TEST(Compile, StopsAfterAnyPass) {
  for (const std::string &pass : passNames(*Target::find("sm_80"))) {
    Session session;
    CompileOptions options;
    options.stopAfter = pass;
    auto kernel = session.compile(kSum, options);
    ASSERT_TRUE(mlir::succeeded(kernel)) << pass << ": " << session.said;
    EXPECT_FALSE(kernel->layoutIr.empty()) << pass;
    EXPECT_TRUE(kernel->ptx.empty()) << pass;
    EXPECT_EQ(kernel->times.back().stage, pass);
  }
}

TEST(Compile, PrintsAfterPasses) {
  Session session;
  std::string text;
  llvm::raw_string_ostream stream(text);
  CompileOptions options;
  options.printAfter = {"tile-assign-layouts"};
  options.printStream = &stream;
  ASSERT_TRUE(mlir::succeeded(session.compile(kSum, options))) << session.said;
  EXPECT_EQ(llvm::StringRef(text).count("// after "), 1u);
  EXPECT_TRUE(contains(text, "// after tile-assign-layouts"));
}

TEST(Compile, NamesThePassesThatThereAre) {
  Session session;
  CompileOptions options;
  options.stopAfter = "tile-assign-layuots";
  EXPECT_TRUE(mlir::failed(session.compile(kSum, options)));
  EXPECT_TRUE(contains(session.said, "there is no pass 'tile-assign-layuots'"));
  EXPECT_TRUE(contains(session.said, "tile-assign-layouts"));

  Session printing;
  CompileOptions printed;
  printed.printAfter = {"tile-nothing"};
  EXPECT_TRUE(mlir::failed(printing.compile(kSum, printed)));
  EXPECT_TRUE(contains(printing.said, "there is no pass 'tile-nothing'"));
}

TEST(Compile, RefusesNamesThatPtxHasNot) {
  for (const char *name : {"_", "\"gr\\C3\\B6\\C3\\9Fe\"", "WARP_SZ", "vprintf", "__assertfail"}) {
    Session session;
    std::string text = std::string("func.func @") + name + "() attributes {tile.kernel} { return }";
    CompileOptions options;
    options.target = Target::find("sm_80");
    EXPECT_TRUE(mlir::failed(session.compile(text, options))) << name;
    EXPECT_TRUE(contains(session.said, "a kernel cannot be named")) << session.said;
  }
}

TEST(Compile, RefusesWhatDoesNotFitTheTarget) {
  Session session;
  std::string big = R"(
module attributes {tile.num_warps = 4 : i32, tile.target = "sm_86"} {
func.func @big(%x: !tile.ptr<f32>, %i: !tile.ptr<i32>) attributes {tile.kernel} {
  %r = tile.arange 0 to 32768 : tensor<32768xi32>
  %s = tile.splat %x : !tile.ptr<f32> -> tensor<32768x!tile.ptr<f32>>
  %p = tile.addptr %s, %r : tensor<32768x!tile.ptr<f32>>, tensor<32768xi32>
  %v = tile.load %p : tensor<32768x!tile.ptr<f32>>
  %g = tile.gather %v[%r] axis 0 : tensor<32768xf32>, tensor<32768xi32> -> tensor<32768xf32> loc("big.tile":12:5)
  tile.store %p, %g : tensor<32768x!tile.ptr<f32>>
  return
}
})";
  EXPECT_TRUE(mlir::failed(session.compile(big)));
  EXPECT_TRUE(contains(session.said, "needs 131072 bytes of shared memory")) << session.said;
  EXPECT_TRUE(contains(session.said, "101376")) << session.said;
}

TEST(Compile, RefusesModulesThatAreNoKernels) {
  auto said = [](llvm::StringRef text) {
    Session session;
    EXPECT_TRUE(mlir::failed(session.compile(text)));
    return session.said;
  };
  EXPECT_TRUE(contains(said("module {}"), "no target given, and the module names none"));
  EXPECT_TRUE(contains(said("module attributes {tile.target = \"sm_80\"} {}"),
                       "a module has one kernel; this one has 0 functions"));
  EXPECT_TRUE(contains(said("module attributes {tile.target = \"sm_80\", tile.num_ctas = 2 : i32} {\n"
                            "func.func @k() attributes {tile.kernel} { return } }"),
                       "num_ctas is 2; only 1 is supported"));
}

TEST(Compile, RunsInThreads) {
  Session reference;
  auto expected = reference.compile(kSum);
  ASSERT_TRUE(mlir::succeeded(expected)) << reference.said;
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  for (std::string &result : results)
    threads.emplace_back([&result] {
      for (int i = 0; i < 8; ++i) {
        Session session;
        auto kernel = session.compile(kSum);
        result = mlir::succeeded(kernel) ? kernel->ptx : session.said;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const std::string &result : results)
    EXPECT_EQ(result, expected->ptx);
}

TEST(Targets, AreFoundByName) {
  EXPECT_EQ(Target::find("sm_80")->sharedPerCta, 163u * 1024);
  EXPECT_EQ(Target::find("sm_90"), Target::find("sm_90a"));
  EXPECT_EQ(Target::find("sm_75"), nullptr);
  std::string error;
  EXPECT_EQ(Target::parse("h100", error), nullptr);
  EXPECT_EQ(error, "unknown target 'h100'; known are sm_80, sm_86, sm_89, sm_90a, sm_100a, sm_120a");
}

TEST(Targets, HaveEverythingTheirForebearsHave) {
  const Target &oldest = Target::all().front();
  for (const Target &target : Target::all()) {
    EXPECT_EQ(oldest.features & ~target.features, 0u) << target.name.str();
    EXPECT_GE(target.ptxVersionOf(Feature::MmaFp8), target.basePtxVersion) << target.name.str();
  }
  EXPECT_FALSE(Target::find("sm_86")->has(Feature::Fp8Convert));
  EXPECT_EQ(Target::find("sm_89")->ptxVersionOf(Feature::Fp8Convert), 81u);
  EXPECT_EQ(Target::find("sm_90a")->ptxVersionOf(Feature::Fp8Convert), 80u);
  EXPECT_TRUE(Target::find("sm_90a")->has(Feature::Wgmma));
  EXPECT_FALSE(Target::find("sm_100a")->has(Feature::Wgmma));
}

TEST(Ptxas, AssemblesWhereItIsFound) {
  if (findPtxas().empty())
    GTEST_SKIP() << "no ptxas here";
  Session session;
  CompileOptions options;
  options.assemble = true;
  auto kernel = session.compile(kSum, options);
  ASSERT_TRUE(mlir::succeeded(kernel)) << session.said;
  EXPECT_FALSE(kernel->cubin.bytes.empty());
  EXPECT_GT(kernel->cubin.report.registers, 0u);
  EXPECT_EQ(kernel->cubin.report.spillStoreBytes, 0u);
  llvm::Expected<Cubin> broken = assemblePtx(".version 7.0\nrubbish", "sm_80");
  ASSERT_FALSE(bool(broken));
  EXPECT_TRUE(contains(llvm::toString(broken.takeError()), "ptxas failed"));
}

} // namespace
