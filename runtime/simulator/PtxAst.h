//===- PtxAst.h - What PTX text says ----------------------------*- C++ -*-===//
//
// The reader turns PTX text into these plain records and judges nothing but grammar: opcodes stay text
// ("ld.global.v4.b32"), registers are numbers, names of variables declared inside a function are resolved, all other
// names are left as text. Every view points into the text, which the module keeps.
//
//   .reg .b32 %r<3>;                  Function::registers gets %r0, %r1, %r2
//   @!%p1 add.s32 %r1, %r2, -4;       Instruction{guard=%p1 negated, "add.s32", [Register, Register, Immediate]}
//   ld.global.v2.b32 {%r1,%r2}, [%rd1+8];    [Vector of 2, Address of register +8]
//   setp.lt.s32 %p1|%p2, %r1, %r2;    [Vector of 2, Register, Register]
//   call (ret), f, (a, b);            [Vector of 1, Symbol, Vector of 2]
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_PTXAST_H
#define TESSERA_RUNTIME_SIMULATOR_PTXAST_H

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tessera::sim::ptx {

/// Fundamental types and the packed ones that instructions name.
enum class Type : uint8_t {
  None,
  Pred,
  B8,
  B16,
  B32,
  B64,
  B128,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  F16,
  F16x2,
  BF16,
  BF16x2,
  TF32,
  F32,
  F32x2,
  F64,
  E4M3,
  E5M2,
  E4M3x2,
  E5M2x2,
  E2M1,
  E2M3,
  E3M2,
  UE8M0,
  UE8M0x2,
  U16x2,
  S16x2,
  B1,
  U4,
  S4,
};

/// `name` without the dot ("u32"); None where it is no type.
Type typeNamed(std::string_view name);
const char *name(Type type);
/// Bits of one value of the type; 0 for None, 1 for Pred.
unsigned bits(Type type);
inline bool isFloat(Type t) { return t >= Type::F16 && t <= Type::F64; }
inline bool isSigned(Type t) { return t >= Type::S8 && t <= Type::S64; }

enum class Space : uint8_t { Generic, Global, Shared, Local, Param, Const };

constexpr uint32_t None = ~0u;

struct Operand {
  enum Kind : uint8_t {
    Register,  ///< `index`: number of the register in the function
    Special,   ///< `text`: "%tid.x", ...
    Immediate, ///< `value`
    Float32,   ///< `value`: bits, from 0f...
    Float64,   ///< `value`: bits, from 0d... or a decimal fraction
    Symbol, ///< `text`, `value` added; `index`: the function's variable, or None where it is the module's, a label or a
            ///< function
    Address, ///< [base + value]: base is register `index` when `isRegister`, else symbol `text` (empty: absolute)
    Vector,  ///< {a, b}, (a, b) or a|b: `count` operands from `first` in the function's pool
    Sink,    ///< _
  };
  Kind kind = Immediate;
  bool negated = false;    ///< !p
  bool isRegister = false; ///< of an Address
  uint32_t index = None;
  uint32_t first = 0, count = 0; ///< of a Vector; of an Address: the further operands inside the brackets
  int64_t value = 0;
  std::string_view text;
};

struct Instruction {
  std::string_view opcode;
  std::string_view text; ///< the whole statement
  uint32_t line = 0;
  uint32_t location = None; ///< in Module::locations
  uint32_t guard = None;    ///< register
  bool guardNegated = false;
  uint32_t scope = 0;
  uint32_t first = 0, count = 0; ///< operands, in the function's pool
};

/// A value inside an initialiser: a number of `bytes` bytes, or the address of a symbol.
struct Initialiser {
  uint64_t offset = 0;
  uint32_t bytes = 0;
  uint64_t value = 0;
  std::string_view symbol; ///< empty: none
  bool generic = false;    ///< generic(symbol)
};

struct Variable {
  std::string_view name;
  Space space = Space::Global;
  Type type = Type::B8;
  uint32_t alignment = 1;
  uint64_t size = 0; ///< bytes; 0 for `.extern .shared x[]`
  bool isArray = false;
  bool isExtern = false;
  bool isRegister = false; ///< a function's parameter declared with .reg
  bool isPointer = false;
  bool isManaged = false; ///< `.attribute(.managed)`
  uint32_t pointeeAlignment = 0;
  uint32_t line = 0;
  std::vector<Initialiser> values;
};

struct Register {
  Type type = Type::B32;
};

struct Scope {
  uint32_t parent = None;
  std::unordered_map<std::string_view, uint32_t> labels; ///< name → index of the instruction after it
};

struct CallPrototype {
  std::vector<Variable> results, parameters;
};

struct Function {
  std::string_view name;
  bool isEntry = false;
  bool hasBody = false;
  bool noReturn = false;
  uint32_t line = 0;
  uint32_t maxThreads[3] = {0, 0, 0};
  uint32_t requiredThreads[3] = {0, 0, 0};
  uint32_t requiredCluster[3] = {0, 0, 0};
  uint64_t maxRegisters = 0;  ///< `.maxnreg`; 0: not stated
  uint64_t leastResident = 0; ///< `.minnctapersm`; 0: not stated
  std::vector<Variable> results, parameters;
  std::vector<Variable> variables; ///< .local, .shared, .param declared inside, results and parameters first
  std::vector<Register> registers;
  std::vector<Instruction> instructions;
  std::vector<Operand> operands;
  std::vector<Scope> scopes;                                                         ///< 0: the body
  std::unordered_map<std::string_view, std::vector<std::string_view>> branchTargets; ///< `.branchtargets`, by label
  std::unordered_map<std::string_view, CallPrototype> prototypes;                    ///< `.callprototype`, by label
};

struct Location {
  uint32_t file = 0, line = 0, column = 0;
  uint32_t inlinedAt = None; ///< in Module::locations
};

/// `.alias name, function;`
struct Alias {
  std::string_view name, function;
  uint32_t line = 0;
};

/// The newest version of the language that is read: 9 with whatever comes in it, each instruction judged by itself.
constexpr unsigned NewestVersion = 99;

struct Module {
  unsigned version = 0;      ///< 87 for 8.7
  bool unsupported = false;  ///< what the reader stopped at is right, but the simulator lacks it
  std::string_view target;   ///< "sm_90a"
  unsigned architecture = 0; ///< 90 of it
  char features = 0;         ///< 'a' or 'f' of it
  bool addressSize64 = true;
  std::vector<Variable> variables;
  std::vector<Function> functions;
  std::vector<Alias> aliases;
  std::unordered_map<uint32_t, std::string> files;
  std::vector<Location> locations;
};

/// Reads `text`. On failure returns false and sets `error` ("17: expected ';', found '}'"). Never crashes, whatever the
/// text.
bool parse(std::string_view text, Module &module, std::string &error);

} // namespace tessera::sim::ptx

#endif // TESSERA_RUNTIME_SIMULATOR_PTXAST_H
