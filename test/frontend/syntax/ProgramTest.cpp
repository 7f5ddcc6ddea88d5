//===- ProgramTest.cpp - device functions among host code -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ParseHelpers.h"

#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

using namespace tessera;
using namespace tessera::test;

namespace {
std::string readInput(llvm::StringRef name) {
  auto buffer = llvm::MemoryBuffer::getFile(llvm::Twine(TESSERA_SYNTAX_INPUTS) + "/" + name);
  return buffer ? (*buffer)->getBuffer().str() : std::string();
}

std::vector<std::string> namesOf(llvm::ArrayRef<DeviceFunction> functions) {
  std::vector<std::string> names;
  for (const DeviceFunction &function : functions)
    names.push_back(function.getName().str());
  return names;
}

using Names = std::vector<std::string>;

/// Is a function with this decorator (after these imports) device code?
bool isDevice(llvm::StringRef decorator, llvm::StringRef imports = "") {
  Parsed parsed((imports + "\n" + decorator + "\ndef f(x):\n    pass\n").str());
  EXPECT_EQ(parsed.getMessages(), "");
  return !parsed.program->getDeviceFunctions().empty();
}
} // namespace

TEST(Program, DecoratorsOfDeviceFunctions) {
  for (const char *decorator : {"@triton.jit", "@triton.jit()", "@triton.jit(do_not_specialize=['n'])", "@jit",
                                "@tile.kernel", "@tile.kernel(grid=lambda n, **_: (n,))", "@tile.function",
                                "@triton.runtime.jit", "@tl.jit", "@unknown.wrapper(1)\n@triton.jit",
                                "@triton.jit\n@unknown.wrapper", "@a\n@triton.autotune([], key=[])\n@triton.jit"})
    EXPECT_TRUE(isDevice(decorator)) << decorator;
  for (const char *decorator : {"@numba.jit", "@functools.cache", "@triton.autotune([], key=[])", "@torch.jit.script",
                                "@a[0].jit", "@triton.testing.perf_report", "@kernel"})
    EXPECT_FALSE(isDevice(decorator)) << decorator;
  EXPECT_TRUE(isDevice("@t.jit", "import triton as t"));
  EXPECT_TRUE(isDevice("@j", "from triton import jit as j"));
  EXPECT_TRUE(isDevice("@jit", "from triton.runtime.jit import jit"));
  EXPECT_TRUE(isDevice("@jit", "from .backend import jit"));
  EXPECT_FALSE(isDevice("@jit", "from numba import jit"));
  EXPECT_FALSE(isDevice("@gluon.jit", "from triton.experimental import gluon"));
}

TEST(Program, WrappersAndMarker) {
  Parsed parsed("@libentry()\n@triton.autotune(configs=[1], key=['n'])\n@heuristics({})\n@triton.jit(repr=r)\n"
                "def f(x, BLOCK: tl.constexpr):\n    pass\n");
  ASSERT_EQ(parsed.program->getDeviceFunctions().size(), 1u);
  const DeviceFunction &function = parsed.program->getDeviceFunctions()[0];
  EXPECT_EQ(function.wrappers.size(), 3u);
  ASSERT_TRUE(function.getMarkerCall());
  EXPECT_EQ(function.getMarkerCall()->keywords[0].name.text, "repr");
  ASSERT_TRUE(function.findWrapper("autotune"));
  EXPECT_EQ(toSource(function.findWrapper("autotune")), "triton.autotune(configs=[1], key=[\"n\"])");
  EXPECT_TRUE(function.findWrapper("heuristics"));
  EXPECT_FALSE(function.findWrapper("tune"));
  EXPECT_TRUE(function.def->findParam("BLOCK"));
  EXPECT_FALSE(function.def->findParam("block"));
}

TEST(Program, FunctionsEverywhere) {
  Parsed parsed("if A:\n    @triton.jit\n    def f(): pass\nelse:\n    @triton.jit\n    def f(): pass\n"
                "def host():\n    @triton.jit\n    def g(): pass\n    @triton.jit\n    def f(): pass\n"
                "class C:\n    @staticmethod\n    @triton.jit\n    def h(): pass\n"
                "@triton.constexpr_function\ndef c(n): return n\n");
  EXPECT_EQ(parsed.getMessages(), "");
  EXPECT_EQ(namesOf(parsed.program->getDeviceFunctions()), (Names{"f", "f", "g", "f", "h"}));
  EXPECT_EQ(namesOf(parsed.program->getConstexprFunctions()), (Names{"c"}));
  const DeviceFunction *f = parsed.program->findFunction("f");
  ASSERT_TRUE(f);
  EXPECT_TRUE(f->parents.empty());
  EXPECT_EQ(parsed.sources.getLineColumn(f->def->getLoc()).line, 6u);
  EXPECT_EQ(parsed.program->findFunction("h")->parents.size(), 1u);
  EXPECT_TRUE(parsed.program->findFunction("c"));
  EXPECT_FALSE(parsed.program->findFunction("host"));
}

