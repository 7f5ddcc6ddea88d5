// What ptxas says of the examples' kernels in their default configurations: nothing is spilled. The same of the files
// in kernels/ in the configurations that they are written for. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/end_to_end/Harness.h"

#include <fstream>
#include <sstream>

using namespace tessera;
using namespace tessera::endtoend;

namespace {

struct Compilation {
  const char *name, *folder, *file, *kernel, *signature;
  int warps, stages;
};

std::ostream &operator<<(std::ostream &out, const Compilation &compilation) { return out << compilation.name; }

#define STRIDES "i32:16, i32:16, i32:16, i32:16, i32:16, i32:16, i32:16, i32:16, i32:16, i32:16, i32:16, i32:16"
#define TUTORIAL_STRIDES                                                                                               \
  "i32:16, i32:16, i32:16, 1, i32:16, i32:16, i32:16, 1, i32:16, i32:16, i32:16, 1, i32:16, i32:16, i32:16, 1"

const Compilation kCompilations[] = {
    {"VectorAdd", TESSERA_EXAMPLES, "vector_add/vector_add.tile", "vector_add",
     "*fp32:16, *fp32:16, *fp32:16, i32, BLOCK=1024", 4, 3},
    {"Softmax", TESSERA_EXAMPLES, "softmax/softmax.tile", "softmax", "*fp32:16, *fp32:16, i32, i32, i32, BLOCK=1024", 4,
     3},
    {"SoftmaxLong", TESSERA_EXAMPLES, "softmax/softmax.tile", "softmax",
     "*fp16:16, *fp16:16, i32:16, i32:16, i32:16, BLOCK=8192", 8, 3},
    {"SoftmaxOnline", TESSERA_EXAMPLES, "softmax/softmax.tile", "softmax_online",
     "*fp32:16, *fp32:16, i32, i32, i32, BLOCK=4096", 8, 3},
    {"MatmulFp16", TESSERA_EXAMPLES, "matmul/matmul.tile", "matmul",
     "*fp16:16, *fp16:16, *fp16:16, *fp16:16, i32:16, i32:16, i32:16, i32:16, 1, i32:16, 1, i32:16, 1, BLOCK_M=64, "
     "BLOCK_N=64, "
     "BLOCK_K=32, GROUP_M=8, EPILOGUE=\"bias_gelu\"",
     4, 3},
    {"MatmulFp32", TESSERA_EXAMPLES, "matmul/matmul.tile", "matmul",
     "*fp32:16, *fp32:16, *fp32:16, *fp32:16, i32:16, i32:16, i32:16, i32:16, 1, i32:16, 1, i32:16, 1, BLOCK_M=64, "
     "BLOCK_N=64, "
     "BLOCK_K=32, GROUP_M=8, EPILOGUE=\"none\"",
     4, 3},
    {"MatmulBf16Transposed", TESSERA_EXAMPLES, "matmul/matmul.tile", "matmul",
     "*bf16:16, *bf16:16, *bf16:16, *bf16:16, i32, i32, i32, 1, i32, 1, i32, i32, 1, BLOCK_M=64, BLOCK_N=64, "
     "BLOCK_K=32, GROUP_M=8, EPILOGUE=\"bias\"",
     4, 3},
    {"MatmulInt8", TESSERA_EXAMPLES, "matmul/matmul.tile", "matmul",
     "*i8:16, *i8:16, *i32:16, *i32:16, i32:16, i32:16, i32:16, i32:16, 1, i32:16, 1, i32:16, 1, BLOCK_M=64, "
     "BLOCK_N=64, "
     "BLOCK_K=32, GROUP_M=8, EPILOGUE=\"none\"",
     4, 3},
    {"Attention64", TESSERA_EXAMPLES, "attention/attention.tile", "attention",
     "*fp16:16, *fp16:16, *fp16:16, *fp16:16, fp32, i32, i32:16, i32:16, " STRIDES
     ", HEAD_DIM=64, BLOCK_D=64, BLOCK_M=64, BLOCK_N=64, GROUP=1, CAUSAL=True",
     4, 2},
    {"Attention128", TESSERA_EXAMPLES, "attention/attention.tile", "attention",
     "*bf16:16, *bf16:16, *bf16:16, *bf16:16, fp32, i32, i32, i32, " STRIDES
     ", HEAD_DIM=128, BLOCK_D=128, BLOCK_M=64, BLOCK_N=32, GROUP=4, CAUSAL=False",
     4, 2},
    {"TutorialMatmul", TESSERA_TEST_KERNELS, "matmul.py", "matmul_kernel",
     "*fp16:16, *fp16:16, *fp16:16, i32:16, i32:16, i32:16, i32:16, 1, i32:16, 1, i32:16, 1, BLOCK_SIZE_M=64, "
     "BLOCK_SIZE_N=64, "
     "BLOCK_SIZE_K=32, GROUP_SIZE_M=8, ACTIVATION=\"leaky_relu\"",
     4, 4},
    {"TutorialMatmulLarge", TESSERA_TEST_KERNELS, "matmul.py", "matmul_kernel",
     "*fp16:16, *fp16:16, *fp16:16, i32:16, i32:16, i32:16, i32:16, 1, i32:16, 1, i32:16, 1, BLOCK_SIZE_M=128, "
     "BLOCK_SIZE_N=256, "
     "BLOCK_SIZE_K=64, GROUP_SIZE_M=8, ACTIVATION=\"\"",
     8, 3},
    {"TutorialAttention", TESSERA_TEST_KERNELS, "attention.py", "_attn_fwd",
     "*fp16:16, *fp16:16, *fp16:16, fp32, *fp32:16, *fp16:16, " TUTORIAL_STRIDES
     ", i32, i32, i32:16, HEAD_DIM=64, BLOCK_M=64, BLOCK_N=32, STAGE=3",
     4, 3},
    {"TutorialAttentionLarge", TESSERA_TEST_KERNELS, "attention.py", "_attn_fwd",
     "*fp16:16, *fp16:16, *fp16:16, fp32, *fp32:16, *fp16:16, " TUTORIAL_STRIDES
     ", i32, i32, i32:16, HEAD_DIM=64, BLOCK_M=128, BLOCK_N=64, STAGE=3",
     4, 3},
    {"TutorialLayerNorm", TESSERA_TEST_KERNELS, "layer_norm.py", "_layer_norm_fwd_fused",
     "*fp16:16, *fp16:16, *fp16:16, *fp16:16, *fp32:16, *fp32:16, i32:16, i32:16, fp32, BLOCK_SIZE=2048, HAS_BIAS=True",
     8, 3},
};

class Resources : public testing::TestWithParam<Compilation> {};

} // namespace

TEST_P(Resources, NothingIsSpilled) {
  if (!hasAssembler())
    GTEST_SKIP() << "ptxas is not found";
  const Compilation &compilation = GetParam();
  for (const char *target : {"sm_80", "sm_86", "sm_89", "sm_90a"}) {
    SCOPED_TRACE(target);
    CompileRequest request;
    request.name = std::string(compilation.folder) + "/" + compilation.file;
    std::ifstream in(request.name);
    request.source = std::string(std::istreambuf_iterator<char>(in), {});
    request.kernel = compilation.kernel;
    request.signature = compilation.signature;
    request.options.numWarps = compilation.warps;
    request.options.numStages = compilation.stages;
    request.options.target = target;
    Expected<CompileResult> result = compile(request);
    ASSERT_TRUE(result) << result.error().text();
    const std::string report = assemble(result->artifact.ptx, target);
    EXPECT_NE(report.find(" 0 bytes spill stores, 0 bytes spill loads"), std::string::npos) << report;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, Resources, testing::ValuesIn(kCompilations),
                         [](const testing::TestParamInfo<Compilation> &info) { return std::string(info.param.name); });
