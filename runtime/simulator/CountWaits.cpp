//===- CountWaits.cpp - Loops that only wait count once -------------------===//
//
// How often a warp looks at an mbarrier before its phase completes depends on which warp had its turn when, and on
// hardware on time itself. Counts must not. A loop that only waits is one in which
//
//   - the instructions stand in a row, and nothing leads elsewhere but out of the loop or to the next instruction
//   - nothing is written but registers, and memory by atomic operations
//   - no register carries anything from one round to the next
//
//     wait:  mbarrier.try_wait.parity.shared::cta.b64 %p1, [%r1], %r2;
//            @%p1 bra done;
//            bra wait;
//     done:
//
// So two rounds that see the same memory do the same, and a round after which the lanes go back without having changed
// memory did nothing: what it counted is taken back. Such a loop counts as its last round.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Count.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace tessera::sim {

using ptx::Operand;

namespace {

constexpr uint32_t MaximumLength = 32;

std::string_view rootOf(std::string_view opcode) { return opcode.substr(0, opcode.find('.')); }

/// How an opcode may stand in a waiting loop.
enum class Role { Defines, DefinesNothing, Forbidden };

Role roleOf(std::string_view opcode) {
  const std::string_view root = rootOf(opcode);
  if (root == "mbarrier")
    return opcode.find("_wait") != std::string_view::npos ? Role::Defines : Role::Forbidden;
  for (const std::string_view each : {"nanosleep", "membar", "fence", "bra"})
    if (root == each)
      return Role::DefinesNothing;
  for (const std::string_view each : {"ld", "atom", "mov", "cvt", "cvta", "add",  "sub",  "mul", "mad", "and",
                                      "or", "xor",  "not", "shl", "shr",  "setp", "selp", "min", "max", "lop3"})
    if (root == each)
      return Role::Defines;
  return Role::Forbidden;
}

/// Reads the registers of one function's instructions off their operands.
class Registers {
public:
  explicit Registers(const ptx::Function &function) : function(function) {}

  /// Calls f(register) for every register that the operand names.
  template <typename F> void each(const Operand &operand, F f) const {
    switch (operand.kind) {
    case Operand::Register:
      f(operand.index);
      break;
    case Operand::Address:
      if (operand.isRegister)
        f(operand.index);
      break;
    case Operand::Vector:
      for (uint32_t i = 0; i < operand.count; ++i)
        each(function.operands[operand.first + i], f);
      break;
    default:
      break;
    }
  }
  const Operand &operand(const ptx::Instruction &instruction, uint32_t i) const {
    return function.operands[instruction.first + i];
  }

private:
  const ptx::Function &function;
};

/// True when a register that the loop writes is read before it is written: its value comes from the round before.
class Carried {
public:
  explicit Carried(const ptx::Function &function) : registers(function) {}

  void visit(const ptx::Instruction &instruction, Role role) {
    const auto read = [&](uint32_t reg) {
      if (!written.contains(reg))
        readFirst.insert(reg);
    };
    if (instruction.guard != ptx::None)
      read(instruction.guard);
    const uint32_t first = role == Role::Defines ? 1 : 0;
    for (uint32_t i = first; i < instruction.count; ++i)
      registers.each(registers.operand(instruction, i), read);
    if (role != Role::Defines || instruction.count == 0)
      return;
    registers.each(registers.operand(instruction, 0), [&](uint32_t reg) {
      if (instruction.guard != ptx::None) // the other lanes keep what they had
        read(reg);
      written.insert(reg);
    });
  }
  bool any() const {
    return std::any_of(readFirst.begin(), readFirst.end(), [&](uint32_t reg) { return written.contains(reg); });
  }

private:
  Registers registers;
  std::unordered_set<uint32_t> readFirst, written;
};

using Sources = std::unordered_map<const char *, const ptx::Instruction *>;

/// True when the instructions [head, last] are a loop that only waits; `last` branches back to `head`.
bool onlyWaits(const Code &code, const Sources &sources, uint32_t head, uint32_t last,
               const std::vector<CountPlan::Instruction> &instructions) {
  Carried carried(*code.source);
  for (uint32_t pc = head; pc <= last; ++pc) {
    const Instr &instr = code.instrs[pc];
    if (instructions[pc].synthetic) {
      if (instr.kind != Kind::Branch)
        return false;
    } else {
      const ptx::Instruction &source = *sources.at(code.origins[pc].text.data());
      const Role role = roleOf(source.opcode);
      if (role == Role::Forbidden)
        return false;
      carried.visit(source, role);
    }
    if (instr.kind != Kind::Branch)
      continue;
    for (const uint32_t to : {instr.target, instr.other})
      if (to >= head && to <= last && to != pc + 1 && !(pc == last && to == head))
        return false;
  }
  return !carried.any();
}

} // namespace

void markWaitLoops(const Code &code, std::vector<CountPlan::Instruction> &instructions) {
  Sources sources;
  for (const ptx::Instruction &source : code.source->instructions)
    sources.emplace(source.text.data(), &source);
  for (uint32_t pc = 0; pc < code.instrs.size(); ++pc) {
    const Instr &instr = code.instrs[pc];
    if (instr.kind != Kind::Branch || !instr.spins)
      continue;
    const uint32_t head = std::min(instr.target, instr.other);
    if (head > pc || pc - head >= MaximumLength || !onlyWaits(code, sources, head, pc, instructions))
      continue;
    std::for_each(instructions.begin() + head, instructions.begin() + pc + 1,
                  [](CountPlan::Instruction &each) { each.waitLoop = InWaitLoop; });
    instructions[head].waitLoop = WaitLoopHead;
  }
}

void noteInRound(Warp &warp, InstrCounts &record, uint32_t mask) {
  const Group &group = warp.groups[warp.current];
  auto &round = warp.round;
  if (record.waitLoop == WaitLoopHead) {
    round.clear();
    warp.wroteBeforeRound = warp.wrote;
    warp.wrote = warp.wroteInRound = false;
    warp.roundLanes = group.lanes;
  } else if (round.empty() || round.back().record->pc + 1 != record.pc || warp.roundLanes != group.lanes) {
    round.clear(); // lanes have parted: this round counts
    return;
  }
  round.push_back({&record, mask, {}});
}

void endRound(Warp &warp) {
  if (!warp.round.empty() && !warp.wrote && !warp.wroteInRound)
    for (const RoundEntry &entry : warp.round) {
      --entry.record->issued;
      entry.record->effective -= entry.lanes != 0;
      entry.record->lanes -= static_cast<uint64_t>(std::popcount(entry.lanes));
      entry.record->access.subtract(entry.access);
    }
  warp.wrote |= warp.wroteBeforeRound;
  warp.wroteBeforeRound = false;
  warp.round.clear();
}

} // namespace tessera::sim
