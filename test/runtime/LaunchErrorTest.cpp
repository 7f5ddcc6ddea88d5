// Mistakes at run time: each is an error value with a text that says what was wrong and what would be right, and the
// program goes on. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TestKernels.h"

#include <cstdio>
#include <fstream>
#include <unistd.h>

using namespace tessera;

namespace {

class LaunchErrorTest : public testing::Test {
protected:
  LaunchErrorTest()
      : device(test::device()), stream(Stream::defaultOf(device)),
        add(*PtxModule::fromSource(device, test::kAdd, "add.ptx")),
        many(*PtxModule::fromSource(device, test::kMany, "many.ptx")), kernel(*add.kernel()), x(device, 64),
        y(device, 64), z(device, 64) {}

  /// The text of the error of a launch of `add` with these arguments.
  template <typename... Args> std::string errorOf(const Args &...args) {
    Status status = kernel.launch(stream, {.grid = 1, .block = 64}, args...);
    return status ? "none" : status.error().text();
  }
  std::string errorOfShape(const LaunchConfig &config, const char *name = "narrow") {
    Status status = many.kernel(name)->launch(stream, config, x);
    return status ? "none" : status.error().text();
  }
  std::string errorOfText(std::string_view text) {
    Expected<PtxModule> module = PtxModule::fromSource(device, text, "x.ptx");
    return module ? "none" : module.error().text();
  }
  /// After every mistake a good launch still works.
  void TearDown() override {
    ASSERT_TRUE(device.synchronize());
    EXPECT_EQ(errorOf(x, y, z, 64), "none");
    EXPECT_TRUE(device.synchronize());
  }

  Device device;
  Stream stream;
  PtxModule add, many;
  PtxKernel kernel;
  Buffer<float> x, y, z;
};

} // namespace

// ---- devices --------------------------------------------------------------------------------------------------------

TEST_F(LaunchErrorTest, UnknownDevice) {
  EXPECT_EQ(Device::open("gpu").error().text(), "unknown device 'gpu'; a device is one of auto, cuda, cuda:N, sim");
  EXPECT_EQ(Device::open("cuda:x").error().text(),
            "unknown device 'cuda:x'; a device is one of auto, cuda, cuda:N, sim");
}

TEST_F(LaunchErrorTest, DeviceNumberTooLarge) {
  Expected<Device> opened = Device::open("sim:7");
  EXPECT_EQ(opened.error().text(), "no simulated device 7: there are 2, numbered from 0");
  EXPECT_EQ(opened.error().code(), ErrorCode::NotFound);
}

// ---- memory ---------------------------------------------------------------------------------------------------------

TEST_F(LaunchErrorTest, OutOfMemory) {
  Buffer<float> buffer(device, std::size_t(1) << 45);
  const std::string text = buffer.status().error().text();
  EXPECT_EQ(text.rfind("allocating 140737488355328 bytes on device sim (", 0), 0u) << text;
  EXPECT_NE(text.find("bytes are free): CUDA_ERROR_OUT_OF_MEMORY (out of memory)"), std::string::npos) << text;
  EXPECT_EQ(buffer.status().error().code(), ErrorCode::OutOfMemory);
  EXPECT_EQ(errorOf(buffer, y, z, 64), "launch of 'add': argument 1 ('x'): " + text);
}

TEST_F(LaunchErrorTest, CopyOfAnotherSize) {
  EXPECT_EQ(x.copyFrom(std::vector<float>(65)).error().text(), "the buffer has 64 elements, the host range 65");
  EXPECT_EQ(x.rawBuffer().copyFromHost(&device, 8, 250).error().text(),
            "bytes 250 to 258 lie outside the buffer, which has 256 bytes");
}

TEST_F(LaunchErrorTest, CopyToNull) {
  EXPECT_EQ(x.rawBuffer().copyToHost(nullptr, 4).error().text(), "the host pointer of a copy is null");
}

