//===- DecodeFunction.cpp - From PTX records to dense instructions: whole functions --===//
//
// Drives the decoder over a function and a program: variables in the local frame, the instructions that change control
// (branches, calls, barriers, exit), everything else by family.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Decode.h"
#include "runtime/simulator/Warp.h"

#include <algorithm>

namespace tessera::sim {

using ptx::Operand;
using ptx::Space;
using ptx::Type;

namespace {

#if defined(__x86_64__)
bool hasAvx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}
#endif

std::unordered_map<std::string_view, Family> makeTable() {
  std::vector<FamilyEntry> entries;
#if defined(__x86_64__)
  entries = hasAvx2() ? avx2Families() : baselineFamilies();
#else
  entries = baselineFamilies();
#endif
  std::unordered_map<std::string_view, Family> table;
  for (const FamilyEntry &entry : entries)
    table[entry.root] = entry.decode;
  for (const FamilyEntry &entry : commonFamilies())
    table[entry.root] = entry.decode;
  return table;
}

const std::unordered_map<std::string_view, Family> &familyTable() {
  static const auto table = makeTable();
  return table;
}

/// What hardware and ptxas allow.
constexpr uint64_t MaximumLocalBytes = 512 << 10, MaximumParameterBytes = 32764;

struct SystemFunction {
  std::string_view name;
  SystemCall call;
};
constexpr SystemFunction SystemFunctions[] = {
    {"vprintf", SystemCall::Vprintf},
    {"__assertfail", SystemCall::AssertFail},
    {"malloc", SystemCall::Malloc},
    {"free", SystemCall::Free},
};

} // namespace

/// Places the function's own variables: kernel parameters in the parameter buffer, .local and .param in the thread's
/// frame. False where there are more than a thread, or a kernel, can have.
bool Decoder::layOutVariables(Defects &defects) {
  bool ok = true;
  uint64_t frame = 0, parameters = 0;
  const auto place = [&](uint64_t &cursor, const ptx::Variable &variable, uint64_t limit, const char *what) {
    cursor = (cursor + variable.alignment - 1) / variable.alignment * variable.alignment;
    const uint64_t offset = cursor;
    cursor += variable.size;
    if (cursor <= limit)
      return static_cast<uint32_t>(offset);
    if (ok)
      defects.add(variable.line, std::string(what) + " of " + std::to_string(cursor) + " bytes up to '" +
                                     std::string(variable.name) + "': at most " + std::to_string(limit));
    ok = false;
    cursor = 0;
    return 0u;
  };
  for (size_t i = 0; i < function.variables.size(); ++i) {
    const ptx::Variable &variable = function.variables[i];
    if (variable.space == Space::Shared) {
      const auto found = symbols.shared.find(variable.name);
      variableOffset.push_back(found == symbols.shared.end() ? symbols.dynamicShared : found->second);
    } else if (function.isEntry && i < function.parameters.size()) {
      variableOffset.push_back(place(parameters, variable, MaximumParameterBytes, "parameters"));
    } else {
      variableOffset.push_back(place(frame, variable, MaximumLocalBytes, "local variables"));
    }
  }
  code.localBytes = static_cast<uint32_t>((frame + 15) / 16 * 16);
  if (function.isEntry)
    return ok;
  for (size_t i = 0; i < function.results.size() + function.parameters.size(); ++i) {
    const Slot slot{variableOffset[i], static_cast<uint32_t>(function.variables[i].size)};
    (i < function.results.size() ? code.results : code.parameters).push_back(slot);
  }
  return ok;
}

/// The index of the instruction that a label, looked up from the inside out, stands before.
bool Decoder::labelTarget(std::string_view label, uint32_t scope, uint32_t &index) const {
  for (; scope != ptx::None; scope = function.scopes[scope].parent)
    if (const auto found = function.scopes[scope].labels.find(label); found != function.scopes[scope].labels.end()) {
      index = found->second;
      return true;
    }
  return false;
}

bool Decoder::decodeBranch() {
  take("uni");
  instr.kind = Kind::Branch;
  if (operandCount() < 1 || operand(0).kind != Operand::Symbol)
    return fail("expected a label in 'bra'");
  if (!labelTarget(operand(0).text, source->scope, instr.target))
    return fail("unknown label '" + std::string(operand(0).text) + "'");
  return done(1);
}

