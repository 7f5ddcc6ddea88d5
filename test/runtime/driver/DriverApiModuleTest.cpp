// Modules, images, libraries, functions and occupancy, through the simulator's Driver API.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DriverApiTest.h"

#include <cstring>
#include <string>

using namespace tessera;
using namespace tessera::cuda;

namespace {

/// A fat binary with entries as nvcc makes them.
class FatBinary {
public:
  static constexpr unsigned kPtx = 1, kCubin = 2;
  static constexpr std::uint64_t kLz4 = 0x2000, kZstandard = 0x8000;

  void add(unsigned kind, unsigned architecture, const std::string &payload, std::uint64_t flags = 0,
           std::size_t bytes = 0) {
    const std::size_t padded = (payload.size() + 7) / 8 * 8;
    std::string header(64, '\0');
    put<std::uint16_t>(header, 0, std::uint16_t(kind));
    put<std::uint16_t>(header, 2, 0x0101);
    put<std::uint32_t>(header, 4, 64);
    put<std::uint64_t>(header, 8, padded);
    put<std::uint32_t>(header, 16, flags ? std::uint32_t(payload.size()) : 0);
    put<std::uint32_t>(header, 28, architecture);
    put<std::uint64_t>(header, 40, flags | 0x11);
    put<std::uint64_t>(header, 56, bytes);
    entries += header + payload + std::string(padded - payload.size(), '\0');
  }
  const void *container() {
    whole.assign(16, '\0');
    put<std::uint32_t>(whole, 0, 0xba55ed50);
    put<std::uint16_t>(whole, 4, 1);
    put<std::uint16_t>(whole, 6, 16);
    put<std::uint64_t>(whole, 8, entries.size());
    whole += entries;
    return whole.data();
  }
  const void *wrapper() {
    wrapped.assign(24, '\0');
    put<std::uint32_t>(wrapped, 0, 0x466243b1);
    put<std::uint32_t>(wrapped, 4, 1);
    put<const void *>(wrapped, 8, container());
    return wrapped.data();
  }

private:
  template <typename T> static void put(std::string &to, std::size_t at, T value) {
    std::memcpy(to.data() + at, &value, sizeof value);
  }
  std::string entries, whole, wrapped;
};

/// A kernel that writes `value` to out[0].
std::string storing(int value, const char *target) {
  return std::string(".version 8.0\n.target ") + target +
         "\n.address_size 64\n.visible .entry store(.param .u64 out)\n{\n  .reg .b64 %rd<2>;\n  .reg .b32 %r<2>;\n"
         "  ld.param.u64 %rd1, [out];\n  mov.u32 %r1, " +
         std::to_string(value) + ";\n  st.global.u32 [%rd1], %r1;\n  ret;\n}\n";
}

/// LZ4 without matches, but for the last bytes where `repeat` says how often the last eight are to come again.
std::string lz4(const std::string &text, unsigned repeat = 0) {
  std::string packed;
  const std::size_t literals = text.size();
  const std::size_t matched = 8 * std::size_t(repeat);
  packed += char((literals < 15 ? literals : 15) << 4 | (repeat ? (matched - 4 < 15 ? matched - 4 : 15) : 0));
  if (literals >= 15) {
    std::size_t rest = literals - 15;
    for (; rest >= 255; rest -= 255)
      packed += char(255);
    packed += char(rest);
  }
  packed += text;
  if (repeat) {
    packed += std::string("\x08\x00", 2);
    if (matched - 4 >= 15)
      packed += char(matched - 4 - 15);
    packed += '\0'; // a last sequence of nothing
  }
  return packed;
}

const char *kKernels = R"(
.version 8.0
.target sm_80
.address_size 64
.visible .global .align 4 .b8 table[32];
.visible .const .align 4 .b8 few[12];
.global .attribute(.managed) .align 4 .u32 shared_with_host = 5;
.visible .entry first(.param .u64 p, .param .b8 q[3], .param .u32 r) .maxntid 256
{
  .shared .align 4 .b8 buffer[1000];
  ret;
}
.visible .entry second()
{
  .reg .b32 %r<2>;
  ld.global.u32 %r1, [shared_with_host];
  add.u32 %r1, %r1, 1;
  st.global.u32 [shared_with_host], %r1;
  ret;
}
)";

} // namespace

