// Everything of Tessera: kernels as text, compiled in process, launched on a GPU or on the simulator. Programs that
// only launch PTX include tessera/runtime.h and link tessera::runtime instead. SPDX-License-Identifier: Apache-2.0 WITH
// LLVM-exception
#ifndef TESSERA_TESSERA_H
#define TESSERA_TESSERA_H

#include "tessera/Compiler.h"
#include "tessera/Module.h"
#include "tessera/runtime.h"

#endif // TESSERA_TESSERA_H
