//===- Report.cpp - Errors of a launch, and how they read -----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/simulator/Hexadecimal.h"
#include "runtime/simulator/ModuleImpl.h"
#include "runtime/simulator/Warp.h"

#include <bit>
#include <cstdlib>
#include <cxxabi.h>

namespace tessera::sim {

const char *name(ErrorKind kind) {
  switch (kind) {
  case ErrorKind::InvalidPtx:
    return "invalid PTX";
  case ErrorKind::UnsupportedVersion:
    return "unsupported version";
  case ErrorKind::OutOfMemory:
    return "out of memory";
  case ErrorKind::InvalidLaunch:
    return "invalid launch";
  case ErrorKind::Unsupported:
    return "unsupported";
  case ErrorKind::OutOfBounds:
    return "out of bounds";
  case ErrorKind::Misaligned:
    return "misaligned address";
  case ErrorKind::UseAfterFree:
    return "use after free";
  case ErrorKind::Uninitialized:
    return "uninitialised read";
  case ErrorKind::Deadlock:
    return "deadlock";
  case ErrorKind::BarrierDivergence:
    return "barrier divergence";
  case ErrorKind::Timeout:
    return "timeout";
  case ErrorKind::Stopped:
    return "stopped";
  case ErrorKind::Trap:
    return "trap";
  case ErrorKind::Assert:
    return "assertion failed";
  case ErrorKind::InvalidInstruction:
    return "invalid operands";
  case ErrorKind::StackOverflow:
    return "stack overflow";
  case ErrorKind::BrokenPromise:
    return "broken promise";
  case ErrorKind::Race:
    return "race";
  case ErrorKind::AsyncHazard:
    return "missing wait";
  case ErrorKind::ProxyFence:
    return "missing proxy fence";
  case ErrorKind::WgmmaFence:
    return "missing wgmma.fence";
  case ErrorKind::MbarrierMisuse:
    return "misused mbarrier";
  }
  return "error";
}

Dim3 threadOf(const Warp &warp, unsigned lane) {
  const Dim3 &block = warp.cta->launch->config.block;
  const uint32_t linear = warp.index * WarpSize + lane;
  return {linear % block.x, linear / block.x % block.y, linear / block.x / block.y};
}

namespace {

void setPlace(Error &error, const Cta &cta, const Code &code, uint32_t pc) {
  const ModuleImpl &module = cta.launch->module->impl();
  const Origin &origin = code.origins[pc];
  error.ptxLine = origin.line;
  error.instruction = std::string(origin.text);
  error.source = module.place(origin.location);
  error.inlinedAt = module.inlinedAt(origin.location);
}

} // namespace

static Error makeError(const Warp &warp, ErrorKind kind, uint32_t lanes, uint64_t address, std::string message,
                       std::string allocation) {
  const Cta &cta = *warp.cta;
  Error error;
  error.kind = kind;
  error.kernel = cta.launch->kernel->name;
  error.block = cta.index;
  error.thread = threadOf(warp, lanes ? std::countr_zero(lanes) : 0);
  error.occurrences = std::max(1, std::popcount(lanes));
  error.address = address;
  error.allocation = std::move(allocation);
  error.message = std::move(message);
  if (warp.frame)
    setPlace(error, cta, *warp.frame->code, warp.pc());
  return error;
}

Error *fault(Warp &warp, ErrorKind kind, uint32_t lanes, uint64_t address, std::string message,
             std::string allocation) {
  warp.faulted = true;
  Cta &cta = *warp.cta;
  if (!cta.errors.empty())
    return nullptr;
  if (!cta.deferred.empty() && kind != ErrorKind::Race) {
    cta.errors.push_back(std::move(cta.deferred[0]));
    return nullptr;
  }
  cta.errors.push_back(makeError(warp, kind, lanes, address, std::move(message), std::move(allocation)));
  return &cta.errors.back();
}

void faultLater(Warp &warp, ErrorKind kind, uint32_t lanes, uint64_t address, std::string message,
                std::string allocation) {
  Cta &cta = *warp.cta;
  if (cta.deferred.empty())
    cta.deferred.push_back(makeError(warp, kind, lanes, address, std::move(message), std::move(allocation)));
}

Error *faultAt(Warp &warp, const Code &code, uint32_t pc, ErrorKind kind, unsigned lane, uint64_t address,
               std::string message) {
  Error *error = fault(warp, kind, 1u << lane, address, std::move(message));
  if (error)
    setPlace(*error, *warp.cta, code, pc);
  return error;
}

/// "reduce(float*)::tile" of a name that C++ mangled.
static std::string readable(std::string_view name) {
  std::string text(name);
  if (!name.starts_with("_Z"))
    return text;
  int status = 0;
  char *plain = abi::__cxa_demangle(text.c_str(), nullptr, nullptr, &status);
  if (plain && status == 0)
    text = plain;
  std::free(plain);
  return text;
}

std::string describeShared(const Launch &launch, uint32_t address) {
  const std::string text = hexadecimal(address);
  for (const SharedVariable &variable : launch.program->sharedVariables) {
    const uint32_t end = variable.isExtern ? SharedBase + launch.sharedBytes : variable.address + variable.size;
    if (address >= variable.address && address < end)
      return text + " (shared variable '" + readable(variable.name) + "' + " +
             std::to_string(address - variable.address) + ")";
  }
  return text;
}

namespace {

std::string places(const SourcePlace &place) {
  std::string text = place.file + ":" + std::to_string(place.line);
  if (place.column)
    text += ":" + std::to_string(place.column);
  return text;
}

std::string triple(const Dim3 &d) {
  return "(" + std::to_string(d.x) + ", " + std::to_string(d.y) + ", " + std::to_string(d.z) + ")";
}

/// Errors without a thread that made them, unless they have a place.
bool concernsWholeLaunch(ErrorKind kind) {
  return kind == ErrorKind::InvalidLaunch || kind == ErrorKind::InvalidPtx || kind == ErrorKind::Unsupported ||
         kind == ErrorKind::Stopped;
}

} // namespace

std::string Error::text() const {
  std::string text;
  if (source.line)
    text += places(source) + ": ";
  text += std::string("error: ") + name(kind) + ": " + message + "\n";
  for (const SourcePlace &place : inlinedAt)
    text += places(place) + ": note: called from here\n";
  if (kind == ErrorKind::BrokenPromise) {
    text += "  in a launch of kernel '" + kernel + "'\n";
  } else if (ptxLine || !concernsWholeLaunch(kind)) {
    text += "  in kernel '" + kernel + "', block " + triple(block) + ", thread " + triple(thread);
    if (occurrences > 1)
      text += " and " + std::to_string(occurrences - 1) + " more of its warp";
    text += "\n";
  }
  if (ptxLine)
    text += "  PTX line " + std::to_string(ptxLine) + ": " + instruction + "\n";
  for (const Related &other : related) {
    if (other.source.line)
      text += places(other.source) + ": ";
    text += "note: " + other.text + "\n";
    if (other.ptxLine)
      text += "  PTX line " + std::to_string(other.ptxLine) + ": " + other.instruction + "\n";
  }
  return text;
}

std::string Report::text() const {
  std::string all;
  for (const Error &error : errors)
    all += error.text();
  return all;
}

} // namespace tessera::sim
