// Kernels of `.tile` text: compiled once, specialised, cached, launched, refused.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/include/tessera/tessera.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

using namespace tessera;
namespace fs = std::filesystem;

namespace {

const char *kScale = R"(
@triton.jit
def scale(x, n, factor, BLOCK: tl.constexpr, OFFSET: tl.constexpr = 0):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    v = tl.load(x + i, mask=i < n)
    tl.store(x + i, v * factor + OFFSET, mask=i < n)
)";

class ModuleTest : public testing::Test {
protected:
  ModuleTest()
      : folder(testing::TempDir() + "tessera-jit-" + std::to_string(getpid()) + "-" +
               testing::UnitTest::GetInstance()->current_test_info()->name()),
        cache({folder, 0, true}), device(*Device::open("sim")), stream(Stream::defaultOf(device)) {
    fs::remove_all(folder);
    setLogHandler([this](LogLevel level, std::string_view text) {
      if (level == LogLevel::Warning)
        messages.emplace_back(text);
    });
  }
  ~ModuleTest() override {
    setLogHandler({});
    fs::remove_all(folder);
  }

  Module module(const char *text = kScale) {
    Expected<Module> module = Module::fromSource(device, text, "test.tile");
    EXPECT_TRUE(module) << module.error().text();
    return *module;
  }
  Kernel kernel(const Constexprs &constants = {{"BLOCK", 64}}) {
    Expected<Kernel> kernel = module().kernel("scale", constants, {.cache = &cache});
    EXPECT_TRUE(kernel) << kernel.error().text();
    return *kernel;
  }
  static std::string errorOf(const Status &status) { return status ? "none" : status.error().text(); }

  std::string folder;
  Cache cache;
  Device device;
  Stream stream;
  std::vector<std::string> messages;
};

} // namespace

TEST_F(ModuleTest, Launches) {
  Buffer<float> x = *Buffer<float>::from(device, std::vector<float>(100, 2.0f));
  Kernel scale = kernel({{"BLOCK", 64}, {"OFFSET", 1}});
  Status launched = scale.launch(stream, {.grid = 2}, x, 100, 3.0f);
  ASSERT_TRUE(launched) << launched.error().text();
  EXPECT_EQ(*x.toVector(), std::vector<float>(100, 7.0f));
}

TEST_F(ModuleTest, SpecialisesOnTypesAndFacts) {
  Kernel scale = kernel();
  Buffer<float> x(device, 100);
  Buffer<Half> half(device, 100);
  auto signatureOf = [&](const auto &...args) {
    Expected<Specialization> made = scale.compile(args...);
    return made ? made->signature : made.error().text();
  };
  EXPECT_EQ(signatureOf(x, 100, 3.0f), "x: *fp32:16, n: i32, factor: fp32");
  EXPECT_EQ(signatureOf(x, 96, 3.0f), "x: *fp32:16, n: i32:16, factor: fp32");
  EXPECT_EQ(signatureOf(x, 1, 3.0f), "x: *fp32:16, n: 1, factor: fp32");
  EXPECT_EQ(signatureOf(DevicePointer<float>(x, 1), 100L, 3.0f), "x: *fp32, n: i64, factor: fp32");
  EXPECT_EQ(signatureOf(half, 100, 1), "x: *fp16:16, n: i32, factor: 1");
  EXPECT_EQ(scale.compile(x, 100, 3.0f)->numWarps, 4);
}

// An integer known to be one is not passed; the others find their places.
TEST_F(ModuleTest, VanishedParameters) {
  const char *text = "@triton.jit\ndef add(x, step, n, BLOCK: tl.constexpr):\n    i = tl.arange(0, BLOCK)\n"
                     "    v = tl.load(x + i * step, mask=i < n)\n    tl.store(x + i * step, v + n, mask=i < n)\n";
  Buffer<int> x = *Buffer<int>::from(device, std::vector<int>(32, 5));
  Kernel add = *module(text).kernel("add", {{"BLOCK", 32}}, {.cache = &cache});
  ASSERT_EQ(errorOf(add.launch(stream, {.grid = 1}, x, 1, 20)), "none");
  ASSERT_EQ(errorOf(add.launch(stream, {.grid = 1}, x, 2, 3)), "none");
  std::vector<int> want(32, 5);
  for (int i = 0; i < 20; ++i)
    want[std::size_t(i)] += 20;
  for (int i = 0; i < 3; ++i)
    want[std::size_t(2 * i)] += 3;
  EXPECT_EQ(*x.toVector(), want);
}

