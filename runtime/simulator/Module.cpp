//===- Module.cpp - PTX text made ready to run ----------------------------===//
//
// Places global variables in device memory, describes kernels, lays out shared memory for each, and decodes on demand.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/ModuleImpl.h"
#include "runtime/simulator/Warp.h"

#include <algorithm>
#include <unordered_set>

namespace tessera::sim {

namespace {

constexpr unsigned MaximumInlineDepth = 16;
/// Dynamic shared memory starts at this alignment at least.
constexpr uint32_t DynamicSharedAlignment = 16;

/// More than any CTA can have, and far from the end of 32 bits: sums stop here.
constexpr uint64_t ImpossibleShared = 1 << 30;

uint64_t roundUp(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

/// The most registers of a thread with which a multiprocessor holds what the function's directives ask for: `.maxnreg`,
/// and `.minnctapersm` blocks (one at least) of `.reqntid` or `.maxntid` threads. ptxas stays below and spills the
/// rest.
uint32_t registerLimit(const ptx::Function &function) {
  constexpr uint64_t OfThread = 255, OfPart = 16384, Parts = 4, Unit = 256, Least = 24;
  uint64_t limit = function.maxRegisters ? std::min(function.maxRegisters, OfThread) : OfThread;
  const auto product = [](const uint32_t (&v)[3]) { return uint64_t(v[0]) * v[1] * v[2]; };
  const uint64_t threads =
      product(function.requiredThreads) ? product(function.requiredThreads) : product(function.maxThreads);
  if (threads == 0 || threads > 1024)
    return static_cast<uint32_t>(limit);
  const uint64_t warps = (threads + 31) / 32 * std::clamp<uint64_t>(function.leastResident, 1, 64);
  const uint64_t ofWarp = OfPart / ((warps + Parts - 1) / Parts) / Unit * Unit;
  return static_cast<uint32_t>(std::min(limit, std::max(Least, ofWarp / 32)));
}

/// An estimate: what is live at once in the function of the program that needs most. A kernel in which warps give each
/// other registers by setmaxnreg is launched with what `.maxnreg` says.
uint32_t estimatedRegisters(const Program &program, const ptx::Function &kernel) {
  const uint32_t limit = registerLimit(kernel);
  uint32_t most = 0;
  for (const auto &code : program.codes) {
    most = std::max(most, code->pressure);
    if (kernel.maxRegisters &&
        std::any_of(code->source->instructions.begin(), code->source->instructions.end(),
                    [](const ptx::Instruction &instruction) { return instruction.opcode.starts_with("setmaxnreg"); }))
      return limit;
  }
  return std::min(most, limit);
}

/// Bytes of .shared variables that ptxas allows a kernel; what is asked for at the launch may be more.
uint32_t staticSharedLimit(const ptx::Module &module) { return module.architecture >= 90 ? 232448 : 49152; }

} // namespace

ModuleImpl::~ModuleImpl() {
  for (const uint64_t address : allocated)
    memory.release(address);
}

bool ModuleImpl::load(std::string &error, ErrorKind &kind) {
  if (!ptx::parse(text, ast, error)) {
    kind = ast.unsupported                    ? ErrorKind::Unsupported
           : ast.version > ptx::NewestVersion ? ErrorKind::UnsupportedVersion
                                              : ErrorKind::InvalidPtx;
    return false;
  }
  target = std::string(ast.target);
  for (uint32_t i = 0; i < ast.functions.size(); ++i)
    symbols.functions[ast.functions[i].name] = i;
  for (const ptx::Alias &alias : ast.aliases) {
    const auto function = symbols.functions.find(alias.function);
    if (function == symbols.functions.end() || !symbols.functions.count(alias.name)) {
      error = std::to_string(alias.line) + ": '.alias' of a function that is not declared";
      return false;
    }
    symbols.functions[alias.name] = function->second;
  }
  if (!placeGlobals(error, kind))
    return false;
  describeKernels();
  return true;
}

bool ModuleImpl::placeGlobals(std::string &error, ErrorKind &kind) {
  std::vector<std::pair<const ptx::Variable *, uint64_t>> placed;
  for (const ptx::Variable &variable : ast.variables) {
    if (variable.space == ptx::Space::Shared || (variable.isExtern && variable.values.empty()))
      continue;
    const uint64_t size = std::max<uint64_t>(variable.size, 1);
    const uint64_t address = memory.allocate(size, std::string(variable.name));
    if (!address) {
      error = std::to_string(variable.line) + ": no memory for variable '" + std::string(variable.name) + "' of " +
              std::to_string(size) + " bytes";
      kind = ErrorKind::OutOfMemory;
      return false;
    }
    allocated.push_back(address);
    symbols.globals[variable.name] = address;
    if (variable.space == ptx::Space::Const)
      symbols.constants.insert(variable.name);
    placed.push_back({&variable, address});
    globals.push_back(
        {std::string(variable.name), address, variable.size, variable.space == ptx::Space::Const, variable.isManaged});
    if (variable.isManaged)
      memory.markWritten(address, size); // the host writes to it without a call
  }
  for (const auto &[variable, address] : placed)
    if (!initialise(*variable, address, error))
      return false;
  return true;
}

bool ModuleImpl::initialise(const ptx::Variable &variable, uint64_t address, std::string &error) {
  memory.fill(address, 0, 1, std::max<uint64_t>(variable.size, 1));
  for (const ptx::Initialiser &value : variable.values) {
    uint64_t bits = value.value;
    if (!value.symbol.empty()) {
      if (const auto global = symbols.globals.find(value.symbol); global != symbols.globals.end())
        bits += global->second;
      else if (const auto function = symbols.functions.find(value.symbol); function != symbols.functions.end())
        bits += FunctionWindow + function->second;
      else {
        error = std::to_string(variable.line) + ": unknown name '" + std::string(value.symbol) +
                "' in the initialiser of '" + std::string(variable.name) + "'";
        return false;
      }
    }
    memory.write(address + value.offset, &bits, std::min(value.bytes, 8u));
  }
  return true;
}

/// The .shared variables that a function and all it reaches name or declare, in order of declaration.
std::vector<const ptx::Variable *> ModuleImpl::sharedVariables(uint32_t function) const {
  std::unordered_set<std::string_view> named;
  std::vector<uint32_t> reached{function};
  std::unordered_set<uint32_t> seen{function};
  std::vector<const ptx::Variable *> result;
  for (size_t i = 0; i < reached.size(); ++i) {
    const ptx::Function &current = ast.functions[reached[i]];
    for (const ptx::Operand &operand : current.operands) {
      if (operand.text.empty())
        continue;
      named.insert(operand.text);
      if (const auto callee = symbols.functions.find(operand.text); callee != symbols.functions.end())
        if (seen.insert(callee->second).second)
          reached.push_back(callee->second);
    }
    for (const ptx::Variable &variable : current.variables)
      if (variable.space == ptx::Space::Shared)
        result.push_back(&variable);
  }
  for (const ptx::Variable &variable : ast.variables)
    if (variable.space == ptx::Space::Shared && named.count(variable.name))
      result.push_back(&variable);
  return result;
}

uint32_t ModuleImpl::layOutShared(uint32_t function, SymbolTable &table) const {
  uint64_t cursor = SharedBase;
  uint32_t dynamicAlignment = DynamicSharedAlignment;
  const auto variables = sharedVariables(function);
  for (const ptx::Variable *variable : variables) {
    if (variable->size == 0) {
      dynamicAlignment = std::max(dynamicAlignment, variable->alignment);
      continue;
    }
    cursor = roundUp(cursor, std::max(1u, variable->alignment));
    table.shared[variable->name] = static_cast<uint32_t>(cursor);
    cursor = std::min(cursor + variable->size, ImpossibleShared);
  }
  table.dynamicShared = static_cast<uint32_t>(roundUp(cursor, dynamicAlignment));
  for (const ptx::Variable *variable : variables)
    if (variable->size == 0)
      table.shared[variable->name] = table.dynamicShared;
  return static_cast<uint32_t>(cursor - SharedBase);
}

void ModuleImpl::describeKernels() {
  for (uint32_t i = 0; i < ast.functions.size(); ++i) {
    const ptx::Function &function = ast.functions[i];
    if (!function.isEntry || !function.hasBody)
      continue;
    Kernel kernel;
    kernel.name = std::string(function.name);
    kernel.function = i;
    kernel.line = function.line;
    uint64_t cursor = 0;
    for (const ptx::Variable &variable : function.parameters) {
      cursor = roundUp(cursor, std::max(1u, variable.alignment));
      kernel.parameters.push_back({std::string(variable.name), "." + std::string(ptx::name(variable.type)),
                                   static_cast<uint32_t>(cursor), static_cast<uint32_t>(variable.size),
                                   variable.alignment, variable.isArray, variable.isPointer,
                                   variable.pointeeAlignment});
      cursor = std::min(cursor + variable.size, ImpossibleShared); // a kernel with so many is never prepared
    }
    kernel.parameterBytes = static_cast<uint32_t>(cursor);
    SymbolTable ignored;
    kernel.staticShared = layOutShared(i, ignored);
    const auto product = [](const uint32_t (&v)[3]) { return v[0] * v[1] * v[2]; };
    kernel.maxThreads =
        product(function.requiredThreads) ? product(function.requiredThreads) : product(function.maxThreads);
    std::copy(std::begin(function.requiredThreads), std::end(function.requiredThreads), kernel.requiredBlock);
    std::copy(std::begin(function.requiredCluster), std::end(function.requiredCluster), kernel.requiredCluster);
    for (const ptx::Variable &variable : function.variables)
      if (variable.space == ptx::Space::Local)
        kernel.localBytes = static_cast<uint32_t>(
            std::min(roundUp(kernel.localBytes, variable.alignment) + variable.size, ImpossibleShared));
    kernels.push_back(std::move(kernel));
  }
}

const Program *ModuleImpl::program(const Kernel &kernel, Defects &defects) {
  const std::lock_guard lock(mutex);
  auto found = programs.find(kernel.function);
  if (found == programs.end()) {
    Prepared prepared;
    SymbolTable table = symbols;
    const uint32_t staticShared = layOutShared(kernel.function, table);
    if (const uint32_t limit = staticSharedLimit(ast); staticShared > limit)
      prepared.defects.add(kernel.line, ".shared variables of " + std::to_string(staticShared) + " bytes in kernel '" +
                                            kernel.name + "': at most " + std::to_string(limit) + " for " + target);
    else
      prepared.program = decodeProgram(ast, kernel.function, table, staticShared, prepared.defects);
    if (prepared.program) {
      prepared.program->dynamicSharedOffset = table.dynamicShared;
      for (const ptx::Variable *variable : sharedVariables(kernel.function))
        prepared.program->sharedVariables.push_back(
            {variable->name, table.shared[variable->name], static_cast<uint32_t>(variable->size), variable->size == 0});
      const uint32_t registers = estimatedRegisters(*prepared.program, ast.functions[kernel.function]);
      for (Kernel &known : kernels)
        if (known.function == kernel.function)
          known.registers = registers;
    }
    std::string named;
    for (size_t start = 0; start < prepared.defects.text.size();) {
      const size_t end = prepared.defects.text.find('\n', start);
      named += name + ":" + prepared.defects.text.substr(start, end - start) + "\n";
      start = end + 1;
    }
    prepared.defects.text = std::move(named);
    found = programs.emplace(kernel.function, std::move(prepared)).first;
  }
  defects = found->second.defects;
  return found->second.program.get();
}

SourcePlace ModuleImpl::place(uint32_t location) const {
  if (location >= ast.locations.size())
    return {};
  const ptx::Location &at = ast.locations[location];
  const auto file = ast.files.find(at.file);
  return {file == ast.files.end() ? std::string() : file->second, at.line, at.column};
}

std::vector<SourcePlace> ModuleImpl::inlinedAt(uint32_t location) const {
  std::vector<SourcePlace> result;
  while (location < ast.locations.size() && result.size() < MaximumInlineDepth) {
    location = ast.locations[location].inlinedAt;
    if (location < ast.locations.size())
      result.push_back(place(location));
  }
  return result;
}

// ---- Module ---------------------------------------------------------------------------------------------------------

Module::Module(std::unique_ptr<ModuleImpl> impl) : implementation(std::move(impl)) {}
Module::~Module() = default;

Result<std::shared_ptr<Module>> Module::parse(std::string_view text, Memory &memory, std::string name) {
  using R = Result<std::shared_ptr<Module>>;
  if (!memory.valid())
    return R::failure(name + ": the address space of the simulated device could not be reserved",
                      ErrorKind::OutOfMemory);
  auto impl = std::make_unique<ModuleImpl>(memory, name, text);
  std::string error;
  ErrorKind kind = ErrorKind::InvalidPtx;
  if (!impl->load(error, kind))
    return R::failure(name + ":" + error, kind);
  return R(std::shared_ptr<Module>(new Module(std::move(impl))));
}

const std::vector<Kernel> &Module::kernels() const { return implementation->kernels; }
const Kernel *Module::kernel(std::string_view name) const {
  for (const Kernel &kernel : implementation->kernels)
    if (kernel.name == name)
      return &kernel;
  return nullptr;
}
const std::vector<GlobalVariable> &Module::globals() const { return implementation->globals; }
const GlobalVariable *Module::global(std::string_view name) const {
  for (const GlobalVariable &global : implementation->globals)
    if (global.name == name)
      return &global;
  return nullptr;
}
const std::string &Module::target() const { return implementation->target; }
unsigned Module::version() const { return implementation->ast.version; }
const std::string &Module::name() const { return implementation->name; }
Memory &Module::memory() const { return implementation->memory; }
std::string Module::prepare(const Kernel &kernel, ErrorKind *kind) const {
  Defects defects;
  implementation->program(kernel, defects);
  if (kind && !defects.text.empty())
    *kind = defects.faulty ? ErrorKind::InvalidPtx : ErrorKind::Unsupported;
  return defects.text;
}

} // namespace tessera::sim