TEST_F(LaunchErrorTest, CopyOnForeignStream) {
  Stream foreign = *Stream::create(test::device(1));
  EXPECT_EQ(x.copyFrom(foreign, std::vector<float>(64)).error().text(),
            "the buffer is on device sim, the stream on device sim:1");
}

TEST_F(LaunchErrorTest, EventNeverRecorded) {
  Event a = *Event::create(device), b = *Event::create(device);
  ASSERT_TRUE(a.record(stream));
  EXPECT_EQ(b.millisecondsSince(a).error().text(), "no time between two events: the later one was never recorded");
}

// ---- modules --------------------------------------------------------------------------------------------------------

TEST_F(LaunchErrorTest, MissingFile) {
  Expected<PtxModule> module = PtxModule::load(device, "/nowhere/add.ptx");
  EXPECT_EQ(module.error().text(), "cannot read '/nowhere/add.ptx': no such file or directory");
  EXPECT_EQ(module.error().code(), ErrorCode::NotFound);
}

TEST_F(LaunchErrorTest, DirectoryForFile) {
  EXPECT_EQ(PtxModule::load(device, "/tmp").error().text(), "cannot read '/tmp': is a directory");
}

TEST_F(LaunchErrorTest, NoPtx) {
  EXPECT_EQ(errorOfText("int main() {}"), "x.ptx: not PTX: there is no '.version' directive");
  EXPECT_EQ(errorOfText("\x7f"
                        "ELF\2\1\1"),
            "x.ptx: this is a cubin or another object file, PTX text is needed");
}

TEST_F(LaunchErrorTest, CodeForNewerDevice) {
  EXPECT_EQ(errorOfText(".version 8.6\n.target sm_100a\n"),
            "x.ptx: the code is for sm_100a, the device 'Tessera simulator of an NVIDIA H200' is sm_90");
}

TEST_F(LaunchErrorTest, PtxWithAnError) {
  const std::string text =
      errorOfText(".version 7.0\n.target sm_80\n.address_size 64\n.entry f()\n{\n  frobnicate\n}\n");
  EXPECT_EQ(text, "loading 'x.ptx': CUDA_ERROR_INVALID_PTX (a PTX JIT compilation failed)\nx.ptx:7: expected an operand, found '}'");
}

TEST_F(LaunchErrorTest, UnknownKernel) {
  EXPECT_EQ(many.kernel("scal").error().text(), "no kernel 'scal' in 'many.ptx'; did you mean 'scale'?");
  EXPECT_EQ(many.kernel("softmax").error().text(),
            "no kernel 'softmax' in 'many.ptx'; there are: scale, narrow, large, stop");
  EXPECT_EQ(many.kernel().error().text(),
            "'many.ptx' has several kernels, one must be named: scale, narrow, large, stop");
}

// ---- arguments ------------------------------------------------------------------------------------------------------

TEST_F(LaunchErrorTest, WrongCount) {
  EXPECT_EQ(errorOf(x, y, z), "launch of 'add': 3 arguments given, the kernel takes 4");
  EXPECT_EQ(errorOf(x, y, z, 64, 1), "launch of 'add': 5 arguments given, the kernel takes 4");
  EXPECT_EQ(errorOf(x), "launch of 'add': 1 argument given, the kernel takes 4");
}

TEST_F(LaunchErrorTest, ScalarForPointer) {
  EXPECT_EQ(errorOf(x, 3, z, 64), "launch of 'add': argument 2 ('y') is a scalar i32, the kernel takes a pointer");
}

TEST_F(LaunchErrorTest, PointerForScalar) {
  EXPECT_EQ(errorOf(x, y, z, z), "launch of 'add': argument 4 ('n') is a pointer to fp32, the kernel takes .u32");
  EXPECT_EQ(errorOf(x, y, z, nullptr), "launch of 'add': argument 4 ('n') is a null pointer, the kernel takes .u32");
}

