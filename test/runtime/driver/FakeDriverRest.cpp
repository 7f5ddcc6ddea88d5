// The functions of the fake driver that do nothing at all.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/driver/CudaApi.h"

namespace tessera::cuda {
#define TESSERA_NOTHING(symbol, parameters)                                                                            \
  extern "C" __attribute__((weak, visibility("default"))) CUresult symbol parameters { return CUDA_SUCCESS; }
TESSERA_CUDA_FUNCTIONS_NEEDED(TESSERA_NOTHING)
} // namespace tessera::cuda