TEST_F(ModuleTest, NullMeansNone) {
  const char *text =
      "@triton.jit\ndef f(x, bias, BLOCK: tl.constexpr):\n    i = tl.arange(0, BLOCK)\n    v = tl.load(x + i)\n"
      "    if bias is not None:\n        v += tl.load(bias + i)\n    tl.store(x + i, v + 1)\n";
  Buffer<float> x = *Buffer<float>::from(device, std::vector<float>(32, 2.0f));
  Kernel f = *module(text).kernel("f", {{"BLOCK", 32}}, {.cache = &cache});
  ASSERT_EQ(errorOf(f.launch(stream, {.grid = 1}, x, nullptr)), "none");
  EXPECT_EQ(*x.toVector(), std::vector<float>(32, 3.0f));
  ASSERT_EQ(errorOf(f.launch(stream, {.grid = 1}, x, x)), "none");
  EXPECT_EQ(*x.toVector(), std::vector<float>(32, 7.0f));
}

TEST_F(ModuleTest, DefaultsMayBeLeftOut) {
  const char *text =
      "@triton.jit\ndef f(x, n=3, BLOCK: tl.constexpr = 32):\n    i = tl.arange(0, BLOCK)\n    tl.store(x + i, n)\n";
  Buffer<int> x(device, 32);
  Kernel f = *module(text).kernel("f", {}, {.cache = &cache});
  ASSERT_EQ(errorOf(f.launch(stream, {.grid = 1}, x)), "none");
  EXPECT_EQ(*x.toVector(), std::vector<int>(32, 3));
  ASSERT_EQ(errorOf(f.launch(stream, {.grid = 1}, x, 4)), "none");
  EXPECT_EQ(*x.toVector(), std::vector<int>(32, 4));
}

// Many threads that want the same specialisation wait for one compilation.
TEST_F(ModuleTest, CompilesOnceWhoeverAsks) {
  Kernel scale = kernel();
  Buffer<float> x(device, 100);
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      Expected<Specialization> made = scale.compile(x, i % 2 ? 100 : 96, 3.0f);
      good += made.ok();
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(good.load(), 8);
  EXPECT_EQ(cache.list().size(), 2u); // one entry a specialisation
  auto future = scale.compileAsync(x, 1, 3.0f);
  EXPECT_TRUE(future.get().ok());
}

TEST_F(ModuleTest, DiskCacheIsFoundAgain) {
  Buffer<float> x(device, 100);
  EXPECT_FALSE(kernel().compile(x, 100, 3.0f)->fromCache);
  EXPECT_TRUE(kernel().compile(x, 100, 3.0f)->fromCache) << "another module of the same text";
  EXPECT_FALSE(kernel({{"BLOCK", 128}}).compile(x, 100, 3.0f)->fromCache);
  EXPECT_EQ(cache.list().size(), 2u);
}

// A damaged entry costs one warning and one compilation; the launch does not notice.
TEST_F(ModuleTest, CorruptedCacheEntry) {
  Buffer<float> x = *Buffer<float>::from(device, std::vector<float>(100, 2.0f));
  ASSERT_TRUE(kernel().compile(x, 100, 3.0f));
  const std::string path = cache.list().front().path;
  std::ofstream(path, std::ios::app) << "garbage";
  ASSERT_EQ(errorOf(kernel().launch(stream, {.grid = 2}, x, 100, 3.0f)), "none");
  EXPECT_EQ((*x.toVector())[99], 6.0f);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0],
            "cache entry '" + path + "' is damaged: its checksum does not fit; the kernel is compiled anew");
  EXPECT_TRUE(kernel().compile(x, 100, 3.0f)->fromCache) << "it was mended";
}

TEST_F(ModuleTest, UnwritableCache) {
  Cache nowhere({"/proc/nowhere", 0, true});
  Buffer<float> x = *Buffer<float>::from(device, std::vector<float>(100, 2.0f));
  Kernel scale = *module().kernel("scale", {{"BLOCK", 64}}, {.cache = &nowhere});
  EXPECT_EQ(errorOf(scale.launch(stream, {.grid = 2}, x, 100, 3.0f)), "none");
  EXPECT_EQ(errorOf(scale.launch(stream, {.grid = 2}, x, 96, 3.0f)), "none");
  EXPECT_EQ(messages.size(), 1u);
}

TEST_F(ModuleTest, KernelsOfOneModuleAreShared) {
  Module shared = module();
  Buffer<float> x(device, 100);
  ASSERT_TRUE(shared.kernel("scale", {{"BLOCK", 64}}, {.cache = &cache})->compile(x, 100, 3.0f));
  fs::remove_all(folder);
  EXPECT_TRUE(shared.kernel("scale", {{"BLOCK", 64}}, {.cache = &cache})->compile(x, 100, 3.0f).ok());
  EXPECT_FALSE(fs::exists(folder)) << "nothing was compiled again";
}