TEST_F(LaunchErrorTest, ScalarOfWrongWidth) {
  EXPECT_EQ(errorOf(x, y, z, 64L), "launch of 'add': argument 4 ('n') is a scalar i64, the kernel takes .u32");
  EXPECT_EQ(errorOf(x, y, z, std::size_t(64)),
            "launch of 'add': argument 4 ('n') is a scalar u64, the kernel takes .u32");
}

TEST_F(LaunchErrorTest, FloatForInteger) {
  EXPECT_EQ(errorOf(x, y, z, 64.0f), "launch of 'add': argument 4 ('n') is a scalar fp32, the kernel takes .u32");
  EXPECT_EQ(many.kernel("scale")->launch(stream, {.grid = 1}, x, 2).error().text(),
            "launch of 'scale': argument 2 ('factor') is a scalar i32, the kernel takes .f32");
}

TEST_F(LaunchErrorTest, DoubleForFloat) {
  EXPECT_EQ(many.kernel("scale")->launch(stream, {.grid = 1}, x, 2.0).error().text(),
            "launch of 'scale': argument 2 ('factor') is a scalar fp64, the kernel takes .f32");
}

TEST_F(LaunchErrorTest, FreedBuffer) {
  Buffer<float> gone(device, 64);
  ASSERT_TRUE(gone.free());
  EXPECT_EQ(errorOf(x, gone, z, 64), "launch of 'add': argument 2 ('y'): the buffer was freed");
}

TEST_F(LaunchErrorTest, MovedBuffer) {
  Buffer<float> gone(device, 64), taken = std::move(gone);
  EXPECT_EQ(errorOf(x, y, gone, 64), "launch of 'add': argument 3 ('z'): the buffer was moved from");
}

TEST_F(LaunchErrorTest, NullBuffer) {
  EXPECT_EQ(errorOf(Buffer<float>(), y, z, 64),
            "launch of 'add': argument 1 ('x'): the buffer is null: it was never given memory on a device");
}

TEST_F(LaunchErrorTest, ForeignBuffer) {
  Buffer<float> foreign(test::device(1), 64);
  EXPECT_EQ(errorOf(x, foreign, z, 64),
            "launch of 'add': argument 2 ('y'): the buffer is on device sim:1, the kernel on device sim");
}

TEST_F(LaunchErrorTest, MisalignedPointer) {
  EXPECT_EQ(
      many.kernel("scale")->launch(stream, {.grid = 1}, DevicePointer<float>(x, 1), 2.0f).error().text(),
      "launch of 'scale': argument 1 ('x') is an address that is not aligned to 16 bytes, as the kernel was promised");
}

// ---- the shape of the launch ----------------------------------------------------------------------------------------

TEST_F(LaunchErrorTest, ImpossibleGrid) {
  EXPECT_EQ(errorOfShape({.grid = 0}), "launch of 'narrow': the grid is 0x1x1, each side must be at least 1");
  EXPECT_EQ(errorOfShape({.grid = {4, -1}}), "launch of 'narrow': the grid is 4x-1x1, each side must be at least 1");
  EXPECT_EQ(errorOfShape({.grid = {1, 65536}}),
            "launch of 'narrow': the grid is 1x65536x1, the device's limit for its y side is 65535");
  EXPECT_EQ(errorOfShape({.grid = std::size_t(1) << 40}),
            "launch of 'narrow': the grid is 1099511627776x1x1, the device's limit for its x side is 2147483647");
}

TEST_F(LaunchErrorTest, ImpossibleBlock) {
  EXPECT_EQ(errorOfShape({.grid = 1, .block = {32, 0, 1}}),
            "launch of 'narrow': the block is 32x0x1, each side must be at least 1");
  EXPECT_EQ(errorOfShape({.grid = 1, .block = {1, 1, 65}}, "large"),
            "launch of 'large': the block is 1x1x65, the device's limit for its z side is 64");
  EXPECT_EQ(
      errorOfShape({.grid = 1, .block = {64, 32}}, "large"),
      "launch of 'large': the block is 64x32x1, that is 2048 threads; the limit of this kernel on this device is 1024");
  EXPECT_EQ(
      errorOfShape({.grid = 1, .block = 65}),
      "launch of 'narrow': the block is 65x1x1, that is 65 threads; the limit of this kernel on this device is 64");
}

