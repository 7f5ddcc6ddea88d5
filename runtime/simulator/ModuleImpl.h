//===- ModuleImpl.h - What a Module keeps -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TESSERA_RUNTIME_SIMULATOR_MODULEIMPL_H
#define TESSERA_RUNTIME_SIMULATOR_MODULEIMPL_H

#include "runtime/simulator/Decode.h"
#include "runtime/simulator/Engine.h"

#include <mutex>

namespace tessera::sim {

class ModuleImpl {
public:
  ModuleImpl(Memory &memory, std::string name, std::string_view text)
      : memory(memory), name(std::move(name)), text(text) {}
  ~ModuleImpl();

  bool load(std::string &error, ErrorKind &kind);
  /// The decoded kernel, made on first use; null and `defects` where it cannot be.
  const Program *program(const Kernel &kernel, Defects &defects);
  SourcePlace place(uint32_t location) const;
  /// The call sites of an inlined location, innermost first.
  std::vector<SourcePlace> inlinedAt(uint32_t location) const;

  Memory &memory;
  std::string name;
  std::string text;
  ptx::Module ast;
  std::vector<Kernel> kernels;
  std::vector<GlobalVariable> globals;
  std::string target;

private:
  struct Prepared {
    std::unique_ptr<Program> program;
    Defects defects;
  };
  bool placeGlobals(std::string &error, ErrorKind &kind);
  bool initialise(const ptx::Variable &variable, uint64_t address, std::string &error);
  void describeKernels();
  std::vector<const ptx::Variable *> sharedVariables(uint32_t function) const;
  /// Lays out the shared variables that a kernel reaches; returns the bytes they take.
  uint32_t layOutShared(uint32_t function, SymbolTable &table) const;

  SymbolTable symbols; ///< without shared variables, whose places differ between kernels
  std::vector<uint64_t> allocated;
  std::mutex mutex;
  std::unordered_map<uint32_t, Prepared> programs; ///< by function
};

} // namespace tessera::sim

#endif // TESSERA_RUNTIME_SIMULATOR_MODULEIMPL_H
