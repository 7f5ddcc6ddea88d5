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
bool decodeStack(Decoder &d);
bool decodeSystem(Decoder &d);
bool decodeVideo(Decoder &d);
bool decodeTensorMap(Decoder &d);

// Reached from those above, what names them consumed.
bool decodeBulk(Decoder &d, bool reduces);
bool decodeBulkTensor(Decoder &d, bool reduces);
bool decodeCopiesArrive(Decoder &d);
bool decodeReduceAsync(Decoder &d);
bool decodeStoreAsync(Decoder &d);
bool decodeTensorMapFence(Decoder &d);

} // namespace tessera::sim::common

#endif // TESSERA_RUNTIME_SIMULATOR_COMMONFAMILIES_H