class DriverApiImageTest : public DriverApiTest {
protected:
  /// What the kernel `store` of an image writes; -1 where it cannot be loaded.
  int valueOf(const void *image, CUresult expected = CUDA_SUCCESS) {
    CUmodule module = nullptr;
    EXPECT_EQ(cu.cuModuleLoadData(&module, image), expected);
    if (!module)
      return -1;
    CUfunction store = nullptr;
    EXPECT_EQ(cu.cuModuleGetFunction(&store, module, "store"), CUDA_SUCCESS);
    CUdeviceptr out = allocate(4);
    void *parameters[] = {&out};
    EXPECT_EQ(cu.cuLaunchKernel(store, 1, 1, 1, 1, 1, 1, 0, nullptr, parameters, nullptr), CUDA_SUCCESS);
    const int value = read<int>(out, 1)[0];
    cu.cuMemFree_v2(out);
    cu.cuModuleUnload(module);
    return value;
  }
};

TEST_F(DriverApiImageTest, FatBinariesWithPtx) {
  FatBinary plain;
  plain.add(FatBinary::kCubin, 80,
            "\x7f"
            "ELF");
  plain.add(FatBinary::kPtx, 80, storing(1, "sm_80"));
  plain.add(FatBinary::kPtx, 90, storing(2, "sm_90"));
  plain.add(FatBinary::kPtx, 100, storing(3, "sm_100"));
  EXPECT_EQ(valueOf(plain.container()), 2); // the newest that an sm_90 runs
  EXPECT_EQ(valueOf(plain.wrapper()), 2);
  CUmodule module = nullptr;
  EXPECT_EQ(cu.cuModuleLoadFatBinary(&module, plain.wrapper()), CUDA_SUCCESS);
  cu.cuModuleUnload(module);

  FatBinary packed;
  const std::string text = storing(4, "sm_80");
  packed.add(FatBinary::kPtx, 80, lz4(text), FatBinary::kLz4, text.size());
  EXPECT_EQ(valueOf(packed.container()), 4);

  FatBinary repeated; // ends in a comment of spaces, which a match makes
  const std::string spaced = storing(5, "sm_80") + "//      ";
  repeated.add(FatBinary::kPtx, 80, lz4(spaced, 20), FatBinary::kLz4, spaced.size() + 160);
  EXPECT_EQ(valueOf(repeated.container()), 5);
}

TEST_F(DriverApiImageTest, FatBinariesByZstandard) {
  void *zstandard = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);
  const std::string text = storing(6, "sm_80");
  FatBinary packed;
  if (!zstandard) {
    packed.add(FatBinary::kPtx, 80, "(\xb5/\xfd", FatBinary::kZstandard, text.size());
    valueOf(packed.container(), CUDA_ERROR_INVALID_IMAGE);
    EXPECT_NE(library.takeReport().find("libzstd.so.1 is not there"), std::string::npos);
    GTEST_SKIP() << "libzstd.so.1 is not there; that it is asked for was seen";
  }
  auto compress = reinterpret_cast<std::size_t (*)(void *, std::size_t, const void *, std::size_t, int)>(
      dlsym(zstandard, "ZSTD_compress"));
  ASSERT_NE(compress, nullptr);
  std::string bytes(text.size() + 512, '\0');
  bytes.resize(compress(bytes.data(), bytes.size(), text.data(), text.size(), 3));
  packed.add(FatBinary::kPtx, 80, bytes, FatBinary::kZstandard, text.size());
  EXPECT_EQ(valueOf(packed.container()), 6);
  FatBinary damaged;
  bytes[bytes.size() / 2] ^= 0x55;
  damaged.add(FatBinary::kPtx, 80, bytes.substr(0, bytes.size() / 2), FatBinary::kZstandard, text.size());
  valueOf(damaged.container(), CUDA_ERROR_INVALID_IMAGE);
  EXPECT_EQ(library.takeReport(), "the fat binary cannot be read: its compressed PTX is damaged");
}

