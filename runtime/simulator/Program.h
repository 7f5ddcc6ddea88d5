//===- Program.h - A kernel decoded for execution ---------------*- C++ -*-===//
//
// What the decoder makes of PTX records: dense instructions that name the function which executes them for all lanes of
// a warp, with every operand an offset into one of three banks.
//
//   frame       the registers of the function, live ranges packed; each register 32 lanes side by side
//   constants   immediates and addresses of variables, already broadcast to 32 lanes; shared by all warps
//   specials    %tid, %ctaid, ... of this warp
//
//   add.s32 %r1, %r2, 5   →   {exec = add<int32>, op = {frame+0x80, frame+0x100, constants+0x40}}
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_PROGRAM_H
#define TESSERA_RUNTIME_SIMULATOR_PROGRAM_H

#include "runtime/simulator/PtxAst.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::sim {

constexpr unsigned WarpSize = 32;
constexpr uint32_t AllLanes = ~0u;

struct Warp;
struct Instr;
using Exec = void (*)(Warp &, const Instr &);

/// An operand: byte offset into a bank, the bank in the two low bits.
using Ref = uint32_t;
constexpr Ref NoRef = ~0u;
enum Bank : uint32_t { FrameBank = 0, ConstantBank = 1, SpecialBank = 2 };

/// What the scheduler does around an instruction.
enum class Kind : uint8_t {
  Simple,      ///< exec, go on
  Faulting,    ///< exec may report an error
  GlobalWrite, ///< the same; others run first where the warp has read global memory in its turn
  WarpSync,    ///< exec once the lanes of the member mask in op[5] have arrived, or all live ones where op[5] is NoRef
  Yield,       ///< exec, then let others run: nanosleep, failed waits
  Branch,      ///< to `target` where the guard holds, else `other`
  BranchTable, ///< brx.idx: op[0] index, list: targets
  Call,        ///< `target`: function in the program, or op[0]: register with a function's address
  Return,
  Exit,
  Barrier, ///< op[0] barrier number, op[1] thread count or NoRef, op[2] input predicate, op[3] result; `flags`:
           ///< BarrierFlags
};

enum BarrierFlags : uint8_t {
  BarrierArrive = 1,  ///< does not wait
  BarrierAligned = 2, ///< the warp as a whole
  BarrierPopc = 4,
  BarrierAnd = 8,
  BarrierOr = 16,
  BarrierCluster = 32,
  BarrierClusterWait = 64,
  BarrierWarpgroup = 128, ///< wgmma.wait_group: `imm` groups may go on
};

/// Instr::flags of a WarpSync instruction that only synchronises: lanes may come to it at different places.
constexpr uint8_t SyncOnly = 0x80;

/// Bits of Instr::ordering.
constexpr uint8_t StrongAccess = 1;   ///< volatile, relaxed, acquire, release and atomic accesses
constexpr uint8_t AsyncRegisters = 2; ///< wgmma: goes on with its registers after the instruction
constexpr uint8_t Acquiring = 4;      ///< a strong access that acquires by itself, or is volatile
constexpr uint8_t Releasing = 8;      ///< the same for releases
constexpr uint8_t MbarrierAccess = 4; ///< mbarrier instructions

/// Where a store instruction has the values that it stores.
enum class StoredValues : uint8_t {
  Unknown,
  List,    ///< `count` elements of `bytes` bytes in `list`, registers of `target` bits
  Rows,    ///< stmatrix: lane 8 i + r stores row r of register i
  Columns, ///< stmatrix.trans
};

struct Instr {
  Exec exec = nullptr;
  const Ref *list = nullptr; ///< further operands: vectors, fragments
  int64_t imm = 0;           ///< address offset, or what the instruction makes of it
  Ref op[6] = {NoRef, NoRef, NoRef, NoRef, NoRef, NoRef};
  Ref guard = NoRef;
  uint32_t target = 0, other = 0;
  Kind kind = Kind::Simple;
  uint8_t flags = 0; ///< what the instruction makes of them
  uint8_t count = 0; ///< vector length or operands in `list`
  ptx::Space space = ptx::Space::Generic;
  bool guardNegated = false;
  bool spins = false; ///< branch back to a loop that waits for memory
  uint8_t bytes = 0;  ///< of one element in memory
  uint8_t ordering = 0;
  StoredValues stores = StoredValues::Unknown;
};

/// Where an instruction stands: kept beside the code, since only errors need it.
struct Origin {
  uint32_t line = 0; ///< in the PTX text
  uint32_t location = ptx::None;
  std::string_view text;
};

/// A parameter or result of a device function as bytes of the thread's local frame.
struct Slot {
  uint32_t offset = 0, size = 0;
};

/// A register with a place of its own (Decoder::pin) that an instruction touches.
struct PinnedAccess {
  Ref place = NoRef;
  bool read = false, written = false;
};

struct Code {
  const ptx::Function *source = nullptr;
  uint32_t number = 0; ///< in Program::codes
  std::vector<Instr> instrs;
  std::vector<Origin> origins;
  std::vector<std::vector<Ref>> lists; ///< what Instr::list points into
  uint32_t frameBytes = 0;             ///< registers of one warp
  uint32_t localBytes = 0;             ///< of one thread: .local and .param variables
  uint32_t pressure = 0;               ///< most 32-bit registers live at once
  std::vector<Slot> parameters, results;
  std::vector<std::vector<PinnedAccess>> pinned; ///< by instruction; empty as a whole where no register is pinned
  std::vector<char> constants;                   ///< 64-byte aligned through `constantBase`
  char *constantBase = nullptr;
};

/// A call's arguments, in Code order: bytes of the caller's frame copied to the callee's parameters and back.
struct CallSite {
  std::vector<Slot> arguments, results;
  uint32_t system = ~0u; ///< a SystemCall instead of a function
};

enum class SystemCall : uint32_t { Vprintf, AssertFail, Malloc, Free };

/// A shared variable at its address; `.extern` ones end where the CTA's memory does.
struct SharedVariable {
  std::string_view name;
  uint32_t address = 0, size = 0;
  bool isExtern = false;
};

/// A kernel with all it calls.
struct Program {
  std::vector<std::unique_ptr<Code>> codes; ///< 0: the kernel; others by number of the function called
  std::vector<uint32_t> functionOf;         ///< module function → index in `codes`, or None
  std::vector<CallSite> calls;              ///< Instr::imm of a Call
  std::vector<SharedVariable> sharedVariables;
  uint32_t staticShared = 0; ///< bytes, from SharedBase
  uint32_t dynamicSharedOffset = 0;
  bool usesCalls = false;
  bool usesStack = false;          ///< alloca
  bool usesReservedShared = false; ///< names %reserved_smem_offset_1: cooperative groups keep barriers there
};

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_PROGRAM_H
