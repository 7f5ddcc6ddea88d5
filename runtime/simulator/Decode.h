//===- Decode.h - From PTX records to dense instructions --------*- C++ -*-===//
//
// A Decoder turns one function into Code. It walks the instructions, splits each opcode at its dots, and hands it to
// the family that knows the first word; the family consumes the modifiers it understands, asks for operands by width,
// and picks the template instance that executes the form. A modifier that nobody consumed is an error that names it, so
// no form is ever taken for another.
//
//   bool decodeNot(Decoder &d) {
//     const Type type = d.takeType();                      // .b32
//     d.instr.op[0] = d.define(0, bits(type));             // a register
//     d.instr.op[1] = d.use(1, type);                      // a register or an immediate
//     d.instr.exec = pickUnary<Not>(bits(type));
//     return d.done(2);                                    // two operands, no modifier left
//   }
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_DECODE_H
#define TESSERA_RUNTIME_SIMULATOR_DECODE_H

#include "runtime/simulator/Program.h"
#include "runtime/simulator/PtxAst.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tessera::sim {

class Decoder;
using Family = bool (*)(Decoder &);
struct FamilyEntry {
  std::string_view root;
  Family decode;
};

/// Where the variables that a program names lie.
struct SymbolTable {
  std::unordered_map<std::string_view, uint64_t> globals; ///< .global and .const: device addresses
  std::unordered_map<std::string_view, uint32_t> shared;  ///< module-scope .shared: shared addresses
  std::unordered_map<std::string_view, uint32_t> functions;
  std::unordered_set<std::string_view> constants; ///< those of `globals` that are .const
  uint32_t dynamicShared = 0;                     ///< address of `.extern .shared`
};

/// What keeps a program from being made: a line of text for each, and whether the PTX itself is at fault or only asks
/// for what the simulator lacks.
struct Defects {
  std::string text;
  bool faulty = false;
  void add(uint32_t line, const std::string &message, bool isFault = true) {
    text += std::to_string(line) + ": " + message + "\n";
    faulty |= isFault;
  }
};

/// Bits a register of the type takes in the frame: 1 (predicate), 16, 32, 64, 128.
unsigned storageBits(ptx::Type type);
constexpr unsigned StorageWidths[] = {1, 16, 32, 64, 128};

class Decoder {
public:
  Decoder(const ptx::Module &module, const ptx::Function &function, const SymbolTable &symbols, Program &program,
          Code &code);

  /// Decodes the whole function. What is wrong is added to `defects`, without the module's name.
  bool run(Defects &defects);

  // ---- For the families
  // ----------------------------------------------------------------------------------------------
  Instr instr;

  std::string_view root() const { return words[0]; }
  /// Consumes a modifier if the opcode has it.
  bool take(std::string_view modifier);
  /// Consumes whichever of the modifiers comes; -1 when none does.
  int takeOneOf(std::initializer_list<std::string_view> modifiers);
  /// Consumes the first modifier left that is a type; None when there is none.
  ptx::Type takeType();
  /// Consumes the first modifier left that begins with `prefix`; empty when none does.
  std::string_view takePrefix(std::string_view prefix);
  /// The first modifier left, not consumed; empty when none is.
  std::string_view peek() const;
  /// The type that the opcode ends with; None where it ends otherwise.
  ptx::Type lastType() const { return ptx::typeNamed(words.back()); }

  unsigned operandCount() const { return source->count; }
  const ptx::Operand &operand(unsigned i) const { return function.operands[source->first + i]; }
  const ptx::Operand &element(const ptx::Operand &vector, unsigned i) const {
    return function.operands[vector.first + i];
  }
  bool isVector(unsigned i) const { return i < operandCount() && operand(i).kind == ptx::Operand::Vector; }
  /// Storage bits of a register operand; 0 where it is none.
  unsigned widthOf(const ptx::Operand &operand) const;

  /// A source read as `type`: a register of its width, an immediate, a special register, the address of a variable.
  Ref use(const ptx::Operand &operand, ptx::Type type, bool widerAllowed = false);
  Ref use(unsigned i, ptx::Type type, bool widerAllowed = false);
  /// A predicate source; complemented ones are made positive by `negated`.
  Ref usePredicate(const ptx::Operand &operand, bool &negated);
  /// A register that is written; for `_` one that nobody reads.
  Ref define(const ptx::Operand &operand, unsigned bits, bool widerAllowed = false);
  Ref define(unsigned i, unsigned bits, bool widerAllowed = false);
  /// A constant broadcast to all lanes.
  Ref constant(uint64_t value, unsigned bits);
  /// Gives the register of a reference a place of its own in the frame, shared with no other register: what an
  /// asynchronous instruction reads or writes is known by its place.
  void pin(Ref ref);
  /// The function's carry flag, a predicate register of its own.
  Ref carry(bool isRead, bool isWritten);
  /// Gathers operands for Instr::list.
  std::vector<Ref> gathered;
  /// A vector operand (or a single one) of `count` elements, appended to `gathered`.
  bool gatherUses(const ptx::Operand &operand, unsigned count, ptx::Type type, bool widerAllowed = false);
  bool gatherDefinitions(const ptx::Operand &operand, unsigned count, unsigned bits, bool widerAllowed = false);
  /// [base + offset] into op[slot], imm, flags: see AddressFlags. `space` is the space of the instruction.
  bool address(const ptx::Operand &operand, unsigned slot, ptx::Space space);

