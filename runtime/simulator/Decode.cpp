//===- Decode.cpp - From PTX records to dense instructions: opcodes and operands --===//
//
// The part of the decoder that families talk to: modifiers, operands, constants, addresses.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Decode.h"
#include "runtime/simulator/Warp.h"

#include <bit>

namespace tessera::sim {

using ptx::Operand;
using ptx::Type;

unsigned storageBits(Type type) {
  if (type == Type::Pred)
    return 1;
  const unsigned width = ptx::bits(type);
  return width <= 16 ? 16 : width;
}

Decoder::Decoder(const ptx::Module &module, const ptx::Function &function, const SymbolTable &symbols, Program &program,
                 Code &code)
    : module(module), function(function), symbols(symbols), program(program), code(code) {}

bool Decoder::fail(std::string text) {
  if (message.empty())
    message = std::move(text);
  return false;
}

bool Decoder::lack(std::string text) {
  lacks |= message.empty();
  return fail(std::move(text));
}

// ---- Modifiers ------------------------------------------------------------------------------------------------------

void Decoder::split(std::string_view opcode) {
  words.clear();
  firstType = Type::None;
  consumed = 1;
  size_t start = 0;
  while (true) {
    const size_t dot = opcode.find('.', start);
    words.push_back(opcode.substr(start, dot - start));
    if (firstType == Type::None && words.size() > 1)
      firstType = ptx::typeNamed(words.back());
    if (dot == std::string_view::npos || words.size() == 31)
      break;
    start = dot + 1;
  }
}

bool Decoder::take(std::string_view modifier) {
  for (size_t i = 1; i < words.size(); ++i)
    if (!(consumed >> i & 1) && words[i] == modifier) {
      consumed |= 1u << i;
      return true;
    }
  return false;
}

int Decoder::takeOneOf(std::initializer_list<std::string_view> modifiers) {
  int index = 0;
  for (const std::string_view modifier : modifiers) {
    if (take(modifier))
      return index;
    ++index;
  }
  return -1;
}

Type Decoder::takeType() {
  for (size_t i = 1; i < words.size(); ++i) {
    if (consumed >> i & 1)
      continue;
    const Type type = ptx::typeNamed(words[i]);
    if (type == Type::None)
      continue;
    consumed |= 1u << i;
    return type;
  }
  return Type::None;
}

std::string_view Decoder::takePrefix(std::string_view prefix) {
  for (size_t i = 1; i < words.size(); ++i)
    if (!(consumed >> i & 1) && words[i].starts_with(prefix)) {
      consumed |= 1u << i;
      return words[i];
    }
  return {};
}

std::string_view Decoder::peek() const {
  for (size_t i = 1; i < words.size(); ++i)
    if (!(consumed >> i & 1))
      return words[i];
  return {};
}

bool Decoder::done(unsigned operands) { return done(operands, operands); }

bool Decoder::done(unsigned least, unsigned most) {
  if (failed())
    return false;
  if (const std::string_view left = peek(); !left.empty())
    return fail("unknown modifier '." + std::string(left) + "' of instruction '" + std::string(source->opcode) + "'");
  if (operandCount() < least || operandCount() > most) {
    const std::string wanted = std::to_string(least) + (least == most ? "" : " to " + std::to_string(most));
    return fail("expected " + wanted + " operands, found " + std::to_string(operandCount()) + " in '" +
                std::string(source->opcode) + "'");
  }
  if (!instr.exec && instr.kind <= Kind::Yield)
    return fail("unknown instruction '" + std::string(source->opcode) + "'");
  return true;
}

// ---- Operands -------------------------------------------------------------------------------------------------------

unsigned Decoder::widthOf(const Operand &operand) const {
  return operand.kind == Operand::Register ? storageBits(function.registers[operand.index].type) : 0;
}

Ref Decoder::registerRef(uint32_t reg, bool written) {
  accesses.push_back({reg, written});
  return reg << 2 | FrameBank;
}

unsigned Decoder::registerWidth(uint32_t reg) const {
  if (reg < carryRegister)
    return storageBits(function.registers[reg].type);
  return reg == carryRegister ? 1 : StorageWidths[reg - carryRegister - 1];
}

Ref Decoder::constant(uint64_t value, unsigned bits) {
  if (bits == 1)
    value = value ? AllLanes : 0;
  else if (bits < 64)
    value &= (uint64_t(1) << bits) - 1;
  const auto key = std::make_pair(bits, value);
  if (const auto known = constantOffsets.find(key); known != constantOffsets.end())
    return known->second | ConstantBank;
  const auto offset = static_cast<uint32_t>(code.constants.size());
  const unsigned bytes = bits == 1 ? 4 : bits / 8;
  const unsigned copies = bits == 1 ? 1 : WarpSize;
  code.constants.resize(offset + (bytes * copies + 63) / 64 * 64);
  for (unsigned lane = 0; lane < copies; ++lane)
    std::memcpy(code.constants.data() + offset + size_t(lane) * bytes, &value, bytes < 8 ? bytes : 8);
  constantOffsets[key] = offset;
  return offset | ConstantBank;
}

void Decoder::pin(Ref ref) {
  if (ref != NoRef && (ref & 3) == FrameBank)
    pinned.insert(ref >> 2);
}

void Decoder::needsStack() { program.usesStack = true; }

Ref Decoder::carry(bool isRead, bool isWritten) {
  Ref ref = NoRef;
  if (isRead)
    ref = registerRef(carryRegister, false);
  if (isWritten)
    ref = registerRef(carryRegister, true);
  return ref;
}

const ptx::Variable *Decoder::variable(const Operand &operand) const {
  return operand.index != ptx::None ? &function.variables[operand.index] : nullptr;
}

/// The address that a name stands for in its own space.
bool Decoder::symbolAddress(const Operand &operand, uint64_t &value, bool &isLocal) {
  isLocal = false;
  if (const ptx::Variable *local = variable(operand)) {
    value = variableOffset[operand.index] + operand.value;
    const bool isKernelParameter = function.isEntry && operand.index < function.parameters.size();
    isLocal = local->space == ptx::Space::Local || (local->space == ptx::Space::Param && !isKernelParameter);
    return true;
  }
  if (const auto found = symbols.globals.find(operand.text); found != symbols.globals.end()) {
    value = found->second + operand.value;
    return true;
  }
  if (const auto found = symbols.shared.find(operand.text); found != symbols.shared.end()) {
    value = found->second + operand.value;
    return true;
  }
  if (const auto found = symbols.functions.find(operand.text); found != symbols.functions.end()) {
    value = FunctionWindow + found->second;
    return true;
  }
  return fail("unknown name '" + std::string(operand.text) + "'");
}

bool Decoder::specialRegister(std::string_view text, Ref &ref, bool &wide) {
  struct Entry {
    std::string_view name;
    Special special;
  };
  static constexpr Entry Entries[] = {
      {"%tid.x", Special::TidX},
      {"%tid.y", Special::TidY},
      {"%tid.z", Special::TidZ},
      {"%ntid.x", Special::NtidX},
      {"%ntid.y", Special::NtidY},
      {"%ntid.z", Special::NtidZ},
      {"%ctaid.x", Special::CtaidX},
      {"%ctaid.y", Special::CtaidY},
      {"%ctaid.z", Special::CtaidZ},
      {"%nctaid.x", Special::NctaidX},
      {"%nctaid.y", Special::NctaidY},
      {"%nctaid.z", Special::NctaidZ},
      {"%laneid", Special::LaneId},
      {"%warpid", Special::WarpId},
      {"%nwarpid", Special::NwarpId},
      {"%smid", Special::SmId},
      {"%nsmid", Special::NsmId},
      {"WARP_SZ", Special::WarpSz},
      {"%lanemask_eq", Special::LanemaskEq},
      {"%lanemask_le", Special::LanemaskLe},
      {"%lanemask_lt", Special::LanemaskLt},
      {"%lanemask_ge", Special::LanemaskGe},
      {"%lanemask_gt", Special::LanemaskGt},
      {"%dynamic_smem_size", Special::DynamicSmemSize},
      {"%total_smem_size", Special::TotalSmemSize},
      {"%aggr_smem_size", Special::AggrSmemSize},
      {"%clusterid.x", Special::ClusterIdX},
      {"%clusterid.y", Special::ClusterIdY},
      {"%clusterid.z", Special::ClusterIdZ},
      {"%nclusterid.x", Special::NclusterIdX},
      {"%nclusterid.y", Special::NclusterIdY},
      {"%nclusterid.z", Special::NclusterIdZ},
      {"%cluster_ctaid.x", Special::ClusterCtaidX},
      {"%cluster_ctaid.y", Special::ClusterCtaidY},
      {"%cluster_ctaid.z", Special::ClusterCtaidZ},
      {"%cluster_nctaid.x", Special::ClusterNctaidX},
      {"%cluster_nctaid.y", Special::ClusterNctaidY},
      {"%cluster_nctaid.z", Special::ClusterNctaidZ},
      {"%cluster_ctarank", Special::ClusterCtarank},
      {"%cluster_nctarank", Special::ClusterNctarank},
      {"%is_explicit_cluster", Special::IsExplicitCluster},
      {"%gridid", Special::GridId},
      {"%envreg1", Special::GridWorkspaceHigh},
      {"%envreg2", Special::GridWorkspaceLow},
  };
  for (const Entry &entry : Entries)
    if (entry.name == text) {
      ref = static_cast<uint32_t>(entry.special) * SpecialBytes | SpecialBank;
      wide = entry.special == Special::GridId;
      return true;
    }
  if (text == "%reserved_smem_offset_1" || text == "%reserved_smem_offset_end") {
    program.usesReservedShared |= text.ends_with('1');
    ref = constant(text.ends_with('1') ? ReservedShared : SharedBase, 32);
    wide = false;
    return true;
  }
  if (text.starts_with("%envreg")) {
    ref = static_cast<uint32_t>(Special::Zero) * SpecialBytes | SpecialBank;
    wide = false;
    return true;
  }
  return false;
}

/// As ptxas has it: an instruction on bits takes a register of any type, one on integers none of a floating point type,
/// and one on floating point numbers that type or bits. Widths are judged elsewhere.
bool Decoder::checkRegisterType(const Operand &operand, Type wanted) {
  const Type declared = function.registers[operand.index].type;
  const auto isBits = [](Type t) { return t == Type::None || t <= Type::B128 || t == Type::F16x2 || t == Type::TF32; };
  if (isBits(declared) || isBits(wanted) || declared == wanted)
    return true;
  const auto isInteger = [](Type t) { return t >= Type::U8 && t <= Type::S64; };
  if (isInteger(declared) && (isInteger(wanted) || wanted > Type::F64))
    return true;
  return fail("expected a register of type ." + std::string(ptx::name(wanted)) + ", found one of ." +
              ptx::name(declared) + " in '" + std::string(source->opcode) + "'");
}

/// Integers for integers and bits; 0f... for bits of 32, 0d... and decimal fractions for those of 64, all of them for
/// f32 and f64; f16 and packed types have no immediates.
bool Decoder::checkImmediate(const Operand &operand, Type wanted) {
  const bool isInteger = operand.kind == Operand::Immediate;
  bool fits = isInteger;
  if (wanted == Type::F32 || wanted == Type::F64)
    fits = !isInteger;
  else if (wanted >= Type::F16 && wanted <= Type::F32x2)
    fits = false;
  else if (wanted == Type::B32)
    fits = isInteger || operand.kind == Operand::Float32;
  else if (wanted == Type::B64)
    fits = isInteger || operand.kind == Operand::Float64;
  return fits ||
         fail("an immediate " + std::string(isInteger ? "integer" : "floating point number") +
              " cannot be an operand of type ." + ptx::name(wanted) + " in '" + std::string(source->opcode) + "'");
}

Ref Decoder::use(const Operand &operand, Type type, bool widerAllowed) {
  const unsigned wanted = storageBits(type);
  if (operand.kind == Operand::Immediate || operand.kind == Operand::Float32 || operand.kind == Operand::Float64)
    if (!checkImmediate(operand, type))
      return NoRef;
  switch (operand.kind) {
  case Operand::Register: {
    const unsigned width = widthOf(operand);
    if (width != wanted && !(widerAllowed && width > wanted && width != 1)) {
      fail("expected a register of " + std::to_string(wanted) + " bits, found one of " + std::to_string(width) +
           " in '" + std::string(source->opcode) + "'");
      return NoRef;
    }
    if (operand.negated && wanted != 1)
      fail("only predicates can be negated by '!'");
    checkRegisterType(operand, type);
    return registerRef(operand.index, false);
  }
  case Operand::Immediate:
    return constant(static_cast<uint64_t>(operand.value), wanted);
  case Operand::Float32:
    if (type == Type::F64)
      return constant(std::bit_cast<uint64_t>(double(std::bit_cast<float>(static_cast<uint32_t>(operand.value)))), 64);
    return constant(static_cast<uint64_t>(operand.value), wanted);
  case Operand::Float64:
    if (wanted == 32)
      return constant(std::bit_cast<uint32_t>(static_cast<float>(std::bit_cast<double>(operand.value))), 32);
    return constant(static_cast<uint64_t>(operand.value), wanted);
  case Operand::Special: {
    Ref ref = NoRef;
    bool wide = false;
    if (!specialRegister(operand.text, ref, wide)) {
      const std::string name(operand.text);
      if (name.starts_with("%pm"))
        lack("'" + name + "' is not simulated: performance counters");
      else
        fail("unknown register '" + name + "'");
      return NoRef;
    }
    if (wanted == 64 && !wide) {
      fail("expected a register of 64 bits, found '" + std::string(operand.text) + "' of 32");
      return NoRef;
    }
    return ref;
  }
  case Operand::Symbol: {
    if (operand.text == "WARP_SZ")
      return constant(WarpSize, wanted);
    uint64_t value = 0;
    bool isLocal = false;
    if (!symbolAddress(operand, value, isLocal))
      return NoRef;
    if (isLocal)
      fail("the address of local variable '" + std::string(operand.text) + "' can only be moved to a register");
    return constant(value, wanted);
  }
  case Operand::Sink:
    return constant(0, wanted);
  default:
    fail("expected a register or an immediate in '" + std::string(source->opcode) + "'");
    return NoRef;
  }
}

Ref Decoder::use(unsigned i, Type type, bool widerAllowed) {
  if (i >= operandCount()) {
    fail("too few operands in '" + std::string(source->opcode) + "'");
    return NoRef;
  }
  return use(operand(i), type, widerAllowed);
}

Ref Decoder::usePredicate(const Operand &operand, bool &negated) {
  negated = operand.negated;
  if (operand.kind == Operand::Register && widthOf(operand) != 1)
    fail("expected a predicate in '" + std::string(source->opcode) + "'");
  return use(operand, Type::Pred);
}

Ref Decoder::define(const Operand &operand, unsigned bits, bool widerAllowed) {
  if (operand.kind == Operand::Sink) {
    uint32_t reg = carryRegister + 1;
    for (const unsigned width : StorageWidths) {
      if (width == (bits == 8 ? 16 : bits))
        return registerRef(reg, true);
      ++reg;
    }
  }
  if (operand.kind != Operand::Register) {
    fail("expected a register to write in '" + std::string(source->opcode) + "'");
    return NoRef;
  }
  const unsigned width = widthOf(operand), wanted = bits == 8 ? 16 : bits;
  if (width != wanted && !(widerAllowed && width > wanted && width != 1)) {
    fail("expected a register of " + std::to_string(wanted) + " bits to write, found one of " + std::to_string(width) +
         " in '" + std::string(source->opcode) + "'");
    return NoRef;
  }
  if (storageBits(firstType) == wanted)
    checkRegisterType(operand, firstType);
  return registerRef(operand.index, true);
}

Ref Decoder::define(unsigned i, unsigned bits, bool widerAllowed) {
  if (i >= operandCount()) {
    fail("too few operands in '" + std::string(source->opcode) + "'");
    return NoRef;
  }
  return define(operand(i), bits, widerAllowed);
}

bool Decoder::gatherUses(const Operand &operand, unsigned count, Type type, bool widerAllowed) {
  if (operand.kind != Operand::Vector) {
    if (count != 1)
      return fail("expected a vector of " + std::to_string(count) + " in '" + std::string(source->opcode) + "'");
    gathered.push_back(use(operand, type, widerAllowed));
    return !failed();
  }
  if (operand.count != count)
    return fail("expected a vector of " + std::to_string(count) + ", found one of " + std::to_string(operand.count) +
                " in '" + std::string(source->opcode) + "'");
  for (unsigned i = 0; i < count; ++i)
    gathered.push_back(use(element(operand, i), type, widerAllowed));
  return !failed();
}

bool Decoder::gatherDefinitions(const Operand &operand, unsigned count, unsigned bits, bool widerAllowed) {
  if (operand.kind != Operand::Vector) {
    if (count != 1)
      return fail("expected a vector of " + std::to_string(count) + " in '" + std::string(source->opcode) + "'");
    gathered.push_back(define(operand, bits, widerAllowed));
    return !failed();
  }
  if (operand.count != count)
    return fail("expected a vector of " + std::to_string(count) + ", found one of " + std::to_string(operand.count) +
                " in '" + std::string(source->opcode) + "'");
  for (unsigned i = 0; i < count; ++i)
    gathered.push_back(define(element(operand, i), bits, widerAllowed));
  return !failed();
}

bool Decoder::localSymbol(const Operand &operand, uint64_t &offset) {
  bool isLocal = false;
  return operand.kind == Operand::Symbol && variable(operand) && symbolAddress(operand, offset, isLocal) && isLocal;
}

/// A variable is accessed by instructions of its own space, or by generic ones unless it is a parameter.
bool Decoder::checkSpace(const Operand &operand, ptx::Space space) {
  using ptx::Space;
  Space own = Space::Global;
  if (const ptx::Variable *local = variable(operand))
    own = local->space;
  else if (symbols.shared.count(operand.text))
    own = Space::Shared;
  else if (symbols.constants.count(operand.text))
    own = Space::Const;
  if (own == space || (space == Space::Generic && own != Space::Param))
    return true;
  constexpr std::string_view Names[] = {"generic", "global", "shared", "local", "param", "const"};
  return fail("'" + std::string(operand.text) + "' is a variable in ." + std::string(Names[size_t(own)]) +
              " memory, the instruction '" + std::string(source->opcode) + "' is for ." +
              std::string(Names[size_t(space)]));
}

bool Decoder::address(const Operand &operand, unsigned slot, ptx::Space space) {
  if (operand.kind != Operand::Address)
    return fail("expected an address in '" + std::string(source->opcode) + "'");
  instr.space = space;
  instr.imm = operand.value;
  if (operand.isRegister) {
    const unsigned width = storageBits(function.registers[operand.index].type);
    if (width != 32 && width != 64)
      return fail("expected an address in a register of 32 or 64 bits, found " + std::to_string(width));
    if (width == 32 && space <= ptx::Space::Global)
      return fail("expected an address in a register of 64 bits, found 32 in '" + std::string(source->opcode) + "'");
    if (width == 64)
      instr.flags |= AddressWide;
    instr.op[slot] = registerRef(operand.index, false);
    return true;
  }
  if (operand.text.empty()) {
    if (space != ptx::Space::Local)
      return fail("only .local memory has addresses that are numbers, in '" + std::string(source->opcode) + "'");
    instr.flags |= AddressAbsolute;
    return true;
  }
  uint64_t value = 0;
  bool isLocal = false;
  if (!symbolAddress(operand, value, isLocal))
    return false;
  instr.imm = static_cast<int64_t>(value);
  const ptx::Variable *local = variable(operand);
  if (!checkSpace(operand, space))
    return false;
  if (isLocal) {
    instr.flags |= AddressFrame;
    instr.space = ptx::Space::Local;
  } else if (local && local->space == ptx::Space::Param) {
    instr.flags |= AddressKernelParameter;
  } else {
    instr.flags |= AddressAbsolute;
    // Generic accesses to a variable by name go to the variable's own space.
    if (space == ptx::Space::Generic &&
        ((local && local->space == ptx::Space::Shared) || symbols.shared.count(operand.text)))
      instr.space = ptx::Space::Shared;
  }
  return true;
}

} // namespace tessera::sim
