// Everything of the library that needs no compiler: devices, memory, streams, kernels from PTX.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_RUNTIME_H
#define TESSERA_RUNTIME_H

#include "tessera/Argument.h"
#include "tessera/ArgumentSet.h"
#include "tessera/Buffer.h"
#include "tessera/Cache.h"
#include "tessera/Counts.h"
#include "tessera/Device.h"
#include "tessera/Expected.h"
#include "tessera/HostArray.h"
#include "tessera/Log.h"
#include "tessera/PtxModule.h"
#include "tessera/Stream.h"
#include "tessera/TensorMap.h"
#include "tessera/Types.h"

#endif // TESSERA_RUNTIME_H