bool Decoder::decodeBranchTable() {
  take("uni");
  if (!take("idx"))
    return fail("unknown instruction '" + std::string(source->opcode) + "'");
  instr.kind = Kind::BranchTable;
  instr.op[0] = use(0, Type::U32);
  if (operandCount() < 2 || operand(1).kind != Operand::Symbol)
    return fail("expected the label of a list of targets in 'brx.idx'");
  const auto list = function.branchTargets.find(operand(1).text);
  if (list == function.branchTargets.end())
    return fail("no '.branchtargets' at label '" + std::string(operand(1).text) + "'");
  for (const std::string_view label : list->second) {
    uint32_t index;
    if (!labelTarget(label, source->scope, index))
      return fail("unknown label '" + std::string(label) + "'");
    gathered.push_back(index);
  }
  return done(2);
}

/// The bytes of the frame that the `.param` variables in a call's list take.
bool Decoder::argumentSlots(const Operand &list, std::vector<Slot> &slots) {
  for (unsigned i = 0; i < list.count; ++i) {
    const Operand &argument = element(list, i);
    if (argument.kind == Operand::Register || argument.kind == Operand::Immediate)
      return lack("parameters of functions in registers are not simulated");
    if (argument.kind != Operand::Symbol || argument.index == ptx::None)
      return fail("expected a .param variable in the list of a call");
    slots.push_back({variableOffset[argument.index], static_cast<uint32_t>(function.variables[argument.index].size)});
  }
  return true;
}

/// What a call passes must be what the function takes.
bool Decoder::checkCall(const std::vector<ptx::Variable> &declared, const std::vector<Slot> &slots, const char *what) {
  const std::string in = " in '" + std::string(source->text.substr(0, 80)) + "'";
  if (declared.size() != slots.size())
    return fail("expected " + std::to_string(declared.size()) + " " + what + ", found " + std::to_string(slots.size()) +
                in);
  for (size_t i = 0; i < slots.size(); ++i)
    if (declared[i].size != slots[i].size)
      return fail("expected " + std::to_string(declared[i].size) + " bytes as number " + std::to_string(i + 1) +
                  " of the " + what + ", found " + std::to_string(slots[i].size) + in);
  return true;
}

/// A function without a body. Those of the device runtime, by which kernels launch others, a driver provides.
bool Decoder::unresolved(std::string_view name) {
  std::string text = "function '" + std::string(name) + "' has no body and is none that the simulator provides";
  return name.starts_with("cuda") || name.starts_with("__cuda") ? lack(std::move(text)) : fail(std::move(text));
}

bool Decoder::decodeCall() {
  take("uni");
  instr.kind = Kind::Call;
  CallSite site;
  unsigned next = 0;
  if (isVector(next) && !argumentSlots(operand(next++), site.results))
    return false;
  if (next >= operandCount())
    return fail("expected a function in 'call'");
  const Operand &callee = operand(next++);
  if (isVector(next) && !argumentSlots(operand(next++), site.arguments))
    return false;
  if (callee.kind == Operand::Register) {
    instr.op[0] = use(callee, Type::U64);
    instr.target = ptx::None;
    if (next >= operandCount() || operand(next).kind != Operand::Symbol)
      return fail("expected the label of a '.callprototype' or '.calltargets' in '" + std::string(source->opcode) +
                  "'");
    const std::string_view label = operand(next++).text;
    if (const auto prototype = function.prototypes.find(label); prototype != function.prototypes.end()) {
      if (!checkCall(prototype->second.results, site.results, "results") ||
          !checkCall(prototype->second.parameters, site.arguments, "parameters"))
        return false;
    } else if (!function.branchTargets.count(label)) {
      return fail("no '.callprototype' or '.calltargets' at label '" + std::string(label) + "'");
    }
    // Any function may be meant: those whose address is taken are decoded by whoever takes it.
  } else if (callee.kind == Operand::Symbol) {
    const auto found = symbols.functions.find(callee.text);
    if (found == symbols.functions.end())
      return fail("unknown function '" + std::string(callee.text) + "'");
    instr.target = found->second;
    if (!module.functions[found->second].hasBody) {
      for (const SystemFunction &entry : SystemFunctions)
        if (entry.name == callee.text)
          site.system = static_cast<uint32_t>(entry.call);
      if (site.system == ~0u)
        return unresolved(callee.text);
    }
    if (!checkCall(module.functions[found->second].results, site.results, "results") ||
        !checkCall(module.functions[found->second].parameters, site.arguments, "parameters"))
      return false;
  } else {
    return fail("expected a function in 'call'");
  }
  program.usesCalls = true;
  instr.imm = static_cast<int64_t>(program.calls.size());
  program.calls.push_back(std::move(site));
  return done(next);
}

