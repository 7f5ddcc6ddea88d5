//===- CommonFamilies.h - Families that are compiled once -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_COMMONFAMILIES_H
#define TESSERA_RUNTIME_SIMULATOR_COMMONFAMILIES_H

#include "runtime/simulator/Decode.h"

namespace tessera::sim::common {

bool decodeAtomic(Decoder &d);
bool decodeAsyncCopy(Decoder &d);
bool decodeMbarrier(Decoder &d);
bool decodeSystem(Decoder &d);

} // namespace tessera::sim::common

#endif // TESSERA_RUNTIME_SIMULATOR_COMMONFAMILIES_H