TEST_F(DriverApiImageTest, FatBinariesThatAreRefused) {
  FatBinary cubins;
  cubins.add(FatBinary::kCubin, 80,
             "\x7f"
             "ELF");
  cubins.add(FatBinary::kCubin, 90,
             "\x7f"
             "ELF");
  valueOf(cubins.container(), CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_EQ(library.takeReport(),
            "the simulator executes PTX, the fat binary holds none: a cubin for sm_80, a cubin for sm_90 "
            "(nvcc -gencode arch=compute_80,code=compute_80 embeds PTX)");
  FatBinary others;
  others.add(FatBinary::kPtx, 100, storing(1, "sm_100"));
  others.add(FatBinary::kPtx, 80, storing(1, "sm_80a"));
  valueOf(others.container(), CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_EQ(library.takeReport(), "the simulated device is sm_90, the fat binary holds PTX for sm_100, PTX for sm_80a");
  FatBinary empty;
  valueOf(empty.container(), CUDA_ERROR_INVALID_IMAGE);
  EXPECT_EQ(library.takeReport(), "the fat binary is empty or damaged");
  const std::string text = storing(4, "sm_80");
  const std::string packed = lz4(text);
  for (const std::size_t bytes : {text.size() - 1, text.size() + 1}) { // of another length than it says
    FatBinary damaged;
    damaged.add(FatBinary::kPtx, 80, packed, FatBinary::kLz4, bytes);
    valueOf(damaged.container(), CUDA_ERROR_INVALID_IMAGE);
    EXPECT_EQ(library.takeReport(), "the fat binary cannot be read: its compressed PTX is damaged");
  }
}

TEST_F(DriverApiTest, BadPtxIsToldInTheLog) {
  char log[200] = "";
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, reinterpret_cast<void *>(sizeof log)};
  CUmodule module = nullptr;
  EXPECT_EQ(cu.cuModuleLoadDataEx(&module, ".version 8.0\n.target sm_80\n.frob\n", 2, options, values),
            CUDA_ERROR_INVALID_PTX);
  EXPECT_NE(std::string(log).find("ptx:3:"), std::string::npos) << log;
  EXPECT_EQ(cu.cuModuleLoadData(&module, ".version 8.0\n.target sm_100\n.address_size 64\n"),
            CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_EQ(cu.cuModuleLoad(&module, "/does/not/exist"), CUDA_ERROR_FILE_NOT_FOUND);
}

/// A module with a kernel 'good', and one 'other' with one more instruction.
std::string withInstruction(const std::string &instruction, const char *version = "8.6",
                            const char *target = "sm_90a") {
  return std::string(".version ") + version + "\n.target " + target + R"(
.address_size 64
.visible .entry good() { ret; }
.visible .entry other(.param .u64 p)
{
  .reg .pred %p<4>;
  .reg .b16 %h<4>;
  .reg .b32 %r<8>;
  .reg .b64 %rd<4>;
  .reg .f32 %f<8>;
  )" + instruction +
         "\n  ret;\n}\n";
}

// What ptxas refuses fails to load, whichever kernel it is in, with the code for it and the line.
TEST_F(DriverApiTest, FaultyModulesAreNotLoaded) {
  const char *faults[] = {
      "frob.u32 %r1, %r2;",                    // no such instruction
      "add.foo.u32 %r1, %r2, %r3;",            // no such modifier
      "add.u32 %r1, %r2;",                     // an operand too few
      "add.u32 %r1, %rd2, %r3;",               // a register of another width
      "bra nowhere;",                          // no such label
      "tcgen05.wait::ld.sync.aligned;",        // not of this target
      "mov.u32 %r1, %r99;",                    // no such register
      "{ .param .b32 a; call missing, (a); }", // no such function
  };
  for (const char *fault : faults) {
    CUmodule module = nullptr;
    EXPECT_EQ(cu.cuModuleLoadData(&module, withInstruction(fault).c_str()), CUDA_ERROR_INVALID_PTX) << fault;
    EXPECT_EQ(library.takeReport().substr(0, 7), "ptx:12:") << fault;
    CUlibrary code = nullptr;
    EXPECT_EQ(cu.cuLibraryLoadData(&code, withInstruction(fault).c_str(), nullptr, nullptr, 0, nullptr, nullptr, 0),
              CUDA_ERROR_INVALID_PTX)
        << fault;
  }
  CUmodule module = nullptr;
  EXPECT_EQ(cu.cuModuleLoadData(&module, withInstruction("elect.sync %r1|%p1, -1;", "8.6", "sm_80").c_str()),
            CUDA_ERROR_INVALID_PTX); // needs sm_90
  EXPECT_EQ(cu.cuModuleLoadData(&module, withInstruction("", "10.0").c_str()), CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
  EXPECT_EQ(library.takeReport(), "ptx:1: expected a .version of at most 9.9, found 10.0");
  EXPECT_EQ(cu.cuModuleLoadData(&module, (withInstruction("") + ".global .b8 x[200000000000];\n").c_str()),
            CUDA_ERROR_OUT_OF_MEMORY);
}

// What is wrong in a function that two kernels call is told once.
TEST_F(DriverApiTest, FaultsAreToldOnce) {
  CUmodule module = nullptr;
  EXPECT_EQ(cu.cuModuleLoadData(&module, R"(.version 8.0
.target sm_80
.address_size 64
.func f() { .reg .b32 %r<3>; frob.u32 %r1, %r2; ret; }
.visible .entry a() { call f; ret; }
.visible .entry b() { call f; ret; }
)"),
            CUDA_ERROR_INVALID_PTX);
  EXPECT_EQ(library.takeReport(), "ptx:4: unknown instruction 'frob.u32'\n");
}

// What is right and not simulated keeps only its own kernel from running.
TEST_F(DriverApiTest, WhatIsNotSimulatedIsRefusedAtTheLaunch) {
  const char *lacking[] = {
      "tex.2d.v4.f32.f32 {%f1, %f2, %f3, %f4}, [%rd1, {%f5, %f6}];",
      "suld.b.1d.b32.trap %r1, [%rd1, {%r2}];",
      "multimem.st.relaxed.sys.global.u32 [%rd1], %r1;",
      "vadd.u32.u32.u32 %r1, %r2.b0, %r3.h1;",
      "wmma.load.a.sync.aligned.row.m8n8k32.s4 {%r1}, [%rd1];",
      "fma.rn.oob.relu.f16 %h1, %h2, %h3, %h3;",
      "mov.u32 %r1, %pm0;",
  };
  for (const char *instruction : lacking) {
    CUmodule module = nullptr;
    ASSERT_EQ(cu.cuModuleLoadData(&module, withInstruction(instruction).c_str()), CUDA_SUCCESS)
        << instruction << library.takeReport();
    CUfunction good = nullptr, other = nullptr;
    EXPECT_EQ(cu.cuModuleGetFunction(&good, module, "good"), CUDA_SUCCESS);
    EXPECT_EQ(cu.cuModuleGetFunction(&other, module, "other"), CUDA_SUCCESS);
    EXPECT_EQ(cu.cuLaunchKernel(good, 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, nullptr), CUDA_SUCCESS);
    CUdeviceptr p = 0;
    void *parameters[] = {&p};
    EXPECT_EQ(cu.cuLaunchKernel(other, 1, 1, 1, 32, 1, 1, 0, nullptr, parameters, nullptr), CUDA_ERROR_NOT_SUPPORTED);
    EXPECT_NE(library.takeReport().find("is not simulated: "), std::string::npos) << instruction;
    EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
    EXPECT_EQ(cu.cuModuleUnload(module), CUDA_SUCCESS);
  }
}

// Registers, and what follows from them, are known before the first launch; and they stay below what the kernel's
// directives leave room for.
TEST_F(DriverApiTest, RegistersAreKnownBeforeALaunch) {
  std::string many, sum; // 100 values that live at once
  for (int i = 0; i < 100; ++i) {
    many += "  ld.volatile.global.b32 %v" + std::to_string(i) + ", [%rd1+" + std::to_string(4 * i) + "];\n";
    sum += "  st.volatile.global.b32 [%rd1+" + std::to_string(4 * i) + "], %v" + std::to_string(99 - i) + ";\n";
  }
  const auto kernel = [&](const char *name, const char *directives) {
    return std::string(".visible .entry ") + name + "(.param .u64 p) " + directives +
           "\n{\n  .reg .b64 %rd<2>;\n  .reg .b32 %v<100>;\n  ld.param.u64 %rd1, [p];\n" + many + sum + "  ret;\n}\n";
  };
  const std::string text = ".version 8.0\n.target sm_80\n.address_size 64\n" + kernel("free", "") +
                           kernel("told", ".maxnreg 40") + kernel("large", ".reqntid 1024") +
                           kernel("two", ".maxntid 256 .minnctapersm 4");
  CUmodule module = nullptr;
  ASSERT_EQ(cu.cuModuleLoadData(&module, text.c_str()), CUDA_SUCCESS) << library.takeReport();
  const auto registers = [&](const char *name) {
    CUfunction function = nullptr;
    int value = 0;
    EXPECT_EQ(cu.cuModuleGetFunction(&function, module, name), CUDA_SUCCESS);
    EXPECT_EQ(cu.cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_NUM_REGS, function), CUDA_SUCCESS);
    return value;
  };
  EXPECT_EQ(registers("free"), 102); // and the pointer
  EXPECT_EQ(registers("told"), 40);
  EXPECT_EQ(registers("large"), 64); // 65536 / 1024
  EXPECT_EQ(registers("two"), 64);   // 65536 / (4 x 256)
  CUfunction free = nullptr;
  int blocks = 0;
  EXPECT_EQ(cu.cuModuleGetFunction(&free, module, "free"), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, free, 256, 0), CUDA_SUCCESS);
  EXPECT_EQ(blocks, 2); // 104 x 32 registers a warp: 4 of each 16384, 16 warps in all
  EXPECT_EQ(cu.cuModuleUnload(module), CUDA_SUCCESS);
  // Warps that hand each other registers begin with what the directive says.
  const char *handing =
      ".version 8.0\n.target sm_90a\n.address_size 64\n.visible .entry k() .reqntid 384 .maxnreg 168\n"
      "{ setmaxnreg.dec.sync.aligned.u32 24; ret; }\n";
  ASSERT_EQ(cu.cuModuleLoadData(&module, handing), CUDA_SUCCESS) << library.takeReport();
  EXPECT_EQ(registers("k"), 168);
  EXPECT_EQ(cu.cuModuleUnload(module), CUDA_SUCCESS);
}

TEST_F(DriverApiTest, ModulesAndFunctionsSayWhatTheyAre) {
  CUmodule module = nullptr;
  ASSERT_EQ(cu.cuModuleLoadData(&module, kKernels), CUDA_SUCCESS) << library.takeReport();
  unsigned count = 0;
  EXPECT_EQ(cu.cuModuleGetFunctionCount(&count, module), CUDA_SUCCESS);
  EXPECT_EQ(count, 2u);
  CUfunction functions[2] = {};
  EXPECT_EQ(cu.cuModuleEnumerateFunctions(functions, 2, module), CUDA_SUCCESS);
  const char *name = nullptr;
  EXPECT_EQ(cu.cuFuncGetName(&name, functions[0]), CUDA_SUCCESS);
  EXPECT_STREQ(name, "first");
  CUmodule of = nullptr;
  EXPECT_EQ(cu.cuFuncGetModule(&of, functions[1]), CUDA_SUCCESS);
  EXPECT_EQ(of, module);
  const std::pair<std::size_t, std::size_t> places[] = {{0, 8}, {8, 3}, {12, 4}};
  for (std::size_t i = 0; i < 3; ++i) {
    std::size_t offset = 99, size = 99;
    EXPECT_EQ(cu.cuFuncGetParamInfo(functions[0], i, &offset, &size), CUDA_SUCCESS);
    EXPECT_EQ(std::pair(offset, size), places[i]) << i;
  }
  std::size_t offset = 0;
  EXPECT_EQ(cu.cuFuncGetParamInfo(functions[0], 3, &offset, nullptr), CUDA_ERROR_INVALID_VALUE);
  const auto attribute = [&](CUfunction_attribute which) {
    int value = -99;
    EXPECT_EQ(cu.cuFuncGetAttribute(&value, which, functions[0]), CUDA_SUCCESS);
    return value;
  };
  EXPECT_EQ(attribute(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK), 256);
  EXPECT_EQ(attribute(CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES), 12);
  EXPECT_EQ(attribute(CU_FUNC_ATTRIBUTE_PTX_VERSION), 80);
  EXPECT_EQ(attribute(CU_FUNC_ATTRIBUTE_BINARY_VERSION), 90);
  EXPECT_EQ(attribute(CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT), -1);
  EXPECT_EQ(cu.cuFuncSetAttribute(functions[0], CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, 50), CUDA_SUCCESS);
  EXPECT_EQ(attribute(CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT), 50);
  EXPECT_EQ(cu.cuFuncSetAttribute(functions[0], CU_FUNC_ATTRIBUTE_NUM_REGS, 5), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuFuncSetAttribute(functions[0], CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 300000),
            CUDA_ERROR_INVALID_VALUE);

  CUdeviceptr table = 0;
  std::size_t bytes = 0;
  EXPECT_EQ(cu.cuModuleGetGlobal_v2(&table, &bytes, module, "table"), CUDA_SUCCESS);
  EXPECT_EQ(bytes, 32u);
  EXPECT_EQ(cu.cuMemFree_v2(table), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuModuleGetGlobal_v2(&table, &bytes, module, "chair"), CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(cu.cuModuleGetFunction(functions, module, "third"), CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(cu.cuModuleUnload(module), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuFuncGetName(&name, functions[1]), CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(DriverApiTest, ManagedVariablesAreSeenByBoth) {
  CUlibrary code = nullptr;
  ASSERT_EQ(cu.cuLibraryLoadData(&code, kKernels, nullptr, nullptr, 0, nullptr, nullptr, 0), CUDA_SUCCESS);
  CUdeviceptr pointer = 0;
  std::size_t bytes = 0;
  ASSERT_EQ(cu.cuLibraryGetManaged(&pointer, &bytes, code, "shared_with_host"), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuLibraryGetManaged(&pointer, &bytes, code, "table"), CUDA_ERROR_NOT_FOUND);
  auto *value = reinterpret_cast<volatile unsigned *>(pointer);
  EXPECT_EQ(*value, 5u);
  *value = 40;
  CUkernel kernel = nullptr;
  ASSERT_EQ(cu.cuLibraryGetKernel(&kernel, code, "second"), CUDA_SUCCESS);
  // A kernel stands for the function it is on the current device.
  EXPECT_EQ(cu.cuLaunchKernel(reinterpret_cast<CUfunction>(kernel), 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr),
            CUDA_SUCCESS);
  EXPECT_EQ(cu.cuCtxSynchronize(), CUDA_SUCCESS);
  EXPECT_EQ(*value, 41u);
  unsigned isManaged = 0;
  EXPECT_EQ(cu.cuPointerGetAttribute(&isManaged, CU_POINTER_ATTRIBUTE_IS_MANAGED, pointer), CUDA_SUCCESS);
  EXPECT_EQ(isManaged, 1u);
  EXPECT_EQ(cu.cuLibraryUnload(code), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuLibraryUnload(code), CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(DriverApiTest, LibrariesHoldKernels) {
  CUlibrary code = nullptr, of = nullptr;
  ASSERT_EQ(cu.cuLibraryLoadData(&code, kKernels, nullptr, nullptr, 0, nullptr, nullptr, 0), CUDA_SUCCESS);
  unsigned count = 0;
  EXPECT_EQ(cu.cuLibraryGetKernelCount(&count, code), CUDA_SUCCESS);
  EXPECT_EQ(count, 2u);
  CUkernel kernels[2] = {}, found = nullptr;
  EXPECT_EQ(cu.cuLibraryEnumerateKernels(kernels, 2, code), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuLibraryGetKernel(&found, code, "first"), CUDA_SUCCESS);
  EXPECT_EQ(found, kernels[0]);
  EXPECT_EQ(cu.cuLibraryGetKernel(&found, code, "third"), CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(cu.cuKernelGetLibrary(&of, kernels[1]), CUDA_SUCCESS);
  EXPECT_EQ(of, code);
  CUfunction function = nullptr;
  EXPECT_EQ(cu.cuKernelGetFunction(&function, kernels[0]), CUDA_SUCCESS);
  int threads = 0;
  EXPECT_EQ(cu.cuKernelGetAttribute(&threads, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, kernels[0], 1), CUDA_SUCCESS);
  EXPECT_EQ(threads, 256);
  CUdeviceptr table = 0;
  std::size_t bytes = 0;
  EXPECT_EQ(cu.cuLibraryGetGlobal(&table, &bytes, code, "table"), CUDA_SUCCESS);
  EXPECT_EQ(bytes, 32u);
  EXPECT_EQ(cu.cuLibraryUnload(code), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuKernelGetLibrary(&of, kernels[1]), CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(DriverApiTest, LinksOneText) {
  CUlinkState link = nullptr;
  ASSERT_EQ(cu.cuLinkCreate_v2(0, nullptr, nullptr, &link), CUDA_SUCCESS);
  std::string text = kKernels;
  void *image = nullptr;
  std::size_t size = 0;
  EXPECT_EQ(cu.cuLinkComplete(link, &image, &size), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.cuLinkAddData_v2(link, CU_JIT_INPUT_PTX, text.data(), text.size(), "x", 0, nullptr, nullptr),
            CUDA_SUCCESS);
  EXPECT_EQ(cu.cuLinkAddData_v2(link, CU_JIT_INPUT_PTX, text.data(), text.size(), "x", 0, nullptr, nullptr),
            CUDA_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(cu.cuLinkComplete(link, &image, &size), CUDA_SUCCESS);
  CUmodule module = nullptr;
  EXPECT_EQ(cu.cuModuleLoadData(&module, image), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuLinkDestroy(link), CUDA_SUCCESS);
  EXPECT_EQ(cu.cuModuleUnload(module), CUDA_SUCCESS);
}