/// Where operand `i` is an immediate: one between `least` and `most`, divisible by `unit`.
bool Decoder::checkImmediateRange(unsigned i, int64_t least, int64_t most, int64_t unit) {
  if (i >= operandCount() || operand(i).kind != Operand::Immediate)
    return true;
  const int64_t value = operand(i).value;
  if (value >= least && value <= most && value % unit == 0)
    return true;
  return fail("expected a number from " + std::to_string(least) + " to " + std::to_string(most) +
              (unit > 1 ? " divisible by " + std::to_string(unit) : "") + " as operand " + std::to_string(i + 1) +
              ", found " + std::to_string(value) + " in '" + std::string(source->opcode) + "'");
}

/// bar, barrier, barrier.cluster.
bool Decoder::decodeBarrier() {
  instr.kind = Kind::Barrier;
  const bool isOld = root() == "bar";
  if (take("cluster")) {
    const int what = takeOneOf({"arrive", "wait"});
    if (what < 0)
      return fail("unknown instruction '" + std::string(source->opcode) + "'");
    takeOneOf({what ? "acquire" : "release", "relaxed"});
    instr.flags = BarrierCluster | (what ? BarrierClusterWait : BarrierArrive) | (take("aligned") ? BarrierAligned : 0);
    return done(0);
  }
  take("cta");
  const int what = takeOneOf({"sync", "arrive", "red"});
  if (what < 0)
    return fail("unknown instruction '" + std::string(source->opcode) + "'");
  if (take("aligned") || isOld)
    instr.flags |= BarrierAligned;
  unsigned next = 0;
  if (what == 2) {
    const int operation = takeOneOf({"popc", "and", "or"});
    if (operation < 0)
      return fail("expected .popc, .and or .or in '" + std::string(source->opcode) + "'");
    instr.flags |= operation == 0 ? BarrierPopc : operation == 1 ? BarrierAnd : BarrierOr;
    const Type type = takeType();
    instr.op[3] = define(next++, type == Type::Pred ? 1 : 32);
  }
  if (!checkImmediateRange(next, 0, 15, 1) || !checkImmediateRange(next + 1, 0, 1024, WarpSize))
    return false;
  instr.op[0] = use(next++, Type::U32);
  const unsigned left = operandCount() - std::min(operandCount(), next);
  if (left > (what == 2 ? 1u : 0u))
    instr.op[1] = use(next++, Type::U32);
  if (what == 1) {
    instr.flags |= BarrierArrive;
    if (instr.op[1] == NoRef)
      return fail("expected a number of threads in '" + std::string(source->opcode) + "'");
  }
  if (what == 2) {
    if (next >= operandCount())
      return fail("expected a predicate in '" + std::string(source->opcode) + "'");
    bool negated = false;
    instr.op[2] = usePredicate(operand(next++), negated);
    instr.count = negated;
  }
  return done(next);
}

bool Decoder::decodeControl(bool &matched) {
  matched = true;
  const std::string_view name = root();
  if (name == "bra")
    return decodeBranch();
  if (name == "brx")
    return decodeBranchTable();
  if (name == "call")
    return decodeCall();
  if (name == "bar" || name == "barrier") {
    if (words.size() > 1 && words[1] == "warp")
      return matched = false;
    return decodeBarrier();
  }
  if (name == "ret" || name == "exit") {
    take("uni");
    instr.kind = name == "exit" || function.isEntry ? Kind::Exit : Kind::Return;
    return done(0);
  }
  return matched = false;
}

