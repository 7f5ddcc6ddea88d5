//===- Families.h - The families of instructions that are compiled for each host instruction set --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_FAMILIES_H
#define TESSERA_RUNTIME_SIMULATOR_FAMILIES_H

#include "runtime/simulator/Decode.h"

namespace tessera::sim::TESSERA_SIM_ISA {

// Each decodes the instruction at hand if the opcode is one of its own; see Families.cpp for which.
bool decodeInteger(Decoder &d);
bool decodeBits(Decoder &d);
bool decodeMove(Decoder &d);
bool decodeCompare(Decoder &d);
bool decodeFloat(Decoder &d);
bool decodeApproximate(Decoder &d);
bool decodeHalf(Decoder &d);
bool decodeConvert(Decoder &d);
bool decodeLoad(Decoder &d);
bool decodeStore(Decoder &d);
bool decodeWarp(Decoder &d);
bool decodeMatrix(Decoder &d);
bool decodeMatrixMemory(Decoder &d);
bool decodeWmma(Decoder &d);
bool decodeWgmma(Decoder &d);

} // namespace tessera::sim::TESSERA_SIM_ISA

#endif // TESSERA_RUNTIME_SIMULATOR_FAMILIES_H