TEST(Program, ItemsInOrder) {
  Parsed parsed("import triton\nA = 1\nif A:\n    B = 2\nelse:\n    from x import C\nfor i in y:\n    D = 3\n"
                "def host():\n    E = 4\nprint(A)\nif __name__ == '__main__':\n    F = 5\nG: int = 6\n");
  std::string found;
  for (const ModuleItem &item : parsed.program->getItems())
    found += getKindName(item.stmt->kind).str() + (item.conditional ? "? " : " ");
  EXPECT_EQ(found, "Import Assign Assign? ImportFrom? Assign? FunctionDef AnnAssign ");
}

TEST(Program, FileWithAllKindsOfHostCode) {
  std::string text = readInput("fused_ops.py");
  ASSERT_FALSE(text.empty());
  Parsed parsed(text, "fused_ops.py", reportAll());
  EXPECT_EQ(parsed.getMessages(), "");
  EXPECT_EQ(namesOf(parsed.program->getDeviceFunctions()),
            (Names{"layer_norm_fwd", "_combine", "inner", "static_kernel"}));
  EXPECT_EQ(namesOf(parsed.program->getConstexprFunctions()), (Names{"log2"}));
  const DeviceFunction *kernel = parsed.program->findFunction("layer_norm_fwd");
  EXPECT_TRUE(kernel->findWrapper("autotune"));
  EXPECT_TRUE(kernel->findWrapper("heuristics"));
  EXPECT_EQ(kernel->def->params.size(), 12u);
  EXPECT_FALSE(kernel->def->hasErrors);
}

TEST(Program, BrokenHostCodeIsPassedOver) {
  std::string text = readInput("broken_host.py");
  ASSERT_FALSE(text.empty());
  Parsed parsed(text, "broken_host.py");
  EXPECT_EQ(namesOf(parsed.program->getDeviceFunctions()), (Names{"first", "second", "third"}));
  EXPECT_EQ(parsed.getMessages(), "26:26 error: expected ')' to match '('\n  26:16 note: '(' is here\n");
  for (const DeviceFunction &function : parsed.program->getDeviceFunctions())
    EXPECT_EQ(function.def->body.empty(), false) << function.getName().str();
  EXPECT_FALSE(parsed.program->findFunction("first")->def->hasErrors);
  EXPECT_TRUE(parsed.program->findFunction("second")->def->hasErrors); // its decorator
  EXPECT_FALSE(parsed.program->findFunction("third")->def->hasErrors);
}

TEST(Program, WhereMistakesAreReported) {
  // In a .tile file the module level is checked, in a .py file it is not; host functions never are.
  EXPECT_EQ(Parsed("A = = 1\n", "a.tile").getMessages(), "1:5 error: expected an expression, found '='\n");
  EXPECT_EQ(Parsed("A = = 1\n", "a.py").getMessages(), "");
  EXPECT_EQ(Parsed("def host(:\n    x = = 1\n", "a.tile").getMessages(), "");
  EXPECT_EQ(Parsed("class A:\n    x = = 1\n", "a.tile").getMessages(), "");
  EXPECT_EQ(Parsed("def host():\n    @jit\n    def f():\n        x = = 1\n", "a.py").getMessages(),
            "4:13 error: expected an expression, found '='\n");
  EXPECT_EQ(Parsed("if __name__ == '__main__':\n    x = = 1\n", "a.tile").getMessages(), "");
  // A string that swallows the rest of the file is reported wherever it begins.
  EXPECT_EQ(Parsed("def host():\n    '''abc\n@jit\ndef f():\n    pass\n", "a.py").getMessages(),
            "2:5 error: unterminated string literal: expected a closing ''' before the end of the file\n");
}

TEST(Program, WarningsOfDeviceCodeOnly) {
  EXPECT_EQ(Parsed("def host():\n    return '\\d'\n").getMessages(), "");
  Parsed parsed("@jit\ndef f():\n    return '\\d'\n");
  EXPECT_EQ(parsed.getMessages(), "3:13 warning: unknown escape '\\d': the backslash is kept\n");
  EXPECT_FALSE(parsed.program->hasErrors());
}

TEST(Program, ErrorsInOneFunctionLeaveTheOthersAlone) {
  Parsed parsed("@jit\ndef f(x):\n    y = (x\n    z = 3\n    return z\n@jit\ndef g(x):\n    return x\n");
  EXPECT_EQ(parsed.getMessages(), "3:11 error: expected ')' to match '('\n  3:9 note: '(' is here\n");
  EXPECT_TRUE(parsed.program->findFunction("f")->def->hasErrors);
  EXPECT_EQ(parsed.program->findFunction("f")->def->body.size(), 2u);
  EXPECT_FALSE(parsed.program->findFunction("g")->def->hasErrors);
  EXPECT_TRUE(parsed.program->hasErrors());
}
