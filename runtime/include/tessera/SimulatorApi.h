// What libtessera_cuda_simulator.so exports beside the CUDA Driver API, as plain C. Programs in other languages find
// the functions with dlsym; the structures only ever grow at their end, and say how long they are.
//
//   tessera_simulator_count(1);
//   cuLaunchKernel(...); cuCtxSynchronize();
//   const TesseraLaunchCounts *counts = tessera_simulator_last_counts();
//   printf("%llu warp instructions\n", counts->totals.warp_instructions);
//
// What the numbers mean is said in runtime/simulator/Counts.h.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_SIMULATORAPI_H
#define TESSERA_SIMULATORAPI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TESSERA_INSTRUCTION_CLASSES = 20, TESSERA_FLOP_KINDS = 9, TESSERA_BANKS = 32 };

typedef struct TesseraCounts {
  uint64_t thread_instructions, warp_instructions;
  uint64_t classes[TESSERA_INSTRUCTION_CLASSES]; ///< see tessera_simulator_class_name
  uint64_t global_sectors, global_sectors_least;
  uint64_t shared_wavefronts, shared_wavefronts_least;
  uint64_t global_bytes, l1_bypass_bytes, local_bytes, async_copy_bytes, tma_bytes;
  uint64_t tensor_flops;
  uint64_t divergent_branches, barrier_waits;
  uint64_t flops[TESSERA_FLOP_KINDS]; ///< see tessera_simulator_flop_name
} TesseraCounts;

typedef struct TesseraLineCounts {
  const char *file; ///< of `.loc`; "ptx" where the kernel has none: the line is the PTX's own
  uint32_t line;    ///< 0 of "ptx": instructions without a line in a kernel that has some
  TesseraCounts counts;
} TesseraLineCounts;

/// An instruction that accesses shared memory, with its worst execution.
typedef struct TesseraSharedAccess {
  const char *file;
  uint32_t line, ptx_line;
  const char *instruction;
  uint64_t executions, wavefronts, wavefronts_least;
  uint64_t bank_words[TESSERA_BANKS]; ///< words that each bank delivered
  uint32_t bytes;                     ///< of a lane
  uint32_t lanes;                     ///< that take part
  uint32_t addresses[TESSERA_BANKS];  ///< of each lane
  uint32_t worst_wavefronts, worst_least;
  uint32_t kind; ///< 0 plain; 1 atomic: lanes do not share words; 2 matrix: each has its own turn
} TesseraSharedAccess;

typedef struct TesseraLaunchCounts {
  size_t size; ///< of this structure
  const char *kernel, *target;
  uint32_t grid[3], block[3], cluster[3];
  uint32_t registers; ///< of a thread: an estimate from live ranges, not what ptxas allocates
  uint32_t static_shared, dynamic_shared;
  TesseraCounts totals;
  uint64_t footprint_read, footprint_written; ///< distinct bytes of global memory, in whole sectors of 32
  const TesseraLineCounts *lines;
  size_t line_count;
  const TesseraSharedAccess *shared_accesses;
  size_t shared_access_count;
} TesseraLaunchCounts;

typedef struct TesseraOccupancy {
  size_t size; ///< of this structure
  uint32_t blocks, warps, maximum_warps;
  uint32_t limit; ///< 0 warps, 1 blocks, 2 registers, 3 shared memory
} TesseraOccupancy;

/// Ends the kernel that runs now, if any, with CUDA_ERROR_LAUNCH_TIMEOUT and a report of where its warps stand. May be
/// called by any thread and by a signal handler.
void tessera_simulator_stop(void);
/// Whether launches from now on are counted. Costs time while it is on, none while it is off.
void tessera_simulator_count(int on);
/// The counts of the last counted launch that ran to its end; null where there is none. Valid until the next call of
/// this function by any thread. Wait for the launch first.
const TesseraLaunchCounts *tessera_simulator_last_counts(void);
/// "alu", ...; null past the last.
const char *tessera_simulator_class_name(unsigned index);
/// "fp32", "tensor_fp16", ...; null past the last.
const char *tessera_simulator_flop_name(unsigned index);
/// How many blocks a multiprocessor of compute capability `capability` (90 for 9.0) holds; false where it is not known.
int tessera_simulator_occupancy(unsigned capability, unsigned threads, unsigned registers, unsigned shared_bytes,
                                TesseraOccupancy *occupancy);

#ifdef __cplusplus
}
#endif

#endif // TESSERA_SIMULATORAPI_H