TEST_F(LaunchErrorTest, BlockThatTheKernelForbids) {
  EXPECT_EQ(many.kernel("scale")->launch(stream, {.grid = 1, .block = 64}, x, 1.0f).error().text(),
            "launch of 'scale': the block is 64x1x1, the kernel requires 32x1x1 threads");
}

TEST_F(LaunchErrorTest, BlockThatNobodyGave) {
  EXPECT_EQ(errorOfShape({.grid = 1}, "large"),
            "launch of 'large': the kernel does not say how many threads a block has, so the launch must");
}

TEST_F(LaunchErrorTest, TooMuchSharedMemory) {
  EXPECT_EQ(errorOfShape({.grid = 1, .block = 32, .sharedBytes = 200000}, "large"),
            "launch of 'large': the kernel needs 240000 bytes of shared memory (200000 of it dynamic), device sim has "
            "232448 a block");
  EXPECT_EQ(errorOfShape({.grid = 1, .block = 32, .sharedBytes = 190000}, "large"), "none");
}

TEST_F(LaunchErrorTest, ImpossibleCluster) {
  EXPECT_EQ(errorOfShape({.grid = 3, .block = 32, .cluster = 2}),
            "launch of 'narrow': the grid 3x1x1 is no multiple of the cluster 2x1x1");
  EXPECT_EQ(errorOfShape({.grid = 32, .block = 32, .cluster = 32}),
            "launch of 'narrow': the cluster is 32x1x1, each side must be 1 to 16");
}

TEST_F(LaunchErrorTest, ForeignStream) {
  Stream foreign = *Stream::create(test::device(1));
  EXPECT_EQ(kernel.launch(foreign, {.grid = 1, .block = 32}, x, y, z, 32).error().text(),
            "launch of 'add': the stream is on device sim:1, the kernel on device sim");
}

TEST_F(LaunchErrorTest, MovedStream) {
  Stream gone = *Stream::create(device), taken = std::move(gone);
  EXPECT_EQ(kernel.launch(gone, {.grid = 1, .block = 32}, x, y, z, 32).error().text(),
            "launch of 'add': the stream was moved from");
}

// ---- what kernels do wrong ------------------------------------------------------------------------------------------

TEST_F(LaunchErrorTest, OutOfBounds) {
  Status launched = kernel.launch(stream, {.grid = 1, .block = 128}, x, y, z, 128);
  ASSERT_TRUE(launched) << launched.error().text();
  Status waited = device.synchronize();
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code(), ErrorCode::KernelFault);
  const std::string text = waited.error().text();
  EXPECT_EQ(text.rfind(
                "synchronizing device sim: CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)\n", 0),
            0u)
      << text;
  EXPECT_NE(text.find("256 bytes"), std::string::npos) << text;
}

TEST_F(LaunchErrorTest, Trap) {
  ASSERT_TRUE(many.kernel("stop")->launch(stream, {.grid = 1, .block = 32}, x));
  Status waited = stream.synchronize();
  ASSERT_FALSE(waited);
  EXPECT_EQ(
      waited.error().text().rfind("synchronizing a stream: CUDA_ERROR_LAUNCH_FAILED (unspecified launch failure)\n", 0),
      0u)
      << waited.error().text();
}

TEST_F(LaunchErrorTest, StalePointer) {
  std::uint64_t stale;
  {
    Buffer<float> gone(device, 64);
    stale = gone.address();
  }
  ASSERT_TRUE(kernel.launch(stream, {.grid = 1, .block = 64}, DevicePointer<float>(stale), y, z, 64));
  Status waited = device.synchronize();
  ASSERT_FALSE(waited);
  EXPECT_NE(waited.error().text().find("freed"), std::string::npos) << waited.error().text();
}