bool Decoder::decodeOne(uint32_t index, Draft &draft) {
  source = &function.instructions[index];
  instr = Instr{};
  gathered.clear();
  accesses.clear();
  message.clear();
  lacks = false;
  split(source->opcode);
  if (source->guard != ptx::None) {
    instr.guard = registerRef(source->guard, false);
    instr.guardNegated = source->guardNegated;
  }
  bool matched = false;
  bool ok = checkType();
  if (ok)
    ok = decodeControl(matched);
  if (!failed() && !matched) {
    const auto family = familyTable().find(root());
    if (family == familyTable().end())
      ok = fail("unknown instruction '" + std::string(source->opcode) + "'");
    else
      ok = family->second(*this);
    if (!ok && !failed())
      fail("unknown form of instruction '" + std::string(source->opcode) + "'");
  }
  ok = ok && checkTarget();
  if (!ok)
    nameWhatIsLacking();
  draft.instr = instr;
  draft.list = gathered;
  draft.accesses = accesses;
  draft.source = index;
  // What a guarded instruction writes keeps its value in the other lanes.
  if (source->guard != ptx::None)
    for (const Access &access : accesses)
      if (access.written)
        draft.accesses.push_back({access.reg, false, true});
  return ok && !failed();
}

bool Decoder::run(Defects &defects) {
  code.source = &function;
  carryRegister = static_cast<uint32_t>(function.registers.size());
  for (const std::vector<ptx::Variable> *list : {&function.results, &function.parameters})
    for (const ptx::Variable &variable : *list)
      if (variable.isRegister) {
        defects.add(function.line, "parameters of functions in registers are not simulated", false);
        return false;
      }
  if (!layOutVariables(defects))
    return false;
  drafts.resize(function.instructions.size() + 1);
  bool ok = true;
  unsigned reported = 0;
  for (uint32_t i = 0; i < function.instructions.size(); ++i) {
    if (decodeOne(i, drafts[i]))
      continue;
    ok = false;
    if (++reported <= 20)
      defects.add(function.instructions[i].line, message, !lacks);
  }
  if (!ok)
    return false;
  // Falling off the end is a return.
  Draft &last = drafts.back();
  last.instr.kind = function.isEntry ? Kind::Exit : Kind::Return;
  last.source = ptx::None;
  buildBlocks();
  emit(blockOrder());
  markSpinLoops();
  assignRegisters();
  alignConstants();
  return true;
}

std::unique_ptr<Program> decodeProgram(const ptx::Module &module, uint32_t function, const SymbolTable &symbols,
                                       uint32_t staticShared, Defects &defects) {
  auto program = std::make_unique<Program>();
  program->staticShared = staticShared;
  program->functionOf.assign(module.functions.size(), ptx::None);
  std::vector<uint32_t> pending{function};
  program->functionOf[function] = 0;
  bool ok = true;
  for (size_t i = 0; i < pending.size(); ++i) {
    auto code = std::make_unique<Code>();
    code->number = static_cast<uint32_t>(i);
    const ptx::Function &source = module.functions[pending[i]];
    Decoder decoder(module, source, symbols, *program, *code);
    ok &= decoder.run(defects);
    program->codes.push_back(std::move(code));
    // What it calls, and every function whose name it mentions: an address taken may be called.
    for (const ptx::Operand &operand : source.operands) {
      if (operand.kind != Operand::Symbol)
        continue;
      const auto found = symbols.functions.find(operand.text);
      if (found == symbols.functions.end() || !module.functions[found->second].hasBody ||
          program->functionOf[found->second] != ptx::None)
        continue;
      program->functionOf[found->second] = static_cast<uint32_t>(pending.size());
      pending.push_back(found->second);
    }
    // Tables of functions in memory: virtual calls.
    if (program->usesCalls && i + 1 == pending.size())
      for (const ptx::Variable &variable : module.variables)
        for (const ptx::Initialiser &value : variable.values) {
          const auto found = symbols.functions.find(value.symbol);
          if (found == symbols.functions.end() || program->functionOf[found->second] != ptx::None ||
              !module.functions[found->second].hasBody)
            continue;
          program->functionOf[found->second] = static_cast<uint32_t>(pending.size());
          pending.push_back(found->second);
        }
  }
  return ok ? std::move(program) : nullptr;
}

} // namespace tessera::sim