// ---- mistakes -------------------------------------------------------------------------------------------------------

TEST_F(ModuleTest, SyntaxErrorsShowWhenLoading) {
  Expected<Module> bad = Module::fromSource(device, "@triton.jit\ndef f(x:\n    pass\n", "bad.tile");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), ErrorCode::Compile);
  EXPECT_EQ(bad.error().text().rfind("bad.tile:2:", 0), 0u) << bad.error().text();
}

TEST_F(ModuleTest, MissingFile) {
  EXPECT_EQ(Module::load(device, "/nowhere/x.tile").error().text(),
            "cannot read '/nowhere/x.tile': no such file or directory");
}

TEST_F(ModuleTest, UnknownKernelAndConstant) {
  EXPECT_EQ(module().kernel("scal").error().text(), "no kernel 'scal' in 'test.tile'; did you mean 'scale'?");
  EXPECT_EQ(module().kernel("scale", {{"BLOK", 64}}).error().text(),
            "kernel 'scale': no parameter 'BLOK'; did you mean 'BLOCK'?");
  EXPECT_EQ(module().kernel("scale", {}, {.numWarps = 5}).error().text(),
            "kernel 'scale': numWarps is 5, it must be a power of two from 1 to 32");
  EXPECT_EQ(module("x = 1\n").kernel().error().text(),
            "'test.tile' has no kernels: no function is marked with @triton.jit or @tile.kernel");
}

TEST_F(ModuleTest, WrongArguments) {
  Buffer<float> x(device, 100);
  Kernel scale = kernel();
  EXPECT_EQ(errorOf(scale.launch(stream, {.grid = 1}, x, 100)),
            "launch of 'scale': 2 arguments given, the kernel takes 3: x, n, factor");
  EXPECT_EQ(errorOf(scale.launch(stream, {.grid = 1}, x, 100, 2.0f, 5)),
            "launch of 'scale': 4 arguments given, the kernel takes 3: x, n, factor");
  Buffer<float> gone(device, 100), taken = std::move(gone);
  EXPECT_EQ(errorOf(scale.launch(stream, {.grid = 1}, gone, 100, 2.0f)),
            "launch of 'scale': argument 1 ('x'): the buffer was moved from");
  EXPECT_EQ(errorOf(scale.launch(stream, {.grid = 0}, x, 100, 2.0f)),
            "launch of 'scale': the grid is 0x1x1, each side must be at least 1");
  EXPECT_EQ(errorOf(scale.launch(stream, {.grid = 1, .block = 64}, x, 100, 2.0f)),
            "launch of 'scale': the block is 64x1x1, the kernel requires 128x1x1 threads");
}

// The kernel's text is at fault: the diagnostics with their places, and the same again at once when asked again.
TEST_F(ModuleTest, CompileErrorsAreValues) {
  Kernel scale = kernel();
  Status first = scale.launch(stream, {.grid = 1}, 3, 100, 2.0f); // a number where a pointer is needed
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code(), ErrorCode::Compile);
  EXPECT_EQ(first.error().text().rfind("test.tile:5:", 0), 0u) << first.error().text();
  EXPECT_EQ(errorOf(scale.launch(stream, {.grid = 1}, 3, 100, 2.0f)), first.error().text());
}

TEST_F(ModuleTest, MissingConstant) {
  Buffer<float> x(device, 100);
  Status launched = kernel({}).launch(stream, {.grid = 1}, x, 100, 2.0f);
  ASSERT_FALSE(launched);
  EXPECT_NE(launched.error().text().find("BLOCK"), std::string::npos) << launched.error().text();
}

TEST_F(ModuleTest, UnknownTarget) {
  Buffer<float> x(device, 100);
  Kernel scale = *module().kernel("scale", {{"BLOCK", 64}}, {.target = "sm_42", .cache = &cache});
  EXPECT_EQ(errorOf(scale.launch(stream, {.grid = 1}, x, 100, 2.0f)).rfind("unknown target 'sm_42'", 0), 0u);
}

TEST_F(ModuleTest, FaultsNameTheLine) {
  Buffer<float> x(device, 100);
  ASSERT_EQ(errorOf(kernel().launch(stream, {.grid = 2}, x, 101, 2.0f)), "none");
  Status waited = device.synchronize();
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code(), ErrorCode::KernelFault);
  EXPECT_NE(waited.error().text().find("test.tile:5:"), std::string::npos) << waited.error().text();
}