  /// True when the operand is the address of a variable in the function's local frame, at `offset`.
  bool localSymbol(const ptx::Operand &operand, uint64_t &offset);

  bool fail(std::string message);
  /// The same where the PTX is right and the simulator lacks what it asks for.
  bool lack(std::string message);
  /// True when exactly `operands` were given and every modifier was consumed; sets the error otherwise.
  bool done(unsigned operands);
  bool done(unsigned least, unsigned most);
  bool failed() const { return !message.empty(); }
  unsigned version() const { return module.version; }
  /// Threads need a stack even where nothing is called.
  void needsStack();

private:
  struct Access {
    uint32_t reg;
    bool written;
    bool kept = false; ///< not read: what a guarded instruction writes keeps its value in the other lanes
  };
  struct Draft {
    Instr instr;
    std::vector<Ref> list;
    std::vector<Access> accesses;
    uint32_t source = 0;
  };
  /// Positions in the code between which a register must keep its value.
  struct Interval {
    uint32_t first = ptx::None, last = 0;
    bool used() const { return first != ptx::None; }
    void cover(uint32_t position) {
      first = std::min(first, position);
      last = std::max(last, position);
    }
  };
  struct Block {
    uint32_t begin = 0, end = 0; ///< drafts
    std::vector<uint32_t> successors, predecessors;
  };

  bool layOutVariables(Defects &defects);
  void split(std::string_view opcode);
  bool decodeOne(uint32_t index, Draft &draft);
  bool checkTarget();
  void nameWhatIsLacking();
  bool checkType();
  bool decodeControl(bool &matched);
  bool decodeBranch();
  bool decodeBranchTable();
  bool decodeCall();
  bool unresolved(std::string_view name);
  bool checkCall(const std::vector<ptx::Variable> &declared, const std::vector<Slot> &slots, const char *what);
  bool decodeBarrier();
  bool checkImmediateRange(unsigned i, int64_t least, int64_t most, int64_t unit);
  bool argumentSlots(const ptx::Operand &list, std::vector<Slot> &slots);
  bool labelTarget(std::string_view label, uint32_t scope, uint32_t &index) const;
  bool specialRegister(std::string_view text, Ref &ref, bool &wide);
  bool symbolAddress(const ptx::Operand &operand, uint64_t &value, bool &isLocal);
  const ptx::Variable *variable(const ptx::Operand &operand) const;
  Ref registerRef(uint32_t reg, bool written);
  bool checkRegisterType(const ptx::Operand &operand, ptx::Type wanted);
  bool checkSpace(const ptx::Operand &operand, ptx::Space space);
  bool checkImmediate(const ptx::Operand &operand, ptx::Type wanted);
  /// Registers beyond the function's own: the carry flag, and one of each width that takes what `_` is given.
  unsigned registerWidth(uint32_t reg) const;

  // Control flow and registers: ControlFlow.cpp, Registers.cpp.
  void buildBlocks();
  std::vector<uint32_t> blockOrder() const;
  void markSpinLoops();
  void emit(const std::vector<uint32_t> &order);
  void assignRegisters();
  uint32_t numberCrossing(std::vector<uint32_t> &dense) const;
  void coverCrossing(std::vector<Interval> &intervals) const;
  std::vector<Interval> liveIntervals() const;
  void resolveReferences(const std::vector<Ref> &offsets);
  void notePinned(const std::vector<Ref> &offsets);
  void alignConstants();

  const ptx::Module &module;
  const ptx::Function &function;
  const SymbolTable &symbols;
  Program &program;
  Code &code;
  const ptx::Instruction *source = nullptr;
  std::vector<std::string_view> words;
  uint32_t consumed = 0;                 ///< bit i: words[i]
  ptx::Type firstType = ptx::Type::None; ///< the first type of the opcode: usually that of the result
  std::string message;
  bool lacks = false; ///< what `message` says is no fault of the PTX
  std::vector<Access> accesses;
  std::vector<Draft> drafts;
  std::vector<Block> blocks;
  std::vector<std::vector<Access>> emittedAccesses;
  std::vector<std::pair<uint32_t, uint32_t>> emittedBlocks; ///< [begin, end) in code order
  std::vector<std::vector<uint32_t>> emittedSuccessors;
  std::vector<uint32_t> variableOffset; ///< of the function's variables in the local frame or shared memory
  std::map<std::pair<unsigned, uint64_t>, uint32_t> constantOffsets;
  uint32_t carryRegister = ptx::None;
  std::unordered_set<uint32_t> pinned; ///< registers
};

/// Instr::flags of memory instructions.
enum AddressFlags : uint8_t {
  AddressWide = 1,            ///< op[slot] is a 64-bit register, else 32 bits
  AddressAbsolute = 2,        ///< no register: imm alone
  AddressFrame = 4,           ///< imm is an offset into the local frame of the function
  AddressKernelParameter = 8, ///< imm is an offset into the parameter buffer
};

/// The families of one instruction set of the host; each source file of the executor is compiled once for each.
std::vector<FamilyEntry> baselineFamilies();
std::vector<FamilyEntry> avx2Families();
/// Families that gain nothing from vectors.
std::vector<FamilyEntry> commonFamilies();

/// Decodes `function` (an index into module.functions) and all it reaches.
std::unique_ptr<Program> decodeProgram(const ptx::Module &module, uint32_t function, const SymbolTable &symbols,
                                       uint32_t staticShared, Defects &defects);

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_DECODE_H
