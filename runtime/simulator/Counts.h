//===- Counts.h - What a launch is counted by -------------------*- C++ -*-===//
//
// A launch with LaunchConfig::count says exactly what its instructions did: how many were executed, what they asked of
// global and of shared memory, and what the least possible would have been. The numbers come from a simple machine that
// is written down here, not from a clock, so they are the same on every host, for every number of host threads and for
// every seed.
//
//   instructions   one warp instruction is one instruction executed by one group of lanes that stand together; lanes
//                  whose guard does not hold are not counted as thread instructions, the warp instruction is
//   global memory  32-byte sectors. A warp instruction asks for the distinct sectors its lanes touch; the least is
//                  its distinct bytes / 32, rounded up
//
//                      32 lanes x 4 bytes, contiguous      4 sectors, least 4
//                      the same from address 4 on          5 sectors, least 4
//                      every 8th word                     32 sectors, least 4
//                      one word for all lanes              1 sector,  least 1
//
//   shared memory  32 banks of 4 bytes. Lanes are served in parts: all 32 for accesses of up to 4 bytes, 16 and 16 for
//                  8 bytes, 8 at a time for 16 bytes (a matrix of ldmatrix and stmatrix). A part takes as many
//                  wavefronts as the busiest bank has distinct words to deliver. Parts that follow each other go
//                  together as long as no bank has two words to deliver for them; matrices do not. Lanes that want the
//                  same word share it, those of an atomic operation do not. The least is the distinct bytes / 128,
//                  rounded up
//
//                      lane i at word i                    1 wavefront,  least 1
//                      lane i at word 2 i                  2 wavefronts, least 1
//                      lane i at word 32 i                32 wavefronts, least 1
//                      lane i at 16 i, 16 bytes            4 wavefronts, least 4
//                      all lanes at one place, 16 bytes    1 wavefront,  least 1
//
// A loop in which lanes only wait for memory that others change counts as one round, however often it went round:
// see CountWaits.cpp.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_COUNTS_H
#define TESSERA_RUNTIME_SIMULATOR_COUNTS_H

#include "runtime/simulator/Banks.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::sim {

/// What an instruction is counted as: one class each, by its opcode. See Classify.h.
enum class InstrClass : uint8_t {
  Alu,
  Fma,
  Mma,
  Wgmma,
  Sfu,
  GlobalLoad,
  GlobalStore,
  SharedLoad,
  SharedStore,
  LdMatrix,
  StMatrix,
  AsyncCopy,
  Tma,
  Atomic,
  Shuffle,
  Barrier,
  Branch,
  Convert,
  Move,
  Other,
};
constexpr size_t InstrClassCount = static_cast<size_t>(InstrClass::Other) + 1;
/// "alu", "global_load", ...
std::string_view name(InstrClass instrClass);

/// The units that arithmetic is counted for: what a roofline has a ceiling for.
enum class FlopKind : uint8_t { None, Fp64, Fp32, Fp16, TensorFp64, TensorTf32, TensorFp16, TensorFp8, TensorInt8 };
constexpr size_t FlopKindCount = static_cast<size_t>(FlopKind::TensorInt8) + 1;
/// "fp32", "tensor_fp16", ...
std::string_view name(FlopKind kind);

struct Counts {
  uint64_t threadInstructions = 0;
  uint64_t warpInstructions = 0;
  std::array<uint64_t, InstrClassCount> classes{}; ///< warp instructions by class
  uint64_t globalSectors = 0;
  uint64_t globalSectorsLeast = 0;
  uint64_t sharedWavefronts = 0;
  uint64_t sharedWavefrontsLeast = 0;
  uint64_t globalBytes = 0;    ///< by ld, st, atom, red: distinct bytes of each warp instruction, summed
  uint64_t l1BypassBytes = 0;  ///< of globalBytes and asyncCopyBytes: atomics, .cg, .cv, .volatile, .relaxed, ...
  uint64_t localBytes = 0;     ///< of local memory: spills, indexed arrays
  uint64_t asyncCopyBytes = 0; ///< by cp.async: bytes read from global memory
  uint64_t tmaBytes = 0;       ///< by cp.async.bulk and its kin: bytes read from or written to global memory
  uint64_t tensorFlops = 0;    ///< 2 m n k of every mma, wmma and wgmma
  uint64_t divergentBranches = 0;
  uint64_t barrierWaits = 0; ///< warp instructions that wait at a barrier or for a phase of an mbarrier
  std::array<uint64_t, FlopKindCount> flops{}; ///< operations by unit; fused multiply-adds are two

  Counts &operator+=(const Counts &other);
  bool operator==(const Counts &) const = default;
};

/// What stands on one line of the source; of the PTX text, under the module's name, where the kernel carries no `.loc`.
/// Line 0 of the module: instructions without a line in a kernel that has some.
struct LineCounts {
  std::string file;
  uint32_t line = 0;
  Counts counts;
  bool operator==(const LineCounts &) const = default;
};

/// One instruction that accesses shared memory, with its worst execution: the one with the most wavefronts above the
/// least, the earliest in the lowest block among equals.
struct SharedAccess {
  std::string file;
  uint32_t line = 0;
  uint32_t ptxLine = 0;
  std::string instruction; ///< its text in the PTX
  uint64_t executions = 0;
  uint64_t wavefronts = 0, wavefrontsLeast = 0; ///< of all executions
  std::array<uint64_t, 32> bankWords{};         ///< words each bank delivered, of all executions
  // Of the worst execution.
  uint32_t bytes = 0; ///< of a lane
  uint32_t lanes = 0; ///< that take part
  std::array<uint32_t, 32> addresses{};
  uint32_t worstWavefronts = 0, worstLeast = 0;
  BankAccess access = BankAccess::Plain;
  bool operator==(const SharedAccess &) const = default;
};

/// All that a counted launch came to.
struct LaunchCounts {
  bool counted = false;
  Counts totals;
  std::vector<LineCounts> lines;            ///< in order of file and line
  std::vector<SharedAccess> sharedAccesses; ///< in order of file and line
  /// Distinct bytes of global memory that were read and written, in whole sectors: what must come from and go to
  /// memory when the caches lose nothing.
  uint64_t footprintRead = 0, footprintWritten = 0;
  bool operator==(const LaunchCounts &) const = default;
};

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_COUNTS_H
